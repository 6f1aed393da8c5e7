"""A whole column at once: each distinct cell parsed once, plain columns by Arrow, the answer an Arrow array.

This module must not know how a value is read; it must give, cell by cell, what ``parse`` gives.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from analytics.etl.values.cell import parse
from analytics.etl.values.dates import FIRST_YEAR
from analytics.etl.values.model import Context, Parsed, ParsedColumn
from analytics.etl.values.text import UNUSUAL
from analytics.ledgers.model import Column
from analytics.ledgers.schema import arrow_type

_COMMON = frozenset({str, float, int, bool, type(None), dt.date, dt.datetime, dt.time, dt.timedelta})
_LONG_NUMBER = r"(?:[0-9０-９][ \-\x{3000}\x{2010}-\x{2015}－]?){11}"
_DIGITS = frozenset("0123456789０１２３４５６７８９")
_MANY = 1000
_SHORT = 5
"""No word for blank or 同上 is longer than this."""
_ODD_ENDS = r"^[\s#eE\-\\/|_—–―‐‑‒−─━ー]|\s$|\s\s"
_SCALES = {"count": 0, "money": 2, "decimal": 4, "percent": 4}
_LARGEST = {"count": 1e7, "money": 1e10, "decimal": 1e10, "percent": 1e4}


def parse_column(
    column: Column,
    raws: Sequence[Any],
    context: Context,
    percent_cells: Callable[[int], bool] | None = None,
) -> ParsedColumn:
    """Parse a whole column.

    Args:
        column: The declared column.
        raws: Its cells, top to bottom.
        context: What surrounds them.
        percent_cells: Tells by position whether a cell is formatted as a percentage; asked only about
            numbers in columns where it matters.

    Returns:
        The typed array and what there is to say, by position in ``raws``.
    """
    kinds = set(map(type, raws))
    if percent_cells is None or not (kinds & {int, float} and column.type in _SCALES):
        plain = _plain(column, raws, kinds, context)
        if plain is not None:
            return plain
    return _distinct(column, raws, context, percent_cells)


def _distinct(
    column: Column, raws: Sequence[Any], context: Context, percent_cells: Callable[[int], bool] | None
) -> ParsedColumn:
    """Parse each distinct cell once."""
    kinds = set(map(type, raws))
    if kinds == {str} and len(raws) >= _MANY:
        try:
            texts = pa.array(raws, pa.string()).dictionary_encode()
        except (pa.ArrowException, UnicodeEncodeError):
            pass  # half a character pair, which Arrow refuses: told apart one by one below
        else:
            answers = [parse(column, text, context, False) for text in texts.dictionary.to_pylist()]
            return _assemble(column, texts.indices, answers)
    keys = _keys(column, raws, kinds, percent_cells)
    seen: dict[Any, int] = {}
    codes: list[int] = []
    append = codes.append
    answers = []
    for position, key in enumerate(keys):
        code = seen.get(key)
        if code is None:
            code = seen[key] = len(answers)
            percent = isinstance(key, tuple) and len(key) == 3
            answers.append(parse(column, raws[position], context, percent))
        append(code)
    return _assemble(column, pa.array(codes, pa.int32()), answers)


def _assemble(column: Column, indices: pa.Array, answers: list[Parsed]) -> ParsedColumn:
    distinct = pa.array([answer.value for answer in answers], arrow_type(column))
    ends = None
    if any(answer.end is not None for answer in answers):
        ends = pa.array([answer.end for answer in answers], pa.date32()).take(indices)
    noted: dict[int, Parsed] = {}
    speaking = {code for code, answer in enumerate(answers) if answer.noteworthy}
    if speaking:
        noted = {position: answers[code] for position, code in enumerate(indices.to_pylist()) if code in speaking}
    return ParsedColumn(distinct.take(indices), ends, noted)


def _keys(
    column: Column, raws: Sequence[Any], kinds: set[type], percent_cells: Callable[[int], bool] | None
) -> Sequence[Any]:
    """Return what tells cells apart: 1, 1.0 and True are equal to Python, and 0.85 is not 85%."""
    numbers = kinds & {bool, int, float}
    hashable = all(kind in _COMMON or issubclass(kind, str) for kind in kinds)
    if percent_cells is not None and column.type in _SCALES and numbers - {bool}:
        keys: list[Any] = []
        for position, raw in enumerate(raws):
            is_number = isinstance(raw, (int, float)) and not isinstance(raw, bool)
            if is_number and percent_cells(position):
                keys.append((type(raw), raw, True))
            else:
                keys.append((type(raw), raw) if hashable else (type(raw), id(raw)))
        return keys
    if not hashable:
        return [(type(raw), raw if type(raw) in _COMMON else id(raw)) for raw in raws]
    if len(numbers) > 1:
        return list(zip(map(type, raws), raws, strict=True))
    return raws


def _plain(column: Column, raws: Sequence[Any], kinds: set[type], context: Context) -> ParsedColumn | None:
    """Let Arrow take the cells that need no parsing, and parse the rest; ``None`` if that would gain nothing."""
    if not raws:
        return ParsedColumn(pa.array([], arrow_type(column)))
    if column.type == "text":
        return _texts(column, raws, kinds, context)
    if column.type == "date" and kinds & {dt.date, dt.datetime}:
        return _day_cells(column, raws, kinds, context)
    if column.type in _SCALES and float in kinds and not context.unit:
        return _number_cells(column, raws, kinds, context)
    return None


def _day_cells(column: Column, raws: Sequence[Any], kinds: set[type], context: Context) -> ParsedColumn:
    plain = kinds <= {dt.datetime, dt.date}
    days = pa.array(
        raws if plain else [raw if type(raw) in (dt.datetime, dt.date) else None for raw in raws], pa.date32()
    )
    first, last = dt.date(FIRST_YEAR, 1, 1), dt.date(context.today.year + 1, 12, 31)
    good = pc.and_(pc.greater_equal(days, pa.scalar(first)), pc.less_equal(days, pa.scalar(last)))
    return _rest(column, raws, context, days, good)


def _number_cells(column: Column, raws: Sequence[Any], kinds: set[type], context: Context) -> ParsedColumn:
    """Take floats that are exactly a number of the column's places, the way a sheet shows them."""
    plain = kinds == {float}
    numbers = pa.array(raws if plain else [raw if type(raw) is float else None for raw in raws], pa.float64())
    places = _SCALES[column.type]
    factor = float(10**places)
    in_reach = pc.and_(pc.greater_equal(numbers, 0.0), pc.less_equal(numbers, _LARGEST[column.type]))
    numbers = pc.if_else(in_reach, numbers, None)
    steps = pc.round(pc.multiply(numbers, factor))
    good = pc.equal(pc.divide(steps, factor), numbers)
    if column.type == "percent":
        # 0.85 may be a share or a percentage: not for Arrow to decide.
        good = pc.and_(good, pc.or_(pc.greater(numbers, 1.0), pc.equal(numbers, 0.0)))
    whole = pc.cast(pc.if_else(good, steps, None), pa.int64())
    kind = arrow_type(column)
    if column.type == "count":
        return _rest(column, raws, context, whole, good)
    unit = pa.scalar(Decimal(1).scaleb(-places), pa.decimal128(places + 1, places))
    return _rest(column, raws, context, pc.cast(pc.multiply(pc.cast(whole, pa.decimal128(19, 0)), unit), kind), good)


def _rest(column: Column, raws: Sequence[Any], context: Context, taken: pa.Array, good: pa.Array) -> ParsedColumn:
    """Parse the cells Arrow could not take, and put both together."""
    good = pc.fill_null(good, False)
    open_cells = pc.invert(good)
    positions = pc.indices_nonzero(open_cells).to_pylist()
    if not positions:
        return ParsedColumn(taken)
    others = [raws[position] for position in positions]
    parsed = _distinct(column, others, context, None)
    array = pc.replace_with_mask(taken, open_cells, parsed.array)
    ends = None
    if parsed.ends is not None:
        ends = pc.replace_with_mask(pa.nulls(len(raws), pa.date32()), open_cells, parsed.ends)
    return ParsedColumn(array, ends, {positions[at]: answer for at, answer in parsed.noted.items()})


def _texts(column: Column, raws: Sequence[Any], kinds: set[type], context: Context) -> ParsedColumn | None:
    """Keep plain texts as they are; parse those that are short, hold unusual characters or long numbers."""
    if not kinds <= {str, type(None)} or len(set(raws)) * 2 <= len(raws):
        return None
    try:
        texts = pa.array(raws, pa.string())
    except (pa.ArrowException, UnicodeEncodeError):
        return None
    letters = "".join([raw for raw in raws if raw])
    odd = "".join(char for char in UNUSUAL if char in letters)
    if not letters.isprintable():
        # A column of many names has thousands of different letters; told one by one only where some cannot be seen.
        odd += "".join(char for char in set(letters) if not char.isprintable() and char not in UNUSUAL)
    pattern = _ODD_ENDS
    if odd:
        pattern += "|[" + "".join(rf"\x{{{ord(char):x}}}" for char in odd) + "]"
    look = pc.or_(pc.match_substring_regex(texts, pattern), pc.less_equal(pc.utf8_length(texts), _SHORT))
    if "_" in letters:
        look = pc.or_(look, pc.match_substring(texts, "_x00"))
    if any(digit in letters for digit in _DIGITS):
        look = pc.or_(look, pc.match_substring_regex(texts, _LONG_NUMBER))
    return _rest(column, raws, context, texts, pc.invert(look))
