"""The bar that asks: period, county, line of work, how far the data reaches; views kept by name; ways out of the page.

Every choice is an address, so each works from the keyboard, in a new tab and as a bookmark. Pure functions from values
to components. This module must not know metrics or storage.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.components.frame import Choice, picker
from dashboard.components.piece import piece


def bar(
    *,
    presets: Sequence[Choice],
    custom: Component,
    pickers: Sequence[Component],
    reaches: str,
    menus: Sequence[Component],
) -> Component:
    """Return the bar.

    Args:
        presets: Periods one click away; their ``word`` is also how the next visit asks for them.
        custom: Where any other period is put together, from ``custom_period``.
        pickers: Lists to pick from, such as counties.
        reaches: The day the data reaches, in words.
        menus: What one can do with the page, from ``menu``.
    """
    return html.Div(
        html.Div(
            [
                html.Nav(
                    [
                        *(
                            html.A(choice.word, href=choice.href, **({"aria-current": "true"} if choice.chosen else {}))
                            for choice in presets
                        ),
                        custom,
                    ],
                    id=piece("period"),
                    className="segments",
                    **{"aria-label": "时段"},
                ),
                *pickers,
                html.P(["数据截至 ", html.Strong(reaches, id="reaches")], id=piece("reach"), className="reaches"),
                *menus,
            ],
            className="inner",
        ),
        className="ask",
        role="search",
        **{"aria-label": "查询条件"},
    )


def custom_period(
    *, chosen: bool, years: Sequence[Choice], parts: Sequence[Choice], first: str, last: str
) -> Component:
    """Return the fold-out in which a year, a part of it, or two days are chosen.

    Args:
        chosen: Whether the period shown is none of the presets.
        years: Years with records.
        parts: Halves, quarters and months of the year shown.
        first: First day of the period shown, ISO; the days to begin with.
        last: Its last day.
    """
    return html.Details(
        [
            html.Summary("自定义", **({"aria-current": "true"} if chosen else {})),
            html.Div(
                [
                    picker(name="year", label="年份", choices=years),
                    picker(name="part", label="时段", choices=parts),
                    # The script puts two date fields here: Dash has none that is the browser's own.
                    html.Div(className="days", **{"data-first": first, "data-last": last}),
                ],
                className="fold-sheet",
            ),
        ],
        className="fold custom",
    )


def menu(*, word: str, name: str, children: Sequence[Any]) -> Component:
    """Return something that opens at a click: what is inside stands in a list."""
    return html.Details(
        [html.Summary(word), html.Div(list(children), id=piece(f"menu-{name}"), className="fold-sheet")],
        className=f"fold {name}",
    )


def views() -> Component:
    """Return the views kept by name; the script fills them in from the server, or from this browser for visitors."""
    return menu(word="视图", name="views", children=[])


def ways_out(*, links: Sequence[Choice], link: str, screen: str) -> Component:
    """Return the ways out of the page: files, paper, an address that opens the very same, the wall.

    Args:
        links: Files to download.
        link: Address that opens the very same figures later.
        screen: Address of the same page for a big screen.
    """
    return menu(
        word="导出",
        name="out",
        children=[
            *(html.A(link.word, href=link.href, download="", className="way") for link in links),
            html.Button("打印", type="button", className="way", **{"data-do": "print"}),
            html.Button("复制本页链接", type="button", className="way", **{"data-do": "copy", "data-href": link}),
            html.A("大屏显示", href=screen, className="way"),
        ],
    )
