"""The upload desk: a file from the drop to the published version, for whom it is, and what can go wrong between."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk_kit import CLERK, HEADER, LEADER, OTHER, STEWARD, Desk, row, sheet

from analytics import intake
from analytics.desk import counter, tasks, work, worker
from analytics.desk.counter import Refused
from analytics.etl.sandbox import Reader
from analytics.operations import audit
from analytics.settings import Settings
from analytics.warehouse import current, pending
from analytics.warehouse.history import Place, history


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader(Settings(reader_seconds=20)) as opened:
        yield opened


@pytest.fixture
def desk(tmp_path: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(worker, "ensure", lambda settings: None)
    return Desk(Settings(data=tmp_path / "data"), reader)


def fairs(desk: Desk) -> list[str]:
    rows = current(desk.settings).connect().execute("SELECT fair_name FROM job_fair ORDER BY fair_name").fetchall()
    return [one[0] for one in rows]


def codes(desk: Desk, task: tasks.Task) -> list[str]:
    return [one["code"] for one in desk.report(task)["findings"]]


# -- the plain way ----------------------------------------------------------------------------------------------------


def test_a_file_is_previewed_and_loaded_only_once_confirmed(desk: Desk) -> None:
    task = desk.drop(sheet(row()))
    assert task.state == "ready"
    assert fairs(desk) == []
    report = desk.report(task)
    assert report["sheets"][0]["counts"]["loaded"] == 1
    assert report["differences"]["counts"]["job_fair"]["new"] == 1
    assert desk.confirm(task).state == "done"
    assert fairs(desk) == ["春风行动"]
    lines, _ = audit.lines(desk.settings)
    assert [line.action for line in lines] == ["confirm", "upload"]
    (about,) = intake.uploads(desk.settings)
    assert (about["upload_id"], about["by"]) == (task.id, "zhang")


def test_a_double_click_and_a_second_tab_load_once(desk: Desk) -> None:
    task = desk.drop(sheet(row()))
    for _ in range(3):
        counter.confirm(desk.settings, CLERK, task.id, task.revision)
    desk.empty()
    counter.confirm(desk.settings, CLERK, task.id, task.revision)
    desk.empty()
    assert len(intake.uploads(desk.settings)) == 1


def test_the_same_file_dropped_twice_is_on_the_desk_once(desk: Desk) -> None:
    content = sheet(row())
    first, fresh = counter.hand_in(desk.settings, CLERK, "一.csv", io.BytesIO(content))
    second, again = counter.hand_in(desk.settings, CLERK, "一.csv", io.BytesIO(content))
    assert (fresh, again) == (True, False)
    assert first.id == second.id


def test_two_people_with_the_same_file_have_it_loaded_once(desk: Desk) -> None:
    mine, theirs = desk.drop(sheet(row())), desk.drop(sheet(row()), person=OTHER)
    assert mine.id != theirs.id
    counter.confirm(desk.settings, CLERK, mine.id, mine.revision)
    counter.confirm(desk.settings, OTHER, theirs.id, theirs.revision)
    desk.empty()
    assert sorted([desk.find(mine.id).state, desk.find(theirs.id).state]) == ["done", "duplicate"]
    assert len(intake.uploads(desk.settings)) == 1


def test_a_file_loaded_before_is_told_to_be_and_may_be_read_again(desk: Desk) -> None:
    desk.confirm(desk.drop(sheet(row())))
    again = desk.drop(sheet(row()))
    assert again.state == "duplicate"
    counter.amend(desk.settings, CLERK, again.id, again.revision, {})
    desk.empty()
    assert desk.find(again.id).state == "ready"
    assert desk.report(desk.find(again.id))["differences"]["counts"]["job_fair"]["unchanged"] == 1


def test_a_revoked_upload_needs_a_reason_and_can_be_sent_again(desk: Desk) -> None:
    task = desk.confirm(desk.drop(sheet(row())))
    with pytest.raises(Refused, match="原因"):
        counter.revoke(desk.settings, CLERK, task.id, " ")
    counter.revoke(desk.settings, CLERK, task.id, "报错了文件")
    counter.revoke(desk.settings, CLERK, task.id, "又点了一次")
    desk.empty()
    assert (desk.find(task.id).state, desk.find(task.id).reason) == ("revoked", "报错了文件")
    assert fairs(desk) == []
    assert desk.confirm(desk.drop(sheet(row()))).state == "done"


def test_a_dropped_file_leaves_the_desk_and_is_not_loaded(desk: Desk) -> None:
    task = desk.drop(sheet(row()))
    counter.drop(desk.settings, CLERK, task.id)
    with pytest.raises(Refused, match="办结"):
        counter.confirm(desk.settings, CLERK, task.id, task.revision)
    assert counter.history(desk.settings, CLERK) == []


# -- put right in the preview -----------------------------------------------------------------------------------------


def test_a_wrong_cell_is_put_right_in_place_and_every_trace_of_it_is_kept(desk: Desk) -> None:
    task = desk.drop(sheet(row(firms="较多")))
    assert task.state == "refused"
    counter.fix(desk.settings, CLERK, task.id, task.revision, {("招聘会", "F2"): "35"})
    desk.empty()
    task = desk.find(task.id)
    assert (task.state, "VAL-CORRECTED" in codes(desk, task)) == ("ready", True)
    desk.confirm(task)
    con = current(desk.settings).connect()
    assert con.execute("SELECT old, new, corrected_by, field FROM corrections").fetchall() == [
        ("较多", "35", "张晓兰", "employers_n")
    ]
    ((noted,),) = con.execute("SELECT findings FROM job_fair").fetchall()
    assert "VAL-CORRECTED" in noted
    ledger = current(desk.settings).ledgers["job_fair"]
    told = history(desk.settings, ledger, place=Place("招聘会.csv", "招聘会", 2))
    assert [one["new"] for one in told["versions"][0]["corrections"]] == ["35"]
    assert "correct" in {line.action for line in audit.lines(desk.settings)[0]}


def test_a_correction_can_be_taken_back(desk: Desk) -> None:
    task = desk.drop(sheet(row(firms="较多"), row("送岗下乡")))
    counter.fix(desk.settings, CLERK, task.id, task.revision, {("招聘会", "F2"): "35"})
    desk.empty()
    counter.unfix(desk.settings, CLERK, task.id, desk.find(task.id).revision, "招聘会", "F2")
    desk.empty()
    assert "VAL-COUNT-WORDS" in codes(desk, desk.find(task.id))


def test_a_corrected_file_sent_again_is_the_same_upload(desk: Desk) -> None:
    content = sheet(row(firms="较多"), row("送岗下乡"))
    task = desk.drop(content)
    counter.fix(desk.settings, CLERK, task.id, task.revision, {("招聘会", "F2"): "35"})
    desk.empty()
    desk.confirm(desk.find(task.id))
    assert desk.drop(content).state == "duplicate"
    assert fairs(desk) == ["春风行动", "送岗下乡"]


def test_further_cells_of_a_loaded_file_may_be_put_right(desk: Desk) -> None:
    content = sheet(row(firms="较多"), row("送岗下乡"))
    desk.confirm(desk.drop(content))
    again = desk.drop(content)
    counter.amend(desk.settings, CLERK, again.id, again.revision, {})
    desk.empty()
    again = desk.find(again.id)
    counter.fix(desk.settings, CLERK, again.id, again.revision, {("招聘会", "F2"): "35"})
    desk.empty()
    assert desk.confirm(desk.find(again.id)).state == "done"
    assert fairs(desk) == ["春风行动", "送岗下乡"]


@pytest.mark.parametrize("place", [("招聘会", "A1"), ("别的表", "F2"), ("招聘会", "F2; DROP"), ("招聘会", "ZZZ99")])
def test_only_cells_that_something_was_said_of_can_be_put_right(desk: Desk, place: tuple[str, str]) -> None:
    task = desk.drop(sheet(row(firms="较多")))
    with pytest.raises(Refused):
        counter.fix(desk.settings, CLERK, task.id, task.revision, {place: "35"})


def test_what_was_seen_is_what_is_confirmed(desk: Desk) -> None:
    task = desk.drop(sheet(row(firms="较多"), row("送岗下乡")))
    counter.fix(desk.settings, CLERK, task.id, task.revision, {("招聘会", "F2"): "35"})
    desk.empty()
    with pytest.raises(Refused, match="预览已经更新"):
        counter.confirm(desk.settings, CLERK, task.id, task.revision)


def test_the_mapping_is_put_right_and_kept_for_such_headers(desk: Desk) -> None:
    strange = HEADER.replace("参会企业数", "来了几家")
    task = desk.drop(sheet(row(), header=strange))
    assert task.state == "refused"
    (found,) = desk.report(task)["sheets"]
    assert (found["likely"], found["missing"]) == ("job_fair", ["employers_n"])
    counter.amend(desk.settings, CLERK, task.id, task.revision, {"mapping": {"来了几家": "employers_n"}})
    desk.empty()
    desk.confirm(desk.find(task.id))
    following = desk.drop(sheet(row("八月专场", day="2024-08-01"), header=strange), "八月.csv")
    assert following.state == "ready"
    assert "profile" in {one["how"] for one in desk.report(following)["sheets"][0]["mapping"]}


def test_a_missing_required_column_is_given_for_the_whole_table(desk: Desk) -> None:
    header = HEADER.replace("举办方式,", "")
    task = desk.drop(sheet("春风行动,2024-03-01,太白县,县总工会,35,300,500", header=header))
    assert desk.report(task)["sheets"][0]["missing"] == ["mode"]
    counter.amend(desk.settings, CLERK, task.id, task.revision, {"constants": {"mode": "线下"}})
    desk.empty()
    assert desk.confirm(desk.find(task.id)).state == "done"


# -- whose it is ------------------------------------------------------------------------------------------------------


def test_rows_of_another_county_are_refused_with_a_sentence(desk: Desk) -> None:
    task = desk.drop(sheet(row(), row("外县的", "渭滨区")))
    report = desk.report(task)
    (said,) = (one for one in report["findings"] if one["code"] == "SCOPE-COUNTY")
    assert "渭滨区" in said["message"]
    assert (said["cell"], said["row"]) == ("C3", 3)
    counts = report["sheets"][0]["counts"]
    assert (counts["loaded"], counts["quarantined"], counts["read"]) == (1, 1, 2)
    desk.confirm(task)
    assert fairs(desk) == ["春风行动"]


def test_the_data_steward_sends_rows_of_every_county(desk: Desk) -> None:
    assert desk.report(desk.drop(sheet(row(), row("外县的", "渭滨区")), person=STEWARD))["quarantine"] == []


def test_tables_of_another_ledger_are_refused(desk: Desk) -> None:
    header = "培训名称,培训类别,开班时间,县区,主办单位,参训人次"
    task = desk.drop(sheet("电工班,电工,2024-03-01,太白县,县总工会,50", header=header), "培训.csv")
    assert (task.state, "SCOPE-LEDGER" in codes(desk, task)) == ("refused", True)


def test_a_county_is_told_from_the_reporting_unit_where_the_row_has_none(desk: Desk) -> None:
    header = HEADER.replace("县区,", "")
    content = sheet("春风行动,2024-03-01,县总工会,线下,35,300,500", header=header)
    refused = desk.drop(content)
    assert "SCOPE-COUNTY" in codes(desk, refused)
    counter.amend(desk.settings, CLERK, refused.id, refused.revision, {"unit": "太白县总工会"})
    desk.empty()
    assert desk.find(refused.id).state == "ready"


def test_who_may_not_upload_may_do_nothing_here(desk: Desk) -> None:
    with pytest.raises(Refused, match="不能上传"):
        desk.drop(sheet(row()), person=LEADER)
    with pytest.raises(Refused):
        counter.history(desk.settings, LEADER)
    with pytest.raises(Refused):
        counter.template(LEADER, "job_fair")


def test_a_file_is_its_senders_and_the_stewards_alone(desk: Desk) -> None:
    task = desk.confirm(desk.drop(sheet(row())))
    for act in (
        lambda: counter.look_at(desk.settings, OTHER, task.id),
        lambda: counter.original(desk.settings, OTHER, task.id),
        lambda: counter.marked(desk.settings, OTHER, task.id),
        lambda: counter.revoke(desk.settings, OTHER, task.id, "不是我的"),
        lambda: counter.drop(desk.settings, OTHER, task.id),
    ):
        with pytest.raises(Refused) as told:
            act()
        assert told.value.status == 404
    assert counter.history(desk.settings, OTHER) == []
    assert counter.original(desk.settings, STEWARD, task.id)[1] == sheet(row())
    assert counter.original(desk.settings, CLERK, task.id)[1] == sheet(row())
    read = [(line.who, line.action) for line in audit.lines(desk.settings)[0]]
    assert ("wang", "original") in read


def test_only_an_own_unit_is_replaced_as_a_whole(desk: Desk) -> None:
    with pytest.raises(Refused, match="只能替换您负责的县区"):
        desk.drop(sheet(row()), unit="渭滨区总工会", period="2024-03", replace="1")
    assert desk.drop(sheet(row()), unit="太白县总工会", period="2024-03", replace="1").state == "ready"


@pytest.mark.parametrize("name", ["台账.pdf", "台账.exe", "台账", "../../etc/passwd", ""])
def test_what_is_no_workbook_by_its_name_is_not_taken(desk: Desk, name: str) -> None:
    with pytest.raises(Refused, match="不是电子表格"):
        counter.hand_in(desk.settings, CLERK, name, io.BytesIO(b"1"))
    assert not (desk.settings.raw.exists() and list(desk.settings.raw.iterdir()))


def test_no_part_of_a_path_comes_from_the_sender(desk: Desk) -> None:
    task, _ = counter.hand_in(desk.settings, CLERK, "..\\..\\一/二.csv", io.BytesIO(sheet(row())))
    assert task.file_name == "二.csv"
    for odd in ("../../raw", "20240101-zzzzzzzz", "x" * 300):
        with pytest.raises(Refused):
            counter.look_at(desk.settings, STEWARD, odd)


def test_a_file_that_is_too_large_or_empty_is_not_kept(tmp_path: Path) -> None:
    small = Settings(data=tmp_path, max_file_bytes=100)
    with pytest.raises(Refused, match="上限"):
        counter.hand_in(small, CLERK, "大.csv", io.BytesIO(b"1" * 101))
    with pytest.raises(Refused, match="空文件"):
        counter.hand_in(small, CLERK, "空.csv", io.BytesIO(b""))
    assert [path.name for path in small.raw.iterdir() if path.name.startswith(".")] == []


# -- stops and restarts -----------------------------------------------------------------------------------------------


def test_what_a_killed_worker_had_begun_is_taken_up_again(desk: Desk) -> None:
    task, _ = counter.hand_in(desk.settings, CLERK, "一.csv", io.BytesIO(sheet(row())))
    assert tasks.move(desk.settings, task.id, out_of={"waiting"}, to="reading")
    desk.empty()
    assert desk.find(task.id).state == "reading"
    assert tasks.take_up_again(desk.settings) == 1
    desk.empty()
    assert desk.find(task.id).state == "ready"


def test_a_load_cut_off_after_the_commit_is_not_done_twice(desk: Desk) -> None:
    task = desk.drop(sheet(row()))
    desk.confirm(task)
    tasks.move(desk.settings, task.id, out_of={"done"}, to="confirming")
    desk.empty()
    assert desk.find(task.id).state == "done"
    assert len(intake.uploads(desk.settings)) == 1


def test_a_preview_that_is_gone_is_made_anew_from_the_original(desk: Desk) -> None:
    task = desk.drop(sheet(row()))
    pending.drop(desk.settings, task.id)
    after = desk.confirm(task)
    assert (after.state, fairs(desk)) == ("ready", [])
    assert "重新校验" in desk.find(task.id).message or after.revision > task.revision
    assert desk.confirm(after).state == "done"


def test_a_file_that_takes_the_worker_with_it_is_given_up(desk: Desk) -> None:
    task, _ = counter.hand_in(desk.settings, CLERK, "一.csv", io.BytesIO(sheet(row())))
    for _ in range(work.MOST_ATTEMPTS):
        tasks.move(desk.settings, task.id, out_of={"waiting"}, to="reading", attempts=desk.find(task.id).attempts + 1)
        tasks.take_up_again(desk.settings)
    desk.empty()
    assert (desk.find(task.id).state, codes(desk, desk.find(task.id))) == ("refused", ["FILE-CRASH"])


def test_several_confirmed_files_are_published_once(desk: Desk) -> None:
    waiting = [desk.drop(sheet(row(f"第{number}场")), f"{number}.csv") for number in range(4)]
    for task in waiting:
        counter.confirm(desk.settings, CLERK, task.id, task.revision)
    desk.empty()
    assert len(fairs(desk)) == 4
    assert len([one for one in desk.settings.published.iterdir() if one.is_dir()]) == 1


def test_many_who_ask_at_once_start_one_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(data=tmp_path / "data")
    started: list[int] = []
    monkeypatch.setattr(worker, "_start", lambda settings, place: started.append(os.dup(place)))
    for _ in range(5):
        worker.ensure(settings)
    # The place is held by the descriptor that the new process keeps, from the very first moment.
    assert len(started) == 1
    assert worker.is_there(settings)
    os.close(started[0])
    assert not worker.is_there(settings)


def test_a_preview_that_goes_while_the_list_is_read_disturbs_nobody(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    folder = settings.processed / "pending"
    for name in ("20240101-00000001", "20240101-00000002"):
        (folder / name).mkdir(parents=True)
    # As it is between being listed and being looked at.
    (folder / "20240101-00000003").symlink_to(folder / "gone")
    assert pending.waiting(settings) == ["20240101-00000001", "20240101-00000002"]
    assert intake.uploads(settings) == []
    assert not pending.waits(settings, "20240101-00000003")
    assert not pending.waits(settings, "../../etc")


def test_a_preview_of_the_command_line_is_the_stewards_to_confirm_or_put_right(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "招聘会.csv"
    path.write_bytes(sheet(row(), row("夏日行动", firms="较多")))
    report = intake.ingest([path], desk.settings, dry_run=True)[0]
    assert report.upload_id
    (line,) = counter.history(desk.settings, STEWARD)
    assert (line["id"], line["state"]) == (report.upload_id, "ready")
    assert counter.history(desk.settings, CLERK) == []
    shown, _ = counter.look_at(desk.settings, STEWARD, report.upload_id)
    assert (shown.state, shown.revision) == ("ready", 0)
    with pytest.raises(Refused):
        counter.look_at(desk.settings, CLERK, report.upload_id)
    with pytest.raises(Refused):
        counter.confirm(desk.settings, CLERK, report.upload_id, 0)
    counter.confirm(desk.settings, STEWARD, report.upload_id, shown.revision)
    desk.empty()
    assert desk.find(report.upload_id).state == "done"
    assert fairs(desk) == ["春风行动"]
    assert path.read_bytes() == counter.original(desk.settings, STEWARD, report.upload_id)[1]


def test_every_original_is_the_stewards_to_fetch_and_each_fetch_is_on_record(desk: Desk) -> None:
    content = sheet(row())
    task = desk.drop(content)
    assert counter.original(desk.settings, STEWARD, task.id) == ("招聘会.csv", content)
    assert audit.lines(desk.settings)[0][0].action == "original"
    assert audit.lines(desk.settings)[0][0].who == STEWARD.login
