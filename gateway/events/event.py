"""What the access log tells: a closed set of events, without free text and without a personal value.

An event is hashed with 32 random bytes into the leaf of the access log. What concerns one subject stands in
person lines apart, each with its own nonce, so that it can be erased (GDPR art. 17) while the tree stays whole;
the event holds a root over them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields

from outcome_verifier import canonical
from outcome_verifier.tlog import merkle_root

_FIRST_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Event:
    """The root of all events: `body()` is what the log commits to."""

    @classmethod
    def kind(cls) -> str:
        """`PullCompleted` -> `pull_completed`."""
        return _FIRST_CAPITAL.sub("_", cls.__name__).lower()

    def body(self) -> dict[str, object]:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {"kind": self.kind(), **values}


@dataclass(frozen=True, slots=True)
class PersonLine:
    """That one subject's data took part in an event, and for which purpose."""

    subject: str
    action: str
    purpose: str

    def digest(self, nonce: bytes) -> bytes:
        return hashlib.sha256(nonce + self.canonical()).digest()

    def canonical(self) -> bytes:
        body = {"subject": self.subject, "action": self.action, "purpose": self.purpose}
        return canonical.dumps(body)


def lines_root(digests: Sequence[bytes]) -> str:
    """Hexadecimal root over the digests of an event's person lines, in their order."""
    return merkle_root(digests).hex()


@dataclass(frozen=True, slots=True)
class Installed(Event):
    host: str
    municipality: str
    installation: str  # "production" | "test" | "demo"


@dataclass(frozen=True, slots=True)
class SigningKeyChanged(Event):
    """A signing key came or changed its state; `manifest` is the version that says so."""

    key: str
    action: str
    state: str
    manifest: int


@dataclass(frozen=True, slots=True)
class StatusListSigned(Event):
    list: int
    sha256: str
    leaf_index: int


@dataclass(frozen=True, slots=True)
class ContractActivated(Event):
    contract: str
    version: int
    rules_sha256: str
    programme_sha256: str


@dataclass(frozen=True, slots=True)
class SourceDeclared(Event):
    source: str
    sha256: str


@dataclass(frozen=True, slots=True)
class AggregateDeclared(Event):
    """An evaluator's signed figure was taken in; a later one of the same window supersedes it."""

    contract: str
    aggregate: str
    window: str
    evaluator: str
    token_sha256: str


@dataclass(frozen=True, slots=True)
class CohortSealed(Event):
    contract: str
    batch: str
    count: int
    seal_sha256: str
    decision: str


@dataclass(frozen=True, slots=True)
class Denied(Event):
    """The policy refused: which action, for whom, under which rules."""

    action: str
    principal: str
    programme: str
    rules: list[str]
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class NotDone(Event):
    """Allowed by the policy and still not done: rolled back, but data may have been read. `error` is a stable code."""

    actions: list[str]
    principals: list[str]
    programme: str
    error: str


@dataclass(frozen=True, slots=True)
class PullAuthorised(Event):
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

    contract: str
    source: str
    file_sha256: str
    decision: str


@dataclass(frozen=True, slots=True)
class PullFailed(Event):
    """The file could not be used; `error` is the stable code of the reason."""

    contract: str
    source: str
    file_sha256: str
    error: str


@dataclass(frozen=True, slots=True)
class PullNotNeeded(Event):
    """The file covers no week that the contract asks for: nothing of it was kept."""

    contract: str
    source: str
    file_sha256: str


@dataclass(frozen=True, slots=True)
class ComparisonAuthorised(Event):
    """A whole extract may be read for a comparison group; nobody in it is named, here or later."""

    contract: str
    aggregate: str
    source: str
    selection_sha256: str
    purpose: str
    from_week: str
    to_week: str
    decisions: list[str]
    decisions_sha256: list[str]


@dataclass(frozen=True, slots=True)
class ComparisonMade(Event):
    """The figures of a comparison group were computed; `body_sha256` is that of their canonical JSON."""

    contract: str
    aggregate: str
    source: str
    file_sha256: str
    selection_sha256: str
    rows_read: int
    people: int
    body_sha256: str
    decisions: list[str]


@dataclass(frozen=True, slots=True)
class ComparisonFailed(Event):
    """The extract could not be used, or too few people matched; `error` is the stable code of the reason."""

    contract: str
    aggregate: str
    source: str
    selection_sha256: str
    error: str


@dataclass(frozen=True, slots=True)
class Evaluated(Event):
    """`known_at`: with what was known at which instant, in UTC; an evaluation can be repeated with it."""

    contract: str
    version: int
    week: str
    known_at: str
    purpose: str
    people: int
    inputs_sha256: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class EvaluationExplained(Event):
    """Municipal staff saw, for single people, which weeks count and why. `protected` people were counted alone."""

    contract: str
    version: int
    week: str
    known_at: str
    people: int
    protected: int
    by: str
    inputs_sha256: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class DraftTried(Event):
    """A draft contract was tried on a cohort's histories; totals of money alone came out of it."""

    contract: str
    version: int
    draft_sha256: str
    purpose: str
    people: int
    inputs_sha256: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class ReleaseChecked(Event):
    """A dry run: allowed, and nothing was looked at or drafted."""

    contract: str
    window: str
    template: str
    recipient: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class ReleaseIntended(Event):
    contract: str
    window: str
    template: str
    recipient: str
    release: str
    draft_sha256: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class ReleaseResumed(Event):
    """An interrupted release is taken up again, under a fresh decision."""

    release: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class ReleaseIssued(Event):
    contract: str
    window: str
    template: str
    recipient: str
    release: str
    jwt_sha256: str
    log: str
    leaf_index: int
    decision: str  # the signer's own, made in the transaction that signed
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class CorrectionDecided(Event):
    """A window's figures were wrong: these releases are superseded. `reason` is one of a closed list."""

    contract: str
    window: str
    reason: str
    releases: list[str]


@dataclass(frozen=True, slots=True)
class ReleaseSuperseded(Event):
    release: str
    by: str


@dataclass(frozen=True, slots=True)
class BundleHandedOut(Event):
    release: str
    to: str


@dataclass(frozen=True, slots=True)
class LogRead(Event):
    reader: str
    purpose: str
    from_index: int
    count: int
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class LogVerified(Event):
    sizes: dict[str, int]
    with_anchor: bool


@dataclass(frozen=True, slots=True)
class CheckpointTaken(Event):
    log: str
    size: int


@dataclass(frozen=True, slots=True)
class ClientRegistered(Event):
    client: str
    organisation: str
    role: str
    key: str


@dataclass(frozen=True, slots=True)
class ClientRevoked(Event):
    client: str
    key: str


@dataclass(frozen=True, slots=True)
class TokenIssued(Event):
    client: str
    token: str


@dataclass(frozen=True, slots=True)
class TrustExported(Event):
    fingerprint: str
