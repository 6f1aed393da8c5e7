"""口径说明: the metric dictionary in Markdown, generated from the declarations so that it cannot be out of date.

``docs/metrics.md`` is this module's output; ``python -m analytics.metrics.dictionary docs/metrics.md`` writes it and
a test holds the two together. This module must not know how figures are computed.
"""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path
from typing import Any

from analytics.ledgers.model import ledgers
from analytics.metrics.data_quality import DIMENSIONS
from analytics.metrics.model import COUNTY, UNIT, Metric, catalogue
from analytics.metrics.submissions import QualityMetric, quality_rules
from analytics.metrics.targets import rules

_DIRECTIONS = {"up": "越高越好", "down": "越低越好", "neutral": "只看不评"}

_HEAD = """# 口径说明

本页由指标声明（`analytics/metrics/*.yaml`）自动生成，请勿手工修改；改声明后运行
`python -m analytics.metrics.dictionary docs/metrics.md`。

## 通用规则

1. **比率**一律是“和的比”，不是各行、各县区比率的平均；分子分母有一项没有填写的记录，不参加该比率的计算，并注明行数。
2. **估计数**（百余、500多、7万多）不计入任何合计，在旁注明“含估计数 n 行”。
3. **零与空**：该台账在所选范围和统计期内至少有一条记录、而没有一条属于该指标时，计数和合计为 0；一条记录也没有，
   说明没有填报，显示“—”，不当作 0；有记录但该列都没有填写的，也显示“—”。
4. **归期**：按台账的日期列归期，跨日的活动按开始日期。只知道到月（旬、季、年）的记录，整段时间都在统计期内才计入，
   否则不计入并注明行数。
5. **完成率** = 当年1月1日起的累计 ÷ 全年目标，不封顶；**序时进度差** = 完成率 − 当年时间已过的比例（百分点），
   比率类和时点类指标没有序时进度。落后 {amber} 个百分点起为黄，落后 {red} 个百分点起为红。
   全市目标取“全市”一行；没有的，可加总的指标取各县区目标之和。
6. **同比**与上年同期比，**环比**与紧前的等长时期比；统计期还没有过完的，与上期的相同天数比；
   基数为 0 或没有数据的显示“—”。环比不用于累计；全年的紧前时期就是上年，与同比重复，也显示“—”。
   比率（%）说相差几个百分点，不说百分之几；计数的基数不足 10 的，说多或少几个，不说百分之几；其余说增长或下降百分之几。
7. **数据质量**（G06）也是指标，见文末“数据质量”，可按 ledger（台账）、unit（填报单位）、county（县区）分开。
   报送日历：每个县区每月应报的台账和期限写在 `quality.yaml`，统计期结束后第 {late} 天为最后期限，其后报的为迟报，
   过了期限没有报的为未报。工作簿写明统计期的按所写的算；没有写明的，记录都在一个月内的算那个月，
   跨几个月的是累计台账，从1月算到填报的月份（{running} 日以前填报的算到上月），只算已报、不判迟报。
   报送日期取工作簿所写的填报时间，没有写的取上传时间。
8. **纪检台账**（责任书、廉政意见书、廉政考试、四种形态）的指标只对纪检岗位提供，只报全市总数，不按县区、填报单位分开，
   不提供明细；1 至 2 的数（比率的分子、分母或两者之差也算）显示“—”并注明“已隐去”，分项中被隐去的都是小数的，
   另隐去最小的一项，以免从总数推算出来。为防两次查询相减，只按整月、整季、半年、整年查看；一年中有一个月（季、半年）
   是小数的，这一年各月（季、半年）都不显示；与上期比也按同样规则，上期不能显示的不比。
9. **名次**在各县区之间排，并列的同名次（其后跳过），市本级和没有数据的县区不参加；只看不评的指标不排名。
10. **截至日**：整改台账可以问“当时的情形”（`--as-of`，时点数默认取统计期末）。一项报过几次的，按当时已报的那一版算，
   报送日期取填报时间，没有写的取上传时间；当时已完成、后来重启的，当时不算超期；当时其实已完成、后来才补报的，按已完成算；
   当时还没有报过的，按最早的一版算；已撤回的上传不算。
"""


def general_rules() -> tuple[str, ...]:
    """Return the rules that hold for every figure, one sentence or more each, in Markdown."""
    found: list[str] = []
    for line in _head().split("## 通用规则")[1].strip().splitlines():
        if line[:1].isdigit():
            found.append(line.split(". ", 1)[1])
        else:
            found[-1] += line.strip()
    return tuple(found)


def _head() -> str:
    how = rules()
    late, running = quality_rules().late_after_days, quality_rules().running_from_day
    return _HEAD.format(late=late, running=running, amber=f"{how.amber:g}", red=f"{how.red:g}")


def metric_dictionary() -> str:
    """Return the whole dictionary as Markdown."""
    parts = [_head()]
    for line, metrics in groupby(catalogue().values(), key=lambda metric: metric.line):
        own = list(metrics)
        parts.append(f"## {line}（{ledgers()[own[0].ledger].name}）\n")
        parts += [_entry(metric) for metric in own]
    parts.append("## 数据质量\n")
    parts += [_about_data(metric) for metric in quality_rules().metrics]
    return "\n".join(parts)


def entries() -> list[dict[str, Any]]:
    """Return every KPI, those about the data itself last, as the command line's JSON tells them."""
    own = [
        {
            "id": metric.id,
            "name": metric.name,
            "unit": metric.unit,
            "direction": metric.direction,
            "line": metric.line,
            "ledger": metric.ledger,
            "definition": metric.definition,
            "counting": metric.counting_rule,
            "formula": metric.formula,
            "where": metric.where,
            "approximate": approximate_rule(metric),
            "absent": absent_rule(metric),
            "dimensions": [*([] if metric.restricted else [COUNTY, UNIT]), *metric.dimensions],
        }
        for metric in catalogue().values()
        if not metric.supporting
    ]
    return own + [
        {
            "id": metric.id, "name": metric.name, "unit": metric.unit, "direction": metric.direction,
            "line": "数据质量", "ledger": None, "definition": metric.definition, "counting": metric.counting,
            "formula": f"{metric.upper} / {metric.lower}" if metric.lower else metric.upper, "where": None,
            "approximate": "不受估计数影响", "absent": "分母为0或没有报送的显示“—”", "dimensions": list(DIMENSIONS),
        }
        for metric in quality_rules().metrics
    ]  # fmt: skip


def approximate_rule(metric: Metric) -> str:
    """Return in a sentence what a KPI does with estimates."""
    if not any(leaf.kind == "sum" for leaf in metric.leaves):
        return "只数记录或不同的值，不受估计数影响"
    if metric.is_ratio and not metric.is_due:
        return "分子、分母有一项是估计数的记录不参加计算，并注明行数；审核采用后参加"
    return "估计数不计入，并注明行数；审核采用后计入"


def absent_rule(metric: Metric) -> str:
    """Return in a sentence what a KPI shows where there is nothing to count."""
    if metric.is_ratio:
        return "分母为0或没有数的显示“—”；缺一项的记录不参加计算，并注明行数"
    rule = "该台账在范围内一条记录也没有的显示“—”，有记录而没有一条属于本指标的为0"
    return f"{rule}；有记录但该列都没有填写的显示“—”" if any(leaf.kind == "sum" for leaf in metric.leaves) else rule


def _about_data(metric: QualityMetric) -> str:
    return (
        f"### {metric.id} {metric.name}（{metric.unit}）\n\n"
        f"{metric.definition}\n\n"
        f"- 计数规则：{metric.counting}\n"
        f"- 方向：{_DIRECTIONS[metric.direction]}\n"
        "- 可按：台账、填报单位、县区\n"
    )


def _entry(metric: Metric) -> str:
    labels = {column.name: column.label for column in ledgers()[metric.ledger].columns}
    places = [] if metric.restricted else ["县区", "填报单位"]
    split = [*places, *(labels[name] for name in metric.dimensions)]
    kind = "辅助指标，" if metric.supporting else ""
    state = "，时点数" if metric.snapshot else ""
    condition = f"；条件 `{metric.where}`" if metric.where else ""
    return (
        f"### {metric.id} {metric.name}（{metric.unit}）\n\n"
        f"{metric.definition}\n\n"
        f"- 计数规则：{metric.counting_rule}\n"
        f"- 估计数：{approximate_rule(metric)}\n"
        f"- 空缺：{absent_rule(metric)}\n"
        f"- 方向：{kind}{_DIRECTIONS[metric.direction]}{state}\n"
        f"- 算式：`{metric.formula}`{condition}\n"
        f"- 可按：{'、'.join(split) or '不分开'}\n"
    )


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(metric_dictionary(), encoding="utf-8")
