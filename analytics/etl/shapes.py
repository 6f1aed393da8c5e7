"""Sheets that are no ledgers though they look like tables: crosstabs, and forms with their headings down the side.

Knows declared headings and place names; must not know where a table's parts are.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from analytics.etl.headers import Vocabulary, squeeze
from analytics.ledgers.model import Geography

_MONTH_WORD = re.compile(r"^(?:20\d{2}年?|\d{2,3}年)?(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])月(?:份)?$")
_CROSSED = 4
"""Months or counties in one row from which it is a crosstab's header."""

Rows = Sequence[Sequence[Any]]


def is_number(value: Any) -> bool:
    """Tell whether a cell holds a number, a date or a time."""
    return isinstance(value, (int, float, dt.date, dt.time, dt.timedelta)) and not isinstance(value, bool)


def is_crosstab(rows: Rows, geography: Geography) -> bool:
    """Tell whether the sheet crosses months (or counties) with something else: no record per row."""
    names = {name for county in geography.counties for name in (county.name, *county.aliases)}
    for row in range(min(20, len(rows) - 1)):
        texts = {
            column: squeeze(value)
            for column, value in enumerate(rows[row])
            if isinstance(value, str) and len(value) <= 20
        }
        months = {text for text in texts.values() if _MONTH_WORD.match(text)}
        places = {text for text in texts.values() if text in names}
        if max(len(months), len(places)) < _CROSSED:
            continue
        below = range(row + 1, min(row + 8, len(rows)))
        if sum(is_number(rows[other][column]) for other in below for column in texts) >= 2:
            return True
    return False


def fields_down_the_side(rows: Rows, vocabulary: Vocabulary) -> int:
    """Return how many fields of one ledger the headings down the first columns name."""
    most = 0
    for column in range(min(2, len(rows[0]) if rows else 0)):
        named: dict[str, set[str]] = defaultdict(set)
        for row in rows[:60]:
            for ledger, name in vocabulary.named_by(row[column]):
                named[ledger].add(name)
        most = max(most, 0, *(len(names) for names in named.values()))
    return most
