"""How an outcome crosses from the process that read a file to the one that asked for it.

JSON for what is said, Arrow IPC for the records, and nothing that could run: a reader taken over by a hostile
file can at worst send something that does not decode. Never pickle here.
"""

from __future__ import annotations

import mmap
import os
from dataclasses import dataclass

import pyarrow as pa
from pydantic import TypeAdapter

from analytics.etl.grid import Limits
from analytics.etl.report import FileReport, IngestOptions, Outcome, QuarantinedRow

_ALIGN = 64
_HEAD = 8
_SCHEMA = b"schema"
_MOST = 1 << 30
"""Bytes that the columns which cross by name only may come to."""
_WIDEST = 16
"""Bytes that one empty cell takes at most."""


@dataclass(slots=True)
class Request:
    """What a reader is asked to do with the file it is handed."""

    options: IngestOptions
    limits: Limits
    memory: int
    """Most resident memory of the reading process, in bytes."""
    seconds: float


@dataclass(slots=True)
class _Envelope:
    report: FileReport
    quarantine: list[QuarantinedRow]
    reporting_unit: str | None
    period: str | None
    tables: dict[str, tuple[int, int]]
    """Where each table's Arrow stream stands: offset from the end of this envelope, size."""


REQUEST = TypeAdapter(Request)
_ENVELOPE = TypeAdapter(_Envelope)


def write(outcome: Outcome, descriptor: int) -> None:
    """Write a message into an empty memory file, the tables straight into its pages."""
    places: dict[str, tuple[int, int]] = {}
    end = 0
    tables = {name: _light(table) for name, table in outcome.tables.items()}
    for name, table in tables.items():
        measure = pa.MockOutputStream()
        _stream(table, measure)
        places[name] = (end + -end % _ALIGN, measure.size())
        end = sum(places[name])
    envelope = _ENVELOPE.dump_json(
        _Envelope(outcome.report, outcome.quarantine, outcome.reporting_unit, outcome.period, places)
    )
    # Spaces after the JSON let the Arrow streams begin where aligned access is possible.
    envelope += b" " * (-(len(envelope) + _HEAD) % _ALIGN)
    begin = _HEAD + len(envelope)
    os.ftruncate(descriptor, begin + end)
    # Not closed by hand: Arrow may still hold on to its pages, which are let go with the last of them.
    whole = mmap.mmap(descriptor, begin + end)
    whole[:begin] = len(envelope).to_bytes(_HEAD, "little") + envelope
    pages = memoryview(whole)
    for name, (start, size) in places.items():
        with pa.FixedSizeBufferWriter(pa.py_buffer(pages[begin + start : begin + start + size])) as sink:
            _stream(tables[name], sink)


def _light(table: pa.Table) -> pa.Table:
    """Return a table whose empty columns weigh nothing; its schema is told beside it."""
    empty = [column.null_count == table.num_rows and _cheap({column.type}, table.num_rows) for column in table.columns]
    columns = [pa.nulls(table.num_rows) if bare else column for bare, column in zip(empty, table.columns, strict=True)]
    told = {_SCHEMA: table.schema.serialize().to_pybytes()}
    return pa.table(columns, table.column_names).replace_schema_metadata(told)


def _whole(light: pa.Table) -> pa.Table:
    """Return the table that was made light."""
    schema = pa.ipc.read_schema(pa.py_buffer((light.schema.metadata or {}).get(_SCHEMA, b"")))
    if schema.names != light.column_names:
        raise ValueError("table has other columns than it says")
    pairs = list(zip(schema, light.columns, strict=True))
    kinds = {field.type for field, column in pairs if pa.types.is_null(column.type) and field.type != column.type}
    if kinds and not _cheap(kinds, light.num_rows):
        raise ValueError("table would outgrow its message")
    empty = {kind: pa.nulls(light.num_rows, kind) for kind in kinds}
    columns = [empty.get(field.type, column) if pa.types.is_null(column.type) else column for field, column in pairs]
    return pa.table(columns, schema=schema)


def _cheap(kinds: set[pa.DataType], rows: int) -> bool:
    """Tell whether one empty column of each kind is of a size that a made-up number of rows cannot blow up."""
    plain = all(
        pa.types.is_primitive(kind) or pa.types.is_string(kind) or pa.types.is_decimal128(kind) for kind in kinds
    )
    return plain and len(kinds) * rows * _WIDEST <= _MOST


def _stream(table: pa.Table, sink: pa.NativeFile) -> None:
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)


def decode(message: bytes | mmap.mmap) -> Outcome:
    """Return the outcome in a message, every part of it checked.

    Raises:
        ValueError: It is not a message; pydantic's and Arrow's errors are of this kind.
    """
    size = int.from_bytes(message[:_HEAD], "little")
    if len(message) < _HEAD or size > len(message) - _HEAD:
        raise ValueError("message is cut short")
    envelope = _ENVELOPE.validate_json(message[_HEAD : _HEAD + size])
    body = pa.py_buffer(message).slice(_HEAD + size)
    tables: dict[str, pa.Table] = {}
    for name, (offset, length) in envelope.tables.items():
        if offset < 0 or length < 0 or offset + length > body.size:
            raise ValueError("table lies outside the message")
        with pa.ipc.open_stream(body.slice(offset, length)) as stream:
            light = stream.read_all()
        # IPC checks its frame only; wrong offsets inside a column would be read out of bounds later.
        light.validate(full=True)
        tables[name] = _whole(light)
    return Outcome(envelope.report, tables, envelope.quarantine, envelope.reporting_unit, envelope.period)
