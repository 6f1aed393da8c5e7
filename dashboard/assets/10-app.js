/* Moving between addresses without reloading, and small manners of the page.
   The address is the only state: links, lists and clicks in charts all lead to an address. */
(function () {
  "use strict";

  /* Whose session has ended goes on at the sign-in page, and comes back to where they were. */
  var ask = window.fetch;
  window.fetch = function () {
    return ask.apply(this, arguments).then(function (answer) {
      if (answer.status === 401) {
        window.location.assign("/signin?next=" + encodeURIComponent(window.location.pathname + window.location.search));
      }
      return answer;
    });
  };

  /* What had the focus when another address was asked for, so that the keyboard stays where it was. */
  var held = null;

  function hold(element) {
    var group = element.closest("[aria-label]");
    held = { id: element.id, text: element.textContent, group: group && group.getAttribute("aria-label") };
  }

  function takeUp() {
    var was = held;
    held = null;
    if (!was || (document.activeElement && document.activeElement !== document.body)) return;
    var found = was.id ? document.getElementById(was.id) : null;
    if (!found) {
      found = Array.from(document.querySelectorAll("main a[href]")).find(function (link) {
        var group = link.closest("[aria-label]");
        return link.textContent === was.text && (group && group.getAttribute("aria-label")) === was.group;
      });
    }
    if (found) found.focus({ preventScroll: true });
  }

  function go(href) {
    var to = new URL(href, window.location.href);
    if (to.origin !== window.location.origin) return;
    if (to.pathname === window.location.pathname && to.search === window.location.search) return;
    window.dash_clientside.set_props("url", { pathname: to.pathname, search: to.search, hash: to.hash });
  }
  window.taizhang = { go: go };

  document.addEventListener("click", function (event) {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    var link = event.target.closest && event.target.closest("a[href]");
    if (!link || link.target || link.dataset.plain || link.hasAttribute("download")) return;
    var href = link.getAttribute("href");
    if (href.charAt(0) !== "/") return;
    event.preventDefault();
    hold(link);
    go(href);
  });

  /* The list of pages, where they have no room beside each other: any click and Escape close it. */
  function unfold(open) {
    var menu = document.getElementById("menu");
    if (menu && menu.getAttribute("aria-expanded") !== String(open)) menu.setAttribute("aria-expanded", String(open));
    return menu;
  }

  document.addEventListener("click", function (event) {
    var menu = event.target.closest && event.target.closest("#menu");
    unfold(Boolean(menu) && menu.getAttribute("aria-expanded") !== "true");
  });

  document.addEventListener("keydown", function (event) {
    var menu = document.getElementById("menu");
    if (event.key !== "Escape" || !menu || menu.getAttribute("aria-expanded") !== "true") return;
    unfold(false).focus();
  });

  document.addEventListener("change", function (event) {
    var list = event.target;
    if (!list.matches || !list.matches("select[data-go]")) return;
    hold(list);
    go(list.value);
  });

  /* Entries of a book are narrowed to those that hold what is typed. */
  document.addEventListener("input", function (event) {
    if (event.target.id !== "narrow") return;
    var words = event.target.value.trim().toLowerCase();
    var count = document.getElementById("narrow-count");
    var shown = 0;
    document.querySelectorAll("#" + count.dataset.of + " > section").forEach(function (chapter) {
      var left = 0;
      chapter.querySelectorAll(".term, li").forEach(function (entry) {
        entry.hidden = entry.textContent.toLowerCase().indexOf(words) < 0;
        if (!entry.hidden) left += 1;
      });
      chapter.hidden = left === 0;
      shown += left;
    });
    count.textContent = words ? "找到 " + shown + " 条" : "";
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
        held = null;
      } else {
        // The new figures are in place once the browser has painted them.
        window.requestAnimationFrame(function () {
          window.requestAnimationFrame(takeUp);
        });
      }
      shownPath = path;
      document.dispatchEvent(new Event("taizhang:arrived"));
    },
  };
})();
