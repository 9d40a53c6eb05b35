"""The life of what is owed as a table: every state, every action, and what follows.

Pure, and never stored: a state is folded from facts that are (`course`). A window's line goes its own way, so that a
dispute holds back its own line and no other; `of_window` says where the window as a whole stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from gateway.errors.settlement import SettlementRefused
from vocabulary.total import total


class LineState(StrEnum):
    ACCRUING = "accruing"  # the window runs, or its data are not frozen yet
    FROZEN = "frozen"  # nothing that is learnt from now on changes the window
    EVALUATED = "evaluated"  # a payment document is drafted and committed, and not signed
    RELEASED = "released"  # the payment document is signed and logged; both parties may speak
    ACKNOWLEDGED = "acknowledged"  # both parties accept the line
    DISPUTED = "disputed"  # one party contests it: it is not invoiced
    INVOICED = "invoiced"  # an invoice or a credit note holds it
    PAID = "paid"
    # of windows that the parties settled before the gateway: stated by them, not evaluated
    HELD = "held"  # stated as owed and held back, until both acknowledge it
    CONTESTED = "contested"  # stated as owed by one party, and contested by the other
    STATED = "stated"  # stated as paid: closed
    SUPERSEDED = "superseded"  # a correction replaced its payment document


class LineAction(StrEnum):
    FREEZE = "freeze"
    EVALUATE = "evaluate"
    RELEASE = "release"
    ACKNOWLEDGE = "acknowledge"  # by the second of the two parties
    DISPUTE = "dispute"
    RESOLVE = "resolve"  # the line stands, or the dispute is withdrawn
    INVOICE = "invoice"
    PAY = "pay"
    SUPERSEDE = "supersede"
    STATE_HELD = "state_held"  # the opening balances say so
    STATE_PAID = "state_paid"


TRANSITIONS: Mapping[LineState, Mapping[LineAction, LineState]] = total(
    {
        LineState.ACCRUING: {
            LineAction.FREEZE: LineState.FROZEN,
            LineAction.STATE_HELD: LineState.HELD,
            LineAction.STATE_PAID: LineState.STATED,
        },
        LineState.FROZEN: {LineAction.EVALUATE: LineState.EVALUATED},
        LineState.EVALUATED: {LineAction.RELEASE: LineState.RELEASED},
        LineState.RELEASED: {
            LineAction.ACKNOWLEDGE: LineState.ACKNOWLEDGED,
            LineAction.DISPUTE: LineState.DISPUTED,
            LineAction.SUPERSEDE: LineState.SUPERSEDED,
        },
        # what both accepted is contested no more: a mistake that shows later is corrected in the open
        LineState.ACKNOWLEDGED: {LineAction.INVOICE: LineState.INVOICED, LineAction.SUPERSEDE: LineState.SUPERSEDED},
        LineState.DISPUTED: {LineAction.RESOLVE: LineState.RELEASED, LineAction.SUPERSEDE: LineState.SUPERSEDED},
        LineState.INVOICED: {LineAction.PAY: LineState.PAID, LineAction.SUPERSEDE: LineState.SUPERSEDED},
        LineState.PAID: {LineAction.SUPERSEDE: LineState.SUPERSEDED},
        LineState.HELD: {LineAction.ACKNOWLEDGE: LineState.ACKNOWLEDGED, LineAction.DISPUTE: LineState.CONTESTED},
        LineState.CONTESTED: {LineAction.RESOLVE: LineState.HELD},
        LineState.STATED: {},
        LineState.SUPERSEDED: {},
    },
    LineState,
)


QUARRELS = frozenset({LineState.DISPUTED, LineState.CONTESTED})  # the line is held back until the dispute has ended


def after(state: LineState, action: LineAction) -> LineState:
    """The state that follows; `SettlementRefused` where the table has no such pair."""
    following = TRANSITIONS[state].get(action)
    if following is None:
        raise SettlementRefused(rule="state", reason=f"what is {state} cannot {action}")
    return following


def course(actions: Iterable[LineAction]) -> LineState:
    """Where these actions lead, from the first state on, one after the other."""
    state = LineState.ACCRUING
    for action in actions:
        state = after(state, action)
    return state


def of_window(states: Iterable[LineState]) -> LineState:
    """The state of a window: disputed where a line is, else that of the line which is furthest behind."""
    found = set(states)
    quarrels = found & QUARRELS
    if quarrels:
        return min(quarrels)
    return min(found, key=_behind, default=LineState.ACCRUING)


def _behind(state: LineState) -> int:
    """How far a line has come: what is held back has still to be acknowledged."""
    return list(LineState).index(LineState.RELEASED if state is LineState.HELD else state)


def diagram() -> str:
    """The table as a Mermaid state diagram, for the documentation."""
    lines = ["stateDiagram-v2", f"    [*] --> {LineState.ACCRUING.value}"]
    for state, actions in TRANSITIONS.items():
        lines += [f"    {state.value} --> {following.value}: {action.value}" for action, following in actions.items()]
    lines += [f"    {state.value} --> [*]" for state in (LineState.PAID, LineState.STATED, LineState.SUPERSEDED)]
    return "\n".join(lines)
