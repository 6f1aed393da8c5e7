"""Ledgers as careless clerks write them: each test is one habit that was once read wrongly or refused without need."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from typing import Any

import pytest
from handmade import FAIR, book, codes, fair, ingest, records, rows_held, rows_loaded, said
from openpyxl.styles import Font

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


COURSE = ["培训班名称", "培训类别", "开班日期", "主办单位"]
CLASS = ["电工一期", "电工", "2024-05-06", "渭滨区总工会"]
VISITS = len(FAIR) - 1


def test_footnote_marks_are_no_part_of_a_heading() -> None:
    marked = [
        f"{name}{mark}" for name, mark in zip(FAIR, ["*", "①", "", "", "[注1]", "", "②", "※", "（见注2）"], strict=True)
    ]
    assert rows_loaded(ingest(book(("招聘会", [marked, fair("春风行动")])))) == [2]


@pytest.mark.parametrize(
    ("group", "leaves", "taken"),
    [
        ("服务人次", ["本月", "累计"], 0),
        ("服务人次", ["累计", "本月"], 1),
        ("服务人次", ["本年", "上年同期"], 0),
        ("服务人次", ["计划", "实际"], 1),
    ],
)
def test_of_this_month_and_the_year_so_far_the_record_takes_its_own(group: str, leaves: list[str], taken: int) -> None:
    rows = [[*FAIR[:-1], group], [None] * VISITS + leaves, [*fair("春风行动")[:-1], 210, 220]]
    outcome = ingest(book(("招聘会", rows, ["I1:J1", *(f"{letter}1:{letter}2" for letter in "ABCDEFGH")])))
    assert only(outcome, "job_fair")["visits_total"] == 210 + 10 * taken


def test_a_heading_may_say_that_it_is_the_sum() -> None:
    outcome = ingest(book(("活动", [[*EVENT[:4], "参加人次合计", "其中：线上"], [*event()[:4], 30, 10]])))
    assert only(outcome, "event")["participants"] == 30


def test_a_flat_heading_may_say_of_which_month_it_is() -> None:
    rows = [[*FAIR[:-1], "本年累计服务人次", "本月服务人次"], [*fair("春风行动")[:-1], 900, 200]]
    assert only(ingest(book(("招聘会", rows))), "job_fair")["visits_total"] == 200


def test_planned_and_held_are_told_apart_below_one_group() -> None:
    rows = [[*COURSE, "培训人数", None], [None] * 4 + ["计划", "实际"], [*CLASS, 50, 45]]
    record = only(ingest(book(("培训", rows, ["E1:F1"]))), "training")
    assert (record["planned_n"], record["trained_visits"]) == (50, 45)


def test_persons_and_visits_side_by_side_are_two_things() -> None:
    record = only(
        ingest(book(("培训", [[*COURSE, "培训人数（人）", "培训人次（人次）"], [*CLASS, 50, 150]]))), "training"
    )
    assert (record["trained_persons"], record["trained_visits"]) == (50, 150)


def test_of_two_columns_with_one_heading_and_different_figures_neither_is_taken() -> None:
    outcome = ingest(book(("培训", [[*COURSE, "培训人次", "课时", "课时"], [*CLASS, 50, 8, 16]])))
    assert only(outcome, "training")["hours"] is None
    assert [one.cell for one in said(outcome, "MAP-TWIN-COLUMNS")] == ["G1"]
    refused = ingest(book(("培训", [[*COURSE, "培训人次", "培训人次"], [*CLASS, 50, 45]])))
    assert not refused.tables
    assert {"MAP-TWIN-COLUMNS", "MAP-REQUIRED-MISSING"} <= codes(refused)


def test_two_columns_of_days_under_one_heading_are_beginning_and_end() -> None:
    rows = [
        ["培训班名称", "培训类别", "培训时间", None, "主办单位", "培训人次"],
        ["电工一期", "电工", dt.date(2024, 5, 6), dt.date(2024, 5, 9), "渭滨区总工会", 50],
    ]
    record = only(ingest(book(("培训", rows, ["C1:D1"]))), "training")
    assert (record["start_date"], record["end_date"]) == (dt.date(2024, 5, 6), dt.date(2024, 5, 9))


def test_groups_of_three_levels_that_were_never_merged_are_read() -> None:
    rows = [
        [*FAIR[:6], "招聘情况", None, "服务情况"],
        [None] * 6 + ["参会企业数", "提供岗位数", "服务人次", None, None],
        [None] * 8 + ["合计", "其中：农民工", "其中：新就业形态"],
        [*fair("春风行动"), 90, 60],
    ]
    record = only(ingest(book(("招聘会", rows))), "job_fair")
    assert (record["employers_n"], record["visits_total"], record["new_form_visits"]) == (20, 200, 60)


def test_a_part_belongs_to_the_nearest_count_before_it_not_to_words() -> None:
    rows = [[*FAIR, "主题类型", "其中：农民工"], [*fair("春风行动"), "综合", 90]]
    assert only(ingest(book(("招聘会", rows))), "job_fair")["migrant_visits"] == 90


@pytest.mark.parametrize("words", ["一批", "一些人", "一大批", "一部分职工"])
def test_one_batch_is_no_count_of_one(words: str) -> None:
    assert rows_held(ingest(book(("招聘会", [FAIR, fair("春风行动", visits=words)])))) == [2]


def test_a_column_that_numbers_its_rows_in_words_counts_nothing() -> None:
    rows = [["场次", *FAIR], ["第一场", *fair("春风行动")], ["第二场", *fair("冬季", day="2024-12-06")]]
    found = records(ingest(book(("招聘会", rows))), "job_fair")
    assert [one["sessions"] for one in found.values()] == [1, 1]


def test_a_table_under_our_own_column_names_is_read() -> None:
    names = ["fair_name", "fair_date", "county", "venue", "organizer", "mode", "employers_n", "jobs_n", "visits_total"]
    assert rows_loaded(ingest(book(("Sheet1", [names, fair("春风行动")])))) == [2]


# -- cells -----------------------------------------------------------------------------------------------------------


def test_one_number_merged_over_several_columns_belongs_to_none_of_them() -> None:
    row = [*fair("冬季")[:-1], 200, None]
    outcome = ingest(book(("招聘会", [[*FAIR, "农民工人次"], [*fair("春风行动"), 90], row], ["I3:J3"])))
    assert (rows_loaded(outcome), rows_held(outcome)) == ([2], [3])
    assert "“服务人次”“农民工人次”" in said(outcome, "VAL-MERGED-ACROSS")[0].message


@pytest.mark.parametrize("remark", ["已取消", "作废", "因雨延期举办", "未举办", "与第3行重复", "数据重复填报"])
def test_a_remark_that_nothing_was_held_is_not_passed_over(remark: str) -> None:
    outcome = ingest(book(("招聘会", [[*FAIR, "备注"], [*fair("春风行动"), remark], [*fair("冬季"), "现场气氛热烈"]])))
    assert [one.row for one in said(outcome, "RULE-JOB-FAIR-REMARK-SAYS-NOT-HELD")] == [2]


def test_a_name_that_says_cancelled_is_not_passed_over() -> None:
    outcome = ingest(book(("招聘会", [FAIR, fair("春风行动（已取消）"), fair("取消限购后的首场招聘会")])))
    assert [one.row for one in said(outcome, "RULE-JOB-FAIR-NAME-SAYS-NOT-HELD")] == [2]


ITEM = [
    "问题编号",
    "问题来源",
    "发现日期",
    "问题描述",
    "整改措施",
    "责任单位",
    "整改期限",
    "是否销号",
    "完成日期",
    "销号日期",
]


@pytest.mark.parametrize(
    ("heading", "answer", "status"),
    [
        ("是否完成", "是", "已完成"),
        ("是否整改到位", "√", "已完成"),
        ("是否完成", "否", "整改中"),
        ("是否整改", "否", "未启动"),
        ("整改状态", "已完成（2024.6.1）", "已完成"),
        ("整改状态", "已完成（见附件3）", "已完成"),
        ("整改进度", "已完成", "已完成"),
        ("整改结果", "正在整改", "整改中"),
    ],
)
def test_yes_and_no_answer_what_the_heading_asks(heading: str, answer: str, status: str) -> None:
    done = "2024-06-01" if status == "已完成" else None
    heads = [heading if one == "是否销号" else one for one in ITEM[:-1]]
    row = ["1", "督查", "2024-03-01", "考勤不严", "完善制度", "办公室", "2024-06-30", answer, done]
    assert only(ingest(book(("整改", [["2024年整改台账"], heads, row]))), "rectification")["status"] == status


@pytest.mark.parametrize("status", ["已完成（剩余2项推进中）", "已完成（部分）", "已完成（除第3项）"])
def test_a_remark_that_takes_the_word_back_is_not_passed_over(status: str) -> None:
    row = ["1", "督查", "2024-03-01", "考勤不严", "完善制度", "办公室", "2024-06-30", status, "2024-06-01"]
    assert rows_held(ingest(book(("整改", [["2024年整改台账"], [*ITEM[:7], "整改状态", "完成日期"], row])))) == [3]


@pytest.mark.parametrize(
    ("words", "day", "lasting", "at_once"),
    [
        ("即日起至6月30日", dt.date(2024, 6, 30), None, None),
        ("立即", None, None, True),
        ("长期坚持、持续推进", None, True, None),
        ("2024年6月30日（农历五月廿五）", dt.date(2024, 6, 30), None, None),
    ],
)
def test_deadlines_in_words(words: str, day: dt.date | None, lasting: bool | None, at_once: bool | None) -> None:
    row = ["1", "督查", "2024-03-01", "考勤不严", "完善制度", "办公室", words, "整改中"]
    record = only(ingest(book(("整改", [["2024年整改台账"], [*ITEM[:7], "整改状态"], row]))), "rectification")
    assert (record["deadline"], record["long_term"], record["immediate"]) == (day, lasting, at_once)


def test_a_place_within_a_county_is_of_that_county_and_said() -> None:
    outcome = ingest(book(("招聘会", [FAIR, fair("春风行动", county="岐山县蔡家坡镇")])))
    assert only(outcome, "job_fair")["county"] == "岐山县"
    assert "VAL-COUNTY-WITHIN" in codes(outcome)


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


def test_a_day_until_which_something_ran_is_said_to_be_no_day_of_its_own() -> None:
    assert "VAL-DATE-BEFORE" in codes(ingest(book(("招聘会", [FAIR, fair("春风行动", day="截至2024年7月15日")]))))


@pytest.mark.parametrize(
    ("shown", "day"),
    [
        ('yyyy"年"m"月"', dt.date(2024, 6, 30)),
        ("mmm-yy", dt.date(2024, 6, 30)),
        ("yyyy-m-d", dt.date(2024, 6, 1)),
        ('m"月"d"日"', dt.date(2024, 6, 1)),
    ],
)
def test_a_month_that_the_sheet_made_a_first_day_of_is_a_month(shown: str, day: dt.date) -> None:
    def format_it(workbook: Any) -> None:
        workbook.active["G3"].number_format = shown

    row = ["1", "督查", "2024-03-01", "考勤不严", "完善制度", "办公室", dt.date(2024, 6, 1), "整改中"]
    outcome = ingest(book(("整改", [["2024年整改台账"], [*ITEM[:7], "整改状态"], row]), adjust=format_it))
    assert only(outcome, "rectification")["deadline"] == day
    assert ("VAL-DATE-IMPRECISE" in codes(outcome)) == (day.day == 30)


def test_the_year_after_is_written_in_words() -> None:
    outcome = ingest(book(("招聘会", [FAIR, fair("春风行动", day="2024年12月30日至次年1月2日")])))
    assert only(outcome, "job_fair")["end_date"] == dt.date(2025, 1, 2)


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


def test_averages_and_comparisons_below_the_records_are_no_records() -> None:
    derived = [
        [label, *[None] * 5, 20, 300, figure]
        for label, figure in (("平均", 200), ("占比", "50%"), ("同比增长（%）", 5.1))
    ]
    outcome = ingest(book(("招聘会", [FAIR, fair("春风行动"), fair("冬季", day="2024-12-06"), *derived])))
    assert (rows_loaded(outcome), rows_held(outcome)) == ([2, 3], [])


def test_what_colours_mean_is_a_note() -> None:
    outcome = ingest(book(("招聘会", [FAIR, fair("春风行动"), ["黄色：已核实"], ["绿色底纹为待核实"]])))
    assert (rows_loaded(outcome), rows_held(outcome)) == ([2], [])


def test_a_row_struck_through_is_not_passed_over() -> None:
    def strike(workbook: Any) -> None:
        for cell in workbook.active[3]:
            cell.font = Font(strike=True)

    outcome = ingest(book(("招聘会", [FAIR, fair("春风行动"), fair("冬季")]), adjust=strike))
    assert [one.row for one in said(outcome, "ROW-STRUCK")] == [3]


def test_where_no_county_is_written_the_office_of_each_row_says_it() -> None:
    heads = ["单位", *EVENT[:3], "参加人次"]
    rows = [["渭滨区总工会", *event()[:3], 30], ["岐山县总工会", *event()[:3], 40], ["市总工会", *event()[:3], 50]]
    found = records(ingest(book(("活动", [["2024年活动统计"], heads, *rows]))), "event")
    assert [(one["organizer"], one["county"]) for one in found.values()] == [
        ("渭滨区总工会", "渭滨区"), ("岐山县总工会", "岐山县"), ("市总工会", None)
    ]  # fmt: skip


def test_a_column_of_counting_words_is_no_office() -> None:
    heads = ["单位", *EVENT[:3], "参加人次"]
    assert "MAP-REQUIRED-MISSING" in codes(ingest(book(("活动", [heads, ["场", *event()[:3], 30]]))))


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


# -- tables that look alike -------------------------------------------------------------------------------------------

PAID_COURSE = ["培训名称", "培训类别", "开班日期", "主办单位", "参训人次", "培训费用"]


def paid_course(name: str, visits: Any = 30, fee: Any = 2) -> list[Any]:
    return [name, "电工", "2024-05-06", "渭滨区总工会", visits, fee]


def test_a_second_header_that_orders_its_columns_otherwise_heads_another_table() -> None:
    swapped = [*PAID_COURSE[:4], "计划人数", "参训人次"]
    rows = [
        [*PAID_COURSE[:5], "计划人数"],
        [*paid_course("甲", 30)[:5], 40],
        [],
        swapped,
        [*paid_course("乙", 40)[:5], 30],
    ]
    outcome = ingest(book(("培训", rows)))
    assert [(one["trained_visits"], one["planned_n"]) for one in records(outcome).values()] == [(30, 40), (30, 40)]


@pytest.mark.parametrize(
    "second",
    [
        [["单位：万元"], PAID_COURSE],
        [[*PAID_COURSE[:5], "培训费用（万元）"]],
        [PAID_COURSE, [None, None, None, None, "人次", "万元"]],
    ],
)
def test_the_same_header_in_another_unit_heads_another_table(second: list[list[Any]]) -> None:
    rows = [["单位：元"], [*PAID_COURSE[:5], "培训费用"], paid_course("甲", fee=20000), [], *second, paid_course("乙")]
    outcome = ingest(book(("培训", rows)))
    assert [one["fee_yuan"] for one in records(outcome).values()] == [20000, 20000]


def test_a_page_repeats_the_header_without_its_row_of_units() -> None:
    heads = ["活动名称", "活动类型", "活动日期", "主办单位", "场（次）", "参加人次（人次）"]
    row = ["读书会", "文化惠工", "2024-05-06", "渭滨区总工会", "1", "30"]
    rows = [heads, [None, None, None, None, "场", "人次"], row, heads, [*row[:2], "2024-05-07", *row[3:]]]
    outcome = ingest(book(("活动", rows)))
    assert (rows_loaded(outcome), outcome.report.sheets[0].counts.repeated_header) == ([3, 5], 1)


def test_two_columns_of_one_heading_that_differ_only_far_down_hold_back_the_row() -> None:
    rows = [[*EVENT[:5], "参加人次"], *([f"第{place}场", *event(30)[1:5], 30] for place in range(250))]
    rows[240][5] = 50
    outcome = ingest(book(("活动", rows)))
    assert (rows_held(outcome), len(rows_loaded(outcome))) == ([241], 249)
    (found,) = said(outcome, "VAL-TWO-CELLS")
    assert (found.cell, "F241" in found.message) == ("E241", True)


def test_two_days_under_one_merged_heading_are_a_span() -> None:
    heads = ["培训名称", "培训类别", "培训时间", None, "主办单位", "参训人次"]
    row = ["甲", "电工", dt.date(2024, 5, 6), dt.date(2024, 5, 10), "渭滨区总工会", 30]
    record = only(ingest(book(("培训", [heads, row], ["C1:D1"]))), "training")
    assert (record["start_date"], record["end_date"]) == (dt.date(2024, 5, 6), dt.date(2024, 5, 10))


# -- what stands around the rows fills a choice column that is missing ------------------------------------------------


def test_section_headings_fill_a_choice_column_that_is_missing() -> None:
    heads = ["序号", *FAIR[:5], *FAIR[6:]]

    def row(name: str) -> list[Any]:
        return [1, *fair(name)[:5], *fair(name)[6:]]

    rows = [
        heads,
        ["一、线上"],
        row("甲"),
        ["二、渭滨区"],
        row("乙"),
        ["三、线下招聘会（1场）"],
        row("丙"),
        ["四、补录"],
        row("丁"),
    ]
    outcome = ingest(book(("招聘会", rows)))
    assert [one["mode"] for one in records(outcome).values()] == ["线上", "线上", "线下"]
    assert rows_held(outcome) == [9]  # 补录 is no 举办方式, and ends the heading before it
    assert [one.field for one in said(outcome, "SHEET-CHOICE-FROM")] == ["mode"]


@pytest.mark.parametrize(
    ("title", "season"), [("2024年冬送温暖活动统计表", "冬送温暖"), ("2024年夏送清凉、冬送温暖统计表", None)]
)
def test_a_title_fills_the_season_that_is_missing_if_it_names_just_one(title: str, season: str | None) -> None:
    rows = [[title], SEASON[1:], [2024, "2024-12-15", "陈仓", 120, 3600]]
    outcome = ingest(book(("台账", rows)))
    assert [one["season"] for one in records(outcome, "season_service").values()] == ([season] if season else [])
    assert ("SHEET-CHOICE-FROM" if season else "MAP-REQUIRED-MISSING") in codes(outcome)


def test_a_ledger_of_codes_keeps_no_names() -> None:
    heads = ["姓名", "党支部", "过生日日期", "过生日人数"]
    outcome = ingest(book(("政治生日台账", [heads, ["某甲", "第一支部", "2024-07-01", 3]])))
    assert "某甲" not in str(records(outcome, "political_birthday"))
    assert "PRIV-COLUMN-DROPPED" in codes(outcome)


@pytest.mark.parametrize("mark", ["接下页", "（续上页）", "下转第2页", "第二页", "第 2 页 / 共 3 页"])
def test_a_page_mark_in_the_last_column_is_a_note(mark: str) -> None:
    rows = [FAIR, fair("甲"), [None] * 8 + [mark], fair("乙")]
    assert rows_loaded(ingest(book(("招聘会", rows)))) == [2, 4]


def test_a_sheet_named_after_the_federation_itself_is_its_own_level() -> None:
    heads = [one for one in FAIR if one != "县区"]
    row = [value for head, value in zip(FAIR, fair("甲"), strict=True) if head != "县区"]
    outcome = ingest(book(("市本级", [heads, row])))
    assert only(outcome, "job_fair")["county"] == "市本级"


def test_a_cover_sheet_names_the_office_for_the_sheets_behind_it() -> None:
    heads = [one for one in FAIR if one != "主办单位"]
    row = [value for head, value in zip(FAIR, fair("甲"), strict=True) if head != "主办单位"]
    outcome = ingest(book(("封面", [["招聘会台账"], ["填报单位：岐山县总工会（盖章）"]]), ("招聘会", [heads, row])))
    assert only(outcome, "job_fair")["organizer"] == "岐山县总工会"


def test_measures_listed_below_a_merged_item_are_one_record() -> None:
    heads = ["编号", "问题来源", "发现时间", "存在问题", "整改措施", "责任单位", "整改期限", "整改状态"]
    first = ["一", "审计", "2024-05-06", "记录不全", "1.补齐记录", "办公室", "2024-08-01", "整改中"]
    rows = [heads, first, [None] * 4 + ["2.专人负责"], ["二", *first[1:]], [None] * 4 + ["另定", None, "2024-09-01"]]
    merges = ["A2:A3", "B2:B3", "C2:C3", "D2:D3", "A4:A5"]
    outcome = ingest(book(("整改台账", rows, merges)))
    assert records(outcome)["整改台账", 2]["measures"] == "1.补齐记录\n2.专人负责"
    assert rows_held(outcome) == [5]  # with a day of its own it is a record, and lacks what one needs


def test_what_stands_beside_a_table_and_is_not_read_is_said() -> None:
    rows = [["记事", None, *FAIR], ["领导批示", None, *fair("甲")], [None, None, *fair("乙")]]
    outcome = ingest(book(("上报", rows)))
    assert rows_loaded(outcome) == [2, 3]
    assert ["A至A" in one.message for one in said(outcome, "SHEET-ASIDE")] == [True]


def test_tables_beside_each_other_may_begin_in_different_rows() -> None:
    heads = [*EVENT, "活动地点", "场次", "备注"]
    acts = [["填报单位：陇县总工会"], heads, [*event(30), "广场", 1, None], [*event(40), "剧院", 1, None]]
    fairs = [FAIR, fair("甲"), fair("乙", visits=150), fair("丙", visits=160)]
    rows = [[*(act + [None] * (9 - len(act))), None, *one] for act, one in zip(acts, fairs, strict=True)]
    outcome = ingest(book(("上报", rows)))
    assert [one["fair_name"] for one in records(outcome, "job_fair").values()] == ["甲", "乙", "丙"]
    assert {one["reporting_unit"] for one in records(outcome, "event").values()} == {"陇县总工会"}
