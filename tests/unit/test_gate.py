"""Every role on every endpoint and every callback, and what the server refuses whoever asks.

The tables below say who may do what. An endpoint or callback that stands in none of them fails the test: whoever adds
one says here who may call it, and ``needs`` in the code must agree.
"""

from __future__ import annotations

import html
import json
import logging
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dash import Dash
from flask.testing import FlaskClient
from people_kit import small_city
from pydantic import SecretStr

from analytics import intake, printing
from analytics.metrics import MetricError
from analytics.operations import accounts, audit, sessions
from analytics.operations.people import VISITOR
from analytics.operations.roles import roles
from analytics.settings import Settings
from analytics.warehouse import publish
from dashboard import asking
from dashboard.app import _asked, create_app
from dashboard.auth.gate import CALLBACKS, own_address
from dashboard.auth.needs import needed
from dashboard.monitoring import JsonLines
from dashboard.source import Source

GOOD = "一句好记又够长的话，只有我知道"
READERS = {"leader", "analyst", "reporter", "steward"}
EVERY_ROLE = {*READERS, "admin", "auditor"}
SENDERS = {"reporter", "steward"}
ANYBODY = {*EVERY_ROLE, "visitor", "nobody", "new"}
LOOKING = {*EVERY_ROLE, "visitor"}

ENDPOINTS: dict[str, set[str]] = {
    "static": ANYBODY,
    "_dash_assets.static": ANYBODY,
    "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>": ANYBODY,
    "/_favicon.ico": ANYBODY,
    "alive": ANYBODY,
    "ready": ANYBODY,
    "metrics": ANYBODY,
    "sign_in": ANYBODY,
    "try_password": ANYBODY,
    "/_dash-layout": LOOKING,
    "/_dash-dependencies": LOOKING,
    "/_reload-hash": LOOKING,
    "/": LOOKING,
    "/<path:path>": LOOKING,
    "fresh": LOOKING,
    "export_rows": {*READERS, "visitor"},
    "export_page": {*READERS, "visitor"},
    "original": {"steward"},
    "views": LOOKING,
    "keep_view": READERS,
    "sign_out": {*EVERY_ROLE, "new"},
    "account": {*EVERY_ROLE, "new"},
    "change_password": {*EVERY_ROLE, "new"},
    "list_users": {"admin"},
    "new_user": {"admin"},
    "add_user": {"admin"},
    "show_user": {"admin"},
    "change_user": {"admin"},
    "show_audit": {"auditor"},
    "export_audit": {"auditor"},
    "desk.files": SENDERS,
    "desk.form": SENDERS,
    "desk.listed": SENDERS,
    "desk.task": SENDERS,
    "desk.change": SENDERS,
    "desk.original": SENDERS,
    "desk.marked": SENDERS,
    "desk.template": SENDERS,
    "desk.waiting": {"steward"},
    "desk.decide": {"steward"},
}
"""Who gets past the gate. Callbacks come in by one endpoint and are tried one by one."""
SCREEN = "painted.data"
CALLED: dict[str, set[str]] = {SCREEN: LOOKING}
"""Who may call which callback, by its first output."""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A city that has the demo, so that visitors may look around, and one person a role."""
    made = small_city(tmp_path_factory.mktemp("gate"))
    (made.data / "demo").mkdir()
    for role in roles():
        accounts.add(made, login=role, name=f"某{role}", roles=[role], by="test")
    accounts.add(made, login="new", name="新人", roles=["leader"], by="test")
    accounts.add(made, login="weibin", name="渭滨", roles=["reporter"], counties=["渭滨区"], by="test")
    accounts.add(made, login="fairs", name="招聘", roles=["analyst"], ledgers=["job_fair"], by="test")
    return made


@pytest.fixture(scope="module")
def app(settings: Settings) -> Dash:
    return create_app(settings)


@pytest.fixture(scope="module")
def tokens(settings: Settings) -> dict[str, str]:
    """A session of each person; all but the new one have changed their one-time password."""
    found = {}
    for about in accounts.everyone(settings):
        password = accounts.reset(settings, about.login, by="test")
        token = sessions.sign_in(settings, about.login, password).token
        assert token
        person = sessions.person(settings, token)
        assert person
        if about.login != "new":
            accounts.set_password(settings, person, password, GOOD, keep=sessions.hash_of(token))
        found[about.login] = token
    return found


@pytest.fixture(scope="module")
def outside(settings: Settings) -> Dash:
    """The same, listening to other machines."""
    return create_app(settings.model_copy(update={"host": "0.0.0.0"}))


def client_of(app: Dash, tokens: dict[str, str], who: str) -> FlaskClient:
    client = app.server.test_client()
    if who in tokens:
        with client.session_transaction() as session:
            session["sid"] = tokens[who]
    return client


def refused(answer: Any) -> bool:
    sent_away = answer.status_code == 302 and answer.headers["Location"].startswith(("/signin", "/account"))
    return sent_away or answer.status_code in {401, 403}


def rules(app: Dash) -> list[Any]:
    return [rule for rule in app.server.url_map.iter_rules() if rule.endpoint != CALLBACKS]


def call(client: FlaskClient, rule: Any) -> Any:
    """Ask an endpoint for something that is not there, from our own page."""
    arguments = dict.fromkeys(rule.arguments, "none")
    method = min(rule.methods - {"HEAD", "OPTIONS"})
    with client.application.test_request_context():
        address = rule.build(arguments)[1]
    return client.open(address, method=method, headers={"X-Requested-With": "taizhang"})


@pytest.fixture(scope="module")
def described(app: Dash, tokens: dict[str, str]) -> list[dict[str, Any]]:
    """The callbacks as the browser is told of them."""
    found: list[dict[str, Any]] = client_of(app, tokens, "leader").get(asking.DESCRIBED).get_json()
    return found


def test_every_endpoint_stands_in_the_table(app: Dash) -> None:
    found = {rule.endpoint for rule in rules(app)}
    assert found - set(ENDPOINTS) == set(), "say in ENDPOINTS who may call it, and put @needs(...) on it"


@pytest.mark.parametrize("who", sorted(ANYBODY))
def test_each_role_gets_past_the_gate_where_the_table_says_so_and_nowhere_else(
    app: Dash, outside: Dash, tokens: dict[str, str], who: str
) -> None:
    app = outside if who == "nobody" else app
    wrong = []
    for rule in rules(app):
        # Signing out ends the session the other tries need.
        if rule.endpoint == "sign_out" and who in tokens:
            continue
        answer = call(client_of(app, tokens, who), rule)
        assert answer.status_code != 500, rule
        if refused(answer) == (who in ENDPOINTS[rule.endpoint]):
            # Past the gate an endpoint may refuse by itself: what is not one's own, a page without a right to read.
            own_word = who in ENDPOINTS[rule.endpoint] and answer.status_code == 403 and (
                rule.endpoint in {"/", "desk.task", "desk.change", "desk.original", "desk.marked"}
            )  # fmt: skip
            if rule.endpoint == "try_password" and answer.status_code == 401:
                own_word = True
            if rule.endpoint in {"sign_in"} and answer.status_code == 302 and who in tokens:
                own_word = True
            if not own_word:
                wrong.append((rule.endpoint, answer.status_code))
    assert wrong == []


def test_every_callback_stands_in_the_table_and_says_what_it_needs(app: Dash) -> None:
    for output, found in app.callback_map.items():
        if "callback" not in found:
            continue
        first = output.strip(".").split("...")[0]
        assert first in CALLED, f"{first}: say in CALLED who may call it"
        assert needed(found["callback"]) is not None, f"{first}: put needs(...) on it"


@pytest.mark.parametrize("who", sorted(ANYBODY))
def test_each_role_calls_the_callbacks_the_table_says_and_no_other(
    app: Dash, outside: Dash, tokens: dict[str, str], described: list[dict[str, Any]], who: str
) -> None:
    app = outside if who == "nobody" else app
    asked = asking.screen_request(described, "/")
    called = {name for name, found in app.callback_map.items() if "callback" in found}
    assert called == {asked["output"]}, "try the other callbacks here too"
    allowed = CALLED[asked["output"].strip(".").split("...")[0]]
    answer = client_of(app, tokens, who).post(CALLBACKS, json=asked)
    assert refused(answer) == (who not in allowed), answer.status_code


def screen(app: Dash, tokens: dict[str, str], who: str, path: str = "/", search: str = "?period=2024") -> str:
    client = client_of(app, tokens, who)
    described = client_of(app, tokens, "leader").get(asking.DESCRIBED).get_json()
    answer = client.post(CALLBACKS, json=asking.screen_request(described, path, search))
    assert answer.status_code == 200, answer.status_code
    return json.dumps(answer.get_json(), ensure_ascii=False)


@pytest.mark.parametrize("who", ["admin", "auditor"])
def test_who_does_not_read_gets_no_figure_on_any_page(app: Dash, tokens: dict[str, str], who: str) -> None:
    for path in ("/", "/records", "/rectification", "/fairs", "/training"):
        words = screen(app, tokens, who, path)
        assert "1,200" not in words
        assert "没有" in words


def test_figures_and_rows_on_a_screen_are_of_ones_own_counties(app: Dash, tokens: dict[str, str]) -> None:
    assert "1,200" in screen(app, tokens, "leader")
    mine = screen(app, tokens, "weibin")
    assert "1,200" not in mine
    assert "金台" not in mine
    rows = screen(app, tokens, "weibin", "/records", "?period=2024&metric=J02")
    assert "春风招聘会" in rows
    assert "金台专场" not in rows
    assert "金台专场" not in screen(app, tokens, "weibin", "/records", "?period=2024&metric=J02&county=610303")
    assert "金台专场" in screen(app, tokens, "leader", "/records", "?period=2024&metric=J02")


def test_a_ledger_out_of_scope_gives_no_row(app: Dash, tokens: dict[str, str]) -> None:
    words = screen(app, tokens, "fairs", "/records", "?period=2024&metric=R04")
    assert "制度不全" not in words
    assert "制度不全" in screen(app, tokens, "leader", "/records", "?period=2024&metric=R04")


def test_nobody_without_the_grant_is_told_a_discipline_figure(app: Dash, tokens: dict[str, str]) -> None:
    for who in ("leader", "steward", "visitor", "weibin"):
        assert "不提供明细记录" in screen(app, tokens, who, "/records", "?period=2024&metric=D03")
        assert "没有查看" in screen(app, tokens, who, "/integrity", "?period=2024")


# Coming in


def token_in(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


def signed_in(app: Dash, login: str, password: str, **more: str) -> Any:
    client = app.server.test_client()
    form = {"login": login, "password": password, "csrf_token": token_in(client.get("/signin").text), **more}
    return client, client.post("/signin", data=form)


def test_a_new_person_can_do_nothing_before_changing_the_password(app: Dash, settings: Settings) -> None:
    password = accounts.reset(settings, "new", by="test")
    client, answer = signed_in(app, "new", password)
    assert answer.status_code == 302
    assert client.get("/").headers.get("Location") == "/account"
    asked = client.get("/records?metric=J02&county=610303").headers.get("Location")
    assert asked == "/account?next=/records%3Fmetric%3DJ02%26county%3D610303"
    page = client.get(asked).text
    form = {"old": password, "new": GOOD, "again": GOOD, "csrf_token": token_in(page)}
    assert "两次" in client.post("/account", data=form | {"again": "x"}).text
    going_to = html.unescape(re.findall(r'name="next" value="([^"]+)"', page)[0])
    assert client.post("/account", data=form | {"next": going_to}).headers["Location"] == going_to
    assert client.get(going_to).status_code == 200


def test_what_a_visitor_takes_away_is_put_down_with_where_they_asked_from(app: Dash, settings: Settings) -> None:
    answer = app.server.test_client().get("/export/records.csv?period=2024&metric=J02")
    assert answer.status_code == 200
    last = audit.lines(settings, limit=1)[0][0]
    assert (last.who, last.action, last.address) == ("visitor", "export", "127.0.0.1")


def test_a_file_that_was_not_made_is_put_down_as_failed(
    app: Dash, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printing, "BROWSERS", ())
    assert app.server.test_client().get("/export/page.pdf?at=/fairs").status_code == 503
    last = audit.lines(settings, limit=1)[0][0]
    assert (last.action, last.target, last.success) == ("export", "pdf /fairs", False)


def test_no_two_versions_of_a_discipline_figure_can_be_compared(tmp_path: Path) -> None:
    """An old version opens without the discipline ledgers, and their own page does not open it at all."""
    settings = small_city(tmp_path)
    old = publish.versions(settings)[-1]
    (tmp_path / "再考一次.csv").write_text("考试日期,职级,参考人次,合格人数\n2024-07-01,处级,40,39\n", encoding="utf-8")
    intake.ingest([tmp_path / "再考一次.csv"], settings)
    source = Source(settings)
    everything = replace(VISITOR, roles=frozenset(roles()), discipline=True)
    newest = source.current(everything.scope)
    assert newest.version_id != old
    page, asked = _asked(source, "/integrity", f"?version={old}", everything)
    assert (page.title, asked.snapshot.version_id) == ("廉政", newest.version_id)
    assert "不提供旧版本" in str(asked.notes[0])
    rows = _asked(source, "/records", f"?version={old}&metric=D02", everything)[1]
    assert rows.snapshot.version_id == old
    with pytest.raises(MetricError):
        rows.snapshot.figures(("D02",), rows.asked)


@pytest.mark.parametrize(
    ("asked", "after"), [("/fairs?period=2024", "/fairs?period=2024"), ("//evil.example", "/"), ("/\\evil", "/")]
)
def test_the_address_asked_for_outlives_the_forced_change_of_the_password(
    app: Dash, settings: Settings, asked: str, after: str
) -> None:
    once = accounts.reset(settings, "analyst", by="test")
    client = app.server.test_client()
    token = sessions.sign_in(settings, "analyst", once).token
    with client.session_transaction() as session:
        session["sid"] = token
    if after == asked:
        turned = client.get(asked)
        assert turned.headers["Location"] == "/account?next=/fairs%3Fperiod%3D2024"
    page = client.get("/account", query_string={"next": asked}).get_data(as_text=True)
    assert f'name="next" value="{after}"' in page
    csrf = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert csrf
    given = {"old": once, "new": GOOD, "again": GOOD, "next": asked, "csrf_token": csrf[1]}
    assert client.post("/account", data=given).headers["Location"] == after


def test_a_session_that_was_there_before_signing_in_counts_no_more(app: Dash, tokens: dict[str, str]) -> None:
    """Session fixation: what somebody planted in the browser is gone after signing in."""
    client = app.server.test_client()
    with client.session_transaction() as session:
        session["sid"], session["planted"] = "planted", "yes"
    form = {"login": "leader", "password": GOOD, "csrf_token": token_in(client.get("/signin").text)}
    assert client.post("/signin", data=form).status_code == 302
    with client.session_transaction() as session:
        assert "planted" not in session
        assert session["sid"] not in {"planted", tokens["leader"]}


def test_signing_out_ends_the_session_on_the_server_too(app: Dash) -> None:
    client, _ = signed_in(app, "auditor", GOOD)
    with client.session_transaction() as session:
        kept = session["sid"]
    assert client.get("/audit").status_code == 200
    client.post("/signout", data={"csrf_token": token_in(client.get("/account").text)})
    with client.session_transaction() as session:
        session["sid"] = kept
    assert refused(client.get("/audit"))


@pytest.mark.parametrize(
    "going_to", ["//evil.example/", "https://evil.example", "/\\evil", "javascript:alert(1)", "\t//x"]
)
def test_signing_in_never_leads_to_another_site(app: Dash, going_to: str) -> None:
    assert own_address(going_to) == "/"
    _, answer = signed_in(app, "leader", GOOD, next=going_to)
    assert answer.headers["Location"] == "/"
    _, answer = signed_in(app, "leader", GOOD, next="/records?metric=J02")
    assert answer.headers["Location"] == "/records?metric=J02"


def test_visiting_is_for_this_machine_alone(settings: Settings, tmp_path: Path) -> None:
    open_ = create_app(settings).server.test_client()
    assert open_.get("/").status_code == 200
    assert refused(open_.get("/", headers={"Host": "10.0.0.1"})), "asked for by another address"
    assert refused(open_.get("/", headers={"X-Forwarded-For": "10.0.0.1"})), "a proxy is in between"
    outside = settings.model_copy(update={"host": "0.0.0.0"})
    assert refused(create_app(outside).server.test_client().get("/"))
    peopled = Settings(data=tmp_path)
    accounts.add(peopled, login="wang", name="王", roles=["leader"], by="test")
    assert refused(create_app(peopled).server.test_client().get("/")), "somebody has an account, and it is no demo"


def test_where_nobody_has_an_account_the_sign_in_page_says_how_to_make_one(tmp_path: Path) -> None:
    client = create_app(Settings(data=tmp_path, host="0.0.0.0")).server.test_client()
    assert "taizhang users add" in client.get("/", follow_redirects=True).text


def test_attempts_from_one_address_are_limited_over_all_workers(settings: Settings) -> None:
    first, second = (create_app(settings).server.test_client() for _ in range(2))
    token = [(client, token_in(client.get("/signin").text)) for client in (first, second)]
    where = {"REMOTE_ADDR": "10.9.9.9"}
    codes = [
        client.post(
            "/signin", data={"login": "none", "password": "x", "csrf_token": mark}, environ_overrides=where
        ).status_code
        for _ in range(16)
        for client, mark in token
    ]
    assert codes[:30] == [401] * 30
    assert codes[30:] == [429, 429]


# What is refused whoever asks


def test_a_form_without_our_token_is_refused(app: Dash, tokens: dict[str, str]) -> None:
    answer = client_of(app, tokens, "admin").post("/users/leader", data={"act": "disable"})
    assert answer.status_code == 400
    assert "过期" in answer.text


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}]
)
def test_what_another_sites_page_sends_is_refused(app: Dash, tokens: dict[str, str], headers: dict[str, str]) -> None:
    client = client_of(app, tokens, "admin")
    for path in ("/users/leader", CALLBACKS, "/signin"):
        assert client.post(path, json={}, headers=headers).status_code == 403


def test_a_host_name_that_is_not_ours_is_refused(settings: Settings) -> None:
    client = create_app(settings).server.test_client()
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400
    named = create_app(settings.model_copy(update={"hosts": ("ledger.office",)})).server.test_client()
    assert named.get("/signin", headers={"Host": "ledger.office"}).status_code == 200


def test_the_headers_are_strict_on_every_answer(app: Dash) -> None:
    client = app.server.test_client()
    for path in ("/", "/signin", "/nowhere", "/healthz", "/users", "/assets/none"):
        answer = client.get(path)
        policy = answer.headers["Content-Security-Policy"]
        scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
        assert "unsafe" not in scripts
        for part in ("default-src 'self'", "frame-ancestors 'none'", "object-src 'none'", "base-uri 'self'"):
            assert part in policy, path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "camera=()" in answer.headers["Permissions-Policy"]
    assert client.get("/signin").headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" in client.get("/signin", base_url="https://localhost").headers


def test_the_cookie_is_for_the_server_alone_and_secure_behind_https(app: Dash) -> None:
    client = app.server.test_client()
    plain = client.get("/signin").headers["Set-Cookie"]
    assert "HttpOnly" in plain
    assert "SameSite=Lax" in plain
    assert "Secure" in app.server.test_client().get("/signin", base_url="https://localhost").headers["Set-Cookie"]


def test_forwarded_addresses_are_believed_only_where_a_proxy_is_set(settings: Settings) -> None:
    for proxies, address in ((0, "127.0.0.1"), (1, "10.7.7.7")):
        client = create_app(settings.model_copy(update={"proxies": proxies})).server.test_client()
        mark = token_in(client.get("/signin").text)
        form = {"login": f"nobody{proxies}", "password": "x", "csrf_token": mark}
        client.post("/signin", data=form, headers={"X-Forwarded-For": "10.7.7.7"})
        found, _ = audit.lines(settings, audit.Wanted(who=f"nobody{proxies}"))
        assert [line.address for line in found] == [address]


@pytest.mark.parametrize(
    "path",
    ["/assets/../app.py", "/assets/%2e%2e/app.py", "/assets/..%2f..%2fpyproject.toml", "/desk/template/..%2f..%2fx",
     "/desk/task/..%2f..%2fx/original", "/users/..%2f..%2fetc%2fpasswd", "/assets//etc/passwd"],
)  # fmt: skip
def test_no_path_of_a_user_reaches_the_file_system(app: Dash, tokens: dict[str, str], path: str) -> None:
    for who in ("steward", "admin"):
        answer = client_of(app, tokens, who).get(path)
        assert answer.status_code in {302, 400, 403, 404, 409}, answer.status_code
        assert "root:" not in answer.text
        assert "[project]" not in answer.text


def test_a_body_beyond_the_limit_is_refused(settings: Settings) -> None:
    client = create_app(settings.model_copy(update={"max_file_bytes": 1000})).server.test_client()
    answer = client.post("/signin", data={"login": "x" * 2_000_000, "csrf_token": "x"})
    assert answer.status_code in {400, 413}


# The pages of 系统管理 and 审计


def test_an_administrator_adds_changes_and_disables_an_account(
    app: Dash, tokens: dict[str, str], settings: Settings
) -> None:
    client = client_of(app, tokens, "admin")
    mark = token_in(client.get("/users/new").text)
    form = {"csrf_token": mark, "login": "zhao", "name": "赵", "role": ["reporter"], "county": ["凤县"]}
    page = client.post("/users/new", data=form).text
    password = re.search(r'class="once">([^<]+)<', page)
    assert password
    assert sessions.sign_in(settings, "zhao", password[1]).token
    assert password[1] not in client.get("/users/zhao").text, "shown once"
    assert "请至少给一个角色" in client.post("/users/zhao", data={"csrf_token": mark, "name": "赵"}).text
    client.post("/users/zhao", data={"csrf_token": mark, "name": "赵四", "role": ["analyst"], "discipline": "1"})
    found = accounts.find(settings, "zhao")
    assert (found.name, found.roles, found.counties, found.discipline) == ("赵四", ("analyst",), None, True)
    client.post("/users/zhao", data={"csrf_token": mark, "act": "disable"})
    assert not accounts.find(settings, "zhao").enabled
    assert "zhao" in client.get("/users").text
    assert client.get("/users/nobody-here").status_code == 404


def test_words_of_users_are_shown_and_never_run(app: Dash, tokens: dict[str, str], settings: Settings) -> None:
    accounts.add(settings, login="xss", name='<img src=x onerror="alert(1)">', roles=["leader"], by="test")
    audit.record(settings, who="=cmd|' /C calc'!A0", action="login", target="<script>alert(1)</script>", success=False)
    page = client_of(app, tokens, "admin").get("/users").text
    assert "<img src=x" not in page
    assert "&lt;img" in page
    auditor = client_of(app, tokens, "auditor")
    assert "<script>alert" not in auditor.get("/audit").text
    assert "'=cmd" in auditor.get("/audit.csv").text, "a formula is neutralised"


def test_the_auditor_sieves_and_takes_out_what_is_on_record(
    app: Dash, tokens: dict[str, str], settings: Settings
) -> None:
    client = client_of(app, tokens, "auditor")
    assert "新增账号" in client.get("/audit?action=user-add").text
    assert "没有符合条件" in client.get("/audit?since=2999-01-01").text
    assert client.get("/audit?since=9999-12-31&until=9999-12-31&page=9999999999&success=x&who=%00").status_code == 200
    assert client.get("/audit.csv?success=0").status_code == 200
    assert audit.lines(settings, audit.Wanted(action="audit-export"))[1] >= 1


# What those who run it are told


def test_prometheus_is_answered_on_this_machine_or_by_token(app: Dash, settings: Settings) -> None:
    client = app.server.test_client()
    client.get("/signin")
    text = client.get("/metrics").text
    assert 'taizhang_requests_total{endpoint="sign_in",method="GET",status="200"}' in text
    assert "taizhang_published 1" in text
    assert client.get("/metrics", environ_overrides={"REMOTE_ADDR": "10.0.0.5"}).status_code == 403
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 403
    guarded = create_app(settings.model_copy(update={"metrics_token": SecretStr("kept-secret")})).server.test_client()
    assert guarded.get("/metrics").status_code == 403
    assert guarded.get("/metrics", headers={"Authorization": "Bearer kept-secret"}).status_code == 200


def test_log_lines_are_json_and_name_no_person_and_no_value() -> None:
    try:
        raise ValueError("610302199001011234")
    except ValueError as error:
        record = logging.LogRecord(
            "x", logging.ERROR, "f.py", 1, "user %s failed", ("王芳",), (ValueError, error, error.__traceback__)
        )
    line = json.loads(JsonLines().format(record))
    assert (line["level"], line["error"], line["event"]) == ("error", "ValueError", "user %s failed")
    assert "王芳" not in str(line)
    typed = "Invalid request from ip=10.0.0.7: Invalid HTTP request line: 'GET /?q=王芳 HTTP/1.1'"
    from_server = logging.LogRecord("gunicorn.error", logging.WARNING, "g.py", 1, typed, (), None)
    assert json.loads(JsonLines().format(from_server))["event"] == "Invalid request from ip"
    assert "6103" not in str(line)


def test_a_request_is_logged_by_its_endpoint_and_not_by_what_was_asked(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    client = create_app(settings.model_copy(update={"log_requests": True})).server.test_client()
    with caplog.at_level(logging.INFO, logger="taizhang.requests"):
        client.get("/records?metric=J02&county=610302&q=张三")
    lines = [JsonLines().format(record) for record in caplog.records if record.name == "taizhang.requests"]
    assert lines
    assert json.loads(lines[-1])["status"] == 200
    assert not [line for line in lines if "张三" in line or "610302" in line]
