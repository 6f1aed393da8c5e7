"""Figures by county: the ranking and the map. Choosing a county narrows the page to it; choosing it again widens it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dash import html
from dash.development.base_component import Component

from analytics.metrics import MetricRow
from dashboard.components import charts, frame, tables
from dashboard.pages.page import county_names
from dashboard.parts.canvas import Canvas, number
from dashboard.source import shapes


@dataclass(frozen=True)
class Ranking:
    """Counties by their place."""

    span: int = 5

    @property
    def needs(self) -> Sequence[str]:
        """Nothing of the period as a whole."""
        return ()

    def draw(self, canvas: Canvas) -> Component:
        """Return the ranking of the metric in focus."""
        metric = canvas.metric(canvas.focus)
        standings = _standings(canvas)
        return frame.section(
            title=f"县区排名 · {metric.name}",
            aside=html.Span("点击县区只看该县区", className="faint"),
            name="ranking",
            span=self.span,
            children=[
                tables.ranking(
                    caption=f"{canvas.request.period_name}各县区{metric.name}排名",
                    unit=metric.unit,
                    standings=standings,
                    with_completion=any(standing.completion is not None for standing in standings),
                )
            ],
        )


@dataclass(frozen=True)
class CountyMap:
    """Counties on the map."""

    span: int = 6

    @property
    def needs(self) -> Sequence[str]:
        """Nothing of the period as a whole."""
        return ()

    def draw(self, canvas: Canvas) -> Component:
        """Return the map of the metric in focus; the counties beside it can be reached with the keyboard."""
        metric, outlines = canvas.metric(canvas.focus), shapes()
        places = [_place(canvas, row) for row in canvas.snapshot.ranking(canvas.focus, canvas.request.asked)]
        return frame.section(
            title=f"县区分布 · {metric.name}",
            aside=html.Span("颜色越深数值越大", className="faint"),
            name="map",
            span=self.span,
            children=[
                charts.chart(
                    name="map",
                    figure=charts.map_figure(shapes=outlines, places=places),
                    label=f"{canvas.request.period_name}各县区{metric.name}分布图",
                    headings=["县区", metric.name],
                    rows=[
                        [place.name, tables.Told(place.text, rows) if place.value is not None and rows else place.text]
                        for place in places
                        for rows in [canvas.records(canvas.focus, county=place.code)]
                    ],
                    before=charts.map_legend(shapes=outlines, places=places),
                )
            ],
        )


def _county(row: MetricRow) -> tuple[str, str]:
    """Return code and name of the county a row belongs to."""
    name = row.dims["county"]
    return next((code for code, known in county_names().items() if known == name), name), name


def _address(canvas: Canvas, code: str) -> str:
    chosen = code == canvas.request.view.county
    return canvas.request.at(county=None if chosen else code)


def _place(canvas: Canvas, row: MetricRow) -> charts.Place:
    code, name = _county(row)
    text = canvas.snapshot.told(canvas.focus, row.value) if row.value is not None else "没有数据"
    return charts.Place(
        code=code,
        name=name,
        value=number(row.value),
        text=text,
        href=_address(canvas, code),
        chosen=code == canvas.request.view.county,
    )


def _standings(canvas: Canvas) -> list[tables.Standing]:
    rows = canvas.snapshot.ranking(canvas.focus, canvas.request.asked)
    highest = max((abs(float(row.value)) for row in rows if row.value is not None), default=0.0)
    found = []
    for row in rows:
        code, name = _county(row)
        found.append(
            tables.Standing(
                code=code,
                name=name,
                rank=row.rank,
                text=canvas.snapshot.short(canvas.focus, row.value),
                exact=canvas.snapshot.told(canvas.focus, row.value),
                share=abs(float(row.value)) / highest if row.value is not None and highest else 0.0,
                href=_address(canvas, code),
                rows=canvas.records(canvas.focus, county=code) if row.value is not None else None,
                completion=row.completion,
                chosen=code == canvas.request.view.county,
            )
        )
    return found
