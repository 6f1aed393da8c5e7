"""A folder that is watched: what is dropped there is previewed, or loaded where that was asked for.

The folder is looked at every few seconds rather than through the kernel's notices, because offices drop files on
network shares, for which there are none, and because only looking twice tells whether a copy has ended. What was dealt
with is kept in the data folder, so that a restart goes on where it stopped. Must not know how a file is read or stored.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analytics import intake
from analytics.etl.report import FileReport
from analytics.settings import Settings
from analytics.warehouse import pending, raw
from analytics.warehouse.errors import StoreBusy

SUFFIXES = frozenset({".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".et", ".csv"})
UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".download", ".filepart", ".!ut", ".opdownload")
"""Ends of the names that browsers and copying programs give to files that are not whole yet."""
_JUNK = frozenset({"thumbs.db", "desktop.ini"})

Stamp = tuple[int, int]
"""A file's size and its time of change, in nanoseconds."""


@dataclass(slots=True)
class Wanted:
    """What is to be done with each file. ``options`` are those of ``intake.ingest``."""

    folder: Path
    confirm: bool = False
    move: Path | None = None
    interval: float = 2.0
    settle: float = 3.0
    options: Mapping[str, Any] = field(default_factory=dict)
    by: str | None = None


def is_ours(path: Path) -> bool:
    """Tell whether a file is to be looked at: no lock, no half download, nothing hidden, a workbook by its name."""
    name = path.name
    if name.startswith((".", "~$")) or name.lower() in _JUNK or name.lower().endswith(UNFINISHED):
        return False
    return path.suffix.lower() in SUFFIXES


def is_open(path: Path) -> bool:
    """Tell whether an office program has the file open: it puts a lock file beside it."""
    names = (f"~${path.name}", f"~${path.name[2:]}", f".~lock.{path.name}#", f".~{path.name}")
    return any(path.with_name(name).exists() for name in names)


class Watch:
    """Watches one folder."""

    def __init__(self, settings: Settings, wanted: Wanted, tell: Callable[[dict[str, Any]], object]) -> None:
        """Take what is wanted; ``tell`` is called with one plain dictionary a file."""
        self._settings = settings
        self._wanted = wanted
        self._tell = tell
        self._stop = threading.Event()
        self._seen: dict[str, tuple[Stamp, float]] = {}
        """Files that are not dealt with: as they were last seen, and since when they are so."""
        self._done = self._remembered()
        self._missing = False

    def stop(self, *_: object) -> None:
        """Finish the file under way and end."""
        self._stop.set()

    def run(self, *, once: bool = False) -> int:
        """Watch until stopped, or until all that is there is dealt with; return how many files had something wrong."""
        from analytics.etl.sandbox import Reader

        held = 0
        with Reader(self._settings, workers=1) as reader:
            while not self._stop.is_set():
                for path, stamp in self._ready():
                    if self._stop.is_set():
                        break
                    held += self._take(path, stamp, reader)
                if once and not self._seen:
                    break
                self._stop.wait(min(self._wanted.interval, 0.2 if once else self._wanted.interval))
        return held

    # -- what is there ----------------------------------------------------------------------------------------------

    def _ready(self) -> Iterator[tuple[Path, Stamp]]:
        """Yield the files that have not changed for a while and are not dealt with."""
        now = time.monotonic()
        there = self._list()
        self._seen = {name: seen for name, seen in self._seen.items() if name in there}
        for name, (path, stamp) in sorted(there.items()):
            if self._done.get(name, {}).get("stamp") == list(stamp) and self._is_settled(name):
                continue
            before, since = self._seen.get(name, (None, now))
            if before != stamp or not stamp[0] or is_open(path):
                self._seen[name] = (stamp, now)
                continue
            if now - since < self._wanted.settle:
                continue
            yield path, stamp

    def _is_settled(self, name: str) -> bool:
        """Tell whether a file needs nothing more: one that was only previewed is still to be loaded, if asked for."""
        return bool(self._done[name].get("confirmed")) or not self._wanted.confirm

    def _list(self) -> dict[str, tuple[Path, Stamp]]:
        folder = self._wanted.folder
        if not folder.is_dir():
            if not self._missing:
                self._missing = True
                self._tell(_line("folder", str(folder), "missing", f"找不到文件夹 {folder}，恢复后会继续。"))
            return {}
        if self._missing:
            self._missing = False
            self._tell(_line("folder", str(folder), "back", f"文件夹 {folder} 已恢复，继续查看。"))
        found = {}
        for place, folders, names in os.walk(folder):
            folders[:] = [
                name for name in folders if not name.startswith(".") and not self._is_aside(Path(place, name))
            ]
            for name in names:
                path = Path(place, name)
                if not is_ours(path) or path.is_symlink():
                    continue
                try:
                    about = path.stat()
                except OSError:
                    # It went away between being listed and being looked at.
                    continue
                found[str(path.relative_to(folder))] = (path, (about.st_size, about.st_mtime_ns))
        return found

    def _is_aside(self, folder: Path) -> bool:
        """Tell whether a folder is where files are moved when they are dealt with."""
        move = self._wanted.move
        return move is not None and folder.resolve() == move.resolve()

    # -- one file ---------------------------------------------------------------------------------------------------

    def _take(self, path: Path, stamp: Stamp, reader: intake.Reader) -> int:
        """Preview or load one file, tell what became of it, and remember it; return 1 where something was held back."""
        wanted, name = self._wanted, str(path.relative_to(self._wanted.folder))
        try:
            waits = None if wanted.confirm else self._waiting(path)
            if waits is not None:
                report = waits
            else:
                (report,) = intake.ingest(
                    [path], self._settings, dry_run=not wanted.confirm, by=wanted.by, reader=reader, **wanted.options
                )
        except StoreBusy as error:
            self._seen[name] = (stamp, time.monotonic())
            self._tell(_line(name, str(path), "busy", f"{error}"))
            return 0
        except OSError as error:
            self._seen[name] = (stamp, time.monotonic())
            self._tell(_line(name, str(path), "unreadable", f"文件打不开（{error.strerror or error}），稍后再试。"))
            return 0
        self._seen.pop(name, None)
        moved = self._move(path)
        self._done[name] = {"stamp": list(stamp), "confirmed": wanted.confirm, "upload_id": report.upload_id}
        self._remember()
        told = told_of(report, confirm=wanted.confirm)
        self._tell(_line(name, str(path), report.state, told.pop("sentence"), moved=moved, **told))
        return int(report.state not in ("accepted", "accepted_with_warnings", "duplicate"))

    def _waiting(self, path: Path) -> FileReport | None:
        """Return the preview of these very bytes that waits already: a stop just before it was remembered."""
        sha256 = raw.hash_of(path)
        for upload_id in pending.waiting(self._settings):
            waits = pending.load(self._settings, upload_id)
            if waits.outcome.report.sha256 == sha256 and waits.outcome.report.file == path.name:
                return waits.outcome.report
        return None

    def _move(self, path: Path) -> str | None:
        """Move a file that was dealt with, where that was asked for; never over another."""
        move = self._wanted.move
        if move is None:
            return None
        move.mkdir(parents=True, exist_ok=True)
        target, number = move / path.name, 1
        while target.exists():
            number += 1
            target = move / f"{path.stem}（{number}）{path.suffix}"
        shutil.move(path, target)
        return str(target)

    # -- what was dealt with ----------------------------------------------------------------------------------------

    def _memory(self) -> Path:
        key = hashlib.sha256(str(self._wanted.folder.resolve()).encode()).hexdigest()[:16]
        return self._settings.processed / "watch" / f"{key}.json"

    def _remembered(self) -> dict[str, dict[str, Any]]:
        try:
            kept = json.loads(self._memory().read_text(encoding="utf-8"))
        except (OSError, ValueError):
            # The first time here, or a note cut short: files are looked at again, and loaded ones are known.
            return {}
        return dict(kept)

    def _remember(self) -> None:
        place = self._memory()
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh = place.with_suffix(".new")
        with fresh.open("w", encoding="utf-8") as stream:
            json.dump(self._done, stream, ensure_ascii=False)
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(place)


def _line(name: str, path: str, state: str, sentence: str, **more: Any) -> dict[str, Any]:
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    return {"at": now, "file": name, "path": path, "state": state, "sentence": sentence, **more}


def told_of(report: FileReport, *, confirm: bool) -> dict[str, Any]:
    """Return what is told of one file: counts, and a sentence with what to do next."""
    loaded = sum(sheet.counts.loaded for sheet in report.sheets)
    held = sum(sheet.counts.quarantined for sheet in report.sheets)
    severities = [finding.severity for finding in report.findings]
    if report.state == "duplicate":
        sentence = f"以前导入过（{report.upload_id}），没有重复导入。"
    elif report.state in ("unreadable", "rejected") or not loaded:
        first = next((finding for finding in report.findings if finding.severity == "error"), None)
        sentence = f"没有可导入的内容：{first.message}。{first.hint}。" if first else "没有可导入的内容。"
    elif confirm:
        sentence = f"已导入 {loaded} 行" + (f"，{held} 行有错误没有导入。" if held else "。")
    else:
        sentence = f"校验完成，{loaded} 行可以导入" + (f"，{held} 行有错误" if held else "")
        sentence += f"；确认导入：taizhang confirm {report.upload_id}"
    return {
        "upload_id": report.upload_id,
        "loaded": loaded if confirm else 0,
        "readable": loaded,
        "quarantined": held,
        "errors": severities.count("error"),
        "warnings": severities.count("warning"),
        "sentence": sentence,
    }
