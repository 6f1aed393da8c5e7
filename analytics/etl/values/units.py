"""Units and counters: what 万元, 人次 or 家 says about a number, in a cell or in a header.

This module must not know columns' names; it knows only the words that stand behind numbers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

Kind = Literal["people", "visits", "events", "organisations", "things", "times", "copies", "money", "time", "percent"]

_COUNTERS: dict[Kind, tuple[str, ...]] = {
    "people": ("人", "名", "位", "个人", "人数", "口", "員", "员"),
    "visits": ("人次", "人次数", "人/次", "人·次", "人·场", "次人", "人(次)", "名次"),
    "events": ("场", "场次", "场(次)", "场/次", "期", "期次", "班", "班次", "届", "轮", "讲", "堂", "节"),
    "organisations": ("家", "户", "家次", "所", "单位"),
    "things": (
        "个",
        "件",
        "项",
        "条",
        "种",
        "类",
        "批",
        "支",
        "处",
        "台",
        "套",
        "辆",
        "座",
        "幅",
        "部",
        "间",
        "只",
        "盒",
        "箱",
        "袋",
        "瓶",
        "包",
    ),
    "times": ("次", "回", "次数", "遍"),
    "copies": ("份", "册", "本", "张", "页", "篇", "封"),
    "money": ("元", "块", "块钱", "元整", "元正", "圆", "圆整", "rmb", "元人民币", "人民币元", "yuan", "cny"),
    "time": (
        "天",
        "日",
        "课时",
        "学时",
        "小时",
        "个小时",
        "时",
        "分钟",
        "h",
        "周",
        "个月",
        "月",
        "年",
        "节课",
        "节",
        "个课时",
        "个学时",
    ),
    "percent": ("%", "百分比", "‰", "百分点", "个百分点"),
}
_KIND_OF: dict[str, Kind] = {word: kind for kind, words in _COUNTERS.items() for word in words}

# What may stand behind a number in a column of each kind without a question being asked. 次 and 个 are
# said of almost anything; 人 is how people write 人次, but 人次 in a column of 人 is something else.
_FITS: dict[Kind, frozenset[str]] = {
    "people": frozenset({*_COUNTERS["people"], "个"}),
    "visits": frozenset({*_COUNTERS["visits"], *_COUNTERS["people"], "次", "个"}),
    "events": frozenset({*_COUNTERS["events"], "次", "个"}),
    "organisations": frozenset({*_COUNTERS["organisations"], "个"}),
    "things": frozenset({*_COUNTERS["things"], "人", "名"}),
    "times": frozenset({*_COUNTERS["times"], "场", "场次", "人次", "个"}),
    "copies": frozenset({*_COUNTERS["copies"], "件", "个", "套", "条"}),
    "money": frozenset(_COUNTERS["money"]),
    "time": frozenset(),
    "percent": frozenset({"%", "‰"}),
}
# Words for the same stretch of time; 天 and 课时 are not each other.
_SAME_TIME = (
    frozenset({"天", "日"}),
    frozenset({"课时", "学时", "节", "节课", "个课时", "个学时"}),
    frozenset({"小时", "个小时", "时", "h"}),
)

SCALES: dict[str, int] = {
    "十": 10,
    "百": 100,
    "千": 1000,
    "仟": 1000,
    "佰": 100,
    "拾": 10,
    "万": 10_000,
    "萬": 10_000,
    "w": 10_000,
    "百万": 1_000_000,
    "千万": 10_000_000,
    "亿": 100_000_000,
    "億": 100_000_000,
    "十万": 100_000,
    "万亿": 10**12,
}
_UNIT = re.compile(r"(?P<scale>百万|千万|十万|万|千|百|亿)?(?P<word>.*)")


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit taken apart: 万元 is scale 10000 and word 元. ``kind`` is ``None`` where the word is not known."""

    scale: int
    word: str
    kind: Kind | None


def kind_of(word: str) -> Kind | None:
    """Return what a counter counts, or ``None`` if it is not one."""
    return _KIND_OF.get(word.casefold())


@cache
def parse_unit(text: str) -> Unit | None:
    """Take a stated unit apart (万元, 千人次, %); ``None`` where it is not a unit that is understood."""
    cleaned = re.sub(r"^(单位|计量单位):?", "", text.replace(" ", "").strip("()[]:")).casefold()
    if not cleaned:
        return None
    if cleaned in _KIND_OF:
        return Unit(1, cleaned, _KIND_OF[cleaned])
    match = _UNIT.fullmatch(cleaned)
    if match is None or not match["scale"]:
        return None
    word = match["word"]
    if word and word not in _KIND_OF:
        return None
    return Unit(SCALES[match["scale"]], word, _KIND_OF.get(word))


def unit_scale(text: str) -> int:
    """Return by what a stated unit multiplies (万元: 10000); 1 where it is not understood."""
    unit = parse_unit(text)
    return unit.scale if unit is not None else 1


@cache
def fits(word: str, unit: str | None) -> bool:
    """Tell whether a number followed by ``word`` may stand in a column counted in ``unit``."""
    word = word.casefold()
    if unit is None or word == unit:
        return True
    kind = kind_of(unit)
    if kind is None:
        return True
    if kind == "time":
        return any(word in same and unit in same for same in _SAME_TIME)
    return word in _FITS[kind]


def counters() -> tuple[str, ...]:
    """Return every known counter, longest first (for building patterns)."""
    return tuple(sorted(_KIND_OF, key=len, reverse=True))
