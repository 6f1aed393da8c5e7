"""What a screen shows, as an address: reading it, writing it, and the periods one can click.

The address is the only state of a page: the same address gives the same screen. This module must not
know any metric, component or storage.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode

from analytics.metrics.periods import Grain, PeriodError, parse_period

ROWS_A_PAGE = 25

_GRAINS: tuple[Grain, ...] = ("half", "quarter", "month")


@dataclass(frozen=True)
class Named:
    """A period as an address writes it, and the word a reader clicks."""

    code: str
    word: str


@dataclass(frozen=True)
class View:
    """One screen, as its address says it. ``None`` and the first page are left out of the address."""

    period: str | None = None
    county: str | None = None
    as_of: date | None = None
    focus: str | None = None
    """The metric that the trend, the ranking and the map show."""
    metric: str | None = None
    """The metric whose rows are listed."""
    sort: str | None = None
    """A column of the listed rows, with a minus sign in front for downwards."""
    page: int = 1

    def search(self) -> str:
        """Return the query part of the address, with its question mark, or an empty text."""
        pairs: list[tuple[str, str]] = []
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None and value != field.default:
                pairs.append((field.name, value.isoformat() if isinstance(value, date) else str(value)))
        return "?" + urlencode(pairs, safe=".:") if pairs else ""

    def at(self, path: str, **changes: Any) -> str:
        """Return the address of ``path`` with this view after ``changes``."""
        return path + replace(self, **changes).search()


@dataclass(frozen=True)
class Read:
    """A view read from an address, and a sentence for every part that could not be used."""

    view: View
    notes: tuple[str, ...] = ()


def read_view(search: str, *, counties: Collection[str], metrics: Collection[str], reaches: date) -> Read:
    """Read the query part of an address. What cannot be used is left out, and said.

    Args:
        search: Everything from the question mark on.
        counties: County codes that exist.
        metrics: Ids of the metrics that exist.
        reaches: The day the data reaches; words such as 本月 are taken from it.
    """
    given = dict(parse_qsl(search.removeprefix("?")))
    notes: list[str] = []
    values: dict[str, Any] = {}
    if period := given.get("period"):
        try:
            parse_period(period, reaches)
            values["period"] = period
        except PeriodError as error:
            notes.append(f"{error}。现按默认时段显示。")
    if county := given.get("county"):
        if county in counties:
            values["county"] = county
        else:
            notes.append(f"没有代码为“{county[:40]}”的县区，已改为全市。")
    if as_of := given.get("as_of"):
        try:
            values["as_of"] = date.fromisoformat(as_of)
        except ValueError:
            notes.append(f"看不懂地址中的截止日期“{as_of[:40]}”，已改用数据截至日期。")
    for name in ("focus", "metric"):
        if wanted := given.get(name):
            if wanted in metrics:
                values[name] = wanted
            else:
                notes.append(f"没有编号为“{wanted[:40]}”的指标。")
    if (sort := given.get("sort")) and re.fullmatch(r"-?[a-z][a-z0-9_]*", sort):
        values["sort"] = sort
    if (page := given.get("page")) and page.isascii() and page.isdigit() and len(page) < 9 and int(page) > 0:
        values["page"] = int(page)
    return Read(View(**values), tuple(notes))


def presets(reaches: date) -> list[Named]:
    """Return the periods one click away, seen from ``reaches``.

    Args:
        reaches: The day the data reaches: 本月 is the month of the newest data, not of the clock.
    """
    return [_named(word, reaches, word) for word in ("本年", "上半年", "本季", "本月", "累计")]


def parts_of(year: int, reaches: date) -> list[Named]:
    """Return the periods inside ``year``: the whole, halves, quarters, months."""
    whole = parse_period(f"{year}", reaches)
    found = [_named(whole.code, reaches, "全年")]
    for grain in _GRAINS:
        found += [Named(part.code, part.label.removeprefix(f"{year}年")) for part in whole.buckets(grain)]
    return found


def _named(text: str, reaches: date, word: str) -> Named:
    period = parse_period(text, reaches)
    # A running total says so only by its word; its days alone would be an ordinary period.
    return Named(text if period.cumulative else period.code, word)
