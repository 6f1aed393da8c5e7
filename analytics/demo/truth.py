"""What a generated workbook really says: every record, every row that must be held back, every finding due.

The generator fills these while it writes; tests and the accuracy study compare them with what was read.
This module must not know how a workbook is written or read.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field, fields, is_dataclass
from decimal import Decimal
from typing import Any

Plain = str | int | bool | Decimal | dt.date | None


@dataclass(frozen=True, slots=True)
class Approx:
    """An estimate: the value is null and the interval holds ``nominal``.

    ``low`` and ``high`` are given where the words fix them (500多 is 500 to 599), ``None`` where they are a matter
    of judgement (约2万).
    """

    raw: str
    nominal: int
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Masked:
    """A text that keeps ``keeps`` but must never show ``hides`` (an identity or telephone number)."""

    keeps: str
    hides: str


Expected = Plain | Approx | Masked


@dataclass(slots=True)
class RecordTruth:
    """One record that must be loaded: all declared columns, each with the value it must have."""

    file: str
    sheet: str
    row: int
    ledger: str
    fields: dict[str, Expected]
    precision: dict[str, str] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)
    """Field → the cell its value was written in (the top cell of a vertical merge)."""
    spelled: dict[str, str] = field(default_factory=dict)
    """Field → the habit its value was written with, where it was not written plainly."""
    extra: dict[str, str] = field(default_factory=dict)
    """Header → content of the columns that are not ours."""
    repeats: bool = False
    """The same key stands in another row too (a planted duplicate): one of the two is current."""
    alike: bool = False
    """Another row tells the same in other words."""


@dataclass(frozen=True, slots=True)
class QuarantineTruth:
    """One row that must be held back. ``family`` is the beginning of the finding code that says why."""

    file: str
    sheet: str
    row: int
    ledger: str
    cell: str | None
    family: str
    raw: str | None
    why: str


@dataclass(frozen=True, slots=True)
class FindingTruth:
    """One finding that must be made about a place while its row (if any) is loaded."""

    file: str
    sheet: str
    row: int | None
    cell: str | None
    family: str
    why: str


@dataclass(slots=True)
class SheetTruth:
    """One sheet: what it holds and how many rows below its header are what."""

    file: str
    sheet: str
    ledger: str | None
    reporting_unit: str | None
    """As written on a 填报单位 line; ``None`` where the sheet does not say."""
    reported_on: dt.date | None = None
    header_rows: list[int] = field(default_factory=list)
    last_row: int = 0
    """The last row that holds anything."""
    loaded: int = 0
    quarantined: int = 0
    subtotal: int = 0
    blank: int = 0
    repeated_header: int = 0
    note: int = 0
    either: int = 0
    """Of the loaded rows, those that repeat another and may be held back for it."""
    leftover: int = 0
    """Of the blank rows, those at the end that only hold what formulas left."""
    hidden: bool = False
    fields: list[str] = field(default_factory=list)
    """Ledger columns written, in order; ``None`` columns are left out."""
    unmapped: list[str] = field(default_factory=list)
    """Headers of columns that are not ours."""
    totals_hold: bool = True
    """Whether each total row must agree with the rows loaded (no row held back, nothing estimated)."""

    @property
    def read(self) -> int:
        """Rows below the header that must be accounted for."""
        return self.loaded + self.quarantined + self.subtotal + self.blank + self.repeated_header + self.note


@dataclass(slots=True)
class FileTruth:
    """One file and the habits its office followed in it."""

    file: str
    office: str
    year: int
    container: str
    habits: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Truth:
    """All that was written, over one file or many."""

    seed: int
    files: list[FileTruth] = field(default_factory=list)
    sheets: list[SheetTruth] = field(default_factory=list)
    records: list[RecordTruth] = field(default_factory=list)
    quarantined: list[QuarantineTruth] = field(default_factory=list)
    findings: list[FindingTruth] = field(default_factory=list)

    def extend(self, other: Truth) -> None:
        """Take in what another truth knows."""
        self.files += other.files
        self.sheets += other.sheets
        self.records += other.records
        self.quarantined += other.quarantined
        self.findings += other.findings

    def to_json(self) -> dict[str, Any]:
        """Return plain dictionaries: dates as ISO text, decimals as text, estimates and masks tagged."""
        plain = _plain(self)
        assert isinstance(plain, dict)  # noqa: S101 - tells the type checker what a dataclass turns into
        return plain

    def write(self, path: Any) -> None:
        """Write the truth as JSON to ``path`` (never beside workbooks that will be ingested)."""
        path.write_text(json.dumps(self.to_json(), ensure_ascii=False, indent=1), encoding="utf-8")


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        made = {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
        if isinstance(value, (Approx, Masked)):
            made["kind"] = type(value).__name__.lower()
        return made
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
