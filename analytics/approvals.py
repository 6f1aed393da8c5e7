"""What awaits the data steward: estimates to settle, records that may be one; what was decided; deciding and undoing.

Answers come from the published version; a decision is kept in the store and bears on the next version. Must not know
who may decide, nor how a decision is laid over records.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb
from rapidfuzz import fuzz

from analytics import moments
from analytics.ledgers.model import Column, Ledger, ledgers
from analytics.operations import audit
from analytics.settings import Settings
from analytics.warehouse import published
from analytics.warehouse.decisions import Action, Decision, of_record, to_json
from analytics.warehouse.errors import WarehouseError
from analytics.warehouse.near import SIMILAR
from analytics.warehouse.published import Version
from analytics.warehouse.store import Store
from analytics.warehouse.tables import quoted

MOST_PAIRS = 5_000
"""Pairs compared a ledger; a ledger with more of them has another trouble than duplicates."""
_SHORTEST = 6


class UnknownItem(WarehouseError):  # noqa: N818 - named for what was found
    """Nothing that awaits a decision has this number."""


@dataclass(frozen=True, slots=True)
class Place:
    """A record as a person knows it again: what it is called, where and when, and the row it was read from."""

    record_id: str
    name: str
    county: str | None
    day: str | None
    unit: str | None
    upload_id: str
    file: str
    sheet: str
    row: int
    values: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that awaits a decision.

    Attributes:
        item_id: A short name, the same as long as the thing is the same.
        kind: ``estimate`` or ``duplicate``.
        ledger: Whose record.
        record: The record; of a pair, the one sent later.
        other: The other record of a pair.
        field: The estimate's field, with its label, what was written, and the bounds of it.
        likeness: How alike the names of a pair are, 0-100.
    """

    item_id: str
    kind: str
    ledger: str
    record: Place
    other: Place | None = None
    field: str | None = None
    label: str | None = None
    raw: str | None = None
    low: float | None = None
    high: float | None = None
    likeness: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the item as plain values, for ``--json``."""
        found = {name: getattr(self, name) for name in self.__slots__}
        return found | {"record": self.record.to_json(), "other": self.other.to_json() if self.other else None}


def waiting(settings: Settings, *, ledger: str | None = None, only: Collection[str] | None = None) -> list[Item]:
    """Return what awaits a decision in the published version: estimates first, then pairs, newest record last.

    Args:
        settings: Where the data folder is.
        ledger: Only of this ledger.
        only: Ids of the ledgers the person may see; all if not given.
    """
    version = published.current(settings)
    chosen = [one for one in version.ledgers.values() if ledger in (None, one.id) and (only is None or one.id in only)]
    con = version.connect()
    try:
        settled = _settled(con)
        found: list[Item] = []
        for declared in chosen:
            found += _estimates(con, declared, settled)
        for declared in chosen:
            found += _pairs(con, declared, settled)
        return found
    finally:
        con.close()


def decided(settings: Settings, *, ledger: str | None = None) -> list[dict[str, Any]]:
    """Return the decisions, newest first, undone ones too."""
    con = published.current(settings).connect()
    try:
        relation = con.execute(
            "SELECT * FROM decisions WHERE coalesce(ledger = ?, ? IS NULL) ORDER BY seq DESC", [ledger, ledger]
        )
        names = [column[0] for column in relation.description or []]
        return [to_json(dict(zip(names, row, strict=True))) for row in relation.fetchall()]
    finally:
        con.close()


def about_record(settings: Settings, ledger: str, record_id: str) -> list[dict[str, Any]]:
    """Return the decisions about one record, oldest first: part of the trace of its row."""
    con = published.current(settings).connect()
    try:
        return of_record(con, ledger, record_id)
    finally:
        con.close()


def item_of(settings: Settings, item_id: str) -> Item:
    """Return what awaits a decision under this number, or a beginning of it that fits no other.

    Raises:
        UnknownItem: There is none, or several.
    """
    every = waiting(settings)
    found = [one for one in every if one.item_id == item_id]
    if not found and len(item_id) >= _SHORTEST:
        found = [one for one in every if one.item_id.startswith(item_id)]
    if len(found) != 1:
        raise UnknownItem(
            f"没有编号为 {item_id} 的待审核事项，可能已经处理，或所在的行已经更正。请用 taizhang approvals list 查看。"
        )
    return found[0]


def decide(
    settings: Settings,
    item: Item,
    action: Action,
    *,
    value: str | None = None,
    reason: str = "",
    keep: str | None = None,
    by: str = "",
    address: str | None = None,
    wait: float | None = None,
    today: dt.date | None = None,
) -> dict[str, Any]:
    """Decide about one item; return the decision as it is kept. It stands in the audit.

    Args:
        settings: Where the data folder is.
        item: What is decided about.
        action: ``accept`` or ``refuse`` an estimate; ``merge``, ``split`` or ``refuse`` a pair.
        value: The accepted value, as a person writes it.
        reason: Why; needed for a refusal and for a value outside the bounds of what was written.
        keep: Of a merged pair, the id of the record that goes on counting; the one sent earlier if not given.
        by: Who decides.
        address: The network address it came from.
        wait: Seconds to wait for another writer.
        today: The day the value is judged on.

    Raises:
        WarehouseError: The action does not fit the item, the value is not one, or a reason is missing; somebody else
            was quicker.
        StoreBusy: Another process kept the write lock past the wait.
    """
    reason = reason.strip()[:500]
    fitting = ("accept", "refuse") if item.kind == "estimate" else ("merge", "split", "refuse")
    if action not in fitting:
        words = "约数只能采用（accept）或不采用（refuse）" if item.kind == "estimate" else (
            "疑似重复只能合并（merge）、认定为两条（split）或退回（refuse）"
        )  # fmt: skip
        raise WarehouseError(f"{words}。")
    if action == "refuse" and not reason:
        raise WarehouseError("不采用或退回要写明原因，填报单位据此更正。")
    record, other = item.record, item.other
    text = None
    if action == "accept":
        text = _accepted(settings, item, value, reason, today or moments.today())
    if action == "merge" and other is not None and keep == record.record_id:
        record, other = other, record
    decision = Decision(
        kind="estimate" if item.kind == "estimate" else "duplicate",
        action=action,
        ledger=item.ledger,
        record_id=record.record_id,
        field=item.field,
        raw=item.raw,
        other_id=other.record_id if other else None,
        value=text,
        reason=reason,
        by=by,
    )
    with Store(settings).writing(wait) as writing:
        decision_id = writing.decide(decision)
    found = next(one for one in decided(settings, ledger=item.ledger) if one["decision_id"] == decision_id)
    before = {"raw": item.raw, "low": item.low, "high": item.high} if item.kind == "estimate" else None
    audit.record(settings, who=by, action="approve", target=decision_id, before=before, after=found, address=address)
    return found


def undo(
    settings: Settings, decision_id: str, *, by: str = "", address: str | None = None, wait: float | None = None
) -> dict[str, Any]:
    """Take a decision back; return it as it is kept now. It stands in the audit.

    Raises:
        WarehouseError: There is none of this id, or it was undone before.
        StoreBusy: Another process kept the write lock past the wait.
    """
    with Store(settings).writing(wait) as writing:
        before = to_json(writing.undo(decision_id, by))
    found = next(one for one in decided(settings, ledger=before["ledger"]) if one["decision_id"] == decision_id)
    audit.record(settings, who=by, action="undo", target=decision_id, before=before, after=found, address=address)
    return found


# -- what awaits ------------------------------------------------------------------------------------------------------


def _settled(con: duckdb.DuckDBPyConnection) -> set[tuple[str, ...]]:
    """Return what is decided already: estimates by record, field and words; pairs by their two records."""
    rows = con.execute(
        "SELECT kind, ledger, record_id, field, raw, other_id FROM decisions WHERE undone_at IS NULL"
    ).fetchall()
    return {
        (ledger, record_id, field, raw) if kind == "estimate" else (ledger, *sorted((record_id, other_id)))
        for kind, ledger, record_id, field, raw, other_id in rows
    }


def _name(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:10]


def _estimates(con: duckdb.DuckDBPyConnection, ledger: Ledger, settled: set[tuple[str, ...]]) -> Iterator[Item]:
    for place, noted in _places(con, ledger, "WHERE approx IS NOT NULL"):
        for field, said in noted.items():
            if (ledger.id, place.record_id, field, said["raw"]) in settled:
                continue
            column = ledger.column(field)
            yield Item(
                item_id="e" + _name(ledger.id, place.record_id, field, said["raw"]),
                kind="estimate",
                ledger=ledger.id,
                record=place,
                field=field,
                label=_label(column),
                raw=said["raw"],
                low=said["low"],
                high=said["high"],
            )


def _label(column: Column) -> str:
    return f"{column.label}（{column.unit}）" if column.unit else column.label


def _places(
    con: duckdb.DuckDBPyConnection, ledger: Ledger, where: str, parameters: Iterable[Any] = ()
) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Yield records as a person knows them again, each with the notes of its estimates."""
    title = ledger.near.similar if ledger.near else next(one.name for one in ledger.columns if one.type == "text")
    county = next((one.name for one in ledger.columns if one.type == "county"), None)
    day = ledger.date_field or ledger.year_field or ""
    names = [column.name for column in ledger.columns]
    picked = ", ".join(quoted(name) for name in names)
    rows = con.execute(
        f'SELECT record_id, upload_id, file_name, sheet, "row", reporting_unit, approx, {picked} '  # noqa: S608
        f'FROM {quoted(ledger.id)} {where} ORDER BY file_name, sheet, "row"',
        list(parameters),
    ).fetchall()
    for record_id, upload_id, file, sheet, row, unit, approx, *values in rows:
        said = {name: value for name, value in zip(names, values, strict=True) if value is not None}
        plain = {name: _plain(value) for name, value in said.items()}
        place = Place(
            record_id, str(said.get(title, "")), said.get(county or ""), str(said.get(day, "")) or None, unit,
            upload_id, file, sheet, row, plain,
        )  # fmt: skip
        yield place, json.loads(approx or "{}")


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, dt.date) else value


def _pairs(con: duckdb.DuckDBPyConnection, ledger: Ledger, settled: set[tuple[str, ...]]) -> Iterator[Item]:
    near = ledger.near
    if near is None:
        return
    table, title = quoted(ledger.id), quoted(near.similar)
    same = " AND ".join(f"a.{quoted(name)} = b.{quoted(name)}" for name in near.same)
    same += "".join(f" AND a.{quoted(name)} IS NOT DISTINCT FROM b.{quoted(name)}" for name in near.counts)
    grouped = ", ".join(quoted(name) for name in (*near.same, *near.counts))
    crowded = " AND ".join(f"c.{quoted(name)} = b.{quoted(name)}" for name in near.same)
    crowded += "".join(f" AND c.{quoted(name)} IS NOT DISTINCT FROM b.{quoted(name)}" for name in near.counts)
    rows = con.execute(
        f"WITH crowd AS (SELECT {grouped} FROM {table} GROUP BY ALL HAVING count(*) > 1), "  # noqa: S608
        f"b AS (SELECT * FROM {table} b SEMI JOIN crowd c ON {crowded}) "
        f"SELECT a.record_id, b.record_id, a.{title}, b.{title}, ua.seq, ub.seq FROM b a JOIN b ON {same} "
        "AND a.record_id < b.record_id JOIN uploads ua ON ua.upload_id = a.upload_id "
        "JOIN uploads ub ON ub.upload_id = b.upload_id ORDER BY 1, 2 LIMIT ?",
        [MOST_PAIRS],
    ).fetchall()
    alike = []
    for first, second, name, other, seq, other_seq in rows:
        likeness = fuzz.ratio(_folded(name), _folded(other))
        if likeness < SIMILAR or (ledger.id, *sorted((first, second))) in settled:
            continue
        # The one sent later is the one that is doubted.
        pair = (second, first) if (other_seq, second) >= (seq, first) else (first, second)
        alike.append((*pair, round(likeness)))
    wanted = sorted({record for pair in alike for record in pair[:2]})
    places = {one.record_id: one for one, _ in _places(con, ledger, "WHERE list_contains(?, record_id)", [wanted])}
    for later, earlier, likeness in alike:
        yield Item(
            item_id="d" + _name(ledger.id, *sorted((later, earlier))),
            kind="duplicate",
            ledger=ledger.id,
            record=places[later],
            other=places[earlier],
            likeness=likeness,
        )


def _folded(text: str | None) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKC", text or "").casefold() if sign.isalnum())


# -- judging a value --------------------------------------------------------------------------------------------------


def _accepted(settings: Settings, item: Item, value: str | None, reason: str, today: dt.date) -> str:
    """Return the accepted value as it is kept, after it was held to the column, the bounds and the ledger's rules."""
    from analytics.etl.values import Context, parse

    declared = ledgers()[item.ledger]
    column = declared.column(item.field or "")
    if value is None or not value.strip():
        raise WarehouseError(f"采用约数要给出“{column.label}”的确切数值。")
    answer = parse(column, value.strip(), Context(today))
    if answer.failed or answer.value is None:
        why = next((said.message for said in answer.issues), f"“{value}”不是一个确切的数")
        raise WarehouseError(f"{why}。请填写一个确切的数。")
    low = item.low if item.low is not None else float("-inf")
    high = item.high if item.high is not None else float("inf")
    if not low <= float(answer.value) <= high and not reason:
        raise WarehouseError(
            f"{value.strip()} 不在“{item.raw}”的范围（{span_words(item)}）之内。"
            "确应采用的，请写明依据，例如“已电话核实”。"
        )
    broken = _broken(published.current(settings), declared, item, answer.value, today)
    if broken:
        raise WarehouseError(f"采用 {value.strip()} 后这一行不合规则：{'；'.join(broken)}。请核对，或请填报单位更正。")
    return str(answer.value)


def span_words(item: Item) -> str:
    """Return the bounds of an estimate in words."""
    low, high = (None if bound is None else f"{bound:,.10g}" for bound in (item.low, item.high))
    if low and high:
        return f"{low} 至 {high}"
    return f"{low} 以上" if low else f"{high} 以下"


def _broken(version: Version, ledger: Ledger, item: Item, value: Any, today: dt.date) -> list[str]:
    """Return the sentences of the error rules that the record breaks with the value and kept without it."""
    from analytics.etl.rules import check_rows

    con = version.connect()
    try:
        names = ", ".join(quoted(column.name) for column in ledger.columns)
        row = con.execute(
            f"SELECT {names} FROM {quoted(ledger.id)} WHERE record_id = ?",  # noqa: S608
            [item.record.record_id],
        ).to_arrow_table()
    finally:
        con.close()
    present = frozenset(column.name for column in ledger.columns)
    at = row.schema.get_field_index(item.field or "")
    with_value = row.set_column(at, row.schema.field(at), _array(value, row.schema.field(at).type))
    before, after = (
        {one.code: one.message for one in check_rows(ledger, table, present, today)[0] if one.severity == "error"}
        for table in (row, with_value)
    )
    return [message for code, message in after.items() if code not in before]


def _array(value: Any, kind: Any) -> Any:
    import pyarrow as pa

    return pa.array([value], kind)


def words_of(values: Mapping[str, Any], ledger: Ledger) -> list[tuple[str, str]]:
    """Return a record's values under their labels, in the ledger's order, ready to be read."""
    out = []
    for column in ledger.columns:
        value = values.get(column.name)
        if value is None:
            continue
        text = ("是" if value else "否") if isinstance(value, bool) else str(value)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and column.type != "year":
            text = f"{value:,}"
        out.append((_label(column), text))
    return out
