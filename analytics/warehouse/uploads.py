"""One upload as the store keeps it: its row, findings and quarantined rows, and its report back again.

Must not know the records themselves, nor who reads the answers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from analytics.etl.report import (
    Changes,
    Counts,
    FileReport,
    Finding,
    MappedColumn,
    Outcome,
    QuarantinedRow,
    SheetReport,
    UnmappedColumn,
)
from analytics.warehouse.periods import span

FINDINGS = pa.schema(
    [
        ("upload_id", pa.string()),
        ("seq", pa.int64()),
        ("ordinal", pa.int32()),
        ("ledger", pa.string()),
        ("code", pa.string()),
        ("severity", pa.string()),
        ("sheet", pa.string()),
        ("cell", pa.string()),
        ("row", pa.int32()),
        ("field", pa.string()),
        ("raw", pa.string()),
        ("message", pa.string()),
        ("hint", pa.string()),
    ]
)
QUARANTINE = pa.schema(
    [
        ("upload_id", pa.string()),
        ("seq", pa.int64()),
        ("ordinal", pa.int32()),
        ("ledger", pa.string()),
        ("sheet", pa.string()),
        ("row", pa.int32()),
        ("cells", pa.string()),
    ]
)
COLUMNS = {
    "upload_id": "VARCHAR",
    "seq": "BIGINT",
    "sha256": "VARCHAR",
    "file_name": "VARCHAR",
    "reporting_unit": "VARCHAR",
    "period": "VARCHAR",
    "mode": "VARCHAR",
    "state": "VARCHAR",
    "created_at": "TIMESTAMP",
    "created_by": "VARCHAR",
    "revoked_at": "TIMESTAMP",
    "revoked_by": "VARCHAR",
    "revoked_reason": "VARCHAR",
    "ledgers": "VARCHAR",
    "rows_read": "BIGINT",
    "rows_loaded": "BIGINT",
    "rows_quarantined": "BIGINT",
    "rows_new": "BIGINT",
    "rows_changed": "BIGINT",
    "rows_unchanged": "BIGINT",
    "rows_removed": "BIGINT",
    "errors": "BIGINT",
    "warnings": "BIGINT",
    "options": "VARCHAR",
    "options_hash": "VARCHAR",
    "profiles_hash": "VARCHAR",
    "fingerprints": "VARCHAR",
    "report": "VARCHAR",
}
"""The columns of an upload's row; times are UTC."""
CORRECTED = "corrections"
"""The key, among an upload's options, of the cells put right in its preview."""
LOADED_STATES = ("accepted", "accepted_with_warnings", "partially_accepted")
"""States of uploads whose bytes need not be read again."""


def options_hash(options: Mapping[str, Any]) -> str:
    """Return a hash of what a person said along with a file, as far as it changes what is loaded.

    Cells put right in the preview are no part of it: the same bytes sent again are the same upload, corrections and
    all. Where they matter, :func:`loaded` is told to compare them.
    """
    said = {key: value for key, value in options.items() if value not in (None, "", False, {}, []) and key != CORRECTED}
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()


def profiles_hash(fingerprints: Iterable[str], profiles: Mapping[str, Mapping[str, str]]) -> str:
    """Return a hash of the confirmed mappings that bear on these header shapes."""
    used = {mark: dict(profiles[mark]) for mark in sorted(set(fingerprints)) if mark in profiles}
    return hashlib.sha256(json.dumps(used, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def loaded(
    con: duckdb.DuckDBPyConnection,
    options: Mapping[str, Any],
    profiles: Mapping[str, Mapping[str, str]],
    sha256: str | None = None,
    *,
    corrections: bool = False,
) -> dict[str, str]:
    """Return which bytes (by hash) are loaded with these options by an upload that is not revoked.

    Bytes on which a mapping confirmed since then bears are left out: they are worth reading again.

    Args:
        con: Where ``uploads`` is.
        options: What was said along with the file.
        profiles: The confirmed mappings.
        sha256: Only these bytes.
        corrections: Only where the same cells were put right in the same way.
    """
    found = {}
    wanted = _fixes(options)
    for digest, upload_id, prints, seen, said in con.execute(
        "SELECT sha256, upload_id, fingerprints, profiles_hash, options FROM uploads WHERE options_hash = ? "
        "AND revoked_at IS NULL AND list_contains(?, state) AND coalesce(sha256 = ?, TRUE) ORDER BY seq",
        [options_hash(options), list(LOADED_STATES), sha256],
    ).fetchall():
        if corrections and _fixes(json.loads(said)) != wanted:
            continue
        if profiles_hash(json.loads(prints), profiles) == seen:
            found[str(digest)] = str(upload_id)
    return found


def _fixes(options: Mapping[str, Any]) -> set[tuple[str, str, str]]:
    return {(one["sheet"], one["cell"], one["new"]) for one in options.get(CORRECTED) or ()}


def add_findings(report: FileReport, found: Sequence[Finding]) -> None:
    """Add findings that are not errors to a report; a warning is no longer plain ``accepted``."""
    report.findings.extend(found)
    if report.state == "accepted" and any(finding.severity == "warning" for finding in found):
        report.state = "accepted_with_warnings"


def hold_back(outcome: Outcome, finding: Finding) -> None:
    """Turn every record of ``outcome`` into a quarantined row, because of ``finding`` about the whole file.

    The counts still reconcile: what was loaded is now quarantined, nothing else moves.
    """
    report = outcome.report
    letters = {
        (sheet.sheet, sheet.ledger): {mapped.field: mapped.column for mapped in sheet.mapping if mapped.column}
        for sheet in report.sheets
    }
    for ledger, records in outcome.tables.items():
        for record in records.to_pylist():
            columns = letters.get((record["sheet"], ledger), {})
            cells = {letter: str(record[field]) for field, letter in columns.items() if record.get(field) is not None}
            outcome.quarantine.append(QuarantinedRow(record["sheet"], record["row"], ledger, cells))
    outcome.tables = {}
    for sheet in report.sheets:
        sheet.counts.quarantined += sheet.counts.loaded
        sheet.counts.loaded = 0
        sheet.changes = Changes()
    report.findings.append(finding)
    report.state = "rejected"


def needs_period(unit: str | None, period: str | None) -> Finding:
    """Return the finding of a replacement that does not say what it replaces."""
    lacks = "、".join(word for word, absent in (("填报单位", not unit), ("期间", span(period) is None)) if absent)
    return Finding(
        "REPLACE-NEEDS-PERIOD",
        "error",
        f"整期替换必须说明替换哪个单位、哪个期间的数据，现在缺少：{lacks}",
        "请加上 --unit 填报单位 和 --period 期间（如 2024-07），或在表头写明后重新上传",
    )


def ledger_of(report: FileReport, sheet: str | None, row: int | None) -> str | None:
    """Return the ledger of the table a finding points into, where that is certain."""
    mine = [entry for entry in report.sheets if entry.sheet == sheet]
    if row is not None and len(mine) > 1:
        mine = [
            entry
            for entry in mine
            if min([*entry.header_rows, entry.first_row or row]) <= row <= (entry.last_row or row)
        ]
    found = {entry.ledger for entry in mine}
    return found.pop() if len(found) == 1 else None


def store_details(con: duckdb.DuckDBPyConnection, outcome: Outcome, upload_id: str, seq: int) -> None:
    """Insert the findings and quarantined rows of an upload."""
    report = outcome.report
    if report.findings:
        found = report.findings
        places: dict[tuple[str | None, int | None], str | None] = {}
        for finding in found:
            at = (finding.sheet, finding.row)
            if at not in places:
                places[at] = ledger_of(report, *at)
        said: dict[str, Any] = {
            "upload_id": pa.repeat(pa.scalar(upload_id), len(found)),
            "seq": pa.repeat(pa.scalar(seq, pa.int64()), len(found)),
            "ordinal": range(len(found)),
            "ledger": [places[finding.sheet, finding.row] for finding in found],
        }
        columns = [
            pa.array(said.get(column.name, [getattr(one, column.name, None) for one in found]), column.type)
            for column in FINDINGS
        ]
        insert(con, "findings", pa.table(columns, schema=FINDINGS))
    if outcome.quarantine:
        insert(
            con,
            "quarantine",
            pa.Table.from_pylist(
                [
                    {
                        "upload_id": upload_id,
                        "seq": seq,
                        "ordinal": ordinal,
                        "ledger": held.ledger,
                        "sheet": held.sheet,
                        "row": held.row,
                        "cells": json.dumps(held.cells, ensure_ascii=False),
                    }
                    for ordinal, held in enumerate(outcome.quarantine)
                ],
                schema=QUARANTINE,
            ),
        )


def insert(con: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> None:
    """Append an Arrow table to a table of the same column names."""
    con.register("rows_in", rows)
    con.execute(f"INSERT INTO {table} BY NAME SELECT * FROM rows_in")
    con.unregister("rows_in")


def report_text(report: FileReport) -> str:
    """Return the report as JSON without its findings, which have a table of their own."""
    return json.dumps(report.to_json(findings=False), ensure_ascii=False)


def report_from(text: str, findings: Sequence[Finding]) -> FileReport:
    """Read back what :func:`report_text` wrote, with the findings kept beside it."""
    data = json.loads(text)
    sheets = [
        SheetReport(
            **{key: value for key, value in sheet.items() if key not in ("mapping", "unmapped", "counts", "changes")},
            mapping=[MappedColumn(**mapped) for mapped in sheet["mapping"]],
            unmapped=[
                UnmappedColumn(
                    column["column"], column["header"], tuple((name, score) for name, score in column["suggestions"])
                )
                for column in sheet["unmapped"]
            ],
            counts=Counts(**sheet["counts"]),
            changes=Changes(**sheet["changes"]),
        )
        for sheet in data["sheets"]
    ]
    return FileReport(data["file"], data["sha256"], data["state"], data["upload_id"], sheets, list(findings))
