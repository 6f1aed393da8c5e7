"""The command's contract: JSON shapes, exit codes, and what each verb leaves behind. Every test runs real processes."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from analytics import moments

COMMAND = Path(sys.executable).with_name("taizhang")
HEADERS = ("招聘会名称", "举办日期", "县区", "举办地点", "主办单位", "举办方式", "参会企业数", "提供岗位数", "服务人次")


class Office:
    """Someone at a shell with a data folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"

    def run(self, *arguments: str | Path, code: int = 0, env: dict[str, str] | None = None) -> str:
        done = subprocess.run(
            [str(COMMAND), "--data", str(self.data), *map(str, arguments)],
            capture_output=True, text=True, timeout=120, cwd=self.folder, env={**os.environ, **(env or {})},
        )  # fmt: skip
        assert done.returncode == code, f"{arguments} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        self.said = done.stderr
        return done.stdout

    def json(self, *arguments: str | Path, code: int = 0) -> Any:
        return json.loads(self.run(*arguments, "--json", code=code))

    def ingest(self, *arguments: str | Path, code: int = 0) -> list[dict[str, Any]]:
        return self.json("ingest", *arguments, code=code)["files"]

    def fairs(self) -> dict[str, dict[str, Any]]:
        return {row["fair_name"]: row for row in json.loads(self.run("export", "job_fair", "--format", "json"))}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def a_row(name: str, **over: Any) -> list[Any]:
    row = {
        "招聘会名称": name,
        "举办日期": "2024-07-15",
        "县区": "渭滨区",
        "举办地点": "文化广场",
        "主办单位": "渭滨区总工会",
        "举办方式": "线下",
        "参会企业数": 20,
        "提供岗位数": 460,
        "服务人次": 900,
    }
    return list((row | over).values())


def a_workbook(path: Path, *rows: list[Any], headers: tuple[str, ...] = HEADERS) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "招聘会"
    for row in (["招聘会台账"], ["填报单位：渭滨区总工会"], list(headers), *rows):
        sheet.append(row)
    book.save(path)
    return path


FILE = {"file", "sha256", "upload_id", "state", "sheets", "findings"}
SHEET = {"sheet", "ledger", "header_rows", "first_row", "last_row", "mapping", "unmapped", "counts", "changes"}
FINDING = {"code", "severity", "sheet", "cell", "row", "field", "raw", "message", "hint"}
COUNTS = {"read", "loaded", "quarantined", "subtotal", "blank", "repeated_header", "note"}
KPI = {"id", "name", "unit", "value", "dims", "target", "completion", "yoy", "mom", "approx_rows", "flags"}


def test_ingest_answers_in_the_contracts_shape(office: Office) -> None:
    path = a_workbook(office.folder / "七月.xlsx", a_row("春季场"), a_row("夏季场", 提供岗位数="较多"))
    (report,) = office.ingest(path, code=1)
    assert set(report) == FILE
    assert report["state"] == "partially_accepted"
    (sheet,) = report["sheets"]
    assert set(sheet) >= SHEET
    assert (sheet["ledger"], sheet["header_rows"], sheet["first_row"], sheet["last_row"]) == ("job_fair", [3], 4, 5)
    counts = sheet["counts"]
    assert set(counts) == COUNTS
    assert counts["read"] == sum(value for name, value in counts.items() if name != "read")
    assert (counts["loaded"], counts["quarantined"]) == (1, 1)
    assert sheet["changes"] == {"new": 1, "changed": 0, "unchanged": 0, "removed": 0}
    assert {"column": "H", "header": "提供岗位数", "field": "jobs_n", "how": "exact"} in sheet["mapping"]
    (wrong,) = [finding for finding in report["findings"] if finding["severity"] == "error"]
    assert set(wrong) == FINDING
    assert (wrong["sheet"], wrong["cell"], wrong["row"], wrong["field"], wrong["raw"]) == (
        "招聘会",
        "H5",
        5,
        "jobs_n",
        "较多",
    )


def test_all_accepted_is_0_and_the_same_file_again_changes_nothing(office: Office) -> None:
    path = a_workbook(office.folder / "七月.xlsx", a_row("春季场"))
    assert office.ingest(path)[0]["state"] in {"accepted", "accepted_with_warnings"}
    before = office.run("export", "job_fair", "--format", "json")
    (again,) = office.ingest(path)
    assert again["state"] == "duplicate"
    assert office.run("export", "job_fair", "--format", "json") == before


def test_words_and_progress_go_to_standard_error(office: Office) -> None:
    folder = office.folder / "上报"
    folder.mkdir()
    for number in range(3):
        a_workbook(folder / f"{number}.xlsx", a_row(f"第{number}场"))
    assert len(office.ingest(folder)) == 3
    assert "3/3" in office.said
    assert "共 3 个文件" in office.said
    assert "七月" not in office.run("uploads")


def test_without_json_a_person_reads_a_table(office: Office) -> None:
    path = a_workbook(office.folder / "七月.xlsx", a_row("春季场"), a_row("夏季场", 提供岗位数="较多"))
    printed = office.run("ingest", path, code=1)
    assert "部分通过" in printed
    assert "H5" in printed
    assert "\033[" not in printed, "no colour where the output is not a terminal"


def test_one_missing_path_is_reported_and_the_others_are_loaded(office: Office) -> None:
    path = a_workbook(office.folder / "七月.xlsx", a_row("春季场"))
    gone, loaded = office.ingest("没有的.xlsx", path, code=1)
    assert gone["state"] == "unreadable"
    assert gone["findings"][0]["code"].startswith("FILE-")
    assert loaded["state"].startswith("accepted")
    assert set(office.fairs()) == {"春季场"}


def test_where_every_path_is_missing_nothing_is_done(office: Office) -> None:
    office.run("ingest", "没有的.xlsx", "也没有.xls", code=2)
    assert not office.data.exists()


def test_a_file_that_is_no_workbook_is_a_state_with_a_reason(office: Office) -> None:
    path = office.folder / "假的.xlsx"
    path.write_bytes(b"\x00\x01\x02 not a workbook")
    (report,) = office.ingest(path, code=1)
    assert report["state"] == "unreadable"
    assert report["findings"][0]["message"]
    assert report["findings"][0]["hint"]


def test_strict_loads_nothing_of_a_file_with_an_error(office: Office) -> None:
    path = a_workbook(office.folder / "七月.xlsx", a_row("春季场"), a_row("夏季场", 提供岗位数="较多"))
    (report,) = office.ingest(path, "--strict", code=1)
    assert report["state"] == "rejected"
    assert office.fairs() == {}


def test_set_fills_a_required_column_the_workbook_lacks(office: Office) -> None:
    short = tuple(name for name in HEADERS if name != "举办方式")
    row = [value for name, value in zip(HEADERS, a_row("春季场"), strict=True) if name != "举办方式"]
    path = a_workbook(office.folder / "七月.xlsx", row, headers=short)
    assert office.ingest(path, code=1)[0]["state"] == "rejected"
    (report,) = office.ingest(path, "--set", "mode=线下")
    (filled,) = [item for item in report["sheets"][0]["mapping"] if item["field"] == "mode"]
    assert (filled["column"], filled["how"]) == ("", "set")
    assert office.fairs()["春季场"]["mode"] == "线下"


def test_a_correction_changes_the_record_and_revoke_brings_the_old_one_back(office: Office) -> None:
    office.ingest(a_workbook(office.folder / "一.xlsx", a_row("春季场")))
    (second,) = office.ingest(a_workbook(office.folder / "二.xlsx", a_row("春季场", 提供岗位数=500)))
    assert second["sheets"][0]["changes"] == {"new": 0, "changed": 1, "unchanged": 0, "removed": 0}
    assert office.fairs()["春季场"]["jobs_n"] == 500
    answer = office.json("revoke", second["upload_id"], "--reason", "报错了")
    assert answer["state"] == "revoked"
    assert office.fairs()["春季场"]["jobs_n"] == 460
    states = {row["upload_id"]: row["state"] for row in office.json("uploads")["uploads"]}
    assert states[second["upload_id"]] == "revoked"


def test_replace_removes_what_the_unit_no_longer_reports(office: Office) -> None:
    said = ("--unit", "渭滨区总工会", "--period", "2024-07")
    office.ingest(a_workbook(office.folder / "一.xlsx", a_row("春季场"), a_row("夏季场")), *said)
    (report,) = office.ingest(a_workbook(office.folder / "二.xlsx", a_row("夏季场")), *said, "--replace")
    assert report["sheets"][0]["changes"]["removed"] == 1
    assert set(office.fairs()) == {"夏季场"}


def test_a_dry_run_stores_nothing_until_it_is_confirmed(office: Office) -> None:
    path = a_workbook(office.folder / "七月.xlsx", a_row("春季场"))
    (report,) = office.ingest(path, "--dry-run")
    assert report["sheets"][0]["changes"]["new"] == 1
    assert office.fairs() == {}
    assert office.json("show", report["upload_id"])["state"] == "pending"
    (confirmed,) = office.json("confirm", report["upload_id"])["files"]
    assert confirmed["state"].startswith("accepted")
    assert set(office.fairs()) == {"春季场"}


def test_every_record_says_where_it_came_from(office: Office) -> None:
    (report,) = office.ingest(a_workbook(office.folder / "七月.xlsx", a_row("春季场")))
    row = office.fairs()["春季场"]
    assert (row["file_name"], row["sheet"], row["row"], row["upload_id"]) == (
        "七月.xlsx",
        "招聘会",
        4,
        report["upload_id"],
    )
    assert row["fair_date"] == "2024-07-15"


def test_an_estimate_is_exported_as_an_interval(office: Office) -> None:
    office.ingest(a_workbook(office.folder / "七月.xlsx", a_row("春季场", 提供岗位数="500多")))
    row = office.fairs()["春季场"]
    assert row["jobs_n"] is None
    assert row["jobs_n_raw"] == "500多"
    assert row["jobs_n_low"] >= 500
    assert row["jobs_n_high"] < 600


@pytest.mark.parametrize("kind", ["csv", "json", "parquet", "xlsx"])
def test_export_writes_every_format(office: Office, kind: str) -> None:
    office.ingest(a_workbook(office.folder / "七月.xlsx", a_row("春季场")))
    path = office.folder / f"出.{kind}"
    assert office.json("export", "job_fair", "-o", path)["file"] == str(path)
    content = path.read_bytes()
    match kind:
        case "csv":
            assert "春季场" in content.decode("utf-8-sig")
        case "json":
            assert json.loads(content)[0]["fair_name"] == "春季场"
        case "parquet":
            assert content[:4] == b"PAR1"
        case "xlsx":
            cells = [cell.value for row in openpyxl.load_workbook(io.BytesIO(content)).active for cell in row]
            assert "春季场" in cells


def test_export_takes_a_period(office: Office) -> None:
    rows = a_row("七月场"), a_row("八月场", 举办日期="2024-08-02")
    office.ingest(a_workbook(office.folder / "两月.xlsx", *rows))
    found = json.loads(office.run("export", "job_fair", "--period", "2024-08", "--format", "json"))
    assert [row["fair_name"] for row in found] == ["八月场"]


def test_kpi_answers_in_the_contracts_shape(office: Office) -> None:
    office.ingest(a_workbook(office.folder / "七月.xlsx", a_row("春季场"), a_row("夏季场", 提供岗位数=40)))
    answer = office.json("kpi", "J02", "--period", "2024")
    assert {"period", "engine", "version", "rows"} <= set(answer)
    assert (answer["period"], answer["engine"]) == ("2024", "duckdb")
    (row,) = answer["rows"]
    assert set(row) >= KPI
    assert (row["id"], row["unit"], row["value"], row["dims"]) == ("J02", "个", 500, {})


@pytest.mark.parametrize("period", ["2024", "2024-07", "2024Q3", "2024-01..2024-08"])
def test_kpi_takes_every_form_of_period(office: Office, period: str) -> None:
    office.ingest(a_workbook(office.folder / "七月.xlsx", a_row("春季场")))
    (row,) = office.json("kpi", "J02", "--period", period)["rows"]
    assert row["value"] == 460


def test_kpi_splits_by_county_and_by_month(office: Office) -> None:
    rows = a_row("一"), a_row("二", 县区="岐山县", 举办日期="2024-08-01")
    office.ingest(a_workbook(office.folder / "两县.xlsx", *rows))
    by_county = office.json("kpi", "J01", "--period", "2024", "--by", "county")["rows"]
    assert {row["dims"]["county"]: row["value"] for row in by_county if row["value"]} == {"渭滨区": 1, "岐山县": 1}
    by_month = office.json("kpi", "J01", "--period", "2024Q3", "--grain", "month")["rows"]
    assert [row["value"] for row in by_month][:2] == [1, 1]


def test_kpi_without_any_data_is_absent_and_not_zero(office: Office) -> None:
    assert {row["value"] for row in office.json("kpi", "--period", "2024")["rows"]} == {None}


def test_findings_and_show_lead_back_to_the_cell(office: Office) -> None:
    path = a_workbook(office.folder / "七月.xlsx", a_row("春季场"), a_row("夏季场", 提供岗位数="较多"))
    (report,) = office.ingest(path, code=1)
    (found,) = office.json("findings", "--severity", "error", "--ledger", "job_fair")["findings"]
    assert (found["file"], found["cell"], found["upload_id"]) == ("七月.xlsx", "H5", report["upload_id"])
    shown = office.json("show", report["upload_id"])
    assert shown["sheets"] == report["sheets"]
    assert "H5" in office.run("show", report["upload_id"])


def test_a_marked_copy_put_right_loads_what_was_held_back(office: Office) -> None:
    path = a_workbook(office.folder / "七月.xlsx", a_row("春季场"), a_row("夏季场", 提供岗位数="较多"))
    (report,) = office.ingest(path, code=1)
    marked = office.folder / "七月-标注.xlsx"
    office.run("annotate", report["upload_id"], "-o", marked)
    book = openpyxl.load_workbook(marked)
    assert book.sheetnames == ["校验结果", "招聘会"]
    assert book["招聘会"]["H5"].comment is not None
    book["招聘会"]["H5"] = 300
    book.save(marked)
    (again,) = office.ingest(marked)
    assert [sheet["changes"] for sheet in again["sheets"] if sheet["ledger"]] == [
        {"new": 1, "changed": 0, "unchanged": 1, "removed": 0}
    ]
    assert office.fairs()["夏季场"]["jobs_n"] == 300


def test_a_backup_restores_elsewhere_to_the_same_records(office: Office) -> None:
    office.ingest(a_workbook(office.folder / "七月.xlsx", a_row("春季场")))
    archive = office.folder / "备份.tar"
    office.run("backup", archive)
    other = Office(office.folder / "另一处")
    other.folder.mkdir()
    other.run("restore", archive)
    assert other.fairs() == office.fairs()
    assert office.json("check")["ok"] is True
    assert other.json("check")["ok"] is True


def test_check_ends_with_1_when_an_original_is_gone(office: Office) -> None:
    office.ingest(a_workbook(office.folder / "七月.xlsx", a_row("春季场")))
    for path in (office.data / "raw").rglob("*"):
        if path.is_file() and path.name != ".gitkeep":
            path.unlink()
    assert office.json("check", code=1)["ok"] is False


@contextmanager
def someone_writing(office: Office) -> Iterator[None]:
    """Another process that holds the write lock until told to stop."""
    program = (
        "import sys\nfrom pathlib import Path\nfrom analytics.settings import Settings\n"
        "from analytics.warehouse.lock import write_lock\n"
        "with write_lock(Settings(data=Path(sys.argv[1])).warehouse, 10):\n"
        "    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(office.data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == "held\n"
        yield
    finally:
        holder.communicate()


def test_a_store_kept_busy_past_the_wait_is_3(office: Office) -> None:
    path = a_workbook(office.folder / "七月.xlsx", a_row("春季场"))
    with someone_writing(office):
        assert office.run("ingest", path, "--wait", "0.3", "--json", code=3) == ""
        assert "稍后" in office.said
    assert office.ingest(path)[0]["state"].startswith("accepted")


def test_readers_are_not_kept_waiting_by_a_writer(office: Office) -> None:
    office.ingest(a_workbook(office.folder / "七月.xlsx", a_row("春季场")))
    with someone_writing(office):
        assert office.json("kpi", "J02", "--period", "2024")["rows"][0]["value"] == 460
        assert set(office.fairs()) == {"春季场"}


def test_the_data_folder_comes_from_the_environment_where_it_is_not_said(office: Office, tmp_path: Path) -> None:
    office.ingest(a_workbook(office.folder / "七月.xlsx", a_row("春季场")))
    done = subprocess.run(
        [str(COMMAND), "kpi", "J02", "--period", "2024", "--json"],
        capture_output=True, text=True, cwd=tmp_path, env={**os.environ, "TAIZHANG_DATA": str(office.data)},
    )  # fmt: skip
    assert json.loads(done.stdout)["rows"][0]["value"] == 460


def test_the_demo_can_be_run_again_and_duplicates_nothing(office: Office) -> None:
    first = office.json("demo")["files"]
    assert len(first) >= 30
    before = office.json("kpi", "--period", "2024")
    assert before["rows"]
    again = office.json("demo")["files"]
    assert {report["state"] for report in again} == {"duplicate"}
    assert office.json("kpi", "--period", "2024") == before


def test_serving_on_a_taken_port_says_so_and_ends(office: Office) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        office.run("serve", "--port", str(port), code=1)
    assert str(port) in office.said
    assert "占用" in office.said


def test_a_template_is_written_with_this_years_example(office: Office) -> None:
    path = office.folder / "模板.xlsx"
    office.run("template", "招聘会台账", "-o", path)
    cells = [cell.value for row in openpyxl.load_workbook(path).active for cell in row]
    assert "示例" in cells
    assert dt.datetime(moments.today().year, 1, 15) in cells
