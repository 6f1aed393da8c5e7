"""What the template's example row writes in place of texts: nobody's data, whatever became of the rest of its row.

Shared by who writes the template and who reads it back. Must not know layouts, nor how values are parsed.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from analytics.etl.batch import Batch
from analytics.etl.codes import issue
from analytics.etl.headers import squeeze
from analytics.ledgers.model import Column


def placeholder(column: Column) -> str:
    """Return what stands for a text in the example row: （招聘会名称）."""
    return f"（{column.label}）"


def report_placeholders(batch: Batch) -> None:
    """Hold back the rows in which such a text was left: an example row that lost its mark, or was filled in halfway."""
    for name, array in batch.arrays.items():
        declared = batch.ledger.column(name)
        if declared.type != "text" or name not in batch.raws:
            continue
        left = placeholder(declared)
        spelled = pa.array([left, squeeze(left)], array.type)
        for position in pc.indices_nonzero(pc.is_in(array, spelled)).to_pylist():
            batch.say(position, issue("VAL-PLACEHOLDER", label=declared.label, raw=left), name, left)
