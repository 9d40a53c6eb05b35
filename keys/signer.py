"""What signs: ES256 for attestations and tokens, Ed25519 for logs, found by URI.

`file:NAME` names a key of the key store. Other schemes are refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from keys.errors import KeyUnknown
from keys.keystore import KeyStore, StoredKey
from outcome_verifier import b64, canonical

_COORDINATE_BYTES = 32


class Signer(Protocol):
    """Signs bytes as a JWS algorithm; the signature is raw r || s, 64 bytes (RFC 7518 §3.4)."""

    @property
    def alg(self) -> str: ...
    @property
    def kid(self) -> str: ...
    @property
    def is_development(self) -> bool: ...
    @property
    def public_jwk(self) -> Mapping[str, str]: ...
    def sign(self, message: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True, repr=False)
class FileSigner:
    """An ES256 key from the key store."""

    _private: EllipticCurvePrivateKey
    is_development: bool
    created_at: int  # Unix seconds

    @property
    def alg(self) -> str:
        return "ES256"

    @property
    def public_jwk(self) -> Mapping[str, str]:
        numbers = self._private.public_key().public_numbers()
        x, y = (b64.encode(value.to_bytes(_COORDINATE_BYTES, "big")) for value in (numbers.x, numbers.y))
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y}

    @property
    def kid(self) -> str:
        return thumbprint(self.public_jwk)

    def sign(self, message: bytes) -> bytes:
        r, s = decode_dss_signature(self._private.sign(message, ECDSA(SHA256())))
        return r.to_bytes(_COORDINATE_BYTES, "big") + s.to_bytes(_COORDINATE_BYTES, "big")

    def __repr__(self) -> str:
        return f"FileSigner({self.kid})"


@dataclass(frozen=True, slots=True, repr=False)
class LogKey:
    """The Ed25519 key of one log; its name in notes is the log's origin."""

    origin: str
    _private: Ed25519PrivateKey

    @property
    def name(self) -> str:
        return self.origin

    @property
    def public_bytes(self) -> bytes:
        return self._private.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        return self._private.sign(message)

    def __repr__(self) -> str:
        return f"LogKey({self.origin})"


def signer_from_uri(uri: str, keystore: KeyStore) -> FileSigner:
    """The signer that a URI names; `KeyUnknown` for another scheme or name."""
    scheme, _, name = uri.partition(":")
    if scheme != "file":
        raise KeyUnknown(name=uri)
    stored = keystore.load(name)
    private = _private_key(stored)
    if not isinstance(private, EllipticCurvePrivateKey):
        raise KeyUnknown(name=name)
    return FileSigner(private, stored.is_development, int(stored.created_at.timestamp()))


def log_key(keystore: KeyStore, log: str, origin: str) -> LogKey:
    """The key of a log (`attest`, `payment` or `access`)."""
    private = _private_key(keystore.load(f"log-{log}"))
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyUnknown(name=f"log-{log}")
    return LogKey(origin, private)


def _private_key(stored: StoredKey) -> object:
    """The key pair of a stored key; `KeyUnknown` where it is a secret, which signs nothing."""
    if stored.kind == "secret":
        raise KeyUnknown(name=stored.name)
    return serialization.load_der_private_key(stored.private_bytes, password=None)


def thumbprint(jwk: Mapping[str, str]) -> str:
    """The RFC 7638 thumbprint of an EC key, base64url: the `kid` of every key here."""
    members = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
    return b64.encode(hashlib.sha256(canonical.dumps(members)).digest())
