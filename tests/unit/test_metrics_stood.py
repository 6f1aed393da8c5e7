"""A past day told as it stood: from the versions of a record, by the day each was sent, and by its dates."""

import datetime as dt

import pytest
from warehouse_kit import JINTAI, WEIBIN, record_id, upload

from analytics.metrics import ageing, query, records
from analytics.metrics.engine import forget
from analytics.metrics.question import lasting
from analytics.metrics.scope import Scope, seen
from analytics.settings import Settings
from analytics.warehouse import Store, published

D = dt.date
QUARTER_END = D(2024, 3, 31)


@pytest.fixture
def place(tmp_path):
    return Settings(data=tmp_path / "data")


def item(number="1", sent=None, status="整改中", unit=WEIBIN, **values):
    return {
        "record_id": record_id("rectification", number),
        "item_no": number,
        "source": "督查",
        "found_date": D(2024, 1, 10),
        "description": "问题",
        "measures": "措施",
        "resp_unit": unit,
        "deadline": D(2024, 2, 29),
        "status": status,
        "reported_on": sent,
        **values,
    }


def send(place, *items, unit=WEIBIN):
    outcome = upload(f"整改 {items[0]['reported_on']} {items[0]['status']}.xlsx", unit=unit, rectification=list(items))
    with Store(place).writing() as writing:
        return writing.commit(outcome)


def overdue(place, day, **how):
    """Ask the records, then what a server keeps of them."""
    version, told = seen(published.current(place), how.pop("scope", None)), []
    for keep in (False, True):
        forget()
        lasting(version, keep=keep)
        told.append(query("R04", period="2024", as_of=day, version=version, **how).rows[0].value)
    assert told[0] == told[1]
    return told[0]


def test_an_item_closed_since_was_overdue_then(place):
    send(place, item(sent=D(2024, 2, 5)))
    send(place, item(sent=D(2024, 5, 5), status="已完成", done_date=D(2024, 4, 20)))
    assert [overdue(place, day) for day in (D(2024, 2, 29), QUARTER_END, D(2024, 4, 19), D(2024, 4, 20))] == [
        0,
        1,
        1,
        0,
    ]


def test_an_item_opened_again_since_was_not_overdue_then(place):
    send(place, item(sent=D(2024, 3, 15), status="已完成", done_date=D(2024, 3, 10)))
    send(place, item(sent=D(2024, 6, 5), status="重启", reopen_count=1))
    assert [overdue(place, day) for day in (D(2024, 3, 5), QUARTER_END, D(2024, 6, 4), D(2024, 6, 5))] == [1, 0, 0, 1]
    rate = query("R01", period="2024Q1", as_of=QUARTER_END, settings=place).rows[0].value
    assert (rate, query("R01", period="2024Q1", settings=place).rows[0].value) == (100, 0)


def test_what_was_done_then_and_only_reported_later_was_done(place):
    send(place, item(sent=D(2024, 3, 15)))
    send(place, item(sent=D(2024, 5, 5), status="已完成", done_date=D(2024, 3, 20)))
    assert [overdue(place, day) for day in (D(2024, 3, 19), QUARTER_END)] == [1, 0]


def test_a_deadline_put_off_later_was_the_old_one_then(place):
    send(place, item(sent=D(2024, 2, 5)))
    send(place, item(sent=D(2024, 4, 5), status="延期", deadline=D(2024, 12, 31)))
    assert [overdue(place, day) for day in (QUARTER_END, D(2024, 4, 5))] == [1, 0]


def test_an_item_reported_later_than_the_day_is_told_from_its_first_version(place):
    send(place, item(sent=D(2024, 5, 5)))
    send(place, item(sent=D(2024, 6, 5), deadline=D(2024, 12, 31)))
    assert overdue(place, QUARTER_END) == 1


def test_what_was_taken_back_never_stood(place):
    send(place, item(sent=D(2024, 2, 5)))
    wrong = send(place, item(sent=D(2024, 3, 5), status="已完成", done_date=D(2024, 3, 1)))
    send(place, item(sent=D(2024, 7, 5), status="整改中", progress="推进"))
    assert overdue(place, QUARTER_END) == 0
    with Store(place).writing() as writing:
        writing.revoke(wrong, "误报")
    assert overdue(place, QUARTER_END) == 1


def test_counties_rows_bands_and_comparisons_are_told_as_they_stood_too(place):
    send(place, item(sent=D(2024, 3, 15), status="已完成", done_date=D(2024, 3, 10)), item("2", D(2024, 3, 15)))
    send(place, item(sent=D(2024, 6, 5), status="重启"), item("2", D(2024, 6, 5)))
    send(place, item("3", D(2024, 3, 15), unit=JINTAI), unit=JINTAI)
    how = {"period": "2024", "as_of": QUARTER_END, "settings": place}
    split = query("R04", by="county", **how)
    assert [split.row("R04", county=name).value for name in ("渭滨区", "金台区")] == [1, 1]
    assert query("R04", county="渭滨区", **how).rows[0].value == 1
    rows = records("R04", limit=None, **how)
    assert sorted(rows["item_no"]) == ["2", "3"]
    assert rows.attrs["total"] == 2
    assert len(records("R04", county="金台区", **how)) == 1
    assert ageing(**how).value == 2
    before = query("R04", period="2025Q1", as_of=D(2025, 3, 31), settings=place).rows[0]
    assert (before.value, before.yoy_base) == (3, 2)
    months = query("R04", period="2024H1", grain="month", as_of=D(2024, 6, 30), settings=place).rows
    assert [row.value for row in months] == [0, 0, 2, 2, 2, 3]


def test_who_sees_one_county_sees_its_past_and_no_other(place):
    send(place, item(sent=D(2024, 3, 15), status="已完成", done_date=D(2024, 3, 10)))
    send(place, item(sent=D(2024, 6, 5), status="重启"))
    send(place, item("3", D(2024, 3, 15), unit=JINTAI), unit=JINTAI)
    send(place, item("3", D(2024, 6, 15), unit=JINTAI, progress="推进"), unit=JINTAI)
    for county, value in (("渭滨区", 0), ("金台区", 1)):
        assert overdue(place, QUARTER_END, scope=Scope(counties=frozenset({county}))) == value
