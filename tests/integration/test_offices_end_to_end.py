"""Workbooks as offices send them, through the command line, judged by what comes out of ``export``.

Each office below is written by hand in its own manner, with the true reading beside it. The test knows
nothing of how reading works: it runs ``taizhang`` as a process and compares every cell it was told about.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwt

HELD = "quarantined"


@dataclass
class Office:
    """One submitted file and the truth about it.

    ``truth`` maps (sheet, spreadsheet row) to the fields that must come out, or to ``HELD``. Every loaded row
    of ``ledger`` must be in it, so nothing extra may be loaded either.
    """

    file: str
    content: bytes
    ledger: str
    truth: dict[tuple[str, int], dict[str, Any] | str]
    arguments: list[str] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)
    """Cell (``sheet!A1``) -> prefix of a finding code that must be reported there."""
    absent: list[str] = field(default_factory=list)
    """Texts that must not appear in anything that comes out."""


def book(*sheets: tuple[str, list[list[Any]], list[str]], adjust: Callable[[Any], None] | None = None) -> bytes:
    """Write (name, rows, merges) sheets to .xlsx bytes."""
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, rows, merges in sheets:
        sheet = workbook.create_sheet(name)
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row, start=1):
                if value is not None:
                    sheet.cell(number, column, value)
        for merge in merges:
            sheet.merge_cells(merge)
    if adjust:
        adjust(workbook)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def three_row_header_with_ranges() -> Office:
    rows = [
        ["附件2"],
        ["陇县总工会2024年招聘会情况统计表"],
        ["填报单位（盖章）：陇县总工会", None, None, None, None, None, None, "填报时间：2024年8月5日"],
        ["单位：家、个、人次"],
        [
            "序号",
            "招聘会\n名称",
            "举办\n时间",
            "举办地点",
            "举办形式",
            "参会\n企业数",
            "提供岗位数",
            "服务人次",
            None,
            None,
            "达成意向",
            None,
            "备注",
        ],
        [
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            "合计",
            "其中：农民工",
            "其中：新就业形态",
            "意向人数",
            "签约人数",
            None,
        ],
        [1, "春风行动专场", "2月18日", "体育广场", "线下", 42, "1,260", 980, 610, 120, 150, 60, None],
        [
            2,
            "民营企业招聘周",
            "4月10日-12日",
            "人社局大厅",
            "线上线下结合",
            "35家",
            800,
            "1.2万",
            "/",
            "—",
            90,
            22,
            "数据约数",
        ],
        [3, "直播带岗夏季场", "7.15", "融媒体中心", "直播", "１６", "四百二十", 300, 0, 180, None, None, None],
        [None, "合计", None, None, None, 93, 2480, 13280, 610, 300, 240, 82, None],
        ["注：服务人次含线上。"],
    ]
    merges = [
        "A2:M2",
        "H5:J5",
        "K5:L5",
        "A5:A6",
        "B5:B6",
        "C5:C6",
        "D5:D6",
        "E5:E6",
        "F5:F6",
        "G5:G6",
        "M5:M6",
        "A11:M11",
    ]
    return Office(
        "陇县报表.xlsx",
        book(("Sheet1", rows, merges)),
        "job_fair",
        {
            ("Sheet1", 7): {
                "fair_name": "春风行动专场",
                "fair_date": "2024-02-18",
                "county": "陇县",
                "mode": "线下",
                "employers_n": 42,
                "jobs_n": 1260,
                "visits_total": 980,
                "migrant_visits": 610,
                "new_form_visits": 120,
                "intention_n": 150,
                "signed_n": 60,
                "remark": None,
                "organizer": "陇县总工会",
                "reporting_unit": "陇县总工会",
                "reported_on": "2024-08-05",
            },
            ("Sheet1", 8): {
                "fair_date": "2024-04-10",
                "end_date": "2024-04-12",
                "mode": "线上线下",
                "employers_n": 35,
                "jobs_n": 800,
                "visits_total": 12000,
                "migrant_visits": None,
                "new_form_visits": None,
                "remark": "数据约数",
            },
            ("Sheet1", 9): {
                "fair_date": "2024-07-15",
                "mode": "直播带岗",
                "employers_n": 16,
                "jobs_n": 420,
                "migrant_visits": 0,
                "new_form_visits": 180,
                "signed_n": None,
            },
        },
        codes={"Sheet1!C7": "VAL-", "Sheet1!H8": "VAL-"},
    )


def totals_first_and_estimates() -> Office:
    rows = [
        ["太白县2024年度就业招聘会台账"],
        [
            "招聘会名称",
            "招聘日期",
            "招聘方式",
            "用工单位数",
            "岗位数量",
            "求职人次",
            "其中农民工",
            "其中新就业形态",
            "联系电话",
            "备注",
        ],
        ["总计", None, None, 66, 2100, 1500, 700, 200, None, None],
        ["第一场", dt.datetime(2024, 3, 2), "现场", 20, 700, 500, 300, 50, "13800138000", "联系人手机13900139000"],
        ["第二场", "2024/5/6", "线下", 26, "500多", 500, 200, 100, "13800138001", None],
        ["第三场", "2024.13.6", "线下", 20, 400, 500, 200, 50, None, None],
        ["第四场", 45500, "线下", "线上20/线下30", 400, 500, 200, 50, None, None],
        ["第五场", "2024年9月", "线上", 20, 400, "近千", "较多", None, None, None],
        ["第六场", "9月中旬", "线上", 20, 400, "约2000", None, None, None, None],
    ]
    return Office(
        "太白县招聘.xlsx",
        book(("台账", rows, ["A1:J1"])),
        "job_fair",
        {
            ("台账", 4): {
                "fair_date": "2024-03-02",
                "employers_n": 20,
                "jobs_n": 700,
                "visits_total": 500,
                "migrant_visits": 300,
            },
            ("台账", 5): {
                "fair_date": "2024-05-06",
                "jobs_n": None,
                "jobs_n_low": 500,
                "jobs_n_high": 599,
                "jobs_n_raw": "500多",
                "visits_total": 500,
            },
            ("台账", 6): HELD,
            ("台账", 7): HELD,
            ("台账", 8): HELD,
            ("台账", 9): {"fair_date": "2024-09-11", "visits_total": None, "visits_total_raw": "约2000", "jobs_n": 400},
        },
        arguments=["--unit", "太白县总工会"],
        codes={"台账!C3": "", "台账!B6": "VAL-DATE", "台账!D7": "VAL-COUNT", "台账!G8": "VAL-COUNT-WORDS"},
        absent=["13800138000", "13900139000"],
    )


def one_sheet_a_month() -> Office:
    def month(n: int, rows: list[list[Any]]) -> tuple[str, list[list[Any]], list[str]]:
        return (
            f"{n}月",
            [
                [f"眉县总工会2024年{n}月宣讲活动统计表"],
                ["序号", "活动名称", "类型", "时间", "地点", "组织单位", "场次", "参加人次"],
                *rows,
            ],
            ["A1:H1"],
        )

    content = book(
        month(
            1,
            [
                [1, "劳模宣讲进车间", "宣讲", "1月8日", "一号车间", "眉县总工会", 1, 120],
                [2, "送春联", "文化惠工", "1.20", "文化广场", "眉县总工会", 2, "300人"],
            ],
        ),
        month(2, [[1, "二十大精神宣讲", "劳模宣讲", "15日", "某小学", "眉县总工会", None, 80]]),
        month(3, [["小计", None, None, None, None, None, None, None]]),
    )
    return Office(
        "眉县一季度.xlsx",
        content,
        "event",
        {
            ("1月", 3): {
                "event_name": "劳模宣讲进车间",
                "event_type": "宣讲",
                "start_date": "2024-01-08",
                "county": "眉县",
                "sessions": 1,
                "participants": 120,
                "status": "已完成",
            },
            ("1月", 4): {"event_type": "文化惠工", "start_date": "2024-01-20", "sessions": 2, "participants": 300},
            ("2月", 3): {"event_type": "宣讲", "start_date": "2024-02-15", "sessions": 1, "participants": 80},
        },
    )


def stacked_and_section_rows() -> Office:
    rows = [
        ["岐山县总工会职工培训台账（2024年）"],
        ["培训班名称", "工种", "开班时间", "承训机构", "培训人次", "课时", "满意度（%）", "培训经费（万元）"],
        ["一、第一季度"],
        ["家政服务员班", "家政服务", "2024-01-15", "岐山职校", 45, 24, "96%", 1.2],
        ["电工班", "电工", "2024年2月3日至2月9日", "岐山职校", 38, 40, 95.5, "5000元"],
        ["小计", None, None, None, 83, None, None, None],
        ["二、第二季度"],
        ["培训班名称", "工种", "开班时间", "承训机构", "培训人次", "课时", "满意度（%）", "培训经费（万元）"],
        ["育婴员班", "育婴员", "2024-04-31", "岐山职校", 30, 24, 98, 0.8],
        ["面点班", "中式面点", "2024-05-06", "岐山职校", 50, 24, 98, 0.8],
        [None, None, None, None, None, None, None, None],
        ["小计", None, None, None, 80, None, None, None],
        ["合计", None, None, None, 163, None, None, None],
        ["填表说明：满意度为测评结果。"],
    ]
    return Office(
        "岐山培训.xlsx",
        book(("培训", rows, ["A1:H1", "A3:H3", "A7:H7", "A14:H14"])),
        "training",
        {
            ("培训", 4): {
                "course_name": "家政服务员班",
                "category": "家政服务",
                "start_date": "2024-01-15",
                "trained_visits": 45,
                "hours": 24,
                "satisfaction": 96,
                "fee_yuan": 12000,
                "county": "岐山县",
            },
            ("培训", 5): {"start_date": "2024-02-03", "end_date": "2024-02-09", "satisfaction": 95.5, "fee_yuan": 5000},
            ("培训", 9): HELD,
            ("培训", 10): {"trained_visits": 50, "fee_yuan": 8000},
        },
        codes={"培训!C9": "VAL-DATE"},
    )


def merged_counties_with_subtotals() -> Office:
    rows = [
        ["2024年上半年招聘会汇总表"],
        ["县区", "名称", "举办日期", "招聘形式", "参会企业", "提供岗位", "服务人次"],
        ["凤翔县", "甲场", "2024-03-01", "线下", 10, 300, 200],
        [None, "乙场", "2024-03-08", "线下", 12, 320, 210],
        [None, "小计", None, None, 22, 620, 410],
        ["凤县", "丙场", "2024-03-09", "线下", 8, 100, 90],
        [None, "丁场", "2024-03-10", "线上", 9, 110, 95],
        [None, "小计", None, None, 17, 220, 185],
        ["合计", None, None, None, 39, 830, 595],
    ]
    return Office(
        "市级汇总.xlsx",
        book(("汇总", rows, ["A1:G1", "A3:A5", "A6:A8"])),
        "job_fair",
        {
            ("汇总", 3): {"county": "凤翔区", "jobs_n": 300},
            ("汇总", 4): {"county": "凤翔区", "jobs_n": 320},
            ("汇总", 6): {"county": "凤县", "jobs_n": 100},
            ("汇总", 7): {"county": "凤县", "jobs_n": 110},
        },
        arguments=["--unit", "市总工会"],
        codes={"汇总!F8": "TOTAL-"},
    )


def rectification_terms() -> Office:
    rows = [
        ["机关作风问题整改清单"],
        [
            "编号",
            "问题来源",
            "发现时间",
            "具体问题",
            "整改措施",
            "责任科室",
            "责任人",
            "整改时限",
            "完成情况",
            "完成时间",
        ],
        [
            "1",
            "作风建设查摆",
            "2024年3月5日",
            "会风不严",
            "严格会议纪律",
            "办公室",
            "某某",
            "2024年底前，并长期坚持",
            "已整改",
            "2024年6月1日",
        ],
        [
            "2",
            "作风建设",
            "2024.3.5",
            "调研不深",
            "下沉调研",
            "组织部",
            "某某",
            "立行立改，长期坚持",
            "整改到位",
            "2024.3.20",
        ],
        ["3", "自查", "2024-3-5", "台账不全", "补全台账", "财务部", "某某", "6月底前", "基本完成", None],
        ["4", "巡察", "2024-4-1", "制度未修订", "修订制度", "办公室", "某某", "2024年9月30日", "已完成", None],
        ["5", "审计", "2024-4-1", "报销不及时", "规范报销", "财务部", "某某", "2024年9月30日", "推进中", None],
        ["6", "审计", "2024-4-1", "资产未入账", "入账", "财务部", "某某", "2024年9月30日", "已完成", "2024-03-01"],
        ["7", "审计", "同上", "资产未入账二", "入账", "财务部", "某某", "2024年9月30日", "整改中", None],
        [
            "8",
            "督查",
            "2024-5-1",
            "联系人110101199003074477资料外泄",
            "整改",
            "办公室",
            "某某",
            "2024年9月30日",
            "整改中",
            None,
        ],
    ]
    return Office(
        "整改清单.xlsx",
        book(("清单", rows, ["A1:J1"])),
        "rectification",
        {
            ("清单", 3): {
                "item_no": "1",
                "source": "作风建设查摆",
                "found_date": "2024-03-05",
                "deadline": "2024-12-31",
                "long_term": True,
                "status": "已完成",
                "done_date": "2024-06-01",
            },
            ("清单", 4): {
                "source": "作风建设查摆",
                "deadline": None,
                "long_term": True,
                "immediate": True,
                "status": "已完成",
                "done_date": "2024-03-20",
            },
            ("清单", 5): {"deadline": "2024-06-30", "status": "整改中"},
            ("清单", 6): HELD,
            ("清单", 7): {"status": "整改中", "deadline": "2024-09-30"},
            ("清单", 8): HELD,
            ("清单", 9): HELD,
            ("清单", 10): {"item_no": "8"},
        },
        arguments=["--unit", "市总工会"],
        codes={"清单!I5": "VAL-", "清单!J6": "RULE-", "清单!C9": "VAL-"},
        absent=["110101199003074477"],
    )


def gb18030_csv() -> Office:
    text = (
        "金台区总工会2024年活动台账,,,,,,\r\n"
        "填报人：甲,,,,审核人：乙,,\r\n"
        "活动名称,活动类型,开展时间,组织单位,参加人数,经费（元）,完成情况\r\n"
        '"送文化进企业,第一场",文化惠工,2024-06-01,金台区总工会,"1,200","￥3,500.50",已完成\r\n'
        "职工趣味运动会,文体活动,2024-06-09,金台区总工会,２６０,,完成\r\n"
        "端午慰问,慰问,2024-06-10,金台区总工会,30,,完成\r\n"
        "夏日送清凉,夏送清凉,2024-07-10,金台区总工会,-5,,完成\r\n"
        "取消的活动,宣讲,2024-07-11,金台区总工会,,,取消\r\n"
    )
    return Office(
        "金台区活动.xls",
        text.encode("gb18030"),
        "event",
        {
            ("", 4): {
                "event_name": "送文化进企业,第一场",
                "event_type": "文化惠工",
                "participants": 1200,
                "funds_yuan": 3500.5,
                "county": "金台区",
            },
            ("", 5): {"event_type": "文化惠工", "participants": 260, "funds_yuan": None},
            ("", 6): HELD,
            ("", 7): HELD,
            ("", 8): {"status": "取消", "participants": None},
        },
    )


def old_xls_with_percent_cells() -> Office:
    workbook = xlwt.Workbook()
    sheet = workbook.add_sheet("培训情况")
    percent = xlwt.easyxf(num_format_str="0%")
    day = xlwt.easyxf(num_format_str="yyyy/m/d")
    rows: list[list[Any]] = [
        ["扶风县2023年职工培训统计表"],
        ["县（区）", "课程名称", "培训类别", "培训时间", "主办单位", "参训人次", "其中农民工", "满意度", "是否公益"],
        ["扶风", "叉车司机", "叉车", (dt.date(2023, 5, 6), day), "扶风县总工会", 40, 20, (0.95, percent), "是"],
        ["宝鸡市扶风县", "美容师", "美容", (dt.date(2023, 6, 6), day), "扶风县总工会", 35, 40, (0.9, percent), "√"],
        ["610324", "保育员", "保育", (dt.date(2023, 7, 6), day), "扶风县总工会", 35.5, 4, (0.9, percent), "×"],
        ["扶凤县", "护理员", "护理", (dt.date(2023, 8, 6), day), "扶风县总工会", 35, 4, (0.9, percent), "否"],
        ["610324", "护理员", "护理", (dt.date(2023, 9, 6), day), "扶风县总工会", 35, 4, (1, percent), "否"],
    ]
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if isinstance(value, tuple):
                sheet.write(r, c, value[0], value[1])
            else:
                sheet.write(r, c, value)
    out = io.BytesIO()
    workbook.save(out)
    return Office(
        "扶风培训.xls",
        out.getvalue(),
        "training",
        {
            ("培训情况", 3): {
                "county": "扶风县",
                "category": "叉车",
                "start_date": "2023-05-06",
                "trained_visits": 40,
                "migrant_visits": 20,
                "is_public_benefit": True,
            },
            ("培训情况", 4): HELD,
            ("培训情况", 5): HELD,
            ("培训情况", 6): HELD,
            ("培训情况", 7): {"county": "扶风县", "is_public_benefit": False},
        },
        codes={"培训情况!F5": "VAL-COUNT", "培训情况!A6": "VAL-COUNTY"},
    )


def shifted_duplicated_and_hidden() -> Office:
    rows = [
        ["渭滨区招聘会登记表"],
        ["名称", "日期", "形式", "企业数", "岗位数", "人次", "备注"],
        ["A场", "2024-03-01", "线下", 10, 300, 200, None],
        ["A场", "2024-03-01", "线下", 10, 300, 200, None],
        [None, "B场", "2024-03-02", "线下", 11, 310, 210],
        ["C场", "2024-03-03", "线下", "#REF!", 310, 210, None],
        ["D场", "2024-03-04", "线下", 12, 320, 220, None],
        ["E场", "2030-03-04", "线下", 12, 320, 220, None],
        ["F场", 3.1, "线下", 12, 320, 220, None],
    ]

    def hide(workbook: Any) -> None:
        workbook["登记"].row_dimensions[7].hidden = True

    return Office(
        "渭滨区登记.xlsx",
        book(("登记", rows, ["A1:G1"]), adjust=hide),
        "job_fair",
        {
            ("登记", 3): {"fair_name": "A场", "county": "渭滨区"},
            ("登记", 4): HELD,
            ("登记", 5): HELD,
            ("登记", 6): HELD,
            ("登记", 7): {"fair_name": "D场"},
            ("登记", 8): HELD,
            ("登记", 9): HELD,
        },
        arguments=["--unit", "渭滨区总工会"],
        codes={"登记!B9": "VAL-DATE", "登记!D6": "VAL-ERROR"},
    )


def constants_for_missing_columns() -> Office:
    rows = [
        ["活动名称", "时间", "承办单位", "人次"],
        ["理论宣讲进校园", "2024-05-01", "千阳县总工会", 100],
        ["理论宣讲进社区", "2024-05-02", "千阳县总工会", 90],
    ]
    return Office(
        "千阳宣讲.xlsx",
        book(("Sheet1", rows, [])),
        "event",
        {
            ("Sheet1", 2): {"event_type": "宣讲", "organizer": "千阳县总工会", "county": "千阳县", "participants": 100},
            ("Sheet1", 3): {"event_type": "宣讲", "participants": 90},
        },
        arguments=["--ledger", "event", "--set", "event_type=宣讲", "--unit", "千阳县总工会"],
    )


def two_tables_side_by_side() -> Office:
    rows = [
        ["凤县2024年培训与招聘情况"],
        [
            "培训名称",
            "培训类别",
            "开班时间",
            "参训人次",
            None,
            "招聘会名称",
            "举办时间",
            "举办形式",
            "企业数",
            "岗位数",
            "服务人次",
        ],
        ["养蜂班", "养蜂", "2024-03-01", 40, None, "春招", "2024-03-05", "线下", 10, 200, 150],
        ["花椒管理班", "花椒种植", "2024-04-01", 60, None, "夏招", "2024-06-05", "线上", 12, 240, 180],
        ["合计", None, None, 100, None, "合计", None, None, 22, 440, 330],
    ]
    return Office(
        "凤县并排.xlsx",
        book(("统计", rows, ["A1:K1"])),
        "job_fair",
        {
            ("统计", 3): {"fair_name": "春招", "county": "凤县", "jobs_n": 200, "visits_total": 150},
            ("统计", 4): {"fair_name": "夏招", "fair_date": "2024-06-05", "mode": "线上"},
        },
        arguments=["--unit", "凤县总工会"],
    )


def filler_rows_and_repeated_headers() -> Office:
    header = ["序号", "活动名称", "活动类别", "活动时间", "主办单位", "人数", "填报人：某甲"]
    rows = [
        ["引用台账列信息，请勿修改"],
        ["麟游县总工会活动台账"],
        header,
        ["填写说明", "全称", "按下拉选择", "年-月-日", "全称", "整数", None],
        ["示例", "某某宣讲", "宣讲", "2024-01-01", "某某总工会", 100, None],
        [1, "劳模事迹宣讲", "宣讲", "2024-05-04", "麟游县总工会", 80, None],
        ["……", None, None, None, None, None, None],
        header,
        [2, "合计大厦志愿服务", "志愿服务", "2024-05-05", "麟游县总工会", 12, None],
        [3, "小计划读书会", "其他", "2024年5月", "麟游县总工会", 15, None],
        ["保留格式，勿删", None, None, None, None, None, None],
        ["合计", None, None, None, None, 107, None],
        ["填报单位：麟游县总工会", None, None, "填报时间：2024年6月1日", None, None, None],
    ]
    return Office(
        "麟游活动.xlsx",
        book(("Sheet1", rows, ["A1:G1", "A2:G2"])),
        "event",
        {
            ("Sheet1", 6): {"event_name": "劳模事迹宣讲", "event_type": "宣讲", "participants": 80, "county": "麟游县"},
            ("Sheet1", 9): {"event_name": "合计大厦志愿服务", "participants": 12},
            ("Sheet1", 10): {"event_name": "小计划读书会", "start_date": "2024-05-01", "participants": 15},
        },
    )


def columns_in_another_order_on_each_sheet() -> Office:
    first = [
        ["培训班名称", "类别", "日期", "人次", "主办单位"],
        ["焊工班", "焊工", "3月2日", 30, "陈仓区总工会"],
        ["茶艺班", "茶艺", "3月9日", "0", "陈仓区总工会"],
    ]
    second = [
        ["人次", "主办单位", "日期", "培训班名称", "类别"],
        [25, "陈仓区总工会", "4月2日", "月嫂班", "母婴护理"],
        ["无", "陈仓区总工会", "4月3日", "保安班", "保安"],
    ]
    return Office(
        "陈仓区2024年培训统计.xlsx",
        book(("3月", first, []), ("4月", second, [])),
        "training",
        {
            ("3月", 2): {
                "course_name": "焊工班",
                "category": "焊工",
                "start_date": "2024-03-02",
                "trained_visits": 30,
                "county": "陈仓区",
            },
            ("3月", 3): {"trained_visits": 0},
            ("4月", 2): {"course_name": "月嫂班", "start_date": "2024-04-02", "trained_visits": 25},
            ("4月", 3): HELD,
        },
    )


def a_matrix_is_refused() -> Office:
    months = [f"{n}月" for n in range(1, 13)]
    rows: list[list[Any]] = [["各县区招聘会场次统计（2024年）"], ["县区", *months, "合计"]]
    rows += [[name, *[1] * 12, 12] for name in ("渭滨区", "金台区", "陈仓区", "凤翔区", "岐山县")]
    return Office("汇总矩阵.xlsx", book(("矩阵", rows, [])), "job_fair", {})


def a_header_that_lies() -> Office:
    rows = [
        ["招聘会名称", "举办日期", "举办方式", "参会企业数", "提供岗位数", "服务人次"],
        ["一", "2024-03-01", "线下", 10, 300, "2024-03-01"],
        ["二", "2024-03-02", "线下", 10, 300, "2024-03-02"],
        ["三", "2024-03-03", "线下", 10, 300, "2024-03-03"],
    ]
    return Office("错列.xlsx", book(("Sheet1", rows, [])), "job_fair", {}, arguments=["--unit", "眉县总工会"])


def open_document_with_mac_dates() -> Office:
    def mac(workbook: Any) -> None:
        workbook.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904

    rows = [
        ["名称", "时间", "形式", "参会单位数", "岗位", "人次"],
        ["甲", dt.date(2024, 3, 1), "线下", 10, 300, 200],
        ["乙", dt.datetime(2024, 3, 2, 9, 30), "线下", 10, 300, 200],
    ]
    return Office(
        "招聘会1904.xlsx",
        book(("招聘会", rows, []), adjust=mac),
        "job_fair",
        {("招聘会", 2): {"fair_date": "2024-03-01"}, ("招聘会", 3): {"fair_date": "2024-03-02"}},
        arguments=["--unit", "眉县总工会"],
    )


def units_in_headers_and_cells() -> Office:
    rows = [
        ["2024年度金秋助学等活动经费台账"],
        ["单位：万元、人次"],
        ["活动名称", "活动类型", "时间", "组织单位", "参加人次（万人次）", "经费（万元）"],
        [None, None, None, None, None, None],
        ["助学金发放", "金秋助学", "20240820", "凤翔区总工会", 0.12, "3.5"],
        ["慰问", "冬送温暖", "24.1.20", "凤翔区总工会", "0.05", "￥1,200元"],
        ["宣讲", "宣讲", "2024年7月下旬", "凤翔区总工会", "100-120人", 0.123456],
        ["宣讲二", "宣讲", 45000.5, "凤翔区总工会", "(30)", 1],
    ]
    return Office(
        "凤翔经费.xlsx",
        book(("经费", rows, [])),
        "event",
        {
            ("经费", 5): {"start_date": "2024-08-20", "participants": 1200, "funds_yuan": 35000, "county": "凤翔区"},
            ("经费", 6): {"start_date": "2024-01-20", "participants": 500, "funds_yuan": 1200},
            ("经费", 7): {"start_date": "2024-07-21", "participants": None, "funds_yuan": 1234.56},
            ("经费", 8): HELD,
        },
        arguments=["--unit", "凤翔区总工会"],
    )


OFFICES = [
    three_row_header_with_ranges,
    totals_first_and_estimates,
    one_sheet_a_month,
    stacked_and_section_rows,
    merged_counties_with_subtotals,
    rectification_terms,
    gb18030_csv,
    old_xls_with_percent_cells,
    shifted_duplicated_and_hidden,
    constants_for_missing_columns,
    two_tables_side_by_side,
    filler_rows_and_repeated_headers,
    columns_in_another_order_on_each_sheet,
    a_matrix_is_refused,
    a_header_that_lies,
    open_document_with_mac_dates,
    units_in_headers_and_cells,
]


def taizhang(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a user does, with JSON and messages apart."""
    return subprocess.run(
        [sys.executable, "-m", "analytics.cli", "--data", str(data), *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )


@pytest.mark.parametrize("office", OFFICES, ids=lambda make: make.__name__)
def test_every_cell_of_an_office_workbook_comes_out_right_or_is_held_back(
    office: Callable[[], Office], tmp_path: Path
) -> None:
    case = office()
    file = tmp_path / case.file
    file.write_bytes(case.content)
    ingest = taizhang(tmp_path / "data", "ingest", str(file), *case.arguments, "--json")
    assert ingest.stdout, ingest.stderr
    report = json.loads(ingest.stdout)["files"][0]
    export = taizhang(tmp_path / "data", "export", case.ledger, "--format", "json")
    assert export.returncode == 0, export.stderr
    rows = {(row["sheet"], row["row"]): row for row in json.loads(export.stdout)}
    if case.truth and all(sheet == "" for sheet, _ in case.truth):
        rows = {("", number): row for (_, number), row in rows.items()}

    loaded = {place for place, fields in case.truth.items() if fields != HELD}
    assert set(rows) == loaded, json.dumps(report["findings"], ensure_ascii=False, indent=1)
    wrong = {
        f"{place}.{name}": (rows[place].get(name), value)
        for place, fields in case.truth.items()
        if isinstance(fields, dict)
        for name, value in fields.items()
        if not same(rows[place].get(name), value)
    }
    assert not wrong
    for sheet in report["sheets"]:
        counts = dict(sheet["counts"])
        assert counts.pop("read") == sum(counts.values())
    if not case.truth:
        assert report["state"] == "rejected", report
        assert ingest.returncode == 1
        return
    held = sum(1 for fields in case.truth.values() if fields == HELD)
    assert sum(sheet["counts"]["quarantined"] for sheet in report["sheets"]) == held
    assert ingest.returncode == (1 if held else 0)
    found = {
        f"{finding['sheet']}!{finding['cell']}": finding["code"] for finding in report["findings"] if finding["cell"]
    }
    for cell, prefix in case.codes.items():
        if prefix:
            assert found.get(cell, "").startswith(prefix), (cell, found)
    everything = ingest.stdout + ingest.stderr + export.stdout
    for text in case.absent:
        assert text not in everything


def same(got: Any, expected: Any) -> bool:
    """Equal, numbers by value whatever their JSON spelling (12000, 12000.0, "12000.00")."""
    if (
        isinstance(expected, (int, float))
        and not isinstance(expected, bool)
        and got is not None
        and not isinstance(got, bool)
    ):
        return float(got) == float(expected)
    return bool(got == expected)
