"""Ingest of many small workbooks, as a month's submissions arrive."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from bench.measure import Measure, fresh_folder, run, taizhang, timed
from bench.workbooks import job_fairs

FILES, ROWS = 1_000, 30


def measure() -> Iterator[Measure]:
    """Ingest a folder of a thousand workbooks of thirty rows."""
    paths = [job_fairs(ROWS, number=number) for number in range(1, FILES + 1)]
    with fresh_folder() as data, fresh_folder() as folder:
        for path in paths:
            shutil.copy(path, folder)
        seconds = timed(lambda: run(taizhang(data, "ingest", folder, "--json")))
    yield Measure(
        "small_workbooks",
        "Workbooks of 30 rows ingested a minute",
        "每分钟导入 30 行的小工作簿",
        60 * FILES / seconds,
        "",
        limit=1_000,
        at_least=True,
        detail=f"{FILES} 个用 {seconds:.1f} s",
    )
