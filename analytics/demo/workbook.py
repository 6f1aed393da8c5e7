"""One workbook as an office would send it: its sheets, its kind of file, its mistakes, and the truth of it all.

``generate`` is for studies (one ledger, chosen habits); ``assemble`` is what the demo builds each file with.
This module must not know the city's year.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from analytics.demo.arrangements import copied, join, matrix
from analytics.demo.forms import all_ledgers, chosen_fields, form, sectioned
from analytics.demo.grid import Cell, Grid
from analytics.demo.habits import JOINED, NEEDS_A_BOOK, Habit, possible
from analytics.demo.layouts import FOOTNOTE, Laid, Planned, SheetPlan, lay_out
from analytics.demo.mistakes import apply_break, broken, can_spoil, spoils_one_cell
from analytics.demo.plan import Office, offices
from analytics.demo.rows import Maker
from analytics.demo.truth import FileTruth, SheetTruth, Truth
from analytics.demo.writers import Container, write
from analytics.ledgers.model import Ledger, geography, ledgers


@dataclass(frozen=True, slots=True)
class Part:
    """One ledger in a workbook, and how its sheets are drawn."""

    ledger: str
    rows: Sequence[Planned]
    habits: frozenset[Habit]
    fields: tuple[str, ...] | None = None
    joins: Habit | None = None
    """How it stands in the sheet of the part before it, if it does."""


@dataclass(frozen=True, slots=True)
class Made:
    """One file and its truth."""

    file_name: str
    content: bytes
    truth: Truth


_FILES: dict[Habit | None, tuple[Container, str, str]] = {
    None: ("xlsx", "xlsx", "utf-8-sig"),
    Habit.FILE_XLS: ("xls", "xls", "utf-8-sig"),
    Habit.FILE_ET: ("xls", "et", "utf-8-sig"),
    Habit.FILE_ODS: ("ods", "ods", "utf-8-sig"),
    Habit.FILE_CSV_UTF8: ("csv", "csv", "utf-8-sig"),
    Habit.FILE_CSV_GB18030: ("csv", "csv", "gb18030"),
    Habit.FILE_LYING_EXTENSION: ("xlsx", "xls", "utf-8-sig"),
    Habit.FILE_CSV_LYING: ("csv", "xls", "gb18030"),
    Habit.FILE_MAC_DATES: ("xlsx", "xlsx", "utf-8-sig"),
}
"""For each kind of file: the writer, the extension it bears, the encoding of a text file."""

_SHARED = "上报"
"""The name of a sheet that several ledgers share."""

_SHEET_NAMES = 31
"""Excel's longest sheet name."""


def assemble(
    office: Office, year: int, parts: Sequence[Part], kind: Habit | None, rng: random.Random, *, subject: str = ""
) -> Made:
    """Make one workbook.

    Args:
        office: Who sends it.
        year: The year it reports.
        parts: The ledgers in it, in order.
        kind: The kind of file; ``None`` is .xlsx.
        rng: Decides everything left open.
        subject: What the file name calls it, where it is not simply the one ledger's name.
    """
    container, extension, encoding = _FILES[kind]
    known = ledgers()
    name = f"演示数据_{office.name}_{year}年{subject or known[parts[0].ledger].name}.{extension}"
    truth = Truth(0, [FileTruth(name, office.name, year, container)])
    grids: list[Grid] = []
    drawn: list[Laid] = []
    used: set[str] = {kind.name} if kind else set()
    stem = name.rsplit(".", 1)[0] if container == "csv" else None
    for part in parts:
        habits = _complete(part.habits | ({kind} if kind else frozenset()))
        used |= {habit.name for habit in habits}
        alone = not any(other.joins for other in parts)
        for plan in _sheets(office, year, known[part.ledger], replace(part, habits=habits), stem):
            laid = lay_out(plan if alone else replace(plan, name=stem or _SHARED), name, rng)
            if part.joins is None:
                grids.append(laid.grid)
                drawn.append(laid)
            else:
                join(drawn[-1], laid, part.joins)
            _take(truth, laid)
            if Habit.SUMMARY_SHEET in habits and not plan.hidden:
                drawn.append(copied(laid, f"{known[part.ledger].name}汇总"))
                grids.append(drawn[-1].grid)
                truth.findings = [due for due in truth.findings if due.sheet != laid.sheet.sheet] + laid.findings
                _take(truth, drawn[-1])
        if Habit.MATRIX_SHEET in habits:
            grid, sheet, due = matrix(name, rng)
            grids.append(grid)
            truth.sheets.append(sheet)
            truth.findings.append(due)
    if any(Habit.COVER_SHEET in part.habits for part in parts) and container != "csv":
        grids.insert(0, _cover(office, year))
        truth.sheets.insert(0, SheetTruth(name, grids[0].name, None, None, last_row=len(grids[0].rows)))
    truth.files[0].habits = sorted(used)
    content = write(container, grids, encoding=encoding, mac_dates=kind is Habit.FILE_MAC_DATES)
    return Made(name, content, truth)


def _complete(habits: frozenset[Habit]) -> frozenset[Habit]:
    """Drop what the kind of file cannot show, and say who reports where no column says it."""
    habits = possible(habits)
    silent = habits & {Habit.NO_COUNTY_COLUMN, Habit.NO_ORGANIZER_COLUMN}
    if silent and not habits & {Habit.FILLER_ONE_CELL, Habit.FILLER_CELLS}:
        habits |= {Habit.FILLER_ONE_CELL}
    return habits


def _take(truth: Truth, laid: Laid) -> None:
    truth.sheets.append(laid.sheet)
    truth.records += laid.records
    truth.quarantined += laid.quarantined
    truth.findings += laid.findings


def _sheets(office: Office, year: int, ledger: Ledger, part: Part, stem: str | None) -> list[SheetPlan]:
    """Spread a ledger's rows over its sheets: usually one, or one a month, or some rows on a hidden sheet.

    A text file has no sheets; what it holds goes by the file's own name (``stem``).
    """

    def sheet(rows: Sequence[Planned], name: str, *, month: int | None = None, hidden: bool = False) -> SheetPlan:
        return SheetPlan(
            ledger,
            rows,
            part.habits,
            stem or name[:_SHEET_NAMES],
            office.name,
            office.county,
            year,
            month,
            part.fields,
            hidden,
        )

    rows = list(part.rows)
    plans: list[SheetPlan] = []
    late: list[Planned] = []
    if Habit.HIDDEN_SHEET in part.habits and len(rows) > 8:
        rows, late = rows[: -len(rows) // 6], rows[-len(rows) // 6 :]
    date = ledger.date_field
    if Habit.MONTH_SHEETS in part.habits and date:
        for month in range(1, 13):
            mine = [row for row in rows if getattr(row.values[date], "month", None) == month]
            if mine:
                plans.append(sheet(mine, f"{month}月", month=month))
    else:
        plans.append(sheet(rows, ledger.name))
    if late:
        plans.append(sheet(late, f"{ledger.name}补报", hidden=True))
    return plans


def _cover(office: Office, year: int) -> Grid:
    lines = [
        f"{office.name}{year}年台账填报说明（演示数据）",
        "一、请各单位如实填报，数据截至年底。",
        "二、日期请写明年月日，数量请填整数。",
        FOOTNOTE,
    ]
    return Grid("填报说明", [[Cell(line)] for line in lines])


# Mistakes ------------------------------------------------------------------------------------------------------


def plant(
    ledger: Ledger, rows: Sequence[Planned], habits: frozenset[Habit], fresh: Callable[[], Planned], rng: random.Random,
    fields: tuple[str, ...] | None = None,
) -> list[Planned]:  # fmt: skip
    """Return the rows with one more row for each mistake habit, at places chance decides.

    Args:
        ledger: The ledger of the rows.
        rows: Rows without mistakes.
        habits: The office's habits; those that are no mistakes decide which columns exist.
        fresh: Makes a row that stands nowhere else.
        rng: Decides places.
        fields: The fields written, where they are not the form's usual ones.
    """
    planted = list(rows)
    written = frozenset(chosen_fields(ledger, habits, fields))
    for habit in sorted((habit for habit in habits if habit.kind == "mistake"), key=lambda habit: habit.name):
        for after, wrong in _mistaken(ledger, planted, habit, written, fresh, rng):
            planted.insert(rng.randint(after, len(planted)), wrong)
    return planted


def _mistaken(
    ledger: Ledger, rows: Sequence[Planned], habit: Habit, written: frozenset[str], fresh: Callable[[], Planned],
    rng: random.Random,
) -> list[tuple[int, Planned]]:  # fmt: skip
    """Return the rows one mistake adds, each with the first place it may stand at."""
    if habit in (Habit.RULE_BROKEN, Habit.RULE_DOUBTFUL):
        made = []
        for item in broken(ledger.id, written, doubtful=habit is Habit.RULE_DOUBTFUL):
            row = fresh()
            date = ledger.date_field
            year = getattr(row.values[date], "year", 0) if date else 0
            values = apply_break(row.values, item, year)
            made.append((0, replace(row, values=values, mistake=habit, broken=item)))
        return made
    if habit in (Habit.DUPLICATE, Habit.NEAR_DUPLICATE):
        return _again(ledger, rows, habit, rng)
    if habit in (Habit.WRONG_TOTAL, Habit.PHONE_COLUMN):
        return []  # these are the sheet's, not a row's
    return [(0, replace(fresh(), mistake=habit))]


def _again(ledger: Ledger, rows: Sequence[Planned], habit: Habit, rng: random.Random) -> list[tuple[int, Planned]]:
    """Repeat one of the good rows somewhere below it, or tell it again in slightly other words."""
    good = [row for row in rows if row.mistake is None and not row.twin]
    if not good or (habit is Habit.NEAR_DUPLICATE and ledger.near is None):
        return []
    first = rng.choice(good)
    below = next(place for place, row in enumerate(rows) if row is first) + 1
    first.plain = True
    first.alike = habit is Habit.NEAR_DUPLICATE
    if habit is Habit.DUPLICATE:
        first.twin = True
        return [(below, replace(first, mistake=habit))]
    assert ledger.near is not None  # noqa: S101 - checked above
    name = ledger.near.similar
    values = {**first.values, name: f"{first.values[name]}补"}
    if name not in ledger.key:
        key = next(key for key in ledger.key if key in values and ledger.column(key).type == "text")
        values[key] = f"{values[key]}补"
    return [(below, replace(first, values=values, mistake=habit))]


# One workbook for a study ----------------------------------------------------------------------------------------


def fresh_row(ledger: str, office: Office, year: int, number: int, maker: Maker, *, modest: bool = False) -> Planned:
    """Make a row that no plan holds.

    Args:
        ledger: The ledger's id.
        office: Who reports it.
        year: When it happened.
        number: Keeps it apart from other fresh rows.
        maker: Makes the words and figures.
        modest: Small figures only, so that a year's totals stay what they are known for.
    """
    rng = maker.rng
    month = rng.randint(1, 12)
    day = maker.day(year, month, last=18)
    if ledger == "event":
        values = maker.event("宣讲", day, office.county, office.name, number)
        # No two rows with one count: rows of one day with like names and counts would look like one event.
        values["participants"] = 100 * (9 + number) if rng.random() < 0.3 and not modest else 24 + 3 * (number % 400)
        return Planned(values)
    if ledger == "training":
        major = rng.choice(tuple(maker.words["categories"]))
        category = (major, rng.choice(maker.words["categories"][major]))
        visits = rng.randint(18, 40) if modest else rng.choice((rng.randint(18, 70), 100 * rng.randint(1, 14)))
        return Planned(maker.training(category, day, office.county, office.name, number, visits=visits))
    if ledger == "job_fair":
        jobs = rng.randint(60, 200) if modest else rng.choice((rng.randint(120, 900), 100 * rng.randint(3, 130)))
        values = maker.job_fair(day, office.county, office.name, number, jobs=jobs, groups=rng.randint(20, 90))
        if number % 5 == 0:
            values["live_views"] = 10_000_000 * rng.randint(1, 9)
        return Planned(values)
    if ledger == "rectification":
        words = maker.words["rectification"]["problems"]
        other = words[(number * 5 + number // len(words) + 3) % len(words)]
        problem = f"{words[number % len(words)]}，{other}（第{number}项）"
        source = rng.choice(("督查", "巡察", "审计"))
        item_no = f"{office.local_name}{number:03d}"
        return Planned(maker.rectification(item_no, source, day, office.name, problem))
    places = geography().counties
    amount = Decimal(rng.randint(4, 90) * 100)
    return Planned(
        {
            "year": year,
            "kpi": f"{'JTEDR'[number % 5]}{number // len(places) + 1:02d}",
            "kpi_name": "演示指标",
            "county": places[number % len(places)].name,
            "annual_target": amount,
            **{f"q{quarter}": amount * quarter / 4 for quarter in range(1, 5)},
            "remark": None,
        }
    )


SUMS = frozenset(
    {
        Habit.SUBTOTALS,
        Habit.TOTAL_FIRST,
        Habit.TOTAL_LAST,
        Habit.TOTAL_WORD,
        Habit.TOTAL_FORMULAS,
        Habit.WRONG_TOTAL,
    }
)
"""Habits that need something to add up."""


def fits(ledger: str, habit: Habit) -> bool:
    """Tell whether a habit can show in a workbook of this ledger at all."""
    declared = ledgers()[ledger]
    types = {declared.column(name).type for name in form(ledger).columns}
    kinds = {
        "DATE_": {"date"}, "COUNT_": {"count"}, "MONEY_": {"money"}, "PERCENT_": {"percent"}, "BOOLEAN_": {"boolean"},
        "CHOICE_": {"choice"}, "COUNTY_": {"county"},
    }  # fmt: skip
    if habit.kind == "value":
        need = next((types_ for start, types_ in kinds.items() if habit.name.startswith(start)), {"text"})
        return bool(need & types)
    if spoils_one_cell(habit):
        return can_spoil(habit, [declared.column(name) for name in form(ledger).columns])
    if habit is Habit.MONEY_LINE_WAN:
        return "money" in types
    if habit is Habit.SECTION_CHOICE:
        return sectioned(declared, frozenset({habit})) is not None
    if habit in SUMS:
        return bool({"count", "money"} & types)
    if habit is Habit.RULE_BROKEN:
        return bool(form(ledger).breaks)
    if habit is Habit.RULE_DOUBTFUL:
        return bool(form(ledger).doubts)
    if habit is Habit.NEAR_DUPLICATE:
        return declared.near is not None
    if habit in (Habit.MONTH_SHEETS, Habit.DAY_ONLY):
        return declared.date_field is not None
    return True


def generate(
    ledger: str, habits: frozenset[Habit], rows: int, seed: int, *, year: int = 2024
) -> tuple[bytes, str, Truth]:
    """Make one workbook of one ledger in which exactly the given habits are switched on.

    Habits that the ledger or the kind of file cannot show are left out; the truth's ``files[0].habits`` says
    which were followed.

    Args:
        ledger: The ledger's id.
        habits: The habits; at most one kind of file among them.
        rows: Good rows; each mistake adds its own.
        seed: The same seed gives the same bytes.
        year: The year reported.

    Returns:
        The file's bytes, its name, and its truth.
    """
    chosen = frozenset(habit for habit in possible(habits) if fits(ledger, habit))
    rng = random.Random(f"{ledger}/{seed}/{rows}/{'+'.join(sorted(habit.name for habit in chosen))}")
    counties = [office for office in offices().values() if len(office.id) <= 6 and office.id in _codes()]
    office = rng.choice(counties)
    maker = Maker(rng)
    numbers = iter(range(1, 10**9))

    def fresh() -> Planned:
        return fresh_row(ledger, office, year, next(numbers), maker)

    planned = plant(ledgers()[ledger], [fresh() for _ in range(rows)], chosen, fresh, rng)
    kind = next((habit for habit in chosen if habit.kind == "container"), None)
    parts = [Part(ledger, planned, chosen)]
    how = next(iter(chosen & JOINED), None)
    if how is not None:
        names = list(all_ledgers())
        again = how is Habit.SAME_LEDGER_BELOW
        other = ledger if again else names[(names.index(ledger) + 1) % len(names)]
        mine = frozenset(habit for habit in chosen if fits(other, habit) and habit.kind != "mistake")
        mine ^= {Habit.COLUMN_ORDER} if again else set()
        mine -= {Habit.MATRIX_SHEET, Habit.COVER_SHEET}
        beside = [fresh_row(other, office, year, next(numbers), maker) for _ in range(3 + rows // 2)]
        parts.append(Part(other, beside, mine, joins=how))
    made = assemble(office, year, parts, kind, rng)
    made.truth.seed = seed
    return made.content, made.file_name, made.truth


def _codes() -> set[str]:
    return {county.code for county in geography().counties if county.ranked}


__all__ = ["NEEDS_A_BOOK", "Made", "Part", "assemble", "fits", "fresh_row", "generate", "plant"]
