"""Which rows are the same record, and which are suspiciously alike.

A record is known by its key; its id is a hash of the ledger and the key as read, so that spaces, full-width
letters and other names of a county make no other record of it. This module must not know workbooks or
where records are stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.acero  # loaded with the first grouping otherwise, when there is nothing beside to do
import pyarrow.compute as pc
from rapidfuzz import fuzz, process

from analytics.etl import engine
from analytics.etl.codes import issue
from analytics.etl.rules import RowIssue
from analytics.etl.values.places import county
from analytics.ledgers.model import REPORTING_UNIT, Ledger, geography

SIMILAR = 85.0
"""Names this alike, of 100, are a near match."""
_WHOLE_BLOCK = 120
"""Rows with the same county, date and counts that are all compared with each other; in a larger block each
is compared with its neighbours in the order of their names only, so that the work stays linear."""
_NEIGHBOURS = 12
_PART = 32_768
_BETWEEN = "\x1f"
_NOTHING = "\x1e"


@dataclass(frozen=True, slots=True)
class SameKey:
    """Rows (positions, ascending) with one key. ``identical``: the rows say the same in every column."""

    rows: tuple[int, ...]
    identical: tuple[bool, ...]
    """For each row, whether it says the same as the first of them."""


@dataclass(frozen=True, slots=True)
class NearMatch:
    """Two rows with different keys that may be one event; ``score`` of 100."""

    first: int
    second: int
    score: float


@dataclass(frozen=True, slots=True)
class Duplicates:
    """All that is duplicated in one table. ``capped``: rows in blocks too large to compare all with all."""

    same: tuple[SameKey, ...]
    near: tuple[NearMatch, ...]
    capped: int = 0


def record_ids(ledger: Ledger, table: pa.Table) -> pa.Array:
    """Return each row's record id: 32 hexadecimal digits, stable for the same ledger and key."""
    parts = [_key_part(ledger, table, name) for name in ledger.key]
    texts = pc.binary_join_element_wise(
        pa.scalar(ledger.id), *parts, _BETWEEN, null_handling="replace", null_replacement=_NOTHING
    )
    if table.num_rows == 0:
        return pa.array([], pa.string())
    texts = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    hashed = [
        # A part at a time: the database's own copies of all the texts would outweigh the answer many times.
        engine.query(
            "SELECT left(sha256(key_text), 32) AS id FROM keys_to_hash ORDER BY position",
            {"keys_to_hash": pa.table({"position": pa.array(range(len(part)), pa.int32()), "key_text": part})},
        ).column("id")
        for part in (texts.slice(start, _PART) for start in range(0, table.num_rows, _PART))
    ]
    return pa.concat_arrays([chunk for column in hashed for chunk in column.chunks])


def _key_part(ledger: Ledger, table: pa.Table, name: str) -> Any:
    field = name.removesuffix(".year")
    if field not in table.column_names:
        return pa.nulls(table.num_rows, pa.string())
    values = table.column(field)
    if name.endswith(".year"):
        return pc.cast(pc.year(values), pa.string())
    if field == REPORTING_UNIT:
        return fold_text(_counties(values))
    if ledger.column(field).type == "county":
        return _counties(values)
    return fold_text(values) if pa.types.is_string(values.type) else pc.cast(values, pa.string())


def _counties(values: Any) -> Any:
    """Give every spelling of a place its code, so that its name may change without changing records' ids."""
    known = pc.unique(values).to_pylist()
    whole = geography().whole_city
    codes: list[str | None] = []
    for text in known:
        place = None if text is None else county(text)
        codes.append(text if place is None else place.code)
        if text == whole.name:
            codes[-1] = whole.code
    return pc.take(pa.array(codes, pa.string()), pc.index_in(values, value_set=pa.array(known, pa.string())))


def fold_text(values: Any) -> Any:
    """Fold names for comparison: full width, spaces and case do not count."""
    texts = pc.utf8_normalize(values, form="NFKC")
    return pc.utf8_lower(pc.replace_substring_regex(texts, r"[\s\p{Z}\p{Cf}]+", ""))


def find_duplicates(ledger: Ledger, table: pa.Table, ids: pa.Array | None = None) -> Duplicates:
    """Find rows with one key, and rows with different keys that look like one event.

    Args:
        ledger: The ledger.
        table: Typed values.
        ids: The rows' record ids, if they are known already.
    """
    if table.num_rows < 2:
        return Duplicates((), ())
    ids = record_ids(ledger, table) if ids is None else ids
    near, capped = _near(ledger, table, ids)
    return Duplicates(tuple(_same(ledger, table, ids)), tuple(near), capped)


def _same(ledger: Ledger, table: pa.Table, ids: pa.Array) -> Iterator[SameKey]:
    counts = pc.value_counts(ids)
    repeated = pc.filter(counts.field(0), pc.greater(counts.field(1), 1))
    if len(repeated) == 0:
        return
    positions = pc.indices_nonzero(pc.is_in(ids, value_set=repeated)).to_pylist()
    named = [column.name for column in ledger.columns if column.name in table.column_names]
    rows = [tuple(row.values()) for row in table.select(named).take(pa.array(positions, pa.int64())).to_pylist()]
    groups: dict[str, list[int]] = {}
    keys = ids.take(pa.array(positions, pa.int64())).to_pylist()
    for place, key in enumerate(keys):
        groups.setdefault(key, []).append(place)
    for places in groups.values():
        first = rows[places[0]]
        yield SameKey(tuple(positions[place] for place in places), tuple(rows[place] == first for place in places))


def _near(ledger: Ledger, table: pa.Table, ids: pa.Array) -> tuple[list[NearMatch], int]:
    near = ledger.near
    if near is None or any(name not in table.column_names for name in (*near.same, near.similar)):
        return [], 0
    blocks = _blocks(table, (*near.same, *(name for name in near.counts if name in table.column_names)), near.same)
    names = fold_text(table.column(near.similar)).to_pylist() if blocks else []
    keys = ids.to_pylist() if blocks else []
    found: list[NearMatch] = []
    capped = 0
    for rows in blocks:
        rows = [row for row in rows if names[row]]
        if len(rows) > _WHOLE_BLOCK:
            capped += len(rows)
            pairs = _neighbours(rows, names)
        else:
            pairs = _all_pairs(rows, names)
        matched: set[int] = set()
        for first, second, score in pairs:
            if second not in matched and keys[first] != keys[second]:
                matched.add(second)
                found.append(NearMatch(first, second, score))
    found.sort(key=lambda match: (match.second, match.first))
    return found, capped


def _blocks(table: pa.Table, names: Sequence[str], needed: Sequence[str]) -> list[list[int]]:
    """Group rows by equal values; rows without a value in ``needed`` belong to no group, lone rows neither."""
    view = table.select(list(dict.fromkeys(names))).append_column("__row", pa.array(range(table.num_rows), pa.int64()))
    for name in needed:
        view = view.filter(pc.is_valid(view.column(name)))
    grouped = view.group_by([name for name in view.column_names if name != "__row"], use_threads=False)
    lists = grouped.aggregate([("__row", "list")]).column("__row_list")
    return list(lists.filter(pc.greater(pc.list_value_length(lists), 1)).to_pylist())


def _all_pairs(rows: list[int], names: list[str]) -> Iterator[tuple[int, int, float]]:
    if len(rows) < 2:
        return
    texts = [names[row] for row in rows]
    for second in range(1, len(rows)):
        alike = process.extract(texts[second], texts[:second], scorer=fuzz.ratio, score_cutoff=SIMILAR, limit=None)
        for first, score in sorted((first, score) for _, score, first in alike):
            yield rows[first], rows[second], score


def _neighbours(rows: list[int], names: list[str]) -> Iterator[tuple[int, int, float]]:
    ordered = sorted(rows, key=lambda row: (names[row], row))
    for place, row in enumerate(ordered):
        for other in ordered[max(0, place - _NEIGHBOURS) : place]:
            score = fuzz.ratio(names[other], names[row], score_cutoff=SIMILAR)
            if score >= SIMILAR:
                yield min(row, other), max(row, other), float(score)


def duplicate_issues(ledger: Ledger, table: pa.Table, found: Duplicates, numbers: Sequence[int]) -> list[RowIssue]:
    """Say what :func:`find_duplicates` found, at the later row of each pair.

    Args:
        ledger: The ledger.
        table: The table that was looked at.
        found: What was found.
        numbers: The rows' numbers as the spreadsheet shows them.
    """
    fields = tuple(dict.fromkeys(name.removesuffix(".year") for name in ledger.key if name != REPORTING_UNIT))
    key = "、".join(ledger.column(name).label for name in fields)
    marked = next((name for name in fields if ledger.column(name).type == "text"), fields[0])
    ordered = (marked, *(name for name in fields if name != marked))
    issues: list[RowIssue] = []
    for group in found.same:
        other = numbers[group.rows[0]]
        for row, identical in list(zip(group.rows, group.identical, strict=True))[1:]:
            said = issue("DUP-SAME-RECORD", other=other) if identical else issue("DUP-SAME-KEY", other=other, key=key)
            issues.append(RowIssue(row, said.code, said.severity, ordered, said.message, said.hint))
    if ledger.near is not None:
        similar = ledger.near.similar
        for match in found.near:
            first, second = (table.column(similar)[row].as_py() for row in (match.first, match.second))
            said = issue("DUP-NEAR", other=numbers[match.first], first=first, second=second)
            near_fields = (similar, *ledger.near.same, *ledger.near.counts)
            issues.append(RowIssue(match.second, said.code, said.severity, near_fields, said.message, said.hint))
    issues.sort(key=lambda found_issue: found_issue.row)
    return issues
