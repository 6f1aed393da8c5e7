"""The forms offices fill in: which columns a sheet has, under which headings, and in which order.

Headers come from the ledgers' declarations, the grouping from ``forms.yaml``. This module must not know the rows.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from analytics.demo.habits import CSV, Habit
from analytics.ledgers.model import Column, Ledger, ledgers


@dataclass(frozen=True, slots=True)
class HeaderColumn:
    """One column of a sheet.

    ``column`` is ``None`` for a column that is not ours; ``path`` are its headings from the top one down.
    """

    column: Column | None
    path: tuple[str, ...]
    role: str = ""
    """``serial``, ``phone``, ``filler`` or ``extra`` for columns that are not ours."""

    @property
    def field(self) -> str | None:
        """The ledger field it fills."""
        return self.column.name if self.column else None


@dataclass(frozen=True, slots=True)
class Break:
    """A declared rule and the values that break it."""

    rule: str
    values: dict[str, Any]
    also: tuple[str, ...] = ()
    """Other rules that the same values break."""


@dataclass(frozen=True, slots=True)
class Form:
    """What ``forms.yaml`` says about one ledger."""

    columns: tuple[str, ...]
    few: tuple[str, ...]
    groups: tuple[dict[str, Any], ...]
    extra: tuple[str, ...]
    breaks: tuple[Break, ...]
    doubts: tuple[Break, ...]


@cache
def read_data(name: str) -> dict[str, Any]:
    """Read one of the data files beside this module."""
    data = yaml.safe_load((Path(__file__).parent / name).read_text(encoding="utf-8"))
    if not isinstance(data, dict):
        raise TypeError(f"{name} 应是一组键值")
    return data


@cache
def form(ledger: str) -> Form:
    """Return the form of one ledger; one that ``forms.yaml`` does not name has its columns as declared."""
    data = read_data("forms.yaml").get(ledger)
    if data is None:
        names = tuple(column.name for column in ledgers()[ledger].columns)
        return Form(names, names, (), (), (), ())
    return Form(
        tuple(data["columns"]),
        tuple(data["few"]),
        tuple(data["groups"]),
        tuple(data["extra"]),
        tuple(Break(item["rule"], item["set"]) for item in data["breaks"]),
        tuple(Break(item["rule"], item["set"], tuple(item.get("also", ()))) for item in data["doubts"]),
    )


@dataclass(slots=True)
class Header:
    """The columns of one sheet, in order, and how many rows their headings take."""

    columns: list[HeaderColumn] = field(default_factory=list)

    @property
    def depth(self) -> int:
        """Rows of headings."""
        return max(len(column.path) for column in self.columns)

    @property
    def fields(self) -> frozenset[str]:
        """Ledger fields that have a column."""
        return frozenset(column.field for column in self.columns if column.field)

    def position(self, name: str) -> int | None:
        """Return where the column of ``name`` stands, from 0."""
        return next((place for place, column in enumerate(self.columns) if column.field == name), None)


def chosen_fields(ledger: Ledger, habits: frozenset[Habit], fields: tuple[str, ...] | None) -> list[str]:
    """Return the fields an office writes, in its order before any shuffling."""
    known = form(ledger.id)
    names = list(fields or (known.few if Habit.FEW_COLUMNS in habits else known.columns))
    if Habit.NO_COUNTY_COLUMN in habits:
        names = [name for name in names if ledger.column(name).type != "county" or ledger.column(name).required]
    if Habit.NO_ORGANIZER_COLUMN in habits:
        names = [name for name in names if ledger.column(name).default_from is None]
    said = sectioned(ledger, habits)
    names = [name for name in names if name != said]
    if habits & RANGES:
        ends = {column.range_end for column in ledger.columns if column.range_end}
        names = [name for name in names if name not in ends]
    return names


def sectioned(ledger: Ledger, habits: frozenset[Habit]) -> str | None:
    """Return the choice column whose value stands in section headings instead, if the office keeps it so."""
    if Habit.SECTION_CHOICE not in habits:
        return None
    return next((one.name for one in ledger.columns if one.type == "choice" and one.required), None)


RANGES = frozenset(
    {
        Habit.DATE_RANGE,
        Habit.DATE_RANGE_DOT,
        Habit.DATE_RANGE_YEAR,
        Habit.DATE_RANGE_MONTHS,
        Habit.DATE_MONTH,
        Habit.DATE_DEKAD,
    }
)
"""Habits of writing a span into one cell: there is no column for its end then."""


def make_header(
    ledger: Ledger, habits: frozenset[Habit], rng: random.Random, fields: tuple[str, ...] | None = None
) -> Header:
    """Draw the header of one sheet.

    Args:
        ledger: The ledger kept in it.
        habits: The office's habits.
        rng: Decides synonyms and order.
        fields: The fields to write instead of the form's usual ones.
    """
    names = chosen_fields(ledger, habits, fields)
    known = form(ledger.id)
    groups: list[dict[str, Any]] = []
    if habits & {Habit.HEADER_TWO_ROWS, Habit.HEADER_THREE_ROWS}:
        groups = [group for group in known.groups if sum(name in names for name in group["parts"]) > 1]
    grouped = {name: group for group in groups for name in group["parts"]}
    chained = _chained(ledger, names) if Habit.COLUMN_ORDER not in habits else frozenset()
    blocks: list[list[HeaderColumn]] = []
    done: set[str] = set()
    for name in names:
        if name in done:
            continue
        group = grouped.get(name)
        members = [part for part in group["parts"] if part in names] if group else [name]
        done.update(members)
        blocks.append(
            [
                HeaderColumn(ledger.column(part), _path(ledger, part, group, habits, rng, chained=part in chained))
                for part in members
            ]
        )
    if Habit.YEAR_SO_FAR in habits:
        _add_year_so_far(blocks)
    if Habit.COLUMN_ORDER in habits:
        rng.shuffle(blocks)
    if Habit.EXTRA_COLUMNS in habits:
        for word in known.extra:
            blocks.insert(rng.randint(1, len(blocks)), [HeaderColumn(None, (word,), "extra")])
    if Habit.PHONE_COLUMN in habits:
        blocks.append([HeaderColumn(None, ("联系电话",), "phone")])
    if Habit.FILLER_IN_HEADER in habits:
        blocks.append([HeaderColumn(None, ("填报人：李某甲",), "filler")])
    if Habit.SERIAL_COLUMN in habits:
        blocks.insert(0, [HeaderColumn(None, ("序号",), "serial")])
    columns = [column for block in blocks for column in block]
    if Habit.NUMBERED_HEADINGS in habits:
        columns = [
            replace(column, path=(f"（{place}）{column.path[0]}",))
            if column.column and len(column.path) == 1
            else column
            for place, column in enumerate(columns, start=1)
        ]
    return Header(columns)


def _add_year_so_far(blocks: list[list[HeaderColumn]]) -> None:
    """Put the year so far beside the first required count that stands alone, which then says 本月."""
    for place, (first, *others) in enumerate(blocks):
        declared = first.column
        if declared and declared.type == "count" and declared.required and not others and len(first.path) == 1:
            blocks[place] = [
                HeaderColumn(declared, (f"本月{declared.label}",)),
                HeaderColumn(None, (f"本年累计{declared.label}",), "running"),
            ]
            return


def _chained(ledger: Ledger, names: Sequence[str]) -> frozenset[str]:
    """Return the 其中 columns that stand right behind their total: only there does a bare 其中 say whose part it is."""
    found: set[str] = set()
    for before, name in pairwise(names):
        total = ledger.column(name).part_of
        if total is not None and (before == total or (before in found and ledger.column(before).part_of == total)):
            found.add(name)
    return frozenset(found)


def _path(
    ledger: Ledger,
    name: str,
    group: dict[str, Any] | None,
    habits: frozenset[Habit],
    rng: random.Random,
    *,
    chained: bool,
) -> tuple[str, ...]:
    column = ledger.column(name)
    if group is not None:
        nested = group.get("nested")
        if nested and column.part_of in group["parts"]:
            if Habit.HEADER_THREE_ROWS in habits:
                return group["title"], nested, group["parts"][name]
            return group["title"], f"{nested}：{group['parts'][name]}"
        return group["title"], group["parts"][name]
    words = column.label
    if Habit.HEADER_SYNONYMS in habits and column.synonyms:
        wherein = [word for word in column.synonyms if word.startswith("其中")]
        known = wherein if chained and wherein else [word for word in column.synonyms if word not in wherein]
        words = rng.choice(known)
    if Habit.MONEY_HEADER_WAN in habits and column.type == "money":
        return (f"{words}（万元）",)
    said_above = Habit.MONEY_LINE_WAN in habits and column.type == "money"
    if Habit.HEADER_UNITS in habits and not said_above and column.unit and "（" not in words:
        words = f"{words}（{column.unit}）"
    if Habit.HEADER_MARKS in habits:
        words += rng.choice("*①②※")
    if Habit.HEADER_SPACES in habits and not habits & CSV and len(words) > 2:
        middle = len(words) // 2
        words = rng.choice((f"{words[:middle]}\n{words[middle:]}", f"{words[:middle]} {words[middle:]}"))
    return (words,)


def all_ledgers() -> dict[str, Ledger]:
    """Return the ledgers a form is known for."""
    return {name: ledger for name, ledger in ledgers().items() if name in read_data("forms.yaml")}
