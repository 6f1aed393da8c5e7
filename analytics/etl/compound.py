"""The OLE compound file that .xls and password-protected workbooks live in: its streams, nothing more.

Bounded against hostile files: every chain is followed at most as many sectors as the file has.
"""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass

from analytics.etl.grid import UnreadableWorkbook
from analytics.etl.sniff import EXPORT_AGAIN, OLE

_END = 0xFFFFFFFA
"""Sector numbers from here on mean free, end of chain, or tables of their own."""


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    kind: int
    start: int
    size: int


class Compound:
    """A compound file's directory, and its streams by name (without regard to case)."""

    def __init__(self, content: bytes) -> None:
        """Read the directory.

        Raises:
            UnreadableWorkbook: The container is damaged.
        """
        if len(content) < 512 or not content.startswith(OLE):
            raise _damaged()
        self._content = content
        shift, mini_shift = struct.unpack_from("<HH", content, 30)
        if shift not in (9, 12) or mini_shift != 6:
            raise _damaged()
        self._size = 1 << shift
        self._fat = self._read_fat()
        directory = self._chain(struct.unpack_from("<I", content, 48)[0])
        self.entries = list(self._read_entries(directory))
        if not self.entries:
            raise _damaged()
        self._cutoff = struct.unpack_from("<I", content, 56)[0]
        self._mini_fat = _words(self._chain(struct.unpack_from("<I", content, 60)[0]))

    def names(self) -> set[str]:
        """Return the names of all streams and storages, lower case."""
        return {entry.name.lower() for entry in self.entries}

    def read(self, *names: str) -> bytes | None:
        """Return the first stream that has one of the names, ``None`` if there is none.

        Raises:
            UnreadableWorkbook: Its sectors are not all there.
        """
        for name in names:
            for entry in self.entries:
                if entry.kind == 2 and entry.name.lower() == name.lower():
                    return self._read_stream(entry)
        return None

    def patched(self, name: str, edits: dict[int, bytes]) -> bytes:
        """Return a copy of the whole file in which bytes of a stream, by their place in it, are others."""
        entry = next(entry for entry in self.entries if entry.kind == 2 and entry.name.lower() == name.lower())
        if entry.size < self._cutoff:
            return self._content  # too small to hold anything worth changing
        sectors: list[int] = []
        sector = entry.start
        while sector < _END and len(sectors) <= len(self._fat):
            sectors.append(sector)
            sector = self._fat[sector]
        content = bytearray(self._content)
        for start, data in edits.items():
            for at, byte in enumerate(data, start):
                content[(sectors[at // self._size] + 1) * self._size + at % self._size] = byte
        return bytes(content)

    def _read_stream(self, entry: _Entry) -> bytes:
        if entry.size >= self._cutoff:
            data = self._chain(entry.start)
        else:
            root = self._chain(self.entries[0].start)
            parts, sector, seen = [], entry.start, 0
            while sector < _END and seen <= len(self._mini_fat):
                parts.append(root[sector * 64 : sector * 64 + 64])
                sector = self._mini_fat[sector] if sector < len(self._mini_fat) else _END
                seen += 1
            data = b"".join(parts)
        return data[: entry.size] if entry.size < 1 << 31 else data

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        return self._content[start : start + self._size]

    def _chain(self, sector: int) -> bytes:
        parts = []
        left = len(self._content) // self._size + 1
        while sector < _END:
            data = self._sector(sector)
            if not data or left <= 0:
                raise _damaged()
            parts.append(data)
            if sector >= len(self._fat):
                raise _damaged()
            sector = self._fat[sector]
            left -= 1
        return b"".join(parts)

    def _read_fat(self) -> array[int]:
        content, per_sector = self._content, self._size // 4
        tables = list(struct.unpack_from("<109I", content, 76))
        following, left = struct.unpack_from("<I", content, 68)[0], len(content) // self._size + 1
        while following < _END and left > 0:
            block = _words(self._sector(following))
            if len(block) < per_sector:
                break
            tables.extend(block[:-1])
            following, left = block[-1], left - 1
        fat: array[int] = array("I")
        seen: set[int] = set()
        for table in tables:
            if table >= _END or table in seen:
                continue
            seen.add(table)
            fat.extend(_words(self._sector(table)))
        return fat

    @staticmethod
    def _read_entries(directory: bytes) -> list[_Entry]:
        entries = []
        for at in range(0, len(directory) - 127, 128):
            length, kind = struct.unpack_from("<HB", directory, at + 64)
            start, size = struct.unpack_from("<II", directory, at + 116)
            name = directory[at : at + max(min(length, 64) - 2, 0)].decode("utf-16-le", "replace")
            if kind:
                entries.append(_Entry(name, kind, start, size))
        return entries


def _words(data: bytes) -> array[int]:
    words: array[int] = array("I")
    words.frombytes(data[: len(data) // 4 * 4])
    return words


def _damaged() -> UnreadableWorkbook:
    return UnreadableWorkbook(
        "FILE-CORRUPT", "文件已损坏或没有传输完整（Excel 97-2003 文件结构读不出来）。", EXPORT_AGAIN
    )
