"""The dashboard's components, addresses and design, without a server and without data."""

from __future__ import annotations

import ast
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest
from dash.development.base_component import Component
from hypothesis import given
from hypothesis import strategies as st

from analytics.ledgers import geography
from dashboard import state, theme
from dashboard.components import cards, charts, frame, tables
from dashboard.components.headline import Point, headline
from dashboard.components.text import Moved, arrow, pace_words, tone_of

DASHBOARD = Path(__file__).resolve().parents[2] / "dashboard"
MAP = Path(__file__).resolve().parents[2] / "analytics" / "ledgers" / "map.geojson"
REACHES = date(2024, 12, 31)


def text_of(component: Any) -> str:
    """All words of a component, as a reader sees them."""
    if component is None:
        return ""
    if isinstance(component, str | int | float):
        return str(component)
    if isinstance(component, list | tuple):
        return "".join(text_of(part) for part in component)
    return text_of(getattr(component, "children", None))


def parts_of(component: Any, kind: str | None = None, style: str | None = None) -> list[Component]:
    """All components inside ``component`` of one kind or with one class."""
    found: list[Component] = []
    if isinstance(component, list | tuple):
        for part in component:
            found += parts_of(part, kind, style)
        return found
    if not isinstance(component, Component):
        return found
    classes = str(getattr(component, "className", "") or "").split()
    if (kind is None or component._type == kind) and (style is None or style in classes):
        found.append(component)
    return found + parts_of(getattr(component, "children", None), kind, style)


def card(**changes: Any) -> Component:
    values: dict[str, Any] = {
        "metric": "J02",
        "name": "提供岗位数",
        "figure": "71,234",
        "exact": "71,234 个",
        "unit": "个",
        "definition": "招聘会提供的岗位人数之和。",
        "href": "/records?metric=J02",
        "target": "70,000 个",
        "completion": 101.8,
        "pace_gap": 1.8,
        "yoy": Moved("下降 3.2%", up=False),
        "mom": Moved("增长 22.0%", up=True),
        "spark": [1.0, 2.0, 3.0],
        "spark_label": "逐月：1、2、3",
    }
    return cards.kpi_card(**(values | changes))


# Words and colours


MORE, LESS, SAME = Moved("增长 5.0%", up=True), Moved("下降 5.0%", up=False), Moved("持平", up=False, even=True)


@pytest.mark.parametrize(
    ("change", "direction", "tone", "sign"),
    [
        (MORE, "up", "good", "▲"),
        (LESS, "up", "bad", "▼"),
        (MORE, "down", "bad", "▲"),
        (LESS, "down", "good", "▼"),
        (MORE, "neutral", "even", "▲"),
        (SAME, "up", "even", ""),
        (None, "up", "even", ""),
    ],
)
def test_a_change_is_coloured_by_good_or_bad_and_not_by_its_sign(
    change: Moved | None, direction: Any, tone: str, sign: str
) -> None:
    assert tone_of(change, direction) == tone
    assert arrow(change) == sign


def test_fewer_overdue_items_are_good_though_the_arrow_points_down() -> None:
    change = cards.change(word="同比", moved=Moved("少 6 项", up=False, base="上年同期 9 项"), direction="down")
    assert parts_of(change, style="tone-good")
    assert "▼少 6 项" in text_of(change)
    assert change.title == "上年同期 9 项"


def test_no_base_to_compare_with_is_a_dash_and_never_a_zero() -> None:
    change = cards.change(word="环比", moved=None, direction="up")
    assert "—" in text_of(change)
    assert "0" not in text_of(change)
    assert "没有可比的时期" in change.title


# Cards


def test_a_card_leads_to_its_rows_and_tells_its_definition() -> None:
    made = card()
    assert [link.href for link in parts_of(made, "A")] == ["/records?metric=J02"]
    assert any("招聘会提供的岗位人数之和" in part.label for part in parts_of(made, "Tooltip"))
    assert "71,234" in text_of(made)
    assert "101.8%" in text_of(made)


def test_the_completion_is_never_capped_in_words_and_the_bar_ends_at_its_end() -> None:
    made = cards.completion_bar(target="100", completion=240.0, pace_gap=140.0)
    assert "240.0%" in text_of(made)
    fill = parts_of(made, style="bar-fill")[0]
    mark = parts_of(made, style="bar-pace")[0]
    assert fill.style["width"] == "100.00%"
    assert mark.style["left"] == "100.00%"


def test_the_pace_mark_stands_where_the_year_stands() -> None:
    made = cards.completion_bar(target="100", completion=40.0, pace_gap=-10.0, light="red")
    assert parts_of(made, style="bar-pace")[0].style["left"] == "50.00%"
    assert "慢于时间进度 10.0 个百分点" in text_of(made)
    assert parts_of(made, style="tone-bad")


def test_a_little_behind_is_neither_praised_nor_blamed() -> None:
    made = cards.completion_bar(target="100", completion=48.0, pace_gap=-2.0, light="green")
    assert parts_of(made, style="tone-even")
    assert not parts_of(made, style="tone-good")
    assert not parts_of(made, style="tone-bad")


def test_within_a_year_the_completion_says_that_it_is_about_the_year_so_far() -> None:
    assert "当年累计完成率" in text_of(card(to_date=True))
    assert "当年累计" not in text_of(card(to_date=False))


def test_without_a_target_the_card_says_so() -> None:
    assert "未设年度目标" in text_of(card(target=None, completion=None, pace_gap=None))


def test_a_value_that_is_absent_has_no_unit() -> None:
    made = card(figure="—")
    assert not parts_of(made, style="unit")


def test_rows_left_out_because_they_are_estimates_are_said_on_the_card() -> None:
    assert "另有含估计数 2 行未计入" in text_of(card(remarks=["另有含估计数 2 行未计入"]))


def test_a_sparkline_is_an_image_with_words_and_needs_two_values() -> None:
    assert cards.sparkline(values=[1.0, None, 3.0], label="逐月").alt == "逐月"
    assert cards.sparkline(values=[1.0, 1.0], label="逐月").src.startswith("data:image/svg+xml,")
    assert cards.sparkline(values=[1.0, None], label="逐月")._type == "Span"
    assert cards.sparkline(values=[0.0, 0.0, 0.0], label="逐月")._type == "Img"


# The headline


def point(name: str, **changes: Any) -> Point:
    values: dict[str, Any] = {"name": name, "figure": "10", "unit": "场", "direction": "up"}
    return Point(**(values | changes))


def test_the_headline_names_what_is_behind_the_worst_first() -> None:
    made = headline(
        done=[point("宣讲场次", figure="537")],
        watched=[
            point("参训人次", completion=40.0, pace_gap=-10.0, light="red"),
            point("岗位数", completion=20.0, pace_gap=-30.0, light="red"),
            point("宣讲场次", completion=80.0, pace_gap=30.0, light="green"),
        ],
        overdue=point("超期项", figure="7", unit="项", direction="down"),
    )
    words = text_of(made)
    assert "宣讲场次 537 场" in words
    assert words.index("岗位数（完成 20.0%）") < words.index("参训人次（完成 40.0%）")
    assert "慢于时间进度" in words
    assert "7 项整改超期未完成" in words
    assert words.endswith("。")


def test_the_headline_says_so_when_nothing_is_behind_and_nothing_overdue() -> None:
    words = text_of(
        headline(
            done=[],
            watched=[point("宣讲场次", completion=80.0, pace_gap=30.0, light="green")],
            overdue=point("超期项", figure="0", unit="项", direction="down"),
        )
    )
    assert "均跟上时间进度" in words
    assert "没有超期未完成的整改" in words


def test_the_headline_is_silent_about_what_is_not_known() -> None:
    assert headline(done=[point("宣讲场次", known=False)], watched=[], overdue=None) is None


def test_what_has_no_record_this_month_can_still_be_behind_this_year() -> None:
    made = headline(done=[], watched=[point("参训人次", known=False, completion=37.7, light="red")], overdue=None)
    assert "参训人次（完成 37.7%）慢于时间进度" in text_of(made)


def test_what_is_let_pass_is_called_alike_by_the_headline_and_by_the_card() -> None:
    """The metrics allow a few percentage points: nobody is told both that all is in time and that something is slow."""
    made = headline(done=[], watched=[point("参训人次", completion=71.5, pace_gap=-3.3, light="green")], overdue=None)
    assert "均基本跟上时间进度" in text_of(made)
    assert pace_words(-3.3, "green") == "基本跟上时间进度，差 3.3 个百分点"
    assert pace_words(-3.3, "amber") == "慢于时间进度 3.3 个百分点"


def test_being_on_pace_is_said_in_words() -> None:
    assert pace_words(0.02) == "与时间进度持平"
    assert pace_words(None) == ""


# Charts


def trend(**changes: Any) -> Any:
    values: dict[str, Any] = {
        "labels": ["1月", "2月"],
        "actual": charts.Series("实际", [1.0, 2.0], ["1 场", "2 场"]),
        "plan": charts.Series("计划", [1.5, 1.5], ["1.5 场", "1.5 场"]),
        "last_year": charts.Series("上年同期", [None, 1.0], ["—", "1 场"]),
        "links": ["/records?period=2024-01", "/records?period=2024-02"],
    }
    return charts.trend_figure(**(values | changes))


def test_the_trend_shows_actual_plan_and_last_year() -> None:
    assert {trace["name"] for trace in trend()["data"]} == {"实际", "计划", "上年同期"}


def test_a_trend_without_a_plan_draws_no_plan_line() -> None:
    empty = charts.Series("计划", [None, None], ["—", "—"])
    assert {trace["name"] for trace in trend(plan=empty)["data"]} == {"实际", "上年同期"}


def test_plotly_knows_every_word_of_our_charts() -> None:
    shapes = json.loads(MAP.read_text("utf-8"))
    for figure in (trend(), charts.map_figure(shapes=shapes, places=places())):
        go.Figure(figure)


def test_clicking_a_month_leads_to_its_rows() -> None:
    bars = next(trace for trace in trend()["data"] if trace["type"] == "bar")
    assert bars["customdata"][1][0] == "/records?period=2024-02"


def test_behind_each_chart_stands_its_table() -> None:
    made = charts.chart(name="trend", figure=trend(), label="走势", headings=["月份", "实际"], rows=[["1月", "1 场"]])
    assert "查看数据表" in text_of(made)
    assert "1 场" in text_of(parts_of(made, "Table"))
    described = [part for part in parts_of(made, "Div") if getattr(part, "role", "") == "img"]
    said = described[0].to_plotly_json()["props"]["aria-labelledby"]
    assert [text_of([part]) for part in parts_of(made, "Span") if getattr(part, "id", "") == said] == ["走势"]


def test_no_chart_offers_to_send_anything_off_the_machine() -> None:
    graph = parts_of(charts.chart(name="trend", figure=trend(), label="走势", headings=["月份"], rows=[]), "Graph")[0]
    assert graph.config["showSendToCloud"] is False
    assert graph.config["displaylogo"] is False
    assert graph.config["locale"] == "zh-CN"


def test_there_is_one_place_that_makes_graphs() -> None:
    makers = [path for path in sorted(DASHBOARD.rglob("*.py")) if re.search(r"\bGraph\(", path.read_text("utf-8"))]
    assert makers == [DASHBOARD / "components" / "charts.py"]
    assert makers[0].read_text("utf-8").count("Graph(") == 1


def places(**changes: float | None) -> list[charts.Place]:
    return [
        charts.Place(
            code=county.code,
            name=county.name,
            value=changes.get(county.name, 1.0),
            text="1",
            href=f"/?county={county.code}",
        )
        for county in geography().counties
    ]


def test_the_map_has_a_polygon_for_each_county_but_those_without_boundaries() -> None:
    shapes = json.loads(MAP.read_text("utf-8"))
    drawn = {feature["properties"]["code"] for feature in shapes["features"]}
    known = {county.code: county for county in geography().counties}
    assert drawn <= known.keys()
    assert {code for code in known if code not in drawn} == {"610300", "GX"}
    assert all(
        feature["properties"]["name"] == known[feature["properties"]["code"]].name for feature in shapes["features"]
    )
    assert MAP.stat().st_size <= 60_000


def test_clicking_a_county_on_the_map_leads_to_it() -> None:
    shapes = json.loads(MAP.read_text("utf-8"))
    figure = charts.map_figure(shapes=shapes, places=places())
    polygons = {trace["name"]: trace for trace in figure["data"] if trace.get("fill") == "toself"}
    assert len(polygons) == 12
    assert polygons["凤翔区"]["customdata"][0] == "/?county=610305"
    assert polygons["凤翔区"]["hoveron"] == "fills"


def test_a_county_with_a_larger_value_is_darker_and_one_without_data_is_grey() -> None:
    shapes = json.loads(MAP.read_text("utf-8"))
    figure = charts.map_figure(shapes=shapes, places=places(陇县=10.0, 千阳县=0.0, 眉县=None))
    fill = {trace["name"]: trace["fillcolor"] for trace in figure["data"] if "fill" in trace}

    def depth(name: str) -> float:
        return float(fill[name].rsplit(",", 1)[1].rstrip(")"))

    assert depth("陇县") > depth("凤县") > depth("千阳县")
    assert fill["千阳县"] != theme.CHART["none"]
    assert fill["眉县"] == theme.CHART["none"]


# Tables


def test_a_county_already_chosen_can_be_cleared_from_the_ranking() -> None:
    chosen = tables.Standing(code="610302", name="渭滨区", rank=1, text="12", share=1.0, href="/", chosen=True)
    other = tables.Standing(code="610300", name="市本级", rank=None, text="3", share=0.2, href="/?county=610300")
    made = tables.ranking(caption="排名", unit="场", standings=[chosen, other], with_completion=False)
    links = {link.children: link for link in parts_of(made, "A")}
    assert links["渭滨区"].title == "再次点击恢复全市"
    assert links["市本级"].href == "/?county=610300"
    assert "—" in text_of(made)


def test_a_row_says_file_sheet_and_row() -> None:
    made = tables.rows_table(
        caption="记录",
        headings=[tables.Heading("a", "名称", href="/records?sort=a"), tables.Heading("file_name", "来源")],
        rows=[["春风行动", tables.Origin(file="七月台账.xlsx", sheet="招聘会", row=12)]],
    )
    words = text_of(made)
    assert "七月台账.xlsx" in words
    assert "招聘会 · 第 12 行" in words


def test_the_sorted_column_says_its_order_to_everyone() -> None:
    made = tables.rows_table(
        caption="记录", headings=[tables.Heading("a", "名称", href="/x", order="descending")], rows=[["甲"]]
    )
    head = parts_of(made, "Th")[0]
    assert head.to_plotly_json()["props"]["aria-sort"] == "descending"


def test_the_first_page_has_no_earlier_one() -> None:
    made = tables.pager(page=1, pages=3, total=60, earlier=None, later="/records?page=2")
    assert [link.href for link in parts_of(made, "A")] == ["/records?page=2"]
    assert "共 60 行" in text_of(made)


def test_an_empty_place_says_what_to_do() -> None:
    made = frame.empty(title="还没有数据", sentences=["请先入库。"], command="taizhang ingest 文件")
    assert "taizhang ingest 文件" in text_of(made)


# Addresses


def read(search: str) -> state.Read:
    return state.read_view(search, counties={"610302", "GX"}, metrics={"J01", "J02"}, reaches=REACHES)


@given(
    st.builds(
        state.View,
        period=st.sampled_from([None, "2024", "2024H1", "2024Q3", "2024-07", "累计", "2024-01-05..2024-03-02"]),
        county=st.sampled_from([None, "610302", "GX"]),
        as_of=st.none() | st.dates(date(2000, 1, 1), date(2199, 12, 31)),
        focus=st.sampled_from([None, "J01"]),
        metric=st.sampled_from([None, "J02"]),
        sort=st.sampled_from([None, "jobs_n", "-jobs_n"]),
        page=st.integers(1, 10_000),
    )
)
def test_an_address_gives_the_same_screen(view: state.View) -> None:
    again = read(view.search())
    assert again.view == view
    assert again.notes == ()


@pytest.mark.parametrize("search", ["?period=明年的明年", "?county=999999", "?as_of=昨天", "?metric=XX", "?focus=XX"])
def test_what_an_address_says_wrongly_is_left_out_and_said(search: str) -> None:
    found = read(search)
    assert found.view == state.View()
    assert len(found.notes) == 1


@given(st.text(max_size=60))
def test_no_address_breaks_the_page(search: str) -> None:
    read("?" + search)


@pytest.mark.parametrize("page", ["0", "-1", "x", "９９", "99999999999999999999"])
def test_an_impossible_page_is_the_first(page: str) -> None:
    assert read(f"?page={page}").view.page == 1


def test_the_periods_one_click_away_are_seen_from_the_newest_data() -> None:
    assert [(named.code, named.word) for named in state.presets(date(2024, 8, 3))] == [
        ("2024", "本年"),
        ("2024Q3", "本季"),
        ("2024-08", "本月"),
        ("2024H1", "上半年"),
        ("累计", "累计"),
    ]


# The design and the house rules


def luminance(colour: str) -> float:
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
@pytest.mark.parametrize("role", ["ink", "muted", "faint", "accent", "good", "bad"])
@pytest.mark.parametrize("ground", ["page", "surface"])
def test_words_can_be_read_on_their_ground(scheme: dict[str, str], role: str, ground: str) -> None:
    assert contrast(scheme[role], scheme[ground]) >= 4.5


@pytest.mark.parametrize("scheme", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("role", "ground"),
    [("accent", "accent-soft"), ("good", "good-soft"), ("bad", "bad-soft"), ("muted", "sunken"), ("surface", "accent")],
)
def test_words_can_be_read_on_tinted_ground(scheme: dict[str, str], role: str, ground: str) -> None:
    assert contrast(scheme[role], scheme[ground]) >= 4.5


@pytest.mark.parametrize("scheme", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
@pytest.mark.parametrize("mark", ["actual", "plan", "last_year"])
def test_marks_in_charts_can_be_told_from_their_ground(scheme: dict[str, str], mark: str) -> None:
    assert contrast(theme.CHART[mark], scheme["surface"]) >= 3.0


def test_both_schemes_define_the_same_roles() -> None:
    assert theme.LIGHT.keys() == theme.DARK.keys()


def test_the_style_sheet_uses_only_what_the_design_defines() -> None:
    sheet = (DASHBOARD / "assets" / "20-style.css").read_text("utf-8")
    used = set(re.findall(r"var\(--([a-z0-9-]+)", sheet))
    defined = set(re.findall(r"--([a-z0-9-]+):", theme.css_variables()))
    assert used <= defined


def test_no_address_off_this_machine_stands_in_what_we_wrote() -> None:
    ours = [*DASHBOARD.rglob("*.py"), *(path for path in (DASHBOARD / "assets").iterdir() if path.is_file())]
    for path in ours:
        found = re.findall(r"https?://[^\s\"'{}]+", path.read_text("utf-8"))
        allowed = {"http://www.w3.org/2000/svg"}
        assert not {address for address in found if address not in allowed}, path


def test_components_and_pages_ask_only_the_source_for_figures() -> None:
    for path in [file for name in ("components", "pages", "parts") for file in (DASHBOARD / name).glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            modules = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                modules = [node.module or ""]
            for module in modules:
                assert not module.startswith(("duckdb", "analytics.warehouse", "analytics.etl", "sqlglot")), path
