"""What readers get: immutable versions, shared years, typed views, and repair after a crash at any step."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from warehouse_kit import class_, fair, goal, upload

from analytics import moments
from analytics.ledgers import ledgers
from analytics.ledgers.schema import record_schema
from analytics.settings import Settings
from analytics.warehouse import Store, WarehouseError, current, publish, published
from analytics.warehouse.tables import columns

SPARK_KNOWS = (pa.string(), pa.int64(), pa.int32(), pa.date32(), pa.bool_(), pa.timestamp("us"))


@pytest.fixture
def place(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", keep_versions=2)


def commit(place: Settings, outcome, **how) -> str:
    with Store(place).writing() as writing:
        return writing.commit(outcome, **how)


def inode(place: Settings, name: str) -> int:
    folder = current(place).folder
    assert folder is not None
    return (folder / name).stat().st_ino


def test_before_anything_is_loaded_every_ledger_is_there_and_empty(place: Settings) -> None:
    version = current(place)
    assert version.empty
    con = version.connect()
    for ledger in ledgers().values():
        relation = con.execute(f"SELECT * FROM {ledger.id}")
        assert [(column[0], str(column[1])) for column in relation.description] == list(columns(ledger).items())
        assert relation.fetchall() == []
    for view in ("uploads", "findings", "quarantine", "all_findings", "all_quarantine"):
        assert con.execute(f"SELECT count(*) FROM {view}").fetchone() == (0,)
    assert not place.data.exists(), "asking makes nothing"


def test_a_ledger_without_rows_has_all_its_columns_typed(place: Settings) -> None:
    commit(place, upload(job_fair=[fair("春风行动")]))
    con = current(place).connect()
    for ledger in ledgers().values():
        relation = con.execute(f"SELECT * FROM {ledger.id}")
        assert [(column[0], str(column[1])) for column in relation.description] == list(columns(ledger).items())


def test_one_file_a_year_of_plain_types_another_engine_can_read(place: Settings) -> None:
    commit(place, upload(job_fair=[fair("一", "2023-03-01"), fair("二", "2024-03-01")], target=[goal(2025, "J02", 7)]))
    version = current(place)
    assert version.years("job_fair") == [2023, 2024]
    assert version.years("target") == [2025]
    assert version.years("event") == []
    names = sorted(path.relative_to(version.folder).as_posix() for path in version.folder.rglob("*.parquet"))
    assert names == [
        "corrections.parquet", "decisions.parquet", "findings.parquet", "job_fair/year=2023.parquet",
        "job_fair/year=2024.parquet", "quarantine.parquet", "target/year=2025.parquet", "uploads.parquet",
    ]  # fmt: skip
    for name in names:
        for field in pq.read_schema(version.folder / name):
            assert field.type in SPARK_KNOWS or pa.types.is_decimal(field.type), field
    declared = record_schema(ledgers()["job_fair"])
    stored = pq.read_schema(version.folder / "job_fair/year=2024.parquet")
    assert [(field.name, field.type) for field in stored] == [(field.name, field.type) for field in declared]


def test_years_nothing_touched_are_the_same_files(place: Settings) -> None:
    commit(place, upload(job_fair=[fair("一", "2023-03-01"), fair("二", "2024-03-01")], training=[class_("电工班")]))
    old = [
        inode(place, name)
        for name in ("job_fair/year=2023.parquet", "job_fair/year=2024.parquet", "training/year=2024.parquet")
    ]
    commit(place, upload("新.xlsx", job_fair=[fair("三", "2024-05-01")]))
    new = [
        inode(place, name)
        for name in ("job_fair/year=2023.parquet", "job_fair/year=2024.parquet", "training/year=2024.parquet")
    ]
    assert (new[0], new[2]) == (old[0], old[2])
    assert new[1] != old[1]


def test_without_hard_links_untouched_years_are_copied(place: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(place, upload(job_fair=[fair("一", "2023-03-01")]))

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    commit(place, upload("新.xlsx", job_fair=[fair("二", "2024-05-01")]))
    assert current(place).rows("job_fair") == 2
    assert current(place).connect().execute("SELECT count(*) FROM job_fair").fetchone() == (2,)


def test_a_record_corrected_into_another_year_is_only_there(place: Settings) -> None:
    moved = fair("跨年", "2023-12-31")
    commit(place, upload(job_fair=[moved, fair("留下", "2023-01-01")]))
    commit(place, upload("更正.xlsx", job_fair=[{**moved, "fair_date": dt.date(2024, 1, 1)}]))
    con = current(place).connect()
    assert con.execute("SELECT fair_name, year(fair_date) FROM job_fair ORDER BY 1").fetchall() == [
        ("留下", 2023),
        ("跨年", 2024),
    ]
    assert current(place).years("job_fair") == [2023, 2024]


def test_a_record_without_a_day_is_published_too(place: Settings) -> None:
    commit(place, upload(job_fair=[{**fair("无日期"), "fair_date": None}, fair("有日期")]))
    commit(place, upload("再.xlsx", job_fair=[{**fair("无日期二"), "fair_date": None}]))
    version = current(place)
    assert version.connect().execute("SELECT count(*), count(fair_date) FROM job_fair").fetchone() == (3, 1)
    assert version.years("job_fair") == [2024]


def test_the_version_tells_how_far_its_data_go(place: Settings) -> None:
    future = moments.today() + dt.timedelta(days=40)
    commit(
        place, upload(job_fair=[fair("早", "2024-07-01"), fair("晚", "2024-08-09"), fair("未到", future.isoformat())])
    )
    version = current(place)
    assert version.data_as_of == dt.date(2024, 8, 9)
    assert version.created_at is not None
    assert version.last_upload_at is not None
    assert abs(version.last_upload_at - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)
    manifest = json.loads((version.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["ledgers"]["job_fair"]["rows"] == 3
    assert manifest["engine"] == f"duckdb {duckdb.__version__}"


def test_a_version_in_hand_does_not_change_under_its_reader(place: Settings) -> None:
    commit(place, upload(job_fair=[fair("一")]))
    version = current(place)
    con = version.connect()
    commit(place, upload("新.xlsx", job_fair=[fair("二")]))
    assert con.execute("SELECT count(*) FROM job_fair").fetchone() == (1,)
    assert version.connect().execute("SELECT count(*) FROM job_fair").fetchone() == (1,)
    assert current(place).connect().execute("SELECT count(*) FROM job_fair").fetchone() == (2,)
    assert current(place) is current(place), "asking again for the same version costs nothing"


def test_old_versions_go_but_never_one_that_is_read(place: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, "GRACE_SECONDS", 0.0)
    commit(place, upload("0.xlsx", job_fair=[fair("零")]))
    held = current(place)
    for number in range(1, 8):
        commit(place, upload(f"{number}.xlsx", job_fair=[fair(str(number))]))
    kept = publish.versions(place)
    assert len(kept) == 2 + 1 + 1, "the current one, keep_versions older ones, and the one in hand"
    assert held.id in kept
    assert held.connect().execute("SELECT count(*) FROM job_fair").fetchone() == (1,)


def test_young_versions_stay_for_readers_on_their_way(place: Settings) -> None:
    for number in range(6):
        commit(place, upload(f"{number}.xlsx", job_fair=[fair(str(number))]))
    assert len(publish.versions(place)) == 6
    later = dt.datetime.now(dt.UTC).timestamp() + publish.GRACE_SECONDS + 60
    gone = publish.prune(place, now=later)
    assert len(gone) == 3
    assert current(place).rows("job_fair") == 6


def test_nothing_to_publish_makes_no_version(place: Settings) -> None:
    commit(place, upload(job_fair=[fair("一")]))
    first = current(place).id
    assert Store(place).repair() == first
    assert publish.versions(place) == [first]


class CrashError(Exception):
    """Stands for a killed process."""


@pytest.mark.parametrize("step", ["_write_ledger", "_copy", "point", "_describe"])
def test_a_crash_between_commit_and_publish_is_made_good(
    place: Settings, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    commit(place, upload(job_fair=[fair("一")]))
    before = current(place).id

    def crash(*_: object, **__: object) -> None:
        raise CrashError

    with monkeypatch.context() as patch:
        patch.setattr(publish, step, crash)
        with pytest.raises(CrashError):
            commit(place, upload("新.xlsx", job_fair=[fair("二")]))
    assert current(place).id == before
    assert current(place).connect().execute("SELECT count(*) FROM job_fair").fetchone() == (1,)
    assert Store(place).repair() != before
    assert current(place).connect().execute("SELECT count(*) FROM job_fair").fetchone() == (2,)
    assert not list(place.published.glob(".staging-*"))


def test_the_next_write_publishes_what_a_crash_left_behind(place: Settings) -> None:
    with Store(place).writing(publish_at_end=False) as writing:
        writing.commit(upload(job_fair=[fair("一")]))
    assert current(place).empty
    commit(place, upload("新.xlsx", training=[class_("电工班")]))
    assert (current(place).rows("job_fair"), current(place).rows("training")) == (1, 1)


@pytest.mark.parametrize("damage", ["manifest.json", "job_fair/year=2024.parquet", "CURRENT", "all"])
def test_a_damaged_version_is_replaced_by_a_whole_one(place: Settings, damage: str) -> None:
    commit(place, upload(job_fair=[fair("一", "2023-01-01"), fair("二", "2024-01-01")]))
    folder = current(place).folder
    assert folder is not None
    if damage == "all":
        shutil.rmtree(place.published)
    elif damage == "CURRENT":
        (place.published / "CURRENT").unlink()
    else:
        (folder / damage).unlink()
    commit(place, upload("新.xlsx", training=[class_("电工班")]))
    con = current(place).connect()
    assert con.execute("SELECT count(*) FROM job_fair").fetchone() == (2,)


def test_a_pointer_to_nothing_readable_is_told_in_a_sentence(place: Settings) -> None:
    place.published.mkdir(parents=True)
    (place.published / "CURRENT").write_text("00000009-20240101T000000Z\n", encoding="utf-8")
    with pytest.raises(WarehouseError, match="taizhang check"):
        current(place)


def test_a_folder_name_with_quotes_and_spaces_is_only_a_name(tmp_path: Path) -> None:
    place = Settings(data=tmp_path / "it's 数据 [1]")
    commit(place, upload(job_fair=[fair("一")]))
    assert current(place).connect().execute("SELECT count(*) FROM job_fair").fetchone() == (1,)


@pytest.mark.parametrize("sign", ["*", "?"])
def test_a_folder_name_the_database_would_misread_is_refused(tmp_path: Path, sign: str) -> None:
    with pytest.raises(WarehouseError, match="换一个文件夹"):
        commit(Settings(data=tmp_path / f"数据{sign}"), upload(job_fair=[fair("一")]))


def test_a_relative_data_folder_survives_a_change_of_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    place = Settings(data=Path("data"))
    commit(place, upload(job_fair=[fair("一")]))
    version = current(place)
    monkeypatch.chdir("/")
    assert version.connect().execute("SELECT count(*) FROM job_fair").fetchone() == (1,)


def test_only_a_few_versions_are_kept_in_mind(place: Settings) -> None:
    for number in range(8):
        commit(place, upload(f"{number}.xlsx", job_fair=[fair(str(number))]))
        current(place)
    mine = [key for key in published._cache if key[0] == str(place.published.resolve())]
    assert len(mine) <= 4
