"""What was read, held against the truth: every difference, so that none is silent.

Takes the plain report of one file (the command line's JSON) and its records as Arrow tables, so that anything that
reads ledgers can be judged by it. This module must not know how a workbook is read.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import pyarrow as pa

from analytics.demo.truth import (
    Approx,
    Expected,
    FindingTruth,
    Masked,
    QuarantineTruth,
    RecordTruth,
    SheetTruth,
    Truth,
)
from analytics.ledgers.model import ledgers

Kind = Literal["missing", "extra", "value", "quarantine", "finding", "unasked", "counts", "sheet"]
"""missing: a good row was not loaded. extra: a row that must not be loaded was. value: a loaded field differs.
quarantine: held back without the right reason at the right cell. finding: a remark that was due is absent.
unasked: a warning or an error about a place where nothing is wrong. counts, sheet: the sheet's account differs."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as the truth says."""

    kind: Kind
    file: str
    sheet: str
    row: int | None
    place: str
    expected: str
    got: str

    def __str__(self) -> str:
        """Return one line for a person."""
        row = f" 第{self.row}行" if self.row else ""
        return f"[{self.kind}] {self.file} / {self.sheet}{row} {self.place}：应为 {self.expected}，实为 {self.got}"


Row = dict[str, Any]
Place = tuple[str, int]


def compare(truth: Truth, report: Mapping[str, Any], tables: Mapping[str, pa.Table]) -> list[Difference]:
    """Return every difference between one file's truth and what was read from it.

    Args:
        truth: What the file says.
        report: The file's report in the command line's JSON form.
        tables: The records read from the file, by ledger.
    """
    judge = _Judge(truth, report)
    judge.records(tables)
    judge.quarantined()
    judge.remarks()
    judge.sheets()
    return judge.differences


def compare_records(truth: Truth, tables: Mapping[str, pa.Table]) -> list[Difference]:
    """Return the differences between many files' truth and stored records, by file, sheet and row."""
    differences: list[Difference] = []
    files = {record.file for record in truth.records} | {one.file for one in truth.quarantined}
    stored: dict[str, dict[str, list[Row]]] = {}
    for ledger, table in tables.items():
        for row in table.to_pylist():
            stored.setdefault(row["file_name"], {}).setdefault(ledger, []).append(row)
    for file in sorted(files | set(stored)):
        judge = _Judge(of_file(truth, file), {"file": file, "sheets": [], "findings": []})
        judge.rows(stored.get(file, {}))
        differences += judge.differences
    return differences


def of_file(truth: Truth, file: str) -> Truth:
    """Return the part of a truth that is about one file."""
    return Truth(
        truth.seed,
        [one for one in truth.files if one.file == file],
        [one for one in truth.sheets if one.file == file],
        [one for one in truth.records if one.file == file],
        [one for one in truth.quarantined if one.file == file],
        [one for one in truth.findings if one.file == file],
    )


class _Judge:
    """Compares one file."""

    def __init__(self, truth: Truth, report: Mapping[str, Any]) -> None:
        self.truth = truth
        self.report = report
        self.file = str(report["file"])
        self.findings: list[dict[str, Any]] = list(report["findings"])
        self.differences: list[Difference] = []

    def say(self, kind: Kind, sheet: str, row: int | None, place: str, expected: object, got: object) -> None:
        self.differences.append(Difference(kind, self.file, sheet, row, place, str(expected), str(got)))

    # Records -----------------------------------------------------------------------------------------------------

    def records(self, tables: Mapping[str, pa.Table]) -> None:
        self.rows({ledger: table.to_pylist() for ledger, table in tables.items()})

    def rows(self, by_ledger: Mapping[str, list[Row]]) -> None:
        read: dict[tuple[str, str, int], Row] = {}
        for ledger, rows in by_ledger.items():
            for one in rows:
                read[(ledger, one["sheet"], one["row"])] = one
        twins = [record for record in self.truth.records if record.repeats]
        standing = {id(one) for one in twins if (one.ledger, one.sheet, one.row) in read}
        for record in self.truth.records:
            row: Row | None = read.pop((record.ledger, record.sheet, record.row), None)
            if row is not None:
                self.record(record, row)
            elif not (record.repeats and any(_same(record, one) and id(one) in standing for one in twins)):
                said = self.said_about(record.sheet, record.row) or "没有"
                self.say("missing", record.sheet, record.row, record.ledger, "收录", said)
        for (ledger, sheet, number), left in read.items():
            self.say("extra", sheet, number, ledger, "不收录", {k: v for k, v in left.items() if v is not None})

    def record(self, truth: RecordTruth, row: Row) -> None:
        approx: dict[str, dict[str, Any]] = json.loads(row["approx"] or "{}")
        precision: dict[str, str] = json.loads(row["precision"] or "{}")
        extra: dict[str, str] = json.loads(row["extra"] or "{}")
        for column in ledgers()[truth.ledger].columns:
            expected, got = truth.fields[column.name], row[column.name]
            place = f"{column.name}（{truth.cells.get(column.name, '-')}）"
            if not _agrees(expected, got, approx.get(column.name)):
                self.say("value", truth.sheet, truth.row, place, expected, approx.get(column.name) or repr(got))
            elif not isinstance(expected, Approx) and column.name in approx:
                self.say("value", truth.sheet, truth.row, place, expected, approx[column.name])
        # The end of a written span is as precise as its start, said or not.
        ends = {column.range_end for column in ledgers()[truth.ledger].columns}
        if _without(precision, ends) != _without(truth.precision, ends):
            self.say("value", truth.sheet, truth.row, "precision", truth.precision, precision)
        for header, content in truth.extra.items():
            if content not in [str(value) for name, value in extra.items() if header in name]:
                self.say("value", truth.sheet, truth.row, f"extra {header}", content, extra)
        sheet = self.sheet(truth.sheet)
        if sheet is not None and sheet.reporting_unit and row["reporting_unit"] != sheet.reporting_unit:
            self.say("value", truth.sheet, truth.row, "reporting_unit", sheet.reporting_unit, row["reporting_unit"])
        if sheet is not None and sheet.reported_on and row["reported_on"] != sheet.reported_on:
            self.say("value", truth.sheet, truth.row, "reported_on", sheet.reported_on, row["reported_on"])

    def sheet(self, name: str) -> SheetTruth | None:
        return next((sheet for sheet in self.truth.sheets if sheet.sheet == name), None)

    def said_about(self, sheet: str, row: int) -> str:
        said = [f for f in self.findings if f["sheet"] == sheet and f["row"] == row]
        return "；".join(f"{f['code']} {f['cell']} {f['message']}" for f in said)

    # Rows held back, and remarks ---------------------------------------------------------------------------------

    def quarantined(self) -> None:
        for held in self.truth.quarantined:
            about = [f for f in self.findings if f["sheet"] == held.sheet and f["row"] == held.row]
            errors = [f for f in about if f["severity"] == "error"]
            if not any(_tells(held, finding) for finding in errors):
                expected = f"{held.family} {held.cell or ''} {held.raw or ''}（{held.why}）"
                got = self.said_about(held.sheet, held.row)
                self.say("quarantine", held.sheet, held.row, held.ledger, expected, got)

    def remarks(self) -> None:
        for due in self.truth.findings:
            if not any(_is(due, finding) for finding in self.findings):
                place = f"{due.family} {due.cell or ''}"
                got = self.said_about(due.sheet, due.row) if due.row else ""
                self.say("finding", due.sheet, due.row, place, due.why, got or "没有")
        explained = self.explained()
        for finding in self.findings:
            if finding["severity"] == "info" or explained(finding):
                continue
            what = f"{finding['code']} {finding['cell'] or ''}"
            self.say("unasked", str(finding["sheet"]), finding["row"], what, "无可指摘", finding["message"])

    def explained(self) -> Any:
        """Return a test of whether a warning or an error has a cause in the truth."""
        held = {(one.sheet, one.row) for one in self.truth.quarantined}
        cells = {(record.sheet, record.cells[name]) for record in self.truth.records for name in record.spelled}
        loose = {sheet.sheet for sheet in self.truth.sheets if not sheet.totals_hold}
        alike = {(record.sheet, record.row) for record in self.truth.records if record.alike or record.repeats}
        foreign = {sheet.sheet for sheet in self.truth.sheets if sheet.ledger is None}
        said = {due.family for due in self.truth.findings if due.family.startswith("RULE-")}
        spoiled = {(one.sheet, column_of(one.cell)) for one in self.truth.quarantined if one.cell}

        def test(finding: dict[str, Any]) -> bool:
            sheet, row, code = finding["sheet"], finding["row"], finding["code"]
            if any(_is(due, finding) for due in self.truth.findings) or (sheet, row) in held:
                return True
            if (sheet, finding["cell"]) in cells and code.startswith("VAL-"):
                return True
            if code.startswith("TOTAL-") and sheet in loose:
                return True
            if code.startswith("DUP-") and (sheet, row) in alike:
                return True
            if code in said and (sheet, row) in alike:
                return True  # the same is due of the row that says the same
            if code == "PRIV-COLUMN-DROPPED" and any(place == sheet for place, _ in held):
                return True  # a number that slid into the next column with its row
            if code == "MAP-HEADER-LIES" and (sheet, column_of(finding["cell"])) in spoiled:
                return True
            return code == "RULE-NEEDS-COLUMN" or sheet in foreign

        return test

    # Sheets ------------------------------------------------------------------------------------------------------

    def sheets(self) -> None:
        read: dict[tuple[str, str | None], Counter[str]] = {}
        kept_as: dict[str, set[str | None]] = {}
        for sheet in self.report["sheets"]:
            read.setdefault((sheet["sheet"], sheet["ledger"]), Counter()).update(sheet["counts"])
            kept_as.setdefault(sheet["sheet"], set()).add(sheet["ledger"])
        due: dict[str, set[str | None]] = {}
        for truth in self.truth.sheets:
            due.setdefault(truth.sheet, set()).add(truth.ledger)
        for truth in together(self.truth.sheets):
            found = kept_as.get(truth.sheet, {None})
            if found != due[truth.sheet]:
                self.say("sheet", truth.sheet, None, "ledger", due[truth.sheet], found)
                continue
            if truth.ledger is not None:
                self.counts(truth, read[truth.sheet, truth.ledger])

    def counts(self, truth: SheetTruth, got: Counter[str]) -> None:
        again = min(truth.either, max(0, got["quarantined"] - truth.quarantined))
        due = {"loaded": truth.loaded - again, "quarantined": truth.quarantined + again}
        due |= {"subtotal": truth.subtotal, "repeated_header": truth.repeated_header}
        for name, expected in due.items():
            if got[name] != expected:
                self.say("counts", truth.sheet, None, name, expected, got[name])
        # Whether a units row or a row of leftovers is called a note or a blank is a matter of taste.
        empty = got["blank"] + got["note"]
        least = truth.blank + truth.note - truth.leftover
        if not least <= empty <= truth.blank + truth.note + 1:
            self.say("counts", truth.sheet, None, "blank + note", truth.blank + truth.note, empty)


_ADDED = ("loaded", "quarantined", "subtotal", "repeated_header", "blank", "note", "leftover", "either")


def together(sheets: Sequence[SheetTruth]) -> list[SheetTruth]:
    """Return the sheets' truths, those of tables of one ledger in one sheet added up, as a report is compared."""
    found: dict[tuple[str, str | None], SheetTruth] = {}
    for one in sheets:
        key = (one.sheet, one.ledger)
        known = found.get(key)
        sums = {name: getattr(known, name) + getattr(one, name) for name in _ADDED} if known else {}
        found[key] = replace(known, **sums) if known else one
    return list(found.values())


def column_of(cell: str) -> str:
    """Return an address without its row."""
    return cell.rstrip("0123456789")


def _without(known: Mapping[str, str], names: set[str | None]) -> dict[str, str]:
    return {name: precision for name, precision in known.items() if name not in names}


def _same(record: RecordTruth, other: RecordTruth) -> bool:
    """Tell whether two rows are the two of one planted duplicate."""
    return record is not other and record.ledger == other.ledger and record.fields == other.fields


def _agrees(expected: Expected, got: Any, approx: Mapping[str, Any] | None) -> bool:
    if isinstance(expected, Approx):
        return got is None and approx is not None and _interval(expected, approx)
    if isinstance(expected, Masked):
        return isinstance(got, str) and expected.keeps in got and expected.hides not in got
    if isinstance(expected, bool) or isinstance(got, bool):
        return expected is got
    return bool(expected == got)


def _interval(expected: Approx, approx: Mapping[str, Any]) -> bool:
    low, high = approx["low"], approx["high"]
    if approx["raw"] != expected.raw:
        return False
    if expected.low is not None and low != expected.low:
        return False
    if expected.high is not None and high != expected.high:
        return False
    return (low is None or low <= expected.nominal + 1) and (high is None or high >= expected.nominal - 1)


def _tells(held: QuarantineTruth, finding: Mapping[str, Any]) -> bool:
    if not finding["code"].startswith(held.family):
        return False
    return held.cell is None or finding["cell"] == held.cell


def _is(due: FindingTruth, finding: Mapping[str, Any]) -> bool:
    if finding["sheet"] != due.sheet or not finding["code"].startswith(due.family):
        return False
    if due.row is not None and finding["row"] != due.row:
        return False
    return due.cell is None or finding["cell"] == due.cell


def tally(truth: Truth, differences: Iterable[Difference]) -> dict[str, int]:
    """Count cells and rows for the accuracy table.

    Returns:
        ``cells`` written in rows that must be loaded, ``flagged`` among them, ``quarantined`` rows that must be
        held back, ``silently_wrong`` (a wrong value, a row too many, a mistake not noticed), ``refused_wrongly``
        (good rows not loaded).
    """
    kinds = Counter(one.kind for one in differences)
    return {
        "cells": sum(len(record.cells) for record in truth.records),
        "flagged": sum(1 for due in truth.findings if due.cell is not None),
        "quarantined": len(truth.quarantined),
        "silently_wrong": kinds["value"] + kinds["extra"],
        "refused_wrongly": kinds["missing"],
        "other": sum(kinds[kind] for kind in ("quarantine", "finding", "unasked", "counts", "sheet")),
    }


__all__ = ["Difference", "compare", "compare_records", "of_file", "tally"]
