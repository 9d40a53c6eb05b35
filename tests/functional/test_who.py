"""Whoever looks or acts stands in every event: by name and role, whichever way they came in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from inspect import Parameter, signature
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from gateway.api.app import create_app
from gateway.contracts import declarations
from gateway.errors.release import WindowOutOfOrder
from gateway.evaluation.evaluating import evaluate_week
from gateway.events.actor import ActorKind
from gateway.installation.settings import utc_now
from gateway.oversight import advice, decisions
from gateway.oversight import log_reading as oversight
from gateway.release.releasing import release
from gateway.rights import requests
from gateway.rights.people import Who
from gateway.rights.report import report
from gateway.settlement import views
from gateway.store import ledger
from gateway.store.unit_of_work import Store, UnitOfWork
from outcome_verifier import canonical
from policies.errors import PolicyDenied
from policies.terms import Party, Role
from tests.functional.test_appointments import appointments, person
from tests.support.api_client import Client
from tests.support.command_line import run
from tests.support.municipality import SimulatedMunicipality, ready
from tests.support.simulated import acting
from vocabulary.releases import Recipient, Template
from vocabulary.weeks import Week

DPO = Party("aalborg-kommune", Role.DPO)
SERVER = "gateway (server)"
TIMER = "gateway (scheduled pull)"


@pytest.fixture
def town(tmp_path: Path) -> SimulatedMunicipality:
    return ready(tmp_path)


def events(town: SimulatedMunicipality, since: int = 0) -> list[Mapping[str, Any]]:
    with town.gateway.store.read() as session:
        rows = ledger.rows(session, "access")[since:]
    return [canonical.loads(row.body.encode()) for row in rows]


def whose(found: list[Mapping[str, Any]]) -> set[tuple[str, str, str]]:
    return {(event["by"], event["by_role"], event["by_kind"]) for event in found}


def test_everything_that_one_person_did_is_under_that_name(tmp_path: Path):
    town = ready(tmp_path)
    town.release("2018H2", Template.PAYMENT_DOCUMENT, Recipient.OPERATOR)
    found = events(town)
    kinds = {event["kind"] for event in found}
    assert {"installed", "cohort_sealed", "pull_authorised", "evaluated", "release_issued"} <= kinds
    assert {event["by"] for event in found} <= {town.gateway.actor.name, "second"}
    assert {event["by_kind"] for event in found} == {ActorKind.STAFF}
    assert {event["by_role"] for event in found} <= {role.value for role in Role} - {"operator", "investor"}
    assert {event["kind"] for event in found if event["schema"] != 1} == {"cohort_sealed", "contract_activated"}


def test_staff_stand_in_the_role_that_they_acted_in(town: SimulatedMunicipality):
    since, someone = len(events(town)), person(town.gateway)
    oversight.read_log(acting(town.gateway, "dorte"), DPO, first=0, count=1)
    advised = advice.advise(acting(town.gateway, "dorte"), "impact60", "Look twice.")
    advice.answer(acting(town.gateway, "ole"), advised.id, followed=True, text="Done.")
    clara, right = acting(town.gateway, "clara"), requests.Right.RECTIFICATION
    requests.ask(clara, "impact60", someone, right, role=Role.CASE_WORKER)
    report(clara, "impact60", Who(case_reference=someone.case_reference), role=Role.CASE_WORKER)
    views.show_statement(acting(town.gateway, "sven"), "impact60")
    evaluate_week(acting(town.gateway, "eva"), "impact60", Week.parse("2019-W10"))
    found = events(town, since)
    assert [(event["kind"], event["by"], event["by_role"]) for event in found] == [
        ("log_read", "dorte", "dpo"),
        ("advice_given", "dorte", "dpo"),
        ("advice_answered", "ole", "system_owner"),
        ("person_looked_up", "clara", "case_worker"),
        ("right_asked", "clara", "case_worker"),
        ("person_looked_up", "clara", "case_worker"),
        ("person_read", "clara", "case_worker"),
        ("settlement_read", "sven", "settlement_officer"),
        ("evaluation_authorised", "eva", "municipality"),
        ("evaluated", "eva", "municipality"),
    ]


def test_the_officers_own_reading_names_the_officer(town: SimulatedMunicipality):
    since, officer = len(events(town)), acting(town.gateway, "dorte")
    oversight.read_log(officer, DPO, first=0, count=1)
    advice.sample(officer, "impact60", seed="s", size=2)
    stored = next(event["decision"] for event in events(town) if event["kind"] == "pull_authorised")
    decisions.explain(officer, stored, role=Role.DPO)
    oversight.verify_logs(officer)
    assert {event["by"] for event in events(town, since)} == {"dorte"}


def test_whoever_is_refused_is_named_in_the_role_that_was_asked_for(town: SimulatedMunicipality):
    appointed = town.folder / "appointed.toml"
    everybody = {"ole": "system_owner", "signe": "system_owner", "dorte": "dpo", "clara": "case_worker"}
    text = (town.folder / "impact60.programme.toml").read_text("utf-8")
    appointed.write_text(text + appointments(everybody), "utf-8")
    proposal = declarations.propose_change(town.gateway, town.folder / "impact60.toml", appointed)
    declarations.approve_change(acting(town.gateway, "second"), proposal)
    with pytest.raises(PolicyDenied, match="P42"):
        oversight.read_log(acting(town.gateway, "nobody"), DPO, first=0, count=1)
    assert whose(events(town)[-1:]) == {("nobody", "dpo", "staff")}


def test_what_came_to_nothing_names_whoever_tried(town: SimulatedMunicipality):
    with pytest.raises(WindowOutOfOrder):
        release(acting(town.gateway, "rolf"), "impact60", "2019H2", Template.PAYMENT_DOCUMENT, Recipient.OPERATOR)
    last = events(town)[-1]
    assert (last["kind"], last["by"], last["by_role"]) == ("not_done", "rolf", "municipality")


def test_a_client_stands_under_its_id_in_its_own_role(town: SimulatedMunicipality, tmp_path: Path):
    fokus, dsk, officer = (Client(town.gateway, one) for one in ("fokus-app", "dsk-app", "dpo-app"))
    fokus.register(tmp_path, "fokus-folkeoplysning", Role.OPERATOR)
    dsk.register(tmp_path, "den-sociale-kapitalfond", Role.INVESTOR)
    officer.register(tmp_path, "aalborg-kommune", Role.DPO)
    api = TestClient(create_app(town.gateway))
    since = len(events(town))
    path = "/contracts/impact60/windows/2018H2/attestations/payment_document"
    assert api.post(path, headers=fokus.headers(api)).status_code == 202
    assert api.post(path, headers=dsk.headers(api)).status_code == 403
    assert api.get("/contracts/impact60/settlement", headers=dsk.headers(api)).status_code == 200
    assert api.get("/access-log", headers=officer.headers(api)).status_code == 200
    found = events(town, since)
    assert whose(found) == {
        ("fokus-app", "operator", "client"),
        ("dsk-app", "investor", "client"),
        ("dpo-app", "dpo", "client"),
    }
    by_kind = {(event["kind"], event["by"]) for event in found}
    assert {
        ("token_issued", "fokus-app"),
        ("release_asked", "fokus-app"),
        ("denied", "dsk-app"),
        ("settlement_read", "dsk-app"),
        ("log_read", "dpo-app"),
    } <= by_kind


def test_the_server_itself_acts_under_its_own_name(tmp_path: Path):
    town = ready(tmp_path, clock=lambda: utc_now() + timedelta(days=2))  # the status list has grown old
    since = len(events(town))
    create_app(town.gateway)
    assert whose(events(town, since)) == {(SERVER, "municipality", "service")}


def test_a_timer_acts_under_its_own_name_and_in_nobodys_role(tmp_path: Path):
    town = ready(tmp_path)
    timer = {**town.environment, "GATEWAY_SERVICE": "scheduled pull"}
    since = len(events(town))
    assert run("log", "verify", environment=timer).code == 0
    assert whose(events(town, since)) == {(TIMER, "municipality", "service")}
    refused = run("log", "show", environment=timer)  # nobody would answer for what a timer reads
    assert (refused.code, "P42-appointment" in refused.text) == (8, True)
    assert run("log", "show", environment=town.environment).code == 0  # positive control


def test_nobody_takes_the_name_of_a_service(tmp_path: Path):
    town = ready(tmp_path)
    refused = run("log", "verify", environment={**town.environment, "GATEWAY_STAFF": TIMER})
    assert "is the name of a service" in refused.text


def test_no_transaction_is_opened_for_nobody():
    for opens in (Store.write, UnitOfWork.__init__):
        assert signature(opens).parameters["by"].default is Parameter.empty
