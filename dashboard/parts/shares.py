"""Figures by what they are made of: compositions, splits of a rate, funnels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dash import html
from dash.development.base_component import Component

from analytics.metrics import UNFILLED, said_of
from dashboard.components import bars, frame
from dashboard.components.text import DASH, percent
from dashboard.parts.canvas import Canvas
from dashboard.source import Figure

OVERLAP = "同一人可能同时属于几类，各类之和不等于总数。"


@dataclass(frozen=True)
class Parts:
    """A whole and its parts: one of the declared compositions, or a metric by a dimension.

    Attributes:
        what: The name of a declared composition, or a metric.
        by: The dimension, of a metric.
        title: The section's heading; the composition's own name if not given.
        most: Parts shown at once; the others can be unfolded.
    """

    what: str
    by: str | None = None
    title: str = ""
    span: int = 6
    most: int = 8

    @property
    def needs(self) -> Sequence[str]:
        """Nothing of the period as a whole."""
        return ()

    def draw(self, canvas: Canvas) -> Component | None:
        """Return the parts with their shares; nothing where there is no figure."""
        found = canvas.snapshot.composition(self.what, canvas.request.asked, by=self.by)
        # A class that nothing falls into says nothing beside those that something does.
        parts = [part for part in found.parts if part.value]
        if not found.value or all(part.label == UNFILLED for part in parts):
            return None
        longest = max((part.share or 0.0 for part in parts), default=0.0) or 1.0
        drawn = [
            _bar(
                canvas,
                part.label,
                part.id,
                part.value,
                100 * (part.share or 0.0) / longest,
                percent(part.share),
                href=canvas.part(part.id, part.dims),
            )
            for part in parts
        ]
        title = self.title or found.name
        return _section(
            title=title,
            aside=["共 ", _whole(canvas, found.id, found.value)],
            name=f"parts-{self.what}-{self.by}" if self.by else f"parts-{self.what}",
            span=self.span,
            caption=f"{canvas.request.period_name}{title}",
            headings=["类别", canvas.metric(found.id).name, "占比"],
            rows=drawn,
            most=self.most,
            remark=OVERLAP if found.overlapping else "",
        )


@dataclass(frozen=True)
class Split:
    """One metric by one dimension, where the parts do not make up a whole: rates, and figures told with care.

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
    most: int = 8

    @property
    def needs(self) -> Sequence[str]:
        """Nothing of the period as a whole."""
        return ()

    def draw(self, canvas: Canvas) -> Component | None:
        """Return the parts as bars; nothing where there is no figure."""
        metric = canvas.metric(self.metric)
        rows = canvas.snapshot.split(self.metric, self.by, canvas.request.asked)
        rate = metric.unit == "%"
        known = [row for row in rows if row.value or row.flags or (rate and row.value is not None)]
        if not known:
            return None
        highest = max((float(row.value) for row in known if row.value is not None), default=0.0)
        drawn = [
            _bar(
                canvas,
                said_of(metric, self.by, row.dims[self.by]),
                row.id,
                row.value,
                100 * float(row.value) / highest if row.value is not None and highest else 0.0,
                "；".join(row.flags),
                href=canvas.part(row.id, row.dims),
            )
            for row in known
        ]
        return _section(
            title=self.title,
            aside=f"{metric.name}（{metric.unit}）",
            name=f"split-{self.metric}-{self.by}",
            span=self.span,
            caption=f"{canvas.request.period_name}{self.title}",
            headings=["类别", metric.name, "说明"],
            rows=drawn,
            most=self.most,
        )


@dataclass(frozen=True)
class Steps:
    """A declared funnel as bars.

    Attributes:
        what: Its name.
        before: A metric shown above the first step, on its scale: what was there for the people who came.
    """

    what: str
    before: str | None = None
    span: int = 6

    @property
    def needs(self) -> Sequence[str]:
        """The metric above the first step."""
        return (self.before,) if self.before else ()

    def draw(self, canvas: Canvas) -> Component | None:
        """Return the steps; nothing where the first has no figure."""
        found = canvas.snapshot.funnel(self.what, canvas.request.asked)
        first = found.steps[0]
        if not first.value:
            return None
        above = canvas.figures[self.before] if self.before else None
        scale = max(float(first.value), float(above.value or 0) if above else 0.0)
        rows = []
        if above is not None:
            rows.append(
                _bar(
                    canvas,
                    above.name,
                    above.id,
                    above.value,
                    _of(above.value, scale),
                    "",
                    quiet=True,
                    href=canvas.records(above.id),
                )
            )
        for step in found.steps:
            note = f"{canvas.metric(step.rate_id).name} {percent(step.rate)}" if step.rate_id else ""
            rows.append(
                _bar(canvas, step.name, step.id, step.value, _of(step.value, scale), note, href=canvas.records(step.id))
            )
        return _section(
            title=found.name,
            aside=f"比率均以{first.name}为分母",
            name=f"funnel-{self.what}",
            span=self.span,
            caption=f"{canvas.request.period_name}{found.name}",
            headings=["环节", "数量", "比率"],
            rows=rows,
            most=len(rows),
            remark="比率只用两个数都已填写的记录计算，因此不一定等于表中两数相除。",
        )


def _whole(canvas: Canvas, metric: str, value: Figure) -> Any:
    """Return the figure of the whole, leading to its rows."""
    told, href = canvas.snapshot.told(metric, value), canvas.records(metric)
    return html.A(told, href=href, title=f"查看{canvas.metric(metric).name}明细") if href else told


def _of(value: Figure, scale: float) -> float:
    return 100 * float(value) / scale if value is not None and scale else 0.0


def _bar(
    canvas: Canvas,
    name: str,
    metric: str,
    value: Figure,
    share: float,
    note: str,
    *,
    quiet: bool = False,
    href: str | None = None,
) -> bars.Bar:
    """Return one bar; ``share`` is its length in per cent."""
    snapshot = canvas.snapshot
    return bars.Bar(
        name=name,
        text=DASH if value is None else f"{snapshot.short(metric, value)} {snapshot.unit(metric)}".rstrip(),
        exact=snapshot.told(metric, value),
        share=share / 100,
        note=note,
        href=href if value is not None else None,
        hue="quiet" if quiet else "actual",
    )


def _section(
    *,
    title: str,
    aside: Any,
    name: str,
    span: int,
    caption: str,
    headings: Sequence[str],
    rows: Sequence[bars.Bar],
    most: int,
    remark: str = "",
) -> Component:
    rest = rows[most:]
    more = bars.bars(caption=f"{caption}（其余）", headings=headings, rows=rest) if rest else None
    return frame.section(
        title=title,
        aside=html.Span(aside, className="faint"),
        name=name,
        span=span,
        children=[
            bars.bars(caption=caption, headings=headings, rows=rows[:most]),
            frame.fold(summary=f"其余 {len(rest)} 类", children=[more]) if more else None,
            html.P(remark, className="faint remarks") if remark else None,
        ],
    )
