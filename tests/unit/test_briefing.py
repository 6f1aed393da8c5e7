"""The periodic report: it says what the figures say, in every form; nothing in it runs, nothing in it is discipline."""

import datetime as dt
import io
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import docx
import openpyxl
import pytest
from click.testing import CliRunner
from people_kit import small_city

from analytics.briefing import Briefing, content, gather, render
from analytics.cli import main
from analytics.files import Number, Table
from analytics.metrics import Extremes, MetricRow, catalogue, paragraph, query
from analytics.metrics.scope import Scope
from analytics.settings import Settings

DAY = dt.date(2025, 1, 10)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return small_city(tmp_path_factory.mktemp("briefing"))


@pytest.fixture(scope="module")
def told(city: Settings) -> Briefing:
    return gather("2024", as_of=DAY, settings=city)


def table(briefing: Briefing, title: str) -> Table:
    return next(one for one in briefing.tables if one.title == title)


def test_every_kpi_stands_with_its_id_and_its_figure(told: Briefing, city: Settings) -> None:
    found = {row[0]: row[3] for row in table(told, "主要指标").rows}
    for row in query(period="2024", as_of=DAY, settings=city).rows:
        cell = found.pop(row.id)
        if row.value is None:
            assert cell == "—"
        else:
            scale = 100 if row.unit == "%" else 1
            assert isinstance(cell, Number)
            assert cell.value * scale == pytest.approx(Decimal(str(row.value)), abs=Decimal("0.005")), row.id
    assert not found


def test_the_paragraph_and_the_places_of_its_numbers_are_in_it(told: Briefing, city: Settings) -> None:
    said = paragraph(period="2024", as_of=DAY, settings=city)
    assert said.text in [block.words for block in told.blocks if not isinstance(block, Table)]
    origins = [row[:2] for row in table(told, "数字出处").rows]
    assert origins == [[said.text[one.start : one.end].strip(), one.id] for one in said.spans]


def test_items_past_their_deadline_are_listed_with_their_cell(told: Briefing) -> None:
    rows = table(told, "超期未完成事项").rows
    assert len(rows) == 2
    assert all(str(row[-3]).endswith(".csv") and isinstance(row[-1], Number) for row in rows)


def test_discipline_is_left_out_and_a_county_may_stand_alone(told: Briefing, city: Settings) -> None:
    restricted = {id_ for id_, metric in catalogue().items() if metric.restricted}
    shown = {str(cell) for one in told.tables for row in one.rows for cell in row}
    assert not shown & restricted
    one = gather("2024", county="渭滨区", as_of=DAY, settings=city, scope=Scope(counties=frozenset({"渭滨区"})))
    assert one.title == "渭滨区2024年工作数据简报"
    assert len(table(one, "超期未完成事项").rows) == 1


def test_word_holds_the_same_with_chinese_fonts(told: Briefing) -> None:
    book = docx.Document(io.BytesIO(render(told, "docx")))
    assert book.paragraphs[0].text == told.title
    assert [one.rows[0].cells[0].text for one in book.tables] == [one.headings[0] for one in told.tables]
    assert [len(one.rows) - 1 for one in book.tables] == [len(one.rows) for one in told.tables]
    fonts = book.styles["Normal"].element.rPr.rFonts.attrib.values()
    assert "宋体" in fonts


def test_what_would_run_in_a_spreadsheet_is_only_shown() -> None:
    evil = Briefing("简报", (("数据版本", "1"),), (Table("表", ["编号"], [["=HYPERLINK(1)"]]),))
    book = openpyxl.load_workbook(io.BytesIO(render(evil, "xlsx")))
    cell = book["表"]["A2"]
    assert (cell.data_type, cell.value) == ("s", "'=HYPERLINK(1)")
    assert book["说明"]["B2"].value == "简报"


def test_the_command_writes_it_and_says_what_is_lacking(
    city: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*arguments: str, code: int = 0) -> str:
        done = CliRunner().invoke(main, ["--data", str(city.data), "briefing", *arguments])
        assert done.exit_code == code, done.output
        return done.output

    run("--period", "2024", "-o", str(tmp_path / "a.docx"))
    assert (tmp_path / "a.docx").read_bytes()[:2] == b"PK"
    assert "13 月" in run("--period", "2024-13", "-o", str(tmp_path / "b.docx"), code=2)
    run("--period", "2024", "-o", str(tmp_path / "b.txt"), code=2)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert re.search("没有安装浏览器", run("--period", "2024", "-o", str(tmp_path / "c.pdf"), code=1))
    assert not (tmp_path / "c.pdf").exists()


def test_a_tie_of_many_counties_is_counted_and_no_tie_of_all_is_a_place(
    city: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = query("J01", period="2024", as_of=DAY, settings=city).rows[0]

    def placed(*figures: int) -> list[MetricRow]:
        ranks = [1 + sum(other > one for other in figures) for one in figures]
        pairs = zip(figures, ranks, strict=True)
        return [replace(row, value=one, rank=rank, dims={"county": f"{at}区"}) for at, (one, rank) in enumerate(pairs)]

    def listed(top: list[MetricRow], bottom: list[MetricRow]) -> list[list[object]]:
        monkeypatch.setattr(content, "extremes", lambda *_, **__: Extremes(tuple(top), tuple(bottom)))
        told = gather("2024", as_of=DAY, settings=city)
        return [row for one in told.tables if one.title == "招聘会县区" for row in one.rows]

    ahead = placed(9, 5, 5, 2)
    assert listed(ahead[:3], ahead[3:])[0][2:] == ["0区 9 场（第1位）、1区、2区 5 场（并列第2位）", "3区 2 场（第4位）"]
    many = placed(7, 7, 7, 7, 1)
    assert listed(many[:4], many[4:])[0][2] == "4 个县区 7 场（并列第1位）"
    assert listed(placed(0, 0, 0), []) == []
