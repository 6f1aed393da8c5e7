"""What calamine does not say about an .xlsb sheet: bounds, errors, hidden rows and columns. Record headers only."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

from analytics.etl.biff import ERRORS
from analytics.etl.grid import ErrorCell
from analytics.etl.package import Package

_ROW, _FIRST_CELL, _LAST_CELL, _ERROR, _FORMULA_ERROR, _COLUMN = 0, 1, 11, 3, 11, 60
_BLANK = 1
_RICH_TEXT = 62
_SHEET = 156
_PROPERTIES = 153
_NUMBERS = frozenset({2, 5, 9})
"""Cells that hold a number: short, whole, or computed."""
_FORMAT, _STYLES, _STYLES_END, _STYLE = 44, 617, 618, 47
_BUILT_IN_PERCENT = {9: "0%", 10: "0.00%"}


class XlsbSheet:
    """Details of one sheet part; rows and columns from 0."""

    def __init__(self, data: bytes, percents: Mapping[int, str] | None = None) -> None:
        """Read a part; ``percents`` are the styles that show percentages, from :func:`percent_styles`."""
        self.rows = self.columns = 0
        self.percents: dict[tuple[int, int], str] = {}
        self.special: list[tuple[int, int, ErrorCell]] = []
        self.formulas: set[tuple[int, int]] = set()
        hidden_rows: set[int] = set()
        hidden_columns: set[int] = set()
        row = 0
        for code, at, size in _records(data):
            if code == _ROW and size >= 13:
                row = struct.unpack_from("<I", data, at)[0]
                # Flags stand after row, style and height: level 3 bits, collapsed, hidden.
                if data[at + 11] & 0x10:
                    hidden_rows.add(row)
            elif (_FIRST_CELL <= code <= _LAST_CELL or code == _RICH_TEXT) and size >= 8:
                column = struct.unpack_from("<I", data, at)[0]
                if code != _BLANK:
                    self.rows, self.columns = max(self.rows, row + 1), max(self.columns, column + 1)
                if percents and code in _NUMBERS:
                    shown = percents.get(struct.unpack_from("<I", data, at + 4)[0] & 0xFFFFFF)
                    if shown is not None:
                        self.percents[row, column] = shown
                if code >= 8 and code != _RICH_TEXT:
                    self.formulas.add((row, column))
                if code in (_ERROR, _FORMULA_ERROR) and size >= 9:
                    error = data[at + 8]
                    self.special.append((row, column, ErrorCell(ERRORS.get(error, f"#ERR{error}"))))
            elif code == _COLUMN and size >= 18:
                first, last = struct.unpack_from("<II", data, at)
                if data[at + 16] & 1:
                    hidden_columns.update(range(first, min(last, 16_383) + 1))
        self.hidden_rows, self.hidden_columns = frozenset(hidden_rows), frozenset(hidden_columns)

    def number_format(self, row: int, column: int) -> str | None:
        """Return the format of a cell that shows a percentage; ``None`` for every other cell."""
        return self.percents.get((row, column))

    def has_month_format(self) -> bool:
        """Tell that none is known: only percentages are looked for."""
        return False

    def formula(self, row: int, column: int) -> str | None:
        """Return "" for a cell with a formula, else ``None``."""
        return "" if (row, column) in self.formulas else None


def percent_styles(data: bytes) -> dict[int, str]:
    """Return the cell styles of a workbook's styles part that show percentages: number of the style, its format."""
    formats = dict(_BUILT_IN_PERCENT)
    found: dict[int, str] = {}
    inside, number = False, 0
    for code, at, size in _records(data):
        if code == _FORMAT and size >= 6:
            place, length = struct.unpack_from("<HI", data, at)
            text = data[at + 6 : min(at + 6 + 2 * length, at + size)].decode("utf-16-le", "replace")
            if "%" in text:
                formats[place] = text
        elif code in (_STYLES, _STYLES_END):
            inside, number = code == _STYLES, 0
        elif code == _STYLE and inside and size >= 4:
            shown = formats.get(struct.unpack_from("<H", data, at + 2)[0])
            if shown is not None:
                found[number] = shown
            number += 1
    return found


def xlsb_sheets(package: Package) -> dict[str, str]:
    """Return the part of each sheet by its name, as the workbook part lists them."""
    main = next((name for name in package.names() if name.endswith("workbook.bin")), "")
    relations = package.relations(main)
    data = package.read(main)
    parts = {}
    for code, at, size in _records(data):
        if code != _SHEET or size < 16:
            continue
        # State and id, then two texts: the relation and the name, each a count of UTF-16 units before it.
        texts, place = [], at + 8
        for _ in range(2):
            if place + 4 > at + size:
                break
            count = struct.unpack_from("<I", data, place)[0]
            end = min(place + 4 + count * 2, at + size)
            texts.append(data[place + 4 : end].decode("utf-16-le", "replace"))
            place = end
        if len(texts) == 2:
            parts[texts[1]] = relations.get(texts[0], ("", ""))[1]
    return parts


def counts_from_1904(data: bytes) -> bool:
    """Tell whether a workbook part (BrtWbProp, MS-XLSB 2.4.823, its first bit) counts days from 1904."""
    return any(code == _PROPERTIES and size and data[at] & 1 for code, at, size in _records(data))


def _records(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Walk the records: code, where the body starts, its size. Both numbers are of one to four 7-bit bytes."""
    at, end = 0, len(data)
    while at < end:
        code = data[at]
        at += 1
        if code & 0x80 and at < end:
            code = code & 0x7F | (data[at] & 0x7F) << 7
            at += 1
        size = shift = 0
        while at < end:
            byte = data[at]
            at += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80 or shift > 21:
                break
        if at + size > end:
            return
        yield code, at, size
        at += size
