"""廉政: discipline, for those who have the grant; city totals, small figures hidden by the metrics."""

from __future__ import annotations

from dashboard.pages.sheet import Sheet
from dashboard.parts import Band, Split

PAGE = Sheet(
    path="/integrity",
    title="廉政",
    about="只报全市总数，1至2人次的不显示。",
    cards=("D01", "D02", "D03", "D06"),
    tiles=("D05", "D04", "D_docs"),
    told=("D01", "D05", "D04"),
    bands=(
        Band("构成", (Split("D06", "form", "四种形态"), Split("D02", "purpose", "出具廉政意见"))),
        Band("教育与制度", (Split("D05", "event_type", "廉政教育"), Split("D_docs", "category", "制定修订制度"))),
    ),
    only_for=("integrity_pledge", "integrity_opinion", "integrity_exam", "four_forms"),
).page()
