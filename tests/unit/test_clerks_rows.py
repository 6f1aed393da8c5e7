"""Rows and lines that careless clerks add to a ledger: what they mean for the cells around them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from handmade import FAIR, book, codes, fair, ingest, records, rows_held, rows_loaded, said

SPAN = [*FAIR[:2], "结束日期", *FAIR[2:]]


def span(name: str, first: Any, last: Any) -> list[Any]:
    """One row under ``SPAN``."""
    row = fair(name, first)
    return [*row[:2], last, *row[2:]]


@pytest.mark.parametrize("first", ["12月30日", "12.30", "2024-12-30", dt.date(2024, 12, 30)])
def test_an_end_without_a_year_may_lie_beyond_the_turn_of_the_year(first: Any) -> None:
    outcome = ingest(book(("招聘会", [["2024年招聘会台账"], SPAN, span("跨年专场", first, "1月2日")])))
    (record,) = records(outcome).values()
    assert (record["fair_date"], record["end_date"]) == (dt.date(2024, 12, 30), dt.date(2025, 1, 2))
    assert "VAL-DATE-CROSS-YEAR" in codes(outcome)


@pytest.mark.parametrize(("first", "last"), [("5月6日", "5月3日"), ("8月6日", "1月3日"), ("2024-12-30", "2024-1-2")])
def test_an_end_before_its_beginning_stays_a_contradiction(first: str, last: str) -> None:
    assert rows_held(ingest(book(("招聘会", [["2024年招聘会台账"], SPAN, span("专场", first, last)])))) == [3]


def test_an_end_that_says_a_day_only_is_of_the_month_it_began_in() -> None:
    rows = [["2024年招聘会台账"], SPAN, span("甲", "5月6日", "8日"), span("乙", "5月30日", "2日")]
    outcome = ingest(book(("招聘会", rows)))
    (record,) = records(outcome).values()
    assert record["end_date"] == dt.date(2024, 5, 8)
    assert [one.field for one in said(outcome, "VAL-DATE-MONTH-INFERRED")] == ["end_date"]
    assert (rows_loaded(outcome), rows_held(outcome)) == ([3], [4])


def test_the_counties_of_a_city_are_not_the_county_it_once_had() -> None:
    heads = [name for name in FAIR if name != "县区"]
    row = [value for value, name in zip(fair("春风行动"), FAIR, strict=True) if name != "县区"]
    outcome = ingest(book(("招聘会", [["2024年宝鸡县区招聘会台账"], heads, row])))
    assert next(iter(records(outcome).values()))["county"] == "渭滨区"
