"""党建: study, Party life, birthdays, lectures, honours, and service in the neighbourhoods."""

from __future__ import annotations

from dashboard.pages.sheet import Sheet
from dashboard.parts import Band, Parts, PartyLife, Split, Trend

PAGE = Sheet(
    path="/party",
    title="党建",
    about="理论学习、组织生活、政治生日、业务讲堂、创建评选和社区共建。",
    cards=("P01", "P02", "P03", "P04"),
    tiles=("P05", "P06", "P07", "P08", "P09", "P_orgs", "P_members", "P06_docs", "C01", "C02", "C03", "C_visits"),
    told=("P01", "P02", "P04"),
    bands=(
        Band("支部", (PartyLife(span=7), Split("P03", "branch", "各支部到会率", span=5))),
        Band("走势", (Trend(span=12),), foci=("P03", "P02", "P04", "P06")),
        Band(
            "创建与共建",
            (Parts("P07", by="kind", title="创建命名"), Parts("C03", by="service_type", title="社区服务时长")),
        ),
    ),
).page()
