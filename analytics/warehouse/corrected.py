"""Cells put right in the preview, as the store keeps them: beside the upload they came with.

Must not know how a correction is laid over a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import duckdb
import pyarrow as pa

from analytics.etl.report import Outcome
from analytics.warehouse import uploads

CODE = "VAL-CORRECTED"
SCHEMA = pa.schema(
    [
        ("upload_id", pa.string()),
        ("seq", pa.int64()),
        ("ordinal", pa.int32()),
        ("ledger", pa.string()),
        ("sheet", pa.string()),
        ("row", pa.int32()),
        ("cell", pa.string()),
        ("field", pa.string()),
        ("old", pa.string()),
        ("new", pa.string()),
        ("corrected_by", pa.string()),
        ("corrected_at", pa.string()),
    ]
)
COLUMNS = {field.name: {"int64": "BIGINT", "int32": "INTEGER"}.get(str(field.type), "VARCHAR") for field in SCHEMA}


def keep(
    con: duckdb.DuckDBPyConnection, outcome: Outcome, said: Iterable[Mapping[str, Any]], upload_id: str, seq: int
) -> None:
    """Insert the corrections of an upload that a record was read from.

    Args:
        con: The open store, inside a transaction.
        outcome: What reading the corrected file gave; its findings say where each correction took effect.
        said: The corrections as the upload's options hold them.
        upload_id: The upload.
        seq: Its number.
    """
    made = {(one["sheet"], one["cell"]): one for one in said}
    rows: list[dict[str, Any]] = []
    for finding in outcome.report.findings:
        one = made.get((finding.sheet, finding.cell)) if finding.code == CODE else None
        if one is None:
            continue
        rows.append(
            {
                "upload_id": upload_id,
                "seq": seq,
                "ordinal": len(rows),
                "ledger": uploads.ledger_of(outcome.report, finding.sheet, finding.row),
                "sheet": finding.sheet,
                "row": finding.row,
                "cell": finding.cell,
                "field": finding.field,
                "old": one["old"],
                "new": one["new"],
                "corrected_by": one.get("by", ""),
                "corrected_at": one.get("at", ""),
            }
        )
    if rows:
        uploads.insert(con, "corrections", pa.Table.from_pylist(rows, schema=SCHEMA))


def of_rows(con: duckdb.DuckDBPyConnection, upload_id: str, sheet: str, row: int) -> list[dict[str, Any]]:
    """Return the corrections in one row of an upload (of the store or of a version)."""
    names = ["cell", "field", "old", "new", "corrected_by", "corrected_at"]
    found = con.execute(
        f'SELECT {", ".join(names)} FROM corrections WHERE upload_id = ? AND sheet = ? AND "row" = ? ORDER BY ordinal',
        [upload_id, sheet, row],
    ).fetchall()
    return [dict(zip(names, entry, strict=True)) for entry in found]
