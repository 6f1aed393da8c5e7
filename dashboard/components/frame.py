"""The frame of every page: header, notices, empty states, sections, footer.

Pure functions from values to components. This module must not know metrics or storage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard.components.piece import piece

LINKS, SCREEN, FOOT = "links", "screen", "foot"
"""The pieces of the shell: the pages in the header, what stands in the main part, and what stands below it."""


@dataclass(frozen=True)
class Choice:
    """Something one can pick: a word, the address it leads to, and whether it is picked now."""

    word: str
    href: str
    chosen: bool = False


def skip_link() -> Component:
    """Return the link that leads past the header; seen only when it has the focus."""
    return html.A("跳到正文", href="#main", className="skip", **{"data-plain": "true"})


def header(*, owner: str, product: str) -> Component:
    """Return the header: whose dashboard this is, the pages (filled in as ``pages``), light or dark.

    Where the pages have no room beside each other, a button opens them as a list.
    """
    return html.Header(
        html.Div(
            [
                html.A(
                    [
                        html.Span("台", className="mark", **{"aria-hidden": "true"}),
                        html.Span([html.Span(owner, className="owner"), html.Span(product, className="product")]),
                    ],
                    href="/",
                    className="brand",
                    **{"aria-label": f"{owner}{product}，回到总览"},
                ),
                html.Button(
                    "目录",
                    type="button",
                    id="menu",
                    className="menu",
                    **{"aria-controls": "pages", "aria-expanded": "false"},
                ),
                html.Nav(links(choices=[]), id="pages", className="pages", **{"aria-label": "页面"}),
                dmc.ColorSchemeToggle(
                    lightIcon=html.Span("☀", **{"aria-hidden": "true"}),
                    darkIcon=html.Span("☾", **{"aria-hidden": "true"}),
                    variant="subtle",
                    color="gray",
                    size="lg",
                    className="scheme",
                    **{"aria-label": "切换浅色或深色"},
                ),
            ],
            className="inner",
        ),
        className="header",
    )


def links(*, choices: Sequence[Choice], plain: Sequence[Choice] = ()) -> Component:
    """Return what stands in the header: the pages as links, and those that are loaded as pages of their own."""
    return html.Div(
        [
            *(
                html.A(choice.word, href=choice.href, **({"aria-current": "page"} if choice.chosen else {}))
                for choice in choices
            ),
            *(html.A(choice.word, href=choice.href, **{"data-plain": "true"}) for choice in plain),
        ],
        id=piece(LINKS),
    )


def picker(*, name: str, label: str, choices: Sequence[Choice]) -> Component:
    """Return a list to pick one choice from; picking goes to its address."""
    field = f"pick-{name}"
    options = [
        html.Option(choice.word, value=choice.href, **({"selected": True} if choice.chosen else {}))
        for choice in choices
    ]
    return html.Div(
        [
            html.Label(label, htmlFor=field, className="unseen"),
            html.Select(options, id=field, **{"data-go": "true"}),
        ],
        id=piece(field),
        className="picker",
    )


def section(*, title: str, children: Sequence[Any], aside: Any = None, name: str = "", span: int = 6) -> Component:
    """Return a titled part of a page.

    Args:
        title: Its heading.
        children: What stands in it.
        aside: Something small at the other end of the heading's line.
        name: Short name, unique on the page.
        span: How many of the page's twelve columns it takes where there is room.
    """
    title_id = f"section-{name}"
    return html.Section(
        [
            html.Div([html.H2(title, id=title_id), aside], id=piece(f"{title_id}-head"), className="section-head"),
            *children,
        ],
        id=piece(title_id),
        className=f"panel panel-{name} span-{span}",
        **{"aria-labelledby": title_id},
    )


def chips(*, label: str, choices: Sequence[Choice]) -> Component:
    """Return a row of small links, one of them chosen."""
    return html.Nav(
        [
            html.A(choice.word, href=choice.href, **({"aria-current": "true"} if choice.chosen else {}))
            for choice in choices
        ],
        className="chips",
        **{"aria-label": label},
    )


def crumbs(*, choices: Sequence[Choice]) -> Component:
    """Return where this page stands; the last one is the page itself."""
    return html.Nav(
        html.Ol(
            [
                html.Li(
                    html.Span(choice.word, **{"aria-current": "page"})
                    if choice.chosen
                    else html.A(choice.word, href=choice.href)
                )
                for choice in choices
            ]
        ),
        className="crumbs",
        **{"aria-label": "所在位置"},
    )


def notice(*, sentences: Sequence[Any]) -> Component | None:
    """Return sentences the reader should know before the figures, if there are any."""
    return (
        html.Div([html.P(sentence) for sentence in sentences], className="notice", role="status") if sentences else None
    )


def empty(
    *, title: str, sentences: Sequence[str], command: str | None = None, links: Sequence[Choice] = ()
) -> Component:
    """Return the place of something that has no data: what is missing and what to do."""
    return html.Div(
        [
            html.H2(title),
            *(html.P(sentence) for sentence in sentences),
            html.Pre(html.Code(command)) if command else None,
            html.P([html.A(link.word, href=link.href, className="button") for link in links]) if links else None,
        ],
        className="empty",
    )


def footer(*, version: str, sentences: Sequence[str], published: str = "") -> Component:
    """Return the footer: which data version the page shows, since when it stands, and how to read it."""
    return html.Footer(
        html.Div(
            [
                *(html.P(sentence) for sentence in sentences),
                html.P(["数据版本 ", html.Code(version, id="version"), published]) if version else None,
            ],
            className="inner",
        ),
        className="footer",
    )


def fold(*, summary: str, children: Sequence[Any]) -> Component:
    """Return something that a reader can unfold."""
    return html.Details([html.Summary(summary), *children], className="behind")


def filters(*, choices: Sequence[Choice]) -> Component | None:
    """Return what the figures are narrowed to, each with its address without it; nothing where nothing is."""
    if not choices:
        return None
    return html.P(
        [
            html.A(
                [choice.word, html.Span("×", **{"aria-hidden": "true"})],
                href=choice.href,
                className="filter",
                title=f"取消“{choice.word}”",
                **{"aria-label": f"取消筛选：{choice.word}"},
            )
            for choice in choices
        ],
        className="filters",
    )


def screen(*, children: Any, path: str = "") -> Component:
    """Return what stands in the main part; another page is never painted into the places of the one before."""
    return html.Div(html.Div(children, **{"data-page": path}), id=piece(SCREEN))


def foot(*, children: Any = None) -> Component:
    """Return what stands below the main part."""
    return html.Div(children, id=piece(FOOT))


def skeleton() -> Component:
    """Return the shape of a page while its figures are on their way."""
    return html.Div(
        [
            html.P("正在读取数据……", className="unseen", role="status"),
            html.Div(className="bone bone-title"),
            html.Div([html.Div(className="bone bone-card") for _ in range(8)], className="cards"),
        ],
        className="inner",
    )
