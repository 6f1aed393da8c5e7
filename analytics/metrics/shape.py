"""What a compiled query is made from and what comes of it: the shape of a question, and where its answer's columns are.

This module must not know how SQL is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlglot import exp

from analytics.metrics.model import Metric, Source
from analytics.metrics.periods import Step

Part = Literal["figures", "imprecise"]
"""What one SELECT of a window counts. Rows with imprecise dates that touch the window from outside have their own."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What one version of a ledger holds, so that a query need not provide for more.

    Attributes:
        estimated: Number columns in which some value is an estimate.
        blank: Columns in which some value is missing.
        spans: (date column, how far it is known) for dates not known to the day: dekad, month, quarter, half, year.
    """

    estimated: frozenset[str]
    blank: frozenset[str]
    spans: frozenset[tuple[str, str]]
    superseded: bool = False
    """Some record has an earlier version that is published."""


@dataclass(frozen=True, slots=True)
class Branch:
    """One window of a query.

    Attributes:
        name: Goes into the names of its parameters.
        detail: Also count estimates, blanks and doubts (this period only).
        whole_months: It begins and ends with a month, so that dates known to their month lie inside or outside.
    """

    name: str
    detail: bool = False
    whole_months: bool = False


@dataclass(frozen=True, slots=True)
class Copy:
    """A table to read in place of a ledger: a record's county is in ``PLACE``, some expressions are columns of it."""

    table: str
    known: tuple[tuple[exp.Expr, str], ...] = ()

    def put(self, tree: exp.Expr) -> exp.Expr:
        """Return ``tree`` with its columns in place of what they hold."""
        names = dict(self.known)

        def replace(node: exp.Expr) -> exp.Expr:
            name = names.get(node)
            return node if name is None else exp.column(exp.to_identifier(name, quoted=True))

        return tree.transform(replace)


@dataclass(frozen=True, slots=True)
class Shape:
    """All that a query's text depends on."""

    source: Source
    metrics: tuple[Metric, ...]
    branches: tuple[Branch, ...]
    facts: Facts
    dims: tuple[str, ...] = ()
    grain: Step | None = None
    by_county: bool = False
    by_unit: bool = False
    copy: Copy | None = None
    """What to read in place of the ledger (see ``rollup``)."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A query ready to run, and which of its columns holds what.

    Attributes:
        sql: DuckDB text with ``$name`` parameters.
        parameters: The names it uses.
        scope: Column of how many records there are, whether they fall under a metric or not.
        values: Leaf key to column of its aggregate.
        matched: Leaf key to column of how many rows fall under it; left out where a sum tells.
        approx: Metric id to column of rows outside because a number is an estimate.
        missing: Metric id to column of rows outside because a number is blank.
        warned: (metric id, flag) to column of rows in doubt.
        imprecise: Metric id to column of rows outside because their date is not known well enough.
    """

    sql: str
    parameters: frozenset[str]
    scope: str
    values: dict[str, str]
    matched: dict[str, str]
    approx: dict[str, str]
    missing: dict[str, str]
    warned: dict[tuple[str, str], str]
    imprecise: dict[str, str]
