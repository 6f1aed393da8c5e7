"""Ledgers in memory for the metrics' tests: one table a ledger, typed as published ones are."""

import datetime as dt
import json

import duckdb
import pyarrow as pa

from analytics.ledgers import ledgers
from analytics.ledgers.schema import record_schema
from analytics.metrics import lasting

D = dt.date


def estimate(*fields):
    """The note of numbers written as estimates (百余)."""
    return json.dumps({field: {"low": 100, "high": 199, "raw": "百余"} for field in fields}, ensure_ascii=False)


def known_to(field, span):
    """The note of a date known only to its month, quarter …"""
    return json.dumps({field: span})


def connection(**rows):
    """Return a connection with a table a ledger, holding ``rows`` (dicts; what a dict lacks is null)."""
    con = duckdb.connect(":memory:")
    for ledger in ledgers().values():
        schema = record_schema(ledger)
        records = [{name: row.get(name) for name in schema.names} for row in rows.get(ledger.id, [])]
        for number, record in enumerate(records, start=1):
            record["record_id"] = record["record_id"] or f"{ledger.id}-{number}"
            record["file_name"] = record["file_name"] or "台账.xlsx"
            record["sheet"] = record["sheet"] or "Sheet1"
            record["row"] = record["row"] or number
        con.register("rows_", pa.Table.from_pylist(records, schema=schema))
        con.execute(f'CREATE TABLE "{ledger.id}" AS SELECT * FROM rows_')
        con.unregister("rows_")
    return con


def with_versions(con, ledger, versions):
    """Put the versions of some records, each the record and the day from which it stood, beside ``ledger``."""
    schema = record_schema(ledgers()[ledger])
    records = [{name: row.get(name) for name in schema.names} for row, _ in versions]
    days = pa.array([day for _, day in versions], pa.date32())
    table = pa.Table.from_pylist(records, schema=schema).append_column("stood_on", days)
    con.register("rows_", table.append_column("version_no", pa.array(range(len(versions)), pa.int64())))
    con.execute(f'CREATE TABLE "{ledger}_versions" AS SELECT * FROM rows_')
    con.unregister("rows_")
    return con


def fair(day, county="渭滨区", **values):
    """One job fair."""
    row = {
        "fair_name": "春风行动招聘会",
        "mode": "线下",
        "sessions": 1,
        "employers_n": 10,
        "jobs_n": 100,
        "visits_total": 200,
    }
    return {**row, "fair_date": day, "county": county, "reporting_unit": f"{county}总工会", **values}


def event(day, kind="宣讲", county="渭滨区", **values):
    """One activity."""
    row = {"event_name": "劳模宣讲", "event_type": kind, "sessions": 1, "status": "已完成", "organizer": "宣教部"}
    return {**row, "start_date": day, "county": county, "reporting_unit": f"{county}总工会", **values}


def course(day, category="电工", county="渭滨区", **values):
    """One class."""
    row = {"course_name": f"{category}班", "category": category, "trained_visits": 50, "organizer": "权益部"}
    return {**row, "start_date": day, "county": county, "reporting_unit": f"{county}总工会", **values}


def item(found, status="整改中", **values):
    """One item to be put right."""
    row = {"item_no": "1", "source": "督查", "description": "问题", "measures": "措施", "resp_unit": "渭滨区总工会"}
    return {**row, "found_date": found, "status": status, "reporting_unit": "渭滨区总工会", **values}


def target(kpi, annual, county="全市", year=2024, q1=None, q2=None, q3=None, q4=None):
    """One annual target."""
    return {"year": year, "kpi": kpi, "county": county, "annual_target": annual, "q1": q1, "q2": q2, "q3": q3, "q4": q4}


class Asked:
    """What a server asks all day: a version (here one connection), of which sums are kept."""

    id = "asked"
    data_as_of = None

    def __init__(self, con):
        self._con = con
        lasting(self)

    def kept_connection(self):
        """The one connection there is."""
        return self._con

    def scan(self, ledger):
        """Tell of no files: the tables are asked by their names."""

    def origin(self, sql):
        """Tell nothing: every question is asked."""
