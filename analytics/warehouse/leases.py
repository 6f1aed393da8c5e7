"""Readers' leases on published versions: a shared lock on a small file inside the version's folder.

The kernel drops a lease when its process ends, however it ends, so nothing has to be cleaned up.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

NAME = ".lease"


class Lease:
    """A shared lock that keeps one version's folder from being removed, for as long as this object lives."""

    def __init__(self, folder: Path) -> None:
        """Take the lease.

        Raises:
            FileNotFoundError: The version is no longer there.
        """
        self._handle = os.open(folder / NAME, os.O_RDONLY)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_SH)
            # The folder may have been moved aside between the two calls; then this lock guards nothing.
            (folder / NAME).stat()
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Give the lease back; harmless to call twice."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def __del__(self) -> None:
        """Give the lease back with the object."""
        if getattr(self, "_handle", -1) >= 0:
            self.release()


def idle(folder: Path) -> bool:
    """Tell whether no reader holds a lease on ``folder`` just now."""
    return unheld(folder / NAME)


def unheld(file: Path) -> bool:
    """Tell whether no process holds a lock on ``file`` just now; one that is not there is not held."""
    try:
        handle = os.open(file, os.O_RDONLY)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True
