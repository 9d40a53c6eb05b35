"""Private keys that sign endorsements: PKCS#8 PEM files, perhaps encrypted, with a P-256 or an RSA key.

Imported by the commands that sign, and by the gateway's own signers; verifying needs none of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from outcome_verifier import b64, jws

_COORDINATE_BYTES = 32
PrivateKey = EllipticCurvePrivateKey | RSAPrivateKey


@dataclass(frozen=True, slots=True, repr=False)
class PemSigner:
    """A key pair from a PEM file."""

    _private: PrivateKey

    @property
    def alg(self) -> str:
        return "ES256" if isinstance(self._private, EllipticCurvePrivateKey) else "PS256"

    @property
    def public_jwk(self) -> Mapping[str, str]:
        return jwk_of(self._private.public_key())

    @property
    def kid(self) -> str:
        return jws.thumbprint(self.public_jwk)

    def sign(self, message: bytes) -> bytes:
        return sign_as(self._private, self.alg, message)

    def __repr__(self) -> str:
        return f"PemSigner({self.kid})"


def sign_as(private: PrivateKey, alg: str, message: bytes) -> bytes:
    """A JWS signature: raw r ‖ s of 64 bytes for ES256 (RFC 7518 §3.4), else RSA's (§3.3, §3.5)."""
    if isinstance(private, EllipticCurvePrivateKey):
        r, s = decode_dss_signature(private.sign(message, ECDSA(SHA256())))
        return r.to_bytes(_COORDINATE_BYTES, "big") + s.to_bytes(_COORDINATE_BYTES, "big")
    if alg == "PS256":
        return private.sign(message, PSS(MGF1(SHA256()), SHA256.digest_size), SHA256())
    return private.sign(message, PKCS1v15(), SHA256())


def jwk_of(key: EllipticCurvePublicKey | RSAPublicKey) -> dict[str, str]:
    """The public JWK of a P-256 or RSA key (RFC 7518 §6.2, §6.3), with no member to spare."""
    if isinstance(key, RSAPublicKey):
        return {"kty": "RSA", "n": _minimal(key.public_numbers().n), "e": _minimal(key.public_numbers().e)}
    point = key.public_numbers()
    x, y = (b64.encode(value.to_bytes(_COORDINATE_BYTES, "big")) for value in (point.x, point.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def make(path: Path, passphrase: bytes) -> PemSigner:
    """A new P-256 key in a new file that its owner alone can read, encrypted unless the passphrase is empty.

    Raises `FileExistsError`: no key is ever overwritten.
    """
    private = generate_private_key(SECP256R1())
    encryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    return PemSigner(private)


def load(path: Path, passphrase: Callable[[], bytes]) -> PemSigner:
    """The key of a PEM file; the passphrase is asked for only where the file is encrypted.

    Raises `ValueError` where the file holds no key that can sign here, or the passphrase is another one.
    """
    pem = path.read_bytes()
    private: object
    try:
        private = load_pem_private_key(pem, password=None)
    except TypeError:  # what the library raises for an encrypted key without a password
        private = _decrypt(path, pem, passphrase())
    except ValueError:
        raise ValueError(f"{path}: holds no private key in PEM") from None
    if isinstance(private, EllipticCurvePrivateKey) and not isinstance(private.curve, SECP256R1):
        raise ValueError(f"{path}: the curve is not P-256")
    if not isinstance(private, EllipticCurvePrivateKey | RSAPrivateKey):
        raise ValueError(f"{path}: holds neither a P-256 nor an RSA key")
    signer = PemSigner(private)
    jws.public_key(signer.public_jwk)  # what no verifier would accept is refused before it signs
    return signer


def _decrypt(path: Path, pem: bytes, passphrase: bytes) -> object:
    try:
        return load_pem_private_key(pem, password=passphrase)
    except (ValueError, TypeError):
        raise ValueError(f"{path}: the passphrase is another one") from None


def _minimal(value: int) -> str:
    return b64.encode(value.to_bytes((value.bit_length() + 7) // 8, "big"))
