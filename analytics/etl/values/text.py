"""Text as offices type it, brought to one form: full-width letters, odd spaces, dashes, blanks, 同上.

This module must not know columns or types; it answers questions about one text.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from decimal import Decimal
from typing import Any

from analytics.etl.values.privacy import mask

# Superscripts, fractions, circled numbers: NFKC would turn 100² into 1002 and ① into 1.
_NOT_DIGITS = re.compile(
    "[²³¹¼½¾\u2070-\u209c\u2150-\u218b\u2460-\u24ff\u2776-\u2793\u3220-\u3229\u3248-\u324f"
    "\u3251-\u325f\u3280-\u3289\u32b1-\u32bf\U0001f100-\U0001f10a]"
)
# What cannot be seen: zero-width marks, soft hyphens, direction marks, byte order marks, control characters,
# and the escape Excel writes for a carriage return.
_UNSEEN = re.compile(
    "_x000[DdAa9]_|[\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]"
)
UNUSUAL = frozenset("\u00ad\u115f\u1160\u3164") | {chr(code) for code in range(0xFE00, 0xFE10)}
"""What cannot be seen although Unicode calls it a letter or a mark (spaces and control characters aside)."""
_SPACES = re.compile(r"\s+")
_LINE_SPACES = re.compile(r"[^\S\n]+")

_BLANK = frozenset(
    (
        "",
        "无",
        "暂无",
        "空",
        "不涉及",
        "不适用",
        "n/a",
        "null",
        "none",
        "nan",
        "(空)",
        "(无)",
        "空白",
        "无数据",
        "暂无数据",
    )
)
_DASHES = re.compile(r"[-\\/|_—–―‐‑‒−─━ー ]+")
_DITTO = re.compile(
    r"同(?:上|上面)?(?:[一1]?行|栏|格|述)?|同[前左]|上同|如上|ditto|(?:[〃″\"'”“„′‟]\s*){1,4}|[:·]{2,3}|[↑⬆]+",
    re.IGNORECASE,
)
_ERROR = re.compile(
    r"#(REF!?|N/A|DIV/0!?|VALUE!?|NAME\?|NUM!?|NULL!|SPILL!|CALC!|GETTING_DATA|FIELD!|BLOCKED!|CONNECT!|UNKNOWN!|BUSY!"
    r"|公式未计算|#+)|Err:\d{3}",
    re.IGNORECASE,
)
_SHOWN = 40


def normalise(text: str) -> str:
    """Bring ``text`` to the form values are read from: NFKC, nothing unseen, single spaces, trimmed.

    Characters that merely look like digits (², ①, ½) stay as they are: they must never become digits.
    """
    if text.isascii():
        if text.isalnum():
            return text
    elif _NOT_DIGITS.search(text):
        text = "".join(
            char if _NOT_DIGITS.match(char) else unicodedata.normalize("NFKC", char)
            for char in unicodedata.normalize("NFC", text)
        )
    else:
        text = unicodedata.normalize("NFKC", text)
    return _SPACES.sub(" ", _UNSEEN.sub("", text)).strip()


def tidy(text: str) -> str:
    """Return ``text`` as it is kept: trimmed, nothing unseen, line breaks kept, punctuation untouched."""
    text = _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    lines = (_LINE_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def is_blank_text(text: str) -> bool:
    """Tell whether a normalised text stands for "nothing here": empty, dashes, slashes, 无, 暂无."""
    return text.casefold().rstrip("。.") in _BLANK or _DASHES.fullmatch(text) is not None


def is_blank(raw: Any) -> bool:
    """Tell whether a cell is blank in the sense of the ledgers. Only 0 is zero; 无 and "/" are blank."""
    if raw is None:
        return True
    if isinstance(raw, str):
        return len(raw) < 64 and is_blank_text(normalise(raw)) if raw else True
    return isinstance(raw, float) and math.isnan(raw)


def is_ditto(text: str) -> bool:
    """Tell whether a normalised text says 同上."""
    return _DITTO.fullmatch(text.rstrip("。.")) is not None


def is_error_text(text: str) -> bool:
    """Tell whether a normalised text is a spreadsheet error (#REF!, #N/A …)."""
    return text[:1] in "#Ee" and _ERROR.fullmatch(text) is not None


def number_text(number: float) -> str:
    """Write a number as a spreadsheet shows it: fifteen digits, so 0.1 + 0.2 is 0.3; no exponent."""
    if isinstance(number, int):
        return str(number) if number.bit_length() < 128 else f"{Decimal(number):.6E}"
    if not math.isfinite(number):
        return str(number)
    text = format(Decimal(format(number, ".15g")), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def as_text(raw: Any) -> str:
    """Write any cell value as text: 12.0 is 12, dates are ISO, a midnight datetime is a date."""
    if isinstance(raw, str):
        return raw
    if isinstance(raw, bool):
        return "TRUE" if raw else "FALSE"
    if isinstance(raw, (int, float)):
        return number_text(raw)
    if isinstance(raw, dt.datetime):
        return raw.date().isoformat() if raw.time() == dt.time() else raw.isoformat(" ")
    if isinstance(raw, (dt.date, dt.time)):
        return raw.isoformat()
    if isinstance(raw, (Decimal, dt.timedelta)):
        return str(raw)
    return f"<{type(raw).__name__}>"


def shown(raw: Any) -> str:
    """Return a cell's value for a sentence: one line, not long, personal numbers masked."""
    text, _ = mask(_SPACES.sub(" ", as_text(raw)).strip())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
