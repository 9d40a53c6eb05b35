"""Rectification from request to correction (GDPR art. 16), and protected persons who are left out."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from sqlmodel import select

from gateway.errors.release import NothingToCorrect
from gateway.evaluation import evaluating as evaluation
from gateway.intake import pulling
from gateway.outcomes.evaluate import evaluate
from gateway.oversight import log_reading as oversight
from gateway.release import correction, statements
from gateway.release.releasing import release
from gateway.rights import requests
from gateway.rights.people import Channel, NewRecord, Who, begin
from gateway.rights.report import report
from gateway.rights.requests import Right
from gateway.store.log_tables import PersonLineRow
from gateway.store.tables import Subject
from outcome_verifier import b64
from outcome_verifier.errors import StatusInvalid
from policies.basis import RecordKind
from policies.terms import Role
from tests.functional.test_traps import Clock
from tests.support.municipality import SimulatedMunicipality, ready
from tests.support.simulated import acting, simulated
from tests.support.stored import stored_postings, stored_spells

CASE = Role.CASE_WORKER
LAST = "2020H2"
PROTECTED = NewRecord(RecordKind.PROTECTION, Channel.REGISTER)


def achieving(town: SimulatedMunicipality, *, state: str = "") -> list[str]:
    """Subject ids of whoever is in the outcome at the end of the last window, or in one state of it."""
    with town.gateway.store.read() as session:
        contract, programme = (
            town.gateway.contract(session, town.contract),
            town.gateway.programme(session, town.contract),
        )
        window, measure = contract.window(LAST), contract.people_measure
        assert window is not None
        assert measure is not None
        people = evaluation.histories(session, contract, programme, known_at=town.gateway.clock())
    alone = {one.subject: evaluate(contract, [one], window.to_week) for one in people}
    return [
        subject
        for subject, found in alone.items()
        if (found.by_state(measure.id)[state] if state else found.quantity(measure.id))
    ]


def named(town: SimulatedMunicipality, subject: str) -> tuple[Who, str]:
    """The person by case reference, and the number under which the registers know the person."""
    with town.gateway.store.read() as session:
        reference = session.get_one(Subject, subject).case_reference
    [cpr] = [
        line.split(";")[0] for line in town.drop.referrals.read_text().splitlines() if line.split(";")[2] == reference
    ]
    return Who(case_reference=reference), cpr


def is_wage_of(cpr: str, months: set[str], line: str) -> bool:
    return line.startswith(cpr) and any(month in line for month in months)


def test_a_person_has_a_wrong_row_corrected_and_the_corrected_attestation_supersedes(tmp_path: Path):
    clock = Clock(date(2030, 1, 1))
    town = ready(tmp_path, clock=clock)
    for window in ("2018H2", "2019H1", "2019H2", "2020H1", LAST):
        town.release(window, "payment_document", "operator")
    old = town.verified(town.release(LAST, "contract_total", "investor").bundle)
    drawer = town.release(LAST, "contract_total", "investor").bundle
    months = {f";2020-{month:02d};00;" for month in range(7, 13)}
    lines = town.drop.income.read_text().splitlines()
    everybody = [named(town, subject) for subject in achieving(town)]
    # somebody whose outcome rests on pay: without those rows it is none, whatever the order of the random ids
    who, cpr = named(town, achieving(town, state="ordinary_job")[0])
    asked = requests.ask(town.gateway, town.contract, who, Right.RECTIFICATION, role=CASE)
    assert requests.decide(acting(town.gateway, "second"), town.contract, asked, grant=True).granted
    with pytest.raises(NothingToCorrect):  # a promise alone changes no figure
        correction.correct(town.gateway, town.contract, LAST, reason="source_corrected")
    clock.move(1)
    kept = [line for line in lines if not is_wage_of(cpr, months, line)]
    assert len(kept) < len(lines)
    revised = tmp_path / "revised" / town.drop.income.name
    revised.parent.mkdir()
    revised.write_text("\n".join(kept) + "\n")
    pulling.pull(town.gateway, town.contract, "income", revised)
    done = {
        one.template: one for one in correction.correct(town.gateway, town.contract, LAST, reason="source_corrected")
    }
    new = town.verified(done["contract_total"].bundle)
    assert new.claims["supersedes"]["jti"] == old.claims["jti"]
    assert new.shown["difference"]["outcomes_achieved"] == -1
    assert new.shown["outcomes_achieved"] == old.shown["outcomes_achieved"] - 1
    with pytest.raises(StatusInvalid):
        town.verified(release(town.gateway, town.contract, LAST, "contract_total", "investor", revision=1).bundle)
    assert town.verified(drawer).claims["jti"] == old.claims["jti"]  # as of its own staple
    made = report(town.gateway, town.contract, who, role=CASE)
    assert [(one.right, one.answer) for one in made.requests] == [("rectification", "granted")]
    replaced = {(row.month, row.type) for row in made.held.income if row.replaced_on}
    assert replaced
    assert replaced <= {(f"2020-{month:02d}", "wage") for month in range(7, 13)}
    assert {row.replaced_on for row in made.held.income if row.replaced_on} == {date(2030, 1, 2)}
    totals = [one for one in made.received if one.template == "contract_total"]
    assert [one.revision for one in totals] == [1, 2]
    assert totals[1].content["difference"] == new.shown["difference"]
    for other, _ in everybody[:4]:  # nobody else's rows were touched
        held = report(town.gateway, town.contract, other, role=CASE).held
        assert other == who or not any(row.replaced_on for row in held.income)
    oversight.verify_logs(town.gateway)


def ballerup(folder: Path, word: str) -> SimulatedMunicipality:
    """Ballerup with everybody enrolled; `word` says what becomes of protected persons."""
    made = simulated(
        folder,
        "ballerup",
        programme_edits=(('protected_persons = "count"', f'protected_persons = "{word}"'),),
        clock=Clock(date(2030, 1, 1)),
    )
    made.enrol()
    return SimulatedMunicipality(made.gateway, made.contract, made.drop, made.folder)


@pytest.mark.parametrize("word", ["count", "exclude"])
def test_protected_persons_are_read_and_counted_or_neither_and_never_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str
):
    """The same person is in the outcome where protected persons count, and unread where they are left out."""
    open_town = ready(tmp_path / "open", "ballerup", clock=Clock(date(2030, 1, 1)))
    who, _ = named(open_town, achieving(open_town)[0])
    everybody = open_town.people("2020-W53")
    town = ballerup(tmp_path / word, word)
    begin(town.gateway, town.contract, who, PROTECTED, role=CASE)
    with town.gateway.store.read() as session:
        subject = session.exec(select(Subject).where(Subject.case_reference == who.case_reference)).one().subject_id
    town.pull_all()
    with town.gateway.store.read() as session:
        everything = stored_spells(session), stored_postings(session)
        rows = [[row for row in found if row.subject_id == subject] for found in everything]
        looks = session.exec(select(PersonLineRow).where(PersonLineRow.subject_id == subject)).all()
    is_read = word == "count"
    assert all(map(bool, rows)) is any(map(bool, rows)) is is_read
    assert ("pull" in {json.loads(row.body)["action"] for row in looks}) is is_read
    assert town.people("2020-W53") == (everybody if is_read else everybody - 1)
    for window in ("2019H1", "2019H2", "2020H1", LAST):
        shown = town.verified(town.release(window, "payment_document", "operator").bundle).shown
        assert shown["participants"] == 10  # the denominator is the one that was sealed
    with town.gateway.store.read() as session:
        others = sorted(set(session.exec(select(Subject.subject_id))) - {subject})[:2]
    monkeypatch.setattr(statements, "relapsed_people", lambda *_: sorted([subject, *others]))
    token = statements.state(town.gateway, town.contract, LAST).token
    said = json.loads(b64.decode(token.split(".")[1]))["people"]
    assert len(said) == 2
    assert who.case_reference not in {one["case_reference"] for one in said}
