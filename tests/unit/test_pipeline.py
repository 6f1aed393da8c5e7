from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from handmade import FAIR, book, codes, fair, ingest, records, rows_held, rows_loaded, said
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.etl import pipeline
from analytics.etl.mapping import fingerprint
from analytics.etl.pipeline import read
from analytics.etl.report import IngestOptions

EVENT = ["活动名称", "活动类型", "活动日期", "主办单位", "参加人次"]


def event(name: str, day: Any = "2024-05-06", people: Any = 30) -> list[Any]:
    return [name, "宣讲", day, "渭滨区总工会", people]


# -- rows that are no data ---------------------------------------------------------------------------------------


def test_a_subtotal_row_is_not_data_wherever_it_stands() -> None:
    rows = [
        FAIR,
        ["总计", None, None, None, None, None, 60, 900, 600],
        fair("甲"),
        fair("乙"),
        [None, "小计", None, None, None, None, 40, 600, 400],
        fair("丙"),
        ["本页小计", None, None, None, None, None, 60, 900, 600],
        [None, None, None, "合　计", None, None, 60, 900, 600],
    ]
    outcome = ingest(book(("招聘会", rows)))
    assert rows_loaded(outcome) == [3, 4, 6]
    assert outcome.report.sheets[0].counts.subtotal == 4
    assert "TOTAL-MISMATCH" not in codes(outcome)


def test_a_place_called_a_total_is_not_taken_for_one() -> None:
    rows = [FAIR, fair("合计大厦招聘会"), [*fair("乙")[:3], "总计路小计广场", *fair("乙")[4:]]]
    assert rows_loaded(ingest(book(("招聘会", rows)))) == [2, 3]


def test_a_wrong_subtotal_is_reported_with_both_values_and_its_cell() -> None:
    rows = [FAIR, fair("甲", jobs=300), fair("乙", jobs=310), ["合计", None, None, None, None, None, 40, 620, 400]]
    (found,) = said(ingest(book(("招聘会", rows))), "TOTAL-MISMATCH")
    assert (found.cell, found.field, found.severity) == ("H4", "jobs_n", "warning")
    assert "620" in found.message
    assert "610" in found.message
    assert "相差 10" in found.message


def test_a_total_counts_the_rows_that_were_held_back_because_the_office_did() -> None:
    rows = [
        FAIR,
        fair("甲", jobs=300),
        fair("乙", day="2024-02-30", jobs=310),
        ["合计", None, None, None, None, None, 40, 610, 400],
    ]
    outcome = ingest(book(("招聘会", rows)))
    assert rows_held(outcome) == [3]
    assert "TOTAL-MISMATCH" not in codes(outcome)


def test_an_estimate_lets_a_total_lie_anywhere_in_its_interval() -> None:
    rows = [FAIR, fair("甲", jobs="500多"), fair("乙", jobs=300), ["合计", None, None, None, None, None, 40, 850, 400]]
    assert "TOTAL-MISMATCH" not in codes(ingest(book(("招聘会", rows))))
    rows[-1][7] = 1850
    assert "TOTAL-MISMATCH" in codes(ingest(book(("招聘会", rows))))


def test_county_subtotals_above_their_rows_are_recomputed_too() -> None:
    rows = [
        FAIR,
        ["全市合计", None, None, None, None, None, 60, 900, 600],
        ["渭滨区小计", None, None, None, None, None, 40, 600, 400],
        fair("甲"),
        fair("乙"),
        ["金台区小计", None, None, None, None, None, 20, 301, 200],
        fair("丙", county="金台区"),
    ]
    outcome = ingest(book(("招聘会", rows)))
    assert rows_loaded(outcome) == [4, 5, 7]
    assert [one.cell for one in said(outcome, "TOTAL-MISMATCH")] == ["H6"]


def test_headers_repeated_on_every_printed_page_are_not_data() -> None:
    rows = [
        ["2024年招聘会台账"],
        FAIR,
        fair("甲"),
        ["2024年招聘会台账"],
        FAIR,
        fair("乙"),
        ["第2页 共2页"],
        FAIR,
        fair("丙"),
    ]
    outcome = ingest(book(("招聘会", rows, ["A1:I1", "A4:I4"])))
    assert rows_loaded(outcome) == [3, 6, 9]
    counts = outcome.report.sheets[0].counts
    assert (counts.repeated_header, counts.note) == (3, 1)


def test_blank_rows_and_prefilled_formula_rows_are_blank() -> None:
    header = ["序号", *FAIR]
    empty = [None, None, None, None, None, None, None, None, 0, 0]
    rows = [header, [1, *fair("甲")], [], [2, *fair("乙")], *([3 + n, *empty[1:]] for n in range(40)), [None] * 10]
    outcome = ingest(book(("招聘会", rows)))
    assert rows_loaded(outcome) == [2, 4]
    assert rows_held(outcome) == []
    assert outcome.report.sheets[0].counts.blank == 41


def test_footers_are_notes_even_when_merged_over_several_rows() -> None:
    rows = [
        FAIR,
        fair("甲"),
        ["注：1.服务人次含线上。"],
        ["2.岗位数为参会企业申报数。"],
        [None],
        ["填报人：甲　审核人：乙　填报时间：2024年6月1日"],
    ]
    outcome = ingest(book(("招聘会", rows, ["A3:I3", "A4:I4"])))
    assert rows_loaded(outcome) == [2]
    assert outcome.report.sheets[0].counts.note == 3
    assert records(outcome)["招聘会", 2]["reported_on"] == dt.date(2024, 6, 1)


def test_helper_rows_and_worked_examples_are_never_data() -> None:
    rows = [
        ["引用C列信息", None, "保留格式，勿删"],
        FAIR,
        ["填写全称", "格式如2024-01-01", "下拉选择", "填写地址", "填写全称", "下拉选择", "填数字", "填数字", "填数字"],
        ["示例：春风行动", "2024-01-01", "渭滨区", "广场", "渭滨区总工会", "线下", 10, 100, 50],
        fair("甲"),
        ["……"],
        ["保留格式，勿删"],
    ]
    assert rows_loaded(ingest(book(("招聘会", rows)))) == [5]


def test_hidden_rows_columns_and_sheets_are_read_and_said() -> None:
    def hide(workbook: Any) -> None:
        workbook["一"].row_dimensions[3].hidden = True
        workbook["一"].column_dimensions["D"].hidden = True
        workbook["二"].sheet_state = "hidden"

    outcome = ingest(book(("一", [FAIR, fair("甲"), fair("乙")]), ("二", [FAIR, fair("丙")]), adjust=hide))
    assert len(records(outcome)) == 3
    assert {"SHEET-HIDDEN", "SHEET-HIDDEN-ROWS", "SHEET-HIDDEN-COLUMNS"} <= codes(outcome)
    assert outcome.report.state == "accepted"


# -- headers -----------------------------------------------------------------------------------------------------


def test_a_three_row_header_with_groups_and_a_units_row() -> None:
    rows = [
        ["附件1"],
        ["渭滨区总工会2024年招聘会情况统计表"],
        ["填报单位（盖章）：渭滨区总工会", None, None, None, None, "填报时间：2024年7月5日"],
        ["招聘会名称", "举办日期", "举办方式", "规模", None, "服务情况", None, None],
        [None, None, None, "参会企业数", "提供岗位数", "服务人次", "其中", None],
        [None, None, None, None, None, None, "农民工", "新就业形态"],
        [None, None, None, "（家）", "（个）", "（人次）", "（人次）", "（人次）"],
        ["甲", "7月1日", "线下", 20, 300, 200, 100, 50],
    ]
    merges = ["A2:H2", "A4:A6", "B4:B6", "C4:C6", "D4:E4", "F4:H4", "D5:D6", "E5:E6", "F5:F6", "G5:H5"]
    outcome = ingest(book(("Sheet1", rows, merges)))
    record = records(outcome)["Sheet1", 8]
    assert (record["visits_total"], record["migrant_visits"], record["new_form_visits"]) == (200, 100, 50)
    assert (record["fair_date"], record["county"]) == (dt.date(2024, 7, 1), "渭滨区")
    assert outcome.report.sheets[0].header_rows == [4, 5, 6, 7]


def test_a_leaf_called_subtotal_is_its_group() -> None:
    rows = [
        ["招聘会名称", "举办日期", "主办单位", "举办方式", "参会企业数", "提供岗位数", "服务人次", None, None],
        [None, None, None, None, None, None, "小计", "线下", "线上"],
        ["甲", "2024-07-01", "渭滨区总工会", "线上线下", 20, 300, 200, 150, 50],
    ]
    record = records(ingest(book(("Sheet1", rows, ["G1:I1"]))))["Sheet1", 3]
    assert (record["visits_total"], record["onsite_visits"], record["online_visits"]) == (200, 150, 50)


def test_groups_are_understood_without_merges_as_in_a_csv() -> None:
    text = (
        "招聘会名称,举办日期,主办单位,举办方式,参会企业数,提供岗位数,服务人次,,,备注\n"
        ",,,,,,合计,其中：农民工,其中：新就业形态,\n"
        "甲,2024-07-01,渭滨区总工会,线下,20,300,200,100,50,无\n"
    )
    record = next(iter(records(ingest(text.encode(), "渭滨区.csv")).values()))
    assert (record["visits_total"], record["migrant_visits"], record["new_form_visits"]) == (200, 100, 50)


def test_the_same_word_under_another_group_is_another_thing() -> None:
    rows = [
        [
            "招聘会名称",
            "举办日期",
            "主办单位",
            "举办方式",
            "参会企业数",
            "提供岗位数",
            "服务人次",
            None,
            "达成意向人数",
            None,
        ],
        [None, None, None, None, None, None, "合计", "农民工", "合计", "农民工"],
        ["甲", "2024-07-01", "渭滨区总工会", "线下", 20, 300, 200, 100, 60, 45],
    ]
    outcome = ingest(book(("Sheet1", rows, ["G1:H1", "I1:J1"])))
    record = records(outcome)["Sheet1", 3]
    assert (record["migrant_visits"], record["intention_n"]) == (100, 60)
    assert record["extra"] == {"达成意向人数/农民工": "45"}


def test_filler_metadata_inside_the_header_row_is_no_column() -> None:
    rows = [[*FAIR, "填报人：甲"], fair("甲")]
    outcome = ingest(book(("招聘会", rows)))
    assert rows_loaded(outcome) == [2]
    assert "填报人：甲" not in [column.header for column in outcome.report.sheets[0].unmapped]


def test_columns_may_be_ordered_differently_from_sheet_to_sheet() -> None:
    order = [8, 2, 0, 5, 7, 1, 6, 3, 4]
    rows = [[FAIR[at] for at in order], [fair("甲", jobs=321)[at] for at in order]]
    outcome = ingest(book(("一", [FAIR, fair("乙", jobs=123)]), ("二", rows)))
    found = records(outcome)
    assert (found["一", 2]["jobs_n"], found["二", 2]["jobs_n"], found["二", 2]["fair_name"]) == (123, 321, "甲")


def test_units_in_headers_and_in_the_unit_line_convert_money() -> None:
    header = ["活动名称", "活动类型", "活动日期", "主办单位", "经费（万元）"]
    by_header = ingest(book(("活动", [header, [*event("甲")[:4], 1.5]])))
    assert float(records(by_header)["活动", 2]["funds_yuan"]) == 15000
    header[-1] = "经费"
    by_line = ingest(book(("活动", [["2024年活动台账"], ["单位：万元"], header, [*event("甲")[:4], 1.5]])))
    assert float(records(by_line)["活动", 4]["funds_yuan"]) == 15000


def test_a_header_far_down_is_still_found() -> None:
    rows = [["关于报送招聘会情况的说明"], *([f"第{n}条说明"] for n in range(60)), FAIR, fair("甲")]
    assert rows_loaded(ingest(book(("招聘会", rows)))) == [63]


# -- several tables ----------------------------------------------------------------------------------------------


def test_stacked_tables_with_different_headers_are_read_apart() -> None:
    rows = [
        ["一、招聘会台账"],
        FAIR,
        fair("甲"),
        ["合计", None, None, None, None, None, 20, 300, 200],
        [],
        ["二、宣讲活动台账"],
        ["填报单位：渭滨区总工会"],
        EVENT,
        event("宣讲一"),
        event("宣讲二"),
    ]
    outcome = ingest(book(("汇总", rows)))
    assert [sheet.ledger for sheet in outcome.report.sheets] == ["job_fair", "event"]
    assert rows_loaded(outcome) == [3, 9, 10]


def test_two_tables_side_by_side_are_read_apart() -> None:
    rows = [
        [*FAIR, None, *EVENT],
        [*fair("甲"), None, *event("宣讲一")],
        [*fair("乙"), None, *event("宣讲二")],
        [*fair("丙"), None, None, None, None, None, None],
    ]
    outcome = ingest(book(("汇总", rows)))
    assert outcome.tables["job_fair"].num_rows == 3
    assert outcome.tables["event"].num_rows == 2


def test_one_table_printed_twice_side_by_side() -> None:
    rows = [[*EVENT, None, *EVENT], [*event("一"), None, *event("三")], [*event("二"), None, *event("四")]]
    outcome = ingest(book(("活动", rows)))
    assert sorted(row["event_name"] for row in outcome.tables["event"].to_pylist()) == sorted("一二三四")
    adjoining = [[*EVENT, *EVENT], [*event("一"), *event("三")], [*event("二"), *event("四")]]
    outcome = ingest(book(("活动", adjoining)))
    assert sorted(row["event_name"] for row in outcome.tables["event"].to_pylist()) == sorted("一二三四")


def test_helper_lists_beside_a_table_are_left_alone_and_said() -> None:
    rows = [
        [*FAIR, None, "县区名单"],
        [*fair("甲"), None, "渭滨区"],
        [*fair("乙"), None, "金台区"],
        [*[None] * 9, None, "陈仓区"],
    ]
    outcome = ingest(book(("招聘会", rows)))
    assert rows_loaded(outcome) == [2, 3]
    assert "SHEET-ASIDE" in codes(outcome)


def test_section_rows_give_their_county_and_month_to_the_rows_below() -> None:
    header = ["名称", "日期", "形式", "企业数", "岗位数", "人次"]
    rows = [
        ["2024年招聘会台账"],
        header,
        ["渭滨区"],
        ["甲", "3月1日", "线下", 10, 200, 100],
        ["凤翔县"],
        ["乙", "3月2日", "线下", 10, 200, 100],
        ["其他单位"],
        ["丙", "3月3日", "线下", 10, 200, 100],
    ]
    outcome = ingest(book(("招聘会", rows, ["A3:F3", "A5:F5", "A7:F7"])), unit="市总工会")
    counties = {row: record["county"] for (_, row), record in records(outcome).items()}
    assert counties == {4: "渭滨区", 6: "凤翔区", 8: "市本级"}


def test_a_month_that_only_a_section_row_names() -> None:
    rows = [["2024年宣讲活动台账"], EVENT, ["一、3月"], event("甲", "5日"), ["二、4月"], event("乙", "6日")]
    found = records(ingest(book(("宣讲", rows, ["A3:E3", "A5:E5"]))))
    assert (found["宣讲", 4]["start_date"], found["宣讲", 6]["start_date"]) == (
        dt.date(2024, 3, 5),
        dt.date(2024, 4, 6),
    )


def test_a_crosstab_is_recognised_and_refused_with_the_reason() -> None:
    months = ["县区", *(f"{n}月" for n in range(1, 13)), "合计"]
    rows = [
        ["2024年招聘会岗位数统计表"],
        months,
        *([name, *range(100, 112), 1266] for name in ("渭滨区", "金台区", "陈仓区")),
    ]
    outcome = ingest(book(("统计", rows)))
    assert outcome.report.state == "rejected"
    assert "SHEET-MATRIX" in codes(outcome)
    turned = [
        ["月份", "渭滨区", "金台区", "陈仓区", "凤翔区", "岐山县"],
        *([f"{n}月", 1, 2, 3, 4, 5] for n in range(1, 13)),
    ]
    assert "SHEET-MATRIX" in codes(ingest(book(("统计", turned))))


def test_a_form_with_its_headings_down_the_side_is_refused_with_the_reason() -> None:
    rows = [[label, value] for label, value in zip(FAIR, fair("甲"), strict=True)]
    assert "SHEET-TRANSPOSED" in codes(ingest(book(("登记表", rows))))


# -- merged cells ------------------------------------------------------------------------------------------------


def test_a_vertically_merged_county_is_the_county_of_all_its_rows_and_its_cell_is_remembered() -> None:
    rows = [FAIR, fair("甲"), fair("乙", county=None), fair("丙", county="金台区")]
    record = records(ingest(book(("招聘会", rows, ["C2:C3"]))))["招聘会", 3]
    assert (record["county"], record["cells"]) == ("渭滨区", {"county": "C2"})


def test_a_blank_county_that_is_not_merged_is_not_filled() -> None:
    rows = [FAIR, fair("甲"), fair("乙", county=None)]
    outcome = ingest(book(("招聘会", rows)))
    assert records(outcome)["招聘会", 3]["county"] is None
    assert "SHEET-COUNTY-BLANK" in codes(outcome)


def test_a_number_merged_over_several_rows_cannot_be_shared_out() -> None:
    rows = [FAIR, fair("甲", visits=500), fair("乙", visits=None), fair("丙")]
    outcome = ingest(book(("招聘会", rows, ["I2:I3"])))
    assert rows_held(outcome) == [2, 3]
    assert {one.cell for one in said(outcome, "VAL-MERGED-NUMBER")} == {"I2"}


# -- rows that are wrong ------------------------------------------------------------------------------------------


def test_a_row_shifted_by_one_column_is_held_back_with_that_reason() -> None:
    rows = [FAIR, fair("甲"), [None, *fair("乙")[:-1]], fair("丙")[1:]]
    outcome = ingest(book(("招聘会", rows)))
    assert rows_held(outcome) == [3, 4]
    assert {one.row for one in said(outcome, "ROW-SHIFTED")} == {3, 4}


def test_a_row_that_is_merely_wrong_is_not_called_shifted() -> None:
    rows = [FAIR, fair("甲", day="2024-02-30"), fair("乙", jobs="较多")]
    outcome = ingest(book(("招聘会", rows)))
    assert rows_held(outcome) == [2, 3]
    assert "ROW-SHIFTED" not in codes(outcome)


def test_every_wrong_cell_of_a_held_row_is_reported_and_the_row_kept_whole() -> None:
    rows = [FAIR, fair("甲", day="2024-02-30", jobs="较多")]
    outcome = ingest(book(("招聘会", rows)))
    assert outcome.report.state == "rejected"
    wrong = {one.cell: one for one in outcome.report.findings if one.severity == "error"}
    assert set(wrong) == {"B2", "H2"}
    assert wrong["H2"].raw == "较多"
    assert outcome.quarantine[0].cells["A"] == "甲"
    assert outcome.quarantine[0].cells["H"] == "较多"


def test_a_header_that_lies_is_noticed_from_its_values() -> None:
    rows = [[*FAIR, "签约人数"], *([*fair(name), "2024-05-06"] for name in "甲乙丙丁")]
    (found,) = said(ingest(book(("招聘会", rows))), "MAP-HEADER-LIES")
    assert (found.cell, found.field) == ("J1", "signed_n")


def test_an_unknown_word_in_an_optional_choice_is_a_warning_and_the_word_is_kept() -> None:
    rows = [[*FAIR, "专场类型"], [*fair("甲"), "残联专场"]]
    outcome = ingest(book(("招聘会", rows)))
    record = records(outcome)["招聘会", 2]
    assert record["theme_type"] is None
    assert record["extra"] == {"专场类型": "残联专场"}
    assert outcome.report.state == "accepted_with_warnings"


def test_a_broken_rule_holds_the_row_back_and_names_the_cell() -> None:
    rows = [[*FAIR, "达成意向人数"], [*fair("甲", visits=100), 150]]
    outcome = ingest(book(("招聘会", rows)))
    (found,) = said(outcome, "RULE-JOB-FAIR-INTENTION-OVER-VISITS")
    assert (found.cell, rows_held(outcome)) == ("J2", [2])


# -- year, unit, county -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "sheet", "file", "period", "line", "year"),
    [
        ("2024年活动台账", "Sheet1", "活动.xlsx", None, None, 2024),
        ("活动台账", "2024年", "活动.xlsx", None, None, 2024),
        ("活动台账", "Sheet1", "2024年活动.xlsx", None, None, 2024),
        ("活动台账", "Sheet1", "活动.xlsx", None, "填报时间：2024年7月5日", 2024),
        ("活动台账", "Sheet1", "活动.xlsx", "2024", None, 2024),
        ("二〇二四年活动台账", "Sheet1", "活动.xlsx", None, None, 2024),
        ("2024年活动台账", "Sheet1", "2023年活动.xlsx", None, None, None),
        ("活动台账", "Sheet1", "活动.xlsx", None, "填报时间：2025年1月5日", None),
        ("活动台账", "Sheet1", "活动.xlsx", None, None, None),
    ],
)
def test_the_year_of_a_date_without_one(
    title: str, sheet: str, file: str, period: str | None, line: str | None, year: int | None
) -> None:
    rows = [[title], [line], EVENT, event("甲", "5月6日"), event("乙", "2024-05-07")]
    outcome = ingest(book((sheet, rows, ["A1:E1"])), file, period=period)
    found = records(outcome)
    if year is None:
        assert rows_held(outcome) == [4]
    else:
        assert found[sheet, 4]["start_date"] == dt.date(year, 5, 6)


def test_years_that_contradict_each_other_are_said() -> None:
    rows = [["2024年活动台账"], EVENT, event("甲", "5月6日")]
    (found,) = said(ingest(book(("活动", rows, ["A1:E1"])), "2023年.xlsx"), "SHEET-YEAR-CONFLICT")
    assert "2024" in found.message
    assert "2023" in found.message


def test_one_sheet_a_month_takes_the_month_from_the_sheet() -> None:
    sheets = [(f"{n}月", [["2024年宣讲活动"], EVENT, event(f"宣讲{n}", "8日")], ["A1:E1"]) for n in (1, 2, 11)]
    found = records(ingest(book(*sheets), "2024年12月台账.xlsx"))
    assert {row["start_date"] for row in found.values()} == {dt.date(2024, n, 8) for n in (1, 2, 11)}


def test_the_county_comes_from_the_reporting_unit_when_there_is_no_column() -> None:
    header, row = [h for h in FAIR if h != "县区"], [v for h, v in zip(FAIR, fair("甲"), strict=True) if h != "县区"]
    outcome = ingest(book(("招聘会", [["填报单位：宝鸡市凤翔县总工会"], header, row])))
    assert records(outcome)["招聘会", 3]["county"] == "凤翔区"
    outcome = ingest(book(("招聘会", [["凤县总工会招聘会台账"], header, row])), unit="陇县总工会")
    assert records(outcome)["招聘会", 3]["county"] is None
    assert "SHEET-COUNTY-CONFLICT" in codes(outcome)


def test_a_sheet_named_after_a_county_is_that_countys_though_the_city_compiled_it() -> None:
    header, row = [h for h in FAIR if h != "县区"], [v for h, v in zip(FAIR, fair("甲"), strict=True) if h != "县区"]
    sheets = [(name, [["填报单位：宝鸡市总工会"], header, row]) for name in ("陇县", "凤县")]
    found = records(ingest(book(*sheets)))
    assert {sheet: record["county"] for (sheet, _), record in found.items()} == {"陇县": "陇县", "凤县": "凤县"}


def test_an_organizer_that_the_table_lacks_is_the_reporting_unit() -> None:
    header = [name for name in EVENT if name != "主办单位"]
    row = ["甲", "宣讲", "2024-05-06", 30]
    outcome = ingest(book(("活动", [["填报单位：陇县总工会（盖章）"], header, row])))
    assert records(outcome)["活动", 3]["organizer"] == "陇县总工会"
    outcome = ingest(book(("活动", [["活动台账"], header, row])))
    (found,) = said(outcome, "MAP-REQUIRED-MISSING")
    assert "主办单位" in found.message
    assert "--unit" in found.hint


# -- mapping, as the whole pipeline shows it ----------------------------------------------------------------------


def test_unmapped_columns_are_listed_and_kept_with_each_record() -> None:
    rows = [["序号", *FAIR, "天气"], [1, *fair("甲"), "晴"], [2, *fair("乙"), None]]
    outcome = ingest(book(("招聘会", rows)))
    assert [(one.column, one.header) for one in outcome.report.sheets[0].unmapped] == [("A", "序号"), ("K", "天气")]
    found = records(outcome)
    assert found["招聘会", 2]["extra"] == {"天气": "晴"}
    assert found["招聘会", 3]["extra"] is None


def test_a_missing_required_column_stops_the_sheet_and_names_the_nearest_header() -> None:
    header = [*FAIR[:7], "岗位个数", "服务人次"]
    outcome = ingest(book(("招聘会", [header, fair("甲")])))
    assert outcome.report.state == "rejected"
    (found,) = said(outcome, "MAP-REQUIRED-MISSING")
    assert "提供岗位数" in found.message
    assert "岗位个数" in found.message
    assert "--set jobs_n=" in found.hint


def test_constants_fill_columns_that_the_workbook_lacks_and_only_those() -> None:
    header = ["招聘会名称", "举办日期", "主办单位", "参会企业数", "提供岗位数", "服务人次"]
    row = ["甲", "2024-05-06", "渭滨区总工会", 20, 300, 200]
    outcome = ingest(book(("招聘会", [header, row])), constants={"mode": "现场", "jobs_n": "9"})
    record = records(outcome)["招聘会", 2]
    assert (record["mode"], record["jobs_n"]) == ("线下", 300)
    assert "MAP-CONSTANT-UNUSED" in codes(outcome)


@pytest.mark.parametrize("constants", [{"mode": "空中"}, {"no_such_field": "1"}])
def test_a_constant_that_cannot_be_meant_stops_the_file(constants: dict[str, str]) -> None:
    outcome = ingest(book(("招聘会", [FAIR, fair("甲")])), constants=constants)
    assert outcome.report.state == "rejected"
    assert codes(outcome) == {"MAP-CONSTANT-INVALID"}


def test_a_confirmed_profile_is_used_for_exactly_its_header() -> None:
    header = [*FAIR[:7], "岗位盘子", "来了多少人"]
    content = book(("招聘会", [header, fair("甲")]))
    refused = ingest(content)
    profile = {"岗位盘子": "jobs_n", "来了多少人": "visits_total"}
    print_of = refused.report.sheets[0].fingerprint
    outcome = ingest(content, profiles={print_of: profile})
    record = records(outcome)["招聘会", 2]
    assert (record["jobs_n"], record["visits_total"]) == (300, 200)
    assert {one.how for one in outcome.report.sheets[0].mapping if one.field in profile.values()} == {"profile"}
    assert ingest(content, profiles={"0" * 32: profile}).report.state == "rejected"


def test_a_suggestion_is_applied_only_when_it_is_accepted() -> None:
    header = [*FAIR[:7], "提供岗位总数", "服务人次"]
    content = book(("招聘会", [header, fair("甲")]))
    assert ingest(content).report.state == "rejected"
    outcome = ingest(content, accept_suggestions=True)
    assert records(outcome)["招聘会", 2]["jobs_n"] == 300
    assert [one.how for one in outcome.report.sheets[0].mapping if one.field == "jobs_n"] == ["suggested"]
    assert "MAP-SUGGESTED" in codes(outcome)


# -- which ledger -------------------------------------------------------------------------------------------------


def test_a_table_of_something_else_is_refused_and_not_forced() -> None:
    rows = [["货物名称", "数量", "单价", "日期", "备注"], ["办公桌", 3, 450, "2024-05-06", ""]]
    outcome = ingest(book(("采购", rows)))
    assert outcome.report.state == "rejected"
    assert "SHEET-NOT-A-LEDGER" in codes(outcome)
    assert outcome.report.sheets[0].ledger is None


def test_a_sheet_of_notes_beside_a_ledger_does_not_spoil_the_file() -> None:
    outcome = ingest(
        book(("填报说明", [["一、请如实填报。"], ["二、每月5日前报送。"]]), ("招聘会", [FAIR, fair("甲")]), ("空", []))
    )
    assert rows_loaded(outcome) == [2]
    assert outcome.report.state in {"accepted", "accepted_with_warnings"}
    assert "SHEET-EMPTY" in codes(outcome)


def test_a_job_fair_table_that_lacks_a_column_is_not_taken_for_an_event_table() -> None:
    header = ["名称", "日期", "类型", "主办单位", "企业数", "岗位数", "人次"]
    outcome = ingest(
        book(("Sheet1", [["2024年招聘会台账"], header, ["甲", "2024-05-06", "综合", "渭滨区总工会", 20, 300, 200]]))
    )
    assert outcome.tables == {}
    (found,) = said(outcome, "MAP-REQUIRED-MISSING")
    assert "招聘会台账" in found.message


def test_a_ledger_that_was_named_is_used_for_every_sheet_with_a_plausible_header() -> None:
    header = ["名称", "日期", "类别", "主办", "人次"]
    rows = [header, ["甲", "2024-05-06", "宣讲", "渭滨区总工会", 30]]
    other = [["品名", "数量", "单价"], ["桌子", 1, 2]]
    outcome = ingest(book(("一", rows), ("二", other)), ledger="event")
    assert set(outcome.tables) == {"event"}
    assert [sheet.ledger for sheet in outcome.report.sheets] == ["event", None]


def test_a_ledger_that_does_not_exist_is_said() -> None:
    outcome = ingest(book(("一", [FAIR, fair("甲")])), ledger="payroll")
    assert outcome.report.state == "rejected"


# -- duplicates ---------------------------------------------------------------------------------------------------


def test_of_identical_rows_the_first_counts() -> None:
    outcome = ingest(book(("一", [FAIR, fair("甲"), fair("甲")]), ("二", [FAIR, fair("甲")])))
    assert list(records(outcome)) == [("一", 2)]
    assert [(row.sheet, row.row) for row in outcome.quarantine] == [("一", 3), ("二", 2)]
    assert {one.severity for one in said(outcome, "DUP-SAME-RECORD")} == {"warning"}


def test_of_rows_with_one_key_and_different_content_the_later_stands() -> None:
    outcome = ingest(book(("一", [FAIR, fair("甲", jobs=300), fair("甲", jobs=350)])))
    assert records(outcome)["一", 3]["jobs_n"] == 350
    assert rows_held(outcome) == [2]
    assert [one.row for one in said(outcome, "DUP-SAME-KEY")] == [2, 3]


def test_rows_that_nothing_tells_apart_are_said_to_need_the_missing_part_of_their_key() -> None:
    header = ["培训名称", "培训类别", "开班日期", "主办单位", "参训人次"]
    rows = [
        header,
        ["电工班", "电工", "2024-05-06", "渭滨区总工会", 30],
        ["电工班", "电工", "2024-05-06", "渭滨区总工会", 45],
    ]
    outcome = ingest(book(("培训", rows)))
    assert rows_held(outcome) == [2]
    assert all("期次" in one.hint for one in said(outcome, "DUP-SAME-KEY"))


def test_the_same_course_on_the_same_day_in_two_counties_is_two_records() -> None:
    header = ["县区", "培训名称", "培训类别", "开班日期", "主办单位", "参训人次"]
    rows = [
        header,
        ["渭滨区", "电工班", "电工", "2024-05-06", "市总工会", 30],
        ["金台区", "电工班", "电工", "2024-05-06", "市总工会", 45],
    ]
    outcome = ingest(book(("培训", rows)))
    assert rows_loaded(outcome) == [2, 3]
    assert len(set(outcome.tables["training"].column("record_id").to_pylist())) == 2


def test_a_near_match_is_loaded_and_said_on_both_rows() -> None:
    outcome = ingest(book(("一", [FAIR, fair("春风行动大型招聘会"), fair("春风行动大型招聘会议")])))
    assert rows_loaded(outcome) == [2, 3]
    assert [one.row for one in said(outcome, "DUP-NEAR")] == [2, 3]


def test_the_identity_of_a_record_does_not_hang_on_spelling_or_file() -> None:
    first = ingest(book(("一", [FAIR, fair("甲 场", county="凤翔县")])))
    second = ingest(book(("二", [FAIR, [], fair("甲场", day=dt.date(2024, 5, 6), county="凤翔区", jobs=999)])))
    assert first.tables["job_fair"].column("record_id") == second.tables["job_fair"].column("record_id")


# -- privacy ------------------------------------------------------------------------------------------------------


def test_personal_columns_and_numbers_leave_no_trace() -> None:
    identity, phone = "110101199003074477", "13800138000"
    rows = [
        [*FAIR, "联系电话", "身份证号", "备注", "线索"],
        [*fair("甲"), phone, identity, f"联系人{phone}", f"见{identity}"],
        [*fair("乙", jobs="较多"), phone, identity, f"联系人{phone}", None],
        [*fair("丙", jobs=phone), None, None, None, None],
    ]
    outcome = ingest(book(("招聘会", rows)))
    assert {"J1", "K1"} <= {one.cell for one in said(outcome, "PRIV-COLUMN-DROPPED")}
    everything = (
        repr(outcome.report) + repr([table.to_pylist() for table in outcome.tables.values()]) + repr(outcome.quarantine)
    )
    assert identity not in everything
    assert phone not in everything
    assert "已隐去" in everything


# -- whole files --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content", [b"", b"\x00" * 100, b"PK\x03\x04broken", b"<html>", b"\xd0\xcf\x11\xe0" + b"\0" * 600]
)
def test_a_file_that_cannot_be_opened_ends_in_a_state_with_a_reason(content: bytes) -> None:
    outcome = read(content, IngestOptions("坏.xlsx", dt.date(2025, 1, 1)))
    assert outcome.report.state in {"unreadable", "rejected"}
    assert outcome.report.findings[0].hint


def test_an_empty_template_loads_nothing_and_says_so() -> None:
    outcome = ingest(book(("招聘会", [["2024年招聘会台账"], FAIR])))
    assert outcome.report.state == "rejected"
    assert {"SHEET-NO-ROWS", "FILE-NOTHING-LOADED"} <= codes(outcome)


def test_states_follow_from_what_was_loaded_and_held() -> None:
    assert ingest(book(("一", [FAIR, fair("甲")]))).report.state == "accepted"
    assert ingest(book(("一", [FAIR, fair("甲", day="2024年5月")]))).report.state == "accepted_with_warnings"
    assert ingest(book(("一", [FAIR, fair("甲"), fair("乙", jobs="较多")]))).report.state == "partially_accepted"
    assert ingest(book(("一", [FAIR, fair("乙", jobs="较多")]))).report.state == "rejected"


CELLS = st.one_of(
    st.none(),
    st.sampled_from(
        [
            "",
            "合计",
            "小计",
            "注：",
            "渭滨区",
            "3月",
            "线下",
            "较多",
            "500多",
            "2024-05-06",
            "5月6日",
            "#REF!",
            "/",
            "1",
            "招聘会名称",
            "填报单位：",
            "一、",
        ]
    ),
    st.integers(-5, 50000),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.dates(dt.date(1995, 1, 1), dt.date(2030, 1, 1)),
    st.booleans(),
)


@given(st.lists(st.lists(CELLS, min_size=0, max_size=11), max_size=14), st.integers(0, 6))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_stands_in_a_sheet_every_row_is_accounted_for(rows: list[list[Any]], header_at: int) -> None:
    rows = [*rows[:header_at], FAIR, *rows[header_at:]]
    outcome = ingest(book(("一", rows)))
    for sheet in outcome.report.sheets:
        if sheet.ledger is not None and sheet.last_row is not None:
            assert sheet.counts.read == sheet.last_row - sheet.header_rows[-1]
    loaded = {(sheet, row) for sheet, row in records(outcome)}
    held = {(row.sheet, row.row) for row in outcome.quarantine}
    assert not loaded & held


def test_the_fingerprint_is_that_of_the_header_alone() -> None:
    first = ingest(book(("一", [FAIR, fair("甲")]))).report.sheets[0].fingerprint
    second = ingest(book(("二", [["标题"], [name + "\n" for name in FAIR], fair("乙")]))).report.sheets[0].fingerprint
    third = ingest(book(("一", [FAIR[::-1], fair("甲")[::-1]]))).report.sheets[0].fingerprint
    assert first == second != third
    assert callable(fingerprint)


def test_forms_of_several_offices_pasted_under_each_other_keep_their_own_unit() -> None:
    header = [name for name in EVENT if name != "主办单位"]
    rows: list[list[Any]] = []
    for county in ("渭滨区", "陇县"):
        rows += [
            ["2024年活动台账"],
            [f"填报单位：{county}总工会"],
            header,
            [f"{county}宣讲", "宣讲", "5月6日", 30],
            ["合计", None, None, 30],
        ]
    found = records(ingest(book(("汇总", rows, ["A1:D1", "A6:D6"]))))
    units = {row: (one["reporting_unit"], one["county"], one["organizer"]) for (_, row), one in found.items()}
    assert units == {4: ("渭滨区总工会", "渭滨区", "渭滨区总工会"), 9: ("陇县总工会", "陇县", "陇县总工会")}


def test_prefilled_rows_under_a_merged_county_are_blank() -> None:
    empty = [None] * 7 + [0, 0]
    rows = [FAIR, fair("甲"), empty, empty, fair("乙", county="金台区")]
    outcome = ingest(book(("招聘会", rows, ["C2:C4"])))
    assert rows_loaded(outcome) == [2, 5]
    assert rows_held(outcome) == []


def test_two_sayings_of_an_end_date_must_agree() -> None:
    rows = [
        [*FAIR, "结束日期"],
        [*fair("甲", day="2024年7月10日-12日"), "2024-07-15"],
        [*fair("乙", day="2024年7月10日-12日"), "2024-07-12"],
    ]
    outcome = ingest(book(("招聘会", rows)))
    assert rows_held(outcome) == [2]
    assert {one.cell for one in said(outcome, "VAL-DATE-END-CONFLICT")} == {"J2"}


def test_a_deadline_without_a_year_is_of_the_year_its_item_was_found_in_if_that_can_be() -> None:
    header = ["编号", "问题来源", "发现时间", "具体问题", "整改措施", "责任科室", "整改时限", "完成情况"]
    item = ["督查", "2024-11-05", "略", "略", "办公室"]
    rows = [header, ["1", *item, "12月底前", "整改中"], ["2", *item, "1月底前", "整改中"]]
    outcome = ingest(book(("整改清单", rows)))
    assert records(outcome)["整改清单", 2]["deadline"] == dt.date(2024, 12, 31)
    assert rows_held(outcome) == [3]


def test_events_that_their_names_number_apart_are_not_alike() -> None:
    outcome = ingest(book(("一", [FAIR, fair("春风行动大型招聘会第3场"), fair("春风行动大型招聘会第5场")])))
    assert "DUP-NEAR" not in codes(outcome)


def test_a_table_of_another_ledger_than_the_one_named_is_said_to_be_that() -> None:
    outcome = ingest(book(("招聘会", [FAIR, fair("甲")])), ledger="training")
    assert outcome.report.state == "rejected"
    (found,) = said(outcome, "SHEET-OTHER-LEDGER")
    assert "招聘会台账" in found.message


def test_group_words_units_and_listed_choices_are_read_as_a_person_reads_them() -> None:
    rows = [
        ["招聘会名称", "时间及地点", None, "形式（线上/线下）", "主办单位\n（全称）", "参会情况", None, None],
        [None, "时间", "地点", None, None, "企业（家）", "岗位（个）", "求职（人次）"],
        ["甲", "2024-05-06", "广场", "线下", "陇县总工会", 20, 300, 200],
    ]
    outcome = ingest(book(("Sheet1", rows, ["A1:A2", "B1:C1", "D1:D2", "E1:E2", "F1:H1"])))
    record = records(outcome)["Sheet1", 3]
    assert (record["employers_n"], record["jobs_n"], record["visits_total"]) == (20, 300, 200)
    assert (record["venue"], record["mode"]) == ("广场", "线下")


def test_a_bracket_that_narrows_a_heading_is_never_dropped() -> None:
    rows = [[*FAIR[:8], "服务人次（农民工/新就业形态）"], fair("甲")]
    (found,) = said(ingest(book(("招聘会", rows))), "MAP-REQUIRED-MISSING")
    assert "服务人次" in found.message


def test_too_little_memory_is_no_fault_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(pipeline, "find_tables", lacking)
    with pytest.raises(MemoryError):
        read("台账\n甲".encode(), IngestOptions("台账.csv", dt.date(2025, 1, 1)))
