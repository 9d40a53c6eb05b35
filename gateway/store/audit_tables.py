"""The tables of audits: which people were sampled, what an auditor found of each, and what the auditor signed.

No table here names a person but by the random subject id, and none holds a row of a source.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from gateway.store.columns import blob, instant, json_value, optional_instant
from gateway.store.order import OF_PEOPLE


class AuditSample(SQLModel, table=True):
    """Samples of the people behind one attestation, numbered as they were drawn. Not trusted: the seed follows from
    what is signed and from the auditor's nonce, so that anybody who knows the cohort can draw it again; an edit of the
    approval opens rows, and contradicts the logged event.
    """

    __table_args__ = (UniqueConstraint("release_id", "position"),)
    id: str = Field(primary_key=True)
    contract_id: str = Field(index=True)
    release_id: str = Field(index=True)
    position: int  # 1 for the first draw of this attestation
    nonce: str  # hexadecimal, the auditor's
    seed: str  # hexadecimal
    asked: int  # people asked for
    population: int  # everyone sealed
    not_drawn: dict[str, int] = json_value()  # reason -> people who could not be drawn
    drawn_by: str
    drawn_at: datetime = instant()
    approved_by: str = ""  # the system owner who let rows be shown; empty while nobody did
    approved_until: date | None = None
    closed_at: datetime | None = optional_instant()
    size: int = 0  # people of whom something was found, once it is closed
    items_sha256: str = ""
    verdict: str = ""  # "agreed" | "deviations", once it is closed


class AuditItem(SQLModel, table=True):
    """One sampled person, and what was found. Personal data; an edit breaks the digest of the items. Erasing the person
    empties subject, salt, reason and weeks and keeps the digest, which then says nothing.
    """

    __table_args__ = OF_PEOPLE
    sample_id: str = Field(primary_key=True)
    item: int = Field(primary_key=True)  # 1 for the lowest rank
    subject_id: str = Field(index=True)
    shown_at: datetime | None = optional_instant()
    agrees: bool | None = None
    reason: str = ""
    weeks: list[str] = json_value()
    salt: bytes = blob()
    digest: str = ""  # hexadecimal; empty while nothing was found
    found_at: datetime | None = optional_instant()


class CountersignatureRow(SQLModel, table=True):
    """What auditors signed of an attestation, for ever. Not trusted: each is signed with the key of an appointment."""

    token_sha256: str = Field(primary_key=True)
    release_id: str = Field(index=True)
    sample_id: str
    token: str
    kid: str
    verdict: str
    taken_by: str
    at: datetime = instant()
