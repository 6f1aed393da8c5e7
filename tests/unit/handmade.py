"""Workbooks written by hand for the tests: rows in, bytes or sheets out, and the reading of them."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Callable, Sequence
from typing import Any

import openpyxl

from analytics.etl.grid import Limits, Sheet
from analytics.etl.pipeline import read
from analytics.etl.report import Finding, IngestOptions, Outcome
from analytics.etl.workbook import open_grids

TODAY = dt.date(2025, 3, 1)

FAIR = ["招聘会名称", "举办日期", "县区", "举办地点", "主办单位", "举办方式", "参会企业数", "提供岗位数", "服务人次"]
"""Headers of a plain 招聘会台账."""


def fair(
    name: str, day: Any = "2024-05-06", county: str | None = "渭滨区", jobs: Any = 300, visits: Any = 200
) -> list[Any]:
    """One row under ``FAIR``."""
    return [name, day, county, "体育广场", "渭滨区总工会", "线下", 20, jobs, visits]


def book(
    *sheets: tuple[str, Sequence[Sequence[Any]]] | tuple[str, Sequence[Sequence[Any]], Sequence[str]],
    adjust: Callable[[Any], None] | None = None,
) -> bytes:
    """Write (name, rows[, merges]) sheets to .xlsx bytes."""
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, rows, *rest in sheets:
        sheet = workbook.create_sheet(name)
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row, start=1):
                if value is not None:
                    sheet.cell(number, column, value)
        for merge in rest[0] if rest else ():
            sheet.merge_cells(merge)
    if adjust:
        adjust(workbook)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def sheet_of(rows: Sequence[Sequence[Any]], merges: Sequence[str] = (), name: str = "Sheet1") -> Sheet:
    """Return one sheet as the reader gives it."""
    return open_grids(book((name, rows, merges)), "手工.xlsx", Limits()).sheets[0]


def ingest(content: bytes, file_name: str = "手工.xlsx", **options: Any) -> Outcome:
    """Read a workbook as uploaded on a fixed day; the counts of every table must reconcile."""
    outcome = read(content, IngestOptions(file_name, TODAY, **options))
    for sheet in outcome.report.sheets:
        sheet.counts.reconcile()
    assert not [one for one in outcome.report.findings if one.code == "FILE-INTERNAL"]
    return outcome


def records(outcome: Outcome, ledger: str | None = None) -> dict[tuple[str, int], dict[str, Any]]:
    """Return the loaded records by sheet and row; notes decoded."""
    found = {}
    for name, table in outcome.tables.items():
        if ledger is None or name == ledger:
            for row in table.to_pylist():
                for note in ("approx", "precision", "extra", "cells", "findings"):
                    row[note] = json.loads(row[note]) if row[note] else None
                found[row["sheet"], row["row"]] = row
    return found


def rows_loaded(outcome: Outcome) -> list[int]:
    """Return the spreadsheet rows that were loaded."""
    return sorted(row for _, row in records(outcome))


def rows_held(outcome: Outcome) -> list[int]:
    """Return the spreadsheet rows that were held back."""
    return sorted(row.row for row in outcome.quarantine)


def said(outcome: Outcome, code: str) -> list[Finding]:
    """Return the findings of a code."""
    return [one for one in outcome.report.findings if one.code == code]


def codes(outcome: Outcome) -> set[str]:
    """Return every code that was reported."""
    return {one.code for one in outcome.report.findings}
