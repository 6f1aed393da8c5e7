"""What every question may say about its data: which place, which day, which version, on whose behalf.

The functions that are built on ``query`` take these words and pass them on unread. This module must not know any of
them.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    import duckdb

    from analytics.metrics.scope import Scope
    from analytics.settings import Settings
    from analytics.warehouse.published import Version


class Data(TypedDict, total=False):
    """Whose data, as it stood when, on whose behalf; each as in ``query``."""

    as_of: dt.date | None
    connection: duckdb.DuckDBPyConnection | None
    version: Version | None
    settings: Settings | None
    discipline: bool
    scope: Scope | None


class Where(Data, total=False):
    """``Data``, limited to one county or reporting unit."""

    county: str | None
    unit: str | None
