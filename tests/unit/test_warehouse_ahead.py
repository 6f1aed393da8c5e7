"""Years written for the next version while their upload is being committed: the same files, or none at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from warehouse_kit import class_, fair, goal, upload

from analytics.settings import Settings
from analytics.warehouse import Store, ahead, current, publish
from analytics.warehouse.store import Writing


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "_MANY", 1)


@pytest.fixture
def place(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data")


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that publishing itself wrote from the store."""
    names: list[str] = []
    plain = publish._copy

    def watched(con, query, staging, name):
        names.append(name)
        return plain(con, query, staging, name)

    monkeypatch.setattr(publish, "_copy", watched)
    return names


def everything():
    return upload(
        job_fair=[
            fair("三", "2024-05-01", note="空'格"),
            fair("一", "2023-02-03"),
            fair("二", "2024-01-01", jobs_n=None),
        ],
        training=[class_("电工班", "2999-01-01"), class_("焊工班", "2023-01-01")],
        target=[goal(2025, "J02", 7)],
    )


def records(place: Settings) -> dict[str, object]:
    folder = current(place).folder
    assert folder is not None
    tables = {path.relative_to(folder).as_posix(): pq.read_table(path) for path in sorted(folder.glob("*/*.parquet"))}
    # DuckDB 2 also writes what can never be null, as a column made of one constant; that is no matter to a reader.
    return {name: ([(one.name, one.type) for one in table.schema], table.to_pylist()) for name, table in tables.items()}


def names(place: Settings) -> list[str]:
    rows = current(place).connect().execute("SELECT fair_name FROM job_fair ORDER BY ALL").fetchall()
    return [name for (name,) in rows]


def load(place: Settings, outcome, **how) -> None:
    with Store(place).writing() as writing:
        writing.commit(outcome, **how)


def test_the_files_are_those_that_the_store_would_give(
    place: Settings, tmp_path: Path, copied: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    load(place, everything(), upload_id="20240801-1a2b3c4d")
    assert not [name for name in copied if "/" in name], "no year was asked of the store"
    other = Settings(data=tmp_path / "other")
    monkeypatch.setattr(ahead, "_MANY", 1_000)
    load(other, everything(), upload_id="20240801-1a2b3c4d")
    assert sorted(name for name in copied if "/" in name) == list(records(other))
    assert records(place) == records(other)
    kept = [publish.read_manifest(current(one).folder) for one in (place, other)]
    told = [{k: (v["rows"], v["last_day"]) for k, v in one["files"].items() if "/" in k} for one in kept]
    assert told[0] == told[1]
    assert [one["data_as_of"] for one in kept] == ["2024-05-01", "2024-05-01"]


def test_a_year_begun_before_is_asked_of_the_store(place: Settings, copied: list[str]) -> None:
    load(place, upload("一.xlsx", job_fair=[fair("一", "2023-02-03")]))
    load(place, upload("二.xlsx", job_fair=[fair("二", "2023-02-04"), fair("三", "2024-02-04")]))
    assert [name for name in copied if "/" in name] == ["job_fair/year=2023.parquet"]
    assert names(place) == sorted(["一", "二", "三"])


@pytest.mark.parametrize("then", ["another", "revoke"])
def test_what_touches_a_year_later_makes_its_file_worthless(place: Settings, then: str) -> None:
    with Store(place).writing() as writing:
        first = writing.commit(upload("一.xlsx", job_fair=[fair("一", "2023-02-03")]))
        if then == "another":
            writing.commit(upload("二.xlsx", job_fair=[fair("二", "2023-02-04")]))
        else:
            writing.revoke(first, "报错")
    assert names(place) == (sorted(["一", "二"]) if then == "another" else [])


def test_of_an_upload_that_failed_nothing_is_seen(place: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(place).writing() as writing:
        with monkeypatch.context() as patch:
            patch.setattr(Writing, "_insert_upload", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                writing.commit(upload("坏.xlsx", job_fair=[fair("坏", "2023-02-03")]))
        writing.commit(upload("好.xlsx", job_fair=[fair("好", "2023-02-03")]))
    assert names(place) == ["好"]
    assert not list(place.published.glob(".staging-*"))


def test_where_the_file_cannot_be_written_the_store_is_asked(
    place: Settings, copied: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ahead, "_write", full)
    load(place, upload(job_fair=[fair("一", "2023-02-03")]))
    assert "job_fair/year=2023.parquet" in copied
    assert names(place) == ["一"]


def test_what_a_killed_writer_wrote_ahead_is_swept_away(place: Settings) -> None:
    program = (
        "import os, sys; from pathlib import Path; from warehouse_kit import fair, upload;"
        "from analytics.settings import Settings; from analytics.warehouse import Store, ahead; ahead._MANY = 1\n"
        "with Store(Settings(data=Path(sys.argv[1]))).writing() as writing:\n"
        "    writing.commit(upload('一.xlsx', job_fair=[fair('一', '2023-02-03')])); writing.ahead.files(); os._exit(9)"
    )
    kit = Path(__file__).parents[1] / "support"
    done = subprocess.run([sys.executable, "-c", program, str(place.data)], cwd=kit, check=False)
    assert done.returncode == 9
    assert list(place.published.glob(".staging-ahead-*/*/year=2023.parquet"))
    assert current(place).empty
    load(place, upload("二.xlsx", job_fair=[fair("二", "2023-02-04")]))
    assert names(place) == sorted(["一", "二"])
    assert not list(place.published.glob(".staging-*"))
