"""Invented histories: as many in the outcome as was asked for, the same for a seed, and hours that terms can cut."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.outcomes.evaluate import evaluate
from gateway.simulate.course import load_course
from gateway.simulate.invented import generate_course, histories, scale_course
from tests.support.histories import EXAMPLES, example_contract


@pytest.mark.parametrize("per_cent", [0, 30, 100])
@pytest.mark.parametrize(("name", "measure"), [("impact60", "self_support_full_or_partial"), ("ballerup", "")])
def test_as_many_are_in_the_outcome_at_the_end_as_was_asked(name: str, measure: str, per_cent: int):
    contract = example_contract(name)
    cohort = histories(contract, generate_course(contract, per_cent=per_cent), seed=3, hours_vary=True)
    assert len(cohort) == contract.cohort.size
    found = evaluate(contract, cohort, contract.windows[-1].to_week)
    assert found.quantity(measure or "steady_and_off_benefits") == contract.cohort.size * per_cent // 100


def test_a_seed_is_a_cohort():
    contract = example_contract("ballerup")
    course = generate_course(contract, per_cent=50)
    first = histories(contract, course, seed=1, hours_vary=True)
    assert histories(contract, course, seed=1, hours_vary=True) == first
    assert histories(contract, course, seed=2, hours_vary=True) != first
    assert histories(contract, course, seed=1) != first


def test_a_course_is_scaled_in_shares():
    course = load_course(Path(EXAMPLES / "courses" / "impact60.toml").read_bytes(), file="impact60.toml")
    assert [point.people for point in scale_course(course, 60).points] == [22, 7, 28]


def test_a_register_that_nobody_simulates_shows_what_dream_does():
    contract = example_contract("impact60")
    course = generate_course(contract, per_cent=50)
    assert histories(replace(contract, status_sources=("elsewhere",)), course, seed=1) == histories(
        contract, course, seed=1
    )
