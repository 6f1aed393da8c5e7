"""What a page draws of several figures together: compositions, funnels, ageing, targets, days, Party life.

Every number comes from ``query`` or from the same compiled SQL; which figures stand together is declared
(``boards.yaml``). Pages draw what is returned here and compute nothing. This module must not know any KPI, column or
page by name.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Literal, Unpack

from pydantic import BaseModel, ConfigDict, Field, model_validator

from analytics.ledgers.model import geography, ledgers, read_declaration
from analytics.metrics import compute as computing
from analytics.metrics import targets as target_rules
from analytics.metrics.answer import MetricRow
from analytics.metrics.discipline import refusal
from analytics.metrics.model import BOARDS_FILE, COUNTY, UNIT, Metric, catalogue, declarations_folder, said_of
from analytics.metrics.periods import Period
from analytics.metrics.query import query
from analytics.metrics.question import Asked, MetricError, ask
from analytics.metrics.targets import Light
from analytics.metrics.where import Where

Figure = int | float | Decimal | None
Tone = Literal["calm", "soon", "late", "worst"]


class _Declared(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CompositionRule(_Declared):
    """A whole and its parts."""

    name: str
    whole: str
    parts: tuple[str, ...] = ()
    by: str | None = None
    overlapping: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> CompositionRule:
        if bool(self.parts) == (self.by is not None):
            raise ValueError("parts 与 by 要写一个，也只能写一个")
        return self


class StepRule(_Declared):
    """One step of a funnel; ``rate`` is the KPI that holds it against the first."""

    kpi: str
    rate: str | None = None


class FunnelRule(_Declared):
    """A funnel."""

    name: str
    steps: tuple[StepRule, ...] = Field(min_length=2)


class BandRule(_Declared):
    """One band of ages, and how grave it is."""

    kpi: str
    tone: Tone


class AgeingRule(_Declared):
    """The bands that every open item falls into, one each."""

    name: str
    whole: str
    bands: tuple[BandRule, ...]


class PartyLifeRule(_Declared):
    """The share whose two sides are shown by branch and kind."""

    kpi: str
    branch: str
    kind: str


class BoardRules(_Declared):
    """The whole of ``boards.yaml``."""

    compositions: dict[str, CompositionRule]
    funnels: dict[str, FunnelRule]
    ageing: AgeingRule
    party_life: PartyLifeRule


@cache
def boards() -> BoardRules:
    """Return the shipped declarations (read once a process)."""
    return read_declaration(BoardRules, declarations_folder() / BOARDS_FILE)


@dataclass(frozen=True, slots=True)
class Share:
    """One part of a whole. ``dims`` finds its rows; ``share`` is per cent of the whole, ``None`` where unknown."""

    label: str
    id: str
    value: Figure
    share: float | None
    dims: dict[str, str]
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Composition:
    """A whole and its parts, the greatest first unless they are KPIs of their own.

    ``overlapping``: one person may be in several parts, so they do not add up to the whole.
    """

    name: str
    id: str
    unit: str
    value: Figure
    parts: tuple[Share, ...]
    overlapping: bool
    flags: tuple[str, ...] = ()


def composition(
    what: str, *, period: str | Period = "本年", by: str | None = None, **where: Unpack[Where]
) -> Composition:
    """Return a declared composition, or any KPI split by one of its dimensions.

    Args:
        what: The name of a declared composition (``boards().compositions``), or a KPI id beside ``by``.
        period: As in ``query``.
        by: A dimension of the KPI, ``county`` or ``unit``.
        where: As in ``query``.

    Raises:
        MetricError: There is no such composition, KPI or dimension, or its parts do not add up.
    """
    rule = boards().compositions.get(what)
    if rule is None:
        if by is None:
            raise MetricError(f"没有这种构成：{what}；可以用 {'、'.join(boards().compositions)}，或指标编号加 by")
        rule = CompositionRule(name="", whole=what, by=by)
    found = _asked(rule.whole, period, where).metrics[0]
    if rule.by is not None and not found.additive:
        raise MetricError(f"{found.id} {found.name}各部分不能相加，不能作构成图；请用分项表")
    rows = query([rule.whole, *rule.parts], period=period, compare=False, aim=False, **where).rows
    whole = rows[0]
    if rule.by is None:
        parts = [_share(row.name, row, whole) for row in rows[1:]]
    else:
        split = query(rule.whole, period=period, by=rule.by, compare=False, aim=False, **where).rows
        parts = [
            _share(said_of(found, rule.by, row.dims[rule.by]), row, whole) for row in split if row.value is not None
        ]
        parts.sort(key=lambda part: -float(part.value or 0))
    name = rule.name or f"{found.name}构成"
    return Composition(name, found.id, found.unit, whole.value, tuple(parts), rule.overlapping, whole.flags)


def _asked(id_: str, period: str | Period, where: Where) -> Asked:
    return ask([id_], period=period, **where)


def _share(label: str, row: MetricRow, whole: MetricRow) -> Share:
    return Share(label, row.id, row.value, _percent(row.value, whole.value), row.dims, row.flags)


def _percent(part: Figure, whole: Figure) -> float | None:
    return None if part is None or not whole else 100 * float(part) / float(whole)


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """One step: its figure, and per cent of the first over the rows that have both (``rate_id`` is that KPI)."""

    id: str
    name: str
    unit: str
    value: Figure
    rate: float | None
    rate_id: str | None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Funnel:
    """Steps from the widest to the narrowest."""

    name: str
    steps: tuple[FunnelStep, ...]


def funnel(what: str, *, period: str | Period = "本年", **where: Unpack[Where]) -> Funnel:
    """Return a declared funnel (``boards().funnels``); rates are KPIs of their own, so blanks do not pull them down.

    Raises:
        MetricError: There is no such funnel.
    """
    rule = boards().funnels.get(what)
    if rule is None:
        raise MetricError(f"没有这种漏斗图：{what}；可以用 {'、'.join(boards().funnels)}")
    ids = [id_ for step in rule.steps for id_ in (step.kpi, step.rate) if id_]
    rows = {row.id: row for row in query(ids, period=period, compare=False, aim=False, **where).rows}

    def step(one: StepRule) -> FunnelStep:
        row = rows[one.kpi]
        rate = rows[one.rate].value if one.rate else None
        share = None if rate is None else float(rate)
        return FunnelStep(row.id, row.name, row.unit, row.value, share, one.rate, row.flags)

    return Funnel(rule.name, tuple(step(one) for one in rule.steps))


@dataclass(frozen=True, slots=True)
class Band:
    """Open items of one age: for the place asked for, and by county where the whole city is."""

    id: str
    name: str
    tone: Tone
    value: Figure
    counties: dict[str, Figure]


@dataclass(frozen=True, slots=True)
class Ageing:
    """Open items at a day by how much time is left or overdue; the bands add up to ``value``."""

    name: str
    id: str
    as_of: dt.date
    value: Figure
    bands: tuple[Band, ...]


def ageing(*, period: str | Period = "本年", **where: Unpack[Where]) -> Ageing:
    """Return the open items at the period's end (or ``as_of``, where it is earlier) by age, with their counties."""
    rule = boards().ageing
    ids = [rule.whole, *(band.kpi for band in rule.bands)]
    answer = query(ids, period=period, compare=False, aim=False, **where)
    counties: dict[str, dict[str, Figure]] = {id_: {} for id_ in ids}
    if where.get("county") is None:
        for row in query(ids, period=period, by=COUNTY, compare=False, aim=False, **where).rows:
            if row.value:
                counties[row.id][row.dims[COUNTY]] = row.value
    rows = {row.id: row for row in answer.rows}
    bands = tuple(
        Band(band.kpi, rows[band.kpi].name, band.tone, rows[band.kpi].value, counties[band.kpi]) for band in rule.bands
    )
    return Ageing(rule.name, rule.whole, answer.as_of, rows[rule.whole].value, bands)


@dataclass(frozen=True, slots=True)
class TargetRow:
    """One KPI against its annual target, of one place.

    Attributes:
        place: A county, or the whole city.
        target: The annual target.
        plan_to_date: What the year's plan asks for by the period's end (or ``as_of``); of level targets (rates), it.
        value: What was reached since 1 January; of rates and states, the figure of the period.
        completion: 完成率 in percent, never capped.
        pace_gap: 序时进度差 in percentage points, ``None`` for rates and states.
        light: green, amber or red by it.
        flags: Doubts about the figure.
    """

    id: str
    name: str
    unit: str
    place: str
    target: float
    plan_to_date: float
    value: Figure
    completion: float | None
    pace_gap: float | None
    light: Light | None
    rank: int | None = None
    flags: tuple[str, ...] = ()


def target_table(
    ids: Sequence[str] | None = None, *, period: str | Period = "本年", counties: bool = True, **where: Unpack[Where]
) -> list[TargetRow]:
    """Return every KPI that has an annual target in the year of the period's end, for the city and each county.

    Args:
        ids: Only these KPIs; all with a target if not given.
        period: Lies in one year; figures run from 1 January to its end.
        counties: Whether to tell the counties too, not only the whole city.
        where: As in ``query``; a target is nobody's reporting unit's, so ``unit`` gives nothing.
    """
    asked = ask(ids, period=period, **where)
    known = target_rules.load(asked.engine, catalogue())
    year = asked.period.end.year
    if where.get("unit") is not None or not asked.period.one_year:
        return []
    if ids is None:
        named = [id_ for id_, metric in catalogue().items() if known.any_of(metric, year) and not metric.restricted]
    else:
        named = [metric.id for metric in asked.metrics if known.any_of(metric, year)]
    if not named:
        return []
    whole = geography().whole_city.name
    found = [
        (asked.scope.county or whole, row) for row in query(named, period=asked.period, compare=False, **where).rows
    ]
    if counties and asked.scope.county is None:
        split = query(named, period=asked.period, by=COUNTY, compare=False, **where).rows
        found += [(row.dims[COUNTY], row) for row in split]
    rows = []
    for place, row in found:
        metric = catalogue()[row.id]
        target = known.find(metric, year, None if place == whole else place)
        if target is None:
            continue
        plan = target.by_day(asked.as_of) if metric.accumulates else target.annual
        value = row.year_to_date if metric.accumulates else row.value
        rows.append(
            TargetRow(
                row.id, row.name, row.unit, place, target.annual, plan, value, row.completion, row.pace_gap,
                row.light, row.rank, row.flags,
            )
        )  # fmt: skip
    order = {id_: number for number, id_ in enumerate(named)}
    return sorted(rows, key=lambda row: order[row.id])


@dataclass(frozen=True, slots=True)
class Days:
    """A KPI day by day.

    Attributes:
        id: The KPI.
        name: Its Chinese name.
        unit: Its unit.
        period: The period asked about.
        values: Every day that has records to its figure; days without any record are absent.
        imprecise_rows: Records left out because they are known only to their month or the like.
        note: That in words, empty where there are none.
    """

    id: str
    name: str
    unit: str
    period: Period
    values: dict[dt.date, Figure]
    imprecise_rows: int
    note: str


def calendar_days(id: str, *, period: str | Period = "本年", **where: Unpack[Where]) -> Days:
    """Return a KPI by day; records known only to their month stand in no day and are told in a note.

    Raises:
        MetricError: The KPI does not grow over time (rates, states), or is a discipline ledger's.
    """
    asked = _asked(id, period, where)
    metric = asked.metrics[0]
    reason = refusal(metric, (), None, placed=False, discipline=True, rows=True)
    if reason is not None:
        raise MetricError(reason)
    if not metric.accumulates:
        raise MetricError(f"{metric.id} {metric.name}不能按天看；请用按月的趋势")
    span = computing.Span("cur", asked.period.window(asked.state_day), asked.as_of, asked.state_day, detail=True)
    scope = computing.Scope((), "day", asked.scope.county, asked.scope.unit)
    cells = computing.compute(asked.engine, [metric], [span], scope)
    values: dict[dt.date, Figure] = {}
    outside = 0
    for (_, day, _), cell in sorted(cells.items(), key=lambda item: item[0][1] or dt.date.min):
        value = computing.figure(metric, cell, 1).value
        outside += cell.imprecise.get(metric.id, 0)
        if day is not None and value is not None:
            values[day] = value
    note = f"另有 {outside} 行只知道月份（旬、季），不在任何一天里" if outside else ""
    return Days(metric.id, metric.name, metric.unit, asked.period, values, outside, note)


@dataclass(frozen=True, slots=True)
class Held:
    """How often one branch held one kind of Party life, of how often it was due (more than due is cut off)."""

    branch: str
    kind: str
    held: int
    due: int

    @property
    def share(self) -> float:
        """Per cent."""
        return 100 * self.held / self.due


def party_life(*, period: str | Period = "本年", **where: Unpack[Where]) -> list[Held]:
    """Return what every branch held of what was due, by kind; a kind due once for all branches has its own line."""
    rule = boards().party_life
    rows = query(rule.kpi, period=period, by=(rule.branch, rule.kind), compare=False, aim=False, **where).rows
    return [
        Held(row.dims[rule.branch], row.dims[rule.kind], int(row.numerator or 0), int(row.denominator))
        for row in rows
        if row.denominator
    ]


def dimensions_of(metric: Metric) -> dict[str, str]:
    """Return what a KPI may be split by and its Chinese name: county and reporting unit first, then as declared."""
    labels = {column.name: column.label for column in ledgers()[metric.ledger].columns}
    places = {} if metric.restricted else {COUNTY: "县区", UNIT: "填报单位"}
    return places | {name: labels[name] for name in metric.dimensions}
