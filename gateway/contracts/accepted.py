"""Which parties of a contract version have accepted its text, and with which keys.

The access log names every acceptance that was taken in; the table holds what was signed. Both must agree, and each
acceptance is read again, signature and all, whenever something rests on it: so a row that was deleted, changed or put
in by hand stops everything under that version, and lets nothing through.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, literal_column
from sqlmodel import Session, col, select

from gateway.errors.acceptances import AcceptanceMissing, AcceptancesCorrupt
from gateway.errors.contracts import ProgrammeMismatch
from gateway.events.acceptances import AcceptanceRecorded
from gateway.installation.gateway import Gateway
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.store import queries
from gateway.store.rights_tables import Proposal
from gateway.store.tables import AcceptanceRow, LogEntry
from outcome_verifier import acceptance, canonical, jws
from outcome_verifier.trust import TrustFile
from outcome_verifier.trusted_key import TrustedKey

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


def own_parties(gateway: Gateway, contract: Contract) -> list[Signatory]:
    """The municipality, in each of its roles; `ProgrammeMismatch` where the contract belongs to another one."""
    payer = contract.party("outcome_payer")
    if payer.municipality_code != gateway.installed.municipality_code:
        raise ProgrammeMismatch(contract=contract.id, reason="it belongs to another municipality")
    return [party for party in parties(contract) if party[1] == payer.organisation]


def issuer_keys(gateway: Gateway, session: Session) -> Mapping[str, TrustedKey]:
    """Every key that the trust file holds, by thumbprint."""
    return TrustFile.load(gateway.trust_bytes(session)).keys


def standing(session: Session, contract: Contract) -> dict[Signatory, AcceptanceRow]:
    """The newest acceptance of each party of this text. An organisation has one key in it, that of its newest.

    Raises `AcceptancesCorrupt` where the table holds anything else than the access log names.
    """
    entries = [entry for entry in logged_acceptances(session) if _is_of(entry, contract.id, contract.sha256)]
    rows = {row.token_sha256: row for row in _rows(session, contract)}
    named = {entry.token_sha256: entry for entry in entries}
    if rows.keys() != named.keys() or any(_differs(row, named[digest]) for digest, row in rows.items()):
        reason = "the table holds other ones than the access log names"
        raise AcceptancesCorrupt(contract=contract.id, version=contract.version, reason=reason)
    keys = {entry.organisation: entry.key for entry in entries}
    newest = {(entry.role, entry.organisation): entry for entry in entries}
    return {party: rows[entry.token_sha256] for party, entry in newest.items() if entry.key == keys[entry.organisation]}


def tokens(gateway: Gateway, session: Session, contract: Contract) -> list[str]:
    """What every party of the contract signed, in the parties' order, checked as a reader of a bundle checks it.

    Raises `AcceptanceMissing`, naming who has not accepted this text, and `AcceptancesCorrupt`.
    """
    found, named = standing(session, contract), parties(contract)
    if any(party not in found for party in named):
        raise _missing(gateway, contract, [party for party in named if party not in found])
    signed = [found[party].token for party in named]
    try:
        acceptance.check_all(
            signed,
            contract=contract.identity,
            trust=gateway.fingerprint,
            issuer_keys=issuer_keys(gateway, session),
            now=int(gateway.clock().timestamp()),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise AcceptancesCorrupt(contract=contract.id, version=contract.version, reason=str(error)) from None
    return signed


def is_in_force(session: Session, contract: Contract) -> bool:
    """Whether this very text is, or was, in force."""
    return any(row.sha256 == contract.sha256 for row in queries.contract_versions(session, contract.id))


def known_keys(session: Session) -> dict[str, str]:
    """The key of every organisation that ever accepted something here: organisation -> thumbprint, the newest."""
    return {entry.organisation: entry.key for entry in logged_acceptances(session)}


def logged_acceptances(session: Session) -> list[AcceptanceRecorded]:
    """Every acceptance that the access log names, oldest first. The log has an index for just this."""
    # as a literal: a bound value would not let the database see that its partial index fits
    kind: ColumnElement[str] = literal_column(f"'{AcceptanceRecorded.kind}'")
    query = select(LogEntry.body).where(LogEntry.log == "access", col(LogEntry.kind) == kind)
    bodies = (canonical.loads(body.encode("utf-8")) for body in session.exec(query.order_by(col(LogEntry.idx))))
    return [
        AcceptanceRecorded(**{name: value for name, value in body.items() if name not in ("kind", "at")})
        for body in bodies
    ]


def waiting(session: Session) -> list[Waiting]:
    """The versions that somebody accepted or proposed and that are not in force, by contract and version.

    Raises `AcceptancesCorrupt` where what a party signed cannot be read any more.
    """
    newest = {one: queries.contract_versions(session, one)[-1].version for one in queries.contract_ids(session)}
    found: dict[str, tuple[Mapping[str, Any], list[Signatory]]] = {}
    for row in session.exec(select(Proposal).where(col(Proposal.approved_at).is_(None))):
        for name, text in row.files.items():
            if name.startswith("contract/"):
                contract = load_contract(text.encode(), file=name.partition("/")[2])
                found[contract.sha256] = (contract.identity, parties(contract))
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
    try:
        claims = jws.parse(row.token, typ=acceptance.TYPE, members=frozenset({"jwk"})).payload
        return claims["contract"], [(party["role"], party["organisation"]) for party in claims["parties"]]
    except (ValueError, KeyError, TypeError) as error:
        raise AcceptancesCorrupt(contract=row.contract_id, version=row.version, reason=str(error)) from None


def _rows(session: Session, contract: Contract) -> Sequence[AcceptanceRow]:
    query = select(AcceptanceRow).where(AcceptanceRow.contract_id == contract.id)
    return session.exec(query.where(AcceptanceRow.rules_sha256 == contract.sha256)).all()


def _is_of(entry: AcceptanceRecorded, contract: str, sha256: str) -> bool:
    return (entry.contract, entry.rules_sha256) == (contract, sha256)


def _differs(row: AcceptanceRow, entry: AcceptanceRecorded) -> bool:
    """Whether a row says anything else than the log's entry of the same digest, or holds another text."""
    said = (row.version, row.role, row.organisation, row.kid)
    digest = hashlib.sha256(row.token.encode("utf-8")).hexdigest()
    return said != (entry.version, entry.role, entry.organisation, entry.key) or digest != row.token_sha256


def _missing(gateway: Gateway, contract: Contract, missing: Sequence[Signatory]) -> AcceptanceMissing:
    own = own_parties(gateway, contract)
    return AcceptanceMissing(
        contract=contract.id,
        version=contract.version,
        own=["/".join(party) for party in missing if party in own],
        others=["/".join(party) for party in missing if party not in own],
    )
