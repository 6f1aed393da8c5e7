"""A large .xlsx sheet read in pieces side by side, the first of them while the last is still being unpacked.

Reading the XML of a sheet is most of the work of an ingest, and calamine lets other threads run meanwhile. A
sheet can be cut before any row that carries its number: each piece is a workbook of its own to calamine, and the
cells of each stand where they stood. Knows nothing of tables.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import python_calamine as calamine

from analytics.etl.grid import Merge
from analytics.etl.package import refuse_doctype
from analytics.etl.xlsx import SheetPart, XlsxBook
from analytics.etl.xlsx_details import SPARSE, XlsxSheet

LARGE = 12 << 20
"""Bytes of XML from which cutting pays: below, the reading is over before a thread has started."""
_PIECE = 6 << 20
"""Pieces are of about this size, so that what is held of them at a time stays small beside the cells."""
_LOOK = 400
"""Cells of a column that show whether its texts repeat."""
_BEGIN, _END = b"<sheetData>", b"</sheetData>"
_TAIL = _END + b"</worksheet>"
_NUMBERED_ROW = re.compile(rb'<row [^>]*?\br="(\d+)[^>]*>')


class _Uncut(Exception):  # noqa: N818 - not an error: the sheet is read whole
    """The sheet is not written the way that lets it be cut."""


@dataclass(slots=True)
class Cut:
    """What the pieces of a sheet say together."""

    data: bytes
    """The sheet's XML."""
    bounds: tuple[int, int]
    """As ``XlsxSheet.bounds`` gives them for the whole."""
    rows: list[list[Any]]
    """The cells from A1, all rows of one length."""
    merges: list[Merge]


@dataclass(slots=True)
class _Held:
    """What is unpacked of the sheet so far; pieces are copied from it when their turn comes, not before."""

    xml: bytearray | bytes


@dataclass(slots=True)
class _Piece:
    sheet: calamine.CalamineSheet
    bounds: tuple[int, int]
    cells: int


def read_in_pieces(book: XlsxBook, part: SheetPart) -> Cut | None:
    """Unpack a large sheet and read its cells and merged ranges.

    Args:
        book: The package the sheet is of.
        part: The sheet.

    Returns:
        What is in it; ``None`` if it is better read whole: it is small, there is one processor only, or it is not
        written the way that lets it be cut.

    Raises:
        UnreadableWorkbook: As ``Package.read_xml``.
    """
    threads, size = len(os.sched_getaffinity(0)), book.package.size(part.part)
    # Every piece reads the shared texts again.
    if size < LARGE or threads < 2 or book.package.size(book.shared_strings) * -(-size // _PIECE) > size:
        return None
    held = _Held(bytearray())
    with ThreadPoolExecutor(threads) as pool:
        try:
            pieces = list(_submit(book, part, held, pool))
            held.xml = bytes(held.xml)
            return _together(held.xml, pieces)
        except (_Uncut, calamine.CalamineError):
            return None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _submit(book: XlsxBook, part: SheetPart, held: _Held, pool: ThreadPoolExecutor) -> Iterator[Future[_Piece]]:
    """Unpack the sheet into ``held`` and begin each piece as soon as it is there."""
    xml = held.xml = bytearray()
    head, start = b"", 0

    def begin(end: int, tail: bytes) -> Future[_Piece]:
        if start > len(head) and not _NUMBERED_ROW.match(xml, start):
            raise _Uncut
        return pool.submit(_read, book, part, held, head, slice(start, end), tail)

    for chunk in book.package.chunks(part.part, _PIECE):
        xml += chunk
        if not head:
            refuse_doctype(xml)
            at = xml.find(_BEGIN)
            if at < 0:
                raise _Uncut
            head = bytes(xml[: at + len(_BEGIN)])
            start = len(head)
        at = xml.rfind(b"<row ", max(start, len(xml) - len(chunk)))
        if at > start:
            # A cut inside a comment would leave it open in the piece before, which calamine refuses.
            yield begin(at, _TAIL)
            start = at
    if xml.rfind(_END) < start:
        raise _Uncut
    # The last piece keeps what follows the rows: merged ranges are told there.
    yield begin(len(xml), b"")


def _read(book: XlsxBook, part: SheetPart, held: _Held, head: bytes, rows_at: slice, tail: bytes) -> _Piece:
    """Read one piece, once it is sure that its cells do not lie far apart."""
    xml = b"".join((head, held.xml[rows_at], tail))
    detail = XlsxSheet(xml, lambda: book.styles)
    if not detail.plain:
        raise _Uncut
    rows, columns = detail.bounds()
    cells = detail.cell_count
    first = _NUMBERED_ROW.search(xml)
    if (rows - int(first.group(1)) if first else rows) * columns > max(SPARSE, cells * 20):
        raise _Uncut
    workbook = calamine.CalamineWorkbook.from_filelike(BytesIO(book.clean_copy({part.part: xml}, alone=part)))
    return _Piece(workbook.get_sheet_by_index(0), (rows, columns), cells)


def _together(data: bytes, pieces: list[Future[_Piece]]) -> Cut:
    """Put the pieces' cells where they stand, each below the one before."""
    rows: list[list[Any]] = []
    height = width = cells = 0
    merges: list[Merge] = []
    pieces.reverse()
    while pieces:
        piece = pieces.pop().result()
        height, width, cells = max(height, piece.bounds[0]), max(width, piece.bounds[1]), cells + piece.cells
        if height * width > max(SPARSE, cells * 20):
            raise _Uncut
        merges = [Merge(*start, *stop) for start, stop in piece.sheet.merged_cell_ranges or ()]
        _append(rows, piece.sheet)
    widest = max(map(len, rows), default=0)
    for row in rows:
        if len(row) < widest:
            row.extend([""] * (widest - len(row)))
    return Cut(data, (height, width), rows, merges)


def _append(rows: list[list[Any]], piece: calamine.CalamineSheet) -> None:
    """Put a piece's cells where they stand, below ``rows``."""
    if piece.start is None:
        if not rows:
            raise _Uncut
        return
    top, left = piece.start
    if top < len(rows):
        raise _Uncut
    rows.extend([] for _ in range(top - len(rows)))
    cells: list[list[Any]] = piece.to_python(skip_empty_area=True)
    _share_texts(cells)
    rows.extend([""] * left + row for row in cells) if left else rows.extend(cells)


def _share_texts(cells: list[list[Any]]) -> None:
    """Let cells that say the same be the same text: a county named in each of many rows is kept once a piece.

    Beside the memory this saves the steps after it the time of reading every copy anew.
    """
    for column in range(len(cells[0]) if cells else 0):
        texts = [row[column] for row in cells]
        # Only texts: 1.0 and True are equal, too.
        if set(map(type, texts[:_LOOK])) != {str} or len(set(texts[:_LOOK])) * 4 > len(texts[:_LOOK]):
            continue
        if set(map(type, texts)) == {str}:
            known: dict[str, str] = {}
            for row, text in zip(cells, map(known.setdefault, texts, texts), strict=True):
                row[column] = text
