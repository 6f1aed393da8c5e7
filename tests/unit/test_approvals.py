"""Estimates and suspected duplicates: settled by the steward, kept over new uploads, undone without losing a trace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from warehouse_kit import fair, upload

from analytics import approvals
from analytics.metrics import query
from analytics.operations import audit
from analytics.settings import Settings
from analytics.warehouse import Store, WarehouseError, current
from analytics.warehouse.check import check
from analytics.warehouse.preview import preview


@pytest.fixture
def place(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data")


def about(name: str, raw: str = "500多", low: int | None = 500, high: int | None = 599, **more: Any) -> dict[str, Any]:
    """A fair whose jobs were written as an estimate."""
    note = json.dumps({"jobs_n": {"low": low, "high": high, "raw": raw}}, ensure_ascii=False)
    return fair(name, **{"jobs_n": None, "approx": note, **more})


def send(place: Settings, file: str, *fairs: dict[str, Any]) -> str:
    with Store(place).writing() as writing:
        return writing.commit(upload(file, job_fair=list(fairs)))


def jobs(place: Settings) -> tuple[Any, int]:
    (row,) = query(["J02"], period="2024", settings=place).rows
    return row.value, row.approx_rows


def only(place: Settings) -> approvals.Item:
    (item,) = approvals.waiting(place)
    return item


def test_an_accepted_value_counts_and_the_estimate_is_no_longer_told(place: Settings) -> None:
    send(place, "七月.xlsx", about("春风行动"), fair("送岗下乡", jobs_n=100))
    assert jobs(place) == (100, 1)
    item = only(place)
    assert (item.raw, item.low, item.high, item.label) == ("500多", 500, 599, "提供岗位数（个）")
    decision = approvals.decide(place, item, "accept", value="550", by="wang")
    assert jobs(place) == (650, 0)
    assert approvals.waiting(place) == []
    assert decision["decided_by"] == "wang"
    assert [one["action"] for one in approvals.about_record(place, "job_fair", item.record.record_id)] == ["accept"]
    row = current(place).connect().execute("SELECT approx FROM job_fair WHERE approx IS NOT NULL").fetchone()
    assert json.loads(row[0])["jobs_n"]["raw"] == "500多", "what was sent stays with the record"


def test_undoing_brings_back_what_was_there_and_both_are_kept(place: Settings) -> None:
    send(place, "七月.xlsx", about("春风行动"))
    decision = approvals.decide(place, only(place), "accept", value="550", by="wang")
    approvals.undo(place, decision["decision_id"], by="li")
    assert jobs(place) == (None, 1)
    assert len(approvals.waiting(place)) == 1
    (kept,) = approvals.decided(place)
    assert (kept["decided_by"], kept["undone_by"]) == ("wang", "li")
    with pytest.raises(WarehouseError, match="已经撤销"):
        approvals.undo(place, decision["decision_id"])
    lines, _ = audit.lines(place)
    assert [line.action for line in lines] == ["undo", "approve"]
    assert audit.verify(place).problem == ""


def test_a_decision_holds_when_the_file_is_sent_again_corrected_elsewhere(place: Settings) -> None:
    send(place, "七月.xlsx", about("春风行动"), fair("送岗下乡", jobs_n=100))
    approvals.decide(place, only(place), "accept", value="550")
    send(place, "七月-更正.xlsx", about("春风行动", employers_n=44), fair("送岗下乡", jobs_n=120))
    assert jobs(place) == (670, 0)
    assert approvals.waiting(place) == []


def test_a_decision_is_about_what_was_written_and_nothing_else(place: Settings) -> None:
    send(place, "七月.xlsx", about("春风行动"))
    approvals.decide(place, only(place), "accept", value="550")
    send(place, "七月-更正.xlsx", about("春风行动", "600多", 600, 699))
    assert jobs(place) == (None, 1)
    assert only(place).raw == "600多"
    send(place, "七月-再更正.xlsx", fair("春风行动", jobs_n=580))
    assert jobs(place) == (580, 0), "an exact number needs nobody's word"


@pytest.mark.parametrize(
    ("value", "reason", "words"),
    [
        ("620", "", "不在“500多”的范围"),
        ("五百来个", "", "确切的数"),
        ("", "", "确切数值"),
        ("-3", "", "不能为负"),
        ("550.5", "", "整数"),
    ],
)
def test_a_value_must_be_one_and_lie_within_what_was_written(
    place: Settings, value: str, reason: str, words: str
) -> None:
    send(place, "七月.xlsx", about("春风行动"))
    with pytest.raises(WarehouseError, match=words):
        approvals.decide(place, only(place), "accept", value=value, reason=reason)
    assert jobs(place) == (None, 1)


def test_a_value_outside_needs_a_stated_reason_and_a_refusal_too(place: Settings) -> None:
    send(place, "七月.xlsx", about("春风行动"))
    item = only(place)
    with pytest.raises(WarehouseError, match="原因"):
        approvals.decide(place, item, "refuse")
    with pytest.raises(WarehouseError, match="只能"):
        approvals.decide(place, item, "merge")
    decision = approvals.decide(place, item, "accept", value="620", reason="已电话核实")
    assert jobs(place) == (620, 0)
    approvals.undo(place, decision["decision_id"])
    approvals.decide(place, item, "refuse", reason="请按签到表报实数")
    assert jobs(place) == (None, 1), "a refused estimate stays outside, and the figure still says so"
    assert approvals.waiting(place) == []


def test_a_value_that_breaks_a_rule_of_the_ledger_is_not_taken(place: Settings) -> None:
    note = json.dumps({"intention_n": {"low": 100, "high": 199, "raw": "百余"}}, ensure_ascii=False)
    send(place, "七月.xlsx", fair("春风行动", approx=note, intention_n=None, visits_total=150))
    with pytest.raises(WarehouseError, match="大于服务人次"):
        approvals.decide(place, only(place), "accept", value="180")
    approvals.decide(place, only(place), "accept", value="120")


def test_the_second_of_two_stewards_is_told_that_it_was_decided(place: Settings) -> None:
    send(place, "七月.xlsx", about("春风行动"))
    item = only(place)
    approvals.decide(place, item, "accept", value="550", by="wang")
    with pytest.raises(WarehouseError, match="已由wang处理过"):
        approvals.decide(place, item, "accept", value="560", by="li")
    assert jobs(place) == (550, 0)


def twins(place: Settings) -> approvals.Item:
    send(place, "渭滨.xlsx", fair("2024年春风行动专场招聘会"))
    send(place, "市本级.xlsx", fair("2024春风行动专场招聘会"))
    return only(place)


def test_a_pair_is_found_and_the_later_one_is_doubted(place: Settings) -> None:
    item = twins(place)
    assert item.kind == "duplicate"
    assert item.record.file == "市本级.xlsx"
    assert item.other is not None
    assert item.other.file == "渭滨.xlsx"
    assert item.likeness is not None
    assert item.likeness >= 85


def test_a_merged_pair_counts_once_until_it_is_undone(place: Settings) -> None:
    item = twins(place)
    assert jobs(place)[0] == 200
    decision = approvals.decide(place, item, "merge")
    assert jobs(place)[0] == 100
    assert [row[0] for row in current(place).connect().execute("SELECT file_name FROM job_fair").fetchall()] == [
        "渭滨.xlsx"
    ]
    approvals.undo(place, decision["decision_id"])
    assert jobs(place)[0] == 200


def test_the_steward_may_keep_the_later_one(place: Settings) -> None:
    item = twins(place)
    approvals.decide(place, item, "merge", keep=item.record.record_id)
    assert [row[0] for row in current(place).connect().execute("SELECT file_name FROM job_fair").fetchall()] == [
        "市本级.xlsx"
    ]


def test_a_merged_record_counts_again_when_the_kept_one_is_taken_back(place: Settings) -> None:
    item = twins(place)
    approvals.decide(place, item, "merge")
    assert item.other is not None
    with Store(place).writing() as writing:
        writing.revoke(item.other.upload_id, "报错了文件")
    assert jobs(place)[0] == 100


def test_two_records_stay_two_and_are_not_asked_about_again(place: Settings) -> None:
    item = twins(place)
    approvals.decide(place, item, "split")
    assert jobs(place)[0] == 200
    assert approvals.waiting(place) == []


def test_a_refused_record_does_not_count(place: Settings) -> None:
    item = twins(place)
    approvals.decide(place, item, "refuse", reason="与市本级重复上报")
    assert jobs(place)[0] == 100


def test_records_are_never_merged_in_a_circle(place: Settings) -> None:
    item = twins(place)
    assert item.other is not None
    approvals.decide(place, item, "merge")
    turned = approvals.Item("d0", "duplicate", "job_fair", item.other, item.record, likeness=97)
    with pytest.raises(WarehouseError, match="处理过"):
        approvals.decide(place, turned, "merge")


def test_the_preview_of_the_same_file_again_tells_of_no_change(place: Settings) -> None:
    send(place, "七月.xlsx", about("春风行动"), fair("送岗下乡", jobs_n=100))
    approvals.decide(place, only(place), "accept", value="550")
    again = upload("七月-再.xlsx", job_fair=[about("春风行动"), fair("送岗下乡", jobs_n=100)])
    changes = preview(current(place), again, "merge")
    assert (changes.counts["job_fair"].unchanged, changes.counts["job_fair"].changed) == (2, 0)
    assert changes.fields == []


def test_the_preview_of_a_merged_record_is_not_new(place: Settings) -> None:
    approvals.decide(place, twins(place), "merge")
    again = upload("市本级-再.xlsx", job_fair=[fair("2024春风行动专场招聘会")])
    assert preview(current(place), again, "merge").counts["job_fair"].unchanged == 1


def test_the_doctor_finds_the_published_records_as_the_decisions_have_them(place: Settings) -> None:
    item = twins(place)
    approvals.decide(place, item, "merge")
    send(place, "七月.xlsx", about("送岗下乡", day="2024-08-01"))
    estimate = next(one for one in approvals.waiting(place) if one.kind == "estimate")
    approvals.decide(place, estimate, "accept", value="550")
    assert [one.name for one in check(place) if one.verdict == "error" and one.name != "originals"] == []
