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


@dataclass(frozen=True, slots=True)
class HeadsKeptAnew(Event):
    """The heads that stood outside the database were lost, and two people keep those of now. `compared` is how far each
    log was held against what was published and handed out: what lies behind is nobody's proof."""

    kind = "heads_kept_anew"
    asked_by: str
    sizes: dict[str, int]
    compared: dict[str, int]
