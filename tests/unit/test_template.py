"""The fill-in workbook: made from the declaration, and read back without a doubt."""

from __future__ import annotations

import datetime as dt
import io
import re

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from analytics.etl import template
from analytics.etl.pipeline import read
from analytics.etl.report import IngestOptions
from analytics.ledgers.model import Ledger, ledgers

TODAY = dt.date(2024, 7, 31)
EVERY = pytest.mark.parametrize("ledger", ledgers().values(), ids=lambda ledger: ledger.id)


def sheet_of(ledger: Ledger) -> Worksheet:
    return load_workbook(io.BytesIO(template.build(ledger, today=TODAY))).active


def headers(sheet: Worksheet) -> dict[str, int]:
    return {cell.value: cell.column for cell in sheet[template.HEADER_ROW]}


@EVERY
def test_every_column_has_a_header_with_its_unit_and_a_note(ledger: Ledger) -> None:
    sheet = sheet_of(ledger)
    found = headers(sheet)
    assert list(found)[1:] == [template.header(column) for column in ledger.columns]
    for column in ledger.columns:
        note = sheet.cell(template.HEADER_ROW, found[template.header(column)]).comment.text
        assert note.startswith("必填" if column.required else "选填")


@EVERY
def test_every_choice_and_every_number_is_checked_while_typing(ledger: Ledger) -> None:
    sheet = sheet_of(ledger)
    found = headers(sheet)
    checks = {str(rule.sqref).split(":")[0]: rule for rule in sheet.data_validations.dataValidation}
    for column in ledger.columns:
        cell = sheet.cell(template.EXAMPLE_ROW, found[template.header(column)]).coordinate
        if column.type == "text":
            assert cell not in checks
        elif column.type == "choice":
            assert set(checks[cell].formula1.strip('"').split(",")) == set(column.offered)
        else:
            assert checks[cell].error, f"{column.name}: 没有校验"
            assert column.label in checks[cell].error


@EVERY
def test_an_empty_template_holds_no_record(ledger: Ledger) -> None:
    content = template.build(ledger, today=TODAY)
    outcome = read(content, IngestOptions(file_name="模板.xlsx", today=TODAY))
    assert all(sheet.counts.loaded == 0 and sheet.counts.quarantined == 0 for sheet in outcome.report.sheets)
    assert not any(table.num_rows for table in outcome.tables.values())
    assert not outcome.quarantine


@EVERY
def test_a_filled_template_maps_every_column_exactly_and_never_loads_the_example(ledger: Ledger) -> None:
    book = load_workbook(io.BytesIO(template.build(ledger, today=TODAY)))
    sheet = book.active
    for cell in sheet[template.EXAMPLE_ROW]:
        # The example's texts only name their columns; left as they are they would be held back.
        own = re.sub("^（(.+)）$", r"某\1", cell.value) if isinstance(cell.value, str) else cell.value
        filled = sheet.cell(template.EXAMPLE_ROW + 1, cell.column, own)
        filled.number_format = cell.number_format
    sheet.cell(template.EXAMPLE_ROW + 1, 1, 1)
    target = io.BytesIO()
    book.save(target)
    outcome = read(target.getvalue(), IngestOptions(file_name="填好的.xlsx", today=TODAY, unit="渭滨区"))
    (report,) = outcome.report.sheets
    assert report.ledger == ledger.id
    assert {item.field for item in report.mapping if item.how in {"exact", "synonym"}} == {
        column.name for column in ledger.columns
    }
    assert report.counts.read == 2
    assert report.counts.note == 1, "the example row is a note"
    assert report.counts.loaded == 1, "what the example shows would itself be accepted"


def test_the_example_row_says_that_it_is_one() -> None:
    sheet = sheet_of(ledgers()["job_fair"])
    assert sheet.cell(template.EXAMPLE_ROW, 1).value == template.EXAMPLE_MARK


@EVERY
@pytest.mark.parametrize("mark", [None, 1])
def test_an_example_row_that_lost_its_mark_is_held_back(ledger: Ledger, mark: int | None) -> None:
    sheet = sheet_of(ledger)
    sheet.cell(template.EXAMPLE_ROW, 1).value = mark
    out = io.BytesIO()
    sheet.parent.save(out)
    outcome = read(out.getvalue(), IngestOptions("没有示例字样.xlsx", TODAY, unit="渭滨区总工会"))
    assert not outcome.tables
    assert "VAL-PLACEHOLDER" in {one.code for one in outcome.report.findings}


@pytest.mark.parametrize("written", [{"A4": 1}, {"A4": None, "B4": "春风行动"}, {"A4": 2, "G4": "渭滨区总工会"}])
def test_an_example_row_filled_in_halfway_is_held_back(written: dict[str, object]) -> None:
    sheet = sheet_of(ledgers()["job_fair"])
    for cell, value in written.items():
        sheet[cell] = value
    out = io.BytesIO()
    sheet.parent.save(out)
    outcome = read(out.getvalue(), IngestOptions("填了一半.xlsx", TODAY, unit="渭滨区总工会"))
    assert not outcome.tables
    assert {"VAL-PLACEHOLDER"} == {one.code for one in outcome.report.findings if one.severity == "error"}
