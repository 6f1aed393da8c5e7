"""Several tables in one sheet, and sheets beside the ledger that are none: what is drawn twice, joined or added.

Works on sheets already drawn, so that each table is what it would be alone. This module must not know habits'
spellings, nor file formats.
"""

from __future__ import annotations

import random
import re
from dataclasses import replace

from analytics.demo.grid import EMPTY, Cell, Content, Formula, Grid, Span, letter
from analytics.demo.habits import Habit
from analytics.demo.layouts import Laid
from analytics.demo.truth import FindingTruth, SheetTruth
from analytics.ledgers.model import geography

_PLACE = re.compile(r"([A-Z]+)(\d+)")
_GAP = 1
"""Empty rows or columns between two tables of one sheet."""


def _moved(cell: str, down: int, right: int) -> str:
    """Return an address moved by some rows and columns."""

    def move(match: re.Match[str]) -> str:
        column = 0
        for sign in match[1]:
            column = 26 * column + ord(sign) - 64
        return f"{letter(column - 1 + right)}{int(match[2]) + down}"

    return _PLACE.sub(move, cell)


def _moved_cell(cell: Cell, down: int, right: int) -> Cell:
    content: Content = cell.content
    if isinstance(content, Formula):
        return Cell(Formula(_moved(content.expression, down, right), content.stored), cell.style)
    return cell


def _move(laid: Laid, down: int, right: int) -> None:
    """Move what is known of a drawn table, not its grid, to where the table will stand."""
    laid.sheet.header_rows = [row + down for row in laid.sheet.header_rows]
    laid.sheet.last_row += down
    for record in laid.records:
        record.row += down
        record.cells = {name: _moved(cell, down, right) for name, cell in record.cells.items()}
    laid.quarantined = [
        replace(held, row=held.row + down, cell=held.cell and _moved(held.cell, down, right))
        for held in laid.quarantined
    ]
    laid.findings = [
        replace(due, row=due.row and due.row + down, cell=due.cell and _moved(due.cell, down, right))
        for due in laid.findings
    ]


def join(first: Laid, second: Laid, how: Habit) -> None:
    """Draw ``second`` into the sheet of ``first``: below it, or beside it.

    Raises:
        ValueError: ``how`` is not a way of joining tables.
    """
    grid = first.grid
    if how in (Habit.STACKED_TABLES, Habit.SAME_LEDGER_BELOW):
        down, right = len(grid.rows) + _GAP, 0
        grid.rows += [[] for _ in range(_GAP)]
        grid.rows += [[_moved_cell(cell, down, right) for cell in row] for row in second.grid.rows]
    elif how is Habit.SIDE_BY_SIDE:
        down, right = 0, max(len(row) for row in grid.rows) + _GAP
        grid.rows += [[] for _ in range(len(second.grid.rows) - len(grid.rows))]
        for row, cells in enumerate(second.grid.rows):
            padding = [EMPTY] * (right - len(grid.rows[row]))
            grid.rows[row] = [*grid.rows[row], *padding, *(_moved_cell(cell, down, right) for cell in cells)]
    else:
        raise ValueError(how)
    grid.merged += [
        Span(span.top + down, span.left + right, span.bottom + down, span.right + right) for span in second.grid.merged
    ]
    grid.hidden_rows |= {row + down for row in second.grid.hidden_rows}
    grid.hidden_columns |= {column + right for column in second.grid.hidden_columns}
    _move(second, down, right)


def copied(laid: Laid, name: str) -> Laid:
    """Return a sheet that says all the records of ``laid`` once more: each counts once, and that is said."""
    grid = Grid(
        name, [list(row) for row in laid.grid.rows], list(laid.grid.merged), set(laid.grid.hidden_rows),
        set(laid.grid.hidden_columns),
    )  # fmt: skip
    truth = replace(laid.sheet, sheet=name, either=laid.sheet.loaded, totals_hold=False)
    laid.sheet.either = laid.sheet.loaded
    laid.sheet.totals_hold = False
    again = Laid(grid, truth)
    for record in laid.records:
        record.repeats = True
        again.records.append(replace(record, sheet=name, fields=dict(record.fields)))
        again.findings.append(
            FindingTruth(record.file, name, record.row, None, "DUP-SAME", Habit.SUMMARY_SHEET.description)
        )
    again.quarantined = [replace(held, sheet=name) for held in laid.quarantined]
    # What is said of a row that does not count because another says the same may well be left unsaid.
    rows = {record.row for record in laid.records}
    again.findings += [
        replace(due, sheet=name) for due in laid.findings if due.row not in rows or due.family.startswith("PRIV-")
    ]
    laid.findings = [due for due in laid.findings if due.row not in rows or not due.family.startswith("DUP-")]
    return again


def matrix(file_name: str, rng: random.Random) -> tuple[Grid, SheetTruth, FindingTruth]:
    """Return a sheet that crosses counties with months, which holds no record at all."""
    months = [f"{month}月" for month in range(1, 13)]
    head: list[Content] = ["县区", *months, "合计"]
    rows = [[Cell("各县区按月汇总表（演示数据）")], [Cell(word) for word in head]]
    for county in geography().counties:
        values = [rng.randint(0, 40) for _ in months]
        rows.append([Cell(county.name), *map(Cell, values), Cell(sum(values))])
    grid = Grid("按月汇总", rows)
    truth = SheetTruth(file_name, grid.name, None, None, last_row=len(rows))
    return grid, truth, FindingTruth(file_name, grid.name, None, None, "SHEET-", Habit.MATRIX_SHEET.description)
