"""Events of pulls that bring records."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.events.event import Event


@dataclass(frozen=True, slots=True)
class RecordsAsked(Event):
    """A source may be asked for records of these people, and is from now on."""

    kind = "records_asked"

    contract: str
    source: str
    source_sha256: str
    run: str
    purpose: str
    from_week: str
    to_week: str
    people: int
    goes_on: bool  # a run that was interrupted
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class RecordsStored(Event):
    """What a page, or the answers about some people, told is stored, with how far the run has come."""

    kind = "records_stored"

    contract: str
    source: str
    run: str
    records: int
    people: int
    decision: str


@dataclass(frozen=True, slots=True)
class RecordsComplete(Event):
    """A run has ended: the weeks are covered."""

    kind = "records_complete"

    contract: str
    source: str
    run: str
    from_week: str
    to_week: str
    records: int
    outside_cohort: int
    rejected: dict[str, int]
    unknown_codes: dict[str, int]
    uncertain: int
    files: list[str]  # SHA-256 of those that the records came in
    decision: str


@dataclass(frozen=True, slots=True)
class RecordsFailed(Event):
    """A source did not answer as it should; what was stored stays, and the next pull goes on. `error` is a code."""

    kind = "records_failed"

    contract: str
    source: str
    run: str
    error: str
