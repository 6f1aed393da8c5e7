"""What somebody with the operations database itself could do, whichever database it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from analytics.operations import database
from analytics.settings import Settings


def by_hand(settings: Settings, *statements: str) -> None:
    """Run statements past everything that asks the software."""
    with database.engine(settings).begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def rows(settings: Settings, query: str) -> Sequence[Any]:
    """Return what stands there."""
    with database.engine(settings).connect() as connection:
        return connection.execute(text(query)).fetchall()


def unguarded(settings: Settings, *statements: str) -> None:
    """Change the audit after taking away what guards it."""
    if settings.operations_url is not None:
        off = [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in ("audit", "audit_head")]
    else:
        triggers = ("audit_kept_update", "audit_kept_delete", "audit_head_forward", "audit_head_kept")
        off = [f"DROP TRIGGER {trigger}" for trigger in triggers]
    by_hand(settings, *off, *statements)


def forget() -> None:
    """Close what this process holds open, so that the next who asks opens the database anew."""
    while database._engines:
        database._engines.popitem()[1].dispose()
