"""A table's cells as they stand, column by column: which cells fill which field, and what merged cells cover.

Must not know how a value is parsed, nor what a field means beyond its declared type.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analytics.etl.batch import Batch
from analytics.etl.codes import issue
from analytics.etl.dateparts import compose_all
from analytics.etl.grid import ErrorCell, Merge, Sheet, a1
from analytics.etl.layout import Table
from analytics.etl.mapping import LedgerMapping
from analytics.etl.spans import HeaderColumn
from analytics.etl.values import shown
from analytics.etl.values.text import as_text, is_blank
from analytics.ledgers.model import NUMERIC_TYPES


class RawColumns:
    """The raw cells of one table's data rows; ``take`` puts those of every mapped field into the batch."""

    def __init__(self, sheet: Sheet, table: Table, mapping: LedgerMapping, batch: Batch) -> None:
        """Take the table; ``batch`` knows its data rows."""
        self.sheet, self.table, self.mapping, self.batch = sheet, table, mapping, batch
        self.ledger = mapping.ledger
        self.raws = batch.raws
        self.source = [sheet.rows[row] for row in batch.rows]
        self.position = {row: place for place, row in enumerate(batch.rows)}
        self.transposed: list[tuple[Any, ...]] | None = None

    def take(self) -> None:
        """Take the cells of every mapped field, those under a merged cell with what it shows for them."""
        self.take_columns()
        self.fill_down()
        self.take_months()

    def column_values(self, index: int) -> Sequence[Any]:
        """Return the data cells of a sheet column."""
        if self.transposed is None:
            self.transposed = list(zip(*self.source, strict=True))
        return self.transposed[index] if self.transposed else ()

    def take_columns(self) -> None:
        """Take the raw cells of every mapped field."""
        for name, assignment in self.mapping.assigned.items():
            self.batch.column_of[name] = assignment.columns[0].index
            if assignment.pieces:
                pieces = [self.merged_down(column.index) for column in assignment.columns]
                self.raws[name] = compose_all(assignment.pieces, pieces)
            elif len(assignment.columns) == 1:
                self.raws[name] = self.column_values(assignment.columns[0].index)
            else:
                self.raws[name] = self.joined(assignment.columns)

    def take_months(self) -> None:
        """Read 2024年7月 where a sheet made a first of July of it that it shows as 2024年7月."""
        for name, assignment in self.mapping.assigned.items():
            if self.ledger.column(name).type != "date" or len(assignment.columns) > 1:
                continue
            index = assignment.columns[0].index
            for row in self.sheet.months_shown(index, self.batch.rows):
                day = self.sheet.rows[row][index]
                values = self.raws[name] = list(self.raws[name])
                values[self.position[row]] = f"{day.year}年{day.month}月"

    def merged_down(self, index: int) -> list[Any]:
        """Return a column's data cells, those of a vertical merge all with what it shows."""
        values = list(self.column_values(index))
        for merge in self.sheet.merged:
            if merge.first_column == index and self.table.bottom < merge.first_row < merge.last_row:
                for row in self.position.keys() & range(merge.first_row, merge.last_row + 1):
                    values[self.position[row]] = self.sheet.rows[merge.first_row][index]
        return values

    def joined(self, columns: Sequence[HeaderColumn]) -> list[Any]:
        """Read a group of columns as one text: 建设：甲；施工：乙."""
        labels = ["".join(column.path[-1].split()) for column in columns]
        parts = [self.column_values(column.index) for column in columns]
        out: list[Any] = []
        for cells in zip(*parts, strict=True):
            said = [
                f"{label}：{as_text(value).strip()}"
                for label, value in zip(labels, cells, strict=True)
                if not is_blank(value)
            ]
            broken = next((value for value in cells if isinstance(value, ErrorCell)), None)
            out.append(broken if broken is not None else "；".join(said))
        return out

    def fill_down(self) -> None:
        """Give the rows of a vertically merged cell the value it shows for all of them."""
        by_column = {
            assignment.columns[0].index: name
            for name, assignment in self.mapping.assigned.items()
            if len(assignment.columns) == 1
        }
        for merge in self.sheet.merged:
            if merge.last_row <= self.table.bottom or merge.first_row > self.table.last:
                continue
            if merge.last_column > merge.first_column:
                self.number_across(merge, by_column)
            if merge.last_row == merge.first_row:
                continue
            name = by_column.get(merge.first_column)
            if name is None or merge.first_row <= self.table.bottom:
                continue
            value = self.sheet.rows[merge.first_row][merge.first_column]
            covered = [self.position[row] for row in range(merge.first_row, merge.last_row + 1) if row in self.position]
            if is_blank(value) or len(covered) < 2:
                if covered and not is_blank(value) and merge.first_row not in self.position:
                    self.fill(name, covered, value, a1(merge.first_row, merge.first_column))
                continue
            if self.ledger.column(name).type in NUMERIC_TYPES:
                self.shared_number(name, covered, merge.first_row, merge.first_column, value)
            else:
                anchor = self.position.get(merge.first_row)
                self.fill(
                    name, [one for one in covered if one != anchor], value, a1(merge.first_row, merge.first_column)
                )

    def fill(self, name: str, positions: Sequence[int], value: Any, cell: str) -> None:
        """Set a field's raw value in some rows and remember the cell it came from."""
        raws = self.raws[name]
        if not isinstance(raws, list):
            raws = self.raws[name] = list(raws)
        for position in positions:
            raws[position] = value
            self.batch.cells[position][name] = cell

    def shared_number(self, name: str, positions: Sequence[int], row: int, column: int, value: Any) -> None:
        """Hold back the rows that share one merged number: it cannot be told whose it is."""
        said = issue("VAL-MERGED-NUMBER", label=self.ledger.column(name).label, count=len(positions))
        for position in positions:
            self.batch.cells[position][name] = a1(row, column)
            self.batch.say(position, said, name, value)

    def number_across(self, merge: Merge, by_column: Mapping[int, str]) -> None:
        """Hold back the rows in which one number stands for several columns: it cannot be told for which."""
        names = [by_column[one] for one in range(merge.first_column, merge.last_column + 1) if one in by_column]
        names = [name for name in names if self.ledger.column(name).type in NUMERIC_TYPES]
        value = self.sheet.rows[merge.first_row][merge.first_column]
        if len(names) < 2 or is_blank(value):
            return
        labels = "”“".join(self.ledger.column(name).label for name in names)
        said = issue("VAL-MERGED-ACROSS", raw=shown(value), labels=labels, count=len(names))
        for row in self.position.keys() & range(merge.first_row, merge.last_row + 1):
            self.batch.say(self.position[row], said, names[0], value)
