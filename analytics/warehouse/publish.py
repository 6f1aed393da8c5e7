"""From the store to a published version: an immutable folder of Parquet files, made whole before anyone sees it.

``published/<version>/<ledger>/year=2024.parquet`` beside ``uploads.parquet``, ``findings.parquet``,
``quarantine.parquet`` and ``manifest.json``; ``published/CURRENT`` names the version readers take. Years nothing
touched are the very files of the version before (hard links). Must not know who reads.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from analytics import moments
from analytics.ledgers.model import Ledger
from analytics.settings import Settings
from analytics.warehouse import decisions, leases, tables
from analytics.warehouse.tables import literal, quoted
from analytics.warehouse.transactions import first

FORMAT = 1
POINTER = "CURRENT"
MANIFEST = "manifest.json"
SHARED = {
    "uploads": "seq",
    "findings": "seq, ordinal",
    "quarantine": "seq, ordinal",
    "corrections": "seq, ordinal",
    "decisions": "seq",
}
"""What is published besides the records, and in which order."""
GRACE_SECONDS = 120.0
"""How long a version stays after a newer one took its place, for readers between pointer and lease."""
STAGING = ".staging-"
"""Folders so named are being made; what a killed writer leaves of them is swept away."""


@dataclass(frozen=True, slots=True)
class YearFile:
    """A ledger's year written before its turn (``ahead``): good while ``number`` is the last change of the year."""

    path: Path
    number: int
    entry: dict[str, Any]
    """What the manifest says of it."""


def current_sql(ledger: Ledger, keys: str | None = None) -> str:
    """Return the SELECT of the current records of ``ledger`` in the store (with the store's own columns).

    Args:
        ledger: Whose records.
        keys: A query of record ids, when only those matter.
    """
    table = tables.table(ledger.id)
    only = f" AND record_id IN ({keys})" if keys else ""
    return (
        f"SELECT r.* FROM {table} r SEMI JOIN (SELECT max(_version) AS v FROM {table} "
        f"WHERE _seq NOT IN (SELECT seq FROM uploads WHERE revoked_at IS NOT NULL){only} GROUP BY record_id) newest "
        "ON r._version = newest.v WHERE NOT r._removed"
    )


def visible_sql(con: duckdb.DuckDBPyConnection, ledger: Ledger) -> str:
    """Return the SELECT of the records of ``ledger`` as they are published: current, decisions laid over them."""
    query = current_sql(ledger)
    if not decisions.any_for(con, ledger):
        return query
    names = ", ".join(decisions.picked(con, ledger, "r"))
    return f"SELECT {names} FROM ({query}) r WHERE r.record_id NOT IN ({decisions.dropped_sql(ledger, query)})"


VERSIONS: dict[str, str] = {"version_no": "BIGINT", "stood_on": "DATE"}
"""What a record's versions have beside its columns: their order, and the day from which each stood."""


def versions_name(ledger: str) -> str:
    """Return the name of the view (and, with its suffix, the file) of a ledger's record versions."""
    return f"{ledger}_versions"


def _versions_sql(ledger: Ledger) -> str:
    """Return every version, in uploads not revoked, of the records that have more than one and are there still.

    A version stood from the day its workbook was filled in or uploaded, whichever is earlier, and never longer than
    until the one after it.
    """
    table = tables.table(ledger.id)
    live = f"{table} r JOIN uploads u ON u.seq = r._seq WHERE u.revoked_at IS NULL AND NOT r._removed"
    names = ", ".join(f"r.{quoted(name)}" for name in tables.columns(ledger))
    sent = "CAST(u.created_at AS DATE)"
    return (
        f"SELECT {names}, r._version AS version_no, "
        f"MIN(COALESCE(LEAST(r.reported_on, {sent}), {sent})) OVER (PARTITION BY r.record_id ORDER BY r._version "
        f"ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS stood_on FROM {live} "
        f"AND r.record_id IN (SELECT r.record_id FROM {live} GROUP BY r.record_id HAVING count(*) > 1) "
        f"AND r.record_id IN (SELECT record_id FROM ({current_sql(ledger)})) ORDER BY r._version"
    )


def _write_versions(
    con: duckdb.DuckDBPyConnection, settings: Settings, ledger: Ledger, base: Mapping[str, Any] | None, staging: Path
) -> dict[str, dict[str, Any]]:
    """Write the versions of a ledger's records where any has several, or share them where nothing of it changed."""
    name = f"{versions_name(ledger.id)}.parquet"
    stamp = first(con, "SELECT max(change_no) FROM partitions WHERE ledger = ?", [ledger.id])
    same = base is not None and name in base["files"] and (stamp is None or (stamp[0] or 0) <= base["change_no"])
    if base is not None and same:
        _share(settings.published / base["version"] / name, staging / name)
        return {name: base["files"][name]}
    several = f"SELECT 1 FROM {tables.table(ledger.id)} GROUP BY record_id HAVING count(*) > 1 LIMIT 1"
    return _copy(con, _versions_sql(ledger), staging, name) if first(con, several) else {}


def year_file(year: int | None) -> str:
    """Return the file name of a year's records; those without a day are together in one file."""
    return f"year={'none' if year is None else year}.parquet"


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Return a version's manifest, ``None`` where there is no whole version."""
    try:
        data = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        # A version that was pruned or damaged: the caller publishes in full or takes another.
        return None
    return data if isinstance(data, dict) and data.get("format") == FORMAT else None


def current_id(settings: Settings) -> str | None:
    """Return the version the pointer names."""
    try:
        return (settings.published / POINTER).read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None


def _sync(path: Path) -> None:
    """Bring a file or folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _share(source: Path, target: Path) -> None:
    """Give ``target`` the bytes of ``source``: a hard link, or a copy where the file system has none."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
        _sync(target)


def _whole(folder: Path, manifest: Mapping[str, Any]) -> bool:
    """Tell whether every file a manifest names is there in its size."""
    for name, entry in manifest["files"].items():
        try:
            if (folder / name).stat().st_size != entry["bytes"]:
                return False
        except OSError:
            return False
    return True


def _base(settings: Settings, store_id: str, change_no: int) -> dict[str, Any] | None:
    """Return the manifest of the current version if the next one may share files with it."""
    name = current_id(settings)
    manifest = read_manifest(settings.published / name) if name else None
    if manifest is None or manifest["store_id"] != store_id or manifest["change_no"] > change_no:
        return None
    return manifest if _whole(settings.published / manifest["version"], manifest) else None


def publish(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    ledgers: Mapping[str, Ledger],
    ready: Mapping[tuple[str, int | None], YearFile] | None = None,
) -> str | None:
    """Publish what is committed and not yet seen; return the id of the version readers now take.

    A crash at any point leaves the version before in place; calling again publishes what is behind.

    Args:
        con: The store.
        settings: Where versions are kept.
        ledgers: The declared ledgers.
        ready: Files by ledger and year that need not be written any more; they are taken from where they lie.
    """
    ready = ready or {}
    _sweep(settings, {file.path for file in ready.values()})
    row = first(con, "SELECT store_id, change_no FROM meta")
    store_id, change_no = (str(row[0]), int(row[1])) if row else ("", 0)
    base = _base(settings, store_id, change_no)
    schema = tables.declaration_hash(ledgers)
    if change_no == 0 and base is None:
        return None
    if base is not None and base["change_no"] == change_no and base["schema_hash"] == schema:
        return str(base["version"])
    settings.published.mkdir(parents=True, exist_ok=True)
    made = dt.datetime.now(dt.UTC)
    version = _free_name(settings, f"{change_no:08d}-{made:%Y%m%dT%H%M%SZ}")
    staging = settings.published / f"{STAGING}{version}"
    staging.mkdir()
    files: dict[str, dict[str, Any]] = {}
    for ledger in ledgers.values():
        files |= _write_ledger(con, settings, ledger, base, staging, ready)
        if ledger.history:
            files |= _write_versions(con, settings, ledger, base, staging)
    for name, order in SHARED.items():
        files |= _copy(con, f"SELECT * FROM {name} ORDER BY {order}", staging, f"{name}.parquet")
    manifest = {
        "format": FORMAT,
        "version": version,
        "store_id": store_id,
        "change_no": change_no,
        "created_at": made.isoformat(timespec="seconds"),
        "engine": f"duckdb {duckdb.__version__}",
        "schema_hash": schema,
        "schema_version": _schema_version(con),
        "ledgers": {ledger.id: _describe(ledger, files) for ledger in ledgers.values()},
        "last_upload_at": _last_upload(con),
        "profiles": _profiles(con),
        "confirmed": _confirmed(con),
        "files": files,
    }
    days = [entry["last_day"] for entry in files.values() if entry.get("last_day")]
    manifest["data_as_of"] = max(days, default=None)
    (staging / leases.NAME).touch()
    (staging / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
    _sync(staging / MANIFEST)
    for folder in (*(staging / ledger for ledger in ledgers if (staging / ledger).is_dir()), staging):
        _sync(folder)
    staging.rename(settings.published / version)
    _sync(settings.published)
    point(settings, version)
    prune(settings)
    return version


def point(settings: Settings, version: str) -> None:
    """Swap the pointer to ``version`` in one step."""
    fresh = settings.published / f".{POINTER}.new"
    fresh.write_text(version + "\n", encoding="utf-8")
    _sync(fresh)
    fresh.replace(settings.published / POINTER)
    _sync(settings.published)


def _free_name(settings: Settings, name: str) -> str:
    taken, number = name, 1
    while (settings.published / taken).exists():
        number += 1
        taken = f"{name}-{number}"
    return taken


def _schema_version(con: duckdb.DuckDBPyConnection) -> int:
    row = first(con, "SELECT max(version) FROM schema_version")
    return int(row[0]) if row else 0


def _last_upload(con: duckdb.DuckDBPyConnection) -> str | None:
    row = first(con, "SELECT max(created_at) FROM uploads WHERE revoked_at IS NULL AND rows_loaded > 0")
    return row[0].isoformat(timespec="seconds") if row and row[0] else None


def _profiles(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    rows = con.execute("SELECT fingerprint, mapping FROM profiles ORDER BY fingerprint").fetchall()
    return {mark: json.loads(mapping) for mark, mapping in rows}


def _confirmed(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, Any]]:
    """Return of which ledger each confirmed mapping is, since when, and whose word it is."""
    rows = con.execute("SELECT fingerprint, ledger, confirmed_at, confirmed_by FROM profiles ORDER BY fingerprint")
    return {
        mark: {"ledger": ledger, "at": moment.isoformat(timespec="seconds"), "by": by}
        for mark, ledger, moment, by in rows.fetchall()
    }


def _copy(con: duckdb.DuckDBPyConnection, query: str, staging: Path, name: str) -> dict[str, dict[str, Any]]:
    """Write one query to a Parquet file of the version; return its manifest entry."""
    return {name: copy(con, query, staging / name)}


def copy(con: duckdb.DuckDBPyConnection, query: str, path: Path, group: int = 122_880) -> dict[str, Any]:
    """Write one query to a Parquet file, down to the disk; return its manifest entry.

    Rows are held in memory by the ``group``.
    """
    how = f"FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE {group}"
    row = first(con, f"COPY ({query}) TO {literal(str(path))} ({how})")
    _sync(path)
    return {"rows": int(row[0]) if row else 0, "bytes": path.stat().st_size}


def year_test(year: int | None) -> str:
    """Return the SQL that follows the expression for a record's year, to pick those of ``year``."""
    return "IS NULL" if year is None else f"= {int(year)}"


def _write_ledger(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    ledger: Ledger,
    base: Mapping[str, Any] | None,
    staging: Path,
    ready: Mapping[tuple[str, int | None], YearFile],
) -> dict[str, dict[str, Any]]:
    """Write the years of a ledger that changed since ``base`` and share the others."""
    stamps = dict(
        con.execute(
            'SELECT "year", max(change_no) FROM partitions WHERE ledger = ? GROUP BY ALL', [ledger.id]
        ).fetchall()
    )
    since = base["change_no"] if base is not None else -1
    before = base["files"] if base is not None else {}
    dirty = sorted((year for year, stamp in stamps.items() if stamp > since), key=lambda year: (year is None, year))
    files: dict[str, dict[str, Any]] = {}
    folder = staging / ledger.id
    folder.mkdir()
    for year in stamps:
        name = f"{ledger.id}/{year_file(year)}"
        if year not in dirty and name in before and base is not None:
            _share(settings.published / base["version"] / name, staging / name)
            files[name] = before[name]
    decided = decisions.any_for(con, ledger)
    for year in () if decided else tuple(dirty):
        written = ready.get((ledger.id, year))
        if written is not None and written.number == stamps[year]:
            name = f"{ledger.id}/{year_file(year)}"
            written.path.rename(staging / name)
            files[name] = written.entry
            dirty.remove(year)
    if not dirty:
        return files
    table = tables.table(ledger.id)
    years = " OR ".join(f"_year {year_test(year)}" for year in dirty)
    keys = None if len(dirty) == len(stamps) else f"SELECT record_id FROM {table} WHERE {years}"
    # The list of current versions is narrow and made once; each year then picks its wide rows by it.
    day = quoted(ledger.date_field) if ledger.date_field else "NULL::DATE"
    counting = f" WHERE r.record_id NOT IN ({decisions.dropped_sql(ledger, current_sql(ledger))})" if decided else ""
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE newest AS SELECT r._version AS v, r._year AS y, {day} AS day "
        f"FROM ({current_sql(ledger, keys)}) r{counting}"
    )
    names = decisions.picked(con, ledger, "r") if decided else [f"r.{quoted(name)}" for name in tables.columns(ledger)]
    picked = ", ".join(names)
    last_days = dict(
        con.execute("SELECT y, max(day) FILTER (day <= ?) FROM newest GROUP BY y", [moments.today()]).fetchall()
    )
    # Rows are only ever appended, in the order of their versions, which a join would not promise to keep.
    same = f"SELECT (SELECT count(*) FROM {table}) = (SELECT count(*) FROM newest)"
    every = not decided and first(con, same) == (True,)
    for year in dirty:
        if year not in last_days:
            continue
        test = year_test(year)
        if every:
            query = f"SELECT {picked} FROM {table} r WHERE r._year {test}"
        else:
            query = (
                f"SELECT {picked} FROM {table} r SEMI JOIN (SELECT v FROM newest WHERE y {test}) n "
                f"ON r._version = n.v WHERE r._year {test} ORDER BY r._version"
            )
        name = f"{ledger.id}/{year_file(year)}"
        files |= _copy(con, query, staging, name)
        files[name]["last_day"] = last_days[year].isoformat() if last_days[year] else None
    con.execute("DROP TABLE newest")
    return files


def _describe(ledger: Ledger, files: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Say how many records a ledger has, in which years, of which shape, and up to which day."""
    mine = {name: entry for name, entry in files.items() if name.startswith(f"{ledger.id}/")}
    years = sorted(int(name.split("=")[1].removesuffix(".parquet")) for name in mine if "=none." not in name)
    return {
        "name": ledger.name,
        "rows": sum(entry["rows"] for entry in mine.values()),
        "years": years,
        "columns": tables.columns(ledger),
        "last_day": max((entry["last_day"] for entry in mine.values() if entry["last_day"]), default=None),
    }


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def versions(settings: Settings) -> list[str]:
    """Return the published versions, oldest first."""
    if not settings.published.is_dir():
        return []
    return sorted(
        entry.name for entry in settings.published.iterdir() if entry.is_dir() and not entry.name.startswith(".")
    )


def prune(settings: Settings, now: float | None = None) -> list[str]:
    """Remove old versions that nobody can be using; return their ids.

    A version stays while it is current, among the newest ``keep_versions`` besides it, younger than the grace
    period, or held by a reader's lease.
    """
    current = current_id(settings)
    every = versions(settings)
    old = [name for name in every if name != current]
    moment = dt.datetime.now(dt.UTC).timestamp() if now is None else now
    removed = []
    for name in old[: max(0, len(old) - settings.keep_versions)]:
        folder = settings.published / name
        successor = settings.published / every[every.index(name) + 1]
        if moment - successor.stat().st_mtime < GRACE_SECONDS or not leases.idle(folder):
            continue
        doomed = settings.published / f"{STAGING}old-{name}"
        folder.rename(doomed)
        shutil.rmtree(doomed)
        removed.append(name)
    return removed


def _sweep(settings: Settings, ready: Collection[Path]) -> None:
    """Remove what a killed writer left half made, but nothing that is ready. Only called under the write lock."""
    leftovers: Iterable[Path] = settings.published.glob(f"{STAGING}*")
    for entry in leftovers:
        if not any(path.is_relative_to(entry) for path in ready):
            shutil.rmtree(entry)
