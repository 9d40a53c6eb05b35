"""Bad assertions and bad tokens, one a row, each refused; and after every row the honest client still gets in."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa_key
from fastapi.testclient import TestClient
from sqlmodel import select

from gateway.api.app import create_app
from gateway.events.installation import ClientRegistered
from gateway.installation import clients
from gateway.installation.installing import initialise
from gateway.installation.settings import Kind, Settings
from gateway.installation.tokens import ASSERTION_TYPE, issue_access_token
from gateway.store.log_tables import LogEntry
from gateway.store.tables import ClientRow
from outcome_verifier import b64, canonical
from policies.terms import Role
from tests.support.api_client import Client
from tests.support.examples import every_third
from tests.support.municipality import SimulatedMunicipality, ready


@dataclass
class World:
    """Who is there when an attack is tried."""

    town: SimulatedMunicipality
    api: TestClient
    honest: Client
    other: Client
    inactive: Client

    def exchange(self, assertion: str) -> Any:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
        }
        return self.api.post("/token", data=form)

    def access_token(self) -> str:
        answer = self.exchange(self.honest.sign(self.honest.claims()))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def ask(self, token: str) -> Any:
        return self.api.get("/contracts", headers={"Authorization": f"Bearer {token}"})


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    town = ready(tmp_path_factory.mktemp("tokens"))
    honest, other, inactive = (Client(town.gateway, name) for name in ("fokus-app", "dsk-app", "old-app"))
    honest.register(town.folder, "fokus-folkeoplysning", Role.OPERATOR)
    other.register(town.folder, "den-sociale-kapitalfond", Role.INVESTOR)
    inactive.register(town.folder, "fokus-folkeoplysning", Role.OPERATOR)
    with town.gateway.write() as uow:
        row = uow.session.get(ClientRow, "old-app")
        row.is_active = False
        uow.session.add(row)
        uow.record(ClientRegistered(client="old-app", organisation="-", role="operator", key="-"))
    with TestClient(create_app(town.gateway), raise_server_exceptions=False) as api:
        yield World(town, api, honest, other, inactive)


def raw(header: dict[str, Any], claims: Any, sign: Callable[[bytes], bytes]) -> str:
    """A JWS with any header, put together by hand."""
    parts = [b64.encode(canonical.dumps(part)) for part in (header, claims)]
    return ".".join([*parts, b64.encode(sign(".".join(parts).encode()))])


def hs256(secret: bytes) -> Callable[[bytes], bytes]:
    return lambda message: hmac.new(secret, message, hashlib.sha256).digest()


def der_signature(world: World) -> str:
    """A signature in DER where JOSE wants r || s."""
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.hashes import SHA256

    client = world.honest
    return raw({"alg": "ES256"}, client.claims(), lambda message: client.key.sign(message, ECDSA(SHA256())))


def swapped_claims(world: World) -> str:
    """Another client's good signature below claims that it does not cover."""
    head, _, signature = world.honest.sign(world.honest.claims()).split(".")
    return f"{head}.{b64.encode(canonical.dumps(world.honest.claims(exp=world.honest.now + 50)))}.{signature}"


def changed(**changes: Any) -> Callable[[World], str]:
    """An assertion that only differs from a good one in these claims."""
    return lambda world: world.honest.sign(world.honest.claims(**changes))


def at(**offsets: int) -> Callable[[World], str]:
    """An assertion with claims at these seconds from now."""
    return lambda world: world.honest.sign(
        world.honest.claims(**{name: world.honest.now + offset for name, offset in offsets.items()})
    )


def headed(**header: Any) -> Callable[[World], str]:
    return lambda world: world.honest.sign(world.honest.claims(), header=header)


def own_key_in(name: str) -> Callable[[World], str]:
    """A stranger's signature with the stranger's own key (or where to find it) in the header."""

    def build(world: World) -> str:
        stranger = Client(world.town.gateway, "fokus-app")
        value = stranger.jwk if name == "jwk" else "https://stranger.example/keys"
        return stranger.sign(stranger.claims(), header={name: value})

    return build


HEADER = b'{"alg":"ES256"}'
HALF = b'{"sub":"\\ud800"}'  # a lone surrogate

ASSERTIONS: dict[str, Callable[[World], str]] = {
    "alg none": lambda w: raw({"alg": "none", "typ": "JWT"}, w.honest.claims(), lambda _: b""),
    "alg None in another case": lambda w: raw({"alg": "nOnE", "typ": "JWT"}, w.honest.claims(), lambda _: b""),
    "no alg": lambda w: raw({"typ": "JWT"}, w.honest.claims(), lambda _: b""),
    "no signature": lambda w: w.honest.sign(w.honest.claims()).rpartition(".")[0] + ".",
    "HS256 with the public key as PEM": lambda w: raw({"alg": "HS256"}, w.honest.claims(), hs256(w.honest.public_pem)),
    "HS256 with the public key as JWK": lambda w: raw(
        {"alg": "HS256"}, w.honest.claims(), hs256(canonical.dumps(w.honest.jwk))
    ),
    "HS256 with an empty secret": lambda w: raw({"alg": "HS256"}, w.honest.claims(), hs256(b"")),
    "EdDSA": lambda w: raw({"alg": "EdDSA"}, w.honest.claims(), Ed25519PrivateKey.generate().sign),
    "RS256": lambda w: jwt.encode(w.honest.claims(), generate_rsa_key(65537, 2048), "RS256"),
    "a DER signature": der_signature,
    "claims swapped below a signature": swapped_claims,
    "another audience": changed(aud="https://gateway.elsewhere.example"),
    "a list as audience": lambda w: w.honest.sign(w.honest.claims(aud=[w.town.gateway.issuer])),
    "the end point as audience": lambda w: w.honest.sign(w.honest.claims(aud=f"{w.town.gateway.issuer}/token")),
    "the API as audience": lambda w: w.honest.sign(w.honest.claims(aud=f"{w.town.gateway.issuer}/api")),
    "no audience": changed(aud=None),
    "lives too long": at(exp=61),
    "lives for years": at(exp=10**8),
    "expired": at(iat=-120, exp=-60),
    "expires now": at(iat=-60, exp=0),
    "issued in the future": at(iat=30, exp=80),
    "ends before it begins": at(iat=5, exp=3),
    "ends as it begins": at(iat=5, exp=5),
    "not valid before the future": at(nbf=30),
    "no exp": changed(exp=None),
    "no iat": changed(iat=None),
    "no jti": changed(jti=None),
    "no iss": changed(iss=None),
    "no sub": changed(sub=None),
    "an empty jti": changed(jti=""),
    "a number as jti": changed(jti=7),
    "a jti that no database takes": changed(jti="a\0b"),
    "a client that no database takes": lambda w: raw(
        {"alg": "ES256"}, w.honest.claims(sub="a\0b"), lambda _: bytes(64)
    ),
    "a client that is half a character": lambda _: f"{b64.encode(HEADER)}.{b64.encode(HALF)}.{b64.encode(bytes(64))}",
    "text as exp": changed(exp="99999999999"),
    "a fraction as exp": lambda w: w.honest.sign(w.honest.claims(exp=w.honest.now + 10.5)),
    "text as nbf": changed(nbf="soon"),
    "true as iat": changed(iat=True),
    "another issuer than subject": changed(iss="dsk-app"),
    "an unknown client": lambda w: Client(w.town.gateway, "nobody").sign(Client(w.town.gateway, "nobody").claims()),
    "an inactive client": lambda w: w.inactive.sign(w.inactive.claims()),
    "another client's key": lambda w: w.honest.sign(w.honest.claims(), key=w.other.key),
    "a key that nobody knows": lambda w: w.honest.sign(w.honest.claims(), key=generate_private_key(SECP256R1())),
    "crit in the header": headed(crit=["exp"], exp=1),
    "b64 false": headed(b64=False, crit=["b64"]),
    "jku in the header": own_key_in("jku"),
    "jwk in the header": own_key_in("jwk"),
    "x5u in the header": own_key_in("x5u"),
    "jwk beside a good signature": lambda w: w.honest.sign(w.honest.claims(), header={"jwk": w.honest.jwk}),
    "typ of an access token": headed(typ="at+jwt"),
    "typ of an attestation": headed(typ="dc+sd-jwt"),
    "typ that is no text": lambda w: raw({"alg": "ES256", "typ": ["JWT"]}, w.honest.claims(), lambda _: bytes(64)),
    "an access token": lambda w: w.access_token(),
    "an attestation": lambda w: _attestation(w).split("~")[0],
    "a whole SD-JWT": lambda w: _attestation(w),
    "a status list": lambda w: w.api.get("/status/1").text,
    "a list as claims": lambda w: raw({"alg": "ES256"}, [1], lambda _: bytes(64)),
    "padding in the signature": lambda w: w.honest.sign(w.honest.claims()) + "==",
    "no JWT at all": lambda _: "not a token",
    "nested brackets": lambda _: b64.encode(b"[" * 4000) + ".e30.AA",
    "bytes that are no text": lambda _: base64.urlsafe_b64encode(b"\xff\xfe" * 20).decode().rstrip("=") + ".e30.AA",
}


def _attestation(world: World) -> str:
    bundle = world.town.release("2018H2", "contract_total", "operator").bundle
    return str(json.loads(bundle)["attestation"])


@pytest.mark.parametrize("attack", every_third(ASSERTIONS))
def test_a_bad_assertion_gets_no_token(world: World, attack: str):
    answer = world.exchange(ASSERTIONS[attack](world))
    assert answer.status_code == 401, answer.text
    body = answer.json()
    assert body["error"] == "invalid_client"
    assert world.access_token()  # positive control: the honest client gets in right after


def foreign_token(world: World, **changes: Any) -> str:
    """An access token of this gateway's own making, except for the changes."""
    made = {
        "client_id": "fokus-app",
        "issuer": world.town.gateway.issuer,
        "audience": clients.audience(world.town.gateway),
        "jti": str(uuid.uuid4()),
        "now": world.honest.now,
        "life_seconds": 300,
        **changes,
    }
    return issue_access_token(world.town.gateway.token_signer(), **made)


def token_of_another_gateway(world: World) -> str:
    """A token of an installation that took this one's name, and has keys of its own."""
    here = world.town.gateway
    other = initialise(
        Settings(data_directory=world.town.folder / "other"),
        host_name=here.host,
        municipality_code=here.installed.municipality_code,
        municipality_name=here.installed.municipality_name,
        kind=Kind.DEMO,
    )
    return issue_access_token(
        other.token_signer(),
        client_id="fokus-app",
        issuer=other.issuer,
        audience=clients.audience(other),
        jti=str(uuid.uuid4()),
        now=world.honest.now,
        life_seconds=300,
    )


def token_with_another_key(world: World) -> str:
    claims = jwt.decode(world.access_token(), options={"verify_signature": False})
    return world.honest.sign(claims, header={"typ": "at+jwt"})


def one_character_off(world: World) -> str:
    token = world.access_token()
    place = len(token) - 40
    return token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]


def with_attestation_key(world: World) -> str:
    """The claims of an access token under the key that seals attestations."""
    gateway = world.town.gateway
    claims = jwt.decode(world.access_token(), options={"verify_signature": False})
    with gateway.store.read() as session:
        signer = gateway.signer(session)
    return raw({"alg": "ES256", "typ": "at+jwt", "kid": signer.kid}, claims, signer.sign)


def own(header: dict[str, Any], **changes: Any) -> Callable[[World], str]:
    """An access token signed with the right key, but with another header or other claims."""

    def build(world: World) -> str:
        signer = world.town.gateway.token_signer()
        claims = jwt.decode(world.access_token(), options={"verify_signature": False})
        claims = {name: value for name, value in {**claims, **changes}.items() if value is not None}
        return raw({"alg": "ES256", "typ": "at+jwt", "kid": signer.kid, **header}, claims, signer.sign)

    return build


TOKENS: dict[str, Callable[[World], str]] = {
    "alg none": lambda w: raw(
        {"alg": "none", "typ": "at+jwt"},
        jwt.decode(w.access_token(), options={"verify_signature": False}),
        lambda _: b"",
    ),
    "a client assertion": lambda w: w.honest.sign(w.honest.claims()),
    "an assertion dressed as a token": lambda w: w.honest.sign(
        w.honest.claims(client_id="fokus-app", aud=clients.audience(w.town.gateway), iss=w.town.gateway.issuer),
        header={"typ": "at+jwt"},
    ),
    "an attestation": lambda w: _attestation(w).split("~")[0],
    "a whole SD-JWT": lambda w: _attestation(w),
    "a status list": lambda w: w.api.get("/status/1").text,
    "another gateway's": token_of_another_gateway,
    "another key": token_with_another_key,
    "the attestation key": with_attestation_key,
    "one character of the signature": one_character_off,
    "another issuer": lambda w: foreign_token(w, issuer="https://gateway.elsewhere.example"),
    "another audience": lambda w: foreign_token(w, audience="https://gateway.elsewhere.example/api"),
    "the issuer as audience": lambda w: foreign_token(w, audience=w.town.gateway.issuer),
    "a list as audience": lambda w: own({}, aud=[clients.audience(w.town.gateway)])(w),
    "expired": lambda w: foreign_token(w, now=w.honest.now - 400),
    "issued in the future": lambda w: foreign_token(w, now=w.honest.now + 100),
    "an unknown client": lambda w: foreign_token(w, client_id="nobody"),
    "an inactive client": lambda w: foreign_token(w, client_id="old-app"),
    "a subject that is not the client": own({}, sub="dsk-app"),
    "no client": own({}, client_id=None),
    "no jti": own({}, jti=None),
    "no exp": own({}, exp=None),
    "typ JWT": own({"typ": "JWT"}),
    "crit": own({"crit": ["exp"]}),
    "jku": own({"jku": "https://stranger.example"}),
    "x5c": own({"x5c": []}),
    "oversize": lambda w: w.access_token() + "A" * 9000,
    "nothing": lambda _: "",
    "no JWT": lambda _: "abc",
}


@pytest.mark.parametrize("attack", every_third(TOKENS))
def test_a_bad_access_token_opens_nothing(world: World, attack: str):
    answer = world.ask(TOKENS[attack](world))
    assert answer.status_code == 401, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert world.ask(world.access_token()).status_code == 200  # positive control


def test_the_makers_of_bad_tokens_can_make_good_ones(world: World):
    """Positive control: without a change, what the tables build is let in."""
    assert world.ask(foreign_token(world)).status_code == 200
    assert world.ask(own({})(world)).status_code == 200
    assert world.exchange(at(iat=0, exp=60)(world)).status_code == 200
    assert world.exchange(headed(typ="client-authentication+jwt", kid="any")(world)).status_code == 200
    assert world.exchange(at(iat=5, exp=60)(world)).status_code == 200  # a clock may run 5 seconds ahead


def test_an_assertion_counts_once(world: World):
    assertion = world.honest.sign(world.honest.claims())
    assert world.exchange(assertion).status_code == 200
    assert world.exchange(assertion).status_code == 401
    # the same jti in another assertion is the same assertion; another client's jti is its own
    reused = jwt.decode(assertion, options={"verify_signature": False})["jti"]
    assert world.exchange(world.honest.sign(world.honest.claims(jti=reused))).status_code == 401
    assert world.exchange(world.other.sign(world.other.claims(jti=reused))).status_code == 200


def test_a_refused_assertion_leaves_no_event_and_uses_nothing_up(world: World):
    claims = world.honest.claims()
    before = _events(world)
    assert world.exchange(world.honest.sign(claims, key=world.other.key)).status_code == 401
    assert _events(world) == before
    assert world.exchange(world.honest.sign(claims)).status_code == 200  # the attacker could not burn the jti
    assert _events(world) == before + 1


def _events(world: World) -> int:
    with world.town.gateway.store.read() as session:
        return len(session.exec(select(LogEntry.idx).where(LogEntry.log == "access")).all())


def test_an_oversize_assertion_is_refused_before_it_is_read(world: World):
    assertion = world.honest.sign(world.honest.claims(padding="x" * 9000))
    answer = world.exchange(assertion)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_other_grants_and_assertion_types_are_refused(world: World):
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": world.honest.sign(world.honest.claims()),
    }
    for change, refusal in (
        ({"grant_type": "password"}, (400, "unsupported_grant_type")),
        ({"client_assertion_type": "urn:other"}, (401, "invalid_client")),
    ):
        answer = world.api.post("/token", data={**form, **change})
        assert (answer.status_code, answer.json()["error"]) == refusal
    assert world.api.post("/token", data=form).status_code == 200


def test_a_client_that_is_switched_off_loses_its_token_at_once(world: World):
    client = Client(world.town.gateway, "short-lived")
    client.register(world.town.folder, "fokus-folkeoplysning", Role.OPERATOR)
    token = world.exchange(client.sign(client.claims())).json()["access_token"]
    assert world.ask(token).status_code == 200
    with world.town.gateway.write() as uow:
        row = uow.session.get(ClientRow, "short-lived")
        row.is_active = False
        uow.session.add(row)
        uow.record(ClientRegistered(client="short-lived", organisation="-", role="operator", key="-"))
    assert world.ask(token).status_code == 401


def test_a_refusal_repeats_nothing_of_the_token(world: World):
    secret = "zebra-in-the-token"
    answer = world.exchange(world.honest.sign(world.honest.claims(aud=secret)))
    assert secret not in answer.text
    answer = world.ask(own({}, iss=secret)(world))
    assert secret not in answer.text
