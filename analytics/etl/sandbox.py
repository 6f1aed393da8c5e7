"""Files read in a process of their own, so that no file can harm the one that asks.

A hostile or damaged workbook may exhaust memory, spin, or crash the library that reads it. Here that costs
one short-lived child, and the outcome says so in a sentence. Answers come back as JSON and Arrow, never as
pickles: bytes a taken-over child sends are data and nothing else.
Knows nothing of how a workbook is read.
"""

from __future__ import annotations

import atexit
import errno
import fcntl
import hashlib
import json
import logging
import mmap
import os
import signal
import socket
import subprocess
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

import pyarrow as pa

from analytics.etl import wire, worker
from analytics.etl.grid import Limits
from analytics.etl.launch import TARGET, Started, launch
from analytics.etl.report import FileReport, Finding, IngestOptions, Outcome
from analytics.settings import Settings

_log = logging.getLogger(__name__)
# What went wrong inside is for whoever keeps a log; without one it must not land on a user's screen.
_log.addHandler(logging.NullHandler())

_LARGEST_ANSWER = 1 << 30

Source = Path | bytes
Item = tuple[Source, IngestOptions]

_SPLIT = "请检查文件是否正常；文件确实很大时，请按年份或县区拆分后分别上传。"
_KEEP = "请用 Excel 或 WPS 打开并“另存为”新的 .xlsx 后重新上传；仍然不行，请把原文件交给系统管理员。"


@dataclass(slots=True)
class _Job:
    """One file on its way: descriptors that hold its answer and its error output."""

    options: IngestOptions
    sha256: str
    answer: int
    errors: int
    outcome: Outcome | None = None
    peak: int = 0


class Reader:
    """Reads files one child each; start-up is paid once. Use as a context manager, from one thread at a time.

    ``peak`` is the largest resident memory, in bytes, that any child has taken so far.
    """

    def __init__(
        self, settings: Settings, *, workers: int = 2, target: str = TARGET, started: Started | None = None
    ) -> None:
        """Prepare; nothing is started before the first file or ``with``.

        Args:
            settings: Limits come from here.
            workers: How many files are read at the same time.
            target: The function that reads, as ``module:function``.
            started: A process that runs already; the reader takes it over.
        """
        self._started = started
        self._settings = settings
        self._limits = Limits(**settings.limits)
        self._workers = max(workers, 1)
        self._target = target
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._errors = -1
        self._owner = 0
        self._number = 0
        self._jobs: dict[int, _Job] = {}
        self.peak = 0

    def __enter__(self) -> Reader:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop at once, whatever is being read."""
        self._stop_process()
        for job in self._jobs.values():
            _close(job)
        self._jobs.clear()

    def read(self, source: Source, options: IngestOptions) -> Outcome:
        """Read one file."""
        return next(self.read_many([(source, options)]))

    def read_many(self, items: Iterable[Item]) -> Iterator[Outcome]:
        """Read files, several at a time; outcomes come in the order of the files.

        A file that cannot even be opened, or whose reading fails in any way, gives an outcome like any other.
        """
        waiting: deque[_Job] = deque()
        remaining = iter(items)
        exhausted = False
        try:
            while waiting or not exhausted:
                # A slow file must not idle the other workers, nor a long list pile up answers without end.
                while not exhausted and len(self._jobs) < self._workers and len(waiting) < 8 * self._workers:
                    item = next(remaining, None)
                    if item is None:
                        exhausted = True
                        break
                    waiting.append(self._submit(*item))
                while waiting and waiting[0].outcome is not None:
                    outcome = waiting.popleft().outcome
                    assert outcome is not None  # noqa: S101 - the loop's condition, said for the type checker
                    yield outcome
                if waiting and waiting[0].outcome is None:
                    self._receive()
        finally:
            if self._jobs:
                # Left early (Ctrl-C, or the caller broke off): answers still on their way belong to nobody.
                self.close()

    def start(self) -> socket.socket:
        """Start the reading process, unless it runs; return the way to it."""
        if self._socket is not None and self._owner == os.getpid():
            return self._socket
        started = self._started or launch(self._target)
        self._started = None
        self._process, self._socket, self._errors = started.process, started.channel, started.errors
        started.errors = -1
        self._owner = os.getpid()
        return self._socket

    def _submit(self, source: Source, options: IngestOptions) -> _Job:
        """Hand a file to the worker."""
        self._number += 1
        # A file name that is not UTF-8 on disk cannot be sent, shown or stored as it is.
        options = replace(options, file_name=options.file_name.encode("utf-8", "replace").decode())
        try:
            file, digest = self._open(source)
        except OSError as error:
            job = _Job(options, "", -1, -1)
            reason = error.strerror or type(error).__name__
            job.outcome = _failed(
                job, "FILE-UNREADABLE", f"文件打不开（{reason}）。", "请检查路径、文件权限，或文件是否被移走。"
            )
            return job
        job = _Job(
            options, digest, os.memfd_create("answer", os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC), os.memfd_create("errors")
        )
        request = wire.Request(options, self._limits, self._settings.reader_memory, self._settings.reader_seconds)
        details = _memory_file("request", wire.REQUEST.dump_json(request))
        try:
            for attempt in (1, 2):
                try:
                    socket.send_fds(
                        self.start(), [self._number.to_bytes(8, "little")], [details, file, job.answer, job.errors]
                    )
                    break
                except (BrokenPipeError, ConnectionResetError):
                    if attempt == 2 or self._jobs:
                        raise
                    self._stop_process()
        except OSError as error:
            job.outcome = _failed(job, "FILE-CRASH", "读取文件的进程没有启动起来。", _KEEP)
            _log.error("reader process is not there: %s", error)
            _close(job)
            return job
        finally:
            os.close(details)
            os.close(file)
        self._jobs[self._number] = job
        return job

    @staticmethod
    def _open(source: Source) -> tuple[int, str]:
        """Return a descriptor of the file's bytes, and their hash."""
        if isinstance(source, bytes):
            return _memory_file("source", source), hashlib.sha256(source).hexdigest()
        if not source.is_file():
            raise IsADirectoryError(21, "不是一个文件") if source.exists() else FileNotFoundError(2, "文件不存在")
        with source.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            return os.dup(stream.fileno()), digest

    def _receive(self) -> None:
        """Wait for one child to end and settle its job."""
        assert self._socket is not None  # noqa: S101 - a job is only ever waited for after it was sent
        try:
            message = self._socket.recv(4096)
        except ConnectionResetError:
            message = b""
        if not message:
            self._worker_died()
            return
        verdict = json.loads(message)
        job = self._jobs.pop(verdict["number"])
        job.peak = verdict["peak"]
        self.peak = max(self.peak, job.peak)
        try:
            job.outcome = self._judge(job, verdict["code"], late=verdict["late"])
        finally:
            _close(job)

    def _worker_died(self) -> None:
        """The process that forks is gone (killed from outside): no file of it can be answered any more."""
        _log.error("reader process ended with %d files under way: %s", len(self._jobs), _text(self._errors)[-2000:])
        self._stop_process()
        for job in self._jobs.values():
            job.outcome = _failed(
                job, "FILE-CRASH", "读取过程意外中断，文件没有读完。", "请重新上传一次；" + _KEEP.removeprefix("请")
            )
            _close(job)
        self._jobs.clear()

    def _stop_process(self) -> None:
        process, channel = self._process, self._socket
        self._process = self._socket = None
        if self._errors >= 0:
            os.close(self._errors)
            self._errors = -1
        if channel is not None:
            channel.close()
        if process is None:
            return
        if self._owner != os.getpid():
            process.returncode = 0  # a fork's copy: the process belongs to its parent, nobody here may wait for it
            return
        if self._jobs:
            # It ends, and reaps its children, as soon as it sees the socket closed.
            with suppress(subprocess.TimeoutExpired):
                process.wait(2)
        process.kill()
        process.wait()

    def _judge(self, job: _Job, code: int, *, late: bool) -> Outcome:
        """Turn the way a child ended into an outcome."""
        errors = _text(job.errors)
        if late or code == -signal.SIGXCPU:
            seconds = self._settings.reader_seconds
            return _failed(job, "FILE-TIMEOUT", f"读取超过 {seconds:g} 秒还没有完成，已停止。", _SPLIT)
        out_of_memory = "memory allocation" in errors or "bad_alloc" in errors or "MemoryError" in errors
        if code in (worker.MEMORY_EXIT, -signal.SIGKILL, -signal.SIGXFSZ) or (code and out_of_memory):
            memory = self._settings.reader_memory >> 20
            return _failed(job, "FILE-MEMORY", f"读取需要的内存超过上限（{memory:,} MB），已停止。", _SPLIT)
        if code == 0:
            try:
                return wire.decode(_sealed(job.answer))
            except (ValueError, OSError, pa.ArrowException) as error:
                _log.error("answer for %s does not decode: %s", job.options.file_name, error)
        else:
            _log.error("reading %s ended with %d: %s", job.options.file_name, code, errors[-2000:])
        return _failed(job, "FILE-CRASH", "读取时程序意外退出，文件可能已损坏或内容异常。", _KEEP)


class _Shared:
    """One reader a process for single files, started at first use."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._reader: Reader | None = None
        self._settings: Settings | None = None
        self._owner = 0

    def get(self, settings: Settings) -> Reader:
        if self._reader is None or self._settings != settings or self._owner != os.getpid():
            self.close()
            self._reader, self._settings, self._owner = Reader(settings, workers=1), settings, os.getpid()
        return self._reader

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None


_shared = _Shared()
atexit.register(_shared.close)


def _forget_after_fork() -> None:
    """A forked web worker gets a lock of its own; the reader it inherited belongs to its parent."""
    _shared.lock = threading.Lock()
    _shared.close()


os.register_at_fork(after_in_child=_forget_after_fork)


def prepare(settings: Settings) -> None:
    """Start the reading process in the background, so that it is ready when the first file comes."""
    with _shared.lock:
        _shared.get(settings).start()


def read_file(source: Source, options: IngestOptions, settings: Settings) -> Outcome:
    """Read one file in a child process with bounded memory and time.

    Args:
        source: A path, or the bytes themselves.
        options: What a person said along with the file.
        settings: Limits come from here.

    Returns:
        The outcome; ``unreadable`` with ``FILE-MEMORY``, ``FILE-TIMEOUT`` or ``FILE-CRASH`` where reading failed.
    """
    with _shared.lock:
        return _shared.get(settings).read(source, options)


def _failed(job: _Job, code: str, message: str, hint: str) -> Outcome:
    report = FileReport(
        job.options.file_name, job.sha256, "unreadable", findings=[Finding(code, "error", message, hint)]
    )
    return Outcome(report)


def _memory_file(name: str, content: bytes) -> int:
    descriptor = os.memfd_create(name)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _sealed(descriptor: int) -> bytes | mmap.mmap:
    """Return a child's answer after making sure that nothing it may have left behind can change it.

    It is not copied, but while somebody looks at the memory of the child that has just ended (``ps``, a monitor): the
    kernel then keeps its pages a little longer, and refuses the seal for their sake.
    """
    seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL
    busy = False
    try:
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
    except OSError as error:
        busy = error.errno == errno.EBUSY
        if not busy:
            raise
    size = os.fstat(descriptor).st_size
    if not 0 < size < _LARGEST_ANSWER:
        return b""
    return os.pread(descriptor, size, 0) if busy else mmap.mmap(descriptor, size, access=mmap.ACCESS_READ)


def _text(descriptor: int) -> str:
    return os.pread(descriptor, 1 << 16, 0).decode("utf-8", "replace")


def _close(job: _Job) -> None:
    for descriptor in (job.answer, job.errors):
        if descriptor >= 0:
            with suppress(OSError):
                os.close(descriptor)
    job.answer = job.errors = -1
