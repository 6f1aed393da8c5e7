"""Findings about an upload's records against those already kept: corrections across units, and near duplicates.

Must not decide anything: a finding is told, the record is loaded all the same.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import duckdb
from rapidfuzz import fuzz

from analytics.etl.report import Changes, Finding, SheetReport
from analytics.ledgers.model import Ledger
from analytics.warehouse.changes import INCOMING, NARROW, Side, cell_of
from analytics.warehouse.tables import quoted
from analytics.warehouse.transactions import first

SIMILAR = 85.0
"""Least likeness (0-100) of two names that makes two records near duplicates."""
MOST_PER_SHEET = 200
"""Findings of one kind told one by one for a sheet; the rest are told as a number."""
MOST_PAIRS = 200_000


def _plain(text: str) -> str:
    """Return the letters and figures of ``text`` alone, so that spaces and brackets do not tell names apart."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).casefold() if sign.isalnum())


def _cut(found: list[Finding], code: str) -> list[Finding]:
    """Keep the first findings of each sheet and say how many more there were."""
    kept: list[Finding] = []
    seen: dict[str | None, int] = {}
    for finding in found:
        seen[finding.sheet] = seen.get(finding.sheet, 0) + 1
        if seen[finding.sheet] <= MOST_PER_SHEET:
            kept.append(finding)
    for sheet, count in seen.items():
        if count > MOST_PER_SHEET:
            rest = count - MOST_PER_SHEET
            kept.append(
                Finding(code, "warning", f"另有 {rest} 行有同样的情形，未逐行列出", "请按前面各行的提示核对", sheet)
            )
    return kept


def corrections(con: duckdb.DuckDBPyConnection, ledger: Ledger, reports: Sequence[SheetReport]) -> list[Finding]:
    """Tell which records follow one that another unit, or another file, had sent (``DUP-WAREHOUSE``)."""
    first = next((key for key in ledger.key if not key.endswith(".year")), ledger.key[0].removesuffix(".year"))
    rows = con.execute(
        'SELECT sheet, "row", kind, old_unit, old_file FROM kinds '
        "WHERE old_unit <> unit AND _before IS NULL ORDER BY _version"
    ).fetchall()
    told = []
    for sheet, row, kind, unit, file in rows:
        changed = kind == "changed"
        told.append(
            Finding(
                "DUP-WAREHOUSE",
                "warning" if changed else "info",
                f"与“{unit}”在《{file}》中报送的是同一条记录，"
                + ("内容不同，已按本次报送更正" if changed else "内容相同，只计一次"),
                "如果不是同一条记录，请补充名称、地点等信息以便区分，再重新上传" if changed else "无需处理",
                sheet,
                cell_of(reports, ledger.id, sheet, row, first),
                row,
                first,
            )
        )
    told = _cut(told, "DUP-WAREHOUSE")
    for sheet, file, count in con.execute(
        "SELECT sheet, old_file, count(*) FROM kinds WHERE kind = 'changed' AND _before IS NULL "
        "AND old_file <> file_name AND (old_unit IS NULL OR unit IS NULL OR old_unit = unit) GROUP BY ALL ORDER BY ALL"
    ).fetchall():
        told.append(
            Finding(
                "DUP-WAREHOUSE",
                "info",
                f"有 {count} 行更正了《{file}》中已报送的记录",
                "无需处理；可查看变更明细",
                sheet,
            )
        )
    return told


def near_matches(
    con: duckdb.DuckDBPyConnection,
    ledger: Ledger,
    side: Side,
    reports: Sequence[SheetReport],
    *,
    followed: bool,
    removed: bool,
) -> list[Finding]:
    """Tell which new records are suspiciously like a current one with another key (``DUP-NEAR``).

    Args:
        con: Where ``incoming`` is registered.
        ledger: Whose records they are.
        side: Where current records are asked for.
        reports: The upload's sheet reports, to name the cell.
        followed: ``kinds`` is filled; otherwise every record is new.
        removed: ``gone`` is filled.
    """
    near = ledger.near
    if near is None:
        return []
    name = quoted(near.similar)
    alike = " AND ".join(f"o.{quoted(column)} = i.{quoted(column)}" for column in near.same)
    alike += "".join(f" AND o.{quoted(column)} IS NOT DISTINCT FROM i.{quoted(column)}" for column in near.counts)
    fresh = INCOMING
    if followed:
        fresh = f"(SELECT i.* FROM {INCOMING} i SEMI JOIN (FROM kinds WHERE kind = 'new') k USING (_version))"
    look = f"SELECT o.record_id FROM {side.rows(ledger)} o SEMI JOIN {NARROW} i ON {alike}"
    # The pairs are rare: whether there are any is asked of a few columns before wide rows are touched.
    if first(con, f"{look} ANTI JOIN {NARROW} n ON o.record_id = n.record_id LIMIT 1") is None:
        return []
    keys = f"SELECT o.record_id FROM {side.rows(ledger)} o SEMI JOIN {fresh} i ON {alike}"
    still = "AND o.record_id NOT IN (SELECT record_id FROM gone) " if removed else ""
    rows = con.execute(
        f'SELECT i.sheet, i."row", i.{name}, o.{name}, o.file_name, o.sheet, o."row" '
        f"FROM {fresh} i JOIN ({side.current(ledger, keys)}) o ON {alike} "
        f"WHERE o.record_id NOT IN (SELECT record_id FROM {INCOMING}) {still}ORDER BY i._version LIMIT ?",
        [MOST_PAIRS],
    ).fetchall()
    told = []
    seen: set[tuple[str, int]] = set()
    for sheet, row, mine, other, file, other_sheet, other_row in rows:
        if (sheet, row) in seen or not mine or not other:
            continue
        likeness = fuzz.ratio(_plain(mine), _plain(other))
        if likeness < SIMILAR:
            continue
        seen.add((sheet, row))
        told.append(
            Finding(
                "DUP-NEAR",
                "warning",
                f"疑似重复：与已入库的“{other}”（《{file}》{other_sheet} 第 {other_row} 行）"
                f"同日同地、数字相同，名称相似度 {likeness:.0f}%",
                "如果是同一条，请统一名称后重新上传；如果不是，无需处理",
                sheet,
                cell_of(reports, ledger.id, sheet, row, near.similar),
                row,
                near.similar,
                mine,
            )
        )
    return _cut(told, "DUP-NEAR")


def findings(
    con: duckdb.DuckDBPyConnection,
    ledger: Ledger,
    side: Side,
    reports: Sequence[SheetReport],
    counted: Changes,
    *,
    followed: bool,
) -> list[Finding]:
    """Return all that is to be said about one ledger's records of an upload against those already kept.

    Args:
        con: Where ``incoming`` is registered.
        ledger: Whose records they are.
        side: Where current records are asked for.
        reports: The upload's sheet reports.
        counted: What the upload changes; ``gone`` is filled if it removes anything.
        followed: ``kinds`` is filled.
    """
    found = corrections(con, ledger, reports) if followed else []
    if counted.new:
        found += near_matches(con, ledger, side, reports, followed=followed, removed=counted.removed > 0)
    held = sum(report.counts.quarantined for report in reports if report.ledger == ledger.id)
    if counted.removed and held:
        found.append(
            Finding(
                "REPLACE-QUARANTINED",
                "warning",
                f"本次替换使 {counted.removed} 条原有记录不再有效，而文件中有 {held} 行未能入库",
                "请更正未入库的行并重新上传，否则统计数会偏少",
                next(report.sheet for report in reports if report.ledger == ledger.id),
            )
        )
    return found
