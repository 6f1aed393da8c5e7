"""Runs compiled queries: the only place in the metrics that touches a database connection.

An engine answers SQL in its own dialect over views named after the ledgers. DuckDB over a published version is the
one there is; another (Spark over the same Parquet) is another class with the same three members. Must not know
what a metric is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

    from analytics.metrics.compile import Facts
    from analytics.metrics.targets import Targets


@dataclass(slots=True)
class Kept:
    """What was once asked of an immutable version and need not be asked again.

    Attributes:
        ledgers: The views there are.
        facts: What each ledger's columns hold.
        targets: Every annual target.
    """

    ledgers: frozenset[str] | None = None
    facts: dict[str, Facts] = field(default_factory=dict)
    targets: Targets | None = None


class Engine(Protocol):
    """What the metrics need of a database."""

    @property
    def name(self) -> str:
        """The engine's name, as answers state it."""

    @property
    def kept(self) -> Kept:
        """What is known of the data, kept as long as the version is."""

    def ledgers(self) -> frozenset[str]:
        """Return the views and tables there are."""

    def rows(self, sql: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Run DuckDB-dialect ``sql`` and return its rows."""

    def frame(self, sql: str, parameters: Mapping[str, Any]) -> pd.DataFrame:
        """Run DuckDB-dialect ``sql`` and return its rows as a frame with declared types kept."""


class DuckEngine:
    """DuckDB: one connection, used by one thread at a time."""

    name = "duckdb"

    def __init__(self, connection: duckdb.DuckDBPyConnection, kept: Kept | None = None) -> None:
        self._connection = connection
        self.kept = Kept() if kept is None else kept

    def ledgers(self) -> frozenset[str]:
        """Return the views and tables there are."""
        if self.kept.ledgers is None:
            found = self._connection.execute("SELECT table_name FROM information_schema.tables").fetchall()
            self.kept.ledgers = frozenset(str(name) for (name,) in found)
        return self.kept.ledgers

    def rows(self, sql: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Run ``sql`` and return its rows."""
        found = self._connection.execute(sql, dict(parameters))
        names = [str(column[0]) for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def frame(self, sql: str, parameters: Mapping[str, Any]) -> pd.DataFrame:
        """Run ``sql`` and return its rows; whole numbers stay whole beside blanks (Arrow types)."""
        import pandas as pd

        table = self._connection.execute(sql, dict(parameters)).to_arrow_table()
        frame: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype)
        return frame
