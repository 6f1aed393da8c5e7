"""One file that holds a data folder at one moment, and the way back, proven byte for byte.

The archive is a tar: the store, the current published version, the originals, dry runs that wait,
the operations database, and last a list of every member's hash. Must not know what any of them means.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import Any

from analytics.settings import Settings
from analytics.warehouse import pending, publish, published, raw
from analytics.warehouse.errors import WarehouseError
from analytics.warehouse.published import Version
from analytics.warehouse.store import Store

MANIFEST = "MANIFEST.json"
FORMAT = 1


def backup(settings: Settings, target: Path, *, wait: float | None = None) -> dict[str, Any]:
    """Write everything in the data folder to one archive while it stays in use; return its manifest.

    The store is copied under the write lock, so the copy is that of one moment; the originals, which never change,
    are added after the lock is released.

    Raises:
        StoreBusy: Another process kept the write lock past the wait.
        WarehouseError: There is nothing to back up, or an original is missing or altered.
    """
    if not settings.warehouse.exists():
        raise WarehouseError(f"{settings.data} 里还没有数据，不用备份。")
    target.parent.mkdir(parents=True, exist_ok=True)
    store = Store(settings)
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=settings.processed) as folder:
        copy = Path(folder) / settings.warehouse.name
        with store.locked(wait):
            with store.opened() as writing:
                writing.publish()
                originals = [row[0] for row in writing.con.execute("SELECT DISTINCT sha256 FROM uploads").fetchall()]
            version = published.current(settings)
            shutil.copyfile(settings.warehouse, copy)
        return _pack(settings, target, copy, version, sorted(originals))


def _pack(settings: Settings, target: Path, copy: Path, version: Version, originals: list[str]) -> dict[str, Any]:
    """Write the archive, its list of hashes last; the target is whole or not there."""
    fresh = target.with_name(f".{target.name}.new")
    members: dict[str, dict[str, Any]] = {}
    try:
        with fresh.open("wb") as stream:
            with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
                for name, path in _contents(settings, copy, version, originals):
                    members[name] = _add(archive, name, path)
                manifest = {
                    "format": FORMAT,
                    "created_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
                    "version": version.id,
                    "members": members,
                }
                _add_bytes(archive, MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1).encode())
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
    return manifest


def _contents(settings: Settings, copy: Path, version: Version, originals: list[str]) -> Iterator[tuple[str, Path]]:
    """Yield what goes into the archive: member name and file."""
    yield f"processed/{settings.warehouse.name}", copy
    if version.folder is not None:
        for path in sorted(version.folder.rglob("*")):
            if path.is_file():
                yield f"processed/published/{version.id}/{path.relative_to(version.folder).as_posix()}", path
    for upload_id in pending.waiting(settings):
        for path in sorted(pending.folder_of(settings, upload_id).iterdir()):
            yield f"processed/pending/{upload_id}/{path.name}", path
    if settings.operations.exists():
        people = copy.with_name(settings.operations.name)
        with closing(sqlite3.connect(settings.operations)) as source, closing(sqlite3.connect(people)) as into:
            source.backup(into)
        yield f"processed/{settings.operations.name}", people
    for sha256 in originals:
        path = raw.path_of(settings, sha256)
        if not path.is_file() or raw.hash_of(path) != sha256:
            raise WarehouseError(f"原文件 {sha256} 缺失或已被改动，没有生成备份。请运行 taizhang check 查看。")
        yield f"raw/{sha256}", path
    # What was handed in and is not loaded yet, or never will be: people still look at it and fetch it.
    for path in sorted(settings.raw.glob("[0-9a-f]*")) if settings.raw.is_dir() else ():
        if len(path.name) == len(raw.EMPTY) and path.name not in originals and path.is_file():
            yield f"raw/{path.name}", path


def _add(archive: tarfile.TarFile, name: str, path: Path) -> dict[str, Any]:
    """Put one file into the archive; return its size and hash."""
    entry = tarfile.TarInfo(name)
    with path.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        stream.seek(0)
        entry.size = size
        entry.mode = 0o440 if name.startswith("raw/") else 0o600
        archive.addfile(entry, stream)
    return {"bytes": size, "sha256": digest}


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def holds_data(settings: Settings) -> bool:
    """Tell whether the data folder has anything that a restore would replace."""
    return any(
        entry.is_file() and entry.name not in {".gitkeep", "secret.key"} and not entry.name.endswith(".lock")
        for folder in (settings.raw, settings.processed)
        for entry in folder.rglob("*")
    )


def restore(settings: Settings, source: Path, *, force: bool = False, wait: float | None = None) -> dict[str, Any]:
    """Put an archive's contents into the data folder, after every byte was verified; return its manifest.

    Args:
        settings: Where to restore to.
        source: The archive.
        force: Replace what is there; it is moved aside into ``replaced-<time>`` inside the data folder, not deleted.
        wait: Seconds to wait for a writer.

    Raises:
        WarehouseError: The archive is damaged, or the data folder is not empty and ``force`` is not given.
        StoreBusy: Another process kept the write lock past the wait.
    """
    occupied = holds_data(settings)
    if occupied and not force:
        raise WarehouseError(
            f"数据文件夹 {settings.data} 不是空的，没有恢复。"
            "请换一个空文件夹（--data），或加 --force（原有数据会移到一边保留）。"
        )
    settings.data.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".restore-", dir=settings.data))
    try:
        manifest = _unpack(source, staging)
        if manifest["version"] != published.NOTHING:
            pointer = staging / "processed" / "published" / publish.POINTER
            pointer.write_text(f"{manifest['version']}\n", encoding="utf-8")
        with Store(settings).locked(wait):
            _swap(settings, staging, aside=occupied)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return manifest


def _unpack(source: Path, staging: Path) -> dict[str, Any]:
    """Extract the archive and hold every member to the hash in the list at its end."""
    damaged = WarehouseError(f"备份文件 {source.name} 已损坏或不是备份文件，没有恢复任何内容。")
    found: dict[str, dict[str, Any]] = {}
    manifest: dict[str, Any] | None = None
    try:
        with tarfile.open(source) as archive:
            for entry in archive:
                stream = archive.extractfile(entry) if entry.isreg() else None
                parts = PurePosixPath(entry.name).parts
                if stream is None or entry.name.startswith("/") or ".." in parts:
                    raise damaged
                if entry.name == MANIFEST:
                    manifest = json.loads(stream.read())
                    continue
                path = staging.joinpath(*parts)
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("xb") as into:
                    shutil.copyfileobj(stream, into)
                    into.flush()
                    os.fsync(into.fileno())
                path.chmod(entry.mode & (0o440 if parts[0] == "raw" else 0o600))
                found[entry.name] = {"bytes": path.stat().st_size, "sha256": raw.hash_of(path)}
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise damaged from error
    if manifest is None or manifest.get("format") != FORMAT or manifest["members"] != found:
        raise damaged
    return manifest


def _swap(settings: Settings, staging: Path, *, aside: bool) -> None:
    """Move the restored folders into place; what was there goes aside."""
    kept = settings.data / f"replaced-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S}"
    for folder in (settings.raw, settings.processed):
        fresh = staging / folder.name
        fresh.mkdir(exist_ok=True)
        if folder.exists() and aside:
            kept.mkdir(exist_ok=True)
            folder.rename(kept / folder.name)
        elif folder.exists():
            shutil.rmtree(folder)
        fresh.rename(folder)
