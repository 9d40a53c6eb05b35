"""What the access log tells of contracts, of what they declare, and of their cohorts."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.events.event import Event


@dataclass(frozen=True, slots=True)
class ContractActivated(Event):
    kind = "contract_activated"
    schema = 2
    contract: str
    version: int
    rules_sha256: str
    programme_sha256: str
    batches: int = 0  # sealed when it came into force
    block_ends: list[str] = field(default_factory=list)  # as planned then, where windows are shown in blocks


@dataclass(frozen=True, slots=True)
class ContractEndedEarly(Event):
    """A version came into force that ends a contract: no week behind the last one counts, and after a day nothing is
    read."""

    kind = "contract_ended_early"

    contract: str
    version: int
    last_week: str
    reason: str
    read_until: str


@dataclass(frozen=True, slots=True)
class PartySucceeded(Event):
    """A version came into force that puts a party in the place of another, which has no part in the contract since."""

    kind = "party_succeeded"

    contract: str
    version: int
    role: str
    organisation: str
    succeeds: str
    reason: str


@dataclass(frozen=True, slots=True)
class SourceDeclared(Event):
    kind = "source_declared"
    source: str
    sha256: str


@dataclass(frozen=True, slots=True)
class AggregateDeclared(Event):
    """An evaluator's signed figure was taken in; a later one of the same window supersedes it."""

    kind = "aggregate_declared"

    contract: str
    aggregate: str
    window: str
    evaluator: str
    token_sha256: str


@dataclass(frozen=True, slots=True)
class CohortSealed(Event):
    kind = "cohort_sealed"
    schema = 3
    contract: str
    batch: str
    count: int
    seal_sha256: str
    decision: str
    block_ends: list[str] = field(default_factory=list)  # where windows are shown in blocks
    counts_from: str = ""  # label of the first window in which its people count
