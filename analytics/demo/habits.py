"""The habits offices have when they keep a ledger in a spreadsheet: one name each, with what it looks like.

A workbook is made by choosing habits; what each does is in ``layouts`` (where things stand), ``spelling`` (how a
value is written), ``mistakes`` and ``arrangements`` (several tables in one sheet, sheets beside the ledger). This
module must not know ledgers or how a workbook is read.
"""

from __future__ import annotations

from enum import Enum
from typing import Literal

Kind = Literal["container", "layout", "arrangement", "value", "mistake"]


class Habit(Enum):
    """One habit: its kind and what it is, in the words of the person who checks ledgers."""

    # Containers: at most one of these a workbook; none means .xlsx.
    FILE_XLS = ("container", "老版本 .xls 工作簿")
    FILE_ET = ("container", "WPS 表格 .et 工作簿（内容同 .xls）")
    FILE_ODS = ("container", ".ods 工作簿")
    FILE_CSV_UTF8 = ("container", "带 BOM 的 UTF-8 CSV")
    FILE_CSV_GB18030 = ("container", "GB18030 编码的 CSV")
    FILE_LYING_EXTENSION = ("container", "扩展名写 .xls、内容是 .xlsx")
    FILE_CSV_LYING = ("container", "扩展名写 .xls、内容是 GB18030 的 CSV")
    FILE_MAC_DATES = ("container", "1904 日期系统的工作簿")

    # Layout above the header.
    ATTACHMENT = ("layout", "首行写“附件1”")
    TITLE = ("layout", "合并居中的标题行")
    TITLE_TWO_ROWS = ("layout", "标题分两行，第二行是年度和演示数据字样")
    FILLER_ONE_CELL = ("layout", "标题下一行一个单元格写填报单位、填报人、填报时间")
    FILLER_CELLS = ("layout", "填报单位、填报时间分开写，标签一格、内容一格")
    SEAL = ("layout", "填报单位后带（盖章）")
    UNIT_LINE = ("layout", "表头上一行写“单位：人、场次”")
    OFFSET = ("layout", "表格不从A1开始，上面空一行、左边空一列")

    # The header.
    HEADER_TWO_ROWS = ("layout", "两行表头，有合并的分组")
    HEADER_THREE_ROWS = ("layout", "三行表头，服务人次→其中→农民工")
    UNITS_ROW = ("layout", "表头下一行是计量单位")
    HEADER_UNITS = ("layout", "表头里带单位，如“岗位数（个）”")
    HEADER_SYNONYMS = ("layout", "表头用别的叫法")
    HEADER_SPACES = ("layout", "表头里有空格或换行")
    COLUMN_ORDER = ("layout", "列的次序不同")
    EXTRA_COLUMNS = ("layout", "多出台账没有的列")
    SERIAL_COLUMN = ("layout", "第一列是序号")
    FEW_COLUMNS = ("layout", "只有必填列和少数几列")
    NO_COUNTY_COLUMN = ("layout", "没有县区列，县区由填报单位得出")
    NO_ORGANIZER_COLUMN = ("layout", "没有主办单位列，由填报单位得出")

    # The body.
    MERGED_COUNTY = ("layout", "县区一列纵向合并")
    BLANK_ROWS = ("layout", "中间有空行")
    REPEATED_HEADER = ("layout", "每页重复表头")
    SUBTOTALS = ("layout", "按组的小计行")
    TOTAL_LAST = ("layout", "末行合计")
    TOTAL_FIRST = ("layout", "合计行在数据之前")
    TOTAL_WORD = ("layout", "合计写成“总计”，字间有空格")
    TOTAL_FORMULAS = ("layout", "合计是公式")
    HIDDEN_ROWS = ("layout", "有隐藏行")
    HIDDEN_COLUMNS = ("layout", "有隐藏列")
    KEEP_ROWS = ("layout", "表尾有“……”和“保留格式，勿删”行")
    PREFILLED_ROWS = ("layout", "表尾有预填公式的空行")

    # Below and around the table.
    FOOTNOTES = ("layout", "表下写“注：”")
    FILLER_BELOW = ("layout", "填报人、审核人写在表下")
    HIDDEN_SHEET = ("layout", "另有一张隐藏的工作表")
    COVER_SHEET = ("layout", "第一张是填报说明，不是台账")
    MONTH_SHEETS = ("layout", "一个月一张表")

    # What templates and clerks add around the records; for studies, the demo's offices do without.
    SECTION_ROWS = ("arrangement", "表中有分段的小标题行")
    HELPER_ROW_ABOVE = ("arrangement", "表头上一行是“引用某列信息”")
    HELPER_ROW_BELOW = ("arrangement", "表头下一行是填写要求")
    EXAMPLE_ROW = ("arrangement", "表头下有示例行")
    FILLER_IN_HEADER = ("arrangement", "表头行里夹着“填报人：某某”")
    PREFILLED_FAR = ("arrangement", "预填公式的空行一直到第400行")
    STACKED_TABLES = ("arrangement", "同一张表里上下两个表头不同的台账")
    SIDE_BY_SIDE = ("arrangement", "同一张表里左右两个台账")
    MATRIX_SHEET = ("arrangement", "另有一张县区乘月份的汇总表")
    SUMMARY_SHEET = ("arrangement", "另有一张表把明细又抄一遍")
    DAY_ONLY = ("arrangement", "一个月一张表，月份只在表名里，日期只写15日")
    SAME_LEDGER_BELOW = ("arrangement", "同一张表里上下两个同种台账，列的次序不同")
    SECTION_CHOICE = ("arrangement", "没有类型、方式一列，写在小标题行里")
    NUMBERED_HEADINGS = ("arrangement", "列名带编号，如“（1）活动名称”")
    PAGE_MARKS = ("arrangement", "每页末尾写“第1页 共3页”，下页写“续表”")
    MONEY_LINE_WAN = ("arrangement", "表头上一行写“单位：万元”，金额按万元写")
    EXAMPLE_REMARK = ("arrangement", "表头下有示例行，只在备注里写明是示例")

    HEADER_MARKS = ("arrangement", "表头带注码，如“举办时间①”“服务人次*”")
    LETTERED_COLUMNS = ("arrangement", "表头下一行是栏次：甲 乙 1 2 3")
    YEAR_SO_FAR = ("arrangement", "“本月”列旁边还有“本年累计”列")
    DERIVED_ROWS = ("arrangement", "表尾有“平均”“同比增长（%）”行")
    COLOUR_LEGEND = ("arrangement", "表下写“黄色：已核实”")

    # Dates.
    DATE_ISO = ("value", "日期写成 2024-07-15 文本")
    DATE_SLASH = ("value", "日期写成 2024/7/15")
    DATE_DOTS = ("value", "日期写成 2024.7.15")
    DATE_CHINESE = ("value", "日期写成 2024年7月15日")
    DATE_COMPACT = ("value", "日期写成 20240715 文本")
    DATE_COMPACT_NUMBER = ("value", "日期写成 20240715 数字")
    DATE_SHORT_YEAR = ("value", "日期写成 24.7.15")
    DATE_CHINESE_FORMAT = ("value", "真日期，显示为某年某月某日")
    DATE_SERIAL = ("value", "日期是没有格式的序列数 45488")
    DATE_WEEKDAY = ("value", "日期写成 2024年7月15日（周一）")
    DATE_HOUR = ("value", "日期带时刻 2024-07-15 14:30")
    DATE_FULL_STOPS = ("value", "日期写成 2024。7。15")
    DATE_YEAR_APART = ("value", "日期写成 （2024年）7月15日")
    DATE_MONTH_NAME = ("value", "日期写成 15-Jul-2024")
    DATE_NO_YEAR = ("value", "日期写成 7月15日，不写年")
    DATE_NO_YEAR_DOT = ("value", "日期写成 7.15 文本，不写年")
    DATE_RANGE = ("value", "起止写成 7月10日-12日")
    DATE_RANGE_DOT = ("value", "起止写成 7.10—7.12")
    DATE_RANGE_YEAR = ("value", "起止写成 2024年7月10日-7月12日")
    DATE_RANGE_MONTHS = ("value", "起止写成 2024年3月至5月")
    DATE_MONTH = ("value", "只写到月：2024年7月")
    DATE_DEKAD = ("value", "写到旬：7月上旬")
    DATE_BY_END = ("value", "期限写成 6月底前")
    DATE_LONG_TERM = ("value", "期限写成 2024年底前，并长期坚持")
    DATE_IMMEDIATE = ("value", "期限写成 立行立改，长期坚持")
    DATE_PERIOD = ("value", "期限写成 2024年上半年、2024年三季度")

    # Counts.
    COUNT_COMMAS = ("value", "数字带千分位 1,200")
    COUNT_FULL_WIDTH = ("value", "全角数字 １２００")
    COUNT_UNIT = ("value", "数字带单位 45人")
    COUNT_WAN = ("value", "写成 1.2万")
    COUNT_YI = ("value", "写成 0.5亿")
    COUNT_CHINESE = ("value", "汉字数字 三十二、两百")
    COUNT_FINANCIAL = ("value", "大写数字 壹佰贰拾")
    COUNT_PER = ("value", "人次写成 300人/次")
    COUNT_TEXT = ("value", "数字存成文本")
    COUNT_APPROXIMATE = ("value", "约数：百余、500多、近万、约2万、20人左右、100-120人")

    # Money, percent, choices, places, texts.
    MONEY_COMMAS = ("value", "金额写成 12,000.50")
    MONEY_YUAN = ("value", "金额带元 3000元")
    MONEY_WAN = ("value", "金额写成 1.2万元")
    MONEY_HEADER_WAN = ("value", "表头（万元），金额按万元写")
    PERCENT_TEXT = ("value", "百分数写成文本 85%")
    PERCENT_CELL = ("value", "百分数格式的单元格（存的是0.85）")
    BOOLEAN_WORDS = ("value", "是否写成 有/无、√/×、1/0、Y/N")
    CHOICE_SYNONYMS = ("value", "选项用别的叫法，状态写 整改到位、销号、推进中")
    CHOICE_REMARK = ("value", "选项后面带括号说明，如“线上（见附件）”")
    CHOICE_DOUBTFUL = ("value", "状态写“基本完成”")
    COUNTY_TOWNSHIP = ("value", "县区一格写到镇街")
    COUNTY_ALIASES = ("value", "县区写简称、旧名或带宝鸡市、总工会")
    TEXT_SPACES = ("value", "文字前后有空格、全角空格")
    BLANK_WORDS = ("value", "空着的格写 / - — 无 暂无")

    # Mistakes: each adds rows (or a column) whose fate is known.
    TWO_NUMBERS = ("mistake", "一格两个数：线上20/线下30")
    WORDS_FOR_COUNT = ("mistake", "数量写成 较多、若干")
    NEGATIVE = ("mistake", "数量是负数")
    DECIMAL_COUNT = ("mistake", "数量带小数 12.5")
    IMPOSSIBLE_DATE = ("mistake", "2月30日")
    YEAR_OUT_OF_RANGE = ("mistake", "年份 1924")
    NUMBER_FOR_DATE = ("mistake", "日期格是数字 7.1，分不清7月1日还是7月10日")
    FAULT_CELL = ("mistake", "单元格是 #REF!")
    DITTO = ("mistake", "写“同上”")
    MISSING_REQUIRED = ("mistake", "必填项空着")
    UNKNOWN_CHOICE = ("mistake", "选项不在可选范围")
    UNKNOWN_COUNTY = ("mistake", "县区不认识")
    RULE_BROKEN = ("mistake", "数与数矛盾：实到大于应到、已完成没有完成日期等")
    RULE_DOUBTFUL = ("mistake", "合乎格式但可疑：岗位数少于企业数等")
    SHIFTED = ("mistake", "整行错位一列")
    WRONG_TOTAL = ("mistake", "合计数不对")
    DUPLICATE = ("mistake", "同一行填了两遍")
    NEAR_DUPLICATE = ("mistake", "同一件事换个说法又填一遍")
    IDENTITY_NUMBER = ("mistake", "备注里有身份证号（虚构）")
    MOBILE_NUMBER = ("mistake", "备注里有手机号（虚构）")
    PHONE_COLUMN = ("mistake", "有联系电话一列（虚构号码）")

    @property
    def kind(self) -> Kind:
        """What the habit touches."""
        return self.value[0]

    @property
    def description(self) -> str:
        """The habit in Chinese."""
        return self.value[1]


CSV = frozenset({Habit.FILE_CSV_UTF8, Habit.FILE_CSV_GB18030, Habit.FILE_CSV_LYING})

NEEDS_A_BOOK = frozenset(
    {
        Habit.MERGED_COUNTY,
        Habit.HIDDEN_ROWS,
        Habit.HIDDEN_COLUMNS,
        Habit.HIDDEN_SHEET,
        Habit.COVER_SHEET,
        Habit.MONTH_SHEETS,
        Habit.DAY_ONLY,
        Habit.MATRIX_SHEET,
        Habit.SUMMARY_SHEET,
        Habit.PREFILLED_FAR,
        Habit.PREFILLED_ROWS,
        Habit.TOTAL_FORMULAS,
        Habit.DATE_SERIAL,
        Habit.DATE_CHINESE_FORMAT,
        Habit.PERCENT_CELL,
        Habit.NUMBER_FOR_DATE,
    }
)
"""Habits that a text file cannot show (7.1 as a text is the first of July; only a number is in doubt)."""


FOR_STUDIES = frozenset(
    {
        Habit.DATE_WEEKDAY,
        Habit.DATE_HOUR,
        Habit.DATE_FULL_STOPS,
        Habit.DATE_YEAR_APART,
        Habit.DATE_MONTH_NAME,
        Habit.COUNT_FINANCIAL,
        Habit.COUNT_PER,
        Habit.CHOICE_REMARK,
        Habit.COUNTY_TOWNSHIP,
    }
)
"""Spellings that the demo's offices do without, as they do without arrangements."""

JOINED = frozenset({Habit.STACKED_TABLES, Habit.SAME_LEDGER_BELOW, Habit.SIDE_BY_SIDE})
"""Habits that put a second table into the same sheet; one of them at most."""

_TALL = frozenset(
    {
        Habit.HEADER_TWO_ROWS,
        Habit.HEADER_THREE_ROWS,
        Habit.REPEATED_HEADER,
        Habit.BLANK_ROWS,
        Habit.SECTION_ROWS,
        Habit.SECTION_CHOICE,
        Habit.PAGE_MARKS,
        Habit.KEEP_ROWS,
        Habit.PREFILLED_ROWS,
        Habit.PREFILLED_FAR,
        Habit.FOOTNOTES,
        Habit.FILLER_BELOW,
        Habit.TITLE_TWO_ROWS,
        Habit.DERIVED_ROWS,
        Habit.COLOUR_LEGEND,
    }
)
"""Lines across the sheet, which nobody draws where two tables stand side by side."""

_SPREAD = frozenset({Habit.MONTH_SHEETS, Habit.DAY_ONLY, Habit.HIDDEN_SHEET, Habit.SUMMARY_SHEET})
"""Habits that need a ledger to have its sheets for itself."""


def of_kind(kind: Kind) -> tuple[Habit, ...]:
    """Return the habits of one kind, in their declared order."""
    return tuple(habit for habit in Habit if habit.kind == kind)


def possible(habits: frozenset[Habit]) -> frozenset[Habit]:
    """Return ``habits`` without those that the chosen kind of file cannot show.

    Raises:
        ValueError: Two kinds of file were chosen at once.
    """
    containers = [habit for habit in habits if habit.kind == "container"]
    if len(containers) > 1:
        raise ValueError(f"一个文件只能有一种格式：{'、'.join(habit.description for habit in containers)}")
    if habits & CSV:
        habits -= NEEDS_A_BOOK
    if Habit.DAY_ONLY in habits:
        # The month stands in the name of the sheet and nowhere else; a copy of all months has no such name.
        habits = (habits | {Habit.MONTH_SHEETS}) - {Habit.SUMMARY_SHEET}
    if Habit.MERGED_COUNTY in habits:
        habits -= {Habit.COUNTY_TOWNSHIP}  # one merged cell cannot name the township of each row
    if Habit.MONTH_SHEETS in habits:
        habits -= {Habit.SUMMARY_SHEET}
    if Habit.PAGE_MARKS in habits:
        habits |= {Habit.REPEATED_HEADER}
    if Habit.SECTION_CHOICE in habits:
        # One kind of heading a sheet, and no sum over half a section.
        habits -= {Habit.SECTION_ROWS, Habit.SUBTOTALS}
    if habits & JOINED:
        habits -= _SPREAD | (JOINED - {min(habits & JOINED, key=lambda habit: habit.name)})
    if Habit.SIDE_BY_SIDE in habits:
        habits -= _TALL
    return habits
