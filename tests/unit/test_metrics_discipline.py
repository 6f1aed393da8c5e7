"""Nobody can get round what is hidden of discipline ledgers: not by one question, nor by the difference of two."""

import datetime as dt
import json

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from metrics_tables import connection

from analytics import moments
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
    year = moments.today().year
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


UNKNOWN = [(first, span, purpose) for first in FIRSTS for span in ("month", "quarter", "year") for purpose in PURPOSES
           if (first.month - 1) % _SPANS[span] == 0]  # fmt: skip
"""What somebody who asks all there is to ask tries to find out: persons by month (or longer) and kind."""
PRIME = 2**31 - 1


def covered(first, span, stretch):
    """Whether what is dated to a month, quarter or year lies in a stretch as a whole."""
    last = first
    for _ in range(_SPANS[span] - 1):
        last = month_end(last) + dt.timedelta(days=1)
    return stretch[0] <= first and month_end(last) <= stretch[1]


def vector(stretch, purpose):
    return [int(covered(first, span, stretch) and purpose in (None, kind)) for first, span, kind in UNKNOWN]


def reduced(row, basis):
    for column, pivot in basis:
        if row[column]:
            factor = row[column] * pow(pivot[column], -1, PRIME)
            row = [(a - factor * b) % PRIME for a, b in zip(row, pivot, strict=True)]
    return row


@given(st.lists(opinions(), min_size=1, max_size=7))
@settings(
    max_examples=5, deadline=None, suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)  # fmt: skip
def test_no_small_figure_follows_from_all_that_is_told(rows):
    con = connection(integrity_opinion=rows)
    persons = [0] * len(UNKNOWN)
    for row in rows:
        span = json.loads(row["precision"])["date"] if row["precision"] else "month"
        persons[UNKNOWN.index((row["date"], span, row["purpose"]))] += row["persons_n"]
    sums, nothing = [], set()
    for stretch in STRETCHES:
        for by in ((), "purpose"):
            answer = told(con, from_days(*stretch), by=by, compare=False)
            absent = {(one,) for one in PURPOSES} - set(answer) if by else set()
            for dims, row in [*answer.items(), *((one, None) for one in absent)]:
                inside = vector(stretch, dims[0] if dims else None)
                if row is not None and row.value:
                    assert row.value == sum(one for one, here in zip(persons, inside, strict=True) if here)
                    sums.append(inside)
                elif row is None or HIDDEN not in row.flags:
                    nothing |= {number for number, here in enumerate(inside) if here}
    assert not any(persons[number] for number in nothing)
    open_ = [number for number in range(len(UNKNOWN)) if number not in nothing]
    basis = []
    for one in sums:
        rest = reduced([one[number] for number in open_], basis)
        if any(rest):
            basis.append((next(column for column, value in enumerate(rest) if value), rest))
    for stretch in STRETCHES:
        for purpose in (None, *PURPOSES):
            inside = vector(stretch, purpose)
            if 0 < sum(one for one, here in zip(persons, inside, strict=True) if here) < 3:
                assert any(reduced([inside[number] for number in open_], basis)), (stretch, purpose)


def test_parts_that_are_not_told_do_not_tell_which_there_are():
    rows = [opinion(D(2024, 3, 1), 9, "晋升"), opinion(D(2024, 10, 1), 9, "提拔"), opinion(D(2024, 5, 1), 2)]
    halves = told(connection(integrity_opinion=rows), "2024H2", by="purpose")
    assert {dims: row.flags for dims, row in halves.items()} == {(one,): (HIDDEN,) for one in PURPOSES}
