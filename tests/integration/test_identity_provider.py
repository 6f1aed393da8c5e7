"""Signing in by an identity provider: a local one that speaks OpenID Connect, and the ways it can go wrong."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import RSAKey
from pydantic import SecretStr

from analytics.operations import accounts, audit
from analytics.settings import Settings
from dashboard.app import create_app

KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"}, private=True)
FORGED = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"}, private=True)


class Provider(ThreadingHTTPServer):
    """What an office's identity provider answers; a test says who is at it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.issuer = f"http://127.0.0.1:{self.server_address[1]}"
        self.told: dict[str, Any] = {"sub": "42", "preferred_username": "wang", "name": "王芳"}
        self.nonce = ""
        self.key = KEY
        self.verifiers: list[str] = []


class Answers(BaseHTTPRequestHandler):
    server: Provider

    def log_message(self, *_: Any) -> None:
        pass

    def _json(self, value: Any) -> None:
        content = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:
        issuer = self.server.issuer
        if self.path == "/.well-known/openid-configuration":
            self._json(
                {
                    "issuer": issuer,
                    "authorization_endpoint": f"{issuer}/authorize",
                    "token_endpoint": f"{issuer}/token",
                    "jwks_uri": f"{issuer}/keys",
                    "id_token_signing_alg_values_supported": ["RS256"],
                }
            )
        else:
            self._json({"keys": [KEY.as_dict(private=False)]})

    def do_POST(self) -> None:
        given = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.server.verifiers += given.get("code_verifier", [])
        now = int(time.time())
        claims = {"iss": self.server.issuer, "aud": "taizhang", "iat": now, "exp": now + 60, "nonce": self.server.nonce}
        token = jwt.encode({"alg": "RS256", "kid": "one"}, claims | self.server.told, self.server.key)
        self._json({"access_token": "x", "token_type": "Bearer", "id_token": token, "expires_in": 60})


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as made:
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        yield made
        made.shutdown()
        thread.join(timeout=10)


@pytest.fixture
def settings(tmp_path: Path, provider: Provider) -> Settings:
    made = Settings(
        data=tmp_path, oidc_issuer=provider.issuer, oidc_client_id="taizhang", oidc_client_secret=SecretStr("kept"),
        oidc_name="市统一认证",
    )  # fmt: skip
    accounts.add(made, login="wang", name="王芳", roles=["分析"], by="test")
    return made


@pytest.fixture
def client(settings: Settings) -> FlaskClient:
    return create_app(settings).server.test_client()


def come_back(client: FlaskClient, provider: Provider, **changed: str) -> Any:
    """Go to the provider and come back with its answer."""
    assert "市统一认证" in client.get("/signin").text
    sent = client.get("/signin/provider?next=/records")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(sent.headers["Location"]).query).items()}
    assert asked["code_challenge_method"] == "S256"
    provider.nonce = changed.get("nonce", asked["nonce"])
    return client.get(f"/signin/back?code=abc&state={changed.get('state', asked['state'])}")


def test_somebody_the_provider_vouches_for_comes_in(
    client: FlaskClient, provider: Provider, settings: Settings
) -> None:
    answer = come_back(client, provider)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/records")
    assert client.get("/").status_code == 200
    assert provider.verifiers, "PKCE"
    assert audit.lines(settings, audit.Wanted(action="login"))[0][0].success


def test_somebody_without_an_account_stays_outside(client: FlaskClient, provider: Provider) -> None:
    provider.told = {"sub": "7", "preferred_username": "li", "name": "李"}
    answer = come_back(client, provider)
    assert answer.status_code == 403
    assert "还没有" in answer.text
    assert client.get("/").status_code == 302


def test_another_person_cannot_take_a_login_that_is_bound(client: FlaskClient, provider: Provider) -> None:
    assert come_back(client, provider).status_code == 302
    client.delete_cookie("taizhang")
    provider.told = {"sub": "43", "preferred_username": "wang", "name": "另一个王芳"}
    assert come_back(client, provider).status_code == 403


@pytest.mark.parametrize("changed", [{"state": "another"}, {"nonce": "another"}])
def test_an_answer_nobody_asked_for_does_not_count(
    client: FlaskClient, provider: Provider, changed: dict[str, str]
) -> None:
    answer = come_back(client, provider, **changed)
    assert answer.status_code == 400
    assert "没有登录成功" in answer.text
    assert client.get("/").status_code == 302


def test_an_answer_signed_by_somebody_else_does_not_count(client: FlaskClient, provider: Provider) -> None:
    provider.key = FORGED
    assert come_back(client, provider).status_code == 400
    assert client.get("/").status_code == 302


def test_a_provider_that_cannot_be_reached_is_said_in_words(settings: Settings) -> None:
    away = settings.model_copy(update={"oidc_issuer": "http://127.0.0.1:9"})
    answer = create_app(away).server.test_client().get("/signin/provider")
    assert answer.status_code == 400
    assert "市统一认证没有完成登录" in answer.text
