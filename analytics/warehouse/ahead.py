"""The years an upload begins, written for the next version while the upload itself is being committed.

Where nothing was ever kept of a ledger's year, all that will be seen of it are the upload's own records: the
store, which is busy with them, need not be asked. What is written here lies in a staging folder, which nobody
reads and the next publishing takes or sweeps away. Must not know what a version consists of besides.
"""

from __future__ import annotations

import logging
import shutil
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import duckdb
import pyarrow as pa

from analytics import moments
from analytics.ledgers.model import Ledger
from analytics.warehouse import publish, tables
from analytics.warehouse.changes import INCOMING
from analytics.warehouse.published import CONFIG
from analytics.warehouse.tables import literal, quoted
from analytics.warehouse.transactions import first

_log = logging.getLogger(__name__)
_MANY = 20_000
"""Records from which a thread of its own is worth its start."""
_GROUP = 20_480
"""Rows of a file held in memory at a time: the store holds all of them just now."""


class Ahead:
    """Writes years ahead, in one thread beside the store's own."""

    def __init__(self, published: Path) -> None:
        """Take the folder of the published versions; nothing is made in it before there is something to write."""
        self._published = published
        self._folder: Path | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._running: list[tuple[str, Future[dict[int | None, publish.YearFile]]]] = []

    def begin(self, ledger: Ledger, incoming: pa.Table, begun: set[int | None], upload_id: str, number: int) -> None:
        """Begin to write the records of the years that ``incoming`` begins, all of them new.

        Args:
            ledger: Whose records they are.
            incoming: The records, each the only one of its key.
            begun: The years in which nothing was ever kept before.
            upload_id: The upload they belong to.
            number: The number of the change.
        """
        if not begun or incoming.num_rows < _MANY:
            return
        if self._pool is None or self._folder is None:
            self._pool = ThreadPoolExecutor(1)
            self._folder = self._published / f"{publish.STAGING}ahead-{upload_id}"
        folder = self._folder / f"{number}-{ledger.id}"
        self._running.append((ledger.id, self._pool.submit(_write, ledger, incoming, begun, upload_id, number, folder)))

    def files(self) -> dict[tuple[str, int | None], publish.YearFile]:
        """Wait for what was begun; return the files by ledger and year. What failed is written from the store."""
        found: dict[tuple[str, int | None], publish.YearFile] = {}
        for ledger, running in self._running:
            try:
                found |= {(ledger, year): file for year, file in running.result().items()}
            except (OSError, duckdb.Error) as error:
                _log.warning("writing years of %s ahead failed: %s", ledger, error)
        return found

    def drop(self) -> None:
        """Forget what was written and not taken."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._pool = self._folder = None
        self._running.clear()


def _write(
    ledger: Ledger, incoming: pa.Table, begun: set[int | None], upload_id: str, number: int, folder: Path
) -> dict[int | None, publish.YearFile]:
    folder.mkdir(parents=True, exist_ok=True)
    picked = ", ".join(
        f"{literal(upload_id) if name == 'upload_id' else quoted(name)}::{kind} AS {quoted(name)}"
        for name, kind in tables.columns(ledger).items()
    )
    day = quoted(ledger.date_field) if ledger.date_field else "NULL::DATE"
    files: dict[int | None, publish.YearFile] = {}
    with duckdb.connect(":memory:", config={**CONFIG, "threads": 1}) as con:
        con.register(INCOMING, incoming)
        for year in begun:
            test = f"{tables.year_sql(ledger)} {publish.year_test(year)}"
            path = folder / publish.year_file(year)
            entry = publish.copy(con, f"SELECT {picked} FROM {INCOMING} WHERE {test}", path, _GROUP)
            row = first(con, f"SELECT max({day}) FILTER ({day} <= ?) FROM {INCOMING} WHERE {test}", [moments.today()])
            last = row[0].isoformat() if row and row[0] else None
            files[year] = publish.YearFile(path, number, entry | {"last_day": last})
    return files
