from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from handmade import FAIR, fair, sheet_of

from analytics.etl.headers import Vocabulary
from analytics.etl.layout import Table, find_tables
from analytics.etl.mapping import Choice, LedgerMapping, choose_ledger, fingerprint, map_columns
from analytics.ledgers.model import geography, ledgers

VOCABULARY = Vocabulary(ledgers())


def table_of(rows: Sequence[Sequence[Any]], merges: Sequence[str] = ()) -> tuple[Table, dict[int, list[Any]]]:
    sheet = sheet_of(rows, merges)
    (table,) = find_tables(sheet, VOCABULARY, geography()).tables
    body = sheet.rows[table.bottom + 1 :]
    return table, {column.index: [row[column.index] for row in body] for column in table.columns}


def mapped(ledger: str, rows: Sequence[Sequence[Any]], merges: Sequence[str] = (), **options: Any) -> LedgerMapping:
    table, samples = table_of(rows, merges)
    return map_columns(table, ledgers()[ledger], VOCABULARY, samples, **options)


def fields(mapping: LedgerMapping) -> dict[str, str]:
    return {name: "+".join(column.display for column in one.columns) for name, one in mapping.assigned.items()}


def chosen(
    header: Sequence[str], *, title: str = "", sheet: str = "Sheet1", row: Sequence[Any] | None = None
) -> Choice:
    table, samples = table_of([header, row or ["甲"] * len(header)])
    every = [map_columns(table, ledger, VOCABULARY, samples, has_unit=True) for ledger in ledgers().values()]
    return choose_ledger(every, VOCABULARY, titles=[title], sheet_name=sheet, file_name="a.xlsx", forced=False)


def test_labels_are_exact_and_other_declared_words_are_synonyms() -> None:
    mapping = mapped("job_fair", [["招聘会名称", "时间", "提供岗位数（个）", "用工企业"], ["甲", "2024-05-06", 1, 2]])
    assert {name: one.how for name, one in mapping.assigned.items()} == {
        "fair_name": "exact",
        "fair_date": "synonym",
        "jobs_n": "exact",
        "employers_n": "synonym",
    }


def test_the_better_claim_wins_and_the_other_column_is_said_not_lost() -> None:
    mapping = mapped("job_fair", [["名称", "招聘会名称", "举办日期", "岗位数"], ["春风", "甲", "2024-05-06", 1]])
    assert fields(mapping)["fair_name"] == "招聘会名称"
    assert [(lost.column.display, lost.field, lost.winner.display) for lost in mapping.lost] == [
        ("名称", "fair_name", "招聘会名称")
    ]
    assert [column.display for column in mapping.unmapped] == ["名称"]


def test_of_two_equal_claims_the_column_whose_values_fit_wins() -> None:
    mapping = mapped(
        "event", [["活动名称", "活动类型", "时间", "日期"], *([n, "宣讲", "下午三点", "2024-05-06"] for n in "甲乙丙")]
    )
    assert fields(mapping)["start_date"] == "日期"


def test_a_serial_number_is_the_item_number_only_where_nothing_better_is() -> None:
    serial = mapped("rectification", [["序号", "发现时间", "问题描述"], [1, "2024-05-06", "略"]])
    assert fields(serial)["item_no"] == "序号"
    better = mapped("rectification", [["序号", "问题编号", "发现时间", "问题描述"], [1, "A-1", "2024-05-06", "略"]])
    assert fields(better)["item_no"] == "问题编号"
    assert better.lost == []
    assert [column.display for column in better.serial] == ["序号"]
    assert [
        column.display for column in mapped("event", [["序号", "活动名称", "活动类型"], [1, "甲", "宣讲"]]).serial
    ] == ["序号"]


def test_a_group_of_unnamed_parts_is_joined_where_the_ledger_says_so() -> None:
    rows = [
        ["序号", "发现时间", "问题描述", "整改责任单位", None, "整改责任人"],
        [None, None, None, "牵头", "配合", None],
        [1, "2024-05-06", "略", "办公室", "财务部", "某某"],
    ]
    mapping = mapped("rectification", rows, ["A1:A2", "B1:B2", "C1:C2", "D1:E1", "F1:F2"])
    assert fields(mapping)["resp_unit"] == "整改责任单位/牵头+整改责任单位/配合"
    assert fields(mapping)["resp_person"] == "整改责任人"


def test_a_dates_group_over_start_and_end() -> None:
    rows = [
        ["活动名称", "活动类型", "活动时间", None],
        [None, None, "开始", "结束"],
        ["甲", "宣讲", "2024-05-06", "2024-05-07"],
    ]
    found = fields(mapped("event", rows, ["A1:A2", "B1:B2", "C1:D1"]))
    assert (found["start_date"], found["end_date"]) == ("活动时间/开始", "活动时间/结束")


def test_a_flat_among_column_belongs_to_the_column_before_it() -> None:
    header = ["招聘会名称", "服务人次", "其中：农民工", "达成意向人数", "其中：农民工"]
    mapping = mapped("job_fair", [header, ["甲", 200, 100, 60, 45]])
    assert mapping.assigned["migrant_visits"].columns[0].index == 2
    assert [column.index for column in mapping.unmapped] == [4]
    lone = mapped("job_fair", [["招聘会名称", "达成意向人数", "其中：农民工"], ["甲", 60, 45]])
    assert "migrant_visits" not in lone.assigned
    assert [(name, group) for _, name, group in lone.astray] == [("migrant_visits", "intention_n")]


def test_a_short_word_under_a_group_of_something_else_is_not_taken() -> None:
    rows = [
        ["招聘会名称", "举办日期", "参会企业", None],
        [None, None, "名称", "地点"],
        ["甲", "2024-05-06", "某公司", "某路"],
    ]
    found = fields(mapped("job_fair", rows, ["A1:A2", "B1:B2", "C1:D1"]))
    assert found["fair_name"] == "招聘会名称"
    assert "venue" not in found


def test_a_likeness_is_only_ever_suggested() -> None:
    mapping = mapped("training", [["培训名称", "培训日程", "参训人次"], ["甲", "2024-05-06", 3]])
    assert "培训日程" in [column.display for column in mapping.unmapped]
    (offered,) = mapping.suggestions.values()
    assert offered[0][1] < 100
    assert {"start_date", "batch_no"} & {name for name, _ in offered}


def test_a_suggestion_whose_values_do_not_fit_is_not_accepted() -> None:
    header = [*FAIR[:7], "提供岗位总数", "服务人次"]
    wrong = mapped("job_fair", [header, fair("甲", jobs="线下"), fair("乙", jobs="线上")], accept_suggestions=True)
    assert "jobs_n" not in wrong.assigned
    right = mapped("job_fair", [header, fair("甲"), fair("乙")], accept_suggestions=True)
    assert right.assigned["jobs_n"].how == "suggested"


def test_a_profile_may_also_say_that_a_column_is_nothing() -> None:
    rows = [["招聘会名称", "备注"], ["甲", "略"]]
    mapping = mapped("job_fair", rows, profile={"备注": ""})
    assert set(mapping.assigned) == {"fair_name"}


def test_a_merged_heading_over_two_columns_names_the_first() -> None:
    mapping = mapped("event", [["活动名称", None, "活动类型"], ["甲", None, "宣讲"]], ["A1:B1", "A2:B2"])
    assert mapping.assigned["event_name"].columns[0].index == 0
    assert mapping.lost == []


def test_required_columns_may_come_from_constants_defaults_or_the_reporting_unit() -> None:
    rows = [["活动名称", "活动日期"], ["甲", "2024-05-06"]]
    assert [column.name for column in mapped("event", rows).missing] == ["event_type", "organizer"]
    assert mapped("event", rows, given=frozenset({"event_type"}), has_unit=True).complete


def test_the_fingerprint_does_not_hang_on_line_breaks() -> None:
    first, _ = table_of([FAIR, fair("甲")])
    second, _ = table_of([["标题"], [f" {name}\n" for name in FAIR], fair("乙")])
    assert fingerprint(first) == fingerprint(second)


def test_the_ledger_is_the_one_whose_columns_the_table_has() -> None:
    fair_like = chosen(["名称", "时间", "类型", "形式", "企业数", "岗位数", "人次"])
    assert fair_like.mapping is not None
    assert fair_like.mapping.ledger.id == "job_fair"
    course_like = chosen(["培训课程", "工种", "时间", "培训人次", "课时"])
    assert course_like.mapping is not None
    assert course_like.mapping.ledger.id == "training"


def test_a_title_decides_nothing_against_missing_columns() -> None:
    choice = chosen(["名称", "时间", "类型", "人次"], title="2024年招聘会台账")
    assert choice.verdict == "missing"
    assert choice.mapping is not None
    assert choice.mapping.ledger.id == "job_fair"


def test_a_few_common_words_do_not_make_a_ledger() -> None:
    header = ["名称", "类型", "日期", "规格", "型号", "单价", "库位", "经办", "供货方", "批文"]
    assert chosen(header).verdict == "not_a_ledger"
