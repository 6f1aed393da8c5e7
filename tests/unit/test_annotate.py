"""The way back: the submitter's own workbook, marked, and otherwise as it was."""

from __future__ import annotations

import io
import warnings
import zipfile
from typing import Any

import pytest
import xlwt
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill

from analytics.etl.annotate import RESULT_SHEET, mark


def a_finding(**over: Any) -> dict[str, Any]:
    said = {
        "code": "VAL-COUNT-WORDS",
        "severity": "error",
        "sheet": "招聘会",
        "cell": "B3",
        "row": 3,
        "field": "jobs_n",
        "raw": "较多",
        "message": "“较多”不是数",
        "hint": "请填写实际个数",
    }
    return said | over


def a_report(*findings: dict[str, Any], **over: Any) -> dict[str, Any]:
    counts = {"read": 2, "loaded": 1, "quarantined": 1, "subtotal": 0, "blank": 0, "repeated_header": 0, "note": 0}
    mapping = [{"column": "B", "header": "提供岗位数（个）", "field": "jobs_n", "how": "exact"}]
    sheet = {"sheet": "招聘会", "ledger": "job_fair", "counts": counts, "mapping": mapping}
    return {"file": "七月.xlsx", "state": "partially_accepted", "sheets": [sheet], "findings": list(findings)} | over


def a_workbook() -> bytes:
    book = Workbook()
    sheet = book.active
    sheet.title = "招聘会"
    sheet.append(["招聘会名称", "提供岗位数（个）", "两倍"])
    sheet.append(["春风行动", 12, "=B2*2"])
    sheet.append(["夏季专场", "较多", "=B3*2"])
    sheet["B2"].number_format = '#,##0"个"'
    sheet["A2"].font = Font(bold=True, color="FF0000")
    sheet["A3"].comment = Comment("联系人另报", "渭滨区")
    sheet.column_dimensions["A"].width = 33
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def marked(content: bytes, report: dict[str, Any], name: str = "七月.xlsx") -> Workbook:
    return load_workbook(io.BytesIO(mark(content, name, report)))


def test_a_wrong_cell_is_coloured_and_says_what_to_do() -> None:
    cell = marked(a_workbook(), a_report(a_finding()))["招聘会"]["B3"]
    assert cell.fill.fgColor.rgb == "00FFC7CE"
    assert "“较多”不是数" in cell.comment.text
    assert "请填写实际个数" in cell.comment.text


def test_what_was_not_wrong_stays_as_it_was() -> None:
    sheet = marked(a_workbook(), a_report(a_finding()))["招聘会"]
    assert sheet["C2"].value == "=B2*2"
    assert sheet["B2"].number_format == '#,##0"个"'
    assert sheet["A2"].font.bold
    assert sheet["A2"].fill == PatternFill()
    assert sheet["A3"].comment.text == "联系人另报"
    assert sheet.column_dimensions["A"].width == 33


def test_the_first_sheet_lists_every_finding_under_the_submitters_own_column_names() -> None:
    report = a_report(a_finding(), a_finding(code="SHEET-X", severity="warning", cell=None, row=None, field=None))
    book = marked(a_workbook(), report)
    assert book.sheetnames[0] == RESULT_SHEET
    rows = [[cell.value for cell in row] for row in book[RESULT_SHEET].iter_rows()]
    (listed,) = [row for row in rows if row[8] == "VAL-COUNT-WORDS"]
    assert listed[:6] == [1, "错误", "招聘会", "B3", "提供岗位数（个）", "较多"]
    assert any(row[8] == "SHEET-X" for row in rows)


def test_a_listed_finding_links_to_its_cell() -> None:
    sheet = marked(a_workbook(), a_report(a_finding()))[RESULT_SHEET]
    links = [cell.hyperlink.location for row in sheet.iter_rows() for cell in row if cell.hyperlink]
    assert links == ["'招聘会'!B3"]


def test_errors_stand_before_warnings_and_colour_the_cell_they_share() -> None:
    report = a_report(a_finding(severity="warning", code="W"), a_finding(severity="error", code="E"))
    book = marked(a_workbook(), report)
    assert book["招聘会"]["B3"].fill.fgColor.rgb == "00FFC7CE"
    codes = [row[8].value for row in book[RESULT_SHEET].iter_rows() if row[8].value in {"E", "W"}]
    assert codes == ["E", "W"]


def test_an_existing_comment_is_kept_above_ours() -> None:
    cell = marked(a_workbook(), a_report(a_finding(cell="A3")))["招聘会"]["A3"]
    assert cell.comment.text.startswith("联系人另报")
    assert "请填写实际个数" in cell.comment.text


def test_marking_a_marked_copy_again_leaves_no_trace_of_the_first_round() -> None:
    once = mark(a_workbook(), "七月.xlsx", a_report(a_finding()))
    book = marked(once, a_report(state="accepted"))
    assert book.sheetnames == [RESULT_SHEET, "招聘会"]
    assert book["招聘会"]["B3"].comment is None
    assert book["招聘会"]["B3"].fill.fgColor.rgb == "00000000"


def test_a_finding_inside_a_merged_range_is_marked_where_it_can_be_seen() -> None:
    book = load_workbook(io.BytesIO(a_workbook()))
    book["招聘会"].merge_cells("A2:A3")
    target = io.BytesIO()
    book.save(target)
    sheet = marked(target.getvalue(), a_report(a_finding(cell="A3")))["招聘会"]
    assert "请填写实际个数" in sheet["A2"].comment.text


def test_an_xls_comes_back_as_xlsx_with_the_same_addresses() -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("招聘会")
    for row, values in enumerate([["招聘会名称", "提供岗位数（个）"], ["春风行动", 12], ["夏季专场", "较多"]]):
        for column, value in enumerate(values):
            sheet.write(row, column, value)
    target = io.BytesIO()
    book.save(target)
    back = marked(target.getvalue(), a_report(a_finding()), "七月.xls")["招聘会"]
    assert (back["A2"].value, back["B2"].value, back["B3"].value) == ("春风行动", 12, "较多")
    assert "请填写实际个数" in back["B3"].comment.text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_comes_back_as_xlsx(encoding: str) -> None:
    content = "招聘会名称,提供岗位数（个）\n春风行动,12\n夏季专场,较多\n".encode(encoding)
    report = a_report(a_finding(sheet="七月"))
    report["sheets"][0]["sheet"] = "七月"
    back = marked(content, report, "七月.csv")["七月"]
    assert back["B3"].value == "较多"
    assert back["B3"].comment is not None


def test_text_that_begins_like_a_formula_stays_text_in_the_list() -> None:
    sheet = marked(a_workbook(), a_report(a_finding(raw='=HYPERLINK("file:///etc/passwd")')))[RESULT_SHEET]
    (cell,) = [cell for row in sheet.iter_rows() for cell in row if str(cell.value).startswith("=")]
    assert cell.data_type == "s"


def test_a_file_that_cannot_be_read_gives_the_list_alone() -> None:
    finding = a_finding(code="FILE-ENCRYPTED", sheet=None, cell=None, row=None, field=None, raw=None)
    book = marked(b"not a workbook", a_report(finding, state="unreadable", sheets=[]))
    assert book.sheetnames == [RESULT_SHEET]


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_any_text_can_be_said_in_a_workbook(raw: str, message: str, hint: str) -> None:
    book = marked(a_workbook(), a_report(a_finding(raw=raw, message=message, hint=hint)))
    assert book["招聘会"]["B3"].comment is not None


# -- what the writer of workbooks would lose -----------------------------------------------------------------------

_EXT_DROP_DOWN = (
    '<extLst><ext xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"'
    ' uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"><x14:dataValidations'
    ' xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main" count="1"><x14:dataValidation type="list">'
    "<x14:formula1><xm:f>选项!$A$1:$A$3</xm:f></x14:formula1><xm:sqref>C2:C9</xm:sqref></x14:dataValidation>"
    "</x14:dataValidations></ext></extLst>"
)
_PICTURE = (
    '<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><xdr:oneCellAnchor><xdr:from>'
    "<xdr:col>4</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>0</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from>"
    '<xdr:ext cx="9525" cy="9525"/><xdr:pic><xdr:nvPicPr><xdr:cNvPr id="2" name="公章"/><xdr:cNvPicPr/></xdr:nvPicPr>'
    '<xdr:blipFill><a:blip r:embed="rId1"/></xdr:blipFill><xdr:spPr/></xdr:pic><xdr:clientData/></xdr:oneCellAnchor>'
    "</xdr:wsDr>"
)
_RELATION = (
    '<Relationship Id="{}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}" Target="{}"/>'
)
_RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'


def with_a_seal() -> bytes:
    """The workbook with a picture, results of its formulas, and a drop-down fed from another sheet."""
    with zipfile.ZipFile(io.BytesIO(a_workbook())) as package:
        parts = {name: package.read(name).decode() for name in package.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    sheet = sheet.replace("<f>B2*2</f><v></v>", "<f>B2*2</f><v>24</v>").replace(
        "<f>B2*2</f><v />", "<f>B2*2</f><v>24</v>"
    )
    drawing = '<drawing xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="rIdSeal"/>'
    sheet = sheet.replace("<legacyDrawing", f"{drawing}<legacyDrawing").replace(
        "</worksheet>", f"{_EXT_DROP_DOWN}</worksheet>"
    )
    parts["xl/worksheets/sheet1.xml"] = sheet
    rels = "xl/worksheets/_rels/sheet1.xml.rels"
    seal = _RELATION.format("rIdSeal", "drawing", "../drawings/drawing1.xml")
    parts[rels] = parts[rels].replace("</Relationships>", f"{seal}</Relationships>")
    parts["xl/drawings/drawing1.xml"] = _PICTURE
    parts["xl/drawings/_rels/drawing1.xml.rels"] = _RELATIONS.format(
        _RELATION.format("rId1", "image", "../media/image1.png")
    )
    parts["xl/media/image1.png"] = "a seal"
    kinds = (
        '<Default Extension="png" ContentType="image/png"/><Override PartName="/xl/drawings/drawing1.xml"'
        ' ContentType="application/vnd.openxmlformats-officedocument.drawing+xml"/></Types>'
    )
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace("</Types>", kinds)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as package:
        for name, text in parts.items():
            package.writestr(name, text)
    return target.getvalue()


def test_pictures_results_and_newer_drop_downs_come_back_with_the_marked_copy() -> None:
    once = mark(with_a_seal(), "七月.xlsx", a_report(a_finding()))
    twice = mark(once, "七月.xlsx", a_report(a_finding()))
    for copy in (once, twice):
        with zipfile.ZipFile(io.BytesIO(copy)) as package:
            parts = {name: package.read(name) for name in package.namelist()}
        sheet = parts["xl/worksheets/sheet2.xml"].decode()
        assert "选项!$A$1:$A$3" in sheet
        assert "<f>B2*2</f><v>24</v>" in sheet
        assert sheet.index("<drawing") < sheet.index("<legacyDrawing")
        assert [data for name, data in parts.items() if name.endswith(".png")] == [b"a seal"]
        assert sum("/drawings/" in name and name.endswith("drawing1.xml") for name in parts) == 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert load_workbook(io.BytesIO(copy))["招聘会"]["B3"].comment is not None


def test_a_preview_that_is_not_confirmed_can_be_had_back_marked() -> None:
    book = marked(a_workbook(), a_report(a_finding(), state="pending"))
    assert "还没有导入" in book[RESULT_SHEET]["A2"].value
