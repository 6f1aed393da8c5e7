"""What a measure is, and how commands are timed. Knows nothing of what is measured."""

from __future__ import annotations

import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / "bench" / "results" / "cache"
"""Generated inputs, kept from run to run; their names carry what they were generated from."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure. ``limit`` is the most (or, where ``at_least``, the least) it may be; ``detail`` says how it came."""

    id: str
    label: str
    label_zh: str
    value: float
    unit: str
    limit: float | None = None
    at_least: bool = False
    detail: str = ""

    @property
    def kept(self) -> bool | None:
        """Whether the limit is kept; ``None`` where there is none."""
        if self.limit is None:
            return None
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def figure(self) -> str:
        """Return the value as it is printed."""
        digits = 0 if self.value >= 100 or float(self.value).is_integer() else 2 if self.value < 10 else 1
        return f"{self.value:,.{digits}f} {self.unit}".strip()

    def bound(self) -> str:
        """Return the limit as it is printed."""
        return "" if self.limit is None else f"{'≥' if self.at_least else '≤'} {self.limit:g}"


@dataclass(slots=True)
class Spread:
    """Several timings of one thing, in seconds."""

    seconds: list[float] = field(default_factory=list)

    def median(self) -> float:
        """Return the middle timing."""
        return statistics.median(self.seconds)

    def quantile(self, share: float) -> float:
        """Return the timing that ``share`` of all stay within."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    def __str__(self) -> str:
        return f"{self.median():.2f} s（{min(self.seconds):.2f}–{max(self.seconds):.2f}，{len(self.seconds)} 次）"


def timed(work: Callable[[], object]) -> float:
    """Return how many seconds ``work`` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def taizhang(data: Path, *arguments: str | Path) -> list[str]:
    """Return the command line of ``taizhang`` on the data folder ``data``."""
    command = Path(sys.executable).with_name("taizhang")
    return [str(command), "--data", str(data), *map(str, arguments)]


def run(command: Sequence[str], *, ok: Sequence[int] = (0,)) -> subprocess.CompletedProcess[str]:
    """Run a command to its end.

    Raises:
        RuntimeError: It ended with a code not in ``ok``.
    """
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in ok:
        raise RuntimeError(f"{' '.join(command[:4])}… ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return done


@contextmanager
def fresh_folder() -> Iterator[Path]:
    """Give an empty data folder that is gone afterwards."""
    with TemporaryDirectory(prefix="taizhang-bench-") as folder:
        yield Path(folder)


def peak_memory(command: Sequence[str]) -> int:
    """Run a command and return the most memory (bytes, PSS) it and its descendants held at one moment."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    most = 0
    done = threading.Event()

    def watch() -> None:
        nonlocal most
        while not done.is_set():
            most = max(most, sum(map(_pss, _tree(process.pid))))
            done.wait(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    code = process.wait()
    done.set()
    watcher.join()
    if code:
        raise RuntimeError(f"{' '.join(command[:4])}… ended with {code}")
    return most


def _tree(pid: int) -> list[int]:
    """Return a process and its descendants that are alive now."""
    found, waiting = [], [pid]
    while waiting:
        current = waiting.pop()
        found.append(current)
        try:
            for task in Path(f"/proc/{current}/task").iterdir():
                children = (task / "children").read_text(encoding="ascii")
                waiting += map(int, children.split())
        except OSError:
            # It ended between being listed and being looked at.
            continue
    return found


def _pss(pid: int) -> int:
    """Return the memory of one process, pages shared with others counted by their share."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))
