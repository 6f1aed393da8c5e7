"""What parsing a cell needs to know and what it answers: ``Context``, ``Parsed``, ``ParsedColumn``.

Nothing here parses anything.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from analytics.etl.codes import Issue


@dataclass(frozen=True, slots=True)
class Context:
    """What surrounds a cell.

    ``unit`` is the unit its header or units row states (万元, %, 人次), if any;
    ``year`` and ``month`` are those the sheet, the file or the submitter states, and ``year_source`` says
    in Chinese where the year was found (表头标题, 文件名 …) for the sentence a person will read.
    ``question`` is what a heading asks (是否完成: 完成), so that 是 or 否 is an answer.
    """

    today: dt.date
    year: int | None = None
    year_source: str | None = None
    month: int | None = None
    unit: str | None = None
    period: str | None = None
    date1904: bool = False
    question: str | None = None


@dataclass(frozen=True, slots=True)
class Parsed:
    """One cell's answer.

    ``value`` is ``None`` for a blank, an estimate, a date column that only holds words such as 长期坚持,
    and wherever ``issues`` holds an error (the row is then quarantined). ``low`` and ``high`` are the
    inclusive bounds of an estimate; an open side is ``None``. ``end`` is the last day of a written range
    that belongs in the column's ``range_end``. ``sets`` names boolean columns the words of the cell set.
    """

    value: Any = None
    end: dt.date | None = None
    precision: str | None = None
    low: Any = None
    high: Any = None
    sets: frozenset[str] = frozenset()
    issues: tuple[Issue, ...] = ()

    @property
    def approximate(self) -> bool:
        """Whether the cell states an estimate instead of a number."""
        return self.low is not None or self.high is not None

    @property
    def failed(self) -> bool:
        """Whether the cell cannot be accepted."""
        return any(issue.severity == "error" for issue in self.issues)

    @property
    def noteworthy(self) -> bool:
        """Whether there is anything to say beyond the value."""
        return bool(self.issues or self.sets or self.precision or self.approximate)


@dataclass(frozen=True, slots=True)
class ParsedColumn:
    """A whole column's answer.

    ``array`` holds the typed values, ``ends`` the ends of written ranges (``None`` if there are none), and
    ``noted`` the full answer of just the rows about which there is something to say, by position.
    """

    array: pa.Array
    ends: pa.Array | None = None
    noted: dict[int, Parsed] = field(default_factory=dict)
