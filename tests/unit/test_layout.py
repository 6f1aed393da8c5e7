from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from handmade import FAIR, fair, sheet_of

from analytics.etl.body import Body, read_body
from analytics.etl.grid import Sheet
from analytics.etl.headers import Vocabulary, heading, unit_of
from analytics.etl.layout import Layout, find_tables
from analytics.etl.metadata import counties_named, is_meta, month_in, read_lines, unit_line, unit_named, years_in
from analytics.etl.wording import is_example, is_footer, total_label
from analytics.ledgers.model import geography, ledgers

VOCABULARY = Vocabulary(ledgers())


def layout_of(rows: Sequence[Sequence[Any]], merges: Sequence[str] = ()) -> Layout:
    return find_tables(sheet_of(rows, merges), VOCABULARY, geography())


def body_of(rows: Sequence[Sequence[Any]], merges: Sequence[str] = ()) -> Body:
    sheet = sheet_of(rows, merges)
    (table,) = find_tables(sheet, VOCABULARY, geography()).tables
    return read_body(sheet, table, geography())


def paths(rows: Sequence[Sequence[Any]], merges: Sequence[str] = ()) -> list[str]:
    (table,) = layout_of(rows, merges).tables
    return [column.display for column in table.columns]


# -- headings ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "name", "unit"),
    [
        ("提供岗位数（个）", "提供岗位数", "个"),
        ("提供\n岗位数\n(个)", "提供岗位数", "个"),
        ("　提 供 岗 位 数　", "提供岗位数", None),
        ("3.提供岗位数", "提供岗位数", None),
        ("*提供岗位数（必填）", "提供岗位数", None),
        ("举办日期（如：2024-01-01）", "举办日期", None),
        ("满意度（%）", "满意度", "%"),
        ("经费/万元", "经费", "万元"),
        ("经费（单位：万元）", "经费", "万元"),
        ("培训经费万元", "培训经费", "万元"),
    ],
)
def test_a_heading_is_the_same_however_it_is_written(written: str, name: str, unit: str | None) -> None:
    head = heading(written)
    assert head.forms[-1] == name
    assert head.unit == unit


def test_a_bracket_that_says_what_is_counted_stays_part_of_the_name() -> None:
    assert VOCABULARY.named_by("培训人数（去重）") == {("training", "trained_persons")}
    assert ("training", "trained_visits") in VOCABULARY.named_by("培训人数（人）")
    assert VOCABULARY.named_by("服务人次（其中农民工）") == frozenset()


def test_a_unit_is_told_from_a_name() -> None:
    assert unit_of("（万元）") == "万元"
    assert unit_of("人次") == "人次"
    assert unit_of("人数") is None


# -- lines around the table ----------------------------------------------------------------------------------------


def test_filler_lines_are_read_wherever_the_value_stands() -> None:
    one = read_lines([["填报单位（盖章）：陇县总工会　　填报人：甲　填报时间：2024年7月5日"]])
    assert (one.unit, one.reported_raw) == ("陇县总工会", "2024年7月5日")
    apart = read_lines([["填报单位：", "陇县总工会", "", "填报日期:", "2024-07-05"]])
    assert (apart.unit, apart.reported_raw) == ("陇县总工会", "2024-07-05")
    spaced = read_lines([["填 报 单 位：陇县总工会（公章）"]])
    assert spaced.unit == "陇县总工会"


def test_a_unit_line_is_not_a_reporting_unit() -> None:
    assert unit_line("单位：人、场次") == ["人", "场次"]
    assert unit_line("（单位：万元）") == ["万元"]
    assert unit_line("单位：陇县总工会") is None
    assert read_lines([["单位：人、场次"]]).unit is None
    assert read_lines([["单位：陇县总工会"]]).unit == "陇县总工会"
    assert read_lines([["金额单位：万元"]]).money_unit == "万元"


def test_signature_lines_are_known() -> None:
    known = ("填报人：甲", "审核人： 乙  填报时间：", "（盖章）", "填报单位（盖章）")
    assert all(is_meta(text) for text in known)
    assert not any(is_meta(text) for text in ("填报单位", "负责人", "审核通过的项目", "合计"))


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("2024年招聘会台账", {2024}),
        ("招聘会202407", {2024}),
        ("20240715报送", {2024}),
        ("二〇二四年度台账", {2024}),
        ("24年台账", {2024}),
        ("2023—2024年台账", {2023, 2024}),
        ("电话13820240000", set()),
        ("台账", set()),
    ],
)
def test_years_in_titles(text: str, years: set[int]) -> None:
    assert years_in(text) == years


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("7月", 7),
        ("一月份", 1),
        ("2024年十二月台账", 12),
        ("2024-07台账", 7),
        ("1-3月汇总", None),
        ("一月至三月", None),
        ("7月、8月", None),
        ("截至7月31日", None),
        ("台账", None),
    ],
)
def test_the_month_of_a_sheet(text: str, month: int | None) -> None:
    assert month_in(text) == month


def test_places_in_titles_are_taken_only_in_full() -> None:
    known = geography()
    assert counties_named("凤县总工会台账", known) == ["凤县"]
    assert counties_named("凤翔总工会台账", known) == ["凤翔区"]
    assert counties_named("高新技术企业专场招聘会", known) == []
    assert counties_named("渭滨区、金台区招聘会", known) == ["渭滨区", "金台区"]
    assert unit_named("陇县总工会2024年台账", known) == "陇县总工会"


# -- wording -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("合计", "grand"), ("总　计", "grand"), ("小 计", "group"), ("渭滨区小计", "group"), ("7月合计", "group"),
        ("本页小计", "page"), ("累计", "running"), ("合计：", "grand"), ("合计（人次）", "grand"),
    ],
)  # fmt: skip
def test_total_labels(text: str, level: str) -> None:
    found = total_label(text)
    assert found is not None
    assert found[1] == level


@pytest.mark.parametrize(
    "text", ["合计大厦", "总计划", "小计算机培训班", "统计局", "会计电算化", "设计师", "计划", None, 12]
)
def test_names_are_no_total_labels(text: Any) -> None:
    assert total_label(text) is None


def test_footers_and_examples_are_known_by_their_wording() -> None:
    assert all(is_footer(text) for text in ("注：含线上", "备注：无", "填写要求：1.", "说明：略", "注:1", "以下空白"))
    assert not any(is_footer(text) for text in ("备注", "注册会计师培训", "说明会", "本市招聘会"))
    assert all(is_example(text) for text in ("示例", "例：春风行动", "（样例）", "填写示例"))
    assert not any(is_example(text) for text in ("例会", "示范区招聘会", "案例"))


# -- the header ----------------------------------------------------------------------------------------------------


def test_a_title_is_not_a_group_over_the_header() -> None:
    (table,) = layout_of([["附件1"], ["2024年招聘会台账"], FAIR, fair("甲")], ["A2:I2"]).tables
    assert (table.top, table.bottom, table.above) == (2, 2, (0, 1))


def test_merged_groups_become_paths() -> None:
    rows = [
        ["名称", "服务人次", None, None],
        [None, "合计", "其中：", None],
        [None, None, "农民工", "新就业形态"],
        ["甲", 10, 5, 2],
    ]
    found = paths([["2024年招聘会台账"], *rows], ["A1:D1", "A2:A4", "B2:D2", "B3:B4", "C3:D3"])
    assert found == ["名称", "服务人次/合计", "服务人次/其中：/农民工", "服务人次/其中：/新就业形态"]


def test_a_row_of_numbers_under_the_header_belongs_to_it() -> None:
    rows = [FAIR, list(range(1, 10)), fair("甲")]
    (table,) = layout_of(rows).tables
    assert (table.bottom, table.numbering) == (1, frozenset({1}))


def test_the_first_record_is_not_taken_into_the_header() -> None:
    rows = [
        ["活动名称", "活动类型", "活动日期", "主办单位"],
        ["宣讲", "宣讲", "5月6日", "陇县总工会"],
        ["乙", "宣讲", "5月7日", "陇县总工会"],
    ]
    (table,) = layout_of(rows).tables
    assert table.bottom == 0


def test_a_vertical_merge_that_reaches_into_the_total_row_does_not_take_it_into_the_header() -> None:
    rows = [
        ["序号", "招聘会名称", "举办日期", "举办方式", "备注"],
        [None] * 5,
        ["总合计", None, None, 12, None],
        [1, "甲", "2024-05-06", "线下", None],
    ]
    (table,) = layout_of(rows, ["A1:A2", "B1:B2", "C1:C2", "D1:D2", "E1:E3"]).tables
    assert (table.top, table.bottom) == (0, 1)


def test_a_table_may_begin_anywhere() -> None:
    rows = [[], [None, None, *FAIR], [None, None, *fair("甲")]]
    (table,) = layout_of(rows).tables
    assert (table.top, table.left, table.right) == (1, 2, 10)


def test_a_data_column_without_a_header_is_part_of_the_table() -> None:
    rows = [[*FAIR, None], [*fair("甲"), "晴"], [*fair("乙"), "雨"]]
    (table,) = layout_of(rows).tables
    assert table.right == 9


def test_an_empty_sheet_and_a_sheet_of_prose_have_no_tables() -> None:
    assert find_tables(Sheet("空", 0, [["", ""], [" ", ""]]), VOCABULARY, geography()).kind == "empty"
    assert layout_of([["关于做好台账报送工作的通知"], ["各县区总工会："]]).kind == "unknown"


# -- the body ------------------------------------------------------------------------------------------------------


def test_the_words_of_a_choice_are_no_repeated_header() -> None:
    rows = [
        ["招聘会名称", "举办日期", "举办方式", "线上", "线下"],
        ["甲", "2024-05-06", "线下", 0, 5],
        ["乙", "2024-05-07", "线上", 3, 0],
    ]
    assert body_of(rows).data == [1, 2]


def test_a_group_heading_that_also_totals_its_rows_is_a_subtotal_and_a_section() -> None:
    header = ["序号", "招聘会名称", "举办日期", "参会企业数", "提供岗位数"]
    rows = [header, ["一", "渭滨区", None, 22, 620], [1, "甲", "2024-05-06", 10, 300], [2, "乙", "2024-05-07", 12, 320]]
    body = body_of(rows)
    assert body.data == [2, 3]
    assert body.other == {1: "subtotal"}
    assert body.sections == [(1, "渭滨区")]


def test_every_row_below_the_header_is_judged_once() -> None:
    rows = [FAIR, fair("甲"), [], ["小计", *[None] * 5, 1, 2, 3], ["注：略"], fair("乙"), ["……"], FAIR, fair("丙")]
    body = body_of(rows)
    assert sorted([*body.data, *body.other]) == list(range(1, 9))
    assert body.other == {2: "blank", 3: "subtotal", 4: "note", 6: "note", 7: "repeated_header"}


def test_a_wide_table_is_not_mistaken_for_sparse() -> None:
    rows = [[*FAIR, *[f"备用{n}" for n in range(30)]], fair("甲"), fair("乙")]
    assert body_of(rows).data == [1, 2]
