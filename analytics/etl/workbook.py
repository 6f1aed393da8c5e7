"""Any file an office sends, opened safely into sheets of cells with coordinates.

The kind is decided by content, never by name. What can be refused is refused before a library sees the
bytes; what cannot be read ends in ``UnreadableWorkbook`` with a code and a sentence, never in another
exception. Where memory and time must be bounded whatever happens, ``sandbox`` runs this in a child process.
Knows nothing of ledgers or tables.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import partial
from io import BytesIO
from typing import Any

import python_calamine as calamine

from analytics.etl.biff import BLANK, Biff
from analytics.etl.compound import Compound
from analytics.etl.delimited import read_delimited
from analytics.etl.grid import (
    NO_VALUE,
    ErrorCell,
    Kind,
    Limits,
    Merge,
    Sheet,
    UnreadableWorkbook,
    Visibility,
    Workbook,
    a1,
    column_index,
    letters,
)
from analytics.etl.markup import read_html, read_spreadsheetml
from analytics.etl.ods import read_ods
from analytics.etl.package import Package, encrypted
from analytics.etl.pieces import Cut, read_in_pieces
from analytics.etl.report import Finding
from analytics.etl.sniff import EXPORT_AGAIN, SAVE_AS, check_extension, kind_of
from analytics.etl.xlsb_details import XlsbSheet, counts_from_1904, percent_styles, xlsb_sheets
from analytics.etl.xlsx import XlsxBook, comments_of, struck_texts
from analytics.etl.xlsx_details import SPARSE, XlsxSheet

__all__ = [
    "NO_VALUE",
    "ErrorCell",
    "Limits",
    "Merge",
    "Sheet",
    "UnreadableWorkbook",
    "Workbook",
    "a1",
    "column_index",
    "letters",
    "open_grids",
]

_VISIBILITY: dict[str, Visibility] = {"Visible": "visible", "Hidden": "hidden", "VeryHidden": "very_hidden"}


def open_grids(content: bytes, file_name: str, limits: Limits | None = None) -> Workbook:
    """Open the bytes of any supported file.

    Args:
        content: The whole file.
        file_name: The name it came under; names the sheet of a text table, and is compared with the content.
        limits: How large it may be.

    Raises:
        UnreadableWorkbook: It cannot be read; the code says why.
    """
    limits = limits or Limits()
    if len(content) > limits.max_file_bytes:
        raise UnreadableWorkbook(
            "FILE-TOO-LARGE",
            f"文件有 {len(content) / (1 << 20):,.0f} MB，超过上限 {limits.max_file_bytes / (1 << 20):,.0f} MB。",
            "请按年份或县区拆分成几个文件分别上传；如果文件里有图片，请删除图片后再上传。",
        )
    kind = kind_of(content)
    try:
        book = _open(content, file_name, kind, limits)
    except UnreadableWorkbook:
        raise
    except MemoryError as error:
        raise UnreadableWorkbook(
            "FILE-MEMORY", "读取文件需要的内存超过上限。", "请按年份或县区拆分后分别上传。"
        ) from error
    except calamine.PasswordError as error:
        raise encrypted() from error
    except Exception as error:
        raise _damaged() from error
    except BaseException as error:
        # A panic inside the reader arrives as a BaseException of its own; real interrupts must pass.
        if type(error).__name__ != "PanicException":
            raise
        raise _damaged() from error
    if not any(sheet.rows for sheet in book.sheets):
        raise UnreadableWorkbook(
            "FILE-EMPTY", "工作簿里没有任何内容。", "请检查是否上传了正确的文件，或内容是否已保存。"
        )
    lie = check_extension(file_name, kind)
    if lie:
        book.findings.insert(0, lie)
    return book


def _open(content: bytes, file_name: str, kind: Kind, limits: Limits) -> Workbook:
    if kind == "csv":
        sheets, findings = read_delimited(content, file_name, limits)
        return Workbook(kind, sheets, findings)
    if kind == "html":
        return Workbook(kind, read_html(content, limits))
    if kind == "spreadsheetml":
        return _with_findings(kind, *read_spreadsheetml(content, limits), [])
    if kind == "xls":
        return _read_xls(content, limits)
    if kind in ("xlsx", "xlsm"):
        return _read_xlsx(content, kind, limits)
    return _read_ods(content, limits) if kind == "ods" else _read_xlsb(content, limits)


def _read_xlsx(content: bytes, kind: Kind, limits: Limits) -> Workbook:
    package = Package(content, limits)
    package.read_xml("[Content_Types].xml")
    book = XlsxBook(package)
    if not book.sheets:
        raise UnreadableWorkbook("FILE-CORRUPT", "工作簿里没有可读取的工作表，文件可能已损坏。", EXPORT_AGAIN)
    struck = struck_texts(package.read_xml(book.shared_strings))
    findings = _macros(package) + [_missing(name) for name in book.missing]
    parts = [sheet for sheet in book.sheets if sheet.kind == "worksheet"]
    details: list[XlsxSheet] = []
    replaced: dict[str, bytes] = {}
    total = 0
    cuts: dict[str, Cut] = {}
    for part in parts:
        again = partial(package.read_xml, part.part)
        cut = read_in_pieces(book, part)
        if cut is not None:
            cuts[part.part] = cut
            total = _count(total, *cut.bounds, part.name, limits)
            details.append(XlsxSheet(None, lambda: book.styles, again))
            continue
        detail = XlsxSheet(again(), lambda: book.styles, again)
        rows, columns = detail.bounds()
        if rows * columns > max(SPARSE, detail.cell_count * 20):
            data, far = detail.without_far_cells()
            findings += _far_cells(part.name, far)
            replaced[part.part] = data
            detail = XlsxSheet(data, lambda: book.styles)
            rows, columns = detail.bounds()
        total = _count(total, rows, columns, part.name, limits)
        details.append(detail)
    try:
        source = _calamine(book.clean_copy(replaced) if replaced else BytesIO(content))
        if [meta.name for meta in source.sheets_metadata if _is_worksheet(meta)] != [part.name for part in parts]:
            source = _calamine(book.clean_copy(replaced))
    except calamine.CalamineError:
        source = _calamine(book.clean_copy(replaced))
        findings.append(_repaired())
    sheets = []
    readable = [index for index, meta in enumerate(source.sheets_metadata) if _is_worksheet(meta)]
    for position, (part, detail, index) in enumerate(zip(parts, details, readable, strict=True)):
        cut = cuts.pop(part.part, None)
        unsaid = cut.unsaid if cut else detail.unsaid()
        known = (cut.rows, cut.merges) if cut else None
        sheet = _sheet(source, index, part.name, position, part.visibility, unsaid.special, known)
        for row, column, number in unsaid.negative:
            if row < len(sheet.rows) and column < sheet.width and isinstance(sheet.rows[row][column], dt.time):
                sheet.rows[row][column] = number
        if cut and not unsaid.special and not unsaid.negative:
            sheet.texts = cut.texts
        sheet.hidden_rows, sheet.hidden_columns = unsaid.hidden_rows, unsaid.hidden_columns
        sheet.details = detail
        sheet.struck_rows = unsaid.struck_rows | detail.rows_with_texts(struck)
        sheet.notes = comments_of(package, part.part)
        detail.release()
        findings += _formulas_without_result(part.name, unsaid.special)
        sheets.append(sheet)
    return Workbook(kind, sheets, findings, book.date1904)


def _read_xls(content: bytes, limits: Limits) -> Workbook:
    compound = Compound(content)
    names = compound.names()
    if "encryptedpackage" in names:
        raise encrypted()
    stream = compound.read("Workbook", "Book")
    if stream is None:
        others = {"worddocument": "Word 文档", "powerpoint document": "PPT 演示文稿", "__properties_version1.0": "邮件"}
        what = next((name for key, name in others.items() if key in names), None)
        raise UnreadableWorkbook("FILE-UNSUPPORTED", f"这是{what or '其他程序的文件'}，不是表格文件。", SAVE_AS)
    biff = Biff(stream)
    if biff.encrypted:
        raise encrypted()
    findings = _macro_finding() if names & {"_vba_project_cur", "macros"} else []
    edits: dict[int, bytes] = {}
    total = 0
    for detail in biff.sheets:
        if detail.rows * detail.columns > max(SPARSE, detail.cell_count * 20):
            far = biff.far_cells(detail)
            findings += _far_cells(detail.name, [(row, column, None) for row, column, _ in far])
            edits.update(dict.fromkeys((at for _, _, at in far), BLANK))
        total = _count(total, detail.rows, detail.columns, detail.name, limits)
    if edits:
        content = compound.patched("Workbook" if "workbook" in names else "Book", edits)
    try:
        source = _calamine(BytesIO(content))
    except calamine.CalamineError:
        known = 1200 if biff.is_biff8 else {32769: 1252, 32768: 10000}.get(biff.codepage or 0)
        if biff.codepage is None or known is None or biff.codepage == known:
            raise
        # A code page the reader has no table for, in a file whose text is Unicode or plain Western anyway.
        record = b"\x42\0\x02\0"
        patched = content.replace(record + biff.codepage.to_bytes(2, "little"), record + known.to_bytes(2, "little"))
        source = _calamine(BytesIO(patched))
    metas = source.sheets_metadata
    if len(metas) != len(biff.sheets):
        raise UnreadableWorkbook("FILE-CORRUPT", "文件已损坏：工作表目录与内容不一致。", EXPORT_AGAIN)
    sheets: list[Sheet] = []
    for index, (meta, detail) in enumerate(zip(metas, biff.sheets, strict=True)):
        if not _is_worksheet(meta):
            continue
        sheet = _sheet(source, index, meta.name, len(sheets), _visibility(meta), detail.special)
        sheet.hidden_rows, sheet.hidden_columns = frozenset(detail.hidden_rows), frozenset(detail.hidden_columns)
        sheet.details, sheet.struck_rows = detail, frozenset(detail.struck_rows)
        findings += _formulas_without_result(meta.name, detail.special)
        sheets.append(sheet)
    return Workbook("xls", sheets, findings, biff.date1904)


def _read_ods(content: bytes, limits: Limits) -> Workbook:
    package = Package(content, limits)
    if b"encryption-data" in package.read_xml("META-INF/manifest.xml"):
        raise encrypted()
    if "content.xml" not in package:
        raise UnreadableWorkbook("FILE-CORRUPT", "文件里缺少表格内容，可能已损坏。", EXPORT_AGAIN)
    sheets, without_result = read_ods(package.read_xml("content.xml"), limits)
    return _with_findings("ods", sheets, without_result, _macros(package))


def _with_findings(
    kind: Kind, sheets: list[Sheet], without_result: list[tuple[str, int, int]], findings: list[Finding]
) -> Workbook:
    for sheet in sheets:
        cells = [(row, column, NO_VALUE) for name, row, column in without_result if name == sheet.name]
        findings += _formulas_without_result(sheet.name, cells)
    return Workbook(kind, sheets, findings)


def _read_xlsb(content: bytes, limits: Limits) -> Workbook:
    package = Package(content, limits)
    details: dict[str, XlsbSheet] = {}
    styles = next((name for name in package.names() if name.endswith("styles.bin")), None)
    percents = percent_styles(package.read(styles)) if styles else {}
    total = 0
    for name in package.names():
        if "worksheets/" in name and name.endswith(".bin") and "index" not in name:
            details[name] = detail = XlsbSheet(package.read(name), percents)
            total = _count(total, detail.rows, detail.columns, name.rpartition("/")[2], limits)
    source = _calamine(BytesIO(content))
    parts = xlsb_sheets(package)
    sheets: list[Sheet] = []
    for index, meta in enumerate(source.sheets_metadata):
        if not _is_worksheet(meta):
            continue
        found = details.get(parts.get(meta.name, ""))
        sheet = _sheet(source, index, meta.name, len(sheets), _visibility(meta), found.special if found else [])
        if found:
            sheet.hidden_rows, sheet.hidden_columns, sheet.details = found.hidden_rows, found.hidden_columns, found
        sheets.append(sheet)
    main = next((name for name in package.names() if name.endswith("workbook.bin")), None)
    date1904 = main is not None and counts_from_1904(package.read(main))
    return Workbook("xlsb", sheets, _macros(package), date1904)


def _calamine(file: BytesIO) -> calamine.CalamineWorkbook:
    return calamine.CalamineWorkbook.from_filelike(file)


def _is_worksheet(meta: calamine.SheetMetadata) -> bool:
    return meta.typ == calamine.SheetTypeEnum.WorkSheet


def _visibility(meta: calamine.SheetMetadata) -> Visibility:
    return _VISIBILITY[str(meta.visible).rpartition(".")[2]]


def _sheet(
    source: calamine.CalamineWorkbook,
    index: int,
    name: str,
    position: int,
    visibility: Visibility,
    special: list[tuple[int, int, ErrorCell]],
    known: tuple[list[list[Any]], list[Merge]] | None = None,
) -> Sheet:
    """Read one sheet's values (or take those read already), and put back what calamine leaves out."""
    if known is None:
        read = source.get_sheet_by_index(index)
        rows: list[list[Any]] = read.to_python(skip_empty_area=False)
        merged = [Merge(*start, *end) for start, end in read.merged_cell_ranges or ()]
    else:
        rows, merged = known
    if special:
        height, width = max(row for row, _, _ in special) + 1, max(column for _, column, _ in special) + 1
        wide = max(width, len(rows[0]) if rows else 0)
        rows.extend([] for _ in range(height - len(rows)))
        for cells in rows:
            cells.extend([""] * (wide - len(cells)))
        for row, column, value in special:
            if rows[row][column] == "":
                rows[row][column] = value
    return Sheet(name, position, rows, visibility, merged)


def _count(total: int, rows: int, columns: int, name: str, limits: Limits) -> int:
    """Add a sheet's extent to the total, refusing before anything that size is built."""
    total += rows * columns
    if total > limits.max_cells:
        raise UnreadableWorkbook(
            "FILE-TOO-LARGE",
            f"工作表“{name}”的内容延伸到 {a1(max(rows, 1) - 1, max(columns, 1) - 1)}，"
            f"总单元格数超过上限 {limits.max_cells:,}。",
            "请删除表格以外多余的行和列（选中后右键“删除”，不是清除内容），或按年份、县区拆分后上传。",
        )
    return total


def _far_cells(sheet: str, far: Sequence[tuple[int, int, str | None]]) -> list[Finding]:
    """Name each filled cell that was left out because it lies far from the table."""
    filled = [(row, column, text) for row, column, text in far if text != ""]
    if len(filled) > 50:
        raise UnreadableWorkbook(
            "FILE-TOO-LARGE",
            f"工作表“{sheet}”的内容零散分布，最远到 {a1(*max(cell[:2] for cell in filled))}，无法按一张表读取。",
            "请把内容整理到连续的区域里，删除表格以外的内容后再上传。",
        )
    return [
        Finding(
            "SHEET-FAR-CELL",
            "warning",
            f"{a1(row, column)} 有内容，但离表格很远，没有读取。",
            "如果是误输入，请删除该单元格；如果是台账内容，请移到表格里。",
            sheet=sheet,
            cell=a1(row, column),
            row=row + 1,
            raw=text,
        )
        for row, column, text in filled
    ]


def _formulas_without_result(sheet: str, special: list[tuple[int, int, ErrorCell]]) -> list[Finding]:
    places = sorted((row, column) for row, column, value in special if value is NO_VALUE)
    if not places:
        return []
    return [
        Finding(
            "SHEET-FORMULA-NO-VALUE",
            "warning",
            f"有 {len(places)} 个公式单元格只保存了公式、没有保存计算结果，按“未计算”处理，不当作空白。",
            "请用 Excel 或 WPS 打开该文件，等公式算出结果后保存，再重新上传。",
            sheet=sheet,
            cell=a1(*places[0]),
            row=places[0][0] + 1,
        )
    ]


def _macros(package: Package) -> list[Finding]:
    marks = ("vbaproject.bin", "/macrosheets/", "basic/")
    return _macro_finding() if any(mark in f"/{name}" for name in package.names() for mark in marks) else []


def _macro_finding() -> list[Finding]:
    return [
        Finding(
            "FILE-MACROS",
            "info",
            "文件里带有宏，读取时不会运行，只读取单元格的值。",
            "不影响入库；如果不需要宏，建议另存为 .xlsx。",
        )
    ]


def _missing(sheet: str) -> Finding:
    return Finding(
        "SHEET-MISSING",
        "warning",
        f"文件里列有工作表“{sheet}”，但它的内容不在文件中，没有读取。",
        EXPORT_AGAIN,
        sheet=sheet,
    )


def _repaired() -> Finding:
    return Finding(
        "FILE-REPAIRED",
        "info",
        "文件结构不规范，已按其中完好的工作表读取。",
        "请核对读取的工作表是否齐全；建议用 Excel 或 WPS 打开后另存为 .xlsx。",
    )


def _damaged() -> UnreadableWorkbook:
    # What the library says is in its own words and in English; it stays with the exception it came from.
    return UnreadableWorkbook("FILE-CORRUPT", "文件已损坏或格式不规范，无法读取。", EXPORT_AGAIN)
