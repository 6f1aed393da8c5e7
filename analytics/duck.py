"""What every DuckDB connection of this software is told, whoever opens it. Knows no table and no file."""

from __future__ import annotations

import duckdb


def hush(connection: duckdb.DuckDBPyConnection) -> None:
    """Keep the progress bar off standard output, where answers go.

    In a notebook it is off already, and telling so once more is refused there for want of a widget.
    """
    # All of the answer is taken: DuckDB 2 lets nothing else run before.
    if connection.execute("SELECT current_setting('enable_progress_bar')").fetchall()[0][0]:
        connection.execute("SET enable_progress_bar = false")
