"""What each row below a header is: data, total, repeated header, section heading, note, or blank.

Rows are judged by cheap tests over whole columns; only the few sparse or suspicious ones are looked at
cell by cell. Must not know fields or values: headings have not become fields here.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import Any, Literal

from analytics.etl.grid import ErrorCell, Sheet
from analytics.etl.headers import is_unit, squeeze
from analytics.etl.layout import Table, serial_columns
from analytics.etl.metadata import is_blank_cell, is_meta, read_lines, unit_line
from analytics.etl.tall import FROM, Tall, short_texts
from analytics.etl.wording import (
    DERIVED_WORDS,
    FILLER,
    HEADING_NUMBER,
    HELPER,
    OPENINGS,
    PAGE,
    PERIOD,
    SECTION,
    Level,
    is_derived,
    is_example,
    is_example_remark,
    is_footer,
    total_label,
)
from analytics.ledgers.model import Geography

_TOP = 4
"""Right below the header, so many rows may explain how to fill the columns."""

RowKind = Literal["data", "subtotal", "blank", "repeated_header", "note"]

_DATE_LIKE = re.compile(r"\d{4}\s*[年./-]|\d+\s*月|\d+\s*[./-]\s*\d+\s*[./-]\s*\d+")
_NUMBER_LIKE = re.compile(r"^[-+约共近]?[\d,.，]+\s*(?:[^\d\s]{0,3})$")


@dataclass(frozen=True, slots=True)
class TotalRow:
    """A 小计/合计 row: its sheet row (from 0), what it says, and how much it claims to cover."""

    row: int
    label: str
    level: Level


@dataclass(slots=True)
class Body:
    """The rows of one table. ``other`` tells every row that is not data; sections in order."""

    data: list[int]
    other: dict[int, RowKind]
    totals: list[TotalRow] = field(default_factory=list)
    sections: list[tuple[int, str]] = field(default_factory=list)
    notes: list[list[Any]] = field(default_factory=list)
    """Cells of note rows, for what they say about the sheet (填报单位 below the table)."""

    offices: list[tuple[int, str]] = field(default_factory=list)
    """Lines between the rows that name an office: 填报单位：… over the rows of another one."""
    examples: list[int] = field(default_factory=list)
    """Rows (from 0) that say of themselves to be worked examples; among the notes."""

    def count(self, kind: RowKind) -> int:
        """Return how many rows are of a kind other than data."""
        return sum(value == kind for value in self.other.values())


class _Judge:
    """Judges the rows of one table; holds what the tests share."""

    def __init__(self, sheet: Sheet, table: Table, geography: Geography) -> None:
        self.rows = sheet.rows
        self.table = table
        self.left, self.right = table.left, table.right
        self.width = table.right - table.left + 1
        self.serial = {column - table.left for column in serial_columns(table)}
        self.places = {squeeze(name) for county in geography.counties for name in (county.name, *county.aliases)} | {
            squeeze(name) for name in geography.whole_city.aliases if total_label(name) is None
        }
        self.titles = {
            squeeze(value)
            for row in range(table.above[0], table.above[1] + 1)
            for value in self.rows[row]
            if isinstance(value, str) and not is_blank_cell(value)
        }
        self.wide = {
            merge.first_row: merge
            for merge in sheet.merged
            if merge.first_row > table.bottom and merge.last_column > merge.first_column
            and merge.first_column <= table.right and merge.last_column >= table.left
        }  # fmt: skip
        self.body = Body([], {})
        self.noted = False

    def cells(self, row: int) -> list[Any]:
        """Return the table's own cells of a row."""
        return self.rows[row][self.left : self.right + 1]

    def repeated(self, row: int) -> bool:
        """Tell whether a row says the header again."""
        here = [
            (column, squeeze(str(value)))
            for column, value in enumerate(self.cells(row), self.left)
            if not is_blank_cell(value)
        ]
        if not here:
            return False
        for there in self.table.header_rows.values():
            same = sum(there.get(column) == text for column, text in here)
            if same * 10 >= len(here) * 8 and (same >= 2 or same == len(there)):
                return True
        return False

    def is_total(self, row: int) -> TotalRow | None:
        """Tell whether a row is a total: a label, numbers, and neither dates nor other texts."""
        label: tuple[str, Level] | None = None
        others = 0
        for place, value in enumerate(self.cells(row)):
            if is_blank_cell(value) or isinstance(value, (int, float, ErrorCell)):
                continue
            if isinstance(value, dt.date):
                return None
            if not isinstance(value, str):
                continue
            found = total_label(value)
            if found is not None and label is None:
                label = found
                continue
            text = squeeze(value)
            if _NUMBER_LIKE.match(text) or FILLER.match(text) or place in self.serial or text in "/\\无":
                continue
            if _DATE_LIKE.search(text):
                return None
            others += text not in self.places
        if label is None or others > 1:
            return None
        return TotalRow(row, *label)

    def heading_total(self, row: int) -> str | None:
        """Return the group a row both names and totals (一 | 渭滨区 | | 22 | 620), or ``None``."""
        cells = self.cells(row)
        if not any(
            isinstance(cells[place], str) and HEADING_NUMBER.match(squeeze(cells[place])) for place in self.serial
        ):
            return None
        texts = [
            squeeze(value)
            for place, value in enumerate(cells)
            if isinstance(value, str) and not is_blank_cell(value) and place not in self.serial
            and not _NUMBER_LIKE.match(squeeze(value))
        ]  # fmt: skip
        if any(isinstance(value, dt.date) for value in cells) or len(texts) != 1:
            return None
        return texts[0]

    def sparse(self, row: int) -> RowKind:
        """Judge a row with few filled cells."""
        filled = [(place, value) for place, value in enumerate(self.cells(row)) if not is_blank_cell(value)]
        if not filled:
            return "blank"
        body = self.body
        place, first = filled[0]
        if all(
            (index in self.serial and not isinstance(value, str)) or (index in self.serial and squeeze(value).isdigit())
            for index, value in filled
        ):
            return "blank"
        total = self.is_total(row)
        if total is not None:
            body.totals.append(total)
            return "subtotal"
        if isinstance(first, str):
            text = squeeze(first)
            if (
                is_footer(first)
                or is_meta(first)
                or unit_line(first) is not None
                or FILLER.match(text)
                or PAGE.match(text)
            ):
                self.noted = self.noted or is_footer(first)
                self.take_line(row, [value for _, value in filled])
                return "note"
            if text in self.titles:
                return "repeated_header"
            if is_example(first) or (len(filled) == 1 and HELPER.search(text)):
                if len(filled) > 1:
                    body.examples.append(row)
                body.notes.append([value for _, value in filled])
                return "note"
        if self.derived(row):
            return "note"
        if len(filled) == 1 and isinstance(first, str):
            text = squeeze(first)
            if self.noted or text.startswith("其中:") or (len(text) > 40 and (place == 0 or row in self.wide)):
                body.notes.append([first])
                return "note"
            heading = (
                row in self.wide
                or (place in self.serial and not text.isdigit())
                or text in self.places
                or bool(SECTION.match(text) or PERIOD.match(text))
            )
            if heading:
                body.sections.append((row, first))
                return "note"
        if (
            len(filled) == 2
            and place in self.serial
            and isinstance(first, str)
            and HEADING_NUMBER.match(squeeze(first))
        ):
            second = filled[1][1]
            if isinstance(second, str):
                body.sections.append((row, second))
                return "note"
        return "data"

    def derived(self, row: int) -> bool:
        """Tell whether a row only averages or compares the rows above: one label, and numbers."""
        cells = [value for value in self.cells(row) if not is_blank_cell(value)]
        texts = [value for value in cells if isinstance(value, str) and not _NUMBER_LIKE.match(squeeze(value))]
        return (
            len(cells) > 1
            and len(texts) == 1
            and is_derived(texts[0])
            and not any(isinstance(value, dt.date) for value in cells)
        )

    def dense_suspect(self, row: int) -> RowKind:
        """Judge a well-filled row that a column test found suspicious."""
        if self.repeated(row):
            return "repeated_header"
        total = self.is_total(row)
        if total is not None:
            self.body.totals.append(total)
            return "subtotal"
        if self.derived(row):
            return "note"
        group = self.heading_total(row)
        if group is not None:
            self.body.sections.append((row, group))
            self.body.totals.append(TotalRow(row, group, "group"))
            return "subtotal"
        filled = [value for value in self.cells(row) if not is_blank_cell(value)]
        first = next((value for value in filled if isinstance(value, str)), None)
        example = any(is_example_remark(value) for value in filled) or (first is not None and is_example(first))
        if example:
            self.body.examples.append(row)
        if example or (first is not None and (is_meta(first) or (is_footer(first) and not self._dated(filled)))):
            self.take_line(row, filled)
            return "note"
        return "data"

    def take_line(self, row: int, values: list[Any]) -> None:
        """Keep a note for what it says of the sheet, or of the rows below it."""
        self.body.notes.append(values)
        office = read_lines([values]).unit
        if office is not None:
            self.body.offices.append((row, office))

    @staticmethod
    def _dated(values: list[Any]) -> bool:
        return any(
            isinstance(value, dt.date) or (isinstance(value, str) and _DATE_LIKE.search(value)) for value in values[1:]
        )

    def helper(self, row: int) -> bool:
        """Tell whether a row right below the header only explains how to fill the columns."""
        texts = [squeeze(value) for value in self.cells(row) if isinstance(value, str) and not is_blank_cell(value)]
        filled = sum(not is_blank_cell(value) for value in self.cells(row))
        if not texts or len(texts) * 10 < filled * 8:
            return False
        said = sum(bool(HELPER.search(text)) or is_unit(text) or bool(FILLER.match(text)) for text in texts)
        return said * 2 > len(texts)


def read_body(sheet: Sheet, table: Table, geography: Geography, tall: Tall | None = None) -> Body:
    """Say what every row of a table's body is.

    Args:
        sheet: The cells.
        table: Where the table is.
        geography: Place names, for section rows that hold nothing else.
        tall: What the sheet holds far down, if that is known already.
    """
    judge = _Judge(sheet, table, geography)
    first, last = table.bottom + 1, table.last
    if last < first:
        return judge.body
    few = max(2, judge.width // 5)
    suspects = _suspects(judge, first, last, tall)
    # Where every row has more cells than a sparse one, none but the suspects need be looked at.
    dense = tall is not None and tall.filled(table.left, table.right) > few
    until = min(max(first + _TOP, FROM), last + 1) if dense else last + 1
    other = judge.body.other
    data = judge.body.data
    following = first
    for row in (*range(first, until), *sorted(row for row in suspects if row >= until)):
        if row > following:
            data.extend(range(following, row))
            judge.noted = False
        following = row + 1
        cells = judge.cells(row)
        count = judge.width - cells.count("") - cells.count(None)
        kind: RowKind
        if row in suspects and count > few:
            kind = judge.dense_suspect(row)
        elif count <= few:
            kind = judge.sparse(row)
            if kind == "data" and row in suspects and judge.repeated(row):
                kind = "repeated_header"
        elif row < first + _TOP and judge.helper(row):
            judge.body.notes.append([value for value in cells if not is_blank_cell(value)])
            kind = "note"
        else:
            data.append(row)
            judge.noted = False
            continue
        if kind == "data":
            data.append(row)
        else:
            other[row] = kind
    data.extend(range(following, last + 1))
    return judge.body


def _suspects(judge: _Judge, first: int, last: int, tall: Tall | None) -> set[int]:
    """Return the rows that some column's distinct values make suspicious."""
    header_texts = {
        value
        for row in judge.table.header_rows
        for value in judge.rows[row]
        if isinstance(value, str) and not is_blank_cell(value)
    }
    found: set[int] = set()
    above = judge.rows[first : last + 1 if tall is None else min(FROM, last + 1)]
    for place, column in enumerate(range(judge.left, judge.right + 1)):
        texts = short_texts({row[column] for row in above})
        if tall is not None:
            texts += tall.texts[column]
        watched = header_texts.intersection(texts)
        # What no text of the column has need not be looked for in each.
        letters = "\n".join(texts)
        if "计" in letters or "总" in letters:
            watched.update(
                value for value in texts if ("计" in value or "总" in value) and total_label(value) is not None
            )
        if "例" in letters or "示范" in letters:
            watched.update(value for value in texts if is_example_remark(value))
        if place <= 2:
            if any(word[0] in letters and word in letters for word in DERIVED_WORDS):
                watched.update(value for value in texts if is_derived(value))
            if any(sign in letters for sign in OPENINGS) and {value.lstrip()[:1] for value in texts} & OPENINGS:
                watched.update(
                    value
                    for value in texts
                    if value.lstrip()[:1] in OPENINGS and (is_footer(value) or is_example(value))
                )
            if ":" in letters or "：" in letters or "章" in letters:
                watched.update(
                    value for value in texts if (":" in value or "：" in value or "章" in value) and is_meta(value)
                )
        if place in judge.serial:
            watched.update(value for value in texts if HEADING_NUMBER.match(squeeze(value)))
        if watched:
            found.update(row for row in range(first, last + 1) if judge.rows[row][column] in watched)
    return found
