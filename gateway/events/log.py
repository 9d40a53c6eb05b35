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
class ClockConfirmed(Event):
    """Somebody said that the day is right, after so long a pause that the machine's clock was questioned."""

    kind = "clock_confirmed"
    newest: str  # the instant of the entry before


@dataclass(frozen=True, slots=True)
class ClockSetBack(Event):
    """Two people said that the newest entries have a wrong instant: from here on later ones alone are asked.

    `sizes` are those of the logs before this event, `ahead` how many entries of each had an instant that had not come,
    and `brought_back` how many values of rows now have that of this event instead.
    """

    kind = "clock_set_back"
    asked_by: str
    newest: str
    sizes: dict[str, int]
    ahead: dict[str, int]
    brought_back: int


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
