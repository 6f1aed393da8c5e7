"""The desk over HTTP, as a browser speaks to it: every hostile file ends in a sentence; every role meets its border."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from desk_kit import CLERK, LEADER, OTHER, STEWARD, Desk, row, sheet
from flask.testing import FlaskClient

from analytics import approvals
from analytics.desk import tasks, worker
from analytics.etl.sandbox import Reader
from analytics.operations.people import VISITOR, Person
from analytics.settings import Settings
from dashboard import desk_view
from dashboard.app import create_app
from dashboard.auth.gate import Gate

HOSTILE = Path(__file__).resolve().parents[2].parent / "shared" / "workbooks" / "hostile"
OURS = {"X-Requested-With": "taizhang"}


class Browser:
    """One person's browser, as far as the desk can tell."""

    def __init__(self, client: FlaskClient, patch: pytest.MonkeyPatch) -> None:
        self._client, self._patch = client, patch

    def be(self, person: Person) -> Browser:
        self._patch.setattr(Gate, "_who", lambda _: person)
        return self

    def get(self, place: str) -> Any:
        return self._client.get(place, headers=OURS)

    def post(self, place: str, headers: dict[str, str] | None = None, **data: Any) -> Any:
        return self._client.post(place, data=data, headers=OURS if headers is None else headers)

    def drop(self, content: bytes, name: str = "招聘会.csv", **more: Any) -> Any:
        return self.post("/desk/files", files=(io.BytesIO(content), name), **more)

    def page(self, place: str) -> str:
        answer = self.get(place)
        assert answer.status_code == 200, answer.get_json()
        return str(answer.get_json()["html"])


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader(Settings(reader_seconds=20), workers=2) as opened:
        yield opened


@pytest.fixture
def desk(tmp_path: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(worker, "ensure", lambda settings: None)
    return Desk(Settings(data=tmp_path / "data", max_file_bytes=4 << 20), reader)


@pytest.fixture
def browser(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Browser:
    return Browser(create_app(desk.settings).server.test_client(), monkeypatch).be(CLERK)


def revision(desk: Desk, task_id: str) -> int:
    return desk.find(task_id).revision


def test_every_hostile_file_through_the_browser_ends_in_a_state_with_a_sentence(desk: Desk, browser: Browser) -> None:
    browser.be(STEWARD)
    names = {}
    for path in sorted(HOSTILE.iterdir()):
        answer = browser.drop(path.read_bytes(), path.name)
        assert answer.status_code in (200, 400, 413, 415), path.name
        if answer.status_code == 200:
            names[answer.get_json()["took"][0]["id"]] = path.name
        else:
            assert re.search("[一-鿿].*。$", answer.get_json()["message"]), path.name
    assert len(names) > 100
    desk.empty()
    for task_id, name in names.items():
        task = desk.find(task_id)
        assert task.state in ("ready", "refused"), name
        html = browser.page(f"/desk/task/{task_id}")
        (sentence,) = re.findall(r'<p class="headline">(.*?)</p>', html)
        assert re.search("[一-鿿].*。", sentence), name
        assert "Traceback" not in html
        assert "taizhang " not in sentence, "a clerk has no command line"
    assert browser.page("/desk/list").count("<tr>") == min(len(names), desk_view.MOST_UPLOADS) + 1
    later = re.findall(r'<td data-label="文件"><a href="([^"]+)"', browser.page("/desk/list?page=2"))
    assert later, "the files before them are on the next page"
    assert not set(later) & set(re.findall(r'<td data-label="文件"><a href="([^"]+)"', browser.page("/desk/list")))


def test_the_whole_way_by_the_browsers_own_requests(desk: Desk, browser: Browser) -> None:
    answer = browser.drop(sheet(row(firms="较多"), row("送岗下乡")), unit="太白县总工会").get_json()
    task = answer["took"][0]["id"]
    assert "排队" in browser.page(f"/desk/task/{task}") or "马上开始" in browser.page(f"/desk/task/{task}")
    desk.empty()
    html = browser.page(f"/desk/task/{task}")
    assert 'name="cell:招聘会!F2"' in html
    assert "确认导入 1 行" in html
    place = f"/desk/task/{task}"
    fixed = browser.post(f"{place}/fix", revision=revision(desk, task), **{"cell:招聘会!F2": "35"})
    assert fixed.status_code == 200
    desk.empty()
    assert "确认导入 2 行" in browser.page(place)
    assert browser.post(f"{place}/confirm", revision=revision(desk, task)).status_code == 200
    desk.empty()
    assert "已导入 2 行" in browser.page(place)
    assert "招聘会.csv" in browser.page("/desk/list")
    marked = browser.get(f"{place}/marked")
    assert marked.headers["Content-Disposition"].startswith("attachment")
    assert marked.data.startswith(b"PK")
    assert browser.post(f"{place}/revoke", reason="报错了").status_code == 200
    desk.empty()
    assert "已撤回" in browser.page(place)


def test_what_a_cell_holds_is_never_markup(desk: Desk, browser: Browser) -> None:
    nasty = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    task = browser.drop(sheet(row(name=nasty, firms=nasty)), "<b>一<b>.csv").get_json()["took"][0]["id"]
    desk.empty()
    for place in (f"/desk/task/{task}", "/desk/list"):
        html = browser.page(place)
        assert "<script>" not in html
        assert "<img" not in html
        assert "<b>一" not in html


def test_a_request_that_another_site_could_make_changes_nothing(desk: Desk, browser: Browser) -> None:
    answer = browser.post("/desk/files", headers={}, files=(io.BytesIO(sheet(row())), "一.csv"))
    assert answer.status_code == 400
    assert tasks.listed(desk.settings) == []


def test_a_file_over_the_limit_is_refused_with_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = Settings(data=tmp_path / "data", max_file_bytes=1 << 17)
    browser = Browser(create_app(small).server.test_client(), monkeypatch).be(CLERK)
    for size in ((1 << 17) + 1, 1 << 18):
        answer = browser.drop(b"1" * size)
        assert answer.status_code == 413
        assert "上限" in answer.get_json()["message"]
    assert list((small.data / "raw").glob("*")) == []


PLACES = [
    ("get", "/desk/form"), ("get", "/desk/list"), ("get", "/desk/template/job_fair"), ("post", "/desk/files"),
    ("get", "/desk/task/{mine}"), ("get", "/desk/task/{mine}/original"), ("get", "/desk/task/{mine}/marked"),
    ("post", "/desk/task/{mine}/confirm"), ("post", "/desk/task/{mine}/amend"), ("post", "/desk/task/{mine}/fix"),
    ("post", "/desk/task/{mine}/unfix"), ("post", "/desk/task/{mine}/drop"), ("post", "/desk/task/{mine}/revoke"),
    ("get", "/desk/approvals"), ("post", "/desk/approvals/e123456/accept"), ("post", "/desk/approvals/undo/D1"),
]  # fmt: skip


@pytest.mark.parametrize("person", [VISITOR, LEADER, OTHER], ids=lambda one: one.name)
def test_nobody_reaches_what_is_not_theirs(desk: Desk, browser: Browser, person: Person) -> None:
    mine = browser.drop(sheet(row())).get_json()["took"][0]["id"]
    desk.empty()
    before = desk.find(mine)
    browser.be(person)
    own = {"/desk/form", "/desk/list", "/desk/template/job_fair", "/desk/files"} if person is OTHER else set()
    for method, place in PLACES:
        answer = getattr(browser, method)(place.format(mine=mine))
        if place not in own:
            assert answer.status_code in (302, 401, 403, 404), (method, place)
            assert "招聘会.csv" not in answer.get_data(as_text=True)
    assert desk.find(mine) == before


def test_the_steward_settles_an_estimate_on_the_page(desk: Desk, browser: Browser) -> None:
    task = browser.drop(sheet(row().replace(",300,", ",500多,"))).get_json()["took"][0]["id"]
    desk.empty()
    desk.confirm(desk.find(task))
    browser.be(STEWARD)
    (item,) = approvals.waiting(desk.settings)
    assert "500多" in browser.page("/desk/approvals")
    place = f"/desk/approvals/{item.item_id}"
    refused = browser.post(f"{place}/accept", value="9000")
    assert (refused.status_code, "范围" in refused.get_json()["message"]) == (409, True)
    assert browser.post(f"{place}/accept", value="520").status_code == 200
    assert "没有等待审核" in browser.page("/desk/approvals")
    (decision,) = approvals.decided(desk.settings)
    assert "按 520 计" in browser.page("/desk/approvals?show=decided")
    assert browser.post(f"/desk/approvals/undo/{decision['decision_id']}").status_code == 200
    assert len(approvals.waiting(desk.settings)) == 1
