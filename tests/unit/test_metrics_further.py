"""The KPIs of the further ledgers: against a plain computation over random ledgers, and by example."""

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from metrics_oracle_further import DISCIPLINE, LEDGER, STATES, figure, held_of_due, in_window
from metrics_tables import connection, event, fair, known_to
from pydantic import ValidationError

from analytics import moments
from analytics.etl.values.choices import parse_choice
from analytics.ledgers import ledgers
from analytics.metrics import HIDDEN, MetricError, catalogue, composition, parse_period, query, ranking, records, trend
from analytics.metrics.due import due_rules
from analytics.metrics.periods import from_days

D = dt.date
PERIODS = ["2024", "2023", "2024-07", "2024Q1", "2024H2", "2024-01..2024-07", "2023-11..2024-02", "2024-12"]
PLACES = st.sampled_from(["渭滨区总工会", "凤县总工会", "机关党委"])
days = st.dates(D(2022, 11, 1), D(2024, 12, 31))
maybe_day = st.one_of(st.none(), days)
count = st.one_of(st.none(), st.integers(3, 400))
few = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))

ROWS = {
    "party_org": {
        "name": st.text("甲乙丙丁", min_size=1, max_size=3), "type": st.sampled_from(["党委", "党支部"]),
        "members_n": count, "founded_on": maybe_day,
    },
    "political_birthday": {"date": days, "branch": st.sampled_from(["第一支部", "第二支部"]), "persons_n": count},
    "season_service": {
        "season": st.sampled_from(["春送岗位", "夏送清凉", "金秋助学", "冬送温暖"]), "date": days,
        "campaign_year": st.integers(2022, 2025), "county": st.sampled_from(["渭滨区", "凤县", "市本级"]),
        "visits": count, "students_n": count, "jobs_n": count, "funds_paid": count,
    },
    "honour": {
        "kind": st.sampled_from(["四强党支部", "四优模范机关"]), "org": PLACES,
        "status": st.sampled_from(["申报", "创建中", "命名"]), "named_on": maybe_day,
    },
    "community_link": {
        "community": st.sampled_from(["姜谭街社区", "经二路社区", "店子街社区"]), "valid_year": st.integers(2023, 2024),
        "agreement_date": maybe_day, "member_code": st.sampled_from([None, "D001", "D002", "D003"]),
        "service_date": maybe_day, "hours": count, "residents_visits": count, "posts_claimed": count,
    },
    "policy_doc": {
        "title": st.sampled_from(["党建责任制实施办法", "值班制度"]), "effective_on": days,
        "category": st.sampled_from(["工作纪律", "工作守则", "值班值守", "会纪文风", "督查管理", "其他"]),
        "action": st.sampled_from(["新建", "修订", "废止"]),
    },
    "integrity_pledge": {"year": st.integers(2023, 2024), "unit": PLACES, "due_n": count, "signed_n": count},
    "integrity_opinion": {"date": days, "purpose": st.sampled_from(["评优", "提拔", "晋升"]), "persons_n": count},
    "integrity_exam": {"date": days, "level": st.sampled_from(["科级", "处级"]), "exam_visits": count},
    "four_forms": {"period": days, "form": st.sampled_from(["1", "2", "3", "4"]), "visits": count},
}  # fmt: skip


def table(ledger):
    return st.fixed_dictionaries({**ROWS[ledger], "reporting_unit": PLACES})


data = st.sampled_from(list(ROWS)).flatmap(
    lambda name: st.fixed_dictionaries({name: st.lists(table(name), max_size=14)})
)


def same(found, expected):
    if expected is None or found is None:
        return found is None and expected is None
    return float(found) == pytest.approx(float(expected))


def expected(kpi, rows, start, end):
    return figure(kpi, in_window(kpi, rows, None if kpi in STATES else start, end))


HOMES = {"渭滨区总工会": "渭滨区", "凤县总工会": "凤县"}


def of_county(ledger, rows, county):
    # An honoured unit that names no county is at home with the unit that reports it.
    names = ["org", "reporting_unit"] if ledger == "honour" else ["reporting_unit"]

    def home(row):
        found = [HOMES[row[name]] for name in names if row[name] in HOMES]
        return row["county"] if "county" in row else [*found, "市本级"][0]

    return [row for row in rows if home(row) == county]


@few
@given(data, st.sampled_from(PERIODS), st.sampled_from([None, D(2024, 5, 20), D(2024, 2, 29)]))
def test_every_further_kpi_equals_the_plain_computation(tables, text, as_of):
    (ledger,) = tables
    con = connection(**tables)
    day = as_of or moments.today()
    period = parse_period(text, day)
    ids = [id_ for id_, home in LEDGER.items() if home == ledger and (as_of is None or id_ not in DISCIPLINE)]
    for row in query(ids, period=period, as_of=as_of, connection=con, discipline=True).rows if ids else []:
        value = expected(row.id, tables[ledger], period.start, min(period.end, day))
        if HIDDEN in row.flags:
            assert row.id == "D01", "a few were not signed; all other figures are large or none"
            continue
        assert same(row.value, value), (row.id, row.value, value)
        if row.id not in (*STATES, *DISCIPLINE):
            before = period.last_year_window(day)
            assert same(row.yoy_base, expected(row.id, tables[ledger], before.start, before.end)), (row.id, "yoy")


@few
@given(data, st.sampled_from(PERIODS))
def test_counties_are_split_as_the_plain_computation_splits_them(tables, text):
    (ledger,) = tables
    con = connection(**tables)
    period = parse_period(text, moments.today())
    ids = [id_ for id_, home in LEDGER.items() if home == ledger and id_ not in DISCIPLINE]
    for row in query(ids, period=period, by="county", connection=con).rows if ids else []:
        mine = of_county(ledger, tables[ledger], row.dims["county"])
        value = expected(row.id, mine, period.start, period.end)
        assert same(row.value, value), (row.id, row.dims, row.value, value)


@few
@given(data, st.sampled_from(["month", "quarter", "year"]))
def test_every_bucket_equals_the_plain_computation_of_its_days(tables, grain):
    (ledger,) = tables
    con = connection(**tables)
    ids = [id_ for id_, home in LEDGER.items() if home == ledger and id_ not in DISCIPLINE]
    if not ids:
        return
    for row in query(ids, period="2023-11..2024-08", grain=grain, connection=con).rows:
        whole = parse_period(row.dims[grain], moments.today())
        bucket = from_days(max(whole.start, D(2023, 11, 1)), min(whole.end, D(2024, 8, 31)))
        value = expected(row.id, tables[ledger], bucket.start, bucket.end)
        assert same(row.value, value), (row.id, row.dims, row.value, value)


@few
@given(data)
def test_the_rows_behind_a_further_figure_add_up_to_it(tables):
    (ledger,) = tables
    con = connection(**tables)
    metrics = catalogue()
    ids = [id_ for id_, home in LEDGER.items() if home == ledger and id_ not in DISCIPLINE]
    for row in query(ids, period="2024", connection=con).rows if ids else []:
        frame = records(row.id, period="2024", limit=None, connection=con)
        if metrics[row.id].is_ratio:
            shares = (frame["numerator"].nunique(), frame["denominator"].nunique())
            assert shares == (row.numerator or 0, row.denominator or 0), row.id
        elif metrics[row.id].is_distinct:
            assert (row.value or 0) == frame["value"].nunique()
        else:
            assert (row.value or 0) == sum(frame["value"].dropna()), row.id


def test_every_further_ledger_is_declared_with_a_kpi():
    assert set(ROWS) | {"target"} <= set(ledgers())
    assert set(ROWS) <= {metric.ledger for metric in catalogue().values()}


def test_counties_of_a_ledger_without_a_county_come_from_the_reporting_unit():
    con = connection(
        policy_doc=[
            {
                "title": "甲",
                "category": "工作纪律",
                "action": "新建",
                "effective_on": D(2024, 3, 1),
                "reporting_unit": unit,
            }
            for unit in ("渭滨区总工会", "机关党委")
        ]
    )
    answer = query("D04", period="2024", by="county", connection=con)
    assert answer.row("D04", county="渭滨区").value == 1
    assert answer.row("D04", county="市本级").value == 1
    assert answer.row("D04", county="凤县").value is None


# ── party organisations ──────────────────────────────────────────────────────────────────────────────────────────


def test_an_organisation_without_a_founding_date_is_there_and_one_founded_later_is_not_yet():
    con = connection(
        party_org=[
            {"name": "甲支部", "type": "党支部", "members_n": 12, "reporting_unit": "机关党委"},
            {
                "name": "乙支部",
                "type": "党支部",
                "members_n": 9,
                "founded_on": D(2024, 9, 1),
                "reporting_unit": "机关党委",
            },
        ]
    )
    assert query("P_orgs", period="2024-06", connection=con).rows[0].value == 1
    assert query(["P_orgs", "P_members"], period="2024", connection=con).rows[1].value == 21


# ── what was due ─────────────────────────────────────────────────────────────────────────────────────────────────

CROWDED = [D(2024, 3, 5), D(2024, 6, 10), D(2024, 7, 3), D(2024, 12, 12)]
"""Days on which so much falls that more is held than was due."""
EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "event_type": st.sampled_from(["三会一课", "主题党日", "组织生活会", "民主评议", "民主生活会", "宣讲"]),
            "start_date": st.one_of(days, st.sampled_from(CROWDED)),
            "branch": st.sampled_from([None, "甲支部", "乙支部", "丙支部"]),
            "status": st.sampled_from(["已完成", "已完成", "取消"]),
            "sessions": st.one_of(st.none(), st.integers(1, 3)), "county": st.just("市本级"),
            "reporting_unit": st.just("机关党委"),
        }
    ),
    max_size=40,
)  # fmt: skip
BRANCHES = {"甲支部": None, "乙支部": D(2024, 5, 20)}
ROSTER = [
    {"name": name, "type": "党支部", "members_n": 9, "founded_on": since, "reporting_unit": "机关党委"}
    for name, since in BRANCHES.items()
] + [{"name": "机关党委", "type": "党委", "members_n": 18, "reporting_unit": "机关党委"}]


@few
@given(EVENTS, st.sampled_from([*PERIODS, "2024-03", "2024-06", "2024Q2"]))
def test_party_life_held_of_what_was_due_equals_the_plain_computation(events, text):
    period = parse_period(text, moments.today())
    con = connection(event=events, party_org=ROSTER)
    row = query("P02", period=period, connection=con).rows[0]
    value = held_of_due(events, BRANCHES, period.start, period.end)
    assert same(row.value, value), (row.value, value, row.numerator, row.denominator)


@few
@given(EVENTS)
def test_party_life_by_month_equals_the_plain_computation(events):
    con = connection(event=events, party_org=ROSTER)
    for row in query("P02", period="2024", grain="month", connection=con).rows:
        month = parse_period(row.dims["month"], moments.today())
        value = held_of_due(events, BRANCHES, month.start, month.end)
        assert same(row.value, value), (row.dims, row.value, value)


def party(day, kind, branch, **values):
    return event(day, kind=kind, county="市本级", branch=branch, **values)


def test_a_busy_branch_does_not_hide_an_idle_one():
    con = connection(
        event=[party(D(2024, 3, day), "主题党日", "甲支部") for day in (1, 2, 3, 4)]
        + [party(D(2024, 3, 9), "三会一课", "乙支部")]
    )
    row = query("P02", period="2024-03", connection=con).rows[0]
    assert (row.numerator, row.denominator, row.value) == (2, 4, 50.0)
    split = query("P02", period="2024-03", by=["branch", "event_type"], connection=con)
    assert split.row("P02", branch="甲支部", event_type="主题党日").value == 100
    assert split.row("P02", branch="乙支部", event_type="主题党日").value == 0
    assert query("P02", period="2024-03", county="市本级", connection=con).rows[0].value == 50
    assert query("P02", period="2024-03", county="凤县", connection=con).rows[0].value is None


def test_where_nothing_was_reported_nothing_is_said_to_be_missed():
    con = connection(event=[party(D(2024, 3, 1), "主题党日", "甲支部")], party_org=ROSTER)
    assert query("P02", period="2024-02", connection=con).rows[0].value is None
    assert query("P02", period="2024-03", connection=con).rows[0].value == 50.0


def test_a_meeting_of_all_branches_is_due_once_whoever_wrote_it_down():
    con = connection(event=[party(D(2024, 12, 5), "民主生活会", None)], party_org=ROSTER)
    split = query("P02", period="2024-12", by="event_type", connection=con)
    row = split.row("P02", event_type="民主生活会")
    assert (row.numerator, row.denominator) == (1, 1)


def test_the_kinds_that_are_due_are_those_that_the_metric_counts():
    where = catalogue()["P02"].where or ""
    assert {rule.kind for rule in due_rules().rules} == {
        word for word in where.split("'") if len(word) > 2 and "(" not in word
    }


def test_two_thirds_of_a_year_ask_for_the_months_begun():
    con = connection(event=[party(D(2024, 1, 5), "主题党日", "甲支部")])
    row = query("P02", period="2024", as_of=D(2024, 8, 20), connection=con).rows[0]
    assert row.denominator == 8 + 8 + 1


# ── seasons ──────────────────────────────────────────────────────────────────────────────────────────────────────


def season(day, year, **values):
    row = {"season": "冬送温暖", "county": "渭滨区", "reporting_unit": "渭滨区总工会", "visits": 100}
    return {**row, "date": day, "campaign_year": year, **values}


def test_a_campaign_that_crosses_the_year_end_counts_in_its_own_year():
    con = connection(
        season_service=[
            season(D(2024, 12, 20), 2024),
            season(D(2025, 1, 10), 2024, visits=50),
            season(D(2024, 1, 9), 2023),
        ]
    )
    assert query("S04", period="2024", connection=con).rows[0].value == 150
    assert query("S04", period="2023", connection=con).rows[0].value == 100
    months = query("S04", period="2024", grain="month", connection=con)
    assert months.row("S04", month="2024-12").value == 150
    assert sum(row.value or 0 for row in months.rows) == 150


def test_a_campaign_day_known_only_to_its_month_counts_in_its_year():
    con = connection(season_service=[season(D(2025, 1, 1), 2024, precision=known_to("date", "month"))])
    assert query("S04", period="2024", connection=con).rows[0].value == 100
    assert query("S04", period="2024-12", connection=con).rows[0].value == 100


# ── communities, makeup of what was done ─────────────────────────────────────────────────────────────────────────


def test_a_community_agreement_is_signed_once_a_year():
    def link(year, signed, **values):
        row = {"community": "姜谭街社区", "valid_year": year, "agreement_date": signed, "reporting_unit": "机关党委"}
        return {**row, **values}

    con = connection(
        community_link=[
            link(2024, D(2024, 1, 9)),
            link(2024, None, member_code="D001", service_date=D(2024, 7, 20), hours=6),
            link(2024, None, member_code="D002"),
            link(2023, None),
        ]
    )
    row = query("C01", period="2023-01..2024-12", connection=con).rows[0]
    assert (row.numerator, row.denominator) == (1, 2)
    assert query("C01", period="2024", connection=con).rows[0].value == 100
    assert query("C02", period="2024", connection=con).rows[0].value == 50
    assert query("C03", period="2024-07", connection=con).rows[0].value == 6


def test_the_mix_of_venues_adds_up_to_all_sessions():
    con = connection(
        event=[
            event(D(2024, 3, 1), venue_type="社区"),
            event(D(2024, 3, 2), venue_type="企业", sessions=3),
            event(D(2024, 3, 3)),
        ]
    )
    mix = query("E06", period="2024", by="venue_type", connection=con)
    assert {row.dims["venue_type"]: row.value for row in mix.rows} == {"社区": 1, "企业": 3, "未填": 1}
    assert all(row.rank is None for row in query("E06", period="2024", by="county", connection=con).rows)


def test_the_share_of_the_two_groups_says_where_people_may_be_counted_twice():
    con = connection(job_fair=[fair(D(2024, 5, 1), migrant_visits=60, new_form_visits=40)])
    row = query("J09", period="2024", connection=con).rows[0]
    assert (row.value, row.flags) == (50.0, ("可能重复",))


# ── discipline ledgers ───────────────────────────────────────────────────────────────────────────────────────────


def opinion(day, number, purpose="评优", unit="渭滨区总工会"):
    return {"date": day, "requester": unit, "purpose": purpose, "persons_n": number, "reporting_unit": unit}


OPINIONS = connection(
    integrity_opinion=[opinion(D(2024, 3, 1), 25), opinion(D(2024, 5, 1), 2, "提拔"), opinion(D(2024, 6, 1), 4, "晋升")]
)


def test_discipline_figures_are_refused_unless_the_role_is_sure():
    with pytest.raises(MetricError, match="纪检台账，只对纪检岗位提供"):
        query("D02", period="2024", connection=OPINIONS)
    assert not {row.id for row in query(period="2024", connection=OPINIONS).rows} & set(DISCIPLINE)
    assert query("D02", period="2024", connection=OPINIONS, discipline=True).rows[0].value == 31


@pytest.mark.parametrize("how", [{"by": "county"}, {"by": "unit"}, {"county": "渭滨区"}, {"unit": "渭滨区总工会"}])
def test_discipline_figures_are_city_totals_only(how):
    with pytest.raises(MetricError, match="只报全市总数"):
        query("D02", period="2024", connection=OPINIONS, discipline=True, **how)
    assert not {row.id for row in query(period="2024", connection=OPINIONS, discipline=True, **how).rows} & set(
        DISCIPLINE
    )


def test_discipline_rows_rankings_and_trends_are_never_shown():
    with pytest.raises(MetricError, match="不提供明细记录"):
        records("d02", period="2024", connection=OPINIONS)
    with pytest.raises(MetricError, match="纪检台账"):
        ranking("D02", period="2024", connection=OPINIONS)
    with pytest.raises(MetricError, match="纪检台账"):
        trend("D02", period="2024", connection=OPINIONS)


@pytest.mark.parametrize(("number", "shown"), [(0, 0), (1, None), (2, None), (3, 3)])
def test_one_or_two_persons_are_hidden_and_none_is_said(number, shown):
    con = connection(integrity_exam=[{"date": D(2024, 3, 1), "level": "科级", "exam_visits": number}])
    row = query("D03", period="2024", connection=con, discipline=True).rows[0]
    assert row.value == shown
    assert (HIDDEN in row.flags) == (shown is None)


def test_the_hidden_part_cannot_be_told_from_the_total():
    answer = query("D02", period="2024", by="purpose", connection=OPINIONS, discipline=True)
    shown = {row.dims["purpose"]: row.value for row in answer.rows}
    assert shown == {"评优": 25, "提拔": None, "晋升": None}, "the small one, and the next that would give it away"
    with pytest.raises(MetricError, match="一次只能按一项分开"):
        query("D02", period="2024", by="purpose", grain="month", connection=OPINIONS, discipline=True)


def test_a_comparison_does_not_tell_a_hidden_base():
    con = connection(integrity_opinion=[opinion(D(2024, 3, 1), 30), opinion(D(2023, 3, 1), 2)])
    row = query("D02", period="2024", connection=con, discipline=True).rows[0]
    assert (row.value, row.yoy, row.yoy_base, row.yoy_change) == (30, None, None, None)


def test_a_share_of_one_or_two_is_hidden():
    con = connection(integrity_pledge=[{"year": 2024, "unit": "办公室", "due_n": 2, "signed_n": 2}])
    row = query("D01", period="2024", connection=con, discipline=True).rows[0]
    assert (row.value, row.numerator, row.denominator, row.flags) == (None, None, None, (HIDDEN,))


def test_four_forms_are_neither_good_nor_bad():
    assert catalogue()["D06"].direction == "neutral"


def test_a_form_is_called_by_its_name_wherever_it_is_shown():
    con = connection(four_forms=[{"period": dt.date(2024, 3, 31), "form": "1", "visits": 9}])
    answer = query("D06", period="2024", by="form", connection=con, discipline=True)
    assert [row.dims for row in answer.rows] == [{"form": "1"}]
    assert [row["dims"] for row in answer.told()["rows"]] == [{"form": "第一种形态"}]
    parts = composition("D06", by="form", period="2024", connection=con, discipline=True).parts
    assert [part.label for part in parts] == ["第一种形态"]
    column = ledgers()["four_forms"].column("form")
    assert parse_choice(column, "第一种形态").value == "1"
    with pytest.raises(ValidationError, match="shown"):
        column.model_validate({**column.model_dump(), "shown": {"1": "首种形态"}})


def test_exactly_the_discipline_ledgers_are_restricted():
    restricted = {ledger.id for ledger in ledgers().values() if ledger.restricted}
    assert restricted == {"integrity_pledge", "integrity_opinion", "integrity_exam", "four_forms"}
    assert {metric.id for metric in catalogue().values() if metric.restricted} == set(DISCIPLINE)
