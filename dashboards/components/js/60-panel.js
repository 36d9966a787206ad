/* A panel: asks for its data when it is seen and due, keeps the last good answer, says what is wrong, and hands over to a view. */
(function (P) {
  "use strict";
  const { h, React } = P;
  const session = P.session;

  const VIEWS = {
    timeseries: ({ spec, fields, span }) => h(P.TimeSeries, { spec, fields, span }),
    stat: ({ spec, fields }) => h(P.Stat, { spec, fields }),
    gauge: ({ spec, fields }) => h(P.Gauge, { spec, fields }),
    bargauge: ({ spec, fields }) => h(P.BarGauge, { spec, fields }),
    piechart: ({ spec, fields }) => h(P.Pie, { spec, fields }),
    table: ({ spec, frames }) => h(P.TablePanel, { spec, frames }),
    logs: ({ lines }) => h(P.LogLines, { lines, compact: true }),
  };
  P.views = VIEWS;

  const MARGIN_PX = 160; // around the window: data is there when a panel is scrolled into view
  function useVisible(ref) {
    const [visible, setVisible] = React.useState(false);
    React.useEffect(() => {
      const box = ref.current.getBoundingClientRect();
      if (box.top < window.innerHeight + MARGIN_PX && box.bottom > -MARGIN_PX) setVisible(true); // a frame before the observer speaks
      const observer = new IntersectionObserver((entries) => setVisible(entries[entries.length - 1].isIntersecting), { rootMargin: MARGIN_PX + "px" });
      observer.observe(ref.current);
      return () => observer.disconnect();
    }, []);
    return visible;
  }

  function queriesOf(spec, width, frames) {
    const coarse = P.isCoarse(spec);
    const bars = (((spec.fieldConfig || {}).defaults || {}).custom || {}).drawStyle === "bars";
    return (spec.targets || []).filter((target) => !target.hide).map((target, i) => {
      const refId = target.refId || String.fromCharCode(65 + i);
      const source = target.datasource || spec.datasource || null;
      return Object.assign({}, target, {
        refId, datasource: source, sourceType: (source || {}).type,
        instant: target.instant || (target.format === "table" && target.range === undefined && spec.type === "table"),
        maxDataPoints: spec.maxDataPoints || (coarse ? 100 : bars ? Math.max(Math.round(width / 9), 20) : Math.max(Math.min(Math.round(width / 2), 800), 50)),
        interval: target.interval || spec.interval || "",
        timeFrom: spec.timeFrom || undefined, timeShift: spec.timeShift || undefined,
        limit: target.limit || (spec.type === "table" ? 1000 : 200),
        held: P.heldOf(frames[refId]),
      });
    });
  }

  /* The data of a panel: {frames, lines, span, error, loading, at}. Refetches on tick, range, variables. */
  function usePanelData(spec, ref, scoped) {
    const [state, setState] = React.useState({ frames: null, lines: null, span: null, error: null, loading: true, at: 0 });
    const frames = React.useRef({});
    const drop = React.useRef(null);
    const due = React.useRef(true);
    const visible = useVisible(ref);
    const mounted = React.useRef(true);

    const fetchNow = React.useCallback(() => {
      const width = ref.current ? ref.current.clientWidth : 600;
      const queries = queriesOf(spec, width, frames.current);
      if (!queries.length) { setState((old) => Object.assign({}, old, { loading: false, frames: old.frames || {} })); return; }
      if (drop.current) drop.current();
      if (spec.type === "timeseries") P.plotly().catch(() => null); // is evaluated while the answer is on its way; a failure shows when drawing
      due.current = false;
      setState((old) => Object.assign({}, old, { loading: true }));
      drop.current = P.batch({
        queries, variables: session.variableValues(scoped), from: spec.from, to: spec.to,
        done: (results, span) => {
          if (!mounted.current) return;
          const next = {};
          let lines = null;
          let error = null;
          let total = null;
          for (const query of queries) {
            const answer = results[query.refId];
            if (answer.error) { error = Object.assign(new Error(answer.error.message), { kind: answer.error.kind, expr: answer.error.expr || query.expr || query.query }); if (frames.current[query.refId]) next[query.refId] = frames.current[query.refId]; continue; }
            if (answer.lines) { lines = (lines || []).concat(answer.lines); continue; }
            next[query.refId] = P.takeFrame(answer, frames.current[query.refId]);
            if (answer.total) total = { shown: answer.series.length, total: answer.total };
          }
          if (!error || Object.keys(next).length) frames.current = next;
          const shift = spec.timeFrom || spec.timeShift ? spanOf(next) || span : span;
          setState((old) => ({ frames: error && !Object.keys(next).length ? old.frames : next, lines: lines || (error ? old.lines : null), span: error && !Object.keys(next).length ? old.span || span : shift, error, loading: false, at: Date.now(), total }));
        },
        fail: (error) => { if (mounted.current) setState((old) => Object.assign({}, old, { error, loading: false })); },
      });
    }, [spec, JSON.stringify(scoped || {})]);
    const spanOf = (held) => { const one = Object.values(held)[0]; return one ? { from: one.t0, to: one.t0 + (one.n - 1) * one.step } : null; };

    React.useEffect(() => () => { mounted.current = false; if (drop.current) drop.current(); }, []);
    React.useEffect(() => { due.current = true; frames.current = {}; }, [fetchNow]);
    React.useEffect(() => { if (visible && due.current) fetchNow(); }, [visible, fetchNow]);
    const refetch = () => { due.current = true; if (visible) fetchNow(); };
    P.useEvent(P.ticks, refetch);
    P.useEvent(session.changed, (what) => { if (what === "range" || what === "variables") refetch(); });
    return [state, fetchNow];
  }

  function Problem({ error, stale, retry }) {
    const unreachable = error.kind === "unreachable";
    return h("div", { className: "panel-problem" + (stale ? " banner" : ""), role: "alert", title: error.message, "data-testid": "panel-error" },
      P.icon(unreachable ? "unplugged" : "state-critical", stale ? 14 : 20),
      h("div", { className: "panel-problem-text" },
        h("strong", null, unreachable ? P.t("Data source is not reachable") : P.t("The query failed")),
        h("span", { title: error.message }, error.message),
        !stale && !unreachable && error.expr ? h("code", null, pointed(error)) : null),
      h("button", { className: "ghost", onClick: retry }, P.t("Retry")));
  }

  /* The query with the place marked that the source complains about (`1:48: parse error`). */
  function pointed(error) {
    const found = /(\d+):(\d+): parse error/.exec(error.message);
    if (!found) return error.expr;
    const lines = error.expr.split("\n");
    const before = lines.slice(0, Number(found[1]) - 1).join("\n").length + (found[1] === "1" ? 0 : 1);
    const at = Math.min(before + Number(found[2]) - 1, error.expr.length);
    return [error.expr.slice(0, at), h("span", { key: "mark", className: "query-mark" }, error.expr.slice(at, at + 1) || "␣"), error.expr.slice(at + 1)];
  }

  P.PanelBody = function PanelBody({ spec, state, retry, scoped }) {
    const fields = React.useMemo(() => (state.frames ? P.fields(spec, state.frames, scoped) : []), [state.frames, spec]);
    const stale = Boolean(state.error) && state.frames !== null && fields.length > 0;
    if (spec.type === "text") return h("div", { className: "panel-text", dangerouslySetInnerHTML: { __html: spec.html || "" } });
    if (!VIEWS[spec.type]) return h("div", { className: "panel-empty" }, P.t("Panels of type {type} are not drawn", { type: spec.type || "?" }));
    if (state.error && !stale && !(state.lines && state.lines.length)) return h(Problem, { error: state.error, retry });
    if (state.frames === null && state.lines === null) return h(Skeleton, { type: spec.type });
    if (!fields.length && !state.lines && spec.type !== "logs") return h("div", { className: "panel-empty", "data-testid": "no-data" }, P.t((spec.fieldConfig && spec.fieldConfig.defaults && spec.fieldConfig.defaults.noValue) || "No data"));
    const view = VIEWS[spec.type]({ spec, fields, frames: state.frames, span: state.span, lines: state.lines || [] });
    return h(React.Fragment, null,
      stale ? h(Problem, { error: state.error, stale, retry }) : null,
      state.total ? h("div", { className: "panel-cut" }, P.t("Showing {n} of {total} series", { n: state.total.shown, total: state.total.total }), " ",
        exprOf(spec, state) ? h("a", { href: exploreLink(spec, state, (expr) => `topk(20, ${expr})`) }, P.t("Only the 20 largest")) : null) : null,
      h("div", { className: "panel-view" + (stale ? " stale" : "") }, view));
  };
  function Skeleton({ type }) {
    return h("div", { className: "skeleton " + (type || "") }, type === "timeseries" ? h("svg", { viewBox: "0 0 100 40", preserveAspectRatio: "none" }, h("path", { d: "M0 30 L12 24 L22 28 L34 15 L46 21 L58 12 L70 18 L82 9 L100 14" })) : h("div", { className: "skeleton-block" }));
  }

  /* The first query of a panel as it was sent, else as it is written. */
  function exprOf(spec, state) {
    const frame = state.frames && Object.values(state.frames)[0];
    const target = (spec.targets || []).find((each) => each.expr);
    return (frame && frame.expr) || (target ? target.expr : "");
  }
  function exploreLink(spec, state, wrap) {
    const expr = exprOf(spec, state);
    return expr ? `/explore?expr=${encodeURIComponent(wrap ? wrap(expr) : expr)}&from=${session.from}&to=${session.to}` : null;
  }

  function Menu({ spec, state }) {
    const [open, setOpen] = React.useState(false);
    const ref = React.useRef(null);
    P.useDismiss(ref, open, () => setOpen(false));
    const expr = exprOf(spec, state);
    const items = [];
    if (spec.onView) items.push([P.t(spec.viewed ? "Back to the dashboard" : "View"), () => spec.onView()]);
    if (expr) items.push([P.t("Explore"), () => P.go(exploreLink(spec, state))]);
    if (state.span) items.push([P.t("Logs of this time"), () => P.go(`/logs?from=${state.span.from}&to=${state.span.to}`)]);
    if (expr) items.push([P.t("Copy query"), () => P.copy(expr)]);
    if (state.frames) items.push([P.t("Download CSV"), () => download(spec, state.frames)]);
    if (!items.length) return null;
    return h("div", { className: "menu-anchor", ref },
      h("button", { className: "icon-button", "aria-label": P.t("Panel menu"), "aria-expanded": open, onClick: () => setOpen(!open) }, P.icon("more")),
      open ? h("div", { className: "menu", role: "menu" }, items.map(([label, act]) => h("button", { key: label, role: "menuitem", onClick: () => { setOpen(false); act(); } }, label))) : null);
  }
  function download(spec, frames) {
    const lines = [["time", "series", "value"].join(",")];
    for (const frame of Object.values(frames)) for (const series of frame.series) series.values.forEach((v, i) => { if (!Number.isNaN(v)) lines.push([new Date(frame.times[i]).toISOString(), JSON.stringify(series.name), v].join(",")); });
    const url = URL.createObjectURL(new Blob([lines.join("\n")], { type: "text/csv" }));
    const link = Object.assign(document.createElement("a"), { href: url, download: (spec.title || "panel") + ".csv" });
    link.click();
    URL.revokeObjectURL(url);
  }

  P.PanelFrame = function PanelFrame({ spec, scoped, height, style }) {
    const ref = React.useRef(null);
    const [state, retry] = usePanelData(spec, ref, scoped);
    P.useSignal(session.changed);
    const title = session.text(P.t(spec.title || ""), scoped);
    const bare = spec.transparent || (spec.type === "text" && !title);
    const explore = exploreLink(spec, state);
    const keys = P.panelKeys({ v: () => spec.onView && spec.onView(), x: () => explore && P.go(explore) });
    const description = spec.description ? session.text(P.t(spec.description), scoped) : "";
    return h("section", {
      className: "panel" + (bare ? " bare" : ""), ref, tabIndex: 0, onKeyDown: keys, style: Object.assign({ height }, style), "data-testid": "panel", "data-title": title, "data-type": spec.type,
      "data-state": state.error ? "error" : state.loading && !state.at ? "loading" : "ready", "aria-label": title,
    },
      title || !bare ? h("header", { className: "panel-head" + (title ? "" : " untitled") },
        title ? h("h3", { title: description ? title + "\n\n" + description : title }, title) : null,
        description ? h("span", { className: "panel-info", title: description, role: "img", "aria-label": description }, P.icon("info-mark", 14)) : null,
        (Object.values(state.frames || {}).some((frame) => (frame.warnings || []).length)) ? h("span", { className: "panel-info warn", title: Object.values(state.frames).flatMap((frame) => frame.warnings || []).join("\n") }, P.icon("state-warn", 14)) : null,
        h("span", { className: "grow" }),
        spec.type === "text" ? null : h(Menu, { spec, state })) : null,
      h("div", { className: "panel-body" }, h(P.PanelBody, { spec, state, retry, scoped })));
  };

  P.components.Panel = function Panel({ id, spec, height }) {
    const key = JSON.stringify(spec);
    const stable = React.useMemo(() => spec, [key]);
    return h("div", { id }, h(P.PanelFrame, { spec: stable, key, height: height || 320 }));
  };
})(window.pharos);
