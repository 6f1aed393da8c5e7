"""Signing in by the office's own identity provider (OpenID Connect), where one is set.

The only thing of the product that talks to another machine, and only where a setting names it. This module must not
know passwords.
"""

from __future__ import annotations

from typing import Any

from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.flask_client import OAuth
from dash import Dash
from flask import Flask, redirect, request, session, url_for
from joserfc.errors import JoseError
from requests import RequestException

from analytics.operations import sessions
from analytics.settings import Settings
from dashboard.auth import views
from dashboard.auth.gate import own_address
from dashboard.auth.needs import ANYBODY, needs

START, BACK = "/signin/provider", "/signin/back"
_NEXT = "next"


def connect(app: Dash, settings: Settings) -> str | None:
    """Put the provider into the application; return what it is called, ``None`` where none is set."""
    if not (settings.oidc_issuer and settings.oidc_client_id):
        return None
    secret = settings.oidc_client_secret
    oauth = OAuth(app.server)
    oauth.register(
        "provider",
        client_id=settings.oidc_client_id,
        client_secret=secret.get_secret_value() if secret is not None else None,
        server_metadata_url=f"{settings.oidc_issuer.rstrip('/')}/.well-known/openid-configuration",
        # State, nonce and PKCE: an answer that we did not ask for, or that was asked for elsewhere, does not count.
        client_kwargs={"scope": "openid profile", "code_challenge_method": "S256"},
    )

    def failed() -> views.Page:
        sentence = f"{settings.oidc_name}没有完成登录，请返回登录页再试；仍然不行，请联系系统管理员。"
        return views.page("message.html", "没有登录成功", 400, sentence=sentence)

    server: Flask = app.server

    @server.get(START)
    @needs(ANYBODY)
    def start() -> views.Page:
        session[_NEXT] = own_address(request.args.get("next"))
        try:
            answer: views.Page = oauth.provider.authorize_redirect(url_for("back", _external=True))
        except (OAuthError, RequestException):
            return failed()
        return answer

    @server.get(BACK)
    @needs(ANYBODY)
    def back() -> views.Page:
        going_to = own_address(session.get(_NEXT))
        try:
            token: dict[str, Any] = oauth.provider.authorize_access_token()
        except (OAuthError, JoseError, RequestException, ValueError):
            return failed()
        told = token.get("userinfo") or {}
        login, name = str(told.get("preferred_username") or ""), str(told.get("name") or "")
        subject = f"{told.get('iss', settings.oidc_issuer)}#{told.get('sub', '')}"
        entry = sessions.sign_in_as(settings, subject, login, name, address=request.remote_addr)
        if entry.token is None:
            return views.page("message.html", "没有登录成功", 403, sentence=entry.problem)
        views.begin(entry.token)
        return redirect(going_to)

    return settings.oidc_name
