"""How one typed value is written into a cell, habit by habit, and what a careful reader must make of it.

A spelling may say less than the value did (2024年7月 for the 15th): what must come out is then what was written,
not what was meant. This module must not know where the cell stands or how it will be read.
"""

from __future__ import annotations

import calendar
import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from analytics.demo.grid import Cell, Content
from analytics.demo.habits import Habit
from analytics.demo.truth import Approx, Expected, Plain
from analytics.ledgers.model import Column, geography


@dataclass(frozen=True, slots=True)
class Context:
    """What a spelling may lean on."""

    year: int
    """The year that the title or the file name states."""
    columns: frozenset[str]
    """Fields that have a column of their own in this sheet."""
    text_only: bool = False
    """A text file: no formats, no real dates."""
    mac_dates: bool = False
    header_wan: bool = False
    """The money columns' headers say （万元）."""
    month: int | None = None
    """The month that the name of the sheet states."""


@dataclass(frozen=True, slots=True)
class Spelled:
    """One cell and what must be read from it, by field (a range of days fills two)."""

    cell: Cell
    expected: dict[str, Expected]
    habit: Habit | None = None
    flagged: str | None = None
    """Beginning of the code of the finding that must be made here, if one must."""
    precision: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Writing:
    """One value on its way into a cell: the column, the value, the whole record and the surroundings."""

    column: Column
    value: Plain
    record: dict[str, Plain]
    context: Context
    rng: random.Random

    def day(self) -> dt.date | None:
        """Return the value where it is a date."""
        return self.value if isinstance(self.value, dt.date) else None

    def number(self) -> int | None:
        """Return the value where it is a whole number (and not a yes or no)."""
        return self.value if isinstance(self.value, int) and not isinstance(self.value, bool) else None

    def says(self, content: Content, habit: Habit, *, style: str | None = None, flagged: str | None = None) -> Spelled:
        """Return a spelling that means exactly the value."""
        return Spelled(Cell(content, style), {self.column.name: self.value}, habit, flagged)


Speller = Callable[[Writing, Habit], Spelled | None]


def plain(writing: Writing) -> Spelled:
    """Write the value the way the template asks for it."""
    column, value = writing.column, writing.value
    content: Content
    style: str | None = None
    if value is None:
        content = None
    elif isinstance(value, bool):
        content = "是" if value else "否"
    elif isinstance(value, Decimal):
        if column.type == "money" and writing.context.header_wan:
            value = value / 10000
        content = int(value) if value == value.to_integral_value() else float(value)
    elif isinstance(value, dt.date):
        content = value
        style = "date"
    else:
        content = value
    return Spelled(Cell(content, style), {column.name: writing.value})


def spell(writing: Writing, habits: frozenset[Habit], *, exact: bool) -> Spelled:
    """Write the value with one of the habits that suit it, or plainly.

    Args:
        writing: The value and its surroundings.
        habits: The office's habits; those of other kinds are ignored.
        exact: Only spellings that say the whole value (no estimates, no imprecise dates).
    """
    fitting = [
        (habit, speller)
        for habit, (types, speller) in SPELLERS.items()
        if habit in habits and writing.column.type in types and not (exact and habit in LOSSY)
    ]
    if fitting and writing.rng.random() < 0.75:
        habit, speller = writing.rng.choice(fitting)
        made = speller(writing, habit)
        if made is not None:
            return made
    return plain(writing)


# Dates ---------------------------------------------------------------------------------------------------------


def _date(pattern: str, *, flagged: str | None = None) -> Speller:
    def write(writing: Writing, habit: Habit) -> Spelled | None:
        day = writing.day()
        if day is None:
            return None
        words = pattern.format(y=day.year, m=day.month, d=day.day, s=day.year % 100)
        return writing.says(words, habit, flagged=flagged)

    return write


def _day_only(writing: Writing, habit: Habit) -> Spelled | None:
    day = writing.day()
    context = writing.context
    if day is None or (day.year, day.month) != (context.year, context.month):
        return None
    return writing.says(f"{day.day}日", habit, flagged="VAL-DATE-MONTH-INFERRED")


def _date_number(writing: Writing, habit: Habit) -> Spelled | None:
    day = writing.day()
    return writing.says(day.year * 10000 + day.month * 100 + day.day, habit) if day else None


def _date_serial(writing: Writing, habit: Habit) -> Spelled | None:
    day = writing.day()
    epoch = dt.date(1904, 1, 1) if writing.context.mac_dates else dt.date(1899, 12, 30)
    return writing.says((day - epoch).days, habit) if day else None


def _date_chinese_format(writing: Writing, habit: Habit) -> Spelled | None:
    day = writing.day()
    return writing.says(day, habit, style="date_cn") if day else None


def _date_no_year(pattern: str) -> Speller:
    def write(writing: Writing, habit: Habit) -> Spelled | None:
        day = writing.day()
        if day is None or day.year != writing.context.year:
            return None
        return writing.says(pattern.format(m=day.month, d=day.day), habit, flagged="VAL-DATE")

    return write


def _ends(writing: Writing) -> tuple[dt.date, dt.date, str] | None:
    """Return both days and the end's field where a written range would be the only place of the end."""
    start, target = writing.day(), writing.column.range_end
    if start is None or target is None or target in writing.context.columns:
        return None
    end = writing.record.get(target)
    if not isinstance(end, dt.date) or end <= start or end.year != start.year:
        return None
    return start, end, target


def _date_range(pattern: str, *, same_month: bool, needs_year: bool) -> Speller:
    def write(writing: Writing, habit: Habit) -> Spelled | None:
        days = _ends(writing)
        if days is None:
            return None
        start, end, target = days
        if (same_month and start.month != end.month) or (needs_year and start.year != writing.context.year):
            return None
        words = pattern.format(y=start.year, m=start.month, d=start.day, n=end.month, e=end.day)
        expected: dict[str, Expected] = {writing.column.name: start, target: end}
        return Spelled(Cell(words), expected, habit, "VAL-DATE" if needs_year else None)

    return write


def _month_end(year: int, month: int) -> dt.date:
    return dt.date(year, month, calendar.monthrange(year, month)[1])


def _imprecise(
    writing: Writing, habit: Habit, words: str, first: dt.date, last: dt.date, precision: str
) -> Spelled | None:
    """Write a span that stands for a day: the column says whether its first or its last day counts."""
    column = writing.column
    expected: dict[str, Expected] = {column.name: last if column.term == "end" else first}
    known = {column.name: precision}
    if column.range_end and precision != "month":
        expected[column.range_end] = last
        known[column.range_end] = precision
    return Spelled(Cell(words), expected, habit, "VAL-DATE", known)


def _may_blur(writing: Writing) -> dt.date | None:
    """Return a day that may be written imprecisely: the day a record counts in, or a deadline.

    Blurring a day of completion could contradict the day of finding.
    """
    day = writing.day()
    blurs = writing.column.required or writing.column.term == "end"
    if day is None or not blurs:
        return None
    if writing.column.range_end and writing.column.range_end in writing.context.columns:
        return None
    return day


def _date_months(writing: Writing, habit: Habit) -> Spelled | None:
    day = _may_blur(writing)
    if day is None or writing.column.range_end is None or day.month > 10:
        return None
    words = f"{day.year}年{day.month}月至{day.month + 2}月"
    target = writing.column.range_end
    last = _month_end(day.year, day.month + 2)
    expected: dict[str, Expected] = {writing.column.name: day.replace(day=1), target: last}
    return Spelled(Cell(words), expected, habit, None, {writing.column.name: "month", target: "month"})


def _date_month(writing: Writing, habit: Habit) -> Spelled | None:
    day = _may_blur(writing)
    if day is None:
        return None
    words = f"{day.year}年{day.month}月"
    return _imprecise(writing, habit, words, day.replace(day=1), _month_end(day.year, day.month), "month")


def _date_dekad(writing: Writing, habit: Habit) -> Spelled | None:
    day = _may_blur(writing)
    if day is None or day.year != writing.context.year:
        return None
    part = min((day.day - 1) // 10, 2)
    last = _month_end(day.year, day.month) if part == 2 else day.replace(day=10 * part + 10)
    words = f"{day.month}月{'上中下'[part]}旬"
    return _imprecise(writing, habit, words, day.replace(day=10 * part + 1), last, "dekad")


def _deadline(writing: Writing) -> dt.date | None:
    return writing.day() if writing.column.term == "end" and writing.column.sets else None


def _date_by_end(writing: Writing, habit: Habit) -> Spelled | None:
    day = _deadline(writing)
    if day is None or day.year != writing.context.year:
        return None
    expected: dict[str, Expected] = {writing.column.name: _month_end(day.year, day.month)}
    return Spelled(Cell(f"{day.month}月底前"), expected, habit, "VAL-DATE")


def _date_long_term(writing: Writing, habit: Habit) -> Spelled | None:
    day = _deadline(writing)
    target = writing.column.sets.get("long_term")
    if day is None or target is None or target in writing.context.columns:
        return None
    expected: dict[str, Expected] = {writing.column.name: dt.date(day.year, 12, 31), target: True}
    return Spelled(Cell(f"{day.year}年底前，并长期坚持"), expected, habit, "VAL-DATE")


def _date_immediate(writing: Writing, habit: Habit) -> Spelled | None:
    day = _deadline(writing)
    sets = writing.column.sets
    if day is None or len(sets) < 2 or set(sets.values()) & writing.context.columns:
        return None
    expected: dict[str, Expected] = {writing.column.name: None}
    expected |= dict.fromkeys(sets.values(), True)
    return Spelled(Cell("立行立改，长期坚持"), expected, habit, "VAL-DATE")


def _date_period(writing: Writing, habit: Habit) -> Spelled | None:
    day = _deadline(writing)
    if day is None:
        return None
    if day.month <= 6 and writing.rng.random() < 0.5:
        words, last, precision = f"{day.year}年上半年", dt.date(day.year, 6, 30), "half"
    else:
        quarter = (day.month + 2) // 3
        words = f"{day.year}年{'一二三四'[quarter - 1]}季度"
        last, precision = _month_end(day.year, quarter * 3), "quarter"
    return _imprecise(writing, habit, words, last.replace(day=1), last, precision)


# Counts --------------------------------------------------------------------------------------------------------

_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
_DIGITS = "零一二三四五六七八九"


def chinese_number(number: int) -> str:
    """Write a whole number below ten thousand in Chinese numerals (two hundred as 两百).

    Raises:
        ValueError: The number is negative or too large.
    """
    if not 0 <= number < 10000:
        raise ValueError(f"只写一万以内的数：{number}")
    if number == 0:
        return "零"
    words, gap = "", False
    for size, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // size % 10
        if digit == 0:
            gap = bool(words)
            continue
        words += ("零" if gap else "") + ("两" if digit == 2 and size >= 100 else _DIGITS[digit]) + name
        gap = False
    return words.removeprefix("一") if words.startswith("一十") else words


def _count_commas(writing: Writing, habit: Habit) -> Spelled | None:
    number = writing.number()
    return writing.says(f"{number:,}", habit) if number is not None and number >= 1000 else None


def _count_full_width(writing: Writing, habit: Habit) -> Spelled | None:
    number = writing.number()
    return writing.says(str(number).translate(_FULL_WIDTH), habit) if number is not None else None


def _count_unit(writing: Writing, habit: Habit) -> Spelled | None:
    number, unit = writing.number(), writing.column.unit
    return writing.says(f"{number}{unit}", habit) if number is not None and unit else None


def _count_wan(writing: Writing, habit: Habit) -> Spelled | None:
    number = writing.number()
    if number is None or number < 1000 or number % 100:
        return None
    unit = writing.rng.choice(("", writing.column.unit or ""))
    return writing.says(f"{number / 10000:g}万{unit}", habit, flagged="VAL-")


def _count_yi(writing: Writing, habit: Habit) -> Spelled | None:
    number = writing.number()
    if number is None or number < 10_000_000 or number % 1_000_000:
        return None
    return writing.says(f"{number / 100_000_000:g}亿", habit, flagged="VAL-")


def _count_chinese(writing: Writing, habit: Habit) -> Spelled | None:
    number = writing.number()
    return writing.says(chinese_number(number), habit) if number is not None and 0 < number < 10000 else None


_FINANCIAL = str.maketrans("零一二两三四五六七八九十百千", "零壹贰贰叁肆伍陆柒捌玖拾佰仟")


def _count_financial(writing: Writing, habit: Habit) -> Spelled | None:
    number = writing.number()
    if number is None or not 0 < number < 10000:
        return None
    words = chinese_number(number)
    whole = f"一{words}" if words.startswith("十") else words
    return writing.says(whole.translate(_FINANCIAL), habit)


def _count_per(writing: Writing, habit: Habit) -> Spelled | None:
    number = writing.number()
    return writing.says(f"{number}人/次", habit) if number is not None and writing.column.unit == "人次" else None


def _count_text(writing: Writing, habit: Habit) -> Spelled | None:
    number = writing.number()
    return writing.says(str(number), habit) if number is not None else None


def _count_approximate(writing: Writing, habit: Habit) -> Spelled | None:
    number = writing.number()
    if number is None or number < 10:
        return None
    estimate = approximate(number, writing.column.unit or "", writing.rng)
    return Spelled(Cell(estimate.raw), {writing.column.name: estimate}, habit, "VAL-")


def approximate(number: int, unit: str, rng: random.Random) -> Approx:
    """Say about how much ``number`` is, in one of the ways offices do."""
    size = 10 ** (len(str(number)) - 1)
    lead = number // size
    round_number = lead * size
    words = f"{lead * size // 10000}万" if round_number >= 10000 else str(round_number)
    # 7万多 is below 8万, but 4000万多 is only just above: what is meant is 4000多万.
    more = rng.choice("多余")
    over = f"{words[:-1]}{more}万" if round_number >= 100_000 else f"{words}{more}"
    ways = [
        Approx(f"{over}{rng.choice(('', unit))}", round_number, round_number, round_number + size - 1),
        Approx(f"约{words}{rng.choice(('', unit))}", round_number),
        Approx(f"超过{words}{unit}", round_number),
        Approx(f"{words}{unit}左右", round_number),
        Approx(f"近{words}{unit}", round_number),
        Approx(f"{round_number}-{round_number + size}{unit}", round_number, round_number, round_number + size),
    ]
    if lead == 1 and size == 100:
        ways.append(Approx(f"百余{unit}", 100, 100, 199))
    if size == 100 and lead > 2:
        ways.append(Approx(f"数百{unit}", round_number))
    return rng.choice(ways)


# Money, percent, yes and no, choices, places, texts ------------------------------------------------------------


def _amount(writing: Writing) -> Decimal | None:
    return writing.value if isinstance(writing.value, Decimal) and not writing.context.header_wan else None


def _money_commas(writing: Writing, habit: Habit) -> Spelled | None:
    amount = _amount(writing)
    return writing.says(f"{amount:,.2f}", habit) if amount is not None else None


def _money_yuan(writing: Writing, habit: Habit) -> Spelled | None:
    amount = _amount(writing)
    return writing.says(f"{amount.normalize():f}元", habit) if amount is not None else None


def _money_wan(writing: Writing, habit: Habit) -> Spelled | None:
    amount = _amount(writing)
    return writing.says(f"{(amount / 10000).normalize():f}万元", habit) if amount is not None else None


def _percent_text(writing: Writing, habit: Habit) -> Spelled | None:
    share = writing.value
    return writing.says(f"{share.normalize():f}%", habit) if isinstance(share, Decimal) else None


def _percent_cell(writing: Writing, habit: Habit) -> Spelled | None:
    share = writing.value
    return writing.says(float(share / 100), habit, style="percent") if isinstance(share, Decimal) else None


_YES_NO: tuple[tuple[Content, Content], ...] = (("有", "无"), ("√", "×"), (1, 0), ("1", "0"), ("Y", "N"))


def _boolean_words(writing: Writing, habit: Habit) -> Spelled | None:
    if not isinstance(writing.value, bool):
        return None
    yes, no = writing.rng.choice(_YES_NO)
    return writing.says(yes if writing.value else no, habit)


def _choice_synonym(writing: Writing, habit: Habit) -> Spelled | None:
    value = writing.value
    if not isinstance(value, str):
        return None
    words = writing.column.choices.get(value, ())
    if not words:
        return None
    word = writing.rng.choice(words)
    return writing.says(word.word, habit, flagged="VAL-" if word.flag else None)


def _choice_remark(writing: Writing, habit: Habit) -> Spelled | None:
    return writing.says(f"{writing.value}（见附件）", habit, flagged="VAL-CHOICE") if writing.value else None


def _choice_doubtful(writing: Writing, habit: Habit) -> Spelled | None:
    words = [word for word, value in writing.column.doubtful.items() if value == writing.value]
    return writing.says(writing.rng.choice(words), habit, flagged="VAL-") if words else None


def _county_township(writing: Writing, habit: Habit) -> Spelled | None:
    ranked = {place.name for place in geography().counties if place.ranked}
    if writing.value not in ranked:
        return None
    return writing.says(f"{writing.value}城关镇", habit, flagged="VAL-COUNTY")


def _county_alias(writing: Writing, habit: Habit) -> Spelled | None:
    places = geography()
    county = next((place for place in places.counties if place.name == writing.value), None)
    if county is None:
        return None
    words = [*county.aliases, *county.old_codes]
    if county.ranked:
        words += [f"{places.city}{county.name}", f"{county.name}总工会"]
    if not county.local:
        words.append(county.code)
    return writing.says(writing.rng.choice(words), habit)


def _text_spaces(writing: Writing, habit: Habit) -> Spelled | None:
    if not isinstance(writing.value, str):
        return None
    before, after = writing.rng.choice(((" ", ""), ("", "  "), ("　", "　"), ("", "\n"), (" ", "　")))
    return writing.says(f"{before}{writing.value}{after}", habit)


def _blank_word(writing: Writing, habit: Habit) -> Spelled | None:
    """A word that says there is nothing. Not 无 where it would mean "no", nor where blank takes a default."""
    column = writing.column
    if writing.value is not None or column.required or column.type == "boolean" or column.default is not None:
        return None
    return writing.says(writing.rng.choice(("/", "-", "—", "无", "暂无")), habit)


def _date_weekday(writing: Writing, habit: Habit) -> Spelled | None:
    day = writing.day()
    if day is None:
        return None
    return writing.says(f"{day.year}年{day.month}月{day.day}日（周{'一二三四五六日'[day.weekday()]}）", habit)


def _date_month_name(writing: Writing, habit: Habit) -> Spelled | None:
    day = writing.day()
    names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    return None if day is None else writing.says(f"{day.day}-{names[day.month - 1]}-{day.year}", habit)


_DATES = frozenset({"date"})
_COUNTS = frozenset({"count"})
_MONEY = frozenset({"money"})
_PERCENTS = frozenset({"percent"})
_ANY = frozenset({"text", "count", "decimal", "money", "percent", "date", "choice"})

SPELLERS: dict[Habit, tuple[frozenset[str], Speller]] = {
    Habit.DATE_ISO: (_DATES, _date("{y}-{m:02d}-{d:02d}")),
    Habit.DATE_SLASH: (_DATES, _date("{y}/{m}/{d}")),
    Habit.DATE_DOTS: (_DATES, _date("{y}.{m}.{d}")),
    Habit.DATE_CHINESE: (_DATES, _date("{y}年{m}月{d}日")),
    Habit.DATE_WEEKDAY: (_DATES, _date_weekday),
    Habit.DATE_HOUR: (_DATES, _date("{y}-{m:02d}-{d:02d} 14:30")),
    Habit.DATE_FULL_STOPS: (_DATES, _date("{y}。{m}。{d}")),
    Habit.DATE_YEAR_APART: (_DATES, _date("（{y}年）{m}月{d}日")),
    Habit.DATE_MONTH_NAME: (_DATES, _date_month_name),
    Habit.DATE_COMPACT: (_DATES, _date("{y}{m:02d}{d:02d}")),
    Habit.DATE_COMPACT_NUMBER: (_DATES, _date_number),
    Habit.DATE_SHORT_YEAR: (_DATES, _date("{s}.{m}.{d}", flagged="VAL-DATE")),
    Habit.DATE_CHINESE_FORMAT: (_DATES, _date_chinese_format),
    Habit.DATE_SERIAL: (_DATES, _date_serial),
    Habit.DAY_ONLY: (_DATES, _day_only),
    Habit.DATE_NO_YEAR: (_DATES, _date_no_year("{m}月{d}日")),
    Habit.DATE_NO_YEAR_DOT: (_DATES, _date_no_year("{m}.{d}")),
    Habit.DATE_RANGE: (_DATES, _date_range("{m}月{d}日-{e}日", same_month=True, needs_year=True)),
    Habit.DATE_RANGE_DOT: (_DATES, _date_range("{m}.{d}—{n}.{e}", same_month=False, needs_year=True)),
    Habit.DATE_RANGE_YEAR: (_DATES, _date_range("{y}年{m}月{d}日-{n}月{e}日", same_month=False, needs_year=False)),
    Habit.DATE_RANGE_MONTHS: (_DATES, _date_months),
    Habit.DATE_MONTH: (_DATES, _date_month),
    Habit.DATE_DEKAD: (_DATES, _date_dekad),
    Habit.DATE_BY_END: (_DATES, _date_by_end),
    Habit.DATE_LONG_TERM: (_DATES, _date_long_term),
    Habit.DATE_IMMEDIATE: (_DATES, _date_immediate),
    Habit.DATE_PERIOD: (_DATES, _date_period),
    Habit.COUNT_COMMAS: (_COUNTS, _count_commas),
    Habit.COUNT_FULL_WIDTH: (_COUNTS, _count_full_width),
    Habit.COUNT_UNIT: (_COUNTS, _count_unit),
    Habit.COUNT_WAN: (_COUNTS, _count_wan),
    Habit.COUNT_YI: (_COUNTS, _count_yi),
    Habit.COUNT_CHINESE: (_COUNTS, _count_chinese),
    Habit.COUNT_FINANCIAL: (_COUNTS, _count_financial),
    Habit.COUNT_PER: (_COUNTS, _count_per),
    Habit.COUNT_TEXT: (_COUNTS, _count_text),
    Habit.COUNT_APPROXIMATE: (_COUNTS, _count_approximate),
    Habit.MONEY_COMMAS: (_MONEY, _money_commas),
    Habit.MONEY_YUAN: (_MONEY, _money_yuan),
    Habit.MONEY_WAN: (_MONEY, _money_wan),
    Habit.PERCENT_TEXT: (_PERCENTS, _percent_text),
    Habit.PERCENT_CELL: (_PERCENTS, _percent_cell),
    Habit.BOOLEAN_WORDS: (frozenset({"boolean"}), _boolean_words),
    Habit.CHOICE_SYNONYMS: (frozenset({"choice"}), _choice_synonym),
    Habit.CHOICE_REMARK: (frozenset({"choice"}), _choice_remark),
    Habit.CHOICE_DOUBTFUL: (frozenset({"choice"}), _choice_doubtful),
    Habit.COUNTY_TOWNSHIP: (frozenset({"county"}), _county_township),
    Habit.COUNTY_ALIASES: (frozenset({"county"}), _county_alias),
    Habit.TEXT_SPACES: (frozenset({"text", "choice", "county"}), _text_spaces),
    Habit.BLANK_WORDS: (_ANY, _blank_word),
}
"""Value habits: the column types each applies to, and how it writes. MONEY_HEADER_WAN is the sheet's, not a cell's."""

LOSSY: frozenset[Habit] = frozenset(
    {
        Habit.COUNT_APPROXIMATE,
        Habit.DATE_RANGE_MONTHS,
        Habit.DATE_MONTH,
        Habit.DATE_DEKAD,
        Habit.DATE_BY_END,
        Habit.DATE_LONG_TERM,
        Habit.DATE_IMMEDIATE,
        Habit.DATE_PERIOD,
        Habit.CHOICE_DOUBTFUL,
    }
)
"""Spellings that say less than the value."""
