"""The demo's smaller ledgers (Party life, seasons, community work, discipline), row by row from ``further.yaml``.

They are written like every other workbook (``workbook.assemble``), with the truth of every cell. This module must not
know how a habit is carried out.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from analytics.demo.forms import read_data
from analytics.demo.habits import Habit
from analytics.demo.layouts import Planned
from analytics.demo.plan import Which, offices
from analytics.demo.rows import Values, shares
from analytics.demo.workbook import Made, Part, assemble
from analytics.ledgers.model import Column, Ledger, geography, ledgers

_SEASONS = "season_service"


def make_further(year: int, seed: int, which: Which = "current") -> Iterator[Made]:
    """Make the workbooks of the smaller ledgers of ``year``, the year shown or the one before, one by one."""
    data = read_data("further.yaml")
    known = offices()
    for number, entry in enumerate(data["workbooks"]):
        habits = frozenset(Habit[name] for name in entry["habits"])
        rng = random.Random(f"{seed}/{year}/further/{number}")
        kept = [name for name in entry["ledgers"] if name == _SEASONS or name in _said("rows", which)]
        parts = [Part(name, further_rows(name, year, which), habits) for name in kept]
        yield assemble(known[entry["office"]], year, parts, None, rng, subject=entry["subject"])


def further_rows(ledger: str, year: int, which: Which = "current") -> list[Planned]:
    """Return the rows of one of the smaller ledgers in ``year``, the year shown or the one before."""
    declared = ledgers()[ledger]
    if ledger == _SEASONS:
        return [Planned(values, exact=True) for values in _seasons(declared, year, which)]
    head, *rows = _said("rows", which)[ledger]
    return [Planned(_row(declared, dict(zip(head, row, strict=True)), year), exact=True) for row in rows]


def _said(what: str, which: Which) -> dict[str, Any]:
    found: dict[str, Any] = read_data("further.yaml")[what if which == "current" else f"{what}_{which}"]
    return found


def _seasons(ledger: Ledger, year: int, which: Which) -> Iterator[Values]:
    """Share each season's figures out over the counties, and over its days."""
    sizes = read_data("city.yaml")["counties"]
    places = [county for county in geography().counties if county.ranked]
    figures = {column.name for column in ledger.columns if column.type in ("count", "money")}
    for season, how in _said("seasons", which).items():
        days = how["days"]
        weights = [float(sizes[place.code]["size"]) for place in places for _ in days]
        parts = {name: shares(int(how[name]), weights) for name in how if name in figures}
        cells = [(place.name, day) for place in places for day in days]
        for number, (county, day) in enumerate(cells):
            said = {"season": season, "campaign_year": 0, "date": day, "county": county, "item": how["item"]}
            yield _row(ledger, said | {name: split[number] for name, split in parts.items()}, year)


def _row(ledger: Ledger, said: dict[str, Any], year: int) -> Values:
    """Return a whole row: every declared column, typed, days and years of the year shown."""
    return {column.name: _value(column, said.get(column.name), year) for column in ledger.columns}


def _value(column: Column, said: Any, year: int) -> Any:
    if said is None:
        return None
    if column.type == "date":
        before, _, day = str(said).rpartition("/")
        month, number = day.split("-")
        return dt.date(year + int(before or 0), int(month), int(number))
    if column.type == "year":
        return year + int(said)
    return Decimal(str(said)) if column.type in ("money", "decimal", "percent") else said
