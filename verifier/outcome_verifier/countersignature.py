"""Countersignatures: an auditor looked at the source rows of a sample, and signs what it found of one attestation."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from outcome_verifier import endorsement
from outcome_verifier.acceptance import Acceptance
from outcome_verifier.shapes import Shape, fields, is_contract, is_count, is_digest, is_text, is_uuid

TYPE = "audit-countersignature+jwt"
AGREED, DEVIATIONS = VERDICTS = ("agreed", "deviations")
CLOCK_SKEW_SECONDS = 60
MOST = 16
# `size` of `population` people, drawn by `seed`, as the attestation's draw number `draw`: whoever draws until a sample
# fits is seen. `items_sha256` binds what was found of each of them
is_sample = fields(size=is_count, population=is_count, draw=is_count, seed=is_digest, items_sha256=is_digest)
FINDINGS: dict[str, Shape] = {
    "auditor": is_text,  # an organisation, as the programme writes it
    "sample": is_sample,
    "verdict": lambda value: isinstance(value, str) and value in VERDICTS,
}
_SHAPES: dict[str, Shape] = {
    "attestation": fields(jti=is_uuid, sha256=is_digest),
    "contract": is_contract,
    "window": is_text,
    **FINDINGS,
}


@dataclass(frozen=True, slots=True)
class Countersignature:
    """What an auditor found. `kid` is the key that said it, `at` the auditor's own time in Unix seconds."""

    auditor: str
    kid: str
    verdict: str
    size: int  # people looked at
    population: int  # people in the cohort
    draw: int  # which draw of this attestation it was; the first is 1
    at: int

    @property
    def sample_said(self) -> str:
        """How many people were looked at, of how many, and in which draw."""
        return sample_in_words(self.size, self.population, self.draw)

    def __str__(self) -> str:
        said = self.verdict if self.verdict == AGREED else self.verdict.upper()
        return f'countersigned "{said}" by {self.auditor}: {self.sample_said}'


def sample_in_words(size: int, population: int, draw: int) -> str:
    """A sample, for a person."""
    return f"{size} of {population} people, draw {draw}"


def claims(findings: Mapping[str, Any], *, visible: Mapping[str, Any], jwt_sha256: str, at: int) -> dict[str, Any]:
    """What an auditor signs: its findings (auditor, sample, verdict) of the attestation with these visible claims."""
    return {
        "attestation": {"jti": visible["jti"], "sha256": jwt_sha256},
        "contract": dict(visible["contract"]),
        "window": visible["window"]["label"],
        **{name: findings[name] for name in FINDINGS},
        "iat": at,
    }


def read(token: str, *, claims: Mapping[str, Any], jwt_sha256: str, now: int) -> Countersignature:
    """A countersignature of the attestation with these visible claims and this SHA-256 of its JWT.

    Raises `ValueError`. Whose the key is, is another question.
    """
    found = endorsement.read(token, typ=TYPE, shapes=_SHAPES)
    said, sample = found.claims, found.claims["sample"]
    if said["attestation"] != {"jti": claims["jti"], "sha256": jwt_sha256}:
        raise ValueError("a countersignature is of another attestation")
    if said["contract"] != claims["contract"] or said["window"] != claims["window"]["label"]:
        raise ValueError("a countersignature is about another contract or window")
    if not 0 < sample["size"] <= sample["population"]:
        raise ValueError("a countersignature's sample is empty, or larger than the cohort")
    if sample["draw"] < 1:
        raise ValueError("a countersignature's draw has no number")
    if not claims["iat"] - CLOCK_SKEW_SECONDS <= said["iat"] <= now + CLOCK_SKEW_SECONDS:
        raise ValueError("a countersignature was signed before the attestation, or in the future")
    counts = sample["size"], sample["population"], sample["draw"]
    return Countersignature(said["auditor"], found.kid, said["verdict"], *counts, said["iat"])


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

    `dependent` are the thumbprints of the issuer's and the parties' keys: whoever audits has none of them. Raises
    `ValueError` where one is not genuine.
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


def check_independent(found: Sequence[Countersignature], accepted: Sequence[Acceptance]) -> None:
    """Raise `ValueError` where an auditor calls itself by the name of a party."""
    if {one.auditor for one in found} & {party.organisation for party in accepted}:
        raise ValueError("a countersignature is by a party of the contract")


def check_demanded(found: Sequence[Countersignature], keys: Collection[str]) -> None:
    """Raise `ValueError` unless each of these keys, which the reader knows some other way, says that it agreed."""
    verdicts = {one.kid: one.verdict for one in found}
    for key in sorted(set(keys)):
        if key not in verdicts:
            raise ValueError(f"no countersignature was signed with the key {key}")
        if verdicts[key] != AGREED:
            raise ValueError(f"the countersignature with the key {key} says {verdicts[key]}")
