"""Counters that run out, shared by all processes. This module must not know what is counted."""

from __future__ import annotations

import time

from analytics.operations import audit
from analytics.settings import Settings

_COUNT = """INSERT INTO limits (name, hits, until) VALUES (:name, :amount, :until)
    ON CONFLICT (name) DO UPDATE SET
        hits = CASE WHEN limits.until < :now THEN :amount ELSE limits.hits + :amount END,
        until = CASE WHEN limits.until < :now THEN :until ELSE limits.until END
    RETURNING hits"""


def count(settings: Settings, name: str, seconds: float, amount: int = 1) -> int:
    """Add to a counter, which begins anew ``seconds`` after its first; return what it stands at."""
    now = time.time()
    with audit.appending(settings) as run:
        run("DELETE FROM limits WHERE until < :old", {"old": now - 3600})
        given = {"name": name, "amount": amount, "now": now, "until": now + seconds}
        return int(run(_COUNT, given)[0][0])


def counted(settings: Settings, name: str) -> tuple[int, float]:
    """Return what a counter stands at and when it begins anew (seconds since the epoch; 0 where it does not run)."""
    with audit.appending(settings) as run:
        asked = "SELECT hits, until FROM limits WHERE name = :name AND until >= :now"
        rows = run(asked, {"name": name, "now": time.time()})
    return (int(rows[0][0]), float(rows[0][1])) if rows else (0, 0.0)


def forget(settings: Settings, name: str | None = None) -> int:
    """Forget one counter, or all; return how many there were."""
    with audit.appending(settings) as run:
        asked = "DELETE FROM limits WHERE :name IS NULL OR name = :name RETURNING name"
        return len(run(asked, {"name": name}))
