"""What of a screen has changed: only that is sent, and only that is painted anew.

Every piece carries a stamp of what is in it (without the pieces inside it, which carry their own). The browser sends
the stamps of the pieces it holds, read from the very components they describe, and gets those pieces whose stamp
differs; of a chart whose surroundings are the same it gets the figure alone, and keeps its place in the document. A
piece that is sent holds everything inside it, so what a screen shows never depends on what was there before. With
every answer goes which stamp each piece must carry afterwards: the script compares it with the document. This module
must not know what a screen shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from dash import dcc
from dash.development.base_component import Component

from dashboard.components.piece import KEY

STAMP = "data-stamp"
_BYTES = 6
"""Of a stamp: one in 280 million million that two contents share one."""


@dataclass(frozen=True)
class Piece:
    """One piece of a screen.

    Attributes:
        component: The component.
        frame: Stamp of what is in it, but for its chart's figure and the pieces inside it.
        figure: Stamp of the figure, if it is a chart's place.
        chart: The chart whose place it is.
        inside: Names of the pieces inside it.
    """

    component: Component
    frame: str
    figure: str
    chart: dcc.Graph | None
    inside: tuple[str, ...]

    @property
    def stamp(self) -> str:
        """What is in it, in short."""
        return f"{self.frame}.{self.figure}"


@dataclass(frozen=True)
class Painted:
    """A component that is a piece, and all pieces inside it by name; each carries its stamp."""

    root: Component
    pieces: Mapping[str, Piece]


@dataclass
class Changes:
    """What the browser has to paint: contents and stamps by the pieces' names, figures by the charts' names."""

    contents: dict[str, Any] = field(default_factory=dict)
    stamps: dict[str, str] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)


def paint(root: Component) -> Painted:
    """Stamp a component that is a piece, and all pieces inside it.

    Raises:
        ValueError: Two pieces have the same name, or ``root`` is not a piece.
    """
    pieces: dict[str, Piece] = {}
    if _name(root) is None:
        raise ValueError("only a piece can be painted")
    _visit(root, pieces)
    return Painted(root, pieces)


def changes(held: Mapping[str, str | None], screens: Iterable[Painted]) -> Changes:
    """Return what differs between what the browser holds and what it shall show.

    Args:
        held: The stamps of the pieces the browser holds, by name.
        screens: What it shall show.
    """
    found = Changes()
    for painted in screens:
        waiting = [_name(painted.root) or ""]
        while waiting:
            name = waiting.pop()
            piece = painted.pieces[name]
            frame, _, figure = (held.get(name) or "").partition(".")
            if frame != piece.frame:
                found.contents[name] = getattr(piece.component, "children", None)
                found.stamps[name] = piece.stamp
                continue
            if piece.chart is not None and figure != piece.figure:
                found.figures[piece.chart.id["name"]] = piece.chart.figure
                found.stamps[name] = piece.stamp
            waiting += piece.inside
    return found


def _name(component: Component) -> str | None:
    """Return the name of a piece; ``None`` for any other component."""
    id_ = getattr(component, "id", None)
    return id_.get(KEY) if isinstance(id_, dict) else None


def _visit(component: Component, pieces: dict[str, Piece]) -> str:
    """Stamp a piece and what is inside it, and return its name."""
    name = _name(component) or ""
    if name in pieces:
        raise ValueError(f"two pieces are called {name}")
    words: list[str] = []
    inside: list[str] = []
    content = getattr(component, "children", None)
    chart = content if isinstance(content, dcc.Graph) else None
    _read(content, words, inside, pieces)
    figure = ""
    if chart is not None:
        figure = _short(repr(chart.figure))
        # The drawn chart says which figure it is of.
        chart.figure = chart.figure | {"layout": chart.figure["layout"] | {"meta": figure}}
    piece = Piece(component, _short("\x1f".join(words)), figure, chart, tuple(inside))
    pieces[name] = piece
    setattr(component, STAMP, piece.stamp)
    return name


def _read(value: Any, words: list[str], inside: list[str], pieces: dict[str, Piece]) -> None:
    """Write down what a browser would show of ``value``, and visit the pieces in it."""
    if isinstance(value, list | tuple):
        words.append("[")
        for each in value:
            _read(each, words, inside, pieces)
        words.append("]")
    elif isinstance(value, Component):
        plain = value.to_plotly_json()
        props: dict[str, Any] = plain["props"]
        own = _name(value) is not None
        words.append(f"{plain['namespace']}.{plain['type']}")
        for key, told in props.items():
            if key == "children" or key == STAMP or (key == "figure" and isinstance(value, dcc.Graph)):
                continue
            words.append(key)
            _read(told, words, inside, pieces)
        if own:
            inside.append(_visit(value, pieces))
        elif "children" in props:
            _read(props["children"], words, inside, pieces)
    else:
        words.append(repr(value))


def _short(text: str) -> str:
    return blake2b(text.encode(), digest_size=_BYTES).hexdigest()
