"""Only what differs is painted, and what is painted so is what the whole would have been."""

from __future__ import annotations

import json
from typing import Any

import pytest
from dash import dcc, html
from dash.development.base_component import Component
from hypothesis import given
from hypothesis import strategies as st
from plotly.io.json import to_json_plotly

from dashboard.components.piece import piece
from dashboard.repaint import STAMP, Painted, changes, paint

FIGURES = st.integers(0, 2).map(lambda n: {"data": [{"y": [n]}], "layout": {"height": 100 + n}})
WORDS = st.sampled_from(["", "1 场", "2 场", "2 "])


def screen(title: str, card: str, figure: dict[str, Any], *, extra: str = "", height: int = 100) -> Component:
    """A screen with a card, a chart, and words around them that are of no piece of their own."""
    graph = dcc.Graph(id={"role": "chart", "name": "trend"}, figure=figure, style={"height": height})
    return html.Div(
        [
            html.H1(title, id=piece("title")),
            html.Div([html.Article([html.B(card)], id=piece("card")), extra], id=piece("cards")),
            html.Div(graph, id=piece("trend-plot")),
        ],
        id=piece("screen"),
    )


SCREENS = st.builds(screen, WORDS, WORDS, FIGURES, extra=WORDS, height=st.integers(100, 101))


def stamps(painted: Painted) -> dict[str, str | None]:
    return {name: found.stamp for name, found in painted.pieces.items()}


def replaced(held: Any, contents: dict[str, str], stamped: dict[str, str], figures: dict[str, str]) -> Any:
    """What a browser holds after an answer: contents and stamps of pieces, figures of charts."""
    if isinstance(held, list):
        return [replaced(each, contents, stamped, figures) for each in held]
    if not isinstance(held, dict):
        return held
    props = dict(held["props"])
    id_ = props.get("id")
    name = id_.get("piece") if isinstance(id_, dict) else None
    if name in stamped:
        props[STAMP] = stamped[name]
    if held["type"] == "Graph" and id_["name"] in figures:
        props["figure"] = json.loads(figures[id_["name"]])
    if name in contents:
        props["children"] = json.loads(contents[name])
    elif "children" in props:
        props["children"] = replaced(props["children"], contents, stamped, figures)
    return held | {"props": props}


def whole(painted: Painted) -> dict[str, Any]:
    """The place of a screen in the browser's document, and all that is in it."""
    props = {
        "id": piece(painted.root),
        "children": json.loads(painted.text(painted.root)),
        STAMP: painted.pieces[painted.root].stamp,
    }
    return {"type": "Div", "props": props}


def unstamped(plain: Any) -> Any:
    """What is written, without what painting adds."""
    if isinstance(plain, list):
        return [unstamped(each) for each in plain]
    if isinstance(plain, dict):
        return {key: unstamped(told) for key, told in plain.items() if key not in {STAMP, "meta"}}
    return plain


@given(before=SCREENS, after=SCREENS)
def test_what_is_painted_piece_by_piece_is_the_whole(before: Component, after: Component) -> None:
    old, new = paint(before), paint(after)
    found = changes(stamps(old), [new])
    assert replaced(whole(old), found.contents, found.stamps, found.figures) == whole(new)


@given(shown=SCREENS)
def test_a_screen_is_written_as_dash_writes_it(shown: Component) -> None:
    painted = paint(shown)
    assert unstamped(json.loads(painted.text("screen"))) == json.loads(to_json_plotly(shown.children))


def test_a_card_that_says_the_same_stays_and_a_chart_keeps_its_place() -> None:
    old = paint(screen("2024年", "1 场", {"data": [], "layout": {"height": 1}}))
    new = paint(screen("2023年", "1 场", {"data": [1], "layout": {"height": 1}}))
    found = changes(stamps(old), [new])
    assert found.contents == {"title": '"2023\\u5e74"'}
    assert set(found.figures) == {"trend"}
    assert changes(stamps(new), [new]).stamps == {}


def test_who_holds_nothing_gets_the_whole() -> None:
    painted = paint(screen("2024年", "1 场", {"data": [], "layout": {}}))
    assert set(changes({}, [painted]).contents) == {"screen"}


def test_pieces_are_told_apart_by_their_names() -> None:
    twice = html.Div([html.P("1", id=piece("card")), html.P("2", id=piece("card"))], id=piece("screen"))
    with pytest.raises(ValueError, match="card"):
        paint(twice)
    with pytest.raises(ValueError, match="only a piece"):
        paint(html.Div(id="screen"))
