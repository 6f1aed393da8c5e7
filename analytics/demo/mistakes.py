"""Mistakes that offices make, planted one a row, each with the fate it must meet.

A mistake either spoils one cell of a row (the row must be held back, with that cell named), or leaves the row
readable but worth a remark. This module must not know where the row stands.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from analytics.demo.forms import Break, Header, form
from analytics.demo.grid import Cell, Fault
from analytics.demo.habits import Habit
from analytics.demo.truth import Plain
from analytics.ledgers.model import Column, Ledger

IDENTITY = "610399190001011230"
"""A made-up identity number with a true check digit: no place has this code, and nobody born then is alive."""

MOBILE = "19900000000"
"""A made-up mobile number."""


@dataclass(frozen=True, slots=True)
class Spoiled:
    """What stands in the spoiled cell instead, and the code its finding begins with."""

    cell: Cell
    family: str


def first_column(
    ledger: Ledger, header: Header, kinds: frozenset[str], rng: random.Random, *, required: bool = False
) -> Column | None:
    """Return one of the written columns of these kinds (required ones first), or ``None``."""
    written = [column for column in ledger.columns if column.name in header.fields and column.type in kinds]
    must = [column for column in written if column.required]
    if must:
        return rng.choice(must)
    return rng.choice(written) if written and not required else None


_COUNT = frozenset({"count"})
_DATE = frozenset({"date"})
_FAULTS = ("#REF!", "#DIV/0!", "#VALUE!", "#N/A")

_SPOILS: dict[Habit, tuple[frozenset[str], bool]] = {
    Habit.TWO_NUMBERS: (_COUNT, False),
    Habit.WORDS_FOR_COUNT: (_COUNT, False),
    Habit.NEGATIVE: (_COUNT, False),
    Habit.DECIMAL_COUNT: (_COUNT, False),
    Habit.IMPOSSIBLE_DATE: (_DATE, True),
    Habit.YEAR_OUT_OF_RANGE: (_DATE, True),
    Habit.NUMBER_FOR_DATE: (_DATE, True),
    Habit.FAULT_CELL: (frozenset({"count", "date"}), False),
    Habit.DITTO: (frozenset({"text", "date", "count"}), True),
    Habit.MISSING_REQUIRED: (frozenset({"text", "count", "date", "decimal"}), True),
    Habit.UNKNOWN_CHOICE: (frozenset({"choice"}), True),
    Habit.UNKNOWN_COUNTY: (frozenset({"county"}), False),
}
"""Mistakes of one cell: the kinds of column each may spoil, and whether only a required one will do."""


def spoils_one_cell(habit: Habit) -> bool:
    """Tell whether the mistake sits in one cell."""
    return habit in _SPOILS


def can_spoil(habit: Habit, columns: Iterable[Column]) -> bool:
    """Tell whether one of the columns is such as a one-cell mistake spoils."""
    kinds, required = _SPOILS[habit]
    return any(column.type in kinds and (column.required or not required) for column in columns)


def victim(habit: Habit, ledger: Ledger, header: Header, rng: random.Random) -> Column | None:
    """Return the column whose cell a one-cell mistake spoils, ``None`` where the sheet has none that fits."""
    kinds, required = _SPOILS[habit]
    column = first_column(ledger, header, kinds, rng, required=required)
    if column is not None and habit is Habit.MISSING_REQUIRED and column.default_from:
        return next((other for other in ledger.columns if other.required and not other.default_from), None)
    return column


def spoil(habit: Habit, year: int, rng: random.Random, *, text_only: bool) -> Spoiled:
    """Return what a one-cell mistake writes.

    Raises:
        KeyError: The habit is not a mistake of one cell.
    """
    text: dict[Habit, tuple[str, str]] = {
        Habit.TWO_NUMBERS: (rng.choice(("线上20/线下30", "20/30", "线上120，线下80")), "VAL-COUNT-TWO-NUMBERS"),
        Habit.WORDS_FOR_COUNT: (rng.choice(("较多", "若干", "许多")), "VAL-COUNT-WORDS"),
        Habit.IMPOSSIBLE_DATE: (rng.choice((f"{year}年2月30日", "2月30日", f"{year}-02-30")), "VAL-DATE-INVALID"),
        Habit.YEAR_OUT_OF_RANGE: (rng.choice(("1924-05-10", "1924年5月10日", f"{year + 80}-05-10")), "VAL-DATE-RANGE"),
        Habit.DITTO: (rng.choice(("同上", "〃")), "VAL-DITTO"),
        Habit.UNKNOWN_CHOICE: ("不属于上述各类", "VAL-CHOICE-UNKNOWN"),
        Habit.UNKNOWN_COUNTY: ("未央区", "VAL-COUNTY-UNKNOWN"),
    }
    if habit in text:
        words, family = text[habit]
        return Spoiled(Cell(words), family)
    if habit is Habit.NEGATIVE:
        return Spoiled(Cell(rng.choice((-12, "-12", "－12"))), "VAL-COUNT-NEGATIVE")
    if habit is Habit.DECIMAL_COUNT:
        return Spoiled(Cell(rng.choice((12.5, "12.5", "36.5"))), "VAL-COUNT-DECIMAL")
    if habit is Habit.NUMBER_FOR_DATE:
        return Spoiled(Cell(7.1), "VAL-DATE-NUMBER")
    if habit is Habit.FAULT_CELL:
        word = rng.choice(_FAULTS)
        return Spoiled(Cell(word if text_only else Fault(word)), "VAL-ERROR-CELL")
    if habit is Habit.MISSING_REQUIRED:
        return Spoiled(Cell(), "VAL-REQUIRED")
    raise KeyError(habit)


def broken(ledger: str, fields: frozenset[str], *, doubtful: bool) -> list[Break]:
    """Return the declared contradictions that the written columns can show."""
    known = form(ledger).doubts if doubtful else form(ledger).breaks
    return [item for item in known if {name for name, value in item.values.items() if value is not None} <= fields]


def apply_break(values: dict[str, Plain], item: Break, year: int) -> dict[str, Plain]:
    """Return ``values`` with the contradiction put in (days without a year get ``year``)."""
    return {**values, **{name: _typed(value, year) for name, value in item.values.items()}}


def _typed(value: Any, year: int) -> Plain:
    if isinstance(value, str) and len(value) == 5 and value[2] == "-":
        return dt.date(year, int(value[:2]), int(value[3:]))
    if value is None or isinstance(value, (str, int, bool)):
        return value
    raise TypeError(f"表单中的值不是文字、整数或日期：{value!r}")


def check_digit(body: str) -> str:
    """Return the check digit of the first seventeen digits of an identity number."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))
    return "10X98765432"[total % 11]
