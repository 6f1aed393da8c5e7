"""The pages of 系统管理 and 审计: accounts, and the audit with its export. Plain HTML that needs no script.

This module must not know how accounts and the audit are kept.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any
from urllib.parse import urlencode

from dash import Dash
from flask import Flask, Response, abort, request

from analytics import moments
from analytics.ledgers import geography, ledgers
from analytics.operations import accounts, audit, sessions
from analytics.operations.accounts import About, AccountError
from analytics.operations.audit import Line, Wanted
from analytics.operations.roles import acts, names, roles
from analytics.settings import Settings
from analytics.warehouse.export import neutral
from dashboard.auth.needs import needs
from dashboard.auth.views import Page, page
from dashboard.auth.who import current_person

ROWS = 50
"""Lines of the audit on one page."""


def connect(app: Dash, settings: Settings) -> None:
    """Put the pages into the application."""
    _accounts(app, settings)
    _audit(app, settings)


def _accounts(app: Dash, settings: Settings) -> None:
    server: Flask = app.server

    def one(about: About | None, problem: str = "", done: str = "", password: str = "", status: int = 200) -> Page:
        return page(
            "user.html", about.name if about else "新增账号", status, about=about, problem=problem, done=done,
            password=password, all_roles=list(roles().values()), counties=[p.name for p in geography().counties],
            ledgers=[(one_.id, one_.name) for one_ in ledgers().values()], given=request.form,
            lasts=sessions.ONE_TIME_DAYS,
        )  # fmt: skip

    def found(login: str) -> About:
        try:
            return accounts.find(settings, login)
        except AccountError:
            return abort(404)

    def wanted() -> dict[str, Any]:
        form = request.form
        return {
            "name": form.get("name", "")[:64],
            "roles": form.getlist("role"),
            "counties": form.getlist("county"),
            "ledgers": form.getlist("ledger"),
            "discipline": form.get("discipline") == "1",
        }

    def by() -> dict[str, Any]:
        return {"by": current_person().login, "address": request.remote_addr}

    @server.get("/users")
    @needs("users")
    def list_users() -> Page:
        rows = [
            (about, names(about.roles), _scope(about), _moment(about.seen_at)) for about in accounts.everyone(settings)
        ]
        return page("users.html", "账号", rows=rows)

    @server.get("/users/new")
    @needs("users")
    def new_user() -> Page:
        return one(None)

    @server.post("/users/new")
    @needs("users")
    def add_user() -> Page:
        login = request.form.get("login", "")[:64]
        try:
            password = accounts.add(settings, login=login, **wanted(), **by())
        except AccountError as error:
            return one(None, problem=str(error), status=400)
        return one(accounts.find(settings, login), done="账号已新增。", password=password)

    @server.get("/users/<login>")
    @needs("users")
    def show_user(login: str) -> Page:
        return one(found(login))

    @server.post("/users/<login>")
    @needs("users")
    def change_user(login: str) -> Page:
        about = found(login)
        act = request.form.get("act", "save")
        try:
            if act == "reset":
                password = accounts.reset(settings, login, **by())
                return one(found(login), done="密码已重置，此人已在各处退出登录。", password=password)
            if act in {"disable", "enable"}:
                about = accounts.change(settings, login, enabled=act == "enable", **by())
                return one(about, done="已启用。" if about.enabled else "已停用，此人已退出登录。")
            return one(accounts.change(settings, login, **wanted(), **by()), done="已保存，立即生效。")
        except AccountError as error:
            return one(about, problem=str(error), status=400)


def _scope(about: About) -> str:
    counties = "、".join(about.counties) if about.counties else "全市"
    known = ledgers()
    shown = (
        "、".join(known[id_].name if id_ in known else id_ for id_ in about.ledgers) if about.ledgers else "全部台账"
    )
    return f"{counties}；{shown}" + ("；含纪检" if about.discipline else "")


def _moment(text: str | None) -> str:
    """Return a moment (ISO, UTC) as the office's clock shows it."""
    return moments.told(text, moments.SECOND) if text else "—"


def _audit(app: Dash, settings: Settings) -> None:
    server: Flask = app.server

    @server.get("/audit")
    @needs("audit")
    def show_audit() -> Page:
        wanted, kept = _wanted()
        number = request.args.get("page", "1")
        at = max(1, min(int(number), 10**6)) if number.isascii() and number.isdigit() and len(number) < 8 else 1
        found, total = audit.lines(settings, wanted, offset=(at - 1) * ROWS, limit=ROWS)
        who, actions = audit.words(settings)
        pages = max(1, -(-total // ROWS))

        def turn(to: int) -> str | None:
            return f"/audit?{urlencode(kept | {'page': to})}" if 1 <= to <= pages and to != at else None

        return page(
            "audit.html", "审计", total=total, at=at,
            rows=[(line, _moment(line.at), acts().get(line.action, line.action)) for line in found],
            pages=pages, earlier=turn(at - 1), later=turn(at + 1), who=who, kept=kept,
            actions=[(action, acts().get(action, action)) for action in actions],
            export=f"/audit.csv?{urlencode(kept)}",
        )  # fmt: skip

    @server.get("/audit.csv")
    @needs("audit")
    def export_audit() -> Response:
        wanted, kept = _wanted()
        found, total = audit.lines(settings, wanted, limit=None)
        stream = io.StringIO()
        writer = csv.writer(stream)
        writer.writerow(
            ("序号", "时间", "何人", "来自", "动作", "对象", "之前", "之后", "成功", "前一条校验值", "校验值")
        )
        writer.writerows(_cells(line) for line in found)
        audit.record(
            settings, who=current_person().login, action="audit-export", target=f"{total}", after=kept or None,
            address=request.remote_addr,
        )  # fmt: skip
        content = "\ufeff" + stream.getvalue()
        headers = {"Content-Disposition": "attachment; filename*=UTF-8''%E5%AE%A1%E8%AE%A1.csv"}
        return Response(content, mimetype="text/csv", headers=headers)


def _cells(line: Line) -> list[str]:
    told = (line.address, acts().get(line.action, line.action), line.target, line.before, line.after)
    words = [neutral(word or "") for word in (line.who, *told)]
    return [str(line.seq), _moment(line.at), *words, "是" if line.success else "否", line.previous, line.hash]


def _wanted() -> tuple[Wanted, dict[str, str]]:
    """Return what the address asks for, and its parts that could be read."""
    given = {name: value[:64].replace("\x00", "") for name, value in request.args.items() if value and name != "page"}
    kept: dict[str, str] = {name: given[name] for name in ("who", "action", "target") if name in given}
    days: dict[str, str] = {}
    for name, extra in (("since", 0), ("until", 1)):
        try:
            day = dt.date.fromisoformat(given.get(name, ""))
            begins = dt.datetime.combine(day, dt.time(), moments.zone()) + dt.timedelta(days=extra)
        except (ValueError, OverflowError):
            # Not a day: nothing is asked about it.
            continue
        days[name] = begins.astimezone(dt.UTC).isoformat(timespec="microseconds")
        kept[name] = given[name]
    outcome = {"1": True, "0": False}.get(given.get("success", ""))
    if outcome is not None:
        kept["success"] = given["success"]
    wanted = Wanted(
        kept.get("who"), kept.get("action"), kept.get("target"), outcome, days.get("since"), days.get("until")
    )
    return wanted, kept
