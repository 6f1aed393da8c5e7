"""What a file is, told by its content alone; its name is only compared with the answer.

Knows signatures, not how any format is read.
"""

from __future__ import annotations

import re
import struct
import zipfile
from io import BytesIO
from pathlib import PurePath

from analytics.etl.grid import Kind, UnreadableWorkbook
from analytics.etl.report import Finding

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
SAVE_AS = "请用 Excel 或 WPS 打开后“另存为”.xlsx 格式，再重新上传。"
EXPORT_AGAIN = (
    "请向填报单位重新索取原始文件，或用 Excel、WPS 打开并“另存为”新的 .xlsx 后再上传；打不开的文件说明它已损坏。"
)

NAMES: dict[Kind, str] = {
    "xlsx": "Excel 工作簿（.xlsx）",
    "xlsm": "启用宏的 Excel 工作簿（.xlsm）",
    "xls": "Excel 97-2003 工作簿（.xls）",
    "xlsb": "Excel 二进制工作簿（.xlsb）",
    "ods": "OpenDocument 表格（.ods）",
    "csv": "文本表格（.csv）",
    "html": "网页表格（.html）",
    "spreadsheetml": "XML 表格 2003（.xml）",
}

_EXTENSIONS: dict[Kind, frozenset[str]] = {
    "xlsx": frozenset({".xlsx", ".xltx"}),
    "xlsm": frozenset({".xlsm", ".xltm"}),
    "xls": frozenset({".xls", ".xlt", ".et", ".ett"}),
    "xlsb": frozenset({".xlsb"}),
    "ods": frozenset({".ods", ".ots"}),
    "csv": frozenset({".csv", ".tsv", ".txt", ".tab"}),
    "html": frozenset({".html", ".htm", ".mht", ".mhtml"}),
    "spreadsheetml": frozenset({".xml"}),
}

# Signatures of things people send by mistake, and what to call them.
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "PDF 文档"),
    (b"\x89PNG", "图片"),
    (b"\xff\xd8\xff", "图片"),
    (b"GIF8", "图片"),
    (b"II*\x00", "图片"),
    (b"MM\x00*", "图片"),
    (b"Rar!", "RAR 压缩包"),
    (b"7z\xbc\xaf", "7z 压缩包"),
    (b"\x1f\x8b", "gzip 压缩包"),
    (b"BZh", "bzip2 压缩包"),
    (b"\xfd7zXZ", "xz 压缩包"),
    (b"MZ", "程序文件"),
    (b"\x7fELF", "程序文件"),
    (b"{\\rtf", "RTF 文档"),
    (b"SQLite format 3", "数据库文件"),
    (b"PAR1", "Parquet 数据文件"),
)

_HTML = re.compile(rb"<\s*(?:!doctype\s+html|html|head|body|table|meta|style)\b", re.IGNORECASE)


def kind_of(content: bytes) -> Kind:
    """Return what the bytes are.

    Raises:
        UnreadableWorkbook: They are empty, or something that is not a table.
    """
    if not content:
        raise UnreadableWorkbook("FILE-EMPTY", "文件是空的（0 字节）。", "请检查文件是否保存或传输完整，再重新上传。")
    if content.startswith(b"PK"):
        return _kind_of_zip(content)
    if content.startswith(OLE):
        return "xls"
    if _is_bare_biff(content):
        raise UnreadableWorkbook("FILE-UNSUPPORTED", "这是 Excel 5.0 以前的旧格式工作簿，无法直接读取。", SAVE_AS)
    for signature, name in _OTHERS:
        if content.startswith(signature):
            raise UnreadableWorkbook(
                "FILE-UNSUPPORTED",
                f"这是{name}，不是表格文件。",
                "请上传 .xlsx、.xls、.ods 或 .csv 格式的台账；压缩包请先解压。",
            )
    if not content.strip(b"\0"):
        raise UnreadableWorkbook("FILE-CORRUPT", "文件内容全部是空字节，已经损坏。", EXPORT_AGAIN)
    return _kind_of_text(content)


def check_extension(file_name: str, kind: Kind) -> Finding | None:
    """Return a finding if the name of the file says something other than its content."""
    suffix = PurePath(file_name).suffix.lower()
    if not suffix or suffix in _EXTENSIONS[kind]:
        return None
    return Finding(
        "FILE-EXTENSION-LIES",
        "info",
        f"文件扩展名是 {suffix}，实际内容是{NAMES[kind]}，已按实际内容读取。",
        "不影响入库；建议用 Excel 或 WPS “另存为”一次，使扩展名与内容一致。",
    )


def _is_bare_biff(content: bytes) -> bool:
    """BIFF2-4 (and 5 without its container) begin with a BOF record of their own."""
    if len(content) < 8:
        return False
    record, size = struct.unpack_from("<HH", content)
    return record in (0x0009, 0x0209, 0x0409, 0x0809) and 4 <= size <= 16


def _kind_of_zip(content: bytes) -> Kind:
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            names = {name.replace("\\", "/").lower().lstrip("/") for name in archive.namelist()}
            mimetype = (
                archive.read("mimetype")[:100] if "mimetype" in names and "mimetype" in archive.NameToInfo else b""
            )
    except Exception as error:
        raise UnreadableWorkbook(
            "FILE-CORRUPT", "文件已损坏或没有传输完整（压缩结构读不出来）。", EXPORT_AGAIN
        ) from error
    if mimetype.startswith(b"application/vnd.oasis.opendocument") or ("content.xml" in names and "meta.xml" in names):
        if mimetype and b"spreadsheet" not in mimetype:
            raise UnreadableWorkbook("FILE-UNSUPPORTED", "这是 OpenDocument 文档，但不是表格。", SAVE_AS)
        return "ods"
    if any(name.endswith("workbook.bin") for name in names):
        return "xlsb"
    if any(name.endswith("vbaproject.bin") for name in names) and any(name.startswith("xl/") for name in names):
        return "xlsm"
    if any(name.endswith("workbook.xml") or name.startswith("xl/") for name in names):
        return "xlsx"
    if any(name.startswith("word/") for name in names):
        raise UnreadableWorkbook(
            "FILE-UNSUPPORTED", "这是 Word 文档，不是表格文件。", "请把其中的表格复制到 Excel 中，另存为 .xlsx 后上传。"
        )
    if any(name.startswith("ppt/") for name in names):
        raise UnreadableWorkbook(
            "FILE-UNSUPPORTED", "这是 PPT 演示文稿，不是表格文件。", "请上传 .xlsx、.xls、.ods 或 .csv 格式的台账。"
        )
    if any(name.endswith(".iwa") for name in names):
        raise UnreadableWorkbook(
            "FILE-UNSUPPORTED", "这是苹果 Numbers 表格，无法直接读取。", "请在 Numbers 中“导出为 Excel”，再上传。"
        )
    if "content.xml" in names:
        return "ods"
    if "[content_types].xml" in names:
        return "xlsx"
    raise UnreadableWorkbook(
        "FILE-UNSUPPORTED", "这是压缩包，不是表格文件。", "请先解压，再逐个上传其中的 .xlsx、.xls、.ods 或 .csv 文件。"
    )


def _kind_of_text(content: bytes) -> Kind:
    head = content[:65536]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", "replace").encode("utf-8", "replace")
    elif len(head) > 3 and head[1:4:2] == b"\0\0" and head[0] in b"<":
        head = head.decode("utf-16-le", "replace").encode("utf-8", "replace")
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if b"urn:schemas-microsoft-com:office:spreadsheet" in head and head.startswith(b"<"):
        # Excel's own HTML export names the same schema, on its html element.
        if not re.match(rb"(?s).{0,2000}?<html", head, re.IGNORECASE):
            return "spreadsheetml"
        return "html"
    if head[:13].lower() == b"mime-version:" or re.match(
        rb"(?is)(?:from|content-type|subject|date):.*?multipart/related", head
    ):
        return "html"
    if head.startswith(b"<") and _HTML.search(head):
        return "html"
    if head.startswith(b"<?xml"):
        raise UnreadableWorkbook(
            "FILE-UNSUPPORTED", "这是 XML 数据文件，不是表格。", "请从原系统中重新导出为 Excel 或 CSV 格式再上传。"
        )
    return "csv"
