/* The ground: React shorthands, translation, an emitter, requests. Everything hangs on window.pharos; React comes from Dash. */
(function (P) {
  "use strict";
  const React = window.React;
  P.React = React;
  P.h = React.createElement;
  P.components = window.pharos_ui = {};

  function chooseLanguage() {
    const asked = new URLSearchParams(window.location.search).get("lang");
    const given = asked || P.remembered("lang") || window.navigator.language || "en";
    const lang = given.toLowerCase().startsWith("zh") ? "zh" : "en";
    if (asked) P.remember("lang", lang);
    document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
    return lang;
  }

  /* Small things that outlive a visit; storage may be switched off, then they do not. */
  P.remembered = (name) => {
    try { return window.localStorage.getItem("pharos-" + name); } catch (error) { return null; }
  };
  P.remember = (name, value) => {
    try { window.localStorage.setItem("pharos-" + name, value); } catch (error) { return; }
  };

  P.lang = chooseLanguage();
  P.t = (text, values) => {
    let found = (P.messages[P.lang] || {})[text] || text;
    for (const name in values || {}) found = found.replace("{" + name + "}", values[name]);
    return found;
  };

  P.emitter = () => {
    const listeners = new Set();
    return {
      on(listener) { listeners.add(listener); return () => listeners.delete(listener); },
      emit(value) { for (const listener of Array.from(listeners)) listener(value); },
      get size() { return listeners.size; },
    };
  };

  /* A JSON request. A failure becomes an Error whose message can be shown, with `status`, `kind` and `offline`. */
  P.request = async (url, options) => {
    let answer;
    try {
      answer = await fetch(url, options);
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw Object.assign(new Error(P.t("The Pharos server does not answer")), { kind: "unreachable", offline: true });
    }
    if (answer.ok) return answer;
    let body = {};
    try { body = await answer.json(); } catch (error) { body = { error: answer.statusText }; }
    throw Object.assign(new Error(body.error || body.message || String(answer.status)), { status: answer.status, kind: body.kind || "refused" });
  };
  P.post = (url, body, signal) =>
    P.request(url, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal });

  /* A token's value in the current theme. */
  const cache = new Map();
  P.token = (name) => {
    if (!cache.has(name)) cache.set(name, getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim());
    return cache.get(name);
  };
  P.themeChanged = P.emitter();
  P.theme = () => document.documentElement.getAttribute("data-theme");
  P.setTheme = (theme) => {
    document.documentElement.setAttribute("data-theme", theme);
    document.documentElement.setAttribute("data-mantine-color-scheme", theme);
    P.remember("theme", theme);
    try { window.localStorage.setItem("mantine-color-scheme-value", theme); } catch (error) { /* see remember() */ }
    cache.clear();
    P.themeChanged.emit(theme);
  };

  /* An address out of a dashboard: a page or a mail, never a script. */
  P.safeHref = (address) => (/^(https?:|\/|\?|#|mailto:)/.test(address) ? address : "/" + address);

  P.copy = async (text) => {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
    const area = document.createElement("textarea");
    area.value = text;
    document.body.appendChild(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  };

  P.icon = (name, size) => P.h("span", { className: "icon icon-" + name, style: { width: size || 16, height: size || 16 }, "aria-hidden": "true" });

  P.useEvent = (emitter, listener) => {
    const latest = React.useRef(listener);
    latest.current = listener;
    React.useEffect(() => emitter.on((value) => latest.current(value)), [emitter]);
  };
  /* Renders again whenever the emitter speaks. */
  P.useSignal = (emitter) => {
    const [, bump] = React.useReducer((n) => n + 1, 0);
    React.useEffect(() => emitter.on(bump), [emitter]);
  };
  /* The arrows walk through the entries of an open menu. */
  function walk(anchor, step, event) {
    const entries = Array.from(anchor.querySelectorAll(".menu button"));
    if (!entries.length) return;
    event.preventDefault();
    const at = entries.indexOf(document.activeElement);
    entries[at < 0 ? (step > 0 ? 0 : entries.length - 1) : (at + step + entries.length) % entries.length].focus();
  }
  /* Closes a menu on a press elsewhere or on Escape, which leads back to its button. */
  P.useDismiss = (ref, open, close) => {
    React.useEffect(() => {
      if (!open) return undefined;
      const press = (event) => { if (ref.current && !ref.current.contains(event.target)) close(); };
      const key = (event) => {
        if (!ref.current) return;
        if (event.key === "Escape") {
          close();
          const opener = ref.current.querySelector("[aria-expanded]");
          if (opener && ref.current.contains(document.activeElement)) opener.focus();
        }
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (step && ref.current.contains(document.activeElement)) walk(ref.current, step, event);
      };
      document.addEventListener("mousedown", press);
      document.addEventListener("keydown", key);
      return () => { document.removeEventListener("mousedown", press); document.removeEventListener("keydown", key); };
    }, [open]);
  };

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.pharos = { client: (_, held) => (held ? window.dash_clientside.no_update : { lang: P.lang }) };
  /* Inputs of server-built pages whose value belongs into the URL, see keep_in_url() in pages/base.py. */
  for (const name of ["tab", "search", "state", "query"]) {
    window.dash_clientside.pharos["keep_" + name] = (value) => P.setUrl({ [name]: value }, false);
  }
})(window.pharos);
