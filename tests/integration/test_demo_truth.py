"""The demo ledgers through the real intake, every cell held against what was written: no silent difference."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from analytics import intake
from analytics.demo import Habit, Truth, build, fits, generate, of_kind
from analytics.demo.compare import Difference, compare, compare_records, of_file
from analytics.demo.forms import all_ledgers
from analytics.demo.mistakes import IDENTITY, MOBILE
from analytics.etl.pipeline import read
from analytics.etl.report import FileReport, IngestOptions
from analytics.ledgers import ledgers
from analytics.settings import Settings
from analytics.warehouse import published

TODAY = dt.date(2026, 11, 22)
"""After every day the demo speaks of, so that nothing in it lies in the future."""

COMBINATIONS = range(60)
"""Seeds of the workbooks in which many habits come together."""


@dataclass
class Loaded:
    """The demo after it was ingested."""

    folder: Path
    settings: Settings
    truth: Truth
    reports: list[FileReport]
    tables: dict[str, pa.Table]
    connection: duckdb.DuckDBPyConnection

    def one(self, sql: str) -> Any:
        """Return the single value of a query."""
        row = self.connection.execute(sql).fetchone()
        assert row is not None
        return row[0]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    folder = tmp_path_factory.mktemp("demo")
    settings = Settings(data=folder / "data")
    truth = build(folder / "workbooks")
    reports = intake.ingest([folder / "workbooks"], settings, today=TODAY)
    connection = published.current(settings).connect()
    tables = {name: connection.execute(f'SELECT * FROM "{name}"').to_arrow_table() for name in ledgers()}
    yield Loaded(folder / "workbooks", settings, truth, reports, tables, connection)
    connection.close()


def listed(differences: list[Difference]) -> str:
    return "\n".join(map(str, differences[:40])) + f"\n共 {len(differences)} 处"


def test_every_workbook_was_read(demo: Loaded) -> None:
    assert {report.file for report in demo.reports} == {file.file for file in demo.truth.files}
    states = {report.state for report in demo.reports}
    assert states <= {"accepted", "accepted_with_warnings", "partially_accepted"}


def test_no_cell_differs_silently_from_what_was_written(demo: Loaded) -> None:
    differences: list[Difference] = []
    for report in demo.reports:
        mine = {
            name: table.filter(pc.equal(table.column("file_name"), report.file)) for name, table in demo.tables.items()
        }
        differences += compare(of_file(demo.truth, report.file), report.to_json(), mine)
    assert not differences, listed(differences)


def test_the_warehouse_holds_each_record_once_and_nothing_else(demo: Loaded) -> None:
    differences = compare_records(demo.truth, demo.tables)
    assert not differences, listed(differences)
    for name, table in demo.tables.items():
        assert len(set(table.column("record_id").to_pylist())) == table.num_rows, name
    again = sum(record.repeats for record in demo.truth.records) // 2
    assert sum(table.num_rows for table in demo.tables.values()) == len(demo.truth.records) - again


def test_the_totals_of_2024_are_what_is_known_of_the_year(demo: Loaded) -> None:
    year = "year({}) = 2024"
    fairs, events = f"job_fair WHERE {year.format('fair_date')}", f"event WHERE {year.format('start_date')}"
    classes = f"training WHERE {year.format('start_date')}"
    assert 500 <= demo.one(f"SELECT sum(sessions) FROM {events} AND event_type = '宣讲'") < 600
    assert 100 <= demo.one(f"SELECT sum(sessions) FROM {fairs}") < 200
    assert 70000 <= demo.one(f"SELECT sum(jobs_n) FROM {fairs}") < 80000
    groups = demo.one(
        "SELECT sum(coalesce(migrant_visits, 0) + coalesce(new_form_visits, 0) - coalesce(both_visits, 0)) "
        f"FROM {fairs}"
    )
    assert abs(groups - 36000) <= 500
    assert 90 <= demo.one(f"SELECT count(DISTINCT category) FROM {classes}") < 100
    assert abs(demo.one(f"SELECT sum(trained_visits) FROM {classes}") - 16000) <= 500
    style = "rectification WHERE source = '作风建设查摆' AND year(found_date) = 2024"
    assert demo.one(f"SELECT count(*) FROM {style}") == 3
    assert demo.one(f"SELECT count(*) FROM {style} AND status IN ('已完成', '已销号')") == 3
    assert demo.one(f"SELECT count(*) FROM {events} AND event_type = '抢险救灾' AND month(start_date) = 7") >= 1


def test_no_personal_number_reaches_the_store(demo: Loaded) -> None:
    kept = [*ledgers(), "uploads", "all_findings", "all_quarantine"]
    for name in kept:
        for row in demo.connection.execute(f'SELECT * FROM "{name}"').fetchall():
            text = str(row)
            assert IDENTITY not in text, name
            assert MOBILE not in text, name


def test_the_same_workbooks_again_change_nothing(demo: Loaded) -> None:
    before = published.current(demo.settings).id
    reports = intake.ingest([demo.folder], demo.settings, today=TODAY)
    assert {report.state for report in reports} == {"duplicate"}
    assert published.current(demo.settings).id == before


def differences_of(ledger: str, habits: frozenset[Habit], rows: int, seed: int) -> list[Difference]:
    content, name, truth = generate(ledger, habits, rows, seed)
    outcome = read(content, IngestOptions(name, TODAY))
    return compare(truth, outcome.report.to_json(), outcome.tables)


@pytest.mark.parametrize("ledger", all_ledgers())
def test_each_habit_alone_is_read_as_it_was_meant(ledger: str) -> None:
    found: dict[str, list[Difference]] = {}
    for habit in Habit:
        if fits(ledger, habit):
            differences = differences_of(ledger, frozenset({habit}), 14, 3)
            if differences:
                found[habit.name] = differences
    assert not found, "\n".join(f"{name}：{listed(differences)}" for name, differences in found.items())


@pytest.mark.parametrize("seed", COMBINATIONS)
def test_habits_that_come_together_are_read_as_they_were_meant(seed: int) -> None:
    rng = random.Random(seed)
    ledger = rng.choice(list(all_ledgers()))
    habits = {*rng.sample(of_kind("layout"), rng.randint(2, 8)), *rng.sample(of_kind("value"), rng.randint(2, 10))}
    habits |= set(rng.sample(of_kind("mistake"), rng.randint(0, 4)))
    container = rng.choice([None, None, *of_kind("container")])
    differences = differences_of(
        ledger, frozenset(habits | ({container} if container else set())), rng.randint(6, 60), seed
    )
    assert not differences, f"种子 {seed}\n{listed(differences)}"
