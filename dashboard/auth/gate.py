"""What stands before every request: is the host ours, does it come from our own pages, who asks, may they?

Every endpoint and every callback says what it needs (``needs``); what does not say is refused. This module must not
know pages or figures.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

from dash import Dash
from flask import Flask, Response, abort, g, redirect, request, session
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response as Answer

from analytics.operations import sessions
from analytics.operations.people import NOBODY, VISITOR, Person
from analytics.settings import Settings
from dashboard.auth.limits import within
from dashboard.auth.needs import ACCOUNT, ANYBODY, SIGNED_IN, needed
from dashboard.auth.visiting import LOOPBACK_NAMES, Visiting

SIGN_IN = "/signin"
ACCOUNT_PAGE = "/account"
TOKEN = "sid"  # noqa: S105 - the name it is kept under
"""Where the cookie keeps the session's token."""
CALLBACKS = "/_dash-update-component"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_SIMPLE = frozenset({"", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain"})
"""What a page of somebody else can send without being asked: these need a token."""

DASH = {
    "static": ANYBODY,
    "_dash_assets.static": ANYBODY,
    "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>": ANYBODY,
    "/_favicon.ico": ANYBODY,
    "/_dash-layout": SIGNED_IN,
    "/_dash-dependencies": SIGNED_IN,
    "/_reload-hash": SIGNED_IN,
    CALLBACKS: SIGNED_IN,
    "/": SIGNED_IN,
    "/<path:path>": SIGNED_IN,
}
"""Dash's own endpoints. The shell and the layout hold no figures; callbacks have rules of their own."""


def rule_of(server: Flask, endpoint: str) -> str | None:
    """Return what an endpoint needs; ``None`` where nobody has said."""
    return needed(server.view_functions.get(endpoint)) or DASH.get(endpoint)


def rule_of_callback(app: Dash, output: str) -> str | None:
    """Return what a callback needs; ``None`` where there is none of that name, or nobody has said."""
    found: Callable[..., Any] | None = app.callback_map.get(output, {}).get("callback")
    return needed(found)


def allows(person: Person, rule: str | None) -> bool:
    """Return whether a person meets a rule."""
    if rule is None:
        return False
    if rule == ANYBODY:
        return True
    if person is NOBODY:
        return False
    if rule == ACCOUNT:
        return not person.visitor
    if person.must_change:
        return False
    return rule == SIGNED_IN or person.may(rule)


class Cookies(SecureCookieSessionInterface):
    """The session's cookie, which never travels without https where it was given over https."""

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002 - Flask's signature
        """Return whether this very request came over https; other threads answer others meanwhile."""
        return request.is_secure


class Gate:
    """The gate of one application."""

    def __init__(self, app: Dash, settings: Settings) -> None:
        self.app = app
        self.settings = settings
        self.visiting = Visiting(settings)
        self.csrf = CSRFProtect()
        app.server.config.update(
            WTF_CSRF_CHECK_DEFAULT=False,
            WTF_CSRF_TIME_LIMIT=None,
            SESSION_COOKIE_NAME="taizhang",
            SESSION_COOKIE_HTTPONLY=True,
            SESSION_COOKIE_SAMESITE="Lax",
        )
        app.server.session_interface = Cookies()
        self.csrf.init_app(app.server)
        app.server.before_request(self.before)

    def before(self) -> Answer | None:
        """Let a request through, or answer it here."""
        if not self.host_is_ours(request.host):
            abort(400, "host")
        if request.method not in _SAFE:
            self._same_origin()
        person = g.person = self._who()
        rule = rule_of(self.app.server, request.endpoint) if request.endpoint else ANYBODY
        if not allows(person, rule):
            return self._turn_away(person)
        if request.endpoint == CALLBACKS:
            return self._callback(person)
        if not self._within(rule, person):
            abort(429)
        return None

    def _within(self, rule: str | None, person: Person) -> bool:
        """Count what is worth counting: changes, and data taken out; a page that asks how far it is, is not."""
        if rule is None or (request.method in _SAFE and rule == "upload"):
            return True
        return within(self.settings, rule, person.id or request.remote_addr or "")

    def _callback(self, person: Person) -> Answer | None:
        body = request.get_json(silent=True)
        output = body.get("output") if isinstance(body, dict) else None
        if not isinstance(output, str):
            abort(400, "callback")
        rule = rule_of_callback(self.app, output)
        if not allows(person, rule):
            abort(403)
        if not self._within(rule, person):
            abort(429)
        return None

    def _who(self) -> Person:
        token = session.get(TOKEN)
        if isinstance(token, str):
            found = sessions.person(self.settings, token)
            if found is not None:
                return found
            session.clear()
        return VISITOR if self.visiting.allowed(request) else NOBODY

    def _turn_away(self, person: Person) -> Answer:
        """Send people to where they can go on; scripts get a plain status."""
        asks_for_page = request.method in {"GET", "HEAD"} and request.endpoint != CALLBACKS
        page = asks_for_page and not (request.endpoint or "").startswith("/_dash")
        if person is NOBODY or person.visitor:
            if page:
                return redirect(sign_in_address(request.full_path.rstrip("?")))
            return Response("请先登录。\n", 401, mimetype="text/plain")
        if person.must_change and page:
            return redirect(_leading_on(ACCOUNT_PAGE, request.full_path.rstrip("?")))
        return abort(403)

    def _same_origin(self) -> None:
        """Refuse what another site's page sends, and forms without the token this site gave out."""
        site = request.headers.get("Sec-Fetch-Site")
        origin = request.headers.get("Origin")
        if site not in {None, "same-origin", "none"}:
            abort(403)
        if origin is not None and urlsplit(origin).netloc != request.host:
            abort(403)
        if request.mimetype in _SIMPLE and "X-Requested-With" not in request.headers:
            self.csrf.protect()

    def host_is_ours(self, host: str) -> bool:
        """Return whether a Host header names this server: a plain address, a loopback or own name, or a setting."""
        name = host[: host.rindex(":")] if ":" in host and not host.endswith("]") else host
        if name in LOOPBACK_NAMES or name in self.settings.hosts or name == socket.gethostname():
            return True
        try:
            ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            return False
        # A name can be pointed at us by somebody else; an address cannot.
        return not self.settings.hosts


def sign_in_address(going_to: str) -> str:
    """Return the address of the sign-in page that leads on to ``going_to``."""
    return _leading_on(SIGN_IN, going_to)


def _leading_on(page: str, going_to: str) -> str:
    return f"{page}?next={quote(going_to, safe='/')}" if going_to not in {"", "/"} else page


def own_address(going_to: str | None) -> str:
    """Return ``going_to`` where it is an address of this site, the first page otherwise."""
    if not going_to or not going_to.startswith("/") or going_to.startswith(("//", "/\\")) or "\\" in going_to:
        return "/"
    parts = urlsplit(going_to)
    if parts.scheme or parts.netloc or any(ord(sign) < 32 for sign in going_to):
        return "/"
    return going_to
