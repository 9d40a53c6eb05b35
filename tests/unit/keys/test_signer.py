"""Signers: raw ES256 signatures that others verify, thumbprints as the RFC computes them, one key per log."""

from __future__ import annotations

from datetime import UTC, datetime

import jwt
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from keys.errors import KeyUnknown
from keys.keystore import KeyStore
from keys.signer import FileSigner, log_key, signer_from_uri, thumbprint
from outcome_verifier import b64

MADE_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def keystore(tmp_path_factory: pytest.TempPathFactory) -> KeyStore:
    return KeyStore.create(tmp_path_factory.mktemp("store") / "keys", b"p", now=MADE_AT, is_development=True)


def public_key(signer: FileSigner) -> EllipticCurvePublicKey:
    """The key that the published JWK describes: what a verifier has."""
    x, y = (int.from_bytes(b64.decode(signer.public_jwk[name]), "big") for name in ("x", "y"))
    return EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()


def test_a_signature_is_64_raw_bytes_that_the_published_key_verifies(keystore: KeyStore) -> None:
    signer = signer_from_uri("file:attestation", keystore)
    for message in [f"message {n}".encode() for n in range(64)]:  # some have a short r or s
        signature = signer.sign(message)
        assert len(signature) == 64
        r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
        public_key(signer).verify(encode_dss_signature(r, s), message, ECDSA(SHA256()))
        with pytest.raises(InvalidSignature):
            public_key(signer).verify(encode_dss_signature(r, s), message + b".", ECDSA(SHA256()))


def test_another_library_accepts_the_signature(keystore: KeyStore) -> None:
    signer = signer_from_uri("file:token", keystore)
    head, body = b64.encode(b'{"alg":"ES256"}'), b64.encode(b'{"sub":"x"}')
    token = f"{head}.{body}.{b64.encode(signer.sign(f'{head}.{body}'.encode()))}"
    assert jwt.decode(token, public_key(signer), algorithms=["ES256"]) == {"sub": "x"}


def test_what_a_signer_says_of_itself(keystore: KeyStore) -> None:
    signer = signer_from_uri("file:attestation", keystore)
    assert signer.alg == "ES256"
    assert signer.is_development
    assert signer.kid == thumbprint(signer.public_jwk) != signer_from_uri("file:token", keystore).kid
    assert set(signer.public_jwk) == {"kty", "crv", "x", "y"}, "the public key alone"
    assert f"{signer!r}" == f"FileSigner({signer.kid})"


def test_the_thumbprint_of_a_published_key() -> None:
    """RFC 7515 appendix A.3.1's key; the digest was computed apart with `openssl dgst` over RFC 7638 §3.2's form."""
    jwk = {
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    }
    assert thumbprint(jwk) == "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U"
    assert thumbprint({**dict(reversed(jwk.items())), "kid": "k", "use": "sig"}) == thumbprint(jwk), "members sorted"


@pytest.mark.parametrize(
    "uri", ["attestation", "file:", "file:nobody", "file:vault", "file:log-attest", "vault:attestation", ""]
)
def test_another_uri_is_refused(keystore: KeyStore, uri: str) -> None:
    with pytest.raises(KeyUnknown):
        signer_from_uri(uri, keystore)


def test_each_log_has_its_own_key(keystore: KeyStore) -> None:
    logs = [log_key(keystore, log, f"gateway.example/{log}") for log in ("attest", "payment", "access")]
    assert len({log.public_bytes for log in logs}) == 3
    for log in logs:
        assert log.name == log.origin
        signature = log.sign(b"checkpoint")
        Ed25519PublicKey.from_public_bytes(log.public_bytes).verify(signature, b"checkpoint")
        with pytest.raises(InvalidSignature):
            Ed25519PublicKey.from_public_bytes(log.public_bytes).verify(signature, b"checkpoint.")
    assert repr(logs[0]) == "LogKey(gateway.example/attest)"


def test_no_other_key_signs_a_log(keystore: KeyStore) -> None:
    with pytest.raises(KeyUnknown):
        log_key(keystore, "other", "gateway.example/other")
