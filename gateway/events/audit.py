"""What the access log tells of audits. As `gateway.events.event`: closed, without free text, without a personal value.

How many items deviate, and why, stands in no event: of a small cohort that would be about single people.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.events.event import Event


@dataclass(frozen=True, slots=True)
class AuditSampleDrawn(Event):
    """People were sampled, with a line for each. `again`: these very inputs had been used, and nothing was drawn."""

    kind = "audit_sample_drawn"

    contract: str
    window: str
    release: str
    sample: str
    position: int
    nonce: str
    seed: str
    asked: int
    population: int
    not_drawn: dict[str, int]
    again: bool
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class CommitmentsRecomputed(Event):
    """What an attestation commits to was computed again: each verdict is one word of a closed list."""

    kind = "commitments_recomputed"
    schema = 2

    contract: str
    window: str
    release: str
    inputs: str
    plan: str
    decision: str
    decision_sha256: str
    payers: str  # empty where the attestation says nothing of payers


@dataclass(frozen=True, slots=True)
class AuditRowsApproved(Event):
    """A system owner lets the source rows of a sample be shown, up to a day."""

    kind = "audit_rows_approved"

    contract: str
    sample: str
    until: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class SourceRowsOpened(Event):
    """Source rows were opened for an auditor's eyes; with a line for each person. `unknown_files` were never pulled."""

    kind = "source_rows_opened"

    contract: str
    sample: str
    items: list[int]
    files_sha256: list[str]
    unknown_files: int
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class FindingRecorded(Event):
    """Something was found of an item; `digest` is salted, and what it is of can be erased."""

    kind = "finding_recorded"

    contract: str
    sample: str
    item: int
    digest: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class AuditClosed(Event):
    kind = "audit_closed"
    contract: str
    sample: str
    size: int
    items_sha256: str
    verdict: str
    again: bool
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class CountersignatureTaken(Event):
    kind = "countersignature_taken"
    contract: str
    release: str
    sample: str
    key: str
    verdict: str
    token_sha256: str
