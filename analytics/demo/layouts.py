"""One sheet, from the first title line to the last footnote, and the truth of every row in it.

Takes planned rows and habits, gives a grid and what must be read from it. This module must not know file formats,
nor where the rows come from.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from analytics.demo.forms import Break, Header, HeaderColumn, make_header, sectioned
from analytics.demo.grid import EMPTY, Cell, Content, Formula, Grid, Span, address, letter, shown
from analytics.demo.habits import CSV, Habit
from analytics.demo.mistakes import IDENTITY, MOBILE, spoil, spoils_one_cell, victim
from analytics.demo.spelling import Context, Spelled, Writing, spell
from analytics.demo.truth import (
    Approx,
    Expected,
    FindingTruth,
    Masked,
    Plain,
    QuarantineTruth,
    RecordTruth,
    SheetTruth,
)
from analytics.ledgers.model import Ledger, geography


@dataclass(slots=True)
class Planned:
    """One row to be written: what happened, and the mistake to be made in telling it."""

    values: dict[str, Plain]
    mistake: Habit | None = None
    broken: Break | None = None
    exact: bool = False
    """The figures of this row are counted on: no estimates, no imprecise days."""
    plain: bool = False
    """Written just as the template asks."""
    twin: bool = False
    """Another row repeats this one."""
    alike: bool = False
    """Another row tells the same in other words."""


@dataclass(frozen=True, slots=True)
class SheetPlan:
    """One table to be drawn on one sheet."""

    ledger: Ledger
    rows: Sequence[Planned]
    habits: frozenset[Habit]
    name: str
    office: str
    county: str
    """The place the office stands for: what a sheet without a county column means."""
    year: int
    month: int | None = None
    fields: tuple[str, ...] | None = None
    hidden: bool = False


@dataclass(slots=True)
class Laid:
    """A drawn sheet and its truth."""

    grid: Grid
    sheet: SheetTruth
    records: list[RecordTruth] = field(default_factory=list)
    quarantined: list[QuarantineTruth] = field(default_factory=list)
    findings: list[FindingTruth] = field(default_factory=list)


_FOREIGN = ("extra", "running", "phone")
_PREPARER = "李某甲"
_CHECKER = "王某乙"
_CHINESE = "一二三四五六七八九"
_FAR = 400
"""The row that prefilled formulas reach down to."""
FOOTNOTE = "注：演示数据，人名、单位、号码均为虚构。"


class _Sheet:
    """Draws one sheet row by row and keeps account of what each row is."""

    def __init__(self, plan: SheetPlan, file_name: str, rng: random.Random) -> None:
        self.plan = plan
        self.rng = rng
        self.header: Header = make_header(plan.ledger, plan.habits, rng, plan.fields)
        self.left = 1 if Habit.OFFSET in plan.habits else 0
        self.grid = Grid(plan.name, hidden=plan.hidden)
        self.truth = SheetTruth(file_name, plan.name, plan.ledger.id, None, hidden=plan.hidden)
        self.laid = Laid(self.grid, self.truth)
        self.text_only = bool(plan.habits & CSV)
        self.context = Context(
            plan.year,
            self.header.fields,
            text_only=self.text_only,
            mac_dates=Habit.FILE_MAC_DATES in plan.habits,
            header_wan=bool(plan.habits & {Habit.MONEY_HEADER_WAN, Habit.MONEY_LINE_WAN}),
            month=plan.month,
        )
        self.reported_on = dt.date(plan.year, 12, 20) if plan.year % 2 == 0 else dt.date(plan.year + 1, 1, 5)
        self.sums: list[tuple[int, list[Decimal | None]]] = []
        """Rows of the body so far, and what each adds to the totals by column."""
        self.serial = 0
        self.said = sectioned(plan.ledger, plan.habits)

    def has(self, habit: Habit) -> bool:
        return habit in self.plan.habits

    @property
    def width(self) -> int:
        return len(self.header.columns)

    def put(self, contents: Sequence[Cell | Content], *, indent: bool = True) -> int:
        """Append a row; return its number from 0."""
        cells = [content if isinstance(content, Cell) else Cell(content) for content in contents]
        self.grid.rows.append([EMPTY] * (self.left if indent else 0) + cells)
        return len(self.grid.rows) - 1

    def across(self, text: str) -> int:
        """Append a line whose text is merged over the whole table."""
        row = self.put([text])
        if self.width > 1:
            self.grid.merged.append(Span(row, self.left, row, self.left + self.width - 1))
        return row

    # Above the table ---------------------------------------------------------------------------------------------

    def above(self) -> None:
        plan = self.plan
        if self.has(Habit.OFFSET):
            self.put([], indent=False)
        if self.has(Habit.ATTACHMENT):
            self.put(["附件1"])
        span = f"{plan.year}年{plan.month}月" if plan.month else f"{plan.year}年"
        if self.has(Habit.TITLE):
            self.across(f"{plan.office}{span}{plan.ledger.name}（演示数据）")
        if self.has(Habit.TITLE_TWO_ROWS):
            self.across(f"{plan.office}{plan.ledger.name}")
            self.across(f"（{span}，演示数据）")
        seal = "（盖章）" if self.has(Habit.SEAL) else ""
        filled = f"{self.reported_on.year}年{self.reported_on.month}月{self.reported_on.day}日"
        if self.has(Habit.FILLER_ONE_CELL):
            self.put([f"填报单位{seal}：{plan.office}    填报人：{_PREPARER}    填报时间：{filled}"])
        if self.has(Habit.FILLER_CELLS):
            self.put([f"填报单位{seal}：", plan.office, None, "填报时间：", filled])
        if plan.habits & {Habit.FILLER_ONE_CELL, Habit.FILLER_CELLS}:
            self.truth.reporting_unit = plan.office
            self.truth.reported_on = self.reported_on
        if plan.habits & {Habit.UNIT_LINE, Habit.MONEY_LINE_WAN}:
            units = "人、万元" if self.has(Habit.MONEY_LINE_WAN) else "人、场次"
            self.put([None] * (self.width - 1) + [f"单位：{units}"])
        if self.has(Habit.HELPER_ROW_ABOVE):
            self.put([f"引用{letter(self.left + place)}列信息" for place in range(self.width)])

    def below_header(self, rows: Sequence[Planned]) -> None:
        """Append what a template leaves between the header and the first record."""
        if self.has(Habit.HELPER_ROW_BELOW):
            self.put([_asked(column) for column in self.header.columns])
            self.truth.note += 1
        if self.plan.habits & {Habit.EXAMPLE_ROW, Habit.EXAMPLE_REMARK} and rows:
            contents = [
                EMPTY if column.column is None else self.example(column, rows[0]) for column in self.header.columns
            ]
            place = (self.header.position("remark") if self.has(Habit.EXAMPLE_REMARK) else None) or 0
            contents[place] = Cell("示例")
            self.put(contents)
            self.truth.note += 1

    def example(self, column: HeaderColumn, planned: Planned) -> Cell:
        """Return what stands in the example row: believable, and nobody's."""
        assert column.column is not None  # noqa: S101 - the caller asks for our own columns only
        value = planned.values.get(column.column.name)
        if column.column.type == "text" and value is not None:
            value = f"某{column.column.label}"
        return spell(
            Writing(column.column, value, planned.values, self.context, self.rng), frozenset(), exact=True
        ).cell

    def section(self, number: int, said: Plain = None) -> None:
        """Append a heading over the records that follow, and what it says of them."""
        sign = _CHINESE[number % len(_CHINESE)]
        self.across(f"（{sign}）{said}" if said else f"{sign}、第{sign}批")
        self.truth.note += 1

    # The header --------------------------------------------------------------------------------------------------

    def draw_header(self) -> list[int]:
        """Append the header's rows; return their numbers from 0."""
        columns, depth = self.header.columns, self.header.depth
        top = len(self.grid.rows)
        for level in range(depth):
            row: list[Content] = []
            for place, column in enumerate(columns):
                before = columns[place - 1].path if place else ()
                mine = column.path[: level + 1]
                repeats = len(column.path) > level + 1 and before[: level + 1] == mine
                row.append(None if repeats or level >= len(column.path) else column.path[level])
            self.put(row)
        for place, column in enumerate(columns):
            last = len(column.path) - 1
            if last < depth - 1:
                self.grid.merged.append(Span(top + last, self.left + place, top + depth - 1, self.left + place))
            for level in range(last):
                mine = column.path[: level + 1]
                if place and columns[place - 1].path[: level + 1] == mine:
                    continue
                end = place
                while end + 1 < len(columns) and columns[end + 1].path[: level + 1] == mine:
                    end += 1
                if end > place:
                    self.grid.merged.append(Span(top + level, self.left + place, top + level, self.left + end))
        return list(range(top, top + depth))

    # One record --------------------------------------------------------------------------------------------------

    def record(self, planned: Planned, *, county_cell: str | None = None) -> int:
        """Append one record's row and its truth.

        Args:
            planned: What to write.
            county_cell: The cell above that already says the county (a vertical merge), if any.
        """
        self.serial += 1
        row = len(self.grid.rows)
        ledger = self.plan.ledger
        values = planned.values
        one_cell = planned.mistake is not None and spoils_one_cell(planned.mistake)
        spoiled = victim(planned.mistake, ledger, self.header, self.rng) if one_cell and planned.mistake else None
        cells: list[Cell] = []
        spelled: dict[str, Spelled] = {}
        for column in self.header.columns:
            if column.column is None:
                cells.append(self.foreign(column))
                continue
            writing = Writing(column.column, values.get(column.column.name), values, self.context, self.rng)
            untouched = planned.plain or planned.mistake is not None
            made = spell(writing, frozenset() if untouched else self.plan.habits, exact=planned.exact)
            spelled[column.column.name] = made
            is_merged = county_cell is not None and column.column.type == "county"
            cells.append(EMPTY if is_merged else made.cell)
        amounts: list[Decimal | None] = [self.amount(column, spelled) for column in self.header.columns]
        if spoiled is not None and planned.mistake is not None:
            place = self.header.position(spoiled.name)
            assert place is not None  # noqa: S101 - the victim was chosen among the written columns
            fault = spoil(planned.mistake, self.plan.year, self.rng, text_only=self.text_only)
            cells[place] = fault.cell
            amounts[place] = None
            self.held_back(row, place, fault.family, shown(fault.cell), planned.mistake)
        elif planned.mistake is Habit.SHIFTED:
            start = 1 if self.header.columns[0].role == "serial" else 0
            cells = [*cells[:start], EMPTY, *cells[start:-1]]
            amounts = [None] * len(cells)
            self.held_back(row, None, "", None, planned.mistake)
        elif planned.mistake is Habit.RULE_BROKEN and planned.broken is not None:
            rule = next(rule for rule in ledger.rules if rule.id == planned.broken.rule)
            place = self.header.position(rule.fields[0])
            family = rule_family(ledger, rule.id)
            self.held_back(row, place, family, shown(cells[place]) if place is not None else None, planned.mistake)
        else:
            self.loaded(row, planned, cells, spelled, county_cell)
        self.put(cells)
        self.sums.append((row, amounts))
        return row

    def foreign(self, column: HeaderColumn) -> Cell:
        """Return the content of a column that is not ours."""
        if column.role == "serial":
            return Cell(self.serial)
        if column.role == "filler":
            return EMPTY
        if column.role == "running":
            return Cell(1000 * self.serial)
        return Cell(MOBILE if column.role == "phone" else f"附{self.serial:03d}")

    def amount(self, column: HeaderColumn, spelled: dict[str, Spelled]) -> Decimal | None:
        """Return what a cell adds to its column's total, in the column's own unit."""
        if column.column is None or column.column.type not in ("count", "money"):
            return None
        value = spelled[column.column.name].expected.get(column.column.name)
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
            return None
        amount = Decimal(value)
        return amount / 10000 if column.column.type == "money" and self.context.header_wan else amount

    def held_back(self, row: int, place: int | None, family: str, raw: str | None, mistake: Habit) -> None:
        cell = address(row, self.left + place) if place is not None else None
        self.laid.quarantined.append(
            QuarantineTruth(
                self.truth.file, self.plan.name, row + 1, self.plan.ledger.id, cell, family, raw, mistake.description
            )
        )
        self.truth.quarantined += 1
        self.truth.totals_hold = False

    def loaded(
        self, row: int, planned: Planned, cells: list[Cell], spelled: dict[str, Spelled], county_cell: str | None
    ) -> None:
        plan, ledger = self.plan, self.plan.ledger
        fields: dict[str, Expected] = {}
        for column in ledger.columns:
            fields[column.name] = planned.values.get(column.name) if column.name == self.said else None
            if column.name in {*self.header.fields, self.said}:
                continue
            if column.default is not None:
                fields[column.name] = column.default
            elif column.default_from == "reporting_unit":
                fields[column.name] = plan.office
            elif column.type == "county":
                fields[column.name] = plan.county
        truth = RecordTruth(self.truth.file, plan.name, row + 1, ledger.id, fields)
        truth.repeats, truth.alike = planned.twin, planned.alike
        for name, made in spelled.items():
            fields.update(made.expected)
            truth.precision |= made.precision
            column = ledger.column(name)
            if fields[name] is None and column.default is not None and made.cell.content is None:
                fields[name] = column.default
            if fields[name] is None and column.default_from and made.cell.content is None:
                fields[name] = plan.office
            place = self.header.position(name)
            assert place is not None  # noqa: S101 - every spelled field has a column
            truth.cells[name] = address(row, self.left + place)
            if made.habit is not None:
                truth.spelled[name] = made.habit.name
            if made.flagged:
                why = made.habit.description if made.habit else ""
                self.remark(row, truth.cells[name], made.flagged, why)
            if any(isinstance(value, Approx) for value in made.expected.values()):
                self.truth.totals_hold = False
        if county_cell is not None:
            truth.cells |= {name: county_cell for name in spelled if ledger.column(name).type == "county"}
        for place, header in enumerate(self.header.columns):
            if header.role in ("extra", "running"):
                truth.extra["/".join(header.path)] = shown(cells[place]) or ""
        self.plant_number(row, planned, cells, truth)
        if planned.mistake is Habit.RULE_DOUBTFUL and planned.broken is not None:
            for name in (planned.broken.rule, *planned.broken.also):
                rule = next(rule for rule in ledger.rules if rule.id == name)
                cell = truth.cells.get(rule.fields[0])
                self.remark(row, cell, rule_family(ledger, name), planned.mistake.description)
        if planned.mistake is Habit.DUPLICATE:
            truth.repeats = True
            self.truth.totals_hold = False
            self.truth.either += 1
            self.remark(row, None, "DUP-SAME", planned.mistake.description)
        if planned.mistake is Habit.NEAR_DUPLICATE:
            self.remark(row, None, "DUP-NEAR", planned.mistake.description)
        self.laid.records.append(truth)
        self.truth.loaded += 1

    def plant_number(self, row: int, planned: Planned, cells: list[Cell], truth: RecordTruth) -> None:
        """Write a made-up personal number into the last free text of the row."""
        if planned.mistake not in (Habit.IDENTITY_NUMBER, Habit.MOBILE_NUMBER):
            return
        number, words = (
            (IDENTITY, "经办人身份证号") if planned.mistake is Habit.IDENTITY_NUMBER else (MOBILE, "经办人手机")
        )
        texts = [column for column in self.plan.ledger.columns if column.type == "text"]
        texts = [column for column in texts if column.name in self.header.fields and column.name not in _keys(self)]
        if not texts:
            return
        target = next((column for column in reversed(texts) if not column.required), texts[-1])
        place = self.header.position(target.name)
        assert place is not None  # noqa: S101 - the column was chosen among the written ones
        cells[place] = Cell(f"{words}{number}")
        truth.fields[target.name] = Masked(words, number)
        self.remark(row, truth.cells[target.name], "PRIV-MASKED", planned.mistake.description)

    def remark(self, row: int | None, cell: str | None, family: str, why: str) -> None:
        number = row + 1 if row is not None else None
        self.laid.findings.append(FindingTruth(self.truth.file, self.plan.name, number, cell, family, why))

    # Between and below the records -------------------------------------------------------------------------------

    def blank(self) -> None:
        self.put([])
        self.truth.blank += 1

    def turn_page(self, number: int) -> None:
        """Append the mark at the foot of a page and the one at the head of the next."""
        for marks in ([*[None] * (self.width - 1), f"第{number}页 共9页"], ["续表"]):
            self.put(marks)
        self.truth.note += 2

    def repeat_header(self) -> None:
        self.truth.repeated_header += len(self.draw_header())

    def total(self, word: str, of: Sequence[tuple[int, list[Decimal | None]]], *, wrong: bool = False) -> None:
        """Append a 小计 or 合计 row over the given records."""
        row = len(self.grid.rows)
        cells: list[Cell] = []
        sums: list[Decimal | None] = []
        for place in range(self.width):
            amounts = [amounts[place] for _, amounts in of if amounts[place] is not None]
            known = [amount for amount in amounts if amount is not None]
            sums.append(sum(known, Decimal(0)) if known else None)
        if wrong:
            self.spoil_total(row, sums, of)
        for place, amount in enumerate(sums):
            number = None if amount is None else int(amount) if amount == amount.to_integral_value() else float(amount)
            if number is not None and self.has(Habit.TOTAL_FORMULAS) and not wrong:
                name = letter(self.left + place)
                places = "+".join(f"{name}{line + 1}" for line, amounts in of if amounts[place] is not None)
                cells.append(Cell(Formula(places, number)))
            else:
                cells.append(Cell(number))
        free = [place for place, amount in enumerate(sums) if amount is None and not self.is_number(place)]
        cells[free[0] if free else 0] = Cell(word)
        self.put(cells)
        self.truth.subtotal += 1

    def unit_of(self, column: HeaderColumn) -> str | None:
        """Return what the units row says about a column."""
        if column.column is None:
            return None
        wan = column.column.type == "money" and self.context.header_wan
        return f"万{column.column.unit}" if wan else column.column.unit

    def is_number(self, place: int) -> bool:
        column = self.header.columns[place].column
        return column is not None and column.type in ("count", "money", "decimal", "percent")

    def spoil_total(self, row: int, sums: list[Decimal | None], of: Sequence[tuple[int, list[Decimal | None]]]) -> None:
        """Make one sum wrong, in a column whose every cell is known: no other can be held to its total."""
        places = [
            place
            for place, amount in enumerate(sums)
            if amount is not None and all(amounts[place] is not None for _, amounts in of)
        ]
        if not places:
            return
        place = self.rng.choice(places)
        sums[place] = (sums[place] or Decimal(0)) + 7
        self.remark(row, address(row, self.left + place), "TOTAL-", Habit.WRONG_TOTAL.description)

    def below(self) -> None:
        if self.has(Habit.DERIVED_ROWS):
            for word in ("平均", "同比增长（%）"):
                figures: list[Content] = [
                    self.rng.randint(1, 9) if self.is_number(p) else None for p in range(self.width)
                ]
                if not self.is_number(0) and any(figures):
                    self.put([word, *figures[1:]])
                    self.truth.note += 1
        if self.has(Habit.COLOUR_LEGEND):
            self.put(["黄色：已核实"])
            self.truth.note += 1
        if self.has(Habit.KEEP_ROWS):
            for words in ("……", "保留格式，勿删"):
                self.put([words])
                self.truth.note += 1
        if self.plan.habits & {Habit.PREFILLED_ROWS, Habit.PREFILLED_FAR}:
            for _ in range(_FAR - len(self.grid.rows) if self.has(Habit.PREFILLED_FAR) else 6):
                self.serial += 1
                lead: list[Content] = [self.serial] if self.header.columns[0].role == "serial" else [None]
                row = len(self.grid.rows)
                self.put([*lead, *[None] * (self.width - 1), Formula(f'IF(B{row + 1}="","","已填")', "")])
                self.truth.blank += 1
                self.truth.leftover += 1
        if self.has(Habit.FOOTNOTES):
            self.put([FOOTNOTE])
            self.put(["2.本表由各单位按月汇总，数据以原始凭证为准。"])
            self.truth.note += 2
        if self.has(Habit.FILLER_BELOW):
            self.put([f"填报人：{_PREPARER}", None, f"审核人：{_CHECKER}"])
            self.truth.note += 1


_ASKED = {
    "date": "填写格式：2024-07-15",
    "count": "请填整数",
    "choice": "下拉选择",
    "county": "下拉选择",
    "boolean": "填是或否",
}


def _asked(column: HeaderColumn) -> str | None:
    """Return what a template asks for under a heading."""
    declared = column.column
    return None if declared is None else _ASKED.get(declared.type, "必填" if declared.required else "选填")


def _keys(sheet: _Sheet) -> set[str]:
    return {name.removesuffix(".year") for name in sheet.plan.ledger.key}


def rule_family(ledger: Ledger, rule: str) -> str:
    """Return the finding code of a declared rule."""
    return f"RULE-{ledger.id}-{rule}".upper().replace("_", "-")


def lay_out(plan: SheetPlan, file_name: str, rng: random.Random) -> Laid:
    """Draw one sheet.

    Args:
        plan: What to write and in which manner.
        file_name: The file it will stand in.
        rng: Decides everything left open; the same state gives the same sheet.
    """
    sheet = _Sheet(plan, file_name, rng)
    sheet.above()
    header = sheet.draw_header()
    sheet.truth.header_rows = [row + 1 for row in header]
    if sheet.has(Habit.UNITS_ROW):
        sheet.put([sheet.unit_of(column) for column in sheet.header.columns])
        sheet.truth.header_rows.append(header[-1] + 2)
    if sheet.has(Habit.LETTERED_COLUMNS) and any(cell.content for cell in sheet.grid.rows[-1]):
        texts = sum(not sheet.is_number(place) for place in range(min(sheet.width, 3)))
        sheet.put([*"甲乙丙"[:texts], *range(1, sheet.width - texts + 1)])
        sheet.truth.header_rows.append(sheet.truth.header_rows[-1] + 1)
    sheet.truth.fields = [column.field for column in sheet.header.columns if column.field]
    sheet.truth.unmapped = ["/".join(c.path) for c in sheet.header.columns if c.role in _FOREIGN]
    sheet.below_header(plan.rows)
    _draw_body(sheet)
    sheet.below()
    hide_some(sheet)
    if sheet.has(Habit.PHONE_COLUMN) and any(row.mistake is not Habit.SHIFTED for row in plan.rows):
        sheet.remark(None, None, "PRIV-COLUMN-DROPPED", Habit.PHONE_COLUMN.description)
    sheet.truth.last_row = len(sheet.grid.rows)
    return sheet.laid


def _draw_body(sheet: _Sheet) -> None:
    rows = _in_order(sheet)
    word = "总 计" if sheet.has(Habit.TOTAL_WORD) else "合计"
    wrong = sheet.has(Habit.WRONG_TOTAL)
    if sheet.has(Habit.TOTAL_FIRST):
        # The sums are known only once the rows are drawn: draw, then move the total to the front.
        _draw_total_first(sheet, rows, word, wrong=wrong)
        return
    _draw_rows(sheet, rows)
    if wrong or sheet.has(Habit.TOTAL_LAST):
        sheet.total(word, sheet.sums, wrong=wrong)


def _draw_total_first(sheet: _Sheet, rows: Sequence[Planned], word: str, *, wrong: bool) -> None:
    place = len(sheet.grid.rows)
    sheet.put([])
    _draw_rows(sheet, rows)
    sheet.total(word, sheet.sums, wrong=wrong)
    last = sheet.grid.rows.pop()
    sheet.grid.rows[place] = last
    drawn = len(sheet.grid.rows)
    sheet.laid.findings = [
        finding
        if finding.family != "TOTAL-" or finding.row != drawn + 1 or finding.cell is None
        else FindingTruth(
            finding.file,
            finding.sheet,
            place + 1,
            finding.cell.rstrip("0123456789") + str(place + 1),
            finding.family,
            finding.why,
        )
        for finding in sheet.laid.findings
    ]


def _in_order(sheet: _Sheet) -> list[Planned]:
    """Rows that share a merged cell or a subtotal stand together."""
    rows = list(sheet.plan.rows)
    if sheet.said:
        rows.sort(key=lambda row: str(row.values.get(sheet.said or "")))
    elif sheet.plan.habits & {Habit.MERGED_COUNTY, Habit.SUBTOTALS}:
        order = [county.name for county in geography().counties]
        name = _county_field(sheet)
        if name:
            rows.sort(key=lambda row: order.index(str(row.values[name])) if row.values.get(name) in order else 99)
    return rows


def _county_field(sheet: _Sheet) -> str | None:
    places = (column.name for column in sheet.plan.ledger.columns if column.type == "county")
    return next((name for name in places if name in sheet.header.fields), None)


def _draw_rows(sheet: _Sheet, rows: Sequence[Planned]) -> None:
    county = _county_field(sheet)
    run: list[int] = []
    run_of: Plain = None
    group: list[tuple[int, list[Decimal | None]]] = []

    def close_run() -> None:
        if county and len(run) > 1:
            place = sheet.header.position(county)
            assert place is not None  # noqa: S101 - the field was chosen among the written ones
            sheet.grid.merged.append(Span(run[0], sheet.left + place, run[-1], sheet.left + place))
        run.clear()

    heading: Plain = None
    for number, planned in enumerate(rows):
        if sheet.said and planned.values.get(sheet.said) != heading:
            close_run()
            heading = planned.values.get(sheet.said)
            sheet.section(number, heading)
        if sheet.has(Habit.SECTION_ROWS) and number % 6 == 0:
            close_run()
            sheet.section(number // 6)
        mergeable = sheet.has(Habit.MERGED_COUNTY) and county is not None and planned.mistake is None
        joins = mergeable and run and planned.values.get(county or "") == run_of
        if not joins:
            close_run()
        top = address(run[0], sheet.left + (sheet.header.position(county or "") or 0)) if joins else None
        row = sheet.record(planned, county_cell=top)
        group.append(sheet.sums[-1])
        if mergeable:
            run.append(row)
            run_of = planned.values.get(county or "")
        following = rows[number + 1] if number + 1 < len(rows) else None
        if sheet.has(Habit.SUBTOTALS) and _group_ends(planned, following, county, len(group)):
            close_run()
            sheet.total("小计", group)
            group = []
        if following is not None and sheet.has(Habit.BLANK_ROWS) and number % 7 == 3:
            close_run()
            sheet.blank()
        if following is not None and sheet.has(Habit.REPEATED_HEADER) and number % 15 == 9:
            close_run()
            if sheet.has(Habit.PAGE_MARKS):
                sheet.turn_page(number // 15 + 1)
            sheet.repeat_header()
    close_run()


def _group_ends(planned: Planned, following: Planned | None, county: str | None, size: int) -> bool:
    if following is None:
        return True
    if county and planned.values.get(county) != following.values.get(county):
        return True
    return size >= 40


def hide_some(sheet: _Sheet) -> None:
    """Hide a row and a column, which must be read all the same, and said."""
    if sheet.has(Habit.HIDDEN_ROWS) and sheet.laid.records:
        sheet.grid.hidden_rows.add(sheet.laid.records[len(sheet.laid.records) // 2].row - 1)
        sheet.remark(None, None, "SHEET-HIDDEN", Habit.HIDDEN_ROWS.description)
    if sheet.has(Habit.HIDDEN_COLUMNS):
        sheet.grid.hidden_columns.add(sheet.left + sheet.width - 1)
        sheet.remark(None, None, "SHEET-HIDDEN", Habit.HIDDEN_COLUMNS.description)
    if sheet.plan.hidden:
        sheet.remark(None, None, "SHEET-HIDDEN", Habit.HIDDEN_SHEET.description)
