"""Which faults of the workbooks come up most often, each with one place to look at.

It counts the findings of a published version over the uploads that are about a period. This module must not know how a
finding is made, nor who may see which.
"""

from __future__ import annotations

import datetime as dt
import re
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from analytics import moments
from analytics.etl.codes import CODES, rule_code
from analytics.ledgers import ledgers
from analytics.metrics.periods import Period, parse_period
from analytics.metrics.submissions import all_sendings, limited

if TYPE_CHECKING:
    from analytics.metrics.where import Where
    from analytics.warehouse.published import Version

_COUNTED = """
    SELECT code, severity, upload_id, count(*) AS times,
           arg_min({message: message, hint: hint, file: file_name, sheet: sheet, cell: cell, line: "row"}, ordinal) one
    FROM findings WHERE severity IN ('error', 'warning') AND NOT coalesce(list_contains(?, ledger), FALSE)
    GROUP BY ALL ORDER BY upload_id, code
"""
_NAMED = re.compile(r"（[^（）]*\{[^（）]*）|\{[^{}]*\}")


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of finding, how often it came up, and where to see one.

    Attributes:
        code: Its stable code.
        title: What it is called.
        severity: ``error`` where rows were held back for it, else ``warning``.
        times: How often it came up.
        files: In how many workbooks.
        message: The sentence about one of them.
        hint: What to do about it.
        file: The workbook of that one.
        sheet: Its sheet.
        cell: Its cell, or its row where it is about a whole row.
    """

    code: str
    title: str
    severity: str
    times: int
    files: int
    message: str
    hint: str
    file: str
    sheet: str
    cell: str


@cache
def _titles() -> dict[str, str]:
    """Return what each finding is called: as the catalogue says, and of a declared rule its sentence without values."""
    told = {code: entry.title for code, entry in CODES.items()}
    for ledger in ledgers().values():
        told |= {rule_code(ledger.id, rule.id): _NAMED.sub("", rule.message) for rule in ledger.rules}
    return told


def most_frequent(
    version: Version,
    *,
    period: str | Period,
    county: str | None = None,
    as_of: dt.date | None = None,
    discipline: bool = False,
    most: int = 6,
) -> list[Fault]:
    """Return the findings that came up most often, those that held rows back before those that only warn.

    Args:
        version: What to look through, as the reader may see it.
        period: Workbooks about some day of it count, and those that tell nothing.
        county: Only workbooks of this county's office, by code or name.
        as_of: The day relative periods are told from; today if not given.
        discipline: As in ``metrics.query``.
        most: How many kinds of either to return.
    """
    day = as_of or moments.today()
    asked = parse_period(period, day)
    where: Where = {"version": version, "discipline": discipline, "county": county}
    every = all_sendings({"version": version, "discipline": discipline}, day)
    mine = {one.upload_id for one in limited(every, where) if one.touches(asked)}
    # A workbook of which no row was read belongs to no period, and is never to be forgotten.
    known = {one.upload_id for one in every}
    with closing(version.connect()) as connection:
        # What a finding about a discipline ledger says repeats its cells: it stands in its sender's own preview.
        apart = [ledger.id for ledger in ledgers().values() if ledger.restricted]
        rows = connection.execute(_COUNTED, [apart]).fetchall()
    found: dict[tuple[str, str], Fault] = {}
    for code, severity, upload, times, one in rows:
        if upload not in mine and (upload in known or county is not None):
            continue
        held = found.get((code, severity))
        place = one["cell"] or (f"第 {one['line']} 行" if one["line"] else "")
        found[code, severity] = Fault(
            code,
            _titles().get(code, code),
            severity,
            times + (held.times if held else 0),
            1 + (held.files if held else 0),
            *(
                (held.message, held.hint, held.file, held.sheet, held.cell)
                if held
                else (one["message"], one["hint"] or "", one["file"] or "", one["sheet"] or "", place)
            ),
        )
    ranked = sorted(found.values(), key=lambda fault: (-fault.times, fault.code))
    held_back = [fault for fault in ranked if fault.severity == "error"][:most]
    return held_back + [fault for fault in ranked if fault.severity != "error"][:most]
