"""What signs, found by URI: attestations and tokens with ES256, PS256 or RS256, logs with Ed25519.

`file:NAME` names a key of the key store. `pkcs11:…` (RFC 7512) names a key in a hardware token; its module is loaded
only then. Other schemes are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from keys.errors import KeyUnknown
from keys.keystore import KeyStore, StoredKey
from outcome_verifier import endorsement
from outcome_verifier.jws import thumbprint
from outcome_verifier.signing import jwk_of, sign_as

KINDS = {"ES256": "p256", "PS256": "rsa", "RS256": "rsa"}  # JWS algorithm -> kind in the key store


class Signer(endorsement.JwsSigner, Protocol):
    """What signs a JWS, and says whether it is a development key."""

    @property
    def is_development(self) -> bool: ...


@dataclass(frozen=True, slots=True, repr=False)
class FileSigner:
    """A key pair from the key store."""

    _private: EllipticCurvePrivateKey | RSAPrivateKey
    alg: str
    is_development: bool

    @property
    def public_jwk(self) -> Mapping[str, str]:
        return jwk_of(self._private.public_key())

    @property
    def kid(self) -> str:
        return thumbprint(self.public_jwk)

    def sign(self, message: bytes) -> bytes:
        return sign_as(self._private, self.alg, message)

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


def signer_from_uri(uri: str, keystore: KeyStore, *, alg: str = "ES256") -> Signer:
    """The signer that a URI names.

    Raises `KeyUnknown` for another scheme, name or kind of key, `SignerUnavailable` where a token does not answer.
    """
    scheme, _, name = uri.partition(":")
    if alg not in KINDS:
        raise KeyUnknown(name=f"{uri} for {alg}")
    if scheme == "pkcs11":
        from keys.pkcs11 import open_signer

        return open_signer(uri, alg=alg)
    if scheme != "file":
        raise KeyUnknown(name=uri)
    stored = keystore.load(name)
    private = _private_key(stored)
    wanted = EllipticCurvePrivateKey if KINDS[alg] == "p256" else RSAPrivateKey
    if not isinstance(private, wanted):
        raise KeyUnknown(name=f"{name} for {alg}")
    return FileSigner(private, alg, stored.is_development)


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
