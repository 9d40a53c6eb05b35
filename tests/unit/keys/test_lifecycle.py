"""The life of a signing key: every pair of state and action is decided, and the way is one way."""

from __future__ import annotations

from pathlib import Path

import pytest

from keys.errors import TransitionRefused
from keys.lifecycle import PUBLISHED, TRANSITIONS, Action, State, after, diagram

# a row for each state, a column for each action in its order; "-" is refused
#                activate succeed  retire   destroy    compromise
EXPECTED = {
    "pending": ["active", "-", "-", "destroyed", "compromised"],
    "active": ["-", "retiring", "-", "-", "compromised"],
    "retiring": ["-", "-", "retired", "-", "compromised"],
    "retired": ["-", "-", "-", "destroyed", "compromised"],
    "destroyed": ["-", "-", "-", "-", "compromised"],
    "compromised": ["-", "-", "-", "-", "-"],
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("action", Action)
def test_every_pair_of_state_and_action_is_decided(state: State, action: Action):
    expected = EXPECTED[state.value][list(Action).index(action)]
    if expected == "-":
        with pytest.raises(TransitionRefused, match=state.value):
            after(state, action)
    else:
        assert after(state, action) == expected


def test_the_table_has_a_row_for_each_state():
    assert set(TRANSITIONS) == set(State) == {State(name) for name in EXPECTED}


def test_no_key_comes_back():
    """From no state is there a way to itself: a key that signed no more never signs again."""

    def reachable(state: State) -> set[State]:
        following = set(TRANSITIONS[state].values())
        return following.union(*(reachable(one) for one in following))

    assert all(state not in reachable(state) for state in State)
    assert all(State.ACTIVE not in reachable(state) for state in State if state is not State.PENDING)


def test_what_signs_is_published_and_what_is_over_is_not():
    assert State.ACTIVE in PUBLISHED
    assert not PUBLISHED & {State.RETIRED, State.DESTROYED, State.COMPROMISED}


def test_the_diagram_in_the_documentation_is_the_table():
    page = Path(__file__).parents[3] / "docs" / "keys.md"
    assert f"```mermaid\n{diagram()}\n```" in page.read_text(encoding="utf-8")
