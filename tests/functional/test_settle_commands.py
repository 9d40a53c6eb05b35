"""The settlement as people meet it: the operator over HTTP, the municipality's officer on the command line."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import fields

import pytest
from fastapi.testclient import TestClient
from pydantic import TypeAdapter

from gateway.api.app import create_app
from gateway.settlement.investor import InvestorSettlement
from gateway.settlement.statement_view import SettlementStatement
from policies.terms import Role
from tests.support.api_client import Client
from tests.support.command_line import Ran, run
from tests.support.municipality import SimulatedMunicipality, ready
from vocabulary.danish_days import danish_day

LINE = "weeks_in_work_or_education/window"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> SimulatedMunicipality:
    made = ready(tmp_path_factory.mktemp("settling"))
    for window in ("2018H2", "2019H1", "2019H2"):
        made.release(window, "payment_document", "operator")
    return made


@pytest.fixture(scope="module")
def api(town: SimulatedMunicipality) -> TestClient:
    return TestClient(create_app(town.gateway))


def client(town: SimulatedMunicipality, name: str, organisation: str, role: Role) -> Client:
    made = Client(town.gateway, name)
    made.register(town.folder, organisation, role)
    return made


@pytest.fixture(scope="module")
def operator(town: SimulatedMunicipality) -> Client:
    return client(town, "fokus-app", "fokus-folkeoplysning", Role.OPERATOR)


def office(town: SimulatedMunicipality, *command: str, staff: str = "officer") -> Ran:
    return run("settle", *command, environment={**town.environment, "GATEWAY_STAFF": staff}, cwd=town.folder)


def test_the_whole_way_over_http_and_on_the_command_line(
    town: SimulatedMunicipality, api: TestClient, operator: Client
):
    shown = api.get("/contracts/impact60/settlement", headers=operator.headers(api)).json()
    TypeAdapter(SettlementStatement).validate_python(shown)
    one = next(one for one in shown["windows"] if one["window"] == "2019H1")
    where = "/contracts/impact60/windows/2019H1"
    body = {"jwt_sha256": one["document"]["jwt_sha256"]}
    answer = api.post(f"{where}/acknowledgement", json=body, headers=operator.headers(api))
    assert answer.json() == {"lines": [LINE]}
    assert office(town, "acknowledge", "impact60", "2019H1").text == f"acknowledged: {LINE}\n"
    invoice = api.post(f"{where}/invoice?number=F-2026-1", headers=operator.headers(api))
    assert invoice.headers["content-type"] == "application/xml"

    ran = office(town, "invoice", "impact60", "2019H1", "--out", "again.xml")
    assert "handed out again: invoice F-2026-1, 154,500.00" in ran.text
    assert "no finding" in ran.text
    assert (town.folder / "again.xml").read_bytes() == invoice.content
    ran = office(town, "sheet", "impact60", "F-2026-1", "--out", "sheet.html")
    assert ran.text.count("ok ") == 7
    assert "NO " not in ran.text
    assert "Afregningsark" in (town.folder / "sheet.html").read_text()
    assert "approved: F-2026-1" in office(town, "approve", "impact60", "F-2026-1").text
    again = office(town, "approve", "impact60", "F-2026-1")  # as after a kill: done is done
    assert (again.code, again.text[:29]) == (0, "approved before, by you on 20")
    assert office(town, "approve", "impact60", "F-2026-1", staff="another").code == 8
    today = danish_day(town.gateway.clock()).isoformat()
    assert office(town, "paid", "impact60", "F-2026-1", "--on", "2018-01-01").code == 5
    assert "paid: F-2026-1" in office(town, "paid", "impact60", "F-2026-1", "--on", today).text
    again = office(town, "paid", "impact60", "F-2026-1", "--on", today)
    assert (again.code, f"paid: F-2026-1 on {today}, as you registered on" in again.text) == (0, True)
    assert office(town, "paid", "impact60", "F-2026-1", "--on", "2026-01-05").code == 8  # another day is another claim
    assert office(town, "paid", "impact60", "F-2026-1", "--on", today, staff="another").code == 8
    state = office(town, "state", "impact60").text
    assert [line.split()[:2] for line in state.splitlines()[1:4]] == [
        ["2018H2", "released"],
        ["2019H1", "paid"],
        ["2019H2", "released"],
    ]


def test_a_dispute_over_http_is_answered_on_the_command_line(
    town: SimulatedMunicipality, api: TestClient, operator: Client
):
    shown = api.get("/contracts/impact60/settlement", headers=operator.headers(api)).json()
    document = next(one["document"] for one in shown["windows"] if one["window"] == "2019H2")
    letter = hashlib.sha256(b"our letter").hexdigest()
    raised = api.post(
        "/contracts/impact60/windows/2019H2/disputes",
        json={
            "line": LINE,
            "reason": "quantity",
            "letter_sha256": letter,
            "jwt_sha256": document["jwt_sha256"],
        },
        headers=operator.headers(api),
    ).json()
    assert f"{raised['dispute']}, to be answered by" in office(town, "state", "impact60").text
    (town.folder / "answer.pdf").write_bytes(b"our answer")
    ran = office(town, "resolve", raised["dispute"], "--outcome", "stands", "--letter", "answer.pdf")
    assert ran.text == f"resolved: {LINE} of 2019H2, stands\n"
    again = office(town, "resolve", raised["dispute"], "--outcome", "stands", "--letter", "answer.pdf")
    assert (again.code, "dispute-ended" in again.text) == (5, True)
    # the municipality's own dispute, which the operator answers
    ran = office(town, "dispute", "impact60", "2019H2", "--line", LINE, "--reason", "source", "--letter", "answer.pdf")
    own = ran.text.split("dispute ")[1].split()[0]
    where = f"/contracts/impact60/disputes/{own}/outcome"
    body = {"outcome": "stands", "letter_sha256": letter}
    answer = api.post(where, json=body, headers=operator.headers(api))
    assert answer.json()["outcome"] == "stands"


def test_a_statement_in_every_form_says_the_same(town: SimulatedMunicipality):
    for suffix in ("html", "json", "csv", "xlsx"):
        assert office(town, "statement", "impact60", "--out", f"statement.{suffix}").code == 0
    assert office(town, "statement", "impact60", "--out", "statement.pdf").code == 2
    made = json.loads((town.folder / "statement.json").read_bytes())
    page = (town.folder / "statement.html").read_text("utf-8")
    assert "154.500,00" in page
    assert made["contract"]["rules_sha256"] in page
    assert all(one["document"]["jwt_sha256"] in page for one in made["windows"] if one["document"])
    assert "<script" not in page
    text = (town.folder / "statement.csv").read_bytes().decode("utf-8-sig")
    read = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))
    assert sum(int(row["amount_minor"]) for row in read) == made["cumulative"]["due_minor"]
    assert read[1]["amount"] == "154500,00"


def test_an_investor_reads_its_view_over_http_and_nothing_of_the_operators(
    town: SimulatedMunicipality, api: TestClient
):
    investor = client(town, "dsk-app", "den-sociale-kapitalfond", Role.INVESTOR)
    town.release("2018H2", "contract_total", "investor")
    answer = api.get("/contracts/impact60/settlement", headers=investor.headers(api))
    made = answer.json()
    TypeAdapter(InvestorSettlement).validate_python(made)
    assert set(made) == {one.name for one in fields(InvestorSettlement)} - {"stated"}  # nothing was stated before
    assert made["schema"] == "investor-settlement/1"
    assert "gln" not in answer.text
    refused = api.post("/contracts/impact60/windows/2018H2/invoice", headers=investor.headers(api))
    assert (refused.status_code, "P75-requester" in refused.json()["rules"]) == (403, True)
    shown = office(town, "investor", "impact60").text
    assert "drawn: 9,000,000.00" in shown


def test_accruals_by_budget_year(town: SimulatedMunicipality):
    ran = office(town, "accruals", "impact60")
    assert ran.code == 0, ran.text
    assert "budget 20" in ran.text
    assert "an estimate" in ran.text


def test_a_word_that_is_none_is_refused_before_anything_is_asked(town: SimulatedMunicipality):
    (town.folder / "letter.pdf").touch()
    arguments = ("impact60", "2018H2", "--line", LINE, "--reason", "mood", "--letter", "letter.pdf")
    assert office(town, "dispute", *arguments).code == 2
    assert office(town, "resolve", "x", "--outcome", "maybe", "--letter", "letter.pdf").code == 2
    assert office(town, "paid", "impact60", "x", "--on", "yesterday").code == 2
    assert office(town, "sheet", "impact60", "F-none", "--out", "none.html").code == 4
    assert not (town.folder / "none.html").exists()
