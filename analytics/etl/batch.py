"""A table's data rows as typed columns, with what there is to say about each row.

What the reading of values, the rules, totals and duplicates pass between them. Must not know how any of them work.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pyarrow as pa

from analytics.etl.codes import Issue
from analytics.etl.grid import Sheet, a1
from analytics.etl.mapping import LedgerMapping
from analytics.etl.metadata import is_blank_cell
from analytics.etl.report import Finding
from analytics.etl.values import shown
from analytics.ledgers.model import Ledger


@dataclass(slots=True)
class Batch:
    """One table's data rows as typed columns, with what there is to say about each row.

    Positions count data rows from 0; ``rows`` gives their sheet rows (from 0).
    """

    ledger: Ledger
    sheet: Sheet
    mapping: LedgerMapping
    rows: list[int]
    arrays: dict[str, pa.Array] = field(default_factory=dict)
    column_of: dict[str, int] = field(default_factory=dict)
    """Field -> the sheet column (from 0) its cells stand in; absent for constants and defaults."""
    findings: list[Finding] = field(default_factory=list)
    bad: set[int] = field(default_factory=set)
    blank: set[int] = field(default_factory=set)
    approx: dict[int, dict[str, dict[str, Any]]] = field(default_factory=lambda: defaultdict(dict))
    precision: dict[int, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    cells: dict[int, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    extra: dict[int, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    codes: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    present: frozenset[str] = frozenset()
    """Fields the sheet has a column (or a constant) for."""
    raws: dict[str, Sequence[Any]] = field(default_factory=dict)
    ids: Callable[[], pa.Array] | None = None
    """Gives every row's record id, once they are being computed."""

    def raw(self, position: int, name: str) -> Any:
        """Return a field's raw cell value in a row, ``None`` for constants and defaults."""
        raws = self.raws.get(name)
        return None if raws is None else raws[position]

    def good(self) -> list[int]:
        """Return the positions of the rows that are to be loaded."""
        if not self.bad and not self.blank:
            return list(range(len(self.rows)))
        return [place for place in range(len(self.rows)) if place not in self.bad and place not in self.blank]

    def faults(self) -> dict[int, set[str | None]]:
        """Return the fields at fault in each row that is held back, ``None`` among them where the whole row is."""
        if not self.bad:
            return {}
        places = {self.rows[position] + 1: position for position in self.bad}
        found: dict[int, set[str | None]] = {position: set() for position in self.bad}
        for one in self.findings:
            if one.severity == "error" and one.row in places:
                found[places[one.row]].add(None if one.code.startswith("ROW-") else one.field)
        return found

    def say(self, position: int, said: Issue, name: str | None, raw: Any = None, column: int | None = None) -> None:
        """Record one finding about a row (and its cell, where the field has one)."""
        row = self.rows[position]
        where = column if column is not None else self.column_of.get(name or "")
        cell = a1(row, where) if where is not None else None
        if name is not None and position in self.cells and name in self.cells[position] and column is None:
            cell = self.cells[position][name]
        text = None if raw is None or is_blank_cell(raw) else shown(raw)
        self.findings.append(
            Finding(said.code, said.severity, said.message, said.hint, self.sheet.name, cell, row + 1, name, text)
        )
        if said.severity == "error":
            self.bad.add(position)
        elif said.code not in self.codes[position]:
            self.codes[position].append(said.code)


def plain_number(value: Any) -> Any:
    """Return a number as JSON holds it: an int if it is whole."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
