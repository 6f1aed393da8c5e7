"""On which days a condition about a stated day may change, told from the condition itself.

A record is overdue from the day after its deadline to the day before it is done: as the stated day moves on, a
condition on it changes on a few days alone, which are dates of the record, some days earlier or later. Known those
days, a state of any day is the sum of its changes up to it (see ``rollup``). This module must not know any column.
"""

from __future__ import annotations

from sqlglot import exp

DAY = "as_of"
"""The placeholder of the stated day."""

_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)
_TURNED: dict[type[exp.Expr], type[exp.Expr]] = {exp.LT: exp.GT, exp.GT: exp.LT, exp.LTE: exp.GTE, exp.GTE: exp.LTE}


def changes(condition: exp.Expr) -> frozenset[exp.Expr] | None:
    """Return the days, as expressions over a record, on which ``condition`` may begin or cease to hold.

    ``None`` where it does more with the stated day than hold it, or its distance from a date in days, against
    something fixed.
    """
    found: set[exp.Expr] = set()
    return frozenset(found) if _gather(condition, found) else None


def at(condition: exp.Expr, day: exp.Expr) -> exp.Expr:
    """Return ``condition`` with ``day`` for the stated day."""

    def replace(node: exp.Expr) -> exp.Expr:
        return day.copy() if _is_day(node) else node

    return condition.transform(replace)


def _gather(node: exp.Expr, found: set[exp.Expr]) -> bool:
    """Put the days on which ``node`` may change into ``found``; return whether all could be told."""
    if not node.find(exp.Placeholder):
        return True
    if isinstance(node, exp.Between):
        low, high = node.args["low"], node.args["high"]
        return _compared(exp.GTE, node.this, low, found) and _compared(exp.LTE, node.this, high, found)
    if isinstance(node, _COMPARISONS):
        return _compared(type(node), node.left, node.right, found)
    # Whatever else is made of parts changes when one of them does; the day bare, outside a comparison, every day.
    return not isinstance(node, exp.Placeholder) and all(_gather(part, found) for part in node.iter_expressions())


def _compared(sign: type[exp.Expr], left: exp.Expr, right: exp.Expr, found: set[exp.Expr]) -> bool:
    left, right = left.unnest(), right.unnest()
    if right.find(exp.Placeholder):
        left, right, sign = right, left, _TURNED.get(sign, sign)
    if right.find(exp.Placeholder):
        return False
    if _is_day(left):
        _note(sign, right, 0, found)
        return True
    if not isinstance(left, exp.DateDiff) or str(left.args.get("unit")).upper() != "DAY":
        return False
    number = _whole(right)
    until, since = left.this.unnest(), left.expression.unnest()
    if (
        number is None
        or (_is_day(until) == _is_day(since))
        or (since if _is_day(until) else until).find(exp.Placeholder)
    ):
        return False
    if _is_day(until):
        _note(sign, since, number, found)
    else:
        # until − day ≥ n is day ≤ until − n.
        _note(_TURNED.get(sign, sign), until, -number, found)
    return True


def _note(sign: type[exp.Expr], date: exp.Expr, later: int, found: set[exp.Expr]) -> None:
    """Note when "the day stands so to ``date`` and some days" changes: on that day, or on the one after it."""
    if sign not in (exp.LTE, exp.GT):
        found.add(_moved(date, later))
    if sign not in (exp.GTE, exp.LT):
        found.add(_moved(date, later + 1))


def _moved(date: exp.Expr, days: int) -> exp.Expr:
    if not days:
        return date.copy()
    return exp.Add(this=exp.paren(date.copy(), copy=False), expression=exp.paren(exp.Literal.number(days), copy=False))


def _is_day(node: exp.Expr) -> bool:
    return isinstance(node, exp.Placeholder) and node.name == DAY


def _whole(node: exp.Expr) -> int | None:
    try:
        return int(node.sql("duckdb"))
    except ValueError:
        return None
