"""One paragraph a period: written by rules, every number a figure that can be asked for and traced to its rows."""

import datetime as dt
import re

import pytest
from metrics_tables import connection, course, estimate, event, fair, item, target

from analytics.metrics import contribution, paragraph, query, records
from analytics.metrics.comparison import word_rules
from analytics.metrics.model import catalogue

D = dt.date
END = D(2024, 12, 31)
ROWS = {
    "job_fair": [
        *(fair(D(2024, month, 5), "金台区", jobs_n=120) for month in (1, 2, 3, 7, 7)),
        *(fair(D(2023, month, 5), "金台区", jobs_n=100) for month in (1, 2, 7)),
        fair(D(2024, 7, 9), "凤县", jobs_n=None, approx=estimate("jobs_n")),
        *(fair(D(2023, month, 9), "渭滨区", jobs_n=90) for month in range(1, 10)),
        *(fair(D(2024, month, 9), "渭滨区", jobs_n=90) for month in range(1, 13)),
    ],
    "rectification": [item(D(2024, 2, 1), deadline=D(2024, 5, 1)), item(D(2024, 3, 1), item_no="2")],
    "target": [target("J02", 2000), target("J01", 18, "金台区"), target("R01", 95)],
    "event": [event(D(2024, 3, 1))],
    "training": [course(D(2024, 3, 1))],
}


def told(period="2024", **how):
    return paragraph(period=period, connection=connection(**ROWS), as_of=how.pop("as_of", END), **how)


def test_the_rules_name_kpis_that_are_declared():
    rules = word_rules()
    assert {*rules.headline, *rules.states} <= set(catalogue())


def test_the_paragraph_says_the_figures_the_changes_and_who_made_them():
    text = told().text
    assert text.startswith(
        "2024年，招聘会场次 18 场，同比增长 50.0%，完成年度目标的 100.0%（主要是渭滨区多 3 场、金台区多 2 场）；"
    )
    assert "提供岗位数 1,680 个（另有 1 行是估计数，未计入），同比增长 51.4%" in text
    assert "完成年度目标的 84.0%，落后序时进度 16.0 个百分点" in text
    assert "整改完成率 0.0%，为年度目标的 0.0%" in text
    assert "截至2024年12月31日，超期项 1 项。" in text


def test_every_number_is_a_span_with_its_kpi_and_filters():
    found = told()
    covered = set()
    for span in found.spans:
        covered |= set(range(span.start, span.end))
        assert span.period == "2024"
    days = "截至2024年12月31日"
    plain = found.text.index(days)
    allowed = {*range(5), *range(plain, plain + len(days))}
    loose = [match.group() for match in re.finditer(r"\d+", found.text) if match.start() not in covered | allowed]
    assert loose == []


@pytest.mark.parametrize("county", [None, "金台区", "渭滨区"])
def test_every_number_is_that_of_the_answer(county):
    found = told(county=county)
    con = connection(**ROWS)
    for span in found.spans:
        by = "county" if span.dims else ()
        row = query(span.id, period=span.period, by=by, connection=con, as_of=END).row(span.id, **span.dims)
        number = float(re.search(r"[\d,]+(\.\d+)?", found.text[span.start : span.end])[0].replace(",", ""))
        made = contribution(span.id, period="2024", connection=con, as_of=END)
        parts = {part.label: abs(part.change) for part in made.parts} if made else {}
        known = {
            "value": row.value, "rows": row.approx_rows, "rank": row.rank, "completion": row.completion,
            "pace": row.pace_gap, "part": parts.get(span.dims.get("county")), "outlier": row.value,
            "yoy": row.yoy_change and row.yoy_change.amount,
        }[span.kind]  # fmt: skip
        assert number == pytest.approx(abs(float(known)), abs=0.051), span


def test_a_county_is_told_what_is_unusual_of_it():
    rows = [
        fair(D(2024, month, 5), place)
        for place in ("金台区", "渭滨区", "凤县", "眉县", "陇县")
        for month in range(1, 13)
    ]
    rows += [fair(D(2024, 4, day), "凤县", fair_name=f"专场{day}") for day in range(6, 22)]
    con = connection(job_fair=rows)
    for county, sentence in ((None, True), ("凤县", True), ("610323", False), ("眉县", False)):
        text = paragraph(["J01"], period="2024", county=county, connection=con, as_of=END).text
        assert ("凤县4月招聘会场次 17 场" in text) is sentence, county


def test_a_number_leads_to_its_rows():
    con = connection(**ROWS)
    found = paragraph(period="2024", connection=con, as_of=END)
    jobs = next(span for span in found.spans if span.id == "J02" and span.kind == "value")
    rows = records(jobs.id, period=jobs.period, dims=jobs.dims, limit=None, connection=con, as_of=END)
    assert found.text[jobs.start : jobs.end] == f" {sum(rows['value']):,} 个"
    part = next(span for span in found.spans if span.kind == "part" and span.dims["county"] == "渭滨区")
    assert query(part.id, period=part.period, by="county", connection=con).row(part.id, **part.dims).value == 12


def test_part_of_a_year_says_that_the_target_is_held_against_the_year_so_far():
    text = told("2024-07").text
    assert "年初以来累计完成年度目标的" in text
    assert text.startswith("2024年7月，招聘会场次 4 场，")


def test_a_county_is_told_its_place_and_not_who_made_the_change():
    text = told(county="金台区").text
    assert text.startswith(
        "2024年金台区，招聘会场次 5 场，同比多 2 场，完成年度目标的 27.8%，落后序时进度 72.2 个百分点，居各县区第 2 位"
    )
    assert "主要是" not in text


def test_what_is_absent_is_said_to_be_absent():
    text = told("2023").text
    assert "参训人次、宣讲场次、整改完成率、超期项没有可用的数据。" in text
    nothing = told("2019").text
    assert nothing.endswith("都没有填报数据。")
    assert "0" not in nothing.removeprefix("2019年")


@pytest.mark.parametrize("ids", [["J02"], ["R04"], ["T01", "J04"]])
def test_any_kpi_may_be_told(ids):
    found = paragraph(ids, period="2024", connection=connection(**ROWS), as_of=END)
    assert {span.id for span in found.spans} >= set(ids)
    assert found.text.endswith("。")


def test_the_form_for_machines_gives_the_words_of_each_span():
    plain = told().to_json()
    assert plain["spans"][0] == {
        "start": 11, "end": 16, "words": " 18 场", "kind": "value", "id": "J01", "period": "2024", "dims": {},
    }  # fmt: skip
