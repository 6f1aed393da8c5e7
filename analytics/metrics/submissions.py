"""报送日历: which office has sent which ledger for which month, in time or late, and what is missing.

What counts as sent is a workbook that brought rows, loaded or held back, and was not taken back. The months it is about
are its stated period's. A workbook that states none is about the one month its records lie in; where they span
several it is a running ledger (累计台账), about January to the month it was filled in. Each edition of a running ledger
takes the place of the one before, so when a month was first sent cannot be told: it is sent, and not judged. A workbook
was sent on the day it says it was filled in (填报时间), else on the day of the upload. Who must send what, and until
when, is declared (``quality.yaml``). This module must not know what any ledger counts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, Unpack

from pydantic import BaseModel, ConfigDict, Field
from sqlglot import exp

from analytics import moments
from analytics.ledgers.model import geography, ledgers, read_declaration
from analytics.metrics.compile import column
from analytics.metrics.engine import DuckEngine
from analytics.metrics.model import QUALITY_FILE, Direction, declarations_folder
from analytics.metrics.periods import Period, PeriodError, month_end, parse_period
from analytics.metrics.question import MetricError, current_version, find_county
from analytics.metrics.scope import Scope, scope_of, seen
from analytics.metrics.where import Where

State = Literal["on_time", "sent", "late", "missing", "due", "none"]
"""按时, 已报 (by a running ledger, not judged), 迟报, 未报 (the deadline is past), 待报 (it is not), and nothing asked
for: the month has not begun, or the office need not send."""

STATES: Mapping[State, str] = {
    "on_time": "按时", "sent": "已报", "late": "迟报", "missing": "未报", "due": "待报", "none": "—",
}  # fmt: skip
_WORST: Sequence[State] = ("missing", "late", "due", "sent", "on_time", "none")


class _Declared(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CalendarRule(_Declared):
    """One ledger that is sent every month."""

    ledger: str
    late_after_days: int | None = Field(default=None, ge=0)


class QualityMetric(_Declared):
    """One figure about the data itself: per cent of two counts, or one number of days."""

    id: str
    name: str
    unit: str
    direction: Direction
    definition: str
    counting: str
    upper: str
    lower: str | None = None


class QualityRules(_Declared):
    """The whole of ``quality.yaml``."""

    late_after_days: int = Field(ge=0)
    running_from_day: int = Field(ge=1, le=31)
    calendar: tuple[CalendarRule, ...]
    beside: dict[str, str] = {}
    all: str
    metrics: tuple[QualityMetric, ...]

    def days_for(self, ledger: str) -> int:
        """Return how many days after a period's end its workbook is still in time."""
        own = next((rule.late_after_days for rule in self.calendar if rule.ledger == ledger), None)
        return self.late_after_days if own is None else own


@cache
def quality_rules() -> QualityRules:
    """Return the shipped rules (read once a process)."""
    return read_declaration(QualityRules, declarations_folder() / QUALITY_FILE)


@dataclass(frozen=True, slots=True)
class Sending:
    """One ledger in one workbook that was sent and not taken back.

    Attributes:
        sender: Its office: a county by its name, else the reporting unit as it writes itself.
        county: The county of a county's office.
        stated: Whether the workbook states its period.
        running: Whether it is a running ledger: it states none, and its records span several months.
        start: First day it is about, ``None`` where neither the workbook nor its records tell.
        end: Last day.
        sent_on: The day it was sent.
        loaded: Current records from it.
        quarantined: Rows held back.
        estimated: Current records with a number that is an estimate.
    """

    upload_id: str
    ledger: str
    unit: str | None
    sender: str
    county: str | None
    stated: bool
    running: bool
    start: dt.date | None
    end: dt.date | None
    sent_on: dt.date
    loaded: int
    quarantined: int
    estimated: int

    def touches(self, period: Period) -> bool:
        """Return whether it is about some day of ``period``; one that tells nothing is about every day."""
        if self.start is None or self.end is None:
            return True
        return self.start <= period.end and period.start <= self.end

    @property
    def late(self) -> bool:
        """Whether it was sent later than allowed after the period it states; one that states none is never late."""
        if not self.stated or self.end is None:
            return False
        return self.sent_on > self.end + dt.timedelta(days=quality_rules().days_for(self.ledger))


@cache
def _county_names() -> dict[str, str]:
    """Return how counties' offices write themselves, to the county."""
    places = geography()
    return {
        f"{prefix}{name}{suffix}": county.name
        for county in places.counties
        if county.ranked
        for prefix in ("", *places.city_aliases)
        for name in (county.name, *county.aliases)
        for suffix in ("", "总工会")
    }


def sendings(engine: DuckEngine, day: dt.date) -> list[Sending]:
    """Return every ledger of every workbook that brought rows and was not taken back.

    Args:
        engine: A published version's.
        day: The day relative words in stated periods are told from.
    """
    taken = exp.select("upload_id", "period", "created_at", "reporting_unit").from_("uploads")
    kept = {
        row["upload_id"]: row
        for row in engine.rows(taken.where(column("revoked_at").is_(exp.null())).sql("duckdb"), {})
    }
    held = {
        (row["ledger"], row["upload_id"]): int(row["rows_"])
        for row in engine.rows(
            exp.select("ledger", "upload_id", exp.alias_(exp.Count(this=exp.Star()), "rows_"))
            .from_("quarantine").group_by("ledger", "upload_id").sql("duckdb"), {},
        )
    }  # fmt: skip
    found: list[Sending] = []
    for ledger in ledgers().values():
        loaded = {row["upload_id"]: row for row in engine.rows(_by_upload(ledger.id), {})}
        back = {upload: count for (name, upload), count in held.items() if name == ledger.id}
        sent = [id_ for id_ in dict.fromkeys((*loaded, *sorted(back))) if id_ in kept]
        found += [_sending(ledger.id, kept[id_], loaded.get(id_), back.get(id_, 0), day) for id_ in sent]
    return found


@cache
def _by_upload(ledger_id: str) -> str:
    """Return the query of what each upload has in a ledger: rows, estimates, first and last day, day filled in."""
    ledger = ledgers()[ledger_id]
    estimated = exp.Filter(
        this=exp.Count(this=exp.Star()),
        expression=exp.Where(this=column("approx").is_(exp.null()).not_()),
    )
    picked: list[exp.Expr] = [
        column("upload_id"),
        exp.alias_(exp.Count(this=exp.Star()), "rows_"),
        exp.alias_(estimated, "estimated_"),
        exp.alias_(exp.Max(this=column("reported_on")), "filled_"),
    ]
    for name, kind in (("first_", exp.Min), ("last_", exp.Max)):
        day = kind(this=column(ledger.date_field)) if ledger.date_field else exp.cast(exp.null(), "DATE")
        picked.append(exp.alias_(day, name))
    return exp.select(*picked).from_(exp.to_table(ledger_id)).group_by(column("upload_id")).sql("duckdb")


def _sending(
    ledger: str, upload: Mapping[str, Any], rows: Mapping[str, Any] | None, held: int, day: dt.date
) -> Sending:
    sent = moments.local(upload["created_at"]).date()
    filled = rows["filled_"] if rows is not None else None
    sent_on = min(sent, filled) if filled is not None else sent
    stated = stated_period(upload["period"], day)
    if stated is not None:
        days: tuple[dt.date | None, dt.date | None, bool] = (stated.start, stated.end, False)
    else:
        days = _spanned(rows, sent_on)
    unit = upload["reporting_unit"]
    county = _county_names().get(unit or "")
    return Sending(
        upload_id=upload["upload_id"],
        ledger=ledger,
        unit=unit,
        sender=county or unit or "未写明",
        county=county,
        stated=stated is not None,
        running=days[2],
        start=days[0],
        end=days[1],
        sent_on=sent_on,
        loaded=int(rows["rows_"]) if rows is not None else 0,
        quarantined=held,
        estimated=int(rows["estimated_"]) if rows is not None else 0,
    )


def _spanned(rows: Mapping[str, Any] | None, sent_on: dt.date) -> tuple[dt.date | None, dt.date | None, bool]:
    """Return the days a workbook without a stated period is about, and whether it is a running ledger."""
    if rows is None or rows["first_"] is None:
        return None, None, False
    first, last = rows["first_"].replace(day=1), month_end(rows["last_"])
    if (first.year, first.month) == (last.year, last.month):
        return first, last, False
    told = sent_on if sent_on.day >= quality_rules().running_from_day else sent_on.replace(day=1) - dt.timedelta(days=1)
    return first.replace(month=1), max(last, min(month_end(told), dt.date(last.year, 12, 31))), True


def stated_period(text: str | None, day: dt.date) -> Period | None:
    """Return the period a workbook states; ``None`` where it states none that can be told."""
    try:
        return parse_period(text, day) if text else None
    except PeriodError:
        return None


@dataclass(frozen=True, slots=True)
class Cell:
    """One office, one ledger, one month."""

    sender: str
    ledger: str
    month: dt.date
    state: State
    deadline: dt.date
    sent_on: dt.date | None = None
    upload_ids: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The state in Chinese."""
        return STATES[self.state]


@dataclass(frozen=True, slots=True)
class Sender:
    """One office's row of the calendar.

    Attributes:
        name: The office.
        county: Its county, if it is a county's.
        cells: By ledger, a cell a month in order.
        months: The worst state of each month over all ledgers, in order.
    """

    name: str
    county: str | None
    cells: dict[str, tuple[Cell, ...]]
    months: tuple[State, ...]


@dataclass(frozen=True, slots=True)
class SubmissionCalendar:
    """Who has sent which month.

    Attributes:
        months: The first days of the months, in order.
        ledgers: Ledger ids to Chinese names, in order.
        senders: Counties in the order of the geography, then the other offices by name.
        deadline_days: Ledger id to how many days after a month's end its workbook is still in time.
    """

    period: Period
    as_of: dt.date
    months: tuple[dt.date, ...]
    ledgers: dict[str, str]
    senders: tuple[Sender, ...]
    deadline_days: dict[str, int]

    @property
    def cells(self) -> list[Cell]:
        """Every cell."""
        return [cell for sender in self.senders for cells in sender.cells.values() for cell in cells]

    def count(self, *states: State) -> int:
        """Return how many cells are in one of ``states``."""
        return sum(cell.state in states for cell in self.cells)


def submission_calendar(
    *, period: str | Period = "本年", ledger: str | None = None, **where: Unpack[Where]
) -> SubmissionCalendar:
    """Return who has sent which month of the period, as it stood at ``as_of`` (today if not given).

    Args:
        period: As in ``query``; months it touches.
        ledger: Only this ledger; all that must be sent monthly if not given.
        where: As in ``query``; ``county`` or ``unit`` limits the offices.

    Raises:
        MetricError: The ledger is not one that must be sent monthly.
        PeriodError: The period's text names no period.
    """
    day = where.get("as_of") or moments.today()
    return calendar_of(all_sendings(where, day), period, ledger, day, where)


def all_sendings(where: Where, day: dt.date) -> list[Sending]:
    """Return the sendings of the version a question is about; none where a bare connection has no uploads."""
    connection = where.get("connection")
    if connection is None:
        connection = seen(where.get("version") or current_version(where.get("settings")), where.get("scope")).connect()
    engine = DuckEngine(connection)
    return sendings(engine, day) if "uploads" in engine.ledgers() else []


def limited(found: Iterable[Sending], where: Where) -> list[Sending]:
    """Return the sendings of the county or office a question is about, without discipline ledgers unless allowed."""
    place, unit, limits = find_county(where.get("county")), where.get("unit"), limits_of(where)
    discipline = limits.discipline if limits is not None else where.get("discipline", False)
    return [
        one
        for one in found
        if (place is None or one.county == place)
        and (unit is None or one.unit == unit)
        and (discipline or not ledgers()[one.ledger].restricted)
    ]


def limits_of(where: Where) -> Scope | None:
    """Return what who asks may see; ``None`` for everything."""
    return scope_of(where.get("version")) or where.get("scope")


def calendar_of(
    found: Iterable[Sending], period: str | Period, ledger: str | None, day: dt.date, where: Where
) -> SubmissionCalendar:
    """Return the calendar of some sendings; see ``submission_calendar``."""
    rules = quality_rules()
    limits = limits_of(where)
    wanted = [rule.ledger for rule in rules.calendar if ledger in (None, rule.ledger)]
    wanted = [id_ for id_ in wanted if limits is None or limits.sees_ledger(id_)]
    if not wanted:
        raise MetricError(
            f"没有规定按月报送的台账：{ledger}；可以用 {'、'.join(rule.ledger for rule in rules.calendar)}"
        )
    asked = parse_period(period, day)
    months = tuple(bucket.start.replace(day=1) for bucket in asked.buckets("month"))
    own = [one for one in limited(found, where) if one.ledger in wanted and one.sent_on <= day]
    senders = []
    for name, county in _expected(own, where):
        mine = [one for one in own if one.sender == name]
        # An office other than a county's owes nothing: what it sends is shown.
        shown = wanted if county is not None else [id_ for id_ in wanted if any(one.ledger == id_ for one in mine)]
        cells = {
            id_: tuple(
                _cell(name, id_, month, [one for one in mine if one.ledger == id_], day, owed=county is not None)
                for month in months
            )
            for id_ in shown
        }
        worst = tuple(
            min((row[number].state for row in cells.values()), key=_WORST.index) for number in range(len(months))
        )
        senders.append(Sender(name, county, cells, worst))
    names = {id_: ledgers()[id_].name for id_ in wanted}
    return SubmissionCalendar(asked, day, months, names, tuple(senders), {id_: rules.days_for(id_) for id_ in wanted})


def _expected(found: Sequence[Sending], where: Where) -> list[tuple[str, str | None]]:
    """Return the offices that must send: every county (or the one asked for), and whoever else has sent anything."""
    place, unit = find_county(where.get("county")), where.get("unit")
    limits = limits_of(where)
    counties = [county.name for county in geography().counties if county.ranked and place in (None, county.name)]
    counties = [name for name in counties if limits is None or limits.sees_county(name)]
    if unit is not None:
        counties = [name for name in counties if _county_names().get(unit) == name]
    others = sorted({one.sender for one in found if one.county is None})
    return [(name, name) for name in counties] + [(name, None) for name in others]


def _cell(sender: str, ledger: str, month: dt.date, sent: Sequence[Sending], day: dt.date, *, owed: bool) -> Cell:
    end = month_end(month)
    deadline = end + dt.timedelta(days=quality_rules().days_for(ledger))
    mine = [one for one in sent if one.start is not None and one.end is not None]
    mine = [one for one in mine if one.start <= end and month <= one.end]  # type: ignore[operator]
    if mine:
        first = min(one.sent_on for one in mine)
        state: State = "on_time" if first <= deadline else "sent" if any(one.running for one in mine) else "late"
        return Cell(sender, ledger, month, state, deadline, first, tuple(one.upload_id for one in mine))
    if month > day or not owed:
        return Cell(sender, ledger, month, "none", deadline)
    return Cell(sender, ledger, month, "due" if day <= deadline else "missing", deadline)
