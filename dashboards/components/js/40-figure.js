/* A pure function from fields to a Plotly figure and its geometry. Axes are linear with ticks of our own: cheaper, and they carry units. */
(function (P) {
  "use strict";
  const NICE_TIME = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 1209600, 2592000, 7776000, 31536000].map((s) => s * 1000);

  const canvas = document.createElement("canvas").getContext("2d");
  P.textWidth = (text, font) => {
    canvas.font = font || "11px " + P.token("font");
    return canvas.measureText(text).width;
  };

  P.timeTicks = (from, to, width) => {
    const wanted = Math.max(Math.floor(width / 84), 2);
    const step = NICE_TIME.find((s) => (to - from) / s <= wanted) || NICE_TIME[NICE_TIME.length - 1];
    const zone = P.session.utc() ? 0 : P.offsetMs(from);
    const values = [];
    for (let t = Math.ceil((from - zone) / step) * step + zone; t <= to; t += step) values.push(t);
    const inset = ((to - from) / width) * 15; // a label nearer to the edge would run into the other axis
    const texts = values.map((t) => (t < from + inset || t > to - inset ? "" : step < 86400000 && values.length > 1 && isMidnight(t) ? P.clock(t, 86400000) : P.clock(t, step)));
    return { values, texts };
  };
  const isMidnight = (t) => { const d = P.date(t); return d.getHours() === 0 && d.getMinutes() === 0 && d.getSeconds() === 0; };

  /* Round ticks that suit the unit: powers of two for bytes, of sixty for time. */
  P.valueTicks = (low, high, count, unitId, whole) => {
    const unit = P.unit(unitId);
    const factor = unit.factor || 1;
    let step = niceStep(((high - low) * factor) / count, unit.kind, whole) / factor;
    if (unit.kind === "iec" || whole) step = Math.max(step, 1 / factor); // there is no half byte, nor half a process
    if (!(step > 0)) step = 1;
    const first = Math.floor(low / step + 1e-9) * step;
    const values = [];
    for (let i = 0; i < 50; i += 1) {
      const v = first + i * step;
      values.push(Math.abs(v) < step * 1e-9 ? 0 : v);
      if (v >= high - step * 0.05) break; // 100.3 % needs no tick at 125, it fits into the room above
    }
    return { values, step };
  };
  function niceStep(rough, kind, whole) {
    if (kind === "time" && rough >= 1) return [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400, 172800, 604800].find((s) => s >= rough) || Math.ceil(rough / 604800) * 604800;
    if (kind === "iec" && rough >= 1) {
      const power = Math.pow(1024, Math.floor(Math.log(rough) / Math.log(1024)));
      const part = [1, 2, 4, 5, 8, 10, 16, 20, 32, 50, 64, 100, 128, 200, 256, 512, 1024].find((s) => s * power >= rough);
      return part * power;
    }
    const power = Math.pow(10, Math.floor(Math.log10(rough)));
    return (whole && power === 1 ? [1, 2, 5, 10] : [1, 2, 2.5, 5, 10]).find((s) => s * power >= rough * 0.999999) * power;
  }

  function bounds(fields) {
    let low = Infinity;
    let high = -Infinity;
    for (const field of fields) {
      for (const v of field.drawn) {
        if (v === null) continue;
        if (v < low) low = v;
        if (v > high) high = v;
      }
    }
    return low <= high ? [low, high] : [0, 1];
  }

  /* What is drawn: nulls instead of NaN, negated or stacked as asked. `base` is the lower edge of a stacked area. */
  function prepare(fields) {
    const stacks = new Map();
    for (const field of fields) {
      const custom = field.options.custom || {};
      const sign = custom.transform === "negative-Y" ? -1 : 1;
      field.drawn = field.values.map((v) => (v === null || Number.isNaN(v) || !Number.isFinite(v) ? null : v * sign));
      const mode = (custom.stacking || {}).mode;
      field.stacked = mode === "normal" || mode === "percent";
      if (!field.stacked) continue;
      const key = [custom.stacking.group === undefined ? "A" : String(custom.stacking.group), sign, custom.axisPlacement === "right"].join();
      if (!stacks.has(key)) stacks.set(key, []);
      stacks.get(key).push(field);
      field.percent = mode === "percent";
    }
    for (const members of stacks.values()) stack(members);
  }
  function stack(members) {
    const n = members[0].drawn.length;
    if (members[0].percent) {
      for (let i = 0; i < n; i += 1) {
        const total = members.reduce((sum, field) => sum + Math.abs(field.drawn[i] || 0), 0);
        for (const field of members) field.drawn[i] = total ? ((field.drawn[i] || 0) / total) * 100 : 0;
      }
    }
    const empty = Array.from({ length: n }, (_, i) => members.every((field) => field.drawn[i] === null || field.drawn[i] === undefined));
    let base = new Array(n).fill(0);
    for (const field of members) {
      field.base = base;
      field.own = field.drawn;
      if (((field.options.custom || {}).drawStyle) === "bars") continue;
      const previous = base;
      field.drawn = field.drawn.map((v, i) => (empty[i] ? null : (v || 0) + (previous[i] || 0)));
      base = field.drawn;
    }
  }

  function yRange(fields, options, height) {
    let [low, high] = bounds(fields);
    const bars = fields.filter((f) => f.stacked && f.options.custom.drawStyle === "bars");
    if (bars.length) {
      for (let i = 0; i < bars[0].drawn.length; i += 1) high = Math.max(high, bars.reduce((sum, f) => sum + (f.drawn[i] || 0), 0));
    }
    const filled = fields.some((f) => f.stacked || (f.options.custom.fillOpacity || 0) > 0 || f.options.custom.drawStyle === "bars");
    if (low > 0 && (filled || low < high * 0.5) && low < high * 0.95) low = 0;
    if (low > 0 && filled && high - low < high * 0.001) low = 0;
    const number = (v) => (v === null || v === undefined || v === "" ? undefined : Number(v));
    const min = number(options.min);
    const max = number(options.max);
    const softMin = number((options.custom || {}).axisSoftMin);
    const softMax = number((options.custom || {}).axisSoftMax);
    if (softMin !== undefined) low = Math.min(low, softMin);
    if (softMax !== undefined) high = Math.max(high, softMax);
    if (min !== undefined) low = min;
    if (max !== undefined) high = max;
    if (high <= low) {
      if (low === 0) high = 1;
      else if (max === undefined) high = low + Math.abs(low) * 0.1;
      if (high <= low) low = high - Math.abs(high || 1) * 0.1;
    }
    const percent = fields.some((f) => f.percent);
    const unit = percent ? "percent" : options.unit;
    const whole = fields.every((f) => f.drawn.every((v) => v === null || Number.isInteger(v)));
    const ticks = P.valueTicks(low, high, Math.max(Math.min(Math.round(height / 44), 6), 2), unit, whole);
    const first = min !== undefined ? low : ticks.values[0];
    const last = max !== undefined ? high : ticks.values[ticks.values.length - 1];
    const values = ticks.values.filter((v) => v >= first - ticks.step * 1e-6 && v <= last + ticks.step * 1e-6);
    const room = (last - first) * 0.015; // a line along the edge keeps its full width
    return { range: [first - (low === 0 && bounds(fields)[0] >= 0 && filled ? 0 : room), last + room], values, texts: values.map((v) => P.format(Math.abs(v) < 1e-12 ? 0 : signed(v, fields), unit, tickDecimals(values, unit))) };
  }
  /* A mirrored axis (received above, sent below) shows no minus signs. */
  const signed = (v, fields) => (fields.some((f) => f.options.custom.transform === "negative-Y") ? Math.abs(v) : v);
  function tickDecimals(values, unitId) {
    const texts = new Set(values.map((v) => P.format(v, unitId)));
    return texts.size === values.length ? undefined : 2;
  }

  function logRange(fields) {
    let low = Infinity;
    let high = -Infinity;
    for (const f of fields) for (const v of f.drawn) if (v !== null && v > 0) { low = Math.min(low, v); high = Math.max(high, v); }
    if (!(low <= high)) { low = 1; high = 10; }
    const first = Math.floor(Math.log10(low));
    const last = Math.max(Math.ceil(Math.log10(high)), first + 1);
    const values = [];
    for (let p = first; p <= last; p += 1) values.push(Math.pow(10, p));
    return { range: [first, last], values, texts: values.map((v) => P.format(v, fields[0].options.unit)), log: true };
  }

  function trace(field, index, fields, axis) {
    const custom = field.options.custom || {};
    const style = custom.drawStyle || "line";
    const given = custom.fillOpacity === undefined ? 0 : custom.fillOpacity / 100;
    const alpha = field.stacked ? given : given * Math.min(1, 3 / fields.length); // many fills over each other turn to mud
    const common = { x: field.times, y: field.drawn, name: field.name, yaxis: axis, hoverinfo: "skip", showlegend: false };
    if (style === "bars") {
      return Object.assign(common, { type: "bar", width: field.step * 0.78, marker: { color: P.withAlpha(field.colour, Math.max(alpha, 0.75)), line: { width: 0 } } });
    }
    const shapes = { stepBefore: "vh", stepAfter: "hv", smooth: field.times.length > 100 ? "linear" : "spline" };
    const drawn = field.drawn.reduce((count, v) => count + (v === null ? 0 : 1), 0);
    const points = style === "points" || custom.showPoints === "always" || drawn < 3;
    const dash = custom.lineStyle && custom.lineStyle.fill === "dash" ? "6px,5px" : custom.lineStyle && custom.lineStyle.fill === "dot" ? "2px,3px" : "solid";
    const out = Object.assign(common, {
      type: "scatter",
      mode: style === "points" ? "markers" : points ? "lines+markers" : "lines",
      line: { color: field.colour, width: custom.lineWidth === undefined ? 1.4 : custom.lineWidth, shape: shapes[custom.lineInterpolation] || "linear", dash },
      marker: { color: field.colour, size: custom.pointSize || 5 },
      connectgaps: custom.spanNulls === true || typeof custom.spanNulls === "number",
    });
    if (field.stacked) {
      const above = index > 0 && fields[index - 1].stacked && fields[index - 1].drawn === field.base;
      out.fill = above ? "tonexty" : "tozeroy";
      out.fillcolor = P.withAlpha(field.colour, Math.max(alpha, 0.12));
    } else if (alpha > 0) {
      out.fill = "tozeroy";
      out.fillcolor = P.withAlpha(field.colour, custom.gradientMode && custom.gradientMode !== "none" ? alpha * 0.6 : alpha);
    }
    return out;
  }

  function thresholdShapes(options) {
    const mode = ((options.custom || {}).thresholdsStyle || {}).mode || "off";
    if (mode === "off") return [];
    const shapes = [];
    const steps = (options.thresholds || {}).steps || [];
    steps.forEach((step, i) => {
      if (step.value === null || step.value === undefined || step.color === "transparent") return;
      const colour = P.colour(step.color);
      if (mode.includes("line") || mode.includes("dashed")) shapes.push({ type: "line", xref: "paper", x0: 0, x1: 1, y0: step.value, y1: step.value, line: { color: colour, width: 1, dash: "4px,4px" } });
      if (mode.includes("area")) shapes.push({ type: "rect", xref: "paper", x0: 0, x1: 1, y0: step.value, y1: i + 1 < steps.length ? steps[i + 1].value : 1e300, fillcolor: P.withAlpha(colour, 0.08), line: { width: 0 } });
    });
    return shapes;
  }

  /* fields: painted, hidden ones left out. Returns {data, layout, area} with the plot area in pixels. */
  P.figure = (spec, fields, span, width, height) => {
    prepare(fields);
    const right = fields.filter((f) => (f.options.custom || {}).axisPlacement === "right");
    const left = fields.filter((f) => !right.includes(f));
    const innerHeight = Math.max(height - 30, 20);
    const axisOf = (members) => {
      if (!members.length) return null;
      const options = members[0].options;
      return ((options.custom.scaleDistribution || {}).type === "log") ? logRange(members) : yRange(members, options, innerHeight);
    };
    const y = axisOf(left.length ? left : right);
    const y2 = left.length && right.length ? axisOf(right) : null;
    const label = (((left[0] || fields[0] || {}).options || {}).custom || {}).axisLabel || "";
    const room = (axis) => (axis ? Math.ceil(Math.max(...axis.texts.map((text) => P.textWidth(text)), 18)) + 12 : 8);
    const area = { left: room(y) + (label ? 16 : 0), right: y2 ? room(y2) : 10, top: 8, bottom: 22 };
    area.width = Math.max(width - area.left - area.right, 10);
    area.height = Math.max(height - area.top - area.bottom, 10);
    const x = P.timeTicks(span.from, span.to, area.width);
    const axisStyle = { showgrid: true, gridcolor: P.token("grid"), gridwidth: 1, zeroline: false, showline: false, ticks: "", fixedrange: true, tickangle: 0, automargin: false, tickfont: { size: 11, color: P.token("text-3"), family: P.token("font") } };
    const yAxis = (axis, more) => Object.assign({}, axisStyle, { range: axis.range, type: axis.log ? "log" : "linear", tickmode: "array", tickvals: axis.values, ticktext: axis.texts }, more);
    const layout = {
      width, height, autosize: false, showlegend: false, hovermode: false, dragmode: false, barmode: fields.some((f) => f.stacked) ? "stack" : "overlay", bargap: 0.1,
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      margin: { l: area.left, r: area.right, t: area.top, b: area.bottom, pad: 0, autoexpand: false },
      font: { family: P.token("font"), size: 11, color: P.token("text-3") },
      xaxis: Object.assign({}, axisStyle, { type: "linear", range: [span.from, span.to], tickmode: "array", tickvals: x.values, ticktext: x.texts }),
      yaxis: yAxis(y, label ? { title: { text: label, font: { size: 11 }, standoff: 4 } } : {}),
      shapes: left.length ? thresholdShapes(left[0].options) : [],
    };
    if (y2) layout.yaxis2 = yAxis(y2, { overlaying: "y", side: "right", showgrid: false, tickmode: "array" });
    return { data: fields.map((field, i) => trace(field, i, fields, y2 && right.includes(field) ? "y2" : "y")), layout, area };
  };
})(window.pharos);
