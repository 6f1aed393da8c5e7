"""Choices, yes or no, years, places, text."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.etl.values import is_blank, normalise, parse
from analytics.etl.values.places import county, county_of_unit
from analytics.ledgers.model import geography, ledgers

STATUS = ledgers()["rectification"].column("status")
MODE = ledgers()["event"].column("mode")
SPEAKER = ledgers()["event"].column("speaker_type")
EVENT_STATUS = ledgers()["event"].column("status")


@pytest.mark.parametrize("ledger", ledgers().values(), ids=lambda ledger: ledger.id)
def test_every_declared_word_is_read_as_its_value(ledger, sheet_2024):
    for column in ledger.columns:
        for value, words in column.choices.items():
            assert parse(column, value, sheet_2024).value == value
            for word in words:
                parsed = parse(column, f" {word.word}。", sheet_2024)
                assert parsed.value in column.choices, (column.name, word.word)
                assert bool(parsed.issues) == (word.flag or word.word in column.doubtful), (column.name, word.word)


@pytest.mark.parametrize(
    ("raw", "value", "codes_"),
    [
        ("已整改", "已完成", []),
        ("整改 到位", "已完成", []),
        ("待整改", "未启动", []),
        ("已整改销号", "已销号", []),
        ("基本完成", "整改中", ["VAL-CHOICE-DOUBTFUL"]),
        ("现场处置", "已完成", ["VAL-CHOICE-FLAGGED"]),
        ("差不多了", None, ["VAL-CHOICE-UNKNOWN"]),
        ("已完成（部分）", None, ["VAL-CHOICE-UNKNOWN"]),
        ("无", None, []),
    ],
)
def test_a_status_word_is_read_flagged_or_refused(sheet_2024, codes, raw, value, codes_):
    parsed = parse(STATUS, raw, sheet_2024)
    assert (parsed.value, codes(parsed)) == (value, codes_)


@pytest.mark.parametrize("raw", ["线上线下", "线上、线下", "线下、线上", "线上+线下", "线上 / 线下", "线下和线上"])
def test_a_combination_is_read_in_any_order_with_any_sign(sheet_2024, raw):
    assert parse(MODE, raw, sheet_2024).value == "线上线下"


def test_an_unknown_word_stops_the_row_only_where_the_choice_is_needed(sheet_2024):
    required = parse(STATUS, "乱写", sheet_2024)
    assert required.failed
    assert "已销号" in required.issues[0].hint
    optional = parse(SPEAKER, "专家学者、劳模", sheet_2024)
    assert optional.value is None
    assert [issue.severity for issue in optional.issues] == ["warning"]


def test_an_unknown_word_is_never_replaced_by_a_default(sheet_2024):
    assert EVENT_STATUS.default == "已完成"
    assert parse(EVENT_STATUS, "暂停", sheet_2024).failed


@pytest.mark.parametrize("raw", ["是", "有", "√", "✓", "1", 1.0, 1, "Y", "yes", "对", True, "是。", "Ｙ"])
def test_yes_is_yes(read, raw):
    assert read("boolean", raw).value is True


@pytest.mark.parametrize("raw", ["否", "无", "×", "x", "0", 0.0, "N", "错", False, "没有"])
def test_no_is_no_and_wu_is_an_answer(read, raw):
    parsed = read("boolean", raw)
    assert parsed.value is False
    assert not parsed.issues


@pytest.mark.parametrize("raw", ["", "/", "—", None])
def test_a_blank_is_neither_yes_nor_no(read, raw):
    assert read("boolean", raw).value is None


def test_maybe_is_not_an_answer(read, codes):
    for raw in ("或许", "是/否", 2.0, dt.date(2024, 1, 1)):
        parsed = read("boolean", raw)
        assert (parsed.value, codes(parsed)) == (None, ["VAL-BOOLEAN-UNKNOWN"]), raw
    assert read("boolean", "或许", required=True).failed


@pytest.mark.parametrize("raw", ["2024", "2024年", "2024年度", 2024.0, 2024, "二〇二四年", "二零二四", "２０２４"])
def test_a_year_is_read(read, raw):
    assert read("year", raw).value == 2024


def test_a_year_of_two_digits_is_read_and_flagged_as_in_dates(read, codes):
    assert read("year", "24年").value == 2024
    assert codes(read("year", "24年度")) == ["VAL-DATE-SHORT-YEAR"]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("24", "UNREADABLE"),
        ("99年", "UNREADABLE"),
        ("1999", "RANGE"),
        (2027.0, "RANGE"),
        (dt.date(2024, 1, 1), "UNREADABLE"),
        (True, "UNREADABLE"),
        (2024.5, "UNREADABLE"),
    ],
)
def test_what_is_no_year_is_refused(read, codes, raw, code):
    assert codes(read("year", raw)) == [f"VAL-YEAR-{code}"]


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("渭滨区", "渭滨区"),
        ("渭滨", "渭滨区"),
        ("宝鸡市渭滨区", "渭滨区"),
        ("陕西省宝鸡市岐山县", "岐山县"),
        ("610322", "凤翔区"),
        (610322.0, "凤翔区"),
        (610302, "渭滨区"),
        ("凤翔县", "凤翔区"),
        ("凤翔", "凤翔区"),
        ("凤县", "凤县"),
        ("凤县总工会", "凤县"),
        ("宝鸡市总工会", "市本级"),
        ("市总", "市本级"),
        ("市直", "市本级"),
        ("高新", "高新区"),
        ("宝鸡高新区总工会", "高新区"),
        ("gx", "高新区"),
        ("太白", "太白县"),
        ("眉", "眉县"),
        ("渭 滨 区", "渭滨区"),
        ("渭滨区。", "渭滨区"),
        ("（渭滨区）", "渭滨区"),
        ("宝鸡县", "陈仓区"),
        ("原凤翔县", "凤翔区"),
        ("凤翔区（原凤翔县）", "凤翔区"),
    ],
)
def test_a_county_goes_by_its_names_aliases_and_codes(read, codes, raw, name):
    parsed = read("county", raw)
    assert (parsed.value, codes(parsed)) == (name, [])


@pytest.mark.parametrize(
    "raw", ["西安市", "凤", "宝鸡市", "全市", "某县", "渭滨区姜谭街", 12.0, dt.date(2024, 1, 1), True]
)
def test_an_unknown_place_is_refused_with_the_places_there_are(read, codes, raw):
    parsed = read("county", raw)
    assert codes(parsed) == ["VAL-COUNTY-UNKNOWN"]
    assert "凤县" in parsed.issues[0].hint


def test_two_counties_in_one_cell_are_refused(read, codes):
    assert codes(read("county", "渭滨区、金台区")) == ["VAL-COUNTY-TWO"]
    assert read("county", "渭滨区（含金台）").failed


def test_what_a_bracket_behind_a_county_narrows_is_said(read, codes):
    parsed = read("county", "陈仓区（虢镇）")
    assert (parsed.value, codes(parsed)) == ("陈仓区", ["VAL-COUNTY-WITHIN"])


def test_the_whole_city_is_a_place_only_where_it_is_allowed(read):
    for raw in ("全市", "宝鸡市", "合计"):
        assert read("county", raw, allow_whole_city=True).value == "全市"
        assert read("county", raw).failed


def test_feng_county_is_never_fengxiang():
    assert county("凤县").name == "凤县"
    assert county("凤翔").name == "凤翔区"
    assert county("凤县总工会").code != county("凤翔县总工会").code


@pytest.mark.parametrize("place", geography().counties, ids=lambda place: place.name)
def test_every_place_is_known_by_everything_declared(place):
    for text in (place.name, place.code, *place.aliases, *place.old_codes):
        assert county(text) == place


@pytest.mark.parametrize(
    ("unit", "name"),
    [
        ("渭滨区总工会", "渭滨区"),
        ("宝鸡市总工会宣教部", "市本级"),
        ("凤翔区城关镇总工会", "凤翔区"),
        ("凤县总工会", "凤县"),
        ("宝鸡市金台区总工会办公室", "金台区"),
        ("市总工会权益保障部", "市本级"),
        ("太白酒业工会", None),
        ("宣传教育部", None),
        ("", None),
    ],
)
def test_a_reporting_unit_belongs_to_the_county_it_names(unit, name):
    place = county_of_unit(unit)
    assert (place.name if place else None) == name


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("  甲　乙 ", "甲 乙"),
        ("第一条\r\n第二条", "第一条\n第二条"),
        ("无", None),
        ("/", None),
        (12.0, "12"),
        (True, "TRUE"),
        ("_x000D_甲", "甲"),
        ("甲\u200b乙", "甲乙"),
        ("（一）甲，乙", "（一）甲，乙"),
        ("0", "0"),
        (0.0, "0"),
    ],
)
def test_text_is_kept_as_written_only_tidied(read, codes, raw, text):
    parsed = read("text", raw)
    assert (parsed.value, codes(parsed)) == (text, [])


@pytest.mark.parametrize("raw", [1.1, 6.1e17, float("inf")])
def test_a_number_that_lost_digits_in_a_text_column_is_flagged(read, codes, raw):
    assert codes(read("text", raw)) == ["VAL-TEXT-NUMBER"]


def test_a_number_that_became_a_date_in_a_text_column_is_flagged(read, codes):
    parsed = read("text", dt.datetime(2024, 1, 2))
    assert (parsed.value, codes(parsed)) == ("2024-01-02", ["VAL-TEXT-DATE"])


@given(st.text(max_size=30))
def test_normalising_twice_is_normalising_once(text):
    assert normalise(normalise(text)) == normalise(text)


@pytest.mark.parametrize("raw", [0, 0.0, False, "0", "０", "零"])
def test_zero_is_not_blank(raw):
    assert not is_blank(raw)
