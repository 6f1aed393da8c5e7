"""总览: what leadership must see in five minutes."""

from __future__ import annotations

from dashboard.pages.sheet import Sheet
from dashboard.parts import Band, CountyMap, Overdue, Ranking, Targets, Trend

CARDS = ("E01", "J01", "J02", "J03", "T01", "T02", "R01", "R04")
"""The metrics of the cards, in the order of the page."""
FOCI = ("J01", "J02", "J03", "T02", "E01", "R01")
"""The metrics that the trend, the ranking and the map can show; the first is shown unasked."""

PAGE = Sheet(
    path="/",
    title="总览",
    about="全市工会工作台账的主要数字。",
    cards=CARDS,
    told=("E01", "J01", "J02", "T02"),
    bands=(
        Band("走势与县区", (Trend(), Ranking(), CountyMap(), Overdue()), foci=FOCI),
        Band("年度目标", (Targets(),)),
    ),
).page()
