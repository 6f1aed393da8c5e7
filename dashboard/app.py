"""The dashboard's application: one shell, one callback from an address to a screen, and the server's manners.

This module must not know what a page shows, nor SQL or files.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import dash_mantine_components as dmc
from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from flask import Flask, Response

from analytics import moments
from analytics.desk import tasks
from analytics.ledgers import geography
from analytics.metrics import MetricError
from analytics.operations.people import VISITOR, Person
from analytics.settings import Settings
from dashboard import desk, state, theme
from dashboard.auth import current_person
from dashboard.auth.needs import ANYBODY, SIGNED_IN, needs
from dashboard.auth.views import links as own_links
from dashboard.components import frame
from dashboard.components.piece import KEY
from dashboard.exports import serve_exports
from dashboard.fresh import Watcher, serve_freshness
from dashboard.keeping import serve_views
from dashboard.packed import Packed
from dashboard.pages import PAGES, Page
from dashboard.pages.page import PRODUCT, Reader, Request, county_names, lines_for, message_page, navigation
from dashboard.repaint import STAMP, Painted, changes, paint
from dashboard.security import secure
from dashboard.source import NoVersionError, Snapshot, Source
from dashboard.spliced import ready, serve_ready

log = logging.getLogger(__name__)

_HERE = Path(__file__).parent
_PATHS = {page.path: page for page in PAGES}
_FIGURES = [page for page in PAGES if page.listed and page.remembered and page.opens_to(VISITOR)]
"""The pages of figures that are open to everybody."""

UPLOADS = "/uploads"
"""Where workbooks are uploaded, if there is such a page."""
WATCHER = "taizhang-watcher"
"""Where the server finds what makes a fresh worker ready (the catalogue read, the common queries compiled), and every
newly published version after that."""
AGAIN_SECONDS = 12.0
"""Longest time for asking a new version again what was asked of the one before.

What is left then costs the next reader a whole screen. A server that stops waits a little longer than this for the
thread that does it (``Watcher.stop``).
"""

_INDEX = """<!DOCTYPE html>
<html lang="zh-CN">
<head>
{%metas%}
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="description" content="__PRODUCT__">
<title>{%title%}</title>
<link rel="icon" href="__ICON__" type="image/svg+xml">
<style>__VARIABLES__</style>
{%css%}
<script src="/assets/00-scheme.js"></script>
</head>
<body>
<noscript>本看板需要启用浏览器的 JavaScript。</noscript>
{%app_entry%}
<div>{%config%}{%scripts%}{%renderer%}</div>
</body>
</html>"""


def create_app(settings: Settings) -> Dash:
    """Return the dashboard over the data that ``settings`` points to.

    Args:
        settings: The one settings object.
    """
    source = Source(settings)
    owner = geography().federation
    app = Dash(
        "dashboard",
        server=Flask("dashboard"),
        assets_folder=str(_HERE / "assets"),
        # Loaded by the page's head, before the first paint.
        assets_ignore=r"00-scheme\.js|favicon\.svg|account\.css",
        index_string=_INDEX.replace("__VARIABLES__", theme.css_variables())
        .replace("__ICON__", _icon())
        .replace("__PRODUCT__", owner + PRODUCT),
        title=f"{owner}{PRODUCT}",
        update_title="",
        compress=True,
        serve_locally=True,
        suppress_callback_exceptions=False,
        enable_mcp=False,
        include_pages_meta=False,
        use_pages=False,
        on_error=_went_wrong,
    )
    app.layout = _shell(owner)
    _connect(app, source)
    serve_ready(app.server)
    Packed(app.server)
    watcher = Watcher(
        source,
        lambda: _warm(source),
        lambda: _ahead(source),
        busy=lambda: bool(tasks.in_state(settings, tasks.BUSY, limit=1)),
    )
    app.server.extensions[WATCHER] = watcher
    serve_freshness(app.server, watcher)
    serve_views(app.server, settings)
    serve_exports(app.server, settings, partial(_asked, source))
    _serve_health(app.server, source)
    desk.serve(app.server, settings)
    secure(app, settings, opens=_opens)
    # Dash finishes itself during its first request, and requests beside that one fail: let it be this one.
    app.server.test_client().get("/")
    return app


def _icon() -> str:
    """Return the window's icon as an address that holds it: one request less."""
    return "data:image/svg+xml," + quote((_HERE / "assets" / "favicon.svg").read_text(encoding="utf-8").strip())


def _warm(source: Source) -> None:
    """Get the newest version ready: read the catalogue and the version's facts, ask what is asked first.

    That is each page, and the overview's periods; but while people are uploading, and the next version is near, what
    people looked at last, a little at a time so that who is clicking meanwhile does not wait for it.
    """
    newest = source.newest_id()
    looked = [
        key for key in source.screens.recent() if isinstance(key, Looked) and key.shown == key.newest == source.held
    ]
    signed_in = [key for key in looked if key.reader != VISITOR]
    if looked:
        until = time.monotonic() + AGAIN_SECONDS
        for key in signed_in or looked:
            begun = time.monotonic()
            if begun > until:
                break
            _screen(source, key.path, key.search, key.reader, newest)
            time.sleep(min(2 * (time.monotonic() - begun), 0.3))
        return
    for page in _FIGURES:
        _screen(source, page.path, "", VISITOR, newest)
    for period in ("本年", "本季", "本月", "上半年", "累计"):
        _screen(source, "/", f"?period={period}", VISITOR, newest)


def _ahead(source: Source) -> Iterator[Callable[[], None]]:
    """Give what is likely to be clicked next: the bar's periods for every county, on the overview.

    Before that, each other page once by period and by county: their questions are then written, for any of both.
    """
    county = next(iter(county_names()))
    for page in _FIGURES:
        for search in ("?period=本月", f"?county={county}", f"?period=本月&county={county}"):
            if page.path != "/":
                yield partial(_ask, source, search, page.path)
    for period in ("", "上半年", "本季", "本月", "累计"):
        for county in county_names():
            parts = [f"period={period}"] if period else []
            search = "?" + "&".join([*parts, f"county={county}"])
            yield partial(_ask, source, search)


def _ask(source: Source, search: str, path: str = "/") -> None:
    _screen(source, path, search, VISITOR)


def _shell(owner: str) -> Component:
    return dmc.MantineProvider(
        [
            dcc.Location(id="url", refresh=False),
            # What has been painted last: its address, the window's title, and the stamp every piece must now carry.
            dcc.Store(id="painted"),
            # The script counts this up where the document does not hold what it should: then it is painted again.
            dcc.Store(id="again"),
            # The script puts a newly published version's id here; then the screen is asked for again.
            dcc.Store(id="fresh"),
            frame.skip_link(),
            frame.header(owner=owner, product=PRODUCT),
            html.Main(frame.screen(children=frame.skeleton()), id="main", tabIndex=-1),
            frame.foot(),
        ],
        theme=theme.mantine_theme(),
        defaultColorScheme="auto",
    )


def _connect(app: Dash, source: Source) -> None:
    @needs(SIGNED_IN)
    def show(
        path: str | None, search: str | None, fresh: str | None, _: int | None, stamps: list[str | None]
    ) -> tuple[Any, Any, Any, Any]:
        source.asked_at = time.monotonic()
        shown = _screen(source, path or "/", search or "", current_person(), fresh)
        held = dict(zip(_names(ctx.states_list[0]), stamps, strict=True))
        return _answer(shown.title, (shown.main, shown.foot, shown.links), held, at=(path or "/") + (search or ""))

    every = {KEY: ALL}
    app.callback(
        Output("painted", "data"),
        Output(every, "children"),
        Output(every, STAMP),
        Output({"role": "chart", "name": ALL}, "figure"),
        Input("url", "pathname"),
        Input("url", "search"),
        Input("fresh", "data"),
        Input("again", "data"),
        # What the browser holds, read from the pieces themselves: it cannot be about anything else.
        State(every, STAMP),
    )(show)

    app.clientside_callback(
        ClientsideFunction("taizhang", "follow"),
        Input({"role": "chart", "name": ALL}, "clickData"),
    )
    app.clientside_callback(ClientsideFunction("taizhang", "arrived"), Input("painted", "data"))


def _names(places: Sequence[Mapping[str, Any]]) -> list[str]:
    return [place["id"][KEY] for place in places]


def _answer(
    title: str, screens: Sequence[Painted], held: Mapping[str, str | None], *, at: str = ""
) -> tuple[Any, Any, Any, Any]:
    """Return what the browser has to paint, in the order of the callback's outputs; the rest stays as it is."""
    found = changes(held, screens)
    told = {
        "title": title,
        "at": at,
        "pieces": {name: piece.stamp for one in screens for name, piece in one.pieces.items()},
    }
    _, contents, stamps, figures = ctx.outputs_list
    return (
        told,
        [_given(found.contents.get(name)) for name in _names(contents)],
        [found.stamps.get(name, no_update) for name in _names(stamps)],
        [_given(found.figures.get(place["id"]["name"])) for place in figures],
    )


def _given(text: str | None) -> Any:
    return no_update if text is None else ready(text)


@dataclass(frozen=True)
class Shown:
    """A screen: the main part, what stands below it, the pages in the header, and the window's title."""

    main: Painted
    foot: Painted
    title: str
    links: Painted


@dataclass(frozen=True)
class Looked:
    """What makes a remembered screen what it is. ``reader`` is without a name: equal rights see equal screens."""

    shown: str
    newest: str
    day: dt.date
    path: str
    search: str
    reader: Reader


def _screen(source: Source, path: str, search: str, reader: Reader, known: str | None = None) -> Shown:
    """Return the screen of an address for a reader.

    ``known`` is a version that the reader has heard of.
    """
    page = _PATHS.get(path)
    if page is None:
        sentences = [f"地址“{path[:80]}”不存在，可能是链接写错了。"]
        return _said("没有这个页面", sentences, reader, path)
    if not page.opens_to(reader):
        sentences = [
            f"“{page.title}”只对有相应权限的人员开放，您现在的身份不能查看。",
            "工作需要查看的，请联系系统管理员开通权限，再重新登录。",
        ]
        return _said(f"没有查看{page.title}的权限", sentences, reader, path)
    if page.shell is not None:
        # Its script fills it in by the whole address.
        main = frame.screen(children=page.shell(search), path=path + search)
        return Shown(paint(main), paint(frame.foot()), _title(page.title), _links(reader, path, state.View()))
    try:
        # Taken once: everything on this screen is answered by it, whatever is published meanwhile.
        snapshot = source.current(reader.scope, known=known)
    except NoVersionError:
        uploads = _PATHS.get(UPLOADS)
        if uploads is not None and uploads.opens_to(reader):
            sentences = ["看板已经就绪，但还没有数据。请先上传活动、培训、招聘会或整改台账，确认导入后这里就有数字。"]
            ways = [frame.Choice("去上传台账", UPLOADS)]
            return _said("还没有入库的台账", sentences, reader, path, title=page.title, ways=ways)
        sentences = [
            "看板已经就绪，但还没有数据。请先把活动、培训、招聘会、整改等台账入库，再刷新本页；也可以先生成演示数据看看。"
        ]
        command = "taizhang ingest 台账文件或文件夹\ntaizhang demo"
        return _said("还没有入库的台账", sentences, reader, path, command=command, title=page.title, ways=())
    asked = _request(source, path, search, snapshot, reader)
    if not page.remembered:
        main, footer, title = _render(page, asked)
    else:
        alike = _nameless(reader)
        key = Looked(asked.snapshot.version_id, snapshot.version_id, moments.today(), path, search, alike)
        own = replace(asked, reader=alike)
        main, footer, title = source.screens.answer(key, lambda: _render(page, own))
    return Shown(main, footer, title, _links(reader, path, asked.view))


def _nameless(reader: Reader) -> Reader:
    """Return somebody with the reader's rights and no name."""
    return replace(reader, id="", login="", name="") if isinstance(reader, Person) else reader


def _opens(path: str) -> bool | None:
    """Return whether the page at an address opens to whoever asks; ``None`` where there is none."""
    page = _PATHS.get(path)
    return None if page is None else page.opens_to(current_person())


def _links(reader: Reader, path: str, view: state.View) -> Painted:
    """Return the pages of the dashboard that a reader may open, and the plain ones, theirs last."""
    plain = own_links(reader) if isinstance(reader, Person) else []
    return paint(
        frame.links(
            choices=navigation(PAGES, reader=reader, path=path, view=view),
            plain=[frame.Choice(word, href) for word, href in plain],
        )
    )


def _said(
    words: str,
    sentences: list[str],
    reader: Reader,
    path: str,
    *,
    command: str | None = None,
    title: str | None = None,
    ways: Sequence[frame.Choice] | None = None,
) -> Shown:
    """Return a screen that only says something."""
    said = message_page(title=words, sentences=sentences, command=command, links=ways)
    return Shown(
        paint(frame.screen(children=said, path=path)),
        paint(frame.foot()),
        _title(title or words),
        _links(reader, path, state.View()),
    )


def _request(source: Source, path: str, search: str, newest: Snapshot, reader: Reader) -> Request:
    """Return what an address asks, of the version it names or else of the newest."""
    version, snapshot = state.version_of(search), newest
    notes: tuple[Any, ...] = ()
    if version is not None and version != newest.version_id:
        # Two versions of a small figure, laid side by side, could name a person: no old one holds discipline.
        found = source.named(version, replace(reader.scope, discipline=False))
        page = _PATHS.get(path)
        if page is not None and page.newest_only:
            notes = (f"“{page.title}”只按最新版本显示，不提供旧版本“{version}”的数字。",)
        elif found is None:
            notes = (f"数据版本“{version}”已不再保留，现按最新版本显示。",)
        else:
            snapshot = found
    read = state.read_view(
        search,
        counties=county_names(reader.scope).keys(),
        metrics=snapshot.catalogue.keys(),
        reaches=snapshot.reaches,
        lines=lines_for(reader, snapshot),
    )
    # The newest version needs no name, and one that is gone is not asked for again.
    view = read.view if snapshot is not newest else replace(read.view, version=None)
    if snapshot is not newest:
        words = f"这是 {_moment(snapshot)} 发布的旧版本数据，不是最新数字。"
        notes = (html.Span([words, html.A("看最新版本", href=view.at(path, version=None))]),)
    uploads = _PATHS.get(UPLOADS)
    return Request(
        path=path,
        view=view,
        notes=(*notes, *read.notes),
        snapshot=snapshot,
        reader=reader,
        uploads=UPLOADS if uploads is not None and uploads.opens_to(reader) else None,
    )


def _asked(source: Source, path: str, search: str, person: Reader) -> tuple[Page, Request]:
    """Return the page of an address and what it asks, for a file of it.

    Raises:
        KeyError: There is no such page.
        NoVersionError: There is no data.
    """
    page = _PATHS[path]
    newest = source.current(person.scope)
    return page, _request(source, path, search, newest, person)


def _moment(snapshot: Snapshot) -> str:
    """Return when a version was published, ready for reading."""
    return moments.told(snapshot.published_at) if snapshot.published_at else ""


def _render(page: Page, asked: Request) -> tuple[Painted, Painted, str]:
    footer = frame.footer(
        version=asked.snapshot.version_id,
        published=f"，发布于 {_moment(asked.snapshot)}",
        sentences=["本页全部数字出自同一数据版本；点击数字可查到来源文件、工作表和单元格。数据不离开本机。"],
    )
    title = _title(f"{asked.county_name}{asked.period_name}{page.title}")
    try:
        main = page.render(asked)
    except MetricError as error:
        main = message_page(title="这样问不出结果", sentences=[f"{error}。"])
    return paint(frame.screen(children=main, path=page.path)), paint(frame.foot(children=footer)), title


def _title(words: str) -> str:
    return f"{words} - {PRODUCT}"


def _went_wrong(error: Exception) -> tuple[Any, Any, Any, Any]:
    """Put the trace into the log and a plain sentence on the screen."""
    log.error("screen failed", exc_info=error)
    said = message_page(
        title="这个页面暂时打不开",
        sentences=["系统处理时出了错，已记入日志，数据没有受影响。请稍后刷新；如仍打不开，请把时间告诉管理员。"],
    )
    # The first page somebody opens may be the one that fails: the others must still be within reach.
    links = _links(current_person(), "", state.View())
    return _answer(_title("出错"), (paint(frame.screen(children=said)), paint(frame.foot()), links), {})


def _serve_health(server: Flask, source: Source) -> None:
    @server.get("/healthz")
    @needs(ANYBODY)
    def alive() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @server.get("/readyz")
    @needs(ANYBODY)
    def ready() -> Response:
        try:
            version = source.current().version_id
        except NoVersionError:
            return Response("no published version\n", status=503, mimetype="text/plain")
        return Response(f"ready {version}\n", mimetype="text/plain")
