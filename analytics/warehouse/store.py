"""The write side of the warehouse: one DuckDB file, opened only inside ``Store.writing`` under the write lock.

A record's history is its rows over uploads; the current one is the newest row of its key in uploads that are not
revoked. Nothing is overwritten: a correction is a new row, a removal is a row that says so, a revoke is a mark on
the upload. Must not know how workbooks are read or what readers compute.
"""

from __future__ import annotations

import datetime as dt
import json
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from analytics.duck import hush
from analytics.etl.report import FileReport, Outcome
from analytics.ledgers import ledgers as shipped_ledgers
from analytics.ledgers.model import Ledger
from analytics.settings import Settings
from analytics.warehouse import changes as diff
from analytics.warehouse import corrected, decisions, migrations, near, periods, publish, tables, uploads
from analytics.warehouse.ahead import Ahead
from analytics.warehouse.changes import INCOMING, ChangeSet, Replacement
from analytics.warehouse.errors import StoreBusy, UnknownProfile, UnknownUpload, WarehouseError
from analytics.warehouse.lock import POLL_SECONDS, write_lock
from analytics.warehouse.published import CONFIG
from analytics.warehouse.tables import quoted
from analytics.warehouse.transactions import first, transaction

Mode = Literal["merge", "replace"]


MANY_ROWS = 250_000
"""From this size on records are worth more than one processor; below, they are a row group or two of the database."""
FOREIGN_SECONDS = 2.0
"""How long we wait for a program that opened the store without our lock."""


def new_upload_id(now: dt.datetime | None = None) -> str:
    """Return a fresh upload id: the day (UTC), so that people can tell ids apart, and eight random signs."""
    return f"{(now or dt.datetime.now(dt.UTC)):%Y%m%d}-{secrets.token_hex(4)}"


class _StoreSide:
    """Current records as the store knows them, inside a transaction."""

    def rows(self, ledger: Ledger) -> str:
        return tables.table(ledger.id)

    def current(self, ledger: Ledger, keys: str | None = None) -> str:
        return publish.current_sql(ledger, keys)


class Store:
    """The store of one data folder. Holds nothing open; ``writing`` does, for as long as its block lasts."""

    def __init__(self, settings: Settings, ledgers: Mapping[str, Ledger] | None = None) -> None:
        """Take the settings, and the declared ledgers where they are not the shipped ones."""
        self.settings = settings
        self.ledgers = dict(shipped_ledgers() if ledgers is None else ledgers)

    @contextmanager
    def writing(self, wait: float | None = None, *, publish_at_end: bool = True) -> Iterator[Writing]:
        """Open the store for writing, alone among all processes.

        Every ``commit`` and ``revoke`` inside is a transaction of its own, durable when it returns. At the end what
        is not published yet is published, even if the block fails after a commit.

        Args:
            wait: Seconds to wait for another writer; the setting ``lock_wait`` if not given.
            publish_at_end: Leave ``False`` only to publish later by ``Store.repair``.

        Raises:
            StoreBusy: Another process was still writing after the wait.
            StoreTooNew: The store belongs to newer software.
            DeclarationRefused: A declaration lost or retyped a column.
        """
        with self.locked(wait), self.opened(publish_at_end=publish_at_end) as writing:
            yield writing

    @contextmanager
    def locked(self, wait: float | None = None) -> Iterator[None]:
        """Keep every other writer out, without opening the store.

        Raises:
            StoreBusy: Another process was still writing after the wait.
        """
        odd = [sign for sign in "*?" if sign in str(self.settings.warehouse.resolve())]
        if odd:
            # DuckDB reads these signs in a path as patterns and options.
            raise WarehouseError(f"数据文件夹的路径里有“{'”“'.join(odd)}”，数据库无法使用这样的路径。请换一个文件夹。")
        with write_lock(self.settings.warehouse, self.settings.lock_wait if wait is None else wait):
            yield

    @contextmanager
    def opened(self, *, publish_at_end: bool = True) -> Iterator[Writing]:
        """Open the store; the caller is inside ``locked``. Everything is in the one file when the block has ended."""
        con = self._open()
        try:
            writing = Writing(con, self.settings, self.ledgers)
            try:
                yield writing
            finally:
                try:
                    if publish_at_end:
                        writing.publish()
                finally:
                    writing.ahead.drop()
        finally:
            con.close()

    def repair(self, wait: float | None = None) -> str | None:
        """Publish what a crash left behind; return the id of the version readers now see."""
        with self.writing(wait) as writing:
            return writing.publish()

    def _open(self) -> duckdb.DuckDBPyConnection:
        """Open the file and bring its tables up to date. A program that knows no lock of ours may have it open."""
        deadline = time.monotonic() + FOREIGN_SECONDS
        while True:
            try:
                con = duckdb.connect(str(self.settings.warehouse), config=CONFIG)
                hush(con)
                # It holds everything. An older one, or one made through Python, may have been left for all to read.
                self.settings.warehouse.chmod(0o600)
                break
            except duckdb.IOException as error:
                if "lock" not in str(error).lower():
                    raise WarehouseError(
                        f"台账库文件 {self.settings.warehouse} 打不开，可能已损坏。"
                        "请运行 taizhang check 查看，必要时用 taizhang restore 从备份恢复。"
                    ) from error
                if time.monotonic() >= deadline:
                    raise StoreBusy(
                        f"另一个程序正打开着台账库文件 {self.settings.warehouse}。请关闭它后重试。"
                    ) from error
                time.sleep(POLL_SECONDS)
        try:
            self._prepare(con)
        except BaseException:
            con.close()
            raise
        return con

    def _prepare(self, con: duckdb.DuckDBPyConnection) -> None:
        migrations.migrate(con)
        wanted = tables.declaration_hash(self.ledgers)
        row = first(con, "SELECT declaration_hash FROM meta")
        if row and row[0] == wanted:
            return
        with transaction(con):
            grown = tables.widen(con, self.ledgers.values())
            for ledger in grown:
                # Published files lack the new column: all of the ledger is published anew.
                number = _next_change(con)
                con.execute("UPDATE partitions SET change_no = ? WHERE ledger = ?", [number, ledger])
            con.execute("UPDATE meta SET declaration_hash = ?", [wanted])


def _next_change(con: duckdb.DuckDBPyConnection) -> int:
    """Count one more change that readers could see; return its number."""
    row = first(con, "UPDATE meta SET change_no = change_no + 1 RETURNING change_no")
    return int(row[0]) if row else 0


def _now() -> dt.datetime:
    """Return the time as the store keeps it: UTC, without saying so."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


class Writing:
    """What may be done while the store is open. Made by ``Store.writing`` only."""

    def __init__(self, con: duckdb.DuckDBPyConnection, settings: Settings, ledgers: Mapping[str, Ledger]) -> None:
        self.con = con
        self.settings = settings
        self.ledgers = ledgers
        self._side = _StoreSide()
        self._profiles: dict[str, dict[str, str]] | None = None
        self._hashes: set[str] | None = None
        self.ahead = Ahead(settings.published)
        self._threads(many=False)

    # -- asking -----------------------------------------------------------------------------------------------------

    def find_duplicate(
        self,
        sha256: str,
        options: Mapping[str, Any] | None = None,
        profiles: Mapping[str, Mapping[str, str]] | None = None,
        *,
        corrections: bool = False,
    ) -> str | None:
        """Return the upload that already holds these bytes, read with the same options, and is not revoked.

        A mapping confirmed since then makes the same bytes worth reading again; with ``corrections``, so do other
        cells put right.
        """
        kept = self.profiles() if profiles is None else profiles
        if self._hashes is None:
            self._hashes = {row[0] for row in self.con.execute("SELECT DISTINCT sha256 FROM uploads").fetchall()}
        if sha256 not in self._hashes:
            return None
        return uploads.loaded(self.con, options or {}, kept, sha256, corrections=corrections).get(sha256)

    def profiles(self) -> dict[str, dict[str, str]]:
        """Return the confirmed mappings by header fingerprint."""
        if self._profiles is None:
            rows = self.con.execute("SELECT fingerprint, mapping FROM profiles").fetchall()
            self._profiles = {mark: json.loads(mapping) for mark, mapping in rows}
        return self._profiles

    def has_upload(self, upload_id: str) -> bool:
        """Tell whether an upload of this id is in the store."""
        return first(self.con, "SELECT 1 FROM uploads WHERE upload_id = ?", [upload_id]) is not None

    def changes(
        self, outcome: Outcome, mode: Mode = "merge", *, period: str | None = None, unit: str | None = None
    ) -> ChangeSet:
        """Return what committing ``outcome`` would change, and fill in its sheet reports; nothing is kept."""
        replacement = self._replacement(mode, unit or outcome.reporting_unit, period or outcome.period)
        found = ChangeSet()
        for ledger, incoming in self._incoming(outcome, unit or outcome.reporting_unit, 0):
            diff.preview(self.con, ledger, self._side, incoming, outcome.report.sheets, replacement, found)
        self._forget()
        return found

    def history(self, ledger: str, record_id: str) -> list[dict[str, Any]]:
        """Return every version of a record, oldest first: values, upload, file, sheet, row, when.

        ``standing`` is ``current``, ``superseded``, ``revoked``, or ``removed`` for the mark of a replacement that
        no longer had the record.
        """
        relation = self.con.execute(
            f"SELECT u.created_at, u.created_by, u.revoked_at, r.* FROM {tables.table(ledger)} r "
            "JOIN uploads u ON u.seq = r._seq WHERE r.record_id = ? ORDER BY r._version",
            [record_id],
        )
        names = [column[0] for column in relation.description or []]
        rows = [dict(zip(names, row, strict=True)) for row in relation.fetchall()]
        live = [row for row in rows if row["revoked_at"] is None]
        for row in rows:
            newest = bool(live) and row is live[-1]
            row["standing"] = (
                "revoked"
                if row["revoked_at"] is not None
                else "removed"
                if row["_removed"]
                else "current"
                if newest
                else "superseded"
            )
            for own in tables.OWN:
                del row[own]
        return rows

    # -- changing ---------------------------------------------------------------------------------------------------

    def commit(
        self,
        outcome: Outcome,
        *,
        mode: Mode = "merge",
        period: str | None = None,
        unit: str | None = None,
        by: str = "",
        options: Mapping[str, Any] | None = None,
        upload_id: str | None = None,
    ) -> str:
        """Keep one upload in one transaction: wholly there when this returns, or not at all.

        The report in ``outcome`` is completed: upload id, changes, findings against the warehouse, state.

        Args:
            outcome: What reading the file gave.
            mode: ``merge`` by key, or ``replace`` the unit's records of the stated period.
            period: The stated period, if not the outcome's.
            unit: The reporting unit, if not the outcome's.
            by: Who uploads.
            options: What was said along with the file; the same bytes with other options are another upload.
            upload_id: An id given out before (a confirmed dry run).
        """
        stated = period or outcome.period
        sender = unit or outcome.reporting_unit
        report = outcome.report
        report.upload_id = upload_id or new_upload_id()
        replacement = self._replacement(mode, sender, stated)
        if mode == "replace" and replacement is None and outcome.tables:
            uploads.hold_back(outcome, uploads.needs_period(sender, stated))
        con = self.con
        try:
            with transaction(con):
                row = first(con, "SELECT change_no + 1, next_seq, next_version FROM meta")
                number, seq, version = row if row else (0, 0, 0)
                total = {"new": 0, "changed": 0, "unchanged": 0, "removed": 0}
                for ledger, incoming in self._incoming(outcome, sender, version):
                    repeats = diff.has_repeats(incoming)
                    followed = diff.compare(con, ledger, self._side, repeats=repeats)
                    removed = diff.missing(con, ledger, self._side, replacement) if replacement else 0
                    counted = diff.tally(con, ledger, incoming, report.sheets, followed=followed, removed=removed)
                    for kind in total:
                        total[kind] += getattr(counted, kind)
                    told = near.findings(con, ledger, self._side, report.sheets, counted, followed=followed)
                    uploads.add_findings(report, told)
                    if not (repeats or followed or removed):
                        begun = self._years(ledger, incoming) - self._known_years(ledger)
                        self.ahead.begin(ledger, incoming, begun, report.upload_id, number)
                    self._insert(ledger, incoming, report, seq, version + incoming.num_rows, removed=removed)
                    version += incoming.num_rows + removed
                    self._touch(ledger, incoming, number, followed=followed, removed=removed)
                uploads.store_details(con, outcome, report.upload_id, seq)
                corrected.keep(con, outcome, (options or {}).get(uploads.CORRECTED) or (), report.upload_id, seq)
                self._insert_upload(outcome, seq, mode, stated, sender, by, options or {}, total)
                con.execute("UPDATE meta SET change_no = ?, next_seq = ?, next_version = ?", [number, seq + 1, version])
        except BaseException:
            # The next change will have the same number.
            self.ahead.drop()
            raise
        finally:
            self._forget()
        if self._hashes is not None:
            self._hashes.add(report.sha256)
        return report.upload_id

    def revoke(self, upload_id: str, reason: str, by: str = "") -> None:
        """Take an upload back: what it had corrected or removed stands again as it was.

        Raises:
            UnknownUpload: There is no such upload.
            WarehouseError: It was revoked before.
        """
        con = self.con
        row = first(con, "SELECT seq, revoked_at FROM uploads WHERE upload_id = ?", [upload_id])
        if row is None:
            raise UnknownUpload(f"没有编号为 {upload_id} 的上传。请用 taizhang uploads 查看编号。")
        if row[1] is not None:
            raise WarehouseError(f"上传 {upload_id} 已于 {row[1]:%Y-%m-%d %H:%M}（UTC）撤回，不必再撤。")
        with transaction(con):
            number = _next_change(con)
            for ledger in self.ledgers.values():
                table = tables.table(ledger.id)
                mine = f"SELECT record_id FROM {table} WHERE _seq = ?"
                years = f"SELECT DISTINCT _year FROM {table} WHERE record_id IN ({mine})"
                self._mark(ledger, number, con.execute(years, [row[0]]).fetchall())
            con.execute(
                "UPDATE uploads SET revoked_at = ?, revoked_by = ?, revoked_reason = ? WHERE upload_id = ?",
                [_now(), by, reason, upload_id],
            )

    def decide(self, decision: decisions.Decision) -> str:
        """Keep what the data steward decided; return its id. It bears on the next published version.

        Raises:
            WarehouseError: It was decided before.
        """
        with transaction(self.con):
            number = _next_change(self.con)
            decision_id = decisions.keep(self.con, decision, number)
            self._touch_records(decision.ledger, (decision.record_id, decision.other_id), number)
        return decision_id

    def undo(self, decision_id: str, by: str = "") -> dict[str, Any]:
        """Take a decision back: what it was about stands again as it was sent. Return the decision.

        Raises:
            WarehouseError: There is none of this id, or it was undone before.
        """
        with transaction(self.con):
            found = decisions.undo(self.con, decision_id, by)
            number = _next_change(self.con)
            self._touch_records(found["ledger"], (found["record_id"], found["other_id"]), number)
        return found

    def _touch_records(self, ledger: str, ids: Sequence[str | None], number: int) -> None:
        """Mark the years of some records as changed."""
        rows = self.con.execute(
            f"SELECT DISTINCT _year FROM {tables.table(ledger)} WHERE list_contains(?, record_id)",
            [[one for one in ids if one]],
        ).fetchall()
        self._mark(self.ledgers[ledger], number, rows)

    def keep_profile(self, fingerprint: str, ledger: str | None, mapping: Mapping[str, str], by: str = "") -> None:
        """Keep a person's confirmed mapping for a header shape, in place of an earlier one."""
        words = json.dumps(dict(mapping), ensure_ascii=False, sort_keys=True)
        with transaction(self.con):
            self.con.execute(
                "INSERT OR REPLACE INTO profiles VALUES (?, ?, ?, ?, ?)", [fingerprint, ledger, words, _now(), by]
            )
            _next_change(self.con)
        self._profiles = None

    def forget_profile(self, fingerprint: str) -> None:
        """Forget a confirmed mapping: such headers are mapped by the declarations again.

        Raises:
            UnknownProfile: There is none for this header shape.
        """
        if fingerprint not in self.profiles():
            raise UnknownProfile(f"没有记住过表头特征为 {fingerprint} 的对应。请用 taizhang profiles 查看。")
        with transaction(self.con):
            self.con.execute("DELETE FROM profiles WHERE fingerprint = ?", [fingerprint])
            _next_change(self.con)
        self._profiles = None

    def publish(self) -> str | None:
        """Let readers see all that is committed; return the version's id, ``None`` if there never was anything."""
        row = first(self.con, "SELECT max(estimated_size) FROM duckdb_tables()")
        self._threads(many=row is not None and (row[0] or 0) >= MANY_ROWS)
        try:
            return publish.publish(self.con, self.settings, self.ledgers, self.ahead.files())
        finally:
            self.ahead.drop()
            self._threads(many=False)

    def _threads(self, *, many: bool) -> None:
        """Let the database use all processors, or one: on a small upload, handing work around is most of the work."""
        self.con.execute("RESET threads" if many else "SET threads = 1")

    # -- the steps of a commit --------------------------------------------------------------------------------------

    def _replacement(self, mode: Mode, unit: str | None, period: str | None) -> Replacement | None:
        days = periods.span(period)
        if mode != "replace" or not unit or days is None:
            return None
        rows = self.con.execute("SELECT upload_id, period FROM uploads WHERE reporting_unit = ?", [unit]).fetchall()
        return Replacement(unit, days, tuple(row[0] for row in rows if periods.within(row[1], days)))

    def _incoming(self, outcome: Outcome, unit: str | None, version: int) -> Iterator[tuple[Ledger, pa.Table]]:
        """Register each ledger's records, numbered in the file's order, as ``incoming``."""
        for name, records in outcome.tables.items():
            ledger = self.ledgers.get(name)
            if ledger is None:
                raise WarehouseError(f"没有名为 {name} 的台账声明，无法入库。")
            records = tables.conform(ledger, records)
            if unit:
                at = records.schema.get_field_index("reporting_unit")
                filled = pc.fill_null(records.column(at), unit)
                records = records.set_column(at, records.schema.field(at), filled)
            numbers = pa.array(range(version, version + records.num_rows), pa.int64())
            records = records.append_column("_version", numbers)
            version += records.num_rows
            self._threads(many=records.num_rows >= MANY_ROWS)
            diff.register(self.con, ledger, records)
            yield ledger, records

    def _insert(
        self, ledger: Ledger, incoming: pa.Table, report: FileReport, seq: int, version: int, *, removed: int
    ) -> None:
        """Append the incoming versions, and from ``version`` on the marks of removed records."""
        # Most ledgers leave half their columns empty; naming only the others makes a small upload half as dear.
        names = [
            name
            for name, column in zip(incoming.column_names, incoming.columns, strict=True)
            if column.null_count < len(column)
        ]
        names = [quoted(name) for name in names if name != "upload_id"]
        if incoming.num_rows:
            self.con.execute(
                f"INSERT INTO {tables.table(ledger.id)} ({', '.join(names)}, upload_id, _seq, _removed, _year) "
                f"SELECT {', '.join(names)}, ?, ?, FALSE, {tables.year_sql(ledger)} FROM {INCOMING}",
                [report.upload_id, seq],
            )
        if removed:
            self.con.execute(
                f"INSERT INTO {tables.table(ledger.id)} "
                "(_version, record_id, upload_id, file_name, reporting_unit, _seq, _removed, _year) "
                "SELECT ? + row_number() OVER (ORDER BY record_id) - 1, record_id, ?, ?, reporting_unit, ?, TRUE, "
                "_year FROM gone",
                [version, report.upload_id, report.file, seq],
            )

    def _touch(self, ledger: Ledger, incoming: pa.Table, number: int, *, followed: bool, removed: int) -> None:
        """Mark the years this upload touches: of its records, of those they follow, of those it removes."""
        years: list[tuple[int | None]] = [(year,) for year in self._years(ledger, incoming)]
        if followed:
            years += self.con.execute("SELECT DISTINCT old_year FROM kinds WHERE kind <> 'new'").fetchall()
        if removed:
            years += self.con.execute("SELECT DISTINCT _year FROM gone").fetchall()
        self._mark(ledger, number, years)

    @staticmethod
    def _years(ledger: Ledger, incoming: pa.Table) -> set[int | None]:
        """Return the years that records count in."""
        if ledger.date_field:
            return set(pc.unique(pc.year(incoming.column(ledger.date_field))).to_pylist())
        return set(pc.unique(incoming.column(ledger.year_field or "")).to_pylist())

    def _known_years(self, ledger: Ledger) -> set[int | None]:
        """Return the years of which anything was ever kept."""
        rows = self.con.execute('SELECT DISTINCT "year" FROM partitions WHERE ledger = ?', [ledger.id]).fetchall()
        return {year for (year,) in rows}

    def _mark(self, ledger: Ledger, number: int, years: Sequence[tuple[int | None]]) -> None:
        """Stamp the years of ``ledger`` that changed with the change's number."""
        if not years:
            return
        found = {year for (year,) in years}
        test = f'"year" IN ({", ".join(str(int(year)) for year in found if year is not None) or "NULL"})'
        if None in found:
            test = f'({test} OR "year" IS NULL)'
        known = self.con.execute(
            f'UPDATE partitions SET change_no = ? WHERE ledger = ? AND {test} RETURNING "year"',
            [number, ledger.id],
        ).fetchall()
        for year in found - {row[0] for row in known}:
            self.con.execute("INSERT INTO partitions VALUES (?, ?, ?)", [ledger.id, year, number])

    def _insert_upload(
        self,
        outcome: Outcome,
        seq: int,
        mode: Mode,
        period: str | None,
        unit: str | None,
        by: str,
        options: Mapping[str, Any],
        total: Mapping[str, int],
    ) -> None:
        report = outcome.report
        prints = [sheet.fingerprint for sheet in report.sheets]
        severities = [finding.severity for finding in report.findings]
        row = {
            "upload_id": report.upload_id,
            "seq": seq,
            "sha256": report.sha256,
            "file_name": report.file,
            "reporting_unit": unit,
            "period": period,
            "mode": mode,
            "state": report.state,
            "created_at": _now(),
            "created_by": by,
            "ledgers": ",".join(
                sorted({sheet.ledger for sheet in report.sheets if sheet.ledger} | set(outcome.tables))
            ),
            "rows_read": sum(sheet.counts.read for sheet in report.sheets),
            "rows_loaded": total["new"] + total["changed"] + total["unchanged"],
            "rows_quarantined": len(outcome.quarantine),
            **{f"rows_{kind}": count for kind, count in total.items()},
            "errors": severities.count("error"),
            "warnings": severities.count("warning"),
            "options": json.dumps(dict(options), ensure_ascii=False, default=str),
            "options_hash": uploads.options_hash(options),
            "profiles_hash": uploads.profiles_hash(prints, self.profiles()),
            "fingerprints": json.dumps(prints),
            "report": uploads.report_text(report),
        }
        names = ", ".join(quoted(name) for name in row)
        marks = ", ".join("?" * len(row))
        self.con.execute(f"INSERT INTO uploads ({names}) VALUES ({marks})", list(row.values()))

    def _forget(self) -> None:
        """Let go of the incoming table, so that its memory is free before the next file."""
        diff.forget(self.con)
        self._threads(many=False)
