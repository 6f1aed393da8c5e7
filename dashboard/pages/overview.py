"""总览: what leadership must see in five minutes.

Declared from metrics and components; it asks one data version and computes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from analytics.metrics import Change, MetricRow
from dashboard.components import cards, charts, frame, tables
from dashboard.components.headline import Point, headline
from dashboard.components.text import Moved, day
from dashboard.pages.page import WHOLE_CITY, Page, Request, ask_bar, county_names
from dashboard.source import Figure, shapes

CARDS = ("E01", "J01", "J02", "J03", "T01", "T02", "R01", "R04")
"""The metrics of the cards, in the order of the page."""
FOCI = ("J01", "J02", "J03", "T02", "E01", "R01")
"""The metrics that the trend, the ranking and the map can show; the first is shown unasked."""
TOLD = ("E01", "J01", "J02", "T02")
"""What the headline counts up."""
OVERDUE = "R04"
OVERDUE_SHOWN = 6
RECORDS = "/records"


def render(request: Request) -> Sequence[Any]:
    """Return the page."""
    rows = request.snapshot.figures(CARDS, request.asked)
    recent = request.snapshot.recent(CARDS, request.asked)
    if all(row.value is None for row in rows.values()):
        content: list[Any] = [_opening(request, {}), _nothing(request)]
    else:
        content = [
            _opening(request, rows),
            html.Div([_card(request, rows[metric], recent[metric]) for metric in CARDS], className="cards"),
            *_focus(request, known=rows[OVERDUE].value is not None),
        ]
    return [ask_bar(request), html.Div(content, className="inner")]


def _opening(request: Request, rows: dict[str, MetricRow]) -> Component:
    sentence = None
    if rows:
        points = {metric: _point(request, row) for metric, row in rows.items()}
        sentence = headline(
            done=[points[metric] for metric in TOLD if metric in points],
            watched=[points[metric] for metric in CARDS if metric in points],
            overdue=points.get(OVERDUE),
        )
    return html.Div(
        [
            html.H1([request.period_name, html.Small(request.county_name)], tabIndex=-1),
            sentence,
            frame.notice(sentences=request.notes),
        ],
        className="opening",
    )


def _point(request: Request, row: MetricRow) -> Point:
    metric = request.snapshot.catalogue[row.id]
    return Point(
        name=metric.name,
        figure=request.snapshot.exact(row.id, row.value),
        unit=request.snapshot.unit(row.id),
        direction=metric.direction,
        completion=row.completion,
        pace_gap=row.pace_gap,
        light=row.light,
        known=row.value is not None,
    )


def _nothing(request: Request) -> Component:
    where = f"{request.county_name}{request.period_name}"
    choices = [frame.Choice(f"看{request.snapshot.reaches.year}年全市", "/")]
    return frame.empty(
        title=f"{where}还没有数据",
        sentences=["这一时段没有已入库的台账。可以换一个时段或县区；如果台账已经收到，请先入库："],
        command="taizhang ingest 台账文件或文件夹",
        links=choices,
    )


def _card(request: Request, row: MetricRow, recent: Sequence[MetricRow]) -> Component:
    snapshot, metric = request.snapshot, request.snapshot.catalogue[row.id]
    told = [f"{month.dims['month']} {snapshot.told(row.id, month.value)}" for month in recent]
    return cards.kpi_card(
        metric=row.id,
        name=metric.name,
        figure=snapshot.short(row.id, row.value),
        exact=snapshot.told(row.id, row.value) if row.value is not None else "这一时段没有记录",
        unit=snapshot.unit(row.id),
        definition=f"{metric.definition}{metric.counting_rule}",
        href=request.at(RECORDS, metric=row.id, focus=None, page=1, sort=None, period=request.code),
        direction=metric.direction,
        target=None if row.target is None else snapshot.told(row.id, row.target),
        completion=row.completion,
        pace_gap=row.pace_gap,
        yoy=_change(row.yoy_change, f"上年同期 {snapshot.told(row.id, row.yoy_base)}"),
        mom=_change(row.mom_change, f"上一时期 {snapshot.told(row.id, row.mom_base)}"),
        light=row.light,
        to_date=row.year_to_date != row.value,
        spark=[None if month.value is None else float(month.value) for month in recent],
        spark_label=f"{metric.name}近十二个月：" + "，".join(told) if told else "",
        remarks=row.flags,
    )


def _change(found: Change | None, base: str) -> Moved | None:
    if found is None:
        return None
    return Moved(found.words, up=found.up, even=found.even, base=base)


def _focus(request: Request, *, known: bool) -> list[Any]:
    chosen = request.view.focus if request.view.focus in request.snapshot.catalogue else FOCI[0]
    names = {metric: request.snapshot.catalogue[metric].name for metric in (*FOCI, chosen) if metric}
    chips = frame.chips(
        label="走势、排名和地图所示的指标",
        choices=[frame.Choice(name, request.at(focus=metric), metric == chosen) for metric, name in names.items()],
    )
    return [
        html.Div([html.H2("走势与县区"), chips], className="section-title"),
        html.Div(
            [_trend(request, chosen), _ranking(request, chosen), _map(request, chosen), _overdue(request, known=known)],
            className="panels",
        ),
    ]


def _trend(request: Request, metric_id: str) -> Component:
    snapshot, metric = request.snapshot, request.snapshot.catalogue[metric_id]
    trend = snapshot.trend(metric_id, request.asked)

    def series(name: str, values: Sequence[Figure]) -> charts.Series:
        numbers = [None if value is None else float(value) for value in values]
        return charts.Series(name, numbers, [snapshot.told(metric_id, value) for value in values])

    years = {point.start.year for point in trend}
    labels = [point.label.removeprefix(f"{point.start.year}年") if len(years) == 1 else point.label for point in trend]
    span = f"{years.pop()}年" if len(years) == 1 else request.period_name
    actual = series("实际", [point.value for point in trend])
    plan = series("计划", [point.plan for point in trend])
    last_year = series("上年同期", [point.last_year for point in trend])
    planned = plan if any(value is not None for value in plan.values) else None
    links = [request.at(RECORDS, metric=metric_id, focus=None, page=1, sort=None, period=point.code) for point in trend]
    headings, rows = charts.trend_rows(labels=labels, actual=actual, plan=planned, last_year=last_year)
    figure = charts.trend_figure(labels=labels, actual=actual, plan=planned, last_year=last_year, links=links)
    label = f"{request.county_name}{span}{metric.name}走势"
    return frame.section(
        title=f"{span}走势 · {metric.name}",
        aside=html.Span(f"单位：{metric.unit}", className="faint"),
        name="trend",
        children=[
            charts.chart(
                name="trend",
                figure=figure,
                label=label,
                headings=headings,
                rows=rows,
                caption="点击柱形查看当期明细。" + ("" if planned else "该指标未设年度目标，没有计划线。"),
                grow=True,
            )
        ],
    )


def _ranking(request: Request, metric_id: str) -> Component:
    metric = request.snapshot.catalogue[metric_id]
    standings = _standings(request, metric_id)
    return frame.section(
        title=f"县区排名 · {metric.name}",
        aside=html.Span("点击县区只看该县区", className="faint"),
        name="ranking",
        children=[
            tables.ranking(
                caption=f"{request.period_name}各县区{metric.name}排名",
                unit=metric.unit,
                standings=standings,
                with_completion=any(standing.completion is not None for standing in standings),
            )
        ],
    )


def _county(row: MetricRow) -> tuple[str, str]:
    """Return code and name of the county a row belongs to."""
    name = row.dims["county"]
    return next((code for code, known in county_names().items() if known == name), name), name


def _standings(request: Request, metric_id: str) -> list[tables.Standing]:
    snapshot = request.snapshot
    rows = snapshot.ranking(metric_id, request.asked)
    highest = max((abs(float(row.value)) for row in rows if row.value is not None), default=0.0)
    found = []
    for row in rows:
        code, name = _county(row)
        chosen = code == request.view.county
        found.append(
            tables.Standing(
                code=code,
                name=name,
                rank=row.rank,
                text=snapshot.exact(metric_id, row.value),
                share=abs(float(row.value)) / highest if row.value is not None and highest else 0.0,
                href=request.at(county=None if chosen else code),
                completion=row.completion,
                chosen=chosen,
            )
        )
    return found


def _map(request: Request, metric_id: str) -> Component:
    snapshot, metric = request.snapshot, request.snapshot.catalogue[metric_id]
    outlines = shapes()
    drawn = {feature["properties"]["code"] for feature in outlines["features"]}
    places = []
    for row in snapshot.ranking(metric_id, request.asked):
        code, name = _county(row)
        chosen = code == request.view.county
        text = snapshot.told(metric_id, row.value) if row.value is not None else "没有数据"
        places.append(
            charts.Place(
                code=code,
                name=name,
                value=None if row.value is None else float(row.value),
                text=text,
                href=request.at(county=None if chosen else code),
                chosen=chosen,
            )
        )
    beside = [
        html.Span([html.A(place.name, href=place.href), "　", html.Strong(place.text)])
        for place in places
        if place.code not in drawn
    ]
    return frame.section(
        title=f"县区分布 · {metric.name}",
        aside=html.Span("颜色越深数值越大", className="faint"),
        name="map",
        children=[
            charts.chart(
                name="map",
                figure=charts.map_figure(shapes=outlines, places=places),
                label=f"{request.period_name}各县区{metric.name}分布图",
                headings=["县区", metric.name],
                rows=charts.map_rows(places=places),
            ),
            html.P(["图上没有单独边界：", *beside], className="beside") if beside else None,
        ],
    )


def _overdue(request: Request, *, known: bool) -> Component:
    """Return the overdue items; ``known`` tells none overdue from no ledger at all."""
    found = request.snapshot.overdue(request.asked, limit=OVERDUE_SHOWN)
    more = html.A(
        f"查看全部 {found.total:,} 项",
        href=request.at(RECORDS, metric=OVERDUE, focus=None, page=1, sort="-days_overdue", period=request.code),
        className="button",
    )
    body: Component
    if not known:
        sentence = f"{request.county_name}这一时段没有整改台账，无法判断是否超期。"
        body = frame.empty(title="没有整改数据", sentences=[sentence])
    elif not found.total:
        sentence = f"{request.county_name}的整改均在期限内。"
        body = frame.empty(title="没有超期未完成的整改", sentences=[sentence])
    else:
        body = tables.overdue_list(items=[_item(row) for row in found.rows])
    return frame.section(
        title="超期未完成的整改",
        aside=more if found.total else None,
        name="overdue",
        children=[body],
    )


def _item(row: dict[str, Any]) -> tables.OverdueItem:
    """Return an item as it stood; one put right since then says when, or its status would seem to contradict.

    One said to be done before that day, but not yet accepted (待验收), keeps its status.
    """
    done = row["done_date"]
    stood = row["deadline"] + dt.timedelta(days=int(row["days_overdue"]))
    since = done is not None and done > stood
    return tables.OverdueItem(
        number=str(row["item_no"]),
        description=str(row["description"]),
        unit=str(row["resp_unit"]),
        deadline=day(row["deadline"]),
        days=int(row["days_overdue"]),
        status=f"其后于{day(done)}完成" if since else str(row["status"]),
        place=f"{row['file_name']} · {row['sheet']} · 第 {row['row']} 行",
    )


PAGE = Page(path="/", title="总览", render=render)

__all__ = ["CARDS", "FOCI", "PAGE", "WHOLE_CITY"]
