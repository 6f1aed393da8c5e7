"""What a tall sheet holds below its first rows, found out a column at a time.

A hundred thousand rows are not looked at one by one to learn that none of them is sparse and none repeats a
heading: the distinct cells of each column tell. Knows cells, not what they mean.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from analytics.etl.grid import Sheet

FROM = 120
"""The rows above (from 0) are looked at one by one anyway."""
_LONGEST = 60
"""No heading, total label or note that rows are known by is longer."""
_SHARED = frozenset({str, float, dt.date})
"""Kinds of cells of which equal ones are made one."""


class Tall:
    """The distinct short texts of each column from row ``FROM`` on, and whether a cell there is empty.

    ``texts`` by column (from 0); ``gaps`` are the columns with an empty cell.
    """

    def __init__(self, rows: list[list[Any]], texts: Iterable[Collection[Any]] | None = None) -> None:
        """Look through ``rows``, a whole sheet; ``texts`` as ``Sheet.texts``, if they were gathered."""
        self._rows = rows
        self.texts: list[list[str]] = []
        self.gaps: set[int] = set()
        for column, cells in enumerate(map(set, zip(*rows[FROM:], strict=True)) if texts is None else texts):
            if "" in cells or None in cells:
                self.gaps.add(column)
            self.texts.append(short_texts(cells))

    def blanks(self, column: int, blank: Callable[[str], bool], longest: int) -> bool:
        """Tell whether a cell of ``column`` from row ``FROM`` on is empty or ``blank``; none over ``longest`` is."""
        return column in self.gaps or any(blank(text) for text in self.texts[column] if len(text) <= longest)

    def filled(self, left: int, right: int) -> int:
        """Return how many cells, from column ``left`` to ``right``, every row has at least."""
        return sum(column not in self.gaps for column in range(left, right + 1))

    def rows_with(self, words: Collection[str]) -> Iterator[tuple[int, int]]:
        """Yield (row, column) of the cells that are one of ``words``, column by column."""
        known = frozenset(words)
        for column, texts in enumerate(self.texts):
            wanted = known.intersection(texts)
            if wanted:
                for row in range(FROM, len(self._rows)):
                    if self._rows[row][column] in wanted:
                        yield row, column


def tall_of(sheet: Sheet) -> Tall | None:
    """Look through a whole sheet, if it is tall enough to be worth it."""
    return Tall(sheet.rows, sheet.texts) if len(sheet.rows) > FROM else None


class Gathered:
    """The distinct texts of each column, gathered while a sheet comes in, some rows at a time.

    Cells that say the same become the same object: a county named in each of many rows is kept once, and the steps
    after this one need not read every copy anew.
    """

    def __init__(self) -> None:
        """Begin with no column."""
        self.texts: list[dict[str, str]] = []
        """By column; an empty cell is the text "" ."""
        self._others: list[dict[Any, Any]] = []

    def add(self, cells: list[list[Any]], left: int) -> list[list[Any]]:
        """Take in rows of one length whose first cell stands in column ``left``; return them, equal cells shared."""
        columns = list(zip(*cells, strict=True))
        self.widen(left + len(columns))
        shared = False
        for place, column in enumerate(columns):
            distinct = set(column)
            kinds = set(map(type, column))
            texts = self.texts[left + place]
            # One kind alone: 1.0 and True are equal, too; and so are 0.0 and -0.0.
            if len(kinds) == 1 and kinds <= _SHARED and len(distinct) * 4 <= len(column) and 0.0 not in distinct:
                known = texts if str in kinds else self._others[left + place]
                columns[place] = tuple(map(known.setdefault, column, column))
                shared = True
            elif kinds & {str, type(None)}:
                texts.update((cell or "", cell or "") for cell in distinct if cell is None or isinstance(cell, str))
        return list(map(list, zip(*columns, strict=True))) if shared else cells

    def widen(self, width: int) -> None:
        """Know of ``width`` columns at least."""
        for _ in range(width - len(self.texts)):
            self.texts.append({})
            self._others.append({})

    def blank(self, columns: Iterable[int]) -> None:
        """Know that some columns have an empty cell."""
        for column in columns:
            self.texts[column].setdefault("", "")


def short_texts(cells: Collection[Any]) -> list[str]:
    """Return those of some cells that are texts of a heading's length."""
    return [cell for cell in cells if isinstance(cell, str) and 0 < len(cell) <= _LONGEST]
