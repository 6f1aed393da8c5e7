"""Turns metrics into one SQL query a ledger: every leaf, every window (this period, last year, the one before).

A window is one branch of a UNION ALL, so each scans only its own days, and counting different values needs no
special case. The text depends on which metrics, dimensions and windows are asked for, never on the days, which
are bound as parameters; so it is built once (SQLGlot) and cached. What a version of the data cannot contain (an
estimate in a column, a blank, a date known only to its quarter: ``Facts``) is left out of the text, which is why the
care taken over such rows costs nothing where there are none. DuckDB's dialect is written; other engines get it
translated. This module must not know what a period is compared with, nor how SQL is run.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TypeVar

import sqlglot
from sqlglot import exp

from analytics.ledgers.model import geography, ledgers
from analytics.ledgers.schema import record_schema
from analytics.metrics import past
from analytics.metrics.model import COUNTY, UNIT, Leaf, Metric, Source
from analytics.metrics.periods import Step
from analytics.metrics.shape import Branch, Compiled, Facts, Part, Shape

REPORTING_UNIT = "reporting_unit"
APPROX = "approx"
PRECISION = "precision"


def column(name: str) -> exp.Column:
    """Return a quoted column."""
    return exp.column(exp.to_identifier(name, quoted=True))


def both(*conditions: exp.Expr | None) -> exp.Expr | None:
    """Join conditions with AND; ``None`` stands for no condition."""
    present = [condition.copy() for condition in conditions if condition is not None]
    return exp.and_(*present, copy=False) if present else None


def known(expression: exp.Expr) -> exp.Expr:
    """Return ``expression IS NOT NULL``."""
    return exp.not_(exp.Is(this=exp.paren(expression.copy(), copy=False), expression=exp.null()), copy=False)


def estimated(names: Iterable[str], facts: Facts) -> exp.Expr | None:
    """Return the condition that one of these columns was written as an estimate that nobody has settled."""
    parts: list[exp.Expr] = []
    for name in sorted(set(names) & facts.estimated):
        noted = exp.Contains(this=column(APPROX), expression=exp.Literal.string(f'"{name}":'))
        parts.append(exp.and_(exp.Is(this=column(name), expression=exp.null()), noted, copy=False))
    if not parts:
        return None
    # COALESCE: the rows without any note are the most, and NOT must be able to keep them.
    return exp.func("COALESCE", exp.paren(exp.or_(*parts, copy=False), copy=False), exp.false())


def county_of(source: Source) -> exp.Expr:
    """Return the expression of a record's county.

    A ledger with a county column uses it. Another tells it from the names of offices (``offices`` joined):
    渭滨区总工会 is 渭滨区's, and an office that is no county's is a department of the federation itself (市本级).
    """
    if not source.county_from:
        return column(COUNTY)
    own = next(county.name for county in geography().counties if not county.ranked)
    found = [exp.column("place", table=f"office{index}") for index in range(len(source.county_from))]
    written = exp.func("COALESCE", *(column(name) for name in source.county_from))
    fallback = exp.Case().when(known(written), exp.Literal.string(own), copy=False)
    return exp.func("COALESCE", *found, fallback)


OFFICES = "offices_"


def offices(query: exp.Select, source: Source) -> exp.Select:
    """Join the spellings of county offices to the columns that tell a record's county; see ``with_offices``."""
    for index, name in enumerate(source.county_from):
        rows = exp.alias_(exp.to_table(OFFICES), f"office{index}", table=True)
        same = exp.EQ(this=column(name), expression=exp.column("word", table=f"office{index}"))
        query = query.join(rows, on=same, join_type="left", copy=False)
    return query


Q = TypeVar("Q", bound=exp.Query)


def with_offices(query: Q, source: Source) -> Q:
    """Give a query the spellings of county offices that its parts join, once for all of them."""
    if not source.county_from:
        return query
    places = geography()
    spelled = {
        f"{prefix}{name}{suffix}": county.name
        for county in places.counties
        for prefix in ("", *places.city_aliases)
        for name in (county.name, *county.aliases)
        for suffix in ("", "总工会")
    }
    rows = exp.values(list(spelled.items()), alias="spelled_", columns=["word", "place"])
    return query.with_(OFFICES, as_=exp.select("*").from_(rows), copy=False)


def day_of(source: Source) -> exp.Expr:
    """Return the expression of the day a record counts on.

    Nearly always its date column. Where a year has the last word, a day outside that year counts on the year's
    nearest day, and a record without a day on the year's first.
    """
    day = column(source.date_field)
    if not source.dated:
        return _with_day("MAKE_DATE(day_, 1, 1)", day)
    return day if source.year_field is None else _in_year(day, source)


def _in_year(day: exp.Expr, source: Source) -> exp.Expr:
    year = source.year_field
    text = f"""CASE WHEN "{year}" IS NULL THEN day_
        WHEN day_ IS NULL OR YEAR(day_) < "{year}" THEN MAKE_DATE("{year}", 1, 1)
        WHEN YEAR(day_) > "{year}" THEN MAKE_DATE("{year}", 12, 31)
        ELSE day_ END"""
    return _with_day(text, day)


def dimension(source: Source, name: str) -> exp.Expr:
    """Return the expression a dimension groups by."""
    if name == COUNTY:
        return county_of(source)
    return column(REPORTING_UNIT) if name == UNIT else column(name)


_BUCKETS = {
    "day": "DATE_DIFF('day', DATE '1970-01-01', day_)",
    "month": "YEAR(day_) * 12 + MONTH(day_) - 1",
    "quarter": "YEAR(day_) * 4 + QUARTER(day_) - 1",
    "half": "YEAR(day_) * 2 + CASE WHEN MONTH(day_) > 6 THEN 1 ELSE 0 END",
    "year": "YEAR(day_)",
}


def bucket(day: exp.Expr, grain: Step) -> exp.Expr:
    """Return the running number of the day, month, quarter, half or year that holds ``day`` (see ``first_day_of``)."""
    return _with_day(_BUCKETS[grain], day)


def _with_day(text: str, day: exp.Expr) -> exp.Expr:
    """Parse ``text`` and put ``day`` in for its column ``day_``."""

    def replace(node: exp.Expr) -> exp.Expr:
        return day.copy() if isinstance(node, exp.Column) and node.name == "day_" else node

    return sqlglot.parse_one(text, dialect="duckdb").transform(replace)


def last_day(source: Source) -> exp.Expr:
    """Return the last day a record may have happened; where its date is imprecise the first is the stored one."""
    text = f"""CASE "{PRECISION}" ->> '$.{source.date_field}'
        WHEN 'dekad' THEN CASE WHEN DAY(day_) < 21 THEN CAST(day_ + INTERVAL '9' DAY AS DATE) ELSE LAST_DAY(day_) END
        WHEN 'month' THEN LAST_DAY(day_)
        WHEN 'quarter' THEN LAST_DAY(CAST(day_ + INTERVAL '2' MONTH AS DATE))
        WHEN 'half' THEN LAST_DAY(CAST(day_ + INTERVAL '5' MONTH AS DATE))
        WHEN 'year' THEN LAST_DAY(CAST(day_ + INTERVAL '11' MONTH AS DATE))
        ELSE day_ END"""
    last = _with_day(text, column(source.date_field))
    return last if source.year_field is None else _in_year(last, source)


def noted_spans(source: Source, facts: Facts) -> frozenset[str]:
    """Return how far dates of this source are known where not to the day."""
    return frozenset(span for name, span in facts.spans if name == source.date_field)


def inside(source: Source, facts: Facts, grain: Step | None, *, whole_months: bool = False) -> exp.Expr | None:
    """Return the condition that a record begun in the window ends in it, and in its bucket; ``None``: all do."""
    spans = noted_spans(source, facts)
    if not spans or (whole_months and grain != "day" and spans <= {"dekad", "month"}):
        return None
    fits: exp.Expr = exp.LTE(this=last_day(source), expression=exp.Placeholder(this="limit"))
    if grain is not None:
        same = exp.EQ(this=bucket(last_day(source), grain), expression=bucket(day_of(source), grain))
        fits = exp.and_(fits, same, copy=False)
    # CASE, not OR: an engine may work out both sides of an OR for every row.
    blank = exp.Is(this=column(PRECISION), expression=exp.null())
    return exp.Case().when(blank, exp.true(), copy=False).else_(fits, copy=False)


def days(source: Source) -> exp.Expr:
    """Return the condition on a record's date: the window's days, or for a state everything up to its end."""
    day = day_of(source)
    until: exp.Expr = exp.LTE(this=day.copy(), expression=exp.Placeholder(this="end"))
    if source.snapshot:
        if source.undated:
            until = exp.paren(exp.or_(exp.Is(this=day.copy(), expression=exp.null()), until, copy=False), copy=False)
        return until
    return exp.and_(exp.GTE(this=day, expression=exp.Placeholder(this="start")), until, copy=False)


def filters(source: Source, *, by_county: bool, by_unit: bool) -> exp.Expr | None:
    """Return the condition of a query limited to one county or reporting unit."""
    county = exp.EQ(this=county_of(source), expression=exp.Placeholder(this="county")) if by_county else None
    unit = exp.EQ(this=column(REPORTING_UNIT), expression=exp.Placeholder(this="unit")) if by_unit else None
    return both(county, unit)


def counted(leaf: Leaf, facts: Facts) -> exp.Expr | None:
    """Return which rows enter a leaf: its own condition, both sides of a ratio known, nothing estimated."""
    own = leaf.argument if leaf.kind == "sum" else None
    # A sum passes over its own blanks.
    needed = [part for part in leaf.complete if part != own and _may_be_blank(part, facts)]
    parts: list[exp.Expr | None] = [leaf.where, *(known(part) for part in needed)]
    used = leaf.complete or ((leaf.argument,) if leaf.argument is not None else ())
    # An estimate leaves its cell null, so plain sums pass over it; only a CASE can make a number of it again.
    if any(part.find(exp.Case, exp.Coalesce) for part in used):
        parts.append(_never(estimated(leaf.numeric, facts)))
    return both(*parts)


def _may_be_blank(expression: exp.Expr, facts: Facts) -> bool:
    """Whether some row may lack the expression: one of its columns has blanks, or it is a CASE without an answer."""
    if any(found.name in facts.blank for found in expression.find_all(exp.Column)):
        return True
    return expression.find(exp.Case) is not None


def _never(condition: exp.Expr | None) -> exp.Expr | None:
    return None if condition is None else exp.not_(condition.copy(), copy=False)


def aggregate(leaf: Leaf, facts: Facts) -> exp.Expr:
    """Return a leaf's aggregate, typed so that no engine answers in a type another lacks."""
    if leaf.kind == "sum":
        call: exp.Expr = exp.Sum(this=_argument(leaf))
    elif leaf.kind == "distinct":
        call = exp.Count(this=exp.Distinct(expressions=[_argument(leaf).transform(_numbered, copy=False)]))
    else:
        call = exp.Count(this=exp.Star())
    call = _filtered(call, counted(leaf, facts))
    if leaf.kind != "sum":
        return call
    kind = f"DECIMAL(38, {leaf.scale})" if leaf.scale else "BIGINT"
    return exp.cast(call, kind, copy=False)


def _numbered(node: exp.Expr) -> exp.Expr:
    """Return the running number of a month or quarter in place of its first day: as different, and told far sooner."""
    unit = str(node.args.get("unit") or "").lower()
    if not isinstance(node, exp.TimestampTrunc | exp.DateTrunc) or unit not in _BUCKETS:
        return node
    return exp.paren(_with_day(_BUCKETS[unit], node.this), copy=False)


def _argument(leaf: Leaf) -> exp.Expr:
    assert leaf.argument is not None  # noqa: S101 - sums and distinct counts are of something
    return leaf.argument.copy()


def _filtered(call: exp.Expr, condition: exp.Expr | None) -> exp.Expr:
    return call if condition is None else exp.Filter(this=call, expression=exp.Where(this=condition.copy()))


def _rows(condition: exp.Expr | None) -> exp.Expr:
    return _filtered(exp.Count(this=exp.Star()), condition)


def metric_rows(metric: Metric, source: Source) -> exp.Expr | None:
    """Return which rows of a source fall under a metric, ``None`` for all of them."""
    wheres = dict.fromkeys(leaf.where for leaf in _of(metric, source))
    if None in wheres:
        return None
    parts = [exp.paren(where.copy(), copy=False) for where in wheres if where is not None]
    return parts[0].this if len(parts) == 1 else exp.paren(exp.or_(*parts, copy=False), copy=False)


def metric_numeric(metric: Metric, source: Source) -> tuple[str, ...]:
    """Return the number columns a metric is made from."""
    return tuple(sorted({name for leaf in _of(metric, source) for name in leaf.numeric}))


def metric_blank(metric: Metric, source: Source, facts: Facts) -> exp.Expr | None:
    """Return the condition that a row falls under a metric but lacks a number it needs; ``None``: none does."""
    needed: dict[exp.Expr, None] = {}
    for leaf in _of(metric, source):
        parts = leaf.complete or ((leaf.argument,) if leaf.argument is not None else ())
        needed |= dict.fromkeys(part for part in parts if _may_be_blank(part, facts))
    if not needed:
        return None
    blank = exp.or_(*(exp.Is(this=exp.paren(part.copy()), expression=exp.null()) for part in needed), copy=False)
    return both(exp.paren(blank, copy=False), _never(estimated(metric_numeric(metric, source), facts)))


def _of(metric: Metric, source: Source) -> list[Leaf]:
    return [leaf for leaf in metric.leaves if leaf.source == source]


@dataclass(slots=True)
class Columns:
    """The output columns of every branch, aggregates alike computed once, and which holds what (as in ``Compiled``)."""

    plain: dict[exp.Expr, str] = field(default_factory=dict)
    detail: dict[exp.Expr, str] = field(default_factory=dict)
    notes: dict[exp.Expr, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    matched: dict[str, str] = field(default_factory=dict)
    approx: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    warned: dict[tuple[str, str], str] = field(default_factory=dict)
    imprecise: dict[str, str] = field(default_factory=dict)

    def add(self, kind: dict[exp.Expr, str], letter: str, expression: exp.Expr) -> str:
        """Return the column of an aggregate."""
        return kind.setdefault(expression, f"{letter}{len(kind)}")

    def of(self, part: Part, *, detail: bool) -> list[tuple[exp.Expr, str, bool]]:
        """Return every aggregate, its column, and whether one SELECT of a window counts it."""
        figures = part == "figures"
        kinds = ((self.plain, figures), (self.detail, figures and detail), (self.notes, not figures))
        return [(expr, name, wanted) for kind, wanted in kinds for expr, name in kind.items()]

    def compiled(self, sql: str, parameters: frozenset[str]) -> Compiled:
        """Return the query whose columns these are."""
        scope = next(iter(self.plain.values()))
        return Compiled(
            sql, parameters, scope, self.values, self.matched, self.approx, self.missing, self.warned, self.imprecise
        )


def columns_of(source: Source, facts: Facts, metrics: Iterable[Metric]) -> Columns:
    """Lay out the columns of a query about ``metrics``; the first counts the records there are."""
    found = Columns()
    scope = found.add(found.plain, "v", exp.Count(this=exp.Star()))
    for metric in metrics:
        for leaf in _of(metric, source):
            found.values[leaf.key] = found.add(found.plain, "v", aggregate(leaf, facts))
            if leaf.where is None:
                found.matched[leaf.key] = scope
            elif leaf.kind == "sum" and leaf.argument is not None and _may_be_blank(leaf.argument, facts):
                # Without blanks a sum is empty just where no row falls under it: nothing need be counted.
                found.matched[leaf.key] = found.add(found.plain, "v", _rows(leaf.where))
        rows = metric_rows(metric, source)
        doubtful = estimated(metric_numeric(metric, source), facts)
        if doubtful is not None:
            found.approx[metric.id] = found.add(found.detail, "d", _rows(both(rows, doubtful)))
        blank = metric_blank(metric, source, facts)
        if blank is not None:
            found.missing[metric.id] = found.add(found.detail, "d", _rows(both(rows, blank)))
        for flag, when in metric.warnings:
            found.warned[metric.id, flag] = found.add(found.detail, "d", _rows(when))
        found.imprecise[metric.id] = found.add(found.notes, "n", _rows(rows))
    return found


class Hoisted:
    """Row expressions moved below the aggregates, so that what several share is worked out once a row."""

    def __init__(self) -> None:
        self._names: dict[exp.Expr, str] = {}

    def column(self, expression: exp.Expr) -> exp.Expr:
        """Return the column that will hold ``expression``."""
        return column(self._names.setdefault(expression, f"x{len(self._names)}"))

    def hoist(self, aggregate_: exp.Expr) -> exp.Expr:
        """Return ``aggregate_`` over columns instead of expressions."""

        def replace(node: exp.Expr) -> exp.Expr:
            if isinstance(node, exp.Filter):
                return exp.Filter(this=replace(node.this), expression=exp.Where(this=self.column(node.expression.this)))
            if isinstance(node, exp.Sum):
                return exp.Sum(this=self.column(node.this))
            if isinstance(node, exp.Count) and isinstance(node.this, exp.Distinct):
                return exp.Count(this=exp.Distinct(expressions=[self.column(part) for part in node.this.expressions]))
            if isinstance(node, exp.Cast):
                return exp.cast(replace(node.this), node.to, copy=False)
            return node.copy()

        return replace(aggregate_)

    def picked(self) -> list[exp.Expr]:
        """Return the columns to select below."""
        return [exp.alias_(expression.copy(), name) for expression, name in self._names.items()]


@lru_cache(maxsize=512)
def compile_query(shape: Shape) -> Compiled:
    """Return the query of ``shape``."""
    columns = columns_of(shape.source, shape.facts, shape.metrics)
    branches: list[exp.Query] = []
    used: set[str] = set()
    for branch in shape.branches:
        branches.append(_branch(shape, columns, branch, "figures", used))
        fits = inside(shape.source, shape.facts, shape.grain, whole_months=branch.whole_months)
        if branch.detail and fits is not None:
            branches.append(_branch(shape, columns, branch, "imprecise", used))
    union: exp.Query = branches[0]
    for other in branches[1:]:
        union = exp.Union(this=union, expression=other, distinct=False)
    read = used - {PLACE}
    if _is_placed(shape):
        read |= set(shape.source.county_from)
        if past.stands(shape.source, shape.facts):
            for branch in shape.branches:
                own = _placed(shape, used - {PLACE}, f"{STOOD}{branch.name}")
                union = union.with_(f"{PLACED}{branch.name}", as_=own, materialized=True, copy=False)
        else:
            own = _placed(shape, used - {PLACE}, shape.source.ledger)
            union = union.with_(PLACED, as_=own, materialized=True, copy=False)
    if past.stands(shape.source, shape.facts) and shape.copy is None:
        union = _with_stood(union, shape, read)
    names = frozenset(node.name for node in union.find_all(exp.Placeholder))
    return columns.compiled(union.sql("duckdb"), names)


PLACED, PLACE, STOOD = "placed_", "place_", "stood_"


def _is_placed(shape: Shape) -> bool:
    """Whether counties matter and must be told from the names of offices: then that is done once for all windows."""
    told = shape.copy is None and bool(shape.source.county_from)
    return told and (shape.by_county or COUNTY in shape.dims)


def _stood_day(source: Source) -> str:
    """Return the name of the day records are told as they stood at."""
    return "stood_state" if source.snapshot else "stood"


def _with_stood(union: exp.Query, shape: Shape, read: set[str]) -> exp.Query:
    """Put before a query the records as they stood at each window's day."""
    ledger = record_columns(shape.source.ledger)
    tables = []
    for branch in shape.branches:
        day = exp.Placeholder(this=f"{_stood_day(shape.source)}_{branch.name}")

        def at(node: exp.Expr, day: exp.Placeholder = day) -> exp.Expr:
            return day.copy() if isinstance(node, exp.Placeholder) and node.name == "stood" else node

        tables.append((f"{STOOD}{branch.name}", past.stood(shape.source, read & ledger).transform(at, copy=False)))
    old = union.args.get("with_")
    mine = [exp.CTE(this=query, alias=exp.TableAlias(this=exp.to_identifier(name))) for name, query in tables]
    union.set("with_", exp.With(expressions=[*mine, *(old.expressions if old is not None else [])]))
    return union


@cache
def record_columns(ledger: str) -> frozenset[str]:
    """Return the columns of a ledger's records."""
    return frozenset(record_schema(ledgers()[ledger]).names)


def _placed(shape: Shape, used: set[str], table: str) -> exp.Select:
    """Return the ledger's ``used`` columns with each record's county, limited to the county asked for."""
    source = shape.source
    picked = [column(name) for name in sorted(used)]
    rows = exp.select(*picked, exp.alias_(county_of(source), PLACE)).from_(exp.to_table(table), copy=False)
    rows = rows.where(filters(source, by_county=shape.by_county, by_unit=False), copy=False)
    return with_offices(offices(rows, source), source)


def _branch(shape: Shape, columns: Columns, branch: Branch, part: Part, used: set[str]) -> exp.Query:
    """Return one window; the ledger's columns it reads are put into ``used``."""
    source, placed, copied = shape.source, _is_placed(shape), shape.copy is not None
    group: list[exp.Expr] = [
        column(PLACE) if (placed or copied) and name == COUNTY else dimension(source, name) for name in shape.dims
    ]
    if shape.grain is not None:
        group.append(bucket(day_of(source), shape.grain))
    nothing = exp.cast(exp.null(), "BIGINT")
    if part == "imprecise":
        where: exp.Expr | None = imprecise_rows(source, shape.facts, shape.grain)
    else:
        where = both(days(source), inside(source, shape.facts, shape.grain, whole_months=branch.whole_months))
    where = both(where, filters(source, by_county=shape.by_county and not placed and not copied, by_unit=shape.by_unit))
    if copied and shape.by_county:
        where = both(where, exp.EQ(this=column(PLACE), expression=exp.Placeholder(this="county")))
    own = past.stands(source, shape.facts)
    if copied and own:
        where = both(where, past.lasting(_stood_day(source)))
    rows = Hoisted()
    picked: list[exp.Expr] = [exp.alias_(exp.Literal.string(branch.name), "branch_")]
    picked += [exp.alias_(rows.column(expression), f"g{index}") for index, expression in enumerate(group)]
    for expr, name, wanted in columns.of(part, detail=branch.detail):
        picked.append(exp.alias_(rows.hoist(expr) if wanted else nothing.copy(), name))
    read = rows.picked() or [exp.alias_(exp.Literal.number(1), "one_")]
    read = read if shape.copy is None else [shape.copy.put(part) for part in read]
    table = f"{PLACED}{branch.name if own else ''}" if placed else f"{STOOD}{branch.name}" if own else source.ledger
    inner = exp.select(*read).from_(exp.to_table(table if shape.copy is None else shape.copy.table), copy=False)
    inner = inner.where(where, copy=False)
    used |= {found.name for found in inner.find_all(exp.Column)}
    inner = _sharing(inner)
    query = exp.select(*picked).from_(inner.subquery("rows_", copy=False), copy=False)
    if group:
        query = query.group_by(*(exp.Literal.number(index + 2) for index in range(len(group))), copy=False)

    def rename(node: exp.Expr) -> exp.Expr:
        shared = {"county", "unit"}
        if isinstance(node, exp.Placeholder) and node.name not in shared:
            return exp.Placeholder(this=f"{node.name}_{branch.name}")
        return node

    renamed = query.transform(rename, copy=False)
    assert isinstance(renamed, exp.Query)  # noqa: S101 - only its placeholders were renamed
    return renamed


def _sharing(rows: exp.Select) -> exp.Select:
    """Let what several selected conditions have in common be worked out once a row, in a query below.

    Databases find equal expressions, but not those that stand in one AND with others: it has no inner parts for them.
    """
    parts = {picked: _parts(picked.this) for picked in rows.expressions}
    times: dict[exp.Expr, int] = {}
    for picked, mine in parts.items():
        # A condition of one part is that part.
        for part in {picked.this, *mine}:
            times[part] = times.get(part, 0) + 1
    # To compare with something is dear, to ask for blanks is not.
    common = [part for part, count in times.items() if count > 1 and part.find(exp.Literal)]
    shared = {part: column(f"s{index}") for index, part in enumerate(common)}
    if not shared:
        return rows
    above: list[exp.Expr] = []
    below: dict[str, exp.Expr] = {name.name: exp.alias_(part.copy(), name.name) for part, name in shared.items()}
    for picked, mine in parts.items():
        terms = [picked.this] if picked.this in shared else mine
        if not shared.keys() & set(terms):
            below[picked.alias] = picked
            above.append(column(picked.alias))
            continue
        told = [shared.get(term, term).copy() for term in terms]
        above.append(exp.alias_(exp.and_(*told, copy=False), picked.alias))
        for found in (found for term in terms if term not in shared for found in term.find_all(exp.Column)):
            below.setdefault(found.name, found.copy())
    lower = rows.select(*below.values(), append=False)
    return exp.select(*above).from_(lower.subquery("told_", copy=False), copy=False)


def _parts(condition: exp.Expr) -> list[exp.Expr]:
    """Return what must hold together for a condition to hold."""
    return list(condition.flatten()) if isinstance(condition, exp.And) else [condition]


def imprecise_rows(source: Source, facts: Facts, grain: Step | None) -> exp.Expr:
    """Return which rows with an imprecise date touch the window without lying inside it."""
    fits = inside(source, facts, grain)
    if fits is None:
        return exp.false()
    day = day_of(source)
    outside: exp.Expr = exp.not_(exp.paren(fits, copy=False), copy=False)
    parts = [known(column(PRECISION)), exp.LTE(this=day, expression=exp.Placeholder(this="end"))]
    if not source.snapshot:
        start = exp.Placeholder(this="start")
        parts.append(exp.GTE(this=last_day(source), expression=start.copy()))
        begins = exp.LT(this=day.copy(), expression=start)
        outside = exp.paren(exp.or_(begins, outside, copy=False), copy=False)
    return exp.and_(*parts, outside, copy=False)
