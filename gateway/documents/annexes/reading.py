"""The contract's page (`documents.contract_page`) to print: in Danish and in English, each sentence with its number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.documents.annexes.blocks import Block, Heading, Paragraph, TableBlock
from gateway.documents.contract_page import Language, sections
from gateway.outcomes.contract import Contract
from gateway.wording.contract import PRINTED


def reading(contract: Contract, languages: Sequence[Language]) -> list[Block]:
    """Each language begins a page of its own, and says the same under the same numbers."""
    return [block for language in languages for block in _page(contract, language)]


def _page(contract: Contract, language: Language) -> Iterator[Block]:
    said = {name: text[language] for name, text in PRINTED.items()}
    yield Heading(contract.title, 1, "" if language is Language.DANISH else language)
    yield TableBlock(
        (),
        (
            (said["contract"], f"{contract.id}, {said['version']} {contract.version}"),
            (said["from"], contract.effective_from.isoformat()),
            (said["digest"], contract.sha256),
        ),
    )
    yield Paragraph(said["binds"], is_note=True)
    for number, section in enumerate(sections(contract, language), start=1):
        yield Heading(f"{number} {section.title}")
        for place, line in enumerate(section.lines, start=1):
            yield Paragraph(f"{number}.{place}  {line}.")
