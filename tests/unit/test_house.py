"""The rules of the house, held by tests: who may know whom, what never stands in code, what the top level holds."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("analytics", "dashboard")

TEXT_SUFFIXES = frozenset(
    {".py", ".yaml", ".yml", ".toml", ".md", ".json", ".css", ".js", ".sql", ".txt", ".ipynb", ".lock"}
)
THIRD_PARTY = ("plotly", "dayjs", "geojson")
"""Words in the names of assets made by others, whose text (licence links) is left as it came."""


def project_files() -> list[Path]:
    """What belongs to the project: kept by git, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def modules(folder: str) -> list[Path]:
    found = sorted((ROOT / folder).rglob("*.py"))
    assert found, f"{folder} holds no modules"
    return found


def imported(path: Path) -> Iterator[str]:
    """Every module a file imports, anywhere in it, by its full name."""
    package = path.relative_to(ROOT).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: -node.level]) if node.level else ""
            start = ".".join(part for part in (base, node.module or "") if part)
            yield start
            yield from (f"{start}.{alias.name}" for alias in node.names)


def offences(folder: str, forbidden: tuple[str, ...]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(folder)
        for name in imported(path)
        if any(name == word or name.startswith(f"{word}.") for word in forbidden)
    ]


@pytest.mark.parametrize(
    ("folder", "forbidden"),
    [
        ("analytics", ("dash", "dashboard", "dash_mantine_components")),
        ("analytics/ledgers", ("analytics.etl", "analytics.warehouse", "analytics.metrics", "duckdb")),
        ("analytics/etl", ("analytics.warehouse", "analytics.metrics", "analytics.intake", "analytics.demo")),
        ("analytics/warehouse", ("analytics.metrics", "analytics.intake", "analytics.demo")),
        ("analytics/metrics", ("analytics.etl", "analytics.intake", "analytics.demo", "openpyxl", "python_calamine")),
        ("analytics/demo", ("analytics.etl", "analytics.metrics", "analytics.warehouse")),
        ("analytics/console", ("analytics.etl", "analytics.warehouse", "analytics.metrics", "analytics.intake")),
        ("dashboard", ("duckdb", "sqlglot", "pyarrow.parquet", "openpyxl", "analytics.warehouse.store")),
    ],
)
def test_a_folder_does_not_know_what_it_must_not(folder: str, forbidden: tuple[str, ...]) -> None:
    assert offences(folder, forbidden) == []


def test_the_rules_would_notice_an_offence() -> None:
    found = set(imported(ROOT / "analytics" / "etl" / "annotate.py"))
    assert any(name.startswith("analytics.etl") for name in found), "imports are not being seen at all"


SQL = re.compile(
    r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+(TABLE|VIEW)|read_parquet)\b", re.S
)


def test_the_dashboard_holds_no_sql() -> None:
    offending = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in modules("dashboard")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value)
    ]
    assert offending == []


ADDRESS = re.compile(r"(?:https?:)?//(?!127\.0\.0\.1|localhost|\[::1\]|\{)([a-z0-9-]+(?:\.[a-z0-9-]+)+)", re.I)


def test_no_code_names_a_host_off_this_machine() -> None:
    """XML namespaces look like addresses and are names; nothing is fetched from them."""
    namespaces = ("schemas.openxmlformats.org", "schemas.microsoft.com", "purl.oclc.org", "purl.org", "www.w3.org")
    offending = []
    for path in project_files():
        inside = path.is_relative_to(ROOT / "analytics") or path.is_relative_to(ROOT / "dashboard")
        if not inside or path.suffix not in TEXT_SUFFIXES or any(word in path.name for word in THIRD_PARTY):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            hosts = [host for host in ADDRESS.findall(line) if host not in namespaces]
            if hosts and "urn:oasis" not in line:
                offending.append(f"{path.relative_to(ROOT)}:{number}: {hosts}")
    assert offending == []


def test_locks_carry_hashes_and_no_index_addresses() -> None:
    for lock in sorted(ROOT.glob("requirements*.lock")):
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text
        assert not re.search(r"^\s*(-i|--index-url|--extra-index-url|-f|--find-links)\b", text, re.M)
        requirements = re.findall(r"^[a-z0-9][^\n]*?==[^\n]*\\$", text, re.M)
        assert len(requirements) == len(re.findall(r"^[a-z0-9]", text, re.M)), f"{lock.name}: a line without hashes"


def test_the_environment_of_the_demo_user_is_contained_in_the_developers() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^(\S+==\S+)", (ROOT / name).read_text(encoding="utf-8"), re.M))

    assert pins("requirements.lock") <= pins("requirements-dev.lock")
    assert any(pin.startswith("setuptools==") for pin in pins("requirements.lock")), "the project could not be built"


def test_every_declaration_loads() -> None:
    files = [path for path in project_files() if path.suffix in {".yaml", ".yml"}]
    assert files
    for path in files:
        assert yaml.safe_load(path.read_text(encoding="utf-8")), path


def test_the_top_level_is_as_the_architecture_says() -> None:
    known = {
        *("README.md", "README.zh-CN.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "NOTICE", "SECURITY.md"),
        *("Makefile", "pyproject.toml"),
        *("constraints.txt", "requirements.lock", "requirements-dev.lock", "requirements-duckdb2.lock"),
        "requirements-postgresql.lock",
        *(".ci", ".gitignore", "analytics", "dashboard", "notebooks", "data", "tests", "bench", "docs"),
    }
    there = {path.relative_to(ROOT).parts[0] for path in project_files()}
    assert there - known == set(), "either it belongs elsewhere, or the architecture page must say what it is"
    assert {"README.md", "Makefile", "pyproject.toml", "LICENSE", "requirements.lock"} <= there


def headings(path: Path) -> list[int]:
    """The levels of a page's headings, in order; fenced blocks are left out."""
    levels, fenced = [], False
    for line in path.read_text(encoding="utf-8").splitlines():
        fenced ^= line.startswith("```")
        if not fenced and line.startswith("#"):
            levels.append(len(line) - len(line.lstrip("#")))
    return levels


def test_the_readme_and_its_chinese_twin_have_the_same_shape() -> None:
    assert headings(ROOT / "README.md") == headings(ROOT / "README.zh-CN.md")


def test_links_between_the_projects_pages_lead_somewhere() -> None:
    broken = []
    for path in project_files():
        if path.suffix != ".md":
            continue
        text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.S)
        targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
        broken += [
            f"{path.relative_to(ROOT)} → {target}"
            for target in targets
            if "://" not in target and not (path.parent / target).exists()
        ]
    assert broken == []


def test_nothing_names_a_path_of_the_machine_it_was_built_on() -> None:
    words = "|".join(("wor" + "k", "far" + "m", "roo" + "t", "tmp/" + "w"))
    place = re.compile(rf"(?<![\w.~$}}])/({words})/")
    offending = []
    for path in project_files():
        if path.suffix not in TEXT_SUFFIXES and path.name not in {"Makefile", "run", "environment"}:
            continue
        if any(word in path.name for word in THIRD_PARTY):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if place.search(line):
                offending.append(f"{path.relative_to(ROOT)}:{number}")
    assert offending == []


def test_no_module_is_too_long_to_read() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {count}"
        for folder in (*PACKAGES, "bench")
        for path in modules(folder)
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > 650
    ]
    assert long == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for folder in (*PACKAGES, "bench")
        for path in modules(folder)
        if path.read_text(encoding="utf-8").strip()
        and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    pattern = re.compile(r"pytest\.(mark\.)?(skip|xfail|importorskip)|@unittest\.skip")
    offending = [
        str(path.relative_to(ROOT))
        for path in modules("tests")
        if path != Path(__file__).resolve() and pattern.search(path.read_text(encoding="utf-8"))
    ]
    assert offending == []
