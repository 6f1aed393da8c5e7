"""What a person may send: rows of their own counties, tables of their own ledgers; the rest is held back and said.

Works on what reading gave, before anything is shown or kept. Must not know roles, nor how a file is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from analytics.etl.report import Finding, Outcome, QuarantinedRow, SheetReport, settle
from analytics.etl.values.places import county_of_unit
from analytics.ledgers.model import Ledger, ledgers
from analytics.metrics.scope import Scope

_ASK = "属于本单位的，请核对县区和填报单位；不属于的，请由该单位或数据管理员上传"


def sees(scope: Scope, ledger: Ledger) -> bool:
    """Return whether tables of a ledger are within the scope."""
    return scope.sees_ledger(ledger.id) and (scope.discipline or not ledger.restricted)


def keep_within(outcome: Outcome, scope: Scope) -> None:
    """Hold back the rows of ``outcome`` that are not the sender's to send; the counts still reconcile."""
    if scope.whole and scope.discipline:
        return
    refused = False
    for name in list(outcome.tables):
        ledger = ledgers()[name]
        records = outcome.tables[name]
        if not sees(scope, ledger):
            refused = True
            said = Finding(
                "SCOPE-LEDGER", "error", f"{ledger.name}不在您负责的台账之内，没有收录",
                "请由负责这本台账的人员上传，或联系系统管理员调整范围",
            )  # fmt: skip
            _hold(outcome, name, [said] * records.num_rows)
        elif scope.counties is not None:
            counties = _counties(ledger, records, outcome.reporting_unit)
            said_of = [None if place and scope.sees_county(place) else _county(place) for place in counties]
            if any(said_of):
                refused = True
                _hold(outcome, name, said_of)
    if refused:
        loaded = sum(table.num_rows for table in outcome.tables.values())
        report = outcome.report
        report.state = settle(report.findings, loaded=loaded, held=len(outcome.quarantine), refused=False)


def _county(place: str | None) -> Finding:
    if place is None:
        return Finding(
            "SCOPE-COUNTY", "error", "这一行看不出属于哪个县区，没有收录", "请补填县区，或在上方写明填报单位后重新校验"
        )
    return Finding("SCOPE-COUNTY", "error", f"这一行属于{place}，不在您负责的县区之内，没有收录", _ASK)


def _counties(ledger: Ledger, records: pa.Table, sender: str | None) -> list[str | None]:
    """Return the county of each record: its own, or that of the office that reports it."""
    column = next((one.name for one in ledger.columns if one.type == "county"), None)
    own = records.column(column).to_pylist() if column else [None] * records.num_rows
    units = records.column("reporting_unit").to_pylist()
    found: list[str | None] = []
    for county, unit in zip(own, units, strict=True):
        office = unit or sender
        place = county_of_unit(office) if county is None and office else None
        found.append(county if county is not None else place.name if place else None)
    return found


def _hold(outcome: Outcome, name: str, said: Sequence[Finding | None]) -> None:
    """Move the records of which something is said to the rows held back, each with its finding."""
    report = outcome.report
    records = outcome.tables[name]
    for at, record in enumerate(records.to_pylist()):
        found = said[at]
        if found is None:
            continue
        sheet = _sheet_of(report.sheets, name, record["sheet"], record["row"])
        letters = {one.field: one.column for one in sheet.mapping if one.column} if sheet else {}
        cells = {letters[field]: str(record[field]) for field in letters if record.get(field) is not None}
        outcome.quarantine.append(QuarantinedRow(record["sheet"], record["row"], name, cells))
        first = next((letters[column.name] for column in ledgers()[name].columns if column.type == "county"
                      and column.name in letters), None)  # fmt: skip
        cell = f"{first}{record['row']}" if first else None
        report.findings.append(
            Finding(found.code, found.severity, found.message, found.hint, record["sheet"], cell, record["row"])
        )
        if sheet:
            sheet.counts.loaded -= 1
            sheet.counts.quarantined += 1
    kept = records.filter(pa.array([one is None for one in said]))
    if kept.num_rows:
        outcome.tables[name] = kept
    else:
        del outcome.tables[name]


def _sheet_of(sheets: list[SheetReport], ledger: str, name: str, row: int) -> SheetReport | None:
    return next(
        (
            one
            for one in sheets
            if one.ledger == ledger and one.sheet == name and (one.first_row or 0) <= row <= (one.last_row or row)
        ),
        None,
    )


def may_replace(scope: Scope, unit: str | None) -> bool:
    """Return whether a person may replace a unit's period as a whole: the unit must be of their counties."""
    if scope.counties is None:
        return True
    place: Any = county_of_unit(unit) if unit else None
    return place is not None and scope.sees_county(place.name)
