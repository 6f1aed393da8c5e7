import datetime as dt
import itertools

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from analytics.metrics.periods import (
    GRAIN_MONTHS,
    Period,
    PeriodError,
    bucket_start,
    first_day_of,
    from_days,
    month_end,
    parse_period,
    shift_months,
)

D = dt.date
days = st.dates(D(2001, 1, 1), D(2150, 12, 31))
months = st.integers(-120, 120)
grains = st.sampled_from(list(GRAIN_MONTHS))
words = [
    "本年",
    "本季",
    "本月",
    "上半年",
    "下半年",
    "累计",
    "近12个月",
    "上月",
    "上季",
    "去年",
    "一季度",
    "7月",
    "1-7月",
]
TODAY = D(2024, 7, 15)


@st.composite
def periods(draw):
    first, second = sorted((draw(days), draw(days)))
    period = from_days(first, second)
    return draw(st.sampled_from([period, from_days(first.replace(day=1), month_end(second))]))


@pytest.mark.parametrize(
    ("text", "start", "end", "code", "label"),
    [
        ("2024", D(2024, 1, 1), D(2024, 12, 31), "2024", "2024年"),
        ("2024年度", D(2024, 1, 1), D(2024, 12, 31), "2024", "2024年"),
        ("2024-07", D(2024, 7, 1), D(2024, 7, 31), "2024-07", "2024年7月"),
        ("2024年7月", D(2024, 7, 1), D(2024, 7, 31), "2024-07", "2024年7月"),
        ("2024.02", D(2024, 2, 1), D(2024, 2, 29), "2024-02", "2024年2月"),
        ("2024Q3", D(2024, 7, 1), D(2024, 9, 30), "2024Q3", "2024年三季度"),
        ("2024年第三季度", D(2024, 7, 1), D(2024, 9, 30), "2024Q3", "2024年三季度"),
        ("2024H1", D(2024, 1, 1), D(2024, 6, 30), "2024H1", "2024年上半年"),
        ("2024年下半年", D(2024, 7, 1), D(2024, 12, 31), "2024H2", "2024年下半年"),
        ("2024-01..2024-07", D(2024, 1, 1), D(2024, 7, 31), "2024-01..2024-07", "2024年1–7月"),
        ("2024年1-7月", D(2024, 1, 1), D(2024, 7, 31), "2024-01..2024-07", "2024年1–7月"),
        ("1–7月累计", D(2024, 1, 1), D(2024, 7, 31), "2024-01..2024-07", "2024年1–7月累计"),
        ("2024-01..2024-12", D(2024, 1, 1), D(2024, 12, 31), "2024", "2024年"),
        ("2023-12..2024-02", D(2023, 12, 1), D(2024, 2, 29), "2023-12..2024-02", "2023年12月–2024年2月"),
        ("2024-07-05..2024-07-20", D(2024, 7, 5), D(2024, 7, 20), "2024-07-05..2024-07-20", "2024-07-05至2024-07-20"),
        ("2024-02-29", D(2024, 2, 29), D(2024, 2, 29), "2024-02-29", "2024年2月29日"),
        ("本年", D(2024, 1, 1), D(2024, 12, 31), "2024", "2024年"),
        ("本季", D(2024, 7, 1), D(2024, 9, 30), "2024Q3", "2024年三季度"),
        ("本月", D(2024, 7, 1), D(2024, 7, 31), "2024-07", "2024年7月"),
        ("上半年", D(2024, 1, 1), D(2024, 6, 30), "2024H1", "2024年上半年"),
        ("累计", D(2024, 1, 1), D(2024, 7, 31), "2024-01..2024-07", "2024年1–7月累计"),
        ("近12个月", D(2023, 8, 1), D(2024, 7, 31), "2023-08..2024-07", "近12个月（2023年8月–2024年7月）"),
        ("上月", D(2024, 6, 1), D(2024, 6, 30), "2024-06", "2024年6月"),
    ],
)
def test_a_period_is_read_as_leaders_say_it(text, start, end, code, label):
    period = parse_period(text, TODAY)
    assert (period.start, period.end, period.code, period.label) == (start, end, code, label)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("去年7月", "2023-07"), ("去年上半年", "2023H1"), ("今年1-7月", "2024-01..2024-07"), ("去年7月至9月", "2023Q3"),
        ("2024年7月份", "2024-07"), ("2024年七月", "2024-07"), ("二〇二四年十二月", "2024-12"), ("24年7月", "2024-07"),
        ("20240715", "2024-07-15"), ("7月15日", "2024-07-15"), ("2024年7月上旬", "2024-07-01..2024-07-10"),
        ("2024年2月下旬", "2024-02-21..2024-02-29"), ("2024年第3季度", "2024Q3"), ("前三季度", "2024-01..2024-09"),
        ("前7个月", "2024-01..2024-07"), ("1－7月", "2024-01..2024-07"), ("2024年1月-2024年7月", "2024-01..2024-07"),
        ("2024年7月1日至7月31日", "2024-07"), ("7月1日-15日", "2024-07-01..2024-07-15"), ("近一年", "2023-08..2024-07"),
        ("近30天", "2024-06-16..2024-07-15"), ("最近三个月", "2024-05..2024-07"), ("上半年累计", "2024H1"),
        ("今年以来", "2024-01..2024-07"), ("7月1日以来", "2024-07-01..2024-07-15"), ("本周", "2024-07-15..2024-07-21"),
        ("2024年度冬送温暖", "2024"), ("2024-01-01-2024-03-31", "2024Q1"),
    ],
)  # fmt: skip
def test_a_period_is_read_as_clerks_type_it(text, code):
    assert parse_period(text, TODAY).code == code


def test_running_totals_are_told_as_such_and_have_no_period_before():
    for text in ("累计", "1-7月累计", "2024年上半年累计", "今年以来"):
        period = parse_period(text, TODAY)
        assert period.label.endswith("累计")
        assert period.previous() is None
    with pytest.raises(PeriodError, match="说不清"):
        parse_period("7月累计", TODAY)


@given(periods(), st.sampled_from(["", *words]), st.sampled_from("了的x9年月，.左右"))
def test_a_period_with_something_after_it_is_never_read_as_the_period_alone(period, word, more):
    text = word or period.code
    try:
        found = parse_period(text + more, TODAY)
    except PeriodError:
        return
    assert found != parse_period(text, TODAY) or more in "年月.的"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "去年同期",
        "2月30日",
        "2024H3",
        "2024-12..2023-01",
        "十四五",
        "去哪年",
        "2024-13",
        "2024Q5",
        "2024-02-30",
        "1999",
        "2024-07..2024-01",
        "近0个月",
        "13月",
        "20240",
    ],
)
def test_what_is_no_period_is_refused_in_chinese(text):
    with pytest.raises(PeriodError, match=r"[\u4e00-\u9fff]"):
        parse_period(text, TODAY)


@given(periods())
def test_a_period_can_be_typed_again_by_its_code(period):
    assert parse_period(period.code, TODAY) == period


@given(st.sampled_from(words), days)
def test_every_relative_word_names_a_period_whose_code_covers_the_same_days(word, day):
    period = parse_period(word, day)
    again = parse_period(period.code, day)
    assert (again.start, again.end) == (period.start, period.end)


@given(days, grains)
def test_this_month_quarter_half_or_year_holds_today(day, grain):
    start = bucket_start(day, grain)
    end = shift_months(start, GRAIN_MONTHS[grain]) - dt.timedelta(days=1)
    assert start <= day <= end
    number = {"month": 12, "quarter": 4, "half": 2, "year": 1}[grain]
    index = start.year * number + (start.month - 1) // GRAIN_MONTHS[grain]
    assert first_day_of(index, grain) == start


@given(periods())
def test_the_period_before_ends_the_day_before_and_is_as_long(period):
    before = period.previous()
    assert before.end == period.start - dt.timedelta(days=1)
    if period.months is None:
        assert before.end - before.start == period.end - period.start
    else:
        assert before.months == period.months


@given(periods())
def test_last_year_has_the_same_months_and_days_except_a_leap_day(period):
    base = period.last_year()
    assert (base.start.year, base.end.year) == (period.start.year - 1, period.end.year - 1)
    assert base.start.month == period.start.month
    assert base.end.month == period.end.month
    assert base.start.day == period.start.day or (period.start.month, period.start.day) == (2, 29)
    if period.months is not None:
        assert base.months == period.months


@given(periods(), days)
def test_a_comparison_never_reaches_past_the_same_days(period, day):
    assume(period.start <= day)
    base = period.last_year()
    window = period.last_year_window(day)
    assert window.start == base.start
    assert window.end <= base.end
    before = period.previous_window(day)
    assert before.end < period.start
    if day >= period.end:
        assert window.end == base.end
        assert before.end == period.previous().end


@given(periods(), days)
def test_a_window_holds_only_days_up_to_the_as_of_day(period, day):
    window = period.window(day)
    assert window.end <= day or window.end == period.end <= day
    assert window.limit == period.end


def test_a_running_month_compares_with_the_same_days():
    period = parse_period("本月", D(2024, 7, 15))
    assert period.last_year_window(D(2024, 7, 15)).end == D(2023, 7, 15)
    assert period.previous_window(D(2024, 7, 15)).end == D(2024, 6, 15)


def test_the_last_days_of_a_running_month_compare_with_a_shorter_month_to_its_end():
    period = parse_period("2024-03", D(2024, 3, 30))
    assert period.previous_window(D(2024, 3, 30)).end == D(2024, 2, 29)


def test_a_year_run_to_the_end_of_february_compares_with_all_of_february():
    period = parse_period("2025", D(2025, 2, 28))
    assert period.last_year_window(D(2025, 2, 28)).end == D(2024, 2, 29)


def test_the_leap_day_compares_with_the_28th():
    assert parse_period("2024-02-29", TODAY).last_year().start == D(2023, 2, 28)
    assert parse_period("2024-02", TODAY).last_year().end == D(2023, 2, 28)
    assert parse_period("2025-02", TODAY).last_year().end == D(2024, 2, 29)


def test_a_running_total_has_no_period_before():
    period = parse_period("累计", TODAY)
    assert period.cumulative
    assert period.previous() is None
    assert period.previous_window(TODAY) is None


@given(days, st.integers(0, 1500), grains)
def test_buckets_cover_a_period_without_gap_or_overlap(first, length, grain):
    period = from_days(first, first + dt.timedelta(days=length))
    parts = period.buckets(grain)
    assert parts[0].start == period.start
    assert parts[-1].end == period.end
    for left, right in itertools.pairwise(parts):
        assert right.start == left.end + dt.timedelta(days=1)


@given(days, days)
def test_the_share_of_the_year_grows_from_zero_to_one(first, second):
    period = parse_period(str(first.year), first)
    share, other = period.year_share(min(first, second)), period.year_share(max(first, second))
    assert 0 <= share <= other <= 1
    assert period.year_share(period.end) == 1


def test_the_share_of_a_leap_year_counts_366_days():
    assert parse_period("2024", TODAY).year_share(D(2024, 6, 30)) == 182 / 366
    assert parse_period("2024-06", TODAY).year_share(D(2026, 1, 1)) == 182 / 366
    assert parse_period("2023", TODAY).year_share(D(2022, 12, 31)) == 0


@given(periods(), days)
def test_months_begun_never_pass_the_period(period, day):
    begun = period.months_begun(day)
    assert 0 <= begun <= (period.end.year - period.start.year) * 12 + period.end.month - period.start.month + 1
    assert (begun == 0) == (day < period.start)


@given(days, months)
def test_shifting_months_keeps_month_ends_and_can_be_undone_there(day, count):
    moved = shift_months(month_end(day), count)
    assert moved == month_end(moved)
    assert shift_months(moved, -count) == month_end(day)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == count


def test_a_period_cannot_end_before_it_begins():
    with pytest.raises(PeriodError, match="早于"):
        Period("", "", D(2024, 2, 1), D(2024, 1, 1))
