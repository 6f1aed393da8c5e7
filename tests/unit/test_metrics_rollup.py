"""A server's kept sums tell every figure just as the records do."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metrics_tables import Asked, connection, course, event, fair, known_to
from test_metrics_oracle import PERIODS, examples, kpis, ledgers

from analytics.metrics import query, rollup
from analytics.metrics.model import catalogue
from analytics.metrics.question import ask

D = dt.date
ASKED = [
    {},
    {"by": "county"},
    {"county": "凤县"},
    {"grain": "month"},
    {"grain": "quarter", "by": "county"},
    {"by": "unit", "unit": "凤县总工会"},
    {"grain": "year", "county": "渭滨区"},
]


@examples(6)
@given(
    ledgers,
    st.sampled_from(PERIODS),
    st.one_of(st.none(), st.dates(D(2024, 1, 15), D(2024, 12, 31))),
    st.lists(st.sampled_from(ASKED), min_size=2, max_size=2),
)
def test_what_is_kept_answers_as_the_records_do(data, text, as_of, asked):
    con = connection(**data)
    kept = Asked(con)
    for words in asked:
        wanted = query(kpis(data), period=text, as_of=as_of, connection=con, **words).rows
        found = query(kpis(data), period=text, as_of=as_of, version=kept, **words).rows
        assert found == wanted, words


@pytest.mark.parametrize("by", ["mode", ("category", "county"), "organizer"])
def test_a_split_by_any_dimension_is_the_same(by):
    con = connection(
        training=[
            course(D(2024, 3, 5), "电工", mode="线下"),
            course(D(2024, 3, 5), " 电 工", "凤县", mode=None),
            course(D(2024, 5, 1), "焊工", precision=known_to("start_date", "quarter")),
        ]
    )
    ids = [metric.id for metric in catalogue().values() if metric.ledger == "training"]
    kept = Asked(con)
    assert query(ids, period="2024", by=by, version=kept).rows == query(ids, period="2024", by=by, connection=con).rows


def test_figures_come_from_sums_and_states_from_a_copy():
    con = connection(job_fair=[fair(D(2024, 3, 5))], event=[event(D(2024, 3, 5))])
    kept = Asked(con)
    query(["J02", "J03", "R04"], period="2024", version=kept)
    tables = ask("J02", period="2024", version=kept).engine.kept.tables
    assert sorted((key[0], key[1].ledger) for key in tables) == [("copy", "rectification"), ("sums", "job_fair")]


def test_too_many_different_values_are_counted_from_the_records(monkeypatch):
    monkeypatch.setattr(rollup, "MOST_VALUES", 2)
    con = connection(training=[course(D(2024, 3, day), f"第{day}类") for day in range(1, 6)])
    assert [row.value for row in query(["T01", "T03"], period="2024", version=Asked(con)).rows] == [5, 5]


def test_a_split_that_adds_nothing_up_is_asked_of_the_records(monkeypatch):
    monkeypatch.setattr(rollup, "MOST_FIGURES", 20)
    con = connection(job_fair=[fair(D(2024, 3, day), organizer=f"第{day}家") for day in range(1, 6)])
    kept = Asked(con)
    rows = query("J01", period="2024", by="organizer", version=kept).rows
    assert [row.value for row in rows] == [1] * 5
    assert None in ask("J01", period="2024", version=kept).engine.kept.tables.values()


def test_a_process_that_asks_once_keeps_nothing():
    con = connection(job_fair=[fair(D(2024, 3, 5))])
    asked = ask("J01", period="2024", connection=con)
    query("J01", period="2024", connection=con)
    assert not asked.engine.kept.tables
    assert not con.execute("SELECT 1 FROM duckdb_tables() WHERE schema_name = 'kept_'").fetchall()
