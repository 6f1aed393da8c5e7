"""Choices, yes or no, years, and plain text.

This module must not know numbers with units, dates, or places.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from functools import lru_cache
from typing import Any

from analytics.etl.codes import Issue, issue
from analytics.etl.values.model import Context, Parsed
from analytics.etl.values.numerals import digits_of
from analytics.etl.values.privacy import mask
from analytics.etl.values.text import as_text, is_blank_text, normalise, number_text, shown, tidy
from analytics.ledgers.model import ChoiceWord, Column
from analytics.severity import Severity

_YES = frozenset({"是", "有", "√", "✓", "✔", "☑", "1", "y", "yes", "true", "t", "对", "已", "是的", "v", "✅"})
_NO = frozenset(
    {"否", "无", "×", "✗", "✘", "✕", "✖", "x", "0", "n", "no", "false", "f", "错", "没有", "不是", "非", "❌"}
)
_SEPARATORS = re.compile(r"[、/+,;和及与&|]")
_PUNCTUATION = "。.,、;:!!?· "
_REMARK = re.compile(r"(.+)\(([^()]+)\)")
_RESERVED = re.compile(r"[未剩拟待延不除非否无]|部分|计划|取消|基本|暂|其中|[线现]|和|[、,;+/]|%|\d项")
"""In a remark: something of the word it follows does not hold, or more than it is meant."""
_YEAR = re.compile(r"(\d{4})(?:年度?|年份)?")
_SHORT_YEAR = re.compile(r"(\d{2})年度?")


def fold(text: str) -> str:
    """Fold a choice word: full width, spaces, case and closing punctuation do not matter."""
    return normalise(text).replace(" ", "").casefold().strip(_PUNCTUATION)


def _combined(text: str) -> str:
    """Fold a combination (线下+线上) so that neither the order nor the sign between its parts matters."""
    parts = _SEPARATORS.split(text)
    return "/".join(sorted(parts)) if len(parts) > 1 and all(parts) else text


Choices = tuple[tuple[str, tuple[ChoiceWord, ...]], ...]


@lru_cache(256)
def _lookup(choices: Choices, doubtful: tuple[tuple[str, str], ...]) -> dict[str, tuple[str, str]]:
    """Map each folded word to its value and how sure that is: sure, flag or doubtful."""
    found: dict[str, tuple[str, str]] = {}
    for value, _ in choices:
        found[fold(value)] = (value, "sure")
    for value, words in choices:
        for word in words:
            found.setdefault(fold(word.word), (value, "flag" if word.flag else "sure"))
    for word_text, value in doubtful:
        found[fold(word_text)] = (value, "doubtful")
    for text, meaning in list(found.items()):
        found.setdefault(_combined(text), meaning)
    return found


def _remarked(words: dict[str, tuple[str, str]], text: str) -> tuple[str, str] | None:
    """Return the meaning of a word with a remark in brackets that takes nothing back: 线上（腾讯会议）."""
    match = _REMARK.fullmatch(text)
    meaning = words.get(fold(match[1])) if match else None
    if match is None or meaning is None or _RESERVED.search(match[2]):
        return None
    inner = words.get(match[2])
    if inner is not None:
        return meaning if inner[0] == meaning[0] else None
    return meaning[0], "flag" if meaning[1] == "sure" else meaning[1]


def parse_choice(column: Column, raw: Any, question: str | None = None) -> Parsed:
    """Parse one cell of a choice column to one of the declared values; 是 and 否 answer the heading's question."""
    words = _lookup(tuple(column.choices.items()), tuple(column.doubtful.items()))
    text = fold(as_text(raw))
    meaning = words.get(text) or words.get(_combined(text)) or _remarked(words, text)
    allowed = "、".join(column.offered)
    if meaning is None and question is not None and text in _YES | _NO:
        meaning = words.get(fold(question if text in _YES else f"未{question}"))
    if meaning is None:
        # Where an unknown word would leave a blank that a default then fills, it must stop the row.
        severity: Severity = "error" if column.required or column.default is not None else "warning"
        fault = issue("VAL-CHOICE-UNKNOWN", severity=severity, label=column.label, raw=shown(raw), allowed=allowed)
        return Parsed(issues=(fault,))
    value, sure = meaning
    if sure == "sure":
        return Parsed(value)
    code = "VAL-CHOICE-DOUBTFUL" if sure == "doubtful" else "VAL-CHOICE-FLAGGED"
    return Parsed(value, issues=(issue(code, label=column.label, raw=shown(raw), value=value, allowed=allowed),))


def parse_boolean(column: Column, raw: Any) -> Parsed:
    """Parse one cell of a yes-or-no column. 无 is an answer here, not a blank."""
    if isinstance(raw, bool):
        return Parsed(raw)
    text = fold(as_text(raw))
    own = fold(column.label)
    if text in _YES or text == own:
        return Parsed(True)
    if text in _NO:
        return Parsed(False)
    if is_blank_text(normalise(as_text(raw))):
        return Parsed()
    severity: Severity = "error" if column.required or column.default is not None else "warning"
    return Parsed(issues=(issue("VAL-BOOLEAN-UNKNOWN", severity=severity, label=column.label, raw=shown(raw)),))


def parse_year(column: Column, raw: Any, context: Context) -> Parsed:
    """Parse one cell of a year column to a four-digit year."""
    last = context.today.year + 1
    year: int | None = None
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        year = int(raw) if number_text(raw).isdigit() and len(number_text(raw)) == 4 else None
    elif isinstance(raw, str):
        text = normalise(raw).replace(" ", "").strip(_PUNCTUATION)
        digits = digits_of(text[:4])
        match = _YEAR.fullmatch(digits + text[4:] if digits else text)
        year = int(match[1]) if match else None
        short = _SHORT_YEAR.fullmatch(text)
        if short and 2000 + int(short[1]) <= last:
            year = 2000 + int(short[1])
            said = issue("VAL-DATE-SHORT-YEAR", label=column.label, raw=shown(raw), value=f"{year} 年")
            return Parsed(year, issues=(said,))
    if year is None:
        return Parsed(issues=(issue("VAL-YEAR-UNREADABLE", label=column.label, raw=shown(raw)),))
    if not 2000 <= year <= last:
        return Parsed(issues=(issue("VAL-YEAR-RANGE", label=column.label, raw=shown(raw), last=last),))
    return Parsed(year)


def parse_text(column: Column, raw: Any) -> Parsed:
    """Keep text as it was written, trimmed, with personal numbers masked."""
    issues: tuple[Issue, ...] = ()
    if isinstance(raw, (dt.date, dt.time)) and not isinstance(raw, str):
        issues = (issue("VAL-TEXT-DATE", label=column.label, raw=shown(raw)),)
    elif isinstance(raw, float) and (raw != int(raw) or abs(raw) >= 1e15 if math.isfinite(raw) else True):
        issues = (issue("VAL-TEXT-NUMBER", label=column.label, raw=shown(raw)),)
    text, kinds = mask(tidy(as_text(raw)))
    if kinds:
        issues = (*issues, issue("PRIV-MASKED", label=column.label, kinds="、".join(kinds)))
    return Parsed(text or None, issues=issues)
