"""What is shown of a comparison group by state: nothing that tells on few people."""

from __future__ import annotations

import pytest

from gateway.outcomes.comparison_group import shown_by_state
from gateway.outcomes.terms import FigureUnit
from policies.disclosure import DisclosureRules

RULES = DisclosureRules(k=5)


@pytest.mark.parametrize(
    ("contributors", "is_shown"),
    [
        ({"a": 5, "b": 9}, True),
        ({"a": 4, "b": 9}, False),
        ({"a": 0, "b": 9}, False),  # a zero is withheld as well: it would tell that nobody is
    ],
)
def test_weeks_are_shown_of_all_states_or_of_none(contributors: dict[str, int], is_shown: bool) -> None:
    weeks = {"a": 70, "b": 300}
    found = dict(shown_by_state(FigureUnit.WEEK, weeks, contributors, RULES))
    assert found == (weeks if is_shown else {"a": None, "b": None})


def test_people_are_cells_of_a_table() -> None:
    found = dict(shown_by_state(FigureUnit.PERSON, {"a": 2, "b": 3, "c": 40}, {}, RULES))
    assert found == {"a": None, "b": None, "c": 40}


@pytest.mark.parametrize("unit", [FigureUnit.WEEK, FigureUnit.PERSON])
def test_a_single_state_repeats_the_sum(unit: FigureUnit) -> None:
    assert shown_by_state(unit, {"a": 3}, {"a": 1}, RULES) == (("a", 3),)
