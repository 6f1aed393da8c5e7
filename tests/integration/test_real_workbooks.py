"""Workbooks from real offices: every item accounted for, nothing forced in, nothing crashes."""

from __future__ import annotations

import datetime as dt
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from analytics.etl.pipeline import read
from analytics.etl.report import IngestOptions, Outcome

OFFICE = Path(__file__).resolve().parents[2].parent / "shared" / "workbooks" / "office"
HAZARDS = "luhao_CDRLApp__安全隐患整改台账.xlsx"
BENEFITS = "enoa2014+windows01__活动受益人次统计.xls"
ALL, YEAR = "建设系统 (总表)", "建设系统（2025）"


def ingest(name: str, **options: Any) -> Outcome:
    return read((OFFICE / name).read_bytes(), IngestOptions(name, dt.date(2026, 11, 22), **options))


@cache
def hazards() -> Outcome:
    return ingest(HAZARDS, ledger="rectification", constants={"source": "督查"})


def records() -> dict[tuple[str, int], dict[str, Any]]:
    return {(row["sheet"], row["row"]): row for row in hazards().tables["rectification"].to_pylist()}


def errors() -> dict[tuple[str | None, int | None], set[tuple[str, str | None]]]:
    found: dict[tuple[str | None, int | None], set[tuple[str, str | None]]] = {}
    for one in hazards().report.findings:
        if one.severity == "error":
            found.setdefault((one.sheet, one.row), set()).add((one.code, one.cell))
    return found


def test_both_sheets_are_recognised_with_headers_of_four_and_two_rows() -> None:
    sheets = hazards().report.sheets
    assert [(sheet.sheet, sheet.ledger, sheet.header_rows) for sheet in sheets] == [
        (ALL, "rectification", [2, 3, 4, 5]),
        (YEAR, "rectification", [1, 2]),
    ]


def test_all_items_are_accounted_for() -> None:
    first, second = (sheet.counts for sheet in hazards().report.sheets)
    assert first.loaded + first.quarantined == 105
    assert second.loaded + second.quarantined == 30
    assert (first.note, second.note) == (1, 1)
    first.reconcile()
    second.reconcile()


def test_each_item_that_is_held_back_is_truly_wrong() -> None:
    assert errors() == {
        # Done, but the day of completion stands under 监理 as a text and its own cell is empty.
        (ALL, 103): {("RULE-RECTIFICATION-DONE-WITHOUT-DATE", "Q103")},
        # No status.
        (ALL, 110): {("VAL-REQUIRED", "R110")},
        # No measures at all.
        (YEAR, 17): {("VAL-REQUIRED", "J17")},
        # No status.
        (YEAR, 27): {("VAL-REQUIRED", "R27")},
        # The cells from 整改责任人 on stand one column too far left.
        (YEAR, 29): {("VAL-DATE-WORDS", "Q29"), ("ROW-SHIFTED", "P29")},
    }
    assert {(row.sheet, row.row) for row in hazards().quarantine} == set(errors())


def test_the_grouped_responsible_unit_is_one_text() -> None:
    assert records()[ALL, 15]["resp_unit"] == "建设：柳梧公司；设计：中铁设计；施工：中铁一局；监理：中咨管理"
    assert records()[ALL, 6]["resp_unit"] == "建设：沿海建指；施工：中铁二十五局钦防增建二线项目部"


def test_dates_are_dates_whether_text_real_or_with_a_time() -> None:
    loaded = records()
    assert loaded[ALL, 21]["found_date"] == dt.date(2024, 7, 23)
    assert loaded[YEAR, 28]["found_date"] == dt.date(2025, 7, 17)
    assert loaded[YEAR, 28]["deadline"] == dt.date(2025, 7, 27)


def test_the_offices_own_status_words_are_understood() -> None:
    status = {place: row["status"] for place, row in records().items()}
    assert status[ALL, 6] == "已完成"
    assert status[ALL, 40] == "已完成"
    assert status[ALL, 84] == "已销号"
    assert status[ALL, 107] == "整改中"
    assert status[YEAR, 32] == "未启动"
    flagged = [one for one in hazards().report.findings if one.code == "VAL-CHOICE-FLAGGED"]
    assert {one.raw for one in flagged} == {"现场处置"}


def test_other_words_for_the_kind_of_problem_are_warnings_and_are_kept() -> None:
    record = records()[ALL, 9]
    assert record["category"] is None
    assert json.loads(record["extra"])["隐患类型"] == "行车安全"


def test_columns_that_are_not_ours_are_kept_with_each_record() -> None:
    assert json.loads(records()[ALL, 6]["extra"])["检查工点"].startswith("钦防二线DK154")


def test_a_rule_whose_column_the_sheet_lacks_is_said_once_a_sheet() -> None:
    said = [one for one in hazards().report.findings if one.code == "RULE-NEEDS-COLUMN"]
    assert [(one.sheet, one.row) for one in said] == [(ALL, None), (YEAR, None)]


def test_items_that_stand_in_both_sheets_are_said_to_be_alike() -> None:
    pairs = {(one.sheet, one.row) for one in hazards().report.findings if one.code == "DUP-NEAR"}
    assert {(ALL, 93), (YEAR, 3)} <= pairs


@pytest.mark.parametrize("options", [{}, {"unit": "市总工会"}, {"ledger": "event", "unit": "市总工会"}])
def test_a_table_that_is_not_ours_is_said_so_and_not_forced_in(options: dict[str, Any]) -> None:
    outcome = ingest(BENEFITS, **options)
    assert outcome.tables == {}
    assert outcome.report.state == "rejected"
    sheets = {one.sheet for one in outcome.report.findings if one.code.startswith(("SHEET-", "MAP-", "VAL-"))}
    assert sheets == {"Sheet1", "Sheet2", "Sheet3"}


@pytest.mark.parametrize("path", sorted(OFFICE.iterdir()), ids=lambda path: path.name)
def test_every_office_file_ends_in_a_state_with_a_reason(path: Path) -> None:
    for options in ({}, {"ledger": "event", "unit": "市总工会"}, {"accept_suggestions": True}):
        outcome = ingest(path.name, **options)
        assert outcome.report.findings
        assert "FILE-INTERNAL" not in {one.code for one in outcome.report.findings}
        for sheet in outcome.report.sheets:
            sheet.counts.reconcile()
        if not options and path.name != HAZARDS:
            assert outcome.tables == {}
