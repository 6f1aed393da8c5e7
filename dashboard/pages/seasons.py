"""四季服务: jobs in spring, coolness in summer, schooling in autumn, warmth in winter."""

from __future__ import annotations

from dashboard.pages.sheet import Sheet
from dashboard.parts import Band, CountyMap, Parts, Ranking, Trend

PAGE = Sheet(
    path="/seasons",
    title="四季服务",
    about="春送岗位、夏送清凉、金秋助学、冬送温暖；跨年的冬送温暖按活动年度统计。",
    cards=("S01", "S02", "S03", "S04"),
    tiles=("S03_funds", "S04_funds"),
    told=("S01", "S02", "S03", "S04"),
    bands=(
        Band("走势与县区", (CountyMap(span=7), Ranking(), Trend(span=12)), foci=("S02", "S04", "S01", "S03")),
        Band("构成", (Parts("S02", by="item", title="夏送清凉项目"), Parts("S04", by="item", title="冬送温暖项目"))),
    ),
).page()
