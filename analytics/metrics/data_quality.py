"""G06 数据质量: by ledger, how many rows were held back, how many stand as estimates, what came late or not at all.

It tells how far the figures can be trusted, beside any KPI, and as KPIs of its own (``G06_late`` …) through ``query``.
A workbook belongs to the period it is about (``submissions``); one that tells nothing belongs to every period. This
module must not know what any ledger counts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Unpack

from analytics import moments
from analytics.ledgers.model import ledgers
from analytics.metrics.answer import UNFILLED, Answer, MetricRow
from analytics.metrics.model import COUNTY, UNIT
from analytics.metrics.periods import GRAIN_MONTHS, Grain, Period, parse_period
from analytics.metrics.question import MetricError, current_version
from analytics.metrics.submissions import QualityMetric, Sending, all_sendings, calendar_of, limited, quality_rules
from analytics.metrics.where import Where

if TYPE_CHECKING:
    from analytics.metrics.scope import Scope
    from analytics.settings import Settings
    from analytics.warehouse.published import Version

LEDGER = "ledger"
"""The dimension that only figures about the data have."""

DIMENSIONS = (LEDGER, UNIT, COUNTY)


@dataclass(frozen=True, slots=True)
class Quality:
    """The data quality of one ledger.

    Attributes:
        ledger: Its id.
        name: Its Chinese name.
        uploads: Workbooks that brought rows of it, loaded or held back.
        late: Of these, those sent later than the rules allow after the period they state.
        loaded: Current records from them.
        quarantined: Rows held back in them.
        estimated: Current records with a number that is an estimate.
        last_sent: When the newest of all its workbooks was sent, of whatever period.
    """

    ledger: str
    name: str
    uploads: int
    late: int
    loaded: int
    quarantined: int
    estimated: int
    last_sent: dt.date | None = None

    @property
    def quarantined_share(self) -> float | None:
        """Rows held back in percent of all rows; ``None`` where there are none."""
        return _share(self.quarantined, self.loaded + self.quarantined)

    @property
    def estimated_share(self) -> float | None:
        """Records with an estimate in percent of all records; ``None`` where there are none."""
        return _share(self.estimated, self.loaded)

    @property
    def late_share(self) -> float | None:
        """Late workbooks in percent of all; ``None`` where there are none."""
        return _share(self.late, self.uploads)

    def to_json(self) -> dict[str, Any]:
        """Return the quality as plain values, shares in percent to one decimal."""
        shares = {"late": self.late_share, "quarantined": self.quarantined_share, "estimated": self.estimated_share}
        told: dict[str, Any] = {"ledger": self.ledger, "name": self.name, "uploads": self.uploads, "late": self.late}
        told |= {"late_share": None, "loaded": self.loaded, "quarantined": self.quarantined, "quarantined_share": None}
        told |= {"estimated": self.estimated, "estimated_share": None}
        told |= {f"{name}_share": None if part is None else round(part, 1) for name, part in shares.items()}
        return told | {"last_sent": self.last_sent.isoformat() if self.last_sent else None}


def _share(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None


def quality(
    period: str | Period = "本年",
    *,
    unit: str | None = None,
    as_of: dt.date | None = None,
    version: Version | None = None,
    settings: Settings | None = None,
    discipline: bool = False,
    scope: Scope | None = None,
) -> list[Quality]:
    """Return the data quality of every ledger that anything was sent for, in the order of the declarations.

    Args:
        period: A period or its text; workbooks about some day of it count, and those that tell nothing.
        unit: Only this reporting unit.
        as_of: The day relative periods are told from; today if not given.
        version: A published version; the current one if not given.
        settings: Where the published versions are.
        discipline: Whether the caller has made sure of the discipline role; without it those ledgers are left out.
        scope: What the person who asks may see; it says so itself.

    Raises:
        PeriodError: The period's text names no period.
    """
    day = as_of or moments.today()
    asked = parse_period(period, day)
    where: Where = {
        "unit": unit, "version": version, "settings": settings, "discipline": discipline, "scope": scope,
    }  # fmt: skip
    mine = limited(all_sendings(where, day), where)
    found = []
    for ledger in ledgers().values():
        of_it = [one for one in mine if one.ledger == ledger.id]
        counted = [one for one in of_it if one.touches(asked)]
        if counted:
            found.append(
                Quality(
                    ledger.id, ledger.name, len(counted), sum(one.late for one in counted), *_rows(counted),
                    last_sent=max(one.sent_on for one in of_it),
                )
            )  # fmt: skip
    return found


def _rows(sent: Iterable[Sending]) -> tuple[int, int, int]:
    """Return rows loaded, held back, and with an estimate."""
    every = list(sent)
    return sum(one.loaded for one in every), sum(one.quarantined for one in every), sum(one.estimated for one in every)


def split(ids: str | Iterable[str] | None) -> tuple[tuple[QualityMetric, ...], list[str] | None]:
    """Return which of ``ids`` are figures about the data itself, and the others (``None`` where none were given)."""
    if ids is None:
        return (), None
    rules = quality_rules()
    known = {id_.upper(): (metric,) for id_, metric in quality_metrics().items()} | {rules.all: rules.metrics}
    given = [ids] if isinstance(ids, str) else list(ids)
    words = [id_.strip().upper() for id_ in given]
    for word in words:
        if word in rules.beside:
            raise MetricError(f"{word} {rules.beside[word]}是每个指标自带的一栏，不单独成为指标；请问具体的指标编号")
    own = dict.fromkeys(metric for word in words for metric in known.get(word, ()))
    return tuple(own), [id_ for id_, word in zip(given, words, strict=True) if word not in known]


def answer(
    metrics: Sequence[QualityMetric],
    *,
    period: str | Period,
    by: str | Sequence[str] = (),
    grain: Grain | None = None,
    **where: Unpack[Where],
) -> Answer:
    """Return figures about the data itself, as ``query`` does.

    Raises:
        MetricError: They are not split by such a dimension or grain.
        PeriodError: The period's text names no period.
    """
    dims = (by,) if isinstance(by, str) else tuple(by)
    lacking = [name for name in dims if name not in DIMENSIONS]
    if lacking:
        names = "、".join(metric.id for metric in metrics)
        raise MetricError(f"{names} 不能按 {'、'.join(lacking)} 分组；可以用 {'、'.join(DIMENSIONS)}")
    if grain is not None and grain not in GRAIN_MONTHS:
        raise MetricError(f"没有这种时间粒度：{grain}；可以用 {'、'.join(GRAIN_MONTHS)}")
    day = where.get("as_of") or moments.today()
    asked = parse_period(period, day)
    version = where.get("version")
    if where.get("connection") is None:
        version = version or current_version(where.get("settings"))
        where["version"] = version
    buckets = [asked] if grain is None else [part for part in asked.buckets(grain) if part.start <= day]
    rows = []
    for part in buckets:
        found = quality_rows(metrics, period=part, by=dims, **where)
        rows += found if grain is None else [replace(row, dims={**row.dims, grain: part.code}) for row in found]
    order = {metric.id: number for number, metric in enumerate(metrics)}
    rows.sort(key=lambda row: (order[row.id], *(row.dims[name] for name in dims)))
    return Answer(asked, day, version.id if version is not None else "connection", rows)


def quality_metrics() -> dict[str, QualityMetric]:
    """Return the figures about the data itself, by id."""
    return {metric.id: metric for metric in quality_rules().metrics}


def quality_rows(
    metrics: Sequence[QualityMetric], *, period: Period, by: Sequence[str], **where: Unpack[Where]
) -> list[MetricRow]:
    """Return figures about the data itself, split by ``ledger``, ``unit`` or ``county``."""
    day = where.get("as_of") or moments.today()
    every = all_sendings(where, day)
    sent = [one for one in limited(every, where) if one.sent_on <= day]
    keys = {tuple(_value(one, name) for name in by) for one in sent if one.touches(period)} if by else {()}
    cells = calendar_of(every, period, None, day, where)
    counties = {sender.name: sender.county for sender in cells.senders}
    units = {one.sender: one.unit for one in sent}
    slots = [
        (cell, tuple({LEDGER: cell.ledger, UNIT: units.get(cell.sender) or cell.sender,
                      COUNTY: counties[cell.sender] or UNFILLED}[name] for name in by))
        for cell in cells.cells
    ]  # fmt: skip
    keys |= {key for _, key in slots}
    rows = []
    for metric in metrics:
        for key in sorted(keys):
            own = [one for one in sent if tuple(_value(one, name) for name in by) == key]
            counted = [one for one in own if one.touches(period)]
            loaded, held, estimated = _rows(counted)
            states = [cell.state for cell, at in slots if at == key]
            known: dict[str, int | None] = {
                "loaded": loaded,
                "quarantined": held,
                "rows": loaded + held,
                "estimated": estimated,
                "late": states.count("late"),
                "sent": sum(states.count(state) for state in ("on_time", "sent", "late")),
                "missing": states.count("missing"),
                "expected": sum(states.count(state) for state in ("on_time", "sent", "late", "missing")),
                "age": (day - max(one.sent_on for one in own)).days if own else None,
            }
            upper, lower = known[metric.upper], known[metric.lower] if metric.lower else None
            value: float | int | None = upper
            if metric.lower:
                value = 100 * upper / lower if upper is not None and lower else None
            rows.append(
                MetricRow(
                    metric.id, metric.name, metric.unit, value, dict(zip(by, key, strict=True)),
                    numerator=upper if metric.lower else None, denominator=lower,
                )
            )  # fmt: skip
    return rows


def _value(one: Sending, name: str) -> str:
    return {LEDGER: one.ledger, UNIT: one.unit or UNFILLED, COUNTY: one.county or UNFILLED}[name]
