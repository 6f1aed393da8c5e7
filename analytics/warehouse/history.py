"""The history of one record: every version of it, from which upload and cell, what it changed, and what stands.

Versions are in the store alone, so asking takes the write lock for a moment. Must not change anything.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analytics.ledgers.model import Ledger
from analytics.settings import Settings
from analytics.warehouse import corrected, decisions, tables
from analytics.warehouse.errors import UnknownRecord
from analytics.warehouse.store import Store, Writing

_SHORTEST = 6
"""Least signs of a record's id that are taken for the whole of it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record once stood: file, sheet and row as the spreadsheet shows it."""

    file: str
    sheet: str
    row: int

    def __str__(self) -> str:
        return f"《{self.file}》“{self.sheet}”第 {self.row} 行"


def history(
    settings: Settings, ledger: Ledger, *, record_id: str | None = None, place: Place | None = None,
    wait: float | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return a record's versions, oldest first, each with what it changed and the cells put right in its preview.

    Beside them stand the data steward's decisions about the record, oldest first, undone ones too.

    Args:
        settings: Where the data folder is.
        ledger: Whose record.
        record_id: Its id, or the beginning of it.
        place: Where it stands or stood, instead of its id.
        wait: Seconds to wait for another writer.

    Raises:
        UnknownRecord: There is no such record, or the beginning of the id fits several.
        StoreBusy: Another process kept the write lock past the wait.
    """
    if not settings.warehouse.exists():
        raise UnknownRecord("还没有入库任何数据。")
    with Store(settings).writing(wait, publish_at_end=False) as writing:
        found = _of_id(writing, ledger, record_id) if record_id else _of_place(writing, ledger, place)
        rows = writing.history(ledger.id, found)
        reports = _reports(writing, {row["upload_id"] for row in rows})
        decided = decisions.of_record(writing.con, ledger.id, found)
        fixed = {
            row["upload_id"]: corrected.of_rows(writing.con, row["upload_id"], row["sheet"], row["row"])
            for row in rows
            if row["row"] is not None
        }
    versions = [{**one, "corrections": fixed.get(one["upload_id"], [])} for one in _versions(ledger, rows, reports)]
    return {"ledger": ledger.id, "record_id": found, "versions": versions, "decisions": decided}


def _of_id(writing: Writing, ledger: Ledger, given: str) -> str:
    rows = writing.con.execute(
        f"SELECT DISTINCT record_id FROM {tables.table(ledger.id)} WHERE starts_with(record_id, ?) LIMIT 2", [given]
    ).fetchall()
    if len(rows) == 1 and (rows[0][0] == given or len(given) >= _SHORTEST):
        return str(rows[0][0])
    if len(rows) > 1:
        raise UnknownRecord(f"{ledger.name}里编号以 {given} 开头的记录不止一条，请写全编号。")
    raise UnknownRecord(f"{ledger.name}里没有编号为 {given} 的记录。编号见 taizhang export 的 record_id 列。")


def _of_place(writing: Writing, ledger: Ledger, place: Place | None) -> str:
    if place is None:
        raise UnknownRecord("没有说明要看哪一条记录。")
    rows = writing.con.execute(
        f'SELECT record_id FROM {tables.table(ledger.id)} WHERE file_name = ? AND sheet = ? AND "row" = ? '
        "ORDER BY _version DESC LIMIT 1",
        [place.file, place.sheet, place.row],
    ).fetchall()
    if not rows:
        raise UnknownRecord(f"{ledger.name}里没有来自{place}的记录。")
    return str(rows[0][0])


def _reports(writing: Writing, uploads: Iterable[str]) -> dict[str, Any]:
    """Return the reports of some uploads, which say what column each field was read from."""
    rows = writing.con.execute(
        "SELECT upload_id, report FROM uploads WHERE list_contains(?, upload_id)", [list(uploads)]
    ).fetchall()
    return {upload_id: json.loads(text) for upload_id, text in rows}


def _versions(ledger: Ledger, rows: Sequence[dict[str, Any]], reports: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    before: dict[str, Any] | None = None
    for row in rows:
        removed = row["row"] is None
        said = {} if removed else _said(ledger, row)
        yield {
            "upload_id": row["upload_id"],
            "uploaded_at": row["created_at"].replace(tzinfo=dt.UTC).isoformat(timespec="seconds"),
            "by": row["created_by"],
            "standing": row["standing"],
            "file": row["file_name"],
            "sheet": row["sheet"],
            "row": row["row"],
            "unit": row["reporting_unit"],
            "values": said,
            "changes": [] if removed else _changes(ledger, row, said, before or {}, reports.get(row["upload_id"])),
        }
        if row["standing"] != "revoked":
            before = said


def _said(ledger: Ledger, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a version says, field by field; an estimate as its interval and words."""
    approx: dict[str, Any] = json.loads(row["approx"] or "{}")
    named = {column.name: approx.get(column.name, row[column.name]) for column in ledger.columns}
    return {name: value for name, value in named.items() if value is not None}


def _changes(
    ledger: Ledger, row: Mapping[str, Any], said: Mapping[str, Any], before: Mapping[str, Any], report: Any
) -> list[dict[str, Any]]:
    """Return the values of a version that differ from those that stood before it, with their cells."""
    return [
        {
            "field": column.name,
            "label": column.label,
            "cell": _cell(ledger, row, column.name, report),
            "old": before.get(column.name),
            "new": said.get(column.name),
        }
        for column in ledger.columns
        if said.get(column.name) != before.get(column.name)
    ]


def _cell(ledger: Ledger, row: Mapping[str, Any], name: str, report: Any) -> str | None:
    """Return the cell a value was read from; ``None`` for constants, defaults and what the sheet says as a whole."""
    own: dict[str, str] = json.loads(row["cells"] or "{}")
    if name in own:
        return own[name]
    for sheet in (report or {}).get("sheets", ()):
        inside = (sheet["first_row"] or 0) <= row["row"] <= (sheet["last_row"] or row["row"])
        if sheet["sheet"] == row["sheet"] and sheet["ledger"] == ledger.id and inside:
            letters = [one["column"] for one in sheet["mapping"] if one["field"] == name and one["column"]]
            return f"{letters[0]}{row['row']}" if letters else None
    return None
