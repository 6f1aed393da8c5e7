"""宣讲与活动: lectures, culture for workers, and every other activity that took place."""

from __future__ import annotations

from dashboard.pages.sheet import Sheet
from dashboard.parts import Band, Calendar, CountyMap, Parts, Ranking, Trend, Words

PAGE = Sheet(
    path="/events",
    title="宣讲与活动",
    about="已举办的宣讲、文化惠工和其他活动。",
    cards=("E01", "E02", "E03", "E04"),
    tiles=("E05", "C04"),
    told=("E01", "E02", "E03", "E04"),
    bands=(
        Band(
            "走势与县区",
            (Trend(), Parts("event_kind", span=5), CountyMap(span=7), Ranking()),
            foci=("E01", "E02", "E03", "E04", "E05"),
        ),
        Band("逐日", (Calendar("E03", "活动日历"),)),
        Band(
            "构成", (Parts("event_venue", span=4), Parts("event_speaker", span=4), Parts("E03", "mode", "活动方式", 4))
        ),
        Band("说明", (Words(("E01", "E02", "E03")),)),
    ),
).page()
