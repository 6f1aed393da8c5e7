"""What the writer of workbooks loses, put back: formulas' results, pictures and charts, newer drop-downs and formats.

openpyxl keeps values, formulas, styles, comments and merges of a workbook, but not what a formula last gave, nor
pictures, shapes and the extensions that hold drop-downs fed from other sheets. They are taken over, byte by byte,
from the submitter's own file. Knows the parts of an .xlsx package; must not know findings, ledgers or records.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterable
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from analytics.etl.package import attributes, refuse_doctype, unescape
from analytics.etl.xlsx import OFFICE, RELATIONS

_TYPES = "[Content_Types].xml"
_CELL = re.compile(rb"<c\b([^>]*?)(?:/>|>(.*?)</c>)", re.DOTALL)
_RESULT = re.compile(rb"<v(?: [^>]*)?>(.*?)</v>", re.DOTALL)
_NO_RESULT = re.compile(rb"<v ?/>|<v></v>")
_EXT = re.compile(rb"<ext\b[^>]*>.*?</ext>", re.DOTALL)
_KEPT_EXTENSIONS = (
    b"{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}",  # drop-downs that look at other sheets
    b"{78C0D931-6437-407d-A8EE-F0AAD7539E65}",  # conditional formats of 2010 and later
    b"{05C60535-1F16-4fd2-B693-F4F36F0B64E0}",  # sparklines
)
_AFTER_DRAWING = re.compile(
    rb"<(?:legacyDrawing|legacyDrawingHF|picture|oleObjects|controls|webPublishItems|tableParts|extLst)\b|</worksheet>"
)
_PREFIX = re.compile(rb"[<\s/]([A-Za-z_][\w.-]*):[A-Za-z_]")


class _Parts:
    """A package's parts by name, and how they refer to each other."""

    def __init__(self, content: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            self.of = {name: package.read(name) for name in package.namelist()}

    def relations(self, part: str) -> list[dict[str, str]]:
        """Return a part's relationships; ``Target`` of the internal ones as the name of a part."""
        folder, name = posixpath.split(part)
        data = self.of.get(f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels")
        if data is None:
            return []
        refuse_doctype(data)
        found = []
        for element in ElementTree.fromstring(data):  # noqa: S314 - no document types, so no entities
            relation = dict(element.attrib)
            if relation.get("TargetMode") != "External":
                target = relation["Target"]
                joined = target if target.startswith("/") else posixpath.join("/", folder, target)
                relation["Target"] = posixpath.normpath(joined).lstrip("/")
            found.append(relation)
        return found

    def relate(self, part: str, relations: Iterable[dict[str, str]]) -> None:
        """Write a part's relationships; targets inside the package absolute."""
        folder, name = posixpath.split(part)
        lines = []
        for one in relations:
            outside = one.get("TargetMode") == "External"
            said = one | {"Target": one["Target"] if outside else f"/{one['Target']}"}
            lines.append(f"<Relationship {' '.join(f'{key}={quoteattr(value)}' for key, value in said.items())}/>")
        text = f'<Relationships xmlns="{RELATIONS}">{"".join(lines)}</Relationships>'
        self.of[f"{folder}/_rels/{name}.rels"] = text.encode()

    def sheets(self) -> dict[str, str]:
        """Return the part of each worksheet, by the sheet's name."""
        book = next((one["Target"] for one in self.relations("") if one["Type"].endswith("/officeDocument")), None)
        if book is None or book not in self.of:
            return {}
        targets = {one["Id"]: one["Target"] for one in self.relations(book)}
        found = {}
        for tag in re.findall(rb"<(?:\w+:)?sheet\b[^>]*>", self.of[book]):
            said = attributes(tag)
            number = next((value for key, value in said.items() if key.rpartition(":")[2] == "id"), "")
            target = targets.get(number)
            if target in self.of:
                found[unescape(said.get("name", ""))] = target
        return found

    def kind(self, part: str) -> str | None:
        """Return a part's content type."""
        default = None
        for tag in re.findall(rb"<(?:Override|Default)\b[^>]*>", self.of.get(_TYPES, b"")):
            said = attributes(tag)
            if said.get("PartName") == f"/{part}":
                return said.get("ContentType")
            if said.get("Extension", "").lower() == part.rpartition(".")[2].lower():
                default = said.get("ContentType")
        return default

    def tree(self, part: str) -> list[str]:
        """Return a part and all that it refers to, directly or not."""
        found, waiting = [], [part]
        while waiting:
            here = waiting.pop()
            if here in found or here not in self.of:
                continue
            found.append(here)
            waiting += [one["Target"] for one in self.relations(here) if one.get("TargetMode") != "External"]
        return found

    def remove(self, part: str) -> None:
        """Take a part out, with its relationships and its content type."""
        folder, name = posixpath.split(part)
        self.of.pop(part, None)
        self.of.pop(f"{folder}/_rels/{name}.rels", None)
        declared = re.compile(rb'<Override\b[^>]*PartName="/' + re.escape(part.encode()) + rb'"[^>]*/>')
        self.of[_TYPES] = declared.sub(b"", self.of[_TYPES])

    def add(self, part: str, data: bytes, kind: str) -> None:
        """Put a part in under its content type."""
        self.of[part] = data
        said = f"<Override PartName={quoteattr('/' + part)} ContentType={quoteattr(kind)}/></Types>"
        self.of[_TYPES] = re.sub(rb"</(?:\w+:)?Types>\s*$", said.encode(), self.of[_TYPES])

    def content(self) -> bytes:
        """Return the package."""
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
            for name, data in self.of.items():
                package.writestr(name, data)
        return target.getvalue()


def graft(original: bytes, saved: bytes) -> bytes:
    """Return ``saved`` with what it lost of ``original``; both are .xlsx packages of the same sheets."""
    old, new = _Parts(original), _Parts(saved)
    targets = new.sheets()
    for name, source in old.sheets().items():
        target = targets.get(name)
        if target is None or b"<worksheet" not in old.of[source][:4096]:
            continue
        new.of[target] = _with_results(new.of[target], old.of[source])
        new.of[target] = _with_extensions(new.of[target], old.of[source])
        _take_drawing(old, source, new, target)
    return new.content()


def _with_results(sheet: bytes, original: bytes) -> bytes:
    """Give formulas the results they had."""
    if b"<f" not in original:
        return sheet
    results: dict[str, tuple[str | None, bytes]] = {}
    for start, inside in _CELL.findall(original):
        if b"<f" in inside and (result := _RESULT.search(inside)):
            said = attributes(b"<c " + start + b">")
            results[said.get("r", "")] = (said.get("t"), result.group(0))

    def fill(match: re.Match[bytes]) -> bytes:
        if b"<f" not in (match.group(2) or b"") or not _NO_RESULT.search(match.group(2)):
            return match.group(0)
        known = results.get(attributes(b"<c " + match.group(1) + b">").get("r", ""))
        if known is None:
            return match.group(0)
        kind, result = known
        typed = re.sub(rb'\st="[^"]*"', b"", match.group(1)) + (f' t="{kind}"'.encode() if kind else b"")
        return b"<c" + typed + b">" + _NO_RESULT.sub(lambda _: result, match.group(2), count=1) + b"</c>"

    return _CELL.sub(fill, sheet)


def _with_extensions(sheet: bytes, original: bytes) -> bytes:
    """Put back the extensions that need nothing beside the sheet itself."""
    at = original.rfind(b"<extLst")
    if at < 0 or b"<extLst" in sheet:
        return sheet
    root = re.search(rb"<worksheet\b[^>]*>", original)
    declared = attributes(root.group(0)) if root else {}
    kept = []
    for text in _EXT.findall(original[at:]):
        if not any(uri.lower() in text[:400].lower() for uri in _KEPT_EXTENSIONS) or b"r:id=" in text:
            continue
        missing = [
            f" {key}={quoteattr(value)}".encode()
            for prefix in sorted(set(_PREFIX.findall(text)) - {b"xmlns", b"xml"})
            if (value := declared.get(key := f"xmlns:{prefix.decode()}")) and key.encode() + b"=" not in text
        ]
        kept.append(text.replace(b"<ext", b"<ext" + b"".join(missing), 1))
    if not kept:
        return sheet
    return sheet.replace(b"</worksheet>", b"<extLst>" + b"".join(kept) + b"</extLst></worksheet>")


def _take_drawing(old: _Parts, source: str, new: _Parts, target: str) -> None:
    """Let a sheet show the very drawing it had: pictures, shapes and charts."""
    drawing = next((one["Target"] for one in old.relations(source) if one["Type"].endswith("/drawing")), None)
    if drawing not in old.of:
        return
    parts = old.tree(drawing)
    kinds = {part: old.kind(part) for part in parts}
    if any(kind is None or "worksheet+xml" in kind or part in (source, target) for part, kind in kinds.items()):
        return
    relations = new.relations(target)
    ours = next((one for one in relations if one["Type"].endswith("/drawing")), None)
    if ours is not None:
        for part in new.tree(ours["Target"]):
            new.remove(part)
    names = {part: _free(new, part) for part in parts}
    for part, name in names.items():
        new.add(name, old.of[part], kinds[part] or "")
        below = [
            one if one.get("TargetMode") == "External" else one | {"Target": names.get(one["Target"], one["Target"])}
            for one in old.relations(part)
        ]
        if below:
            new.relate(name, below)
    if ours is not None:
        ours["Target"] = names[drawing]
    else:
        number = "rIdOwnDrawing"
        relations.append({"Id": number, "Type": f"{OFFICE}/drawing", "Target": names[drawing]})
        place = _AFTER_DRAWING.search(new.of[target])
        if place is None:
            return
        element = f'<drawing xmlns:r="{OFFICE}" r:id="{number}"/>'.encode()
        new.of[target] = new.of[target][: place.start()] + element + new.of[target][place.start() :]
    new.relate(target, relations)


def _free(parts: _Parts, name: str) -> str:
    folder, base = posixpath.split(name)
    number = 0
    while (found := f"{folder}/own{number}_{base}") in parts.of:
        number += 1
    return found
