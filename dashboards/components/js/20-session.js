/* The state of a page lives in its URL: from, to, refresh, var-*. This module reads and writes it and tells everybody. */
(function (P) {
  "use strict";
  const changed = P.emitter();
  const session = (P.session = {
    changed, page: null, path: null, from: "now-1h", to: "now", refresh: "", variables: [], defaults: {}, busy: false, last: null, shown: null, zooms: [],
  });
  P.ticks = P.emitter();      // a refresh is due
  P.crosshair = P.emitter();  // {t, from} or null
  const REFRESH_MS = { s: 1000, m: 60000, h: 3600000, d: 86400000 };
  session.REFRESH = ["5s", "10s", "30s", "1m", "5m", "15m", "1h"];
  P.refreshMs = (text) => {
    const found = /^(\d+)([smhd])$/.exec(text || "");
    return found ? Math.max(Number(found[1]) * REFRESH_MS[found[2]], 1000) : 0;
  };

  /* Called by a page's toolbar while it renders: takes the page's defaults and what the URL says. */
  session.enter = (page, props) => {
    const key = page + "|" + window.location.pathname + "|" + JSON.stringify((props.variables || []).map((item) => item.current));
    if (session.path === key) return;
    if (session.page === page) window.setTimeout(() => changed.emit("variables"), 0);
    session.path = key;
    session.page = page;
    session.defaults = Object.assign({ from: "now-1h", to: "now", refresh: "" }, props.defaults || {});
    session.variables = (props.variables || []).map((item) => Object.assign({}, item));
    session.dashboard = props.dashboard || null;
    session.zooms = [];
    session.last = session.shown = null;
    readUrl();
  };

  session.utc = () => session.timezone === "utc";

  function readUrl() {
    const query = new URLSearchParams(window.location.search);
    for (const name of ["from", "to", "refresh", "timezone"]) session[name] = query.get(name) || session.defaults[name];
    session.timezone = String(session.timezone || "browser").toLowerCase();
    if (!P.timeIsValid(session.from) || !P.timeIsValid(session.to)) {
      session.from = session.defaults.from;
      session.to = session.defaults.to;
    }
  }

  /* Write parameters into the URL; null removes one. `push` makes a step that Back undoes. */
  P.setUrl = (patch, push) => {
    const query = new URLSearchParams(window.location.search);
    for (const name in patch) {
      query.delete(name);
      const value = patch[name];
      if (Array.isArray(value)) for (const item of value) query.append(name, item);
      else if (value !== null && value !== undefined && value !== "") query.set(name, value);
    }
    const text = query.toString();
    const url = window.location.pathname + (text ? "?" + text : "");
    if (url !== window.location.pathname + window.location.search) window.history[push ? "pushState" : "replaceState"](null, "", url);
  };

  session.setRange = (from, to, options) => {
    if (!(options && options.back)) session.zooms.push([session.from, session.to]);
    session.from = from;
    session.to = to;
    P.setUrl({ from, to }, true);
    changed.emit("range");
    if (session.dashboard && session.variables.some((item) => item.kind === "query")) session.resolveVariables({});
  };
  session.zoomBack = () => {
    const last = session.zooms.pop();
    if (last) session.setRange(last[0], last[1], { back: true });
  };
  /* The range that was last drawn, for zooming out and shifting. */
  session.span = () => session.shown || { from: Date.now() - 3600000, to: Date.now() };
  session.shift = (direction) => {
    const { from, to } = session.span();
    const half = Math.round((to - from) / 2) * direction;
    session.setRange(String(from + half), String(to + half));
  };
  session.zoomOut = () => {
    const { from, to } = session.span();
    const half = Math.round((to - from) / 2);
    session.setRange(String(from - half), String(Math.min(to + half, Date.now())));
  };
  session.setRefresh = (text) => {
    session.refresh = text;
    P.setUrl({ refresh: text }, false);
    schedule();
    changed.emit("refresh");
  };

  session.setVariable = (name, values) => {
    const variable = session.variables.find((item) => item.name === name);
    if (!variable) return;
    variable.current = values;
    P.setUrl({ ["var-" + name]: values.map((value) => (value === "$__all" ? "All" : value)) }, true);
    session.resolveVariables({ [name]: values });
  };
  session.resolveVariables = async () => {
    const values = {};
    for (const item of session.variables) values[item.name] = item.current;
    const body = { uid: session.dashboard, from: session.from, to: session.to, values };
    const path = session.path;
    try {
      const answer = await P.post("/api/dashboards/variables", body);
      const resolved = await answer.json();
      if (session.path !== path) return;
      const before = JSON.stringify(session.variableValues());
      session.variables = resolved;
      changed.emit(before === JSON.stringify(session.variableValues()) ? "options" : "variables");
    } catch (error) {
      for (const item of session.variables) item.error = error.message;
      changed.emit("options");
    }
  };
  /* As the batch endpoint wants them. */
  session.variableValues = (scoped) => {
    const out = {};
    for (const item of session.variables) out[item.name] = { values: item.values, multi: item.multi, all: item.all };
    for (const name in scoped || {}) out[name] = { values: [scoped[name]], multi: true, all: null };
    return out;
  };
  session.text = (text, scoped) => {
    if (!text || !/[$[]/.test(text)) return text || "";
    return text.replace(/\$(\w+)|\[\[(\w+)(?::\w+)?\]\]|\$\{(\w+)(?::[^}]*)?\}/g, (all, a, b, c) => {
      const name = a || b || c;
      if (scoped && scoped[name] !== undefined) return scoped[name];
      const found = session.variables.find((item) => item.name === name);
      if (!found) return all;
      return found.current.includes("$__all") ? P.t("All") : found.current.join(" + ");
    });
  };

  /* One timer; a tick is skipped while the last one is still being answered, and while nobody looks. */
  let timer = null;
  function schedule() {
    window.clearInterval(timer);
    const period = P.refreshMs(session.refresh);
    if (period) timer = window.setInterval(tick, period);
  }
  let missed = false;
  function tick() {
    if (document.hidden) { missed = true; return; }
    if (!session.busy) refresh(true);
  }
  session.schedule = schedule;
  function refresh(timed) {
    if (session.variables.some((item) => item.error)) session.resolveVariables(); // their source may be back
    P.ticks.emit(timed);
  }
  session.refreshNow = () => refresh(false);
  document.addEventListener("visibilitychange", () => { if (!document.hidden && missed) { missed = false; tick(); } });
  window.addEventListener("popstate", () => { readUrl(); session.zooms = []; changed.emit("range"); });
})(window.pharos);
