"""A made-up table of every ledger, read once before any real file, so that first-use costs are paid once.

Used by the process that forks a child a file: what is imported, compiled and cached here is there in every
child. Knows declarations, not how they are read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from analytics.etl.grid import Limits
from analytics.etl.report import IngestOptions, Outcome
from analytics.ledgers.model import Column, geography, ledgers

_VALUES = {
    "text": "甲",
    "count": "十二",
    "decimal": "1.5",
    "money": "100",
    "percent": "50%",
    "date": "2024-01-02",
    "year": "2024",
    "boolean": "是",
}


def warm_up(read: Callable[[bytes, IngestOptions, Limits], Outcome]) -> None:
    """Read one row of every ledger."""
    for ledger in ledgers().values():
        header = ",".join(column.label for column in ledger.columns)
        row = ",".join(_value(column) for column in ledger.columns)
        read(
            f"{header}\n{row}\n".encode(), IngestOptions("预热.csv", dt.date(2024, 12, 31), ledger=ledger.id), Limits()
        )


def _value(column: Column) -> str:
    if column.type == "choice":
        return next((words[0].word for words in column.choices.values() if words), "")
    if column.type == "county":
        return next(iter(geography().counties)).name
    return _VALUES.get(column.type, "")
