"""明细: the rows behind one figure, each with the file, sheet, row and cells it was read from.

Sorted and paged by the server; it asks one data version and computes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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
from dashboard.pages.page import RECORD, Page, Request, ask_bar, county_names
from dashboard.source import Records
from dashboard.state import OUTSIDE, ROWS_A_PAGE, part_of

NUMBERS = frozenset({"count", "decimal", "money", "percent"})
ORIGIN = "file_name"
SHOWN_AT_MOST = 8
"""Columns of a ledger listed beside where the row came from."""


def render(request: Request) -> Sequence[Any]:
    """Return the page."""
    metric_id = request.view.metric or CARDS[0]
    metric = request.snapshot.catalogue[metric_id]
    found = listed(request, metric_id, page=request.view.page)
    if found.total and not found.rows:
        # The address names a page past the last one.
        request = replace(request, view=replace(request.view, page=-(-found.total // ROWS_A_PAGE)))
        found = listed(request, metric_id, page=request.view.page)
    overview = request.at("/", metric=None, sort=None, page=1, which=None, unit=None, part=None, find=None)
    ledger = ledgers()[found.ledger]
    return [
        ask_bar(request, line=metric.line),
        html.Div(
            [
                frame.crumbs(choices=[frame.Choice("总览", overview), frame.Choice(f"{metric.name}明细", "", True)]),
                html.Div(
                    [
                        html.H1(
                            [f"{metric.name}明细", html.Small(f"{request.county_name} · {request.period_name}")],
                            tabIndex=-1,
                        ),
                        _told(request, metric, found),
                        frame.notice(sentences=request.notes),
                    ],
                    className="opening",
                ),
                _filters(request, metric),
                _rows(request, ledger, metric, found) if found.total else _nothing(request, ledger),
            ],
            className="inner",
        ),
    ]


def listed(request: Request, metric_id: str, *, page: int | None) -> Records:
    """Return the rows an address asks for: one page of them, or all where ``page`` is ``None``."""
    view = request.view
    return request.snapshot.records(
        metric_id,
        request.asked,
        offset=0 if page is None else (page - 1) * ROWS_A_PAGE,
        limit=None if page is None else ROWS_A_PAGE,
        sort=view.sort,
        which=view.which,
        unit=view.unit,
        find=view.find,
        part=part_of(view.part),
    )


def _told(request: Request, metric: Metric, found: Records) -> Component:
    view, snapshot = request.view, request.snapshot
    if view.which:
        words = f"因{OUTSIDE[view.which]}没有计入的记录 {found.total:,} 行。"
        return html.P([words, metric.definition], className="headline")
    if view.unit or view.find or view.part:
        return html.P(f"筛选出 {found.total:,} 行。{metric.definition}", className="headline")
    value = snapshot.figures((metric.id,), request.asked)[metric.id].value
    total = html.Strong(snapshot.told(metric.id, value), id="total")
    return html.P(["合计 ", total, f"。{metric.definition}"], className="headline")


def _filters(request: Request, metric: Metric) -> Component:
    """Return what narrows the rows: which of them, whose, holding what; and the rows as files."""
    view = request.view
    which = [frame.Choice("计入的", request.at(which=None, page=1), view.which is None)]
    which += [frame.Choice(word, request.at(which=key, page=1), view.which == key) for key, word in OUTSIDE.items()]
    units = [row.dims["unit"] for row in request.snapshot.split(metric.id, "unit", request.asked)]
    if view.unit and view.unit not in units:
        units.append(view.unit)
    offices = [frame.Choice("全部填报单位", request.at(unit=None, page=1), view.unit is None)]
    offices += [frame.Choice(unit, request.at(unit=unit, page=1), unit == view.unit) for unit in units if unit]
    files = request.view.at("/export/records", page=1, version=request.snapshot.version_id).partition("?")
    parts = [
        frame.Choice(f"{_dimension(metric, name)}：{value}", request.at(part=None, page=1))
        for name, value in part_of(view.part).items()
    ]
    return html.Div(
        [
            frame.filters(choices=parts),
            frame.chips(label="列出哪些记录", choices=which),
            frame.picker(name="unit", label="填报单位", choices=offices),
            # The script puts a field for the text to look for here.
            html.Div(className="find", **{"data-find": view.find or ""}),
            *(
                html.A(
                    f"导出 {word}", href=f"{files[0]}.{kind}?{files[2]}", className="button", **{"data-plain": "true"}
                )
                for word, kind in (("Excel", "xlsx"), ("CSV", "csv"))
                if request.reader.may("export")
            ),
        ],
        className="filters",
    )


def _dimension(metric: Metric, name: str) -> str:
    """Return what a dimension of a metric is called."""
    labels = {column.name: column.label for column in ledgers()[metric.ledger].columns}
    return labels.get(name, name)


def _nothing(request: Request, ledger: Ledger) -> Component:
    return frame.empty(
        title="没有对应的记录",
        sentences=[f"{request.county_name}{request.period_name}没有符合条件的{ledger.name}记录。"],
        links=[
            frame.Choice("取消筛选", request.at(which=None, unit=None, part=None, find=None, page=1)),
            frame.Choice(
                "回到总览", request.at("/", metric=None, sort=None, page=1, which=None, unit=None, part=None, find=None)
            ),
        ],
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
        _heading(request, column.name, label(column), number=column.type in NUMBERS, wide=column.type == "text")
        for column in columns
    ]
    headings += [_heading(request, name, label, number=True) for name, label in metric.extra_labels.items()]
    headings.append(_heading(request, ORIGIN, "来源"))
    rows: list[list[str | tables.Read | tables.Origin]] = [
        [
            *(tables.Read(told(column, row.get(column.name)), at.get(column.name)) for column in columns),
            *(text("count", row.get(name)) for name in metric.extra_labels),
            tables.Origin(
                file=str(row["file_name"]),
                sheet=str(row["sheet"]),
                row=int(row["row"]),
                href=request.at(RECORD, record=row["record_id"]),
            ),
        ]
        for row, at in zip(found.rows, request.snapshot.cells(found), strict=True)
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


def label(column: Column) -> str:
    """Return a column's Chinese heading, with its unit."""
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


def told(column: Column, value: Any) -> str:
    """Return a value of a column ready for reading; a dash where it is blank."""
    return column.said(text(column.type, value))


def text(kind: str, value: Any) -> str:
    """Return a value of a column of type ``kind`` ready for reading; a dash where it is blank."""
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


PAGE = Page(path="/records", title="明细", render=render, listed=False, action="records")
