"""Whoever begins later is judged by the weeks of somebody who began first: each week is what the evaluator says of it.

Lives of drawn contracts, and of IMPACT60 with a state that also repeats the week before.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from connectors.codes import shown_by_kind
from gateway.outcomes.asked_lives import AskedLives
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.invented_lives import DoneWeeks, doings_of, invented_life
from gateway.outcomes.lint import lint
from gateway.outcomes.possible_courses import kinds_of_first_day
from gateway.outcomes.results import person_result
from tests.attacks.outsider.intricate import draw_intricate_contract
from tests.attacks.seeded import contract_text
from tests.support.drawn_calendars import draw_years
from vocabulary.errors import DeclarationInvalid


@dataclass
class Compared:
    lives: int = 0
    reached: int = 0


def compare(contract: Contract, seed: int, many: int) -> Compared:
    """Lives as they are asked for by the audit, against the evaluator that knows nothing of any other life."""
    draw, found = random.Random(seed), Compared()
    doings, days = doings_of(contract), kinds_of_first_day(contract)
    asked, end = AskedLives(contract), contract.windows[-1].to_week.ordinal + 1
    for _ in range(many):
        first, doing, measure = draw.choice(days), draw.choice(doings), draw.choice(contract.measures)
        begin = first.week.ordinal
        stop = draw.randint(min(begin, end), end)
        start = draw.choice((begin, draw.randint(min(begin, stop), stop)))
        left_out = draw.choice((range(0), range(start, start + 1), range(start + 2, end, 3)))
        weeks = DoneWeeks(start, stop, left_out)
        found_units = asked.life(first.day, doing, weeks).units(measure, first.day)
        person = invented_life(contract, first.day, doing, weeks.weeks, range(0))
        windows = [person_result(contract, measure, person, window.to_week).cells for window in contract.windows]
        assert [*map(dict, found_units)] == [*map(dict, windows)], (seed, first.day, doing, weeks, measure.id)
        found.lives += 1
        found.reached += any(windows)
    return found


def drawn(text: str) -> Contract | None:
    try:
        contract = load_contract(text.encode(), file="drawn.toml")
    except DeclarationInvalid:
        return None
    return None if any(finding.refuses for finding in lint(contract, shown_by_kind())) else contract


def draw_intricate(seed: int) -> str:
    """Among them those in which whatever a register shows counts in a month with pay."""
    return draw_intricate_contract(seed).text


# under 89 a first week that is left out is the last one of its month
@pytest.mark.parametrize("seeds", [[*range(12), 89], pytest.param(range(12, 212), marks=pytest.mark.long)])
@pytest.mark.parametrize("text", [draw_years, draw_intricate])
def test_a_week_is_the_same_whenever_the_life_began(seeds: Sequence[int], text: Callable[[int], str]):
    contracts = [(seed, contract) for seed in seeds if (contract := drawn(text(seed))) is not None]
    found = [compare(contract, seed, 40) for seed, contract in contracts]
    assert len(contracts) >= len(seeds) // 3
    assert sum(one.reached for one in found) >= sum(one.lives for one in found) // 4  # else nothing was compared


def test_a_state_that_also_repeats_the_week_before_is_no_exception():
    text = contract_text("impact60", size=60).replace(
        'neutral_statuses = ["holiday"]', 'neutral_statuses = ["education"]'
    )
    contract = load_contract(text.encode(), file="impact60.toml")
    assert compare(contract, 1, 300).reached >= 50
