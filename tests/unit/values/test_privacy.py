"""No identity number, telephone number or bank card gets past the parser."""

from __future__ import annotations

import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.etl.values.privacy import checksum_holds, column_looks_personal, is_personal_header, mask, mask_array

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def identity(area: int, year: int, month: int, day: int, order: int) -> str:
    body = f"{area:06}{year}{month:02}{day:02}{order:03}"
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, _WEIGHTS, strict=True)) % 11]


IDENTITIES = st.builds(
    identity,
    st.sampled_from([610302, 110101, 650103]),
    st.integers(1930, 2020),
    st.integers(1, 12),
    st.integers(1, 28),
    st.integers(0, 999),
)
MOBILES = st.integers(13_000_000_000, 19_999_999_999).map(str)
WORDS = st.text(alphabet="联系人电话请于年月日前报送，。：（） ab", max_size=12)


@given(WORDS, IDENTITIES, WORDS)
def test_an_identity_number_is_masked_anywhere(before, number, after):
    assert checksum_holds(number)
    masked, kinds = mask(f"{before}，{number}，{after}")
    assert kinds == ("身份证号",)
    assert not re.search(r"\d{6}", masked)


@given(WORDS, MOBILES, WORDS, st.sampled_from(["{0}", "{1} {2} {3}", "{1}-{2}-{3}"]))
def test_a_mobile_number_is_masked_however_it_is_spaced(before, number, after, form):
    text = form.format(number, number[:3], number[3:7], number[7:])
    full_width = text.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    for written in (text, full_width):
        masked, kinds = mask(f"{before}，{written}，{after}")
        assert kinds == ("手机号",), written
        assert not re.search(r"[0-9０-９]{3}", masked)


@pytest.mark.parametrize(
    "text",
    [
        "61030219900101123",
        "A610302199001011234B",
        "20240715202407",
        "029-87654321",
        "2024-07-15 2024-07-16",
        "12345678901",
        "第1381234号",
        "1381234567",
        "1,381,234,567",
        "2024071520240716",
        "",
    ],
)
def test_other_numbers_stay(text):
    assert mask(text) == (text, ())


@pytest.mark.parametrize(
    "text",
    [
        "13812345678、13912345678",
        "13812345678 13912345678",
        "手机13812345678/身份证610302199001011237",
        "8613812345678",
        "+86 13812345678",
        "6222021234567890128",
        "610302900101123",
        "61030219900101123x",
        "610302199001011230",
    ],
)
def test_lists_prefixes_old_and_mistyped_numbers_are_masked(text):
    masked, kinds = mask(text)
    assert kinds
    assert not re.search(r"\d{7}", masked)


def test_a_text_column_is_stored_masked_and_flagged(read, codes):
    parsed = read("text", "王某 13812345678")
    assert parsed.value == "王某 〔手机号已隐去〕"
    assert codes(parsed) == ["PRIV-MASKED"]
    assert read("text", 13812345678.0).value == "〔手机号已隐去〕"


def test_an_array_is_masked_like_its_texts():
    texts = ["甲", "电话13812345678", None, "138 1234 5678", "１３８１２３４５６７８"]
    masked, found = mask_array(pa.array(texts))
    assert masked.to_pylist() == [None if text is None else mask(text)[0] for text in texts]
    assert sorted(found) == [1, 3, 4]


@pytest.mark.parametrize(
    ("header", "personal"),
    [
        ("身份证号", True),
        ("身份证 号码", True),
        ("联系电话", True),
        ("手机", True),
        ("联系方式", True),
        ("家庭住址", True),
        ("银行卡号", True),
        ("健康状况", True),
        ("电话咨询人次", False),
        ("疾病预防宣传场次", False),
        ("活动地址", False),
        ("地点", False),
        ("项目编号", False),
        ("健康讲座", False),
        ("手机用户数", False),
    ],
)
def test_a_header_says_whether_its_column_is_personal(header, personal):
    assert (is_personal_header(header) is not None) == personal


def test_a_column_of_telephone_numbers_is_known_without_its_header():
    assert column_looks_personal(["13812345678", 13912345678.0, "", None, "无"]) == "手机号"
    assert column_looks_personal(["45", 120.0, "13812345678"]) is None
    assert column_looks_personal([]) is None
