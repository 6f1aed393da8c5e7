"""整改: what was found, what is done, what is late."""

from __future__ import annotations

from dashboard.pages.sheet import Sheet
from dashboard.parts import Ages, Band, CountyMap, Overdue, Parts, Ranking, Stack, Trend, Words

PAGE = Sheet(
    path="/rectification",
    title="整改",
    about="查摆出的问题整改到哪一步，哪些已经超期。",
    cards=("R01", "R03", "R04", "R06"),
    tiles=("R_all", "R02", "R05", "R07", "R08"),
    told=("R_all", "R01"),
    bands=(
        Band("督办", (Overdue(most=8, span=7), Stack((Ages(), Parts("item_status")), span=5))),
        Band(
            "走势与县区",
            (Trend(span=12), CountyMap(span=7), Ranking()),
            foci=("R01", "R03", "R04", "R_all"),
        ),
        Band(
            "构成",
            (
                Parts("item_source", span=4),
                Parts("item_category", span=4),
                Parts("R_all", "resp_unit", "责任单位", span=4),
            ),
        ),
        Band("说明", (Words(("R_all", "R01", "R04")),)),
    ),
).page()
