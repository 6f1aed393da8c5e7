/* Ways of asking and ways out: any two days, views kept by name, what the next visit begins with, a newer version
   without a reload, pictures of charts, the big screen. Nothing here computes a figure. */
(function () {
  "use strict";

  var KEPT = "taizhang-asked", VIEWS = "taizhang-views";
  var POLL = 15000, TURN = 20000;

  function all(selector, inside) { return Array.from((inside || document).querySelectorAll(selector)); }

  function make(tag, given, words) {
    var made = document.createElement(tag);
    Object.keys(given || {}).forEach(function (name) { made.setAttribute(name, given[name]); });
    if (words) made.textContent = words;
    return made;
  }

  function kept(key) {
    try { return window.localStorage.getItem(key); } catch (error) { return null; /* This browser keeps nothing. */ }
  }

  function keep(key, value) {
    try { window.localStorage.setItem(key, value); } catch (error) { say("这个浏览器不允许保存，关闭后不会记住。"); }
  }

  /* One short sentence at the foot of the window, read out and gone again. */
  function say(words) {
    var place = document.getElementById("said") || document.body.appendChild(make("div", { id: "said", role: "status" }));
    place.textContent = words;
    window.clearTimeout(say.later);
    say.later = window.setTimeout(function () { place.textContent = ""; }, 6000);
  }

  /* The address with what every page understands; a preset's own word instead of the days it means today. */
  function asked() {
    var from = new URLSearchParams(window.location.search), to = new URLSearchParams();
    ["period", "county", "line"].forEach(function (name) { if (from.get(name)) to.set(name, from.get(name)); });
    var preset = document.querySelector(".segments > a[aria-current]");
    if (preset && to.get("period")) to.set("period", preset.textContent);
    return to.toString() ? "?" + to : "";
  }

  /* Fold-outs of the bar: one open at a time, closed by Escape, by a click elsewhere and by going on. */
  function close(except) {
    all("details.fold[open]").forEach(function (fold) { if (fold !== except) fold.open = false; });
  }

  document.addEventListener("click", function (event) {
    var target = event.target.closest ? event.target : document.body;
    // What was clicked may be gone by now, such as the line of a view that was deleted; the way of the click stays.
    close(event.composedPath().find(function (part) { return part.matches && part.matches("details.fold"); }));
    var button = target.closest("[data-do]");
    if (button) { close(); actions[button.getAttribute("data-do")](button); }
  });
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") return;
    var open = document.querySelector("details.fold[open]");
    if (open) { open.open = false; open.querySelector("summary").focus(); }
    else if (screen()) {
      document.documentElement.removeAttribute("data-screen");
      window.taizhang.go(address({ screen: null }));
    }
  });
  document.addEventListener("toggle", function (event) {
    var fold = event.target;
    if (!fold.open || !fold.matches("details.fold")) return;
    if (fold.matches(".custom")) days(fold.querySelector(".days"));
    if (fold.matches(".views")) views(fold.querySelector(".fold-sheet"));
  }, true);

  function address(changes) {
    var to = new URLSearchParams(window.location.search);
    Object.keys(changes).forEach(function (name) {
      if (changes[name] === null) to.delete(name); else to.set(name, changes[name]);
    });
    return window.location.pathname + (to.toString() ? "?" + to : "");
  }

  function days(place) {
    place.textContent = "";
    var form = make("form");
    [["first", "从"], ["last", "到"]].forEach(function (part) {
      var label = make("label", {}, part[1] + " ");
      label.appendChild(make("input", {
        type: "date", name: part[0], required: "", value: place.getAttribute("data-" + part[0]), min: "2000-01-01", max: "2199-12-31",
      }));
      form.appendChild(label);
    });
    form.appendChild(make("button", { "class": "button" }, "查看"));
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      if (form.first.value > form.last.value) { say("开始日期晚于结束日期，请调换。"); return; }
      close();
      window.taizhang.go(address({ period: form.first.value + ".." + form.last.value, page: null }));
    });
    place.appendChild(form);
  }

  /* Views by name: of a person on the server, of a visitor in this browser. */
  var own = {
    list: function () { return Promise.resolve(JSON.parse(kept(VIEWS) || "[]")); },
    save: function (name, href) {
      return own.list().then(function (found) {
        var rest = found.filter(function (view) { return view.name !== name; });
        keep(VIEWS, JSON.stringify(rest.concat({ name: name, address: href })));
      });
    },
    drop: function (name) {
      return own.list().then(function (found) {
        keep(VIEWS, JSON.stringify(found.filter(function (view) { return view.name !== name; })));
      });
    },
  };

  function request(method, body) {
    var headers = { "Content-Type": "application/json", "X-Requested-With": "taizhang" };
    var token = document.querySelector('meta[name="csrf-token"]');
    if (token) headers["X-CSRFToken"] = token.content;
    return window.fetch("/views", { method: method, headers: headers, body: body && JSON.stringify(body) }).then(function (answer) {
      return answer.json().then(function (found) {
        if (!answer.ok) throw new Error(found.message);
        return found;
      });
    });
  }

  var theirs = {
    list: function () { return request("GET").then(function (found) { return found.views; }); },
    save: function (name, href) { return request("POST", { name: name, address: href }); },
    drop: function (name) { return request("DELETE", { name: name }); },
  };

  function views(place) {
    request("GET").then(function (found) { draw(place, found.person ? theirs : own); }, function () { draw(place, own); });
  }

  function draw(place, store) {
    function again() {
      draw(place, store).then(function () { place.querySelector("input").focus(); });
    }
    function failed(error) { say(error.message); }
    return store.list().then(function (found) {
      place.textContent = "";
      var list = make("ul");
      found.forEach(function (view) {
        var line = make("li"), drop = make("button", { type: "button", "aria-label": "删除视图" + view.name, title: "删除" }, "×");
        line.appendChild(make("a", { href: view.address, "class": "way" }, view.name));
        drop.addEventListener("click", function () { store.drop(view.name).then(again, failed); });
        line.appendChild(drop);
        list.appendChild(line);
      });
      if (!found.length) list.appendChild(make("li", { "class": "faint" }, "还没有保存的视图"));
      var form = make("form");
      form.appendChild(make("input", { name: "name", required: "", maxlength: "40", placeholder: "给当前页面起个名字", "aria-label": "视图名称" }));
      form.appendChild(make("button", { "class": "button" }, "保存"));
      form.addEventListener("submit", function (event) {
        event.preventDefault();
        var name = form.elements.name.value.trim(), preset = new URLSearchParams(asked()).get("period");
        if (name) store.save(name, address(preset ? { period: preset } : {})).then(again, failed);
      });
      place.appendChild(list);
      place.appendChild(form);
    }).catch(failed);
  }

  /* A newer version: its id is put where the screen's callback looks. */
  var told = null;

  function shown() {
    var version = document.getElementById("version");
    return version && version.textContent;
  }

  function look() {
    /* What the desk shows it fetches itself, and what is being typed there must stay. */
    if (document.hidden || document.querySelector("[data-fragment]") || /[?&]version=/.test(window.location.search)) return;
    window.fetch("/fresh", { headers: { "X-Requested-With": "taizhang" } }).then(function (answer) {
      return answer.ok ? answer.json() : {};
    }).then(function (found) {
      if (!found.version || found.version === shown() || found.version === told) return;
      told = found.version;
      window.dash_clientside.set_props("fresh", { data: told });
      say("已换成刚发布的新数据。");
    }, function () { /* The server is away for a moment; the next look asks again. */ });
  }
  window.setInterval(look, POLL);
  document.addEventListener("visibilitychange", look);

  /* The big screen: a page is walked down a window's height at a time, then the next page comes. */
  function screen() { return new URLSearchParams(window.location.search).get("screen") === "1"; }

  function turn() {
    if (!screen()) return;
    var step = window.innerHeight * 0.9, left = document.documentElement.scrollHeight - window.innerHeight - window.scrollY;
    if (left > window.innerHeight * 0.15) { window.scrollBy({ top: Math.min(step, left), behavior: "smooth" }); return; }
    var links = all("#pages a"), at = links.findIndex(function (link) { return link.hasAttribute("aria-current"); });
    var next = links[(at + 1) % links.length];
    if (links.length > 1) window.taizhang.go(next.getAttribute("href"));
    else window.scrollTo(0, 0);
  }
  window.setInterval(turn, TURN);

  /* The field for a text to look for among rows. */
  function finders() {
    all(".find").forEach(function (place) {
      if (!place.firstChild) {
        var form = make("form", { role: "search" });
        form.appendChild(make("input", { name: "find", type: "search", maxlength: "80", placeholder: "在明细中查找", "aria-label": "在明细中查找" }));
        form.appendChild(make("button", { "class": "button" }, "查找"));
        form.addEventListener("submit", function (event) {
          event.preventDefault();
          window.taizhang.go(address({ find: form.elements.find.value.trim() || null, page: null }));
        });
        place.appendChild(form);
      }
      place.querySelector("input").value = place.getAttribute("data-find");
    });
  }

  document.addEventListener("taizhang:arrived", function () {
    close();
    window.requestAnimationFrame(function () { window.requestAnimationFrame(finders); });
    document.documentElement.toggleAttribute("data-screen", screen());
    if (!screen() && shown() && !/[?&]version=/.test(window.location.search)) keep(KEPT, asked());
  });

  var actions = {
    print: function () { window.print(); },
    copy: function (button) {
      var href = new URL(button.getAttribute("data-href"), window.location.href).href;
      navigator.clipboard.writeText(href).then(function () { say("链接已复制，打开就是这一版的这一页。"); }, function () {
        window.prompt("请复制链接：", href);
      });
    },
    picture: function (button) {
      var figure = button.closest("figure"), chart = figure.querySelector(".js-plotly-plot"), told = figure.querySelector("[role=img]").getAttribute("aria-labelledby");
      var title = document.getElementById(told).textContent, reaches = document.getElementById("reaches");
      var foot = "数据截至" + (reaches ? reaches.textContent : "") + "　数据版本 " + shown() + "　来源：本单位工作台账";
      var layout = Object.assign({}, chart.layout, { paper_bgcolor: "#ffffff", plot_bgcolor: "#ffffff", autosize: false });
      layout.margin = Object.assign({}, layout.margin, { t: 80, b: 64, l: 24, r: 24 });
      layout.annotations = (layout.annotations || []).concat(
        { text: title, xref: "paper", yref: "paper", x: 0, y: 1, yshift: 44, xanchor: "left", yanchor: "bottom", showarrow: false, font: { size: 18, color: "#1d1f22" } },
        { text: foot, xref: "paper", yref: "paper", x: 0, y: 0, yshift: -52, xanchor: "left", yanchor: "bottom", showarrow: false, font: { size: 11, color: "#5b6068" } }
      );
      window.Plotly.downloadImage({ data: chart.data, layout: layout, config: { locale: "zh-CN" } }, {
        format: "png", width: 1200, height: 675, scale: 2, filename: title,
      });
    },
  };
})();
