"""A large sheet read in pieces says exactly what it says when read whole."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from io import BytesIO

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.etl import pieces
from analytics.etl.grid import Limits
from analytics.etl.package import Package
from analytics.etl.tall import Tall
from analytics.etl.workbook import open_grids
from analytics.etl.xlsx import XlsxBook
from analytics.etl.xlsx_details import XlsxSheet

CELLS = st.one_of(
    st.none(),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.sampled_from(["渭滨区", "第1场招聘会", "A&B <c r=", "#N/A", ""]),
    st.dates(dt.date(2000, 1, 1), dt.date(2030, 1, 1)),
)


def workbook(rows: dict[int, dict[int, object]], merges: list[str] | None = None) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for row, cells in rows.items():
        for column, value in cells.items():
            sheet.cell(row, column, value)
    for merge in merges or []:
        sheet.merge_cells(merge)
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def changed(content: bytes, change) -> bytes:
    """Rewrite the first sheet's XML."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, change(data) if name.endswith("sheet1.xml") else data)
    return out.getvalue()


def cut(patch: pytest.MonkeyPatch, size: int) -> None:
    patch.setattr(pieces, "LARGE", 0)
    patch.setattr(pieces, "_PIECE", size)
    patch.setattr(pieces.os, "sched_getaffinity", lambda _: {0, 1})


def in_pieces(content: bytes, patch: pytest.MonkeyPatch, size: int = 150):
    """Read with cuts every ``size`` bytes; what the pieces say, or ``None`` if it was read whole."""
    cut(patch, size)
    book = XlsxBook(Package(content, Limits()))
    part = book.sheets[0]
    found = pieces.read_in_pieces(book, part)
    if found is None:
        return None
    whole = XlsxSheet(book.package.read_xml(part.part), lambda: book.styles)
    assert found.unsaid == whole.unsaid()
    known, tall = Tall(found.rows, found.texts), Tall(found.rows)
    assert (list(map(set, known.texts)), known.gaps) == (list(map(set, tall.texts)), tall.gaps)
    return found.rows, found.merges


def whole(content: bytes, patch: pytest.MonkeyPatch):
    patch.setattr(pieces, "LARGE", 1 << 40)
    sheet = open_grids(content, "台账.xlsx").sheets[0]
    return sheet.rows, sheet.merged


def inline(data: bytes) -> bytes:
    """Let texts stand in their cells, so that they weigh in the sheet."""
    return re.sub(rb'<c r="(\w+)" t="s"><v>\d+</v></c>', rb'<c r="\1" t="inlineStr"><is><t>x</t></is></c>', data)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    rows=st.dictionaries(
        st.integers(2, 60), st.dictionaries(st.integers(1, 6), CELLS, min_size=1, max_size=4), min_size=3, max_size=25
    ).map(lambda rows: rows | {1: {1: "总有一格"}}),
    size=st.integers(120, 900),
)
def test_pieces_together_say_what_the_whole_sheet_says(rows, size):
    content = changed(workbook(rows), inline)
    with pytest.MonkeyPatch.context() as patch:
        cut(patch, size)
        together = open_grids(content, "台账.xlsx").sheets[0]
        assert (together.rows, together.merged) == whole(content, patch)


def test_a_long_sheet_with_merged_cells_and_gaps_is_cut_and_read_right(monkeypatch):
    rows = {
        row: {1: f"第{row}场", 2: row, 3: dt.date(2024, 1, 1), 4: row > 200 or 1, 5: ["渭滨区", "", 1, None][row % 4]}
        for row in range(1, 400)
        if not 100 < row < 180
    }
    content = changed(workbook(rows, ["A1:C1", "A200:A203"]), inline)
    together = in_pieces(content, monkeypatch, 4000)
    assert together is not None
    assert together == whole(content, monkeypatch)
    assert len(together[1]) == 2


def test_rows_without_numbers_are_read_whole(monkeypatch):
    content = changed(
        workbook({row: {1: row} for row in range(1, 200)}), lambda data: re.sub(rb'<row r="\d+"', b"<row", data)
    )
    assert in_pieces(content, monkeypatch) is None


def test_rows_out_of_order_are_read_whole(monkeypatch):
    def swap(data: bytes) -> bytes:
        rows = re.findall(rb"<row .*?</row>", data)
        return data.replace(b"".join(rows), b"".join(reversed(rows)))

    content = changed(workbook({row: {1: row} for row in range(1, 200)}), swap)
    assert in_pieces(content, monkeypatch) is None


def test_a_comment_over_a_cut_hides_what_it_hides(monkeypatch):
    def comment(data: bytes) -> bytes:
        return data.replace(b'<row r="20"', b'<!--<row r="20"', 1).replace(b'<row r="180"', b'--><row r="180"', 1)

    content = changed(workbook({row: {1: row} for row in range(1, 200)}), comment)
    together = in_pieces(content, monkeypatch)
    assert together is None or together == whole(content, monkeypatch)


def test_a_sheet_whose_shared_texts_outweigh_it_is_read_whole(monkeypatch):
    content = workbook({row: {1: f"一个只出现一次的很长的招聘会名称{row}" * 3} for row in range(1, 100)})
    assert in_pieces(content, monkeypatch) is None
