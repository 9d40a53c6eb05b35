"""A simulated security token service: it checks a request as the real one does, and issues SAML 2.0 of holder-of-key.

It signs with the library for XML signatures, as somebody else's service would, and not with our own writing of them.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml.algorithms import CanonicalizationMethod
from signxml.exceptions import SignXMLException
from signxml.signer import XMLSigner
from signxml.verifier import SignatureConfiguration, XMLVerifier

from connectors.transports.sts import CVR_CLAIM, HOLDER_OF_KEY
from connectors.transports.wss import DS, SAML, SOAP, WSSE, instant
from connectors.transports.xml import Element, element, read, xml_bytes
from gateway.simulate.certificates import CertifiedKey
from gateway.simulate.faults import Fault, Faults
from gateway.simulate.http_source import ReceivedRequest, Reply

_TRUST = "http://docs.oasis-open.org/ws-sx/ws-trust/200512"
_WST = f"{{{_TRUST}}}"
_AUTH = "{http://docs.oasis-open.org/wsfed/authorization/200706}"
_WSA = "{http://www.w3.org/2005/08/addressing}"
_SOAP = SOAP["1.2"]
_MEDIA = "application/soap+xml; charset=utf-8"
_LIVES = timedelta(hours=1)
_AHEAD = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Issued:
    """What an assertion says; a test changes one field to have a wrong one."""

    issuer: str
    audience: str
    cvr: str
    bound_to: x509.Certificate
    begins: datetime
    ends: datetime
    method: str = HOLDER_OF_KEY


class SimulatedTokenService:
    """Answers `Issue` for these clients, authorities and audiences. `issued` counts the tokens."""

    def __init__(
        self,
        issuer: str,
        identity: CertifiedKey,
        *,
        clients: Collection[x509.Certificate],
        authorities: Collection[str],
        audiences: Collection[str],
        now: Callable[[], datetime],
        faults: Faults,
    ) -> None:
        self._issuer, self._identity, self._now = issuer, identity, now
        self._clients = {_base64(client): client for client in clients}
        self._authorities, self._audiences, self._faults = frozenset(authorities), frozenset(audiences), faults
        self.issued = 0

    def respond(self, request: ReceivedRequest) -> Reply:
        envelope = read(request.body, source="simulated token service")
        client = self._client(envelope)
        if client is None:
            return fault("1.2", "wsse:FailedAuthentication", "the certificate is not known, or did not sign this")
        audience = envelope.findtext(f".//{_WSA}EndpointReference/{_WSA}Address") or ""
        cvr = envelope.findtext(f".//{_WST}Claims/{_AUTH}ClaimType/{_AUTH}Value") or ""
        if audience not in self._audiences or cvr not in self._authorities:
            return fault("1.2", "wst:RequestFailed", "no agreement for this service and authority")
        ahead = _AHEAD if self._faults.happens(Fault.CLOCK_SKEW) else timedelta()
        begins = self._now() + ahead
        self.issued += 1
        return answer(self.assertion(Issued(self._issuer, audience, cvr, client, begins, begins + _LIVES)))

    def assertion(self, issued: Issued) -> Element:
        """A signed assertion."""
        return sign_assertion(unsigned_assertion(issued), self._identity)

    def _client(self, envelope: Element) -> x509.Certificate | None:
        """The known client whose certificate is in the message and signed the parts that must be signed."""
        location = f"./{_SOAP}Header/{WSSE}Security/"
        shown = envelope.findtext(f"{_SOAP}Header/{WSSE}Security/{WSSE}BinarySecurityToken") or ""
        client = self._clients.get(shown)
        if client is None:
            return None
        config = SignatureConfiguration(location=location, expect_references=True, verification_time=self._now())
        try:
            results = XMLVerifier().verify(xml_bytes(envelope), x509_cert=client, expect_config=config)
        except SignXMLException:
            return None
        found = results if isinstance(results, list) else [results]
        covered = {etree.QName(result.signed_xml.tag).localname for result in found if result.signed_xml is not None}
        needed = {"Body", "Timestamp", "To", "Action", "MessageID", "ReplyTo", "BinarySecurityToken"}
        return client if needed <= covered else None


def unsigned_assertion(issued: Issued) -> Element:
    times = {"NotBefore": instant(issued.begins), "NotOnOrAfter": instant(issued.ends)}
    key = element(f"{DS}KeyInfo", element(f"{DS}X509Data", element(f"{DS}X509Certificate", _base64(issued.bound_to))))
    confirmation = element(
        f"{SAML}SubjectConfirmation",
        element(f"{SAML}SubjectConfirmationData", key, attributes={"NotOnOrAfter": instant(issued.ends)}),
        attributes={"Method": issued.method},
    )
    return element(
        f"{SAML}Assertion",
        element(f"{SAML}Issuer", issued.issuer),
        element(f"{SAML}Subject", element(f"{SAML}NameID", "simulated system"), confirmation),
        element(
            f"{SAML}Conditions",
            element(f"{SAML}AudienceRestriction", element(f"{SAML}Audience", issued.audience)),
            attributes=times,
        ),
        element(
            f"{SAML}AttributeStatement",
            element(
                f"{SAML}Attribute",
                element(f"{SAML}AttributeValue", issued.cvr),
                attributes={"Name": CVR_CLAIM, "NameFormat": "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"},
            ),
        ),
        attributes={"ID": f"_{uuid.uuid4()}", "IssueInstant": instant(issued.begins), "Version": "2.0"},
    )


def sign_assertion(unsigned: Element, identity: CertifiedKey) -> Element:
    signer = XMLSigner(c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0)
    signed: Element = signer.sign(
        unsigned, key=identity.path.read_bytes(), cert=[identity.certificate],
        reference_uri=f"#{unsigned.get('ID')}",
    )  # fmt: skip
    return signed


def answer(*assertions: Element) -> Reply:
    """The answer to `Issue` with these assertions in it: one, unless a test wants it otherwise."""
    requested = element(f"{_WST}RequestedSecurityToken", *assertions)
    collection = element(
        f"{_WST}RequestSecurityTokenResponseCollection", element(f"{_WST}RequestSecurityTokenResponse", requested)
    )
    envelope = element(f"{_SOAP}Envelope", element(f"{_SOAP}Header"), element(f"{_SOAP}Body", collection))
    return Reply(xml_bytes(envelope), _MEDIA)


def fault(version: str, code: str, text: str) -> Reply:
    """A SOAP fault, with the status that it comes with (SOAP 1.1 §6.2, SOAP 1.2 part 2 §7.5.2.2)."""
    soap = SOAP[version]
    sender = "Client" if version == "1.1" else "Sender"
    is_server = code in ("Server", "Receiver")
    if version == "1.1":
        told = element(f"{soap}Fault", element("faultcode", code), element("faultstring", text))
    else:
        inner = [] if is_server else [element(f"{soap}Subcode", element(f"{soap}Value", code))]
        value = element(f"{soap}Value", f"soap:{code if is_server else sender}")
        told = element(
            f"{soap}Fault",
            element(f"{soap}Code", value, *inner),
            element(f"{soap}Reason", element(f"{soap}Text", text)),
        )
    envelope = element(f"{soap}Envelope", element(f"{soap}Body", told))
    media = _MEDIA if version == "1.2" else "text/xml; charset=utf-8"
    return Reply(xml_bytes(envelope), media, 500 if version == "1.1" or is_server else 400)


def _base64(certificate: x509.Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode("ascii")
