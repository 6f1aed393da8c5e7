"""招聘会: fairs, jobs offered, people served, and how far the two came together."""

from __future__ import annotations

from dashboard.pages.sheet import Sheet
from dashboard.parts import Band, CountyMap, Ranking, Split, Trend

PAGE = Sheet(
    path="/fairs",
    title="招聘会",
    about="线上线下招聘会的场次、岗位、服务人次和对接成效。",
    cards=("J01", "J02", "J03", "J11"),
    tiles=("J04", "J05", "J10", "J06", "J07", "J08"),
    told=("J01", "J02", "J03"),
    bands=(
        Band("走势与县区", (Trend(), Ranking(), CountyMap()), foci=("J01", "J02", "J03", "J11", "J06")),
        Band("构成", (Split("J01", "mode", "举办方式"), Split("J01", "theme_type", "招聘会主题"))),
    ),
).page()
