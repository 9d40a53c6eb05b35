"""The life of a signing key as a table: every state, every action, and what follows (NIST SP 800-57 part 1, §7).

Pure: nothing here knows a clock, a file or a database. A pair of state and action that does not stand in the table
is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from keys.errors import TransitionRefused
from vocabulary.total import total


class State(StrEnum):
    PENDING = "pending"  # made and announced in the manifest; has signed nothing
    ACTIVE = "active"  # signs; there is one at most
    RETIRING = "retiring"  # signs nothing new; still published beside its successor
    RETIRED = "retired"  # only in the manifest's history, where verifiers find it
    DESTROYED = "destroyed"  # as retired, and its private part is gone
    COMPROMISED = "compromised"  # not to be believed since a time; its private part is gone


class Action(StrEnum):
    ACTIVATE = "activate"
    SUCCEED = "succeed"  # another key became active
    RETIRE = "retire"
    DESTROY = "destroy"
    COMPROMISE = "compromise"


TRANSITIONS: Mapping[State, Mapping[Action, State]] = total(
    {
        State.PENDING: {
            Action.ACTIVATE: State.ACTIVE,
            Action.DESTROY: State.DESTROYED,
            Action.COMPROMISE: State.COMPROMISED,
        },
        State.ACTIVE: {Action.SUCCEED: State.RETIRING, Action.COMPROMISE: State.COMPROMISED},
        State.RETIRING: {Action.RETIRE: State.RETIRED, Action.COMPROMISE: State.COMPROMISED},
        State.RETIRED: {Action.DESTROY: State.DESTROYED, Action.COMPROMISE: State.COMPROMISED},
        # a key may turn out to have been stolen before it was destroyed
        State.DESTROYED: {Action.COMPROMISE: State.COMPROMISED},
        State.COMPROMISED: {},
    },
    State,
)
PUBLISHED = frozenset({State.PENDING, State.ACTIVE, State.RETIRING})  # in the issuer's JWK set of today


def after(state: State, action: Action) -> State:
    """The state that follows; `TransitionRefused` where the table has no such pair."""
    following = TRANSITIONS[state].get(action)
    if following is None:
        raise TransitionRefused(state=state.value, action=action.value)
    return following


def diagram() -> str:
    """The table as a Mermaid state diagram, for the documentation."""
    lines = ["stateDiagram-v2", f"    [*] --> {State.PENDING.value}"]
    for state, actions in TRANSITIONS.items():
        lines += [f"    {state.value} --> {following.value}: {action.value}" for action, following in actions.items()]
    lines += [f"    {state.value} --> [*]" for state, actions in TRANSITIONS.items() if not actions]
    return "\n".join(lines)
