"""Bars that are a table: a name, a bar and a figure a row. Shares, funnels and ageing are drawn with it.

Nothing stands behind such a chart because it is its own table: it reads aloud, prints and needs no script.
Pure functions from values to components. This module must not know metrics, addresses or storage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dash import html
from dash.development.base_component import Component

from dashboard.components.text import Tone

Hue = Literal["actual", "quiet"] | Tone


@dataclass(frozen=True)
class Bar:
    """One row.

    Attributes:
        name: What the figure is of.
        text: The figure, ready for reading, with its unit.
        share: Length of its bar, from 0 to 1.
        exact: The figure with every digit; shown on hover.
        note: A word beside the figure, such as its share of the whole.
        href: Where the row leads.
        hue: The bar's colour role.
    """

    name: str
    text: str
    share: float
    exact: str = ""
    note: str = ""
    href: str | None = None
    hue: Hue = "actual"


def bars(*, caption: str, headings: Sequence[str], rows: Sequence[Bar]) -> Component:
    """Return rows of bars as a table.

    Args:
        caption: What the table is of, for those who cannot see it.
        headings: Of the name, the figure and, where any row has a note, the note.
        rows: In the order to be shown.
    """
    noted = any(row.note for row in rows)
    head = list(headings[: 3 if noted else 2])
    return html.Table(
        [
            html.Caption(caption, className="unseen"),
            html.Thead(html.Tr([html.Th(word, scope="col") for word in head]), className="unseen"),
            html.Tbody([_row(row, noted=noted) for row in rows]),
        ],
        className="table bars",
    )


def _row(row: Bar, *, noted: bool) -> Component:
    # The figure is what leads to its rows; its name beside it says whose rows.
    figure = (
        html.A(row.text, href=row.href, **{"aria-label": f"{row.name} {row.text}，查看明细"}) if row.href else row.text
    )
    length = html.Span(style={"width": f"{min(max(row.share, 0.0), 1.0) * 100:.2f}%"}, className=f"hue-{row.hue}")
    cells = [
        html.Th(row.name, scope="row"),
        html.Td(
            html.Div(
                [
                    html.Span(length, className="rank-bar", **{"aria-hidden": "true"}),
                    html.Span(figure, className="bar-text", title=row.exact or None),
                ],
                className="rank-cell",
            )
        ),
    ]
    if noted:
        cells.append(html.Td(row.note, className="note"))
    return html.Tr(cells)
