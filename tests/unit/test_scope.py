"""What a person may see is decided where the data is asked: every way to a figure or a row is tried."""

from __future__ import annotations

import datetime as dt
import gc
import io
import json
import weakref

import pytest
from people_kit import small_city

from analytics import intake
from analytics.metrics import MetricError, overdue, quality, query, ranking, records, trend
from analytics.metrics.detail import finding_rows, ledger_rows
from analytics.metrics.scope import EVERYTHING, Scope, scope_of, seen
from analytics.settings import Settings
from analytics.warehouse import published
from analytics.warehouse.errors import WarehouseError
from analytics.warehouse.published import Version

WEIBIN = Scope(counties=frozenset({"渭滨区"}))
FAIRS = Scope(ledgers=frozenset({"job_fair"}))
DAY = dt.date(2025, 1, 10)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return small_city(tmp_path_factory.mktemp("scoped"))


@pytest.fixture(scope="module")
def version(city: Settings) -> Version:
    return published.current(city)


def value(version: Version, id_: str, **how):
    return query([id_], period="2024", as_of=DAY, version=version, **how).rows[0].value


def test_a_figure_is_of_ones_own_counties_only(version: Version) -> None:
    assert value(version, "J02", scope=None) == 1200
    assert value(version, "J02", scope=WEIBIN) == 200
    assert value(seen(version, WEIBIN), "J02") == 200


def test_a_ledger_whose_county_is_told_from_the_office_is_limited_too(version: Version) -> None:
    assert value(version, "R04") == 2
    assert value(version, "R04", scope=WEIBIN) == 1


def test_another_county_is_refused_in_words_and_not_shown_among_others(version: Version) -> None:
    with pytest.raises(MetricError, match="金台区不在您的查看范围内"):
        value(version, "J02", county="金台", scope=WEIBIN)
    rows = query(["J02"], period="2024", by="county", version=version, scope=WEIBIN, as_of=DAY).rows
    assert [row.dims["county"] for row in rows] == ["渭滨区"]
    assert [row.dims["county"] for row in ranking("J02", period="2024", version=version, scope=WEIBIN)] == ["渭滨区"]


def test_a_place_among_ones_own_counties_alone_is_no_rank(version: Version) -> None:
    rows = query(["J02"], period="2024", by="county", version=version, scope=WEIBIN, as_of=DAY).rows
    assert [row.rank for row in rows] == [None]


def test_the_rows_behind_a_figure_are_limited(version: Version) -> None:
    found = records("J02", period="2024", version=version, scope=WEIBIN)
    assert set(found["county"]) == {"渭滨区"}
    assert found.attrs["total"] == 2
    assert len(overdue(DAY, version=version, scope=WEIBIN)) == 1
    assert len(overdue(DAY, version=version)) == 2


def test_a_trend_is_limited(version: Version) -> None:
    points = trend("J02", period="2024", as_of=DAY, version=version, scope=WEIBIN)
    assert sum(point.value or 0 for point in points) == 200


def test_a_ledger_out_of_scope_is_refused_by_name_and_left_out_of_the_list(version: Version) -> None:
    with pytest.raises(MetricError, match="不在您的查看范围内"):
        value(version, "R01", scope=FAIRS)
    ids = {row.id for row in query(period="2024", version=version, scope=FAIRS, as_of=DAY).rows}
    assert "J02" in ids
    assert "R01" not in ids


def test_discipline_figures_need_the_grant_and_the_whole_city(version: Version) -> None:
    granted = Scope(discipline=True)
    assert value(version, "D03", scope=granted) == 40
    for scope in (Scope(), Scope(counties=frozenset({"渭滨区"}), discipline=True)):
        with pytest.raises(MetricError):
            value(version, "D03", scope=scope)


@pytest.mark.parametrize("scope", [Scope(), Scope(discipline=True), WEIBIN])
def test_rows_of_a_discipline_ledger_are_nobodys_but_the_data_folders(
    version: Version, city: Settings, scope: Scope
) -> None:
    with pytest.raises(MetricError, match="不提供明细"):
        ledger_rows("integrity_exam", period=None, county=None, version=version, scope=scope)
    with pytest.raises(MetricError, match="不提供明细"):
        intake.export("integrity_exam", city, kind="json", scope=scope)
    assert len(ledger_rows("integrity_exam", period=None, county=None, version=version)) == 1


def test_rows_findings_quarantine_and_quality_are_limited(version: Version) -> None:
    assert len(ledger_rows("job_fair", period=None, county=None, version=version, scope=WEIBIN)) == 2
    assert len(finding_rows(None, severity="error", version=version, scope=None)) == 1
    assert len(finding_rows(None, severity="error", version=version, scope=WEIBIN)) == 0
    mine = seen(version, WEIBIN).connect()
    for view, count in (("quarantine", 0), ("all_quarantine", 0), ("all_findings", 0), ("uploads", 1)):
        assert mine.execute(f"SELECT count(*) FROM {view}").fetchone() == (count,), view
    assert {row.ledger for row in quality("2024", as_of=DAY, version=version, scope=FAIRS)} == {"job_fair"}


def test_an_export_is_limited(city: Settings) -> None:
    told = json.loads(intake.export("job_fair", city, kind="json", scope=WEIBIN) or b"")
    assert {row["county"] for row in told} == {"渭滨区"}
    into = io.BytesIO()
    intake.export("rectification", city, kind="csv", output=into, scope=WEIBIN)
    assert "台账不全" in into.getvalue().decode()
    assert "制度不全" not in into.getvalue().decode()


def test_no_view_shows_what_no_rule_was_written_for(version: Version) -> None:
    """A table added later is empty for limited people until somebody decides what they may see of it."""
    whole = version.connect()
    whole.execute("CREATE OR REPLACE VIEW added_later AS SELECT 1 AS secret")
    limited = seen(version, Scope(counties=frozenset({"凤县"}))).connect()
    assert limited.execute("SELECT count(*) FROM added_later").fetchone() == (0,)
    names = [name for (name,) in whole.execute("SELECT view_name FROM duckdb_views() WHERE schema_name = 'main' AND NOT internal").fetchall()]  # fmt: skip  # noqa: E501
    for name in names:
        assert limited.execute(f'SELECT count(*) FROM "{name}"').fetchone() == (0,), name


def test_files_are_not_given_to_a_limited_question(version: Version) -> None:
    with pytest.raises(WarehouseError):
        seen(version, WEIBIN).files("job_fair")


def test_a_limited_version_stays_limited(version: Version) -> None:
    mine = seen(version, WEIBIN)
    assert seen(mine, WEIBIN) is mine
    assert seen(mine, None) is mine
    with pytest.raises(ValueError, match="cannot be limited again"):
        seen(mine, FAIRS)
    assert scope_of(version) is None
    assert seen(version, EVERYTHING) is version
    assert seen(version, WEIBIN) is mine, "one scope is one object: what is remembered of it is found again"


def test_a_version_let_go_ends_with_its_last_reader(city: Settings) -> None:
    published._cache.clear()
    whole = published.current(city)
    assert value(seen(whole, WEIBIN), "J02") == 200
    gone = weakref.ref(whole)
    gc.disable()
    try:
        published._cache.clear()
        whole.retire()
        del whole
        assert gone() is None, "it is held by a circle, which a server's collector does not look through"
    finally:
        gc.enable()
