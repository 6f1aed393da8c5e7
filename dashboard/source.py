"""Where pages get their figures: one published version, asked through the metrics, with a bounded memory.

A page takes one ``Snapshot`` and asks everything of it, so two figures of one page never come from
different versions. This module must not compute a figure and must not know SQL or components.
"""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, TypeVar, cast

from analytics import metrics
from analytics.ledgers import ledgers
from analytics.metrics import Metric, MetricRow, Period, TrendPoint, detail
from analytics.metrics.dictionary import general_rules
from analytics.metrics.periods import Grain
from analytics.metrics.scope import Scope, scope_of, seen
from analytics.settings import Settings
from analytics.warehouse import origin, publish, published
from analytics.warehouse.errors import StoreBusy, UnknownRecord
from analytics.warehouse.history import history
from analytics.warehouse.published import Version
from dashboard.boards import Boards

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")

REMEMBERED = 4096
"""Answers kept in memory; those not asked for longest go first."""
HISTORY_WAITS = 2.0
"""Seconds a screen waits for the store before it says that something is being stored."""
SCREENS = 256
"""Screens kept in memory, about a quarter of a megabyte each."""
RECENT = "近12个月"
OVERDUE = detail.OVERDUE
"""The metric whose rows are the overdue items."""
ROOM = 7
"""Characters a card has room for."""
LONG = 24
"""Months from which a trend goes by quarter."""

Figure = int | float | Decimal | None


@dataclass(frozen=True)
class Question:
    """What one screen asks about."""

    period: Period
    county: str | None
    as_of: dt.date


@dataclass(frozen=True)
class Records:
    """One page of the rows behind a figure."""

    ledger: str
    total: int
    rows: Sequence[dict[str, Any]]


class NoVersionError(Exception):
    """Nothing has been published yet."""


class Memory:
    """Answers by what was asked, at most ``size`` of them; safe between threads.

    What several threads ask for at once is asked once: the others wait for the first one's answer.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._asking: dict[Hashable, Future[Any]] = {}
        self._lock = threading.Lock()

    def answer(self, key: Hashable, ask: Callable[[], T]) -> T:
        """Return the answer to ``key``, asking only if it is not remembered."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return cast("T", self._kept[key])
            other = self._asking.get(key)
            if other is None:
                mine: Future[Any] = Future()
                self._asking[key] = mine
        if other is not None:
            return cast("T", other.result())
        try:
            found = ask()
        except BaseException as error:
            with self._lock:
                del self._asking[key]
            mine.set_exception(error)
            raise
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
            del self._asking[key]
        mine.set_result(found)
        return found

    def recent(self) -> list[Hashable]:
        """Return what is remembered, what was asked last first."""
        with self._lock:
            return list(reversed(self._kept))

    def __len__(self) -> int:
        return len(self._kept)


class Source:
    """The published data of one data folder. One for the application."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._memory = Memory(REMEMBERED)
        self.screens = Memory(SCREENS)
        """Whole screens, by all that makes them what they are."""
        self.asked_at = float("-inf")
        """When somebody last asked for a screen (``time.monotonic``)."""
        self.held: str | None = None
        """The version that answers while a newer one is being made ready; ``None`` where the newest does."""

    def current(self, scope: Scope = Scope(), *, known: str | None = None) -> Snapshot:  # noqa: B008 - a frozen value
        """Return the version that answers this screen.

        Args:
            scope: What the reader may see of it; without, everything but the discipline ledgers.
            known: A version the reader has heard of; nothing older is shown to them.

        Raises:
            NoVersionError: Nothing has been published, or what is published holds no dated record.
        """
        held = self.held
        if held is not None and (known is None or known <= held):
            version = published.named(self._settings, held)
            if version is not None and version.data_as_of is not None:
                return self._seen(version, scope)
        return self._seen(published.current(self._settings), scope)

    def named(self, version_id: str, scope: Scope = Scope()) -> Snapshot | None:  # noqa: B008 - a frozen value
        """Return one version by its id; ``None`` where it is not (or no longer) kept, or holds nothing."""
        version = published.named(self._settings, version_id)
        if version is None or version.data_as_of is None:
            return None
        return self._seen(version, scope)

    def _seen(self, version: Version, scope: Scope) -> Snapshot:
        return Snapshot(self._settings, seen(version, scope), self._memory, discipline=scope.discipline)

    def newest_id(self) -> str | None:
        """Return the id of the newest version; the cheapest question there is."""
        return publish.current_id(self._settings)


class Snapshot(Boards):
    """One published version, pinned for one screen."""

    def __init__(self, settings: Settings, version: Version, memory: Memory, *, discipline: bool = False) -> None:
        if version.data_as_of is None:
            raise NoVersionError
        metrics.lasting(version)
        self._settings = settings
        self._version = version
        self._memory = memory
        self._discipline = discipline
        self.version_id = version.id
        self.published_at = version.created_at
        """When the version was published (UTC)."""
        self.reaches: dt.date = version.data_as_of
        """The day the data reaches."""
        self.catalogue: dict[str, Metric] = metrics.catalogue()

    @property
    def years(self) -> list[int]:
        """The years with records, oldest first."""
        dated = {metric.ledger for metric in self.catalogue.values() if not metric.snapshot}
        found = {year for ledger in dated for year in self._version.years(ledger)}
        return sorted(year for year in found if year <= self.reaches.year)

    def rules(self) -> Sequence[str]:
        """Return the rules that hold for every figure."""
        return general_rules()

    def exact(self, metric: str, value: Figure) -> str:
        """Return a figure of ``metric`` with every digit, without its unit's word; a dash where it is absent."""
        return metrics.exact_value(self.catalogue[metric], value)

    def short(self, metric: str, value: Figure) -> str:
        """Return a figure as a card has room for: every digit, or 万 and 亿 where those are too many."""
        exact = self.exact(metric, value)
        return exact if len(exact) <= ROOM else metrics.format_value(self.catalogue[metric], value)

    def unit(self, metric: str) -> str:
        """Return the word after a figure; nothing for shares, whose sign is part of the figure."""
        unit = self.catalogue[metric].unit
        return "" if unit == "%" else unit

    def told(self, metric: str, value: Figure) -> str:
        """Return a figure with its unit's word; a dash where it is absent."""
        exact = self.exact(metric, value)
        return exact if value is None else f"{exact} {self.unit(metric)}".rstrip()

    def figures(self, ids: Sequence[str], asked: Question) -> dict[str, MetricRow]:
        """Return the figures of some metrics, by id."""
        return {row.id: row for row in self._query(tuple(ids), asked)}

    def reach(self, ledger: str) -> dt.date | None:
        """Return the day of the newest record of ``ledger``, not later than the data as a whole reaches."""
        day = self._version.last_day(ledger)
        return None if day is None else min(day, self.reaches)

    def split(self, metric: str, by: str, asked: Question) -> list[MetricRow]:
        """Return a figure split by one dimension, the largest part first."""
        rows = self._query((metric,), asked, by=by, alone=True)
        return sorted(rows, key=lambda row: (row.value is None, -float(row.value or 0)))

    def recent(self, ids: Sequence[str], asked: Question) -> dict[str, list[MetricRow]]:
        """Return the figures of the twelve months up to the end of the period, by id, oldest first."""
        period = metrics.parse_period(RECENT, min(asked.period.end, self.reaches))
        found: dict[str, list[MetricRow]] = {id_: [] for id_ in ids}
        for row in self._query(tuple(ids), replace(asked, period=period), grain="month", alone=True):
            found[row.id].append(row)
        return found

    def trend(self, metric: str, asked: Question) -> list[TrendPoint]:
        """Return a metric by month over the whole year of the period, or by quarter over a long one."""
        period, months = asked.period, asked.period.months or 0
        if period.one_year:
            period = metrics.parse_period(f"{period.end.year}", asked.as_of)
        grain: Grain = "quarter" if months > LONG else "month"
        return self._remember(
            ("trend", metric, asked),
            lambda: metrics.trend(
                metric, period=period, grain=grain, county=asked.county, as_of=asked.as_of, version=self._version
            ),
        )

    def ranking(self, metric: str, asked: Question) -> Sequence[MetricRow]:
        """Return the figures of all counties by their place, those that are not ranked at the end."""
        return self._remember(
            ("ranking", metric, asked.period, asked.as_of),
            lambda: metrics.ranking(metric, period=asked.period, as_of=asked.as_of, version=self._version),
        )

    def records(
        self,
        metric: str,
        asked: Question,
        *,
        offset: int,
        limit: int | None,
        sort: str | None,
        which: str | None = None,
        unit: str | None = None,
        find: str | None = None,
        part: Mapping[str, str] | None = None,
    ) -> Records:
        """Return one page of the rows behind a figure, or of those left outside it.

        Args:
            metric: The figure's metric.
            asked: The figure's question.
            offset: Rows to pass over.
            limit: Rows to return; ``None`` for all, and then they are not remembered.
            sort: A column, with a minus sign in front for downwards.
            which: As in ``metrics.records``.
            unit: Only rows of this reporting unit.
            find: Only rows that hold this text.
            part: Only rows with these values of the metric's dimensions.

        Raises:
            MetricError: There is no such dimension or column to sort by, or the figure is put together from several
                ledgers.
        """

        def ask() -> Records:
            found = metrics.records(
                metric,
                period=asked.period,
                county=asked.county,
                unit=unit,
                dims=part,
                which=cast("detail.Which", which or "counted"),
                as_of=asked.as_of,
                offset=offset,
                limit=limit,
                sort=sort,
                find=find,
                version=self._version,
            )
            return _rows(self.catalogue[metric].ledger, found)

        if limit is None:
            return ask()
        return self._remember(
            ("records", metric, asked, offset, limit, sort, which, unit, find, tuple((part or {}).items())), ask
        )

    def cells(self, found: Records) -> list[dict[str, str]]:
        """Return for each of some rows the cell every value was read from, by column."""
        return origin.cells(self._version, ledgers()[found.ledger], found.rows)

    def record(self, metric: str, record_id: str) -> dict[str, Any] | None:
        """Return one current record of a metric's ledger; ``None`` where there is none, or its rows are not told."""
        ledger = ledgers()[self.catalogue[metric].ledger]
        return None if ledger.restricted else origin.record(self._version, ledger, record_id)

    def history(self, ledger: str, record_id: str) -> dict[str, Any] | None:
        """Return what a record was before, from which cells; ``None`` while something is being stored.

        Histories are in the store alone, which one process opens at a time: this waits for it but a moment.
        """
        try:
            return history(self._settings, ledgers()[ledger], record_id=record_id, wait=HISTORY_WAITS)
        except (StoreBusy, UnknownRecord):
            return None

    def upload(self, upload_id: str) -> dict[str, Any] | None:
        """Return the upload a record came from."""
        return origin.upload(self._version, upload_id)

    def overdue(self, asked: Question, *, limit: int, columns: Sequence[str]) -> Records:
        """Return some columns of the items longest overdue at the period's end, and how many there are in all."""
        day = min(asked.period.end, asked.as_of)
        wanted = tuple(columns)
        return self._remember(
            ("overdue", day, asked.county, limit, wanted),
            lambda: _rows(
                self.catalogue[OVERDUE].ledger,
                metrics.overdue(day, asked.county, limit=limit, columns=wanted, version=self._version),
            ),
        )

    def _query(
        self, ids: tuple[str, ...], asked: Question, *, grain: Grain | None = None, by: str = "", alone: bool = False
    ) -> list[MetricRow]:
        """Ask for figures; ``alone``: for themselves, held neither against earlier ones nor against targets."""
        return self._remember(
            ("query", ids, asked, grain, by, alone),
            lambda: (
                metrics.query(
                    ids,
                    period=asked.period,
                    county=asked.county,
                    as_of=asked.as_of,
                    grain=grain,
                    by=by or (),
                    compare=not alone,
                    aim=not alone,
                    version=self._version,
                    discipline=self._discipline,
                ).rows
            ),
        )

    def _remember(self, key: tuple[Hashable, ...], ask: Callable[[], T]) -> T:
        # What one reader may be told is not to be found in the memory by another.
        # One version answers people limited to other counties or ledgers otherwise.
        return self._memory.answer((self.version_id, scope_of(self._version), self._discipline, *key), ask)


def _rows(ledger: str, frame: pd.DataFrame) -> Records:
    """Take a page of rows out of its frame, blanks as ``None``."""
    names = list(frame.columns)
    columns = [_plain(frame[name]) for name in names]
    rows = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    return Records(ledger, int(frame.attrs.get("total", len(frame))), rows)


def _plain(column: pd.Series[Any]) -> list[Any]:
    return [None if blank else value for value, blank in zip(column.tolist(), column.isna().tolist(), strict=True)]


@cache
def shapes() -> dict[str, Any]:
    """Return the county polygons (read once a process)."""
    text = resources.files("analytics.ledgers").joinpath("map.geojson").read_text(encoding="utf-8")
    return cast("dict[str, Any]", json.loads(text))
