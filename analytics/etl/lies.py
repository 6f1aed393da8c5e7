"""Headers that lie: a column most of whose cells are of another kind than its heading says (dates under 人数).

Knows what was said of one field's cells. Must not know tables, nor how a value is parsed.
"""

from __future__ import annotations

from collections.abc import Mapping

from analytics.etl.batch import Batch
from analytics.etl.codes import issue
from analytics.etl.grid import a1
from analytics.etl.mapping import LedgerMapping
from analytics.etl.report import Finding
from analytics.etl.values import Parsed, shown
from analytics.etl.values.text import is_blank

_WRONG_KIND = ("-WORDS", "-DATE", "-BOOLEAN", "-UNREADABLE", "-TIME-ONLY", "-TOO-LARGE")
_TYPE_WORDS = {
    "date": "日期",
    "year": "年份",
    "boolean": "是或否",
    "choice": "可选项",
    "county": "县区",
    "text": "文字",
}


def lying_header(
    batch: Batch, mapping: LedgerMapping, name: str, noted: Mapping[int, Parsed], header: int
) -> Finding | None:
    """Return what is to be said of a field's heading, ``None`` if its cells bear it out.

    Args:
        batch: The table's rows.
        mapping: Which column fills which field.
        name: The field.
        noted: What its parser said, by position.
        header: The row of the lowest heading, from 0.
    """
    wrong = [
        position
        for position, parsed in noted.items()
        if any(
            said.code.endswith(_WRONG_KIND) and (said.severity == "error" or said.code == "VAL-TEXT-DATE")
            for said in parsed.issues
        )
    ]
    raws = batch.raws[name]
    if len(wrong) < 2 or len(wrong) * 2 <= sum(not is_blank(raw) for raw in raws):
        return None
    column = mapping.assigned[name].columns[0]
    said = issue(
        "MAP-HEADER-LIES",
        header=column.display,
        expected=_TYPE_WORDS.get(mapping.ledger.column(name).type, "数"),
        bad=len(wrong),
        all=sum(not is_blank(raw) for raw in raws),
        example=shown(raws[wrong[0]]),
    )
    cell = a1(header, column.index)
    return Finding(said.code, said.severity, said.message, said.hint, batch.sheet.name, cell, None, name)
