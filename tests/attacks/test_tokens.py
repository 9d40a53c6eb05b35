"""An attacker at the token end point and at the API: every confusion of keys, kinds, times and audiences is refused."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from fastapi.testclient import TestClient
from sqlmodel import select

from gateway.api.app import create_app
from gateway.events import ClientRegistered
from gateway.store.tables import ClientRow, UsedAssertion
from gateway.tokens import issue_access_token
from outcome_verifier import b64
from policies.vocabulary import Role
from tests.functional.test_http import Caller, exchange, registered
from tests.support.simulated import Municipality, simulated


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Municipality:
    return simulated(tmp_path_factory.mktemp("tokens"), extract_people=10)


@pytest.fixture(scope="module")
def api(town: Municipality) -> Iterator[TestClient]:
    with TestClient(create_app(town.gateway), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="module")
def caller(town: Municipality) -> Caller:
    return registered(town, "fokus-app", "fokus-folkeoplysning", Role.OPERATOR)


def encoded(caller: Caller, **header: object) -> str:
    """A good assertion, signed under another header."""
    now = int(caller.gateway.clock().timestamp())
    claims = {
        "iss": "fokus-app", "sub": "fokus-app", "aud": caller.gateway.issuer, "iat": now, "exp": now + 60, "jti": "h",
    }  # fmt: skip
    return jwt.encode(claims, caller.key, "ES256", headers={k: v for k, v in header.items() if k != "alg"})


def unsigned(caller: Caller) -> str:
    body = caller.assertion().split(".")[1]
    return f"{b64.encode(json.dumps({'alg': 'none', 'typ': 'JWT'}).encode())}.{body}."


def hs256_with_the_public_key(caller: Caller) -> str:
    numbers = caller.key.public_key().public_numbers()
    secret = json.dumps({"x": numbers.x, "y": numbers.y}).encode()
    head = b64.encode(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    text = f"{head}.{caller.assertion().split('.')[1]}"
    return f"{text}.{b64.encode(hmac.digest(secret, text.encode(), hashlib.sha256))}"


def der_signature(caller: Caller) -> str:
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.hashes import SHA256

    text = caller.assertion().rpartition(".")[0]
    return f"{text}.{b64.encode(caller.key.sign(text.encode(), ECDSA(SHA256())))}"


def now_of(caller: Caller) -> int:
    return int(caller.gateway.clock().timestamp())


ASSERTIONS: dict[str, Callable[[Caller], str]] = {
    "not a JWT": lambda c: "hello",
    "alg none": unsigned,
    "HS256 with the public key": hs256_with_the_public_key,
    "DER signature": der_signature,
    "signed by another key": lambda c: Caller(c.gateway, c.client_id, generate_private_key(SECP256R1())).assertion(),
    "audience is the end point": lambda c: c.assertion(aud=f"{c.gateway.issuer}/token"),
    "audience is a list": lambda c: c.assertion(aud=[c.gateway.issuer]),
    "audience of another gateway": lambda c: c.assertion(aud="https://gateway.ballerup.example"),
    "no audience": lambda c: c.assertion(aud=None),
    "issued by somebody else": lambda c: c.assertion(iss="another"),
    "for somebody else": lambda c: c.assertion(sub="another"),
    "no expiry": lambda c: c.assertion(exp=None),
    "expired": lambda c: c.assertion(iat=now_of(c) - 120, exp=now_of(c) - 61),
    "expires this second": lambda c: c.assertion(iat=now_of(c) - 60, exp=now_of(c)),
    "lives too long": lambda c: c.assertion(exp=now_of(c) + 61),
    "lives for ever": lambda c: c.assertion(exp=2**53),
    "issued in the future": lambda c: c.assertion(iat=now_of(c) + 30, exp=now_of(c) + 60),
    "not valid yet": lambda c: c.assertion(nbf=now_of(c) + 30),
    "no issue time": lambda c: c.assertion(iat=None),
    "no identifier": lambda c: c.assertion(jti=None),
    "identifier is a number": lambda c: c.assertion(jti=7),
    "expiry is a text": lambda c: c.assertion(exp=str(now_of(c) + 60)),
    "crit": lambda c: encoded(c, crit=["b64"], b64=False),
    "jku": lambda c: encoded(c, jku="https://elsewhere.example/keys"),
    "jwk": lambda c: encoded(c, jwk={"kty": "EC"}),
    "x5u": lambda c: encoded(c, x5u="https://elsewhere.example/cert"),
    "typ of an access token": lambda c: encoded(c, typ="at+jwt"),
    "typ of an attestation": lambda c: encoded(c, typ="dc+sd-jwt"),
    "unknown client": lambda c: Caller(c.gateway, "nobody", c.key).assertion(),
    "client id with a quote": lambda c: Caller(c.gateway, "fokus-app' OR '1'='1", c.key).assertion(),
    "client id with NUL": lambda c: Caller(c.gateway, "fokus-app\x00", c.key).assertion(),
}


def test_a_good_assertion_is_accepted_once(api, caller):
    """Positive control, and replay: the same assertion never works twice, also after a restart."""
    assertion = caller.assertion()
    assert exchange(api, assertion).status_code == 200
    assert exchange(api, assertion).status_code == 401
    with TestClient(create_app(caller.gateway)) as restarted:
        assert exchange(restarted, assertion).status_code == 401


@pytest.mark.parametrize("name", ASSERTIONS)
def test_a_wrong_assertion_is_refused(api, caller, name: str):
    answer = exchange(api, ASSERTIONS[name](caller))
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"


@pytest.mark.parametrize("change", [{"grant_type": "password"}, {"client_assertion_type": "urn:other"}])
def test_another_grant_is_refused(api, caller, change: dict[str, str]):
    assert exchange(api, caller.assertion(), **change).status_code == 400


def forged(caller: Caller, **changes: object) -> str:
    """An access token signed by the gateway's own key with changed claims: what a bug elsewhere could give."""
    signer, now = caller.gateway.token_signer(), now_of(caller)
    values = {
        "client_id": caller.client_id,
        "issuer": caller.gateway.issuer,
        "audience": f"{caller.gateway.issuer}/api",
        "jti": "1",
        "now": now,
        "life_seconds": 300,
        **changes,
    }
    return issue_access_token(signer, **values)


TOKENS: dict[str, Callable[[Caller, TestClient], str]] = {
    "an assertion": lambda c, _: c.assertion(),
    "an assertion for the API": lambda c, _: c.assertion(aud=f"{c.gateway.issuer}/api", iss=c.gateway.issuer),
    "expired": lambda c, _: forged(c, now=now_of(c) - 301),
    "from the future": lambda c, _: forged(c, now=now_of(c) + 60),
    "for another audience": lambda c, _: forged(c, audience="https://elsewhere.example/api"),
    "of another issuer": lambda c, _: forged(c, issuer="https://gateway.ballerup.example"),
    "of an unknown client": lambda c, _: forged(c, client_id="nobody"),
    "cut off": lambda c, api: c.token(api)[:-4],
    "changed": lambda c, api: _changed(c.token(api)),
    "with a second signature part": lambda c, api: c.token(api) + ".AAAA",
    "too long": lambda c, api: c.token(api) + "A" * 9000,
    "the published status list": lambda c, api: api.get("/status/1").text,
    "empty": lambda c, _: "",
}


def _changed(token: str) -> str:
    head, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    claims["client_id"] = claims["sub"] = "dsk-app"
    return f"{head}.{b64.encode(json.dumps(claims).encode())}.{signature}"


def test_a_good_token_opens_the_api(api, caller):
    assert api.get("/contracts", headers=caller.headers(api)).status_code == 200


@pytest.mark.parametrize("name", TOKENS)
def test_a_wrong_token_opens_nothing(api, caller, name: str):
    token = TOKENS[name](caller, api)
    answer = api.get("/contracts", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_client_that_was_switched_off_is_out_at_once_with_a_live_token(api, caller, town):
    headers = caller.headers(api)
    assert api.get("/contracts", headers=headers).status_code == 200

    def switch(is_active: bool) -> None:
        with town.gateway.store.write(town.gateway.clock()) as uow:
            row = uow.session.exec(select(ClientRow).where(ClientRow.client_id == "fokus-app")).one()
            row.is_active = is_active
            uow.session.add(row)
            uow.record(ClientRegistered(client="fokus-app", organisation="", role="", key=""))

    switch(False)
    assert api.get("/contracts", headers=headers).status_code == 401
    assert exchange(api, caller.assertion()).status_code == 401
    switch(True)
    assert api.get("/contracts", headers=headers).status_code == 200


def test_a_role_in_the_token_changes_nothing(api, caller, town):
    """What a client may do stands in the store and the grants, never in what it brings."""
    headers = {"Authorization": f"Bearer {forged(caller)}"}
    assert api.get("/access-log", headers=headers).status_code == 404


def test_used_assertions_are_forgotten_only_after_they_have_expired(api, caller, town):
    assert exchange(api, caller.assertion(jti="kept")).status_code == 200
    with town.gateway.store.read() as session:
        kept = {row.jti for row in session.exec(select(UsedAssertion))}
    assert "kept" in kept
