"""The life of what is owed as a table: every state, every action, and what follows.

Pure, and never stored: a state is folded from facts that are (`course`). A window's line goes its own way, so that a
dispute holds back its own line and no other; `of_window` says where the window as a whole stands. From every state but
those in `CLOSED` something leads on: a quarrel ends in an acknowledgement, an adjustment, a correction or a withdrawal.
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
    ACKNOWLEDGED = "acknowledged"  # both parties accept the line, or what they adjusted it to
    DISPUTED = "disputed"  # one party contests it, or a part of it: that is not invoiced
    UPHELD = "upheld"  # both agree that it is wrong: corrected, adjusted, or accepted as it stands after all
    INVOICED = "invoiced"  # an invoice or a credit note holds it
    PAID = "paid"  # or worth nothing, so that there is nothing to pay
    # of windows that the parties settled before the gateway: stated by them, not evaluated
    HELD = "held"  # stated as owed and held back, until both acknowledge it
    CONTESTED = "contested"  # stated as owed by one party, and contested by the other
    CONCEDED = "conceded"  # stated and contested, and both agree that it is wrong
    STATED = "stated"  # stated as paid: closed
    SUPERSEDED = "superseded"  # a correction replaced its payment document


class SettlementStep(StrEnum):
    """What moves a line on."""

    FREEZE = "freeze"
    EVALUATE = "evaluate"
    RELEASE = "release"
    ACKNOWLEDGE = "acknowledge"  # by the second of the two parties, or by the silence of who has to pay
    DISPUTE = "dispute"
    RESOLVE = "resolve"  # the line stands, or the dispute is withdrawn
    UPHOLD = "uphold"  # the other party agrees that the line is wrong
    ADJUST = "adjust"  # both parties sign what it is worth instead
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
            SettlementStep.ADJUST: SettlementState.ACKNOWLEDGED,
            SettlementStep.DISPUTE: SettlementState.DISPUTED,
            SettlementStep.SUPERSEDE: SettlementState.SUPERSEDED,
        },
        # what both accepted is contested no more: a mistake that shows later is corrected in the open, or adjusted by
        # a line of its own
        SettlementState.ACKNOWLEDGED: {
            SettlementStep.INVOICE: SettlementState.INVOICED,
            SettlementStep.SUPERSEDE: SettlementState.SUPERSEDED,
        },
        SettlementState.DISPUTED: {
            SettlementStep.RESOLVE: SettlementState.RELEASED,
            SettlementStep.UPHOLD: SettlementState.UPHELD,
            SettlementStep.ADJUST: SettlementState.ACKNOWLEDGED,
            SettlementStep.SUPERSEDE: SettlementState.SUPERSEDED,
        },
        SettlementState.UPHELD: {
            SettlementStep.ACKNOWLEDGE: SettlementState.ACKNOWLEDGED,
            SettlementStep.ADJUST: SettlementState.ACKNOWLEDGED,
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
            SettlementStep.ADJUST: SettlementState.ACKNOWLEDGED,
            SettlementStep.DISPUTE: SettlementState.CONTESTED,
        },
        SettlementState.CONTESTED: {
            SettlementStep.RESOLVE: SettlementState.HELD,
            SettlementStep.UPHOLD: SettlementState.CONCEDED,
            SettlementStep.ADJUST: SettlementState.ACKNOWLEDGED,
        },
        SettlementState.CONCEDED: {
            SettlementStep.ACKNOWLEDGE: SettlementState.ACKNOWLEDGED,
            SettlementStep.ADJUST: SettlementState.ACKNOWLEDGED,
            SettlementStep.RESOLVE: SettlementState.HELD,
        },
        SettlementState.STATED: {},
        SettlementState.SUPERSEDED: {},
    },
    SettlementState,
    SettlementStep,
)

# the line, or a part of it, is held back until the dispute has ended
QUARRELS = frozenset(
    {SettlementState.DISPUTED, SettlementState.UPHELD, SettlementState.CONTESTED, SettlementState.CONCEDED}
)
# of those, what waits for the other party's answer; the rest waits for what follows from it
UNANSWERED = frozenset({SettlementState.DISPUTED, SettlementState.CONTESTED})
# both parties accept the line, and nothing has replaced its document
ACCEPTED = frozenset({SettlementState.ACKNOWLEDGED, SettlementState.INVOICED, SettlementState.PAID})
# nothing is owed of it any more, here or in what replaced it
CLOSED = frozenset({SettlementState.PAID, SettlementState.STATED, SettlementState.SUPERSEDED})


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
    for quarrels in (found & UNANSWERED, found & QUARRELS):
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
    lines += [f"    {state.value} --> [*]" for state in TRANSITIONS if state in CLOSED]
    return "\n".join(lines)
