"""What holds for a whole table beyond its cells: reporting unit, day of filling in, year, month, county.

Weighs what the title, the sheet's and file's names, the 填报 lines and the submitter say, and says so where
they contradict each other. Must not know fields or rows' values.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from analytics.etl.body import Body
from analytics.etl.codes import Issue, issue
from analytics.etl.grid import Sheet
from analytics.etl.layout import Table
from analytics.etl.metadata import (
    Surroundings,
    counties_named,
    is_blank_cell,
    month_in,
    read_lines,
    unit_named,
    year_evidence,
    years_in,
)
from analytics.etl.report import IngestOptions
from analytics.etl.values import Context, parse
from analytics.etl.values.places import county as county_by_name
from analytics.etl.values.places import county_of_unit
from analytics.etl.wording import SECTION
from analytics.ledgers.model import Column, Geography

_REPORTED = Column(name="reported_on", label="填报时间", type="date", term="end")


@dataclass(slots=True)
class Section:
    """What a section heading says about the rows under it."""

    county: str | None = None
    year: int | None = None
    month: int | None = None


@dataclass(slots=True)
class TableContext:
    """Everything that holds for a whole table."""

    context: Context
    titles: list[str] = field(default_factory=list)
    unit: str | None = None
    said_unit: str | None = None
    """The reporting unit as the sheet itself states it."""
    reported_on: dt.date | None = None
    money_unit: str | None = None
    count_units: list[str] = field(default_factory=list)
    stated_year: int | None = None
    """The year as a title or a name says it, for tables without a column of it; not the year it was filled in."""
    county: str | None = None
    county_source: str | None = None
    county_conflict: str | None = None
    issues: list[Issue] = field(default_factory=list)


def surroundings(sheet: Sheet, table: Table, body: Body, *, shared: bool) -> Surroundings:
    """Read the lines above and below a table; ``shared``: other tables stand beside it."""
    above = []
    for row in range(table.above[0], table.above[1] + 1):
        cells = sheet.rows[row]
        lone = sum(not is_blank_cell(value) for value in cells) == 1
        above.append(cells[table.left : table.right + 1] if shared and not lone else cells)
    above.extend(
        [value for value in sheet.rows[row] if isinstance(value, str) and (":" in value or "：" in value)]
        for row in table.header_rows
    )
    found = read_lines(above)
    below = read_lines(body.notes)
    if found.unit is None:
        found.unit = below.unit
    if found.reported_raw is None:
        found.reported_raw = below.reported_raw
    if found.money_unit is None:
        found.money_unit = below.money_unit
    if not found.count_units:
        found.count_units = below.count_units
    return found


def share_heading(arounds: Sequence[Surroundings]) -> None:
    """Let the tables further down a sheet share what heads the sheet (from the top table to the lowest).

    That is what stands above the first table, its own title left out (眉县总工会二季度台账 / 一、招聘会), or all of it
    where the lower table has no title of its own but a number (二、培训).
    """
    for around in arounds[1:]:
        first = arounds[0]
        numbered = all(SECTION.match("".join(title.split())) for title in around.titles)
        own = first.titles and (not numbered or SECTION.match("".join(first.titles[-1].split())))
        around.heading = first.titles[:-1] if own else list(first.titles)


def weigh(
    sheet: Sheet,
    around: Surroundings,
    options: IngestOptions,
    geography: Geography,
    *,
    file_unit: str | None,
    file_year: int | None = None,
    date1904: bool,
) -> TableContext:
    """Settle what holds for a table, and say what contradicts itself."""
    title = " ".join(around.titles)
    heading = " ".join(around.heading)
    dated = around.titles if years_in(title) else [*around.heading, *around.titles]
    early = year_evidence(
        period=options.period,
        titles=dated,
        sheet_name=sheet.name,
        file_name=options.file_name,
        reported_on=None,
        cover=file_year,
    )
    reported = None
    if around.reported_raw is not None:
        answer = parse(
            _REPORTED, around.reported_raw, Context(options.today, year=early.year, year_source=early.source)
        )
        reported = answer.value
    found = year_evidence(
        period=options.period,
        titles=dated,
        sheet_name=sheet.name,
        file_name=options.file_name,
        reported_on=reported,
        cover=file_year,
    )
    if not counties_named(title, geography):
        title = f"{heading} {title}".strip()
    said = around.unit or unit_named(title, geography) or unit_named(sheet.name, geography)
    unit = options.unit or said or file_unit or unit_named(options.file_name, geography)
    result = TableContext(
        Context(
            options.today,
            year=found.year,
            year_source=found.source,
            month=found.month,
            period=options.period,
            date1904=date1904,
        ),
        titles=around.titles,
        unit=unit,
        said_unit=around.unit,
        reported_on=reported,
        money_unit=around.money_unit,
        count_units=around.count_units,
        stated_year=early.year,
    )
    if found.conflict:
        sayings = "，".join(f"{source} {year} 年" for source, year in found.conflict)
        result.issues.append(issue("SHEET-YEAR-CONFLICT", sayings=sayings))
    if options.unit and around.unit and not same_unit(options.unit, around.unit):
        result.issues.append(issue("SHEET-UNIT-DIFFERS", said=around.unit, given=options.unit))
    _settle_county(result, sheet, title, around.unit or unit_named(title, geography), options, geography)
    return result


def same_unit(first: str, second: str) -> bool:
    """Tell whether two names of a reporting unit mean the same office, as far as names can tell."""
    if first in second or second in first:
        return True
    one, other = county_of_unit(first), county_of_unit(second)
    return one is not None and one == other


def _settle_county(
    result: TableContext, sheet: Sheet, title: str, said_unit: str | None, options: IngestOptions, geography: Geography
) -> None:
    """Find the county of a table that has no county column: the nearest saying, if the others agree.

    The federation's own level is what a unit's name says of it; a county named in the title or the sheet's
    name is nearer to the rows than the office that compiled them.
    """
    sayings: list[tuple[str, str]] = []
    own = county_by_name(sheet.name)
    named = [own.name] if own is not None and own.ranked else counties_named(sheet.name, geography)
    if len(named) == 1:
        sayings.append(("工作表名", named[0]))
    named = counties_named(title, geography)
    if len(named) == 1:
        sayings.append(("表格标题", named[0]))
    fallback: tuple[str, str] | None = ("工作表名", own.name) if own is not None and not own.ranked else None
    for source, unit in (("填报单位", said_unit), ("上传时填的填报单位", options.unit)):
        place = county_of_unit(unit) if unit else None
        if place is not None and place.ranked:
            sayings.append((source, place.name))
        elif (
            place is not None
            and (fallback is None or fallback[0] == "工作表名")
            and not (source == "填报单位" and unit == geography.federation and unit in title)
        ):
            fallback = (source, place.name)
    named = counties_named(options.file_name, geography)
    if len(named) == 1 and (not sayings or named[0] not in {name for _, name in sayings}):
        sayings.append(("文件名", named[0]))
    if len({name for _, name in sayings}) > 1:
        result.county_conflict = "、".join(f"{source}（{name}）" for source, name in sayings)
        return
    best = sayings[0] if sayings else fallback
    if best is not None:
        result.county_source, result.county = best


def read_sections(body: Body, geography: Geography) -> dict[int, Section]:
    """Return what the section headings say about each data row (sheet rows, from 0)."""
    headings = sorted([*body.sections, *body.offices])
    if not headings:
        return {}
    found: dict[int, Section] = {}
    current = Section()
    style: bool | None = None
    place = 0
    for row in body.data:
        while place < len(headings) and headings[place][0] < row:
            text = headings[place][1]
            numbered = bool(SECTION.match("".join(text.split())))
            current = Section(current.county, current.year, current.month)
            named = _places(text, geography)
            years, month = years_in(text), month_in(text)
            if len(named) == 1:
                current.county, style = named[0], numbered
            elif style is not None and numbered == style and not month and not years:
                # Another heading of the kind that named the county, naming none: the county ends here.
                current.county = None
            if len(years) == 1:
                current.year = next(iter(years))
            if month is not None:
                current.month = month
            place += 1
        if current != Section():
            found[row] = current
    return found


def _places(text: str, geography: Geography) -> list[str]:
    whole = county_by_name("".join(SECTION.sub("", "".join(text.split()))).strip("、.．:："))
    return [whole.name] if whole is not None else counties_named(text, geography)


def sole_unit(arounds: Sequence[Surroundings]) -> str | None:
    """Return the one reporting unit a workbook's sheets state, if there is exactly one."""
    units = {around.unit for around in arounds if around.unit}
    return units.pop() if len(units) == 1 else None
