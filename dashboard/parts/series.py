"""Figures over time: the trend with its plan line and last year."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from dash import html
from dash.development.base_component import Component

from dashboard.components import charts, frame, tables
from dashboard.components.text import day
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
        headings, rows = charts.trend_rows(labels=labels, actual=actual, plan=planned, last_year=last_year, links=links)
        figure = charts.trend_figure(
            labels=labels, actual=actual, plan=planned, last_year=last_year, links=links, rate=metric.is_ratio
        )
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
                    caption=f"点击{'圆点' if metric.is_ratio else '柱形'}查看当期明细。"
                    + ("" if planned else "该指标未设年度目标，没有计划线。"),
                    grow=True,
                )
            ],
        )


@dataclass(frozen=True)
class Calendar:
    """A metric day by day over the year the period ends in."""

    metric: str
    title: str
    span: int = 12

    @property
    def needs(self) -> Sequence[str]:
        """Nothing of the period as a whole."""
        return ()

    def draw(self, canvas: Canvas) -> Component | None:
        """Return the calendar; nothing where no day has a record."""
        snapshot, metric = canvas.snapshot, canvas.metric(self.metric)
        found = snapshot.days(self.metric, canvas.request.asked)
        if not found.values:
            return None
        start, end = found.period.start, found.period.end
        every = [start + dt.timedelta(days=number) for number in range((end - start).days + 1)]
        days = [
            charts.Day(
                date=each,
                value=number(found.values.get(each)),
                text=snapshot.told(self.metric, found.values[each]) if each in found.values else "没有",
                href=canvas.records(self.metric, period=f"{each}..{each}") or "" if each in found.values else "",
            )
            for each in every
        ]
        label = f"{canvas.request.county_name}{start.year}年{self.title}，逐日{metric.name}"
        rows = [
            [day(each.date), tables.Told(each.text, each.href) if each.href else each.text]
            for each in days
            if each.date in found.values
        ]
        return frame.section(
            title=f"{start.year}年{self.title}",
            aside=html.Span("颜色越深越多，点击某天看明细", className="faint"),
            name=f"calendar-{self.metric}",
            span=self.span,
            children=[
                charts.chart(
                    name=f"calendar-{self.metric}",
                    figure=charts.calendar_figure(days=days),
                    label=label,
                    headings=["日期", f"{metric.name}（{metric.unit}）"],
                    rows=rows,
                    caption=f"{found.note}。" if found.note else None,
                    wide=True,
                )
            ],
        )
