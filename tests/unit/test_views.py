"""Views kept by name: whose they are, what may be kept, and who may change them."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask, g

from analytics.operations import views
from analytics.operations.people import VISITOR, Person
from analytics.settings import Settings
from dashboard.keeping import serve_views

LEADER = Person(id="p1", login="lead", name="某领导", roles=frozenset({"leader"}))
AUDITOR = Person(id="p2", login="audit", name="某审计", roles=frozenset({"auditor"}))
OURS = {"X-Requested-With": "taizhang"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path)


def test_each_person_has_their_own_views(settings: Settings) -> None:
    views.keep(settings, "p1", "本月眉县", "/?period=本月&county=610326")
    views.keep(settings, "p2", "本月眉县", "/training")
    views.keep(settings, "p1", " 本月眉县 ", "/?period=2024")
    assert views.kept(settings, "p1") == [views.View("本月眉县", "/?period=2024")]
    views.drop(settings, "p1", "本月眉县")
    assert views.kept(settings, "p1") == []
    assert len(views.kept(settings, "p2")) == 1


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/",
        "//example.org",
        "/\\example.org",
        "javascript:alert(1)",
        "",
        None,
        3,
        "/\n",
        "/" + "x" * 3000,
    ],
)
def test_only_addresses_of_the_dashboard_are_kept(settings: Settings, address: object) -> None:
    with pytest.raises(views.ViewError, match="只能保存看板自己的页面"):
        views.keep(settings, "p1", "名", address)


@pytest.mark.parametrize("name", ["", "  ", "长" * 41, None, ["a"], "a\nb"])
def test_a_view_needs_a_name(settings: Settings, name: object) -> None:
    with pytest.raises(views.ViewError, match="视图名称"):
        views.keep(settings, "p1", name, "/")


def test_there_is_an_end_to_keeping(settings: Settings) -> None:
    for number in range(views.AT_MOST):
        views.keep(settings, "p1", f"视图{number}", "/")
    with pytest.raises(views.ViewError, match="请先删除"):
        views.keep(settings, "p1", "再一个", "/")
    views.keep(settings, "p1", "视图3", "/training")


def test_the_server_keeps_for_those_signed_in_and_for_nobody_else(settings: Settings) -> None:
    server, who = Flask("views"), [LEADER]

    @server.before_request
    def sign_in() -> None:
        g.person = who[0]

    serve_views(server, settings)
    client = server.test_client()
    body = {"name": "半年", "address": "/?period=2024H1"}
    assert client.post("/views", json=body).status_code == 403
    assert client.post("/views", json=body, headers=OURS).status_code == 200
    assert client.get("/views").get_json() == {"person": True, "views": [body]}
    assert client.post("/views", data="not json", headers=OURS).status_code == 400
    assert client.delete("/views", json={"name": "半年"}, headers=OURS).status_code == 200
    for person in (VISITOR, AUDITOR):
        who[0] = person
        assert client.get("/views").get_json() == {"person": False, "views": []}
        assert client.post("/views", json=body, headers=OURS).status_code == 403
