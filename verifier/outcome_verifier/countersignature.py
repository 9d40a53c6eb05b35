"""Countersignatures: an auditor looked at the source rows of a sample, and signs what it found of one attestation."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from outcome_verifier import endorsement
from outcome_verifier.shapes import fields, is_contract, is_count, is_digest, is_text, is_uuid

TYPE = "audit-countersignature+jwt"
VERDICTS = ("agreed", "deviations")
CLOCK_SKEW_SECONDS = 60
MOST = 16
_SHAPES = {
    "attestation": fields(jti=is_uuid, sha256=is_digest),
    "contract": is_contract,
    "window": is_text,
    "auditor": is_text,  # an organisation, as the programme writes it
    # `size` of `population` people, drawn by `seed`; `items_sha256` binds what was found of each of them
    "sample": fields(size=is_count, population=is_count, seed=is_digest, items_sha256=is_digest),
    "verdict": lambda value: isinstance(value, str) and value in VERDICTS,
}


@dataclass(frozen=True, slots=True)
class Countersignature:
    """What an auditor found. `kid` is the key that said it, `at` the auditor's own time in Unix seconds."""

    auditor: str
    kid: str
    verdict: str
    size: int  # people looked at
    population: int  # people in the cohort
    at: int


def read(token: str, *, claims: Mapping[str, Any], jwt_sha256: str, now: int) -> Countersignature:
    """A countersignature of the attestation with these visible claims and this SHA-256 of its JWT.

    Raises `ValueError`, `KeyError` or `TypeError`. Whose the key is, is another question.
    """
    found = endorsement.read(token, typ=TYPE, shapes=_SHAPES)
    said, sample = found.claims, found.claims["sample"]
    if said["attestation"] != {"jti": claims["jti"], "sha256": jwt_sha256}:
        raise ValueError("it is about another attestation")
    if said["contract"] != claims["contract"] or said["window"] != claims["window"]["label"]:
        raise ValueError("it is about another contract or window")
    if not 0 < sample["size"] <= sample["population"]:
        raise ValueError("its sample is empty, or larger than the cohort")
    if not claims["iat"] - CLOCK_SKEW_SECONDS <= said["iat"] <= now + CLOCK_SKEW_SECONDS:
        raise ValueError("it was signed before the attestation, or in the future")
    return Countersignature(
        said["auditor"], found.kid, said["verdict"], sample["size"], sample["population"], said["iat"]
    )


def check_all(
    tokens: Sequence[str],
    *,
    claims: Mapping[str, Any],
    shown: Mapping[str, Any],
    jwt_sha256: str,
    dependent: Collection[str],
    now: int,
) -> tuple[Countersignature, ...]:
    """The countersignatures, in their order; there may be none.

    `dependent` are keys of the issuer and of the parties: whoever audits is none of them. Raises `ValueError`,
    `KeyError` or `TypeError` where one is not genuine.
    """
    if len(tokens) > MOST:
        raise ValueError("more countersignatures than a bundle may hold")
    found = tuple(read(token, claims=claims, jwt_sha256=jwt_sha256, now=now) for token in tokens)
    if any(one.kid in dependent for one in found):
        raise ValueError("a countersignature was signed with a key of the issuer or of a party")
    if any(one.population != shown.get("participants", one.population) for one in found):
        raise ValueError("a countersignature is about another number of people")
    if len({one.kid for one in found}) != len(found):
        raise ValueError("an auditor countersigns twice")
    return found
