"""The life of a signing key: every pair of state and action is decided, and the way is one way."""

from __future__ import annotations

from pathlib import Path

import pytest

from keys.errors import TransitionRefused
from keys.lifecycle import PUBLISHED, TRANSITIONS, KeyAction, KeyState, after, diagram

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


@pytest.mark.parametrize("state", KeyState)
@pytest.mark.parametrize("action", KeyAction)
def test_every_pair_of_state_and_action_is_decided(state: KeyState, action: KeyAction):
    expected = EXPECTED[state.value][list(KeyAction).index(action)]
    if expected == "-":
        with pytest.raises(TransitionRefused, match=state.value):
            after(state, action)
    else:
        assert after(state, action) == expected


def test_the_table_has_a_row_for_each_state():
    assert set(TRANSITIONS) == set(KeyState) == {KeyState(name) for name in EXPECTED}


def test_no_key_comes_back():
    """From no state is there a way to itself: a key that signed no more never signs again."""

    def reachable(state: KeyState) -> set[KeyState]:
        following = set(TRANSITIONS[state].values())
        return following.union(*(reachable(one) for one in following))

    assert all(state not in reachable(state) for state in KeyState)
    assert all(KeyState.ACTIVE not in reachable(state) for state in KeyState if state is not KeyState.PENDING)


def test_what_signs_is_published_and_what_is_over_is_not():
    assert KeyState.ACTIVE in PUBLISHED
    assert not PUBLISHED & {KeyState.RETIRED, KeyState.DESTROYED, KeyState.COMPROMISED}


def test_the_diagram_in_the_documentation_is_the_table():
    page = Path(__file__).parents[3] / "docs" / "keys.md"
    assert f"```mermaid\n{diagram()}\n```" in page.read_text(encoding="utf-8")
