"""Use cases: the parties of a contract accept its text, each with a key of its own. Nothing comes into force before.

The municipality signs with the key that signs its attestations. The others sign elsewhere, with keys that they keep.
Each tells the thumbprint of its key in some other way, such as on the signed annex, and who takes the acceptance in
types it. An organisation keeps its key from contract to contract until it is said that another replaces it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from gateway.contracts import accepted, waiting
from gateway.contracts.declarations import read_declared
from gateway.contracts.fitting import check_fits
from gateway.errors.acceptances import AcceptanceRefused
from gateway.events.acceptances import AcceptanceRecorded
from gateway.installation.gateway import Gateway
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.store.contract_tables import AcceptanceRow
from gateway.store.unit_of_work import UnitOfWork
from outcome_verifier import acceptance, endorsement
from outcome_verifier.acceptance import Acceptance


def accept(gateway: Gateway, contract_file: Path, programme_file: Path) -> Contract:
    """Accept a contract text as the municipality, in each of its roles; again, where all of it stands, changes nothing.

    Raises what `read_declared` raises, `ProgrammeInvalid` where the programme does not fit, `NoActiveKey`,
    `AcceptancesCorrupt`.
    """
    declared = read_declared(gateway, contract_file, programme_file)
    contract = declared.contract
    check_fits(contract, declared.programme)
    with gateway.write() as uow:
        own, keys = accepted.own_parties(gateway, contract), accepted.issuer_keys(gateway, uow.session)
        stands = accepted.standing(uow.session, contract)
        kept = [stands[party] for party in own if party in stands]
        if len(kept) == len(own) and all(keys[row.kid].covers(int(row.at.timestamp())) for row in kept):
            return contract
        signer, at = gateway.signer(uow.session), int(uow.now.timestamp())
        for party in own:
            claims = acceptance.claims(
                contract.identity, waiting.parties(contract), party, trust=gateway.fingerprint, at=at
            )
            token = endorsement.sign(signer, typ=acceptance.TYPE, claims=claims)
            _record(uow, contract, Acceptance(*party, signer.kid, at), token)
    return contract


def take_in(gateway: Gateway, contract_file: Path, token: str, *, key: str, replaces_key: str = "") -> Acceptance:
    """Take in another party's acceptance; the same again changes nothing.

    `key` is the thumbprint that the party told in some other way. `replaces_key` is the thumbprint that it told before,
    where it now has another. Raises `DeclarationInvalid`, `ProgrammeMismatch` where the contract is another
    municipality's, `AcceptanceRefused`, `AcceptancesCorrupt`.
    """
    contract = load_contract(contract_file.read_bytes(), file=contract_file.name)
    with gateway.write() as uow:
        own = accepted.own_parties(gateway, contract)
        said = _read(gateway, uow, contract, token)
        party = (said.role, said.organisation)
        if said.kid != "".join(key.split()):
            raise _refusal(contract, f"{said} signed with the key {said.kid}, and another one was told")
        if party in own:
            raise _refusal(contract, f"{said} is the municipality, which runs `gateway contract accept`")
        before = _check_key(gateway, uow, contract, said, replaces_key)
        stands = accepted.standing(uow.session, contract)
        if party in stands and stands[party].token == token:
            return said
        _record(uow, contract, said, token, replaces=before)
    return said


def _read(gateway: Gateway, uow: UnitOfWork, contract: Contract, token: str) -> Acceptance:
    now = int(uow.now.timestamp())
    try:
        said, named = acceptance.read(token, contract=contract.identity, trust=gateway.fingerprint, now=now)
    except (ValueError, KeyError, TypeError) as error:
        raise _refusal(contract, str(error)) from None
    if named != waiting.parties(contract):
        raise _refusal(contract, "it names other parties than the contract")
    return said


def _check_key(gateway: Gateway, uow: UnitOfWork, contract: Contract, said: Acceptance, replaces: str) -> str:
    """The key that this one replaces, or empty. One organisation, one key; the issuer's are nobody else's."""
    if said.kid in {*accepted.issuer_keys(gateway, uow.session), gateway.anchor().kid, gateway.token_signer().kid}:
        raise _refusal(contract, f"{said} signed with a key of the municipality")
    known = accepted.known_keys(uow.session)
    others = sorted(name for name, kid in known.items() if kid == said.kid and name != said.organisation)
    if others:
        raise _refusal(contract, f"{said} signed with the key of {', '.join(others)}")
    before = known.get(said.organisation, said.kid)
    if before == said.kid:
        return ""
    if "".join(replaces.split()) != before:
        raise _refusal(
            contract,
            f"{said.organisation} accepted with the key {before} before; where it says that it has another, name the"
            " old one with --replaces-key",
        )
    return before


def _record(uow: UnitOfWork, contract: Contract, said: Acceptance, token: str, *, replaces: str = "") -> None:
    digest = hashlib.sha256(token.encode("ascii")).hexdigest()
    uow.session.merge(  # one that stood before another key was told may come again
        AcceptanceRow(
            token_sha256=digest,
            contract_id=contract.id,
            version=contract.version,
            rules_sha256=contract.sha256,
            role=said.role,
            organisation=said.organisation,
            kid=said.kid,
            token=token,
            at=uow.now,
        )
    )
    uow.record(
        AcceptanceRecorded(
            contract=contract.id,
            version=contract.version,
            rules_sha256=contract.sha256,
            role=said.role,
            organisation=said.organisation,
            key=said.kid,
            replaces=replaces,
            token_sha256=digest,
        )
    )


def _refusal(contract: Contract, reason: str) -> AcceptanceRefused:
    return AcceptanceRefused(contract=contract.id, reason=reason)
