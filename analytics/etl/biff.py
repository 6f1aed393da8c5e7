"""What calamine does not say about an .xls workbook, read from its BIFF records.

Encryption, date system, bounds of each sheet, hidden rows and columns, error values, number formats,
which cells hold formulas. One walk over the record headers; cells are not decoded.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from analytics.etl.grid import NO_VALUE, ErrorCell, before_gap, shows_month
from analytics.etl.xlsx_details import BUILT_IN_FORMATS

_FORMULA, _EOF, _DATEMODE, _FILEPASS, _CODEPAGE, _AUTHOR, _COLUMNS = 0x06, 0x0A, 0x22, 0x2F, 0x42, 0x5C, 0x7D
_FONT, _STRUCK = 0x31, 0x0008
_SHEET, _MULRK, _MULBLANK, _XF, _BOOLERR, _ROW, _BOF, _FORMAT = 0x85, 0xBD, 0xBE, 0xE0, 0x205, 0x208, 0x809, 0x41E
_CELLS = frozenset({0x01, 0x02, 0x03, 0x04, _FORMULA, 0xBD, 0xD6, 0xFD, 0x203, 0x204, 0x27E, _BOOLERR})
BLANK = (0x201).to_bytes(2, "little")
"""Code of a cell with nothing in it; begins like every other cell record."""
_STYLED = _CELLS | {_MULBLANK, 0x201}

ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}


@dataclass(slots=True)
class BiffSheet:
    """One sheet's details; rows and columns from 0."""

    book: Biff
    name: str
    start: int
    rows: int = 0
    columns: int = 0
    cell_count: int = 0
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    struck_rows: set[int] = field(default_factory=set)
    """Rows in which a cell with content is struck through."""
    special: list[tuple[int, int, ErrorCell]] = field(default_factory=list)
    """Cells that calamine gives as empty although something is in them."""
    formulas: set[int] = field(default_factory=set)
    """Cells with a formula, as row * 65536 + column."""
    _styles: dict[int, int] | None = None

    def number_format(self, row: int, column: int) -> str | None:
        """Return the cell's number format code, ``None`` for General."""
        if self._styles is None:
            self._styles = dict(self.book.styles(self.start))
        style = self._styles.get(row << 16 | column)
        return None if style is None else self.book.format_of(style)

    def has_month_format(self) -> bool:
        """Tell whether any format of the book shows a month without its day."""
        return self.book.has_month_format()

    def formula(self, row: int, column: int) -> str | None:
        """Return "" for a cell with a formula (its tokens are not decoded), else ``None``."""
        return "" if row << 16 | column in self.formulas else None


class Biff:
    """The workbook stream of an .xls file."""

    def __init__(self, stream: bytes) -> None:
        self._stream = stream
        self.encrypted = False
        self.date1904 = False
        self.version = 0
        self.codepage: int | None = None
        self._no_results = False
        self._formats: dict[int, str] = {}
        self._xfs: list[int] = []
        fonts: list[bool] = []
        struck: set[int] = set()
        self.sheets: list[BiffSheet] = []
        for code, at, size in self._records(0):
            if code == _BOF and not self.version and size >= 2:
                self.version = struct.unpack_from("<H", stream, at)[0]
            elif code == _FILEPASS:
                self.encrypted = True
                return
            elif code == _DATEMODE and size >= 2:
                self.date1904 = stream[at] == 1
            elif code == _CODEPAGE and size >= 2:
                self.codepage = struct.unpack_from("<H", stream, at)[0]
            elif code == _AUTHOR:
                # xlwt, the usual way for a program to write .xls, signs so and never computes a formula.
                self._no_results = stream[at : at + size].rstrip() == b"None"
            elif code == _SHEET and size >= 6:
                start = struct.unpack_from("<I", stream, at)[0]
                self.sheets.append(BiffSheet(self, self._text(at + 6, at + size), start))
            elif code == _FORMAT and size >= 4:
                self._add_format(at, size)
            elif code == _FONT and size >= 4:
                fonts.append(bool(struct.unpack_from("<H", stream, at + 2)[0] & _STRUCK))
            elif code == _XF and size >= 4:
                font, number = struct.unpack_from("<HH", stream, at)
                font -= font > 4  # there is no font of number 4
                if font < len(fonts) and fonts[font]:
                    struck.add(len(self._xfs))
                self._xfs.append(number)
        for sheet in self.sheets:
            self._scan(sheet)
            if struck:
                filled = (place for place, style in self.styles(sheet.start, _CELLS) if style in struck)
                sheet.struck_rows = {place >> 16 for place in filled}

    def format_of(self, style: int) -> str | None:
        """Return the number format code behind a cell's style index."""
        if style >= len(self._xfs):
            return None
        number = self._xfs[style]
        code = self._formats.get(number) or BUILT_IN_FORMATS.get(number)
        return None if code is None or code.lower() == "general" else code

    def has_month_format(self) -> bool:
        """Tell whether any format of the book shows a month without its day."""
        return any(map(shows_month, map(self.format_of, range(len(self._xfs)))))

    def styles(self, start: int, kinds: frozenset[int] = _STYLED) -> Iterator[tuple[int, int]]:
        """Walk a sheet's cells of some kinds: row * 65536 + column, style index."""
        stream = self._stream
        for code, at, size in self._records(start):
            if code not in kinds or size < 6:
                continue
            row, column, style = struct.unpack_from("<HHH", stream, at)
            if code == _MULBLANK:
                count = (size - 6) // 2
                for offset, each in enumerate(struct.unpack_from(f"<{count}H", stream, at + 4)):
                    yield row << 16 | column + offset, each
            elif code == _MULRK:
                for offset in range((size - 6) // 6):
                    yield row << 16 | column + offset, struct.unpack_from("<H", stream, at + 4 + offset * 6)[0]
            else:
                yield row << 16 | column, style

    def far_cells(self, sheet: BiffSheet) -> list[tuple[int, int, int]]:
        """Return cells that lie far from the table, and where in the stream each begins; they leave the sheet.

        See ``XlsxSheet.without_far_cells``: one stray character makes sixteen million cells here.
        """
        cells = []
        for code, at, size in self._records(sheet.start):
            if code in _CELLS and size >= 6:
                row, column = struct.unpack_from("<HH", self._stream, at)
                cells.append((row, column, at - 4))
        last_row = before_gap(sorted({row for row, _, _ in cells}), 1000)
        last_column = before_gap(sorted({column for row, column, _ in cells if row <= last_row}), 100)
        near = [(row, column) for row, column, _ in cells if row <= last_row and column <= last_column]
        sheet.rows, sheet.columns = last_row + 1 if near else 0, last_column + 1 if near else 0
        sheet.special = [each for each in sheet.special if each[0] <= last_row and each[1] <= last_column]
        return [cell for cell in cells if cell[0] > last_row or cell[1] > last_column]

    def _records(self, at: int) -> Iterator[tuple[int, int, int]]:
        """Walk the records of one substream: code, where the body starts, its size."""
        stream, end, depth = self._stream, len(self._stream), 0
        unpack = struct.Struct("<HH").unpack_from
        while at + 4 <= end:
            code, size = unpack(stream, at)
            at += 4
            if at + size > end:
                return
            yield code, at, size
            at += size
            if code == _BOF:
                depth += 1
            elif code == _EOF:
                depth -= 1
                if depth <= 0:
                    return

    def _scan(self, sheet: BiffSheet) -> None:
        stream = self._stream
        place = struct.Struct("<HH").unpack_from
        rows = columns = 0
        for code, at, size in self._records(sheet.start):
            if code in _CELLS:
                if size < 6:
                    continue
                sheet.cell_count += 1
                row, column = place(stream, at)
                if row >= rows:
                    rows = row + 1
                last = column + (size - 6) // 6 - 1 if code == _MULRK else column
                if last >= columns:
                    columns = last + 1
                if code == _FORMULA:
                    sheet.formulas.add(row << 16 | column)
                    if size >= 14 and stream[at + 12 : at + 14] == b"\xff\xff":
                        if stream[at + 6] == 2:
                            sheet.special.append((row, column, _error(stream[at + 8])))
                        elif stream[at + 6] == 3 and self._no_results:
                            sheet.special.append((row, column, NO_VALUE))
                elif code == _BOOLERR and size >= 8 and stream[at + 7]:
                    sheet.special.append((row, column, _error(stream[at + 6])))
            elif code == _ROW and size >= 14:
                if stream[at + 12] & 0x20:
                    sheet.hidden_rows.add(place(stream, at)[0])
            elif code == _COLUMNS and size >= 10 and (stream[at + 8] & 1 or stream[at + 4 : at + 6] == b"\0\0"):
                first, last = place(stream, at)
                sheet.hidden_columns.update(range(first, min(last, 255) + 1))
        sheet.rows, sheet.columns = rows, columns

    def _text(self, at: int, end: int) -> str:
        """Return a text whose length stands in one byte before it."""
        stream = self._stream
        if self.version < 0x600:
            return stream[at + 1 : min(at + 1 + stream[at], end)].decode("gb18030", "replace") if at < end else ""
        if at + 2 > end:
            return ""
        if stream[at + 1] & 1:
            return stream[at + 2 : min(at + 2 + stream[at] * 2, end)].decode("utf-16-le", "replace")
        return stream[at + 2 : min(at + 2 + stream[at], end)].decode("latin-1")

    def _add_format(self, at: int, size: int) -> None:
        stream = self._stream
        number = struct.unpack_from("<H", stream, at)[0]
        if self.version >= 0x600 and size >= 5:
            count, wide = struct.unpack_from("<HB", stream, at + 2)
            body = stream[at + 5 : at + size]
            self._formats[number] = (
                body[: count * 2].decode("utf-16-le", "replace") if wide & 1 else body[:count].decode("latin-1")
            )
        elif self.version < 0x600:
            self._formats[number] = stream[at + 3 : at + 3 + stream[at + 2]].decode("latin-1")

    @cached_property
    def is_biff8(self) -> bool:
        """Text is Unicode and the code page does not matter."""
        return self.version >= 0x600


def _error(code: int) -> ErrorCell:
    return ErrorCell(ERRORS.get(code, f"#ERR{code}"))
