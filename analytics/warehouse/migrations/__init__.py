"""The numbered steps by which the store's own tables came to be, applied in order and recorded.

Ledger tables are not made here: they follow the declarations (``warehouse.tables``).
"""

from __future__ import annotations

import datetime as dt
import importlib
import re
from importlib import resources

import duckdb

from analytics.warehouse.errors import StoreTooNew
from analytics.warehouse.transactions import first, transaction

_NAME = re.compile(r"m?(\d{4})_(\w+)\.(sql|py)")


def steps() -> list[tuple[int, str]]:
    """Return the shipped migrations as (number, file name), in order."""
    found = []
    for entry in resources.files(__package__).iterdir():
        match = _NAME.fullmatch(entry.name)
        if match:
            found.append((int(match[1]), entry.name))
    return sorted(found)


def version(con: duckdb.DuckDBPyConnection) -> int:
    """Return the schema version the open store stands at; 0 for an empty file."""
    present = first(
        con,
        "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'main' AND table_name = 'schema_version'",
    )
    if not present or not present[0]:
        return 0
    row = first(con, "SELECT coalesce(max(version), 0) FROM schema_version")
    return int(row[0]) if row else 0


def migrate(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Apply what is missing, each step in a transaction of its own; return the names applied.

    Raises:
        StoreTooNew: The store stands at a version this software does not know.
    """
    known = steps()
    have = version(con)
    if have > known[-1][0]:
        raise StoreTooNew(
            f"台账库由更新的软件写成（库结构第 {have} 版，本软件只到第 {known[-1][0]} 版）。请先升级软件。"
        )
    applied = []
    for number, name in known:
        if number <= have:
            continue
        with transaction(con):
            if name.endswith(".sql"):
                con.execute(resources.files(__package__).joinpath(name).read_text(encoding="utf-8"))
            else:
                importlib.import_module(f"{__package__}.{name.removesuffix('.py')}").migrate(con)
            # The database's own clock would load its time zones, which costs more than the rest of a new store.
            moment = dt.datetime.now(dt.UTC).replace(tzinfo=None)
            con.execute("INSERT INTO schema_version VALUES (?, ?, ?)", [number, name, moment])
        applied.append(name)
    return applied
