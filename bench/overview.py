"""The pages on a server with a million records: how long the first answer to a change of filter takes."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator
from pathlib import Path

from analytics.demo.records import records
from analytics.etl.report import FileReport, Outcome
from analytics.ledgers.model import geography
from analytics.settings import Settings
from analytics.warehouse import published
from analytics.warehouse.store import Store
from bench.measure import Measure, Spread, fresh_folder, timed
from dashboard import asking

RECORDS = 1_000_000
PERIODS = ("2024", "2023", "2024H1", "2024H2", *(f"2024-{month:02d}" for month in range(1, 13)))


def fill(settings: Settings) -> int:
    """Put a million demo records into the store and publish them; return how many there are."""
    one = sum(table.num_rows for table in records(1).values())
    # Copies that fall on one key count once: about one record in twenty.
    tables = records(math.ceil(1.07 * RECORDS / one))
    with Store(settings).writing() as writing:
        for ledger, table in tables.items():
            report = FileReport(file=f"{ledger}.bench", sha256=ledger, state="accepted")
            writing.commit(Outcome(report=report, tables={ledger: table}))
    version = published.current(settings)
    return sum(version.rows(ledger) for ledger in tables)


LIMIT = 150
"""Milliseconds a change of filter may take on the server, at p95."""
FAILED = json.dumps("这个页面暂时打不开").strip('"')
"""What a screen says that could not be drawn, as it stands in an answer."""
EVERY = 7
"""Of the addresses of each further page, one in so many is asked."""


class Screen:
    """The pages' one callback, asked as the browser asks it, through the server's own stack."""

    def __init__(self, settings: Settings) -> None:
        from dashboard.app import WATCHER, create_app

        server = create_app(settings).server
        # As every worker of the server does before it answers anyone.
        server.extensions[WATCHER].start()
        self._client = server.test_client()
        self._callbacks = self._client.get(asking.DESCRIBED).get_json()

    def open(self, search: str, path: str = "/") -> None:
        """Ask for a page (the overview, if not said) at one address.

        Raises:
            RuntimeError: The server did not answer with a screen.
        """
        answer = self._client.post(asking.ADDRESS, json=asking.screen_request(self._callbacks, path, search))
        text = answer.get_data(as_text=True)
        if answer.status_code != 200 or FAILED in text:
            raise RuntimeError(text[:500])


def _addresses(every: int) -> list[str]:
    """Return one in ``every`` of the addresses of all periods and counties."""
    counties = [None, *(county.code for county in geography().counties)]
    return [
        f"?period={period}" + (f"&county={county}" if county else "")
        for period, county in itertools.islice(itertools.product(PERIODS, counties), 0, None, every)
    ]


def measure() -> Iterator[Measure]:
    """Open the overview at addresses never asked before, then each once more; then every other page of figures."""
    from dashboard.pages import PAGES

    with fresh_folder() as data:
        settings = Settings(data=Path(data))
        count = fill(settings)
        screen = Screen(settings)
        screen.open("?period=2022")
        first, again, lines = Spread(), Spread(), Spread()
        for search in _addresses(4):
            first.seconds.append(timed(lambda search=search: screen.open(search)))
            again.seconds.append(timed(lambda search=search: screen.open(search)))
        for line in ("招聘会", "培训", "整改", "党建"):
            for search in _addresses(23):
                lines.seconds.append(timed(lambda at=f"{search}&line={line}": screen.open(at)))
        others: dict[str, Spread] = {}
        for page in PAGES:
            if page.remembered and not page.ledgers and page.path != "/":
                asked = others[page.title] = Spread()
                for search in _addresses(EVERY):
                    asked.seconds.append(timed(lambda search=search, page=page: screen.open(search, page.path)))
    for share, name in ((0.5, "p50"), (0.95, "p95")):
        yield Measure(
            f"overview_{name}",
            f"Overview at 1,000,000 records, server time, {name}",
            f"总览页，100 万条记录，服务器用时 {name}",
            1000 * first.quantile(share),
            "ms",
            limit=LIMIT if name == "p95" else None,
            detail=f"{count:,} 条记录，{len(first.seconds)} 个没有问过的地址",
        )
    yield Measure(
        "overview_again_p95",
        "The same addresses asked again, p95",
        "同样的地址再问一次，p95",
        1000 * again.quantile(0.95),
        "ms",
    )
    yield Measure(
        "line_p95",
        "Overview narrowed to a line of work, p95",
        "总览页选定业务线，p95",
        1000 * lines.quantile(0.95),
        "ms",
        limit=LIMIT,
        detail=f"{len(lines.seconds)} 个没有问过的地址",
    )
    slowest, spent = max(others.items(), key=lambda item: item[1].quantile(0.95))
    yield Measure(
        "pages_p95",
        "The other pages at 1,000,000 records, server time, p95 of the slowest",
        "其他页面，100 万条记录，服务器用时 p95，最慢的一页",
        1000 * spent.quantile(0.95),
        "ms",
        limit=LIMIT,
        detail=f"{slowest}；" + "，".join(f"{name} {1000 * each.quantile(0.95):.0f}" for name, each in others.items()),
    )
