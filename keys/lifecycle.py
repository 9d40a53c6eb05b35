"""The life of a signing key as a table: every state, every action, and what follows (NIST SP 800-57 part 1, §7).

Pure: nothing here knows a clock, a file or a database. A pair of state and action that does not stand in the table
is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from keys.errors import TransitionRefused
from vocabulary.total import transitions


class KeyState(StrEnum):
    PENDING = "pending"  # made and announced in the manifest; has signed nothing
    ACTIVE = "active"  # signs; there is one at most
    RETIRING = "retiring"  # signs nothing new; still published beside its successor
    RETIRED = "retired"  # only in the manifest's history, where verifiers find it
    DESTROYED = "destroyed"  # as retired, and its private part is gone
    COMPROMISED = "compromised"  # not to be believed since a time; its private part is gone


class KeyAction(StrEnum):
    ACTIVATE = "activate"
    SUCCEED = "succeed"  # another key became active
    RETIRE = "retire"
    DESTROY = "destroy"
    COMPROMISE = "compromise"


TRANSITIONS: Mapping[KeyState, Mapping[KeyAction, KeyState]] = transitions(
    {
        KeyState.PENDING: {
            KeyAction.ACTIVATE: KeyState.ACTIVE,
            KeyAction.DESTROY: KeyState.DESTROYED,
            KeyAction.COMPROMISE: KeyState.COMPROMISED,
        },
        KeyState.ACTIVE: {KeyAction.SUCCEED: KeyState.RETIRING, KeyAction.COMPROMISE: KeyState.COMPROMISED},
        KeyState.RETIRING: {KeyAction.RETIRE: KeyState.RETIRED, KeyAction.COMPROMISE: KeyState.COMPROMISED},
        KeyState.RETIRED: {KeyAction.DESTROY: KeyState.DESTROYED, KeyAction.COMPROMISE: KeyState.COMPROMISED},
        # a key may turn out to have been stolen before it was destroyed
        KeyState.DESTROYED: {KeyAction.COMPROMISE: KeyState.COMPROMISED},
        KeyState.COMPROMISED: {},
    },
    KeyState,
    KeyAction,
)
PUBLISHED = frozenset({KeyState.PENDING, KeyState.ACTIVE, KeyState.RETIRING})  # in the issuer's JWK set of today


def after(state: KeyState, action: KeyAction) -> KeyState:
    """The state that follows; `TransitionRefused` where the table has no such pair."""
    following = TRANSITIONS[state].get(action)
    if following is None:
        raise TransitionRefused(state=state.value, action=action.value)
    return following


def diagram() -> str:
    """The table as a Mermaid state diagram, for the documentation."""
    lines = ["stateDiagram-v2", f"    [*] --> {KeyState.PENDING.value}"]
    for state, actions in TRANSITIONS.items():
        lines += [f"    {state.value} --> {following.value}: {action.value}" for action, following in actions.items()]
    lines += [f"    {state.value} --> [*]" for state, actions in TRANSITIONS.items() if not actions]
    return "\n".join(lines)
