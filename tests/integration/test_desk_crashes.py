"""The short forms of ``bench.crash`` and ``bench.uploads``: ten moments of kill -9; people at the same time."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from bench.crash import torture
from bench.uploads import together


def test_processes_killed_at_any_moment_leave_nothing_by_halves_and_lose_nothing(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(1 << 30)
    sys.stdout.write(f"seed {seed}\n")
    wrong, killed, handed = torture(tmp_path, 10, seed)
    assert wrong == []
    assert killed >= 10
    assert handed >= 10


@pytest.mark.slow
def test_people_upload_and_read_at_the_same_time_and_every_file_ends_in_its_state(tmp_path: Path) -> None:
    quiet, busy, waits, wrong = together(tmp_path, readers=6, clerks=3, idle=3.0)
    assert wrong == []
    assert len(waits.seconds) == 9
    assert quiet.seconds
    assert busy.seconds
