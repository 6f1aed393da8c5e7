"""Periods as leaders say them: what a word such as 2024Q3, 上半年 or 近12个月 covers, and what it is compared with.

Pure calendar arithmetic: a text and a day in, days out. This module must not know any metric or database; of ledgers
it knows the names of campaigns, which count in a year of their own. Days are inclusive at both ends everywhere.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from analytics.ledgers.model import campaigns

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


def _quarters(year: int, first: int, last: int) -> Period:
    if not 1 <= last <= 4:
        raise PeriodError(f"没有第 {last} 季度")
    return _months(year, first * 3 - 2, last * 3)


def _half(year: int, number: int) -> Period:
    if number not in (1, 2):
        raise PeriodError("一年只有上半年（H1）和下半年（H2）")
    return _months(year, number * 6 - 5, number * 6)


_Found = re.Match[str]
_Y = r"(?P<y>\d{4})"
_IN_YEAR: tuple[tuple[re.Pattern[str], Callable[[_Found, int], Period]], ...] = tuple(
    (re.compile(rf"(?:{_Y}[-/.年]?)?(?:{pattern})", re.IGNORECASE), build)
    for pattern, build in (
        (r"Q(?P<q>\d)", lambda m, y: _quarters(y, int(m["q"]), int(m["q"]))),
        (r"第?(?P<q>\d)季度?", lambda m, y: _quarters(y, int(m["q"]), int(m["q"]))),
        (r"前(?P<q>\d)个?季度", lambda m, y: _quarters(y, 1, int(m["q"]))),
        (r"H(?P<h>\d)", lambda m, y: _half(y, int(m["h"]))),
        (r"上半年", lambda _, y: _half(y, 1)),
        (r"下半年", lambda _, y: _half(y, 2)),
        (r"前(?P<m>\d{1,2})个?月", lambda m, y: _months(y, 1, int(m["m"]))),
        (r"(?P<m>\d{1,2})月", lambda m, y: _month(y, int(m["m"]))),
        (r"(?P<a>\d{1,2})月?[-~至到](?P<b>\d{1,2})月", lambda m, y: _months(y, int(m["a"]), int(m["b"]))),
        (r"(?P<m>\d{1,2})月(?P<d>\d{1,2})日?", lambda m, y: _day(y, int(m["m"]), int(m["d"]))),
        (r"(?P<m>\d{1,2})月(?P<t>[上中下])旬", lambda m, y: _ten_days(y, int(m["m"]), "上中下".index(m["t"]))),
    )
)
"""Forms that may stand without a year; it is then the one they are told in."""

_WITH_YEAR: tuple[tuple[re.Pattern[str], Callable[[_Found], Period]], ...] = tuple(
    (re.compile(_Y + pattern), build)
    for pattern, build in (
        (r"年?(?:度|全年)?", lambda m: _months(int(m["y"]), 1, 12)),
        (r"[-/.年](?P<m>\d{1,2})", lambda m: _month(int(m["y"]), int(m["m"]))),
        (r"(?P<m>\d{2})", lambda m: _month(int(m["y"]), int(m["m"]))),
        (r"[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})日?", lambda m: _day(int(m["y"]), int(m["m"]), int(m["d"]))),
        (r"(?P<m>\d{2})(?P<d>\d{2})", lambda m: _day(int(m["y"]), int(m["m"]), int(m["d"]))),
    )
)

_RELATIVE: tuple[tuple[re.Pattern[str], Callable[[_Found, dt.date], Period]], ...] = tuple(
    (re.compile(pattern), build)
    for pattern, build in (
        (r"全年", lambda _, day: _months(day.year, 1, 12)),
        (r"(?:[本当]季|这个季)度?", lambda _, day: _bucket(day, "quarter")),
        (r"上个?季度?", lambda _, day: _bucket(shift_months(day, -3), "quarter")),
        (r"[本当]月|这个?月", lambda _, day: _month(day.year, day.month)),
        (r"上个?月", lambda _, day: _bucket(shift_months(day, -1), "month")),
        (r"[本这]周", lambda _, day: _week(day)),
        (r"上周", lambda _, day: _week(day - dt.timedelta(days=7))),
        (r"[今当]天|今日", lambda _, day: from_days(day, day)),
        (r"昨[天日]", lambda _, day: from_days(day - dt.timedelta(days=1), day - dt.timedelta(days=1))),
        (r"近(?P<n>\d{1,3})个?月", lambda m, day: _last_months(int(m["n"]), day)),
        (r"近(?P<n>\d{1,2})个?季度", lambda m, day: _last_months(int(m["n"]) * 3, day)),
        (r"近半年", lambda _, day: _last_months(6, day)),
        (r"近(?P<n>\d{1,2})年", lambda m, day: _last_months(int(m["n"]) * 12, day)),
        (r"近(?P<n>\d{1,3})[天日]", lambda m, day: _last_days(int(m["n"]), day)),
        (r"近(?P<n>\d{1,2})个?周", lambda m, day: _last_days(int(m["n"]) * 7, day)),
    )
)

_BETWEEN = ("..", "至", "到", "~", "-")
"""What may stand between the two ends of a stretch."""
_YEARS_BACK = {"今年": 0, "本年": 0, "当年": 0, "去年": 1, "上年": 1, "前年": 2}
_DIGITS = {word: number for number, word in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_NUMBER = re.compile(r"[一二三四五六七八九十两]+(?=个?(?:月|天|日|周|年|季|号))")
_SINCE = re.compile(r"(.+?)(?:以来|至今|到现在)")
_YEAR_BEGIN = frozenset({"年初", "元旦"})


def _bucket(day: dt.date, grain: Grain) -> Period:
    start = bucket_start(day, grain)
    return from_days(start, shift_months(start, GRAIN_MONTHS[grain]) - dt.timedelta(days=1))


def _week(day: dt.date) -> Period:
    monday = day - dt.timedelta(days=day.weekday())
    return from_days(monday, monday + dt.timedelta(days=6))


def _ten_days(year: int, month: int, third: int) -> Period:
    whole = _month(year, month)
    first = whole.start.replace(day=1 + 10 * third)
    return from_days(first, whole.end if third == 2 else first + dt.timedelta(days=9))


def _running(period: Period) -> Period:
    """Return a stretch from 1 January as the running total it is."""
    return replace(period, label=f"{period.label}累计", cumulative=True)


def _to_date(day: dt.date) -> Period:
    period = from_days(dt.date(day.year, 1, 1), month_end(day))
    label = f"{day.year}年1–{day.month}月" if day.month > 1 else f"{day.year}年1月"
    return _running(replace(period, label=label))


def _last_months(count: int, day: dt.date) -> Period:
    if count < 1:
        raise PeriodError("近 0 个月不是统计期，请至少写 1 个月")
    first = shift_months(day.replace(day=1), 1 - count)
    period = from_days(first, month_end(day))
    return replace(period, label=f"近{count}个月（{period.label}）")


def _last_days(count: int, day: dt.date) -> Period:
    if count < 1:
        raise PeriodError("近 0 天不是统计期，请至少写 1 天")
    period = from_days(day - dt.timedelta(days=count - 1), day)
    return replace(period, label=f"近{count}天（{period.label}）")


def parse_period(text: str | Period, as_of: dt.date) -> Period:
    """Return the period that ``text`` names; words such as 本月 are taken from ``as_of``.

    Accepted: ``2024``, ``2024-07``, ``2024Q3``, ``2024H1``, ``2024-07-15``, the same in Chinese (2024年三季度, 七月份),
    ``FROM..TO`` of any of these (also 至, 到, -), 本年 本季 本月 上半年 下半年 上月 上季 去年 去年7月 累计 1-7月累计
    前三季度 近12个月 近一年 近30天 7月以来, and a campaign of a year (2024年度冬送温暖), which counts in that year.

    Raises:
        PeriodError: The text names no period.
    """
    if isinstance(text, Period):
        return text
    word = _plain(text)
    if "同期" in word:
        raise PeriodError(f"“{text}”没有说是哪一段的同期；请写明，例如 去年1-7月，或直接看本期指标旁的同比")
    period = _read(word, as_of)
    if period is None:
        raise PeriodError(
            f"看不懂统计期“{text}”；可以写 2024、2024-07、2024Q3、2024H1、2024-01..2024-07，"
            "或 本年、本季、本月、上半年、去年7月、累计、近12个月、近30天"
        )
    return period


def _plain(text: str) -> str:
    """Return a text with one way of writing for what is written in several."""
    word = "".join(unicodedata.normalize("NFKC", text).split())
    word = re.sub("[‐‑‒–—―−]+", "-", word).replace("〜", "~").replace("...", "..").replace("…", "..")
    word = re.sub("[〇零一二三四五六七八九]{4}(?=年)", lambda m: "".join(str(_DIGITS[sign]) for sign in m[0]), word)
    word = _NUMBER.sub(lambda m: str(_number(m[0])), word)
    word = re.sub(r"^(\d{2})(?=年\d|年?$)", r"20\1", word) if re.match(r"\d{2}年", word) else word
    return word.replace("月份", "月").replace("号", "日").replace("最近", "近").replace("过去", "近")


def _number(word: str) -> int:
    """Return a Chinese number below 100; ``-1``, which is no month or quarter, for what is none."""
    tens, ten, ones = word.rpartition("十")
    if len(tens) > 1 or len(ones) > 1:
        return -1
    return (_DIGITS[tens] if tens else 1) * 10 * bool(ten) + (_DIGITS[ones] if ones else 0)


def _read(word: str, day: dt.date) -> Period | None:
    found = _since(word, day) or _single(word, day, day.year)
    if found is not None:
        return found
    if word.endswith("累计"):
        return _total(word.removesuffix("累计"), day)
    for sign in _BETWEEN:
        at = word.find(sign)
        while at > 0:
            begin = _single(word[:at], day, day.year)
            # The second end stands in the year (and a bare day in the month) of the first: 去年7月至9月, 7月1日-15日.
            last = word[at + len(sign) :]
            if begin is not None and re.fullmatch(r"\d{1,2}日", last):
                last = f"{begin.start.month}月{last}"
            end = _single(last, day, begin.start.year) if begin is not None else None
            if begin is not None and end is not None:
                return from_days(begin.start, end.end)
            at = word.find(sign, at + 1)
    return None


def _since(word: str, day: dt.date) -> Period | None:
    found = _SINCE.fullmatch(word)
    if found is None:
        return None
    if found[1] in _YEAR_BEGIN:
        return _to_date(day)
    begin = _single(found[1], day, day.year)
    if begin is None:
        return None
    return _to_date(day) if begin.start == dt.date(day.year, 1, 1) else from_days(begin.start, day)


def _total(word: str, day: dt.date) -> Period | None:
    """Return the running total up to the end of what ``word`` names."""
    base = _read(word, day) if word else _months(day.year, 1, 12)
    if base is None or (base.start.month, base.start.day) != (1, 1):
        if base is not None and base.months == 1:
            total = f"{base.start.year}年1-{base.start.month}月累计"
            raise PeriodError(f"“{word}累计”说不清是一个月还是从1月起；请写 {base.code}，或 {total}")
        return base
    return _to_date(day) if base.code == f"{day.year}" else _running(base)


def _single(word: str, day: dt.date, year: int) -> Period | None:
    """Return one stretch; without a year it lies in ``year``."""
    for said, back in _YEARS_BACK.items():
        if word.startswith(said):
            word = f"{day.year - back}年{word.removeprefix(said).removeprefix('的')}"
    for campaign in campaigns():
        named = re.fullmatch(rf"(\d{{4}})年?度?的?{campaign}", word)
        if named:
            word = named[1]
    for pattern, whole in _WITH_YEAR:
        match = pattern.fullmatch(word)
        if match:
            return whole(match)
    for pattern, inside in _IN_YEAR:
        match = pattern.fullmatch(word)
        if match:
            return inside(match, int(match["y"] or year))
    for pattern, build in _RELATIVE:
        match = pattern.fullmatch(word)
        if match:
            return build(match, day)
    return None
