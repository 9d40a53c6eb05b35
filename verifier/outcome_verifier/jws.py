"""Strict compact JWS with ES256 (RFC 7515, RFC 7518 §3.4): one algorithm, known header members, one encoding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from outcome_verifier import b64, canonical

_COORDINATE_BYTES = 32
_MOST_CHARACTERS = 262_144


@dataclass(frozen=True, slots=True)
class Jws:
    """A parsed token. Nothing in it is trusted before `verify_signature`."""

    header: Mapping[str, Any]
    payload: Mapping[str, Any]
    signing_input: bytes
    signature: bytes


def parse(text: str, *, typ: str, members: frozenset[str]) -> Jws:
    """Read a compact token; `ValueError` for anything that is not exactly the expected kind.

    `members` are the header members that may stand beside `alg`, `typ` and `kid`; `crit`, `jku`, `x5u` and
    `jwk` are never among them, so a token cannot bring its own rules or its own key.
    """
    parts = text.split(".")
    if len(parts) != 3 or len(text) > _MOST_CHARACTERS:
        raise ValueError("not a compact JWS")
    header, payload = _object(parts[0]), _object(parts[1])
    if header.get("alg") != "ES256":
        raise ValueError("the algorithm is not ES256")
    if header.get("typ") != typ:
        raise ValueError(f"the type is not {typ}")
    if not isinstance(header.get("kid"), str):
        raise ValueError("the header names no key")
    unknown = set(header) - {"alg", "typ", "kid"} - members
    if unknown:
        raise ValueError(f"the header has members that are not understood: {', '.join(map(ascii, sorted(unknown)))}")
    signature = b64.decode(parts[2])
    if len(signature) != 2 * _COORDINATE_BYTES:
        raise ValueError("an ES256 signature has 64 bytes")
    return Jws(header, payload, f"{parts[0]}.{parts[1]}".encode("ascii"), signature)


def verify_signature(token: Jws, key: EllipticCurvePublicKey) -> None:
    """Raise `ValueError` unless this key signed the token."""
    r = int.from_bytes(token.signature[:_COORDINATE_BYTES], "big")
    s = int.from_bytes(token.signature[_COORDINATE_BYTES:], "big")
    try:
        key.verify(encode_dss_signature(r, s), token.signing_input, ECDSA(SHA256()))
    except InvalidSignature:
        raise ValueError("the signature is wrong") from None


def public_key(jwk: Mapping[str, Any]) -> EllipticCurvePublicKey:
    """The key of a P-256 JWK; `ValueError` where it is none or lies off the curve."""
    if (jwk.get("kty"), jwk.get("crv")) != ("EC", "P-256") or "d" in jwk:
        raise ValueError("not a public P-256 key")
    x, y = (b64.decode(str(jwk.get(name, ""))) for name in ("x", "y"))
    if len(x) != _COORDINATE_BYTES or len(y) != _COORDINATE_BYTES:
        raise ValueError("a coordinate is not 32 bytes")
    numbers = EllipticCurvePublicNumbers(int.from_bytes(x, "big"), int.from_bytes(y, "big"), SECP256R1())
    return numbers.public_key()


def _object(text: str) -> dict[str, Any]:
    value = canonical.loads(b64.decode(text))
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value
