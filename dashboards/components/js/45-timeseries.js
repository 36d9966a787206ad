/* Time series: Plotly draws, everything one touches (legend, tooltip, crosshair, zoom) is ours. */
(function (P) {
  "use strict";
  const { h, React } = P;

  let tooltip = null;
  function showTooltip(event, nodes) {
    if (!tooltip) {
      tooltip = document.createElement("div");
      tooltip.className = "tooltip";
      document.body.appendChild(tooltip);
    }
    tooltip.replaceChildren(...nodes);
    tooltip.style.display = "block";
    const box = tooltip.getBoundingClientRect();
    const x = event.clientX + 16 + box.width > window.innerWidth ? event.clientX - box.width - 16 : event.clientX + 16;
    const y = Math.min(Math.max(event.clientY - box.height / 2, 8), window.innerHeight - box.height - 8);
    tooltip.style.transform = `translate(${Math.max(x, 4)}px, ${y}px)`;
  }
  function hideTooltip() { if (tooltip) tooltip.style.display = "none"; }
  P.hideTooltip = hideTooltip;

  function node(tag, className, text) {
    const element = document.createElement(tag);
    element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  }
  function tooltipRows(spec, fields, index, nearest) {
    const options = (spec.options || {}).tooltip || {};
    if (options.mode === "none") return null;
    let rows = fields
      .filter((field) => !((field.options.custom || {}).hideFrom || {}).tooltip)
      .map((field) => ({ field, value: field.values[index] }))
      .filter((row) => row.value !== undefined && row.value !== null && !Number.isNaN(row.value));
    if (options.mode === "single" && rows.length > 1) rows = rows.filter((row) => row.field === nearest);
    if (options.sort === "desc" || rows.length > 12) rows.sort((a, b) => b.value - a.value);
    if (options.sort === "asc") rows.sort((a, b) => a.value - b.value);
    const cut = rows.length - 20;
    const list = node("div", "tooltip-rows");
    for (const row of rows.slice(0, 20)) {
      const key = node("span", "swatch");
      key.style.background = row.field.colour;
      const value = P.display(row.value, row.field.options);
      list.append(key, node("span", row.field === nearest ? "tooltip-name near" : "tooltip-name", row.field.name), node("span", "tooltip-value", value.text + value.suffix));
    }
    const parts = [node("div", "tooltip-time", P.moment(fields[0].times[index])), list];
    if (cut > 0) parts.push(node("div", "tooltip-more", P.t("and {n} more", { n: cut })));
    return parts;
  }

  P.Legend = function Legend({ fields, hidden, toggle, options }) {
    const calcs = options.calcs || [];
    const width = options.placement === "right" && options.width ? { width: Math.min(options.width, 460) } : undefined;
    const table = options.displayMode === "table" && calcs.length > 0;
    const [sort, setSort] = React.useState([options.sortBy ? Object.keys(P.CALC_NAMES).find((key) => P.CALC_NAMES[key] === options.sortBy || key === options.sortBy) : null, options.sortDesc !== false]);
    const shown = fields.filter((field) => !((field.options.custom || {}).hideFrom || {}).legend);
    const press = (field) => (event) => toggle(field.name, event.ctrlKey || event.metaKey);
    const name = (field) => [h("span", { className: "swatch", key: "s", style: { background: field.colour } }), h("span", { className: "legend-name", key: "n", title: field.name }, field.name)];
    if (!table) {
      return h("div", { className: "legend list", style: width }, shown.map((field) =>
        h("button", { key: field.name, className: hidden(field.name) ? "off" : "", onClick: press(field) }, name(field), calcs.map((calc) => {
          const value = P.display(P.reduce(field.values, calc), field.options);
          return h("span", { className: "legend-calc", key: calc }, value.text + value.suffix);
        }))));
    }
    const rows = shown.map((field) => ({ field, values: calcs.map((calc) => P.reduce(field.values, calc)) }));
    const column = calcs.indexOf(sort[0]);
    if (column >= 0) rows.sort((a, b) => ((a.values[column] === null ? -Infinity : a.values[column]) - (b.values[column] === null ? -Infinity : b.values[column])) * (sort[1] ? -1 : 1));
    return h("div", { className: "legend", style: width }, h("table", null,
      h("thead", null, h("tr", null, h("th", null), calcs.map((calc) => h("th", { key: calc, ...P.pressable(() => setSort([calc, sort[0] === calc ? !sort[1] : true])), className: sort[0] === calc ? "sorted" : "", "aria-sort": sort[0] === calc ? (sort[1] ? "descending" : "ascending") : "none" }, P.t(P.CALC_NAMES[calc] || calc))))),
      h("tbody", null, rows.map(({ field, values }) => h("tr", { key: field.name, className: hidden(field.name) ? "off" : "", ...P.pressable(press(field)) },
        h("td", null, h("div", { className: "legend-key" }, name(field))),
        values.map((value, i) => { const text = P.display(value, field.options); return h("td", { key: i, className: "num" }, text.text + text.suffix); }))))));
  };

  P.useSize = (ref) => {
    const [size, setSize] = React.useState({ width: 0, height: 0 });
    React.useLayoutEffect(() => {
      if (!ref.current) return undefined;
      const observer = new ResizeObserver((entries) => {
        const box = entries[0].contentRect;
        setSize((old) => (Math.abs(old.width - box.width) < 1 && Math.abs(old.height - box.height) < 1 ? old : { width: Math.floor(box.width), height: Math.floor(box.height) }));
      });
      observer.observe(ref.current);
      return () => observer.disconnect();
    }, []);
    return size;
  };

  P.TimeSeries = function TimeSeries({ spec, fields, span, onRange }) {
    const holder = React.useRef(null);
    const plot = React.useRef(null);
    const overlay = React.useRef(null);
    const line = React.useRef(null);
    const figure = React.useRef(null);
    const size = P.useSize(holder);
    const [chosen, setChosen] = React.useState(null); // names that are shown, or null for all
    P.useSignal(P.themeChanged);
    P.paint(fields);
    const hidden = (name) => (chosen !== null && !chosen.has(name));
    const visible = fields.filter((field) => !hidden(field.name) && !((field.options.custom || {}).hideFrom || {}).viz);
    const theme = P.theme();

    React.useEffect(() => {
      if (size.width < 30 || size.height < 30 || !span) return undefined;
      let dropped = false;
      const drawn = visible.length ? visible : [];
      P.plotly().then((Plotly) => {
        P.draw(() => {
          if (dropped || !plot.current) return;
          const made = drawn.length ? P.figure(spec, drawn, span, size.width, size.height) : { data: [], layout: { width: size.width, height: size.height, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", xaxis: { visible: false }, yaxis: { visible: false } }, area: null };
          figure.current = Object.assign(made, { fields: drawn, span });
          Plotly.react(plot.current, made.data, made.layout, { staticPlot: true, displayModeBar: false });
          plot.current.setAttribute("data-drawn", String(made.data.length));
          if (!window.pharos.firstDraw) window.pharos.firstDraw = performance.now();
          window.pharos.lastDraw = performance.now();
        });
      });
      return () => { dropped = true; };
    }, [fields, span, size.width, size.height, theme, chosen]);
    React.useEffect(() => () => { if (window.Plotly && plot.current) window.Plotly.purge(plot.current); }, []);

    P.useEvent(P.crosshair, (at) => {
      const made = figure.current;
      if (!line.current) return;
      if (!at || !made || !made.area || at.t < made.span.from || at.t > made.span.to) { line.current.style.display = "none"; return; }
      const x = made.area.left + ((at.t - made.span.from) / (made.span.to - made.span.from)) * made.area.width;
      line.current.style.display = "block";
      line.current.style.transform = `translateX(${x}px)`;
      line.current.style.top = made.area.top + "px";
      line.current.style.height = made.area.height + "px";
    });

    const timeAt = (event) => {
      const made = figure.current;
      const box = overlay.current.getBoundingClientRect();
      const share = Math.min(Math.max((event.clientX - box.left - made.area.left) / made.area.width, 0), 1);
      return made.span.from + share * (made.span.to - made.span.from);
    };
    const drag = React.useRef(null);
    const select = React.useRef(null);
    const hover = (event) => {
      const made = figure.current;
      if (!made || !made.area || !made.fields.length) return;
      const t = timeAt(event);
      P.crosshair.emit({ t });
      if (drag.current !== null) { stretch(event); hideTooltip(); return; }
      const first = made.fields[0];
      const index = Math.min(Math.max(Math.round((t - first.times[0]) / (first.step || 1)), 0), first.times.length - 1);
      const nodes = tooltipRows(spec, made.fields, index, nearestField(made, index, event));
      if (nodes) showTooltip(event, nodes); else hideTooltip();
    };
    const nearestField = (made, index, event) => {
      const box = overlay.current.getBoundingClientRect();
      const range = made.layout.yaxis.range;
      const at = range[1] - ((event.clientY - box.top - made.area.top) / made.area.height) * (range[1] - range[0]);
      let best = null;
      let distance = Infinity;
      for (const field of made.fields) {
        const d = field.drawn[index] === null || field.drawn[index] === undefined ? Infinity : Math.abs(field.drawn[index] - at);
        if (d < distance) { distance = d; best = field; }
      }
      return best;
    };
    const stretch = (event) => {
      const made = figure.current;
      const box = overlay.current.getBoundingClientRect();
      const clamp = (x) => Math.min(Math.max(x - box.left, made.area.left), made.area.left + made.area.width);
      const a = clamp(drag.current.x);
      const b = clamp(event.clientX);
      Object.assign(select.current.style, { display: "block", left: Math.min(a, b) + "px", width: Math.abs(b - a) + "px", top: made.area.top + "px", height: made.area.height + "px" });
    };
    const leave = () => { P.crosshair.emit(null); hideTooltip(); };
    const press = (event) => { if (event.button === 0 && figure.current && figure.current.area) { drag.current = { x: event.clientX, t: timeAt(event) }; event.preventDefault(); } };
    const release = (event) => {
      if (drag.current === null) return;
      const begin = drag.current;
      drag.current = null;
      select.current.style.display = "none";
      if (Math.abs(event.clientX - begin.x) < 6) return;
      const end = timeAt(event);
      const range = [String(Math.round(Math.min(begin.t, end))), String(Math.round(Math.max(begin.t, end)))];
      (onRange || P.session.setRange)(range[0], range[1]);
    };
    React.useEffect(() => {
      const up = (event) => { if (drag.current !== null) release(event); };
      window.addEventListener("mouseup", up);
      return () => { window.removeEventListener("mouseup", up); hideTooltip(); };
    }, []);

    const toggle = (name, more) => setChosen((old) => {
      if (!more) return old !== null && old.size === 1 && old.has(name) ? null : new Set([name]);
      const next = new Set(old === null ? fields.map((f) => f.name) : old);
      if (next.has(name)) next.delete(name); else next.add(name);
      return next.size === fields.length ? null : next;
    });
    const legend = Object.assign({ showLegend: true, placement: "bottom" }, (spec.options || {}).legend);
    const withLegend = legend.showLegend !== false && legend.displayMode !== "hidden" && fields.length > 0;
    return h("div", { className: "ts " + (legend.placement === "right" ? "legend-right" : "legend-bottom") },
      h("div", { className: "ts-plot", ref: holder },
        h("div", { className: "ts-canvas", ref: plot }),
        h("div", { className: "ts-line", ref: line }),
        h("div", { className: "ts-select", ref: select }),
        h("div", { className: "ts-overlay", ref: overlay, onMouseMove: hover, onMouseLeave: leave, onMouseDown: press, onDoubleClick: () => P.session.zoomBack() })),
      withLegend ? h(P.Legend, { fields, hidden, toggle, options: legend }) : null);
  };
})(window.pharos);
