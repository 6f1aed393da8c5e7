"""Tables and lists: the table behind a chart, the county ranking, overdue items, rows of a ledger.

Pure functions from values to components. This module must not know metrics, addresses or storage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.components.text import DASH, percent


@dataclass(frozen=True)
class Told:
    """A figure in a table, and where its rows are listed."""

    text: str
    href: str


def plain_table(
    *, caption: str, headings: Sequence[str], rows: Sequence[Sequence[str | Told]], labelled: bool = False
) -> Component:
    """Return a small table of texts; the first cell of each row is its heading.

    ``labelled`` cells carry their heading, so that on a phone a row of long texts can stand as a list of its own.
    """

    def inside(cell: str | Told) -> Any:
        return html.A(cell.text, href=cell.href, title="查看明细") if isinstance(cell, Told) else cell

    return html.Div(
        html.Table(
            [
                html.Caption(caption, className="unseen"),
                html.Thead(html.Tr([html.Th(heading, scope="col") for heading in headings])),
                html.Tbody(
                    [
                        html.Tr(
                            [
                                html.Th(inside(row[0]), scope="row"),
                                *(
                                    html.Td(inside(cell), **({"data-label": heading} if labelled else {}))
                                    for heading, cell in zip(headings[1:], row[1:], strict=True)
                                ),
                            ]
                        )
                        for row in rows
                    ]
                ),
            ],
            className="table compact",
        ),
        className="table-box",
        tabIndex=0,
        role="region",
        **{"aria-label": caption},
    )


@dataclass(frozen=True)
class Standing:
    """One county in a ranking."""

    code: str
    name: str
    rank: int | None
    """``None``: shown, but not ranked."""
    text: str
    share: float
    """Length of its bar, from 0 to 1."""
    href: str
    completion: float | None = None
    chosen: bool = False
    exact: str = ""
    """The figure with every digit; shown on hover."""
    rows: str | None = None
    """Where the rows behind the figure are listed."""


def ranking(*, caption: str, unit: str, standings: Sequence[Standing], with_completion: bool) -> Component:
    """Return the county ranking; each county is a link that filters by it, or clears the filter."""
    head = ["名次", "县区", f"数值（{unit}）" if unit else "数值", *(["完成率"] if with_completion else [])]
    rows = [_standing(standing, with_completion=with_completion) for standing in standings]
    return html.Table(
        [
            html.Caption(caption, className="unseen"),
            html.Thead(html.Tr([html.Th(word, scope="col") for word in head])),
            html.Tbody(rows),
        ],
        className="table ranking",
    )


def _standing(standing: Standing, *, with_completion: bool) -> Component:
    link = html.A(
        standing.name,
        href=standing.href,
        title="再次点击恢复全市" if standing.chosen else f"只看{standing.name}",
        **({"aria-current": "true"} if standing.chosen else {}),
    )
    length = html.Span(style={"width": f"{standing.share * 100:.1f}%"})
    told = f"{standing.name} {standing.text}，查看明细"
    figure = html.A(standing.text, href=standing.rows, **{"aria-label": told}) if standing.rows else standing.text
    return html.Tr(
        [
            html.Td(str(standing.rank) if standing.rank else DASH, className="rank"),
            html.Th(link, scope="row"),
            html.Td(
                html.Div(
                    [
                        html.Span(length, className="rank-bar", **{"aria-hidden": "true"}),
                        html.Span(figure, className="rank-value", title=standing.exact or None),
                    ],
                    className="rank-cell",
                )
            ),
            *([html.Td(percent(standing.completion), className="number")] if with_completion else []),
        ],
        className="chosen" if standing.chosen else None,
    )


@dataclass(frozen=True)
class OverdueItem:
    """One rectification item past its deadline."""

    number: str
    description: str
    unit: str
    deadline: str
    days: int
    status: str
    place: str
    """File, sheet and row it was read from."""
    href: str | None = None
    """Where all there is to know of it stands."""


def overdue_list(*, items: Sequence[OverdueItem]) -> Component:
    """Return overdue items, the longest overdue first as given."""
    return html.Ol(
        [
            html.Li(
                [
                    html.Div(
                        [html.Strong(f"{item.days:,}"), html.Span("天")],
                        className="overdue-days",
                        **{"aria-label": f"超期 {item.days} 天"},
                    ),
                    html.Div(
                        [
                            html.P(
                                html.A(item.description, href=item.href, className="cell")
                                if item.href
                                else item.description,
                                className="overdue-what",
                            ),
                            html.P(
                                " · ".join(
                                    part
                                    for part in (item.number, item.unit, f"期限 {item.deadline}", item.status)
                                    if part
                                ),
                                className="overdue-who",
                            ),
                            html.P(item.place, className="place"),
                        ]
                    ),
                ]
            )
            for item in items
        ],
        className="overdue",
    )


@dataclass(frozen=True)
class Origin:
    """Where a row was read from."""

    file: str
    sheet: str
    row: int
    href: str | None = None
    """Where all there is to know of the row stands."""


@dataclass(frozen=True)
class Read:
    """A value with the cell it was read from."""

    text: str
    cell: str | None


@dataclass(frozen=True)
class Heading:
    """One column of a list of rows."""

    name: str
    label: str
    href: str | None = None
    """Where clicking the heading leads: the same rows in another order."""
    order: str = "none"
    """``ascending``, ``descending`` or ``none``, as ``aria-sort`` says it."""
    number: bool = False
    wide: bool = False


def rows_table(
    *, caption: str, headings: Sequence[Heading], rows: Sequence[Sequence[str | Read | Origin]]
) -> Component:
    """Return rows of a ledger, sorted and paged by the server; headings are links that sort."""

    def head(heading: Heading) -> Component:
        mark = {"ascending": " ▲", "descending": " ▼"}.get(heading.order, "")
        inside: object = heading.label
        if heading.href:
            inside = html.A(
                [heading.label, html.Span(mark, **{"aria-hidden": "true"})],
                href=heading.href,
                title=f"按{heading.label}排序",
            )
        return html.Th(
            inside,
            scope="col",
            className="number" if heading.number else None,
            **({"aria-sort": heading.order} if heading.order != "none" else {}),
        )

    def cell(heading: Heading, content: str | Read | Origin) -> Component:
        style = "number" if heading.number else "wide" if heading.wide else "short"
        if isinstance(content, Origin):
            place = f"{content.sheet} · 第 {content.row} 行"
            name: Component = html.Span(content.file)
            if content.href:
                name = html.A(
                    content.file, href=content.href, className="cell", title="查看这条记录的单元格、上传和历史"
                )
            inside = [name, html.Span(place, className="place")]
            return html.Td(html.Div(inside), className="origin", **{"data-label": heading.label})
        if isinstance(content, Read):
            told = {"title": f"单元格 {content.cell}", "data-cell": content.cell} if content.cell else {}
            return html.Td(content.text, className=style, **{"data-label": heading.label}, **told)
        return html.Td(content, className=style, **{"data-label": heading.label})

    return html.Div(
        html.Table(
            [
                html.Caption(caption, className="unseen"),
                html.Thead(html.Tr([head(heading) for heading in headings])),
                html.Tbody(
                    [
                        html.Tr([cell(heading, text) for heading, text in zip(headings, row, strict=True)])
                        for row in rows
                    ]
                ),
            ],
            className="table rows",
        ),
        className="table-box",
        tabIndex=0,
        role="region",
        **{"aria-label": caption},
    )


def pager(*, page: int, pages: int, total: int, earlier: str | None, later: str | None) -> Component:
    """Return the links to the pages beside this one, and where this one stands."""
    return html.Nav(
        [
            html.A("‹ 上一页", href=earlier, className="button")
            if earlier
            else html.Span("‹ 上一页", className="button off"),
            html.Span(f"第 {page:,} / {pages:,} 页，共 {total:,} 行", className="faint"),
            html.A("下一页 ›", href=later, className="button")
            if later
            else html.Span("下一页 ›", className="button off"),
        ],
        className="pager",
        **{"aria-label": "翻页"},
    )
