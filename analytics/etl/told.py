"""Choice columns a table lacks, because its section headings or its title say the value: （二）线上, 冬送温暖统计表.

Knows the declared words of choice columns, and where a line stands among the rows. Must not know how columns
are mapped, nor other values.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from analytics.etl.body import Body
from analytics.etl.context import TableContext
from analytics.etl.headers import squeeze
from analytics.etl.metadata import counties_named
from analytics.etl.wording import PERIOD, SECTION
from analytics.ledgers.model import Column, Geography, Ledger

_COUNTED = re.compile(r"\([^()]*\)$|共?\d+[^\d\s]{0,2}$|[:：、]$")
"""What follows the words of a section heading: （3场）, 共5项."""
_ENDINGS = ("类活动", "活动", "类", "情况", "部分", "问题")
_ANY = "其他"
"""The word that says nothing, and that most choice columns have."""


@dataclass(frozen=True, slots=True)
class Told:
    """A field the surroundings fill: its value for each data row, and who says so."""

    values: tuple[str | None, ...]
    source: str
    within: bool = False
    """Said among the rows themselves, as plainly as a column would; not by a title or a name."""


def told_by_surroundings(
    ledger: Ledger,
    body: Body,
    context: TableContext,
    geography: Geography,
    *,
    sheet_name: str,
    file_name: str,
    filled: Collection[str] = (),
) -> dict[str, Told]:
    """Return the choice columns of a ledger that the lines around its rows say.

    Args:
        ledger: The ledger the table may be.
        body: What the table's rows are, section headings included.
        context: The titles over the table.
        geography: Place names; a heading that names a place ends no other heading.
        sheet_name: The sheet's name, which may say what its title does not.
        file_name: Likewise.
        filled: Fields that have a source already.
    """
    columns = [one for one in ledger.columns if one.type == "choice" and one.name not in filled]
    found: dict[str, Told] = {}
    headings = [(row, text, _values(text, columns)) for row, text in sorted(body.sections)]
    for column in columns:
        own = {row: said[column.name] for row, _, said in headings if set(said) == {column.name}}
        if own:
            found[column.name] = Told(tuple(_down(body, headings, own, geography)), "小标题", within=True)
            continue
        if column.from_title:
            sayings = [
                (source, said)
                for source, text in (
                    ("表格标题", " ".join(context.titles)),
                    ("工作表名", sheet_name),
                    ("文件名", file_name),
                )
                if (said := _within(text, column))
            ]
            if len({value for _, said in sayings for value in said}) == 1:
                found[column.name] = Told((next(iter(sayings[0][1])),) * len(body.data), sayings[0][0])
    return found


def words_of(column: Column) -> dict[str, str]:
    """Return what a choice column accepts, squeezed: word -> value."""
    return {
        squeeze(word): value
        for value, others in column.choices.items()
        for word in (value, *(other.word for other in others))
    }


def _values(text: str, columns: Sequence[Column]) -> dict[str, str]:
    """Return the value a section heading is, by the columns that accept it."""
    bare = SECTION.sub("", squeeze(text)).strip("、.．:：")
    bare = _COUNTED.sub("", bare)
    spelled = [bare, *(bare.removesuffix(ending) for ending in _ENDINGS if bare.endswith(ending))]
    found = {}
    for column in columns:
        words = words_of(column)
        said = next((words[form] for form in spelled if form in words), None)
        if said is not None and said != _ANY:
            found[column.name] = said
    return found


def _down(
    body: Body, headings: Sequence[tuple[int, str, Mapping[str, str]]], own: Mapping[int, str], geography: Geography
) -> list[str | None]:
    """Return what the headings say of each data row: until the next of the kind, whatever that names."""
    values: list[str | None] = []
    current: str | None = None
    style: str | None = None
    place = 0
    for row in body.data:
        while place < len(headings) and headings[place][0] < row:
            at, text, _ = headings[place]
            kind = _style(text)
            if at in own:
                current, style = own[at], kind
            elif kind == style and not PERIOD.match(squeeze(text)) and not counties_named(text, geography):
                current = None
            place += 1
        values.append(current)
    return values


def _style(text: str) -> str:
    match = SECTION.match(squeeze(text))
    return re.sub(r"[一二三四五六七八九十]+", "一", match.group()) if match else ""


def _within(text: str, column: Column) -> set[str]:
    """Return the values a title names, longer words first: 四强党支部 before 四强."""
    rest = squeeze(text)
    found = set()
    for word, value in sorted(words_of(column).items(), key=lambda pair: -len(pair[0])):
        if len(word) > 1 and value != _ANY and word in rest:
            rest = rest.replace(word, "　")
            found.add(value)
    return found
