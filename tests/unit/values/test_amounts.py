"""Money, plain numbers and percents."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.etl.values import Context, parse
from analytics.ledgers.model import Column

MONEY = Column(name="fee", label="经费", type="money", unit="元")
CONTEXT = Context(today=dt.date(2025, 3, 1))


@pytest.mark.parametrize(
    ("raw", "yuan"),
    [
        ("￥1,200.50", "1200.50"),
        ("¥1200", "1200"),
        ("人民币1200元", "1200"),
        ("1.2万元", "12000"),
        ("1.2万", "12000"),
        ("1.23456万元", "12345.60"),
        ("500元", "500"),
        ("3千元", "3000"),
        ("三万元", "30000"),
        ("1200元整", "1200"),
        ("壹仟贰佰元整", "1200"),
        ("叁仟伍佰元伍角整", "3500.50"),
        ("5元5角", "5.50"),
        ("0.05", "0.05"),
        ("0", "0"),
        (0.1 + 0.2, "0.3"),
        (1234.5, "1234.50"),
        (1e-2, "0.01"),
        ("0.5亿元", "50000000"),
    ],
)
def test_money_is_read_to_the_cent(read, codes, raw, yuan):
    parsed = read("money", raw, unit="元")
    assert (parsed.value, codes(parsed)) == (Decimal(yuan), [])
    assert isinstance(parsed.value, Decimal)


@pytest.mark.parametrize(("raw", "yuan"), [("1234.567", "1234.57"), (12.345, "12.35"), (2.675, "2.68")])
def test_less_than_a_cent_is_rounded_half_up_and_flagged(read, codes, raw, yuan):
    parsed = read("money", raw, unit="元")
    assert (parsed.value, codes(parsed)) == (Decimal(yuan), ["VAL-MONEY-ROUNDED"])


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("-5", "NEGATIVE"),
        ("5元15角", "TWO-NUMBERS"),
        ("200元/人", "WORDS"),
        ("200元*30人", "TWO-NUMBERS"),
        ("45人", "WORDS"),
        ("未定", "WORDS"),
        (1e13, "TOO-LARGE"),
        (dt.date(2024, 1, 1), "DATE"),
        (False, "BOOLEAN"),
        ("1,20", "GROUPING"),
    ],
)
def test_what_is_no_sum_of_money_is_refused(read, codes, raw, code):
    parsed = read("money", raw, unit="元")
    assert (parsed.value, codes(parsed)) == (None, [f"VAL-MONEY-{code}"])


def test_a_header_in_ten_thousand_yuan_converts(read, codes, sheet_2024):
    context = dataclasses.replace(sheet_2024, unit="万元")
    for raw in ("1.2", 1.2, "1.2万元", "1.2万"):
        parsed = read("money", raw, unit="元", context=context)
        assert (parsed.value, codes(parsed)) == (Decimal(12000), []), raw


def test_a_cell_in_yuan_under_a_header_in_ten_thousand_keeps_its_own_unit(read, codes, sheet_2024):
    parsed = read("money", "500元", unit="元", context=dataclasses.replace(sheet_2024, unit="万元"))
    assert (parsed.value, codes(parsed)) == (Decimal(500), ["VAL-MONEY-UNIT-CONFLICT"])


def test_a_header_unit_that_is_no_money_is_refused(read, codes, sheet_2024):
    context = dataclasses.replace(sheet_2024, unit="人")
    assert codes(read("money", "500", unit="元", context=context)) == ["VAL-MONEY-UNIT-UNKNOWN"]


def test_estimated_money_is_an_interval(read):
    parsed = read("money", "7万多元", unit="元")
    assert (parsed.value, parsed.low, parsed.high) == (None, Decimal(70000), Decimal("79999.99"))


@given(st.integers(0, 10**11))
def test_cents_survive_floats_and_texts(cents):
    exact = Decimal(cents) / 100
    for raw in (cents / 100, f"{exact:,.2f}", f"￥{exact:.2f}", f"{exact:.2f}元"):
        assert parse(MONEY, raw, CONTEXT).value == exact, raw


class TestPercent:
    """Percents are stored from 0 to 100."""

    @pytest.mark.parametrize(
        ("raw", "value"),
        [
            ("85%", "85"),
            ("85％", "85"),
            ("98.5%", "98.5"),
            (85.0, "85"),
            ("85", "85"),
            ("0.85%", "0.85"),
            ("九成五", "95"),
            ("八成", "80"),
            ("百分之八十五", "85"),
            ("百分之九十八点五", "98.5"),
            ("百分之百", "100"),
            ("120%", "120"),
            (0.0, "0"),
            ("0", "0"),
            ("850‰", "85"),
        ],
    )
    def test_a_written_percent_is_read(self, read, codes, raw, value):
        parsed = read("percent", raw, unit="%")
        assert (parsed.value, codes(parsed)) == (Decimal(value), [])

    @pytest.mark.parametrize(("raw", "value"), [(0.85, "85"), (1.0, "100"), (0.0, "0"), (0.07, "7")])
    def test_a_percent_cell_holds_a_share(self, read, codes, raw, value):
        parsed = read("percent", raw, unit="%", percent_cell=True)
        assert (parsed.value, codes(parsed)) == (Decimal(value), [])

    @pytest.mark.parametrize("raw", [0.85, "0.85", 1.0, 1, "1"])
    @pytest.mark.parametrize("unit", [None, "%"])
    def test_a_bare_share_may_be_either_and_is_not_guessed(self, read, codes, sheet_2024, raw, unit):
        parsed = read("percent", raw, unit="%", context=dataclasses.replace(sheet_2024, unit=unit))
        assert (parsed.value, codes(parsed)) == (None, ["VAL-PERCENT-AMBIGUOUS"])

    def test_a_share_is_not_guessed_in_a_column_of_thousandths_either(self, read, codes, sheet_2024):
        context = dataclasses.replace(sheet_2024, unit="‰")
        assert read("percent", 950.0, unit="%", context=context).value == Decimal(95)
        for raw in (0.95, "0.95"):
            assert codes(read("percent", raw, unit="%", context=context)) == ["VAL-PERCENT-AMBIGUOUS"]

    def test_both_readings_are_named(self, read):
        (issue,) = read("percent", 0.85, unit="%").issues
        assert "85%" in issue.message
        assert "0.85%" in issue.message

    @pytest.mark.parametrize("raw", ["85分", "非常满意", "-3%"])
    def test_what_is_no_percent_is_refused(self, read, raw):
        assert read("percent", raw, unit="%").failed

    @pytest.mark.parametrize(
        ("raw", "low", "high"), [("95%以上", "95", None), ("90%-95%", "90", "95"), ("90-95%", "90", "95")]
    )
    def test_an_estimated_percent_is_an_interval(self, read, raw, low, high):
        parsed = read("percent", raw, unit="%")
        assert (parsed.value, parsed.low, parsed.high) == (None, Decimal(low), high and Decimal(high))


class TestDecimal:
    """Hours, days, targets."""

    @pytest.mark.parametrize(
        ("raw", "unit", "value"),
        [
            ("40课时", "课时", "40"),
            ("2.5学时", "课时", "2.5"),
            (2.5, "课时", "2.5"),
            ("半天", "天", "0.5"),
            ("两天半", "天", "2.5"),
            ("1天半", "天", "1.5"),
            ("3日", "天", "3"),
            ("95%", None, "95"),
            ("3600人次", None, "3600"),
            ("1.2万", None, "12000"),
        ],
    )
    def test_a_number_with_its_unit_is_read(self, read, codes, raw, unit, value):
        parsed = read("decimal", raw, unit=unit)
        assert (parsed.value, codes(parsed)) == (Decimal(value), [])

    @pytest.mark.parametrize(("raw", "unit"), [("3天", "课时"), ("3小时", "天"), ("半天", "课时")])
    def test_another_stretch_of_time_is_not_converted_but_refused(self, read, codes, raw, unit):
        assert codes(read("decimal", raw, unit=unit)) == ["VAL-DECIMAL-WORDS"]

    def test_a_target_in_a_percent_cell_is_a_percent(self, read):
        assert read("decimal", 0.95, percent_cell=True).value == Decimal(95)
