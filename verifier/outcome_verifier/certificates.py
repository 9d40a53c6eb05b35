"""The certificate path of a seal (header `x5c`), checked offline against the verifier's own anchors (RFC 5280).

Imported only where anchors are given: it is most of what the command would load.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from outcome_verifier.jws import PublicKey

_MOST_CERTIFICATES = 6


def load_anchors(pem: bytes) -> list[x509.Certificate]:
    """The certificates of a PEM file; `ValueError` where it holds none."""
    return x509.load_pem_x509_certificates(pem)


def check_path(x5c: object, key: PublicKey, anchors: Sequence[x509.Certificate], *, at: int) -> str:
    """The subject of the certificate that holds `key`, whose path led to an anchor at an instant (Unix seconds).

    A seal certificate has no host name and often no extended key usage, so neither is asked for; an issuing
    certificate must be a CA. Raises `ValueError`.
    """
    leaf, *issuers = _certificates(x5c)
    public = leaf.public_key()
    if not isinstance(public, EllipticCurvePublicKey | RSAPublicKey) or public != key:
        raise ValueError("the certificate holds another key than the one that signed")
    authorities = ExtensionPolicy.permit_all().require_present(x509.BasicConstraints, Criticality.AGNOSTIC, _is_ca)
    policy = (
        PolicyBuilder()
        .store(Store(list(anchors)))
        .time(datetime.fromtimestamp(at, UTC).replace(tzinfo=None))
        .extension_policies(ca_policy=authorities, ee_policy=ExtensionPolicy.permit_all())
    )
    try:
        policy.build_client_verifier().verify(leaf, issuers)
    except VerificationError as error:
        raise ValueError(f"the certificate's path does not lead to an anchor at that time: {error}") from None
    return leaf.subject.rfc4514_string()


def _certificates(x5c: object) -> list[x509.Certificate]:
    """The certificates of an `x5c` member, leaf first (RFC 7515 §4.1.6)."""
    if not isinstance(x5c, list) or not 1 <= len(x5c) <= _MOST_CERTIFICATES:
        raise ValueError("x5c is not a list of certificates")
    try:
        return [x509.load_der_x509_certificate(base64.b64decode(str(text), validate=True)) for text in x5c]
    except binascii.Error:
        raise ValueError("x5c is not base64") from None


def _is_ca(_policy: object, _certificate: x509.Certificate, extension: x509.BasicConstraints | None) -> None:
    if extension is None or not extension.ca:
        raise ValueError("an issuing certificate is not a CA")
