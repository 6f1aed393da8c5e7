"""The way back through the command's own process: marked copies put right and sent in again, templates filled in."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import Font, PatternFill

from analytics.demo import Habit, generate
from analytics.demo.grid import address
from analytics.ledgers import ledgers
from analytics.ledgers.model import Column, Ledger, geography

COMMAND = Path(sys.executable).with_name("taizhang")
RED = "00FFC7CE"


def run(folder: Path, *arguments: str | Path, code: int = 0) -> str:
    done = subprocess.run(
        [str(COMMAND), "--data", str(folder / "data"), *map(str, arguments)],
        capture_output=True, text=True, timeout=120, cwd=folder, env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip
    assert done.returncode == code, f"{arguments}：{done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def ingest(folder: Path, *arguments: str | Path, code: int = 0) -> dict[str, Any]:
    (report,) = json.loads(run(folder, "ingest", *arguments, "--json", code=code))["files"]
    return dict(report)


def own_workbook(path: Path) -> None:
    """A submitter's workbook with everything in it that must survive: formats, formulas, merges, widths, checks."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "招聘会 7'月"
    sheet["A1"] = "渭滨区2024年招聘会台账"
    sheet.merge_cells("A1:I1")
    sheet["A2"] = "填报单位：渭滨区总工会"
    sheet.append(
        ["招聘会名称", "举办日期", "县区", "举办地点", "主办单位", "举办方式", "参会企业数", "提供岗位数", "服务人次"]
    )
    for name, day, jobs in (("春", 15, 460), ("夏", 16, "较多"), ("秋", 17, 480)):
        sheet.append([name, dt.date(2024, 7, day), None, "广场", "渭滨区总工会", "线下", 20, jobs, 900])
    sheet["C4"] = "渭滨区"
    sheet.merge_cells("C4:C6")
    sheet["G8"] = "=SUM(G4:G6)"
    sheet["H5"].fill = PatternFill("solid", fgColor="DDDDDD")
    sheet["H5"].font = Font(italic=True)
    sheet["B4"].number_format = 'yyyy"年"m"月"'
    sheet.column_dimensions["A"].width = 41
    sheet.row_dimensions[4].height = 44
    sheet.freeze_panes = "B4"
    other = book.create_sheet("附页")
    other["A1"] = "与台账无关的内容"
    book.save(path)


def test_a_marked_copy_keeps_the_submitters_workbook_and_can_be_put_right_in_place(tmp_path: Path) -> None:
    own_workbook(tmp_path / "原.xlsx")
    report = ingest(tmp_path, "原.xlsx", code=1)
    run(tmp_path, "annotate", report["upload_id"], "-o", "标注.xlsx")
    book = openpyxl.load_workbook(tmp_path / "标注.xlsx")
    assert book.sheetnames == ["校验结果", "招聘会 7'月", "附页"]
    sheet = book["招聘会 7'月"]
    assert {str(one) for one in sheet.merged_cells.ranges} == {"A1:I1", "C4:C6"}
    assert sheet["G8"].value == "=SUM(G4:G6)"
    assert (sheet.column_dimensions["A"].width, sheet.row_dimensions[4].height) == (41, 44)
    assert (sheet.freeze_panes, sheet["B4"].number_format) == ("B4", 'yyyy"年"m"月"')
    assert sheet["H5"].fill.fgColor.rgb == RED
    assert sheet["H5"].font.italic
    assert "较多" in sheet["H5"].comment.text
    links = [cell.hyperlink.location for row in book["校验结果"].iter_rows() for cell in row if cell.hyperlink]
    assert "'招聘会 7''月'!H5" in links

    sheet["H5"] = 470
    book.save(tmp_path / "改.xlsx")
    again = ingest(tmp_path, "改.xlsx")
    read = {one["sheet"]: one for one in again["sheets"]}
    assert read["招聘会 7'月"]["changes"] == {"new": 1, "changed": 0, "unchanged": 2, "removed": 0}
    assert "校验结果" not in read
    (told,) = [one for one in again["findings"] if one["sheet"] == "校验结果"]
    assert (told["code"], told["severity"]) == ("SHEET-RESULT-LIST", "info")

    run(tmp_path, "annotate", again["upload_id"], "-o", "再标注.xlsx")
    cell = openpyxl.load_workbook(tmp_path / "再标注.xlsx")["招聘会 7'月"]["H5"]
    assert (cell.value, cell.comment, cell.fill.fgColor.rgb) == (470, None, "00DDDDDD")


def test_a_sheet_of_ones_own_called_like_the_list_is_read(tmp_path: Path) -> None:
    own_workbook(tmp_path / "原.xlsx")
    book = openpyxl.load_workbook(tmp_path / "原.xlsx")
    book["招聘会 7'月"].title = "校验结果"
    book.save(tmp_path / "原.xlsx")
    report = ingest(tmp_path, "原.xlsx", code=1)
    assert [one["sheet"] for one in report["sheets"] if one["ledger"]] == ["校验结果"]


@pytest.mark.parametrize("kind", [Habit.FILE_XLS, Habit.FILE_ODS, Habit.FILE_CSV_GB18030, Habit.FILE_ET])
def test_other_kinds_of_file_come_back_as_xlsx_and_a_correction_loads_just_the_held_back_rows(
    tmp_path: Path, kind: Habit
) -> None:
    content, name, truth = generate(
        "job_fair", frozenset({kind, Habit.UNKNOWN_CHOICE, Habit.TITLE, Habit.SUBTOTALS}), 12, 3
    )
    (tmp_path / name).write_bytes(content)
    report = ingest(tmp_path, name, code=1)
    run(tmp_path, "annotate", report["upload_id"], "-o", "标注.xlsx")
    book = openpyxl.load_workbook(tmp_path / "标注.xlsx")
    sheet = book[truth.sheets[0].sheet[:31]]
    (held,) = truth.quarantined
    assert held.cell is not None
    assert sheet[held.cell].fill.fgColor.rgb == RED
    assert sheet[held.cell].comment is not None
    good = truth.records[0]
    assert str(sheet[good.cells["fair_name"]].value) == good.fields["fair_name"]
    sheet[held.cell] = "线下"
    book.save(tmp_path / "改.xlsx")
    again = ingest(tmp_path, "改.xlsx")
    changes = [one["changes"] for one in again["sheets"] if one["ledger"]]
    assert changes == [{"new": 1, "changed": 0, "unchanged": 12, "removed": 0}]


# Templates -------------------------------------------------------------------------------------------------------


def a_value(column: Column, number: int) -> Any:
    """What a careful person would fill in, different from row to row where rows must differ."""
    match column.type:
        case "choice":
            return next(iter(column.choices))
        case "county":
            return geography().counties[1].name
        case "date":
            return dt.date(2025, 3, number)
        case "year":
            return 2025
        case "boolean":
            return "否"
        case "text":
            return f"第{number}项{column.label}"
        case _:
            return None


@pytest.mark.parametrize("ledger", ledgers().values(), ids=lambda one: one.id)
def test_a_template_filled_in_by_hand_is_accepted_whole(tmp_path: Path, ledger: Ledger) -> None:
    run(tmp_path, "template", ledger.id, "-o", "模板.xlsx")
    book = openpyxl.load_workbook(tmp_path / "模板.xlsx")
    sheet = book.active
    headers = {str(cell.value): cell.column for cell in sheet[3] if cell.value}
    sheet["A2"] = "填报单位：渭滨区总工会"
    example = {cell.column: cell.value for cell in sheet[4]}
    for number in (1, 2, 3):
        sheet.cell(4 + number, 1, number)
        for column in ledger.columns:
            place = next(at for header, at in headers.items() if header.split("（")[0] == column.label.split("（")[0])
            if not column.required and example.get(place) is None:
                continue
            value = a_value(column, number)
            sheet.cell(4 + number, place, example[place] if value is None else value)
    book.save(tmp_path / "填好.xlsx")
    report = ingest(tmp_path, "填好.xlsx")
    (read,) = report["sheets"]
    assert (read["ledger"], read["counts"]["loaded"], read["counts"]["quarantined"]) == (ledger.id, 3, 0)
    assert {item["how"] for item in read["mapping"]} <= {"exact", "synonym"}
    assert all(one["severity"] != "error" for one in report["findings"])
    stored = json.loads(run(tmp_path, "export", ledger.id, "--format", "json"))
    assert sorted(row["row"] for row in stored) == [5, 6, 7]


def test_addresses_of_the_demo_are_those_of_a_spreadsheet() -> None:
    assert address(4, 7) == "H5"
