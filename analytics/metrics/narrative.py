"""One Chinese paragraph a period, written from the figures by rules; every number in it says which figure it is.

Which KPIs are told, and from when on something stands out, is declared (``words.yaml``). Figures come from ``query``
and the comparisons built on it; nothing is worked out here. What is absent is said to be absent, never told as 0.
This module must not know any KPI by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Unpack

from analytics.metrics.answer import Answer, MetricRow
from analytics.metrics.changes import Change
from analytics.metrics.comparison import Outlier, contribution, outliers, word_rules
from analytics.metrics.display import exact_value, format_percent
from analytics.metrics.model import COUNTY, Metric, catalogue
from analytics.metrics.periods import Period
from analytics.metrics.query import query
from analytics.metrics.question import find_county
from analytics.metrics.where import Where

Kind = Literal["value", "yoy", "completion", "pace", "rank", "part", "outlier", "rows"]
"""What a number is: the figure, its 同比, its 完成率, its 序时进度差, its place, what a part added, what does not fit,
how many rows stand outside."""


@dataclass(frozen=True, slots=True)
class Told:
    """One number of a paragraph: where it stands in the text, and what it is.

    Attributes:
        start: First character.
        end: One past the last.
        kind: What the number is.
        id: The KPI.
        period: The period's code, for asking again.
        dims: The dimension values it belongs to (``records(id, period=…, dims=…)`` lists its rows).
    """

    start: int
    end: int
    kind: Kind
    id: str
    period: str
    dims: dict[str, str]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """The paragraph, and every number in it."""

    text: str
    spans: tuple[Told, ...]
    period: Period
    version: str

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values; ``words`` is the piece of text a span stands for."""
        spans = [
            {
                "start": one.start, "end": one.end, "words": self.text[one.start : one.end], "kind": one.kind,
                "id": one.id, "period": one.period, "dims": dict(one.dims),
            }
            for one in self.spans
        ]  # fmt: skip
        return {"period": self.period.code, "version": self.version, "text": self.text, "spans": spans}


@dataclass(slots=True)
class _Writer:
    """The text so far, with its numbers."""

    period: str
    text: str = ""
    spans: list[Told] = field(default_factory=list)

    def say(self, words: str) -> None:
        self.text += words

    def tell(self, words: str, kind: Kind, id_: str, dims: dict[str, str]) -> None:
        """Add words that hold a number of ``id_``."""
        start = len(self.text)
        self.text += words
        self.spans.append(Told(start, len(self.text), kind, id_, self.period, dict(dims)))


def paragraph(ids: Sequence[str] | None = None, *, period: str | Period = "本年", **where: Unpack[Where]) -> Paragraph:
    """Return the period in one paragraph.

    Args:
        ids: The KPIs told, totals and states together; those of ``words.yaml`` if not given.
        period: As in ``query``.
        where: As in ``query``; of one county its place among all and what is unusual of it are told, of the city
            which counties made the change.

    Raises:
        MetricError: An unknown KPI or county.
        PeriodError: The period's text names no period.
    """
    rules = word_rules()
    wanted = list(ids) if ids is not None else [*rules.headline, *rules.states]
    placed = where.get("county") is not None
    answer = query(wanted, period=period, by=COUNTY if placed else (), **where)
    known = catalogue()
    told = [row for row in answer.rows if row.value is not None]
    flows = [row for row in told if not known[row.id].snapshot]
    states = [row for row in told if known[row.id].snapshot]
    writer = _Writer(answer.period.code)
    writer.say(f"{answer.period.label}")
    if placed and answer.rows:
        writer.say(answer.rows[0].dims[COUNTY])
    if not told:
        names = "、".join(row.name for row in answer.rows)
        writer.say(f"，{names}都没有填报数据。")
        return Paragraph(writer.text, (), answer.period, answer.version)
    for number, row in enumerate(flows):
        writer.say("，" if number == 0 else "；")
        _figure(
            writer, known[row.id], row, from_new_year=(answer.period.start.month, answer.period.start.day) == (1, 1)
        )
        if not placed and where.get("unit") is None:
            _made_by(writer, known[row.id], row, answer, where)
    if flows:
        writer.say("。")
    _states(writer, states, answer, begun=bool(flows))
    if where.get("unit") is None:
        _outliers(writer, [row.id for row in flows], answer, where)
    _absent(writer, [row for row in answer.rows if row.value is None])
    return Paragraph(writer.text, tuple(writer.spans), answer.period, answer.version)


def _amount(metric: Metric, value: Any) -> str:
    exact = exact_value(metric, value)
    return exact if metric.unit == "%" else f"{exact} {metric.unit}"


def _figure(writer: _Writer, metric: Metric, row: MetricRow, *, from_new_year: bool = True) -> None:
    """Say one figure with its change, how far the year's target is reached, and what stands outside it."""
    writer.say(metric.name)
    writer.tell(f" {_amount(metric, row.value)}", "value", row.id, row.dims)
    if row.approx_rows:
        writer.say("（另有")
        writer.tell(f" {row.approx_rows} ", "rows", row.id, row.dims)
        writer.say("行是估计数，未计入）")
    if row.yoy_change is not None:
        writer.say("，同比")
        writer.tell(_change(row.yoy_change), "yoy", row.id, row.dims)
    if row.completion is not None:
        # What is held against the year's target began on 1 January, whatever the period tells of.
        since = "" if from_new_year or not metric.accumulates else "年初以来累计"
        writer.say(f"，{since}完成年度目标的" if metric.accumulates else "，为年度目标的")
        writer.tell(f" {format_percent(row.completion)}", "completion", row.id, row.dims)
        if row.light in ("amber", "red") and row.pace_gap is not None:
            writer.say("，落后序时进度" if row.pace_gap < 0 else "，超出序时进度")
            writer.tell(f" {abs(row.pace_gap):.1f} 个百分点", "pace", row.id, row.dims)
    if row.rank is not None:
        writer.say("，居各县区")
        writer.tell(f"第 {row.rank} 位", "rank", row.id, row.dims)


def _change(change: Change) -> str:
    return change.words


def _made_by(writer: _Writer, metric: Metric, row: MetricRow, answer: Answer, where: Where) -> None:
    """Say which counties made most of a change."""
    if row.yoy_change is None or row.yoy_change.even or metric.is_distinct or metric.restricted:
        return
    found = contribution(row.id, period=answer.period, **where)
    if found is None:
        return
    rising = found.change > 0
    pushed = [part for part in found.parts if (part.change > 0) == rising and part.change]
    named = pushed[: word_rules().most_places]
    if not named:
        return
    writer.say("（主要是")
    for number, part in enumerate(named):
        writer.say("、" if number else "")
        writer.say(part.label)
        sign = ("拉高" if rising else "拉低") if metric.is_ratio else ("多" if rising else "少")
        if metric.unit == "%":
            amount = f" {abs(part.change):.1f} 个百分点"
        else:
            amount = f" {exact_value(metric, abs(part.change))} {metric.unit}"
        writer.tell(f"{sign}{amount}", "part", row.id, part.dims)
    writer.say("）")


def _states(writer: _Writer, rows: Sequence[MetricRow], answer: Answer, *, begun: bool) -> None:
    if not rows:
        return
    day = answer.as_of
    writer.say(f"{'' if begun else '，'}截至{day.year}年{day.month}月{day.day}日，")
    for number, row in enumerate(rows):
        writer.say("；" if number else "")
        _figure(writer, catalogue()[row.id], row)
    writer.say("。")


def _outliers(writer: _Writer, ids: Sequence[str], answer: Answer, where: Where) -> None:
    """Say what does not fit, one sentence for each county and month; of one county what does not fit of it."""
    place = find_county(where.get("county"))
    where = where | {"county": None}
    found: list[Outlier] = []
    for id_ in ids:
        if not catalogue()[id_].restricted:
            found += [
                one
                for one in outliers(id_, period=answer.period, **where)
                if place in (None, one.county)
                and all((one.county, one.month) != (other.county, other.month) for other in found)
            ]
    for one in found[: word_rules().most_outliers]:
        writer.say("值得留意：")
        writer.tell(one.words, "outlier", one.id, one.dims)
        writer.say("。")


def _absent(writer: _Writer, rows: Sequence[MetricRow]) -> None:
    if rows:
        writer.say(f"{'、'.join(row.name for row in rows)}没有可用的数据。")
