"""The overview page on a server with a million records: how long one answer takes, figure by figure asked anew."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from analytics.demo.records import records
from analytics.etl.report import FileReport, Outcome
from analytics.ledgers.model import geography
from analytics.settings import Settings
from analytics.warehouse import published
from analytics.warehouse.store import Store
from bench.measure import Measure, Spread, fresh_folder, timed

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


class Screen:
    """The page's one callback, asked as the browser asks it, through the server's own stack."""

    def __init__(self, settings: Settings) -> None:
        from dashboard.app import WATCHER, create_app

        server = create_app(settings).server
        # As every worker of the server does before it answers anyone.
        server.extensions[WATCHER].start()
        self._client = server.test_client()
        callbacks = self._client.get("/_dash-dependencies").get_json()
        (self._callback,) = (found for found in callbacks if self._takes_the_address(found))

    @staticmethod
    def _takes_the_address(callback: dict[str, Any]) -> bool:
        inputs = {(item["id"], item["property"]) for item in callback["inputs"]}
        return ("url", "pathname") in inputs and not callback.get("clientside_function")

    def open(self, search: str) -> None:
        """Ask for the overview at one address.

        Raises:
            RuntimeError: The server did not answer with a screen.
        """
        told = {"pathname": "/", "search": search}
        output = self._callback["output"]
        names = [
            dict(zip(("id", "property"), name.rsplit(".", 1), strict=True)) for name in output.strip(".").split("...")
        ]
        answer = self._client.post(
            "/_dash-update-component",
            json={
                "output": output,
                "outputs": names if len(names) > 1 else names[0],
                "inputs": [{**item, "value": told.get(item["property"])} for item in self._callback["inputs"]],
                "changedPropIds": ["url.search"],
            },
        )
        if answer.status_code != 200:
            raise RuntimeError(answer.get_data(as_text=True)[:500])


def measure() -> Iterator[Measure]:
    """Open the overview at addresses never asked before, then each once more."""
    with fresh_folder() as data:
        settings = Settings(data=Path(data))
        count = fill(settings)
        screen = Screen(settings)
        screen.open("?period=2022")
        counties = [None, *(county.code for county in geography().counties)]
        asked = [
            f"?period={period}" + (f"&county={county}" if county else "")
            for period, county in itertools.islice(itertools.product(PERIODS, counties), 0, None, 4)
        ]
        first, again = Spread(), Spread()
        for search in asked:
            first.seconds.append(timed(lambda search=search: screen.open(search)))
            again.seconds.append(timed(lambda search=search: screen.open(search)))
    detail = f"{count:,} 条记录，{len(asked)} 个没有问过的地址"
    for share, name in ((0.5, "p50"), (0.95, "p95")):
        yield Measure(
            f"overview_{name}",
            f"Overview at 1,000,000 records, server time, {name}",
            f"总览页，100 万条记录，服务器用时 {name}",
            1000 * first.quantile(share),
            "ms",
            detail=detail,
        )
    yield Measure(
        "overview_again_p95",
        "The same addresses asked again, p95",
        "同样的地址再问一次，p95",
        1000 * again.quantile(0.95),
        "ms",
    )
