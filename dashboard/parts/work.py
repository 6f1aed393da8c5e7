"""Work that is open: overdue rectification items."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.components import frame, tables
from dashboard.components.text import day
from dashboard.parts.canvas import Canvas
from dashboard.source import OVERDUE

SHOWN = ("item_no", "description", "resp_unit", "deadline", "days_overdue", "status", "done_date")
"""What is told of an item, besides where it came from."""


@dataclass(frozen=True)
class Overdue:
    """The items longest overdue, with their days.

    Attributes:
        most: How many are listed.
    """

    most: int = 6
    span: int = 6

    @property
    def needs(self) -> Sequence[str]:
        """The metric whose rows these are: it tells none overdue from no ledger at all."""
        return (OVERDUE,)

    def draw(self, canvas: Canvas) -> Component:
        """Return the list."""
        found = canvas.snapshot.overdue(canvas.request.asked, limit=self.most, columns=SHOWN)
        more = html.A(
            f"查看全部 {found.total:,} 项", href=canvas.records(OVERDUE, sort="-days_overdue"), className="button"
        )
        where = canvas.request.county_name
        body: Component
        if canvas.figures[OVERDUE].value is None:
            sentence = f"{where}这一时段没有整改台账，无法判断是否超期。"
            body = frame.empty(title="没有整改数据", sentences=[sentence])
        elif not found.total:
            body = frame.empty(title="没有超期未完成的整改", sentences=[f"{where}的整改均在期限内。"])
        else:
            body = tables.overdue_list(
                items=[item(row, canvas.record(OVERDUE, row["record_id"])) for row in found.rows]
            )
        return frame.section(
            title="超期未完成的整改",
            aside=more if found.total else None,
            name="overdue",
            span=self.span,
            children=[body],
        )


def item(row: dict[str, Any], href: str | None = None) -> tables.OverdueItem:
    """Return an item as it stood; one put right since then says when, or its status would seem to contradict.

    One said to be done before that day, but not yet accepted (待验收), keeps its status.
    """
    done = row["done_date"]
    stood = row["deadline"] + dt.timedelta(days=int(row["days_overdue"]))
    since = done is not None and done > stood
    return tables.OverdueItem(
        number=str(row["item_no"]),
        description=str(row["description"]),
        unit=str(row["resp_unit"]),
        deadline=day(row["deadline"]),
        days=int(row["days_overdue"]),
        status=f"其后于{day(done)}完成" if since else str(row["status"]),
        place=f"{row['file_name']} · {row['sheet']} · 第 {row['row']} 行",
        href=href,
    )
