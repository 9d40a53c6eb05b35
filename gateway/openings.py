"""Opening balances: signed by both sides, put into force once, and read with their signatures checked each time.

A contract that already runs comes to the gateway with what its parties settled before. Whoever pays and whoever is paid
each sign the digest of one file, as `opening-balances+jwt`. A key that comes with a signature is nothing by itself: its
thumbprint was told some other way, and whoever adopts the contract names it.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from gateway.adoption_errors import AdoptionRefused
from gateway.adoption_events import ContractAdopted
from gateway.authority import deciding, staff_party
from gateway.events import Event
from gateway.installation import Gateway
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.opening import SAYS, Opening, load_opening, staters
from gateway.settlement_errors import SettlementMismatch
from gateway.store import queries
from gateway.store.settlement_tables import Dispute, OpeningRow
from outcome_verifier import endorsement
from policies.facts import DecisionFacts
from policies.vocabulary import Action, Purpose, Role

TYPE = "opening-balances+jwt"
_SHAPES = {
    "contract": lambda value: type(value) is dict,
    "balances_sha256": lambda value: type(value) is str,
    "party": lambda value: type(value) is dict,
    "statement": lambda value: value == SAYS,
}


@dataclass(frozen=True, slots=True)
class Endorsed:
    """One party's signature under opening balances. `kid` is the key's RFC 7638 thumbprint."""

    organisation: str
    role: str
    kid: str
    token: str


def sign_opening(
    contract: Contract, text: bytes, organisation: str, signer: endorsement.Signer, *, file: str, at: datetime
) -> str:
    """A party's signature under opening balances, once they fit the contract.

    Raises `DeclarationInvalid` where they do not, `AdoptionRefused` for an organisation that has no say in it.
    """
    opening = load_opening(text, contract, file=file)
    party = next((one for one in staters(contract) if one.organisation == organisation), None)
    if party is None:
        names = ", ".join(one.organisation for one in staters(contract))
        raise AdoptionRefused(contract=contract.id, rule="party", reason=f"these sign its balances: {names}")
    claims = {
        "contract": _agreement(contract),
        "balances_sha256": opening.sha256,
        "party": {"organisation": party.organisation, "role": party.role},
        "statement": SAYS,
        "iat": int(at.timestamp()),
    }
    return endorsement.sign(signer, typ=TYPE, claims=claims)


def adopt(
    gateway: Gateway, contract_id: str, text: bytes, tokens: Sequence[str], *, keys: Mapping[str, str], file: str
) -> Opening:
    """Put opening balances into force, once, before anything of the contract is released; the same again changes nothing.

    `keys` holds the thumbprint of each signing organisation, as it was told some other way. The system owner decides,
    and the second person of that decision is the other party: both signatures are checked before. What the file says is
    disputed becomes a dispute that waits for an answer. Raises `AdoptionRefused`, `DeclarationInvalid`, `PolicyDenied`.
    """
    with deciding(gateway) as asking:
        contract = gateway.contract(asking.session, contract_id)
        opening = load_opening(text, contract, file=file)
        signed = [checked(contract, opening, token, keys) for token in tokens]
        _check_whole(contract, signed)
        programme = gateway.programme(asking.session, contract_id)
        facts = DecisionFacts(
            purpose=Purpose.GOVERNANCE,
            appointment_valid=programme.is_appointed(gateway.staff, Role.SYSTEM_OWNER, on=asking.now.date()),
            second_person=len({one.kid for one in signed}) == len(staters(contract)),
            retention_clear=True,  # nothing that stood here before is lost
        )
        authorised = asking.ask(staff_party(programme, Role.SYSTEM_OWNER), Action.CHANGE_POLICY, programme, facts)
        known = queries.opening(asking.session, contract_id)
        if known is not None and known.sha256 != opening.sha256:
            raise AdoptionRefused(contract=contract_id, rule="once", reason=f"it was adopted with {known.sha256}")
        if known is None and queries.releases(asking.session, contract_id):
            reason = "something of it was released here; what is wrong in it is corrected with `gateway correct`"
            raise AdoptionRefused(contract=contract_id, rule="released", reason=reason)
        if known is None:
            asking.session.add(_row(gateway, contract, opening, text, signed, at=asking.now))
            for dispute in _disputes(contract, opening, at=asking.now):
                asking.session.add(dispute)
        asking.uow.record(
            ContractAdopted(
                contract=contract_id,
                last_window=opening.last_window,
                balances_sha256=opening.sha256,
                keys={one.organisation: one.kid for one in signed},
                stated_minor=sum(opening.amounts().values()),
                by=gateway.staff,
                decision=authorised.id,
                decision_sha256=authorised.sha256,
            )
        )
    return opening


def of(session: Session, contract_id: str) -> Opening | None:
    """The opening balances in force, or None. Raises `SettlementMismatch` where text and signatures do not agree."""
    row = queries.opening(session, contract_id)
    if row is None:
        return None
    try:
        versions = queries.contract_versions(session, contract_id)
        version = next(one for one in versions if one.sha256 == row.contract_sha256)
        contract = load_contract(version.text, file=version.file_name)
        opening = load_opening(row.text, contract, file=row.file_name)
        keys = {one["organisation"]: one["kid"] for one in row.signed}
        _check_whole(contract, [checked(contract, opening, one["token"], keys) for one in row.signed])
        if (opening.sha256, list(opening.windows)) != (row.sha256, row.windows):
            raise ValueError("the row and its text differ")
    except Exception as error:
        raise SettlementMismatch(contract=contract_id, window="", reason=f"opening balances: {error}") from None
    return opening


def checked(contract: Contract, opening: Opening, token: str, keys: Mapping[str, str]) -> Endorsed:
    """One party's signature under these balances, with the key that is known for it. Raises `AdoptionRefused`."""
    try:
        read = endorsement.read(token, typ=TYPE, shapes=_SHAPES)
    except (ValueError, KeyError, TypeError) as error:
        raise AdoptionRefused(contract=contract.id, rule="signature", reason=str(error)) from None
    claims = read.claims
    if claims["contract"] != _agreement(contract):
        raise AdoptionRefused(contract=contract.id, rule="contract", reason="it was signed for another contract text")
    if claims["balances_sha256"] != opening.sha256:
        raise AdoptionRefused(contract=contract.id, rule="balances", reason="other balances were signed than these")
    named = [{"organisation": party.organisation, "role": party.role} for party in staters(contract)]
    if claims["party"] not in named:
        raise AdoptionRefused(contract=contract.id, rule="party", reason="it was signed for nobody who states balances")
    organisation = claims["party"]["organisation"]
    if keys.get(organisation) != read.kid:
        reason = f"{organisation} signed with the key {read.kid}, which is not the one that was told"
        raise AdoptionRefused(contract=contract.id, rule="key", reason=reason)
    return Endorsed(organisation, claims["party"]["role"], read.kid, token)


def _agreement(contract: Contract) -> dict[str, Any]:
    return {"id": contract.id, "version": contract.version, "rules_sha256": contract.sha256}


def _check_whole(contract: Contract, signed: Sequence[Endorsed]) -> None:
    """Everybody who states the balances signed them, once and with a key of their own."""
    wanted = sorted((party.organisation, party.role) for party in staters(contract))
    found = sorted((one.organisation, one.role) for one in signed)
    if found != wanted:
        missing = ", ".join(f"{name} ({role})" for name, role in wanted if (name, role) not in found)
        reason = f"the signature of {missing} is missing" if missing else "somebody's signature is there twice"
        raise AdoptionRefused(contract=contract.id, rule="signatures", reason=reason)
    if len({one.kid for one in signed}) < len({one.organisation for one in signed}):
        raise AdoptionRefused(contract=contract.id, rule="own-key", reason="two parties signed with one key")


def _row(
    gateway: Gateway, contract: Contract, opening: Opening, text: bytes, signed: Sequence[Endorsed], *, at: datetime
) -> OpeningRow:
    return OpeningRow(
        contract_id=contract.id,
        contract_sha256=contract.sha256,
        windows=list(opening.windows),
        file_name=opening.file,
        text=text,
        sha256=opening.sha256,
        signed=[
            {"organisation": one.organisation, "role": one.role, "kid": one.kid, "token": one.token} for one in signed
        ],
        by=gateway.staff,
        at=at,
    )
