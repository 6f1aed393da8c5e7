"""The smaller ledgers from workbook to figure: read, stored with and without dates, exported, held to the report."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from analytics import intake
from analytics.cli import main
from analytics.demo import Truth, build
from analytics.demo.compare import compare_records
from analytics.demo.further import further_rows, make_further
from analytics.ledgers import ledgers
from analytics.metrics import MetricError, catalogue, query, records
from analytics.metrics.source_text import check_source_text, source_text
from analytics.settings import Settings
from analytics.warehouse import published
from analytics.warehouse.published import Version

TODAY = dt.date(2026, 11, 22)
FURTHER = {
    "party_org", "political_birthday", "season_service", "honour", "community_link", "integrity_pledge",
    "integrity_opinion", "integrity_exam", "four_forms", "policy_doc",
}  # fmt: skip


@dataclass
class Office:
    folder: Path
    settings: Settings

    @property
    def version(self) -> Version:
        return published.current(self.settings)

    def run(self, *arguments: str, code: int = 0) -> str:
        done = CliRunner().invoke(main, ["--data", str(self.settings.data), *arguments])
        assert done.exit_code == code, done.output
        return done.stdout

    def value(self, kpi: str, period: str = "2024", **how: Any) -> Any:
        return query(kpi, period=period, version=self.version, as_of=TODAY, discipline=True, **how).rows[0].value


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    folder = tmp_path_factory.mktemp("further")
    settings = Settings(data=folder / "data")
    for made in make_further(2024, 1):
        (folder / made.file_name).write_bytes(made.content)
    reports = intake.ingest(sorted(folder.glob("*.xlsx")), settings, today=TODAY)
    assert {report.state for report in reports} == {"accepted"}
    assert not [finding for report in reports for finding in report.findings]
    return Office(folder, settings)


def test_every_further_ledger_is_loaded_as_it_was_written(office: Office) -> None:
    connection = office.version.connect()
    tables = {name: connection.execute(f'SELECT * FROM "{name}"').to_arrow_table() for name in ledgers()}
    truth = Truth(1)
    for made in make_further(2024, 1):
        truth.extend(made.truth)
    assert compare_records(truth, tables) == []
    assert {name for name, table in tables.items() if table.num_rows} == FURTHER


def test_a_record_without_its_date_is_kept_published_and_counted_as_stock(office: Office) -> None:
    assert office.version.rows("party_org") == 5
    assert office.version.years("party_org") == [2023]
    assert office.value("P_orgs") == 5
    assert office.value("P_orgs", "2022") == 2, "the two without a founding date"
    assert office.value("P_members") == 52
    frame = records("P_orgs", period="2024", version=office.version, limit=None)
    assert len(frame) == 5
    exported = json.loads(office.run("export", "party_org", "--format", "json"))
    assert sum(row["founded_on"] is None for row in exported) == 2


def test_the_same_workbooks_corrected_change_their_records_and_make_no_new_ones(office: Office, tmp_path: Path) -> None:
    path = next(office.folder.glob("*党建基础台账.xlsx"))
    settings = Settings(data=tmp_path / "data")
    intake.ingest([path], settings, today=TODAY)
    book = load_workbook(path)
    sheet = book["党组织台账"]
    cell = next(cell for row in sheet.iter_rows() for cell in row if cell.value == 12)
    cell.value = 15
    again = tmp_path / "党建基础台账（更正）.xlsx"
    book.save(again)
    (report,) = intake.ingest([again], settings, today=TODAY)
    changes = next(sheet.changes for sheet in report.sheets if sheet.ledger == "party_org")
    assert (changes.new, changes.changed, changes.unchanged) == (0, 1, 4)
    assert query("P_members", period="2024", version=published.current(settings)).rows[0].value == 55


def test_a_campaign_begun_the_year_before_counts_in_its_own_year(office: Office) -> None:
    days = {row.values["date"] for row in further_rows("season_service", 2024)}
    assert min(day for day in days if isinstance(day, dt.date)).year == 2023
    assert office.value("S04") == 6300
    assert office.value("S04", "2023") is None


def test_the_data_steward_may_export_a_discipline_ledger(office: Office) -> None:
    rows = json.loads(office.run("export", "integrity_opinion", "--format", "json"))
    assert sum(row["persons_n"] for row in rows) == 31


def test_the_command_tells_city_totals_of_discipline_ledgers_and_nothing_finer(office: Office) -> None:
    told = json.loads(office.run("kpi", "D02", "D03", "--period", "2024", "--json"))
    assert [row["value"] for row in told["rows"]] == [31, 4]
    office.run("kpi", "D02", "--period", "2024", "--by", "county", code=2)
    with pytest.raises(MetricError):
        records("D02", period="2024", version=office.version)


def test_the_demo_says_what_the_report_says_on_every_row(tmp_path: Path) -> None:
    build(tmp_path / "workbooks")
    office = Office(tmp_path, Settings(data=tmp_path / "data"))
    intake.ingest([tmp_path / "workbooks"], office.settings, today=TODAY)
    rows = check_source_text("2024", as_of=TODAY, settings=office.settings)
    assert [row for row in rows if row.inside is False] == []
    assert [row for row in rows if row.value is None] == []
    assert len(rows) == len(source_text().rows)
    further = [
        row
        for row in query(period="2024", version=office.version, as_of=TODAY, discipline=True).rows
        if catalogue()[row.id].ledger in FURTHER
    ]
    assert [row.id for row in further if row.yoy is None] == [], "the year before has them, too"
    told = json.loads(office.run("kpi", "--period", "2024", "--check", "--json"))
    assert told["ok"] is True
    assert {row["id"] for row in told["rows"]} >= {"J02", "P04", "D02"}
    words = office.run("kpi", "--period", "2024", "--check")
    assert "相符" in words
    assert "不符" not in words


def test_a_figure_outside_or_absent_is_said_and_ends_with_one(office: Office) -> None:
    told = json.loads(office.run("kpi", "--period", "2024", "--check", "--json", code=1))
    assert told["ok"] is False
    verdicts = {(row["id"], row["said"]): row["inside"] for row in told["rows"]}
    assert verdicts["J02", "岗位7万多个"] is False, "no job fair was reported"
    assert verdicts["D02", "31人次"] is True
    assert verdicts["E02", "—"] is None
    assert "不符" in office.run("kpi", "--period", "2024", "--check", code=1)


def test_the_report_is_held_against_its_own_year_only(office: Office) -> None:
    office.run("kpi", "--period", "2023", "--check", code=2)
    office.run("kpi", "J02", "--period", "2024", "--check", code=2)
