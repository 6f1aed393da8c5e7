"""Sheets before they become a file: cells with their content, merges and what is hidden.

The layouts build these, the writers turn them into bytes. This module must not know ledgers or file formats.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Fault:
    """A cell whose formula failed, such as ``#REF!``."""

    text: str


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula together with the value the office program computed and stored beside it."""

    expression: str
    stored: int | float | str | None


Content = str | int | float | dt.date | Fault | Formula | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. ``style`` is a number format: ``percent``, ``date``, ``date_cn`` or none."""

    content: Content = None
    style: str | None = None


EMPTY = Cell()


@dataclass(frozen=True, slots=True)
class Span:
    """A merged rectangle, rows and columns from 0, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(slots=True)
class Grid:
    """One sheet: rows of cells from the very first row and column on."""

    name: str
    rows: list[list[Cell]] = field(default_factory=list)
    merged: list[Span] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    hidden: bool = False

    def cells(self) -> Iterator[tuple[int, int, Cell]]:
        """Yield every cell that holds something, as (row, column, cell), both from 0."""
        for row, cells in enumerate(self.rows):
            for column, cell in enumerate(cells):
                if cell.content is not None:
                    yield row, column, cell


def letter(column: int) -> str:
    """Return the letters of a column counted from 0 (0 → A, 26 → AA)."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def address(row: int, column: int) -> str:
    """Return the A1 form of a place whose row and column count from 0."""
    return f"{letter(column)}{row + 1}"


def shown(cell: Cell) -> str | None:
    """Return what a reader of plain text sees in ``cell``, or ``None`` where it is empty."""
    content = cell.content
    if isinstance(content, Formula):
        content = content.stored
    if content is None:
        return None
    if isinstance(content, Fault):
        return content.text
    if isinstance(content, dt.date):
        return content.isoformat()
    if cell.style == "percent" and isinstance(content, (int, float)):
        return f"{round(content * 100, 4):g}%"
    if isinstance(content, float):
        return f"{content:.10g}"
    return str(content)
