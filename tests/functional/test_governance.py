"""Who may change the rules, what advice does, and decisions that can be told and judged again years later."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlmodel import col, select, update

from gateway.errors.contracts import ProposalUnknown
from gateway.errors.oversight import AdviceUnknown, DecisionUnknown
from gateway.errors.rights import RequestRefused
from gateway.events.log import LogVerified
from gateway.installation import policy_sets
from gateway.installation.gateway import Gateway
from gateway.jobs import doctor
from gateway.oversight import advice, decisions, governance
from gateway.oversight import log_reading as oversight
from gateway.rights import requests
from gateway.rights.people import Who
from gateway.store.log_tables import DecisionRow
from gateway.store.rights_tables import PolicySetRow
from gateway.store.tables import Subject
from policies.engine import CEDAR_DIRECTORY, PolicyEngine
from policies.errors import PolicyDenied, PolicySetInvalid
from policies.ruleset import digest_of, load_ruleset, read_ruleset
from policies.terms import Party, Role
from tests.functional.test_traps import Clock
from tests.support.command_line import run
from tests.support.municipality import SimulatedMunicipality, ready
from tests.support.simulated import acting
from vocabulary.errors import TextInvalid

PAYMENT = ("2018H2", "payment_document", "operator")


@pytest.fixture
def town(tmp_path: Path) -> SimulatedMunicipality:
    return ready(tmp_path, clock=Clock(date(2030, 1, 1)))


def with_other_rules(gateway: Gateway) -> Gateway:
    """The same installation after an update of the software, which words one rule differently."""
    rules = gateway.policies.rules
    texts = {name: text.replace("The appointment", "The appointment") for name, text in rules.texts.items()}
    [name] = [name for name, text in texts.items() if "P42-appointment" in text]
    texts[name] = texts[name].replace("The acting person's appointment is in force.", "Whoever acts is appointed.")
    digest = digest_of({**rules.files, **texts})
    changed = read_ruleset(texts, schema=rules.schema, sha256=digest, cases=rules.cases)
    return replace(gateway, load_policies=lambda: PolicyEngine.of(changed))


def decided(town: SimulatedMunicipality) -> list[str]:
    with town.gateway.store.read() as session:
        return list(session.exec(select(DecisionRow.id).order_by(col(DecisionRow.at), DecisionRow.id)))


def test_the_first_set_is_approved_by_whoever_installs(town: SimulatedMunicipality):
    found = governance.status(town.gateway)
    assert found.is_approved
    assert found.in_force == load_ruleset(CEDAR_DIRECTORY).sha256


def test_rules_that_nobody_approved_decide_nothing(town: SimulatedMunicipality):
    updated = replace(town, gateway=with_other_rules(town.gateway))
    with pytest.raises(PolicySetInvalid, match="not the one that was approved"):
        updated.release(*PAYMENT)
    with pytest.raises(PolicySetInvalid):
        oversight.read_log(updated.gateway, Party("aalborg-kommune", Role.DPO), first=0, count=1)


def test_a_second_person_approves_and_the_old_rules_decide_who_may(town: SimulatedMunicipality):
    updated = with_other_rules(town.gateway)
    proposal = governance.propose_policy_set(updated)
    with pytest.raises(RequestRefused, match="second-person"):
        governance.approve_policy_set(updated, proposal)
    with pytest.raises(ProposalUnknown):  # not the set that stands on this disk
        governance.approve_policy_set(acting(town.gateway, "second"), proposal)
    governance.approve_policy_set(acting(updated, "second"), proposal)
    assert governance.status(updated).is_approved
    assert replace(town, gateway=updated).release(*PAYMENT).is_new
    with pytest.raises(ProposalUnknown):
        governance.approve_policy_set(acting(updated, "second"), proposal)
    with pytest.raises(PolicySetInvalid):  # going back is a change too
        town.release("2019H1", "payment_document", "operator")


def test_an_approval_that_was_forged_in_the_database_is_none(town: SimulatedMunicipality):
    """An attacker with the database and not with the manifest key: takes the row over for rules of its own."""
    updated = with_other_rules(town.gateway)
    with town.gateway.write() as uow:
        uow.session.exec(update(PolicySetRow).values(sha256=updated.policies.rules.sha256))
        uow.record(LogVerified(sizes={}, with_anchor=False))
    with pytest.raises(PolicySetInvalid, match="not signed by the manifest key"):
        replace(town, gateway=updated).release(*PAYMENT)


def test_every_decision_is_judged_again_with_the_same_outcome(town: SimulatedMunicipality):
    town.release(*PAYMENT)
    with pytest.raises(PolicyDenied):
        town.release("2020H2", "predicate", "investor")
    before = decided(town)
    updated = with_other_rules(town.gateway)
    governance.approve_policy_set(acting(updated, "second"), governance.propose_policy_set(updated))
    effects = set()
    for decision in before:
        done = decisions.replay(updated, decision)  # under the rules of its own day, not those of now
        assert done.is_same, done
        assert done.stored.is_intact
        effects.add(done.stored.decision.effect)
    assert effects == {"allow", "deny"}


def test_a_decision_that_was_edited_is_noticed(town: SimulatedMunicipality):
    town.release(*PAYMENT)
    asked = [one for one in decided(town) if decisions.explain(town.gateway, one).decision.action == "release_payment"]
    decision, _, _ = asked  # to look, to draft it, and to sign it
    with town.gateway.write() as uow:
        row = uow.session.get_one(DecisionRow, decision)
        row.body = {**row.body, "facts": {**row.body["facts"], "window_frozen": False}}
        uow.session.add(row)
        uow.record(LogVerified(sizes={}, with_anchor=False))
    done = decisions.replay(town.gateway, decision)
    assert not done.stored.is_intact
    assert not done.is_same
    assert done.again.effect == "deny"
    with pytest.raises(DecisionUnknown):
        decisions.replay(town.gateway, "another")


def test_explaining_tells_the_facts_and_both_languages_and_is_logged(town: SimulatedMunicipality):
    town.release(*PAYMENT)
    told = [decisions.explain(town.gateway, one) for one in decided(town)]
    release, _, _ = [one for one in told if one.decision.action == "release_payment"]
    assert release.decision.facts["cohort_sealed"] is True
    assert release.decision.grant_ids
    assert release.decision.reason_da != release.decision.reason_en
    lines = oversight.read_log(town.gateway, Party("aalborg-kommune", Role.DPO), first=0, count=500)
    assert release.id in {line.body.get("explained") for line in lines if line.kind == "decision_explained"}


def test_a_suspended_window_waits_for_the_controller(town: SimulatedMunicipality):
    given = advice.advise(acting(town.gateway, "dpo"), town.contract, "Too fine.", window="2018H2", suspends=True)
    assert given.decide_by == date(2030, 1, 8)  # five working days after 1 January, a Tuesday
    with pytest.raises(PolicyDenied, match="P32"):
        town.release(*PAYMENT)
    town.gateway.clock.move(30)
    with pytest.raises(PolicyDenied, match="P32"):  # silence opens nothing
        town.release(*PAYMENT)
    with pytest.raises(PolicyDenied, match="P64"):
        advice.answer(acting(town.gateway, "dpo"), given.id, followed=False, text="We disagree.")
    with pytest.raises(RequestRefused, match="reason"):
        advice.answer(acting(town.gateway, "owner"), given.id, followed=False, text=" ")
    advice.answer(acting(town.gateway, "owner"), given.id, followed=False, text="The contract names this table.")
    assert town.release(*PAYMENT).is_new
    with pytest.raises(AdviceUnknown):
        advice.answer(acting(town.gateway, "owner"), given.id, followed=True, text="")


@pytest.mark.parametrize("text", ["Wait\x1b[2J", "Wait\u202e", "Wa\u200bit", "Wait\u2028", " ", "\u00a0"])
def test_advice_and_its_answer_say_what_everybody_sees(town: SimulatedMunicipality, text: str):
    with pytest.raises(TextInvalid, match="the advice must"):
        advice.advise(acting(town.gateway, "dpo"), town.contract, text, suspends=True)
    given = advice.advise(acting(town.gateway, "dpo"), town.contract, "Vent.\n\n\tÆndr det først.", suspends=True)
    assert [given.text] == ["Vent.\n\n\tÆndr det først."]
    for followed in (True, False):
        if text.strip():
            with pytest.raises(TextInvalid, match="the answer must"):
                advice.answer(acting(town.gateway, "owner"), given.id, followed=followed, text=text)
    advice.answer(acting(town.gateway, "owner"), given.id, followed=True, text="")


def test_advice_that_is_followed_holds_until_the_officer_lifts_it(town: SimulatedMunicipality):
    given = advice.advise(acting(town.gateway, "dpo"), town.contract, "Wait for the assessment.", suspends=True)
    advice.answer(acting(town.gateway, "owner"), given.id, followed=True, text="")
    with pytest.raises(PolicyDenied, match="P32"):
        town.release(*PAYMENT)
    lifted = advice.lift(acting(town.gateway, "dpo"), given.id)
    assert (lifted.answer, lifted.answered_by, lifted.lifted_by) == ("followed", "owner", "dpo")  # both stand
    assert None not in (lifted.answered_at, lifted.lifted_at)
    assert town.release(*PAYMENT).is_new
    with pytest.raises(AdviceUnknown):
        advice.lift(acting(town.gateway, "dpo"), given.id)


def test_advice_that_was_lifted_waits_for_no_answer(town: SimulatedMunicipality):
    given = advice.advise(acting(town.gateway, "dpo"), town.contract, "Wait.", suspends=True)
    lifted = advice.lift(acting(town.gateway, "dpo"), given.id)
    assert (lifted.answer, lifted.answered_by) == ("", "")
    assert not [line for line in findings(town.gateway) if "held by" in line]
    with pytest.raises(AdviceUnknown):
        advice.answer(acting(town.gateway, "owner"), given.id, followed=True, text="")


def test_advice_without_a_suspension_holds_nothing(town: SimulatedMunicipality):
    advice.advise(acting(town.gateway, "dpo"), town.contract, "Consider a larger k.")
    assert town.release(*PAYMENT).is_new


def test_a_sample_is_drawn_by_a_seed_that_anybody_can_use_again(town: SimulatedMunicipality):
    drawn = [advice.drawn_indexes("2026-11", 50, 8) for _ in range(2)]
    assert drawn[0] == drawn[1] == sorted(set(drawn[0]))
    assert drawn[0] != advice.drawn_indexes("2026-12", 50, 8)
    assert advice.drawn_indexes("x", 3, 8) == [0, 1, 2]
    lines = advice.sample(acting(town.gateway, "dpo"), town.contract, size=3, seed="2026-11")
    [event] = oversight.read_log(town.gateway, Party("aalborg-kommune", Role.DPO), first=lines[-1].index, count=500)[
        -1:
    ]
    assert event.kind == "sample_drawn"
    assert event.body["indexes"] == [line.index for line in lines]


def test_the_commands_say_what_they_did(tmp_path: Path):
    town = ready(tmp_path)
    with town.gateway.store.read() as session:
        decision = session.exec(select(DecisionRow.id)).first()
    status = run("policy", "status", environment=town.environment)
    assert (status.code, status.err) == (0, "")
    assert policy_sets.TYPE not in status.out
    told = run("policy", "explain", decision, environment=town.environment)
    assert told.code == 0, told.err
    assert "Bevilling" in told.out or "ALLOW" in told.out
    again = run("policy", "replay", decision, environment=town.environment)
    assert again.code == 0, again.err
    assert "the same" in again.out
    given = run(
        "advice", "give", town.contract, "--text", "Look twice.", "--window", "2018H2", "--suspend",
        environment={**town.environment, "GATEWAY_STAFF": "dpo"},
    )  # fmt: skip
    assert given.code == 0, given.err
    listed = run("advice", "list", environment=town.environment)
    assert "2018H2" in listed.out
    advice.answer(acting(town.gateway, "owner"), given.out.split()[1], followed=True, text="")
    advice.lift(acting(town.gateway, "dpo"), given.out.split()[1])
    [line] = run("advice", "list", environment={**town.environment, "COLUMNS": "300"}).out.splitlines()[1:]
    assert re.search(r"followed on \S+ by owner +on \S+ by dpo", line), line
    assert json.dumps("Look twice.") not in listed.out


def findings(gateway: Gateway) -> list[str]:
    return [f"{one.level} {one.what}" for one in doctor.examine_opened(gateway) if one.level != doctor.OK]


def test_the_doctor_tells_what_waits_for_somebody(town: SimulatedMunicipality):
    gateway = town.gateway
    with gateway.store.read() as session:
        reference = session.exec(select(Subject.case_reference)).first()
    assert not [line for line in findings(gateway) if "held by" in line or "older than a month" in line]
    advice.advise(gateway, town.contract, "Wait.", suspends=True)
    requests.ask(gateway, town.contract, Who(case_reference=reference), requests.Right.ERASURE, role=Role.CASE_WORKER)
    assert any(line.startswith("warn impact60 every window: held") for line in findings(gateway))
    gateway.clock.move(31)
    told = findings(gateway)
    assert any("the answer was due on" in line for line in told)
    assert "warn impact60: 1 requests are older than a month" in told
    assert any(
        "fail the policy set on this disk: is not the one that was" in line
        for line in findings(with_other_rules(gateway))
    )
