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
from dashboard.components.text import (
    DASH,
    Direction,
    Light,
    arrow,
    change_words,
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
    href: str,
    direction: Direction = "up",
    target: str | None = None,
    completion: float | None = None,
    pace_gap: float | None = None,
    yoy: float | None = None,
    mom: float | None = None,
    yoy_base: str | None = None,
    mom_base: str | None = None,
    light: Light | None = None,
    to_date: bool = False,
    spark: Sequence[float | None] = (),
    spark_label: str = "",
    remarks: Sequence[str] = (),
) -> Component:
    """Return one KPI card.

    Args:
        metric: Id of the metric; the card carries it as ``data-metric``.
        name: Its Chinese name.
        figure: The value, ready for reading.
        exact: The value with every digit; shown on hover.
        unit: The unit after it.
        definition: What exactly is counted; shown on hover and focus.
        href: Address of the rows behind the figure.
        direction: Which way is better; it colours the changes.
        target: The annual target ready for reading, or ``None`` if there is none.
        completion: Per cent of the annual target.
        pace_gap: Completion less the share of the year that has passed, in percentage points.
        yoy: Change on the same period last year.
        mom: Change on the period before.
        yoy_base: Of a share: the share of the same period last year, ready for reading.
        mom_base: Of a share: the share of the period before, ready for reading.
        light: How the metrics judge the completion against the time passed.
        to_date: The completion is about the year so far, not about the period shown.
        spark: Values of the last months, oldest first.
        spark_label: What the sparkline shows, for those who cannot see it.
        remarks: Sentences of caution, such as rows that hold an estimate.
    """
    title_id = f"card-{metric}"
    body: list[Component] = [
        html.Div(
            [
                html.H3(html.A(name, href=href, className="card-link"), id=title_id, className="card-name"),
                dmc.Tooltip(
                    html.Button(
                        "?", type="button", className="define", **{"aria-label": f"{name}的口径：{definition}"}
                    ),
                    label=definition,
                    multiline=True,
                    w=260,
                    withArrow=True,
                    events={"hover": True, "focus": True, "touch": True},
                ),
            ],
            className="card-head",
        ),
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
        completion_bar(target=target, completion=completion, pace_gap=pace_gap, light=light, to_date=to_date),
        html.Dl(
            [
                change(word="同比", value=yoy, direction=direction, base=yoy_base),
                change(word="环比", value=mom, direction=direction, base=mom_base),
            ],
            className="changes",
        ),
    ]
    if remarks:
        body.append(html.P("；".join(remarks), className="remark"))
    return html.Article(body, className="card", **{"aria-labelledby": title_id, "data-metric": metric})


def change(*, word: str, value: float | None, direction: Direction, base: str | None = None) -> Component:
    """Return one comparison in words, with an arrow, coloured by good or bad and not by its sign."""
    tone = tone_of(value, direction)
    words = change_words(value, base=base)
    sign = arrow(value)
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
        title=None if value is not None else "对比期没有数据，不作比较",
    )


def completion_bar(
    *,
    target: str | None,
    completion: float | None,
    pace_gap: float | None,
    light: Light | None = None,
    to_date: bool = False,
) -> Component:
    """Return the share of the annual target reached, with a mark where the year itself stands.

    The words give the exact share; only the bar ends at its own end when the share passes 100 %.
    """
    if target is None or completion is None:
        return html.Div(html.Span("未设年度目标", className="faint"), className="completion")
    pace = None if pace_gap is None else completion - pace_gap
    tone = tone_of_pace(light, pace_gap)
    word = "当年累计完成率" if to_date else "完成率"
    judged = pace_words(pace_gap)
    return html.Div(
        [
            html.Div(
                html.Span(
                    [html.Strong(percent(completion)), f" {word} · {'目标' if to_date else '全年目标'} {target}"]
                ),
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
            html.Div(judged, className=f"pace tone-{tone}") if judged else None,
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
