"""Figures by what they are made of: one metric split by a dimension."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dash import html
from dash.development.base_component import Component

from dashboard.components import bars, frame
from dashboard.parts.canvas import Canvas


@dataclass(frozen=True)
class Split:
    """One metric by one dimension, the largest part first.

    Attributes:
        metric: The metric.
        by: The dimension, as the metric's line of work declares it.
        title: The section's heading.
        most: Parts shown at once; the others can be unfolded.
    """

    metric: str
    by: str
    title: str
    span: int = 6
    most: int = 10

    @property
    def needs(self) -> Sequence[str]:
        """Nothing of the period as a whole."""
        return ()

    def draw(self, canvas: Canvas) -> Component | None:
        """Return the parts as bars; nothing where there is no figure."""
        snapshot, metric = canvas.snapshot, canvas.metric(self.metric)
        rows = snapshot.split(self.metric, self.by, canvas.request.asked)
        known = [row for row in rows if row.value is not None or row.flags]
        if not known:
            return None
        highest = max((float(row.value) for row in known if row.value is not None), default=0.0)
        drawn = [
            bars.Bar(
                name=row.dims[self.by],
                text=f"{snapshot.short(row.id, row.value)} {snapshot.unit(row.id)}".rstrip(),
                exact=snapshot.told(row.id, row.value),
                share=float(row.value) / highest if row.value is not None and highest else 0.0,
                note="；".join(row.flags),
            )
            for row in known
        ]
        caption, headings = f"{canvas.request.period_name}{self.title}", ["类别", metric.name, "说明"]
        rest = drawn[self.most :]
        return frame.section(
            title=self.title,
            aside=html.Span(f"{metric.name}（{metric.unit}）", className="faint"),
            name=f"split-{self.metric}-{self.by}",
            span=self.span,
            children=[
                bars.bars(caption=caption, headings=headings, rows=drawn[: self.most]),
                frame.fold(
                    summary=f"其余 {len(rest)} 类",
                    children=[bars.bars(caption=f"{caption}（其余）", headings=headings, rows=rest)],
                )
                if rest
                else None,
            ],
        )
