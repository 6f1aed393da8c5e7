"""G06: how far a ledger's figures can be trusted."""

import datetime as dt
import json

import pytest
from metrics_tables import estimate
from warehouse_kit import JINTAI, fair, upload

from analytics import moments
from analytics.metrics import PeriodError, quality
from analytics.metrics.submissions import quality_rules
from analytics.settings import Settings
from analytics.warehouse import Store, current

THIS_YEAR = moments.today().year


@pytest.fixture
def place(tmp_path):
    return Settings(data=tmp_path / "data")


def commit(place, outcome):
    with Store(place).writing() as writing:
        return writing.commit(outcome)


def one(place, period="2024", **how):
    (found,) = quality(period, settings=place, **how)
    return found


def test_rows_held_back_and_estimates_are_shares_of_what_was_sent(place):
    guessed = fair("夏季专场", "2024-08-01", jobs_n=None, approx=estimate("jobs_n"))
    commit(place, upload(job_fair=[fair("春风行动"), guessed, fair("秋季专场")], held=[9]))
    found = one(place)
    assert (found.ledger, found.name, found.uploads) == ("job_fair", "招聘会台账", 1)
    assert (found.loaded, found.quarantined, found.quarantined_share) == (3, 1, 25.0)
    assert (found.estimated, found.estimated_share) == (1, pytest.approx(100 / 3))


def test_a_workbook_sent_long_after_its_period_is_late_and_one_of_a_running_period_is_not(place):
    commit(place, upload("一.xlsx", period="2024-07", job_fair=[fair("一")]))
    commit(place, upload("二.xlsx", period=str(THIS_YEAR), job_fair=[fair("二", f"{THIS_YEAR}-01-05")]))
    commit(place, upload("三.xlsx", job_fair=[fair("三", "2024-03-01")]))
    found = one(place, "2024-07")
    assert (found.uploads, found.late, found.loaded) == (1, 1, 1)
    assert one(place, str(THIS_YEAR)).late == 0
    assert one(place, "2024-03").late == 0, "what states no period is about the month of its records, and never late"
    assert quality("2023", settings=place) == []


def test_a_workbook_is_in_time_up_to_the_last_day_the_rules_allow(place):
    commit(place, upload(period="2024-07", job_fair=[fair("一")]))
    (sent,) = current(place).connect().execute("SELECT created_at FROM uploads").fetchone()
    ended = sent.date() - dt.timedelta(days=quality_rules().late_after_days)
    commit(place, upload("准时.xlsx", period=f"{ended}..{ended}", job_fair=[fair("二")]))
    before = ended - dt.timedelta(days=1)
    assert one(place, f"{ended}..{ended}").late == 0
    commit(place, upload("迟到.xlsx", period=f"{before}..{before}", job_fair=[fair("三")]))
    assert one(place, f"{before}..{ended}").late == 1


def test_one_office_and_what_was_taken_back(place):
    commit(place, upload(job_fair=[fair("一")], held=[9]))
    second = commit(place, upload("二.xlsx", unit=JINTAI, job_fair=[fair("二")]))
    assert one(place).uploads == 2
    assert (one(place, unit=JINTAI).loaded, one(place, unit=JINTAI).quarantined) == (1, 0)
    with Store(place).writing() as writing:
        writing.revoke(second, "发错了")
    assert one(place).uploads == 1
    assert quality("2024", unit=JINTAI, settings=place) == []


def test_nothing_sent_is_no_quality_at_all(place):
    assert quality("2024", settings=place) == []
    with pytest.raises(PeriodError):
        quality("某年", settings=place)


def test_the_form_for_machines_says_the_same(place):
    commit(place, upload(job_fair=[fair("一")]))
    told = json.loads(json.dumps(one(place).to_json(), ensure_ascii=False))
    assert told == {
        "ledger": "job_fair", "name": "招聘会台账", "uploads": 1, "late": 0, "late_share": 0.0, "loaded": 1,
        "quarantined": 0, "quarantined_share": 0.0, "estimated": 0, "estimated_share": 0.0,
        "last_sent": moments.today().isoformat(),
    }  # fmt: skip
