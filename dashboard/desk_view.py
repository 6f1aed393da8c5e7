"""What the desk's templates show, in words: states, findings, mappings, changes.

Takes what ``analytics.desk`` and ``analytics.approvals`` answer and finds words for it; must not know addresses' rules
or decide anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from analytics import approvals as waiting
from analytics import moments
from analytics.console.differences import shown
from analytics.desk import counter, keeping, tasks
from analytics.desk.tasks import BUSY, SETTLED, Task
from analytics.ledgers.model import Column, Ledger, geography, ledgers
from analytics.operations.people import Person
from analytics.settings import Settings

MOST_CELLS = 200
MOST_RECORDS = 50
MOST_ITEMS = 15
MOST_UPLOADS = 25
STATES: Mapping[str, tuple[str, str]] = {
    "waiting": ("排队等候", "even"), "reading": ("正在校验", "even"), "ready": ("等待确认", "accent"),
    "refused": ("没有可导入的内容", "bad"), "duplicate": ("以前导入过", "even"), "confirming": ("排队导入", "even"),
    "loading": ("正在导入", "even"), "done": ("已导入", "good"), "revoking": ("正在撤回", "even"),
    "withdrawing": ("正在撤回", "even"), "revoked": ("已撤回", "even"), "dropped": ("已放弃", "even"),
    "expired": ("到期已清理", "even"),
}  # fmt: skip
_SHOWN_ELSEWHERE = frozenset({"VAL-CORRECTED", "MAP-REQUIRED-MISSING"})
"""Findings that have a place of their own on the page."""
_BRACKET = re.compile("（[^（）]*(?:--|taizhang )[^（）]*）")
HOW = {"exact": "名称相同", "synonym": "同义名称", "profile": "以前确认过", "suggested": "系统推测", "set": "统一填写"}
SEVERITY = {"error": ("错误", "bad"), "warning": ("提醒", "even"), "info": ("说明", "even")}


def address(task_id: str) -> str:
    """Return the page of one upload."""
    return f"/uploads?upload={quote(task_id)}"


def moment(text: str | None) -> str:
    """Return a stored moment ready for reading; nothing where there is none."""
    return moments.told(text) if text else ""


def drop(settings: Settings, person: Person) -> dict[str, Any]:
    """Return what the form that takes files shows."""
    return {
        "limit": settings.max_file_bytes,
        "limit_mb": settings.max_file_bytes >> 20,
        "suffixes": ",".join(counter.SUFFIXES),
        "kept_days": settings.keep_unconfirmed_days,
        "ledgers": counter.templates(person),
        "told": {},
        "open_said": False,
    }


def rows(settings: Settings, person: Person, page: int = 1) -> dict[str, Any]:
    """Return a page of the list of uploads, whether any is being worked on, and whether the list is everybody's."""
    found = []
    every = counter.history(settings, person)
    busy = any(row["state"] in BUSY for row in every)
    listed, turn = _page(every, page, MOST_UPLOADS, "/uploads")
    for row in listed:
        words, tone = STATES[row["state"]]
        if row["state"] == "done" and row["reading"] == "partially_accepted":
            words, tone = "部分导入", "bad"
        elif row["state"] == "done" and row["reading"] in ("rejected", "unreadable"):
            words, tone = "没有可导入的内容", "bad"
        done = row["state"] in ("done", "revoked")
        found.append(
            {
                "file": row["file"], "href": address(row["id"]), "words": words, "tone": tone, "by": row["by"],
                "at": moment(row["at"]), "note": row["message"] or (row["reason"] and f"原因：{row['reason']}"),
                "loaded": f"{row['loaded']:,} 行" if done and row["loaded"] is not None else "—",
                "held": f"{row['quarantined']:,} 行" if done and row["quarantined"] else "—",
                "act": "去确认" if row["state"] == "ready" else "查看",
            }
        )  # fmt: skip
    return {"rows": found, "turn": turn, "busy": busy, "every": person.may("original")}


def task(settings: Settings, person: Person, task_id: str) -> dict[str, Any]:
    """Return everything the page of one upload shows."""
    found, report = counter.look_at(settings, person, task_id)
    named = {ledger.id: ledger for ledger in ledgers().values()}
    sheets = report["sheets"]
    loaded = sum(sheet["counts"]["loaded"] for sheet in sheets)
    held = sum(sheet["counts"]["quarantined"] for sheet in sheets)
    editable = found.state in SETTLED and found.state != "duplicate" and person.may("correct")
    severities = [one["severity"] for one in report["findings"]]
    cells, general = _problems(report, named, counter.fixable(report))
    return {
        "task": found,
        "file": found.file_name,
        "by": found.name or found.login,
        "at": moment(found.created_at),
        "kept_until": keeping.until(settings, found),
        "state": _state(settings, found, report, loaded, held),
        "loaded": f"{loaded:,}",
        "markable": bool(report["findings"]) and found.state != "duplicate",
        "same": address(found.upload_id) if found.state == "duplicate" and found.upload_id else None,
        "may_revoke": person.may("revoke"),
        "problems": bool(cells or general),
        "errors": severities.count("error"),
        "warnings": severities.count("warning"),
        "cells": cells[:MOST_CELLS],
        "more": max(0, len(cells) - MOST_CELLS),
        "general": general,
        "editable": editable,
        "fixed": [one | {"at": moment(one["at"])} for one in found.options.get("corrections", ())],
        "sheets": [_sheet(sheet, named, found.options.get("constants", {})) for sheet in sheets],
        "changes": _changes(report["differences"], named) if found.state == "ready" else None,
        "ledgers": counter.templates(person),
        "told": found.options,
        "open_said": found.state == "refused" and not any(sheet["missing"] for sheet in sheets),
    }


def _state(settings: Settings, found: Task, report: Mapping[str, Any], loaded: int, held: int) -> dict[str, Any]:
    words, tone = STATES[found.state]
    first = next((one for one in report["findings"] if one["severity"] == "error"), None)
    lacking = next(
        (
            (
                ledgers()[sheet["likely"]].name,
                [ledgers()[sheet["likely"]].column(name).label for name in sheet["missing"]],
            )
            for sheet in report["sheets"]
            if sheet["likely"] and sheet["missing"]
        ),
        None,
    )
    match found.state:
        case "waiting":
            before = tasks.ahead(settings, found)
            sentence = f"已收到，排队校验中，前面还有 {before} 份。" if before else "已收到，马上开始校验。"
        case "reading":
            sentence = "正在读取和校验。您可以离开这个页面，回来时结果还在。"
        case "ready":
            sentence = f"校验完成：{loaded:,} 行可以导入"
            sentence += (
                f"，{held:,} 行有错误不会导入。可以先在下面更正，也可以先导入没有错误的行。" if held else "，没有错误。"
            )
            sentence += "" if held else "请核对后确认导入。"
        case "refused" if lacking:
            sentence = f"看起来是{lacking[0]}，但表里没有“{'”“'.join(lacking[1])}”。"
            sentence += "请在下面统一填写，或把对应的列选对，再重新校验。"
        case "refused":
            why = f"{first['message']}。{first['hint']}。" if first else "文件里没有读到台账。"
            sentence = f"没有可以导入的内容：{why}"
            sentence = _plain(sentence)
        case "duplicate":
            sentence = "这份文件的内容以前导入过，没有重复导入，不用再做什么。"
        case "confirming" | "loading":
            sentence = "正在导入，马上完成。关掉页面也不影响。"
        case "done":
            sentence = f"已导入 {loaded:,} 行" + (
                f"，{held:,} 行有错误没有导入。更正后重新上传即可，不会重复。" if held else "。"
            )
            if held:
                words, tone = "部分导入", "bad"
        case "revoking" | "withdrawing":
            sentence = "正在撤回，马上完成。"
        case "revoked":
            sentence = f"已撤回。原因：{found.reason}。它带来的记录已退回到上一次的样子。"
        case "expired":
            sentence = "长期没有确认，预览和原文件已按规定清理，没有导入任何内容。仍需要的，请重新上传。"
        case _:
            sentence = "已放弃，没有导入任何内容。"
    return {"words": words, "tone": tone, "sentence": sentence, "busy": found.state in BUSY}


def _problems(
    report: Mapping[str, Any], named: Mapping[str, Ledger], fixable: Mapping[tuple[str, str], str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the findings about cells, errors first and one line a cell, and those about sheets or the file."""
    headers = {(s["sheet"], m["column"]): m["header"] for s in report["sheets"] for m in s["mapping"] if m["column"]}
    held = {(row["sheet"], row["row"]): row["cells"] for row in report["quarantine"]}
    ledger_of = {sheet["sheet"]: sheet["ledger"] for sheet in report["sheets"] if sheet["ledger"]}
    cells, general = [], []
    taken: set[tuple[str, str]] = set()
    for one in sorted(report["findings"], key=lambda one: ("error", "warning", "info").index(one["severity"])):
        word, tone = SEVERITY[one["severity"]]
        about = {name: one[name] for name in ("severity", "sheet", "hint")}
        about |= {"word": word, "tone": tone, "message": one["message"].rstrip("。")}
        about["hint"] = f"{_plain(one['hint']).rstrip('。')}。" if _plain(one["hint"]) else ""
        if one["code"] in _SHOWN_ELSEWHERE:
            continue
        if not one["row"]:
            if one["severity"] != "info":
                general.append(about | {"place": " ".join(part for part in (one["sheet"], one["cell"]) if part)})
            continue
        place = (one["sheet"], one["cell"] or "")
        column = _column(named.get(ledger_of.get(one["sheet"]) or ""), one["field"])
        row = held.get((one["sheet"], one["row"]), {})
        can = place in fixable and place not in taken
        taken.add(place)
        cells.append(
            about
            | {
                "cell": one["cell"] or f"第 {one['row']} 行",
                "key": f"{one['sheet']}!{one['cell']}",
                "label": column.label if column else "整行",
                "raw": one["raw"] or "",
                "fixable": can,
                "choices": _choices(column) if one["severity"] == "error" else [],
                "row_words": [(headers.get((one["sheet"], at)) or at, value) for at, value in row.items()],
            }
        )
    return cells, general


def _plain(hint: str) -> str:
    """Return a hint without the parts that speak to somebody at the command line."""
    parts = re.split("([；。，])", _BRACKET.sub("", hint))
    kept = [part for part in parts if "taizhang " not in part and "--" not in part]
    return "".join(kept).strip("；，")


def _column(ledger: Ledger | None, name: str | None) -> Column | None:
    return next((one for one in ledger.columns if one.name == name), None) if ledger and name else None


def _choices(column: Column | None) -> list[str]:
    if column is None:
        return []
    if column.type == "county":
        return [county.name for county in geography().counties]
    if column.type == "boolean":
        return ["是", "否"]
    return list(column.offered)


def _sheet(sheet: Mapping[str, Any], named: Mapping[str, Ledger], given: Mapping[str, str]) -> dict[str, Any]:
    ledger = named.get(sheet["ledger"] or sheet["likely"] or "")
    counts = sheet["counts"]
    others = counts["subtotal"] + counts["blank"] + counts["repeated_header"] + counts["note"]
    what = "没有认出是哪种台账"
    if ledger is not None:
        rows = "、".join(map(str, sheet["header_rows"]))
        what = f"{'认作' if sheet['ledger'] else '看起来是'}{ledger.name}，表头在第 {rows} 行"
        if sheet["first_row"]:
            what += f"，数据在第 {sheet['first_row']} 至 {sheet['last_row']} 行"
    labels = {column.name: _label(column) for column in ledger.columns} if ledger else {}
    columns = [
        {"letter": m["column"], "header": m["header"], "field": m["field"], "label": labels.get(m["field"], m["field"]),
         "how": HOW[m["how"]], "likely": []}
        for m in sheet["mapping"] if m["column"]
    ]  # fmt: skip
    for one in sheet["unmapped"]:
        likely = [{"field": f, "label": labels.get(f, f), "score": score} for f, score in one["suggestions"]]
        columns.append(
            {"letter": one["column"], "header": one["header"], "field": "", "label": "", "how": "没有对应上",
             "likely": likely}
        )  # fmt: skip
    set_already = [m["field"] for m in sheet["mapping"] if not m["column"]]
    constants = [
        {"field": column.name, "label": _label(column), "choices": _choices(column),
         "value": given.get(column.name, ""), "example": "例：2024-07-15" if column.type == "date" else ""}
        for column in (ledger.columns if ledger else ()) if column.name in {*sheet["missing"], *set_already}
    ]  # fmt: skip
    words = {
        "读到": counts["read"],
        "可以导入": counts["loaded"],
        "有错误": counts["quarantined"],
        "合计、空行、注释等": others,
    }
    return {
        "name": sheet["sheet"],
        "what": what,
        "counts": [(name, f"{value:,} 行") for name, value in words.items()] if sheet["ledger"] else [],
        "columns": sorted(columns, key=lambda one: (len(one["letter"]), one["letter"])) if ledger else [],
        "doubtful": sum(not one["field"] and bool(one["likely"]) for one in columns),
        "fields": [
            {"field": column.name, "label": _label(column), "required": column.required}
            for column in (ledger.columns if ledger else ())
        ],
        "missing": sheet["missing"],
        "constants": constants,
    }


def _label(column: Column) -> str:
    return f"{column.label}（{column.unit}）" if column.unit else column.label


def _changes(found: Mapping[str, Any] | None, named: Mapping[str, Ledger]) -> dict[str, Any] | None:
    if not found:
        return None
    sums = {kind: sum(count[kind] for count in found["counts"].values()) for kind in
            ("new", "changed", "unchanged", "removed")}  # fmt: skip
    labels = {(ledger.id, column.name): column.label for ledger in named.values() for column in ledger.columns}
    groups = []
    for kind, title in (("removed", "将不再有效的记录"), ("new", "新增的记录")):
        rows = found[kind]
        if rows:
            lines = [
                {"place": f"{one['sheet']} 第 {one['row']} 行", "words": _words(one["values"])}
                for one in rows[:MOST_RECORDS]
            ]
            told = f"{title}（{sums[kind]:,} 条{f'，列出前 {MOST_RECORDS} 条' if len(rows) > MOST_RECORDS else ''}）"
            groups.append({"title": told, "rows": lines, "open": kind == "removed"})
    return {
        "words": f"新增 {sums['new']:,} 条，更正 {sums['changed']:,} 条，不变 {sums['unchanged']:,} 条，"
        f"删去 {sums['removed']:,} 条",
        "fields": [
            {"place": f"{one['sheet']} {one['cell'] or '第 ' + str(one['row']) + ' 行'}",
             "label": labels.get((one["ledger"], one["field"]), one["field"]), "old": shown(one["old"]),
             "new": shown(one["new"])}
            for one in found["fields"][:MOST_CELLS]
        ],
        "groups": groups,
    }  # fmt: skip


def _words(values: Mapping[str, Any]) -> str:
    return "　".join(shown(value) for value in list(values.values())[:5])


def cells_of(given: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """Return the cells a form puts right: sheet and cell -> text."""
    found = {}
    for name, value in given.items():
        if name.startswith("cell:"):
            sheet, _, cell = name.removeprefix("cell:").rpartition("!")
            found[sheet, cell] = value
    return found


# -- approvals --------------------------------------------------------------------------------------------------------

ACTIONS = {"accept": "采用", "refuse": "不采用或退回", "merge": "合并", "split": "认定为两条"}


def _page(found: Sequence[Any], page: int, most: int, address_of: str) -> tuple[Sequence[Any], dict[str, Any]]:
    """Return one page of what was found, and how its place and the ways on are told; too far on is the last page."""
    pages = max(1, -(-len(found) // most))
    at = min(max(page, 1), pages)
    join = "&" if "?" in address_of else "?"
    turn = {
        "words": f"第 {at} / {pages} 页，共 {len(found):,} 项",
        "earlier": f"{address_of}{join}page={at - 1}" if at > 1 else None,
        "later": f"{address_of}{join}page={at + 1}" if at < pages else None,
        "needed": pages > 1,
    }
    return found[(at - 1) * most : at * most], turn


def approvals(settings: Settings, show: str, page: int = 1) -> dict[str, Any]:
    """Return what the page of approvals shows: what awaits, or what was decided."""
    every = waiting.waiting(settings)
    kinds = {"": "estimate", "duplicate": "duplicate"}
    number = {kind: sum(one.kind == kind for one in every) for kind in kinds.values()}
    tabs = [
        {"word": f"约数 {number['estimate']}", "href": "/approvals", "chosen": show not in ("duplicate", "decided")},
        {"word": f"疑似重复 {number['duplicate']}", "href": "/approvals?show=duplicate", "chosen": show == "duplicate"},
        {"word": "处理过的", "href": "/approvals?show=decided", "chosen": show == "decided"},
    ]
    if show == "decided":
        found = waiting.decided(settings)
        items = [_decided(one) for one in found]
    else:
        wanted = kinds.get(show, "estimate")
        items = [_item(one) for one in every if one.kind == wanted]
    nothing = {"decided": "还没有处理过。", "duplicate": "没有疑似重复的记录。"}.get(show, "没有等待审核的约数。")
    here = str(next(tab["href"] for tab in tabs if tab["chosen"]))
    shown_items, turn = _page(items, page, MOST_ITEMS, here)
    return {"tabs": tabs, "items": shown_items, "turn": turn, "nothing": nothing}


def _item(one: waiting.Item) -> dict[str, Any]:
    ledger = ledgers()[one.ledger]
    record = one.record
    found: dict[str, Any] = {
        "id": one.item_id, "code": one.item_id, "kind": one.kind, "ledger": ledger.name,
        "title": " · ".join(part for part in (record.name, record.county, record.day) if part),
        "label": one.label, "raw": one.raw, "likeness": one.likeness,
        "span": waiting.span_words(one) if one.kind == "estimate" else "",
        "origin": f"{record.unit or '未写填报单位'}《{record.file}》{record.sheet} 第 {record.row} 行",
    }  # fmt: skip
    if one.other is not None:
        found["rows"] = _side_by_side(ledger, record, one.other)
    return found


def _side_by_side(ledger: Ledger, record: waiting.Place, other: waiting.Place) -> list[tuple[str, str, str]]:
    mine, theirs = dict(waiting.words_of(record.values, ledger)), dict(waiting.words_of(other.values, ledger))
    names: Sequence[str] = list(dict.fromkeys([*mine, *theirs]))
    rows = [
        ("来源", *(f"{one.unit or '未写单位'}《{one.file}》第 {one.row} 行" for one in (record, other))),
        *((name, mine.get(name, "—"), theirs.get(name, "—")) for name in names),
    ]
    return [(row[0], row[1], row[2]) for row in rows]


def _decided(one: Mapping[str, Any]) -> dict[str, Any]:
    ledger = ledgers()[one["ledger"]]
    column = _column(ledger, one["field"])
    words = f"{one['decided_by']} 于 {moment(one['decided_at'])} {ACTIONS[one['action']]}"
    if column is not None:
        words += f"：“{column.label}”原写“{one['raw']}”" + (f"，按 {one['value']} 计" if one["value"] else "")
    if one["reason"]:
        words += f"；原因：{one['reason']}"
    if one["undone_at"]:
        words += f"。{one['undone_by']} 于 {moment(one['undone_at'])} 撤销"
    return {
        "id": one["decision_id"], "code": one["decision_id"], "kind": "decided", "ledger": ledger.name,
        "words": words + "。",
        "title": f"{'约数' if one['kind'] == 'estimate' else '疑似重复'}：{ACTIONS[one['action']]}",
        "origin": f"记录 {one['record_id'][:10]}" + (f" 与 {one['other_id'][:10]}" if one["other_id"] else ""),
        "open": one["undone_at"] is None,
    }  # fmt: skip
