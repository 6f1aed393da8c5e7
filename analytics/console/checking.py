"""The report's own table beside our figures, for a person at a terminal. Takes what ``--json`` prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analytics.console.output import BAD, FAINT, GOOD, Cell, number, table

_VERDICTS: Mapping[bool | None, Cell] = {True: ("相符", GOOD), False: ("不符", BAD), None: ("原文无数", FAINT)}


def source_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the rows: what the text says, our figure, the interval, and whether it lies inside."""
    body: list[list[Cell]] = []
    for row in rows:
        narrowed = "、".join([*row["dims"].values(), *([f"{row['month']}月"] if row["month"] else [])])
        name = f"{row['name']}（{narrowed}）" if narrowed else row["name"]
        body.append(
            [
                row["system"], row["said"], row["id"], name, number(row["value"]), row["unit"], row["interval"],
                _VERDICTS[row["inside"]],
            ]
        )  # fmt: skip
    return table(("原文所说的工作", "原文数字", "编号", "指标", "数值", "单位", "应在", "核对"), body, right=[4])
