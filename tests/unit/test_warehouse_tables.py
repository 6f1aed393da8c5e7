"""The store follows the declarations: a new ledger, a new column; and refuses to lose anything."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest
from warehouse_kit import WEIBIN, fair, goal, table, upload

from analytics.ledgers import Ledger, ledgers
from analytics.settings import Settings
from analytics.warehouse import DeclarationRefused, Store, current, migrations
from analytics.warehouse.errors import StoreTooNew, WarehouseError
from analytics.warehouse.periods import span, within
from analytics.warehouse.tables import conform


@pytest.fixture
def place(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data")


def changed(ledger: str, **columns: dict | None) -> dict[str, Ledger]:
    """The shipped ledgers with columns of one added, altered, or (``None``) left out."""
    data = ledgers()[ledger].model_dump()
    kept = [{**column, **(columns.get(column["name"], {}) or {})} for column in data["columns"]]
    kept = [column for column in kept if columns.get(column["name"], {}) is not None]
    known = {column["name"] for column in kept}
    kept += [{"name": name, "label": name, **more} for name, more in columns.items() if more and name not in known]
    data["columns"] = tuple(kept)
    return dict(ledgers()) | {ledger: Ledger.model_validate(data)}


def load(place: Settings, known: Mapping[str, Ledger], file: str = "七月台账.xlsx", **rows) -> None:
    with Store(place, known).writing() as writing:
        writing.commit(upload(file, declared=known, **rows))


def test_a_new_column_in_the_declaration_is_null_in_what_was_there(place: Settings) -> None:
    load(place, ledgers(), job_fair=[fair("旧", "2023-01-01"), fair("也旧", "2024-01-01")])
    wider = changed("job_fair", booths_n={"type": "count"})
    con = current(place, wider).connect()
    assert con.execute("SELECT booths_n FROM job_fair").fetchall() == [(None,), (None,)], "before any write too"
    load(place, wider, "新.xlsx", job_fair=[fair("新", "2024-02-01", booths_n=12)])
    con = current(place, wider).connect()
    assert con.execute("SELECT fair_name, booths_n FROM job_fair ORDER BY fair_date").fetchall() == [
        ("旧", None), ("也旧", None), ("新", 12),
    ]  # fmt: skip
    assert con.execute("SELECT typeof(booths_n) FROM job_fair LIMIT 1").fetchone() == ("BIGINT",)


def test_a_new_column_that_is_still_empty_is_no_change(place: Settings) -> None:
    load(place, ledgers(), job_fair=[fair("旧")])
    wider = changed("job_fair", booths_n={"type": "count"})
    again = upload("再.xlsx", declared=wider, job_fair=[fair("旧")])
    with Store(place, wider).writing() as writing:
        writing.commit(again)
    assert again.report.sheets[0].changes.unchanged == 1


def test_a_new_ledger_is_only_a_declaration(place: Settings) -> None:
    load(place, ledgers(), job_fair=[fair("旧")])
    member = Ledger.model_validate(
        {
            "id": "member", "name": "会员台账", "row_word": "名会员", "title_words": ["会员台账"],
            "date_field": "joined_on", "key": ["member_code"],
            "columns": [
                {"name": "member_code", "label": "会员编号", "type": "text", "required": True},
                {"name": "joined_on", "label": "入会日期", "type": "date"},
            ],
        }
    )  # fmt: skip
    known = dict(ledgers()) | {"member": member}
    load(place, known, "会员.xlsx", member=[{"record_id": "m1", "member_code": "007"}])
    con = current(place, known).connect()
    assert con.execute("SELECT member_code FROM member").fetchall() == [("007",)]
    assert con.execute("SELECT count(*) FROM job_fair").fetchone() == (1,)


@pytest.mark.parametrize(
    ("alter", "says"),
    [({"jobs_n": {"type": "text"}}, "jobs_n（BIGINT → VARCHAR）"), ({"materials_n": None}, "materials_n")],
)
def test_a_column_with_data_is_neither_dropped_nor_retyped(place: Settings, alter: dict, says: str) -> None:
    load(place, ledgers(), job_fair=[fair("旧")])
    with pytest.raises(DeclarationRefused) as told, Store(place, changed_loosely("job_fair", alter)).writing():
        pytest.fail("opened all the same")
    assert says in str(told.value)
    load(place, ledgers(), "后来.xlsx", job_fair=[fair("新")])
    assert current(place).rows("job_fair") == 2


def changed_loosely(ledger: str, alter: dict) -> dict[str, Ledger]:
    """Like ``changed``, with the rules and near matches that would miss a column left out."""
    base = ledgers()[ledger].model_copy(update={"rules": (), "near": None})
    columns = tuple(
        column.model_copy(update=alter.get(column.name) or {})
        for column in base.columns
        if not (column.name in alter and alter[column.name] is None)
    )
    return dict(ledgers()) | {ledger: base.model_copy(update={"columns": columns})}


def test_a_ledger_with_records_keeps_its_declaration(place: Settings) -> None:
    load(place, ledgers(), job_fair=[fair("旧")])
    without = {name: ledger for name, ledger in ledgers().items() if name != "job_fair"}
    with pytest.raises(DeclarationRefused, match=r"job_fair\.yaml"), Store(place, without).writing():
        pytest.fail("opened all the same")
    without = {name: ledger for name, ledger in ledgers().items() if name != "target"}
    load(place, without, "后来.xlsx", job_fair=[fair("新")])


def test_the_schema_version_is_recorded_and_a_newer_store_refused(place: Settings) -> None:
    load(place, ledgers(), job_fair=[fair("旧")])
    con = duckdb.connect(str(place.warehouse))
    newest = migrations.steps()[-1][0]
    assert con.execute("SELECT max(version) FROM schema_version").fetchone() == (newest,)
    assert migrations.migrate(con) == []
    con.execute("INSERT INTO schema_version VALUES (9999, 'from-the-future', now()::TIMESTAMP)")
    con.close()
    with pytest.raises(StoreTooNew, match="升级"), Store(place).writing():
        pytest.fail("opened all the same")


def test_a_store_that_is_no_database_is_told_in_a_sentence(place: Settings) -> None:
    place.processed.mkdir(parents=True)
    place.warehouse.write_bytes(b"not a database at all" * 500)
    with pytest.raises(WarehouseError, match="taizhang check"), Store(place).writing():
        pytest.fail("opened all the same")


def test_records_are_taken_by_their_declared_types_only() -> None:
    ledger = ledgers()["target"]
    rows = table(ledger, [goal(2024, "J02", 70000)], "a.xlsx", "s", WEIBIN)
    assert conform(ledger, rows) is rows
    fewer = rows.drop_columns(["remark", "q1"])
    assert conform(ledger, fewer).schema.equals(rows.schema)
    with pytest.raises(ValueError, match="nonsense"):
        conform(ledger, rows.append_column("nonsense", rows.column("row")))


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024", "2024-01-01", "2024-12-31"),
        ("2024年", "2024-01-01", "2024-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2023-02", "2023-02-01", "2023-02-28"),
        ("2024年7月", "2024-07-01", "2024-07-31"),
        ("202407", "2024-07-01", "2024-07-31"),
        ("2024Q3", "2024-07-01", "2024-09-30"),
        ("2024-Q1", "2024-01-01", "2024-03-31"),
        ("2024H2", "2024-07-01", "2024-12-31"),
        ("2024-07-15", "2024-07-15", "2024-07-15"),
        ("2024-01..2024-07", "2024-01-01", "2024-07-31"),
        ("2024-07-01至2024-07-10", "2024-07-01", "2024-07-10"),
    ],
)
def test_a_stated_period_is_a_stretch_of_days(text: str, first: str, last: str) -> None:
    days = span(text)
    assert days is not None
    assert [day.isoformat() for day in days] == [first, last]


@pytest.mark.parametrize("text", [None, "", "七月", "2024-13", "2024Q5", "2024-02-30", "0000", "2024-07..2024-01"])
def test_what_is_no_period_is_none(text: str | None) -> None:
    assert span(text) is None


def test_a_month_lies_in_its_quarter() -> None:
    quarter = span("2024Q3")
    assert quarter is not None
    assert within("2024-07", quarter)
    assert not within("2024-06", quarter)
    assert not within("2024", quarter)
    assert not within(None, quarter)
