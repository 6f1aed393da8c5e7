"""A whole column gives, cell by cell, what one cell gives; and no input of any type raises."""

from __future__ import annotations

import datetime as dt
import time
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from analytics.etl.codes import CODES
from analytics.etl.grid import ErrorCell
from analytics.etl.values import Context, parse, parse_column
from analytics.ledgers.model import Column
from analytics.ledgers.schema import arrow_type

TYPES = ("text", "count", "decimal", "money", "percent", "date", "year", "boolean", "choice", "county")
COLUMNS = {
    kind: Column.model_validate(
        {"name": "x", "label": "测试列", "type": kind}
        | ({"choices": {"线上": ["网上"], "线下": []}} if kind == "choice" else {})
        | ({"range_end": "y"} if kind == "date" else {})
        | ({"unit": "人次"} if kind == "count" else {})
    )
    for kind in TYPES
}
CONTEXTS = (
    Context(today=dt.date(2025, 3, 1)),
    Context(today=dt.date(2025, 3, 1), year=2024, year_source="文件名", month=7),
    Context(today=dt.date(2025, 3, 1), unit="万元", date1904=True),
    Context(today=dt.date(2025, 3, 1), unit="%"),
)
LEDGER_TEXT = st.text(
    alphabet="0123456789.,，-—~～至/（）()%￥元万亿余多约近超不足上下左右人次场家天年月日号旬底前季半"
    "一二三四五十百千两几数共〇无同是否线 \n+×√#REF!①²½",
    max_size=12,
)
CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    LEDGER_TEXT,
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
    st.sampled_from(
        [
            "",
            "无",
            "/",
            "线上",
            "线下",
            "网上",
            "3.6万",
            "500多",
            "7月10日-12日",
            "2024年7月",
            "13812345678",
            ErrorCell("#REF!"),
            "渭滨区",
            "2024-07-15",
            45.0,
            45488.0,
        ]
    ),
)
ANYTHING = st.one_of(
    CELLS,
    st.binary(max_size=5),
    st.decimals(),
    st.lists(st.integers(), max_size=2),
    st.complex_numbers(),
    st.just(object()),
    st.just("\ud800"),
)


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(TYPES), ANYTHING, st.sampled_from(CONTEXTS), st.booleans())
@example("date", Decimal("sNaN"), CONTEXTS[0], False)
@example("count", Decimal("sNaN"), CONTEXTS[0], False)
@example("text", Decimal("NaN"), CONTEXTS[0], False)
@example("text", "\ud800", CONTEXTS[0], False)
def test_no_input_of_any_type_raises_and_an_error_has_no_value(kind, raw, context, percent):
    parsed = parse(COLUMNS[kind], raw, context, percent)
    if parsed.failed:
        assert (parsed.value, parsed.end, parsed.low, parsed.high) == (None, None, None, None)
    if parsed.approximate:
        assert parsed.value is None
        if parsed.low is not None and parsed.high is not None:
            assert parsed.low <= parsed.high
    for issue in parsed.issues:
        assert issue.code in CODES
        assert "测试列" in issue.message
        assert issue.hint
    if parsed.value is not None and kind in ("count", "money", "decimal", "percent"):
        assert parsed.value >= 0
        assert isinstance(parsed.value, int if kind == "count" else Decimal)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(TYPES), st.lists(CELLS, max_size=12), st.sampled_from(CONTEXTS))
def test_a_column_is_its_cells(kind, raws, context):
    column = COLUMNS[kind]
    parsed = parse_column(column, raws, context)
    singles = [parse(column, raw, context) for raw in raws]
    assert parsed.array.type == arrow_type(column)
    assert parsed.array.to_pylist() == [single.value for single in singles]
    ends = parsed.ends.to_pylist() if parsed.ends is not None else [None] * len(raws)
    assert ends == [single.end for single in singles]
    assert parsed.noted == {at: single for at, single in enumerate(singles) if single.noteworthy}


@given(
    st.sampled_from(["count", "money", "decimal", "percent"]),
    st.lists(st.floats(-1, 2e6), max_size=30),
    st.integers(0, 6),
)
def test_a_column_of_numbers_is_its_cells(kind, numbers, places):
    raws = [round(number, places) for number in numbers]
    parsed = parse_column(COLUMNS[kind], raws, CONTEXTS[0])
    assert parsed.array.to_pylist() == [parse(COLUMNS[kind], raw, CONTEXTS[0]).value for raw in raws]


@given(
    st.lists(
        st.text(alphabet="甲乙丙 \n\t　\u00a0\u200b_x000D#-/无同上1380", min_size=0, max_size=20),
        max_size=10,
        unique=True,
    )
)
def test_a_column_of_texts_is_its_cells(raws):
    parsed = parse_column(COLUMNS["text"], raws, CONTEXTS[0])
    assert parsed.array.to_pylist() == [parse(COLUMNS["text"], raw, CONTEXTS[0]).value for raw in raws]


@pytest.mark.parametrize("kind", TYPES)
def test_a_number_too_long_to_print_is_no_exception(kind):
    parsed = parse(COLUMNS[kind], 10**6000, CONTEXTS[0])
    assert parsed.failed or kind in ("text", "boolean", "choice")


def test_equal_numbers_of_different_types_are_told_apart():
    raws = [1, 1.0, True, "1", 0, False]
    parsed = parse_column(COLUMNS["count"], raws, CONTEXTS[0])
    assert parsed.array.to_pylist() == [1, 1, None, 1, 0, None]
    assert sorted(parsed.noted) == [2, 5]


def test_only_percent_cells_are_shares():
    raws = [0.85, 0.85, 85.0, "85%"]
    parsed = parse_column(COLUMNS["percent"], raws, CONTEXTS[0], lambda position: position == 0)
    assert parsed.array.to_pylist() == [Decimal(85), None, Decimal(85), Decimal(85)]
    assert list(parsed.noted) == [1]


def test_an_empty_column_is_an_empty_array():
    for kind in TYPES:
        assert len(parse_column(COLUMNS[kind], [], CONTEXTS[0]).array) == 0


@pytest.mark.parametrize("kind", ["count", "money", "date", "text"])
def test_a_large_plain_column_takes_no_time_per_cell(kind):
    size = 50_000
    raws = {
        "count": [float(number) for number in range(size)],
        "money": [number / 100 for number in range(size)],
        "date": [dt.datetime(2024, 1, 1) + dt.timedelta(minutes=number) for number in range(size)],
        "text": [f"春风行动专场招聘会第{number}场" for number in range(size)],
    }[kind]
    started = time.perf_counter()
    parsed = parse_column(COLUMNS[kind], raws, CONTEXTS[0])
    assert time.perf_counter() - started < 2.0
    assert parsed.array.null_count == 0
    assert not parsed.noted
