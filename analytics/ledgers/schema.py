"""The Arrow schema of a ledger's records, made from its declaration; ETL, warehouse and readers share it.

This module must not know how values are parsed or where tables are stored.
"""

from __future__ import annotations

import pyarrow as pa

from analytics.ledgers.model import Column, Ledger

_ARROW: dict[str, pa.DataType] = {
    "text": pa.string(),
    "choice": pa.string(),
    "county": pa.string(),
    "count": pa.int64(),
    "decimal": pa.decimal128(18, 4),
    "money": pa.decimal128(18, 2),
    "percent": pa.decimal128(9, 4),
    "date": pa.date32(),
    "year": pa.int32(),
    "boolean": pa.bool_(),
}

TRACE = (
    pa.field("record_id", pa.string()),
    pa.field("upload_id", pa.string()),
    pa.field("file_name", pa.string()),
    pa.field("sheet", pa.string()),
    pa.field("row", pa.int32()),
    pa.field("reporting_unit", pa.string()),
    pa.field("reported_on", pa.date32()),
)
"""Where a record came from; ``row`` as the spreadsheet shows it, from 1. ``record_id`` is a hash of the
ledger and its key, so all versions of one record share it."""

NOTES = (
    pa.field("approx", pa.string()),
    pa.field("precision", pa.string()),
    pa.field("extra", pa.string()),
    pa.field("cells", pa.string()),
    pa.field("findings", pa.string()),
)
"""JSON texts, null when there is nothing to say. approx: ``{field: {low, high, raw}}`` for values written as
an estimate (the value itself is null). precision: ``{field: dekad|month|quarter|half|year}`` for dates not
known to the day. extra: ``{header: raw}`` of unmapped columns. cells: ``{field: "D12"}`` only where the cell is
not in the field's mapped column of this row. findings: list of codes."""


def arrow_type(column: Column) -> pa.DataType:
    """Return the Arrow type that holds ``column``'s values."""
    return _ARROW[column.type]


def record_schema(ledger: Ledger) -> pa.Schema:
    """Return the schema of ``ledger``'s records: trace fields, declared columns, notes, in this order."""
    declared = [pa.field(column.name, arrow_type(column)) for column in ledger.columns]
    return pa.schema([*TRACE, *declared, *NOTES])
