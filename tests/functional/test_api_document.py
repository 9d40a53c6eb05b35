"""The OpenAPI document is true: each status that it names is provoked, and what is sent has the documented schema."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from jsonschema import Draft202012Validator

from gateway.api.app import create_app
from gateway.api.document import examples
from gateway.installation import clients
from gateway.installation.tokens import ASSERTION_TYPE
from gateway.release.publication import publish
from policies.terms import Role
from tests.support.api_client import Client
from tests.support.examples import every_third
from tests.support.municipality import SimulatedMunicipality, ready
from tests.support.settling import accept

ROOT = Path(__file__).parents[2]
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Office:
    """A municipality with its API, and a client in each role that asks for something."""

    town: SimulatedMunicipality
    api: TestClient
    operator: Client
    investor: Client
    dpo: Client
    stranger: Client  # a data protection officer of another organisation

    def get(self, path: str, client: Client | None = None) -> Any:
        return self.api.get(path, headers=client.headers(self.api) if client else None)

    def attestation(
        self, client: Client | None, window: str, template: str = "payment_document", method: str = "POST"
    ) -> Any:
        path = f"/contracts/impact60/windows/{window}/attestations/{template}"
        return self.api.request(method, path, headers=client.headers(self.api) if client else None)

    def released(self, method: str) -> Any:
        self.town.release("2018H2", "payment_document", "operator")
        return self.attestation(self.operator, "2018H2", method=method)

    def asked(self) -> Any:
        self.attestation(self.operator, "2021H1")
        return self.attestation(self.operator, "2021H1", method="GET")

    def refused_settlement(self) -> Any:
        """The policy says no: the client is not appointed."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("gateway.settlement.views.is_appointed", lambda *_: False)
            return self.settle("settlement", self.operator)

    def settle(self, path: str, client: Client | None, body: dict[str, str] | None = None) -> Any:
        headers = client.headers(self.api) if client else None
        where = f"/contracts/impact60/{path}"
        return (
            self.api.get(where, headers=headers) if body is None else self.api.post(where, json=body, headers=headers)
        )

    def document(self, window: str) -> str:
        """The digest of a window's payment document."""
        for label in ("2018H2", "2019H1", "2019H2"):
            self.town.release(label, "payment_document", "operator")
        windows = self.settle("settlement", self.operator).json()["windows"]
        return str(next(one["document"]["jwt_sha256"] for one in windows if one["window"] == window))

    def dispute(self, window: str, client: Client | str | None = "", line: str = "") -> Any:
        known = self.document("2019H1")
        body = {
            "line": line or "weeks_in_work_or_education/window",
            "reason": "source",
            "letter_sha256": NO_DIGEST,
            "jwt_sha256": known,
        }
        asking = self.operator if client == "" else client
        assert not isinstance(asking, str)
        return self.settle(f"windows/{window}/disputes", asking, body)

    def adjustment(self, window: str, client: Client | str | None = "", line: str = "", worth: int = 1) -> Any:
        body = {
            "line": line or "weeks_in_work_or_education/window",
            "worth_minor": worth,
            "letter_sha256": NO_DIGEST,
            "jwt_sha256": self.document("2019H1"),
        }
        asking = self.operator if client == "" else client
        assert not isinstance(asking, str)
        return self.settle(f"windows/{window}/adjustments", asking, body)

    def open_dispute(self) -> str:
        self.dispute("2019H1")
        windows = self.settle("settlement", self.operator).json()["windows"]
        [found] = [line["dispute"] for one in windows for line in one["lines"] if line["dispute"]]
        return str(found["id"])

    def withdraw(self, dispute: str, client: Client | None, outcome: str = "withdrawn") -> Any:
        return self.settle(f"disputes/{dispute}/outcome", client, {"outcome": outcome, "letter_sha256": NO_DIGEST})

    def accepted(self, window: str) -> Any:
        """The invoice of a window that both parties acknowledged."""
        self.document(window)
        accept(self.town, window)
        return self.settle(f"windows/{window}/invoice", self.operator, {})

    def log_size(self) -> str:
        return str(self.get("/log/attest/checkpoint").text.splitlines()[1])

    def payment_tile(self) -> Any:
        self.document("2018H2")
        publish(self.town.gateway)
        head = str(self.get("/log/payment/checkpoint").text)
        return self.get("/log/payment/tile/0/000.p/" + head.splitlines()[1])

    def oldest_status_list(self) -> str:
        archive = self.town.gateway.settings.public_directory / "status" / "archive"
        return min(file.name for file in archive.iterdir())

    def health_without_a_database(self) -> Any:
        file = self.town.data_directory / "gateway.sqlite"
        away = file.rename(file.with_suffix(".away"))
        file.mkdir()  # so that no empty database is made in its place
        try:
            return self.get("/health")
        finally:
            file.rmdir()
            away.rename(file)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    town = ready(tmp_path_factory.mktemp("office"))
    people = {
        "fokus-app": ("fokus-folkeoplysning", Role.OPERATOR),
        "dsk-app": ("den-sociale-kapitalfond", Role.INVESTOR),
        "dpo-app": ("aalborg-kommune", Role.DPO),
        "stranger": ("fokus-folkeoplysning", Role.OPERATOR),
    }
    registered = [Client(town.gateway, name) for name in people]
    for client in registered:
        client.register(town.folder, *people[client.client_id])
    registered[-1].turn_into(Role.DPO)
    with TestClient(create_app(town.gateway), raise_server_exceptions=False) as api:
        yield Office(town, api, *registered)


@pytest.fixture(scope="module")
def document(office: Office) -> dict[str, Any]:
    return office.api.get("/openapi.json").json()


SETTLEMENT = "/contracts/{contract_id}/settlement"
ACCEPT = "/contracts/{contract_id}/windows/{window}/acknowledgement"
DISPUTES = "/contracts/{contract_id}/windows/{window}/disputes"
ADJUSTMENTS = "/contracts/{contract_id}/windows/{window}/adjustments"
OUTCOME = "/contracts/{contract_id}/disputes/{dispute}/outcome"
INVOICE = "/contracts/{contract_id}/windows/{window}/invoice"
NO_DIGEST = "0" * 64
ATTESTATION = "/contracts/{contract_id}/windows/{window}/attestations/{template}"
CASES: dict[tuple[str, str, str], Callable[[Office], Any]] = {
    ("get", "/health", "200"): lambda o: o.get("/health"),
    ("get", "/health", "503"): Office.health_without_a_database,
    ("post", "/token", "200"): lambda o: o.api.post("/token", data=o.operator.form()),
    ("post", "/token", "400"): lambda o: o.api.post("/token", data={"grant_type": "password"}),
    ("post", "/token", "401"): lambda o: o.api.post("/token", data={**o.operator.form(), "client_assertion": "x"}),
    ("get", "/contracts", "200"): lambda o: o.get("/contracts", o.operator),
    ("get", "/contracts", "401"): lambda o: o.get("/contracts"),
    ("post", ATTESTATION, "200"): lambda o: o.released("POST"),
    ("post", ATTESTATION, "202"): lambda o: o.attestation(o.operator, "2020H2"),
    ("post", ATTESTATION, "401"): lambda o: o.attestation(None, "2018H2"),
    ("post", ATTESTATION, "403"): lambda o: o.attestation(o.investor, "2018H2"),
    ("post", ATTESTATION, "404"): lambda o: o.attestation(o.operator, "1999H1"),
    ("post", ATTESTATION, "422"): lambda o: o.attestation(o.operator, "2018H2", "everything"),
    ("get", ATTESTATION, "200"): lambda o: o.released("GET"),
    ("get", ATTESTATION, "202"): Office.asked,
    ("get", ATTESTATION, "401"): lambda o: o.attestation(None, "2018H2", method="GET"),
    ("get", ATTESTATION, "403"): lambda o: o.attestation(o.investor, "2018H2", method="GET"),
    ("get", ATTESTATION, "404"): lambda o: o.attestation(o.operator, "2020H1", method="GET"),
    ("get", ATTESTATION, "422"): lambda o: o.attestation(o.operator, "2018H2", "everything", method="GET"),
    ("get", SETTLEMENT, "200"): lambda o: o.settle("settlement", o.operator),
    ("get", SETTLEMENT, "401"): lambda o: o.settle("settlement", None),
    ("get", SETTLEMENT, "403"): Office.refused_settlement,
    ("get", SETTLEMENT, "404"): lambda o: o.settle("settlement", o.dpo),
    ("post", ACCEPT, "200"): lambda o: o.settle(
        "windows/2018H2/acknowledgement", o.operator, {"jwt_sha256": o.document("2018H2")}
    ),
    ("post", ACCEPT, "401"): lambda o: o.settle("windows/2018H2/acknowledgement", None, {"jwt_sha256": NO_DIGEST}),
    ("post", ACCEPT, "403"): lambda o: o.settle(
        "windows/2018H2/acknowledgement", o.investor, {"jwt_sha256": NO_DIGEST}
    ),
    ("post", ACCEPT, "404"): lambda o: o.settle(
        "windows/1999H1/acknowledgement", o.operator, {"jwt_sha256": NO_DIGEST}
    ),
    ("post", ACCEPT, "409"): lambda o: o.settle(
        "windows/2018H2/acknowledgement", o.operator, {"jwt_sha256": o.document("2019H1")}
    ),
    ("post", ACCEPT, "422"): lambda o: o.settle("windows/2018H2/acknowledgement", o.operator, {}),
    ("post", DISPUTES, "200"): lambda o: o.dispute("2019H1"),
    ("post", DISPUTES, "401"): lambda o: o.dispute("2019H1", None),
    ("post", DISPUTES, "403"): lambda o: o.dispute("2019H1", o.investor),
    ("post", DISPUTES, "404"): lambda o: o.dispute("1999H1"),
    ("post", DISPUTES, "409"): lambda o: o.dispute("2019H1", line="weeks/window"),
    ("post", DISPUTES, "422"): lambda o: o.dispute("2019H1", line="=1+1"),
    ("post", ADJUSTMENTS, "200"): lambda o: o.adjustment("2019H1"),
    ("post", ADJUSTMENTS, "401"): lambda o: o.adjustment("2019H1", None),
    ("post", ADJUSTMENTS, "403"): lambda o: o.adjustment("2019H1", o.investor),
    ("post", ADJUSTMENTS, "404"): lambda o: o.adjustment("1999H1"),
    ("post", ADJUSTMENTS, "409"): lambda o: o.adjustment("2019H1", line="weeks/window"),
    ("post", ADJUSTMENTS, "422"): lambda o: o.adjustment("2019H1", line="=1+1"),
    ("post", OUTCOME, "200"): lambda o: o.withdraw(o.open_dispute(), o.operator),
    ("post", OUTCOME, "401"): lambda o: o.withdraw(NO_DIGEST[:36], None),
    ("post", OUTCOME, "403"): lambda o: o.withdraw(o.open_dispute(), o.investor),
    ("post", OUTCOME, "404"): lambda o: o.withdraw(NO_DIGEST[:36], o.operator),
    ("post", OUTCOME, "409"): lambda o: o.withdraw(o.open_dispute(), o.operator, "stands"),
    ("post", OUTCOME, "422"): lambda o: o.withdraw("x", o.operator),
    ("post", INVOICE, "200"): lambda o: o.accepted("2019H2"),
    ("post", INVOICE, "401"): lambda o: o.settle("windows/2018H2/invoice", None, {}),
    ("post", INVOICE, "403"): lambda o: o.settle("windows/2019H1/invoice", o.investor, {}),
    ("post", INVOICE, "404"): lambda o: o.settle("windows/1999H1/invoice", o.operator, {}),
    ("post", INVOICE, "409"): lambda o: o.accepted("2018H2"),
    ("post", INVOICE, "422"): lambda o: o.settle("windows/2018H2/invoice?number=%3D1", o.operator, {}),
    ("get", "/access-log", "200"): lambda o: o.get("/access-log", o.dpo),
    ("get", "/access-log", "401"): lambda o: o.get("/access-log"),
    ("get", "/access-log", "403"): lambda o: o.get("/access-log", o.stranger),
    ("get", "/access-log", "404"): lambda o: o.get("/access-log", o.operator),
    ("get", "/access-log", "422"): lambda o: o.get("/access-log?from=-1", o.dpo),
    ("get", "/trust.json", "200"): lambda o: o.get("/trust.json"),
    ("get", "/.well-known/jwt-vc-issuer", "200"): lambda o: o.get("/.well-known/jwt-vc-issuer"),
    ("get", "/status/1", "200"): lambda o: o.get("/status/1"),
    ("get", "/log/attest/checkpoint", "200"): lambda o: o.get("/log/attest/checkpoint"),
    ("get", "/log/attest/tile/{name}", "200"): lambda o: o.get("/log/attest/tile/0/000.p/" + o.log_size()),
    ("get", "/log/attest/tile/{name}", "404"): lambda o: o.get("/log/attest/tile/0/999"),
    ("get", "/log/payment/checkpoint", "200"): lambda o: o.get("/log/payment/checkpoint"),
    ("get", "/log/payment/tile/{name}", "200"): lambda o: o.payment_tile(),
    ("get", "/log/payment/tile/{name}", "404"): lambda o: o.get("/log/payment/tile/0/999"),
    ("get", "/status/archive/{name}", "200"): lambda o: o.get("/status/archive/" + o.oldest_status_list()),
    ("get", "/status/archive/{name}", "404"): lambda o: o.get("/status/archive/1-0"),
    ("get", "/vct/outcome-attestation/1", "200"): lambda o: o.get("/vct/outcome-attestation/1"),
    ("get", "/vct/payment-document/1", "200"): lambda o: o.get("/vct/payment-document/1"),
}
OTHERS: dict[str, Callable[[Office], Any]] = {
    "too large": lambda o: o.api.post("/token", content=b"x" * 20_000),
    "another method": lambda o: o.api.delete("/health"),
    "no such page": lambda o: o.get("/nothing"),
}


def closed(schema: Any) -> Any:
    """The schema, in which no object has a member that is not documented."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: closed(part) for name, part in schema.items()}
    return {**inner, "additionalProperties": False} if isinstance(schema.get("properties"), dict) else inner


def check(document: dict[str, Any], response: dict[str, Any], answer: Any) -> None:
    """That an answer is of the one media type that its description names, and of its schema."""
    [(media_type, content)] = response["content"].items()
    assert answer.headers["content-type"].partition(";")[0] == media_type
    body = answer.json() if media_type.endswith("json") else answer.text
    Draft202012Validator(closed({**content["schema"], "components": document["components"]})).validate(body)


def test_every_documented_status_has_a_case_here(document):
    documented = {
        (verb, path, status)
        for path, verbs in document["paths"].items()
        for verb, operation in verbs.items()
        for status in operation["responses"]
    }
    assert {entry for entry in documented if entry[2] != "default"} == set(CASES)
    assert {entry[:2] for entry in documented if entry[2] == "default"} == {entry[:2] for entry in CASES}


@pytest.mark.parametrize("case", every_third(CASES), ids=" ".join)
def test_what_is_documented_is_what_is_sent(office, document, case):
    verb, path, status = case
    answer = CASES[case](office)
    assert str(answer.status_code) == status, answer.text
    check(document, document["paths"][path][verb]["responses"][status], answer)


@pytest.mark.parametrize("case", every_third(OTHERS))
def test_any_other_error_is_a_problem_as_documented(office, document, case):
    answer = OTHERS[case](office)
    assert answer.status_code >= 400
    check(document, document["paths"]["/health"]["get"]["responses"]["default"], answer)


def test_an_undocumented_member_is_noticed(document):
    """Positive control of the check above."""
    schema = closed({"$ref": "#/components/schemas/EvidenceBundle", "components": document["components"]})
    bundle = {"schema": "evidence-bundle/1", "attestation": "", "receipt": "", "logged_at": 0}
    bundle |= {"seals": [], "status": "", "acceptances": [], "countersignatures": [], "superseded_by": None}
    assert Draft202012Validator(schema).is_valid(bundle)
    assert not Draft202012Validator(schema).is_valid({**bundle, "more": ""})


def test_a_newcomer_finds_out_how_to_get_a_token(office, document):
    form = document["paths"]["/token"]["post"]["requestBody"]["content"][FORM]["schema"]
    Draft202012Validator(form).validate(office.operator.form())
    assert set(form["required"]) == set(form["properties"]) == set(office.operator.form())
    assert form["properties"]["client_assertion_type"]["const"] == ASSERTION_TYPE
    issuer = office.town.gateway.issuer
    assert issuer in form["properties"]["client_assertion"]["description"]
    assert issuer in document["info"]["description"]
    assert document["servers"] == [{"url": issuer}]


def test_the_page_shows_what_the_document_says(office, document):
    page = office.api.get("/docs").text
    named = [*document["paths"], *document["components"]["schemas"], "client_assertion", FORM, ASSERTION_TYPE]
    assert [name for name in named if name not in page] == []
    for link in (part.partition("'")[0] for part in page.split("href='#")[1:]):
        assert f"id={link}>" in page
    assert "<pre>assertion=$(python3 - &lt;&lt;&#x27;END&#x27;\n" in page
    assert "```" not in page
    assert "<script" not in page


def test_the_front_door_leads_to_the_document(office):
    answer = office.api.get("/", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "/docs")


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The application on a port of this machine; yields its address."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def test_the_examples_lead_from_a_key_to_a_checked_bundle(tmp_path: Path):
    missing = [tool for tool in ("bash", "curl", "openssl") if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"the examples need {', '.join(missing)}")
    town = ready(tmp_path / "town")
    town.release("2018H2", "payment_document", "operator")
    issuer = town.gateway.issuer
    folder = tmp_path / "operator"
    folder.mkdir()
    environment = {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}

    def run(script: str) -> str:
        command = ["bash", "-e", "-o", "pipefail", "-c", script]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    key, requests = examples(issuer)
    run(key)
    clients.register_client(
        town.gateway,
        client_id="fokus-app",
        organisation="fokus-folkeoplysning",
        role=Role.OPERATOR,
        jwk_file=folder / "fokus.jwk",
    )
    with served(create_app(town.gateway)) as address:
        # no name server knows the issuer: curl goes to this machine, the assertion is for the issuer all the same
        shown = run(requests.replace(f"{issuer}/", f"{address}/"))
    assert "payment_document" in shown
    town.verified((folder / "bundle.json").read_bytes())


def test_the_operations_page_shows_the_same_examples():
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    for script in examples("https://gateway.aalborg.example"):
        assert f"```sh\n{script}```\n" in page
