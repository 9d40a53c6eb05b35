"""What a first day can change under versions that read weeks otherwise is all that any life on it can change.

Lives of other hands show the statuses of every version, in whatever weeks: also those by which nobody counts, neutral
ones and exits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest

from gateway.outcomes.contract import Contract
from gateway.outcomes.possible_courses import FirstDay
from gateway.outcomes.readings import has_changed_reading
from gateway.outcomes.terms import ExitRule, WeekState
from tests.property.test_movers import movers_of, small
from tests.support.lives import Life, every_life
from vocabulary.statuses import Status

pytestmark = pytest.mark.long
SHOWN = (Status.FLEKSJOB, Status.EDUCATION, Status.SKAANEJOB, Status.HOLIDAY, Status.DEAD, Status.NO_BENEFIT)


def read_otherwise(contract: Contract, draw: Random) -> Contract:
    """A second version from a window on, in which states are told by other statuses."""
    states = {
        state.id: replace(state, statuses=frozenset(draw.sample(SHOWN, draw.choice((1, 1, 2)))))
        for state in contract.states
    }
    since = draw.choice(contract.windows[1:] or contract.windows).from_week.monday
    neutral = frozenset(draw.sample((Status.HOLIDAY, Status.EDUCATION, Status.SKAANEJOB), draw.choice((0, 1, 2))))
    return replace(
        contract,
        version=contract.version + 1,
        effective_from=since,
        states=tuple(states.values()),
        measures=tuple(
            replace(one, states=tuple(states[state.id] for state in one.states)) for one in contract.measures
        ),
        qualification=replace(contract.qualification, neutral_statuses=neutral),
        exits=dict.fromkeys(contract.exits, ExitRule.FROZEN),
        earlier=(contract,),
    )


def lives(contract: Contract, first: FirstDay, draw: Random, many: int) -> Iterator[Life]:
    versions = (*contract.earlier, contract)
    states: list[WeekState] = [state for one in versions for measure in one.measures for state in measure.states]
    for _ in range(many if states else 0):
        life = Life(contract, first.day)
        for _ in range(draw.choice((1, 1, 2, 2, 3, 4))):
            start, stop = sorted(draw.randint(life.weeks.start, life.weeks.stop) for _ in "ab")
            life.spend(range(start, stop), draw.choice(states))
            for week in range(start, stop, draw.choice((1, 2, 3))):
                life.statuses[week] = frozenset({draw.choice(SHOWN)}) if draw.random() < 0.3 else life.statuses[week]
        yield life


def test_no_life_changes_what_its_first_day_does_not_know(tell):
    compared = 0
    for seed, contract in small(range(24)):
        draw = Random(seed)
        changed = read_otherwise(contract, draw)
        if not has_changed_reading(changed) or contract.needs_amounts:
            continue
        movers = movers_of(changed)
        for day in {id(one): one for one in (movers.days[0], movers.days[-1])}.values():
            space = day.space.copy()
            some = [*every_life(changed, day.day), *lives(changed, day.day, draw, 60)]
            beyond = [life for life in some if space.add(movers.row_of_course(life.course()))]
            assert not beyond, (seed, day.day.name, len(beyond))
        compared += 1
    tell(f"movers of readings: {compared} contracts compared")
    assert compared
