"""What a screen shows, as an address: reading it, writing it, and the periods one can click.

The address is the only state of a page: the same address gives the same screen. This module must not
know any metric, component or storage.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode

from analytics.metrics.periods import Grain, PeriodError, parse_period

ROWS_A_PAGE = 25

OUTSIDE = {"estimated": "估计数", "blank": "缺数", "imprecise": "日期不够确切"}
"""Why rows that belong to a figure are not counted in it, and the words for it."""
LONGEST_TEXT = 80
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
"""The days a figure may be told as of; the same years that a period may lie in."""
_PART = re.compile(r"[a-z][a-z0-9_]*:")
_ID = re.compile(r"[0-9A-Za-z._-]{1,80}")
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
    line: str | None = None
    """Only the figures of this line of work, by its name."""
    as_of: date | None = None
    focus: str | None = None
    """The metric that the trend, the ranking and the map show."""
    metric: str | None = None
    """The metric whose rows are listed."""
    which: str | None = None
    """Which rows: those counted (unsaid), or those left outside the figure for one reason."""
    unit: str | None = None
    """Only rows of this reporting unit."""
    part: str | None = None
    """Only rows of this part of the figure, as ``written_part`` writes it."""
    find: str | None = None
    """Only rows that hold this text."""
    sort: str | None = None
    """A column of the listed rows, with a minus sign in front for downwards."""
    page: int = 1
    record: str | None = None
    """The one record shown, by its id."""
    version: str | None = None
    """The data version to show, where it is not the newest."""
    screen: bool = False
    """For a big screen on a wall: nothing to click, large type, one page after another."""

    def search(self) -> str:
        """Return the query part of the address, with its question mark, or an empty text."""
        return self.at("")

    def at(self, path: str, **changes: Any) -> str:
        """Return the address of ``path`` with this view after ``changes``.

        Raises:
            TypeError: A change is of something no view has.
        """
        if not changes.keys() <= _UNSAID.keys():
            raise TypeError(f"no view has {sorted(changes.keys() - _UNSAID.keys())}")
        # A screen holds a few hundred addresses: no view is made for each of them.
        said = vars(self) | changes
        pairs = [
            (name, _written(value)) for name, value in said.items() if value is not None and value != _UNSAID[name]
        ]
        return path + ("?" + urlencode(pairs, safe=".:") if pairs else "")


_UNSAID = {field.name: field.default for field in fields(View)}
"""What an address does not say, by its name."""


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "1"
    return value.isoformat() if isinstance(value, date) else str(value)


@dataclass(frozen=True)
class Read:
    """A view read from an address, and a sentence for every part that could not be used."""

    view: View
    notes: tuple[str, ...] = ()


def written_part(dims: Mapping[str, str]) -> str | None:
    """Return values of dimensions as an address carries them, such as ``mode:线下``; nothing where there are none."""
    return "|".join(f"{name}:{value}" for name, value in dims.items()) or None


def part_of(text: str | None) -> dict[str, str]:
    """Return what ``written_part`` wrote."""
    return {name: value for name, _, value in (piece.partition(":") for piece in (text or "").split("|")) if name}


def asked_only(view: View) -> View:
    """Return what every page understands of a view: period, county, line of work, day, version, screen."""
    return View(
        period=view.period,
        county=view.county,
        line=view.line,
        as_of=view.as_of,
        version=view.version,
        screen=view.screen,
    )


def version_of(search: str) -> str | None:
    """Return the data version an address asks for, ``None`` where it takes the newest."""
    version = dict(parse_qsl(search.removeprefix("?"))).get("version", "")
    return version if _ID.fullmatch(version) else None


def read_view(
    search: str, *, counties: Collection[str], metrics: Collection[str], reaches: date, lines: Collection[str] = ()
) -> Read:
    """Read the query part of an address. What cannot be used is left out, and said.

    Args:
        search: Everything from the question mark on.
        counties: County codes that exist.
        metrics: Ids of the metrics that exist.
        reaches: The day the data reaches; words such as 本月 are taken from it.
        lines: Names of the lines of work that exist.
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
    if line := given.get("line"):
        if line in lines:
            values["line"] = line
        else:
            notes.append(f"没有名为“{line[:40]}”的业务线，已改为全部业务。")
    if as_of := given.get("as_of"):
        try:
            given_day = date.fromisoformat(as_of)
        except ValueError:
            given_day = None
        if given_day is not None and FIRST_DAY <= given_day <= LAST_DAY:
            values["as_of"] = given_day
        else:
            notes.append(f"看不懂地址中的截止日期“{as_of[:40]}”，已改用数据截至日期。")
    for name in ("focus", "metric"):
        if wanted := given.get(name):
            if wanted in metrics:
                values[name] = wanted
            else:
                notes.append(f"没有编号为“{wanted[:40]}”的指标。")
    if which := given.get("which"):
        if which in OUTSIDE:
            values["which"] = which
        elif which != "counted":
            notes.append(f"没有“{which[:40]}”这一类明细，已改为列出计入的记录。")
    if part := given.get("part"):
        if len(part) <= LONGEST_TEXT and all(_PART.match(piece) for piece in part.split("|")):
            values["part"] = part
        else:
            notes.append(f"看不懂地址中的分项“{part[:40]}”，已列出全部。")
    for name in ("unit", "find"):
        if text := given.get(name, "").strip():
            values[name] = text[:LONGEST_TEXT]
    if sort := given.get("sort"):
        if re.fullmatch(r"-?[a-z][a-z0-9_]*", sort):
            values["sort"] = sort
        else:
            notes.append(f"不能按“{sort[:40]}”排序，已按默认顺序列出。")
    if page := given.get("page"):
        if page.isascii() and page.isdigit() and len(page) < 9 and int(page) > 0:
            values["page"] = int(page)
        else:
            notes.append(f"没有第“{page[:40]}”页，已显示第 1 页。")
    for name in ("record", "version"):
        if said := given.get(name):
            if _ID.fullmatch(said):
                values[name] = said
            else:
                notes.append(f"看不懂地址中的编号“{said[:40]}”，已不采用。")
    if given.get("screen") == "1":
        values["screen"] = True
    return Read(View(**values), tuple(notes))


def presets(reaches: date) -> list[Named]:
    """Return the periods one click away, seen from ``reaches``.

    Args:
        reaches: The day the data reaches: 本月 is the month of the newest data, not of the clock.
    """
    return [_named(word, reaches, word) for word in ("本年", "本季", "本月", "上半年", "累计")]


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
