"""What nobody confirms is kept for a declared time; and each act at the desk is on record with where from."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk_kit import CLERK, OTHER, Desk, row, sheet

from analytics import intake
from analytics.desk import counter, keeping, tasks, worker
from analytics.etl.sandbox import Reader
from analytics.operations import audit
from analytics.settings import Settings
from analytics.warehouse import pending, raw

LATER = dt.datetime.now(dt.UTC) + dt.timedelta(days=91)


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader(Settings(), workers=1) as started:
        yield started


@pytest.fixture
def desk(tmp_path: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(worker, "ensure", lambda _: None)
    return Desk(Settings(data=tmp_path / "data"), reader)


def loaded(desk: Desk, content: bytes, person=CLERK) -> tasks.Task:
    task = desk.drop(content, person=person)
    counter.confirm(desk.settings, person, task.id, task.revision, address="10.0.0.1")
    desk.empty()
    return desk.find(task.id)


def test_what_nobody_confirms_goes_after_its_time_and_what_was_loaded_stays(desk: Desk) -> None:
    kept = loaded(desk, sheet(row("已入库")))
    ready, refused = desk.drop(sheet(row("没人确认"))), desk.drop("说明\n没有表格".encode())
    dropped = desk.drop(sheet(row("放弃的")))
    counter.drop(desk.settings, CLERK, dropped.id)
    assert keeping.clean(desk.settings) == 0, "it is not time yet"
    assert keeping.until(desk.settings, ready) == LATER.astimezone().date() - dt.timedelta(days=1)
    assert keeping.clean(desk.settings, LATER) == 3
    left = {path.name for path in desk.settings.raw.iterdir()}
    assert left == {kept.sha256}
    assert [desk.find(one.id).state for one in (kept, ready, refused, dropped)] == [
        "done", "expired", "expired", "dropped",
    ]  # fmt: skip
    assert not pending.waits(desk.settings, ready.id)
    told, _ = audit.lines(desk.settings, audit.Wanted(action="expire"))
    assert {(line.who, line.target) for line in told} == {(keeping.WHO, one.id) for one in (ready, refused, dropped)}
    assert {entry.verdict for entry in intake.check(desk.settings)} == {"ok"}
    assert keeping.clean(desk.settings, LATER) == 0
    again = desk.drop(sheet(row("没人确认")))
    assert (again.id != ready.id, again.state) == (True, "ready"), "it can be sent again"


def test_an_original_that_somebody_else_still_needs_stays(desk: Desk) -> None:
    loaded(desk, sheet(row("两人同报")), OTHER)
    assert desk.drop(sheet(row("两人同报"))).state == "duplicate"
    assert keeping.clean(desk.settings, LATER) == 0
    assert len(list(desk.settings.raw.iterdir())) == 1


def test_an_original_handed_in_again_while_it_goes_stays_or_is_kept_anew(desk: Desk) -> None:
    task = desk.drop(sheet(row()))
    path = raw.path_of(desk.settings, task.sha256)
    long_ago = path.stat().st_mtime - 1000
    os.utime(path, (long_ago, long_ago))
    counter.hand_in(desk.settings, OTHER, "招聘会.csv", io.BytesIO(sheet(row())))
    assert not raw.forget(desk.settings, task.sha256, long_ago + 10)
    assert path.is_file()
    path.rename(desk.settings.raw / f".leaving-{task.sha256}")  # a killed cleaner's
    keeping.clean(desk.settings)
    assert path.is_file()


def test_what_waits_on_the_desk_is_in_the_backup_too(desk: Desk, tmp_path: Path) -> None:
    loaded(desk, sheet(row("已入库")))
    refused = desk.drop("说明\n没有表格".encode())
    intake.backup(desk.settings, tmp_path / "all.tar")
    back = Settings(data=tmp_path / "back")
    intake.restore(back, tmp_path / "all.tar")
    assert raw.hash_of(raw.path_of(back, refused.sha256)) == refused.sha256


def test_nothing_goes_where_everything_is_to_be_kept(desk: Desk) -> None:
    desk.drop(sheet(row()))
    assert keeping.clean(desk.settings.model_copy(update={"keep_unconfirmed_days": 0}), LATER) == 0


def test_each_act_at_the_desk_is_on_record_with_where_from(desk: Desk) -> None:
    settings, here = desk.settings, {"address": "10.0.0.1"}
    task = desk.drop(sheet(row("甲"), row("乙", firms="较多")))
    counter.fix(settings, CLERK, task.id, task.revision, {("招聘会", "F3"): "12"}, **here)
    desk.empty()
    counter.unfix(settings, CLERK, task.id, desk.find(task.id).revision, "招聘会", "F3", **here)
    desk.empty()
    counter.confirm(settings, CLERK, task.id, desk.find(task.id).revision, **here)
    desk.empty()
    counter.revoke(settings, CLERK, task.id, "报错了", address="10.0.0.2")
    desk.empty()
    other = desk.drop(sheet(row("丙")))
    counter.drop(settings, CLERK, other.id, **here)
    told = {line.action: line for line in reversed(audit.lines(settings)[0]) if line.action != "upload"}
    assert {name: line.address for name, line in told.items()} == {
        "correct": "10.0.0.1", "confirm": "10.0.0.1", "revoke": "10.0.0.2", "drop": "10.0.0.1",
    }  # fmt: skip
    assert {line.who for line in told.values()} == {CLERK.login}
    taken_back = json.loads(told["correct"].before or ""), json.loads(told["correct"].after or "")
    assert [one["new"] for one in taken_back] == ["12", "较多"]
    assert json.loads(told["revoke"].before or "") == {"state": "done"}
    assert all(line.success for line in told.values())
