"""Typed tables of any size, straight from the city's year: for benches that need records and no workbooks.

The tables have the very schema the warehouse stores. This module must not know workbooks.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analytics.demo.plan import plan_year
from analytics.ledgers.model import Ledger, ledgers
from analytics.ledgers.schema import NOTES, TRACE, arrow_type, record_schema

_YEAR = 2024


def records(scale: int = 1, seed: int = 20240715, *, year: int = _YEAR) -> dict[str, pa.Table]:
    """Return one table of records a ledger: the demo city's two years, ``scale`` times over.

    Targets stand once. Every copy keeps the figures and the county of its first; names differ, and days move
    within their month, so that keys stay apart. About 3,300 records at scale 1.

    Args:
        scale: How many copies.
        seed: Decides the year and where days move to.
        year: The later of the two years.

    Raises:
        ValueError: ``scale`` is less than 1.
    """
    if scale < 1:
        raise ValueError(f"倍数应是不小于 1 的整数：{scale}")
    rows: dict[str, list[dict[str, Any]]] = {}
    units: dict[str, list[str]] = {}
    for planned in (plan_year(year - 1, "before", seed=seed), plan_year(year, "current", seed=seed)):
        for (office, ledger), its_rows in planned.rows.items():
            rows.setdefault(ledger, []).extend(row.values for row in its_rows)
            units.setdefault(ledger, []).extend([office] * len(its_rows))
    rng = np.random.default_rng(seed)
    return {name: _table(ledgers()[name], its_rows, units[name], scale, rng, year) for name, its_rows in rows.items()}


def _table(
    ledger: Ledger, rows: list[dict[str, Any]], units: list[str], scale: int, rng: np.random.Generator, year: int
) -> pa.Table:
    """Make the columns of one copy once and repeat them."""
    if not ledger.date_field:
        scale = 1  # what was asked for a year does not grow by asking again
    count = len(rows) * scale
    copy = np.repeat(np.arange(scale), len(rows))
    take = pa.array(np.tile(np.arange(len(rows)), scale))
    declared: dict[str, pa.Array] = {}
    for column in ledger.columns:
        first = pa.array([row.get(column.name, column.default) for row in rows], arrow_type(column))
        declared[column.name] = first.take(take)
    if ledger.date_field:
        name = next(name for name in ledger.key if ledger.column(name.removesuffix(".year")).type == "text")
        declared[name] = _apart(declared[name], copy)
        _move_days(ledger, declared, copy, rng)
    digest = hashlib.blake2b(ledger.id.encode(), digest_size=6).hexdigest()
    serial = pc.cast(pa.array(np.arange(count)), pa.string())
    trace = {
        "record_id": pc.binary_join_element_wise(pa.scalar(digest), serial, "-"),
        "upload_id": pa.repeat(pa.scalar("demo", pa.string()), count),
        "file_name": pc.binary_join_element_wise(pa.array(units).take(take), pa.scalar(".xlsx"), ""),
        "sheet": pa.repeat(pa.scalar(ledger.name, pa.string()), count),
        "row": pa.array(np.arange(count) % 1_000_000 + 5, pa.int32()),
        "reporting_unit": pa.array(units).take(take),
        "reported_on": pa.repeat(pa.scalar(dt.date(year + 1, 1, 5), pa.date32()), count),
    }
    columns = [trace[field.name] for field in TRACE]
    columns += [declared[column.name] for column in ledger.columns]
    columns += [pa.nulls(count, field.type) for field in NOTES]
    return pa.Table.from_arrays(columns, schema=record_schema(ledger))


def _apart(names: pa.Array, copy: np.ndarray) -> pa.Array:
    """Add the copy's number to a name; the first copy keeps its own."""
    numbers = pc.cast(pa.array(copy), pa.string())
    numbered = pc.binary_join_element_wise(names, numbers, "·")
    return pc.if_else(pa.array(copy == 0), names, numbered)


def _move_days(ledger: Ledger, declared: dict[str, pa.Array], copy: np.ndarray, rng: np.random.Generator) -> None:
    """Move all days of a row back by the same few days, never out of the month of the day it counts in."""
    assert ledger.date_field is not None  # noqa: S101 - asked by the caller
    day = pc.day(declared[ledger.date_field]).to_numpy(zero_copy_only=False)
    back = (rng.random(len(copy)) * (day - 1)).astype(np.int32) * (copy > 0)
    for column in ledger.columns:
        if column.type == "date":
            days = pc.subtract(pc.cast(declared[column.name], pa.int32()), pa.array(back, pa.int32()))
            declared[column.name] = pc.cast(days, pa.date32())
