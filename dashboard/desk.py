"""The desk's addresses: files in, answers about them out, and what a person asks to be done.

Every address takes the person who asks and hands the question to ``analytics.desk``; this module must not know how a
file is read or kept, nor what a page looks like.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Flask, Response, jsonify, render_template, request, send_file
from werkzeug.exceptions import RequestEntityTooLarge

from analytics import approvals
from analytics.desk import counter
from analytics.desk.counter import Refused
from analytics.settings import Settings
from analytics.warehouse.errors import StoreBusy, WarehouseError
from dashboard import desk_view
from dashboard.auth import current_person
from dashboard.auth.needs import needs

log = logging.getLogger(__name__)

HEADER = "X-Requested-With"
"""Sent with every change by our own script; a page of another site cannot send it without being asked first."""
_ROOM = 1 << 16
"""Bytes of a form beside its files."""
_WAIT = 15.0
"""Seconds a decision waits for another writer."""


def serve(server: Flask, settings: Settings) -> None:
    """Add the desk's addresses to the server."""
    desk = Blueprint("desk", __name__, url_prefix="/desk")

    def told(function: Callable[..., Any]) -> Callable[..., Any]:
        """Answer what cannot be done with its sentence."""

        @wraps(function)
        def answer(*arguments: Any, **named: Any) -> Any:
            if request.method == "POST" and request.headers.get(HEADER) != "taizhang":
                return _said("请求不是从本系统的页面发出的，没有处理。请刷新页面后重试。", 400)
            try:
                return function(*arguments, **named)
            except Refused as error:
                return _said(str(error), error.status)
            except StoreBusy:
                return _said("台账库正被别的程序写入，没有做成。请稍后再点一次。", 503)
            except WarehouseError as error:
                return _said(str(error), 409)
            except RequestEntityTooLarge:
                limit = settings.max_file_bytes >> 20
                return _said(f"文件超过 {limit} MB 的上限，没有收下。请按年份或县区拆分后分别上传。", 413)

        return answer

    @desk.post("/files")
    @needs("upload")
    @told
    def files() -> Any:
        request.max_content_length = settings.max_file_bytes + _ROOM
        request.max_form_parts = 100
        person = current_person()
        counter.allowed(person)
        given = request.files.getlist("files")
        if not given:
            raise Refused("没有收到文件。请重新选择文件。")
        options = request.form.to_dict()
        took = []
        for one in given:
            task, fresh = counter.hand_in(
                settings, person, one.filename or "", one.stream, options, address=request.remote_addr
            )
            words = "已收到，正在校验" if fresh else "这份文件您已经上传过，正在办理，没有重复收取"
            took.append({"id": task.id, "file": task.file_name, "href": desk_view.address(task.id), "words": words})
        return jsonify({"took": took})

    @desk.get("/form")
    @needs("upload")
    @told
    def form() -> Any:
        person = current_person()
        counter.allowed(person)
        return _shown("drop.html", **desk_view.drop(settings, person))

    @desk.get("/list")
    @needs("upload")
    @told
    def listed() -> Any:
        return _shown("list.html", **desk_view.rows(settings, current_person(), _page()))

    @desk.get("/task/<task_id>")
    @needs("upload")
    @told
    def task(task_id: str) -> Any:
        found = desk_view.task(settings, current_person(), task_id)
        return _shown("task.html", busy=found["state"]["busy"], title=found["file"], **found)

    @desk.post("/task/<task_id>/<act>")
    @needs("upload")
    @told
    def change(task_id: str, act: str) -> Any:
        person, given, here = current_person(), request.form, request.remote_addr
        seen = int(given["revision"]) if given.get("revision", "").isdecimal() else -1
        if act == "confirm":
            counter.confirm(settings, person, task_id, seen, address=here)
        elif act == "amend":
            counter.amend(settings, person, task_id, seen, _amendment())
        elif act == "fix":
            counter.fix(settings, person, task_id, seen, desk_view.cells_of(given), address=here)
        elif act == "unfix":
            counter.unfix(settings, person, task_id, seen, given.get("sheet", ""), given.get("cell", ""), address=here)
        elif act == "drop":
            counter.drop(settings, person, task_id, address=here)
            return jsonify({"go": "/uploads"})
        elif act == "revoke":
            counter.revoke(settings, person, task_id, given.get("reason", ""), address=here)
        else:
            raise Refused("没有这个操作。", 404)
        return jsonify({"done": True})

    def _amendment() -> dict[str, Any]:
        given = request.form
        found: dict[str, Any] = {
            "mapping": {name[4:]: value for name, value in given.items() if name.startswith("map:")},
            "constants": {name[4:]: value for name, value in given.items() if name.startswith("set:")},
        }
        if given.get("options"):
            found |= {name: given.get(name, "") for name in ("ledger", "period", "unit", "replace")}
        return found

    @desk.get("/task/<task_id>/original")
    @needs("upload")
    @told
    def original(task_id: str) -> Any:
        return _file(*counter.original(settings, current_person(), task_id, address=request.remote_addr))

    @desk.get("/task/<task_id>/marked")
    @needs("upload")
    @told
    def marked(task_id: str) -> Any:
        return _file(*counter.marked(settings, current_person(), task_id, address=request.remote_addr))

    @desk.get("/template/<ledger>")
    @needs("upload")
    @told
    def template(ledger: str) -> Any:
        return _file(*counter.template(current_person(), ledger))

    @desk.get("/approvals")
    @needs("approve")
    @told
    def waiting() -> Any:
        _steward()
        return _shown("approvals.html", **desk_view.approvals(settings, request.args.get("show", ""), _page()))

    @desk.post("/approvals/<item_id>/<act>")
    @needs("approve")
    @told
    def decide(item_id: str, act: str) -> Any:
        person, given = _steward(), request.form
        about = {"by": person.login, "address": request.remote_addr, "wait": _WAIT}
        if item_id == "undo":
            approvals.undo(settings, act, **about)
            return jsonify({"done": True})
        if act not in ("accept", "refuse", "merge", "split"):
            raise Refused("没有这个操作。", 404)
        item = approvals.item_of(settings, item_id)
        keep = item.record.record_id if given.get("keep") == "later" else None
        chosen: Any = act
        approvals.decide(
            settings, item, chosen, value=given.get("value"), reason=given.get("reason", ""), keep=keep, **about
        )
        return jsonify({"done": True})

    def _steward() -> Any:
        person = current_person()
        if not person.may("approve"):
            raise Refused("审核事项由数据管理员处理，您现在的身份不能查看。", 403)
        return person

    server.register_blueprint(desk)


def _page() -> int:
    """Return which page of a list is asked for; the first where the address says none."""
    asked = request.args.get("page", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1


def _said(sentence: str, status: int) -> Response:
    """Answer with a sentence: to our script as JSON, to a browser that followed a link as text."""
    if request.headers.get(HEADER) == "taizhang":
        answer = jsonify({"message": sentence})
    else:
        answer = Response(sentence + "\n", mimetype="text/plain; charset=utf-8")
    answer.status_code = status
    return answer


def _shown(name: str, *, busy: bool = False, title: str = "", **values: Any) -> Response:
    answer = jsonify({"html": render_template(f"desk/{name}", **values), "busy": busy, "title": title})
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _file(name: str, content: bytes) -> Response:
    """Send a file to be kept, never to be shown: what somebody uploaded must not run in a browser."""
    answer = send_file(io.BytesIO(content), mimetype="application/octet-stream", as_attachment=True, download_name="f")
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    answer.headers["Cache-Control"] = "no-store"
    return answer
