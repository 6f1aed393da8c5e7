"""G06 数据质量: by ledger, how many rows were held back, how many stand as estimates, how many workbooks came late.

It tells how far the figures of a ledger can be trusted, beside any KPI. A workbook belongs to the period it states; one
that states none belongs to every period and is never late. This module must not know what any ledger counts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field
from sqlglot import exp

from analytics.ledgers.model import ledgers, read_declaration
from analytics.metrics.compile import column
from analytics.metrics.engine import DuckEngine
from analytics.metrics.model import QUALITY_FILE, declarations_folder
from analytics.metrics.periods import Period, PeriodError, parse_period
from analytics.metrics.scope import Scope, seen

if TYPE_CHECKING:
    from analytics.settings import Settings
    from analytics.warehouse.published import Version

_ROWS = "rows_"


class QualityRules(BaseModel):
    """When a submission is late (``quality.yaml``)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    late_after_days: int = Field(ge=0)


@cache
def quality_rules() -> QualityRules:
    """Return the shipped rules (read once a process)."""
    return read_declaration(QualityRules, declarations_folder() / QUALITY_FILE)


@dataclass(frozen=True, slots=True)
class Quality:
    """The data quality of one ledger.

    Attributes:
        ledger: Its id.
        name: Its Chinese name.
        uploads: Workbooks that brought rows of it, loaded or held back.
        late: Of these, those sent later than the rules allow after the period they state.
        loaded: Current records from them.
        quarantined: Rows held back in them.
        estimated: Current records with a number that is an estimate.
    """

    ledger: str
    name: str
    uploads: int
    late: int
    loaded: int
    quarantined: int
    estimated: int

    @property
    def quarantined_share(self) -> float | None:
        """Rows held back in percent of all rows; ``None`` where there are none."""
        return _share(self.quarantined, self.loaded + self.quarantined)

    @property
    def estimated_share(self) -> float | None:
        """Records with an estimate in percent of all records; ``None`` where there are none."""
        return _share(self.estimated, self.loaded)

    @property
    def late_share(self) -> float | None:
        """Late workbooks in percent of all; ``None`` where there are none."""
        return _share(self.late, self.uploads)

    def to_json(self) -> dict[str, Any]:
        """Return the quality as plain values, shares in percent to one decimal."""
        shares = {"late": self.late_share, "quarantined": self.quarantined_share, "estimated": self.estimated_share}
        told: dict[str, Any] = {"ledger": self.ledger, "name": self.name, "uploads": self.uploads, "late": self.late}
        told |= {"late_share": None, "loaded": self.loaded, "quarantined": self.quarantined, "quarantined_share": None}
        told |= {"estimated": self.estimated, "estimated_share": None}
        return told | {f"{name}_share": None if part is None else round(part, 1) for name, part in shares.items()}


def _share(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None


def quality(
    period: str | Period = "本年",
    *,
    unit: str | None = None,
    as_of: dt.date | None = None,
    version: Version | None = None,
    settings: Settings | None = None,
    scope: Scope | None = None,
) -> list[Quality]:
    """Return the data quality of every ledger that anything was sent for, in the order of the declarations.

    Args:
        period: A period or its text; workbooks stating a period that touches it count, and those stating none.
        unit: Only this reporting unit.
        as_of: The day relative periods are told from; today if not given.
        version: A published version; the current one if not given.
        settings: Where the published versions are.
        scope: What the person who asks may see.

    Raises:
        PeriodError: The period's text names no period.
    """
    from analytics.metrics.question import current_version

    day = as_of or dt.date.today()
    asked = parse_period(period, day)
    engine = DuckEngine(seen(version or current_version(settings), scope).connect())
    stated = {row["upload_id"]: row for row in engine.rows(_uploads(unit), {"unit": unit} if unit else {})}
    wanted = {id_ for id_, row in stated.items() if _touches(row["period"], asked, day)}
    late = {id_ for id_ in wanted if _is_late(stated[id_], day)}
    held = _counts(engine, "quarantine", ("ledger", "upload_id"))
    found = []
    for ledger in ledgers().values():
        loaded = _counts(engine, ledger.id, ("upload_id",))
        doubtful = _counts(engine, ledger.id, ("upload_id",), column("approx").is_(exp.null()).not_())
        mine = {id_: count for (id_,), count in loaded.items() if id_ in wanted}
        back = {id_: count for (name, id_), count in held.items() if name == ledger.id and id_ in wanted}
        sent = set(mine) | set(back)
        if sent:
            estimated = sum(count for (id_,), count in doubtful.items() if id_ in wanted)
            found.append(
                Quality(
                    ledger.id,
                    ledger.name,
                    len(sent),
                    len(sent & late),
                    sum(mine.values()),
                    sum(back.values()),
                    estimated,
                )
            )
    return found


def _uploads(unit: str | None) -> str:
    query = exp.select("upload_id", "period", "created_at").from_("uploads").where(column("revoked_at").is_(exp.null()))
    if unit:
        query = query.where(column("reporting_unit").eq(exp.Placeholder(this="unit")))
    return query.sql("duckdb")


def _counts(
    engine: DuckEngine, table: str, keys: tuple[str, ...], where: exp.Expr | None = None
) -> dict[tuple[Any, ...], int]:
    """Return how many rows of a view there are by ``keys``."""
    picked = [*(column(key) for key in keys), exp.alias_(exp.Count(this=exp.Star()), _ROWS)]
    query = exp.select(*picked).from_(exp.to_table(table)).group_by(*(column(key) for key in keys))
    if where is not None:
        query = query.where(where)
    return {tuple(row[key] for key in keys): int(row[_ROWS]) for row in engine.rows(query.sql("duckdb"), {})}


def _stated(text: str | None, day: dt.date) -> Period | None:
    """Return the period a workbook states; ``None`` where it states none that can be told."""
    try:
        return parse_period(text, day) if text else None
    except PeriodError:
        return None


def _touches(text: str | None, asked: Period, day: dt.date) -> bool:
    own = _stated(text, day)
    return own is None or (own.start <= asked.end and asked.start <= own.end)


def _is_late(upload: Mapping[str, Any], day: dt.date) -> bool:
    own = _stated(upload["period"], day)
    if own is None:
        return False
    return bool(upload["created_at"].date() > own.end + dt.timedelta(days=quality_rules().late_after_days))
