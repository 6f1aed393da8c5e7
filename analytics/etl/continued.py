"""One record written over several rows: its name is merged downwards, and only texts go on below the first row.

Knows a table's merges and which column fills which field. Must not know values, nor what else a row may be.
"""

from __future__ import annotations

from analytics.etl.body import Body
from analytics.etl.grid import Sheet
from analytics.etl.mapping import LedgerMapping
from analytics.etl.metadata import is_blank_cell
from analytics.etl.values.text import as_text


def join_continued(sheet: Sheet, body: Body, mapping: LedgerMapping) -> None:
    """Join the texts of rows that go on with the record above them to its own, and take the rows from the data.

    A row goes on if the record's name (or number) is merged over it and all it holds itself are texts: a figure,
    a day or a state of its own makes it a record that merely shares a name.
    """
    ledger = mapping.ledger
    key = {*ledger.key, ledger.near.similar if ledger.near else None}
    named: set[int] = set()
    texts: set[int] = set()
    for name, assignment in mapping.assigned.items():
        if ledger.column(name).type == "text":
            texts.update(column.index for column in assignment.columns)
            named.update(column.index for column in assignment.columns if name in key)
    texts.update(column.index for column in mapping.unmapped)
    data = set(body.data)
    for merge in sheet.merged:
        first = merge.first_row
        if merge.last_row == first or merge.first_column not in named or first not in data:
            continue
        for row in sorted(data & set(range(first + 1, merge.last_row + 1))):
            own = [column for column, value in enumerate(sheet.rows[row]) if not is_blank_cell(value)]
            if not own or not texts.issuperset(own) or not any(isinstance(sheet.rows[row][one], str) for one in own):
                continue
            for column in own:
                above = sheet.rows[first][column]
                parts = [as_text(value) for value in (above, sheet.rows[row][column]) if not is_blank_cell(value)]
                sheet.rows[first][column] = "\n".join(parts)
            data.discard(row)
            body.other[row] = "note"
    body.data[:] = [row for row in body.data if row in data]
