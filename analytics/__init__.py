"""What a notebook needs: ``connect()``, ``ledger()``, ``kpi()``, ``findings()`` over the published data.

    import analytics
    analytics.kpi("J02", period="2024", by="county")

Everything heavy is imported inside the functions, so that importing ``analytics`` costs nothing. Frames keep whole
numbers whole beside blanks (Arrow types). Must not compute anything itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

    from analytics.metrics.periods import Grain
    from analytics.warehouse.published import Version

__all__ = ["connect", "findings", "kpi", "ledger", "quality", "records", "version"]


def version(data: str | Path | None = None) -> Version:
    """Return the published version that is current in the data folder (``TAIZHANG_DATA``, ``./data``)."""
    from analytics.settings import Settings
    from analytics.warehouse import published

    return published.current(Settings() if data is None else Settings(data=Path(data)))


def connect(data: str | Path | None = None) -> duckdb.DuckDBPyConnection:
    """Return a DuckDB connection to the published data: a view a ledger, ``uploads``, ``findings``, ``quarantine``.

    Example:
        >>> analytics.connect().sql("SELECT county, sum(jobs_n) FROM job_fair GROUP BY 1")
    """
    return version(data).connect()


def ledger(
    id: str,
    *,
    period: str | None = None,
    county: str | None = None,
    data: str | Path | None = None,
) -> pd.DataFrame:
    """Return a ledger's current records, of a period and county if given, in order of date.

    Raises:
        MetricError: There is no such ledger or county.
        PeriodError: The period's text names no period.
    """
    from analytics.metrics.detail import ledger_rows

    return ledger_rows(id, period=period, county=county, version=version(data))


def kpi(
    ids: str | Iterable[str] | None = None,
    *,
    period: str = "本年",
    by: str | Sequence[str] = (),
    grain: Grain | None = None,
    county: str | None = None,
    unit: str | None = None,
    as_of: dt.date | None = None,
    discipline: bool = False,
    data: str | Path | None = None,
) -> pd.DataFrame:
    """Return figures, one a row: the same as ``taizhang kpi`` and the dashboard show.

    Columns: id, name, unit, the dimensions asked for, value, target, completion, pace_gap, yoy, mom, rank,
    approx_rows, flags. ``frame.attrs`` has period, as_of and version. See ``analytics.metrics.query``.
    """
    import pandas as pd

    from analytics.metrics import query

    answer = query(
        ids, period=period, by=by, grain=grain, county=county, unit=unit, as_of=as_of, version=version(data),
        discipline=discipline,
    )  # fmt: skip
    split = [by] if isinstance(by, str) else list(by)
    names = [*split, *([grain] if grain else [])]
    columns: dict[str, list[Any]] = {name: [] for name in ("id", "name", "unit", *names)}
    figures = ("value", "target", "completion", "pace_gap", "yoy", "mom", "rank", "approx_rows", "flags")
    for figure in figures:
        columns[figure] = []
    for row in answer.rows:
        for name in ("id", "name", "unit"):
            columns[name].append(getattr(row, name))
        for name in names:
            columns[name].append(row.dims[name])
        for figure in figures:
            value = getattr(row, figure)
            columns[figure].append("；".join(value) if figure == "flags" else value)
    kinds = dict.fromkeys(("value", "target", "completion", "pace_gap", "yoy", "mom"), "Float64")
    kinds |= {"rank": "Int64", "approx_rows": "Int64"}
    frame = pd.DataFrame(columns).astype(kinds)
    frame.attrs |= {"period": answer.period.label, "as_of": answer.as_of, "version": answer.version}
    return frame


def records(id: str, *, data: str | Path | None = None, **how: Any) -> pd.DataFrame:
    """Return the very rows a KPI's figure came from; the arguments are those of ``analytics.metrics.records``."""
    from analytics.metrics.detail import records as rows

    return rows(id, version=version(data), **how)


def quality(*, period: str = "本年", unit: str | None = None, data: str | Path | None = None) -> pd.DataFrame:
    """Return how far each ledger's figures can be trusted: rows held back, estimates, late workbooks, and their shares.

    See ``analytics.metrics.data_quality``.
    """
    import pandas as pd

    from analytics.metrics import quality as by_ledger

    return pd.DataFrame([row.to_json() for row in by_ledger(period, unit=unit, version=version(data))])


def findings(
    ledger: str | None = None,
    *,
    severity: str | None = None,
    data: str | Path | None = None,
) -> pd.DataFrame:
    """Return what was found wrong or doubtful in uploads not revoked: code, place, raw value, message, hint."""
    from analytics.metrics.detail import finding_rows

    return finding_rows(ledger, severity=severity, version=version(data))
