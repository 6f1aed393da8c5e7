"""Growth: the same ledger three and ten times as long, whole command, time and memory. Minutes long; named to run."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

from bench.measure import Measure, fresh_folder, peak_memory, run, taizhang, timed
from bench.workbooks import job_fairs

BASE = 100_000
LENGTHS = (300_000, 1_000_000)
SLACK = 1.25
"""How much dearer than the shortest a row of a longer ledger may be."""


def sheet_xml(path: Path) -> int:
    """Return how many bytes the sheets of a workbook unpack to."""
    with zipfile.ZipFile(path) as package:
        return sum(entry.file_size for entry in package.infolist() if entry.filename.startswith("xl/worksheets/"))


def _seconds(path: Path, times: int) -> float:
    """Return the best of some whole commands, so that a busy moment of the machine counts as little as it can."""
    found = []
    for _ in range(times):
        with fresh_folder() as data:
            found.append(timed(lambda data=data: run(taizhang(data, "ingest", path, "--json"))))
    return min(found)


def measure() -> Iterator[Measure]:
    """Hold the time and the memory a row to those of the shortest ledger."""
    base = _seconds(job_fairs(BASE), 3) / BASE
    for length in LENGTHS:
        path = job_fairs(length)
        seconds = _seconds(path, 2 if length < 1_000_000 else 1)
        name = f"{length // 10_000} 万"
        yield Measure(
            f"growth_{length}",
            f"Time a row at {length:,} rows ÷ at {BASE:,}",
            f"{name}行时每行用时 ÷ 10 万行时",
            seconds / length / base,
            "×",
            limit=SLACK,
            detail=f"{name}行 {seconds:.1f} s；10 万行 {base * BASE:.1f} s",
        )
        with fresh_folder() as data:
            most = peak_memory(taizhang(data, "ingest", path, "--json"))
        yield Measure(
            f"memory_{length}",
            f"Peak memory at {length:,} rows ÷ the sheet's XML",
            f"{name}行时内存峰值 ÷ 工作表 XML",
            most / sheet_xml(path),
            "×",
            limit=6,
            detail=f"{most / 2**20:.0f} MB",
        )
