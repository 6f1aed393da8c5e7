"""How long a file that nobody confirms is kept: after that its preview and its original go, and the audit says so.

What an upload in the store came from is never touched. Must not know pages.
"""

from __future__ import annotations

import datetime as dt

from analytics import moments
from analytics.desk import tasks
from analytics.operations import audit
from analytics.settings import Settings
from analytics.warehouse import pending, published, raw

WHO = "system:desk"


def clean(settings: Settings, now: dt.datetime | None = None) -> int:
    """Remove what was kept long enough; return how many originals went. Only the one worker may call this.

    Args:
        settings: Whose desk it is.
        now: The moment that counts as now.
    """
    if not settings.keep_unconfirmed_days:
        return 0
    raw.put_back(settings)
    limit = (now or dt.datetime.now(dt.UTC)) - dt.timedelta(days=settings.keep_unconfirmed_days)
    old = tasks.left_before(settings, limit.isoformat(timespec="milliseconds"))
    if not old:
        return 0
    needed = _in_the_store(settings)
    gone = 0
    for task in old:
        if task.state != "dropped":
            if not tasks.move(settings, task.id, out_of={task.state}, to="expired", seen=task.revision):
                continue
            pending.drop(settings, task.id)
        free = task.sha256 not in needed and not tasks.holding(settings, task.sha256)
        removed = free and raw.forget(settings, task.sha256, limit.timestamp())
        gone += removed
        if removed or task.state != "dropped":
            audit.record(
                settings, who=WHO, action="expire", target=task.id,
                before={"file": task.file_name, "sha256": task.sha256, "state": task.state, "by": task.login},
                after={"original": "removed" if removed else "kept"},
            )  # fmt: skip
    return gone


def _in_the_store(settings: Settings) -> set[str]:
    """Return the hashes of every file that is, or ever was, loaded."""
    con = published.current(settings).connect()
    try:
        return {row[0] for row in con.execute("SELECT DISTINCT sha256 FROM uploads").fetchall()}
    finally:
        con.close()


def until(settings: Settings, task: tasks.Task) -> dt.date | None:
    """Return the day up to which a file that waits is kept; ``None`` where it is kept for good."""
    if not settings.keep_unconfirmed_days or task.state not in tasks.SETTLED:
        return None
    changed = moments.local(task.changed_at)
    return (changed + dt.timedelta(days=settings.keep_unconfirmed_days)).date()
