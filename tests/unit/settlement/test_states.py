"""The table of what is owed is total, disjoint, and drawn as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors.settlement import SettlementRefused
from gateway.settlement.states import (
    CLOSED,
    TRANSITIONS,
    SettlementState,
    SettlementStep,
    after,
    course,
    diagram,
    of_window,
)

DOCUMENTATION = Path(__file__).parents[3] / "docs" / "settlement.md"


def test_every_state_has_a_row_and_every_row_knows_its_words():
    assert set(TRANSITIONS) == set(SettlementState)
    for actions in TRANSITIONS.values():
        assert set(actions) <= set(SettlementStep)
        assert set(actions.values()) <= set(SettlementState)


def test_every_pair_leads_somewhere_or_is_refused():
    for state in SettlementState:
        for action in SettlementStep:
            if action in TRANSITIONS[state]:
                assert after(state, action) is TRANSITIONS[state][action]
            else:
                with pytest.raises(SettlementRefused, match=rf"\(state\).*what is {state} cannot {action}"):
                    after(state, action)


def test_every_action_is_used_and_every_state_is_reached_from_the_first():
    assert {action for actions in TRANSITIONS.values() for action in actions} == set(SettlementStep)
    reached, found = {SettlementState.ACCRUING}, [SettlementState.ACCRUING]
    while found:
        following = set(TRANSITIONS[found.pop()].values()) - reached
        reached |= following
        found += following
    assert reached == set(SettlementState)


def test_nothing_leads_out_of_what_was_superseded_and_only_a_correction_out_of_what_was_paid():
    assert TRANSITIONS[SettlementState.SUPERSEDED] == {}
    assert set(TRANSITIONS[SettlementState.PAID]) == {SettlementStep.SUPERSEDE}


def test_what_is_disputed_cannot_be_invoiced_and_what_is_not_acknowledged_cannot_be_paid():
    assert SettlementStep.INVOICE not in TRANSITIONS[SettlementState.DISPUTED]
    assert [state for state in SettlementState if SettlementStep.INVOICE in TRANSITIONS[state]] == [
        SettlementState.ACKNOWLEDGED
    ]
    assert [state for state in SettlementState if SettlementStep.PAY in TRANSITIONS[state]] == [
        SettlementState.INVOICED
    ]


def test_every_state_leads_to_one_that_is_closed():
    """No state of a line holds money for ever."""
    for state in SettlementState:
        reached, found = {state}, [state]
        while found:
            following = set(TRANSITIONS[found.pop()].values()) - reached
            reached |= following
            found += following
        assert reached & CLOSED, state
    assert {state for state in SettlementState if not TRANSITIONS[state]} <= CLOSED


def test_the_way_of_a_line_that_nobody_contests():
    words = [
        SettlementStep.FREEZE,
        SettlementStep.EVALUATE,
        SettlementStep.RELEASE,
        SettlementStep.ACKNOWLEDGE,
        SettlementStep.INVOICE,
        SettlementStep.PAY,
    ]
    assert [course(words[:count]) for count in range(len(words) + 1)] == [
        SettlementState.ACCRUING,
        SettlementState.FROZEN,
        SettlementState.EVALUATED,
        SettlementState.RELEASED,
        SettlementState.ACKNOWLEDGED,
        SettlementState.INVOICED,
        SettlementState.PAID,
    ]


@pytest.mark.parametrize(
    ("lines", "window"),
    [
        ("", "accruing"),
        ("paid", "paid"),
        ("paid acknowledged", "acknowledged"),
        ("paid invoiced", "invoiced"),
        ("acknowledged invoiced", "acknowledged"),
        ("released acknowledged", "released"),
        ("held paid", "held"),  # it has still to be acknowledged
        ("held acknowledged", "held"),
        ("stated acknowledged", "acknowledged"),
        ("paid disputed released", "disputed"),
        ("accruing contested", "contested"),
        ("paid conceded held", "conceded"),
        ("released upheld", "upheld"),
        ("upheld disputed", "disputed"),  # what waits for an answer comes before what waits for a deed
        ("conceded contested", "contested"),
    ],
)
def test_a_window_stands_where_its_slowest_line_does_and_a_dispute_is_never_hidden(lines: str, window: str):
    states = [SettlementState(line) for line in lines.split()]
    assert of_window(states) == of_window(reversed(states)) == window


def test_the_diagram_of_the_documentation_is_the_table():
    assert f"```mermaid\n{diagram()}\n```" in DOCUMENTATION.read_text(encoding="utf-8")
