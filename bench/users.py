"""Fifty people clicking at once on the served dashboard, and five thousand requests on one worker's memory.

The server is started as a user starts it, with two workers; each person is a thread with a session of their own, and
clicks from one filter to the next without pause. The store is the demo city's.
"""

from __future__ import annotations

import http.client
import json
import random
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from analytics.ledgers.model import geography
from bench.first_load import served
from bench.measure import Measure, Spread, fresh_folder, run, taizhang
from bench.overview import FAILED
from dashboard import asking

USERS = 50
CLICKS = 10
"""Clicks of each person."""
REQUESTS = 5_000
PORT = 8953
PERIODS = ("2024", "2024Q4", "2024-12", "2024H1", "累计", "2024Q1", "2024-03", "2023")
PATHS = ("/", "/", "/", "/events", "/training", "/fairs")
SETTLED = 500
"""Requests after which a worker has filled its memories."""


class Clicker:
    """One person: a connection that stays open, and the page's callback."""

    def __init__(self, address: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
        self._origin = address
        self._callbacks = json.loads(self._ask("GET", asking.DESCRIBED))

    def _ask(self, method: str, path: str, body: Any = None) -> bytes:
        headers = {"Content-Type": "application/json", "Origin": self._origin, "Sec-Fetch-Site": "same-origin"}
        self._connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} at {path}: {content[:200]!r}")
        return content

    def click(self, path: str, search: str) -> None:
        """Ask for one screen, as the browser does."""
        content = self._ask("POST", asking.ADDRESS, asking.screen_request(self._callbacks, path, search))
        if FAILED.encode() in content:
            raise RuntimeError(f"no screen at {path}{search}")


def _address(chance: random.Random) -> tuple[str, str]:
    county = chance.choice([None, *(county.code for county in geography().counties)])
    return chance.choice(PATHS), f"?period={chance.choice(PERIODS)}" + (f"&county={county}" if county else "")


def crowd(address: str) -> tuple[Spread, list[str]]:
    """Let everybody click at once; return how long each click took, and what went wrong."""
    spread, wrong = Spread(), []
    start = threading.Barrier(USERS)

    def person(number: int) -> None:
        chance = random.Random(number)
        clicker = Clicker(address)
        start.wait()
        for _ in range(CLICKS):
            path, search = _address(chance)
            before = time.perf_counter()
            try:
                clicker.click(path, search)
            except (OSError, RuntimeError, http.client.HTTPException) as error:
                wrong.append(str(error))
            spread.seconds.append(time.perf_counter() - before)

    threads = [threading.Thread(target=person, args=(number,)) for number in range(USERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return spread, wrong


def _resident(pid: int) -> int:
    """Return the memory of a process (bytes) that is its own."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))


def _worker(port: int) -> int:
    """Return the process that holds most memory of those serving ``port``."""
    found = subprocess.run(
        ["pgrep", "-f", f"serve --port {port}|--port {port}"], capture_output=True, text=True, check=True
    )
    return max(map(int, found.stdout.split()), key=_resident)


def measure() -> Iterator[Measure]:
    """Serve the demo city and let people at it."""
    with fresh_folder() as data:
        run(taizhang(data, "demo"), ok=(0, 1))
        with served(data, PORT) as address:
            spread, wrong = crowd(address)
        yield Measure(
            "users_p95",
            f"{USERS} users clicking at once, p95",
            f"{USERS} 人同时点击，p95",
            1000 * spread.quantile(0.95),
            "ms",
            limit=1000,
            detail=f"{len(spread.seconds)} 次点击，中位数 {1000 * spread.median():.0f} ms",
        )
        yield Measure(
            "users_errors",
            "Clicks that failed",
            "失败的点击",
            len(wrong),
            "",
            limit=0,
            detail="；".join(dict.fromkeys(wrong))[:120],
        )
        with served(data, PORT) as address:
            clicker, chance = Clicker(address), random.Random(0)
            first = 0
            worker = _worker(PORT)
            for number in range(REQUESTS):
                clicker.click(*_address(chance))
                if number == SETTLED:
                    first = _resident(worker)
            last = _resident(worker)
        yield Measure(
            "worker_memory",
            f"A worker's memory after {REQUESTS:,} requests ÷ after {SETTLED}",
            f"{REQUESTS:,} 次请求后工作进程的内存 ÷ {SETTLED} 次后",
            last / first,
            "×",
            limit=1.25,
            detail=f"{first / 2**20:.0f} → {last / 2**20:.0f} MB",
        )
