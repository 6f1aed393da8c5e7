"""The doctor: does everything that must agree in a data folder agree? Looks, tells, changes nothing.

Each check ends in one line; a line that is not ``ok`` says what to do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb

from analytics.duck import hush
from analytics.settings import Settings
from analytics.warehouse import migrations, publish, published, raw, tables, uploads
from analytics.warehouse.errors import StoreBusy, WarehouseError
from analytics.warehouse.store import Store, Writing
from analytics.warehouse.transactions import first

Verdict = Literal["ok", "warning", "error"]
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at."""

    name: str
    verdict: Verdict
    message: str


def check(settings: Settings, *, wait: float | None = None) -> list[Check]:
    """Look at the store, the originals and the published versions.

    Raises:
        StoreBusy: Another process kept the write lock past the wait.
    """
    if not settings.warehouse.exists():
        return [Check("store", "ok", f"{settings.data} 里还没有数据。")]
    found: list[Check] = []
    store = Store(settings)
    with store.locked(wait):
        try:
            with store.opened(publish_at_end=False) as writing:
                found += _store(writing)
                found += _originals(writing)
                found += _current(writing)
        except StoreBusy:
            raise
        except WarehouseError as error:
            found.append(Check("store", "error", str(error)))
        except duckdb.Error as error:
            found.append(Check("store", "error", f"台账库读取出错（{type(error).__name__}）。请从备份恢复。"))
        found += _versions(settings)
    return found


def to_json(found: list[Check]) -> dict[str, Any]:
    """Return the checks as the command line prints them."""
    return {"ok": all(entry.verdict != "error" for entry in found), "checks": [asdict(entry) for entry in found]}


def _one(name: str, wrong: list[str], good: str, bad: str, verdict: Verdict = "error") -> Check:
    if not wrong:
        return Check(name, "ok", good)
    named = "、".join(wrong[:_MOST_NAMED]) + (f" 等 {len(wrong)} 处" if len(wrong) > _MOST_NAMED else "")
    return Check(name, verdict, f"{bad}：{named}。")


def _store(writing: Writing) -> Iterator[Check]:
    """The store opened; its schema and its counts."""
    con = writing.con
    yield Check("store", "ok", "台账库可以打开。")
    newest = migrations.steps()[-1][0]
    yield Check("schema", "ok", f"库结构第 {migrations.version(con)} 版（软件第 {newest} 版）。")
    wrong = []
    loaded: dict[int, int] = {}
    for ledger in writing.ledgers:
        rows = con.execute(
            f"SELECT _seq, count(*) FROM {tables.table(ledger)} WHERE NOT _removed GROUP BY _seq"
        ).fetchall()
        for seq, count in rows:
            loaded[seq] = loaded.get(seq, 0) + count
    held = dict(con.execute("SELECT seq, count(*) FROM quarantine GROUP BY seq").fetchall())
    for upload_id, seq, rows_loaded, rows_quarantined, text in con.execute(
        "SELECT upload_id, seq, rows_loaded, rows_quarantined, report FROM uploads ORDER BY seq"
    ).fetchall():
        report = uploads.report_from(text, [])
        try:
            for sheet in report.sheets:
                sheet.counts.reconcile()
        except AssertionError:
            wrong.append(upload_id)
            continue
        if loaded.pop(seq, 0) != rows_loaded or held.get(seq, 0) != rows_quarantined:
            wrong.append(upload_id)
    wrong += [f"第 {seq} 次（没有上传记录）" for seq in loaded]
    yield _one("counts", wrong, "每次上传的行数都对得上。", "行数对不上的上传")


def _originals(writing: Writing) -> Iterator[Check]:
    """Every upload's original is there, with the bytes it had."""
    settings = writing.settings
    wrong, total = [], 0
    for upload_id, sha256 in writing.con.execute("SELECT upload_id, sha256 FROM uploads ORDER BY seq").fetchall():
        total += 1
        path = raw.path_of(settings, sha256)
        if not path.is_file():
            wrong.append(f"{upload_id}（缺失）")
        elif raw.hash_of(path) != sha256:
            wrong.append(f"{upload_id}（被改动）")
    yield _one("originals", wrong, f"{total} 次上传的原文件都完好。", "原文件有问题的上传")


def _current(writing: Writing) -> Iterator[Check]:
    """What readers see is what the store holds current."""
    con, settings = writing.con, writing.settings
    row = first(con, "SELECT change_no FROM meta")
    change_no = int(row[0]) if row else 0
    name = publish.current_id(settings)
    manifest = publish.read_manifest(settings.published / name) if name else None
    if manifest is None:
        verdict: Verdict = "ok" if change_no == 0 else "error"
        yield Check(
            "published",
            verdict,
            "还没有发布过。" if change_no == 0 else "没有可读的已发布版本。再导入一次即会重新发布。",
        )
        return
    if manifest["change_no"] != change_no:
        yield Check("published", "warning", "有已入库但还没有发布的内容。下一次导入会一并发布。")
        return
    wrong = []
    reading = published.current(settings, writing.ledgers).connect()
    for ledger in writing.ledgers.values():
        whole = ", ".join(tables.quoted(name) for name in tables.columns(ledger))
        fields = f"count(*), bit_xor(hash({whole}))"
        kept = first(con, f"SELECT {fields} FROM ({publish.visible_sql(con, ledger)})")
        seen = first(reading, f"SELECT {fields} FROM {tables.quoted(ledger.id)}")
        if kept != seen:
            wrong.append(ledger.name)
    yield _one("published", wrong, f"已发布的版本 {name} 与台账库一致。", "已发布的记录与台账库不一致")


def _versions(settings: Settings) -> Iterator[Check]:
    """Every kept version is whole."""
    wrong = []
    names = publish.versions(settings)
    for name in names:
        folder = settings.published / name
        manifest = publish.read_manifest(folder)
        if manifest is None or not _readable(folder, manifest):
            wrong.append(name)
    yield _one("versions", wrong, f"{len(names)} 个已发布版本都可以读取。", "损坏的已发布版本")


def _readable(folder: Path, manifest: dict[str, Any]) -> bool:
    con = duckdb.connect(":memory:", config=published.CONFIG)
    hush(con)
    try:
        for name, entry in manifest["files"].items():
            path = folder / name
            if path.stat().st_size != entry["bytes"]:
                return False
            query = f"SELECT count(*) FROM read_parquet({tables.literal(str(path))}, hive_partitioning = FALSE)"
            row = first(con, query)
            if row is None or row[0] != entry["rows"]:
                return False
    except (OSError, duckdb.Error):
        # Unreadable is the answer asked for.
        return False
    finally:
        con.close()
    return True
