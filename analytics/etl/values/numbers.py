"""Counts, money, plain numbers and percents: what an amount may be in a column of each type.

A number is accepted exactly, accepted with a warning, kept as an interval, or refused with the reason;
it is never guessed. This module must not know dates, places or tables.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from analytics.etl.codes import Issue, issue
from analytics.etl.values.amounts import Amount, Failure, read_amount
from analytics.etl.values.model import Context, Parsed
from analytics.etl.values.numerals import DIGITS, parse_numeral
from analytics.etl.values.text import as_text, normalise, number_text, shown
from analytics.etl.values.units import SCALES, Unit, counters, fits, kind_of, parse_unit
from analytics.ledgers.model import Column


@dataclass(frozen=True, slots=True)
class _Kind:
    """What one column type demands of its numbers."""

    prefix: str
    what: str
    quantum: Decimal
    limit: Decimal


_KINDS: dict[str, _Kind] = {
    "count": _Kind("VAL-COUNT", "计数", Decimal(1), Decimal(10**9)),
    "money": _Kind("VAL-MONEY", "金额", Decimal("0.01"), Decimal(10**12)),
    "decimal": _Kind("VAL-DECIMAL", "数值", Decimal("0.0001"), Decimal(10**12)),
    "percent": _Kind("VAL-PERCENT", "百分数", Decimal("0.0001"), Decimal(10**4)),
}
_FAILURES: dict[Failure, str] = {
    "words": "WORDS",
    "two": "TWO-NUMBERS",
    "negative": "NEGATIVE",
    "grouping": "GROUPING",
    "date": "DATE",
}
# What most counts kept as text look like; everything else takes the long way and comes out the same.
_PLAIN_COUNT = re.compile(r"(0|[1-9]\d{0,6}|[1-9]\d{0,2}(?:,\d{3}){1,2})(人次|人|名|家|个|场|次|份)?", re.ASCII)
_PREFIXES = re.compile(r"(?:总共|共计|合计|总计|累计|共有|一共|总数|小计|共|计|达到|达)[: ]?")
_CURRENCY = re.compile(r"(?:人民币|rmb|cny|¥)[: ]?", re.IGNORECASE)
_TAIL = re.compile(r"[。;,、.!]+$")
_NOTE = re.compile(r"(?P<number>[^()]*[^()\s])\s*\((?P<note>[^()]*)\)(?P<unit>[^()]*)")
_GUESSED = re.compile(r"预|计划|拟|暂|目标|应|估|待|未|取消|作废|不准|存疑|待核|\?")
_AROUND_NOTE = re.compile(r"约|约数|左右|大约|大概|上下|估|估计|估算|概数")
_VAGUE = re.compile(r"一大?(?:批|些|群|部分|系列)\D{0,4}")
"""一批 counts nothing, though it begins with a one."""
_CHENG = re.compile(r"([一二三四五六七八九])成([一二三四五六七八九半])?")
_HALF = re.compile(r"(?:([\d一二两三四五六七八九十]+)(天|日|小时|个小时)半|半(天|日|小时|个小时))")
_CASH = re.compile(rf"(.+)[元圆](?:零?([\d{DIGITS}])角)?(?:零?([\d{DIGITS}])分)?[整正]?")
"""3000元5角, 叁仟伍佰元伍角整."""
_PEOPLE = frozenset({"职工", "学员", "群众", "同志", "人员", "工友", "听众", "代表", "参会人员", "求职者"})
"""Who may be counted in any column of people without its saying so: 30名学员."""
_COUNTERS = counters()
_TEN_THOUSANDS = re.compile("[万亿千百]")


@lru_cache(1024)
def _own_words(label: str, synonyms: tuple[str, ...]) -> str:
    return "\n".join(normalise(text).replace(" ", "") for text in (label, *synonyms))


def parse_number(column: Column, raw: Any, context: Context, percent_cell: bool = False) -> Parsed:
    """Parse one cell of a count, money, decimal or percent column. Blank, 同上 and error cells come not here.

    Args:
        column: The declared column.
        raw: The cell's native value.
        context: Its surroundings.
        percent_cell: Whether the cell is formatted as a percentage.
    """
    kind = _KINDS[column.type]
    if isinstance(raw, bool):
        return _refuse(kind, "BOOLEAN", column, raw)
    if isinstance(raw, (dt.date, dt.time, dt.timedelta)):
        return _refuse(kind, "DATE", column, raw)
    if not isinstance(raw, (str, int, float, Decimal)):
        return Parsed(issues=(issue("VAL-UNREADABLE", label=column.label, raw=shown(raw)),))
    stated = _stated_unit(column, context)
    if isinstance(stated, Issue):
        return Parsed(issues=(stated,))
    if not isinstance(raw, str):
        if isinstance(raw, float) and not math.isfinite(raw):
            return _refuse(kind, "WORDS", column, raw)
        if isinstance(raw, Decimal) and not raw.is_finite():
            return _refuse(kind, "WORDS", column, raw)
        number = Decimal(number_text(raw)) if isinstance(raw, (int, float)) else raw
        return _from_number(kind, column, raw, number, stated, percent_cell)
    return _from_text(kind, column, raw, stated)


def _refuse(kind: _Kind, suffix: str, column: Column, raw: Any, **values: Any) -> Parsed:
    return Parsed(issues=(issue(f"{kind.prefix}-{suffix}", label=column.label, raw=shown(raw), **values),))


def _stated_unit(column: Column, context: Context) -> Unit | Issue | None:
    """Return the header's unit where it matters, an issue where it cannot belong to this column."""
    if not context.unit:
        return None
    text = normalise(context.unit)
    unit = parse_unit(text)
    kind = _KINDS[column.type]
    wrong = issue(f"{kind.prefix}-UNIT-UNKNOWN", label=column.label, header=text, kind=kind.what)
    if unit is None:
        # An unknown word is no harm (人、场次 for a whole table), an unknown multiple is.
        return wrong if _TEN_THOUSANDS.search(text) else None
    if column.type == "money":
        return unit if unit.kind in ("money", None) else wrong
    if column.type == "percent":
        return unit if unit.kind == "percent" and unit.scale == 1 else wrong
    if unit.kind in ("money", "percent", "time"):
        if column.unit is None:
            return unit
        return unit if fits(unit.word, column.unit) else wrong
    if column.unit and kind_of(column.unit) == "time":
        return wrong
    return unit


def _from_number(
    kind: _Kind, column: Column, raw: Any, number: Decimal, stated: Unit | None, percent_cell: bool
) -> Parsed:
    """Take a numeric cell: its number is exact, only its unit and its percent format are to be considered."""
    if number < 0:
        return _refuse(kind, "NEGATIVE", column, raw)
    if column.type == "percent":
        if percent_cell:
            number *= 100
        elif stated is not None and stated.word == "‰" and not 0 < number <= 1:
            number /= 10
        elif 0 < number <= 1:
            return _ambiguous(column, raw, number)
        return _exact(kind, column, raw, number, Decimal(0), ())
    if percent_cell:
        if column.type != "decimal" or column.unit is not None:
            return _refuse(kind, "WORDS", column, f"{number_text(float(number * 100))}%")
        return _exact(kind, column, raw, number * 100, Decimal(0), ())
    scale = stated.scale if stated else 1
    resolution = Decimal(1).scaleb(int(number.as_tuple().exponent)) * scale if scale > 1 else Decimal(0)
    return _exact(kind, column, raw, number * scale, resolution, ())


def _ambiguous(column: Column, raw: Any, number: Decimal) -> Parsed:
    share, percent = (number_text(float(value)) for value in (number * 100, number))
    return Parsed(
        issues=(issue("VAL-PERCENT-AMBIGUOUS", label=column.label, raw=shown(raw), as_share=share, as_percent=percent),)
    )


def _compact_date(number: int) -> bool:
    """Tell whether a number is a day of these years written without signs (20240715)."""
    year, month, day = number // 10_000, number // 100 % 100, number % 100
    return 2000 <= year <= 2099 and 1 <= month <= 12 and 1 <= day <= 31


def _exact(
    kind: _Kind, column: Column, raw: Any, value: Decimal, resolution: Decimal, issues: tuple[Issue, ...]
) -> Parsed:
    """Check size and places, and give the value its type."""
    if value > kind.limit:
        return _refuse(kind, "TOO-LARGE", column, raw)
    if column.type == "count":
        if value != value.to_integral_value():
            return _refuse(kind, "DECIMAL", column, raw)
        count = int(value)
        if _compact_date(count) and re.fullmatch(r"\d{8}", normalise(as_text(raw))):
            return _refuse(kind, "DATE", column, raw)
        if resolution > 1 and count:
            issues = (*issues, issue("VAL-COUNT-ROUNDED", label=column.label, raw=shown(raw), value=count))
        return Parsed(count, issues=issues)
    rounded = value.quantize(kind.quantum, ROUND_HALF_UP)
    if rounded != value:
        said = format(rounded.normalize(), "f")
        issues = (*issues, issue(f"{kind.prefix}-ROUNDED", label=column.label, raw=shown(raw), value=said))
    return Parsed(rounded, issues=issues)


def _from_text(kind: _Kind, column: Column, raw: str, stated: Unit | None) -> Parsed:
    plain = _PLAIN_COUNT.fullmatch(raw) if stated is None and column.type == "count" else None
    if plain and (not plain[2] or fits(plain[2], column.unit)):
        return Parsed(int(plain[1].replace(",", "")))
    if re.search(r"\d\s*[\r\n]\s*\d", raw):
        return _refuse(kind, "TWO-NUMBERS", column, raw)
    text = _TAIL.sub("", normalise(raw).lstrip("'"))
    if _VAGUE.fullmatch(text):
        return _refuse(kind, "WORDS", column, raw)
    issues: list[Issue] = []
    note: str | None = None
    around = False
    match = _NOTE.fullmatch(text)
    if match:
        inner = match["note"].strip()
        if re.search(r"\d", inner):
            return _refuse(kind, "TWO-NUMBERS", column, raw)
        if not inner or parse_unit(inner):
            text = match["number"] + inner + match["unit"]
        elif inner == "次" and match["number"].endswith("人"):
            text = match["number"] + "次" + match["unit"]
        elif _AROUND_NOTE.fullmatch(inner):
            text, around = match["number"] + match["unit"], True
        elif _GUESSED.search(inner):
            return _refuse(kind, "WORDS", column, raw)
        else:
            text, note = match["number"] + match["unit"], inner
    text = _strip_front(text, column)
    special = _special(column, text)
    if special is not None:
        return _exact(kind, column, raw, special, Decimal(0), tuple(issues))
    try:
        amount = read_amount(f"约{text}" if around else text)
    except InvalidOperation:
        return _refuse(kind, "TOO-LARGE", column, raw)
    if isinstance(amount, str):
        return _refuse(kind, _FAILURES[amount], column, raw)
    return _amount(kind, column, raw, amount, stated, note)


def _strip_front(text: str, column: Column) -> str:
    """Take off what only introduces the number: 共, ¥, or the column's own words (提供岗位120个)."""
    if column.type in ("money", "decimal"):
        match = _CURRENCY.match(text)
        text = text[match.end() :] if match else text
    match = _PREFIXES.match(text)
    if match:
        text = text[match.end() :]
    else:
        front = re.match(r"[^\d约近超逾不≥≤<>-]{2,}?:?(?=[\d约近超逾不≥≤<>])", text)
        if front:
            word = front.group().rstrip(":").replace(" ", "")
            if word in _own_words(column.label, column.synonyms):
                text = text[front.end() :]
    if column.type in ("money", "decimal"):
        match = _CURRENCY.match(text)
        text = text[match.end() :] if match else text
    return text.strip()


def _special(column: Column, text: str) -> Decimal | None:
    """Read the ways of saying a number that only one type has: 九成五, 百分之八十五, 半天, 两天半."""
    if column.type == "percent":
        cheng = _CHENG.fullmatch(text)
        if cheng:
            tens = "零一二三四五六七八九".index(cheng[1]) * 10
            ones = 5 if cheng[2] == "半" else "零一二三四五六七八九".index(cheng[2]) if cheng[2] else 0
            return Decimal(tens + ones)
        if text.startswith("百分之"):
            rest = text.removeprefix("百分之")
            if rest in ("百", "一百"):
                return Decimal(100)
            if re.fullmatch(r"\d+(\.\d+)?", rest):
                return Decimal(rest)
            whole, _, tenths = rest.partition("点")
            numeral = parse_numeral(whole)
            if numeral is not None and re.fullmatch("[零一二三四五六七八九]*", tenths):
                places = "".join(str("零一二三四五六七八九".index(char)) for char in tenths)
                return numeral.value + Decimal(f"0.{places or 0}")
    cash = _CASH.fullmatch(text) if column.type == "money" and text.rstrip("整正").endswith(("角", "分")) else None
    if cash:
        yuan, jiao, fen = (_plain(part) for part in cash.groups(default="0"))
        if yuan is not None and jiao is not None and fen is not None:
            return yuan + jiao / 10 + fen / 100
    if column.type == "decimal" and column.unit:
        half = _HALF.fullmatch(text)
        if half and fits(half[2] or half[3], column.unit):
            if half[1] is None:
                return Decimal("0.5")
            numeral = parse_numeral(half[1])
            if half[1].isdecimal():
                return Decimal(half[1]) + Decimal("0.5")
            days = Decimal(2) if half[1] == "两" else numeral.value if numeral else None
            return None if days is None else days + Decimal("0.5")
    return None


def _plain(text: str) -> Decimal | None:
    """Return a number written in digits or as a numeral, and nothing else."""
    if re.fullmatch(r"\d{1,9}|\d{1,3}(?:,\d{3})+", text):
        return Decimal(text.replace(",", ""))
    numeral = parse_numeral(text)
    return numeral.value if numeral else None


def _amount(kind: _Kind, column: Column, raw: str, amount: Amount, stated: Unit | None, note: str | None) -> Parsed:
    """Settle unit and scale of an amount read from text."""
    word = _unit_word(amount.rest, column)
    if word is None:
        digits = re.findall(r"\d+(?:[.,]\d+)*", normalise(raw))
        return _refuse(kind, "TWO-NUMBERS" if len(digits) > 1 else "WORDS", column, raw)
    issues: list[Issue] = []
    factor = Decimal(1)
    said = "约数" if amount.value is None else format(amount.value.normalize(), "f")
    if word:
        verdict = _unit_verdict(word, column)
        if verdict == "wrong":
            return _refuse(kind, "WORDS", column, raw)
        if verdict == "odd":
            issues.append(
                issue(f"{kind.prefix}-UNIT", label=column.label, raw=shown(raw), expected=column.unit, value=said)
            )
        factor = Decimal("0.1") if word == "‰" else Decimal(1)
    if stated is not None:
        if word or amount.scale > 1:
            own = amount.scale
            if stated.scale != own and stated.scale != 1:
                code, header = f"{kind.prefix}-UNIT-CONFLICT", stated_text(stated)
                issues.append(issue(code, label=column.label, raw=shown(raw), header=header, value=said))
        else:
            factor = Decimal("0.1") if stated.word == "‰" else Decimal(stated.scale)
    if amount.estimate:
        return _interval(kind, column, raw, amount, factor, tuple(issues))
    if amount.value is None:
        return _refuse(kind, "WORDS", column, raw)
    if column.type == "percent" and not word and 0 < amount.value <= 1:
        return _ambiguous(column, raw, amount.value)
    value = amount.value * factor
    said = format(value.normalize(), "f")
    if note is not None:
        issues.append(issue(f"{kind.prefix}-NOTE", label=column.label, raw=shown(raw), value=said))
    if amount.leading_zero:
        issues.append(issue(f"{kind.prefix}-LEADING-ZERO", label=column.label, raw=shown(raw), value=said))
    if amount.spaced:
        issues.append(issue(f"{kind.prefix}-SPACED", label=column.label, raw=shown(raw), value=said))
    return _exact(kind, column, raw, value, amount.resolution * factor, tuple(issues))


def stated_text(unit: Unit) -> str:
    """Name a unit the way a header would: 万元."""
    names = {scale: name for name, scale in SCALES.items() if name in ("百", "千", "万", "十万", "百万", "千万", "亿")}
    return names.get(unit.scale, "") + unit.word


def _unit_word(rest: str, column: Column) -> str | None:
    """Return the counter behind a number ("" if none); ``None`` where what stands there is no unit."""
    rest = rest.strip().strip("()").rstrip("整正。") if rest else ""
    if not rest:
        return ""
    if kind_of(rest) is not None:
        return rest
    own = _own_words(column.label, column.synonyms)
    for counter in _COUNTERS:
        if not rest.startswith(counter):
            continue
        named = rest[len(counter) :]
        if named in own or (named in _PEOPLE and kind_of(counter) == "people"):
            return counter
    return "" if len(rest) > 1 and rest in own else None


def _unit_verdict(word: str, column: Column) -> str:
    """Judge a counter: it fits, it is odd (read, with a warning), or it makes the number another thing."""
    cell = kind_of(word)
    if column.type == "money":
        return "fits" if cell == "money" else "wrong"
    if column.type == "percent":
        return "fits" if cell == "percent" and word in ("%", "‰") else "wrong"
    if column.unit is None:
        return "fits" if cell != "money" or column.type == "decimal" else "wrong"
    if fits(word, column.unit):
        return "fits"
    return "wrong" if cell in ("money", "percent", "time") or kind_of(column.unit) == "time" else "odd"


def _interval(
    kind: _Kind, column: Column, raw: str, amount: Amount, factor: Decimal, issues: tuple[Issue, ...]
) -> Parsed:
    """Give an estimate its inclusive bounds in the column's own steps."""
    low = amount.low
    high = amount.high
    if any(value is not None and value * factor > kind.limit for value in (low, high)):
        return _refuse(kind, "TOO-LARGE", column, raw)
    least: Decimal | int | None = None
    most: Decimal | int | None = None
    if low is not None:
        least = (low * factor).quantize(kind.quantum, ROUND_FLOOR) + (kind.quantum if amount.low_open else 0)
    if high is not None:
        most = (high * factor).quantize(kind.quantum, ROUND_CEILING) - (kind.quantum if amount.high_open else 0)
    if most is not None and most < 0:
        return _refuse(kind, "WORDS", column, raw)
    if column.type == "count":
        least = None if least is None else int(least)
        most = None if most is None else int(most)
    low_said, high_said = (None if end is None else format(Decimal(end).normalize(), "f") for end in (least, most))
    if least is not None and most is not None:
        span = f"{low_said} 至 {high_said}"
    elif least is not None:
        span = f"不少于 {low_said}"
    else:
        span = f"不超过 {high_said}"
    approx = issue(f"{kind.prefix}-APPROX", label=column.label, raw=shown(raw), span=span)
    return Parsed(low=least, high=most, issues=(*issues, approx))
