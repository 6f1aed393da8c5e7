"""The forms of a report: .docx to go on writing in, .xlsx to calculate with, .pdf to hand out.

Each walks the same headings, sentences and tables. This module must not know what a report says.
"""

from __future__ import annotations

import html
import io
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from analytics.briefing.content import Briefing, Heading, Text
from analytics.files import Cell, Number, Table, workbook
from analytics.metrics import ABSENT
from analytics.printing import pdf

_BODY, _HEAD = "宋体", "黑体"
_FONTS = '"Noto Serif CJK SC", "Source Han Serif SC", SimSun, serif'
_STYLE = (
    "@page { size: A4 landscape; margin: 14mm 12mm; "
    '@bottom-right { content: "第 " counter(page) " 页，共 " counter(pages) " 页"; font-size: 8pt; } } '
    f"body {{ font: 10.5pt/1.6 {_FONTS}; }} h1 {{ text-align: center; font-size: 20pt; margin: 0 0 6pt; }} "
    "h2 { font-size: 14pt; margin: 14pt 0 4pt; } h3 { font-size: 11.5pt; margin: 10pt 0 2pt; } "
    "h2, h3, caption { break-after: avoid; } p { text-indent: 2em; margin: 4pt 0; } "
    ".about { text-align: center; text-indent: 0; color: #555; font-size: 9pt; margin: 0; } "
    "table { border-collapse: collapse; width: 100%; margin: 4pt 0 8pt; } thead { display: table-header-group; } "
    "tr { break-inside: avoid; } th, td { border: 0.5pt solid #888; padding: 1.5pt 4pt; font-size: 8.5pt; } "
    "th { background: #eee; } th:first-child, td:first-child { white-space: nowrap; } "
    "caption { text-align: left; font-size: 9pt; color: #555; } "
    "td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }"
)


def render(briefing: Briefing, form: str) -> bytes:
    """Return a report as a file.

    Args:
        briefing: The report.
        form: One of ``FORMATS``.

    Raises:
        NoBrowserError: A PDF is asked for, and no browser here can print it.
    """
    return FORMATS[form](briefing)


def _words(cell: Cell) -> str:
    """Return what people are shown of a cell."""
    if not isinstance(cell, Number):
        return cell
    if cell.share:
        return f"{round(Decimal(cell.value) * 100, 1):f}%"
    return f"{cell.value:,}{f' {cell.unit}' if cell.unit else ''}"


def _right(cell: Cell) -> bool:
    """Whether a cell stands at the right: a number, or the dash in its place."""
    return isinstance(cell, Number) or cell == ABSENT


def _xlsx(briefing: Briefing) -> bytes:
    said = [block.words for block in briefing.blocks if isinstance(block, Text)]
    about = [("标题", briefing.title), *briefing.about, *(("正文", words) for words in said)]
    return workbook(briefing.tables, about)


def _pdf(briefing: Briefing) -> bytes:
    parts = [f"<h1>{html.escape(briefing.title)}</h1>"]
    parts += [f'<p class="about">{html.escape(word)}：{html.escape(said)}</p>' for word, said in briefing.about]
    for block in briefing.blocks:
        if isinstance(block, Heading):
            parts.append(f"<h{block.level + 1}>{html.escape(block.words)}</h{block.level + 1}>")
        elif isinstance(block, Text):
            parts.append(f"<p>{html.escape(block.words)}</p>")
        else:
            parts.append(_html_table(block))
    return pdf(
        f'<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>{html.escape(briefing.title)}</title>'
        f"<style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>"
    )


def _html_table(table: Table) -> str:
    head = "".join(f"<th>{html.escape(heading)}</th>" for heading in table.headings)
    rows = (
        "".join(f"<td{' class=number' if _right(cell) else ''}>{html.escape(_words(cell))}</td>" for cell in row)
        for row in table.rows
    )
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    title = html.escape(table.title)
    return f"<table><caption>{title}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _docx(briefing: Briefing) -> bytes:
    import docx  # its loading is a tenth of a second for whoever writes no report
    from docx.enum.section import WD_ORIENT
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm, Pt

    document = docx.Document()
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.left_margin = section.right_margin = Mm(15)
    section.top_margin = section.bottom_margin = Mm(16)
    for name, font, size in (
        ("Normal", _BODY, 10.5), ("Title", _HEAD, 20), ("Heading 1", _HEAD, 14), ("Heading 2", _HEAD, 12),
        ("Caption", _BODY, 9),
    ):  # fmt: skip
        _set_font(document.styles[name], font, Pt(size))
    document.core_properties.title = briefing.title
    document.core_properties.author = ""
    title = document.add_paragraph(briefing.title, style="Title")
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for word, said in briefing.about:
        document.add_paragraph(f"{word}：{said}").paragraph_format.space_after = Pt(0)
    for block in briefing.blocks:
        if isinstance(block, Heading):
            document.add_heading(block.words, level=block.level)
        elif isinstance(block, Text):
            document.add_paragraph(block.words).paragraph_format.first_line_indent = Pt(21)
        else:
            _docx_table(document, block)
    source = next((said for word, said in briefing.about if word == "数据版本"), "")
    section.footer.paragraphs[0].text = f"{briefing.title}　数据版本 {source}"
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _set_font(style: Any, name: str, size: Any) -> None:
    """Set a style's font for Latin and Chinese alike; Word keeps the two apart."""
    from docx.oxml.ns import qn
    from docx.shared import RGBColor

    style.font.name, style.font.size, style.font.color.rgb = name, size, RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for place in ("w:ascii", "w:hAnsi", "w:eastAsia"):
        fonts.set(qn(place), name)
    for place in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qn(place), None)


def _docx_table(document: Any, table: Table) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.shared import Pt

    document.add_paragraph(table.title, style="Caption")
    made = document.add_table(rows=1, cols=len(table.headings), style="Table Grid")
    # The head stands on every page the table runs over.
    made.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    rows: list[tuple[Any, list[Any]]] = [(made.rows[0].cells, table.headings)]
    rows += [(made.add_row().cells, row) for row in table.rows]
    for cells, row in rows:
        for place, cell in zip(cells, row, strict=True):
            line = place.paragraphs[0]
            run = line.add_run(_words(cell))
            run.font.size = Pt(8.5)
            run.font.bold = row is table.headings
            line.paragraph_format.space_after = Pt(0)
            if _right(cell):
                line.alignment = WD_ALIGN_PARAGRAPH.RIGHT


FORMATS: Mapping[str, Callable[[Briefing], bytes]] = {"docx": _docx, "xlsx": _xlsx, "pdf": _pdf}
"""The forms by the ending of their files."""
