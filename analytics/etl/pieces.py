"""A large .xlsx sheet read in pieces side by side, the first of them while the last is still being unpacked.

Reading the XML of a sheet is most of the work of an ingest, and calamine lets other threads run meanwhile. A
sheet can be cut before any row that carries its number: each piece is a workbook of its own to calamine, and the
cells of each stand where they stood. Knows nothing of tables.
"""

from __future__ import annotations

import ctypes
import os
import re
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import python_calamine as calamine

from analytics.etl.grid import Merge
from analytics.etl.package import refuse_doctype
from analytics.etl.tall import FROM, Gathered
from analytics.etl.xlsx import SheetPart, XlsxBook
from analytics.etl.xlsx_details import MAX_COLUMNS, SPARSE, Unsaid, XlsxSheet

LARGE = 12 << 20
"""Bytes of XML from which cutting pays: below, the reading is over before a thread has started."""
_PIECE = 4 << 20
"""Pieces are of about this size, so that what is held of them at a time stays small beside the cells."""
_WAITING = 2
"""Pieces that wait beside those being read: each thread finds another, and they do not pile up."""
_BEGIN, _END = b"<sheetData>", b"</sheetData>"
_TAIL = _END + b"</worksheet>"
_ROW = b"<row "
_NUMBERED_ROW = re.compile(rb'<row [^>]*?\br="(\d+)[^>]*>')


class _Uncut(Exception):  # noqa: N818 - not an error: the sheet is read whole
    """The sheet is not written the way that lets it be cut."""


@dataclass(slots=True)
class Cut:
    """What the pieces of a sheet say together."""

    bounds: tuple[int, int]
    """As ``XlsxSheet.bounds`` gives them for the whole."""
    rows: list[list[Any]]
    """The cells from A1, all rows of one length."""
    merges: list[Merge]
    unsaid: Unsaid
    texts: Sequence[Collection[str]]
    """As ``Sheet.texts``."""


@dataclass(slots=True)
class _Piece:
    sheet: calamine.CalamineSheet
    bounds: tuple[int, int]
    cells: int
    unsaid: Unsaid


def read_in_pieces(book: XlsxBook, part: SheetPart) -> Cut | None:
    """Unpack a large sheet and read all that is in it.

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
    under_way: deque[Future[_Piece]] = deque()
    together = _Together()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for xml in _cut(book.package.chunks(part.part, _PIECE)):
                under_way.append(pool.submit(_read, book, part, xml))
                del xml
                while under_way and (len(under_way) >= threads + _WAITING or under_way[0].done()):
                    together.add(under_way.popleft().result())
            while under_way:
                together.add(under_way.popleft().result())
        except (_Uncut, calamine.CalamineError):
            return None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    _give_back()
    return together.all()


def _give_back() -> None:
    """Return to the system what the reader has let go of: a third of this process's memory, in a few milliseconds."""
    with suppress(OSError, AttributeError):  # not every C library keeps memory back, or can be told
        ctypes.CDLL(None).malloc_trim(0)


def _cut(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a sheet's XML as sheets of some rows each, as soon as these are unpacked."""
    head, rest, begun = b"", bytearray(), False

    def piece(end: int, tail: bytes) -> bytes:
        nonlocal begun
        if begun and not _NUMBERED_ROW.match(rest):
            raise _Uncut
        begun = True
        with memoryview(rest) as whole, whole[:end] as rows:
            return b"".join((head, rows, tail))

    for chunk in chunks:
        known = len(rest)
        rest += chunk
        if not head:
            refuse_doctype(rest)
            at = rest.find(_BEGIN)
            if at < 0:
                raise _Uncut
            head = bytes(rest[: at + len(_BEGIN)])
            del rest[: len(head)]
            known = 0
        at = rest.rfind(_ROW, max(known - len(_ROW), 1))
        if at > 0:
            # A cut inside a comment would leave it open in the piece before, which calamine refuses.
            yield piece(at, _TAIL)
            del rest[:at]
    if rest.rfind(_END) < 0:
        raise _Uncut
    # The last piece keeps what follows the rows: merged ranges are told there.
    yield piece(len(rest), b"")


def _read(book: XlsxBook, part: SheetPart, xml: bytes) -> _Piece:
    """Read one piece, once it is sure that its cells do not lie far apart."""
    detail = XlsxSheet(xml, lambda: book.styles)
    if not detail.plain:
        raise _Uncut
    rows, columns = detail.bounds()
    cells = detail.cell_count
    first = _NUMBERED_ROW.search(xml)
    if (rows - int(first.group(1)) if first else rows) * columns > max(SPARSE, cells * 20):
        raise _Uncut
    workbook = calamine.CalamineWorkbook.from_filelike(book.clean_copy({part.part: xml}, alone=part))
    return _Piece(workbook.get_sheet_by_index(0), (rows, columns), cells, detail.unsaid())


class _Together:
    """The pieces' cells where they stand, each below those before."""

    def __init__(self) -> None:
        self.rows: list[list[Any]] = []
        self.merges: list[Merge] = []
        self.unsaid = Unsaid()
        self.height = self.width = self.cells = 0
        self.gathered = Gathered()
        self.filled = range(MAX_COLUMNS)
        """The columns that every row so far reaches over; none once a row was left out."""

    def add(self, piece: _Piece) -> None:
        """Take in the next piece."""
        rows, columns = piece.bounds
        self.height, self.width = max(self.height, rows), max(self.width, columns)
        self.cells += piece.cells
        if self.height * self.width > max(SPARSE, self.cells * 20):
            raise _Uncut
        self.merges = [Merge(*start, *stop) for start, stop in piece.sheet.merged_cell_ranges or ()]
        self.unsaid.add(piece.unsaid)
        if piece.sheet.start is not None:
            self.append(*piece.sheet.start, piece.sheet.to_python(skip_empty_area=True))
        elif not self.rows:
            raise _Uncut

    def append(self, top: int, left: int, cells: list[list[Any]]) -> None:
        """Put cells where they stand: from row ``top`` and column ``left`` on."""
        if top < len(self.rows):
            raise _Uncut
        if top > max(len(self.rows), FROM):
            self.filled = range(0)
        self.rows.extend([] for _ in range(top - len(self.rows)))
        above = max(FROM - top, 0)
        below = cells[above:]
        if below:
            right = min(self.filled.stop, left + len(below[0]))
            self.filled = range(max(self.filled.start, left), right)
            below = self.gathered.add(below, left)
        for part in (cells[:above], below):
            self.rows.extend([""] * left + row for row in part) if left else self.rows.extend(part)

    def all(self) -> Cut:
        """Return what was taken in, all rows of one length."""
        widest = max(map(len, self.rows), default=0)
        for row in self.rows:
            if len(row) < widest:
                row.extend([""] * (widest - len(row)))
        self.gathered.widen(widest)
        self.gathered.blank(column for column in range(widest) if column not in self.filled)
        return Cut((self.height, self.width), self.rows, self.merges, self.unsaid, self.gathered.texts)
