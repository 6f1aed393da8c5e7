"""The grammar of written dates: one text to a start and an end, each as precise as it was written.

Years that are not written stay unknown here; ``dates`` finds them. This module must not know columns.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from analytics.etl.values.numerals import digits_of, parse_numeral

Fault = Literal["unreadable", "invalid", "ambiguous", "no_month"]
Precision = Literal["dekad", "month", "quarter", "half", "year"]

_NUMERAL = re.compile(
    r"[〇零一二三四五六七八九十廿卅]+(?=年|月|日|号|季|至|到|-|~|—)|(?<=[月至到~—-])[〇零一二三四五六七八九十廿卅]+$|^[〇零一二三四五六七八九]{4}$"
)
_SEPARATOR = re.compile(r"\s*(?:——|--|~~|[-~—–―‐‑−─至到])\s*")
_HEAD = re.compile(r"^(?:时间|日期|自|从|于|在|截至|截止到?|最迟|限|即日起?至):?(?=\d|上|下|全|第|本)")
_UNTIL = ("截", "最迟", "限", "即日")
_NEXT_YEAR = re.compile(r"^(?:次|翌|来|第二)年(?=\d)")
_BEFORE = re.compile(r"(?:之前|以前|前|止|截止|前完成|前整改到位|前整改完毕|前完成整改|前整改完成|前销号|完成)$")
_FROM = re.compile(r"(?:起|开始)(?:施行|实施|执行|生效)?$")

_Y4 = r"(?P<y>\d{4})"
_Y2 = r"(?P<yy>\d{2})"
_M = r"(?P<m>\d{1,2})"
_D = r"(?P<d>\d{1,2})"
_PART = r"(?:份)?(?:的)?(?P<part>上旬|中旬|下旬|旬末|初|中|底|末|月底|月末)?"
_FULL = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_Y4}(?:年度?)(?P<m>\d{{1,2}})月{_D}[日号]?",
        rf"{_Y4}年{_M}[./-]{_D}[日号]?",
        rf"{_Y4}(?P<sep>[./-]){_M}(?P=sep){_D}[日号]?",
        rf"{_Y4}[./-]{_M}月{_D}[日号]?",
        r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})",
        rf"{_Y2}年{_M}月{_D}[日号]?",
        rf"{_Y2}(?P<sep>[./-]){_M}(?P=sep){_D}[日号]?",
    )
)
_MONTH = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:{_Y4}年度?)?(?P<m>\d{{1,2}})月{_PART}",
        rf"{_Y4}[./-](?P<m>\d{{1,2}})月{_PART}",
        rf"{_Y2}年(?P<m>\d{{1,2}})月{_PART}",
        rf"{_Y4}[./-](?P<m>\d{{1,2}})",
        r"(?P<y>\d{4})(?P<m>\d{2})",
    )
)
_MONTH_DAY = tuple(re.compile(pattern) for pattern in (rf"{_M}月{_D}[日号]?", rf"{_M}[./]{_D}[日号]?"))
_DAY = re.compile(rf"{_D}[日号]")
_QUARTER = re.compile(
    r"(?:(?P<y>\d{4})(?:年度?|[./-])?|(?P<yy>\d{2})年)?\s*"
    r"(?:第?(?P<q>[1-4])季度?|q(?P<q2>[1-4]))(?P<part>末|底)?",
    re.IGNORECASE,
)
_HALF = re.compile(r"(?:(?P<y>\d{4})年?|(?P<yy>\d{2})年)?度?(?P<h>上|下)半年(?P<part>末|底)?")
_YEAR = re.compile(
    r"(?:(?P<y>\d{4})|(?P<yy>\d{2}))年度?(?:年?(?P<part>底|末|内)|全年)?"
    r"|(?P<part2>(?:本|当|今)?年[底末内]|全年|本年度?|当年|今年)"
)
_THIS_MONTH = re.compile(r"(?:本|当)月(?P<part>上旬|中旬|下旬|底|末|初|中)?(?:之内|内)?|月(?P<end>底|末)")


@dataclass(frozen=True, slots=True)
class Part:
    """One end of a span, as precise as written. ``None`` year or month: not written."""

    year: int | None
    month: int | None = None
    day: int | None = None
    last_day: int | None = None
    months: int = 1
    precision: Precision | None = None
    short_year: bool = False
    explicit_month: bool = True
    at_end: bool = False
    next_year: bool = False
    """Written as of the year after the start's: 次年1月2日."""

    def bounds(self) -> tuple[dt.date, dt.date] | None:
        """Return first and last day; ``None`` if there is no such day. The year must be known."""
        if self.year is None or self.month is None or not 1 <= self.month <= 12:
            return None
        final = self.month + self.months - 1
        length = calendar.monthrange(self.year, final)[1]
        first = self.day or 1
        last = self.last_day or (self.day if self.day is not None else length)
        if first > calendar.monthrange(self.year, self.month)[1]:
            return None
        last = min(last, length) if self.last_day else last
        return dt.date(self.year, self.month, first), dt.date(self.year, final, last)


@dataclass(frozen=True, slots=True)
class Span:
    """What a text says: a start, maybe an end. ``before``: written as 前; ``at_end``: 底, so its last day."""

    start: Part
    end: Part | None = None
    before: bool = False
    at_end: bool = False
    month_inferred: bool = False


def read_span(text: str, short_years: tuple[int, int], month: int | None) -> Span | Fault:
    """Read a text (words, weekday and times already taken off).

    Args:
        text: Normalised text.
        short_years: The years, inclusive, in which a two-digit year is believed.
        month: The month the surroundings state, for a day without one.
    """
    text = _NUMERAL.sub(lambda match: _ascii(match.group()), text)
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r"(?<!\d) | (?!\d)", "", text)
    text = re.sub(r"(?<=[年月./-]) (?=\d)", "", text)
    head = _HEAD.match(text)
    before = head is not None and head.group().startswith(_UNTIL)
    text = _HEAD.sub("", text)
    stripped = _BEFORE.sub("", text)
    if stripped != text:
        text, before = stripped, True
    starting = _FROM.sub("", text)
    if starting != text:
        text = starting
    text = text.rstrip(".。,")
    if not text or " " in text:
        return "unreadable"
    if re.fullmatch(r"\d{1,2}-\d{1,2}", text):
        return "ambiguous"  # 7-10 is a day, two days of a month, or two months
    single = _part(text, short_years, month)
    if isinstance(single, Part):
        return _span(single, None, before)
    found: dict[tuple[Part, Part], None] = {}
    fault: Fault = single
    for first, last in _splits(text):
        pair = _pair(first, last, short_years, month)
        if isinstance(pair, tuple):
            found[pair] = None
        elif pair == "invalid":
            fault = "invalid"
        elif pair == "no_month" and fault == "unreadable":
            fault = "no_month"
    if len(found) > 1:
        return "ambiguous"
    if not found:
        return fault
    (start, end), *_ = found
    return _span(start, end, before)


def _ascii(numeral: str) -> str:
    digits = digits_of(numeral) if len(numeral) > 1 or numeral in "〇零" else None
    if digits is not None:
        return digits
    value = parse_numeral(numeral)
    return str(value.value) if value is not None else numeral


def _span(start: Part, end: Part | None, before: bool) -> Span:
    last = end or start
    inferred = not start.explicit_month
    return Span(start, end, before=before, at_end=last.at_end, month_inferred=inferred)


def _splits(text: str) -> Iterator[tuple[str, str]]:
    """Give every way to cut a text in two at a sign that can mean "to"; 至 and 到 cut before hyphens do."""
    strong = [match for match in _SEPARATOR.finditer(text) if match.group().strip() not in ("-", "−", "‐", "‑")]
    for match in strong or list(_SEPARATOR.finditer(text)):
        first, last = text[: match.start()], text[match.end() :]
        if first and last:
            yield first, last


def _pair(first: str, last: str, short_years: tuple[int, int], month: int | None) -> tuple[Part, Part] | Fault:
    """Read both ends; what the end leaves out it takes from the start, a bare number its unit from the other."""
    start: Part | Fault
    end: Part | Fault
    if re.fullmatch(r"\d{1,2}[日号]?", last) and not re.fullmatch(r"\d{1,2}[日号]?", first):
        start = _part(first, short_years, month)
        if isinstance(start, Part):
            if start.day is not None and start.last_day is None:
                end = replace(start, day=int(last.rstrip("日号")), at_end=False)
                return _checked(start, end)
            return "unreadable"
        return start
    if re.fullmatch(r"\d{4}-\d{1,2}-\d{1,2}", first) and re.fullmatch(r"\d{1,2}-\d{1,2}", last):
        last = last.replace("-", "/")  # 2024-7-10-7-12
    following = _NEXT_YEAR.sub("", last)
    end = _part(following, short_years, month)
    if not isinstance(end, Part):
        return end
    if following != last:
        end = replace(end, next_year=True)
    bare = re.fullmatch(r"(?:(\d{4})年)?(\d{1,2})", first)
    if bare:
        number = int(bare[2])
        year = int(bare[1]) if bare[1] else end.year
        if end.precision == "month" and "月" in last:  # 3-5月
            start = replace(end, year=year, month=number)
        elif end.day is not None and not end.explicit_month and not bare[1]:  # 10-12日
            start = replace(end, day=number)
        else:
            return "unreadable"
        return _checked(start, replace(end, year=end.year if end.year is not None else year))
    start = _part(first, short_years, month)
    if isinstance(start, str):
        return start
    if not end.explicit_month and end.day is not None:
        end = replace(end, month=start.month, year=start.year, explicit_month=start.explicit_month)
    return _checked(start, end)


def _checked(start: Part, end: Part) -> tuple[Part, Part] | Fault:
    if start.precision != end.precision and not (end.at_end and start.precision in (None, "month")):
        return "unreadable"  # 2024年至8月15日 is no range
    for part in (start, end):
        if part.month is None:
            return "no_month"
        if not 1 <= part.month <= 12:
            return "invalid"
    return start, end


def _year(match: re.Match[str], short_years: tuple[int, int]) -> tuple[int | None, bool] | None:
    """Return a match's year and whether it had two digits; ``None`` if two digits are not believed.

    Behind 年 they can be nothing but a year: any up to the last that is believed.
    """
    groups = match.groupdict()
    if groups.get("y"):
        return int(groups["y"]), False
    if groups.get("yy"):
        year = 2000 + int(groups["yy"])
        first = 2000 if match.string.startswith("年", match.end("yy")) else short_years[0]
        return (year, True) if first <= year <= short_years[1] else None
    return None, False


def _part(text: str, short_years: tuple[int, int], month: int | None) -> Part | Fault:
    """Read one end of a span."""
    for pattern in _FULL:
        match = pattern.fullmatch(text)
        if match:
            year = _year(match, short_years)
            if year is None:
                return "unreadable"
            return _valid(Part(year[0], int(match["m"]), int(match["d"]), short_year=year[1]))
    for pattern in _MONTH:
        match = pattern.fullmatch(text)
        if match:
            year = _year(match, short_years)
            if year is None:
                return "unreadable"
            whole = Part(year[0], int(match["m"]), precision="month", short_year=year[1])
            return _valid(_within(whole, match.groupdict().get("part")))
    for pattern in _MONTH_DAY:
        match = pattern.fullmatch(text)
        if match:
            return _valid(Part(None, int(match["m"]), int(match["d"])))
    match = _DAY.fullmatch(text)
    if match:
        if month is None:
            return "no_month"
        return _valid(Part(None, month, int(match["d"]), explicit_month=False))
    return _period(text, short_years, month)


def _period(text: str, short_years: tuple[int, int], month: int | None) -> Part | Fault:
    """Read a quarter, a half, a year, or 本月."""
    kinds: tuple[tuple[re.Pattern[str], int, Precision], ...] = (
        (_QUARTER, 3, "quarter"),
        (_HALF, 6, "half"),
        (_YEAR, 12, "year"),
    )
    for pattern, months, precision in kinds:
        match = pattern.fullmatch(text)
        if match is None:
            continue
        year = _year(match, short_years)
        if year is None:
            return "unreadable"
        first = 1
        if months == 3:
            first = 3 * int(match["q"] or match["q2"]) - 2
        elif months == 6:
            first = 1 if match["h"] == "上" else 7
        groups = match.groupdict()
        ending = (groups.get("part") or groups.get("part2") or "").endswith(("底", "末"))
        return Part(year[0], first, months=months, precision=precision, short_year=year[1], at_end=ending)
    match = _THIS_MONTH.fullmatch(text)
    if match:
        if month is None:
            return "no_month"
        return _within(Part(None, month, precision="month", explicit_month=False), match["part"] or match["end"])
    if re.fullmatch(r"\d{4}", text):
        return Part(int(text), 1, months=12, precision="year")
    return "unreadable"


def _within(part: Part, word: str | None) -> Part:
    """Narrow a month to the third of it that a word names."""
    if word is None:
        return part
    if word in ("上旬", "初"):
        return replace(part, day=1, last_day=10, precision="dekad")
    if word in ("中旬", "中"):
        return replace(part, day=11, last_day=20, precision="dekad")
    return replace(part, day=21, last_day=31, precision="dekad", at_end=word != "下旬")


def _valid(part: Part) -> Part | Fault:
    """Hold a part to the calendar as far as it is known; a 29 February waits for its year."""
    if part.month is None or not 1 <= part.month <= 12:
        return "invalid"
    if part.day is not None and part.last_day is None:
        length = calendar.monthrange(part.year if part.year is not None else 2024, part.month)[1]
        if not 1 <= part.day <= length:
            return "invalid"
    return part
