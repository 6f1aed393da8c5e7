"""How often Party life was due, and how much of that was held: the two sides of a share that is cut off by branch.

The rules (``party_due.yaml``) say how often each branch must hold each kind. Only min(held, due) of a branch and kind
counts, so that one busy branch does not hide an idle one. This module must not know how figures are shown, and no
branch or kind by name.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field
from sqlglot import exp

from analytics.ledgers.model import read_declaration
from analytics.metrics import compile as sql
from analytics.metrics.model import COUNTY, DUE_FILE, UNIT, Metric, Source, declarations_folder
from analytics.metrics.periods import Step, bucket_start, first_day_of

if TYPE_CHECKING:
    from analytics.metrics.compute import Key, Scope, Span

Rows = list[dict[str, Any]]
Ask = Callable[[exp.Expr], Rows]
"""Runs a query whose placeholders are named as the compiled queries' are."""

Count = Callable[[tuple[str, ...]], Iterable[tuple[str, tuple[str | None, ...], int | None, int]]]
"""Gives, for some dimensions, window, their values, bucket and how often, of every combination there is."""

_PLACES = (COUNTY, UNIT)


class _Declared(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DueRule(_Declared):
    """How often one kind is due."""

    kind: str
    months: tuple[int, ...] = Field(min_length=1)
    times: int = Field(default=1, ge=0)
    branches: tuple[str, ...] = ()
    except_: tuple[str, ...] = Field(default=(), alias="except")
    together: bool = False

    def binds(self, branch: str) -> bool:
        """Return whether a branch must keep the rule."""
        return branch not in self.except_ and (not self.branches or branch in self.branches)

    def due(self, months: Iterable[dt.date], since: dt.date | None = None) -> int:
        """Return how often it is due in ``months`` (their first days), for a branch founded on ``since``."""
        begun = since.replace(day=1) if since is not None else dt.date.min
        return self.times * sum(month.month in self.months and month >= begun for month in months)


class Roster(_Declared):
    """Where the branches are listed."""

    ledger: str
    branch: str
    kind: str
    kinds: tuple[str, ...]
    since: str
    county_from: tuple[str, ...] = ()


class DueRules(_Declared):
    """The rules of Party life (``party_due.yaml``)."""

    branch: str
    kind: str
    roster: Roster
    rules: tuple[DueRule, ...]


@cache
def due_rules() -> DueRules:
    """Return the shipped rules (read once a process)."""
    return read_declaration(DueRules, declarations_folder() / DUE_FILE)


@dataclass(frozen=True, slots=True)
class _Branch:
    """One branch, where it belongs (values of county and unit, as far as asked for), and since when it is there."""

    places: tuple[str | None, ...]
    name: str
    since: dt.date | None


def months_of(start: dt.date, end: dt.date) -> list[dt.date]:
    """Return the first days of the months that ``start`` to ``end`` touch."""
    first, last = start.year * 12 + start.month - 1, end.year * 12 + end.month - 1
    return [dt.date(month // 12, month % 12 + 1, 1) for month in range(first, last + 1)]


def held_and_due(
    metric: Metric,
    spans: Iterable[Span],
    scope: Scope,
    there: frozenset[str],
    ask: Ask,
    count: Count,
    known: dict[Hashable, Any],
) -> dict[Key, tuple[int, int]]:
    """Return Σ min(held, due) and Σ due of every cell in which something is due.

    Args:
        metric: A metric that divides by ``:due``.
        spans: The windows.
        scope: What the whole question is limited to and split by.
        there: The ledgers there are.
        ask: Runs a query.
        count: Tells how often the metric's activities were held.
        known: What is known of the data and does not change; the branches are kept there.
    """
    how = due_rules()
    source = metric.leaves[0].source
    places = tuple(name for name in scope.dims if name in _PLACES)
    key = ("branches", source, places, scope.county, scope.unit)
    branches: list[_Branch] | None = known.get(key)
    if branches is None:
        branches = known[key] = _roster(how, source, places, scope, there, ask)
    found: dict[Key, tuple[int, int]] = {}
    held = _held(how, places, scope.grain, count)
    for span in spans:
        counted = held.get(span.name, {})
        for key_day, months in _stretches(span, scope.grain):
            for dims, done, asked in _cells(how, branches, counted.get(key_day, {}), months, scope.dims, places):
                if asked:
                    before = found.get((span.name, key_day, dims), (0, 0))
                    found[span.name, key_day, dims] = (before[0] + min(done, asked), before[1] + asked)
    return found


Held = dict[tuple[tuple[str | None, ...], str | None, str], int]
"""Times held by places, branch and kind."""


def _stretches(span: Span, grain: Step | None) -> list[tuple[dt.date | None, list[dt.date]]]:
    """Return the buckets of a window, each with its months."""
    months = months_of(span.window.start, span.window.end)
    if grain is None:
        return [(None, months)]
    buckets: dict[dt.date | None, list[dt.date]] = {}
    for month in months:
        buckets.setdefault(bucket_start(month, grain), []).append(month)
    return list(buckets.items())


def _cells(
    how: DueRules,
    branches: list[_Branch],
    held: Held,
    months: list[dt.date],
    dims: tuple[str, ...],
    places: tuple[str, ...],
) -> Iterable[tuple[tuple[str | None, ...], int, int]]:
    """Yield (dimension values, held, due) of every branch and kind."""

    def cell(where: tuple[str | None, ...], branch: str, kind: str) -> tuple[str | None, ...]:
        known: dict[str, str | None] = dict(zip(places, where, strict=True)) | {how.branch: branch, how.kind: kind}
        return tuple(known[name] for name in dims)

    for rule in how.rules:
        if not rule.together:
            for branch in branches:
                if rule.binds(branch.name):
                    done = held.get((branch.places, branch.name, rule.kind), 0)
                    yield cell(branch.places, branch.name, rule.kind), done, rule.due(months, branch.since)
        elif how.branch not in dims:
            for where in dict.fromkeys(branch.places for branch in branches):
                done = sum(count for (at, _, kind), count in held.items() if at == where and kind == rule.kind)
                yield cell(where, "", rule.kind), done, rule.due(months)


def _grouped(query: exp.Select, count: int, source: Source, scope: Scope) -> exp.Select:
    """Group by the first ``count`` columns, with the offices joined where a county is asked for."""
    query = query.group_by(*(exp.Literal.number(index + 1) for index in range(count)), copy=False)
    if scope.county is None and COUNTY not in scope.dims:
        return query
    return sql.with_offices(sql.offices(query, source), source)


def _limited(source: Source, scope: Scope) -> exp.Expr | None:
    return sql.filters(source, by_county=scope.county is not None, by_unit=scope.unit is not None)


def _held(
    how: DueRules, places: tuple[str, ...], grain: Step | None, count: Count
) -> dict[str, dict[dt.date | None, Held]]:
    """Return how often each branch held each kind, by window and bucket."""
    found: dict[str, dict[dt.date | None, Held]] = {}
    size = len(places)
    for window, keys, number, times in count((*places, how.branch, how.kind)):
        day = first_day_of(number, grain) if grain is not None and number is not None else None
        branch = keys[size]
        key = (keys[:size], branch and branch.strip(), keys[size + 1] or "")
        own = found.setdefault(window, {}).setdefault(day, {})
        own[key] = own.get(key, 0) + times
    return found


def _roster(
    how: DueRules, events: Source, places: tuple[str, ...], scope: Scope, there: frozenset[str], ask: Ask
) -> list[_Branch]:
    """Return the branches: those listed, or those the activities name where none is listed."""
    listed = how.roster
    if listed.ledger in there:
        source = Source(listed.ledger, listed.since, True, listed.county_from)
        kinds = exp.In(this=sql.column(listed.kind), expressions=[exp.Literal.string(kind) for kind in listed.kinds])
        found = _branches(source, listed.branch, listed.since, kinds, places, scope, ask)
        if found:
            return found
    wanted = [exp.Literal.string(rule.kind) for rule in how.rules]
    kinds = exp.In(this=sql.column(how.kind), expressions=wanted)
    return _branches(events, how.branch, None, kinds, places, scope, ask)


def _branches(
    source: Source,
    branch: str,
    since: str | None,
    kinds: exp.Expr,
    places: tuple[str, ...],
    scope: Scope,
    ask: Ask,
) -> list[_Branch]:
    keys = [*(sql.dimension(source, name) for name in places), sql.column(branch)]
    picked = [exp.alias_(key, f"k{index}") for index, key in enumerate(keys)]
    first = exp.Min(this=sql.column(since)) if since is not None else exp.cast(exp.null(), "DATE")
    picked.append(exp.alias_(first, "since_"))
    where = sql.both(kinds, sql.known(sql.column(branch)), _limited(source, scope))
    query = exp.select(*picked).from_(exp.to_table(source.ledger), copy=False).where(where, copy=False)
    size = len(places)
    found: dict[tuple[tuple[str | None, ...], str], dt.date | None] = {}
    for row in ask(_grouped(query, len(keys), source, scope)):
        found[tuple(row[f"k{index}"] for index in range(size)), row[f"k{size}"].strip()] = row["since_"]
    return [_Branch(where_, name, day) for (where_, name), day in sorted(found.items(), key=str)]
