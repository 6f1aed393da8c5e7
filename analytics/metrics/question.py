"""Puts a question in order: names to KPIs, counties and periods, and the data to ask. Refuses what cannot be answered.

This module must not compute anything.
"""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from analytics import moments
from analytics.ledgers.model import geography
from analytics.metrics.compute import Scope
from analytics.metrics.discipline import Stretch, refusal, stretch_of
from analytics.metrics.engine import DuckEngine, Engine, Kept
from analytics.metrics.model import COUNTY, UNIT, Metric, catalogue
from analytics.metrics.periods import GRAIN_MONTHS, Grain, Period, parse_period
from analytics.metrics.scope import Scope as Seen
from analytics.metrics.scope import scope_of, seen

if TYPE_CHECKING:
    import duckdb

    from analytics.settings import Settings
    from analytics.warehouse.published import Version

_kept: WeakKeyDictionary[Version, Kept] = WeakKeyDictionary()


class MetricError(ValueError):
    """A question that cannot be answered: an unknown KPI, dimension, county or grain. In Chinese, with a way out."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question put in order: what was typed, resolved and checked."""

    metrics: tuple[Metric, ...]
    period: Period
    state_day: dt.date
    scope: Scope
    engine: Engine
    version: str
    reaches: dt.date = dt.date.max
    """The day the data reaches: ``state_day`` cuts nothing off if it is not earlier."""
    counties: frozenset[str] | None = None
    """Names of the counties the question is limited to by who asks; ``None`` for all."""

    @property
    def as_of(self) -> dt.date:
        """The day states are taken at: never past the period's end."""
        return min(self.period.end, self.state_day)


def ask(
    ids: str | Iterable[str] | None,
    *,
    period: str | Period,
    by: str | Sequence[str] = (),
    grain: Grain | None = None,
    county: str | None = None,
    unit: str | None = None,
    as_of: dt.date | None = None,
    connection: duckdb.DuckDBPyConnection | None = None,
    version: Version | None = None,
    settings: Settings | None = None,
    discipline: bool = False,
    scope: Seen | None = None,
) -> Asked:
    """Resolve and check a question; see ``query``."""
    day = as_of or moments.today()
    dims = (by,) if isinstance(by, str) else tuple(by)
    if grain is not None and grain not in GRAIN_MONTHS:
        raise MetricError(f"没有这种时间粒度：{grain}；可以用 {'、'.join(GRAIN_MONTHS)}")
    place = find_county(county)
    if scope is not None or scope_of(version) is not None:
        if connection is not None:
            raise ValueError("a scoped question brings no connection of its own")
        version = seen(version or current_version(settings), scope)
    limits = scope_of(version) or scope
    if limits is not None:
        discipline = limits.discipline
        if place is not None and not limits.sees_county(place):
            raise MetricError(f"{place}不在您的查看范围内；如工作需要，请联系系统管理员")
    metrics = _choose(ids, dims)
    placed = bool(place or unit or (limits is not None and limits.counties is not None))
    if connection is None:
        version = version or current_version(settings)
    asked = parse_period(period, day)
    reaches = (version.data_as_of if version is not None else None) or moments.today()
    metrics = _allowed(
        metrics, dims, grain, placed=placed, discipline=discipline, named=ids is not None,
        stretch=stretch_of(asked, day, reaches),
    )  # fmt: skip
    metrics = _within(metrics, limits, named=ids is not None)
    name, scan, origin = "connection", None, None
    if connection is None:
        assert version is not None  # noqa: S101 - taken above
        connection, name = version.kept_connection(), version.id
        scan, origin = version.scan, version.origin
    elif version is not None:
        name = version.id
    kept = _kept.setdefault(version, Kept()) if version is not None else None
    counties = limits.counties if limits is not None else None
    engine = DuckEngine(connection, kept, scan, origin)
    return Asked(metrics, asked, day, Scope(dims, grain, place, unit), engine, name, reaches, counties)


def lasting(version: Version, *, keep: bool = True) -> None:
    """Say that this process will ask ``version`` many questions: sums are then kept for them (see ``rollup``)."""
    _kept.setdefault(version, Kept()).lasting = keep


def current_version(settings: Settings | None) -> Version:
    """Return the version that is current in the data folder."""
    from analytics.settings import Settings as SettingsModel
    from analytics.warehouse import published

    return published.current(settings or SettingsModel())


def find_county(text: str | None) -> str | None:
    """Return the county that ``text`` names; ``None`` for no text and for the whole city.

    Raises:
        MetricError: The geography has no such county.
    """
    if text is None or not text.strip():
        return None
    word = text.strip()
    places = geography()
    if word in (places.whole_city.name, places.whole_city.code, *places.whole_city.aliases, places.city):
        return None
    bare = word.removeprefix(places.city).removesuffix("总工会") or word
    for place in places.counties:
        if {word, bare} & {place.name, place.code, *place.aliases, *place.old_codes}:
            return place.name
    raise MetricError(f"没有这个县区：{text}；可以用 {'、'.join(place.name for place in places.counties)}")


def _choose(ids: str | Iterable[str] | None, dims: tuple[str, ...]) -> tuple[Metric, ...]:
    known = catalogue()
    if ids is None:
        chosen = [metric for metric in known.values() if not metric.supporting and not _lacking(metric, dims)]
        if not chosen:
            raise MetricError(f"没有指标可以按 {'、'.join(dims)} 分组；{_dimensions(known.values())}")
        return tuple(chosen)
    folded = _folded()
    chosen = []
    for id_ in dict.fromkeys(id_.strip().upper() for id_ in ([ids] if isinstance(ids, str) else ids)):
        found = folded.get(id_)
        if found is None:
            near = difflib.get_close_matches(id_, list(folded), n=3, cutoff=0.5)
            hint = f"，是不是 {'、'.join(folded[word] for word in near)}？" if near else "；"
            raise MetricError(f"没有这个指标：{id_}{hint}用 taizhang metrics 查看全部指标")
        metric = known[found]
        lacking = _lacking(metric, dims)
        if lacking:
            raise MetricError(f"{metric.id} {metric.name}不能按 {'、'.join(lacking)} 分组；{_dimensions([metric])}")
        chosen.append(metric)
    return tuple(chosen)


@cache
def _folded() -> dict[str, str]:
    """Return every id of the catalogue by its capitals."""
    return {id_.upper(): id_ for id_ in catalogue()}


def _allowed(
    metrics: tuple[Metric, ...],
    dims: tuple[str, ...],
    grain: Grain | None,
    *,
    placed: bool,
    discipline: bool,
    named: bool,
    stretch: Stretch,
) -> tuple[Metric, ...]:
    """Leave out what discipline ledgers may not tell; refuse where it was asked for by name."""
    kept = []
    for metric in metrics:
        reason = refusal(metric, dims, grain, placed=placed, discipline=discipline, stretch=stretch)
        if reason is not None and named:
            raise MetricError(reason)
        if reason is None:
            kept.append(metric)
    return tuple(kept)


def _within(metrics: tuple[Metric, ...], limits: Seen | None, *, named: bool) -> tuple[Metric, ...]:
    """Leave out KPIs of ledgers outside the scope; refuse where one was asked for by name."""
    if limits is None or limits.ledgers is None:
        return metrics
    kept = []
    for metric in metrics:
        if all(limits.sees_ledger(leaf.source.ledger) for leaf in metric.leaves):
            kept.append(metric)
        elif named:
            raise MetricError(f"{metric.id} {metric.name}所用的台账不在您的查看范围内；如工作需要，请联系系统管理员")
    return tuple(kept)


def _lacking(metric: Metric, dims: tuple[str, ...]) -> list[str]:
    return [name for name in dims if name not in (COUNTY, UNIT, *metric.dimensions)]


def _dimensions(metrics: Iterable[Metric]) -> str:
    asked = list(metrics)
    places = () if all(metric.restricted for metric in asked) else (COUNTY, UNIT)
    names = dict.fromkeys((*places, *(name for metric in asked for name in metric.dimensions)))
    return f"可以用 {'、'.join(names)}" if names else "它不分开"
