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
    """Say of each row in which two columns of one heading differ what both say.

    Side by side (or under one merged heading) neither has the better claim, so the row is held back. Where they
    stand apart the first is taken, as a reader would, and the row says so. Text is never at stake: it is kept.
    """
    for lost in mapping.lost:
        declared = mapping.ledger.column(lost.field)
        if declared.type == "text" or lost.column.path != lost.winner.path or lost.field not in batch.raws:
            continue
        beside = lost.column.index - lost.winner.index == 1
        for position, taken in enumerate(batch.raws[lost.field]):
            row = batch.rows[position]
            other = batch.sheet.rows[row][lost.column.index]
            if is_blank(other) or squeeze(as_text(other)) == squeeze(as_text(taken)):
                continue
            said = issue(
                "VAL-TWO-CELLS", severity="error" if beside else "warning", label=declared.label,
                header=lost.column.display, raw="空" if is_blank(taken) else shown(taken), other=shown(other),
                cell=a1(row, lost.column.index), then="分不清以哪一格为准，没有收录" if beside else "取前一格",
            )  # fmt: skip
            batch.say(position, said, lost.field, taken)
