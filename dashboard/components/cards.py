"""Cards: one figure with what a reader needs to judge it, and its sparkline.

Pure functions from values to components. This module must not know metrics, addresses or storage.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard import theme
from dashboard.components.piece import piece
from dashboard.components.text import (
    DASH,
    Direction,
    Light,
    Moved,
    arrow,
    pace_words,
    percent,
    tone_of,
    tone_of_pace,
)

SPARK_WIDTH, SPARK_HEIGHT = 120, 36


def kpi_card(
    *,
    metric: str,
    name: str,
    figure: str,
    exact: str,
    unit: str,
    definition: str,
    href: str | None,
    direction: Direction = "up",
    target: str | None = None,
    completion: float | None = None,
    pace_gap: float | None = None,
    yoy: Moved | None = None,
    mom: Moved | None = None,
    light: Light | None = None,
    to_date: bool = False,
    spark: Sequence[float | None] = (),
    spark_label: str = "",
    remarks: Sequence[str] = (),
    fresh: str = "",
) -> Component:
    """Return one KPI card.

    Args:
        metric: Id of the metric; the card carries it as ``data-metric``.
        name: Its Chinese name.
        figure: The value, ready for reading.
        exact: The value with every digit; shown on hover.
        unit: The unit after it.
        definition: What exactly is counted; shown on hover and focus.
        href: Address of the rows behind the figure; ``None`` where rows are not told.
        direction: Which way is better; it colours the changes.
        target: The annual target ready for reading, or ``None`` if there is none.
        completion: Per cent of the annual target.
        pace_gap: Completion less the share of the year that has passed, in percentage points.
        yoy: Change on the same period last year.
        mom: Change on the period before.
        light: How the metrics judge the completion against the time passed.
        to_date: The completion is about the year so far, not about the period shown.
        spark: Values of the last months, oldest first.
        spark_label: What the sparkline shows, for those who cannot see it.
        remarks: Sentences of caution, such as rows that hold an estimate.
        fresh: The day the data behind the figure reaches, in words.
    """
    title_id = f"card-{metric}"
    body = [
        _head(title_id, name, definition, href),
        html.Div(
            [
                html.Div(
                    [
                        html.Span(
                            figure,
                            className="figure absent" if figure == DASH else "figure",
                            title=exact,
                            **{"data-figure": metric},
                        ),
                        html.Span(unit, className="unit") if unit and figure != DASH else None,
                    ],
                    className="card-figure",
                ),
                sparkline(values=spark, label=spark_label),
            ],
            className="card-main",
        ),
        completion_bar(
            target=target,
            completion=completion,
            pace_gap=pace_gap,
            light=light,
            to_date=to_date,
            otherwise=yoy.base if yoy is not None else None,
            remarks=remarks,
        ),
        html.Dl(
            [
                change(word="同比", moved=yoy, direction=direction),
                change(word="环比", moved=mom, direction=direction),
                _fresh(fresh),
            ],
            className="changes long" if _long(yoy) and _long(mom) else "changes",
        ),
    ]
    return html.Article(
        body, id=piece(f"card-{metric}"), className="card", **{"aria-labelledby": title_id, "data-metric": metric}
    )


def _long(moved: Moved | None) -> bool:
    """Return whether a comparison is a difference in percentage points, which takes twice the room of a growth."""
    return moved is not None and "百分点" in moved.words


def _fresh(day: str) -> Component | None:
    if not day:
        return None
    return html.Div(
        [html.Dt("数据至"), html.Dd(day)], className="change fresh", title=f"这一指标所用台账的最新记录：{day}"
    )


def _head(title_id: str, name: str, definition: str, href: str | None) -> Component:
    link = html.A(name, href=href, className="card-link") if href else name
    return html.Div(
        [
            html.H3(link, id=title_id, className="card-name"),
            dmc.Tooltip(
                html.Button(
                    "?",
                    type="button",
                    className="define",
                    **{"aria-label": f"{name}的口径：{definition}"},
                ),
                label=definition,
                multiline=True,
                w=260,
                withArrow=True,
                events={"hover": True, "focus": True, "touch": True},
            ),
        ],
        className="card-head",
    )


def tile(
    *,
    metric: str,
    name: str,
    figure: str,
    exact: str,
    unit: str,
    definition: str,
    href: str | None,
    direction: Direction = "up",
    yoy: Moved | None = None,
    remarks: Sequence[str] = (),
    fresh: str = "",
) -> Component:
    """Return a small card for a figure of the second rank: the value and its change on last year.

    Args are those of ``kpi_card``.
    """
    title_id = f"card-{metric}"
    absent = figure == DASH
    return html.Article(
        [
            _head(title_id, name, definition, href),
            html.Div(
                [
                    html.Span(
                        figure,
                        className="figure absent" if absent else "figure",
                        title=exact,
                        **{"data-figure": metric},
                    ),
                    html.Span(unit, className="unit") if unit and not absent else None,
                ],
                className="card-figure",
            ),
            html.Dl([change(word="同比", moved=yoy, direction=direction), _fresh(fresh)], className="changes"),
            html.Span("；".join(remarks), className="remark") if remarks else None,
        ],
        id=piece(f"card-{metric}"),
        className="card tile",
        **{"aria-labelledby": title_id, "data-metric": metric},
    )


def change(*, word: str, moved: Moved | None, direction: Direction) -> Component:
    """Return one comparison in words, with an arrow, coloured by good or bad and not by its sign."""
    tone = tone_of(moved, direction)
    words = DASH if moved is None else moved.words
    sign = arrow(moved)
    judged = {"good": "向好", "bad": "向差", "even": ""}[tone]
    return html.Div(
        [
            html.Dt(word),
            html.Dd(
                [
                    html.Span(sign, className="arrow", **{"aria-hidden": "true"}) if sign else None,
                    words,
                    html.Span(f"（{judged}）", className="unseen") if judged else None,
                ],
                className=f"tone-{tone}",
            ),
        ],
        className="change",
        title=moved.base if moved is not None else "没有可比的时期或对比期没有数据，不作比较",
    )


def completion_bar(
    *,
    target: str | None,
    completion: float | None,
    pace_gap: float | None,
    light: Light | None = None,
    to_date: bool = False,
    otherwise: str | None = None,
    remarks: Sequence[str] = (),
) -> Component:
    """Return the share of the annual target reached, with a mark where the year itself stands.

    The words give the exact share; only the bar ends at its own end when the share passes 100 %. Without a target
    stands ``otherwise``, the earlier figure to hold this one against. Remarks stand below.
    """
    caution = html.Span("；".join(remarks), className="remark") if remarks else None
    if target is None or completion is None:
        lines = [html.Span(otherwise), html.Span("未设年度目标", className="faint")]
        return html.Div([*(lines if otherwise else lines[1:]), caution], className="completion")
    pace = None if pace_gap is None else completion - pace_gap
    tone = tone_of_pace(light, pace_gap)
    # A figure that is a share itself is not said to have a rate of completion.
    rate = target.endswith("%")
    word = ("当年累计" if to_date else "") + ("达成目标" if rate else "完成率")
    reached = html.Strong(percent(completion))
    aim = [" · ", html.Span(f"{'目标' if to_date or rate else '全年目标'} {target}", className="part")]
    judged = pace_words(pace_gap, light)
    return html.Div(
        [
            html.Div(
                html.Span([f"{word} ", reached, *aim] if rate else [reached, f" {word}", *aim]),
                className="completion-words",
            ),
            html.Div(
                [
                    html.Span(
                        className=f"bar-fill tone-{tone}", style={"width": f"{min(max(completion, 0), 100):.2f}%"}
                    ),
                    html.Span(className="bar-pace", style={"left": f"{min(max(pace, 0), 100):.2f}%"})
                    if pace is not None
                    else None,
                ],
                className="bar",
                role="img",
                **{"aria-label": f"{word} {percent(completion)}" + (f"，{judged}" if judged else "")},
            ),
            html.Div([html.Span(judged, className=f"tone-{tone}") if judged else None, caution], className="pace")
            if judged or caution
            else None,
        ],
        className="completion",
    )


def sparkline(*, values: Sequence[float | None], label: str) -> Component:
    """Return a small line of ``values`` as an image; an empty place if there are fewer than two."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return html.Span(className="spark")
    low, high = min(0.0, *known), max(known)
    span = (high - low) or 1.0
    step = (SPARK_WIDTH - 8) / max(len(values) - 1, 1)
    points = [
        (4 + index * step, SPARK_HEIGHT - 4 - (value - low) / span * (SPARK_HEIGHT - 8))
        for index, value in enumerate(values)
        if value is not None
    ]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    floor = SPARK_HEIGHT - 1
    colour = theme.CHART["actual"]
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SPARK_WIDTH} {SPARK_HEIGHT}">'
        f'<polygon points="{points[0][0]:.1f},{floor} {path} {points[-1][0]:.1f},{floor}" fill="{colour}" '
        f'fill-opacity=".10"/><polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.75" '
        'stroke-linejoin="round" stroke-linecap="round"/>'
        f'<circle cx="{points[-1][0]:.1f}" cy="{points[-1][1]:.1f}" r="2.75" fill="{colour}"/></svg>'
    )
    return html.Img(
        src="data:image/svg+xml," + quote(svg), alt=label, className="spark", width=SPARK_WIDTH, height=SPARK_HEIGHT
    )
