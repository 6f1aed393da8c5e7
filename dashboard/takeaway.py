"""A page as tables: every card and every table of a screen, in its order, with figures as figures.

It reads what the page has drawn, so a file can hold nothing that the page did not show, and nothing of another version.
This module must not know metrics, pages or files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from dash.development.base_component import Component

from analytics.files import Cell, Number, Table

_NUMBER = re.compile(r"(-?[\d,]+(?:\.\d+)?)(%?)(?: (\S{1,6}))?")
_CARD = ["指标", "数值", "单位", "完成情况", "同比", "环比"]


def tables_of(page: Any) -> list[Table]:
    """Return what stands on a page as tables: its cards as one, then each of its tables and lists of items."""
    found: list[Table] = []
    cards = [_card(part) for part in _parts(page) if "card" in _classes(part)]
    if cards:
        found.append(Table("指标", _CARD, cards))
    for part in _parts(page):
        if part._type == "Table":
            found.append(_table(part))
        elif part._type == "Ol" and "overdue" in _classes(part):
            rows: list[list[Cell]] = [
                [cell(text) for text in _texts(item)] for item in _parts(part) if item._type == "Li"
            ]
            found.append(Table("超期未完成", ["超期天数", "事项", "说明", "来源"], rows))
    return [table for table in found if table.rows]


def cell(text: str) -> Cell:
    """Return a text as a figure if it is one and nothing else: ``1,234``, ``1,234 个``, ``35.4%``."""
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        return text
    digits, percent, unit = match.groups()
    number = Decimal(digits.replace(",", ""))
    # Sixteen digits and more are a number somebody was given, not one somebody counted.
    if len(digits.replace(",", "")) > 15:
        return text
    if percent:
        return Number(number / 100, unit or "", share=True)
    return Number(int(number) if number == number.to_integral_value() and "." not in digits else number, unit or "")


def plain(part: Any) -> str:
    """Return the words of a component, as one reads them."""
    return "".join(_words(part)).strip()


def _words(part: Any) -> Iterator[str]:
    if part is None or isinstance(part, bool):
        return
    if isinstance(part, Component):
        if "unseen" not in _classes(part) and getattr(part, "aria-hidden", None) != "true":
            yield from _words(getattr(part, "children", None))
    elif isinstance(part, list | tuple):
        for each in part:
            yield from _words(each)
    else:
        yield str(part)


def _parts(part: Any) -> Iterator[Any]:
    """Return every component of a page, outer ones first."""
    if isinstance(part, Component):
        yield part
        yield from _parts(getattr(part, "children", None))
    elif isinstance(part, list | tuple):
        for each in part:
            yield from _parts(each)


def _classes(part: Any) -> list[str]:
    return str(getattr(part, "className", "") or "").split()


def _first(part: Any, wanted: str) -> Any:
    return next((each for each in _parts(part) if wanted in _classes(each)), None)


def _texts(part: Any) -> list[str]:
    """Return the words of the innermost pieces that read as one, such as paragraphs of an item."""
    inner = [each for each in _parts(part) if each._type in {"P", "Strong"}]
    return [plain(each) for each in inner]


def _card(card: Any) -> list[Cell]:
    name = next((plain(part) for part in _parts(card) if part._type in {"H3", "H4"}), "")
    shown = _first(card, "figure")
    exact = cell(str(getattr(shown, "title", "") or plain(shown)))
    changes = {plain(part.children[0]): plain(part.children[1]) for part in _parts(card) if "change" in _classes(part)}
    done = _first(card, "completion-words")
    value = Number(exact.value, share=exact.share) if isinstance(exact, Number) else exact
    unit = exact.unit if isinstance(exact, Number) else ""
    return [
        name,
        value,
        unit,
        plain(done) if done is not None else "",
        changes.get("同比", ""),
        changes.get("环比", ""),
    ]


def _table(table: Any) -> Table:
    title = next((plain_all(part) for part in _parts(table) if part._type == "Caption"), "表")
    head = next((part for part in _parts(table) if part._type == "Thead"), None)
    body = next((part for part in _parts(table) if part._type == "Tbody"), None)
    headings = [plain(part) for part in _parts(head) if part._type == "Th"]
    rows = [_row(part) for part in _parts(body) if part._type == "Tr"]
    return Table(title, headings, rows)


def _row(row: Any) -> list[Cell]:
    found: list[Cell] = []
    for part in _parts(row):
        if part._type in {"Td", "Th"}:
            pieces = [plain(each) for each in _parts(part) if each._type in {"Span", "A"}] if _is_origin(part) else []
            found.append("，".join(pieces) if pieces else cell(plain(part)))
    return found


def _is_origin(part: Any) -> bool:
    return "origin" in _classes(part)


def plain_all(part: Any) -> str:
    """Return the words of a component, those kept for screen readers too."""
    children = getattr(part, "children", None)
    return "".join(_words(children)).strip()
