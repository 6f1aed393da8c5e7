"""Holds our figures against what the year's report says: row by row, inside or outside the interval its words allow.

The table is data (``source_text.yaml``). Figures come from ``query`` like everybody's. This module must not know how
a KPI is computed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, model_validator

from analytics import moments
from analytics.ledgers.model import read_declaration
from analytics.metrics.model import SOURCE_TEXT_FILE, catalogue, declarations_folder
from analytics.metrics.periods import Period, parse_period
from analytics.metrics.query import query
from analytics.metrics.question import MetricError

if TYPE_CHECKING:
    import duckdb

    from analytics.settings import Settings
    from analytics.warehouse.published import Version


class SaidRow(BaseModel):
    """What the text says of one system, and which figure says the same."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: str
    said: str
    kpi: str
    where: dict[str, str] = {}
    month: int | None = None
    low: float | None = None
    high: float | None = None
    below: float | None = None
    of: int | None = None
    """How many there must be in all, of a share (3 of 3)."""

    @model_validator(mode="after")
    def _one_upper_bound(self) -> SaidRow:
        if self.high is not None and self.below is not None:
            raise ValueError("high 与 below 只能写一个")
        return self

    @property
    def bounded(self) -> bool:
        """Whether the text gives anything to hold a figure against."""
        return not (self.low is self.high is self.below is self.of is None)

    def holds(self, value: float, whole: float | None) -> bool:
        """Return whether a figure (of a share: and its lower side) lies in the interval."""
        return (
            (self.low is None or value >= self.low)
            and (self.high is None or value <= self.high)
            and (self.below is None or value < self.below)
            and (self.of is None or whole == self.of)
        )

    @property
    def interval(self) -> str:
        """The interval as people write it."""
        lower = "" if self.low is None else f"≥ {self.low:g}"
        upper = f"≤ {self.high:g}" if self.high is not None else f"< {self.below:g}" if self.below is not None else ""
        if self.low is not None and self.low == self.high:
            return f"= {self.low:.0f}"
        span = "，".join(part.replace("e+", "E") for part in (lower, upper) if part) or "—"
        return span if self.of is None else f"{span}，共 {self.of}"


class SourceText(BaseModel):
    """The whole table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    year: int
    rows: tuple[SaidRow, ...]


@cache
def source_text() -> SourceText:
    """Return the shipped table (read once a process)."""
    return read_declaration(SourceText, declarations_folder() / SOURCE_TEXT_FILE)


@dataclass(frozen=True, slots=True)
class Checked:
    """One row of the table beside our figure. ``inside`` is ``None`` where the text has no figure."""

    row: SaidRow
    name: str
    unit: str
    value: int | float | Decimal | None
    inside: bool | None
    flags: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the row of the command line's JSON."""
        return {
            "system": self.row.system,
            "said": self.row.said,
            "id": self.row.kpi,
            "name": self.name,
            "unit": self.unit,
            "dims": dict(self.row.where),
            "month": self.row.month,
            "value": float(self.value) if isinstance(self.value, Decimal) else self.value,
            "interval": self.row.interval,
            "inside": self.inside,
            "flags": list(self.flags),
        }


def check_source_text(
    period: str | Period,
    *,
    as_of: dt.date | None = None,
    connection: duckdb.DuckDBPyConnection | None = None,
    version: Version | None = None,
    settings: Settings | None = None,
) -> list[Checked]:
    """Return every row of the table with our figure for ``period``, which must be the table's year.

    A figure that is absent is outside every interval.

    Raises:
        MetricError: The table speaks of another period.
        PeriodError: The period's text names no period.
    """
    table = source_text()
    day = as_of or moments.today()
    asked = parse_period(period, day)
    if asked.code != str(table.year):
        raise MetricError(f"原文说的是{table.year}年，不能用来核对{asked.label}；请写 --period {table.year}")
    found = []
    for row in table.rows:
        answer = query(
            row.kpi,
            period=asked.code if row.month is None else f"{table.year}-{row.month:02d}",
            by=tuple(row.where),
            as_of=day,
            connection=connection,
            version=version,
            settings=settings,
            compare=False,
            aim=False,
            discipline=True,
        )
        ours = next((one for one in answer.rows if one.dims == row.where), None)
        value = ours.value if ours is not None else None
        inside: bool | None = None
        if row.bounded:
            whole = ours.denominator if ours is not None else None
            inside = value is not None and row.holds(float(value), None if whole is None else float(whole))
        metric = catalogue()[row.kpi]
        found.append(Checked(row, metric.name, metric.unit, value, inside, ours.flags if ours is not None else ()))
    return found
