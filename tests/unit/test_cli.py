"""How the command speaks: Chinese throughout, aligned, quick to start, and never a traceback."""

from __future__ import annotations

import ast
import errno
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from analytics.cli import main
from analytics.console import chinese, output, reference, reports
from analytics.console.failures import Failure, explain

ROOT = Path(__file__).resolve().parents[2]
COMMAND = Path(sys.executable).with_name("taizhang")


def taizhang(*arguments: str | Path, data: Path | None = None) -> subprocess.CompletedProcess[str]:
    before = ["--data", str(data)] if data else []
    return subprocess.run(
        [str(COMMAND), *before, *map(str, arguments)], capture_output=True, text=True, timeout=120, cwd=data or ROOT
    )


# What only a programmer can cause: wrong declarations, other systems, editors and shells.
NOT_FOR_USERS = re.compile(
    r"Windows error|Editing failed|Could not determine name|No options defined|Arguments take exactly|Name '|"
    r"Boolean option|Invalid start character|Couldn't detect Bash|Shell completion|Unknown color|Unknown standard|^d$"
)


def sentences_of_click() -> set[str]:
    """Every text that click hands to gettext."""
    found = set()
    for path in Path(str(click.__file__)).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"_", "ngettext"}:
                found |= {
                    word.value for word in node.args if isinstance(word, ast.Constant) and isinstance(word.value, str)
                }
    return found


def test_everything_click_can_say_to_a_user_has_chinese_words() -> None:
    said = sentences_of_click()
    assert len(said) > 50, "click's sentences are not being found"
    assert {text for text in said if text not in chinese.CATALOGUE and not NOT_FOR_USERS.search(text)} == set()


@pytest.mark.parametrize(("english", "ours"), chinese.CATALOGUE.items())
def test_a_translation_names_nothing_that_click_does_not_tell(english: str, ours: str) -> None:
    def names(text: str) -> set[str]:
        return set(re.findall(r"\{(\w+)|%\((\w+)\)", text))

    assert names(ours.replace("!r", "")) <= names(english.replace("!r", ""))


ENGLISH = re.compile(r"\b(Usage|Error|Options|Commands|Missing|Invalid|No such|Try|Show|Arguments?|required|default)\b")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--nonsense"], "没有 --nonsense 这个选项"),
        (["kpy"], "没有 kpy 这个命令"),
        (["ingest"], "缺少参数"),
        (["template", "job_fair"], "缺少选项"),
        (["kpi", "--grain", "day"], "不在可选范围内"),
        (["kpi", "--as-of", "昨天"], "不是日期"),
        (["kpi", "J99"], "没有这个指标"),
        (["kpi", "--period", "二十"], "看不懂统计期"),
        (["serve", "--port", "70000"], "超出范围"),
        (["serve", "--port", "八千"], "不是合适的数"),
        (["ingest", "x.xlsx", "--wait", "-1"], "超出范围"),
        (["ingest", "没有的.xlsx"], "找不到"),
        (["ingest", ""], "文件名是空的"),
        (["ingest", ".", "--ledger", "nothing"], "没有“nothing”这种台账"),
        (["ingest", ".", "--set", "source"], "列名=值"),
        (["ingest", ".", "--set", "sourse=督查"], "source"),
        (["ingest", ".", "--replace"], "--unit 和 --period"),
        (["ingest", ".", "--period", "上个月"], "看不懂"),
        (["export", "nothing"], "现有："),
        (["export", "job_fair", "--format", "xlsx"], "-o"),
        (["export", "job_fair", "-o", "x.docx"], "扩展名"),
        (["template", "job_fair", "-o", "x.csv"], "扩展名"),
        (["show", "没有的"], "没有编号为"),
        (["revoke"], "缺少参数"),
        (["restore", "没有的.tar"], "找不到"),
        (["ledgers", "多余"], "多出的内容"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_ends_with_2_and_a_chinese_sentence(arguments: list[str], said: str, tmp_path: Path) -> None:
    done = taizhang(*arguments, data=tmp_path)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert done.stdout == ""
    assert not ENGLISH.search(done.stderr)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", [None, *main.commands])
def test_every_help_is_chinese_and_shows_an_example(name: str | None) -> None:
    done = CliRunner().invoke(main, [*([name] if name else []), "--help"], prog_name="taizhang")
    assert "例：" in done.output
    assert f"taizhang {name or ''}".strip() in done.output.split("例：")[1]
    assert not ENGLISH.search(done.output)


@pytest.mark.parametrize("name", [name for name in main.commands if name != "serve"])
def test_every_verb_speaks_json(name: str) -> None:
    assert "--json" in {option for parameter in main.commands[name].params for option in parameter.opts}


def test_the_verbs_are_those_of_the_contract() -> None:
    assert set(main.commands) == {
        *("ingest", "confirm", "revoke", "uploads", "show", "findings", "annotate", "template", "ledgers", "metrics"),
        "briefing",
        *(
            "kpi",
            "export",
            "demo",
            "serve",
            "backup",
            "restore",
            "check",
            "history",
            "profiles",
            "users",
            "approvals",
            "watch",
        ),
    }


def test_the_reference_page_is_current() -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert reference.refreshed(page, main) == page, "run: make docs"


def test_help_comes_at_once_and_without_the_heavy_libraries() -> None:
    heavy = ("pandas", "pyarrow", "duckdb", "pydantic", "dash")
    program = f"import sys, analytics.cli; print([name for name in {heavy} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert loaded.strip() == "[]"
    fastest = min(_seconds("--help") for _ in range(3))
    assert fastest < 0.8, "generous, for a busy machine; about 0.12 s on an idle one"


def _seconds(*arguments: str) -> float:
    start = time.perf_counter()
    taizhang(*arguments)
    return time.perf_counter() - start


def test_an_unexpected_error_is_one_sentence_and_a_log(tmp_path: Path) -> None:
    program = (
        "import analytics.console.reports as r\n"
        "def broken(rows): raise RuntimeError('inner words nobody should see')\n"
        "r.ledgers = broken\n"
        "from analytics.cli import main\n"
        "main(['--data', '.', 'ledgers'])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "inner words" not in done.stderr
    (log,) = (tmp_path / "processed" / "logs").iterdir()
    assert str(log.name) in done.stderr
    assert "inner words nobody should see" in log.read_text(encoding="utf-8")


def test_a_log_that_cannot_be_kept_with_the_data_is_kept_elsewhere(tmp_path: Path) -> None:
    from analytics.console.failures import write_log

    blocked = tmp_path / "file"
    blocked.write_text("x", encoding="utf-8")
    try:
        raise RuntimeError("why")
    except RuntimeError as error:
        path = write_log(blocked / "logs", error)
    assert "why" in path.read_text(encoding="utf-8")
    path.unlink()


def test_a_data_folder_that_is_a_file_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_text("x", encoding="utf-8")
    done = taizhang("--data", str(path), "uploads")
    assert done.returncode == 2
    assert "文件夹" in done.stderr


@pytest.mark.parametrize(
    ("number", "word"),
    [(errno.EACCES, "权限"), (errno.ENOENT, "找不到"), (errno.ENOSPC, "磁盘已满"), (errno.EROFS, "只读")],
)
def test_what_the_system_refuses_is_said_in_words(number: int, word: str) -> None:
    assert word in (explain(OSError(number, "english", "台账.xlsx")) or "")


def test_an_odd_system_error_is_left_to_the_log() -> None:
    assert explain(OSError(errno.EPROTO, "odd")) is None


def test_a_failure_says_what_to_do_and_how_it_ends() -> None:
    failure = Failure("没有做成。", "请重试。", 3)
    assert failure.exit_code == 3
    assert failure.message == "没有做成。\n请重试。"


def test_columns_line_up_under_chinese_heads() -> None:
    lines = output.table(("名称", "数"), [("招聘会", "1,200"), ("a", "3")], right=(1,)).splitlines()
    assert lines[0] == "名称       数"
    assert lines[2] == "招聘会  1,200"
    assert lines[3] == "a           3"


@given(st.text(max_size=80), st.integers(2, 40))
def test_a_shortened_text_fits(text: str, columns: int) -> None:
    assert output.width(output.shorten(text, columns)) <= columns
    assert "\n" not in output.shorten(text, columns)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "—"), (0, "0"), (71234, "71,234"), (0.5, "0.5"), (1234.5678, "1,234.57"), (12.0, "12"), ("三", "三")],
)
def test_figures_are_written_as_people_write_them(value: object, shown: str) -> None:
    assert output.number(value) == shown


def test_colour_is_left_out_where_it_is_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert output.colour_wanted() is False
    monkeypatch.delenv("NO_COLOR")
    assert output.colour_wanted() is None


def test_the_catalogue_of_ledgers_as_json_is_json_alone() -> None:
    done = taizhang("ledgers", "--json")
    assert {"event", "training", "job_fair", "rectification"} <= {
        row["id"] for row in json.loads(done.stdout)["ledgers"]
    }
    assert done.stderr == ""


def test_a_table_of_figures_is_headed_in_chinese() -> None:
    row = {"id": "E06", "name": "活动场所构成", "value": 3, "unit": "场", "dims": {"venue_type": "社区"}, "flags": []}
    told = reports.kpi({"rows": [row]}, {"venue_type": "场所类型"})
    assert "场所类型" in told.splitlines()[0]


def test_nobody_else_reads_what_is_stored_and_a_file_asked_for_is_like_any_other(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        (tmp_path / "人数.csv").write_text("统计期,形态,人次\n2024-01,第一种形态,3\n", encoding="utf-8")
        assert taizhang("ingest", tmp_path / "人数.csv", data=tmp_path).returncode == 0
        warehouse = tmp_path / "processed" / "warehouse.duckdb"
        warehouse.chmod(0o644)  # as a version before this one left it
        assert taizhang(
            "ingest", tmp_path / "人数.csv", "--replace", "--unit", "市纪委", "--period", "2024", data=tmp_path
        )
        assert taizhang("export", "four_forms", "-o", tmp_path / "out.csv", data=tmp_path).returncode == 0
    finally:
        os.umask(before)
    stored = [*(tmp_path / "processed").rglob("*"), *(tmp_path / "raw").rglob("*")]
    assert warehouse in stored
    assert {path for path in stored if path.stat().st_mode & 0o007} == set()
    assert warehouse.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "out.csv").stat().st_mode & 0o777 == 0o644
