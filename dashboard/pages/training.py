"""培训: classes, categories, people trained, and what came of it."""

from __future__ import annotations

from dashboard.pages.sheet import Sheet
from dashboard.parts import Band, CountyMap, Parts, Ranking, Stack, Steps, Trend, Words

PAGE = Sheet(
    path="/training",
    title="培训",
    about="公益培训的类别、班次、人次和效果。",
    cards=("T01", "T02", "T03", "T09"),
    tiles=("T04", "T05", "T06", "T07", "T08", "T10"),
    told=("T01", "T02", "T03"),
    bands=(
        Band(
            "走势与县区",
            (Trend(), Stack((Steps("training"), Parts("training_mode")), span=5), CountyMap(span=7), Ranking()),
            foci=("T02", "T01", "T03", "T04", "T10"),
        ),
        Band(
            "构成",
            (Parts("T02", "category", "培训类别"), Parts("training_target")),
        ),
        Band("说明", (Words(("T01", "T02", "T03")),)),
    ),
).page()
