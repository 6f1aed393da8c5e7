"""The pages about oneself: signing in and out, one's account and password. Plain HTML that needs no script.

This module must not know how passwords and sessions are kept.
"""

from __future__ import annotations

from typing import Any

from dash import Dash
from flask import Flask, Response, g, redirect, render_template, request, session
from flask_limiter import Limiter
from werkzeug.wrappers import Response as Answer

from analytics.ledgers import geography, ledgers
from analytics.operations import accounts, passwords, sessions
from analytics.operations.accounts import AccountError
from analytics.operations.people import Person
from analytics.operations.roles import names
from analytics.settings import Settings
from dashboard import state, theme
from dashboard.auth.gate import ACCOUNT_PAGE, SIGN_IN, TOKEN, Gate, own_address
from dashboard.auth.limits import SIGN_IN as SIGN_IN_RATE
from dashboard.auth.needs import ACCOUNT, ANYBODY, needs
from dashboard.auth.who import current_person
from dashboard.pages import PAGES
from dashboard.pages.page import PRODUCT, navigation

Page = str | tuple[str, int] | Answer

SERVER_PAGES = (("users", "/users", "账号"), ("audit", "/audit", "审计"))
"""Pages that are plain HTML: the action they need, their address, their title."""


def links(person: Person) -> list[tuple[str, str]]:
    """Return title and address of the plain pages a person may open, their own account last.

    Whose password is still the one-time one may open none before it is changed.
    """
    if person.must_change:
        return []
    found = [(title, path) for action, path, title in SERVER_PAGES if person.may(action)]
    if person.visitor:
        return [*found, ("登录", SIGN_IN)]
    return [*found, (person.name, ACCOUNT_PAGE)] if person.id else found


def page(template: str, title: str, status: int = 200, **values: Any) -> tuple[str, int]:
    """Return a plain page inside the frame that all of them share."""
    person = current_person()
    listed = navigation(PAGES, reader=person, path=request.path, view=state.View()) if not person.must_change else []
    shown = render_template(
        template,
        title=title,
        product=PRODUCT,
        owner=geography().federation,
        variables=theme.css_variables(),
        person=person,
        listed=[(choice.word, choice.href) for choice in listed if person.id],
        own=links(person),
        here=request.path,
        **values,
    )
    return shown, status


def connect(app: Dash, settings: Settings, gate: Gate, limiter: Limiter, provider: str | None) -> None:
    """Put the pages into the application.

    Args:
        app: The application.
        settings: The one settings object.
        gate: The application's gate.
        limiter: The application's limiter.
        provider: What the identity provider is called, if there is one.
    """
    server: Flask = app.server

    def form(problem: str = "", login: str = "", status: int = 200) -> Page:
        return page(
            "signin.html",
            "登录",
            status,
            problem=problem,
            login=login,
            provider=provider,
            going_to=own_address(request.values.get("next")),
            peopled=gate.visiting.peopled(),
            visiting=gate.visiting.allowed(request),
        )

    @server.get(SIGN_IN)
    @needs(ANYBODY)
    def sign_in() -> Page:
        if current_person().id and not current_person().visitor:
            return redirect(own_address(request.args.get("next")))
        return form()

    @server.post(SIGN_IN)
    @limiter.limit(SIGN_IN_RATE)
    @needs(ANYBODY)
    def try_password() -> Page:
        login = request.form.get("login", "")[:64]
        password = request.form.get("password", "")[: passwords.LONGEST * 4]
        entry = sessions.sign_in(settings, login, password, address=request.remote_addr)
        if entry.token is None:
            return form(entry.problem, login, 401)
        begin(entry.token)
        going_to = own_address(request.form.get("next"))
        person = sessions.person(settings, entry.token)
        return redirect(first_page(person) if person is not None and going_to == "/" else going_to)

    @server.post("/signout")
    @needs(ACCOUNT)
    def sign_out() -> Page:
        token = session.get(TOKEN)
        if isinstance(token, str):
            sessions.sign_out(settings, token, who=current_person().login, address=request.remote_addr)
        session.clear()
        return redirect(SIGN_IN)

    def own(problem: str = "", done: str = "", status: int = 200) -> Page:
        person = current_person()
        return page(
            "account.html", "我的账号", status, problem=problem, done=done, role_names=names(person.roles),
            counties="、".join(sorted(person.counties)) if person.counties else "全市",
            ledgers="、".join(ledgers()[id_].name for id_ in sorted(person.ledgers)) if person.ledgers else "全部台账",
            shortest=passwords.SHORTEST, going_to=own_address(request.values.get("next")),
        )  # fmt: skip

    @server.get(ACCOUNT_PAGE)
    @needs(ACCOUNT)
    def account() -> Page:
        return own()

    @server.post(ACCOUNT_PAGE)
    @limiter.limit(SIGN_IN_RATE)
    @needs(ACCOUNT)
    def change_password() -> Page:
        person = current_person()
        if request.form.get("new") != request.form.get("again"):
            return own("两次输入的新密码不一样，请重新输入。", status=400)
        token = session.get(TOKEN)
        keep = sessions.hash_of(token) if isinstance(token, str) else None
        try:
            accounts.set_password(
                settings, person, request.form.get("old", ""), request.form.get("new", ""), keep=keep,
                address=request.remote_addr,
            )  # fmt: skip
        except AccountError as error:
            return own(str(error), status=400)
        if person.must_change:
            going_to = own_address(request.form.get("next"))
            return redirect(first_page(person) if going_to == "/" else going_to)
        return own(done="密码已修改；在其他地方的登录都已退出。")


def first_page(person: Person) -> str:
    """Return where somebody who has signed in begins: the overview, or what their role is for."""
    if person.may("read"):
        return "/"
    return next((path for action, path, _ in SERVER_PAGES if person.may(action)), ACCOUNT_PAGE)


def begin(token: str) -> None:
    """Begin a session: what the browser held before counts no more, so nobody can have put it there."""
    session.clear()
    session[TOKEN] = token
    session.permanent = False
    g.pop("csrf_token", None)


def plain(words: str, status: int = 200, kind: str = "text/plain") -> Response:
    """Return a few words."""
    return Response(words, status, mimetype=kind)
