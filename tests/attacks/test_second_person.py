"""Somebody tries to be two people: to ask under one spelling of a name and to say yes under another.

Positive control at each desk: another person's yes is taken, in whatever spelling.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from gateway.contracts import declarations
from gateway.errors.rights import RequestRefused
from gateway.evaluation import manual_evidence
from gateway.events import actor
from gateway.installation.gateway import Gateway
from gateway.oversight import advice, governance
from gateway.oversight.audit import showing
from gateway.rights import requests
from gateway.rights.requests import Right
from gateway.settlement import billing, paying
from policies.errors import PolicyDenied, ProgrammeInvalid
from policies.programme_file import load_programme
from policies.terms import Role
from tests.functional.test_evidence import BUSINESS, reference_of
from tests.functional.test_governance import with_other_rules
from tests.functional.test_rights import someone
from tests.functional.test_settlement import PAYMENT
from tests.functional.test_traps import Clock
from tests.support import auditing
from tests.support.examples import every_third
from tests.support.municipality import SimulatedMunicipality, ready
from tests.support.settling import accept
from tests.support.several_sources import several
from tests.support.simulated import acting
from tests.support.spellings import OTHER_PEOPLE, SPELLINGS
from vocabulary.errors import TextInvalid

ASKED = "Åse Berg"
SAME = [
    ASKED,
    "åse berg",
    "ÅSE BERG",
    "ÅSE BERG ",
    " Åse  Berg",
    unicodedata.normalize("NFD", ASKED),
    "Ａ\u030aｓｅ Berg",
    "\u212bse Berg",
    "Åse\u00a0Berg",
    "Åse\u200b Berg",
]
ANOTHER = "BO"
Desk = tuple[Callable[[Gateway], object], SimulatedMunicipality]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> SimulatedMunicipality:
    made = ready(tmp_path_factory.mktemp("town"), clock=Clock(date(2030, 1, 1)))
    for window in ("2018H2", "2019H1", "2019H2"):
        made.release(window, *PAYMENT)
    return made


def _right(town: SimulatedMunicipality) -> Desk:
    first = acting(town.gateway, ASKED)
    asked = requests.ask(first, town.contract, someone(town), Right.ERASURE, role=Role.CASE_WORKER)
    return lambda who: requests.decide(who, town.contract, asked, grant=False, rule="the law"), town


def _advice(town: SimulatedMunicipality) -> Desk:
    given = advice.advise(acting(town.gateway, ASKED), town.contract, "Look twice.")
    return lambda who: advice.answer(who, given.id, followed=True, text=""), town


def _contract(town: SimulatedMunicipality) -> Desk:
    files = (town.folder / "impact60.toml", town.folder / "second.programme.toml")
    files[1].write_text((town.folder / "impact60.programme.toml").read_text("utf-8") + "\n# later\n", "utf-8")
    proposal = declarations.propose_change(acting(town.gateway, ASKED), *files)
    return lambda who: declarations.approve_change(who, proposal), town


def _rules(town: SimulatedMunicipality) -> Desk:
    own = ready(town.folder.parent / "rules", clock=Clock(date(2030, 1, 1)))
    updated = replace(own, gateway=with_other_rules(own.gateway))
    proposal = governance.propose_policy_set(acting(updated.gateway, ASKED))
    return lambda who: governance.approve_policy_set(who, proposal), updated


def _approval(town: SimulatedMunicipality) -> Desk:
    accept(town, "2019H1")
    bill, _ = billing.request_payment(acting(town.gateway, ASKED), town.contract, "2019H1")
    return lambda who: paying.approve(who, town.contract, bill.number), town


def _evidence(town: SimulatedMunicipality) -> Desk:
    town = several(town.folder.parent / "several", clock=Clock(date(2030, 1, 1)))
    document = manual_evidence.register(
        acting(town.gateway, ASKED), town.contract, reference_of(town), BUSINESS, role=Role.CASE_WORKER
    )

    def confirm(who: Gateway) -> bool:
        manual_evidence.confirm(who, document, role=Role.CASE_WORKER)
        return True

    return confirm, town


@pytest.fixture(scope="module", params=[_right, _advice, _contract, _approval, _evidence, _rules])
def desk(request: pytest.FixtureRequest, town: SimulatedMunicipality) -> Desk:
    return request.param(town)


@pytest.mark.parametrize("spelling", every_third(SAME))
def test_no_spelling_makes_a_second_person(desk: Desk, spelling: str):
    decide, town = desk
    with pytest.raises((PolicyDenied, RequestRefused, TextInvalid)) as refused:
        decide(acting(town.gateway, spelling))
    match refused.value:
        case PolicyDenied() as denied:
            assert "P64-second-person" in denied.decision.rule_ids
        case RequestRefused() as own:
            assert "second-person" in str(own)
        case TextInvalid():  # a name with what nobody sees is no name
            assert not spelling.isprintable()


def test_another_person_is_one_in_any_spelling(desk: Desk):
    decide, town = desk
    assert decide(acting(town.gateway, ANOTHER))


def test_an_approved_bill_is_paid_by_another_too(town: SimulatedMunicipality):
    accept(town, "2019H2")
    clerk = acting(town.gateway, ASKED)
    bill, _ = billing.request_payment(clerk, town.contract, "2019H2")
    paying.approve(acting(town.gateway, ANOTHER), town.contract, bill.number)
    with pytest.raises(PolicyDenied, match="P64-second-person"):
        paying.register_payment(acting(town.gateway, SAME[2]), town.contract, bill.number, paid_on=bill.issued_on)


def test_a_sample_is_not_opened_by_its_auditor_in_capitals(tmp_path: Path):
    """Positive control: the auditor's appointment holds in capitals too, and the owner's approval opens the rows."""
    town = ready(tmp_path, clock=Clock(date(2030, 1, 1)))
    auditing.appoint(town)
    town.release("2018H2", *PAYMENT)
    drawn = auditing.draw(town).sample.id
    with pytest.raises(PolicyDenied) as refused:
        showing.approve(acting(town.gateway, auditing.AUDITOR.upper()), drawn)
    assert "P64-second-person" in refused.value.decision.rule_ids
    showing.approve(acting(town.gateway, "OLE"), drawn)
    assert auditing.look(town, drawn).people


def test_nobody_audits_their_own_work_in_capitals(town: SimulatedMunicipality):
    text = (town.folder / "impact60.programme.toml").read_text("utf-8") + auditing.programme_text()
    load_programme(text.encode(), file="programme.toml")  # positive control
    for name in (auditing.AUDITOR.upper(), f"{auditing.AUDITOR} "):
        more = f'\n[[appointments]]\nstaff = "{name}"\nrole = "case_worker"\nuntil = 2031-01-01\n'
        with pytest.raises(ProgrammeInvalid, match="nobody audits their own work"):
            load_programme((text + more).encode(), file="programme.toml")


@pytest.mark.parametrize(("name", "spelling"), SPELLINGS)
def test_who_is_second_is_the_actor_s_word(name: str, spelling: str):
    assert not actor.staff_member(spelling).is_second_to(name)
    assert not actor.client(spelling, Role.OPERATOR).is_second_to(name)  # a client of the same name may be the person


@pytest.mark.parametrize(("name", "other"), OTHER_PEOPLE)
def test_another_is_second(name: str, other: str):
    assert actor.staff_member(other).is_second_to(name)


def test_a_service_is_no_second_person_and_has_none():
    service = actor.service("scheduled pull")
    assert not service.is_second_to("anna")
    assert not actor.staff_member("anna").is_second_to(service.name)
    assert not actor.staff_member("anna").is_second_to("")
    with pytest.raises(ValueError, match="service"):
        actor.staff_member("Gateway  (server)")
