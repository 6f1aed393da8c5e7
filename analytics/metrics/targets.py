"""Annual targets by KPI and county, read from the ledger of targets; and what they ask for by a given day.

A target speaks of a whole year. For part of a year the figure held against it is what was reached since 1 January
(完成率 = 累计 / 全年目标, never capped); 序时进度差 is that share less the share of the year gone by. The plan line
inside a year runs through the targets of the quarters' ends, straight between them. The whole city's target is the
row of 全市; where there is none, the sum of the counties' rows, for KPIs whose counties add up.
"""

from __future__ import annotations

import calendar
import datetime as dt
import itertools
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict
from sqlglot import exp

from analytics.ledgers.model import geography, read_declaration
from analytics.metrics.model import TARGETS_FILE, Metric, declarations_folder

if TYPE_CHECKING:
    from analytics.metrics.engine import Engine

Light = Literal["green", "amber", "red"]


class TargetRules(BaseModel):
    """How the ledger of targets is read (``targets.yaml``)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ledger: str
    year: str
    metric: str
    county: str
    annual: str
    pace: tuple[str, str, str, str]
    amber: float
    red: float


@cache
def rules() -> TargetRules:
    """Return the shipped rules (read once a process)."""
    return read_declaration(TargetRules, declarations_folder() / TARGETS_FILE)


@dataclass(frozen=True, slots=True)
class Target:
    """What a year asks for, and by the end of each quarter (cumulative) where that is stated."""

    annual: float
    pace: tuple[float | None, float | None, float | None, float | None] = (None, None, None, None)

    def by_month(self, month: int) -> float:
        """Return the cumulative target at the end of ``month`` (1-12), straight between the quarters' ends."""
        points = [(0, 0.0)] + [(3 * index, value) for index, value in enumerate(self.pace, 1) if value is not None]
        if points[-1][0] != 12:
            points.append((12, self.annual))
        for (left, low), (right, high) in itertools.pairwise(points):
            if month <= right:
                return low + (high - low) * (month - left) / (right - left)
        return points[-1][1]

    def by_day(self, day: dt.date) -> float:
        """Return the cumulative target at the end of ``day``, straight between the ends of months."""
        length = calendar.monthrange(day.year, day.month)[1]
        before = self.by_month(day.month - 1) if day.month > 1 else 0.0
        return before + (self.by_month(day.month) - before) * day.day / length


class Targets:
    """All targets of some years."""

    def __init__(self, rows: dict[tuple[int, str, str], Target]) -> None:
        self._rows = rows

    def find(self, metric: Metric, year: int, county: str | None) -> Target | None:
        """Return the target of a county, or of the whole city for ``None``."""
        places = geography()
        if county is not None:
            return self._rows.get((year, metric.id, county))
        whole = self._rows.get((year, metric.id, places.whole_city.name))
        if whole is not None or not metric.additive:
            return whole
        names = [place.name for place in places.counties]
        parts = [part for name in names if (part := self._rows.get((year, metric.id, name))) is not None]
        if not parts:
            return None
        first, second, third, fourth = (
            None if any(part.pace[index] is None for part in parts) else sum(part.pace[index] or 0 for part in parts)
            for index in range(4)
        )
        return Target(sum(part.annual for part in parts), (first, second, third, fourth))

    def any_of(self, metric: Metric, year: int | None = None) -> bool:
        """Return whether there is any target of ``metric``, or any of one year."""
        return any(key[1] == metric.id and year in (None, key[0]) for key in self._rows)


def load(engine: Engine, metrics: dict[str, Metric]) -> Targets:
    """Read all targets, once a version; a KPI may be named by its id or by its Chinese name if no other has it."""
    if engine.kept.targets is None:
        engine.kept.targets = _read(engine, metrics)
    return engine.kept.targets


def _read(engine: Engine, metrics: dict[str, Metric]) -> Targets:
    how = rules()
    if how.ledger not in engine.ledgers():
        return Targets({})
    spelled = [metric.name for metric in metrics.values()]
    names = {metric.name: metric.id for metric in metrics.values() if spelled.count(metric.name) == 1}
    names |= {id_.upper(): id_ for id_ in metrics}
    wanted = (how.year, how.metric, how.county, how.annual, *how.pace)
    picked = [exp.column(exp.to_identifier(name, quoted=True)) for name in wanted]
    query = exp.select(*picked).from_(exp.to_table(how.ledger))
    found: dict[tuple[int, str, str], Target] = {}
    for row in engine.rows(query.sql("duckdb"), {}):
        annual, county, kpi, year = row[how.annual], row[how.county], row[how.metric], row[how.year]
        if annual is None or county is None or kpi is None or year is None:
            continue
        word = str(kpi).strip()
        id_ = names.get(word.upper()) or names.get(word) or word
        first, second, third, fourth = (None if row[name] is None else float(row[name]) for name in how.pace)
        found[int(year), id_, str(county)] = Target(float(annual), (first, second, third, fourth))
    return Targets(found)


def light(metric: Metric, pace_gap: float | None) -> Light | None:
    """Return red, amber or green by 序时进度差; ``None`` without a target or for neutral KPIs."""
    if pace_gap is None or metric.direction == "neutral":
        return None
    # Exactly on a threshold is on it, whatever the last binary digit says.
    behind = round(-pace_gap if metric.direction == "up" else pace_gap, 9)
    how = rules()
    if behind >= how.red:
        return "red"
    return "amber" if behind >= how.amber else "green"


def completion(value: float | None, target: Target | None) -> float | None:
    """Return 完成率 in percent, never capped; ``None`` where there is no figure or the target is 0."""
    if value is None or target is None or target.annual == 0:
        return None
    return value / target.annual * 100
