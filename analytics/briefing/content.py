"""What the periodic report of a period says: headings, sentences and tables, every figure beside its KPI's id.

Figures come from ``metrics`` alone; nothing is worked out here. Discipline KPIs are left out, since a report goes from
hand to hand. This module must not know how a report looks on paper, nor any KPI or column by name (``briefing.yaml``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from pydantic import BaseModel, ConfigDict, Field

from analytics import moments
from analytics.files import Cell, Number, Table
from analytics.ledgers.model import geography, ledgers, read_declaration
from analytics.metrics import (
    ABSENT,
    Answer,
    Metric,
    MetricRow,
    Paragraph,
    Period,
    catalogue,
    change_words,
    exact_value,
    extremes,
    find_county,
    format_percent,
    paragraph,
    parse_period,
    quality_metrics,
    query,
    records,
)
from analytics.metrics.data_quality import LEDGER
from analytics.metrics.dictionary import entries
from analytics.metrics.model import COUNTY
from analytics.metrics.periods import Grain
from analytics.metrics.question import current_version
from analytics.metrics.where import Where

if TYPE_CHECKING:
    from analytics.warehouse.published import Version


_GRAINS: tuple[Grain, ...] = ("month", "quarter", "year")


class _Declared(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OpenItems(_Declared):
    """Which rows are listed as open, and what of them."""

    kpi: str
    sort: str
    columns: tuple[str, ...]


class Rules(_Declared):
    """The whole of ``briefing.yaml``."""

    trends: int = Field(ge=0)
    most_columns: int = Field(ge=1)
    places: int = Field(ge=1)
    most_items: int = Field(ge=1)
    open_items: OpenItems


@cache
def rules() -> Rules:
    """Return the shipped rules (read once a process)."""
    return read_declaration(Rules, Path(str(resources.files("analytics.briefing"))) / "briefing.yaml")


@dataclass(frozen=True, slots=True)
class Heading:
    """The head of a section; ``level`` 1 or 2."""

    words: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    words: str


Block = Heading | Text | Table


@dataclass(frozen=True, slots=True)
class Briefing:
    """A report: its title, what it was made from, and its parts in order."""

    title: str
    about: tuple[tuple[str, str], ...]
    blocks: tuple[Block, ...]

    @property
    def tables(self) -> list[Table]:
        """Only the tables."""
        return [block for block in self.blocks if isinstance(block, Table)]


def gather(period: str | Period, **where: Unpack[Where]) -> Briefing:
    """Return the report of a period.

    Args:
        period: As in ``metrics.query``.
        where: As in ``metrics.query``: ``county`` for one county's report, ``as_of``, ``version``, ``settings``,
            ``scope``.

    Raises:
        MetricError: There is no such county.
        PeriodError: The period's text names no period.
    """
    day = where.get("as_of") or moments.today()
    version = where.get("version") or current_version(where.get("settings"))
    where = where | {"version": version, "as_of": day, "discipline": False}
    asked = parse_period(period, day)
    answer = query(period=asked, **where)
    said = paragraph(period=asked, **where)
    place = find_county(where.get("county"))
    blocks: list[Block] = [Heading("一、总体情况"), Text(said.text), Heading("二、主要指标"), _figures(answer)]
    blocks += [Heading("三、分项工作"), *_lines(answer, where)]
    blocks += [Heading("四、超期未完成事项"), *_open(answer, where)]
    blocks += [Heading("附录一　数据质量"), *_quality(asked, where)]
    blocks += [Heading("附录二　总体情况中的数字出处"), _origins(said), Heading("附录三　指标口径"), _terms(answer)]
    title = f"{place or geography().federation}{asked.label}工作数据简报"
    return Briefing(title, tuple(_about(answer, version, place)), tuple(blocks))


def _about(answer: Answer, version: Version, place: str | None) -> Iterator[tuple[str, str]]:
    yield "统计期", f"{answer.period.label}（{answer.period.start} 至 {answer.period.end}）"
    yield "范围", place or geography().whole_city.name
    yield "截至日", f"{answer.as_of}"
    yield "数据版本", answer.version
    moment = version.created_at
    if moment is not None:
        yield "版本发布时间", moments.told(moment)
    yield "说明", "每个数字左侧的编号即指标编号，口径见附录三；“—”表示没有数据，不是 0；纪检台账的指标不在本简报内。"


def _number(metric: Metric, value: Any) -> Cell:
    """Return a figure as a file holds it: a number where it is one, with what people are shown of it."""
    if value is None:
        return ABSENT
    return Number(round(Decimal(str(value)), 2) / 100, share=True) if metric.unit == "%" else _rounded(value)


def _rounded(value: float | Decimal) -> Number:
    exact = round(Decimal(str(value)), 2)
    return Number(int(exact) if exact == exact.to_integral_value() else exact)


def _figures(answer: Answer) -> Table:
    rows = []
    for row in answer.rows:
        metric = catalogue()[row.id]
        rows.append(
            [
                row.id, row.name, "" if row.unit == "%" else row.unit, _number(metric, row.value),
                _number(metric, row.target), format_percent(row.completion),
                ABSENT if row.pace_gap is None else f"{row.pace_gap:+.1f}",
                change_words(row.yoy_change), change_words(row.mom_change), "；".join([*row.flags, *row.pace_words]),
            ]
        )  # fmt: skip
    headings = ["编号", "指标", "单位", "数值", "年度目标", "完成率", "序时进度差", "同比", "环比", "备注"]
    return Table("主要指标", headings, rows)


def _lines(answer: Answer, where: Where) -> Iterator[Block]:
    told = [row for row in answer.rows if row.value is not None]
    for line, group in groupby(told, key=lambda row: catalogue()[row.id].line):
        mine = [catalogue()[row.id] for row in group]
        grown = [metric for metric in mine if metric.accumulates][: rules().trends]
        parts = [part for part in (_trend(line, grown, answer, where), _places(line, grown, answer, where)) if part]
        if parts:
            yield Heading(line, 2)
            yield from parts


def _trend(line: str, metrics: Sequence[Metric], answer: Answer, where: Where) -> Table | None:
    """Return some KPIs by month: of the period, or where it is one month or less, of the year so far."""
    if not metrics:
        return None
    period = answer.period
    span = period if period.months is not None and period.months > 1 else period.year_to_date()
    fitting = (grain for grain in _GRAINS if len(span.buckets(grain)) <= rules().most_columns)
    grain = next(fitting, _GRAINS[-1])
    rows = query([metric.id for metric in metrics], period=span, grain=grain, compare=False, aim=False, **where).rows
    found = {(row.id, row.dims[grain]): row.value for row in rows}
    codes = list(dict.fromkeys(row.dims[grain] for row in rows))
    body: list[list[Cell]] = [
        [metric.id, metric.name, metric.unit, *(_number(metric, found.get((metric.id, code))) for code in codes)]
        for metric in metrics
    ]
    label = {bucket.code: bucket.label for bucket in span.buckets(grain)}
    return Table(f"{line}趋势", ["编号", "指标", "单位", *(label.get(code, code) for code in codes)], body)


def _places(line: str, metrics: Sequence[Metric], answer: Answer, where: Where) -> Table | None:
    if where.get("county") is not None:
        return None
    body = []
    for metric in metrics:
        edges = extremes(metric.id, period=answer.period, most=rules().places, **where)
        # Where all counties say the same, none stands before another.
        if edges.top and (edges.bottom or edges.top[0].rank != edges.top[-1].rank):
            body.append([metric.id, metric.name, _listed(metric, edges.top), _listed(metric, edges.bottom) or ABSENT])
    return Table(f"{line}县区", ["编号", "指标", "居前的县区", "居后的县区"], body) if body else None  # type: ignore[arg-type]


def _listed(metric: Metric, rows: Sequence[MetricRow]) -> str:
    """Write counties and their places; a tie of many is counted, not named."""
    unit = "" if metric.unit == "%" else f" {metric.unit}"
    told = []
    for rank, tied in groupby(rows, key=lambda row: row.rank):
        same = list(tied)
        few = len(same) <= rules().places
        who = "、".join(row.dims[COUNTY] for row in same) if few else f"{len(same)} 个县区"
        place = f"并列第{rank}位" if len(same) > 1 else f"第{rank}位"
        told.append(f"{who} {exact_value(metric, same[0].value)}{unit}（{place}）")
    return "、".join(told)


def _open(answer: Answer, where: Where) -> Iterator[Block]:
    how = rules().open_items
    metric = catalogue()[how.kpi]
    allowed = {key: value for key, value in where.items() if key in ("county", "unit", "as_of", "version", "scope")}
    frame = records(how.kpi, period=answer.period, sort=how.sort, limit=rules().most_items, **allowed)  # type: ignore[arg-type]
    total = frame.attrs["total"]
    if not total:
        yield Text(f"截至{answer.as_of}，没有超期未完成的事项（{metric.id} {metric.name}）。")
        return
    shown = f"，列出超期最久的 {rules().most_items} 项" if total > rules().most_items else ""
    yield Text(f"截至{answer.as_of}，{metric.id} {metric.name} {total} 项{shown}。")
    labels = {column.name: column.label for column in ledgers()[metric.ledger].columns} | metric.extra_labels
    names = [*how.columns, "file_name", "sheet", "row"]
    headings = [*(labels[name] for name in how.columns), "文件", "工作表", "行"]
    yield Table("超期未完成事项", headings, [[_plain(row[name]) for name in names] for row in frame.to_dict("records")])


def _plain(value: Any) -> Cell:
    if value is None or value != value:
        return ABSENT
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Number(int(value))
    return str(value)


def _quality(period: Period, where: Where) -> Iterator[Block]:
    known = quality_metrics()
    found = {(row.id, row.dims[LEDGER]): row for row in query(list(known), period=period, by=LEDGER, **where).rows}
    names = {id_: ledger.name for id_, ledger in ledgers().items()}
    body: list[list[Cell]] = []
    for ledger in dict.fromkeys(name for _, name in found):
        figures = (found[id_, ledger].value for id_ in known)
        told = (ABSENT if value is None else _rounded(value) for value in figures)
        body.append([names[ledger], *told])
    yield Text("报送日历按县区、台账、月份逐格计算；迟报率、漏报率只对应按月报送的台账。")
    yield Table("数据质量", ["台账", *(f"{one.id} {one.name}（{one.unit}）" for one in known.values())], body)


def _origins(said: Paragraph) -> Table:
    kinds = {
        "value": "数值", "yoy": "同比", "completion": "完成率", "pace": "序时进度差", "rank": "名次",
        "part": "对变化的贡献", "outlier": "值得留意", "rows": "行数",
    }  # fmt: skip
    body: list[list[Cell]] = [
        [said.text[one.start : one.end].strip(), one.id, catalogue()[one.id].name, kinds[one.kind], one.period,
         "、".join(one.dims.values())]
        for one in said.spans
    ]  # fmt: skip
    return Table("数字出处", ["文中数字", "编号", "指标", "是什么", "统计期", "范围"], body)


def _terms(answer: Answer) -> Table:
    shown = {row.id for row in answer.rows} | set(quality_metrics())
    body: list[list[Cell]] = [
        [one["id"], one["name"], one["definition"], one["counting"], f"{one['approximate']}。{one['absent']}。"]
        for one in entries()
        if one["id"] in shown
    ]
    return Table("指标口径", ["编号", "指标", "定义", "计数规则", "估计数与空缺"], body)
