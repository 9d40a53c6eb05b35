"""The record of processing activities (GDPR art. 30(1)) of one contract, generated from what decides: programme,
contract and source declarations. Markdown, in Danish first; it holds nothing that no file says.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from connectors.declaration import SourceDeclaration
from gateway.contracts.recipients import NamedRecipient, recipients
from gateway.outcomes.contract import Contract
from gateway.outcomes.measures.instrument import instruments_of
from gateway.wording import plain_danish as words
from policies.programme import Programme
from policies.terms import Purpose, purpose_terms

_TEMPLATES = {
    "contract_total": "samlede tal for hele gruppen / totals of the whole group",
    "predicate": "om målet er nået, ja eller nej / met or not met",
    "payment_document": "hvad kommunen skal betale / what the municipality owes",
    "relapse_notice": "leverandørens sagsnumre på dem, der skal tale med {office} igen / "
    "the operator's case references of whom to take back",
}
_SECURITY = "; ".join(
    [
        "CPR-numre krypteres straks, alt andet sker på tilfældige id'er / CPR numbers are encrypted at the door",
        "hver læsning står i en log, der ikke kan ændres uset / every look stands in a log that cannot change unseen",
        "små tal vises ikke, kalenderen er efterset samlet / no small numbers, and the calendar is audited as a whole",
        "nøgler er krypterede og adskilt fra databasen / keys are encrypted and kept apart from the database",
    ]
)


def _documents(contract: Contract) -> str:
    kinds = ", ".join(sorted(contract.evidence))
    used = ", ".join(f"{one.name} ({one.version})" for one in instruments_of(contract).values())
    documents = f"; dokumenter om / documents about: {kinds}" if kinds else ""
    return documents + (f"; score på / scores of: {used}" if used else "")


def _assessments(programme: Programme) -> list[tuple[str, str, str]]:
    """A row where a source was supplied for another purpose (GDPR art. 6(4))."""
    named = "; ".join(f"`{source}`: {reference}" for source, reference in sorted(programme.assessments.items()))
    return [("b", "Vurdering af andet formål / assessment of another purpose", named)] if named else []


def _recipient(one: NamedRecipient, office: str) -> str:
    what = sorted(_TEMPLATES[template].format(office=office) for template in one.templates)
    return f"`{one.organisation}`: {', '.join(what)}"


def record(contract: Contract, programme: Programme, sources: Sequence[SourceDeclaration], *, on: date) -> str:
    """Article 30(1)(a) to (g), a row each, in the words of a day; `WordNotValid` where the programme has none."""
    terms = purpose_terms()
    purposes = [purpose for purpose in Purpose if purpose in programme.purposes]
    retention, office = programme.retention, programme.office(on=on)
    rows = [
        ("a", "Dataansvarlig / controller", f"{contract.party('outcome_payer').name} (`{programme.controller}`)"),
        ("b", "Formål / purposes", "; ".join(f"{terms[one].label_da} / {terms[one].label_en}" for one in purposes)),
        (
            "b",
            "Retsgrundlag / legal basis",
            f"{words.legal_ground(programme)}; {programme.law(on=on)}",
        ),
        *_assessments(programme),
        ("c", "Registrerede / data subjects", f"{contract.cohort.size} borgere, der er henvist / people referred"),
        (
            "c",
            "Oplysninger / personal data",
            "; ".join(f"{one.title} ({one.agreement.reference}: {one.agreement.statute})" for one in sources)
            + "".join(f"; {told}" for told in words.status_words(contract, programme))
            + _documents(contract)
            + "; CPR-nummer, henvisningsdato, leverandørens sagsnummer / CPR number, day of referral, "
            + "the operator's case reference",
        ),
        (
            "d",
            "Modtagere / recipients",
            "; ".join(_recipient(one, office) for one in recipients(contract)),
        ),
        ("e", "Tredjelande / third countries", "ingen / none"),
        (
            "f",
            "Sletning / erasure",
            f"{retention.accounting_until.isoformat()}; sag / case {retention.case_number}, KLE {retention.kle}; "
            + ("arkivet først / archive first" if retention.must_be_archived else "kasseres / discarded"),
        ),
        ("g", "Sikkerhed / security", _SECURITY),
    ]
    head = f"### {programme.title} (`{contract.id}`, version {contract.version})\n\n| art. 30(1) | | |\n|---|---|---|\n"
    return head + "".join(f"| {letter} | {title} | {value.replace('|', '/')} |\n" for letter, title, value in rows)
