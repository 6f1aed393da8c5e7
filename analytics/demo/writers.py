"""Sheets to bytes: .xlsx, .xls, .ods and .csv, byte for byte the same for the same sheets.

Office programs stamp the time into what they save; here every stamp is fixed, so that the same seed gives the
same file. This module must not know ledgers, habits or truth.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Sequence
from typing import Any, Literal

import openpyxl
import xlwt
from odf import opendocument, style, table, text
from odf.namespaces import OFFICENS
from openpyxl.styles import Alignment
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from analytics.demo.grid import Cell, Fault, Formula, Grid, address, shown

Container = Literal["xlsx", "xls", "ods", "csv"]

STAMP = dt.datetime(2025, 1, 6, 9, 0, 0)
"""The moment every generated file claims to be saved at."""

NUMBER_FORMATS = {"percent": "0%", "date": "yyyy-mm-dd", "date_cn": 'yyyy"年"m"月"d"日"'}

XLS_FAULTS = {"#DIV/0!": 0x07, "#VALUE!": 0x0F, "#REF!": 0x17, "#NAME?": 0x1D, "#NUM!": 0x24, "#N/A": 0x2A}
"""Error values by the code an .xls file keeps (xlwt spells one of them differently)."""


def write(
    container: Container, grids: Sequence[Grid], *, encoding: str = "utf-8-sig", mac_dates: bool = False
) -> bytes:
    """Write ``grids`` as one file of the given kind.

    Args:
        container: The kind of file; ``csv`` takes exactly one sheet.
        grids: The sheets in order.
        encoding: Of a csv file.
        mac_dates: Whether an .xlsx file counts its days from 1904.

    Raises:
        ValueError: A csv file was asked for with several sheets.
    """
    if container == "csv":
        if len(grids) != 1:
            raise ValueError("CSV 文件只能有一张表")
        return _csv(grids[0], encoding)
    if container == "xlsx":
        return _xlsx(grids, mac_dates)
    return _xls(grids) if container == "xls" else _ods(grids)


def _repack(content: bytes, patches: dict[str, Any]) -> bytes:
    """Write a zip archive anew with fixed times; ``patches`` maps a member's name to a function on its text."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(target, "w") as packed:
        for name in source.namelist():
            data = source.read(name)
            if name in patches:
                data = patches[name](data.decode("utf-8")).encode("utf-8")
            info = zipfile.ZipInfo(name, date_time=STAMP.timetuple()[:6])
            # The ODF standard wants its mimetype stored, not deflated.
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            packed.writestr(info, data)
    return target.getvalue()


def _xlsx(grids: Sequence[Grid], mac_dates: bool) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    if mac_dates:
        book.epoch = CALENDAR_MAC_1904
    book.properties.creator = "演示数据"
    book.properties.created = STAMP
    patches: dict[str, Any] = {"docProps/core.xml": _fix_modified}
    for number, grid in enumerate(grids, 1):
        sheet = book.create_sheet(grid.name)
        stored: dict[str, int | float | str | None] = {}
        for row, column, cell in grid.cells():
            content = cell.content
            place = sheet.cell(row=row + 1, column=column + 1)
            if isinstance(content, Formula):
                place.value = f"={content.expression}"
                stored[address(row, column)] = content.stored
            elif isinstance(content, Fault):
                place.value = content.text
                place.data_type = "e"
            elif isinstance(content, str):
                place.value = content
                place.data_type = "s"  # a text that begins with "=" or looks like an error stays a text
                if "\n" in content:
                    place.alignment = Alignment(wrap_text=True)
            else:
                place.value = content
            if cell.style:
                place.number_format = NUMBER_FORMATS[cell.style]
        for span in grid.merged:
            sheet.merge_cells(
                start_row=span.top + 1, start_column=span.left + 1, end_row=span.bottom + 1, end_column=span.right + 1
            )
        for row in sorted(grid.hidden_rows):
            sheet.row_dimensions[row + 1].hidden = True
        for column in sorted(grid.hidden_columns):
            sheet.column_dimensions[address(0, column)[:-1]].hidden = True
        if grid.hidden:
            sheet.sheet_state = "hidden"
        if stored:
            patches[f"xl/worksheets/sheet{number}.xml"] = _with_stored(stored)
    book.active = next((index for index, grid in enumerate(grids) if not grid.hidden), 0)
    raw = io.BytesIO()
    book.save(raw)
    return _repack(raw.getvalue(), patches)


def _fix_modified(xml: str) -> str:
    return re.sub(r"(<dcterms:modified[^>]*>)[^<]*", rf"\g<1>{STAMP.isoformat()}Z", xml)


def _with_stored(stored: dict[str, int | float | str | None]) -> Any:
    """Return a patch that puts the computed values beside the formulas, which openpyxl cannot write.

    It writes an empty value as ``<v />``, and where lxml is installed as ``<v></v>``.
    """

    def patch(xml: str) -> str:
        def fill(match: re.Match[str]) -> str:
            value = stored[match["place"]]
            if value is None:
                return f'<c r="{match["place"]}"{match["rest"]}>{match["formula"]}<v/></c>'
            kind = ' t="str"' if isinstance(value, str) else ""
            return f'<c r="{match["place"]}"{match["rest"]}{kind}>{match["formula"]}<v>{value}</v></c>'

        return re.sub(
            r'<c r="(?P<place>[A-Z]+\d+)"(?P<rest>(?: s="\d+")?)>(?P<formula><f>[^<]*</f>)<v(?: ?/>|></v>)</c>',
            fill,
            xml,
        )

    return patch


def _xls(grids: Sequence[Grid]) -> bytes:
    book = xlwt.Workbook(encoding="utf-8")
    styles = {name: xlwt.easyxf(num_format_str=number) for name, number in NUMBER_FORMATS.items()}
    plain = xlwt.easyxf()
    for grid in grids:
        sheet = book.add_sheet(grid.name)
        anchors = {(span.top, span.left): span for span in grid.merged}
        for row, column, cell in grid.cells():
            content = cell.content.stored if isinstance(cell.content, Formula) else cell.content
            look = styles[cell.style] if cell.style else plain
            span = anchors.get((row, column))
            if isinstance(content, Fault):
                sheet.row(row).set_cell_error(column, XLS_FAULTS[content.text], look)
            elif span is not None:
                sheet.write_merge(span.top, span.bottom, span.left, span.right, content, look)
            else:
                sheet.write(row, column, content, look)
        for row in sorted(grid.hidden_rows):
            sheet.row(row).hidden = True
        for column in sorted(grid.hidden_columns):
            sheet.col(column).hidden = True
        sheet.visibility = 1 if grid.hidden else 0
    book.set_active_sheet(next((index for index, grid in enumerate(grids) if not grid.hidden), 0))
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _ods(grids: Sequence[Grid]) -> bytes:
    book = opendocument.OpenDocumentSpreadsheet()
    gone = style.Style(name="hidden", family="table")
    gone.addElement(style.TableProperties(display="false"))
    book.automaticstyles.addElement(gone)
    for grid in grids:
        sheet = table.Table(name=grid.name, stylename=gone) if grid.hidden else table.Table(name=grid.name)
        width = max((len(row) for row in grid.rows), default=0)
        for column in range(width):
            shown_or_not = {"visibility": "collapse"} if column in grid.hidden_columns else {}
            sheet.addElement(table.TableColumn(**shown_or_not))
        anchors = {(span.top, span.left): span for span in grid.merged}
        covered = {
            (row, column)
            for span in grid.merged
            for row in range(span.top, span.bottom + 1)
            for column in range(span.left, span.right + 1)
            if (row, column) != (span.top, span.left)
        }
        for row, cells in enumerate(grid.rows):
            line = table.TableRow(**({"visibility": "collapse"} if row in grid.hidden_rows else {}))
            for column, cell in enumerate(cells):
                if (row, column) in covered:
                    line.addElement(table.CoveredTableCell())
                    continue
                span = anchors.get((row, column))
                spread = (
                    {
                        "numbercolumnsspanned": span.right - span.left + 1,
                        "numberrowsspanned": span.bottom - span.top + 1,
                    }
                    if span
                    else {}
                )
                line.addElement(_ods_cell(cell, spread))
            sheet.addElement(line)
        book.spreadsheet.addElement(sheet)
    raw = io.BytesIO()
    book.write(raw)
    return _repack(raw.getvalue(), dict.fromkeys(("content.xml", "styles.xml", "meta.xml"), _sort_namespaces))


def _sort_namespaces(xml: str) -> str:
    """Keep the namespaces a part uses, in one order: odfpy declares whatever the process has met so far."""
    declared = sorted(set(re.findall(r' xmlns:(\w+)="([^"]*)"', xml)))
    bare = re.sub(r' xmlns:\w+="[^"]*"', "", xml)
    used = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in declared if re.search(rf"[<\s/]{prefix}:", bare))
    return re.sub(r"(<office:document[\w-]*)", lambda match: match.group(1) + used, bare, count=1)


def _ods_cell(cell: Cell, spread: dict[str, int]) -> Any:
    content = cell.content.stored if isinstance(cell.content, Formula) else cell.content
    words = shown(cell)
    if content is None or words is None:
        return table.TableCell(**spread)
    if isinstance(content, dt.date):
        made = table.TableCell(valuetype="date", datevalue=content.isoformat(), **spread)
    elif isinstance(content, (int, float)):
        kind = "percentage" if cell.style == "percent" else "float"
        made = table.TableCell(valuetype=kind, value=repr(content), **spread)
    else:
        made = table.TableCell(valuetype="string", **spread)
        made.setAttrNS(OFFICENS, "string-value", words)
    made.addElement(text.P(text=words))
    return made


def _csv(grid: Grid, encoding: str) -> bytes:
    target = io.StringIO()
    width = max((len(row) for row in grid.rows), default=0)
    writer = csv.writer(target, lineterminator="\r\n")
    for row in grid.rows:
        writer.writerow([shown(cell) or "" for cell in row] + [""] * (width - len(row)))
    return target.getvalue().encode(encoding)
