/* From answers to fields: decoding, keeping what is held up to date, options and overrides, reductions, colours. Pure but for the cache. */
(function (P) {
  "use strict";

  function decode(text, width) {
    const raw = atob(text);
    const bytes = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i += 1) bytes[i] = raw.charCodeAt(i);
    if (width === 8) return Array.from(new Float64Array(bytes.buffer));
    const out = new Array(bytes.length / 4);
    const narrow = new Float32Array(bytes.buffer);
    for (let i = 0; i < out.length; i += 1) out[i] = P.widen(narrow[i]);
    return out;
  }
  /* A 4-byte float with the seven digits it really has; a tenth of the time of toPrecision(7), of which a page needs 100,000. */
  const POWERS = Array.from({ length: 23 }, (_, power) => Number("1e" + power)); // all are exact, so one rounding is all there is
  P.widen = (value) => {
    const size = Math.abs(value);
    if (!(size >= 1e-15 && size < 1e15)) return Number.isFinite(value) && value ? Number(value.toPrecision(7)) : value;
    const power = 6 - Math.floor(Math.log10(size));
    const digits = power >= 0 ? Math.round(size * POWERS[power]) / POWERS[power] : Math.round(size / POWERS[-power]) * POWERS[-power];
    return value < 0 ? -digits : digits;
  };

  /* The frame of an answer, joined to what is held when the answer is only its end. */
  P.takeFrame = (answer, held) => {
    const decoded = answer.series.map((item) => decode(item.v, item.w));
    const known = held && held.sig === answer.sig;
    const series = answer.series.map((item, i) => ({
      labels: item.labels || (known ? held.series[i].labels : {}),
      name: item.name !== undefined ? item.name : known ? held.series[i].name : "",
      values: decoded[i],
    }));
    let t0 = answer.t0;
    let n = answer.n;
    if (answer.partial && known && held.step === answer.step) {
      const skip = Math.max(Math.round((answer.from - held.t0) / held.step), 0);
      const keep = Math.round((answer.t0 - held.t0) / held.step);
      series.forEach((item, i) => { item.values = held.series[i].values.slice(skip, keep).concat(item.values); });
      t0 = held.t0 + skip * held.step;
      n = keep - skip + answer.n;
    }
    const times = new Array(n);
    for (let i = 0; i < n; i += 1) times[i] = t0 + i * answer.step;
    return { t0, step: answer.step, n, times, sig: answer.sig, series, expr: answer.expr, total: answer.total, warnings: answer.warnings, instant: answer.instant };
  };
  /* What to tell the server so that it only sends the rest. */
  P.heldOf = (frame) => (frame && !frame.instant ? { first: frame.t0, last: frame.t0 + (frame.n - 1) * frame.step, step: frame.step, sig: frame.sig, expr: frame.expr } : undefined);

  const finite = (values) => values.filter((v) => v !== null && !Number.isNaN(v));
  const REDUCERS = {
    lastNotNull: (v) => { for (let i = v.length - 1; i >= 0; i -= 1) if (v[i] !== null && !Number.isNaN(v[i])) return v[i]; return null; },
    last: (v) => (v.length ? v[v.length - 1] : null),
    firstNotNull: (v) => { for (const x of v) if (x !== null && !Number.isNaN(x)) return x; return null; },
    first: (v) => (v.length ? v[0] : null),
    min: (v) => { const f = finite(v); return f.length ? f.reduce((a, b) => Math.min(a, b)) : null; },
    max: (v) => { const f = finite(v); return f.length ? f.reduce((a, b) => Math.max(a, b)) : null; },
    mean: (v) => { const f = finite(v); return f.length ? f.reduce((a, b) => a + b, 0) / f.length : null; },
    sum: (v) => { const f = finite(v); return f.length ? f.reduce((a, b) => a + b, 0) : null; },
    count: (v) => finite(v).length,
    range: (v) => REDUCERS.max(v) - REDUCERS.min(v),
    diff: (v) => REDUCERS.lastNotNull(v) - REDUCERS.firstNotNull(v),
    delta: (v) => { let total = 0; const f = finite(v); for (let i = 1; i < f.length; i += 1) total += f[i] >= f[i - 1] ? f[i] - f[i - 1] : f[i]; return total; },
  };
  P.reduce = (values, calc) => (REDUCERS[calc] || REDUCERS.lastNotNull)(values);
  P.CALC_NAMES = { lastNotNull: "Last", last: "Last", mean: "Mean", min: "Min", max: "Max", sum: "Total", count: "Count", range: "Range", diff: "Difference", delta: "Delta", first: "First", firstNotNull: "First" };

  /* Options of one series: the defaults and every override that matches, in order. */
  P.fieldOptions = (spec, name, refId) => {
    const config = spec.fieldConfig || {};
    const options = Object.assign({}, config.defaults);
    options.custom = Object.assign({}, (config.defaults || {}).custom);
    for (const override of config.overrides || []) {
      if (!matches(override.matcher || {}, name, refId)) continue;
      for (const property of override.properties || []) {
        if (property.id.startsWith("custom.")) options.custom[property.id.slice(7)] = property.value;
        else options[property.id] = property.value;
      }
    }
    return options;
  };
  function matches(matcher, name, refId) {
    if (matcher.id === "byName") return matcher.options === name;
    if (matcher.id === "byNames") return ((matcher.options || {}).names || []).includes(name);
    if (matcher.id === "byFrameRefID") return matcher.options === refId;
    if (matcher.id === "byRegexp") {
      const found = /^\/(.*)\/(i?)$/.exec(matcher.options || "");
      try { return new RegExp(found ? found[1] : matcher.options, found ? found[2] : "").test(name); } catch (error) { return false; }
    }
    return matcher.id === "byType" && matcher.options === "number";
  }

  P.isCoarse = (spec) => ["stat", "gauge", "bargauge", "piechart", "table"].includes(spec.type);

  /* Every series of a panel with its options. */
  P.fields = (spec, frames, scoped) => {
    const fields = [];
    for (const refId of Object.keys(frames)) {
      const frame = frames[refId];
      for (const series of frame.series) {
        const options = P.fieldOptions(spec, series.name, refId);
        let name = options.displayName ? displayName(options.displayName, series, scoped) : series.name;
        if (!name) name = Object.values(series.labels).join(" ") || frame.expr || refId;
        fields.push({ name, refId, labels: series.labels, times: frame.times, values: series.values, step: frame.step, options });
      }
    }
    return fields;
  };
  function displayName(template, series, scoped) {
    const text = template
      .replace(/\$\{__(?:field|series)\.name\}|\$__(?:field|series)_?name/g, series.name)
      .replace(/\$\{__field\.labels\.([\w.]+)\}|\$\{__field\.labels\["([^"]+)"\]\}/g, (_, a, b) => series.labels[a || b] || "");
    return P.session.text(text, scoped);
  }

  /* Colours: named ones of Grafana by their meaning here, tokens for series. */
  const NAMED = { green: "ok", "dark-green": "ok", "semi-dark-green": "ok", "light-green": "ok", "super-light-green": "ok", yellow: "warn", "dark-yellow": "warn", "light-yellow": "warn", "semi-dark-yellow": "warn", orange: "serious", "dark-orange": "serious", "light-orange": "warn", "semi-dark-orange": "serious", red: "critical", "dark-red": "critical", "light-red": "critical", "semi-dark-red": "critical", blue: "info", "dark-blue": "series-1", "light-blue": "series-6", "super-light-blue": "series-6", "semi-dark-blue": "series-1", purple: "series-5", "dark-purple": "series-5", "light-purple": "series-8", "super-light-purple": "series-8", "semi-dark-purple": "series-5", text: "text-1", gray: "unknown" };
  P.colour = (name) => {
    if (!name) return P.token("series-1");
    if (NAMED[name]) return P.token(NAMED[name]);
    if (/^#[0-9a-f]{6}$/i.test(name)) return visible(name);
    if (name === "transparent" || /^#|^rgb/.test(name)) return name;
    return P.token(name) || P.token("series-1");
  };
  /* A colour that an imported dashboard names, made lighter or darker until it can be told from the panel behind it. */
  const CONTRAST = 1.9;
  const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  function luminance(rgb) {
    const [r, g, b] = rgb.map((c) => (c <= 10 ? c / 3294 : Math.pow((c / 255 + 0.055) / 1.055, 2.4)));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }
  function visible(hex) {
    const surface = P.token("surface");
    const ink = P.token("text-1");
    if (!/^#[0-9a-f]{6}$/i.test(surface + "") || !/^#[0-9a-f]{6}$/i.test(ink + "")) return hex;
    const behind = luminance(channels(surface));
    const own = channels(hex);
    for (let share = 0; share < 1; share += 0.1) {
      const mixed = own.map((c, i) => Math.round(c + (channels(ink)[i] - c) * share));
      const [high, low] = [luminance(mixed), behind].sort((a, b) => b - a);
      if ((high + 0.05) / (low + 0.05) >= CONTRAST) return "#" + mixed.map((c) => c.toString(16).padStart(2, "0")).join("");
    }
    return hex;
  }
  function hash(text) {
    let value = 2166136261;
    for (let i = 0; i < text.length; i += 1) value = Math.imul(value ^ text.charCodeAt(i), 16777619);
    return value >>> 0;
  }
  /* Colours by name, so that a series keeps its colour when others come and go; neighbours never share one while eight suffice. */
  P.paint = (fields) => {
    const taken = new Set();
    const free = fields.filter((field) => { field.colour = fixedColour(field); return !field.colour; });
    if (free.length === 1) { free[0].colour = P.token("series-1"); return fields; }
    for (const field of free.slice().sort((a, b) => (a.name < b.name ? -1 : 1))) {
      let slot = hash(field.name) % 8;
      if (taken.size >= 8) taken.clear();
      while (taken.has(slot)) slot = (slot + 1) % 8;
      taken.add(slot);
      field.colour = P.token("series-" + (slot + 1));
    }
    return fields;
  };
  function fixedColour(field) {
    const color = field.options.color || {};
    if (color.mode === "fixed" || color.mode === "shades") return P.colour(color.fixedColor);
    if (color.mode === "thresholds") return P.thresholdColour(P.reduce(field.values, "lastNotNull"), field.options);
    return null;
  }
  P.thresholdColour = (value, options) => {
    const thresholds = options.thresholds || {};
    const steps = thresholds.steps || [{ color: "green", value: null }];
    let at = value;
    if (thresholds.mode === "percentage") {
      const low = options.min !== undefined && options.min !== null ? options.min : 0;
      const high = options.max !== undefined && options.max !== null ? options.max : 100;
      at = ((value - low) / (high - low)) * 100;
    }
    let chosen = steps.length ? steps[0].color : "green";
    for (const step of steps) if (step.value === null || step.value === undefined || at >= step.value) chosen = step.color;
    return value === null || Number.isNaN(value) ? P.token("unknown") : P.colour(chosen);
  };
  P.withAlpha = (colour, alpha) => {
    const found = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})/i.exec(colour);
    return found ? `rgba(${parseInt(found[1], 16)},${parseInt(found[2], 16)},${parseInt(found[3], 16)},${alpha})` : colour;
  };

  /* The text of a value: mappings first, then the unit. */
  P.display = (value, options) => {
    const mapped = P.mapping(value, options);
    if (mapped) return { text: mapped.text !== undefined ? mapped.text : P.format(value, options.unit, options.decimals), suffix: "", colour: mapped.color ? P.colour(mapped.color) : null };
    if (value === null || value === undefined || Number.isNaN(value)) return { text: options.noValue || "–", suffix: "", colour: P.token("text-3") };
    return P.formatParts(value, options.unit, options.decimals);
  };
  P.mapping = (value, options) => {
    for (const item of options.mappings || []) {
      const given = item.options || {};
      if (item.type === "value" && given[String(value)]) return given[String(value)];
      if (item.type === "range" && value !== null && value >= (given.from === null || given.from === undefined ? -Infinity : given.from) && value <= (given.to === null || given.to === undefined ? Infinity : given.to)) return given.result;
      if (item.type === "special" && ((given.match === "null" && value === null) || (given.match === "nan" && Number.isNaN(value)) || (given.match === "null+nan" && (value === null || Number.isNaN(value))))) return given.result;
      if (item.type === "regex" && typeof value === "string") {
        try { if (new RegExp(String(given.pattern).replace(/^\/|\/$/g, "")).test(value)) return given.result; } catch (error) { continue; }
      }
    }
    return null;
  };
})(window.pharos);
