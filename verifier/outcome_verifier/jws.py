"""Strict compact JWS (RFC 7515) with ES256, PS256 or RS256 (RFC 7518 §3.3–3.5): known members, one encoding.

ES256 is what a gateway signs with. The RSA algorithms are for seal certificates whose key is RSA; a key has one
type, so a token cannot choose an algorithm that its key does not have.
"""

from __future__ import annotations

import hashlib
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
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from outcome_verifier import b64, canonical

PublicKey = EllipticCurvePublicKey | RSAPublicKey
ALGORITHMS = ("ES256", "PS256", "RS256")
_COORDINATE_BYTES = 32
_RSA_BITS = range(2048, 4097)
_RSA_EXPONENT = 65_537
_MOST_CHARACTERS = 262_144
_MEMBERS = {"EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n")}  # RFC 7638 §3.2


@dataclass(frozen=True, slots=True)
class Jws:
    """A parsed token. Nothing in it is trusted before `verify_signature`."""

    header: Mapping[str, Any]
    payload: Mapping[str, Any]
    signing_input: bytes
    signature: bytes


def parse(text: str, *, typ: str, members: frozenset[str]) -> Jws:
    """Read a compact token; `ValueError` for anything that is not exactly the expected kind.

    `members` are the header members that may stand beside `alg`, `typ` and `kid`. `crit`, `jku` and `x5u` are never
    among them, and `jwk` only in an endorsement, whose key is nobody's by itself: no token brings its own rules, and
    none that the issuer must have signed its own key.
    """
    parts = text.split(".")
    if len(parts) != 3 or len(text) > _MOST_CHARACTERS:
        raise ValueError("not a compact JWS")
    header, payload = _object(parts[0]), _object(parts[1])
    if header.get("alg") not in ALGORITHMS:
        raise ValueError(f"the algorithm is not one of {', '.join(ALGORITHMS)}")
    if header.get("typ") != typ:
        raise ValueError(f"the type is not {typ}")
    if not isinstance(header.get("kid"), str):
        raise ValueError("the header names no key")
    unknown = set(header) - {"alg", "typ", "kid"} - members
    if unknown:
        raise ValueError(f"the header has members that are not understood: {', '.join(map(ascii, sorted(unknown)))}")
    signature = b64.decode(parts[2])
    if header["alg"] == "ES256" and len(signature) != 2 * _COORDINATE_BYTES:
        raise ValueError("an ES256 signature has 64 bytes")
    return Jws(header, payload, f"{parts[0]}.{parts[1]}".encode("ascii"), signature)


def verify_signature(token: Jws, key: PublicKey) -> None:
    """Raise `ValueError` unless this key signed the token, with an algorithm of the key's own type."""
    algorithm = token.header["alg"]
    try:
        if isinstance(key, EllipticCurvePublicKey) and algorithm == "ES256":
            r = int.from_bytes(token.signature[:_COORDINATE_BYTES], "big")
            s = int.from_bytes(token.signature[_COORDINATE_BYTES:], "big")
            key.verify(encode_dss_signature(r, s), token.signing_input, ECDSA(SHA256()))
        elif isinstance(key, RSAPublicKey) and algorithm == "PS256":
            padding = PSS(MGF1(SHA256()), SHA256.digest_size)  # RFC 7518 §3.5
            key.verify(token.signature, token.signing_input, padding, SHA256())
        elif isinstance(key, RSAPublicKey) and algorithm == "RS256":
            key.verify(token.signature, token.signing_input, PKCS1v15(), SHA256())
        else:
            raise ValueError("the algorithm does not belong to the key")
    except InvalidSignature:
        raise ValueError("the signature is wrong") from None


def public_key(jwk: Mapping[str, Any]) -> PublicKey:
    """The key of a public JWK with no member to spare; `ValueError` where it is none, weak, or off the curve."""
    members = _MEMBERS.get(str(jwk.get("kty")))
    if members is None or set(jwk) != set(members) or not all(isinstance(value, str) for value in jwk.values()):
        raise ValueError("not a public EC or RSA key")
    if jwk["kty"] == "RSA":
        if any(b64.decode(jwk[name])[:1] in (b"", b"\x00") for name in ("n", "e")):
            raise ValueError("an RSA number has leading zero bytes")  # RFC 7518 §6.3.1: one text for one value
        n, e = (int.from_bytes(b64.decode(jwk[name]), "big") for name in ("n", "e"))
        if n.bit_length() not in _RSA_BITS or e != _RSA_EXPONENT or not n & 1:
            raise ValueError("an RSA key has 2048 to 4096 bits and the exponent 65537")
        return RSAPublicNumbers(e, n).public_key()
    if jwk["crv"] != "P-256":
        raise ValueError("the curve is not P-256")
    x, y = (b64.decode(jwk[name]) for name in ("x", "y"))
    if len(x) != _COORDINATE_BYTES or len(y) != _COORDINATE_BYTES:
        raise ValueError("a coordinate is not 32 bytes")
    numbers = EllipticCurvePublicNumbers(int.from_bytes(x, "big"), int.from_bytes(y, "big"), SECP256R1())
    return numbers.public_key()


def thumbprint(jwk: Mapping[str, str]) -> str:
    """The RFC 7638 thumbprint of a public JWK, base64url: the `kid` of every key here."""
    members = {name: jwk[name] for name in _MEMBERS[jwk["kty"]]}
    return b64.encode(hashlib.sha256(canonical.dumps(members)).digest())


def _object(text: str) -> dict[str, Any]:
    value = canonical.loads(b64.decode(text))
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value
