"""All or nothing: one transaction of the store as a ``with`` block; and answers taken whole.

DuckDB 2 lets a connection do nothing else while an answer has rows left to fetch, so none is ever left open.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import duckdb


@contextmanager
def transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Commit what the block did, or nothing of it."""
    con.begin()
    try:
        yield
        con.commit()
    except BaseException:
        # A failed commit has already ended its transaction; the failure itself is what the caller must see.
        with suppress(duckdb.Error):
            con.rollback()
        raise


def first(con: duckdb.DuckDBPyConnection, query: str, parameters: object = None) -> tuple[Any, ...] | None:
    """Return the first row of a short answer, which is fetched to its end."""
    rows = con.execute(query, parameters).fetchall()
    return rows[0] if rows else None
