"""Any file an office sends: what it is, what is in it, and why it is refused."""

from __future__ import annotations

import datetime as dt
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
import xlwt
from hypothesis import given
from hypothesis import strategies as st
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import CoveredTableCell, Table, TableCell, TableRow
from odf.text import P

from analytics.etl.workbook import (
    NO_VALUE,
    ErrorCell,
    Limits,
    Merge,
    Sheet,
    UnreadableWorkbook,
    Workbook,
    a1,
    column_index,
    letters,
    open_grids,
)

SPREADSHEETML = """<?xml version="1.0"?>
<?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"
 xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet" xmlns:x="urn:schemas-microsoft-com:office:excel">
 <Styles><Style ss:ID="p"><NumberFormat ss:Format="Percent"/></Style></Styles>
 <Worksheet ss:Name="招聘会"><Table><Column ss:Index="3" ss:Hidden="1"/>
  <Row><Cell ss:MergeAcross="2"><Data ss:Type="String">招聘会台账</Data></Cell></Row>
  <Row ss:Index="4"><Cell ss:StyleID="p"><Data ss:Type="Number">0.85</Data></Cell>
   <Cell ss:Index="3"><Data ss:Type="DateTime">2024-07-05T00:00:00.000</Data><Comment><Data>批注</Data></Comment></Cell>
  </Row>
  <Row ss:Hidden="1"><Cell ss:Formula="=1/0"><Data ss:Type="Error">#DIV/0!</Data></Cell><Cell ss:Formula="=1+1"/></Row>
 </Table></Worksheet>
 <Worksheet ss:Name="旧"><Table><Row><Cell><Data ss:Type="Boolean">1</Data></Cell></Row></Table>
  <WorksheetOptions xmlns="urn:schemas-microsoft-com:office:excel"><Visible>SheetHidden</Visible></WorksheetOptions>
 </Worksheet>
</Workbook>"""

HTML = """<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head>
<meta http-equiv="Content-Type" content="text/html; charset=gb2312"><style>td {color: red}</style></head><body>
<table><tr><td colspan="3">招聘会台账</td></tr>
<tr><th rowspan="2">县区</th><th>企业数<br>（家）</th><th>岗位数</th></tr>
<tr><td> 30&nbsp;</td><td>#REF!</td></tr></table></body></html>"""


def xlsx(fill: Callable[[Any], None]) -> bytes:
    book = openpyxl.Workbook()
    fill(book.active)
    return saved(book)


def saved(book: Any) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_part(content: bytes, name: str, change: Callable[[bytes], bytes | None]) -> bytes:
    """Return a copy of a package in which one part is changed, or left out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            data: bytes | None = old.read(item)
            if item.filename == name:
                data = change(old.read(item))
            if data is not None:
                new.writestr(item.filename, data)
    return out.getvalue()


def first(content: bytes, name: str = "台账.xlsx") -> Sheet:
    return open_grids(content, name, Limits()).sheets[0]


def refusal(content: bytes, name: str = "台账.xlsx", limits: Limits | None = None) -> UnreadableWorkbook:
    with pytest.raises(UnreadableWorkbook) as caught:
        open_grids(content, name, limits or Limits())
    assert re.search("[一-鿿]", caught.value.message)
    assert re.search("[一-鿿]", caught.value.hint)
    return caught.value


def codes(book: Workbook) -> list[str]:
    return [finding.code for finding in book.findings]


def small_table(sheet: Any) -> None:
    sheet.append(["县区", "岗位数"])
    sheet.append(["渭滨区", 800])


# Addresses


def test_a_cell_is_named_as_the_spreadsheet_shows_it():
    assert (a1(11, 3), a1(0, 0), a1(9, 26), a1(1_048_575, 16_383)) == ("D12", "A1", "AA10", "XFD1048576")


@given(st.integers(0, 20_000))
def test_column_letters_and_numbers_are_each_others_inverse(column: int):
    assert column_index(letters(column)) == column


# Values at their places


def test_a_table_that_begins_at_c5_keeps_its_coordinates():
    def fill(sheet: Any) -> None:
        sheet["C5"] = "县区"
        sheet["D6"] = 800

    rows = first(xlsx(fill)).rows
    assert rows[4][2] == "县区"
    assert rows[5][3] == 800
    assert [len(row) for row in rows] == [4] * 6
    assert not any(any(row) for row in rows[:4])


def test_values_keep_their_kind():
    moment = dt.datetime(2024, 7, 5, 9, 30)

    def fill(sheet: Any) -> None:
        sheet.append(
            ["文字", 12.5, True, dt.date(2024, 7, 5), moment, dt.time(9, 30), dt.timedelta(hours=30), "7.1", None, 1]
        )

    assert first(xlsx(fill)).rows[0] == [
        "文字", 12.5, True, dt.date(2024, 7, 5), moment, dt.time(9, 30), dt.timedelta(hours=30), "7.1", "", 1.0,
    ]  # fmt: skip


def test_dates_counted_from_1904_come_out_as_the_days_they_mean():
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.active["A1"] = dt.date(2024, 7, 5)
    opened = open_grids(saved(book), "台账.xlsx", Limits())
    assert opened.date1904
    assert opened.sheets[0].rows == [[dt.date(2024, 7, 5)]]


def test_a_percent_cell_can_be_told_from_the_same_number_without_a_percent_sign():
    def fill(sheet: Any) -> None:
        for column, code in enumerate(("0%", "General", "@", 'yyyy"年"m"月"'), 1):
            sheet.cell(3, column, 0.85).number_format = code

    sheet = first(xlsx(fill))
    assert [sheet.number_format(2, column) for column in range(5)] == ["0%", None, "@", 'yyyy"年"m"月"', None]
    assert sheet.number_format(900, 0) is None


def test_a_cell_address_inside_a_text_is_not_taken_for_the_cell():
    def fill(sheet: Any) -> None:
        sheet["A1"] = 'see "C1"'
        sheet["C1"] = 0.5
        sheet["C1"].number_format = "0%"

    content = xlsx(fill)
    inline = with_part(
        content,
        "xl/worksheets/sheet1.xml",
        lambda data: re.sub(rb'<c r="A1"[^>]*>.*?</c>', b'<c r="A1" t="inlineStr"><is><t>see "C1"</t></is></c>', data),
    )
    for each in (content, inline):
        sheet = first(each)
        assert (sheet.number_format(0, 2), sheet.rows[0][0]) == ("0%", 'see "C1"')


def test_hidden_rows_columns_and_sheets_are_told():
    book = openpyxl.Workbook()
    sheet = book.active
    for row in range(6):
        sheet.append([row] * 6)
    sheet.row_dimensions[3].hidden = True
    sheet.column_dimensions["B"].hidden = True
    sheet.column_dimensions.group("D", "E", hidden=True)
    book.create_sheet("旧").append([1])
    book.worksheets[1].sheet_state = "veryHidden"
    opened = open_grids(saved(book), "台账.xlsx", Limits())
    assert opened.sheets[0].hidden_rows == {2}
    assert opened.sheets[0].hidden_columns == {1, 3, 4}
    assert [each.visibility for each in opened.sheets] == ["visible", "very_hidden"]


def test_merged_ranges_are_told():
    def fill(sheet: Any) -> None:
        sheet["A1"] = "招聘会台账"
        sheet["D2"] = 1
        sheet.merge_cells("A1:D1")

    assert first(xlsx(fill)).merged == [Merge(0, 0, 0, 3)]


def test_a_formula_with_a_result_is_a_value_that_is_known_to_be_calculated():
    content = with_part(
        xlsx(small_table),
        "xl/worksheets/sheet1.xml",
        lambda data: data.replace(b'<c r="B2" t="n"><v>', b'<c r="B2"><f>SUM(A1:A9)&amp;""</f><v>'),
    )
    sheet = first(content)
    assert sheet.rows[1][1] == 800
    assert sheet.formula(1, 1) == 'SUM(A1:A9)&""'
    assert (sheet.has_formula(1, 1), sheet.has_formula(1, 0), sheet.has_formula(0, 1)) == (True, False, False)


# What must not vanish


@pytest.mark.parametrize("error", ["#REF!", "#DIV/0!", "#N/A"])
def test_an_error_in_a_cell_is_not_an_empty_cell(error: str):
    def fill(sheet: Any) -> None:
        sheet.append(["岗位数", 1])
        sheet["B3"] = error
        sheet["B3"].data_type = "e"

    value = first(xlsx(fill)).rows[2][1]
    assert isinstance(value, ErrorCell)
    assert value == error


def test_an_error_in_an_xls_cell_is_not_an_empty_cell():
    book = xlwt.Workbook()
    sheet = book.add_sheet("招聘会")
    sheet.write(0, 0, "岗位数")
    sheet.row(1).set_cell_error(0, "#DIV/0!")
    value = first(saved(book), "台账.xls").rows[1][0]
    assert isinstance(value, ErrorCell)
    assert value == "#DIV/0!"


def test_a_formula_saved_without_its_result_is_reported_and_not_blank():
    def fill(sheet: Any) -> None:
        sheet.append(["岗位数", 1])
        sheet.append(["合计", "=SUM(B1:B1)"])

    opened = open_grids(xlsx(fill), "台账.xlsx", Limits())
    assert opened.sheets[0].rows[1][1] is NO_VALUE
    finding = next(each for each in opened.findings if each.code == "SHEET-FORMULA-NO-VALUE")
    assert (finding.sheet, finding.cell, finding.row, finding.severity) == ("Sheet", "B2", 2, "warning")


def test_an_xls_formula_a_program_wrote_without_a_result_is_not_blank():
    book = xlwt.Workbook()
    sheet = book.add_sheet("招聘会")
    sheet.write(0, 0, 1)
    sheet.write(1, 0, xlwt.Formula("SUM(A1:A1)"))
    opened = open_grids(saved(book), "台账.xls", Limits())
    assert opened.sheets[0].rows[1][0] is NO_VALUE
    assert "SHEET-FORMULA-NO-VALUE" in codes(opened)
    assert opened.sheets[0].has_formula(1, 0)


def test_a_formula_whose_result_is_the_empty_text_is_blank():
    content = with_part(
        xlsx(small_table),
        "xl/worksheets/sheet1.xml",
        lambda data: re.sub(rb'<c r="B2".*?</c>', b'<c r="B2" t="str"><f>IF(A9="","",1)</f><v></v></c>', data),
    )
    opened = open_grids(content, "台账.xlsx", Limits())
    assert opened.sheets[0].rows[1][1] == ""
    assert opened.sheets[0].has_formula(1, 1)
    assert codes(opened) == []


def test_a_negative_number_in_a_date_cell_is_not_midnight():
    def fill(sheet: Any) -> None:
        sheet["A1"] = -5
        sheet["A1"].number_format = "yyyy-mm-dd"
        sheet["B1"] = -5
        sheet["C1"] = dt.time(0, 0)

    assert first(xlsx(fill)).rows == [[-5.0, -5.0, dt.time(0, 0)]]


def test_a_stray_cell_in_the_far_corner_does_not_make_seventeen_billion_cells():
    def fill(sheet: Any) -> None:
        small_table(sheet)
        sheet["XFD1048576"] = "误"

    opened = open_grids(xlsx(fill), "台账.xlsx", Limits())
    assert opened.sheets[0].rows == [["县区", "岗位数"], ["渭滨区", 800]]
    finding = next(each for each in opened.findings if each.code == "SHEET-FAR-CELL")
    assert (finding.cell, finding.raw) == ("XFD1048576", "误")


def test_a_stray_cell_in_the_far_corner_of_an_xls_is_named_and_left_out():
    book = xlwt.Workbook()
    for name in ("招聘会", "培训"):
        sheet = book.add_sheet(name)
        for row in range(300):
            sheet.write(row, 0, "渭滨区")
            sheet.write(row, 1, row)
        sheet.write(65_535, 255, "误")
    opened = open_grids(saved(book), "台账.xls", Limits())
    assert [(len(sheet.rows), sheet.width, sheet.rows[299]) for sheet in opened.sheets] == [
        (300, 2, ["渭滨区", 299.0])
    ] * 2
    far = [(finding.sheet, finding.cell) for finding in opened.findings if finding.code == "SHEET-FAR-CELL"]
    assert far == [("招聘会", "IV65536"), ("培训", "IV65536")]


def test_a_table_of_many_rows_is_not_taken_for_scattered_cells():
    def fill(sheet: Any) -> None:
        for row in range(3000):
            sheet.append([row, "渭滨区"])
        sheet["ZZ1"] = "备注"

    opened = open_grids(xlsx(fill), "台账.xlsx", Limits())
    assert (len(opened.sheets[0].rows), opened.sheets[0].rows[2999][:2]) == (3000, [2999.0, "渭滨区"])
    assert [finding.cell for finding in opened.findings] == ["ZZ1"]


def test_a_sheet_that_only_claims_to_be_large_is_read():
    content = with_part(
        xlsx(small_table),
        "xl/worksheets/sheet1.xml",
        lambda data: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:XFD1048576"', data).replace(
            b"</sheetData>", b'<row r="1048576" ht="15"><c r="XFD1048576" s="0"/></row></sheetData>'
        ),
    )
    assert first(content).rows == [["县区", "岗位数"], ["渭滨区", 800]]


def test_cells_without_addresses_are_counted_from_the_left():
    content = with_part(
        xlsx(small_table),
        "xl/worksheets/sheet1.xml",
        lambda data: re.sub(rb'<row r="\d+"', b"<row", re.sub(rb'<c r="\w+"', b"<c", data)).replace(
            b"</sheetData>", b'<row><c t="e"><v>#N/A</v></c><c><v>0.5</v></c></row></sheetData>'
        ),
    )
    sheet = first(content)
    assert sheet.rows == [["县区", "岗位数"], ["渭滨区", 800], ["#N/A", 0.5]]
    assert isinstance(sheet.rows[2][0], ErrorCell)
    assert sheet.number_format(2, 1) is None


def test_a_sheet_written_with_a_namespace_prefix_is_the_same_sheet():
    def prefixed(data: bytes) -> bytes:
        data = re.sub(rb"<(/?)(\w)", rb"<\1x:\2", data)
        return data.replace(
            b'xmlns="http://schemas.openxmlformats.org/spreadsheetml',
            b'xmlns:x="http://schemas.openxmlformats.org/spreadsheetml',
        )

    def fill(sheet: Any) -> None:
        small_table(sheet)
        sheet["B2"].number_format = "0%"
        sheet["B3"] = "=1+1"
        sheet.row_dimensions[2].hidden = True

    sheet = first(with_part(xlsx(fill), "xl/worksheets/sheet1.xml", prefixed))
    assert sheet.rows == [["县区", "岗位数"], ["渭滨区", 800], ["", NO_VALUE]]
    assert (sheet.number_format(1, 1), sheet.formula(2, 1), sheet.hidden_rows) == ("0%", "1+1", {1})


# Other formats


def test_an_xls_workbook_tells_hidden_rows_columns_merges_and_percents():
    book = xlwt.Workbook()
    sheet = book.add_sheet("招聘会")
    sheet.write_merge(0, 0, 0, 2, "招聘会台账")
    sheet.write(1, 0, 0.85, xlwt.easyxf(num_format_str="0.00%"))
    sheet.write(1, 1, 0.85)
    sheet.row(2).write(0, "隐藏")
    sheet.row(2).hidden = True
    sheet.col(1).hidden = True
    opened = open_grids(saved(book), "台账.xls", Limits())
    read = opened.sheets[0]
    assert (opened.kind, read.merged, read.hidden_rows, read.hidden_columns) == ("xls", [Merge(0, 0, 0, 2)], {2}, {1})
    assert [read.number_format(1, column) for column in range(3)] == ["0.00%", None, None]
    assert codes(opened) == []


def ods(*rows: list[Any]) -> bytes:
    document = OpenDocumentSpreadsheet()
    table = Table(name="招聘会")
    for cells in rows:
        row = TableRow()
        for cell in cells:
            row.addElement(cell)
        table.addElement(row)
    document.spreadsheet.addElement(table)
    return saved(document)


def ods_text(text: str, **attributes: Any) -> Any:
    cell = TableCell(valuetype="string", **attributes)
    for line in text.split("\n"):
        cell.addElement(P(text=line))
    return cell


def test_an_ods_workbook_is_read_with_merges_percents_errors_and_repeated_cells():
    broken = TableCell(valuetype="string", formula="of:=1/0")
    broken.addElement(P(text="#DIV/0!"))
    content = ods(
        [ods_text("招聘会台账", numbercolumnsspanned=3), CoveredTableCell(numbercolumnsrepeated=2)],
        [
            TableCell(valuetype="percentage", value="0.85"),
            TableCell(valuetype="float", value="7", numbercolumnsrepeated=2),
        ],
        [TableCell(valuetype="date", datevalue="2024-07-05"), broken, ods_text("甲\n乙")],
        [TableCell(formula="of:=1+1")],
    )
    opened = open_grids(content, "台账.ods", Limits())
    sheet = opened.sheets[0]
    assert sheet.rows == [
        ["招聘会台账", "", ""],
        [0.85, 7.0, 7.0],
        [dt.date(2024, 7, 5), "#DIV/0!", "甲\n乙"],
        [NO_VALUE, "", ""],
    ]
    assert isinstance(sheet.rows[2][1], ErrorCell)
    assert (sheet.merged, sheet.number_format(1, 0), sheet.number_format(1, 1)) == ([Merge(0, 0, 0, 2)], "0%", None)
    assert (sheet.has_formula(2, 1), sheet.has_formula(2, 0)) == (True, False)
    assert codes(opened) == ["SHEET-FORMULA-NO-VALUE"]


def test_an_ods_that_repeats_a_cell_a_billion_times_is_refused():
    content = ods([TableCell(valuetype="float", value="1", numbercolumnsrepeated=16_384)])
    bomb = with_part(
        content,
        "content.xml",
        lambda data: data.replace(b"<table:table-row>", b'<table:table-row table:number-rows-repeated="1048576">'),
    )
    assert refusal(bomb, "台账.ods").code == "FILE-TOO-LARGE"


def test_blank_rows_repeated_to_the_end_of_an_ods_cost_nothing():
    content = ods([ods_text("县区")], [TableCell()])
    padded = with_part(
        content,
        "content.xml",
        lambda data: re.sub(
            rb"<table:table-row>(<table:table-cell/>)",
            rb'<table:table-row table:number-rows-repeated="1048575">\1',
            data,
        ),
    )
    assert padded != content
    assert first(padded, "台账.ods").rows == [["县区"]]


def test_an_html_table_saved_as_xls_is_read():
    opened = open_grids(HTML.encode("gb18030"), "导出.xls", Limits())
    assert opened.kind == "html"
    assert opened.sheets[0].rows == [
        ["招聘会台账", "", ""],
        ["县区", "企业数\n（家）", "岗位数"],
        ["", "30", "#REF!"],
    ]
    assert opened.sheets[0].merged == [Merge(0, 0, 0, 2), Merge(1, 0, 2, 0)]
    assert isinstance(opened.sheets[0].rows[2][2], ErrorCell)
    assert codes(opened) == ["FILE-EXTENSION-LIES"]


def test_a_single_file_web_page_saved_as_xls_is_read():
    page = (
        'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="b"\r\n\r\n--b\r\n'
        'Content-Type: text/html; charset="utf-8"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n'
        "<html><table><tr><td>县区</td><td>岗位数</td></tr></table></html>\r\n--b--\r\n"
    )
    assert first(page.encode(), "导出.xls").rows == [["县区", "岗位数"]]


def test_spreadsheetml_saved_as_xls_is_read():
    opened = open_grids(SPREADSHEETML.encode(), "导出.xls", Limits())
    sheet = opened.sheets[0]
    assert (opened.kind, sheet.name, sheet.merged) == ("spreadsheetml", "招聘会", [Merge(0, 0, 0, 2)])
    assert sheet.rows == [
        ["招聘会台账", "", ""], ["", "", ""], ["", "", ""],
        [0.85, "", dt.date(2024, 7, 5)], ["#DIV/0!", NO_VALUE, ""],
    ]  # fmt: skip
    assert (sheet.number_format(3, 0), sheet.hidden_rows, sheet.hidden_columns) == ("0.00%", {4}, {2})
    assert opened.sheets[1].visibility == "hidden"
    assert opened.sheets[1].rows == [[True]]
    assert codes(opened) == ["FILE-EXTENSION-LIES", "SHEET-FORMULA-NO-VALUE"]


# Delimited text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_text_in_any_office_encoding_and_delimiter_is_read(encoding: str, delimiter: str):
    lines = [["序号", "县区", "举办日期"], ["1", "渭滨区", "2024-07-05"], ["2", "金台区", "7月10日"]]
    content = "\r\n".join(delimiter.join(line) for line in lines).encode(encoding)
    assert first(content, "台账.csv").rows == lines


def test_text_values_stay_text():
    assert first(b"code,share\n007,85%\n", "a.csv").rows == [["code", "share"], ["007", "85%"]]


def test_a_comma_inside_quotes_does_not_split_and_a_newline_does_not_end_the_row():
    rows = first('名称,说明\n甲,"一,二\n三"\n乙,"他说""好"""\n'.encode(), "a.csv").rows
    assert rows == [["名称", "说明"], ["甲", "一,二\n三"], ["乙", '他说"好"']]


def test_a_quote_that_is_never_closed_does_not_swallow_the_file():
    opened = open_grids('名称,数\n"甲,1\n乙,2\n丙,3\n'.encode(), "a.csv", Limits())
    assert opened.sheets[0].rows == [["名称", "数"], ['"甲', "1"], ["乙", "2"], ["丙", "3"]]
    assert [(finding.code, finding.row) for finding in opened.findings] == [("FILE-QUOTES", 2)]


def test_a_title_line_of_one_cell_does_not_mislead_about_the_delimiter():
    content = "2024年招聘会台账；填报单位：市总工会\n序号\t县区\n1\t渭滨区\n2\t金台区\n"
    assert first(content.encode(), "a.txt").rows[2] == ["1", "渭滨区"]


def test_utf8_text_with_one_damaged_byte_stays_readable_and_is_reported():
    text = "县区,岗位数\n" + "渭滨区,800\n" * 20
    content = text.encode()[:40] + b"\xff" + text.encode()[40:]
    opened = open_grids(content, "a.csv", Limits())
    assert opened.sheets[0].rows[0] == ["县区", "岗位数"]
    assert codes(opened) == ["FILE-ENCODING"]


def test_a_separator_line_is_no_row_as_no_spreadsheet_shows_it():
    assert first("sep=;\n县区;数\n渭滨区;8\n".encode("gbk"), "a.csv").rows == [
        ["县区", "数"],
        ["渭滨区", "8"],
    ]


def test_a_semicolon_inside_quotes_is_no_delimiter():
    content = '"甲","甲","甲;"\r\n"甲","甲;","甲;"\r\n'
    assert first(content.encode(), "a.csv").rows == [["甲", "甲", "甲;"], ["甲", "甲;", "甲;"]]


CELL = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffd\ufeff"), max_size=12)


@given(st.lists(st.lists(CELL.map(lambda text: f"甲{text}"), min_size=3, max_size=3), min_size=1, max_size=12))
def test_any_table_of_text_survives_csv(rows: list[list[str]]):
    text = "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\r\n" for row in rows)
    assert first(text.encode(), "a.csv").rows == rows


# What a file is, whatever it is called


@pytest.mark.parametrize("name", ["a.xls", "a.csv", "a.ods", "a.pdf", "a.xlsm"])
def test_an_extension_that_lies_is_told_and_the_content_read(name: str):
    opened = open_grids(xlsx(small_table), name, Limits())
    assert opened.kind == "xlsx"
    assert [(finding.code, finding.severity) for finding in opened.findings] == [("FILE-EXTENSION-LIES", "info")]


@pytest.mark.parametrize("name", ["a.xlsx", "A.XLSX", "台账", "dir.xls/台账.xlsx"])
def test_an_extension_that_fits_is_not_mentioned(name: str):
    assert codes(open_grids(xlsx(small_table), name, Limits())) == []


def test_macros_are_mentioned_and_not_run():
    out = io.BytesIO(xlsx(small_table))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"\xd0\xcf")
    opened = open_grids(out.getvalue(), "台账.xlsm", Limits())
    assert (opened.kind, codes(opened)) == ("xlsm", ["FILE-MACROS"])


# Packages that are not as they should be


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("_rels/.rels", lambda _: None),
        ("xl/workbook.xml", lambda data: data.replace(b'state="visible"', b'state="show"')),
        ("xl/_rels/workbook.xml.rels", lambda _: None),
    ],
)
def test_a_sound_sheet_in_a_careless_package_is_read(part: str, change: Callable[[bytes], bytes | None]):
    # Text in the cells themselves: without relations nobody knows where shared texts are.
    opened = open_grids(with_part(xlsx(lambda sheet: sheet.append([1, 2.5])), part, change), "台账.xlsx", Limits())
    assert opened.sheets[0].rows == [[1.0, 2.5]]
    assert "FILE-REPAIRED" in codes(opened)


def test_a_listed_sheet_whose_content_is_missing_is_reported():
    book = openpyxl.Workbook()
    small_table(book.active)
    book.create_sheet("丢失").append([1])
    opened = open_grids(with_part(saved(book), "xl/worksheets/sheet2.xml", lambda _: None), "台账.xlsx", Limits())
    assert [sheet.name for sheet in opened.sheets] == ["Sheet"]
    assert [finding.sheet for finding in opened.findings if finding.code == "SHEET-MISSING"] == ["丢失"]


# Refusals


def zip_of(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name.replace("__", "/"), data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "FILE-EMPTY"),
        (b"   \r\n\r\n", "FILE-EMPTY"),
        (b"\0" * 5000, "FILE-CORRUPT"),
        (b"%PDF-1.7 ...", "FILE-UNSUPPORTED"),
        (b"\x89PNG\r\n\x1a\n", "FILE-UNSUPPORTED"),
        (b"Rar!\x1a\x07", "FILE-UNSUPPORTED"),
        (b"\x09\x02\x06\x00\x00\x00\x10\x00" + b"\0" * 50, "FILE-UNSUPPORTED"),
        (zip_of(**{"word/document.xml": b"<a/>"}), "FILE-UNSUPPORTED"),
        (zip_of(**{"七月台账.xlsx": b"PK"}), "FILE-UNSUPPORTED"),
        (b"PK\x03\x04 cut short", "FILE-CORRUPT"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "FILE-CORRUPT"),
        (b"<?xml version='1.0'?><data><row/></data>", "FILE-UNSUPPORTED"),
        (b"<html><body>login</body></html>", "FILE-UNSUPPORTED"),
        (bytes(range(256)) * 8, "FILE-UNSUPPORTED"),
        (xlsx(lambda sheet: None), "FILE-EMPTY"),
    ],
)
def test_what_is_not_a_readable_table_is_refused_with_a_code_and_a_hint(content: bytes, code: str):
    assert refusal(content).code == code


def test_a_truncated_workbook_is_refused():
    content = xlsx(small_table)
    assert refusal(content[: len(content) // 2]).code == "FILE-CORRUPT"


def test_a_file_over_the_limit_is_refused_before_it_is_looked_at():
    assert refusal(b"PK" + b"x" * 2000, limits=Limits(max_file_bytes=1000)).code == "FILE-TOO-LARGE"


def test_more_cells_than_the_limit_are_refused():
    assert refusal(xlsx(small_table), limits=Limits(max_cells=3)).code == "FILE-TOO-LARGE"
    assert refusal(b"a,b\n1,2\n", "a.csv", Limits(max_cells=3)).code == "FILE-TOO-LARGE"


def test_a_part_that_unpacks_to_four_hundred_times_its_size_is_a_bomb():
    bomb = with_part(xlsx(small_table), "xl/worksheets/sheet1.xml", lambda data: data + b" " * (64 << 20))
    assert refusal(bomb).code == "FILE-BOMB"


def test_a_part_that_unpacks_to_more_than_it_says_is_a_bomb():
    content = bytearray(xlsx(small_table))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entry = archive.getinfo("xl/worksheets/sheet1.xml")
    packed = struct.pack("<I", entry.file_size)
    smaller = struct.pack("<I", entry.file_size - 10)
    for at in [match.start() for match in re.finditer(re.escape(packed), bytes(content))]:
        content[at : at + 4] = smaller
    assert refusal(bytes(content)).code == "FILE-BOMB"


def test_parts_that_share_their_bytes_are_a_bomb():
    content = xlsx(small_table)
    at = content.rfind(b"PK\x01\x02")
    previous = content.rfind(b"PK\x01\x02", 0, at)
    overlapping = bytearray(content)
    overlapping[at + 42 : at + 46] = content[previous + 42 : previous + 46]
    assert refusal(bytes(overlapping)).code == "FILE-BOMB"


def test_an_archive_of_very_many_parts_is_a_bomb():
    out = io.BytesIO(xlsx(small_table))
    with zipfile.ZipFile(out, "a") as archive:
        for number in range(10_001):
            archive.writestr(f"xl/media/{number}.png", b"")
    assert refusal(out.getvalue()).code == "FILE-BOMB"


@pytest.mark.parametrize(
    "part",
    ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml", "[Content_Types].xml"],
)
def test_a_part_that_declares_entities_is_refused(part: str):
    doctype = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb">]>'
    content = io.BytesIO(with_part(xlsx(small_table), part, lambda _: None))
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr(part, doctype + b"<a/>")
    assert refusal(content.getvalue()).code == "FILE-BOMB"


def test_spreadsheetml_that_declares_entities_is_refused():
    lol = '<!DOCTYPE a [<!ENTITY b "&#38;c;">]><Workbook xmlns'
    assert refusal(SPREADSHEETML.replace("<Workbook xmlns", lol, 1).encode(), "a.xml").code == "FILE-BOMB"


def test_scattered_content_over_a_huge_range_is_refused():
    def fill(sheet: Any) -> None:
        for step in range(60):
            sheet.cell(1 + step * 17_000, 1 + step * 270, "点")

    assert refusal(xlsx(fill)).code == "FILE-TOO-LARGE"


@given(st.binary(max_size=400) | st.binary(max_size=200).map(lambda tail: b"PK\x03\x04" + tail))
def test_any_bytes_are_a_workbook_or_a_reasoned_refusal(content: bytes):
    try:
        opened = open_grids(content, "a.xlsx", Limits())
    except UnreadableWorkbook as refused:
        assert refused.code.startswith("FILE-")  # noqa: PT017 - either ending is right, and is looked at
    else:
        assert all(len(row) == sheet.width for sheet in opened.sheets for row in sheet.rows)


@given(st.binary(max_size=300))
def test_any_deflated_bytes_as_a_sheet_are_a_workbook_or_a_reasoned_refusal(data: bytes):
    content = with_part(SMALL, "xl/worksheets/sheet1.xml", lambda old: old[: zlib.crc32(data) % len(old)] + data)
    try:
        open_grids(content, "a.xlsx", Limits())
    except UnreadableWorkbook as refused:
        assert refused.code.startswith("FILE-")  # noqa: PT017 - either ending is right, and is looked at


SMALL = xlsx(small_table)
