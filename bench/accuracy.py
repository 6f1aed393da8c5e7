"""The accuracy study: workbooks with known truth, each habit alone and many at once, every cell held to account.

``python -m bench accuracy`` reads them all and writes ``docs/accuracy.md``. The same seeds give the same bytes, so
the page changes only where the reading does. Must not know how a workbook is drawn or read.
"""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context

from analytics.demo import Habit, fits, generate, of_kind
from analytics.demo.compare import compare, tally
from analytics.demo.forms import all_ledgers
from analytics.etl.pipeline import read
from analytics.etl.report import IngestOptions
from bench.measure import ROOT, Measure

PAGE = ROOT / "docs" / "accuracy.md"
TODAY = dt.date(2026, 11, 22)
"""After every day the workbooks speak of, so that nothing in them lies in the future."""
ALONE_SEEDS, ALONE_ROWS = (1, 2), 16
COMBINATIONS, CROWDED = 1000, 600
REFUSED_LIMIT = 0.5
"""Most good rows in a hundred that may be held back."""
PROCESSES = 2

COUNTS = ("cells", "right", "flagged", "held", "held_rightly", "rows", "silently_wrong", "refused", "other")
HEADERS = (
    "habit",
    "workbooks",
    "cells",
    "right",
    "flagged",
    "quarantined rightly",
    "silently wrong",
    "falsely refused",
)


@dataclass(frozen=True, slots=True)
class Case:
    """One workbook of the study; all there is to make it again."""

    ledger: str
    habits: frozenset[Habit]
    rows: int
    seed: int
    alone: bool
    crowded: bool = False


@dataclass(slots=True)
class Judged:
    """What became of one workbook's cells and rows."""

    case: Case
    followed: list[str]
    counts: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)


def alone(seeds: Sequence[int] = ALONE_SEEDS) -> list[Case]:
    """Return every habit alone, on every ledger that can show it."""
    return [
        Case(ledger, frozenset({habit}), ALONE_ROWS, seed, alone=True)
        for habit in Habit
        for ledger in all_ledgers()
        if fits(ledger, habit)
        for seed in seeds
    ]


def combination(seed: int) -> Case:
    """Return the workbook of one seed: many habits of every kind at once."""
    rng = random.Random(seed)
    habits = {*rng.sample(of_kind("layout"), rng.randint(2, 8)), *rng.sample(of_kind("value"), rng.randint(2, 10))}
    habits |= set(rng.sample(of_kind("mistake"), rng.randint(0, 4)))
    habits |= set(rng.sample(of_kind("arrangement"), rng.choice((0, 0, 1, 1, 2, 3))))
    container = rng.choice([None, None, *of_kind("container")])
    ledger = rng.choice(list(all_ledgers()))
    chosen = frozenset(habits | ({container} if container else set()))
    return Case(ledger, chosen, rng.randint(6, 60), seed, alone=False)


def crowded(seed: int) -> Case:
    """Return a workbook in which tables always share a sheet or a book, with all that templates add around them."""
    rng = random.Random(f"crowded {seed}")
    together = [Habit.STACKED_TABLES] * 3 + [Habit.SIDE_BY_SIDE, Habit.SUMMARY_SHEET, Habit.DAY_ONLY]
    others = [one for one in of_kind("arrangement") if one not in (Habit.STACKED_TABLES, Habit.SIDE_BY_SIDE)]
    habits = {rng.choice(together), *rng.sample(others, rng.randint(0, 4))}
    habits |= set(rng.sample(of_kind("layout"), rng.randint(3, 12)))
    habits |= set(rng.sample(of_kind("value"), rng.randint(0, 6)))
    habits |= set(rng.sample(of_kind("mistake"), rng.randint(0, 6)))
    container = rng.choice([None, None, *of_kind("container")])
    chosen = frozenset(habits | ({container} if container else set()))
    rows = rng.choice([1, 2, 3, 5, 8, 20, 60, 140])
    return Case(rng.choice(list(all_ledgers())), chosen, rows, seed, alone=False, crowded=True)


def judge(case: Case) -> Judged:
    """Make one workbook, read it, and hold what was read to what was written."""
    content, name, truth = generate(case.ledger, case.habits, case.rows, case.seed)
    outcome = read(content, IngestOptions(name, TODAY))
    differences = compare(truth, outcome.report.to_json(), outcome.tables)
    told = tally(truth, differences)
    lost = {(one.sheet, one.row) for one in differences if one.kind == "missing"}
    unread = sum(len(record.cells) for record in truth.records if (record.sheet, record.row) in lost)
    wrong = sum(one.kind == "value" for one in differences)
    unnoticed = sum(one.kind == "quarantine" for one in differences)
    counts = Counter(
        cells=told["cells"],
        right=told["cells"] - unread - wrong,
        flagged=told["flagged"],
        held=told["quarantined"],
        held_rightly=told["quarantined"] - unnoticed,
        rows=len(truth.records),
        silently_wrong=told["silently_wrong"],
        refused=told["refused_wrongly"],
        other=told["other"],
    )
    return Judged(case, truth.files[0].habits, counts, [str(one) for one in differences])


def study(cases: Sequence[Case], processes: int = PROCESSES) -> list[Judged]:
    """Judge many workbooks, several at a time; the answers come in the order of the cases."""
    if processes < 2:
        return [judge(case) for case in cases]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return list(pool.map(judge, cases, chunksize=8))


def add_up(judged: Iterable[Judged]) -> Counter[str]:
    """Return the sums over some workbooks, with how many they are."""
    total: Counter[str] = Counter(dict.fromkeys((*COUNTS, "workbooks"), 0))
    for one in judged:
        total["workbooks"] += 1
        total.update(one.counts)
    return total


def refused_share(total: Counter[str]) -> float:
    """Return how many good rows in a hundred were held back."""
    return 100 * total["refused"] / total["rows"] if total["rows"] else 0.0


def _line(name: str, total: Counter[str]) -> str:
    held = f"{total['held_rightly']:,} of {total['held']:,}" if total["held"] else "–"
    cells = (
        name,
        f"{total['workbooks']:,}",
        f"{total['cells']:,}",
        f"{total['right']:,}",
        f"{total['flagged']:,}",
        held,
        f"{total['silently_wrong']:,}",
        f"{total['refused']:,} of {total['rows']:,} rows ({refused_share(total):.2f} %)",
    )
    return f"| {' | '.join(cells)} |"


def _head(first: str) -> list[str]:
    return [f"| {' | '.join((first, *HEADERS[1:]))} |", "|---|" + "---:|" * (len(HEADERS) - 1)]


def summary(judged: Sequence[Judged]) -> list[str]:
    """Return the lines of the summary table."""
    parts = {
        "each habit alone": [one for one in judged if one.case.alone],
        "many habits at once": [one for one in judged if not one.case.alone and not one.case.crowded],
        "tables sharing a sheet": [one for one in judged if one.case.crowded],
        "**all**": judged,
    }
    return [*_head("workbooks with"), *(_line(name, add_up(part)) for name, part in parts.items())]


def page(judged: Sequence[Judged]) -> str:
    """Return the page: what was done, the summary, a line for each habit, and every difference that is left."""
    seeds = sorted(one.case.seed for one in judged if not one.case.alone and not one.case.crowded)
    shared = sorted(one.case.seed for one in judged if one.case.crowded)
    singles = sorted({one.case.seed for one in judged if one.case.alone})
    total = add_up(judged)
    lines = [
        "# Accuracy",
        "",
        "Written by `make accuracy` (`python -m bench accuracy`); do not edit. Every workbook is generated with a",
        "known truth, read through the whole pipeline, and held to that truth cell by cell: values, what is flagged,",
        "which rows are held back and why, how every row is counted. *Right* cells have exactly the value written.",
        "*Silently wrong* is a cell with another value, or a row loaded that must not be; it must be 0. *Falsely",
        "refused* is a good row held",
        f"back; at most {REFUSED_LIMIT} % may be.",
        "",
        f"Seeds: {', '.join(map(str, singles))} for a habit alone; {_spans(seeds)} for combinations",
        f"(`bench.accuracy.combination(seed)` makes one again); {_spans(shared)} for sheets with several tables",
        "(`bench.accuracy.crowded(seed)`).",
        "",
        "## Summary",
        "",
        *summary(judged),
        "",
        f"Remarks that differ from what was due (no value is touched by them): {total['other']:,}.",
        "",
        "## By habit",
        "",
        "All workbooks in which the habit is switched on, alone or with others.",
        "",
        *_head("habit"),
    ]
    for habit in Habit:
        mine = [one for one in judged if habit.name in one.followed]
        if mine:
            lines.append(_line(f"{habit.description} (`{habit.name}`)", add_up(mine)))
    left = [(one.case, said) for one in judged for said in one.differences]
    if left:
        lines += ["", "## Differences", ""]
        lines += [f"- {case.ledger}, seed {case.seed}{_way(case)}: {said}" for case, said in left]
    return "\n".join(lines) + "\n"


def _way(case: Case) -> str:
    return " (alone)" if case.alone else " (crowded)" if case.crowded else ""


def _spans(numbers: Sequence[int]) -> str:
    """Write numbers without gaps as one span, others one by one."""
    if numbers and list(numbers) == list(range(numbers[0], numbers[-1] + 1)):
        return f"{numbers[0]} to {numbers[-1]}"
    return ", ".join(map(str, numbers))


def measure() -> Iterator[Measure]:
    """Do the whole study and write its page."""
    cases = [*alone(), *(combination(seed) for seed in range(1, COMBINATIONS + 1))]
    cases += [crowded(seed) for seed in range(1, CROWDED + 1)]
    seeds = f"单独的种子 {ALONE_SEEDS}，组合的种子 1–{COMBINATIONS}，多表同页的种子 1–{CROWDED}"
    print(f"  {len(cases)} 个工作簿；{seeds}", flush=True)
    judged = study(cases)
    PAGE.write_text(page(judged), encoding="utf-8")
    total = add_up(judged)
    for one in judged:
        for said in one.differences[:3]:
            print(f"  {one.case.ledger} 种子 {one.case.seed} {sorted(one.followed)}\n    {said}")
    yield Measure(
        "accuracy_workbooks", "Workbooks of the accuracy study", "准确性试验的工作簿", total["workbooks"], "",
        limit=500, at_least=True, detail=f"{total['right']:,} / {total['cells']:,} 格正确，写入 {PAGE.name}",
    )  # fmt: skip
    yield Measure(
        "accuracy_silent", "Cells silently wrong", "悄悄读错的格", total["silently_wrong"], "", limit=0,
        detail=f"应拒收的 {total['held']:,} 行中 {total['held_rightly']:,} 行按正确的原因拒收",
    )  # fmt: skip
    yield Measure(
        "accuracy_refused", "Good rows held back", "错误拒收的行", refused_share(total), "%", limit=REFUSED_LIMIT,
        detail=f"{total['refused']:,} / {total['rows']:,} 行",
    )  # fmt: skip
