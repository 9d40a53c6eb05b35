"""A certificate authority that exists for one run: keys for servers, clients and token services on loopback."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as ec_key
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as rsa_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from gateway.simulate.faults import Fault, Faults

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, repr=False)
class CertifiedKey:
    """A certificate and its private key, in one PEM file that its owner alone may read."""

    path: Path
    certificate: x509.Certificate


class Authority:
    """Issues certificates that are good for ten days around `now`, into a folder. `path` is its own certificate."""

    def __init__(self, folder: Path, *, now: datetime) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder, self._now = folder, now
        self._key = ec_key(SECP256R1())
        name = _name("Simulated authority")
        self._certificate = (
            _builder(name, name, self._key.public_key(), now - 5 * _DAY, now + 5 * _DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self._key, SHA256())
        )
        self.path = folder / "authority.pem"
        self.path.touch(mode=0o600)  # a secret by where it lies: whoever can change it decides whom we trust
        self.path.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, label: str, *, is_expired: bool = False, uses_rsa: bool = False) -> CertifiedKey:
        """A certificate for loopback servers and for clients alike. With `is_expired` it ended yesterday."""
        key: EllipticCurvePrivateKey | RSAPrivateKey
        key = rsa_key(65_537, 2_048) if uses_rsa else ec_key(SECP256R1())
        end = self._now - _DAY if is_expired else self._now + 5 * _DAY
        certificate = (
            _builder(_name(label), self._certificate.subject, key.public_key(), self._now - 5 * _DAY, end)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName(
                    [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
                ),
                critical=False,
            )
            .sign(self._key, SHA256())
        )
        path = self._folder / f"{label}.pem"
        path.touch(mode=0o600)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(pem + certificate.public_bytes(serialization.Encoding.PEM))
        return CertifiedKey(path, certificate)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: EllipticCurvePublicKey | RSAPublicKey, begin: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def server_context(
    identity: CertifiedKey,
    *,
    clients: Path | None = None,
    expired: CertifiedKey | None = None,
    faults: Faults | None = None,
) -> ssl.SSLContext:
    """TLS for an `HttpSource` that shows this certificate.

    With `clients`, only clients with a certificate of that authority are let in. With `expired`, that certificate is
    shown instead for as long as the fault is switched on.
    """
    context = _context(identity, clients)
    if expired is not None and faults is not None:
        other = _context(expired, clients)

        def choose(connection: ssl.SSLObject, _name: str | None, _: ssl.SSLContext) -> None:
            if faults.happens(Fault.EXPIRED_CERTIFICATE):
                connection.context = other

        context.sni_callback = choose  # called for every handshake, also of clients that name no server
    return context


def _context(identity: CertifiedKey, clients: Path | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity.path)
    if clients is not None:
        context.load_verify_locations(clients)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
