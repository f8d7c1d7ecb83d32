// Runs before the page is painted, so that a chosen theme does not flash. A classic script for that reason, and so
// that it can load the page again where a module did not come: some browsers break off what they load whenever the
// machine's network changes, and a container that starts is such a change.
(() => {
  const KEY = "workshop-reloads";
  const MOST = 5;
  const PAUSE = 400; // milliseconds

  const count = (text) => {
    try {
      if (text !== undefined) sessionStorage.setItem(KEY, text);
      return Number(sessionStorage.getItem(KEY));
    } catch {
      return MOST; // without a memory this might go on for ever
    }
  };
  const came = ({ sheet }) => {
    try {
      return sheet.cssRules.length > 0;
    } catch {
      return false; // there is none, or, in some browsers, one that may not be read
    }
  };
  let failed = false;
  const again = () => {
    if (!failed && count() < MOST) {
      count(count() + 1);
      setTimeout(() => location.reload(), PAUSE);
    }
    failed = true;
  };
  addEventListener("error", ({ target }) => {
    if (target instanceof HTMLScriptElement || target instanceof HTMLLinkElement) again();
  }, true);
  addEventListener("load", () => {
    // a style sheet that comes to nothing does so before this script runs, and so unheard
    if (![...document.querySelectorAll("link[rel=stylesheet]")].every(came)) again();
    else if (globalThis.workshop && !failed) count(0);
  });
})();

(() => {
  const KEY = "workshop-theme";
  const root = document.documentElement;
  const dark = () => matchMedia("(prefers-color-scheme: dark)").matches;
  const shown = () => root.dataset.theme || (dark() ? "dark" : "light");

  try {
    const chosen = localStorage.getItem(KEY);
    if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
  } catch {
    // a browser without storage follows the system's theme
  }

  globalThis.workshopTheme = {
    shown,
    toggle() {
      root.dataset.theme = shown() === "dark" ? "light" : "dark";
      try {
        localStorage.setItem(KEY, root.dataset.theme);
      } catch {
        // the choice lasts for this page only
      }
      return root.dataset.theme;
    },
  };
})();
