"""An .ods workbook read in one pass over its content: values, errors, merges, hidden rows, number formats.

calamine gives neither merges nor hidden rows of .ods, expands repeated cells before they can be counted, and
refuses white space between cells; the format is simple enough to read directly. Repetition is the format's
bomb: one element may claim a million rows, so it is counted before it is built.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any
from xml.parsers import expat

from analytics.etl.grid import NO_VALUE, ErrorCell, Limits, Merge, Sheet, SparseDetails, UnreadableWorkbook
from analytics.etl.package import refuse_doctype
from analytics.etl.sniff import EXPORT_AGAIN

_MAX_ROWS, _MAX_COLUMNS = 1_048_576, 16_384
_DURATION = re.compile(r"(-?)P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,](\d+))?S)?")
_ERROR = re.compile(r"#(?:REF!|DIV/0!|N/A|NAME\?|NULL!|NUM!|VALUE!)|(?:Err|错误):\d{3}|#(?:REF|NAME|N/A|VALUE)")
_NOT_STRUCK = frozenset({"", "none"})
_HIDDEN = frozenset({"collapse", "filter"})
_PERCENT = "0%"

_Cell = tuple[Any, str | None, bool]
"""Value, number format, whether it has a formula."""
_NOTHING: _Cell = ("", None, False)


class _Content:
    """Handlers for the XML of content.xml."""

    def __init__(self, limits: Limits) -> None:
        self.sheets: list[Sheet] = []
        self.special: list[tuple[str, int, int]] = []
        """Formula cells without a result: sheet, row, column."""
        self._limits = limits
        self._total = 0
        self._hidden_styles: set[str] = set()
        self._struck_styles: set[str] = set()
        self._struck_rows: set[int] = set()
        self._struck = False
        self._notes: dict[tuple[int, int], str] = {}
        self._note: list[str] | None = None
        """Words of the comment being read."""
        self._style = ""
        self._depth = 0
        self._skip = 0
        self._sheet: Sheet | None = None
        self._details = SparseDetails()
        self._hidden_rows: set[int] = set()
        self._hidden_columns: set[int] = set()
        self._row = self._column = self._definition = 0
        self._repeat_row = 1
        self._cells: list[tuple[int, int, _Cell]] = []
        """Cells of the row being read: column, times, cell; only those with something in them."""
        self._attributes: dict[str, str] | None = None
        self._paragraphs: list[str] = []
        self._text: list[str] | None = None

    def start(self, tag: str, attributes: list[str]) -> None:
        """Handle a start tag."""
        name = tag.rpartition(" ")[2]
        if name == "annotation" and self._attributes is not None and not self._skip:
            self._note = []
        if self._skip or (name in ("annotation", "shapes", "tracked-changes") or (name == "table" and self._sheet)):
            # Drawings and tables inside cells are not cells; of comments only their words are kept.
            self._skip += 1
            if name == "p" and self._note is not None:
                self._note.append("\n" if self._note else "")
            return
        if name == "p":
            if self._attributes is not None:
                self._text = []
            return
        if self._text is not None:
            if name == "span":
                self._struck = self._struck or _values(attributes).get("style-name") in self._struck_styles
            elif name == "s":
                self._text.append(" " * min(_count(_values(attributes).get("c")), 1000))
            elif name in ("tab", "line-break"):
                self._text.append("\t" if name == "tab" else "\n")
            return
        handler = _START.get(name)
        if handler:
            handler(self, _values(attributes))

    def end(self, tag: str) -> None:
        """Handle an end tag."""
        if self._skip:
            self._skip -= 1
            if not self._skip and self._note is not None:
                self._notes[self._row, self._column] = "".join(self._note).strip()
                self._note = None
            return
        name = tag.rpartition(" ")[2]
        if name == "p" and self._text is not None:
            self._paragraphs.append("".join(self._text))
            self._text = None
        elif name in ("table-cell", "covered-table-cell") and self._attributes is not None:
            self._finish_cell(self._attributes)
            self._attributes = None
        elif name == "table-row":
            self._finish_row()
        elif name == "table" and self._sheet is not None:
            self._finish_sheet(self._sheet)
            self._sheet = None

    def data(self, text: str) -> None:
        """Handle character data."""
        if self._note is not None and self._skip > 1:
            self._note.append(text)
        elif self._text is not None and not self._skip:
            self._text.append(text)

    def _start_style(self, values: dict[str, str]) -> None:
        self._style = values.get("name", "")

    def _start_table_properties(self, values: dict[str, str]) -> None:
        if values.get("display") == "false":
            self._hidden_styles.add(self._style)

    def _start_text_properties(self, values: dict[str, str]) -> None:
        line = {values.get("text-line-through-style", ""), values.get("text-line-through-type", "")}
        if not line <= _NOT_STRUCK:
            self._struck_styles.add(self._style)

    def _start_table(self, values: dict[str, str]) -> None:
        hidden = values.get("style-name", "") in self._hidden_styles
        self._details = SparseDetails()
        self._sheet = Sheet(
            values.get("name", ""), len(self.sheets), [], "hidden" if hidden else "visible", details=self._details
        )
        self._hidden_rows, self._hidden_columns = set(), set()
        self._struck_rows, self._notes = set(), {}
        self._row = self._definition = 0

    def _start_column(self, values: dict[str, str]) -> None:
        count = _count(values.get("number-columns-repeated"))
        if values.get("visibility") in _HIDDEN:
            self._hidden_columns.update(range(self._definition, min(self._definition + count, _MAX_COLUMNS)))
        self._definition += count

    def _start_row(self, values: dict[str, str]) -> None:
        self._column, self._cells = 0, []
        self._repeat_row = _count(values.get("number-rows-repeated"))
        if values.get("visibility") in _HIDDEN and self._row < _MAX_ROWS:
            self._hidden_rows.update(range(self._row, min(self._row + self._repeat_row, _MAX_ROWS)))

    def _start_cell(self, values: dict[str, str]) -> None:
        self._attributes, self._paragraphs = values, []
        self._struck = values.get("style-name") in self._struck_styles

    def _finish_cell(self, values: dict[str, str]) -> None:
        times = _count(values.get("number-columns-repeated"))
        down, right = _count(values.get("number-rows-spanned")) - 1, _count(values.get("number-columns-spanned")) - 1
        if (
            (down or right)
            and self._sheet is not None
            and self._row + down < _MAX_ROWS
            and self._column + right < _MAX_COLUMNS
        ):
            self._sheet.merged.append(Merge(self._row, self._column, self._row + down, self._column + right))
        cell = _cell(values, "\n".join(self._paragraphs))
        if cell is not _NOTHING:
            if self._column + times > _MAX_COLUMNS:
                raise self._too_large(self._row + 1, self._column + times)
            self._cells.append((self._column, times, cell))
            if self._struck and self._row + self._repeat_row <= _MAX_ROWS:
                self._struck_rows.update(range(self._row, self._row + self._repeat_row))
        self._column += times

    def _finish_row(self) -> None:
        if self._sheet is None:
            return
        if self._cells:
            column, times, _ = self._cells[-1]
            width = column + times
            if self._row + self._repeat_row > _MAX_ROWS:
                raise self._too_large(self._row + self._repeat_row, width)
            self._total += (self._row + self._repeat_row - len(self._sheet.rows)) * width
            if self._total > self._limits.max_cells:
                raise self._too_large(self._row + self._repeat_row, width)
            self._sheet.rows.extend([] for _ in range(self._row - len(self._sheet.rows)))
            for row in range(self._row, self._row + self._repeat_row):
                self._sheet.rows.append(self._build_row(row, width))
        self._row += self._repeat_row
        self._cells = []

    def _build_row(self, row: int, width: int) -> list[Any]:
        values: list[Any] = [""] * width
        for column, times, (value, code, has_formula) in self._cells:
            for each in range(column, column + times):
                values[each] = value
                if code:
                    self._details.formats[row, each] = code
                if has_formula:
                    self._details.formulas.add((row, each))
                if value is NO_VALUE and self._sheet:
                    self.special.append((self._sheet.name, row, each))
        return values

    def _finish_sheet(self, sheet: Sheet) -> None:
        width = max(map(len, sheet.rows), default=0)
        if width * len(sheet.rows) > self._limits.max_cells:
            raise self._too_large(len(sheet.rows), width)
        for row in sheet.rows:
            if len(row) < width:
                row.extend([""] * (width - len(row)))
        sheet.hidden_rows, sheet.hidden_columns = frozenset(self._hidden_rows), frozenset(self._hidden_columns)
        sheet.struck_rows, sheet.notes = frozenset(self._struck_rows), self._notes
        self.sheets.append(sheet)

    def _too_large(self, rows: int, columns: int) -> UnreadableWorkbook:
        name = self._sheet.name if self._sheet else ""
        return UnreadableWorkbook(
            "FILE-TOO-LARGE",
            f"工作表“{name}”的内容延伸到第 {rows:,} 行、第 {columns:,} 列，超过可以读取的上限。",
            "请删除表格以外多余的行和列（选中后右键“删除”），或按年份、县区拆分后上传。",
        )


_START = {
    "style": _Content._start_style,
    "table-properties": _Content._start_table_properties,
    "text-properties": _Content._start_text_properties,
    "table": _Content._start_table,
    "table-column": _Content._start_column,
    "table-row": _Content._start_row,
    "table-cell": _Content._start_cell,
    "covered-table-cell": _Content._start_cell,
}


def read_ods(content: bytes, limits: Limits) -> tuple[list[Sheet], list[tuple[str, int, int]]]:
    """Read content.xml; return the sheets, and the formula cells saved without a result.

    Raises:
        UnreadableWorkbook: It is damaged, declares entities, or is too large.
    """
    refuse_doctype(content)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.ordered_attributes = True
    handler = _Content(limits)
    parser.StartElementHandler = handler.start
    parser.EndElementHandler = handler.end
    parser.CharacterDataHandler = handler.data
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise UnreadableWorkbook(
            "FILE-CORRUPT", f"文件内容不完整（第 {error.lineno} 行中断）。", EXPORT_AGAIN
        ) from error
    return handler.sheets, handler.special


def _values(attributes: list[str]) -> dict[str, str]:
    """Return attributes by local name; calcext:value-type must not hide office:value-type, its older twin."""
    pairs = iter(attributes)
    values: dict[str, str] = {}
    for key, value in zip(pairs, pairs, strict=True):
        space, _, name = key.rpartition(" ")
        values["error-type" if name == "value-type" and "calc" in space else name] = value
    return values


def _count(value: str | None) -> int:
    return max(int(value), 1) if value is not None and value.isdecimal() and len(value) < 10 else 1


def _cell(values: dict[str, str], text: str) -> _Cell:
    """Turn a cell element into its value, number format and whether it has a formula."""
    has_formula = "formula" in values
    kind = values.get("value-type") or values.get("error-type")
    if values.get("error-type") == "error" or (has_formula and _ERROR.fullmatch(text)):
        return ErrorCell(text or "#N/A"), None, has_formula
    if kind in ("float", "currency", "percentage"):
        try:
            return float(values["value"]), _PERCENT if kind == "percentage" else None, has_formula
        except (KeyError, ValueError):
            return text, None, has_formula
    if kind == "date":
        return _date(values.get("date-value", ""), text), None, has_formula
    if kind == "time":
        return _time(values.get("time-value", ""), text), None, has_formula
    if kind == "boolean":
        return values.get("boolean-value") == "true", None, has_formula
    if kind == "string":
        text = values.get("string-value", text)
    elif has_formula and not text:
        return NO_VALUE, None, True
    if not text and not has_formula:
        return _NOTHING
    return text, None, has_formula


def _date(value: str, text: str) -> Any:
    try:
        moment = dt.datetime.fromisoformat(value)
    except ValueError:
        return value or text
    return moment.date() if "T" not in value else moment


def _time(value: str, text: str) -> Any:
    match = _DURATION.fullmatch(value)
    if match is None:
        return value or text
    sign, days, hours, minutes, seconds, fraction = match.groups()
    length = dt.timedelta(
        int(days or 0), int(seconds or 0), int(((fraction or "") + "000000")[:6]), 0, int(minutes or 0), int(hours or 0)
    )
    if not sign and length < dt.timedelta(days=1):
        return (dt.datetime.min + length).time()
    return -length if sign else length
