"""The demo ledgers: workbooks a made-up city's union offices would send, and the truth of every cell in them.

``build`` writes the workbooks of two years, ``generate`` makes one workbook with chosen habits, ``records`` makes
typed tables of any size without workbooks. This package must not know the ETL.
"""

from __future__ import annotations

from analytics.demo.build import DEFAULT_SEED, build, make
from analytics.demo.habits import Habit, of_kind
from analytics.demo.records import records
from analytics.demo.truth import (
    Approx,
    FileTruth,
    FindingTruth,
    Masked,
    QuarantineTruth,
    RecordTruth,
    SheetTruth,
    Truth,
)
from analytics.demo.workbook import Made, fits, generate

__all__ = [
    "DEFAULT_SEED",
    "Approx",
    "FileTruth",
    "FindingTruth",
    "Habit",
    "Made",
    "Masked",
    "QuarantineTruth",
    "RecordTruth",
    "SheetTruth",
    "Truth",
    "build",
    "fits",
    "generate",
    "make",
    "of_kind",
    "records",
]
