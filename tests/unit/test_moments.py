"""Times are told by the office's clock, wherever the machine stands."""

from __future__ import annotations

import datetime as dt
import time

import pytest

from analytics import moments
from analytics.ledgers import Geography, geography


@pytest.mark.parametrize("machine", ["UTC", "America/New_York"])
@pytest.mark.parametrize(
    "moment", [dt.datetime(2024, 7, 5, 17, 30), "2024-07-05T17:30:00", "2024-07-05T13:30:00-04:00"]
)
def test_the_machines_own_zone_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, machine: str, moment: dt.datetime | str
) -> None:
    monkeypatch.setenv("TZ", machine)
    time.tzset()
    try:
        assert moments.told(moment) == "2024-07-06 01:30"
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("machine", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_today_is_the_day_of_the_office_wherever_the_machine_stands(
    monkeypatch: pytest.MonkeyPatch, machine: str
) -> None:
    monkeypatch.setenv("TZ", machine)
    time.tzset()
    try:
        before, found, after = (moments.now()[:10], moments.today().isoformat(), moments.now()[:10])
        assert found in (before, after)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_zone_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="没有名为 Asia/Baoji 的时区"):
        Geography(**(geography().model_dump() | {"time_zone": "Asia/Baoji"}))
