"""What of a screen has changed: only that is sent, and only that is painted anew.

Every piece carries a stamp of what is in it (without the pieces inside it, which carry their own). The browser sends
the stamps of the pieces it holds, read from the very components they describe, and gets those pieces whose stamp
differs; of a chart whose surroundings are the same it gets the figure alone, and keeps its place in the document. A
piece that is sent holds everything inside it, so what a screen shows never depends on what was there before. With
every answer goes which stamp each piece must carry afterwards: the script compares it with the document.

A screen is written as JSON once, when it is painted; its pieces are parts of that text, stamps are taken of it, and
answers are put together from it (``dashboard.spliced``): each component is visited once, however often its screen is
sent, and a remembered screen is a few texts. This module must not know what a screen shows.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from dash import dcc
from dash.development.base_component import Component
from plotly.utils import PlotlyJSONEncoder

from dashboard.components.piece import KEY

STAMP = "data-stamp"
_BYTES = 6
"""Of a stamp: one in 280 million million that two contents share one."""
_MARK = secrets.token_hex(12)
"""Marks in the text where what is in a piece begins and ends; nobody can write it into a workbook."""
_CUTS = re.compile(rf'\["{_MARK}b(\d+)",|,"{_MARK}e"\]')
_META = f'"{_MARK}m"'


@dataclass(frozen=True)
class Chart:
    """A chart's figure, ready to be sent."""

    name: str
    stamp: str
    text: str


@dataclass(frozen=True)
class Piece:
    """One piece of a screen.

    Attributes:
        frame: Stamp of what is in it, but for its chart's figure and the pieces inside it.
        chart: The chart whose place it is.
        texts: What is in it as JSON, cut where the pieces inside it (or the figure) have theirs.
        inside: Names of the pieces inside it.
    """

    frame: str
    chart: Chart | None
    texts: tuple[str, ...]
    inside: tuple[str, ...]

    @property
    def stamp(self) -> str:
        """What is in it, in short."""
        return f"{self.frame}.{self.chart.stamp if self.chart else ''}"


@dataclass(frozen=True)
class Painted:
    """A component that is a piece, by its name, and all pieces inside it; each carries its stamp."""

    root: str
    pieces: Mapping[str, Piece]

    def text(self, name: str) -> str:
        """Return what is in a piece, as JSON, with all that is in the pieces inside it."""
        parts: list[str] = []
        self._write(name, parts)
        return "".join(parts)

    def _write(self, name: str, parts: list[str]) -> None:
        piece = self.pieces[name]
        parts.append(piece.texts[0])
        if piece.chart is not None:
            parts += (piece.chart.text, piece.texts[1])
        for inner, text in zip(piece.inside, piece.texts[1:], strict=False):
            self._write(inner, parts)
            parts += (f',"{STAMP}":"{self.pieces[inner].stamp}"', text)


@dataclass
class Changes:
    """What the browser has to paint: contents and stamps by the pieces' names, figures by the charts' names.

    Contents and figures are JSON.
    """

    contents: dict[str, str] = field(default_factory=dict)
    stamps: dict[str, str] = field(default_factory=dict)
    figures: dict[str, str] = field(default_factory=dict)


def paint(root: Component) -> Painted:
    """Write a component that is a piece, and stamp it and all pieces inside it.

    Raises:
        ValueError: Two pieces have the same name, or ``root`` is not a piece.
    """
    name = _name(root)
    if name is None:
        raise ValueError("only a piece can be painted")
    marks: list[tuple[str, bool]] = []
    return Painted(name, _cut(_Writer(marks).encode(root), marks))


def changes(held: Mapping[str, str | None], screens: Iterable[Painted]) -> Changes:
    """Return what differs between what the browser holds and what it shall show.

    Args:
        held: The stamps of the pieces the browser holds, by name.
        screens: What it shall show.
    """
    found = Changes()
    for painted in screens:
        waiting = [painted.root]
        while waiting:
            name = waiting.pop()
            piece = painted.pieces[name]
            frame, _, figure = (held.get(name) or "").partition(".")
            if frame != piece.frame:
                found.contents[name] = painted.text(name)
                found.stamps[name] = piece.stamp
                continue
            if piece.chart is not None and figure != piece.chart.stamp:
                found.figures[piece.chart.name] = piece.chart.text
                found.stamps[name] = piece.stamp
            waiting += piece.inside
    return found


class _Writer(PlotlyJSONEncoder):  # type: ignore[misc]
    """Writes components as Dash does, and marks where what is in a piece begins and ends."""

    def __init__(self, marks: list[tuple[str, bool]]) -> None:
        """Make a writer.

        Args:
            marks: Takes what is marked, in the order of the text: its name, and whether it is a chart's figure.
        """
        super().__init__(separators=(",", ":"))
        self._marks = marks
        self._known: dict[type[Component], frozenset[str]] = {}

    def default(self, obj: Any) -> Any:
        """Return what to write for ``obj``."""
        if not isinstance(obj, Component):
            return super().default(obj)
        kind = type(obj)
        known = self._known.get(kind)
        if known is None:
            known = self._known[kind] = frozenset(obj._prop_names)
        # What ``to_plotly_json`` returns; that one asks each component for all it might have.
        own = vars(obj)
        props = {key: told for key, told in own.items() if key in known or key.startswith(("data-", "aria-"))}
        name = _name(obj)
        if name is not None:
            content = props.pop("children", None)
            if isinstance(content, dcc.Graph):
                content = self._chart(content)
            props["children"] = self._marked(name, content)
        return {"props": props, "type": obj._type, "namespace": obj._namespace}

    def _chart(self, graph: dcc.Graph) -> dict[str, Any]:
        plain: dict[str, Any] = graph.to_plotly_json()
        # The drawn chart says which figure it is of.
        figure = graph.figure | {"layout": graph.figure["layout"] | {"meta": f"{_MARK}m"}}
        plain["props"] |= {"figure": self._marked(graph.id["name"], figure, chart=True)}
        return plain

    def _marked(self, name: str, content: Any, *, chart: bool = False) -> list[Any]:
        self._marks.append((name, chart))
        return [f"{_MARK}b{len(self._marks) - 1}", content, f"{_MARK}e"]


def _name(component: Component) -> str | None:
    """Return the name of a piece; ``None`` for any other component."""
    id_ = getattr(component, "id", None)
    return id_.get(KEY) if isinstance(id_, dict) else None


@dataclass
class _Open:
    """What is being read of a text: a piece, or a chart's figure."""

    name: str
    is_chart: bool
    texts: list[str] = field(default_factory=list)
    inside: list[str] = field(default_factory=list)
    chart: Chart | None = None


def _cut(text: str, marks: list[tuple[str, bool]]) -> dict[str, Piece]:
    """Return the pieces of a marked text."""
    pieces: dict[str, Piece] = {}
    opened = [_Open("", False)]
    at = 0
    for cut in _CUTS.finditer(text):
        opened[-1].texts.append(text[at : cut.start()])
        at = cut.end()
        if cut[1] is not None:
            opened.append(_Open(*marks[int(cut[1])]))
            continue
        read = opened.pop()
        stamp = _short("\x1f".join(read.texts))
        if read.is_chart:
            opened[-1].chart = Chart(read.name, stamp, read.texts[0].replace(_META, f'"{stamp}"'))
            continue
        if read.name in pieces:
            raise ValueError(f"two pieces are called {read.name}")
        pieces[read.name] = Piece(stamp, read.chart, tuple(read.texts), tuple(read.inside))
        opened[-1].inside.append(read.name)
    return pieces


def _short(text: str) -> str:
    return blake2b(text.encode(), digest_size=_BYTES).hexdigest()
