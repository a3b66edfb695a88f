// Runs before everything else. The theme is set before the first paint, so that a dark page does not flash white; Dash
// keeps the choice under "theme". Dash's renderer would set the address of the whole plotly.js: ours cannot be overwritten.
(function () {
  let chosen = null;
  try { chosen = JSON.parse(localStorage.getItem("theme")); } catch { /* a broken entry is no choice */ }
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.setAttribute("data-bs-theme", chosen || (dark ? "dark" : "light"));
  const plotly = () => document.querySelector("link[as=script]").getAttribute("href");
  Object.defineProperty(window, "_dashPlotlyJSURL", { get: plotly, set() {} });
})();
