"""Keys and certificates that others issued: RSA seals, and the certificate path where the reader gives anchors."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from outcome_verifier import b64, canonical, jws
from outcome_verifier.errors import ReceiptInvalid, VerificationError
from outcome_verifier.verify import Demands, verify_bundle
from tests.support.bundles import NOW, Issuer, SigningKey


def number(value: int) -> str:
    return b64.encode(value.to_bytes((value.bit_length() + 7) // 8, "big"))


@dataclass
class RsaKey:
    """An RSA key pair that signs with one algorithm, in the place of `SigningKey`."""

    private: RSAPrivateKey
    alg: str

    @property
    def jwk(self) -> dict[str, str]:
        numbers = self.private.public_key().public_numbers()
        return {"e": number(numbers.e), "kty": "RSA", "n": number(numbers.n)}

    @property
    def public_jwk(self) -> dict[str, str]:
        return self.jwk

    @property
    def kid(self) -> str:
        return jws.thumbprint(self.jwk)

    def sign(self, message: bytes) -> bytes:
        pss = padding.PSS(padding.MGF1(SHA256()), 32)
        return self.private.sign(message, pss if self.alg == "PS256" else padding.PKCS1v15(), SHA256())

    def compact(self, header: dict[str, Any], payload: dict[str, Any]) -> str:
        parts = [b64.encode(canonical.dumps(part)) for part in ({"kid": self.kid, **header}, payload)]
        return ".".join([*parts, b64.encode(self.sign(".".join(parts).encode()))])


@pytest.fixture(scope="module")
def private() -> RSAPrivateKey:
    return generate_rsa_key(public_exponent=65_537, key_size=2048)


def sealed_by(private: RSAPrivateKey, alg: str) -> Issuer:
    issuer = Issuer()
    issuer.key = RsaKey(private, alg)
    return issuer


def bundle_of(issuer: Issuer, header: dict[str, Any]) -> bytes:
    """The attestation with this header; the status list is signed by the same key."""
    claims = canonical.loads(b64.decode(Issuer().status().split(".")[1]))
    status = issuer.compact({"alg": issuer.key.alg, "typ": "statuslist+jwt"}, claims)
    return issuer.bundle(issuer.token(header=issuer.header(**header)), status=status)


@pytest.mark.parametrize("alg", ["PS256", "RS256"])
def test_a_seal_with_an_rsa_key_verifies(private: RSAPrivateKey, alg: str) -> None:
    issuer = sealed_by(private, alg)
    found = verify_bundle(bundle_of(issuer, {"alg": alg}), issuer.trust(), now=NOW)
    assert found.checks[1].detail == f"a strict SD-JWT VC, {alg}"


@pytest.mark.parametrize(
    ("alg", "named"), [("PS256", "RS256"), ("PS256", "ES256"), ("RS256", "PS256"), ("RS256", "ES256")]
)
def test_a_token_that_names_another_algorithm_than_signed_it_is_refused(
    private: RSAPrivateKey, alg: str, named: str
) -> None:
    issuer = sealed_by(private, alg)
    with pytest.raises(VerificationError) as caught:
        verify_bundle(bundle_of(issuer, {"alg": named}), issuer.trust(), now=NOW)
    said = "an ES256 signature has 64 bytes" if named == "ES256" else "the signature is wrong"
    assert str(caught.value) == said


def signed_by(signature: bytes, alg: str, message: bytes = b"message") -> jws.Jws:
    return jws.Jws({"alg": alg}, {}, message, signature)


def test_a_signature_belongs_to_its_text_and_to_one_type_of_key(private: RSAPrivateKey) -> None:
    elliptic = SigningKey.drawn(lambda count: b"\x07" * count)
    keys = {"ES256": elliptic, "PS256": RsaKey(private, "PS256"), "RS256": RsaKey(private, "RS256")}
    for alg, key in keys.items():
        signature, public = key.sign(b"message"), jws.public_key(key.jwk)
        jws.verify_signature(signed_by(signature, alg), public)
        with pytest.raises(ValueError, match=r"^the signature is wrong$"):
            jws.verify_signature(signed_by(signature, alg, b"another"), public)
        for other in set(keys) - {alg}:
            wrong_type = "ES256" in (alg, other)
            said = r"^the algorithm does not belong to the key$" if wrong_type else r"^the signature is wrong$"
            with pytest.raises(ValueError, match=said):
                jws.verify_signature(signed_by(signature, other), public)


def test_a_salt_of_another_length_is_not_ps256(private: RSAPrivateKey) -> None:
    """RFC 7518 §3.5: the salt is as long as the digest."""
    public = jws.public_key(RsaKey(private, "PS256").jwk)
    pss = padding.PSS(padding.MGF1(SHA256()), 20)
    with pytest.raises(ValueError, match="the signature is wrong"):
        jws.verify_signature(signed_by(private.sign(b"message", pss, SHA256()), "PS256"), public)


def rsa(n: int, e: int = 65_537) -> dict[str, str]:
    return {"e": number(e), "kty": "RSA", "n": number(n)}


@pytest.mark.parametrize("bits", [2048, 3072, 4096])
def test_an_rsa_key_has_2048_to_4096_bits(bits: int) -> None:
    n = (1 << bits - 1) + 1
    assert jws.public_key(rsa(n)).public_numbers().n == n


WEAK = {
    "one bit too few": rsa((1 << 2046) + 1),
    "one bit too many": rsa((1 << 4096) + 1),
    "another exponent": rsa((1 << 2047) + 1, 3),
    "an even modulus": rsa((1 << 2047) + 2),
    "an odd half of an even modulus": rsa((1 << 2047) + 6),
}


@pytest.mark.parametrize("name", WEAK)
def test_a_weak_rsa_key_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"^an RSA key has 2048 to 4096 bits and the exponent 65537$"):
        jws.public_key(WEAK[name])


@pytest.mark.parametrize("member", ["n", "e"])
def test_an_rsa_number_has_one_text(member: str) -> None:
    good = rsa((1 << 2047) + 1)
    for data in (b"", b"\x00" + b64.decode(good[member])):
        with pytest.raises(ValueError, match=r"^an RSA number has leading zero bytes$"):
            jws.public_key({**good, member: b64.encode(data)})
    with pytest.raises(ValueError, match=r"^not a public EC or RSA key$"):
        jws.public_key({**good, "d": "AQAB"})


class Authority:
    """A root that issues seal certificates for a day before and a day after `NOW`."""

    def __init__(self) -> None:
        self.key = generate_private_key(SECP256R1())
        self.root = self.issue("A root", self.key, is_ca=True)

    def issue(self, name: str, key: EllipticCurvePrivateKey, *, is_ca: bool = False) -> x509.Certificate:
        subject, issuer = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in (name, "A root"))
        at = datetime.fromtimestamp(NOW, UTC)
        builder = x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(at - timedelta(days=1)).not_valid_after(at + timedelta(days=1))
        if is_ca:
            builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        return builder.sign(self.key, SHA256())

    @property
    def anchors(self) -> Demands:
        return Demands(anchors=self.root.public_bytes(Encoding.PEM))


def sealed(issuer: Issuer, certificate: x509.Certificate, *, logged_at: int = NOW) -> bytes:
    text = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
    return issuer.bundle(issuer.token(header=issuer.header(x5c=[text])), logged_at=logged_at)


def test_a_seal_leads_to_the_readers_anchor_at_the_logged_time() -> None:
    issuer, authority = Issuer(), Authority()
    data = sealed(issuer, authority.issue("Opdigtet Kommune", issuer.key.private))
    found = verify_bundle(data, issuer.trust(), now=NOW + 10 * 86_400, demands=authority.anchors)
    assert found.profile == "certificate"
    assert found.checks[5].detail.endswith("when its key was valid, sealed by CN=Opdigtet Kommune")
    assert not any("fingerprint" in point for point in found.not_checked)
    pinned = verify_bundle(data, issuer.trust(), now=NOW)
    assert pinned.profile == "pinned-key"
    assert pinned.checks[5].detail.endswith("when its key was valid")


def test_a_seal_of_another_authority_or_time_or_key_is_refused() -> None:
    issuer, authority = Issuer(), Authority()
    good = authority.issue("Opdigtet Kommune", issuer.key.private)
    late = NOW + 2 * 86_400
    other_key = authority.issue("Opdigtet Kommune", generate_private_key(SECP256R1()))
    cases = [
        (sealed(issuer, good), Authority().anchors, "does not lead to an anchor"),
        (sealed(issuer, good, logged_at=late), authority.anchors, "at that time"),
        (sealed(issuer, other_key), authority.anchors, "another key than the one that signed"),
        (issuer.bundle(), authority.anchors, r"^the attestation carries no certificate, and anchors were given$"),
    ]
    for data, demands, said in cases:
        with pytest.raises(ReceiptInvalid, match=said):
            verify_bundle(data, issuer.trust(), now=late, demands=demands)
