"""The store under several processes at once: readers during writes, writers in turn, writers that are killed."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest
from store_worker import ROWS

from analytics.settings import Settings
from analytics.warehouse import Store, StoreBusy, current
from analytics.warehouse.check import check

WORKER = Path(__file__).resolve().parents[1] / "support" / "store_worker.py"


class Workers:
    """Starts worker processes and makes sure none outlives its test."""

    def __init__(self, errors: IO[str]) -> None:
        self.started: list[subprocess.Popen[str]] = []
        self.errors = errors

    def start(self, *words: object) -> subprocess.Popen[str]:
        """Start one and wait until it is at work."""
        process = subprocess.Popen(
            [sys.executable, str(WORKER), *map(str, words)], stdout=subprocess.PIPE, stderr=self.errors, text=True
        )
        self.started.append(process)
        return process

    def close(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.kill()
            if process.stdout and not process.stdout.closed:
                rest(process)


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    with (tmp_path / "errors.txt").open("w+", encoding="utf-8") as errors:
        found = Workers(errors)
        yield found
        found.close()
        errors.seek(0)
        assert "Traceback" not in errors.read()


@pytest.fixture
def place(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", keep_versions=2)


def ready(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert json.loads(process.stdout.readline() or "{}") == {"ready": True}


def rest(process: subprocess.Popen[str]) -> list[dict[str, Any]]:
    """All that a process still says until it ends; a last line cut off by a kill is left out."""
    assert process.stdout is not None
    with process.stdout:
        said = process.stdout.read()
    process.wait()
    return [json.loads(line) for line in said.splitlines() if line.endswith("}")]


def lines(process: subprocess.Popen[str]) -> list[dict[str, Any]]:
    said = rest(process)
    assert process.returncode == 0
    return said


def sound(place: Settings) -> None:
    """Everything the doctor looks at agrees (these uploads are made by hand, so there are no originals)."""
    assert [entry for entry in check(place) if entry.verdict != "ok" and entry.name != "originals"] == []


def test_readers_never_see_an_error_or_half_an_upload_while_others_write(
    place: Settings, workers: Workers, tmp_path: Path
) -> None:
    written = tmp_path / "written"
    writers = [workers.start("write", place.data, tag, 8) for tag in ("甲", "乙")]
    for writer in writers:
        ready(writer)
    readers = [workers.start("read", place.data, 120, written) for _ in range(3)]
    for reader in readers:
        ready(reader)
    acknowledged = [entry["acknowledged"] for writer in writers for entry in lines(writer)]
    written.touch()
    told = [entry for reader in readers for entry in lines(reader)]
    assert len(set(acknowledged)) == 16, "two writers at once take turns and lose nothing"
    for entry in told:
        assert entry["wrong"] == []
        assert set(entry["totals"]) <= {ROWS * number for number in range(17)}
        assert entry["reads"] > 2
    assert max(entry["versions"] for entry in told) > 3, "the readers must have seen versions come and go"
    assert current(place).rows("job_fair") == current(place).rows("training") == 16 * ROWS
    sound(place)


def test_a_writer_that_waits_too_long_is_told_who_is_writing(place: Settings, workers: Workers) -> None:
    holder = workers.start("hold", place.data)
    ready(holder)
    begun = time.monotonic()
    with pytest.raises(StoreBusy, match=f"进程号 {holder.pid}") as told, Store(place).writing(wait=0.4):
        pytest.fail("the lock was not held")
    assert 0.4 <= time.monotonic() - begun < 3
    assert "--wait" in str(told.value)


def test_the_lock_of_a_killed_writer_is_free_at_once(place: Settings, workers: Workers) -> None:
    holder = workers.start("hold", place.data)
    ready(holder)
    holder.kill()
    holder.wait()
    begun = time.monotonic()
    with Store(place).writing(wait=5):
        assert time.monotonic() - begun < 2


def test_a_reader_during_a_long_write_is_not_kept_waiting(place: Settings, workers: Workers) -> None:
    writer = workers.start("write", place.data, "甲", 1)
    ready(writer)
    lines(writer)
    holder = workers.start("hold", place.data)
    ready(holder)
    begun = time.monotonic()
    assert current(place).connect().execute("SELECT count(*) FROM job_fair").fetchone() == (ROWS,)
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize("round_", range(6))
def test_a_writer_killed_at_any_moment_leaves_whole_uploads_only(
    place: Settings, workers: Workers, round_: int
) -> None:
    seed = random.SystemRandom().randrange(1 << 30)
    sys.stdout.write(f"seed {seed}\n")
    writer = workers.start("write_on" if round_ % 2 else "write", place.data, "甲", 1000)
    ready(writer)
    reader = workers.start("read", place.data, 2.5) if round_ % 2 == 0 else None
    time.sleep(random.Random(seed).uniform(0.05, 1.5))
    os.kill(writer.pid, signal.SIGKILL)
    said = rest(writer)
    acknowledged = [entry["acknowledged"] for entry in said if "acknowledged" in entry]
    revoked = {entry["revoked"] for entry in said if "revoked" in entry}
    doubtful = {entry["revoking"] for entry in said if "revoking" in entry} - revoked

    before = current(place)
    if before.folder is not None:
        con = before.connect()
        whole = con.execute("SELECT upload_id, count(*) FROM job_fair GROUP BY ALL").fetchall()
        assert {count for _, count in whole} <= {ROWS}, "what readers see after the kill is whole too"

    Store(place).repair()
    con = current(place).connect()
    fairs = dict(con.execute("SELECT upload_id, count(*) FROM job_fair GROUP BY ALL").fetchall())
    classes = dict(con.execute("SELECT upload_id, count(*) FROM training GROUP BY ALL").fetchall())
    kept = {row[0] for row in con.execute("SELECT upload_id FROM uploads").fetchall()}
    assert fairs == classes
    assert set(fairs.values()) <= {ROWS}
    assert set(acknowledged) <= kept, "an acknowledged upload is never lost"
    assert len(kept) <= len(acknowledged) + 1, "at most the one under way may have come through"
    assert set(acknowledged) - revoked - doubtful <= set(fairs)
    assert not revoked & set(fairs), "a revoke that was acknowledged holds"
    sound(place)
    if reader is not None:
        ready(reader)
        assert lines(reader)[-1]["wrong"] == []
