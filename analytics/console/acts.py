"""What the command did, put on record: who at this machine, what, to what, and whether it went well.

This module must not know any verb.
"""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analytics.settings import Settings


def acting() -> str:
    """Return who runs the command, as the audit says it."""
    try:
        return f"system:{getpass.getuser()}"
    except (OSError, KeyError):
        # A container's user may have no name.
        return "system:"


def on_record(settings: Settings, action: str, target: str, **more: Any) -> None:
    """Put one act on record; ``more`` as in ``audit.record``."""
    from analytics.operations import audit

    audit.record(settings, who=acting(), action=action, target=target, **more)


@contextmanager
def act(settings: Settings, action: str, target: str, after: dict[str, Any] | None = None) -> Iterator[dict[str, Any]]:
    """Put on record what runs inside, also when it fails; the dictionary given takes what is there afterwards."""
    told = dict(after or {})
    try:
        yield told
    except Exception as error:
        from analytics.operations import database

        # A folder in which nothing ever was is not begun for a mistake.
        if database.exists(settings):
            on_record(settings, action, target, after=told | {"problem": type(error).__name__}, success=False)
        raise
    on_record(settings, action, target, after=told or None)


def files_on_record(settings: Settings, action: str, files: list[dict[str, Any]]) -> None:
    """Put workbooks read by one command on record, all at once."""
    from analytics.operations import audit

    audit.record_all(
        settings,
        [
            {
                "who": acting(),
                "action": action,
                "target": file["upload_id"] or file["file"],
                "after": {"file": file["file"], "sha256": file["sha256"], "state": file["state"]},
                "success": file["state"] not in {"rejected", "unreadable"},
            }
            for file in files
        ],
    )
