"""The current records of a ledger as a file: CSV, JSON, Parquet or a workbook, under their canonical names.

Text that a spreadsheet program would run as a formula is neutralised. Must not open the store.
"""

from __future__ import annotations

import csv
import datetime as dt
import decimal
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Literal

import pyarrow as pa

from analytics.ledgers.model import NUMERIC_TYPES, Column, Ledger
from analytics.ledgers.schema import TRACE
from analytics.warehouse.published import Version
from analytics.warehouse.tables import quoted

Kind = Literal["csv", "json", "parquet", "xlsx"]
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_BATCH = 5_000
_LAST = ("precision", "extra", "findings")


def records(version: Version, ledger: Ledger, days: tuple[dt.date, dt.date] | None = None) -> pa.Table:
    """Return the current records of ``ledger``, of one stretch of days where given.

    Values written as an estimate are null; ``<field>_low``, ``<field>_high`` and ``<field>_raw`` beside them say what
    was written, for the fields that have any in these records.
    """
    where = ""
    params: list[Any] = []
    if days is not None and ledger.date_field:
        where, params = f" WHERE {quoted(ledger.date_field)} BETWEEN ? AND ?", list(days)
    elif days is not None:
        where, params = f" WHERE {quoted(ledger.year_field or '')} BETWEEN ? AND ?", [day.year for day in days]
    order = quoted(ledger.date_field or ledger.year_field or "record_id")
    con = version.connect()
    try:
        found = con.sql(
            f'SELECT * FROM {quoted(ledger.id)}{where} ORDER BY {order}, file_name, sheet, "row"', params=params
        ).to_arrow_table()
    finally:
        con.close()
    return _spread(found, ledger)


def _spread(found: pa.Table, ledger: Ledger) -> pa.Table:
    """Put the estimates beside their fields, and the columns in the order people expect."""
    said: list[dict[str, Any]] = [json.loads(text) if text else {} for text in found.column("approx").to_pylist()]
    estimated = {field for row in said for field in row}
    columns: dict[str, Any] = {"record_id": found.column("record_id")}
    for column in ledger.columns:
        columns[column.name] = _said(found.column(column.name), column)
        if column.name not in estimated:
            continue
        kind = pa.int64() if column.type == "count" else pa.float64() if column.type in NUMERIC_TYPES else pa.string()
        for part, shape in (("low", kind), ("high", kind), ("raw", pa.string())):
            values = [row.get(column.name, {}).get(part) for row in said]
            columns[f"{column.name}_{part}"] = pa.array(values, shape)
    for field in TRACE:
        columns.setdefault(field.name, found.column(field.name))
    for name in _LAST:
        columns[name] = found.column(name)
    return pa.table(columns)


def _said(values: pa.ChunkedArray, column: Column) -> Any:
    """Return a column's values in the words people are shown."""
    if not column.shown:
        return values
    return pa.array([None if value is None else column.said(value) for value in values.to_pylist()], pa.string())


def write(table: pa.Table, kind: Kind, target: IO[bytes]) -> None:
    """Write records in one of the four forms."""
    {"csv": _csv, "json": _json, "parquet": _parquet, "xlsx": _xlsx}[kind](table, target)


def write_file(table: pa.Table, kind: Kind, path: Path) -> None:
    """Write records to a file that is whole or not there; an old one stays until then."""
    fresh = path.with_name(f".{path.name}.new")
    try:
        with fresh.open("wb") as stream:
            if kind == "csv":
                # Excel takes a CSV for GBK unless it starts with this mark.
                stream.write(b"\xef\xbb\xbf")
            write(table, kind, stream)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _rows(table: pa.Table) -> Iterator[list[Any]]:
    for batch in table.to_batches(max_chunksize=_BATCH):
        columns = [column.to_pylist() for column in batch.columns]
        yield from (list(row) for row in zip(*columns, strict=True))


def _plain(value: Any) -> Any:
    """Return a value as JSON can hold it: days in ISO form, exact numbers as numbers."""
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def neutral(value: Any) -> Any:
    """Return ``value`` so that a spreadsheet program shows it instead of running it."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_RISKY) else value


def _csv(table: pa.Table, target: IO[bytes]) -> None:
    text = io.TextIOWrapper(target, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(table.column_names)
    for row in _rows(table):
        writer.writerow(["" if value is None else neutral(_plain(value)) for value in row])
    text.detach()


def _json(table: pa.Table, target: IO[bytes]) -> None:
    names = table.column_names
    target.write(b"[")
    for number, row in enumerate(_rows(table)):
        record = {name: _plain(value) for name, value in zip(names, row, strict=True)}
        target.write((",\n" if number else "\n").encode() + json.dumps(record, ensure_ascii=False).encode())
    target.write(b"\n]\n")


def _parquet(table: pa.Table, target: IO[bytes]) -> None:
    import pyarrow.parquet as pq  # nobody who reads workbooks needs it

    pq.write_table(table, target, compression="snappy")


def _xlsx(table: pa.Table, target: IO[bytes]) -> None:
    import openpyxl  # where nobody writes a workbook its loading is a tenth of a second for nothing

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("记录")
    sheet.freeze_panes = "A2"
    sheet.append(table.column_names)
    for row in _rows(table):
        sheet.append([neutral(value) for value in row])
    book.save(target)
