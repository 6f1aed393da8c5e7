"""The 小计/合计 rows an office wrote, recomputed from the rows they cover.

Which rows a total covers is settled by evidence: of the spans it may mean, the one under which most of its
columns add up. Rows that were held back count too wherever their numbers can be read, because the office's
total includes them. Must not know how rows were classified or loaded.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from typing import Any

from analytics.etl.batch import Batch
from analytics.etl.body import TotalRow
from analytics.etl.codes import issue
from analytics.etl.grid import a1
from analytics.etl.report import Finding
from analytics.etl.values import Context, parse, shown
from analytics.etl.values.places import county
from analytics.etl.wording import Level
from analytics.ledgers.model import Column

_SUMMED = frozenset({"count", "money"})
_NOTHING = Decimal(0)
_LEVELS: frozenset[Level] = frozenset({"page", "group", "running", "grand"})


@dataclass(frozen=True, slots=True)
class _Sums:
    """Running sums of one column over the data rows, so that any span is summed at once."""

    low: list[Decimal]
    high: list[Decimal]
    unknown: list[int]
    """Cells that hold something which is no number."""

    def over(self, spans: Sequence[tuple[int, int]]) -> tuple[Decimal, Decimal, int]:
        """Return the least and greatest sum over half-open spans, and how many cells could not be read."""
        return (
            sum((self.low[end] - self.low[start] for start, end in spans), _NOTHING),
            sum((self.high[end] - self.high[start] for start, end in spans), _NOTHING),
            sum(self.unknown[end] - self.unknown[start] for start, end in spans),
        )


@dataclass(frozen=True, slots=True)
class _Cell:
    """One number of a total row."""

    declared: Column
    column: int
    value: Decimal
    raw: Any


def check_totals(
    batch: Batch,
    totals: Sequence[TotalRow],
    contexts: dict[str, Context],
    failed: dict[str, set[int]],
    earlier: Sequence[Batch] = (),
) -> list[Finding]:
    """Compare every total row with the rows it covers.

    Args:
        batch: The table's data rows, typed.
        totals: Its total rows.
        contexts: The context each field's column was parsed in.
        failed: By field, the positions whose cell could not be read.
        earlier: The tables of this ledger further up the sheet, which the last total may include.

    Returns:
        One warning for each total that does not add up.
    """
    if not totals or not batch.rows:
        return []
    declared = [
        column
        for column in batch.ledger.columns
        if column.type in _SUMMED and column.name in batch.column_of and column.name in batch.arrays
    ]
    sums = {column.name: _column_sums(batch, column.name, failed.get(column.name, set())) for column in declared}
    ordered = sorted(totals, key=lambda total: total.row)
    found: list[Finding] = []
    coverage = _Coverage(batch, ordered)
    for place, total in enumerate(ordered):
        cells = _cells(batch, total, declared, contexts)
        if not cells:
            continue
        best: tuple[int, list[tuple[int, int]]] | None = None
        for spans in coverage.of(place):
            matching = sum(_adds_up(cell, sums[cell.declared.name], spans) for cell in cells)
            if best is None or matching > best[0]:
                best = (matching, spans)
            if matching == len(cells):
                break
        if best is not None and not (earlier and total.level == "grand" and _adds_up_with(earlier, batch, cells)):
            found.extend(_mismatches(batch, total, cells, sums, best[1]))
    return found


def _column_sums(batch: Batch, name: str, failed: set[int]) -> _Sums:
    low: list[Decimal] = []
    high: list[Decimal] = []
    unknown: list[int] = []
    for position, value in enumerate(batch.arrays[name].to_pylist()):
        said = batch.approx[position].get(name) if position in batch.approx else None
        if said is not None:
            least, most = said["low"], said["high"]
            low.append(Decimal(str(least)) if least is not None else _NOTHING)
            high.append(Decimal(str(most)) if most is not None else Decimal("Infinity"))
        else:
            low.append(_NOTHING if value is None else Decimal(value))
            high.append(low[-1])
        unknown.append(position in failed)
    # An open estimate makes every later sum infinite; such cells count as unknown instead.
    for position, most in enumerate(high):
        if most.is_infinite():
            high[position], unknown[position] = low[position], 1
    return _Sums(
        list(accumulate(low, initial=_NOTHING)),
        list(accumulate(high, initial=_NOTHING)),
        list(accumulate(unknown, initial=0)),
    )


def _cells(batch: Batch, total: TotalRow, declared: Sequence[Column], contexts: dict[str, Context]) -> list[_Cell]:
    found = []
    for column in declared:
        index = batch.column_of[column.name]
        raw = batch.sheet.rows[total.row][index]
        answer = parse(column, raw, contexts[column.name])
        if answer.value is not None and not answer.approximate:
            found.append(_Cell(column, index, Decimal(answer.value), raw))
    return found


class _Coverage:
    """The spans of positions each total row may mean."""

    def __init__(self, batch: Batch, ordered: Sequence[TotalRow]) -> None:
        self.batch = batch
        self.ordered = ordered
        self.size = len(batch.rows)
        self.above = [bisect_left(batch.rows, total.row) for total in ordered]
        """How many data rows stand above each total row."""
        self.counties: dict[str, list[tuple[int, int]]] | None = None

    def near(self, place: int, levels: frozenset[Level], step: int) -> int:
        """Return where the nearest total of some level stands, before (-1) or after (+1) the one at ``place``."""
        other = place + step
        while 0 <= other < len(self.ordered):
            if self.ordered[other].level in levels:
                return self.above[other]
            other += step
        return 0 if step < 0 else self.size

    def of(self, place: int) -> list[list[tuple[int, int]]]:
        """Return the spans the total at ``place`` may mean, the likeliest for its level first."""
        total, here = self.ordered[place], self.above[place]
        own: frozenset[Level] = frozenset({total.level})
        everything = [(0, self.size)]
        so_far = [(0, here)]
        since_any = [(self.near(place, _LEVELS, -1), here)]
        since_same = [(self.near(place, own, -1), here)]
        since_group = [(self.near(place, frozenset({"group", "grand"}), -1), here)]
        below_any = [(here, self.near(place, _LEVELS, 1))]
        below_same = [(here, self.near(place, own, 1))]
        by_level: dict[Level, list[list[tuple[int, int]]]] = {
            "grand": [everything, so_far, [(here, self.size)], since_same, since_any, below_same],
            "running": [so_far, everything, since_same],
            "page": [since_same, since_any, below_any],
            "group": [since_group, since_any, since_same, below_same, below_any, so_far, everything],
        }
        spans = by_level[total.level]
        named = self.of_county(total)
        if named:
            spans = [*spans[:1], named, *spans[1:]]
        useful = [span for span in spans if any(end > start for start, end in span)]
        return useful or [everything]

    def of_county(self, total: TotalRow) -> list[tuple[int, int]]:
        """Return the rows of the county that a total row names, in spans."""
        declared = next((column for column in self.batch.ledger.columns if column.type == "county"), None)
        if declared is None or declared.name not in self.batch.arrays:
            return []
        texts = [total.label, *(total.label.replace(word, "") for word in ("小计", "合计", "总计", "共计"))]
        index = self.batch.column_of.get(declared.name)
        if index is not None and isinstance(self.batch.sheet.rows[total.row][index], str):
            texts.append(self.batch.sheet.rows[total.row][index])
        named = next((place.name for text in texts if text and (place := county(text)) is not None), None)
        if named is None:
            return []
        if self.counties is None:
            self.counties = {}
            for position, value in enumerate(self.batch.arrays[declared.name].to_pylist()):
                spans = self.counties.setdefault(value or "", [])
                if spans and spans[-1][1] == position:
                    spans[-1] = (spans[-1][0], position + 1)
                else:
                    spans.append((position, position + 1))
        return self.counties.get(named, [])


def _adds_up(cell: _Cell, sums: _Sums, spans: Sequence[tuple[int, int]]) -> bool:
    low, high, unknown = sums.over(spans)
    return low <= cell.value <= high if not unknown else cell.value >= low


def _adds_up_with(earlier: Sequence[Batch], batch: Batch, cells: Sequence[_Cell]) -> bool:
    """Tell whether a total is that of several tables standing one below the other."""
    for cell in cells:
        columns = [one.arrays[cell.declared.name] for one in (*earlier, batch) if cell.declared.name in one.arrays]
        if sum((Decimal(value) for column in columns for value in column.to_pylist() if value), _NOTHING) != cell.value:
            return False
    return True


def _mismatches(
    batch: Batch, total: TotalRow, cells: Sequence[_Cell], sums: dict[str, _Sums], spans: list[tuple[int, int]]
) -> list[Finding]:
    if all(_adds_up(cell, sums[cell.declared.name], spans) for cell in cells):
        return []
    found = []
    held = [batch.rows[one] + 1 for one in sorted(batch.bad) if any(start <= one < end for start, end in spans)]
    first, last = batch.rows[spans[0][0]] + 1, batch.rows[spans[-1][1] - 1] + 1
    for cell in cells:
        if _adds_up(cell, sums[cell.declared.name], spans):
            continue
        low, high, _ = sums[cell.declared.name].over(spans)
        nearest = low if cell.value < low else high
        said = issue(
            "TOTAL-MISMATCH",
            total=total.label,
            label=cell.declared.label,
            value=_plain(cell.value),
            first=first,
            last=last,
            sum=_plain(nearest) if low == high else f"{_plain(low)} 至 {_plain(high)}",
            difference=_plain(cell.value - nearest),
            held=f"（含未收录的第 {'、'.join(map(str, held[:5]))}{' 等' if len(held) > 5 else ''} 行）" if held else "",
        )
        found.append(
            Finding(
                said.code, said.severity, said.message, said.hint, batch.sheet.name,
                a1(total.row, cell.column), total.row + 1, cell.declared.name, shown(cell.raw),
            )
        )  # fmt: skip
    return found


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
