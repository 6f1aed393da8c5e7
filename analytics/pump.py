"""Files read ahead in a thread of their own, so that loading one and reading the next go on together.

Knows what is loaded already and need not be read; must not know how a workbook is read or a record kept.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from analytics.etl.report import FileReport, Finding, IngestOptions, Outcome
from analytics.settings import Settings
from analytics.warehouse import published, raw
from analytics.warehouse import uploads as rows
from analytics.warehouse.store import Mode

IDLE_SECONDS = 0.2
"""How long the write lock is kept while the next file is still being read."""
LEAVE_SECONDS = 0.2
_DONE = object()


class Reader(Protocol):
    """What reads files: ``analytics.etl.sandbox.Reader``, or a stand-in."""

    def read_many(self, items: Iterable[tuple[Path | bytes, IngestOptions]]) -> Iterator[Outcome]:
        """Read files; the outcomes come in the files' order."""


@dataclass(slots=True)
class Job:
    """One file of a command."""

    index: int
    path: Path
    source: Path
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What holds for every file of one command."""

    settings: Settings
    options: dict[str, Any]
    mode: Mode
    strict: bool
    by: str
    wait: float | None


class Pump:
    """Reads ahead in a thread of its own, so that loading one file and reading the next go on together."""

    def __init__(
        self,
        files: Sequence[Path],
        ask: Callable[[Path], IngestOptions],
        plan: Plan,
        version: published.Version,
        reader: Reader,
        *,
        keep: bool,
    ) -> None:
        self._files = files
        self._ask = ask
        self._plan = plan
        self._version = version
        self._reader = reader
        self._keep = keep
        self._queue: queue.Queue[Any] = queue.Queue(maxsize=8)
        self._sent: deque[Job] = deque()
        self._stopped = threading.Event()

    def results(self, idle: Callable[[], float | None]) -> Iterator[tuple[Job, Outcome | FileReport]]:
        """Yield each file with its outcome, or with its report where it need not be read.

        Args:
            idle: Called when nothing is ready; returns how long to wait before it is called again.
        """
        thread = threading.Thread(target=self._run, name="taizhang-reading", daemon=True)
        thread.start()
        try:
            patience: float | None = IDLE_SECONDS
            while True:
                try:
                    item = self._queue.get(timeout=patience)
                except queue.Empty:
                    patience = idle()
                    continue
                patience = IDLE_SECONDS
                if item is _DONE:
                    return
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            # Where the caller breaks off, a slow file is not waited for: closing the reader ends the thread.
            self._stopped.set()
            thread.join(timeout=LEAVE_SECONDS)

    def _put(self, item: object) -> None:
        """Hand something over, unless nobody takes it any more."""
        while not self._stopped.is_set():
            try:
                self._queue.put(item, timeout=LEAVE_SECONDS)
            except queue.Full:
                continue
            return

    def _run(self) -> None:
        try:
            for outcome in self._reader.read_many(self._items()):
                self._put((self._sent.popleft(), outcome))
                if self._stopped.is_set():
                    return
            self._put(_DONE)
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits for it
            self._put(error)

    def _items(self) -> Iterator[tuple[Path | bytes, IngestOptions]]:
        settings = self._plan.settings
        known: Mapping[str, str] = {}
        if not self._version.empty:
            con = self._version.connect()
            known = rows.loaded(con, self._plan.options, self._version.profiles)
            con.close()
        for index, path in enumerate(self._files):
            if self._stopped.is_set():
                return
            job = Job(index, path, path)
            try:
                if path.is_file() and path.stat().st_size <= settings.max_file_bytes:
                    if self._keep:
                        job.sha256, job.source = raw.keep(settings, path)
                    else:
                        job.sha256 = raw.hash_of(path)
            except OSError as error:
                self._put((job, unreadable(path, error)))
                continue
            same = known.get(job.sha256)
            if same:
                self._put((job, duplicate(path.name, job.sha256, same)))
                continue
            self._sent.append(job)
            yield job.source, self._ask(path)


def duplicate(file: str, sha256: str, upload_id: str) -> FileReport:
    """Return the report of a file whose bytes are loaded already."""
    finding = Finding(
        "FILE-DUPLICATE",
        "info",
        f"文件内容与上传 {upload_id} 完全相同，没有重复导入",
        "无需处理；如需重新导入，请先用 taizhang revoke 撤回那次上传",
    )
    return FileReport(file, sha256, "duplicate", upload_id, [], [finding])


def unreadable(path: Path, error: OSError) -> FileReport:
    """Return the report of a file that cannot even be opened."""
    reason = error.strerror or type(error).__name__
    finding = Finding("FILE-UNREADABLE", "error", f"文件打不开（{reason}）", "请检查路径、文件权限，或文件是否被移走")
    return FileReport(path.name, "", "unreadable", findings=[finding])
