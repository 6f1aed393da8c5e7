"""The pages, one file each. A page is a path, a title and a function from a request to components.

Adding a page is writing its file and naming it in ``PAGES``; the navigation, the addresses the server knows and who
may open what all follow from this list, in its order. What a page needs of its reader (a role's action, ledgers) stands
in its own file.
"""

from __future__ import annotations

from dashboard.pages import (
    approvals,
    definitions,
    events,
    fairs,
    integrity,
    overview,
    party,
    quality,
    record,
    records,
    rectification,
    seasons,
    training,
    uploads,
)
from dashboard.pages.page import Page

PAGES: tuple[Page, ...] = (
    overview.PAGE,
    events.PAGE,
    training.PAGE,
    fairs.PAGE,
    seasons.PAGE,
    rectification.PAGE,
    party.PAGE,
    integrity.PAGE,
    quality.PAGE,
    definitions.PAGE,
    uploads.PAGE,
    approvals.PAGE,
    records.PAGE,
    record.PAGE,
)

__all__ = ["PAGES", "Page"]
