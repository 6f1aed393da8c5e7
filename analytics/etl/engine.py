"""One in-memory DuckDB for the ETL's own set-based questions; nothing in it outlives a query.

Tables come in as Arrow with explicit types and answers leave as Arrow, whole. This module must not know
what is asked.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.dataset

from analytics.duck import hush

_local = threading.local()


def connection() -> duckdb.DuckDBPyConnection:
    """Return this thread's connection: one in-memory database a thread, opened once."""
    opened: duckdb.DuckDBPyConnection | None = getattr(_local, "connection", None)
    if opened is None:
        opened = duckdb.connect(
            ":memory:",
            config={
                "threads": "1",
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "python_enable_replacements": "false",
            },
        )
        # It would be drawn on standard output, which is the command's answer.
        hush(opened)
        _local.connection = opened
    return opened


def query(sql: str, tables: Mapping[str, pa.Table], parameters: Mapping[str, Any] | None = None) -> pa.Table:
    """Run one query over Arrow tables, registered under the given names for its length only."""
    own = connection()
    for name, table in tables.items():
        own.register(name, table)
    try:
        # A relation gives Arrow directly; the DB-API result copies every row once more.
        answer: pa.Table = own.sql(sql, params=dict(parameters) if parameters else None).to_arrow_table()
        return answer
    finally:
        for name in tables:
            own.unregister(name)
