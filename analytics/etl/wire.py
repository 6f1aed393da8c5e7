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
    offset = 0
    for name, table in outcome.tables.items():
        measure = pa.MockOutputStream()
        _stream(table, measure)
        places[name] = (offset, measure.size())
        offset += measure.size() + -measure.size() % _ALIGN
    envelope = _ENVELOPE.dump_json(
        _Envelope(outcome.report, outcome.quarantine, outcome.reporting_unit, outcome.period, places)
    )
    # Spaces after the JSON let the Arrow streams begin where aligned access is possible.
    envelope += b" " * (-(len(envelope) + _HEAD) % _ALIGN)
    begin = _HEAD + len(envelope)
    os.ftruncate(descriptor, begin + offset)
    # Not closed by hand: Arrow may still hold on to its pages, which are let go with the last of them.
    whole = mmap.mmap(descriptor, begin + offset)
    whole[:begin] = len(envelope).to_bytes(_HEAD, "little") + envelope
    pages = memoryview(whole)
    for name, (start, size) in places.items():
        with pa.FixedSizeBufferWriter(pa.py_buffer(pages[begin + start : begin + start + size])) as sink:
            _stream(outcome.tables[name], sink)


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
            table = stream.read_all()
        # IPC checks its frame only; wrong offsets inside a column would be read out of bounds later.
        table.validate(full=True)
        tables[name] = table
    return Outcome(envelope.report, tables, envelope.quarantine, envelope.reporting_unit, envelope.period)
