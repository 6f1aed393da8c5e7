"""Declared row rules over a whole table at once: which rows break which rule, in the ledger's own words.

All rules of a ledger are one DuckDB query over the Arrow table; a NULL check passes. Beside the declared
rules, every 其中 column (``part_of``) must not exceed its total. This module must not know workbooks,
where records are stored, or what any rule is about.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

import duckdb
import pyarrow as pa

from analytics.etl import engine
from analytics.etl.codes import Issue, issue, rule_code
from analytics.ledgers.model import Column, DeclarationError, Ledger, Rule
from analytics.ledgers.schema import arrow_type
from analytics.severity import Severity

TODAY = "today"
_FIELD = re.compile(r"\{(\w+)\}")
_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_QUERY = re.compile(r"\b(?:select|from|values|table)\b", re.IGNORECASE)
_TODAY = re.compile(rf"(?<!:):{TODAY}\b")
_ROW = "__row"


@dataclass(frozen=True, slots=True)
class RowIssue:
    """One broken rule in one row. ``row`` is the row's position in the table; ``fields[0]`` is the cell to mark."""

    row: int
    code: str
    severity: Severity
    fields: tuple[str, ...]
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A ledger's rules as one query: a boolean per rule, true where the row breaks it."""

    rules: tuple[Rule, ...]
    codes: tuple[str, ...]
    columns: tuple[str, ...]
    sql: str
    uses_today: bool


def all_rules(ledger: Ledger) -> tuple[tuple[str, Rule], ...]:
    """Return the declared rules and the implicit ones (其中项 ≤ 合计), each with its finding code."""
    found = [(rule_code(ledger.id, rule.id), rule) for rule in ledger.rules]
    for column in ledger.columns:
        if column.part_of is None:
            continue
        total = ledger.column(column.part_of)
        rule = Rule(
            id=f"part_{column.name}",
            severity="error",
            check=f"{column.name} <= {total.name}",
            fields=(column.name, total.name),
            message=f"{column.label}（{{{column.name}}}）大于{total.label}（{{{total.name}}}）",
            hint=f"“{column.label}”是“{total.label}”的其中项，请核对两个数",
        )
        found.append((rule_code(ledger.id, rule.id), rule))
    return tuple(found)


def validate_rules(ledger: Ledger) -> list[str]:
    """Return what is wrong with a ledger's rules: SQL that does not parse, columns that are not declared."""
    # Only who declares a rule, or one that failed, needs a parser of SQL; it takes as long to load as a file to read.
    import sqlglot
    from sqlglot import exp

    faults = []
    known = {column.name for column in ledger.columns}
    for _, rule in all_rules(ledger):
        for what, text in (("check", rule.check), ("when", rule.when)):
            if text is None:
                continue
            try:
                tree = sqlglot.parse_one(text, dialect="duckdb")
            except sqlglot.ParseError as error:
                faults.append(f"{ledger.id}：规则 {rule.id} 的 {what} 不是有效的 SQL：{str(error).splitlines()[0]}")
                continue
            unknown = {column.name for column in tree.find_all(exp.Column)} - known
            if unknown:
                faults.append(f"{ledger.id}：规则 {rule.id} 的 {what} 用到了没有声明的列：{'、'.join(sorted(unknown))}")
            strange = {str(node.this) for node in tree.find_all(exp.Placeholder, exp.Parameter)} - {TODAY}
            if strange:
                faults.append(f"{ledger.id}：规则 {rule.id} 的 {what} 用到了不认识的参数：{'、'.join(sorted(strange))}")
            if any(tree.find_all(exp.Select, exp.AggFunc)):
                faults.append(f"{ledger.id}：规则 {rule.id} 的 {what} 只能看本行，不能含子查询或聚合")
    return faults


def _refuse_faults(ledger: Ledger) -> None:
    """Say what is wrong with a ledger's rules, if anything is.

    Raises:
        DeclarationError: Something is.
    """
    faults = validate_rules(ledger)
    if faults:
        raise DeclarationError("\n".join(faults))


@lru_cache(64)
def _compile(key: _Key) -> _Compiled:
    ledger = key.ledger
    rules = all_rules(ledger)
    declared = {column.name for column in ledger.columns}
    columns: dict[str, None] = {}
    flags = []
    uses_today = False
    for number, (_, rule) in enumerate(rules):
        broken = f"NOT COALESCE(({rule.check}), TRUE)"
        if rule.when is not None:
            broken = f"COALESCE(({rule.when}), FALSE) AND {broken}"
        # Words inside texts may be among them: a column more does no harm.
        columns.update(dict.fromkeys(word for word in _NAME.findall(broken) if word in declared))
        if _QUERY.search(broken):
            _refuse_faults(ledger)
        bound, found = _TODAY.subn(f"CAST(${TODAY} AS DATE)", broken)
        uses_today |= found > 0
        flags.append(f"{bound} AS r{number}")
    for _, rule in rules:
        columns.update(dict.fromkeys((*rule.fields, *_FIELD.findall(rule.message))))
    any_broken = " OR ".join(f"r{number}" for number in range(len(rules))) or "FALSE"
    sql = (
        f"SELECT * FROM (SELECT {', '.join((_ROW, *flags))} FROM rows_to_check) "  # noqa: S608 - made of declarations
        f"WHERE {any_broken} ORDER BY {_ROW}"
    )
    return _Compiled(
        tuple(rule for _, rule in rules), tuple(code for code, _ in rules), tuple(columns), sql, uses_today
    )


class _Key:
    """A ledger as a cache key: by identity, because a model with dictionaries has no hash."""

    __slots__ = ("ledger",)

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def __hash__(self) -> int:
        return hash((self.ledger.id, len(self.ledger.columns), len(self.ledger.rules)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and (self.ledger is other.ledger or self.ledger == other.ledger)


def check_rows(
    ledger: Ledger, table: pa.Table, present: frozenset[str], today: dt.date
) -> tuple[list[RowIssue], list[Issue]]:
    """Hold every row to the ledger's rules.

    Args:
        ledger: The ledger.
        table: Typed values, at least of the columns the sheet has; missing ones count as NULL.
        present: The columns the sheet really has (a rule may need one to hold as declared).
        today: The day of ingest.

    Returns:
        The broken rules row by row, and one issue a rule for the sheet where a needed column is absent.
    """
    compiled = _compile(_Key(ledger))
    if not compiled.rules or table.num_rows == 0:
        return [], []
    view = _view(ledger, table, compiled.columns)
    try:
        result = engine.query(compiled.sql, {"rows_to_check": view}, {TODAY: today} if compiled.uses_today else None)
    except duckdb.Error as error:
        _refuse_faults(ledger)
        raise DeclarationError(str(error)) from error
    if result.num_rows == 0:
        return [], []
    rows = result.column(_ROW).to_pylist()
    texts = _Texts(ledger, table.take(pa.array(rows, pa.int64())))
    issues: list[RowIssue] = []
    about_sheet: list[Issue] = []
    for number, (rule, code) in enumerate(zip(compiled.rules, compiled.codes, strict=True)):
        flags = result.column(f"r{number}").to_pylist()
        absent = [name for name in rule.needs_column if name not in present]
        if absent:
            count = sum(map(bool, flags))
            if count:
                example = texts.fill(rule.message, next(place for place, broken in enumerate(flags) if broken))
                about_sheet.append(_not_applicable(ledger, absent, count, example))
            continue
        for position, broken in enumerate(flags):
            if broken:
                issues.append(
                    RowIssue(
                        rows[position], code, rule.severity, rule.fields, texts.fill(rule.message, position), rule.hint
                    )
                )
    issues.sort(key=lambda found: found.row)
    return issues, about_sheet


def _not_applicable(ledger: Ledger, absent: Iterable[str], count: int, example: str) -> Issue:
    labels = "、".join(ledger.column(name).label for name in absent)
    return issue("RULE-NEEDS-COLUMN", columns=labels, count=count, example=example)


def _view(ledger: Ledger, table: pa.Table, names: Iterable[str]) -> pa.Table:
    """Give the query exactly its columns under their declared types, and the row's position."""
    arrays: dict[str, Any] = {_ROW: pa.array(range(table.num_rows), pa.int64())}
    have = set(table.column_names)
    for name in names:
        kind = arrow_type(ledger.column(name))
        if name not in have:
            arrays[name] = pa.nulls(table.num_rows, kind)
        else:
            column = table.column(name)
            arrays[name] = column if column.type == kind else column.cast(kind)
    return pa.table(arrays)


class _Texts:
    """The values of failing rows, written for a sentence."""

    def __init__(self, ledger: Ledger, table: pa.Table) -> None:
        self._columns: dict[str, list[Any]] = {}
        self._table = table
        self._declared: dict[str, Column] = {column.name: column for column in ledger.columns}

    def fill(self, message: str, position: int) -> str:
        return _FIELD.sub(lambda match: self._value(match[1], position), message)

    def _value(self, name: str, position: int) -> str:
        if name not in self._columns:
            have = name in self._table.column_names
            self._columns[name] = self._table.column(name).to_pylist() if have else [None] * self._table.num_rows
        return write_value(self._columns[name][position])


def write_value(value: Any) -> str:
    """Write a typed value for a sentence: dates ISO, numbers plain, nothing as 空."""
    if value is None:
        return "空"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)
