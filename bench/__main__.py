"""Run the measures, print them as a table, keep them as JSON, refresh the block in the READMEs.

``python -m bench`` runs all; ``python -m bench ingest overview`` only those. The READMEs show the headline measures
and are refreshed whenever all of these were run. ``accuracy`` and ``large`` run only when they are named.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from importlib import import_module

from analytics.console.output import table
from bench.measure import ROOT, Measure

HEADLINE = ("ingest", "small", "overview", "cost", "first_load")
NAMES = (*HEADLINE, "users", "uploads", "crash")
SLOW = ("accuracy", "large")
START, END = "<!-- bench:start -->", "<!-- bench:end -->"


def block(measures: Sequence[Measure], *, chinese: bool, day: dt.date) -> str:
    """Return the measures as the Markdown table that stands between the marks in a README."""
    cores = os.cpu_count()
    if chinese:
        head = "| 测量项 | 结果 | 要求 |"
        foot = f"由 `make bench` 于 {day} 在 {cores} 核、Python {platform.python_version()} 上测得。"
    else:
        head = "| measure | result | required |"
        foot = f"Measured by `make bench` on {day}, {cores} cores, Python {platform.python_version()}."
    rows = [f"| {m.label_zh if chinese else m.label} | {m.figure()} | {m.bound()} |" for m in measures]
    return "\n".join([START, head, "|---|---:|---:|", *rows, "", foot, END])


def refresh(measures: Sequence[Measure], day: dt.date) -> None:
    """Put the figures into both READMEs."""
    for name, chinese in (("README.md", False), ("README.zh-CN.md", True)):
        path = ROOT / name
        text = path.read_text(encoding="utf-8")
        before, rest = text.split(START)
        after = rest.split(END)[1]
        path.write_text(before + block(measures, chinese=chinese, day=day) + after, encoding="utf-8")


def main() -> int:
    """Run; the exit code says whether every limit was kept."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *NAMES, *SLOW], help=f"any of: {', '.join((*NAMES, *SLOW))}")
    names = parser.parse_args().names or NAMES
    measured: dict[str, list[Measure]] = {}
    for name in names:
        print(f"· {name} …", flush=True)
        measured[name] = list(import_module(f"bench.{name}").measure())
    measures = [one for each in measured.values() for one in each]
    marks = {True: "✓", False: "✗ 超出", None: ""}
    rows = [(m.label_zh, m.figure(), m.bound(), marks[m.kept], m.detail) for m in measures]
    print(table(("测量项", "结果", "要求", "", "说明"), rows, right=(1,)))
    now = dt.datetime.now().astimezone()
    results = ROOT / "bench" / "results"
    results.mkdir(parents=True, exist_ok=True)
    machine = {"python": platform.python_version(), "cores": os.cpu_count(), "system": platform.platform()}
    data = {
        "at": now.isoformat(timespec="seconds"),
        **machine,
        "measures": [asdict(m) | {"kept": m.kept} for m in measures],
    }
    path = results / f"{now:%Y%m%d-%H%M%S}.json"
    path.write_text(json.dumps(data, ensure_ascii=False, indent=2), encoding="utf-8")
    print(f"JSON：{path.relative_to(ROOT)}")
    if set(HEADLINE) <= set(names):
        refresh([one for name in HEADLINE for one in measured[name]], now.date())
    return int(any(m.kept is False for m in measures))


if __name__ == "__main__":
    raise SystemExit(main())
