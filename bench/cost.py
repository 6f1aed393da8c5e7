"""What asking through the metrics costs: every KPI × grain × county at a million records against bare DuckDB SQL.

The SQL is written by hand over the same Parquet files, on a connection of its own, and must give the same answer; it
knows nothing of estimates, blanks and what is absent. Every question is asked twice: of a process that keeps sums, as
the server does, and of the records themselves, as a command that asks once. All are timed in turns and the best of each
counts, so that a busy moment of the machine counts as little as it can. P02 is left out: what was due is not in the
files.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from analytics import metrics
from analytics.metrics import engine
from analytics.metrics.periods import Grain
from analytics.settings import Settings
from analytics.warehouse import published
from analytics.warehouse.published import Version
from bench.measure import Measure, fresh_folder, timed
from bench.overview import fill

TIMES = 9
SLACK = 1.3
YEAR = 2024
COUNTY = "渭滨区"
ROOMY = (5, 2)
"""A case above the limit is timed so many times as often, and so many times over, before it is believed."""

_DONE = "status = '已完成'"
_PARTY = "event_type IN ('理论学习','业务讲堂','主题党日','三会一课','组织生活会','民主生活会','民主评议')"
_GROUPS = (
    "CASE WHEN migrant_visits IS NOT NULL OR new_form_visits IS NOT NULL "
    "THEN ifnull(migrant_visits, 0) + ifnull(new_form_visits, 0) - ifnull(both_visits, 0) END"
)


def _share(upper: str, lower: str, where: str = "TRUE", times: int = 100) -> str:
    """Return the SQL of a ratio of sums over the rows that have both sides."""
    test = f"{where} AND ({upper}) IS NOT NULL AND ({lower}) IS NOT NULL"
    return f"{times} * sum({upper}) FILTER ({test}) / nullif(sum({lower}) FILTER ({test}), 0)"


def _online(total: str, all_online: str) -> str:
    return (
        f"CASE WHEN online_visits IS NOT NULL THEN online_visits WHEN onsite_visits IS NOT NULL THEN {total} - "
        f"onsite_visits WHEN mode = '线下' THEN 0 WHEN mode IN ({all_online}) THEN {total} END"
    )


EVENT = {
    "E01": f"sum(sessions) FILTER ({_DONE} AND event_type = '宣讲')",
    "E02": f"sum(sessions) FILTER ({_DONE} AND event_type = '文化惠工')",
    "E03": f"sum(sessions) FILTER ({_DONE})",
    "E04": f"sum(participants) FILTER ({_DONE})",
    "E05": _share("participants", "sessions", _DONE, 1),
    "E06": f"sum(sessions) FILTER ({_DONE})",
    "P03": _share("attended_n", "expected_n", f"{_DONE} AND {_PARTY}"),
    "P06": f"sum(sessions) FILTER ({_DONE} AND event_type = '谈心谈话')",
    "P08": (f"count(DISTINCT year(start_date) * 12 + month(start_date)) FILTER ({_DONE} AND event_type = '业务讲堂')"),
    "P09": f"count(DISTINCT branch) FILTER ({_DONE} AND event_type = '业务讲堂')",
    "C04": f"sum(sessions) FILTER ({_DONE} AND event_type = '抢险救灾')",
    "D05": f"sum(sessions) FILTER ({_DONE} AND event_type IN ('警示教育','廉政文化','党规党纪测试'))",
}
FAIR = {
    "J01": "sum(sessions)",
    "J02": "sum(jobs_n)",
    "J03": f"sum({_GROUPS})",
    "J04": _share("jobs_n", "sessions", times=1),
    "J05": _share("visits_total", "sessions", times=1),
    "J06": _share("intention_n", "visits_total"),
    "J07": _share("signed_n", "visits_total"),
    "J08": _share(_online("visits_total", "'线上','直播带岗'"), "visits_total"),
    "J09": _share(_GROUPS, "visits_total"),
    "J10": _share("jobs_n", "employers_n", times=1),
    "J11": "sum(visits_total)",
}
TRAINING = {
    "T01": "count(DISTINCT lower(replace(trim(category), ' ', '')))",
    "T02": "sum(trained_visits)",
    "T03": "count(*)",
    "T04": _share("pass_n", "exam_n"),
    "T05": _share("cert_n", "trained_visits"),
    "T06": _share("satisfaction * respondents", "respondents", times=1),
    "T07": _share("hours * trained_visits", "trained_visits", times=1),
    "T08": _share(_online("trained_visits", "'线上'"), "trained_visits"),
    "T09": _share("trained_visits", "planned_n"),
    "T10": _share("employed_n", "trained_visits"),
}
_STATUS = "status IN ('已完成','已销号')"
_FIXED = f"{_STATUS} AND coalesce(done_date, found_date) <= $day"
RECTIFICATION = {
    "R01": f"100 * count(*) FILTER ({_FIXED}) / count(*)",
    "R02": (
        "100 * count(*) FILTER (status = '已销号' AND coalesce(closed_date, done_date, found_date) <= $day) / count(*)"
    ),
    "R03": _share(
        f"CASE WHEN {_STATUS} AND done_date IS NULL THEN NULL WHEN {_STATUS} AND done_date <= $day "
        "AND done_date <= deadline THEN 1 ELSE 0 END",
        "1",
        "deadline <= $day AND NOT coalesce(long_term, FALSE)",
    ),
    "R05": _share("date_diff('day', found_date, done_date)", "1", _FIXED, 1),
    "R07": "100 * count(*) FILTER (status = '重启' OR reopen_count > 0) / count(*)",
    "R08": "count(*) FILTER (long_term)",
}
STATES = {
    "R04": f"count(*) FILTER (NOT ({_FIXED}) AND deadline < $day)",
    "R06": f"count(*) FILTER (NOT ({_FIXED}) AND date_diff('day', $day, deadline) BETWEEN 0 AND 20)",
}
LEDGERS = (
    ("event", "start_date", EVENT),
    ("job_fair", "fair_date", FAIR),
    ("training", "start_date", TRAINING),
    ("rectification", "found_date", RECTIFICATION),
    ("rectification", "found_date", STATES),
)
BUCKETS: dict[Grain, str] = {
    "month": "year({day}) * 12 + month({day})",
    "quarter": "year({day}) * 4 + quarter({day})",
    "year": "year({day})",
}
OVERVIEW = ("J01", "J02", "J03", "T01", "T02", "E01", "E03", "R01", "R02", "R08")
"""KPIs of four ledgers, as the overview asks for them."""


@dataclass(frozen=True, slots=True)
class Case:
    """One question, asked through the metrics and bare."""

    name: str
    version: Version
    ours: Callable[[], list[Any]]
    bare: Callable[[], list[Any]]

    def keeping(self, keep: bool) -> Callable[[], list[Any]]:
        """Return what asks of kept sums, or of the records."""

        def ask() -> list[Any]:
            metrics.lasting(self.version, keep=keep)
            # Or it would be what it was the last time.
            engine.forget()
            return self.ours()

        return ask


class Bare:
    """A plain connection over a version's files."""

    def __init__(self, version: Version, day: dt.date) -> None:
        self._con = duckdb.connect()
        self._version = version
        self._given = {"start": dt.date(YEAR, 1, 1), "end": dt.date(YEAR, 12, 31), "day": day}

    def ask(
        self, ledger: str, day: str, values: Sequence[str], *, keys: Sequence[str] = (), county: str | None = None,
        state: bool = False,
    ) -> Callable[[], list[Any]]:  # fmt: skip
        """Return what runs one SELECT, rows in the order of its keys."""
        files = ", ".join(f"'{path}'" for path in self._version.files(ledger))
        given: dict[str, object] = dict(self._given)
        where = f"{day} <= $end" if state else f"{day} BETWEEN $start AND $end"
        if county is not None:
            where, given = f"{where} AND county = $county", given | {"county": county}
        order = ", ".join(str(number + 1) for number in range(len(keys)))
        sql = f"SELECT {', '.join([*keys, *values])} FROM read_parquet([{files}]) WHERE {where}"
        sql += f" GROUP BY {order} ORDER BY {order}" if keys else ""
        given = {name: value for name, value in given.items() if f"${name}" in sql}
        return lambda: self._con.execute(sql, given).fetchall()


def _cases(version: Version, day: dt.date) -> Iterator[Case]:
    bare = Bare(version, day)
    for ledger, column, expressions in LEDGERS:
        state = expressions is STATES
        placed = ledger != "rectification"
        for id_, expression in expressions.items():
            for grain in (None, *BUCKETS) if not state else (None,):
                keys = [BUCKETS[grain].format(day=column)] if grain else []
                for where in ("city", "one", "each") if placed else ("city",):
                    split = ["county", *keys] if where == "each" else keys
                    county = COUNTY if where == "one" else None
                    yield Case(
                        f"{id_} {grain or 'all'} {where}",
                        version,
                        _ours(version, id_, day, grain, county, each=where == "each"),
                        bare.ask(ledger, column, [expression], keys=split, county=county, state=state),
                    )


def _ours(
    version: Version, id_: str, day: dt.date, grain: Grain | None, county: str | None, *, each: bool
) -> Callable[[], list[Any]]:
    return lambda: metrics.query(
        id_, period=str(YEAR), by="county" if each else (), grain=grain, county=county, as_of=day,
        version=version, compare=False, aim=False,
    ).rows  # fmt: skip


def _agree(case: Case, *, keep: bool) -> None:
    """Hold one answer to the other.

    Raises:
        RuntimeError: They differ.
    """
    mine = sorted(float(row.value) for row in case.keeping(keep)() if row.value is not None)
    theirs = sorted(float(row[-1]) for row in case.bare() if row[-1] is not None)
    # Where a county has records and none of the KPI's, we say 0 and SQL says nothing.
    mine, theirs = [value for value in mine if value], [value for value in theirs if value]
    if len(mine) != len(theirs) or not all(
        math.isclose(one, other, rel_tol=1e-9) for one, other in zip(mine, theirs, strict=True)
    ):
        raise RuntimeError(f"{case.name}: {mine[:3]} … is not {theirs[:3]} …")


def _best(case: Case, times: int = TIMES) -> tuple[float, float, float]:
    """Return the best times of kept sums, of the records, and of bare SQL."""
    found: list[list[float]] = [[], [], []]
    for _ in range(times):
        for spent, ask in zip(found, (case.keeping(True), case.keeping(False), case.bare), strict=True):
            spent.append(timed(ask))
    kept, records, bare = map(min, found)
    return kept, records, bare


def measure() -> Iterator[Measure]:
    """Time every case; the worst, the middle one, the sum, and the overview in one pass a ledger."""
    with fresh_folder() as data:
        settings = Settings(data=Path(data))
        count = fill(settings)
        yield from measure_version(published.current(settings), count)


def measure_version(version: Version, count: int) -> Iterator[Measure]:
    """Time every case over a version that is there."""
    day = dt.date(YEAR, 12, 31)
    ratios: list[tuple[float, str]] = []
    others: list[tuple[float, str]] = []
    spent = [0.0, 0.0, 0.0]
    made = 0.0
    for case in _cases(version, day):
        # The first time, sums are made: told apart.
        made += timed(lambda case=case: _agree(case, keep=True))
        _agree(case, keep=False)
        best = _best(case)
        for _ in range(ROOMY[1]):
            if best[0] > SLACK * best[2]:
                more = _best(case, ROOMY[0] * TIMES)
                best = (min(best[0], more[0]), min(best[1], more[1]), min(best[2], more[2]))
        kept, records, bare = best
        ratios.append((kept / bare, f"{case.name} {1000 * kept:.1f} ÷ {1000 * bare:.1f} ms"))
        others.append((records / bare, f"{case.name} {1000 * records:.1f} ÷ {1000 * bare:.1f} ms"))
        spent = [total + seconds for total, seconds in zip(spent, best, strict=True)]
        made -= kept + bare
    ratios.sort(reverse=True)
    others.sort(reverse=True)
    detail = f"{count:,} 条记录，{len(ratios)} 问，服务进程；最慢的：{'；'.join(words for _, words in ratios[:3])}"
    yield Measure(
        "cost_worst",
        "Any KPI × grain × county at 1,000,000 records ÷ bare DuckDB SQL, asked of the server, the dearest",
        "100 万条记录，任一指标 × 粒度 × 县区 ÷ 直接写的 SQL，在服务进程里问，最贵的一问",
        ratios[0][0],
        "×",
        limit=SLACK,
        detail=detail,
    )
    yield Measure(
        "cost_all",
        "All of them together ÷ bare DuckDB SQL",
        "全部问题合计 ÷ 直接写的 SQL",
        spent[0] / spent[2],
        "×",
        limit=SLACK,
        detail=(
            f"{spent[0]:.2f} s ÷ {spent[2]:.2f} s；中位数 {ratios[len(ratios) // 2][0]:.2f}；"
            f"先把各台账按日、按县区加好共用 {max(made, 0):.1f} s"
        ),
    )
    yield Measure(
        "cost_records",
        "All of them asked once, of the records themselves ÷ bare DuckDB SQL",
        "只问一次、直接读记录时，全部问题合计 ÷ 直接写的 SQL",
        spent[1] / spent[2],
        "×",
        limit=SLACK,
        detail=(
            f"{spent[1]:.2f} s ÷ {spent[2]:.2f} s；中位数 {others[len(others) // 2][0]:.2f}；"
            f"最贵的 {others[0][0]:.2f}（{others[0][1]}）"
        ),
    )
    yield _overview(version, day)


def _overview(version: Version, day: dt.date) -> Measure:
    """Ask for the overview's KPIs at once, against one SELECT a ledger."""
    bare = Bare(version, day)
    asks = [
        bare.ask(ledger, column, [expressions[id_] for id_ in OVERVIEW if id_ in expressions])
        for ledger, column, expressions in LEDGERS
        if expressions is not STATES
    ]
    case = Case(
        "overview",
        version,
        lambda: metrics.query(OVERVIEW, period=str(YEAR), as_of=day, version=version, compare=False, aim=False).rows,
        lambda: [row for ask in asks for row in ask()],
    )
    case.keeping(True)()
    kept, ours, plain = _best(case, 3 * TIMES)
    return Measure(
        "cost_overview",
        "The overview's KPIs at once ÷ one bare SELECT a ledger",
        "总览页指标一次问完 ÷ 每个台账一条 SQL",
        ours / plain,
        "×",
        limit=SLACK,
        detail=(
            f"{len(OVERVIEW)} 个指标，直接读记录 {1000 * ours:.1f} ÷ {1000 * plain:.1f} ms；"
            f"在服务进程里问 {1000 * kept:.1f} ms"
        ),
    )
