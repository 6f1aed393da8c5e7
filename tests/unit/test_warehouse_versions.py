"""What a record's history comes to: correcting, replacing, revoking, the same bytes again."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from warehouse_kit import JINTAI, WEIBIN, class_, fair, goal, record_id, upload

from analytics.etl.report import Finding, SheetReport
from analytics.settings import Settings
from analytics.warehouse import Store, UnknownUpload, WarehouseError, current


@pytest.fixture
def place(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data")


def fairs(place: Settings) -> dict[str, int]:
    """Name -> jobs of the current job fairs, as readers see them."""
    con = current(place).connect()
    return dict(con.execute("SELECT fair_name, jobs_n FROM job_fair ORDER BY fair_name").fetchall())


def commit(place: Settings, outcome, **how) -> str:
    with Store(place).writing() as writing:
        return writing.commit(outcome, **how)


def test_what_is_committed_can_be_read(place: Settings) -> None:
    upload_id = commit(place, upload(job_fair=[fair("春风行动", jobs_n=120), fair("夏季专场", "2023-06-01")]))
    con = current(place).connect()
    rows = con.execute(
        "SELECT fair_name, fair_date, jobs_n, upload_id, file_name, sheet, job_fair.row, reporting_unit "
        "FROM job_fair ORDER BY fair_date"
    ).fetchall()
    assert rows == [
        ("夏季专场", dt.date(2023, 6, 1), 100, upload_id, "七月台账.xlsx", "招聘会台账", 5, WEIBIN),
        ("春风行动", dt.date(2024, 7, 1), 120, upload_id, "七月台账.xlsx", "招聘会台账", 4, WEIBIN),
    ]


def test_the_same_key_again_is_a_correction(place: Settings) -> None:
    commit(place, upload(job_fair=[fair("春风行动"), fair("夏季专场")]))
    again = upload("更正.xlsx", job_fair=[fair("春风行动", jobs_n=150), fair("夏季专场"), fair("秋季专场")])
    commit(place, again)
    assert fairs(place) == {"春风行动": 150, "夏季专场": 100, "秋季专场": 100}
    changes = again.report.sheets[0].changes
    assert (changes.new, changes.changed, changes.unchanged, changes.removed) == (1, 1, 1, 0)


def test_loaded_is_new_and_changed_and_unchanged_even_when_a_key_stands_twice_in_the_file(place: Settings) -> None:
    commit(place, upload(job_fair=[fair("春风行动")]))
    twice = upload("两次.xlsx", job_fair=[fair("春风行动"), fair("春风行动", jobs_n=130), fair("新"), fair("新")])
    commit(place, twice)
    changes = twice.report.sheets[0].changes
    assert (changes.new, changes.changed, changes.unchanged) == (1, 1, 2)
    assert fairs(place) == {"春风行动": 130, "新": 100}, "the lower row counts"


def test_a_moved_row_or_another_file_name_is_no_change(place: Settings) -> None:
    commit(place, upload(job_fair=[fair("春风行动"), fair("夏季专场")]))
    moved = upload("改名.xlsx", job_fair=[fair("夏季专场"), fair("春风行动")])
    commit(place, moved)
    assert moved.report.sheets[0].changes.unchanged == 2
    assert moved.report.state == "accepted"


def test_an_estimate_that_changes_is_a_change(place: Settings) -> None:
    rough = {"jobs_n": None, "approx": '{"jobs_n": {"low": 100, "high": 199, "raw": "百余"}}'}
    commit(place, upload(job_fair=[fair("春风行动", **rough)]))
    exact = upload("确数.xlsx", job_fair=[fair("春风行动", jobs_n=120)])
    commit(place, exact)
    assert exact.report.sheets[0].changes.changed == 1


def test_a_revoked_correction_gives_the_earlier_value_back(place: Settings) -> None:
    commit(place, upload(job_fair=[fair("春风行动")]))
    wrong = commit(place, upload("错.xlsx", job_fair=[fair("春风行动", jobs_n=9), fair("不存在的会")]))
    assert fairs(place) == {"春风行动": 9, "不存在的会": 100}
    with Store(place).writing() as writing:
        writing.revoke(wrong, "报错了", by="张三")
    assert fairs(place) == {"春风行动": 100}
    row = (
        current(place)
        .connect()
        .execute("SELECT revoked_reason, revoked_by, revoked_at IS NOT NULL FROM uploads WHERE upload_id = ?", [wrong])
        .fetchone()
    )
    assert row == ("报错了", "张三", True)


def test_revoking_the_first_report_keeps_what_a_later_upload_says_too(place: Settings) -> None:
    first = commit(place, upload(job_fair=[fair("春风行动"), fair("只报一次")]))
    commit(place, upload("再报.xlsx", job_fair=[fair("春风行动")]))
    with Store(place).writing() as writing:
        writing.revoke(first, "")
    assert fairs(place) == {"春风行动": 100}


def test_an_upload_is_revoked_once(place: Settings) -> None:
    upload_id = commit(place, upload(job_fair=[fair("春风行动")]))
    with Store(place).writing() as writing:
        writing.revoke(upload_id, "")
        with pytest.raises(WarehouseError, match="已于"):
            writing.revoke(upload_id, "")
        with pytest.raises(UnknownUpload, match="没有编号"):
            writing.revoke("20240101-00000000", "")


def test_replacing_a_period_drops_what_the_new_file_no_longer_has(place: Settings) -> None:
    commit(place, upload(job_fair=[fair("一", "2024-07-01"), fair("二", "2024-07-09"), fair("六月", "2024-06-30")]))
    commit(place, upload("金台.xlsx", unit=JINTAI, job_fair=[fair("金台的", "2024-07-02")]))
    new = upload("替换.xlsx", job_fair=[fair("一", "2024-07-01", jobs_n=5)])
    replaced = commit(place, new, mode="replace", period="2024-07")
    assert fairs(place) == {"一": 5, "六月": 100, "金台的": 100}
    assert (new.report.sheets[0].changes.changed, new.report.sheets[0].changes.removed) == (1, 1)
    with Store(place).writing() as writing:
        standing = [
            entry["standing"] for entry in writing.history("job_fair", record_id("job_fair", "二", "2024-07-09"))
        ]
        assert standing == ["superseded", "removed"]
        writing.revoke(replaced, "替换错了")
    assert fairs(place) == {"一": 100, "二": 100, "六月": 100, "金台的": 100}


def test_what_was_sent_for_the_period_is_replaced_although_its_day_lies_elsewhere(place: Settings) -> None:
    commit(place, upload(period="2024-07", job_fair=[fair("跨月", "2024-06-29"), fair("七月", "2024-07-05")]))
    commit(place, upload("替换.xlsx", period="2024-07", job_fair=[fair("七月", "2024-07-05")]), mode="replace")
    assert fairs(place) == {"七月": 100}


def test_a_record_removed_by_a_replacement_may_come_again(place: Settings) -> None:
    commit(place, upload(job_fair=[fair("一"), fair("二")]))
    commit(place, upload("替换.xlsx", job_fair=[fair("一")]), mode="replace", period="2024")
    back = upload("补报.xlsx", job_fair=[fair("二")])
    commit(place, back)
    assert fairs(place) == {"一": 100, "二": 100}
    assert back.report.sheets[0].changes.new == 1


@pytest.mark.parametrize(
    ("unit", "period", "lacks"), [(None, "2024-07", "填报单位"), (WEIBIN, None, "期间"), (WEIBIN, "上上月", "期间")]
)
def test_replacing_needs_to_know_whose_and_which_period(
    place: Settings, unit: str | None, period: str | None, lacks: str
) -> None:
    commit(place, upload(job_fair=[fair("一")]))
    new = upload("替换.xlsx", unit=unit, job_fair=[fair("二")])
    upload_id = commit(place, new, mode="replace", period=period)
    finding = new.report.findings[-1]
    assert (new.report.state, finding.code) == ("rejected", "REPLACE-NEEDS-PERIOD")
    assert lacks in finding.message
    new.report.sheets[0].counts.reconcile()
    assert (new.report.sheets[0].counts.loaded, new.report.sheets[0].counts.quarantined) == (0, 1)
    assert fairs(place) == {"一": 100}, "nothing was loaded and nothing was dropped"
    assert current(place).upload(upload_id)["quarantine"][0]["cells"]["B"] == "二"


def test_a_replacement_with_rows_held_back_says_that_figures_may_be_short(place: Settings) -> None:
    commit(place, upload(job_fair=[fair("一"), fair("二")]))
    new = upload("替换.xlsx", state="partially_accepted", held=[9], job_fair=[fair("一")])
    commit(place, new, mode="replace", period="2024-07")
    assert [finding.code for finding in new.report.findings] == ["REPLACE-QUARANTINED"]


def test_a_year_ledger_is_replaced_by_a_whole_year_only(place: Settings) -> None:
    commit(place, upload(target=[goal(2024, "J02", 70000), goal(2024, "T02", 16000), goal(2023, "J02", 60000)]))
    commit(place, upload("七月.xlsx", target=[goal(2024, "J02", 1)]), mode="replace", period="2024-07")
    count = "SELECT count(*) FROM target"
    assert current(place).connect().execute(count).fetchone() == (3,)
    commit(place, upload("全年.xlsx", target=[goal(2024, "J02", 2)]), mode="replace", period="2024")
    assert current(place).connect().execute(count).fetchone() == (2,)


def test_the_same_bytes_are_found_until_they_are_revoked(place: Settings) -> None:
    one = upload(job_fair=[fair("春风行动")])
    options = {"period": "2024-07", "unit": None}
    upload_id = commit(place, one, options=options)
    with Store(place).writing() as writing:
        assert writing.find_duplicate(one.report.sha256, {"period": "2024-07"}) == upload_id
        assert writing.find_duplicate(one.report.sha256, {"period": "2024-08"}) is None
        assert writing.find_duplicate("0" * 64, options) is None
        writing.revoke(upload_id, "")
        assert writing.find_duplicate(one.report.sha256, options) is None


def test_bytes_that_were_rejected_may_be_tried_again(place: Settings) -> None:
    refused = upload(state="rejected", job_fair=[])
    commit(place, refused)
    with Store(place).writing() as writing:
        assert writing.find_duplicate(refused.report.sha256) is None


def test_a_mapping_confirmed_since_makes_the_same_bytes_worth_reading_again(place: Settings) -> None:
    one = upload(job_fair=[fair("春风行动")])
    commit(place, one)
    with Store(place).writing() as writing:
        writing.keep_profile("another-print", "job_fair", {"岗位": "jobs_n"})
        assert writing.find_duplicate(one.report.sha256) is not None
        writing.keep_profile("print-job_fair", "job_fair", {"岗位": "jobs_n"}, by="李四")
        assert writing.find_duplicate(one.report.sha256) is None
    assert current(place).profiles["print-job_fair"] == {"岗位": "jobs_n"}


def test_a_preview_says_what_the_commit_then_does_and_keeps_nothing(place: Settings) -> None:
    commit(place, upload(job_fair=[fair("一"), fair("二"), fair("三")]))
    new = upload("新.xlsx", job_fair=[fair("一", jobs_n=7, venue="人民广场"), fair("二"), fair("四")])
    with Store(place).writing() as writing:
        seen = writing.changes(new, "replace", period="2024-07")
        assert {(change.field, change.old, change.new) for change in seen.fields} == {
            ("jobs_n", 100, 7),
            ("venue", None, "人民广场"),
        }
        assert [(gone.file_name, gone.row) for gone in seen.removed] == [("七月台账.xlsx", 6)]
    assert fairs(place) == {"一": 100, "二": 100, "三": 100}
    commit(place, new, mode="replace", period="2024-07")
    assert new.report.sheets[0].changes == seen.counts["job_fair"]


def test_history_tells_upload_place_value_and_standing(place: Settings) -> None:
    first = commit(place, upload(job_fair=[fair("春风行动")]), by="张三")
    second = commit(place, upload("错.xlsx", job_fair=[fair("别的"), fair("春风行动", jobs_n=9)]))
    third = commit(place, upload("对.xlsx", job_fair=[fair("春风行动", jobs_n=90)]))
    with Store(place).writing() as writing:
        writing.revoke(second, "错了")
        entries = writing.history("job_fair", record_id("job_fair", "春风行动", "2024-07-01"))
    assert [(e["upload_id"], e["file_name"], e["row"], e["jobs_n"], e["standing"]) for e in entries] == [
        (first, "七月台账.xlsx", 4, 100, "superseded"),
        (second, "错.xlsx", 5, 9, "revoked"),
        (third, "对.xlsx", 4, 90, "current"),
    ]
    assert entries[0]["created_by"] == "张三"


def test_another_units_report_of_the_same_record_is_told(place: Settings) -> None:
    commit(place, upload(job_fair=[fair("春风行动"), fair("一样的")]))
    other = upload("金台.xlsx", unit=JINTAI, job_fair=[fair("春风行动", jobs_n=1), fair("一样的")])
    commit(place, other)
    told = [(finding.code, finding.severity, finding.row, finding.cell) for finding in other.report.findings]
    assert told == [("DUP-WAREHOUSE", "warning", 4, "E4"), ("DUP-WAREHOUSE", "info", 5, "E5")]
    assert WEIBIN in other.report.findings[0].message
    assert other.report.state == "accepted_with_warnings"
    assert fairs(place) == {"春风行动": 1, "一样的": 100}


def test_a_near_match_with_what_is_there_is_told_and_loaded(place: Settings) -> None:
    commit(place, upload(job_fair=[fair("2024年春风行动大型专场招聘会"), fair("完全不同的名字")]))
    near = upload(
        "市里.xlsx", unit="市总工会", job_fair=[fair("2024年“春风行动”大型专场招聘会 "), fair("退役军人专场", jobs_n=3)]
    )
    commit(place, near)
    assert [(finding.code, finding.row, finding.field) for finding in near.report.findings] == [
        ("DUP-NEAR", 4, "fair_name")
    ]
    assert near.report.findings[0].cell == "B4"
    assert len(fairs(place)) == 4


def test_findings_and_held_rows_are_read_until_their_upload_is_revoked(place: Settings) -> None:
    finding = Finding("VAL-COUNT-WORDS", "error", "不是数", "请填数字", "招聘会台账", "D9", 9, "jobs_n", "较多")
    upload_id = commit(
        place, upload(state="partially_accepted", held=[9], findings=[finding], job_fair=[fair("春风行动")])
    )
    con = current(place).connect()
    assert con.execute("SELECT ledger, code, cell, file_name, upload_id FROM findings").fetchall() == [
        ("job_fair", "VAL-COUNT-WORDS", "D9", "七月台账.xlsx", upload_id)
    ]
    assert con.execute('SELECT ledger, "row", cells FROM quarantine').fetchall() == [("job_fair", 9, '{"D": "较多"}')]
    with Store(place).writing() as writing:
        writing.revoke(upload_id, "")
    con = current(place).connect()
    assert con.execute("SELECT count(*) FROM findings").fetchone() == (0,)
    assert con.execute("SELECT count(*) FROM quarantine").fetchone() == (0,)
    assert current(place).upload(upload_id)["report"].findings == [finding], "one upload can still be looked at"


def test_two_tables_of_one_sheet_get_their_own_counts(place: Settings) -> None:
    stacked = upload(job_fair=[fair("一"), fair("二"), fair("三")])
    whole = stacked.report.sheets[0]
    first, second = (
        SheetReport(whole.sheet, "job_fair", [3], 4, 4, whole.mapping),
        SheetReport(whole.sheet, "job_fair", [4], 5, 9, whole.mapping),
    )
    stacked.report.sheets = [first, second]
    commit(place, stacked)
    assert (first.changes.new, second.changes.new) == (1, 2)


def test_a_failed_commit_leaves_nothing(place: Settings) -> None:
    commit(place, upload(job_fair=[fair("一")]))
    broken = upload("坏.xlsx", job_fair=[fair("二")], training=[class_("电工班")])
    broken.tables["training"] = broken.tables["training"].append_column(
        "nonsense", broken.tables["training"].column("row")
    )
    with pytest.raises(ValueError, match="nonsense"), Store(place).writing() as writing:
        writing.commit(broken)
    assert fairs(place) == {"一": 100}
    commit(place, upload("好.xlsx", job_fair=[fair("三")]))
    assert fairs(place) == {"一": 100, "三": 100}


NAMES = ("甲", "乙", "丙")
STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(["merge", "replace"]),
            st.dictionaries(st.sampled_from(NAMES), st.integers(0, 3), max_size=3),
            st.sampled_from([WEIBIN, JINTAI]),
        ),
        st.tuples(st.just("revoke"), st.integers(0, 7)),
    ),
    max_size=7,
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_course_of_uploads_comes_to_what_a_plain_list_says(
    steps: list, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = Settings(data=tmp_path_factory.mktemp("course"))
    # Each upload as (id, name -> jobs or None for "no longer there", revoked); the plain list to compare with.
    course: list[tuple[str, dict[str, int | None], str, list[bool]]] = []

    def plain() -> dict[str, tuple[int, str]]:
        seen: dict[str, tuple[int, str]] = {}
        for _, said, unit, revoked in course:
            if revoked[0]:
                continue
            for name, jobs in said.items():
                if jobs is None:
                    seen.pop(name, None)
                else:
                    seen[name] = (jobs, unit)
        return seen

    with Store(place).writing() as writing:
        for number, step in enumerate(steps):
            if step[0] == "revoke":
                standing = [entry for entry in course if not entry[3][0]]
                if standing:
                    entry = standing[step[1] % len(standing)]
                    writing.revoke(entry[0], "")
                    entry[3][0] = True
            else:
                mode, rows, unit = step
                said: dict[str, int | None] = dict(rows)
                if mode == "replace":
                    said |= {name: None for name, (_, owner) in plain().items() if owner == unit and name not in rows}
                outcome = upload(
                    f"{number}.xlsx", unit=unit, job_fair=[fair(name, jobs_n=jobs) for name, jobs in rows.items()]
                )
                before = plain()
                upload_id = writing.commit(outcome, mode=mode, period="2024-07")
                changes = outcome.report.sheets[0].changes
                assert changes.new == sum(name not in before for name in rows)
                assert changes.changed == sum(name in before and before[name][0] != jobs for name, jobs in rows.items())
                assert changes.removed == len(said) - len(rows)
                course.append((upload_id, said, unit, [False]))
            writing.publish()
            assert fairs(place) == {name: jobs for name, (jobs, _) in sorted(plain().items())}
