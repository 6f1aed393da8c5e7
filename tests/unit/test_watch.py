"""A watched folder: only whole workbooks are touched, each once, over restarts, and nothing is moved unless told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from desk_kit import row, sheet

from analytics import intake
from analytics.etl.sandbox import Reader
from analytics.settings import Settings
from analytics.warehouse import current, pending
from analytics.watch import Wanted, Watch, is_ours


@pytest.fixture
def place(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "上报"
    made.mkdir()
    return made


@pytest.fixture(autouse=True)
def _one_reader(monkeypatch: pytest.MonkeyPatch, shared: Reader) -> None:
    """Reading processes are dear to start: all these tests share one."""

    class Shared:
        def __init__(self, *_: Any, **__: Any) -> None:
            pass

        def __enter__(self) -> Reader:
            return shared

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr("analytics.etl.sandbox.Reader", Shared)


@pytest.fixture(scope="module")
def shared() -> Iterator[Reader]:
    with Reader(Settings(reader_seconds=20)) as opened:
        yield opened


def once(place: Settings, folder: Path, **wanted: Any) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    Watch(place, Wanted(folder, settle=0.05, **wanted), told.append).run(once=True)
    return told


def test_a_file_is_previewed_and_not_loaded_unless_asked_for(place: Settings, folder: Path) -> None:
    (folder / "七月.csv").write_bytes(sheet(row()))
    (line,) = once(place, folder)
    assert (line["file"], line["state"], line["readable"], line["loaded"]) == ("七月.csv", "accepted", 1, 0)
    assert f"taizhang confirm {line['upload_id']}" in line["sentence"]
    assert current(place).rows("job_fair") == 0
    intake.confirm(line["upload_id"], place)
    assert current(place).rows("job_fair") == 1


def test_a_restart_does_nothing_twice(place: Settings, folder: Path) -> None:
    (folder / "七月.csv").write_bytes(sheet(row()))
    once(place, folder)
    assert once(place, folder) == []
    assert len(pending.waiting(place)) == 1


def test_a_preview_made_just_before_a_stop_is_found_again(place: Settings, folder: Path) -> None:
    (folder / "七月.csv").write_bytes(sheet(row()))
    (first,) = once(place, folder)
    for note in (place.processed / "watch").iterdir():
        note.write_text('{"cut', encoding="utf-8")
    (second,) = once(place, folder)
    assert second["upload_id"] == first["upload_id"]
    assert len(pending.waiting(place)) == 1


def test_what_was_only_previewed_is_loaded_when_that_is_asked_for_later(place: Settings, folder: Path) -> None:
    (folder / "七月.csv").write_bytes(sheet(row()))
    once(place, folder)
    (line,) = once(place, folder, confirm=True)
    assert line["loaded"] == 1
    assert once(place, folder, confirm=True) == []
    assert once(place, folder) == [], "what is loaded needs no preview"


def test_a_file_saved_again_is_taken_again(place: Settings, folder: Path) -> None:
    path = folder / "七月.csv"
    path.write_bytes(sheet(row()))
    once(place, folder, confirm=True)
    path.write_bytes(sheet(row(firms="40")))
    once(place, folder, confirm=True)
    assert current(place).connect().execute("SELECT employers_n FROM job_fair").fetchall() == [(40,)]


@pytest.mark.parametrize(
    "name",
    ["~$七月.xlsx", ".~lock.七月.xlsx#", ".七月.xlsx", "七月.xlsx.crdownload", "七月.xlsx.part", "七月.tmp", "说明.pdf",
     "Thumbs.db"],
)  # fmt: skip
def test_locks_halves_and_other_files_are_not_touched(name: str) -> None:
    assert not is_ours(Path(name))


def test_a_file_that_is_open_or_still_growing_is_waited_for(place: Settings, folder: Path) -> None:
    told: list[dict[str, Any]] = []
    watched = Watch(place, Wanted(folder, settle=0.4, interval=0.05), told.append)
    path, lock = folder / "七月.csv", folder / ".~lock.七月.csv#"
    lock.touch()
    path.write_bytes(sheet(row())[:40])
    thread = threading.Thread(target=watched.run)
    thread.start()
    try:
        time.sleep(0.7)
        assert told == [], "an office program has it open"
        lock.unlink()
        for size in (60, 90, len(sheet(row()))):
            path.write_bytes(sheet(row())[:size])
            time.sleep(0.15)
        assert told == [], "it is still being copied"
        until = time.monotonic() + 15
        while not told and time.monotonic() < until:
            time.sleep(0.05)
    finally:
        watched.stop()
        thread.join()
    assert [line["state"] for line in told] == ["accepted"]


def test_files_are_moved_only_where_told_and_never_over_another(place: Settings, folder: Path, tmp_path: Path) -> None:
    done = folder / "已办"
    (folder / "七月.csv").write_bytes(sheet(row()))
    once(place, folder, confirm=True)
    assert (folder / "七月.csv").exists()
    (folder / "七月.csv").write_bytes(sheet(row(firms="41")))
    once(place, folder, confirm=True, move=done)
    (folder / "七月.csv").write_bytes(sheet(row(firms="42")))
    once(place, folder, confirm=True, move=done)
    assert sorted(path.name for path in done.iterdir()) == ["七月.csv", "七月（2）.csv"]
    assert not (folder / "七月.csv").exists()


def test_a_wrong_file_is_told_in_a_sentence_and_the_others_go_on(place: Settings, folder: Path) -> None:
    (folder / "一.xlsx").write_bytes(b"PK\x03\x04 not a workbook")
    (folder / "二.csv").write_bytes(sheet(row()))
    lines = once(place, folder, confirm=True)
    assert [line["state"] for line in lines] == ["unreadable", "accepted"]
    assert all(line["sentence"].endswith("。") for line in lines)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_stops_cleanly_on_a_signal(place: Settings, folder: Path, number: signal.Signals) -> None:
    (folder / "七月.csv").write_bytes(sheet(row()))
    command = [str(Path(sys.executable).with_name("taizhang")), "--data", str(place.data), "watch", str(folder)]
    with subprocess.Popen(
        [*command, "--settle", "0", "--interval", "0.1", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert '"七月.csv"' in process.stdout.readline()
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "已停止" in errors
    assert "Traceback" not in errors
