"""Holds the installed packages to the locks and to licences that may be used, and asks the advisories where it can.

Works without a network. Known weaknesses can be looked up only where ``pip-audit`` is installed and its service can be
reached; where not, this says so and does not pretend. It knows nothing of the software itself.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = "requirements-dev.lock"
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.M)
MAY = re.compile(
    r"\b(MIT|BSD|Apache|ISC|PSF|Python Software Foundation|MPL|Mozilla|LGPL|Lesser|Unlicense|Public Domain|ZPL|Zope"
    r"|HPND|0BSD|CC0|CNRI|Historical Permission|WTFPL|GPL-compatible)",
    re.I,
)
MUST_NOT = re.compile(r"\b(AGPL|Affero|SSPL|Business Source|Commons Clause|Proprietary|Commercial)\b", re.I)


def name_of(text: str) -> str:
    """Return a package's name in its one spelling."""
    return re.sub(r"[-_.]+", "-", text).lower()


def licence_of(found: metadata.Distribution) -> str:
    """Return what a package says of its licence, from every place where it may say so."""
    told = [found.metadata.get("License-Expression") or "", (found.metadata.get("License") or "")[:400]]
    told += [line for line in found.metadata.get_all("Classifier") or [] if line.startswith("License")]
    return " ".join(told)


def problems() -> list[str]:
    """Return what is wrong with the environment, one sentence each."""
    text = (ROOT / LOCK).read_text(encoding="utf-8")
    # A package may be locked at several versions, one a version of Python.
    pins: dict[str, set[str]] = {}
    for name, version in PIN.findall(text):
        pins.setdefault(name_of(name), set()).add(version)
    blocks = [block for block in re.split(r"\n(?=[A-Za-z0-9])", text) if PIN.match(block)]
    bare = [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block]
    wrong = [f"{LOCK}：{line} 没有校验值" for line in bare]
    for found in metadata.distributions():
        name = name_of(found.metadata["Name"])
        if name in {"taizhang", "pip"}:
            continue
        if name not in pins:
            wrong.append(f"{name} {found.version} 不在 {LOCK} 里")
        elif found.version not in pins[name]:
            wrong.append(f"{name} 装的是 {found.version}，锁定的是 {'、'.join(pins[name])}")
        licence = licence_of(found)
        if MUST_NOT.search(licence):
            wrong.append(f"{name} 的许可证不能用：{licence[:80]}")
        elif licence.strip() and not MAY.search(licence):
            wrong.append(f"{name} 的许可证需要看一看：{licence[:80]}")
    return wrong


def advisories() -> int:
    """Look for known weaknesses where that is possible; return the exit code."""
    tool = shutil.which("pip-audit")
    if tool is None:
        print("· 没有安装 pip-audit，本次没有对照公开的漏洞库；请在能联网的机器上另行核对。")
        return 0
    done = subprocess.run(
        [tool, "--require-hashes", "--disable-pip", "-r", LOCK], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode and re.search(r"Connection|resolve|timed out|unreachable", done.stderr):
        print("· 连不上漏洞库，本次没有对照；请在能联网的机器上另行核对。")
        return 0
    print(done.stdout or done.stderr)
    return done.returncode


def main() -> int:
    """Say what was found; 1 where something is wrong."""
    wrong = problems()
    for line in wrong:
        print(f"✗ {line}")
    if not wrong:
        print("✓ 依赖与锁文件一致，都有校验值，许可证都可以用")
    return 1 if wrong else advisories()


if __name__ == "__main__":
    sys.exit(main())
