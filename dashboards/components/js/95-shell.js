/* Navigation beside every page, theme and language switches, and moments in the browser's time zone. */
(function (P) {
  "use strict";
  const { h, React } = P;

  /* Links inside the UI change the page without loading everything again. */
  function go(href) {
    window.history.pushState(null, "", href);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    window.scrollTo(0, 0);
  }
  P.go = go;
  document.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest("a[href^='/']");
    if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || link.target || link.hasAttribute("download")) return;
    event.preventDefault();
    go(link.getAttribute("href"));
  });

  P.components.Shell = function Shell({ id, children, items, active, version }) {
    const [open, setOpen] = React.useState(false);
    const [folded, setFolded] = React.useState(P.remembered("nav") === "folded");
    const [theme, setTheme] = React.useState(P.theme());
    React.useEffect(() => setOpen(false), [active]);
    const flip = () => { const next = theme === "dark" ? "light" : "dark"; P.setTheme(next); P.setUrl({ theme: null }, false); setTheme(next); };
    const fold = () => { P.remember("nav", folded ? "open" : "folded"); setFolded(!folded); };
    const language = () => { const query = new URLSearchParams(window.location.search); query.set("lang", P.lang === "zh" ? "en" : "zh"); window.location.search = query.toString(); };
    return h("div", { id, className: "shell" + (folded ? " folded" : "") + (open ? " nav-open" : "") },
      h("a", { className: "skip", href: "#content" }, P.t("Skip to the content")),
      h("nav", { className: "nav", "aria-label": P.t("Main"), "data-testid": "nav" },
        h("a", { className: "brand", href: "/" }, h("span", { className: "logo", "aria-hidden": true }), h("span", { className: "brand-name" }, "Pharos")),
        h("div", { className: "nav-items" }, (items || []).map((item) => h("a", { key: item.key, href: item.key, className: "nav-item" + (item.key === active ? " active" : ""), "aria-current": item.key === active ? "page" : undefined, title: folded ? item.label : undefined, "data-testid": "nav-" + (item.key.slice(1) || "home") }, P.icon(item.icon, 18), h("span", null, item.label)))),
        h("div", { className: "nav-foot" },
          h("button", { className: "nav-item", onClick: flip, title: P.t(theme === "dark" ? "Light theme" : "Dark theme"), "data-testid": "theme-toggle" }, P.icon(theme === "dark" ? "sun" : "moon", 18), h("span", null, P.t(theme === "dark" ? "Light theme" : "Dark theme"))),
          h("button", { className: "nav-item", onClick: language, "data-testid": "language-toggle" }, P.icon("language", 18), h("span", null, P.lang === "zh" ? "English" : "中文")),
          h("button", { className: "nav-item nav-fold", onClick: fold, "aria-label": P.t("Fold the navigation") }, P.icon(folded ? "right" : "left", 18), h("span", null, P.t("Fold"))),
          h("div", { className: "version" }, "Pharos " + version))),
      h("button", { className: "nav-toggle", "aria-label": P.t("Menu"), onClick: () => setOpen(!open) }, P.icon("menu", 20)),
      h("div", { className: "nav-shade", onClick: () => setOpen(false) }),
      h("main", { className: "content", id: "content" }, children),
      h(P.Keys));
  };

  P.components.LocalTime = function LocalTime({ id, ms, mode }) {
    const [, bump] = React.useReducer((n) => n + 1, 0);
    React.useEffect(() => { const timer = window.setInterval(bump, 5000); return () => window.clearInterval(timer); }, []);
    if (!ms) return h("span", { id }, "–");
    const absolute = P.moment(ms);
    const text = mode === "ago" ? P.ago(ms) : mode === "both" ? absolute : absolute;
    return h("time", { id, dateTime: new Date(ms).toISOString(), title: mode === "ago" ? absolute : P.ago(ms) }, text, mode === "both" ? h("span", { className: "muted" }, "  " + P.ago(ms)) : null);
  };
})(window.pharos);
