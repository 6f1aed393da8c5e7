"""What calamine does not say about an .xlsx sheet, read straight from the bytes of its XML part.

Bounds (before calamine builds a dense grid of them), hidden rows and columns, error values, formulas saved
without a result, number formats. Written for 100,000 rows: whole-part passes are single searches in C, and
anything asked about one cell looks only at the bytes of its row.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from analytics.etl.grid import NO_VALUE, ErrorCell, a1, before_gap, column_index, shows_month
from analytics.etl.package import attributes, unescape

_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_FIRST_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_CELL = re.compile(rb"<(?:\w+:)?c(?=[\s/>])([^>]*)>")
_ROW_NUMBER = re.compile(rb"""\br\s*=\s*["'](\d+)["']""")
_REFERENCE = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{1,3})(\d{1,7})["']""")
_PLAIN_ROWS = re.compile(rb'<row [^>]*?\br="(\d+)"')
_PLAIN_COLUMNS = re.compile(rb'<c r="([A-Za-z]+)')
_TWO_LETTERS = re.compile(rb'<c r="[A-Za-z]{2}')
_HIDDEN_ROW = re.compile(
    rb"""<(?:\w+:)?row\b[^>]*?\s(?:hidden\s*=\s*["'](?:1|true)["']|ht\s*=\s*["']0(?:\.0*)?["'])[^>]*>"""
)
_COLUMN = re.compile(rb"<(?:\w+:)?col\b[^>]*>")
_ERROR_TYPE = re.compile(rb"""\bt\s*=\s*["']e["']""")
_ERROR_CELL = re.compile(rb"""<(?:\w+:)?c\s[^>]*?\bt\s*=\s*["']e["'][^>]*>""")
_VALUE = re.compile(rb"<(?:\w+:)?v\b[^>]*>([^<]*)<")
_NO_RESULT = re.compile(
    rb"(?:</(?:\w+:)?f>|<(?:\w+:)?f\b[^>]*/>)\s*(?:<(?:\w+:)?v\b[^>]*/>|<(?:\w+:)?v\b[^>]*></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_PLAIN_NO_RESULT = re.compile(rb"(?:</f>|<f [^>]*/>)\s*(?:<v\s*/>|<v></v>)?\s*</c>")
_NEGATIVE = re.compile(rb"<(?:\w+:)?c\s([^>]*)><v>(-\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?)</v>")
_DATE_CODE = re.compile(r"[ymdhs]", re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"|\[[^]]*\]|\\.')
_FORMULA = re.compile(rb"<(?:\w+:)?f\b([^>]*?)(?:/>|>([^<]*)</)")
_STYLE = re.compile(rb"""\bs\s*=\s*["'](\d+)["']""")
_TYPE = re.compile(rb"""\bt\s*=\s*["'](\w+)["']""")

_SHARED = re.compile(rb"""\bt\s*=\s*["']s["']""")

_LARGE = 4 << 20
SPARSE = 1_000_000
"""Cells a sheet may span before it is asked whether most of them are emptiness around a stray one."""
MAX_ROWS, MAX_COLUMNS = 1_048_576, 16_384

BUILT_IN_FORMATS: dict[int, str | None] = {
    0: None, 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?",
    13: "# ??/??", 14: "yyyy-m-d", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
    20: "h:mm", 21: "h:mm:ss", 22: "yyyy-m-d h:mm", 27: 'yyyy"年"m"月"', 28: 'm"月"d"日"', 29: 'm"月"d"日"',
    30: "m-d-yy", 31: 'yyyy"年"m"月"d"日"', 37: "#,##0;-#,##0", 38: "#,##0;[Red]-#,##0", 39: "#,##0.00;-#,##0.00",
    40: "#,##0.00;[Red]-#,##0.00", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
    57: 'yyyy"年"m"月"', 58: 'm"月"d"日"',
}  # fmt: skip
"""Formats that have a number but are written nowhere in the file, as a Chinese Excel shows them."""


_FONT = re.compile(rb"<(?:\w+:)?font>.*?</(?:\w+:)?font>|<(?:\w+:)?font\s*/>", re.DOTALL)
STRIKE = re.compile(rb"""<(?:\w+:)?strike(?:\s+val\s*=\s*["'](?:1|true)["'])?\s*(?:/>|>)""")


class Styles:
    """The number formats of a workbook, and which cells are struck through, by the style index its cells carry."""

    def __init__(self, data: bytes) -> None:
        codes: dict[int, str | None] = dict(BUILT_IN_FORMATS)
        for element in re.findall(rb"<(?:\w+:)?numFmt\b[^>]*>", data):
            values = attributes(element)
            if values.get("numFmtId", "").isdecimal():
                codes[int(values["numFmtId"])] = values.get("formatCode") or None
        block = re.search(rb"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", data, re.DOTALL)
        styles = [attributes(xf) for xf in re.findall(rb"<(?:\w+:)?xf\b[^>]*>", block.group() if block else b"")]
        ids = [style.get("numFmtId", "0") for style in styles]
        fonts = _FONT.findall(data) if b"strike" in data else ()
        struck = {str(number) for number, font in enumerate(fonts) if STRIKE.search(font)}
        self.struck = frozenset(number for number, style in enumerate(styles) if style.get("fontId") in struck)
        self._codes = [codes.get(int(number)) if number.isdecimal() else None for number in ids]

    @cached_property
    def has_month(self) -> bool:
        """Whether any style shows a month without its day."""
        return any(map(shows_month, set(self._codes)))

    def __getitem__(self, style: int) -> str | None:
        code = self._codes[style] if style < len(self._codes) else None
        return None if code is None or code.lower() == "general" else code


@dataclass(slots=True)
class Unsaid:
    """What calamine leaves out of a sheet's cells. Rows and columns count from 0."""

    special: list[tuple[int, int, ErrorCell]] = field(default_factory=list)
    """Cells that it gives as empty although something is in them: errors, formulas without result."""
    negative: list[tuple[int, int, float]] = field(default_factory=list)
    """Negative numbers in date format (Excel shows #####), which it gives as midnight."""
    hidden_rows: frozenset[int] = frozenset()
    """Hidden by hand, by a filter, or by a height of nothing."""
    hidden_columns: frozenset[int] = frozenset()
    struck_rows: frozenset[int] = frozenset()
    """Rows in which a cell with content is struck through."""

    def add(self, other: Unsaid) -> None:
        """Take in what is unsaid of the rows below."""
        self.special += other.special
        self.negative += other.negative
        self.hidden_rows |= other.hidden_rows
        self.hidden_columns |= other.hidden_columns
        self.struck_rows |= other.struck_rows


class XlsxSheet:
    """The XML of one sheet, and what can be asked of it. Rows and columns count from 0."""

    def __init__(
        self, data: bytes | None, styles: Callable[[], Styles], again: Callable[[], bytes] | None = None
    ) -> None:
        """Take the XML; ``again`` reads it (once more) where there is none, or none after ``release``."""
        self._data = data
        self._again = again
        self._styles = styles

    @cached_property
    def plain(self) -> bool:
        """Written the way every office program writes: ``<c r="A1"``, no namespace prefix."""
        first = _FIRST_CELL.search(self.data)
        return first is None or self.data.startswith(b'<c r="', first.start())

    @property
    def data(self) -> bytes:
        """The XML itself."""
        if self._data is None:
            assert self._again is not None  # noqa: S101 - who takes the XML away says where to get it
            self._data = self._again()
        return self._data

    def release(self) -> None:
        """Let go of a large sheet's XML: most of them are asked nothing more, and it outweighs their cells."""
        if self._again is not None and self._data is not None and len(self._data) > _LARGE:
            self._data = None

    @cached_property
    def _cells_span(self) -> tuple[int, int]:
        """Where the rows begin and end."""
        begin = self.data.find(b"sheetData")
        end = self.data.rfind(b"sheetData")
        return max(begin, 0) + 9, end if end > begin else len(self.data)

    def _holds(self, byte: bytes) -> bool:
        """Tell whether a byte stands anywhere in the rows: a look that costs a tenth of looking for a word."""
        return self.data.find(byte, *self._cells_span) >= 0

    @property
    def cell_count(self) -> int:
        """Number of cell elements, empty ones too."""
        return self.data.count(b"<c ") if self.plain else sum(1 for _ in _CELL.finditer(self.data))

    def bounds(self) -> tuple[int, int]:
        """Return numbers of rows and columns that the sheet can reach at most."""
        data = self.data
        if not self.plain:
            rows = columns = 0
            for row, column, *_ in self.cells():
                rows, columns = max(rows, row + 1), max(columns, column + 1)
            return rows, columns
        rows = max(map(int, _PLAIN_ROWS.findall(data)), default=0)
        if _TWO_LETTERS.search(data) is None:
            return rows, 26
        return rows, max(column_index(name.decode()) + 1 for name in set(_PLAIN_COLUMNS.findall(data)))

    def without_far_cells(self) -> tuple[bytes, list[tuple[int, int, str]]]:
        """Return the part without cells that lie far from the table, and those cells with their raw text.

        A stray character at XFD1048576 makes a sheet of 17 billion cells out of a table of forty rows. The
        table is what comes before the first gap of a thousand rows (three hundred columns) without content.
        """
        filled = [cell for cell in self.cells() if not cell[4].endswith(b"/")]
        last_row = before_gap(sorted({cell[0] for cell in filled}), 1000)
        last_column = before_gap(sorted({cell[1] for cell in filled if cell[0] <= last_row}), 300)
        kept, far, position = [], [], 0
        close = re.compile(rb"</(?:\w+:)?c>")
        for row, column, start, end, tag in self.cells():
            if row <= last_row and column <= last_column:
                continue
            if not tag.endswith(b"/"):
                closing = close.search(self.data, end)
                end_of_cell = closing.end() if closing else end
                far.append((row, column, self._raw_text(end, end_of_cell)))
                end = end_of_cell
            kept.append(self.data[position:start])
            position = end
        kept.append(self.data[position:])
        return b"".join(kept), far

    def _raw_text(self, start: int, end: int) -> str:
        texts = re.findall(rb"<(?:\w+:)?[vt]\b[^>]*>([^<]*)<", self.data[start:end])
        return unescape(b"".join(texts).decode("utf-8", "replace"))[:200]

    def cells(self) -> Iterator[tuple[int, int, int, int, bytes]]:
        """Walk all cells in order: row, column, where its tag starts and ends, the tag's attributes."""
        row = column = -1
        for match in re.finditer(rb"<(?:\w+:)?(row|c)(?=[\s/>])([^>]*)>", self.data):
            if match.group(1) == b"row":
                number = _ROW_NUMBER.search(match.group(2))
                row = min(int(number.group(1)), MAX_ROWS) - 1 if number else row + 1
                column = -1
                continue
            reference = _REFERENCE.search(match.group(2))
            if reference:
                row, column = int(reference.group(2)) - 1, column_index(reference.group(1).decode())
            else:
                column += 1
            yield row, column, match.start(), match.end(), match.group(2)

    def unsaid(self) -> Unsaid:
        """Return what calamine does not say."""
        return Unsaid(
            self._special(), self._negative(), self._hidden_rows(), self._hidden_columns(), self._struck_rows()
        )

    def _hidden_rows(self) -> frozenset[int]:
        if not self._holds(b"h"):
            return frozenset()
        if b"hidden" not in self.data and re.search(rb"""\sht\s*=\s*["']0""", self.data) is None:
            return frozenset()
        found = (_ROW_NUMBER.search(match.group()) for match in _HIDDEN_ROW.finditer(self.data))
        return frozenset(int(number.group(1)) - 1 for number in found if number)

    def _struck_rows(self) -> frozenset[int]:
        partly = frozenset[int]()
        if (
            self._holds(b"k") and self.data.find(b"strike", *self._cells_span) >= 0
        ):  # words of a text kept within its cell
            starts, places = self._row_starts
            rows = {place: row for row, place in places.items()}
            found = (bisect_right(starts, match.start()) - 1 for match in STRIKE.finditer(self.data))
            partly = frozenset(rows[place] for place in found if place in rows)
        numbers = b"|".join(b"%d" % number for number in self._styles().struck)
        style = re.compile(rb"""\bs\s*=\s*["'](?:%s)["']""" % numbers)
        if not numbers or style.search(self.data) is None:
            return partly
        wholly = (row for row, _, _, _, tag in self.cells() if not tag.endswith(b"/") and style.search(tag))
        return partly.union(wholly)

    def rows_with_texts(self, numbers: frozenset[int]) -> frozenset[int]:
        """Return the rows in which a cell holds one of some shared texts, by their numbers."""
        if not numbers:
            return frozenset()
        value = re.compile(rb"\s*<(?:\w+:)?v>(?:%s)<" % b"|".join(b"%d" % number for number in sorted(numbers)))
        return frozenset(
            row for row, _, _, end, tag in self.cells() if _SHARED.search(tag) and value.match(self.data, end)
        )

    def _hidden_columns(self) -> frozenset[int]:
        end = self.data.find(b"sheetData")
        hidden: set[int] = set()
        for element in _COLUMN.findall(self.data[: end if end >= 0 else 0]):
            values = attributes(element)
            first, last = values.get("min", ""), values.get("max", "")
            if (
                (values.get("hidden") in ("1", "true") or values.get("width") == "0")
                and first.isdecimal()
                and last.isdecimal()
            ):
                hidden.update(range(int(first) - 1, min(int(last), MAX_COLUMNS)))
        return frozenset(hidden)

    def _special(self) -> list[tuple[int, int, ErrorCell]]:
        data = self.data
        if not self.plain:
            return list(self._walk_special())
        found = []
        # Every error value begins with this sign, spelled out or as a reference.
        if self._holds(b"#") and _ERROR_TYPE.search(data) is not None:
            for match in _ERROR_CELL.finditer(data):
                place = _REFERENCE.search(match.group())
                value = _VALUE.search(data, match.end(), match.end() + 400)
                if place and value:
                    text = unescape(value.group(1).decode("utf-8", "replace"))
                    found.append((int(place.group(2)) - 1, column_index(place.group(1).decode()), ErrorCell(text)))
        if self._holds(b"f") and b"<f" in data:
            for match in _PLAIN_NO_RESULT.finditer(data):
                start = data.rfind(b"<c ", 0, match.start())
                tag = data[start : data.find(b">", start)]
                place = _REFERENCE.search(tag)
                if place and not _has_text_result(tag):
                    found.append((int(place.group(2)) - 1, column_index(place.group(1).decode()), NO_VALUE))
        return found

    def _negative(self) -> list[tuple[int, int, float]]:
        if not self._holds(b"-") or b"<v>-" not in self.data:
            return []
        found = []
        for match in _NEGATIVE.finditer(self.data):
            place, style = _REFERENCE.search(match.group(1)), _STYLE.search(match.group(1))
            code = self._styles()[int(style.group(1))] if style else None
            if place and code and _DATE_CODE.search(_QUOTED.sub("", code)):
                number = float(match.group(2))
                found.append((int(place.group(2)) - 1, column_index(place.group(1).decode()), number))
        return found

    def _walk_special(self) -> Iterator[tuple[int, int, ErrorCell]]:
        for row, column, _, end, tag in self.cells():
            if tag.endswith(b"/"):
                continue
            close = re.compile(rb"</(?:\w+:)?c>").search(self.data, end)
            body = self.data[end : close.end() if close else end]
            value = _VALUE.search(body)
            if _ERROR_TYPE.search(tag) and value:
                yield row, column, ErrorCell(unescape(value.group(1).decode("utf-8", "replace")))
            elif _NO_RESULT.search(body) and not _has_text_result(tag):
                yield row, column, NO_VALUE

    @cached_property
    def _row_starts(self) -> tuple[list[int], dict[int, int]]:
        """Where each row element starts, and the place in that list of each row number."""
        starts: list[int] = []
        places: dict[int, int] = {}
        row = -1
        for match in _ROW.finditer(self.data):
            number = _ROW_NUMBER.search(match.group(1))
            row = int(number.group(1)) - 1 if number else row + 1
            places.setdefault(row, len(starts))
            starts.append(match.start())
        return starts, places

    def _find(self, row: int, column: int) -> tuple[bytes, int] | None:
        """Return a cell's start tag and where it ends, looking at its row only."""
        starts, places = self._row_starts
        place = places.get(row)
        if place is None:
            return None
        data = self.data
        start = starts[place]
        end = starts[place + 1] if place + 1 < len(starts) else len(data)
        if self.plain:
            name = f'"{a1(row, column)}"'.encode()
            at = data.find(name, start, end)
            while at >= 0:
                tag_start, tag_end = data.rfind(b"<", start, at), data.find(b">", at)
                if data.startswith(b"<c ", tag_start) and b">" not in data[tag_start:at]:
                    return data[tag_start : tag_end + 1], tag_end + 1
                at = data.find(name, at + 1, end)
            if data.count(b"<c ", start, end) == data.count(b'<c r="', start, end):
                return None
        at_column = -1
        for match in _CELL.finditer(data, start, end):
            reference = _REFERENCE.search(match.group(1))
            at_column = column_index(reference.group(1).decode()) if reference else at_column + 1
            if at_column == column:
                return match.group(), match.end()
        return None

    def number_format(self, row: int, column: int) -> str | None:
        """Return the cell's number format code, ``None`` for General."""
        cell = self._find(row, column)
        style = _STYLE.search(cell[0]) if cell else None
        return self._styles()[int(style.group(1))] if style else None

    def has_month_format(self) -> bool:
        """Tell whether any style of the workbook shows a month without its day."""
        return self._styles().has_month

    def formula(self, row: int, column: int) -> str | None:
        """Return the cell's formula, "" if it shares another's, ``None`` if it has none."""
        cell = self._find(row, column)
        if cell is None or cell[0].endswith(b"/>"):
            return None
        starts, _ = self._row_starts
        after = bisect_right(starts, cell[1])
        end = starts[after] if after < len(starts) else len(self.data)
        body_end = self.data.find(b"</c>", cell[1], end) if self.plain else -1
        following = _CELL.search(self.data, cell[1], end) if body_end < 0 else None
        match = _FORMULA.search(
            self.data, cell[1], body_end if body_end >= 0 else following.start() if following else end
        )
        return unescape((match.group(2) or b"").decode("utf-8", "replace")) if match else None


def _has_text_result(tag: bytes) -> bool:
    """A formula whose result is the empty text has a result."""
    kind = _TYPE.search(tag)
    return kind is not None and kind.group(1) in (b"str", b"s", b"inlineStr")
