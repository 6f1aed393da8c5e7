"""One cell to one answer, whatever its column's type: ``parse``, which never raises.

This module only chooses the parser; it must not know how any of them works.
"""

from __future__ import annotations

from typing import Any

from analytics.etl.codes import issue
from analytics.etl.values.choices import parse_boolean, parse_choice, parse_text, parse_year
from analytics.etl.values.dates import parse_date
from analytics.etl.values.model import Context, Parsed
from analytics.etl.values.numbers import parse_number
from analytics.etl.values.places import parse_county
from analytics.etl.values.text import is_blank, is_blank_text, is_ditto, is_error_text, normalise, shown
from analytics.ledgers.model import NUMERIC_TYPES, Column

BLANK = Parsed()
_LONGEST = 200
"""No number, date or word is longer; a longer text in such a column is refused without being taken apart."""


def parse(column: Column, raw: Any, context: Context, percent_cell: bool = False) -> Parsed:
    """Parse one cell. Never raises, whatever ``raw`` is.

    Args:
        column: The declared column the cell stands in.
        raw: The native value the workbook reader gave.
        context: What surrounds the cell.
        percent_cell: Whether the cell's number format is a percentage.

    Returns:
        The answer. An issue of severity error comes with no value.
    """
    if raw is None:
        return BLANK
    if isinstance(raw, str):
        if column.type == "text":
            if len(raw) < _LONGEST:
                text = normalise(raw)
                if is_blank_text(text):
                    return BLANK
                fault = _no_value(column, text)
                if fault is not None:
                    return fault
            return parse_text(column, raw)
        text = normalise(raw)
        if not text:
            return BLANK
        fault = _no_value(column, text)
        if fault is not None:
            return fault
        if len(text) > _LONGEST:
            return Parsed(issues=(issue("VAL-UNREADABLE", label=column.label, raw=shown(raw)),))
        if column.type != "boolean" and is_blank_text(text):
            return BLANK
    elif is_blank(raw):
        return BLANK
    if column.type in NUMERIC_TYPES:
        return parse_number(column, raw, context, percent_cell)
    if column.type == "date":
        return parse_date(column, raw, context)
    if column.type == "year":
        return parse_year(column, raw, context)
    if column.type == "boolean":
        return parse_boolean(column, raw)
    if column.type == "choice":
        return parse_choice(column, raw, context.question)
    if column.type == "county":
        return parse_county(column, raw)
    return parse_text(column, raw)


def _no_value(column: Column, text: str) -> Parsed | None:
    """Answer for what is no value in any column: a formula's error, 同上."""
    if is_error_text(text):
        return Parsed(issues=(issue("VAL-ERROR-CELL", label=column.label, raw=text),))
    if is_ditto(text):
        return Parsed(issues=(issue("VAL-DITTO", label=column.label, raw=text),))
    return None
