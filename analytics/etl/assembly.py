"""From judged rows to records: identity, trace columns, notes as JSON, and the rows held back.

Must not know how anything was found or parsed; it only puts together what the steps before it say.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from analytics.etl.batch import Batch
from analytics.etl.duplicates import fold_text, record_ids
from analytics.etl.grid import Sheet, letters
from analytics.etl.report import QuarantinedRow
from analytics.etl.values.privacy import mask, mask_array
from analytics.etl.values.text import as_text, is_blank
from analytics.ledgers.model import REPORTING_UNIT, Ledger
from analytics.ledgers.schema import record_schema

_SEPARATOR = "\x1f"
_MANY = 20_000
"""Rows from which a thread of its own is worth its start."""


def key_fields(ledger: Ledger) -> list[str]:
    """Return the declared columns of a ledger's key, each once (the submitting office is no column)."""
    return list(dict.fromkeys(name.removesuffix(".year") for name in ledger.key if name != REPORTING_UNIT))


def _telling(ledger: Ledger) -> list[str]:
    """Return the columns that tell records apart where the key alone does not."""
    places = [column.name for column in ledger.columns if column.type == "county"]
    fields = key_fields(ledger)
    return [name for name in (*places, ledger.unit_field) if name is not None and name not in fields]


def identities(ledger: Ledger, table: pa.Table) -> pa.Array:
    """Return each row's record id: a hash of the ledger and its key.

    Where every optional part of the key is blank, what is left (a course's name and day) may be shared by
    records of different offices, and one would silently replace the other. Such a row is also told by its
    county and responsible unit, which stay the same when the office sends a correction.
    """
    ids = record_ids(ledger, table)
    optional = [name for name in key_fields(ledger) if not ledger.column(name).required]
    extra = _telling(ledger)
    if not optional or not extra:
        return ids
    alone = pa.repeat(pa.scalar(True), table.num_rows)
    for name in optional:
        alone = pc.and_(alone, pc.is_null(table.column(name)).combine_chunks())
    positions = pc.indices_nonzero(alone).to_pylist()
    if not positions:
        return ids
    texts = ids.to_pylist()
    told = [fold_text(table.column(name)).to_pylist() for name in extra]
    for position in positions:
        said = _SEPARATOR.join((texts[position], *(column[position] or "" for column in told)))
        texts[position] = hashlib.sha256(said.encode()).hexdigest()[:32]
    return pa.array(texts, pa.string())


def begin_identities(batch: Batch, unit: str | None) -> Callable[[], pa.Array]:
    """Begin to compute every row's record id; return what waits for them.

    Args:
        batch: The rows, as typed columns.
        unit: The submitting office.
    """
    size = len(batch.rows)
    known = {**batch.arrays, REPORTING_UNIT: pa.repeat(pa.scalar(unit, pa.string()), size)}
    schema = record_schema(batch.ledger)
    names = dict.fromkeys([REPORTING_UNIT, *key_fields(batch.ledger), *_telling(batch.ledger)])
    table = pa.table(
        {name: known[name] if name in known else pa.nulls(size, schema.field(name).type) for name in names}
    )
    if size < _MANY:
        return cache(lambda: identities(batch.ledger, table))
    # Hashing lets other threads run, and what comes before the ids are needed is shorter.
    half = -(-size // 2)
    pool = ThreadPoolExecutor(2)
    running = [pool.submit(identities, batch.ledger, table.slice(start, half)) for start in (0, half)]
    pool.shutdown(wait=False)
    return cache(lambda: pa.concat_arrays([part.result() for part in running]))


_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode
"""Made once: ``json.dumps`` with options makes an encoder for every row."""


def _json_column(size: int, said: Mapping[int, Any], places: Mapping[int, int]) -> pa.Array:
    """Return a column of JSON texts, null where nothing is said."""
    if not said:
        return pa.nulls(size, pa.string())
    texts: list[str | None] = [None] * size
    written: dict[tuple[Any, ...], str] = {}
    for position, value in said.items():
        place = places.get(position)
        if place is None or not value:
            continue
        if isinstance(value, list):
            # Lists of codes repeat over thousands of rows.
            key = tuple(value)
            text = written.get(key)
            if text is None:
                text = written[key] = json.dumps(value, ensure_ascii=False)
            texts[place] = text
        else:
            texts[place] = _encode(value)
    return pa.array(texts, pa.string())


def build_table(
    batch: Batch, kept: Sequence[int], *, file_name: str, unit: str | None, reported_on: dt.date | None
) -> pa.Table:
    """Return the records of the rows at ``kept`` positions, under the ledger's schema."""
    size = len(kept)
    whole = size == len(batch.rows)
    indices = None if whole else pa.array(kept, pa.int64())
    schema = record_schema(batch.ledger)
    arrays: dict[str, pa.Array] = {
        name: array if indices is None else array.take(indices) for name, array in batch.arrays.items()
    }
    noted = (batch.extra, batch.approx, batch.precision, batch.cells, batch.codes)
    places = {position: place for place, position in enumerate(kept)} if any(noted) else {}
    rows = pa.array(batch.rows, pa.int32())
    extra = _json_column(size, batch.extra, places)
    if extra.null_count < size:
        extra, _ = mask_array(extra)
    ids = batch.ids() if batch.ids is not None else begin_identities(batch, unit)()
    columns: dict[str, pa.Array] = {
        "record_id": ids if indices is None else ids.take(indices),
        "upload_id": pa.nulls(size, pa.string()),
        "file_name": pa.repeat(pa.scalar(file_name, pa.string()), size),
        "sheet": pa.repeat(pa.scalar(batch.sheet.name, pa.string()), size),
        "row": pc.add(rows if indices is None else rows.take(indices), pa.scalar(1, pa.int32())),
        "reporting_unit": pa.repeat(pa.scalar(unit, pa.string()), size),
        "reported_on": pa.repeat(pa.scalar(reported_on, pa.date32()), size),
        **arrays,
        "approx": _json_column(size, batch.approx, places),
        "precision": _json_column(size, batch.precision, places),
        "extra": extra,
        "cells": _json_column(size, batch.cells, places),
        "findings": _json_column(size, batch.codes, places),
    }
    # Most ledgers leave half their columns empty: one empty column of a type stands for all of them.
    empty = cache(lambda kind: pa.nulls(size, kind))
    return pa.table(
        [columns[field.name] if field.name in columns else empty(field.type) for field in schema], schema=schema
    )


def held_row(sheet: Sheet, ledger: str, row: int, left: int, right: int, dropped: frozenset[int]) -> QuarantinedRow:
    """Return a row that was not loaded, whole, personal numbers masked and personal columns left out."""
    cells = {}
    for column in range(left, right + 1):
        value = sheet.rows[row][column]
        if column in dropped or value is None or value == "":
            continue
        if not is_blank(value) or as_text(value).strip():
            cells[letters(column)] = mask(as_text(value))[0]
    return QuarantinedRow(sheet.name, row + 1, ledger, cells)
