"""Moments as a reader's clock says them: stored in UTC, told in the one time zone the geography declares.

The machine's own zone is never asked: a server that stands in UTC tells the same time as one that stands in the office.
This module must not know what happened at a moment.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

MINUTE, SECOND = "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"


def zone() -> ZoneInfo:
    """Return the declared time zone."""
    # The declarations bring much along that a command which only gets help has no use for.
    from analytics.ledgers import geography

    return ZoneInfo(geography().time_zone)


def local(moment: dt.datetime | str) -> dt.datetime:
    """Return a moment, or its ISO text, in the declared time zone; one that names no zone is in UTC."""
    found = dt.datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return (found if found.tzinfo else found.replace(tzinfo=dt.UTC)).astimezone(zone())


def told(moment: dt.datetime | str, form: str = MINUTE) -> str:
    """Return a moment, or its ISO text, ready for reading."""
    return f"{local(moment):{form}}"


def now() -> str:
    """Return this very moment, ready for reading."""
    return told(dt.datetime.now(dt.UTC))


def today() -> dt.date:
    """Return the day it is in the declared time zone."""
    return dt.datetime.now(zone()).date()
