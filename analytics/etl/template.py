"""The workbook a reporting unit fills in, made from a ledger's declaration.

Everything in it — columns, order, units, drop-downs, checks, notes — comes from the declaration, so that a
filled template is read back without a doubt. This module must not know how workbooks are read.
"""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from analytics.etl.placeholders import placeholder
from analytics.ledgers.model import Column, Geography, Ledger, geography

EXAMPLE_MARK = "示例"
"""What stands in the first cell of the example row; a row so marked is never data."""

TITLE_ROW, UNIT_ROW, HEADER_ROW, EXAMPLE_ROW = 1, 2, 3, 4
LAST_ROW = 2000
"""How far down the checks reach; rows below are read all the same."""
_AUTHOR = "填写说明"
_LONGEST_LIST = 255
"""Longest list of choices that spreadsheet programs accept inside a check."""

_TYPE_WORDS = {
    "text": "文字",
    "count": "不小于 0 的整数，只写数字",
    "decimal": "不小于 0 的数，只写数字",
    "money": "金额，单位元，只写数字",
    "percent": "百分数，写 0 到 100 的数（85 表示 85%）",
    "date": "日期，例如 2024-07-15；只知道月份可写 2024年7月",
    "year": "四位年份，例如 2024",
    "boolean": "是 或 否",
    "choice": "从下拉框选择",
    "county": "从下拉框选择县区",
}

_FORMATS = {"date": "yyyy-mm-dd", "money": "#,##0.00", "count": "#,##0"}
_THIN = Border(**{side: Side(style="thin", color="BFBFBF") for side in ("left", "right", "top", "bottom")})


def header(column: Column) -> str:
    """Return the header of ``column`` as it stands in the template: its label, and its unit in brackets."""
    unit = {"money": "元", "percent": "%"}.get(column.type, column.unit)
    return f"{column.label}（{unit}）" if unit else column.label


def _choices(column: Column, places: Geography) -> list[str]:
    if column.type == "choice":
        return list(column.offered)
    if column.type == "boolean":
        return ["是", "否"]
    if column.type == "county":
        return [places.whole_city.name] * column.allow_whole_city + [county.name for county in places.counties]
    return []


def _note(column: Column, ledger: Ledger) -> str:
    lines = [f"{'必填' if column.required else '选填'}；{_TYPE_WORDS[column.type]}"]
    if column.default_from == "reporting_unit":
        lines.append("不填时用上方的填报单位")
    elif column.default is not None:
        lines.append(f"不填时按 {column.default} 计")
    if column.part_of:
        lines.append(f"其中项：不大于“{ledger.column(column.part_of).label}”")
    if column.type in {"count", "decimal", "money", "percent"}:
        lines.append("没有数据请留空，不要写 0")
    return "\n".join(lines)


def _check(column: Column, places: Geography, today: dt.date) -> DataValidation | None:
    words = _choices(column, places)
    if words:
        listed = ",".join(words)
        if len(listed) > _LONGEST_LIST:
            return None
        check = DataValidation(type="list", formula1=f'"{listed}"', error=f"“{column.label}”请从下拉框中选择")
    elif column.type == "count":
        check = DataValidation(type="whole", operator="greaterThanOrEqual", formula1="0")
        check.error = f"“{column.label}”只能写不小于 0 的整数"
    elif column.type in {"decimal", "money"}:
        check = DataValidation(type="decimal", operator="greaterThanOrEqual", formula1="0")
        check.error = f"“{column.label}”只能写不小于 0 的数"
    elif column.type == "percent":
        check = DataValidation(type="decimal", operator="between", formula1="0", formula2="100")
        check.error = f"“{column.label}”只能写 0 到 100 的数"
    elif column.type == "year":
        check = DataValidation(type="whole", operator="between", formula1="2000", formula2=str(today.year + 1))
        check.error = f"“{column.label}”请写四位年份"
    elif column.type == "date":
        last = f"DATE({today.year + 1},12,31)"
        check = DataValidation(type="date", operator="between", formula1="DATE(2000,1,1)", formula2=last)
        check.error = f"“{column.label}”应是日期。只知道月份、旬的可以照写，点“是”保留"
        # A month or ten-day period is accepted on reading, so the spreadsheet warns and lets it stand.
        check.errorStyle = "warning"
    else:
        return None
    check.errorTitle = "请核对"
    check.allow_blank = True
    check.showErrorMessage = True
    return check


def _examples(ledger: Ledger, places: Geography, today: dt.date) -> dict[str, Any]:
    """Return a row that would be accepted: what must be filled in, and nothing that could contradict it."""
    found: dict[str, Any] = {}
    count = 2
    for column in ledger.columns:
        if not (column.required or column.sets):
            continue
        words = _choices(column, places)
        match column.type:
            case _ if words:
                found[column.name] = words[0]
            case "date":
                found[column.name] = dt.date(today.year, 1, 15)
            case "year":
                found[column.name] = today.year
            case "percent":
                found[column.name] = 95
            case "count" if column.part_of in found:
                found[column.name] = found[column.part_of]
            case "count" | "decimal" | "money":
                # Later columns count what earlier ones bring: employers, jobs, visits.
                count *= 10
                found[column.name] = count
            case _:
                found[column.name] = placeholder(column)
    # By its placeholder the row is known when its mark was deleted, so a ledger of figures and choices gets one too.
    texts = [column for column in ledger.columns if column.type == "text"]
    if texts and not any(column.name in found for column in texts):
        found[texts[-1].name] = placeholder(texts[-1])
    return found


def build(ledger: Ledger, *, today: dt.date) -> bytes:
    """Return the fill-in workbook of ``ledger`` as .xlsx bytes; ``today`` sets the example's year and the checks."""
    places = geography()
    book = Workbook()
    sheet = book.active
    sheet.title = ledger.name[:31]
    last = get_column_letter(len(ledger.columns) + 1)

    sheet.cell(TITLE_ROW, 1, ledger.name).font = Font(bold=True, size=16)
    sheet.merge_cells(f"A{TITLE_ROW}:{last}{TITLE_ROW}")
    sheet.cell(TITLE_ROW, 1).alignment = Alignment(horizontal="center")
    # A narrow ledger keeps its three lines within its own columns.
    step = 3 if len(ledger.columns) >= 6 else 2
    for place, word in enumerate(("填报单位：", "填报人：", "填报时间：")):
        sheet.cell(UNIT_ROW, 1 + place * step, word)

    required = PatternFill("solid", fgColor="FFE7C2")
    optional = PatternFill("solid", fgColor="E7EDF3")
    grey = Font(italic=True, color="808080")
    examples = _examples(ledger, places, today)
    sheet.cell(HEADER_ROW, 1, "序号").fill = optional
    sheet.cell(EXAMPLE_ROW, 1, EXAMPLE_MARK).font = grey
    sheet.cell(EXAMPLE_ROW, 1).comment = Comment("示例行只作说明，不会被导入，可以删去。请从下一行填起。", _AUTHOR)

    for index, column in enumerate(ledger.columns, start=2):
        letter = get_column_letter(index)
        head = sheet.cell(HEADER_ROW, index, header(column))
        head.fill = required if column.required else optional
        head.comment = Comment(_note(column, ledger), _AUTHOR, width=260, height=110)
        example = sheet.cell(EXAMPLE_ROW, index, examples.get(column.name))
        example.font = grey
        kind = _FORMATS.get(column.type, "@" if column.type == "text" else "General")
        example.number_format = kind
        sheet.column_dimensions[letter].number_format = kind
        sheet.column_dimensions[letter].width = max(12, min(32, 2 * len(header(column)) + 4))
        check = _check(column, places, today)
        if check:
            check.add(f"{letter}{EXAMPLE_ROW}:{letter}{LAST_ROW}")
            sheet.add_data_validation(check)
    for cell in sheet[HEADER_ROW]:
        cell.font = Font(bold=True)
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        cell.border = _THIN
    sheet.column_dimensions["A"].width = 8
    sheet.row_dimensions[HEADER_ROW].height = 32
    sheet.freeze_panes = sheet.cell(EXAMPLE_ROW, 3)
    sheet.print_title_rows = f"{HEADER_ROW}:{HEADER_ROW}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True

    target = io.BytesIO()
    book.save(target)
    return target.getvalue()
