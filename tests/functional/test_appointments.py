"""Who may act in which role, and until when: a programme that names its people, and an auditor whose time ends.

Positive control in each test: the appointed person, on the last day, is let through.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from gateway.api.app import create_app
from gateway.contracts import declarations
from gateway.installation.gateway import Gateway
from gateway.oversight import advice
from gateway.oversight import log_reading as oversight
from gateway.rights import requests
from gateway.rights.people import Who
from gateway.store.tables import Subject
from policies.errors import PolicyDenied, ProgrammeInvalid
from policies.programme_file import load_programme
from policies.terms import Party, Role
from tests.functional.test_traps import Clock
from tests.policies.cases import all_cases
from tests.support.api_client import Client
from tests.support.command_line import run
from tests.support.municipality import SimulatedMunicipality, ready
from tests.support.simulated import acting

AUDITOR = Party("revisionsfirma", Role.AUDITOR)
STAFF = {"ole": "system_owner", "dorte": "dpo", "clara": "case_worker", "rita": "auditor", "audit-app": "auditor"}
UNTIL = date(2030, 6, 30)
PARTY = """
[[parties]]
organisation = "revisionsfirma"
role = "auditor"

[[grants]]
id = "auditor-reads-log"
organisation = "revisionsfirma"
role = "auditor"
action = "read_log"
"""


def appointments(names: dict[str, str] = STAFF, *, until: date = UNTIL) -> str:
    entries = (f'[[appointments]]\nstaff = "{one}"\nrole = "{role}"\nuntil = {until}\n' for one, role in names.items())
    return "\n".join(["", *entries])


def appoint(town: SimulatedMunicipality, *, until: date = UNTIL, audited_until: date = UNTIL) -> SimulatedMunicipality:
    """With an auditor and named staff in the programme."""
    auditors = {name: role for name, role in STAFF.items() if role == "auditor"}
    others = {name: role for name, role in STAFF.items() if role != "auditor"}
    named = appointments(others, until=until) + appointments(auditors, until=audited_until)
    text = (town.folder / "impact60.programme.toml").read_text("utf-8") + PARTY + named
    changed = town.folder / "appointed.programme.toml"
    changed.write_text(text, "utf-8")
    proposal = declarations.propose_change(town.gateway, town.folder / "impact60.toml", changed)
    declarations.approve_change(acting(town.gateway, "second"), proposal)
    return town


@pytest.fixture
def town(tmp_path: Path) -> SimulatedMunicipality:
    """On the last day of everybody's appointment."""
    return appoint(ready(tmp_path, clock=Clock(UNTIL)))


def person(gateway: Gateway) -> Who:
    with gateway.store.read() as session:
        return Who(case_reference=session.exec(select(Subject.case_reference)).first())


def advises(gateway: Gateway) -> None:
    advice.advise(gateway, "impact60", "Look twice.")


def answers(gateway: Gateway) -> None:
    given = advice.advise(acting(gateway, "dorte"), "impact60", "Look twice.")
    advice.answer(gateway, given.id, followed=True, text="")


def registers(gateway: Gateway) -> None:
    requests.ask(gateway, "impact60", person(gateway), requests.Right.RECTIFICATION, role=Role.CASE_WORKER)


def reads_the_log(gateway: Gateway) -> None:
    oversight.read_log(gateway, Party("aalborg-kommune", Role.DPO), first=0, count=1)


def audits(gateway: Gateway) -> None:
    oversight.read_log(gateway, AUDITOR, first=0, count=1)


ACTS: dict[str, tuple[str, Callable[[Gateway], None]]] = {
    "advises": ("dorte", advises),
    "answers": ("ole", answers),
    "registers": ("clara", registers),
    "reads the log": ("dorte", reads_the_log),
    "audits": ("rita", audits),
}


@pytest.mark.parametrize("what", ACTS)
def test_only_the_appointed_person_acts(town: SimulatedMunicipality, what: str):
    name, act = ACTS[what]
    for other in [one for one, role in {**STAFF, "somebody": ""}.items() if role != STAFF[name]]:
        with pytest.raises(PolicyDenied, match="P42-appointment"):
            act(acting(town.gateway, other))
    act(acting(town.gateway, name))


@pytest.mark.parametrize("what", ["advises", "registers", "reads the log", "audits"])
def test_nobody_acts_after_the_last_day(town: SimulatedMunicipality, what: str):
    name, act = ACTS[what]
    act(acting(town.gateway, name))
    town.gateway.clock.move(1)
    with pytest.raises(PolicyDenied, match="P42-appointment"):
        act(acting(town.gateway, name))


def test_an_auditor_does_nothing_but_read_the_log(town: SimulatedMunicipality):
    auditor = acting(town.gateway, "rita")
    for act in (advises, answers, registers, reads_the_log):
        with pytest.raises(PolicyDenied):
            act(auditor)
    lines = oversight.read_log(auditor, AUDITOR, first=0, count=500)
    assert {"pull_completed", "denied"} <= {line.kind for line in lines}


@pytest.mark.parametrize(("until", "code"), [(date(2099, 1, 1), 0), (date(2020, 1, 1), 8)])
def test_an_auditor_reads_on_the_command_line_until_the_last_day(tmp_path: Path, until: date, code: int):
    town = appoint(ready(tmp_path), audited_until=until)
    environment = {**town.environment, "GATEWAY_STAFF": "rita"}
    ran = run("log", "show", "--as", "auditor", environment=environment)
    assert ran.code == code, ran.text
    assert ("pull_completed" in ran.out) == (code == 0)
    assert run("log", "show", "--as", "operator", environment=environment).code == 2


def test_a_client_is_appointed_by_its_id(town: SimulatedMunicipality, tmp_path: Path):
    appointed, other = Client(town.gateway, "audit-app"), Client(town.gateway, "another-app")
    for client in (appointed, other):
        client.register(tmp_path, AUDITOR.organisation, Role.AUDITOR)
    api = TestClient(create_app(town.gateway))
    assert api.get("/access-log", headers=appointed.headers(api)).status_code == 200
    refused = api.get("/access-log", headers=other.headers(api))
    assert (refused.status_code, refused.json()["rules"]) == (403, ["P42-appointment"])
    town.gateway.clock.move(1)
    assert api.get("/access-log", headers=appointed.headers(api)).status_code == 403


def test_an_auditor_without_a_last_day_is_refused_at_load(town: SimulatedMunicipality):
    text = (town.folder / "impact60.programme.toml").read_text("utf-8") + PARTY
    others = {name: role for name, role in STAFF.items() if role != "auditor"}
    for appointed in ("", appointments(others)):
        with pytest.raises(ProgrammeInvalid, match="an auditor needs an entry") as refused:
            load_programme((text + appointed).encode(), file="p.toml")
        assert (text + appointed).splitlines()[refused.value.line - 1] == 'role = "auditor"'
    assert load_programme((text + appointments()).encode(), file="p.toml").appointments


def test_without_appointments_an_auditor_is_nobody():
    """Also in a programme that was put together without the loader."""
    programme = all_cases()[0].request.programme
    assert programme.is_appointed("anybody", Role.DPO, on=UNTIL)
    assert not programme.is_appointed("anybody", Role.AUDITOR, on=UNTIL)
