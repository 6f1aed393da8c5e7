"""The short forms of ``bench.crash`` and ``bench.uploads``: six moments of kill -9; people at the same time."""

from __future__ import annotations

import json
import random
import sys
import time
from pathlib import Path

from desk_kit import row, sheet

from analytics.desk import tasks
from analytics.settings import Settings
from bench.crash import torture
from bench.uploads import Caller, multipart, together


def test_processes_killed_at_any_moment_leave_nothing_by_halves_and_lose_nothing(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(1 << 30)
    sys.stdout.write(f"seed {seed}\n")
    wrong, killed, handed = torture(tmp_path, 6, seed)
    assert wrong == []
    assert killed >= 6
    assert handed >= 6


def test_people_upload_and_read_at_once_and_a_stop_finishes_what_was_handed_in(tmp_path: Path) -> None:
    last: list[str] = []

    def hand_in(caller: Caller) -> None:
        status, answer = caller.ask("POST", "/desk/files", *multipart("最后.csv", sheet(row("最后一场")).decode()))
        assert status == 200
        last.append(json.loads(answer)["took"][0]["id"])

    quiet, busy, waits, wrong = together(tmp_path, readers=6, clerks=3, idle=0.5, files=1, small=True, at_last=hand_in)
    assert wrong == []
    assert len(waits.seconds) == 3
    assert quiet.seconds or busy.seconds
    # The server is gone; what was acknowledged a moment before is read to its end all the same.
    settings = Settings(data=tmp_path / "data")
    until = time.monotonic() + 30
    while tasks.in_state(settings, tasks.BUSY) and time.monotonic() < until:
        time.sleep(0.05)
    found = tasks.find(settings, last[0])
    assert found is not None
    assert found.state == "ready"
