"""Dates as offices write them: exact, completed from the surroundings, imprecise, refused."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.etl.values import Context, parse
from analytics.etl.values.dates import serial_day
from analytics.ledgers.model import Column

START = Column(name="start", label="活动日期", type="date", range_end="end")
DEADLINE = Column(
    name="deadline",
    label="整改期限",
    type="date",
    term="end",
    sets={"long_term": "long_term", "immediate": "immediate"},
)
TODAY = dt.date(2025, 3, 1)
BARE = Context(today=TODAY)
DAYS = st.dates(dt.date(2000, 1, 1), dt.date(2026, 12, 31))
JULY_15 = dt.date(2024, 7, 15)


def day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


@pytest.mark.parametrize(
    "raw",
    [
        "2024-07-15",
        "2024/7/15",
        "2024.7.15",
        "2024年7月15日",
        "2024年07月15日",
        "2024年7月15",
        "20240715",
        20240715.0,
        "２０２４．７．１５",
        "2024 年 7 月 15 日",
        "2024-07-15 14:30",
        "2024-07-15T00:00:00",
        "2024/7/15 0:00:00",
        "2024-07-15T08:00:00+08:00",
        "2024/7/15 12:00:00 AM",
        "2024-07-15 14:30-16:30",
        "2024年7月15日上午",
        "2024年7月15日上午9时",
        "2024年7月15日（周一）",
        "2024年7月15日星期一",
        "二〇二四年七月十五日",
        "'2024-07-15",
        "2024.07.15.",
        "2024。7。15",
        "2024·7·15",
        "（2024年）7月15日",
        "2024.7.15起施行",
        "15-Jul-2024",
        "Jul 15, 2024",
        "2024—07—15",
        "2024\\7\\15",
        "2024. 7. 15",
        dt.date(2024, 7, 15),
        dt.datetime(2024, 7, 15, 9, 30),
        "2024年7月15号",
        "于2024年7月15日",
    ],
)
def test_a_written_day_is_that_day(read, codes, raw):
    parsed = read("date", raw, range_end="end")
    assert (parsed.value, parsed.end, parsed.precision, codes(parsed)) == (JULY_15, None, None, [])


@pytest.mark.parametrize("raw", ["24.7.15", "'24/7/15", "24年7月15日", "24-07-15"])
def test_a_two_digit_year_is_believed_near_the_stated_year_and_flagged(read, codes, raw):
    parsed = read("date", raw)
    assert (parsed.value, codes(parsed)) == (JULY_15, ["VAL-DATE-SHORT-YEAR"])


@pytest.mark.parametrize("raw", ["15.7.24", "07/15/2024", "15/07/2024", "1.7.24"])
def test_a_day_in_foreign_order_is_refused(read, codes, raw):
    assert codes(read("date", raw)) == ["VAL-DATE-UNREADABLE"]


@pytest.mark.parametrize("raw", ["7月15日", "7.15", "7/15", "07.15", "七月十五日", "7月15日（周一）", 7.15])
def test_a_day_without_a_year_takes_it_from_the_sheet_and_says_so(read, codes, raw):
    parsed = read("date", raw)
    assert (parsed.value, codes(parsed)) == (JULY_15, ["VAL-DATE-YEAR-INFERRED"])
    assert "表头标题" in parsed.issues[0].message


@pytest.mark.parametrize("raw", ["7月15日", "7.15", 7.15, "一季度", "年底", "7月10日-12日", "7月上旬"])
def test_without_any_year_a_day_without_one_is_refused(read, codes, bare_sheet, raw):
    assert codes(read("date", raw, context=bare_sheet, range_end="end")) == ["VAL-DATE-NO-YEAR"]


@pytest.mark.parametrize("raw", ["15日", "15号", "十五日", 15.0])
def test_a_day_of_a_monthly_sheet_takes_year_and_month_from_it(read, codes, raw):
    parsed = read("date", raw)
    assert (parsed.value, codes(parsed)) == (JULY_15, ["VAL-DATE-YEAR-INFERRED", "VAL-DATE-MONTH-INFERRED"])


def test_a_day_alone_without_a_month_anywhere_is_refused(read, codes, bare_sheet):
    assert codes(read("date", "15日", context=bare_sheet)) == ["VAL-DATE-NO-MONTH"]


@pytest.mark.parametrize("raw", [7.1, 7.2, 7.3, 2024.1, 12.1])
def test_a_number_that_may_have_lost_its_zero_is_never_guessed(read, codes, raw):
    parsed = read("date", raw)
    assert (parsed.value, codes(parsed)) == (None, ["VAL-DATE-NUMBER"])


@pytest.mark.parametrize(
    ("raw", "value"), [(7.4, "2024-07-04"), (12.5, "2024-12-05"), ("7.1", "2024-07-01"), ("7.10", "2024-07-10")]
)
def test_a_number_or_text_with_one_reading_is_read(read, codes, raw, value):
    parsed = read("date", raw)
    assert (parsed.value, codes(parsed)) == (day(value), ["VAL-DATE-YEAR-INFERRED"])


@pytest.mark.parametrize(
    ("raw", "start", "end"),
    [
        ("2024.7.10-12", "2024-07-10", "2024-07-12"),
        ("2024-07-10~2024-07-12", "2024-07-10", "2024-07-12"),
        ("2024.7.10 - 2024.7.12", "2024-07-10", "2024-07-12"),
        ("2024年7月10日至8月2日", "2024-07-10", "2024-08-02"),
        ("2024年7月10日到12日", "2024-07-10", "2024-07-12"),
        ("2024年7月10-12日", "2024-07-10", "2024-07-12"),
        ("2024-7-10-7-12", "2024-07-10", "2024-07-12"),
        ("2024-07-10-12", "2024-07-10", "2024-07-12"),
        ("2024.7.10-8.2", "2024-07-10", "2024-08-02"),
        ("2024/7/10—2024/7/12", "2024-07-10", "2024-07-12"),
        ("2024年7月10日\n至12日", "2024-07-10", "2024-07-12"),
        ("2024.7.10-2024.7.12（共3天）", "2024-07-10", "2024-07-12"),
        ("20240710-20240712", "2024-07-10", "2024-07-12"),
        ("2024年12月28日至2025年1月3日", "2024-12-28", "2025-01-03"),
    ],
)
def test_a_written_range_gives_start_and_end(read, codes, raw, start, end):
    parsed = read("date", raw, range_end="end")
    assert (parsed.value, parsed.end, codes(parsed)) == (day(start), day(end), [])


@pytest.mark.parametrize(
    "raw", ["7月10日-12日", "7.10—7.12", "7月10日至7月12日", "7.10-12", "7月10-12日", "七月十日至十二日"]
)
def test_a_range_without_a_year_takes_it_from_the_sheet(read, codes, raw):
    parsed = read("date", raw, range_end="end")
    assert (parsed.value, parsed.end, codes(parsed)) == (
        dt.date(2024, 7, 10),
        dt.date(2024, 7, 12),
        ["VAL-DATE-YEAR-INFERRED"],
    )


def test_a_range_over_the_new_year_ends_in_the_next_year_and_is_flagged(read, codes):
    parsed = read("date", "2024.12.28-1.3", range_end="end")
    assert (parsed.value, parsed.end, codes(parsed)) == (
        dt.date(2024, 12, 28),
        dt.date(2025, 1, 3),
        ["VAL-DATE-CROSS-YEAR"],
    )


def test_a_range_to_the_end_of_a_month_still_begins_at_its_beginning(read):
    parsed = read("date", "2024年9月-11月底", range_end="end")
    assert (parsed.value, parsed.end, parsed.precision) == (dt.date(2024, 9, 1), dt.date(2024, 11, 30), "month")


def test_a_range_that_runs_backwards_is_refused(read, codes):
    assert codes(read("date", "2024.7.10-7.9", range_end="end")) == ["VAL-DATE-RANGE-REVERSED"]


def test_a_range_in_a_column_for_one_day_is_cut_and_flagged(read, codes):
    parsed = read("date", "2024.7.10-12")
    assert (parsed.value, parsed.end, codes(parsed)) == (dt.date(2024, 7, 10), None, ["VAL-DATE-RANGE-CUT"])
    assert read("date", "2024.7.10-12", term="end").value == dt.date(2024, 7, 12)


@pytest.mark.parametrize(
    ("raw", "first", "last", "end", "precision"),
    [
        ("2024年7月", "2024-07-01", "2024-07-31", None, "month"),
        ("2024.7", "2024-07-01", "2024-07-31", None, "month"),
        ("2024-02", "2024-02-01", "2024-02-29", None, "month"),
        ("202407", "2024-07-01", "2024-07-31", None, "month"),
        ("2024年7月上旬", "2024-07-01", "2024-07-10", "2024-07-10", "dekad"),
        ("2024年7月中旬", "2024-07-11", "2024-07-20", "2024-07-20", "dekad"),
        ("2024年2月下旬", "2024-02-21", "2024-02-29", "2024-02-29", "dekad"),
        ("2024年一季度", "2024-01-01", "2024-03-31", None, "quarter"),
        ("2024年第三季度", "2024-07-01", "2024-09-30", None, "quarter"),
        ("2024Q3", "2024-07-01", "2024-09-30", None, "quarter"),
        ("2024年上半年", "2024-01-01", "2024-06-30", None, "half"),
        ("2024年下半年", "2024-07-01", "2024-12-31", None, "half"),
        ("2024年", "2024-01-01", "2024-12-31", None, "year"),
        ("2024", "2024-01-01", "2024-12-31", None, "year"),
        ("2024年3月至5月", "2024-03-01", "2024-05-31", "2024-05-31", "month"),
        ("2024年3-5月", "2024-03-01", "2024-05-31", "2024-05-31", "month"),
    ],
)
def test_an_imprecise_date_keeps_its_precision_and_is_flagged(read, codes, raw, first, last, end, precision):
    start = read("date", raw, range_end="end")
    assert (start.value, start.end, start.precision, codes(start)) == (
        day(first),
        day(end),
        precision,
        ["VAL-DATE-IMPRECISE"],
    )
    deadline = read("date", raw, term="end")
    assert (deadline.value, deadline.precision) == (day(last), precision)
    assert "VAL-DATE-IMPRECISE" in codes(deadline)


@pytest.mark.parametrize(
    ("raw", "value", "sets"),
    [
        ("2024年6月底前", "2024-06-30", set()),
        ("2024年6月30日前", "2024-06-30", set()),
        ("2024年6月30日前完成", "2024-06-30", set()),
        ("2024年底前，并长期坚持", "2024-12-31", {"long_term"}),
        ("立行立改，长期坚持", None, {"long_term", "immediate"}),
        ("立行立改", None, {"immediate"}),
        ("长期坚持", None, {"long_term"}),
        ("长期", None, {"long_term"}),
        ("立即整改，2024年7月5日前", "2024-07-05", {"immediate"}),
        ("2024年9月末", "2024-09-30", set()),
        ("2024年年底", "2024-12-31", set()),
    ],
)
def test_a_deadline_in_words_is_a_day_or_sets_what_the_words_say(read, raw, value, sets):
    parsed = read("date", raw, term="end", sets={"long_term": "long_term", "immediate": "immediate"})
    assert not parsed.failed
    assert (parsed.value, parsed.sets, parsed.precision) == (day(value), sets, None)


def test_the_same_words_in_a_column_that_sets_nothing_are_refused(read):
    assert read("date", "长期坚持").failed


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("2月30日", "INVALID"),
        ("2024-06-31", "INVALID"),
        ("2023年2月29日", "INVALID"),
        ("2024.13.1", "INVALID"),
        ("20240732", "INVALID"),
        ("1999-12-31", "RANGE"),
        ("2027-01-01", "RANGE"),
        (dt.date(1900, 1, 1), "RANGE"),
        ("7月3日、7月10日", "TWO"),
        ("7月3、10日", "TWO"),
        ("5月、6月", "TWO"),
        ("2024.07.10\n2024.07.12", "TWO"),
        ("农历七月十五", "LUNAR"),
        ("春节前", "LUNAR"),
        ("五一", "LUNAR"),
        ("待定", "WORDS"),
        ("每月10日", "WORDS"),
        ("已整改", "WORDS"),
        ("尽快", "WORDS"),
        ("7-15", "AMBIGUOUS"),
        ("7-10", "AMBIGUOUS"),
        (dt.time(14, 30), "TIME-ONLY"),
        ("14:30", "TIME-ONLY"),
        (dt.timedelta(hours=3), "TIME-ONLY"),
        (True, "UNREADABLE"),
        (45.0, "UNREADABLE"),
        (0.0, "UNREADABLE"),
        (99999.0, "UNREADABLE"),
        (-1.0, "UNREADABLE"),
        ("2024.7.10至今", "UNREADABLE"),
        ("约7月15日", "WORDS"),
        ("7月15日（计划）", "WORDS"),
    ],
)
def test_what_is_no_certain_day_is_refused_with_the_reason(read, codes, raw, code):
    parsed = read("date", raw, range_end="end")
    assert codes(parsed) == [f"VAL-DATE-{code}"]
    assert (parsed.value, parsed.end, parsed.sets) == (None, None, frozenset())


def test_a_weekday_that_contradicts_the_date_is_flagged(read, codes):
    parsed = read("date", "2024年7月15日（周三）")
    assert (parsed.value, codes(parsed)) == (JULY_15, ["VAL-DATE-WEEKDAY"])


def test_a_stated_length_that_contradicts_the_range_is_flagged(read, codes):
    parsed = read("date", "2024年7月10日至12日（2天）", range_end="end")
    assert codes(parsed) == ["VAL-DATE-DAYS"]


def test_before_a_day_in_a_column_of_what_happened_is_flagged(read, codes):
    assert codes(read("date", "2024年7月15日前")) == ["VAL-DATE-BEFORE"]


def test_a_date_with_a_numeral_that_looks_like_a_holiday_is_a_date(read):
    assert read("date", "二〇二四年七月二十一日").value == dt.date(2024, 7, 21)
    assert read("date", "二〇二四年五月一日").value == dt.date(2024, 5, 1)


@given(DAYS)
def test_every_way_of_writing_a_day_gives_the_day(moment):
    y, m, d = moment.year, moment.month, moment.day
    for text in (
        f"{y}-{m:02}-{d:02}",
        f"{y}/{m}/{d}",
        f"{y}.{m}.{d}",
        f"{y}年{m}月{d}日",
        f"{y}{m:02}{d:02}",
        f" {y} 年{m}月 {d}日 ",
    ):
        parsed = parse(START, text, BARE)
        assert (parsed.value, parsed.issues) == (moment, ()), text
    serial = (moment - dt.date(1899, 12, 30)).days
    assert parse(START, float(serial), BARE).value == moment
    assert parse(START, str(serial), BARE).value == moment
    assert parse(START, float(serial - 1462), Context(today=TODAY, date1904=True)).value in (moment, None)
    assert serial_day(serial - 1462, True) == moment


@given(DAYS, st.integers(0, 400))
def test_every_range_comes_back_whole(first, length):
    last = first + dt.timedelta(days=length)
    if last.year > 2026:
        return
    for text in (
        f"{first}~{last}",
        f"{first:%Y.%m.%d}-{last:%Y.%m.%d}",
        f"{first.year}年{first.month}月{first.day}日至{last.year}年{last.month}月{last.day}日",
    ):
        parsed = parse(START, text, BARE)
        assert (parsed.value, parsed.end) == (first, last), text


@given(st.text(alphabet="0123456789年月日号上中下旬底前至到-—~./ 一二三四五六七八九十〇季度半周星期末", max_size=14))
def test_whatever_date_comes_out_its_year_month_or_day_was_written_or_is_said_to_be_inferred(text):
    context = Context(today=TODAY, year=2024, month=7)
    parsed = parse(START, text, context)
    if parsed.value is None:
        return
    assert 2000 <= parsed.value.year <= 2026
    assert parsed.end is None or parsed.end >= parsed.value
    codes = {issue.code for issue in parsed.issues}
    if "20" not in text and "二〇" not in text and not codes & {"VAL-DATE-SHORT-YEAR", "VAL-DATE-SERIAL"}:
        assert "VAL-DATE-YEAR-INFERRED" in codes
    if parsed.precision:
        assert "VAL-DATE-IMPRECISE" in codes


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("元月8日", "2024-01-08"),
        ("七月廿五日", "2024-07-25"),
        ("当年3月5日", "2024-03-05"),
        ("今年7月15日", "2024-07-15"),
        ("15-Jul", "2024-07-15"),
        ("19年6月1日", "2019-06-01"),
        ("5-Mar-24", "2024-03-05"),
        ("Mar-24", "2024-03-01"),
    ],
)
def test_what_is_completed_is_said(read, codes, raw, value):
    parsed = read("date", raw)
    assert parsed.value == day(value)
    assert codes(parsed)


@pytest.mark.parametrize("raw", ["七月廿五", "3/5/2024", "Mar-05", "5-Mar-99"])
def test_a_day_with_two_meanings_stays_unread(read, raw):
    assert read("date", raw).failed


@pytest.mark.parametrize(
    ("raw", "fits"), [("7月15日（一天）", True), ("7月15日至16日（两天）", True), ("7月15日两天", False)]
)
def test_days_counted_in_words_are_held_to_the_dates(read, codes, raw, fits):
    assert ("VAL-DATE-DAYS" in codes(read("date", raw, range_end="end"))) != fits
