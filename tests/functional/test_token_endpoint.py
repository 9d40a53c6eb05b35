"""The token end point answers as OAuth clients expect: RFC 6749 §5.1 where it succeeds, §5.2 where it does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient

from gateway.api.app import create_app
from policies.terms import Role
from tests.support.api_client import Client
from tests.support.municipality import ready

CANARY = "zebra-6101801234"  # stands in everything that is sent, and may stand in no answer
FORM = "application/x-www-form-urlencoded"
DESCRIPTION = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+")  # the characters that RFC 6749 §5.2 allows


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Client:
    town = ready(tmp_path_factory.mktemp("token"))
    client = Client(town.gateway, "fokus-app")
    client.register(town.folder, "fokus-folkeoplysning", Role.OPERATOR)
    return client


@pytest.fixture(scope="module")
def api(client: Client) -> Iterator[TestClient]:
    with TestClient(create_app(client.gateway), raise_server_exceptions=False) as api:
        yield api


def refusal(answer) -> dict[str, str]:
    """The body of an error, whose shape is the same for all of them."""
    assert answer.headers["content-type"] == "application/json"
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
    body = answer.json()
    assert set(body) == {"error", "error_description"}
    assert DESCRIPTION.fullmatch(body["error_description"])
    assert CANARY not in answer.text
    return body


def test_a_token_comes_with_its_type_and_life_and_is_not_kept_by_a_cache(api, client):
    answer = api.post("/token", data=client.form())
    assert answer.status_code == 200
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
    body = answer.json()
    assert (set(body), body["token_type"], body["expires_in"]) == (
        {"access_token", "token_type", "expires_in"},
        "Bearer",
        300,
    )


@pytest.mark.parametrize("name", ["grant_type", "client_assertion_type", "client_assertion"])
@pytest.mark.parametrize("value", [None, ""], ids=["left out", "without a value"])  # the same: RFC 6749 §3.2
def test_a_missing_parameter_is_an_invalid_request_that_names_it(api, client, name, value):
    form = {**client.form(), "audience": CANARY, name: value}
    answer = api.post("/token", data={key: sent for key, sent in form.items() if sent is not None})
    body = refusal(answer)
    assert (answer.status_code, body["error"]) == (400, "invalid_request")
    assert name in body["error_description"]


@pytest.mark.parametrize("name", ["grant_type", "client_assertion_type", "client_assertion", "anything"])
def test_a_repeated_parameter_is_an_invalid_request(api, client, name):
    form = {"anything": CANARY, **client.form()}
    answer = api.post("/token", content=urlencode([*form.items(), (name, form[name])]), headers={"content-type": FORM})
    assert (answer.status_code, refusal(answer)["error"]) == (400, "invalid_request")
    assert api.post("/token", data=form).status_code == 200  # once it is fine, and nothing was used up


WRONG = {
    "another grant": ({"grant_type": CANARY}, 400, "unsupported_grant_type"),
    "another grant and nothing else": (
        {"grant_type": CANARY, "client_assertion_type": "", "client_assertion": ""},
        400,
        "unsupported_grant_type",
    ),
    "another kind of assertion": ({"client_assertion_type": CANARY}, 401, "invalid_client"),
    "a bad assertion": ({"client_assertion": CANARY}, 401, "invalid_client"),
    "an assertion that is too long": ({"client_assertion": CANARY * 600}, 401, "invalid_client"),
    "bytes that are no text": ({"client_assertion": b"\xff\xfe\x00"}, 401, "invalid_client"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_told_in_the_words_of_the_standard(api, client, case):
    changes, status, error = WRONG[case]
    answer = api.post("/token", content=urlencode({**client.form(), **changes}), headers={"content-type": FORM})
    assert (answer.status_code, refusal(answer)["error"]) == (status, error)


def described(api, client, assertion: str) -> str:
    answer = api.post("/token", data={**client.form(), "client_assertion": assertion})
    body = refusal(answer)
    assert (answer.status_code, body["error"]) == (401, "invalid_client")
    return body["error_description"]


REASONS = {
    "audience": ({"aud": f"https://{CANARY}"}, "the token's aud is not "),
    "audience, and more": ({"aud": ["https://gateway.aalborg.example"]}, "the token's aud is not "),
    "no audience": ({"aud": None}, "the token has no aud"),
    "issuer": ({"iss": CANARY}, "the token's iss is not "),
    "subject": ({"sub": CANARY, "iss": CANARY}, "no key that counts for this client"),
    "no number": ({"jti": None}, "the token has no jti"),
    "a number of another type": ({"jti": 7}, "claims have the wrong types"),
    "no end": ({"exp": None}, "the token has no exp"),
    "ended": ({"exp": 1, "iat": 0}, "the token has expired"),
}


@pytest.mark.parametrize("case", REASONS)
def test_each_cause_has_a_reason_of_its_own(api, client, case):
    changes, reason = REASONS[case]
    assert reason in described(api, client, client.sign(client.claims(**changes)))


def test_an_assertion_that_ends_before_it_begins_does_not_count(api, client):
    for begins, counts in ((7, True), (8, False), (9, False)):  # seconds ahead, within what clocks may differ by
        assertion = client.sign(client.claims(iat=client.now + begins, exp=client.now + 8))
        answer = api.post("/token", data={**client.form(), "client_assertion": assertion})
        assert (answer.status_code == 200) is counts, answer.text
    assert "the token ends before it begins" in described(api, client, assertion)


def test_a_token_id_that_could_be_a_number_is_not_kept(api, client):
    said = described(api, client, client.sign(client.claims(jti="7303012001")))
    assert said == "the token's jti could hold a CPR number"


def test_a_wrong_key_an_unknown_and_a_revoked_client_are_one_answer(api, client):
    """Nobody finds out which ids are registered; whoever holds the key is told what else is wrong, and nobody else."""
    stranger = Client(client.gateway, client.client_id)
    unknown = Client(client.gateway, "nobody-app")
    said = {
        described(api, client, stranger.sign(stranger.claims())),
        described(api, client, stranger.sign(stranger.claims(aud=CANARY, jti=None))),
        described(api, client, unknown.sign(unknown.claims())),
    }
    assert said == {"no key that counts for this client signed the token"}


def test_the_audience_that_is_wanted_is_named(api, client):
    said = described(api, client, client.sign(client.claims(aud="https://elsewhere.example")))
    assert client.gateway.issuer in said


def test_only_a_form_is_read(api, client):
    form = client.form()
    for answer in (
        api.post("/token", json={**form, "anything": CANARY}),
        api.post("/token", data=form, files={"anything": CANARY.encode()}),
        api.post("/token", content=urlencode(form), headers={"content-type": ""}),
        api.post("/token", params=form),
        api.post("/token"),
    ):
        assert (answer.status_code, refusal(answer)["error"]) == (400, "invalid_request")
    answer = api.post(
        "/token", content=urlencode(form), headers={"content-type": "Application/X-WWW-Form-Urlencoded; charset=UTF-8"}
    )
    assert answer.status_code == 200


def test_unknown_parameters_are_left_aside(api, client):
    """RFC 6749 §3.2; a scope is one of them: what a client may do stands in the programme, not in its request."""
    answer = api.post("/token", data={**client.form(), "scope": "everything", "resource": "https://api.example"})
    assert answer.status_code == 200
    assert "scope" not in answer.json()
