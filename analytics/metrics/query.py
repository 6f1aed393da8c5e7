"""Answers questions about KPIs: which, over which period, split how, compared with what.

``query`` is the one way to a figure; the command line, the dashboard, notebooks and briefings all call it. Every
comparison is worked out from the period, never from rows that a filter left over. This module must not hold any
formula, column name or SQL.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from analytics.ledgers.model import geography
from analytics.metrics import data_quality as quality
from analytics.metrics import targets as target_rules
from analytics.metrics.answer import UNFILLED, Answer, MetricRow
from analytics.metrics.changes import change, relative
from analytics.metrics.compute import NOTHING, Cell, Figure, Key, Scope, Span, compute, figure
from analytics.metrics.discipline import Asking, hidden
from analytics.metrics.model import COUNTY, Metric, catalogue
from analytics.metrics.periods import GRAIN_MONTHS, Grain, Period, Step, Window, bucket_start, shift_months
from analytics.metrics.question import Asked, ask
from analytics.metrics.scope import Scope as Seen
from analytics.metrics.targets import Target, Targets
from analytics.metrics.where import Where

if TYPE_CHECKING:
    import duckdb

    from analytics.settings import Settings
    from analytics.warehouse.published import Version

_DAY = dt.timedelta(days=1)
_NO_CELL = Cell()
Dims = tuple[str | None, ...]


def query(
    ids: str | Iterable[str] | None = None,
    *,
    period: str | Period = "本年",
    by: str | Sequence[str] = (),
    grain: Grain | None = None,
    county: str | None = None,
    unit: str | None = None,
    as_of: dt.date | None = None,
    connection: duckdb.DuckDBPyConnection | None = None,
    version: Version | None = None,
    settings: Settings | None = None,
    compare: bool = True,
    aim: bool = True,
    discipline: bool = False,
    scope: Seen | None = None,
) -> Answer:
    """Return figures.

    Args:
        ids: KPI ids in any case; all of the catalogue (supporting ones left out) if not given. Figures about the data
            itself (``G06_late`` …) may be among them; they are split by ``ledger``, ``unit`` or ``county``.
        period: A period or its text (see ``periods.parse_period``).
        by: Dimensions to split by: county, unit, or those the KPI's line of work declares.
        grain: Split also by month, quarter, half or year.
        county: Only this county (its name, an alias or its code).
        unit: Only this reporting unit.
        as_of: The day things are told as they stood at; today if not given. Records dated later do not count.
        connection: A DuckDB connection with a view a ledger; else ``version``'s, else the current version's.
        version: A published version.
        settings: Where the published versions are.
        compare: Whether to work out 同比 and 环比.
        aim: Whether to look up targets and hold figures against them.
        discipline: Whether the caller has made sure that a person in the discipline role asks. Without it the KPIs of
            discipline ledgers are refused (left out of the full list); with it they are city totals, small ones hidden.
            A scope, or a version limited to one, says so itself.
        scope: What the person who asks may see; not needed where ``version`` is limited already (``scope.seen``).

    Raises:
        MetricError: An unknown KPI, dimension, county or grain.
        PeriodError: The period's text names no period.
    """
    own, ids = quality.split(ids)
    where: Where = {
        "county": county, "unit": unit, "as_of": as_of, "connection": connection, "version": version,
        "settings": settings, "discipline": discipline, "scope": scope,
    }  # fmt: skip
    about_data = quality.answer(own, period=period, by=by, grain=grain, **where) if own else None
    if about_data is not None and not ids:
        return about_data
    asked = ask(ids, period=period, by=by, grain=grain, **where)
    asking = Asking(asked.engine, asked.period, asked.state_day, asked.reaches, asked.scope.dims, asked.scope.grain)
    rows = hidden(_Answering(asked, compare=compare, aim=aim).rows(), asked.metrics, asking)
    rows += about_data.rows if about_data is not None else []
    return Answer(asked.period, asked.as_of, asked.version, rows, asked.engine.name)


@dataclass(frozen=True, slots=True)
class _Bucket:
    """One column of an answer: the whole period (no key), or one of its months, quarters or the like."""

    period: Period
    key: dt.date | None
    code: str
    months: int
    """Months of it that have begun."""
    cut: bool
    """It does not begin where its month, quarter or the like does."""


def _shifted(months: int) -> Callable[[dt.date], dt.date]:
    return lambda day: shift_months(day, months)


def _unmoved(day: dt.date) -> dt.date:
    return day


class _Windows:
    """Computes every cell of an answer, each named by its role and the bucket of this period it serves."""

    def __init__(self, asked: Asked, scope: Scope, targets: Targets, buckets: list[_Bucket], *, compare: bool) -> None:
        self.asked = asked
        self.scope = scope
        self.buckets = buckets
        self.compare = compare
        self.day = asked.state_day
        self.growing = tuple(m for m in asked.metrics if not m.snapshot and targets.any_of(m))
        self.cells: dict[Key, Cell] = {}

    def fill(self) -> dict[Key, Cell]:
        """Return the cells: ``cur``, ``yoy``, ``mom``, ``ytd`` by bucket and dimension values."""
        if self.scope.grain is None:
            self._whole()
        elif self.buckets:
            self._by_grain(self.scope.grain)
        return self.cells

    def _span(self, name: str, window: Window, moved: Callable[[dt.date], dt.date], *, detail: bool = False) -> Span:
        """Make a window; the days states are taken at move as far as the window is from this period."""
        day = moved(self.day)
        return Span(name, window, min(window.end, day), day, detail)

    def _spans(self, period: Period) -> list[Span]:
        """Return this period's window and those it is compared with."""
        spans = [self._span("cur", period.window(self.day), _unmoved, detail=True)]
        if self.compare:
            spans.append(self._span("yoy", period.last_year_window(self.day), _shifted(-12)))
            window = period.previous_window(self.day)
            if window is not None:
                back, months = period.start - window.start, period.months
                moved = _shifted(-months) if months is not None else lambda day: day - back
                spans.append(self._span("mom", window, moved))
        return spans

    def _run(self, metrics: tuple[Metric, ...], spans: list[Span], scope: Scope) -> dict[Key, Cell]:
        """Compute windows, those that are the same days only once."""
        first: dict[tuple[Window, dt.date, dt.date], Span] = {}
        for span in spans:
            first.setdefault((span.window, span.as_of, span.latest), span)
        cells = compute(self.asked.engine, metrics, first.values(), scope)
        for span in spans:
            same = first[span.window, span.as_of, span.latest]
            if same is not span:
                cells |= {(span.name, *key[1:]): cell for key, cell in cells.items() if key[0] == same.name}
        return cells

    def _whole(self) -> None:
        period = self.buckets[0].period
        spans = self._spans(period)
        self.cells = self._run(self.asked.metrics, spans, self.scope)
        if not self.growing:
            return
        to_date = self._span("ytd", period.year_to_date().window(self.day), _unmoved)
        if to_date.window == spans[0].window:
            self.cells |= {("ytd", *key[1:]): cell for key, cell in self.cells.items() if key[0] == "cur"}
        else:
            self.cells |= self._run(self.growing, [to_date], self.scope)

    def _by_grain(self, grain: Step) -> None:
        flows = tuple(metric for metric in self.asked.metrics if not metric.snapshot)
        states = tuple(metric for metric in self.asked.metrics if metric.snapshot)
        self._flows(flows, grain)
        apart = replace(self.scope, grain=None)
        self._each_bucket(states, apart, self._spans)
        distinct = tuple(metric for metric in self.growing if metric.is_distinct)
        self._each_bucket(distinct, apart, lambda period: [self._to_date(period)])

    def _to_date(self, period: Period) -> Span:
        return self._span("ytd", period.year_to_date().window(self.day), _unmoved)

    def _each_bucket(self, metrics: tuple[Metric, ...], scope: Scope, spans: Callable[[Period], list[Span]]) -> None:
        """Compute what cannot be grouped by date (states, running counts of different values), a window a bucket."""
        if not metrics:
            return
        named: dict[str, tuple[str, dt.date | None]] = {}
        windows: list[Span] = []
        for number, bucket in enumerate(self.buckets):
            for span in spans(bucket.period):
                name = f"{span.name}{number}"
                named[name] = (span.name, bucket.key)
                windows.append(replace(span, name=name))
        for (name, _, dims), cell in self._run(metrics, windows, scope).items():
            self._put((*named[name], dims), cell)

    def _flows(self, metrics: tuple[Metric, ...], grain: Step) -> None:
        period, size = self.asked.period, GRAIN_MONTHS[grain]
        first, last = self.buckets[0], self.buckets[-1]
        spans = [self._span("cur", period.window(self.day), _unmoved, detail=True)]
        moves = {"cur": 0, "yoy": 12, "mom": size, "ytd": 0}
        if self.compare:
            spans.append(self._span("yoy", period.last_year_window(self.day), _shifted(-12)))
            start = shift_months(_key(first), -size)
            until = min(last.period.end, self.day)
            full = until == shift_months(_key(last), size) - _DAY
            end = _key(last) - _DAY if full else shift_months(until, -size)
            spans.append(self._span("mom", Window(start, end, end), _shifted(-size)))
        found = self._run(metrics, spans, self.scope)
        begins = _key(first)
        for (role, at, dims), cell in found.items():
            key = shift_months(at, moves[role]) if at is not None and moves[role] else at
            # A record known only to a quarter may begin before the period: its note stands at the first bucket.
            self._put((role, begins if key is None or key < begins else key, dims), cell)
        summed = tuple(metric for metric in self.growing if not metric.is_distinct)
        if summed:
            begin = dt.date(_key(first).year, 1, 1)
            window = Window(begin, min(period.end, self.day), period.end)
            if window == spans[0].window:
                parts = {key: cell for key, cell in found.items() if key[0] == "cur"}
            else:
                parts = self._run(summed, [self._span("ytd", window, _unmoved)], self.scope)
            self._accumulate(parts)

    def _accumulate(self, parts: dict[Key, Cell]) -> None:
        """Add the buckets of each year up."""
        firsts = [_key(bucket) for bucket in self.buckets]
        by_dims: dict[Dims, list[tuple[dt.date, Cell]]] = {}
        for (_, at, dims), cell in sorted(parts.items(), key=lambda item: item[0][1] or dt.date.min):
            by_dims.setdefault(dims, []).append((at or dt.date.min, cell))
        for dims, mine in by_dims.items():
            total, year, taken = Cell(), None, 0
            for first in firsts:
                if first.year != year:
                    total, year = Cell(), first.year
                while taken < len(mine) and mine[taken][0] <= first:
                    if mine[taken][0].year == year:
                        total.add(mine[taken][1])
                    taken += 1
                self._put(("ytd", first, dims), total.copy())

    def _put(self, key: Key, cell: Cell) -> None:
        if key in self.cells:
            self.cells[key].merge(cell)
        else:
            self.cells[key] = cell


def _key(bucket: _Bucket) -> dt.date:
    assert bucket.key is not None  # noqa: S101 - only answers split by grain come here
    return bucket.key


class _Answering:
    """One question on its way to rows."""

    def __init__(self, asked: Asked, *, compare: bool, aim: bool) -> None:
        self.asked = asked
        self.day = asked.state_day
        scope = asked.scope
        self.kept_county = scope.county if COUNTY in scope.dims else None
        # A county's rank is its place among all counties: all are computed, and one is kept.
        self.scope = replace(scope, county=None) if self.kept_county else scope
        self.targets = self._targets() if aim else Targets({})
        self.alone = not compare and not aim
        self.buckets = self._buckets()
        self.cells = _Windows(asked, self.scope, self.targets, self.buckets, compare=compare).fill()
        self.roles = frozenset(key[0] for key in self.cells)

    def rows(self) -> list[MetricRow]:
        """Return the rows: by KPI, then dimension values, then bucket."""
        found: list[MetricRow] = []
        groups = self._groups()
        for metric in self.asked.metrics:
            values = {
                (bucket.key, dims): self._figure(metric, "cur", bucket, dims)
                for bucket in self.buckets
                for dims in groups
            }
            ranks = self._ranks(metric, values)
            found += [
                self._row(metric, bucket, dims, values[bucket.key, dims], ranks.get((bucket.key, dims)))
                for dims in groups
                for bucket in self.buckets
                if self.kept_county is None or dims[self.scope.dims.index(COUNTY)] == self.kept_county
            ]
        return found

    def _targets(self) -> Targets:
        period = self.asked.period
        split = set(self.scope.dims) - {COUNTY} or self.scope.unit is not None
        if split or not (period.one_year or self.scope.grain):
            return Targets({})
        return target_rules.load(self.asked.engine, catalogue())

    def _buckets(self) -> list[_Bucket]:
        grain = self.scope.grain
        period = self.asked.period
        if grain is None:
            return [_Bucket(period, None, period.code, period.months_begun(self.day), cut=False)]
        found = []
        for part in period.buckets(grain):
            if part.start <= self.day:
                key = bucket_start(part.start, grain)
                found.append(_Bucket(part, key, part.code, part.months_begun(self.day), cut=part.start != key))
        return found

    def _groups(self) -> list[Dims]:
        dims = self.scope.dims
        if not dims:
            return [()]
        order = {place.name: index for index, place in enumerate(geography().counties)}
        seen = {key[2] for key, cell in self.cells.items() if cell.has_records()}
        if dims == (COUNTY,):
            mine = self.asked.counties
            seen |= {(name,) for name in order if mine is None or name in mine}

        def place(group: Dims) -> tuple[tuple[bool, int, str], ...]:
            return tuple(
                (value is None, order.get(value or "", len(order)) if name == COUNTY else 0, value or "")
                for name, value in zip(dims, group, strict=True)
            )

        return sorted(seen, key=place)

    def _figure(self, metric: Metric, role: str, bucket: _Bucket, dims: Dims) -> Figure:
        if role not in self.roles:
            return NOTHING
        cell = self.cells.get((role, bucket.key, dims))
        if cell is None:
            return NOTHING
        months = bucket.period.year_to_date().months_begun(self.day) if role == "ytd" else bucket.months
        return figure(metric, cell, months)

    def _ranks(
        self, metric: Metric, values: dict[tuple[dt.date | None, Dims], Figure]
    ) -> dict[tuple[dt.date | None, Dims], int]:
        """Return the places of the counties (competition ranks: after two firsts comes the third)."""
        # A place among some counties only would mislead.
        if self.scope.dims != (COUNTY,) or metric.direction == "neutral" or self.asked.counties is not None:
            return {}
        ranked = {place.name for place in geography().counties if place.ranked}
        entered: dict[dt.date | None, dict[tuple[dt.date | None, Dims], int | float | Decimal]] = {}
        for key, shown in values.items():
            if shown.value is not None and key[1][0] in ranked:
                entered.setdefault(key[0], {})[key] = shown.value
        found: dict[tuple[dt.date | None, Dims], int] = {}
        for mine in entered.values():
            first: dict[int | float | Decimal, int] = {}
            for place, value in enumerate(sorted(mine.values(), reverse=metric.direction == "up"), start=1):
                first.setdefault(value, place)
            found |= {key: first[value] for key, value in mine.items()}
        return found

    def _row(self, metric: Metric, bucket: _Bucket, dims: Dims, now: Figure, rank: int | None) -> MetricRow:
        cell = self.cells.get(("cur", bucket.key, dims), _NO_CELL)
        named = dict(zip(self.scope.dims, [value or UNFILLED for value in dims], strict=True))
        if bucket.key is not None and self.scope.grain is not None:
            named[self.scope.grain] = bucket.code
        found = MetricRow(
            id=metric.id,
            name=metric.name,
            unit=metric.unit,
            value=now.value,
            dims=named,
            rank=rank,
            approx_rows=cell.approx.get(metric.id, 0),
            flags=_flags(metric, cell),
            numerator=now.numerator,
            denominator=now.denominator,
            year_to_date=now.value if metric.snapshot else None,
        )
        # What is held against nothing is told as it is.
        return found if self.alone else self._held(found, metric, bucket, dims, now)

    def _held(self, row: MetricRow, metric: Metric, bucket: _Bucket, dims: Dims, now: Figure) -> MetricRow:
        """Hold a figure against earlier ones and its target."""
        before = self._figure(metric, "yoy", bucket, dims)
        # A first bucket cut at its start has no whole bucket before it to be compared with.
        just_before = NOTHING if bucket.cut else self._figure(metric, "mom", bucket, dims)
        yoy, mom = before.value, just_before.value
        target = self._target(metric, bucket, dims)
        to_date = now.value if metric.snapshot else self._figure(metric, "ytd", bucket, dims).value
        completion = target_rules.completion(_number(to_date), target)
        pace_gap = None
        if completion is not None and metric.accumulates:
            pace_gap = completion - bucket.period.year_share(self.day) * 100
        return replace(
            row,
            target=target.annual if target is not None else None,
            completion=completion,
            pace_gap=pace_gap,
            yoy=relative(metric, now.value, yoy),
            mom=relative(metric, now.value, mom),
            yoy_base=yoy,
            mom_base=mom,
            yoy_sides=(before.numerator, before.denominator),
            mom_sides=(just_before.numerator, just_before.denominator),
            year_to_date=to_date,
            light=target_rules.light(metric, pace_gap),
            yoy_change=change(metric, now.value, yoy),
            # The year before a whole year is last year: 同比 has said it.
            mom_change=None if bucket.period.months == 12 else change(metric, now.value, mom),
        )

    def _target(self, metric: Metric, bucket: _Bucket, dims: Dims) -> Target | None:
        county = dims[0] if dims else self.scope.county
        if dims and county is None:
            return None
        return self.targets.find(metric, bucket.period.end.year, county)


def _number(value: int | float | Decimal | None) -> float | None:
    return None if value is None else float(value)


def _flags(metric: Metric, cell: Cell) -> tuple[str, ...]:
    if not (cell.approx or cell.warned or cell.missing or cell.imprecise):
        return ()
    flags = []
    if cell.approx.get(metric.id):
        flags.append(f"含估计数 {cell.approx[metric.id]} 行")
    flags += [flag for flag, _ in metric.warnings if cell.warned.get((metric.id, flag))]
    if cell.missing.get(metric.id):
        flags.append(f"缺数 {cell.missing[metric.id]} 行未计入")
    if cell.imprecise.get(metric.id):
        flags.append(f"日期不够确切 {cell.imprecise[metric.id]} 行未计入")
    return tuple(flags)
