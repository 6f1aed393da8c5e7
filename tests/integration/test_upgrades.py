"""Stores of earlier versions are brought up to date, and nothing in them is lost; backups bring all of it back."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from operations_kit import by_hand, forget, rows
from sqlalchemy import create_engine

from analytics import intake
from analytics.operations import accounts, audit, database, sessions
from analytics.operations import migrations as migrations_of_operations
from analytics.operations.check import check
from analytics.operations.migrations import steps
from analytics.settings import Settings
from analytics.warehouse import migrations, raw

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(data=tmp_path / "data")
    made.processed.mkdir(parents=True)
    return made


def old_operations(settings: Settings, name: str) -> None:
    text = (FIXTURES / f"{name}.sql").read_text(encoding="utf-8")
    if settings.operations_url is None:
        with closing(sqlite3.connect(settings.operations)) as connection:
            connection.executescript(text)
        return
    # The same rows in the tables as PostgreSQL had them at that step.
    server = create_engine(settings.operations_url.get_secret_value())
    with server.begin() as connection:
        for step in steps()[: int(name[-4:])]:
            for statement in migrations_of_operations.statements(step, "postgresql"):
                connection.exec_driver_sql(statement)
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        connection.exec_driver_sql("ALTER TABLE audit_head DISABLE TRIGGER USER")
        connection.exec_driver_sql("DELETE FROM audit_head")
        for line in text.splitlines():
            if line.startswith("INSERT INTO"):
                connection.exec_driver_sql(line.replace("%", "%%"))
        connection.exec_driver_sql("ALTER TABLE audit_head ENABLE TRIGGER USER")
    server.dispose()


def test_every_schema_before_todays_has_a_fixture() -> None:
    for number, step in enumerate(steps()[:-1], start=1):
        assert (FIXTURES / f"operations-{number:04}.sql").exists(), step
    for number, step in migrations.steps()[:-1]:
        assert (FIXTURES / f"warehouse-{number:04}").is_dir(), step


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("operations-*.sql")), ids=lambda path: path.stem)
def test_people_sessions_and_audit_of_an_earlier_version_go_on(settings: Settings, path: Path) -> None:
    old_operations(settings, path.stem)
    found = accounts.find(settings, "wang")
    assert (found.name, found.roles, found.counties) == ("王芳", ("analyst",), ("渭滨区",))
    assert sessions.sign_in(settings, "wang", "kept from an earlier version").token
    assert audit.verify(settings).broken_at is None
    assert audit.verify(settings).lines == 3
    assert check(settings)[0].verdict == "ok"
    assert [tuple(row) for row in rows(settings, "SELECT version_num FROM alembic_version")] == [(steps()[-1],)]


@pytest.mark.sqlite
def test_an_upgraded_operations_database_is_made_like_a_new_one(settings: Settings, tmp_path: Path) -> None:
    old_operations(settings, "operations-0001")
    fresh = Settings(data=tmp_path / "fresh")
    for one in (settings, fresh):
        database.ready(one)

    def shape(one: Settings) -> set[str]:
        with closing(sqlite3.connect(one.operations)) as connection:
            rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        return {" ".join(sql.replace('"', "").split()) for (sql,) in rows if "alembic_version" not in sql}

    assert shape(settings) == shape(fresh)


def test_a_database_of_newer_software_is_left_alone(settings: Settings) -> None:
    audit.record(settings, who="a", action="b", target="c")
    by_hand(settings, "UPDATE alembic_version SET version_num = '9999_later'")
    forget()
    with pytest.raises(database.OperationsError, match="请先升级软件"):
        accounts.everyone(settings)


@pytest.mark.parametrize("folder", sorted(FIXTURES.glob("warehouse-*")), ids=lambda path: path.name)
def test_ledgers_of_an_earlier_version_go_on(settings: Settings, folder: Path) -> None:
    with closing(duckdb.connect(str(settings.warehouse))) as connection:
        connection.execute((folder / "schema.sql").read_text(encoding="utf-8"))
        connection.execute((folder / "load.sql").read_text(encoding="utf-8").replace("FOLDER", str(folder)))
    raw.keep(settings, folder / "original.csv")
    sent = settings.data / "八月.csv"
    sent.write_text(
        "招聘会名称,举办日期,县区,主办单位,举办方式,参会企业数,提供岗位数,服务人次\n"
        "夏季招聘会,2024-08-01,渭滨区,渭滨区总工会,线下,5,50,90\n",
        encoding="utf-8",
    )
    assert intake.ingest([sent], settings)[0].state == "accepted"
    assert [row["state"] for row in intake.uploads(settings)] == ["accepted", "partially_accepted"]
    told = (intake.export("job_fair", settings, kind="csv") or b"").decode()
    assert "春风招聘会" in told
    assert "夏季招聘会" in told
    assert [entry.verdict for entry in intake.check(settings)] == ["ok"] * len(intake.check(settings))


@pytest.mark.sqlite
def test_people_and_the_audit_come_back_byte_for_byte(settings: Settings, tmp_path: Path) -> None:
    sent = tmp_path / "招聘会.csv"
    shutil.copyfile(FIXTURES / "warehouse-0001" / "original.csv", sent)
    intake.ingest([sent], settings)
    accounts.add(settings, login="wang", name="王", roles=["分析"], by="test")
    archive = tmp_path / "all.tar"
    # In use: somebody signs in while the backup is written, and the file is still open afterwards.
    with closing(sqlite3.connect(settings.operations)) as held:
        held.execute("SELECT count(*) FROM audit").fetchone()
        manifest = intake.backup(settings, archive)
    back = Settings(data=tmp_path / "back")
    assert intake.restore(back, archive) == manifest
    member = manifest["members"]["processed/operations.sqlite"]
    assert raw.hash_of(back.operations) == member["sha256"]
    with closing(sqlite3.connect(settings.operations)) as one, closing(sqlite3.connect(back.operations)) as other:
        assert list(one.iterdump()) == list(other.iterdump())
    assert audit.verify(back) == audit.verify(settings)
