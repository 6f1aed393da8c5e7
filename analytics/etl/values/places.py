"""County-level places: what a cell calls them, and which one a reporting unit belongs to.

The places come from the declared geography only; this module must not name any.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import Any

from analytics.etl.codes import issue
from analytics.etl.values.model import Parsed
from analytics.etl.values.text import as_text, normalise, shown
from analytics.ledgers.model import Column, County, geography

_SUFFIXES = ("总工会机关", "总工会", "工会", "本级", "辖区", "总")
_PROVINCE = re.compile(r"^[^省市县区]{2,3}省")
_FORMER = re.compile(r"^(?:原|曾用名:?)")
"""原凤翔县: before the name a place had."""
_WITHIN = re.compile(r".{1,12}(?:镇|乡|街道|街道办|办事处|社区|村)$")
"""What follows a county's full name where a cell names a place within it."""
_BRACKETED = re.compile(r"(?P<outer>[^()]+)\((?P<inner>[^()]+)\)")
_BETWEEN = re.compile(r"[、,;/+和及与\n]")


@cache
def _spellings() -> dict[str, County]:
    """Return every accepted spelling, folded."""
    found: dict[str, County] = {}
    for county in geography().counties:
        for text in (county.name, county.code, *county.aliases, *county.old_codes):
            found.setdefault(_fold(text), county)
    own_level = next((county for county in geography().counties if not county.ranked), None)
    if own_level is not None:
        found.setdefault(_fold(geography().federation), own_level)
    return found


def _fold(text: str) -> str:
    return normalise(text).replace(" ", "").casefold().strip("。.,;:")


def _without_city(name: str) -> list[str]:
    """Return a folded name as it is, and without each spelling of the city in front of it."""
    cities = sorted(map(_fold, geography().city_aliases), key=len, reverse=True)
    return [name, *(name[len(city) :] for city in cities if name.startswith(city))]


@lru_cache(4096)
def county(text: str) -> County | None:
    """Return the place a text names, ``None`` for none or an unknown one.

    Names, aliases and codes are taken whole: a leading city and a trailing 总工会 may be added, nothing else.
    """
    known = _spellings()
    name = _fold(text)
    if name in known:
        return known[name]
    name = _FORMER.sub("", _PROVINCE.sub("", name.strip("()")))
    for candidate in _without_city(name):
        for form in (candidate, *(candidate.removesuffix(end) for end in _SUFFIXES if candidate.endswith(end))):
            if form and form in known:
                return known[form]
    return None


@lru_cache(4096)
def county_of_unit(text: str) -> County | None:
    """Return the county a reporting unit belongs to, ``None`` where its name does not say.

    A unit may be longer than its county (a street's union in it), so here a leading full name is enough;
    a short form (without 区 or 县) must be followed by a word for the place or the federation.
    """
    whole = county(text)
    if whole is not None:
        return whole
    name = _PROVINCE.sub("", _fold(text))
    federation = _fold(geography().federation)
    if name.startswith(federation):
        return _spellings()[federation]
    own_level = _spellings().get(federation)
    if own_level is not None and any(
        name.startswith(short) for short in map(_fold, own_level.aliases) if len(short) > 1 and short in federation
    ):
        return own_level
    best: tuple[int, County] | None = None
    for form in _without_city(name):
        for spelling, place in _spellings().items():
            long_enough = len(spelling) >= 3 or spelling == _fold(place.name)
            if long_enough and form.startswith(spelling) and (best is None or len(spelling) > best[0]):
                best = (len(spelling), place)
    return best[1] if best else None


def counties_of_units(units: Sequence[str | None], positions: Iterable[int]) -> dict[int, str]:
    """Return, for the positions whose office's name says its county, that county; an office above them says none."""
    places = {unit: county_of_unit(unit) for unit in set(units) if unit}
    found = ((position, places.get(units[position] or "")) for position in positions)
    return {position: place.name for position, place in found if place is not None and place.ranked}


def _county_around(name: str) -> County | None:
    """Return the county whose full name a township, a street or a village is written behind."""
    for form in _without_city(_PROVINCE.sub("", name)):
        for place in geography().counties:
            whole = _fold(place.name)
            if form.startswith(whole) and _WITHIN.fullmatch(form, len(whole)):
                return place
    return None


def _names_any(folded: str) -> bool:
    """Tell whether some county's name or short name stands anywhere in a folded text."""
    return any(len(spelling) > 1 and spelling in folded for spelling in _spellings())


def parse_county(column: Column, raw: Any) -> Parsed:
    """Parse one cell of a county column to the county's name."""
    text = normalise(as_text(raw))
    if column.allow_whole_city:
        whole = geography().whole_city
        if _fold(text) in {_fold(word) for word in (whole.name, whole.code, *whole.aliases)}:
            return Parsed(whole.name)
    place = county(text)
    if place is not None:
        return Parsed(place.name)
    parts = [part for part in _BETWEEN.split(text) if part]
    if len(parts) > 1 and all(county(part) for part in parts):
        return Parsed(issues=(issue("VAL-COUNTY-TWO", label=column.label, raw=shown(raw)),))
    folded = _fold(text)
    bracketed = _BRACKETED.fullmatch(folded)
    if bracketed is not None:
        outer, inner = county(bracketed["outer"]), county(_FORMER.sub("", bracketed["inner"]))
        if outer is not None and outer == inner:
            return Parsed(outer.name)
        around = outer if inner is None and not _names_any(bracketed["inner"]) else None
    else:
        around = _county_around(folded)
    if around is not None:
        return Parsed(
            around.name, issues=(issue("VAL-COUNTY-WITHIN", label=column.label, raw=shown(raw), value=around.name),)
        )
    names = [item.name for item in geography().counties]
    if column.allow_whole_city:
        names.append(geography().whole_city.name)
    return Parsed(issues=(issue("VAL-COUNTY-UNKNOWN", label=column.label, raw=shown(raw), allowed="、".join(names)),))
