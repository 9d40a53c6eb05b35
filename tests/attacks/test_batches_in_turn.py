"""Batches that are sealed one after the other: who comes later is in some figures and not in others.

The plan is reckoned by hand at each seal, from whoever is sealed and what was told before, and is the product's. Under
it nobody is fixed. Beside it stands what would tell: windows by themselves, as if everybody had come at once.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, timedelta

import pytest

from gateway.attestations.block_plan import SealedDays, ends_of_blocks
from gateway.outcomes.contract_file import load_contract
from tests.attacks.outsider.attacking import Entry, World, learn
from tests.attacks.outsider.blocks import draw_folded_contract, in_blocks, plan_of
from tests.attacks.outsider.documents import Terms
from tests.attacks.outsider.product import verdict
from tests.attacks.outsider.worlds import courses_led

LATE = (1, 2, 3, 10, 24, 25, 40)  # people of the later batch


def plan_of_batches(text: str, batches: Sequence[tuple[int, Sequence[date]]], shown: Sequence[int]) -> tuple[int, ...]:
    """The windows that end a block once these batches are sealed, by their places: of each the first window in which
    its people count, and their days. `shown` are the ends at which something was told before."""
    contract = load_contract(text.encode(), file="contract.toml")
    labels = [window.label for window in contract.windows]
    sealed = [SealedDays(counts_from, len(days), days) for counts_from, days in batches]
    return tuple(map(labels.index, ends_of_blocks(contract, sealed, shown=[labels[end] for end in shown])))


def days_of(draw: random.Random, terms: Terms, many: int) -> Counter[date]:
    start, end = terms.enrolment
    mondays = [start + timedelta(days=at) for at in range(0, (end - start).days + 1, 7)]
    some = draw.sample(mondays, draw.randint(1, len(mondays)))
    return Counter(draw.choice(some) for _ in range(many))


@pytest.mark.parametrize(
    "seeds", [range(5), pytest.param(range(5, 155), marks=pytest.mark.long)], ids=["a few", "150 contracts"]
)
def test_whoever_comes_later_is_told_of_by_nothing(seeds: range, tell: Callable[[str], None]):
    seen: Counter[str] = Counter()
    for seed in seeds:
        terms = draw_folded_contract(seed)
        if not verdict(terms.text).passes:
            continue
        draw = random.Random(seed)
        counts_from, late = draw.randint(1, len(terms.windows) - 1), draw.choice(LATE)
        first, second = days_of(draw, terms, draw.choice((3, 26, terms.size))), days_of(draw, terms, late)
        early = {Entry(day): many for day, many in first.items()}
        everybody = early | {Entry(day, counts_from=counts_from): many for day, many in second.items()}
        sealed = [(0, [*first.elements()])]
        before = plan_of(terms, early) or ()
        assert plan_of_batches(terms.text, sealed, ()) == before, seed
        told = [end for end in before if end < counts_from]
        ends = plan_of(terms, everybody, told)
        sealed.append((counts_from, [*second.elements()]))
        assert plan_of_batches(terms.text, sealed, told) == (tuple(told) if ends is None else ends), seed
        seen["plans"] += 1
        seen["nothing more"] += ends is None
        seen["more than one block"] += ends is not None and len(ends) > 1
        people = {entry: courses_led(draw, terms, entry, many, "", 0) for entry, many in everybody.items()}
        world = World(terms, people)
        assert not fixed(world, tuple(told) if ends is None else ends), (seed, terms.text)
        seen["windows by themselves fix somebody"] += fixed(world, range(len(terms.windows)))
    tell(f"outsider, batches in turn: {dict(seen)}")
    assert seen["plans"]
    assert len(seeds) < 10 or (seen["windows by themselves fix somebody"] and seen["more than one block"])


def fixed(world: World, ends: tuple[int, ...] | range) -> bool:
    """Whether somebody who holds what is told at these ends is sure of a few people."""
    terms = world.terms
    for roles in dict.fromkeys(terms.parties().values()):
        held = [one for one in in_blocks(terms, ends) if one.recipient in roles]
        if any(one.template != "payment_document" for one in held):
            learned = learn(world, held)
            if learned.by_structure or learned.isolation is not None:
                return True
    return False
