"""Tables that business systems export as ``.xls`` but that are really HTML or SpreadsheetML 2003.

Both come with colspan/rowspan or merge counts, which become merged ranges. Knows nothing of zip or BIFF.
"""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import re
from html.parser import HTMLParser
from typing import Any
from xml.parsers import expat

from analytics.etl.delimited import decode
from analytics.etl.grid import NO_VALUE, ErrorCell, Limits, Merge, Sheet, SparseDetails, UnreadableWorkbook
from analytics.etl.package import refuse_doctype
from analytics.etl.sniff import EXPORT_AGAIN, SAVE_AS

_SPACES = re.compile(r"[ \t\r\n\f]+")
_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([\w-]+)""", re.IGNORECASE)
_NAMED_FORMATS = {"Percent": "0.00%", "Fixed": "0.00", "Standard": "#,##0.00", "Text": "@"}
_MAX_COLUMNS = 16_384
_MAX_ROWS = 1_048_576
_ERRORS = frozenset({"#REF!", "#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#VALUE!"})


class _Grid:
    """Cells as they are placed one after the other, spans kept clear of each other."""

    def __init__(self, limits: Limits) -> None:
        self.rows: list[list[Any]] = []
        self.merged: list[Merge] = []
        self._taken: dict[int, int] = {}
        """Column -> last row that a span from above still covers."""
        self._limits = limits
        self._cells = 0

    def place(self, row: int, column: int, value: Any, down: int, right: int) -> int:
        """Put a value at or right of a column, skipping what spans cover; return the column after it."""
        while self._taken.get(column, -1) >= row:
            column += 1
        if column + right >= _MAX_COLUMNS or row + down >= _MAX_ROWS:
            raise too_large()
        while len(self.rows) <= row:
            self.rows.append([])
        cells = self.rows[row]
        missing = column + 1 - len(cells)
        if missing > 0:
            cells.extend([""] * missing)
            self._cells += missing
        if self._cells > self._limits.max_cells:
            raise too_large()
        cells[column] = value
        if down or right:
            self.merged.append(Merge(row, column, row + down, column + right))
        if down:
            for covered in range(column, column + right + 1):
                self._taken[covered] = row + down
        return column + right + 1

    def sheet(self, name: str, index: int) -> Sheet:
        """Return the cells as a sheet whose rows have one length."""
        width = max([*map(len, self.rows), *(merge.last_column + 1 for merge in self.merged), 0])
        if width * len(self.rows) > max(self._limits.max_cells, 1_000_000):
            raise too_large()
        for row in self.rows:
            row.extend([""] * (width - len(row)))
        return Sheet(name, index, self.rows, merged=self.merged)


class _Tables(HTMLParser):
    """Collects every outermost table; a table inside a cell is text of that cell."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[_Grid] = []
        self._limits = limits
        self._depth = 0
        self._row = -1
        self._column = 0
        self._cell: list[str] | None = None
        self._span = (0, 0)
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self._silent += 1
        elif tag == "table":
            self._depth += 1
            if self._depth == 1:
                self.tables.append(_Grid(self._limits))
                self._row, self._column = -1, 0
        elif tag == "tr" and self._depth == 1:
            self._finish_cell()
            self._row += 1
            self._column = 0
        elif tag in ("td", "th") and self._depth == 1:
            self._finish_cell()
            self._row = max(self._row, 0)
            values = dict(attrs)
            self._span = (_span(values.get("rowspan")), _span(values.get("colspan")))
            self._cell = []
        elif tag in ("br", "p", "div") and self._cell:
            self._cell.append("\v")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._silent = max(0, self._silent - 1)
        elif tag in ("td", "th", "tr") and self._depth == 1:
            self._finish_cell()
        elif tag == "table" and self._depth:
            if self._depth == 1:
                self._finish_cell()
            self._depth -= 1

    def handle_data(self, data: str) -> None:
        if self._cell is not None and not self._silent:
            self._cell.append(data)

    def close(self) -> None:
        super().close()
        self._finish_cell()

    def _finish_cell(self) -> None:
        if self._cell is None:
            return
        text = "\n".join(_SPACES.sub(" ", line).strip(" \xa0") for line in "".join(self._cell).split("\v")).strip("\n")
        value = ErrorCell(text) if text in _ERRORS else text
        self._column = self.tables[-1].place(self._row, self._column, value, *self._span)
        self._cell = None


def read_html(content: bytes, limits: Limits) -> list[Sheet]:
    """Read every table of an HTML page (or of a single-file web page) that has cells.

    Raises:
        UnreadableWorkbook: There is none, or it is too large.
    """
    sheets: list[Sheet] = []
    for page in _pages(content):
        parser = _Tables(limits)
        parser.feed(page)
        parser.close()
        for table in parser.tables:
            if any(any(row) for row in table.rows):
                sheets.append(table.sheet(f"表{len(sheets) + 1}", len(sheets)))
    if not sheets:
        raise UnreadableWorkbook(
            "FILE-UNSUPPORTED",
            "这是网页文件，里面没有表格（可能是系统的登录页或出错页，或者表格存放在另外的文件夹里）。",
            f"请从原系统重新导出；或{SAVE_AS.removeprefix('请')}",
        )
    return sheets


def _pages(content: bytes) -> list[str]:
    """Return the HTML in the bytes; a single-file web page (MHTML) is a mail message with one page a sheet."""
    head = content[:4096].lstrip().lower()
    if head.startswith(b"<") or content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return [_decode_html(content)]
    message = email.message_from_bytes(content, policy=email.policy.compat32)
    pages = []
    for part in message.walk():
        payload = part.get_payload(decode=True) if part.get_content_type() == "text/html" else None
        if isinstance(payload, bytes):
            pages.append(_decode_html(payload))
    return pages


def _decode_html(content: bytes) -> str:
    named = _CHARSET.search(content[:4096])
    if named and not content.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        charset = named.group(1).decode("ascii", "replace").lower()
        name = "gb18030" if charset in ("gb2312", "gbk", "x-gbk", "gb_2312-80") else charset
        if not name.startswith("utf-16"):
            try:
                return content.decode(name)
            except (LookupError, UnicodeDecodeError):
                pass  # the page names a charset it does not keep to: find out from the bytes
    return decode(content)[0]


def _span(value: str | None) -> int:
    digits = (value or "").strip()
    return min(max(int(digits), 1), _MAX_ROWS) - 1 if digits.isdecimal() and len(digits) < 9 else 0


class _Spreadsheet:
    """Handlers for the XML of SpreadsheetML 2003."""

    def __init__(self, limits: Limits) -> None:
        self.sheets: list[Sheet] = []
        self.without_result: list[tuple[str, int, int]] = []
        """Formula cells without a result: sheet, row, column."""
        self._formats: dict[str, str] = {}
        self._style = ""
        self._details = SparseDetails()
        self._cell: dict[str, str] = {}
        self._limits = limits
        self._grid: _Grid | None = None
        self._name = ""
        self._hidden = False
        self._row = self._column = -1
        self._span = (0, 0)
        self._kind = ""
        self._text: list[str] | None = None
        self._hidden_rows: set[int] = set()
        self._hidden_columns: set[int] = set()
        self._definition = 0
        self._in_comment = 0

    def start(self, tag: str, attrs: dict[str, str]) -> None:
        """Handle a start tag."""
        name = tag.rpartition(" ")[2]
        values = {key.rpartition(" ")[2]: value for key, value in attrs.items()}
        if name == "Worksheet":
            self._grid, self._name = _Grid(self._limits), values.get("Name", "")
            self._row, self._hidden, self._definition = -1, False, 0
            self._hidden_rows, self._hidden_columns = set(), set()
            self._details = SparseDetails()
        elif name == "Style":
            self._style = values.get("ID", "")
        elif name == "NumberFormat" and values.get("Format", "General") != "General":
            self._formats[self._style] = _NAMED_FORMATS.get(values["Format"], values["Format"])
        elif self._grid is None:
            return
        elif name == "Column":
            first = _number(values.get("Index"), self._definition + 1) - 1
            last = first + _number(values.get("Span"), 0)
            self._definition = last + 1
            if values.get("Hidden") == "1" or values.get("Width") == "0":
                self._hidden_columns.update(range(first, min(last + 1, _MAX_COLUMNS)))
        elif name == "Row":
            self._row = _number(values.get("Index"), self._row + 2) - 1
            self._column = 0
            if values.get("Hidden") == "1" or values.get("Height") == "0":
                self._hidden_rows.add(self._row)
        elif name == "Cell":
            self._column = _number(values.get("Index"), self._column + 1) - 1
            self._span = (_number(values.get("MergeDown"), 0), _number(values.get("MergeAcross"), 0))
            self._kind, self._text, self._cell = "", [], values
        elif name == "Comment":
            self._in_comment += 1
        elif name == "Data" and not self._in_comment:
            self._kind = values.get("Type", "String")

    def end(self, tag: str) -> None:
        """Handle an end tag."""
        name = tag.rpartition(" ")[2]
        if self._grid is None:
            return
        if name == "Cell" and self._text is not None:
            self._finish_cell(self._grid, _typed(self._kind, "".join(self._text)))
            self._text = None
        elif name == "Comment":
            self._in_comment = max(0, self._in_comment - 1)
        elif name == "Data" and not self._in_comment:
            self._kind = self._kind + "."
        elif name == "Worksheet":
            sheet = self._grid.sheet(self._name, len(self.sheets))
            sheet.hidden_rows, sheet.hidden_columns = frozenset(self._hidden_rows), frozenset(self._hidden_columns)
            sheet.details = self._details
            sheet.visibility = "hidden" if self._hidden else "visible"
            self.sheets.append(sheet)
            self._grid = None

    def _finish_cell(self, grid: _Grid, value: Any) -> None:
        has_formula = "Formula" in self._cell
        if has_formula and not self._kind:
            value = NO_VALUE
        after = grid.place(self._row, self._column, value, *self._span)
        place = (self._row, after - 1 - self._span[1])
        if has_formula:
            self._details.formulas.add(place)
        if value is NO_VALUE:
            self.without_result.append((self._name, *place))
        if self._cell.get("StyleID") in self._formats:
            self._details.formats[place] = self._formats[self._cell["StyleID"]]
        self._column = after

    def data(self, text: str) -> None:
        """Handle character data."""
        if self._text is not None:
            if self._kind and not self._kind.endswith(".") and not self._in_comment:
                self._text.append(text)
        elif self._grid is not None and text.strip() in ("SheetHidden", "SheetVeryHidden"):
            self._hidden = True


def read_spreadsheetml(content: bytes, limits: Limits) -> tuple[list[Sheet], list[tuple[str, int, int]]]:
    """Read an XML spreadsheet of 2003; return the sheets, and the formula cells saved without a result.

    Raises:
        UnreadableWorkbook: It is damaged, declares entities, or is too large.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        content = content.decode("utf-16", "replace").encode()
        content = re.sub(rb"^\s*<\?xml[^>]*\?>", b"", content, count=1)
    refuse_doctype(content)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    handler = _Spreadsheet(limits)
    parser.StartElementHandler = handler.start
    parser.EndElementHandler = handler.end
    parser.CharacterDataHandler = handler.data
    parser.StartDoctypeDeclHandler = _refuse
    if re.match(rb"""\s*<\?xml[^>]*encoding\s*=\s*["'](?:gb2312|gbk|gb18030)""", content, re.IGNORECASE):
        # expat knows no Chinese encodings.
        content = re.sub(rb"^\s*<\?xml[^>]*\?>", b"", content.decode("gb18030", "replace").encode(), count=1)
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise UnreadableWorkbook(
            "FILE-CORRUPT", f"XML 表格第 {error.lineno} 行格式有误，文件可能不完整。", EXPORT_AGAIN
        ) from error
    if not handler.sheets:
        raise UnreadableWorkbook("FILE-EMPTY", "文件里没有工作表。", SAVE_AS)
    return handler.sheets, handler.without_result


def _refuse(*_: object) -> None:
    refuse_doctype(b"<!DOCTYPE")


def _number(value: str | None, default: int) -> int:
    if value is None or not value.isdecimal() or len(value) > 8:
        return default
    return int(value)


def _typed(kind: str, text: str) -> Any:
    kind = kind.rstrip(".")
    if kind == "Number":
        try:
            return float(text)
        except ValueError:
            return text
    if kind == "Boolean":
        return text.strip() == "1"
    if kind == "Error":
        return ErrorCell(text)
    if kind == "DateTime":
        try:
            moment = dt.datetime.fromisoformat(text)
        except ValueError:
            return text
        return moment.date() if moment.time() == dt.time() else moment
    return text


def too_large() -> UnreadableWorkbook:
    """Return the verdict on a table with too many cells."""
    return UnreadableWorkbook(
        "FILE-TOO-LARGE",
        "表格的行列数过多，超过可以读取的上限。",
        "请删除表格以外的内容，或按年份、县区拆分后分别上传。",
    )
