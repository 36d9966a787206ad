/* Single values as HTML and SVG: stat, gauge, bar gauge, pie. */
(function (P) {
  "use strict";
  const { h, React } = P;

  /* One value per field (or per row of a field when all values are wanted). */
  P.values = (spec, fields) => {
    const reduce = (spec.options || {}).reduceOptions || {};
    const calc = (reduce.calcs || [])[0] || "lastNotNull";
    const out = [];
    for (const field of fields) {
      if (reduce.values) field.values.slice(0, reduce.limit || 25).forEach((value) => out.push({ field, value, name: field.name }));
      else out.push({ field, value: P.reduce(field.values, calc), name: field.name });
    }
    return out.slice(0, 100);
  };
  function colourOf(item) {
    const options = item.field.options;
    const mapped = P.mapping(item.value, options);
    if (mapped && mapped.color) return P.colour(mapped.color);
    const color = options.color || {};
    if (color.mode === "fixed") return P.colour(color.fixedColor);
    if (!color.mode || color.mode === "thresholds") return P.thresholdColour(item.value, options);
    return item.field.colour || P.token("series-1");
  }

  P.Sparkline = function Sparkline({ values, colour, width, height }) {
    const points = values.map((v, i) => [i, v]).filter((p) => p[1] !== null && !Number.isNaN(p[1]));
    if (points.length < 2 || width < 20) return null;
    const low = Math.min(...points.map((p) => p[1]));
    const high = Math.max(...points.map((p) => p[1]));
    const flat = high - low <= Math.abs(high) * 1e-9;
    const x = (i) => ((i / (values.length - 1)) * width).toFixed(1);
    const y = (v) => (flat ? height * 0.6 : height - 2 - ((v - low) / (high - low)) * (height - 4)).toFixed(1);
    const path = points.map((p, i) => `${i ? "L" : "M"}${x(p[0])} ${y(p[1])}`).join("");
    const area = `${path}L${x(points[points.length - 1][0])} ${height}L${x(points[0][0])} ${height}Z`;
    return h("svg", { className: "sparkline", width, height, "aria-hidden": true },
      h("path", { d: area, fill: P.withAlpha(colour, 0.12) }), h("path", { d: path, fill: "none", stroke: colour, strokeWidth: 1.4 }));
  };

  P.Stat = function Stat({ spec, fields, title }) {
    const ref = React.useRef(null);
    const size = P.useSize(ref);
    P.useSignal(P.themeChanged);
    const options = spec.options || {};
    const items = P.values(spec, P.paint(fields));
    const horizontal = options.orientation === "horizontal" || (options.orientation !== "vertical" && size.width < size.height);
    const columns = horizontal ? 1 : fitColumns(items.length, size);
    const rows = Math.ceil(items.length / columns) || 1;
    const plain = items.length === 1 && !/^background/.test(options.colorMode || ""); // these stand in a line, with and without a graph
    const width = Math.max(size.width / columns - (columns > 1 ? 8 : 0), 1);
    const height = Math.max(size.height / rows - (rows > 1 ? 6 : 0), 1);
    const mode = options.textMode || "auto";
    return h("div", { className: "stats", ref, style: { gridTemplateColumns: `repeat(${columns}, 1fr)` } }, size.width ? items.map((item, i) => {
      const colour = colourOf(item);
      const shown = P.display(item.value, item.field.options);
      const named = mode === "name" || mode === "value_and_name" || (mode === "auto" && items.length > 1);
      const text = mode === "name" ? item.name : mode === "none" ? "" : shown.text;
      const background = options.colorMode === "background" || options.colorMode === "background_solid";
      const graph = options.graphMode === "area" && item.field.values.length > 2;
      const room = height * (graph || (plain && height > 48) ? 0.58 : 0.86) - (named && mode !== "name" ? 18 : 0);
      const per = (width - 12) / Math.max((text.length + shown.suffix.length * 0.62) * 0.6, 1);
      const font = Math.max(Math.min(room, per, 44), 14);
      const lineHeight = plain ? Math.max(Math.min(room, 44), 14) * 1.12 + "px" : undefined; // one base line for neighbours
      const ink = background ? P.token("on-accent") : options.colorMode === "none" ? P.token("text-1") : shown.colour || colour;
      return h("div", { key: i, className: "stat" + (background ? " filled" : plain ? " plain" : ""), style: background ? { background: P.withAlpha(colour, 0.16), boxShadow: `inset 3px 0 0 ${colour}` } : {}, title: `${item.name}: ${shown.text}${shown.suffix}` },
        h("div", { className: "stat-text" },
          named && mode !== "name" ? h("div", { className: "stat-name" }, item.name) : null,
          h("div", { className: "stat-value", style: { fontSize: font, lineHeight, color: background ? colour : ink } }, text, mode !== "name" && shown.suffix ? h("span", { className: "stat-unit" }, shown.suffix) : null)),
        graph ? h(P.Sparkline, { values: item.field.values, colour, width: Math.floor(width), height: Math.floor(height * 0.36) }) : null);
    }) : null);
  };
  function fitColumns(count, size) {
    let best = 1;
    for (let columns = 1; columns <= count; columns += 1) if (size.width / columns >= 110) best = columns;
    return Math.min(best, count) || 1;
  }

  function limits(options, value) {
    const unit = P.unit(options.unit);
    const low = options.min !== undefined && options.min !== null ? Number(options.min) : 0;
    const high = options.max !== undefined && options.max !== null ? Number(options.max) : unit.suffix === "%" ? 100 / unit.factor : Math.max(value || 0, low + 1);
    return [low, high];
  }

  P.Gauge = function Gauge({ spec, fields }) {
    const ref = React.useRef(null);
    const size = P.useSize(ref);
    P.useSignal(P.themeChanged);
    const items = P.values(spec, P.paint(fields));
    const columns = Math.max(Math.min(items.length, Math.round(Math.sqrt((items.length * size.width) / Math.max(size.height, 1))) || 1), 1);
    const rows = Math.ceil(items.length / columns) || 1;
    const side = Math.min(size.width / columns - 8, (size.height / rows - (items.length > 1 ? 20 : 2)) * 1.24);
    return h("div", { className: "gauges", ref, style: { gridTemplateColumns: `repeat(${columns}, 1fr)` } }, side > 30 ? items.map((item, i) => {
      const [low, high] = limits(item.field.options, item.value);
      const share = item.value === null || Number.isNaN(item.value) ? 0 : Math.min(Math.max((item.value - low) / (high - low), 0), 1);
      const colour = colourOf(item);
      const shown = P.display(item.value, item.field.options);
      const stroke = Math.max(side * 0.085, 6);
      const radius = side / 2 - stroke / 2 - 2;
      const length = (shown.text + shown.suffix).length;
      return h("div", { key: i, className: "gauge", title: item.name },
        h("svg", { width: side, height: side * 0.82, viewBox: `0 0 ${side} ${side * 0.82}` },
          h("path", { d: arc(side / 2, side / 2, radius, 0, 1), stroke: P.token("border"), strokeWidth: stroke, fill: "none", strokeLinecap: "round" }),
          share > 0.002 ? h("path", { d: arc(side / 2, side / 2, radius, 0, share), stroke: colour, strokeWidth: stroke, fill: "none", strokeLinecap: "round" }) : null,
          h("text", { x: side / 2, y: side / 2 + side * 0.06, textAnchor: "middle", className: "gauge-text", style: { fontSize: Math.min(side * 0.2, (side * 1.05) / length), fill: P.token("text-1") } }, shown.text, h("tspan", { className: "gauge-unit" }, shown.suffix))),
        items.length > 1 ? h("div", { className: "gauge-name" }, item.name) : null);
    }) : null);
  };
  /* 240 degrees, open below. */
  function arc(cx, cy, radius, from, to) {
    const angle = (share) => ((150 + share * 240) * Math.PI) / 180;
    const point = (share) => `${(cx + radius * Math.cos(angle(share))).toFixed(2)} ${(cy + radius * Math.sin(angle(share))).toFixed(2)}`;
    return `M${point(from)}A${radius} ${radius} 0 ${(to - from) * 240 > 180 ? 1 : 0} 1 ${point(to)}`;
  }

  P.BarGauge = function BarGauge({ spec, fields }) {
    P.useSignal(P.themeChanged);
    let items = P.values(spec, P.paint(fields));
    if ((spec.options || {}).sort === "desc") items = items.slice().sort((a, b) => b.value - a.value);
    const top = Math.max(...items.map((item) => item.value || 0));
    return h("div", { className: "bars" }, items.map((item, i) => {
      const options = item.field.options;
      const [low, high] = limits(options, options.max === undefined && P.unit(options.unit).suffix !== "%" ? top : item.value);
      const share = Math.min(Math.max(((item.value || 0) - low) / (high - low || 1), 0), 1);
      const colour = colourOf(item);
      const shown = P.display(item.value, options);
      return h("div", { className: "bar", key: i, title: item.name },
        h("div", { className: "bar-head" }, h("span", { className: "bar-name" }, item.name), h("span", { className: "bar-value", style: { color: colour } }, shown.text + shown.suffix)),
        h("div", { className: "bar-track" }, h("div", { className: "bar-fill", style: { width: share * 100 + "%", background: colour } })));
    }));
  };

  P.Pie = function Pie({ spec, fields }) {
    const ref = React.useRef(null);
    const size = P.useSize(ref);
    P.useSignal(P.themeChanged);
    const items = P.values(spec, P.paint(fields)).filter((item) => item.value > 0).sort((a, b) => b.value - a.value);
    const total = items.reduce((sum, item) => sum + item.value, 0);
    const side = Math.min(size.height, size.width * 0.5);
    const stroke = Math.max(side * 0.11, 8);
    const radius = side / 2 - stroke / 2 - 2;
    const circle = 2 * Math.PI * radius;
    let done = 0;
    return h("div", { className: "pie", ref }, side > 40 ? h("svg", { width: side, height: side }, items.map((item, i) => {
      const part = (item.value / total) * circle;
      const ring = h("circle", { key: i, cx: side / 2, cy: side / 2, r: radius, fill: "none", stroke: item.field.colour, strokeWidth: stroke, strokeDasharray: `${Math.max(part - 1.5, 0.5)} ${circle}`, strokeDashoffset: -done, transform: `rotate(-90 ${side / 2} ${side / 2})` });
      done += part;
      return ring;
    })) : null,
    h("div", { className: "legend" }, h("table", null, h("tbody", null, items.map((item, i) => {
      const shown = P.display(item.value, item.field.options);
      return h("tr", { key: i }, h("td", null, h("div", { className: "legend-key" }, h("span", { className: "swatch", style: { background: item.field.colour } }), h("span", { className: "legend-name" }, item.name))),
        h("td", { className: "num" }, shown.text + shown.suffix), h("td", { className: "num muted" }, P.formatNumber((item.value / total) * 100) + "%"));
    })))));
  };
})(window.pharos);
