/* The bar above every page: title, variables, time range, refresh, share. */
(function (P) {
  "use strict";
  const { h, React } = P;
  const session = P.session;

  function TimePicker() {
    const [open, setOpen] = React.useState(false);
    const [from, setFrom] = React.useState("");
    const [to, setTo] = React.useState("");
    const ref = React.useRef(null);
    P.useDismiss(ref, open, () => setOpen(false));
    const show = () => { setFrom(P.timeText(session.from)); setTo(P.timeText(session.to)); setOpen(!open); };
    const choose = (a, b) => { session.setRange(a, b); setOpen(false); };
    const valid = P.timeIsValid(from) && P.timeIsValid(to);
    const apply = (event) => { event.preventDefault(); if (valid) choose(P.toUrlTime(from), P.toUrlTime(to)); };
    const quick = P.RANGES.map((range) => [range, "now"]).concat(P.NAMED_RANGES.map((item) => [item[0], item[1]]));
    return h("div", { className: "menu-anchor group", ref },
      h("button", { className: "control icon-only", title: P.t("Earlier"), "aria-label": P.t("Earlier"), onClick: () => session.shift(-1) }, P.icon("left")),
      h("button", { className: "control", onClick: show, "aria-expanded": open, "data-testid": "time-picker" }, P.icon("clock"), h("span", { "data-testid": "time-label" }, P.rangeLabel(session.from, session.to)), P.icon("caret", 12)),
      h("button", { className: "control icon-only", title: P.t("Later"), "aria-label": P.t("Later"), onClick: () => session.shift(1) }, P.icon("right")),
      h("button", { className: "control icon-only zoom-out", title: P.t("Zoom out"), "aria-label": P.t("Zoom out"), onClick: session.zoomOut }, P.icon("zoom-out")),
      open ? h("div", { className: "menu time-menu" },
        h("form", { className: "time-absolute", onSubmit: apply },
          h("strong", null, P.t("Absolute range")),
          h("label", null, P.t("From"), h("input", { className: "input", value: from, onChange: (e) => setFrom(e.target.value), "data-testid": "time-from", "aria-invalid": !P.timeIsValid(from) })),
          h("label", null, P.t("To"), h("input", { className: "input", value: to, onChange: (e) => setTo(e.target.value), "data-testid": "time-to", "aria-invalid": !P.timeIsValid(to) })),
          h("div", { className: "hint" }, P.t("now-6h, now/d or 2026-01-31 12:00")),
          h("button", { className: "primary", type: "submit", disabled: !valid, "data-testid": "time-apply" }, P.t("Apply")),
          h("div", { className: "hint zone" }, session.utc() ? "UTC" : P.t("Browser time, {zone}", { zone: Intl.DateTimeFormat().resolvedOptions().timeZone || "local" }))),
        h("div", { className: "time-quick" }, quick.map(([a, b]) => h("button", { key: a + b, className: session.from === a && session.to === b ? "chosen" : "", onClick: () => choose(a, b), "data-testid": "range-" + a }, P.rangeLabel(a, b))))) : null);
  }

  function Refresh() {
    const [open, setOpen] = React.useState(false);
    const [busy, setBusy] = React.useState(false);
    const ref = React.useRef(null);
    P.useDismiss(ref, open, () => setOpen(false));
    P.useEvent(P.batchState, setBusy);
    return h("div", { className: "menu-anchor group", ref },
      h("button", { className: "control icon-only" + (busy ? " busy" : ""), onClick: session.refreshNow, title: P.t("Refresh"), "aria-label": P.t("Refresh"), "data-testid": "refresh" }, P.icon("refresh")),
      h("button", { className: "control", onClick: () => setOpen(!open), "aria-expanded": open, "aria-label": P.t("Refresh interval"), "data-testid": "refresh-interval" }, session.refresh || P.t("Off"), P.icon("caret", 12)),
      open ? h("div", { className: "menu" }, ["", ...session.REFRESH].map((text) => h("button", { key: text, className: session.refresh === text ? "chosen" : "", onClick: () => { session.setRefresh(text); setOpen(false); } }, text || P.t("Off")))) : null);
  }

  function VariablePicker({ variable }) {
    const [open, setOpen] = React.useState(false);
    const [filter, setFilter] = React.useState("");
    const [draft, setDraft] = React.useState(variable.current);
    const ref = React.useRef(null);
    const close = () => {
      if (open && variable.isMulti && draft.join("\n") !== variable.current.join("\n")) session.setVariable(variable.name, draft.length ? draft : ["$__all"]);
      setOpen(false);
    };
    P.useDismiss(ref, open, close);
    if (variable.kind === "textbox") {
      return h("label", { className: "variable" }, variable.hide === "label" ? null : h("span", { className: "variable-name" }, P.t(variable.label)),
        h("input", { className: "input", defaultValue: variable.current[0] || "", onKeyDown: (e) => { if (e.key === "Enter") session.setVariable(variable.name, [e.target.value]); }, onBlur: (e) => { if (e.target.value !== variable.current[0]) session.setVariable(variable.name, [e.target.value]); }, "data-testid": "variable-" + variable.name }));
    }
    const all = variable.includeAll ? [[P.t("All"), "$__all"]] : [];
    const options = all.concat(variable.options).filter((option) => option[0].toLowerCase().includes(filter.toLowerCase()));
    const name = (value) => { const found = all.concat(variable.options).find((option) => option[1] === value); return found ? found[0] : value; };
    const shown = variable.current.length ? variable.current.map(name).join(" + ") : P.t("none");
    const pick = (value) => {
      if (!variable.isMulti) { session.setVariable(variable.name, [value]); setOpen(false); return; }
      if (value === "$__all") { setDraft(["$__all"]); return; }
      setDraft((old) => { const rest = old.filter((v) => v !== "$__all"); return rest.includes(value) ? rest.filter((v) => v !== value) : rest.concat(value); });
    };
    return h("div", { className: "variable menu-anchor", ref },
      variable.hide === "label" ? null : h("span", { className: "variable-name" }, P.t(variable.label)),
      h("button", { className: "control" + (variable.error ? " bad" : ""), title: variable.error || shown, onClick: () => { setDraft(variable.current); setFilter(""); if (open) close(); else setOpen(true); }, "aria-expanded": open, "data-testid": "variable-" + variable.name }, h("span", { className: "variable-value" }, shown), P.icon("caret", 12)),
      open ? h("div", { className: "menu variable-menu" },
        variable.options.length > 7 ? h("input", { className: "input", autoFocus: true, placeholder: P.t("Filter"), value: filter, onChange: (e) => setFilter(e.target.value) }) : null,
        variable.error ? h("div", { className: "hint bad" }, variable.error) : null,
        options.slice(0, 300).map(([label, value]) => h("button", { key: value, role: "option", className: (variable.isMulti ? draft : variable.current).includes(value) ? "chosen" : "", onClick: () => pick(value) }, variable.isMulti ? h("span", { className: "check" }) : null, label)),
        options.length === 0 ? h("div", { className: "hint" }, P.t("Nothing to choose")) : null) : null);
  }

  function Share() {
    const [done, setDone] = React.useState(false);
    const share = async () => {
      const span = session.span();
      const url = new URL(window.location.href);
      url.searchParams.set("from", String(span.from));
      url.searchParams.set("to", String(span.to));
      await P.copy(url.toString());
      setDone(true);
      window.setTimeout(() => setDone(false), 1500);
    };
    return h("button", { className: "control icon-only", onClick: share, title: P.t(done ? "Link copied" : "Copy a link with this time range"), "aria-label": P.t("Share") }, P.icon(done ? "check" : "link"));
  }

  P.components.Toolbar = function Toolbar(props) {
    session.enter(props.page, props);
    P.useSignal(session.changed);
    const features = props.features || [];
    React.useEffect(() => {
      session.schedule();
      document.title = (props.title ? props.title + " · " : "") + "Pharos";
      const key = (event) => {
        const typing = /INPUT|TEXTAREA|SELECT/.test(event.target.tagName) || event.target.isContentEditable;
        if (!typing && (event.ctrlKey || event.metaKey) && event.key === "z") { session.zoomBack(); event.preventDefault(); }
      };
      window.addEventListener("keydown", key);
      return () => window.removeEventListener("keydown", key);
    }, [props.page]);
    const variables = session.variables.filter((variable) => variable.hide !== "variable" && variable.kind !== "constant" && variable.kind !== "adhoc" && !(variable.kind === "datasource" && variable.options.length < 2));
    return h("div", { className: "toolbar", "data-testid": "toolbar" },
      h("div", { className: "toolbar-main" },
        h("h1", { className: "page-title" }, props.crumb ? h(React.Fragment, null, h("a", { href: props.crumb.href, className: "crumb" }, props.crumb.text), h("span", { className: "crumb-mark" }, "/")) : null, props.title),
        h("span", { className: "grow" }),
        (props.links || []).map((link, i) => h("a", { key: i, className: "control", href: P.safeHref(session.text(link.url)), target: link.targetBlank ? "_blank" : undefined, rel: "noreferrer" }, P.icon("link"), link.title)),
        props.crumb && props.dashboard ? h("a", { className: "control icon-only export", href: `/api/dashboards/uid/${props.dashboard}/export`, download: "", title: P.t("Download the JSON"), "aria-label": P.t("Download the JSON"), "data-testid": "export" }, P.icon("download")) : null,
        features.includes("share") ? h(Share) : null,
        features.includes("time") ? h(TimePicker) : null,
        features.includes("refresh") ? h(Refresh) : null),
      variables.length ? h("div", { className: "variables" }, variables.map((variable) => h(VariablePicker, { key: variable.name, variable }))) : null);
  };
})(window.pharos);
