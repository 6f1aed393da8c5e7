"""A book of terms: rules, chapters, entries, and a field that narrows them while one types.

Pure functions from values to components. This module must not know metrics, addresses or storage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component


@dataclass(frozen=True)
class Term:
    """One entry.

    Attributes:
        id: Its number.
        name: Its name.
        unit: Its unit.
        marks: Short words that judge or classify it.
        definition: What it is.
        counting: What exactly is counted.
        formula: How it is worked out.
        split: What it can be split by.
        href: Where its rows are; ``None`` where they are not told.
    """

    id: str
    name: str
    unit: str
    marks: Sequence[str]
    definition: str
    counting: str
    formula: str
    split: str
    href: str | None = None


def search(*, label: str, hint: str, of: str) -> Component:
    """Return a field that hides the entries of ``of`` that do not hold what is typed; it asks nobody."""
    return html.Div(
        [
            html.Label(label, htmlFor="narrow", className="unseen"),
            dcc.Input(id="narrow", type="search", placeholder=hint, className="field", autoComplete="off"),
            html.P("", id="narrow-count", className="faint", role="status", **{"data-of": of}),
        ],
        className="narrow",
    )


def contents(*, label: str, links: Sequence[tuple[str, str]]) -> Component:
    """Return links (words, id) to the chapters."""
    items = [html.A(words, href=f"#{name}", **{"data-plain": "true"}) for words, name in links]
    return html.Nav(items, className="contents", **{"aria-label": label})


def rules(*, name: str, title: str, sentences: Sequence[str]) -> Component:
    """Return numbered rules; words between ``**`` are strong."""
    return html.Section(
        [html.H2(title, id=name, tabIndex=-1), html.Ol([html.Li(marked(text)) for text in sentences])],
        className="panel rules",
        **{"aria-labelledby": name},
    )


def marked(text: str) -> list[Any]:
    """Return ``text`` with what stands between ``**`` strong and what stands between backticks as code."""
    found: list[Any] = []
    for number, part in enumerate(text.split("**")):
        if number % 2:
            found.append(html.Strong(part))
            continue
        found += [html.Code(piece) if index % 2 else piece for index, piece in enumerate(part.split("`"))]
    return [part for part in found if part != ""]


def chapter(*, name: str, title: str, aside: str, entries: Sequence[Term]) -> Component:
    """Return the entries of one line of work."""
    return html.Section(
        [
            html.Div(
                [html.H2(title, id=name, tabIndex=-1), html.Span(aside, className="faint")], className="section-head"
            ),
            *(_entry(entry) for entry in entries),
        ],
        className="panel chapter",
        **{"aria-labelledby": name},
    )


def _entry(term: Term) -> Component:
    name = html.A(term.name, href=term.href) if term.href else term.name
    pairs = [("口径", term.counting), ("算式", html.Code(term.formula)), ("可按", term.split)]
    return html.Article(
        [
            html.H3([name, html.Span(f"{term.id} · {term.unit}")]),
            html.P([html.Span(mark) for mark in term.marks], className="marks"),
            html.P(term.definition),
            html.Dl([html.Div([html.Dt(word), html.Dd(value)]) for word, value in pairs]),
        ],
        id=f"term-{term.id}",
        className="term",
    )
