"""The contract's JSON shapes as compact Chinese tables for a person at a terminal.

Every function takes the plain dictionaries that ``--json`` prints, so both ways of printing say the same.
This module must not know where the dictionaries come from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analytics.console.output import BAD, DOUBTFUL, FAINT, GOOD, Cell, moment, number, shorten, table

Row = Mapping[str, Any]

STATES: Mapping[str, tuple[str, str]] = {
    "accepted": ("全部通过", GOOD),
    "accepted_with_warnings": ("通过，有提醒", DOUBTFUL),
    "partially_accepted": ("部分通过", DOUBTFUL),
    "rejected": ("没有导入", BAD),
    "duplicate": ("重复文件", FAINT),
    "unreadable": ("读不出来", BAD),
    "pending": ("待确认", DOUBTFUL),
    "revoked": ("已撤回", FAINT),
}
SEVERITIES: Mapping[str, tuple[str, str]] = {
    "error": ("错误", BAD),
    "warning": ("提醒", DOUBTFUL),
    "info": ("说明", FAINT),
}
MOST_FINDINGS = 12
"""Findings shown per file at ingest; `findings` and `annotate` show all."""


def state(value: str) -> Cell:
    """Return a state in words, coloured."""
    return STATES.get(value, (value, None))


def place(finding: Row) -> str:
    """Return where a finding is, as people say it: sheet, then cell or row."""
    where = finding.get("cell") or (f"第{finding['row']}行" if finding.get("row") else "")
    return " ".join(part for part in (finding.get("sheet") or "整个文件", where) if part)


def findings(rows: Sequence[Row], *, with_file: bool = False) -> str:
    """Return findings as a table: how serious, where, what, what to do."""
    return table(
        (*(["文件"] if with_file else []), "程度", "位置", "原来的内容", "问题", "怎么改"),
        [
            (
                *([shorten(row["file"], 28)] if with_file else []),
                SEVERITIES[row["severity"]],
                shorten(place(row), 28),
                shorten(row.get("raw") or "", 20),
                shorten(row["message"], 60),
                shorten(row["hint"], 48),
            )
            for row in rows
        ],
    )


def _ledger_of(sheet: Row, names: Mapping[str, str]) -> str:
    """Say which ledger a sheet is, or which it looks like where it could not be taken for one."""
    likely = names.get(sheet.get("likely") or "")
    return names.get(sheet["ledger"] or "") or (f"像{likely}" if likely else "不是台账")


def files(reports: Sequence[Row], names: Mapping[str, str], most: int = MOST_FINDINGS) -> str:
    """Return what became of each file: its sheets with their counts, then what is worth looking at.

    Args:
        reports: The ``files`` of the contract.
        names: Ledger id to Chinese name.
        most: How many findings are shown per file.
    """
    head: list[Sequence[Cell]] = []
    for report in reports:
        name = shorten(report["file"], 36)
        if not report["sheets"]:
            head.append((name, state(report["state"]), "", "", "", "", "", ""))
        for index, sheet in enumerate(report["sheets"]):
            counts, changes = sheet["counts"], sheet["changes"]
            head.append(
                (
                    name if index == 0 else "",
                    state(report["state"]) if index == 0 else "",
                    shorten(sheet["sheet"], 20),
                    _ledger_of(sheet, names),
                    number(counts["read"]),
                    number(counts["loaded"]),
                    (number(counts["quarantined"]), BAD if counts["quarantined"] else None),
                    f"{changes['new']}/{changes['changed']}/{changes['unchanged']}/{changes['removed']}",
                )
            )
    headers = ("文件", "结果", "工作表", "台账", "读入", "导入", "有误", "新/改/同/删")
    parts = [table(headers, head, right=(4, 5, 6))]
    for report in reports if most else ():
        serious = [row for row in report["findings"] if row["severity"] != "info"]
        serious.sort(key=lambda row: row["severity"] != "error")
        if serious:
            shown = serious[:most]
            parts.append(
                f"\n{report['file']}：错误 {_count(serious, 'error')} 处，提醒 {_count(serious, 'warning')} 处"
            )
            parts.append(findings(shown))
            if len(serious) > len(shown):
                parts.append(
                    f"……还有 {len(serious) - len(shown)} 处，全部列表见 taizhang findings 或 taizhang annotate"
                )
    return "\n".join(parts)


def _count(rows: Sequence[Row], severity: str) -> int:
    return sum(row["severity"] == severity for row in rows)


def summary(reports: Sequence[Row]) -> str:
    """Return one sentence about all files of a command."""
    if not reports:
        return "文件夹里没有可以导入的文件。"
    rows = {
        part: sum(sheet["counts"][part] for report in reports for sheet in report["sheets"])
        for part in ("loaded", "quarantined")
    }
    words = []
    for value, (word, _) in STATES.items():
        count = sum(report["state"] == value for report in reports)
        if count:
            words.append(f"{word} {count} 个")
    moved = f"导入 {rows['loaded']} 行，有错误未导入 {rows['quarantined']} 行"
    return f"共 {len(reports)} 个文件：{'，'.join(words)}；{moved}。"


def kpi(answer: Row, labels: Mapping[str, str]) -> str:
    """Return figures as a table, 同比 and 环比 in words; a column nobody fills is left out.

    Args:
        answer: What ``--json`` prints, told for people.
        labels: What the columns figures are split by are called.
    """
    rows = answer["rows"]
    dims = list(dict.fromkeys(name for row in rows for name in row["dims"]))
    optional = {"target": "年度目标", "completion": "完成率", "yoy": "同比", "mom": "环比"}
    shown = {key: head for key, head in optional.items() if any(row.get(key) not in {None, "—"} for row in rows)}
    body = []
    for row in rows:
        cells: list[Cell] = [row["id"], row["name"], *(str(row["dims"].get(name) or "—") for name in dims)]
        cells += [number(row["value"]), row["unit"]]
        for key in shown:
            value = row.get(key)
            share = key == "completion" and value is not None
            cells.append(
                (value if isinstance(value, str) else f"{number(value, 1)}%" if share else number(value), None)
            )
        cells.append("；".join(row["flags"]))
        body.append(cells)
    first_number = 2 + len(dims)
    right = [first_number, *range(first_number + 2, first_number + 2 + len(shown))]
    headers = (
        "编号",
        "指标",
        *(DIMENSIONS.get(name) or labels.get(name, name) for name in dims),
        "数值",
        "单位",
        *shown.values(),
        "备注",
    )
    return table(headers, body, right=right)


DIMENSIONS = {
    "county": "县区",
    "unit": "填报单位",
    "month": "月份",
    "quarter": "季度",
    "half": "半年",
    "year": "年度",
    "ledger": "台账",
}


def uploads(rows: Sequence[Row]) -> str:
    """Return uploads, newest first."""
    return table(
        ("编号", "时间", "文件", "填报单位", "结果", "导入", "有误"),
        [
            (
                row["upload_id"],
                moment(row.get("uploaded_at")),
                shorten(row["file"], 40),
                shorten(row.get("unit") or "—", 20),
                state(row["state"]),
                number(row.get("loaded")),
                number(row.get("quarantined")),
            )
            for row in rows
        ],
        right=(5, 6),
    )


def upload(answer: Row, names: Mapping[str, str]) -> str:
    """Return one upload in full: what was recognised column by column, then all findings."""
    parts = [f"{answer['file']}　{state(answer['state'])[0]}　编号 {answer['upload_id']}", files([answer], names, 0)]
    for sheet in answer["sheets"]:
        if sheet["mapping"]:
            parts.append(f"\n工作表“{sheet['sheet']}”各列的对应")
            rows = [
                (item["column"], shorten(item["header"], 40), item["field"], HOW[item["how"]])
                for item in sheet["mapping"]
            ]
            parts.append(table(("列", "表头", "对应", "依据"), rows))
        if sheet["unmapped"]:
            kept = "、".join(f"{item['column']}（{shorten(item['header'], 24)}）" for item in sheet["unmapped"])
            parts.append(f"没有对应的列（原样保留）：{kept}")
    if answer["findings"]:
        parts.append("\n发现的问题")
        parts.append(findings(answer["findings"]))
    return "\n".join(parts)


HOW = {"exact": "名称相同", "synonym": "同义", "profile": "以前确认过", "suggested": "推测", "set": "--set 指定"}


def ledgers(rows: Sequence[Row]) -> str:
    """Return the ledgers: id, name, how many columns, which must be there."""
    return table(
        ("编号", "名称", "列数", "必填的列"),
        [
            (
                row["id"],
                row["name"],
                str(len(row["columns"])),
                "、".join(column["label"] for column in row["columns"] if column["required"]),
            )
            for row in rows
        ],
        right=(2,),
    )


def metrics(rows: Sequence[Row]) -> str:
    """Return the KPIs: id, name, unit, definition."""
    return table(
        ("编号", "名称", "单位", "定义"),
        [(row["id"], row["name"], row["unit"], shorten(row["definition"], 70)) for row in rows],
    )


def checks(rows: Sequence[Row]) -> str:
    """Return what the doctor found, a line each."""
    verdicts: Mapping[str, Cell] = {"ok": ("正常", GOOD), "warning": ("留意", DOUBTFUL), "error": ("有误", BAD)}
    return table(("结论", "说明"), [(verdicts[row["verdict"]], row["message"]) for row in rows])
