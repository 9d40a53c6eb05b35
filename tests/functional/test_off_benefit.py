"""Weeks off benefits go the whole way, from the register's file to a verified bundle, with no register of income."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from gateway.evaluation.evaluating import evaluate_week
from gateway.intake import pulling
from gateway.release import publication
from gateway.rights.people import Channel, NewRecord, Who, begin
from policies.basis import RecordKind
from policies.terms import Role
from tests.functional.test_traps import Clock
from tests.support.municipality import EXTRACT_PEOPLE, SMALL_COURSE, SimulatedMunicipality
from tests.support.off_benefit import SMALL_OFF_BENEFIT
from tests.support.simulated import Edit, simulated
from tests.support.without_income import PROGRAMME_WITHOUT_INCOME
from vocabulary.weeks import Week

WINDOWS = ("2018H2", "2019H1", "2019H2", "2020H1", "2020H2")
PRISON_IS_NO_RESULT: Edit = ('prison = "neutral"', 'prison = "failure"')


@pytest.fixture
def town(tmp_path: Path) -> SimulatedMunicipality:
    made = simulated(
        tmp_path,
        extract_people=EXTRACT_PEOPLE,
        course_edits=SMALL_COURSE,
        edits=(*SMALL_OFF_BENEFIT, PRISON_IS_NO_RESULT),
        programme_edits=PROGRAMME_WITHOUT_INCOME,
        clock=Clock(date(2022, 1, 3)),
    )
    made.enrol()
    pulling.pull(made.gateway, made.contract, "dream", made.drop.status)
    publication.publish(made.gateway)
    return SimulatedMunicipality(made.gateway, made.contract, made.drop, made.folder)


HOLIDAY = ("121", "122", "123", "124", "125", "126")  # neutral: such a week repeats the one before
LAST = Week.parse("2020-W53")


def off_weeks(town: SimulatedMunicipality) -> dict[str, list[Week]]:
    """By case reference the weeks off benefits, read from the extract by this test's own hands."""
    header, *rows = (line.split(",") for line in town.drop.status.read_text().splitlines())
    shown = {row[0]: dict(zip(header[1:], row[1:], strict=True)) for row in rows}
    found: dict[str, list[Week]] = {}
    for line in town.drop.referrals.read_text().splitlines()[1:]:
        number, day, case, _ = line.split(";")
        is_off, found[case] = False, []
        for name, code in shown[number].items():
            week = Week.parse(f"20{name[2:4]}-W{name[4:]}")
            if not Week.of(date.fromisoformat(day)) <= week <= LAST:
                continue
            is_off = is_off if code in HOLIDAY else code == ""
            found[case] += [week] if is_off else []
    return found


def counted(town: SimulatedMunicipality) -> int:
    return evaluate_week(town.gateway, town.contract, LAST)[0].quantity("weeks_in_work_or_education")


def test_empty_weeks_of_the_extract_are_paid_and_verified(town: SimulatedMunicipality):
    lines = [
        line
        for window in WINDOWS
        for line in town.verified(town.release(window, "payment_document", "operator").bundle).shown["lines"]
    ]
    expected = sum(map(len, off_weeks(town).values()))
    assert sum(line["quantity"] for line in lines) == expected > 0
    assert sum(line["amount_minor"] for line in lines) == 150_000 * expected
    total = town.verified(town.release("2020H2", "contract_total", "investor").bundle)
    assert total.shown["participants"] == 30


@pytest.mark.parametrize("kind", [RecordKind.PRISON, RecordKind.COHABITATION])
def test_weeks_in_prison_or_on_a_partners_pay_never_count(town: SimulatedMunicipality, kind: RecordKind):
    case, weeks = max(off_weeks(town).items(), key=lambda one: len(one[1]))
    before, since = counted(town), weeks[len(weeks) // 2]
    record = NewRecord(kind, Channel.LETTER, since=since.monday)
    begin(town.gateway, town.contract, Who(case_reference=case), record, role=Role.CASE_WORKER)
    assert counted(town) == before - sum(week >= since for week in weeks)
