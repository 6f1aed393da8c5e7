"""The components of the pages beyond the cards: bars, matrices, calendars, the book of terms; and who may open what."""

from __future__ import annotations

import datetime as dt
import re

import plotly.graph_objects as go
import pytest
from test_components import DASHBOARD, parts_of, text_of

from analytics.operations.people import VISITOR, Person
from dashboard.components import bars, charts, frame, matrix, terms
from dashboard.pages import PAGES
from dashboard.pages.page import navigation
from dashboard.state import View

INSPECTOR = Person(id="1", login="jijian", name="纪检", roles=frozenset({"leader"}), discipline=True)


# Bars


def test_bars_are_a_table_that_tells_every_digit_on_hover() -> None:
    made = bars.bars(
        caption="方式", headings=["方式", "场次", "占比"],
        rows=[bars.Bar("线下", "1.2万 场", 1.0, exact="12,034 场", note="90.0%"), bars.Bar("线上", "3 场", 0.1)],
    )  # fmt: skip
    assert made._type == "Table"
    assert parts_of(made, style="bar-text")[0].title == "12,034 场"
    assert [text_of(head) for head in parts_of(made, "Th")[:3]] == ["方式", "场次", "占比"]


@pytest.mark.parametrize(("share", "width"), [(-1.0, "0.00%"), (0.5, "50.00%"), (7.0, "100.00%")])
def test_a_bar_ends_inside_its_place(share: float, width: str) -> None:
    made = bars.bars(caption="", headings=["", ""], rows=[bars.Bar("甲", "1", share)])
    assert parts_of(made, style="hue-actual")[0].style["width"] == width


# States


def test_what_is_behind_is_told_by_sign_and_word_and_not_by_colour_alone() -> None:
    cells = [matrix.Cell("101.0%", "good", "达到进度"), matrix.Cell("60.0%", "bad", "滞后")]
    rows = [matrix.Row("招聘会场次", cells)]
    made = matrix.matrix(caption="目标", corner="指标", headings=["渭滨区", "陇县"], rows=rows)
    behind = parts_of(made, style="mood-bad")[0]
    assert "▼" in text_of(behind)
    assert "滞后" in text_of(behind)
    assert made.tabIndex == 0, "a table that scrolls is reached with the keyboard"


# Calendar


def year(number: int, **values: float) -> list[charts.Day]:
    first = dt.date(number, 1, 1)
    days = [first + dt.timedelta(days=index) for index in range(366 if number % 4 == 0 else 365)]
    return [charts.Day(day, values.get(f"d{day:%m%d}"), "", f"/records?period={day}") for day in days]


@pytest.mark.parametrize("number", [2023, 2024, 2028])
def test_each_day_of_a_year_has_one_cell_under_its_weekday(number: int) -> None:
    figure = charts.calendar_figure(days=year(number, d0229=3, d0103=8))
    cells = [value for row in figure["data"][0]["z"] for value in row if value is not None]
    assert len(cells) == (366 if number % 4 == 0 else 365)
    pins = figure["data"][1]
    for day, week, row in zip(year(number), pins["x"], pins["y"], strict=True):
        assert row == day.date.weekday()
        assert figure["data"][0]["z"][row][week] is not None
    assert go.Figure(figure).data, "plotly knows every word of it"


def test_clicking_a_day_leads_to_its_rows() -> None:
    pins = charts.calendar_figure(days=year(2024))["data"][1]
    assert pins["customdata"][31][0] == "/records?period=2024-02-01"


# The book of terms


def test_rules_are_shown_with_their_strong_words_and_names_in_code() -> None:
    found = terms.marked("**比率**一律是和的比，见 `metrics.yaml`。")
    assert [getattr(part, "_type", None) for part in found] == ["Strong", None, "Code", None]


# What a page is narrowed to, and who may open it


def test_what_a_page_is_narrowed_to_can_be_cleared() -> None:
    made = frame.filters(choices=[frame.Choice("县区：眉县", "/fairs")])
    assert made is not None
    (link,) = parts_of(made, "A")
    assert link.href == "/fairs"
    assert frame.filters(choices=[]) is None


def test_discipline_stands_in_nobodys_navigation_but_theirs() -> None:
    def titles(reader: Person) -> list[str]:
        return [link.word for link in navigation(PAGES, reader=reader, path="/", view=View())]

    assert "廉政" not in titles(VISITOR)
    assert "廉政" in titles(INSPECTOR)
    wanted = ["总览", "宣讲与活动", "培训", "招聘会", "四季服务", "整改", "党建", "数据质量", "口径说明"]
    assert [title for title in titles(VISITOR) if title in wanted] == wanted


def test_another_page_keeps_the_period_and_the_county_and_nothing_else() -> None:
    links = navigation(
        PAGES, reader=VISITOR, path="/", view=View(period="2024H1", county="610303", focus="J02", page=3)
    )
    assert {link.href.split("?")[1] for link in links} == {"period=2024H1&county=610303"}


def test_a_declared_page_holds_no_figure_and_no_markup() -> None:
    for name in ("overview", "events", "training", "fairs", "seasons", "rectification", "party", "integrity"):
        text = (DASHBOARD / "pages" / f"{name}.py").read_text("utf-8")
        assert len(text.splitlines()) < 60, name
        assert not re.search(r"import (html|dcc|dmc)|def ", text), name
