"""A newly published version: one screen stays with its own, the next one has the new one, open pages are told."""

from __future__ import annotations

import gc
import json
import threading
import weakref
from dataclasses import replace
from pathlib import Path

import pytest
from people_kit import small_city
from warehouse_kit import fair, upload

from analytics import intake
from analytics.metrics import query
from analytics.metrics.engine import DuckEngine
from analytics.metrics.scope import Scope, seen
from analytics.operations.people import VISITOR, Person
from analytics.settings import Settings
from analytics.warehouse import Store, published
from dashboard import app as application
from dashboard.fresh import Watcher, settle
from dashboard.pages import overview
from dashboard.pages.page import Page
from dashboard.repaint import Painted
from dashboard.source import Memory, Source

MORE = (
    "2024年招聘会台账,,,,,,\n填报单位：渭滨区总工会,,,,,,\n"
    "招聘会名称,举办日期,县区,举办方式,参会企业数,提供岗位数,服务人次\n"
    "{name},2024-05-20,渭滨区,线下,9,31,20\n"
)


def publish(settings: Settings, folder: Path, name: str) -> str:
    """Publish one more job fair and return the new version's id."""
    path = folder / f"{name}.csv"
    path.write_text(MORE.format(name=name), encoding="utf-8")
    report = intake.ingest([path], settings)[0]
    assert report.state in {"accepted", "accepted_with_warnings"}, report.findings
    return published.current(settings).id


def written(painted: Painted) -> str:
    """What is in a painted part of a screen, as the browser gets it."""
    return str(json.loads(painted.text(painted.root)))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return small_city(tmp_path / "data")


def test_what_is_published_meanwhile_does_not_come_onto_a_screen(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Source(settings)
    old = source.current().version_id
    before = written(application._screen(source, "/", "?period=2024", VISITOR).main)
    fresh = Source(settings)
    real = overview.PAGE.render

    def interrupted(request):  # type: ignore[no-untyped-def]
        request.snapshot.figures(("J01",), request.asked)
        publish(settings, tmp_path, "插入专场")
        return real(request)

    page = Page(path="/", title="总览", render=interrupted)
    monkeypatch.setitem(application._PATHS, "/", page)
    shown = application._screen(fresh, "/", "?period=2024", VISITOR)
    assert old in written(shown.foot)
    assert written(shown.main) == before
    monkeypatch.undo()
    shown = application._screen(fresh, "/", "?period=2024", VISITOR)
    assert old not in written(shown.foot)
    assert written(shown.main) != before
    # And who has the old version's address still sees it, and is told so.
    shown = application._screen(fresh, "/", f"?period=2024&version={old}", VISITOR)
    assert old in written(shown.foot)
    assert "旧版本" in written(shown.main)


def test_a_server_lets_go_of_the_versions_it_showed_before(settings: Settings) -> None:
    source, leases = Source(settings), []
    rounds = gc.get_threshold()
    try:
        for number in range(published._KEPT + 4):
            with Store(settings).writing() as writing:
                writing.commit(upload(f"{number}.xlsx", job_fair=[fair(f"第{number}专场")]))
            leases.append(weakref.ref(published.current(settings)._lease))
            for path in ("/", "/rectification", "/training"):
                application._screen(source, path, "?period=2024", VISITOR)
            # From here on a circle of objects would never be taken apart.
            settle()
    finally:
        gc.unfreeze()
        gc.set_threshold(*rounds)
    held = [number for number, lease in enumerate(leases) if lease() is not None]
    assert held == list(range(4, len(leases)))


def test_whoever_still_reads_an_old_version_sees_within_their_own_limits(settings: Settings) -> None:
    version = published.current(settings)
    mine = seen(version, Scope(ledgers=frozenset({"job_fair"}), discipline=True))
    fairs = mine.connect().execute("SELECT count(*) FROM job_fair").fetchone()
    assert fairs != (0,)
    version.retire()
    other = seen(version, Scope(ledgers=frozenset({"training"}), discipline=True))
    assert other.connect().execute("SELECT count(*) FROM job_fair").fetchone() == (0,)
    assert mine.connect().execute("SELECT count(*) FROM job_fair").fetchone() == fairs


def test_pages_are_told_of_a_version_once_it_is_ready(settings: Settings, tmp_path: Path) -> None:
    source, warmed = Source(settings), threading.Event()
    seen: list[str | None] = []

    def warm() -> None:
        seen.append(watcher.told)
        warmed.set()

    watcher = Watcher(source, warm, every=0.01)
    first = source.newest_id()
    assert watcher.told == first
    watcher.start()
    try:
        assert watcher.told == first
        warmed.clear()
        second = publish(settings, tmp_path, "后来专场")
        assert warmed.wait(10)
        for _ in range(200):
            if watcher.told == second:
                break
            threading.Event().wait(0.02)
        assert watcher.told == second
        # While it was being made ready, pages were still told of the one before.
        assert seen[-1] == first
    finally:
        watcher.stop()


def test_while_people_upload_screens_come_from_the_version_that_is_ready(settings: Settings, tmp_path: Path) -> None:
    source, asked, go_on = Source(settings), threading.Event(), threading.Event()
    first = source.current().version_id

    def warm() -> None:
        if source.newest_id() != first:
            asked.set()
            go_on.wait(10)

    watcher = Watcher(source, warm, busy=lambda: True, every=0.01, apart=0.1)
    watcher.start()
    try:
        second = publish(settings, tmp_path, "后来专场")
        assert asked.wait(10)
        assert source.current().version_id == first
        # Who has heard of the newer one is never shown an older one.
        assert source.current(known=second).version_id == second
        go_on.set()
        for _ in range(200):
            if source.current().version_id == second:
                break
            threading.Event().wait(0.02)
        assert source.current().version_id == second
    finally:
        go_on.set()
        watcher.stop()


def test_while_people_upload_versions_are_made_ready_some_time_apart_and_at_once_afterwards(
    settings: Settings, tmp_path: Path
) -> None:
    source, uploading = Source(settings), [True]
    first = source.current().version_id
    watcher = Watcher(source, lambda: None, busy=lambda: uploading[0], every=60)
    watcher._look()
    second = publish(settings, tmp_path, "后来专场")
    watcher._look()
    assert source.current().version_id == first, "the one before was made ready a moment ago"
    uploading[0] = False
    watcher._look()
    assert (source.held, source.current().version_id) == (None, second)


def test_a_new_version_is_asked_anew_only_about_the_ledgers_that_changed(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    real = DuckEngine._text
    monkeypatch.setattr(DuckEngine, "_text", lambda self, sql: asked.append(sql) or real(self, sql))

    def ask() -> dict[str, object]:
        version = seen(published.current(settings), Scope())
        return {id_: query(id_, period="2024", version=version).rows[0].value for id_ in ("J02", "R01")}

    before = ask()
    assert asked
    publish(settings, tmp_path, "后来专场")
    asked.clear()
    after = ask()
    assert after == before | {"J02": before["J02"] + 31}  # type: ignore[operator]
    assert asked
    assert all("job_fair" in sql or "uploads" in sql for sql in asked), asked


def test_people_with_equal_rights_see_one_screen_and_no_name_is_in_it(settings: Settings) -> None:
    source = Source(settings)
    wang, li = (Person(id=name, login=name, name=f"姓{name}", roles=frozenset({"analyst"})) for name in ("wang", "li"))
    first = application._screen(source, "/", "?period=2024", wang)
    second = application._screen(source, "/", "?period=2024", li)
    assert first.main is second.main
    assert "姓wang" in written(first.links)
    assert "姓wang" not in written(first.main) + written(first.foot) + first.title


def test_nobody_gets_a_screen_that_was_remembered_for_other_rights(settings: Settings) -> None:
    everything = Person(id="1", login="all", name="全看", roles=frozenset({"leader"}))
    people = [
        VISITOR,
        everything,
        replace(everything, discipline=True),
        replace(everything, counties=frozenset({"渭滨区"})),
        replace(everything, counties=frozenset({"金台区"})),
        replace(everything, ledgers=frozenset({"job_fair"})),
        replace(everything, roles=frozenset({"admin"})),
    ]
    shared = Source(settings)
    for path in ("/", "/fairs", "/training", "/integrity"):
        for reader in (*people, *reversed(people)):
            shown = application._screen(shared, path, "?period=2024", reader)
            own = application._screen(Source(settings), path, "?period=2024", reader)
            assert (shown.main, shown.foot, shown.links) == (own.main, own.foot, own.links), (path, reader)


def test_a_failure_while_getting_ready_is_tried_again(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    tries: list[int] = []

    def warm() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise RuntimeError("not yet")

    watcher = Watcher(Source(settings), warm, every=0.01)
    watcher.start()
    try:
        for _ in range(200):
            if watcher.told is not None:
                break
            threading.Event().wait(0.02)
        assert watcher.told is not None
    finally:
        watcher.stop()
    assert "not yet" in caplog.text


def test_what_several_ask_at_once_is_asked_once() -> None:
    memory, asked, begin = Memory(4), [], threading.Barrier(4)

    def slow() -> str:
        asked.append(1)
        threading.Event().wait(0.1)
        return "found"

    answers: list[str] = []

    def person() -> None:
        begin.wait()
        answers.append(memory.answer("key", slow))

    threads = [threading.Thread(target=person) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(asked), answers) == (1, ["found"] * 4)


def test_who_waits_for_a_failure_is_told_of_it_and_the_next_one_asks_again() -> None:
    memory = Memory(4)

    def fail() -> str:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        memory.answer("key", fail)
    assert memory.answer("key", lambda: "yes") == "yes"
