"""A score that an instrument measured: two people see it, it is sealed with the person, and only its result counts."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from gateway.documents.report_page import page
from gateway.errors.evidence import EvidenceRefused
from gateway.evaluation import manual_evidence
from gateway.evaluation.cohort import histories
from gateway.evaluation.manual_evidence import ScoreSheet
from gateway.outcomes.calendar import first_day_of, months_after
from gateway.outcomes.evaluate import evaluate
from gateway.rights.people import Who
from gateway.rights.report import report
from gateway.store.log_tables import LogEntry
from gateway.store.sealed import SealedRow
from gateway.store.tables import Subject
from gateway.wording.views import as_json
from policies.errors import PolicyDenied
from policies.terms import Role
from tests.functional.test_traps import Clock
from tests.support.command_line import run
from tests.support.municipality import SimulatedMunicipality
from tests.support.several_sources import EDITS, several
from tests.support.simulated import acting

CASE = Role.CASE_WORKER
MEASURE = """[[measures]]
id = "wellbeing"
kind = "instrument"
instrument = { id = "who5", name = "WHO-5", version = "1998", lowest = 0, highest = 100, better = "higher" }
change_at_least = 10
baseline_within_days = 28
months = [6, 12]
follow_up_within_days = 28

[freeze]
"""
BEFORE, AFTER = 37, 83  # scores that no other number here is


@pytest.fixture
def town(tmp_path: Path) -> SimulatedMunicipality:
    edits = (*EDITS, ("[freeze]\n", MEASURE))
    return several(tmp_path / "town", clock=Clock(date(2030, 1, 1)), edits=edits)


def somebody(town: SimulatedMunicipality) -> tuple[str, date]:
    """A case reference, and the person's own start."""
    with town.gateway.store.read() as session:
        row = session.exec(select(Subject).order_by(Subject.case_reference)).first()
        assert row is not None
        contract = town.gateway.contract(session, town.contract)
        return row.case_reference, first_day_of(contract, row.enrolled_on)


def sheet(on: date, score: int) -> ScoreSheet:
    return ScoreSheet("who5", on, score, "cd" * 32)


def enter(town: SimulatedMunicipality, case: str, on: date, score: int) -> str:
    return manual_evidence.register(acting(town.gateway, "anna"), town.contract, case, sheet(on, score), role=CASE)


def confirm(town: SimulatedMunicipality, made: str, who: str = "bo") -> None:
    manual_evidence.confirm(acting(town.gateway, who), made, role=CASE)


def points(town: SimulatedMunicipality, *, days_ago: float = 0) -> int:
    """What the measure counts at the end of the contract, as it was known so many days ago."""
    with town.gateway.store.read() as session:
        contract = town.gateway.contract(session, town.contract)
        programme = town.gateway.programme(session, town.contract)
        at = town.gateway.clock() - timedelta(days=days_ago)
        people = histories(session, contract, programme, known_at=at)
        return evaluate(contract, people, contract.windows[-1].to_week).quantity("wellbeing")


def test_a_score_counts_once_a_second_person_confirmed_it(town: SimulatedMunicipality) -> None:
    case, start = somebody(town)
    before, after = enter(town, case, start, BEFORE), enter(town, case, months_after(start, 6), AFTER)
    assert points(town) == 0
    with pytest.raises(PolicyDenied, match="P64-second-person"):
        confirm(town, before, "anna")
    confirm(town, before)
    assert points(town) == 0  # of one score there is no change
    confirm(town, after)
    assert points(town) == 1
    clock = town.gateway.clock
    assert isinstance(clock, Clock)
    clock.move(1)
    manual_evidence.withdraw(acting(town.gateway, "carl"), after, role=CASE)
    assert points(town) == 0
    assert points(town, days_ago=0.5) == 1  # an evaluation of that day can be repeated


def test_what_an_instrument_cannot_give_or_nobody_asks_for_is_refused(town: SimulatedMunicipality) -> None:
    case, start = somebody(town)
    enter(town, case, start, BEFORE)
    for wrong, reason in (
        (sheet(start, BEFORE + 1), "a score of this day is registered already"),
        (sheet(start + timedelta(days=1), 101), "lies between 0 and 100"),
        (sheet(date(2001, 1, 1), 50), "the contract needs scores from"),
        (ScoreSheet("who5", start + timedelta(days=2), 50, "no digest"), "SHA-256"),
    ):
        with pytest.raises(EvidenceRefused, match=reason):
            manual_evidence.register(acting(town.gateway, "anna"), town.contract, case, wrong, role=CASE)
    other = ScoreSheet("phq9", start, 5, "ab" * 32)
    with pytest.raises(PolicyDenied):
        manual_evidence.register(acting(town.gateway, "anna"), town.contract, case, other, role=CASE)


def test_the_score_is_the_persons_and_nobody_elses(town: SimulatedMunicipality) -> None:
    """Sealed in the store, in no log and no list; the access report and the archive have it."""
    case, start = somebody(town)
    for on, score in ((start, BEFORE), (months_after(start, 6), AFTER)):
        confirm(town, enter(town, case, on, score))
    with town.gateway.store.read() as session:
        rows = session.exec(select(SealedRow).where(SealedRow.about == "evidence")).all()
        assert len({len(row.sealed) for row in rows}) == 1
        people = session.exec(select(Subject)).all()
        assert {row.subject_id for row in rows} == {row.subject_id for row in people}
        log = " ".join(row.body for row in session.exec(select(LogEntry)))
    listed, _ = manual_evidence.list_evidence(acting(town.gateway, "anna"), town.contract)
    assert [one.type for one in listed] == ["score of who5", "score of who5"]
    shown = f"{log} {listed}"
    assert f'"score":{BEFORE}' not in shown
    assert not re.search(rf"\b{AFTER}\b", " ".join(str(one) for one in listed)), "an id may hold any digits"
    made = report(town.gateway, town.contract, Who(case_reference=case), role=CASE)
    assert f"who5: {BEFORE} point" in page(made)
    assert f'"score": {AFTER}' in json.dumps(as_json(made))


def test_the_command_line_enters_it(town: SimulatedMunicipality) -> None:
    case, start = somebody(town)
    words = ["--case", case, "--instrument", "who5", "--on", start.isoformat(), "--points", str(BEFORE)]
    ran = run("evidence", "score", town.contract, *words, "--document-sha256", "ef" * 32, environment=town.environment)
    assert ran.code == 0, ran.err
    assert "it counts when a second person has seen the form" in ran.out
    assert not re.search(rf"\b{BEFORE}\b", ran.out), "an id may hold any digits, but none by themselves"
