"""Total rows on which nobody wrote 合计: no name, no day, only numbers, and each is the sum of those above.

Where the numbers do not add up the row stays among the records, is held back for what it lacks, and the reader
is told why. Must not know how a labelled total is found or checked.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from analytics.etl.body import Body, TotalRow
from analytics.etl.codes import Issue, issue
from analytics.etl.grid import Sheet
from analytics.etl.headers import is_serial, squeeze
from analytics.etl.layout import Table
from analytics.etl.mapping import LedgerMapping
from analytics.etl.tall import FROM, Tall
from analytics.etl.values import Context, parse
from analytics.etl.values.places import county
from analytics.etl.values.text import as_text, is_blank
from analytics.ledgers.model import NUMERIC_TYPES, Column, geography

_SUMMED = frozenset({"count", "money"})
_MOST = 1_000_000
"""Candidates times records beyond which adding up would take too long; the rows are held back for what they lack."""
_LONGEST_BLANK = 4
"""No word for blank is longer."""


@dataclass(frozen=True, slots=True)
class Unadded:
    """A row that looks like a total and does not add up: its sheet row, the cell's column, field, and what to say."""

    row: int
    column: int
    field: str
    said: Issue


def settle_nameless(
    sheet: Sheet, table: Table, body: Body, mapping: LedgerMapping, context: Context, tall: Tall | None = None
) -> list[Unadded]:
    """Move rows that are unlabelled totals from a body's data to its totals.

    Args:
        sheet: The cells.
        table: Where the table is.
        body: What its rows are; changed in place.
        mapping: Which column fills which field.
        context: In which its numbers are read.
        tall: What the sheet holds far down, if that is known already.

    Returns:
        The rows that look like totals and do not add up; they stay data.
    """
    names = [
        assignment.columns
        for name, assignment in mapping.assigned.items()
        if mapping.ledger.column(name).type not in {*NUMERIC_TYPES, "county"}
        and not is_serial(assignment.columns[0].leaf)
    ]
    summed = [
        (assignment.columns[0].index, mapping.ledger.column(name))
        for name, assignment in mapping.assigned.items()
        if mapping.ledger.column(name).type in _SUMMED
    ]
    if len(names) < 2 or len(summed) < 1 or len(body.data) < 3:
        return []
    indexes = [column.index for columns in names for column in columns]
    candidates = body.data
    for index in indexes:
        if tall is not None and not tall.blanks(index, _empty, _LONGEST_BLANK):
            candidates = candidates[: bisect_left(candidates, FROM)]
        cells = [sheet.rows[row][index] for row in candidates]
        blanks = set(filter(_empty, set(cells)))
        candidates = [row for row, cell in zip(candidates, cells, strict=True) if cell in blanks] if blanks else []
        if not candidates:
            return []
    merged = _under_a_merge(sheet, table, indexes)
    candidates = [row for row in candidates if row not in merged and _only_numbers(sheet, row, summed)]
    if not candidates or len(candidates) * len(body.data) > _MOST or len(candidates) * 2 > len(body.data):
        return []
    return _Sums(sheet, body, mapping, summed, context, set(candidates)).settle()


def _empty(value: Any) -> bool:
    """Tell cheaply whether a cell is blank."""
    return value is None or value == "" or (isinstance(value, str) and len(value) <= _LONGEST_BLANK and is_blank(value))


def _under_a_merge(sheet: Sheet, table: Table, indexes: Sequence[int]) -> set[int]:
    """Return the rows whose name stands in a merged cell that begins above them."""
    wanted = set(indexes)
    return {
        row
        for merge in sheet.merged
        if merge.first_column in wanted and merge.last_row > merge.first_row > table.bottom
        for row in range(merge.first_row + 1, merge.last_row + 1)
    }


def _only_numbers(sheet: Sheet, row: int, summed: Sequence[tuple[int, Column]]) -> bool:
    filled = [sheet.rows[row][index] for index, _ in summed if not is_blank(sheet.rows[row][index])]
    return len(filled) >= min(2, len(summed)) and any(as_text(value) not in ("0", "0.0") for value in filled)


class _Sums:
    """The numbers of one table, for adding up what stands above a row."""

    def __init__(
        self,
        sheet: Sheet,
        body: Body,
        mapping: LedgerMapping,
        summed: Sequence[tuple[int, Column]],
        context: Context,
        candidates: set[int],
    ) -> None:
        self.sheet, self.body, self.summed, self.context = sheet, body, summed, context
        self.records = [row for row in body.data if row not in candidates]
        self.candidates = sorted(candidates)
        self.known: dict[tuple[int, int], Decimal | None] = {}
        places = [name for name in mapping.assigned if mapping.ledger.column(name).type == "county"]
        self.place = mapping.assigned[places[0]].columns[0].index if places else None

    def number(self, row: int, index: int, declared: Column) -> Decimal | None:
        """Return what a cell adds to its column: nothing if blank, ``None`` if it cannot be read or is an estimate."""
        if (row, index) not in self.known:
            raw = self.sheet.rows[row][index]
            answer = parse(declared, raw, self.context)
            unread = answer.failed or answer.approximate or answer.value is None
            self.known[row, index] = Decimal(0) if is_blank(raw) else None if unread else Decimal(answer.value)
        return self.known[row, index]

    def settle(self) -> list[Unadded]:
        """Judge every candidate from the top down."""
        doubtful: list[Unadded] = []
        totals = [total.row for total in self.body.totals]
        for row in self.candidates:
            spans = self.spans(row, totals)
            misses = [self.misses(row, span) for span in spans]
            if any(miss is not None and not miss for miss in misses):
                self.body.data.remove(row)
                self.body.other[row] = "subtotal"
                self.body.totals.append(TotalRow(row, "未写“合计”的合计行", "group"))
                totals.append(row)
                continue
            first = next((miss for miss in misses if miss), None)
            if first is not None and self.outgrows(row):
                index, declared, value, total = first[0]
                said = issue(
                    "ROW-TOTAL-UNNAMED", label=declared.label, value=_plain(value), sum=_plain(total),
                    difference=_plain(value - total),
                )  # fmt: skip
                doubtful.append(Unadded(row, index, declared.name, said))
        return doubtful

    def spans(self, row: int, totals: Sequence[int]) -> list[list[int]]:
        """Return the sets of rows that a total at ``row`` may mean, the likeliest first."""
        above = [one for one in self.records if one < row]
        last = max((one for one in totals if one < row), default=-1)
        found = [[one for one in above if one > last], above]
        if not above:
            found = [self.records]
        if self.place is not None and not is_blank(self.sheet.rows[row][self.place]):
            said = as_text(self.sheet.rows[row][self.place])
            named = county(said)
            if named is None:
                # 全市 is no place of the ledger, but names what a last row may add up.
                whole = squeeze(said) in {squeeze(name) for name in geography().whole_city.aliases}
                return [above] if whole and len(above) > 1 else []
            found.append([one for one in self.records if self.of_place(one) == named.name])
        return [span for span in found if len(span) > 1]

    def of_place(self, row: int) -> str | None:
        """Return the county a record's own cell names."""
        if self.place is None:
            return None
        named = county(as_text(self.sheet.rows[row][self.place]))
        return named.name if named is not None else None

    def misses(self, row: int, span: Sequence[int]) -> list[tuple[int, Column, Decimal, Decimal]] | None:
        """Return the cells of a row that are not the sum of a span; ``None`` where that cannot be told."""
        found = []
        held = 0
        for index, declared in self.summed:
            value = self.number(row, index, declared)
            if is_blank(self.sheet.rows[row][index]):
                continue
            parts = [self.number(one, index, declared) for one in span]
            if value is None or None in parts:
                continue
            total = sum((part for part in parts if part is not None), Decimal(0))
            held += 1
            if value != total:
                found.append((index, declared, value, total))
        return found if held else None

    def outgrows(self, row: int) -> bool:
        """Tell whether a row's numbers are as large as a total's would be."""
        for index, declared in self.summed:
            value = self.number(row, index, declared)
            if value is None or is_blank(self.sheet.rows[row][index]):
                continue
            if any((part := self.number(one, index, declared)) is not None and part > value for one in self.records):
                return False
        return len(self.records) > 1


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
