"""What may be told of discipline ledgers: to their own role, for the whole city, small figures hidden.

Every figure passes here on its way out (``question.ask`` refuses, ``query`` hides), so no page, command or notebook
can tell more. Nor can the difference of two answers: only whole months, quarters, halves and years are told, and the
months (quarters, halves) of a year only where none of them is small; otherwise all of them are hidden, and what is told
lies at least a level above. This module must not know which ledgers are discipline ledgers (their declarations say
so), nor who is asking: a caller that has made sure of the role says ``discipline=True``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import pairwise

from analytics.metrics.answer import UNFILLED, MetricRow
from analytics.metrics.compute import Scope, Span, compute, figure
from analytics.metrics.engine import Engine
from analytics.metrics.model import COUNTY, UNIT, Metric
from analytics.metrics.periods import GRAIN_MONTHS, Grain, Period, Step, Window, bucket_start

SMALLEST = 3
"""Figures from 1 up to this are hidden: few persons are known persons."""
HIDDEN = "已隐去"
"""The flag of a figure that is hidden."""

Figure = int | float | Decimal | None
Stretch = tuple[dt.date, dt.date]
"""The first and the last day of what a figure is about."""

_Place = tuple[dt.date, tuple[str | None, ...]]
"""A bucket's first day and the values it is split by."""
_LEVELS: tuple[Grain, ...] = ("month", "quarter", "half", "year")
_DAY = dt.timedelta(days=1)


def refusal(
    metric: Metric,
    dims: Sequence[str],
    grain: Grain | None,
    *,
    placed: bool,
    discipline: bool,
    rows: bool = False,
    stretch: Stretch | None = None,
) -> str | None:
    """Return why a question about ``metric`` is not answered, in Chinese; ``None`` where it is.

    Args:
        metric: Any metric.
        dims: What it is to be split by.
        grain: The buckets it is to be split into.
        placed: Whether the question is limited to one county or reporting unit.
        discipline: Whether the caller has made sure of the role.
        rows: Whether the rows behind the figure are asked for.
        stretch: The days asked about.
    """
    if not metric.restricted:
        return None
    what = f"{metric.id} {metric.name}属于纪检台账"
    if rows:
        return f"{what}，只报全市总数，不提供明细记录"
    if not discipline:
        return f"{what}，只对纪检岗位提供；请由纪检岗位人员查询"
    if placed or {COUNTY, UNIT} & set(dims):
        return f"{what}，只报全市总数，不能按县区或填报单位查看"
    if len(dims) + (grain is not None) > 1:
        return f"{what}，一次只能按一项分开，以免推算出个人；请去掉其中一项"
    if stretch is not None and level_of(stretch) is None:
        return f"{what}，只能按整月、整季、半年或整年查看，以免从两段日期之差推算出个人；请改用整月，截至日用月末"
    return None


def level_of(stretch: Stretch) -> Grain | None:
    """Return the longest of month, quarter, half and year that a stretch consists of; ``None`` for none."""
    start, after = stretch[0], stretch[1] + _DAY
    whole = (grain for grain in reversed(_LEVELS) if bucket_start(start, grain) == start)
    return next((grain for grain in whole if bucket_start(after, grain) == after), None)


def stretch_of(period: Period, day: dt.date, reaches: dt.date) -> Stretch:
    """Return the days of a period that are asked about: a ``day`` the data does not reach past cuts nothing off."""
    return period.start, period.end if day >= reaches else max(period.start, min(period.end, day))


@dataclass(frozen=True, slots=True)
class Asking:
    """What of a question bears on what may be told: its days, its split, and where to look at the other figures."""

    engine: Engine
    period: Period
    day: dt.date
    reaches: dt.date
    dims: tuple[str, ...]
    grain: Step | None


def hidden(rows: Sequence[MetricRow], metrics: Iterable[Metric], asking: Asking) -> list[MetricRow]:
    """Return ``rows`` with the small figures of restricted metrics taken out, and what would give them away."""
    kept = list(rows)
    for metric in metrics:
        if metric.restricted and any(row.id == metric.id for row in kept):
            first = next(number for number, row in enumerate(kept) if row.id == metric.id)
            mine = [row for row in kept if row.id == metric.id]
            kept[first : first + len(mine)] = _tell(metric, mine, asking)
    return kept


def _tell(metric: Metric, rows: list[MetricRow], asking: Asking) -> list[MetricRow]:
    book = _Book(metric, asking)
    if asking.dims and not book.tells(stretch_of(asking.period, asking.day, asking.reaches)):
        # Which parts there are would tell whose the whole is.
        return [
            MetricRow(
                metric.id, metric.name, metric.unit, None, dict(zip(asking.dims, part, strict=True)), flags=(HIDDEN,)
            )
            for part in book.parts()
        ]
    parts = {part.code: part for part in asking.period.buckets(asking.grain)} if asking.grain else {}
    periods = [parts[row.dims[asking.grain]] if asking.grain else asking.period for row in rows]
    small = {
        number
        for number, (row, period) in enumerate(zip(rows, periods, strict=True))
        if _is_small(row) or not book.tells(stretch_of(period, asking.day, asking.reaches))
    }
    if asking.grain is None and small and all(_is_small(rows[number]) for number in small):
        # The total less the parts told would tell a hidden one: with small ones alone the next smallest goes, too.
        others = (number for number in range(len(rows)) if number not in small and rows[number].value)
        small |= set(sorted(others, key=lambda number: rows[number].value or 0)[:1])
    return [
        _blank(row) if number in small else _bases(row, periods[number], book, asking)
        for number, row in enumerate(rows)
    ]


@dataclass(slots=True)
class _Book:
    """All figures of a metric that a question's own could be held against, year by year and level by level."""

    metric: Metric
    asking: Asking
    _levels: dict[Grain, dict[_Place, tuple[float | None, ...]]] = field(default_factory=dict)

    def tells(self, stretch: Stretch, *, whole_table: bool = False) -> bool:
        """Return whether what is about these days may be told; a single year's own small figures are looked at apart.

        Args:
            stretch: The days.
            whole_table: Whether a split single year must be free of small parts, too.
        """
        level = level_of(stretch)
        if level is None:
            return False
        years = range(stretch[0].year, stretch[1].year + 1)
        if level == "year" and len(years) == 1 and not (whole_table and self.asking.dims):
            return True
        return all(self._free(year, level) for year in years)

    def parts(self) -> list[tuple[str, ...]]:
        """Return every combination of values the question is split by, of whatever year."""
        found = {tuple(value or UNFILLED for value in dims) for _, dims in self._level("year")}
        return sorted(found)

    def _free(self, year: int, level: Grain) -> bool:
        """Return whether nothing of a year is small at a level, nor what the levels above hold beyond it."""
        if any(map(_few, (side for sides in self._year(year, level).values() for side in sides))):
            return False
        for lower, upper in pairwise(_LEVELS[_LEVELS.index(level) :]):
            rest = self._year(year, upper)
            for (start, dims), sides in self._year(year, lower).items():
                key = bucket_start(start, upper), dims
                above = rest.get(key, tuple(0.0 for _ in sides))
                rest[key] = tuple((one or 0.0) - (side or 0.0) for one, side in zip(above, sides, strict=True))
            if any(_few(abs(side or 0.0)) for sides in rest.values() for side in sides):
                return False
        return True

    def _year(self, year: int, level: Grain) -> dict[_Place, tuple[float | None, ...]]:
        return {place: sides for place, sides in self._level(level).items() if place[0].year == year}

    def _level(self, level: Grain) -> dict[_Place, tuple[float | None, ...]]:
        if level not in self._levels:
            self._levels[level] = self._computed(level)
        return self._levels[level]

    def _computed(self, level: Grain) -> dict[_Place, tuple[float | None, ...]]:
        asking = self.asking
        latest = max(asking.day, asking.reaches)
        before = asking.period.previous() or asking.period.last_year()
        first = dt.date(min(before.start.year, asking.period.start.year - 1), 1, 1)
        last = dt.date(asking.period.end.year, 12, 31)
        if first > latest:
            return {}
        span = Span("all", Window(first, min(last, latest), last), min(last, latest), latest)
        found = compute(asking.engine, (self.metric,), (span,), Scope(asking.dims, level))
        told = {(at, dims): figure(self.metric, cell, GRAIN_MONTHS[level]) for (_, at, dims), cell in found.items()}
        return {
            (at, dims): _sides(one.value, one.numerator, one.denominator)
            for (at, dims), one in told.items()
            if at is not None
        }


def _sides(value: Figure, top: Figure, bottom: Figure) -> tuple[float | None, ...]:
    """Return the counts a figure tells: itself, or of a share its sides and what is between them."""
    if top is None and bottom is None:
        return (None if value is None else float(value),)
    between = float(bottom) - float(top) if top is not None and bottom is not None else None
    return (
        None if top is None else float(top),
        None if bottom is None else float(bottom),
        between if between is not None and between >= 0 else None,
    )


def _few(value: Figure) -> bool:
    return value is not None and 0 < value < SMALLEST


def _is_small(row: MetricRow) -> bool:
    """Whether a figure, or one side of a share, is a small count."""
    return any(map(_few, _sides(row.value, row.numerator, row.denominator)))


def _blank(row: MetricRow) -> MetricRow:
    return replace(
        row, value=None, completion=None, pace_gap=None, yoy=None, mom=None, rank=None, numerator=None,
        denominator=None, yoy_base=None, mom_base=None, yoy_sides=(None, None), mom_sides=(None, None),
        year_to_date=None, light=None, yoy_change=None, mom_change=None, approx_rows=0, flags=(HIDDEN,),
    )  # fmt: skip


def _bases(row: MetricRow, period: Period, book: _Book, asking: Asking) -> MetricRow:
    """Take out comparisons with figures that would not be told themselves."""
    year, before = period.last_year_window(asking.day), period.previous_window(asking.day)
    begin = dt.date(period.end.year, 1, 1)
    to_date = stretch_of(replace(period, start=begin), asking.day, asking.reaches)
    if _few(row.yoy_base) or any(map(_few, _sides(None, *row.yoy_sides))) or not _told(book, year):
        row = replace(row, yoy=None, yoy_base=None, yoy_sides=(None, None), yoy_change=None)
    if _few(row.mom_base) or any(map(_few, _sides(None, *row.mom_sides))) or not _told(book, before):
        row = replace(row, mom=None, mom_base=None, mom_sides=(None, None), mom_change=None)
    if _few(row.year_to_date) or not book.tells(to_date, whole_table=True):
        row = replace(row, year_to_date=None, completion=None, pace_gap=None, light=None)
    return row


def _told(book: _Book, window: Window | None) -> bool:
    return window is None or book.tells((window.start, window.end), whole_table=True)
