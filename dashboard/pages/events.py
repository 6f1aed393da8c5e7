"""宣讲与活动: lectures, culture for workers, and every other activity that took place."""

from __future__ import annotations

from dashboard.pages.sheet import Sheet
from dashboard.parts import Band, CountyMap, Ranking, Split, Trend

PAGE = Sheet(
    path="/events",
    title="宣讲与活动",
    about="已举办的宣讲、文化惠工和其他活动。",
    cards=("E01", "E02", "E03", "E04"),
    tiles=("E05", "C04"),
    told=("E01", "E02", "E03", "E04"),
    bands=(
        Band("走势与县区", (Trend(), Ranking(), CountyMap()), foci=("E01", "E02", "E03", "E04", "E05")),
        Band("构成", (Split("E03", "event_type", "活动类型"), Split("E06", "venue_type", "活动场所"))),
    ),
).page()
