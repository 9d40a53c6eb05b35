"""Simulated municipal services over SOAP: they check who asks and what was signed, and answer from a small register.

The numbers of their people are day+60 numbers, which the real services would not know. Bodies of answers are in
`gateway.simulate.kombit_answers`.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, SignatureConstructionMethod
from signxml.exceptions import SignXMLException
from signxml.signer import XMLSigner
from signxml.verifier import SignatureConfiguration, XMLVerifier

from connectors.transports.kombit import OPERATIONS
from connectors.transports.wss import DS, SAML, SOAP, WSA, WSSE, WSU, instant
from connectors.transports.xml import Element, element, read, xml_bytes
from gateway.simulate.certificates import CertifiedKey
from gateway.simulate.faults import Fault, Faults
from gateway.simulate.http_source import ReceivedRequest, Reply
from gateway.simulate.kombit_answers import ANSWERS, asked_for
from gateway.simulate.token_service import fault

_LIBERTY = "{urn:liberty:sb:2006-08}Framework"


class SimulatedService:
    """One operation of one service. `register` holds what is known of each number."""

    def __init__(
        self,
        operation: str,
        register: Mapping[str, Any],
        *,
        entity_id: str,
        identity: CertifiedKey,
        token_issuer: x509.Certificate,
        now: Callable[[], datetime],
        faults: Faults,
    ) -> None:
        self._operation, self._register = OPERATIONS[operation], register
        self._answer = ANSWERS[operation]
        self._entity_id, self._identity, self._token_issuer = entity_id, identity, token_issuer
        self._now, self._faults = now, faults
        self._seen: set[str] = set()
        self._before: Reply | None = None
        self.refused = ""  # why the last request was refused, for whoever wonders

    def respond(self, request: ReceivedRequest) -> Reply:
        version = self._operation.version
        envelope = read(request.body, source="simulated service")
        self.refused = self._objection(envelope, request)
        if self.refused:
            return fault(version, "wsse:FailedAuthentication", self.refused)
        body = envelope.find(f"{SOAP[version]}Body")
        if body is None:
            return fault(version, "Client" if version == "1.1" else "Sender", "no body")
        number = asked_for(body)
        content = self._answer(body[0], number, self._register.get(number))
        if self._faults.happens(Fault.SCHEMA_DRIFT):
            content.append(etree.Element(etree.QName(etree.QName(content.tag).namespace, "NytElement")))
        reply = self.signed_reply(content, envelope.findtext(f"{SOAP[version]}Header/{WSA}MessageID") or "")
        before, self._before = self._before, reply
        if before is not None and self._faults.happens(Fault.DUPLICATE_PAGE):
            return before  # what was answered to the question before, which was about somebody else
        return reply

    def signed_reply(self, content: Element, relates_to: str) -> Reply:
        """An answer whose body, timestamp and relation are signed by the service."""
        soap, now = SOAP[self._operation.version], self._now()
        if self._faults.happens(Fault.CLOCK_SKEW):
            now += timedelta(hours=1)
        timestamp = element(
            f"{WSU}Timestamp", element(f"{WSU}Created", instant(now)), element(f"{WSU}Expires", instant(now)),
            attributes={f"{WSU}Id": "ts"},
        )  # fmt: skip
        security = element(f"{WSSE}Security", timestamp)
        related = element(f"{WSA}RelatesTo", relates_to, attributes={f"{WSU}Id": "relates-to"})
        body = element(f"{soap}Body", content, attributes={f"{WSU}Id": "answer"})
        envelope = element(f"{soap}Envelope", element(f"{soap}Header", related, security), body)
        signer = XMLSigner(
            method=SignatureConstructionMethod.detached,
            c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
        )
        key = self._identity.path.read_bytes()
        signature: Element = signer.sign(
            envelope, key=key, cert=[self._identity.certificate], reference_uri=["#answer", "#relates-to", "#ts"]
        )
        security.append(signature)
        media = "text/xml" if self._operation.version == "1.1" else "application/soap+xml"
        return Reply(xml_bytes(envelope), f"{media}; charset=utf-8")

    def _objection(self, envelope: Element, request: ReceivedRequest) -> str:
        """What is wrong with a request, or nothing: action, token, proof of possession, freshness, each part signed."""
        soap, header = SOAP[self._operation.version], envelope.find(f"{SOAP[self._operation.version]}Header")
        if header is None:
            return "no header"
        action = header.findtext(f"{WSA}Action") or ""
        told = request.headers.get("soapaction", "").strip('"') or request.headers.get("content-type", "")
        if action != self._operation.action or action not in told:
            return "another action"
        if (header.find(_LIBERTY) is not None) != self._operation.has_liberty_header:
            return "Liberty header missing, or not expected"
        security = header.find(f"{WSSE}Security")
        assertion = None if security is None else security.find(f"{SAML}Assertion")
        if security is None or assertion is None:
            return "no token"
        holder = self._holder(assertion)
        if holder is None:
            return "the token is not of the token service, for another service, or not valid now"
        signed = _signed_parts(envelope, security, assertion, holder)
        parts = [envelope.find(f"{soap}Body"), assertion, security.find(f"{WSU}Timestamp")]
        parts += [header.find(f"{WSA}{name}") for name in ("Action", "MessageID", "ReplyTo", "To")]
        parts += [header.find(_LIBERTY)] if self._operation.has_liberty_header else []
        if any(part is None or part not in signed for part in parts):
            return "not every part is signed with the key of the token"
        expires = security.findtext(f"{WSU}Timestamp/{WSU}Expires") or ""
        if instant(self._now()) > expires:
            return "too old"
        message = header.findtext(f"{WSA}MessageID") or ""
        if message in self._seen:
            return "the message was sent before"
        self._seen.add(message)
        return ""

    def _holder(self, assertion: Element) -> x509.Certificate | None:
        config = SignatureConfiguration(location="./", verification_time=self._now())
        content = etree.tostring(assertion, with_tail=False)
        try:
            result = XMLVerifier().verify(content, x509_cert=self._token_issuer, expect_config=config)
        except SignXMLException:
            return None
        told = result[0].signed_xml if isinstance(result, list) else result.signed_xml
        conditions = None if told is None else told.find(f"{SAML}Conditions")
        if told is None or conditions is None:
            return None
        audience = conditions.findtext(f"{SAML}AudienceRestriction/{SAML}Audience")
        now = instant(self._now())
        is_valid = str(conditions.get("NotBefore")) <= now < str(conditions.get("NotOnOrAfter"))
        der = told.findtext(f".//{SAML}SubjectConfirmationData//{DS}X509Certificate") or ""
        if audience != self._entity_id or not is_valid:
            return None
        return x509.load_der_x509_certificate(base64.b64decode(der))


def _signed_parts(envelope: Element, security: Element, assertion: Element, holder: x509.Certificate) -> list[Element]:
    """The elements whose digests stand in a signature of the holder's key; none where the signature is wrong."""
    info = security.find(f"{DS}Signature/{DS}SignedInfo")
    value = security.findtext(f"{DS}Signature/{DS}SignatureValue") or ""
    key = holder.public_key()
    if info is None or not isinstance(key, RSAPublicKey):
        return []
    try:
        key.verify(base64.b64decode(value), _canonical(info), PKCS1v15(), SHA256())
    except InvalidSignature:
        return []
    by_id = {found.get(f"{WSU}Id"): found for found in envelope.iter() if found.get(f"{WSU}Id")}
    signed = []
    for reference in info.iterfind(f"{DS}Reference"):
        found = by_id.get((reference.get("URI") or "").removeprefix("#"))
        digest = reference.findtext(f"{DS}DigestValue")
        if found is None:
            return []
        if found.tag == f"{WSSE}SecurityTokenReference":
            # WSS SOAP Message Security 1.1 §8.3: what the reference means, with the default namespace said
            content, found = (
                _canonical(assertion).replace(b"<saml:Assertion ", b'<saml:Assertion xmlns="" ', 1),
                assertion,
            )
        else:
            content = _canonical(found)
        if base64.b64encode(hashlib.sha256(content).digest()).decode("ascii") != digest:
            return []
        signed.append(found)
    return signed


def _canonical(part: Element) -> bytes:
    return etree.tostring(part, method="c14n", exclusive=True, with_comments=False)
