"""The very rows a figure came from, with file, sheet and row: sums over them give the figure back.

The conditions are the compiled query's own, so rows and figures cannot drift apart. This module must not know any
column by name; what a list shows beside the ledger's columns is declared with the metric (``extra``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from sqlglot import exp

from analytics import moments
from analytics.ledgers.model import ledgers
from analytics.ledgers.schema import TRACE, record_schema
from analytics.metrics import compile as sql
from analytics.metrics import past
from analytics.metrics.answer import UNFILLED
from analytics.metrics.compute import Scope, Span, bind
from analytics.metrics.discipline import refusal
from analytics.metrics.engine import DuckEngine
from analytics.metrics.facts import facts_of
from analytics.metrics.model import COUNTY, Leaf, Metric, Op, Source, catalogue
from analytics.metrics.periods import GRAIN_MONTHS, Period, from_days, parse_period
from analytics.metrics.question import Asked, MetricError, ask, find_county
from analytics.metrics.scope import Scope as Seen
from analytics.metrics.scope import refuse_rows, scope_of, seen
from analytics.metrics.shape import Facts

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

    from analytics.settings import Settings
    from analytics.warehouse.published import Version

Which = Literal["counted", "estimated", "blank", "imprecise"]
"""Rows inside the figure; or those left outside it: an estimate, a blank number, a date not known well enough."""

SPAN = "cur"
_FIND = "find"
_EDGE = "edge"
_MOST_BEFORE = 1000
"""Rows up to a page's last for which it pays to find first where that one stands."""
_CELLS = "cells"
_WORDS = frozenset({"text", "choice", "county"})
"""Types of columns that are looked through for a text."""

OVERDUE = "R04"
"""The metric whose rows are the overdue list."""


def records(
    id: str,
    *,
    period: str | Period = "本年",
    county: str | None = None,
    unit: str | None = None,
    dims: Mapping[str, str] | None = None,
    which: Which = "counted",
    as_of: dt.date | None = None,
    offset: int = 0,
    limit: int | None = 50,
    sort: str | None = None,
    find: str | None = None,
    columns: Sequence[str] | None = None,
    connection: duckdb.DuckDBPyConnection | None = None,
    version: Version | None = None,
    settings: Settings | None = None,
    scope: Seen | None = None,
) -> pd.DataFrame:
    """Return rows behind a figure, a page at a time.

    Columns: where the row came from (``record_id``, ``upload_id``, ``file_name``, ``sheet``, ``row`` …), the ledger's
    declared columns, ``cells`` (the cells of values that stand elsewhere than in their column), then what the row puts
    in: ``value``, or ``numerator`` and ``denominator`` of a ratio, and the
    metric's declared extras. ``frame.attrs["total"]`` is the number of rows on all pages.

    Args:
        id: One KPI.
        period: As in ``query``.
        county: As in ``query``.
        unit: As in ``query``.
        dims: The ``dims`` of a figure's row: dimension values, and a bucket under its grain's name.
        which: Rows counted, or those left outside for one of three reasons.
        as_of: As in ``query``.
        offset: Rows to pass over.
        limit: Rows to return, ``None`` for all.
        sort: A column, with a leading ``-`` for descending; the ledger's date, newest first, if not given.
        find: Only rows that hold this text in one of their words or in the name of their file, in any case of letters.
        columns: Only these columns and what the rows are sorted by: the fewer, the sooner.
        connection: As in ``query``.
        version: As in ``query``.
        settings: As in ``query``.
        scope: As in ``query``.

    Raises:
        MetricError: An unknown KPI, dimension, county or column.
    """
    known = next((metric for name, metric in catalogue().items() if name.upper() == id.strip().upper()), None)
    reason = refusal(known, (), None, placed=False, discipline=True, rows=True) if known is not None else None
    if reason is not None:
        raise MetricError(reason)
    wanted = dict(dims or {})
    day = as_of or moments.today()
    for grain in GRAIN_MONTHS:
        if grain in wanted:
            period = _narrowed(parse_period(period, day), wanted.pop(grain), day)
    if COUNTY in wanted and wanted[COUNTY] != UNFILLED:
        county = wanted.pop(COUNTY)
    asked = ask(
        [id], period=period, by=tuple(wanted), county=county, unit=unit, as_of=as_of,
        connection=connection, version=version, settings=settings, scope=scope,
    )  # fmt: skip
    metric = asked.metrics[0]
    sources = list(dict.fromkeys(leaf.source for leaf in metric.leaves))
    if len(sources) > 1:
        raise MetricError(f"{metric.id} {metric.name}由几个台账合成，请按它的组成指标查看明细")
    return _page(asked, metric, sources[0], wanted, which, offset, limit, sort, find, columns)


def overdue(
    as_of: dt.date | None = None,
    county: str | None = None,
    *,
    limit: int | None = None,
    columns: Sequence[str] | None = None,
    connection: duckdb.DuckDBPyConnection | None = None,
    version: Version | None = None,
    settings: Settings | None = None,
    scope: Seen | None = None,
) -> pd.DataFrame:
    """Return items overdue at ``as_of`` (today if not given), the longest overdue first, with their days.

    All of them, or the first ``limit``; only some ``columns``, as in ``records``. ``frame.attrs["total"]`` is how many
    there are.
    """
    day = as_of or moments.today()
    find_county(county)
    return records(
        OVERDUE, period=from_days(day, day), county=county, as_of=day, limit=limit, sort="deadline",
        columns=columns, connection=connection, version=version, settings=settings, scope=scope,
    )  # fmt: skip


def _narrowed(period: Period, bucket: str, day: dt.date) -> Period:
    inner = parse_period(bucket, day)
    return from_days(max(period.start, inner.start), min(period.end, inner.end))


def _page(
    asked: Asked,
    metric: Metric,
    source: Source,
    dims: dict[str, str],
    which: Which,
    offset: int,
    limit: int | None,
    sort: str | None,
    find: str | None,
    columns: Sequence[str] | None,
) -> pd.DataFrame:
    scope = replace(asked.scope, dims=())
    given = {
        f"dim{number}": {"是": "true", "否": "false"}.get(value, value)
        for number, value in enumerate(dims.values())
        if value != UNFILLED
    }
    if find:
        given[_FIND] = find
    listing = _listing(
        metric,
        source,
        (scope.county is not None, scope.unit is not None),
        which,
        facts_of(asked.engine, source.ledger),
        tuple((name, value == UNFILLED) for name, value in dims.items()),
        sort,
        offset,
        limit,
        bool(find),
        None if columns is None else tuple(columns),
    )
    span = Span(SPAN, asked.period.window(asked.state_day), asked.as_of, asked.state_day)
    count = asked.engine.rows(*listing.total.bound(span, scope, given))[0]
    page: _Text = listing.page
    within: dict[str, Any] = {}
    if listing.within is not None and count[_EDGE] is not None:
        page, within = listing.within, {_EDGE: count[_EDGE]}
    frame = asked.engine.frame(*page.bound(span, scope, given | within))
    frame.attrs["total"] = int(count["total"])
    return frame


@dataclass(frozen=True, slots=True)
class _Text:
    """A query's text and the names of its parameters."""

    sql: str
    names: frozenset[str]

    def bound(self, span: Span, scope: Scope, given: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return self.sql, bind(self.names - set(given), [span], scope) | given


@dataclass(frozen=True, slots=True)
class _Listing:
    """A page of rows; how many rows there are, and where the page's last stands in the order; the page up to there."""

    page: _Text
    total: _Text
    within: _Text | None


@lru_cache(maxsize=256)
def _listing(
    metric: Metric,
    source: Source,
    limited: tuple[bool, bool],
    which: Which,
    facts: Facts,
    dims: tuple[tuple[str, bool], ...],
    sort: str | None,
    offset: int,
    limit: int | None,
    finding: bool,
    only: tuple[str, ...] | None,
) -> _Listing:
    """Return the queries of one page of rows and of how many there are; ``dims`` says which are asked for as blank."""
    condition = _condition(metric, source, limited, which, facts)
    for number, (name, blank) in enumerate(dims):
        expression = sql.dimension(source, name)
        if blank:
            test: exp.Expr = exp.Is(this=expression, expression=exp.null())
        else:
            test = exp.EQ(this=exp.cast(expression, "TEXT"), expression=exp.Placeholder(this=f"dim{number}"))
        condition = sql.both(condition, test) or test
    if finding:
        condition = sql.both(condition, exp.paren(_holds(source), copy=False)) or condition
    columns = _columns(metric, source, facts)
    name = (sort or f"-{source.date_field}").removeprefix("-")
    if name not in columns:
        raise MetricError(f"明细里没有这一列：{name}")
    ties = [field for field in ("file_name", "sheet", "row", "record_id") if field in columns]
    if only is not None:
        columns = {label: column for label, column in columns.items() if label in {*only, name, *ties}}
    inner = exp.select(*(exp.alias_(column, label, quoted=True) for label, column in columns.items()))
    placed = limited[0] or any(name == COUNTY for name, _ in dims)
    inner = _from(inner, source, facts, placed=placed).where(condition, copy=False)
    downwards = (sort or "-").startswith("-")
    order: list[exp.Expr] = [exp.Ordered(this=sql.column(name), desc=downwards, nulls_first=False)]
    order += [sql.column(field) for field in ties]

    def ordered(rows: exp.Select) -> exp.Select:
        page = exp.select("*").from_(rows.subquery("rows_"), copy=False)
        page = page.order_by(*order, copy=False).offset(offset, copy=False)
        return page if limit is None else page.limit(limit, copy=False)

    counting = exp.select(exp.alias_(exp.Count(this=exp.Star()), "total"))
    within = None
    if limit is not None and offset + limit <= _MOST_BEFORE:
        # Whole rows are read of few: of those that stand in the order where the page's last one does, or before.
        by, last = columns[name], exp.Literal.number(offset + limit)
        firsts = exp.Anonymous(this="MAX" if downwards else "MIN", expressions=[by.copy(), last])
        edge = exp.Anonymous(this="LIST_EXTRACT", expressions=[firsts, last.copy()])
        counting = counting.select(exp.alias_(edge, _EDGE))
        stands = (exp.GTE if downwards else exp.LTE)(this=by.copy(), expression=exp.Placeholder(this=_EDGE))
        within = ordered(inner.where(stands))
    total = _from(counting, source, facts, placed=placed).where(condition.copy(), copy=False)
    fixed = frozenset({"county", "unit", _FIND, _EDGE, *(f"dim{number}" for number in range(len(dims)))})
    return _Listing(_text(ordered(inner), fixed), _text(total, fixed), None if within is None else _text(within, fixed))


def _holds(source: Source) -> exp.Expr:
    """Return whether a row holds the text looked for."""
    words = [column.name for column in ledgers()[source.ledger].columns if column.type in _WORDS]
    sought = exp.func("LOWER", exp.Placeholder(this=_FIND))
    tests = [exp.func("CONTAINS", exp.func("LOWER", sql.column(name)), sought.copy()) for name in (*words, "file_name")]
    return exp.or_(*tests, copy=False)


def _from(query: exp.Select, source: Source, facts: Facts, *, placed: bool) -> exp.Select:
    """Read the records; ``placed``: their counties matter, so the names of offices that tell them are joined."""
    table: exp.Expr = exp.to_table(source.ledger)
    if past.stands(source, facts):
        day = "stood_state" if source.snapshot else "stood"

        def at(node: exp.Expr) -> exp.Expr:
            stood = isinstance(node, exp.Placeholder) and node.name == "stood"
            return exp.Placeholder(this=day) if stood else node

        kept = past.stood(source, sql.record_columns(source.ledger)).transform(at, copy=False)
        assert isinstance(kept, exp.Query)  # noqa: S101 - only its placeholders were renamed
        table = kept.subquery(source.ledger, copy=False)
    query = query.from_(table, copy=False)
    return sql.with_offices(sql.offices(query, source), source) if placed else query


def _text(tree: exp.Expr, fixed: frozenset[str]) -> _Text:
    """Write a query out, its placeholders (but for the ``fixed`` ones) named as ``bind`` names them."""

    def rename(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Placeholder) and node.name not in fixed:
            return exp.Placeholder(this=f"{node.name}_{SPAN}")
        return node

    tree = tree.transform(rename, copy=False)
    return _Text(tree.sql("duckdb"), frozenset(node.name for node in tree.find_all(exp.Placeholder)))


def _condition(metric: Metric, source: Source, limited: tuple[bool, bool], which: Which, facts: Facts) -> exp.Expr:
    rows = sql.metric_rows(metric, source)
    inside = sql.both(sql.days(source), sql.inside(source, facts, None))
    condition: exp.Expr | None
    if which == "counted":
        leaves = [leaf for leaf in metric.leaves if leaf.source == source]
        taken = [_taken(leaf, facts) or exp.true() for leaf in leaves]
        condition = sql.both(inside, exp.paren(exp.or_(*taken, copy=False), copy=False))
    elif which == "estimated":
        doubtful = sql.estimated(sql.metric_numeric(metric, source), facts)
        condition = sql.both(inside, rows, doubtful if doubtful is not None else exp.false())
    elif which == "blank":
        blank = sql.metric_blank(metric, source, facts)
        condition = sql.both(inside, rows, blank if blank is not None else exp.false())
    else:
        condition = sql.both(sql.imprecise_rows(source, facts, None), rows)
    chosen = sql.filters(source, by_county=limited[0], by_unit=limited[1])
    return sql.both(condition, chosen) or exp.true()


def _taken(leaf: Leaf, facts: Facts) -> exp.Expr | None:
    """Return which rows put something into a leaf."""
    return sql.both(sql.counted(leaf, facts), sql.known(leaf.argument) if leaf.argument is not None else None)


def _columns(metric: Metric, source: Source, facts: Facts) -> dict[str, exp.Expr]:
    """Return the columns of the list: where from, declared, what the row puts in, the metric's extras."""
    declared = [column.name for column in ledgers()[source.ledger].columns]
    names = [*(field.name for field in TRACE), *declared, _CELLS]
    columns: dict[str, exp.Expr] = {name: sql.column(name) for name in names}
    tree = metric.tree
    if isinstance(tree, Leaf):
        columns["value"] = _share(tree, facts)
    elif metric.is_ratio and isinstance(tree, Op):
        for name, side in (("numerator", tree.left), ("denominator", tree.right)):
            if isinstance(side, Leaf):
                columns[name] = _share(side, facts)
    return columns | dict(metric.extra)


def _share(leaf: Leaf, facts: Facts) -> exp.Expr:
    """Return what one row puts into a leaf."""
    value: exp.Expr = leaf.argument.copy() if leaf.argument is not None else exp.Literal.number(1)
    condition = sql.counted(leaf, facts)
    return value if condition is None else exp.Case().when(condition, value, copy=False)


def ledger_rows(
    id: str, *, period: str | None, county: str | None, version: Version, scope: Seen | None = None
) -> pd.DataFrame:
    """Return a ledger's current records; see ``analytics.ledger``."""
    known = ledgers()
    if id not in known:
        raise MetricError(f"没有这个台账：{id}；可以用 {'、'.join(known)}")
    found = known[id]
    refuse_rows(found, scope_of(version) or scope)
    conditions: list[exp.Expr] = []
    given: dict[str, Any] = {}
    date = found.date_field or found.year_field
    assert date is not None  # noqa: S101 - the ledger model requires one of them
    day = sql.column(date)
    columns = [sql.column(field.name) for field in record_schema(found)]
    query = exp.select(*columns).from_(exp.to_table(id)).order_by(day, sql.column("file_name"), sql.column("row"))
    if period is not None:
        span = parse_period(period, moments.today())
        start, end = (span.start, span.end) if found.date_field else (span.start.year, span.end.year)
        given |= {"start": start, "end": end}
        conditions.append(exp.Between(this=day, low=exp.Placeholder(this="start"), high=exp.Placeholder(this="end")))
    place = find_county(county)
    if place is not None:
        source = next((s for s in _sources() if s.ledger == id), Source(id, date, False, ()))
        query = sql.with_offices(sql.offices(query, source), source)
        conditions.append(exp.EQ(this=sql.county_of(source), expression=exp.Placeholder(this="county")))
        given["county"] = place
    if conditions:
        query = query.where(*conditions)
    return DuckEngine(seen(version, scope).connect()).frame(query.sql("duckdb"), given)


def _sources() -> list[Source]:
    return list(dict.fromkeys(leaf.source for metric in catalogue().values() for leaf in metric.leaves))


def finding_rows(
    ledger: str | None, *, severity: str | None, version: Version, scope: Seen | None = None
) -> pd.DataFrame:
    """Return findings of uploads not revoked; see ``analytics.findings``."""
    query = exp.select("*").from_(exp.to_table("findings"))
    if (scope_of(version) or scope) is not None:
        # A finding repeats what the cell says.
        small = [exp.Literal.string(known.id) for known in ledgers().values() if known.restricted]
        query = query.where(
            exp.not_(exp.func("COALESCE", exp.In(this=sql.column("ledger"), expressions=small), exp.false()))
        )
    given: dict[str, Any] = {}
    for name, value in (("ledger", ledger), ("severity", severity)):
        if value is not None:
            query = query.where(exp.EQ(this=sql.column(name), expression=exp.Placeholder(this=name)))
            given[name] = value
    order = (sql.column(name) for name in ("created_at", "file_name", "sheet", "row", "code"))
    return DuckEngine(seen(version, scope).connect()).frame(query.order_by(*order).sql("duckdb"), given)
