"""Nobody is locked out: no change and no day leaves an installation in which nobody can act, and there is a way back.

Positive control in each test: the same with somebody left is let through.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.contracts import declarations, rescue
from gateway.errors.contracts import NobodyLeft, ProposalUnknown, RescueRefused
from gateway.installation.gateway import Gateway
from gateway.installation.settings import utc_now
from gateway.jobs import doctor
from gateway.jobs.diagnosis import FAIL, OK, WARN, Diagnosis
from gateway.oversight import governance
from gateway.oversight import log_reading as oversight
from gateway.rights import requests
from gateway.store import ledger
from keys.errors import KeysError, KeyStoreLocked
from outcome_verifier import canonical
from policies.engine import PolicyEngine
from policies.errors import PolicyDenied
from policies.lockout import Power
from policies.ruleset import digest_of, read_ruleset
from policies.terms import Party, Role
from tests.functional.test_appointments import PARTY, person
from tests.functional.test_traps import Clock
from tests.support.command_line import run
from tests.support.municipality import SimulatedMunicipality, ready
from tests.support.simulated import acting, declare

DPO = Party("aalborg-kommune", Role.DPO)
TODAY = date(2030, 6, 1)
UNTIL = date(2030, 9, 30)
STAFF = {"ole": "system_owner", "signe": "system_owner", "dorte": "dpo", "clara": "case_worker"}
AS_PAGES_PRINTED = f"""{PARTY}
[[appointments]]
staff = "revisor-2026"
role = "auditor"
until = 2099-12-31
"""


@pytest.fixture
def town(tmp_path: Path) -> SimulatedMunicipality:
    return ready(tmp_path, clock=Clock(TODAY))


def appointments(people: Mapping[str, str] | list[tuple[str, str]] = STAFF, *, until: date = UNTIL) -> str:
    pairs = people.items() if isinstance(people, Mapping) else people
    return "".join(f'\n[[appointments]]\nstaff = "{name}"\nrole = "{role}"\nuntil = {until}\n' for name, role in pairs)


def text_of(town: SimulatedMunicipality) -> str:
    return (town.folder / "impact60.programme.toml").read_text("utf-8")


def proposed(town: SimulatedMunicipality, text: str, *, by: str = "ole") -> str:
    changed = town.folder / "changed.programme.toml"
    changed.write_text(text, "utf-8")
    return declarations.propose_change(acting(town.gateway, by), town.folder / "impact60.toml", changed)


def change(town: SimulatedMunicipality, text: str, *, by: str = "ole", approver: str = "signe") -> None:
    declarations.approve_change(acting(town.gateway, approver), proposed(town, text, by=by))


def without_grant(text: str, name: str) -> str:
    [part] = [part for part in text.split("[[grants]]") if f'id = "{name}"' in part]
    return text.replace(f"[[grants]]{part}", "", 1)


def losses(error: pytest.ExceptionInfo[NobodyLeft]) -> str:
    return str(error.value)


def last_events(town: SimulatedMunicipality, count: int) -> list[dict[str, Any]]:
    with town.gateway.store.read() as session:
        rows = ledger.rows(session, "access")[-count:]
    return [canonical.loads(row.body.encode()) for row in rows]


def everything_works(gateway: Gateway, owner: str, decider: str, officer: str = "dorte") -> None:
    """The powers, used: a right registered by one and decided by another, and the log read."""
    oversight.read_log(acting(gateway, officer), DPO, first=0, count=1)
    who, right = person(gateway), requests.Right.RECTIFICATION
    asked = requests.ask(acting(gateway, owner), "impact60", who, right, role=Role.SYSTEM_OWNER)
    requests.decide(acting(gateway, decider), "impact60", asked, grant=True)


# Each story of a change: what is written, and the powers that nobody would have.
def removed_party(text: str) -> str:
    for name in ("dpo-reads-log", "dpo-advises"):
        text = without_grant(text, name)
    return text.replace('[[parties]]\norganisation = "aalborg-kommune"\nrole = "dpo"\n', "")


RULES = ("change the rules", "stop a pull for all")
RIGHT = ("register a person's right",)
LOG = ("read the access log",)
STORIES = {
    "an auditor alone, as the pages printed it": (lambda text: text + AS_PAGES_PRINTED, (*RULES, *RIGHT, *LOG)),
    "the grant of the owner removed": (lambda text: without_grant(text, "owner-changes-rules"), RULES),
    "the grant to decide removed": (lambda text: without_grant(text, "owner-decides"), RIGHT),
    "the grant to read the log removed": (lambda text: without_grant(text, "dpo-reads-log"), LOG),
    "the officer's party removed": (removed_party, LOG),
    "another officer's party comes first": (
        lambda text: text + '\n[[parties]]\norganisation = "aaa"\nrole = "dpo"\n', LOG
    ),
    "one person in all roles": (
        lambda text: text + appointments([("ole", role) for role in set(STAFF.values())]), (*RULES, *RIGHT)
    ),
    "nobody who reads the log": (lambda text: text + appointments({**STAFF, "dorte": "case_worker"}), LOG),
    "everybody's time is over": (
        lambda text: text + appointments(until=TODAY - timedelta(days=1)), (*RULES, *RIGHT, *LOG)
    ),
}  # fmt: skip


@pytest.mark.parametrize("story", STORIES)
def test_a_change_that_locks_out_is_refused_before_it_is_proposed(town: SimulatedMunicipality, story: str):
    edit, powers = STORIES[story]
    before = text_of(town)
    with pytest.raises(NobodyLeft) as refused:
        proposed(town, edit(before))
    said = losses(refused)
    every = {*RULES, *RIGHT, *LOG}
    assert {power for power in every if power in said} == set(powers), said
    assert str(TODAY) in said
    everything_works(town.gateway, "ole", "signe")
    change(town, before + appointments())  # positive control: named people for all of it
    everything_works(town.gateway, "ole", "signe")


def test_a_proposal_that_was_good_when_it_was_made_is_looked_at_again(town: SimulatedMunicipality):
    proposal = proposed(town, text_of(town) + appointments(until=TODAY + timedelta(days=3)))
    town.gateway.clock.move(4)
    with pytest.raises(NobodyLeft):
        declarations.approve_change(acting(town.gateway, "signe"), proposal)
    everything_works(town.gateway, "ole", "signe")


def test_the_command_names_power_day_and_code_and_changes_nothing(tmp_path: Path):
    town = ready(tmp_path)
    changed = town.folder / "p.toml"
    changed.write_text(text_of(town) + AS_PAGES_PRINTED, "utf-8")
    ran = run("contract", "propose", town.folder / "impact60.toml", changed, environment=town.environment)
    assert (ran.code, "(nobody-left)" in ran.err) == (5, True), ran.text
    assert f"impact60: from {utc_now().date()} nobody could read the access log" in ran.err.replace("\n", " ")
    changed.write_text(text_of(town) + appointments(until=date(2098, 12, 31)), "utf-8")
    ran = run("contract", "propose", town.folder / "impact60.toml", changed, environment=town.environment)
    assert (ran.code, "from 2099-01-01 nobody could change the rules" in ran.out) == (0, True), ran.text


def test_a_second_contract_needs_an_owner_in_common(town: SimulatedMunicipality):
    change(town, text_of(town) + appointments())
    strangers = {"hans": "system_owner", "grethe": "system_owner", "dorte": "dpo", "clara": "case_worker"}
    folder = town.folder / "second"
    folder.mkdir()
    with pytest.raises(NobodyLeft, match="no system owner is appointed in every programme"):
        second_contract(town, folder, strangers)
    second_contract(town, folder, {**strangers, "ole": "system_owner"})


def second_contract(town: SimulatedMunicipality, folder: Path, people: Mapping[str, str]) -> None:
    other = ('id = "impact60"', 'id = "impact61"')
    last = 'role = "settlement_officer"\naction = "approve_payment"\n'
    edits = (other, (last, last + appointments(people)))
    declare(town.gateway, "impact60", folder, edits=(other,), programme_edits=edits)


def with_a_rule_that_refuses(gateway: Gateway, action: str) -> Gateway:
    """The same installation after an update of the software whose rules refuse an action to everybody."""
    rules = gateway.policies.rules
    texts = dict(rules.texts)
    [name] = [name for name, text in texts.items() if "P66-dpo-advises" in text]
    head = texts[name].split("@id(")[1]
    assert head
    others = r'(?:\n {8}Gateway::Action::"\w+",)*\n    \],\n    resource\n\)\nunless { principal\.role == '
    among = f'(Gateway::Action::"{action}",{others})'
    texts[name] = re.sub(f'{among}"system_owner"', r'\1"auditor"', texts[name])
    assert texts[name] != rules.texts[name]
    digest = digest_of({**rules.files, **texts})
    changed = read_ruleset(texts, schema=rules.schema, sha256=digest, cases=rules.cases)
    return replace(gateway, load_policies=lambda: PolicyEngine.of(changed))


def test_rules_that_lock_everybody_out_are_refused_too(town: SimulatedMunicipality):
    changed = with_a_rule_that_refuses(town.gateway, "change_policy")
    proposal = governance.propose_policy_set(changed)
    with pytest.raises(NobodyLeft, match="change the rules"):
        governance.approve_policy_set(acting(changed, "second"), proposal)


def said(town: SimulatedMunicipality) -> list[Diagnosis]:
    words = ("nobody", "somebody is left", "way back")
    return [one for one in doctor.examine_opened(town.gateway) if any(word in one.what for word in words)]


def test_the_doctor_says_it_60_days_ahead_and_when_the_day_has_come(town: SimulatedMunicipality):
    change(town, text_of(town) + appointments())
    town.gateway.clock.now = datetime.combine(UNTIL - timedelta(days=60), datetime.min.time(), UTC)
    assert [one.level for one in said(town)] == [OK]
    town.gateway.clock.move(1)
    warned = said(town)
    assert [one.level for one in warned] == [WARN] * len(Power)
    assert all(f"impact60: from {UNTIL + timedelta(days=1)} nobody could" in one.what for one in warned)
    town.gateway.clock.move(60)
    failed = said(town)
    assert [one.level for one in failed] == [FAIL] * len(Power)
    assert all(one.what.startswith("impact60: nobody can ") for one in failed)
    assert all("gateway contract rescue impact60" in one.advice for one in failed)


def passphrase(town: SimulatedMunicipality) -> bytes:
    return town.gateway.settings.read_passphrase()


def expire(town: SimulatedMunicipality) -> None:
    change(town, text_of(town) + appointments())
    town.gateway.clock.now = datetime.combine(UNTIL + timedelta(days=1), datetime.min.time(), UTC)


def test_expired_appointments_and_the_way_back(town: SimulatedMunicipality):
    expire(town)
    with pytest.raises(PolicyDenied, match="P42"):
        change(town, text_of(town) + appointments(until=date(2099, 1, 1)))
    with pytest.raises(PolicyDenied, match="P42"):
        everything_works(town.gateway, "ole", "signe")
    asked = rescue.propose_rescue(
        acting(town.gateway, "anna"), "impact60", second="bo", officer="dorte", passphrase=passphrase(town)
    )
    with pytest.raises(PolicyDenied, match="P42"):  # one person opens nothing
        everything_works(town.gateway, "anna", "bo")
    done = rescue.approve_rescue(acting(town.gateway, "bo"), asked, passphrase=passphrase(town))
    everything_works(town.gateway, "anna", "bo")
    events = {event["kind"]: event for event in last_events(town, 12)}
    first, second = events["rescue_proposed"], events["rescue_taken"]
    assert (first["by"], first["second"], first["officer"]) == ("anna", "bo", "dorte")
    assert (second["by"], second["proposed_by"], second["until"]) == ("bo", "anna", done.until.isoformat())
    assert first["lost"] == second["lost"] == sorted(power.value for power in Power)
    assert first["sha256"] == second["sha256"]
    [*warned, taken] = said(town)
    assert [one.level for one in warned] == [WARN] * len(Power)  # 30 days are soon over
    assert "the way back was taken; anna and another are let in until" in taken.what
    change(town, text_of(town) + appointments(until=date(2099, 1, 1)), by="anna", approver="bo")
    everything_works(town.gateway, "ole", "signe")
    town.gateway.clock.move(31)
    assert [one.level for one in said(town)] == [OK]


def test_the_way_back_is_closed_while_somebody_is_left(town: SimulatedMunicipality):
    for appointed in (False, True):
        if appointed:
            change(town, text_of(town) + appointments())
        with pytest.raises(RescueRefused, match="not-locked-out"):
            rescue.propose_rescue(
                acting(town.gateway, "anna"), "impact60", second="bo", officer="dorte", passphrase=passphrase(town)
            )


def test_the_way_back_takes_two_people_and_the_key_store(town: SimulatedMunicipality):
    expire(town)
    anna, words = acting(town.gateway, "anna"), passphrase(town)
    for second, officer in (("anna", "dorte"), ("bo", "anna"), ("bo", "bo")):
        with pytest.raises(RescueRefused, match="two-people"):
            rescue.propose_rescue(anna, "impact60", second=second, officer=officer, passphrase=words)
    with pytest.raises(KeyStoreLocked):
        rescue.propose_rescue(anna, "impact60", second="bo", officer="dorte", passphrase=b"another")
    timer = replace(town.gateway, settings=town.gateway.settings.model_copy(update={"service": "timer"}))
    with pytest.raises(RescueRefused, match="a service"):
        rescue.propose_rescue(timer, "impact60", second="bo", officer="dorte", passphrase=words)
    asked = rescue.propose_rescue(anna, "impact60", second="bo", officer="dorte", passphrase=words)
    for other in ("anna", "Anna", "dorte", "carl"):
        with pytest.raises(RescueRefused, match="second-person"):
            rescue.approve_rescue(acting(town.gateway, other), asked, passphrase=words)
    bo = acting(town.gateway, "bo")
    with pytest.raises(KeyStoreLocked):
        rescue.approve_rescue(bo, asked, passphrase=b"another")
    with pytest.raises(ProposalUnknown):  # the ordinary way does not take it
        declarations.approve_change(bo, asked)
    rescue.approve_rescue(bo, asked, passphrase=words)
    with pytest.raises(ProposalUnknown):
        rescue.approve_rescue(bo, asked, passphrase=words)


def test_the_way_back_on_the_command_line(tmp_path: Path):
    town = ready(tmp_path)
    changed = town.folder / "expired.programme.toml"
    changed.write_text(text_of(town) + appointments(until=date(2020, 1, 1)), "utf-8")
    expired = declarations.read_declared(town.gateway, town.folder / "impact60.toml", changed)
    with town.gateway.write() as uow:  # as the calendar does it
        declarations.put_in_force(uow, expired)
    kept = town.folder / "kept"
    kept.write_bytes(passphrase(town))
    kept.chmod(0o600)
    anna, bo = ({**town.environment, "GATEWAY_STAFF": name} for name in ("anna", "bo"))
    people = ("--second", "bo", "--officer", "dorte", "--passphrase-file", kept)
    assert "gateway contract rescue impact60" in run("doctor", environment=anna).out
    asked = run("contract", "rescue", "impact60", *people, environment=anna)
    assert asked.code == 0, asked.text
    proposal = asked.out.split()[2].rstrip(";")
    assert run("contract", "approve", proposal, environment=bo).code == 4
    done = run("contract", "approve-rescue", proposal, "--passphrase-file", kept, environment=bo)
    assert (done.code, "anna and bo as system owners, dorte as officer" in done.out) == (0, True), done.text
    assert run("log", "show", environment={**town.environment, "GATEWAY_STAFF": "dorte"}).code == 0
    again = run("contract", "rescue", "impact60", *people, environment=anna)
    assert (again.code, "(rescue-refused)" in again.err) == (5, True), again.text
    assert issubclass(KeyStoreLocked, KeysError)
