"""The plan of blocks is the least wait of all partitions: equal to trying every one, on seeded refusals."""

from __future__ import annotations

import random
from itertools import combinations

import pytest

from policies.folding import Ends, least_wait, waits


def total_wait(planned: list[int], ends: Ends) -> int:
    return sum(planned.index(min(end for end in ends if end >= one)) - planned.index(one) for one in planned)


def by_trying(planned: list[int], refused: list[frozenset[int]]) -> Ends | None:
    found = [
        ends
        for many in range(1, len(planned) + 1)
        for ends in combinations(planned, many)
        if ends[-1] == planned[-1] and not any(some <= set(ends) for some in refused)
    ]
    return min(found, key=lambda ends: (total_wait(planned, ends), ends), default=None)


@pytest.mark.parametrize("seed", range(200))
def test_it_is_the_best_of_all_partitions(seed: int):
    draw = random.Random(seed)
    planned = sorted(draw.sample(range(12), draw.randint(1, 8)))
    sizes = [draw.randint(1, min(3, len(planned))) for _ in range(draw.randint(0, 12))]
    refused = [frozenset(draw.sample(planned, size)) for size in sizes]
    found = least_wait(planned, lambda ends: not any(some <= set(ends) for some in refused))
    assert found == by_trying(planned, refused)
    if found is not None:
        assert sum(waits(planned, found)) == total_wait(planned, found)


def test_a_tail_that_may_not_stand_alone_is_joined_backwards():
    assert least_wait([0, 1, 2, 3], lambda ends: not {2, 3} <= set(ends)) == (0, 1, 3)
    assert waits([0, 1, 2, 3], (0, 1, 3)) == [0, 0, 1, 0]


def test_nothing_planned_has_no_block_and_what_never_passes_has_no_plan():
    assert least_wait([], lambda ends: False) == ()
    assert least_wait([0, 1], lambda ends: False) is None


def test_nothing_is_asked_twice_or_beside_what_was_refused():
    """An ask is an audit of a whole calendar. What is refused is made as small as it can be, by leaving out one end
    after the other, and then stands for everything that holds it: of 2, and of 1 beside 3, nothing is asked again."""
    asked: list[Ends] = []

    def passes(ends: Ends) -> bool:
        asked.append(ends)
        return not any(some <= set(ends) for some in ({2}, {1, 3}))

    assert least_wait(range(5), passes) == (0, 1, 4)
    of_two = [(0, 1, 2, 4), (1, 2, 4), (2, 4), (4,)]
    of_one_and_three = [(0, 1, 3, 4), (1, 3, 4), (3, 4), (1, 4)]
    assert asked == [(4,), (0, 4), (0, 1, 4), *of_two[:-1], *of_one_and_three]


@pytest.mark.parametrize("seed", range(100))
def test_what_was_shown_stays_and_the_rest_is_the_best_of_what_goes_on_from_there(seed: int):
    draw = random.Random(seed)
    planned = sorted(draw.sample(range(10), draw.randint(2, 7)))
    shown = tuple(sorted(draw.sample(planned, draw.randint(1, len(planned)))))
    refused = [frozenset(draw.sample(planned, draw.randint(1, 2))) for _ in range(draw.randint(0, 6))]
    plans = [
        ends
        for many in range(1, len(planned) + 1)
        for ends in combinations(planned, many)
        if ends[-1] == planned[-1] and ends[: len(shown)] == shown and not any(some <= set(ends) for some in refused)
    ]
    expected = min(plans, key=lambda ends: (total_wait(planned, ends), ends), default=None)
    assert least_wait(planned, lambda ends: not any(some <= set(ends) for some in refused), shown=shown) == expected
