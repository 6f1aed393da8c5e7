"""Delimited text (.csv, .tsv, .txt as offices save them) to one sheet of strings.

Decides the encoding and the delimiter from the bytes. Values stay text; what they mean is not asked here.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from io import StringIO

from analytics.etl.grid import Limits, Sheet, UnreadableWorkbook
from analytics.etl.report import Finding
from analytics.etl.sniff import EXPORT_AGAIN

_DELIMITERS = ",\t;|，"
_SAMPLE = 65536
_AS_TEXT = re.compile(r'="([^"]*)"')
"""How programs keep a spreadsheet from changing a value: ="001"."""
_CONTROL = re.compile(r"[\0-\x08\x0e-\x1a\x1c-\x1f]")
_FIELD_LIMIT = 1 << 20
_MAX_COLUMNS = 16_384
_MAX_REPAIRS = 20


def decode(content: bytes) -> tuple[str, str]:
    """Return the text of the bytes and the name of the encoding that fits them.

    Raises:
        UnreadableWorkbook: They are not text in any encoding an office uses.
    """
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            return content.decode(name, "replace"), name
    zeros = content[:_SAMPLE].count(b"\0")
    if zeros:
        # UTF-16 without its mark: nearly every second byte of Latin digits and delimiters is zero.
        sample = content[:_SAMPLE]
        odd, even = sample[1::2].count(b"\0"), sample[0::2].count(b"\0")
        if max(odd, even) > 0 and min(odd, even) * 20 < max(odd, even) and len(content) % 2 == 0:
            name = "utf-16-le" if odd > even else "utf-16-be"
            try:
                return content.decode(name), name
            except UnicodeDecodeError:
                pass
        raise _not_text()
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        guesses = [(content.decode(name, "replace"), name) for name in ("utf-8", "gb18030")]
    # GB18030 gives almost any bytes some meaning, so a UTF-8 file with a few damaged bytes must be asked for
    # first; a real GB18030 file read as UTF-8 is damaged all over.
    unicode_text, chinese_text = guesses[0][0], guesses[1][0]
    letters = sum(character > "\x7f" for character in unicode_text[:_SAMPLE])
    if unicode_text[:_SAMPLE].count("\ufffd") * 20 < letters or unicode_text.count("\ufffd") <= 1 < letters:
        return guesses[0]
    if chinese_text.count("\ufffd") * 100 > len(chinese_text):
        raise _not_text()
    return guesses[1]


def read_delimited(content: bytes, file_name: str, limits: Limits) -> tuple[list[Sheet], list[Finding]]:
    """Read delimited text into one sheet named after the file.

    Raises:
        UnreadableWorkbook: The bytes are not text, hold nothing, or hold too much.
    """
    text, _ = decode(content)
    damaged = text.count("\ufffd")
    if len(_CONTROL.findall(text[:_SAMPLE])) * 200 > len(text[:_SAMPLE]):
        raise _not_text()
    text = text.replace("\0", "")
    first, _, rest = text.partition("\n")
    declared = re.fullmatch(r"\s*sep=(.)\s*", first)
    delimiter = declared.group(1) if declared else sniff_delimiter(text)
    if declared:
        text = rest  # no spreadsheet shows the line as a row
    if not text.strip():
        raise UnreadableWorkbook("FILE-EMPTY", "文件里没有任何内容。", "请检查文件是否保存完整，再重新上传。")
    findings = []
    if damaged:
        findings.append(
            Finding(
                "FILE-ENCODING",
                "warning",
                f"有 {damaged} 处文字编码损坏，无法还原，已用“\ufffd”代替。",
                "请用 Excel 或 WPS 打开原文件，“另存为” .xlsx 或“CSV UTF-8”后重新上传。",
            )
        )
    rows, repaired = _parse(text, delimiter, limits)
    findings += repaired
    if rows and not any(any(row) for row in rows):
        raise UnreadableWorkbook("FILE-EMPTY", "文件里没有任何内容。", "请检查文件是否保存完整，再重新上传。")
    return [Sheet(_sheet_name(file_name), 0, rows)], findings


def sniff_delimiter(text: str) -> str:
    """Return the delimiter that splits most lines into the same number (above one) of fields."""
    sample = text[:_SAMPLE]
    if len(text) > _SAMPLE:
        sample = sample[: sample.rfind("\n") + 1] or sample
    best, best_score = ",", 0.0
    for delimiter in _DELIMITERS:
        if delimiter not in sample:
            continue
        try:
            read = csv.reader(StringIO(sample, newline=""), delimiter=delimiter)
            rows = [row for row in read if any(row)][:500]
        except csv.Error:
            continue
        if not rows:
            continue
        widths = [len(row) for row in rows]
        # Split at a sign inside the quotes, fields begin or end with a quote left over.
        torn = sum(any('"' in field for field in row) for row in rows) / len(rows)
        width, times = Counter(width for width in widths if width > 1).most_common(1)[0] if max(widths) > 1 else (1, 0)
        # Agreement counts first; the width only decides between delimiters that agree as well.
        score = times / len(widths) + min(width, 50) / 1000 - torn / 2
        if times and score > best_score:
            best, best_score = delimiter, score
    return best


def _parse(text: str, delimiter: str, limits: Limits) -> tuple[list[list[str]], list[Finding]]:
    csv.field_size_limit(_FIELD_LIMIT)
    # newline="" keeps the newlines inside quotes as they are, and ends a line at \r, \n and \r\n alike.
    lines = list(StringIO(text, newline=""))
    rows: list[list[str]] = []
    findings: list[Finding] = []
    start = 0
    while start < len(lines):
        broken = _parse_from(lines, start, delimiter, rows, limits)
        if broken is None:
            break
        # A quote that is never closed swallows the rest of the file: its line is read without quotes instead.
        rows.pop()
        rows.append(next(csv.reader([lines[broken]], delimiter=delimiter, quoting=csv.QUOTE_NONE)))
        findings.append(
            Finding(
                "FILE-QUOTES",
                "warning",
                f"文本第 {broken + 1} 行的引号不成对，该行已按没有引号读取。",
                "请核对该行内容；建议用 Excel 或 WPS 打开后另存为 .xlsx 再上传。",
                row=len(rows),
            )
        )
        if len(findings) > _MAX_REPAIRS:
            raise UnreadableWorkbook("FILE-CORRUPT", "文本表格里有很多引号不成对，无法可靠读取。", EXPORT_AGAIN)
        start = broken + 1
    if '="' in text:
        rows = [[_AS_TEXT.sub(r"\1", cell) if cell[:2] == '="' else cell for cell in row] for row in rows]
    width = max(map(len, rows), default=0)
    cells = sum(map(len, rows))
    if len(rows) * width > max(limits.max_cells, cells * 4 + 1_000_000):
        raise UnreadableWorkbook(
            "FILE-TOO-LARGE", f"文本表格各行宽度悬殊（最宽 {width:,} 列），无法按表格读取。", EXPORT_AGAIN
        )
    for row in rows:
        missing = width - len(row)
        if missing:
            row.extend([""] * missing)
    return rows, findings


def _parse_from(lines: list[str], start: int, delimiter: str, rows: list[list[str]], limits: Limits) -> int | None:
    """Append the rows from a line on; return the line whose quote is never closed, or ``None``."""
    reader = csv.reader(lines[start:] if start else lines, delimiter=delimiter)
    cells = before = at = 0
    try:
        for row in reader:
            before, at = at, reader.line_num
            rows.append(row)
            cells += len(row)
            if cells > limits.max_cells or len(row) > _MAX_COLUMNS:
                raise UnreadableWorkbook(
                    "FILE-TOO-LARGE",
                    f"文本表格过大（第 {len(rows):,} 行，已有 {cells:,} 个单元格）。",
                    "请按年份或县区拆分成几个文件分别上传。",
                )
    except csv.Error as error:
        if "field larger" in str(error):
            rows.append([])
            return start + at
        raise UnreadableWorkbook(
            "FILE-CORRUPT", f"文本表格第 {start + reader.line_num} 行附近格式有误，无法继续读取。", EXPORT_AGAIN
        ) from error
    last = lines[start + before : start + at]
    return start + before if len(last) > 1 and "".join(last).count('"') % 2 else None


def _sheet_name(file_name: str) -> str:
    name = file_name.replace("\\", "/").rsplit("/", 1)[-1]
    return name.rsplit(".", 1)[0] or name or "表格"


def _not_text() -> UnreadableWorkbook:
    return UnreadableWorkbook(
        "FILE-UNSUPPORTED", "文件不是可识别的表格格式。", "请上传 .xlsx、.xls、.ods 或 .csv 格式的台账。"
    )
