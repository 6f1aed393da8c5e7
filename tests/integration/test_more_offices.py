"""Workbooks in the manners of many offices, each with its true reading beside it, read in process.

The offices stand in ``more_offices.txt``; nothing here knows how reading works. An office is written so:

* ``=== name``, ``file:``, and what the submitter said (``unit:``, ``period:``);
* ``--- sheet: name``, its ``merges:``, what is ``hidden``, and after ``rows:`` the cells of each row between ``|``.
  A number is a number cell, ``'7.10`` a text cell, ``d:`` a date cell, ``p:`` a percent cell, ``\\n`` a line break;
* ``--- truth``: ``@ledger sheet``, then the spreadsheet rows that must come out: ``5 jobs_n=300 fair_date?=2024-05-06``
  (``?``: loaded and said to be doubtful, ``~``: nothing), ``6 H:jobs_n`` for a row held back because of that field,
  ``?CODE`` for a finding of the sheet, ``ABSENT`` for a text that must not come out anywhere, ``REFUSED`` for a file
  of which nothing may be loaded. A row above 1000 is the second record read from row minus 1000.

No row may be loaded or held back that the truth does not name.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import re
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from analytics.etl.pipeline import read
from analytics.etl.report import IngestOptions, Outcome

TODAY = dt.date(2026, 11, 22)


@dataclass
class Page:
    """One sheet as it is written."""

    name: str
    rows: list[str] = field(default_factory=list)
    merges: list[str] = field(default_factory=list)
    hidden_columns: str = ""
    hidden_rows: list[int] = field(default_factory=list)
    hidden: bool = False
    prefilled_to: int = 0


@dataclass
class Office:
    """One submitted file, what was said along with it, and the truth."""

    name: str
    file: str = ""
    unit: str | None = None
    period: str | None = None
    pages: list[Page] = field(default_factory=list)
    truth: list[str] = field(default_factory=list)


def offices() -> list[Office]:
    """Read the offices of the text file."""
    found: list[Office] = []
    place = "office"
    for line in (Path(__file__).with_name("more_offices.txt")).read_text(encoding="utf-8").split("\n"):
        key, _, value = line.partition(": ")
        if line.startswith("=== "):
            found.append(Office(line[4:]))
            place = "office"
        elif line == "--- truth":
            place = "truth"
        elif key == "--- sheet":
            found[-1].pages.append(Page(value))
            place = "sheet"
        elif place == "office" and key in {"file", "unit", "period"}:
            setattr(found[-1], key, value)
        elif place == "truth" and line:
            found[-1].truth.append(line)
        elif place == "rows":
            found[-1].pages[-1].rows.append(line)
        elif line == "rows:":
            place = "rows"
        elif place == "sheet":
            page = found[-1].pages[-1]
            page.merges = value.split() if key == "merges" else page.merges
            page.hidden_columns = value if key == "hidden columns" else page.hidden_columns
            page.hidden_rows = [int(row) for row in value.split()] if key == "hidden rows" else page.hidden_rows
            page.hidden = page.hidden or key == "hidden"
            page.prefilled_to = int(value) if key == "prefilled to" else page.prefilled_to
    return found


def cell(text: str) -> Any:
    """Return what one written cell holds."""
    text = text.strip(" \n").replace("\\n", "\n")
    if text.startswith("'"):
        return text[1:]
    if text.startswith("d:"):
        return dt.datetime.fromisoformat(text[2:])
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    return float(text) if re.fullmatch(r"-?\d+\.\d+", text) else text or None


def workbook(office: Office) -> bytes:
    """Write an office's file."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for page in office.pages:
        sheet = book.create_sheet(page.name)
        for number, line in enumerate(page.rows, start=1):
            for column, text in enumerate(line.split("|"), start=1):
                if text.startswith("p:"):
                    sheet.cell(number, column, float(text[2:])).number_format = "0.0%"
                elif (value := cell(text)) is not None:
                    sheet.cell(number, column, value)
        for row in range(len(page.rows) + 1, page.prefilled_to + 1):
            sheet.cell(row, 1, row)
            sheet.cell(row, 8, 0)
            sheet.cell(row, 9, f'=IF(F{row}="","",G{row}/F{row})')
        for merge in page.merges:
            sheet.merge_cells(merge)
        for letter in page.hidden_columns:
            sheet.column_dimensions[letter].hidden = True
        for row in page.hidden_rows:
            sheet.row_dimensions[row].hidden = True
        sheet.sheet_state = "hidden" if page.hidden else "visible"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def records(outcome: Outcome) -> dict[tuple[str, str, int], dict[str, Any]]:
    """Return what was loaded by ledger, sheet and row, estimates as ``<field>_low`` and so on."""
    found: dict[tuple[str, str, int], dict[str, Any]] = {}
    for ledger, table in outcome.tables.items():
        for record in table.to_pylist():
            for name, said in json.loads(record["approx"] or "{}").items():
                record.update({f"{name}_{part}": said.get(part) for part in ("low", "high", "raw")})
            key = (ledger, record["sheet"], record["row"])
            while key in found:
                key = (ledger, record["sheet"], key[2] + 1000)
            found[key] = record
    return found


def spelled(value: Any) -> str:
    """Return a value as the truth writes it."""
    if value is None:
        return "~"
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return format(Decimal(str(value)).normalize(), "f")
    return str(value)


@pytest.mark.parametrize("office", offices(), ids=lambda office: office.name)
def test_every_cell_comes_out_right_or_is_said_to_be_doubtful(office: Office) -> None:
    options = IngestOptions(file_name=office.file, today=TODAY, unit=office.unit, period=office.period)
    outcome = read(workbook(office), options)
    findings = outcome.report.findings
    loaded = records(outcome)
    held = {(one.sheet, one.row) for one in outcome.quarantine}
    said = json.dumps(outcome.report.to_json(), ensure_ascii=False, default=str)
    everything = said + repr(outcome.quarantine) + repr(loaded)

    wanted: set[tuple[str, str, int]] = set()
    wanted_held: set[tuple[str, int]] = set()
    wrong: list[str] = []
    ledger = sheet = ""
    for line in office.truth:
        first, *rest = line.split()
        if line == "REFUSED":
            assert outcome.report.state == "rejected", said
        elif first == "ABSENT":
            assert line.removeprefix("ABSENT ") not in everything
        elif line.startswith("@"):
            ledger, _, sheet = line[1:].partition(" ")
        elif line.startswith("?"):
            code, at = first[1:], rest[0] if rest else None
            assert any(one.code.startswith(code) and at in (None, one.cell) for one in findings), said
        elif rest and rest[0].startswith("H"):
            row = int(first)
            wanted_held.add((sheet, row))
            because = rest[0].partition(":")[2]
            if because and not any(
                (one.sheet, one.row, one.field, one.severity) == (sheet, row, because, "error") for one in findings
            ):
                wrong.append(f"第 {row} 行没有因 {because} 扣留")
        else:
            row = int(first)
            wanted.add((ledger, sheet, row))
            record = loaded.get((ledger, sheet, row), {})
            for item in rest:
                name, equal, value = item.partition("=")
                plain = name.removesuffix("?")
                if equal and spelled(record.get(plain)) != value:
                    wrong.append(f"第 {row} 行 {plain}：{spelled(record.get(plain))}，应为 {value}")
                if plain != name and not any(
                    (one.sheet, one.row, one.field) == (sheet, row, plain) and one.severity != "error"
                    for one in findings
                ):
                    wrong.append(f"第 {row} 行 {plain} 没有提示")
    assert (set(loaded), held, wrong) == (wanted, wanted_held, []), said


def test_the_counts_of_every_office_reconcile() -> None:
    for office in offices():
        outcome = read(workbook(office), IngestOptions(file_name=office.file, today=TODAY, unit=office.unit))
        loaded = sum(table.num_rows for table in outcome.tables.values())
        assert loaded == sum(sheet.counts.loaded for sheet in outcome.report.sheets)
        assert len(outcome.quarantine) == sum(sheet.counts.quarantined for sheet in outcome.report.sheets)
