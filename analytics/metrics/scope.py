"""Who may see what, put where the SQL is run: a scoped question is asked of views that hold nothing else.

A scope limits counties and ledgers. Every query of a scoped question runs on a connection whose names are views over
the version's own, limited to the scope; the compiled text stays the same, and a query that forgot the scope could not
be written. This module must not know people or roles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sqlglot import exp

from analytics.ledgers.model import Ledger, ledgers

if TYPE_CHECKING:
    from analytics.warehouse.published import Version


@dataclass(frozen=True, slots=True)
class Scope:
    """What a question may see.

    Attributes:
        counties: Names of counties (``渭滨区``); ``None`` for all.
        ledgers: Ids of ledgers; ``None`` for all.
        discipline: Whether discipline ledgers may be asked (as city totals; see ``discipline``).
    """

    counties: frozenset[str] | None = None
    ledgers: frozenset[str] | None = None
    discipline: bool = False

    @property
    def whole(self) -> bool:
        """Whether nothing is left out but the discipline ledgers."""
        return self.counties is None and self.ledgers is None

    def sees_ledger(self, ledger: str) -> bool:
        """Return whether a ledger is within the scope; of discipline ledgers see ``Person.sees_ledger``."""
        return self.ledgers is None or ledger in self.ledgers

    def sees_county(self, county: str | None) -> bool:
        """Return whether a county, by name, is within the scope; ``None`` is the whole city."""
        return self.counties is None or county in self.counties


EVERYTHING = Scope(discipline=True)
"""What whoever has the data folder itself may see."""


def seen(version: Version, scope: Scope | None) -> Version:
    """Return ``version`` as ``scope`` lets it be seen; ``None`` stands for whoever has the data folder itself.

    Uploads, findings and quarantined rows are seen where the workbook came from an office of a county in scope and
    concerns a ledger in scope.
    """
    if scope is None or (scope.whole and scope.discipline):
        return version
    if scope_of(version) is not None:
        if scope_of(version) == scope:
            return version
        raise ValueError("a version that is limited already cannot be limited again")
    return version.limited(scope, partial(_known, version.ledgers, scope))


_made: dict[tuple[int, Scope], tuple[Mapping[str, Ledger], dict[str, str]]] = {}
"""Conditions by the ledgers (held here, so that the number stays theirs) and the scope they are for."""
_MOST = 256


def _known(declared: Mapping[str, Ledger], scope: Scope) -> dict[str, str]:
    """Return the conditions of a scope, which are the same for every version."""
    key = (id(declared), scope)
    found = _made.get(key)
    if found is None:
        if len(_made) >= _MOST:
            _made.clear()
        found = _made[key] = (declared, _conditions(declared, scope))
    return found[1]


def _conditions(declared: Mapping[str, Ledger], scope: Scope) -> dict[str, str]:
    """Return view -> the SELECT that is left of it."""
    open_ledgers = [ledger for ledger in declared.values() if _open(ledger, scope)]
    views = {ledger.id: _ledger(ledger, scope) for ledger in open_ledgers}
    names = [ledger.id for ledger in open_ledgers]
    for ledger in open_ledgers:
        if ledger.history:
            views[f"{ledger.id}_versions"] = _versions(ledger, scope)
    views["uploads"] = _uploads(names, scope)
    for name in ("findings", "quarantine", "all_findings", "all_quarantine"):
        views[name] = _of_uploads(name, names, scope)
    return {name: query.sql("duckdb") for name, query in views.items()}


def scope_of(version: Version | None) -> Scope | None:
    """Return what a version is limited to; ``None`` for a whole one."""
    found = getattr(version, "scope", None)
    return found if isinstance(found, Scope) else None


def refuse_rows(ledger: Ledger, scope: Scope | None) -> None:
    """Refuse the rows of a discipline ledger to everybody with a scope; whoever holds the data folder has them anyway.

    Raises:
        MetricError: The ledger's rows are not theirs to see.
    """
    if ledger.restricted and scope is not None:
        from analytics.metrics.question import MetricError

        raise MetricError(f"{ledger.name}是纪检台账，只报全市总数，不提供明细记录")


def _open(ledger: Ledger, scope: Scope) -> bool:
    if not scope.sees_ledger(ledger.id):
        return False
    # Discipline ledgers are told as city totals, so a person limited to counties cannot be told them at all.
    return not ledger.restricted or (scope.discipline and scope.counties is None)


def _whole(name: str) -> exp.Table:
    return exp.to_table(f"main.{name}")


def _ledger(ledger: Ledger, scope: Scope) -> exp.Query:
    """Return the rows of a ledger whose county, told as the figures tell it, is in scope."""
    from analytics.metrics import compile as sql
    from analytics.metrics.model import COUNTY, Source, catalogue

    if scope.counties is None:
        return exp.select("*").from_(_whole(ledger.id))
    known = [leaf.source for metric in catalogue().values() for leaf in metric.leaves]
    source = next((one for one in known if one.ledger == ledger.id), None)
    if source is None:
        placed = any(column.name == COUNTY for column in ledger.columns)
        source = Source(ledger.id, "", False, () if placed else (sql.REPORTING_UNIT,))
    star = exp.Column(this=exp.Star(), table=exp.to_identifier("rows_"))
    query = exp.select(star).from_(exp.alias_(_whole(ledger.id), "rows_", table=True))
    query = sql.with_offices(sql.offices(query, source), source)
    return query.where(_in(sql.county_of(source), scope.counties))


def _versions(ledger: Ledger, scope: Scope) -> exp.Query:
    """Return the versions of the records in scope."""
    own = exp.select("record_id").from_(_ledger(ledger, scope).subquery("own_"))
    return exp.select("*").from_(_whole(f"{ledger.id}_versions")).where(exp.column("record_id").isin(query=own))


def _in(expression: exp.Expr, words: frozenset[str] | list[str]) -> exp.Expr:
    return exp.In(this=expression, expressions=[exp.Literal.string(word) for word in sorted(words)])


def _office(scope: Scope, source_table: str) -> exp.Select:
    """Return a query over a table with a reporting unit, limited to offices of the counties in scope."""
    from analytics.metrics import compile as sql
    from analytics.metrics.model import Source

    star = exp.Column(this=exp.Star(), table=exp.to_identifier("rows_"))
    query = exp.select(star).from_(exp.alias_(_whole(source_table), "rows_", table=True))
    if scope.counties is None:
        return query
    source = Source(source_table, "", False, (sql.REPORTING_UNIT,))
    query = sql.with_offices(sql.offices(query, source), source)
    return query.where(_in(sql.county_of(source), scope.counties))


def _uploads(names: list[str], scope: Scope) -> exp.Query:
    """Return the uploads that concern a ledger in scope; one that concerns none (unreadable) where all are."""
    query = _office(scope, "uploads")
    if scope.ledgers is None and len(names) == len(ledgers()):
        return query
    listed = exp.func("string_split", exp.column("ledgers", table="rows_"), exp.Literal.string(","))
    wanted = exp.Array(expressions=[exp.Literal.string(name) for name in names])
    return query.where(exp.func("list_has_any", listed, wanted))


def _of_uploads(name: str, names: list[str], scope: Scope) -> exp.Query:
    query = _office(scope, name)
    if scope.ledgers is None and len(names) == len(ledgers()):
        return query
    return query.where(_in(exp.column("ledger", table="rows_"), names))
