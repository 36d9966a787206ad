/* The keyboard: places to go, help on ?, panels reached with the arrows. */
(function (P) {
  "use strict";
  const { h, React } = P;
  const GO = { h: ["/", "Home"], d: ["/dashboards", "Dashboards"], e: ["/explore", "Explore"], l: ["/logs", "Logs"], a: ["/alerts", "Alerts"], t: ["/targets", "Targets"] };
  const PATIENCE_MS = 900; // between g and the letter after it
  const typing = (element) => /INPUT|TEXTAREA|SELECT/.test(element.tagName) || element.isContentEditable;

  /* The panel that lies next in a direction: mostly straight ahead, then near. */
  function neighbour(panel, key) {
    const sideways = key === "ArrowLeft" || key === "ArrowRight";
    const sign = key === "ArrowLeft" || key === "ArrowUp" ? -1 : 1;
    const middle = (box) => [box.left + box.width / 2, box.top + box.height / 2];
    const [x, y] = middle(panel.getBoundingClientRect());
    let best = null;
    let shortest = Infinity;
    for (const other of document.querySelectorAll(".panel")) {
      const [ox, oy] = middle(other.getBoundingClientRect());
      const ahead = (sideways ? ox - x : oy - y) * sign;
      const aside = Math.abs(sideways ? oy - y : ox - x);
      const distance = ahead + aside * 3;
      if (other !== panel && ahead > 4 && distance < shortest) { shortest = distance; best = other; }
    }
    return best;
  }
  P.panelKeys = (actions) => (event) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const next = event.key.startsWith("Arrow") ? neighbour(event.currentTarget, event.key) : null;
    if (next) { event.preventDefault(); next.focus(); } else if (actions[event.key]) { event.preventDefault(); actions[event.key](); }
  };

  /* Anything that is pressed but cannot be a button: a row, a heading. */
  P.pressable = (press) => ({
    tabIndex: 0, onClick: press,
    onKeyDown: (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); press(event); } },
  });

  P.Keys = function Keys() {
    const dialog = React.useRef(null);
    React.useEffect(() => {
      let pending = -Infinity;
      const key = (event) => {
        if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
        if (event.key === "?") { if (dialog.current.open) dialog.current.close(); else dialog.current.showModal(); return; }
        if (dialog.current.open) return;
        if (event.key === "/") {
          const search = document.querySelector(".page input:not([type=radio], .time-absolute input), .page textarea");
          if (search) { event.preventDefault(); search.focus(); }
          return;
        }
        if (event.key === "g") { pending = event.timeStamp; return; } // when it was pressed, not when a busy page hears of it
        if (event.timeStamp - pending < PATIENCE_MS && GO[event.key]) P.go(GO[event.key][0]);
        else if (event.key === "r") P.session.refreshNow();
        pending = -Infinity;
      };
      window.addEventListener("keydown", key);
      return () => window.removeEventListener("keydown", key);
    }, []);
    const row = (keys, text) => h("tr", { key: text }, h("td", null, keys.map((name) => h("kbd", { key: name }, name))), h("td", null, text));
    return h("dialog", { ref: dialog, className: "keys", "aria-label": P.t("Keyboard"), "data-testid": "keys", onClick: (event) => { if (event.target === dialog.current) dialog.current.close(); } },
      h("div", { className: "keys-body" },
        h("header", null, h("h2", null, P.t("Keyboard")), h("button", { className: "icon-button", "aria-label": P.t("Close"), onClick: () => dialog.current.close() }, P.icon("close"))),
        h("div", { className: "keys-columns" },
          h("table", null, h("tbody", null, Object.keys(GO).map((letter) => row(["g", letter], P.t(GO[letter][1]))))),
          h("table", null, h("tbody", null,
            row(["/"], P.t("Search")), row(["r"], P.t("Refresh")), row(["Ctrl", "Z"], P.t("Undo a zoom")), row(["← ↑ ↓ →"], P.t("From a panel to the next")),
            row(["v"], P.t("The panel alone")), row(["x"], P.t("The panel in Explore")), row(["Esc"], P.t("Close")), row(["?"], P.t("This list")))))));
  };
})(window.pharos);
