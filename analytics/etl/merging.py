"""Rows of one file that are the same record, or look like it, over all of its sheets.

Says what becomes of them: identical rows count once; of rows with one key and different content the later
stands and the earlier is held back; near matches are loaded and said. Must not know how records are built.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa

from analytics.etl.assembly import key_fields
from analytics.etl.batch import Batch
from analytics.etl.codes import Issue, issue
from analytics.etl.duplicates import find_duplicates
from analytics.ledgers.model import Ledger

_NUMBER = re.compile(r"\d+")


def _marked(ledger: Ledger) -> str:
    """Return the key field whose cell a finding about a duplicate points at."""
    fields = key_fields(ledger)
    return next((name for name in fields if ledger.column(name).type == "text"), fields[0])


def merge(ledger: Ledger, parts: Sequence[tuple[Batch, list[int], pa.Table]]) -> bool:
    """Find the duplicates among a ledger's records of one file, and hold back those that may not count.

    Args:
        ledger: The ledger.
        parts: Each table's batch, the positions of its loaded rows, and their records.

    Returns:
        Whether anything was found: rows were held back, or have findings their records must carry.
    """
    table = pa.concat_tables([records for _, _, records in parts])
    found = find_duplicates(ledger, table, table.column("record_id").combine_chunks())
    if not found.same and not found.near:
        return False
    places = [(batch, position) for batch, kept, _ in parts for position in kept]
    fields = key_fields(ledger)
    key = "、".join(ledger.column(name).label for name in fields)
    marked = _marked(ledger)
    optional = [ledger.column(name) for name in fields if not ledger.column(name).required]

    def where(row: int, beside: Batch) -> str:
        batch, position = places[row]
        number = str(batch.rows[position] + 1)
        return number if batch.sheet.name == beside.sheet.name else f"{number}（工作表“{batch.sheet.name}”）"

    def say(row: int, said: Issue, name: str) -> None:
        batch, position = places[row]
        batch.say(position, said, name, batch.raw(position, name))

    for group in found.same:
        if all(group.identical):
            for row in group.rows[1:]:
                say(row, issue("DUP-SAME-RECORD", other=where(group.rows[0], places[row][0])), marked)
                places[row][0].bad.add(places[row][1])
            continue
        stands = group.rows[-1]
        # All that could tell two events apart is blank: it may be no correction at all.
        blank = [column.label for column in optional if table.column(column.name)[stands].as_py() is None]
        for row in group.rows[:-1]:
            held_back = _same_key(key, where(stands, places[row][0]), blank)
            say(row, held_back, marked)
            places[row][0].bad.add(places[row][1])
        say(stands, _same_key(key, where(group.rows[-2], places[stands][0]), blank), marked)
    if ledger.near is not None:
        similar = ledger.near.similar
        names = table.column(similar)
        for match in found.near:
            first, second = names[match.first].as_py(), names[match.second].as_py()
            if numbered_apart(first, second):
                continue
            for row, other in ((match.first, match.second), (match.second, match.first)):
                said = issue("DUP-NEAR", other=where(other, places[row][0]), first=first, second=second)
                say(row, said, similar)
    return True


def _same_key(key: str, other: str, blank: Sequence[str]) -> Issue:
    said = issue("DUP-SAME-KEY", key=key, other=other)
    said = replace(said, message=f"{said.message}；以后一行为准，前一行没有收录")
    if blank:
        parts = "、".join(f"“{label}”" for label in blank)
        said = replace(said, hint=f"如果是两条不同的记录，请补填{parts}以示区分；否则只保留正确的一行")
    return said


def numbered_apart(first: str, second: str) -> bool:
    """Tell whether two names differ in their numbers (第3场, 第5场): the office tells the events apart itself."""
    one, other = _NUMBER.findall(first), _NUMBER.findall(second)
    return bool(one and other) and len(one) == len(other) and one != other
