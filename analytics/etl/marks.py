"""What people mark on cells without changing their values: comments, and words struck through.

Says of each record what is marked on it. A mark never changes a value: whoever noted 应为260 on a cell of 200 must
put it into the cell. Must not know how a mark is kept in a file, nor how a value is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from analytics.etl.batch import Batch
from analytics.etl.codes import issue
from analytics.etl.report import MARK_OPENING
from analytics.etl.values.text import shown

_MENDS = re.compile(
    r"更正|改为|改成|应为|应是|实为|实际[是为]|取消|作废|有误|错误|填错|写错|删除|删去|不计|不算|重复|待核|存疑|核实|核减|调整|修改|"
    r"未(?:举办|开展|举行|召开|实施|完成)|延期|推迟|漏"
)
"""Wording of a comment that may take back what its cell says."""


def report_marks(batch: Batch) -> None:
    """Say which records are struck through, and what comments stand on their cells."""
    sheet = batch.sheet
    if not sheet.struck_rows and not sheet.notes:
        return
    fields = {column: name for name, column in batch.column_of.items()}
    notes: dict[int, list[tuple[int, str]]] = {}
    for (row, column), text in sorted(sheet.notes.items()):
        own = text.partition(MARK_OPENING)[0].strip()
        if own:
            notes.setdefault(row, []).append((column, own))
    for position in _kept(batch):
        row = batch.rows[position]
        if row in sheet.struck_rows:
            batch.say(position, issue("ROW-STRUCK"), None)
        for column, text in notes.get(row, ()):
            mends = _MENDS.search(text) is not None
            name = fields.get(column)
            label = batch.ledger.column(name).label if name else "本行"
            said = issue("VAL-COMMENT", severity="warning" if mends else "info", label=label, note=shown(text))
            raw = batch.raw(position, name) if name else None
            batch.say(position, said, name, raw, column)


def _kept(batch: Batch) -> Iterator[int]:
    return (place for place in range(len(batch.rows)) if place not in batch.blank)
