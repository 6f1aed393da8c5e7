"""Days whose year, month and day stand in columns of their own."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.etl.dateparts import compose, compose_all, runs
from analytics.etl.grid import ErrorCell
from analytics.etl.spans import HeaderColumn
from analytics.etl.values import Context, parse
from analytics.ledgers.model import Column

TODAY = dt.date(2026, 11, 22)
DAY = Column(name="start_date", label="活动日期", type="date")


def read(raw: Any) -> dt.date | None:
    value: dt.date | None = parse(DAY, raw, Context(TODAY)).value
    return value


@given(st.dates(dt.date(2000, 1, 1), dt.date(2026, 12, 31)), st.booleans(), st.booleans())
def test_a_day_in_three_pieces_is_that_day(day: dt.date, words: bool, floats: bool) -> None:
    pieces: list[Any] = [day.year, day.month, day.day]
    if words:
        pieces = [f"{day.year}年", f"{day.month}月", f"{day.day}日"]
    elif floats:
        pieces = [float(piece) for piece in pieces]
    assert read(compose(*pieces)) == day


_ANY = st.one_of(
    st.none(), st.text(max_size=8), st.integers(-5, 4000), st.floats(), st.dates(), st.just(ErrorCell("#REF!"))
)


@given(_ANY, _ANY, _ANY)
def test_no_piece_ever_makes_an_exception(year: Any, month: Any, day: Any) -> None:
    parse(DAY, compose(year, month, day), Context(TODAY))


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ((2024, 2, 30), None),
        ((2024, 7, dt.date(2024, 8, 5)), None),
        ((2024, 8, dt.date(2024, 8, 5)), dt.date(2024, 8, 5)),
        ((2024, None, "8月5日"), dt.date(2024, 8, 5)),
        (("2024年", "三月", "5日"), dt.date(2024, 3, 5)),
        ((2024, 7, "10-12"), dt.date(2024, 7, 10)),
        ((None, None, None), None),
        ((2024, None, 7.1), None),
        ((2024, 13, 1), None),
    ],
)
def test_pieces_that_do_not_go_together_give_no_day(pieces: tuple[Any, Any, Any], expected: dt.date | None) -> None:
    assert read(compose(*pieces)) == expected


def columns(*heads: str) -> list[HeaderColumn]:
    return [HeaderColumn(place, (head,)) for place, head in enumerate(heads)]


def test_neighbouring_pieces_make_one_day() -> None:
    samples = {0: ["甲"], 1: [2024], 2: [3, 4], 3: ["5日", 6]}
    (found,) = runs(columns("名称", "年", "月份", "日"), samples)
    assert {piece: column.index for piece, column in found.items()} == {"year": 1, "month": 2, "day": 3}


def test_a_column_of_whole_dates_is_no_piece() -> None:
    samples = {0: ["3月"], 1: ["2024-03-05"]}
    assert [set(run) for run in runs(columns("月份", "日期"), samples)] == [{"month"}]


def test_columns_are_put_together_row_by_row() -> None:
    assert compose_all(("month", "day"), [[3, 4], [5, None]]) == ["3月5日", "4月"]
