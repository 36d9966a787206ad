/* Numbers with units (the twin of model/units.py), moments and durations in words. */
(function (P) {
  "use strict";
  const SI = ["", "K", "M", "G", "T", "P", "E", "Z"];
  const SMALL = ["", "m", "µ", "n", "p"];
  const IEC = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
  const TIME = [[31536000, "y"], [604800, "w"], [86400, "d"], [3600, "h"], [60, "min"], [1, "s"], [1e-3, "ms"], [1e-6, "µs"], [1e-9, "ns"]];

  P.unit = (id) => {
    const known = P.units[id === undefined || id === null ? "short" : id];
    if (known) return { kind: known[0], suffix: known[1], factor: known[2], space: known[3] };
    const colon = id.indexOf(":");
    if (colon > 0 && id.slice(0, colon) === "si") return { kind: "si", suffix: id.slice(colon + 1), factor: 1, space: true };
    return { kind: "fixed", suffix: colon > 0 ? id.slice(colon + 1) : id, factor: 1, space: true };
  };

  function scale(value, unit) {
    const size = Math.abs(value);
    if (unit.kind === "fixed" || size === 0) return [value, unit.kind === "time" ? "s" : unit.suffix];
    if (unit.kind === "time") {
      for (const [length, name] of TIME) if (size >= length) return [value / length, name];
      return [value / 1e-9, "ns"];
    }
    const base = unit.kind === "iec" ? 1024 : 1000;
    const names = unit.kind === "iec" ? IEC : SI;
    if (size < 0.01 && unit.kind === "si" && unit.suffix) {
      const power = Math.min(Math.floor(-Math.log(size) / Math.log(1000)) + 1, SMALL.length - 1);
      return [value * Math.pow(1000, power), SMALL[power] + unit.suffix];
    }
    const power = size >= 1 ? Math.min(Math.floor(Math.log(size) / Math.log(base) + 1e-9), names.length - 1) : 0;
    return [value / Math.pow(base, power), names[power] + unit.suffix];
  }

  P.formatNumber = (value, decimals) => {
    if (decimals !== undefined && decimals !== null) return value.toFixed(decimals);
    const size = Math.abs(value);
    let places = 0;
    if (size >= 100 || size === 0) places = 0;
    else if (size >= 10) places = 1;
    else if (size >= 1) places = 2;
    else places = Math.min(-Math.floor(Math.log10(size)) + 1, 9);
    const text = value.toFixed(places);
    return text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
  };

  /* {text, suffix}: apart, so that a stat can write the unit smaller. */
  P.formatParts = (value, unitId, decimals) => {
    if (value === null || value === undefined) return { text: "", suffix: "" };
    if (Number.isNaN(value)) return { text: "NaN", suffix: "" };
    if (!Number.isFinite(value)) return { text: value > 0 ? "∞" : "-∞", suffix: "" };
    const unit = P.unit(unitId);
    if (unit.kind === "date") return { text: unitId === "dateTimeFromNow" ? P.ago(value) : P.moment(value), suffix: "" };
    const [scaled, suffix] = scale(value * unit.factor, unit);
    const spaced = suffix && unit.space && suffix.trim() ? " " + suffix : suffix;
    return { text: P.formatNumber(scaled, decimals), suffix: spaced };
  };
  P.format = (value, unitId, decimals) => {
    const parts = P.formatParts(value, unitId, decimals);
    return parts.text + parts.suffix;
  };

  /* A moment whose local parts are those of the page's zone: the browser's, or UTC where a dashboard or the URL asks for it. */
  P.offsetMs = (ms) => new Date(ms).getTimezoneOffset() * 60000;
  P.date = (ms) => new Date(P.session.utc() ? ms + P.offsetMs(ms) : ms);
  const two = (number) => String(number).padStart(2, "0");
  P.moment = (ms, withMillis) => {
    const d = P.date(ms);
    const tail = withMillis ? "." + String(d.getMilliseconds()).padStart(3, "0") : "";
    return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}${tail}`;
  };
  P.clock = (ms, step) => {
    const d = P.date(ms);
    if (step >= 86400000) return `${two(d.getMonth() + 1)}-${two(d.getDate())}`;
    const time = `${two(d.getHours())}:${two(d.getMinutes())}`;
    return step < 60000 ? time + ":" + two(d.getSeconds()) : time;
  };
  P.ago = (ms) => {
    const seconds = Math.round((Date.now() - ms) / 1000);
    const size = Math.abs(seconds);
    const [n, name] = size < 60 ? [size, "s"] : size < 3600 ? [Math.round(size / 60), "min"] : size < 86400 ? [Math.round(size / 3600), "h"] : [Math.round(size / 86400), "d"];
    return P.t(seconds < -1 ? "in {n} " + name : "{n} " + name + " ago", { n });
  };

  const UNIT_NAMES = { s: "seconds", m: "minutes", h: "hours", d: "days", w: "weeks", M: "months", y: "years" };
  P.RANGES = ["now-5m", "now-15m", "now-30m", "now-1h", "now-3h", "now-6h", "now-12h", "now-24h", "now-2d", "now-7d", "now-30d", "now-90d"];
  P.NAMED_RANGES = [["now/d", "now", "Today so far"], ["now-1d/d", "now-1d/d", "Yesterday"], ["now/w", "now", "This week so far"]];
  P.rangeLabel = (from, to) => {
    const found = /^now-(\d+)([smhdwMy])$/.exec(from);
    if (found && to === "now") {
      const n = Number(found[1]);
      return P.t(n === 1 ? "Last " + UNIT_NAMES[found[2]].slice(0, -1) : "Last {n} " + UNIT_NAMES[found[2]], { n });
    }
    const named = P.NAMED_RANGES.find((item) => item[0] === from && item[1] === to);
    if (named) return P.t(named[2]);
    return `${P.timeText(from)}  →  ${P.timeText(to)}`;
  };
  P.timeText = (text) => (/^\d+$/.test(text) ? P.moment(Number(text)) : text);
  P.timeIsValid = (text) => /^\d{10,}$/.test(text) || /^now([+-]\d+[smhdwMy])*(\/[smhdwMy])?$/.test(text) || !Number.isNaN(Date.parse(text.replace(" ", "T")));
  P.toUrlTime = (text) => {
    const trimmed = text.trim();
    if (/^now/.test(trimmed) || /^\d+$/.test(trimmed)) return trimmed;
    const ms = Date.parse(trimmed.replace(" ", "T"));
    return String(P.session.utc() && !/Z$|[+-]\d\d:?\d\d$/.test(trimmed) ? ms - P.offsetMs(ms) : ms);
  };

  P.escapeHtml = (text) => String(text).replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[c]);
})(window.pharos);
