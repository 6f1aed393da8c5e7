"""The typed model of a ledger declaration, and the reader that turns YAML into it.

What a ledger holds stands in exactly one file, ``analytics/ledgers/<id>.yaml``; everything else
(schema, header mapping, rules, templates, documentation) is made from the objects defined here.
This module must not know how a workbook is read or where records are stored.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from analytics.severity import Severity

ColumnType = Literal["text", "count", "decimal", "money", "percent", "date", "year", "boolean", "choice", "county"]
"""Value kinds. count: integer >= 0; decimal: number >= 0; money: yuan, two decimals; percent: 0-100."""


REPORTING_UNIT = "reporting_unit"
"""The trace field that names the submitting office."""

NUMERIC_TYPES: frozenset[str] = frozenset({"count", "decimal", "money", "percent"})


M = TypeVar("M", bound=BaseModel)


class DeclarationError(ValueError):
    """A declaration file is broken. The message gives file, line and reason."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ChoiceWord(_Model):
    """One accepted spelling of a choice. ``flag``: accepted, but a person should look."""

    word: str
    flag: bool = False


def _as_word(value: Any) -> Any:
    return {"word": value} if isinstance(value, str) else value


Word = Annotated[ChoiceWord, BeforeValidator(_as_word)]


class Column(_Model):
    """One column of a ledger, described once: canonical name, Chinese label, type, unit, spellings."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label: str
    type: ColumnType
    required: bool = False
    synonyms: tuple[str, ...] = ()
    standby: tuple[str, ...] = ()
    """Headings that stand for a required column only where no other column does (活动主题 for the name)."""
    unit: str | None = None
    choices: dict[str, tuple[Word, ...]] = {}
    shown: dict[str, str] = {}
    """Choice columns: what people are shown for a value kept as a code (1 is 第一种形态), one of its words."""
    doubtful: dict[str, str] = {}
    """Choice words that are accepted as another value, with a warning (基本完成 is not done)."""
    default: int | str | bool | None = None
    default_from: Literal["reporting_unit"] | None = None
    """Where the value comes from if the workbook has no such column."""
    part_of: str | None = None
    """其中: the column whose value this one must not exceed."""
    range_end: str | None = None
    """Date columns: the column that receives the end of a written range (7月10日-12日)."""
    term: Literal["start", "end"] = "start"
    """Date columns: which day stands for an imprecise value (2024年7月): the first or the last."""
    sets: dict[str, str] = {}
    """Date columns: words such as 长期坚持 that set another (boolean) column: word id -> column."""
    group_joins: bool = False
    """A header group over several unnamed parts is read as one text (整改责任单位: 建设/施工/监理)."""
    from_title: bool = False
    """Choice columns: where the sheet has no such column, its title may say the value (冬送温暖统计表)."""
    allow_whole_city: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> Column:
        if (self.type == "choice") != bool(self.choices):
            raise ValueError("choices 与 type: choice 必须同时出现")
        if self.from_title and self.type != "choice":
            raise ValueError("from_title 只用于 type: choice")
        if self.default is not None and self.type == "choice" and self.default not in self.choices:
            raise ValueError(f"默认值 {self.default} 不在 choices 中")
        unknown = set(self.doubtful.values()) - set(self.choices)
        if unknown:
            raise ValueError(f"doubtful 指向了不存在的取值：{'、'.join(sorted(unknown))}")
        strange = [word for value, word in self.shown.items() if word not in self._spellings(value)]
        if strange:
            raise ValueError(f"shown 只能用该取值在 choices 中的写法：{'、'.join(strange)}")
        return self

    def _spellings(self, value: str) -> set[str]:
        return {word.word for word in self.choices.get(value, ())}

    @property
    def offered(self) -> tuple[str, ...]:
        """What a person may choose from, in the words shown."""
        return tuple(self.said(value) for value in self.choices)

    def said(self, value: str) -> str:
        """Return what people are shown for a kept value."""
        return self.shown.get(value, value)


class Rule(_Model):
    """A rule each row must keep.

    ``check`` and ``when`` are SQL predicates in DuckDB's dialect over the ledger's columns, with ``:today`` bound to
    the day of ingest; a NULL check passes.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    severity: Severity
    check: str
    when: str | None = None
    fields: tuple[str, ...] = Field(min_length=1)
    """Columns whose cells the finding points at; the first is the cell that is marked."""
    needs_column: tuple[str, ...] = ()
    """Columns the sheet must have for the rule to hold as declared; where one is absent the rule is
    reported once for the sheet as a warning instead of quarantining every row."""
    message: str
    hint: str


class Near(_Model):
    """When two different keys are suspiciously alike (疑似重复, a warning)."""

    same: tuple[str, ...]
    similar: str
    counts: tuple[str, ...] = ()


class Ledger(_Model):
    """One declared ledger."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str
    row_word: str
    title_words: tuple[str, ...]
    date_field: str | None
    """The day a record counts in; ``None`` for ledgers counted by ``year_field``."""
    year_field: str | None = None
    """The year a record counts in. Beside a ``date_field`` it has the last word: a campaign of 2024 that ends in
    January 2025 counts in 2024."""
    unit_field: str | None = None
    restricted: bool = False
    """A discipline ledger: its figures are for their own role, as city totals, small ones hidden (see
    ``analytics.metrics.discipline``). Whoever holds the data folder itself (the data steward) may export its rows."""
    never: tuple[str, ...] = ()
    """Headings of what this ledger must not keep, not even beside a record, though others may: 姓名."""
    history: bool = False
    """Earlier versions of its records are published too, so that a past day can be told as it stood."""
    key: tuple[str, ...] = Field(min_length=1)
    """Columns that identify a record; ``<date>.year`` stands for that date's year, ``reporting_unit`` for the office
    that submitted it (item numbers are only unique within one office's list)."""
    near: Near | None = None
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Ledger:
        names = [column.name for column in self.columns]
        for what, values in (("列名", names), ("规则", [rule.id for rule in self.rules])):
            twice = sorted({value for value in values if values.count(value) > 1})
            if twice:
                raise ValueError(f"{what}重复：{'、'.join(twice)}")
        known = set(names)
        own_key = (name.removesuffix(".year") for name in self.key if name != REPORTING_UNIT)
        used: list[tuple[str, str]] = [("key", name) for name in own_key]
        used += [("date_field", self.date_field)] if self.date_field else []
        used += [("year_field", self.year_field)] if self.year_field else []
        used += [("unit_field", self.unit_field)] if self.unit_field else []
        if self.near:
            used += [("near", name) for name in (*self.near.same, self.near.similar, *self.near.counts)]
        for column in self.columns:
            used += [(f"列 {column.name} part_of", column.part_of)] if column.part_of else []
            used += [(f"列 {column.name} range_end", column.range_end)] if column.range_end else []
            used += [(f"列 {column.name} sets", target) for target in column.sets.values()]
        for rule in self.rules:
            used += [(f"规则 {rule.id}", name) for name in (*rule.fields, *rule.needs_column)]
            used += [(f"规则 {rule.id} message", name) for name in re.findall(r"\{(\w+)\}", rule.message)]
        for where, name in used:
            if name not in known:
                raise ValueError(f"{where} 用到了没有声明的列：{name}")
        if not (self.date_field or self.year_field):
            raise ValueError("date_field 与 year_field 至少要有一个")
        return self

    def not_before(self, name: str) -> frozenset[str]:
        """Return the columns that a rule forbids to come before the column ``name``."""
        order = (re.fullmatch(r"(\w+) >= (\w+)", rule.check) for rule in self.rules)
        return frozenset(found[1] for found in order if found is not None and found[2] == name)

    def column(self, name: str) -> Column:
        """Return the declared column called ``name``.

        Raises:
            KeyError: There is no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


class County(_Model):
    """One county-level place. ``ranked`` is false for the federation's own level (市本级)."""

    code: str
    name: str
    aliases: tuple[str, ...] = ()
    old_codes: tuple[str, ...] = ()
    ranked: bool = True
    local: bool = False


class WholeCity(_Model):
    """How the city as a whole is written in ledgers of targets."""

    code: str
    name: str
    aliases: tuple[str, ...]


class Geography(_Model):
    """The places the software knows; the only source of place names."""

    city: str
    city_aliases: tuple[str, ...]
    whole_city: WholeCity
    federation: str
    counties: tuple[County, ...]
    time_zone: str = "Asia/Shanghai"
    """By whose clock times are told, whatever the machine's own is."""

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"没有名为 {name} 的时区，例如写 Asia/Shanghai") from error
        return name


def _lines(node: yaml.Node, path: tuple[str | int, ...] = ()) -> dict[tuple[str | int, ...], int]:
    """Map every path inside a YAML document to its line, from 1."""
    found = {path: node.start_mark.line + 1}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            found |= _lines(value, (*path, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            found |= _lines(value, (*path, index))
    return found


def line_of(path: Path, where: tuple[str | int, ...]) -> int:
    """Return the line, from 1, of the place ``where`` (or its nearest declared ancestor) in a YAML file."""
    node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    lines = _lines(node) if node is not None else {}
    while where and where not in lines:
        where = where[:-1]
    return lines.get(where, 1)


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The same loader in C where there is one: declarations are read at every start of the command."""


def read_declaration(model: type[M], path: Path) -> M:
    """Read one YAML declaration into ``model``.

    Raises:
        DeclarationError: The file is not YAML or does not fit the model; the message says
            ``<file>:<line>: <where>: <reason>`` for each fault.
    """
    text = path.read_text(encoding="utf-8")
    try:
        data = yaml.load(text, Loader=_LOADER)  # noqa: S506 - one of the two safe loaders
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise DeclarationError(f"{path}:{line}: 不是有效的 YAML：{error.problem}") from error
    try:
        return model.model_validate(data)
    except ValidationError as error:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        lines = _lines(node) if node is not None else {}
        faults = []
        for fault in error.errors():
            where = tuple(fault["loc"])
            while where and where not in lines:
                where = where[:-1]
            faults.append(
                f"{path}:{lines.get(where, 1)}: {'.'.join(map(str, fault['loc'])) or '整个文件'}: {fault['msg']}"
            )
        raise DeclarationError("\n".join(faults)) from error


def declarations_folder() -> Path:
    """Return the folder that holds the shipped declarations."""
    return Path(str(resources.files("analytics.ledgers")))


def read_ledgers(folder: Path) -> dict[str, Ledger]:
    """Read every ledger in ``folder``, by id, in a stable order.

    Raises:
        DeclarationError: A file is broken, or its name and its ``id`` differ.
    """
    found: dict[str, Ledger] = {}
    for path in sorted(folder.glob("*.yaml")):
        if path.name == "geography.yaml":
            continue
        ledger = read_declaration(Ledger, path)
        if ledger.id != path.stem:
            raise DeclarationError(f"{path}:1: id 是 {ledger.id}，与文件名不一致")
        found[ledger.id] = ledger
    return found


@cache
def ledgers() -> dict[str, Ledger]:
    """Return the shipped ledgers by id (read once a process)."""
    return read_ledgers(declarations_folder())


@cache
def geography() -> Geography:
    """Return the declared geography (read once a process)."""
    return read_declaration(Geography, declarations_folder() / "geography.yaml")


@cache
def campaigns() -> tuple[str, ...]:
    """Return the names of campaigns that count in a year of their own, whenever they took place (冬送温暖 …)."""
    dated = (ledger for ledger in ledgers().values() if ledger.year_field and ledger.date_field)
    return tuple(word for ledger in dated for column in ledger.columns for word in column.choices)
