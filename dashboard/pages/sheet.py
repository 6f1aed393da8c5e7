"""A page declared from metrics and parts: what stands on it, and nothing of how it is drawn.

Most pages are such a sheet: a title, cards, smaller cards, bands of parts. All their figures of the period are asked
for in one go. This module must not know any single page.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from dash import html
from dash.development.base_component import Component

from analytics.ledgers import ledgers
from analytics.metrics import MetricRow
from dashboard.components import frame
from dashboard.components.headline import Point, headline
from dashboard.components.piece import piece
from dashboard.pages.page import Page, Request, ask_bar
from dashboard.parts import Band, Canvas, Cards, Tiles
from dashboard.source import OVERDUE

HOME = "/"
_ASKING = ThreadPoolExecutor(max(2, min(4, os.cpu_count() or 2)), thread_name_prefix="asking")
"""Parts of a screen ask at the same time: the database works outside of Python's one thread."""


@dataclass(frozen=True)
class Sheet:
    """A declared page.

    Attributes:
        path: Its address.
        title: Its Chinese title.
        about: One sentence: what a reader finds here.
        cards: Metrics of the first rank.
        tiles: Metrics of the second rank.
        told: Metrics the opening sentence counts up.
        bands: What stands below the cards.
        ledgers: Ledgers whose workbooks fill the page; those of the cards if not given.
        only_for: Ledgers the reader must be allowed to see.
    """

    path: str
    title: str
    about: str
    cards: tuple[str, ...]
    tiles: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    bands: tuple[Band, ...] = ()
    ledgers: tuple[str, ...] = ()
    only_for: tuple[str, ...] = ()

    def page(self) -> Page:
        """Return the page of this declaration."""
        return Page(path=self.path, title=self.title, render=self.render, ledgers=self.only_for, remembered=True)

    def render(self, request: Request) -> Sequence[Any]:
        """Return what stands on the page for one request."""
        if self.path == HOME and request.view.line is not None:
            cards = request.of_line(self.cards)
            bands = tuple(replace(band, foci=cards if band.foci else ()) for band in self.bands)
            return replace(self, cards=cards, tiles=(), told=(), bands=bands)._drawn(request)
        return self._drawn(request)

    def _drawn(self, request: Request) -> Sequence[Any]:
        parts = [part for band in self.bands for part in band.parts]
        needed = [*self.cards, *self.tiles, *self.told, *(id_ for part in parts for id_ in part.needs)]
        later = Later(lambda: request.snapshot.figures(tuple(dict.fromkeys(needed)), request.asked))
        # While the figures of the period are asked for, the parts ask for what they show besides.
        first = Canvas(request, later, self.cards[0])
        above = [_ASKING.submit(Cards(self.cards).draw, first)]
        if self.tiles:
            above.append(_ASKING.submit(Tiles(self.tiles).draw, first))
        below = [_Begun.of(request, later, band, self.cards[0]) for band in self.bands]
        figures = later.known()
        if all(figures[id_].value is None and not figures[id_].flags for id_ in (*self.cards, *self.tiles)):
            content: list[Any] = [self._opening(request, {}), self._nothing(request)]
        else:
            content = [self._opening(request, figures), *(drawn.result() for drawn in above)]
            for begun in below:
                content += begun.drawn()
        line = None if self.path == HOME else request.snapshot.catalogue[self.cards[0]].line
        return [ask_bar(request, line=line), html.Div(content, className="inner")]

    def _opening(self, request: Request, figures: dict[str, MetricRow]) -> Component:
        first = self.path == HOME
        small = [request.county_name] if first else [f"{request.period_name} · {request.county_name}"]
        points = {id_: _point(request, figures[id_]) for id_ in figures}
        shown = [id_ for id_ in self.cards if id_ in points]
        return html.Div(
            [
                None if first else frame.crumbs(choices=[home(request), frame.Choice(self.title, "", True)]),
                html.H1([request.period_name if first else self.title, html.Small(small)], tabIndex=-1),
                headline(
                    done=[points[id_] for id_ in self.told if id_ in points],
                    watched=[points[id_] for id_ in shown],
                    overdue=points.get(OVERDUE) if OVERDUE in shown else None,
                )
                or html.P(self.about, className="headline"),
                narrowed(request),
                frame.notice(sentences=request.notes),
            ],
            id=piece("opening"),
            className="opening",
        )

    def _nothing(self, request: Request) -> Component:
        known = request.snapshot.catalogue
        wanted = self.ledgers or tuple(dict.fromkeys(known[id_].ledger for id_ in self.cards))
        names = "、".join(ledgers()[ledger].name for ledger in wanted)
        return nothing(request, what=f"{self.title}数据" if self.path != HOME else "数据", names=names)


def nothing(request: Request, *, what: str, names: str) -> Component:
    """Return the place of a page without figures: what is missing, what to upload, where else to look."""
    where = f"{request.county_name}{request.period_name}"
    year = frame.Choice(f"看{request.snapshot.reaches.year}年全市", request.at(period=None, county=None))
    upload = [frame.Choice("去上传台账", request.uploads)] if request.uploads else []
    sentences = [
        f"这一时段没有已入库的{names}。可以换一个时段或县区；"
        f"如果{names}已经收到，请先{'上传' if upload else '入库，再刷新本页'}。"
    ]
    command = None if upload else "taizhang ingest 台账文件或文件夹"
    return frame.empty(title=f"{where}还没有{what}", sentences=sentences, command=command, links=[*upload, year])


def narrowed(request: Request) -> Component | None:
    """Return what the page is narrowed to, where it can be cleared."""
    if request.view.county is None:
        return None
    return frame.filters(choices=[frame.Choice(f"县区：{request.county_name}", request.at(county=None, page=1))])


def home(request: Request) -> frame.Choice:
    """Return the way back to the overview, period and county kept."""
    return frame.Choice("总览", request.at(HOME, focus=None, metric=None, sort=None, page=1))


class Later(Mapping[str, MetricRow]):
    """Figures that are being asked for; who needs one waits for all."""

    def __init__(self, ask: Callable[[], dict[str, MetricRow]]) -> None:
        self._ask = ask

    def known(self) -> dict[str, MetricRow]:
        """Return the figures; asked by several at once, they are asked for once (see ``Memory``)."""
        return self._ask()

    def __getitem__(self, id_: str) -> MetricRow:
        return self.known()[id_]

    def __iter__(self) -> Iterator[str]:
        return iter(self.known())

    def __len__(self) -> int:
        return len(self.known())


@dataclass(frozen=True)
class _Begun:
    """A band whose parts are being drawn."""

    band: Band
    chips: Component | None
    parts: Sequence[Future[Component | None]]

    @staticmethod
    def of(request: Request, figures: Mapping[str, MetricRow], band: Band, otherwise: str) -> _Begun:
        """Begin a band; of the metrics it offers the address may name one, and any other of the catalogue."""
        snapshot = request.snapshot
        focus = band.foci[0] if band.foci else otherwise
        chips = None
        if band.foci:
            asked = request.view.focus
            if asked in snapshot.catalogue and not snapshot.catalogue[asked].restricted:
                focus = asked
            offered = dict.fromkeys((*band.foci, focus))
            chips = frame.chips(
                label=f"{band.title}所示的指标",
                choices=[
                    frame.Choice(snapshot.catalogue[id_].name, request.at(focus=id_), id_ == focus) for id_ in offered
                ],
            )
        canvas = Canvas(request, figures, focus)
        return _Begun(band, chips, [_ASKING.submit(part.draw, canvas) for part in band.parts])

    def drawn(self) -> list[Any]:
        """Return the band; nothing where none of its parts has anything to say."""
        shown = [component for component in (part.result() for part in self.parts) if component is not None]
        if not shown:
            return []
        return [
            html.Div(
                [html.H2(self.band.title), self.chips],
                id=piece(f"band-{self.band.title}"),
                className="section-title",
            ),
            html.Div(shown, className="panels"),
        ]


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
        href=None if metric.restricted else request.rows_of(metric.id),
    )
