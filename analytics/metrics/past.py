"""Tells records as they stood on a past day, from the versions of them that are published.

Either for one day, put in when the query is run, or for all days at once: each version with the days it counts on.
This module must not know any KPI, nor what is asked of the records.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlglot
from sqlglot import exp

from analytics.metrics.model import Source
from analytics.metrics.shape import Facts

FROM, UNTIL = "from_", "to_"
"""Columns of the day from which a row counts, and of the first day on which it does not any more."""


def stands(source: Source, facts: Facts) -> bool:
    """Return whether a past day of this source must be told from the versions of its records."""
    return source.done is not None and facts.superseded


def stood(source: Source, columns: Iterable[str]) -> exp.Query:
    """Return the records as they stood at the day ``:stood``, for sources of which ``stands`` is true.

    Of a record with several versions one counts: the last that stood by then, if it says done. Else the first later
    one that says it was done by then (it was only reported later). Else the last that stood by then, or, of a record
    first reported later, its first.
    """
    names = ", ".join(f'"{name}"' for name in sorted({*columns, "record_id"}))
    versions = f"{source.ledger}_versions"
    text = f"""
        SELECT {names} FROM {source.ledger} WHERE "record_id" NOT IN (SELECT "record_id" FROM {versions})
        UNION ALL {_chosen(source, names, f"({_told(source)}) AS told_", '"record_id"')}"""  # noqa: S608 - declared
    return _query(text)


def lasted(source: Source, columns: Iterable[str], days: Iterable[exp.Expr]) -> exp.Query:
    """Return which version of a record counts (as in ``stood``) from which day on (``FROM``) until which (``UNTIL``).

    Of records with several versions only. A day is blank where there is no bound.

    Args:
        source: The source.
        columns: What is wanted of the records.
        days: The days, as expressions over a version, on which it may begin or cease to say that the item is done.
    """
    names = ", ".join(f'"{name}"' for name in (*sorted({*columns}), FROM, UNTIL))
    listed = ", ".join(['"stood_on"', *sorted(day.sql("duckdb") for day in days)])
    text = f"""
        WITH told_ AS ({_told(source)}),
        days_ AS (SELECT DISTINCT "record_id", UNNEST([{listed}]) AS "{FROM}" FROM told_),
        moments_ AS (
            SELECT "record_id", "{FROM}", "{FROM}" AS "at_" FROM days_ WHERE "{FROM}" IS NOT NULL
            UNION ALL SELECT "record_id", NULL, MIN("{FROM}") - 1 FROM days_ GROUP BY "record_id"),
        spans_ AS (SELECT *, LEAD("at_") OVER (PARTITION BY "record_id" ORDER BY "at_") AS "{UNTIL}" FROM moments_)
        {_chosen(source, names, "told_ JOIN spans_ USING (record_id)", '"record_id", "at_"')}"""  # noqa: S608 - declared

    def at(node: exp.Expr) -> exp.Expr:
        asked = isinstance(node, exp.Placeholder) and node.name == "stood"
        return exp.column(exp.to_identifier("at_", quoted=True)) if asked else node

    found = _query(text).transform(at, copy=False)
    assert isinstance(found, exp.Query)  # noqa: S101 - only its placeholders were put in
    return found


def done_on(source: Source, day: str) -> exp.Expr:
    """Return the condition that a version says on the day ``:day`` that the item is done."""

    def at(node: exp.Expr) -> exp.Expr:
        return exp.Placeholder(this=day) if isinstance(node, exp.Placeholder) else node

    return sqlglot.parse_one(source.done or "FALSE", dialect="duckdb").transform(at, copy=False)


def lasting(day: str) -> exp.Expr:
    """Return the condition that a row of ``lasted`` counts on the day ``:day``."""
    text = f'("{FROM}" IS NULL OR "{FROM}" <= :{day}) AND ("{UNTIL}" IS NULL OR :{day} < "{UNTIL}")'
    return sqlglot.parse_one(text, dialect="duckdb")


def _told(source: Source) -> str:
    """Return the versions of the records that are there, each with the day until which it stood."""
    return f"""SELECT *, LEAD("stood_on") OVER (PARTITION BY "record_id" ORDER BY "version_no") AS "until_"
        FROM {source.ledger}_versions WHERE "record_id" IN (SELECT "record_id" FROM {source.ledger})"""  # noqa: S608


def _chosen(source: Source, names: str, told: str, alike: str) -> str:
    """Return the one of the versions ``alike`` that counts at the day ``:stood``."""
    return f"""
        SELECT {names} FROM (
            SELECT *, ROW_NUMBER() OVER (PARTITION BY {alike} ORDER BY "rank_", "version_no") AS "place_no_" FROM (
                SELECT *, CASE
                    WHEN "stood_on" <= :stood AND "done_" THEN 0
                    WHEN "stood_on" > :stood AND "done_" THEN 1
                    WHEN "stood_on" <= :stood THEN 2
                    ELSE 3 END AS "rank_"
                FROM (SELECT *, COALESCE({source.done}, FALSE) AS "done_" FROM {told}) AS "judged_"
                WHERE "stood_on" > :stood OR "until_" IS NULL OR "until_" > :stood
            ) AS "ranked_"
        ) AS "chosen_" WHERE "place_no_" = 1"""  # noqa: S608 - names and conditions are declared


def _query(text: str) -> exp.Query:
    found = sqlglot.parse_one(text, dialect="duckdb")
    assert isinstance(found, exp.Query)  # noqa: S101 - the text is a SELECT
    return found
