/* The panels of a dashboard: 24 columns, rows of 30 pixels, sections that fold, panels repeated for each value of a variable. */
(function (P) {
  "use strict";
  const { h, React } = P;
  const session = P.session;
  const MAX_REPEATS = 100;

  function repeatValues(name) {
    const variable = session.variables.find((item) => item.name === name);
    if (!variable) return [];
    const values = variable.current.includes("$__all") ? variable.options.map((option) => option[1]) : variable.current;
    return values.slice(0, MAX_REPEATS);
  }

  /* Panels with repeats written out, moved down where a repeat made the row taller. */
  function expand(panels, scoped) {
    const out = [];
    let added = 0;
    for (const panel of panels.slice().sort((a, b) => a.gridPos.y - b.gridPos.y || a.gridPos.x - b.gridPos.x)) {
      const pos = Object.assign({ x: 0, y: 0, w: 12, h: 8 }, panel.gridPos);
      pos.y += added;
      const values = panel.repeat ? repeatValues(panel.repeat) : [];
      if (!panel.repeat || !values.length) { out.push({ panel, pos, scoped }); continue; }
      const vertical = panel.repeatDirection === "v";
      const across = vertical ? 1 : Math.max(Math.min(values.length, panel.maxPerRow || 4), 1);
      const width = vertical ? pos.w : Math.floor(24 / across);
      values.forEach((value, i) => out.push({
        panel, scoped: Object.assign({}, scoped, { [panel.repeat]: value }),
        pos: { x: vertical ? pos.x : (i % across) * width, y: pos.y + Math.floor(i / across) * pos.h, w: width, h: pos.h },
      }));
      added += (Math.ceil(values.length / across) - 1) * pos.h;
    }
    return out;
  }

  /* [{row, items}]: what is above the first row, then each row with its panels. */
  function sections(panels) {
    const out = [{ row: null, panels: [] }];
    for (const panel of panels.slice().sort((a, b) => ((a.gridPos || {}).y || 0) - ((b.gridPos || {}).y || 0) || ((a.gridPos || {}).x || 0) - ((b.gridPos || {}).x || 0))) {
      if (panel.type !== "row") { out[out.length - 1].panels.push(panel); continue; }
      const inner = panel.collapsed ? panel.panels || [] : [];
      if (!panel.repeat) { out.push({ row: panel, panels: inner.slice(), folded: panel.collapsed }); continue; }
      for (const value of repeatValues(panel.repeat)) out.push({ row: panel, panels: inner.slice(), folded: panel.collapsed, scoped: { [panel.repeat]: value } });
    }
    return out.filter((section) => section.row || section.panels.length);
  }

  function Section({ section, view }) {
    const [folded, setFolded] = React.useState(Boolean(section.folded));
    const items = expand(section.panels.map((panel) => (panel.gridPos ? panel : Object.assign({}, panel, { gridPos: { x: 0, y: 0, w: 24, h: 8 } }))), section.scoped);
    const top = items.length ? Math.min(...items.map((item) => item.pos.y)) : 0;
    const title = section.row ? session.text(P.t(section.row.title || ""), section.scoped) : null;
    return h("div", { className: "grid-section" },
      section.row ? h("button", { className: "row-head" + (folded ? " folded" : ""), "aria-expanded": !folded, onClick: () => setFolded(!folded), "data-testid": "row", "data-title": title },
        P.icon("chevron"), h("span", null, title), h("span", { className: "muted" }, P.t("{n} panels", { n: items.length }))) : null,
      folded ? null : h("div", { className: "grid" }, items.map((item, i) => h(P.PanelFrame, {
        key: `${item.panel.id}-${i}-${JSON.stringify(item.scoped || {})}`, spec: view(item.panel), scoped: item.scoped,
        style: { gridColumn: `${item.pos.x + 1} / span ${Math.min(item.pos.w, 24 - item.pos.x)}`, gridRow: `${item.pos.y - top + 1} / span ${item.pos.h}` },
      }))));
  }

  P.components.Grid = function Grid({ id, panels, dashboard }) {
    P.useSignal(session.changed);
    const key = JSON.stringify(panels);
    const [viewed, setViewed] = React.useState(() => new URLSearchParams(window.location.search).get("viewPanel"));
    const specs = React.useRef(new Map());
    React.useMemo(() => specs.current.clear(), [key, viewed]);
    const show = (panelId) => { P.setUrl({ viewPanel: panelId }, true); setViewed(panelId); };
    const view = (panel) => {
      if (!specs.current.has(panel)) specs.current.set(panel, Object.assign({}, panel, { viewed: Boolean(viewed), onView: () => show(viewed ? null : String(panel.id)) }));
      return specs.current.get(panel);
    };
    React.useEffect(() => {
      const back = () => setViewed(new URLSearchParams(window.location.search).get("viewPanel"));
      const escape = (event) => { if (event.key === "Escape" && viewed && !document.querySelector(".menu")) show(null); };
      window.addEventListener("popstate", back);
      window.addEventListener("keydown", escape);
      return () => { window.removeEventListener("popstate", back); window.removeEventListener("keydown", escape); };
    }, [viewed]);
    const list = React.useMemo(() => panels || [], [key]);
    const every = list.flatMap((panel) => (panel.type === "row" ? panel.panels || [] : [panel]));
    const alone = viewed && every.find((panel) => String(panel.id) === viewed);
    return h("div", { id, className: "dashboard", "data-testid": "grid", "data-uid": dashboard },
      alone ? h(P.PanelFrame, { key: "view" + alone.id, spec: view(alone), height: "calc(100vh - 140px)" })
        : sections(list).map((section, i) => h(Section, { key: i + (section.row ? section.row.id : "top"), section, view })));
  };
})(window.pharos);
