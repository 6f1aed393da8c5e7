"""Dry runs kept for confirmation: what was read, exactly as it was previewed, until a person says yes.

One folder each under ``processed/pending``; nothing of it is in the store. Must not decide anything.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from analytics.etl.report import Finding, Outcome, QuarantinedRow
from analytics.settings import Settings
from analytics.warehouse import raw, uploads
from analytics.warehouse.changes import ChangeSet
from analytics.warehouse.errors import UnknownUpload, WarehouseError

KEPT_DAYS = 7
"""Dry runs nobody confirmed are dropped after this time."""
ORIGINAL = "original"
_ID = re.compile(r"\d{8}-[0-9a-f]{8}")


@dataclass(slots=True)
class Pending:
    """A dry run that waits: what reading gave, how it is to be committed, what it would have changed."""

    upload_id: str
    outcome: Outcome
    options: dict[str, Any]
    mode: str
    by: str
    created_at: dt.datetime
    changes: dict[str, Any]


def folder_of(settings: Settings, upload_id: str) -> Path:
    """Return where a dry run is kept.

    Raises:
        UnknownUpload: The id is not one we give out, so that no path from a user reaches the disk.
    """
    if not _ID.fullmatch(upload_id):
        raise UnknownUpload(f"“{upload_id}”不是上传编号。请用 taizhang uploads 查看编号。")
    return settings.processed / "pending" / upload_id


def save(
    settings: Settings,
    upload_id: str,
    outcome: Outcome,
    options: Mapping[str, Any],
    mode: str,
    by: str,
    changes: ChangeSet,
    source: Path,
) -> None:
    """Keep a dry run and the file it read, whole or not at all.

    Raises:
        WarehouseError: The file is no longer the one that was read.
    """
    folder = folder_of(settings, upload_id)
    folder.parent.mkdir(parents=True, exist_ok=True)
    _drop_old(folder.parent)
    staging = folder.with_name(f".{upload_id}")
    staging.mkdir(mode=0o700)
    try:
        _fill(staging, upload_id, outcome, options, mode, by, changes, source)
        staging.rename(folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _fill(
    staging: Path,
    upload_id: str,
    outcome: Outcome,
    options: Mapping[str, Any],
    mode: str,
    by: str,
    changes: ChangeSet,
    source: Path,
) -> None:
    """Write a dry run's files into its folder."""
    shutil.copyfile(source, staging / ORIGINAL)
    if raw.hash_of(staging / ORIGINAL) != outcome.report.sha256:
        raise WarehouseError(f"文件《{outcome.report.file}》在校验过程中被改动，请关闭正在编辑它的程序后重试。")
    for ledger, records in outcome.tables.items():
        with pa.OSFile(str(staging / f"{ledger}.arrow"), "wb") as sink, pa.ipc.new_file(sink, records.schema) as writer:
            writer.write_table(records)
    about = {
        "upload_id": upload_id,
        "report": uploads.report_text(outcome.report),
        "findings": [finding.to_json() for finding in outcome.report.findings],
        "quarantine": [asdict(row) for row in outcome.quarantine],
        "ledgers": list(outcome.tables),
        "reporting_unit": outcome.reporting_unit,
        "period": outcome.period,
        "options": dict(options),
        "mode": mode,
        "by": by,
        "created_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "changes": asdict(changes),
    }
    (staging / "about.json").write_text(json.dumps(about, ensure_ascii=False, default=_plain), encoding="utf-8")


def _plain(value: Any) -> Any:
    """Return a record's value as JSON holds it."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def load(settings: Settings, upload_id: str) -> Pending:
    """Return a dry run that waits.

    Raises:
        UnknownUpload: None of this id waits.
    """
    folder = folder_of(settings, upload_id)
    try:
        about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UnknownUpload(
            f"没有编号为 {upload_id} 的待确认上传。它可能已确认，或超过 {KEPT_DAYS} 天未确认。"
        ) from error
    tables = {}
    for ledger in about["ledgers"]:
        try:
            with pa.OSFile(str(folder / f"{ledger}.arrow"), "rb") as source:
                tables[ledger] = pa.ipc.open_file(source).read_all()
        except FileNotFoundError as error:
            raise UnknownUpload(f"编号为 {upload_id} 的上传刚刚办结，请刷新后再看。") from error
    report = uploads.report_from(about["report"], [Finding(**entry) for entry in about["findings"]])
    outcome = Outcome(
        report,
        tables,
        [QuarantinedRow(**entry) for entry in about["quarantine"]],
        about["reporting_unit"],
        about["period"],
    )
    made = dt.datetime.fromisoformat(about["created_at"])
    return Pending(upload_id, outcome, about["options"], about["mode"], about["by"], made, about["changes"])


def drop(settings: Settings, upload_id: str) -> None:
    """Forget a dry run, confirmed or not."""
    shutil.rmtree(folder_of(settings, upload_id), ignore_errors=True)


def waiting(settings: Settings) -> list[str]:
    """Return the ids of the dry runs that wait, oldest first."""
    folder = settings.processed / "pending"
    if not folder.is_dir():
        return []
    return [entry.name for _, entry in sorted(_entries(folder)) if _ID.fullmatch(entry.name)]


def waits(settings: Settings, upload_id: str) -> bool:
    """Tell whether the dry run of this id waits."""
    return bool(_ID.fullmatch(upload_id)) and (folder_of(settings, upload_id) / "about.json").is_file()


def _entries(folder: Path) -> Iterator[tuple[float, Path]]:
    """Give what is in the folder with its time; others put in and take out at any moment."""
    for entry in folder.iterdir():
        with suppress(FileNotFoundError):
            yield entry.stat().st_mtime, entry


def _drop_old(folder: Path) -> None:
    limit = time.time() - KEPT_DAYS * 86400
    for changed, entry in _entries(folder):
        if changed < limit:
            shutil.rmtree(entry, ignore_errors=True)
