import datetime as dt

import pytest
from metrics_tables import connection, course, estimate, event, fair, item, known_to, target

from analytics.metrics import MetricError, catalogue, overdue, query, ranking, records, trend
from analytics.metrics.changes import change, change_words
from analytics.metrics.display import exact_value, format_value

D = dt.date


def one(id_, con, **how):
    how.setdefault("period", "2024")
    return query(id_, connection=con, **how).rows[0]


def test_a_rate_is_the_ratio_of_sums_and_not_the_mean_of_rates():
    con = connection(
        job_fair=[
            fair(D(2024, 5, 1), visits_total=1000, signed_n=10),
            fair(D(2024, 5, 2), visits_total=10, signed_n=5, county="凤县"),
        ]
    )
    assert one("J07", con).value == pytest.approx(100 * 15 / 1010)


def test_a_blank_numerator_does_not_pull_a_rate_down():
    con = connection(
        job_fair=[
            fair(D(2024, 5, 1), visits_total=100, signed_n=10),
            fair(D(2024, 5, 2), visits_total=900, signed_n=None),
        ]
    )
    row = one("J07", con)
    assert (row.value, row.numerator, row.denominator) == (10.0, 10, 100)
    assert row.flags == ("缺数 1 行未计入",)
    assert one("J11", con).value == 1000


def test_an_estimate_stays_outside_and_is_said():
    con = connection(
        job_fair=[fair(D(2024, 5, 1), jobs_n=300), fair(D(2024, 5, 2), jobs_n=None, approx=estimate("jobs_n"))]
    )
    jobs, average, fairs = (one(id_, con) for id_ in ("J02", "J04", "J01"))
    assert (jobs.value, jobs.approx_rows, jobs.flags) == (300, 1, ("含估计数 1 行",))
    assert (average.value, average.approx_rows) == (300, 1)
    assert (fairs.value, fairs.approx_rows) == (2, 0)


def test_an_estimate_a_reviewer_settled_counts():
    con = connection(job_fair=[fair(D(2024, 5, 2), jobs_n=150, approx=estimate("jobs_n"))])
    row = one("J02", con)
    assert (row.value, row.approx_rows) == (150, 0)


def test_no_record_at_all_is_absent_and_never_zero():
    con = connection(event=[event(D(2024, 3, 1))])
    assert one("J01", con).value is None
    assert one("E01", con, period="2024-04").value is None
    assert one("E01", con, county="凤县").value is None


def test_a_ledger_that_was_sent_without_such_records_is_a_true_zero():
    con = connection(event=[event(D(2024, 3, 1), kind="宣讲"), event(D(2024, 4, 1), kind="文化惠工", status="取消")])
    assert one("E02", con).value == 0
    assert one("E02", con, period="2024-04").value == 0
    assert one("E05", con, period="2024-04").value is None


def test_a_column_nobody_filled_in_is_absent():
    con = connection(event=[event(D(2024, 3, 1))])
    row = one("E04", con)
    assert row.value is None
    assert row.flags == ("缺数 1 行未计入",)


@pytest.mark.parametrize("status", ["计划", "取消", "延期"])
def test_only_activities_that_took_place_count(status):
    con = connection(event=[event(D(2024, 3, 1)), event(D(2024, 3, 2), status=status, sessions=9)])
    assert one("E01", con).value == 1


def test_an_activity_over_several_days_counts_on_its_first():
    con = connection(event=[event(D(2024, 6, 29), end_date=D(2024, 7, 2))])
    assert one("E01", con, period="2024-06").value == 1
    assert one("E01", con, period="2024-07").value is None


def test_people_of_both_groups_are_counted_once_where_the_overlap_is_known():
    con = connection(job_fair=[fair(D(2024, 5, 1), migrant_visits=100, new_form_visits=60, both_visits=20)])
    row = one("J03", con)
    assert (row.value, row.flags) == (140, ())


def test_without_the_overlap_the_sum_is_shown_and_flagged():
    con = connection(job_fair=[fair(D(2024, 5, 1), migrant_visits=100, new_form_visits=60)])
    row = one("J03", con)
    assert (row.value, row.flags) == (160, ("可能重复",))


def test_one_group_alone_cannot_be_counted_twice():
    con = connection(job_fair=[fair(D(2024, 5, 1), migrant_visits=100), fair(D(2024, 5, 2))])
    row = one("J03", con)
    assert (row.value, row.flags) == (100, ("缺数 1 行未计入",))


def test_a_fair_without_the_split_is_online_as_its_mode_says():
    con = connection(
        job_fair=[
            fair(D(2024, 5, 1), mode="线下", visits_total=100),
            fair(D(2024, 5, 2), mode="直播带岗", visits_total=50, live_views=90000),
            fair(D(2024, 5, 3), mode="线上线下", visits_total=50, online_visits=20, onsite_visits=30),
            fair(D(2024, 5, 4), mode="线上线下", visits_total=999),
        ]
    )
    row = one("J08", con)
    assert (row.value, row.numerator, row.denominator) == (35.0, 70, 200)
    assert row.flags == ("缺数 1 行未计入",)


def test_categories_are_told_apart_without_spaces_and_case_and_never_added_up():
    con = connection(
        training=[
            course(D(2024, 1, 5), "电工"), course(D(2024, 2, 5), "电 工"), course(D(2024, 2, 6), "CAD"),
            course(D(2024, 3, 6), "cad", county="凤县"),
        ]
    )  # fmt: skip
    assert one("T01", con).value == 2
    by_county = query("T01", period="2024", by="county", connection=con)
    assert [by_county.row("T01", county=name).value for name in ("渭滨区", "凤县")] == [2, 1]
    assert [row.value for row in query("T01", period="2024H1", grain="month", connection=con).rows][:3] == [1, 2, 1]


def test_satisfaction_is_weighted_by_those_who_answered():
    con = connection(
        training=[
            course(D(2024, 1, 5), satisfaction=90, respondents=10),
            course(D(2024, 1, 6), satisfaction=100, respondents=30),
            course(D(2024, 1, 7), satisfaction=50),
        ]
    )  # fmt: skip
    assert one("T06", con).value == 97.5


def test_a_plan_may_be_more_than_fulfilled():
    con = connection(training=[course(D(2024, 1, 5), trained_visits=150, planned_n=100)])
    assert one("T09", con).value == 150


# ── dates known only to a month ──────────────────────────────────────────────────────────────────────────────────


def test_a_record_known_to_its_month_counts_in_the_month_and_not_in_its_days():
    con = connection(job_fair=[fair(D(2024, 7, 1), precision=known_to("fair_date", "month")), fair(D(2024, 7, 6))])
    assert one("J01", con, period="2024-07").value == 2
    row = one("J01", con, period="2024-07-05..2024-07-20")
    assert (row.value, row.flags) == (1, ("日期不够确切 1 行未计入",))


def test_a_record_known_to_its_quarter_is_in_the_quarter_and_in_no_month():
    con = connection(job_fair=[fair(D(2024, 7, 1), precision=known_to("fair_date", "quarter")), fair(D(2024, 7, 6))])
    assert one("J01", con, period="2024Q3").value == 2
    rows = query("J01", period="2024Q3", grain="month", connection=con).rows
    assert [row.value for row in rows] == [1, None, None]
    assert rows[0].flags == ("日期不够确切 1 行未计入",)


def test_a_running_month_holds_its_own_imprecise_records():
    con = connection(job_fair=[fair(D(2024, 7, 1), precision=known_to("fair_date", "month"))])
    assert one("J01", con, period="本月", as_of=D(2024, 7, 15)).value == 1


# ── comparisons and targets ──────────────────────────────────────────────────────────────────────────────────────


def test_a_running_month_compares_with_the_same_days():
    con = connection(
        job_fair=[
            fair(D(2024, 7, 3), jobs_n=150), fair(D(2023, 7, 10), jobs_n=100), fair(D(2023, 7, 20), jobs_n=900),
            fair(D(2024, 6, 15), jobs_n=50), fair(D(2024, 6, 16), jobs_n=900),
        ]
    )  # fmt: skip
    row = one("J02", con, period="2024-07", as_of=D(2024, 7, 15))
    assert (row.value, row.yoy, row.mom) == (150, 50, 200)
    row = one("J02", con, period="2024-07", as_of=D(2024, 7, 31))
    assert (row.yoy_base, row.mom_base) == (1000, 950)


def test_a_comparison_with_nothing_or_with_zero_is_absent():
    con = connection(event=[event(D(2024, 7, 3)), event(D(2023, 7, 3), kind="其他")])
    row = one("E01", con, period="2024-07")
    assert (row.yoy_base, row.yoy) == (0, None)
    assert (row.mom_base, row.mom) == (None, None)


def test_a_filter_changes_both_sides_of_a_comparison():
    con = connection(job_fair=[fair(D(2024, 7, 3)), fair(D(2023, 7, 3), county="凤县"), fair(D(2023, 7, 4), jobs_n=50)])
    row = one("J02", con, period="2024-07", county="渭滨区")
    assert (row.value, row.yoy) == (100, 100)


def test_completion_is_never_capped():
    con = connection(job_fair=[fair(D(2024, 5, 1), jobs_n=71234)], target=[target("J02", 70000)])
    row = one("J02", con)
    assert row.to_json() == {
        "id": "J02", "name": "提供岗位数", "unit": "个", "value": 71234, "dims": {}, "target": 70000,
        "completion": 101.8, "pace_gap": 1.8, "yoy": None, "mom": None, "rank": None, "approx_rows": 0,
        "light": "green", "flags": [],
    }  # fmt: skip
    assert row.light == "green"


def test_part_of_a_year_is_held_to_the_year_so_far():
    con = connection(
        job_fair=[fair(D(2024, 2, 1), jobs_n=300), fair(D(2024, 6, 1), jobs_n=200)], target=[target("J02", 1000)]
    )
    row = one("J02", con, period="2024-06")
    assert (row.value, row.target, row.completion) == (200, 1000, 50)
    assert row.pace_gap == pytest.approx(50 - 100 * 182 / 366)
    months = query("J02", period="2024H1", grain="month", connection=con).rows
    assert [row.completion for row in months] == [None, 30, 30, 30, 30, 50]


def test_different_values_are_counted_anew_for_the_year_so_far():
    con = connection(
        training=[course(D(2024, 1, 5), "电工"), course(D(2024, 2, 5), "电工"), course(D(2024, 2, 6), "焊工")],
        target=[target("T01", 4)],
    )
    rows = query("T01", period="2024Q1", grain="month", connection=con).rows
    assert [row.completion for row in rows] == [25, 50, 50]


def test_the_city_is_held_to_the_sum_of_the_counties_where_it_has_no_target_of_its_own():
    counties = [target("J02", 300, "渭滨区"), target("J02", 200, "凤县")]
    con = connection(job_fair=[fair(D(2024, 5, 1))], target=counties)
    assert one("J02", con).target == 500
    assert one("J02", con, county="凤县").target == 200
    assert query("J02", period="2024", by="county", connection=con).row("J02", county="渭滨区").target == 300
    con = connection(job_fair=[fair(D(2024, 5, 1))], target=[*counties, target("J02", 450)])
    assert one("J02", con).target == 450


def test_rates_have_no_summed_target_and_no_pace():
    con = connection(
        training=[course(D(2024, 5, 1), exam_n=100, pass_n=90)],
        target=[target("T04", 95, "渭滨区"), target("T04", 80, "凤县")],
    )
    assert one("T04", con).target is None
    con = connection(training=[course(D(2024, 5, 1), exam_n=100, pass_n=90)], target=[target("T04", 95)])
    row = one("T04", con)
    assert row.completion == pytest.approx(100 * 90 / 95)
    assert row.pace_gap is None


@pytest.mark.parametrize(("jobs", "light"), [(951, "green"), (950, "amber"), (901, "amber"), (900, "red")])
def test_being_behind_the_time_gone_by_is_amber_then_red(jobs, light):
    con = connection(job_fair=[fair(D(2024, 5, 1), jobs_n=jobs)], target=[target("J02", 1000)])
    assert one("J02", con).light == light


def test_a_target_of_zero_gives_no_completion():
    con = connection(job_fair=[fair(D(2024, 5, 1))], target=[target("J02", 0)])
    assert one("J02", con).completion is None


def test_the_plan_runs_straight_between_the_quarters_ends():
    con = connection(job_fair=[fair(D(2024, 1, 9))], target=[target("J02", 1200, q1=300, q2=400)])
    points = trend("J02", period="2024", as_of=D(2024, 2, 10), connection=con)
    assert [round(point.plan_to_date) for point in points] == [
        100, 200, 300, 333, 367, 400, 533, 667, 800, 933, 1067, 1200,
    ]  # fmt: skip
    assert points[0].plan == 100
    assert [point.value for point in points][:3] == [100, None, None]
    assert sum(point.plan for point in points) == pytest.approx(1200)


def test_months_to_come_are_shown_beside_last_years_whole_months():
    con = connection(job_fair=[fair(D(2023, 2, 20), jobs_n=7), fair(D(2023, 11, 5), jobs_n=9), fair(D(2024, 2, 1))])
    points = trend("J02", period="2024", as_of=D(2024, 2, 10), connection=con)
    assert (points[1].last_year, points[10].last_year) == (None, 9)


# ── counties ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_ties_share_a_place_and_the_city_level_is_left_out():
    con = connection(
        job_fair=[
            fair(D(2024, 5, 1), "渭滨区", jobs_n=300), fair(D(2024, 5, 1), "金台区", jobs_n=300),
            fair(D(2024, 5, 1), "凤县", jobs_n=100), fair(D(2024, 5, 1), "市本级", jobs_n=9999),
        ]
    )  # fmt: skip
    rows = ranking("J02", period="2024", connection=con)
    assert [(row.dims["county"], row.rank) for row in rows][:3] == [("渭滨区", 1), ("金台区", 1), ("凤县", 3)]
    assert all(row.rank is None for row in rows[3:])
    assert {row.dims["county"]: row.value for row in rows[3:]}["市本级"] == 9999
    assert len(rows) == 14
    alone = query("J02", period="2024", by="county", county="凤县", connection=con).rows
    assert [(row.dims, row.rank) for row in alone] == [({"county": "凤县"}, 3)]


def test_fewer_overdue_items_rank_higher_and_neutral_kpis_have_no_rank():
    late = {"deadline": D(2024, 3, 1)}
    con = connection(
        rectification=[
            item(D(2024, 1, 1), **late), item(D(2024, 1, 2), **late),
            item(D(2024, 1, 3), resp_unit="凤县总工会", **late), item(D(2024, 1, 3), resp_unit="眉县", long_term=True),
        ]
    )  # fmt: skip
    answer = query(["R04", "R08"], period="2024", by="county", connection=con)
    assert [answer.row("R04", county=name).rank for name in ("眉县", "凤县", "渭滨区")] == [1, 2, 3]
    assert all(row.rank is None for row in answer.rows if row.id == "R08")


def test_rectification_finds_the_county_in_the_name_of_the_office():
    offices = ["渭滨区总工会", "宝鸡市凤翔县总工会", "高新", "权益保障部"]
    con = connection(
        rectification=[item(D(2024, 1, 1), resp_unit=office, reporting_unit="督查室") for office in offices]
    )
    answer = query("R_all", period="2024", by="county", connection=con)
    found = {row.dims["county"] for row in answer.rows if row.value}
    assert found == {"渭滨区", "凤翔区", "高新区", "市本级"}


def test_a_record_without_a_county_is_shown_apart_so_that_the_split_adds_up():
    con = connection(job_fair=[fair(D(2024, 5, 1)), fair(D(2024, 5, 2), None)])
    rows = query("J01", period="2024", by="county", connection=con).rows
    assert sum(row.value or 0 for row in rows) == 2
    assert rows[-1].dims == {"county": "未填"}


def test_a_split_by_a_declared_dimension_and_by_reporting_unit():
    con = connection(
        event=[event(D(2024, 5, 1), venue_type="企业"), event(D(2024, 5, 2), venue_type="社区"), event(D(2024, 5, 3))]
    )
    rows = query("E03", period="2024", by="venue_type", connection=con).rows
    assert {row.dims["venue_type"]: row.value for row in rows} == {"企业": 1, "社区": 1, "未填": 1}
    assert query("E03", period="2024", by="unit", connection=con).rows[0].dims == {"unit": "渭滨区总工会"}
    assert one("E03", con, unit="凤县总工会").value is None


# ── states at a day ──────────────────────────────────────────────────────────────────────────────────────────────


def test_an_item_done_later_was_overdue_then():
    con = connection(rectification=[item(D(2024, 3, 1), "已完成", deadline=D(2024, 6, 1), done_date=D(2024, 8, 1))])
    assert one("R04", con, period="2024Q2", as_of=D(2024, 6, 30)).value == 1
    assert one("R04", con, period="2024-07").value == 1
    assert one("R04", con, period="2024").value == 0
    assert [row.value for row in query("R04", period="2024", grain="quarter", connection=con).rows] == [0, 1, 0, 0]


def test_overdue_items_are_listed_the_longest_first():
    con = connection(
        rectification=[
            item(D(2024, 3, 1), item_no="甲", deadline=D(2024, 6, 1)),
            item(D(2024, 3, 1), item_no="乙", deadline=D(2024, 5, 1)),
            item(D(2024, 3, 1), item_no="丙", deadline=D(2024, 6, 30)),
            item(D(2024, 3, 1), item_no="丁", deadline=D(2024, 5, 2), resp_unit="凤县总工会"),
        ]
    )  # fmt: skip
    frame = overdue(D(2024, 6, 30), connection=con)
    assert frame[["item_no", "days_overdue"]].values.tolist() == [["乙", 60], ["丁", 59], ["甲", 29]]
    assert overdue(D(2024, 6, 30), "凤县", connection=con)["item_no"].tolist() == ["丁"]


def test_long_term_items_stand_outside_the_rate_in_time():
    con = connection(
        rectification=[
            item(D(2024, 3, 1), "已完成", item_no="1", deadline=D(2024, 6, 1), done_date=D(2024, 6, 1)),
            item(D(2024, 3, 1), "整改中", item_no="2", deadline=D(2024, 6, 1), long_term=True),
            item(D(2024, 3, 1), "整改中", item_no="3", deadline=D(2025, 6, 1)),
        ]
    )
    row = one("R03", con)
    assert (row.value, row.denominator) == (100, 1)
    assert one("R08", con).value == 1


def test_due_soon_is_today_to_the_twentieth_day():
    gaps = {"-1": -1, "0": 0, "20": 20, "21": 21}
    con = connection(
        rectification=[
            item(D(2024, 3, 1), item_no=name, deadline=D(2024, 6, 10) + dt.timedelta(days=gap))
            for name, gap in gaps.items()
        ]
    )
    frame = records("R06", period="2024", as_of=D(2024, 6, 10), limit=None, sort="days_left", connection=con)
    assert frame["item_no"].tolist() == ["0", "20"]


def test_an_item_the_workbook_gives_no_done_date_is_done_but_not_judged_in_time():
    con = connection(rectification=[item(D(2024, 3, 1), "已完成", deadline=D(2024, 6, 1))])
    assert one("R01", con).value == 100
    row = one("R03", con)
    assert (row.value, row.flags) == (None, ("缺数 1 行未计入",))


# ── rows behind a figure ─────────────────────────────────────────────────────────────────────────────────────────


def test_rows_are_paged_and_sorted_and_say_where_they_came_from():
    con = connection(job_fair=[fair(D(2024, 5, day), jobs_n=day) for day in range(1, 11)])
    frame = records("J02", period="2024", sort="-jobs_n", offset=2, limit=3, connection=con)
    assert frame["value"].tolist() == [8, 7, 6]
    assert frame.attrs["total"] == 10
    assert frame[["file_name", "sheet", "row"]].values.tolist()[0] == ["台账.xlsx", "Sheet1", 8]


def test_the_rows_of_a_figure_are_found_by_its_dims():
    con = connection(
        job_fair=[fair(D(2024, 5, 1)), fair(D(2024, 6, 1)), fair(D(2024, 6, 2), "凤县"), fair(D(2024, 6, 3), None)]
    )
    for row in query("J01", period="2024", by=("county", "mode"), grain="month", connection=con).rows:
        frame = records("J01", period="2024", dims=row.dims, connection=con)
        assert len(frame) == (row.value or 0)


def test_rows_left_outside_can_be_seen_too():
    con = connection(
        job_fair=[
            fair(D(2024, 5, 1), signed_n=1), fair(D(2024, 5, 2)), fair(D(2024, 5, 3), approx=estimate("signed_n")),
            fair(D(2024, 4, 1), precision=known_to("fair_date", "quarter"), signed_n=1),
        ]
    )  # fmt: skip
    found = {which: len(records("J07", period="2024-05", which=which, connection=con)) for which in
             ("counted", "blank", "estimated", "imprecise")}  # fmt: skip
    assert found == {"counted": 1, "blank": 1, "estimated": 1, "imprecise": 1}


# ── questions that cannot be answered ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"ids": "J22"}, "没有这个指标：J22，是不是 J"),
        ({"ids": "J02", "by": "venue_type"}, "不能按 venue_type 分组"),
        ({"ids": "J02", "county": "凤凰县"}, "没有这个县区：凤凰县"),
        ({"ids": "J02", "grain": "week"}, "没有这种时间粒度"),
        ({"ids": None, "by": "星座"}, "没有指标可以按 星座 分组"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_way_out(how, words):
    with pytest.raises(MetricError, match=words):
        query(connection=connection(), **how)


@pytest.mark.parametrize("text", ["凤翔", "凤翔县", "610305", "610322", "宝鸡市凤翔区总工会", "凤翔区"])
def test_a_county_may_be_called_by_any_of_its_names(text):
    con = connection(job_fair=[fair(D(2024, 5, 1), "凤翔区"), fair(D(2024, 5, 1), "凤县")])
    assert one("J01", con, county=text).value == 1


def test_the_whole_city_is_no_filter():
    con = connection(job_fair=[fair(D(2024, 5, 1), "凤翔区"), fair(D(2024, 5, 1), "凤县")])
    assert one("J01", con, county="全市").value == 2


def test_ids_may_be_written_small_and_supporting_ones_are_answered_only_when_asked_for():
    con = connection()
    assert [row.id for row in query(["j02", "J02"], period="2024", connection=con).rows] == ["J02"]
    listed = {row.id for row in query(period="2024", connection=con, discipline=True).rows}
    assert listed == {id_ for id_, metric in catalogue().items() if not metric.supporting}
    assert query("J_signed", period="2024", connection=con).rows[0].name == "签约人数"


def test_a_source_without_any_table_answers_with_absent_figures():
    import duckdb

    assert all(row.value is None for row in query(period="2024", connection=duckdb.connect()).rows)


# ── how figures are written ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("id_", "value", "shown", "exact"),
    [
        ("J02", None, "—", "—"),
        ("J02", 0, "0", "0"),
        ("J02", 9999, "9999", "9,999"),
        ("J02", 71234, "7.12万", "71,234"),
        ("J02", 70000, "7万", "70,000"),
        ("J02", 123456789, "1.23亿", "123,456,789"),
        ("J04", 9999.96, "1万", "10,000.0"),
        ("J04", 2.25, "2.3", "2.3"),
        ("J07", 35.449, "35.4%", "35.4%"),
        ("T06", 97.5, "97.5%", "97.5%"),
    ],
)
def test_figures_are_written_as_leaders_read_them(id_, value, shown, exact):
    metric = catalogue()[id_]
    assert (format_value(metric, value), exact_value(metric, value)) == (shown, exact)


@pytest.mark.parametrize(
    ("id_", "now", "base", "told"),
    [
        ("J02", 134, 100, "增长 34.0%"),
        ("J02", 96, 100, "下降 4.0%"),
        ("J02", 10001, 10000, "持平"),
        ("J02", 40, 10, "增长 300.0%"),
        ("J02", 23, 1, "多 22 个"),
        ("J02", 3, 9, "少 6 个"),
        ("J02", 3, 3, "持平"),
        ("R01", 60.0, 83.1, "低 23.1 个百分点"),
        ("R01", 4.0, 2.0, "高 2.0 个百分点"),
        ("J04", 4.5, 3.0, "增长 50.0%"),
        ("J02", 5, 0, "—"),
        ("J02", 5, None, "—"),
        ("J02", None, 5, "—"),
    ],
)
def test_a_change_is_told_in_what_it_is_measured_in(id_, now, base, told):
    assert change_words(change(catalogue()[id_], now, base)) == told


def test_a_rate_changes_by_percentage_points_in_numbers_and_in_words():
    con = connection(
        rectification=[
            item(D(2024, 7, 1)), item(D(2024, 7, 2)), item(D(2023, 7, 1), "已完成", done_date=D(2023, 7, 9)),
            item(D(2023, 7, 2)),
        ]
    )  # fmt: skip
    row = one("R01", con, period="2024-07", as_of=D(2024, 12, 31))
    assert (row.value, row.yoy_base, row.yoy) == (0, 50, -50)
    assert change_words(row.yoy_change) == "低 50.0 个百分点"


def test_a_whole_year_has_no_period_before_it_but_last_year():
    con = connection(job_fair=[fair(D(2024, 7, 3), jobs_n=150), fair(D(2023, 7, 3), jobs_n=100)])
    year = one("J02", con, period="2024")
    assert (change_words(year.yoy_change), change_words(year.mom_change)) == ("增长 50.0%", "—")
    by_year = query("J02", period="2023..2024", grain="year", connection=con).rows[-1]
    assert change_words(by_year.mom_change) == "—"
    assert query("J02", period="2024", connection=con).told()["rows"][0]["yoy"] == "增长 50.0%"
