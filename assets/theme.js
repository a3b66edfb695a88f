// Runs before the first paint, so that a dark page does not flash white. Dash keeps the choice under "theme".
(function () {
  let chosen = null;
  try { chosen = JSON.parse(localStorage.getItem("theme")); } catch { /* a broken entry is no choice */ }
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.setAttribute("data-bs-theme", chosen || (dark ? "dark" : "light"));
})();
