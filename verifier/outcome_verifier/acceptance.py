"""Acceptances: each party of a contract signs, with a key of its own, that it accepts one text and one trust anchor.

Every signer signs the whole list of parties, so a single honest one is enough to show whether the others are missing.
The municipality signs with its issuer's key; nobody else does.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from outcome_verifier import endorsement
from outcome_verifier.shapes import is_contract, is_digest, is_party, list_of
from outcome_verifier.trusted_key import TrustedKey

TYPE = "contract-acceptance+jwt"
PAYER, INVESTOR = "outcome_payer", "investor"
CLOCK_SKEW_SECONDS = 60
MOST = 16
_SHAPES = {"contract": is_contract, "parties": list_of(is_party), "party": is_party, "trust": is_digest}


@dataclass(frozen=True, slots=True)
class Acceptance:
    """One party's yes. `kid` is the key that said it, `at` the party's own time in Unix seconds; `is_issuer` where all
    were checked together and the key is the issuer's."""

    role: str
    organisation: str
    kid: str
    at: int
    is_issuer: bool = False

    def __str__(self) -> str:
        return f"{self.role}/{self.organisation}"


def claims(
    contract: Mapping[str, Any], parties: Collection[tuple[str, str]], party: tuple[str, str], *, trust: str, at: int
) -> dict[str, Any]:
    """What a party signs. Parties are (role, organisation); `trust` is the fingerprint of the trust file, in any
    grouping."""
    named = [{"role": role, "organisation": organisation} for role, organisation in sorted(parties)]
    return {
        "contract": dict(contract),
        "parties": named,
        "party": {"role": party[0], "organisation": party[1]},
        "trust": trust.replace(" ", ""),
        "iat": at,
    }


def read(token: str, *, contract: Mapping[str, Any], trust: str, now: int) -> tuple[Acceptance, list[tuple[str, str]]]:
    """An acceptance of this contract text under this trust anchor, and the parties that it names.

    Raises `ValueError`. Whose the key is, is another question.
    """
    found = endorsement.read(token, typ=TYPE, shapes=_SHAPES)
    said = found.claims
    if said["contract"] != contract:
        raise ValueError("an acceptance is of another contract text")
    if said["trust"] != trust.replace(" ", ""):
        raise ValueError("an acceptance is under another trust anchor")
    if said["iat"] > now + CLOCK_SKEW_SECONDS:
        raise ValueError("an acceptance was signed in the future")
    named = [(party["role"], party["organisation"]) for party in said["parties"]]
    if named != sorted(set(named)) or said["party"] not in said["parties"]:
        raise ValueError("an acceptance names parties out of order, twice, or without the one that signed")
    return Acceptance(said["party"]["role"], said["party"]["organisation"], found.kid, said["iat"]), named


def check_all(
    tokens: Sequence[str], *, contract: Mapping[str, Any], trust: str, issuer_keys: Mapping[str, TrustedKey], now: int
) -> tuple[Acceptance, ...]:
    """The acceptances of every party that any of them names, by role and organisation.

    `trust` is the trust file's fingerprint, `issuer_keys` are its keys by thumbprint. Raises `ValueError` where one is
    missing, is not genuine, comes twice, or was signed by somebody else's key.
    """
    if not tokens:
        raise ValueError("no party has accepted the contract")
    if len(tokens) > MOST:
        raise ValueError("more acceptances than a contract may have parties")
    read_all = [read(token, contract=contract, trust=trust, now=now) for token in tokens]
    found, named = [acceptance for acceptance, _ in read_all], read_all[0][1]
    if any(parties != named for _, parties in read_all):
        raise ValueError("the acceptances name different parties")
    accepted = [(one.role, one.organisation) for one in found]
    missing = sorted(set(named) - set(accepted))
    if missing:
        raise ValueError(f"{', '.join('/'.join(party) for party in missing)} has not accepted the contract")
    if len(accepted) != len(named):
        raise ValueError("a party accepts the contract twice")
    _check_keys(found, issuer_keys)
    named_issuer = [replace(one, is_issuer=one.kid in issuer_keys) for one in found]
    return tuple(sorted(named_issuer, key=lambda one: (one.role, one.organisation)))


def check_fit(found: Sequence[Acceptance], *, recipient: Mapping[str, Any], anchor: str) -> None:
    """Raise `ValueError` unless the attestation is for one of the parties, in a role in which it accepted.

    `anchor` is the thumbprint of the manifest key, which is the issuer's and accepts for nobody.
    """
    if (recipient["role"], recipient["organisation"]) not in {(one.role, one.organisation) for one in found}:
        raise ValueError("the attestation is for somebody who is no party of the accepted contract")
    if any(one.kid == anchor for one in found):
        raise ValueError("an acceptance was signed with the issuer's manifest key")


def check_demanded(found: Sequence[Acceptance], keys: Collection[str]) -> None:
    """Raise `ValueError` unless each of these keys, which the reader knows some other way, signed an acceptance."""
    missing = sorted(set(keys) - {one.kid for one in found})
    if missing:
        raise ValueError(f"no acceptance was signed with the key {', '.join(missing)}")


def _check_keys(found: Sequence[Acceptance], issuer_keys: Mapping[str, TrustedKey]) -> None:
    """A key accepts for one organisation; the issuer's keys for one payer, always, and for nobody else."""
    owners: dict[str, str] = {}
    for one in found:
        if owners.setdefault(one.kid, one.organisation) != one.organisation:
            raise ValueError("two organisations accept the contract with one key")
    own = {one.organisation for one in found if one.kid in issuer_keys}
    if len(own) != 1:
        raise ValueError("the issuer accepts the contract for several organisations, or for none")
    if not own <= {one.organisation for one in found if one.role == PAYER}:
        raise ValueError("the issuer's key accepts the contract for a party that does not pay")
    for one in found:
        if one.organisation not in own:
            continue
        if one.kid not in issuer_keys:
            raise ValueError("the issuer accepts the contract with a key that the trust file does not hold")
        if not issuer_keys[one.kid].covers(one.at):
            raise ValueError("the issuer's key was not valid when it accepted the contract")
