"""Every number that decides what is owed is varied alone; a changed contract is the one that the file would give."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from gateway.outcomes.contract import Contract
from gateway.outcomes.tariffs.cohort_threshold import CohortTariff, CohortThreshold
from gateway.outcomes.tariffs.steps import StepsTariff
from gateway.outcomes.terms import Caps, ScalePoint
from gateway.outcomes.varied import is_sound, terms
from tests.support.histories import example_contract

IMPACT60 = example_contract("impact60")
# term -> how the file would say the higher value
IN_THE_FILE = {
    "states.ordinary_job.hours_per_week_hundredths": ("= 1000", "= 1100"),
    "states.partial_job.hours_per_week_hundredths": ("= 800", "= 880"),
    "measures.weeks_in_work_or_education.weeks_from_enrolment": ("= 156", "= 172"),
    "measures.self_support_full_or_partial.sustained_weeks": ("sustained_weeks = 1", "sustained_weeks = 2"),
    "measures.self_support_full_or_partial.threshold_people": ("= 60 #", "= 66 #"),
    "tariffs.weeks_in_work_or_education.price_minor": ("= 150000 ", "= 165000 "),
    "tariffs.weeks_in_work_or_education.cap_minor": ("= 1500000000", "= 1650000000"),
}


def comparable(contract: Contract) -> dict[str, object]:
    values = {field.name: getattr(contract, field.name) for field in fields(Contract)}
    return {name: value for name, value in values.items() if name != "sha256"}


def test_the_terms_of_impact60_are_these():
    assert [term.name for term in terms(IMPACT60)] == list(IN_THE_FILE)


# with two sustained weeks the first window would be about a part of the cohort: no file may say that
@pytest.mark.parametrize("term", [one for one in terms(IMPACT60) if one.value > 1], ids=lambda term: term.name)
def test_a_changed_contract_is_the_one_of_the_changed_file(term):
    expected = example_contract("impact60", changed=IN_THE_FILE[term.name])
    assert comparable(term.with_value(term.higher())) == comparable(expected)
    assert is_sound(term.with_value(term.higher()))


def test_a_tenth_is_at_least_one_and_leaves_something():
    [one] = [term for term in terms(IMPACT60) if term.name.endswith("sustained_weeks")]
    assert (one.lower(), one.higher()) == (None, 2)
    [price] = [term for term in terms(IMPACT60) if term.name.endswith("price_minor")]
    assert (price.lower(), price.higher()) == (135_000, 165_000)


def test_scales_cohorts_and_caps_are_varied_number_by_number():
    steps = StepsTariff("s", 1, "rate", points=(ScalePoint(0, 0), ScalePoint(10, 100), ScalePoint(11, 200)))
    north, south = CohortThreshold("a", 100), CohortThreshold("b", 100)
    cohorts = CohortTariff("c", 1, price_minor=50, cohorts=(north, south), pooled=CohortThreshold("a", 75))
    by_state = replace(IMPACT60.tariffs[0], id="p", price_minor=0, cap_minor=0, price_by_state={"fleksjob": 20})
    caps = Caps(contract_minor=1000, person_minor=10)
    contract = replace(IMPACT60, states=(), measures=(), tariffs=(steps, cohorts, by_state), caps=caps)
    found = {term.name: term for term in terms(contract)}
    assert list(found) == [
        "tariffs.s.points.2.at", "tariffs.s.points.2.amount_minor", "tariffs.s.points.3.at",
        "tariffs.s.points.3.amount_minor", "tariffs.c.price_minor", "tariffs.c.cohorts.a.at_least",
        "tariffs.c.cohorts.b.at_least", "tariffs.c.pooled.at_least", "tariffs.p.price_by_state.fleksjob",
        "caps.contract_minor", "caps.person_minor",
    ]  # fmt: skip
    assert not is_sound(found["tariffs.s.points.2.at"].with_value(11))  # the point would meet the next one
    assert found["tariffs.c.cohorts.b.at_least"].with_value(110).tariffs[1].cohorts[1].at_least == 110
    assert found["tariffs.p.price_by_state.fleksjob"].with_value(22).tariffs[2].price_by_state == {"fleksjob": 22}
    assert found["caps.person_minor"].with_value(11).caps == Caps(contract_minor=1000, person_minor=11)
