"""明细: the rows behind one figure, each with the file, sheet and row it was read from.

Sorted and paged by the server; it asks one data version and computes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from dash import html
from dash.development.base_component import Component

from analytics.ledgers import Column, Ledger, ledgers
from analytics.metrics import Metric
from dashboard.components import frame, tables
from dashboard.components.text import DASH
from dashboard.pages.overview import CARDS
from dashboard.pages.page import Page, Request, ask_bar, county_names
from dashboard.source import Records
from dashboard.state import ROWS_A_PAGE

NUMBERS = frozenset({"count", "decimal", "money", "percent"})
ORIGIN = "file_name"
SHOWN_AT_MOST = 8
"""Columns of a ledger listed beside where the row came from."""


def render(request: Request) -> Sequence[Any]:
    """Return the page."""
    snapshot = request.snapshot
    metric_id = request.view.metric or CARDS[0]
    metric = snapshot.catalogue[metric_id]
    found = snapshot.records(
        metric_id,
        request.asked,
        offset=(request.view.page - 1) * ROWS_A_PAGE,
        limit=ROWS_A_PAGE,
        sort=request.view.sort,
    )
    value = snapshot.figures((metric_id,), request.asked)[metric_id].value
    overview = request.at("/", metric=None, sort=None, page=1)
    ledger = ledgers()[found.ledger]
    return [
        ask_bar(request),
        html.Div(
            [
                frame.crumbs(choices=[frame.Choice("总览", overview), frame.Choice(f"{metric.name}明细", "", True)]),
                html.Div(
                    [
                        html.H1(
                            [f"{metric.name}明细", html.Small(f"{request.county_name} · {request.period_name}")],
                            tabIndex=-1,
                        ),
                        html.P(
                            [
                                "合计 ",
                                html.Strong(snapshot.told(metric_id, value), id="total"),
                                f"。{metric.definition}",
                            ],
                            className="headline",
                        ),
                        frame.notice(sentences=request.notes),
                    ],
                    className="opening",
                ),
                _rows(request, ledger, metric, found) if found.total else _nothing(request, ledger),
            ],
            className="inner",
        ),
    ]


def _nothing(request: Request, ledger: Ledger) -> Component:
    return frame.empty(
        title="没有对应的记录",
        sentences=[f"{request.county_name}{request.period_name}没有计入这一指标的{ledger.name}记录。"],
        links=[frame.Choice("回到总览", request.at("/", metric=None, sort=None, page=1))],
    )


def _columns(ledger: Ledger, metric: Metric, found: Records) -> list[Column]:
    """Choose what to list: required columns, what the figure is summed from, then what this page has filled."""
    filled = {name for row in found.rows for name, value in row.items() if value is not None}
    summed = {name for leaf in metric.leaves for name in leaf.numeric}

    def place(column: Column) -> int:
        if column.required or column.name in summed:
            return 0
        # Dates tell more about a row than another text, and need less room.
        return 1 if column.type == "date" else 2

    wanted = [column for column in ledger.columns if place(column) == 0 or column.name in filled]
    chosen = {column.name for column in sorted(wanted, key=place)[:SHOWN_AT_MOST]}
    return [column for column in ledger.columns if column.name in chosen]


def _rows(request: Request, ledger: Ledger, metric: Metric, found: Records) -> Component:
    columns = _columns(ledger, metric, found)
    headings = [
        _heading(request, column.name, _label(column), number=column.type in NUMBERS, wide=column.type == "text")
        for column in columns
    ]
    headings += [_heading(request, name, label, number=True) for name, label in metric.extra_labels.items()]
    headings.append(_heading(request, ORIGIN, "来源"))
    rows: list[list[str | tables.Origin]] = [
        [
            *(_text(column.type, row.get(column.name)) for column in columns),
            *(_text("count", row.get(name)) for name in metric.extra_labels),
            tables.Origin(file=str(row["file_name"]), sheet=str(row["sheet"]), row=int(row["row"])),
        ]
        for row in found.rows
    ]
    pages = -(-found.total // ROWS_A_PAGE)
    page = min(request.view.page, pages)
    return html.Div(
        [
            tables.rows_table(caption=f"{ledger.name}的记录", headings=headings, rows=rows),
            tables.pager(
                page=page,
                pages=pages,
                total=found.total,
                earlier=request.at(page=page - 1) if page > 1 else None,
                later=request.at(page=page + 1) if page < pages else None,
            ),
        ],
        className="panel panel-rows",
    )


def _label(column: Column) -> str:
    return f"{column.label}（{column.unit}）" if column.unit else column.label


def _heading(request: Request, name: str, label: str, *, number: bool = False, wide: bool = False) -> tables.Heading:
    sort = request.view.sort or ""
    order = "none"
    if sort.removeprefix("-") == name:
        order = "descending" if sort.startswith("-") else "ascending"
    following = {"none": name, "ascending": f"-{name}", "descending": None}[order]
    return tables.Heading(
        name=name, label=label, href=request.at(sort=following, page=1), order=order, number=number, wide=wide
    )


def _text(kind: str, value: Any) -> str:
    if value is None:
        return DASH
    if kind == "county":
        return county_names().get(str(value), str(value))
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, date):
        return value.isoformat()
    if kind in NUMBERS and isinstance(value, int | float | Decimal):
        text = f"{value:,.2f}".rstrip("0").rstrip(".") if not isinstance(value, int) else f"{value:,}"
        return f"{text}%" if kind == "percent" else text
    return str(value)


PAGE = Page(path="/records", title="明细", render=render, listed=False)
