"""The columns of a header, and how they split where tables stand side by side.

Knows header paths and which declared headings they use; must not know cells below the header.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from analytics.etl.headers import Heading, Vocabulary, heading, squeeze


@dataclass(slots=True)
class HeaderColumn:
    """One column of a table (index from 0) with its header texts from the top row down."""

    index: int
    path: tuple[str, ...]
    unit: str | None = None

    @property
    def display(self) -> str:
        """The path as a person reads it: 服务人次/其中：农民工."""
        return "/".join(re.sub(r"\s+", "", part) for part in self.path)

    @property
    def leaf(self) -> Heading:
        """The lowest header text, taken apart."""
        return heading(self.path[-1] if self.path else "")


_COUNTED = re.compile(r"\s*(\d{1,2})(?=[^\d\W])")


def unnumbered(columns: list[HeaderColumn]) -> list[HeaderColumn]:
    """Return a header without the bare numbers its headings are counted by, if they are: 1招聘会名称 | 2举办日期."""
    named = [column for column in columns if column.path]
    numbers = [int(found[1]) for column in named if (found := _COUNTED.match(column.path[0]))]
    if len(numbers) < 3 or len(numbers) * 5 < len(named) * 4 or numbers != sorted(numbers):
        return columns
    return [
        replace(column, path=(_COUNTED.sub("", column.path[0], count=1), *column.path[1:])) if column.path else column
        for column in columns
    ]


def fields_named(columns: Iterable[HeaderColumn], vocabulary: Vocabulary) -> dict[str, set[str]]:
    """Return, for each ledger, the fields that the columns' leaves may name."""
    found: dict[str, set[str]] = defaultdict(set)
    for column in columns:
        for text in column.path[-1:]:
            for ledger, name in vocabulary.named_by(text):
                found[ledger].add(name)
    return found


def independent(columns: list[HeaderColumn], vocabulary: Vocabulary) -> tuple[str, set[str]] | None:
    """Return the ledger and fields that a group of columns can stand for on its own, or ``None``."""
    named = fields_named(columns, vocabulary)
    best: tuple[str, set[str]] | None = None
    for ledger, names in named.items():
        if ledger not in vocabulary.ledgers:
            continue
        required = {
            column.name
            for column in vocabulary.ledgers[ledger].columns
            if column.required and column.default is None and column.default_from is None
        }
        if (
            len(names) >= 3
            and len(names & required) * 2 > len(required)
            and (best is None or len(names) > len(best[1]))
        ):
            best = (ledger, names)
    return best


def split_columns(
    columns: list[HeaderColumn], separators: set[int], vocabulary: Vocabulary
) -> tuple[list[list[HeaderColumn]], list[tuple[int, int]]]:
    """Split a header into the tables that stand side by side, and name the spans that belong to none."""
    segments: list[list[HeaderColumn]] = [[]]
    for column in columns:
        if column.index in separators:
            segments.append([])
        else:
            segments[-1].append(column)
    segments = [segment for segment in segments if any(column.path for column in segment)]
    if len(segments) == 1:
        return _split_repeated(segments[0]), []
    alone = [independent(segment, vocabulary) for segment in segments]
    if sum(one is not None for one in alone) >= 2:
        tables = [segment for segment, one in zip(segments, alone, strict=True) if one]
        rest = [segment for segment, one in zip(segments, alone, strict=True) if not one]
        return tables, [(segment[0].index, segment[-1].index) for segment in rest]
    weights = [
        max((len(names) for names in fields_named(segment, vocabulary).values()), default=0) for segment in segments
    ]
    main = weights.index(max(weights))
    kept: list[HeaderColumn] = []
    asides: list[tuple[int, int]] = []
    ledgers = fields_named(segments[main], vocabulary)
    best = max(ledgers, key=lambda ledger: len(ledgers[ledger]), default=None)
    for place, segment in enumerate(segments):
        own = fields_named(segment, vocabulary).get(best or "", set())
        fresh = own - ledgers.get(best or "", set())
        named = [column for column in segment if column.path]
        if place == main or (fresh and len(fresh) * 2 >= len(named)):
            kept.extend(segment)
        else:
            asides.append((segment[0].index, segment[-1].index))
    return [kept], asides


def _split_repeated(columns: list[HeaderColumn]) -> list[list[HeaderColumn]]:
    """Split where the same headings begin again (two tables printed side by side without a gap)."""
    names = [squeeze("/".join(column.path)) for column in columns]
    for start in range(3, len(names) // 2 + 1):
        if names[0] and names[:start] == names[start : 2 * start] and len(set(names[:start])) == start:
            parts = [columns[begin : begin + start] for begin in range(0, len(names), start)]
            return [part for part in parts if any(column.path for column in part)]
    return [columns]
