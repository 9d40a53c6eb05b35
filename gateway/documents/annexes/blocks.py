"""What a printed annex is made of, and its HTML: every text is escaped here and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import assert_never

from gateway.documents.printed import document

# behind an underscore or a point within a name, and in the middle of a digest
_BREAKS = re.compile(r"(?<=[a-z]_)(?=[a-z])|(?<=[a-z]\.)(?=[a-z])|(?<=[0-9a-f]{32})(?=[0-9a-f]{32}\b)")


@dataclass(frozen=True, slots=True)
class Heading:
    """Level 1 begins an annex and a page, level 2 a part of it. `language` is the page's, where it is not Danish."""

    text: str
    level: int = 2
    language: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Plain text; a note is small print."""

    text: str
    is_note: bool = False


@dataclass(frozen=True, slots=True)
class TableBlock:
    """Rows under a head; without a head the first cell of each row names it. The last `numbers` columns are figures."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: int = 0


Block = Heading | Paragraph | TableBlock


def number_headings(letter: str, blocks: Sequence[Block]) -> list[Block]:
    """The same blocks, their parts numbered within the annex: `A.1`, `A.2`."""
    found: list[Block] = []
    part = 0
    for block in blocks:
        if isinstance(block, Heading) and block.level == 2:
            part += 1
            block = Heading(f"{letter}.{part} {block.text}")
        found.append(block)
    return found


def html(title: str, blocks: Sequence[Block]) -> str:
    """A self-contained page to print: nothing loads, nothing runs."""
    pages: list[list[Block]] = []
    for block in blocks:
        if not pages or (isinstance(block, Heading) and block.level == 1):
            pages.append([])
        pages[-1].append(block)
    return document(escape(title), map(_page, pages))


def _page(blocks: Sequence[Block]) -> str:
    language = next((block.language for block in blocks if isinstance(block, Heading) and block.language), "")
    return f"<div class='long annex'{f' lang={language}' if language else ''}>{''.join(map(_html, blocks))}</div>"


def _text(text: str) -> str:
    """Escaped text that may be broken inside digests and names of the file; what is copied stays the same."""
    return _BREAKS.sub("<wbr>", escape(text))


def _html(block: Block) -> str:
    match block:
        case Heading():
            return f"<h{block.level}>{_text(block.text)}</h{block.level}>"
        case Paragraph():
            return f"<p{' class=note' if block.is_note else ''}>{_text(block.text)}</p>"
        case TableBlock():
            return _table(block)
        case _:
            assert_never(block)


def _table(table: TableBlock) -> str:
    head = "".join(
        f"<th scope=col{_number(table, place, len(table.head))}>{_text(text)}</th>"
        for place, text in enumerate(table.head)
    )
    rows = "".join(
        "<tr>"
        + "".join(
            f"<th scope=row>{_text(text)}</th>"
            if not place
            else f"<td{_number(table, place, len(row))}>{_text(text)}</td>"
            for place, text in enumerate(row)
        )
        + "</tr>"
        for row in table.rows
    )
    return f"<table>{f'<thead><tr>{head}</tr></thead>' if head else ''}<tbody>{rows}</tbody></table>"


def _number(table: TableBlock, place: int, width: int) -> str:
    return " class=num" if place >= width - table.numbers else ""
