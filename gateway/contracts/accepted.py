"""Which parties of a contract version have accepted its text, and with which keys.

The access log names every acceptance that was taken in; the table holds what was signed. Both must agree, and each
acceptance is read again, signature and all, whenever something rests on it: so a row that was deleted, changed or put
in by hand stops everything under that version, and lets nothing through.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from sqlmodel import Session, select

from gateway.contracts.waiting import Signatory, logged_acceptances, parties, right_of
from gateway.errors.acceptances import AcceptanceMissing, AcceptancesCorrupt
from gateway.errors.contracts import ProgrammeMismatch
from gateway.events.acceptances import AcceptanceRecorded
from gateway.installation.gateway import Gateway
from gateway.installation.in_force import contract_of
from gateway.outcomes.contract import Contract
from gateway.outcomes.end_terms import EndRight
from gateway.store import contract_queries
from gateway.store.contract_tables import AcceptanceRow
from outcome_verifier import acceptance
from outcome_verifier.trust import TrustFile
from outcome_verifier.trusted_key import TrustedKey


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
    if contract.end is not None and contract.end.right:
        for row in contract_queries.contract_versions(session, contract.id):
            notice = contract_of(row)
            if right_of(session, notice) is not None:  # by which this contract is cut
                check_accepted(gateway, session, notice)
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


def notice_given(session: Session, contract: Contract, right: EndRight) -> AcceptanceRow | None:
    """The acceptance by which the party with the right gave notice: of a text that it ends the contract by; None where
    it has not. Raises `AcceptancesCorrupt`."""
    holder = contract.party(right.role)
    return standing(session, contract).get((holder.role, holder.organisation))


def check_accepted(gateway: Gateway, session: Session, contract: Contract) -> None:
    """Raise `AcceptanceMissing` unless everybody who has to has accepted this text: every party, or the one alone that
    ends the contract by a right that it has. Raises `AcceptancesCorrupt`."""
    right = right_of(session, contract)
    if right is None:
        tokens(gateway, session, contract)
        return
    row, holder = notice_given(session, contract, right), contract.party(right.role)
    if row is None:
        raise _missing(gateway, contract, [(holder.role, holder.organisation)])
    now = int(gateway.clock().timestamp())
    try:
        acceptance.read(row.token, contract=contract.identity, trust=gateway.fingerprint, now=now)
    except (ValueError, KeyError, TypeError) as error:
        raise AcceptancesCorrupt(contract=contract.id, version=contract.version, reason=str(error)) from None


def is_in_force(session: Session, contract: Contract) -> bool:
    """Whether this very text is, or was, in force."""
    return any(row.sha256 == contract.sha256 for row in contract_queries.contract_versions(session, contract.id))


def known_keys(session: Session) -> dict[str, str]:
    """The key of every organisation that ever accepted something here: organisation -> thumbprint, the newest."""
    return {entry.organisation: entry.key for entry in logged_acceptances(session)}


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
