"""Sums by day and county, kept beside a version by a process that is asked many questions of it.

A server answers every change of a filter from the same records, so it adds them up once: a table of a ledger's
aggregates by day, county and whatever else questions split by, from which every window, bucket and county is a sum of
sums. Different values are kept as sets (a bit a value), which join without counting anything twice; a date that is not
known to the day keeps both its ends. A state of a day (超期项) is the sum of its changes up to that day (``steps``).
What depends on a stated day besides its own (整改完成率 of what was found in a month, as it stands today) cannot be
added up beforehand and is asked of a narrow copy of the records.

The aggregates are the very expressions of ``compile`` and the answers have its columns. Figures alone come from here:
the rows behind them are read from the records. A process that asks a question or two builds nothing. This module must
not know any KPI, column or page.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar, cast

from sqlglot import exp

from analytics.ledgers.model import ledgers
from analytics.metrics import compile as sql
from analytics.metrics import past, steps
from analytics.metrics.compile import PLACE, PRECISION, REPORTING_UNIT, Columns
from analytics.metrics.engine import OWN, DuckEngine, Engine
from analytics.metrics.model import COUNTY, UNIT, Metric, Source, catalogue
from analytics.metrics.shape import Branch, Compiled, Copy, Facts, Part, Shape

MOST_VALUES = 4096
"""Different values of a column that are kept as sets; where there are more, they are counted from the records."""
MOST_FIGURES = 8_000_000
"""Figures in one table (64 MB); where there would be more, the records are asked."""
MOST_COPIED = 400_000
"""Records of a ledger that are copied."""

MOST_QUERIES = 1024
"""Queries whose texts are kept; then all are made anew."""

_SCHEMA = OWN.removesuffix(".")
_DAY, _NOTED, _LAST = "day_", "noted_", "last_"
_numbers = itertools.count()
_making = threading.Lock()
_PARAMETER = re.compile(r"\$(\w+)")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sums:
    """A table of sums: its name, what its columns add up to by aggregate, and its column of each dimension."""

    table: str
    reads: Mapping[exp.Expr, str]
    places: Mapping[str, str]


def compiled(engine: Engine, shape: Shape, *, steady: bool) -> Compiled | None:
    """Return the query of ``shape`` over what is kept, which is made now if need be; ``None``: ask the records.

    ``steady``: states are asked for as they are on the last day of each window.
    """
    if not isinstance(engine, DuckEngine) or not engine.kept.lasting:
        return None
    kept = engine.kept
    asked = (shape, steady)
    if kept.pid == os.getpid():
        with contextlib.suppress(KeyError):
            return kept.rolled[asked]
    with _making:
        if kept.pid != os.getpid():
            # The tables are with the process that this one was made from.
            kept.rolled, kept.tables, kept.pid = {}, {}, os.getpid()
        if asked not in kept.rolled:
            if len(kept.rolled) >= MOST_QUERIES:
                kept.rolled.clear()
            kept.rolled[asked] = _Maker(engine, shape.source, shape.facts).query(shape, steady=steady)
        return kept.rolled[asked]


class _Maker:
    """Makes what is kept of one ledger by one date."""

    def __init__(self, engine: DuckEngine, source: Source, facts: Facts) -> None:
        self.engine = engine
        self.source = source
        self.facts = facts
        self.base = _base(source)
        declared = ledgers()[source.ledger]
        self.placed = bool(source.county_from) or any(column.name == COUNTY for column in declared.columns)
        self.imprecise = bool(sql.noted_spans(source, facts))
        self.stands = past.stands(source, facts)
        self.rows: exp.Expr = exp.to_table(source.ledger)

    def query(self, shape: Shape, *, steady: bool) -> Compiled | None:
        """Return the query of ``shape``."""
        columns = sql.columns_of(shape.source, shape.facts, shape.metrics)
        wanted = list(_expressions(columns))
        split = sorted({*shape.dims, *((UNIT,) if shape.by_unit else ())} - {COUNTY})
        stated = any(expression.find(exp.Placeholder) for expression in wanted)
        sums: Sums | None = None
        if self.stands:
            rows = self._once(("lasted", self.base), self._lasted)
            if rows is None:
                return None
            self.rows = rows.subquery(shape.source.ledger)
        if not stated and not self.stands:
            sums = self._once(("sums", self.base, *split), lambda: self._summed(split))
        elif steady and shape.source.snapshot and shape.grain is None:
            sums = self._once(("states", self.base, *split), lambda: self._stated(split))
        if sums is not None and all(expression in sums.reads for expression in wanted):
            return _Text(shape, columns, sums).compiled()
        copy = self._once(("copy", self.base), self._copied) if stated or self.stands else None
        return None if copy is None else sql.compile_query(replace(shape, copy=copy))

    def _once(self, key: Hashable, make: Callable[[], T]) -> T:
        tables = self.engine.kept.tables
        if key not in tables:
            tables[key] = make()
        return cast("T", tables[key])

    def _lasted(self) -> exp.Query | None:
        """Return the records, each of their versions with the days it counts on; ``None`` where that is too much.

        What stood is told for every day at once: it changes when a version is sent, or begins to say it is done.
        """
        versions = f"{self.source.ledger}_versions"
        days = steps.changes(past.done_on(self.source, steps.DAY))
        if days is None or self._count(exp.select("*").from_(exp.to_table(versions))) > MOST_COPIED:
            return None
        used = sorted(
            self._used()
            | set(self.source.county_from)
            | ({COUNTY} if self.placed and not self.source.county_from else set())
        )
        table = self._named()
        self.engine.rows(f"CREATE TABLE {table} AS {past.lasted(self.source, used, days).sql('duckdb')}", {})
        bounds = [exp.alias_(exp.cast(exp.null(), "DATE"), name) for name in (past.FROM, past.UNTIL)]
        several = sql.column("record_id").isin(query=exp.select("record_id").from_(versions))
        single = exp.select(*(sql.column(name) for name in used), *bounds).from_(exp.to_table(self.source.ledger))
        single = single.where(exp.not_(several))
        return single.union(exp.select("*").from_(exp.to_table(table)), distinct=False)

    def _summed(self, split: list[str]) -> Sums | None:
        """Add the ledger up by day, county and ``split``; ``None`` where there is too much of it."""
        places = self._places(split)
        keys = {_DAY: sql.day_of(self.source), **self._keys(places)}
        wanted = [one for one in dict.fromkeys(self._catalogued()) if not one.find(exp.Placeholder)]
        if split:
            picked = self._from_ledger([exp.alias_(key.copy(), name) for name, key in keys.items()]).distinct()
            if self._count(picked) * (len(wanted) + len(keys)) > MOST_FIGURES:
                return None
        rows = sql.Hoisted()
        made: list[str] = []
        reads: dict[exp.Expr, str] = {}
        sets: list[tuple[str, exp.Expr, str]] = []
        for expression in wanted:
            argument, condition = _different(expression)
            name = f"a{len(made)}"
            if argument is None:
                made.append(f"{rows.hoist(expression).sql('duckdb')} AS {name}")
                reads[expression] = _adding(expression, name)
                continue
            numbered = self._numbered(argument)
            if numbered is None:
                continue
            table, most = numbered
            number = f"n{len(sets)}"
            sets.append((table, argument, number))
            only = f" AND {rows.column(condition).sql('duckdb')}" if condition is not None else ""
            made.append(f"BITSTRING_AGG({number}, 0, {most}) FILTER (WHERE {number} IS NOT NULL{only}) AS {name}")
            reads[expression] = f"COALESCE(BIT_COUNT(BIT_OR({name})), 0)"
        inner = self._from_ledger(
            [
                *(exp.alias_(key.copy(), name) for name, key in keys.items()),
                *rows.picked(),
                *(exp.alias_(exp.column("number_", table=name), name) for _, _, name in sets),
            ]
        )
        for table, argument, name in sets:
            same = exp.EQ(this=exp.column("value_", table=name), expression=exp.paren(argument.copy()))
            inner = inner.join(exp.alias_(exp.to_table(table), name, table=True), on=same, join_type="left", copy=False)
        table = self._named()
        added = f"SELECT {', '.join([*keys, *made])} FROM ({inner.sql('duckdb')}) AS rows_"  # noqa: S608 - declared
        self.engine.rows(f"CREATE TABLE {table} AS {added} GROUP BY ALL ORDER BY {_DAY}", {})
        return Sums(table, reads, places)

    def _stated(self, split: list[str]) -> Sums | None:
        """Add up on which day how many records come under each state, and cease to, by county and ``split``.

        A record is there from its own day on; on that day, and on each on which a condition may change, it puts in
        what it is then less what it was the day before. ``None`` where there is too much of it.
        """
        places = self._places(split)
        conditions: dict[exp.Expr, exp.Expr] = {}
        days: set[exp.Expr] = set()
        for expression in self._catalogued(states=True):
            condition = _counting(expression)
            if condition is not None and self.stands:
                condition = sql.both(condition, past.lasting(steps.DAY))
            found = None if condition is None else steps.changes(condition)
            if condition is not None and found is not None:
                conditions[expression] = condition
                days |= found
        if not days or self._count(exp.select("*").from_(exp.to_table(self.source.ledger))) > MOST_COPIED:
            return None
        used = {found.name for part in (*conditions.values(), *days) for found in part.find_all(exp.Column)}
        begins = sql.day_of(self.source)
        if self.source.undated:
            begins = exp.func("COALESCE", begins, exp.cast(exp.Literal.string("0001-01-01"), "DATE"))
        keys = self._keys(places)
        rows = self._from_ledger(
            [
                exp.alias_(begins, "begins_"),
                *(exp.alias_(key.copy(), name) for name, key in keys.items()),
                *(sql.column(name) for name in sorted(used)),
            ]
        )
        at = exp.column("at_")
        before = exp.paren(exp.Sub(this=at.copy(), expression=exp.Literal.number(1)), copy=False)
        changed, made, reads = [], [], {}
        for number, (expression, condition) in enumerate(conditions.items()):
            is_, was = (steps.at(condition, day).sql("duckdb") for day in (at, before))
            changed.append(
                f"CAST(COALESCE({is_}, FALSE) AS INT)"
                f" - CAST(at_ > begins_ AND COALESCE({was}, FALSE) AS INT) AS c{number}"
            )
            made.append(f"CAST(SUM(c{number}) AS BIGINT) AS a{number}")
            reads[expression] = f"CAST(COALESCE(SUM(a{number}), 0) AS BIGINT)"
        listed = ", ".join(["begins_", *sorted(day.sql("duckdb") for day in days)])
        moments = f"SELECT *, UNNEST(LIST_DISTINCT([{listed}])) AS at_ FROM ({rows.sql('duckdb')}) AS rows_"  # noqa: S608 - declared
        told = f"SELECT {', '.join(['at_', *keys, *changed])} FROM ({moments}) AS moments_ WHERE at_ >= begins_"  # noqa: S608 - declared
        some = " OR ".join(f"c{number} <> 0" for number in range(len(made)))
        table = self._named()
        added = f"SELECT {', '.join([f'at_ AS {_DAY}', *keys, *made])} FROM ({told}) AS told_ WHERE {some}"  # noqa: S608 - declared
        self.engine.rows(f"CREATE TABLE {table} AS {added} GROUP BY ALL ORDER BY {_DAY}", {})
        return Sums(table, reads, places)

    def _places(self, split: list[str]) -> dict[str, str]:
        """Return the column of each dimension of a table."""
        return {name: f"p{index}" for index, name in enumerate([*((COUNTY,) if self.placed else ()), *split])}

    def _keys(self, places: Mapping[str, str]) -> dict[str, exp.Expr]:
        """Return what a table is split by besides days: whether and until when a date is imprecise, and dimensions."""
        keys: dict[str, exp.Expr] = {}
        if self.imprecise:
            noted = sql.known(sql.column(PRECISION))
            keys |= {_NOTED: noted, _LAST: exp.Case().when(noted.copy(), sql.last_day(self.source), copy=False)}
        return keys | {column: sql.dimension(self.source, name) for name, column in places.items()}

    def _numbered(self, argument: exp.Expr) -> tuple[str, int] | None:
        """Number the different values of an expression; return their table and the last number."""
        values = exp.select(exp.alias_(argument.copy(), "value_")).distinct().from_(exp.to_table(self.source.ledger))
        table = self._named()
        numbered = "SELECT value_, ROW_NUMBER() OVER () - 1 AS number_"
        self.engine.rows(
            f"CREATE TABLE {table} AS {numbered} FROM ({values.sql('duckdb')}) AS values_ WHERE value_ IS NOT NULL", {}
        )
        count = self._count(exp.select("*").from_(exp.to_table(table)))
        return (table, max(count - 1, 0)) if count <= MOST_VALUES else None

    def _copied(self) -> Copy | None:
        """Copy the columns that some figure reads, each record beside its county and what of it can be told already."""
        source = self.source
        if self._count(exp.select("*").from_(exp.to_table(source.ledger))) > MOST_COPIED:
            return None
        bounds = [past.FROM, past.UNTIL] if self.stands else []
        picked: list[exp.Expr] = [sql.column(name) for name in (*sorted(self._used()), *bounds)]
        if self.placed:
            picked.append(exp.alias_(sql.county_of(source), PLACE))
        known = self._known()
        picked += [exp.alias_(expression.copy(), name) for expression, name in known.items()]
        table = self._named()
        rows = self._from_ledger(picked).order_by(sql.column(source.date_field))
        self.engine.rows(f"CREATE TABLE {table} AS {rows.sql('duckdb')}", {})
        return Copy(table, tuple(known.items()))

    def _used(self) -> set[str]:
        """Return the columns that some figure reads."""
        source = self.source
        used = {found.name for expression in self._catalogued() for found in expression.find_all(exp.Column)}
        used |= {source.date_field, REPORTING_UNIT, *(name for metric in self._metrics() for name in metric.dimensions)}
        used |= {source.year_field} if source.year_field else set()
        used |= {PRECISION} if self.imprecise else set()
        return used

    def _known(self) -> dict[exp.Expr, str]:
        """Return the greatest parts of the figures' conditions that no stated day enters, each with a name."""
        rows = sql.Hoisted()
        for expression in self._catalogued():
            rows.hoist(expression)
        found: dict[exp.Expr, str] = {}

        def note(node: exp.Expr) -> exp.Expr:
            # An arm of a CASE (exp.If) is no expression by itself.
            if isinstance(node, exp.Column | exp.If) or node.find(exp.Placeholder) or not node.find(exp.Column):
                return node
            return sql.column(found.setdefault(node.copy(), f"e{len(found)}"))

        for part in rows.picked():
            part.this.transform(note)
        return found

    def _from_ledger(self, picked: list[exp.Expr]) -> exp.Select:
        query = exp.select(*picked).from_(self.rows.copy(), copy=False)
        return sql.with_offices(sql.offices(query, self.source), self.source)

    def _count(self, query: exp.Select) -> int:
        counting = exp.select(exp.alias_(exp.Count(this=exp.Star()), "n")).from_(query.subquery("counted_"))
        return int(self.engine.rows(counting.sql("duckdb"), {})[0]["n"])

    def _named(self) -> str:
        self.engine.rows(f"CREATE SCHEMA IF NOT EXISTS {_SCHEMA}", {})
        return f"{_SCHEMA}.t{next(_numbers)}"

    def _metrics(self) -> Iterator[Metric]:
        for metric in catalogue().values():
            if any(_base(leaf.source) == self.base for leaf in metric.leaves):
                yield metric

    def _catalogued(self, *, states: bool = False) -> Iterator[exp.Expr]:
        """Give every aggregate that some figure of the catalogue, or some state, asks of this ledger by this date."""
        for metric in self._metrics():
            for source in dict.fromkeys(leaf.source for leaf in metric.leaves if _base(leaf.source) == self.base):
                if source.snapshot or not states:
                    yield from _expressions(sql.columns_of(source, self.facts, [metric]))


class _Text:
    """Writes a query over sums, its windows as ``compile`` writes them over records."""

    def __init__(self, shape: Shape, columns: Columns, sums: Sums) -> None:
        self.shape = shape
        self.columns = columns
        self.sums = sums

    def compiled(self) -> Compiled:
        """Return the query."""
        parts = []
        for branch in self.shape.branches:
            parts.append(self._part(branch, "figures"))
            if branch.detail and self._fits(branch) is not None:
                parts.append(self._part(branch, "imprecise"))
        text = " UNION ALL ".join(parts)
        return self.columns.compiled(text, frozenset(_PARAMETER.findall(text)))

    def _part(self, branch: Branch, part: Part) -> str:
        shape, places = self.shape, self.sums.places
        group = [places[name] for name in shape.dims]
        if shape.grain is not None:
            group.append(self._bucket(_DAY))
        picked = [f"'{branch.name}' AS branch_", *(f"{key} AS g{index}" for index, key in enumerate(group))]
        for expression, name, wanted in self.columns.of(part, detail=branch.detail):
            picked.append(f"{self.sums.reads[expression] if wanted else 'CAST(NULL AS BIGINT)'} AS {name}")
        where = self._figures(branch) if part == "figures" else self._imprecise(branch)
        where += [f"{places[COUNTY]} = $county"] if shape.by_county else []
        where += [f"{places[UNIT]} = $unit"] if shape.by_unit else []
        keys = f" GROUP BY {', '.join(str(index + 2) for index in range(len(group)))}" if group else ""
        return f"SELECT {', '.join(picked)} FROM {self.sums.table} WHERE {' AND '.join(where)}{keys}"  # noqa: S608

    def _figures(self, branch: Branch) -> list[str]:
        source, fits = self.shape.source, self._fits(branch)
        until = f"{_DAY} <= $end_{branch.name}"
        if not source.snapshot:
            days = [f"{_DAY} >= $start_{branch.name}", until]
        else:
            days = [f"({_DAY} IS NULL OR {until})" if source.undated else until]
        return days + ([fits] if fits is not None else [])

    def _imprecise(self, branch: Branch) -> list[str]:
        # Of a window of whole months too, those count that reach out of it.
        fits = self._fits(replace(branch, whole_months=False))
        days = [_NOTED, f"{_DAY} <= $end_{branch.name}"]
        if self.shape.source.snapshot:
            return [*days, f"NOT ({fits})"]
        start = f"$start_{branch.name}"
        return [*days, f"{_LAST} >= {start}", f"({_DAY} < {start} OR NOT ({fits}))"]

    def _fits(self, branch: Branch) -> str | None:
        """Return the condition that a record begun in the window ends in it (``compile.inside``)."""
        shape = self.shape
        if sql.inside(shape.source, shape.facts, shape.grain, whole_months=branch.whole_months) is None:
            return None
        same = "" if shape.grain is None else f" AND {self._bucket(_LAST)} = {self._bucket(_DAY)}"
        return f"CASE WHEN {_NOTED} THEN {_LAST} <= $limit_{branch.name}{same} ELSE TRUE END"

    def _bucket(self, name: str) -> str:
        assert self.shape.grain is not None  # noqa: S101 - asked by the caller
        return sql.bucket(exp.column(name), self.shape.grain).sql("duckdb")


def _base(source: Source) -> Source:
    """Return what the sources of one ledger by one date have in common."""
    return replace(source, snapshot=False, undated=False)


def _expressions(columns: Columns) -> Iterator[exp.Expr]:
    yield from itertools.chain(columns.plain, columns.detail, columns.notes)


def _counting(expression: exp.Expr) -> exp.Expr | None:
    """Return which rows an aggregate counts; ``None`` where it does not count rows."""
    call, condition = expression, exp.true()
    if isinstance(expression, exp.Filter):
        call, condition = expression.this, expression.expression.this
    return condition if isinstance(call, exp.Count) and isinstance(call.this, exp.Star) else None


def _different(expression: exp.Expr) -> tuple[exp.Expr | None, exp.Expr | None]:
    """Return what an aggregate tells apart, and over which rows; ``None`` where it does not tell apart."""
    call, condition = expression, None
    if isinstance(expression, exp.Filter):
        call, condition = expression.this, expression.expression.this
    if isinstance(call, exp.Count) and isinstance(call.this, exp.Distinct):
        return call.this.expressions[0], condition
    return None, None


def _adding(expression: exp.Expr, name: str) -> str:
    """Return how the sums of an aggregate are added up: nothing counted is 0, nothing summed is nothing."""
    if isinstance(expression, exp.Cast):
        return f"CAST(SUM({name}) AS {expression.to.sql('duckdb')})"
    return f"CAST(COALESCE(SUM({name}), 0) AS BIGINT)"
