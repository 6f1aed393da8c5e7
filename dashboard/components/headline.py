"""The headline: one plain sentence that says how the period stands, put together from figures by rules.

The rules, in order: what has been done; what is behind the time passed; what is ahead of it, if nothing is
behind; what is overdue. Every clause stands on a figure the cards show. This module must not compute one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.components.text import Direction, Light, percent, tone_of_pace, within

NAMED_AT_MOST = 3


@dataclass(frozen=True)
class Point:
    """One figure the headline may speak of."""

    name: str
    figure: str
    unit: str
    direction: Direction
    completion: float | None = None
    pace_gap: float | None = None
    light: Light | None = None
    known: bool = True
    href: str | None = None
    """Where the rows behind the figure are listed."""


def headline(*, done: Sequence[Point], watched: Sequence[Point], overdue: Point | None) -> Component | None:
    """Return the headline, or ``None`` if there is not one figure to speak of.

    Args:
        done: What the first clause counts up.
        watched: What is held against its target.
        overdue: The open items past their deadline.
    """
    clauses: list[list[Any]] = []
    facts = [point for point in done if point.known]
    if facts:
        clause: list[Any] = []
        for point in facts:
            figure = _linked(html.Strong(f"{point.figure}{_spaced(point.unit)}"), point)
            clause += ["、" if clause else "", html.Span([point.name, " ", figure], className="whole")]
        clauses.append(clause)
    # What the year asks for may be behind though this very period has no record at all.
    judged = [point for point in watched if point.light is not None]
    behind = sorted(
        (point for point in judged if tone_of_pace(point.light, point.pace_gap) == "bad"),
        key=lambda point: -abs(point.pace_gap or 0.0),
    )
    if behind:
        clauses.append(
            [
                *_listed(behind, "tone-bad"),
                f"{'等 ' + str(len(behind)) + ' 项' if len(behind) > NAMED_AT_MOST else ''}慢于时间进度",
            ]
        )
    elif judged:
        kept = "基本跟上" if any(within(point.light, point.pace_gap) for point in judged) else "跟上"
        clauses.append([f"{len(judged)} 项有目标的指标", html.Span(f"均{kept}时间进度", className="tone-good whole")])
    if overdue is not None and overdue.known:
        if overdue.figure == "0":
            clauses.append([html.Span("没有超期未完成的整改", className="tone-good whole")])
        else:
            clauses.append(
                [
                    _linked(
                        html.Span(f"{overdue.figure}{_spaced(overdue.unit)}整改超期未完成", className="tone-bad whole"),
                        overdue,
                    ),
                    "，请督办",
                ]
            )
    if not clauses:
        return None
    words: list[Any] = []
    for index, clause in enumerate(clauses):
        words += [*clause, "。" if index == len(clauses) - 1 else "；"]
    return html.P(words, className="headline", id="headline")


def _listed(points: Sequence[Point], style: str) -> list[Any]:
    words: list[Any] = []
    for point in points[:NAMED_AT_MOST]:
        words += [
            "、" if words else "",
            html.Span(
                [
                    html.Span(point.name, className=style),
                    "（完成 ",
                    _linked(percent(point.completion), point),
                    "）",
                ],
                className="whole",
            ),
        ]
    return words


def _linked(words: Any, point: Point) -> Any:
    """Return a figure as a link to its rows, where they are told."""
    return html.A(words, href=point.href, title=f"查看{point.name}明细") if point.href else words


def _spaced(unit: str) -> str:
    return f" {unit}" if unit else ""
