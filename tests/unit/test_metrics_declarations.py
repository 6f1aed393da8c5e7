from pathlib import Path

import pytest

from analytics.ledgers import DeclarationError, ledgers
from analytics.metrics import catalogue
from analytics.metrics.dictionary import entries, metric_dictionary
from analytics.metrics.model import read_catalogue

ROOT = Path(__file__).resolve().parents[2]
PROMISED = [
    *(f"E0{n}" for n in range(1, 7)),
    *(f"P0{n}" for n in range(1, 10)),
    *(f"J{n:02}" for n in range(1, 12)),
    *(f"T{n:02}" for n in range(1, 11)),
    *(f"S0{n}" for n in range(1, 5)),
    *(f"R0{n}" for n in range(1, 9)),
    *(f"C0{n}" for n in range(1, 5)),
    *(f"D0{n}" for n in range(1, 7)),
]
GOOD = """line: 招聘会
ledger: job_fair
dimensions: [mode]
terms:
  big: "jobs_n > 500"
metrics:
  - id: X1
    name: 岗位
    unit: 个
    definition: 岗位数之和。
    counting: 全部记录求和。
    value: SUM(jobs_n)
  - id: X2
    name: 大型场均岗位
    unit: 个/场
    format: decimal
    definition: 大型招聘会的场均岗位。
    counting: 岗位数之和除以场次之和。
    where: big
    value: X1 / SUM(sessions)
"""


def read(folder, text):
    (folder / "fairs.yaml").write_text(text, encoding="utf-8")
    return read_catalogue(folder, ledgers())


def test_a_metric_is_a_few_lines_of_yaml(tmp_path):
    found = read(tmp_path, GOOD)
    assert found["X1"].additive
    assert found["X2"].is_ratio
    assert found["X2"].formula == "X1 / SUM(sessions)"


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("SUM(jobs_n)", "SUM(jobs)", 12, "招聘会台账没有这一列：jobs"),
        ("SUM(jobs_n)", "SUM(jobs_n", 12, "表达式写错了"),
        ("SUM(jobs_n)", "AVG(jobs_n)", 12, r"只能用 SUM\(…\)"),
        ("SUM(jobs_n)", "jobs_n", 12, "没有声明的指标：jobs_n"),
        ("SUM(jobs_n)", "1 + 2", 12, "没有任何汇总"),
        ("SUM(jobs_n)", "SUM(CASE WHEN fair_date < :today THEN jobs_n END)", 12, "没有这个参数：:today"),
        ("SUM(jobs_n)", "X2 + 1", 20, "绕成了圈：X1 → X2 → X1"),
        ("id: X2", "id: X1", 13, "指标编号重复：X1"),
        ("where: big", "where: huge", 19, "没有这一列：huge"),
        ("big: \"jobs_n > 500\"", "big: \"jobs > 500\"", 5, "没有这一列：jobs"),
        ("ledger: job_fair", "ledger: fairs", 2, "没有这个台账：fairs"),
        ("dimensions: [mode]", "dimensions: [colour]", 3, "没有这一列：colour"),
        ("unit: 个\n", "unit: 个\n    date_field: venue\n", 10, "统计日期不是招聘会台账的日期列：venue"),
        ("format: decimal", "format: number", 16, "format"),
        ("unit: 个\n", "unit: 个\n    colour: red\n", 10, "colour"),
    ],
)  # fmt: skip
def test_a_broken_declaration_fails_with_file_line_and_reason(tmp_path, old, new, line, reason):
    assert old in GOOD
    with pytest.raises(DeclarationError, match=reason) as caught:
        read(tmp_path, GOOD.replace(old, new, 1))
    assert str(caught.value).startswith(f"{tmp_path / 'fairs.yaml'}:{line}: ")


def test_an_id_may_be_used_once_in_all_files(tmp_path):
    (tmp_path / "again.yaml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(DeclarationError, match=r"fairs\.yaml:7: .*指标编号重复：X1（again\.yaml 已用）"):
        read(tmp_path, GOOD)


def test_a_state_and_a_total_do_not_mix(tmp_path):
    text = GOOD.replace("    value: SUM(jobs_n)\n", "    value: SUM(jobs_n)\n    snapshot: true\n")
    with pytest.raises(DeclarationError, match="snapshot"):
        read(tmp_path, text)


def test_the_promised_kpis_are_declared_and_say_what_they_count():
    found = catalogue()
    assert set(PROMISED) <= set(found)
    for metric in found.values():
        assert metric.definition.endswith("。")
        assert metric.counting_rule.endswith("。")


def test_the_dictionary_page_is_current():
    page = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    assert page == metric_dictionary(), "请运行 python -m analytics.metrics.dictionary docs/metrics.md"


def test_every_kpi_is_told_with_its_formula_and_what_it_does_with_estimates_and_blanks():
    told = {row["id"]: row for row in entries()}
    for row in told.values():
        words = ("name", "unit", "direction", "definition", "counting", "formula", "approximate", "absent")
        assert all(row[word] for word in words), row["id"]
    asked = [*(f"E0{n}" for n in range(1, 7)), *(f"P0{n}" for n in range(1, 10)), *(f"J{n:02}" for n in range(1, 12))]
    asked += [*(f"T{n:02}" for n in range(1, 11)), *(f"S0{n}" for n in range(1, 5)), *(f"R0{n}" for n in range(1, 9))]
    asked += [*(f"C0{n}" for n in range(1, 5)), *(f"D0{n}" for n in range(1, 7)), "G06_late", "G06_missing"]
    assert set(asked) <= set(told)
    assert told["J02"]["approximate"].startswith("估计数不计入")
    assert told["J06"]["absent"].startswith("分母为0")
    assert told["R01"]["approximate"].startswith("只数记录")
    assert "county" not in told["D02"]["dimensions"]
