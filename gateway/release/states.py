"""The life of an attestation as a table: every state, every action, and what follows.

Only `intended` and `issued` are stored: what does not exist has no row, and what was superseded is the issued one that
an issued successor names. A pair of state and action that does not stand in the table does not happen.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from vocabulary.total import transitions


class ReleaseState(StrEnum):
    ABSENT = "absent"  # never asked for, or every attempt broke before its intent was committed
    INTENDED = "intended"  # drafted, rehearsed and committed; not signed yet
    ISSUED = "issued"  # signed, in the log, and handed out to whoever asks
    SUPERSEDED = "superseded"  # invalid: a correction replaced it; handed out with what replaced it


class ReleaseAction(StrEnum):
    INTEND = "intend"  # steps 1 to 6
    ISSUE = "issue"  # steps 7 to 9
    HAND_OUT = "hand_out"  # step 10
    SUPERSEDE = "supersede"  # in the transaction that issues the successor


TRANSITIONS: Mapping[ReleaseState, Mapping[ReleaseAction, ReleaseState]] = transitions(
    {
        ReleaseState.ABSENT: {ReleaseAction.INTEND: ReleaseState.INTENDED},
        ReleaseState.INTENDED: {ReleaseAction.ISSUE: ReleaseState.ISSUED},
        ReleaseState.ISSUED: {
            ReleaseAction.HAND_OUT: ReleaseState.ISSUED,
            ReleaseAction.SUPERSEDE: ReleaseState.SUPERSEDED,
        },
        ReleaseState.SUPERSEDED: {ReleaseAction.HAND_OUT: ReleaseState.SUPERSEDED},
    },
    ReleaseState,
    ReleaseAction,
)


def after(state: ReleaseState, action: ReleaseAction) -> ReleaseState:
    """The state that follows; `ValueError` where the table has no such pair."""
    following = TRANSITIONS[state].get(action)
    if following is None:
        raise ValueError(f"what is {state} cannot {action}")
    return following


def diagram() -> str:
    """The table as a Mermaid state diagram, for the documentation."""
    lines = ["stateDiagram-v2", f"    [*] --> {ReleaseState.ABSENT.value}"]
    for state, actions in TRANSITIONS.items():
        lines += [f"    {state.value} --> {following.value}: {action.value}" for action, following in actions.items()]
    return "\n".join(lines)
