"""The period in one paragraph, as the metrics tell it; every number in it leads to its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.components import frame
from dashboard.parts.canvas import Canvas


@dataclass(frozen=True)
class Words:
    """The paragraph of some metrics.

    Attributes:
        metrics: The metrics told, totals and states together.
    """

    metrics: tuple[str, ...]
    span: int = 12

    @property
    def needs(self) -> Sequence[str]:
        """Nothing of the period as a whole."""
        return ()

    def draw(self, canvas: Canvas) -> Component | None:
        """Return the paragraph; nothing where there is nothing to tell."""
        found = canvas.snapshot.paragraph(self.metrics, canvas.request.asked)
        if not found.spans:
            return None
        words: list[Any] = []
        done = 0
        for told in sorted(found.spans, key=lambda span: span.start):
            words.append(found.text[done : told.start])
            piece, name = found.text[told.start : told.end], canvas.metric(told.id).name
            href = canvas.part(told.id, told.dims, period=told.period)
            words.append(html.A(piece, href=href, title=f"查看{name}明细") if href else piece)
            done = told.end
        words.append(found.text[done:])
        return frame.section(
            title="本期说明",
            aside=html.Span("数字可点击查看明细", className="faint"),
            name="words",
            span=self.span,
            children=[html.P(words, className="paragraph")],
        )
