"""Client assertions (RFC 7523 `private_key_jwt`) and access tokens (RFC 9068 `at+jwt`), checked strictly.

One algorithm, one issuer, one audience, required claims, a bounded life, and a `typ` that keeps the kinds of
token apart: an assertion is no access token and an attestation is neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from jwt.exceptions import (
    InvalidAlgorithmError,
    InvalidAudienceError,
    InvalidIssuerError,
    InvalidJTIError,
    InvalidSignatureError,
    InvalidSubjectError,
    MissingRequiredClaimError,
    PyJWTError,
)

from gateway.attestations.jws import sign_compact
from gateway.errors.installation import Unauthenticated
from keys.signer import Signer
from outcome_verifier import b64
from vocabulary.cpr_in_text import REASON, holds_cpr

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_LIFE_SECONDS = 60
_CLOCK_SKEW_SECONDS = 10
MOST_CHARACTERS = 8192
_HEADER_WORDS = {"alg", "typ", "kid"}


@dataclass(frozen=True, slots=True)
class Assertion:
    """A client assertion whose signature, audience and life are checked; its `jti` is not yet used up."""

    client_id: str
    jti: str
    expires_at: int  # Unix seconds


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A verified access token: who calls, for which organisation, in which role."""

    client_id: str
    jti: str


def claimed_client(assertion: str) -> str:
    """The client id that an unverified assertion names, only for finding the key to check it with."""
    try:
        claims = jwt.decode(_well_formed_token(assertion), options={"verify_signature": False})
    except PyJWTError:
        raise Unauthenticated(reason="the client assertion is not a JWT") from None
    subject: object = claims.get("sub")
    if not _is_name(subject):
        raise Unauthenticated(reason="the client assertion names no client")
    return str(subject)


def verify_assertion(assertion: str, *, client_id: str, jwk: Mapping[str, Any], issuer: str, now: int) -> Assertion:
    """The assertion, if this client's key signed it for this issuer and it lives at most a minute.

    `iss` and `sub` must both be the client id, `aud` the issuer and nothing else (RFC 7523 §3).
    """
    claims = _decode(
        assertion,
        jwk=jwk,
        types={None, "JWT", "client-authentication+jwt"},
        issuer=client_id,
        audience=issuer,
        now=now,
    )
    if claims["sub"] != client_id:
        raise Unauthenticated(reason="the assertion's subject is another client")
    if claims["exp"] <= claims["iat"]:
        raise Unauthenticated(reason="the assertion ends before it begins")
    if claims["exp"] - claims["iat"] > ASSERTION_LIFE_SECONDS:
        raise Unauthenticated(reason=f"an assertion may live {ASSERTION_LIFE_SECONDS} seconds at most")
    return Assertion(client_id, claims["jti"], claims["exp"])


def issue_access_token(
    signer: Signer, *, client_id: str, issuer: str, audience: str, jti: str, now: int, life_seconds: int
) -> str:
    """A signed access token that names the client; its organisation and role are read anew at each call."""
    claims = {
        "iss": issuer,
        "sub": client_id,
        "client_id": client_id,
        "aud": audience,
        "iat": now,
        "exp": now + life_seconds,
        "jti": jti,
    }
    return sign_compact(signer, header={"typ": "at+jwt", "kid": signer.kid}, claims=claims)


def verify_access_token(token: str, *, jwk: Mapping[str, Any], issuer: str, audience: str, now: int) -> AccessToken:
    """The access token, if this gateway signed it for its own API and it has not expired."""
    claims = _decode(token, jwk=jwk, types={"at+jwt"}, issuer=issuer, audience=audience, now=now)
    client_id = claims.get("client_id")
    if not isinstance(client_id, str) or client_id != claims["sub"]:
        raise Unauthenticated(reason="the token names no client")
    return AccessToken(client_id, claims["jti"])


def _decode(
    token: str, *, jwk: Mapping[str, Any], types: set[str | None], issuer: str, audience: str, now: int
) -> dict[str, Any]:
    try:
        header = jwt.get_unverified_header(_well_formed_token(token))
        # compared one by one: a `typ` that is a list has no hash
        if set(header) - _HEADER_WORDS or not any(header.get("typ") == known for known in types):
            raise Unauthenticated(reason="the token's header is of another kind")
        claims: dict[str, Any] = jwt.decode(
            token,
            jwt.PyJWK(dict(jwk), algorithm="ES256"),
            algorithms=["ES256"],
            issuer=issuer,
            audience=audience,
            options={
                "require": ["exp", "iat", "iss", "aud", "sub", "jti"],
                "strict_aud": True,
                # the clock is this use case's one instant, checked below; PyJWT would read its own
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except PyJWTError as error:
        raise Unauthenticated(reason=_reason(error, audience)) from None
    not_before = claims.get("nbf", 0)
    if not all(type(value) is int for value in (claims["iat"], claims["exp"], not_before)) or not _is_name(
        claims["jti"]
    ):
        raise Unauthenticated(reason="the token's claims have the wrong types")
    if max(claims["iat"], not_before) > now + _CLOCK_SKEW_SECONDS:
        raise Unauthenticated(reason="the token is not valid yet")
    if holds_cpr(claims["jti"]):  # it is kept until it expires
        raise Unauthenticated(reason=f"the token's jti {REASON}")
    if claims["exp"] <= claims["iat"]:
        raise Unauthenticated(reason="the token ends before it begins")
    if claims["exp"] <= now:
        raise Unauthenticated(reason="the token has expired")
    return claims


def _reason(error: PyJWTError, audience: str) -> str:
    """Which of its causes it was, in words of ours: PyJWT's text may quote the token.

    The signature is checked first, so what is told of claims is told to whoever holds the key. An unknown client and a
    wrong key are one answer.
    """
    match error:
        case InvalidSignatureError():
            return "no key that counts for this client signed the token"
        case InvalidAlgorithmError():
            return "the token is not signed with ES256"
        case MissingRequiredClaimError():
            return f"the token has no {error.claim}"
        case InvalidIssuerError():
            return "the token's iss is not whose key signed it: an assertion's is the client's id"
        case InvalidAudienceError():
            return f"the token's aud is not {audience}, as one text and nothing else"
        case InvalidSubjectError() | InvalidJTIError():
            return "the token's claims have the wrong types"
        case _:
            return "the token is not a JWT that can be read"


def _well_formed_token(token: str) -> str:
    """The token, if it is not too long and its parts are base64url as RFC 7515 §2 writes it: one text a token."""
    if len(token) > MOST_CHARACTERS:
        raise Unauthenticated(reason="the token is too long")
    try:
        for part in token.split("."):
            b64.decode(part)
    except ValueError:
        raise Unauthenticated(reason="the token is not a JWT") from None
    return token


def _is_name(value: object) -> bool:
    """Text that a database takes and a log shows: not empty, no control character, no lone surrogate."""
    return isinstance(value, str) and bool(value) and value.isprintable()
