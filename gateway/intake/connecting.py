"""What the declared sources are, what they may be used for and until when, and how far each has told: no person.

A use case that changes nothing: for municipal IT and the system owner, who renew an agreement before it ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, select

from connectors.declaration import SourceDeclaration, load_declaration
from gateway.installation.gateway import Gateway
from gateway.store import circuit, contract_queries, counting
from gateway.store.tables import SourceRow
from vocabulary.weeks import Week


@dataclass(frozen=True, slots=True)
class Use:
    """A contract whose programme names the source. `complete_to`: the last week up to which it has told everything.

    `assessment` is the reference that the programme gives, where one is required; empty where it is missing.
    """

    contract: str
    complete_to: Week | None
    assessment: str


@dataclass(frozen=True, slots=True)
class Connector:
    """A declared source as it stands today."""

    declaration: SourceDeclaration
    transport: str
    uses: tuple[Use, ...]
    today: date
    rests_until: datetime | None = None  # where it could not be reached again and again
    failures: int = 0

    @property
    def agreement(self) -> str:
        """`valid`, `ends soon` or `ended`."""
        agreement = self.declaration.agreement
        if not agreement.is_valid(on=self.today):
            return "ended"
        return "ends soon" if agreement.ends_soon(on=self.today) else "valid"

    @property
    def warning(self) -> str:
        """What to do before the agreement ends, or since it has; empty while there is time."""
        agreement = self.declaration.agreement
        what = f"the agreement {agreement.reference} of source {self.declaration.id}"
        return {
            "valid": "",
            "ends soon": f"{what} ends on {agreement.valid_to}: renew it now, nothing is pulled after that day",
            "ended": f"{what} ended on {agreement.valid_to}: nothing is pulled until it is renewed",
        }[self.agreement]

    @property
    def rest(self) -> str:
        """Why it is not asked now, and until when; empty where it is."""
        if self.rests_until is None:
            return ""
        until = self.rests_until.isoformat(timespec="minutes")
        name = self.declaration.id
        return f"source {name} could not be reached by {self.failures} pulls in a row; it is left alone until {until}"

    @property
    def unassessed_contracts(self) -> tuple[str, ...]:
        """The contracts that may not read it: it was supplied for another purpose, and they name no assessment."""
        if not self.declaration.is_supplied_for_another_purpose:
            return ()
        return tuple(use.contract for use in self.uses if not use.assessment)


def connectors(gateway: Gateway) -> list[Connector]:
    """Every declared source, by id."""
    today = gateway.clock().date()
    with gateway.store.read() as session:
        rows = session.exec(select(SourceRow).order_by(SourceRow.id)).all()
        return [connector(gateway, session, load_declaration(row.text, file=row.file_name), today) for row in rows]


def connector(gateway: Gateway, session: Session, declaration: SourceDeclaration, today: date) -> Connector:
    """One declared source, with the contracts that use it."""
    uses = []
    for contract_id in contract_queries.contract_ids(session):
        programme = gateway.programme(session, contract_id)
        if declaration.id in programme.sources:
            reached = counting.complete_to(session, gateway.contract(session, contract_id), declaration.id)
            uses.append(Use(contract_id, reached, programme.assessments.get(declaration.id, "")))
    rests = circuit.resting(session, declaration.id, gateway.clock())
    until, failures = (None, 0) if rests is None else (rests.rests_until, rests.failures)
    return Connector(declaration, declaration.transport.kind, tuple(uses), today, until, failures)
