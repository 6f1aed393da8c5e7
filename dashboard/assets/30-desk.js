/* The desk: parts of a page that the server writes, forms sent without leaving it, files sent with progress.
   What is on the desk is kept by the server; this script may be reloaded at any moment and loses nothing. */
(function () {
  "use strict";

  var HEAD = { "X-Requested-With": "taizhang" };
  var POLL = 1200;
  var REST = 4000;

  function headers() {
    var token = document.querySelector('meta[name="csrf-token"]');
    return token ? Object.assign({ "X-CSRFToken": token.content }, HEAD) : HEAD;
  }

  function tell(box, words, bad) {
    var place = box.querySelector(":scope > .desk-told");
    if (!place) {
      place = document.createElement("p");
      place.className = "notice desk-told";
      place.setAttribute("role", "alert");
      box.prepend(place);
    }
    place.textContent = words;
    place.hidden = !words;
    place.classList.toggle("good", !bad);
  }

  /* An answer that is not ours: the session has ended, or there were too many requests. */
  function read(response) {
    var kind = response.headers.get("Content-Type") || "";
    if (kind.indexOf("application/json") === 0) {
      return response.json().then(function (answer) {
        return { fine: response.ok, answer: answer };
      });
    }
    var words = {
      401: "登录已过期，请重新登录。已经上传的文件都还在。",
      403: "您现在的身份不能做这一项。",
      429: "操作太频繁，请过一分钟再试。",
    };
    var status = response.redirected ? 401 : response.status;
    return { fine: false, answer: { message: words[status] || "没有做成，请刷新页面后重试。" } };
  }

  /* Parts the server writes ------------------------------------------------------------------------------------- */

  function put(box, answer) {
    var inside = box.querySelector(".fragment-inside");
    if (box.dataset.shown === answer.html) return;
    var active = document.activeElement;
    var name = active && box.contains(active) && active.name;
    var open = Array.from(inside.querySelectorAll("details[open] > summary")).map(function (one) {
      return one.textContent;
    });
    box.dataset.shown = answer.html;
    inside.innerHTML = answer.html;
    inside.querySelectorAll("details > summary").forEach(function (one) {
      if (open.indexOf(one.textContent) >= 0) one.parentElement.open = true;
    });
    if (name) {
      var again = inside.querySelector('[name="' + CSS.escape(name) + '"]');
      if (again) again.focus({ preventScroll: true });
    }
    var title = document.querySelector("h1[data-title]");
    if (title && answer.title) {
      title.textContent = answer.title;
      document.title = answer.title + " - " + document.title.split(" - ").pop();
    }
  }

  function load(box) {
    var place = box.dataset.fragment;
    window.clearTimeout(box.timer);
    box.dataset.loaded = place;
    return window
      .fetch(place, { headers: headers(), credentials: "same-origin" })
      .then(read)
      .then(function (got) {
        if (!document.contains(box) || box.dataset.fragment !== place) return;
        if (got.fine) {
          if (box.lost) tell(box, "", false);
          box.lost = false;
          put(box, got.answer);
          // Where there is room, what settles an item stands open.
          if (window.innerWidth > 768) box.querySelectorAll(".desk-settle").forEach(function (fold) { fold.open = true; });
        } else {
          box.querySelector(".fragment-inside").textContent = got.answer.message || "暂时读不出来，请稍后刷新。";
          var title = document.querySelector("h1[data-title]");
          if (title) title.textContent = "没有找到";
        }
        if (got.fine && got.answer.busy) again(box, POLL);
      })
      .catch(function () {
        if (!document.contains(box)) return;
        box.lost = true;
        tell(box, "和服务器的连接断了，正在重试。已经收到的文件都还在，不用重新上传。", true);
        again(box, REST);
      });
  }

  function again(box, after) {
    box.timer = window.setTimeout(function () {
      if (!document.contains(box)) return;
      if (document.hidden) again(box, after);
      else load(box);
    }, after);
  }

  function look() {
    document.querySelectorAll("[data-fragment]").forEach(function (box) {
      if (box.dataset.loaded !== box.dataset.fragment) {
        delete box.dataset.shown;
        load(box);
      }
    });
  }

  new MutationObserver(look).observe(document.documentElement, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["data-fragment"],
  });

  /* Forms ------------------------------------------------------------------------------------------------------- */

  function given(form) {
    var data = new FormData(form);
    form.querySelectorAll("select[data-was]").forEach(function (list) {
      if (list.value === list.dataset.was) data.delete(list.name);
    });
    return data;
  }

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (!form.matches("form[data-post]")) return;
    event.preventDefault();
    if (form.dataset.sent) return;
    if (form.dataset.ask && !window.confirm(form.dataset.ask)) return;
    form.dataset.sent = "true";
    var box = form.closest("[data-fragment]");
    var button = event.submitter;
    if (button) button.setAttribute("aria-busy", "true");
    window
      .fetch(form.action, { method: "POST", body: given(form), headers: headers(), credentials: "same-origin" })
      .then(read)
      .then(function (got) {
        tell(box, got.fine ? "" : got.answer.message || "没有做成，请稍后再试。", true);
        if (got.fine && got.answer.go) {
          window.dash_clientside.set_props("url", { pathname: got.answer.go, search: "" });
          return null;
        }
        if (got.fine) delete box.dataset.shown;
        if (!got.fine) box.scrollIntoView({ block: "nearest" });
        return got.fine ? load(box) : null;
      })
      .catch(function () {
        tell(box, "连接断了，不知道服务器收到没有。请等页面更新后再看，重复点击不会办两次。", true);
        again(box, POLL);
      })
      .finally(function () {
        delete form.dataset.sent;
        if (button) button.removeAttribute("aria-busy");
      });
  });

  /* Files ------------------------------------------------------------------------------------------------------- */

  function line(list, name) {
    var item = document.createElement("li");
    var words = document.createElement("span");
    var bar = document.createElement("progress");
    words.textContent = name + "：正在发送";
    bar.max = 100;
    bar.value = 0;
    bar.setAttribute("aria-label", name + " 的发送进度");
    item.append(words, bar);
    list.append(item);
    return {
      say: function (text, bad) {
        words.textContent = name + "：" + text;
        item.className = bad ? "tone-bad" : "";
      },
      at: function (share) {
        bar.value = share;
      },
      done: function (href) {
        bar.remove();
        if (!href) return;
        var link = document.createElement("a");
        link.href = href;
        link.textContent = "查看校验结果";
        item.append(" ", link);
      },
      failed: function (retry) {
        bar.remove();
        if (!retry) return;
        var button = document.createElement("button");
        button.type = "button";
        button.className = "button";
        button.textContent = "重新发送";
        button.addEventListener("click", function () {
          item.remove();
          retry();
        });
        item.append(" ", button);
      },
    };
  }

  /* One file after another: a slow line is not shared between several, and each has its own answer. */
  var queue = Promise.resolve();

  function send(form, file, alone) {
    var list = form.parentElement.querySelector(".sending");
    var shown = line(list, file.name);
    var limit = Number(form.dataset.limit);
    function retry() {
      send(form, file, alone);
    }
    if (file.size > limit) {
      shown.say("超过 " + Math.floor(limit / 1048576) + " MB 的上限，没有发送。请按年份或县区拆分。", true);
      shown.failed(null);
      return;
    }
    queue = queue.then(function () {
      return new Promise(function (finished) {
        var data = new FormData(form);
        data.delete("files");
        data.append("files", file, file.name);
        var asking = new XMLHttpRequest();
        asking.open("POST", form.action);
        Object.entries(headers()).forEach(function (pair) {
          asking.setRequestHeader(pair[0], pair[1]);
        });
        asking.responseType = "json";
        asking.upload.addEventListener("progress", function (event) {
          if (event.lengthComputable) shown.at((100 * event.loaded) / event.total);
        });
        asking.addEventListener("load", function () {
          var answer = asking.response || {};
          if (asking.status === 200 && answer.took) {
            shown.say(answer.took[0].words, false);
            shown.done(answer.took[0].href);
            if (alone) window.dash_clientside.set_props("url", hrefOf(answer.took[0].href));
          } else {
            shown.say(answer.message || "没有收下，请稍后再试。", true);
            shown.failed(asking.status >= 500 ? retry : null);
          }
          document.querySelectorAll('[data-fragment^="/desk/list"]').forEach(load);
          finished();
        });
        asking.addEventListener("error", function () {
          shown.say("连接中断，没有发完。", true);
          shown.failed(retry);
          finished();
        });
        asking.send(data);
      });
    });
  }

  function hrefOf(href) {
    var to = new URL(href, window.location.href);
    return { pathname: to.pathname, search: to.search };
  }

  function sendAll(form, files) {
    var chosen = Array.from(files);
    chosen.forEach(function (file) {
      send(form, file, chosen.length === 1);
    });
  }

  document.addEventListener("change", function (event) {
    var input = event.target;
    if (!input.matches("form[data-drop] input[type=file]")) return;
    sendAll(input.form, input.files);
    input.value = "";
  });

  ["dragenter", "dragover", "dragleave", "drop"].forEach(function (kind) {
    document.addEventListener(kind, function (event) {
      var form = document.querySelector("form[data-drop]");
      if (!form || !event.dataTransfer || Array.from(event.dataTransfer.types).indexOf("Files") < 0) return;
      event.preventDefault();
      var over = kind === "dragenter" || kind === "dragover";
      form.classList.toggle("over", over);
      if (kind === "drop") sendAll(form, event.dataTransfer.files);
    });
  });

  document.addEventListener("submit", function (event) {
    if (event.target.matches("form[data-drop]")) event.preventDefault();
  });
})();
