"""Who gets what under a contract, read from its plan of releases and statements."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.outcomes.contract import Contract


@dataclass(frozen=True, slots=True)
class PlannedRecipient:
    """Who gets what under a contract: `templates` are those of the releases and statements planned for it."""

    role: str
    organisation: str
    name: str
    templates: tuple[str, ...]


def recipients(contract: Contract) -> list[PlannedRecipient]:
    """Everybody who is planned to get something, by organisation: also before the first release."""
    found = []
    for party in contract.parties:
        releases = {one.template for one in contract.releases if one.recipient == party.role}
        statements = {one.kind for one in contract.statements if party.role == "operator"}
        if party.role != "outcome_payer" and releases | statements:
            templates = tuple(sorted(releases | statements))
            found.append(PlannedRecipient(party.role, party.organisation, party.name, templates))
    return sorted(found, key=lambda one: one.organisation)
