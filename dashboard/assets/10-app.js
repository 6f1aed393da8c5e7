/* Moving between addresses without reloading, and small manners of the page.
   The address is the only state: links, lists and clicks in charts all lead to an address. */
(function () {
  "use strict";

  /* Whose session has ended goes on at the sign-in page, and comes back to where they were. An answer that comes after
     another screen was asked for is nobody's any more: it tells what differs from a screen that may be gone. */
  var ask = window.fetch, asked = 0, arriving = false;
  window.fetch = function (address, options) {
    var mine = /_dash-update-component/.test(address && address.url ? address.url : address) ? ++asked : 0;
    return ask.call(this, address, mine && arriving ? withoutStamps(options) : options).then(function (answer) {
      if (answer.status === 401) {
        window.location.assign("/signin?next=" + encodeURIComponent(window.location.pathname + window.location.search));
      }
      if (!mine || answer.status !== 200) return answer;
      return answer.text().then(function (words) {
        arriving = arriving || mine === asked;
        return mine === asked ? new Response(words, { headers: answer.headers }) : new Response(null, { status: 204 });
      });
    });
  };

  /* Asked while an answer is on its way into the document: what was read of the document will not hold when the next
     one comes, so it is not told, and all is answered. */
  function withoutStamps(options) {
    var told = JSON.parse(options.body);
    told.state.flat().forEach(function (place) {
      if (place.property === "data-stamp") place.value = null;
    });
    return Object.assign({}, options, { body: JSON.stringify(told) });
  }

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
  /* Whether what stands in the document is the answer to what was asked last. */
  function settled() {
    var at = window.location.pathname + window.location.search;
    return last !== null && last.at === at && !stale(last.pieces).length;
  }

  window.taizhang = { go: go, settled: settled };

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

  /* Only what differs is painted, so what stands in the document is held against what the server said must stand there;
     where it is something else, all of it is painted again, and if that is not enough the page is loaded again. */
  var CHECKED = 3000, tries = 0;

  function stale(pieces) {
    var there = 0;
    var wrong = Object.keys(pieces).filter(function (name) {
      var place = document.getElementById(JSON.stringify({ piece: name }));
      if (!place) return true;
      there += 1;
      var figure = pieces[name].split(".")[1], chart = figure && place.querySelector(".js-plotly-plot");
      return place.dataset.stamp !== pieces[name] || Boolean(figure && !(chart && chart.layout && chart.layout.meta === figure));
    });
    return wrong.concat(document.querySelectorAll("[data-stamp]").length > there ? ["more"] : []);
  }

  function check(painted, until) {
    if (painted !== last) return;
    var wrong = stale(painted.pieces);
    if (!wrong.length) { tries = 0; return; }
    // A chart that is still being drawn is not wrong, and what nobody sees is not painted.
    if (Date.now() < until || document.hidden || document.querySelector(".dash-graph--pending")) { window.setTimeout(check, 250, painted, until); return; }
    console.warn("painted again: " + wrong.join(" "));
    tries += 1;
    if (tries > 1) { tries = 0; window.location.reload(); return; }
    ["screen", "links", "foot"].forEach(function (name) {
      window.dash_clientside.set_props({ piece: name }, { "data-stamp": "" });
    });
    window.dash_clientside.set_props("again", { data: Date.now() });
  }

  var shownPath = null, last = null;

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.taizhang = {
    /* A click on a mark that carries an address leads there. Of a chart that stays, the click is then forgotten: it
       would be told again as soon as another chart comes or goes. */
    follow: function (clicks) {
      var asked = window.dash_clientside.callback_context.triggered;
      asked.forEach(function (prop) {
        var click = prop.value;
        if (!click) return;
        window.dash_clientside.set_props(JSON.parse(prop.prop_id.slice(0, prop.prop_id.lastIndexOf("."))), { clickData: null });
        // Where marks of several lines stand above each other, one of them carries the address.
        var found = (click.points || [])
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
    arrived: function (painted) {
      if (!painted) return;
      arriving = false;
      last = painted;
      document.title = painted.title;
      window.setTimeout(check, 250, painted, Date.now() + CHECKED);
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
