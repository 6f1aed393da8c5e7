"""What every part draws from: the screen asked for, its figures asked in one go, and the words around them.

This module must not know any single part or page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from dash import html
from dash.development.base_component import Component

from analytics.metrics import Change, Metric, MetricRow
from dashboard.components.text import Moved
from dashboard.pages.page import RECORD, Request, county_names
from dashboard.source import Figure, Snapshot
from dashboard.state import written_part


@dataclass(frozen=True)
class Canvas:
    """One screen being drawn.

    Attributes:
        request: What was asked for, and of which version.
        figures: Figures of the period by metric id, of every metric the page's parts need.
        focus: The metric that trend, ranking and map show.
    """

    request: Request
    figures: Mapping[str, MetricRow]
    focus: str

    @property
    def snapshot(self) -> Snapshot:
        """The version that answers."""
        return self.request.snapshot

    def metric(self, id_: str) -> Metric:
        """Return what a metric is."""
        return self.snapshot.catalogue[id_]

    def records(self, metric: str, **changes: Any) -> str | None:
        """Return the address of the rows behind a figure; ``None`` where its rows are not told to anyone."""
        if self.metric(metric).restricted:
            return None
        return self.request.rows_of(metric, **changes)

    def record(self, metric: str, record_id: str) -> str:
        """Return the address of one record among the rows behind a figure."""
        return self.request.rows_of(metric, path=RECORD, record=record_id)

    def part(self, metric: str, dims: Mapping[str, str], **changes: Any) -> str | None:
        """Return the address of the rows behind one part of a figure, told by the values of its dimensions."""
        given = dict(dims)
        county = given.pop("county", None)
        if county is not None:
            code = next((code for code, name in county_names().items() if name == county), None)
            if code is None:
                given["county"] = county
            else:
                changes = {"county": code} | changes
        return self.records(metric, part=written_part(given), **changes)


class Part(Protocol):
    """One section of a page."""

    @property
    def needs(self) -> Sequence[str]:
        """The metrics whose figures of the period it shows."""

    def draw(self, canvas: Canvas) -> Component | None:
        """Return its component; ``None`` where there is nothing to say."""


@dataclass(frozen=True)
class Stack:
    """Parts above each other in one column of a band."""

    parts: tuple[Part, ...]
    span: int = 6

    @property
    def needs(self) -> Sequence[str]:
        """What its parts need."""
        return [id_ for part in self.parts for id_ in part.needs]

    def draw(self, canvas: Canvas) -> Component | None:
        """Return the parts that have something to say; nothing where none has."""
        drawn = [part.draw(canvas) for part in self.parts]
        shown = [component for component in drawn if component is not None]
        return html.Div(shown, className=f"stack span-{self.span}") if shown else None


@dataclass(frozen=True)
class Band:
    """A row of parts under one heading.

    Attributes:
        title: Its heading.
        parts: What stands in it.
        foci: Metrics that a reader can choose for the parts that show one; the first is shown unasked.
    """

    title: str
    parts: tuple[Part, ...]
    foci: tuple[str, ...] = ()


def moved(found: Change | None, base: str) -> Moved | None:
    """Return a change ready for reading, and what it is a change from."""
    return None if found is None else Moved(found.words, up=found.up, even=found.even, base=base)


def number(value: Figure) -> float | None:
    """Return a figure as charts take it."""
    return None if value is None else float(value)
