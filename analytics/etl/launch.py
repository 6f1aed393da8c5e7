"""Starts the process that reads files, before anything heavy is imported by the one that asks.

Both then load what they need side by side. Knows neither files nor answers.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

TARGET = "analytics.etl.reading:read"
"""The function that reads, as ``module:function``."""
AHEAD = b"\0" * 8
"""Begins a message about a file to be opened ahead, where others begin with the number of the request."""


@dataclass(slots=True)
class Started:
    """A running process, the way to it, and where its error output goes (a descriptor).

    As a context manager it makes sure that the process ends, whoever has taken it over meanwhile.
    """

    process: subprocess.Popen[bytes]
    channel: socket.socket
    errors: int

    def open_ahead(self, path: Path, limits: Mapping[str, int], memory: int, seconds: float) -> None:
        """Let the process open the one file it is going to be asked for, while the asking one still gets ready.

        Args:
            path: The file. What is read of it is taken only if it is the very file that is asked for later.
            limits: The fields of ``grid.Limits``.
            memory: As in ``wire.Request``.
            seconds: As in ``wire.Request``.
        """
        request = {"file_name": path.name, "limits": dict(limits), "memory": memory, "seconds": seconds}
        # What cannot be opened or sent now is asked for again in a moment, and said then.
        with suppress(OSError, UnicodeEncodeError), path.open("rb") as file:
            message = AHEAD + json.dumps(request, ensure_ascii=False).encode()
            socket.send_fds(self.channel, [message], [file.fileno()])

    def __enter__(self) -> Started:
        return self

    def __exit__(self, *_: object) -> None:
        self.channel.close()
        if self.errors >= 0:
            os.close(self.errors)
            self.errors = -1
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def launch(target: str = TARGET, *, ahead: bool = False) -> Started:
    """Start the process; whoever asked closes ``channel`` to end it.

    Args:
        target: The function that reads, as ``module:function``.
        ahead: A file to be opened ahead follows at once: nothing is loaded before it that it can do without.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    root = str(Path(__file__).resolve().parents[2])
    known, tuned = os.environ.get("PYTHONPATH"), os.environ.get("GLIBC_TUNABLES")
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([root, *([known] if known else [])]),
        "RUST_BACKTRACE": "0",
        # One thread a reader: several files are read side by side anyway, and threads cost address space.
        "OMP_NUM_THREADS": "1",
        "ARROW_IO_THREADS": "1",
        # Memory goes back to the system as the limits count it, and no background thread is left over a fork.
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        # What the threads that read pieces have let go of is used again, not kept for each of them.
        "MALLOC_ARENA_MAX": "2",
        # Large pages where there are any: a sheet's cells are met in tens of thousands of small ones otherwise.
        "GLIBC_TUNABLES": ":".join([*([tuned] if tuned else []), "glibc.malloc.hugetlb=1"]),
    }
    errors = os.memfd_create("worker")
    with theirs:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-m", "analytics.etl.worker", str(theirs.fileno()), target, str(int(ahead))],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            pass_fds=[theirs.fileno()],
            env=environment,
            # Ctrl-C reaches the asking process alone, which then stops this one.
            start_new_session=True,
        )
    return Started(process, ours, errors)
