"""同比 and 环比: what kind of difference a KPI's change is, and how it is said in Chinese. Pure arithmetic and words.

Everything that shows a change (cards, tables, briefings) asks here, so that it is said alike everywhere:

* a **rate** changes by percentage points (低 23.1 个百分点), for a share of a share misleads;
* a **count** whose base is below ten changes by so many (多 22 项), for +2200% of one item tells nothing;
* everything else changes in percent (增长 3.2%).

A base that is absent or 0 gives no change. This module must not know periods, data or where a change is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from analytics.metrics.display import ABSENT
from analytics.metrics.model import Metric

SMALL = 10
"""A count below this is no base for a percentage."""

Kind = Literal["percent", "points", "count"]
Value = int | float | Decimal | None

_WORDS: dict[str, tuple[str, str, str]] = {
    "percent": ("增长", "下降", "%"),
    "points": ("高", "低", " 个百分点"),
    "count": ("多", "少", ""),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One change: its kind and amount (per cent, percentage points, or the count's own unit)."""

    kind: Kind
    amount: float
    unit: str = ""

    @property
    def even(self) -> bool:
        """Whether it reads as no change."""
        return self._rounded == 0

    @property
    def up(self) -> bool:
        """Whether it reads as more."""
        return self._rounded > 0

    @property
    def words(self) -> str:
        """The change in words: 增长 3.2%, 低 23.1 个百分点, 多 22 项, 持平."""
        if self.even:
            return "持平"
        more, less, sign = _WORDS[self.kind]
        ending = f" {self.unit}" if self.kind == "count" else sign
        return f"{more if self.up else less} {abs(self._rounded):,}{ending}".rstrip()

    @property
    def _rounded(self) -> Decimal:
        places = "1" if self.kind == "count" else "0.1"
        return Decimal(repr(float(self.amount))).quantize(Decimal(places), rounding=ROUND_HALF_UP) + 0


def relative(metric: Metric, now: Value, base: Value) -> float | None:
    """Return a change as a number: points of a rate, else per cent; ``None`` without a base or if it is 0."""
    if now is None or base is None or base == 0:
        return None
    difference = float(now) - float(base)
    return difference if metric.unit == "%" else difference / abs(float(base)) * 100


def change(metric: Metric, now: Value, base: Value) -> Change | None:
    """Return the change from ``base`` to ``now`` as people should be told it; ``None`` without a base or if it is 0."""
    amount = relative(metric, now, base)
    if amount is None or now is None or base is None:
        return None
    if metric.unit == "%":
        return Change("points", amount)
    if metric.format == "integer" and abs(float(base)) < SMALL:
        return Change("count", float(now) - float(base), metric.unit)
    return Change("percent", amount)


def change_words(found: Change | None) -> str:
    """Return a change in words, — where there is none."""
    return ABSENT if found is None else found.words
