"""What may be told of discipline ledgers: to their own role, for the whole city, small figures hidden.

Every figure passes here on its way out (``question.ask`` refuses, ``query`` hides), so no page, command or notebook
can tell more. This module must not know which ledgers are discipline ledgers (their declarations say so), nor who
is asking: a caller that has made sure of the role says ``discipline=True``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from analytics.metrics.answer import MetricRow
from analytics.metrics.model import COUNTY, UNIT, Metric
from analytics.metrics.periods import Grain

SMALLEST = 3
"""Figures from 1 up to this are hidden: few persons are known persons."""
HIDDEN = "已隐去"
"""The flag of a figure that is hidden."""

Figure = int | float | Decimal | None


def refusal(
    metric: Metric, dims: Sequence[str], grain: Grain | None, *, placed: bool, discipline: bool, rows: bool = False
) -> str | None:
    """Return why a question about ``metric`` is not answered, in Chinese; ``None`` where it is.

    Args:
        metric: Any metric.
        dims: What it is to be split by.
        grain: The buckets it is to be split into.
        placed: Whether the question is limited to one county or reporting unit.
        discipline: Whether the caller has made sure of the role.
        rows: Whether the rows behind the figure are asked for.
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
    return None


def hidden(rows: Sequence[MetricRow], metrics: Sequence[Metric]) -> list[MetricRow]:
    """Return ``rows`` with the small figures of restricted metrics taken out, and what would give them away.

    Where a split has one hidden part, the total less the others would tell it: the next smallest part goes too.
    """
    kept = list(rows)
    for metric in metrics:
        if not metric.restricted:
            continue
        mine = [number for number, row in enumerate(kept) if row.id == metric.id]
        small = [number for number in mine if _is_small(kept[number])]
        if len(small) == 1 and len(mine) > 1:
            others = [number for number in mine if number not in small and kept[number].value]
            small += sorted(others, key=lambda number: kept[number].value or 0)[:1]
        for number in mine:
            kept[number] = _blank(kept[number]) if number in small else _bases(kept[number])
    return kept


def _few(value: Figure) -> bool:
    return value is not None and 0 < value < SMALLEST


def _is_small(row: MetricRow) -> bool:
    """Whether a figure, or one side of a share, is a small count."""
    if row.numerator is not None or row.denominator is not None:
        return _few(row.numerator) or _few(row.denominator)
    return _few(row.value)


def _blank(row: MetricRow) -> MetricRow:
    return replace(
        row, value=None, completion=None, pace_gap=None, yoy=None, mom=None, rank=None, numerator=None,
        denominator=None, yoy_base=None, mom_base=None, yoy_sides=(None, None), mom_sides=(None, None),
        year_to_date=None, light=None, yoy_change=None, mom_change=None, flags=(HIDDEN,),
    )  # fmt: skip


def _bases(row: MetricRow) -> MetricRow:
    """Take out comparisons with a figure that was itself too small to be told."""
    if _few(row.yoy_base) or any(map(_few, row.yoy_sides)):
        row = replace(row, yoy=None, yoy_base=None, yoy_sides=(None, None), yoy_change=None)
    if _few(row.mom_base) or any(map(_few, row.mom_sides)):
        row = replace(row, mom=None, mom_base=None, mom_sides=(None, None), mom_change=None)
    if _few(row.year_to_date):
        row = replace(row, year_to_date=None, completion=None, pace_gap=None, light=None)
    return row
