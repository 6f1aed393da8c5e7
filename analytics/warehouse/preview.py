"""What loading a file would change, asked of the published version: no lock is taken, nothing is stored."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from analytics.etl.report import Outcome, SheetReport
from analytics.ledgers.model import Ledger
from analytics.warehouse import changes as diff
from analytics.warehouse import decisions, near, periods, tables, uploads
from analytics.warehouse.changes import ChangeSet, Replacement
from analytics.warehouse.published import Version
from analytics.warehouse.tables import quoted


class _PublishedSide:
    """Current records as readers see them."""

    def rows(self, ledger: Ledger) -> str:
        return quoted(ledger.id)

    def current(self, ledger: Ledger, keys: str | None = None) -> str:
        only = f" WHERE record_id IN ({keys})" if keys else ""
        return f"SELECT * FROM {quoted(ledger.id)}{only}"


def preview(
    version: Version, outcome: Outcome, mode: str, *, period: str | None = None, unit: str | None = None
) -> ChangeSet:
    """Return what committing ``outcome`` would change, and complete its report as the commit would.

    Args:
        version: What is there now.
        outcome: What reading the file gave; its sheet reports, findings and state are completed.
        mode: ``merge`` or ``replace``.
        period: The stated period.
        unit: The reporting unit.
    """
    found = ChangeSet()
    days = periods.span(period)
    if mode == "replace" and outcome.tables and (not unit or days is None):
        uploads.hold_back(outcome, uploads.needs_period(unit, period))
        return found
    con = version.connect()
    try:
        replacement = None
        if mode == "replace" and unit and days:
            rows = con.execute("SELECT upload_id, period FROM uploads WHERE reporting_unit = ?", [unit]).fetchall()
            replacement = Replacement(unit, days, tuple(row[0] for row in rows if periods.within(row[1], days)))
        side = _PublishedSide()
        sheets = outcome.report.sheets
        for name, records in outcome.tables.items():
            ledger = version.ledgers[name]
            incoming, aside = decisions.lay_over(con, ledger, tables.conform(ledger, records))
            incoming = incoming.append_column("_version", pa.array(range(incoming.num_rows), pa.int64()))
            diff.register(con, ledger, incoming)
            followed = diff.preview(con, ledger, side, incoming, sheets, replacement, found)
            _count_aside(aside, ledger, sheets, found)
            told = near.findings(con, ledger, side, sheets, found.counts[ledger.id], followed=followed)
            uploads.add_findings(outcome.report, told)
    finally:
        diff.forget(con)
        con.close()
    return found


def _count_aside(aside: pa.Table, ledger: Ledger, sheets: Sequence[SheetReport], found: ChangeSet) -> None:
    """Count the records that a decision keeps from counting: they are known, and change no figure."""
    for sheet in aside.column("sheet").to_pylist():
        mine = next((one for one in sheets if one.sheet == sheet and one.ledger == ledger.id), None)
        for changes in (found.counts[ledger.id], *([mine.changes] if mine else [])):
            changes.unchanged += 1
