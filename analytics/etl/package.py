"""The zip container of .xlsx, .xlsm, .xlsb and .ods: is it safe to open, and what parts does it hold.

Everything a hostile archive may claim is checked here before any library sees the bytes: entry counts,
declared and real sizes, overlaps, document type declarations. Knows containers, not cells.
"""

from __future__ import annotations

import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO

from analytics.etl.grid import Limits, UnreadableWorkbook
from analytics.etl.sniff import EXPORT_AGAIN

_MAX_ENTRIES = 10_000
_MAX_RATIO = 400
"""A sheet of identical formatted blank rows packs about 200:1; deflate's best is 1032:1."""
_RATIO_FROM = 32 << 20
_PROLOG = 65536
_HANDFUL = 1 << 18
"""Packed bytes that are unpacked at a time."""
_DOCTYPE = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>")
_ATTRIBUTE = re.compile(rb"""([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")

_BOMB_HINT = "文件可能被恶意构造或已损坏，请不要再转发；请用 Excel 或 WPS 重新制作表格后上传。"


class Package:
    """A checked zip archive. Part names are compared without regard to case, kind of slash or a leading one."""

    def __init__(self, content: bytes, limits: Limits) -> None:
        """Check the directory of the archive.

        Raises:
            UnreadableWorkbook: It is damaged, encrypted, or claims more than may be unpacked.
        """
        self.content = content
        self._limits = limits
        self._unpacked = 0
        try:
            self.archive = zipfile.ZipFile(BytesIO(content))
            entries = self.archive.infolist()
        except Exception as error:
            raise _damaged("压缩结构读不出来") from error
        if len(entries) > _MAX_ENTRIES:
            raise UnreadableWorkbook(
                "FILE-BOMB", f"文件内部有 {len(entries):,} 个部件，远多于正常的工作簿。", _BOMB_HINT
            )
        self._entries = {_plain(entry.filename): entry for entry in entries}
        total = sum(entry.file_size for entry in entries)
        if total > limits.max_unpacked_bytes:
            raise UnreadableWorkbook(
                "FILE-BOMB" if total > max(len(content), 1) * _MAX_RATIO else "FILE-TOO-LARGE",
                f"文件解压后有 {total / (1 << 20):,.0f} MB，超过上限 {limits.max_unpacked_bytes / (1 << 20):,.0f} MB。",
                "请按年份或县区拆分成几个文件分别上传；如果文件本来不大，请重新制作后上传。",
            )
        for entry in entries:
            if entry.flag_bits & 1:
                raise encrypted()
            if entry.file_size > _RATIO_FROM and entry.file_size > entry.compress_size * _MAX_RATIO:
                raise UnreadableWorkbook(
                    "FILE-BOMB",
                    f"文件内部的 {entry.filename[:80]} 声称能解压出压缩时的 "
                    f"{entry.file_size // max(entry.compress_size, 1):,} 倍，"
                    "像是“压缩炸弹”，已拒绝打开。",
                    _BOMB_HINT,
                )
        self._check_overlaps(entries)

    def _check_overlaps(self, entries: list[zipfile.ZipInfo]) -> None:
        """Refuse entries that share compressed bytes, the trick that defeats every check of ratios."""
        end = 0
        for entry in sorted(entries, key=lambda entry: entry.header_offset):
            if entry.header_offset < end:
                raise UnreadableWorkbook(
                    "FILE-BOMB", "文件内部的部件互相重叠，像是“压缩炸弹”，已拒绝打开。", _BOMB_HINT
                )
            end = entry.header_offset + 30 + entry.compress_size

    def names(self) -> list[str]:
        """Return the plain names of all parts."""
        return list(self._entries)

    def __contains__(self, name: str) -> bool:
        return _plain(name) in self._entries

    def size(self, name: str) -> int:
        """Return how many bytes a part says it has, unpacked; 0 if there is none."""
        entry = self._entries.get(_plain(name))
        return 0 if entry is None else entry.file_size

    def read(self, name: str) -> bytes:
        """Return a part whole, never more than it declares or the limits allow; ``b""`` if there is none.

        Raises:
            UnreadableWorkbook: The part is damaged, or larger than it says.
        """
        chunks = list(self.chunks(name, self.size(name) + 1))
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def chunks(self, name: str, most: int) -> Iterator[bytes]:
        """Yield a part piece by piece, each of ``most`` bytes but for the last; see ``read``."""
        entry = self._entries.get(_plain(name))
        if entry is None:
            return
        packed = self._packed(entry)
        done = 0
        if entry.compress_type == zipfile.ZIP_STORED:
            pieces: Iterator[bytes] = (bytes(packed[start : start + most]) for start in range(0, len(packed), most))
        elif entry.compress_type == zipfile.ZIP_DEFLATED:
            pieces = _inflated(packed, most, entry)
        else:
            raise UnreadableWorkbook("FILE-UNSUPPORTED", "文件使用了不常见的压缩方式，无法读取。", EXPORT_AGAIN)
        for piece in pieces:
            done += len(piece)
            if done > entry.file_size:
                raise UnreadableWorkbook(
                    "FILE-BOMB",
                    f"部件 {entry.filename[:80]} 的实际内容比声称的大，像是“压缩炸弹”，已拒绝打开。",
                    _BOMB_HINT,
                )
            yield piece
        if done < entry.file_size:
            raise _damaged(f"部件 {entry.filename[:80]} 不完整")

    def _packed(self, entry: zipfile.ZipInfo) -> memoryview:
        """Return a part's bytes as they stand in the archive."""
        start = entry.header_offset
        header = self.content[start : start + 30]
        if len(header) < 30 or header[:4] != b"PK\x03\x04":
            raise _damaged(f"部件 {entry.filename[:80]} 找不到")
        name_size, extra_size = struct.unpack_from("<HH", header, 26)
        start += 30 + name_size + extra_size
        return memoryview(self.content)[start : start + entry.compress_size]

    def read_xml(self, name: str) -> bytes:
        """Return an XML part as UTF-8 bytes after refusing document type declarations.

        Raises:
            UnreadableWorkbook: See ``read``; or the part declares entities.
        """
        data = self.read(name)
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            data = data.decode("utf-16", "replace").encode("utf-8", "replace")
        refuse_doctype(data)
        return data

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Return the relations of a part ("" for the package): id -> (last word of its type, part it leads to)."""
        folder, name = posixpath.split(_plain(part))
        out = {}
        for element in _RELATION.findall(self.read_xml(posixpath.join(folder, "_rels", f"{name}.rels"))):
            values = attributes(element)
            target = values.get("Target", "").replace("\\", "/")
            if values.get("TargetMode", "").lower() != "external":
                target = (
                    target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
                )
            out[values.get("Id", "")] = (values.get("Type", "").rsplit("/", 1)[-1], _plain(target))
        return out


def _inflated(packed: memoryview, most: int, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield what a part unpacks to, never more than one byte above what it declares."""
    inflate = zlib.decompressobj(-15)
    rest = b""
    at = 0
    left = entry.file_size + 1
    while left and not inflate.eof:
        wanted = min(most, left)
        parts: list[bytes] = []
        # What is not used yet is copied at every call, so that never much of it is handed over.
        while wanted and not inflate.eof and (rest or at < len(packed)):
            if not rest:
                rest = bytes(packed[at : at + _HANDFUL])
                at += _HANDFUL
            try:
                parts.append(inflate.decompress(rest, wanted))
            except zlib.error as error:
                raise _damaged(f"部件 {entry.filename[:80]} 解压失败") from error
            rest = inflate.unconsumed_tail
            wanted -= len(parts[-1])
        piece = parts[0] if len(parts) == 1 else b"".join(parts)
        left -= len(piece)
        if piece:
            yield piece
        elif not rest and at >= len(packed):
            return


def attributes(element: bytes) -> dict[str, str]:
    """Return the attributes of one start tag, entities resolved."""
    found = {}
    for name, double, single in _ATTRIBUTE.findall(element):
        found[name.decode("utf-8", "replace")] = unescape((double or single).decode("utf-8", "replace"))
    return found


def unescape(text: str) -> str:
    """Resolve the five XML entities and character references."""
    if "&" not in text:
        return text
    return re.sub(r"&(#x?[0-9a-fA-F]+|\w+);", _entity, text)


def _entity(match: re.Match[str]) -> str:
    word = match.group(1)
    if word.startswith("#"):
        number = int(word[2:], 16) if word[1:2] in "xX" else int(word[1:])
        return chr(number) if 0 < number < 0xD800 or 0xDFFF < number < 0x110000 else "\ufffd"
    return {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}.get(word, match.group())


def refuse_doctype(data: bytes | bytearray) -> None:
    """Refuse XML that declares its own entities; no office program writes such a part.

    Raises:
        UnreadableWorkbook: It does.
    """
    if _DOCTYPE.search(data, 0, _PROLOG):
        raise UnreadableWorkbook(
            "FILE-BOMB", "文件内部含有自定义实体（DTD），正常的工作簿不会有，可能是恶意文件，已拒绝打开。", _BOMB_HINT
        )


def encrypted() -> UnreadableWorkbook:
    """Return the verdict on a file that asks for a password."""
    return UnreadableWorkbook(
        "FILE-ENCRYPTED",
        "文件设置了打开密码，无法读取。",
        "请用 Excel 或 WPS 打开，在“文件—信息—保护工作簿”中取消密码，保存后重新上传。",
    )


def _damaged(what: str) -> UnreadableWorkbook:
    return UnreadableWorkbook("FILE-CORRUPT", f"文件已损坏或没有传输完整（{what}）。", EXPORT_AGAIN)


def _plain(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()
