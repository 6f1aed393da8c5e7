"""What a page is, what it is asked, and the parts all pages share: bar, notices, error pages.

This module must not know any single page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol
from urllib.parse import urlencode

from dash import html
from dash.development.base_component import Component

from analytics import moments
from analytics.ledgers import geography, ledgers
from analytics.metrics.periods import parse_period
from analytics.metrics.scope import Scope
from dashboard import state
from dashboard.components import bar, frame
from dashboard.components.text import day
from dashboard.source import Question, Snapshot
from dashboard.state import View

PRODUCT = "工作台账看板"
WHOLE_CITY = "全市"
ROWS = "/records"
"""The page of the rows behind a figure."""
RECORD = "/record"
"""The page of one record."""
FILES = (("Excel", "xlsx"), ("PDF", "pdf"))
"""What a page can be taken away as: the word, and the ending of the file."""


class Reader(Protocol):
    """Who asks for a page, as far as pages need to know."""

    @property
    def scope(self) -> Scope:
        """What this person's questions may see."""

    def may(self, action: str) -> bool:
        """Return whether a role of this person allows ``action``."""

    def sees_ledger(self, name: str) -> bool:
        """Return whether this person may see figures of a ledger."""

    def owns(self, created_by: str) -> bool:
        """Return whether this person made what ``created_by`` made."""


@dataclass(frozen=True)
class Request:
    """One screen asked for: the address, who asks, and the one data version that answers all of it."""

    path: str
    view: View
    notes: tuple[Any, ...]
    snapshot: Snapshot
    reader: Reader
    uploads: str | None = None
    """Where this reader uploads workbooks; ``None`` where they may not."""

    @cached_property
    def asked(self) -> Question:
        """What the screen asks about. Without a period in the address: the newest year with data."""
        period = parse_period(self.view.period or f"{self.snapshot.reaches.year}", self.snapshot.reaches)
        return Question(period=period, county=self.view.county, as_of=self.view.as_of or moments.today())

    @cached_property
    def code(self) -> str:
        """The period shown, as an address writes it."""
        period = self.asked.period
        # A running total says so only by its word; its days alone would be an ordinary period.
        return self.view.period or period.code if period.cumulative else period.code

    @property
    def period_name(self) -> str:
        """The period shown, in words."""
        return self.asked.period.label

    @property
    def county_name(self) -> str:
        """The county shown, or the whole city."""
        return county_names().get(self.view.county or "", self.whole_name)

    @property
    def whole_name(self) -> str:
        """What everything this reader may see is called: the whole city, or the counties they are limited to."""
        mine = self.reader.scope.counties
        if mine is None:
            return WHOLE_CITY
        return next(iter(mine)) if len(mine) == 1 else f"所辖{len(mine)}个县区"

    @property
    def lines(self) -> list[str]:
        """The lines of work one may pick, in the order of their declarations."""
        return lines_for(self.reader, self.snapshot)

    def of_line(self, ids: Sequence[str], *, most: int = 8) -> tuple[str, ...]:
        """Return those of some metrics that belong to the line of work asked for; all of them where none is.

        Where none of them belongs to it, the line's own first metrics stand in their place, at most ``most``.
        """
        line, catalogue = self.view.line, self.snapshot.catalogue
        if line is None:
            return tuple(ids)
        own = tuple(metric for metric in ids if catalogue[metric].line == line)
        shown = [key for key, metric in catalogue.items() if metric.line == line and not metric.supporting]
        return own or tuple(shown[:most])

    def at(self, path: str | None = None, **changes: Any) -> str:
        """Return the address of this screen after ``changes``."""
        return self.view.at(self.path if path is None else path, **changes)

    def rows_of(self, metric: str, *, path: str = ROWS, **changes: Any) -> str:
        """Return the address of the rows behind a figure of this screen; ``changes`` narrow it, as to one month."""
        given = {
            "metric": metric,
            "focus": None,
            "which": None,
            "find": None,
            "unit": None,
            "record": None,
            "part": None,
        }
        return self.at(path, **(given | {"page": 1, "sort": None, "screen": False, "period": self.code} | changes))

    @property
    def exactly(self) -> str:
        """The address of this very screen for good: its period, its day and its data version are all said."""
        asked = self.asked
        return self.at(period=self.code, as_of=asked.as_of, version=self.snapshot.version_id, screen=False)


@dataclass(frozen=True)
class Page:
    """One page.

    Attributes:
        path: Its address, without the question.
        title: Its Chinese title, as the navigation shows it.
        render: From a request to components.
        listed: Whether it stands in the navigation; others are reached by a link.
        action: What a reader's role must allow (``Person.may``).
        ledgers: Ledgers the reader must be allowed to see, all of them.
        shell: From the address's question to components, for a page that asks no figures and so needs no data.
        remembered: Whether one version, one address and one reader always give the same screen on one day.
    """

    path: str
    title: str
    render: Callable[[Request], Sequence[Any]]
    listed: bool = True
    action: str = "read"
    ledgers: tuple[str, ...] = ()
    shell: Callable[[str], Sequence[Any]] | None = None
    remembered: bool = False

    @property
    def newest_only(self) -> bool:
        """Whether older versions are refused: the difference of two small figures could name a person."""
        return any(ledgers()[ledger].restricted for ledger in self.ledgers)

    def opens_to(self, reader: Reader) -> bool:
        """Return whether ``reader`` may come; a page that does not open is not in the navigation either."""
        return reader.may(self.action) and all(reader.sees_ledger(ledger) for ledger in self.ledgers)


def navigation(pages: Sequence[Page], *, reader: Reader, path: str, view: View) -> list[frame.Choice]:
    """Return the pages a reader may go to; each keeps the period and the county asked for."""
    kept = state.asked_only(view)
    return [
        frame.Choice(page.title, kept.at(page.path), page.path == path)
        for page in pages
        if page.listed and page.opens_to(reader)
    ]


def lines_for(reader: Reader, snapshot: Snapshot) -> list[str]:
    """Return the lines of work ``reader`` may pick; discipline has its own page, with city totals only."""
    known = (metric for metric in snapshot.catalogue.values() if not metric.restricted and not metric.supporting)
    return list(dict.fromkeys(metric.line for metric in known if reader.sees_ledger(metric.ledger)))


def county_names(scope: Scope | None = None) -> dict[str, str]:
    """Return the names of all counties (of those in ``scope``) by code, in the order of the geography."""
    return {c.code: c.name for c in geography().counties if scope is None or scope.sees_county(c.name)}


def ask_bar(request: Request, *, line: str | None = None) -> Component:
    """Return the bar that asks for period, county and line of work; each choice keeps the rest of the address.

    Args:
        request: The screen.
        line: The line of work the page is about, if it is about one; another one then leads to the overview.
    """
    reaches, period = request.snapshot.reaches, request.code
    asked = request.asked.period
    year = asked.end.year

    def choice(named: state.Named) -> frame.Choice:
        return frame.Choice(named.word, request.at(period=named.code, page=1), named.code == period)

    presets = [choice(named) for named in state.presets(reaches)]
    years = sorted({*request.snapshot.years, year}, reverse=True)
    parts = [choice(named) for named in state.parts_of(year, reaches)]
    if not any(part.chosen for part in parts):
        parts.insert(0, frame.Choice(request.period_name, request.at(period=period, page=1), chosen=True))
    other = not any(preset.chosen for preset in presets)
    return bar.bar(
        presets=presets,
        custom=bar.custom_period(
            chosen=other,
            years=[frame.Choice(f"{each}年", request.at(period=f"{each}", page=1), each == year) for each in years],
            parts=parts,
            first=asked.start.isoformat(),
            last=asked.end.isoformat(),
        ),
        pickers=[_county_picker(request), _line_picker(request, line)],
        reaches=day(reaches),
        menus=[
            bar.views(),
            bar.ways_out(links=_files(request), link=request.exactly, screen=request.at(screen=True)),
        ],
    )


def _county_picker(request: Request) -> Component:
    counties = [frame.Choice(request.whole_name, request.at(county=None, page=1), request.view.county is None)]
    counties += [
        frame.Choice(name, request.at(county=code, page=1), code == request.view.county)
        for code, name in county_names(request.reader.scope).items()
    ]
    return frame.picker(name="county", label="县区", choices=counties)


def _line_picker(request: Request, own: str | None) -> Component:
    path = request.path if own is None else "/"
    now = request.view.line if own is None else own

    def to(line: str | None) -> str:
        return request.at(path, line=line, page=1, **({"focus": None, "metric": None} if own else {}))

    lines = [frame.Choice("全部业务", to(None), now is None)]
    lines += [frame.Choice(line, request.at() if line == own else to(line), line == now) for line in request.lines]
    return frame.picker(name="line", label="业务线", choices=lines)


def _files(request: Request) -> list[frame.Choice]:
    """Return this screen as files."""
    here = urlencode({"at": request.exactly})
    return [frame.Choice(f"本页 {word}", f"/export/page.{kind}?{here}") for word, kind in FILES]


def message_page(
    *, title: str, sentences: Sequence[str], command: str | None = None, links: Sequence[frame.Choice] | None = None
) -> list[Any]:
    """Return a page that only says something: not found, no data, gone wrong; it leads home if nowhere else."""
    ways = [frame.Choice("回到总览", "/")] if links is None else links
    return [
        html.Div(
            [
                html.H1(title, tabIndex=-1, className="unseen"),
                frame.empty(title=title, sentences=sentences, command=command, links=ways),
            ],
            className="inner",
        )
    ]
