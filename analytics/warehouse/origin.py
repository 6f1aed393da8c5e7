"""Where a record came from, to the cell: its file, sheet, row, the upload that brought it, the cell of each value.

Read from a published version, so a limited version tells only what it lets be seen. Must not open the store.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from analytics.ledgers.model import Ledger
from analytics.warehouse.published import Version
from analytics.warehouse.tables import quoted

UPLOAD = (
    "upload_id", "sha256", "file_name", "reporting_unit", "period", "state", "created_at", "created_by", "rows_read",
    "rows_loaded", "rows_quarantined", "errors", "warnings",
)  # fmt: skip
"""What is told of the upload a record came from."""


def record(version: Version, ledger: Ledger, record_id: str) -> dict[str, Any] | None:
    """Return a current record by column, ``None`` where the version has none of this id."""
    return _one(version, f"SELECT * FROM {quoted(ledger.id)} WHERE record_id = ?", record_id)


def upload(version: Version, upload_id: str) -> dict[str, Any] | None:
    """Return what is told of an upload, ``None`` where the version has none of this id."""
    return _one(version, f"SELECT {', '.join(UPLOAD)} FROM uploads WHERE upload_id = ?", upload_id)


def cells(version: Version, ledger: Ledger, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return for each of some records the cell every value was read from, such as ``{"jobs_n": "D12"}``.

    Values that stand in no cell of their own (constants, defaults, what the sheet says as a whole) are left out.

    Args:
        version: Where the records are.
        ledger: Whose records.
        rows: Records with their ``upload_id``, ``sheet``, ``row`` and ``cells``.
    """
    wanted = list(rows)
    reports = _reports(version, {str(row["upload_id"]) for row in wanted})
    return [_cells(ledger, row, reports.get(str(row["upload_id"]), ())) for row in wanted]


def _reports(version: Version, upload_ids: set[str]) -> dict[str, list[dict[str, Any]]]:
    con = version.connect()
    try:
        found = con.execute(
            "SELECT upload_id, report FROM uploads WHERE list_contains(?, upload_id)", [sorted(upload_ids)]
        ).fetchall()
    finally:
        con.close()
    return {upload_id: json.loads(report)["sheets"] for upload_id, report in found}


def _cells(ledger: Ledger, row: Mapping[str, Any], sheets: Iterable[dict[str, Any]]) -> dict[str, str]:
    at = int(row["row"])
    found: dict[str, str] = {}
    for sheet in sheets:
        inside = (sheet["first_row"] or 0) <= at <= (sheet["last_row"] or at)
        if sheet["sheet"] == row["sheet"] and sheet["ledger"] == ledger.id and inside:
            found = {one["field"]: f"{one['column']}{at}" for one in sheet["mapping"] if one["field"] and one["column"]}
            break
    # Where a value stands elsewhere than in its column, its record says so itself.
    return found | dict(json.loads(row["cells"] or "{}"))


def _one(version: Version, query: str, value: str) -> dict[str, Any] | None:
    con = version.connect()
    try:
        relation = con.execute(query, [value])
        names = [column[0] for column in relation.description or []]
        row = relation.fetchone()
    finally:
        con.close()
    return None if row is None else dict(zip(names, row, strict=True))
