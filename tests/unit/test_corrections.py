"""Cells put right in the preview: read by the same parsers, told in the findings, and refused when out of date."""

from __future__ import annotations

import datetime as dt

from analytics.etl.corrections import place_of
from analytics.etl.pipeline import read
from analytics.etl.report import Correction, IngestOptions, Outcome

HEADER = "招聘会名称,举办日期,县区,主办单位,举办方式,参会企业数,提供岗位数,服务人次"


def reading(*rows: str, corrections: tuple[Correction, ...] = ()) -> Outcome:
    content = "\n".join((HEADER, *rows)).encode()
    return read(content, IngestOptions("七月.csv", dt.date(2024, 12, 31), corrections=corrections))


def fix(cell: str, old: str, new: str) -> Correction:
    return Correction("七月", cell, old, new, "张晓兰", "2024-08-01T09:00:00+00:00")


WRONG = "春风行动,2024-03-01,渭滨区,市总,线下,较多,300,500"


def test_a_corrected_cell_is_read_by_the_same_parsers_and_the_row_is_loaded() -> None:
    before = reading(WRONG)
    assert [row.row for row in before.quarantine] == [2]
    after = reading(WRONG, corrections=(fix("F2", "较多", "3.5百"),))
    (record,) = after.tables["job_fair"].to_pylist()
    assert record["employers_n"] == 350
    assert '"VAL-CORRECTED"' in record["findings"]
    (said,) = (one for one in after.report.findings if one.code == "VAL-CORRECTED")
    assert (said.cell, said.raw, said.severity) == ("F2", "较多", "warning")
    assert "张晓兰" in said.message
    assert after.report.state == "accepted_with_warnings"


def test_a_correction_that_is_itself_wrong_holds_the_row_back_for_its_own_reason() -> None:
    after = reading(WRONG, corrections=(fix("F2", "较多", "若干"),))
    assert after.report.state == "rejected"
    assert "VAL-COUNT-WORDS" in {one.code for one in after.report.findings}


def test_a_blank_cell_can_be_filled_in() -> None:
    after = reading("春风行动,2024-03-01,渭滨区,市总,线下,,300,500", corrections=(fix("F2", "", "35"),))
    assert after.tables["job_fair"].to_pylist()[0]["employers_n"] == 35


def test_a_correction_is_not_laid_over_a_cell_that_has_changed_since() -> None:
    after = reading(WRONG.replace("较多", "41"), corrections=(fix("F2", "较多", "35"),))
    assert after.tables["job_fair"].to_pylist()[0]["employers_n"] == 41
    (stale,) = (one for one in after.report.findings if one.code == "FIX-STALE")
    assert "现在是“41”" in stale.message


def test_a_correction_outside_the_rows_of_a_ledger_is_told_to_have_done_nothing() -> None:
    after = reading(WRONG, corrections=(fix("F2", "较多", "35"), fix("A1", "招聘会名称", "名称"), fix("ZZ99", "", "1")))
    codes = [one.code for one in after.report.findings]
    assert "FIX-OUTSIDE" in codes
    assert "FIX-STALE" in codes


def test_a_number_that_names_a_person_is_masked_in_what_is_told_of_a_correction() -> None:
    after = reading(
        "春风行动,2024-03-01,渭滨区,市总,线下,35,300,500", corrections=(fix("D2", "市总", "市总 13800138000"),)
    )
    assert "13800138000" not in repr(after)


def test_what_a_refused_table_looks_like_and_lacks_is_told_field_by_field() -> None:
    content = (
        "招聘会名称,举办日期,县区,主办单位,参会企业数,提供岗位数,服务人次\n甲,2024-03-01,渭滨区,市总,3,30,50".encode()
    )
    (sheet,) = read(content, IngestOptions("招聘会.csv", dt.date(2024, 12, 31))).report.sheets
    assert (sheet.ledger, sheet.likely, sheet.missing) == (None, "job_fair", ["mode"])
    assert {one.field for one in sheet.mapping} >= {"fair_name", "jobs_n"}


def test_only_cells_are_taken_for_cells() -> None:
    assert place_of("D12") == (11, 3)
    assert place_of("AA1") == (0, 26)
    for text in ("", "12", "D", "D0", "d12", "D12;", "ABCD1", "Ｄ1"):
        assert place_of(text) is None
