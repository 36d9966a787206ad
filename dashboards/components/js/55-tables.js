/* Tables: frames to rows, Grafana's common transformations, and the table component itself. */
(function (P) {
  "use strict";
  const { h, React } = P;

  /* One table per query: {columns: [name], rows: [{name: value}]}. Label columns first, the value last. */
  P.toTables = (frames) => Object.keys(frames).map((refId) => {
    const frame = frames[refId];
    const many = Object.keys(frames).length > 1;
    const value = many ? "Value #" + refId : "Value";
    const labels = [];
    for (const series of frame.series) for (const name of Object.keys(series.labels)) if (!labels.includes(name)) labels.push(name);
    labels.sort();
    const rows = [];
    for (const series of frame.series) {
      const indexes = frame.instant ? [series.values.length - 1] : series.values.map((_, i) => i);
      for (const i of indexes) {
        if (!frame.instant && Number.isNaN(series.values[i])) continue;
        rows.push(Object.assign({ Time: frame.times[i] }, series.labels, { [value]: series.values[i] }));
      }
    }
    return { refId, columns: ["Time", ...labels, value], rows };
  });

  function outer(tables, key) {
    const columns = [];
    const index = new Map();
    const seen = new Map();
    tables.forEach((table, number) => {
      const rename = {};
      for (const column of table.columns) {
        if (column === key) { rename[column] = column; continue; }
        const count = (seen.get(column) || 0) + 1;
        seen.set(column, count);
        const repeated = tables.filter((other) => other.columns.includes(column)).length > 1;
        rename[column] = repeated ? `${column} ${number + 1}` : column;
      }
      for (const column of table.columns) if (!columns.includes(rename[column])) columns.push(rename[column]);
      for (const row of table.rows) {
        if (row[key] === undefined) continue;
        const target = index.get(row[key]) || {};
        for (const column of table.columns) if (row[column] !== undefined) target[rename[column]] = row[column];
        index.set(row[key], target);
      }
    });
    return [{ columns: [key, ...columns.filter((c) => c !== key)], rows: Array.from(index.values()) }];
  }
  function merge(tables) {
    const columns = [];
    const isValue = (name) => /^Value( #|$)/.test(name);
    for (const table of tables) for (const column of table.columns) if (!columns.includes(column)) columns.push(column);
    const keys = columns.filter((column) => !isValue(column) && column !== "Time" && tables.every((table) => !table.rows.length || table.columns.includes(column)));
    const rows = new Map();
    for (const table of tables) {
      for (const row of table.rows) {
        const key = JSON.stringify(keys.map((name) => row[name]));
        rows.set(key, Object.assign(rows.get(key) || {}, row));
      }
    }
    return [{ columns: [...columns.filter((c) => !isValue(c)), ...columns.filter(isValue)], rows: Array.from(rows.values()) }];
  }
  function organize(table, options) {
    const hidden = options.excludeByName || {};
    const order = options.indexByName || {};
    const renamed = options.renameByName || {};
    const kept = table.columns.filter((column) => !hidden[column]);
    const place = (column, i) => (order[column] === undefined ? 1000 + i : order[column]);
    const sorted = kept.map((column, i) => [column, place(column, i)]).sort((a, b) => a[1] - b[1]).map((pair) => pair[0]);
    const to = (column) => renamed[column] || column;
    return { columns: sorted.map(to), rows: table.rows.map((row) => Object.fromEntries(sorted.map((column) => [to(column), row[column]]))) };
  }
  function groupBy(table, options) {
    const fields = options.fields || {};
    const keys = table.columns.filter((c) => (fields[c] || {}).operation === "groupby");
    const sums = table.columns.filter((c) => (fields[c] || {}).operation === "aggregate");
    const groups = new Map();
    for (const row of table.rows) {
      const key = JSON.stringify(keys.map((name) => row[name]));
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(row);
    }
    const columns = keys.concat(sums.flatMap((c) => (fields[c].aggregations || []).map((calc) => `${c} (${calc})`)));
    const rows = Array.from(groups.values(), (members) => {
      const row = Object.fromEntries(keys.map((name) => [name, members[0][name]]));
      for (const c of sums) for (const calc of fields[c].aggregations || []) row[`${c} (${calc})`] = P.reduce(members.map((m) => m[c]).filter((v) => v !== undefined), calc);
      return row;
    });
    return { columns, rows };
  }
  function calculate(table, options) {
    const binary = options.binary || {};
    const operate = { "+": (a, b) => a + b, "-": (a, b) => a - b, "*": (a, b) => a * b, "/": (a, b) => a / b }[binary.operator || "+"];
    const side = (row, given) => { const name = given && given.matcher ? given.matcher.options : given; return table.columns.includes(name) ? row[name] : Number(name); };
    const name = options.alias || "Total";
    const total = (row) => options.mode === "binary" ? operate(side(row, binary.left), side(row, binary.right))
      : P.reduce(table.columns.map((c) => row[c]).filter((v) => typeof v === "number"), (options.reduce || {}).reducer || "sum");
    return { columns: [...table.columns.filter((c) => c !== name), name], rows: table.rows.map((row) => Object.assign({}, row, { [name]: total(row) })) };
  }
  const each = (tables, change) => tables.map(change);
  const TRANSFORMS = {
    merge: (tables) => merge(tables),
    joinByField: (tables, o) => outer(tables, o.byField || "Time"),
    seriesToColumns: (tables, o) => outer(tables, o.byField || "Time"),
    organize: (tables, o) => each(tables, (table) => organize(table, o)),
    groupBy: (tables, o) => each(tables, (table) => groupBy(table, o)),
    calculateField: (tables, o) => each(tables, (table) => calculate(table, o)),
    renameByRegex: (tables, o) => each(tables, (table) => {
      const pattern = new RegExp(String(o.regex || "").replace(/^\/|\/$/g, ""));
      return organize(table, { renameByName: Object.fromEntries(table.columns.map((c) => [c, c.replace(pattern, o.renamePattern || "")])) });
    }),
    filterFieldsByName: (tables, o) => each(tables, (table) => {
      const wanted = o.include || {};
      const pattern = wanted.pattern ? new RegExp(wanted.pattern.replace(/^\/|\/$/g, "")) : null;
      const keep = (c) => (wanted.names || []).includes(c) || (pattern && pattern.test(c));
      return organize(table, { excludeByName: Object.fromEntries(table.columns.filter((c) => !keep(c)).map((c) => [c, true])) });
    }),
    sortBy: (tables, o) => each(tables, (table) => {
      const sort = (o.sort || [])[0] || {};
      const rows = table.rows.slice().sort((a, b) => compare(a[sort.field], b[sort.field]) * (sort.desc ? -1 : 1));
      return { columns: table.columns, rows };
    }),
    limit: (tables, o) => each(tables, (table) => ({ columns: table.columns, rows: table.rows.slice(0, Number(o.limitField || 10)) })),
    seriesToRows: (tables) => merge(tables),
  };
  P.transform = (tables, transformations) => {
    let out = tables;
    for (const item of transformations || []) {
      if (item.disabled || !TRANSFORMS[item.id]) continue;
      try { out = TRANSFORMS[item.id](out, item.options || {}); } catch (error) { continue; } // a pattern that is no regular expression changes nothing
    }
    return out;
  };

  const text = (value) => (value && typeof value === "object" ? (value.sort !== undefined ? value.sort : value.text) : value);
  function compare(a, b) {
    a = text(a);
    b = text(b);
    if (a === undefined || a === null || Number.isNaN(a)) return -1;
    if (b === undefined || b === null || Number.isNaN(b)) return 1;
    return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true });
  }

  /* columns: [{id, name, options, align}], rows: plain objects. */
  P.Table = function Table({ columns, rows, filterable, empty, testid, rowTestid, pageSize, initialSort }) {
    const [sort, setSort] = React.useState(initialSort || null);
    const [filter, setFilter] = React.useState("");
    const [limit, setLimit] = React.useState(pageSize || 200);
    P.useSignal(P.themeChanged);
    let shown = rows;
    if (filter) {
      const words = filter.toLowerCase().split(/\s+/);
      shown = shown.filter((row) => { const all = columns.map((c) => String(text(row[c.id]))).join(" ").toLowerCase(); return words.every((word) => all.includes(word)); });
    }
    if (sort) shown = shown.slice().sort((a, b) => compare(a[sort[0]], b[sort[0]]) * (sort[1] ? -1 : 1));
    return h("div", { className: "datatable", "data-testid": testid },
      filterable ? h("input", { className: "input table-filter", placeholder: P.t("Filter"), value: filter, onChange: (event) => setFilter(event.target.value), "aria-label": P.t("Filter") }) : null,
      h("div", { className: "table-wrap" }, h("table", { className: "table" },
        h("thead", null, h("tr", null, columns.map((column) => h("th", { key: column.id, className: (column.align === "right" ? "num " : "") + (sort && sort[0] === column.id ? "sorted" : ""), style: column.width ? { width: column.width } : null, "aria-sort": sort && sort[0] === column.id ? (sort[1] ? "descending" : "ascending") : "none", ...P.pressable(() => setSort(sort && sort[0] === column.id ? (sort[1] ? [column.id, false] : null) : [column.id, true])) },
          column.name, sort && sort[0] === column.id ? (sort[1] ? " ↓" : " ↑") : "")))),
        h("tbody", null, shown.slice(0, limit).map((row, i) => h("tr", { key: i, "data-testid": rowTestid }, columns.map((column) => h(Cell, { key: column.id, column, row }))))))),
      shown.length > limit ? h("button", { className: "more", onClick: () => setLimit(limit + 500) }, P.t("Showing {n} of {total} rows, show more", { n: limit, total: shown.length })) : null,
      shown.length === 0 ? h("div", { className: "empty-rows" }, empty || P.t("No data")) : null);
  };
  function Cell({ column, row }) {
    const value = row[column.id];
    const options = column.options || {};
    const numeric = typeof value === "number";
    const shown = numeric || (options.mappings || []).length ? P.display(value, options) : { text: value === undefined || value === null ? "" : String(value), suffix: "" };
    const cell = (options.custom || {}).cellOptions || {};
    const kind = cell.type || (options.custom || {}).displayMode || "auto";
    const whole = numeric ? (kind === "raw" ? String(value) : shown.text + shown.suffix) : shown.text;
    const colour = shown.colour || (numeric ? P.thresholdColour(value, options) : null);
    const link = (options.links || [])[0];
    let content = whole;
    if (kind === "gauge" || kind === "lcd-gauge" || kind === "basic" || kind === "gradient-gauge") {
      const max = options.max !== undefined ? Number(options.max) : P.unit(options.unit).suffix === "%" ? 100 / P.unit(options.unit).factor : column.top || 1;
      content = h("div", { className: "cell-gauge" }, h("div", { className: "bar-track" }, h("div", { className: "bar-fill", style: { width: Math.min(Math.max(value / max, 0), 1) * 100 + "%", background: colour } })), h("span", null, whole));
    }
    if (link && link.url) content = h("a", { href: fillLink(link.url, row, value), className: "cell-link" }, content);
    const style = kind === "color-text" && colour ? { color: colour } : kind.startsWith("color-background") && colour ? { background: P.withAlpha(colour, 0.18), color: colour } : null;
    return h("td", { className: column.align === "right" ? "num" : "", style, title: numeric ? String(value) : whole }, content);
  }
  function fillLink(url, row, value) {
    const filled = url
      .replace(/\$\{__data\.fields(?:\.([\w ]+)|\["?([^\]"]+)"?\])\}/g, (_, a, b) => encodeURIComponent(text(row[a || b]) === undefined ? "" : text(row[a || b])))
      .replace(/\$\{__value\.(?:raw|text|numeric)\}/g, encodeURIComponent(value))
      .replace(/\$\{?__url_time_range\}?/g, `from=${P.session.from}&to=${P.session.to}`);
    return P.safeHref(P.session.text(filled));
  }

  P.TablePanel = function TablePanel({ spec, frames, pageSize }) {
    const tables = React.useMemo(() => P.transform(P.toTables(frames), spec.transformations), [frames, spec]);
    const table = tables.length > 1 ? merge(tables)[0] : tables[0] || { columns: [], rows: [] };
    const timeless = Object.values(frames).every((frame) => frame.instant);
    const columns = [];
    for (const name of table.columns) {
      if (name === "Time" && timeless && !(spec.transformations || []).length) continue;
      if (name === "__name__" && table.rows.every((row) => row.__name__ === (table.rows[0] || {}).__name__) && !spec.explore) continue;
      const refId = /^Value #(\w+)$/.exec(name);
      const options = P.fieldOptions(spec, name, refId ? refId[1] : Object.keys(frames).length === 1 && name === "Value" ? Object.keys(frames)[0] : "");
      if (options.custom.hidden || (options.custom.hideFrom || {}).viz) continue;
      const numeric = table.rows.some((row) => typeof row[name] === "number");
      if (/^Time( \d+)?$/.test(name) && !options.unit) options.unit = "dateTimeAsIso";
      const top = numeric ? Math.max(...table.rows.map((row) => row[name] || 0)) : 0;
      columns.push({ id: name, name: options.displayName || name, options, top, width: options.custom.width, align: options.custom.align && options.custom.align !== "auto" ? options.custom.align : numeric ? "right" : "left" });
    }
    const sortBy = ((spec.options || {}).sortBy || [])[0];
    const sorted = sortBy && columns.find((c) => c.name === sortBy.displayName || c.id === sortBy.displayName);
    return h(P.Table, { columns, rows: table.rows, pageSize, initialSort: sorted ? [sorted.id, Boolean(sortBy.desc)] : null, rowTestid: "table-row" });
  };

  P.components.DataTable = function DataTable(props) {
    const columns = (props.columns || []).map((column) => Object.assign({}, column, { options: Object.assign({ custom: {} }, column.options) }));
    return h(P.Table, { columns, rows: props.rows || [], filterable: props.filterable, empty: props.empty, testid: props.testid, rowTestid: props.row_testid, pageSize: props.pageSize });
  };
})(window.pharos);
