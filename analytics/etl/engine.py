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


def _connection() -> duckdb.DuckDBPyConnection:
    """Return this thread's connection: one in-memory database a thread, opened once."""
    connection: duckdb.DuckDBPyConnection | None = getattr(_local, "connection", None)
    if connection is None:
        connection = duckdb.connect(
            ":memory:",
            config={
                "threads": "1",
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "python_enable_replacements": "false",
            },
        )
        # It would be drawn on standard output, which is the command's answer.
        hush(connection)
        _local.connection = connection
    return connection


def query(sql: str, tables: Mapping[str, pa.Table], parameters: Mapping[str, Any] | None = None) -> pa.Table:
    """Run one query over Arrow tables, registered under the given names for its length only."""
    connection = _connection()
    for name, table in tables.items():
        connection.register(name, table)
    try:
        # A relation gives Arrow directly; the DB-API result copies every row once more.
        answer: pa.Table = connection.sql(sql, params=dict(parameters) if parameters else None).to_arrow_table()
        return answer
    finally:
        for name in tables:
            connection.unregister(name)
