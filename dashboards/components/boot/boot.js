/* Runs before anything is painted: the theme of the URL, of the last visit, or of the system. */
(function () {
  "use strict";
  function stored(name) {
    try { return window.localStorage.getItem(name); } catch (error) { return null; } // storage may be switched off
  }
  const asked = new URLSearchParams(window.location.search).get("theme") || stored("pharos-theme");
  const system = window.matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
  const theme = asked === "light" || asked === "dark" ? asked : system;
  document.documentElement.setAttribute("data-theme", theme);
  document.documentElement.setAttribute("data-mantine-color-scheme", theme);
  try { window.localStorage.setItem("mantine-color-scheme-value", theme); } catch (error) { /* as above */ }
})();
