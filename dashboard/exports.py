"""Ways out of a page: rows and pages as files, the original workbook for those allowed.

Every file is made from the request of an address, so it holds what that address shows that person. This module must not
know what a page shows, nor how files are written.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Flask, Response, request, send_file

from analytics import files, moments, printing
from analytics.ledgers import ledgers
from analytics.metrics import MetricError
from analytics.operations import audit
from analytics.operations.people import Person
from analytics.settings import Settings
from analytics.warehouse import raw
from dashboard import paper, takeaway
from dashboard.auth import current_person, views
from dashboard.auth.needs import SIGNED_IN, needs
from dashboard.pages import Page
from dashboard.pages.page import PRODUCT, Request, county_names
from dashboard.pages.records import label, listed
from dashboard.source import NoVersionError

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROWS_AT_MOST = {"xlsx": 100_000, "csv": 1_000_000}
"""Rows one file may hold; a workbook of more takes minutes to write and to open."""
TRACE = (("file_name", "来源文件"), ("sheet", "工作表"), ("row", "行"), ("reporting_unit", "填报单位"),
         ("upload_id", "上传编号"), ("record_id", "记录编号"))  # fmt: skip

VISITING = "visitor"
"""Who took something away without a login, as the audit says it."""

Ask = Callable[[str, str, Person], tuple[Page, Request]]
"""From path, search and person to a page and its request; raises ``LookupError`` or ``NoVersionError``."""


class RefusalError(Exception):
    """Why there is no file: a status, a title and a sentence."""

    def __init__(self, status: int, title: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.title, self.sentence = status, title, sentence


def serve_exports(server: Flask, settings: Settings, ask: Ask) -> None:
    """Answer the addresses that give files.

    Args:
        server: The application's server.
        settings: Where the originals and the audit are.
        ask: Makes a page's request of an address.
    """

    def refused(found: RefusalError) -> views.Page | Response:
        return views.page("message.html", found.title, found.status, sentence=found.sentence)

    server.register_error_handler(RefusalError, refused)

    def asked(path: str, search: str, action: str) -> tuple[Page, Request, Person]:
        person = current_person()
        if not person.may(action):
            raise RefusalError(403, "没有权限", "您现在的身份不能导出；工作需要的，请联系系统管理员。")
        try:
            page, found = ask(path, search, person)
        except LookupError as error:
            raise RefusalError(404, "没有这个页面", "要导出的地址不存在，可能是链接写错了。") from error
        except NoVersionError as error:
            raise RefusalError(404, "还没有数据", "还没有入库的台账，没有可以导出的内容。") from error
        if not page.opens_to(person):
            raise RefusalError(403, "没有权限", f"“{page.title}”只对有相应权限的人员开放。")
        return page, found, person

    def put_down(person: Person, action: str, target: str, *, success: bool = True) -> None:
        # Who looks around without signing in has no login; what they take away is put down with where they asked from.
        who = VISITING if person.visitor else person.login
        audit.record(settings, who=who, action=action, target=target, success=success, address=request.remote_addr)

    @contextmanager
    def put_down_after(person: Person, target: str) -> Iterator[None]:
        """Put an export down when it is made, or as one that failed."""
        try:
            yield
        except BaseException:
            put_down(person, "export", target, success=False)
            raise
        put_down(person, "export", target)

    @server.get("/export/records.<kind>", endpoint="export_rows")
    @needs("export")
    def rows(kind: str) -> Response:
        if kind not in ROWS_AT_MOST:
            raise RefusalError(404, "没有这种文件", "明细可以导出为 .xlsx 或 .csv。")
        _, found, person = asked("/records", "?" + request.query_string.decode("utf-8", "replace"), "export")
        table = _said(lambda: row_table(found, kind))
        name = f"{table.title}_{found.county_name}_{found.period_name}"
        with put_down_after(person, f"/records{found.view.search()}"):
            if kind == "csv":
                made = files.comma_separated(table.headings, table.rows)
                return _file(made, "text/csv; charset=utf-8", f"{name}.csv")
            return _file(files.workbook([table], about(found, table.title)), XLSX, f"{name}.xlsx")

    @server.get("/export/page.<kind>", endpoint="export_page")
    @needs("export")
    def whole(kind: str) -> Response:
        at = urlsplit(request.args.get("at", "/"))
        page, found, person = asked(at.path, "?" + at.query, "export")
        if kind not in {"xlsx", "pdf"}:
            raise RefusalError(404, "没有这种文件", "页面可以导出为 .xlsx 或 .pdf。")
        drawn = _said(lambda: page.render(found))
        name = f"{page.title}_{found.county_name}_{found.period_name}"
        with put_down_after(person, f"{kind} {at.path}{found.view.search()}"):
            if kind == "xlsx":
                return _file(files.workbook(takeaway.tables_of(drawn), about(found, page.title)), XLSX, f"{name}.xlsx")
            source = "；".join(f"{word}：{text}" for word, text in about(found, page.title) if word in _ON_PAPER)
            title = f"{page.title}　{found.county_name}　{found.period_name}"
            try:
                made = printing.pdf(paper.document(drawn, title=title, source=source))
            except printing.NoBrowserError as error:
                raise RefusalError(503, "没有生成 PDF", str(error)) from error
            return _file(made, "application/pdf", f"{name}.pdf")

    @server.get("/original/<upload_id>")
    @needs(SIGNED_IN)
    def original(upload_id: str) -> Response:
        person = current_person()
        found = None
        if person.may("read") or person.may("original"):
            try:
                found = ask("/records", "", person)[1].snapshot.upload(upload_id)
            except NoVersionError as error:
                raise RefusalError(404, "还没有数据", "还没有入库的台账。") from error
        allowed = found is not None and (person.may("original") or person.owns(str(found["created_by"])))
        put_down(person, "original", upload_id, success=allowed)
        if found is None and person.may("original"):
            raise RefusalError(404, "没有这次上传", "没有这个编号的上传，或者它不在您的查看范围内。")
        if not allowed or found is None:
            # Whether there is such an upload is not told to those who may not have it.
            raise RefusalError(
                403, "不能下载原始文件", "原始文件只对数据管理人员和上传人本人开放；工作需要的，请联系数据管理员。"
            )
        path = raw.path_of(settings, str(found["sha256"]))
        if not path.exists():
            raise RefusalError(404, "原始文件不在", "存放原始文件的文件夹里没有它，请管理员运行 taizhang check 查看。")
        answer = send_file(
            path, mimetype="application/octet-stream", as_attachment=True, download_name=str(found["file_name"])
        )
        answer.headers["Cache-Control"] = "no-store"
        return answer


_ON_PAPER = frozenset({"数据截至", "数据版本", "导出时间"})


def about(found: Request, title: str) -> list[tuple[str, str]]:
    """Return what a file says of itself: what it is, of when, from which version, and how to open it again."""
    return [
        ("内容", title),
        ("时段", found.period_name),
        ("县区", found.county_name),
        ("数据截至", f"{found.snapshot.reaches}"),
        ("数据版本", found.snapshot.version_id),
        ("导出时间", moments.now()),
        ("来源", f"{PRODUCT}：本单位已入库的工作台账"),
        ("原页面", request.host_url.rstrip("/") + found.exactly),
    ]


def row_table(found: Request, kind: str) -> files.Table:
    """Return all rows an address lists: declared columns, what the metric adds, then where each row came from.

    Raises:
        RefusalError: There are more than one file holds.
        MetricError: The address asks for rows that cannot be listed.
    """
    metric = found.snapshot.catalogue[found.view.metric or "E01"]
    ledger = ledgers()[metric.ledger]
    first = listed(found, metric.id, page=1)
    if first.total > ROWS_AT_MOST[kind]:
        hint = "请改为导出 CSV，或" if kind == "xlsx" and first.total <= ROWS_AT_MOST["csv"] else "请"
        raise RefusalError(
            413,
            "行数太多",
            f"共 {first.total:,} 行，一个文件最多导出 {ROWS_AT_MOST[kind]:,} 行。{hint}缩小时段、选一个县区后再导出。",
        )
    rows = listed(found, metric.id, page=None)
    names = county_names()
    cells = found.snapshot.cells(rows)
    summed = [name for leaf in metric.leaves for name in leaf.numeric]
    shown = dict.fromkeys(summed)
    headings = [label(column) for column in ledger.columns]
    headings += [*metric.extra_labels.values(), *(word for _, word in TRACE)]
    headings += [f"{column.label}所在单元格" for column in ledger.columns if column.name in shown]
    found_rows: list[list[Any]] = []
    for row, at in zip(rows.rows, cells, strict=True):
        values = [_value(names, column.type, row.get(column.name)) for column in ledger.columns]
        values += [_value(names, "count", row.get(name)) for name in metric.extra_labels]
        values += [_value(names, "text", row.get(name)) for name, _ in TRACE]
        values += [at.get(column.name) for column in ledger.columns if column.name in shown]
        found_rows.append(values)
    return files.Table(f"{metric.name}明细", headings, found_rows)


def _value(names: dict[str, str], kind: str, value: Any) -> Any:
    if isinstance(value, bool):
        return "是" if value else "否"
    if kind == "county" and value is not None:
        return names.get(str(value), str(value))
    return value.isoformat() if isinstance(value, dt.date) else value


def _said(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except MetricError as error:
        raise RefusalError(400, "这样问不出结果", f"{error}。") from error


def _file(content: bytes, kind: str, name: str) -> Response:
    answer = Response(content, mimetype=kind.partition(";")[0], content_type=kind)
    safe = "".join("_" if sign in '/\\:*?"<>|' or not sign.isprintable() else sign for sign in name)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(safe)}"
    answer.headers["Cache-Control"] = "no-store"
    return answer
