"""The accuracy study in short: the same judgement as `make accuracy`, on a sample, and the page it writes."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from analytics.demo import Habit, of_kind
from analytics.demo.forms import all_ledgers
from bench.accuracy import (
    COMBINATIONS,
    CROWDED,
    PAGE,
    REFUSED_LIMIT,
    Judged,
    add_up,
    alone,
    combination,
    crowded,
    page,
    refused_share,
    study,
    summary,
)


@pytest.fixture(scope="module")
def judged() -> list[Judged]:
    ledgers = list(all_ledgers())
    singles = [
        case
        for case in alone((5,))
        # Each arrangement on two ledgers; every other habit is alone in tests of its own.
        if next(iter(case.habits)).kind == "arrangement" and case.ledger in ledgers[1:3]
    ]
    together = [combination(seed) for seed in range(COMBINATIONS + 1, COMBINATIONS + 13)]
    together += [crowded(seed) for seed in range(CROWDED + 1, CROWDED + 13)]
    return study([*singles, *together], processes=1)


def test_a_short_study_has_forty_workbooks_and_no_cell_is_silently_wrong(judged: list[Judged]) -> None:
    total = add_up(judged)
    assert total["workbooks"] >= 40
    assert total["cells"] > 10_000
    wrong = [said for one in judged for said in one.differences if said.startswith(("[value]", "[extra]"))]
    assert total["silently_wrong"] == 0, wrong[:20]


def test_hardly_a_good_row_is_refused_and_every_bad_one_for_its_reason(judged: list[Judged]) -> None:
    total = add_up(judged)
    assert refused_share(total) <= REFUSED_LIMIT
    assert total["held"] > 0
    assert total["held_rightly"] == total["held"]


def test_every_arrangement_is_in_the_study() -> None:
    seen = {habit for case in alone() for habit in case.habits}
    assert seen == set(Habit)
    together = {habit for seed in range(1, COMBINATIONS + 1) for habit in combination(seed).habits}
    assert set(of_kind("arrangement")) <= together


def test_the_study_is_large_enough_and_its_seeds_make_the_same_workbooks() -> None:
    assert len(alone()) + COMBINATIONS >= 500
    assert combination(17) == combination(17)
    assert combination(17) != replace(combination(18), seed=17)


def test_the_page_shows_a_wrong_cell_and_the_seed_that_makes_it_again(judged: list[Judged]) -> None:
    spoiled = Judged(judged[-1].case, judged[-1].followed, judged[-1].counts.copy(), ["[value] 甲.xlsx"])
    spoiled.counts["silently_wrong"] += 1
    text = page([*judged[:-1], spoiled])
    assert f"seed {spoiled.case.seed} (crowded): [value] 甲.xlsx" in text
    assert summary([spoiled])[-1].split("|")[7].strip() == "1"


def test_the_kept_page_has_the_shape_the_command_writes(judged: list[Judged]) -> None:
    kept, made = PAGE.read_text(encoding="utf-8").splitlines(), page(judged).splitlines()
    figures = re.compile(r"[\d,.]+(?: of [\d,.]+)?(?! rows)|–|[\d,.]+")

    def shape(lines: list[str]) -> list[str]:
        start = lines.index("## Summary")
        return [figures.sub("#", line) for line in lines[start : start + 8]]

    assert shape(kept) == shape(made)
    total = [cell.strip() for cell in next(line for line in kept if line.startswith("| **all**")).strip("|").split("|")]
    assert int(total[1].replace(",", "")) >= 500
    assert total[6] == "0"
    assert float(re.search(r"\(([\d.]+) %\)", total[7])[1]) <= REFUSED_LIMIT  # type: ignore[index]
    for habit in Habit:
        assert any(f"(`{habit.name}`)" in line for line in kept), habit.name
