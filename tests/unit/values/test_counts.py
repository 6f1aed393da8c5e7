"""Counts as offices write them: exact, rounded, estimated, refused."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.etl.values import Context, parse
from analytics.etl.values.numerals import parse_numeral
from analytics.ledgers.model import Column

VISITS = Column(name="visits", label="服务人次", type="count", unit="人次", synonyms=("求职人次",))
CONTEXT = Context(today=dt.date(2025, 3, 1), year=2024)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("1,200", 1200),
        ("１２００", 1200),
        ("1，200", 1200),
        (" 45 ", 45),
        ("45人", 45),
        ("45 人次", 45),
        ("45名", 45),
        ("1200.00", 1200),
        ("共45人", 45),
        ("共计：45人次", 45),
        ("合计45", 45),
        ("求职人次45", 45),
        ("三十二", 32),
        ("两百", 200),
        ("一千二百", 1200),
        ("十", 10),
        ("十二", 12),
        ("廿三", 23),
        ("一百零五", 105),
        ("壹佰贰拾", 120),
        ("二〇", 20),
        ("〇", 0),
        ("0", 0),
        ("1.2345万", 12345),
        ("１．２３４５万", 12345),
        ("45（人）", 45),
        ("45人(次)", 45),
        ("45。", 45),
        ("'45", 45),
        (45.0, 45),
        (45, 45),
        (0.0, 0),
        (100.00000000000001, 100),
        ("45\u200b", 45),
        ("⼆⼗", 20),
    ],
)
def test_an_exact_count_is_read_without_a_word(read, codes, raw, value):
    parsed = read("count", raw, unit="人次", synonyms=("求职人次",))
    assert (parsed.value, codes(parsed)) == (value, [])
    assert type(parsed.value) is int


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("3.6万", 36000),
        ("1.2万人次", 12000),
        ("0.5亿", 50_000_000),
        ("100万", 1_000_000),
        ("3千", 3000),
        ("1万2千", 12000),
        ("1万2", 12000),
        ("两万", 20000),
        ("一万二", 12000),
        ("1.2E3", 1200),
        ("3.6w", 36000),
        ("3.6 万", 36000),
        ("3.6（万）", 36000),
    ],
)
def test_a_count_in_ten_thousands_is_read_and_said_to_be_rounded(read, codes, raw, value):
    parsed = read("count", raw, unit="人次")
    assert (parsed.value, codes(parsed)) == (value, ["VAL-COUNT-ROUNDED"])


@pytest.mark.parametrize(
    ("raw", "low", "high"),
    [
        ("百余", 100, 199),
        ("百余人", 100, 199),
        ("500多", 500, 599),
        ("500多人次", 500, 599),
        ("7万多", 70_000, 79_999),
        ("90余", 90, 99),
        ("120多", 120, 129),
        ("1200余人次", 1200, 1299),
        ("10多万", 100_000, 199_999),
        ("10万多", 100_000, 109_999),
        ("30余万", 300_000, 399_999),
        ("十几", 10, 19),
        ("20几", 20, 29),
        ("一百二十余", 120, 129),
        ("近万", 8000, 9999),
        ("近百人", 80, 99),
        ("约2万", 18_000, 22_000),
        ("约 100 人", 90, 110),
        ("20人左右", 18, 22),
        ("100人上下", 90, 110),
        ("超过500", 501, None),
        ("逾千人次", 1001, None),
        ("500以上", 500, None),
        ("500人以上", 500, None),
        ("500+", 500, None),
        ("≥100", 100, None),
        ("＞100", 101, None),
        ("不足100", None, 99),
        ("不到一百", None, 99),
        ("不超过100", None, 100),
        ("100-120人", 100, 120),
        ("100～120", 100, 120),
        ("100至120", 100, 120),
        ("100—120", 100, 120),
        ("3-4万", 30_000, 40_000),
        ("约100-120人", 90, 132),
        ("数百", 200, 999),
        ("几十", 20, 99),
        ("数十万", 200_000, 999_999),
        ("上千", 1000, 9999),
        ("三四十人", 30, 49),
        ("七八百", 700, 899),
        ("十七八", 17, 18),
        ("45（约）", 40, 50),
        ("三五百", 300, 599),
    ],
)
def test_an_estimate_is_kept_as_an_interval_and_has_no_value(read, codes, raw, low, high):
    parsed = read("count", raw, unit="人次")
    assert (parsed.value, parsed.low, parsed.high, codes(parsed)) == (None, low, high, ["VAL-COUNT-APPROX"])


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("若干", "WORDS"),
        ("较多", "WORDS"),
        ("很多人", "WORDS"),
        ("百", "WORDS"),
        ("三五", "WORDS"),
        ("五一", "WORDS"),
        ("100²", "WORDS"),
        ("①", "WORDS"),
        ("45元", "WORDS"),
        ("85%", "WORDS"),
        ("45分钟", "WORDS"),
        ("45名讲师", "WORDS"),
        ("计划45", "WORDS"),
        ("45（预计）", "WORDS"),
        ("l00", "WORDS"),
        ("线上20/线下30", "TWO-NUMBERS"),
        ("20+30", "TWO-NUMBERS"),
        ("男20女25", "TWO-NUMBERS"),
        ("20\n30", "TWO-NUMBERS"),
        ("20 30", "TWO-NUMBERS"),
        ("45人（含线上20）", "TWO-NUMBERS"),
        ("20人次、30人次", "TWO-NUMBERS"),
        ("120-100", "TWO-NUMBERS"),
        ("-3", "NEGATIVE"),
        ("－3", "NEGATIVE"),
        ("−3", "NEGATIVE"),
        ("（12）", "NEGATIVE"),
        ("负3", "NEGATIVE"),
        (-3.0, "NEGATIVE"),
        ("12.5", "DECIMAL"),
        (12.5, "DECIMAL"),
        ("1.23456万", "DECIMAL"),
        ("12,00", "GROUPING"),
        ("3，4", "GROUPING"),
        ("1,2000", "GROUPING"),
        ("2024-07-15", "DATE"),
        ("7月15日", "DATE"),
        ("2024年", "DATE"),
        ("14:30", "DATE"),
        ("20240715", "DATE"),
        (20240715.0, "DATE"),
        (dt.date(1900, 2, 14), "DATE"),
        (dt.datetime(2024, 7, 15), "DATE"),
        (dt.time(3), "DATE"),
        (dt.timedelta(days=3), "DATE"),
        (True, "BOOLEAN"),
        ("13812345678", "TOO-LARGE"),
        (13812345678.0, "TOO-LARGE"),
        (float("inf"), "WORDS"),
        ("9" * 60, "TOO-LARGE"),
        ("1e99", "TOO-LARGE"),
    ],
)
def test_what_is_no_certain_count_is_refused_with_the_reason(read, codes, raw, code):
    parsed = read("count", raw, unit="人次")
    assert codes(parsed) == [f"VAL-COUNT-{code}"]
    assert parsed.failed
    assert (parsed.value, parsed.low, parsed.high) == (None, None, None)


def test_a_refusal_names_the_column_and_the_text_but_no_telephone_number(read):
    (issue,) = read("count", "较多", unit="人次").issues
    assert "测试列" in issue.message
    assert "较多" in issue.message
    assert issue.hint
    (issue,) = read("count", "13812345678", unit="人次").issues
    assert "138" not in issue.message


@pytest.mark.parametrize("raw", ["", None, "/", "-", "—", "——", "无", "暂无", "　", " ", "\\", "N/A"])
def test_a_blank_is_nothing_and_never_zero(read, raw):
    parsed = read("count", raw, unit="人次")
    assert parsed.value is None
    assert not parsed.noteworthy


@pytest.mark.parametrize("raw", ["同上", "〃", "同上行", '"', "″", "””", '" "', "：：", "↑", "同"])
def test_ditto_asks_to_be_filled_in(read, codes, raw):
    assert codes(read("count", raw)) == ["VAL-DITTO"]


@pytest.mark.parametrize("raw", ["#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?", "#公式未计算", "####"])
@pytest.mark.parametrize("kind", ["count", "money", "percent", "date", "text", "county", "year", "boolean"])
def test_an_error_cell_is_an_error_in_every_column(read, codes, kind, raw):
    assert codes(read(kind, raw)) == ["VAL-ERROR-CELL"]


def test_a_counter_that_contradicts_the_column_is_flagged(read, codes):
    assert codes(read("count", "12家", unit="人次")) == ["VAL-COUNT-UNIT"]
    assert codes(read("count", "12人次", unit="人")) == ["VAL-COUNT-UNIT"]
    assert codes(read("count", "12场次", unit="场")) == []
    assert codes(read("count", "12家", unit="家")) == []


def test_a_counter_may_be_followed_by_a_word_of_the_columns_own_name(read, codes):
    jobs = {"unit": "个", "synonyms": ("提供岗位",)}
    assert read("count", "120个岗位", **jobs).value == 120
    assert read("count", "提供岗位120个", **jobs).value == 120
    assert codes(read("count", "120个企业", **jobs)) == ["VAL-COUNT-WORDS"]


def test_a_note_in_brackets_is_read_past_and_flagged(read, codes):
    parsed = read("count", "45人（含线上）", unit="人次")
    assert (parsed.value, codes(parsed)) == (45, ["VAL-COUNT-NOTE"])


def test_thousands_set_apart_by_a_space_are_flagged(read, codes):
    parsed = read("count", "1 200", unit="人次")
    assert (parsed.value, codes(parsed)) == (1200, ["VAL-COUNT-SPACED"])


def test_a_leading_zero_is_flagged(read, codes):
    parsed = read("count", "007", unit="人次")
    assert (parsed.value, codes(parsed)) == (7, ["VAL-COUNT-LEADING-ZERO"])


class TestHeaderUnit:
    """万人次 in the header multiplies what has no unit of its own."""

    @pytest.fixture
    def tens_of_thousands(self, sheet_2024):
        return dataclasses.replace(sheet_2024, unit="万人次")

    @pytest.mark.parametrize("raw", ["3.6", 3.6, "3.6万"])
    def test_a_number_is_multiplied_once(self, read, tens_of_thousands, raw):
        assert read("count", raw, unit="人次", context=tens_of_thousands).value == 36000

    def test_a_cell_with_its_own_unit_keeps_it_and_is_flagged(self, read, codes, tens_of_thousands):
        parsed = read("count", "500人", unit="人次", context=tens_of_thousands)
        assert (parsed.value, codes(parsed)) == (500, ["VAL-COUNT-UNIT-CONFLICT"])

    def test_decimals_beyond_the_unit_are_refused(self, read, codes, tens_of_thousands):
        assert codes(read("count", 1.23456, unit="人次", context=tens_of_thousands)) == ["VAL-COUNT-DECIMAL"]

    @pytest.mark.parametrize("unit", ["万元", "元", "%", "天", "万吨"])
    def test_a_unit_that_cannot_be_a_counts_is_refused(self, read, codes, sheet_2024, unit):
        context = dataclasses.replace(sheet_2024, unit=unit)
        assert codes(read("count", "3", unit="人次", context=context)) == ["VAL-COUNT-UNIT-UNKNOWN"]

    def test_a_units_line_for_the_whole_table_changes_nothing(self, read, codes, sheet_2024):
        parsed = read("count", "3", unit="人次", context=dataclasses.replace(sheet_2024, unit="人、场次"))
        assert (parsed.value, codes(parsed)) == (3, [])


@given(st.integers(0, 10**9))
def test_every_count_survives_every_plain_way_of_writing_it(number):
    full_width = str(number).translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    texts = [f"{number:,}", f"{number}人次", f"共{number}人"]
    if number < 10**7:  # eight digits may be a date
        texts += [str(number), full_width, f"{number}.00"]
    for text in texts:
        parsed = parse(VISITS, text, CONTEXT)
        assert (parsed.value, parsed.issues) == (number, ()), text


@given(st.integers(1, 10**9), st.sampled_from(["多", "余"]))
def test_more_than_a_number_is_never_less_than_it(number, word):
    parsed = parse(VISITS, f"{number}{word}", CONTEXT)
    if parsed.failed:
        assert number == 10**9
        return
    assert parsed.value is None
    assert parsed.low == number
    assert parsed.high is None or parsed.high >= number


@given(st.integers(1, 10**8))
def test_about_a_number_holds_the_number(number):
    parsed = parse(VISITS, f"约{number}", CONTEXT)
    assert parsed.low <= number <= parsed.high
    assert parsed.low >= Decimal(number) * Decimal("0.9") - 1
    assert parsed.high <= Decimal(number) * Decimal("1.1") + 1


@given(st.integers(1, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
def test_chinese_numerals_are_read_back(thousands, hundreds, tens, ones):
    digits = "零一二三四五六七八九"
    text, zero = "", False
    for digit, place in zip((thousands, hundreds, tens, ones), "千百十 ", strict=True):
        if digit == 0:
            zero = bool(text)
            continue
        text += ("零" if zero else "") + digits[digit] + place.strip()
        zero = False
    numeral = parse_numeral(text)
    assert numeral is not None
    assert numeral.value == thousands * 1000 + hundreds * 100 + tens * 10 + ones


@given(st.text(alphabet="零〇一二两三四五六七八九十百千万亿0123456789", max_size=8))
def test_a_numeral_is_read_as_one_number_or_not_at_all(text):
    numeral = parse_numeral(text)
    assert numeral is None or (numeral.value >= 0 and numeral.place >= 1)
