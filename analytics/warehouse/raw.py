"""Original uploads by content hash: written once, whole or not at all, readable by few, never changed.

Must not know what is in a file. Nothing of a path a user gave is used to name anything here.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path
from typing import IO

from analytics.settings import Settings

EMPTY = hashlib.sha256().hexdigest()
"""The name that a file of nothing would have; all names are as long."""
_BLOCK = 1 << 20
_MODE = 0o440
_STAGING = ".incoming-"
_LEAVING = ".leaving-"


class TooLarge(ValueError):  # noqa: N818 - named for what was found
    """A file is larger than what is taken."""


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def path_of(settings: Settings, sha256: str) -> Path:
    """Return where the original with this hash is kept."""
    if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        raise ValueError(f"not a SHA-256: {sha256!r}")
    return settings.raw / sha256


def keep(settings: Settings, source: Path) -> tuple[str, Path]:
    """Copy ``source`` into the raw folder unless its bytes are there already; return its hash and its place.

    The copy is hashed as it is made, so the hash is that of the bytes kept, whatever happens to ``source`` meanwhile.
    """
    with source.open("rb") as stream:
        sha256, _ = keep_stream(settings, stream)
    return sha256, path_of(settings, sha256)


def keep_stream(settings: Settings, stream: IO[bytes], limit: int | None = None) -> tuple[str, int]:
    """Keep what a stream gives, a block at a time; return its hash and its size. It is on the disk then, or not there.

    Raises:
        TooLarge: It has more than ``limit`` bytes; nothing is kept.
    """
    settings.raw.mkdir(parents=True, exist_ok=True)
    staging = settings.raw / f"{_STAGING}{os.getpid()}-{secrets.token_hex(4)}"
    digest = hashlib.sha256()
    size = 0
    try:
        with staging.open("xb") as copy:
            os.fchmod(copy.fileno(), 0o600)
            while block := stream.read(_BLOCK):
                size += len(block)
                if limit is not None and size > limit:
                    raise TooLarge(limit)
                digest.update(block)
                copy.write(block)
            sha256 = digest.hexdigest()
            target = path_of(settings, sha256)
            if _there(target):
                return sha256, size
            copy.flush()
            os.fsync(copy.fileno())
            os.fchmod(copy.fileno(), _MODE)
        staging.rename(target)
    finally:
        staging.unlink(missing_ok=True)
    handle = os.open(settings.raw, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    return sha256, size


def _there(target: Path) -> bool:
    """Tell whether an original is kept, and mark it as asked for just now, which ``forget`` heeds."""
    try:
        os.utime(target)
    except FileNotFoundError:
        return False
    return True


def forget(settings: Settings, sha256: str, before: float) -> bool:
    """Remove an original that nobody handed in again since ``before``; return whether it was removed.

    It is moved aside before its time is looked at: whoever hands it in meanwhile has marked it by then, and it is put
    back, or finds it gone and keeps it anew. Only the one process that cleans may call this.
    """
    target = path_of(settings, sha256)
    aside = settings.raw / f"{_LEAVING}{sha256}"
    try:
        target.rename(aside)
    except FileNotFoundError:
        return False
    if aside.stat().st_mtime >= before:
        aside.rename(target)
        return False
    aside.unlink()
    return True


def put_back(settings: Settings) -> None:
    """Put back what a process that was killed had moved aside."""
    for aside in settings.raw.glob(f"{_LEAVING}*"):
        aside.rename(path_of(settings, aside.name.removeprefix(_LEAVING)))
