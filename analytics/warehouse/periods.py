"""The stated period of an upload (2024, 2024-07, 2024Q3, 2024H1, from..to) as first and last day.

Only what storage needs: which records a replacement covers. What a leader may ask for is a matter of the metrics.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re

_SHAPES = (
    re.compile(r"(?P<year>\d{4})年?"),
    re.compile(r"(?P<year>\d{4})[-/.年]?(?P<month>0[1-9]|1[0-2]|(?<=[-/.年])[1-9])月?"),
    re.compile(r"(?P<year>\d{4})-?[Qq](?P<quarter>[1-4])"),
    re.compile(r"(?P<year>\d{4})-?[Hh](?P<half>[12])"),
    re.compile(r"(?P<day>\d{4}-\d{2}-\d{2})"),
)
_BETWEEN = re.compile(r"\.\.|至|到|~")


def _months(year: int, first: int, last: int) -> tuple[dt.date, dt.date]:
    return dt.date(year, first, 1), dt.date(year, last, calendar.monthrange(year, last)[1])


def span(period: str | None) -> tuple[dt.date, dt.date] | None:
    """Return the first and last day of ``period``, or ``None`` if it is not one we understand."""
    text = (period or "").strip()
    ends = _BETWEEN.split(text)
    if len(ends) == 2:
        from_, to = span(ends[0]), span(ends[1])
        return (from_[0], to[1]) if from_ and to and from_[0] <= to[1] else None
    for shape in _SHAPES:
        match = shape.fullmatch(text)
        if not match:
            continue
        part = match.groupdict()
        try:
            if part.get("day"):
                day = dt.date.fromisoformat(part["day"])
                return day, day
            year = int(part["year"])
            if part.get("month"):
                return _months(year, int(part["month"]), int(part["month"]))
            if part.get("quarter"):
                return _months(year, 3 * int(part["quarter"]) - 2, 3 * int(part["quarter"]))
            if part.get("half"):
                return _months(year, 6 * int(part["half"]) - 5, 6 * int(part["half"]))
            return _months(year, 1, 12)
        except ValueError:
            return None
    return None


def within(inner: str | None, outer: tuple[dt.date, dt.date]) -> bool:
    """Tell whether the stated period ``inner`` lies wholly inside ``outer``."""
    days = span(inner)
    return days is not None and outer[0] <= days[0] and days[1] <= outer[1]
