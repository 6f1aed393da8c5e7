"""The files on the desk: each a row whose state changes only from what it was believed to be.

Every change is one statement that names the state it starts from, so two clicks, two tabs or two processes cannot do a
thing twice. Must not know what is done with a file.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, text

from analytics.operations import database
from analytics.operations.people import Person
from analytics.settings import Settings
from analytics.warehouse.store import new_upload_id

State = Literal[
    "waiting", "reading", "ready", "refused", "duplicate", "confirming", "loading", "done", "revoking", "withdrawing",
    "revoked", "dropped", "expired",
]  # fmt: skip
"""waiting → reading → ready, refused or duplicate; ready → confirming → loading → done; done → revoking → withdrawing →
revoked. A file that was not loaded may be ``dropped``, or is ``expired`` once it was kept long enough."""

BUSY: frozenset[State] = frozenset({"waiting", "reading", "confirming", "loading", "revoking", "withdrawing"})
"""States that the worker will change by itself."""
SETTLED: frozenset[State] = frozenset({"ready", "refused", "duplicate"})
"""States in which it is the person's turn."""
_BEGUN: dict[State, State] = {"reading": "waiting", "loading": "confirming", "withdrawing": "revoking"}
"""What a state that a worker was killed in goes back to."""
_COLUMNS = (
    "id, login, name, counties, ledgers, discipline, sha256, file_name, size, options, state, revision, attempts, "
    "message, report, upload_id, actor, reason, created_at, changed_at, address"
)


@dataclass(frozen=True, slots=True)
class Task:
    """One file on the desk. ``report`` is what reading gave where nothing waits for confirmation."""

    id: str
    login: str
    name: str
    counties: frozenset[str] | None
    ledgers: frozenset[str] | None
    discipline: bool
    sha256: str
    file_name: str
    size: int
    options: dict[str, Any]
    state: State
    revision: int
    attempts: int
    message: str
    report: dict[str, Any] | None
    upload_id: str | None
    actor: str
    reason: str
    created_at: str
    changed_at: str
    address: str | None = None


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")


def _names(given: frozenset[str] | None) -> str | None:
    return None if given is None else json.dumps(sorted(given), ensure_ascii=False)


def _task(row: Any) -> Task:
    values = dict(zip(_COLUMNS.split(", "), row, strict=True))
    for name in ("counties", "ledgers"):
        values[name] = None if values[name] is None else frozenset(json.loads(values[name]))
    values["options"] = json.loads(values["options"])
    values["report"] = json.loads(values["report"]) if values["report"] else None
    return Task(**values | {"discipline": bool(values["discipline"])})


def add(
    settings: Settings, person: Person, *, sha256: str, file_name: str, size: int, options: Mapping[str, Any]
) -> tuple[Task, bool]:
    """Put a file on the desk; return it, and whether it was not there before.

    The same person's same bytes are on the desk once, however often they are sent.
    """
    key = f"{person.login}\x1f{sha256}"
    task_id = new_upload_id()
    row = {
        "id": task_id,
        "open": key,
        "login": person.login,
        "name": person.name,
        "counties": _names(person.counties),
        "ledgers": _names(person.ledgers),
        "discipline": int(person.discipline),
        "sha256": sha256,
        "file_name": file_name,
        "size": size,
        "options": json.dumps(dict(options), ensure_ascii=False),
        "state": "waiting",
        "created_at": _now(),
        "changed_at": _now(),
    }
    names = ", ".join(row)
    marks = ", ".join(f":{name}" for name in row)
    with database.engine(settings).begin() as connection:
        connection.execute(
            text(f"INSERT INTO tasks ({names}) VALUES ({marks}) ON CONFLICT (open) DO NOTHING"),  # noqa: S608
            row,
        )
        found = _one(connection, "open = :open", {"open": key})
    assert found is not None  # noqa: S101 - inserted above or there before, said for the type checker
    return found, found.id == task_id


def _one(connection: Connection, where: str, given: Mapping[str, Any]) -> Task | None:
    row = connection.execute(text(f"SELECT {_COLUMNS} FROM tasks WHERE {where}"), dict(given)).fetchone()  # noqa: S608
    return None if row is None else _task(row)


def find(settings: Settings, task_id: str) -> Task | None:
    """Return a file on the desk, or ``None``."""
    with database.engine(settings).connect() as connection:
        return _one(connection, "id = :id", {"id": task_id})


def listed(settings: Settings, *, login: str | None = None, limit: int = 200) -> list[Task]:
    """Return files, newest first; only those of ``login`` where given. Dropped ones are left out."""
    where = "state <> 'dropped'" + (" AND login = :login" if login is not None else "")
    with database.engine(settings).connect() as connection:
        rows = connection.execute(
            text(f"SELECT {_COLUMNS} FROM tasks WHERE {where} ORDER BY created_at DESC, id LIMIT :limit"),  # noqa: S608
            {"login": login, "limit": limit},
        ).fetchall()
    return [_task(row) for row in rows]


def in_state(settings: Settings, states: Collection[State], *, limit: int = 100) -> list[Task]:
    """Return files in any of ``states``, the one that has waited longest first."""
    marks = ", ".join(f"'{state}'" for state in sorted(states))
    with database.engine(settings).connect() as connection:
        rows = connection.execute(
            text(f"SELECT {_COLUMNS} FROM tasks WHERE state IN ({marks}) ORDER BY changed_at, id LIMIT :limit"),  # noqa: S608
            {"limit": limit},
        ).fetchall()
    return [_task(row) for row in rows]


def ahead(settings: Settings, task: Task) -> int:
    """Return how many files the worker takes before this one."""
    with database.engine(settings).connect() as connection:
        row = connection.execute(
            text("SELECT count(*) FROM tasks WHERE state IN ('waiting', 'reading') AND changed_at < :at"),
            {"at": task.changed_at},
        ).fetchone()
    return int(row[0]) if row else 0


def move(
    settings: Settings,
    task_id: str,
    *,
    out_of: Collection[State],
    to: State,
    seen: int | None = None,
    **changes: Any,
) -> bool:
    """Change a file's state; return whether it was in one of ``out_of`` (and at the preview ``seen``).

    Args:
        settings: Where the operations database is.
        task_id: The file.
        out_of: The states it may be in.
        to: The state it goes to.
        seen: The preview a person has seen.
        **changes: Other columns; ``options`` and ``report`` as plain values.
    """
    for name in ("options", "report"):
        if changes.get(name) is not None:
            changes[name] = json.dumps(changes[name], ensure_ascii=False)
    if to in ("done", "revoked", "dropped", "expired"):
        changes["open"] = None
    given = {**changes, "id": task_id, "state": to, "changed_at": _now(), "seen": seen}
    sets = ", ".join(f"{name} = :{name}" for name in ("state", "changed_at", *changes))
    states = ", ".join(f"'{state}'" for state in sorted(out_of))
    where = f"id = :id AND state IN ({states})" + ("" if seen is None else " AND revision = :seen")
    with database.engine(settings).begin() as connection:
        done = connection.execute(text(f"UPDATE tasks SET {sets} WHERE {where}"), given)  # noqa: S608 - our own names
    return bool(done.rowcount)


def adopt(
    settings: Settings,
    task_id: str,
    *,
    login: str,
    file_name: str,
    sha256: str,
    actor: str,
    state: State = "revoking",
    reason: str = "",
    address: str | None = None,
    options: Mapping[str, Any] | None = None,
    created_at: str | None = None,
) -> None:
    """Put an upload that did not come through the desk on it: one to be taken back, or a dry run that waits.

    It has no limits: whoever has the data folder sent it.
    """
    row = {
        "id": task_id, "login": login, "name": login, "discipline": 1, "sha256": sha256, "file_name": file_name,
        "size": 0, "options": json.dumps(dict(options or {}), ensure_ascii=False), "state": state,
        "upload_id": task_id, "actor": actor, "reason": reason, "address": address, "created_at": created_at or _now(),
        "changed_at": _now(),
    }  # fmt: skip
    names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
    with database.engine(settings).begin() as connection:
        connection.execute(
            text(f"INSERT INTO tasks ({names}) VALUES ({marks}) ON CONFLICT (id) DO NOTHING"),  # noqa: S608
            row,
        )


def left_before(settings: Settings, moment: str) -> list[Task]:
    """Return the files whose last change was before ``moment`` and that nobody has loaded."""
    marks = ", ".join(f"'{state}'" for state in sorted(SETTLED | {"dropped"}))
    with database.engine(settings).connect() as connection:
        rows = connection.execute(
            text(f"SELECT {_COLUMNS} FROM tasks WHERE state IN ({marks}) AND changed_at < :at ORDER BY id"),  # noqa: S608
            {"at": moment},
        ).fetchall()
    return [_task(row) for row in rows]


def holding(settings: Settings, sha256: str) -> bool:
    """Return whether some file on the desk still needs these bytes."""
    with database.engine(settings).connect() as connection:
        asked = "SELECT 1 FROM tasks WHERE sha256 = :sha256 AND state NOT IN ('dropped', 'expired') LIMIT 1"
        return connection.execute(text(asked), {"sha256": sha256}).fetchone() is not None


def take_up_again(settings: Settings) -> int:
    """Put back what a worker that is no more had begun; return how many. Only the one worker may call this."""
    count = 0
    for begun, before in _BEGUN.items():
        with database.engine(settings).begin() as connection:
            done = connection.execute(
                text("UPDATE tasks SET state = :before WHERE state = :begun"), {"before": before, "begun": begun}
            )
        count += done.rowcount
    return count
