"""A service is asked with a token and a signature, and whatever it or the token service does ends in a named way."""

from __future__ import annotations

import logging
import tomllib
import traceback
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.errors import (
    AnswerForAnother,
    SchemaChanged,
    SecretMissing,
    SourceError,
    SourceMalformed,
    SourceRefused,
    SourceUnavailable,
)
from connectors.schema import Schema
from connectors.transports import connect, read_settings
from connectors.transports.kombit import OPERATIONS
from connectors.transports.wss import SOAP, WSA, WSSE, WSU, dereferenced_bytes, load_identity
from connectors.transports.xml import element, only, read, xml_bytes
from gateway.simulate.faults import Fault
from gateway.simulate.http_source import ReceivedRequest, Reply
from gateway.simulate.kombit_answers import ANSWERS
from gateway.simulate.token_service import Issued, answer, fault, sign_assertion, unsigned_assertion
from tests.support.examples import every_third
from tests.unit.connectors.transports.outside import MemorySecrets
from tests.unit.connectors.transports.soap.world import (
    ANNA,
    BO,
    CVR,
    ENTITY,
    ISSUER,
    REGISTER,
    Clockwork,
    World,
    declaration,
    keys,
    world,
)
from vocabulary.declaration import parse
from vocabulary.errors import DeclarationInvalid


@pytest.mark.parametrize("operation", every_third(OPERATIONS))
def test_every_service_is_asked_and_answers(operation: str) -> None:
    """The simulated service checks the token, each signed part and the headers, and refuses otherwise."""
    with world(operation) as here:
        (record,) = here.ask()
        assert record[0] == ANNA
        assert here.service.refused == ""
        assert here.ask(BO) == []


def test_a_number_is_in_the_body_and_nowhere_else() -> None:
    with world() as here:
        here.ask()
        (request,) = here.requests
        assert ANNA.encode() in request.body
        assert ANNA not in request.path + repr(request.headers) + repr(request.query)


def test_a_token_is_kept_until_it_ends() -> None:
    with world() as here:
        for _ in range(3):
            here.ask()
        assert here.tokens.issued == 1
        here.time.ahead += 58 * 60
        here.ask()
        assert here.tokens.issued == 1
        here.time.ahead += 90  # less than a minute is left: not used for another request
        here.ask()
        assert here.tokens.issued == 2


def test_a_token_that_a_service_does_not_accept_is_replaced_once() -> None:
    refusals = [1, 2]

    def answers(here: World, request: ReceivedRequest) -> Reply:
        if refusals:
            refusals.pop()
            return fault("1.2", "wsse:InvalidSecurityToken", f"token of {ANNA} unknown")
        return here.service.respond(request)

    with world(answers=answers) as here:
        with pytest.raises(SourceRefused, match="does not accept the token"):
            here.ask()
        assert (here.tokens.issued, len(here.requests)) == (2, 2)
        assert here.ask()


# Faults of the line, at the service and at the token service

LINE = {
    Fault.UNAUTHORISED: (SourceRefused, 1),
    Fault.FORBIDDEN: (SourceRefused, 1),
    Fault.PRECONDITION: (SourceRefused, 1),
    Fault.TOO_MANY: (SourceUnavailable, 2),
    Fault.SERVER_ERROR: (SourceUnavailable, 2),
    Fault.SLOW_BYTES: (SourceUnavailable, 1),
    Fault.HANG: (SourceUnavailable, 2),
    Fault.TRUNCATED: (SourceUnavailable, 2),
    Fault.WRONG_TYPE: (SourceMalformed, 1),
    Fault.ENCODING: (SourceMalformed, 1),
    Fault.ENDLESS: (SourceMalformed, 1),
}
SHORT = {
    Fault.SLOW_BYTES: {"deadline_seconds": 0.6},
    Fault.ENDLESS: {"largest_bytes": 200_000},
    Fault.HANG: {"read_seconds": 0.3},
}


@pytest.mark.parametrize("at", ["service", "token service"])
@pytest.mark.parametrize("happening", every_third(LINE), ids=str)
def test_every_fault_of_the_line_has_its_end(happening: Fault, at: str) -> None:
    """The fault fires as often as it should, and nothing of the question is in the error."""
    error, times = LINE[happening]
    with world(limits=SHORT.get(happening)) as here:
        faults = here.faults if at == "service" else here.token_faults
        faults.switch_on(happening)
        with pytest.raises(error) as ended:
            here.ask()
        assert faults.fired == {happening: times}
        assert ANNA not in "".join(traceback.format_exception(ended.value))


@pytest.mark.parametrize("at", ["service", "token service"])
@pytest.mark.parametrize("happening", [Fault.TOO_MANY, Fault.SERVER_ERROR, Fault.TRUNCATED], ids=str)
def test_what_passes_is_asked_again_with_a_new_message(happening: Fault, at: str) -> None:
    with world() as here:
        faults = here.faults if at == "service" else here.token_faults
        faults.switch_on(happening, times=1)
        assert here.ask()
        assert faults.fired == {happening: 1}
        assert here.service.refused == ""  # a message that was sent before would have been refused


def test_a_clock_that_is_an_hour_ahead() -> None:
    with world() as here:
        here.token_faults.switch_on(Fault.CLOCK_SKEW)
        with pytest.raises(SourceRefused, match="clocks"):
            here.ask()
        assert here.token_faults.fired == {Fault.CLOCK_SKEW: 1}
        assert here.requests == []


def test_a_changed_schema() -> None:
    with world() as here:
        here.faults.switch_on(Fault.SCHEMA_DRIFT)
        with pytest.raises(SchemaChanged, match="'NytElement'"):
            here.ask()
        assert here.faults.fired == {Fault.SCHEMA_DRIFT: 1}


def test_a_new_element_that_the_declaration_drops_stops_nothing() -> None:
    with world(dropped=("NytElement",)) as here:
        here.faults.switch_on(Fault.SCHEMA_DRIFT)
        assert here.ask()
        assert here.faults.fired == {Fault.SCHEMA_DRIFT: 1}


def test_an_expired_server_certificate() -> None:
    """The positive control is every other test: the same authority, the same name, a certificate that holds."""
    with world(server=keys().ended) as here:
        with pytest.raises(SourceRefused, match="certificate has expired"):
            here.ask()
        assert here.requests == []


def test_a_service_that_wants_our_certificate_for_tls_too() -> None:
    with world(wants_certificate=True, limits={"client_certificate": "ours"}) as here:
        assert here.ask()
        assert here.requests[0].client_certificate is not None
    with world(wants_certificate=True) as here, pytest.raises(SourceError):
        here.ask()


def test_a_token_in_the_default_namespace_is_carried_unchanged() -> None:
    """As other token services write them: the token's own signature still holds at the service."""

    def plainly(here: World, request: ReceivedRequest) -> Reply:
        now = here.time.now()
        told = unsigned_assertion(Issued(ISSUER, ENTITY, CVR, keys().ours.certificate, now, now + timedelta(hours=1)))
        text = xml_bytes(told).replace(b"<saml:", b"<").replace(b"</saml:", b"</").replace(b"xmlns:saml=", b"xmlns=")
        return answer(sign_assertion(read(text, source="x"), keys().tokens))

    with world(token_answers=plainly) as here:
        assert here.ask()
        assert b'<Assertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion"' in here.requests[0].body


def test_a_reference_to_a_token_means_it_with_a_default_namespace() -> None:
    """WSS SOAP Message Security 1.1 §8.3: the outermost element says its default namespace even where it has none."""
    prefixed = read(b'<saml:Assertion xmlns:saml="urn:x" ID="a"><saml:b/></saml:Assertion>', source="x")
    plain = read(b'<Assertion xmlns="urn:x" ID="a"><b/></Assertion>', source="x")
    inner = b"<saml:b></saml:b></saml:Assertion>"
    assert dereferenced_bytes(prefixed) == b'<saml:Assertion xmlns="" xmlns:saml="urn:x" ID="a">' + inner
    assert dereferenced_bytes(plain) == b'<Assertion xmlns="urn:x" ID="a"><b></b></Assertion>'


# SOAP faults


@pytest.mark.parametrize(
    ("operation", "code", "error"),
    [
        ("sf1491.effektuering", "wsse:InvalidSecurity", SourceRefused),
        ("sf1491.effektuering", "ns:SomethingNew", SourceRefused),
        ("sf1491.effektuering", "Receiver", SourceUnavailable),
        ("sf0770_a", "soap:Client", SourceRefused),
        ("sf0770_a", "soap:Server", SourceUnavailable),
        ("sf1520", "wsu:MessageExpired", SourceRefused),
    ],
)
def test_a_fault_is_mapped_without_its_text(operation: str, code: str, error: type[SourceError]) -> None:
    version = OPERATIONS[operation].version
    told = fault(version, code, f"No person with number {ANNA}, or {ANNA[:6]}-{ANNA[6:]}")
    with world(operation, answers=lambda here, request: told) as here:
        with pytest.raises(error) as refused:
            here.ask()
        assert "No person" not in "".join(traceback.format_exception(refused.value))
        assert ANNA not in "".join(traceback.format_exception(refused.value))


def test_the_token_service_refuses_another_authority() -> None:
    with world(cvr="22222222") as here:
        with pytest.raises(SourceRefused, match="issues no token"):
            here.ask()
        assert here.requests == []


def test_the_token_service_refuses_a_certificate_that_it_does_not_know() -> None:
    with world(certificate="stranger") as here, pytest.raises(SourceRefused, match="certificate or the token"):
        here.ask()


# Answers that are not what they should be


def test_a_stolen_token_is_of_no_use_without_its_key() -> None:
    """Proof of possession: the service takes the key from the token, and our signature is with another."""
    made = keys()

    def token_for_a_stranger(here: World, request: ReceivedRequest) -> Reply:
        now = here.time.now()
        ends = now.replace(year=now.year + 1)
        return answer(here.tokens.assertion(Issued(ISSUER, ENTITY, CVR, made.stranger.certificate, now, ends)))

    with world(token_answers=token_for_a_stranger) as here:
        with pytest.raises(SourceRefused, match="another certificate than ours"):
            here.ask()
        assert here.requests == []


def test_an_answer_about_another_person() -> None:
    """Signed by the service, to this very message, and about Bo."""

    def about_bo(here: World, request: ReceivedRequest) -> Reply:
        envelope = read(request.body, source="x")
        asked = only(envelope, f"{SOAP['1.2']}Body", source="x")[0]
        known = REGISTER["sf1491.effektuering"][ANNA]
        relates_to = envelope.findtext(f".//{WSA}MessageID") or ""
        return here.service.signed_reply(ANSWERS["sf1491.effektuering"](asked, BO, known), relates_to)

    with world(answers=about_bo) as here, pytest.raises(AnswerForAnother) as refused:
        here.ask()
    assert BO not in str(refused.value)


def test_an_answer_that_is_not_signed_is_refused_unless_declared_so() -> None:
    def bare(here: World, request: ReceivedRequest) -> Reply:
        envelope = read(here.service.respond(request).body, source="x")
        header = only(envelope, f"{SOAP['1.2']}Header", source="x")
        header.remove(only(header, f"{WSSE}Security", source="x"))
        return Reply(xml_bytes(envelope), "application/soap+xml; charset=utf-8")

    with world(answers=bare) as here, pytest.raises(SourceMalformed):
        here.ask()
    with world(answers=bare, answers_signed_by="nobody") as here:
        assert here.ask()


def test_an_answer_signed_by_another_is_refused() -> None:
    with world(answers_signed_by="stranger") as here, pytest.raises(SourceMalformed, match="pinned certificate"):
        here.ask()


def test_an_old_answer_played_again_is_refused() -> None:
    """Signed, complete, about the right person, and to another message."""
    kept: list[Reply] = []

    def replay(here: World, request: ReceivedRequest) -> Reply:
        kept.append(here.service.respond(request))
        return kept[0]

    with world(answers=replay) as here:
        assert here.ask()
        with pytest.raises(AnswerForAnother):
            here.ask()


def test_an_answer_from_another_hour_is_refused() -> None:
    with world() as here:
        here.faults.switch_on(Fault.CLOCK_SKEW)
        with pytest.raises(SourceMalformed, match="clocks"):
            here.ask()
        assert here.faults.fired == {Fault.CLOCK_SKEW: 1}


def test_a_wrapped_answer_is_refused() -> None:
    """The signed body is moved into a header, and another body stands in its place."""

    def wrap(here: World, request: ReceivedRequest) -> Reply:
        envelope = read(here.service.respond(request).body, source="x")
        soap = SOAP["1.2"]
        header, body = only(envelope, f"{soap}Header", source="x"), only(envelope, f"{soap}Body", source="x")
        header.append(element("{urn:x}Wrapper", body))
        evil = element(
            f"{soap}Body", *(read(xml_bytes(child), source="x") for child in body), attributes={f"{WSU}Id": "evil"}
        )
        envelope.append(evil)
        return Reply(xml_bytes(envelope), "application/soap+xml; charset=utf-8")

    with world(answers=wrap) as here, pytest.raises(SourceMalformed, match="does not cover"):
        here.ask()


def test_two_bodies_with_one_id_are_refused() -> None:
    def double(here: World, request: ReceivedRequest) -> Reply:
        envelope = read(here.service.respond(request).body, source="x")
        header = only(envelope, f"{SOAP['1.2']}Header", source="x")
        header.append(element("{urn:x}Wrapper", attributes={f"{WSU}Id": "answer"}))
        return Reply(xml_bytes(envelope), "application/soap+xml; charset=utf-8")

    with world(answers=double) as here, pytest.raises(SourceMalformed, match="one id"):
        here.ask()


def test_an_unsigned_relation_is_not_believed() -> None:
    def unrelated(here: World, request: ReceivedRequest) -> Reply:
        envelope = read(here.service.respond(request).body, source="x")
        related = envelope.find(f".//{WSA}RelatesTo")
        assert related is not None
        related.text = "urn:uuid:of-another"
        return Reply(xml_bytes(envelope), "application/soap+xml; charset=utf-8")

    with world(answers=unrelated) as here, pytest.raises(SourceMalformed):
        here.ask()


def test_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The library for signatures would write each canonical message to its log, with the number in it."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("signxml.processor").setLevel(logging.DEBUG)
    with world() as here:
        here.ask()
    logging.getLogger("connectors").debug("the log works")
    assert "the log works" in caplog.text
    assert ANNA not in caplog.text
    assert "Canonicalized" not in caplog.text


# Declarations


def settings_of(operation: str, **changes: str) -> object:
    text = declaration(operation, "https://service.example", "https://sts.example", **changes)
    return read_settings(parse(text.encode(), file="x.toml").table("transport"))


@pytest.mark.parametrize(
    ("operation", "changes", "key"),
    [
        ("sf9999", {}, "operation"),
        ("sf1520", {"cvr": "1234567"}, "cvr"),
        ("sf1520", {"answers_signed_by": ""}, "answers_signed_by"),
        ("sf1520", {"entity_id": ""}, "entity_id"),
    ],
)
def test_a_declaration_that_cannot_be_meant(operation: str, changes: dict[str, str], key: str) -> None:
    text = declaration("sf1520", "https://service.example", "https://sts.example", **changes)
    text = text.replace('operation = "sf1520"', f'operation = "{operation}"')
    with pytest.raises(DeclarationInvalid, match=key):
        read_settings(parse(text.encode(), file="x.toml").table("transport"))


def test_the_codes_of_an_agreement_are_digits() -> None:
    text = declaration("sf0770_a", "https://service.example", "https://sts.example").replace('"3"', '"<x/>"')
    with pytest.raises(DeclarationInvalid, match="purpose"):
        read_settings(parse(text.encode(), file="x.toml").table("transport"))


def test_a_column_that_an_operation_lacks() -> None:
    with pytest.raises(SchemaChanged, match="'PartFuldtNavn'"):
        connect(settings_of("sf1491.bevilling"), Schema(("PartFuldtNavn",)), MemorySecrets(), Clockwork().clock)


def test_a_certificate_must_be_ours_and_rsa(tmp_path: Path) -> None:
    with pytest.raises(SecretMissing, match="RSA"):
        load_identity(str(keys().server.path), name="oces")  # an elliptic key
    mixed = tmp_path / "mixed.pem"
    certificate = keys().authority.path.read_bytes()
    mixed.write_bytes(certificate + keys().ours.path.read_bytes())
    with pytest.raises(SecretMissing, match="its own certificate"):
        load_identity(str(mixed), name="oces")


def test_a_declaration_holds_no_secret() -> None:
    text = declaration("sf1520", "https://service.example", "https://sts.example")
    assert "PRIVATE" not in text
    assert tomllib.loads(text)["transport"]["certificate"] == "ours"
