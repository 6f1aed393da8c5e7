"""What is read of an .xlsb part beside calamine: here, which numbers are shown as percentages."""

from __future__ import annotations

import struct

from analytics.etl.xlsb_details import XlsbSheet, counts_from_1904, percent_styles


def record(code: int, body: bytes) -> bytes:
    head = bytes([code]) if code < 0x80 else bytes([code & 0x7F | 0x80, code >> 7])
    return head + bytes([len(body)]) + body


def number_format(place: int, text: str) -> bytes:
    return record(44, struct.pack("<HI", place, len(text)) + text.encode("utf-16-le"))


def style(number: int) -> bytes:
    return record(47, struct.pack("<HH", 0, number) + bytes(12))


def cell(column: int, of: int, value: float) -> bytes:
    return record(5, struct.pack("<II", column, of) + struct.pack("<d", value))


STYLES = (
    number_format(164, "0.0%")
    + number_format(165, "yyyy-mm-dd")
    # Named styles stand before the cells' own and are not counted with them.
    + record(626, b"")
    + style(9)
    + record(617, struct.pack("<I", 4))
    + b"".join(style(number) for number in (0, 9, 164, 165))
    + record(618, b"")
)


def test_the_styles_that_show_percentages_are_known() -> None:
    assert percent_styles(STYLES) == {1: "0%", 2: "0.0%"}


def test_a_number_shown_as_a_percentage_says_so() -> None:
    row = record(0, struct.pack("<I", 4) + bytes(13))
    sheet = XlsbSheet(row + cell(0, 0, 85) + cell(1, 2, 0.85), percent_styles(STYLES))
    assert sheet.number_format(4, 1) == "0.0%"
    assert sheet.number_format(4, 0) is None
    assert (sheet.rows, sheet.columns) == (5, 2)


def test_without_styles_no_format_is_known() -> None:
    assert XlsbSheet(record(0, struct.pack("<I", 0) + bytes(13)) + cell(0, 1, 0.5)).number_format(0, 0) is None


def test_the_date_system_is_known() -> None:
    assert counts_from_1904(record(131, b"") + record(153, struct.pack("<II", 0x10021, 0)))
    assert not counts_from_1904(record(131, b"") + record(153, struct.pack("<II", 0x10020, 0)))
