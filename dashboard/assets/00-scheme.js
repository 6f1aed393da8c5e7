/* Before the first paint: light or dark, as it was left or as the system says; and on a bare address the period, county
   and line of work of the last visit. */
(function () {
  "use strict";
  var kept = null;
  try {
    kept = window.localStorage.getItem("mantine-color-scheme-value");
  } catch (error) {
    kept = null; /* A browser that keeps nothing follows its system. */
  }
  var dark = kept === "dark" || (kept !== "light" && window.matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");

  var last = null;
  try {
    last = window.localStorage.getItem("taizhang-asked");
  } catch (error) {
    last = null;
  }
  var here = window.location;
  if (last && !here.search && here.pathname === "/") window.history.replaceState(null, "", here.pathname + last);
  if (/[?&]screen=1(&|$)/.test(here.search)) document.documentElement.setAttribute("data-screen", "1");
})();
