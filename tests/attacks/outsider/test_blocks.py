"""Windows that are told together: the plan is that of least wait, and in blocks nobody is fixed in drawn worlds.

Notices that a window waits, dates of money and sizes of batches follow from the contract and the days, which every
reader here knows. What would tell more is tried beside it: windows by themselves, money on time, and equal digests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

import numpy as np
import pytest

from tests.attacks.outsider.attacking import World, courses_of, fixed_by, isolating, learn, roster_of
from tests.attacks.outsider.blocks import draw_folded_contract, evenly, in_blocks, plan_of, plan_said
from tests.attacks.outsider.courses import parts_of
from tests.attacks.outsider.documents import Terms
from tests.attacks.outsider.product import verdict
from tests.attacks.outsider.solver import Fixed
from tests.attacks.outsider.views import Figure, Reading, figures_of
from tests.attacks.outsider.worlds import draw_world

PATTERNS = ("one straggler", "one early bird", "two lumps", "13 weeks")


asked_once = lru_cache(maxsize=512)(verdict)


def passing(seeds: range) -> Iterator[tuple[int, Terms, str]]:
    for seed in seeds:
        terms = draw_folded_contract(seed)
        if (asked := asked_once(terms.text)).passes:
            yield seed, terms, asked.said


@pytest.mark.parametrize("seeds", [range(6), pytest.param(range(6, 206), marks=pytest.mark.long)], ids=["a few", "200"])
def test_the_blocks_are_those_of_least_wait(seeds: range, tell: Callable[[str], None]):
    """Reckoned by hand, of people who begin evenly over the days of enrolment: what the product says of the text."""
    seen: Counter[int] = Counter()
    for seed, terms, said in passing(seeds):
        own = plan_of(terms, evenly(terms))
        assert plan_said(terms, said) == own, (seed, own, said, terms.text)
        seen[len(terms.windows) - len(own or ())] += 1
    tell(f"outsider, {sum(seen.values())} plans of blocks, by how many windows wait: {dict(sorted(seen.items()))}")
    assert len(seen) > 1, "or nothing had to wait"


@pytest.mark.parametrize(
    ("seeds", "each"),
    [(range(6), 1), pytest.param(range(6, 156), 4, marks=pytest.mark.long)],
    ids=["a few worlds", "600 worlds"],
)
def test_in_blocks_nobody_is_fixed(seeds: range, each: int, tell: Callable[[str], None]):
    seen: Counter[str] = Counter()
    for seed, terms, _ in passing(seeds):
        for number in range(each):
            drawn = draw_world(1000 * seed + number, PATTERNS[(seed + number) % len(PATTERNS)], terms)
            ends = plan_of(terms, roster_of(drawn.world))
            assert ends is not None, (drawn.name, terms.text)
            seen["worlds"] += 1
            seen["folded"] += len(ends) < len(terms.windows)
            for roles in dict.fromkeys(terms.parties().values()):
                held = [one for one in in_blocks(terms, ends) if one.recipient in roles]
                if any(one.template != "payment_document" for one in held):
                    learned = learn(drawn.world, held, below=drawn.margin)
                    assert not learned.by_structure, (drawn.name, sorted(roles), learned.by_structure, terms.text)
                    assert learned.isolation is None, (drawn.name, sorted(roles), learned.isolation, terms.text)
            seen.update(name for name, figures in _more(drawn.world, ends) if _isolated(drawn.world, figures))
    tell(f"outsider, in blocks: {dict(seen)}")
    assert seen["windows by themselves"]
    assert seen["money on time"]
    assert seen["equal digests"] or each == 1


def _isolated(world: World, figures: list[Figure]) -> list[Fixed]:
    alone = isolating(world, figures)
    fixed = fixed_by(world, figures, alone) if alone is not None else []
    return [one for one in fixed if one.people < world.terms.k_cohort]


def _more(world: World, ends: Sequence[int]) -> Iterator[tuple[str, list[Figure]]]:
    """What would be told of a folded world without blocks, or beside them; the investor's view."""
    terms = world.terms
    if len(ends) == len(terms.windows):
        return
    by_window, blocks = (
        figures_of(terms, [one for one in some if one.recipient == "investor"], Reading())
        for some in (list(terms.releases), in_blocks(terms, ends))
    )
    yield "windows by themselves", by_window
    yield "money on time", [*blocks, *(one for one in by_window if one.name == "payable")]
    yield "equal digests", [*blocks, *_equal_digests(world)]


def _equal_digests(world: World) -> Iterator[Figure]:
    """Of each window in which nobody added anything: that nobody did."""
    parts = parts_of(world.terms)
    for at, window in enumerate(world.terms.windows):
        signs = {at: 1, at - 1: -1}
        column = np.array([signs.get(part.at, 0) if part.measure == "m" else 0 for part in parts], dtype=np.int64)
        added = [(courses_of(world.terms, entry) @ column)[list(led)] for entry, led in world.people.items()]
        if not any(some.any() for some in added):
            yield Figure(f"digest of {window.label} equal", at, column)
