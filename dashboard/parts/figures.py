"""Cards: the page's figures, those of the first rank large, the others small."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dash import html
from dash.development.base_component import Component

from analytics.metrics import HIDDEN, MetricRow
from dashboard.components import cards
from dashboard.components.text import day
from dashboard.parts.canvas import Canvas, moved, number

NO_RECORD = "这一时段没有记录"


@dataclass(frozen=True)
class Cards:
    """Large cards: value, completion, changes, the last twelve months."""

    metrics: tuple[str, ...]

    @property
    def needs(self) -> Sequence[str]:
        """The metrics of the cards."""
        return self.metrics

    def draw(self, canvas: Canvas) -> Component:
        """Return the cards in the order declared."""
        # The months of discipline figures would be small enough to name persons.
        told = [metric for metric in self.metrics if not canvas.metric(metric).restricted]
        recent = canvas.snapshot.recent(told, canvas.request.asked) if told else {}
        drawn = [_card(canvas, canvas.figures[metric], recent.get(metric, ())) for metric in self.metrics]
        # The cards' names are headings of the third rank: this one stands above them for those who hear the page.
        return html.Div([html.H2("主要数字", className="unseen"), *drawn], className="cards")


@dataclass(frozen=True)
class Tiles:
    """Small cards: value and change on last year."""

    metrics: tuple[str, ...]

    @property
    def needs(self) -> Sequence[str]:
        """The metrics of the cards."""
        return self.metrics

    def draw(self, canvas: Canvas) -> Component:
        """Return the cards in the order declared."""
        return html.Div([_tile(canvas, canvas.figures[metric]) for metric in self.metrics], className="cards tiles")


def _fresh(canvas: Canvas, metric: str) -> str:
    """Return the day the metric's ledger reaches, in words; without its year where that is the period's."""
    reached = canvas.snapshot.reach(canvas.metric(metric).ledger)
    if reached is None:
        return ""
    words = day(reached)
    return words.split("年")[1] if reached.year == canvas.request.asked.period.end.year else words


def _absent(row: MetricRow) -> str:
    return HIDDEN if HIDDEN in row.flags else NO_RECORD


def _card(canvas: Canvas, row: MetricRow, recent: Sequence[MetricRow]) -> Component:
    snapshot, metric = canvas.snapshot, canvas.metric(row.id)
    told = [f"{month.dims['month']} {snapshot.told(row.id, month.value)}" for month in recent]
    return cards.kpi_card(
        metric=row.id,
        name=metric.name,
        figure=snapshot.short(row.id, row.value),
        exact=snapshot.told(row.id, row.value) if row.value is not None else _absent(row),
        unit=snapshot.unit(row.id),
        definition=f"{metric.definition}{metric.counting_rule}",
        href=canvas.records(row.id),
        direction=metric.direction,
        target=None if row.target is None else snapshot.told(row.id, row.target),
        completion=row.completion,
        pace_gap=row.pace_gap,
        yoy=moved(row.yoy_change, f"上年同期 {snapshot.told(row.id, row.yoy_base)}"),
        mom=moved(row.mom_change, f"上一时期 {snapshot.told(row.id, row.mom_base)}"),
        light=row.light,
        to_date=row.year_to_date != row.value,
        spark=[number(month.value) for month in recent],
        spark_label=f"{metric.name}近十二个月：" + "，".join(told) if told else "",
        remarks=row.flags,
        fresh=_fresh(canvas, row.id),
    )


def _tile(canvas: Canvas, row: MetricRow) -> Component:
    snapshot, metric = canvas.snapshot, canvas.metric(row.id)
    return cards.tile(
        metric=row.id,
        name=metric.name,
        figure=snapshot.short(row.id, row.value),
        exact=snapshot.told(row.id, row.value) if row.value is not None else _absent(row),
        unit=snapshot.unit(row.id),
        definition=f"{metric.definition}{metric.counting_rule}",
        href=canvas.records(row.id),
        direction=metric.direction,
        yoy=moved(row.yoy_change, f"上年同期 {snapshot.told(row.id, row.yoy_base)}"),
        remarks=row.flags,
    )
