"""The way back: the submitter's own workbook, with what is wrong marked in its cells.

Layout, formulas and formats stay as they were; wrong cells are coloured and carry a comment; a first sheet
校验结果 lists every finding with a link to its cell. Formats that cannot be written (.xls, .csv, .ods …) come
back as .xlsx with the same sheets and addresses. This module must not know where reports are stored.
"""

from __future__ import annotations

import datetime as dt
import io
import warnings
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from pathlib import PurePath
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.styles.fills import Fill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.xml.functions import fromstring, tostring

from analytics.etl.graft import graft
from analytics.etl.grid import ErrorCell, Limits, Sheet, UnreadableWorkbook
from analytics.etl.report import MARK_OPENING, RESULT_SHEET, RESULT_TITLE
from analytics.etl.sniff import kind_of
from analytics.etl.workbook import open_grids

_AUTHOR = "台账校验"
_COLOURS = {"error": "FFC7CE", "warning": "FFEB9C", "info": "DDEBF7"}
_WORDS = {"error": "错误", "warning": "提醒", "info": "说明"}
_ORDER = {"error": 0, "warning": 1, "info": 2}
_STATES = {
    "accepted": "全部通过",
    "accepted_with_warnings": "通过，有需要留意之处",
    "partially_accepted": "部分通过：有错误的行没有导入",
    "rejected": "没有导入",
    "duplicate": "与以前上报的文件完全相同，没有重复导入",
    "unreadable": "文件读不出来",
    "pending": "预览，还没有导入",
    "revoked": "已撤回",
}
_FILL_COLUMN = 11
"""The first of two hidden columns of the list that keep what fill each marked cell had."""
_LONGEST_FILL = 4_000
_LOOKED_AT = 200
"""Rows looked at to tell how wide a column must be."""
_MIDDLE = Alignment(horizontal="center", vertical="center", wrap_text=True)
_HEADERS = ("序号", "程度", "工作表", "单元格", "列", "原来的内容", "问题", "怎么改", "代码")
_WIDTHS = (6, 7, 16, 9, 20, 24, 52, 52, 42)

Report = Mapping[str, Any]
"""One entry of ``files`` in the command line's JSON, whoever kept it."""


def mark(content: bytes, file_name: str, report: Report, *, limits: Limits | None = None) -> bytes:
    """Return the workbook in ``content`` marked with the findings of ``report``, as .xlsx bytes.

    Args:
        content: The original file.
        file_name: Its name; only shown.
        report: What reading it said (``state``, ``sheets``, ``findings``).
        limits: Sizes beyond which a file is not opened.
    """
    findings = sorted(report["findings"], key=_place)
    book, own = _open(content, file_name, report, limits or Limits())
    _remove_old_marks(book)
    by_cell: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for finding in findings:
        address = _address(finding)
        if address and finding["sheet"] in book.sheetnames:
            by_cell[finding["sheet"], address].append(finding)
    fills: dict[tuple[str, str], tuple[str, str]] = {}
    for (sheet, address), said in by_cell.items():
        if isinstance(book[sheet], Worksheet):
            fills[sheet, address] = _mark_cell(book[sheet], address, said)
    _write_results(book, PurePath(file_name).name, report, findings, fills)
    target = io.BytesIO()
    book.save(target)
    saved = target.getvalue()
    if not own:
        return saved
    try:
        return graft(content, saved)
    except (ParseError, KeyError, UnreadableWorkbook):
        return saved  # parts that refer to each other wrongly: without pictures rather than without marks


def _place(finding: Mapping[str, Any]) -> tuple[Any, ...]:
    return (_ORDER[finding["severity"]], finding["sheet"] or "", finding["row"] or 0, finding["cell"] or "")


def _address(finding: Mapping[str, Any]) -> str | None:
    if finding["cell"]:
        return str(finding["cell"]).split(":")[0]
    return f"A{finding['row']}" if finding["row"] else None


def _open(content: bytes, file_name: str, report: Report, limits: Limits) -> tuple[Workbook, bool]:
    """Return the file as a workbook that can be written, and whether it is itself (.xlsx) or made of its values."""
    if report["state"] == "unreadable":
        return _empty(), False
    try:
        if kind_of(content) in {"xlsx", "xlsm"}:
            try:
                with warnings.catch_warnings():
                    # What it says it will drop (pictures, newer drop-downs) is put back afterwards.
                    warnings.simplefilter("ignore")
                    return load_workbook(io.BytesIO(content), rich_text=True), True
            except (ValueError, KeyError, TypeError, AttributeError, IndexError):
                # Some programs write styles or names this library refuses; the values can still be given back.
                return _from_grids(content, file_name, limits), False
        return _from_grids(content, file_name, limits), False
    except UnreadableWorkbook:
        return _empty(), False


def _empty() -> Workbook:
    book = Workbook()
    book.remove(book.active)
    return book


def _from_grids(content: bytes, file_name: str, limits: Limits) -> Workbook:
    book = _empty()
    for grid in open_grids(content, file_name, limits).sheets:
        sheet = book.create_sheet(_sheet_name(grid.name))
        sheet.sheet_state = {"visible": "visible", "hidden": "hidden", "very_hidden": "veryHidden"}[grid.visibility]
        for row, values in enumerate(grid.rows, start=1):
            for column, value in enumerate(values, start=1):
                if value not in ("", None):
                    _write(sheet.cell(row, column), value)
                    shown_as = grid.number_format(row - 1, column - 1)
                    if shown_as:
                        sheet.cell(row, column).number_format = shown_as
        _fit_columns(sheet, grid)
        for merge in grid.merged:
            sheet.cell(merge.first_row + 1, merge.first_column + 1).alignment = _MIDDLE
            sheet.merge_cells(
                start_row=merge.first_row + 1,
                end_row=merge.last_row + 1,
                start_column=merge.first_column + 1,
                end_column=merge.last_column + 1,
            )
        for row in grid.hidden_rows:
            sheet.row_dimensions[row + 1].hidden = True
        for column in grid.hidden_columns:
            sheet.column_dimensions[get_column_letter(column + 1)].hidden = True
    return book


def _fit_columns(sheet: Worksheet, grid: Sheet) -> None:
    """Make columns wide enough for most of what they hold; the values alone do not say how wide they were."""
    alone = {(merge.first_row, merge.first_column) for merge in grid.merged if merge.last_column > merge.first_column}
    rows = [
        (row, values)
        for row, values in enumerate(grid.rows[:_LOOKED_AT])
        if len(values) - values.count("") - values.count(None) > 2
    ]
    for column in range(grid.width):
        widths = sorted(
            _shown_width(values[column])
            for row, values in rows
            if values[column] not in ("", None) and (row, column) not in alone
        )
        if widths:
            fitting = widths[int(len(widths) * 0.9)] if len(widths) > 1 else widths[0]
            sheet.column_dimensions[get_column_letter(column + 1)].width = min(max(fitting + 2, 8), 40)


def _shown_width(value: Any) -> int:
    """Return how wide a value is shown, in Latin letters; a Chinese one counts twice."""
    if isinstance(value, dt.date):
        return 14
    return max(sum(2 if letter > "\x7f" else 1 for letter in line) for line in str(value).split("\n"))


def _sheet_name(name: str) -> str:
    """Return ``name`` without what .xlsx forbids in the name of a sheet."""
    return "".join("_" if character in r"[]:*?/\\" else character for character in name)[:31] or "Sheet"


def _write(cell: Cell, value: Any) -> None:
    """Put ``value`` into ``cell``; text stays text even where it begins like a formula."""
    if isinstance(value, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
        cell.data_type = "e" if isinstance(value, ErrorCell) and value in cell_errors() else "s"
    else:
        cell.value = value


def cell_errors() -> Iterable[str]:
    """Return the error values a spreadsheet can hold."""
    return ("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A")


def _remove_old_marks(book: Workbook) -> None:
    """Take away the marks of an earlier round, so that what has been put right looks as it did before."""
    before: dict[tuple[str, str], str] = {}
    if RESULT_SHEET in book.sheetnames:
        listed = book[RESULT_SHEET]
        if isinstance(listed, Worksheet) and listed["A1"].value == RESULT_TITLE:
            before = _kept_fills(listed)
            # A sheet of this name that is none of ours stays: ours is then called 校验结果1.
            del book[RESULT_SHEET]
    ours = {f"00{colour}" for colour in _COLOURS.values()}
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.comment is None or MARK_OPENING not in cell.comment.text:
                    continue
                own = cell.comment.text.partition(MARK_OPENING)[0].rstrip()
                cell.comment = Comment(own, cell.comment.author) if own else None
                if cell.fill.fgColor.rgb in ours:
                    cell.fill = _fill_from(before.get((sheet.title, cell.coordinate)))


def _kept_fills(listed: Worksheet) -> dict[tuple[str, str], str]:
    """Return the fills that cells had before they were marked, as the list of an earlier round keeps them."""
    found: dict[tuple[str, str], str] = {}
    for row in listed.iter_rows(min_col=_FILL_COLUMN, max_col=_FILL_COLUMN + 1, values_only=True):
        if row[0] and row[1]:
            sheet, _, address = str(row[0]).rpartition("!")
            found.setdefault((sheet, address), str(row[1]))
    return found


def _fill_from(kept: str | None) -> Fill:
    """Return a fill from what was kept of it; none where nothing was, or where somebody changed what was kept."""
    if kept is None or len(kept) > _LONGEST_FILL or "<!" in kept:
        return PatternFill()
    try:
        return Fill.from_tree(fromstring(kept))
    except (ValueError, TypeError, KeyError, SyntaxError):
        return PatternFill()


def _mark_cell(sheet: Worksheet, address: str, findings: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """Colour one cell and say in a comment what is wrong; return the cell and the fill it had, as XML."""
    cell = sheet[address]
    for merged in sheet.merged_cells.ranges:
        if address in merged:
            cell = sheet.cell(merged.min_row, merged.min_col)
    before = tostring(copy(cell.fill).to_tree(), encoding="unicode")
    cell.fill = PatternFill("solid", fgColor=_COLOURS[findings[0]["severity"]])
    said = [f"【{_WORDS[item['severity']]}】{item['message']}\n{item['hint']}" for item in findings]
    own = f"{cell.comment.text}\n\n" if cell.comment else ""
    author = cell.comment.author if cell.comment else _AUTHOR
    text = ILLEGAL_CHARACTERS_RE.sub("", own + MARK_OPENING + "\n" + "\n".join(said))
    cell.comment = Comment(text, author, width=320, height=min(400, 60 + 22 * (text.count("\n") + len(text) // 20)))
    return f"{sheet.title}!{cell.coordinate}", before


def _write_results(
    book: Workbook,
    file_name: str,
    report: Report,
    findings: Sequence[Mapping[str, Any]],
    fills: Mapping[tuple[str, str], tuple[str, str]],
) -> None:
    sheet = book.create_sheet(RESULT_SHEET, 0)
    book.active = 0
    for other in book.worksheets[1:]:
        other.sheet_view.tabSelected = False
    sheet["A1"] = RESULT_TITLE
    sheet["A1"].font = Font(bold=True, size=14)
    _write(sheet["A2"], f"文件：{file_name}　结果：{_STATES.get(report['state'], report['state'])}")
    row = 3
    order = {name: place for place, name in enumerate(book.sheetnames)}
    for part in sorted(report["sheets"], key=lambda part: order.get(part["sheet"], len(order))):
        if part["ledger"] is None:
            _write(sheet.cell(row, 1), f"工作表“{part['sheet']}”：没有认出台账，没有导入")
            row += 1
            continue
        counts = part["counts"]
        others = counts["subtotal"] + counts["blank"] + counts["repeated_header"] + counts["note"]
        taken = "可导入" if report["state"] == "pending" else "导入"
        _write(
            sheet.cell(row, 1),
            f"工作表“{part['sheet']}”：读入 {counts['read']} 行，{taken} {counts['loaded']} 行，"
            f"有错误未导入 {counts['quarantined']} 行，合计、空行、注释等 {others} 行",
        )
        row += 1
    row += 1
    for column, (name, width) in enumerate(zip(_HEADERS, _WIDTHS, strict=True), start=1):
        head = sheet.cell(row, column, name)
        head.font = Font(bold=True)
        head.fill = PatternFill("solid", fgColor="E7EDF3")
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = sheet.cell(row + 1, 1)
    headers = {(part["sheet"], item["field"]): item for part in report["sheets"] for item in part["mapping"]}
    for number, finding in enumerate(findings, start=1):
        mapped = headers.get((finding["sheet"], finding["field"]))
        values = (
            number,
            _WORDS[finding["severity"]],
            finding["sheet"] or "整个文件",
            finding["cell"] or (f"第{finding['row']}行" if finding["row"] else ""),
            mapped["header"] if mapped else "",
            finding["raw"] or "",
            finding["message"],
            finding["hint"],
            finding["code"],
        )
        row += 1
        for column, value in enumerate(values, start=1):
            cell = sheet.cell(row, column)
            _write(cell, value)
            cell.alignment = Alignment(vertical="top", wrap_text=True)
        lines = max(-(-_shown_width(value) // width) for value, width in zip(values, _WIDTHS, strict=True))
        sheet.row_dimensions[row].height = 15.0 * min(max(lines, 1), 12)
        sheet.cell(row, 2).fill = PatternFill("solid", fgColor=_COLOURS[finding["severity"]])
        address = _address(finding)
        if address and finding["sheet"] in book.sheetnames:
            link = sheet.cell(row, 4)
            quoted = finding["sheet"].replace("'", "''")
            link.hyperlink = Hyperlink(ref=link.coordinate, location=f"'{quoted}'!{address}")
            link.font = Font(underline="single", color="0563C1")
            if (finding["sheet"], address) in fills:
                for place, kept in enumerate(fills[finding["sheet"], address]):
                    _write(sheet.cell(row, _FILL_COLUMN + place), kept)
    for place in (0, 1):
        sheet.column_dimensions[get_column_letter(_FILL_COLUMN + place)].hidden = True
    if not findings:
        sheet.cell(row + 1, 1, "没有发现问题。")
