"""Dates as ledgers hold them: real date cells, serial numbers, and every way of writing a day or a stretch.

A day is never guessed: what is missing is taken only from the surroundings and said so, what can be read
in two ways is refused. How the words are read is in ``periods``. This module must not know tables.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from analytics.etl.codes import Issue, issue
from analytics.etl.values.model import Context, Parsed
from analytics.etl.values.numerals import parse_numeral
from analytics.etl.values.periods import Fault, Span, read_span
from analytics.etl.values.text import normalise, number_text, shown
from analytics.ledgers.model import Column

FIRST_YEAR = 2000
_EPOCH = dt.date(1899, 12, 30)
_DAYS_1904 = 1462
_WEEKDAYS = "一二三四五六日"

_LONG_TERM = re.compile(
    r"(?:并|且|需|须|应|要)?(?:长期坚持(?:推进|整改|落实)?|长期(?:整改|推进|落实|有效)?|常态化(?:坚持|推进|整改|落实)?"
    r"|持续坚持|持续(?:推进|整改|落实|改进)|常抓不懈|坚持长期|长期性工作|永久坚持)"
)
_IMMEDIATE = re.compile(
    r"立行立改|立即整改|即知即改|立查立改|立整立改|即行即改|边查边改|边整边改|立即改正|即时整改|马上整改|当场整改|现场整改|立改|立即(?:落实|办理|执行)?$"
)
_JOINING = re.compile(r"[,;、。.并且后和及+/\s()]+")
_WEEKDAY = re.compile(
    r"(?<=[日号\d\s(])\(?(?:星期|周|礼拜)([一二三四五六日天])\)?(?=$|[\s(),至到~—-]|[上下中]午|早|晚|全天|\d{1,2}[:时点])"
)
_BARE_WEEKDAY = re.compile(r"(?<=[日号\d])\(([一二三四五六日天])\)$")
_DAYS_NOTE = re.compile(r"\(?共?计?(?:(\d{1,3})|(?<=[日号(共计])([一二两三四五六七八九十]{1,3}))天\)?$")
_DAY_PART = r"(?:凌晨|清晨|早晨|早上|上午|中午|正午|下午|午后|傍晚|晚上|晚间|全天|整天|夜间|晚)"
_CLOCK = r"(?<!\d)(?:[01]?\d|2[0-4])(?::[0-5]\d(?::[0-5]\d(?:\.\d+)?)?|[时点](?:半|整|一刻|[0-5]?\d分?)?)(?!\d)"
_ALONE = r"(?![年月日号季旬度底末半])"
_TIMES = re.compile(
    rf"(?:(?<=\d)t(?=\d{{2}}:)|\s)*\(?\s*(?:{_DAY_PART}\s*)?{_CLOCK}"
    rf"(?:\s*(?:[-~至到—–]+)\s*{_DAY_PART}?\s*{_CLOCK})?(?:z|\s*[ap]m|[+-]\d{{2}}:\d{{2}})?\s*\)?{_ALONE}"
    rf"|\(?{_DAY_PART}\)?{_ALONE}",
    re.IGNORECASE,
)
_LUNAR = re.compile(
    r"农历|阴历|旧历|正月|腊月|冬月|闰|初[一二三四五六七八九十]|廿[一二三四五六七八九](?![日号年])|大年|除夕|春节|元宵|清明|端午|中秋|重阳|"
    r"国庆|元旦|劳动节|建党|节前|节后|节日|期间|立春|立夏|立秋|立冬|冬至|暑假|寒假|汛期|"
    r"(?<![〇零一二三四五六七八九十\d])(?:五一|十一|七一|三八|八一)(?![〇零一二三四五六七八九十月日号\d])"
)
_LUNAR_NOTE = re.compile(r"(?<=[日号\d])\((?:农历|阴历)[^()]*\)$")
"""The same day by the other calendar, behind one that needs no help."""
_WORDY = re.compile(
    r"待定|另行|适时|近期|尽快|不定期|定期|随时|日常|每[月周年日季天]|平时|根据|视|择日|拟|计划|预计|暂定|约|左右|上下|已|未|按"
)
_SEVERAL = re.compile(r"[、,;和及]|\d\s+\d")
_PAUSED = re.compile(r"^(20\d{2})[、,](1[0-2]|0?[1-9])[、,](3[01]|[12]\d|0?[1-9])日?$")
"""2024、7、20: with a whole year in front there is only one way to read it."""
_DOTS = re.compile(r"(?<=\d)\s*[。·]\s*(?=\d)")
_YEAR_APART = re.compile(r"^[(\[](20\d{2}|\d{2}(?=年))年?[)\]]\s*(?=\d)")
"""（2024年）3月5日: the year in brackets of its own."""
_THIS_YEAR = re.compile(r"^(?:[本今]年度?|当年)(?=\d{1,2}[月.])")
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED = "(?P<month>" + "|".join(_MONTH_NAMES) + ")[a-z]{0,6}"
_ENGLISH = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?P<day>\d{{1,2}})[-/ ]{_NAMED}(?:[-/ ](?P<year>\d{{4}}|\d{{2}}))?",
        rf"{_NAMED}\.? (?P<day>\d{{1,2}}),? (?P<year>\d{{4}})",
        rf"{_NAMED}-(?P<year>\d{{4}}|\d{{2}})",
    )
)
"""How a sheet shows days in its English formats, once it has been saved as text: 5-Mar-24, Mar-24."""
_ODD_DASH = re.compile(r"(\d{4})([—–―‐‑−\\])(\d{1,2})\2(\d{1,2})")


@dataclass(frozen=True, slots=True)
class _Frame:
    """One column's parse: where sentences get their label from."""

    column: Column
    raw: Any
    context: Context

    def issue(self, code: str, **values: Any) -> Issue:
        return issue(code, label=self.column.label, raw=shown(self.raw), **values)

    def refuse(self, code: str, **values: Any) -> Parsed:
        return Parsed(issues=(self.issue(code, **values),))

    @property
    def last_year(self) -> int:
        return self.context.today.year + 1


def parse_date(column: Column, raw: Any, context: Context) -> Parsed:
    """Parse one cell of a date column. Blanks, 同上 and error cells come not here."""
    frame = _Frame(column, raw, context)
    if isinstance(raw, dt.datetime):
        return _day(frame, raw.date())
    if isinstance(raw, dt.date):
        return _day(frame, raw)
    if isinstance(raw, (dt.time, dt.timedelta)):
        return frame.refuse("VAL-DATE-TIME-ONLY")
    if isinstance(raw, bool):
        return frame.refuse("VAL-DATE-UNREADABLE")
    if isinstance(raw, Decimal) and not raw.is_finite():
        return frame.refuse("VAL-DATE-UNREADABLE")
    if isinstance(raw, (int, float, Decimal)):
        return _number(frame, number_text(raw if isinstance(raw, int) else float(raw)))
    if isinstance(raw, str):
        return _text(frame, raw)
    return frame.refuse("VAL-DATE-UNREADABLE")


def _day(frame: _Frame, day: dt.date, issues: tuple[Issue, ...] = ()) -> Parsed:
    if not FIRST_YEAR <= day.year <= frame.last_year:
        return frame.refuse("VAL-DATE-RANGE", last=frame.last_year)
    return Parsed(day, issues=issues)


def serial_day(serial: int, date1904: bool) -> dt.date | None:
    """Return the day a spreadsheet's serial number stands for, ``None`` if it is not a day of the calendar."""
    try:
        return _EPOCH + dt.timedelta(days=serial + (_DAYS_1904 if date1904 else 0))
    except OverflowError:
        return None


def _serial(frame: _Frame, whole: str) -> Parsed | None:
    """Take a number as a serial if that gives a plausible day."""
    day = serial_day(int(whole), frame.context.date1904)
    if day is None or not FIRST_YEAR <= day.year <= frame.last_year:
        return None
    return Parsed(day, issues=(frame.issue("VAL-DATE-SERIAL", value=day.isoformat()),))


def _number(frame: _Frame, text: str) -> Parsed:
    """Take a numeric cell. Its trailing zeros are lost, so 7.1 and 7.10 are the same number."""
    if not re.fullmatch(r"\d{1,9}(\.\d+)?", text):
        return frame.refuse("VAL-DATE-UNREADABLE")
    whole, _, places = text.partition(".")
    if len(whole) == 5:
        found = _serial(frame, whole)
        return found or frame.refuse("VAL-DATE-UNREADABLE")
    if not places:
        if len(whole) in (4, 6, 8):
            return _text(frame, whole)
        if len(whole) <= 2 and 1 <= int(whole) <= 31 and frame.context.month:
            return _text(frame, f"{whole}日")
        return frame.refuse("VAL-DATE-UNREADABLE")
    month_first = len(whole) <= 2 and 1 <= int(whole) <= 12 and len(places) <= 2
    year_first = len(whole) == 4 and len(places) <= 2
    if not (month_first or year_first):
        return frame.refuse("VAL-DATE-UNREADABLE")
    if len(places) == 1 and places in ("123" if month_first else "1"):
        form = "{0}月{1}日" if month_first else "{0}年{1}月"
        first, second = form.format(whole, places), form.format(whole, places + "0")
        return frame.refuse("VAL-DATE-NUMBER", first=first, second=second)
    return _text(frame, text)


def _text(frame: _Frame, raw: str) -> Parsed:
    text = normalise(raw).lstrip("'’‘`").strip(" 。.,;、:")
    text = _ODD_DASH.sub(r"\1-\3-\4", text)
    text = _PAUSED.sub(r"\1-\2-\3", text)
    text = _DOTS.sub(".", text).replace("元月", "1月")
    text = _YEAR_APART.sub(r"\1年", text)
    text = _THIS_YEAR.sub("", text)
    text = _translated(text, _today_short(frame.context))
    text, sets = _words(frame.column, text)
    if not text and sets:
        return Parsed(sets=sets)
    weekday = _WEEKDAY.search(text) or _BARE_WEEKDAY.search(text)
    text = _BARE_WEEKDAY.sub("", _WEEKDAY.sub("", text)).strip()
    days = _DAYS_NOTE.search(text)
    if days and days.start() > 0:
        text = text[: days.start()].strip("(, ")
    else:
        days = None
    text = _LUNAR_NOTE.sub("", text)
    if _LUNAR.search(text):
        return frame.refuse("VAL-DATE-LUNAR")
    if _WORDY.search(text):
        return frame.refuse("VAL-DATE-WORDS")
    without = _TIMES.sub(" ", text).strip()
    if not without:
        return frame.refuse("VAL-DATE-TIME-ONLY")
    span = read_span(without, _today_short(frame.context), frame.context.month)
    if isinstance(span, str):
        return _failure(frame, span, without)
    answer = _settle(frame, span)
    if answer.failed:
        return answer
    issues = answer.issues
    if weekday is not None and answer.precision is None and answer.value is not None:
        actual = _WEEKDAYS[answer.value.weekday()]
        if actual != weekday[1].replace("天", "日"):
            issues = (*issues, frame.issue("VAL-DATE-WEEKDAY", value=answer.value.isoformat(), weekday=f"星期{actual}"))
    if days is not None and answer.value is not None and answer.precision is None:
        length = ((answer.end or answer.value) - answer.value).days + 1
        said = parse_numeral(days[2]) if days[2] and days[2] != "两" else None
        if length != (int(days[1]) if days[1] else int(said.value) if said else 2):
            issues = (*issues, frame.issue("VAL-DATE-DAYS", days=length))
    return replace(answer, sets=sets, issues=issues)


def _translated(text: str, short_years: tuple[int, int]) -> str:
    """Write a day with an English month's name the Chinese way; anything else stays as it is."""
    if not text.isascii():
        return text
    match = next((found for pattern in _ENGLISH if (found := pattern.fullmatch(text))), None)
    if match is None:
        return text
    parts = match.groupdict()
    year, day = parts.get("year") or "", parts.get("day") or ""
    if not day and len(year) == 2 and not short_years[0] <= 2000 + int(year) <= short_years[1]:
        return text  # Mar-05 may be a day of March
    month = _MONTH_NAMES.index(match["month"].lower()) + 1
    return f"{year}{'年' if year else ''}{month}月{day}{'日' if day else ''}"


def _words(column: Column, text: str) -> tuple[str, frozenset[str]]:
    """Take the words that set another column (长期坚持, 立行立改) out of the text."""
    sets = set()
    for word_id, pattern in (("long_term", _LONG_TERM), ("immediate", _IMMEDIATE)):
        target = column.sets.get(word_id)
        if target is not None and pattern.search(text):
            text = pattern.sub(" ", text)
            sets.add(target)
    if not sets:
        return text, frozenset()
    rest = text.strip(" ,;、。.并且后和及+/()")
    return ("" if _JOINING.fullmatch(text) else rest), frozenset(sets)


def _today_short(context: Context) -> tuple[int, int]:
    """Return the window in which a two-digit year is believed: around the stated year, else recent years."""
    if context.year is not None:
        return context.year - 1, context.year + 1
    return context.today.year - 5, context.today.year + 1


def _failure(frame: _Frame, fault: Fault, text: str) -> Parsed:
    if fault == "invalid":
        return frame.refuse("VAL-DATE-INVALID")
    if fault == "ambiguous":
        return frame.refuse("VAL-DATE-AMBIGUOUS")
    if fault == "no_month":
        return frame.refuse("VAL-DATE-NO-MONTH")
    if len(re.findall(r"\d+", text)) > 1 and _SEVERAL.search(text):
        return frame.refuse("VAL-DATE-TWO")
    if not re.search(r"\d", text):
        return frame.refuse("VAL-DATE-WORDS")
    if text.isdecimal() and len(text) == 5:
        found = _serial(frame, text)
        if found is not None:
            return found
    return frame.refuse("VAL-DATE-UNREADABLE")


def _settle(frame: _Frame, span: Span) -> Parsed:
    """Give a span its year, and choose the day that stands for it."""
    context, column = frame.context, frame.column
    issues: list[Issue] = []
    start, end = span.start, span.end
    if start.year is None:
        if end is not None and end.year is not None:
            # 12月28日至2025年1月3日: the year of the end, one less if that would put the end first.
            year = end.year if (start.month or 0) <= (end.month or 0) else end.year - 1
            source = "结束日期"
        elif context.year is not None:
            year, source = context.year, context.year_source or "本表所属年度"
        else:
            return frame.refuse("VAL-DATE-NO-YEAR")
        start = replace(start, year=year)
        issues.append(frame.issue("VAL-DATE-YEAR-INFERRED", year=year, source=source))
    if span.month_inferred:
        issues.append(frame.issue("VAL-DATE-MONTH-INFERRED", month=context.month))
    assert start.year is not None  # noqa: S101 - given just above
    if not FIRST_YEAR <= start.year <= frame.last_year:
        return frame.refuse("VAL-DATE-RANGE", last=frame.last_year)
    first = start.bounds()
    if first is None:
        return frame.refuse("VAL-DATE-INVALID")
    last = first
    crossed = False
    if end is not None:
        if end.year is None:
            crossed = end.next_year or ((start.month or 0) >= 10 and (end.month or 13) <= 3)
            end = replace(end, year=start.year + 1 if crossed else start.year)
        assert end.year is not None  # noqa: S101 - given just above
        if not FIRST_YEAR <= end.year <= frame.last_year:
            return frame.refuse("VAL-DATE-RANGE", last=frame.last_year)
        found = end.bounds()
        if found is None:
            return frame.refuse("VAL-DATE-INVALID")
        last = found
        if last[1] < first[0]:
            return frame.refuse("VAL-DATE-RANGE-REVERSED")
    if crossed:
        issues.append(frame.issue("VAL-DATE-CROSS-YEAR", value=last[1].isoformat()))
    precision = _coarser(start.precision, end.precision if end is not None else None)
    value: dt.date = last[1] if column.term == "end" or (span.at_end and end is None) else first[0]
    stretch: dt.date | None = None
    if column.range_end is not None:
        if end is not None or (start.precision == "dekad" and not span.at_end):
            stretch = last[1]
    elif end is not None:
        issues.append(frame.issue("VAL-DATE-RANGE-CUT", value=value.isoformat()))
    if start.short_year or (end is not None and end.short_year):
        issues.append(frame.issue("VAL-DATE-SHORT-YEAR", value=value.isoformat()))
    if span.at_end and column.term == "end":
        precision = None  # 6月底前 as a deadline is one certain day
        if start.precision is not None:
            issues.append(frame.issue("VAL-DATE-IMPRECISE", value=value.isoformat()))
    elif precision is not None:
        issues.append(frame.issue("VAL-DATE-IMPRECISE", value=value.isoformat()))
    if span.before and column.term != "end":
        issues.append(frame.issue("VAL-DATE-BEFORE", value=value.isoformat()))
    return Parsed(value, end=stretch, precision=precision, issues=tuple(issues))


_ORDER = (None, "dekad", "month", "quarter", "half", "year")


def _coarser(first: str | None, second: str | None) -> str | None:
    return max(first, second, key=_ORDER.index)
