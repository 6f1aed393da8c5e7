"""What the lines around a table say: title, reporting unit, date of filling in, year, month, county.

Knows the wording of 填报 lines and how a year or a month shows in a title, a sheet name or a file name.
Must not know the table itself, nor which ledger it is.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from analytics.etl.headers import MONEY_UNITS, squeeze, unit_of
from analytics.ledgers.model import Geography

_UNIT_WORDS = (
    "填报单位|报送单位|上报单位|填表单位|申报单位|单位名称|报告单位|编制单位|制表单位|呈报单位|"
    "填报部门|填表部门|报送部门|填报机构"
)
_DATE_WORDS = (
    "填报时间|填报日期|填表时间|填表日期|报送时间|报送日期|上报时间|上报日期|制表时间|制表日期|"
    "填写时间|填写日期|报表日期|编制日期"
)
_OTHER_WORDS = (
    "填报人|填表人|填写人|审核人|审批人|制表人|负责人|单位负责人|部门负责人|分管领导|主要领导|"
    "主管领导|领导签字|签字|审核|制表|复核|复核人|经办人|联系人|联系电话|电话|统计人|统计负责人|"
    "盖章|填表|校对|录入人|报送人|分管负责人|主要负责人|手机|传真|邮箱"
)
_NEAR_UNIT_WORDS = (
    "责任单位|责任部门|责任科室|牵头单位|牵头部门|主办单位|组织单位|整改单位|"
    "汇总单位|统计单位|填报科室|报送科室|汇报单位|实施单位|填报支部|所属单位"
)
"""Words that name the office where they stand in a line above a table, but that may also head a column."""
_NEAR_DATE_WORDS = "更新日期|更新时间|统计日期|统计时间|汇总日期|汇总时间|数据日期"
_UNIT_KEYS = tuple(_UNIT_WORDS.split("|"))
_DATE_KEYS = tuple(_DATE_WORDS.split("|"))
_OTHER_KEYS = tuple(_OTHER_WORDS.split("|"))
_NAMING_UNIT = frozenset({*_UNIT_KEYS, *_NEAR_UNIT_WORDS.split("|")})
_DATING = frozenset({*_DATE_KEYS, *_NEAR_DATE_WORDS.split("|")})


def _spaced(words: Iterable[str]) -> str:
    ordered = sorted(words, key=len, reverse=True)
    return "|".join(r"\s*".join(map(re.escape, word)) for word in ordered)


_ANY_KEY = _spaced((*_UNIT_KEYS, *_DATE_KEYS, *_OTHER_KEYS))
_NEAR_OTHER_WORDS = "承办单位|协办单位|指导单位|支持单位"
_NEAR_KEY = _spaced(
    word for words in (_NEAR_UNIT_WORDS, _NEAR_DATE_WORDS, _NEAR_OTHER_WORDS) for word in words.split("|")
)
_STAMP = r"\s*(?:\((?:[^()]{0,8}章[^()]{0,4}|签字|签名|全称)\))?"
_PAIR = re.compile(rf"({_ANY_KEY}){_STAMP}\s*[::]\s*(.*?)\s*(?=(?:(?:{_ANY_KEY}){_STAMP}\s*[::])|$)", re.DOTALL)
_NEAR_PAIR = re.compile(
    rf"({_NEAR_KEY}){_STAMP}\s*[::]\s*(.*?\S)\s*(?=(?:(?:{_ANY_KEY}|{_NEAR_KEY}){_STAMP}\s*[::])|$)", re.DOTALL
)
_KEY_ONLY = re.compile(rf"^\s*({_ANY_KEY})\s*\((?:[^()]*章[^()]*|签字|签名)\)\s*$")
_UNIT_LINE = re.compile(r"^\(?(?:计量|金额|统计|数量|货币)?单位:(.+?)\)?$")
_UNITS_WITHIN = re.compile(r"(?:计量|金额|统计|数量|货币|(?<![\w）)]))单位:\s*([^\s():]+(?:\s(?!\S*:)[^\s():]+)*)")
"""A unit line inside a longer one: 2024年四季服务台账（单位：万元）, 填报单位：… 单位：万元."""
_UNIT_SEPARATORS = re.compile(r"[、,/;和及|\s]+")
_ATTACHMENT = re.compile(r"^附(?:件|表|录)?[\d一二三四五六七八九十]*[-—.\d]*[::]?$")
_STAMP_ONLY = re.compile(r"^\(?(?:盖章|公章|签字|单位盖章|加盖公章)\)?$")

_CN_YEAR = re.compile(r"[二2][〇零○Oo0][一二三四五六七八九〇零○0-9]{2}(?=年)")
_CN_DIGIT = str.maketrans("〇零○一二三四五六七八九Oo", "000123456789" + "00")
_YEAR = re.compile(r"(?<!\d)(20\d{2})(?=(?:0[1-9]|1[0-2])(?:[0-3]\d)?(?!\d)|(?!\d))")
_SHORT_YEAR = re.compile(r"(?<!\d)([12]\d)(?=年(?!级|级|限|前|内|后))")
_MONTHS = {
    name: number
    for number, name in enumerate(("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"), 1)
}
_MONTH = re.compile(
    r"(?<![\d.])(1[0-2]|0?[1-9])月(?:份)?(?!\s*\d|[初中末底上下旬]|[—\-~至到])|(?<![一二三四五六七八九十])(十[一二]?|[一二三四五六七八九])月(?:份)?(?![初中末底上下旬]|[—\-~至到])"
)
_MONTH_RANGE = re.compile(
    r"(?:\d|[一二三四五六七八九十])(?:月|月份)?[—\-~至到](?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])月"
)
_COMPACT_MONTH = re.compile(r"(?<!\d)20\d{2}[-_.]?(0[1-9]|1[0-2])(?:[0-3]\d)?(?!\d)")


_COVER_LINE = 30
_OF_A_YEAR = re.compile(r"年度|(?:台账|统计表|汇总表|登记表|情况表|报表|汇编|台帐)\)?$|^\(?\S{4}年\)?$")
_MADE_IN = re.compile(r"\(?\S{4}年\S{1,3}月(?:\S{1,3}日)?\)?")
_WHOLE_MONTH = re.compile(r"20\d{2}[-_./年]([1-9])月?")
"""A sheet's name that is nothing but a year and a month: 2024.3."""


@dataclass(slots=True)
class Surroundings:
    """What stands around one table. Rows and columns from 0; ``None`` where nothing was said."""

    titles: list[str] = field(default_factory=list)
    heading: list[str] = field(default_factory=list)
    """What heads the whole sheet, where this table stands below another one."""
    unit: str | None = None
    reported_raw: Any = None
    money_unit: str | None = None
    count_units: list[str] = field(default_factory=list)
    """The other units a “单位：” line names, as written (万人次)."""


def is_blank_cell(value: Any) -> bool:
    """Tell whether a cell holds nothing a person can see."""
    return value is None or (isinstance(value, str) and (not value or not value.strip("\u3000 \t\r\n\u200b\ufeff\xa0")))


def normal_line(text: str) -> str:
    """Return a line in NFKC, spaces kept (they separate its parts)."""
    return unicodedata.normalize("NFKC", text).strip()


def is_meta(value: Any) -> bool:
    """Tell whether a cell is a 填报单位/填报人/填报时间/（盖章） line and never data or header."""
    if not isinstance(value, str):
        return False
    line = normal_line(value)
    return bool(_PAIR.match(line) or _KEY_ONLY.match(line) or _STAMP_ONLY.match(squeeze(value)))


def is_line(value: Any) -> bool:
    """Tell whether a cell above a header says something of the whole table, and so is no group of columns."""
    return is_meta(value) or (isinstance(value, str) and bool(_NEAR_PAIR.match(normal_line(value))))


def names_office(value: Any) -> bool:
    """Tell whether a line says which office filled in a table, or when: not merely who signed it."""
    if not isinstance(value, str):
        return False
    line = normal_line(value)
    pairs = list(_PAIR.finditer(line)) or list(_NEAR_PAIR.finditer(line))
    return any(squeeze(pair.group(1)) in _NAMING_UNIT | _DATING for pair in pairs)


def unit_line(value: Any) -> list[str] | None:
    """Return the units of a “单位：人、场次” line, or ``None`` if the cell is no such line."""
    if not isinstance(value, str):
        return None
    match = _UNIT_LINE.match(squeeze(value))
    if not match:
        return None
    spaced = normal_line(value).split(":", 1)[-1].strip("() ")
    return _units_in(match.group(1)) or _units_in(spaced)


def _units_in(text: str) -> list[str] | None:
    """Return the units a text lists (人、场次), or ``None`` if anything in it is none."""
    parts = [part.removeprefix("人民币") for part in _UNIT_SEPARATORS.split(text) if part]
    units = [unit for part in parts if (unit := unit_of(part))]
    return units if parts and len(units) == len(parts) else None


def is_attachment(value: Any) -> bool:
    """Tell whether a cell is an “附件1” mark."""
    return isinstance(value, str) and bool(_ATTACHMENT.match(squeeze(value)))


def read_lines(lines: Iterable[Sequence[Any]]) -> Surroundings:
    """Read the lines above (or below) a table."""
    found = Surroundings()
    for cells in lines:
        filled = [value for value in cells if not is_blank_cell(value)]
        if len(filled) == 1 and isinstance(filled[0], str) and (unit := unit_of(filled[0])):
            _take_units(found, [unit])  # （万元） alone in a line: said without 单位：
            continue
        for place, value in enumerate(filled):
            following = filled[place + 1] if place + 1 < len(filled) else None
            _read_cell(found, value, following, alone=len(filled) <= 3)
    return found


def _take_units(found: Surroundings, units: Sequence[str]) -> None:
    for money in MONEY_UNITS:
        if money in units and found.money_unit is None:
            found.money_unit = money
    found.count_units.extend(unit for unit in units if unit not in MONEY_UNITS)


def _read_cell(found: Surroundings, value: Any, following: Any, *, alone: bool) -> None:
    if not isinstance(value, str) or is_attachment(value):
        return
    units = unit_line(value)
    if units is not None:
        _take_units(found, units)
        return
    line = normal_line(value)
    for within in _UNITS_WITHIN.finditer(line):
        units = _units_in(within.group(1))
        if units is not None:
            _take_units(found, units)
            line = line.replace(within.group(0), "").replace("()", "").strip()
    if not line:
        return
    pairs = list(_PAIR.finditer(line)) or list(_NEAR_PAIR.finditer(line))
    for pair in pairs:
        key = squeeze(pair.group(1))
        said: Any = pair.group(2).strip()
        if said == "" and following is not None and not is_meta(following):
            said = following
        if key in _NAMING_UNIT and isinstance(said, str):
            name = re.sub(r"\((?:盖|公|签)?章\)|\((?:盖章|公章|单位盖章)\)", "", said).strip(" _＿。,;")
            if found.unit is None and name and not set(name) <= set("_-—/ "):
                found.unit = name
        elif key in _DATING and found.reported_raw is None and said not in ("", None):
            found.reported_raw = said
    if not pairs:
        bare = re.match(r"^单位:(.+)$", squeeze(value))
        if bare and found.unit is None:
            found.unit = bare.group(1)
        elif alone and not _KEY_ONLY.match(line) and not _STAMP_ONLY.match(squeeze(value)):
            found.titles.append(line)


def years_in(text: str) -> set[int]:
    """Return the years a title, sheet name or file name mentions."""
    flat = unicodedata.normalize("NFKC", text)
    flat = _CN_YEAR.sub(lambda match: match.group(0).translate(_CN_DIGIT), flat)
    years = {int(match.group(1)) for match in _YEAR.finditer(flat)}
    return years or {2000 + int(match.group(1)) for match in _SHORT_YEAR.finditer(flat)}


def month_in(text: str) -> int | None:
    """Return the one month a text stands for; ``None`` for none, several, or a span of months."""
    flat = squeeze(text)
    if _MONTH_RANGE.search(flat):
        return None
    months = {int(match.group(1)) if match.group(1) else _MONTHS[match.group(2)] for match in _MONTH.finditer(flat)}
    months |= {int(match.group(1)) for match in _COMPACT_MONTH.finditer(flat)}
    if whole := _WHOLE_MONTH.fullmatch(flat):
        months.add(int(whole.group(1)))
    return months.pop() if len(months) == 1 else None


def counties_named(text: str, geography: Geography) -> list[str]:
    """Return the county-level places a free text names in full (渭滨区, 陇县总工会), each once.

    Short names count only where 总工会 follows: 高新 in 高新技术企业 is no place. The federation's own
    level is not looked for here, because its names occur in the titles of city-wide summaries.
    """
    rest = squeeze(text)
    found: list[str] = []
    spellings: list[tuple[str, str]] = []
    for county in geography.counties:
        if not county.ranked:
            continue
        spellings.append((county.name, county.name))
        for alias in county.aliases:
            spellings.append((alias + "总工会", county.name))
            if len(alias) >= 3:
                spellings.append((alias, county.name))
    for spelling, name in sorted(spellings, key=lambda pair: -len(pair[0])):
        # 宝鸡县区 are all of a city's counties, not the one that was once called 宝鸡县.
        rest, times = re.subn(re.escape(spelling) + ("(?!区(?!域))" if spelling.endswith("县") else ""), "　", rest)
        if times and name not in found:
            found.append(name)
    return found


def unit_named(text: str, geography: Geography) -> str | None:
    """Return the federation a title opens with (陇县总工会2024年…), or ``None``."""
    rest = squeeze(text)
    for county in geography.counties:
        for name in (county.name, *county.aliases):
            if county.ranked and name + "总工会" in rest:
                return name + "总工会"
    return geography.federation if geography.federation in rest else None


@dataclass(frozen=True, slots=True)
class YearEvidence:
    """The year for dates written without one. ``conflict`` holds the sayings that contradict each other."""

    year: int | None = None
    source: str | None = None
    month: int | None = None
    conflict: tuple[tuple[str, int], ...] = ()
    several: str | None = None


def cover_year(covers: Sequence[Surroundings]) -> int | None:
    """Return the one year that the titles on a workbook's cover sheets name (2024年度工作台账, （2024年）).

    The month a cover was made in (二〇二四年十二月) counts where no title names a year, and not in January.
    """
    lines = [squeeze(title) for cover in covers for title in cover.titles]
    years = {year for line in lines if len(line) <= _COVER_LINE and _OF_A_YEAR.search(line) for year in years_in(line)}
    if not years:
        made = [line for line in lines if _MADE_IN.fullmatch(line)]
        years = {year for line in made if month_in(line) != 1 for year in years_in(line)}
    return years.pop() if len(years) == 1 else None


def year_evidence(
    *,
    period: str | None,
    titles: Sequence[str],
    sheet_name: str,
    file_name: str,
    reported_on: dt.date | None,
    cover: int | None = None,
) -> YearEvidence:
    """Find the year, by sayings in the order of how near they are to the person and the rows.

    A period stated with the upload is a person's word for this file; a title is printed over these very
    rows; then the sheet's and the file's name. They must agree, or there is no year. A cover is asked where
    all of these are silent, and then the date of filling in (a report is filled in after the fact), but not
    in January, when most reports are about the year before.
    """
    sayings: list[tuple[str, set[int]]] = []
    if period:
        sayings.append(("填报时声明的期间", years_in(period[:4])))
    title = " ".join(titles)
    sayings.append(("表格标题", years_in(title)))
    sayings.append(("工作表名", years_in(sheet_name)))
    stem = file_name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    sayings.append(("文件名", years_in(stem)))
    month = None
    if period and (stated := re.fullmatch(r"\d{4}-(\d{1,2})", period)):
        month = int(stated.group(1))
    if month is None:
        month = month_in(title) or month_in(sheet_name) or month_in(stem)
    said = [(source, years) for source, years in sayings if years]
    clear = [(source, next(iter(years))) for source, years in said if len(years) == 1]
    if clear:
        if len({year for _, year in clear}) > 1:
            return YearEvidence(month=month, conflict=tuple(clear))
        year = clear[0][1]
        if all(year in years for _, years in said):
            return YearEvidence(year, clear[0][0], month)
        return YearEvidence(month=month, conflict=tuple((source, y) for source, years in said for y in sorted(years)))
    if said:
        return YearEvidence(month=month, several=said[0][0])
    if cover is not None:
        return YearEvidence(cover, "封面", month)
    if reported_on is not None and reported_on.month > 1:
        return YearEvidence(reported_on.year, "填报时间", month)
    return YearEvidence(month=month)
