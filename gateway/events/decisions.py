"""What the access log tells of what was asked and not done."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.events.event import Event


@dataclass(frozen=True, slots=True)
class Denied(Event):
    """The policy refused: which action, for whom, under which rules."""

    kind = "denied"

    action: str
    principal: str
    programme: str
    rules: list[str]
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class NotDone(Event):
    """Allowed by the policy and still not done: rolled back, but data may have been read. `error` is a stable code."""

    kind = "not_done"

    actions: list[str]
    principals: list[str]
    programme: str
    error: str
