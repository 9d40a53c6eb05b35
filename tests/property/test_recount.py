"""What is counted once for all windows, and once for measures with the same states, is what each alone comes to."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from gateway.outcomes.contract import Contract
from gateway.outcomes.evaluate import evaluate
from gateway.outcomes.forecast import Recount
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.results import AskedWeeks, person_result, person_results, units_by_window
from gateway.outcomes.terms import ExitRule
from gateway.outcomes.varied import is_sound, terms
from tests.property.evaluator_cases import contract_of, history_of
from tests.property.evaluator_values import contract_from, history_from

SEEDS = 120
PEOPLE = 6


@pytest.mark.parametrize("part", range(4))
def test_one_pass_over_all_windows_is_what_each_window_comes_to(part: int):
    taken_out = later = 0
    for seed in range(part * SEEDS // 4, (part + 1) * SEEDS // 4):
        rng = random.Random(f"recount:{seed}")
        plain = contract_of(rng)
        contract = contract_from(plain)
        people = [_of_some_batch(rng, contract, one) for one in _people(rng, plain)]
        declared = {one.id: dict.fromkeys(one.windows, rng.randint(0, 900)) for one in contract.aggregates}
        for person in people:
            later += person.counts_from > 0
            taken_out += person.stop is not None and contract.exits[person.stop] is ExitRule.OUT
            for measure in contract.measures:
                alone = [person_result(contract, measure, person, window.to_week) for window in contract.windows]
                weeks = AskedWeeks.of(contract, measure.states, person, contract.windows[-1].to_week)
                found = units_by_window(contract, measure, person, weeks)
                assert [dict(one) for one in found] == [dict(one.cells) for one in alone], (seed, measure)
                for window, one in zip(contract.windows, alone, strict=True):
                    assert person_results(contract, person, window.to_week)[measure.id] == one, (seed, measure)
        for figures, window in zip(Recount(contract, people).series(contract, declared), contract.windows, strict=True):
            end = evaluate(contract, people, window.to_week)
            assert figures.quantities == {one.measure: one.quantity for one in end.totals} | {
                name: figures.quantities[name] for name in declared if name in figures.quantities
            }, seed
            assert dict(figures.personal) == dict(end.personal), seed
    assert taken_out >= 5, "positive control: an exit takes somebody out who was counted in an earlier window"
    assert later >= SEEDS // 4, "positive control: somebody's batch came later"


def _people(rng: random.Random, plain: dict[str, Any]) -> list[PersonHistory]:
    return [history_from(history_of(rng, plain), subject) for subject in range(1, PEOPLE + 1)]


def _of_some_batch(rng: random.Random, contract: Contract, person: PersonHistory) -> PersonHistory:
    """One in three is of a batch that counts from a later window on."""
    window = rng.choice(contract.windows)
    return replace(person, counts_from=window.from_week.ordinal) if rng.random() < 1 / 3 else person


def test_a_variant_is_counted_as_if_it_were_the_contract():
    """Whatever was asked for before, in whatever order."""
    tried = 0
    for seed in range(25):
        rng = random.Random(f"variants:{seed}")
        plain = contract_of(rng)
        contract = contract_from(plain)
        people = _people(rng, plain)
        recount = Recount(contract, people)
        before = recount.payments(contract, {})
        for term in terms(contract):
            variant = term.with_value(term.higher())
            if is_sound(variant):
                tried += 1
                assert recount.payments(variant, {}) == Recount(variant, people).payments(variant, {}), term.name
        assert recount.payments(contract, {}) == before
    assert tried > 100
