"""A contract that no state of which rests on pay reads no register of it: from the file to a verified bundle."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors.pulls import IncomeNotRead
from gateway.evaluation.explaining_week import explain_week
from gateway.intake import pulling
from gateway.release import publication
from gateway.store import queries
from policies.errors import PolicyDenied
from tests.support.municipality import EXTRACT_PEOPLE, SMALL_COURSE, SimulatedMunicipality
from tests.support.simulated import simulated
from tests.support.without_income import PROGRAMME_WITHOUT_INCOME, SMALL_WITHOUT_INCOME
from vocabulary.weeks import Week


@pytest.fixture
def town(tmp_path: Path) -> SimulatedMunicipality:
    made = simulated(
        tmp_path,
        extract_people=EXTRACT_PEOPLE,
        course_edits=SMALL_COURSE,
        edits=SMALL_WITHOUT_INCOME,
        programme_edits=PROGRAMME_WITHOUT_INCOME,
    )
    made.enrol()
    pulling.pull(made.gateway, made.contract, "dream", made.drop.status)
    publication.publish(made.gateway)
    return SimulatedMunicipality(made.gateway, made.contract, made.drop, made.folder)


def test_weeks_of_the_status_register_are_paid_and_verified(town: SimulatedMunicipality):
    bundles = [town.release(window, "payment_document", "operator").bundle for window in ("2018H2", "2019H1")]
    paid = [town.verified(bundle).shown for bundle in bundles]
    assert sum(line["quantity"] for shown in paid for line in shown["lines"]) > 0
    total = town.verified(town.release("2018H2", "contract_total", "investor").bundle)
    assert total.shown["participants"] == 30


def test_nothing_of_pay_is_asked_nor_shown(town: SimulatedMunicipality):
    with pytest.raises(IncomeNotRead, match="names no register of pay"):
        pulling.pull(town.gateway, town.contract, "income", town.drop.income)
    with town.gateway.store.read() as session:
        case = queries.subjects(session, town.contract)[0].case_reference
    found = explain_week(town.gateway, town.contract, Week.parse("2019-W10"), case)
    assert found.income_complete_to is None
    assert found.shown is not None
    assert found.shown.postings == ()


def test_a_programme_that_names_the_register_all_the_same_opens_nothing(tmp_path: Path):
    town = simulated(tmp_path, extract_people=EXTRACT_PEOPLE, course_edits=SMALL_COURSE, edits=SMALL_WITHOUT_INCOME)
    town.enrol()
    with pytest.raises(IncomeNotRead):
        pulling.pull(town.gateway, town.contract, "income", town.drop.income)


def test_positive_control_the_contract_with_pay_is_refused_by_a_programme_without(tmp_path: Path):
    with pytest.raises(Exception, match="sources") as refused:
        simulated(tmp_path, extract_people=EXTRACT_PEOPLE, programme_edits=PROGRAMME_WITHOUT_INCOME)
    assert not isinstance(refused.value, PolicyDenied)
