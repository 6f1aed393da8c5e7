"""Kill -9 at random moments of upload, confirm, publish and revoke: nothing by halves, nothing acknowledged is lost.

A clerk's process hands in, confirms and takes back files; the desk's worker loads and publishes; readers ask all the
time. Each round kills the worker, the clerk or both at a moment chosen by chance. What the clerk was told is written
down outside the data folder, and held against what is there.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Iterator
from multiprocessing.synchronize import Event
from pathlib import Path

from analytics.settings import Settings
from bench.measure import Measure, fresh_folder

ROUNDS = 200
ROWS = 20
LONGEST = 1.2
"""Seconds a round goes on before the kill, at most."""
_HEADER = "招聘会名称,举办日期,县区,主办单位,举办方式,参会企业数,提供岗位数,服务人次"


def workbook(number: int) -> bytes:
    """One file: its fairs are in two years and each has 100 jobs, so that a torn version shows in its sums."""
    rows = [
        f"第{number}批第{at}场,{2023 + at % 2}-05-{at % 28 + 1:02d},太白县,县总工会,线下,10,100,300"
        for at in range(ROWS)
    ]
    return "\n".join([_HEADER, *rows]).encode()


def clerk(settings: Settings, first: int, told: Path) -> None:
    """Hand in, confirm and now and then take back one file after another; write down what was acknowledged."""
    import io

    from analytics.desk import counter, tasks
    from analytics.operations.people import Person

    person = Person(id="1", login="bench", name="bench", roles=frozenset({"steward"}), discipline=True)
    with told.open("a", encoding="utf-8", buffering=1) as out:

        def say(word: str, task_id: str) -> None:
            out.write(json.dumps([word, task_id]) + "\n")

        def wait(task_id: str) -> tasks.Task:
            while True:
                found = tasks.find(settings, task_id)
                assert found is not None
                if found.state not in tasks.BUSY:
                    return found
                counter.look(settings, person, task_id)
                time.sleep(0.02)

        number = first
        while True:
            number += 1
            task, _ = counter.hand_in(settings, person, f"{number}.csv", io.BytesIO(workbook(number)))
            say("handed", task.id)
            seen = wait(task.id)
            counter.confirm(settings, person, task.id, seen.revision)
            say("confirmed", task.id)
            if wait(task.id).state == "done":
                say("done", task.id)
            if number % 4 == 0:
                say("revoking", task.id)
                counter.revoke(settings, person, task.id, "试验")
                if wait(task.id).state == "revoked":
                    say("revoked", task.id)


def reader(settings: Settings, stop: Event, wrong: Path) -> None:
    """Ask all the time; write down whatever is not as it must be."""
    from analytics.warehouse import current

    with wrong.open("a", encoding="utf-8", buffering=1) as out:
        while not stop.is_set():
            try:
                con = current(settings).connect()
                for upload_id, rows, jobs in con.execute(
                    "SELECT upload_id, count(*), sum(jobs_n)::BIGINT FROM job_fair GROUP BY ALL"
                ).fetchall():
                    if (rows, jobs) != (ROWS, 100 * ROWS):
                        out.write(f"{upload_id}: {rows} rows, {jobs} jobs\n")
                con.close()
            except Exception as error:  # noqa: BLE001 - any error at all is what is being looked for
                out.write(f"{type(error).__name__}: {error}\n")
            stop.wait(0.02)


def worker_pid(settings: Settings) -> int | None:
    """Return the process that is the desk's worker, if there is one."""
    from analytics.desk import worker

    if not worker.is_there(settings):
        return None
    text = (settings.processed / "desk.lock").read_text(encoding="ascii")
    return int(text) if text.isdecimal() else None


def kill(pid: int | None) -> bool:
    """Kill a process that may be gone; return whether it was there."""
    if pid is None:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
        return True
    return False


def read_told(told: Path) -> dict[str, set[str]]:
    """Return what the clerk was told, by word; a line cut off by a kill was not told."""
    found: dict[str, set[str]] = {word: set() for word in ("handed", "confirmed", "done", "revoking", "revoked")}
    for line in told.read_text(encoding="utf-8").splitlines() if told.exists() else ():
        if line.endswith("]"):
            word, task_id = json.loads(line)
            found[word].add(task_id)
    return found


def held_against(settings: Settings, told: Path) -> list[str]:
    """Let the desk finish what was left, and return what is not as it must be."""
    from analytics.desk import tasks, worker
    from analytics.warehouse import Store, current
    from analytics.warehouse.check import check

    Store(settings).repair()
    until = time.monotonic() + 120
    while tasks.in_state(settings, tasks.BUSY) and time.monotonic() < until:
        worker.ensure(settings)
        time.sleep(0.1)
    wrong = [f"{one.name}: {one.message}" for one in check(settings) if one.verdict != "ok"]
    said = read_told(told)
    con = current(settings).connect()
    rows = dict(con.execute("SELECT upload_id, count(*) FROM job_fair GROUP BY ALL").fetchall())
    standing = dict(con.execute("SELECT upload_id, revoked_at IS NULL FROM uploads").fetchall())
    hashes = con.execute("SELECT count(*) - count(DISTINCT sha256) FROM uploads WHERE revoked_at IS NULL").fetchone()
    con.close()
    wrong += [f"half an upload: {name} has {count} rows" for name, count in rows.items() if count != ROWS]
    wrong += [f"lost after being handed in: {one}" for one in said["handed"] if tasks.find(settings, one) is None]
    wrong += [f"lost after being confirmed: {one}" for one in said["confirmed"] if one not in standing]
    wrong += [f"lost after being loaded: {one}" for one in said["done"] - said["revoking"] if not standing.get(one)]
    wrong += [f"back after being revoked: {one}" for one in said["revoked"] if standing.get(one) or one in rows]
    if hashes and hashes[0]:
        wrong.append(f"{hashes[0]} files loaded twice")
    left = tasks.in_state(settings, tasks.BUSY)
    wrong += [f"never ends: {task.id} {task.state}" for task in left]
    return wrong


def torture(folder: Path, rounds: int, seed: int) -> tuple[list[str], int, int]:
    """Run; return what was wrong, how many processes were killed, and how many files were handed in."""
    chance = random.Random(seed)
    settings = Settings(data=folder / "data", keep_versions=2)
    told, wrong = folder / "told.jsonl", folder / "wrong.txt"
    spawn = multiprocessing.get_context("spawn")
    stop = spawn.Event()
    readers = [spawn.Process(target=reader, args=(settings, stop, wrong)) for _ in range(2)]
    for one in readers:
        one.start()
    killed = 0
    found: list[str] = []
    try:
        for number in range(rounds):
            person = spawn.Process(target=clerk, args=(settings, number * 10_000, told))
            before = len(read_told(told)["handed"])
            person.start()
            until = time.monotonic() + 60
            while len(read_told(told)["handed"]) == before and time.monotonic() < until:
                time.sleep(0.01)
            time.sleep(chance.uniform(0.0, LONGEST))
            whom = chance.choice(["worker", "clerk", "both"])
            if whom in ("worker", "both"):
                killed += kill(worker_pid(settings))
            if whom == "worker":
                # The clerk goes on: its next look starts another worker, which takes up what was left.
                time.sleep(chance.uniform(0.0, LONGEST))
            killed += kill(person.pid)
            person.join()
            if number % 20 == 19:
                found += held_against(settings, told)
        found += held_against(settings, told)
    finally:
        stop.set()
        for one in readers:
            one.join()
        pid = worker_pid(settings)
        if pid is not None:
            os.kill(pid, signal.SIGTERM)
            until = time.monotonic() + 30
            while worker_pid(settings) is not None and time.monotonic() < until:
                time.sleep(0.05)
    found += [
        f"a reader saw: {line}" for line in (wrong.read_text(encoding="utf-8") if wrong.exists() else "").splitlines()
    ]
    return found, killed, len(read_told(told)["handed"])


def measure() -> Iterator[Measure]:
    """Kill at two hundred random moments and count what was wrong."""
    seed = random.SystemRandom().randrange(1 << 30)
    with fresh_folder() as folder:
        wrong, killed, handed = torture(Path(folder), ROUNDS, seed)
    for line in wrong[:10]:
        print(f"  ✗ {line}")
    yield Measure(
        "crash_wrong",
        f"Things wrong after kill -9 at {ROUNDS} random moments",
        f"在 {ROUNDS} 个随机时刻强行终止后，不对的地方",
        len(wrong),
        "",
        limit=0,
        detail=f"终止 {killed} 个进程，上传 {handed} 份，种子 {seed}",
    )
