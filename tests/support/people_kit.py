"""A small city to be looked at by people with different scopes: two counties, one discipline ledger."""

from __future__ import annotations

from pathlib import Path

from analytics import intake
from analytics.settings import Settings

WORKBOOKS = {
    "招聘会.csv": (
        "招聘会名称,举办日期,县区,主办单位,举办方式,参会企业数,提供岗位数,服务人次\n"
        "春风招聘会,2024-03-01,渭滨区,渭滨区总工会,线下,12,120,300\n"
        "秋风招聘会,2024-09-01,渭滨区,渭滨区总工会,线下,8,80,200\n"
        "金台专场,2024-05-01,金台区,金台区总工会,线下,50,1000,2000\n"
        "坏行,2024-05-02,金台区,金台区总工会,线下,50,不详,2000\n"
    ),
    "金台区整改.csv": (
        "金台区总工会整改台账,,,,,,,\n填报单位：金台区总工会,,,,,,,\n"
        "问题编号,问题来源,发现日期,问题描述,整改措施,责任单位,整改期限,整改状态\n"
        "1,督查,2024-02-01,制度不全,修订制度,金台区总工会,2024-03-01,整改中\n"
    ),
    "渭滨区整改.csv": (
        "渭滨区总工会整改台账,,,,,,,\n填报单位：渭滨区总工会,,,,,,,\n"
        "问题编号,问题来源,发现日期,问题描述,整改措施,责任单位,整改期限,整改状态\n"
        "1,督查,2024-02-01,台账不全,补齐台账,渭滨区总工会,2024-03-01,整改中\n"
    ),
    "廉政考试.csv": "考试日期,职级,参考人次,合格人数\n2024-06-01,科级,40,39\n",
}


def small_city(folder: Path) -> Settings:
    """Ingest the small city into ``folder / "data"``."""
    sent = folder / "sent"
    sent.mkdir(parents=True)
    for name, text in WORKBOOKS.items():
        (sent / name).write_text(text, encoding="utf-8")
    settings = Settings(data=folder / "data")
    reports = intake.ingest([sent], settings)
    assert {report.state for report in reports} <= {"accepted", "accepted_with_warnings", "partially_accepted"}, reports
    return settings
