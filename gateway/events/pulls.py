"""What the access log tells of pulls of files."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.events.event import Event


@dataclass(frozen=True, slots=True)
class PullAuthorised(Event):
    kind = "pull_authorised"
    contract: str
    source: str
    file_sha256: str
    purpose: str
    from_week: str
    to_week: str
    people: int
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class PullCompleted(Event):
    kind = "pull_completed"
    contract: str
    source: str
    file_sha256: str
    rows_read: int
    rows_outside_cohort: int
    rejected: dict[str, int]
    unknown_codes: dict[str, int]
    not_found: int
    uncertain: int
    decision: str


@dataclass(frozen=True, slots=True)
class PullRepeated(Event):
    """The file had been pulled by another command in the meantime: nothing was stored."""

    kind = "pull_repeated"

    contract: str
    source: str
    file_sha256: str
    decision: str


@dataclass(frozen=True, slots=True)
class PullFailed(Event):
    """The file could not be used; `error` is the stable code of the reason."""

    kind = "pull_failed"

    contract: str
    source: str
    file_sha256: str
    error: str


@dataclass(frozen=True, slots=True)
class PullNotNeeded(Event):
    """The file covers no week that the contract asks for: nothing of it was kept."""

    kind = "pull_not_needed"

    contract: str
    source: str
    file_sha256: str
