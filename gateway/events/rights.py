"""What the access log tells of people's rights, of advice, and of changes to the rules. As `gateway.events`: closed,
without free text, without a personal value. `by` is the member of staff; a citizen's report never shows it.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.events.event import Event


@dataclass(frozen=True, slots=True)
class RecordChanged(Event):
    """A record of legal basis, consent, objection, restriction, exit, mistake or protection began or ended."""

    kind = "record_changed"
    schema = 2

    contract: str
    record: str
    record_kind: str
    change: str
    channel: str
    decision: str
    decision_sha256: str
    reason: str = ""  # of a mistake, what was wrong with the referral


@dataclass(frozen=True, slots=True)
class BasesRecorded(Event):
    """Everybody in a sealed batch was told, and has the statutory basis that the programme names."""

    kind = "bases_recorded"

    contract: str
    batch: str
    notice: str
    notice_version: int
    people: int
    decision: str


@dataclass(frozen=True, slots=True)
class PullStopped(Event):
    """Reading has stopped, for a person or for the whole programme; the receipt says so, signed."""

    kind = "pull_stopped"

    contract: str
    record: str
    reasons: list[str]
    receipt: str
    receipt_sha256: str


@dataclass(frozen=True, slots=True)
class RightAsked(Event):
    kind = "right_asked"
    request: str
    contract: str
    right: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class RightDecided(Event):
    kind = "right_decided"
    request: str
    contract: str
    right: str
    answer: str
    rule: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class AnswerHandedOut(Event):
    """Whoever decided a request asked once more for the answer, and for the certificate of an erasure."""

    kind = "answer_handed_out"

    request: str
    contract: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class PersonRead(Event):
    """One person's data were put together for that person."""

    kind = "person_read"

    contract: str
    report_sha256: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class PersonErased(Event):
    kind = "person_erased"
    contract: str
    request: str
    subject_sha256: str
    certificate_sha256: str
    decision: str


@dataclass(frozen=True, slots=True)
class ErasureRepeated(Event):
    """A restored database held somebody who had been erased."""

    kind = "erasure_repeated"

    contract: str
    subject_sha256: str


@dataclass(frozen=True, slots=True)
class DatabaseRewritten(Event):
    """Every table was written anew, so that nothing of the erased is left between the rows that stay."""

    kind = "database_rewritten"

    erasures: int


@dataclass(frozen=True, slots=True)
class ArchiveExported(Event):
    kind = "archive_exported"
    contract: str
    sha256: str
    people: int
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class AdviceGiven(Event):
    kind = "advice_given"
    advice: str
    contract: str
    window: str
    suspends: bool
    text_sha256: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class AdviceAnswered(Event):
    kind = "advice_answered"
    advice: str
    contract: str
    answer: str
    text_sha256: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class AdviceLifted(Event):
    """The officer took the advice back; what the controller answered stays."""

    kind = "advice_lifted"

    advice: str
    contract: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class SampleDrawn(Event):
    """Events drawn at random for a spot check, reproducible from the seed."""

    kind = "sample_drawn"

    contract: str
    seed: str
    size: int
    indexes: list[int]
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class ChangeProposed(Event):
    kind = "change_proposed"
    schema = 2
    proposal: str
    contract: str
    sha256: str
    rules_sha256: str = ""  # of the contract's text
    ground: str = ""  # on which a contract is changed, as whoever proposes it names it


@dataclass(frozen=True, slots=True)
class ChangeApproved(Event):
    kind = "change_approved"
    proposal: str
    contract: str
    sha256: str
    proposed_by: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class RescueProposed(Event):
    """The first of two people asked for the way back: what nobody could do, and who would be let in."""

    kind = "rescue_proposed"

    proposal: str
    contract: str
    sha256: str
    second: str
    officer: str
    lost: list[str]


@dataclass(frozen=True, slots=True)
class RescueTaken(Event):
    """The second of two people took the way back: no policy was asked. Both are system owners until a day."""

    kind = "rescue_taken"

    proposal: str
    contract: str
    sha256: str
    proposed_by: str
    officer: str
    until: str
    lost: list[str]


@dataclass(frozen=True, slots=True)
class PolicySetApproved(Event):
    kind = "policy_set_approved"
    sha256: str
    approval_sha256: str


@dataclass(frozen=True, slots=True)
class DecisionExplained(Event):
    """Somebody had a stored decision explained, or judged again."""

    kind = "decision_explained"

    explained: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class StatementReleased(Event):
    kind = "statement_released"
    contract: str
    window: str
    statement: str
    people: int
    token_sha256: str
    decision: str
    decision_sha256: str
