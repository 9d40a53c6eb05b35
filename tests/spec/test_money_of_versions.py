"""What is owed under several versions of a contract, at the end of each window: a table to read.

Each person is a row of how many units they hold by the end of each window, with today's data. A version is the window
from which it holds, and its terms. Amounts are cumulative: what a document pays is the difference to the one before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.support.chains import chain, owed

People = Sequence[Sequence[int]]
Versions = Sequence[tuple[int, Mapping[str, Any]]]

TABLE: dict[str, tuple[Versions, People, list[int]]] = {
    "one version": ([(0, {"price": 100})], [[1, 2, 3]], [100, 200, 300]),
    "a higher price from the second window on": (
        [(0, {"price": 100}), (1, {"price": 150})],
        [[1, 2, 3]],
        [100, 250, 400],
    ),
    "a lower price takes nothing back": ([(0, {"price": 100}), (1, {"price": 60})], [[1, 2, 3]], [100, 160, 220]),
    "a price of nought: nothing more is earned": (
        [(0, {"price": 100}), (1, {"price": 0})],
        [[2, 3, 4]],
        [200, 200, 200],
    ),
    "ten reached at 100; three lost, and three others new at 150": (
        [(0, {"price": 100}), (1, {"price": 150})],
        [[1, 1]] * 7 + [[1, 0]] * 3 + [[0, 1]] * 3,
        [1000, 1150],
    ),
    "lost, and reached again at a higher price: the lower of the two": (
        [(0, {"price": 100}), (2, {"price": 150})],
        [[1, 0, 1]],
        [100, 0, 100],
    ),
    "lost, and reached again at a lower price: the lower of the two": (
        [(0, {"price": 100}), (2, {"price": 60})],
        [[1, 0, 1]],
        [100, 0, 60],
    ),
    "lost again after that": ([(0, {"price": 100}), (2, {"price": 60})], [[1, 0, 1, 0]], [100, 0, 60, 0]),
    "reached again, and more than before": (
        [(0, {"price": 100}), (2, {"price": 150})],
        [[1, 0, 3]],
        [100, 0, 400],
    ),
    "three versions": (
        [(0, {"price": 100}), (1, {"price": 150}), (3, {"price": 10})],
        [[1, 2, 3, 4]],
        [100, 250, 400, 410],
    ),
    "terms that are the same change nothing": (
        [(0, {"price": 100, "cap": 250}), (1, {"price": 100, "cap": 250})],
        [[1, 3, 4, 2]],
        [100, 250, 250, 200],
    ),
    "a lower cap takes nothing back, and nothing more is owed": (
        [(0, {"price": 100, "cap": 500}), (2, {"price": 100, "cap": 300})],
        [[2, 4, 6, 9]],
        [200, 400, 400, 400],
    ),
    "under a lower cap what is lost is lost": (
        [(0, {"price": 100, "cap": 500}), (2, {"price": 100, "cap": 300})],
        [[2, 4, 3, 4]],
        [200, 400, 300, 300],
    ),
    "a higher cap: what the one before cut stays cut": (
        [(0, {"price": 100, "cap": 300}), (2, {"price": 100, "cap": 600})],
        [[2, 5, 6, 9]],
        [200, 300, 400, 600],
    ),
    "no cap from now on": (
        [(0, {"price": 100, "cap": 300}), (2, {"price": 100})],
        [[2, 5, 6, 9]],
        [200, 300, 400, 700],
    ),
    "a cap from now on": ([(0, {"price": 100}), (2, {"price": 100, "cap": 500})], [[2, 4, 9]], [200, 400, 500]),
    "the contract's cap, lower": (
        [(0, {"price": 100, "contract_cap": 500}), (1, {"price": 100, "contract_cap": 100})],
        [[2, 4], [1, 3]],
        [300, 300],
    ),
    "a person's cap, higher: each one's cut stays cut": (
        [(0, {"price": 100, "person_cap": 200}), (1, {"price": 100, "person_cap": 300})],
        [[3, 4], [1, 2]],
        [300, 500],
    ),
    "a higher gate takes nothing back: each part is behind its own": (
        [(0, {"price": 100, "gate": 2}), (1, {"price": 100, "gate": 5})],
        [[2, 3, 6]],
        [200, 200, 600],
    ),
    "a lower gate opens for what comes from now on, and what was behind the higher one waits for that": (
        [(0, {"price": 100, "gate": 5}), (1, {"price": 100, "gate": 2})],
        [[3, 4, 5]],
        [0, 100, 500],
    ),
    "other steps pay for the stretch behind what was reached": (
        [(0, {"points": [(2, 1000), (4, 3000)]}), (1, {"points": [(2, 5000), (6, 6000)]})],
        [[2, 4, 6]],
        [1000, 1000, 2000],
    ),
    "a figure that falls below where other steps began: the earlier ones hold again": (
        [(0, {"points": [(2, 1000), (4, 3000)]}), (2, {"points": [(2, 1000), (6, 9000)]})],
        [[2, 4, 6, 3]],
        [1000, 3000, 11000, 1000],
    ),
    "a second tariff from the second version on pays for what comes then": (
        [(0, {"price": 100}), (1, {"price": 100, "points": [(3, 700), (4, 900)]})],
        [[3, 4]],
        [300, 600],
    ),
    "a higher cap that pays what the one before cut": (
        [(0, {"price": 100, "cap": 300}), (2, {"price": 100, "cap": 600, "pays_cut": True})],
        [[2, 5, 6, 9]],
        [200, 300, 600, 600],
    ),
    "no cap from now on, and what it cut is paid": (
        [(0, {"price": 100, "cap": 300}), (2, {"price": 100, "pays_cut": True})],
        [[2, 5, 6, 9]],
        [200, 300, 600, 900],
    ),
    "what was lost at one boundary is not paid at the next": (
        [
            (0, {"price": 100, "cap": 300}),
            (1, {"price": 100, "cap": 500}),
            (2, {"price": 100, "cap": 900, "pays_cut": True}),
        ],
        [[5, 8, 9, 9]],
        [300, 500, 700, 700],
    ),
    "the contract's cap, higher, and what it cut is paid": (
        [(0, {"price": 100, "contract_cap": 500}), (1, {"price": 100, "contract_cap": 900, "contract_pays_cut": True})],
        [[4, 6], [3, 4]],
        [500, 900],
    ),
    "a person's cap, higher, and each one's cut is paid": (
        [(0, {"price": 100, "person_cap": 200}), (1, {"price": 100, "person_cap": 300, "person_pays_cut": True})],
        [[3, 4], [1, 2], [9, 0]],
        [500, 500],
    ),
    "what a cap cut is paid at the price of then": (
        [(0, {"price": 100, "cap": 200}), (1, {"price": 150, "cap": 1000, "pays_cut": True})],
        [[3, 4]],
        [200, 450],
    ),
    "windows cut anew: what is lost behind the boundary, and what is new there, is worth what its window says": (
        [(0, {"price": 100}), (1, {"price": 150, "cut": [6, 7, 4]})],
        [[2, 1, 3, 3], [0, 0, 1, 0]],
        [200, 100, 500, 350],
    ),
    "windows put together: what two of them would have added is one": (
        [(0, {"price": 100, "cap": 250}), (2, {"price": 100, "cap": 600, "cut": [26]})],
        [[2, 3, 5]],
        [200, 250, 450],
    ),
    "windows cut twice, each time behind those that had begun": (
        [(0, {"price": 100}), (1, {"price": 50, "cut": [6, 6, 6]}), (3, {"price": 10, "cut": [1, 30]})],
        [[1, 2, 3, 4, 5]],
        [100, 150, 200, 210, 220],
    ),
    "nobody counts before their batch does, and then all at once, at the price of that window": (
        [(0, {"price": 100}), (1, {"price": 150})],
        [[0, 3], [1, 2]],
        [100, 700],
    ),
}


# versions -> who has how many units of the first measure, and of the one that comes later -> what is owed
NEW_MEASURE: dict[str, tuple[Versions, People, People, list[int]]] = {
    "instead of the other: that one keeps what it earned, and the new one begins with nothing": (
        [(0, {"price": 100}), (1, {"price": 0, "late": 70})],
        [[2, 3, 3]],
        [[1, 2, 2]],
        [200, 270, 270],
    ),
    "what the other one earned is lost again": (
        [(0, {"price": 100}), (1, {"price": 0, "late": 70})],
        [[2, 1, 1]],
        [[0, 0, 1]],
        [200, 100, 170],
    ),
    "beside the other: both are paid, and of each what was reached while it was there": (
        [(0, {"price": 100}), (1, {"price": 100, "late": 70})],
        [[2, 3, 3], [0, 1, 1]],
        [[2, 2, 3], [0, 1, 1]],
        [200, 470, 540],
    ),
    "what was held before it came, is lost and reached again, is not new": (
        [(0, {"price": 100}), (1, {"price": 100, "late": 70})],
        [[0, 0, 0, 0]],
        [[2, 0, 2, 3]],
        [0, 0, 0, 70],
    ),
    "by person, and never as a difference of sums: one lost what another reached": (
        [(0, {"price": 100}), (1, {"price": 0, "late": 70})],
        [[0, 0], [0, 0]],
        [[1, 0], [0, 1]],
        [0, 70],
    ),
    "dearer by a version behind that": (
        [(0, {"price": 100}), (1, {"price": 0, "late": 70}), (2, {"price": 0, "late": 90})],
        [[1, 1, 1]],
        [[1, 2, 4]],
        [100, 170, 350],
    ),
    "a person's cap is about both": (
        [(0, {"price": 100, "person_cap": 250}), (1, {"price": 100, "late": 70, "person_cap": 250})],
        [[2, 2]],
        [[0, 3]],
        [200, 250],
    ),
}


@pytest.mark.parametrize("name", NEW_MEASURE)
def test_what_is_owed_for_a_measure_that_comes_later(name: str):
    versions, people, late, amounts = NEW_MEASURE[name]
    assert owed(chain(*versions), people, late) == amounts


@pytest.mark.parametrize("name", TABLE)
def test_what_is_owed_under_the_versions_of_a_contract(name: str):
    versions, people, amounts = TABLE[name]
    assert owed(chain(*versions), people) == amounts


@pytest.mark.parametrize("name", TABLE)
def test_before_its_first_window_a_version_changes_nothing(name: str):
    """To the øre, and whatever it says."""
    versions, people, amounts = TABLE[name]
    for number in range(1, len(versions)):
        until = versions[number][0]
        assert owed(chain(*versions[:number]), [counts[:until] for counts in people]) == amounts[:until]
