"""A large .xlsx sheet read in pieces side by side.

Reading the XML of a sheet is most of the work of an ingest, and calamine lets other threads run meanwhile. A
sheet can be cut before any row that carries its number: each piece is a workbook of its own to calamine, and the
cells of each stand where they stood. Knows nothing of tables.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import python_calamine as calamine

from analytics.etl.grid import Merge
from analytics.etl.xlsx import SheetPart, XlsxBook

LARGE = 12 << 20
"""Bytes of XML from which cutting pays: below, the reading is over before a thread has started."""
_PIECE = 8 << 20
"""Pieces are of about this size, so that what is held of them at a time stays small beside the cells."""
_BEGIN, _END = b"<sheetData>", b"</sheetData>"
_NUMBERED_ROW = re.compile(rb'<row [^>]*?\br="\d[^>]*>')


class Pieces:
    """A sheet being read in pieces; ``result`` waits for all of them."""

    def __init__(self, pool: ThreadPoolExecutor, pieces: Iterator[calamine.CalamineSheet]) -> None:
        self._pool = pool
        self._pieces = pieces

    def result(self) -> tuple[list[list[Any]], list[Merge]] | None:
        """Return the rows from A1, each of one length, and the merged ranges; ``None`` if it must be read whole."""
        rows: list[list[Any]] = []
        merges: list[Merge] = []
        try:
            with self._pool:
                for place, piece in enumerate(self._pieces):
                    if place == 0:
                        merges = [Merge(*start, *stop) for start, stop in piece.merged_cell_ranges or ()]
                    if not _append(rows, piece):
                        return None
        except calamine.CalamineError:
            return None
        width = max(map(len, rows), default=0)
        for row in rows:
            if len(row) < width:
                row.extend([""] * (width - len(row)))
        return rows, merges


def in_pieces(book: XlsxBook, part: SheetPart, data: bytes) -> Pieces | None:
    """Begin to read a large sheet's cells and merged ranges.

    Args:
        book: The package the sheet is of.
        part: The sheet.
        data: Its XML.

    Returns:
        What is under way; ``None`` if the sheet is better read whole: it is small, there is one processor only, or
        it is not written the way that lets it be cut.
    """
    threads = len(os.sched_getaffinity(0))
    number = -(-len(data) // _PIECE)
    # Every piece reads the shared texts again.
    if len(data) < LARGE or threads < 2 or len(book.package.read_xml(book.shared_strings)) * number > len(data):
        return None
    begin, end = data.find(_BEGIN) + len(_BEGIN), data.rfind(_END)
    cuts = [begin, *(data.find(b"<row ", begin + (end - begin) * place // number) for place in range(1, number)), end]
    # A cut inside a comment would leave it open in the piece before, which calamine refuses.
    if begin < len(_BEGIN) or cuts != sorted(cuts) or not all(_NUMBERED_ROW.match(data, cut) for cut in cuts[1:-1]):
        return None

    def read(place: int) -> calamine.CalamineSheet:
        # The first piece keeps what follows the rows: merged ranges are told there.
        tail = data[end:] if place == 0 else _END + b"</worksheet>"
        xml = b"".join((data[:begin], data[cuts[place] : cuts[place + 1]], tail))
        workbook = calamine.CalamineWorkbook.from_filelike(BytesIO(book.clean_copy({part.part: xml}, alone=part)))
        del xml
        return workbook.get_sheet_by_index(0)

    pool = ThreadPoolExecutor(min(threads, number))
    return Pieces(pool, pool.map(read, range(number)))


def _append(rows: list[list[Any]], piece: calamine.CalamineSheet) -> bool:
    """Put a piece's cells where they stand, below ``rows``; ``False`` if that cannot be."""
    if piece.start is None:
        return bool(rows)
    top, left = piece.start
    if top < len(rows):
        return False
    rows.extend([] for _ in range(top - len(rows)))
    cells: list[list[Any]] = piece.to_python(skip_empty_area=True)
    rows.extend([""] * left + row for row in cells) if left else rows.extend(cells)
    return True
