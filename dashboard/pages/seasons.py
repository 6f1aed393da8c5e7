"""四季服务: jobs in spring, coolness in summer, schooling in autumn, warmth in winter."""

from __future__ import annotations

from dashboard.pages.sheet import Sheet
from dashboard.parts import Band, CountyMap, Ranking, Split, Trend

PAGE = Sheet(
    path="/seasons",
    title="四季服务",
    about="春送岗位、夏送清凉、金秋助学、冬送温暖；跨年的冬送温暖按活动年度统计。",
    cards=("S01", "S02", "S03", "S04"),
    tiles=("S03_funds", "S04_funds"),
    told=("S01", "S02", "S03", "S04"),
    bands=(
        Band("走势与县区", (Ranking(), CountyMap(span=7), Trend(span=12)), foci=("S02", "S04", "S01", "S03")),
        Band("构成", (Split("S02", "item", "夏送清凉项目"), Split("S04", "item", "冬送温暖项目"))),
    ),
).page()
