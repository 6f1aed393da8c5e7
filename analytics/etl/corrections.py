"""Cells a person put right in the preview, laid over a workbook's grids before anything is looked for in them.

A correction says what it expects to find, so it fails, and says so, once the office has put its own file right.
What is laid over is read by the very parsers that read the file. Must not know fields, ledgers or storage.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from analytics.etl.codes import issue
from analytics.etl.grid import Sheet, column_index
from analytics.etl.report import Correction, Finding
from analytics.etl.values import shown
from analytics.etl.values.privacy import mask
from analytics.etl.values.text import is_blank

CELL = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")


def place_of(cell: str) -> tuple[int, int] | None:
    """Return row and column (from 0) of a cell in A1 form, ``None`` where the text is none."""
    match = CELL.fullmatch(cell)
    return (int(match[2]) - 1, column_index(match[1])) if match else None


def told(raw: Any) -> str:
    """Return what a correction says of a cell as it was found: personal numbers masked, blank as nothing."""
    return "" if is_blank(raw) else mask(shown(raw))[0]


def lay_over(
    sheets: Sequence[Sheet], corrections: Iterable[Correction]
) -> tuple[dict[tuple[str, int, int], Correction], list[Finding]]:
    """Put corrected cells into the sheets' rows.

    Args:
        sheets: The workbook's sheets; their rows are changed.
        corrections: What a person put right.

    Returns:
        The corrections that were laid over, by sheet, row and column (from 0), and a finding for each that was not,
        because the cell no longer holds what it was made for.
    """
    by_name = {sheet.name: sheet for sheet in sheets}
    laid: dict[tuple[str, int, int], Correction] = {}
    findings: list[Finding] = []
    for one in corrections:
        sheet, place = by_name.get(one.sheet), place_of(one.cell)
        inside = sheet is not None and place is not None and place[0] < len(sheet.rows) and place[1] < sheet.width
        if sheet is None or place is None or not inside:
            findings.append(_stale(one, "表里没有这个单元格"))
            continue
        row, column = place
        found = told(sheet.rows[row][column])
        if found != one.old:
            findings.append(_stale(one, f"现在是“{found}”" if found else "现在是空的"))
            continue
        sheet.rows[row][column] = one.new
        sheet.texts = None
        laid[one.sheet, row, column] = one
    return laid, findings


def _stale(one: Correction, found: str) -> Finding:
    said = issue("FIX-STALE", cell=one.cell, old=one.old or "空", new=mask(one.new)[0] or "空", found=found)
    return Finding(said.code, said.severity, said.message, said.hint, one.sheet)
