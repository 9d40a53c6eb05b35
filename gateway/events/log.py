"""What the access log tells of itself: that it was read, verified, or its head taken out."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.events.event import Event


@dataclass(frozen=True, slots=True)
class LogRead(Event):
    kind = "log_read"
    reader: str
    purpose: str
    from_index: int
    count: int
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class LogVerified(Event):
    kind = "log_verified"
    sizes: dict[str, int]
    with_anchor: bool


@dataclass(frozen=True, slots=True)
class CheckpointTaken(Event):
    kind = "checkpoint_taken"
    log: str
    size: int
