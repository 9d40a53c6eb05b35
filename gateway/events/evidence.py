"""What the access log tells of documents that count as evidence, and of single weeks that were looked into. Neither the
kind of a document nor its weeks stand here: they are a person's, and an event is never erased.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.events.event import Event


@dataclass(frozen=True, slots=True)
class EvidenceRegistered(Event):
    kind = "evidence_registered"
    contract: str
    evidence: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class EvidenceConfirmed(Event):
    """A second person has seen the document: it counts from now on."""

    kind = "evidence_confirmed"

    contract: str
    evidence: str
    registered_by: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class EvidenceWithdrawn(Event):
    kind = "evidence_withdrawn"
    contract: str
    evidence: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class EvidenceListed(Event):
    """Staff saw whose documents count or wait; `protected` people were counted alone."""

    kind = "evidence_listed"

    contract: str
    people: int
    protected: int
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class WeekExplained(Event):
    """Staff saw which rows led to the status of one week of one person; nothing of a protected one was shown."""

    kind = "week_explained"

    contract: str
    version: int
    week: str
    shown: bool
    decision: str
    decision_sha256: str
