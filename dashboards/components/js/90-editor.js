/* A PromQL editor: a text field over a coloured copy, completion of metrics, labels, values and functions, and a history. */
(function (P) {
  "use strict";
  const { h, React } = P;
  const FUNCTIONS = "abs absent absent_over_time acos asin atan avg_over_time ceil changes clamp clamp_max clamp_min cos count_over_time day_of_month day_of_week day_of_year days_in_month deg delta deriv exp floor histogram_avg histogram_count histogram_fraction histogram_quantile histogram_sum hour idelta increase irate label_join label_replace last_over_time ln log10 log2 mad_over_time max_over_time min_over_time minute month pi predict_linear present_over_time quantile_over_time rad rate resets round scalar sgn sin sort sort_by_label sort_desc sqrt stddev_over_time stdvar_over_time sum_over_time tan time timestamp vector year".split(" ");
  const AGGREGATIONS = "avg bottomk count count_values group limitk max min quantile stddev stdvar sum topk".split(" ");
  const KEYWORDS = ["by", "without", "on", "ignoring", "group_left", "group_right", "offset", "bool", "and", "or", "unless"];
  const TOKENS = /("(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?|#[^\n]*|\b\d+(?:\.\d+)?(?:[smhdwy]|ms)?\b|[A-Za-z_:][\w:]*|\$\w+|[^\w\s])/g;

  function coloured(text) {
    const out = [];
    let last = 0;
    let depth = 0;
    for (const found of text.matchAll(TOKENS)) {
      if (found.index > last) out.push(text.slice(last, found.index));
      const token = found[0];
      if (token === "{") depth += 1;
      if (token === "}") depth -= 1;
      let kind = "op";
      if (/^["']/.test(token)) kind = "string";
      else if (token[0] === "#") kind = "comment";
      else if (/^\d/.test(token)) kind = "number";
      else if (depth > 0 && /^[A-Za-z_]/.test(token)) kind = "label";
      else if (FUNCTIONS.includes(token) || AGGREGATIONS.includes(token)) kind = "function";
      else if (KEYWORDS.includes(token)) kind = "keyword";
      else if (/^[A-Za-z_:]/.test(token)) kind = "metric";
      out.push(h("span", { key: found.index, className: "q-" + kind }, token));
      last = found.index + token.length;
    }
    out.push(text.slice(last), "\n");
    return out;
  }

  const names = new Map(); // what the source offers, asked once a minute at most
  async function offered(source, path) {
    const key = source + path;
    const held = names.get(key);
    if (held && Date.now() - held.at < 60000) return held.values;
    const answer = await P.request(`/api/datasources/proxy/uid/${source}/${path}`);
    const values = (await answer.json()).data || [];
    names.set(key, { at: Date.now(), values });
    return values;
  }

  /* What may stand at the cursor: {kind, prefix, metric, label}. */
  function situation(text, cursor) {
    const before = text.slice(0, cursor);
    const open = before.lastIndexOf("{");
    if (open > before.lastIndexOf("}")) {
      const metric = (/([A-Za-z_:][\w:]*)\s*$/.exec(before.slice(0, open)) || [])[1] || "";
      const inside = before.slice(open + 1);
      const value = /([A-Za-z_]\w*)\s*(?:=~|!~|!=|=)\s*"([^"]*)$/.exec(inside);
      if (value) return { kind: "value", prefix: value[2], label: value[1], metric };
      const label = /(?:^|,)\s*([A-Za-z_]\w*)?$/.exec(inside);
      return label ? { kind: "label", prefix: label[1] || "", metric } : null;
    }
    const grouping = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)$/.exec(before);
    if (grouping) return { kind: "label", prefix: (/([A-Za-z_]\w*)$/.exec(grouping[1]) || ["", ""])[1], metric: "" };
    const word = /([A-Za-z_:][\w:]*)$/.exec(before);
    return word ? { kind: "name", prefix: word[1] } : null;
  }

  async function complete(source, text, cursor) {
    const at = situation(text, cursor);
    if (!at) return null;
    let options = [];
    const match = at.metric ? "?match[]=" + encodeURIComponent(at.metric) : "";
    if (at.kind === "name") {
      const metrics = await offered(source, "api/v1/label/__name__/values");
      options = metrics.map((text_) => ({ text: text_, kind: "metric" }))
        .concat(AGGREGATIONS.concat(FUNCTIONS).map((text_) => ({ text: text_, kind: "function" })), KEYWORDS.map((text_) => ({ text: text_, kind: "keyword" })));
    } else if (at.kind === "label") {
      options = (await offered(source, "api/v1/labels" + match)).filter((name) => name !== "__name__").map((text_) => ({ text: text_, kind: "label" }));
    } else {
      options = (await offered(source, `api/v1/label/${at.label}/values${match}`)).map((text_) => ({ text: text_, kind: "value" }));
    }
    const wanted = at.prefix.toLowerCase();
    const ranked = options.filter((option) => option.text.toLowerCase().includes(wanted) && option.text !== at.prefix)
      .sort((a, b) => rank(a.text, wanted) - rank(b.text, wanted) || a.text.length - b.text.length || (a.text < b.text ? -1 : 1));
    return { at, options: ranked.slice(0, 60) };
  }
  const rank = (text, wanted) => (text.toLowerCase().startsWith(wanted) ? 0 : 1);

  const history = () => { try { return JSON.parse(P.remembered("query-history") || "[]"); } catch (error) { return []; } };
  const remember = (expr) => P.remember("query-history", JSON.stringify([expr, ...history().filter((item) => item !== expr)].slice(0, 50)));

  P.components.PromEditor = function PromEditor({ id, value, source, run, setProps }) {
    const [text, setText] = React.useState(value || "");
    const [menu, setMenu] = React.useState(null);
    const [chosen, setChosen] = React.useState(0);
    const [past, setPast] = React.useState(false);
    const area = React.useRef(null);
    const pastRef = React.useRef(null);
    const listRef = React.useRef(null);
    P.useDismiss(pastRef, past, () => setPast(false));
    React.useEffect(() => { if (listRef.current && listRef.current.children[chosen]) listRef.current.children[chosen].scrollIntoView({ block: "nearest" }); }, [chosen]);

    const execute = (given) => {
      const expr = (given === undefined ? text : given).trim();
      setMenu(null);
      setPast(false);
      P.setUrl({ expr }, true);
      if (expr) remember(expr);
      setProps({ run: { expr, n: ((run || {}).n || 0) + 1 } });
      P.session.refreshNow();
    };
    const ask = async (force) => {
      const cursor = area.current.selectionStart;
      try {
        const asked = area.current.value;
      const found = await complete(source || "prometheus", asked, cursor);
      if (!area.current || area.current.value !== asked || area.current.selectionStart !== cursor) return; // typed on meanwhile
        const useful = found && found.options.length && (force || found.at.prefix || found.at.kind !== "name");
        setMenu(useful ? Object.assign(found, { cursor }) : null);
        setChosen(0);
      } catch (error) {
        setMenu(null); // no completion while the source is away; running the query tells why
      }
    };
    const insert = (option) => {
      const { at, cursor } = menu;
      const begin = cursor - at.prefix.length;
      const tail = option.kind === "function" ? "(" : option.kind === "label" && text.lastIndexOf("{", begin) > text.lastIndexOf("}", begin) ? '="' : option.kind === "value" ? (text[cursor] === '"' ? "" : '"') : "";
      const next = text.slice(0, begin) + option.text + tail + text.slice(cursor);
      setText(next);
      setMenu(null);
      window.requestAnimationFrame(() => { const end = begin + option.text.length + tail.length; area.current.focus(); area.current.setSelectionRange(end, end); if (tail === '="') ask(true); });
    };
    const key = (event) => {
      if (menu) {
        if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); setChosen((n) => (n + (event.key === "ArrowDown" ? 1 : menu.options.length - 1)) % menu.options.length); return; }
        if (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey && !event.ctrlKey)) { event.preventDefault(); insert(menu.options[chosen]); return; }
        if (event.key === "Escape") { setMenu(null); return; }
      }
      if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); execute(); }
      if (event.key === " " && event.ctrlKey) { event.preventDefault(); ask(true); }
    };
    const items = past ? history() : [];
    return h("div", { id, className: "editor" },
      h("div", { className: "editor-field" },
        h("div", { className: "editor-text" },
          h("pre", { className: "editor-colours", "aria-hidden": true }, coloured(text)),
          h("textarea", { ref: area, value: text, rows: Math.min(Math.max(text.split("\n").length, 1), 8), spellCheck: false, autoCapitalize: "off", autoComplete: "off", placeholder: P.t("PromQL, for example rate(node_cpu_seconds_total[5m])"), "aria-label": "PromQL", "data-testid": "promql-input",
            onChange: (event) => { setText(event.target.value); window.requestAnimationFrame(() => ask(false)); }, onKeyDown: key, onBlur: () => window.setTimeout(() => setMenu(null), 150) })),
        menu ? h("div", { className: "menu completion", role: "listbox", ref: listRef, "data-testid": "completion" }, menu.options.map((option, i) => h("button", { key: option.kind + option.text, role: "option", "aria-selected": i === chosen, className: i === chosen ? "chosen" : "", onMouseDown: (event) => { event.preventDefault(); insert(option); } }, h("span", { className: "q-" + option.kind }, option.text), h("span", { className: "muted" }, P.t(option.kind))))) : null),
      h("div", { className: "menu-anchor", ref: pastRef },
        h("button", { className: "control icon-only", title: P.t("History"), "aria-label": P.t("History"), onClick: () => setPast(!past) }, P.icon("history")),
        past ? h("div", { className: "menu history" }, items.length ? items.map((item) => h("button", { key: item, onClick: () => { setText(item); execute(item); } }, h("code", null, item))) : h("div", { className: "hint" }, P.t("No queries yet"))) : null),
      h("button", { className: "primary", onClick: () => execute(), "data-testid": "promql-run" }, P.icon("play", 14), P.t("Run")));
  };
})(window.pharos);
