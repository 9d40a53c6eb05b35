"""Both annexes behind one first page: whose contract, which text by its digest, which anchor, and where to sign."""

from __future__ import annotations

from gateway.annexes import words
from gateway.annexes.blocks import Block, Heading, Paragraph, Table
from gateway.annexes.measurement import annex_a
from gateway.annexes.payment import annex_b
from gateway.outcomes.contract import Contract, ContractParty
from policies.programme import Programme

_BLANK = "______________________________"
_ROLES = {"outcome_payer": "Betaler", "operator": "Leverandør", "investor": "Investor"}


def title(contract: Contract) -> str:
    return f"Bilag A og B: {contract.title}"


def annexes(contract: Contract, programme: Programme, *, fingerprint: str, is_demo: bool = False) -> list[Block]:
    """The whole document. Without an installation the fingerprint is empty, and its place is left blank.

    The programme must be declared for this contract's text; whoever calls has checked it.
    """
    return [*_front(contract, programme, fingerprint, is_demo), *annex_a(contract, programme), *annex_b(contract)]


def _front(contract: Contract, programme: Programme, fingerprint: str, is_demo: bool) -> list[Block]:
    parties = [(_ROLES[party.role], _named(party)) for party in contract.parties]
    blocks: list[Block] = [
        Heading(title(contract), 1),
        Paragraph(
            f"Bilag til resultatkontrakten mellem {words.listed([party.name for party in contract.parties])}. Bilagene "
            "er dannet af kontraktfilen og siger det samme i ord. Filen er den, der har fingeraftrykket herunder."
        ),
        Table(
            (),
            (
                *parties,
                ("Kontrakt", f"{contract.id}, version {contract.version}"),
                ("Gælder fra", words.day(contract.effective_from)),
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
            Paragraph(f"Ikke offentlige vilkår, sat ind som eksempel: {words.listed(list(contract.illustrative))}.")
        )
    blocks.append(Heading("Underskrift"))
    blocks.append(Paragraph("Hver part skriver under på kontraktfilens fingeraftryk, som det står ovenfor."))
    rows = tuple((party.name, _BLANK, _BLANK) for party in contract.parties)
    blocks.append(Table(("Part", "Navn og dato", "Underskrift"), rows))
    return blocks


def _named(party: ContractParty) -> str:
    if party.municipality_code:
        return f"{party.name}, kommunekode {party.municipality_code}"
    return f"{party.name}, {words.LEGAL_ROLES[party.legal_role]}" if party.legal_role else party.name
