"""Runs the compiled queries of some metrics over some windows and works figures out of their parts.

Division happens here and nowhere else, on exact whole numbers and decimals, so every engine gives the same figure.
This module must not know which windows are compared with which.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from sqlglot import exp

from analytics.metrics import rollup
from analytics.metrics.compile import compile_query
from analytics.metrics.due import held_and_due
from analytics.metrics.engine import Engine
from analytics.metrics.facts import facts_of
from analytics.metrics.model import Due, Leaf, Metric, Months, Node, Number, Op, Source
from analytics.metrics.periods import Step, Window, first_day_of
from analytics.metrics.shape import Branch, Compiled, Shape

Value = int | Decimal


@dataclass(frozen=True, slots=True)
class Span:
    """One window to compute: its days and the days states are taken at."""

    name: str
    window: Window
    as_of: dt.date
    latest: dt.date
    detail: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """What a whole query is limited to and split by."""

    dims: tuple[str, ...] = ()
    grain: Step | None = None
    county: str | None = None
    unit: str | None = None


Key = tuple[str, dt.date | None, tuple[str | None, ...]]
"""A cell: window name, first day of the bucket (``None`` without grain), dimension values."""


@dataclass(slots=True)
class Cell:
    """The parts of every figure in one cell."""

    values: dict[str, Value | None] = field(default_factory=dict)
    matched: dict[str, int] = field(default_factory=dict)
    scope: dict[Source, int] = field(default_factory=dict)
    approx: dict[str, int] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)
    imprecise: dict[str, int] = field(default_factory=dict)
    warned: dict[tuple[str, str], int] = field(default_factory=dict)
    due: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Metric id to what was held of what was due, and what was due."""

    def part(self, leaf: Leaf) -> Value | None:
        """Return a leaf's value by the rule of zero and absent (see ``model``)."""
        rows = self.scope.get(leaf.source, 0)
        if rows == 0:
            return None
        value = self.values.get(leaf.key)
        return 0 if value is None and not self.matched.get(leaf.key) else value

    def has_records(self) -> bool:
        """Whether any record lies in the cell's scope."""
        return any(self.scope.values()) or any(self.imprecise.values()) or bool(self.due)

    def merge(self, other: Cell) -> None:
        """Take in the parts of other sources, and further notes, for the same cell."""
        self.values |= other.values
        self.matched |= other.matched
        self.scope |= other.scope
        self.due |= other.due
        for mine, theirs in (
            (self.approx, other.approx),
            (self.missing, other.missing),
            (self.imprecise, other.imprecise),
        ):
            for id_, count in theirs.items():
                mine[id_] = mine.get(id_, 0) + count
        self.warned |= other.warned

    def copy(self) -> Cell:
        """Return the parts as they are now."""
        return Cell(dict(self.values), dict(self.matched), dict(self.scope))

    def add(self, other: Cell) -> None:
        """Put another cell's parts on top (a running total); different values cannot be added."""
        for key, value in other.values.items():
            mine = self.values.get(key)
            self.values[key] = value if mine is None else mine if value is None else mine + value
        for key, count in other.matched.items():
            self.matched[key] = self.matched.get(key, 0) + count
        for source, rows in other.scope.items():
            self.scope[source] = self.scope.get(source, 0) + rows


@dataclass(frozen=True, slots=True)
class Figure:
    """A value and, of a ratio, its two sides."""

    value: Value | float | None = None
    numerator: Value | None = None
    denominator: Value | None = None


NOTHING = Figure()

_LAID_OUT = 1024
_laid_out: dict[Shape, Compiled] = {}
"""Where the columns of an answer are, by what was asked; the same over kept sums as over records."""


def figure(metric: Metric, cell: Cell | None, months: int) -> Figure:
    """Work out a metric in one cell; absent where the cell is, or where a divisor is 0 or absent."""
    if cell is None:
        return NOTHING
    if metric.is_ratio and isinstance(metric.tree, Op):
        top, bottom = _evaluate(metric.tree.left, cell, months), _evaluate(metric.tree.right, cell, months)
        if metric.is_due:
            top, bottom = cell.due.get(metric.id, (None, None))
        value = _divide(top, bottom)
        if value is None:
            return Figure(None, top, bottom)
        return Figure(float(value * 100 if metric.format == "percent" else value), top, bottom)
    return Figure(_evaluate(metric.tree, cell, months))


def _evaluate(node: Node, cell: Cell, months: int) -> Value | None:
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Months):
        return months
    if isinstance(node, Leaf):
        return cell.part(node)
    if isinstance(node, Due):
        return None
    left, right = _evaluate(node.left, cell, months), _evaluate(node.right, cell, months)
    if node.sign == "/":
        return _divide(left, right)
    if left is None or right is None:
        return None
    if node.sign == "+":
        return left + right
    return left - right if node.sign == "-" else left * right


def _divide(top: Value | None, bottom: Value | None) -> Decimal | None:
    if top is None or not bottom:
        return None
    return Decimal(top) / Decimal(bottom)


def compute(engine: Engine, metrics: Iterable[Metric], spans: Iterable[Span], scope: Scope) -> dict[Key, Cell]:
    """Return the parts of ``metrics`` in every cell that has any record, one query a source."""
    wanted = tuple(metrics)
    windows = tuple(spans)
    cells: dict[Key, Cell] = {}
    there = engine.ledgers()
    sources = dict.fromkeys(leaf.source for metric in wanted for leaf in metric.leaves)
    for source in sources:
        if source.ledger not in there or not windows:
            continue
        own = tuple(metric for metric in wanted if any(leaf.source == source for leaf in metric.leaves))
        _collect(cells, *_asked(engine, source, own, windows, scope))
    for metric in wanted:
        if metric.is_due and metric.ledger in there and windows:
            _add_due(cells, engine, metric, windows, scope)
    return cells


def _asked(
    engine: Engine, source: Source, metrics: tuple[Metric, ...], spans: tuple[Span, ...], scope: Scope
) -> tuple[list[dict[str, Any]], Compiled, Shape]:
    """Ask for the parts of ``metrics`` that one source gives."""
    shape = Shape(
        source,
        metrics,
        tuple(Branch(span.name, span.detail, span.window.whole_months) for span in spans),
        facts_of(engine, source.ledger),
        scope.dims,
        scope.grain,
        scope.county is not None,
        scope.unit is not None,
    )
    # With equal facts the same files give the same answer, whichever text asks for it and in whichever version.
    question = (shape, spans, scope.county, scope.unit)
    read = f"{source.ledger} {source.ledger}_versions"
    rows = engine.known(question, read)
    if rows is not None:
        return rows, _laid_out.get(shape) or compile_query(shape), shape
    rolled = rollup.compiled(engine, shape, steady=all(span.as_of == span.window.end for span in spans))
    compiled = compile_query(shape) if rolled is None else rolled
    if len(_laid_out) >= _LAID_OUT:
        _laid_out.clear()
    _laid_out[shape] = compiled
    rows = engine.run(compiled.sql, bind(compiled.parameters, spans, scope))
    engine.keep(question, read, rows)
    return rows, compiled, shape


def _add_due(cells: dict[Key, Cell], engine: Engine, metric: Metric, spans: tuple[Span, ...], scope: Scope) -> None:
    """Add what was due; in a window for which nothing at all was reported it is not known that anything was missed."""

    def ask(query: exp.Expr) -> list[dict[str, Any]]:
        names = {node.name for node in query.find_all(exp.Placeholder)}
        return engine.rows(query.sql("duckdb"), bind(names, spans, scope))

    def count(dims: tuple[str, ...]) -> Iterator[tuple[str, tuple[str | None, ...], int | None, int]]:
        leaf = metric.leaves[0]
        plain = tuple(replace(span, detail=False) for span in spans)
        rows, compiled, _ = _asked(engine, leaf.source, (metric,), plain, replace(scope, dims=dims))
        names = [f"g{index}" for index in range(len(dims))]
        for row in rows:
            times = row[compiled.values[leaf.key]]
            yield row["branch_"], tuple(_text(row[name]) for name in names), row.get(f"g{len(dims)}"), int(times or 0)

    reported = {key[:2] for key, cell in cells.items() if any(cell.scope.values())}
    for key, parts in held_and_due(metric, spans, scope, engine.ledgers(), ask, count, engine.kept.tables).items():
        if key[:2] in reported:
            cells.setdefault(key, Cell()).due[metric.id] = parts


def bind(names: Iterable[str], spans: Iterable[Span], scope: Scope) -> dict[str, Any]:
    """Return the values of a compiled query's parameters."""
    known: dict[str, Any] = {"county": scope.county, "unit": scope.unit}
    for span in spans:
        known |= {
            f"start_{span.name}": span.window.start,
            f"end_{span.name}": span.window.end,
            f"limit_{span.name}": span.window.limit,
            f"as_of_{span.name}": span.as_of,
            f"latest_{span.name}": span.latest,
            # Told as it was known on the day states are taken at; of flows on the latest day.
            f"stood_{span.name}": span.latest,
            f"stood_state_{span.name}": span.as_of,
        }
    return {name: known[name] for name in names}


def _collect(cells: dict[Key, Cell], rows: list[dict[str, Any]], compiled: Compiled, shape: Shape) -> None:
    size, source, grain = len(shape.dims), shape.source, shape.grain
    names = [f"g{index}" for index in range(size)]
    days: dict[int, dt.date] = {}
    notes: list[tuple[str, Mapping[Any, str]]] = [
        ("approx", compiled.approx),
        ("missing", compiled.missing),
        ("imprecise", compiled.imprecise),
        ("warned", compiled.warned),
    ]
    told = [(name, key, column) for name, columns in notes for key, column in columns.items()]
    values, matched = list(compiled.values.items()), list(compiled.matched.items())
    for row in rows:
        dims = tuple([_text(row[name]) for name in names])
        bucket = None
        if grain is not None:
            number = int(row[f"g{size}"])
            bucket = days.get(number) or days.setdefault(number, first_day_of(number, grain))
        key = (row["branch_"], bucket, dims)
        cell = cells.get(key)
        if cell is None:
            cell = cells[key] = Cell()
        there = row[compiled.scope]
        if there is not None:
            cell.scope[source] = cell.scope.get(source, 0) + int(there)
            for leaf, name in values:
                cell.values[leaf] = row[name]
            for leaf, name in matched:
                cell.matched[leaf] = int(row[name])
        for kind, about, name in told:
            if row[name]:
                counts = getattr(cell, kind)
                counts[about] = counts.get(about, 0) + int(row[name])


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "是" if value else "否"
    return str(value)
