"""What the command prints: aligned Chinese tables, JSON, notices.

JSON goes to standard output alone; notices and progress go to standard error. Colour appears on a terminal
only, and never where ``NO_COLOR`` is set. This module must not know what the rows mean.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

import click

Colour = str | None
Cell = str | tuple[str, Colour]

_MOST_INDENTED = 2_000_000
"""Signs of JSON beyond which it is written on one line: indenting takes ten times as long."""
GOOD, BAD, DOUBTFUL, FAINT = "green", "red", "yellow", "bright_black"


def colour_wanted() -> bool | None:
    """Return what click should do about colour: never, or (``None``) decide by the terminal."""
    return False if os.environ.get("NO_COLOR") else None


def width(text: str) -> int:
    """Return how many terminal columns ``text`` takes; Chinese characters take two."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def shorten(text: str, columns: int) -> str:
    """Return ``text`` on one line and within ``columns`` terminal columns, with … where it was cut."""
    text = " ".join(text.split())
    if width(text) <= columns:
        return text
    kept, used = "", 0
    for character in text:
        used += width(character)
        if used > columns - 1:
            break
        kept += character
    return kept + "…"


def table(headers: Sequence[str], rows: Iterable[Sequence[Cell]], *, right: Iterable[int] = ()) -> str:
    """Return an aligned table; ``right`` names the columns (from 0) that hold numbers."""
    body = [[cell if isinstance(cell, tuple) else (cell, None) for cell in row] for row in rows]
    widths = [max([width(head), *(width(row[i][0]) for row in body)]) for i, head in enumerate(headers)]
    numeric = frozenset(right)

    def line(cells: Sequence[tuple[str, Colour]]) -> str:
        parts = []
        for index, (text, colour) in enumerate(cells):
            gap = " " * (widths[index] - width(text))
            styled = click.style(text, fg=colour) if colour else text
            parts.append(gap + styled if index in numeric else styled + gap)
        return "  ".join(parts).rstrip()

    rule = "  ".join("─" * columns for columns in widths)
    return "\n".join([line([(head, None) for head in headers]), rule, *(line(row) for row in body)])


def number(value: Any, digits: int | None = None) -> str:
    """Return a figure as people write it: thousands separated, no idle zeros, — where there is none."""
    if value is None:
        return "—"
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return str(value)
    if digits is None:
        digits = 0 if float(value).is_integer() else 2
    text = f"{Decimal(str(value)):,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def moment(value: Any) -> str:
    """Return a point in time to the minute, as local offices write it."""
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value)
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    return "—" if value is None else str(value)


def plain(value: Any) -> Any:
    """Return ``value`` in JSON's own kinds: dates in ISO form, decimals as numbers, paths as text."""
    if isinstance(value, (dt.date, dt.datetime, dt.time)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def say_json(data: Any) -> None:
    """Print ``data`` as JSON on standard output: Chinese readable, and indented unless it is more than anyone reads."""
    text = json.dumps(data, ensure_ascii=False, default=plain, allow_nan=False)
    if len(text) < _MOST_INDENTED:
        text = json.dumps(data, ensure_ascii=False, indent=2, default=plain, allow_nan=False)
    click.echo(text)


def say(text: str = "") -> None:
    """Print an answer on standard output."""
    click.echo(text, color=colour_wanted())


def note(text: str, colour: Colour = None) -> None:
    """Print a notice on standard error."""
    click.secho(text, err=True, fg=colour, color=colour_wanted())


class Progress:
    """Says on standard error how far the work is; on a terminal in one line that is rewritten in place."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._live = sys.stderr.isatty()

    def __call__(self, done: int, what: str) -> None:
        """Say that ``done`` pieces are finished and ``what`` was the last of them."""
        if self._total < 2:
            return
        line = f"[{done}/{self._total}] {shorten(what, 60)}"
        if self._live:
            click.echo(f"\r\033[K{line}", err=True, nl=done == self._total)
        else:
            click.echo(line, err=True)
