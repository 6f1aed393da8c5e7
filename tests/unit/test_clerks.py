"""Ledgers as careless clerks write them: each test is one habit that was once read wrongly or refused without need."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from typing import Any

import pytest
from handmade import FAIR, book, codes, fair, ingest, records, rows_held, rows_loaded, said

EVENT = ["活动名称", "活动类型", "活动日期", "主办单位", "参加人次", "经费"]
SEASON = ["服务类别", "年度", "开展日期", "县区", "慰问职工", "发放资金"]


def event(people: Any = 30, money: Any = None) -> list[Any]:
    return ["读书会", "宣讲", "2024-05-06", "渭滨区总工会", people, money]


def only(outcome: Any, ledger: str) -> dict[str, Any]:
    (record,) = records(outcome, ledger).values()
    return record


# -- units said once for the whole table ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line", ["单位：万人次", "（单位：万人次、元）", "单位：万人次 元", "2024年活动台账（单位：万人次）"]
)
def test_a_unit_line_multiplies_counts_as_it_multiplies_money(line: str) -> None:
    outcome = ingest(book(("活动", [[line], EVENT, event(3)])))
    assert only(outcome, "event")["participants"] == 30_000
    assert "VAL-COUNT-ROUNDED" in codes(outcome)


@pytest.mark.parametrize(
    "line",
    [
        "2024年活动台账（单位：万元）",
        "填报单位：渭滨区总工会  单位：万元",
        "货币单位：人民币万元",
        "（万元）",
        "单位（万元）",
        "单位：万元  人次",
    ],
)
def test_a_unit_is_found_wherever_in_a_line_it_is_said(line: str) -> None:
    outcome = ingest(book(("活动", [[line], EVENT, event(3, 0.5)])))
    record = only(outcome, "event")
    assert (record["funds_yuan"], record["participants"]) == (5000, 3)
    assert record["reporting_unit"] in (None, "渭滨区总工会")


# -- headings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "heads",
    [
        ["一、活动名称", "二、活动类型", "三、活动日期", "四、主办单位", "五、参加人次"],
        ["活动名称/主题", "类型（宣讲、文化惠工等）", "时间", "主办单位", "参加人次（含线上）"],
        ["（1）活动名称", "（2）类型", "（3）时间", "（4）主办单位", "（5）人数"],
    ],
)
def test_numbered_joined_and_explained_headings_are_the_headings(heads: list[str]) -> None:
    record = only(ingest(book(("活动", [heads, event(30)[:5]]))), "event")
    assert (record["event_name"], record["event_type"], record["participants"]) == ("读书会", "宣讲", 30)


def test_two_names_for_different_things_are_not_joined() -> None:
    heads = ["活动名称", "类型", "时间/地点", "主办单位", "参加人次"]
    assert "MAP-REQUIRED-MISSING" in codes(ingest(book(("活动", [heads, event(30)[:5]]))))


# -- dates and years -------------------------------------------------------------------------------------------------


def test_a_column_of_bare_months_gives_months() -> None:
    heads = ["活动名称", "类型", "月份", "主办单位", "参加人次"]
    rows = [["2024年活动"], heads, ["甲", "宣讲", 5, "渭滨区总工会", 3], ["乙", "宣讲", "6月", "渭滨区总工会", 3]]
    outcome = ingest(book(("活动", rows)))
    assert [one["start_date"] for one in records(outcome).values()] == [dt.date(2024, 5, 1), dt.date(2024, 6, 1)]
    assert "VAL-DATE-IMPRECISE" in codes(outcome)


def test_a_year_only_in_the_title_fills_the_year_column_that_is_missing_and_is_said() -> None:
    heads = [one for one in SEASON if one != "年度"]
    outcome = ingest(book(("送清凉", [["2024年夏送清凉台账"], heads, ["夏送清凉", "7月15日", "陈仓", 120, 3600]])))
    assert only(outcome, "season_service")["campaign_year"] == 2024
    (found,) = said(outcome, "SHEET-YEAR-FROM")
    assert (found.severity, found.field) == ("warning", "campaign_year")
    assert "表格标题" in found.message


def test_a_year_that_titles_disagree_about_fills_nothing() -> None:
    heads = [one for one in SEASON if one != "年度"]
    rows = [["2024年夏送清凉台账"], heads, ["夏送清凉", "2024-7-15", "陈仓", 120, 3600]]
    outcome = ingest(book(("送清凉", rows)), file_name="2023年.xlsx")
    assert not rows_loaded(outcome)
    assert "MAP-REQUIRED-MISSING" in codes(outcome)


# -- rows --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("remark", ["示例，请勿删除", "（示例）", "此行为示例", "示例行", "样例，不统计"])
def test_a_row_whose_remark_calls_it_an_example_is_not_data(remark: str) -> None:
    rows = [[*FAIR, "备注"], [*fair("甲"), remark], [*fair("乙"), None]]
    outcome = ingest(book(("招聘会", rows)))
    assert rows_loaded(outcome) == [3]
    (found,) = said(outcome, "SHEET-EXAMPLE-ROWS")
    assert "第 2 行" in found.message


@pytest.mark.parametrize(
    "remark", ["示范效应好", "省级示范点", "例行活动", "样例企业参加了，反响很好，职工欢迎，下步推广"]
)
def test_a_remark_about_something_exemplary_is_a_remark(remark: str) -> None:
    rows = [[*FAIR, "备注"], [*fair("甲"), remark]]
    assert rows_loaded(ingest(book(("招聘会", rows)))) == [2]


def test_all_that_is_wrong_with_a_row_is_said_at_once() -> None:
    heads = [*FAIR, "达成意向人数", "签约人数", "收到简历数"]
    rows = [heads, [*fair("甲"), 5, 9, "较多"], [*fair("乙"), "不详", 9, 3]]
    outcome = ingest(book(("招聘会", rows)))
    assert rows_held(outcome) == [2, 3]
    by_row = {row: {one.code for one in outcome.report.findings if one.row == row} for row in (2, 3)}
    assert by_row[2] == {"VAL-COUNT-WORDS", "RULE-JOB-FAIR-SIGNED-OVER-INTENTION"}
    assert by_row[3] == {"VAL-COUNT-WORDS"}, "what rests on an unreadable cell is not said again"


def test_a_county_in_the_file_name_against_the_title_is_a_contradiction() -> None:
    rows = [["陈仓区总工会2024年活动台账"], EVENT, event(3)]
    outcome = ingest(book(("活动", rows)), file_name="岐山县.xlsx")
    assert only(outcome, "event")["county"] is None
    assert "SHEET-COUNTY-CONFLICT" in codes(outcome)


def test_a_csv_that_guards_its_values_as_formulas_is_read() -> None:
    text = "\n".join([",".join(EVENT[:5]), '读书会,宣讲,2024-05-06,渭滨区总工会,="30"'])
    assert only(ingest(text.encode(), file_name="活动.csv"), "event")["participants"] == 30


def test_hours_are_counted_with_the_word_between() -> None:
    heads = ["培训名称", "工种", "开班日期", "主办单位", "参训人次", "课时"]
    rows = [heads, ["月嫂班", "月嫂", "2024-04-01", "渭滨区总工会", 40, "24个课时"]]
    assert only(ingest(book(("培训", rows))), "training")["hours"] == 24


def test_a_workbook_of_thousands_of_sheets_is_refused_at_once() -> None:
    """One part listed as twenty thousand sheets would keep the reader busy for minutes."""
    with zipfile.ZipFile(io.BytesIO(book(("招聘会", [FAIR, fair("甲")])))) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    listed = re.search(rb"<sheet [^>]*/>", parts["xl/workbook.xml"])
    assert listed is not None
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(listed.group(), listed.group() * 2000)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as package:
        for name, data in parts.items():
            package.writestr(name, data)
    outcome = ingest(target.getvalue())
    assert (outcome.report.state, codes(outcome)) == ("unreadable", {"FILE-TOO-LARGE"})
