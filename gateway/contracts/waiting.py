"""Which versions of contracts wait, and for whom: what the access log and proposals say, read without any key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, literal_column
from sqlmodel import Session, col, select

from gateway.errors.acceptances import AcceptancesCorrupt
from gateway.events.acceptances import AcceptanceRecorded
from gateway.installation.in_force import contract_of
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.end_terms import EndRight
from gateway.outcomes.ends import right_used
from gateway.store import contract_queries
from gateway.store.contract_tables import AcceptanceRow, Proposal
from gateway.store.log_tables import LogEntry
from outcome_verifier import canonical

Signatory = tuple[str, str]  # a role in the contract, and the organisation that has it


@dataclass(frozen=True, slots=True)
class Waiting:
    """A version that is not in force, and who has not accepted it yet; nobody where it waits for other things."""

    contract: str
    version: int
    sha256: str
    missing: tuple[Signatory, ...]

    def __str__(self) -> str:
        missing = ", ".join("/".join(party) for party in self.missing)
        state = f"waits for {missing}" if missing else "accepted by every party"
        return f"{self.contract} version {self.version}: {state}; sha256 {self.sha256}"


def parties(contract: Contract) -> list[Signatory]:
    """Everybody that the contract names, in the order in which they are signed."""
    return sorted((party.role, party.organisation) for party in contract.parties)


def right_of(session: Session, contract: Contract) -> EndRight | None:
    """The right of one party by which this text ends the one that it follows; None where all have to accept it."""
    versions = contract_queries.contract_versions(session, contract.id)
    known = next((row for row in versions if row.sha256 == contract.follows), None)
    return None if known is None else right_used(contract_of(known), contract)


def asked_to_accept(session: Session, contract: Contract) -> list[Signatory]:
    """Whoever has to accept this text: everybody whom it names, or the one alone that ends the contract by a right."""
    right = right_of(session, contract)
    return [one for one in parties(contract) if right is None or one[0] == right.role]


def logged_acceptances(session: Session) -> list[AcceptanceRecorded]:
    """Every acceptance that the access log names, oldest first. The log has an index for just this."""
    # as a literal: a bound value would not let the database see that its partial index fits
    kind: ColumnElement[str] = literal_column(f"'{AcceptanceRecorded.kind}'")
    query = select(LogEntry.body).where(LogEntry.log == "access", col(LogEntry.kind) == kind)
    bodies = (canonical.loads(body.encode("utf-8")) for body in session.exec(query.order_by(col(LogEntry.idx))))
    return [AcceptanceRecorded.of_body(body) for body in bodies]


def waiting(session: Session) -> list[Waiting]:
    """The versions that somebody accepted or proposed and that are not in force, by contract and version.

    Raises `AcceptancesCorrupt` where what a party signed cannot be read any more.
    """
    newest = {
        one: contract_queries.contract_versions(session, one)[-1].version
        for one in contract_queries.contract_ids(session)
    }
    found: dict[str, tuple[Mapping[str, Any], list[Signatory]]] = {}
    for row in session.exec(select(Proposal).where(col(Proposal.approved_at).is_(None))):
        for name, text in row.files.items():
            if name.startswith("contract/"):
                contract = load_contract(text.encode(), file=name.partition("/")[2])
                found[contract.sha256] = (contract.identity, asked_to_accept(session, contract))
    for accepted in session.exec(select(AcceptanceRow)):
        if accepted.version > newest.get(accepted.contract_id, 0):
            found.setdefault(accepted.rules_sha256, _signed_content(accepted))
    done = {(entry.rules_sha256, entry.role, entry.organisation) for entry in logged_acceptances(session)}
    waits = [
        Waiting(one["id"], one["version"], sha256, tuple(party for party in named if (sha256, *party) not in done))
        for sha256, (one, named) in found.items()
        if one["version"] > newest.get(one["id"], 0)
    ]
    return sorted(waits, key=lambda one: (one.contract, one.version, one.sha256))


def _signed_content(row: AcceptanceRow) -> tuple[Mapping[str, Any], list[Signatory]]:
    """The contract text and the parties that an acceptance names."""
    from outcome_verifier import acceptance, jws  # signatures are read where something waits, which is seldom

    try:
        claims = jws.parse(row.token, typ=acceptance.TYPE, members=frozenset({"jwk"})).payload
        return claims["contract"], [(party["role"], party["organisation"]) for party in claims["parties"]]
    except (ValueError, KeyError, TypeError) as error:
        raise AcceptancesCorrupt(contract=row.contract_id, version=row.version, reason=str(error)) from None
