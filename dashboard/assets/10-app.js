/* Moving between addresses without reloading, and small manners of the page.
   The address is the only state: links, lists and clicks in charts all lead to an address. */
(function () {
  "use strict";

  function go(href) {
    var to = new URL(href, window.location.href);
    if (to.origin !== window.location.origin) return;
    if (to.pathname === window.location.pathname && to.search === window.location.search) return;
    window.dash_clientside.set_props("url", { pathname: to.pathname, search: to.search, hash: to.hash });
  }

  document.addEventListener("click", function (event) {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    var link = event.target.closest && event.target.closest("a[href]");
    if (!link || link.target || link.dataset.plain || link.hasAttribute("download")) return;
    var href = link.getAttribute("href");
    if (href.charAt(0) !== "/") return;
    event.preventDefault();
    go(href);
  });

  document.addEventListener("change", function (event) {
    var list = event.target;
    if (list.matches && list.matches("select[data-go]")) go(list.value);
  });

  var shownPath = null;

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.taizhang = {
    /* A click on a mark that carries an address leads there. */
    follow: function (clicks) {
      (clicks || []).forEach(function (click) {
        // Where marks of several lines stand above each other, one of them carries the address.
        var found = ((click && click.points) || [])
          .map(function (point) {
            return Array.isArray(point.customdata) ? point.customdata[0] : point.customdata;
          })
          .find(function (href) {
            return typeof href === "string" && href.charAt(0) === "/";
          });
        if (found) go(found);
      });
      return window.dash_clientside.no_update;
    },

    /* After another page has arrived: its title, its top, and the focus on its heading. */
    arrived: function (title) {
      if (!title) return;
      document.title = title;
      var path = window.location.pathname;
      if (shownPath !== null && shownPath !== path) {
        window.scrollTo(0, 0);
        var heading = document.querySelector("main h1");
        if (heading) heading.focus({ preventScroll: true });
      }
      shownPath = path;
    },
  };
})();
