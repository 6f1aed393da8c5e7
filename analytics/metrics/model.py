"""The typed model of a metric declaration, and the catalogue read from ``analytics/metrics/*.yaml``.

Every KPI stands in exactly one file, one file a line of work. A metric's ``value`` is an expression over SQL
aggregates of its ledger (``SUM(jobs_n)``) and over other metrics by id (``J02 / J01``). This module turns that
expression into a small tree (``Leaf``, ``Number``, ``Months``, ``Due``, ``Op``) and refuses what does not make sense,
with file, line and reason. It must not know how SQL is run.

Three rules hold for every metric and are written here once:

* **Ratios** are ratios of sums. A row counts in a ratio only where both sides are filled in, so a blank
  numerator does not pull a rate down as if it were 0.
* **Estimates** (百余, 500多) are outside every figure; the rows they stand in are counted beside it.
* **Zero and absent.** A figure is 0 only where the ledger has at least one record in that scope and period
  (whatever its type or status) and none of them falls under the metric. No record at all means nothing was
  reported: the figure is absent (``None``, shown as —), never 0. Where records fall under the metric but none of
  them has the number filled in, the figure is absent too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal

import sqlglot
from pydantic import BaseModel, ConfigDict, Field
from sqlglot import exp

from analytics.ledgers.model import NUMERIC_TYPES, DeclarationError, Ledger, ledgers, line_of, read_declaration

Format = Literal["integer", "decimal", "percent", "money"]
Direction = Literal["up", "down", "neutral"]

_DECIMALS: dict[str, int] = {"integer": 0, "decimal": 1, "percent": 1, "money": 2}
_SCALES: dict[str, int] = {"decimal": 4, "percent": 4, "money": 2}
PLACEHOLDERS = frozenset({"as_of", "latest", "start", "end", "stood"})
"""What a declaration may ask for: the state day (never past the period's end), the latest day, the days counted; in
``done``, the day things are told as they stood at."""

TARGETS_FILE = "targets.yaml"
"""Beside the metrics: how the ledger of annual targets is read."""

DUE_FILE = "party_due.yaml"
"""Beside the metrics: how often a branch must hold each kind of Party life."""

SOURCE_TEXT_FILE = "source_text.yaml"
"""Beside the metrics: what the year's report says, for holding our figures against it."""

QUALITY_FILE = "quality.yaml"
"""Beside the metrics: when a submission is late."""

BOARDS_FILE = "boards.yaml"
"""Beside the metrics: which figures a page draws together."""

WORDS_FILE = "words.yaml"
"""Beside the metrics: which figures a period's paragraph tells, and from when on something stands out."""

_NOT_METRICS = frozenset({TARGETS_FILE, DUE_FILE, SOURCE_TEXT_FILE, QUALITY_FILE, BOARDS_FILE, WORDS_FILE})

COUNTY = "county"
UNIT = "unit"
"""Dimensions every ledger has, whatever its columns are called."""


class _Declared(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Warn(_Declared):
    """A doubt about a figure: ``flag`` is shown where any counted row satisfies ``when``."""

    flag: str
    when: str


class Extra(_Declared):
    """A further column of the rows behind a figure: its heading, and its value as SQL."""

    label: str
    value: str


class MetricDeclaration(_Declared):
    """One KPI as its file states it."""

    id: str = Field(pattern=r"^[A-Z][A-Za-z0-9_]*$")
    name: str
    unit: str
    format: Format = "integer"
    decimals: int | None = Field(default=None, ge=0, le=4)
    direction: Direction = "up"
    definition: str = Field(min_length=4)
    """What the figure is, in one Chinese sentence."""
    counting: str = Field(min_length=4)
    """Which records count and how, in one Chinese sentence."""
    value: str
    where: str | None = None
    date_field: str | None = None
    snapshot: bool = False
    """A state at a day (超期项), over every record up to it, not a sum over the period's records."""
    as_of: Literal["period_end", "latest"] = "period_end"
    """Which day ``:as_of`` means unless a person states one."""
    supporting: bool = False
    """A part of other KPIs: answered when asked for by id, left out of the full list."""
    warn: tuple[Warn, ...] = ()
    extra: dict[str, Extra] = {}
    """Further columns of the rows behind the figure, as SQL."""


class MetricFile(_Declared):
    """One line of work: its ledger, what its metrics share, and the metrics."""

    line: str
    ledger: str
    where: str | None = None
    dimensions: tuple[str, ...] = ()
    done: str | None = None
    """For ledgers whose record versions are published: when a version says that the item is done at the day ``:stood``.
    A past day is then told as it stood (see ``past``)."""
    county_from: tuple[str, ...] = ()
    """For ledgers without a county column: the columns whose office name tells the county, first match wins."""
    terms: dict[str, str] = {}
    """Named row conditions that the file's expressions may use like columns."""
    metrics: tuple[MetricDeclaration, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Source:
    """Where leaves read: one ledger by one date column, as a flow over a period or a state at its end."""

    ledger: str
    date_field: str
    snapshot: bool
    county_from: tuple[str, ...]
    dated: bool = True
    """The date column holds days; else years, and a record counts on the first day of its year."""
    year_field: str | None = None
    """The column whose year has the last word over the day's own (冬送温暖 crosses the year end)."""
    undated: bool = False
    """Some records may lack the date: states count them, as they are there now."""
    done: str | None = None
    """When a version of a record says that it is done, as SQL; ``None`` where versions are not told apart."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One SQL aggregate over the rows of its source that satisfy ``where``.

    Attributes:
        source: Where it reads.
        sql: The whole aggregate in DuckDB's dialect, filter included.
        key: The source and the aggregate: leaves alike in it are one.
        kind: How rows are put together.
        argument: What is summed or told apart, ``None`` for a count of rows.
        where: Which rows count, before anything about blanks or estimates.
        complete: Expressions that must be known for a row to count (a ratio's two sides).
        numeric: Number columns the value is made from; an estimate in one puts the row outside.
        scale: Decimal places of a sum, 0 for whole numbers.
    """

    source: Source = field(compare=False)
    sql: str = field(compare=False)
    key: str
    kind: Literal["sum", "count", "distinct"] = field(compare=False)
    argument: exp.Expr | None = field(compare=False)
    where: exp.Expr | None = field(compare=False)
    complete: tuple[exp.Expr, ...] = field(compare=False)
    numeric: tuple[str, ...] = field(compare=False)
    scale: int = field(compare=False, default=0)


@dataclass(frozen=True, slots=True)
class Number:
    """A literal in a formula."""

    value: int


@dataclass(frozen=True, slots=True)
class Months:
    """``:months``: how many months of the period have begun."""


@dataclass(frozen=True, slots=True)
class Due:
    """``:due``: how often the rules of Party life ask for something (see ``due``)."""


@dataclass(frozen=True, slots=True)
class Op:
    """Arithmetic on two nodes."""

    sign: Literal["+", "-", "*", "/"]
    left: Node
    right: Node


Node = Leaf | Number | Months | Due | Op


@dataclass(frozen=True, slots=True)
class Metric:
    """One KPI, ready to be computed."""

    id: str
    name: str
    unit: str
    format: Format
    decimals: int
    direction: Direction
    definition: str
    counting_rule: str
    line: str
    ledger: str
    formula: str
    where: str | None
    snapshot: bool
    supporting: bool
    dimensions: tuple[str, ...]
    restricted: bool
    tree: Node = field(repr=False)
    leaves: tuple[Leaf, ...] = field(repr=False)
    warnings: tuple[tuple[str, exp.Expr], ...] = field(repr=False, compare=False)
    extra: tuple[tuple[str, exp.Expr], ...] = field(repr=False, compare=False)
    extra_labels: dict[str, str] = field(repr=False, compare=False)

    @property
    def is_ratio(self) -> bool:
        """Whether the figure is one sum over another."""
        return isinstance(self.tree, Op) and self.tree.sign == "/"

    @property
    def is_due(self) -> bool:
        """Whether what was held is held against what was due, branch by branch."""
        return isinstance(self.tree, Op) and isinstance(self.tree.right, Due)

    @property
    def is_distinct(self) -> bool:
        """Whether different values are counted, or each branch's share is cut off, so that parts cannot be added up."""
        return self.is_due or any(leaf.kind == "distinct" for leaf in self.leaves)

    @property
    def additive(self) -> bool:
        """Whether counties (and, unless a snapshot, months) add up to the whole."""
        return not (self.is_ratio or self.is_distinct)

    @property
    def accumulates(self) -> bool:
        """Whether the figure grows over a year towards an annual target, so that 序时进度 has a meaning."""
        return not (self.is_ratio or self.snapshot)


class _FaultError(ValueError):
    """A reason, and the place inside a metric or file it belongs to."""

    def __init__(self, where: tuple[str | int, ...], reason: str) -> None:
        super().__init__(reason)
        self.where = where


def _parse(text: str, where: tuple[str | int, ...]) -> exp.Expr:
    try:
        return sqlglot.parse_one(text, dialect="duckdb")
    except sqlglot.errors.SqlglotError as error:
        reason = str(error).splitlines()[0]
        raise _FaultError(where, f"表达式写错了（{text}）：{reason}") from error


def _and(*conditions: exp.Expr | None) -> exp.Expr | None:
    present = [condition.copy() for condition in conditions if condition is not None]
    return exp.and_(*present, copy=False) if present else None


class _FileReader:
    """Turns one file's declarations into metrics, except that formulas still name other metrics."""

    def __init__(self, file: MetricFile, known: dict[str, Ledger]) -> None:
        if file.ledger not in known:
            raise _FaultError(("ledger",), f"没有这个台账：{file.ledger}")
        self.file = file
        self.ledger = known[file.ledger]
        self.columns = {column.name: column for column in self.ledger.columns}
        for place, names in (("dimensions", file.dimensions), ("county_from", file.county_from)):
            for index, name in enumerate(names):
                if name not in self.columns and name != "reporting_unit":
                    raise _FaultError((place, index), f"{self.ledger.name}没有这一列：{name}")
        self.terms: dict[str, exp.Expr] = {}
        for name, text in file.terms.items():
            self.terms[name] = self._row_expression(text, ("terms", name))
        self.where = self._row_expression(file.where, ("where",)) if file.where else None
        self.done = self._row_expression(file.done, ("done",)).sql("duckdb") if file.done else None
        if self.done is not None and not self.ledger.history:
            raise _FaultError(("done",), f"{self.ledger.name}没有发布记录的各个版本（history: true）")

    def _row_expression(self, text: str, where: tuple[str | int, ...]) -> exp.Expr:
        return self._resolve(_parse(text, where), where)

    def _resolve(self, tree: exp.Expr, where: tuple[str | int, ...]) -> exp.Expr:
        """Put terms in for their names, quote columns, refuse what is unknown."""

        def replace(node: exp.Expr) -> exp.Expr:
            if isinstance(node, exp.Column):
                if node.name in self.terms:
                    return exp.paren(self.terms[node.name].copy(), copy=False)
                if node.name not in self.columns:
                    raise _FaultError(where, f"{self.ledger.name}没有这一列：{node.name}")
                return exp.column(exp.to_identifier(node.name, quoted=True))
            if isinstance(node, exp.Placeholder) and node.name not in PLACEHOLDERS:
                raise _FaultError(where, f"没有这个参数：:{node.name}")
            return node

        return tree.transform(replace)

    def metric_filter(self, declared: MetricDeclaration, at: tuple[str | int, ...]) -> exp.Expr | None:
        own = self._row_expression(declared.where, (*at, "where")) if declared.where else None
        return _as_of(_and(self.where, own), declared)

    def _source(self, declared: MetricDeclaration, at: tuple[str | int, ...]) -> Source:
        date_field = declared.date_field or self.ledger.date_field or self.ledger.year_field or ""
        column = self.columns.get(date_field)
        if column is None or column.type not in ("date", "year"):
            raise _FaultError((*at, "date_field"), f"统计日期不是{self.ledger.name}的日期列：{date_field}")
        dated = column.type == "date"
        year_field = self.ledger.year_field if dated and date_field == self.ledger.date_field else None
        undated = not column.required
        return Source(
            self.ledger.id, date_field, declared.snapshot, self.file.county_from, dated, year_field, undated, self.done
        )

    def leaf(self, tree: exp.Expr, declared: MetricDeclaration, at: tuple[str | int, ...]) -> Leaf:
        """Read one aggregate."""
        where = (*at, "value")
        own: exp.Expr | None = None
        call = tree
        if isinstance(tree, exp.Filter):
            own = self._resolve(tree.expression.this, where)
            call = tree.this
        source = self._source(declared, at)
        argument: exp.Expr | None
        kind: Literal["sum", "count", "distinct"]
        if isinstance(call, exp.Sum):
            kind, argument = "sum", self._resolve(call.this, where)
        elif isinstance(call, exp.Count) and isinstance(call.this, exp.Distinct):
            kind, argument = "distinct", self._resolve(call.this.expressions[0], where)
        elif isinstance(call, exp.Count) and isinstance(call.this, exp.Star):
            kind, argument = "count", None
        else:
            raise _FaultError(where, f"只能用 SUM(…)、COUNT(*)、COUNT(DISTINCT …)，不能用 {call.sql('duckdb')}")
        argument = _as_of(argument, declared)
        condition = _and(self.metric_filter(declared, at), _as_of(own, declared))
        names = {column.name for column in argument.find_all(exp.Column)} if argument is not None else set()
        numeric = tuple(sorted(name for name in names if self.columns[name].type in NUMERIC_TYPES))
        scale = max((_SCALES.get(self.columns[name].type, 0) for name in numeric), default=0)
        return _finish(source, kind, argument, condition, (), numeric, scale)


def _as_of(tree: exp.Expr | None, declared: MetricDeclaration) -> exp.Expr | None:
    """Let ``:as_of`` mean the day this metric takes its state from."""
    if tree is None or declared.as_of == "period_end":
        return tree

    def rename(node: exp.Expr) -> exp.Expr:
        return exp.Placeholder(this="latest") if isinstance(node, exp.Placeholder) and node.name == "as_of" else node

    return tree.transform(rename)


def _finish(
    source: Source,
    kind: Literal["sum", "count", "distinct"],
    argument: exp.Expr | None,
    where: exp.Expr | None,
    complete: tuple[exp.Expr, ...],
    numeric: tuple[str, ...],
    scale: int,
) -> Leaf:
    """Write the aggregate's SQL text, which is its identity."""
    inner = argument.sql("duckdb") if argument is not None else "*"
    call = {"sum": f"SUM({inner})", "count": "COUNT(*)", "distinct": f"COUNT(DISTINCT {inner})"}[kind]
    conditions = ([where.sql("duckdb")] if where is not None else []) + [
        f"{part.sql('duckdb')} IS NOT NULL" for part in complete
    ]
    sql = f"{call} FILTER (WHERE {' AND '.join(conditions)})" if conditions else call
    key = f"{source.ledger}.{source.date_field}{' state' if source.snapshot else ''}: {sql}"
    return Leaf(source, sql, key, kind, argument, where, complete, numeric, scale)


def _paired(node: Node) -> Node:
    """Let a row count in a ratio only where every summed side of it is filled in."""
    leaves = _leaves(node)
    groups: dict[tuple[Source, str], list[Leaf]] = {}
    for leaf in leaves:
        groups.setdefault((leaf.source, leaf.where.sql() if leaf.where is not None else ""), []).append(leaf)

    def rebuild(part: Node) -> Node:
        if isinstance(part, Op):
            return Op(part.sign, rebuild(part.left), rebuild(part.right))
        if not isinstance(part, Leaf):
            return part
        group = groups[(part.source, part.where.sql() if part.where is not None else "")]
        needed = {leaf.argument.sql(): leaf.argument for leaf in group if leaf.kind == "sum" and leaf.argument}
        numeric = tuple(sorted({name for leaf in group for name in leaf.numeric}))
        complete = tuple(needed[text] for text in sorted(needed))
        return _finish(part.source, part.kind, part.argument, part.where, complete, numeric, part.scale)

    return rebuild(node)


def _leaves(node: Node) -> tuple[Leaf, ...]:
    if isinstance(node, Leaf):
        return (node,)
    if isinstance(node, Op):
        return tuple(dict.fromkeys((*_leaves(node.left), *_leaves(node.right))))
    return ()


class _Builder:
    """Builds every metric of every file, following references by id."""

    def __init__(self, files: dict[Path, MetricFile], known: dict[str, Ledger]) -> None:
        self.readers: dict[Path, _FileReader] = {}
        self.declared: dict[str, tuple[Path, int, MetricDeclaration]] = {}
        for path, file in files.items():
            try:
                self.readers[path] = _FileReader(file, known)
            except _FaultError as fault:
                raise _located(path, fault) from fault
            for index, metric in enumerate(file.metrics):
                if metric.id in self.declared:
                    other = self.declared[metric.id][0].name
                    raise _located(
                        path, _FaultError(("metrics", index, "id"), f"指标编号重复：{metric.id}（{other} 已用）")
                    )
                self.declared[metric.id] = (path, index, metric)
        self.trees: dict[str, Node] = {}

    def tree(self, id_: str, asked_by: tuple[str, ...]) -> Node:
        if id_ not in self.trees:
            path, index, declared = self.declared[id_]
            at: tuple[str | int, ...] = ("metrics", index)
            try:
                self.trees[id_] = self._node(_parse(declared.value, (*at, "value")), id_, (*asked_by, id_))
            except _FaultError as fault:
                raise _located(path, fault) from fault
        return self.trees[id_]

    def _node(self, tree: exp.Expr, id_: str, chain: tuple[str, ...]) -> Node:
        path, index, declared = self.declared[id_]
        at: tuple[str | int, ...] = ("metrics", index)
        where = (*at, "value")
        if isinstance(tree, exp.Paren):
            return self._node(tree.this, id_, chain)
        signs: dict[type[exp.Expr], Literal["+", "-", "*", "/"]] = {
            exp.Add: "+",
            exp.Sub: "-",
            exp.Mul: "*",
            exp.Div: "/",
        }
        for kind, sign in signs.items():
            if isinstance(tree, kind) and isinstance(tree, exp.Binary):
                return Op(sign, self._node(tree.left, id_, chain), self._node(tree.right, id_, chain))
        if isinstance(tree, exp.Literal) and not tree.is_string and tree.name.isdigit():
            return Number(int(tree.name))
        if isinstance(tree, exp.Placeholder) and tree.name == "months":
            return Months()
        if isinstance(tree, exp.Placeholder) and tree.name == "due":
            return Due()
        if isinstance(tree, exp.Column):
            if tree.name not in self.declared:
                raise _FaultError(where, f"公式用到了没有声明的指标：{tree.name}（列要放在 SUM 等汇总里）")
            if tree.name in chain:
                raise _FaultError(where, f"公式绕成了圈：{' → '.join((*chain, tree.name))}")
            return self.tree(tree.name, chain)
        return self.readers[path].leaf(tree, declared, at)

    def metric(self, id_: str) -> Metric:
        path, index, declared = self.declared[id_]
        reader = self.readers[path]
        at: tuple[str | int, ...] = ("metrics", index)
        tree = self.tree(id_, ())
        if isinstance(tree, Op) and tree.sign == "/":
            tree = _paired(tree)
        leaves = _leaves(tree)
        if not leaves:
            raise _located(path, _FaultError((*at, "value"), "公式里没有任何汇总"))
        if len({leaf.source.snapshot for leaf in leaves}) > 1:
            raise _located(path, _FaultError((*at, "value"), "公式不能把某日的状态（snapshot）与统计期的累计混在一起"))
        try:
            filter_ = reader.metric_filter(declared, at)
            warnings = tuple(
                (warn.flag, _require(_and(filter_, _as_of(reader._row_expression(warn.when, at), declared))))
                for warn in declared.warn
            )
            extra = tuple(
                (name, _require(_as_of(reader._row_expression(more.value, (*at, "extra", name)), declared)))
                for name, more in declared.extra.items()
            )
        except _FaultError as fault:
            raise _located(path, fault) from fault
        decimals = declared.decimals if declared.decimals is not None else _DECIMALS[declared.format]
        return Metric(
            id=id_,
            name=declared.name,
            unit=declared.unit,
            format=declared.format,
            decimals=decimals,
            direction=declared.direction,
            definition=declared.definition,
            counting_rule=declared.counting,
            line=reader.file.line,
            ledger=reader.file.ledger,
            formula=declared.value,
            where=declared.where,
            snapshot=any(leaf.source.snapshot for leaf in leaves),
            supporting=declared.supporting,
            dimensions=reader.file.dimensions,
            restricted=reader.ledger.restricted,
            tree=tree,
            leaves=leaves,
            warnings=warnings,
            extra=extra,
            extra_labels={name: more.label for name, more in declared.extra.items()},
        )


def _require(tree: exp.Expr | None) -> exp.Expr:
    assert tree is not None  # noqa: S101 - a condition was given, so a condition is there
    return tree


def _located(path: Path, fault: _FaultError) -> DeclarationError:
    place = ".".join(map(str, fault.where))
    return DeclarationError(f"{path}:{line_of(path, fault.where)}: {place}: {fault}")


def read_catalogue(folder: Path, known: dict[str, Ledger]) -> dict[str, Metric]:
    """Read every metric declared in ``folder``, by id, files in name order and metrics as written.

    Raises:
        DeclarationError: A declaration is broken; the message gives file, line and reason.
    """
    paths = [path for path in sorted(folder.glob("*.yaml")) if path.name not in _NOT_METRICS]
    files = {path: read_declaration(MetricFile, path) for path in paths}
    builder = _Builder(files, known)
    return {id_: builder.metric(id_) for id_ in builder.declared}


def declarations_folder() -> Path:
    """Return the folder of the shipped metric declarations."""
    return Path(str(resources.files("analytics.metrics")))


@cache
def catalogue() -> dict[str, Metric]:
    """Return the shipped metrics by id (read once a process)."""
    return read_catalogue(declarations_folder(), ledgers())


def said_of(metric: Metric, dimension: str, value: str) -> str:
    """Return what people are shown for a value of one of a KPI's dimensions."""
    column = next((column for column in ledgers()[metric.ledger].columns if column.name == dimension), None)
    return value if column is None else column.said(value)
