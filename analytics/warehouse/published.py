"""The read side of the warehouse: the current published version, and a connection to ask it.

A reader opens Parquet files of one immutable version and nothing else; a write going on never disturbs it. A
version in use is held by a lease, so it is not removed under its reader. Must not open the store.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import os
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from analytics.duck import hush
from analytics.etl.report import FileReport, Finding
from analytics.ledgers import ledgers as shipped_ledgers
from analytics.ledgers.model import Ledger
from analytics.settings import Settings
from analytics.warehouse import corrected, decisions, publish, uploads
from analytics.warehouse.errors import UnknownUpload, WarehouseError
from analytics.warehouse.leases import Lease
from analytics.warehouse.tables import columns, literal, quoted, sql_type

NOTHING = "0"
"""Id of the version there is before anything was published: every ledger, no rows."""
CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}
"""How every connection of the warehouse is opened: nothing is fetched, no Python variable is taken for a table."""
_KEPT = 4
_TRIES = 50
_WORD = re.compile(r"[a-z][a-z0-9_]*")
_cache: OrderedDict[tuple[str, str, int], Version] = OrderedDict()
_cache_lock = threading.Lock()


class Version:
    """One published version, immutable. Share it between threads; give each thread its own ``connect()``."""

    def __init__(
        self, folder: Path | None, manifest: Mapping[str, Any], lease: Lease | None, ledgers: Mapping[str, Ledger]
    ) -> None:
        self.folder = folder
        self.manifest = manifest
        self.ledgers = ledgers
        self._lease = lease
        self._root: duckdb.DuckDBPyConnection | None = None
        self._pid = 0
        self._lock = threading.Lock()
        self._own = threading.local()
        self._limited: dict[Hashable, Limited] = {}
        self._limits = itertools.count()
        self._retired = False
        self._marks: dict[tuple[str, ...], Hashable] = {}

    def __repr__(self) -> str:
        return f"Version({self.id!r})"

    @property
    def id(self) -> str:
        """The version's name; it changes whenever anything a reader could see changes."""
        return str(self.manifest["version"])

    @property
    def created_at(self) -> dt.datetime | None:
        """When it was published (UTC)."""
        made = self.manifest["created_at"]
        return dt.datetime.fromisoformat(made) if made else None

    @property
    def data_as_of(self) -> dt.date | None:
        """The latest day, up to the day of publishing, that any current record counts in."""
        day = self.manifest["data_as_of"]
        return dt.date.fromisoformat(day) if day else None

    @property
    def last_upload_at(self) -> dt.datetime | None:
        """When the newest upload that loaded something was committed (UTC)."""
        moment = self.manifest["last_upload_at"]
        return dt.datetime.fromisoformat(moment).replace(tzinfo=dt.UTC) if moment else None

    @property
    def empty(self) -> bool:
        """Nothing was ever published."""
        return self.folder is None

    @property
    def profiles(self) -> dict[str, dict[str, str]]:
        """Confirmed mappings: header fingerprint -> {header path: field}."""
        return dict(self.manifest["profiles"])

    def rows(self, ledger: str) -> int:
        """Return how many current records ``ledger`` has."""
        return int(self.manifest["ledgers"].get(ledger, {}).get("rows", 0))

    def years(self, ledger: str) -> list[int]:
        """Return the years ``ledger`` has current records in, in order."""
        return list(self.manifest["ledgers"].get(ledger, {}).get("years", ()))

    def last_day(self, ledger: str) -> dt.date | None:
        """Return the latest day any current record of ``ledger`` counts in, ``None`` where none has a day."""
        day = self.manifest["ledgers"].get(ledger, {}).get("last_day")
        return dt.date.fromisoformat(day) if day else None

    def files(self, ledger: str, years: tuple[int, ...] | None = None) -> list[Path]:
        """Return the Parquet files of ``ledger`` (of ``years`` only, where given); other engines read them as is."""
        names = [name for name in self.manifest["files"] if name.startswith(f"{ledger}/")]
        if years is not None:
            wanted = {f"{ledger}/{publish.year_file(year)}" for year in years}
            names = [name for name in names if name in wanted]
        return [self._folder() / name for name in sorted(names)]

    def connect(self) -> duckdb.DuckDBPyConnection:
        """Return a connection with a view for each ledger and ``uploads``, ``findings``, ``quarantine``.

        ``corrections`` are the cells put right in previews, ``decisions`` the data steward's, undone ones too.

        A ledger's view has all declared columns, typed, even where there is no record. Findings and quarantined
        rows are those of uploads not revoked; ``all_findings`` and ``all_quarantine`` have every one.
        """
        with self._lock:
            if self._root is None or self._pid != os.getpid():
                self._root = self._make_root()
                self._pid = os.getpid()
            return self._root.cursor()

    def kept_connection(self) -> duckdb.DuckDBPyConnection:
        """Return ``connect()``'s connection as this thread was given it before; whoever uses it fetches all at once."""
        pid, con = getattr(self._own, "kept", (0, None))
        if con is None or pid != os.getpid():
            con = self.connect()
            self._own.kept = (os.getpid(), con)
        found: duckdb.DuckDBPyConnection = con
        return found

    def scan(self, ledger: str) -> str | None:
        """Return the table function that reads a ledger's files as its view does; ``None`` where only the view will do.

        Naming it in a query's FROM in place of the view spares the database the view's many columns.
        """
        declared = self.ledgers.get(ledger)
        kept = self.manifest["ledgers"].get(ledger, {}).get("columns", {})
        if declared is None or self.folder is None or not set(columns(declared)) <= set(kept):
            return None
        return _scan(self.files(ledger)) if self.files(ledger) else None

    def origin(self, sql: str) -> Hashable | None:
        """Return what an answer to ``sql`` is read from: equal between versions that share the files it names.

        Every word that is the name of a view counts, wherever it stands. ``None`` where nothing can be said.
        """
        if self.folder is None:
            return None
        views = self._views
        return tuple((name, self._mark(views[name])) for name in sorted(views.keys() & set(_WORD.findall(sql))))

    @cached_property
    def _views(self) -> dict[str, tuple[str, ...]]:
        """Return the names of the views, and the beginnings of the names of the files each is made from."""
        found: dict[str, tuple[str, ...]] = {name: (f"{name}.parquet",) for name in publish.SHARED}
        for name in ("findings", "quarantine"):
            found[name] = found[f"all_{name}"] = (f"{name}.parquet", "uploads.parquet")
        for ledger in self.ledgers.values():
            found[ledger.id] = (f"{ledger.id}/",)
            versions = publish.versions_name(ledger.id)
            found[versions] = (f"{versions}.parquet",)
        return found

    def _mark(self, beginnings: tuple[str, ...]) -> Hashable:
        """Return which very files these are: a file shared with another version is one file under two names."""
        found = self._marks.get(beginnings)
        if found is None:
            names = sorted(name for name in self.manifest["files"] if name.startswith(beginnings))
            abouts = [(name, (self._folder() / name).stat()) for name in names]
            found = self._marks[beginnings] = tuple(
                (name, about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns) for name, about in abouts
            )
        return found

    def upload(self, upload_id: str) -> dict[str, Any]:
        """Return one upload's row with its findings, quarantined rows and report.

        Raises:
            UnknownUpload: This version has no such upload.
        """
        con = self.connect()
        relation = con.execute("SELECT * FROM uploads WHERE upload_id = ?", [upload_id])
        names = [column[0] for column in relation.description or []]
        rows = relation.fetchall()
        if not rows:
            raise UnknownUpload(f"没有编号为 {upload_id} 的上传。请用 taizhang uploads 查看编号。")
        found = dict(zip(names, rows[0], strict=True))
        found["options"] = json.loads(found["options"])
        findings = [
            Finding(*entry)
            for entry in con.execute(
                'SELECT code, severity, message, hint, sheet, cell, "row", field, raw FROM all_findings '
                "WHERE upload_id = ? ORDER BY ordinal",
                [upload_id],
            ).fetchall()
        ]
        report: FileReport = uploads.report_from(found["report"], findings)
        found["report"] = report
        found["quarantine"] = [
            {"ledger": ledger, "sheet": sheet, "row": at, "cells": json.loads(cells)}
            for ledger, sheet, at, cells in con.execute(
                'SELECT ledger, sheet, "row", cells FROM all_quarantine WHERE upload_id = ? ORDER BY ordinal',
                [upload_id],
            ).fetchall()
        ]
        return found

    def limited(self, scope: Hashable, conditions: Callable[[], Mapping[str, str]]) -> Limited:
        """Return this version as somebody with a limited view sees it; the same scope gives the same object.

        Of a retired version each asking gives an object of its own, which nothing here leads to.

        Args:
            scope: What tells one limit from another.
            conditions: Gives view -> the SELECT over ``main`` that is left of it; asked once a scope. Views not named
                are left without rows.
        """
        with self._lock:
            found = self._limited.get(scope)
            if found is None:
                # A schema is never used again: whoever still reads another scope's would see this one's rows.
                found = Limited(self, f"seen{next(self._limits)}", conditions(), scope)
                if not self._retired:
                    self._limited[scope] = found
            return found

    def retire(self) -> None:
        """Let go of what leads back here, so that the version ends with its last reader.

        A server tells the collector of garbage to leave alone what is there (``gc.freeze``); what is held by a circle
        alone would then stay for ever, with its lease, its database and all sums kept of it.
        """
        with self._lock:
            self._retired = True
            self._limited = {}

    def _folder(self) -> Path:
        if self.folder is None:
            raise WarehouseError("还没有入库任何数据。")
        return self.folder

    def _make_root(self) -> duckdb.DuckDBPyConnection:
        con = duckdb.connect(":memory:", config=CONFIG)
        hush(con)
        # The files never change, so what their footers say is read once.
        con.execute("SET GLOBAL parquet_metadata_cache = TRUE")
        for ledger in self.ledgers.values():
            con.execute(f"CREATE VIEW {quoted(ledger.id)} AS {self._ledger_sql(ledger)}")
            if ledger.history:
                name = publish.versions_name(ledger.id)
                shape = columns(ledger) | publish.VERSIONS
                kept = self._columns(ledger)
                con.execute(f"CREATE VIEW {quoted(name)} AS {self._shared_sql(name, shape, kept)}")
        details = {field.name: sql_type(field.type) for field in uploads.FINDINGS}
        held = {field.name: sql_type(field.type) for field in uploads.QUARANTINE}
        con.execute(f"CREATE VIEW uploads AS {self._shared_sql('uploads', uploads.COLUMNS)}")
        con.execute(f"CREATE VIEW decisions AS {self._shared_sql('decisions', decisions.COLUMNS)}")
        con.execute(f"CREATE VIEW corrections AS {self._shared_sql('corrections', corrected.COLUMNS)}")
        for name, shape in (("findings", details), ("quarantine", held)):
            con.execute(
                f"CREATE VIEW all_{name} AS SELECT d.*, u.file_name, u.reporting_unit, u.period, u.created_at "
                f"FROM ({self._shared_sql(name, shape)}) d JOIN uploads u USING (upload_id)"
            )
            con.execute(
                f"CREATE VIEW {name} AS SELECT * FROM all_{name} "
                "WHERE upload_id NOT IN (SELECT upload_id FROM uploads WHERE revoked_at IS NOT NULL)"
            )
        return con

    def _ledger_sql(self, ledger: Ledger) -> str:
        return _typed(columns(ledger), self._columns(ledger), self.files(ledger.id) if self.folder else [])

    def _columns(self, ledger: Ledger) -> Mapping[str, str]:
        """Return the columns a ledger's files have."""
        kept: Mapping[str, str] = self.manifest["ledgers"].get(ledger.id, {}).get("columns", {})
        return kept

    def _shared_sql(self, name: str, shape: Mapping[str, str], kept: Mapping[str, str] | None = None) -> str:
        # A version published before there was such a thing has no file of it.
        there = self.folder is not None and f"{name}.parquet" in self.manifest["files"]
        known = shape if kept is None else {**kept, **publish.VERSIONS}
        return _typed(shape, known, [self._folder() / f"{name}.parquet"] if there else [])


class Limited(Version):
    """A version as a limited view sees it: its connections know views that hold nothing else, under the same names."""

    def __init__(self, whole: Version, schema: str, conditions: Mapping[str, str], scope: Hashable) -> None:
        super().__init__(whole.folder, whole.manifest, None, whole.ledgers)
        self.scope = scope
        self._whole = whole
        self._schema = schema
        self._conditions = conditions
        self._made_in = 0

    def connect(self) -> duckdb.DuckDBPyConnection:
        """Return a connection that sees only what is left; see ``Version.connect``."""
        con = self._whole.connect()
        with self._lock:
            if self._made_in != os.getpid():
                self._make(con)
                self._made_in = os.getpid()
        con.execute(f"SET schema = '{self._schema}'")
        return con

    def _make(self, con: duckdb.DuckDBPyConnection) -> None:
        con.execute(f"CREATE SCHEMA IF NOT EXISTS {self._schema}")
        views = con.execute("SELECT view_name FROM duckdb_views() WHERE schema_name = 'main' AND NOT internal")
        for (name,) in views.fetchall():
            # What nobody thought of when the limits were written shows nothing.
            body = self._conditions.get(name, f"SELECT * FROM main.{quoted(name)} WHERE FALSE")
            con.execute(f"CREATE OR REPLACE VIEW {self._schema}.{quoted(name)} AS {body}")

    def files(
        self,
        ledger: str,  # noqa: ARG002 - the whole version's signature
        years: tuple[int, ...] | None = None,  # noqa: ARG002 - the whole version's signature
    ) -> list[Path]:
        """Refuse: files hold more than is left."""
        raise WarehouseError("限定了范围的查询不能直接读取数据文件。")

    def origin(self, sql: str) -> Hashable | None:
        """Return what an answer to ``sql`` is read from, and within which limits."""
        named = self._views.keys() & set(_WORD.findall(sql))
        found = self._whole.origin(" ".join(self._conditions.get(name, "") for name in sorted(named)))
        return None if found is None else (self.scope, tuple(sorted(named)), found)

    def scan(self, ledger: str) -> str | None:  # noqa: ARG002 - the whole version's signature
        """Return ``None``: files hold more than is left."""
        return None


def _typed(wanted: Mapping[str, str], kept: Mapping[str, str], files: list[Path]) -> str:
    """Return a SELECT of ``wanted`` columns from ``files``, null where the files lack one."""
    if not files:
        body = ", ".join(f"CAST(NULL AS {kind}) AS {quoted(name)}" for name, kind in wanted.items())
        return f"SELECT {body} WHERE FALSE"
    body = ", ".join(
        quoted(name) if name in kept else f"CAST(NULL AS {kind}) AS {quoted(name)}" for name, kind in wanted.items()
    )
    return f"SELECT {body} FROM {_scan(files)}"


def _scan(files: list[Path]) -> str:
    names = ", ".join(literal(str(path)) for path in files)
    return f"read_parquet([{names}], hive_partitioning = FALSE, union_by_name = FALSE)"


def _nothing(ledgers: Mapping[str, Ledger]) -> Version:
    manifest: dict[str, Any] = {
        "version": NOTHING,
        "created_at": None,
        "data_as_of": None,
        "last_upload_at": None,
        "profiles": {},
        "ledgers": {},
        "files": {},
    }
    return Version(None, manifest, None, ledgers)


def current(settings: Settings, ledgers: Mapping[str, Ledger] | None = None) -> Version:
    """Return the version readers should use now. Cheap to ask before every answer: the same id is the same object.

    Before anything was published this is a version with every ledger and no rows.
    """
    declared = shipped_ledgers() if ledgers is None else ledgers
    for attempt in range(_TRIES):
        name = publish.current_id(settings)
        if name is None:
            return _nothing(declared)
        version = _opened(settings, name, declared)
        if version is not None:
            return version
        # Superseded and removed between reading the pointer and taking the lease: ask again.
        time.sleep(0.01 * attempt)
    raise WarehouseError("已发布的数据不完整，无法读取。请运行 taizhang check 查看，或用 taizhang restore 从备份恢复。")


def named(settings: Settings, name: str, ledgers: Mapping[str, Ledger] | None = None) -> Version | None:
    """Return the version called ``name``, ``None`` if it is not (or no longer) kept."""
    try:
        kept = {entry.name for entry in settings.published.iterdir() if entry.is_dir()}
    except FileNotFoundError:
        return None
    # A name is only ever compared with what is there, never made into a path.
    return _opened(settings, name, shipped_ledgers() if ledgers is None else ledgers) if name in kept else None


def _opened(settings: Settings, name: str, declared: Mapping[str, Ledger]) -> Version | None:
    """Return a version with a lease on it; ``None`` if it is not whole or was removed."""
    key = (str(settings.published.resolve()), name, id(declared))
    with _cache_lock:
        if key in _cache:
            _cache.move_to_end(key)
            return _cache[key]
    folder = settings.published.resolve() / name
    try:
        lease = Lease(folder)
    except FileNotFoundError:
        return None
    manifest = publish.read_manifest(folder)
    if manifest is None:
        lease.release()
        return None
    with _cache_lock:
        version = _cache.setdefault(key, Version(folder, manifest, lease, declared))
        while len(_cache) > _KEPT:
            _cache.popitem(last=False)[1].retire()
        return version
