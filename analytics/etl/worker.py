"""The process that reads files for ``sandbox``: imports once, then forks one short-lived child a file.

Started as ``python -m analytics.etl.worker FD TARGET``. Requests arrive on a socket together with the file,
a place for the answer and a place for error output, all as descriptors; what became of the child goes back.
A child bounds its own memory, time and output before it touches the file. Knows nothing of what reading is:
TARGET names the function.
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

from analytics.lean import leave_pandas_out

if TYPE_CHECKING:
    from analytics.etl import wire
    from analytics.etl.grid import Limits
    from analytics.etl.report import IngestOptions, Outcome

    Target = Callable[[bytes, IngestOptions, Limits], Outcome]

MEMORY_EXIT, ERROR_EXIT = 3, 4
_MAX_REQUEST = 1 << 16
_PR_SET_PDEATHSIG = 1
_PAGE = resource.getpagesize()


def main(descriptor: int, target: str) -> None:
    """Serve requests until the other end of the socket is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server = socket.socket(fileno=descriptor)
    leave_pandas_out()
    name, _, function = target.partition(":")
    module = importlib.import_module(name)
    later = ("analytics.etl.wire", *getattr(module, "LATER", ()))
    with selectors.DefaultSelector() as selector:
        selector.register(server, selectors.EVENT_READ)
        for each in later:
            # A file that waits is begun at once: the child loads the rest while it reads.
            if selector.select(0):
                break
            importlib.import_module(each)
    Zygote(server, getattr(module, function)).serve()


class Zygote:
    """Forks, watches and reaps the children."""

    def __init__(self, server: socket.socket, read: Target) -> None:
        self._server = server
        self._read = read
        self._accepted = 0
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
                        child = self._accept()
                        if child is None:
                            self._kill_all()
                            return
                        selector.register(child, selectors.EVENT_READ)
                    else:
                        selector.unregister(key.fd)
                        self._reap(key.fd)
                self._kill_late()

    def _accept(self) -> int | None:
        """Start one child; ``None`` when there is nobody left to work for."""
        message, descriptors, _, _ = socket.recv_fds(self._server, _MAX_REQUEST, 4)
        if not message:
            return None
        number = int.from_bytes(message[:8], "little")
        details, source, answer, errors = descriptors
        request = _content(details)
        self._accepted += 1
        if self._accepted == 2:
            # A single file is answered soonest cold; from the second on, every child gains by what is loaded here.
            with suppress(Exception):  # what fails here fails again in a child, where it is reported
                from analytics.etl.warmup import warm_up

                warm_up(self._read)
            gc.collect()
            gc.freeze()
        pid = os.fork()
        if pid == 0:
            # Whatever happens from here on, this copy of the process must never return to the loop.
            code = ERROR_EXIT
            try:
                code = _child(self._read, request, source, answer, errors)
            finally:
                os._exit(code)
        for each in descriptors:
            os.close(each)
        watch = os.pidfd_open(pid)
        self._children[watch] = (number, pid, time.monotonic() + json.loads(request)["seconds"], False)
        return watch

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
        for _, pid, _, _ in self._children.values():
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _child(read: Target, details: bytes, source: int, answer: int, errors: int) -> int:
    """Read one file within bounds; return the exit code."""
    _die_with_parent()
    os.dup2(errors, 2)
    gc.disable()
    try:
        from analytics.etl import wire

        request = wire.REQUEST.validate_json(details)
        _limit(request)
        outcome = read(_content(source), request.options, request.limits)
        wire.write(outcome, answer)
    except MemoryError:
        return MEMORY_EXIT
    except BaseException as error:  # noqa: BLE001 - a panic is a BaseException; the process ends here either way
        with suppress(BaseException):  # out of memory even for this: the exit code says enough
            _report(error)
        return MEMORY_EXIT if "emory" in type(error).__name__ + str(error)[:500] else ERROR_EXIT
    return 0


def _report(error: BaseException) -> None:
    os.write(2, "".join(traceback.format_exception(error)).encode("utf-8", "replace")[-8000:])


def _limit(request: wire.Request) -> None:
    """Bound what this process may take, so that its peak resident memory stays below what was asked."""
    pages = [int(number) for number in _read_proc("/proc/self/statm").split()]
    address_space, resident, data = pages[0] * _PAGE, pages[1] * _PAGE, pages[5] * _PAGE
    growth = max(request.memory - resident, 32 << 20)
    # RLIMIT_DATA counts what is really writable; address space is only a backstop, since allocators and thread
    # stacks reserve much more of it than they ever use.
    _set(resource.RLIMIT_DATA, data + growth)
    _set(resource.RLIMIT_AS, address_space + 2 * growth + (1 << 30))
    _set(resource.RLIMIT_CPU, int(request.seconds * (os.cpu_count() or 1)) + 2)
    _set(resource.RLIMIT_FSIZE, max(request.memory, 64 << 20))
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
    main(int(sys.argv[1]), sys.argv[2])
