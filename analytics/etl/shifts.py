"""Rows whose cells have slipped one column to the side, told from rows that are merely wrong.

Knows rows' cells and the types of their columns; must not know where a table stands.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from analytics.etl.batch import Batch
from analytics.etl.codes import issue
from analytics.etl.grid import ErrorCell, a1, letters
from analytics.etl.values import Context, is_blank, parse, shown
from analytics.etl.values.text import normalise
from analytics.ledgers.model import NUMERIC_TYPES, Column

_LIMIT = 5000
"""Failed rows that are asked whether they are shifted; beyond it the header is at fault, not the rows."""
_NUMBER = re.compile(r"^[(-]?\d[\d,.]*[)]?\D{0,3}$")
_DATE = re.compile(r"\d{1,4}[年月./-]\d")


def report_shifted(
    batch: Batch, source: Sequence[Sequence[Any]], unread: Mapping[str, set[int]], context: Context
) -> None:
    """Say of failed rows whether they fit when moved by one column.

    Args:
        batch: The table's rows.
        source: Their cells.
        unread: By field, the positions whose cell could not be read.
        context: In which cells are read.
    """
    if not batch.bad or len(batch.bad) > _LIMIT:
        return
    typed = [
        (assignment.columns[0].index, batch.ledger.column(name))
        for name, assignment in batch.mapping.assigned.items()
        if len(assignment.columns) == 1
    ]
    typed.sort(key=lambda pair: pair[0])
    failed: dict[int, set[str]] = defaultdict(set)
    for name, positions in unread.items():
        for position in positions - batch.blank:
            failed[position].add(name)
    for position in sorted(failed):
        shift = find_shift(source[position], typed, failed[position], context)
        if shift is None:
            continue
        delta, index, label = shift
        first = min(index, next(place for place, declared in typed if declared.name in failed[position]))
        said = issue(
            "ROW-SHIFTED", column=letters(first), side="右" if delta > 0 else "左",
            cell=a1(batch.rows[position], index), raw=shown(source[position][index]), label=label,
        )  # fmt: skip
        batch.say(position, said, None, None, first)


def find_shift(
    row: Sequence[Any], typed: Sequence[tuple[int, Column]], failed: set[str], context: Context
) -> tuple[int, int, str] | None:
    """Tell whether a row fits its columns when moved by one.

    Returns:
        The way its cells moved (+1 right, -1 left), a telling cell's column and the label of the column it
        belongs in; ``None`` if moving does not explain the row. At least two cells must fit where they do
        not stand, in typed columns, and every cell that could not be read must be readable where it belongs.
    """
    values = {declared.name: row[index] for index, declared in typed}
    if all(_own_kind(declared, values[declared.name]) for _, declared in typed if declared.name in failed):
        # A negative or broken count is a wrong number in its right place.
        return None
    of = dict(typed)
    for delta in (1, -1):
        if not all(
            _belongs(row[index], of.get(index - delta), context) for index, declared in typed if declared.name in failed
        ):
            continue  # 较多 or #REF! would be as wrong in the next column
        gained: list[tuple[int, str]] = []
        for index, declared in typed:
            source = index + delta
            if declared.type == "text" or not 0 <= source < len(row):
                continue
            value = row[source]
            if is_blank(value) or (declared.name not in failed and not is_blank(row[index])):
                continue
            if not telling(declared, value):
                continue
            answer = parse(declared, value, context)
            if answer.failed or (answer.value is None and not answer.approximate and not answer.sets):
                continue
            gained.append((source, declared.label))
        explained = sum(
            any(index + delta == source for source, _ in gained) for index, declared in typed if declared.name in failed
        )
        strayed = sum(
            not is_blank(row[index + delta]) and 0 <= index + delta < len(row) and declared.name in failed
            for index, declared in typed
            if 0 <= index + delta < len(row)
        )
        if explained and strayed and (len(gained) >= 2 or (explained == len(failed) and _misfit(row, typed, gained))):
            source, label = gained[0]
            return delta, source, label
    return None


def _belongs(value: Any, declared: Column | None, context: Context) -> bool:
    """Tell whether a cell that cannot be read where it stands can be where it would belong."""
    if declared is None or is_blank(value):
        return True
    if isinstance(value, ErrorCell):
        return False
    return not parse(declared, value, context).failed


def telling(declared: Column, value: Any) -> bool:
    """Tell whether a value that fits a column says something: a number fits any count."""
    if declared.type in NUMERIC_TYPES:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if declared.type == "date":
        return isinstance(value, (dt.date, str))
    return isinstance(value, str)


def _own_kind(declared: Column, value: Any) -> bool:
    """Tell whether a cell that could not be read is at least of its column's kind."""
    if declared.type in NUMERIC_TYPES:
        return (isinstance(value, (int, float)) and not isinstance(value, bool)) or (
            isinstance(value, str) and bool(_NUMBER.match(normalise(value)))
        )
    return declared.type == "date" and isinstance(value, str) and bool(_DATE.search(normalise(value)))


def _misfit(row: Sequence[Any], typed: Sequence[tuple[int, Column]], gained: Sequence[tuple[int, str]]) -> bool:
    """Tell whether one of the telling cells plainly does not belong where it stands (a date among names)."""
    kinds = {index: declared.type for index, declared in typed}
    return any(isinstance(row[source], dt.date) and kinds.get(source, "text") != "date" for source, _ in gained)
