"""Days written in pieces: a year, a month and a day in columns of their own (年 | 月 | 日).

Knows headings and how pieces of a date look; must not know ledgers, nor how a date is parsed in the end.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from analytics.etl.grid import ErrorCell
from analytics.etl.headers import DAY_LEAVES, MONTH_LEAVES, YEAR_LEAVES
from analytics.etl.spans import HeaderColumn
from analytics.etl.values.text import as_text, is_blank, normalise

Piece = Literal["year", "month", "day"]

_LEAVES: tuple[tuple[Piece, frozenset[str]], ...] = (
    ("year", YEAR_LEAVES),
    ("month", MONTH_LEAVES),
    ("day", DAY_LEAVES),
)
_LOOKS: dict[Piece, re.Pattern[str]] = {
    "year": re.compile(r"(?:20)?\d{2}(?:\.0)?年?度?"),
    "month": re.compile(r"(?:(?:1[0-2]|0?[1-9])(?:\.0)?|十[一二]?|[一二三四五六七八九])月?份?"),
    "day": re.compile(r"(?:[12]\d|3[01]|0?[1-9])(?:\.0)?[日号]?(?:[-—~至、]+(?:[12]\d|3[01]|0?[1-9])[日号]?)?"),
}
_ORDER: tuple[Piece, ...] = ("year", "month", "day")
_MONTH_NAMES = {name: str(number) for number, name in enumerate("一二三四五六七八九十", 1)} | {
    "十一": "11",
    "十二": "12",
}
_YEARLESS = re.compile(r"^(?:1[0-2]|0?[1-9])月")
_WHOLE = re.compile(r"^(20\d{2})(?:[年./-]|\d{4}$)")
_YEARLESS_DOTS = re.compile(r"^(?:1[0-2]|0?[1-9])[./-](?:[12]\d|3[01]|0?[1-9])$")

Pieces = dict[Piece, HeaderColumn]


def piece_of(column: HeaderColumn, samples: Sequence[Any]) -> Piece | None:
    """Return which piece of a date a column holds, by its heading and by what stands in most of its cells."""
    for piece, leaves in _LEAVES:
        if leaves.isdisjoint(column.leaf.forms):
            continue
        filled = [normalise(as_text(value)) for value in samples if not is_blank(value)]
        good = sum(bool(_LOOKS[piece].fullmatch(text)) for text in filled)
        return piece if good * 2 > len(filled) else None
    return None


def runs(columns: Sequence[HeaderColumn], samples: Mapping[int, Sequence[Any]]) -> list[Pieces]:
    """Return the neighbouring columns that make up one day each: year, month and day, in this order.

    Args:
        columns: The table's columns that have a heading, from left to right.
        samples: Some raw values of each column, by its index.
    """
    found: list[Pieces] = []
    last: HeaderColumn | None = None
    for column in columns:
        piece = piece_of(column, samples.get(column.index, ()))
        if piece is None:
            last = None
            continue
        follows = (
            last is not None
            and last.index + 1 == column.index
            and last.path[:-1] == column.path[:-1]
            and _ORDER.index(piece) > max(_ORDER.index(one) for one in found[-1])
        )
        if follows:
            found[-1][piece] = column
        else:
            found.append({piece: column})
        last = column
    return found


def is_yearless(samples: Sequence[Any]) -> bool:
    """Tell whether some cells of a date column say a month and a day only."""
    filled = [normalise(as_text(value)) for value in samples if not is_blank(value)]
    return any(_YEARLESS.match(text) or _YEARLESS_DOTS.match(text) for text in filled)


def compose_all(pieces: Sequence[Piece], columns: Sequence[Sequence[Any]]) -> list[Any]:
    """Return one raw cell a row for a day in pieces."""
    of: dict[Piece, Sequence[Any]] = dict(zip(pieces, columns, strict=True))
    nothing = [None] * len(columns[0])
    parts = [of.get(piece, nothing) for piece in _ORDER]
    return [compose(*cells) for cells in zip(*parts, strict=True)]


def compose(year: Any, month: Any, day: Any) -> Any:
    """Return one raw cell for the day whose pieces stand in several; what does not go together stays unreadable."""
    broken = next((piece for piece in (year, month, day) if isinstance(piece, ErrorCell)), None)
    if broken is not None:
        return broken
    if all(is_blank(piece) for piece in (year, month, day)):
        return None
    years, months = _number(year, "年度"), _number(month, "月份")
    months = _MONTH_NAMES.get(months, months)
    if isinstance(day, dt.date) and not months:
        return day  # a whole date stands for itself, whatever year the record is counted in
    if isinstance(day, dt.date):
        agrees = years in ("", str(day.year), str(day.year % 100)) and months in ("", str(day.month))
        return day if agrees else f"{_said(years, '年')}{_said(months, '月')}{day:%Y-%m-%d}"
    if not months and isinstance(day, float) and not day.is_integer():
        return day  # 7.1: the first or the tenth of July
    days = "" if is_blank(day) else _number(day, "日号")
    head = f"{_said(years, '年')}{_said(months, '月')}"
    if not days:
        return head
    if not months and _WHOLE.match(days):
        return days
    if not months and (_YEARLESS.match(days) or _YEARLESS_DOTS.match(days)):
        return f"{years}年{days}" if years and "月" in days else f"{years}.{days}" if years else days
    bounds = [part for part in re.split(r"[-—~至、]+", days) if part]
    if all(part.strip("日号").isdigit() for part in bounds) and len(bounds) <= 2:
        return head + "-".join(f"{part.strip('日号')}日" for part in bounds)
    return f"{head}{days}"


def _number(value: Any, words: str) -> str:
    """Return a piece without the word for what it is: 2024年 → 2024, 3.0 → 3."""
    if is_blank(value):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = normalise(as_text(value)).rstrip(words)
    return text.lstrip("0") if text.isdigit() else text


def _said(piece: str, word: str) -> str:
    return f"{piece}{word}" if piece else ""
