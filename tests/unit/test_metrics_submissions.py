"""The submission calendar: who sent which month, in time or late, and what is missing."""

import datetime as dt

import pytest
from warehouse_kit import JINTAI, fair, upload

from analytics import moments
from analytics.metrics import MetricError, query, submission_calendar
from analytics.metrics.submissions import quality_rules
from analytics.settings import Settings
from analytics.warehouse import Store

D = dt.date
TODAY = moments.today()


@pytest.fixture
def place(tmp_path):
    return Settings(data=tmp_path / "data")


def commit(place, outcome):
    with Store(place).writing() as writing:
        return writing.commit(outcome)


def states(place, period="2024", sender="金台区", as_of=TODAY, **how):
    found = submission_calendar(period=period, ledger="job_fair", settings=place, as_of=as_of, **how)
    (row,) = [row for row in found.senders if row.name == sender]
    return [cell.state for cell in row.cells["job_fair"]]


def test_a_month_sent_by_its_deadline_is_in_time_and_one_sent_after_it_late(place):
    commit(place, upload("六月.xlsx", unit=JINTAI, period="2024-06", job_fair=[
        fair("一", "2024-06-03", reported_on=D(2024, 7, 10)),
    ]))  # fmt: skip
    commit(place, upload("七月.xlsx", unit=JINTAI, period="2024-07", job_fair=[
        fair("二", "2024-07-03", reported_on=D(2024, 8, 11)),
    ]))  # fmt: skip
    assert states(place, "2024-05..2024-08") == ["missing", "on_time", "late", "missing"]


def test_a_month_is_due_until_its_deadline_and_nothing_is_asked_of_months_to_come(place):
    commit(place, upload(unit=JINTAI, period="2024-01", job_fair=[fair("一", "2024-01-03", reported_on=D(2024, 2, 1))]))
    assert states(place, "2024Q2", as_of=D(2024, 5, 10)) == ["due", "due", "none"]
    assert states(place, "2024Q2", as_of=D(2024, 5, 11)) == ["missing", "due", "none"]


def test_what_was_sent_later_was_not_there_yet(place):
    commit(
        place, upload(unit=JINTAI, period="2024-03", job_fair=[fair("一", "2024-03-03", reported_on=D(2024, 4, 20))])
    )
    assert states(place, "2024-03", as_of=D(2024, 4, 15)) == ["missing"]
    assert states(place, "2024-03", as_of=D(2024, 4, 20)) == ["late"]


def test_a_running_ledger_has_sent_its_months_and_is_not_judged(place):
    day = D(2024, 7, 5)
    commit(place, upload(unit=JINTAI, job_fair=[
        fair("一", "2024-02-03", reported_on=day), fair("二", "2024-04-03", reported_on=day),
    ]))  # fmt: skip
    assert states(place, "2024-01..2024-08") == ["sent"] * 5 + ["on_time", "missing", "missing"]


def test_a_running_ledger_filled_in_late_in_a_month_tells_of_that_month(place):
    day = D(2024, 7, quality_rules().running_from_day)
    commit(place, upload(unit=JINTAI, job_fair=[
        fair("一", "2024-02-03", reported_on=day), fair("二", "2024-04-03", reported_on=day),
    ]))  # fmt: skip
    assert states(place, "2024-07") == ["on_time"]


def test_what_was_taken_back_was_not_sent(place):
    sent = commit(place, upload(unit=JINTAI, period="2024-03", job_fair=[fair("一", "2024-03-03")]))
    with Store(place).writing() as writing:
        writing.revoke(sent, "发错了")
    assert states(place, "2024-03") == ["missing"]


def test_every_county_must_send_and_other_offices_are_only_shown(place):
    commit(place, upload(unit="宝鸡市总工会职工服务中心", period="2024-03", job_fair=[fair("一", "2024-03-03")]))
    found = submission_calendar(period="2024-02..2024-03", settings=place)
    assert len([row for row in found.senders if row.county]) == 13
    (office,) = [row for row in found.senders if row.county is None]
    assert [cell.words for cell in office.cells["job_fair"]] == ["—", "迟报"]
    assert list(office.cells) == ["job_fair"]
    assert found.count("missing") == 13 * 4 * 2
    assert found.senders[0].months == ("missing", "missing")


def test_shares_of_the_calendar_are_figures_like_any_other(place):
    commit(place, upload(unit=JINTAI, period="2024-06", job_fair=[fair("一", "2024-06-03", reported_on=D(2024, 7, 1))]))
    commit(place, upload("二.xlsx", unit=JINTAI, period="2024-07", job_fair=[
        fair("二", "2024-07-03", reported_on=D(2024, 9, 1)), fair("三", "2024-07-09", reported_on=D(2024, 9, 1)),
    ], held=[9]))  # fmt: skip
    how = {"period": "2024-06..2024-07", "settings": place, "as_of": D(2024, 9, 10)}
    found = query(["G06_late", "g06_missing", "G06_age", "G06_quarantined"], county="金台区", **how)
    assert [(row.id, row.value, row.numerator, row.denominator) for row in found.rows] == [
        ("G06_late", 50.0, 1, 2), ("G06_missing", 75.0, 6, 8), ("G06_age", 9, None, None),
        ("G06_quarantined", 25.0, 1, 4),
    ]  # fmt: skip
    split = query("G06_missing", by=("ledger",), **how)
    assert split.row("G06_missing", ledger="job_fair").numerator == 24
    assert [row["dims"] for row in split.told()["rows"]] == [row.dims for row in split.rows], "people are told it, too"
    months = query(["J01", "G06_late"], grain="month", **how)
    assert [row.value for row in months.rows if row.id == "G06_late"] == [0.0, 100.0]
    assert [row.value for row in months.rows if row.id == "J01"] == [1, 2]


def test_figures_about_the_data_are_not_split_by_what_records_hold(place):
    commit(place, upload(job_fair=[fair("一")]))
    with pytest.raises(MetricError, match="可以用 ledger、unit、county"):
        query("G06_late", by="mode", settings=place)
    with pytest.raises(MetricError, match="没有规定按月报送"):
        submission_calendar(ledger="honour", settings=place)


def test_g06_is_all_of_them_and_what_stands_beside_every_figure_is_no_kpi(place):
    commit(place, upload(job_fair=[fair("一")]))
    found = query("g06", period="2024", settings=place)
    assert {row.id for row in found.rows} == {metric.id for metric in quality_rules().metrics}
    with pytest.raises(MetricError, match="G01 完成率（completion）是每个指标自带的一栏"):
        query("G01", settings=place)
