"""The short form of ``bench.crash``: the desk's processes killed at ten random moments."""

from __future__ import annotations

import random
import sys
from pathlib import Path

from bench.crash import torture


def test_processes_killed_at_any_moment_leave_nothing_by_halves_and_lose_nothing(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(1 << 30)
    sys.stdout.write(f"seed {seed}\n")
    wrong, killed, handed = torture(tmp_path, 10, seed)
    assert wrong == []
    assert killed >= 10
    assert handed >= 10
