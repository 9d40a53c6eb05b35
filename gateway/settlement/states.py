"""The life of what is owed as a table: every state, every action, and what follows.

Pure, and never stored: a state is folded from facts that are (`course`). A window's line goes its own way, so that a
dispute holds back its own line and no other; `of_window` says where the window as a whole stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from gateway.settlement_errors import SettlementRefused


class State(StrEnum):
    ACCRUING = "accruing"  # the window runs, or its data are not frozen yet
    FROZEN = "frozen"  # nothing that is learnt from now on changes the window
    EVALUATED = "evaluated"  # a payment document is drafted and committed, and not signed
    RELEASED = "released"  # the payment document is signed and logged; both parties may speak
    ACKNOWLEDGED = "acknowledged"  # both parties accept the line
    DISPUTED = "disputed"  # one party contests it: it is not invoiced
    INVOICED = "invoiced"  # an invoice or a credit note holds it
    PAID = "paid"
    SUPERSEDED = "superseded"  # a correction replaced its payment document


class Action(StrEnum):
    FREEZE = "freeze"
    EVALUATE = "evaluate"
    RELEASE = "release"
    ACKNOWLEDGE = "acknowledge"  # by the second of the two parties
    DISPUTE = "dispute"
    RESOLVE = "resolve"  # the line stands, or the dispute is withdrawn
    INVOICE = "invoice"
    PAY = "pay"
    SUPERSEDE = "supersede"


TRANSITIONS: Mapping[State, Mapping[Action, State]] = {
    State.ACCRUING: {Action.FREEZE: State.FROZEN},
    State.FROZEN: {Action.EVALUATE: State.EVALUATED},
    State.EVALUATED: {Action.RELEASE: State.RELEASED},
    State.RELEASED: {
        Action.ACKNOWLEDGE: State.ACKNOWLEDGED,
        Action.DISPUTE: State.DISPUTED,
        Action.SUPERSEDE: State.SUPERSEDED,
    },
    # what both accepted is contested no more: a mistake that shows later is corrected in the open
    State.ACKNOWLEDGED: {Action.INVOICE: State.INVOICED, Action.SUPERSEDE: State.SUPERSEDED},
    State.DISPUTED: {Action.RESOLVE: State.RELEASED, Action.SUPERSEDE: State.SUPERSEDED},
    State.INVOICED: {Action.PAY: State.PAID, Action.SUPERSEDE: State.SUPERSEDED},
    State.PAID: {Action.SUPERSEDE: State.SUPERSEDED},
    State.SUPERSEDED: {},
}


def after(state: State, action: Action) -> State:
    """The state that follows; `SettlementRefused` where the table has no such pair."""
    following = TRANSITIONS[state].get(action)
    if following is None:
        raise SettlementRefused(rule="state", reason=f"what is {state} cannot {action}")
    return following


def course(actions: Iterable[Action]) -> State:
    """Where these actions lead, from the first state on, one after the other."""
    state = State.ACCRUING
    for action in actions:
        state = after(state, action)
    return state


def of_window(states: Iterable[State]) -> State:
    """The state of a window: disputed where a line is, else that of the line which is furthest behind."""
    found = set(states)
    if State.DISPUTED in found:
        return State.DISPUTED
    return min(found, key=list(State).index, default=State.ACCRUING)


def diagram() -> str:
    """The table as a Mermaid state diagram, for the documentation."""
    lines = ["stateDiagram-v2", f"    [*] --> {State.ACCRUING.value}"]
    for state, actions in TRANSITIONS.items():
        lines += [f"    {state.value} --> {following.value}: {action.value}" for action, following in actions.items()]
    lines += [f"    {state.value} --> [*]" for state in (State.PAID, State.SUPERSEDED)]
    return "\n".join(lines)
