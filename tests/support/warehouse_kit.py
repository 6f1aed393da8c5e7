"""Builders of upload outcomes by hand, so that tests of the warehouse need no workbook and no reader."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from analytics.etl.report import (
    Counts,
    FileReport,
    Finding,
    MappedColumn,
    Outcome,
    QuarantinedRow,
    SheetReport,
    State,
)
from analytics.ledgers import Ledger, ledgers
from analytics.ledgers.schema import record_schema

WEIBIN, JINTAI = "渭滨区总工会", "金台区总工会"
FIRST_ROW = 4


def record_id(ledger: str, *key: object) -> str:
    """A stand-in for the ETL's key hash: the same key gives the same id."""
    return hashlib.sha256(repr((ledger, key)).encode()).hexdigest()[:32]


def fair(name: str, day: str = "2024-07-01", **values: Any) -> dict[str, Any]:
    """One job fair; ``values`` override."""
    when = dt.date.fromisoformat(day)
    return {
        "record_id": record_id("job_fair", name, day),
        "fair_name": name,
        "fair_date": when,
        "county": "渭滨区",
        "mode": "线下",
        "sessions": 1,
        "employers_n": 20,
        "jobs_n": 100,
        "visits_total": 300,
        **values,
    }


def class_(name: str, day: str = "2024-07-01", **values: Any) -> dict[str, Any]:
    """One training class; ``values`` override."""
    return {
        "record_id": record_id("training", name, day),
        "course_name": name,
        "category": "电工",
        "start_date": dt.date.fromisoformat(day),
        "trained_visits": 50,
        **values,
    }


def goal(year: int, kpi: str, amount: int, county: str = "全市") -> dict[str, Any]:
    """One annual target."""
    return {
        "record_id": record_id("target", year, kpi, county),
        "year": year,
        "kpi": kpi,
        "county": county,
        "annual_target": amount,
    }


def table(ledger: Ledger, rows: Sequence[Mapping[str, Any]], file: str, sheet: str, unit: str | None) -> pa.Table:
    """Rows as the ETL hands them over."""
    full = [
        {"file_name": file, "sheet": sheet, "row": FIRST_ROW + number, "reporting_unit": unit, **row}
        for number, row in enumerate(rows)
    ]
    return pa.Table.from_pylist(full, schema=record_schema(ledger))


def upload(
    file: str = "七月台账.xlsx",
    *,
    unit: str | None = WEIBIN,
    period: str | None = None,
    state: State = "accepted",
    held: Sequence[int] = (),
    findings: Sequence[Finding] = (),
    declared: Mapping[str, Ledger] | None = None,
    sha256: str | None = None,
    **rows: Sequence[Mapping[str, Any]],
) -> Outcome:
    """One file's outcome, a sheet a ledger: ``upload(job_fair=[fair("春风行动")])``. ``held``: quarantined rows."""
    known = declared or ledgers()
    sheets, tables, quarantine = [], {}, []
    for name, records in rows.items():
        ledger = known[name]
        letters = [
            MappedColumn(chr(66 + at), column.label, column.name, "exact")
            for at, column in enumerate(ledger.columns[:24])
        ]
        counts = Counts(read=len(records) + len(held), loaded=len(records), quarantined=len(held))
        last = max([FIRST_ROW + len(records) - 1, *held])
        sheets.append(
            SheetReport(ledger.name, name, [3], FIRST_ROW, last, letters, [], counts, fingerprint=f"print-{name}")
        )
        tables[name] = table(ledger, records, file, ledger.name, unit)
        quarantine += [QuarantinedRow(ledger.name, row, name, {"D": "较多"}) for row in held]
    digest = sha256 or hashlib.sha256(repr((file, unit, sorted(rows.items(), key=str), held)).encode()).hexdigest()
    report = FileReport(file, digest, state, None, sheets, list(findings))
    return Outcome(report, tables, quarantine, unit, period)
