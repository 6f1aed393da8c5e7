"""口径说明: what each figure counts, in the words of its declaration; every card's question mark says the same."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from dash import html
from dash.development.base_component import Component

from analytics.ledgers import ledgers
from analytics.metrics import Metric
from analytics.metrics.dictionary import absent_rule, approximate_rule
from dashboard.components import frame, terms
from dashboard.pages.page import Page, Request
from dashboard.pages.sheet import home

DIRECTIONS = {"up": "越高越好", "down": "越低越好", "neutral": "只看不评"}


def render(request: Request) -> Sequence[Any]:
    """Return the page."""
    snapshot = request.snapshot
    told = [metric for metric in snapshot.catalogue.values() if request.reader.sees_ledger(metric.ledger)]
    lines = [
        (f"line-{number}", line, list(metrics))
        for number, (line, metrics) in enumerate(groupby(told, key=lambda metric: metric.line), start=1)
    ]
    chapters = [("通用规则", "rules"), *((line, name) for name, line, _ in lines)]
    opening = html.Div(
        [
            frame.crumbs(choices=[home(request), frame.Choice("口径说明", "", True)]),
            html.H1(["口径说明", html.Small(f"{len(told)} 项指标")], tabIndex=-1),
            html.P("本页由指标声明自动生成，与各页卡片上的“?”一致。", className="headline"),
        ],
        className="opening",
    )
    return [
        html.Div(
            [
                opening,
                terms.search(label="查找指标", hint="输入名称、编号或口径中的词", of="terms"),
                html.Div(
                    [
                        terms.contents(label="工作条线", links=chapters),
                        html.Div(
                            [
                                terms.rules(name="rules", title="通用规则", sentences=snapshot.rules()),
                                *(_line(request, *line) for line in lines),
                            ],
                            id="terms",
                            className="terms",
                        ),
                    ],
                    className="book",
                ),
            ],
            className="inner",
        )
    ]


def _line(request: Request, name: str, line: str, metrics: Sequence[Metric]) -> Component:
    ledger = ledgers()[metrics[0].ledger]
    return terms.chapter(
        name=name,
        title=line,
        aside=ledger.name,
        entries=[_term(request, metric) for metric in metrics],
    )


def _term(request: Request, metric: Metric) -> terms.Term:
    labels = {column.name: column.label for column in ledgers()[metric.ledger].columns}
    places = [] if metric.restricted else ["县区", "填报单位"]
    marks = [
        DIRECTIONS[metric.direction],
        *(["辅助指标"] if metric.supporting else []),
        *(["时点数"] if metric.snapshot else []),
    ]
    if metric.restricted:
        marks.append("只报全市总数")
    return terms.Term(
        id=metric.id,
        name=metric.name,
        unit=metric.unit,
        marks=marks,
        definition=metric.definition,
        counting=f"{metric.counting_rule}{approximate_rule(metric)}。{absent_rule(metric)}。",
        formula=metric.formula + (f"；条件 {metric.where}" if metric.where else ""),
        split="、".join([*places, *(labels[name] for name in metric.dimensions)]) or "不分开",
        href=None if metric.restricted else request.at("/records", metric=metric.id, focus=None, sort=None, page=1),
    )


PAGE = Page(path="/definitions", title="口径说明", render=render)
