"""What both an attestation and the one that replaces it must pass: a trusted signature, and a place in the log."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from outcome_verifier import canonical, jws, sdjwt
from outcome_verifier.bundle import Logged, attestation_leaf
from outcome_verifier.claims import check_figures, check_shapes
from outcome_verifier.errors import ReplacedBy
from outcome_verifier.note import Checkpoint
from outcome_verifier.proof import verify_proof
from outcome_verifier.trust import TrustFile
from outcome_verifier.trusted_key import TrustedKey

CLOCK_SKEW_SECONDS = 60


def check_signature(presentation: sdjwt.SdJwt, trust: TrustFile) -> TrustedKey:
    """The trusted key that signed the token; whether it was its time is `check_receipt`'s question."""
    key = trust.keys.get(presentation.token.header["kid"])
    if key is None:
        raise ValueError("the token was signed with a key that the trust file does not hold")
    jws.verify_signature(presentation.token, key.key)
    return key


def check_claims(claims: Mapping[str, Any], trust: TrustFile, now: int) -> None:
    """Issuer, type and times of the visible claims."""
    if claims.get("iss") != trust.issuer:
        raise ValueError("the issuer is not the one of the trust file")
    if claims["vct"] not in trust.vct:
        raise ValueError("the type (vct) is not one of the trust file")
    for name in ("nbf", "iat", "exp"):
        if (name != "exp" or name in claims) and not canonical.is_instant(claims.get(name)):
            raise ValueError(f"{name} is not a time in whole seconds")
    if claims["nbf"] > now + CLOCK_SKEW_SECONDS or claims["iat"] > now + CLOCK_SKEW_SECONDS:
        raise ValueError("the attestation is not valid yet")
    if "exp" in claims and claims["exp"] < now - CLOCK_SKEW_SECONDS:
        raise ValueError("the attestation has expired")


def check_receipt(
    logged: Logged, presentation: sdjwt.SdJwt, key: TrustedKey, trust: TrustFile, now: int
) -> tuple[Checkpoint, int]:
    """The checkpoint and index of the token in the log that it names, at a time at which its key was valid.

    The time is the log's, not the token's: who steals a signing key can backdate a token and cannot backdate the log.
    """
    claims = presentation.token.payload
    log = trust.logs.get(claims["log"]["origin"])
    if log is None:
        raise ValueError("the attestation names a log that the trust file does not hold")
    digest = hashlib.sha256(presentation.jwt.encode("ascii")).hexdigest()
    leaf = attestation_leaf(claims["jti"], digest, claims["status"]["status_list"]["idx"], logged.logged_at)
    checkpoint, index = verify_proof(logged.receipt, leaf_data=canonical.dumps(leaf), key=log)
    if not claims["iat"] - CLOCK_SKEW_SECONDS <= logged.logged_at <= now + CLOCK_SKEW_SECONDS:
        raise ValueError("the time in the log lies before the attestation's own, or in the future")
    if not key.covers(logged.logged_at):
        raise ValueError("the key was not valid at the logged time")
    return checkpoint, index


def check_successor(successor: Logged, replaced: sdjwt.SdJwt, trust: TrustFile, now: int) -> ReplacedBy:
    """What replaced an attestation; `ValueError` where it is not genuine, or replaces another one."""
    presentation = sdjwt.parse(successor.attestation)
    key = check_signature(presentation, trust)
    shown = sdjwt.disclosed_claims(presentation)
    claims, old = presentation.token.payload, replaced.token.payload
    check_claims(claims, trust, now)
    check_shapes(claims, shown)
    check_figures(shown)
    check_receipt(successor, presentation, key, trust, now)
    digest = hashlib.sha256(replaced.jwt.encode("ascii")).hexdigest()
    if claims.get("supersedes") != {"jti": old["jti"], "sha256": digest}:
        raise ValueError("the attestation in superseded_by replaces another one")
    same = ("vct", "template", "recipient", "window", "municipality")
    if any(claims[name] != old[name] for name in same) or claims["contract"]["id"] != old["contract"]["id"]:
        raise ValueError("the attestation in superseded_by is about something else")
    if claims["seq"] <= old["seq"]:
        raise ValueError("the attestation in superseded_by is not the later one")
    return ReplacedBy(claims["jti"], claims["seq"], claims["iat"], shown.get("difference", {}))
