"""Personal numbers never reach a store: which headers name them, which texts hold them, how they are masked.

Identity numbers (18 digits with checksum, the old 15), mobile numbers and bank cards are found inside any
text. This module must not know ledgers or columns.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

IDENTITY = "身份证号"
MOBILE = "手机号"
CARD = "银行卡号"

_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (IDENTITY, re.compile(r"身份证|居民证件|证件号|身份号码|公民身份")),
    ("电话号码", re.compile(r"手机|电话(?!会议|咨询|回访|宣传|慰问|调查|访)|联系方式|联络方式|微信号|qq号")),
    ("家庭住址", re.compile(r"住址|家庭地址|家庭所在地|户籍|户口所在|居住地|现居")),
    (CARD, re.compile(r"银行卡|银行账|银行帐|开户行|卡号|收款账|收款帐|工资卡|社保卡号")),
    ("健康信息", re.compile(r"病史|疾病|病种|患病|健康状况|诊断|残疾(证|等级|类别)|身体状况|血型")),
)
# A header that counts such things (手机用户人数, 疾病宣传场次) holds no personal data.
_COUNTING = re.compile(r"人次|人数|次数|场次|数量|份数|率|户数|[^号]数$|数\(|量$")

_SEPARATED = r"[ \-\u3000\u2010-\u2015－]?"
_DIGIT = "[0-9０-９]"
# Runs of digits as people write them, with single spaces or hyphens between.
_RUN = re.compile(rf"(?<![0-9０-９A-Za-z.])(?:{_DIGIT}{_SEPARATED}){{10,22}}[0-9０-９XxＸｘ](?![0-9０-９])")
_ARROW_RUN = r"(?:[0-9０-９][ \-　‐-―－]?){11}"
_MOBILE = re.compile(r"(?:0{0,2}86)?(1[3-9]\d{9})")
_ID18 = re.compile(r"[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]")
_ID15 = re.compile(r"[1-9]\d{5}\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}")
_PROVINCES = frozenset(
    map(
        str,
        (
            *range(11, 16),
            *range(21, 24),
            *range(31, 38),
            *range(41, 47),
            *range(50, 55),
            *range(61, 66),
            71,
            81,
            82,
            83,
            91,
        ),
    )
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def is_personal_header(text: str) -> str | None:
    """Return what personal data a column headed ``text`` would hold, or ``None``."""
    header = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).casefold()
    if _COUNTING.search(header):
        return None
    return next((kind for kind, pattern in _KINDS if pattern.search(header)), None)


def checksum_holds(number: str) -> bool:
    """Tell whether an 18-character identity number has the right check character."""
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True))
    return "10X98765432"[total % 11] == number[17]


def _luhn(number: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _kind(run: str) -> str | None:
    """Say what one run of digits (separators removed) is."""
    if _MOBILE.fullmatch(run):
        return MOBILE
    # A number with a province, a birth day and eighteen places is an identity number even when its last
    # place is mistyped, or was lost because the cell was a number.
    if _ID18.fullmatch(run) and (run[:2] in _PROVINCES or checksum_holds(run)):
        return IDENTITY
    if _ID15.fullmatch(run) and run[:2] in _PROVINCES:
        return IDENTITY
    if 16 <= len(run) <= 19 and run.isdigit() and run[0] in "3456" and _luhn(run):
        return CARD
    return None


def mask(text: str) -> tuple[str, tuple[str, ...]]:
    """Replace every personal number in ``text``; return the masked text and the kinds that were found."""
    if not isinstance(text, str) or len(text) < 11:
        return text, ()
    kinds: dict[str, None] = {}

    def covered(match: re.Match[str]) -> str:
        whole = match.group()
        parts = [whole]
        run = re.sub(r"[^0-9X]", "", unicodedata.normalize("NFKC", whole).upper())
        kind = _kind(run)
        if kind is not None:
            kinds[kind] = None
            return f"〔{kind}已隐去〕"
        # Several numbers one after another (13800000000 13900000000): look at each.
        parts = re.split(r"([ \-\u3000\u2010-\u2015－])", whole)
        for index in range(0, len(parts), 2):
            part = unicodedata.normalize("NFKC", parts[index]).upper()
            kind = _kind(part)
            if kind is not None:
                kinds[kind] = None
                parts[index] = f"〔{kind}已隐去〕"
        return "".join(parts)

    masked = _RUN.sub(covered, text)
    return masked, tuple(kinds)


def mask_array(texts: pa.Array) -> tuple[pa.Array, dict[int, tuple[str, ...]]]:
    """Mask a whole string array; return it with the kinds found, by position.

    Only texts that hold a long run of digits are looked at one by one.
    """
    suspects = pc.fill_null(pc.match_substring_regex(texts, _ARROW_RUN), False)
    if not pc.any(suspects).as_py():
        return texts, {}
    positions = pc.indices_nonzero(suspects).to_pylist()
    values = texts.to_pylist()
    found: dict[int, tuple[str, ...]] = {}
    for position in positions:
        values[position], kinds = mask(values[position])
        if kinds:
            found[position] = kinds
    return pa.array(values, pa.string()), found


def column_looks_personal(samples: Sequence[Any]) -> str | None:
    """Return the kind of personal number that most of a column's filled cells are, or ``None``."""
    kinds: dict[str, int] = {}
    filled = 0
    for raw in samples:
        if isinstance(raw, (str, int, float)) and not isinstance(raw, bool) and raw != "":
            filled += 1
            text = raw if isinstance(raw, str) else format(raw, ".0f")
            run = re.sub(r"[^0-9X]", "", unicodedata.normalize("NFKC", text).upper())
            kind = _kind(run) if len(run) >= len(text.strip()) - 4 else None
            if kind is not None:
                kinds[kind] = kinds.get(kind, 0) + 1
        elif isinstance(raw, (dt.date, dt.time)):
            filled += 1
    best = max(kinds, key=lambda kind: kinds[kind], default=None)
    return best if best is not None and kinds[best] * 2 >= filled else None
