"""What the access log tells of pulls that look wrong."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.events.event import Event


@dataclass(frozen=True, slots=True)
class PullHeld(Event):
    """What came looks wrong: nothing of it is used until somebody has looked."""

    kind = "pull_held"

    contract: str
    source: str
    hold: str
    what: str  # SHA-256 of the file, or the run
    findings: list[dict[str, object]]  # reason, count, of, limit
    answer_by: str
    decision: str


@dataclass(frozen=True, slots=True)
class HoldProposed(Event):
    """After the day by which a hold is answered, one of two people has said how."""

    kind = "hold_proposed"

    contract: str
    source: str
    hold: str
    answer: str  # "accepted" | "rejected"
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class HoldAnswered(Event):
    """A hold was accepted, and what it kept may be used; or rejected, and left out for good."""

    kind = "hold_answered"

    contract: str
    source: str
    hold: str
    answer: str  # "accepted" | "rejected"
    proposed_by: str  # empty where one person decided
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class HoldSuperseded(Event):
    """The source was declared in another way before anybody answered: what came is read and judged anew."""

    kind = "hold_superseded"

    contract: str
    source: str
    hold: str
    decision: str
