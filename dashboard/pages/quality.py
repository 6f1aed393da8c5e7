"""数据质量: who has sent which month, what was held back, how far the figures can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from dashboard.components import frame
from dashboard.pages.page import Page, Request, ask_bar
from dashboard.pages.sheet import home, narrowed, nothing
from dashboard.parts import Canvas, Faults, LedgerQuality, Submissions

TITLE = "数据质量"


def render(request: Request) -> Sequence[Any]:
    """Return the page."""
    canvas = Canvas(request, {}, "")
    drawn = [part.draw(canvas) for part in (Submissions(), LedgerQuality(), Faults())]
    shown = [component for component in drawn if component is not None]
    opening = html.Div(
        [
            frame.crumbs(choices=[home(request), frame.Choice(TITLE, "", True)]),
            html.H1([TITLE, html.Small(f"{request.period_name} · {request.county_name}")], tabIndex=-1),
            html.P("各单位是否按时报送，哪些行没有入库，各台账的数字能信到什么程度。", className="headline"),
            narrowed(request),
            frame.notice(sentences=request.notes),
        ],
        className="opening",
    )
    body = html.Div(shown, className="panels") if shown else nothing(request, what="报送记录", names="台账")
    return [ask_bar(request), html.Div([opening, body], className="inner")]


PAGE = Page(path="/quality", title=TITLE, render=render)
