"""Change before commit, the history of one record, and confirmed mappings, all through the command's own process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pytest

COMMAND = Path(sys.executable).with_name("taizhang")
HEADERS = ["招聘会名称", "举办日期", "县区", "举办地点", "主办单位", "举办方式", "参会企业数", "提供岗位数", "服务人次"]
ODD = [*HEADERS[:6], "来了多少家", *HEADERS[7:]]
"""The same table with a header nobody declared over a required column."""


class Desk:
    """A person at a shell with a data folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *arguments: str | Path, code: int = 0) -> str:
        done = subprocess.run(
            [str(COMMAND), "--data", str(self.folder / "data"), *map(str, arguments)],
            capture_output=True, text=True, timeout=120, cwd=self.folder, env={**os.environ, "NO_COLOR": "1"},
        )  # fmt: skip
        assert done.returncode == code, f"{arguments}：{done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        self.said = done.stderr
        return done.stdout

    def json(self, *arguments: str | Path, code: int = 0) -> Any:
        return json.loads(self.run(*arguments, "--json", code=code))

    def ingest(self, *arguments: str | Path, code: int = 0) -> dict[str, Any]:
        (report,) = self.json("ingest", *arguments, code=code)["files"]
        return dict(report)

    def workbook(self, name: str, *rows: list[Any], headers: list[str] = HEADERS) -> Path:
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.title = "招聘会"
        for row in (["招聘会台账"], ["填报单位：渭滨区总工会"], headers, *rows):
            sheet.append(row)
        book.save(self.folder / name)
        return self.folder / name


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def fair(name: str, jobs: Any = 460, day: str = "2024-07-15") -> list[Any]:
    return [name, day, "渭滨区", "文化广场", "渭滨区总工会", "线下", 20, jobs, 900]


def how(report: dict[str, Any], field: str) -> str | None:
    (sheet,) = report["sheets"]
    return next((item["how"] for item in sheet["mapping"] if item["field"] == field), None)


# Change before commit --------------------------------------------------------------------------------------------


def test_a_dry_run_shows_every_kind_of_change_with_old_and_new_values(desk: Desk) -> None:
    desk.ingest(desk.workbook("一.xlsx", fair("春季场"), fair("夏季场"), fair("冬季场")))
    second = desk.workbook("二.xlsx", fair("春季场"), fair("夏季场", 520), fair("秋季场"))
    given = ("--dry-run", "--replace", "--unit", "渭滨区总工会", "--period", "2024-07")
    report = desk.ingest(second, *given)
    found = report["differences"]
    assert found["counts"] == {"job_fair": {"new": 1, "changed": 1, "unchanged": 1, "removed": 1}}
    (changed,) = found["fields"]
    assert (changed["sheet"], changed["cell"], changed["field"]) == ("招聘会", "H5", "jobs_n")
    assert (changed["old"], changed["new"]) == (460, 520)
    assert [(one["row"], one["values"]["fair_name"]) for one in found["new"]] == [(6, "秋季场")]
    (gone,) = found["removed"]
    assert (gone["file_name"], gone["row"], gone["values"]["fair_name"]) == ("一.xlsx", 6, "冬季场")
    assert gone["values"]["fair_date"] == "2024-07-15"
    table = desk.run("ingest", second, *given)
    assert "新增 1 条，更正 1 条，不变 1 条，删去 1 条" in table
    assert all(word in table for word in ("招聘会 H5", "460", "520", "秋季场", "冬季场", "taizhang confirm"))
    stored = {row["fair_name"]: row["jobs_n"] for row in json.loads(desk.run("export", "job_fair", "--format", "json"))}
    assert stored == {"春季场": 460, "夏季场": 460, "冬季场": 460}


def test_confirm_loads_what_was_shown_and_revoke_takes_it_back(desk: Desk) -> None:
    desk.ingest(desk.workbook("一.xlsx", fair("春季场")))
    shown = desk.ingest(desk.workbook("二.xlsx", fair("春季场", 500)), "--dry-run")
    (loaded,) = desk.json("confirm", shown["upload_id"])["files"]
    assert loaded["sheets"][0]["changes"] == {"new": 0, "changed": 1, "unchanged": 0, "removed": 0}

    def jobs() -> list[int]:
        return [row["jobs_n"] for row in json.loads(desk.run("export", "job_fair", "--format", "json"))]

    assert jobs() == [500]
    desk.run("revoke", shown["upload_id"])
    assert jobs() == [460]


# History ---------------------------------------------------------------------------------------------------------


def test_the_history_of_a_record_tells_upload_cell_value_and_time(desk: Desk) -> None:
    first = desk.ingest(desk.workbook("一.xlsx", fair("夏季场"), fair("春季场")))
    second = desk.ingest(desk.workbook("二.xlsx", fair("春季场", "500多")))
    answer = desk.json("history", "job_fair", "--at", "一.xlsx:招聘会:5")
    assert [one["upload_id"] for one in answer["versions"]] == [first["upload_id"], second["upload_id"]]
    assert [one["standing"] for one in answer["versions"]] == ["superseded", "current"]
    assert answer["versions"][0]["uploaded_at"].endswith("+00:00")
    (change,) = answer["versions"][1]["changes"]
    assert (change["cell"], change["field"], change["old"]) == ("H4", "jobs_n", 460)
    assert (change["new"]["low"], change["new"]["high"], change["new"]["raw"]) == (500, 599, "500多")
    by_id = desk.json("history", "招聘会台账", answer["record_id"][:8])
    assert by_id == answer
    desk.run("revoke", second["upload_id"])
    assert [one["standing"] for one in desk.json("history", "job_fair", answer["record_id"])["versions"]] == [
        "current",
        "revoked",
    ]
    table = desk.run("history", "job_fair", "--at", "二.xlsx:招聘会:H4")
    assert all(word in table for word in ("已撤回", "现行", "H4", "提供岗位数", "460", "500多"))


def test_a_record_that_a_replacement_removed_says_so(desk: Desk) -> None:
    desk.ingest(desk.workbook("一.xlsx", fair("春季场"), fair("夏季场")))
    desk.ingest(desk.workbook("二.xlsx", fair("春季场")), "--replace", "--unit", "渭滨区总工会", "--period", "2024-07")
    versions = desk.json("history", "job_fair", "--at", "一.xlsx:招聘会:5")["versions"]
    assert [one["standing"] for one in versions] == ["superseded", "removed"]


@pytest.mark.parametrize(
    "asked",
    [
        ("history", "job_fair"),
        ("history", "job_fair", "--at", "一.xlsx"),
        ("history", "job_fair", "--at", "一.xlsx:招聘会:99"),
        ("history", "job_fair", "abcdefabcdef"),
        ("history", "没有的台账", "abcdef"),
        ("profiles", "--forget", "abcdef"),
    ],
)
def test_asking_for_what_is_not_there_is_told_in_a_sentence(desk: Desk, asked: tuple[str, ...]) -> None:
    desk.ingest(desk.workbook("一.xlsx", fair("春季场")))
    desk.run(*asked, code=2)
    assert desk.said.startswith("错误：")


def test_history_of_an_empty_store_creates_no_store(desk: Desk) -> None:
    desk.run("history", "job_fair", "abcdefabcdef", code=2)
    assert "还没有入库任何数据" in desk.said
    assert not (desk.folder / "data" / "processed" / "warehouse.duckdb").exists()


# Profiles --------------------------------------------------------------------------------------------------------


def test_a_confirmed_mapping_is_kept_and_used_for_the_same_header_next_time(desk: Desk) -> None:
    refused = desk.ingest(desk.workbook("一.xlsx", fair("春季场"), headers=ODD), code=1)
    assert refused["state"] == "rejected"
    first = desk.ingest(desk.folder / "一.xlsx", "--map", "来了多少家=employers_n")
    assert first["state"] == "accepted"
    assert how(first, "employers_n") == "profile"
    next_month = desk.ingest(desk.workbook("二.xlsx", fair("夏季场"), headers=ODD))
    assert next_month["state"] == "accepted"
    assert how(next_month, "employers_n") == "profile"
    (kept,) = desk.json("profiles")["profiles"]
    assert kept["ledger"] == "job_fair"
    assert kept["mapping"] == {"来了多少家": "employers_n"}
    assert kept["fingerprint"] == next_month["sheets"][0]["fingerprint"]
    assert "来了多少家→employers_n" in desk.run("profiles")


def test_a_forgotten_mapping_is_no_longer_used(desk: Desk) -> None:
    desk.ingest(desk.workbook("一.xlsx", fair("春季场"), headers=ODD), "--map", "来了多少家=参会企业数")
    (kept,) = desk.json("profiles")["profiles"]
    assert desk.json("profiles", "--forget", kept["fingerprint"][:8]) == {"forgotten": kept["fingerprint"]}
    assert desk.json("profiles") == {"profiles": []}
    report = desk.ingest(desk.workbook("二.xlsx", fair("夏季场"), headers=ODD), code=1)
    assert report["state"] == "rejected"


def test_a_dry_run_keeps_no_mapping_until_it_is_confirmed(desk: Desk) -> None:
    shown = desk.ingest(
        desk.workbook("一.xlsx", fair("春季场"), headers=ODD), "--dry-run", "--map", "来了多少家=employers_n"
    )
    assert desk.json("profiles") == {"profiles": []}
    desk.run("confirm", shown["upload_id"])
    assert [one["mapping"] for one in desk.json("profiles")["profiles"]] == [{"来了多少家": "employers_n"}]


def test_a_column_may_be_said_to_be_none_of_ours(desk: Desk) -> None:
    headers = [*HEADERS, "备注"]
    rows = [[*fair("春季场"), "内部编号三"]]
    report = desk.ingest(desk.workbook("一.xlsx", *rows, headers=headers), "--map", "备注=")
    assert how(report, "remark") is None
    again = desk.ingest(desk.workbook("二.xlsx", [*fair("夏季场"), "内部编号四"], headers=headers))
    assert how(again, "remark") is None
    assert [one["header"] for one in again["sheets"][0]["unmapped"]] == ["备注"]


def test_a_header_that_is_not_in_the_file_is_said(desk: Desk) -> None:
    report = desk.ingest(desk.workbook("一.xlsx", fair("春季场")), "--map", "没有这列=jobs_n")
    assert [one["code"] for one in report["findings"]] == ["MAP-HEADER-ABSENT"]
    assert desk.json("profiles") == {"profiles": []}


@pytest.mark.parametrize("pair", ["来了多少家=没有的列", "来了多少家", "=jobs_n"])
def test_a_mapping_onto_nothing_is_wrong_usage(desk: Desk, pair: str) -> None:
    desk.run("ingest", desk.workbook("一.xlsx", fair("春季场")), "--map", pair, code=2)
    assert desk.said.strip()


def test_the_hint_of_a_refused_sheet_names_the_mapping_to_say(desk: Desk) -> None:
    headers = [*HEADERS[:6], "参会企业家数量", *HEADERS[7:]]
    report = desk.ingest(desk.workbook("一.xlsx", fair("春季场"), headers=headers), code=1)
    (missing,) = [one for one in report["findings"] if one["code"] == "MAP-REQUIRED-MISSING"]
    assert "--map 参会企业家数量=employers_n" in missing["hint"]
