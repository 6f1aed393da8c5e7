"""A table of states: places down, months or figures across, each cell judged by colour, sign and word.

Colour never stands alone: what is behind carries a sign, and every cell says its state to those who cannot see it.
Pure functions from values to components. This module must not know metrics, addresses or storage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from dash import html
from dash.development.base_component import Component

Mood = Literal["good", "warn", "bad", "soon", "even", "none"]
"""How a cell stands: well, a little behind, behind, still to come, not judged, nothing there."""

SIGNS: dict[Mood, str] = {"warn": "▽", "bad": "▼", "good": "", "soon": "", "even": "", "none": ""}


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        text: What stands in it.
        mood: How it stands.
        said: What it says to those who cannot see colours, such as 滞后.
        title: More of it, shown on hover.
        href: Where it leads.
    """

    text: str
    mood: Mood = "even"
    said: str = ""
    title: str = ""
    href: str | None = None


@dataclass(frozen=True)
class Row:
    """One row: its heading, a word beside it, and its cells."""

    name: str
    cells: Sequence[Cell]
    note: str = ""
    href: str | None = None


def matrix(*, caption: str, corner: str, headings: Sequence[str], rows: Sequence[Row]) -> Component:
    """Return the table; it scrolls inside its own box where the screen is narrower.

    Args:
        caption: What it is, for those who cannot see it.
        corner: What its rows are.
        headings: Of the columns.
        rows: From top to bottom.
    """
    return html.Div(
        html.Table(
            [
                html.Caption(caption, className="unseen"),
                html.Thead(html.Tr([html.Th(corner, scope="col"), *(html.Th(word, scope="col") for word in headings)])),
                html.Tbody([html.Tr([_name(row), *(_cell(cell) for cell in row.cells)]) for row in rows]),
            ],
            className="table matrix",
        ),
        className="table-box",
        tabIndex=0,
        role="region",
        **{"aria-label": caption},
    )


def _name(row: Row) -> Component:
    name: Any = html.A(row.name, href=row.href) if row.href else row.name
    return html.Th([name, html.Span(row.note, className="note")] if row.note else name, scope="row")


def _cell(cell: Cell) -> Component:
    sign = SIGNS[cell.mood]
    inside: list[Any] = [
        html.Span(sign, className="sign", **{"aria-hidden": "true"}) if sign else None,
        cell.text,
        html.Span(f"（{cell.said}）", className="unseen") if cell.said else None,
    ]
    body: Any = html.A(inside, href=cell.href) if cell.href else html.Span(inside)
    return html.Td(body, className=f"mood-{cell.mood}", title=cell.title or None)


def key(*, marks: Sequence[tuple[Mood, str]]) -> Component:
    """Return what the colours and signs of a matrix mean, and how many cells there are of each."""
    return html.Ul(
        [
            html.Li([html.Span(SIGNS[mood], className=f"mood-{mood}", **{"aria-hidden": "true"}), words])
            for mood, words in marks
        ],
        className="key",
    )
