"""Figures of a trial: rounded, shown where enough people moved them and could have, and priced afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from gateway.outcomes.contract import Contract
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.trial import TrialFigures, cannot_be_tried, nearest, try_draft
from tests.support.histories import example_contract, history

IMPACT60 = example_contract("impact60")
WEEKS = IMPACT60.measures[0].id


def people(*lives: tuple[int, str]) -> list[PersonHistory]:
    """So many people with these weeks from 2018-W40 on, all enrolled on the first day."""
    found = []
    for many, weeks in lives:
        for _ in range(many):
            found.append(history(weeks, start="2018-W40", enrolled="2018-10-01", subject=len(found) + 1))
    return found


def figures(contract: Contract, cohort: list[PersonHistory]) -> TrialFigures:
    return try_draft(contract, cohort, {}, report=lambda done, total: None)


def shown(found: TrialFigures, measure: str) -> list[tuple[int | None, int | None]]:
    return [(one.people, one.units) for window in found.windows for one in window.measures if one.measure == measure]


@pytest.mark.parametrize(
    ("value", "step", "found"),
    [
        (0, 5, 0),
        (2, 5, 0),
        (3, 5, 5),
        (7, 5, 5),
        (8, 5, 10),
        (65, 130, 130),
        (64, 130, 0),
        (-65, 130, -130),
        (-2, 5, 0),
    ],
)
def test_to_the_nearest_step(value: int, step: int, found: int):
    assert nearest(value, step) == found


def short(contract: Contract, windows: int = 2) -> Contract:
    return replace(contract, windows=contract.windows[:windows])


def test_what_fewer_than_k_moved_is_shown_with_a_later_window():
    """Four study from the first week, four more from the second window on: nothing of the first stands by itself."""
    contract = short(IMPACT60)
    first = contract.windows[0].to_week - contract.windows[0].from_week + 1
    second = contract.windows[1].to_week - contract.windows[1].from_week + 1
    late = "B" * first + "E" * second
    cohort = people((4, "E" * (first + second)), (4, late), (22, "B" * (first + second)))
    found = figures(contract, cohort)
    assert shown(found, WEEKS)[0] == (None, None)
    assert found.windows[0].amount_minor is None
    count, units = shown(found, WEEKS)[1]
    assert count == 10
    assert units is not None
    exact = 4 * (first + second) + 4 * second
    assert abs(units - exact) <= 5 * (first + second) / 2
    assert found.windows[1].amount_minor == units * 150_000


def test_what_nearly_everybody_reached_is_not_shown():
    """Of thirty people 28 study in every week: the total would say that of each of them."""
    contract = short(IMPACT60, 1)
    length = contract.windows[0].to_week - contract.windows[0].from_week + 1
    found = figures(contract, people((28, "E" * length), (2, "B" * length)))
    assert shown(found, WEEKS) == [(None, None)]
    assert found.owed_minor is None


def test_one_person_more_or_less_looks_the_same_but_at_an_edge():
    contract = short(IMPACT60, 1)
    length = contract.windows[0].to_week - contract.windows[0].from_week + 1
    seen = [
        shown(figures(contract, people((studying, "E" * length), (30 - studying, "B" * length))), WEEKS)[0]
        for studying in range(30)
    ]
    assert seen[8] == seen[9] == seen[12] == (10, 10 * length)
    assert seen[4] == seen[26] == (None, None)


def test_prices_are_looked_at_last():
    """Whatever the prices by state, what stands behind the amount is the same rounded number in each state."""
    contract = example_contract("aarhus")
    priced = next(one for one in contract.tariffs if one.tells_apart(*[s.id for s in contract.measures[0].states[:2]]))
    cohort = people((16, "B" * 20 + "E" * 160), (32, "B" * 190))
    base = figures(contract, cohort)
    prices = priced.price_by_state
    splits = set()
    for first in range(1, 200, 7):
        changed = replace(priced, price_by_state={name: first if name == "education" else 0 for name in prices})
        variant = replace(contract, tariffs=tuple(changed if one is priced else one for one in contract.tariffs))
        found = figures(variant, cohort)
        assert [one.measures for one in found.windows] == [one.measures for one in base.windows]
        amounts = [one.amount_minor for one in found.windows]
        assert all(amount % first == 0 for amount in amounts if amount is not None)
        splits.add(tuple(None if amount is None else amount // first for amount in amounts))
    [split] = splits
    assert any(split)


def test_the_cap_of_a_person_is_that_of_all_together():
    contract = short(IMPACT60, 1)
    length = contract.windows[0].to_week - contract.windows[0].from_week + 1
    cohort = people((10, "E" * length), (20, "B" * length))
    capped = replace(contract, caps=replace(contract.caps, person_minor=150_000))
    assert figures(capped, cohort).windows[0].amount_minor == 10 * 150_000


@pytest.mark.parametrize("name", ["whp", "peterborough"])
def test_what_cannot_be_tried_says_why(name: str):
    contract = example_contract(name)
    assert bool(cannot_be_tried(contract)) == (not contract.measures)


def test_a_year_without_people_in_the_outcome_owes_nothing_that_is_shown():
    contract = short(IMPACT60, 1)
    found = figures(contract, people((30, "B" * 20)))
    assert (found.people, found.owed_minor) == (30, None)
    assert found.k == 5
    assert date.fromisoformat("2018-10-01") == contract.cohort.enrolment_from
