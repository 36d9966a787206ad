/* The log page: search, histogram, top values, lines, live tail. Also the lines of a logs panel. */
(function (P) {
  "use strict";
  const { h, React } = P;
  const session = P.session;
  const OPEN = "\ue000";
  const CLOSE = "\ue001";
  const LEVEL_TOKEN = { fatal: "critical", error: "critical", warn: "warn", info: "info", debug: "unknown", trace: "unknown", unknown: "unknown" };
  const LEVEL_ALPHA = { fatal: 1, error: 1, warn: 1, info: 0.75, debug: 0.6, trace: 0.4, unknown: 0.45 };
  const MAX_LINES = 2000;

  /* What was searched for, marked. */
  function marked(text) {
    if (!text.includes(OPEN)) return text;
    return text.split(OPEN).map((part, i) => {
      if (i === 0) return part;
      const end = part.indexOf(CLOSE);
      return h(React.Fragment, { key: i }, h("mark", null, part.slice(0, end)), part.slice(end + 1));
    });
  }
  const plain = (text) => text.split(OPEN).join("").split(CLOSE).join("");
  const context = (line) => line.fields.service || line.fields["kubernetes.container"] || line.fields["log.file.path"] || line.fields.host || "";

  /* The pairs of a parsed body, after the message. */
  function extras(line) {
    return Object.keys(line.fields).filter((name) => name.startsWith("fields.") && name !== "fields.logger").slice(0, 8).map((name) =>
      h("span", { className: "log-extra", key: name }, " ", h("b", null, name.slice(7) + "="), h("i", null, String(line.fields[name]).slice(0, 200))));
  }

  const Line = React.memo(function Line({ line, open, toggle, filter, around, compact }) {
    const short = line.message.length > 4000 ? line.message.slice(0, 4000) + "…" : line.message;
    return h("div", { className: `log level-${line.level}` + (open ? " open" : ""), "data-testid": "log-row", "data-level": line.level },
      h("div", { className: "log-line", role: "button", tabIndex: 0, "aria-expanded": open, onClick: () => { if (!String(window.getSelection())) toggle(line.id); }, onKeyDown: (event) => { if (event.key === "Enter") toggle(line.id); } },
        h("span", { className: "log-time" }, compact ? P.moment(line.t).slice(11) : P.moment(line.t, true).slice(5)),
        h("span", { className: "log-level" }, line.level === "unknown" ? "" : line.level),
        compact ? null : h("span", { className: "log-context", title: context(line) }, context(line)),
        h("span", { className: "log-message" }, marked(short), extras(line))),
      open ? h(Detail, { line, filter, around }) : null);
  });
  function Detail({ line, filter, around }) {
    const names = Object.keys(line.fields).sort();
    return h("div", { className: "log-detail" },
      h("div", { className: "log-actions" },
        h("button", { className: "ghost", onClick: () => P.copy(plain(line.message)) }, P.icon("copy", 14), P.t("Copy message")),
        h("button", { className: "ghost", onClick: () => P.copy(JSON.stringify(line.fields, null, 2)) }, P.icon("copy", 14), P.t("Copy as JSON")),
        around ? h("button", { className: "ghost", onClick: () => around(line) }, P.icon("logs", 14), P.t("Surrounding lines")) : null),
      h("table", null, h("tbody", null, names.map((name) => {
        const value = line.fields[name];
        const text = typeof value === "object" ? JSON.stringify(value) : String(value);
        const filterable = filter && name !== "message" && name !== "@timestamp" && text.length < 500;
        return h("tr", { key: name }, h("th", null, name),
          h("td", { className: "log-buttons" }, filterable ? [
            h("button", { key: "+", className: "icon-button", title: P.t("Only with this value"), "aria-label": P.t("Only with this value"), onClick: () => filter(name, text, false) }, "+"),
            h("button", { key: "-", className: "icon-button", title: P.t("Without this value"), "aria-label": P.t("Without this value"), onClick: () => filter(name, text, true) }, "−"),
          ] : null),
          h("td", { className: "log-value" }, text));
      }))));
  }

  P.LogLines = function LogLines({ lines, compact, filter, around }) {
    const [open, setOpen] = React.useState(() => new Set());
    const toggle = React.useCallback((id) => setOpen((old) => { const next = new Set(old); if (next.has(id)) next.delete(id); else next.add(id); return next; }), []);
    if (!lines.length) return h("div", { className: "panel-empty", "data-testid": "no-logs" }, P.t("No log lines in this time range"));
    return h("div", { className: "logs" + (compact ? " compact" : "") }, lines.map((line) => h(Line, { key: line.id, line, open: open.has(line.id), toggle, filter, around, compact })));
  };

  function histogramFields(page) {
    return Object.keys(page.levels).reverse().map((level) => ({
      name: level, refId: level, labels: { level }, times: page.buckets.map((t) => t + page.interval / 2), values: page.levels[level], step: page.interval,
      options: { unit: "short", custom: { drawStyle: "bars", stacking: { mode: "normal" }, fillOpacity: 100 }, color: { mode: "fixed", fixedColor: P.withAlpha(P.token(LEVEL_TOKEN[level]), LEVEL_ALPHA[level]) } },
    }));
  }
  const HISTOGRAM = { type: "timeseries", options: { legend: { showLegend: false }, tooltip: { mode: "multi", sort: "none" } } };

  function Facets({ facets, total, filter, filters }) {
    const names = Object.keys(facets);
    return h("aside", { className: "facets", "aria-label": P.t("Fields") }, names.map((name) => {
      const rows = facets[name];
      return h("div", { className: "facet", key: name }, h("h3", null, name), rows.slice(0, 8).map(([value, count]) =>
        h("button", { key: value, className: filters.some((f) => f.field === name && f.value === value && !f.negate) ? "chosen" : "", title: value, onClick: (event) => filter(name, value, event.altKey), "data-testid": "facet-value" },
          h("span", { className: "facet-bar", style: { width: total ? Math.max((count / total) * 100, 1) + "%" : 0 } }),
          h("span", { className: "facet-value" }, value), h("span", { className: "facet-count" }, P.format(count, "short")))));
    }));
  }

  /* Nothing found: what to try next. */
  function NoLines({ narrowed, widen, clear }) {
    return h("div", { className: "notice", "data-testid": "no-logs" }, P.icon("search", 20),
      h("div", null, h("strong", null, P.t("No log lines in this time range")), h("p", null, P.t(narrowed ? "Nothing matches the search and its filters." : "Nothing was logged, or nothing has arrived yet."))),
      narrowed ? h("button", { className: "ghost", onClick: clear }, P.t("Clear the search")) : null,
      widen ? h("button", { className: "ghost", onClick: widen }, P.rangeLabel("now-24h", "now")) : null);
  }

  function readFilters() {
    return new URLSearchParams(window.location.search).getAll("filter").map((text) => {
      const found = /^([-~]*)([^:]+):([\s\S]*)$/.exec(text);
      return found ? { negate: found[1].includes("-"), disabled: found[1].includes("~"), field: found[2], value: found[3] } : null;
    }).filter(Boolean);
  }
  const writeFilters = (filters) => filters.map((f) => `${f.disabled ? "~" : ""}${f.negate ? "-" : ""}${f.field}:${f.value}`);

  function Pills({ filters, change }) {
    if (!filters.length) return null;
    const edit = (i, patch) => change(filters.map((f, j) => (i === j ? Object.assign({}, f, patch) : f)));
    return h("div", { className: "pills" }, filters.map((f, i) => h("span", { key: i, className: "pill" + (f.negate ? " not" : "") + (f.disabled ? " off" : ""), "data-testid": "filter-pill" },
      h("button", { title: P.t("Turn on or off"), onClick: () => edit(i, { disabled: !f.disabled }) }, f.negate ? P.t("not") + " " : "", h("b", null, f.field), ": ", f.value),
      h("button", { title: P.t("Invert"), "aria-label": P.t("Invert"), onClick: () => edit(i, { negate: !f.negate }) }, P.icon("swap", 12)),
      h("button", { title: P.t("Remove"), "aria-label": P.t("Remove"), onClick: () => change(filters.filter((_, j) => j !== i)) }, P.icon("close", 12)))));
  }

  P.components.LogTable = function LogTable({ id }) {
    const initial = new URLSearchParams(window.location.search);
    const [query, setQuery] = React.useState(initial.get("query") || "");
    const [text, setText] = React.useState(query);
    const [filters, setFilters] = React.useState(readFilters);
    const [live, setLive] = React.useState(initial.get("live") === "1");
    const [wrap, setWrap] = React.useState(P.remembered("log-wrap") === "1");
    const [page, setPage] = React.useState(null);
    const [error, setError] = React.useState(null);
    const [busy, setBusy] = React.useState(false);
    const [more, setMore] = React.useState(false);
    const current = React.useRef(null);
    const known = React.useRef(new Set());
    P.useSignal(P.themeChanged);

    const search = React.useCallback(async (options) => {
      if (current.current) current.current.abort();
      const abort = (current.current = new AbortController());
      setBusy(true);
      try {
        const body = Object.assign({ query, filters, from: session.from, to: session.to, size: 200 }, options);
        const answer = await (await P.post("/api/logs/search", body, abort.signal)).json();
        session.shown = { from: answer.from, to: answer.to };
        setError(null);
        if (options && options.after) {
          setPage((old) => Object.assign({}, old, { lines: old.lines.concat(answer.lines) }));
          setMore(answer.lines.length >= 200);
        } else {
          known.current = new Set(answer.lines.map((line) => line.id));
          setPage(answer);
          setMore(answer.lines.length >= 200);
        }
      } catch (problem) {
        if (problem.name === "AbortError") return;
        setError(problem);
      }
      setBusy(false);
    }, [query, JSON.stringify(filters)]);

    React.useEffect(() => {
      P.setUrl({ query, filter: writeFilters(filters) }, false);
      search();
    }, [search]);
    P.useEvent(session.changed, (what) => { if (what === "range") { setLive(false); search(); } });
    P.useEvent(P.ticks, (timed) => { if (!live && !(timed && busy)) search(); }); // a slow answer is waited for, not asked for again

    /* Live: ask every second and a half for what came after the newest line; the histogram follows more slowly. */
    React.useEffect(() => {
      P.setUrl({ live: live ? "1" : null }, false);
      if (!live) return undefined;
      let stopped = false;
      let round = 0;
      let inFlight = false;
      const tick = async () => {
        if (stopped || document.hidden || inFlight) return;
        inFlight = true;
        round += 1;
        const summary = round % 6 === 1;
        try {
          const body = { query, filters, from: session.from, to: "now", size: summary ? 200 : 100, summary };
          const answer = await (await P.post("/api/logs/search", body)).json();
          if (stopped) return;
          setError(null);
          setPage((old) => {
            if (!old) return answer;
            const held = new Set(old.lines.map((line) => line.id));
            const fresh = answer.lines.filter((line) => !held.has(line.id));
            if (!fresh.length && !summary) return old;
            const lines = fresh.concat(old.lines).slice(0, MAX_LINES);
            return summary ? Object.assign({}, answer, { lines }) : Object.assign({}, old, { lines, total: answer.total });
          });
        } catch (problem) {
          if (!stopped) setError(problem);
        } finally {
          inFlight = false;
        }
      };
      tick();
      const timer = window.setInterval(tick, 1500);
      return () => { stopped = true; window.clearInterval(timer); };
    }, [live, query, JSON.stringify(filters)]);

    const filter = React.useCallback((field, value, negate) => setFilters((old) => {
      const without = old.filter((f) => !(f.field === field && f.value === value));
      const same = old.some((f) => f.field === field && f.value === value && f.negate === negate);
      return same ? without : without.concat({ field, value, negate });
    }), []);
    /* What the same source wrote half a minute before and after a line. */
    const around = React.useCallback((line) => {
      const field = ["kubernetes.pod", "log.file.path", "service"].find((name) => line.fields[name] !== undefined);
      setLive(false);
      setText("");
      setQuery("");
      setFilters(field ? [{ field, value: String(line.fields[field]), negate: false }] : []);
      session.setRange(String(line.t - 30000), String(line.t + 30000));
    }, []);
    const submit = (event) => { event.preventDefault(); if (text === query) search(); else setQuery(text); };
    const fields = React.useMemo(() => (page && page.buckets.length ? histogramFields(page) : []), [page, P.theme()]);
    const unreachable = error && error.kind === "unreachable";

    return h("div", { id, className: "logpage" },
      h("form", { className: "searchbar", onSubmit: submit },
        h("div", { className: "search-field" }, P.icon("search"), h("input", { className: "input", value: text, onChange: (event) => setText(event.target.value), placeholder: P.t("Search: words, level:error, service:collector AND timeout, \"exact phrase\""), "aria-label": P.t("Search"), spellCheck: false, "data-testid": "log-search" }),
          text ? h("button", { type: "button", className: "icon-button", "aria-label": P.t("Clear"), onClick: () => { setText(""); setQuery(""); } }, P.icon("close", 14)) : null),
        h("button", { className: "primary", type: "submit", "data-testid": "log-run" }, P.t("Search")),
        h("button", { type: "button", className: "control" + (live ? " live" : ""), "aria-pressed": live, onClick: () => setLive(!live), "data-testid": "log-live" }, h("span", { className: "live-dot" }), P.t("Live")),
        h("button", { type: "button", className: "control", "aria-pressed": wrap, onClick: () => { P.remember("log-wrap", wrap ? "0" : "1"); setWrap(!wrap); } }, P.t("Wrap"))),
      h(Pills, { filters, change: setFilters }),
      error ? h("div", { className: "notice " + (unreachable ? "critical" : "warn"), "data-testid": "source-down", role: "alert" }, P.icon(unreachable ? "unplugged" : "state-warn", 20),
        h("div", null, h("strong", null, unreachable ? P.t("The log store is not reachable") : P.t("The search could not be run")), h("p", null, error.message)), h("button", { className: "ghost", onClick: () => search() }, P.t("Retry"))) : null,
      page === null ? (error ? null : h("div", { className: "skeleton logs-skeleton" }, h("div", { className: "skeleton-block" }))) :
      page.lines.length === 0 ? (error ? null : h(NoLines, { narrowed: Boolean(query || filters.length), clear: () => { setText(""); setQuery(""); setFilters([]); }, widen: page.to - page.from < 86400000 ? () => session.setRange("now-24h", "now") : null })) :
        h("div", { className: "log-columns" + (error ? " stale" : "") },
          h(Facets, { facets: page.facets, total: page.total, filter, filters }),
          h("div", { className: "log-main" },
            h("section", { className: "card log-histogram", "data-testid": "log-histogram" },
              h("div", { className: "histogram-head" }, h("span", null, h("b", { "data-testid": "log-total" }, page.total.toLocaleString()), " " + P.t("lines")),
                Object.keys(page.levels).map((level) => h("button", { key: level, className: "level-key level-" + level, onClick: () => filter("level", level, false) }, h("span", { className: "swatch", style: { background: P.token(LEVEL_TOKEN[level]), opacity: LEVEL_ALPHA[level] } }), level, h("span", { className: "muted" }, P.format(page.levels[level].reduce((a, b) => a + b, 0), "short")))),
                h("span", { className: "grow" }), h("span", { className: "muted" }, page.interval ? P.t("{n} per bar", { n: P.format(page.interval, "ms") }) : ""), busy ? h("span", { className: "spinner" }) : null),
              h("div", { className: "histogram" }, fields.length ? h(P.TimeSeries, { spec: HISTOGRAM, fields, span: { from: page.from, to: page.to } }) : null)),
            h("section", { className: "card log-card" + (wrap ? " wrap" : "") },
              h(P.LogLines, { lines: page.lines, filter, around }),
              more ? h("button", { className: "more", onClick: () => search({ after: page.lines[page.lines.length - 1].sort, summary: false }) }, P.t("Load more")) : null))));
  };
})(window.pharos);
