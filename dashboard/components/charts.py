"""Charts. ``chart`` is the only place that makes a ``dcc.Graph``; figures come from pure functions.

Behind each chart stands its table, for those who cannot see it or want the numbers. This module must
not know metrics, addresses or storage.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import theme
from dashboard.components.frame import fold
from dashboard.components.piece import piece
from dashboard.components.tables import Told, plain_table

Figure = dict[str, Any]
"""A chart as plotly.js takes it: plain data, for checking it again in Python costs more than asking for the figures."""

PLOT = "-plot"
"""Ends the name of the piece in which a chart of that name stands."""

CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "showSendToCloud": False,
    "showEditInChartStudio": False,
    "sendData": False,
    "locale": "zh-CN",
    "displayModeBar": False,
    "responsive": True,
    "scrollZoom": False,
    "doubleClick": False,
}
"""Nothing of a chart leaves the machine, and its words are Chinese."""


def chart(
    *,
    name: str,
    figure: Figure,
    label: str,
    headings: Sequence[str],
    rows: Sequence[Sequence[str | Told]],
    caption: str | None = None,
    grow: bool = False,
    before: Component | None = None,
    wide: bool = False,
) -> Component:
    """Return a chart with its description and the table behind it.

    Args:
        name: Short name, unique on the page; the graph's id is ``{"role": "chart", "name": name}``.
        figure: What to draw.
        label: What the chart says, for those who cannot see it.
        headings: Headings of the table behind it.
        rows: Cells of that table, ready for reading.
        caption: A line under the chart.
        grow: Whether the chart takes the room its panel has left; its height is then the least it needs.
        wide: Whether it scrolls inside its panel where that is too narrow to read it.
        before: What stands between the chart and its table, such as its legend.
    """
    height = figure["layout"]["height"]
    said = f"said-{name}"
    picture = f"picture-{name}"
    if grow:
        figure = figure | {"layout": {key: value for key, value in figure["layout"].items() if key != "height"}}
    return html.Figure(
        [
            html.Div(
                html.Div(
                    dcc.Graph(
                        id={"role": "chart", "name": name},
                        figure=figure,
                        config=CONFIG,
                        responsive=True,
                        style={"minHeight": f"{height}px", "height": "100%"} if grow else {"height": f"{height}px"},
                    ),
                    id=piece(name + PLOT),
                    className="plot",
                ),
                role="img",
                className=f"chart chart-{name}{' scrolls' if wide else ''}",
                tabIndex=0 if wide else None,
                **{"aria-labelledby": said},
            ),
            html.Figcaption(
                [
                    html.Span(label, id=said, className="unseen"),
                    html.Span(caption, className="faint") if caption else None,
                    before,
                ],
                id=piece(f"{name}-told"),
            ),
            html.Button(
                "下载图片",
                type="button",
                id=picture,
                className="picture",
                **{"data-do": "picture", "aria-labelledby": f"{picture} {said}"},
            ),
            fold(
                summary="查看数据表",
                children=[
                    html.Div(plain_table(caption=label, headings=headings, rows=rows), id=piece(f"{name}-table"))
                ],
            ),
        ],
        className="chart-box grow" if grow else "chart-box",
    )


@dataclass(frozen=True)
class Series:
    """One line or row of columns of a trend."""

    name: str
    values: Sequence[float | None]
    texts: Sequence[str]
    """The values ready for reading."""


def trend_figure(
    *,
    labels: Sequence[str],
    actual: Series,
    plan: Series | None,
    last_year: Series | None,
    links: Sequence[str],
    rate: bool = False,
    height: int = 400,
) -> Figure:
    """Return the trend: columns for the actual values, a stepped plan line, last year as a quiet line.

    A rate is a line instead: its columns would look like amounts.

    Args:
        labels: Names of the months, oldest first.
        actual: This period's values.
        plan: The plan for each month, or ``None`` without one.
        last_year: The same months a year before.
        links: Where a click on each month leads.
        rate: Whether the values are shares or averages.
        height: Height in pixels.
    """
    shape: dict[str, Any] = {
        "type": "bar",
        "marker": {"color": theme.CHART["actual"], "cornerradius": 3, "line": {"width": 0}},
    }
    if rate:
        shape = {
            "type": "scatter",
            "mode": "lines+markers",
            "line": {"color": theme.CHART["actual"], "width": 2.5},
            "marker": {"size": 8},
        }
    data: list[dict[str, Any]] = [
        shape
        | {
            "x": list(labels),
            "y": list(actual.values),
            "name": actual.name,
            "customdata": [[link, text] for link, text in zip(links, actual.texts, strict=True)],
            "hovertemplate": "%{customdata[1]}",
        }
    ]
    for series, mode, line in (
        (last_year, "lines+markers", {"color": theme.CHART["last_year"], "width": 1.5, "dash": "dot"}),
        (plan, "lines", {"color": theme.CHART["plan"], "width": 2.5, "shape": "hvh"}),
    ):
        if series is not None and any(value is not None for value in series.values):
            data.append(
                {
                    "type": "scatter",
                    "x": list(labels),
                    "y": list(series.values),
                    "name": series.name,
                    "mode": mode,
                    "line": line,
                    "marker": {"size": 5},
                    "customdata": [["", text] for text in series.texts],
                    "hovertemplate": "%{customdata[1]}",
                }
            )
    layout = theme.figure_layout(height=height)
    layout["xaxis"] |= {"type": "category", "tickangle": 0}
    if rate:
        # The changes of a rate are small beside its distance from nothing.
        layout["yaxis"] |= {"rangemode": "normal"}
    return {"data": data, "layout": layout}


def trend_rows(
    *,
    labels: Sequence[str],
    actual: Series,
    plan: Series | None,
    last_year: Series | None,
    links: Sequence[str] = (),
) -> tuple[list[str], list[list[str | Told]]]:
    """Return headings and cells of the table behind a trend; this period's values lead to their rows."""
    shown = [series for series in (actual, plan, last_year) if series is not None]
    headings = ["月份", *(series.name for series in shown)]

    def cell(series: Series, index: int) -> str | Told:
        text = series.texts[index]
        linked = series is actual and links and links[index] and series.values[index] is not None
        return Told(text, links[index]) if linked else text

    return headings, [[label, *(cell(series, index) for series in shown)] for index, label in enumerate(labels)]


@dataclass(frozen=True)
class Day:
    """One day of a calendar: which, its value, its words, and where a click on it leads."""

    date: dt.date
    value: float | None
    text: str
    href: str = ""


WEEKDAYS = ("一", "二", "三", "四", "五", "六", "日")


def calendar_figure(*, days: Sequence[Day], height: int = 208) -> Figure:
    """Return a calendar heatmap: a column a week, a row a weekday, the darker the more.

    Args:
        days: Every day to be drawn, in order; days without a record have no value.
        height: Height in pixels.
    """
    first = days[0].date - dt.timedelta(days=days[0].date.weekday())
    weeks = (days[-1].date - first).days // 7 + 1
    highest = max((day.value for day in days if day.value), default=1.0)
    values: list[list[float | None]] = [[None] * weeks for _ in WEEKDAYS]
    points: list[tuple[int, int, list[str]]] = []
    for day in days:
        week, row = (day.date - first).days // 7, day.date.weekday()
        values[row][week] = day.value or 0.0
        words = f"{day.date.month}月{day.date.day}日 周{WEEKDAYS[row]}　{day.text}"
        points.append((week, row, [day.href, words]))
    # Few or many are told apart best where most days are: near the lower end.
    colours = [[0, theme.CHART["none"]], [1e-9, _tint(0.0)], [0.25, _tint(0.35)], [1, _tint(1.0)]]
    layout = theme.figure_layout(height=height)
    layout |= {"hovermode": "closest", "margin": {"l": 4, "r": 4, "t": 24, "b": 4}}
    months = [day.date for day in days if day.date.day == 1]
    layout["xaxis"] |= {
        "showline": False,
        "side": "top",
        "tickvals": [(month - first).days // 7 for month in months],
        "ticktext": [f"{month.month}月" for month in months],
        "constrain": "domain",
    }
    layout["yaxis"] |= {
        "showgrid": False,
        "rangemode": "normal",
        "tickvals": [0, 2, 4, 6],
        "ticktext": [WEEKDAYS[row] for row in (0, 2, 4, 6)],
    }
    data = {
        "type": "heatmap",
        "z": values,
        "zmin": 0,
        "zmax": highest,
        "hoverinfo": "skip",
        "showscale": False,
        "colorscale": colours,
        "xgap": 3,
        "ygap": 3,
    }
    # Cells of a heatmap do not tell Dash what they carry when clicked: a point nobody sees in each of them does.
    pins = {
        "type": "scatter",
        "mode": "markers",
        "x": [week for week, _, _ in points],
        "y": [row for _, row, _ in points],
        "customdata": [carried for _, _, carried in points],
        "hovertemplate": "%{customdata[1]}<extra></extra>",
        "marker": {"size": 16, "opacity": 0},
        "showlegend": False,
    }
    layout["xaxis"] |= {"range": [-0.5, weeks - 0.5]}
    layout["yaxis"] |= {"autorange": False, "range": [6.5, -0.5]}
    return {"data": [data, pins], "layout": layout}


def _tint(share: float) -> str:
    return f"rgba({theme.CHART['actual_rgb']}, {0.18 + 0.82 * share:.2f})"


@dataclass(frozen=True)
class Place:
    """One county on the map."""

    code: str
    name: str
    value: float | None
    text: str
    href: str
    chosen: bool = False


def map_figure(*, shapes: Mapping[str, Any], places: Sequence[Place], height: int = 440) -> Figure:
    """Return the county map as filled polygons: the darker, the larger the value.

    Args:
        shapes: GeoJSON features; each has ``code`` and a ``label`` point among its properties.
        places: The counties with their values; a click on one leads to its ``href``.
        height: Height in pixels.
    """
    by_code = {place.code: place for place in places}
    highest = max((place.value for place in places if place.value), default=0.0)
    data: list[dict[str, Any]] = []
    names: list[tuple[float, float, str]] = []
    # The chosen county is drawn last, so that its outline lies on top.
    for feature in sorted(shapes["features"], key=lambda each: _chosen(by_code, each)):
        place = by_code.get(feature["properties"]["code"])
        if place is None:
            continue
        ring = feature["geometry"]["coordinates"][0]
        fill = _fill(place, highest)
        edge = {"color": theme.CHART["edge"], "width": 0.8}
        if place.chosen:
            edge = {"color": theme.CHART["plan"], "width": 3}
        data.append(
            {
                "type": "scatter",
                "x": [point[0] for point in ring],
                "y": [point[1] for point in ring],
                "mode": "lines",
                "fill": "toself",
                "fillcolor": fill,
                "line": edge,
                "hoveron": "fills",
                "name": place.name,
                "text": f"{place.name}　{place.text}",
                "hoverinfo": "text",
                "customdata": [place.href],
                "showlegend": False,
            }
        )
        names.append((*feature["properties"]["label"], place.name))
    data.append(
        {
            "type": "scatter",
            "x": [x for x, _, _ in names],
            "y": [y for _, y, _ in names],
            "text": [name for _, _, name in names],
            "mode": "text",
            "hoverinfo": "skip",
            "showlegend": False,
            "textfont": {"size": 12},
        }
    )
    layout = theme.figure_layout(height=height)
    layout |= {"hovermode": "closest", "margin": {"l": 0, "r": 0, "t": 0, "b": 0}}
    layout["xaxis"] |= {"visible": False, "constrain": "domain"}
    # One degree of longitude is shorter than one of latitude by the cosine of the latitude.
    layout["yaxis"] |= {"visible": False, "scaleanchor": "x", "scaleratio": 1.21, "rangemode": "normal"}
    return {"data": data, "layout": layout}


def _fill(place: Place, highest: float) -> str:
    if place.value is None:
        return theme.CHART["none"]
    share = place.value / highest if highest else 0.0
    return f"rgba({theme.CHART['actual_rgb']}, {0.10 + 0.72 * share:.2f})"


def map_legend(*, shapes: Mapping[str, Any], places: Sequence[Place]) -> Component:
    """Return the counties of the map as links in its colours, those without a boundary of their own included.

    The map itself is drawn; this is how the keyboard and a reader's voice reach a county.
    """
    drawn = {feature["properties"]["code"] for feature in shapes["features"]}
    highest = max((place.value for place in places if place.value), default=0.0)
    links = [
        html.A(
            [
                html.Span(className="swatch", style={"background": _fill(place, highest)}, **{"aria-hidden": "true"}),
                place.name,
                html.Strong(place.text),
            ],
            href=place.href,
            title=None if place.code in drawn else "图上没有单独边界",
            **({"aria-current": "true"} if place.chosen else {}),
        )
        for place in places
    ]
    return html.Nav(links, className="map-keys", **{"aria-label": "按县区筛选"})


def _chosen(places: Mapping[str, Place], feature: Mapping[str, Any]) -> bool:
    place = places.get(feature["properties"]["code"])
    return place is not None and place.chosen
