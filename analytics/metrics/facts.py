"""Finds out what a version of a ledger holds (estimates, blanks, imprecise dates), once a version.

A published version never changes, so its facts are kept with it; a bare connection is asked each time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache

from sqlglot import exp

from analytics.ledgers.model import Ledger, ledgers
from analytics.metrics.compile import APPROX, PRECISION, column
from analytics.metrics.engine import Engine
from analytics.metrics.model import catalogue
from analytics.metrics.shape import Facts


@cache
def _counting(ledger_id: str) -> tuple[str, tuple[str, ...]]:
    """Return the query of how many rows have each column filled in, and the columns in its order."""
    names = _measured(ledgers()[ledger_id])
    picked = [exp.alias_(exp.Count(this=exp.Star()), "rows_")]
    picked += [exp.alias_(exp.Count(this=column(name)), f"c{index}") for index, name in enumerate(names)]
    return exp.select(*picked).from_(exp.to_table(ledger_id), copy=False).sql("duckdb"), tuple(names)


def facts_of(engine: Engine, ledger: str) -> Facts:
    """Return the facts of a ledger."""
    found = engine.kept.facts.get(ledger)
    if found is None:
        found = engine.kept.facts[ledger] = _read(engine, ledgers()[ledger])
    return found


def _read(engine: Engine, ledger: Ledger) -> Facts:
    query, names = _counting(ledger.id)
    counts = engine.rows(query, {})[0]
    table = exp.to_table(ledger.id)
    blank = frozenset(name for index, name in enumerate(names) if counts[f"c{index}"] != counts["rows_"])
    estimated = frozenset(name for note in _notes(engine, table, APPROX) for name in note)
    spans = frozenset((name, str(span)) for note in _notes(engine, table, PRECISION) for name, span in note.items())
    versions = f"{ledger.id}_versions"
    superseded = ledger.history and versions in engine.ledgers() and bool(_any(engine, versions))
    return Facts(estimated, blank, spans, superseded)


def _any(engine: Engine, table: str) -> list[dict[str, object]]:
    return engine.rows(exp.select(exp.alias_(exp.Literal.number(1), "one_")).from_(table).limit(1).sql("duckdb"), {})


def _measured(ledger: Ledger) -> list[str]:
    """Return the columns that some metric sums or tells apart."""
    used: Iterable[exp.Expr] = (
        part
        for metric in catalogue().values()
        for leaf in metric.leaves
        if leaf.source.ledger == ledger.id
        for part in (*leaf.complete, *((leaf.argument,) if leaf.argument is not None else ()))
    )
    return sorted({found.name for part in used for found in part.find_all(exp.Column)})


def _notes(engine: Engine, table: exp.Table, name: str) -> list[dict[str, object]]:
    """Return the different notes of a column, each a JSON object by field."""
    note = column(name)
    # Of an estimate only its fields matter, not the many different intervals.
    shown = exp.func("JSON_KEYS", note.copy()) if name == APPROX else note
    filled = exp.not_(exp.Is(this=note.copy(), expression=exp.null()))
    query = exp.select(exp.alias_(shown.copy(), "note_")).distinct().from_(table).where(filled)
    found = [row["note_"] for row in engine.rows(query.sql("duckdb"), {})]
    return [dict.fromkeys(keys) if isinstance(keys, list) else json.loads(keys) for keys in found]
