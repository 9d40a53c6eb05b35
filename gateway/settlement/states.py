"""The life of what is owed as a table: every state, every action, and what follows.

Pure, and never stored: a state is folded from facts that are (`course`). A window's line goes its own way, so that a
dispute holds back its own line and no other; `of_window` says where the window as a whole stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from gateway.errors.settlement import SettlementRefused
from vocabulary.total import transitions


class SettlementState(StrEnum):
    """Where a line stands, and a window as a whole."""

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


class SettlementStep(StrEnum):
    """What moves a line on."""

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


TRANSITIONS: Mapping[SettlementState, Mapping[SettlementStep, SettlementState]] = transitions(
    {
        SettlementState.ACCRUING: {
            SettlementStep.FREEZE: SettlementState.FROZEN,
            SettlementStep.STATE_HELD: SettlementState.HELD,
            SettlementStep.STATE_PAID: SettlementState.STATED,
        },
        SettlementState.FROZEN: {SettlementStep.EVALUATE: SettlementState.EVALUATED},
        SettlementState.EVALUATED: {SettlementStep.RELEASE: SettlementState.RELEASED},
        SettlementState.RELEASED: {
            SettlementStep.ACKNOWLEDGE: SettlementState.ACKNOWLEDGED,
            SettlementStep.DISPUTE: SettlementState.DISPUTED,
            SettlementStep.SUPERSEDE: SettlementState.SUPERSEDED,
        },
        # what both accepted is contested no more: a mistake that shows later is corrected in the open
        SettlementState.ACKNOWLEDGED: {
            SettlementStep.INVOICE: SettlementState.INVOICED,
            SettlementStep.SUPERSEDE: SettlementState.SUPERSEDED,
        },
        SettlementState.DISPUTED: {
            SettlementStep.RESOLVE: SettlementState.RELEASED,
            SettlementStep.SUPERSEDE: SettlementState.SUPERSEDED,
        },
        SettlementState.INVOICED: {
            SettlementStep.PAY: SettlementState.PAID,
            SettlementStep.SUPERSEDE: SettlementState.SUPERSEDED,
        },
        SettlementState.PAID: {SettlementStep.SUPERSEDE: SettlementState.SUPERSEDED},
        SettlementState.HELD: {
            SettlementStep.ACKNOWLEDGE: SettlementState.ACKNOWLEDGED,
            SettlementStep.DISPUTE: SettlementState.CONTESTED,
        },
        SettlementState.CONTESTED: {SettlementStep.RESOLVE: SettlementState.HELD},
        SettlementState.STATED: {},
        SettlementState.SUPERSEDED: {},
    },
    SettlementState,
    SettlementStep,
)

# the line is held back until the dispute has ended
QUARRELS = frozenset({SettlementState.DISPUTED, SettlementState.CONTESTED})
# both parties accept the line, and nothing has replaced its document
ACCEPTED = frozenset({SettlementState.ACKNOWLEDGED, SettlementState.INVOICED, SettlementState.PAID})


def after(state: SettlementState, action: SettlementStep) -> SettlementState:
    """The state that follows; `SettlementRefused` where the table has no such pair."""
    following = TRANSITIONS[state].get(action)
    if following is None:
        raise SettlementRefused(rule="state", reason=f"what is {state} cannot {action}")
    return following


def course(actions: Iterable[SettlementStep]) -> SettlementState:
    """Where these actions lead, from the first state on, one after the other."""
    state = SettlementState.ACCRUING
    for action in actions:
        state = after(state, action)
    return state


def of_window(states: Iterable[SettlementState]) -> SettlementState:
    """The state of a window: disputed where a line is, else that of the line which is furthest behind."""
    found = set(states)
    quarrels = found & QUARRELS
    if quarrels:
        return min(quarrels)
    return min(found, key=_behind, default=SettlementState.ACCRUING)


def _behind(state: SettlementState) -> int:
    """How far a line has come: what is held back has still to be acknowledged."""
    return list(SettlementState).index(SettlementState.RELEASED if state is SettlementState.HELD else state)


def diagram() -> str:
    """The table as a Mermaid state diagram, for the documentation."""
    lines = ["stateDiagram-v2", f"    [*] --> {SettlementState.ACCRUING.value}"]
    for state, actions in TRANSITIONS.items():
        lines += [f"    {state.value} --> {following.value}: {action.value}" for action, following in actions.items()]
    lines += [
        f"    {state.value} --> [*]"
        for state in (SettlementState.PAID, SettlementState.STATED, SettlementState.SUPERSEDED)
    ]
    return "\n".join(lines)
