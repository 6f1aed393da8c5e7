"""一条记录: every value with the cell it was read from, the upload that brought it, what it was before, the original.

It asks one data version and computes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from analytics import moments
from analytics.ledgers import Column, Ledger, ledgers
from dashboard.components import frame, tables
from dashboard.components.text import DASH
from dashboard.pages.overview import CARDS
from dashboard.pages.page import RECORD, Page, Request, ask_bar
from dashboard.pages.records import label, told
from dashboard.source import Records

STANDING = {"current": "现行", "superseded": "已被替换", "revoked": "已撤回", "removed": "已删除"}


def render(request: Request) -> Sequence[Any]:
    """Return the page."""
    snapshot = request.snapshot
    metric = snapshot.catalogue[request.view.metric or CARDS[0]]
    ledger = ledgers()[metric.ledger]
    back = request.rows_of(metric.id, unit=request.view.unit, which=request.view.which, find=request.view.find,
                           part=request.view.part,
                           sort=request.view.sort, page=request.view.page)  # fmt: skip
    crumbs = frame.crumbs(
        choices=[
            frame.Choice("总览", request.at("/", metric=None, record=None, sort=None, page=1)),
            frame.Choice(f"{metric.name}明细", back),
            frame.Choice("记录", "", True),
        ]
    )
    row = snapshot.record(metric.id, request.view.record) if request.view.record else None
    if row is None:
        body = frame.empty(
            title="没有这条记录",
            sentences=["它可能已被撤回或替换，也可能不在您的查看范围内。请从明细表重新选择。"],
            links=[frame.Choice("回到明细", back)],
        )
        return [
            ask_bar(request, line=metric.line),
            html.Div([html.H1("记录", className="unseen"), crumbs, body], className="inner"),
        ]
    cells = snapshot.cells(Records(ledger.id, 1, [row]))[0]
    place = f"《{row['file_name']}》“{row['sheet']}”第 {row['row']} 行"
    return [
        ask_bar(request, line=metric.line),
        html.Div(
            [
                crumbs,
                html.Div(
                    [
                        html.H1([f"{ledger.name}记录", html.Small(str(row["reporting_unit"] or ""))], tabIndex=-1),
                        html.P(["来自 ", html.Strong(place, id="place")], className="headline"),
                        frame.notice(sentences=request.notes),
                    ],
                    className="opening",
                ),
                html.Div(
                    [
                        frame.section(title="各项数值和单元格", name="values", children=[_values(ledger, row, cells)]),
                        frame.section(
                            title="这次上传", name="upload", children=[_upload(request, str(row["upload_id"]))]
                        ),
                        frame.section(title="修改历史", name="history", children=[_history(request, ledger, row)]),
                    ],
                    className="panels",
                ),
            ],
            className="inner",
        ),
    ]


def _values(ledger: Ledger, row: Mapping[str, Any], cells: Mapping[str, str]) -> Component:
    rows = [
        [label(column), told(column, row.get(column.name)), cells.get(column.name, DASH)]
        for column in ledger.columns
        if row.get(column.name) is not None or column.name in cells
    ]
    return tables.plain_table(caption="每一栏的数值和它的单元格", headings=["栏目", "数值", "单元格"], rows=rows)


def _upload(request: Request, upload_id: str) -> Component:
    found = request.snapshot.upload(upload_id)
    if found is None:
        return html.P("这次上传不在您的查看范围内。", className="faint")
    rows = [
        ["文件", str(found["file_name"])],
        ["填报单位", str(found["reporting_unit"] or DASH)],
        ["填报期", str(found["period"] or DASH)],
        ["上传时间", _moment(found["created_at"])],
        ["上传人", str(found["created_by"] or DASH)],
        [
            "入库",
            f"读入 {found['rows_read']:,} 行，入库 {found['rows_loaded']:,} 行，"
            f"未入库 {found['rows_quarantined']:,} 行",
        ],
        ["上传编号", upload_id],
        ["文件校验值", str(found["sha256"])],
    ]
    original: Component = html.P("原始文件只对数据管理人员和上传人本人开放下载。", className="faint")
    if request.reader.may("original") or request.reader.owns(str(found["created_by"])):
        original = html.P(
            html.A("下载原始文件", href=f"/original/{upload_id}", className="button", **{"data-plain": "true"})
        )
    return html.Div(
        [tables.plain_table(caption="这次上传的文件和时间", headings=["项目", "内容"], rows=rows), original]
    )


def _history(request: Request, ledger: Ledger, row: Mapping[str, Any]) -> Component:
    found = request.snapshot.history(ledger.id, str(row["record_id"]))
    if found is None:
        return html.P("正在入库，暂时查不了修改历史，请稍后刷新。", className="faint")
    labels = {column.name: column for column in ledger.columns}
    items = []
    for version in reversed(found["versions"]):
        changes = [
            [
                change["label"],
                _value(labels[change["field"]], change["old"]),
                _value(labels[change["field"]], change["new"]),
                change["cell"] or DASH,
            ]
            for change in version["changes"]
        ]
        place = "" if version["row"] is None else f"《{version['file']}》“{version['sheet']}”第 {version['row']} 行"
        standing = STANDING[version["standing"]]
        words = f"{_moment(version['uploaded_at'])}　{version['by'] or ''}　{standing}"
        first = all(change["old"] is None for change in version["changes"])
        items.append(
            html.Li(
                [
                    html.P(html.Strong(words)),
                    html.P(
                        f"首次入库：{place}" if first and place else place or "这次上传删除了这条记录",
                        className="place",
                    ),
                    tables.plain_table(
                        caption=f"{words}的改动", headings=["栏目", "原值", "新值", "单元格"], rows=changes
                    )
                    if changes and not first
                    else None,
                ]
            )
        )
    return html.Ol(items, className="history")


def _value(column: Column, value: Any) -> str:
    if isinstance(value, Mapping):
        return str(value.get("raw") or DASH)
    return told(column, value)


def _moment(value: Any) -> str:
    """Return a moment (UTC, or its ISO text) ready for reading; a dash where there is none."""
    return DASH if value is None else moments.told(value)


PAGE = Page(path=RECORD, title="记录", render=render, listed=False, action="records")
