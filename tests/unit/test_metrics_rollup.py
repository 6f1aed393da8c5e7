"""A server's kept sums tell every figure just as the records do."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metrics_tables import Asked, connection, course, event, fair, known_to, with_versions
from sqlglot import parse_one
from test_metrics_oracle import PERIODS, examples, items, kpis, ledgers

from analytics.metrics import query, records, rollup, steps
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


STATES = [metric.id for metric in catalogue().values() if metric.snapshot and metric.ledger == "rectification"]
STATED = [{}, {"by": "county"}, {"by": "status"}, {"county": "凤县"}, {"by": ("source", "county")}, {"by": "unit"}]


@examples(10)
@given(
    st.lists(items(), max_size=15),
    st.sampled_from(PERIODS),
    st.one_of(st.none(), st.dates(D(2024, 1, 15), D(2024, 12, 31))),
    st.sampled_from(STATED),
)
def test_a_state_of_any_day_is_the_sum_of_its_changes(rectification, text, as_of, words):
    con = connection(rectification=rectification)
    kept = Asked(con)
    for grain in (None, "month"):
        wanted = query(STATES, period=text, as_of=as_of, grain=grain, connection=con, **words).rows
        assert query(STATES, period=text, as_of=as_of, grain=grain, version=kept, **words).rows == wanted
    tables = ask("R04", period=text, version=kept).engine.kept.tables
    assert "copy" not in {key[0] for key in tables}


@examples(12)
@given(
    st.lists(
        st.lists(st.tuples(items(), st.dates(D(2023, 10, 1), D(2024, 12, 31))), min_size=1, max_size=4), max_size=6
    ),
    st.sampled_from(PERIODS),
    st.one_of(st.none(), st.dates(D(2024, 1, 15), D(2024, 12, 31))),
    st.lists(st.sampled_from([*STATED, *({**words, "grain": "month"} for words in STATED)]), min_size=2, max_size=2),
)
def test_what_stood_on_any_day_is_kept_as_the_versions_tell_it(histories, text, as_of, asked):
    current, versions = [], []
    for number, history in enumerate(histories):
        days = sorted(day for _, day in history)
        told = [row | {"record_id": f"{number:02}"} for row, _ in history]
        current.append(told[-1])
        versions += zip(told, days, strict=True) if len(told) > 1 else []
    con = with_versions(connection(rectification=current), "rectification", versions)
    kept = Asked(con)
    ids = [metric.id for metric in catalogue().values() if metric.ledger == "rectification"]
    for words in asked:
        wanted = query(ids, period=text, as_of=as_of, connection=con, **words).rows
        assert query(ids, period=text, as_of=as_of, version=kept, **words).rows == wanted, words
    assert None not in ask("R04", period=text, version=kept).engine.kept.rolled.values()


@pytest.mark.parametrize(
    ("condition", "days"),
    [
        ("a < :as_of", {"(a) + (1)"}),
        ("NOT (:as_of >= a AND b IS NULL)", {"a"}),
        ("DATE_DIFF('day', a, :as_of) BETWEEN 1 AND 30", {"(a) + (1)", "(a) + (31)"}),
        ("DATE_DIFF('day', :as_of, a) = 3", {"(a) + (-3)", "(a) + (-2)"}),
        ("b > 3", set()),
        ("DATE_DIFF('day', a, :as_of)", None),
        ("DATE_DIFF('month', a, :as_of) > 3", None),
        ("DATE_DIFF('day', a, :as_of) > b", None),
        ("YEAR(:as_of) = 2024", None),
        (":as_of < a + b AND :as_of - a > 3", None),
    ],
)
def test_the_days_on_which_a_condition_may_change(condition, days):
    found = steps.changes(parse_one(condition, dialect="duckdb"))
    assert (found if found is None else {day.sql("duckdb") for day in found}) == days


@examples(12)
@given(
    st.lists(items(), max_size=15),
    st.sampled_from(["deadline", "-deadline", "-days_overdue", None, "status", "done_date"]),
    st.integers(0, 6),
    st.integers(1, 6),
)
def test_a_page_of_rows_is_a_part_of_all_of_them(rectification, sort, offset, limit):
    numbered = [row | {"record_id": f"{number:02}"} for number, row in enumerate(rectification)]
    con = connection(rectification=numbered)
    every = records("R04", period="2024", sort=sort, limit=None, connection=con)
    page = records("R04", period="2024", sort=sort, offset=offset, limit=limit, connection=con)
    assert list(page["record_id"]) == list(every["record_id"])[offset : offset + limit]
    assert page.attrs["total"] == len(every)


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


def test_figures_and_states_come_from_sums():
    con = connection(job_fair=[fair(D(2024, 3, 5))], event=[event(D(2024, 3, 5))])
    kept = Asked(con)
    query(["J02", "J03", "R04"], period="2024", version=kept)
    tables = ask("J02", period="2024", version=kept).engine.kept.tables
    assert sorted((key[0], key[1].ledger) for key in tables) == [("states", "rectification"), ("sums", "job_fair")]


def test_a_corrected_record_does_not_send_every_question_to_the_records():
    row = {"record_id": "1", "found_date": D(2024, 1, 10), "deadline": D(2024, 2, 29), "status": "整改中"}
    done = {**row, "status": "已完成", "done_date": D(2024, 4, 20)}
    con = with_versions(
        connection(rectification=[done]), "rectification", [(row, D(2024, 2, 5)), (done, D(2024, 5, 5))]
    )
    kept = Asked(con)
    days = [D(2024, 2, 29), D(2024, 3, 31), D(2024, 4, 19), D(2024, 4, 20)]
    assert [query("R04", period="2024", as_of=day, version=kept).rows[0].value for day in days] == [0, 1, 1, 0]
    assert query("R01", period="2024Q1", as_of=days[1], version=kept).rows[0].value == 0
    assert query("R01", period="2024Q1", version=kept).rows[0].value == 100
    made = ask("R04", period="2024", version=kept).engine.kept
    assert {key[0] for key in made.tables} >= {"lasted", "states", "copy"}
    assert None not in made.rolled.values()


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
