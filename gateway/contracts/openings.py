"""Use case: a contract that already runs comes to the gateway with what its parties settled before.

Whoever pays and the operator each sign the digest of one file of opening balances (`outcome_verifier.balances`), with
the key that they accepted the contract with. The municipality signs with the key that signs its attestations. The
balances come into force once, and each time they are read every signature is checked again.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from gateway.contracts import accepted, waiting
from gateway.errors.adoption import AdoptionRefused
from gateway.errors.settlement import SettlementMismatch
from gateway.events.adoption import ContractAdopted
from gateway.installation.authority import Asking, deciding, staff_party
from gateway.installation.gateway import Gateway
from gateway.installation.in_force import contract_of
from gateway.outcomes.contract import Contract
from gateway.outcomes.opening import OpeningBalances, load_opening, staters
from gateway.outcomes.settlement_terms import ANSWER_DAYS
from gateway.store import contract_queries, queries
from gateway.store.contract_tables import OpeningRow
from gateway.store.settlement_tables import Dispute
from outcome_verifier import balances
from outcome_verifier.balances import StatedBalances
from policies.facts import DecisionFacts
from policies.terms import Action, Purpose, Role
from vocabulary.danish_days import danish_day
from vocabulary.errors import DeclarationInvalid


@dataclass(frozen=True, slots=True)
class Adopted:
    """Opening balances in force, and how they came to be."""

    opening: OpeningBalances
    signed: tuple[StatedBalances, ...]
    at: datetime

    @property
    def release(self) -> str:
        """What stands in the place of a payment document's id."""
        return f"opening:{self.opening.sha256}"


def adopt(gateway: Gateway, contract_id: str, text: bytes, tokens: Sequence[str], *, file: str) -> Adopted:
    """Sign opening balances as the municipality, with the others' signatures, and put them into force.

    Once, and before anything of the contract is released; the same again changes nothing. The system owner decides for
    the municipality; the second person of that decision is the other party. What the file says is disputed becomes a
    dispute that waits for an answer. Raises `AdoptionRefused`, `DeclarationInvalid`, `PolicyDenied`, `NoActiveKey`.
    """
    with deciding(gateway) as asking:
        contract = gateway.contract(asking.session, contract_id)
        opening = load_opening(text, contract, file=file)
        given = _check_signatures(gateway, asking.session, contract, opening, tokens, keys=_keys_now(asking.session))
        programme = gateway.programme(asking.session, contract_id)
        facts = DecisionFacts(
            purpose=Purpose.GOVERNANCE,
            appointment_valid=asking.is_appointed(programme, Role.SYSTEM_OWNER),
            second_person=bool(given),
            retention_clear=True,  # nothing that stood here before is lost
        )
        authorised = asking.ask(staff_party(programme, Role.SYSTEM_OWNER), Action.CHANGE_POLICY, programme, facts)
        known = of(gateway, asking.session, contract_id)
        if known is not None and known.opening.sha256 != opening.sha256:
            reason = f"it was adopted already, with the balances {known.opening.sha256}"
            raise AdoptionRefused(contract=contract_id, rule="once", reason=reason)
        if known is None:
            known = _put_in_force(gateway, asking, contract, opening, text, tokens)
        asking.uow.record(
            ContractAdopted(
                contract=contract_id,
                last_window=opening.last_window,
                balances_sha256=opening.sha256,
                keys={f"{one.role}/{one.organisation}": one.kid for one in known.signed},
                stated_minor=sum(opening.amounts().values()),
                decision=authorised.id,
                decision_sha256=authorised.sha256,
            )
        )
    return known


def of(gateway: Gateway, session: Session, contract_id: str) -> Adopted | None:
    """The opening balances in force, or None. Raises `SettlementMismatch` where text and signatures do not agree."""
    row = contract_queries.opening(session, contract_id)
    if (row is not None) != contract_queries.is_adopted(session, contract_id):
        reason = "the database and the access log do not agree whether it was adopted"
        raise SettlementMismatch(contract=contract_id, window="", reason=reason)
    if row is None:
        return None
    ever = {(one.organisation, one.key) for one in waiting.logged_acceptances(session)}
    try:
        version = next(
            one for one in contract_queries.contract_versions(session, contract_id) if one.sha256 == row.contract_sha256
        )
        contract = contract_of(version)
        opening = load_opening(row.text, contract, file=row.file_name)
        if (opening.sha256, list(opening.windows)) != (row.sha256, row.windows):
            raise ValueError("the row and its text differ")
        signed = _check_signatures(gateway, session, contract, opening, row.signed, keys=ever)
        _check_whole(contract, signed)
    except (StopIteration, ValueError, DeclarationInvalid, AdoptionRefused) as error:
        reason = f"the opening balances are not what was signed ({error})"
        raise SettlementMismatch(contract=contract_id, window=row.windows[-1], reason=reason) from None
    return Adopted(opening, signed, row.at)


def opening_of(gateway: Gateway, session: Session, contract_id: str) -> OpeningBalances | None:
    """The figures alone, for the arithmetic."""
    found = of(gateway, session, contract_id)
    return None if found is None else found.opening


def _put_in_force(
    gateway: Gateway, asking: Asking, contract: Contract, opening: OpeningBalances, text: bytes, tokens: Sequence[str]
) -> Adopted:
    if queries.releases(asking.session, contract.id):
        reason = "something of it was released here; what is wrong there is corrected with `gateway correct`"
        raise AdoptionRefused(contract=contract.id, rule="released", reason=reason)
    own = [(one.role, one.organisation) for one in staters(contract)]
    own = [party for party in own if party in accepted.own_parties(gateway, contract)]
    signer, at = gateway.signer(asking.session), int(asking.now.timestamp())
    everything = [*tokens, *(balances.sign(contract.identity, text, party, signer, at=at) for party in own)]
    signed = _check_signatures(gateway, asking.session, contract, opening, everything, keys=_keys_now(asking.session))
    _check_whole(contract, signed)
    adopted = Adopted(opening, signed, asking.now)
    asking.session.add(
        OpeningRow(
            contract_id=contract.id,
            contract_sha256=contract.sha256,
            windows=list(opening.windows),
            file_name=opening.file,
            text=text,
            sha256=opening.sha256,
            signed=everything,
            by=gateway.actor.name,
            at=asking.now,
        )
    )
    for one in opening.stated:
        if one.disputed_minor:
            asking.session.add(
                Dispute(
                    id=str(uuid.uuid4()),
                    contract_id=contract.id,
                    window=one.window,
                    release_id=adopted.release,
                    line=f"{one.tariff}/disputed",
                    amount_minor=one.disputed_minor,
                    reason=one.reason,
                    text_sha256=opening.sha256,  # the file says so; the letters of then stay where they are
                    role=Role.OPERATOR if one.disputed_by == "operator" else Role.SETTLEMENT_OFFICER,
                    by=gateway.actor.name,
                    at=asking.now,
                    answer_by=danish_day(asking.now) + timedelta(days=ANSWER_DAYS),
                    outcome="",
                    outcome_sha256="",
                    resolved_by="",
                )
            )
    return adopted


def _check_signatures(
    gateway: Gateway,
    session: Session,
    contract: Contract,
    opening: OpeningBalances,
    tokens: Sequence[str],
    *,
    keys: Collection[tuple[str, str]],
) -> tuple[StatedBalances, ...]:
    """Whose signatures these are: each with the organisation's own key, one of `keys`; the municipality's with the
    issuer's. Raises `AdoptionRefused`.
    """
    issuer = accepted.issuer_keys(gateway, session)
    own = {party[1] for party in accepted.own_parties(gateway, contract)}
    named = {(party.role, party.organisation) for party in staters(contract)}
    found: list[StatedBalances] = []
    for token in tokens:
        try:
            now = int(gateway.clock().timestamp())
            said = balances.read(token, contract=contract.identity, balances_sha256=opening.sha256, now=now)
        except (ValueError, KeyError, TypeError) as error:
            raise AdoptionRefused(contract=contract.id, rule="signature", reason=str(error)) from None
        who = f"{said.role}/{said.organisation}"
        if (said.role, said.organisation) not in named:
            raise AdoptionRefused(contract=contract.id, rule="party", reason=f"{who} states no balances of it")
        if said.organisation in own:
            fits = said.kid in issuer and issuer[said.kid].covers(said.at)
        else:
            fits = said.kid not in issuer and (said.organisation, said.kid) in keys
        if not fits:
            reason = f"{who} signed with the key {said.kid}, which is not the one that it accepted the contract with"
            raise AdoptionRefused(contract=contract.id, rule="key", reason=reason)
        found.append(said)
    return tuple(found)


def _keys_now(session: Session) -> set[tuple[str, str]]:
    """The key that each organisation accepts with today."""
    return set(accepted.known_keys(session).items())


def _check_whole(contract: Contract, signed: Sequence[StatedBalances]) -> None:
    """Everybody who states the balances signed them, once."""
    wanted = sorted((party.role, party.organisation) for party in staters(contract))
    found = sorted((one.role, one.organisation) for one in signed)
    missing = ", ".join("/".join(party) for party in wanted if party not in found)
    if missing:
        raise AdoptionRefused(contract=contract.id, rule="signatures", reason=f"{missing} has not signed the balances")
    if found != wanted:
        raise AdoptionRefused(contract=contract.id, rule="signatures", reason="somebody signed the balances twice")
