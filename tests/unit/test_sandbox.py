"""A file is read in a process of its own: whatever becomes of that process, the asking one gets an outcome."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from analytics.etl import sandbox, wire
from analytics.etl.report import FileReport, IngestOptions, Outcome
from analytics.etl.sandbox import Reader, read_file
from analytics.settings import Settings

SUPPORT = Path(__file__).resolve().parents[1] / "support"
OPTIONS = IngestOptions("七月台账.xlsx", dt.date(2024, 7, 31), constants={"source": "督查"})
SETTINGS = Settings(reader_seconds=3, reader_memory=256 << 20)


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(SUPPORT))
        with Reader(SETTINGS, target="sandbox_targets:misbehave") as opened:
            yield opened


def told(outcome: Outcome) -> tuple[str, list[str]]:
    return outcome.report.state, [finding.code for finding in outcome.report.findings]


def children_of(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def gone(pid: int) -> bool:
    try:
        return "State:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


def wait_until(true: object, seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():  # type: ignore[operator]
            return True
        time.sleep(0.02)
    return False


def test_everything_in_an_outcome_comes_back(reader: Reader):
    outcome = reader.read(b"all", OPTIONS)
    assert outcome.report.sha256 == hashlib.sha256(b"all").hexdigest()
    assert outcome.report.file == "七月台账.xlsx"
    assert outcome.report.findings[0].cell == "D12"
    assert outcome.report.sheets[0].header_rows == [3, 4]
    assert outcome.tables["job_fair"].to_pydict() == {"jobs_n": [1, None], "name": ["甲", "乙"]}
    assert outcome.tables["event"].schema == outcome.tables["job_fair"].schema
    assert outcome.quarantine[0].cells == {"A": "1", "D": "较多"}
    assert (outcome.reporting_unit, outcome.period) == ("宝鸡市总工会", "2024-07")


@pytest.mark.parametrize(
    ("deed", "code"),
    [
        ("memory", "FILE-MEMORY"),
        ("memory-native", "FILE-MEMORY"),
        ("spin", "FILE-TIMEOUT"),
        ("sleep", "FILE-TIMEOUT"),
        ("segfault", "FILE-CRASH"),
        ("abort", "FILE-CRASH"),
        ("killed", "FILE-CRASH"),
        ("raise", "FILE-CRASH"),
        ("interrupt", "FILE-CRASH"),
        ("exit", "FILE-CRASH"),
        ("garbage:00", "FILE-CRASH"),
        ("garbage:ffffffffffffffff00", "FILE-CRASH"),
        ("garbage:0200000000000000" + b"{}".hex(), "FILE-CRASH"),
    ],
)
def test_what_a_child_does_to_itself_becomes_a_reason_and_the_next_file_is_read(reader: Reader, deed: str, code: str):
    failed = reader.read(deed.encode(), OPTIONS)
    assert told(failed) == ("unreadable", [code])
    assert failed.report.sha256 == hashlib.sha256(deed.encode()).hexdigest()
    assert failed.report.findings[0].hint
    assert reader.read(b"next", OPTIONS).report.state == "partially_accepted"


def test_no_child_takes_more_memory_than_it_is_given(reader: Reader):
    reader.read(b"memory", OPTIONS)
    assert 100 << 20 < reader.peak <= SETTINGS.reader_memory


def test_an_answer_whose_pages_are_still_held_when_the_child_has_ended_is_taken_all_the_same(reader: Reader):
    """As where somebody looks at its memory just then (``ps``, a monitor)."""
    assert reader.read(b"held", OPTIONS).report.state == "partially_accepted"


def test_a_flood_of_error_output_does_no_harm(reader: Reader):
    assert reader.read(b"flood", OPTIONS).report.state == "accepted"


def test_outcomes_come_in_the_order_of_the_files_whatever_happens_to_some(reader: Reader):
    deeds = ["wait:0.4", "a", "abort", "b", "spin", "c", "raise", "d"]
    outcomes = list(reader.read_many((deed.encode(), replace(OPTIONS, file_name=deed)) for deed in deeds))
    assert [outcome.report.file for outcome in outcomes] == deeds
    assert [outcome.report.state == "unreadable" for outcome in outcomes] == [
        False, False, True, False, True, False, True, False,
    ]  # fmt: skip


def test_two_slow_files_are_read_at_the_same_time(reader: Reader):
    start = time.monotonic()
    list(reader.read_many([(b"wait:0.6", OPTIONS)] * 2))
    assert time.monotonic() - start < 1.15


def test_a_path_and_its_bytes_are_read_alike(reader: Reader, tmp_path: Path):
    path = tmp_path / "台账.xlsx"
    path.write_bytes(b"the same")
    assert reader.read(path, OPTIONS).report == reader.read(b"the same", OPTIONS).report


def test_a_path_that_cannot_be_opened_is_an_outcome_too(reader: Reader, tmp_path: Path):
    missing, folder = reader.read_many([(tmp_path / "没有.xlsx", OPTIONS), (tmp_path, OPTIONS)])
    assert told(missing) == ("unreadable", ["FILE-UNREADABLE"])
    assert told(folder) == ("unreadable", ["FILE-UNREADABLE"])


def test_a_file_name_that_is_not_utf8_does_no_harm(reader: Reader):
    name = os.fsdecode("七月.xlsx".encode("gbk"))
    assert reader.read(b"a", replace(OPTIONS, file_name=name)).report.file.endswith(".xlsx")


def test_an_empty_file_reaches_the_reading_code(reader: Reader):
    assert reader.read(b"", OPTIONS).report.sha256 == hashlib.sha256(b"").hexdigest()


def test_closing_ends_every_process_and_leaves_no_zombie_and_no_descriptor(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PYTHONPATH", str(SUPPORT))
    before = len(list(Path("/proc/self/fd").iterdir()))
    already = set(children_of(os.getpid()))
    with Reader(Settings(reader_seconds=60), target="sandbox_targets:misbehave") as reader:
        reader.read(b"a", OPTIONS)
        (parent,) = set(children_of(os.getpid())) - already
        outcomes = reader.read_many([(b"a", OPTIONS), (b"sleep", OPTIONS), (b"sleep", OPTIONS)])
        next(outcomes)
        assert wait_until(lambda: len(children_of(parent)) == 2)
        grandchildren = children_of(parent)
        start = time.monotonic()
    assert time.monotonic() - start < 2.5
    assert wait_until(lambda: all(gone(pid) for pid in [parent, *grandchildren]))
    assert not Path(f"/proc/{parent}").exists()
    outcomes.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_reader_whose_process_is_killed_says_so_and_recovers(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PYTHONPATH", str(SUPPORT))
    already = set(children_of(os.getpid()))
    with Reader(SETTINGS, target="sandbox_targets:misbehave") as reader:
        reader.read(b"a", OPTIONS)
        (parent,) = set(children_of(os.getpid())) - already
        os.kill(parent, signal.SIGKILL)
        assert told(reader.read(b"a", OPTIONS)) in [
            ("unreadable", ["FILE-CRASH"]),
            ("partially_accepted", ["VAL-COUNT-WORDS"]),
        ]
        assert reader.read(b"a", OPTIONS).report.state == "partially_accepted"


def run(script: str, **environment: str) -> subprocess.Popen[str]:
    prelude = """
        import datetime as dt, os, signal, sys, threading, time
        from analytics.etl.report import IngestOptions
        from analytics.etl.sandbox import Reader, read_file
        from analytics.settings import Settings
        options = IngestOptions("a.csv", dt.date(2024, 7, 31))
        settings = Settings(reader_seconds=60)
    """
    code = textwrap.dedent(prelude) + textwrap.dedent(script)
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SUPPORT), **environment},
        start_new_session=True,
    )


def test_ctrl_c_stops_at_once_and_takes_the_children_along():
    with run(
        """
        with Reader(settings, target="sandbox_targets:misbehave") as reader:
            reader.read(b"a", options)
            print(reader._process.pid, flush=True)
            reader.read(b"spin", options)
        """
    ) as asking:
        assert asking.stdout is not None
        parent = int(asking.stdout.readline())
        assert wait_until(lambda: children_of(parent))
        (child,) = children_of(parent)
        start = time.monotonic()
        os.killpg(asking.pid, signal.SIGINT)
        asking.communicate(timeout=10)
        assert time.monotonic() - start < 3
        assert asking.returncode == -signal.SIGINT
        assert wait_until(lambda: gone(parent) and gone(child))


def test_children_do_not_outlive_an_asking_process_that_is_killed():
    with run(
        """
        reader = Reader(settings, target="sandbox_targets:misbehave")
        reader.read(b"a", options)
        print(reader._process.pid, flush=True)
        reader.read(b"spin", options)
        """
    ) as asking:
        assert asking.stdout is not None
        parent = int(asking.stdout.readline())
        assert wait_until(lambda: children_of(parent))
        (child,) = children_of(parent)
        asking.kill()
        asking.communicate()
        assert wait_until(lambda: gone(parent) and gone(child))


def test_it_works_in_web_workers_forked_after_a_first_use_and_in_their_threads():
    with run(
        """
        def states(number):
            answers = []
            def ask():
                answers.append(read_file("县区,岗位数\\n渭滨区,8\\n".encode(), options, settings).report.state)
            threads = [threading.Thread(target=ask) for _ in range(number)]
            [thread.start() for thread in threads]
            [thread.join() for thread in threads]
            return answers
        # Threads that end must not take the reading process along, forks must not share it.
        first = states(1)
        workers = []
        for _ in range(2):
            pid = os.fork()
            if pid == 0:
                ok = states(3) == first * 3
                import atexit
                atexit._run_exitfuncs()
                os._exit(0 if ok else 1)
            workers.append(pid)
        codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in workers]
        print(first, codes, states(2) == first * 2)
        """
    ) as asking:
        out, errors = asking.communicate(timeout=60)
    assert errors == ""
    assert out.strip() == "['rejected'] [0, 0] True"


def test_one_reader_serves_all_single_files_of_a_process():
    settings = Settings()
    sandbox.prepare(settings)
    already = set(children_of(os.getpid()))
    states = {read_file(content, OPTIONS, settings).report.state for content in (b"", b"a,b\n1,2\n", b"%PDF")}
    assert states <= {"unreadable", "rejected"}
    assert set(children_of(os.getpid())) == already


# What crosses the border


def message(outcome: Outcome) -> bytes:
    descriptor = os.memfd_create("message")
    try:
        wire.write(outcome, descriptor)
        return os.pread(descriptor, os.fstat(descriptor).st_size, 0)
    finally:
        os.close(descriptor)


def test_a_large_table_crosses_without_a_difference():
    table = pa.table({"n": pa.array(range(50_000), pa.int64()), "text": [f"招聘会{n % 97}" for n in range(50_000)]})
    report = FileReport("a.xlsx", "", "accepted")
    assert wire.decode(message(Outcome(report, {"job_fair": table}))).tables["job_fair"].equals(table)


def test_empty_columns_cross_by_name_only():
    empty = {"day": pa.nulls(10_000, pa.date32()), "said": pa.nulls(10_000, pa.string()), "none": pa.nulls(10_000)}
    report = FileReport("a.xlsx", "", "accepted")
    table = pa.table({"n": pa.array(range(10_000), pa.int64()), **empty})
    crossed = message(Outcome(report, {"t": table, "e": pa.table(empty)}))
    assert wire.decode(crossed).tables == {"t": table, "e": pa.table(empty)}
    assert len(crossed) < 10_000 * 9


@pytest.mark.parametrize("kind", [pa.int64(), pa.binary(1 << 20), pa.list_(pa.int8(), 1 << 20)])
def test_rows_that_weigh_nothing_are_refused_where_they_would_fill_the_memory(kind):
    schema = pa.schema([("n", kind)])
    light = pa.table({"n": pa.nulls(1 << 30)}).replace_schema_metadata({b"schema": schema.serialize().to_pybytes()})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wire, "_light", lambda _: light)
        whole = message(Outcome(FileReport("a.xlsx", "", "accepted"), {"t": light}))
    with pytest.raises(ValueError, match="outgrow"):
        wire.decode(whole)


def test_no_cut_and_no_changed_byte_of_a_message_does_more_than_raise():
    table = pa.table({"n": [1, 2, 3], "text": ["一", None, "三"]})
    whole = message(Outcome(FileReport("a.xlsx", "", "accepted"), {"t": table}))
    for cut in range(0, len(whole), 7):
        with pytest.raises((ValueError, OSError, pa.ArrowException)):
            wire.decode(whole[:cut])
    for at in range(0, len(whole), 3):
        changed = bytearray(whole)
        changed[at] ^= 0xFF
        try:
            answer = wire.decode(bytes(changed))
        except (ValueError, OSError, pa.ArrowException):
            continue
        for each in answer.tables.values():
            each.to_pydict()


def test_nothing_that_crosses_is_a_pickle():
    for module in (sandbox, wire):
        assert "import pickle" not in Path(str(module.__file__)).read_text(encoding="utf-8")
