"""The audit: who did what, when, from where, with what before and after. Append-only, each line chained to the last.

A line's hash covers the line and the hash before it, so that a line changed, removed or put in between breaks the chain
where it happened; the head says how many lines there are. Triggers refuse changes and removals. One append at a time,
over all processes. This module must not know what the actions mean.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from analytics.operations import database
from analytics.settings import Settings

Run = Callable[[str, Mapping[str, Any]], Sequence[Any]]
"""Runs a statement with named parameters and returns its rows."""

_LOCK = 0x7A_74_61_69
"""The advisory lock of PostgreSQL that orders appends."""
_FIELDS = "seq, at, who, address, action, target, before, after, success, previous, hash"


@dataclass(frozen=True, slots=True)
class Line:
    """One line; ``before`` and ``after`` are JSON texts."""

    seq: int
    at: str
    who: str
    address: str | None
    action: str
    target: str
    before: str | None
    after: str | None
    success: bool
    previous: str
    hash: str

    def sum(self) -> str:
        """Return the hash this line should have: SHA-256 of the hash before it and its canonical JSON."""
        told = asdict(self)
        del told["hash"]
        return hashlib.sha256(_json(told).encode()).hexdigest()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def record(
    settings: Settings,
    *,
    who: str,
    action: str,
    target: str,
    before: Any = None,
    after: Any = None,
    success: bool = True,
    address: str | None = None,
) -> int:
    """Append one line and return its number. When this returns the line is on the disk.

    Args:
        settings: Where the operations database is.
        who: The login of the person, or ``system:<user>`` for the command line.
        action: What was done, one word (``upload``, ``revoke``, ``login`` …).
        target: What it was done to: an upload's id, a ledger, a login.
        before: What was there, as plain values; no passwords, no cell contents beyond what was changed.
        after: What is there now.
        success: Whether it succeeded.
        address: The network address it came from.

    Raises:
        OperationsError: The database cannot be used.
    """
    with appending(settings) as run:
        return append(run, who, action, target, before=before, after=after, success=success, address=address)


def record_all(settings: Settings, entries: Iterable[Mapping[str, Any]]) -> None:
    """Append several lines at once, each the arguments of ``record``."""
    with appending(settings) as run:
        for entry in entries:
            append(run, **entry)


def append(
    run: Run,
    who: str,
    action: str,
    target: str,
    *,
    before: Any = None,
    after: Any = None,
    success: bool = True,
    address: str | None = None,
) -> int:
    """Append one line inside ``appending``; return its number."""
    head = run("SELECT seq, hash FROM audit_head WHERE one = 1", {})[0]
    line = Line(
        seq=int(head[0]) + 1,
        at=dt.datetime.now(dt.UTC).isoformat(timespec="microseconds"),
        who=who,
        address=address,
        action=action,
        target=target,
        before=None if before is None else _json(before),
        after=None if after is None else _json(after),
        success=success,
        previous=str(head[1]),
        hash="",
    )
    told = asdict(line) | {"hash": line.sum(), "success": int(success)}
    marks = ", ".join(f":{name}" for name in _FIELDS.split(", "))
    run(f"INSERT INTO audit ({_FIELDS}) VALUES ({marks})", told)  # noqa: S608 - our own column names
    run("UPDATE audit_head SET seq = :seq, hash = :hash WHERE one = 1", {"seq": line.seq, "hash": told["hash"]})
    return line.seq


@contextmanager
def appending(settings: Settings) -> Iterator[Run]:
    """Hold the one place at the end of the chain: what runs here is committed as a whole."""
    path = database.ready(settings)
    if path is not None:
        with closing(database.connect(path)) as plain:
            plain.execute("BEGIN IMMEDIATE")
            try:
                yield lambda sql, given: plain.execute(sql, dict(given)).fetchall()
            except BaseException:
                plain.execute("ROLLBACK")
                raise
            plain.execute("COMMIT")
        return
    from sqlalchemy import text

    with database.engine(settings).begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})

        def run(sql: str, given: Mapping[str, Any]) -> Sequence[Any]:
            found = connection.execute(text(sql), dict(given))
            return found.fetchall() if found.returns_rows else []

        yield run


@contextmanager
def _reading(settings: Settings) -> Iterator[Run]:
    path = database.ready(settings)
    if path is not None:
        with closing(database.connect(path)) as plain:
            plain.execute("BEGIN")
            yield lambda sql, given: plain.execute(sql, dict(given)).fetchall()
        return
    from sqlalchemy import text

    with database.engine(settings).connect() as connection:
        yield lambda sql, given: connection.execute(text(sql), dict(given)).fetchall()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines are asked for; ``None`` leaves a condition out. Times are ISO texts in UTC."""

    who: str | None = None
    action: str | None = None
    target: str | None = None
    success: bool | None = None
    since: str | None = None
    until: str | None = None


def lines(
    settings: Settings, wanted: Wanted | None = None, *, offset: int = 0, limit: int | None = 100
) -> tuple[list[Line], int]:
    """Return lines, newest first, and how many there are in all."""
    asked = wanted or Wanted()
    conditions = {
        "who": "who = :who",
        "action": "action = :action",
        "target": "target LIKE :target",
        "success": "success = :success",
        "since": "at >= :since",
        "until": "at < :until",
    }
    given: dict[str, Any] = {name: value for name, value in asdict(asked).items() if value is not None}
    where = " AND ".join(conditions[name] for name in given) or "1 = 1"
    if asked.target is not None:
        given["target"] = f"%{asked.target}%"
    if asked.success is not None:
        given["success"] = int(asked.success)
    page = f"SELECT {_FIELDS} FROM audit WHERE {where} ORDER BY seq DESC LIMIT :limit OFFSET :offset"  # noqa: S608
    with _reading(settings) as run:
        total = int(run(f"SELECT count(*) FROM audit WHERE {where}", given)[0][0])  # noqa: S608 - fixed conditions
        rows = run(page, given | {"limit": total if limit is None else limit, "offset": offset})
    return [_line(row) for row in rows], total


def words(settings: Settings) -> tuple[list[str], list[str]]:
    """Return everyone who stands in the audit, and every action."""
    with _reading(settings) as run:
        who = [str(row[0]) for row in run("SELECT DISTINCT who FROM audit ORDER BY who", {})]
        return who, [str(row[0]) for row in run("SELECT DISTINCT action FROM audit ORDER BY action", {})]


def _line(row: Sequence[Any]) -> Line:
    values = dict(zip(_FIELDS.split(", "), row, strict=True))
    return Line(**values | {"seq": int(values["seq"]), "success": bool(values["success"])})


@dataclass(frozen=True, slots=True)
class Chain:
    """What a look at the whole chain found: how many lines, the last hash, and what is wrong where (or nothing)."""

    lines: int
    head: str
    broken_at: int | None = None
    problem: str = ""


def stands(settings: Settings, noted: str) -> bool:
    """Return whether a line's hash begins as somebody noted it down."""
    with _reading(settings) as run:
        return bool(run("SELECT 1 FROM audit WHERE substr(hash, 1, :n) = :noted", {"n": len(noted), "noted": noted}))


def verify(settings: Settings) -> Chain:
    """Work every hash out anew, from the first line to the head."""
    if not database.exists(settings):
        return Chain(0, "")
    with _reading(settings) as run:
        head = run("SELECT seq, hash FROM audit_head WHERE one = 1", {})
        rows = run(f"SELECT {_FIELDS} FROM audit ORDER BY seq", {})  # noqa: S608 - our own column names
    before, number = "", 0
    for row in rows:
        line = _line(row)
        number += 1
        if line.seq != number:
            return Chain(len(rows), before, number, f"缺少第 {number} 条")
        if line.previous != before or line.hash != line.sum():
            return Chain(len(rows), before, number, f"第 {number} 条与它的校验值不符，内容被改动过")
        before = line.hash
    if not head or int(head[0][0]) != number or str(head[0][1]) != before:
        return Chain(number, before, number + 1, f"第 {number} 条之后的记录被删去")
    return Chain(number, before)
