"""What a page draws of several figures together, asked of one version: funnels, compositions, targets, calendars.

The questions of ``source`` about single figures stand there; this module must not compute a figure and must not know
SQL or components.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from analytics import faults, metrics
from analytics.faults import Fault
from analytics.metrics import Ageing, Composition, Days, Funnel, Held, Paragraph, Quality, SubmissionCalendar, TargetRow

if TYPE_CHECKING:
    from analytics.warehouse.published import Version
    from dashboard.source import Question

T = TypeVar("T")


class Boards(ABC):
    """The questions about several figures that a snapshot answers."""

    _version: Version
    _discipline: bool

    def funnel(self, name: str, asked: Question) -> Funnel:
        """Return a declared funnel."""
        return self._remember(
            ("funnel", name, asked), lambda: metrics.funnel(name, period=asked.period, **self._about(asked))
        )

    def composition(self, name: str, asked: Question, *, by: str | None = None) -> Composition:
        """Return a declared composition, or a metric by a dimension."""
        return self._remember(
            ("composition", name, by, asked),
            lambda: metrics.composition(name, period=asked.period, by=by, **self._about(asked)),
        )

    def ageing(self, asked: Question) -> Ageing:
        """Return the open rectification items by age."""
        return self._remember(("ageing", asked), lambda: metrics.ageing(period=asked.period, **self._about(asked)))

    def targets(self, ids: Sequence[str] | None, asked: Question) -> list[TargetRow]:
        """Return metrics against their annual targets, of the city and each county."""
        wanted = None if ids is None else tuple(ids)
        return self._remember(
            ("targets", wanted, asked),
            lambda: metrics.target_table(wanted, period=asked.period, **self._about(asked)),
        )

    def days(self, metric: str, asked: Question) -> Days:
        """Return a metric day by day over the year the period ends in."""
        year = metrics.parse_period(f"{asked.period.end.year}", asked.as_of)
        return self._remember(
            ("days", metric, year, asked.county, asked.as_of),
            lambda: metrics.calendar_days(metric, period=year, **self._about(asked)),
        )

    def paragraph(self, ids: Sequence[str], asked: Question) -> Paragraph:
        """Return the period in one paragraph."""
        wanted = tuple(ids)
        return self._remember(
            ("paragraph", wanted, asked),
            lambda: metrics.paragraph(wanted, period=asked.period, **self._about(asked)),
        )

    def party_life(self, asked: Question) -> list[Held]:
        """Return what every branch held of what was due."""
        return self._remember(
            ("party life", asked), lambda: metrics.party_life(period=asked.period, **self._about(asked))
        )

    def submissions(self, asked: Question) -> SubmissionCalendar:
        """Return who has sent which month."""
        return self._remember(
            ("submissions", asked), lambda: metrics.submission_calendar(period=asked.period, **self._about(asked))
        )

    def quality(self, asked: Question) -> list[Quality]:
        """Return the data quality of every ledger."""
        return self._remember(
            ("quality", asked.period, asked.as_of),
            lambda: metrics.quality(asked.period, as_of=asked.as_of, version=self._version),
        )

    def faults(self, asked: Question) -> list[Fault]:
        """Return the findings that came up most often."""
        return self._remember(
            ("faults", asked),
            lambda: faults.most_frequent(
                self._version,
                period=asked.period,
                county=asked.county,
                as_of=asked.as_of,
                discipline=self._discipline,
            ),
        )

    def _about(self, asked: Question) -> Any:
        """Return which data a question is about, as the metrics take it."""
        return {
            "county": asked.county,
            "as_of": asked.as_of,
            "version": self._version,
            "discipline": self._discipline,
        }

    @abstractmethod
    def _remember(self, key: tuple[Hashable, ...], ask: Callable[[], T]) -> T:
        """Return the answer kept under ``key``, or ask for it once."""
