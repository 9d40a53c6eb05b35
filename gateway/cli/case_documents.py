"""Commands of manual evidence: documents that show what no register shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from gateway.cli.terminal import Case, columns, console, open_gateway

if TYPE_CHECKING:
    from policies.terms import Role

T = TypeVar("T")
app = typer.Typer(help="Documents that show what no register shows; two people see each.", no_args_is_help=True)
Contract = Annotated[str, typer.Argument(help="The contract's id.")]
Evidence = Annotated[str, typer.Argument(help="The evidence's id, from `gateway evidence list`.")]
As = Annotated[str, typer.Option("--as", help="In which role you act: case_worker or system_owner.")]


@app.command()
def add(
    contract: Contract,
    case: Case,
    kind: Annotated[str, typer.Option(help="self_employed, work_abroad, education or fleksjob_permit.")],
    from_week: Annotated[str, typer.Option(help="The first week that the document shows, such as 2020-W10.")],
    to_week: Annotated[str, typer.Option(help="The last one.")],
    valid_to: Annotated[str, typer.Option(help="The last day on which the document is valid: no later week counts.")],
    document_sha256: Annotated[str, typer.Option(help="SHA-256 of the document, which stays in the case system.")],
    role: As = "case_worker",
) -> None:
    """Register a document that shows weeks of a person. It counts when a second person has confirmed it.

    Example: gateway evidence add impact60 --case SAG-0017 --kind self_employed --from-week 2020-W10 --to-week 2020-W30
    --valid-to 2020-12-31 --document-sha256 "$(sha256sum virk.pdf | cut -c -64)"
    """
    from gateway.evaluation.manual_evidence import EvidenceDocument, register
    from gateway.outcomes.manual_evidence import EvidenceType
    from vocabulary.weeks import Week

    if kind not in set(EvidenceType):
        raise typer.BadParameter(f"must be one of: {', '.join(EvidenceType)}", param_hint="--kind")
    first, last = (
        _parse_option(Week.parse, text, hint) for text, hint in ((from_week, "--from-week"), (to_week, "--to-week"))
    )
    document = EvidenceDocument(
        EvidenceType(kind), first, last, _parse_option(date.fromisoformat, valid_to, "--valid-to"), document_sha256
    )
    made = register(open_gateway(), contract, case, document, role=_role(role))
    console.print(f"registered: {made}")
    console.print(f"  it counts when a second person has seen the document and runs `gateway evidence confirm {made}`")


@app.command()
def score(
    contract: Contract,
    case: Case,
    instrument: Annotated[str, typer.Option(help="The instrument's id in the contract.")],
    on: Annotated[str, typer.Option(help="The day on which it was measured, such as 2020-04-01.")],
    points: Annotated[int, typer.Option(help="The score.")],
    document_sha256: Annotated[str, typer.Option(help="SHA-256 of the form, which stays in the case system.")],
    role: As = "case_worker",
) -> None:
    """Register what an instrument measured of a person. It counts when a second person has confirmed it.

    The score is sealed with the person's other records, and no evaluation or list shows it.

    Example: gateway evidence score housing --case SAG-0017 --instrument who5 --on 2020-04-01 --points 56
    --document-sha256 "$(sha256sum form.pdf | cut -c -64)"
    """
    from gateway.evaluation.manual_evidence import ScoreSheet, register

    sheet = ScoreSheet(instrument, _parse_option(date.fromisoformat, on, "--on"), points, document_sha256)
    made = register(open_gateway(), contract, case, sheet, role=_role(role))
    console.print(f"registered: {made}")
    console.print(f"  it counts when a second person has seen the form and runs `gateway evidence confirm {made}`")


@app.command()
def confirm(evidence: Evidence, role: As = "case_worker") -> None:
    """Confirm a document as a second person who has seen it in the case system: it counts from now on.

    Example: gateway evidence confirm 5f0c…
    """
    from gateway.evaluation.manual_evidence import confirm as use_case

    use_case(open_gateway(), evidence, role=_role(role))
    console.print("confirmed: it counts from now on; windows that are frozen are put right by `gateway correct`")


@app.command()
def withdraw(evidence: Evidence, role: As = "case_worker") -> None:
    """Withdraw a document that was wrong, or is no more: from now on it counts no more.

    Example: gateway evidence withdraw 5f0c…
    """
    from gateway.evaluation.manual_evidence import withdraw as use_case

    use_case(open_gateway(), evidence, role=_role(role))
    console.print("withdrawn: it counts no more; windows that are frozen are put right by `gateway correct`")


@app.command("list")
def list_evidence(contract: Contract) -> None:
    """Show the documents registered under a contract, and which of them wait for a second person. The look is logged.

    Example: gateway evidence list impact60
    """
    from gateway.evaluation.manual_evidence import list_evidence

    found, protected = list_evidence(open_gateway(), contract)
    rows: list[tuple[str, ...]] = [
        (
            "evidence",
            "operator's case",
            "type",
            "weeks",
            "expires",
            "document",
            "registered by",
            "confirmed by",
            "state",
        )
    ]
    for one in found:
        weeks = f"{one.from_week} – {one.to_week}"
        who = (one.registered_by, one.confirmed_by or "–")
        digest = one.document_sha256[:12]
        rows.append((one.id, one.case_reference, one.type, weeks, str(one.expires_on), digest, *who, one.state))
    if found:
        columns(rows)
    else:
        console.print(f"no document is registered under {contract}")
    if protected:
        console.print(f"protected: {protected} documents of people who are never shown one by one")


def _parse_option(read: Callable[[str], T], text: str, hint: str) -> T:
    try:
        return read(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text}: {error}", param_hint=hint) from None


def _role(word: str) -> Role:
    from gateway.evaluation.manual_evidence import STAFF
    from policies.terms import Role

    if word not in set(STAFF):
        raise typer.BadParameter(f"must be one of: {', '.join(STAFF)}", param_hint="--as")
    return Role(word)
