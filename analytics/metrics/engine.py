"""Runs compiled queries: the only place in the metrics that touches a database connection.

An engine answers SQL in its own dialect over views named after the ledgers. DuckDB over a published version is the
one there is; another (Spark over the same Parquet) is another class with the same three members. Must not know
what a metric is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

    from analytics.metrics.compile import Compiled, Facts, Shape
    from analytics.metrics.targets import Targets


_TEXTS = 2048
"""Texts kept for a version; then all are made anew."""
_FROM = re.compile(r"\bFROM ([a-z][a-z0-9_]*)\b(?! AS\b|[.(])")
"""A ledger's view as the compiler writes it; the names of its own subqueries are no ledgers."""


@dataclass(slots=True)
class Kept:
    """What was once asked of an immutable version and need not be asked again.

    Attributes:
        ledgers: The views there are.
        facts: What each ledger's columns hold.
        targets: Every annual target.
        texts: Queries as they were compiled to the same with files named instead of views.
        lasting: Whether many questions are to come, so that it pays to keep sums and copies (see ``rollup``).
        tables: Those sums and copies, by what they are of; ``None`` where they would not pay.
        rolled: Queries over them, by what is asked; ``None`` where the records must be asked.
        pid: The process they are in.
    """

    ledgers: frozenset[str] | None = None
    facts: dict[str, Facts] = field(default_factory=dict)
    targets: Targets | None = None
    texts: dict[str, str] = field(default_factory=dict)
    lasting: bool = False
    tables: dict[Hashable, Any] = field(default_factory=dict)
    rolled: dict[Shape, Compiled | None] = field(default_factory=dict)
    pid: int = 0


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

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        kept: Kept | None = None,
        scan: Callable[[str], str | None] | None = None,
    ) -> None:
        """Ask over ``connection``.

        Args:
            connection: Has a view or table a ledger.
            kept: What is known of the data.
            scan: Gives the table function that reads a view's files, where a query may name that instead of the view.
        """
        self._connection = connection
        self.kept = Kept() if kept is None else kept
        self._scan = scan

    def ledgers(self) -> frozenset[str]:
        """Return the views and tables there are."""
        if self.kept.ledgers is None:
            found = self._connection.execute("SELECT table_name FROM information_schema.tables").fetchall()
            self.kept.ledgers = frozenset(str(name) for (name,) in found)
        return self.kept.ledgers

    def rows(self, sql: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Run ``sql`` and return its rows."""
        found = self._connection.execute(self._text(sql), dict(parameters))
        names = [str(column[0]) for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def frame(self, sql: str, parameters: Mapping[str, Any]) -> pd.DataFrame:
        """Run ``sql`` and return its rows; whole numbers stay whole beside blanks (Arrow types)."""
        import pandas as pd

        table = self._connection.execute(self._text(sql), dict(parameters)).to_arrow_table()
        frame: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype)
        return frame

    def _text(self, sql: str) -> str:
        """Return ``sql`` with the files a view reads in place of the view, which has more columns than any query."""
        scan = self._scan
        if scan is None:
            return sql
        found = self.kept.texts.get(sql)
        if found is None:

            def replace(match: re.Match[str]) -> str:
                source = scan(match[1])
                return match[0] if source is None else f"FROM {source} AS {match[1]}"

            if len(self.kept.texts) >= _TEXTS:
                self.kept.texts.clear()
            found = self.kept.texts[sql] = _FROM.sub(replace, sql)
        return found
