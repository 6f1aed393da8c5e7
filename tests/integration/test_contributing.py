"""CONTRIBUTING.md to the letter: its blocks go where they say, its commands run, what it promises is there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "CONTRIBUTING.md"

FENCE = re.compile(
    r"^```(?P<language>\w+)(?: (?P<what>run|(?:file|append|edit)=\S+))?\n(?P<text>.*?)^```$", re.M | re.S
)


@dataclass(frozen=True)
class Block:
    """One fenced block: what is to be done with it, and its text."""

    what: str
    text: str


def blocks(section: str) -> list[Block]:
    """The blocks of one section that say what is to be done with them."""
    text = PAGE.read_text(encoding="utf-8").split(f"## {section}\n")[1].split("\n## ")[0]
    found = [Block(match["what"], match["text"]) for match in FENCE.finditer(text) if match["what"]]
    assert found, f"the section “{section}” shows nothing that could be done"
    return found


@dataclass(frozen=True)
class House:
    """A copy of the project a newcomer works in."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, "PYTHONPATH": str(self.folder), "TAIZHANG_DATA": str(self.folder / "data"), "PATH": path}

    def follow(self, section: str) -> str:
        """Do what a section says, in its order; return what its commands printed."""
        printed = []
        for block in blocks(section):
            if block.what == "run":
                printed += [self.run(line) for line in block.text.splitlines()]
                continue
            how, name = block.what.split("=")
            target = self.folder / name
            match how:
                case "file":
                    assert not target.exists(), f"{name} is already part of the project: show another example"
                    target.write_text(block.text, encoding="utf-8")
                case "append":
                    target.write_text(target.read_text(encoding="utf-8") + block.text, encoding="utf-8")
                case "edit":
                    self._edit(target, block.text.splitlines())
        return "\n".join(printed)

    def _edit(self, target: Path, lines: list[str]) -> None:
        text = target.read_text(encoding="utf-8")
        for old, new in zip(lines[::2], lines[1::2], strict=True):
            assert old[0] == "-"
            assert new[0] == "+"
            assert f"{old[1:]}\n" in text, f"{target.name} no longer says: {old[1:]}"
            text = text.replace(f"{old[1:]}\n", f"{new[1:]}\n")
        target.write_text(text, encoding="utf-8")

    def run(self, line: str, codes: tuple[int, ...] = (0, 1)) -> str:
        """Run one shell line in the copy; something held back (1) is an answer too."""
        done = subprocess.run(
            ["sh", "-c", line], cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode in codes, f"{line} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def python(self, program: str) -> str:
        """Run a Python program that sees the copy."""
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    folder = tmp_path_factory.mktemp("house")
    for package in ("analytics", "dashboard"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    command = folder / "bin" / "taizhang"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m analytics.cli "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    found = House(folder)
    where = found.python("import analytics; print(analytics.__file__)")
    assert where.startswith(str(folder)), "the commands would run the project itself, not its copy"
    return found


@pytest.fixture(scope="module")
def with_ledger(house: House) -> House:
    house.follow("Add a ledger")
    return house


@pytest.fixture(scope="module")
def with_metric(with_ledger: House) -> tuple[House, str]:
    return with_ledger, with_ledger.follow("Add a metric")


def exported(house: House) -> list[dict[str, Any]]:
    return json.loads(house.run("taizhang export membership --format json"))


def test_a_ledger_is_one_file_and_its_workbooks_are_read_at_once(with_ledger: House) -> None:
    rows = {row["union_name"]: row for row in exported(with_ledger)}
    assert {name: row["members_n"] for name, row in rows.items()} == {"东风路小学工会": 1200, "姜谭社区联合工会": 86}
    assert all(row["county"] == "渭滨区" and row["counted_on"] == "2024-06-30" for row in rows.values())
    assert rows["姜谭社区联合工会"]["female_n"] == 31


def test_the_wrong_cell_of_the_example_is_held_back_where_the_page_says(with_ledger: House) -> None:
    found = json.loads(with_ledger.run("taizhang findings --ledger membership --severity error --json"))["findings"]
    assert [(finding["cell"], finding["field"], finding["raw"]) for finding in found] == [("D6", "members_n", "较多")]


def test_a_new_ledger_has_a_template_without_anything_else_being_written(with_ledger: House) -> None:
    assert (with_ledger.folder / "会员模板.xlsx").stat().st_size > 4000
    listed = json.loads(with_ledger.run("taizhang ledgers --json"))["ledgers"]
    assert "membership" in {ledger["id"] for ledger in listed}


def test_a_metric_is_a_few_lines_and_is_answered_at_once(with_metric: tuple[House, str]) -> None:
    house, printed = with_metric
    assert "收到简历数" in printed
    answer = json.loads(house.run("taizhang kpi M01 --period 2024 --by county --json"))
    (row,) = [row for row in answer["rows"] if row["value"] is not None]
    assert row["dims"] == {"county": "渭滨区"}
    assert row["value"] == pytest.approx(100 * (820 + 31) / (1200 + 86), abs=0.01)


def test_a_broken_declaration_stops_with_file_line_and_reason(with_ledger: House) -> None:
    path = with_ledger.folder / "analytics" / "ledgers" / "membership.yaml"
    sound = path.read_text(encoding="utf-8")
    try:
        path.write_text(sound.replace("key: [county, ", "key: [town, "), encoding="utf-8")
        done = subprocess.run(
            ["sh", "-c", "taizhang ledgers"],
            cwd=with_ledger.folder,
            env=with_ledger.environment,
            capture_output=True,
            text=True,
        )
    finally:
        path.write_text(sound, encoding="utf-8")
    assert done.returncode == 1
    assert re.search(r"membership\.yaml:\d+: ", done.stderr)
    assert "town" in done.stderr
    assert "Traceback" not in done.stderr


OPEN = """
import json
from analytics.settings import Settings
from dashboard import asking
from dashboard.app import create_app

client = create_app(Settings()).server.test_client()
assert client.get("/matching").status_code == 200
asked = asking.screen_request(client.get(asking.DESCRIBED).get_json(), "/matching", "?period=2024")
answer = client.post(asking.ADDRESS, json=asked)
assert answer.status_code == 200, answer.get_data(as_text=True)
print(json.dumps(answer.get_json(), ensure_ascii=False))
"""


def test_a_page_is_one_file_and_opens_with_the_catalogues_figures(with_metric: tuple[House, str]) -> None:
    house, _ = with_metric
    house.follow("Add a page")
    (house.folder / "招聘会.csv").write_text(
        "招聘会名称,举办日期,县区,举办地点,主办单位,举办方式,参会企业数,提供岗位数,服务人次,收到简历数\n"
        "春风行动,2024-03-02,渭滨区,广场,渭滨区总工会,线下,20,460,900,321\n",
        encoding="utf-8",
    )
    house.run("taizhang ingest 招聘会.csv", codes=(0,))
    shown = house.python(OPEN)
    assert "人岗对接" in shown
    assert "收到简历数" in shown
    assert "321" in shown
