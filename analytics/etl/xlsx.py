"""An .xlsx or .xlsm package: which parts are its sheets, and a clean copy where calamine refuses the original.

Programs write packages that Excel forgives and a strict reader does not: a missing relation, a macro sheet
among the sheets, a visibility word of their own invention. The sheets inside are sound, so they are put
into a new package. Knows package structure; cell details are next door.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from functools import cached_property
from html import escape
from io import BytesIO

from analytics.etl.grid import UnreadableWorkbook, Visibility, column_index
from analytics.etl.package import Package, attributes, unescape
from analytics.etl.xlsx_details import STRIKE, Styles

_SHEET = re.compile(rb"<(?:\w+:)?sheet\b[^>]*>")
_PROPERTIES = re.compile(rb"<(?:\w+:)?workbookPr\b[^>]*>")
_MOST_SHEETS = 1_000
"""No office keeps more in one workbook; a crafted list of sheets would keep a reader busy for minutes."""
_COMMENT = re.compile(
    rb"""<(?:\w+:)?comment\s[^>]*?\bref\s*=\s*["']([A-Z]{1,3})(\d{1,7})["'].*?</(?:\w+:)?comment>""", re.DOTALL
)
_TEXT = re.compile(rb"<(?:\w+:)?t(?:\s[^>]*)?>([^<]*)</")
_ITEM = re.compile(rb"<(?:\w+:)?si\b(?:[^>]*/>|.*?</(?:\w+:)?si>)", re.DOTALL)
_NUMBER = re.compile(r"(\d+)\.xml$")
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A sheet as the workbook part lists it. ``kind`` is ``worksheet``, ``chartsheet`` or ``xlMacrosheet``."""

    name: str
    visibility: Visibility
    kind: str
    part: str


class XlsxBook:
    """The workbook part of a package and where its relations lead."""

    def __init__(self, package: Package) -> None:
        self.package = package
        main = [part for kind, part in package.relations("").values() if kind == "officeDocument" and part in package]
        self._main = (
            main[0]
            if main
            else next((name for name in package.names() if name.endswith("workbook.xml")), "xl/workbook.xml")
        )
        self._xml = package.read_xml(self._main)
        self._relations = package.relations(self._main)
        self._styles = package.read_xml(self._part_of_kind("styles", "xl/styles.xml"))
        self.missing: list[str] = []
        """Names of sheets that the workbook lists and that are not in the package."""
        self.sheets = self._read_sheets()
        if len(self.sheets) > _MOST_SHEETS:
            raise UnreadableWorkbook(
                "FILE-TOO-LARGE",
                f"工作簿有 {len(self.sheets):,} 张工作表，超过上限 {_MOST_SHEETS:,} 张。",
                "请按年份或县区拆分成几个文件分别上传。",
            )

    @cached_property
    def styles(self) -> Styles:
        """The number formats of the workbook, made out when first asked for."""
        return Styles(self._styles)

    @property
    def date1904(self) -> bool:
        """Dates count from 1904."""
        match = _PROPERTIES.search(self._xml)
        return match is not None and attributes(match.group()).get("date1904", "0").lower() in ("1", "true", "on")

    @property
    def shared_strings(self) -> str:
        """Name of the part that holds the texts."""
        return self._part_of_kind("sharedStrings", "xl/sharedstrings.xml")

    def _part_of_kind(self, kind: str, usual: str) -> str:
        return next((part for each, part in self._relations.values() if each == kind), usual)

    def _read_sheets(self) -> list[SheetPart]:
        sheets = []
        worksheets = [name for name in self.package.names() if "/worksheets/" in f"/{name}" and name.endswith(".xml")]
        worksheets.sort(key=lambda name: (int(found.group(1)) if (found := _NUMBER.search(name)) else 0, name))
        for element in _SHEET.findall(self._xml):
            values = attributes(element)
            relation = next((value for key, value in values.items() if key.endswith(":id")), "")
            kind, part = self._relations.get(relation, ("", ""))
            state = values.get("state", "visible").lower()
            visibility: Visibility = (
                "hidden" if state == "hidden" else "very_hidden" if state == "veryhidden" else "visible"
            )
            sheets.append(SheetPart(values.get("name", ""), visibility, kind, part))
        if not any(sheet.part in self.package for sheet in sheets):
            # No relation leads anywhere: the sheets are then the worksheet parts in the order of their numbers.
            sheets = [
                SheetPart(
                    sheets[index].name if index < len(sheets) else f"Sheet{index + 1}", "visible", "worksheet", part
                )
                for index, part in enumerate(worksheets)
            ]
        self.missing = [sheet.name for sheet in sheets if sheet.part not in self.package]
        return [sheet for sheet in sheets if sheet.part in self.package]

    def clean_copy(self, replaced: dict[str, bytes], alone: SheetPart | None = None) -> BytesIO:
        """Return a new package with the worksheets only, to be read from its start.

        Parts of the names in ``replaced`` are replaced.

        Args:
            replaced: Name of a part -> the bytes it shall have.
            alone: The one sheet that is wanted.
        """
        sheets = [sheet for sheet in self.sheets if sheet.kind == "worksheet"] if alone is None else [alone]
        states = {"visible": "visible", "hidden": "hidden", "very_hidden": "veryHidden"}
        listed = "".join(
            f'<sheet name="{_attribute(sheet.name or f"Sheet{number}")}" sheetId="{number}"'
            f' state="{states[sheet.visibility]}" r:id="s{number}"/>'
            for number, sheet in enumerate(sheets, 1)
        )
        relations = "".join(
            _relation(f"s{number}", "worksheet", f"worksheets/sheet{number}.xml")
            for number in range(1, len(sheets) + 1)
        )
        relations += _relation("a", "sharedStrings", "sharedStrings.xml") + _relation("b", "styles", "styles.xml")
        workbook = (
            f'<workbook xmlns="{_MAIN}" xmlns:r="{OFFICE}"><workbookPr date1904="{int(self.date1904)}"/>'
            f"<sheets>{listed}</sheets></workbook>"
        )
        out = BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr("_rels/.rels", _relations(_relation("w", "officeDocument", "xl/workbook.xml")))
            archive.writestr("xl/workbook.xml", workbook)
            archive.writestr("xl/_rels/workbook.xml.rels", _relations(relations))
            for number, sheet in enumerate(sheets, 1):
                archive.writestr(
                    f"xl/worksheets/sheet{number}.xml", replaced.get(sheet.part) or self.package.read_xml(sheet.part)
                )
            for name, part, empty in (
                ("sharedStrings", self.shared_strings, f'<sst xmlns="{_MAIN}"/>'),
                ("styles", self._part_of_kind("styles", "xl/styles.xml"), f'<styleSheet xmlns="{_MAIN}"/>'),
            ):
                archive.writestr(f"xl/{name}.xml", self.package.read_xml(part) or empty.encode())
        out.seek(0)
        return out


def comments_of(package: Package, part: str) -> dict[tuple[int, int], str]:
    """Return the comments on the cells of one sheet of a package, by row and column from 0."""
    found: dict[tuple[int, int], str] = {}
    for kind, target in package.relations(part).values():
        if kind != "comments" or target not in package:
            continue
        for match in _COMMENT.finditer(package.read_xml(target)):
            text = unescape(b"".join(_TEXT.findall(match.group())).decode("utf-8", "replace"))
            found[int(match[2]) - 1, column_index(match[1].decode())] = text
    return found


def struck_texts(shared: bytes) -> frozenset[int]:
    """Return which of the texts that an .xlsx workbook shares are struck through, wholly or in part."""
    if b"strike" not in shared or STRIKE.search(shared) is None:
        return frozenset()
    return frozenset(number for number, item in enumerate(_ITEM.finditer(shared)) if STRIKE.search(item.group()))


def _attribute(text: str) -> str:
    """Write a text as an attribute's value. By hand: the library that does it brings a web client along."""
    return re.sub(r"[\t\n\r]", lambda sign: f"&#{ord(sign.group())};", escape(text))


def _relation(name: str, kind: str, target: str) -> str:
    return f'<Relationship Id="{name}" Type="{OFFICE}/{kind}" Target="{target}"/>'


def _relations(elements: str) -> str:
    return f'<Relationships xmlns="{RELATIONS}">{elements}</Relationships>'
