"""Text to typed values: ``parse`` for one cell, ``parse_column`` for a whole column.

A value is never silently wrong: it is accepted, accepted with a warning, kept as an interval, or refused
with the reason. This package must not know sheets, layouts or ledgers' rules; it sees a declared column,
a cell and what surrounds it.
"""

from __future__ import annotations

from analytics.etl.codes import Issue
from analytics.etl.values.cell import parse
from analytics.etl.values.columns import parse_column
from analytics.etl.values.model import Context, Parsed, ParsedColumn
from analytics.etl.values.text import is_blank, normalise, shown

__all__ = ["Context", "Issue", "Parsed", "ParsedColumn", "is_blank", "normalise", "parse", "parse_column", "shown"]
