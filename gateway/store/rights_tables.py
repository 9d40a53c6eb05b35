"""The tables of people's rights and of whoever guards them; each says what somebody who edits it gains."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlmodel import Field, SQLModel

from gateway.store.columns import instant, json_value, optional_instant
from gateway.store.order import OF_PEOPLE


class PolicySetRow(SQLModel, table=True):
    """Policy sets that were approved, with their text, so that an old decision can be replayed. Not trusted: each
    approval is signed with the manifest key for its place and the one before it, and the access log names the last.
    """

    position: int = Field(primary_key=True)  # 1 for the first; the highest is in force
    sha256: str = Field(index=True)
    files: dict[str, str] = json_value()  # name -> text
    approval: str  # JWS
    approved_by: str
    approved_at: datetime = instant()


class BasisRow(SQLModel, table=True):
    """People's records of legal basis, consent, objection, restriction, exit and protection: each begins once and ends
    once. Personal data; append-only; an edit lets somebody be followed, and contradicts the logged event.
    """

    __table_args__ = OF_PEOPLE
    record_id: str = Field(primary_key=True)
    change: str = Field(primary_key=True)  # "begins" | "ends"
    subject_id: str = Field(index=True)
    contract_id: str = Field(index=True)
    kind: str
    purposes: list[str] = json_value()
    notice_id: str
    notice_version: int
    valid_to: date | None = None
    since: date | None = None  # the day of an exit, where it was before it was registered
    channel: str
    reason: str = ""  # of a mistake: what was wrong with the referral
    at: datetime = instant()


class RightsRequest(SQLModel, table=True):
    """What people asked for and what was decided. Personal data; an edit contradicts the logged event."""

    __table_args__ = OF_PEOPLE
    id: str = Field(primary_key=True)
    contract_id: str = Field(index=True)
    subject_id: str = Field(index=True)
    kind: str
    asked_by: str  # member of staff
    asked_at: datetime = instant()
    answer: str  # empty while it is open | "granted" | "refused"
    answer_rule: str  # why it was refused, by rule
    answered_by: str
    answered_at: datetime | None = optional_instant()


class StopReceiptRow(SQLModel, table=True):
    """Signed receipts that reading has stopped. Not trusted: each is signed, and its digest is logged."""

    id: str = Field(primary_key=True)
    contract_id: str = Field(index=True)
    record_id: str  # empty where the whole programme stopped
    at: datetime = instant()
    token: str


class ErasureRow(SQLModel, table=True):
    """Who was erased, as a digest of the random subject id: after a restore the erasure is done again. The journal
    beside the backup is the copy that survives. `is_rewritten`: the database was written anew since (`Store.rewrite`).
    """

    subject_sha256: str = Field(primary_key=True)
    contract_id: str
    certificate: str  # JWS
    at: datetime = instant()
    is_rewritten: bool = False


class Archived(SQLModel, table=True):
    """Exports that were delivered to the archive before anything was erased."""

    id: str = Field(primary_key=True)
    contract_id: str = Field(index=True)
    sha256: str
    people: int
    at: datetime = instant()


class Advice(SQLModel, table=True):
    """Advice of the data protection officer and what the controller made of it; a suspension holds a window back.
    Trusted; an edit releases what was suspended, and contradicts the logged event.
    """

    id: str = Field(primary_key=True)
    contract_id: str = Field(index=True)
    window: str
    text: str
    suspends: bool
    by: str
    at: datetime = instant()
    decide_by: date
    answer: str  # empty while it is open | "followed" | "not_followed"
    answer_text: str
    answered_by: str
    answered_at: datetime | None = optional_instant()
    lifted_by: str  # empty while the officer has not taken it back
    lifted_at: datetime | None = optional_instant()

    @property
    def holds(self) -> bool:
        """Whether it holds releases back: until the controller decides against it, or the officer lifts it."""
        return self.suspends and self.answer in ("", "followed") and self.lifted_at is None

    @property
    def waits(self) -> bool:
        """Whether the controller has still to answer it."""
        return not self.answer and self.lifted_at is None


class StatementRow(SQLModel, table=True):
    """Statements about single people that went to the operator. Personal data by case reference; each is signed.

    Erasing somebody whom one names takes that person out of `people` and empties `token`, the copy; the digest stays.
    """

    id: str = Field(primary_key=True)
    contract_id: str = Field(index=True)
    window: str
    kind: str
    people: list[dict[str, str]] = json_value()  # what was said of each, by the operator's own case reference
    claims: dict[str, Any] = json_value()  # everything else that was signed
    token: str  # empty where somebody whom it names was erased
    token_sha256: str
    at: datetime = instant()
