"""Where the tables of a sheet are: title lines, header rows, units row, columns, body, what stands aside.

Found by evidence (declared headings, text against numbers, merges), never by fixed rows. Must not know
how headings become fields, nor how values are parsed; what each body row is, is told by ``body``.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

from analytics.etl.between import heading_start
from analytics.etl.grid import Merge, Sheet
from analytics.etl.headers import (
    DAY_LEAVES,
    MONTH_LEAVES,
    TOTAL_LEAVES,
    YEAR_LEAVES,
    Vocabulary,
    heading,
    is_serial,
    is_unit,
    squeeze,
    unit_of,
)
from analytics.etl.metadata import counties_named, is_attachment, is_blank_cell, is_line, is_meta, read_lines, unit_line
from analytics.etl.shapes import fields_down_the_side, is_crosstab, is_number
from analytics.etl.spans import HeaderColumn, fields_named, independent, split_columns, unnumbered
from analytics.etl.tall import FROM, Tall, tall_of
from analytics.etl.wording import HELPER, is_title, total_label
from analytics.ledgers.model import Geography

_FULL_SCAN = FROM
"""Rows at the top of a sheet in which every cell is compared with the declared headings."""
_AFTER_GAP = 3
"""Rows below a blank row or a lone line, however far down, that are compared in full: another table may begin there."""
_TALLEST_HEADER = 6
_LONGEST_HEADING = 60
_DATE_LEAVES = YEAR_LEAVES | MONTH_LEAVES | DAY_LEAVES
_LEAVES = TOTAL_LEAVES | _DATE_LEAVES

_DIGIT = re.compile(r"\d")

Kind = Literal["tables", "empty", "matrix", "transposed", "unknown"]


@dataclass(slots=True)
class Table:
    """One table. Rows and columns from 0, all inclusive; ``last < bottom + 1`` means an empty body."""

    top: int
    bottom: int
    left: int
    right: int
    columns: list[HeaderColumn]
    above: tuple[int, int]
    """First and last row of the lines above the header that belong to this table (last < first: none)."""
    last: int = -1
    header_rows: dict[int, dict[int, str]] = field(default_factory=dict)
    """Header row -> column -> squeezed text, to know the header again when a page repeats it."""
    numbering: frozenset[int] = frozenset()
    forced_by_evidence: bool = True
    """False: no declared heading was met; this is only the likeliest header row."""

    def named(self) -> list[HeaderColumn]:
        """The columns that have a header."""
        return [column for column in self.columns if column.path]


@dataclass(slots=True)
class Layout:
    """What was found in one sheet. ``asides``: column spans beside a table that belong to no table."""

    kind: Kind
    tables: list[Table] = field(default_factory=list)
    asides: list[tuple[int, int]] = field(default_factory=list)


class _Reader:
    """Finds the tables of one sheet; holds what the steps below share."""

    def __init__(self, sheet: Sheet, vocabulary: Vocabulary, geography: Geography, tall: Tall | None) -> None:
        self.rows = sheet.rows
        self.tall = tall
        self.width = sheet.width
        self.vocabulary = vocabulary
        self.geography = geography
        self.merge_at: dict[tuple[int, int], Merge] = {}
        for merge in sheet.merged:
            if merge.last_row - merge.first_row <= 12 or merge.first_row < _FULL_SCAN:
                self.merge_at[merge.first_row, merge.first_column] = merge
        self.covering: dict[int, list[Merge]] = defaultdict(list)
        for merge in self.merge_at.values():
            if merge.last_row - merge.first_row < _TALLEST_HEADER + 2:
                for row in range(merge.first_row, merge.last_row + 1):
                    self.covering[row].append(merge)

    # -- evidence ------------------------------------------------------------------------------------------

    def filled(self, row: int) -> list[tuple[int, Any]]:
        """Return the (column, value) pairs of a row's visible cells."""
        return [(column, value) for column, value in enumerate(self.rows[row]) if not is_blank_cell(value)]

    def evidence(self, row: int) -> int:
        """Return how many different fields of one ledger the row's cells name; 0 for what is no header."""
        cells = self.filled(row)
        if len(cells) < 2:
            return 0
        by_ledger: dict[str, set[str]] = defaultdict(set)
        texts = 0
        for _, value in cells:
            if isinstance(value, str) and len(value) <= _LONGEST_HEADING:
                texts += 1
                for ledger, name in self.vocabulary.named_by(value):
                    by_ledger[ledger].add(name)
        if texts * 10 < len(cells) * 6:
            return 0
        best = max((len(names) for names in by_ledger.values()), default=0)
        return best if best >= 2 and best * 5 >= texts else 0

    def seeds(self) -> dict[int, int]:
        """Return the rows that look like header rows, with their evidence."""
        found = {}
        for row in range(min(_FULL_SCAN, len(self.rows))):
            score = self.evidence(row)
            if score:
                found[row] = score
        known = set(self.vocabulary.spelled)
        for row in found:
            known.update(value for _, value in self.filled(row) if isinstance(value, str))
        if self.tall is None:
            return found
        if self.tall.filled(0, self.width - 1) > 2:
            # No row is sparse; only one that has several known headings can be a header row.
            met: dict[int, set[Any]] = defaultdict(set)
            for row, column in self.tall.rows_with(known):
                met[row].add(self.rows[row][column])
            headings = {row: score for row in met if len(met[row]) > 1 and (score := self.evidence(row))}
            return found | dict(sorted(headings.items()))
        parted = 0
        for row in range(_FULL_SCAN, len(self.rows)):
            cells = self.rows[row]
            if self.width - cells.count("") - cells.count(None) <= 2:
                parted = _AFTER_GAP
            elif parted or (not known.isdisjoint(cells) and len(known.intersection(cells)) > 1):
                parted = max(0, parted - 1)
                score = self.evidence(row)
                if score:
                    found[row] = score
        return found

    # -- the header block ----------------------------------------------------------------------------------

    def numeric(self, row: int) -> bool:
        """Tell whether a row holds numbers or dates, as a header (numbering rows aside) never does."""
        return any(is_number(value) for value in self.rows[row])

    def numbering(self, row: int) -> bool:
        """Tell whether a row only numbers the columns: 1 2 3 4 …, (1) (2) (3) …, 甲 乙 1 2 …."""
        cells = self.filled(row)
        if len(cells) < 4:
            return False
        values: list[int] = []
        for _, value in cells:
            text = squeeze(value).strip("()") if isinstance(value, str) else value
            if isinstance(text, str) and text in "甲乙丙丁戊己庚辛壬癸ABCDEFGHIJKLMNOPQRSTUVWXYZ" and len(text) == 1:
                continue
            if (isinstance(text, str) and text.isdigit()) or (
                isinstance(text, (int, float)) and not isinstance(text, bool) and text == int(text)
            ):
                values.append(int(text))
            elif isinstance(text, str) and re.fullmatch(r"\d+=[\d+\-×*/]+", text):
                values.append(int(text.split("=")[0]))
            else:
                return False
        if len(values) < 2:
            return len(values) == 0
        # Where two tables stand side by side, the second begins to count again.
        counted = all(next_ == one + 1 or (next_ == 1 and one > 2) for one, next_ in pairwise(values))
        return counted and values[0] <= 3

    def block(self, seed: int) -> tuple[int, int, frozenset[int]]:
        """Return the first and last row of the header around ``seed``, and its numbering rows."""
        top = bottom = seed
        numbering: set[int] = set()
        for _ in range(_TALLEST_HEADER):
            before = (top, bottom)
            tall = Counter(
                merge.last_row
                for row in range(top, bottom + 1)
                for merge in self.covering.get(row, ())
                if merge.last_row > bottom and isinstance(self.rows[merge.first_row][merge.first_column], str)
            )
            if tall:
                reach = max(tall)
                while reach > bottom and (
                    reach - top >= _TALLEST_HEADER
                    or any(self.numeric(row) for row in range(bottom + 1, min(reach, len(self.rows) - 1) + 1))
                ):
                    reach -= 1
                bottom = max(bottom, min(reach, len(self.rows) - 1))
            if bottom + 1 < len(self.rows) and bottom - top + 1 < _TALLEST_HEADER and self.continues(top, bottom):
                bottom += 1
            if top > 0 and bottom - top + 1 < _TALLEST_HEADER and self.groups(top):
                top -= 1
            if (top, bottom) == before:
                break
        while bottom + 1 < len(self.rows) and bottom + 1 not in numbering and self.numbering(bottom + 1):
            bottom += 1
            numbering.add(bottom)
        return top, bottom, frozenset(numbering)

    def continues(self, top: int, bottom: int) -> bool:
        """Tell whether the row under ``bottom`` is one more header row (leaves of groups, or units)."""
        row = bottom + 1
        cells = self.filled(row)
        if not cells or self.numeric(row):
            return False
        if total_label(cells[0][1]) is not None and (len(cells) == 1 or cells[0][0] <= self.filled(top)[0][0]):
            return False  # an empty total row above the records, not the sum of a group
        texts = [value for _, value in cells if isinstance(value, str) and len(value) <= _LONGEST_HEADING]
        if len(texts) != len(cells) or any(is_meta(value) for value in texts):
            return False
        if sum(is_unit(value) for value in texts) * 2 > len(texts) and len(texts) >= 2:
            return True
        if sum(bool(HELPER.search(squeeze(value))) for value in texts) * 2 > len(texts):
            return False
        above = self.rows[bottom]
        spans = [merge for merge in self.covering.get(bottom, ()) if merge.last_column > merge.first_column]

        def under_group(column: int) -> bool:
            return any(merge.first_column <= column <= merge.last_column for merge in spans)

        strict = len(cells) >= 2 and all(under_group(column) for column, _ in cells)
        if strict and all(merge.last_column - merge.first_column < self.width * 0.7 for merge in spans):
            return True
        known = 0
        for column, value in cells:
            name = heading(value)
            known += bool(self.vocabulary.named_by(value)) or not _LEAVES.isdisjoint(name.forms) or name.among
            if under_group(column) or is_blank_cell(above[column]):
                continue
            right = column + 1
            # A group that was never merged has a blank to its right, and its own leaves below that: here or a row on.
            below = self.rows[row : row + 2]
            if not (
                right < self.width
                and is_blank_cell(above[right])
                and any(isinstance(cells[right], str) and not is_blank_cell(cells[right]) for cells in below)
            ):
                return False
        return known * 2 >= len(cells)

    def groups(self, top: int) -> bool:
        """Tell whether the row above ``top`` holds groups over its headings."""
        row = top - 1
        cells = self.filled(row)
        if not cells or self.numeric(row):
            return False
        if not all(isinstance(value, str) and len(value) <= _LONGEST_HEADING for _, value in cells):
            return False
        if any(is_line(value) or unit_line(value) is not None or is_attachment(value) for _, value in cells):
            return False
        if any(HELPER.search(squeeze(value)) for _, value in cells):
            return False
        below = [column for column, _ in self.filled(top)]
        if not below:
            return False
        leftmost = min(*below, cells[0][0]) if len(below) > 1 else below[0]
        if len(cells) == 1 and cells[0][0] <= leftmost:
            return False
        if cells[0][0] <= leftmost and is_title(str(cells[0][1])):
            return False
        merges = [
            merge
            for merge in self.covering.get(row, ())
            if merge.last_column > merge.first_column or merge.last_row > row
        ]
        if merges:
            return all(
                merge.last_column - merge.first_column + 1 < max(2, (max(below) - leftmost + 1)) for merge in merges
            )
        starts = [column for column, _ in cells]
        if not all(column in below for column in starts):
            return False
        # Without merges only a row with gaps that the row below fills can be groups.
        return (
            len(starts) < len(below)
            and sum(column not in starts for column in below) >= 1
            and (len(starts) > 1 or starts[0] > leftmost)
        )

    def opens(self, row: int, floor: int) -> bool:
        """Tell whether a small table of another kind opens at ``row``: below a blank row and a line of its own.

        A summary that someone put under the records (附：分工种统计) is told from records in this way.
        """
        if row - 1 < floor or len(self.filled(row - 1)) != 1 or not isinstance(self.filled(row - 1)[0][1], str):
            return False
        above = next((other for other in range(row - 2, floor - 1, -1) if self.filled(other)), floor)
        return above < row - 2 or any(total_label(value) is not None for _, value in self.filled(above))

    # -- columns -------------------------------------------------------------------------------------------

    def columns(self, top: int, bottom: int, numbering: frozenset[int]) -> list[HeaderColumn]:
        """Return one header path for each column of the sheet (empty where there is no header)."""
        grid: dict[tuple[int, int], str] = {}
        owner: dict[tuple[int, int], tuple[int, int]] = {}
        units: dict[int, str] = {}
        rows = [row for row in range(top, bottom + 1) if row not in numbering]
        for row in rows:
            cells = self.filled(row)
            texts = [value for _, value in cells]
            unit_row = (
                row > top
                and len(texts) >= 1
                and sum(isinstance(value, str) and is_unit(value) for value in texts) * 2 > len(texts)
                and not {squeeze(str(value)) for value in texts} <= _DATE_LEAVES
            )
            for column, value in cells:
                if is_meta(value):
                    continue
                if unit_row and isinstance(value, str) and is_unit(value):
                    units[column] = unit_of(value) or ""
                    continue
                grid[row, column] = (
                    value if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value)
                )
                owner[row, column] = (row, column)
        for merge in {id(merge): merge for row in rows for merge in self.covering.get(row, ())}.values():
            text = grid.get((merge.first_row, merge.first_column))
            if text is None:
                continue
            for row in range(max(merge.first_row, top), min(merge.last_row, bottom) + 1):
                for column in range(merge.first_column, min(merge.last_column, self.width - 1) + 1):
                    grid[row, column] = text
                    owner[row, column] = (merge.first_row, merge.first_column)
        for row in rows[:-1]:
            self._spread(grid, owner, row, rows)
        found = []
        for column in range(self.width):
            path: list[str] = []
            seen: set[tuple[int, int]] = set()
            for row in rows:
                if (row, column) in grid and owner[row, column] not in seen:
                    seen.add(owner[row, column])
                    text = grid[row, column]
                    if not path or squeeze(path[-1]) != squeeze(text):
                        path.append(text)
            found.append(HeaderColumn(column, tuple(path), units.get(column)))
        return unnumbered(found)

    def _spread(
        self, grid: dict[tuple[int, int], str], owner: dict[tuple[int, int], tuple[int, int]], row: int, rows: list[int]
    ) -> None:
        """Let a group that was never merged reach over the blank cells to its right."""
        lower = [other for other in rows if other > row]
        column = 0
        while column < self.width:
            here = (row, column)
            if owner.get(here) != here or here in self.merge_at or not any((other, column) in grid for other in lower):
                column += 1
                continue
            reach = column + 1
            while (
                reach < self.width
                and (row, reach) not in grid
                and any(owner.get((other, reach)) == (other, reach) or (other, reach) in grid for other in lower)
                and not any(
                    (above, reach) in grid and (above, column) in grid and owner[above, reach] != owner[above, column]
                    for above in rows
                    if above < row
                )
            ):
                grid[row, reach] = grid[here]
                owner[row, reach] = here
                reach += 1
            column = reach

    def blank_column(self, column: int, first: int, last: int) -> bool:
        """Tell whether a column is empty from ``first`` to ``last``."""
        return all(is_blank_cell(self.rows[row][column]) for row in range(first, last + 1))

    # -- tables --------------------------------------------------------------------------------------------

    def last_row(self) -> int:
        """Return the last row with any content, -1 for none."""
        for row in range(len(self.rows) - 1, -1, -1):
            if any(not is_blank_cell(value) for value in self.rows[row]):
                return row
        return -1

    def preamble(self, top: int, floor: int) -> int:
        """Return the first of the title and 填报 lines above ``top``, not above ``floor``."""
        if floor > 0:
            return heading_start(self.rows, top, floor, self.vocabulary)
        row = 0
        while row < top and not self.filled(row):
            row += 1
        return row


def find_tables(sheet: Sheet, vocabulary: Vocabulary, geography: Geography, tall: Tall | None = None) -> Layout:
    """Find the tables of a sheet.

    Args:
        sheet: The cells, merges included.
        vocabulary: The declared headings; evidence for header rows.
        geography: Place names; evidence for county × month sheets.
        tall: What the sheet holds far down, if that is known already.

    Returns:
        The tables from top to bottom and left to right, or why there is none.
    """
    reader = _Reader(sheet, vocabulary, geography, tall_of(sheet) if tall is None else tall)
    end = reader.last_row()
    if end < 0:
        return Layout("empty")
    seeds = reader.seeds()
    blocks = _blocks(reader, seeds)
    if not blocks:
        if is_crosstab(reader.rows, geography):
            return Layout("matrix")
        if fields_down_the_side(reader.rows, vocabulary) >= 4:
            return Layout("transposed")
        guess = _likeliest_header(reader, end)
        if guess is None:
            return Layout("unknown")
        return _assemble(reader, [guess], end, evidence=False)
    layout = _assemble(reader, blocks, end, evidence=True)
    across = max(
        (len(names) for table in layout.tables for names in fields_named(table.columns, vocabulary).values()), default=0
    )
    if across < 4 <= fields_down_the_side(reader.rows, vocabulary):
        return Layout("transposed")
    if is_crosstab(reader.rows, geography) and not any(
        independent(table.columns, vocabulary) for table in layout.tables
    ):
        layout.kind = "matrix"
    return layout


def _blocks(reader: _Reader, seeds: dict[int, int]) -> list[tuple[int, int, frozenset[int]]]:
    """Choose the header blocks among the rows that look like headers."""
    blocks: list[tuple[int, int, frozenset[int]]] = []
    strengths: list[int] = []
    for row in sorted(seeds):
        if blocks and row <= blocks[-1][1]:
            continue
        if blocks and _same_header(reader, blocks, row) and not _own_form(reader, blocks[-1], row):
            continue
        top, bottom, numbering = reader.block(row)
        columns = reader.columns(top, bottom, numbering)
        named = fields_named(columns, reader.vocabulary)
        strength = max((len(names) for names in named.values()), default=0)
        headed = sum(bool(column.path) for column in columns)
        if blocks:
            top = max(top, blocks[-1][1] + 1)
            close = top - blocks[-1][1] <= 8
            weak = strength < 3 or strength * 5 < headed * 2
            apart = strength >= 2 and strength * 5 >= headed * 2 and reader.opens(top, blocks[-1][1] + 1)
            if weak and not apart and not (close and strength > strengths[-1]):
                continue
            if close and strength >= strengths[-1] * 2 and not _has_records(reader, blocks[-1][1] + 1, top - 1):
                blocks.pop()
                strengths.pop()
        blocks.append((top, bottom, numbering))
        strengths.append(strength)
    return blocks


def _has_records(reader: _Reader, first: int, last: int) -> bool:
    """Tell whether a record stands between two rows: three filled cells with figures, be they stored as text."""
    for row in range(first, last + 1):
        cells = [value for _, value in reader.filled(row)]
        if len(cells) < 3:
            continue
        if reader.numeric(row):
            return True
        told = [squeeze(value) for value in cells if isinstance(value, str)]
        if sum(bool(_DIGIT.search(text)) and not HELPER.search(text) for text in told) >= 2:
            return True
    return False


def _same_header(reader: _Reader, blocks: list[tuple[int, int, frozenset[int]]], row: int) -> bool:
    """Tell whether a row says again what an earlier header said in the same columns."""
    here = {column: squeeze(str(value)) for column, value in reader.filled(row)}
    for top, bottom, _ in blocks[-3:]:
        for other in range(top, bottom + 1):
            there = {column: squeeze(str(value)) for column, value in reader.filled(other)}
            if there and sum(there.get(column) == text for column, text in here.items()) * 10 >= len(here) * 8:
                return (top, bottom) == blocks[-1][:2] and not _reordered(reader, blocks[-1], row)
    return False


def _reordered(reader: _Reader, block: tuple[int, int, frozenset[int]], row: int) -> bool:
    """Tell whether a header that looks like the one above says something else of a column: a field, a unit."""
    vocabulary = reader.vocabulary
    below = {column.index: column for column in reader.columns(*reader.block(row)) if column.path}
    for column in reader.columns(*block):
        other = below.get(column.index)
        if other is None:
            continue
        unit = other.unit or other.leaf.unit
        fields = [vocabulary.named_by(one.path[-1]) if one.path else frozenset() for one in (column, other)]
        if unit not in (None, column.unit, column.leaf.unit) or (fields[1] and fields[0].isdisjoint(fields[1])):
            return True
    return False


def _own_form(reader: _Reader, block: tuple[int, int, frozenset[int]], row: int) -> bool:
    """Tell whether a header that is said again opens another office's form, not another page of this one."""
    top, bottom, _ = block
    own = read_lines(reader.rows[reader.preamble(top, 0) : top])
    there = read_lines(reader.rows[reader.preamble(row, bottom + 1) : row])
    if there.money_unit not in (None, own.money_unit) or (there.count_units and there.count_units != own.count_units):
        return True
    if there.unit is not None:
        return there.unit != own.unit
    named = [places[0] for title in there.titles if len(places := counties_named(title, reader.geography)) == 1]
    mine = [places[0] for title in own.titles if len(places := counties_named(title, reader.geography)) == 1]
    if not named or there.titles == own.titles:
        return False
    return any(is_title(title) for title in there.titles) or (bool(mine) and set(named) != set(mine))


def _likeliest_header(reader: _Reader, end: int) -> tuple[int, int, frozenset[int]] | None:
    """Return the row that looks most like a header where no declared heading was met."""
    best: tuple[int, int] | None = None
    for row in range(min(40, end)):
        cells = reader.filled(row)
        texts = [value for _, value in cells if isinstance(value, str) and len(value) <= 30 and not is_meta(value)]
        if len(texts) < 2 or len(texts) != len(cells) or not reader.filled(row + 1):
            continue
        if best is None or len(texts) > best[0]:
            best = (len(texts), row)
    return reader.block(best[1]) if best else None


def _assemble(reader: _Reader, blocks: list[tuple[int, int, frozenset[int]]], end: int, *, evidence: bool) -> Layout:
    """Turn header blocks into tables: columns, splits, and how far each body reaches."""
    layout = Layout("tables")
    starts = [
        reader.preamble(top, 0 if place == 0 else blocks[place - 1][1] + 1) for place, (top, _, _) in enumerate(blocks)
    ]
    across: list[list[list[HeaderColumn]]] = []
    for place, (top, bottom, numbering) in enumerate(blocks):
        last = end if place + 1 == len(blocks) else starts[place + 1] - 1
        parts, asides = _side_by_side(reader, reader.columns(top, bottom, numbering), top, bottom, last)
        across.append(parts)
        layout.asides.extend(asides)
    for place, (top, bottom, numbering) in enumerate(blocks):
        header_rows = {
            row: {column: squeeze(str(value)) for column, value in reader.filled(row)} for row in range(top, bottom + 1)
        }
        for part in across[place]:
            # Tables side by side may begin in different rows: only what stands in the same columns bounds a table.
            above = next((one for one in range(place - 1, -1, -1) if _overlap(part, across[one])), None)
            below = next((one for one in range(place + 1, len(blocks)) if _overlap(part, across[one])), None)
            start = (
                starts[place]
                if above == place - 1
                else reader.preamble(top, 0 if above is None else blocks[above][1] + 1)
            )
            table_last = end if below is None else starts[below] - 1
            while table_last > bottom and all(
                is_blank_cell(value) for value in reader.rows[table_last][part[0].index : part[-1].index + 1]
            ):
                table_last -= 1
            layout.tables.append(
                Table(
                    top, bottom, part[0].index, part[-1].index, part, (start, top - 1), table_last,
                    header_rows, numbering, evidence,
                )
            )  # fmt: skip
    layout.asides = [span for span in layout.asides if not any(_covers(table, span) for table in layout.tables)]
    layout.asides.extend(_unread(reader, layout, blocks[0][0], end))
    if not layout.tables:
        layout.kind = "unknown"
    return layout


def _side_by_side(
    reader: _Reader, columns: list[HeaderColumn], top: int, bottom: int, last: int
) -> tuple[list[list[HeaderColumn]], list[tuple[int, int]]]:
    """Split one header's columns into the tables that stand beside each other, and what stands aside."""
    named = [column.index for column in columns if column.path]
    if not named:
        return [], []
    left, right = named[0], named[-1]
    while right + 1 < reader.width and not reader.blank_column(right + 1, bottom + 1, last):
        right += 1
    while left > 0 and not reader.blank_column(left - 1, bottom + 1, last):
        left -= 1
    span = columns[left : right + 1]
    gaps = {column.index for column in span if not column.path and reader.blank_column(column.index, top, last)}
    return split_columns(span, gaps, reader.vocabulary)


def _overlap(part: list[HeaderColumn], others: list[list[HeaderColumn]]) -> bool:
    return any(one[0].index <= part[-1].index and part[0].index <= one[-1].index for one in others)


def _unread(reader: _Reader, layout: Layout, top: int, end: int) -> list[tuple[int, int]]:
    """Return the spans of filled columns that no table and no aside has, from the first header down."""
    taken = [(table.left, table.right) for table in layout.tables] + layout.asides
    spans: list[tuple[int, int]] = []
    for column in range(reader.width):
        if any(first <= column <= last for first, last in taken) or reader.blank_column(column, top, end):
            continue
        if spans and spans[-1][1] == column - 1:
            spans[-1] = (spans[-1][0], column)
        else:
            spans.append((column, column))
    return spans


def _covers(table: Table, span: tuple[int, int]) -> bool:
    return table.left <= span[0] and span[1] <= table.right


def serial_columns(table: Table) -> set[int]:
    """Return the indexes of columns that only number the rows."""
    return {column.index for column in table.columns if column.path and is_serial(column.leaf)}
