"""The parties of a simulated contract: each accepts with a key that is the same in every run, and no secret."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key

from gateway.contracts import acceptances, accepted, waiting
from gateway.installation.gateway import Gateway
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from keys.signer import FileSigner
from outcome_verifier import acceptance, endorsement


@cache
def party_key(name: str) -> FileSigner:
    """The software key of a test organisation."""
    secret = int.from_bytes(hashlib.sha256(f"test key of {name}".encode()).digest(), "big")
    return FileSigner(derive_private_key(secret, SECP256R1()), "ES256", True)


def signed_acceptance(
    contract: Contract,
    party: tuple[str, str],
    *,
    trust: str,
    at: datetime,
    key: FileSigner | None = None,
    parties: list[tuple[str, str]] | None = None,
) -> str:
    """What a party sends; `key` and `parties` are its own and the contract's unless another is given."""
    named = waiting.parties(contract) if parties is None else parties
    claims = acceptance.claims(contract.identity, named, party, trust=trust, at=int(at.timestamp()))
    return endorsement.sign(key or party_key(party[1]), typ=acceptance.TYPE, claims=claims)


def others(gateway: Gateway, contract: Contract) -> list[tuple[str, str]]:
    """Every party but the municipality."""
    own = accepted.own_parties(gateway, contract)
    return [party for party in waiting.parties(contract) if party not in own]


def accept_all(gateway: Gateway, contract_file: Path, programme_file: Path) -> None:
    """The municipality accepts, and takes in what every other party signed."""
    acceptances.accept(gateway, contract_file, programme_file)
    take_in_others(gateway, contract_file)


def take_in_others(gateway: Gateway, contract_file: Path) -> None:
    contract = load_contract(contract_file.read_bytes(), file=contract_file.name)
    for party in others(gateway, contract):
        token = signed_acceptance(contract, party, trust=gateway.fingerprint, at=gateway.clock())
        acceptances.take_in(gateway, contract_file, token, key=party_key(party[1]).kid)
