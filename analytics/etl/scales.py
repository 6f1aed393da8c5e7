"""Sums of money in a column that look as if yuan and ten thousand yuan had been mixed up.

Nothing is converted on suspicion: a sum that stands out is said. Must not know how a number is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from analytics.etl.batch import Batch, plain_number
from analytics.etl.codes import issue
from analytics.etl.values import Context
from analytics.etl.values.text import as_text, shown
from analytics.etl.values.units import unit_scale

_BARE = re.compile(r"[\d.,，\s]+")
_TINY, _SMALL, _HUGE, _APART = 10.0, 100.0, 1e7, 1000.0
"""Yuan below which no office spends; below which a sum is odd beside thousands; above which it is odd where the
heading says 万元; how many times the middle of the column make a sum stand out."""


def report_scales(batch: Batch, contexts: Mapping[str, Context]) -> None:
    """Say of sums without a unit of their own that they may be in yuan where the column is in 万元, or the reverse."""
    for declared in batch.ledger.columns:
        array = batch.arrays.get(declared.name)
        context = contexts.get(declared.name)
        if declared.type != "money" or array is None or context is None or array.null_count == len(array):
            continue
        sums = pc.cast(array, pa.float64())
        positive = pc.if_else(pc.greater(sums, 0.0), sums, None)
        middle = pc.quantile(positive, 0.5)[0].as_py()
        if middle is None:
            continue
        if unit_scale(context.unit or "") >= 10_000:
            least = min(_HUGE, middle * _APART) if len(sums) - positive.null_count > 2 else _HUGE
            odd = pc.greater_equal(positive, least)
        else:
            odd = pc.less(positive, _SMALL if middle >= _SMALL * _APART / 10 else _TINY)
        for position in pc.indices_nonzero(pc.fill_null(odd, fill_value=False)).to_pylist():
            raw = batch.raws[declared.name][position]
            if not _BARE.fullmatch(as_text(raw)):
                continue  # its unit stands beside it
            value, unit = plain_number(array[position].as_py()), context.unit or declared.unit or ""
            said = issue("VAL-MONEY-SCALE", label=declared.label, raw=shown(raw), unit=unit, value=value)
            batch.say(position, said, declared.name, raw)
