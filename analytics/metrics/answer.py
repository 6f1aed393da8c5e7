"""What an answer is: figures with what belongs to them, and their form in the command line's JSON contract.

This module must not know how figures are computed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from analytics.metrics.changes import Change, change_words
from analytics.metrics.model import catalogue, said_of
from analytics.metrics.periods import Period
from analytics.metrics.targets import Light

LIGHTS: Mapping[Light, str] = {"amber": "黄灯", "red": "红灯"}
"""The lights that are said in words."""

Sides = tuple[int | float | Decimal | None, int | float | Decimal | None]
"""A ratio's numerator and denominator."""

UNFILLED = "未填"
"""What a dimension is called where the cell was left blank."""


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One figure.

    Attributes:
        value: The figure; ``None`` where absent (shown as —, never 0). Percentages run from 0 to 100.
        dims: The dimension values it belongs to, and the bucket under its grain's name.
        target: The annual target of the whole city or the county.
        completion: 完成率 in percent: what was reached since 1 January against the annual target, never capped.
        pace_gap: 序时进度差 in percentage points; ``None`` for KPIs that do not grow over a year.
        yoy: 同比 as a number, in percent (of a rate: percentage points); ``None`` where the base is 0 or absent.
        mom: 环比 likewise; ``None`` for running totals too.
        rank: Place among the counties (ties share a place, 市本级 left out); only where split by county.
        approx_rows: Rows left outside because a number in them is an estimate.
        flags: Doubts, in Chinese, for showing beside the figure.
        numerator: A ratio's upper side.
        denominator: A ratio's lower side.
        yoy_base: The figure a year earlier.
        mom_base: The figure of the period before.
        yoy_sides: The upper and lower side of a ratio's ``yoy_base``.
        mom_sides: Likewise of its ``mom_base``.
        year_to_date: The figure since 1 January that ``completion`` is about.
        light: green, amber or red by 序时进度差.
        yoy_change: 同比 as people are told it.
        mom_change: 环比 as people are told it; ``None`` for whole years too, where it would say 同比 once more.
    """

    id: str
    name: str
    unit: str
    value: int | float | Decimal | None
    dims: dict[str, str]
    target: float | None = None
    completion: float | None = None
    pace_gap: float | None = None
    yoy: float | None = None
    mom: float | None = None
    rank: int | None = None
    approx_rows: int = 0
    flags: tuple[str, ...] = ()
    numerator: int | float | Decimal | None = None
    denominator: int | float | Decimal | None = None
    yoy_base: int | float | Decimal | None = None
    mom_base: int | float | Decimal | None = None
    yoy_sides: Sides = (None, None)
    mom_sides: Sides = (None, None)
    year_to_date: int | float | Decimal | None = None
    light: Light | None = None
    yoy_change: Change | None = None
    mom_change: Change | None = None

    @property
    def pace_words(self) -> tuple[str, ...]:
        """What being behind 序时进度 is called; nothing for a KPI in time or without an annual target."""
        if self.light is None or self.light not in LIGHTS or self.pace_gap is None:
            return ()
        side = "落后" if self.pace_gap < 0 else "超出"
        return (f"{LIGHTS[self.light]}：{side}序时进度 {abs(round(self.pace_gap, 1))} 个百分点",)

    def to_json(self) -> dict[str, Any]:
        """Return the row of the command line's JSON contract; percentages of comparison to one decimal."""
        return {
            "id": self.id,
            "name": self.name,
            "unit": self.unit,
            "value": float(self.value) if isinstance(self.value, Decimal) else self.value,
            "dims": dict(self.dims),
            "target": _plain(self.target),
            "completion": _rounded(self.completion),
            "pace_gap": _rounded(self.pace_gap),
            "yoy": _rounded(self.yoy),
            "mom": _rounded(self.mom),
            "rank": self.rank,
            "approx_rows": self.approx_rows,
            "light": self.light,
            "flags": [*self.flags, *self.pace_words],
        }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _plain(value: float | None) -> int | float | None:
    return int(value) if value is not None and value == int(value) else value


@dataclass(frozen=True, slots=True)
class Answer:
    """Figures, and what they are figures of."""

    period: Period
    as_of: dt.date
    version: str
    rows: list[MetricRow]
    engine: str = "duckdb"

    def row(self, id_: str, **dims: str) -> MetricRow:
        """Return the one row of ``id_`` with exactly these dimension values.

        Raises:
            KeyError: There is none.
        """
        for row in self.rows:
            if row.id == id_ and row.dims == dims:
                return row
        raise KeyError((id_, dims))

    def to_json(self) -> dict[str, Any]:
        """Return the object of the command line's JSON contract."""
        return {
            "period": self.period.code,
            "as_of": self.as_of.isoformat(),
            "engine": self.engine,
            "version": self.version,
            "rows": [row.to_json() for row in self.rows],
        }

    def told(self) -> dict[str, Any]:
        """Return the same object for people to read: 同比, 环比 and the values of its dimensions in words."""
        known = catalogue()
        words = [
            {
                "yoy": change_words(row.yoy_change),
                "mom": change_words(row.mom_change),
                # KPIs about the data itself are not in the catalogue; what they are split by stands in words already.
                "dims": {
                    name: said_of(known[row.id], name, value) if row.id in known else value
                    for name, value in row.dims.items()
                },
            }
            for row in self.rows
        ]
        answer = self.to_json()
        return answer | {"rows": [row | said for row, said in zip(answer["rows"], words, strict=True)]}
