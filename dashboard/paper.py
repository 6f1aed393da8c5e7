"""A page on paper: the components of a screen as one document that needs nothing else, printed by a local browser.

The document holds its style, its figures and the drawing of its charts; the browser that prints it is let nowhere. This
module must not know what a page shows.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from dash.development.base_component import Component
from plotly.utils import PlotlyJSONEncoder

from dashboard import theme

_ASSETS = Path(__file__).parent / "assets"
_VOID = frozenset({"img", "br", "hr", "input"})
_LEFT_OUT = frozenset({"ask", "picture", "define", "filters", "pager", "chips", "crumbs", "behind"})
"""Classes of what paper has no use for: what is clicked, and what is only there for the screen."""
_NAMES = {"className": "class", "htmlFor": "for", "tabIndex": "tabindex", "colSpan": "colspan", "rowSpan": "rowspan"}
_CHART = 660
"""Pixels a chart takes: the width of A4 less the margins of the paper and of the panel, 96 pixels an inch."""
_ON_SCREEN = re.compile(r"^点击[^。]*。?")
"""Sentences that speak of clicking."""


def document(page: Any, *, title: str, source: str) -> str:
    """Return a page as one HTML document for paper.

    Args:
        page: Its components.
        title: What it is: period, county and page, at the head of every sheet.
        source: Where it comes from and when, at the foot of every sheet.
    """
    charts: list[dict[str, Any]] = []
    body = _written(page, charts)
    drawn = json.dumps(charts, cls=PlotlyJSONEncoder, ensure_ascii=False).replace("<", "\\u003c")
    style = (_ASSETS / "20-style.css").read_text(encoding="utf-8")
    sheets = (
        "@page { size: A4; margin: 17mm 13mm 16mm; "
        f"@top-left {{ content: {_quoted(title)}; font: 9pt {theme.FONT}; color: #5b6068; }} "
        f"@bottom-left {{ content: {_quoted(source)}; font: 8pt {theme.FONT}; color: #5b6068; }} "
        '@bottom-right { content: "第 " counter(page) " 页，共 " counter(pages) " 页"; '
        f"font: 8pt {theme.FONT}; color: #5b6068; }} }} "
        ".chart { width: 100%; } .panels { display: block !important; } "
        ".panel { break-inside: avoid; margin-top: 10px; } "
        ".panel-rows, .panel-history { break-inside: auto; } tr { break-inside: avoid; } "
        ".rows, .scrolls .js-plotly-plot, .scrolls > div { min-width: 0 !important; } "
        ".panel-overdue { break-inside: auto; } .overdue li { break-inside: avoid; } "
        ".section-head { break-after: avoid; } "
        ".table:not(.matrix) :is(th, td) { padding: 0.25rem 0.4rem; } .rows .wide { min-width: 0; } "
        ".rows { table-layout: fixed; } .rows :is(th, td) { white-space: normal !important; overflow-wrap: anywhere; } "
        ".rows .origin { min-width: 0; } .rows thead th:first-child { width: 20%; } "
        ".rows thead th:last-child { width: 24%; } "
    )
    return (
        f'<!DOCTYPE html><html lang="zh-CN" data-mantine-color-scheme="light"><head><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title><style>{theme.css_variables()}\n{style}\n{sheets}</style></head>"
        f'<body><main id="main">{body}</main><script>{_plotly()}</script><script>'
        f"const charts = {drawn}; charts.forEach((chart, index) => Plotly.newPlot('chart' + index, chart.data, "
        f"Object.assign({{}}, chart.layout, {{width: {_CHART}, height: Math.min(chart.layout.height || 280, 280)}}), "
        "{staticPlot: true, locale: 'zh-CN'}));</script></body></html>"
    )


@cache
def _plotly() -> str:
    names = ("plotly-cartesian.min.js", "plotly-locale-zh-cn.js")
    return "\n".join(
        (_ASSETS / "vendor" / name).read_text(encoding="utf-8").replace("</script", "<\\/script") for name in names
    )


def _quoted(text: str) -> str:
    """Return a text as CSS quotes it."""
    safe = "".join(sign if sign.isprintable() and sign not in '"\\<' else " " for sign in text)
    return f'"{safe}"'


def _written(part: Any, charts: list[dict[str, Any]]) -> str:
    if part is None or isinstance(part, bool):
        return ""
    if isinstance(part, list | tuple):
        return "".join(_written(each, charts) for each in part)
    if not isinstance(part, Component):
        return html.escape(_ON_SCREEN.sub("", str(part)))
    props = part.to_plotly_json()["props"]
    classes = set(str(props.get("className") or "").split())
    if classes & _LEFT_OUT:
        return ""
    inside = props.get("children")
    if part._type == "Graph":
        figure = props["figure"]
        charts.append(figure)
        return f'<div id="chart{len(charts) - 1}"></div>'
    if part._namespace != "dash_html_components":
        return _written(inside, charts)
    tag = part._type.lower()
    if tag in {"button", "select", "script", "iframe", "form"}:
        return ""
    given = "".join(_attribute(name, value) for name, value in props.items() if name != "children")
    return f"<{tag}{given}>" if tag in _VOID else f"<{tag}{given}>{_written(inside, charts)}</{tag}>"


def _attribute(name: str, value: Any) -> str:
    if value is None or value is False:
        return ""
    if name == "style" and isinstance(value, Mapping):
        pairs = "".join(f"{_dashed(key)}:{each};" for key, each in value.items())
        return f' style="{html.escape(pairs)}"'
    if name in {"id", "href"} or (isinstance(value, dict | Sequence) and not isinstance(value, str)):
        return ""
    return f' {_NAMES.get(name, name)}="{html.escape(str(value))}"'


def _dashed(name: str) -> str:
    return "".join(f"-{sign.lower()}" if sign.isupper() else sign for sign in name)
