"""Declared rules, 其中 items, and duplicates over whole tables."""

from __future__ import annotations

import datetime as dt
import time
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from analytics.etl.codes import CODES, issue, rule_code
from analytics.etl.duplicates import duplicate_issues, find_duplicates, record_ids
from analytics.etl.rules import all_rules, check_rows, validate_rules, write_value
from analytics.ledgers.model import DeclarationError, Ledger, ledgers
from analytics.ledgers.schema import arrow_type

TODAY = dt.date(2025, 3, 1)
FAIR: dict[str, Any] = {
    "fair_name": "春风行动招聘会",
    "fair_date": dt.date(2024, 3, 1),
    "county": "渭滨区",
    "venue": "人民广场",
    "organizer": "渭滨区总工会",
    "mode": "线下",
    "employers_n": 20,
    "jobs_n": 400,
    "visits_total": 800,
}
TRAINING: dict[str, Any] = {
    "course_name": "家政服务",
    "category": "家政",
    "start_date": dt.date(2024, 5, 6),
    "county": "岐山县",
    "organizer": "岐山县总工会",
    "trained_visits": 50,
}
ITEM: dict[str, Any] = {
    "item_no": "1",
    "source": "督查",
    "found_date": dt.date(2024, 3, 1),
    "description": "台账不全",
    "measures": "补齐台账",
    "resp_unit": "办公室",
    "deadline": dt.date(2024, 6, 30),
    "status": "整改中",
    "done_date": None,
    "closed_date": None,
}
EVENT: dict[str, Any] = {
    "event_name": "宣讲进社区",
    "event_type": "宣讲",
    "start_date": dt.date(2024, 5, 6),
    "county": "陇县",
    "organizer": "陇县总工会",
    "status": "已完成",
}


def table(ledger_id: str, *rows: dict[str, Any]) -> pa.Table:
    ledger = ledgers()[ledger_id]
    names = [column.name for column in ledger.columns if any(column.name in row for row in rows)]
    return pa.table(
        {name: pa.array([row.get(name) for row in rows], arrow_type(ledger.column(name))) for name in names}
    )


def broken(ledger_id: str, base: dict[str, Any], **changes: Any) -> list[str]:
    rows = table(ledger_id, base | changes)
    found, about_sheet = check_rows(ledgers()[ledger_id], rows, frozenset(rows.column_names), TODAY)
    assert about_sheet == []
    prefix = rule_code(ledger_id, "")
    return [item.code.removeprefix(prefix) for item in found]


@pytest.mark.parametrize(
    ("ledger_id", "row"), [("job_fair", FAIR), ("training", TRAINING), ("rectification", ITEM), ("event", EVENT)]
)
def test_a_good_row_breaks_no_rule(ledger_id, row):
    assert broken(ledger_id, row) == []


@pytest.mark.parametrize(
    ("ledger_id", "base", "changes", "rules"),
    [
        ("job_fair", FAIR, {"end_date": dt.date(2024, 2, 1)}, ["END-BEFORE-START"]),
        ("job_fair", FAIR, {"fair_date": dt.date(2025, 3, 2)}, ["COMPLETED-IN-FUTURE"]),
        ("job_fair", FAIR, {"fair_date": TODAY}, []),
        ("job_fair", FAIR, {"onsite_visits": 500, "online_visits": 200}, ["MODES-DO-NOT-ADD-UP"]),
        ("job_fair", FAIR, {"onsite_visits": 500}, []),
        ("job_fair", FAIR, {"onsite_visits": 900}, ["PART-ONSITE-VISITS"]),
        ("job_fair", FAIR, {"migrant_visits": 500, "new_form_visits": 500}, ["GROUPS-OVER-TOTAL"]),
        ("job_fair", FAIR, {"migrant_visits": 500, "new_form_visits": 500, "both_visits": 200}, []),
        ("job_fair", FAIR, {"intention_n": 801}, ["INTENTION-OVER-VISITS", "INTENTION-RATE-HIGH"]),
        ("job_fair", FAIR, {"intention_n": 100, "signed_n": 101}, ["SIGNED-OVER-INTENTION"]),
        ("job_fair", FAIR, {"jobs_n": 10}, ["JOBS-BELOW-EMPLOYERS", "JOBS-PER-EMPLOYER-UNUSUAL"]),
        ("training", TRAINING, {"exam_n": 51}, ["EXAM-OVER-TRAINED"]),
        ("training", TRAINING, {"exam_n": 40, "pass_n": 41}, ["PASS-OVER-EXAM"]),
        ("training", TRAINING, {"satisfaction": Decimal("9500")}, ["SATISFACTION-OUT-OF-RANGE"]),
        ("rectification", ITEM, {"status": "已完成"}, ["DONE-WITHOUT-DATE"]),
        ("rectification", ITEM, {"status": "已销号", "done_date": dt.date(2024, 5, 1)}, ["CLOSED-WITHOUT-DATE"]),
        ("rectification", ITEM, {"done_date": dt.date(2024, 5, 1)}, ["DONE-DATE-WHILE-OPEN"]),
        ("rectification", ITEM, {"status": "已完成", "done_date": dt.date(2024, 1, 1)}, ["DONE-BEFORE-FOUND"]),
        ("rectification", ITEM, {"deadline": None}, ["NO-DEADLINE"]),
        ("rectification", ITEM, {"deadline": None, "long_term": True}, []),
        ("event", EVENT, {"start_date": dt.date(2025, 5, 1)}, ["COMPLETED-IN-FUTURE"]),
        ("event", EVENT, {"start_date": dt.date(2025, 5, 1), "status": "计划"}, []),
        ("event", EVENT, {"event_type": "主题党日"}, ["PARTY-EVENT-WITHOUT-BRANCH"]),
        ("event", EVENT, {"expected_n": 10, "attended_n": 11}, ["ATTENDED-OVER-EXPECTED"]),
    ],
)
def test_a_row_that_breaks_a_rule_is_found(ledger_id, base, changes, rules):
    assert broken(ledger_id, base, **changes) == rules


def test_a_finding_names_both_values_and_both_cells():
    rows = table("job_fair", FAIR, FAIR | {"end_date": dt.date(2024, 2, 1)})
    (found,), _ = check_rows(ledgers()["job_fair"], rows, frozenset(rows.column_names), TODAY)
    assert found.row == 1
    assert found.severity == "error"
    assert found.fields == ("end_date", "fair_date")
    assert "2024-02-01" in found.message
    assert "2024-03-01" in found.message


def test_an_item_larger_than_its_total_is_found_without_a_declared_rule():
    rows = table("training", TRAINING | {"female_visits": 51})
    (found,), _ = check_rows(ledgers()["training"], rows, frozenset(rows.column_names), TODAY)
    assert found.code == "RULE-TRAINING-PART-FEMALE-VISITS"
    assert found.fields == ("female_visits", "trained_visits")
    assert (found.severity, "51" in found.message, "50" in found.message) == ("error", True, True)


def test_a_rule_whose_column_the_sheet_lacks_is_said_once_and_quarantines_nothing():
    bare = {key: value for key, value in ITEM.items() if key not in ("done_date", "deadline")}
    rows = table("rectification", *(bare | {"status": "已完成"} for _ in range(3)))
    found, about_sheet = check_rows(ledgers()["rectification"], rows, frozenset(rows.column_names), TODAY)
    assert found == []
    assert [item.code for item in about_sheet] == ["RULE-NEEDS-COLUMN"] * 2
    assert "完成日期" in about_sheet[0].message
    assert "3 行" in about_sheet[0].message
    assert {item.severity for item in about_sheet} == {"warning"}


def test_an_estimate_breaks_no_rule_because_its_value_is_unknown():
    assert broken("job_fair", FAIR, visits_total=None, onsite_visits=900, intention_n=900) == []


def test_an_empty_table_has_no_findings():
    assert check_rows(ledgers()["job_fair"], table("job_fair", FAIR).slice(0, 0), frozenset(), TODAY) == ([], [])


@pytest.mark.parametrize("ledger", ledgers().values(), ids=lambda ledger: ledger.id)
def test_every_declared_rule_is_sql_over_declared_columns(ledger):
    assert validate_rules(ledger) == []


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ("jobs_n >", "不是有效的 SQL"),
        ("jbos_n > 1", "没有声明的列：jbos_n"),
        ("jobs_n > :limit", "不认识的参数：limit"),
        ("jobs_n > (SELECT 1)", "只能看本行"),
        ("sum(jobs_n) > 1", "只能看本行"),
    ],
)
def test_a_broken_rule_is_refused_with_the_reason(check, said):
    base = ledgers()["job_fair"]
    rule = {"id": "wrong", "severity": "error", "check": check, "fields": ["jobs_n"], "message": "错", "hint": "改"}
    ledger = Ledger.model_validate(base.model_dump() | {"rules": [rule]})
    assert any(said in fault for fault in validate_rules(ledger))
    with pytest.raises(DeclarationError, match="wrong"):
        check_rows(ledger, table("job_fair", FAIR), frozenset(), TODAY)


def test_every_rule_has_a_code_of_its_own():
    codes = [code for ledger in ledgers().values() for code, _ in all_rules(ledger)]
    assert len(set(codes)) == len(codes)
    assert not set(codes) & set(CODES)


def test_a_value_in_a_sentence_is_plain():
    values = [None, True, dt.date(2024, 7, 1), Decimal("85.5000"), Decimal("100.00"), 12000, "甲"]
    assert [write_value(value) for value in values] == ["空", "是", "2024-07-01", "85.5", "100", "12000", "甲"]


def test_every_code_speaks_and_says_what_to_do():
    for entry in CODES.values():
        assert entry.title
        assert entry.message
        assert entry.hint
    with pytest.raises(KeyError):
        issue("VAL-NO-SUCH-CODE")


class TestRecordIds:
    """Rows with the same key are the same record."""

    def ids(self, ledger_id: str, *rows: dict[str, Any]) -> list[str]:
        return record_ids(ledgers()[ledger_id], table(ledger_id, *rows)).to_pylist()

    def test_spaces_width_and_old_names_make_no_other_record(self):
        first, *others = self.ids(
            "job_fair",
            FAIR,
            FAIR | {"fair_name": " 春风行动　招聘会"},
            FAIR | {"county": "渭滨"},
            FAIR | {"venue": "人民 广场"},
            FAIR | {"jobs_n": 1},
        )
        assert set(others) == {first}

    def test_any_part_of_the_key_makes_another_record(self):
        ids = self.ids(
            "job_fair",
            FAIR,
            FAIR | {"fair_name": "其他"},
            FAIR | {"county": "凤县"},
            FAIR | {"venue": None},
            FAIR | {"venue": ""},
            FAIR | {"fair_date": dt.date(2024, 3, 2)},
        )
        assert len(set(ids)) == 6

    def test_parts_do_not_run_into_each_other(self):
        assert (
            len(
                set(
                    self.ids(
                        "training",
                        TRAINING | {"provider": "甲", "course_name": "乙丙"},
                        TRAINING | {"provider": "甲乙", "course_name": "丙"},
                    )
                )
            )
            == 2
        )

    def test_only_the_year_counts_where_the_key_says_so(self):
        same = self.ids("rectification", ITEM, ITEM | {"found_date": dt.date(2024, 9, 9)})
        other = self.ids("rectification", ITEM, ITEM | {"found_date": dt.date(2023, 3, 1)})
        assert same[0] == same[1]
        assert other[0] != other[1]

    def test_an_id_is_the_same_in_every_run(self):
        assert self.ids("job_fair", FAIR) == [ID_OF_FAIR]

    def test_ledgers_do_not_share_ids(self):
        assert self.ids("job_fair", FAIR)[0] != self.ids("event", EVENT)[0]


ID_OF_FAIR = "bdc119f808c265710c48c55210ab4410"


class TestDuplicates:
    """The same row twice, one record filled in twice, and two that look like one."""

    def test_the_same_row_twice_is_said_at_the_second(self):
        rows = table("job_fair", FAIR, FAIR | {"fair_name": "秋季招聘会"}, FAIR)
        found = find_duplicates(ledgers()["job_fair"], rows)
        assert [(group.rows, group.identical) for group in found.same] == [((0, 2), (True, True))]
        (said,) = duplicate_issues(ledgers()["job_fair"], rows, found, [5, 6, 7])
        assert (said.row, said.code) == (2, "DUP-SAME-RECORD")
        assert "第 5 行" in said.message

    def test_one_key_with_other_figures_is_said_to_differ(self):
        rows = table("job_fair", FAIR, FAIR | {"jobs_n": 500})
        found = find_duplicates(ledgers()["job_fair"], rows)
        assert found.same[0].identical == (True, False)
        (said,) = duplicate_issues(ledgers()["job_fair"], rows, found, [5, 6])
        assert (said.code, said.fields[0]) == ("DUP-SAME-KEY", "fair_name")

    @pytest.mark.parametrize(
        ("changes", "near"),
        [
            ({"fair_name": "2024春风行动招聘会"}, False),
            ({"fair_name": "“春风行动”招聘会"}, True),
            ({"fair_name": "春风行动招聘会。"}, True),
            ({"fair_name": "春风行动招聘会。", "jobs_n": 1}, False),
            ({"fair_name": "春风行动招聘会。", "county": "凤县"}, False),
            ({"fair_name": "春风行动招聘会。", "fair_date": dt.date(2024, 3, 2)}, False),
            ({"fair_name": "完全不同的活动"}, False),
            ({"venue": "体育馆"}, True),
        ],
    )
    def test_a_near_match_has_one_county_date_and_figures_and_a_like_name(self, changes, near):
        rows = table("job_fair", FAIR, FAIR | changes)
        found = find_duplicates(ledgers()["job_fair"], rows)
        assert found.same == ()
        assert [(match.first, match.second) for match in found.near] == ([(0, 1)] if near else [])
        assert [said.code for said in duplicate_issues(ledgers()["job_fair"], rows, found, [5, 6])] == (
            ["DUP-NEAR"] if near else []
        )

    def test_many_rows_of_one_day_take_no_square_time(self):
        size = 20_000
        rows = table("job_fair", *(FAIR | {"fair_name": f"第{number}号专场"} for number in range(size)))
        started = time.perf_counter()
        found = find_duplicates(ledgers()["job_fair"], rows)
        assert time.perf_counter() - started < 10
        assert found.capped == size

    def test_a_lone_row_is_no_duplicate(self):
        found = find_duplicates(ledgers()["job_fair"], table("job_fair", FAIR))
        assert (found.same, found.near) == ((), ())
