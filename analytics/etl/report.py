"""What one file's reading says: findings, sheet and file reports, options in, outcome out.

These are the words the ETL steps speak to each other and to the world (the JSON contract of the
command line). Nothing here reads, parses or stores.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from analytics.severity import Severity

if TYPE_CHECKING:
    import pyarrow as pa

How = Literal["exact", "synonym", "profile", "suggested", "set"]
State = Literal["accepted", "accepted_with_warnings", "partially_accepted", "rejected", "duplicate", "unreadable"]

RESULT_SHEET = "校验结果"
"""Name of the sheet that a marked copy begins with; reading passes over it, so the copy can be sent in again."""
RESULT_TITLE = "台账校验结果（由系统生成，再次上报时可以保留）"
MARK_OPENING = "〔台账校验〕"
"""With this the comments of a marked copy begin; what a person wrote stands before it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing said about a place in a workbook.

    ``cell`` in A1 form, ``row`` from 1; both ``None`` for a finding about a whole sheet, ``sheet`` too for one about
    the whole file.
    """

    code: str
    severity: Severity
    message: str
    hint: str
    sheet: str | None = None
    cell: str | None = None
    row: int | None = None
    field: str | None = None
    raw: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the plain dictionary of the JSON contract; ``asdict`` would take minutes over a file's worth."""
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "hint": self.hint,
            "sheet": self.sheet,
            "cell": self.cell,
            "row": self.row,
            "field": self.field,
            "raw": self.raw,
        }


@dataclass(frozen=True, slots=True)
class MappedColumn:
    """One spreadsheet column and the ledger field it fills. ``column`` is its letter, "" for a constant."""

    column: str
    header: str
    field: str
    how: How


@dataclass(frozen=True, slots=True)
class UnmappedColumn:
    """A spreadsheet column no field was found for; ``suggestions`` are (field, score 0-100), for a person."""

    column: str
    header: str
    suggestions: tuple[tuple[str, int], ...] = ()


@dataclass(slots=True)
class Counts:
    """Rows by what became of them. ``read`` covers every row below the header to the last row with content."""

    read: int = 0
    loaded: int = 0
    quarantined: int = 0
    subtotal: int = 0
    blank: int = 0
    repeated_header: int = 0
    note: int = 0

    def reconcile(self) -> None:
        """Hold the counts to: read = loaded + quarantined + subtotal + blank + repeated_header + note.

        Raises:
            AssertionError: They do not add up; nothing of the sheet may be stored.
        """
        parts = self.loaded + self.quarantined + self.subtotal + self.blank + self.repeated_header + self.note
        if self.read != parts:
            raise AssertionError(f"行数不平：读入 {self.read}，归类 {parts}（{asdict(self)}）")


@dataclass(slots=True)
class Changes:
    """Against the warehouse, by record; filled by the warehouse, zero until then."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0


@dataclass(slots=True)
class SheetReport:
    """What was found in one table of a sheet. ``ledger`` is ``None`` where it is not one of ours."""

    sheet: str
    ledger: str | None
    header_rows: list[int] = field(default_factory=list)
    first_row: int | None = None
    last_row: int | None = None
    mapping: list[MappedColumn] = field(default_factory=list)
    unmapped: list[UnmappedColumn] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)
    changes: Changes = field(default_factory=Changes)
    fingerprint: str = ""
    """Hash of the normalised headers, under which a confirmed mapping is kept."""
    likely: str | None = None
    """The ledger that a table looks like which was not read; what it lacks stands in ``missing``."""
    missing: list[str] = field(default_factory=list)
    """Required fields for which neither a column nor a constant was found."""


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """A row that was not loaded, kept whole: raw cell texts by column letter."""

    sheet: str
    row: int
    ledger: str
    cells: dict[str, str]


@dataclass(slots=True)
class FileReport:
    """What became of one file (the ``files`` entry of the command line's JSON)."""

    file: str
    sha256: str
    state: State
    upload_id: str | None = None
    sheets: list[SheetReport] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def to_json(self, *, findings: bool = True) -> dict[str, Any]:
        """Return the plain dictionary of the JSON contract, with or without the findings."""
        data = {
            "file": self.file,
            "sha256": self.sha256,
            "upload_id": self.upload_id,
            "state": self.state,
            "sheets": [asdict(sheet) for sheet in self.sheets],
        }
        return data | {"findings": [finding.to_json() for finding in self.findings]} if findings else data


@dataclass(frozen=True, slots=True)
class Correction:
    """One cell a person put right in the preview.

    ``old`` is what the cell showed (personal numbers masked, "" for a blank one), ``at`` a moment in ISO form.
    """

    sheet: str
    cell: str
    old: str
    new: str
    by: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """What a person said along with a file. ``today`` comes from outside so that reading stays pure."""

    file_name: str
    today: dt.date
    ledger: str | None = None
    period: str | None = None
    unit: str | None = None
    constants: Mapping[str, str] = field(default_factory=dict)
    profiles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Confirmed mappings: header fingerprint -> {header path: field}."""
    accept_suggestions: bool = False
    mapping: Mapping[str, str] = field(default_factory=dict)
    """What a person says of these headers, now: header (or its path) -> field, "" for none."""
    corrections: tuple[Correction, ...] = ()
    """Cells a person put right in the preview, in place of what the file says there."""


@dataclass(slots=True)
class Outcome:
    """All that reading one file gives: the report, one Arrow table of records a ledger, the rows held back."""

    report: FileReport
    tables: dict[str, pa.Table] = field(default_factory=dict)
    quarantine: list[QuarantinedRow] = field(default_factory=list)
    reporting_unit: str | None = None
    period: str | None = None


def settle(findings: Sequence[Finding], *, loaded: int, held: int, refused: bool) -> State:
    """Return the state of a file that could be opened."""
    if not loaded:
        return "rejected"
    if held or refused:
        return "partially_accepted"
    if any(said.severity == "warning" for said in findings):
        return "accepted_with_warnings"
    return "accepted"


def row_list(rows: Sequence[int]) -> str:
    """Write row numbers (from 0) as a person names them: 3、5、8 等."""
    shown = "、".join(str(row + 1) for row in rows[:8])
    return f"{shown} 等" if len(rows) > 8 else shown
