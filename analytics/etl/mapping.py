"""From header paths to declared columns, and from a table to the ledger it is.

Declared headings decide; a fuzzy likeness is only ever a suggestion for a person. Must not know cells
below the header beyond samples of them, nor how values are parsed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from rapidfuzz import fuzz

from analytics.etl.dateparts import Piece, is_yearless, runs
from analytics.etl.headers import (
    END_LEAVES,
    RATES,
    START_LEAVES,
    TOTAL_LEAVES,
    Heading,
    Vocabulary,
    heading,
    is_serial,
    is_unit,
    squeeze,
)
from analytics.etl.layout import Table
from analytics.etl.metadata import is_blank_cell
from analytics.etl.report import How
from analytics.etl.spans import HeaderColumn
from analytics.ledgers.model import NUMERIC_TYPES, Column, Ledger

_EXACT, _SYNONYM, _SERIAL, _PROFILE, _SUGGESTED = 4.0, 3.0, 1.5, 9.0, 0.5
_GROUP_TAIL = re.compile(r"(?:情况|信息|数据|统计|规模|方面|成效|部分|内容)$")
"""Words at the end of a group that are no part of its columns' names: 参会情况 / 企业 is 参会企业."""
_ORDINAL = re.compile(r"^第[\d一二三四五六七八九十百]+[场期次届批个]?$")
_SENTENCE = 8
"""Characters from which a cell is no choice word any more."""
_SUGGEST_FROM, LIKELY_FROM, _ACCEPT_MARGIN = 55, 80, 10
_DATE_TEXT = re.compile(r"\d+\s*[年月日./-]|^\d{8}$|[上中下]旬|季度|半年")
_NUMBER_TEXT = re.compile(r"^[约共近超]?[\d０-９,，.．]+\s*[^\d\s]{0,4}$|^[一二三四五六七八九十百千万两零〇]+$")


@dataclass(frozen=True, slots=True)
class Assignment:
    """Which column (several, for a joined group) fills a field, and on what ground."""

    field: str
    columns: tuple[HeaderColumn, ...]
    how: How
    pieces: tuple[Piece, ...] = ()
    """Of a day written in pieces: which piece each column holds."""


@dataclass(frozen=True, slots=True)
class LostClaim:
    """A column whose field another column had the better claim to."""

    column: HeaderColumn
    field: str
    winner: HeaderColumn


@dataclass(slots=True)
class LedgerMapping:
    """How one table's columns fill one ledger's fields."""

    ledger: Ledger
    assigned: dict[str, Assignment] = field(default_factory=dict)
    unmapped: list[HeaderColumn] = field(default_factory=list)
    serial: list[HeaderColumn] = field(default_factory=list)
    suggestions: dict[int, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    lost: list[LostClaim] = field(default_factory=list)
    astray: list[tuple[HeaderColumn, str, str]] = field(default_factory=list)
    """Columns not mapped because their group speaks of another field: (column, field, the group's field)."""
    twins: list[tuple[HeaderColumn, HeaderColumn, str]] = field(default_factory=list)
    """Columns under one and the same heading that hold different values, neither taken: (column, other, field)."""
    prose: list[tuple[HeaderColumn, str]] = field(default_factory=list)
    """Columns that hold narrative text where their heading names a field of fixed words: (column, field)."""
    rates: list[tuple[HeaderColumn, str]] = field(default_factory=list)
    """Columns that hold a price for each (元/人) where their heading names a sum: (column, field)."""
    missing: list[Column] = field(default_factory=list)
    score: float = 0.0
    titled: bool = False
    coverage: float = 0.0

    @property
    def complete(self) -> bool:
        """Whether every required field has a source."""
        return not self.missing

    @property
    def covers(self) -> bool:
        """Whether its fields are most of the table, or so many that what stands beside them says nothing."""
        return self.coverage >= 0.4 or len(self.assigned) >= 8


@dataclass(frozen=True, slots=True)
class _Claim:
    strength: float
    column: HeaderColumn
    field: str
    how: How


def fingerprint(table: Table) -> str:
    """Return the hash of a table's normalised header paths, under which a confirmed mapping is kept."""
    paths = ["/".join(squeeze(part) for part in column.path) for column in table.named()]
    return hashlib.sha256("\n".join(paths).encode()).hexdigest()[:32]


def fit(column_type: str, samples: Sequence[Any], words: frozenset[str] = frozenset()) -> float:
    """Return the share of sample values that look like a column's type, by appearance alone.

    Args:
        column_type: The declared type.
        samples: Raw cells.
        words: What a choice column accepts.
    """
    filled = _filled(samples)
    if not filled:
        return 0.5
    if words:
        # A remark in brackets behind the word (劳模（省级）) leaves it the word.
        return sum(isinstance(value, str) and squeeze(value).partition("(")[0] in words for value in filled) / len(
            filled
        )
    if column_type in {"date", "year"}:
        good = sum(
            isinstance(value, dt.date) or (isinstance(value, str) and bool(_DATE_TEXT.search(value)))
            for value in filled
        )
    elif column_type in NUMERIC_TYPES:
        good = sum(
            (isinstance(value, (int, float)) and not isinstance(value, bool))
            or (isinstance(value, str) and bool(_NUMBER_TEXT.match(value.strip())))
            for value in filled
        )
    else:
        good = sum(isinstance(value, str) and not _NUMBER_TEXT.match(value.strip()) for value in filled)
    return good / len(filled)


def _filled(samples: Sequence[Any]) -> list[Any]:
    return [value for value in samples if not is_blank_cell(value) and value not in ("/", "-", "—", "无")]


def _narrative(samples: Sequence[Any]) -> bool:
    """Tell whether most of a column's cells are sentences."""
    filled = _filled(samples)
    long = sum(isinstance(value, str) and len(squeeze(value)) >= _SENTENCE for value in filled)
    return long * 2 > len(filled)


def _ordinal(samples: Sequence[Any]) -> bool:
    """Tell whether a column only numbers its rows in words: 第一场, 第2期."""
    filled = _filled(samples)
    return bool(filled) and all(isinstance(value, str) and bool(_ORDINAL.match(squeeze(value))) for value in filled)


class _Mapper:
    """Maps one table onto one ledger."""

    def __init__(
        self, table: Table, ledger: Ledger, vocabulary: Vocabulary, samples: Mapping[int, Sequence[Any]]
    ) -> None:
        self.table = table
        self.ledger = ledger
        self.vocabulary = vocabulary
        self.samples = samples
        self.result = LedgerMapping(ledger)
        self.columns = table.named()
        self.by_name = {column.name: column for column in ledger.columns}
        self.words = {
            column.name: frozenset(
                squeeze(word)
                for value, others in column.choices.items()
                for word in (value, *(other.word for other in others))
            )
            for column in ledger.columns
        }
        self.repeats = {
            right.index
            for left, right in zip(self.columns, self.columns[1:], strict=False)
            if left.path == right.path and left.index + 1 == right.index and not _filled(samples.get(right.index, ()))
        }
        """Empty columns under the same (merged) heading as the column before them."""

    def fields(self, head: Heading) -> dict[str, How]:
        """Return the fields of this ledger that a heading may name, by its fullest known spelling."""
        return {term.field: term.how for term in self.vocabulary.terms_of(head) if term.ledger == self.ledger.id}

    def generic(self, head: Heading) -> bool:
        """Tell whether a heading is a short word that several ledgers use (名称, 时间, 人次)."""
        for form in head.forms:
            terms = self.vocabulary.lookup(form)
            if terms:
                return len(form) <= 2 and len({term.ledger for term in terms}) > 1
        return False

    def group_fields(self, column: HeaderColumn) -> dict[str, How]:
        """Return the fields that the groups above a column's leaf name."""
        found: dict[str, How] = {}
        for text in column.path[:-1]:
            found |= self.fields_of_group(text)
        return found

    def fields_of_group(self, text: str) -> dict[str, How]:
        """Return the fields a group names, the words that only close it left out (参训情况（人次） is 参训人次)."""
        group = heading(text)
        found = self.fields(group)
        short = _GROUP_TAIL.sub("", group.name)
        if not found and group.unit and short and short != group.name:
            found = self.fields(heading(f"{short}({group.unit})"))
        return found

    def anchor(self, column: HeaderColumn) -> dict[str, How]:
        """Return the fields of the counted column that a flat 其中:X is a part of."""
        for other in reversed([one for one in self.columns if one.index < column.index]):
            named = {} if other.leaf.among else self.fields(other.leaf) | self.group_fields(other)
            if any(self.by_name[name].type == "count" for name in named):
                return named
        return {}

    def consistent(self, column: HeaderColumn, name: str) -> str | None:
        """Return the field a column's group speaks of if that contradicts ``name``, else ``None``."""
        whole = self.by_name[name].part_of
        groups = self.group_fields(column)
        if name in groups:
            return None
        if groups:
            if whole is not None:
                return None if whole in groups else next(iter(groups))
            return next(iter(groups)) if self.generic(column.leaf) else None
        if whole is None:
            return None
        if len(column.path) > 1:
            group = heading(column.path[-2]).name
            best = max(
                (
                    (fuzz.ratio(group, spelled), other.name)
                    for other in self.ledger.columns
                    if other.type in NUMERIC_TYPES and not other.part_of
                    for spelled in self.vocabulary.names[self.ledger.id][other.name]
                ),
                default=(0, whole),
            )
            return best[1] if best[0] >= 75 and best[1] != whole else None
        if column.leaf.among:
            anchor = self.anchor(column)
            if anchor and whole not in anchor:
                return next(iter(anchor))
        return None

    def claims(self, column: HeaderColumn) -> list[_Claim]:
        """Return what one column may stand for, by its declared headings."""
        leaf = column.leaf
        groups = [heading(text) for text in column.path[:-1]]
        found: dict[str, _Claim] = {}

        def claim(name: str, strength: float, how: How) -> None:
            if leaf.among and self.by_name[name].part_of is None and self.generic(leaf):
                return
            against = self.consistent(column, name)
            if against is not None:
                self.result.astray.append((column, name, against))
                return
            declared, samples = self.by_name[name], self.samples.get(column.index, ())
            if declared.type == "money" and RATES & {column.unit, *(part.unit for part in (leaf, *groups))}:
                self.result.rates.append((column, name))
                return
            likeness = fit(declared.type, samples, self.words[name])
            if self.words[name] and not likeness and not declared.required and how != "exact" and _narrative(samples):
                self.result.prose.append((column, name))
                return
            if declared.type in NUMERIC_TYPES and not declared.required and not likeness and _ordinal(samples):
                return  # 场次: 第一场, 第二场 numbers the rows
            strength += 0.3 * likeness
            if declared.unit == "人次" and "人次" in {leaf.unit, column.unit, leaf.name[-2:]}:
                strength += 0.1  # 培训人次 beside 培训人数: visits are not persons
            if name not in found or found[name].strength < strength:
                found[name] = _Claim(strength, column, name, how)

        base = {"exact": _EXACT, "synonym": _SYNONYM}
        for group in groups[::-1]:
            for form in dict.fromkeys((*group.forms, *(_GROUP_TAIL.sub("", one) for one in group.forms))):
                for own in (*leaf.forms, *leaf.variants):
                    for term in self.vocabulary.lookup(form + own):
                        if term.ledger == self.ledger.id:
                            claim(term.field, base[term.how] + 0.4, term.how)
                    # What stands below may come first when it is said: 培训人数 / 计划 is 计划培训人数.
                    for name, how in self.fields(heading(own + form)).items():
                        claim(name, base[how] + 0.3, how)
        if groups and any(form in TOTAL_LEAVES for form in leaf.forms):
            for name, how in self.fields_of_group(column.path[-2]).items():
                claim(name, base[how] + 0.2, how)
        elif groups and any(form in START_LEAVES | END_LEAVES for form in leaf.forms):
            ends = any(form in END_LEAVES for form in leaf.forms)
            for name, how in self.fields(groups[-1]).items():
                target = self.by_name[name].range_end if ends else name
                if target is not None and self.by_name[name].type == "date":
                    claim(target, base[how] + 0.2, how)
        for name, how in self.fields(leaf).items():
            claim(name, _SERIAL + 0.5 * self.identifies(column) if is_serial(leaf) else base[how], how)
        if len(column.path) == 1 or found:
            return list(found.values())
        if not self.fields(leaf) and len(self.under(column)) == 1:
            # A group with a single column below says all there is to say (服务人次 over an unknown word).
            for name, how in self.fields(groups[-1]).items():
                claim(name, _SYNONYM - 0.5, how)
        return list(found.values())

    def identifies(self, column: HeaderColumn) -> bool:
        """Tell whether a column headed 序号 or 编号 holds numbers given to the items, not just 1, 2, 3 …."""
        filled = [squeeze(str(value)) for value in _filled(self.samples.get(column.index, ()))]
        counted = [int(float(text)) for text in filled if re.fullmatch(r"\d{1,5}(?:\.0)?", text)]
        return bool(filled) and (len(counted) * 2 < len(filled) or counted != sorted(set(counted)))

    def under(self, column: HeaderColumn) -> list[HeaderColumn]:
        """Return the columns that share a column's groups."""
        return [other for other in self.columns if other.path[:-1] == column.path[:-1] and len(other.path) > 1]

    def joins(self) -> list[Assignment]:
        """Return the groups that are read as one text (整改责任单位: 建设/设计/施工/监理)."""
        found = []
        for declared in self.ledger.columns:
            if not declared.group_joins:
                continue
            parts = []
            ground: How = "synonym"
            for column in self.columns:
                named = self.group_fields(column)
                own = self.fields(column.leaf)
                if len(column.path) > 1 and declared.name in named and (not own or declared.name in own):
                    parts.append(column)
                    ground = named[declared.name]
            if len(parts) > 1:
                found.append(Assignment(declared.name, tuple(parts), ground))
        return found

    def dated(self) -> list[Assignment]:
        """Return the days whose year, month and day stand in columns of their own."""
        all_runs = runs(self.columns, self.samples)
        if not all_runs:
            return []
        found: dict[str, Assignment] = {}
        years = [run["year"] for run in all_runs if set(run) == {"year"} and not self.fields(run["year"].leaf)]
        for run in all_runs:
            if set(run) == {"year"}:
                continue
            first = next(iter(run.values()))
            named = {name: how for name, how in self.group_fields(first).items() if self.by_name[name].type == "date"}
            name = next(iter(named), self.ledger.date_field)
            if name is None or name in found or self.by_name[name].type != "date":
                continue
            own = {column.index for column in run.values()}
            others = [one for one in self.columns if one.index not in own and name in self.fields(one.leaf)]
            if any(fit("date", self.samples.get(one.index, ())) > 0.5 for one in others):
                continue
            if len(run) == 1 and (others or not self.by_name[name].required):
                continue
            if "year" not in run and len(years) == 1:
                run = {"year": years[0], **run}
            found[name] = Assignment(name, tuple(run.values()), named.get(name, "synonym"), tuple(run))
        anchor = self.ledger.date_field
        if not found and anchor is not None and len(years) == 1:
            days = [column for column in self.columns if anchor in self.fields(column.leaf)]
            if len(days) == 1 and is_yearless(self.samples.get(days[0].index, ())):
                ground = self.fields(days[0].leaf)[anchor]
                found[anchor] = Assignment(anchor, (years[0], days[0]), ground, ("year", "day"))
        return list(found.values())

    def run(self, profile: Mapping[str, str], accept_suggestions: bool) -> LedgerMapping:
        """Assign columns to fields, the better claim first."""
        result = self.result
        taken: dict[int, str] = {}
        ignored: set[int] = set()
        claims: list[_Claim] = []
        for column in self.columns:
            if column.display in profile:
                name = profile[column.display]
                if name in self.by_name:
                    claims.append(_Claim(_PROFILE, column, name, "profile"))
                else:
                    ignored.add(column.index)
        confirmed = {claim.column.index for claim in claims} | ignored
        for joined in [*self.joins(), *self.dated()]:
            if not any(column.index in confirmed for column in joined.columns):
                result.assigned[joined.field] = joined
                taken.update((column.index, joined.field) for column in joined.columns)
        for column in self.columns:
            if column.index not in confirmed and column.index not in taken and column.index not in self.repeats:
                claims.extend(self.claims(column))
        claims = self.without_twins(claims)
        beaten: dict[int, LostClaim] = {}
        for claim in sorted(claims, key=lambda one: (-one.strength, one.column.index)):
            if claim.column.index in taken:
                continue
            winner = result.assigned.get(claim.field)
            if winner is not None:
                if not is_serial(claim.column.leaf):
                    beaten.setdefault(claim.column.index, LostClaim(claim.column, claim.field, winner.columns[0]))
                continue
            result.assigned[claim.field] = Assignment(claim.field, (claim.column,), claim.how)
            taken[claim.column.index] = claim.field
        result.lost = [lost for index, lost in beaten.items() if index not in taken]
        result.astray = [one for one in result.astray if one[0].index not in taken]
        self.suggest(taken, ignored, accept_suggestions)
        for column in self.table.columns:
            if column.index in taken:
                continue
            if column.path and is_serial(column.leaf):
                result.serial.append(column)
            else:
                result.unmapped.append(column)
        return result

    def without_twins(self, claims: list[_Claim]) -> list[_Claim]:
        """Leave out the claims of columns that have one heading and different figures: nobody can tell which counts.

        Two columns of days side by side under one heading are a beginning and an end.
        """
        result = self.result
        for place, one in enumerate(claims):
            declared, samples = self.by_name[one.field], self.samples.get(one.column.index, ())
            if declared.type == "text" or one.how == "profile":
                continue
            for other in claims[:place]:
                if (
                    other.field == one.field
                    and other.column.index != one.column.index
                    and other.column.display == one.column.display
                    and list(self.samples.get(other.column.index, ())) != list(samples)
                ):
                    end = declared.range_end if other.column.index + 1 == one.column.index else None
                    if end is not None and not any(claim.field == end for claim in claims):
                        claims[place] = replace(one, field=end)
                    else:
                        result.twins.append((one.column, other.column, one.field))
        lost = {(column.index, name) for *columns, name in result.twins for column in columns}
        return [one for one in claims if (one.column.index, one.field) not in lost] if lost else claims

    def suggest(self, taken: dict[int, str], ignored: set[int], accept: bool) -> None:
        """Look for likely fields of the columns that are left, for a person to confirm."""
        result = self.result
        alike = {one.index for *columns, _ in result.twins for one in columns}
        open_fields = [column for column in self.ledger.columns if column.name not in result.assigned]
        for column in self.columns:
            if (
                column.index in taken
                or column.index in ignored
                or column.index in self.repeats
                or column.index in alike
                or is_serial(column.leaf)
            ):
                continue
            scores: dict[str, int] = {}
            texts = set(column.leaf.forms) | {"".join(heading(part).name for part in column.path)}
            for declared in open_fields:
                best = max(
                    fuzz.ratio(text, spelled)
                    for text in texts
                    for spelled in self.vocabulary.names[self.ledger.id][declared.name]
                )
                if best >= _SUGGEST_FROM and fit(declared.type, self.samples.get(column.index, ())):
                    scores[declared.name] = round(best)
            ranked = sorted(scores.items(), key=lambda pair: -pair[1])[:3]
            if ranked:
                result.suggestions[column.index] = tuple(ranked)
        if not accept:
            return
        for index, offered in sorted(result.suggestions.items(), key=lambda pair: -pair[1][0][1]):
            (name, score), rest = offered[0], offered[1:]
            column = next(one for one in self.columns if one.index == index)
            clear = score >= LIKELY_FROM and (not rest or score - rest[0][1] >= _ACCEPT_MARGIN)
            if (
                clear
                and name not in result.assigned
                and fit(self.by_name[name].type, self.samples.get(index, ()), self.words[name]) >= 0.5
            ):
                result.assigned[name] = Assignment(name, (column,), "suggested")
                taken[index] = name

    def fits(self, declared: Column, column: HeaderColumn) -> float:
        """Return the share of a column's cells that look like what a field holds."""
        return fit(declared.type, self.samples.get(column.index, ()), self.words[declared.name])

    def stand_in(self, given: frozenset[str]) -> None:
        """Let a column under a standby heading fill a required field that nothing else fills."""
        result = self.result
        for declared in self.ledger.columns:
            if not declared.required or not declared.standby or declared.name in {*result.assigned, *given}:
                continue
            spelled = {heading(word).forms[0] for word in declared.standby}
            for column in self.columns:
                holder = next((one for one in result.assigned.values() if column in one.columns), None)
                if any(isinstance(value, str) and is_unit(value) for value in self.samples.get(column.index, ())):
                    continue  # 单位: 场
                if self.words[declared.name] and self.fits(declared, column) < 0.5:
                    continue
                if not spelled & set(column.leaf.forms) or (holder and self.by_name[holder.field].required):
                    continue
                if holder is not None:
                    del result.assigned[holder.field]
                result.unmapped = [one for one in result.unmapped if one.index != column.index]
                result.suggestions.pop(column.index, None)
                result.assigned[declared.name] = Assignment(declared.name, (column,), "synonym")
                break


def map_columns(
    table: Table,
    ledger: Ledger,
    vocabulary: Vocabulary,
    samples: Mapping[int, Sequence[Any]],
    *,
    given: frozenset[str] = frozenset(),
    has_unit: bool = False,
    has_year: bool = False,
    profile: Mapping[str, str] | None = None,
    accept_suggestions: bool = False,
) -> LedgerMapping:
    """Map a table's columns onto a ledger's fields.

    Args:
        table: The table, with its header paths.
        ledger: The ledger to try.
        vocabulary: All declared headings.
        samples: Some raw values of each column, by its index, to settle even claims.
        given: Fields a person has given as constants.
        has_unit: Whether a reporting unit is known, for fields that default to it.
        has_year: Whether the title, the sheet's or the file's name says the year, for tables without a column of it.
        profile: A confirmed mapping for exactly this header: header path to field ("" for none).
        accept_suggestions: Whether clear fuzzy suggestions are taken.
    """
    mapper = _Mapper(table, ledger, vocabulary, samples)
    result = mapper.run(profile or {}, accept_suggestions)
    mapper.stand_in(given)
    for column in ledger.columns:
        sourced = (
            column.name in result.assigned
            or column.name in given
            or column.default is not None
            or (column.default_from == "reporting_unit" and has_unit)
            or (column.type == "year" and has_year)
        )
        if column.required and not sourced:
            result.missing.append(column)
    named = [column for column in table.named() if not is_serial(column.leaf)]
    used = sum(len(assignment.columns) for assignment in result.assigned.values())
    result.coverage = min(1.0, used / max(1, len(named)))
    weight = {"profile": 1.2, "exact": 1.0, "synonym": 0.9, "suggested": 0.4, "set": 1.0}
    for name, assignment in result.assigned.items():
        leaf = assignment.columns[0].leaf
        own = not any(term.ledger != ledger.id for form in leaf.forms for term in vocabulary.lookup(form))
        required = ledger.column(name).required
        result.score += weight[assignment.how] * (2.0 if required else 1.0) * (0.3 if is_serial(leaf) else 1.0) + (
            0.5 if own else 0.0
        )
    return result


Verdict = Literal["chosen", "missing", "ambiguous", "not_a_ledger"]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which ledger a table is, or why that cannot be said. ``others``: the nearest, best first."""

    verdict: Verdict
    mapping: LedgerMapping | None
    others: tuple[LedgerMapping, ...] = ()
    likely: LedgerMapping | None = None
    """What the table is, where it is not the ledger that was named."""


def choose_ledger(
    mappings: Sequence[LedgerMapping],
    vocabulary: Vocabulary,
    *,
    titles: Sequence[str],
    sheet_name: str,
    file_name: str,
    forced: bool,
) -> Choice:
    """Choose the ledger of a table among its mappings onto every ledger (or the one a person named).

    A ledger is chosen if all its required columns have a source and its headings cover the table (or its
    title says so), and no other ledger fits nearly as well. A sheet is never bent into a ledger.
    """
    if forced:
        only = mappings[0]
        if len(only.assigned) >= 2 and only.complete:
            return Choice("chosen", only)
        required = [column for column in only.ledger.columns if column.required]
        enough = len(only.assigned) >= 2 and (len(required) - len(only.missing)) * 3 >= len(required)
        return Choice("missing" if enough else "not_a_ledger", only, (only,))
    title = " ".join(titles)
    for one in mappings:
        bonus = 0.0
        if vocabulary.says_title(one.ledger.id, title):
            bonus += 4.0
        if vocabulary.says_title(one.ledger.id, sheet_name):
            bonus += 3.0
        if not bonus and vocabulary.says_title(one.ledger.id, file_name):
            bonus += 1.5
        one.titled = bonus >= 3.0
        one.score += bonus
    ranked = sorted((one for one in mappings if one.assigned), key=lambda one: -one.score)
    fitting = [one for one in ranked if one.complete and len(one.assigned) >= 3 and (one.covers or one.titled)]
    incomplete = [one for one in ranked if not one.complete and _near(one)]
    if fitting:
        best = fitting[0]
        stronger = [one for one in incomplete if one.score > best.score * 1.15 and (one.titled or not best.titled)]
        if stronger:
            return Choice("missing", stronger[0], (stronger[0], best))
        rivals = [one for one in fitting[1:] if one.score * 1.15 > best.score and one.titled == best.titled]
        if rivals:
            return Choice("ambiguous", None, (best, *rivals))
        return Choice("chosen", best)
    if incomplete:
        return Choice("missing", incomplete[0], tuple(ranked[:3]))
    return Choice("not_a_ledger", None, tuple(one for one in ranked[:2] if len(one.assigned) >= 2))


def _near(one: LedgerMapping) -> bool:
    required = [column for column in one.ledger.columns if column.required]
    found = len(required) - len(one.missing)
    if one.titled:
        return len(one.assigned) >= 2 and one.coverage >= 0.3
    return found * 2 >= len(required) and one.coverage >= 0.5 and len(one.assigned) >= 3
