"""Tables as files for spreadsheet programs: what would run as a formula is only shown.

This module must not know what the tables say.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from analytics.warehouse.export import neutral

_WIDEST = 60


@dataclass(frozen=True)
class Number:
    """A figure with the word after it; ``share`` where it is a percentage."""

    value: int | Decimal
    unit: str = ""
    share: bool = False


Cell = str | Number


@dataclass(frozen=True)
class Table:
    """One table of a page."""

    title: str
    headings: list[str]
    rows: list[list[Cell]]


def workbook(tables: Sequence[Table], about: Sequence[tuple[str, str]]) -> bytes:
    """Return a workbook with a sheet for each table, and before them one that says what this is.

    Args:
        tables: The tables, in their order.
        about: Lines of the first sheet: a word and what it says.
    """
    import openpyxl  # where nobody takes a workbook away its loading is a tenth of a second for nothing
    from openpyxl.styles import Font

    book = openpyxl.Workbook(write_only=True)
    named = [("说明", Table("说明", ["项目", "内容"], [[word, text] for word, text in about]))]
    named += [
        (f"{name}" if name != "说明" else "说明2", table) for name, table in zip(titles(tables), tables, strict=True)
    ]
    for name, table in named:
        sheet = book.create_sheet(name)
        sheet.freeze_panes = "A2"
        for number, width in enumerate(_widths(table), start=1):
            sheet.column_dimensions[openpyxl.utils.get_column_letter(number)].width = width
        head = [openpyxl.cell.WriteOnlyCell(sheet, neutral(text)) for text in table.headings]
        for each in head:
            each.font = Font(bold=True)
        sheet.append(head)
        for row in table.rows:
            sheet.append([_written(sheet, each) for each in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def comma_separated(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return a CSV that Excel opens as it is: with the mark of UTF-8, numbers bare, texts neutralised."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([neutral(heading) for heading in headings])
    for row in rows:
        writer.writerow([_bare(each) for each in row])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _bare(each: Cell | None) -> Any:
    if isinstance(each, Number):
        return f"{each.value * 100:f}%" if each.share else each.value
    return "" if each is None else neutral(each)


def _written(sheet: Any, each: Cell | None) -> Any:
    if not isinstance(each, Number):
        return neutral(each)
    from openpyxl.cell import WriteOnlyCell

    found = WriteOnlyCell(sheet, each.value)
    places = max(0, -int(each.value.as_tuple().exponent)) if not isinstance(each.value, int) else 0
    if each.share:
        found.number_format = "0." + "0" * max(1, places - 2) + "%"
    else:
        found.number_format = (
            "#,##0" + ("." + "0" * places if places else "") + (f'" {each.unit}"' if each.unit else "")
        )
    return found


def _widths(table: Table) -> list[int]:
    """Return how wide each column should be, from its heading and its first rows; a Chinese sign takes two places."""
    columns = zip(*([table.headings, *([_words(each) for each in row] for row in table.rows[:50])]), strict=False)
    return [
        min(_WIDEST, max(8, *(sum(2 if ord(sign) > 255 else 1 for sign in text) + 2 for text in column)))
        for column in columns
    ]


def _words(each: Cell | None) -> str:
    return f"{each.value:,} {each.unit}" if isinstance(each, Number) else str(each or "")


def titles(tables: Iterable[Table]) -> list[str]:
    """Return a sheet name for each table: what a spreadsheet allows, at most 31 signs, no two alike."""
    found: list[str] = []
    for table in tables:
        base = re.sub(r"[\[\]:*?/\\']", " ", table.title).strip()[:28] or "表"
        name, number = base, 2
        while name in found:
            name, number = f"{base[:26]}{number}", number + 1
        found.append(name)
    return found
