"""What pages draw of several figures together: every number is a figure that could be asked for alone."""

import datetime as dt

import pytest
from metrics_tables import connection, course, event, fair, item, known_to, target

from analytics.metrics import (
    MetricError,
    ageing,
    boards,
    breakdown,
    calendar_days,
    catalogue,
    composition,
    contribution,
    dimensions_of,
    extremes,
    funnel,
    outliers,
    party_life,
    query,
    target_table,
)

D = dt.date
AUTUMN = D(2024, 9, 30)


def year(**rows):
    return {"period": "2024", "connection": connection(**rows), "as_of": D(2024, 12, 31)}


def test_only_declared_kpis_and_dimensions_stand_in_the_boards():
    known = catalogue()
    for rule in boards().compositions.values():
        assert {rule.whole, *rule.parts} <= set(known)
        assert rule.by is None or rule.by in known[rule.whole].dimensions
    for rule in boards().funnels.values():
        assert {id_ for step in rule.steps for id_ in (step.kpi, step.rate) if id_} <= set(known)
    assert {band.kpi for band in boards().ageing.bands} <= set(known)


def test_the_parts_of_a_split_add_up_to_the_whole_and_blanks_are_a_part():
    how = year(event=[
        event(D(2024, 3, 1), venue_type="社区"), event(D(2024, 4, 1), venue_type="企业", sessions=3),
        event(D(2024, 5, 1), venue_type=None),
    ])  # fmt: skip
    found = composition("event_venue", **how)
    assert (found.id, found.value, found.overlapping) == ("E06", 5, False)
    assert [(part.label, part.value, part.share) for part in found.parts] == [
        ("企业", 3, 60.0), ("社区", 1, 20.0), ("未填", 1, 20.0),
    ]  # fmt: skip
    assert found.parts[0].dims == {"venue_type": "企业"}, "what finds its rows"


def test_groups_that_overlap_say_so_and_an_absent_part_has_no_share():
    how = year(job_fair=[fair(D(2024, 3, 1), visits_total=200, migrant_visits=120, new_form_visits=90)])
    found = composition("fair_groups", **how)
    assert found.overlapping
    assert [(part.value, part.share) for part in found.parts] == [(120, 60.0), (90, 45.0), (None, None), (None, None)]


def test_any_kpi_that_adds_up_may_be_split_and_no_other():
    how = year(job_fair=[fair(D(2024, 3, 1)), fair(D(2024, 4, 1), "凤县", jobs_n=300)])
    assert [part.label for part in composition("J02", by="county", **how).parts] == ["凤县", "渭滨区"]
    for id_, by in (("J04", "county"), ("T01", "county")):
        with pytest.raises(MetricError, match="不能相加"):
            composition(id_, by=by, **how)
    with pytest.raises(MetricError, match="没有这种构成"):
        composition("fair_colours", **how)


def test_a_funnels_rates_are_over_the_rows_that_have_both_sides():
    how = year(job_fair=[
        fair(D(2024, 3, 1), visits_total=100, intention_n=40), fair(D(2024, 4, 1), visits_total=900, intention_n=None),
    ])  # fmt: skip
    steps = funnel("job_fair", **how).steps
    assert [(step.id, step.value, step.rate) for step in steps[:2]] == [("J11", 1000, None), ("J_intention", 40, 40.0)]
    assert steps[2].value is None, "nobody wrote it down: absent, not 0"


def test_every_open_item_is_in_exactly_one_band():
    found = D(2024, 1, 10)
    left = [None, 21, 20, 0, -1, -30, -31, -90, -91, -200]
    ends = [None if days is None else AUTUMN + dt.timedelta(days=days) for days in left]
    items = [item(found, item_no=str(number), deadline=end) for number, end in enumerate(ends)]
    items.append(item(found, "已完成", item_no="x", deadline=D(2024, 2, 1), done_date=D(2024, 1, 20)))
    how = year(rectification=items) | {"as_of": AUTUMN}
    seen = ageing(**how)
    assert seen.as_of == AUTUMN
    assert [band.value for band in seen.bands] == [1, 1, 2, 2, 2, 2]
    assert seen.value == 10
    assert seen.bands[0].counties == {"渭滨区": 1}


def test_targets_stand_beside_what_was_reached_and_the_light_is_said():
    rows = [fair(D(2024, 2, 1), jobs_n=400), fair(D(2024, 3, 1), "凤县", jobs_n=90)]
    aims = [target("J02", 1000), target("J02", 300, "凤县"), target("R01", 95)]
    how = year(job_fair=rows, target=aims, rectification=[item(D(2024, 1, 5))]) | {"period": "2024H1"}
    found = {(row.id, row.place): row for row in target_table(**how)}
    assert set(found) == {("J02", "全市"), ("J02", "凤县"), ("R01", "全市")}
    city = found["J02", "全市"]
    assert (city.value, city.target, city.completion, city.light) == (490, 1000, 49.0, "green")
    assert city.plan_to_date == pytest.approx(500)
    assert found["J02", "凤县"].light == "red"
    assert (found["R01", "全市"].value, found["R01", "全市"].light) == (0, None)
    row = query("J02", by="county", **how).row("J02", county="凤县")
    assert row.to_json()["light"] == "red"
    assert row.to_json()["flags"] == ["红灯：落后序时进度 19.7 个百分点"]
    assert [row.place for row in target_table(["J02"], counties=False, **how)] == ["全市"]


def test_a_calendar_shows_days_and_keeps_out_what_is_known_only_to_its_month():
    how = year(job_fair=[
        fair(D(2024, 3, 1)), fair(D(2024, 3, 1), sessions=2), fair(D(2024, 2, 29)),
        fair(D(2024, 5, 1), precision=known_to("fair_date", "month")),
    ])  # fmt: skip
    found = calendar_days("J01", **how)
    assert found.values == {D(2024, 2, 29): 1, D(2024, 3, 1): 3}
    assert found.imprecise_rows == 1
    assert "1 行只知道月份" in found.note
    for id_ in ("J04", "R04", "P02"):
        with pytest.raises(MetricError, match="不能按天看"):
            calendar_days(id_, **how)
    with pytest.raises(MetricError, match="纪检"):
        calendar_days("D02", **how, discipline=True)


def test_party_life_is_shown_branch_by_branch():
    held = [event(D(2024, month, 5), "主题党日", branch="第一党支部") for month in (1, 2, 2)]
    rows = {(row.branch, row.kind): row for row in party_life(**year(event=held) | {"period": "2024Q1"})}
    row = rows["第一党支部", "主题党日"]
    assert (row.held, row.due, row.share) == (3, 3, 100.0), "rules ask for so many, whichever month they were held in"
    assert rows["第一党支部", "三会一课"].held == 0


def test_the_parts_of_a_change_add_up_to_it_for_sums_and_for_rates():
    rows = [
        fair(D(2023, 3, 1), "渭滨区", jobs_n=100, employers_n=10),
        fair(D(2024, 3, 1), "渭滨区", jobs_n=400, employers_n=20),
        fair(D(2023, 3, 1), "凤县", jobs_n=300, employers_n=10), fair(D(2024, 3, 1), "凤县", jobs_n=100, employers_n=5),
        fair(D(2024, 3, 1), "眉县", jobs_n=50, employers_n=10),
    ]  # fmt: skip
    how = year(job_fair=rows)
    found = contribution("J02", **how)
    assert (found.now, found.before, found.change) == (550, 400, 150)
    assert [(part.label, part.change, part.share) for part in found.parts if part.change] == [
        ("渭滨区", 300, 200.0), ("凤县", -200, pytest.approx(-400 / 3)), ("眉县", 50, pytest.approx(100 / 3)),
    ]  # fmt: skip
    rate = contribution("J10", **how)
    assert (rate.before, rate.change) == (20, pytest.approx(550 / 35 - 20))
    assert sum(part.change for part in rate.parts) == pytest.approx(rate.change)
    assert contribution("J02", base="mom", **how) is not None
    with pytest.raises(MetricError, match="去重"):
        contribution("T01", **how)


def test_there_is_no_contribution_to_a_change_from_nothing():
    assert contribution("J02", **year(job_fair=[fair(D(2024, 3, 1))])) is None


def test_first_and_last_places_take_in_ties_and_no_county_twice():
    counts = {"渭滨区": 5, "金台区": 5, "陈仓区": 4, "凤翔区": 3, "岐山县": 1, "扶风县": 1}
    how = year(job_fair=[fair(D(2024, 3, 1), name, sessions=count) for name, count in counts.items()])
    found = extremes("J01", most=1, **how)
    assert [row.dims["county"] for row in found.top] == ["渭滨区", "金台区"]
    assert {row.dims["county"] for row in found.bottom} == {"岐山县", "扶风县"}
    assert extremes("J01", most=20, **how).bottom == ()
    assert [row.value for row in breakdown("J01", "county", **how)][:3] == [5, 5, 4]


def test_a_county_that_did_a_years_work_in_one_month_stands_out():
    names = ["渭滨区", "金台区", "陈仓区", "凤翔区", "岐山县"]
    rows = [fair(D(2024, month, 10), name) for name in names for month in range(1, 13)]
    rows += [fair(D(2024, 10, day), "岐山县") for day in range(11, 18)]
    (found,) = outliers("J01", **year(job_fair=rows))
    assert (found.county, found.month, found.value) == ("岐山县", D(2024, 10, 1), 8)
    assert "岐山县10月招聘会场次 8 场" in found.words
    assert found.dims == {"county": "岐山县", "month": "2024-10"}
    assert outliers("J01", **year(job_fair=rows[:60])) == []


def test_a_rate_far_from_the_middle_of_the_counties_stands_out():
    jobs = {"渭滨区": 100, "金台区": 102, "陈仓区": 98, "凤翔区": 101, "岐山县": 99, "眉县": 400}
    how = year(job_fair=[fair(D(2024, 3, 1), name, jobs_n=count) for name, count in jobs.items()])
    (found,) = outliers("J04", **how)
    assert found.county == "眉县"
    assert found.words == "眉县场均岗位 400.0 个/场，各县区居中的是 100.5 个/场，明显偏高"


def test_a_kpi_says_what_it_may_be_split_by():
    known = catalogue()
    assert list(dimensions_of(known["J01"]).items())[:3] == [
        ("county", "县区"),
        ("unit", "填报单位"),
        ("mode", "举办方式"),
    ]
    assert "county" not in dimensions_of(known["D02"])


def test_training_has_a_funnel_too():
    how = year(training=[course(D(2024, 3, 1), trained_visits=50, exam_n=40, pass_n=30, cert_n=20)])
    assert [step.value for step in funnel("training", **how).steps] == [50, 40, 30, 20, None]
