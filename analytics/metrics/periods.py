"""Periods as leaders say them: what a word such as 2024Q3, 上半年 or 近12个月 covers, and what it is compared with.

Pure calendar arithmetic: a text and a day in, days out. This module must not know any metric, ledger or
database. Days are inclusive at both ends everywhere.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

Grain = Literal["month", "quarter", "half", "year"]
Step = Literal["day", "month", "quarter", "half", "year"]
"""What records can be grouped by: a grain people ask for, or the days of a calendar."""

GRAIN_MONTHS: dict[str, int] = {"month": 1, "quarter": 3, "half": 6, "year": 12}

_FIRST_YEAR, _LAST_YEAR = 2000, 2199
_QUARTERS = "一二三四"


class PeriodError(ValueError):
    """A text is not a period. The message says in Chinese what would be one."""


@dataclass(frozen=True, slots=True)
class Window:
    """The days a figure is taken from.

    ``end`` is the last day counted; ``limit`` is the last day of the whole period, which a record known only to its
    month may reach (a running month still holds its own records).
    """

    start: dt.date
    end: dt.date
    limit: dt.date

    @property
    def whole_months(self) -> bool:
        """Whether it begins with a month and its limit is a month's end."""
        return self.start.day == 1 and self.limit == month_end(self.limit)


@lru_cache(maxsize=4096)
def month_end(day: dt.date) -> dt.date:
    """Return the last day of ``day``'s month."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def shift_months(day: dt.date, months: int) -> dt.date:
    """Return the day ``months`` later (earlier if negative); a month's last day stays a month's last day."""
    index = day.year * 12 + day.month - 1 + months
    first = dt.date(index // 12, index % 12 + 1, 1)
    last = month_end(first)
    return last if day == month_end(day) else first.replace(day=min(day.day, last.day))


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of days with a name.

    Attributes:
        code: The short form that can be typed again (``2024Q3``, ``2024-01..2024-07``).
        label: The Chinese form that is shown (``2024年三季度``).
        start: First day.
        end: Last day.
        cumulative: A running total since the year's start (累计), which has no 环比.
    """

    code: str
    label: str
    start: dt.date
    end: dt.date
    cumulative: bool = False

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise PeriodError(f"统计期的结束（{self.end}）早于开始（{self.start}），请调换两个日期")

    @property
    def months(self) -> int | None:
        """Whole calendar months covered, ``None`` where the period begins or ends inside a month."""
        if self.start.day != 1 or self.end != month_end(self.end):
            return None
        return (self.end.year - self.start.year) * 12 + self.end.month - self.start.month + 1

    @property
    def one_year(self) -> bool:
        """Whether the period lies inside one calendar year (only then an annual target speaks of it)."""
        return self.start.year == self.end.year

    def window(self, as_of: dt.date) -> Window:
        """Return the days of this period that count at ``as_of``."""
        return Window(self.start, min(self.end, as_of), self.end)

    def _shift(self, day: dt.date, months: int) -> dt.date:
        return shift_months(day, months) if self.months is not None else _same_day(day, months)

    def last_year(self) -> Period:
        """Return the same period a year earlier (同比), 29 February becoming 28."""
        return from_days(self._shift(self.start, -12), self._shift(self.end, -12))

    def previous(self) -> Period | None:
        """Return the period of the same length just before (环比), ``None`` for a running total."""
        if self.cumulative:
            return None
        if self.months is not None:
            return from_days(shift_months(self.start, -self.months), self.start - dt.timedelta(days=1))
        length = (self.end - self.start).days + 1
        return from_days(self.start - dt.timedelta(days=length), self.start - dt.timedelta(days=1))

    def last_year_window(self, as_of: dt.date) -> Window:
        """Return the days of last year that compare with this period at ``as_of``: while it runs, the same days."""
        base = self.last_year()
        end = base.end if as_of >= self.end else min(base.end, self._shift(as_of, -12))
        return Window(base.start, end, end)

    def previous_window(self, as_of: dt.date) -> Window | None:
        """Return the days of the period before that compare with this one at ``as_of``."""
        base = self.previous()
        if base is None:
            return None
        if as_of >= self.end:
            end = base.end
        elif self.months is not None:
            end = min(base.end, shift_months(as_of, -self.months))
        else:
            end = min(base.end, as_of - (self.start - base.start))
        return Window(base.start, end, end)

    def year_to_date(self) -> Period:
        """Return from 1 January of the period's last year to the period's end."""
        return from_days(dt.date(self.end.year, 1, 1), self.end)

    def year_share(self, as_of: dt.date) -> float:
        """Return the share of the year (of the period's end) gone by at ``as_of`` or the period's end, 0 to 1."""
        day = min(self.end, as_of)
        first = dt.date(self.end.year, 1, 1)
        days = (dt.date(self.end.year, 12, 31) - first).days + 1
        return max(0, (day - first).days + 1) / days

    def months_begun(self, as_of: dt.date) -> int:
        """Return how many of the period's months have begun by ``as_of``."""
        day = min(self.end, as_of)
        if day < self.start:
            return 0
        return (day.year - self.start.year) * 12 + day.month - self.start.month + 1

    def buckets(self, grain: Step) -> list[Period]:
        """Return the days, months, quarters, halves or years this period touches, the outer ones cut to it."""
        found = []
        start = bucket_start(self.start, grain)
        while start <= self.end:
            end = start if grain == "day" else shift_months(start, GRAIN_MONTHS[grain]) - dt.timedelta(days=1)
            whole = from_days(start, end)
            found.append(replace(whole, start=max(start, self.start), end=min(end, self.end)))
            start = end + dt.timedelta(days=1)
        return found


def bucket_start(day: dt.date, grain: Step) -> dt.date:
    """Return the first day of the month, quarter, half or year that holds ``day``; itself for days."""
    if grain == "day":
        return day
    size = GRAIN_MONTHS[grain]
    return dt.date(day.year, (day.month - 1) // size * size + 1, 1)


_EPOCH = dt.date(1970, 1, 1)


def first_day_of(number: int, grain: Step) -> dt.date:
    """Return the first day of the month, quarter, half or year with this running number, counted from year 0.

    Days are counted from 1 January 1970.
    """
    if grain == "day":
        return _EPOCH + dt.timedelta(days=number)
    size = GRAIN_MONTHS[grain]
    return dt.date(number * size // 12, number * size % 12 + 1, 1)


def _same_day(day: dt.date, months: int) -> dt.date:
    """Shift by months keeping the day's number, clamped to the month's end."""
    index = day.year * 12 + day.month - 1 + months
    first = dt.date(index // 12, index % 12 + 1, 1)
    return first.replace(day=min(day.day, month_end(first).day))


def from_days(start: dt.date, end: dt.date) -> Period:
    """Return the period from ``start`` to ``end``, named as a year, half, quarter or month where it is one."""
    bare = Period("", "", start, end)
    months = bare.months
    year = start.year
    if months == 12 and start.month == 1:
        return replace(bare, code=f"{year}", label=f"{year}年")
    if months == 6 and start.month in (1, 7):
        half = 1 if start.month == 1 else 2
        return replace(bare, code=f"{year}H{half}", label=f"{year}年{'上' if half == 1 else '下'}半年")
    if months == 3 and start.month % 3 == 1:
        quarter = start.month // 3 + 1
        return replace(bare, code=f"{year}Q{quarter}", label=f"{year}年{_QUARTERS[quarter - 1]}季度")
    if months == 1:
        return replace(bare, code=f"{start:%Y-%m}", label=f"{year}年{start.month}月")
    if months is not None:
        label = (
            f"{year}年{start.month}–{end.month}月"
            if year == end.year
            else f"{year}年{start.month}月–{end.year}年{end.month}月"
        )
        return replace(bare, code=f"{start:%Y-%m}..{end:%Y-%m}", label=label)
    if start == end:
        return replace(bare, code=start.isoformat(), label=f"{year}年{start.month}月{start.day}日")
    return replace(bare, code=f"{start}..{end}", label=f"{start}至{end}")


def _month(year: int, month: int) -> Period:
    if not (_FIRST_YEAR <= year <= _LAST_YEAR):
        raise PeriodError(f"年份 {year} 不在 {_FIRST_YEAR} 至 {_LAST_YEAR} 之间")
    if not 1 <= month <= 12:
        raise PeriodError(f"没有 {month} 月")
    first = dt.date(year, month, 1)
    return from_days(first, month_end(first))


def _months(year: int, first: int, last: int) -> Period:
    return from_days(_month(year, first).start, _month(year, last).end)


def _day(year: int, month: int, day: int) -> Period:
    _month(year, month)
    try:
        found = dt.date(year, month, day)
    except ValueError as error:
        raise PeriodError(f"{year}年{month}月没有 {day} 日") from error
    return from_days(found, found)


def _quarter(word: str) -> int:
    number = _QUARTERS.index(word) + 1 if word in _QUARTERS else int(word)
    if not 1 <= number <= 4:
        raise PeriodError(f"没有第 {number} 季度")
    return number


_Y = r"(?P<y>\d{4})\s*年?\s*"
_ABSOLUTE: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Period]], ...] = tuple(
    (re.compile(pattern + r"\Z", re.IGNORECASE), build)
    for pattern, build in (
        (r"(?P<y>\d{4})\s*年?(?:度|全年)?", lambda m: _months(int(m["y"]), 1, 12)),
        (
            _Y + r"[-/.]?\s*(?:Q|第)?(?P<q>[1-4一二三四])\s*季度",
            lambda m: _months(int(m["y"]), _quarter(m["q"]) * 3 - 2, _quarter(m["q"]) * 3),
        ),
        (_Y + r"-?Q(?P<q>\d)", lambda m: _months(int(m["y"]), _quarter(m["q"]) * 3 - 2, _quarter(m["q"]) * 3)),
        (_Y + r"(?:-?H1|上半年)", lambda m: _months(int(m["y"]), 1, 6)),
        (_Y + r"(?:-?H2|下半年)", lambda m: _months(int(m["y"]), 7, 12)),
        (r"(?P<y>\d{4})\s*[-/.年]\s*(?P<m>\d{1,2})\s*月?", lambda m: _month(int(m["y"]), int(m["m"]))),
        (r"(?P<y>\d{4})(?P<m>\d{2})", lambda m: _month(int(m["y"]), int(m["m"]))),
        (
            r"(?P<y>\d{4})\s*[-/.年]\s*(?P<m>\d{1,2})\s*[-/.月]\s*(?P<d>\d{1,2})\s*日?",
            lambda m: _day(int(m["y"]), int(m["m"]), int(m["d"])),
        ),
        (
            r"(?P<y>\d{4})年\s*(?P<a>\d{1,2})\s*月?\s*[-–—~至到]\s*(?P<b>\d{1,2})\s*月(?:累计)?",
            lambda m: _months(int(m["y"]), int(m["a"]), int(m["b"])),
        ),
    )
)

_RELATIVE: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], dt.date], Period]], ...] = tuple(
    (re.compile(pattern + r"\Z"), build)
    for pattern, build in (
        (r"本年度?|今年|全年", lambda _, day: _months(day.year, 1, 12)),
        (r"去年|上年度?", lambda _, day: _months(day.year - 1, 1, 12)),
        (r"本季度?", lambda _, day: _bucket(day, "quarter")),
        (r"上季度?", lambda _, day: _bucket(shift_months(day, -3), "quarter")),
        (r"本月", lambda _, day: _month(day.year, day.month)),
        (r"上个?月", lambda _, day: _bucket(shift_months(day, -1), "month")),
        (r"上半年", lambda _, day: _months(day.year, 1, 6)),
        (r"下半年", lambda _, day: _months(day.year, 7, 12)),
        (r"累计|本年累计|年初至今|今年以来", lambda _, day: _to_date(day)),
        (r"近(?P<n>\d{1,3})个?月", lambda m, day: _last_months(int(m["n"]), day)),
        (
            r"第?(?P<q>[1-4一二三四])季度",
            lambda m, day: _months(day.year, _quarter(m["q"]) * 3 - 2, _quarter(m["q"]) * 3),
        ),
        (r"(?P<m>\d{1,2})月", lambda m, day: _month(day.year, int(m["m"]))),
        (
            r"(?P<a>\d{1,2})月?[-–—~至到](?P<b>\d{1,2})月(?:累计)?",
            lambda m, day: _months(day.year, int(m["a"]), int(m["b"])),
        ),
    )
)


def _bucket(day: dt.date, grain: Grain) -> Period:
    start = bucket_start(day, grain)
    return from_days(start, shift_months(start, GRAIN_MONTHS[grain]) - dt.timedelta(days=1))


def _to_date(day: dt.date) -> Period:
    period = from_days(dt.date(day.year, 1, 1), month_end(day))
    label = f"{day.year}年1–{day.month}月累计" if day.month > 1 else f"{day.year}年1月累计"
    return replace(period, label=label, cumulative=True)


def _last_months(count: int, day: dt.date) -> Period:
    if count < 1:
        raise PeriodError("近 0 个月不是统计期，请至少写 1 个月")
    first = shift_months(day.replace(day=1), 1 - count)
    period = from_days(first, month_end(day))
    return replace(period, label=f"近{count}个月（{period.label}）")


def parse_period(text: str | Period, as_of: dt.date) -> Period:
    """Return the period that ``text`` names; words such as 本月 are taken from ``as_of``.

    Accepted: ``2024``, ``2024-07``, ``2024Q3``, ``2024H1``, ``2024-07-15``, the same in Chinese (2024年三季度),
    ``FROM..TO`` of any of these, 本年 本季 本月 上半年 下半年 上月 上季 去年 累计 近12个月 三季度 7月 1-7月.

    Raises:
        PeriodError: The text names no period.
    """
    if isinstance(text, Period):
        return text
    word = text.strip().replace("　", "").replace(" ", "")
    for sign in ("..", "至", "到", "~"):
        first, found, last = word.partition(sign)
        if found and first and last:
            begin, end = _single(first, as_of), _single(last, as_of)
            if begin is not None and end is not None:
                return from_days(begin.start, end.end)
    period = _single(word, as_of)
    if period is None:
        raise PeriodError(
            f"看不懂统计期“{text}”；可以写 2024、2024-07、2024Q3、2024H1、2024-01..2024-07，"
            "或 本年、本季、本月、上半年、累计、近12个月"
        )
    return period


def _single(word: str, as_of: dt.date) -> Period | None:
    for pattern, build in _ABSOLUTE:
        match = pattern.match(word)
        if match:
            return build(match)
    for pattern, build_from in _RELATIVE:
        match = pattern.match(word)
        if match:
            return build_from(match, as_of)
    return None
