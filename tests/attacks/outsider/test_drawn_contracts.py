"""What the product lets pass fixes nobody; and what it refuses for privacy's sake fixes somebody in a world.

Apart is told where time that a neutral exit gives back can be one person's alone, in a contract that passes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from tests.attacks.outsider.drawn import draw_contract
from tests.attacks.outsider.exhibits import exhibit, isolations
from tests.attacks.outsider.product import verdict


@pytest.mark.parametrize(
    "seeds",
    [range(6), *(pytest.param(range(start, start + 250), marks=pytest.mark.long) for start in range(4000, 5000, 250))],
    ids=lambda seeds: f"{seeds.start} to {seeds.stop - 1}",
)
def test_a_contract_passes_exactly_where_nobody_can_be_fixed(seeds: range, tell: Callable[[str], None]):
    seen: Counter[str] = Counter()
    for seed in seeds:
        terms = draw_contract(seed)
        asked = verdict(terms.text)
        if asked.passes:
            seen["pass"] += 1
            for roles, _, count in isolations(terms):
                is_given_back = any(entry.back for entry in count)
                assert is_given_back, (seed, roles, count, terms.text)
                seen["passes, with time given back to one person alone"] += 1
                break
        elif asked.rule.startswith("calendar"):
            seen["refused"] += 1
            found = exhibit(terms)
            seen["shown"] += found is not None
            if found is None:
                tell(f"outsider, contract {seed} is refused ({asked.rule}), and no world is found")
        else:
            seen["broken" if "nobody foresaw" in asked.said else "for other reasons"] += 1
    tell(f"outsider, {len(seeds)} contracts drawn: {dict(seen)}")
    assert seen["pass"]
    assert seen["shown"] >= 0.95 * seen["refused"]
