"""Asking a service over SOAP: one signed message with the token in it, and an answer read as far as it is believed.

With a pinned certificate the answer must be signed as well, and only what its signature covers is read.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace

from cryptography.x509 import Certificate

from connectors.errors import AnswerForAnother, SourceMalformed
from connectors.schema import Schema
from connectors.transport import Ask, Clock, Record, Secrets
from connectors.transports.addresses import host_of, origin
from connectors.transports.http import HttpClient
from connectors.transports.kombit import OPERATIONS
from connectors.transports.kombit.messages import MESSAGES
from connectors.transports.kombit.question import Question
from connectors.transports.soap_call import TokenNotAccepted, call
from connectors.transports.soap_settings import SoapSettings
from connectors.transports.sts import ExpectedAssertion, TokenService
from connectors.transports.wss import (
    SOAP,
    WSA,
    WSSE,
    WSU,
    Addressing,
    Identity,
    check_answer_times,
    check_ids,
    load_certificate,
    load_identity,
    message_id,
    signed_message,
    verify_signature,
)
from connectors.transports.xml import Element, element, only, read, without


def open_service(settings: SoapSettings, schema: Schema, secrets: Secrets, clock: Clock) -> SoapTransport:
    """The transport of an operation, with certificates as the secrets hold them; `SecretMissing`."""
    identity = load_identity(secrets.path(settings.certificate), name=settings.certificate)
    issuer = load_certificate(secrets.path(settings.token.certificate), name=settings.token.certificate)
    signer = settings.answers_signed_by
    # each is asked at its own address alone, though the declaration names both
    service, tokens = (
        HttpClient(replace(settings.http, origins=frozenset({origin(at)})), secrets, clock)
        for at in (settings.endpoint, settings.token.endpoint)
    )
    expected = ExpectedAssertion(settings.token.issuer, settings.entity_id, settings.cvr)
    return SoapTransport(
        settings,
        schema,
        identity,
        load_certificate(secrets.path(signer), name=signer) if signer else None,
        TokenService(settings.token.endpoint, expected, issuer, identity, tokens, clock),
        service,
        clock,
    )


class SoapTransport:
    """Asks one operation of one service about one person at a time. Safe to use from several threads."""

    def __init__(
        self,
        settings: SoapSettings,
        schema: Schema,
        identity: Identity,
        signer: Certificate | None,
        tokens: TokenService,
        http: HttpClient,
        clock: Clock,
    ) -> None:
        self._settings, self._schema = settings, schema
        self._operation = OPERATIONS[settings.operation]
        self._identity, self._signer, self._tokens = identity, signer, tokens
        self._http, self._clock = http, clock
        self._messages = MESSAGES[settings.operation]
        self._source = host_of(settings.endpoint)

    @property
    def parallel(self) -> int:
        return self._settings.http.parallel

    def ask(self, cpr_digits: str, ask: Ask) -> Sequence[Record]:
        """The records about this person; a `SourceError`. A token that is not accepted is replaced once."""

        token = self._tokens.token()
        try:
            found = self._ask_with(cpr_digits, ask, token.assertion)
        except TokenNotAccepted:
            self._tokens.forget(token)
            found = self._ask_with(cpr_digits, ask, self._tokens.token().assertion)
        return [tuple(record[name] for name in self._schema.columns) for record in found]

    def _ask_with(self, cpr_digits: str, ask: Ask, assertion: bytes) -> list[dict[str, str]]:

        settings, operation = self._settings, self._operation
        question = Question(
            cpr_digits, ask, settings.cvr, str(uuid.uuid4()), self._clock.now(), settings.parameters, self._source
        )
        sent: list[str] = []

        def build() -> bytes:
            sent.append(message_id())
            return signed_message(
                operation.version,
                self._messages.build(question),
                Addressing(operation.action, settings.endpoint, sent[-1]),
                self._identity,
                now=self._clock.now(),
                headers=[_liberty_header()] if operation.has_liberty_header else [],
                assertion=read(assertion, source=self._source),
            )

        content = call(self._http, settings.endpoint, build, version=operation.version, action=operation.action)
        body = without(self._body(content, sent[-1]), self._schema.is_dropped)
        return self._messages.parse(body, question)

    def _body(self, content: bytes, asked: str) -> Element:
        """The body of an answer to the message `asked`, as far as it may be believed."""

        soap, source = SOAP[self._operation.version], self._source
        envelope = read(content, source=source)
        check_ids(envelope, source=source)
        body = only(envelope, f"{soap}Body", source=source)
        if self._signer is None:
            return body
        now = self._clock.now()
        location = f"./{soap}Header/{WSSE}Security/"
        signed = verify_signature(content, self._signer, location=location, now=now, source=source)
        covered, answered = signed.only_part(f"{soap}Body"), signed.only_part(f"{WSA}RelatesTo")
        if covered is None or answered is None or list(covered.attrib.items()) != list(body.attrib.items()):
            raise SourceMalformed(source=source, reason="its signature does not cover the answer and what it answers")
        if (answered.text or "").strip() != asked:
            raise AnswerForAnother(source=source, reason="the answer is to another question than was asked")
        check_answer_times(signed, now, source=source)
        return covered

    def close(self) -> None:
        self._tokens.close()
        self._http.close()


def _liberty_header() -> Element:
    """`Framework` of the Liberty Basic SOAP Binding 2.0 (OIO IDWS SOAP 1.1 §4)."""

    profile = "{urn:liberty:sb:profile}profile"
    attributes = {"version": "2.0", profile: "urn:liberty:sb:profile:basic", f"{WSU}Id": "framework"}
    return element("{urn:liberty:sb:2006-08}Framework", attributes=attributes)
