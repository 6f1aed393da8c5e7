"""How things stand, place by place: targets, Party life, submissions, data quality, the age of open items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dash import html
from dash.development.base_component import Component

from analytics.metrics import TargetRow, boards
from dashboard.components import bars, frame, matrix, tables
from dashboard.components.text import DASH, day, pace_words, percent
from dashboard.pages.page import county_names
from dashboard.parts.canvas import Canvas
from dashboard.source import Figure

LIGHTS: dict[str | None, tuple[matrix.Mood, str]] = {
    "green": ("good", "达到进度"),
    "amber": ("warn", "略慢"),
    "red": ("bad", "滞后"),
    None: ("even", ""),
}
TONES: dict[str, bars.Hue] = {"calm": "good", "soon": "quiet", "late": "bad", "worst": "bad"}
STATES: dict[str, matrix.Mood] = {
    "on_time": "good",
    "sent": "good",
    "late": "warn",
    "missing": "bad",
    "due": "soon",
    "none": "none",
}
"""How each state of a submission looks."""


@dataclass(frozen=True)
class Targets:
    """Annual targets: every metric that has one, of the city and each county, red, amber or green.

    Attributes:
        metrics: Only these; all with a target if not given.
    """

    metrics: tuple[str, ...] | None = None
    span: int = 12

    @property
    def needs(self) -> Sequence[str]:
        """Nothing of the period as a whole."""
        return ()

    def draw(self, canvas: Canvas) -> Component | None:
        """Return the table; nothing where no target is set."""
        found = canvas.snapshot.targets(self.metrics, canvas.request.asked)
        if not found:
            return None
        places = list(dict.fromkeys(row.place for row in found))
        by_metric: dict[str, dict[str, TargetRow]] = {}
        for row in found:
            by_metric.setdefault(row.id, {})[row.place] = row
        rows = [
            matrix.Row(
                name=canvas.metric(id_).name,
                note=canvas.metric(id_).unit,
                href=canvas.records(id_),
                cells=[_target(canvas, held.get(place)) for place in places],
            )
            for id_, held in by_metric.items()
        ]
        judged = [row.light for row in found]
        marks = [(mood, f"{words} {judged.count(light)}") for light, (mood, words) in LIGHTS.items() if light]  # type: ignore[arg-type]
        year = canvas.request.asked.period.end.year
        return frame.section(
            title=f"{year}年目标完成率",
            aside=matrix.key(marks=marks),
            name="targets",
            span=self.span,
            children=[
                matrix.matrix(
                    caption=f"{year}年各指标目标完成率，分县区",
                    corner="指标",
                    headings=places,
                    rows=rows,
                )
            ],
        )


def _target(canvas: Canvas, row: TargetRow | None) -> matrix.Cell:
    if row is None:
        return matrix.Cell(DASH, "none", title="未设年度目标")
    mood, words = LIGHTS[row.light]
    told = canvas.snapshot.told
    lines = [
        f"{row.place}{row.name}",
        f"已完成 {told(row.id, row.value)}，年度目标 {told(row.id, row.target)}",
        pace_words(row.pace_gap, row.light),
        *row.flags,
    ]
    return matrix.Cell(
        percent(row.completion),
        mood,
        said=words,
        title="\n".join(line for line in lines if line),
        href=_reached(canvas, row),
    )


def _reached(canvas: Canvas, row: TargetRow) -> str | None:
    """Return the rows behind what a target was reached by: those of the year so far, or of the period for a state."""
    period = canvas.request.asked.period
    code = canvas.request.code
    if row.pace_gap is not None and period.start != period.start.replace(month=1, day=1):
        code = f"{period.start.replace(month=1, day=1)}..{period.end}"
    county = next((code for code, name in county_names().items() if name == row.place), None)
    return canvas.records(row.id, period=code, county=county or canvas.request.view.county)


@dataclass(frozen=True)
class Ages:
    """Open rectification items by how much time is left or overdue."""

    span: int = 5

    @property
    def needs(self) -> Sequence[str]:
        """Nothing of the period as a whole."""
        return ()

    def draw(self, canvas: Canvas) -> Component | None:
        """Return the bands, and the counties behind them; nothing where nothing is known."""
        found = canvas.snapshot.ageing(canvas.request.asked)
        if found.value is None:
            return None
        whole = float(found.value) or 1.0
        rows = [
            bars.Bar(
                name=band.name,
                text=canvas.snapshot.told(band.id, band.value),
                share=float(band.value or 0) / whole,
                href=canvas.records(band.id) if band.value else None,
                hue=TONES[band.tone],
            )
            for band in found.bands
        ]
        places = list(dict.fromkeys(place for band in found.bands for place in band.counties))
        behind = [
            [place, *(_open_items(canvas, band.id, place, band.counties.get(place)) for band in found.bands)]
            for place in places
        ]
        caption = f"{day(found.as_of)}{found.name}"
        whole_told = canvas.snapshot.told(found.id, found.value)
        return frame.section(
            title="未完成项的期限",
            aside=html.Span(
                ["共 ", html.A(whole_told, href=canvas.records(found.id)), f" · {day(found.as_of)}"], className="faint"
            ),
            name="ageing",
            span=self.span,
            children=[
                bars.bars(caption=caption, headings=["期限", "项数"], rows=rows),
                frame.fold(
                    summary="按县区看",
                    children=[
                        tables.plain_table(
                            caption=f"{caption}，分县区",
                            headings=["县区", *(band.name for band in found.bands)],
                            rows=behind,
                        )
                    ],
                )
                if behind
                else None,
            ],
        )


def _open_items(canvas: Canvas, metric: str, place: str, value: Figure) -> str | tables.Told:
    text = canvas.snapshot.exact(metric, value)
    href = canvas.part(metric, {"county": place}) if value else None
    return tables.Told(text, href) if href else text


@dataclass(frozen=True)
class PartyLife:
    """What every branch held of what was due, by kind."""

    span: int = 12

    @property
    def needs(self) -> Sequence[str]:
        """Nothing of the period as a whole."""
        return ()

    def draw(self, canvas: Canvas) -> Component | None:
        """Return the table; nothing where nothing was due."""
        found = canvas.snapshot.party_life(canvas.request.asked)
        if not found:
            return None
        kinds = list(dict.fromkeys(one.kind for one in found))
        rule = boards().party_life
        held = {(one.branch, one.kind): one for one in found}

        def cell(branch: str, kind: str) -> matrix.Cell:
            one = held.get((branch, kind))
            if one is None:
                return matrix.Cell("", "none", said="不要求")
            mood: matrix.Mood = "good" if one.held >= one.due else "warn" if one.held else "bad"
            where = {rule.branch: branch, rule.kind: kind}
            return matrix.Cell(
                f"{one.held}/{one.due}", mood, said=percent(one.share), href=canvas.part(rule.kpi, where)
            )

        branches = list(dict.fromkeys(one.branch for one in found))
        return frame.section(
            title="各支部组织生活",
            aside=html.Span("已开展次数 / 应开展次数", className="faint"),
            name="party-life",
            span=self.span,
            children=[
                matrix.matrix(
                    caption=f"{canvas.request.period_name}各支部组织生活开展情况",
                    corner="支部",
                    headings=kinds,
                    rows=[
                        matrix.Row(name=branch or "全体", cells=[cell(branch, kind) for kind in kinds])
                        for branch in branches
                    ],
                )
            ],
        )


@dataclass(frozen=True)
class Submissions:
    """Who has sent which month."""

    span: int = 12

    @property
    def needs(self) -> Sequence[str]:
        """Nothing of the period as a whole."""
        return ()

    def draw(self, canvas: Canvas) -> Component | None:
        """Return the calendar, the worst state of each month over all ledgers, and what is missing."""
        found = canvas.snapshot.submissions(canvas.request.asked)
        if not found.senders:
            return None
        rows = []
        for sender in found.senders:
            cells = []
            for number in range(len(found.months)):
                mine = {ledger: kept[number] for ledger, kept in sender.cells.items()}
                worst = next(cell for cell in mine.values() if cell.state == sender.months[number])
                told = [
                    f"{found.ledgers[ledger]}：{cell.words}" + (f"（{day(cell.sent_on)}）" if cell.sent_on else "")
                    for ledger, cell in mine.items()
                ]
                text = "" if worst.state == "none" else worst.words
                cells.append(matrix.Cell(text, STATES[worst.state], title="\n".join(told)))
            rows.append(matrix.Row(name=sender.name, cells=cells))
        missing = [cell for cell in found.cells if cell.state == "missing"]
        behind = [
            [cell.sender, found.ledgers[cell.ledger], f"{cell.month.year}年{cell.month.month}月", day(cell.deadline)]
            for cell in missing
        ]
        marks: list[tuple[matrix.Mood, str]] = [
            ("good", f"已报 {found.count('on_time', 'sent')}"),
            ("warn", f"迟报 {found.count('late')}"),
            ("bad", f"未报 {found.count('missing')}"),
            ("soon", f"待报 {found.count('due')}"),
        ]
        return frame.section(
            title="报送日历",
            aside=matrix.key(marks=marks),
            name="submissions",
            span=self.span,
            children=[
                matrix.matrix(
                    caption=f"{canvas.request.period_name}各单位逐月报送情况，取各台账中最差的一种",
                    corner="填报单位",
                    headings=[f"{month.month}月" for month in found.months],
                    rows=rows,
                ),
                frame.fold(
                    summary=f"未报清单（{len(missing)} 份）",
                    children=[
                        tables.plain_table(
                            caption="未报清单", headings=["填报单位", "台账", "月份", "期限"], rows=behind
                        )
                    ],
                )
                if missing
                else None,
            ],
        )


@dataclass(frozen=True)
class LedgerQuality:
    """How far the figures of each ledger can be trusted."""

    span: int = 12

    @property
    def needs(self) -> Sequence[str]:
        """Nothing of the period as a whole."""
        return ()

    def draw(self, canvas: Canvas) -> Component | None:
        """Return the table; nothing where nothing was sent."""
        found = canvas.snapshot.quality(canvas.request.asked)
        if not found:
            return None
        rows = [
            matrix.Row(
                name=one.name,
                cells=[
                    matrix.Cell(f"{one.uploads:,}"),
                    matrix.Cell(f"{one.loaded:,}"),
                    _part(one.quarantined, one.quarantined_share, "bad"),
                    _part(one.estimated, one.estimated_share, "warn"),
                    _part(one.late, one.late_share, "warn"),
                ],
            )
            for one in found
        ]
        return frame.section(
            title="各台账的数据质量",
            aside=html.Span("隔离的行没有计入任何数字", className="faint"),
            name="quality",
            span=self.span,
            children=[
                matrix.matrix(
                    caption=f"{canvas.request.period_name}各台账的数据质量",
                    corner="台账",
                    headings=["工作簿（份）", "已入库（行）", "隔离未入库（行）", "含估计数（行）", "迟报（份）"],
                    rows=rows,
                )
            ],
        )


@dataclass(frozen=True)
class Faults:
    """What is wrong most often in the workbooks, each with one place to look at."""

    span: int = 12

    @property
    def needs(self) -> Sequence[str]:
        """Nothing of the period as a whole."""
        return ()

    def draw(self, canvas: Canvas) -> Component | None:
        """Return the table; nothing where nothing was found."""
        found = canvas.snapshot.faults(canvas.request.asked)
        if not found:
            return None
        rows = [
            [
                fault.title,
                "未入库" if fault.severity == "error" else "提示",
                f"{fault.times:,}",
                f"{fault.files:,}",
                f"{fault.message}——{'，'.join(part for part in (fault.file, fault.sheet, fault.cell) if part)}",
                fault.hint,
            ]
            for fault in found
        ]
        return frame.section(
            title="最常见的问题",
            aside=html.Span("“未入库”的行没有计入任何数字，改正后重报即可", className="faint"),
            name="faults",
            span=self.span,
            children=[
                tables.plain_table(
                    caption=f"{canvas.request.period_name}各单位工作簿中最常见的问题",
                    headings=["问题", "结果", "次数", "工作簿（份）", "例子", "怎么改"],
                    rows=rows,
                    labelled=True,
                )
            ],
        )


def _part(count: int, share: float | None, mood: matrix.Mood) -> matrix.Cell:
    return (
        matrix.Cell(f"{count:,}（{percent(share)}）", mood if count else "good") if count else matrix.Cell("0", "good")
    )
