"""The catalogue of finding codes: each code's severity, Chinese title, sentence and hint, defined once.

Every step of the ETL takes its findings from here, and the documentation of codes is made from here.
To add a code, add one ``_code(...)`` line to the section of its step. Sentences are ``str.format``
templates; what fills them comes as keyword arguments of :func:`issue`. This module must not know how
anything is read, parsed or stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from analytics.severity import Severity

CODES: dict[str, Code] = {}
"""Every catalogued code. Rule codes (``RULE-<LEDGER>-<ID>``) are declared in the ledgers, not here."""


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of finding. ``message`` and ``hint`` are templates, ``explanation`` is for the documentation."""

    code: str
    severity: Severity
    title: str
    message: str
    hint: str
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing said about a value, a row or a sheet, without its place; the pipeline adds the place."""

    code: str
    severity: Severity
    message: str
    hint: str


def issue(code: str, *, severity: Severity | None = None, **values: Any) -> Issue:
    """Make an issue of a catalogued code.

    Args:
        code: A code of :data:`CODES`.
        severity: Where the same fault weighs differently (an unknown word in an optional column).
        **values: What the sentence and the hint name.

    Raises:
        KeyError: The code, or something its templates name, is unknown: a fault of the program.
    """
    entry = CODES[code]
    return Issue(code, severity or entry.severity, entry.message.format(**values), entry.hint.format(**values))


def rule_code(ledger: str, rule: str) -> str:
    """Return the finding code of a declared rule: ``RULE-JOB-FAIR-END-BEFORE-START``."""
    return f"RULE-{ledger}-{rule}".upper().replace("_", "-")


def _code(code: str, severity: Severity, title: str, message: str, hint: str, explanation: str = "") -> None:
    if code in CODES:
        raise ValueError(f"{code} 重复定义")
    CODES[code] = Code(code, severity, title, message, hint, explanation)


# One entry a code, in as few lines as it takes. Line lengths count letters, not the double width of Chinese ones.
# fmt: off
# ruff: noqa: E501

# --- VAL: any cell -------------------------------------------------------------------------------------------------

_code("VAL-ERROR-CELL", "error", "公式出错的单元格", "“{label}”单元格是公式错误 {raw}", "请修正公式或直接填写数值")
_code("VAL-DITTO", "error", "写了“同上”", "“{label}”写的是“{raw}”，不能代替具体内容", "请逐行填写完整内容，不用“同上”")
_code("VAL-TWO-CELLS", "error", "同名的两列数不同", "“{header}”有两列，本格是“{raw}”，{cell} 是“{other}”，分不清以哪一格为准", "请核对“{label}”应取哪一列；两列含义不同的，请把列名写清楚")
_code("VAL-PLACEHOLDER", "error", "还是模板的示例文字", "“{label}”还是模板示例行里的“{raw}”", "请填写实际内容；示例行不用的请整行删去")
_code("VAL-REQUIRED", "error", "必填项为空", "必填项“{label}”没有填写", "请补填“{label}”")
_code("VAL-UNREADABLE", "error", "单元格内容无法识别", "“{label}”的内容“{raw}”无法识别", "请按填写说明改写")

# --- VAL: numbers; one family of codes for counts, money, plain numbers and percents ----------------------------------

for _kind, _what, _example in (
    ("COUNT", "计数", "120"),
    ("MONEY", "金额", "1200.50"),
    ("DECIMAL", "数值", "24.5"),
    ("PERCENT", "百分数", "95%"),
):
    _p = f"VAL-{_kind}"
    _code(f"{_p}-WORDS", "error", f"{_what}写成了文字", f"“{{label}}”应填{_what}，现为“{{raw}}”",
          f"请填写一个确切的数，例如 {_example}；确实没有数据请留空", "若干、较多等说法没有确切的数，也给不出范围；夹有其他文字、读不出唯一数值的也归于此。")
    _code(f"{_p}-TWO-NUMBERS", "error", f"一格写了两个{_what}", "“{label}”一格里有不止一个数：“{raw}”", "一格只填一个数，请分列填写或填合计数")
    _code(f"{_p}-NEGATIVE", "error", f"{_what}为负", "“{label}”不能为负：“{raw}”", "请核对；冲减的数请在备注说明")
    _code(f"{_p}-DATE", "error", f"{_what}列里是日期", "“{label}”应填数，现为日期或时间“{raw}”", "请核对是否填错了列；若单元格被设成了日期格式，请改为常规格式后重新填写")
    _code(f"{_p}-BOOLEAN", "error", f"{_what}列里是是否值", "“{label}”应填数，现为“{raw}”", f"请填写一个数，例如 {_example}")
    _code(f"{_p}-TOO-LARGE", "error", f"{_what}过大", "“{label}”的值“{raw}”大得不合常理", "请核对是否多写了位数，或把电话、编号填进了本列")
    _code(f"{_p}-GROUPING", "error", f"{_what}的千分位不对", "“{label}”的逗号位置不合千分位写法：“{raw}”", "请核对是一个数还是两个数；千分位每三位一个逗号")
    _code(f"{_p}-APPROX", "warning", f"{_what}是约数", "“{label}”是约数“{raw}”（{span}），不计入合计", "请尽量填写确切的数",
          "保留原文与上下限；默认不参加求和，需由审核人确认后才采用。")
    _code(f"{_p}-NOTE", "warning", f"{_what}后带说明", "“{label}”的“{raw}”取数为 {value}，括号内的说明没有计入", "请核对；说明请写到备注列")
    _code(f"{_p}-LEADING-ZERO", "warning", f"{_what}以零开头", "“{label}”的“{raw}”以零开头，取数为 {value}", "请核对是不是编号或日期填错了列")
    _code(f"{_p}-SPACED", "warning", f"{_what}中有空格", "“{label}”的“{raw}”按千分位取数为 {value}", "请核对是一个数还是两个数；请不要在数中加空格")
    _code(f"{_p}-UNIT", "warning", f"{_what}的单位与本列不符", "“{label}”的单位应为{expected}，现写“{raw}”，取数为 {value}", "请核对是否填错了列")
    _code(f"{_p}-UNIT-CONFLICT", "warning", "单元格与表头单位不一致", "“{label}”表头单位是{header}，单元格写“{raw}”，按单元格自己的单位取数为 {value}",
          "请核对单位；单元格里最好只填数")
    _code(f"{_p}-UNIT-UNKNOWN", "error", "表头单位不适用", "“{label}”表头单位“{header}”不适用于{kind}", "请核对表头单位，或核对本列是否对应正确")

_code("VAL-COUNT-DECIMAL", "error", "计数不是整数", "“{label}”应为整数，现为“{raw}”", "请核对；若单位是万，请写明“万”")
_code("VAL-COUNT-ROUNDED", "warning", "计数写成了整万整千", "“{label}”的“{raw}”换算为 {value}，末位以下可能被舍去", "如有确切的数，请填写确切的数")
_code("VAL-MONEY-SCALE", "warning", "金额像是弄混了元和万元", "“{label}”的“{raw}”按{unit}读为 {value} 元，与常见的数相差太大，可能弄混了元和万元", "请核对；单位不同的请在数后写明“元”或“万元”")
_code("VAL-MONEY-ROUNDED", "warning", "金额不足一分", "“{label}”的“{raw}”不足一分的部分四舍五入为 {value} 元", "请核对金额")
_code("VAL-DECIMAL-ROUNDED", "info", "小数位过多", "“{label}”的“{raw}”四舍五入为 {value}", "请核对数值")
_code("VAL-PERCENT-ROUNDED", "info", "小数位过多", "“{label}”的“{raw}”四舍五入为 {value}%", "请核对数值")
_code("VAL-PERCENT-AMBIGUOUS", "error", "百分数写法有歧义", "“{label}”的“{raw}”可能是 {as_share}%，也可能是 {as_percent}%",
      "请写明百分号，例如 95%", "不带百分号、又不超过 1 的数，可能是比值也可能是百分数，相差一百倍，不代为猜测。0 不受此限。")

# --- VAL: dates ------------------------------------------------------------------------------------------------------

_code("VAL-DATE-UNREADABLE", "error", "日期无法识别", "“{label}”的“{raw}”不是能识别的日期", "请写成 2024-07-15 的样子")
_code("VAL-DATE-INVALID", "error", "没有这一天", "“{label}”的“{raw}”：没有这一天", "请核对月份和日期")
_code("VAL-DATE-RANGE", "error", "年份超出范围", "“{label}”的“{raw}”年份不在 2000 年至 {last} 年之间", "请核对年份")
_code("VAL-DATE-NO-YEAR", "error", "日期缺少年份", "“{label}”的“{raw}”没有年份，表中也找不到所属年度", "请写全年月日，或在标题、填报时间中注明年度")
_code("VAL-DATE-NO-MONTH", "error", "日期缺少月份", "“{label}”的“{raw}”只有日，找不到所属月份", "请写全年月日")
_code("VAL-DATE-NUMBER", "error", "数字格式的日期有歧义", "“{label}”是数字 {raw}，分不清是 {first} 还是 {second}",
      "请把单元格设为文本或日期格式，写成 2024-07-10 的样子", "数字单元格会丢掉末尾的零：7.10 存成 7.1。")
_code("VAL-DATE-AMBIGUOUS", "error", "日期有歧义", "“{label}”的“{raw}”有不止一种读法", "请写成 2024-07-15 的样子；起止用“至”隔开")
_code("VAL-DATE-TWO", "error", "一格写了多个日期", "“{label}”一格里有不止一个日期：“{raw}”", "一格只填一个日期；多次活动请分行填写")
_code("VAL-DATE-LUNAR", "error", "农历或节令日期", "“{label}”的“{raw}”是农历或节令说法，换算不出确切日期", "请填写公历年月日")
_code("VAL-DATE-WORDS", "error", "日期写成了文字", "“{label}”应填日期，现为“{raw}”", "请写成 2024-07-15 的样子；没有请留空")
_code("VAL-DATE-TIME-ONLY", "error", "只有时刻没有日期", "“{label}”只有时刻“{raw}”，没有日期", "请补填年月日")
_code("VAL-DATE-YEAR-INFERRED", "warning", "补了年份", "“{label}”的“{raw}”没有年份，按{source}补为 {year} 年", "请核对年份")
_code("VAL-DATE-MONTH-INFERRED", "warning", "补了月份", "“{label}”的“{raw}”没有月份，按本表月份补为 {month} 月", "请核对月份")
_code("VAL-DATE-SHORT-YEAR", "warning", "年份只有两位", "“{label}”的“{raw}”按 {value} 收录", "请核对；年份请写四位")
_code("VAL-DATE-SERIAL", "info", "日期存成了序号", "“{label}”的数字 {raw} 是日期序号，即 {value}", "无须处理；可把单元格设为日期格式",
      "表格软件把日期存成天数；单元格没有设日期格式时读出的是数字。")
_code("VAL-DATE-IMPRECISE", "warning", "日期不到日", "“{label}”的“{raw}”没有写到日，按 {value} 收录并标明精度", "如能确定，请写到日")
_code("VAL-DATE-BEFORE", "warning", "日期写成了期限", "“{label}”的“{raw}”写成了期限，按 {value} 收录", "请填写确切的日期")
_code("VAL-DATE-RANGE-CUT", "warning", "本列只收一个日期", "“{label}”的“{raw}”是一段日期，本列只收 {value}", "请核对")
_code("VAL-DATE-RANGE-REVERSED", "error", "起止日期颠倒", "“{label}”的“{raw}”结束早于开始", "请核对起止日期")
_code("VAL-DATE-CROSS-YEAR", "warning", "跨年的起止日期", "“{label}”的“{raw}”跨年，结束日期按 {value} 收录", "请核对结束日期的年份")
_code("VAL-DATE-WEEKDAY", "warning", "星期对不上", "“{label}”的“{raw}”：{value} 是{weekday}", "请核对日期或星期")
_code("VAL-DATE-DAYS", "warning", "天数对不上", "“{label}”的“{raw}”：起止共 {days} 天，与写明的天数不同", "请核对起止日期或天数")

# --- VAL: years, choices, places, text -------------------------------------------------------------------------------

_code("VAL-YEAR-UNREADABLE", "error", "年份无法识别", "“{label}”应填四位年份，现为“{raw}”", "请写成 2024")
_code("VAL-YEAR-RANGE", "error", "年份超出范围", "“{label}”的“{raw}”不在 2000 年至 {last} 年之间", "请核对年份")
_code("VAL-BOOLEAN-UNKNOWN", "error", "不是“是”或“否”", "“{label}”应填“是”或“否”，现为“{raw}”", "请填“是”或“否”",
      "非必填且没有默认值的列只作提醒，该项记为空。")
_code("VAL-CHOICE-UNKNOWN", "error", "不在可选项中", "“{label}”的“{raw}”不在可选项中", "请从以下选填：{allowed}",
      "非必填且没有默认值的列只作提醒，该项记为空，原文留在问题清单里。")
_code("VAL-CHOICE-FLAGGED", "warning", "说法需要核对", "“{label}”的“{raw}”按“{value}”收录", "请核对；规范的写法有：{allowed}")
_code("VAL-CHOICE-DOUBTFUL", "warning", "说法与所收录的不完全一致", "“{label}”的“{raw}”按“{value}”收录，不算完成", "请核对；规范的写法有：{allowed}")
_code("VAL-COUNTY-UNKNOWN", "error", "县区无法识别", "“{label}”的“{raw}”不是所辖县区", "请从以下选填：{allowed}")
_code("VAL-COUNTY-WITHIN", "warning", "写到了县区以下", "“{label}”的“{raw}”写到了县区以下，按“{value}”收录", "请只填县区；镇街请写在地点一栏")
_code("VAL-COUNTY-TWO", "error", "一格写了多个县区", "“{label}”一格里有不止一个县区：“{raw}”", "请分行填写，一行一个县区")
_code("VAL-TEXT-DATE", "warning", "文字列里是日期", "“{label}”读到的是日期 {raw}，可能是表格软件把编号自动改成了日期", "请核对原文；编号列请设为文本格式")
_code("VAL-TEXT-NUMBER", "warning", "文字列里是小数", "“{label}”读到的是数字 {raw}，末尾的零或后面的位数可能已被表格软件去掉",
      "请核对原文；编号列请设为文本格式", "1.10 存成数字就是 1.1，十五位以后的数字存不下。")

# --- PRIV: privacy ---------------------------------------------------------------------------------------------------

_code("PRIV-MASKED", "warning", "已遮盖个人信息", "“{label}”含有{kinds}，已遮盖后收录", "台账不收个人号码，请在原表中删去")
_code("PRIV-COLUMN-DROPPED", "warning", "个人信息列不收", "“{header}”列是{kind}，没有收录", "台账不收个人信息，请在原表中删去该列")

# --- RULE, DUP: rows -------------------------------------------------------------------------------------------------

_code("RULE-NEEDS-COLUMN", "warning", "缺列，规则无法核对", "表中没有“{columns}”列，{count} 行无法核对（例如：{example}）", "请在台账中补上“{columns}”列")
_code("DUP-SAME-RECORD", "warning", "重复的行", "与第 {other} 行是同一条记录，内容也相同", "重复的行只计一次，请删去多余的行")
_code("DUP-SAME-KEY", "warning", "同一条记录填了两次", "与第 {other} 行是同一条记录（{key}相同），但内容不同", "请核对，只保留正确的一行")
_code("DUP-NEAR", "warning", "疑似重复", "与第 {other} 行疑似重复：“{first}”与“{second}”", "请核对是否为同一次，重复的请删去")

# --- FILE, SHEET: what was found in the workbook ---

_code("FILE-NOTHING-LOADED", "error", "没有可收录的记录", "这份文件里没有读到任何可以收录的记录", "请核对是否传错了文件；逐张工作表的原因见其他问题")
_code("FILE-INTERNAL", "error", "程序出错", "读取这份文件时程序出错（{kind}），没有收录任何内容", "请把原文件交给系统管理员；其他文件不受影响")
_code("FILE-LEDGER-UNKNOWN", "error", "没有这种台账", "没有“{ledger}”这种台账", "请从以下选用：{known}")
_code("SHEET-RESULT-LIST", "info", "系统的校验结果表", "工作表“{sheet}”是系统生成的校验结果，没有当作台账读取", "无须处理，可以保留或删去")
_code("SHEET-EMPTY", "info", "空工作表", "工作表“{sheet}”是空的", "无须处理")
_code("SHEET-NO-HEADER", "error", "没有找到表头", "工作表“{sheet}”里没有找到台账表头", "台账第一行应是列名（如：{example}），请按模板整理")
_code("SHEET-NOT-A-LEDGER", "error", "不是已知的台账", "第 {row} 行起的表不是已知的台账{near}，没有收录", "如确是某一种台账，请按该台账的模板改列名，或在上传时指明台账种类")
_code("SHEET-OTHER-LEDGER", "error", "不是所指明的台账", "第 {row} 行起的表像是{likely}，不是上传时指明的{named}，没有收录",
      "请改指明{likely}，或不指明台账种类")  # fmt: skip
_code("SHEET-AMBIGUOUS", "error", "分不清是哪种台账", "第 {row} 行起的表同时像{names}，没有收录", "请在上传时指明台账种类，或在标题写明台账名称")
_code("SHEET-MATRIX", "error", "交叉汇总表", "工作表“{sheet}”是交叉汇总表（行列分别是地区、月份等），不是一行一条记录的台账，没有收录", "请报送一行一条记录的台账；汇总由系统自动计算")
_code("SHEET-TRANSPOSED", "error", "表头竖排", "工作表“{sheet}”的列名竖着排，不是一行一条记录的台账，没有收录", "请把表格转置，列名放在第一行")
_code("SHEET-HIDDEN", "info", "隐藏的工作表", "工作表“{sheet}”是隐藏的，已照常读取", "如不应报送，请删去后重新上传")
_code("SHEET-HIDDEN-ROWS", "info", "隐藏的行", "有 {count} 行是隐藏的（第 {rows} 行），已照常读取", "如不应报送，请删去后重新上传")
_code("SHEET-HIDDEN-COLUMNS", "info", "隐藏的列", "有隐藏的列（{columns}），已照常读取", "如不应报送，请删去后重新上传")
_code("SHEET-ASIDE", "info", "表格旁边的内容", "{span} 列在表格之外（与表格隔着空列），没有读取", "如属于台账，请移到表格中间隔的空列之前")
_code("SHEET-EXAMPLE-ROWS", "info", "示例行", "第 {rows} 行写明是示例，没有收录", "如是真实的记录，请删去“示例”字样后重新上传")
_code("SHEET-NO-ROWS", "info", "没有记录", "认出了{ledger}的表头，但下面没有记录", "如有数据，请核对是否填在表头之下")
_code("SHEET-YEAR-CONFLICT", "warning", "年度说法不一", "年度说法不一：{sayings}；不写年份的日期因此无法补年份", "请改为一致，或把日期写全")
_code("SHEET-YEAR-FROM", "warning", "年度取自表外", "表中没有“{label}”列，{count} 行的年度按{source}记为 {year} 年", "请核对；如不对，请在表中加“{label}”一列")
_code("SHEET-CHOICE-FROM", "warning", "取自表外", "表中没有“{label}”列，{count} 行按{source}记为{values}", "请核对；如不对，请在表中加“{label}”一列")
_code("SHEET-COUNTY-FROM", "info", "县区取自表外", "表中没有县区，{count} 行的县区按{source}记为{county}", "如不对，请在表中加“县区”一列")
_code("SHEET-COUNTY-OF-UNIT", "info", "县区取自单位名称", "表中没有县区，{count} 行的县区按“{label}”所在的县区记录", "如不对，请在表中加“县区”一列")
_code("SHEET-COUNTY-CONFLICT", "warning", "县区说法不一", "表中没有县区，而{sayings}说法不一，县区记为空", "请在表中加“县区”一列")
_code("SHEET-COUNTY-BLANK", "warning", "县区没有填写", "“{label}”没有填写，这条记录不进入县区统计", "请补填县区")
_code("SHEET-COUNTY-NONE", "warning", "看不出县区", "表中没有县区，标题、表名、填报单位也看不出属于哪个县区，{count} 行的县区记为空，不进入县区统计", "请在表中加“县区”一列，或在上传时指明填报单位")
_code("SHEET-UNIT-DIFFERS", "warning", "填报单位不一致", "表上的填报单位是“{said}”，上传时填的是“{given}”，按后者收录", "请核对填报单位")

# --- MAP: headers ---

_code("MAP-REQUIRED-MISSING", "error", "缺少必填列", "看起来是{ledger}，但缺少必填列：{missing}，没有收录{near}",
      "请补上这些列；若全表相同，可在上传时统一指定（--set {example}）")
_code("MAP-UNMAPPED", "info", "没有对应上的列", "“{header}”列没有对应的项目，原文随记录保存{near}", "如属于某个项目，请按模板改列名")
_code("MAP-PROSE", "warning", "列里是文字叙述", "“{header}”列写的是文字叙述，不是“{label}”的可选项，没有作为“{label}”采用，原文随记录保存",
      "请核对；“{label}”请另设一列，从可选项中填写")
_code("MAP-RATE", "warning", "是单价，不是总额", "“{header}”列按单位看是每人（次）的标准，不是总额，没有作为“{label}”采用，原文随记录保存", "请另填总额一列")
_code("MAP-UNIT-CONFLICT", "warning", "单位说法不一", "“{header}”列的单位，列名写“{taken}”，{where}写“{other}”，按“{taken}”读取", "请改为一致，并核对本列数值")
_code("MAP-TWO-CLAIMS", "warning", "两列争一个项目", "“{header}”列与“{winner}”列（{column} 列）都像“{label}”，取后者，本列没有采用",
      "请核对；两列含义不同的，请改列名")
_code("MAP-TWIN-COLUMNS", "warning", "两列同名", "“{header}”有同名的两列（{first} 列和 {second} 列），内容不同，分不清哪一列是“{label}”，都没有采用",
      "请在列名上写明各列的含义（例如“线上”“线下”“计划”“实际”），再重新上传")
_code("MAP-GROUP-MISMATCH", "warning", "分组与列名不符", "“{header}”列在分组上属于“{group}”，不是“{label}”，没有采用", "如确是“{label}”，请改列名")
_code("MAP-HEADER-LIES", "error", "表头与内容不符", "“{header}”列应是{expected}，但 {bad}/{all} 个单元格不是（例如“{example}”）",
      "请核对表头是否写错，或内容是否填错了列")
_code("MAP-SUGGESTED", "warning", "按近似列名对应", "“{header}”列按近似列名对应为“{label}”（相似度 {score}）", "请核对；正确的请改成规范列名")
_code("MAP-HEADER-ABSENT", "warning", "指定的列名不在表里", "指定了“{header}”列的对应，但文件里没有这个列名", "请核对列名，与表头写得一样")
_code("MAP-CONSTANT-INVALID", "error", "统一指定的值有误", "统一指定的 {field}={raw} 有误：{reason}", "请改正后重新上传")
_code("MAP-CONSTANT-UNUSED", "info", "统一指定的值没有用上", "表中已有“{label}”列，统一指定的值没有采用", "无须处理")

# --- ROW: whole rows ---------------------------------------------------------------------------------------------------

_code("VAL-DATE-END-CONFLICT", "error", "结束日期说法不一", "“{label}”里写了起止日期，结束日与“{end}”列不同", "请核对，只保留一种说法")
_code("ROW-TOTAL-NAME", "error", "像是合计行", "“{label}”写的是“{raw}”，像是合计行，却又填了日期等内容，没有收录", "合计行请只写合计数；确是一条记录的请改写名称")
_code("VAL-SETS-CONFLICT", "warning", "说法不一", "“{label}”填的是“否”，而期限中写明了“{label}”，按“否”收录", "请核对两处说法")
_code("VAL-DATE-SETS", "warning", "期限只有说法", "“{label}”的“{raw}”没有日期，记为{meant}", "请核对；有确切期限的请写明日期")
_code("ROW-TOTAL-UNNAMED", "error", "像是没写“合计”的合计行", "本行没有名称和日期，只有数，像是没写“合计”的合计行；但“{label}”{value} 与所统计各行之和 {sum} 不符（相差 {difference}），没有收录",
      "是合计行的请写明“合计”并核对；是一条记录的请补填名称、日期等")
_code("ROW-SHIFTED", "error", "整行错位", "本行从 {column} 列起像是整体向{side}错了一列（例如 {cell} 的“{raw}”像是“{label}”）",
      "请把错位的单元格移回原列后重新上传")
_code("ROW-OTHER-UNIT", "warning", "行上方另写了填报单位", "本行上方写着填报单位“{said}”，而全表的填报单位是“{unit}”，本行仍记在后者名下", "请把各单位的记录分表填写，或各带表头")
_code("ROW-STRUCK", "warning", "带删除线的行", "本行有内容带删除线，可能已经作废，仍按原样收录", "作废的请删去本行后重新上传；有效的请去掉删除线")
_code("VAL-COMMENT", "warning", "单元格有批注", "“{label}”的单元格有批注“{note}”，批注没有采用，仍按单元格收录", "批注里的更正请改到单元格里；作废的行请删去",
      "看不出是更正的批注只作提示。")
_code("VAL-MERGED-NUMBER", "error", "合并单元格里只有一个数", "“{label}”是跨 {count} 行的合并单元格，只有一个数，无法分到各行", "请拆分单元格，逐行填写")

_code("VAL-MERGED-ACROSS", "error", "合并单元格跨了几列", "“{raw}”写在横跨“{labels}”{count} 列的合并单元格里，分不清是哪一列的数", "请拆分单元格，各列分别填写")

# --- FIX: cells put right in the preview ---------------------------------------------------------------------------------

_code("VAL-CORRECTED", "warning", "在预览中更正", "“{label}”原为“{old}”，{by}在预览时更正为“{new}”", "无须处理；请在原表中同样更正，以免下次再报错",
      "更正后的内容用同样的办法重新校验；原来的内容、更正人和时间都留有记录。")
_code("FIX-STALE", "warning", "更正没有采用", "对 {cell} 的更正（“{old}”改为“{new}”）没有采用：{found}", "请核对；需要时重新更正")
_code("FIX-OUTSIDE", "warning", "更正的单元格不在台账内容里", "更正的单元格 {cell} 不在台账的数据行里，更正没有起作用", "请核对单元格")

# --- TOTAL: what an office added up -------------------------------------------------------------------------------------

_code("TOTAL-MISMATCH", "warning", "合计与明细不符",
      "“{total}”行的“{label}”为 {value}，第 {first} 至 {last} 行相加为 {sum}{held}，相差 {difference}",
      "请核对明细是否有漏填、重复，或合计是否写错；系统按明细统计，不采用合计行")  # fmt: skip
