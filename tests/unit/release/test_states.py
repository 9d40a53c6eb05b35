"""The table of an attestation's life is total, disjoint, and drawn as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.release.states import TRANSITIONS, ReleaseAction, ReleaseState, after, diagram

DOCUMENTATION = Path(__file__).parents[3] / "docs" / "release-cycle.md"


def test_every_state_has_a_row_and_every_row_knows_its_words():
    assert set(TRANSITIONS) == set(ReleaseState)
    for actions in TRANSITIONS.values():
        assert set(actions) <= set(ReleaseAction)
        assert set(actions.values()) <= set(ReleaseState)


@pytest.mark.parametrize("state", ReleaseState)
@pytest.mark.parametrize("action", ReleaseAction)
def test_every_pair_leads_somewhere_or_is_refused(state: ReleaseState, action: ReleaseAction):
    if action in TRANSITIONS[state]:
        assert after(state, action) is TRANSITIONS[state][action]
    else:
        with pytest.raises(ValueError, match=f"what is {state} cannot {action}"):
            after(state, action)


def test_every_action_is_used_and_every_state_is_reached_from_the_first():
    assert {action for actions in TRANSITIONS.values() for action in actions} == set(ReleaseAction)
    reached, found = {ReleaseState.ABSENT}, [ReleaseState.ABSENT]
    while found:
        following = set(TRANSITIONS[found.pop()].values()) - reached
        reached |= following
        found += following
    assert reached == set(ReleaseState)


def test_nothing_signed_becomes_unsigned_and_nothing_is_signed_twice():
    signed = {ReleaseState.ISSUED, ReleaseState.SUPERSEDED}
    for state in signed:
        assert set(TRANSITIONS[state].values()) <= signed
    assert [state for state in ReleaseState if ReleaseAction.ISSUE in TRANSITIONS[state]] == [ReleaseState.INTENDED]


def test_the_diagram_of_the_documentation_is_the_table():
    assert f"```mermaid\n{diagram()}\n```" in DOCUMENTATION.read_text(encoding="utf-8")
