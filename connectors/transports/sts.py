"""The security token service: what we ask it for, and what is checked of the assertion before it is used.

WS-Trust 1.3 `Issue` over SOAP 1.2, signed with the system certificate, for a SAML 2.0 assertion of holder-of-key that
names the authority by its CVR number. Names, order and the claim are those of KOMBIT's token service (SF1514), read
from the public client `itk-dev/serviceplatformen` (`SAMLTokenSoapTemplate.xml`, MIT) and `sts.wsdl` in
`kombit/kosdy_infrastructureSamples-net6`.
"""

from __future__ import annotations

import base64
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from lxml import etree

from connectors.errors import Remedy, SourceMalformed, SourceRefused, SourceUnavailable
from connectors.transport import Clock
from connectors.transports.addresses import host_of
from connectors.transports.http import HttpClient
from connectors.transports.kombit.known_elements import check_elements
from connectors.transports.soap_call import call
from connectors.transports.wss import (
    DS,
    SAML,
    SAML2_TOKEN,
    SKEW,
    SOAP,
    WSA,
    WSSE,
    Addressing,
    Identity,
    check_ids,
    message_id,
    parsed_instant,
    signed_message,
    verify_signature,
)
from connectors.transports.xml import Element, element, only, read, text_of

_WST = "{http://docs.oasis-open.org/ws-sx/ws-trust/200512}"
_WSP = "{http://schemas.xmlsoap.org/ws/2004/09/policy}"
_AUTH = "{http://docs.oasis-open.org/wsfed/authorization/200706}"
_TRUST = "http://docs.oasis-open.org/ws-sx/ws-trust/200512"
_ISSUE = f"{_TRUST}/RST/Issue"
CVR_CLAIM = "dk:gov:saml:attribute:CvrNumberIdentifier"
HOLDER_OF_KEY = "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"
_X509 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3"
_BASE64 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
_LEAST_LEFT = timedelta(minutes=1)  # a token that ends sooner is not used for another request


@dataclass(frozen=True, slots=True)
class ExpectedAssertion:
    """What an assertion must say to be used."""

    issuer: str
    audience: str
    cvr: str


@dataclass(frozen=True, slots=True, repr=False)
class IssuedAssertion:
    """A checked assertion, as it was issued, byte for byte of its canonical form."""

    assertion: bytes
    ends: datetime


def request_body(expected: ExpectedAssertion, identity: Identity) -> Element:
    """`RequestSecurityToken` (WS-Trust 1.3 §3.1) for a token that is bound to our certificate."""
    key = {"EncodingType": _BASE64, "ValueType": _X509}
    return element(
        f"{_WST}RequestSecurityToken",
        element(f"{_WST}RequestType", f"{_TRUST}/Issue"),
        element(
            f"{_WSP}AppliesTo",
            element(f"{WSA}EndpointReference", element(f"{WSA}Address", expected.audience)),
        ),
        element(
            f"{_WST}Claims",
            element(f"{_AUTH}ClaimType", element(f"{_AUTH}Value", expected.cvr), attributes={"Uri": CVR_CLAIM}),
            attributes={"Dialect": "http://docs.oasis-open.org/wsfed/authorization/200706/authclaims"},
        ),
        element(f"{_WST}TokenType", SAML2_TOKEN),
        element(f"{_WST}KeyType", f"{_TRUST}/PublicKey"),
        element(f"{_WST}UseKey", element(f"{WSSE}BinarySecurityToken", identity.der_base64, attributes=key)),
    )


def checked_token(
    body: Element,
    expected: ExpectedAssertion,
    issuer: x509.Certificate,
    identity: Identity,
    *,
    now: datetime,
    source: str,
) -> IssuedAssertion:
    """The assertion of an answer, where everything holds that its use rests on.

    1. Exactly one assertion is in the answer, where WS-Trust puts it, and no element that is not known here.
    2. It is signed by the pinned certificate, and only the signed copy is read from here on.
    3. It names the issuer, this service as its only audience, and the authority's CVR number.
    4. Its confirmation is holder-of-key with our certificate's key.
    5. Now lies within its times, give or take two minutes.

    Raises `SourceMalformed` (1, 2), `SchemaChanged` (1) and `SourceRefused` (3 to 5).
    """
    # 1
    path = ("RequestSecurityTokenResponseCollection", "RequestSecurityTokenResponse", "RequestedSecurityToken")
    here = body
    for name in path:
        here = only(here, f"{_WST}{name}", source=source)
    original = only(here, f"{SAML}Assertion", source=source)
    if len(list(body.iter(f"{SAML}Assertion"))) != 1:
        raise SourceMalformed(source=source, reason="the answer holds more than one assertion")
    check_elements(body, "token", source=source)
    content = etree.tostring(original, encoding="utf-8", with_tail=False)
    # 2
    signed = verify_signature(content, issuer, location="./", now=now, source=source)
    assertion = signed.only_part(f"{SAML}Assertion")
    if assertion is None or len(signed.parts) != 1 or assertion.get("ID") != original.get("ID"):
        raise SourceMalformed(source=source, reason="the signature of the assertion does not cover the assertion")
    # 3
    _check_names(assertion, expected, source)
    # 4
    confirmation = _confirmation(assertion, identity, source)
    # 5
    conditions = only(assertion, f"{SAML}Conditions", source=source)
    ends = min(
        _check_times(times, now, source) for times in (conditions, confirmation) if "NotOnOrAfter" in times.attrib
    )
    return IssuedAssertion(content, ends)


def _check_names(assertion: Element, expected: ExpectedAssertion, source: str) -> None:
    if assertion.get("Version") != "2.0" or text_of(assertion, f"{SAML}Issuer", source=source) != expected.issuer:
        raise SourceRefused(source=source, reason="the token was issued by another than the declared issuer")
    restriction = only(only(assertion, f"{SAML}Conditions", source=source), f"{SAML}AudienceRestriction", source=source)
    if [(found.text or "").strip() for found in restriction] != [expected.audience]:
        raise SourceRefused(source=source, reason="the token is meant for another service than the declared one")
    values = [
        (value.text or "").strip()
        for attribute in assertion.iterfind(f"{SAML}AttributeStatement/{SAML}Attribute")
        if attribute.get("Name") == CVR_CLAIM
        for value in attribute
    ]
    if values != [expected.cvr]:
        raise SourceRefused(source=source, reason="the token does not name the declared authority by its CVR number")


def _confirmation(assertion: Element, identity: Identity, source: str) -> Element:
    """The data of the subject's confirmation, which must be that we hold our key."""
    subject = only(assertion, f"{SAML}Subject", source=source)
    confirmation = only(subject, f"{SAML}SubjectConfirmation", source=source)
    if confirmation.get("Method") != HOLDER_OF_KEY:
        raise SourceRefused(source=source, reason="the token is not bound to a key: whoever had it could use it")
    data = only(confirmation, f"{SAML}SubjectConfirmationData", source=source)
    path = f"{DS}KeyInfo/{DS}X509Data/{DS}X509Certificate"
    bound = "".join(text_of(data, path, source=source).split())
    ours = identity.certificate.public_bytes(serialization.Encoding.DER)
    if bound != base64.b64encode(ours).decode("ascii"):
        raise SourceRefused(source=source, reason="the token is bound to another certificate than ours")
    return data


def _check_times(times: Element, now: datetime, source: str) -> datetime:
    ends = parsed_instant(times.get("NotOnOrAfter", ""), source=source)
    begins = parsed_instant(times.get("NotBefore", ""), source=source) if "NotBefore" in times.attrib else None
    if begins is not None and now + SKEW < begins:
        raise SourceRefused(source=source, reason="the token is not valid yet", remedy=Remedy.CLOCKS)
    if now - SKEW >= ends:
        raise SourceRefused(source=source, reason="the token is no longer valid", remedy=Remedy.CLOCKS)
    return ends


class TokenService:
    """Issues the token of one service, and keeps it in memory until it ends. Safe to use from several threads."""

    def __init__(
        self,
        endpoint: str,
        expected: ExpectedAssertion,
        issuer: x509.Certificate,
        identity: Identity,
        http: HttpClient,
        clock: Clock,
    ) -> None:
        self._endpoint, self._expected, self._issuer, self._identity = endpoint, expected, issuer, identity
        self._http, self._clock = http, clock
        self._lock = threading.Lock()
        self._token: IssuedAssertion | None = None
        self._failures = 0

    def token(self) -> IssuedAssertion:
        """A token that is valid for at least a minute more; a `SourceError` of the token service.

        Who waited while another thread asked in vain is told so, and does not wait for as long once more.
        """
        failures = self._failures
        with self._lock:
            if self._failures != failures:
                raise SourceUnavailable(source=host_of(self._endpoint), reason="it has just given no token")
            if self._token is None or self._clock.now() + _LEAST_LEFT >= self._token.ends:
                try:
                    self._token = self._issue()
                except SourceUnavailable:
                    self._failures += 1
                    raise
            return self._token

    def forget(self, token: IssuedAssertion) -> None:
        """Do not use this token again: a service does not accept it."""
        with self._lock:
            if self._token is token:
                self._token = None

    def _issue(self) -> IssuedAssertion:
        source = host_of(self._endpoint)

        def build() -> bytes:
            addressing = Addressing(_ISSUE, self._endpoint, message_id())
            body = request_body(self._expected, self._identity)
            return signed_message("1.2", body, addressing, self._identity, now=self._clock.now())

        content = call(self._http, self._endpoint, build, version="1.2", action=_ISSUE)
        envelope = read(content, source=source)
        check_ids(envelope, source=source)
        body = only(envelope, f"{SOAP['1.2']}Body", source=source)
        now = self._clock.now()
        return checked_token(body, self._expected, self._issuer, self._identity, now=now, source=source)

    def close(self) -> None:
        self._http.close()
