"""One table's data rows to typed columns: parse, fill down, complete, find what is wrong with each row.

Columnar throughout: every column is parsed once, and only rows with something to say are looked at one
by one. Must not know other tables of the file, nor storage.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from analytics.etl.assembly import begin_identities
from analytics.etl.batch import Batch, plain_number
from analytics.etl.body import Body
from analytics.etl.codes import Issue, issue
from analytics.etl.context import Section, TableContext, same_unit
from analytics.etl.grid import ErrorCell, Sheet, a1, letters
from analytics.etl.headers import heading, is_serial, squeeze
from analytics.etl.layout import Table
from analytics.etl.lies import lying_header
from analytics.etl.mapping import LedgerMapping
from analytics.etl.metadata import is_blank_cell
from analytics.etl.raws import RawColumns
from analytics.etl.report import Correction, Finding
from analytics.etl.scales import report_scales
from analytics.etl.shifts import report_shifted
from analytics.etl.spans import HeaderColumn
from analytics.etl.told import Told
from analytics.etl.values import Context, Parsed, parse, parse_column, shown
from analytics.etl.values.places import counties_of_units
from analytics.etl.values.privacy import mask
from analytics.etl.values.text import as_text, is_blank
from analytics.etl.values.units import fits, parse_unit, unit_scale
from analytics.etl.wording import TOTAL_NAME
from analytics.ledgers.model import NUMERIC_TYPES, Column
from analytics.ledgers.schema import arrow_type


class BatchReader:
    """Reads one table's records. ``read`` does all of it, in order."""

    def __init__(
        self,
        sheet: Sheet,
        table: Table,
        body: Body,
        mapping: LedgerMapping,
        holds: TableContext,
        *,
        sections: Mapping[int, Section],
        constants: Mapping[str, Parsed],
        dropped: frozenset[int],
        told: Mapping[str, Told],
        corrected: Mapping[tuple[int, int], Correction] | None = None,
    ) -> None:
        """Take everything that is known about the table; ``sections`` by data row (sheet row, from 0).

        ``told``: choices that stand around the rows. ``corrected``: cells a person put right, by sheet row and
        column (from 0).
        """
        self.sheet, self.table, self.body, self.mapping = sheet, table, body, mapping
        self.ledger = mapping.ledger
        self.holds = holds
        self.context = holds.context
        self.sections = sections
        self.constants = constants
        self.told = told
        self.dropped = dropped
        self.corrected = dict(corrected or {})
        self.used: set[tuple[int, int]] = set()
        """The corrected cells that a field of a record was read from."""
        self.batch = Batch(self.ledger, sheet, mapping, list(body.data))
        self.columns = RawColumns(sheet, table, mapping, self.batch)
        self.raws, self.position = self.batch.raws, self.columns.position
        self.noted: dict[str, dict[int, Parsed]] = {}
        self.ends: dict[str, pa.Array] = {}
        self.sets: dict[str, dict[int, bool]] = defaultdict(dict)
        self.unplaced: list[int] = []
        self.contexts: dict[str, Context] = {}

    def read(self) -> Batch:
        """Return the table's rows as typed columns with everything that is to be said about them."""
        self.columns.take()
        self.parse_columns()
        self.infer_years()
        self.complete()
        # The values stand; what follows is said about them.
        self.batch.ids = begin_identities(self.batch, self.holds.unit)
        self.find_blank_rows()
        self.report_values()
        self.report_corrected()
        self.report_required()
        self.report_named_totals()
        report_shifted(self.batch, self.columns.source, self.failed(), self.context)
        self.report_lying_headers()
        report_scales(self.batch, self.contexts)
        self.report_other_offices()
        self.keep_unmapped()
        batch = self.batch
        batch.present = frozenset(self.mapping.assigned) | frozenset(self.constants)
        batch.findings = [
            one for one in batch.findings if one.row is None or self.position.get(one.row - 1) not in batch.blank
        ]
        batch.bad -= batch.blank
        return batch

    # -- values --------------------------------------------------------------------------------------------

    def column_context(self, declared: Column, column: HeaderColumn) -> Context:
        """Return the context of one column: the unit in its heading, in the units row, or of the money line.

        The nearest to the name wins; where another multiplies differently (万元 against 元), that is said.
        """
        named = next((part.unit for part in self.headings(column) if part.unit), None)
        line = self.line_unit(declared)
        unit = named or column.unit or line
        for where, other in (("单位行", column.unit), ("表头上方的单位说明", line)):
            if unit and other and unit_scale(unit) != unit_scale(other):
                said = issue("MAP-UNIT-CONFLICT", header=column.display, taken=unit, where=where, other=other)
                cell = a1(self.table.bottom, column.index)
                self.batch.findings.append(
                    Finding(
                        said.code, said.severity, said.message, said.hint, self.sheet.name, cell, None, declared.name
                    )
                )
        asked = squeeze(column.path[-1]).partition("是否")[2] if column.path and declared.type == "choice" else ""
        return replace(self.context, unit=unit, question=asked or None)

    def line_unit(self, declared: Column) -> str | None:
        """Return what the “单位：” line says of a column: the unit of money, or by what a count is multiplied."""
        if declared.type == "money":
            return self.holds.money_unit
        if declared.type != "count" or declared.unit is None:
            return None
        said = [(text, unit) for text in self.holds.count_units if (unit := parse_unit(text)) is not None]
        own = [text for text, unit in said if unit.word == declared.unit]
        near = [text for text, unit in said if not unit.word or fits(unit.word, declared.unit)]
        return next(iter(own or near), None)

    @staticmethod
    def headings(column: HeaderColumn) -> list[Any]:
        """Return a column's headings from the leaf up."""
        return [heading(text) for text in reversed(column.path)]

    def parse_columns(self) -> None:
        """Parse every mapped field."""
        for name, assignment in self.mapping.assigned.items():
            declared = self.ledger.column(name)
            column = assignment.columns[0]
            context = self.contexts[name] = self.column_context(declared, column)
            raws = self.raws[name]
            if declared.type == "date" and self.sections:
                self.parse_by_section(declared, raws, context)
                continue
            parsed = parse_column(declared, raws, context, self.percent_cells(declared, column.index))
            self.batch.arrays[name] = parsed.array
            self.noted[name] = parsed.noted
            if parsed.ends is not None:
                self.ends[name] = parsed.ends

    def percent_cells(self, declared: Column, index: int) -> Callable[[int], bool] | None:
        """Return what tells whether a cell is formatted as a percentage, for the columns where that matters."""
        if declared.type != "percent":
            return None
        rows, sheet = self.batch.rows, self.sheet

        def formatted(position: int) -> bool:
            return "%" in (sheet.number_format(rows[position], index) or "")

        return formatted

    def parse_by_section(self, declared: Column, raws: Sequence[Any], context: Context) -> None:
        """Parse a date column whose rows stand under section headings with years or months of their own."""
        groups: dict[tuple[int | None, int | None], list[int]] = defaultdict(list)
        for position, row in enumerate(self.batch.rows):
            section = self.sections.get(row)
            groups[(section.year, section.month) if section else (None, None)].append(position)
        values: list[Any] = [None] * len(raws)
        ends: list[Any] = [None] * len(raws)
        noted: dict[int, Parsed] = {}
        for (year, month), positions in groups.items():
            own = context
            if year is not None:
                own = replace(own, year=year, year_source="小标题")
            if month is not None:
                own = replace(own, month=month)
            parsed = parse_column(declared, [raws[position] for position in positions], own)
            for place, value in enumerate(parsed.array.to_pylist()):
                values[positions[place]] = value
            if parsed.ends is not None:
                for place, value in enumerate(parsed.ends.to_pylist()):
                    ends[positions[place]] = value
            noted.update((positions[place], said) for place, said in parsed.noted.items())
        self.batch.arrays[declared.name] = pa.array(values, arrow_type(declared))
        self.noted[declared.name] = noted
        if any(value is not None for value in ends):
            self.ends[declared.name] = pa.array(ends, pa.date32())

    def failed(self) -> dict[str, set[int]]:
        """Return, by field, the positions whose cell could not be read as the field's type."""
        return {
            name: {position for position, said in noted.items() if said.failed} for name, noted in self.noted.items()
        }

    def infer_years(self) -> None:
        """Read what a date lacks from the full date of the same row, and say so.

        A deadline of 6月底前 on an item found on 2024-03-05 is of 2024, if it then does not come before that day.
        An end that is declared to come after the row's own day takes the month of that day where it says a day
        only (5月6日 | 8日), and the next year where both stand around the turn of one (12月30日 | 1月2日). The day
        a record counts in itself is never completed this way.
        """
        anchor = self.ledger.date_field
        if anchor is None or anchor not in self.batch.arrays:
            return
        days = self.batch.arrays[anchor]
        later = self.ledger.not_before(anchor) | {one.name for one in self.ledger.columns if one.term == "end"}
        for name, noted in self.noted.items():
            declared = self.ledger.column(name)
            if declared.type != "date" or name == anchor or not noted:
                continue
            array = self.batch.arrays[name]
            doubtful = {"VAL-DATE-NO-YEAR"} if self.context.year is None else set()
            if name in later:
                doubtful.add("VAL-DATE-NO-MONTH")
                early = pc.indices_nonzero(pc.fill_null(pc.less(array, days), fill_value=False)).to_pylist()
            else:
                early = []
            lacking = [place for place in early if place in noted and "VAL-DATE-YEAR-INFERRED" in said_of(noted[place])]
            if doubtful:
                lacking += [place for place, said in noted.items() if said.failed and doubtful & said_of(said)]
            answers = ((place, self.beside(declared, place, days[place].as_py())) for place in lacking)
            found = {place: answer for place, answer in answers if answer is not None}
            if found:
                noted.update(found)
                values = array.to_pylist()
                for place, answer in found.items():
                    values[place] = answer.value
                self.batch.arrays[name] = pa.array(values, arrow_type(declared))

    def beside(self, declared: Column, place: int, day: dt.date | None) -> Parsed | None:
        """Read a date again in the light of the row's own day; ``None`` where that gives no day after it."""
        if day is None or self.ledger.date_field is None:
            return None
        name, old = declared.name, self.noted[declared.name][place]
        crossing = old.value is not None
        if crossing and (day.month < 10 or old.value.month > 3):
            return None
        source = f"本行的“{self.ledger.column(self.ledger.date_field).label}”"
        own = replace(self.contexts[name], year=day.year + crossing, year_source=source)
        if "VAL-DATE-NO-MONTH" in said_of(old):
            own = replace(own, month=day.month)
        answer = parse(declared, self.raws[name][place], own)
        if answer.failed or answer.value is None or answer.value < day:
            return None
        if crossing:
            said = issue(
                "VAL-DATE-CROSS-YEAR", label=declared.label, raw=shown(self.raws[name][place]), value=answer.value
            )
            answer = replace(answer, issues=(*answer.issues, said))
        return answer

    def complete(self) -> None:
        """Fill what the workbook leaves to a constant, a range's end, a word's meaning or a default."""
        batch, size = self.batch, len(self.batch.rows)
        for name, noted in self.noted.items():
            for position, parsed in noted.items():
                if parsed.approximate:
                    batch.approx[position][name] = {
                        "low": plain_number(parsed.low),
                        "high": plain_number(parsed.high),
                        "raw": shown(self.raws[name][position]),
                    }
                if parsed.precision:
                    batch.precision[position][name] = parsed.precision
                for target in parsed.sets:
                    self.sets[target][position] = True
        for name, array in self.ends.items():
            end = self.ledger.column(name).range_end
            if end is not None:
                self.take_ends(name, end, array)
        for target, positions in self.sets.items():
            own = batch.arrays.get(target)
            values = own.to_pylist() if own is not None else [None] * size
            for position in positions:
                if values[position] is False:
                    label = self.ledger.column(target).label
                    said = issue("VAL-SETS-CONFLICT", label=label)
                    batch.say(position, said, target, self.raws[target][position])
                else:
                    values[position] = True
            batch.arrays[target] = pa.array(values, pa.bool_())
        for name, heard in self.told.items():
            self.take_told(name, heard)
        for declared in self.ledger.columns:
            name = declared.name
            if name in self.constants and name not in self.mapping.assigned:
                batch.arrays[name] = pa.array([self.constants[name].value] * size, arrow_type(declared))
            value: Any = declared.default
            if declared.default_from == "reporting_unit":
                value = self.holds.unit if name not in self.mapping.assigned else None
            if value is None:
                continue
            default = pa.scalar(value, arrow_type(declared))
            if name not in batch.arrays:
                batch.arrays[name] = pa.repeat(default, size)
            elif batch.arrays[name].null_count:
                held = [place for place, said in self.noted.get(name, {}).items() if said.approximate or said.failed]
                filled = pc.fill_null(batch.arrays[name], default)
                if held:
                    mask = [False] * size
                    for place in held:
                        mask[place] = True
                    filled = pc.if_else(pa.array(mask), batch.arrays[name], filled)
                batch.arrays[name] = filled

        self.complete_year()
        self.complete_county()

    def take_told(self, name: str, heard: Told) -> None:
        """Take a choice column from what stands around the rows, and say so."""
        declared = self.ledger.column(name)
        self.batch.arrays[name] = pa.array(heard.values, arrow_type(declared))
        said = [value for value in heard.values if value is not None]
        if said:
            values = "、".join(f"“{value}”" for value in dict.fromkeys(said))
            self.say_of_sheet(
                issue(
                    "SHEET-CHOICE-FROM",
                    severity="info" if heard.within else None,
                    label=declared.label,
                    count=len(said),
                    source=heard.source,
                    values=values,
                ),
                name,
            )

    def complete_year(self) -> None:
        """Give rows of a table without a year column the year of their section heading or of the sheet."""
        declared = next((one for one in self.ledger.columns if one.type == "year" and one.required), None)
        stated = self.holds.stated_year
        if declared is None or stated is None or declared.name in self.batch.arrays:
            return
        sections = [self.sections.get(row) for row in self.batch.rows]
        years = [one.year if one is not None and one.year is not None else stated for one in sections]
        self.batch.arrays[declared.name] = pa.array(years, arrow_type(declared))
        if years:
            said = issue(
                "SHEET-YEAR-FROM", label=declared.label, count=years.count(stated), year=stated,
                source=self.context.year_source,
            )  # fmt: skip
            self.say_of_sheet(said, declared.name)

    def take_ends(self, name: str, target: str, ends: pa.Array) -> None:
        """Give the end of a written range to its column; a cell of its own that says otherwise is a contradiction."""
        own = self.batch.arrays.get(target)
        if own is None:
            self.batch.arrays[target] = ends
            return
        differ = pc.fill_null(pc.not_equal(own, ends), fill_value=False)
        said = issue(
            "VAL-DATE-END-CONFLICT", label=self.ledger.column(name).label, end=self.ledger.column(target).label
        )
        for position in pc.indices_nonzero(differ).to_pylist():
            self.batch.say(position, said, target, self.raws[target][position] if target in self.raws else None)
        self.batch.arrays[target] = pc.coalesce(own, ends)

    def complete_county(self) -> None:
        """Give rows without a county the one their section heading or the sheet's surroundings name."""
        declared = next((one for one in self.ledger.columns if one.type == "county"), None)
        if declared is None or declared.allow_whole_city or declared.name in self.constants:
            return
        batch, name, size = self.batch, declared.name, len(self.batch.rows)
        array = batch.arrays.get(name)
        if array is not None and not array.null_count:
            return
        absent = array is None or all(is_blank(raw) for raw in self.raws.get(name, ()))
        values = [None] * size if array is None else array.to_pylist()
        held = {place for place, said in self.noted.get(name, {}).items() if said.failed}
        blank: list[int] = []
        filled = 0
        for position, row in enumerate(batch.rows):
            if values[position] is not None or position in held:
                continue
            section = self.sections.get(row)
            if section is not None and section.county is not None:
                values[position] = section.county
            elif absent and self.holds.county is not None:
                values[position] = self.holds.county
                filled += 1
            else:
                blank.append(position)
        unit = self.ledger.unit_field
        if absent and not self.holds.county_conflict and unit in self.mapping.assigned and unit in batch.arrays:
            told = counties_of_units(batch.arrays[unit].to_pylist(), blank)
            values = [told.get(position, value) for position, value in enumerate(values)]
            blank = [position for position in blank if position not in told]
            if told:
                said = issue("SHEET-COUNTY-OF-UNIT", count=len(told), label=self.ledger.column(unit).label)
                self.say_of_sheet(said, name)
        batch.arrays[name] = pa.array(values, arrow_type(declared))
        self.unplaced = [] if absent and self.holds.county is None else blank
        if filled:
            self.say_of_sheet(
                issue("SHEET-COUNTY-FROM", count=filled, source=self.holds.county_source, county=self.holds.county),
                name,
            )
        elif absent and blank and self.holds.county_conflict:
            self.say_of_sheet(issue("SHEET-COUNTY-CONFLICT", sayings=self.holds.county_conflict), name)
        elif array is None and blank:
            self.say_of_sheet(issue("SHEET-COUNTY-NONE", count=len(blank)), name)

    def say_of_sheet(self, said: Issue, name: str | None) -> None:
        """Record a finding about the whole table."""
        self.batch.findings.append(
            Finding(said.code, said.severity, said.message, said.hint, self.sheet.name, None, None, name)
        )

    def report_unplaced(self) -> None:
        """Report the rows that are loaded without a county though the table has the column."""
        held = self.batch.blank | self.batch.bad
        for declared in self.ledger.columns:
            if declared.type == "county" and declared.name in self.raws:
                said = issue("SHEET-COUNTY-BLANK", label=declared.label)
                for position in self.unplaced:
                    if position not in held:
                        self.batch.say(position, said, declared.name)

    # -- judging rows --------------------------------------------------------------------------------------

    def find_blank_rows(self) -> None:
        """Find prefilled rows: nothing but zeros, serial numbers and formulas' leftovers."""
        size = len(self.batch.rows)
        if not size:
            return
        blank = pa.repeat(pa.scalar(True), size)
        serial = {column.index for column in self.mapping.serial}
        # Values that may come from elsewhere (merges, sections, defaults) are judged last, by their own cells.
        given = {name for cells in self.batch.cells.values() for name in cells}
        for name, assignment in sorted(self.mapping.assigned.items(), key=lambda pair: self.elsewhere(pair[0], given)):
            index = assignment.columns[0].index
            if is_serial(assignment.columns[0].leaf):
                serial.add(index)
                continue
            array = self.batch.arrays[name]
            if self.elsewhere(name, given):
                empty = pa.array([is_blank(raw) for raw in self.columns.column_values(index)])
            else:
                empty = pc.is_null(array)
                if self.ledger.column(name).type in NUMERIC_TYPES:
                    zero = pc.fill_null(pc.equal(array, pa.scalar(0, array.type)), fill_value=False)
                    empty = pc.or_(empty, zero)
            blank = pc.and_(blank, empty)
            if not pc.any(blank).as_py():
                return
        candidates = pc.indices_nonzero(blank).to_pylist()
        for position in candidates:
            row = self.columns.source[position]
            if all(
                leftover(row[index]) for index in range(self.table.left, self.table.right + 1) if index not in serial
            ):
                self.batch.blank.add(position)

    def elsewhere(self, name: str, given: set[str]) -> bool:
        """Tell whether a field's values may come from elsewhere than its own cells."""
        declared = self.ledger.column(name)
        return name in given or declared.type == "county" or declared.default is not None

    def report_values(self) -> None:
        """Report what the parsers said about cells."""
        for name, noted in self.noted.items():
            declared = self.ledger.column(name)
            raws = self.raws[name]
            for position, parsed in noted.items():
                for said in parsed.issues:
                    self.batch.say(position, said, name, raws[position])
                    if said.code == "VAL-CHOICE-UNKNOWN" and said.severity != "error":
                        self.batch.extra[position][self.header_of(name)] = as_text(raws[position])
                if parsed.sets and parsed.value is None and not parsed.issues:
                    meant = "、".join(self.ledger.column(target).label for target in sorted(parsed.sets))
                    text = shown(raws[position])
                    self.batch.say(
                        position,
                        issue("VAL-DATE-SETS", label=declared.label, raw=text, meant=meant),
                        name,
                        raws[position],
                    )

    def report_corrected(self) -> None:
        """Say of each cell a person put right what it held before, and whose word it is now."""
        for (row, column), one in self.corrected.items():
            for name, assignment in self.mapping.assigned.items():
                if column not in {part.index for part in assignment.columns}:
                    continue
                cell = a1(row, column)
                rows = {self.position.get(row)} | {
                    place for place, cells in self.batch.cells.items() if cells.get(name) == cell
                }
                said = issue(
                    "VAL-CORRECTED", label=self.ledger.column(name).label, old=one.old or "空",
                    new=mask(one.new)[0] or "空", by=one.by or "填报人",
                )  # fmt: skip
                for position in sorted(place for place in rows if place is not None):
                    self.used.add((row, column))
                    self.batch.say(position, said, name, one.old or None, column)

    def header_of(self, name: str) -> str:
        """Return the header a field was read under."""
        assignment = self.mapping.assigned.get(name)
        return assignment.columns[0].display if assignment else self.ledger.column(name).label

    def report_required(self) -> None:
        """Report required fields that are blank."""
        for declared in self.ledger.columns:
            array = self.batch.arrays.get(declared.name)
            if not declared.required or array is None or not array.null_count:
                continue
            noted = self.noted.get(declared.name, {})
            said = issue("VAL-REQUIRED", label=declared.label)
            for position in pc.indices_nonzero(pc.is_null(array)).to_pylist():
                parsed = noted.get(position)
                if parsed is not None and (parsed.failed or parsed.approximate):
                    continue
                self.batch.say(position, said, declared.name)

    def report_named_totals(self) -> None:
        """Hold back rows whose very name is 合计 though they are filled in like a record."""
        name = self.ledger.near.similar if self.ledger.near else None
        array = self.batch.arrays.get(name) if name else None
        if name is None or array is None or not pa.types.is_string(array.type):
            return
        for position in pc.indices_nonzero(pc.match_substring_regex(array, TOTAL_NAME)).to_pylist():
            raw = self.raws[name][position]
            said = issue("ROW-TOTAL-NAME", label=self.ledger.column(name).label, raw=shown(raw))
            self.batch.say(position, said, name, raw)

    def report_lying_headers(self) -> None:
        """Report columns most of whose cells are of another kind than the header says."""
        for name in self.mapping.assigned:
            said = lying_header(self.batch, self.mapping, name, self.noted.get(name, {}), self.table.bottom)
            if said is not None:
                self.batch.findings.append(said)

    def report_other_offices(self) -> None:
        """Report rows that stand below a line naming another office than the table's own."""
        unit, above = self.holds.unit, list(self.body.offices)
        if unit is None or not above or (same_unit(unit, above[-1][1]) and len(above) == 1):
            return
        for position, row in enumerate(self.batch.rows):
            said = next((name for line, name in reversed(above) if line < row), unit)
            if not same_unit(unit, said):
                self.batch.say(position, issue("ROW-OTHER-UNIT", said=said, unit=unit), None)

    def keep_unmapped(self) -> None:
        """Keep what stands in columns that fill no field, by header, with each record."""
        seen: set[str] = set()
        for column in self.mapping.unmapped:
            if column.index in self.dropped:
                continue
            header = column.display or f"{letters(column.index)}列"
            if header in seen:
                header = f"{header}（{letters(column.index)}列）"
            seen.add(header)
            for position, value in enumerate(self.columns.column_values(column.index)):
                if not is_blank_cell(value):
                    self.batch.extra[position][header] = as_text(value)


def said_of(parsed: Parsed) -> set[str]:
    """Return the codes of what a parser said about a cell."""
    return {one.code for one in parsed.issues}


def leftover(value: Any) -> bool:
    """Tell whether a cell of a prefilled row says nothing: blank, zero, a formula's error."""
    return is_blank(value) or isinstance(value, ErrorCell) or (isinstance(value, (int, float)) and value == 0)
