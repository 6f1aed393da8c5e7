"""What an upload would change: each of its records against the current one, and the records it no longer has.

Works on any connection that can say what is current, the store inside a commit or a published version for a dry
run, so that a preview and the commit cannot disagree in method. Must not know how either keeps its records.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from analytics.etl.report import Changes, SheetReport
from analytics.ledgers.model import Ledger
from analytics.warehouse.tables import quoted, values, year_sql
from analytics.warehouse.transactions import first

DETAILS = 500
"""Changed and removed records a preview lists one by one."""
INCOMING = "incoming"
"""The registered Arrow table of an upload's records of one ledger, with ``_version`` in the file's order."""

NARROW = "incoming_narrow"
"""The few columns of ``incoming`` that say whether there is anything to compare with at all."""


class Side(Protocol):
    """Where current records are asked for."""

    def rows(self, ledger: Ledger) -> str:
        """Return the relation that holds at least every current record of ``ledger``."""

    def current(self, ledger: Ledger, keys: str | None = None) -> str:
        """Return a SELECT of current records; ``keys`` is a query of the record ids that matter."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One value that differs from the current record's."""

    ledger: str
    record_id: str
    sheet: str
    row: int
    field: str
    old: Any
    new: Any
    cell: str | None = None


@dataclass(frozen=True, slots=True)
class NewRecord:
    """One record that is seen for the first time, and where it stands."""

    ledger: str
    record_id: str
    sheet: str
    row: int
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RemovedRecord:
    """One current record that a replacement no longer has, where it had come from, and what it said."""

    ledger: str
    record_id: str
    file_name: str
    sheet: str
    row: int
    values: dict[str, Any]


@dataclass(slots=True)
class ChangeSet:
    """What an upload does to the records, by ledger, with the first differing values and removed records."""

    counts: dict[str, Changes] = field(default_factory=dict)
    fields: list[FieldChange] = field(default_factory=list)
    new: list[NewRecord] = field(default_factory=list)
    removed: list[RemovedRecord] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Replacement:
    """The stretch an upload replaces: one unit's records of one period.

    ``uploads`` are the earlier uploads of the unit whose stated period lies inside ``days``.
    """

    unit: str
    days: tuple[dt.date, dt.date]
    uploads: tuple[str, ...] = ()

    def where(self, ledger: Ledger) -> tuple[str, list[Any]]:
        """Return the predicate (with its parameters) of the current records this stretch covers."""
        params: list[Any] = [self.unit]
        if ledger.date_field:
            inside = f"{quoted(ledger.date_field)} BETWEEN ? AND ?"
            params += list(self.days)
        else:
            # A ledger counted by year belongs to a period only if the period takes in that whole year.
            inside = f"(make_date({year_sql(ledger)}, 1, 1) >= ? AND make_date({year_sql(ledger)}, 12, 31) <= ?)"
            params += list(self.days)
        if self.uploads:
            inside = f"({inside} OR upload_id IN ({', '.join('?' * len(self.uploads))}))"
            params += list(self.uploads)
        return f"reporting_unit = ? AND {inside}", params


def compare(con: duckdb.DuckDBPyConnection, ledger: Ledger, side: Side, *, repeats: bool) -> bool:
    """Fill the temporary table ``kinds``: what each incoming record is (new, changed, unchanged) and follows.

    Args:
        con: Where ``incoming`` is registered.
        ledger: Whose records they are.
        side: Where current records are asked for.
        repeats: The upload has one record more than once; each follows the one above it.

    Returns:
        False if every record is seen for the first time; ``kinds`` is not filled then.
    """
    if not repeats:
        # Most uploads are new throughout: one look at a single column settles them.
        met = first(con, f"SELECT 1 FROM {side.rows(ledger)} SEMI JOIN {NARROW} USING (record_id) LIMIT 1")
        if met is None:
            return False
    said = [quoted(name) for name in values(ledger)]
    lag = "lag(_version) OVER (PARTITION BY record_id ORDER BY _version)" if repeats else "NULL::BIGINT"
    same = " AND ".join(f"n.{name} IS NOT DISTINCT FROM b.{name}" for name in said)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE kinds AS WITH n AS (SELECT *, {lag} AS _before FROM {INCOMING}) "
        f'SELECT n._version, n._before, n.record_id, n.sheet, n."row", n.file_name, n.reporting_unit AS unit, '
        f"CASE WHEN b.record_id IS NULL THEN 'new' WHEN {same} THEN 'unchanged' ELSE 'changed' END AS kind, "
        "b.file_name AS old_file, b.reporting_unit AS old_unit, b._year AS old_year "
        f"FROM n LEFT JOIN ({_before(ledger, side, f'SELECT record_id FROM {INCOMING}', repeats=repeats)}) b "
        "ON n.record_id = b.record_id AND n._before IS NOT DISTINCT FROM b._before"
    )
    return True


def _before(ledger: Ledger, side: Side, keys: str, *, repeats: bool) -> str:
    """Return the SELECT of what incoming records may follow: current ones, and those above them in the file."""
    said = [quoted(name) for name in values(ledger)]
    kept = ", ".join([f"{year_sql(ledger)} AS _year", "record_id", "file_name", "reporting_unit", *said])
    query = f"SELECT NULL::BIGINT AS _before, {kept} FROM ({side.current(ledger, keys)})"
    return f"{query} UNION ALL SELECT _version, {kept} FROM {INCOMING}" if repeats else query


def missing(con: duckdb.DuckDBPyConnection, ledger: Ledger, side: Side, replacement: Replacement) -> int:
    """Fill the temporary table ``gone`` with the current records that ``replacement`` no longer has; count them."""
    where, params = replacement.where(ledger)
    con.execute(
        f'CREATE OR REPLACE TEMP TABLE gone AS SELECT record_id, reporting_unit, file_name, sheet, "row", '
        f"{year_sql(ledger)} AS _year FROM ({side.current(ledger)}) WHERE {where} "
        f"AND record_id NOT IN (SELECT record_id FROM {INCOMING})",
        params,
    )
    row = first(con, "SELECT count(*) FROM gone")
    return int(row[0]) if row else 0


def tally(
    con: duckdb.DuckDBPyConnection,
    ledger: Ledger,
    incoming: pa.Table,
    reports: Sequence[SheetReport],
    *,
    followed: bool,
    removed: int,
) -> Changes:
    """Count what the records are into the sheet reports of ``ledger``; return the ledger's total.

    Args:
        con: Where ``kinds`` is filled if ``followed``.
        ledger: Whose records they are.
        incoming: The records.
        reports: The upload's sheet reports; their changes are set.
        followed: What :func:`compare` returned; if false all are new.
        removed: How many records the upload no longer has.
    """
    mine = [report for report in reports if report.ledger == ledger.id]
    total = Changes(removed=removed)
    alone = {report.sheet: report for report in mine}
    for report in mine:
        report.changes = Changes()
    by = ["sheet"] if len(alone) == len(mine) else ["sheet", "row"]
    if followed:
        names = ", ".join(quoted(name) for name in by)
        counts = con.execute(f"SELECT {names}, kind, count(*) FROM kinds GROUP BY ALL").fetchall()
    else:
        grouped = incoming.group_by(by).aggregate([([], "count_all")]).to_pydict()
        counts = [
            (*place, "new", grouped["count_all"][at])
            for at, place in enumerate(zip(*(grouped[n] for n in by), strict=True))
        ]
    for sheet, *row, word, count in counts:
        at = row[0] if row else None
        holder = alone.get(sheet) if at is None else _report_at(mine, sheet, at)
        for changes in (total, *([holder.changes] if holder else [])):
            setattr(changes, word, getattr(changes, word) + count)
    if mine:
        mine[0].changes.removed = removed
    return total


def _report_at(reports: Iterable[SheetReport], sheet: str, row: int) -> SheetReport | None:
    """Return the table of ``sheet`` that holds ``row``, where a sheet has several."""
    for report in reports:
        if report.sheet == sheet and (report.first_row or 0) <= row <= (report.last_row or row):
            return report
    return None


def differing(
    con: duckdb.DuckDBPyConnection,
    ledger: Ledger,
    side: Side,
    reports: Sequence[SheetReport],
    *,
    repeats: bool,
    limit: int,
) -> Iterator[FieldChange]:
    """Yield the values that differ, for at most ``limit`` changed records, in the file's order."""
    names = values(ledger)
    pairs = ", ".join(f"b.{quoted(name)}, i.{quoted(name)}" for name in names)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE shown AS SELECT _version, _before, record_id FROM kinds "
        "WHERE kind = 'changed' ORDER BY _version LIMIT ?",
        [limit],
    )
    rows = con.execute(
        f'SELECT s.record_id, i.sheet, i."row", {pairs} FROM shown s JOIN {INCOMING} i USING (_version) '
        f"JOIN ({_before(ledger, side, 'SELECT record_id FROM shown', repeats=repeats)}) b "
        "ON b.record_id = s.record_id AND b._before IS NOT DISTINCT FROM s._before ORDER BY s._version"
    ).fetchall()
    for record_id, sheet, row, *said in rows:
        for at, name in enumerate(names):
            old, new = said[2 * at], said[2 * at + 1]
            if old != new:
                cell = cell_of(reports, ledger.id, sheet, row, name)
                yield FieldChange(ledger.id, record_id, sheet, row, name, old, new, cell)


def cell_of(reports: Sequence[SheetReport], ledger: str, sheet: str, row: int, field: str) -> str | None:
    """Return the cell (A1 form) of ``field`` in ``row``, if the sheet has a column for it."""
    for report in reports:
        if report.ledger == ledger and report.sheet == sheet and row <= (report.last_row or row):
            for mapped in report.mapping:
                if mapped.field == field and mapped.column:
                    return f"{mapped.column}{row}"
    return None


def fresh(con: duckdb.DuckDBPyConnection, ledger: Ledger, *, followed: bool, limit: int) -> list[NewRecord]:
    """Return at most ``limit`` of the records seen for the first time, in the file's order."""
    only = "SEMI JOIN (FROM kinds WHERE kind = 'new') k USING (_version) " if followed else ""
    return [
        NewRecord(ledger.id, record_id, sheet, row, said)
        for record_id, _, sheet, row, said in _told(con, ledger, f"{INCOMING} {only}ORDER BY _version LIMIT ?", [limit])
    ]


def _told(
    con: duckdb.DuckDBPyConnection, ledger: Ledger, source: str, params: Sequence[Any]
) -> Iterator[tuple[str, str, str, int, dict[str, Any]]]:
    """Yield records' ids and places with what they say, column by column, blanks left out."""
    names = [column.name for column in ledger.columns]
    picked = ", ".join(quoted(name) for name in names)
    for row in con.execute(f'SELECT record_id, file_name, sheet, "row", {picked} FROM {source}', params).fetchall():
        said = {name: value for name, value in zip(names, row[4:], strict=True) if value is not None}
        yield *row[:4], said


def absent(con: duckdb.DuckDBPyConnection, ledger: Ledger, side: Side, limit: int) -> list[RemovedRecord]:
    """Return at most ``limit`` of the records in ``gone``."""
    source = f'({side.current(ledger, "SELECT record_id FROM gone")}) ORDER BY file_name, sheet, "row" LIMIT ?'
    return [RemovedRecord(ledger.id, *told) for told in _told(con, ledger, source, [limit])]


def has_repeats(incoming: pa.Table) -> bool:
    """Tell whether an upload has one record more than once."""
    ids = incoming.column("record_id")
    return bool(pc.count_distinct(ids).as_py() < len(ids))


def preview(
    con: duckdb.DuckDBPyConnection,
    ledger: Ledger,
    side: Side,
    incoming: pa.Table,
    reports: Sequence[SheetReport],
    replacement: Replacement | None,
    found: ChangeSet,
) -> bool:
    """Add to ``found`` what the registered ``incoming`` records of one ledger would change.

    Returns:
        What :func:`compare` returned.
    """
    repeats = has_repeats(incoming)
    followed = compare(con, ledger, side, repeats=repeats)
    removed = missing(con, ledger, side, replacement) if replacement else 0
    found.counts[ledger.id] = tally(con, ledger, incoming, reports, followed=followed, removed=removed)
    if followed:
        found.fields += differing(con, ledger, side, reports, repeats=repeats, limit=DETAILS)
    if found.counts[ledger.id].new:
        found.new += fresh(con, ledger, followed=followed, limit=DETAILS)
    if removed:
        found.removed += absent(con, ledger, side, DETAILS)
    return followed


def register(con: duckdb.DuckDBPyConnection, ledger: Ledger, records: pa.Table) -> None:
    """Let SQL see an upload's records of one ledger, whole and narrow."""
    near = ledger.near
    names = dict.fromkeys(["record_id", *([*near.same, *near.counts] if near else [])])
    con.register(INCOMING, records)
    con.register(NARROW, records.select(list(names)))


def forget(con: duckdb.DuckDBPyConnection) -> None:
    """Let go of an upload's records, so that their memory is free before the next."""
    for name in (INCOMING, NARROW):
        con.unregister(name)
