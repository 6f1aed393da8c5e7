"""What stands between two tables of one sheet: what closes the upper one, and what heads the lower one.

Knows the wording of single lines and the blank rows between them. Must not know columns, fields, nor whether
a table is there at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from analytics.etl.headers import Vocabulary, squeeze
from analytics.etl.metadata import is_attachment, is_blank_cell, is_line, names_office, unit_line
from analytics.etl.shapes import is_number
from analytics.etl.wording import FILLER, HELPER, PAGE, SECTION, is_example, is_footer, is_title, total_label

Rows = Sequence[Sequence[Any]]

Line = Literal["blank", "title", "section", "office", "signature", "helper", "foot", "text", "body"]
"""title: a title or an attachment mark. office: 填报单位 and its like. signature: 填报人, 审核人 alone.
helper: one hint over each column. foot: a note, a total, 保留格式勿删. text: any other lone line.
body: a row of a table."""

_TITLE_LENGTH = 60
_SECTION_LENGTH = 30


def line_kind(cells: Sequence[Any], vocabulary: Vocabulary) -> Line:
    """Say what one row outside a header is, by its own cells."""
    filled = [value for value in cells if not is_blank_cell(value)]
    if not filled:
        return "blank"
    first = filled[0]
    # A record of texts may hold a cell like 附011 or 单位：人; a line of the form says it in most of its cells.
    said = sum(is_line(value) or unit_line(value) is not None or is_attachment(value) for value in filled)
    if said * 2 >= len(filled) and isinstance(first, str) and total_label(first) is None:
        if is_attachment(first):
            return "title"
        return "office" if any(names_office(value) or unit_line(value) is not None for value in filled) else "signature"
    if any(is_number(value) for value in filled) or not all(isinstance(value, str) for value in filled):
        return "body"
    titled = len(filled) == 1 and len(squeeze(first)) > 4 and is_title(first)  # 二季度培训情况汇总
    if not titled and any(total_label(value) is not None for value in filled):
        return "foot"
    if len(filled) > 1:
        hints = sum(bool(HELPER.search(squeeze(value))) for value in filled)
        return "helper" if hints * 2 > len(filled) else "body"
    text = squeeze(first)
    if is_footer(first) or is_example(first) or FILLER.match(text) or PAGE.match(text) or HELPER.search(text):
        return "foot"
    if len(text) <= _SECTION_LENGTH and SECTION.match(text):
        return "section"
    if len(text) <= _TITLE_LENGTH and (is_title(first) or _names_ledger(text, vocabulary)):
        return "title"
    return "body" if text.replace(".", "").isdigit() else "text"


def _names_ledger(text: str, vocabulary: Vocabulary) -> bool:
    return (
        not text[0].isdigit()
        and not text.endswith(("。", "；", ";"))
        and any(vocabulary.says_title(ledger, text) for ledger in vocabulary.ledgers)
    )


def heading_start(rows: Rows, top: int, floor: int, vocabulary: Vocabulary) -> int:
    """Return the first of the lines that head the table at ``top``, not above ``floor``.

    The rows between the last record above and the header may be notes and signatures of the upper table, and
    titles and 填报 lines of the lower one. A title opens the lower one; without a title the first blank row
    parts them, because what closes a table stands directly below it.

    Args:
        rows: The sheet's rows.
        top: The first header row of the lower table.
        floor: The first row below the upper table's header.
        vocabulary: The declared ledgers, whose names make a line a title.
    """
    first = top
    kinds: list[Line] = []
    while first > floor:
        kind = line_kind(rows[first - 1], vocabulary)
        if kind == "body":
            break
        kinds.insert(0, kind)
        first -= 1
    start = _opening(kinds)
    while start < len(kinds) and kinds[start] == "blank":
        start += 1
    return first + start


def _opening(kinds: Sequence[Line]) -> int:
    """Return the place of the first line that belongs to the lower table."""
    title = next((place for place, kind in enumerate(kinds) if kind == "title"), None)
    if title is not None:
        # A section number or an office line of the lower table may stand right above its title.
        start = title
        while start > 0 and kinds[start - 1] in ("section", "helper"):
            start -= 1
        above = start
        while above > 0 and kinds[above - 1] in ("office", "section", "text"):
            above -= 1
        return above if above > 0 and kinds[above - 1] == "blank" and above < start else start
    after = next((place + 1 for place in range(len(kinds) - 1, -1, -1) if kinds[place] == "foot"), 0)
    if "section" in kinds[after:]:
        return kinds.index("section", after)
    start = after
    blocks = _blocks(kinds, after)
    for place, (first, last) in enumerate(blocks):
        own = set(kinds[first:last])
        attached = first == after
        followed = last < len(kinds)
        # What stands directly below a table closes it where more follows; a signature alone does wherever it stands.
        closes = followed and (
            own <= {"signature"} or (attached and (after > 0 or place + 1 < len(blocks)) and "helper" not in own)
        )
        if not closes:
            break
        start = last
    if start == after:  # no blank row at all
        while start < len(kinds) and (kinds[start] == "signature" or (after > 0 and kinds[start] == "text")):
            start += 1
    return start


def _blocks(kinds: Sequence[Line], start: int) -> list[tuple[int, int]]:
    """Return the runs of lines between blank rows, half-open."""
    found: list[tuple[int, int]] = []
    for place in range(start, len(kinds)):
        if kinds[place] == "blank":
            continue
        if found and found[-1][1] == place:
            found[-1] = (found[-1][0], place + 1)
        else:
            found.append((place, place + 1))
    return found
