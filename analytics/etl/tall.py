"""What a tall sheet holds below its first rows, found out a column at a time.

A hundred thousand rows are not looked at one by one to learn that none of them is sparse and none repeats a
heading: the distinct cells of each column tell. Knows cells, not what they mean.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from operator import itemgetter
from typing import Any

FROM = 120
"""The rows above (from 0) are looked at one by one anyway."""
_LONGEST = 60
"""No heading, total label or note that rows are known by is longer."""


class Tall:
    """The distinct short texts of each column from row ``FROM`` on, and whether a cell there is empty.

    ``texts`` by column (from 0); ``gaps`` are the columns with an empty cell.
    """

    def __init__(self, rows: list[list[Any]]) -> None:
        """Look through ``rows``, a whole sheet."""
        self._rows = rows
        self.texts: list[frozenset[str]] = []
        self.gaps: set[int] = set()
        below = rows[FROM:]
        for column in range(len(rows[0]) if below else 0):
            cells = set(map(itemgetter(column), below))
            if "" in cells or None in cells:
                self.gaps.add(column)
            self.texts.append(frozenset(short_texts(cells)))

    def filled(self, left: int, right: int) -> int:
        """Return how many cells, from column ``left`` to ``right``, every row has at least."""
        return sum(column not in self.gaps for column in range(left, right + 1))

    def rows_with(self, words: Collection[str]) -> Iterator[tuple[int, int]]:
        """Yield (row, column) of the cells that are one of ``words``, column by column."""
        for column, texts in enumerate(self.texts):
            wanted = texts.intersection(words)
            if wanted:
                for row in range(FROM, len(self._rows)):
                    if self._rows[row][column] in wanted:
                        yield row, column


def tall_of(rows: list[list[Any]]) -> Tall | None:
    """Look through a whole sheet, if it is tall enough to be worth it."""
    return Tall(rows) if len(rows) > FROM else None


def short_texts(cells: Collection[Any]) -> Iterator[str]:
    """Yield those of some cells that are texts of a heading's length."""
    return (cell for cell in cells if isinstance(cell, str) and 0 < len(cell) <= _LONGEST)
