"""Figures in a row: a KPI month by month beside its plan and last year, and counties in order of rank.

Built on ``query`` alone, so a chart never shows another figure than a card.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from analytics.metrics import targets as target_rules
from analytics.metrics.answer import MetricRow
from analytics.metrics.model import COUNTY, Metric, catalogue
from analytics.metrics.periods import Grain, Period, bucket_start
from analytics.metrics.query import query
from analytics.metrics.question import ask
from analytics.metrics.scope import Scope as Seen
from analytics.metrics.targets import Target

if TYPE_CHECKING:
    import duckdb

    from analytics.settings import Settings
    from analytics.warehouse.published import Version

Figure = int | float | Decimal | None


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One KPI in one bucket.

    Attributes:
        code: The bucket's short form (``2024-07``).
        label: Its Chinese form.
        start: Its first day.
        end: Its last day.
        value: The figure; ``None`` where absent or the bucket has not begun.
        last_year: The figure a year earlier: the same days while the bucket runs, all of it while it is to come.
        year_to_date: The figure since 1 January, ``None`` where absent.
        plan: What the year's target asks for in this bucket alone, straight between the quarters' targets.
        plan_to_date: What it asks for from 1 January to the bucket's end.
    """

    id: str
    code: str
    label: str
    start: dt.date
    end: dt.date
    value: Figure = None
    last_year: Figure = None
    year_to_date: Figure = None
    plan: float | None = None
    plan_to_date: float | None = None
    flags: tuple[str, ...] = ()


def trend(
    ids: str | Iterable[str],
    *,
    period: str | Period = "本年",
    grain: Grain = "month",
    county: str | None = None,
    unit: str | None = None,
    as_of: dt.date | None = None,
    connection: duckdb.DuckDBPyConnection | None = None,
    version: Version | None = None,
    settings: Settings | None = None,
    scope: Seen | None = None,
) -> list[TrendPoint]:
    """Return KPIs by month (or quarter …) over the whole period, buckets to come included with their plan.

    KPIs that do not grow over a year (ratios, states) have a level target instead: ``plan`` is it, in every bucket.
    """
    asked = ask(
        ids, period=period, grain=grain, county=county, unit=unit, as_of=as_of,
        connection=connection, version=version, settings=settings, scope=scope,
    )  # fmt: skip
    answer = query(
        [metric.id for metric in asked.metrics], period=asked.period, grain=grain, county=county, unit=unit,
        as_of=asked.state_day, connection=connection, version=version, settings=settings, scope=scope,
    )  # fmt: skip
    found = {(row.id, row.dims[grain]): row for row in answer.rows}
    before: dict[tuple[str, str], Figure] = {}
    if asked.state_day < asked.period.end:
        # Buckets still to come are shown beside last year's whole ones.
        base = query(
            [metric.id for metric in asked.metrics], period=asked.period.last_year(), grain=grain, county=county,
            unit=unit, as_of=asked.state_day, connection=connection, version=version, settings=settings, scope=scope,
            compare=False,
        )  # fmt: skip
        codes = dict(zip(_codes(asked.period.last_year(), grain), _codes(asked.period, grain), strict=False))
        before = {(row.id, codes[row.dims[grain]]): row.value for row in base.rows if row.dims[grain] in codes}
    targets = target_rules.load(asked.engine, catalogue()) if unit is None else target_rules.Targets({})
    return [
        _point(
            metric, bucket, grain, targets.find(metric, bucket.end.year, asked.scope.county),
            found.get((metric.id, bucket.code)), before.get((metric.id, bucket.code)),
        )
        for metric in asked.metrics
        for bucket in asked.period.buckets(grain)
    ]  # fmt: skip


def _codes(period: Period, grain: Grain) -> list[str]:
    return [bucket.code for bucket in period.buckets(grain)]


def _point(
    metric: Metric, bucket: Period, grain: Grain, target: Target | None, row: MetricRow | None, last_year: Figure
) -> TrendPoint:
    plan = plan_to_date = None
    if target is not None and metric.accumulates:
        start = bucket_start(bucket.start, grain)
        plan_to_date = target.by_month(bucket.end.month)
        plan = plan_to_date - (target.by_month(start.month - 1) if start.month > 1 else 0)
    elif target is not None:
        plan = plan_to_date = target.annual
    return TrendPoint(
        id=metric.id,
        code=bucket.code,
        label=bucket.label,
        start=bucket.start,
        end=bucket.end,
        value=row.value if row is not None else None,
        last_year=row.yoy_base if row is not None else last_year,
        year_to_date=row.year_to_date if row is not None else None,
        plan=plan,
        plan_to_date=plan_to_date,
        flags=row.flags if row is not None else (),
    )


def ranking(
    id: str,
    *,
    period: str | Period = "本年",
    as_of: dt.date | None = None,
    connection: duckdb.DuckDBPyConnection | None = None,
    version: Version | None = None,
    settings: Settings | None = None,
    scope: Seen | None = None,
) -> Sequence[MetricRow]:
    """Return every county's figure: ranked ones first by rank, then those without a figure, then 市本级."""
    answer = query(
        [id],
        period=period,
        by=COUNTY,
        as_of=as_of,
        connection=connection,
        version=version,
        settings=settings,
        scope=scope,
    )
    order = {row.dims[COUNTY]: index for index, row in enumerate(answer.rows)}
    return sorted(
        answer.rows,
        key=lambda row: (row.rank is None, row.rank or 0, row.value is not None, order[row.dims[COUNTY]]),
    )
