"""The demo's workbooks: each office's choice of habits from ``offices.yaml``, filled with the city's two years.

This module must not know how a habit is carried out.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analytics.demo.forms import read_data
from analytics.demo.further import make_further
from analytics.demo.habits import Habit
from analytics.demo.plan import Office, Which, Year, offices, plan_year
from analytics.demo.rows import Maker
from analytics.demo.truth import Truth
from analytics.demo.workbook import Made, Part, assemble, fresh_row, plant
from analytics.ledgers.model import ledgers

DEFAULT_SEED = 20240715

_FRESH_FROM = 900
"""Rows made for mistakes are numbered from here, apart from the year's own."""


@dataclass(frozen=True, slots=True)
class _Workbook:
    """One entry of ``offices.yaml``."""

    office: str
    kind: Habit | None
    subject: str
    habits: frozenset[Habit]
    years: tuple[str, ...]
    parts: tuple[dict[str, Any], ...]


def _workbooks() -> Iterator[_Workbook]:
    for entry in read_data("offices.yaml")["workbooks"]:
        yield _Workbook(
            entry["office"],
            Habit[entry["kind"]] if "kind" in entry else None,
            entry.get("subject", ""),
            frozenset(Habit[name] for name in entry["habits"]),
            tuple(entry.get("years", ("before", "current"))),
            tuple(entry["parts"]),
        )


def build(folder: Path, *, year: int = 2024, scale: int = 1, seed: int = DEFAULT_SEED) -> Truth:
    """Write the demo workbooks of ``year`` and the year before into ``folder``.

    Args:
        folder: Where the workbooks go; made if it is not there.
        year: The year shown.
        scale: How many times as many rows as a real city has.
        seed: The same seed gives the same bytes.

    Returns:
        What the workbooks say, cell by cell. It is not written beside them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    truth = Truth(seed)
    for made in make(year=year, scale=scale, seed=seed):
        (folder / made.file_name).write_bytes(made.content)
        truth.extend(made.truth)
    return truth


def make(*, year: int = 2024, scale: int = 1, seed: int = DEFAULT_SEED) -> Iterator[Made]:
    """Make the demo workbooks one by one, without writing them anywhere.

    Raises:
        ValueError: The year or the scale makes no sense.
    """
    if not 2001 <= year <= 2099:
        raise ValueError(f"演示数据的年度应在 2001 至 2099 之间：{year}")
    if scale < 1:
        raise ValueError(f"倍数应是不小于 1 的整数：{scale}")
    known = offices()
    which: Which
    for which, its_year in (("before", year - 1), ("current", year)):
        planned = plan_year(its_year, which, seed=seed, scale=scale)
        for number, workbook in enumerate(_workbooks()):
            if which in workbook.years:
                rng = random.Random(f"{seed}/{its_year}/{number}")
                yield _fill(workbook, known[workbook.office], planned, rng)
    yield from make_further(year - 1, seed, "before")
    yield from make_further(year, seed)


def _fill(workbook: _Workbook, office: Office, year: Year, rng: random.Random) -> Made:
    maker = Maker(rng)
    numbers = iter(range(_FRESH_FROM, 10**9))
    parts: list[Part] = []
    for entry in workbook.parts:
        ledger = ledgers()[entry["ledger"]]
        habits = workbook.habits | {Habit[name] for name in entry["habits"]}
        if workbook.kind is not None:
            habits |= {workbook.kind}

        def fresh(ledger_id: str = ledger.id) -> Any:
            return fresh_row(ledger_id, office, year.year, next(numbers), maker, modest=True)

        rows = [*year.of(office.id, ledger.id), *[fresh() for _ in range(entry.get("loose", 0))]]
        parts.append(Part(ledger.id, plant(ledger, rows, frozenset(habits), fresh, rng), frozenset(habits)))
    return assemble(office, year.year, parts, workbook.kind, rng, subject=workbook.subject)
