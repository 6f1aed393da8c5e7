"""One upload from file to published version: what the command line, the dashboard and the demo call.

Puts the steps in order and nothing else: it must not know how a workbook is read, how records are kept or how a
figure is computed.
"""

from __future__ import annotations

import datetime as dt
import getpass
import io
import logging
import math
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from analytics import moments
from analytics.etl.report import FileReport, Finding, IngestOptions, Outcome
from analytics.pump import Job, Plan, Pump, Reader, duplicate
from analytics.settings import Settings
from analytics.warehouse import pending, published, raw
from analytics.warehouse import uploads as rows
from analytics.warehouse.answers import findings, original, profiles, show, uploads
from analytics.warehouse.backup import backup, restore
from analytics.warehouse.check import check
from analytics.warehouse.errors import StoreBusy, UnknownProfile
from analytics.warehouse.export import Kind, records, write, write_file
from analytics.warehouse.lock import POLL_SECONDS
from analytics.warehouse.preview import preview
from analytics.warehouse.store import Store, Writing, new_upload_id

if TYPE_CHECKING:
    from analytics.metrics.scope import Scope

__all__ = [
    "Reader",
    "backup",
    "check",
    "confirm",
    "duplicate",
    "expand",
    "export",
    "findings",
    "forget_profile",
    "ingest",
    "original",
    "profiles",
    "restore",
    "revoke",
    "show",
    "uploads",
    "who",
]

_log = logging.getLogger(__name__)

OnProgress = Callable[[int, str], object]
"""Called with how many files are finished and the name of the one just finished."""
PUBLISH_SECONDS = 3.0
"""In a long run readers see what is committed about this often, and other writers get their turn."""
PUBLISH_SHARE = 10.0
"""Publishing may take one part in this many of a long run: where it is slow it is done more seldom."""
PREPARE_SECONDS = 1.0
"""How long a large first file is read before the store is made ready: to begin with it needs all processors."""
_HEAVY = 2 << 20
"""Bytes from which a workbook is a large one."""
_JUNK = frozenset({"thumbs.db", "desktop.ini"})


def expand(paths: Iterable[Path | str]) -> list[Path]:
    """Return the files that ``paths`` name, folders opened up in a stable order, without office programs' litter."""
    found: list[Path] = []
    for given in paths:
        path = Path(given)
        if not os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises for too long a name
            found.append(path)
            continue
        for entry in sorted(path.rglob("*")):
            parts = entry.relative_to(path).parts
            hidden = any(part.startswith((".", "~$")) for part in parts)
            if entry.is_file() and not hidden and entry.name.lower() not in _JUNK:
                found.append(entry)
    return found


def who() -> str:
    """Return the name of the person at this machine, as far as the machine knows it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        # A container's user may have no name; the upload then has no uploader.
        return ""


def ingest(
    paths: Sequence[Path | str],
    settings: Settings,
    *,
    ledger: str | None = None,
    period: str | None = None,
    unit: str | None = None,
    constants: Mapping[str, str] | None = None,
    replace: bool = False,
    accept_suggestions: bool = False,
    mapping: Mapping[str, str] | None = None,
    strict: bool = False,
    dry_run: bool = False,
    by: str | None = None,
    today: dt.date | None = None,
    wait: float | None = None,
    on_progress: OnProgress | None = None,
    reader: Reader | None = None,
) -> list[FileReport]:
    """Read files and load them, each in a transaction of its own; publish at the end.

    One file's failure never stops the others. The same bytes with the same options are loaded once.

    Args:
        paths: Files and folders.
        settings: Where the data folder is, and the limits.
        ledger: The ledger all sheets are, where the person said so.
        period: The stated period; fills in years, and says what ``replace`` replaces.
        unit: The reporting unit, where the workbook does not say.
        constants: Field -> value for required columns the workbook lacks.
        replace: Replace the unit's records of the period instead of merging by key.
        accept_suggestions: Take suggested mappings as if a person had confirmed them.
        mapping: Header -> field, as the person says; kept for such headers once the file is loaded.
        strict: Load nothing of a file that has an error.
        dry_run: Store nothing; keep what was read for ``confirm``.
        by: Who uploads; the machine's user if not given.
        today: The day the files are judged on.
        wait: Seconds to wait for another writer.
        on_progress: Told after each file.
        reader: Reads the files; children with limits if not given.

    Returns:
        One report a file, in the order of the files.

    Raises:
        StoreBusy: Another process kept the write lock past the wait. Files reported before stay loaded.
    """
    version = published.current(settings)
    said = {
        "ledger": ledger,
        "period": period,
        "unit": unit,
        "constants": dict(constants or {}),
        "accept_suggestions": accept_suggestions,
        "mapping": dict(mapping or {}),
        "replace": replace,
    }
    options = {key: value for key, value in said.items() if value}
    plan = Plan(
        settings=settings,
        options=options,
        mode="replace" if replace else "merge",
        strict=strict,
        by=who() if by is None else by,
        wait=wait,
    )
    files = expand(paths)
    day = today or moments.today()

    def ask(path: Path) -> IngestOptions:
        return IngestOptions(
            file_name=path.name,
            today=day,
            ledger=ledger,
            period=period,
            unit=unit,
            constants=dict(constants or {}),
            profiles=version.profiles,
            accept_suggestions=accept_suggestions,
            mapping=dict(mapping or {}),
        )

    reports: dict[int, FileReport] = {}
    with ExitStack() as stack:
        if reader is None:
            from analytics.etl.sandbox import Reader as Sandbox

            reader = stack.enter_context(Sandbox(settings, workers=max(1, min(2, os.cpu_count() or 1, len(files)))))
        loader = None if dry_run else stack.enter_context(_Loader(plan, patient=_heavy(files)))
        taker = loader or _Preview(plan, version)
        source = Pump(files, ask, plan, version, reader, keep=not dry_run)
        for job, found in source.results(taker.idle):
            if isinstance(found, FileReport):
                report = found
            else:
                report = taker.take(job, found)
                # What is loaded need not be held until the end, when publishing needs the room.
                found.tables.clear()
            reports[job.index] = report
            if on_progress is not None:
                on_progress(len(reports), job.path.name)
    return [reports[index] for index in sorted(reports)]


def _heavy(files: Sequence[Path]) -> bool:
    """Tell whether the first of some files is a large one."""
    try:
        return bool(files) and files[0].stat().st_size >= _HEAVY
    except OSError:
        # What is wrong with it is said when it is read.
        return False


class _Loader:
    """Commits outcomes; holds the store open only while there is something to commit."""

    def __init__(self, plan: Plan, *, patient: bool) -> None:
        """Take the plan; ``patient``: leave the processors to the reading at first."""
        self._plan = plan
        self._prepare_at = time.monotonic() + (PREPARE_SECONDS if patient else 0.0)
        self._store = Store(plan.settings)
        self._stack = ExitStack()
        self._writing: Writing | None = None
        self._due = time.monotonic() + PUBLISH_SECONDS
        self._left = -math.inf
        """When the lock was last let go of on purpose."""
        self._behind = False
        self._prepared = False

    def __enter__(self) -> _Loader:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Publish what is committed, also after a failure, and let go of the store."""
        try:
            if self._behind and not isinstance(error, StoreBusy):
                self._open().publish()
                self._behind = False
        finally:
            self._close()

    def take(self, job: Job, outcome: Outcome) -> FileReport:
        """Commit one file; its report says what became of it, whatever happens."""
        report = outcome.report
        if not report.sha256:
            return report
        plan = self._plan
        try:
            writing = self._open()
            same = writing.find_duplicate(report.sha256, plan.options)
            if same:
                return duplicate(report.file, report.sha256, same)
            if plan.strict:
                hold_back_if_wrong(outcome)
            writing.commit(
                outcome,
                mode=plan.mode,
                period=plan.options.get("period"),
                unit=outcome.reporting_unit or plan.options.get("unit"),
                by=plan.by,
                options=plan.options,
            )
            keep_profiles(writing, report, plan.options.get("mapping"), plan.by)
        except StoreBusy:
            raise
        except Exception as error:  # noqa: BLE001 - told in the report and logged; the other files have their turn
            _log.exception("committing %s failed", job.path)
            self._close()
            return not_stored(report, error)
        self._behind = True
        if time.monotonic() > self._due:
            self._publish(writing)
            self._close()
            self._left = time.monotonic()
        return report

    def idle(self) -> float | None:
        """Nothing to commit just now: let others write, and readers see what is there."""
        if not self._prepared:
            left = self._prepare_at - time.monotonic()
            if left > 0:
                return left
            # Opening the store for the first time costs as much as committing a small file; now it costs nothing.
            self._prepared = True
            import pyarrow.dataset  # noqa: F401 - DuckDB wants it with the first table

            with suppress(StoreBusy), self._store.writing(0, publish_at_end=False):
                pass
        if self._writing is not None:
            if self._behind and time.monotonic() > self._due:
                self._publish(self._writing)
            self._close()
        return None

    def _publish(self, writing: Writing) -> None:
        begun = time.monotonic()
        writing.publish()
        ended = time.monotonic()
        self._behind = False
        self._due = ended + max(PUBLISH_SECONDS, PUBLISH_SHARE * (ended - begun))

    def _open(self) -> Writing:
        if self._writing is None:
            # Whoever waits for the lock looks every POLL_SECONDS: they have had a moment to find it free.
            time.sleep(max(0.0, self._left + 2 * POLL_SECONDS - time.monotonic()))
            self._writing = self._stack.enter_context(self._store.writing(self._plan.wait, publish_at_end=False))
        return self._writing

    def _close(self) -> None:
        self._writing = None
        self._stack.close()


class _Preview:
    """Compares outcomes with what is published and keeps them for confirmation; stores nothing."""

    def __init__(self, plan: Plan, version: published.Version) -> None:
        self._plan = plan
        self._version = version

    def take(self, job: Job, outcome: Outcome) -> FileReport:
        """Complete one report with what loading the file would change."""
        plan, report = self._plan, outcome.report
        try:
            if plan.strict:
                hold_back_if_wrong(outcome)
            changes = preview(
                self._version,
                outcome,
                plan.mode,
                period=plan.options.get("period") or outcome.period,
                unit=outcome.reporting_unit or plan.options.get("unit"),
            )
            if report.sha256 and outcome.tables:
                report.upload_id = new_upload_id()
                pending.save(
                    plan.settings, report.upload_id, outcome, plan.options, plan.mode, plan.by, changes, job.source
                )
        except Exception as error:  # noqa: BLE001 - told in the report and logged; the other files have their turn
            _log.exception("previewing %s failed", job.path)
            return not_stored(report, error)
        return report

    def idle(self) -> float | None:
        """Nothing is held open."""
        return None


def keep_profiles(
    writing: Writing, report: FileReport, mapping: Mapping[str, str] | None, by: str, *, suggested: bool = False
) -> None:
    """Keep what a person says of a file's headers, for the next file with the same ones.

    Args:
        writing: The open store.
        report: What reading the file gave.
        mapping: What the person said along with it; nothing is kept where nothing was said.
        by: Who says so.
        suggested: Suggestions that were taken are the person's word too (a dry run seen and confirmed).
    """
    grounds = {"profile", "suggested"} if suggested else {"profile"}
    for sheet in report.sheets:
        said = {one.header: one.field for one in sheet.mapping if one.column and one.how in grounds}
        new = mapping or any(one.how == "suggested" and one.header in said for one in sheet.mapping)
        if not (sheet.ledger and sheet.fingerprint and new):
            continue
        unwanted = {header for header, name in (mapping or {}).items() if not name}
        said |= {one.header: "" for one in sheet.unmapped if {one.header, one.header.rsplit("/", 1)[-1]} & unwanted}
        if said and writing.profiles().get(sheet.fingerprint) != said:
            writing.keep_profile(sheet.fingerprint, sheet.ledger, said, by)


def hold_back_if_wrong(outcome: Outcome) -> None:
    """For ``strict``: load nothing of a file that has an error."""
    report = outcome.report
    errors = sum(finding.severity == "error" for finding in report.findings)
    if outcome.tables and (errors or outcome.quarantine):
        finding = Finding(
            "FILE-STRICT",
            "error",
            f"文件有 {max(errors, 1)} 处错误，按“有错误就整份不导入”的要求，没有导入任何一行",
            "请更正全部错误后重新上传，或去掉 --strict 先导入没有错误的行",
        )
        rows.hold_back(outcome, finding)


def not_stored(report: FileReport, error: BaseException) -> FileReport:
    """Return the report of a file that could be read but not stored; nothing of it is kept."""
    reason = "磁盘空间不足" if "No space left" in str(error) else "程序出错，详情见日志"
    for sheet in report.sheets:
        sheet.counts.quarantined += sheet.counts.loaded
        sheet.counts.loaded = 0
        sheet.changes = type(sheet.changes)()
    finding = Finding(
        "FILE-NOT-STORED", "error", f"文件没有入库：{reason}", "没有保存任何内容，请重试；仍然不行，请联系系统管理员"
    )
    return FileReport(report.file, report.sha256, "rejected", None, report.sheets, [*report.findings, finding])


def confirm(upload_id: str, settings: Settings, *, by: str | None = None, wait: float | None = None) -> FileReport:
    """Load a dry run exactly as it was previewed. Confirming twice loads once.

    Raises:
        UnknownUpload: No dry run of this id waits, and none was confirmed.
        StoreBusy: Another process kept the write lock past the wait.
    """
    with Store(settings).writing(wait) as writing:
        same = confirm_into(writing, upload_id, settings, by=by)
    pending.drop(settings, upload_id)
    if same is not None:
        return same
    report = published.current(settings).upload(upload_id)["report"]
    assert isinstance(report, FileReport)  # noqa: S101 - what ``upload`` promises, said for the type checker
    return report


def confirm_into(writing: Writing, upload_id: str, settings: Settings, *, by: str | None = None) -> FileReport | None:
    """Load a dry run into the open store, so that several may be loaded before one publishing.

    The caller drops the dry run once the store is closed again.

    Returns:
        The report of the upload that already holds the same bytes, said and put right in the same way; else ``None``.

    Raises:
        UnknownUpload: No dry run of this id waits, and none was confirmed.
    """
    if writing.has_upload(upload_id):
        return None
    waits = pending.load(settings, upload_id)
    report = waits.outcome.report
    same = writing.find_duplicate(report.sha256, waits.options, corrections=True)
    if same:
        return duplicate(report.file, report.sha256, same)
    raw.keep(settings, pending.folder_of(settings, upload_id) / pending.ORIGINAL)
    sure = waits.by if by is None else by
    writing.commit(
        waits.outcome,
        mode="replace" if waits.mode == "replace" else "merge",
        period=waits.options.get("period"),
        unit=waits.outcome.reporting_unit or waits.options.get("unit"),
        by=sure,
        options=waits.options,
        upload_id=upload_id,
    )
    keep_profiles(writing, report, waits.options.get("mapping"), sure, suggested=True)
    return None


def revoke(
    upload_id: str, settings: Settings, *, reason: str = "", by: str | None = None, wait: float | None = None
) -> dict[str, Any]:
    """Take an upload back, or drop a dry run that waits; return what became of it.

    Raises:
        UnknownUpload: There is no such upload.
        WarehouseError: It was revoked before.
        StoreBusy: Another process kept the write lock past the wait.
    """
    if upload_id in pending.waiting(settings):
        pending.drop(settings, upload_id)
        return {"upload_id": upload_id, "state": "dropped", "reason": reason, "version": published.current(settings).id}
    with Store(settings).writing(wait) as writing:
        writing.revoke(upload_id, reason, who() if by is None else by)
    return {"upload_id": upload_id, "state": "revoked", "reason": reason, "version": published.current(settings).id}


def forget_profile(fingerprint: str, settings: Settings, *, wait: float | None = None) -> str:
    """Forget a confirmed mapping, named by its header shape or the beginning of it; return the whole name.

    Raises:
        UnknownProfile: There is none, or the beginning fits several.
        StoreBusy: Another process kept the write lock past the wait.
    """
    known = [mark for mark in published.current(settings).profiles if mark.startswith(fingerprint)]
    if len(known) != 1:
        many = (
            f"以 {fingerprint} 开头的表头特征不止一个，请写全" if known else f"没有记住过表头特征 {fingerprint} 的对应"
        )
        raise UnknownProfile(f"{many}。请用 taizhang profiles 查看。")
    with Store(settings).writing(wait) as writing:
        writing.forget_profile(known[0])
    return known[0]


def export(
    ledger: str,
    settings: Settings,
    *,
    period: str | None = None,
    kind: Kind = "json",
    output: Path | IO[bytes] | None = None,
    today: dt.date | None = None,
    scope: Scope | None = None,
) -> bytes | None:
    """Write the current records of a ledger, under their canonical names with where each came from.

    Args:
        ledger: The ledger's id.
        settings: Where the data folder is.
        period: Only records of this period.
        kind: ``csv``, ``json``, ``parquet`` or ``xlsx``.
        output: A file or an open stream; the bytes are returned if not given.
        today: The day that words such as 本月 are taken from.
        scope: What the person who asks may see; everything where not given.

    Raises:
        PeriodError: ``period`` names no period.
        KeyError: There is no such ledger.
        MetricError: ``scope`` is told city totals of the ledger only.
    """
    version = published.current(settings)
    if scope is not None:
        from analytics.metrics.scope import refuse_rows, seen

        refuse_rows(version.ledgers[ledger], scope)
        version = seen(version, scope)
    days = None
    if period is not None:
        from analytics.metrics.periods import parse_period

        found = parse_period(period, today or moments.today())
        days = (found.start, found.end)
    table = records(version, version.ledgers[ledger], days)
    if isinstance(output, Path):
        write_file(table, kind, output)
        return None
    stream = io.BytesIO() if output is None else output
    write(table, kind, stream)
    return stream.getvalue() if isinstance(stream, io.BytesIO) and output is None else None
