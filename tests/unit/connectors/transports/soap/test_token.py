"""A token is used only if it says everything that its use rests on, in a copy that the pinned certificate signed."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree

from connectors.errors import SchemaChanged, SourceError, SourceMalformed, SourceRefused, SourceUnavailable
from connectors.transports.sts import ExpectedAssertion, IssuedAssertion, TokenService, checked_token, request_body
from connectors.transports.wss import DS, SAML, SOAP, Identity, load_identity
from connectors.transports.xml import Element, element, only, read
from gateway.simulate.http_source import Reply
from gateway.simulate.token_service import Issued, answer, sign_assertion, unsigned_assertion
from tests.support.examples import every_third
from tests.unit.connectors.transports.soap.world import CVR, ENTITY, ISSUER, keys, world

NOW = datetime.now(UTC).replace(microsecond=0)
EXPECTED = ExpectedAssertion(ISSUER, ENTITY, CVR)


def issued() -> Issued:
    return Issued(ISSUER, ENTITY, CVR, keys().ours.certificate, NOW, NOW + timedelta(hours=1))


def ours() -> Identity:
    return load_identity(str(keys().ours.path), name="ours")


def checked(reply: Reply, now: datetime = NOW) -> IssuedAssertion:
    body = only(read(reply.body, source="sts"), f"{SOAP['1.2']}Body", source="sts")
    return checked_token(body, EXPECTED, keys().tokens.certificate, ours(), now=now, source="sts")


def signed(told: Issued) -> Element:
    return sign_assertion(unsigned_assertion(told), keys().tokens)


def test_a_token_that_says_everything_is_used() -> None:
    token = checked(answer(signed(issued())))
    assert token.ends == NOW + timedelta(hours=1)
    assert b"SignatureValue" in token.assertion


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda told: replace(told, issuer="https://another.example"), "another than the declared issuer"),
        (lambda told: replace(told, audience="http://entityid.example/another"), "another service"),
        (lambda told: replace(told, cvr="22222222"), "declared authority"),
        (lambda told: replace(told, cvr=""), "declared authority"),
        (lambda told: replace(told, bound_to=keys().stranger.certificate), "another certificate than ours"),
        (lambda told: replace(told, method="urn:oasis:names:tc:SAML:2.0:cm:bearer"), "not bound to a key"),
        (lambda told: replace(told, begins=NOW + timedelta(minutes=3)), "not valid yet"),
        (lambda told: replace(told, ends=NOW - timedelta(minutes=3)), "no longer valid"),
    ],
)
def test_a_token_that_says_something_else_is_refused(change: Callable[[Issued], Issued], said: str) -> None:
    with pytest.raises(SourceRefused, match=said):
        checked(answer(signed(change(issued()))))


def test_clocks_may_be_two_minutes_apart() -> None:
    token = answer(signed(replace(issued(), begins=NOW + timedelta(minutes=2))))
    assert checked(token).ends > NOW
    with pytest.raises(SourceRefused, match="clocks"):
        checked(token, now=NOW - timedelta(minutes=1))


def test_a_token_signed_by_a_stranger_is_not_believed() -> None:
    """Also where the stranger's certificate is of the same authority and stands in the signature."""
    with pytest.raises(SourceMalformed):
        checked(answer(sign_assertion(unsigned_assertion(issued()), keys().stranger)))


def test_an_unsigned_token_is_not_believed() -> None:
    with pytest.raises(SourceMalformed):
        checked(answer(unsigned_assertion(issued())))


def changed(path: str, text: str) -> Element:
    assertion = signed(issued())
    found = assertion.find(path)
    assert found is not None
    found.text = text
    return assertion


@pytest.mark.parametrize(
    "path", [f"{SAML}Conditions//{SAML}Audience", f".//{SAML}AttributeValue", f".//{DS}DigestValue", f"{SAML}Issuer"]
)
def test_a_token_that_was_changed_is_not_believed(path: str) -> None:
    with pytest.raises(SourceMalformed):
        checked(answer(changed(path, "AAAA")))


# Every level is frozen


def places() -> list[str]:
    """Every element of an answer, and of the assertion in it, save the signature's own."""
    body = only(read(answer(unsigned_assertion(issued())).body, source="sts"), f"{SOAP['1.2']}Body", source="sts")
    return [body.getroottree().getelementpath(found) for found in body.iter()]


@pytest.mark.parametrize("place", every_third(places()))
def test_a_new_element_at_any_level_stops_it(place: str) -> None:
    """It is planted before the assertion is signed, so that the signature is right."""

    def plant(envelope: Element) -> None:
        target = envelope.find(place)
        assert target is not None
        target.append(element("{http://elsewhere.example/}nyt", "6101801234"))

    assertion = unsigned_assertion(issued())
    whole = read(answer(assertion).body, source="sts")
    plant(whole)
    inner = next(whole.iter(f"{SAML}Assertion"))
    reply = answer(sign_assertion(copy.deepcopy(inner), keys().tokens))
    if "Assertion" not in place:
        envelope = read(reply.body, source="sts")
        plant(envelope)
        reply = replace(reply, body=etree.tostring(envelope))
    with pytest.raises(SchemaChanged, match="the element 'nyt' is new"):
        checked(reply)


def test_a_condition_that_nobody_here_keeps_stops_it() -> None:
    """A token for one use may not be kept (SAML 2.0 core §2.5.1.5)."""
    assertion = unsigned_assertion(issued())
    only(assertion, f"{SAML}Conditions", source="x").append(element(f"{SAML}OneTimeUse"))
    with pytest.raises(SchemaChanged, match="in 'Conditions' the element 'OneTimeUse' is new"):
        checked(answer(sign_assertion(assertion, keys().tokens)))


# Wrapping: a valid signature over one thing, while another is read (McIntosh and Austel 2005; Somorovsky et al. 2012)


def evil() -> Element:
    """What an attacker with a token of their own would want read: our authority, their key."""
    return unsigned_assertion(replace(issued(), bound_to=keys().stranger.certificate))


def wrapped_beside() -> Reply:
    return answer(evil(), signed(issued()))


def wrapped_in_the_evil_one() -> Reply:
    """The evil assertion carries the original, whole, in its own signature's object."""
    original, outer = signed(issued()), evil()
    signature = copy.deepcopy(only(original, f"{DS}Signature", source="x"))
    element_ = etree.SubElement(signature, f"{DS}Object")
    inner = copy.deepcopy(original)
    inner.remove(only(inner, f"{DS}Signature", source="x"))
    element_.append(inner)
    outer.append(signature)
    return answer(outer)


def same_id_twice() -> Reply:
    original, outer = signed(issued()), evil()
    outer.set("ID", str(original.get("ID")))
    outer.append(original)
    return answer(outer)


def signature_over_a_part() -> Reply:
    """The signature is valid and covers the subject alone; everything else is the attacker's."""
    assertion = unsigned_assertion(issued())
    part = element(f"{SAML}Assertion", element(f"{SAML}Issuer", ISSUER), attributes={"ID": "_part"})
    assertion.append(sign_assertion(part, keys().tokens))
    return answer(assertion)


def moved_signature() -> Reply:
    assertion = signed(issued())
    subject = only(assertion, f"{SAML}Subject", source="x")
    subject.append(only(assertion, f"{DS}Signature", source="x"))
    return answer(assertion)


def two_signatures() -> Reply:
    assertion = signed(issued())
    assertion.append(copy.deepcopy(only(assertion, f"{DS}Signature", source="x")))
    return answer(assertion)


def comment_in_a_name() -> Reply:
    """A text that a comment splits is one text to the signature and two to many parsers (CVE-2017-11427 and kin)."""
    reply = answer(signed(replace(issued(), cvr="111111111")))
    return replace(reply, body=reply.body.replace(b"111111111", b"11111111<!-- -->1"))


@pytest.mark.parametrize(
    "attack",
    [
        wrapped_beside,
        wrapped_in_the_evil_one,
        same_id_twice,
        signature_over_a_part,
        moved_signature,
        two_signatures,
        comment_in_a_name,
    ],
)
def test_wrapping_is_refused(attack: Callable[[], Reply]) -> None:
    with pytest.raises(SourceError):
        checked(attack())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", b"http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
        (b"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", b"http://www.w3.org/2000/09/xmldsig#hmac-sha1"),
        (b"http://www.w3.org/2001/04/xmlenc#sha256", b"http://www.w3.org/2000/09/xmldsig#sha1"),
        (b"http://www.w3.org/2001/10/xml-exc-c14n#", b"http://www.w3.org/TR/1999/REC-xslt-19991116"),
    ],
)
def test_other_algorithms_are_refused(old: bytes, new: bytes) -> None:
    reply = answer(signed(issued()))
    assert old in reply.body
    with pytest.raises(SourceMalformed):
        checked(replace(reply, body=reply.body.replace(old, new)))


def test_a_request_asks_for_one_service_one_authority_and_our_key() -> None:
    body = request_body(EXPECTED, ours())
    content = etree.tostring(body).decode()
    assert ENTITY in content
    assert CVR in content
    assert ours().der_base64 in content
    assert [etree.QName(child).localname for child in body] == [
        "RequestType", "AppliesTo", "Claims", "TokenType", "KeyType", "UseKey",
    ]  # fmt: skip


def test_threads_that_wait_for_a_token_do_not_wait_once_more_for_one_that_did_not_come(monkeypatch: pytest.MonkeyPatch):
    """Else a token service that hangs would keep each of them waiting in turn, a deadline each."""
    asked, waiting = [], threading.Barrier(4)

    def hangs(self: TokenService) -> IssuedAssertion:
        asked.append(1)
        time.sleep(0.3)  # the others come meanwhile
        raise SourceUnavailable(source="sts", reason="it did not answer in time")

    monkeypatch.setattr(TokenService, "_issue", hangs)
    with world() as town:
        service = town.transport._tokens

        def ask(_: int) -> str:
            waiting.wait()
            with pytest.raises(SourceUnavailable) as refused:
                service.token()
            return str(refused.value)

        with ThreadPoolExecutor(4) as pool:
            said = list(pool.map(ask, range(4)))
    assert len(asked) == 1
    assert sum("has just given no token" in one for one in said) == 3
