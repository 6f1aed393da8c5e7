"""Comparisons: which parts made the whole's change, who stands first and last, what does not fit.

Every figure comes from ``query``; here it is only set side by side. From when on something stands out is declared
(``words.yaml``). This module must not know any KPI by name.
"""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Literal, Unpack

from pydantic import BaseModel, ConfigDict, Field

from analytics.ledgers.model import geography, read_declaration
from analytics.metrics.answer import MetricRow
from analytics.metrics.display import exact_value
from analytics.metrics.model import COUNTY, WORDS_FILE, Metric, catalogue, declarations_folder
from analytics.metrics.periods import Period
from analytics.metrics.query import query
from analytics.metrics.question import MetricError
from analytics.metrics.where import Where

Figure = int | float | Decimal | None
Base = Literal["yoy", "mom"]


class _Declared(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OutlierRules(_Declared):
    """From when on a figure does not fit (``words.yaml``)."""

    times: float = Field(gt=1)
    least: float = Field(ge=0)
    share: float = Field(ge=0)
    own: float = Field(ge=0, le=1)
    months: int = Field(ge=1)
    spread: float = Field(gt=0)
    places: int = Field(ge=3)


class WordRules(_Declared):
    """What a period's paragraph tells, and from when on something stands out (``words.yaml``)."""

    headline: tuple[str, ...]
    states: tuple[str, ...]
    most_places: int = Field(ge=1)
    most_outliers: int = Field(ge=0)
    outliers: OutlierRules


@cache
def word_rules() -> WordRules:
    """Return the shipped rules (read once a process)."""
    return read_declaration(WordRules, declarations_folder() / WORDS_FILE)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a change.

    Attributes:
        label: What the part is called (a county …).
        now: Its figure.
        before: Its figure then.
        change: How much of the whole's change it made: of rates in percentage points, else in the KPI's unit.
        share: The same in per cent of the whole's change; ``None`` where the whole did not change.
        dims: What finds its rows.
    """

    label: str
    now: Figure
    before: Figure
    change: float
    share: float | None
    dims: dict[str, str]


@dataclass(frozen=True, slots=True)
class Contribution:
    """A KPI's change against an earlier period, and the parts that made it (they add up to ``change``)."""

    id: str
    name: str
    unit: str
    base: Base
    by: str
    now: Figure
    before: Figure
    change: float
    parts: tuple[Part, ...]


def contribution(
    id: str, *, period: str | Period = "本年", by: str = COUNTY, base: Base = "yoy", **where: Unpack[Where]
) -> Contribution | None:
    """Return which counties (or other parts) made a KPI's change; ``None`` where there is nothing to compare with.

    Of a rate N/D a part's contribution is (Nᵢ − r·Dᵢ)/D now less the same then, r being the whole's rate then: what
    the part added beyond keeping to the old rate. The parts add up to the whole's change exactly.

    Args:
        id: One KPI.
        period: As in ``query``.
        by: What to split by: county, unit or a declared dimension.
        base: Against the year before (yoy) or the period before (mom).
        where: As in ``query``.

    Raises:
        MetricError: The KPI counts different values, whose parts do not add up, or is a discipline ledger's.
    """
    whole = query(id, period=period, aim=False, **where).rows[0]
    metric = catalogue()[whole.id]
    if metric.is_distinct:
        raise MetricError(f"{metric.id} {metric.name}是去重计数，各部分不能相加，算不出贡献")
    if metric.restricted:
        raise MetricError(f"{metric.id} {metric.name}属于纪检台账，不分析各部分的贡献，以免推算出个人")
    before, sides = _base(whole, base)
    if whole.value is None or before is None:
        return None
    change = float(whole.value) - float(before)
    rows = query(id, period=period, by=by, aim=False, **where).rows
    parts = []
    for row in rows:
        earlier, earlier_sides = _base(row, base)
        if row.value is None and earlier is None and row.denominator is None and earlier_sides[1] is None:
            continue
        if metric.is_ratio:
            scale = 100 if metric.format == "percent" else 1
            rate = float(before) / scale
            made = scale * (
                _over(row.numerator, row.denominator, whole.denominator, rate) - _over(*earlier_sides, sides[1], rate)
            )
        else:
            made = float(row.value or 0) - float(earlier or 0)
        share = 100 * made / change if change else None
        parts.append(Part(row.dims[by], row.value, earlier, made, share, row.dims))
    parts.sort(key=lambda part: -abs(part.change))
    return Contribution(whole.id, whole.name, whole.unit, base, by, whole.value, before, change, tuple(parts))


def _base(row: MetricRow, base: Base) -> tuple[Figure, tuple[Figure, Figure]]:
    return (row.yoy_base, row.yoy_sides) if base == "yoy" else (row.mom_base, row.mom_sides)


def _over(top: Figure, bottom: Figure, whole: Figure, rate: float) -> float:
    """Return what one part puts into a rate beyond its share at an old rate."""
    if not whole or bottom is None:
        return 0.0
    return (float(top or 0) - rate * float(bottom)) / float(whole)


@dataclass(frozen=True, slots=True)
class Extremes:
    """The first and the last of the ranked counties; places with a tie at the edge are all in, so it may be more."""

    top: tuple[MetricRow, ...]
    bottom: tuple[MetricRow, ...]


def extremes(id: str, *, period: str | Period = "本年", most: int = 3, **where: Unpack[Where]) -> Extremes:
    """Return the counties in the first ``most`` places of a KPI and in the last, the very last first.

    No county is in both; of a KPI that is not ranked there are none.
    """
    rows = [row for row in query(id, period=period, by=COUNTY, **where).rows if row.rank is not None]
    rows.sort(key=lambda row: row.rank or 0)
    top = [row for row in rows if (row.rank or 0) <= most]
    rest = rows[len(top) :]
    edge = rest[-most].rank if len(rest) >= most else None
    bottom = [row for row in rest if edge is None or (row.rank or 0) >= edge]
    return Extremes(tuple(top), tuple(reversed(bottom)))


def breakdown(
    id: str, by: str | Sequence[str], *, period: str | Period = "本年", **where: Unpack[Where]
) -> list[MetricRow]:
    """Return a KPI split by any of its dimensions, the greatest first, what is absent at the end."""
    rows = query(id, period=period, by=by, **where).rows
    return sorted(rows, key=lambda row: (row.value is None, -float(row.value or 0)))


@dataclass(frozen=True, slots=True)
class Outlier:
    """A county's figure that does not fit.

    Attributes:
        county: The county.
        month: The month's first day, ``None`` where the whole period's figure stands out.
        value: The figure.
        usual: What would have been usual.
        words: All that in one sentence.
        dims: What finds its rows.
    """

    id: str
    county: str
    month: dt.date | None
    value: Figure
    usual: float
    words: str
    dims: dict[str, str]


def outliers(id: str, *, period: str | Period = "本年", **where: Unpack[Where]) -> list[Outlier]:
    """Return the counties' figures that do not fit, the furthest off first.

    Of a KPI that adds up: the months in which a county did many times what it would have done in the rhythm of the
    other counties. Of a rate: the counties far from the middle of all, measured by the usual distance from it.
    """
    first = query(id, period=period, by=COUNTY, compare=False, aim=False, **where)
    metric = catalogue()[first.rows[0].id]
    if metric.is_ratio:
        return _far_off(metric, first.rows)
    if not metric.additive or metric.snapshot:
        return []
    if len(first.period.buckets("month")) < 3:
        return []
    monthly = query(id, period=period, by=COUNTY, grain="month", compare=False, aim=False, **where).rows
    return _out_of_rhythm(metric, monthly)


def _ranked() -> set[str]:
    return {place.name for place in geography().counties if place.ranked}


def _far_off(metric: Metric, rows: Sequence[MetricRow]) -> list[Outlier]:
    rules = word_rules().outliers
    known = {row.dims[COUNTY]: row for row in rows if row.value is not None and row.dims[COUNTY] in _ranked()}
    if len(known) < rules.places:
        return []
    values = {name: float(row.value or 0) for name, row in known.items()}
    middle = statistics.median(values.values())
    usual = 1.4826 * statistics.median(abs(value - middle) for value in values.values())
    if usual == 0:
        return []
    found = [(abs(value - middle) / usual, name, value) for name, value in values.items()]
    far = sorted((one for one in found if one[0] > rules.spread), reverse=True)
    return [
        Outlier(
            metric.id, name, None, known[name].value, middle,
            f"{name}{metric.name} {_told(metric, known[name].value)}，各县区居中的是 {_told(metric, middle)}，"
            f"明显偏{'高' if value > middle else '低'}",
            known[name].dims,
        )
        for _, name, value in far
    ]  # fmt: skip


def _out_of_rhythm(metric: Metric, rows: Sequence[MetricRow]) -> list[Outlier]:
    rules = word_rules().outliers
    ranked = _ranked()
    cells = {(row.dims[COUNTY], row.dims["month"]): row for row in rows if row.dims[COUNTY] in ranked}
    value = {key: float(row.value or 0) for key, row in cells.items()}
    months = dict.fromkeys(key[1] for key in cells)
    by_county = {name: sum(value[name, month] for month in months) for name in dict.fromkeys(key[0] for key in cells)}
    counties = [name for name, total in by_county.items() if total]
    if len(counties) < rules.places:
        return []
    busy = {name: sum(value[name, month] > 0 for month in months) for name in counties}
    by_month = {month: sum(value[name, month] for name in counties) for month in months}
    whole = sum(by_county.values())
    found = []
    for (name, month), row in cells.items():
        others = whole - by_county[name]
        if not others or row.value is None or busy.get(name, 0) < rules.months:
            continue
        # What the county would have done in this month, had its other months' work followed the others' rhythm.
        elsewhere = by_county[name] - value[name, month]
        rhythm = (by_month[month] - value[name, month]) / others
        usual = elsewhere * rhythm / (1 - rhythm) if rhythm < 1 else elsewhere
        more = value[name, month] - usual
        much = more >= max(rules.least, rules.share * by_month[month], rules.own * by_county[name])
        if much and value[name, month] >= rules.times * usual:
            found.append((more, name, month, row, usual))
    found.sort(key=lambda one: (-one[0], one[1], one[2]))
    return [
        Outlier(
            metric.id, name, dt.date.fromisoformat(f"{month[:7]}-01"), row.value, usual,
            f"{name}{int(month[5:7])}月{metric.name} {_told(metric, row.value)}，按其他县区的月度节奏约为 "
            f"{_told(metric, round(usual, 1) if metric.decimals else round(usual))}，明显集中",
            row.dims,
        )
        for _, name, month, row, usual in found
    ]  # fmt: skip


def _told(metric: Metric, value: Figure) -> str:
    return exact_value(metric, value) if metric.unit == "%" else f"{exact_value(metric, value)} {metric.unit}"
