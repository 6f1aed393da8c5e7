"""The table of what the report says: its rows, its intervals."""

import pytest

from analytics.metrics import catalogue
from analytics.metrics.source_text import SaidRow, source_text


def row(**said):
    return SaidRow(system="招聘会", said="百余场", kpi="J01", **said)


@pytest.mark.parametrize(
    ("value", "inside"), [(99, False), (100, True), (199, True), (199.9, True), (200, False)]
)  # fmt: skip
def test_more_than_a_hundred_is_from_one_hundred_to_below_two(value, inside):
    assert row(low=100, below=200).holds(value, None) is inside


def test_a_share_of_three_needs_three_in_all():
    three = row(low=100, of=3)
    assert three.holds(100, 3)
    assert not three.holds(100, 4)
    assert not three.holds(66.7, 3)


def test_intervals_are_written_as_people_read_them():
    assert row(low=35500, high=36500).interval == "≥ 35500，≤ 36500"
    assert row(low=70000, below=80000).interval == "≥ 70000，< 80000"
    assert row(low=31, high=31).interval == "= 31"
    assert row(low=100, of=3).interval == "≥ 100，共 3"
    assert row().interval == "—"
    assert not row().bounded


def test_an_upper_bound_is_written_once():
    with pytest.raises(ValueError, match="只能写一个"):
        row(high=1, below=2)


def test_every_row_names_a_kpi_and_its_dimensions():
    metrics = catalogue()
    for said in source_text().rows:
        assert set(said.where) <= set(metrics[said.kpi].dimensions), said.kpi
    named = {said.kpi for said in source_text().rows}
    assert named >= {f"P0{n}" for n in (1, 2, 4, 5, 6, 7, 8, 9)} | {f"S0{n}" for n in range(1, 5)}
    assert named >= {f"D0{n}" for n in range(1, 7)} | {
        "E01",
        "E02",
        "J01",
        "J02",
        "J03",
        "T01",
        "T02",
        "R01",
        "C01",
        "C04",
    }
