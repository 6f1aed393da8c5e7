"""Runs compiled queries: the only place in the metrics that touches a database connection.

An engine answers SQL in its own dialect over views named after the ledgers. DuckDB over a published version is the
one there is; another (Spark over the same Parquet) is another class with the same three members. Must not know
what a metric is.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

    from analytics.metrics.shape import Compiled, Facts, Shape
    from analytics.metrics.targets import Targets


_TEXTS = 2048
"""Texts kept for a version; then all are made anew."""
_FROM = re.compile(r"\bFROM ([a-z][a-z0-9_]*)\b(?! AS\b|[.(])")
"""A ledger's view as the compiler writes it; the names of its own subqueries are no ledgers."""


_ROWS = 60_000
"""Rows of answers kept in a process, over all versions; an answer costs one more than it has rows."""
_LONGEST = 500
"""Rows an answer may have to be kept."""


OWN = "kept_."
"""What stands before the names of tables that were made beside one version."""


class Answers:
    """Answers by their question and by the very files they were read from, whichever versions share those.

    An upload touches a ledger or two; what was asked of the others is answered in the next version without asking
    again. Those not asked for longest go first; safe between threads.
    """

    def __init__(self) -> None:
        self._found: OrderedDict[Hashable, list[dict[str, Any]]] = OrderedDict()
        self._rows = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> list[dict[str, Any]] | None:
        """Return an answer's rows, the caller's own to change."""
        with self._lock:
            found = self._found.get(key)
            if found is None:
                return None
            self._found.move_to_end(key)
        return [dict(row) for row in found]

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._found.clear()
            self._rows = 0

    def keep(self, key: Hashable, rows: list[dict[str, Any]]) -> None:
        """Keep an answer that is not too long."""
        if len(rows) > _LONGEST:
            return
        with self._lock:
            before = self._found.pop(key, None)
            self._rows += len(rows) - len(before) if before is not None else len(rows) + 1
            self._found[key] = [dict(row) for row in rows]
            while self._rows > _ROWS:
                self._rows -= len(self._found.popitem(last=False)[1]) + 1


_answers = Answers()


def forget() -> None:
    """Forget all answers, so that what is asked next is asked of the data."""
    _answers.clear()


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
    rolled: dict[tuple[Shape, bool], Compiled | None] = field(default_factory=dict)
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
        """Run DuckDB-dialect ``sql`` and return its rows, or those it is known to give."""

    def run(self, sql: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Run DuckDB-dialect ``sql``, come what may, and return its rows."""

    def known(self, question: Hashable, read: str) -> list[dict[str, Any]] | None:
        """Return the rows that answer a question about what ``read`` names; ``None`` where it must be asked."""

    def keep(self, question: Hashable, read: str, rows: list[dict[str, Any]]) -> None:
        """Take note of the rows that answer a question about what ``read`` names."""

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
        origin: Callable[[str], Hashable | None] | None = None,
    ) -> None:
        """Ask over ``connection``.

        Args:
            connection: Has a view or table a ledger.
            kept: What is known of the data.
            scan: Gives the table function that reads a view's files, where a query may name that instead of the view.
            origin: Tells what the answer to a query is read from; what was asked of the same before is not asked again.
        """
        self._connection = connection
        self.kept = Kept() if kept is None else kept
        self._scan = scan
        self._origin = origin

    def ledgers(self) -> frozenset[str]:
        """Return the views and tables there are."""
        if self.kept.ledgers is None:
            found = self._connection.execute("SELECT table_name FROM information_schema.tables").fetchall()
            self.kept.ledgers = frozenset(str(name) for (name,) in found)
        return self.kept.ledgers

    def rows(self, sql: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Run ``sql`` and return its rows, or those it gave before from the same files."""
        question: Hashable = None
        # What makes something, or reads what this version alone has, is run each time.
        if self._origin is not None and sql.startswith(("SELECT", "WITH")) and OWN not in sql:
            question = (sql, repr(sorted(parameters.items())))
            known = self.known(question, sql)
            if known is not None:
                return known
        rows = self.run(sql, parameters)
        if question is not None:
            self.keep(question, sql, rows)
        return rows

    def run(self, sql: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Run ``sql`` and return its rows."""
        found = self._connection.execute(self._text(sql), dict(parameters))
        names = [str(column[0]) for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def known(self, question: Hashable, read: str) -> list[dict[str, Any]] | None:
        """Return the rows that answered a question before from the same files, in whichever version; ``None``: ask it.

        ``read`` holds the names of all views that the answer is read from.
        """
        files = None if self._origin is None else self._origin(read)
        return None if not files else _answers.get((question, files))

    def keep(self, question: Hashable, read: str, rows: list[dict[str, Any]]) -> None:
        """Keep the rows that answer a question, however they were found."""
        files = None if self._origin is None else self._origin(read)
        if files:
            _answers.keep((question, files), rows)

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
