"""A token service and a municipal service on loopback over TLS, and a transport that asks them."""

from __future__ import annotations

import ssl
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from connectors.schema import Schema
from connectors.transport import Ask, Clock, PersonTransport
from connectors.transports import connect, lists_everybody, read_settings
from connectors.transports.kombit import OPERATIONS
from gateway.simulate.certificates import Authority, CertifiedKey
from gateway.simulate.faults import Faults
from gateway.simulate.http_source import HttpSource, ReceivedRequest, Reply
from gateway.simulate.kombit import SimulatedService
from gateway.simulate.kombit_answers import Benefit, CivilRecord, Report
from gateway.simulate.token_service import SimulatedTokenService
from tests.unit.connectors.transports.outside import MemorySecrets
from vocabulary.declaration import parse

ANNA, BO = "6101801234", "7002020002"  # numbers of nobody: day+60
ENTITY = "http://entityid.example/service/ydelselistehent/1"
ISSUER = "https://saml.sts.example"
CVR = "11111111"
ASK = Ask(date(2020, 3, 2), date(2020, 3, 29))
MARCH = date(2020, 3, 1), date(2020, 3, 31)
REGISTER: dict[str, dict[str, Any]] = {
    "sf1491.effektuering": {ANNA: [Benefit("Kontanthjælp", "32.24.04", *MARCH)]},
    "sf1491.bevilling": {ANNA: [Benefit("Kontanthjælp", "32.24.04", MARCH[0], None)]},
    "sf0770_a": {ANNA: [Report(*MARCH, "00", "160.33", "25000.00")]},
    "sf1520": {ANNA: CivilRecord("90", date(2020, 3, 8))},
}
_PARAMETERS = """
[transport.parameters]
subscriber_type = "1"
subscription_type = "2"
purpose = "3"
se_number = "12345678"
"""


@dataclass(frozen=True)
class Keys:
    """Keys for a whole run of tests: they take a second to make."""

    authority: Authority
    ours: CertifiedKey
    tokens: CertifiedKey
    service: CertifiedKey
    stranger: CertifiedKey
    server: CertifiedKey
    ended: CertifiedKey

    @property
    def secrets(self) -> MemorySecrets:
        paths = {"ours": self.ours, "tokens": self.tokens, "service": self.service, "stranger": self.stranger}
        return MemorySecrets({"ca": self.authority.path} | {name: each.path for name, each in paths.items()})


@cache
def keys() -> Keys:
    folder = Path(tempfile.mkdtemp(prefix="soap-keys-"))
    authority = Authority(folder, now=datetime.now(UTC))
    named = {name: authority.issue(name, uses_rsa=True) for name in ("ours", "tokens", "service", "stranger")}
    ended = authority.issue("ended", is_expired=True)
    return Keys(authority, server=authority.issue("server"), ended=ended, **named)


@dataclass
class Clockwork:
    """Real time, moved on by what was slept and by what a test wants."""

    ahead: float = 0.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time() + self.ahead, UTC)

    def sleep(self, seconds: float) -> None:
        self.ahead += seconds

    @property
    def clock(self) -> Clock:
        return Clock(lambda: time.monotonic() + self.ahead, self.sleep, self.now)


@dataclass
class World:
    transport: PersonTransport
    tokens: SimulatedTokenService
    service: SimulatedService
    token_faults: Faults
    faults: Faults
    time: Clockwork
    requests: list[ReceivedRequest]

    def ask(self, number: str = ANNA) -> list[tuple[str, ...]]:
        return list(self.transport.ask(number, ASK))


@contextmanager
def world(
    operation: str = "sf1491.effektuering",
    *,
    answers: Callable[[World, ReceivedRequest], Reply] | None = None,
    token_answers: Callable[[World, ReceivedRequest], Reply] | None = None,
    server: CertifiedKey | None = None,
    wants_certificate: bool = False,
    limits: dict[str, Any] | None = None,
    dropped: tuple[str, ...] = (),
    **changes: str,
) -> Iterator[World]:
    """`answers` and `token_answers` stand in for what the services would say. `changes` are of the declaration, and
    `limits` of its HTTP settings, finer than a declaration can say.
    """
    made, work = keys(), Clockwork()
    token_faults, faults, requests = Faults(), Faults(), []
    tokens = SimulatedTokenService(
        ISSUER, made.tokens, clients=[made.ours.certificate], authorities=[CVR], audiences=[ENTITY], now=work.now,
        faults=token_faults,
    )  # fmt: skip
    service = SimulatedService(
        operation, REGISTER[operation], entity_id=ENTITY, identity=made.service,
        token_issuer=made.tokens.certificate, now=work.now, faults=faults,
    )  # fmt: skip
    running: list[World] = []

    def tell(request: ReceivedRequest) -> Reply:
        requests.append(request)
        return answers(running[0], request) if answers else service.respond(request)

    def issue(request: ReceivedRequest) -> Reply:
        return token_answers(running[0], request) if token_answers else tokens.respond(request)

    with (
        HttpSource(issue, faults=token_faults, tls=_tls(made.server)) as token_source,
        HttpSource(tell, faults=faults, tls=_tls(server or made.server, wants_certificate)) as source,
    ):
        text = declaration(operation, source.url, token_source.url, **changes)
        settings = read_settings(parse(text.encode(), file="test.toml").table("transport"))
        settings = replace(settings, http=replace(settings.http, **(limits or {})))
        transport = connect(settings, Schema(OPERATIONS[operation].columns, dropped), made.secrets, work.clock)
        assert isinstance(transport, PersonTransport)
        assert not lists_everybody(settings)
        running.append(World(transport, tokens, service, token_faults, faults, work, requests))
        try:
            yield running[0]
        finally:
            transport.close()


def declaration(operation: str, service: str, tokens: str, **changes: str) -> str:
    given = {"entity_id": ENTITY, "cvr": CVR, "certificate": "ours", "answers_signed_by": "service"} | changes
    return f"""
[transport]
kind = "soap"
operation = "{operation}"
endpoint = "{service}/service"
entity_id = "{given["entity_id"]}"
cvr = "{given["cvr"]}"
certificate = "{given["certificate"]}"
answers_signed_by = "{given["answers_signed_by"]}"

[transport.token]
endpoint = "{tokens}/certificatemixed"
issuer = "{ISSUER}"
certificate = "tokens"

[transport.http]
authority = "ca"
proxy = "direct"
read_seconds = 5
attempts = 2
requests_per_minute = 60000
{_PARAMETERS if OPERATIONS[operation].parameters else ""}
"""


def _tls(identity: CertifiedKey, wants_certificate: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity.path)
    if wants_certificate:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(keys().authority.path)
    return context
