"""上传: files dropped, previewed, put right and confirmed; and what became of those of before.

The page is a shell: what stands in it comes from the desk's addresses, so that it can change while one looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, urlencode

from dash import html
from dash.development.base_component import Component

from dashboard.components import frame
from dashboard.desk_view import address
from dashboard.pages.page import Page, Request


def fragment(place: str, label: str) -> Component:
    """Return the place of something the script fetches and keeps up to date."""
    waiting = html.P("正在读取……", className="faint", role="status")
    return html.Div(
        html.Div(waiting, className="fragment-inside"), key=place, className="fragment", role="region",
        **{"data-fragment": place, "aria-label": label},
    )  # fmt: skip


def shell(search: str) -> Sequence[Any]:
    """Return the page of one upload where the address names one, else the form and the list."""
    asked = parse_qs(search.removeprefix("?"))
    upload = (asked.get("upload") or [""])[0][:40]
    if upload:
        crumbs = frame.crumbs(
            choices=[frame.Choice("上传台账", "/uploads"), frame.Choice("一份文件", address(upload), chosen=True)]
        )
        title = html.Div(html.H1("正在读取……", tabIndex=-1, **{"data-title": "true"}), className="opening")
        return [html.Div([crumbs, title, fragment(f"/desk/task/{upload}", "上传的文件")], className="inner desk")]
    title = html.Div(html.H1("上传台账", tabIndex=-1), className="opening")
    page = (asked.get("page") or [""])[0]
    listed = "/desk/list" + (f"?{urlencode({'page': page})}" if page else "")
    parts = [fragment("/desk/form", "选择文件"), fragment(listed, "上传记录")]
    return [html.Div([title, *parts], className="inner desk")]


def render(_request: Request) -> Sequence[Any]:
    """Return the page where figures are at hand; it needs none."""
    return shell("")


PAGE = Page(path="/uploads", title="上传台账", render=render, action="upload", shell=shell)
