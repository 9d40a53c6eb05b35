"""Whom a combination of totals isolates: equal to trying every group of people, on seeded small cases."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations

import pytest

from policies.isolation import (
    PRIME,
    Isolated,
    MoverClass,
    Others,
    is_dominated,
    least_spread,
    smallest_isolated,
    span_of,
)

Rows = Sequence[Sequence[int]]


def rank(rows: Rows) -> int:
    """The rank in fractions, as a school book does it."""
    left, found = [[Fraction(entry) for entry in row] for row in rows], 0
    for column in range(len(left[0]) if left else 0):
        at = next((place for place in range(found, len(left)) if left[place][column]), None)
        if at is None:
            continue
        left[found], left[at] = left[at], left[found]
        for place in range(found + 1, len(left)):
            factor = left[place][column] / left[found][column]
            left[place] = [a - factor * b for a, b in zip(left[place], left[found], strict=True)]
        found += 1
    return found


def fewest(people: Sequence[int], rows: Sequence[Rows], below: int, free: Sequence[int]) -> int | None:
    """The fewest people that some combination isolates, by trying every set of classes."""
    found = []
    for many in range(1, len(people) + 1):
        for out in combinations(range(len(people)), many):
            weight = sum(people[place] for place in out)
            rest = [row for place in range(len(people)) if place not in out for row in rows[place]]
            whole = [row for some in rows for row in some]
            lost = rank(whole) - rank(rest)
            kept = [[[row[column] for column in free] for row in some] for some in (whole, rest)]
            free_lost = rank(kept[0]) - rank(kept[1]) if free else 0
            if 0 < weight < below and lost > free_lost:
                found.append(weight)
    return min(found, default=None)


def parts(total: int, places: int) -> Iterator[tuple[int, ...]]:
    """Every way to put so many people into so many classes."""
    if places == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in parts(total - first, places - 1):
            yield (first, *rest)


def case(seed: int) -> tuple[list[int | None], list[list[list[int]]], int, int, list[int]]:
    draw = random.Random(seed)
    width, many = draw.randint(1, 4), draw.randint(1, 4)
    kinds = [
        [[draw.choice([0, 0, 1, 1, -1, 2]) for _ in range(width)] for _ in range(draw.randint(0, 2))] for _ in range(3)
    ]
    rows = [draw.choice(kinds) for _ in range(many)]
    people: list[int | None] = [draw.choice([None, 1, 1, 2, 3]) for _ in range(many)]
    unknown = draw.randint(1, 4) if None in people else 0
    free = sorted(draw.sample(range(width), draw.randint(0, width - 1))) if draw.random() < 0.5 else []
    return people, rows, draw.randint(1, 5), unknown, free


def brute(
    people: list[int | None], rows: list[list[list[int]]], below: int, unknown: int, free: list[int]
) -> int | None:
    """The fewest over every way in which the people of unknown day may be spread."""
    holes = [place for place, one in enumerate(people) if one is None]
    found = []
    for spread in parts(unknown, len(holes)) if holes else [()]:
        counted = [one or 0 for one in people]
        for place, number in zip(holes, spread, strict=True):
            counted[place] = number
        there = [place for place, number in enumerate(counted) if number]
        found.append(fewest([counted[place] for place in there], [rows[place] for place in there], below, free))
    return min((one for one in found if one is not None), default=None)


@pytest.mark.parametrize("block", range(20))
def test_it_is_what_trying_every_group_finds(block: int):
    """2,000 seeded cases: sizes, unknown sizes and free columns."""
    for seed in range(100 * block, 100 * block + 100):
        people, rows, below, unknown, free = case(seed)
        classes = [
            MoverClass(str(place), number, tuple(dict(enumerate(row)) for row in rows[place]))
            for place, number in enumerate(people)
        ]
        found = smallest_isolated(classes, below=below, unknown_people=unknown, free=free)
        assert (found.people if found else None) == brute(people, rows, below, unknown, free), seed


def test_a_year_less_its_parts_is_one_person_while_every_pair_passes():
    """Year, first half and third quarter: only who begins in the last quarter moves what is left."""
    year, half, third = {0: 1}, {0: 1, 1: 1}, {0: 1, 2: 1}
    classes = [MoverClass("early", 30, (half, third)), MoverClass("late", 1, (year,))]
    assert smallest_isolated(classes, below=25) == Isolated(("late",), 1)
    assert smallest_isolated([classes[0], MoverClass("late", 25, (year,))], below=25) is None


def test_what_payments_isolate_by_themselves_is_free_and_nothing_else_is():
    big, small = MoverClass("big", 30, ({0: 1, 1: 1},)), MoverClass("small", 2, ({0: 1}, {1: 1}))
    assert smallest_isolated([big, small], below=25, free={0, 1}) is None
    assert smallest_isolated([big, small], below=25, free={0}) == Isolated(("small",), 2)
    assert smallest_isolated([big, small], below=2) is None, "two are not fewer than two"


def test_whoever_moves_nothing_is_as_different_as_anybody():
    classes = [MoverClass("a", None, ({0: 1},)), MoverClass("b", None, ())]
    assert smallest_isolated(classes, below=25, unknown_people=30) == Isolated(("a",), 1)
    assert smallest_isolated(classes[:1], below=25, unknown_people=30) is None
    assert smallest_isolated(classes[:1], below=25, unknown_people=24) == Isolated(("a",), 24)
    assert smallest_isolated(classes[1:], below=25, unknown_people=30) is None
    assert smallest_isolated([], below=25) is None


def test_of_unknown_people_nobody_is_there_before_there_is_a_number():
    assert smallest_isolated([MoverClass("late", None, ({0: 1},))], below=25) is None


def test_classes_that_move_the_same_are_named_by_the_first_and_the_last():
    few = [MoverClass(name, 1, ({0: 1},)) for name in ("april", "may", "june", "july")]
    assert smallest_isolated(few, below=25) == Isolated(("april to july",), 4)
    already = [MoverClass(name, 1, ({0: 1},)) for name in ("1 april to 3 april", "5 to 6 may")]
    assert smallest_isolated(already, below=25) == Isolated(("1 april to 6 may",), 2)


def test_a_group_is_found_behind_one_that_two_ways_lead_to():
    """Any two of the four move all that they all can, and one alone does not."""
    four = [MoverClass(str(slope), 1, ({0: 1, 1: slope},)) for slope in range(4)]
    found = smallest_isolated(four, below=25)
    assert found is not None
    assert (len(found.names), found.people) == (3, 3)
    assert smallest_isolated(four, below=3) is None


def test_a_space_has_one_key_whatever_spans_it():
    assert span_of([{0: 1, 1: 1}, {1: 2}]).key == span_of([{0: 3}, {0: 1, 1: -1}, {1: PRIME}]).key
    assert span_of([{0: 1, 1: 1}]).key != span_of([{0: 1}]).key
    assert span_of([{0: 1}]).rest({1: PRIME}) == {}


def test_a_space_grows_by_what_it_does_not_hold_and_says_so():
    space = span_of([])
    assert [space.add(row) for row in ({0: 1}, {0: 2}, {}, {0: 1, 1: 1}, {1: 5})] == [True, False, False, True, False]
    assert space.rank == 2


def test_outside_of_others_is_what_they_cannot_move():
    others = Others([{0: 1, 1: 1}])
    assert set(others.outside({0: 1, 1: 1, 2: 3})) == {2}
    assert set(others.outside({0: 2, 1: 2})) == set()


def test_others_leave_alone_whoever_moves_what_they_cannot_and_no_payment_tells():
    assert Others([{0: 1}]).leave_alone([{1: 1}])
    assert not Others([{0: 1}]).leave_alone([{0: 5}])
    assert not Others([{0: 1}]).leave_alone([])
    assert not Others([{0: 1}], free=(1,)).leave_alone([{1: 1}]), "the payment tells it by itself"
    assert Others([{0: 1}], free=(1,)).leave_alone([{1: 1}, {1: 1, 2: 1}]), "one of two"
    assert Others([{0: 1}], free=(0,)).leave_alone([{0: 2, 1: 1}]), "the free column is moved by them too"


@pytest.mark.parametrize(
    ("capacities", "dominated"),
    [
        ([13, *[1] * 24], True),  # 31 in all say that she has at least 7
        ([10, *[1] * 94], False),  # 10 of the 100 that are left without 4 others
        ([10, *[1] * 93], True),
        ([10, *[10] * 13], False),
        ([10, *[10] * 12], True),
        ([1], True),  # alone
        ([0, 0], False),
        ([], False),
    ],
)
def test_one_person_is_at_most_a_tenth_of_what_is_possible(capacities: list[int], dominated: bool):
    assert is_dominated(capacities, k=5, share=10) == dominated


def test_the_least_spread_has_somebody_in_each_first_week_and_the_others_where_least_is_possible():
    assert least_spread([3, 1, 2], 5) == [1, 2, 3, 1, 1]
    assert least_spread([3, 1, 2], 3) == [1, 2, 3]
    assert least_spread([3, 1, 2], 2) == [1, 3]
    assert least_spread([3, 1, 2], 1) == [3]


def test_a_copy_of_a_space_grows_by_itself():
    space = span_of([{0: 1, 1: 1}])
    wider = space.copy()
    assert wider.key == space.key
    assert wider.add({1: 1})
    assert (space.rank, wider.rank) == (1, 2)
    assert space.basis == {0: {0: 1, 1: 1}}, "the rows are its own too"
