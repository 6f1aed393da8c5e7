"""Figures over time: the trend with its plan line and last year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dash import html
from dash.development.base_component import Component

from dashboard.components import charts, frame
from dashboard.parts.canvas import Canvas, number
from dashboard.source import Figure


@dataclass(frozen=True)
class Trend:
    """The metric in focus by month over the year, beside its plan and the year before."""

    span: int = 7

    @property
    def needs(self) -> Sequence[str]:
        """Nothing of the period as a whole."""
        return ()

    def draw(self, canvas: Canvas) -> Component:
        """Return the trend."""
        request, snapshot = canvas.request, canvas.snapshot
        metric_id, metric = canvas.focus, canvas.metric(canvas.focus)
        trend = snapshot.trend(metric_id, request.asked)

        def series(name: str, values: Sequence[Figure]) -> charts.Series:
            return charts.Series(
                name, [number(value) for value in values], [snapshot.told(metric_id, value) for value in values]
            )

        years = {point.start.year for point in trend}
        one = len(years) == 1
        labels = [point.label.removeprefix(f"{point.start.year}年") if one else point.label for point in trend]
        span = f"{years.pop()}年" if one else request.period_name
        actual = series("实际", [point.value for point in trend])
        plan = series("计划", [point.plan for point in trend])
        last_year = series("上年同期", [point.last_year for point in trend])
        planned = plan if any(value is not None for value in plan.values) else None
        links = [canvas.records(metric_id, period=point.code) or "" for point in trend]
        headings, rows = charts.trend_rows(labels=labels, actual=actual, plan=planned, last_year=last_year)
        figure = charts.trend_figure(labels=labels, actual=actual, plan=planned, last_year=last_year, links=links)
        label = f"{request.county_name}{span}{metric.name}走势"
        return frame.section(
            title=f"{span}走势 · {metric.name}",
            aside=html.Span(f"单位：{metric.unit}", className="faint"),
            name="trend",
            span=self.span,
            children=[
                charts.chart(
                    name="trend",
                    figure=figure,
                    label=label,
                    headings=headings,
                    rows=rows,
                    caption="点击柱形查看当期明细。" + ("" if planned else "该指标未设年度目标，没有计划线。"),
                    grow=True,
                )
            ],
        )
