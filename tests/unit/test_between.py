"""Whose the lines between two stacked tables are: what closes the upper one, what heads the lower one."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from analytics.etl.between import Line, heading_start, line_kind
from analytics.etl.headers import Vocabulary
from analytics.ledgers.model import ledgers

VOCABULARY = Vocabulary(ledgers())


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["", None, "　"], "blank"),
        (["附件2"], "title"),
        (["眉县总工会培训台账"], "title"),
        (["二季度培训情况汇总"], "title"),
        (["公益培训开展情况"], "title"),
        (["二、第二批"], "section"),
        (["填报单位：眉县总工会", "", "填报时间：", "2024年12月20日"], "office"),
        (["填报单位：", "眉县总工会", "填报时间：", dt.datetime(2024, 12, 20)], "office"),
        (["", "", "单位：人、场次"], "office"),
        (["填报人：李某甲", "", "审核人：王某乙"], "signature"),
        (["引用A列信息", "引用B列信息", "引用C列信息"], "helper"),
        (["……"], "foot"),
        (["保留格式，勿删"], "foot"),
        (["注：演示数据。"], "foot"),
        (["合计", "", ""], "foot"),
        (["2.本表由各单位按月汇总。"], "text"),
        (["15"], "body"),
        ([3, "", ""], "body"),
        (["合计", 25, 310], "body"),
        (["甲厂专场", "附001", "单位：人", "2024-05-01", "线下"], "body"),
    ],
)
def test_a_line_is_told_by_its_own_cells(cells: list[Any], kind: Line) -> None:
    assert line_kind(cells, VOCABULARY) == kind


RECORD = ["甲厂专场", "2024-05-01", "线下", "12"]
HEADER = ["培训名称", "培训类别", "开班日期", "参训人次"]


@pytest.mark.parametrize(
    ("between", "mine"),
    [
        pytest.param([[], ["引用A列信息", "引用B列信息", "引用C列信息", "引用D列信息"]], 1, id="helpers over a header"),
        pytest.param([[]], 0, id="a blank row alone"),
        pytest.param([], 0, id="nothing at all"),
        pytest.param([["注：一"], ["2.本表按月汇总。"], [], ["眉县总工会培训台账"]], 1, id="a note of two lines"),
        pytest.param([["注：一"], ["2.本表按月汇总。"]], 0, id="a note and no blank row"),
        pytest.param([["填报人：甲", "审核人：乙"], [], ["眉县总工会培训台账"]], 1, id="a signature, then a title"),
        pytest.param([["填报人：甲", "审核人：乙"]], 0, id="a signature right above the header"),
        pytest.param([[], [], ["填报人：甲", "审核人：乙"], []], 0, id="a signature below prefilled rows"),
        pytest.param([["……"], ["保留格式，勿删"], [], ["填报单位：乙", "填报时间：2024.5.1"]], 1, id="keep the format"),
        pytest.param([["二、公益培训"]], 1, id="a number and a name without a blank row"),
        pytest.param([["三、第三批"], [], ["附件2"], ["培训台账"]], 2, id="an empty section above the next attachment"),
        pytest.param([[], ["附件2"], ["培训台账"], [], ["填报单位：乙"]], 4, id="a heading with a blank row in it"),
        pytest.param(
            [["填报单位：甲", "填报时间：5月"], [], ["培训台账"]], 1, id="the office of the upper table below it"
        ),
    ],
)
def test_the_lower_table_begins_where_its_heading_does(between: list[list[str]], mine: int) -> None:
    """``mine``: how many of the lines above the header are the lower table's."""
    rows = [[*cells, "", "", "", ""][:4] for cells in [["招聘会名称"], RECORD, *between, HEADER]]
    top = len(rows) - 1
    assert top - heading_start(rows, top, 1, VOCABULARY) == mine
