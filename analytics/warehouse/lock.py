"""The one write lock between processes: who may open the warehouse file, and what those who wait are told.

Must not know what is written. The kernel frees the lock when its holder dies, so a killed writer never blocks.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from analytics import moments
from analytics.warehouse.errors import StoreBusy

POLL_SECONDS = 0.05


def _busy(holder: Path, wait: float) -> StoreBusy:
    """Say who holds the lock, as far as the note it left can be read."""
    who = "另一个进程"
    try:
        note = json.loads(holder.read_text(encoding="utf-8"))
        since = moments.local(note["since"])
        who = f"另一个进程（进程号 {note['pid']}，自 {since:%H:%M:%S} 起）"
    except (OSError, ValueError, KeyError, TypeError):
        # The note is a courtesy written after the lock was taken; without it the sentence is only less exact.
        who = "另一个进程"
    return StoreBusy(f"{who}正在写入台账库，等待 {wait:g} 秒后仍未结束。请稍后重试，或用 --wait 秒数 多等一会儿。")


@contextmanager
def write_lock(path: Path, wait: float) -> Iterator[None]:
    """Hold the write lock beside ``path`` for the length of the block.

    Args:
        path: The file the lock protects; the lock file stands beside it.
        wait: Seconds to wait for another process.

    Raises:
        StoreBusy: The lock was still held by another process after ``wait`` seconds.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    holder = path.with_name(path.name + ".holder")
    lock = FileLock(path.with_name(path.name + ".lock"), timeout=wait, poll_interval=POLL_SECONDS, thread_local=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise _busy(holder, wait) from error
    try:
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        holder.write_text(json.dumps({"pid": os.getpid(), "since": now}), encoding="utf-8")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()
