"""The one worker of a data folder: a process of its own at low priority that empties the desk and ends when idle.

Whoever puts something on the desk makes sure that there is one; the kernel frees its place when it ends, however it
ends, so that the next one goes on where it stopped. Must not know what is done with a file.
"""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from analytics.settings import Settings
from analytics.warehouse import leases

if TYPE_CHECKING:
    from analytics.etl.sandbox import Reader

_log = logging.getLogger(__name__)

IDLE_SECONDS = 30.0
"""How long the worker waits for more to do before it ends."""
POLL_SECONDS = 0.2
READERS = 2
"""Files read at the same time."""
_BATCH = 4
"""Files read before what was confirmed meanwhile has its turn."""
_GROUP = 50
"""Uploads loaded before one publishing."""
GATHER_SECONDS = 12.0
"""Longest pause between two publishings: every one makes all readers' answers be worked out anew."""
SHARE = 10.0
"""Loading and publishing may take one part in this many of the time, as long as the pause is not the longest."""
NICENESS = 19
"""People who read come first: the lowest priority, and where there is one the class below it."""
_PASSED = (
    "data", "lock_wait", "reader_memory", "reader_seconds", "max_file_bytes", "max_unpacked_bytes", "max_cells",
    "keep_versions", "keep_unconfirmed_days",
)  # fmt: skip
_DETACH = (
    "import os, sys; os.setsid(); os.fork() and os._exit(0); os.nice(int(sys.argv[1])); "
    "hasattr(os, 'SCHED_IDLE') and os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0)); "
    "os.execv(sys.executable, sys.argv[2:])"
)


def _place(settings: Settings) -> Path:
    return settings.processed / "desk.lock"


def is_there(settings: Settings) -> bool:
    """Tell whether a worker is at work on this data folder."""
    return not leases.unheld(_place(settings))


def ensure(settings: Settings) -> None:
    """Start a worker unless there is one. Returns at once.

    The place is taken here and handed to the new process: of many who ask at the same time, one starts a worker.
    """
    settings.processed.mkdir(parents=True, exist_ok=True)
    handle = os.open(_place(settings), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        with suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _start(settings, handle)
    finally:
        # The lock is the new process's own by now, or it goes with this descriptor.
        os.close(handle)


def _start(settings: Settings, place: int) -> None:
    """Start the process that is the worker; ``place`` is the descriptor of the lock it keeps."""
    import analytics

    root = str(Path(analytics.__file__).resolve().parent.parent)
    known = os.environ.get("PYTHONPATH")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([root, *([known] if known else [])])}
    for name in _PASSED:
        environment[f"TAIZHANG_{name.upper()}"] = str(getattr(settings, name))
    environment["TAIZHANG_DATA"] = str(settings.data.resolve())
    if settings.operations_url is not None:
        environment["TAIZHANG_OPERATIONS_URL"] = settings.operations_url.get_secret_value()
    logs = settings.processed / "logs"
    logs.mkdir(exist_ok=True)
    worker = [sys.executable, "-P", "-m", "analytics.desk", str(place)]
    with (logs / "desk.log").open("ab") as log:
        # A child of a child belongs to nobody here: a web worker that ends neither waits for it nor takes it along.
        subprocess.run(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-S", "-c", _DETACH, str(NICENESS), *worker],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            pass_fds=[place],
            check=True,
        )


@contextmanager
def _alone(settings: Settings, place: int | None) -> Iterator[bool]:
    """Take the worker's place, unless it was handed over; gives ``False`` where it is taken."""
    settings.processed.mkdir(parents=True, exist_ok=True)
    handle = os.open(_place(settings), os.O_RDWR | os.O_CREAT, 0o600) if place is None else place
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield True
    finally:
        os.close(handle)


class Worker:
    """Empties the desk until it is idle or asked to stop; what is under way is always finished."""

    def __init__(self, settings: Settings, *, idle: float = IDLE_SECONDS, gather: float = GATHER_SECONDS) -> None:
        """Take the settings.

        Args:
            settings: Whose desk it is.
            idle: Seconds it waits for more before it ends.
            gather: Longest pause between two publishings; what is confirmed meanwhile is loaded together.
        """
        self._settings = settings
        self._idle = idle
        self._gather = gather
        self._next = float("-inf")
        self._stopped = False

    def stop(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """Finish what is under way and end."""
        self._stopped = True

    def run(self, place: int | None = None) -> bool:
        """Work; return ``False`` at once if there is a worker already.

        Args:
            place: The descriptor of the worker's lock, where whoever started this process has taken it.
        """
        with _alone(self._settings, place) as mine:
            if mine:
                self._work()
            return mine

    def _work(self) -> None:
        from analytics.desk import keeping, tasks
        from analytics.etl.sandbox import Reader

        tasks.take_up_again(self._settings)
        try:
            keeping.clean(self._settings)
        except Exception:  # noqa: BLE001 - what waits is done all the same; the next worker tries again
            _log.exception("cleaning up failed")
        last = time.monotonic()
        with Reader(self._settings, workers=READERS) as reader:
            while not self._stopped and time.monotonic() - last < self._idle and _place(self._settings).exists():
                if self.step(reader):
                    last = time.monotonic()
                else:
                    time.sleep(POLL_SECONDS)

    def step(self, reader: Reader) -> bool:
        """Do what is next: load what was confirmed, else read what waits. Return whether there was anything."""
        from analytics.desk import tasks, work

        confirmed = tasks.in_state(self._settings, {"confirming"}, limit=_GROUP)
        withdrawn = tasks.in_state(self._settings, {"revoking"}, limit=_GROUP)
        if (confirmed or withdrawn) and time.monotonic() >= self._next:
            begun = time.monotonic()
            work.load(self._settings, confirmed, withdrawn)
            ended = time.monotonic()
            self._next = ended + min(self._gather, SHARE * (ended - begun))
            return True
        waiting = tasks.in_state(self._settings, {"waiting"}, limit=_BATCH)
        for _ in work.read(self._settings, waiting, reader):
            if self._stopped:
                break
        if not waiting and (confirmed or withdrawn):
            time.sleep(POLL_SECONDS)
        return bool(waiting or confirmed or withdrawn)


def main() -> int:
    """Be the worker of the data folder that the environment names."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    worker = Worker(Settings())
    signal.signal(signal.SIGTERM, worker.stop)
    signal.signal(signal.SIGINT, worker.stop)
    worker.run(int(sys.argv[1]) if len(sys.argv) > 1 else None)
    return 0
