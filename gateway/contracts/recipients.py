"""Who gets what under a contract, and what a recipient may ask for, read from its plan of releases and statements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from gateway.installation.gateway import Gateway
from gateway.installation.in_force import contract_of
from gateway.outcomes.contract import Contract
from gateway.store import contract_queries
from gateway.wording.views import View
from policies.terms import Party, Role
from vocabulary.releases import Recipient


@dataclass(frozen=True, slots=True)
class NamedRecipient:
    """Who gets what under a contract: `templates` are those of the releases and statements planned for it."""

    role: str
    organisation: str
    name: str
    templates: tuple[str, ...]


def recipients(contract: Contract) -> list[NamedRecipient]:
    """Everybody who is planned to get something, by organisation: also before the first release."""
    found = []
    for party in contract.parties:
        releases = {one.template for one in contract.releases if one.recipient == party.role}
        statements = {one.kind for one in contract.statements if party.role == "operator"}
        if party.role != "outcome_payer" and releases | statements:
            templates = tuple(sorted(releases | statements))
            found.append(NamedRecipient(party.role, party.organisation, party.name, templates))
    return sorted(found, key=lambda one: one.organisation)


@dataclass(frozen=True, slots=True)
class AskableRelease:
    """A release that is planned for the asking role."""

    template: str
    window: str
    """The window's label."""
    from_week: str
    """First ISO week, such as `2018-W27`."""
    to_week: str
    """Last ISO week."""
    freezes_from: date
    """First day on which it can be released."""


@dataclass(frozen=True, slots=True)
class PlannedContract(View):
    """What one recipient may ask for of a contract, and when. For that recipient alone."""

    contract: str
    """The contract's id."""
    version: int
    rules_sha256: str
    """SHA-256 of the contract file, hexadecimal."""
    releases: tuple[AskableRelease, ...]
    """What your role may ask for."""


def is_recipient(gateway: Gateway, contract_id: str, party: Party) -> bool:
    """Whether a version of this contract names the organisation in this role of a recipient."""
    if party.role.value not in set(Recipient):
        return False
    with gateway.store.read() as session:
        versions = [contract_of(row) for row in contract_queries.contract_versions(session, contract_id)]
    return any(
        (one.organisation, one.role) == (party.organisation, party.role.value)
        for version in versions
        for one in version.parties
    )


def planned_contracts(gateway: Gateway, party: Party) -> list[PlannedContract]:
    """The contracts in which this organisation has this role of a recipient, each with what is planned for it."""
    with gateway.store.read() as session:
        contracts = [gateway.contract(session, name) for name in contract_queries.contract_ids(session)]
    return [
        PlannedContract(contract.id, contract.version, contract.sha256, _askable(contract, party.role))
        for contract in contracts
        if party.role.value in set(Recipient)
        and party.organisation in {one.organisation for one in contract.parties_as(party.role)}
    ]


def _askable(contract: Contract, role: Role) -> tuple[AskableRelease, ...]:
    return tuple(
        AskableRelease(
            entry.template, window.label, str(window.from_week), str(window.to_week), contract.freezes_on(window)
        )
        for entry in contract.releases
        for window in contract.windows
        if entry.recipient == role.value and entry.window == window.label
    )
