"""A contract in force that would be refused today: the doctor tells it, its readers wait, and its creditor is paid."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.attestations.calendar_audit import AuditedContract, audit_contract
from gateway.contracts import declarations, todays_rules
from gateway.errors.release import ReadersHeld
from gateway.errors.table import outcome
from gateway.jobs.diagnosis import FAIL, WARN
from gateway.jobs.doctor import examine_opened
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract, load_stored_contract
from gateway.release import asks, correction, releasing
from gateway.release.releasing import check, release
from tests.functional.test_blocks import LATE, PAYMENT, TOTAL, WINDOWS, text_of, verified
from tests.functional.test_correction import mend
from tests.functional.test_traps import Clock
from tests.support.municipality import EXTRACT_PEOPLE, SMALL_COURSE, SimulatedMunicipality
from tests.support.settling import INVESTOR
from tests.support.simulated import simulated
from vocabulary.errors import DeclarationInvalid
from vocabulary.releases import Recipient, Template

REFUSED = LATE[:-1]  # a few late starters, and not a word of showing windows together


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> SimulatedMunicipality:
    """As if the contract had been accepted before the audit was made."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(declarations, "audit_contract", lambda contract: AuditedContract(contract, {}))
        made = simulated(
            tmp_path_factory.mktemp("refused"),
            extract_people=EXTRACT_PEOPLE,
            course_edits=SMALL_COURSE[:-1],
            edits=REFUSED,
            clock=Clock(date(2030, 1, 1)),
        )
    made.enrol()
    made.pull_all()
    return SimulatedMunicipality(made.gateway, made.contract, made.drop, made.folder)


def refusal_of(text: bytes) -> str:
    """The words of `gateway contract check`, which audits what it reads."""
    with pytest.raises(DeclarationInvalid) as refused:
        audit_contract(load_contract(text, file="impact60.toml"))
    return str(refused.value)


def stored_text(town: SimulatedMunicipality) -> bytes:
    return (town.folder / "impact60.toml").read_bytes()


def test_the_doctor_says_it_in_the_words_of_the_check(town: SimulatedMunicipality):
    words = refusal_of(stored_text(town))
    for word in ("calendar-part", "2020H2", "qualifying_weeks", "seen by investor", "k_cohort is 25", "plan no"):
        assert word in words
    [found] = [one for one in examine_opened(town.gateway) if "would be refused today" in one.what]
    assert found.level == FAIL
    assert words in found.what
    assert "payment documents go out as before" in found.advice


def test_the_creditor_is_paid_and_readers_wait(town: SimulatedMunicipality):
    words = refusal_of(stored_text(town))
    paid = [verified(town, town.release(window, *PAYMENT).bundle) for window in WINDOWS[:5]]
    assert sum(one.shown["payable"]["amount_minor"] for one in paid) > 0
    for recipient in Recipient:
        for ask in (release, check):
            with pytest.raises(ReadersHeld) as held:
                ask(town.gateway, "impact60", WINDOWS[0], Template.CONTRACT_TOTAL, recipient)
            assert words in str(held.value)
    found = outcome(held.value)
    assert found is not None
    assert (found.exit_code, found.status, held.value.code) == (5, 409, "readers-held")


def test_who_asks_from_outside_waits_as_ever_and_staff_are_told_why(town: SimulatedMunicipality):
    waits = asks.ask(town.gateway, INVESTOR, "impact60", WINDOWS[1], Template.CONTRACT_TOTAL)
    assert isinstance(waits, asks.WaitingAttestation)
    [answer] = asks.answer_asks(town.gateway)
    assert answer.released is None
    assert refusal_of(stored_text(town)) in answer.why_not


def shown_before(town: SimulatedMunicipality, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A total that was released before the rule was made."""
    with monkeypatch.context() as patch:
        patch.setattr(todays_rules, "objection_to", lambda version: "")
        return town.release(WINDOWS[4], *TOTAL).bundle


def test_what_was_shown_stays_shown_and_only_the_creditors_is_corrected(
    town: SimulatedMunicipality, monkeypatch: pytest.MonkeyPatch
):
    for window in WINDOWS[:5]:
        town.release(window, *PAYMENT)
    total = verified(town, shown_before(town, monkeypatch))
    assert verified(town, town.release(WINDOWS[4], *TOTAL).bundle).claims["jti"] == total.claims["jti"]
    mend(town, months=("2020-05", "2020-06"))
    done = correction.correct(town.gateway, "impact60", WINDOWS[4], reason="source_corrected")
    assert [one.template for one in done] == [Template.PAYMENT_DOCUMENT]
    assert verified(town, town.release(WINDOWS[4], *TOTAL).bundle).claims["jti"] == total.claims["jti"]


def test_a_total_that_was_interrupted_stays_unsigned_and_the_doctor_goes_on(
    town: SimulatedMunicipality, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as patch:
        patch.setattr(todays_rules, "objection_to", lambda version: "")
        patch.setattr(releasing, "finish", lambda *_, **__: pytest.skip)  # the process ends here
        release(town.gateway, "impact60", WINDOWS[1], *TOTAL)
    with pytest.raises(ReadersHeld):
        release(town.gateway, "impact60", WINDOWS[1], *TOTAL)
    [found] = [one for one in examine_opened(town.gateway) if "was interrupted" in one.what]
    assert (found.level, "stays unsigned" in found.what) == (WARN, True)
    assert "would be refused today" in found.advice


@pytest.mark.parametrize(
    "edit",
    [
        ("threshold_people = 15", "threshold_people = 1"),  # met or not met would tell of everybody
        ('recipients = ["operator"]', 'recipients = ["operator", "investor"]'),  # an amount to who is no creditor
    ],
)
def test_rules_of_the_text_alone_hold_no_payment_back_either(edit: tuple[str, str]):
    text = text_of(*REFUSED, edit)
    with pytest.raises(DeclarationInvalid):
        load_contract(text, file="f.toml")
    stored: Contract = load_stored_contract(text, file="f.toml")
    assert stored.is_planned(*PAYMENT, WINDOWS[0])
