"""Chinese numerals, whole texts only: 三十二, 两百, 1万2千, 壹仟贰佰 and how finely they are stated.

cn2an does the arithmetic in its strict mode; this module decides what is handed to it, because its
lenient modes read 五一 as 51 and its ``transform`` rewrites names. It must not know units or columns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

DIGITS = "零〇一二两三四五六七八九壹贰叁肆伍陆柒捌玖"
PLACES = "十百千万亿拾佰仟萬億廿卅"
NUMERAL = f"[{DIGITS}{PLACES}]"

_WHOLE = re.compile(f"{NUMERAL}+")
_POSITIONAL = re.compile(f"[{DIGITS}]+")
_PLACE_VALUE = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}
_SIMPLE = str.maketrans("〇壹贰叁肆伍陆柒捌玖拾佰仟萬億", "零一二三四五六七八九十百千万亿")
_VALUE = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
# 1万2千, 3千5百, 2亿3千万: Arabic digits in front of Chinese places.
_MIXED = re.compile(r"(?:\d{1,4}[十百千万亿]{1,2}){1,4}(?:零?\d{1,3})?")
_MIXED_PART = re.compile(r"(\d+)([十百千万亿]{1,2})")


@dataclass(frozen=True, slots=True)
class Numeral:
    """A numeral's value, and the smallest place it names: 两百 is 200 stated to hundreds."""

    value: Decimal
    place: int


@lru_cache(4096)
def parse_numeral(text: str) -> Numeral | None:
    """Read a whole Chinese numeral; ``None`` for anything else, and for what is not one certain number.

    三五 may be 35 or "three to five" and 百 alone is not a count, so both give ``None``.
    """
    if _WHOLE.fullmatch(text):
        return _pure(text.translate(_SIMPLE))
    if _MIXED.fullmatch(text):
        return _mixed(text)
    return None


def _pure(text: str) -> Numeral | None:
    if _POSITIONAL.fullmatch(text):
        if len(text) == 1:
            return Numeral(Decimal(_VALUE[text]), 1)
        if "两" in text or text.startswith("零") or "零" not in text:
            return None
        return Numeral(Decimal("".join(str(_VALUE[char]) for char in text)), 1)
    text = text.replace("廿", "二十").replace("卅", "三十")
    if re.search("两(?![百千万亿])", text):
        return None
    text = re.sub("^([百千万亿])", r"一\1", text) if len(text) > 1 and text[1] == "零" else text
    text = text.replace("两", "二")
    # 一百二 and 一万二 leave out the last place; 十二 does not.
    short = re.search(r"([百千万亿])([一二三四五六七八九])$", text)
    place = 1
    if short:
        place = _PLACE_VALUE[short[1]] // 10
        # A place below ten thousand has one numeral: 一百二 is 120, and so 一万二 is 12000.
        text += {10: "十", 100: "百", 1000: "千", 10_000_000: "千万"}[place]
    try:
        # Loading it takes as long as reading a small workbook, and most have no number in Chinese.
        import cn2an

        value = Decimal(int(cn2an.cn2an(text, "strict")))
    except (ValueError, IndexError, KeyError):
        return None
    if not short:
        place = _PLACE_VALUE.get(text[-1], 1)
    return Numeral(value, place)


def _mixed(text: str) -> Numeral | None:
    total = Decimal(0)
    last = None
    position = 0
    for match in _MIXED_PART.finditer(text):
        try:
            place = _place(match[2])
        except KeyError:
            return None
        number = int(match[1])
        # Places must fall (1万2千, never 2千1万), and each part must fit under the one before.
        if last is not None and (place >= last or number * place >= last):
            return None
        total += number * place
        last = place
        position = match.end()
    rest = text[position:]
    if last is None:
        return None
    if rest:
        number = int(rest.removeprefix("零"))
        if rest.startswith("零") and number < last:
            return Numeral(total + number, 1)  # 1万零5
        if rest.startswith("零") or (len(rest) > 1 and len(rest) != len(str(last)) - 1):
            return None  # 2千12 leaves a place out
        if len(rest) > 1:
            return Numeral(total + number, 1)  # 1千200
        return Numeral(total + number * last // 10, last // 10)
    return Numeral(total, last)


def _place(word: str) -> int:
    if len(word) == 1:
        return _PLACE_VALUE[word]
    if word[0] in "十百千" and word[1] in "万亿":
        return _PLACE_VALUE[word[0]] * _PLACE_VALUE[word[1]]
    raise KeyError(word)


def digits_of(text: str) -> str | None:
    """Read Chinese digits position by position (二〇二四 is 2024); ``None`` if a place word is among them."""
    if not _POSITIONAL.fullmatch(text) or "两" in text:
        return None
    return "".join(str(_VALUE[char]) for char in text.translate(_SIMPLE))
