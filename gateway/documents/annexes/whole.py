"""Both annexes behind one first page: whose contract, which text by its digest, which anchor, and where to sign."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from gateway.documents.annexes.blocks import Block, Heading, Paragraph, TableBlock
from gateway.documents.annexes.measurement import annex_a
from gateway.documents.annexes.payment import annex_b
from gateway.outcomes.contract import Contract
from gateway.outcomes.terms import ContractParty
from gateway.wording import annexes as words
from gateway.wording import formats
from policies.programme import Programme

_BLANK = "______________________________"
_ROLES = {"outcome_payer": "Betaler", "operator": "Leverandør", "investor": "Investor"}


def title(contract: Contract) -> str:
    return f"Bilag A og B: {contract.title}"


def annexes(
    contract: Contract,
    programme: Programme,
    *,
    fingerprint: str,
    on: date,
    is_demo: bool = False,
    accepted: Mapping[tuple[str, str], tuple[str, date]] | None = None,
) -> list[Block]:
    """The whole document. Without an installation the fingerprint is empty and `accepted` is None: both are left blank.

    `accepted` says which parties, as (role, organisation), accepted this text with which key and on which day. The
    programme must be declared for this contract's text; whoever calls has checked it. Laws and offices are called what
    the programme calls them on the day `on`; `WordNotValid` where it has no word for that day.
    """
    front = [*_front(contract, programme, fingerprint, is_demo), *_signatures(contract, accepted)]
    return [*front, *annex_a(contract, programme, on=on), *annex_b(contract)]


def _front(contract: Contract, programme: Programme, fingerprint: str, is_demo: bool) -> list[Block]:
    parties = [(_ROLES[party.role], _name_with_number(party)) for party in contract.parties]
    blocks: list[Block] = [
        Heading(title(contract), 1),
        Paragraph(
            f"Bilag til resultatkontrakten mellem {formats.enumeration([party.name for party in contract.parties])}. "
            "Bilagene er dannet af kontraktfilen og siger det samme i ord. Filen er den, der har fingeraftrykket "
            "herunder."
        ),
        TableBlock(
            (),
            (
                *parties,
                ("Kontrakt", f"{contract.id}, version {contract.version}"),
                ("Gælder fra", formats.day(contract.effective_from)),
                ("Kontraktfilens fingeraftryk (SHA-256)", contract.sha256),
                ("Indsats", f"{programme.title}, {programme.id}"),
                ("Indsatsfilens fingeraftryk (SHA-256)", programme.sha256),
                ("Tillidsankerets fingeraftryk", fingerprint or _BLANK),
            ),
        ),
        Paragraph(
            "Tillidsankeret er den nøgle, som alle resultatbeviser i sidste ende hviler på. Den, der efterprøver et "
            "resultatbevis, sammenligner med fingeraftrykket her. Det ændres ikke, når andre nøgler skiftes."
            if fingerprint
            else "Kommunen skriver tillidsankerets fingeraftryk ind, før nogen skriver under. Dannes bilagene på "
            "kommunens installation, står det her af sig selv."
        ),
    ]
    if is_demo:
        blocks.append(Paragraph("DEMO: Ankeret er lavet til afprøvning. Skriv ikke under på det."))
    if contract.illustrative:
        blocks.append(
            Paragraph(
                f"Ikke offentlige vilkår, sat ind som eksempel: {formats.enumeration(list(contract.illustrative))}."
            )
        )
    return blocks


def _signatures(contract: Contract, accepted: Mapping[tuple[str, str], tuple[str, date]] | None) -> Iterator[Block]:
    """Where to sign on paper, and with which keys the parties accept, or have accepted, the file itself."""
    yield Heading("Underskrift")
    yield Paragraph("Hver part skriver under på kontraktfilens fingeraftryk, som det står ovenfor.")
    yield TableBlock(
        ("Part", "Navn og dato", "Underskrift"), tuple((party.name, _BLANK, _BLANK) for party in contract.parties)
    )
    yield Heading("Digital tiltrædelse")
    yield Paragraph(
        "Hver part tiltræder også kontraktfilen digitalt med en nøgle, som kun parten har. Kontrakten træder først i "
        "kraft, når alle har tiltrådt netop den fil, der har fingeraftrykket ovenfor. Parten skriver sin nøgles "
        "fingeraftryk her, eller sammenligner det, der står."
    )
    yield TableBlock(
        ("Part", "Nøglens fingeraftryk", "Tiltrådt"),
        tuple(
            (f"{party.name} ({_ROLES[party.role].lower()})", *_acceptance_of(party, accepted))
            for party in contract.parties
        ),
    )


def _acceptance_of(
    party: ContractParty, accepted: Mapping[tuple[str, str], tuple[str, date]] | None
) -> tuple[str, str]:
    if accepted is None:
        return _BLANK, ""
    key, on = accepted.get((party.role, party.organisation), (_BLANK, None))
    return key, formats.day(on) if on else "mangler"


def _name_with_number(party: ContractParty) -> str:
    if party.municipality_code:
        return f"{party.name}, kommunekode {party.municipality_code}"
    return f"{party.name}, {words.LEGAL_ROLES[party.legal_role]}" if party.legal_role else party.name
