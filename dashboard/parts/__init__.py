"""Parts: what stands between a page's declaration and the components, one section each.

A part is declared with metric ids; it asks the screen's snapshot and hands plain values to pure components. Parts hold
no SQL and compute no figure, and know no single page.
"""

from dashboard.parts.canvas import Band, Canvas, Part, Stack
from dashboard.parts.figures import Cards, Tiles
from dashboard.parts.places import CountyMap, Ranking
from dashboard.parts.series import Calendar, Trend
from dashboard.parts.shares import Parts, Split, Steps
from dashboard.parts.states import Ages, Faults, LedgerQuality, PartyLife, Submissions, Targets
from dashboard.parts.words import Words
from dashboard.parts.work import Overdue

__all__ = [
    "Ages",
    "Band",
    "Calendar",
    "Canvas",
    "Cards",
    "CountyMap",
    "Faults",
    "LedgerQuality",
    "Overdue",
    "Part",
    "Parts",
    "PartyLife",
    "Ranking",
    "Split",
    "Stack",
    "Steps",
    "Submissions",
    "Targets",
    "Tiles",
    "Trend",
    "Words",
]
