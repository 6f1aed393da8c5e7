"""Rows and lines that careless clerks add to a ledger: what they mean for the cells around them."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from typing import Any

import pytest
import xlwt
from handmade import FAIR, book, codes, fair, ingest, records, rows_held, rows_loaded, said
from odf import office, opendocument, style, table, text
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment

from analytics.etl.annotate import mark

SPAN = [*FAIR[:2], "结束日期", *FAIR[2:]]


def span(name: str, first: Any, last: Any) -> list[Any]:
    """One row under ``SPAN``."""
    row = fair(name, first)
    return [*row[:2], last, *row[2:]]


@pytest.mark.parametrize("first", ["12月30日", "12.30", "2024-12-30", dt.date(2024, 12, 30)])
def test_an_end_without_a_year_may_lie_beyond_the_turn_of_the_year(first: Any) -> None:
    outcome = ingest(book(("招聘会", [["2024年招聘会台账"], SPAN, span("跨年专场", first, "1月2日")])))
    (record,) = records(outcome).values()
    assert (record["fair_date"], record["end_date"]) == (dt.date(2024, 12, 30), dt.date(2025, 1, 2))
    assert "VAL-DATE-CROSS-YEAR" in codes(outcome)


@pytest.mark.parametrize(("first", "last"), [("5月6日", "5月3日"), ("8月6日", "1月3日"), ("2024-12-30", "2024-1-2")])
def test_an_end_before_its_beginning_stays_a_contradiction(first: str, last: str) -> None:
    assert rows_held(ingest(book(("招聘会", [["2024年招聘会台账"], SPAN, span("专场", first, last)])))) == [3]


def test_an_end_that_says_a_day_only_is_of_the_month_it_began_in() -> None:
    rows = [["2024年招聘会台账"], SPAN, span("甲", "5月6日", "8日"), span("乙", "5月30日", "2日")]
    outcome = ingest(book(("招聘会", rows)))
    (record,) = records(outcome).values()
    assert record["end_date"] == dt.date(2024, 5, 8)
    assert [one.field for one in said(outcome, "VAL-DATE-MONTH-INFERRED")] == ["end_date"]
    assert (rows_loaded(outcome), rows_held(outcome)) == ([3], [4])


def test_a_deadline_without_a_year_lies_after_the_day_its_item_was_found() -> None:
    heads = ["问题编号", "问题来源", "发现日期", "问题描述", "整改措施", "责任单位", "整改期限", "整改状态"]
    row = ["1", "督查", "11月20日", "考勤不严", "完善制度", "办公室", "1月15日", "整改中"]
    outcome = ingest(book(("整改", [["2024年整改台账"], heads, row])))
    (record,) = records(outcome).values()
    assert (record["found_date"], record["deadline"]) == (dt.date(2024, 11, 20), dt.date(2025, 1, 15))
    assert "VAL-DATE-CROSS-YEAR" in codes(outcome)


def test_the_counties_of_a_city_are_not_the_county_it_once_had() -> None:
    heads = [name for name in FAIR if name != "县区"]
    row = [value for value, name in zip(fair("春风行动"), FAIR, strict=True) if name != "县区"]
    outcome = ingest(book(("招聘会", [["2024年宝鸡县区招聘会台账"], heads, row])))
    assert next(iter(records(outcome).values()))["county"] == "渭滨区"


# -- marks on cells ----------------------------------------------------------------------------------------------------

ROWS = [FAIR, fair("春风行动"), fair("冬季", day="2024-12-06")]
"""In each test below the second record is marked."""


def xls(struck_cell: int | None) -> bytes:
    workbook = xlwt.Workbook()
    sheet = workbook.add_sheet("招聘会")
    for row, cells in enumerate(ROWS):
        for column, value in enumerate(cells):
            struck = row == 2 and struck_cell in (None, column)
            sheet.write(row, column, value, xlwt.easyxf("font: struck_out on" if struck else ""))
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def ods(*, struck: bool = False, note: str = "", words: bool = False) -> bytes:
    document = opendocument.OpenDocumentSpreadsheet()
    for name, family in (("gone", "table-cell"), ("partly", "text")):
        struck_style = style.Style(name=name, family=family)
        struck_style.addElement(style.TextProperties(textlinethroughstyle="solid"))
        document.automaticstyles.addElement(struck_style)
    sheet = table.Table(name="招聘会")
    for row, cells in enumerate(ROWS):
        line = table.TableRow()
        for column, value in enumerate(cells):
            marked = row == 2 and column == 0
            kind = {"valuetype": "float", "value": value} if isinstance(value, int) else {"valuetype": "string"}
            cell = table.TableCell(**kind, **({"stylename": "gone"} if marked and struck else {}))
            if marked and note:
                comment = office.Annotation()
                comment.addElement(text.P(text=note))
                cell.addElement(comment)
            paragraph = text.P(text="" if marked and words else str(value))
            if marked and words:
                paragraph.addElement(text.Span(stylename="partly", text=str(value)))
            cell.addElement(paragraph)
            line.addElement(cell)
        sheet.addElement(line)
    document.spreadsheet.addElement(sheet)
    out = io.BytesIO()
    document.write(out)
    return out.getvalue()


def xlsx_struck_in_part() -> bytes:
    def strike(workbook: Any) -> None:
        workbook.active["A3"].value = CellRichText(TextBlock(InlineFont(strike=True), "冬"), "季")

    return book(("招聘会", ROWS), adjust=strike)


def xlsx_struck_in_shared_text() -> bytes:
    """The same as Excel and WPS write it: the texts in a part of their own."""
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    relation = f'<Relationship Id="texts" Type="{kind}" Target="sharedStrings.xml"/></Relationships>'
    override = (
        '<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        'spreadsheetml.sharedStrings+xml"/></Types>'
    )
    changes = {
        "xl/worksheets/sheet1.xml": (r'<c r="A3" t="inlineStr">.*?</c>', '<c r="A3" t="s"><v>1</v></c>'),
        "xl/_rels/workbook.xml.rels": ("</Relationships>", relation),
        "[Content_Types].xml": ("</Types>", override),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book(("招聘会", ROWS)))) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            content = old.read(name).decode()
            if name in changes:
                content, times = re.subn(*changes[name], content)
                assert times == 1
            new.writestr(name, content)
        new.writestr(
            "xl/sharedStrings.xml",
            '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
            "<si><t>别处</t></si><si><r><rPr><strike/></rPr><t>冬</t></r><r><t>季</t></r></si></sst>",
        )
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (xls(None), "手工.xls"),
        (xls(8), "手工.xls"),
        (ods(struck=True), "手工.ods"),
        (ods(words=True), "手工.ods"),
        (xlsx_struck_in_part(), "手工.xlsx"),
        (xlsx_struck_in_shared_text(), "手工.xlsx"),
    ],
    ids=["xls row", "xls cell", "ods cell", "ods words", "xlsx words", "xlsx shared words"],
)
def test_what_is_struck_through_is_said_in_every_kind_of_file(content: bytes, name: str) -> None:
    outcome = ingest(content, name)
    assert (rows_loaded(outcome), [one.row for one in said(outcome, "ROW-STRUCK")]) == ([2, 3], [3])
    assert records(outcome)["招聘会", 3]["fair_name"] == "冬季"


def commented(note: str, cell: str = "I3") -> bytes:
    def comment(workbook: Any) -> None:
        workbook.active[cell].comment = Comment(note, "审核人")

    return book(("招聘会", ROWS), adjust=comment)


@pytest.mark.parametrize(
    ("note", "severity"),
    [("更正：应为260", "warning"), ("审核人：\n本场已取消", "warning"), ("请填写实际进场人次", "info")],
)
def test_a_comment_never_changes_a_value_and_one_that_corrects_is_a_warning(note: str, severity: str) -> None:
    for content, name in ((commented(note, "A3"), "手工.xlsx"), (ods(note=note), "手工.ods")):
        outcome = ingest(content, name)
        assert rows_loaded(outcome) == [2, 3]
        (found,) = said(outcome, "VAL-COMMENT")
        assert (found.cell, found.field, found.severity) == ("A3", "fair_name", severity)


def test_the_comments_of_a_marked_copy_are_not_read_as_the_submitters() -> None:
    content = book(("招聘会", [FAIR, fair("春风行动", visits=-5)]))
    marked = mark(content, "手工.xlsx", ingest(content).report.to_json())
    assert not said(ingest(marked), "VAL-COMMENT")


# -- what stands around the rows ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cover", "year"),
    [
        ([["渭滨区总工会"], ["2024年度工作台账"]], 2024),
        ([["工会工作台账汇编"], ["（2024年）"], ["填报时间：2025年1月6日"]], 2024),
        ([["工会工作台账"], ["二〇二四年十二月"]], 2024),
        ([["工会工作台账"], ["二〇二五年一月"]], None),
        ([["2023年工作台账"], ["2024年工作台账"]], None),
        ([["依据2023年3月印发的填报通知，各单位按月报送，逾期不报的予以通报"]], None),
    ],
)
def test_a_cover_says_the_year_where_nothing_nearer_does(cover: list[list[str]], year: int | None) -> None:
    outcome = ingest(book(("封面", cover), ("明细", [FAIR, fair("春风行动", day="5月6日")])))
    assert [one["fair_date"].year for one in records(outcome).values()] == ([year] if year else [])
    assert ("VAL-DATE-YEAR-INFERRED" in codes(outcome)) == bool(year)


def test_rows_below_the_line_of_another_office_are_said() -> None:
    heads = [name for name in FAIR if name != "县区"]
    rows = [
        [value for value, name in zip(fair(one), FAIR, strict=True) if name != "县区"] for one in ("甲", "乙", "丙")
    ]
    lines = [["填报单位：渭滨区总工会"], heads, rows[0], ["填报单位：金台区总工会"], *rows[1:], ["填报人：王某"]]
    outcome = ingest(book(("招聘会", lines)))
    assert [one.row for one in said(outcome, "ROW-OTHER-UNIT")] == [5, 6]
    assert [one["county"] for one in records(outcome).values()][1:] == ["金台区", "金台区"]


def test_months_in_brackets_head_the_rows_below_them() -> None:
    rows = [["2024年招聘会台账"], FAIR, ["（一月）"], fair("甲", "8日"), ["（二月）"], fair("乙", "6日")]
    found = records(ingest(book(("招聘会", rows))))
    assert [one["fair_date"] for one in found.values()] == [dt.date(2024, 1, 8), dt.date(2024, 2, 6)]


@pytest.mark.parametrize(
    "note",
    ["—— 以下空白 ——", "以下无正文", "（此页无正文）", "补报：", "本月无", "7-9月无", "8月份未开展", "领导批示：同意"],
)
def test_a_lone_note_between_the_rows_is_no_record(note: str) -> None:
    outcome = ingest(book(("招聘会", [FAIR, fair("甲"), [note], fair("乙")])))
    assert (rows_loaded(outcome), rows_held(outcome)) == ([2, 4], [])


# -- sums and headings -------------------------------------------------------------------------------------------------

EVENT = ["活动名称", "活动类型", "活动日期", "主办单位", "参加人次"]


@pytest.mark.parametrize(
    ("heading", "sums", "odd"),
    [
        ("经费（元）", [5000, 0.41, 3200], [3]),
        ("经费（元）", [5000, "15", 20000, 30000], [3]),
        ("经费（元）", [50, 30, 20], []),
        ("经费（元）", [5000, "0.3万元", 3200], []),
        ("经费（万元）", [0.5, 3200, 0.41], [3]),
        ("经费（万元）", [5000], [2]),
        ("经费（万元）", [0.5, 12, 1.5], []),
    ],
)
def test_a_sum_that_may_be_in_the_other_unit_is_said(heading: str, sums: list[Any], odd: list[int]) -> None:
    rows = [[f"读书会{place}", "宣讲", "2024-05-06", "渭滨区总工会", 30, one] for place, one in enumerate(sums)]
    outcome = ingest(book(("活动", [[*EVENT, heading], *rows])))
    assert [one.row for one in said(outcome, "VAL-MONEY-SCALE")] == odd


@pytest.mark.parametrize(
    "heads",
    [
        [f"{place}{name}" for place, name in enumerate(FAIR, 1)],
        [*FAIR[:3], "举办地点（详细到街道）", *FAIR[4:8], "总服务人次"],
        [*FAIR, *(f"指标{place}" for place in range(150))],
    ],
    ids=["numbered without a sign", "hints and totals", "very wide"],
)
def test_headings_that_are_the_declared_ones_but_for_what_is_added(heads: list[str]) -> None:
    (record,) = records(ingest(book(("Sheet1", [heads, fair("春风行动")]))), "job_fair").values()
    assert (record["venue"], record["visits_total"]) == ("体育广场", 200)


def test_a_group_may_say_by_what_all_its_counts_are_multiplied() -> None:
    rows = [
        [*FAIR[:8], "服务情况（单位：万人次）", None],
        [None] * 8 + ["合计", "其中：农民工"],
        [*fair("春风行动")[:8], 0.02, 0.009],
    ]
    outcome = ingest(book(("招聘会", rows, ["I1:J1", *(f"{letter}1:{letter}2" for letter in "ABCDEFGH")])))
    (record,) = records(outcome, "job_fair").values()
    assert (record["visits_total"], record["migrant_visits"]) == (200, 90)
