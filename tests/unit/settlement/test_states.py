"""The table of what is owed is total, disjoint, and drawn as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors.settlement import SettlementRefused
from gateway.settlement.states import TRANSITIONS, Action, State, after, course, diagram, of_window

DOCUMENTATION = Path(__file__).parents[3] / "docs" / "settlement.md"


def test_every_state_has_a_row_and_every_row_knows_its_words():
    assert set(TRANSITIONS) == set(State)
    for actions in TRANSITIONS.values():
        assert set(actions) <= set(Action)
        assert set(actions.values()) <= set(State)


def test_every_pair_leads_somewhere_or_is_refused():
    for state in State:
        for action in Action:
            if action in TRANSITIONS[state]:
                assert after(state, action) is TRANSITIONS[state][action]
            else:
                with pytest.raises(SettlementRefused):
                    after(state, action)


def test_every_action_is_used_and_every_state_is_reached_from_the_first():
    assert {action for actions in TRANSITIONS.values() for action in actions} == set(Action)
    reached, found = {State.ACCRUING}, [State.ACCRUING]
    while found:
        following = set(TRANSITIONS[found.pop()].values()) - reached
        reached |= following
        found += following
    assert reached == set(State)


def test_nothing_leads_out_of_what_was_superseded_and_only_a_correction_out_of_what_was_paid():
    assert TRANSITIONS[State.SUPERSEDED] == {}
    assert set(TRANSITIONS[State.PAID]) == {Action.SUPERSEDE}


def test_what_is_disputed_cannot_be_invoiced_and_what_is_not_acknowledged_cannot_be_paid():
    assert Action.INVOICE not in TRANSITIONS[State.DISPUTED]
    assert [state for state in State if Action.INVOICE in TRANSITIONS[state]] == [State.ACKNOWLEDGED]
    assert [state for state in State if Action.PAY in TRANSITIONS[state]] == [State.INVOICED]


def test_the_way_of_a_line_that_nobody_contests():
    words = [Action.FREEZE, Action.EVALUATE, Action.RELEASE, Action.ACKNOWLEDGE, Action.INVOICE, Action.PAY]
    assert [course(words[:count]) for count in range(len(words) + 1)] == [
        State.ACCRUING,
        State.FROZEN,
        State.EVALUATED,
        State.RELEASED,
        State.ACKNOWLEDGED,
        State.INVOICED,
        State.PAID,
    ]


def test_a_window_stands_where_its_slowest_line_does_and_a_dispute_is_never_hidden():
    assert of_window([State.PAID, State.ACKNOWLEDGED]) is State.ACKNOWLEDGED
    assert of_window([State.PAID, State.DISPUTED, State.RELEASED]) is State.DISPUTED
    assert of_window([]) is State.ACCRUING


def test_the_diagram_of_the_documentation_is_the_table():
    assert f"```mermaid\n{diagram()}\n```" in DOCUMENTATION.read_text(encoding="utf-8")
