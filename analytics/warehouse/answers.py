"""What people ask about uploads: the list, one in full, what was found, the original bytes.

Answers come from the published version and from dry runs that wait; the store is never opened. Shapes are those
of the command line's JSON.
"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from analytics.etl.report import FileReport
from analytics.settings import Settings
from analytics.warehouse import pending, published, raw
from analytics.warehouse.errors import UnknownUpload, WarehouseError

_ABOUT = (
    "upload_id", "sha256", "file_name", "reporting_unit", "period", "mode", "state", "created_at", "created_by",
    "revoked_at", "revoked_by", "revoked_reason", "ledgers", "rows_read", "rows_loaded", "rows_quarantined", "rows_new",
    "rows_changed", "rows_unchanged", "rows_removed", "errors", "warnings",
)  # fmt: skip


def _moment(value: dt.datetime | None) -> str | None:
    """Return a stored time (UTC) in ISO form with its zone."""
    return value.replace(tzinfo=dt.UTC).isoformat(timespec="seconds") if value else None


def _about(row: dict[str, Any]) -> dict[str, Any]:
    """Return one upload's row in the words of the command line."""
    return {
        "upload_id": row["upload_id"],
        "uploaded_at": _moment(row["created_at"]),
        "file": row["file_name"],
        "sha256": row["sha256"],
        "unit": row["reporting_unit"],
        "period": row["period"],
        "mode": row["mode"],
        "state": "revoked" if row["revoked_at"] else row["state"],
        "ledgers": [name for name in row["ledgers"].split(",") if name],
        "by": row["created_by"],
        "read": row["rows_read"],
        "loaded": row["rows_loaded"],
        "quarantined": row["rows_quarantined"],
        "new": row["rows_new"],
        "changed": row["rows_changed"],
        "unchanged": row["rows_unchanged"],
        "removed": row["rows_removed"],
        "errors": row["errors"],
        "warnings": row["warnings"],
        "revoked_at": _moment(row["revoked_at"]),
        "revoked_by": row["revoked_by"],
        "revoked_reason": row["revoked_reason"],
    }


def _about_pending(waits: pending.Pending) -> dict[str, Any]:
    """Return a dry run that waits, in the same words."""
    report = waits.outcome.report
    sums = {
        kind: sum(getattr(sheet.changes, kind) for sheet in report.sheets)
        for kind in ("new", "changed", "unchanged", "removed")
    }
    severities = [finding.severity for finding in report.findings]
    return {
        "upload_id": waits.upload_id,
        "uploaded_at": waits.created_at.isoformat(timespec="seconds"),
        "file": report.file,
        "sha256": report.sha256,
        "unit": waits.outcome.reporting_unit,
        "period": waits.options.get("period") or waits.outcome.period,
        "mode": waits.mode,
        "state": "pending",
        "ledgers": sorted(waits.outcome.tables),
        "by": waits.by,
        "read": sum(sheet.counts.read for sheet in report.sheets),
        "loaded": 0,
        "quarantined": len(waits.outcome.quarantine),
        **sums,
        "errors": severities.count("error"),
        "warnings": severities.count("warning"),
        "revoked_at": None,
        "revoked_by": None,
        "revoked_reason": None,
    }


def uploads(settings: Settings) -> list[dict[str, Any]]:
    """Return all uploads, newest first, dry runs that wait before them."""
    con = published.current(settings).connect()
    try:
        kept = con.execute(f"SELECT {', '.join(_ABOUT)} FROM uploads ORDER BY seq DESC").fetchall()
    finally:
        con.close()
    waiting = []
    for name in reversed(pending.waiting(settings)):
        # One confirmed or dropped meanwhile waits no more.
        with suppress(UnknownUpload):
            waiting.append(_about_pending(pending.load(settings, name)))
    return waiting + [_about(dict(zip(_ABOUT, row, strict=True))) for row in kept]


def show(upload_id: str, settings: Settings) -> dict[str, Any]:
    """Return one upload in full: its report as at ingest, its row in the list, its quarantined rows.

    A dry run that waits has ``differences`` too: the values that would change and the records that would go.

    Raises:
        UnknownUpload: There is no such upload.
    """
    waits = None
    if pending.waits(settings, upload_id):
        with suppress(UnknownUpload):
            waits = pending.load(settings, upload_id)
    if waits is not None:
        report = waits.outcome.report
        return {
            **_about_pending(waits),
            **report.to_json(),
            "upload_id": upload_id,
            "state": "pending",
            "reading": report.state,
            "options": waits.options,
            "quarantine": [asdict(row) for row in waits.outcome.quarantine],
            "differences": waits.changes,
        }
    found = published.current(settings).upload(upload_id)
    kept: FileReport = found["report"]
    about = _about(found)
    return {
        **about,
        **kept.to_json(),
        "state": about["state"],
        "reading": kept.state,
        "options": found["options"],
        "quarantine": found["quarantine"],
    }


def findings(
    settings: Settings, *, ledger: str | None = None, severity: str | None = None, upload: str | None = None
) -> list[dict[str, Any]]:
    """Return what was found in the uploads that are not revoked, newest upload first, in the files' order.

    Args:
        settings: Where the data folder is.
        ledger: Only findings in tables of this ledger.
        severity: Only this severity.
        upload: Only this upload, be it revoked or not.

    Raises:
        UnknownUpload: There is no upload of that id.
    """
    version = published.current(settings)
    if upload is not None:
        version.upload(upload)
    con = version.connect()
    try:
        relation = con.execute(
            'SELECT code, severity, sheet, cell, "row", field, raw, message, hint, '
            f"file_name AS file, upload_id, ledger FROM {'findings' if upload is None else 'all_findings'} "
            "WHERE coalesce(ledger = $ledger, $ledger IS NULL) AND coalesce(severity = $severity, TRUE) "
            "AND coalesce(upload_id = $upload, TRUE) ORDER BY seq DESC, ordinal",
            {"ledger": ledger, "severity": severity, "upload": upload},
        )
        names = [column[0] for column in relation.description or []]
        return [dict(zip(names, row, strict=True)) for row in relation.fetchall()]
    finally:
        con.close()


def profiles(settings: Settings) -> list[dict[str, Any]]:
    """Return the confirmed mappings: header shape, ledger, header -> field, since when and by whom."""
    manifest = published.current(settings).manifest
    about = manifest.get("confirmed", {})
    return [
        {
            "fingerprint": mark,
            "ledger": about.get(mark, {}).get("ledger"),
            "mapping": mapping,
            "at": f"{about[mark]['at']}+00:00" if mark in about else None,
            "by": about.get(mark, {}).get("by"),
        }
        for mark, mapping in manifest["profiles"].items()
    ]


def original(upload_id: str, settings: Settings) -> bytes:
    """Return the very bytes that were uploaded, of a dry run that waits too.

    Raises:
        UnknownUpload: There is no such upload.
        WarehouseError: The original is missing or was altered.
    """
    try:
        sha256 = str(published.current(settings).upload(upload_id)["sha256"])
        path = raw.path_of(settings, sha256)
    except UnknownUpload:
        sha256 = pending.load(settings, upload_id).outcome.report.sha256
        path = pending.folder_of(settings, upload_id) / pending.ORIGINAL
    if not path.is_file() or raw.hash_of(path) != sha256:
        raise WarehouseError(f"上传 {upload_id} 的原文件缺失或已被改动。请运行 taizhang check 查看。")
    return path.read_bytes()
