"""Endorsements: statements that others than the issuer sign about its contracts and attestations, each a compact JWS.

The key comes with the statement and is nothing by itself: it says that one signer said all of this, and not who that
is. Whoever relies on it compares the key's thumbprint with one that was told some other way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from outcome_verifier import b64, canonical, jws
from outcome_verifier.shapes import Shape


class JwsSigner(Protocol):
    """What signs: `sign` gives a JWS signature by `alg` (raw r ‖ s for ES256, RFC 7518 §3.4)."""

    @property
    def alg(self) -> str: ...
    @property
    def kid(self) -> str: ...
    @property
    def public_jwk(self) -> Mapping[str, str]: ...
    def sign(self, message: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Endorsement:
    """A statement whose signature fits the key that came with it. `kid` is the key's RFC 7638 thumbprint."""

    kid: str
    claims: Mapping[str, Any]


def sign(signer: JwsSigner, *, typ: str, claims: Mapping[str, Any]) -> str:
    """The statement as a compact JWS over canonical JSON, with the signer's public key in its header."""
    header = {"alg": signer.alg, "typ": typ, "kid": signer.kid, "jwk": dict(signer.public_jwk)}
    protected, payload = (b64.encode(canonical.dumps(part)) for part in (header, dict(claims)))
    signature = signer.sign(f"{protected}.{payload}".encode("ascii"))
    return f"{protected}.{payload}.{b64.encode(signature)}"


def read(token: str, *, typ: str, shapes: Mapping[str, Shape]) -> Endorsement:
    """A statement of one type with exactly these claims, each of its shape, and `iat`, a time.

    Raises `ValueError` for anything else.
    """
    parsed = jws.parse(token, typ=typ, members=frozenset({"jwk"}))
    jwk = parsed.header.get("jwk")
    if not isinstance(jwk, dict):
        raise ValueError("the header brings no key")
    key = jws.public_key(jwk)
    if jws.thumbprint(jwk) != parsed.header["kid"]:
        raise ValueError("the key id is not the thumbprint of the key that came along")
    jws.verify_signature(parsed, key)
    expected: dict[str, Shape] = {"iat": canonical.is_instant, **shapes}
    if set(parsed.payload) != set(expected):
        raise ValueError(f"the claims are not exactly {', '.join(sorted(expected))}")
    for name, shape in expected.items():
        if not shape(parsed.payload[name]):
            raise ValueError(f"the claim {name} has the wrong form")
    return Endorsement(parsed.header["kid"], parsed.payload)
