"""One text to one amount: 1,200 / 3.6万 / 三十二 / 500多 / 约2万 / 100-120, with its unit left over.

The text is taken apart here and nowhere else; what an amount may be in a column (whole, negative, of
which unit) is for ``numbers``. This module must not know columns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal
from typing import Literal

from analytics.etl.values.numerals import DIGITS, NUMERAL, parse_numeral
from analytics.etl.values.units import SCALES

Failure = Literal["words", "two", "negative", "grouping", "date"]

_ARABIC = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,2})?"
_SCALE = r"(?:百万|千万|十万|万亿|[万亿千百佰仟萬億w])"
_PLAIN = re.compile(rf"(?P<number>{_ARABIC})(?P<scale>{_SCALE})?")
_GROUPS = re.compile(r"\d[\d,]*")
_GOOD_GROUPS = re.compile(r"\d{1,3}(?:,\d{3})+|\d+")
_BODY = re.compile(
    rf"(?P<body>(?:{_ARABIC}(?:{_SCALE})?|{NUMERAL}|\d)+)(?P<more>多|余|餘|来|几)?(?P<scale>{_SCALE}|[十拾])?(?P<rest>.*)"
)
_BARE = re.compile(r"[十百千万亿]{1,2}")
_SEVERAL = re.compile(r"(?P<how>好几|几|数|上|成)(?P<scale>[十百千万亿]{1,2})(?:多|余)?(?P<rest>.*)")
_PAIR = re.compile(
    rf"(?P<ten>十)?(?P<a>[一二两三四五六七八])(?P<b>[二两三四五六七八九])(?P<scale>[十百千万亿]{{0,2}})(?P<rest>(?!{NUMERAL}).*)"
)
_SPACED = re.compile(r"(?<![\d.,])\d{1,3}(?: \d{3})+(?![\d,])")
_RANGE = re.compile(r"(?P<low>[^-~至到—–]+)(?:[-~至到—–]{1,2})(?P<high>[^-~至到—–]+)")
_DATE = re.compile(
    r"\d{2,4}年.*|\d{4}[-/]\d{1,2}([-/]\d{1,2}.*)?|\d{4}\.\d{1,2}\.\d{1,2}.*|\d{1,2}月(\d{1,2}[日号]?.*|份|[上中下]旬|底)?|\d{1,2}:\d{2}.*"
)
_NEGATIVE = re.compile(r"(?:[-−–]|负|负数)(?=[\d.¥])|\([\d,.]+(?:[万亿]?元?)\)|\(?[-−]¥?\d.*|¥[-−]\d.*")

Bound = Literal["around", "near", "over", "at_least", "under", "at_most"]
_BEFORE: tuple[tuple[str, Bound], ...] = (
    ("不超过", "at_most"),
    ("不多于", "at_most"),
    ("不大于", "at_most"),
    ("不高于", "at_most"),
    ("最多", "at_most"),
    ("至多", "at_most"),
    ("<=", "at_most"),
    ("≤", "at_most"),
    ("不少于", "at_least"),
    ("不低于", "at_least"),
    ("不小于", "at_least"),
    ("至少", "at_least"),
    ("最少", "at_least"),
    (">=", "at_least"),
    ("≥", "at_least"),
    ("大约", "around"),
    ("大概", "around"),
    ("大致", "around"),
    ("约为", "around"),
    ("约有", "around"),
    ("约计", "around"),
    ("约", "around"),
    ("≈", "around"),
    ("~", "around"),
    ("将近", "near"),
    ("接近", "near"),
    ("几近", "near"),
    ("近", "near"),
    ("超过", "over"),
    ("突破", "over"),
    ("超出", "over"),
    ("高于", "over"),
    ("多于", "over"),
    ("大于", "over"),
    ("超", "over"),
    ("逾", "over"),
    ("过", "over"),
    (">", "over"),
    ("不足", "under"),
    ("不到", "under"),
    ("不满", "under"),
    ("未满", "under"),
    ("未到", "under"),
    ("少于", "under"),
    ("低于", "under"),
    ("小于", "under"),
    ("<", "under"),
)
_AFTER: tuple[tuple[str, Bound], ...] = (
    ("左右", "around"),
    ("上下", "around"),
    ("许", "around"),
    ("(约)", "around"),
    ("以上", "at_least"),
    ("之多", "around"),
    ("+", "at_least"),
    ("以下", "at_most"),
    ("以内", "at_most"),
    ("之内", "at_most"),
)


@dataclass(frozen=True, slots=True)
class Amount:
    """What a text says.

    ``rest`` is what stands behind the number (its unit), ``resolution`` the smallest step it states,
    ``scale`` what it is multiplied by if it names 万 or 亿 itself (else 1); ``low`` and ``high`` bound an
    estimate, ``high_open`` meaning "less than".
    """

    value: Decimal | None
    rest: str = ""
    resolution: Decimal = Decimal(1)
    scale: int = 1
    low: Decimal | None = None
    high: Decimal | None = None
    low_open: bool = False
    high_open: bool = False
    leading_zero: bool = False
    spaced: bool = False

    @property
    def estimate(self) -> bool:
        """Whether only bounds are known."""
        return self.low is not None or self.high is not None


def read_amount(text: str) -> Amount | Failure:
    """Read one normalised text (prefix words such as 共 already taken off) as one amount, or say why not."""
    if _NEGATIVE.match(text):
        return "negative"
    if _DATE.fullmatch(text):
        return "date"
    spaced = _SPACED.search(text)
    if spaced:
        text = text.replace(spaced.group(), spaced.group().replace(" ", ""))
    text = re.sub(r"(?<!\d) | (?!\d)", "", text).casefold()
    if " " in text:
        return "two"
    for word in _GROUPS.findall(text):
        if "," in word.rstrip(",") and not _GOOD_GROUPS.fullmatch(word):
            return "grouping"
    amount = _bounded(text)
    if amount is None:
        return "two" if len(re.findall(r"\d+(?:[.,]\d+)*", text)) > 1 else "words"
    return replace(amount, spaced=True) if spaced else amount


def _bounded(text: str) -> Amount | None:
    bounds: list[Bound] = []
    for word, bound in _BEFORE:
        if text.startswith(word):
            bounds.append(bound)
            text = text[len(word) :]
            break
    for word, bound in _AFTER:
        if text.endswith(word):
            bounds.append(bound)
            text = text[: -len(word)]
            break
    if len(bounds) == 2 and bounds != ["around", "around"]:
        return None
    amount = _range(text)
    if amount is None:
        amount = _single(text, approximate=bool(bounds))
    if amount is None:
        return None
    if not bounds:
        # An amount and its unit, with the bound between: 500以上人次 is not written, 500+人 is.
        return _inner_bound(amount)
    return _with_bound(amount, bounds[0])


def _inner_bound(amount: Amount) -> Amount:
    for word, bound in _AFTER:
        if amount.rest.startswith(word):
            return _with_bound(replace(amount, rest=amount.rest[len(word) :]), bound)
    return amount


def _with_bound(amount: Amount, bound: Bound) -> Amount:
    """Turn an amount into the interval that 约, 近, 超过 … make of it."""
    low = amount.low if amount.value is None else amount.value
    high = amount.high if amount.value is None else amount.value
    if low is None or high is None:
        return (
            amount
            if bound == "around"
            else Amount(None, amount.rest, amount.resolution, amount.scale, amount.low, amount.high)
        )
    open_high = amount.high_open
    plain = replace(amount, value=None)
    if bound == "around":
        # 约 is held to mean within a tenth.
        return replace(plain, low=low * Decimal("0.9"), high=high * Decimal("1.1"), high_open=open_high)
    if bound == "near":
        # 近 is below the number, and by convention not by more than a fifth.
        return replace(plain, low=low * Decimal("0.8"), high=low, high_open=True)
    if bound == "over":
        return replace(plain, low=low, low_open=True, high=None)
    if bound == "at_least":
        return replace(plain, low=low, high=None)
    if bound == "under":
        return replace(plain, low=None, high=low, high_open=True)
    return replace(plain, low=None, high=high, high_open=open_high)


def _range(text: str) -> Amount | None:
    match = _RANGE.fullmatch(text)
    if match is None:
        return None
    first, last = _single(match["low"]), _single(match["high"])
    if first is None or last is None or first.value is None or last.value is None:
        return None
    if first.leading_zero or last.leading_zero:
        return None
    low, scale = first.value, first.scale
    if first.scale == 1 and last.scale > 1 and not first.rest:
        low, scale = low * last.scale, last.scale  # 3-4万
    if first.rest and last.rest and first.rest != last.rest:
        return None
    if low >= last.value:
        return None
    return Amount(None, last.rest or first.rest, Decimal(1), max(scale, last.scale), low, last.value)


def _single(text: str, *, approximate: bool = False) -> Amount | None:
    several = _SEVERAL.fullmatch(text)
    if several and several["scale"] in {*SCALES, "十"}:
        scale = SCALES[several["scale"]]
        first = 1 if several["how"] in "上成" else 2
        return _estimate(Decimal(first * scale), Decimal(10 * scale), several["rest"], scale)
    pair = _PAIR.fullmatch(text)
    if pair and (pair["ten"] or pair["scale"]) and not (pair["ten"] and pair["scale"]):
        a, b = ("零一二三四五六七八九".index(pair[key].replace("两", "二")) for key in ("a", "b"))
        scale = SCALES[pair["scale"]] if pair["scale"] in SCALES else 0 if pair["scale"] else 1
        if scale and a < b <= a + 2:
            base = 10 if pair["ten"] else 0
            return _estimate(Decimal((base + a) * scale), Decimal((base + b + 1) * scale), pair["rest"], scale)
        if scale and pair["scale"]:
            return None
    match = _BODY.fullmatch(text)
    if match is None:
        return None
    read = _body(match["body"], approximate=approximate or bool(match["more"]))
    if read is None:
        return None
    more, outer, rest = match["more"], match["scale"], match["rest"]
    if outer and not more:
        return None
    if more is None:
        return replace(read, rest=rest)
    if read.value is None:
        return None
    scale = SCALES[outer] if outer else 1
    step = read.resolution
    low, high = read.value * scale, (read.value + step) * scale
    if more == "来":
        low = (low * Decimal("0.9")).to_integral_value(ROUND_FLOOR)
    if step * scale <= 1:
        return Amount(None, rest, step, read.scale * scale, low, None)
    return _estimate(low, high, rest, read.scale * scale)


def _estimate(low: Decimal, below: Decimal, rest: str, scale: int) -> Amount:
    return Amount(None, rest, Decimal(1), scale if scale >= 10_000 else 1, low, below, high_open=True)


def _body(body: str, *, approximate: bool) -> Amount | None:
    """Read the bare number. ``resolution`` is what 多 behind it would stay below."""
    plain = _PLAIN.fullmatch(body)
    if plain:
        digits = plain["number"].replace(",", "")
        number = Decimal(digits)
        scale = SCALES[plain["scale"]] if plain["scale"] else 1
        exponent = int(number.as_tuple().exponent)
        resolution = Decimal(1).scaleb(exponent) * scale
        if approximate and not plain["scale"] and exponent >= 0 and number:
            # 500多 stays below the next hundred: the place of the last digit that is not zero.
            resolution = Decimal(1).scaleb(len(digits) - len(digits.rstrip("0")))
        zero = re.match(r"0\d", digits) is not None
        return Amount(number * scale, "", resolution, scale if scale >= 10_000 else 1, leading_zero=zero)
    numeral = parse_numeral(body)
    if numeral is not None:
        scale = 10_000 if re.search("[万萬亿億]", body) else 1
        stated = Decimal(numeral.place)
        mixed = not re.fullmatch(f"[{DIGITS}十百千拾佰仟廿卅]+", body)
        # Written out in Chinese a number below ten thousand is meant to the last place; 3千 and 两万 are not.
        return Amount(numeral.value, "", stated if approximate or mixed else Decimal(1), scale)
    if approximate and _BARE.fullmatch(body) and body in SCALES:
        scale = SCALES[body]
        return Amount(Decimal(scale), "", Decimal(scale), scale if scale >= 10_000 else 1)
    return None
