"""What the process tests run in processes of their own: ``python store_worker.py ROLE DATA …``.

Each upload carries the same number of job fairs and training classes, so a reader can tell a torn version.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from warehouse_kit import class_, fair, upload

from analytics.settings import Settings
from analytics.warehouse import Store, current, publish

ROWS = 20


def both(tag: str):
    """An upload of ``ROWS`` fairs and as many classes, in two years."""
    days = ("2023-05-01", "2024-05-01")
    return upload(
        f"{tag}.xlsx",
        job_fair=[fair(f"{tag}-{n}", days[n % 2]) for n in range(ROWS)],
        training=[class_(f"{tag}-{n}", days[n % 2]) for n in range(ROWS)],
    )


def say(**words: object) -> None:
    """Print one line of JSON at once."""
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def write(place: Settings, tag: str, count: int) -> None:
    """Commit uploads one after another, each in a writing of its own; tell each when it is acknowledged."""
    say(ready=True)
    for number in range(count):
        outcome = both(f"{tag}{number}")
        with Store(place).writing(60) as writing:
            upload_id = writing.commit(outcome)
            say(acknowledged=upload_id)


def write_on(place: Settings, tag: str, count: int) -> None:
    """The same in one writing, with a revoke now and then."""
    say(ready=True)
    with Store(place).writing(60) as writing:
        for number in range(count):
            upload_id = writing.commit(both(f"{tag}{number}"))
            say(acknowledged=upload_id)
            if number % 5 == 4:
                say(revoking=upload_id)
                writing.revoke(upload_id, "")
                say(revoked=upload_id)
            if number % 3 == 2:
                writing.publish()


def read(place: Settings, seconds: float, enough: Path | None = None) -> None:
    """Ask over and over until the file ``enough`` is there, or for some seconds.

    Tells how often it asked, what totals were seen, and anything that was not as it must be.
    """
    say(ready=True)
    end = time.monotonic() + seconds
    totals: set[int] = set()
    seen: set[str] = set()
    wrong: list[str] = []
    last = 0
    reads = 0
    while time.monotonic() < end and not (enough and enough.exists()):
        version = current(place)
        con = version.connect()
        fairs = con.execute("SELECT count(*), count(DISTINCT upload_id), sum(jobs_n)::BIGINT FROM job_fair").fetchone()
        classes = con.execute("SELECT count(*), sum(trained_visits)::BIGINT FROM training").fetchone()
        uploads = con.execute("SELECT count(*) FROM uploads WHERE revoked_at IS NULL").fetchone()
        if not (fairs[0] == classes[0] == ROWS * uploads[0] == ROWS * fairs[1]):
            wrong.append(f"{version.id}: {fairs} {classes} {uploads}")
        if fairs[0] and (fairs[2] != 100 * fairs[0] or classes[1] != 50 * classes[0]):
            wrong.append(f"{version.id}: sums {fairs} {classes}")
        if fairs[0] < last:
            wrong.append(f"{version.id}: went back from {last} to {fairs[0]}")
        last = fairs[0]
        totals.add(fairs[0])
        seen.add(version.id)
        reads += 1
        con.close()
        time.sleep(0.01)
    say(reads=reads, totals=sorted(totals), versions=len(seen), wrong=wrong)


def hold(place: Settings) -> None:
    """Hold the write lock until killed."""
    with Store(place).writing(60):
        say(ready=True)
        time.sleep(600)


if __name__ == "__main__":
    # Old versions go at once, so that readers meet removals as often as can be.
    publish.GRACE_SECONDS = 0.0
    role, folder, *rest = sys.argv[1:]
    where = Settings(data=Path(folder), keep_versions=2)
    if role == "read":
        read(where, float(rest[0]), Path(rest[1]) if len(rest) > 1 else None)
    elif role == "hold":
        hold(where)
    else:
        {"write": write, "write_on": write_on}[role](where, rest[0], int(rest[1]))
