"""The numbered checks of an evidence bundle, offline.

1 bundle        the file is exactly one canonical evidence bundle
2 token         the attestation is a strict SD-JWT VC
3 signature     a trusted issuer key, valid at the time of issue, signed it
4 disclosures   every presented claim belongs to it
5 claims        issuer, type, times, numbers and names are right
6 receipt       the trusted log that it names holds it
7 seals         the denominator was sealed as stated
8 status        it had not been revoked, as of the stapled list
9 contract      it was evaluated under the given contract file, and its figures add up

What was not checked is part of the result. `verify_bundle` raises at the first check that fails; it never
returns a verdict to be overlooked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from outcome_verifier import canonical, jws, sdjwt
from outcome_verifier.bundle import Bundle
from outcome_verifier.claims import check_figures, check_shapes
from outcome_verifier.errors import (
    BundleMalformed,
    ClaimsInvalid,
    ContractMismatch,
    DisclosureInvalid,
    ReceiptInvalid,
    SealInvalid,
    SignatureInvalid,
    StatusInvalid,
    TokenMalformed,
    VerificationError,
)
from outcome_verifier.note import Checkpoint
from outcome_verifier.proof import verify_proof
from outcome_verifier.statuslist import VALID, StatusToken, read_status
from outcome_verifier.trust import TrustFile

CLOCK_SKEW_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Check:
    number: int
    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class VerifiedOutcome:
    """An attestation that passed every check. `shown` holds the disclosed claims, `claims` the visible ones."""

    checks: tuple[Check, ...]
    not_checked: tuple[str, ...]
    claims: Mapping[str, Any]
    shown: Mapping[str, Any]
    withheld: int  # digests in the token without a disclosure: withheld claims and decoys
    status_as_of: int  # Unix seconds
    status_has_expired: bool


def verify_bundle(data: bytes, trust: TrustFile, *, now: int, contract: bytes | None = None) -> VerifiedOutcome:
    """Check a bundle against a trust file at an instant (Unix seconds); `contract` is the contract file's bytes.

    Raises the `VerificationError` of the first step that fails.
    """
    checks: list[Check] = []

    def passed(number: int, title: str, detail: str) -> None:
        checks.append(Check(number, title, detail))

    with _step(BundleMalformed):  # 1
        bundle = Bundle.load(data)
    passed(1, "bundle", f"{len(data)} bytes of canonical JSON")

    with _step(TokenMalformed):  # 2
        presentation = sdjwt.parse(bundle.attestation)
    claims = presentation.token.payload
    passed(2, "token", "a strict SD-JWT VC, ES256")

    with _step(SignatureInvalid):  # 3
        kid = _check_signature(presentation, trust)
    passed(3, "signature", f"by the issuer's key {kid}")

    with _step(DisclosureInvalid):  # 4
        shown = sdjwt.disclosed(presentation)
    withheld = len(claims.get("_sd", [])) - len(shown)
    passed(4, "disclosures", f"{len(shown)} claims shown, each belongs to the token")

    with _step(ClaimsInvalid):  # 5
        _check_claims(claims, trust, now)
        check_shapes(claims, shown)
    passed(5, "claims", f"{claims['vct']}, issued {instant(claims['iat'])}")

    with _step(ReceiptInvalid):  # 6
        checkpoint, index = _check_receipt(bundle, presentation, trust)
    passed(6, "receipt", f"entry {index} of {checkpoint.size} in the log {checkpoint.origin}")

    with _step(SealInvalid):  # 7
        sealed = _check_seals(bundle, claims, shown, trust)
    passed(7, "seals", sealed)

    with _step(StatusInvalid):  # 8
        status = _check_status(bundle, claims, trust, now)
    has_expired = status.expires_at is not None and status.expires_at < now
    late = ", by a list that has expired since" if has_expired else ""
    passed(8, "status", f"valid, status known as of {instant(status.as_of)}{late}")

    with _step(ContractMismatch):  # 9
        rules = _check_contract(claims, shown, contract)
    passed(9, "contract", rules)

    return VerifiedOutcome(
        tuple(checks),
        _not_checked(shown, contract, claims, has_expired=has_expired),
        claims,
        shown,
        withheld,
        status.as_of,
        has_expired,
    )


@contextmanager
def _step(error: type[VerificationError]) -> Iterator[None]:
    """Whatever is wrong inside becomes this step's error."""
    try:
        yield
    except VerificationError:
        raise
    except (ValueError, KeyError, TypeError) as cause:
        raise error(str(cause)) from None


def instant(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _check_signature(presentation: sdjwt.SdJwt, trust: TrustFile) -> str:
    key = trust.keys.get(presentation.token.header["kid"])
    if key is None:
        raise ValueError("the token was signed with a key that the trust file does not hold")
    jws.verify_signature(presentation.token, key.key)
    issued = presentation.token.payload.get("iat")
    if type(issued) is not int or not key.covers(issued):
        raise ValueError("the key was not valid at the token's time of issue")
    return key.kid


def _check_claims(claims: Mapping[str, Any], trust: TrustFile, now: int) -> None:
    if claims.get("iss") != trust.issuer:
        raise ValueError("the issuer is not the one of the trust file")
    if claims["vct"] not in trust.vct:
        raise ValueError("the type (vct) is not one of the trust file")
    for name in ("nbf", "iat", "exp"):
        if (name != "exp" or name in claims) and type(claims.get(name)) is not int:
            raise ValueError(f"{name} is not a time in seconds")
    if claims["nbf"] > now + CLOCK_SKEW_SECONDS or claims["iat"] > now + CLOCK_SKEW_SECONDS:
        raise ValueError("the attestation is not valid yet")
    if "exp" in claims and claims["exp"] < now - CLOCK_SKEW_SECONDS:
        raise ValueError("the attestation has expired")


def _check_receipt(bundle: Bundle, presentation: sdjwt.SdJwt, trust: TrustFile) -> tuple[Checkpoint, int]:
    claims = presentation.token.payload
    key = trust.logs.get(claims["log"]["origin"])
    if key is None:
        raise ValueError("the attestation names a log that the trust file does not hold")
    leaf = {
        "v": 1,
        "type": "attestation",
        "jti": claims["jti"],
        "sha256": hashlib.sha256(presentation.jwt.encode("ascii")).hexdigest(),
        "status": claims["status"]["status_list"]["idx"],
    }
    return verify_proof(bundle.receipt, leaf_data=canonical.dumps(leaf), key=key)


def _check_seals(bundle: Bundle, claims: Mapping[str, Any], shown: Mapping[str, Any], trust: TrustFile) -> str:
    keys = [key for origin, key in trust.logs.items() if origin.endswith("/attest")]
    if len(keys) != 1:
        raise ValueError("the trust file holds no attest log")
    logged = {}
    for seal in bundle.seals:
        _, index = verify_proof(seal.proof, leaf_data=canonical.dumps(seal.leaf), key=keys[0])
        logged[seal.leaf["sha256"]] = index
    if "cohort_seals" not in shown:
        return f"{len(logged)} logged; the denominator is withheld"
    for entry in shown["cohort_seals"]:
        body = {name: entry[name] for name in ("batch", "count", "root", "sealed_on")}
        sealed = canonical.dumps({"contract": claims["contract"]["id"], **body})
        if hashlib.sha256(bytes.fromhex(entry["nonce"]) + sealed).hexdigest() not in logged:
            raise ValueError("a batch was not sealed as the attestation says")
    if len(logged) != len(shown["cohort_seals"]) or len(logged) != len(bundle.seals):
        raise ValueError("the bundle proves other seals than the attestation names")
    people = sum(entry["count"] for entry in shown["cohort_seals"])
    if shown.get("participants", people) != people:
        raise ValueError("the sealed batches do not add up to the participants")
    return f"{people} people, sealed in {len(logged)} logged batch(es)"


def _check_status(bundle: Bundle, claims: Mapping[str, Any], trust: TrustFile, now: int) -> StatusToken:
    reference = claims["status"]["status_list"]
    status = read_status(bundle.status, keys=trust.keys, uri=reference["uri"], index=reference["idx"], now=now)
    if status.value != VALID:
        raise ValueError(f"the attestation was revoked, status known as of {instant(status.as_of)}")
    return status


def _check_contract(claims: Mapping[str, Any], shown: Mapping[str, Any], contract: bytes | None) -> str:
    check_figures(shown)
    if contract is None:
        return "the shown figures do not contradict each other; rules not compared, no contract file was given"
    if hashlib.sha256(contract).hexdigest() != claims["contract"]["rules_sha256"]:
        raise ValueError("the contract file is not the one that was evaluated")
    return f"evaluated under the given contract file, version {claims['contract']['version']}"


def _not_checked(
    shown: Mapping[str, Any], contract: bytes | None, claims: Mapping[str, Any], *, has_expired: bool
) -> tuple[str, ...]:
    """What a reader might believe was checked, and was not."""
    open_points = [
        "that the registers are right: the municipality states what they show",
        "the order of events: no witness signed the log; compare it with a checkpoint that you kept",
        "the time of issue: no time-stamping authority confirmed it",
        "that the key belongs to the municipality: that rests on the trust file's fingerprint",
    ]
    if has_expired:
        open_points.append("whether it was revoked later: the stapled status list has expired, ask for a new one")
    if contract is None:
        open_points.append("that the rules are those you accepted: give the contract file with --contract")
    if "cohort_seals" not in shown:
        open_points.append("the denominator: the seals that would prove it are withheld")
    if claims.get("demo"):
        open_points.append("anything real: the attestation is signed with a development key")
    return tuple(open_points)
