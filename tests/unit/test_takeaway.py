"""A page as tables, files and paper, without a server or a browser."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from dash import html
from hypothesis import given
from hypothesis import strategies as st

from analytics import files, printing
from analytics.files import Number, Table
from dashboard import paper, takeaway
from dashboard.components import cards, charts, tables


def a_page() -> list[html.Div]:
    card = cards.kpi_card(
        metric="J02", name="提供岗位数", figure="7.50万", exact="74,954 个", unit="个", definition="岗位数之和。",
        href="/records", completion=107.1, target="70,000 个",
    )  # fmt: skip
    figure = charts.trend_figure(
        labels=["1月"], actual=charts.Series("实际", [8.0], ["8 场"]), plan=None, last_year=None, links=["/records"]
    )
    chart = charts.chart(
        name="trend", figure=figure, label="2024年走势", headings=["月份", "实际"], rows=[["1月", "8 场"]]
    )
    return [html.Div([html.Div(className="ask", children="查询条件"), card, chart])]


def test_cards_come_with_every_digit_and_tables_with_their_figures() -> None:
    first, second = takeaway.tables_of(a_page())
    assert first.rows == [["提供岗位数", Number(74954), "个", "107.1% 完成率 · 全年目标 70,000 个", "—", "—"]]
    assert second == Table("2024年走势", ["月份", "实际"], [["1月", Number(8, "场")]])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1,234", Number(1234)),
        ("-3.50 万元", Number(Decimal("-3.50"), "万元")),
        ("35.4%", Number(Decimal("0.354"), share=True)),
        ("—", "—"),
        ("2024-03-05", "2024-03-05"),
        ("第 3 页", "第 3 页"),
        ("61030219900101123456", "61030219900101123456"),
    ],
)
def test_a_text_is_a_figure_only_if_it_is_nothing_else(text: str, found: object) -> None:
    assert takeaway.cell(text) == found


@given(st.text(max_size=20))
def test_no_text_breaks_the_reading_of_figures(text: str) -> None:
    takeaway.cell(text)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-x", "@SUM(A1)", "\t=1", "\r=1"])
def test_nothing_in_a_file_is_run_as_a_formula(text: str) -> None:
    table = Table("表", ["列", text], [[text, Number(-5)]])
    (_, heads), row = list(
        csv.reader(io.StringIO(files.comma_separated(table.headings, table.rows).decode("utf-8-sig")))
    )
    assert heads == f"'{text}"
    assert row == [f"'{text}", "-5"]
    book = openpyxl.load_workbook(io.BytesIO(files.workbook([table], [("内容", text)])))
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert book["表"]["B2"].value == -5


def test_a_workbook_has_a_sheet_for_each_table_and_says_what_it_is() -> None:
    same = Table("各县区[招聘会]场次/排名" * 3, ["a"], [["b"]])
    book = openpyxl.load_workbook(
        io.BytesIO(files.workbook([same, same, Table("说明", ["a"], [["b"]])], [("时段", "2024年")]))
    )
    assert len(book.sheetnames) == len(set(book.sheetnames)) == 4
    assert book["说明"]["B2"].value == "2024年"
    shown = Table("表", ["数"], [[Number(Decimal("0.354"), share=True)], [Number(8, "场")]])
    sheet = openpyxl.load_workbook(io.BytesIO(files.workbook([shown], [])))["表"]
    assert (sheet["A2"].value, sheet["A2"].number_format) == (0.354, "0.0%")
    assert (sheet["A3"].value, sheet["A3"].number_format) == (8, '#,##0" 场"')


def test_paper_holds_the_figures_and_nothing_to_click() -> None:
    text = paper.document(a_page(), title='总览"<b>', source="来源")
    assert "提供岗位数" in text
    assert "查询条件" not in text
    assert 'content: "总览  b>"' in text
    assert 'href="' not in text.partition("<main")[2].partition("</main>")[0]
    assert "https://" not in text.partition("<main")[2].partition("</main>")[0]


def test_a_share_held_against_its_target_is_not_said_to_have_a_rate() -> None:
    bar = cards.completion_bar(target="95.0%", completion=82.8, pace_gap=None)
    assert takeaway.plain(bar) == "达成目标 82.8% · 目标 95.0%"


def test_what_a_workbook_says_cannot_become_part_of_the_page() -> None:
    evil = tables.plain_table(caption="表", headings=["列"], rows=[["<script>alert(1)</script>"]])
    assert "<script>alert" not in paper.document([evil], title="x", source="y").partition("<main")[2]


def test_without_a_browser_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(printing.NoBrowserError, match="apt-get install chromium"):
        printing.pdf("<p>x</p>")
