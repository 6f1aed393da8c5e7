"""One file from bytes to records and findings: the steps in order, and the counts that must reconcile.

Pure: bytes and options in, an ``Outcome`` out. ``read`` never raises for bad input; whatever is wrong becomes
a finding and a state. Must not know the warehouse, the raw store or metrics.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pyarrow as pa

from analytics.etl.assembly import build_table, held_row
from analytics.etl.batch import Batch
from analytics.etl.body import Body, read_body
from analytics.etl.codes import Issue, issue
from analytics.etl.context import TableContext, read_sections, share_heading, sole_unit, surroundings, weigh
from analytics.etl.continued import join_continued
from analytics.etl.corrections import lay_over
from analytics.etl.grid import Limits, Sheet, UnreadableWorkbook, a1, letters
from analytics.etl.headers import Vocabulary, squeeze
from analytics.etl.layout import Layout, Table, find_tables
from analytics.etl.mapping import Choice, LedgerMapping, choose_ledger, fingerprint, map_columns
from analytics.etl.marks import report_marks
from analytics.etl.merging import merge
from analytics.etl.metadata import Surroundings, cover_year, is_blank_cell, read_lines
from analytics.etl.nameless import settle_nameless
from analytics.etl.placeholders import report_placeholders
from analytics.etl.records import BatchReader
from analytics.etl.report import (
    RESULT_SHEET,
    RESULT_TITLE,
    Counts,
    FileReport,
    Finding,
    IngestOptions,
    MappedColumn,
    Outcome,
    QuarantinedRow,
    SheetReport,
    UnmappedColumn,
    row_list,
    settle,
)
from analytics.etl.rules import check_rows
from analytics.etl.sayings import missing_columns, twin_columns, unmapped_column
from analytics.etl.spans import HeaderColumn
from analytics.etl.tall import Tall, tall_of
from analytics.etl.told import Told, told_by_surroundings
from analytics.etl.totals import check_totals
from analytics.etl.twins import report_twins
from analytics.etl.values import Context, Parsed, parse
from analytics.etl.values.privacy import column_looks_personal, is_personal_header, mask
from analytics.etl.wording import is_cover
from analytics.etl.workbook import Workbook, open_grids
from analytics.ledgers.model import Ledger, geography, ledgers

_LOG = logging.getLogger(__name__)
_SAMPLE = 200
"""Rows looked at to judge a column before it is parsed."""
_COVER = 60
"""Rows of a sheet without a table that may say whose workbook it is."""


@cache
def shipped_vocabulary() -> Vocabulary:
    """Return the headings that the declared ledgers know."""
    return Vocabulary(ledgers())


@dataclass(slots=True)
class _Found:
    """One table on its way through the steps."""

    sheet: Sheet
    table: Table
    body: Body
    around: Surroundings
    tall: Tall | None
    context: TableContext | None = None
    report: SheetReport | None = None
    batch: Batch | None = None
    dropped: frozenset[int] = frozenset()


def read(
    content: bytes,
    options: IngestOptions,
    limits: Limits | None = None,
    *,
    opened: Callable[[], Workbook] | None = None,
) -> Outcome:
    """Read one file.

    Args:
        content: The whole file.
        options: What the person said along with it.
        limits: How large it may be.
        opened: Returns the opened file, or raises as ``open_grids`` does, where another thread opens it.

    Returns:
        The report, the records by ledger, and the rows held back. Nothing is loaded of a file that cannot
        be opened or in which no ledger is recognised.

    Raises:
        MemoryError: There is not enough memory for its tables.
    """
    report = FileReport(options.file_name, hashlib.sha256(content).hexdigest(), "rejected")
    try:
        workbook = opened() if opened else open_grids(content, options.file_name, limits)
    except UnreadableWorkbook as refusal:
        report.state = "unreadable"
        report.findings.append(refusal.finding())
        return Outcome(report)
    try:
        return _Reader(workbook.sheets, workbook.findings, workbook.date1904, options, report).run()
    except MemoryError:
        # Whoever bounds this process knows the bound, and tells the person what to do.
        raise
    except Exception as error:  # noqa: BLE001 - the last line of defence: one file must not take others with it
        _LOG.exception("reading %s failed", options.file_name)
        failed = FileReport(options.file_name, report.sha256, "rejected")
        said = issue("FILE-INTERNAL", kind=type(error).__name__)
        failed.findings.append(Finding(said.code, said.severity, said.message, said.hint))
        return Outcome(failed)


class _Reader:
    """Reads one opened workbook."""

    def __init__(
        self,
        sheets: Sequence[Sheet],
        findings: Sequence[Finding],
        date1904: bool,
        options: IngestOptions,
        report: FileReport,
    ) -> None:
        self.sheets, self.date1904, self.options, self.report = sheets, date1904, options, report
        self.geography = geography()
        self.ledgers = ledgers()
        confirmed = [*options.profiles.values(), options.mapping]
        headers = {path.rsplit("/", 1)[-1] for profile in confirmed for path in profile}
        self.vocabulary = Vocabulary(self.ledgers, headers) if headers else shipped_vocabulary()
        self.findings: list[Finding] = list(findings)
        self.outcome = Outcome(report, period=options.period)
        self.refused = False
        self.stacked: dict[tuple[str, str], list[Batch]] = {}
        self.covers: list[Surroundings] = []
        """What sheets without a table say of the whole workbook: a cover's 填报单位."""
        self.met: set[str] = set()
        """Headers a person spoke of that are in the file."""
        self.corrected, stale = lay_over(sheets, options.corrections)
        self.findings.extend(stale)
        self.unused = set(self.corrected)
        """Corrected cells that no record was read from."""

    def run(self) -> Outcome:
        """Take every step and settle the file's state."""
        if self.options.ledger is not None and self.options.ledger not in self.ledgers:
            known = "、".join(f"{ledger.id}（{ledger.name}）" for ledger in self.ledgers.values())
            self.say(issue("FILE-LEDGER-UNKNOWN", ledger=self.options.ledger, known=known))
            return self.finish([])
        if not self.constants_hold():
            return self.finish([])
        found = self.find()
        unit, year = sole_unit([*(one.around for one in found), *self.covers]), cover_year(self.covers)
        for one in found:
            one.context = weigh(
                one.sheet, one.around, self.options, self.geography,
                file_unit=unit, file_year=year, date1904=self.date1904,
            )  # fmt: skip
            self.take(one)
        self.outcome.reporting_unit = (
            self.options.unit
            or unit
            or next((one.context.unit for one in found if one.context is not None and one.context.unit), None)
        )
        return self.finish(found)

    def say(self, said: Issue, sheet: str | None = None, cell: str | None = None, name: str | None = None) -> None:
        """Record a finding about the file, a sheet, or a header cell."""
        self.findings.append(Finding(said.code, said.severity, said.message, said.hint, sheet, cell, None, name))

    # -- steps ---------------------------------------------------------------------------------------------

    def constants_hold(self) -> bool:
        """Check the constants a person gave against the ledgers they may belong to."""
        names = [self.ledgers[self.options.ledger]] if self.options.ledger else list(self.ledgers.values())
        fine = True
        for name, raw in self.options.constants.items():
            columns = [column for ledger in names for column in ledger.columns if column.name == name]
            if not columns:
                self.say(issue("MAP-CONSTANT-INVALID", field=name, raw=mask(raw)[0], reason="没有这个项目"))
                fine = False
                continue
            answers = [parse(column, raw, Context(self.options.today)) for column in columns]
            if all(answer.value is None for answer in answers):
                reason = next((said.message for answer in answers for said in answer.issues), "没有内容")
                self.say(issue("MAP-CONSTANT-INVALID", field=name, raw=mask(raw)[0], reason=reason), name=name)
                fine = False
        return fine

    def constants_of(self, ledger: Ledger) -> dict[str, Parsed]:
        """Return the constants that belong to a ledger, parsed."""
        found = {}
        for column in ledger.columns:
            if column.name in self.options.constants:
                answer = parse(column, self.options.constants[column.name], Context(self.options.today))
                if answer.value is not None:
                    found[column.name] = answer
        return found

    def find(self) -> list[_Found]:
        """Find the tables of every sheet, and say of each sheet what is to be said."""
        found: list[_Found] = []
        for sheet in self.sheets:
            if is_result_list(sheet):
                self.say(issue("SHEET-RESULT-LIST", sheet=sheet.name), sheet.name)
                continue
            tall = tall_of(sheet)
            sheet.texts = None
            layout = find_tables(sheet, self.vocabulary, self.geography, tall)
            self.describe(sheet, layout)
            if layout.kind == "unknown":
                self.covers.append(read_lines(sheet.rows[:_COVER]))
            if layout.kind != "tables":
                continue
            stacked: dict[int, Surroundings] = {}
            for table in layout.tables:
                body = read_body(sheet, table, self.geography, tall)
                shared = any(other.left > table.right or other.right < table.left for other in layout.tables)
                around = surroundings(sheet, table, body, shared=shared)
                stacked.setdefault(table.top, around)
                found.append(_Found(sheet, table, body, around, tall))
            share_heading(list(stacked.values()))
        return found

    def describe(self, sheet: Sheet, layout: Layout) -> None:
        """Say what is unusual about a sheet, and why a sheet without tables is not read."""
        name = sheet.name
        if layout.kind == "empty":
            self.say(issue("SHEET-EMPTY", sheet=name), name)
            return
        if sheet.visibility != "visible":
            self.say(issue("SHEET-HIDDEN", sheet=name), name)
        hidden = sorted(
            row
            for row in sheet.hidden_rows
            if row < len(sheet.rows) and any(not is_blank_cell(v) for v in sheet.rows[row])
        )
        if hidden:
            self.say(issue("SHEET-HIDDEN-ROWS", count=len(hidden), rows=row_list(hidden)), name)
        columns = [letters(column) for column in sorted(sheet.hidden_columns) if column < sheet.width]
        if columns:
            self.say(issue("SHEET-HIDDEN-COLUMNS", columns="、".join(columns[:12])), name)
        for first, last in layout.asides:
            self.say(issue("SHEET-ASIDE", span=f"{letters(first)}至{letters(last)}"), name)
        if layout.kind == "matrix":
            self.refuse(issue("SHEET-MATRIX", sheet=name), name)
        elif layout.kind == "transposed":
            self.refuse(issue("SHEET-TRANSPOSED", sheet=name), name)
        elif layout.kind == "unknown":
            example = "、".join(
                column.label for column in max(self.ledgers.values(), key=lambda one: len(one.columns)).columns[:3]
            )
            self.refuse(issue("SHEET-NO-HEADER", sheet=name, example=example), name, aside=True)

    def refuse(
        self,
        said: Issue,
        sheet: str,
        cell: str | None = None,
        *,
        aside: bool = False,
        report: SheetReport | None = None,
    ) -> None:
        """Record that a sheet is not read. ``aside``: nothing in it speaks for a ledger."""
        if report is None:
            report = SheetReport(sheet, None)
        self.report.sheets.append(report)
        if aside:
            said = replace(said, severity="info" if is_cover(sheet) else "warning")
        else:
            self.refused = True
        self.say(said, sheet, cell)

    def take(self, found: _Found) -> None:
        """Settle a table's ledger, read its records and hold them to the rules."""
        context = found.context
        if context is None:
            return
        sheet, table = found.sheet, found.table
        print_of = fingerprint(table)
        choice = self.choose(found, print_of)
        report = SheetReport(
            sheet.name, None, header_rows=[row + 1 for row in range(table.top, table.bottom + 1)], fingerprint=print_of
        )
        if table.last > table.bottom:
            report.first_row, report.last_row = table.bottom + 2, table.last + 1
        mapping = choice.mapping
        if choice.verdict != "chosen" or mapping is None:
            report.unmapped = [UnmappedColumn(letters(one.index), one.display) for one in table.named()]
            self.explain(found, choice, report)
            return
        report.ledger = mapping.ledger.id
        found.report = report
        self.report.sheets.append(report)
        for said in context.issues:
            self.say(said, sheet.name)
        found.dropped = self.drop_personal(found, mapping)
        self.report_mapping(found, mapping, report)
        if found.body.examples:
            self.say(issue("SHEET-EXAMPLE-ROWS", rows=row_list(sorted(found.body.examples))), sheet.name)
        if not found.body.data:
            self.say(issue("SHEET-NO-ROWS", ledger=mapping.ledger.name), sheet.name)
        constants = self.constants_of(mapping.ledger)
        for name in constants:
            if name in mapping.assigned:
                self.say(issue("MAP-CONSTANT-UNUSED", label=mapping.ledger.column(name).label), sheet.name, name=name)
        join_continued(sheet, found.body, mapping)
        unadded = settle_nameless(sheet, table, found.body, mapping, context.context, found.tall)
        reader = BatchReader(
            sheet, table, found.body, mapping, context,
            sections=read_sections(found.body, self.geography), constants=constants, dropped=found.dropped,
            told=self.told(found, mapping.ledger, {*mapping.assigned, *constants}),
            corrected={at[1:]: one for at, one in self.corrected.items() if at[0] == sheet.name},
        )  # fmt: skip
        batch = reader.read()
        report_twins(batch, mapping)
        report_placeholders(batch)
        self.unused -= {(sheet.name, *place) for place in reader.used}
        found.batch = batch
        for one in unadded:
            batch.say(reader.position[one.row], one.said, one.field, sheet.rows[one.row][one.column], one.column)
        self.check(batch)
        reader.report_unplaced()
        above = self.stacked.setdefault((sheet.name, mapping.ledger.id), [])
        self.findings.extend(check_totals(batch, found.body.totals, reader.contexts, reader.failed(), above))
        above.append(batch)

    def choose(self, found: _Found, print_of: str) -> Choice:
        """Map a table onto every ledger (or the one that was named) and choose."""
        options = self.options
        rows = found.body.data[:_SAMPLE]
        samples = {
            column.index: [found.sheet.rows[row][column.index] for row in rows] for column in found.table.columns
        }
        every = list(self.ledgers.values())
        wanted = every if options.ledger is None else [self.ledgers[options.ledger]]
        forced = options.ledger is not None
        choice = self.choose_among(found, wanted, samples, print_of, forced=forced)
        if choice.verdict in ("missing", "not_a_ledger"):
            # What a title or section headings say is asked for only where the columns alone do not suffice.
            again = self.choose_among(found, wanted, samples, print_of, forced=forced, listening=True)
            choice = again if again.verdict == "chosen" else choice
        if not forced or choice.verdict == "chosen":
            return choice
        other = self.choose_among(found, every, samples, print_of, forced=False)
        return choice if other.verdict != "chosen" else replace(choice, likely=other.mapping)

    def told(self, found: _Found, ledger: Ledger, filled: Collection[str]) -> dict[str, Told]:
        """Return the choice columns that a table's title or section headings fill."""
        if found.context is None:
            return {}
        return told_by_surroundings(
            ledger, found.body, found.context, self.geography,
            sheet_name=found.sheet.name, file_name=self.options.file_name, filled=filled,
        )  # fmt: skip

    def confirmed(self, table: Table, print_of: str) -> dict[str, str]:
        """Return what a person says of a table's headers: kept from an earlier time, and said along with the file."""
        profile = dict(self.options.profiles.get(print_of, {}))
        columns = table.named()
        for header, name in self.options.mapping.items():
            whole = [one for one in columns if squeeze(one.display) == squeeze(header)]
            own = whole or [one for one in columns if squeeze(one.path[-1]) == squeeze(header)]
            if len(own) == 1:
                profile[own[0].display] = name
                self.met.add(header)
        return profile

    def choose_among(
        self,
        found: _Found,
        wanted: Sequence[Ledger],
        samples: Mapping[int, Sequence[Any]],
        print_of: str,
        *,
        forced: bool,
        listening: bool = False,
    ) -> Choice:
        """Map a table onto some ledgers and choose; ``listening``: what stands around the rows may fill columns."""
        options, context = self.options, found.context
        profile = self.confirmed(found.table, print_of)
        mappings = [
            map_columns(
                found.table, ledger, self.vocabulary, samples,
                given=frozenset((*options.constants, *(self.told(found, ledger, ()) if listening else ()))),
                has_unit=context is not None and context.unit is not None,
                has_year=context is not None and context.stated_year is not None,
                profile=profile, accept_suggestions=options.accept_suggestions,
            )
            for ledger in wanted
        ]  # fmt: skip
        return choose_ledger(
            mappings, self.vocabulary, titles=context.titles if context else (), sheet_name=found.sheet.name,
            file_name=options.file_name, forced=forced,
        )  # fmt: skip

    def explain(self, found: _Found, choice: Choice, report: SheetReport) -> None:
        """Say why a table is not read as any ledger."""
        sheet, table = found.sheet, found.table
        cell = a1(table.bottom, table.left)
        if choice.likely is not None and choice.mapping is not None:
            likely, named = choice.likely.ledger.name, choice.mapping.ledger.name
            said = issue("SHEET-OTHER-LEDGER", row=table.top + 1, likely=likely, named=named)
            self.refuse(said, sheet.name, cell, report=report)
            return
        if choice.verdict == "ambiguous":
            names = "、".join(one.ledger.name for one in choice.others)
            self.refuse(issue("SHEET-AMBIGUOUS", row=table.top + 1, names=names), sheet.name, cell, report=report)
            return
        if choice.verdict == "missing" and choice.mapping is not None:
            report.unmapped = self.unmapped(choice.mapping)
            report.likely = choice.mapping.ledger.id
            report.missing = [column.name for column in choice.mapping.missing]
            report.mapping = mapped_columns(choice.mapping)
            self.report_twins(found, choice.mapping)
            self.refuse(missing_columns(choice.mapping, report.unmapped), sheet.name, cell, report=report)
            return
        nearest = []
        for one in choice.others:
            lacking = "、".join(column.label for column in one.missing[:4]) or "标题"
            nearest.append(f"{one.ledger.name}（对上 {len(one.assigned)} 列，缺{lacking}）")
        evidence = found.table.forced_by_evidence and any(len(one.assigned) >= 3 for one in choice.others)
        near = f"；最接近的是{'、'.join(nearest)}" if nearest else ""
        self.refuse(
            issue("SHEET-NOT-A-LEDGER", row=table.top + 1, near=near),
            sheet.name,
            cell,
            aside=not evidence,
            report=report,
        )

    def unmapped(self, mapping: LedgerMapping) -> list[UnmappedColumn]:
        """Return the columns that fill no field, with what they may be."""
        columns = sorted((*mapping.unmapped, *mapping.serial), key=lambda one: one.index)
        return [
            UnmappedColumn(letters(one.index), one.display, mapping.suggestions.get(one.index, ())) for one in columns
        ]

    def drop_personal(self, found: _Found, mapping: LedgerMapping) -> frozenset[int]:
        """Find the columns that hold personal numbers; they are neither kept nor shown."""
        dropped = set()
        for column in mapping.unmapped:
            samples = [found.sheet.rows[row][column.index] for row in found.body.data[:_SAMPLE]]
            named = "姓名" if column.path and squeeze(column.path[-1]) in mapping.ledger.never else None
            kind = named or is_personal_header(column.display) or column_looks_personal(samples)
            if kind is not None and any(not is_blank_cell(value) for value in samples):
                dropped.add(column.index)
                said = issue("PRIV-COLUMN-DROPPED", header=column.display or f"{letters(column.index)}列", kind=kind)
                self.say(said, found.sheet.name, a1(found.table.bottom, column.index))
        return frozenset(dropped)

    def report_mapping(self, found: _Found, mapping: LedgerMapping, report: SheetReport) -> None:
        """Report which column fills which field, and what was not taken."""
        sheet, bottom = found.sheet, found.table.bottom
        report.mapping = mapped_columns(mapping)
        for assignment in mapping.assigned.values():
            if assignment.how == "suggested":
                column = assignment.columns[0]
                score = dict(mapping.suggestions[column.index])[assignment.field]
                said = issue(
                    "MAP-SUGGESTED",
                    header=column.display,
                    label=mapping.ledger.column(assignment.field).label,
                    score=score,
                )
                self.say(said, sheet.name, a1(bottom, column.index), assignment.field)
        for name in self.constants_of(mapping.ledger):
            if name not in mapping.assigned:
                report.mapping.append(MappedColumn("", self.options.constants[name], name, "set"))
        report.unmapped = self.unmapped(mapping)
        explained = set(found.dropped)
        label = {column.name: column.label for column in mapping.ledger.columns}
        for lost in mapping.lost:
            explained.add(lost.column.index)
            said = issue(
                "MAP-TWO-CLAIMS", header=lost.column.display, winner=lost.winner.display,
                column=letters(lost.winner.index), label=label[lost.field],
            )  # fmt: skip
            self.say(said, sheet.name, a1(bottom, lost.column.index), lost.field)
        explained |= self.report_twins(found, mapping)
        for column, name, group in mapping.astray:
            if column.index not in explained:
                explained.add(column.index)
                said = issue("MAP-GROUP-MISMATCH", header=column.display, group=label[group], label=label[name])
                self.say(said, sheet.name, a1(bottom, column.index), name)
        for code, columns in (("MAP-PROSE", mapping.prose), ("MAP-RATE", mapping.rates)):
            for column, name in columns:
                if column.index not in explained and column in mapping.unmapped:
                    explained.add(column.index)
                    said = issue(code, header=column.display, label=label[name])
                    self.say(said, sheet.name, a1(bottom, column.index), name)
        for column in mapping.unmapped:
            if column.index not in explained and column.path and not self.spanned(found, column):
                said = unmapped_column(mapping, column, found.context.unit if found.context else None)
                self.say(said, sheet.name, a1(bottom, column.index))

    def report_twins(self, found: _Found, mapping: LedgerMapping) -> set[int]:
        """Say which columns were not taken because another has the very same heading; return their indexes."""
        for column, other, name in mapping.twins:
            said = twin_columns(mapping.ledger.column(name).label, other, column)
            self.say(said, found.sheet.name, a1(found.table.bottom, column.index), name)
        return {one.index for *columns, _ in mapping.twins for one in columns}

    @staticmethod
    def spanned(found: _Found, column: HeaderColumn) -> bool:
        """Tell whether a column is only the empty further part of a heading merged over several columns."""
        left = next((one for one in found.table.columns if one.index == column.index - 1), None)
        return (
            left is not None
            and left.path == column.path
            and all(is_blank_cell(found.sheet.rows[row][column.index]) for row in found.body.data)
        )

    def check(self, batch: Batch) -> None:
        """Hold a table's rows to the ledger's rules; of a row that is held back already, say the rest too.

        What rests on a cell that could not be read is not said again, and nothing is said of a shifted row.
        """
        rows = [place for place in range(len(batch.rows)) if place not in batch.blank]
        if not rows:
            return
        arrays = batch.arrays
        if len(rows) < len(batch.rows):
            indices = pa.array(rows, pa.int64())
            arrays = {name: array.take(indices) for name, array in arrays.items()}
        broken, about_sheet = check_rows(batch.ledger, pa.table(arrays), batch.present, self.options.today)
        faults = batch.faults()
        for one in broken:
            position = rows[one.row]
            said_of = faults.get(position)
            if said_of is not None and (None in said_of or not said_of.isdisjoint(one.fields)):
                continue
            name = next((field for field in one.fields if field in batch.column_of), one.fields[0])
            batch.say(position, Issue(one.code, one.severity, one.message, one.hint), name, batch.raw(position, name))
        for said in about_sheet:
            self.say(said, batch.sheet.name)
        report_marks(batch)

    def records(self, found: Sequence[_Found]) -> dict[str, pa.Table]:
        """Build the records by ledger, after duplicates within the file are dealt with."""
        tables = {}
        for name, ledger in self.ledgers.items():
            mine = [one for one in found if one.batch is not None and one.batch.ledger.id == name]
            parts = [part for one in mine if (part := _records_of(one, self.options.file_name)) is not None]
            if not parts:
                continue
            if merge(ledger, parts):
                # Rows were held back or got findings of their own: the records' notes must say so.
                parts = [part for one in mine if (part := _records_of(one, self.options.file_name)) is not None]
            tables[name] = pa.concat_tables([records for _, _, records in parts])
        return tables

    # -- the end -------------------------------------------------------------------------------------------

    def finish(self, found: Sequence[_Found]) -> Outcome:
        """Build the records, reconcile the counts and settle the state."""
        tables = self.records(found)
        quarantine: list[QuarantinedRow] = []
        for one in found:
            if one.batch is None or one.report is None:
                continue
            batch, table = one.batch, one.table
            for position in sorted(batch.bad):
                row = batch.rows[position]
                quarantine.append(held_row(batch.sheet, batch.ledger.id, row, table.left, table.right, one.dropped))
            one.report.counts = count_rows(one.body, batch, len(batch.good()))
            one.report.counts.reconcile()
            self.findings.extend(batch.findings)
        self.outcome.tables = tables
        self.outcome.quarantine = quarantine
        for place in sorted(self.unused):
            said = issue("FIX-OUTSIDE", cell=a1(place[1], place[2]))
            self.say(said, place[0], a1(place[1], place[2]))
        for header in self.options.mapping:
            if found and header not in self.met:
                self.say(issue("MAP-HEADER-ABSENT", header=header))
        loaded = sum(table.num_rows for table in self.outcome.tables.values())
        if not loaded and not quarantine and not any(said.severity == "error" for said in self.findings):
            self.say(issue("FILE-NOTHING-LOADED"))
        self.report.findings = in_order(self.findings, self.sheets)
        order = [sheet.name for sheet in self.sheets]
        self.report.sheets.sort(key=lambda one: (order.index(one.sheet), one.header_rows))
        self.report.state = settle(self.report.findings, loaded=loaded, held=len(quarantine), refused=self.refused)
        return self.outcome


def mapped_columns(mapping: LedgerMapping) -> list[MappedColumn]:
    """Return which column fills which field, in the sheet's order."""
    found = [
        MappedColumn(letters(column.index), column.display, assignment.field, assignment.how)
        for assignment in mapping.assigned.values()
        for column in assignment.columns
    ]
    return sorted(found, key=lambda one: (len(one.column), one.column))


def is_result_list(sheet: Sheet) -> bool:
    """Tell whether a sheet is the list that a marked copy begins with; people may have moved it or added rows."""
    return sheet.name.startswith(RESULT_SHEET) and any(RESULT_TITLE in row for row in sheet.rows[:5])


def _records_of(one: _Found, file_name: str) -> tuple[Batch, list[int], pa.Table] | None:
    """Build the records of one table's good rows."""
    if one.batch is None or one.context is None:
        return None
    kept = one.batch.good()
    if not kept:
        return None
    unit, day = one.context.unit, one.context.reported_on
    return one.batch, kept, build_table(one.batch, kept, file_name=file_name, unit=unit, reported_on=day)


def count_rows(body: Body, batch: Batch, loaded: int) -> Counts:
    """Count a table's rows by what became of them."""
    counts = Counts(
        loaded=loaded,
        quarantined=len(batch.bad),
        subtotal=body.count("subtotal"),
        blank=body.count("blank") + len(batch.blank),
        repeated_header=body.count("repeated_header"),
        note=body.count("note"),
    )
    counts.read = len(body.data) + len(body.other)
    return counts


def in_order(findings: Sequence[Finding], sheets: Sequence[Sheet]) -> list[Finding]:
    """Return findings as a person reads them: the file, then sheet by sheet, its header, then row by row."""
    order = {sheet.name: place for place, sheet in enumerate(sheets)}
    return sorted(findings, key=lambda one: (order.get(one.sheet or "", -1), one.row or 0))
