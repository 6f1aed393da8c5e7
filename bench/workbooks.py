"""The workbooks the measures read: job-fair ledgers of any length, with the variety real ones have."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from openpyxl import Workbook

from analytics.ledgers.model import geography, ledgers
from bench.measure import CACHE

LEDGER = "job_fair"
FIELDS = (
    "fair_name",
    "fair_date",
    "county",
    "venue",
    "organizer",
    "mode",
    "theme_type",
    "employers_n",
    "jobs_n",
    "visits_total",
    "migrant_visits",
    "new_form_visits",
    "intention_n",
    "remark",
)


def job_fairs(rows: int, *, number: int = 0) -> Path:
    """Return a workbook of ``rows`` job fairs × 14 columns, written once; ``number`` tells several apart."""
    path = CACHE / f"job_fairs-v1-{rows}-{number}.xlsx"
    if path.exists():
        return path
    ledger = ledgers()[LEDGER]
    counties = [county.name for county in geography().counties]
    choices = {name: list(ledger.column(name).choices) for name in ("mode", "theme_type")}
    book = Workbook(write_only=True)
    sheet = book.create_sheet(ledger.name)
    sheet.append([f"2024年{ledger.name}"])
    sheet.append([f"填报单位：{counties[number % len(counties)]}"])
    sheet.append([ledger.column(name).label for name in FIELDS])
    first = dt.date(2024, 1, 1)
    for index in range(rows):
        serial = number * 1_000_003 + index
        visits = 80 + serial % 911
        sheet.append(
            [
                f"第{serial + 1}场春风行动招聘会",
                first + dt.timedelta(days=serial % 300),
                counties[serial % len(counties)],
                f"{serial % 240 + 1}号社区广场",
                f"{counties[serial % len(counties)]}总工会",
                choices["mode"][serial % len(choices["mode"])],
                choices["theme_type"][serial % len(choices["theme_type"])],
                8 + serial % 41,
                260 + serial % 1213,
                visits,
                visits // 3,
                visits // 4,
                visits // 5,
                None if serial % 3 else f"第{serial % 17}批",
            ]
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    book.save(unfinished)
    unfinished.rename(path)
    return path
