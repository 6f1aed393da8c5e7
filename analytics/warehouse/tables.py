"""The records table of each ledger, made from its declaration and widened as the declaration grows.

A row is one version of one record. Columns with a leading underscore are the store's own (declared names cannot
start so): ``_version`` numbers versions over the whole store, ``_seq`` is the upload, ``_removed`` marks that an
upload which replaced a period no longer had the record, ``_year`` is the year it counts in.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

import duckdb
import pyarrow as pa

from analytics.ledgers.model import Ledger
from analytics.ledgers.schema import record_schema
from analytics.warehouse.errors import DeclarationRefused
from analytics.warehouse.transactions import first

OWN = {"_version": "BIGINT", "_seq": "BIGINT", "_removed": "BOOLEAN", "_year": "INTEGER"}
"""The store's own columns of a records table."""

_SQL_TYPES = {
    pa.string(): "VARCHAR",
    pa.int64(): "BIGINT",
    pa.int32(): "INTEGER",
    pa.date32(): "DATE",
    pa.bool_(): "BOOLEAN",
}


def quoted(name: str) -> str:
    """Return ``name`` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return ``text`` as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def sql_type(kind: pa.DataType) -> str:
    """Return DuckDB's word for an Arrow type that a record may have."""
    if pa.types.is_decimal(kind):
        return f"DECIMAL({kind.precision},{kind.scale})"
    return _SQL_TYPES[kind]


def columns(ledger: Ledger) -> dict[str, str]:
    """Return every column of ``ledger``'s records with its SQL type, in the schema's order."""
    return {field.name: sql_type(field.type) for field in record_schema(ledger)}


def values(ledger: Ledger) -> list[str]:
    """Return the columns whose difference makes a record changed: what was said, not where it stood."""
    return [*(column.name for column in ledger.columns), "approx", "precision"]


def table(ledger: str) -> str:
    """Return the (quoted) name of a ledger's records table."""
    return quoted(f"records_{ledger}")


def year_sql(ledger: Ledger, alias: str = "") -> str:
    """Return the expression for the year a record counts in."""
    dot = f"{alias}." if alias else ""
    if ledger.date_field:
        return f"CAST(year({dot}{quoted(ledger.date_field)}) AS INTEGER)"
    return f"CAST({dot}{quoted(ledger.year_field or '')} AS INTEGER)"


def declaration_hash(ledgers: Mapping[str, Ledger]) -> str:
    """Return a hash of the shapes of all records, to see at a glance that nothing has to be widened."""
    shapes = {ledger.id: columns(ledger) for ledger in ledgers.values()}
    return hashlib.sha256(json.dumps(shapes, sort_keys=True).encode()).hexdigest()


def _present(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for name, column, kind in con.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE schema_name = 'main' AND starts_with(table_name, 'records_') AND NOT internal "
        "AND database_name = current_database() ORDER BY table_name, column_index"
    ).fetchall():
        found.setdefault(name, {})[column] = kind
    return found


def widen(con: duckdb.DuckDBPyConnection, ledgers: Iterable[Ledger]) -> list[str]:
    """Make missing tables and columns; return the ids of ledgers whose existing table grew.

    Raises:
        DeclarationRefused: A declaration dropped or retyped a column, or a ledger with records is gone.
    """
    present = _present(con)
    grown = []
    for ledger in ledgers:
        wanted = OWN | columns(ledger)
        have = present.pop(f"records_{ledger.id}", None)
        if have is None:
            body = ", ".join(f"{quoted(name)} {kind}" for name, kind in wanted.items())
            con.execute(f"CREATE TABLE {table(ledger.id)} ({body})")
            continue
        gone = [name for name in have if name not in wanted]
        if gone:
            raise DeclarationRefused(
                f"{ledger.name}的声明去掉了已有数据的列：{'、'.join(gone)}。台账库不会丢弃数据，"
                f"请在 {ledger.id}.yaml 中恢复这些列。"
            )
        retyped = [f"{name}（{have[name]} → {wanted[name]}）" for name in have if have[name] != wanted[name]]
        if retyped:
            raise DeclarationRefused(
                f"{ledger.name}的声明改变了已有列的类型：{'、'.join(retyped)}。请恢复原来的类型，或另起一个列名。"
            )
        added = [name for name in wanted if name not in have]
        for name in added:
            con.execute(f"ALTER TABLE {table(ledger.id)} ADD COLUMN {quoted(name)} {wanted[name]}")
        if added:
            grown.append(ledger.id)
    for name in present:
        if first(con, f"SELECT 1 FROM {quoted(name)} LIMIT 1"):
            ledger_id = name.removeprefix("records_")
            raise DeclarationRefused(
                f"台账 {ledger_id} 已有数据，但找不到它的声明 {ledger_id}.yaml。请把声明文件放回去。"
            )
    return grown


def conform(ledger: Ledger, records: pa.Table) -> pa.Table:
    """Return ``records`` with exactly the declared schema; absent columns become null.

    Raises:
        ValueError: There are columns the ledger does not declare, or values that do not fit.
    """
    schema = record_schema(ledger)
    known = set(schema.names)
    unknown = [name for name in records.column_names if name not in known]
    if unknown:
        raise ValueError(f"{ledger.id}: 记录中有没有声明的列 {'、'.join(unknown)}")
    if records.schema.equals(schema):
        return records
    arrays = []
    for field in schema:
        if records.schema.get_field_index(field.name) >= 0:
            arrays.append(records.column(field.name).cast(field.type))
        else:
            arrays.append(pa.nulls(records.num_rows, field.type))
    return pa.Table.from_arrays(arrays, schema=schema)
