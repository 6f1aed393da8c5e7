"""What a person may do at the desk: hand in, look, put right, confirm, drop, take back, fetch.

Every function takes the person who asks and refuses in a sentence what is not theirs. Must not know HTTP or pages.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import IO, Any

from analytics import intake, moments
from analytics.desk import rights, tasks, worker
from analytics.desk.tasks import BUSY, SETTLED, Task
from analytics.etl.corrections import place_of
from analytics.ledgers.model import Ledger, ledgers
from analytics.operations import audit
from analytics.operations.people import Person
from analytics.settings import Settings
from analytics.warehouse import pending, raw
from analytics.warehouse.errors import UnknownUpload, WarehouseError
from analytics.warehouse.periods import span

MOST_FIXES = 2000
LONGEST = 500
"""Characters a cell put right, a constant or a reason may have."""
SUFFIXES = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".et", ".csv", ".txt")
"""File names that are taken; what a file really is, reading it tells."""


class Refused(Exception):  # noqa: N818 - named for what happened
    """What was asked cannot be done; ``str()`` is a Chinese sentence. ``status`` as HTTP says it."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def _must(person: Person, action: str, what: str) -> None:
    if not person.may(action):
        raise Refused(f"您现在的身份不能{what}。工作需要的，请联系系统管理员开通。", 403)


def _task(settings: Settings, person: Person, task_id: str) -> Task:
    """Return a file of the person's own, or anybody's for who may see all originals.

    A file of somebody else is not told apart from one that is not there.
    """
    found = tasks.find(settings, task_id) if len(task_id) <= 40 else None
    if found is None and person.may("original") and pending.waits(settings, task_id):
        found = _take_over(settings, task_id)
    if found is None or not (found.login == person.login or person.may("original")):
        raise Refused("没有这份文件，可能已被放弃，或不是您上传的。", 404)
    return found


def _take_over(settings: Settings, task_id: str) -> Task | None:
    """Put a dry run of the command line on the desk, as its steward acts on it."""
    about = _upload(settings, task_id)
    # The desk reads a file anew from among the originals.
    raw.keep(settings, pending.folder_of(settings, task_id) / pending.ORIGINAL)
    tasks.adopt(
        settings, task_id, login=about["by"], file_name=about["file"], sha256=about["sha256"], actor=about["by"],
        state="ready", options=about["options"], created_at=about["uploaded_at"],
    )  # fmt: skip
    return tasks.find(settings, task_id)


def allowed(person: Person) -> None:
    """Refuse who may not upload at all.

    Raises:
        Refused: Their roles do not allow it.
    """
    _must(person, "upload", "上传台账")


# -- handing in -------------------------------------------------------------------------------------------------------


def check_name(name: str) -> str:
    """Return the bare name of a file a browser sent.

    Raises:
        Refused: It is no workbook by its name.
    """
    bare = "".join(sign for sign in name.replace("\\", "/").rsplit("/", 1)[-1] if sign.isprintable()).strip()[:180]
    if not bare.lower().endswith(SUFFIXES):
        raise Refused(
            f"《{bare or '未命名'}》不是电子表格。请上传 .xlsx、.xls、.et、.ods、.xlsb 或 .csv 文件；"
            "图片、PDF 和压缩包请先整理成表格。",
            415,
        )
    return bare


def hand_in(
    settings: Settings, person: Person, name: str, content: IO[bytes], options: Mapping[str, Any] | None = None,
    *, address: str | None = None,
) -> tuple[Task, bool]:  # fmt: skip
    """Keep a file's bytes and put it on the desk; return it, and whether it was not there before.

    When this returns the bytes and the row are on the disk: nothing that happens afterwards loses them.

    Raises:
        Refused: The person may not upload, or the file is no workbook by its name, empty or too large.
    """
    _must(person, "upload", "上传台账")
    bare = check_name(name)
    try:
        sha256, size = raw.keep_stream(settings, content, settings.max_file_bytes)
    except raw.TooLarge as error:
        limit = settings.max_file_bytes >> 20
        raise Refused(f"《{bare}》超过 {limit} MB 的上限，没有收下。请按年份或县区拆分后分别上传。", 413) from error
    if not size:
        raise Refused(f"《{bare}》是空文件。请确认文件已经保存，再重新上传。")
    said = _said(person, options or {})
    task, fresh = tasks.add(settings, person, sha256=sha256, file_name=bare, size=size, options=said)
    if fresh:
        audit.record(
            settings, who=person.login, action="upload", target=task.id, address=address,
            after={"file": bare, "sha256": sha256, "bytes": size},
        )  # fmt: skip
    worker.ensure(settings)
    return task, fresh


def _said(person: Person, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the checked options of a form: what cannot be meant is refused with a sentence."""
    said: dict[str, Any] = {}
    ledger, period, unit = (str(given.get(name) or "").strip() for name in ("ledger", "period", "unit"))
    if ledger:
        if ledger not in ledgers() or not rights.sees(person.scope, ledgers()[ledger]):
            raise Refused("没有这种台账，或它不在您负责的范围内。")
        said["ledger"] = ledger
    if period:
        if span(period) is None:
            raise Refused(f"看不懂填报期“{period[:20]}”。请写成 2024、2024-07 或 2024Q3。")
        said["period"] = period
    if unit:
        said["unit"] = unit[:100]
    if given.get("replace"):
        if not (unit and period):
            raise Refused("整期替换要同时写明填报单位和填报期，否则不知道替换哪个单位哪一期。")
        if not rights.may_replace(person.scope, unit):
            raise Refused("整期替换只能替换您负责的县区的单位，请核对填报单位。", 403)
        said["replace"] = True
    if given.get("accept_suggestions"):
        said["accept_suggestions"] = True
    return said


# -- the person's turn ------------------------------------------------------------------------------------------------


def amend(settings: Settings, person: Person, task_id: str, revision: int, given: Mapping[str, Any]) -> None:
    """Take what the person says about the file anew and read it again.

    Args:
        settings: Where the data folder is.
        person: Who asks.
        task_id: The file.
        revision: The preview that was on the screen.
        given: ``ledger``, ``period``, ``unit``, ``replace``, ``accept_suggestions``; ``mapping`` (header -> field, ""
            for none) and ``constants`` (field -> value), which are laid over those of before; "" drops a constant.

    Raises:
        Refused: Something in it cannot be meant, or the file has moved on meanwhile.
    """
    _must(person, "upload", "上传台账")
    task = _task(settings, person, task_id)
    said: dict[str, Any] = {}
    if "unit" in given:
        said = _said(person, given)
    else:
        own = ("ledger", "period", "unit", "replace", "accept_suggestions")
        said.update((name, task.options[name]) for name in own if name in task.options)
    known = {column.name for ledger in ledgers().values() for column in ledger.columns}
    for name in ("mapping", "constants"):
        merged = dict(task.options.get(name, {}))
        for key, value in dict(given.get(name) or {}).items():
            field, text = (value, key) if name == "mapping" else (key, value)
            if (field and field not in known) or len(str(text)) > LONGEST:
                raise Refused("列的对应或统一填写的值不对，请刷新页面后重新选择。")
            if name == "constants" and not str(value).strip():
                merged.pop(key, None)
            else:
                merged[key] = str(value).strip()
        if merged:
            said[name] = merged
    if task.options.get("corrections"):
        said["corrections"] = task.options["corrections"]
    _again(settings, task, revision, said)


def fix(
    settings: Settings, person: Person, task_id: str, revision: int, cells: Mapping[tuple[str, str], str],
    *, address: str | None = None,
) -> int:  # fmt: skip
    """Put cells right; return how many. Each is kept with what stood there, by whom and when, and read anew.

    Args:
        settings: Where the data folder is.
        person: Who asks.
        task_id: The file.
        revision: The preview that was on the screen.
        cells: Sheet and cell -> what should stand there.
        address: The network address it came from.

    Raises:
        Refused: A cell is none of this preview's, a text is too long, or the file has moved on meanwhile.
    """
    _must(person, "correct", "更正单元格")
    task = _task(settings, person, task_id)
    shown = fixable(report_of(settings, task))
    kept = {(one["sheet"], one["cell"]): one for one in task.options.get("corrections", ())}
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    changed: list[tuple[str, str]] = []
    for place, new in cells.items():
        if place not in shown or place_of(place[1]) is None:
            raise Refused("要更正的单元格不在这次校验的问题里，请刷新页面后重试。")
        if len(new) > LONGEST:
            raise Refused(f"{place[1]} 的内容太长（超过 {LONGEST} 字），请在原表中更正。")
        old = kept[place]["old"] if place in kept else shown[place]
        if new.strip() == (kept[place]["new"] if place in kept else old):
            continue
        changed.append(place)
        kept[place] = {
            "sheet": place[0], "cell": place[1], "old": old, "new": new.strip(),
            "by": person.name or person.login, "at": now,
        }  # fmt: skip
    if not changed:
        raise Refused("没有改动。请在“改为”一栏填写正确的内容。")
    if len(kept) > MOST_FIXES:
        raise Refused(f"一份文件最多在预览里更正 {MOST_FIXES} 处。问题较多时，请取回标注好的工作簿，改好后重新上传。")
    _again(settings, task, revision, task.options | {"corrections": list(kept.values())})
    audit.record(
        settings, who=person.login, action="correct", target=task.id, address=address,
        after=[{"sheet": s, "cell": c, "old": kept[s, c]["old"], "new": kept[s, c]["new"]} for s, c in changed],
    )  # fmt: skip
    return len(changed)


def unfix(
    settings: Settings, person: Person, task_id: str, revision: int, sheet: str, cell: str,
    *, address: str | None = None,
) -> None:  # fmt: skip
    """Take a correction back: the cell is read again as the file has it.

    Raises:
        Refused: There is none for this cell, or the file has moved on meanwhile.
    """
    _must(person, "correct", "更正单元格")
    task = _task(settings, person, task_id)
    every = task.options.get("corrections", [])
    left = [one for one in every if (one["sheet"], one["cell"]) != (sheet, cell)]
    if len(left) == len(every):
        raise Refused("这个单元格没有更正过。")
    _again(settings, task, revision, task.options | {"corrections": left})
    taken = next(one for one in every if (one["sheet"], one["cell"]) == (sheet, cell))
    audit.record(
        settings, who=person.login, action="correct", target=task.id, address=address,
        before={"sheet": sheet, "cell": cell, "new": taken["new"]},
        after={"sheet": sheet, "cell": cell, "new": taken["old"]},
    )  # fmt: skip


def _again(settings: Settings, task: Task, revision: int, options: Mapping[str, Any]) -> None:
    said = {name: value for name, value in options.items() if value}
    if task.state == "duplicate" or task.options.get("repeat"):
        said["repeat"] = True
    if not tasks.move(
        settings, task.id, out_of=SETTLED, to="waiting", seen=revision, options=said, attempts=0, message=""
    ):
        _moved_on(settings, task)
    worker.ensure(settings)


def _moved_on(settings: Settings, task: Task) -> None:
    now = tasks.find(settings, task.id) or task
    if now.state in BUSY:
        raise Refused("这份文件正在处理，请稍候，页面会自动更新。", 409)
    if now.state in SETTLED:
        raise Refused("预览已经更新（可能在另一个窗口里改过）。页面已刷新，请看过后再操作。", 409)
    raise Refused("这份文件已经办结，不能再改。", 409)


def confirm(settings: Settings, person: Person, task_id: str, revision: int, *, address: str | None = None) -> None:
    """Ask for a previewed file to be loaded; asking twice loads once.

    Raises:
        Refused: There is nothing to load, or the preview on the screen is not the latest.
    """
    _must(person, "upload", "确认导入")
    task = _task(settings, person, task_id)
    if task.state in ("confirming", "loading", "done"):
        return
    changes = {"actor": person.login, "address": address, "message": ""}
    if not tasks.move(settings, task.id, out_of={"ready"}, to="confirming", seen=revision, **changes):
        _moved_on(settings, task)
    worker.ensure(settings)


def drop(settings: Settings, person: Person, task_id: str, *, address: str | None = None) -> None:
    """Take a file that was not loaded off the desk. The original stays for as long as one that nobody confirms.

    Raises:
        Refused: It is being worked on, or it was loaded.
    """
    _must(person, "upload", "放弃上传")
    task = _task(settings, person, task_id)
    if task.state == "dropped":
        return
    if not tasks.move(settings, task.id, out_of=SETTLED | {"waiting"}, to="dropped"):
        _moved_on(settings, task)
    pending.drop(settings, task.id)
    audit.record(
        settings, who=person.login, action="drop", target=task.id, before={"file": task.file_name}, address=address
    )


def revoke(settings: Settings, person: Person, upload_id: str, reason: str, *, address: str | None = None) -> None:
    """Ask for an upload to be taken back, with a reason; asking twice takes it back once.

    Raises:
        Refused: No reason, not theirs, or not loaded.
    """
    _must(person, "revoke", "撤回上传")
    may_fetch(settings, person, upload_id)
    reason = reason.strip()[:LONGEST]
    if not reason:
        raise Refused("撤回要写明原因，例如“报错了文件”。")
    task = tasks.find(settings, upload_id)
    if task is None:
        about = _upload(settings, upload_id)
        if not (about["by"] == person.login or person.may("original")):
            raise Refused("没有这次上传，或不是您上传的。", 404)
        tasks.adopt(
            settings, upload_id, login=about["by"], file_name=about["file"], sha256=about["sha256"],
            actor=person.login, reason=reason, address=address,
        )  # fmt: skip
    else:
        task = _task(settings, person, upload_id)
        if task.state in ("revoking", "withdrawing", "revoked"):
            return
        changes: dict[str, Any] = {"actor": person.login, "address": address, "reason": reason}
        if not tasks.move(settings, task.id, out_of={"done"}, to="revoking", **changes):
            raise Refused("这份文件还没有导入，不用撤回；不要了可以放弃。", 409)
    worker.ensure(settings)


def _upload(settings: Settings, upload_id: str) -> dict[str, Any]:
    try:
        return intake.show(upload_id, settings)
    except UnknownUpload as error:
        raise Refused("没有这次上传，或不是您上传的。", 404) from error


# -- looking and fetching ---------------------------------------------------------------------------------------------


def fixable(report: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """Return the cells that may be put right, and what stands there: those a finding about a field points at."""
    found: dict[tuple[str, str], str] = {}
    for one in report["findings"]:
        in_a_record = one["cell"] and one["field"] and one["row"] and not one["code"].startswith("TOTAL-")
        if in_a_record and one["code"] != "VAL-CORRECTED":
            found.setdefault((one["sheet"], one["cell"]), one["raw"] or "")
    return found


def report_of(settings: Settings, task: Task) -> dict[str, Any]:
    """Return what reading the file gave, whatever its state; findings, sheets, rows held back, differences."""
    if task.report is not None:
        return {"quarantine": [], "differences": None, **task.report}
    try:
        found = intake.show(task.id, settings)
    except WarehouseError:
        # It was loaded or dropped between the two looks, or its preview is no longer kept.
        return _nothing(task)
    return {"differences": None, **found}


def _nothing(task: Task) -> dict[str, Any]:
    return {"sheets": [], "findings": [], "quarantine": [], "differences": None, "state": task.state}


def look(settings: Settings, person: Person, task_id: str) -> tuple[Task, dict[str, Any]]:
    """Return a file on the desk with what is known about it; nothing yet while it is being worked on.

    Raises:
        Refused: It is not there, or not theirs.
    """
    task = _task(settings, person, task_id)
    if task.state in BUSY:
        # Asked every second while one waits, and nothing of a report is shown.
        worker.ensure(settings)
        return task, _nothing(task)
    return task, report_of(settings, task)


def look_at(settings: Settings, person: Person, upload_id: str) -> tuple[Task, dict[str, Any]]:
    """Return an upload as :func:`look` does, one that did not come through the desk too (as done, or ready).

    Raises:
        Refused: It is not there, or not theirs.
    """
    if len(upload_id) > 40 or tasks.find(settings, upload_id) is not None:
        return look(settings, person, upload_id)
    about = _upload(settings, upload_id)
    if not (person.login and about["by"] == person.login) and not person.may("original"):
        raise Refused("没有这次上传，或不是您上传的。", 404)
    state: Any = {"revoked": "revoked", "pending": "ready"}.get(about["state"], "done")
    if state == "ready" and not person.may("original"):
        raise Refused("这是命令行上的预览，请在命令行确认，或请数据管理员在这里确认。", 403)
    task = Task(
        upload_id, about["by"], about["by"], None, None, False, about["sha256"], about["file"], 0, about["options"],
        state, 0, 0, "", None, upload_id, "", about["revoked_reason"] or "", about["uploaded_at"],
        about["uploaded_at"],
    )  # fmt: skip
    return task, {"differences": None, **about}


def history(settings: Settings, person: Person, *, limit: int = 100) -> list[dict[str, Any]]:
    """Return the files and uploads a person may see, newest first: everybody's for who may see all originals."""
    _must(person, "upload", "查看上传记录")
    every = person.may("original")
    mine = tasks.listed(settings, login=None if every else person.login, limit=limit)
    if any(task.state in BUSY for task in mine):
        worker.ensure(settings)
    kept = {one["upload_id"]: one for one in intake.uploads(settings)}
    rows = []
    for task in mine:
        about = kept.pop(task.id, None) or {}
        rows.append(
            {
                "id": task.id, "file": task.file_name, "at": task.created_at, "by": task.name or task.login,
                "state": task.state, "message": task.message, "loaded": about.get("loaded"),
                "quarantined": about.get("quarantined"), "reading": about.get("state"), "ours": True,
                "reason": task.reason, "warnings": about.get("warnings"), "ledgers": about.get("ledgers") or [],
            }
        )  # fmt: skip
    waits = {task.id for task in tasks.listed(settings, limit=10_000)} if kept else set()
    for upload_id, about in kept.items():
        if upload_id in waits or not (every or about["by"] == person.login):
            continue
        state = {"pending": "ready", "revoked": "revoked"}.get(about["state"], "done")
        rows.append(
            {
                "id": upload_id, "file": about["file"], "at": about["uploaded_at"], "by": about["by"], "state": state,
                "message": "", "loaded": about["loaded"], "quarantined": about["quarantined"], "ours": False,
                "reading": about["state"], "reason": about["revoked_reason"] or "", "warnings": about["warnings"],
                "ledgers": about["ledgers"],
            }
        )  # fmt: skip
    return sorted(rows, key=lambda row: str(row["at"]), reverse=True)[:limit]


def may_fetch(settings: Settings, person: Person, upload_id: str) -> tuple[str, str]:
    """Return name and hash of an original that the person may read: their own, or any for the data steward.

    Raises:
        Refused: It is not there, or not theirs.
    """
    task = tasks.find(settings, upload_id) if len(upload_id) <= 40 else None
    if task is not None:
        task = _task(settings, person, upload_id)
        return task.file_name, task.sha256
    about = _upload(settings, upload_id)
    if not (person.login and about["by"] == person.login) and not person.may("original"):
        raise Refused("没有这次上传，或不是您上传的。", 404)
    return str(about["file"]), str(about["sha256"])


def original(settings: Settings, person: Person, upload_id: str, *, address: str | None = None) -> tuple[str, bytes]:
    """Return the name and the very bytes of an original; every reading of one stands in the audit.

    Raises:
        Refused: It is not there, not theirs, or no longer as it was sent.
    """
    name, sha256 = may_fetch(settings, person, upload_id)
    path = raw.path_of(settings, sha256)
    if not path.is_file() or raw.hash_of(path) != sha256:
        raise Refused("原文件缺失或已被改动，请联系系统管理员检查（taizhang check）。", 404)
    audit.record(settings, who=person.login, action="original", target=upload_id, after={"file": name}, address=address)
    return name, path.read_bytes()


def marked(settings: Settings, person: Person, upload_id: str, *, address: str | None = None) -> tuple[str, bytes]:
    """Return the person's own workbook, wrong cells coloured and explained.

    Raises:
        Refused: It is not there, not theirs, or cannot be marked.
    """
    from analytics.etl.annotate import mark

    name, content = original(settings, person, upload_id, address=address)
    task = tasks.find(settings, upload_id)
    report = report_of(settings, task) if task else _upload(settings, upload_id)
    if report.get("reading"):
        report = {**report, "state": report["reading"]}
    return f"{name.rsplit('.', 1)[0]}-标注.xlsx", mark(content, name, report)


def templates(person: Person) -> list[Ledger]:
    """Return the ledgers a person may send, each of which has a template."""
    return [ledger for ledger in ledgers().values() if rights.sees(person.scope, ledger)]


def template(person: Person, ledger: str) -> tuple[str, bytes]:
    """Return the name and bytes of a ledger's template.

    Raises:
        Refused: There is no such ledger, or it is not theirs.
    """
    from analytics.etl.template import build

    _must(person, "upload", "下载填报模板")
    declared = next((one for one in templates(person) if one.id == ledger), None)
    if declared is None:
        raise Refused("没有这种台账，或它不在您负责的范围内。", 404)
    return f"{declared.name}模板.xlsx", build(declared, today=moments.today())
