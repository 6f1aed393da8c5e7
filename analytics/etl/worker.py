"""The process that reads files for ``sandbox``: imports once, then forks one short-lived child a file.

Started as ``python -m analytics.etl.worker FD TARGET AHEAD``. Requests arrive on a socket together with the file,
a place for the answer and a place for error output, all as descriptors; what became of the child goes back.
A file may also arrive ahead of its request: a child then opens it and waits to be told the rest.
A child bounds its own memory, time and output before it touches the file. Knows nothing of what reading is:
TARGET names the function, and ``begin`` beside it opens ahead.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import mmap
import os
import resource
import selectors
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from analytics.etl.launch import AHEAD
from analytics.lean import leave_pandas_out

if TYPE_CHECKING:
    from analytics.etl.grid import Limits
    from analytics.etl.report import IngestOptions, Outcome

    Target = Callable[[bytes, IngestOptions, Limits], Outcome]
    Begin = Callable[[bytes, str, Limits], Callable[[IngestOptions], Outcome]]

MEMORY_EXIT, ERROR_EXIT = 3, 4
_MAX_REQUEST = 1 << 16
_PR_SET_PDEATHSIG = 1
_PAGE = resource.getpagesize()
_MOMENT = 0.5
"""Seconds in which a file that was announced is there."""
_CODE = 8 << 20
"""Pages of programs and libraries met only later: resident, but in no limit's count."""


def main(descriptor: int, target: str, *, ahead: bool = False) -> None:
    """Serve requests until the other end of the socket is gone; ``ahead``: the first file is on its way."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What is imported stays; looking for garbage in it is a tenth of the time importing takes.
    gc.disable()
    server = socket.socket(fileno=descriptor)
    leave_pandas_out()
    name, _, function = target.partition(":")
    module = importlib.import_module(name)
    later = ("analytics.etl.wire", *getattr(module, "LATER", ()))
    with selectors.DefaultSelector() as selector:
        selector.register(server, selectors.EVENT_READ)
        if ahead:
            selector.select(_MOMENT)
        for each in later:
            # A file that waits is begun at once: the child loads the rest while it reads.
            if selector.select(0):
                break
            importlib.import_module(each)
    Zygote(server, getattr(module, function), getattr(module, "begin", None)).serve()


class Zygote:
    """Forks, watches and reaps the children."""

    def __init__(self, server: socket.socket, read: Target, begin: Begin | None = None) -> None:
        self._server = server
        self._read = read
        self._begin = begin
        self._accepted = 0
        self._ahead: tuple[int, socket.socket] | None = None
        """Pid of a child that has opened a file already, and the way to it."""
        self._children: dict[int, tuple[int, int, float, bool]] = {}
        """Descriptor of a child's process -> number of the request, pid, deadline, killed for time."""

    def serve(self) -> None:
        """Loop until the asking side closes its socket."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._server, selectors.EVENT_READ)
            while True:
                now = time.monotonic()
                nearest = min(
                    (deadline for _, _, deadline, late in self._children.values() if not late), default=now + 3600
                )
                for key, _ in selector.select(max(nearest - now, 0.0)):
                    if key.fileobj is self._server:
                        message, descriptors, _, _ = socket.recv_fds(self._server, _MAX_REQUEST, 4)
                        if not message:
                            self._kill_all()
                            return
                        if message.startswith(AHEAD):
                            self._open_ahead(message.removeprefix(AHEAD), descriptors)
                        else:
                            child = self._accept(int.from_bytes(message[:8], "little"), descriptors)
                            selector.register(child, selectors.EVENT_READ)
                    else:
                        selector.unregister(key.fd)
                        self._reap(key.fd)
                self._kill_late()

    def _open_ahead(self, request: bytes, descriptors: list[int]) -> None:
        """Start a child that opens a file and waits for the rest of the request."""
        if self._begin is not None and self._ahead is None and descriptors:
            begin, (ours, theirs) = self._begin, socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

            def work() -> int:
                ours.close()
                return _child_ahead(begin, self._read, request, descriptors[0], theirs)

            self._ahead = (_forked(work), ours)
            theirs.close()
        for each in descriptors:
            os.close(each)

    def _accept(self, number: int, descriptors: list[int]) -> int:
        """Hand a request to a child: the one that has opened a file already, or else a new one."""
        details, source, answer, errors = descriptors
        request = _content(details)
        self._accepted += 1
        pid = self._told(descriptors)
        if pid is None:
            if self._accepted == 2:
                # A single file is answered soonest cold; from the second on, every child gains by what is loaded.
                with suppress(Exception):  # what fails here fails again in a child, where it is reported
                    from analytics.etl.warmup import warm_up

                    warm_up(self._read)
                gc.collect()
                gc.freeze()
            pid = _forked(lambda: _child(self._read, request, source, answer, errors))
        for each in descriptors:
            os.close(each)
        watch = os.pidfd_open(pid)
        self._children[watch] = (number, pid, time.monotonic() + json.loads(request)["seconds"], False)
        return watch

    def _told(self, descriptors: list[int]) -> int | None:
        """Pass the request on to the child that waits for it, if there is one and it lives; return its pid."""
        if self._ahead is None:
            return None
        (pid, way), self._ahead = self._ahead, None
        with way:
            try:
                socket.send_fds(way, [b"\1"], descriptors)
            except OSError:
                # What it stumbled over is met again by the child that reads the file anew, and reported then.
                os.waitpid(pid, 0)
                return None
        return pid

    def _reap(self, watch: int) -> None:
        number, pid, _, late = self._children.pop(watch)
        os.close(watch)
        _, status, usage = os.wait4(pid, 0)
        verdict = {
            "number": number,
            "code": os.waitstatus_to_exitcode(status),
            "late": late,
            "peak": usage.ru_maxrss * 1024,
        }
        with suppress(BrokenPipeError):  # nobody is left to hear it; the loop ends at its next turn
            self._server.send(json.dumps(verdict).encode())

    def _kill_late(self) -> None:
        now = time.monotonic()
        for watch, (number, pid, deadline, late) in self._children.items():
            if not late and now >= deadline:
                os.kill(pid, signal.SIGKILL)
                self._children[watch] = (number, pid, deadline, True)

    def _kill_all(self) -> None:
        waiting = [self._ahead[0]] if self._ahead is not None else []
        for pid in (*waiting, *(pid for _, pid, _, _ in self._children.values())):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _forked(work: Callable[[], int]) -> int:
    """Return the pid of a copy of this process that ends with what ``work`` returns."""
    pid = os.fork()
    if pid == 0:
        # Whatever happens from here on, this copy of the process must never return to the loop.
        code = ERROR_EXIT
        try:
            _die_with_parent()
            gc.disable()
            code = work()
        finally:
            os._exit(code)
    return pid


def _child(read: Target, details: bytes, source: int, answer: int, errors: int) -> int:
    """Read one file within bounds; return the exit code."""
    os.dup2(errors, 2)

    def work() -> None:
        from analytics.etl import wire

        request = wire.REQUEST.validate_json(details)
        _limit(request.memory, request.seconds)
        wire.write(read(_content(source), request.options, request.limits), answer)

    return _code_of(work)


def _child_ahead(begin: Begin, read: Target, asked: bytes, source: int, way: socket.socket) -> int:
    """Open a file within bounds, wait for the request it belongs to, and read it; return the exit code."""

    def work() -> None:
        from analytics.etl.grid import Limits

        known = json.loads(asked)
        _limit(known["memory"], known["seconds"])
        content, limits = _content(source), Limits(**known["limits"])
        opened = begin(content, known["file_name"], limits)
        from analytics.etl import wire

        message, descriptors, _, _ = socket.recv_fds(way, 1, 4)
        if not message:
            return
        details, file, answer, errors = descriptors
        os.dup2(errors, 2)
        request = wire.REQUEST.validate_json(_content(details))
        same = (request.options.file_name, request.limits, request.memory) == (
            known["file_name"], limits, known["memory"],
        ) and _content(file) == content  # fmt: skip
        outcome = opened(request.options) if same else read(_content(file), request.options, request.limits)
        wire.write(outcome, answer)

    return _code_of(work)


def _code_of(work: Callable[[], None]) -> int:
    """Do the work of a child and return its exit code, whatever happens."""
    try:
        work()
    except MemoryError:
        return MEMORY_EXIT
    except BaseException as error:  # noqa: BLE001 - a panic is a BaseException; the process ends here either way
        with suppress(BaseException):  # out of memory even for this: the exit code says enough
            _report(error)
        return MEMORY_EXIT if "emory" in type(error).__name__ + str(error)[:500] else ERROR_EXIT
    return 0


def _report(error: BaseException) -> None:
    os.write(2, "".join(traceback.format_exception(error)).encode("utf-8", "replace")[-8000:])


def _limit(memory: int, seconds: float) -> None:
    """Bound what this process may take, so that its peak resident memory stays below what was asked."""
    pages = [int(number) for number in _read_proc("/proc/self/statm").split()]
    address_space, resident, data = pages[0] * _PAGE, pages[1] * _PAGE, pages[5] * _PAGE
    growth = max(memory - resident - _CODE, 32 << 20)
    # RLIMIT_DATA counts what is really writable; address space is only a backstop, since allocators and thread
    # stacks reserve much more of it than they ever use.
    _set(resource.RLIMIT_DATA, data + growth)
    _set(resource.RLIMIT_AS, address_space + 2 * growth + (1 << 30))
    _set(resource.RLIMIT_CPU, int(seconds * (os.cpu_count() or 1)) + 2)
    _set(resource.RLIMIT_FSIZE, max(memory, 64 << 20))
    _set(resource.RLIMIT_CORE, 0)


def _set(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(kind, (value, value))


def _read_proc(path: str) -> str:
    with open(path, encoding="ascii") as file:  # noqa: PTH123 - pathlib would be one more import in a forked child
        return file.read()


def _content(descriptor: int) -> bytes:
    size = os.fstat(descriptor).st_size
    if not size:
        return b""
    with mmap.mmap(descriptor, size, access=mmap.ACCESS_READ) as view:
        return bytes(view)


def _die_with_parent() -> None:
    """Ask the kernel to end this child with the process that forked it, however that one ends.

    Not for the forking process itself: the kernel means the starting *thread*, and a web server's may end early.
    """
    libc: Any = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], ahead=sys.argv[3] == "1")
