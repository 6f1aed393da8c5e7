"""培训: classes, categories, people trained, and what came of it."""

from __future__ import annotations

from dashboard.pages.sheet import Sheet
from dashboard.parts import Band, CountyMap, Ranking, Split, Trend

PAGE = Sheet(
    path="/training",
    title="培训",
    about="公益培训的类别、班次、人次和效果。",
    cards=("T01", "T02", "T03", "T09"),
    tiles=("T04", "T05", "T06", "T07", "T08", "T10"),
    told=("T01", "T02", "T03"),
    bands=(
        Band("走势与县区", (Trend(), Ranking(), CountyMap()), foci=("T02", "T01", "T03", "T04", "T10")),
        Band("构成", (Split("T02", "category", "培训类别"), Split("T02", "target_group", "培训对象"))),
    ),
).page()
