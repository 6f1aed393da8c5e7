"""招聘会: fairs, jobs offered, people served, and how far the two came together."""

from __future__ import annotations

from dashboard.pages.sheet import Sheet
from dashboard.parts import Band, Calendar, CountyMap, Parts, Ranking, Stack, Steps, Trend, Words

PAGE = Sheet(
    path="/fairs",
    title="招聘会",
    about="线上线下招聘会的场次、岗位、服务人次和对接成效。",
    cards=("J01", "J02", "J03", "J11"),
    tiles=("J04", "J05", "J10", "J06", "J07", "J08"),
    told=("J01", "J02", "J03"),
    bands=(
        Band(
            "走势与县区",
            (
                Trend(),
                Stack((Steps("job_fair", before="J02"), Parts("fair_groups")), span=5),
                CountyMap(span=7),
                Ranking(),
            ),
            foci=("J01", "J02", "J03", "J11", "J06"),
        ),
        Band("逐日", (Calendar("J01", "招聘会日历"),)),
        Band("构成", (Parts("fair_mode"), Parts("fair_theme"))),
        Band("说明", (Words(("J01", "J02", "J03")),)),
    ),
).page()
