"""审核: estimates and suspected duplicates that await the data steward, and what was decided.

The page is a shell like the uploads' one; it must not decide or compute anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, urlencode

from dash import html

from dashboard.pages.page import Page, Request
from dashboard.pages.uploads import fragment


def shell(search: str) -> Sequence[Any]:
    """Return the page."""
    asked = parse_qs(search.removeprefix("?"))
    given = {name: values[0] for name, values in asked.items() if name in ("show", "page")}
    place = "/desk/approvals" + (f"?{urlencode(given)}" if given else "")
    title = html.H1("数据审核", tabIndex=-1)
    about = "约数和疑似重复在这里由数据管理员认定。每项处理都留有记录，可以撤销；填报单位更正重报后仍然有效。"
    opening = html.Div([title, html.P(about, className="headline")], className="opening")
    return [html.Div([opening, fragment(place, "审核事项")], className="inner desk")]


def render(_request: Request) -> Sequence[Any]:
    """Return the page where figures are at hand; it needs none."""
    return shell("")


PAGE = Page(path="/approvals", title="数据审核", render=render, action="approve", shell=shell)
