"""The annexes as a Word file (DOCX): text in paragraphs and tables, no field, formula, macro, link or picture.

The same blocks give the same bytes: a digest of the file can be agreed on.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from io import BytesIO
from typing import assert_never
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx import Document
from docx.document import Document as Written
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from gateway.documents.annexes.blocks import Block, Heading, Paragraph, TableBlock

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first day that a ZIP file can say


def docx(title: str, author: str, on: date, blocks: Sequence[Block]) -> bytes:
    """The document. `on` is what its properties say of its making: a day of the contract, and no clock."""
    document = Document()
    _set_up(document, title, author, on)
    is_first = True
    for block in blocks:
        match block:
            case Heading():
                heading = document.add_heading(block.text, block.level)
                heading.paragraph_format.page_break_before = block.level == 1 and not is_first
            case Paragraph():
                run = document.add_paragraph().add_run(block.text)
                run.font.size = Pt(9) if block.is_note else None
            case TableBlock():
                _table(document, block)
            case _:
                assert_never(block)
        is_first = False
    out = BytesIO()
    document.save(out)
    return _timeless(out.getvalue())


def _set_up(document: Written, title: str, author: str, on: date) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(20)
    section.top_margin = section.bottom_margin = Mm(18)
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Arial", Pt(10)
    language = style.element.get_or_add_rPr()
    for found in language.findall(qn("w:lang")):
        language.remove(found)
    danish = OxmlElement("w:lang")
    danish.set(qn("w:val"), "da-DK")
    language.append(danish)
    package = document.part.package.rels  # the library's own template carries a picture of itself
    for key in [key for key, relation in package.items() if relation.reltype == RELATIONSHIP_TYPE.THUMBNAIL]:
        package.pop(key)
    made = datetime.combine(on, time())  # Word's properties have no time zone
    properties = document.core_properties
    properties.title, properties.author, properties.last_modified_by = title, author, author
    properties.comments, properties.language = "", "da-DK"
    properties.created = properties.modified = made


def _table(document: Written, table: TableBlock) -> None:
    rows = [table.head, *table.rows] if table.head else list(table.rows)
    grid = document.add_table(rows=len(rows), cols=len(rows[0]), style="Light Grid Accent 1")
    for number, row in enumerate(rows):
        cells = grid.rows[number].cells
        for place, text in enumerate(row):
            paragraph = cells[place].paragraphs[0]
            run = paragraph.add_run(text)
            run.font.size = Pt(9)
            run.bold = (bool(table.head) and not number) or not place
            if place >= len(row) - table.numbers:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    document.add_paragraph()


def _timeless(content: bytes) -> bytes:
    """The same archive, its parts in their order and none of them dated."""
    out = BytesIO()
    with ZipFile(BytesIO(content)) as before, ZipFile(out, "w", ZIP_DEFLATED) as after:
        for name in before.namelist():
            entry = ZipInfo(name, _EPOCH)
            entry.compress_type = ZIP_DEFLATED
            after.writestr(entry, before.read(name))
    return out.getvalue()
