"""What the worker does with a file on the desk: read and compare it, load it once confirmed, take it back.

Every step may be done again after a crash: its result is the same, and nothing is loaded twice. Must not know
processes or pages.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from analytics import intake, moments
from analytics.desk import rights, tasks
from analytics.desk.tasks import Task
from analytics.etl.report import Correction, FileReport, Finding, IngestOptions, Outcome
from analytics.metrics.scope import Scope
from analytics.operations import audit
from analytics.settings import Settings
from analytics.warehouse import pending, published, raw, uploads
from analytics.warehouse.errors import StoreBusy, UnknownUpload, WarehouseError
from analytics.warehouse.preview import preview
from analytics.warehouse.published import Version
from analytics.warehouse.store import Store

_log = logging.getLogger(__name__)

MOST_ATTEMPTS = 3
"""Times a file is read before it is given up: one that takes the worker with it must not stop the others for ever."""
BUSY = "台账库正被别的程序写入，已自动排队，稍后会再试，不用重复操作。"
LATER = "暂时写不进台账库（例如磁盘已满），原因已记入日志；稍后会自动再试。如久未完成，请联系系统管理员。"
PAUSE_SECONDS = 1.0
FAILED = "系统处理时出了错，已记入日志；没有入库任何内容。请重试一次，仍然不行请联系系统管理员。"


def scope_of(task: Task) -> Scope:
    """Return what the sender may send."""
    return Scope(task.counties, task.ledgers, task.discipline)


def options_of(task: Task, version: Version, today: dt.date) -> IngestOptions:
    """Return what the person said along with the file."""
    said = task.options
    return IngestOptions(
        file_name=task.file_name,
        today=today,
        ledger=said.get("ledger"),
        period=said.get("period"),
        unit=said.get("unit"),
        constants=said.get("constants", {}),
        profiles=version.profiles,
        accept_suggestions=bool(said.get("accept_suggestions")),
        mapping=said.get("mapping", {}),
        corrections=tuple(Correction(**one) for one in said.get("corrections", ())),
    )


def said_of(task: Task) -> dict[str, Any]:
    """Return what is kept with an upload of what was said along with it."""
    own = {"repeat"}
    return {name: value for name, value in task.options.items() if value and name not in own}


def read(settings: Settings, waiting: Sequence[Task], reader: intake.Reader) -> Iterator[Task]:
    """Read files and settle each as ready, refused or a duplicate; yield those that are settled."""
    version = published.current(settings)
    today = moments.today()
    begun: list[Task] = []

    def items() -> Iterator[tuple[Path | bytes, IngestOptions]]:
        for task in waiting:
            if not _begin(settings, task, version):
                continue
            begun.append(task)
            yield raw.path_of(settings, task.sha256), options_of(task, version, today)

    for number, outcome in enumerate(reader.read_many(items())):
        task = begun[number]
        try:
            _settle(settings, task, outcome, version)
        except Exception:  # noqa: BLE001 - one file must not take others with it; told, logged and tried again
            _log.exception("settling upload %s failed", task.id)
            _give_back(settings, task)
        yield task


def _begin(settings: Settings, task: Task, version: Version) -> bool:
    """Take a file up; settle at once what need not be read."""
    if not tasks.move(settings, task.id, out_of={"waiting"}, to="reading", attempts=task.attempts + 1):
        return False
    if task.attempts >= MOST_ATTEMPTS:
        _log.error("upload %s was taken up %d times without an end", task.id, task.attempts)
        _refuse(settings, task, _failure(task, "FILE-CRASH", "读取这份文件时系统几次中断，已停止尝试", FAILED))
        return False
    same = None if task.options.get("repeat") else _live(version, task)
    if same is not None:
        about = intake.duplicate(task.file_name, task.sha256, same)
        tasks.move(
            settings, task.id, out_of={"reading"}, to="duplicate", report=about.to_json(), upload_id=same, attempts=0
        )
        return False
    path = raw.path_of(settings, task.sha256)
    if not path.is_file():
        lost = "原文件已不在本机（可能从备份恢复过），请重新上传"
        _refuse(settings, task, _failure(task, "FILE-UNREADABLE", "找不到上传的原文件", lost))
        return False
    return True


def _live(version: Version, task: Task) -> str | None:
    """Return the upload that already holds these bytes, whatever was said along with it, and is not revoked."""
    con = version.connect()
    try:
        row = con.execute(
            "SELECT max_by(upload_id, seq) FROM uploads WHERE sha256 = ? AND revoked_at IS NULL "
            "AND list_contains(?, state)",
            [task.sha256, list(uploads.LOADED_STATES)],
        ).fetchall()
    finally:
        con.close()
    return row[0][0] if row and row[0][0] else None


def _failure(task: Task, code: str, message: str, hint: str) -> FileReport:
    return FileReport(task.file_name, task.sha256, "unreadable", findings=[Finding(code, "error", message, hint)])


def _refuse(settings: Settings, task: Task, report: FileReport) -> None:
    pending.drop(settings, task.id)
    tasks.move(
        settings, task.id, out_of={"reading"}, to="refused", report=report.to_json(), attempts=0, message="",
        revision=task.revision + 1,
    )  # fmt: skip


def _settle(settings: Settings, task: Task, outcome: Outcome, version: Version) -> None:
    """Compare what was read with what is there, and keep it for confirmation."""
    rights.keep_within(outcome, scope_of(task))
    mode = "replace" if task.options.get("replace") else "merge"
    unit = outcome.reporting_unit or task.options.get("unit")
    if mode == "replace" and outcome.tables and not rights.may_replace(scope_of(task), unit):
        words = "整期替换只能替换您负责的县区的单位" if unit else "整期替换要写明填报单位"
        uploads.hold_back(outcome, Finding("SCOPE-REPLACE", "error", words, "请核对填报单位，或不用整期替换"))
    changes = preview(version, outcome, mode, period=task.options.get("period") or outcome.period, unit=unit)
    report = outcome.report
    if not outcome.tables:
        _refuse(settings, task, report)
        return
    report.upload_id = task.id
    pending.drop(settings, task.id)
    source = raw.path_of(settings, task.sha256)
    pending.save(settings, task.id, outcome, said_of(task), mode, task.login, changes, source)
    tasks.move(
        settings, task.id, out_of={"reading"}, to="ready", report=None, attempts=0, message="",
        revision=task.revision + 1,
    )  # fmt: skip


def _give_back(settings: Settings, task: Task) -> None:
    """Put a file back for another attempt, or settle it as refused once there were enough."""
    if task.attempts + 1 >= MOST_ATTEMPTS:
        _refuse(settings, task, _failure(task, "FILE-INTERNAL", "系统处理时出错", FAILED))
    else:
        tasks.move(settings, task.id, out_of={"reading"}, to="waiting")


def load(settings: Settings, confirmed: Sequence[Task], withdrawn: Sequence[Task]) -> list[Task]:
    """Load confirmed files and take others back, all before one publishing; return those that are settled."""
    begun = [one for one in confirmed if tasks.move(settings, one.id, out_of={"confirming"}, to="loading")]
    leaving = [one for one in withdrawn if tasks.move(settings, one.id, out_of={"revoking"}, to="withdrawing")]
    if not begun and not leaving:
        return []
    settled: list[tuple[Task, dict[str, Any]]] = []
    try:
        with Store(settings).writing() as writing:
            settled.extend((task, _load_one(settings, writing, task)) for task in begun)
            settled.extend((task, _withdraw_one(writing, task)) for task in leaving)
    except Exception as error:  # noqa: BLE001 - whatever was committed is found again; the others are tried again
        if not isinstance(error, StoreBusy):
            _log.exception("the store could not be written")
        message = BUSY if isinstance(error, StoreBusy) else LATER
        for task in begun:
            tasks.move(settings, task.id, out_of={"loading"}, to="confirming", message=message)
        for task in leaving:
            tasks.move(settings, task.id, out_of={"withdrawing"}, to="revoking", message=message)
        time.sleep(PAUSE_SECONDS)
        return []
    # What is told as done is on the disk and published.
    for task, became in settled:
        tasks.move(settings, task.id, out_of={"loading", "withdrawing"}, **became)
        if became["to"] in ("done", "duplicate"):
            pending.drop(settings, task.id)
        _tell(settings, task, became)
    return [task for task, _ in settled]


def _load_one(settings: Settings, writing: Any, task: Task) -> dict[str, Any]:
    try:
        same = intake.confirm_into(writing, task.id, settings, by=task.login)
    except UnknownUpload:
        # The preview was too old to be kept; the original is there, so it is read anew and shown again.
        return {"to": "waiting", "message": "预览已过期，正在重新校验，请看过后再确认。"}
    except Exception:  # noqa: BLE001 - told in the file's own message and logged; the others have their turn
        _log.exception("loading upload %s failed", task.id)
        return {"to": "ready", "message": FAILED}
    if same is not None:
        return {"to": "duplicate", "report": same.to_json(), "upload_id": same.upload_id}
    return {"to": "done", "upload_id": task.id, "message": ""}


def _withdraw_one(writing: Any, task: Task) -> dict[str, Any]:
    upload_id = task.upload_id or task.id
    try:
        writing.revoke(upload_id, task.reason, task.actor)
    except UnknownUpload as error:
        return {"to": "done", "message": str(error)}
    except WarehouseError as error:
        # Taken back before: by this worker before it was killed, or on the command line.
        return {"to": "revoked", "message": str(error)}
    return {"to": "revoked", "message": ""}


def _tell(settings: Settings, task: Task, became: dict[str, Any]) -> None:
    action = "revoke" if task.state == "revoking" else "confirm"
    success = became["to"] in ("done", "revoked", "duplicate")
    after = {"file": task.file_name, "sha256": task.sha256, "state": became["to"], "reason": task.reason or None}
    audit.record(
        settings, who=task.actor or task.login, action=action, target=task.id, address=task.address,
        before={"state": "done" if action == "revoke" else "ready"}, after=after, success=success,
    )  # fmt: skip
