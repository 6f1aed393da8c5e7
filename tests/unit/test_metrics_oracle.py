"""The compiled SQL against a second, plain computation in pandas, over random ledgers."""

import datetime as dt
import json

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from metrics_oracle import ALL, STATES, approx_rows, figure, in_window, ledger_of
from metrics_oracle_further import LEDGER as FURTHER
from metrics_tables import connection

from analytics import moments
from analytics.metrics import catalogue, parse_period, query, records
from analytics.metrics.periods import from_days, shift_months

D = dt.date
COUNTIES = ["市本级", "渭滨区", "凤县", "凤翔区"]
PERIODS = [
    "2024", "2024-07", "2024Q3", "2024H1", "2024-01..2024-07",
    "2024-02-10..2024-08-20", "2023-11..2024-02", "2024-02-29",
]  # fmt: skip
days = st.one_of(
    st.dates(D(2022, 11, 1), D(2024, 12, 31)), st.sampled_from([D(2024, 2, 29), D(2024, 7, 1), D(2024, 12, 31)])
)


def examples(count):
    """Shrinking a ledger of fifty fields takes minutes and says no more than the first failure does."""
    phases = [Phase.explicit, Phase.reuse, Phase.generate]
    return settings(max_examples=count, deadline=None, phases=phases, suppress_health_check=list(HealthCheck))


@st.composite
def rows(draw, date, numbers, **fields):
    """One record: numbers that may be blank or estimates, a date that may be known only to a month or quarter."""
    day = draw(days)
    span = draw(st.sampled_from([None] * 6 + ["dekad", "month", "quarter", "half", "year"]))
    if span == "dekad":
        day = day.replace(day=1 + 10 * min(2, (day.day - 1) // 10))
    elif span is not None:
        size = {"month": 1, "quarter": 3, "half": 6, "year": 12}[span]
        day = D(day.year, (day.month - 1) // size * size + 1, 1)
    row = {date: day, "precision": json.dumps({date: span}) if span else None}
    notes = {}
    for name in numbers:
        kind = draw(st.sampled_from(["number", "number", "number", "blank", "estimate"]))
        row[name] = draw(st.integers(0, 400)) if kind == "number" else None
        if kind == "estimate":
            notes[name] = {"low": 100, "high": 199, "raw": "百余"}
    row["approx"] = json.dumps(notes, ensure_ascii=False) if notes else None
    county = draw(st.sampled_from(COUNTIES))
    row |= {
        "county": county,
        "reporting_unit": draw(st.sampled_from([county, f"{county}总工会", f"宝鸡市{county}总工会"])),
    }
    return row | {name: draw(strategy) for name, strategy in fields.items()}


events = rows(
    "start_date",
    ["sessions", "participants", "attended_n", "expected_n"],
    event_type=st.sampled_from(
        ["宣讲", "文化惠工", "理论学习", "业务讲堂", "主题党日", "抢险救灾", "警示教育", "谈心谈话", "其他"]
    ),
    status=st.sampled_from(["已完成", "已完成", "计划", "取消", "延期"]),
    branch=st.sampled_from([None, "第一党支部", "第二党支部"]),
)
fairs = rows(
    "fair_date",
    [
        "sessions", "employers_n", "jobs_n", "visits_total", "onsite_visits", "online_visits", "migrant_visits",
        "new_form_visits", "both_visits", "hardship_visits", "graduate_visits", "intention_n", "signed_n", "employed_n",
    ],
    mode=st.sampled_from(["线下", "线上", "线上线下", "直播带岗"]),
)  # fmt: skip
courses = rows(
    "start_date",
    [
        "planned_n", "trained_visits", "onsite_visits", "online_visits", "hours", "exam_n", "pass_n", "cert_n",
        "employed_n", "satisfaction", "respondents",
    ],
    mode=st.sampled_from([None, "线下", "线上", "线上线下"]),
    category=st.sampled_from(["电工", "电 工", "焊工", "CAD", "cad", "家政"]),
)  # fmt: skip


@st.composite
def items(draw):
    row = draw(rows("found_date", ["reopen_count"]))
    found = row["found_date"]
    later = st.one_of(st.none(), st.integers(0, 300).map(lambda n: found + dt.timedelta(days=n)))
    unit = draw(st.sampled_from(["渭滨区总工会", "凤县总工会", "凤翔县", "组织部", "宝鸡市金台区总工会"]))
    row |= {
        "resp_unit": unit,
        "status": draw(st.sampled_from(["未启动", "整改中", "待验收", "已完成", "已销号", "重启"])),
    }
    row |= {"deadline": draw(later), "done_date": draw(later), "closed_date": draw(later)}
    row["long_term"] = draw(st.sampled_from([None, True, False]))
    return row


RECORDS = {"event": events, "job_fair": fairs, "training": courses, "rectification": items()}
ledgers = st.sampled_from(list(RECORDS)).flatmap(
    lambda name: st.fixed_dictionaries({name: st.lists(RECORDS[name], max_size=15)})
)
"""One ledger at a time: the lines of work do not meet in a figure."""


def kpis(data):
    return [id_ for id_ in ALL if ledger_of(id_) in data]


def home(row, ledger):
    """The county of a record: its own column, or for rectification the county its office belongs to."""
    if ledger != "rectification":
        return row["county"]
    names = {"渭滨区总工会": "渭滨区", "凤县总工会": "凤县", "凤翔县": "凤翔区", "宝鸡市金台区总工会": "金台区"}
    if row["resp_unit"] in names:
        return names[row["resp_unit"]]
    return row["reporting_unit"].removeprefix("宝鸡市").removesuffix("总工会")


def expected(kpi, data, window, day, months, county=None):
    ledger = ledger_of(kpi)
    mine = [row for row in data[ledger] if county is None or home(row, ledger) == county]
    start = None if kpi in STATES else window.start
    frame = in_window(mine, ledger, start, window.end, window.limit)
    return figure(kpi, frame, min(window.end, day), day, months), approx_rows(kpi, frame)


def same(found, wanted):
    if wanted is None or found is None:
        return found is wanted
    return float(found) == pytest.approx(float(wanted), rel=1e-12)


def test_every_declared_kpi_is_computed_a_second_time():
    assert set(catalogue()) == ALL | set(FURTHER) | {"P02"}, "the further ledgers' stand in metrics_oracle_further"


@examples(32)
@given(ledgers, st.sampled_from(PERIODS), st.one_of(st.none(), st.dates(D(2024, 1, 15), D(2024, 12, 31))))
def test_every_figure_and_its_bases_equal_the_plain_computation(data, text, as_of):
    day = as_of or moments.today()
    period = parse_period(text, day)
    answer = query(kpis(data), period=period, as_of=as_of, connection=connection(**data))
    before = period.previous_window(day)
    back = -period.months if period.months else None
    earlier = shift_months(day, back) if back else day - (period.start - before.start)
    for row in answer.rows:
        months = period.months_begun(day)
        value, approximate = expected(row.id, data, period.window(day), day, months)
        assert same(row.value, value), (row.id, row.value, value)
        assert row.approx_rows == approximate, row.id
        assert (approximate > 0) == any("含估计数" in flag for flag in row.flags)
        base, _ = expected(row.id, data, period.last_year_window(day), shift_months(day, -12), months)
        assert same(row.yoy_base, base), (row.id, "yoy", row.yoy_base, base)
        base, _ = expected(row.id, data, before, earlier, months)
        assert same(row.mom_base, base), (row.id, "mom", row.mom_base, base)


@examples(16)
@given(ledgers, st.sampled_from(PERIODS))
def test_counties_split_as_the_plain_computation_splits_them(data, text):
    day = moments.today()
    period = parse_period(text, day)
    con = connection(**data)
    answer = query(kpis(data), period=period, by="county", connection=con)
    for row in answer.rows:
        county = row.dims["county"]
        value, approximate = expected(row.id, data, period.window(day), day, period.months_begun(day), county)
        assert same(row.value, value), (row.id, county, row.value, value)
        assert row.approx_rows == approximate
    alone = query(kpis(data), period=period, county="凤县", connection=con)
    for row in alone.rows:
        split = answer.row(row.id, county="凤县")
        assert (row.value, row.yoy, row.mom, row.approx_rows) == (split.value, split.yoy, split.mom, split.approx_rows)


@examples(24)
@given(ledgers, st.sampled_from(PERIODS), st.sampled_from(["month", "quarter", "half", "year"]))
def test_every_bucket_equals_the_plain_computation_of_its_days(data, text, grain):
    day = moments.today()
    period = parse_period(text, day)
    answer = query(kpis(data), period=period, grain=grain, connection=connection(**data))
    for row in answer.rows:
        whole = parse_period(row.dims[grain], day)
        bucket = from_days(max(whole.start, period.start), min(whole.end, period.end))
        window = bucket.window(day)
        ledger = ledger_of(row.id)
        frame = in_window(data[ledger], ledger, None if row.id in STATES else window.start, window.end, window.limit)
        state_day = bucket.end if row.id in STATES else period.end
        value = figure(row.id, frame, state_day, day, bucket.months_begun(day))
        assert same(row.value, value), (row.id, row.dims, row.value, value)


@examples(12)
@given(ledgers, st.sampled_from(PERIODS))
def test_the_rows_behind_a_figure_add_up_to_it(data, text):
    con = connection(**data)
    metrics = catalogue()
    for row in query(kpis(data), period=text, connection=con).rows:
        frame = records(row.id, period=text, limit=None, connection=con)
        outside = records(row.id, period=text, limit=None, which="estimated", connection=con)
        assert len(outside) == row.approx_rows
        assert frame.attrs["total"] == len(frame)
        if metrics[row.id].is_ratio and row.id != "P01":
            upper, lower = sum(frame["numerator"].dropna()), sum(frame["denominator"].dropna())
            assert (row.numerator or 0, row.denominator or 0) == (upper, lower), row.id
        elif row.id == "P01":
            assert (row.numerator or 0) == len({day.replace(day=1) for day in frame["start_date"]})
        elif metrics[row.id].is_distinct:
            assert (row.value or 0) == frame["value"].nunique()
        else:
            assert (row.value or 0) == sum(frame["value"].dropna()), row.id
