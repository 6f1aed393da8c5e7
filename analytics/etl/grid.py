"""What a workbook is once it has been opened: sheets of native cell values at their true coordinates.

These are the words between the readers of each file format and the steps that look for tables. Nothing
here opens a file, and nothing here knows what a ledger is.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

from analytics.etl.report import Finding

Visibility = Literal["visible", "hidden", "very_hidden"]

Kind = Literal["xlsx", "xlsm", "xls", "xlsb", "ods", "csv", "html", "spreadsheetml"]
"""What the bytes of a file are, whatever its name says. ``xls`` covers WPS's .et, ``csv`` any delimited text."""


class UnreadableWorkbook(Exception):  # noqa: N818 - a verdict on the file, not a fault of the program
    """A file that cannot be read as a workbook: a stable code, a sentence, and what to do about it."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint

    def finding(self) -> Finding:
        """Return the same verdict as a finding about the whole file."""
        return Finding(self.code, "error", self.message, self.hint)


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a file may be. Sizes in bytes."""

    max_file_bytes: int = 200 << 20
    max_unpacked_bytes: int = 2 << 30
    max_cells: int = 40_000_000


class ErrorCell(str):
    """A cell that shows an error instead of a value: ``#REF!``, ``#DIV/0!``, or ``NO_VALUE``.

    It is a ``str``, so that a step which does not ask still treats it as text no parser accepts, and the
    text a person sees is what gets reported; ``isinstance(value, ErrorCell)`` tells it from typed text.
    """

    __slots__ = ()


NO_VALUE = ErrorCell("#公式未计算")
"""Stands where a formula was saved without its result (a file written by a program, never opened in Excel)."""


class Merge(NamedTuple):
    """A merged range, all four numbers from 0 and inclusive."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


_SHOWN = re.compile(r'"[^"]*"|\[[^]]*\]|\\.')


def shows_month(code: str | None) -> bool:
    """Tell whether a number format shows a date's month and not its day: what was typed is 2024年7月, not the first."""
    signs = set(_SHOWN.sub("", code or "").partition(";")[0].lower())
    return "m" in signs and signs.isdisjoint("dhs")


class Details(Protocol):
    """What only some formats know about a cell, looked up when asked for."""

    def number_format(self, row: int, column: int) -> str | None:
        """Return the cell's number format code, ``None`` for General or unknown."""

    def formula(self, row: int, column: int) -> str | None:
        """Return the cell's formula without ``=`` ("" if it has one that is not written out), or ``None``."""

    def has_month_format(self) -> bool:
        """Tell whether any cell may be formatted to show a month without its day; asked before each cell is."""


class SparseDetails:
    """Details of a format whose reader meets every cell anyway: only cells that have any are kept."""

    def __init__(self) -> None:
        self.formats: dict[tuple[int, int], str] = {}
        self.formulas: set[tuple[int, int]] = set()

    def number_format(self, row: int, column: int) -> str | None:
        """Return the cell's number format code, ``None`` for General or unknown."""
        return self.formats.get((row, column))

    def formula(self, row: int, column: int) -> str | None:
        """Return "" for a cell with a formula, else ``None``."""
        return "" if (row, column) in self.formulas else None

    def has_month_format(self) -> bool:
        """Tell whether a cell is formatted to show a month without its day."""
        return any(map(shows_month, set(self.formats.values())))


@dataclass(slots=True, eq=False)
class Sheet:
    """One sheet. ``rows[r][c]`` is the cell in row ``r + 1`` and column ``letters(c)``: rows begin at A1.

    All rows have the same length. An empty cell is ``""`` (cheaper to read than ``None``, which consumers
    should accept as well). Other values are ``str, float, int, bool, date, datetime, time, timedelta`` and
    ``ErrorCell``; a workbook's whole numbers come as floats, and delimited text stays text.
    """

    name: str
    index: int
    rows: list[list[Any]]
    visibility: Visibility = "visible"
    merged: list[Merge] = field(default_factory=list)
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    struck_rows: frozenset[int] = frozenset()
    """Rows in which a filled cell is struck through, where the format says so."""
    notes: Mapping[tuple[int, int], str] = field(default_factory=dict)
    """Comments on cells, by row and column from 0."""
    details: Details | None = None
    texts: Sequence[Collection[str]] | None = None
    """What ``tall.Gathered`` gathered while the sheet was read; whoever changes ``rows`` afterwards forgets it."""

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.rows[0]) if self.rows else 0

    def number_format(self, row: int, column: int) -> str | None:
        """Return the number format code of a cell (from 0), ``None`` if General or the file does not say."""
        return self.details.number_format(row, column) if self.details else None

    def months_shown(self, column: int, rows: Iterable[int]) -> list[int]:
        """Return those of some rows in which a column's cell is a first of a month that shows only the month."""
        details = self.details
        if details is None or not details.has_month_format():
            return []
        return [
            row
            for row in rows
            if isinstance(self.rows[row][column], dt.date)
            and self.rows[row][column].day == 1
            and shows_month(details.number_format(row, column))
        ]

    def formula(self, row: int, column: int) -> str | None:
        """Return the formula of a cell (from 0), ``""`` if it shares one written elsewhere, ``None`` if it has none."""
        return self.details.formula(row, column) if self.details else None

    def has_formula(self, row: int, column: int) -> bool:
        """Tell whether a cell (from 0) holds a formula; ``False`` where the format does not say."""
        return self.formula(row, column) is not None


@dataclass(slots=True, eq=False)
class Workbook:
    """An opened file: its worksheets in order, and what is to be said about the file as a whole."""

    kind: Kind
    sheets: list[Sheet]
    findings: list[Finding] = field(default_factory=list)
    date1904: bool = False


def letters(column: int) -> str:
    """Return the letters of a column counted from 0: 0 is "A", 26 is "AA"."""
    out = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        out = chr(65 + rest) + out
    return out


def column_index(name: str) -> int:
    """Return the number from 0 of a column given by its letters: "A" is 0, "AA" is 26."""
    number = 0
    for letter in name.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def a1(row: int, column: int) -> str:
    """Return the address of a cell given by row and column from 0: (11, 3) is "D12"."""
    return f"{letters(column)}{row + 1}"


def before_gap(numbers: list[int], gap: int) -> int:
    """Return the last of the ascending numbers before the first jump of more than ``gap``."""
    last = numbers[0] if numbers and numbers[0] <= gap else 0
    for number in numbers:
        if number - last > gap:
            break
        last = number
    return last
