"""The wording of rows that are no data: totals, notes, examples, helper lines, page marks.

Knows texts only; where they stand and what follows from it is the business of ``layout`` and ``body``.
"""

from __future__ import annotations

import re
from typing import Any, Literal

from analytics.etl.headers import squeeze

Level = Literal["page", "group", "running", "grand"]
"""How much a total row claims to cover: a printed page, a group, the year so far, everything."""

HELPER = re.compile(
    r"保留格式|勿删|请勿|不要删|不得删|引用.{0,12}(?:列|信息)|列信息|填写说明|填表说明|填报说明|填写要求|填报要求|"
    r"必填|选填|下拉|单选|格式[:：为]|例如|示例|样例|举例|填写示范|请填|请选|自动生成|自动计算|"
    r"^如[:：]|^例[:：]|^填[^\s]{0,6}$|数字格式|日期格式|文本格式|^[(（]?(?:文本|数字|日期|整数|数值)[)）]?$"
)
"""Wording of the helper lines that templates put above or below a header."""

_TOTAL = re.compile(
    r"^(?P<pre>.{0,16}?)(?P<word>小计|合计|总计|累计|共计|总合计|总和|合计数|总数|汇总)(?:\([^()]*\))?[:：]?"
    r"(?:共?\d+.{0,3})?$"
)
TOTAL_NAME = (
    r"^\s*(?:本[页月季年]|本季度|本年度|全[年市县区]|年度|各县区)?"
    r"[合总小累共]\s*计\s*(?:数|\([^()]*\)|（[^（）]*）)?[:：]?\s*$"
)
"""A record's name that only a total row has (RE2 syntax: it is matched over whole columns)."""

DERIVED_WORDS = (
    "平均",
    "均值",
    "占比",
    "比重",
    "同比",
    "环比",
    "增长",
    "增幅",
    "增减",
    "同期",
    "完成率",
    "上年",
    "去年",
)
_DERIVED = re.compile(
    r"^(?:场均|人均|月均)?(?:平均(?:值|数|每场)?|均值|占比|比重|占总数比重?|同比|环比|(?:同比|环比)?(?:增长|增幅|增减)(?:率|幅度|数|额)?|"
    r"(?:上年|去年)(?:同期|数|合计)?(?:数|合计)?|同期数?|(?:较|比)(?:上年|去年)(?:同期)?(?:增长|增减|增幅)?|完成率)(?:\(?%\)?)?$"
)
"""A row under the totals that compares or averages them."""

_FOOTER = re.compile(
    r"^(?:[*※]?备?注(?:意事项)?\d?[:：.、]|说明[:：]|填写要求|填表说明|填报说明|填写说明|填报要求|填表要求|注意[:：]|附注|附[:：]|"
    r"[红黄绿蓝橙灰紫]色(?:底纹|字体|部分|标注|标记|单元格|填充)?(?:[:：]|为|表示|代表)|以上(?:数据|内容|为)|[\(—\-]*以下(?:空白|无正文|为)|\(?此页无正文|领导(?:批示|审批|意见)|(?:续|补报|补充)[:：]?$|"
    r"(?:本月|本季度|(?:\d{1,2}[-至])?\d{1,2}月(?:份)?|[一二三四]季度)[:：,，]?(?:无|未开展|没有开展|未举办)|此表|本表|审核意见|备注说明[:：]|数据来源|统计口径|口径[:：]|[*※])"
)
OPENINGS = frozenset("*※备注说填附以此本审数统口示样范举例模(（【[注红黄绿蓝橙灰紫")
"""First characters of notes and examples: a cheap test before the patterns above and below."""

_TITLE = re.compile(r"(?:台账|统计表|汇总表|登记表|情况表|一览表|报表|清单|明细表?|统计|汇总|表)(?:\([^()]*\))?$")
FILLER = re.compile(r"^[.…。·\-—_=~*、\s]+$")
_EXAMPLE = re.compile(
    r"^[(（【\[]?(?:填写|填报)?(?:示例|样例|范例|举例|例子|例如|示范|模板)(?:行|数据)?\d?[)）】\]]?(?:[:：].*)?$|^[(（]?例[)）]?(?:[:：].*|\d)?$"
)
_EXAMPLE_REMARK = re.compile(
    r"^[(（【\[]?(?:[此本该]行(?:数据)?(?:为|是|系)?)?(?:填写|填报)?(?:示例|样例|范例|示范)(?:行|数据)?[)）】\]]?"
    r"(?:[,，。;；:：、!！(（].{0,20}|[,，]?(?:请|勿|不).{0,12})?$"
)
_COVER = re.compile(r"(?:说明|封面|目录|须知|要求|字典|选项|下拉|参数|代码表?|数据源|填写指南|样表)$")
PAGE = re.compile(
    r"^第?(?:\d+|[一二三四五六七八九十]+)页(?:[,，/]?共?(?:\d+|[一二三四五六七八九十]+)页)?$|^续(?:上)?表|^-\d+-$|"
    r"^\(?(?:(?:[续接承转过]|下转|上接)[上下前次]?|下)(?:第?\d+)?[页表]\)?$"
)
HEADING_NUMBER = re.compile(r"^[(（]?[一二三四五六七八九十]+[)）]?[、.．:：]?$")
SECTION = re.compile(
    r"^(?:[(（]?[一二三四五六七八九十]+[)）]|[一二三四五六七八九十]+[、.．]|第[一二三四五六七八九十]+(?:部分|批|期|季度|阶段))"
)
PERIOD = re.compile(
    r"^\(?(?:20\d{2}年?)?(?:(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])月(?:份)?|第?[一二三四1-4]季度|[上下]半年|全年)\)?$"
    r"|^\(?20\d{2}年(?:度)?\)?$"
)


def total_label(value: Any) -> tuple[str, Level] | None:
    """Return what a total row's label says and its level; ``None`` for any other text (合计大厦)."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    text = squeeze(value)
    match = _TOTAL.match(text)
    if not match:
        return None
    word, before = match.group("word"), match.group("pre")
    if before.startswith("本页"):
        return text, "page"
    if word == "累计" or before.endswith(("累计", "本年", "至今")):
        return text, "running"
    if word == "小计":
        return text, "group"
    if not before or before in {"全市", "全年", "全县", "全区", "总", "全部", "各县区", "年度", "本表", "数据"}:
        return text, "grand"
    return text, "group"


def is_derived(value: Any) -> bool:
    """Tell whether a cell calls its row an average, a share or a comparison of the rows above: 平均, 同比增长（%）."""
    return isinstance(value, str) and len(value) <= 16 and bool(_DERIVED.match(squeeze(value)))


def is_footer(value: Any) -> bool:
    """Tell whether a cell opens a note below a table (注：…, 填写要求…)."""
    return isinstance(value, str) and bool(_FOOTER.match(squeeze(value)))


def is_example(value: Any) -> bool:
    """Tell whether a cell marks its row as a worked example."""
    return isinstance(value, str) and bool(_EXAMPLE.match(squeeze(value)))


def is_example_remark(value: Any) -> bool:
    """Tell whether a remark, wherever it stands in its row, says that the row is a worked example."""
    return isinstance(value, str) and bool(_EXAMPLE_REMARK.match(squeeze(value)))


def is_cover(sheet_name: str) -> bool:
    """Tell whether a sheet's name says that it holds no records: 填报说明, 封面, 下拉选项."""
    return bool(_COVER.search(squeeze(sheet_name)))


def is_title(text: str) -> bool:
    """Tell whether a line is worded as the title of a table."""
    return bool(_TITLE.search(squeeze(text)))
