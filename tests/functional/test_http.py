"""The HTTP API as operators, investors and data protection officers meet it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from gateway.api.app import create_app
from gateway.api.public import FAMILIES
from gateway.release import publication
from gateway.release.asks import answer_asks
from gateway.release.releasing import release
from outcome_verifier.trust import TrustFile
from outcome_verifier.verify import verify_bundle
from policies.terms import Role
from tests.support.api_client import Client
from tests.support.routes import all_routes
from tests.support.simulated import Municipality, simulated


def registered(town: Municipality, client_id: str, organisation: str, role: Role) -> Client:
    client = Client(town.gateway, client_id)
    client.register(town.folder, organisation, role)
    return client


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
def operator(aalborg: Municipality) -> Client:
    return registered(aalborg, "fokus-app", "fokus-folkeoplysning", Role.OPERATOR)


@pytest.fixture(scope="module")
def investor(aalborg: Municipality) -> Client:
    return registered(aalborg, "dsk-app", "den-sociale-kapitalfond", Role.INVESTOR)


@pytest.fixture(scope="module")
def dpo(aalborg: Municipality) -> Client:
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


def test_an_operator_asks_for_a_window_and_gets_what_verifies_once_it_is_released(api, aalborg, operator):
    asked = api.post(path("2018H2", "payment_document"), headers=operator.headers(api))
    assert (asked.status_code, asked.headers["location"]) == (202, path("2018H2", "payment_document"))
    assert [one.released is not None for one in answer_asks(aalborg.gateway)] == [True]
    answer = api.post(path("2018H2", "payment_document"), headers=operator.headers(api))
    assert answer.status_code == 200, answer.text
    now = int(aalborg.gateway.clock().timestamp())
    verified = verify_bundle(answer.content, trust_of(api), now=now)
    assert verified.claims["recipient"] == {"role": "operator", "organisation": "fokus-folkeoplysning"}
    again = api.post(path("2018H2", "payment_document"), headers=operator.headers(api))
    assert again.json()["attestation"] == answer.json()["attestation"]


def test_an_investor_gets_the_contract_total(api, aalborg, investor):
    release(aalborg.gateway, "impact60", "2018H2", "contract_total", "investor")
    answer = api.post(path("2018H2", "contract_total"), headers=investor.headers(api))
    assert answer.status_code == 200, answer.text
    now = int(aalborg.gateway.clock().timestamp())
    assert verify_bundle(answer.content, trust_of(api), now=now).shown["participants"] == 120


REFUSED = [
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


def test_what_cannot_be_released_yet_waits_and_unknown_names_are_told_apart(api, operator):
    headers = operator.headers(api)
    for window in ("2020H1", "2021H1"):  # an earlier one comes first, sources are not complete: nobody outside is told
        assert api.post(path(window, "payment_document"), headers=headers).status_code == 202
    assert problem(api.get(path("2020H2", "payment_document"), headers=headers))["type"].endswith(":nothing-asked")
    assert problem(api.post(path("1999H1", "payment_document"), headers=headers))["status"] == 404
    assert problem(api.post(path("2018H2", "payment_document", "other"), headers=headers))["status"] == 404
    assert problem(api.post(path("2018H2", "everything"), headers=headers))["status"] == 422


def test_another_organisation_in_the_same_role_gets_nothing(api, aalborg):
    other = registered(aalborg, "other-app", "den-sociale-kapitalfond", Role.INVESTOR)
    other.turn_into(Role.OPERATOR)  # whoever edits the row gains nothing
    answer = api.post(path("2018H2", "payment_document"), headers=other.headers(api))
    assert problem(answer)["type"].endswith(":contract-unknown")
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
        assert answer.status_code == 202


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
    stranger = registered(aalborg, "stranger", "fokus-folkeoplysning", Role.OPERATOR)
    stranger.turn_into(Role.DPO)
    assert api.get("/access-log", headers=stranger.headers(api)).status_code == 403


def test_every_route_but_the_public_ones_needs_a_token(api):
    """Enumerated from the application itself: a new route without a guard fails here."""
    families = {f"/{family.folder}/{{name:path}}" for family in FAMILIES}
    public = {"/", "/docs", "/health", "/token", *PUBLIC, *families}
    routes = [route for route in _routes(api.app) if route.path not in public]
    assert len(routes) >= 3
    for route in routes:
        concrete = route.path.format(
            contract_id="impact60", window="2018H2", template="contract_total", dispute="0" * 36
        )
        for method in route.methods:
            answer = api.request(method, concrete)
            assert answer.status_code == 401, (method, route.path)
            assert answer.headers["www-authenticate"] == "Bearer"


def _routes(app) -> list[APIRoute]:
    """The routes of the API; what else the application answers to is named here, so that nothing hides beside them."""
    routes = all_routes(app.routes)
    others = {route.path for route in routes if not isinstance(route, APIRoute)}
    assert others == {"/openapi.json"}  # its own document
    return [route for route in routes if isinstance(route, APIRoute)]


def test_the_api_document_describes_every_route(api):
    document = api.get("/openapi.json").json()
    for route in _routes(api.app):
        if route.include_in_schema:
            assert route.path.replace(":path}", "}") in document["paths"]
    page = api.get("/docs")
    assert page.status_code == 200
    assert "/contracts/{contract_id}" in page.text
    assert "<script" not in page.text


PUBLIC = {
    "/.well-known/jwt-vc-issuer": "application/json",
    "/status/1": "application/statuslist+jwt",
    "/log/attest/checkpoint": "text/plain",
    "/log/payment/checkpoint": "text/plain",
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


def test_only_what_is_published_is_a_public_file(api, aalborg):
    published = {f"/{name}" for name in publication.publish(aalborg.gateway)}
    assert {name for name in published if "/tile/" not in name and "/archive/" not in name} == set(PUBLIC)
    for name in published:
        assert api.get(name).status_code == 200, name
    for name in (
        "/log/attest/tile/9/000",
        "/log/attest/tile/0/../checkpoint",
        "/status/archive/1",
        "/status/archive/x",
    ):
        assert api.get(name).status_code == 404, name
    left = aalborg.gateway.settings.public_directory / "trust.json.0a1b2c3d.new"  # what an interrupted write leaves
    left.write_bytes(b"half")
    assert api.get(f"/{left.name}").status_code == 404


def test_a_public_file_is_asked_about_and_not_sent_again(api):
    first = api.get("/trust.json")
    assert api.head("/trust.json").headers["content-length"] == first.headers["content-length"]
    again = api.get("/trust.json", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_access_log_has_no_public_checkpoint_and_the_payment_log_no_public_entries(api):
    assert api.get("/log/payment/checkpoint").status_code == 200
    assert api.get("/log/payment/tile/entries/000.p/1").status_code == 404
    assert api.get("/log/access/checkpoint").status_code == 404


def test_the_signature_metadata_matches_the_published_file(api, aalborg):
    import base64
    import hashlib

    done = release(aalborg.gateway, "impact60", "2018H2", "contract_total", "investor")
    now = int(aalborg.gateway.clock().timestamp())
    claims = verify_bundle(done.bundle, trust_of(api), now=now).claims
    content = api.get("/vct/outcome-attestation/1").content
    assert claims["vct#integrity"] == "sha256-" + base64.b64encode(hashlib.sha256(content).digest()).decode()


def test_a_request_that_is_too_large_is_refused(api, operator):
    assert api.post("/token", content=b"x" * 20_000).status_code == 413
    assert api.post("/token", data={**operator.form(), "client_assertion": "x" * 9000}).status_code == 401


def test_an_unforeseen_error_says_nothing_of_itself(aalborg, monkeypatch, operator):
    from gateway.api import attestations as module

    def explode(*_: object, **__: object) -> None:
        raise RuntimeError("secret 6101801234")

    monkeypatch.setattr(module.asks, "ask", explode)
    with TestClient(create_app(aalborg.gateway), raise_server_exceptions=False) as api:
        answer = api.post(path("2018H2", "payment_document"), headers=operator.headers(api))
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert problem(answer)["type"].endswith(":internal")


CPR = "7303012001"  # of nobody


@pytest.mark.parametrize("text", [CPR, f"{CPR[:6]}-{CPR[6:]}", f"x{CPR}", CPR[::-1], CPR[1:]])
def test_an_answer_repeats_no_number_that_was_sent(api, operator, text: str):
    """As a name in the address, as a key and as a text of a body: the place is told, and the number is not."""
    headers = operator.headers(api)
    answers = [
        api.get(f"/contracts/{text}/settlement", headers=headers),
        api.post(f"/contracts/impact60/windows/{text}/attestations/payment_document", headers=headers),
        api.post(f"/contracts/impact60/windows/2019H1/disputes?{text}={text}", headers=headers, json={text: 1}),
        api.post("/contracts/impact60/windows/2019H1/disputes", headers=headers, json={"line": f"{text}/x"}),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 422, 422]
    assert not any(text in answer.text for answer in answers)
    assert ["body", "…"] in [place["where"] for place in answers[2].json()["places"]]
    assert "value_error" in [place["rule"] for place in answers[3].json()["places"]]


def test_an_answer_repeats_other_names(api, operator):
    """Positive control: a name that is none."""
    headers = operator.headers(api)
    assert "zebra-2019-0001" in api.get("/contracts/zebra-2019-0001/settlement", headers=headers).text
    answer = api.post("/contracts/impact60/windows/2019H1/disputes", headers=headers, json={"zebra": 1})
    assert ["body", "zebra"] in [place["where"] for place in answer.json()["places"]]
