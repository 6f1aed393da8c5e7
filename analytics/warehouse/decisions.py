"""What the data steward decided about estimates and suspected duplicates, and how that bears on what is published.

The store keeps every record as it was sent; a decision is laid over it when a version is made, so that undoing one
brings back what was there. Must not know who may decide, nor judge a value.
"""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from analytics.ledgers.model import Ledger
from analytics.ledgers.schema import record_schema
from analytics.warehouse import tables
from analytics.warehouse.errors import WarehouseError
from analytics.warehouse.tables import literal, quoted
from analytics.warehouse.transactions import first

Kind = Literal["estimate", "duplicate"]
Action = Literal["accept", "refuse", "merge", "split"]

COLUMNS = {
    "decision_id": "VARCHAR",
    "seq": "BIGINT",
    "kind": "VARCHAR",
    "action": "VARCHAR",
    "ledger": "VARCHAR",
    "record_id": "VARCHAR",
    "field": "VARCHAR",
    "raw": "VARCHAR",
    "other_id": "VARCHAR",
    "value": "VARCHAR",
    "reason": "VARCHAR",
    "decided_at": "TIMESTAMP",
    "decided_by": "VARCHAR",
    "undone_at": "TIMESTAMP",
    "undone_by": "VARCHAR",
}
"""The columns of a decision; times are UTC."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision to be kept.

    Attributes:
        kind: About an estimate, or about two records that may be one.
        action: ``accept`` a value, ``refuse``, ``merge`` (counts as the other one), ``split`` (they are two records).
        ledger: Whose records.
        record_id: The record; of a pair, the one that no longer counts after ``merge`` or ``refuse``.
        field: The estimate's field.
        raw: What was written there; a decision holds only while the record says just that.
        other_id: The other record of a pair.
        value: The accepted value, as text.
        reason: Why.
        by: Who decides.
    """

    kind: Kind
    action: Action
    ledger: str
    record_id: str
    field: str | None = None
    raw: str | None = None
    other_id: str | None = None
    value: str | None = None
    reason: str = ""
    by: str = ""


def keep(con: duckdb.DuckDBPyConnection, decision: Decision, number: int) -> str:
    """Insert a decision inside the caller's transaction; return its id.

    Args:
        con: The open store.
        decision: What was decided.
        number: The change it belongs to.

    Raises:
        WarehouseError: There is a decision already that nobody has undone, or a pair would be merged in a circle.
    """
    _must_be_open(con, decision)
    decision_id = f"D{dt.datetime.now(dt.UTC):%Y%m%d}-{secrets.token_hex(4)}"
    row = asdict(decision) | {
        "decision_id": decision_id,
        "seq": number,
        "decided_at": dt.datetime.now(dt.UTC).replace(tzinfo=None),
        "decided_by": decision.by,
    }
    del row["by"]
    names = ", ".join(quoted(name) for name in row)
    con.execute(f"INSERT INTO decisions ({names}) VALUES ({', '.join('?' * len(row))})", list(row.values()))
    return decision_id


def _must_be_open(con: duckdb.DuckDBPyConnection, decision: Decision) -> None:
    same: tuple[str, list[Any]]
    if decision.kind == "estimate":
        same = (
            "kind = 'estimate' AND ledger = ? AND record_id = ? AND field = ? AND raw = ?",
            [decision.ledger, decision.record_id, decision.field, decision.raw],
        )
    else:
        pair = [decision.record_id, decision.other_id]
        same = (
            "kind = 'duplicate' AND ledger = ? AND list_contains(?, record_id) AND list_contains(?, other_id)",
            [decision.ledger, pair, pair],
        )
    found = first(con, f"SELECT decision_id, decided_by FROM decisions WHERE undone_at IS NULL AND {same[0]}", same[1])
    if found:
        raise WarehouseError(
            f"这一项已由{found[1] or '数据管理员'}处理过（处理编号 {found[0]}）。如要改判，请先撤销原来的处理。"
        )
    if decision.action == "merge":
        into, seen = decision.other_id, {decision.record_id}
        while into is not None:
            if into in seen:
                raise WarehouseError("这几条记录会互相并入，最后一条也不剩。请改为保留另一条。")
            seen.add(into)
            row = first(
                con,
                "SELECT other_id FROM decisions WHERE undone_at IS NULL AND kind = 'duplicate' AND ledger = ? "
                "AND action = 'merge' AND record_id = ?",
                [decision.ledger, into],
            )
            into = row[0] if row else None


def undo(con: duckdb.DuckDBPyConnection, decision_id: str, by: str) -> dict[str, Any]:
    """Mark a decision undone inside the caller's transaction; return it.

    Raises:
        WarehouseError: There is none of this id, or it was undone before.
    """
    relation = con.execute("SELECT * FROM decisions WHERE decision_id = ?", [decision_id])
    names = [column[0] for column in relation.description or []]
    rows = relation.fetchall()
    if not rows:
        raise WarehouseError(f"没有编号为 {decision_id} 的处理。请用 taizhang approvals list --decided 查看编号。")
    found = dict(zip(names, rows[0], strict=True))
    if found["undone_at"] is not None:
        raise WarehouseError(f"处理 {decision_id} 已经撤销过，不必再撤。")
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    con.execute("UPDATE decisions SET undone_at = ?, undone_by = ? WHERE decision_id = ?", [now, by, decision_id])
    return found


def of_record(con: duckdb.DuckDBPyConnection, ledger: str, record_id: str) -> list[dict[str, Any]]:
    """Return the decisions about one record, oldest first, undone ones too (of the store or of a version)."""
    relation = con.execute(
        "SELECT * FROM decisions WHERE ledger = ? AND (record_id = ? OR other_id = ?) ORDER BY seq",
        [ledger, record_id, record_id],
    )
    names = [column[0] for column in relation.description or []]
    return [to_json(dict(zip(names, row, strict=True))) for row in relation.fetchall()]


def to_json(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a decision's row with its times in ISO form."""
    found = {name: row[name] for name in COLUMNS if name != "seq"}
    for name in ("decided_at", "undone_at"):
        found[name] = found[name].replace(tzinfo=dt.UTC).isoformat(timespec="seconds") if found[name] else None
    return found


# -- laid over what is published --------------------------------------------------------------------------------------


def any_for(con: duckdb.DuckDBPyConnection, ledger: Ledger) -> bool:
    """Tell whether any decision that holds is about records of ``ledger``."""
    return first(con, "SELECT 1 FROM decisions WHERE undone_at IS NULL AND ledger = ? LIMIT 1", [ledger.id]) is not None


def picked(con: duckdb.DuckDBPyConnection, ledger: Ledger, alias: str) -> list[str]:
    """Return the expressions of a record's columns, accepted values in place of the estimates they were given for.

    The note of the estimate stays with the record: its words and bounds are what was sent.
    """
    kinds = tables.columns(ledger)
    accepted = {
        row[0]
        for row in con.execute(
            "SELECT DISTINCT field FROM decisions WHERE undone_at IS NULL AND kind = 'estimate' AND action = 'accept' "
            "AND ledger = ?",
            [ledger.id],
        ).fetchall()
    }
    out = []
    for name, kind in kinds.items():
        plain = f"{alias}.{quoted(name)}"
        if name not in accepted:
            out.append(plain)
            continue
        path = literal(f'$."{name}".raw')
        out.append(
            f"coalesce({plain}, (SELECT CAST(max(d.value) AS {kind}) FROM decisions d WHERE d.undone_at IS NULL "
            f"AND d.kind = 'estimate' AND d.action = 'accept' AND d.ledger = {literal(ledger.id)} "
            f"AND d.field = {literal(name)} AND d.record_id = {alias}.record_id "
            f"AND d.raw = json_extract_string({alias}.approx, {path}))) AS {quoted(name)}"
        )
    return out


def dropped_sql(ledger: Ledger, current: str) -> str:
    """Return the query of the ids of records that do not count: refused, or merged into one that is still there.

    Args:
        ledger: Whose records.
        current: The SELECT of all current records.
    """
    mine = f"undone_at IS NULL AND kind = 'duplicate' AND ledger = {literal(ledger.id)}"
    return (
        f"SELECT record_id FROM decisions WHERE {mine} AND (action = 'refuse' OR (action = 'merge' "
        f"AND other_id IN (SELECT record_id FROM ({current}))))"
    )


# -- laid over what is about to be compared with a version ------------------------------------------------------------


def lay_over(con: duckdb.DuckDBPyConnection, ledger: Ledger, records: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Return incoming records as they would be published, and those of them that decisions keep from counting.

    Args:
        con: A version's connection.
        ledger: Whose records.
        records: The records, under the ledger's schema.
    """
    rows = con.execute(
        "SELECT kind, action, record_id, field, raw, value FROM decisions WHERE undone_at IS NULL AND ledger = ?",
        [ledger.id],
    ).fetchall()
    aside = {row[2] for row in rows if row[0] == "duplicate" and row[1] in ("merge", "refuse")}
    accepted = {(row[2], row[3]): (row[4], row[5]) for row in rows if row[0] == "estimate" and row[1] == "accept"}
    if accepted:
        records = _with_accepted(ledger, records, accepted)
    out = pc.is_in(records.column("record_id"), value_set=pa.array(sorted(aside), pa.string()))
    return records.filter(pc.invert(out)), records.filter(out)


def _with_accepted(ledger: Ledger, records: pa.Table, accepted: Mapping[tuple[str, str], tuple[str, str]]) -> pa.Table:
    ids, notes = records.column("record_id").to_pylist(), records.column("approx").to_pylist()
    schema = record_schema(ledger)
    for name in sorted({field for _, field in accepted}):
        values = records.column(name).to_pylist()
        touched = False
        for at, record_id in enumerate(ids):
            found = accepted.get((record_id, name))
            if (
                found
                and values[at] is None
                and notes[at]
                and (json.loads(notes[at]).get(name) or {}).get("raw") == found[0]
            ):
                kind = schema.field(name).type
                values[at] = pa.scalar(found[1]).cast(kind).as_py()
                touched = True
        if touched:
            at = records.schema.get_field_index(name)
            records = records.set_column(at, schema.field(name), pa.array(values, schema.field(name).type))
    return records
