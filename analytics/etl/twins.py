"""Two columns under one and the same heading: their rows are compared, for nobody can tell which one is meant.

Knows a table's mapping and its cells. Must not know how headings are written, nor how values are parsed.
"""

from __future__ import annotations

from analytics.etl.batch import Batch
from analytics.etl.codes import issue
from analytics.etl.grid import a1
from analytics.etl.headers import squeeze
from analytics.etl.mapping import LedgerMapping
from analytics.etl.values import shown
from analytics.etl.values.text import as_text, is_blank


def report_twins(batch: Batch, mapping: LedgerMapping) -> None:
    """Hold back each row in which two columns of one heading differ, though the rows looked at before did not.

    Columns that differ from the first rows on are not mapped at all. Text is never at stake: it is kept.
    """
    for lost in mapping.lost:
        declared = mapping.ledger.column(lost.field)
        if declared.type == "text" or lost.column.path != lost.winner.path or lost.field not in batch.raws:
            continue
        for position, taken in enumerate(batch.raws[lost.field]):
            row = batch.rows[position]
            other = batch.sheet.rows[row][lost.column.index]
            if is_blank(other) or squeeze(as_text(other)) == squeeze(as_text(taken)):
                continue
            said = issue(
                "VAL-TWO-CELLS", label=declared.label, header=lost.column.display,
                raw="空" if is_blank(taken) else shown(taken), cell=a1(row, lost.column.index), other=shown(other),
            )  # fmt: skip
            batch.say(position, said, lost.field, taken)
