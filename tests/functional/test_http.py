"""The HTTP API as operators, investors and data protection officers meet it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from gateway import clients, publication
from gateway.api.app import create_app
from gateway.installation import Gateway
from gateway.release import release
from gateway.tokens import ASSERTION_TYPE
from outcome_verifier import b64
from outcome_verifier.trust import TrustFile
from outcome_verifier.verify import verify_bundle
from policies.vocabulary import Role
from tests.support.simulated import Municipality, simulated


@dataclass(frozen=True)
class Caller:
    """An API client with its own key."""

    gateway: Gateway
    client_id: str
    key: EllipticCurvePrivateKey

    def assertion(self, **changes: object) -> str:
        now = int(self.gateway.clock().timestamp())
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.gateway.issuer,
            "iat": now,
            "exp": now + 60,
            "jti": str(uuid.uuid4()),
            **changes,
        }
        return jwt.encode({name: value for name, value in claims.items() if value is not None}, self.key, "ES256")

    def token(self, api: TestClient) -> str:
        answer = exchange(api, self.assertion())
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def headers(self, api: TestClient) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(api)}"}


def exchange(api: TestClient, assertion: str, **changes: str):
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion,
        **changes,
    }
    return api.post("/token", data=form)


def registered(town: Municipality, client_id: str, organisation: str, role: Role) -> Caller:
    key = generate_private_key(SECP256R1())
    numbers = key.public_key().public_numbers()
    x, y = (b64.encode(value.to_bytes(32, "big")) for value in (numbers.x, numbers.y))
    file = town.folder / f"{client_id}.jwk"
    file.write_text(json.dumps({"kty": "EC", "crv": "P-256", "x": x, "y": y}))
    clients.register_client(town.gateway, client_id=client_id, organisation=organisation, role=role, jwk_file=file)
    return Caller(town.gateway, client_id, key)


@pytest.fixture(scope="module")
def aalborg(tmp_path_factory: pytest.TempPathFactory) -> Municipality:
    town = simulated(tmp_path_factory.mktemp("aalborg"))
    town.enrol()
    town.pull_all()
    publication.publish(town.gateway)
    return town


@pytest.fixture(scope="module")
def api(aalborg: Municipality) -> Iterator[TestClient]:
    with TestClient(create_app(aalborg.gateway), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="module")
def operator(aalborg: Municipality) -> Caller:
    return registered(aalborg, "fokus-app", "fokus-folkeoplysning", Role.OPERATOR)


@pytest.fixture(scope="module")
def investor(aalborg: Municipality) -> Caller:
    return registered(aalborg, "dsk-app", "den-sociale-kapitalfond", Role.INVESTOR)


@pytest.fixture(scope="module")
def dpo(aalborg: Municipality) -> Caller:
    return registered(aalborg, "dpo-app", "aalborg-kommune", Role.DPO)


def path(window: str, template: str, contract: str = "impact60") -> str:
    return f"/contracts/{contract}/windows/{window}/attestations/{template}"


def trust_of(api: TestClient) -> TrustFile:
    return TrustFile.load(api.get("/trust.json").content)


def problem(answer) -> dict:
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert set(body) >= {"type", "title", "status", "detail"}
    assert body["status"] == answer.status_code
    return body


def test_an_operator_asks_for_a_window_and_gets_what_verifies(api, aalborg, operator):
    answer = api.post(path("2018H2", "payment_document"), headers=operator.headers(api))
    assert answer.status_code == 200, answer.text
    now = int(aalborg.gateway.clock().timestamp())
    verified = verify_bundle(answer.content, trust_of(api), now=now)
    assert verified.claims["recipient"] == {"role": "operator", "organisation": "fokus-folkeoplysning"}
    again = api.post(path("2018H2", "payment_document"), headers=operator.headers(api))
    assert again.json()["attestation"] == answer.json()["attestation"]


def test_an_investor_gets_the_contract_total(api, aalborg, investor):
    answer = api.post(path("2018H2", "contract_total"), headers=investor.headers(api))
    assert answer.status_code == 200, answer.text
    now = int(aalborg.gateway.clock().timestamp())
    assert verify_bundle(answer.content, trust_of(api), now=now).shown["participants"] == 120


REFUSED = [
    ("2021H1", "contract_total", 403, "P24-sources-complete"),
    ("2018H2", "payment_document", 403, "P22-release-planned"),
    ("2018H2", "predicate", 403, "P22-release-planned"),
]


@pytest.mark.parametrize(("window", "template", "status", "rule"), REFUSED)
def test_a_refusal_is_a_problem_that_names_the_rule(api, investor, window, template, status, rule):
    answer = api.post(path(window, template), headers=investor.headers(api))
    body = problem(answer)
    assert (answer.status_code, rule in body["rules"]) == (status, True)
    assert body["reason"]
    assert body["begrundelse"]


def test_a_window_out_of_order_and_unknown_names_are_told_apart(api, operator):
    headers = operator.headers(api)
    assert problem(api.post(path("2020H1", "payment_document"), headers=headers))["status"] == 409
    assert problem(api.post(path("1999H1", "payment_document"), headers=headers))["status"] == 404
    assert problem(api.post(path("2018H2", "payment_document", "other"), headers=headers))["status"] == 404
    assert problem(api.post(path("2018H2", "everything"), headers=headers))["status"] == 422


def test_another_organisation_in_the_same_role_gets_nothing(api, aalborg):
    other = registered(aalborg, "other-app", "another-operator", Role.OPERATOR)
    answer = api.post(path("2018H2", "payment_document"), headers=other.headers(api))
    assert answer.status_code == 403
    assert api.get("/contracts", headers=other.headers(api)).json() == []


def test_the_investor_of_ten_people_learns_no_total(tmp_path: Path):
    town = simulated(tmp_path, "ballerup")
    town.enrol()
    town.pull_all()
    with TestClient(create_app(town.gateway)) as api:
        caller = registered(town, "dsk", "den-sociale-kapitalfond", Role.INVESTOR)
        answer = api.post(path("2020H2", "contract_total", "ballerup"), headers=caller.headers(api))
        assert {"P22-release-planned", "P27-cohort-reaches-k"} <= set(problem(answer)["rules"])
        assert answer.status_code == 403
        answer = api.post(path("2020H2", "predicate", "ballerup"), headers=caller.headers(api))
        assert answer.status_code == 200


def test_a_party_sees_what_it_may_ask_for(api, operator, investor):
    [planned] = api.get("/contracts", headers=operator.headers(api)).json()
    assert {entry["template"] for entry in planned["releases"]} == {"contract_total", "payment_document"}
    [planned] = api.get("/contracts", headers=investor.headers(api)).json()
    assert {entry["template"] for entry in planned["releases"]} == {"contract_total"}
    assert planned["releases"][0]["freezes_from"] == "2019-02-28"


def test_a_data_protection_officer_reads_the_access_log_and_nobody_else_does(api, dpo, operator, investor):
    events = api.get("/access-log", params={"count": 500}, headers=dpo.headers(api)).json()
    kinds = {event["kind"] for event in events}
    assert {"installed", "cohort_sealed", "pull_authorised", "pull_completed", "token_issued"} <= kinds
    again = api.get("/access-log", params={"from": len(events), "count": 5}, headers=dpo.headers(api)).json()
    assert "log_read" in {event["kind"] for event in again}  # reading is an event too
    for caller in (operator, investor):
        assert api.get("/access-log", headers=caller.headers(api)).status_code in (403, 404)


def test_a_dpo_of_another_organisation_reads_nothing(api, aalborg):
    stranger = registered(aalborg, "stranger", "ballerup-kommune", Role.DPO)
    assert api.get("/access-log", headers=stranger.headers(api)).status_code == 403


def test_every_route_but_the_public_ones_needs_a_token(api):
    """Enumerated from the application itself: a new route without a guard fails here."""
    public = {"/health", "/docs", "/token", "/openapi.json"}
    routes = [route for route in _routes(api.app) if route.path not in public]
    assert len(routes) >= 3
    for route in routes:
        concrete = route.path.format(contract_id="impact60", window="2018H2", template="contract_total")
        for method in route.methods:
            answer = api.request(method, concrete)
            assert answer.status_code == 401, (method, route.path)
            assert answer.headers["www-authenticate"] == "Bearer"


def _routes(app) -> list[APIRoute]:
    """The routes of the API; what else the application answers to is named here, so that nothing hides beside them."""
    others = {route.path for route in app.routes if not isinstance(route, APIRoute)}
    assert others == {"/openapi.json", ""}  # its own document, and the public files
    return [route for route in app.routes if isinstance(route, APIRoute)]


def test_the_api_document_describes_every_route(api):
    document = api.get("/openapi.json").json()
    for route in _routes(api.app):
        if route.include_in_schema:
            assert route.path in document["paths"]
    page = api.get("/docs")
    assert page.status_code == 200
    assert "/contracts/{contract_id}" in page.text
    assert "<script" not in page.text


PUBLIC = {
    "/.well-known/jwt-vc-issuer": "application/json",
    "/status/1": "application/statuslist+jwt",
    "/log/attest/checkpoint": "text/plain",
    "/vct/outcome-attestation/1": "application/json",
    "/vct/payment-document/1": "application/json",
    "/trust.json": "application/json",
}


@pytest.mark.parametrize("name", PUBLIC)
def test_public_artefacts_are_static_files(api, name: str):
    answer = api.get(name)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(PUBLIC[name])
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["/gateway.sqlite", "/../gateway.sqlite", "/%2e%2e/keys/vault.json", "/passphrase"])
def test_nothing_else_is_reachable(api, name: str):
    assert api.get(name).status_code in (404, 405)


def test_the_payment_log_has_no_public_checkpoint(api):
    assert api.get("/log/payment/checkpoint").status_code == 404
    assert api.get("/log/access/checkpoint").status_code == 404


def test_the_signature_metadata_matches_the_published_file(api, aalborg):
    import base64
    import hashlib

    done = release(aalborg.gateway, "impact60", "2018H2", "contract_total", "investor")
    now = int(aalborg.gateway.clock().timestamp())
    claims = verify_bundle(done.bundle, trust_of(api), now=now).claims
    content = api.get("/vct/outcome-attestation/1").content
    assert claims["vct#integrity"] == "sha256-" + base64.b64encode(hashlib.sha256(content).digest()).decode()


def test_a_request_that_is_too_large_is_refused(api):
    assert api.post("/token", content=b"x" * 20_000).status_code == 413
    assert exchange(api, "x", client_assertion="x" * 9000).status_code == 422


def test_an_unforeseen_error_says_nothing_of_itself(aalborg, monkeypatch, operator):
    from gateway.api import app as module

    def explode(*_: object, **__: object) -> None:
        raise RuntimeError("secret 6101801234")

    monkeypatch.setattr(module, "release", explode)
    with TestClient(create_app(aalborg.gateway), raise_server_exceptions=False) as api:
        answer = api.post(path("2018H2", "payment_document"), headers=operator.headers(api))
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert problem(answer)["type"].endswith(":internal")
