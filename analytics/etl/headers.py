"""Header texts: how the same heading is written in a dozen ways, and which declared columns it may name.

Knows spelling (full-width forms, line breaks, brackets, units, 其中) and the vocabulary that the ledgers
declare. Must not know where a header stands in a sheet, nor which ledger a sheet is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from analytics.ledgers.model import Ledger

_UNIT_WORDS = (
    "元|千元|百元|万元|亿元|人|万人|人次|万人次|个|家|户|场|场次|次|份|件|本|册|条|项|"
    "期|班|班次|%|‰|课时|学时|小时|天|日|月|年|名|岁|平方米|公里|篇|幅|张|支|组|队|"
    "车次|批|批次|辆|台|套|元/人|人/次|千|万|亿|㎡|时|分|分钟"
)
RATES = frozenset({"元/人", "元/人次", "元/课时", "元/场", "元/期", "元/班", "元/次", "元/天"})
"""Units of a price: what stands under them is no sum of money spent."""

UNITS = frozenset(_UNIT_WORDS.split("|")) | RATES
"""Words that say in what a column is counted; in brackets behind a header they are no part of its name."""

MONEY_UNITS = ("亿元", "万元", "千元", "百元", "元")

TOTAL_LEAVES = frozenset(
    {"小计", "合计", "总计", "总数", "计", "总人次", "总人数", "合计数", "总量", "小计数", "共计", "总"}
)
"""A leaf that adds nothing to its group: 服务人次 / 小计 is 服务人次."""

START_LEAVES = frozenset(
    {
        "开始",
        "起",
        "起始",
        "自",
        "开始时间",
        "开始日期",
        "起始时间",
        "起始日期",
        "起始时",
        "从",
        "开班",
        "开课",
        "开班时间",
        "开班日期",
    }
)
END_LEAVES = frozenset(
    {
        "结束",
        "止",
        "截止",
        "至",
        "终",
        "终止",
        "结束时间",
        "结束日期",
        "截止时间",
        "截止日期",
        "终止时间",
        "到",
        "结业",
        "结课",
        "结班",
        "结业时间",
        "结业日期",
    }
)

YEAR_LEAVES = frozenset({"年", "年份", "年度"})
MONTH_LEAVES = frozenset({"月", "月份"})
DAY_LEAVES = frozenset({"日", "日期", "号"})
"""Headings of the pieces of a date that stand in columns of their own."""

SERIAL_WORDS = frozenset({"序号", "序", "编号", "no", "no.", "行号", "项次", "号", "#"})
"""Headers of a column that only numbers the rows."""

_SPACE = re.compile(r"[\s\u200b-\u200f\u2060\ufeff\u00ad]+")
_BRACKETS = re.compile(r"[()\[\]【】]+")
_BRACKET = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]|【([^【】]*)】|〔([^〔〕]*)〕|<([^<>]*)>")
_NUMBERING = re.compile(r"^(?:\d{1,2}[.、]|[一二三四五六七八九十]{1,2}、|[(（]\d{1,2}[)）]|[*#]+)(?=[^\d\W])")
_HINT = re.compile(
    r"必填|选填|可选|可填|可不填|下拉|单选|多选|格式|例如|^如|示例|年月日|年/月|yyyy|填写|填报|请填|请选|二选一|选择|"
    r"^含|^包括|^包含|是/否|有/无|自动|引用|精确到|保留|不得|以.{0,8}为准|数字|整数|文本|可空|同上|见附件|盖章|全称|不含.{0,4}则|若无|如有|如无|"
    r"^(?:详细|具体)?到.{1,6}$|写明|注明|^注\d*$|^见?注[:：\d]|^\d$"
)
_MARKS = str.maketrans("", "", "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳¹²³⁴⁵⁶⁷⁸⁹⁰※★▲△†‡")
"""Marks that point to a footnote, gone before NFKC makes digits of them."""
_AND_SO_ON = re.compile(r"(?:等.{0,3}|…+|\.{3,})$")
"""What closes a list that is not whole: 类型（宣讲、文化惠工等）."""
_EITHER = re.compile(r"[/、|或及和]")
_SCALED = re.compile(r"(?:百万|千万|十万|百|千|万|亿)(.{1,2})")
"""万个, 百人: a unit that multiplies."""
_MULTIPLE = re.compile(r"^(?:百万|千万|十万|百|千|万|亿)")
_BARE_NUMBER = re.compile(r"^\d{1,2}(?=[^\d\W])")
_LATIN = re.compile(r"^[A-Za-z][A-Za-z.,/&']*|[A-Za-z][A-Za-z.,/&']*$")
"""What a second language adds to a heading: 活动日期Date."""
_ENDINGS = (("数量", "数"), ("家数", "数"), ("时间", "日期"), ("日期", "时间"))
"""Endings that say the same thing: 岗位数量 is 岗位数, 开课时间 is 开课日期."""
_BEGINNINGS = ("实际", "本次", "本月", "本期", "当月", "当期", "本季度", "本年度", "本年", "今年", "总")
"""Beginnings without which a heading that is not declared itself may be (实际参训人次, 本月服务人次)."""

_UNIT_TAIL = re.compile(r"(?:[/|、,]|单位:?)([^/|、,]{1,4})$")

PathKind = Literal["exact", "synonym"]


@lru_cache(maxsize=65536)
def squeeze(text: str) -> str:
    """Return ``text`` in NFKC without any white space or invisible character."""
    return _SPACE.sub("", unicodedata.normalize("NFKC", text))


@dataclass(frozen=True, slots=True)
class Heading:
    """One header cell's text taken apart. ``forms``: spellings to look up, the fullest first."""

    raw: str
    forms: tuple[str, ...]
    unit: str | None = None
    among: bool = False
    """Written as 其中:X, a part of the column before it."""
    variants: tuple[str, ...] = ()
    """Further spellings: the unit as part of the name (求职（人次） for 求职人次, 企业（家） for 企业数)."""
    stripped: str | None = None
    """The name without brackets that may merely list its choices (形式（线上/线下）), and these."""
    listed: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The heading without units and hints."""
        return self.forms[-1] if self.forms else ""


def _as_unit(text: str) -> str | None:
    word = text.removeprefix("单位:").removeprefix("单位")
    if word in UNITS:
        return word
    scaled = _SCALED.fullmatch(word)
    return word if scaled and scaled.group(1) in UNITS else None


@lru_cache(maxsize=16384)
def heading(raw: str) -> Heading:
    """Take a header cell's text apart."""
    text = squeeze(raw.translate(_MARKS)).strip(":*;,。、_-—")
    text = _NUMBERING.sub("", text)
    among = text.startswith("其中")
    unit: str | None = None
    kept_all: list[str] = []

    def drop(match: re.Match[str]) -> str:
        nonlocal unit
        inner = next(group for group in match.groups() if group is not None)
        found = _as_unit(inner)
        if found is not None:
            unit = unit or found
            return ""
        parts = [part for part in re.split(r"[、,/;]", inner) if part]
        if parts and all(_as_unit(part) for part in parts):
            return ""
        if not inner or _HINT.search(inner):
            return ""
        kept_all.append(inner)
        return f"({inner})"

    bare = _BRACKET.sub(drop, text).strip(":*;,。、_-—")
    full = _plain(text)
    forms = [full]
    if _plain(bare) not in forms:
        forms.append(_plain(bare))
    tail = _UNIT_TAIL.search(bare)
    if tail and tail.group(1) in UNITS:
        unit = unit or tail.group(1)
        forms.append(_plain(bare[: tail.start()]))
    elif unit is None:
        for money in MONEY_UNITS:
            if bare.endswith(money) and len(bare) > len(money) + 1:
                unit = money
                forms.append(_plain(bare.removesuffix(money)))
                break
    if among:
        forms.extend([form.removeprefix("其中") for form in forms])
    spelled = tuple(dict.fromkeys(form for form in forms if form))
    variants: tuple[str, ...] = ()
    if unit is not None and spelled:
        counted = _MULTIPLE.sub("", unit) or unit
        endings = (counted, "数", "人数") if counted in {"人", "名"} else (counted, "数")
        variants = tuple(spelled[-1] + ending for ending in endings)
    variants = tuple(dict.fromkeys((*variants, *(same for form in spelled for same in _alike(form)))))
    listed = tuple(part for inner in kept_all for part in re.split(r"[/、,;|或]", _AND_SO_ON.sub("", inner)) if part)
    stripped = _plain(_BRACKET.sub("", bare)) if len(kept_all) == 1 and len(listed) > 1 else None
    return Heading(raw, spelled, unit, among, variants, stripped, listed)


def _alike(form: str) -> Iterator[str]:
    """Return other ways of writing a heading, for where it is not declared as it stands."""
    bases = [form, *(form.removeprefix(word) for word in _BEGINNINGS if form.startswith(word))]
    bases += [form.removesuffix(word) for word in ("合计", "总计") if form.endswith(word)]
    numbered = _BARE_NUMBER.sub("", form)
    if numbered != form and numbered not in UNITS:
        bases.append(numbered)  # 1招聘会名称, 2举办日期
    chinese = _LATIN.sub("", form)
    if chinese != form and len(chinese) > 1:
        bases.append(chinese)
    for base in bases:
        if base != form and len(base) > 1:
            yield base
        for ending, same in _ENDINGS:
            if base.endswith(ending) and len(base) > len(ending):
                yield base.removesuffix(ending) + same


def _plain(text: str) -> str:
    """Drop punctuation that carries no meaning inside a heading."""
    text = re.sub(r"[:;。“”\"'《》·*]", "", text)
    return text.lower() if text.isascii() else text


def is_unit(text: str) -> bool:
    """Tell whether a header cell holds nothing but a unit: 人次, （万元）, 单位：个."""
    return bool(unit_of(text))


def unit_of(text: str) -> str | None:
    """Return the unit a cell consists of, or ``None``."""
    word = squeeze(text).strip("()[]【】:")
    return _as_unit(word.replace("单位(", "单位"))


@dataclass(frozen=True, slots=True)
class Term:
    """One declared column that a heading may name. ``how``: by its label or by a synonym."""

    ledger: str
    field: str
    how: PathKind


class Vocabulary:
    """Every heading the ledgers declare, normalised, and what it may name."""

    def __init__(self, ledgers: Mapping[str, Ledger], also: Iterable[str] = ()) -> None:
        """Index ``ledgers``; ``also`` holds further headings a person has confirmed in a profile."""
        self.ledgers = ledgers
        found: dict[str, dict[tuple[str, str], Term]] = {}
        choices: set[str] = set()
        spelled: set[str] = set()
        self.title_words: dict[str, tuple[str, ...]] = {}
        for ledger in ledgers.values():
            self.title_words[ledger.id] = tuple(squeeze(word) for word in (ledger.name, *ledger.title_words))
            for column in ledger.columns:
                for how, words in (("exact", (column.label, column.name)), ("synonym", column.synonyms)):
                    for word in words:
                        spelled.add(word)
                        for form in heading(word).forms[:1]:
                            term = Term(ledger.id, column.name, "exact" if how == "exact" else "synonym")
                            found.setdefault(form, {}).setdefault((ledger.id, column.name), term)
                for word, others in column.choices.items():
                    choices.add(word)
                    choices.update(other.word for other in others)
        self._add_subjects(found)
        self.terms: dict[str, tuple[Term, ...]] = {form: tuple(terms.values()) for form, terms in found.items()}
        self.confirmed = frozenset(form for text in also for form in heading(text).forms)
        self.spelled = frozenset(spelled - choices)
        """Headings exactly as declared and not also a value: the cheap test for a header row far down."""
        self.names: dict[str, dict[str, tuple[str, ...]]] = {
            ledger.id: {
                column.name: tuple(heading(word).forms[0] for word in (column.label, *column.synonyms))
                for column in ledger.columns
            }
            for ledger in ledgers.values()
        }
        self._cells: dict[str, frozenset[tuple[str, str]]] = {}

    def _add_subjects(self, found: dict[str, dict[tuple[str, str], Term]]) -> None:
        """Let each heading also stand behind its ledger's subject: 招聘会 + 地点, 培训 + 方式.

        What is declared anywhere under that very heading is left as it is declared.
        """
        declared = set(found)
        for ledger in self.ledgers.values():
            subject = squeeze(ledger.name).removesuffix("台账")
            for column in ledger.columns:
                for word in (column.label, *column.synonyms):
                    for form in heading(word).forms[:1]:
                        spelled = subject + form
                        if not form.startswith(subject) and spelled not in declared:
                            term = Term(ledger.id, column.name, "synonym")
                            found.setdefault(spelled, {}).setdefault((ledger.id, column.name), term)

    def lookup(self, form: str) -> tuple[Term, ...]:
        """Return what one normalised heading may name."""
        return self.terms.get(form, ())

    def terms_of(self, head: Heading) -> tuple[Term, ...]:
        """Return what a heading may name, by its fullest spelling that is known."""
        for form in (*head.forms, *head.variants):
            if form in self.terms:
                return self.terms[form]
        if head.stripped is not None:
            return tuple(term for term in self.lookup(head.stripped) if set(head.listed) <= self.choice_words(term))
        return self._either(head)

    def _either(self, head: Heading) -> tuple[Term, ...]:
        """Return what a heading of several names for one thing may name: 活动名称/主题, 时间（日期）."""
        parts = [part for part in _EITHER.split(_BRACKETS.sub("/", head.name)) if part]
        if not 1 < len(parts) <= 3:
            return ()
        known = [term for part in parts for term in self.lookup(part)]
        return tuple(
            Term(ledger, name, "synonym")
            for ledger, name in dict.fromkeys((term.ledger, term.field) for term in known)
            if all(self._may_name(part, ledger, name) for part in parts)
        )

    def _may_name(self, form: str, ledger: str, name: str) -> bool:
        column = self.ledgers[ledger].column(name)
        return any((term.ledger, term.field) == (ledger, name) for term in self.lookup(form)) or form in column.standby

    def choice_words(self, term: Term) -> set[str]:
        """Return the words a choice column accepts; none for other columns."""
        choices = self.ledgers[term.ledger].column(term.field).choices
        return {word for value, others in choices.items() for word in (value, *(other.word for other in others))}

    def named_by(self, value: Any) -> frozenset[tuple[str, str]]:
        """Return the (ledger, field) pairs that a cell's text alone may name; empty for anything else."""
        if not isinstance(value, str) or not value or len(value) > 60:
            return frozenset()
        known = self._cells.get(value)
        if known is None:
            head = heading(value)
            pairs: set[tuple[str, str]] = set()
            pairs.update(("", form) for form in head.forms if form in self.confirmed)
            pairs.update((term.ledger, term.field) for term in self.terms_of(head))
            known = frozenset(pairs)
            if len(self._cells) < 50_000:
                self._cells[value] = known
        return known

    def says_title(self, ledger: str, text: str) -> bool:
        """Tell whether a title, sheet or file name uses one of a ledger's own words."""
        squeezed = squeeze(text)
        return any(word in squeezed for word in self.title_words[ledger])


def is_serial(head: Heading) -> bool:
    """Tell whether a heading only numbers the rows."""
    return any(form in SERIAL_WORDS for form in head.forms)
