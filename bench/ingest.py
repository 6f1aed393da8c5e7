"""Ingest of one large workbook: the whole command against the bare reading of the same file."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from bench.measure import Measure, Spread, fresh_folder, peak_memory, run, taizhang, timed
from bench.workbooks import job_fairs

ROWS, RUNS = 100_000, 5

_BARE = """
import sys, time
from python_calamine import CalamineWorkbook
start = time.perf_counter()
book = CalamineWorkbook.from_path(sys.argv[1])
rows = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
print(time.perf_counter() - start)
"""

_PANDAS = """
import sys, time
import pandas
start = time.perf_counter()
pandas.read_excel(sys.argv[1], engine="openpyxl")
print(time.perf_counter() - start)
"""


def _reading(program: str, path: Path) -> float:
    """Return the seconds a fresh process takes to read ``path``, without its own start."""
    return float(run([sys.executable, "-c", program, str(path)]).stdout)


def measure() -> Iterator[Measure]:
    """Time command and bare read in turns, so that a busy machine slows both alike; then weigh the command once."""
    path = job_fairs(ROWS)
    bare, whole = Spread(), Spread()
    for _ in range(RUNS):
        bare.seconds.append(_reading(_BARE, path))
        with fresh_folder() as data:
            whole.seconds.append(timed(lambda data=data: run(taizhang(data, "ingest", path, "--json"))))
    pandas = _reading(_PANDAS, path)
    with fresh_folder() as data:
        most = peak_memory(taizhang(data, "ingest", path, "--json"))
    with zipfile.ZipFile(path) as package:
        xml = sum(entry.file_size for entry in package.infolist() if entry.filename.startswith("xl/worksheets/"))
    yield Measure(
        "ingest_ratio",
        "Ingest of 100,000 × 14, whole command ÷ bare calamine read",
        "导入 10 万行 × 14 列：整条命令 ÷ calamine 只读",
        whole.median() / bare.median(),
        "×",
        limit=2.5,
        detail=f"命令 {whole}；只读 {bare}",
    )
    yield Measure("ingest_seconds", "The same, in seconds", "同上，用时", whole.median(), "s")
    yield Measure(
        "ingest_pandas",
        "The same ÷ pandas.read_excel (openpyxl) merely reading it",
        "同上 ÷ pandas（openpyxl）只读",
        whole.median() / pandas,
        "×",
        limit=1,
        detail=f"pandas {pandas:.2f} s，1 次",
    )
    yield Measure(
        "ingest_memory",
        "Peak memory of that ingest (all processes) ÷ the sheet's XML",
        "导入时内存峰值（含子进程）÷ 工作表 XML",
        most / xml,
        "×",
        limit=6,
        detail=f"{most / 2**20:.0f} MB；工作表 XML {xml / 2**20:.0f} MB",
    )
