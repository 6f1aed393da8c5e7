"""Nobody can get round what is hidden of discipline ledgers: not by one question, nor by the difference of two."""

import datetime as dt
import json
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from metrics_tables import connection

from analytics.metrics import HIDDEN, MetricError, query
from analytics.metrics.periods import from_days, month_end

D = dt.date
PURPOSES = ("评优", "提拔", "晋升")


def opinion(day, number, purpose="评优", span=None):
    row = {"date": day, "requester": "组织部", "purpose": purpose, "persons_n": number, "reporting_unit": "组织部"}
    return row | {"precision": json.dumps({"date": span}) if span else None}


def told(con, period, **how):
    rows = query("D02", period=period, connection=con, discipline=True, **how).rows
    return {tuple(row.dims.values()): row for row in rows}


def test_two_stretches_that_differ_by_a_few_days_are_not_both_told():
    con = connection(integrity_opinion=[opinion(D(2024, 3, 1), 12), opinion(D(2024, 3, 14), 1)])
    for period in ("2024-01-01..2024-03-13", "2024-03-02..2024-12-31", "2024-03-14", "近30天"):
        with pytest.raises(MetricError, match="整月"):
            told(con, period)
    with pytest.raises(MetricError, match="月末"):
        told(con, "2024", as_of=D(2024, 3, 13))
    assert told(con, "2024-01..2024-03")[()].value == 13


def test_months_are_told_only_where_no_month_of_the_year_is_small():
    con = connection(
        integrity_opinion=[opinion(D(2024, 3, 1), 12), opinion(D(2024, 4, 1), 2), opinion(D(2024, 5, 9), 9)]
    )
    months = told(con, "2024", grain="month")
    assert {row.value for row in months.values()} == {None}
    assert all(HIDDEN in row.flags for row in months.values())
    assert told(con, "2024-01..2024-03")[()].value == 12, "a quarter: the second one holds eleven"
    assert told(con, "2024-01..2024-04")[()].value is None, "less the first quarter it would tell April"
    assert told(con, "2024")[()].value == 23


def test_what_is_dated_to_the_quarter_alone_does_not_stand_out():
    con = connection(integrity_opinion=[opinion(D(2024, 3, 1), 12), opinion(D(2024, 1, 1), 2, span="quarter")])
    assert told(con, "2024-03")[()].value is None
    assert told(con, "2024Q1")[()].value == 14


def test_two_small_parts_do_not_tell_each_other():
    rows = [opinion(D(2024, 3, 1), 1), opinion(D(2024, 3, 2), 1, "提拔"), opinion(D(2024, 3, 3), 9, "晋升")]
    assert {row.value for row in told(connection(integrity_opinion=rows), "2024", by="purpose").values()} == {None}


def test_one_unsigned_of_many_is_hidden():
    con = connection(integrity_pledge=[{"year": 2024, "unit": "办公室", "due_n": 24, "signed_n": 23}])
    row = query("D01", period="2024", connection=con, discipline=True).rows[0]
    assert (row.value, row.flags) == (None, (HIDDEN,))


def test_a_running_year_is_not_compared_with_the_same_days():
    con = connection(integrity_opinion=[opinion(D(2024, 3, 1), 30), opinion(D(2023, 3, 1), 20)])
    assert told(con, "2024")[()].yoy_base == 20
    year = dt.date.today().year
    con = connection(integrity_opinion=[opinion(D(year, 1, 1), 30), opinion(D(year - 1, 1, 1), 20)])
    assert told(con, f"{year}")[()].yoy_base is None


FIRSTS = [D(year, month, 1) for year in (2023, 2024) for month in range(1, 13)]
STRETCHES = [
    *((first, month_end(first)) for first in FIRSTS),
    *((first, month_end(last)) for first, last in zip(FIRSTS[::3], FIRSTS[2::3], strict=True)),
    *((first, month_end(last)) for first, last in zip(FIRSTS[::6], FIRSTS[5::6], strict=True)),
    *((FIRSTS[12], month_end(last)) for last in FIRSTS[12:]),
    (FIRSTS[0], month_end(FIRSTS[11])),
    (FIRSTS[0], month_end(FIRSTS[23])),
    (FIRSTS[6], month_end(FIRSTS[17])),
]
_SPANS = {None: 1, "month": 1, "quarter": 3, "year": 12}


@st.composite
def opinions(draw):
    span = draw(st.sampled_from([None, None, "month", "quarter", "year"]))
    first = draw(st.sampled_from([day for day in FIRSTS if (day.month - 1) % _SPANS[span] == 0]))
    return opinion(first, draw(st.sampled_from([1, 2, 3, 4, 9])), draw(st.sampled_from(PURPOSES)), span)


def covered(row, stretch):
    """Whether a record lies in a stretch as a whole."""
    span = json.loads(row["precision"])["date"] if row["precision"] else None
    last = row["date"]
    for _ in range(_SPANS[span] - 1):
        last = month_end(last) + dt.timedelta(days=1)
    return stretch[0] <= row["date"] and (month_end(last) if span else row["date"]) <= stretch[1]


def solved(equations, target):
    """Whether a sum of unknowns follows from other sums of them."""
    rows = [[Fraction(one) for one in row] for row in equations]
    goal = [Fraction(one) for one in target]
    for column in range(len(goal)):
        pivot = next((row for row in rows if row[column]), None)
        if pivot is None:
            continue
        rows.remove(pivot)
        rows = [[a - b * row[column] / pivot[column] for a, b in zip(row, pivot, strict=True)] for row in rows]
        goal = [a - b * goal[column] / pivot[column] for a, b in zip(goal, pivot, strict=True)]
    return not any(goal)


@given(st.lists(opinions(), min_size=1, max_size=7))
@settings(
    max_examples=4, deadline=None, suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)  # fmt: skip
def test_no_small_figure_follows_from_all_that_is_told(rows):
    con = connection(integrity_opinion=rows)
    kinds = sorted({(row["date"], row["precision"] or "", row["purpose"]) for row in rows})
    asked = {}
    for stretch in STRETCHES:
        inside = [row for row in rows if covered(row, stretch)]
        for purpose in (None, *PURPOSES):
            mine = [row for row in inside if purpose in (None, row["purpose"])]
            of = {(row["date"], row["precision"] or "", row["purpose"]) for row in mine}
            asked[stretch, purpose] = ([kind in of for kind in kinds], sum(row["persons_n"] for row in mine))
    equations = []
    for stretch in STRETCHES:
        period = from_days(*stretch)
        for by in ((), "purpose"):
            for dims, row in told(con, period, by=by, compare=False).items():
                if row.value is not None:
                    vector, value = asked[stretch, dims[0] if dims else None]
                    assert row.value == value
                    equations.append(vector)
    equations = [list(one) for one in {tuple(one) for one in equations if any(one)}]
    for (stretch, purpose), (vector, value) in asked.items():
        if 0 < value < 3:
            assert not solved(equations, vector), (stretch, purpose)
