"""整改: what was found, what is done, what is late."""

from __future__ import annotations

from dashboard.pages.sheet import Sheet
from dashboard.parts import Band, CountyMap, Overdue, Ranking, Split, Trend

PAGE = Sheet(
    path="/rectification",
    title="整改",
    about="查摆出的问题整改到哪一步，哪些已经超期。",
    cards=("R01", "R03", "R04", "R06"),
    tiles=("R_all", "R02", "R05", "R07", "R08"),
    told=("R_all", "R01"),
    bands=(
        Band("督办", (Overdue(most=10, span=7), Split("R_all", "status", "办理状态", span=5))),
        Band("走势与县区", (Trend(), Ranking(), CountyMap()), foci=("R01", "R03", "R04", "R_all")),
        Band("构成", (Split("R_all", "source", "问题来源"), Split("R_all", "category", "问题类别"))),
    ),
).page()
