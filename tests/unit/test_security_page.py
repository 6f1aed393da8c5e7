"""SECURITY.md names a test for each promise: the tests are there. The samples for operations say what they must."""

from __future__ import annotations

import configparser
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_test_named_in_the_security_page_exists() -> None:
    page = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", page))
    assert len(named) > 40
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name in sorted(named) if f"def {name}(" not in code] == []


def test_every_promise_names_a_test() -> None:
    rows = [
        line for line in (ROOT / "SECURITY.md").read_text(encoding="utf-8").splitlines() if re.match(r"\| \d", line)
    ]
    assert len(rows) > 30
    assert [row for row in rows if "`test_" not in row] == []


def test_the_environment_is_the_locked_one() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / ".ci" / "dependencies.py"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "✓" in done.stdout
    assert "pip-audit" in done.stdout or "漏洞库" in done.stdout, "it says whether advisories were asked"


def test_the_systemd_unit_starts_the_command_as_nobody_special() -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str
    unit.read(ROOT / "docs" / "operations" / "taizhang.service", encoding="utf-8")
    service = unit["Service"]
    assert "taizhang serve --host 127.0.0.1" in service["ExecStart"]
    assert service["User"] == "taizhang"
    assert (service["NoNewPrivileges"], service["ProtectSystem"], service["KillSignal"]) == (
        "true",
        "strict",
        "SIGTERM",
    )
    assert int(service["TimeoutStopSec"]) >= 60


def test_the_proxy_sample_hands_on_what_the_server_believes() -> None:
    text = (ROOT / "docs" / "operations" / "nginx.conf").read_text(encoding="utf-8")
    for header in ("Host $host", "X-Forwarded-For $remote_addr", "X-Forwarded-Proto $scheme"):
        assert f"proxy_set_header {header};" in text
    assert "location = /metrics { return 404; }" in text
    assert text.count("{") == text.count("}")
    assert "TLSv1.1" not in text
