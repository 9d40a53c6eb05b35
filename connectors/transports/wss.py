"""Web Services Security: messages that we sign, and signed answers, of which only what was signed is read.

What the municipal services ask for (OIO IDWS; the policies in their WSDL files: `AsymmetricBinding`, `Basic256Sha256`,
`ProtectTokens`, `OnlySignEntireHeadersAndBody`): RSA with SHA-256 over exclusive C14N of the body, the timestamp, the
addressing headers and the token. The token is signed through its reference (WSS SOAP Message Security 1.1 §8.3,
`STR-Transform`), which the library for XML signatures does not know; so signing is here, and verifying is the
library's, with the certificate that the declaration pins and nothing that the answer brings.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from connectors.errors import SecretMissing, SourceMalformed
from connectors.transports.xml import Element, element, read, xml_bytes

WSA = "{http://www.w3.org/2005/08/addressing}"
WSSE = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd}"
WSSE11 = "{http://docs.oasis-open.org/wss/oasis-wss-wssecurity-secext-1.1.xsd}"
WSU = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd}"
DS = "{http://www.w3.org/2000/09/xmldsig#}"
SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"
SOAP = {
    "1.1": "{http://schemas.xmlsoap.org/soap/envelope/}",
    "1.2": "{http://www.w3.org/2003/05/soap-envelope}",
}
ANONYMOUS = "http://www.w3.org/2005/08/addressing/anonymous"
SKEW = timedelta(minutes=2)  # how far the two clocks may be apart
_LIVES = timedelta(minutes=5)  # a message of ours
_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
_SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
_MESSAGE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0"
_X509 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3"
_SAML_PROFILE = "http://docs.oasis-open.org/wss/oasis-wss-saml-token-profile-1.1"
SAML2_TOKEN = f"{_SAML_PROFILE}#SAMLV2.0"
_STR_TRANSFORM = f"{_MESSAGE}#STR-Transform"

# the library writes whole messages to its log at level debug: personal data, whatever the level of the root is
logging.getLogger("signxml.processor").addFilter(lambda record: record.levelno >= logging.WARNING)


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """Our certificate and its key, which prove to the services who asks."""

    certificate: x509.Certificate
    key: RSAPrivateKey

    @property
    def der_base64(self) -> str:
        return base64.b64encode(self.certificate.public_bytes(serialization.Encoding.DER)).decode("ascii")


def load_identity(path: str, *, name: str) -> Identity:
    """The certificate and the key of a PEM file; `SecretMissing` where it holds no RSA key or no certificate of it."""
    content = Path(path).read_bytes()
    try:
        key = serialization.load_pem_private_key(content, None)
        certificate = x509.load_pem_x509_certificate(content)
    except (ValueError, TypeError):
        raise SecretMissing(name=name, reason="is no PEM file with a key without password and a certificate") from None
    if not isinstance(key, RSAPrivateKey) or certificate.public_key() != key.public_key():
        raise SecretMissing(name=name, reason="must hold an RSA key and its own certificate first")
    return Identity(certificate, key)


def load_certificate(path: str, *, name: str) -> x509.Certificate:
    """A pinned certificate; `SecretMissing` where the file is none."""
    try:
        return x509.load_pem_x509_certificate(Path(path).read_bytes())
    except ValueError:
        raise SecretMissing(name=name, reason="is no PEM file with a certificate") from None


def instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parsed_instant(text: str, *, source: str) -> datetime:
    """An `xs:dateTime` with a zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise SourceMalformed(source=source, reason="a time of its security header is none, or has no zone")
    return moment


def message_id() -> str:
    return f"urn:uuid:{uuid.uuid4()}"


@dataclass(frozen=True, slots=True)
class Addressing:
    """WS-Addressing 1.0 of one request."""

    action: str
    to: str
    message_id: str


def signed_message(
    version: str,
    body: Element,
    addressing: Addressing,
    identity: Identity,
    *,
    now: datetime,
    headers: Sequence[Element] = (),
    assertion: Element | None = None,
) -> bytes:
    """A SOAP message with everything signed that the services ask for.

    Without an assertion the certificate itself is the token (towards the token service); with one, the assertion, whose
    confirmation is that we hold the key that signs.
    """
    soap = SOAP[version]
    must = {f"{soap}mustUnderstand": "1"}
    timestamp = element(
        f"{WSU}Timestamp",
        element(f"{WSU}Created", instant(now)),
        element(f"{WSU}Expires", instant(now + _LIVES)),
        attributes={f"{WSU}Id": "timestamp"},
    )
    security = element(f"{WSSE}Security", timestamp, attributes=must)
    addressed = [
        element(f"{WSA}Action", addressing.action, attributes=must | {f"{WSU}Id": "action"}),
        element(f"{WSA}MessageID", addressing.message_id, attributes={f"{WSU}Id": "message-id"}),
        element(f"{WSA}ReplyTo", element(f"{WSA}Address", ANONYMOUS), attributes={f"{WSU}Id": "reply-to"}),
        element(f"{WSA}To", addressing.to, attributes=must | {f"{WSU}Id": "to"}),
    ]
    enclosed = element(f"{soap}Body", body, attributes={f"{WSU}Id": "body"})
    envelope = element(f"{soap}Envelope", element(f"{soap}Header", *headers, *addressed, security), enclosed)
    signed = [enclosed, *headers, *addressed, timestamp]
    if assertion is None:
        token = _certificate_token(identity)
        security.append(token)
        references = [_reference(one) for one in [*signed, token]]
        key_reference = element(
            f"{WSSE}SecurityTokenReference",
            element(f"{WSSE}Reference", attributes={"URI": "#certificate", "ValueType": _X509}),
        )
    else:
        security.append(assertion)
        named = _assertion_reference(assertion)
        named.set(f"{WSU}Id", "assertion")
        security.append(named)
        references = [*(_reference(one) for one in signed), _assertion_digest(assertion)]
        key_reference = _assertion_reference(assertion)
    security.append(_signature(identity, references, key_reference))
    return xml_bytes(envelope)


def _certificate_token(identity: Identity) -> Element:
    attributes = {"EncodingType": f"{_MESSAGE}#Base64Binary", "ValueType": _X509, f"{WSU}Id": "certificate"}
    return element(f"{WSSE}BinarySecurityToken", identity.der_base64, attributes=attributes)


def _assertion_reference(assertion: Element) -> Element:
    return element(
        f"{WSSE}SecurityTokenReference",
        element(f"{WSSE}KeyIdentifier", assertion.get("ID", ""), attributes={"ValueType": f"{_SAML_PROFILE}#SAMLID"}),
        attributes={f"{WSSE11}TokenType": SAML2_TOKEN},
    )


def _reference(signed: Element) -> Element:
    transform = element(f"{DS}Transform", attributes={"Algorithm": _EXCLUSIVE})
    return _digest_of(signed.get(f"{WSU}Id", ""), transform, canonical(signed))


def _assertion_digest(assertion: Element) -> Element:
    transform = element(
        f"{DS}Transform",
        element(
            f"{WSSE}TransformationParameters",
            element(f"{DS}CanonicalizationMethod", attributes={"Algorithm": _EXCLUSIVE}),
        ),
        attributes={"Algorithm": _STR_TRANSFORM},
    )
    return _digest_of("assertion", transform, dereferenced_bytes(assertion))


def _digest_of(identifier: str, transform: Element, content: bytes) -> Element:
    return element(
        f"{DS}Reference",
        element(f"{DS}Transforms", transform),
        element(f"{DS}DigestMethod", attributes={"Algorithm": _SHA256}),
        element(f"{DS}DigestValue", base64.b64encode(hashlib.sha256(content).digest()).decode("ascii")),
        attributes={"URI": f"#{identifier}"},
    )


def _signature(identity: Identity, references: list[Element], key_reference: Element) -> Element:
    info = element(
        f"{DS}SignedInfo",
        element(f"{DS}CanonicalizationMethod", attributes={"Algorithm": _EXCLUSIVE}),
        element(f"{DS}SignatureMethod", attributes={"Algorithm": _RSA_SHA256}),
        *references,
    )
    signature = element(f"{DS}Signature", info)
    value = identity.key.sign(canonical(info), PKCS1v15(), SHA256())
    signature.append(element(f"{DS}SignatureValue", base64.b64encode(value).decode("ascii")))
    signature.append(element(f"{DS}KeyInfo", key_reference))
    return signature


def canonical(signed: Element) -> bytes:
    """Exclusive XML canonicalisation 1.0 without comments."""
    return etree.tostring(signed, method="c14n", exclusive=True, with_comments=False)


def dereferenced_bytes(assertion: Element) -> bytes:
    """What `STR-Transform` gives for a reference to this assertion: its canonical form, whose outermost element names
    the default namespace even where it has none (WSS SOAP Message Security 1.1 §8.3).
    """
    content = canonical(assertion)
    opening = content[: content.index(b">")]
    if b' xmlns="' in opening:
        return content
    return content.replace(b" ", b' xmlns="" ', 1)


@dataclass(frozen=True, slots=True)
class SignedParts:
    """What a signature covers, and nothing else of the message: elements read again from their canonical form."""

    parts: tuple[Element, ...]

    def only_part(self, tag: str) -> Element | None:
        """The only signed part of this name."""
        found = [part for part in self.parts if part.tag == tag]
        return found[0] if len(found) == 1 else None


def verify_signature(
    content: bytes, signer: x509.Certificate, *, location: str, now: datetime, source: str
) -> SignedParts:
    """What the one signature at `location` covers; `SourceMalformed` where it is not of the pinned certificate.

    Against wrapping (a valid signature over something else than is read): one signature at one place, every id once,
    references within the document, and the caller reads the parts that are given back and no others.
    """
    config = SignatureConfiguration(
        location=location,
        expect_references=True,  # any number: which parts must be there is the caller's
        signature_methods=frozenset({SignatureMethod.RSA_SHA256, SignatureMethod.ECDSA_SHA256}),
        digest_algorithms=frozenset({DigestAlgorithm.SHA256}),
        verification_time=now,
    )
    try:
        results = XMLVerifier().verify(content, x509_cert=signer, expect_config=config)
    except (SignXMLException, ValueError, KeyError):
        raise SourceMalformed(
            source=source, reason="its signature is not valid, or not of the pinned certificate"
        ) from None
    found = results if isinstance(results, list) else [results]
    parts = []
    for result in found:
        if result.signed_xml is None:
            raise SourceMalformed(source=source, reason="its signature covers something that is no element")
        parts.append(read(result.signed_data, source=source))
    return SignedParts(tuple(parts))


def check_answer_times(signed: SignedParts, now: datetime, *, source: str) -> None:
    """That an answer's signed timestamp holds now; `SourceMalformed` where it has none or is older."""
    timestamp = signed.only_part(f"{WSU}Timestamp")
    if timestamp is None:
        raise SourceMalformed(source=source, reason="its signature does not cover a timestamp")
    created = parsed_instant(timestamp.findtext(f"{WSU}Created") or "", source=source)
    expires = parsed_instant(timestamp.findtext(f"{WSU}Expires") or "", source=source)
    if not created - SKEW <= now < expires + SKEW:
        raise SourceMalformed(source=source, reason="the answer is from another time: compare the two systems' clocks")


def check_ids(root: Element, *, source: str) -> None:
    """`SourceMalformed` where two elements have one id, so that a reference could mean either."""
    seen: set[str] = set()
    for found in root.iter():
        for name, value in found.attrib.items():
            if etree.QName(name).localname.lower() == "id":
                if value in seen:
                    raise SourceMalformed(source=source, reason="two elements of the answer have one id")
                seen.add(str(value))
