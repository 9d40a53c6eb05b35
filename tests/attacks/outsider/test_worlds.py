"""In every world that the product would release, nobody is fixed by how the figures are made.

What none or all of k_cohort and more people did is told of each of them; that is printed apart, with the fewest of the
roster who can move any combination of the figures, and never of fewer. Where nearly none or nearly all was reached, it
can be told of a few of them alone, as of whoever has the longest time: 38 with three weeks and one with six have 120
weeks only where all have all, and 119 where one of many misses one. So whatever is told, or the sum or difference of
two such figures, lies below a tenth, or above nine tenths, of what was possible, as the rule of shares says of one; and
this is asserted too. (Two outcomes that nobody can have both of by a window's end are 39 together where 39 had either.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import pytest

from tests.attacks.outsider.attacking import (
    fewest_movers,
    gain_of,
    is_near_an_end,
    learn,
    people_named,
    with_statements,
)
from tests.attacks.outsider.documents import Terms
from tests.attacks.outsider.intricate import draw_intricate_contract
from tests.attacks.outsider.product import verdict
from tests.attacks.outsider.views import held_releases
from tests.attacks.outsider.worlds import BY_BATCH, Drawn, contracts, draw_world


@dataclass
class Tally:
    """What was seen in all worlds."""

    worlds: int = 0
    attacks: int = 0
    by_structure: int = 0
    by_none_or_all: int = 0
    fewest: int = 10**6
    undecided: int = 0
    with_names: int = 0
    gain: float = 1.0
    gain_in: str = ""
    gain_of_forced: float = 1.0


def released(many: int) -> Iterator[tuple[int, str, Terms]]:
    """Contracts that the product lets pass, whoever begins when, until there are so many."""
    for seed, (pattern, terms) in enumerate(contracts(4 * many)):
        if many and verdict(terms.text).passes:
            many -= 1
            yield seed, pattern, terms


def sides(terms: Terms) -> list[frozenset[str]]:
    """Each recipient with its tied ones, and all together; of two that hold the same, one is attacked."""
    return list(dict.fromkeys(terms.parties().values()))


def attack_all(tally: Tally, drawn: Drawn) -> None:
    """As each recipient, its tied ones and all together; of the first tokens too, where something came late."""
    tally.worlds += 1
    terms = drawn.world.terms
    worlds = [one for one in (drawn.world, drawn.before) if one is not None]
    views = {frozenset((one.template, one.at) for one in held_releases(terms, roles)): roles for roles in sides(terms)}
    for roles in views.values():
        held = held_releases(terms, roles)
        if all(one.template == "payment_document" for one in held):
            continue
        is_told = bool(terms.notices_at) and "operator" in roles
        for world in map(with_statements, worlds) if is_told else worlds:
            learned = learn(world, held, below=max(1, drawn.margin - people_named(world)))
            tally.attacks += 1
            tally.with_names += people_named(world) > 0
            tally.by_structure += len(learned.by_structure)
            tally.undecided += learned.undecided
            assert not learned.by_structure, (drawn.name, sorted(roles), learned.by_structure, terms.text)
            assert learned.isolation is None, (drawn.name, sorted(roles), learned.isolation, terms.text)
            if learned.by_none_or_all:
                tally.by_none_or_all += 1
                movers = fewest_movers(world, held)
                tally.fewest = min(tally.fewest, movers)
                assert movers >= terms.k_cohort, (drawn.name, sorted(roles), movers, terms.text)
                assert is_near_an_end(world, held), (drawn.name, sorted(roles), learned.by_none_or_all, terms.text)
        if len(roles) == 1 and not any(one.template == "payment_document" for one in held):
            gain = gain_of(drawn.world, held)
            if drawn.is_forced:
                tally.gain_of_forced = max(tally.gain_of_forced, gain)
            elif gain > tally.gain:
                tally.gain, tally.gain_in = gain, drawn.name


@pytest.mark.parametrize(
    ("many", "each"),
    [(5, 10), pytest.param(20, 15, marks=pytest.mark.long), pytest.param(50, 40, marks=pytest.mark.soak)],
    ids=["a few worlds", "300 worlds", "2,000 worlds"],
)
def test_nobody_is_fixed_in_a_world_that_would_be_released(many: int, each: int, tell: Callable[[str], None]):
    tally, patterns = Tally(), set()
    for seed, pattern, terms in released(many):
        patterns.add(pattern)
        for number in range(each):
            attack_all(tally, draw_world(1000 * seed + number, pattern, terms))
    tell(
        f"outsider, {tally.worlds} worlds, {tally.attacks} attacks, {tally.with_names} of them with names:"
        f" {tally.by_structure} fixed by structure, {tally.undecided} undecided; by none or all in"
        f" {tally.by_none_or_all}, of at least {tally.fewest} movers; the largest gain in odds {tally.gain:.3g}"
        f" ({tally.gain_in}), {tally.gain_of_forced:.3g} of none or all"
    )
    assert tally.worlds >= min(50, many * each)
    assert tally.by_none_or_all, "or no world was forced"
    assert tally.fewest < 10**6
    assert len(patterns) >= (6 if many > 6 else 3)


@pytest.mark.parametrize(
    ("seeds", "each"),
    [([30002], 6), pytest.param(range(30000, 30400), 40, marks=pytest.mark.long)],
    ids=["a few worlds", "360 worlds"],
)
def test_a_statement_that_names_people_fixes_nobody_else(seeds: Iterable[int], each: int, tell: Callable[[str], None]):
    """The operator knows who was named, and of everybody else that they were not: both narrow what they can have done.
    Whoever is named is known, and taken from the k_cohort people as others are of whom a reader knows anyway."""
    tally = Tally()
    for seed in seeds:
        terms = draw_intricate_contract(seed)
        if terms.notices_at and verdict(terms.text).passes:
            for number in range(each):
                pattern = BY_BATCH if terms.cut_offs else "two lumps"
                attack_all(tally, draw_world(1000 * seed + number, pattern, terms))
    tell(
        f"outsider, {tally.worlds} worlds with statements, {tally.attacks} attacks, {tally.with_names} with names:"
        f" {tally.by_structure} fixed by structure; by none or all in {tally.by_none_or_all}, {tally.fewest} and more"
    )
    assert tally.with_names
