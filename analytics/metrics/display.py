"""How figures are written for people in Chinese: 万 and 亿, percent signs, — for what is absent. Pure text."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from analytics.metrics.model import Metric

ABSENT = "—"
_LARGE = ((Decimal(10) ** 8, "亿"), (Decimal(10) ** 4, "万"))


def format_value(metric: Metric, value: int | float | Decimal | None) -> str:
    """Return a figure as a card shows it: ``7.12万``, ``35.4%``, ``3.0``, ``—``. The unit's word is not included.

    From ten thousand up, two decimals of 万 (or 亿) are kept; ``exact_value`` gives all digits.
    """
    if value is None:
        return ABSENT
    number = _decimal(value)
    if metric.unit == "%":
        return f"{_fixed(number, metric.decimals)}%"
    for size, word in _LARGE:
        # What would round up to the next unit is written in that unit (9999.6 with no decimals is 1万).
        if abs(number) >= size or abs(_round(number, metric.decimals)) >= size:
            return f"{_trimmed(_round(number / size, 2))}{word}"
    return _fixed(number, metric.decimals)


def exact_value(metric: Metric, value: int | float | Decimal | None) -> str:
    """Return a figure with every digit and thousands separators: ``71,234``."""
    if value is None:
        return ABSENT
    text = f"{_round(_decimal(value), metric.decimals):,}"
    return f"{text}%" if metric.unit == "%" else text


def format_percent(value: float | None) -> str:
    """Return a share in percent: ``101.8%``, ``—``."""
    return ABSENT if value is None else f"{_round(_decimal(value), 1)}%"


def _decimal(value: int | float | Decimal) -> Decimal:
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def _round(value: Decimal, places: int) -> Decimal:
    # Half up, as people round; adding 0 turns a negative zero into zero.
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP) + 0


def _fixed(value: Decimal, places: int) -> str:
    return str(_round(value, places))


def _trimmed(value: Decimal) -> str:
    text = str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text
