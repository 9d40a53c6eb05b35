"""The tables of one installation. Each says whether it is trusted, whether it may be lost, and what somebody
who edits it gains.

Instants are whole microseconds since 1970 in UTC, the same on SQLite and PostgreSQL.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from gateway.store.columns import Instant, blob, instant, json_value, optional_instant
from gateway.store.order import OF_PEOPLE


class SourceRow(SQLModel, table=True):
    """Source declarations in force. Trusted; an edit fakes an agreement, and shows in the log by digest."""

    id: str = Field(primary_key=True)
    kind: str
    sha256: str
    text: bytes = blob()
    file_name: str


class Batch(SQLModel, table=True):
    """Sealed referral batches. Not trusted: the seal's digest stands in the attest log."""

    contract_id: str = Field(primary_key=True)
    batch_id: str = Field(primary_key=True)
    file_sha256: str
    count: int
    root_hex: str
    nonce_hex: str
    sealed_on: str
    sealed_at: datetime = instant()
    seal_sha256: str
    leaf_index: int
    counts_from: str  # label of the window from which its people count: the first that no document was made of
    block_ends: list[str] = json_value()  # labels, by the people who were sealed by then, of a contract with blocks
    plan_sha256: str  # of contract, ends and `counts_from`, salted; in the seal
    plan_salt_hex: str  # which never leaves the municipality


class Subject(SQLModel, table=True):
    """People in a contract by random id. Personal data; backed up; an edit breaks the batch's root.

    A case reference is the operator's own number for a person, so it is one person's within a contract alone.
    """

    __table_args__ = (UniqueConstraint("contract_id", "case_reference"), OF_PEOPLE)
    subject_id: str = Field(primary_key=True)
    contract_id: str = Field(index=True)
    batch_id: str
    enrolled_on: date
    case_reference: str
    notice_id: str


class LinkageRow(SQLModel, table=True):
    """Blind index -> subject. Personal data; useless without the linkage secret; erased on request."""

    __table_args__ = OF_PEOPLE
    domain: str = Field(primary_key=True)
    key_version: int = Field(primary_key=True)
    blind_index: bytes = Field(sa_column=Column(LargeBinary(16), primary_key=True))
    subject_id: str = Field(primary_key=True, index=True)


class VaultRow(SQLModel, table=True):
    """Sealed CPR numbers (AES-256-GCM under the subject's key). An edit is noticed when it is opened."""

    __table_args__ = OF_PEOPLE
    subject_id: str = Field(primary_key=True)
    sealed_cpr: bytes = blob()


class SubjectKeyRow(SQLModel, table=True):
    """Subject keys, wrapped by the vault key. Backed up apart, for 30 days; deleting one erases a person."""

    __table_args__ = OF_PEOPLE
    subject_id: str = Field(primary_key=True)
    wrapped_key: bytes = blob()


class PullRow(SQLModel, table=True):
    """Files that were pulled: the cursor of each source. Trusted; an edit hides a gap in the data."""

    __table_args__ = (
        UniqueConstraint(
            "contract_id", "source_id", "file_sha256", "meaning_sha256", "asked_to_week", "batches", name="pull_once"
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    contract_id: str = Field(index=True)
    source_id: str
    file_name: str
    file_sha256: str
    meaning_sha256: str  # of what its cells were read by: the declaration with its code list
    from_week: int
    to_week: int
    edition: int
    asked_to_week: int
    batches: int  # so many were sealed when it was asked: it tells nothing of the people of later ones
    counts: dict[str, Any] = json_value()
    measures: dict[str, int] = json_value()  # what later pulls are judged beside
    decision_id: str
    known_at: datetime = instant()


class DeclaredRow(SQLModel, table=True):
    """Declared aggregates, append-only: a later declaration of a figure supersedes the earlier one. Not trusted: the
    token is signed by the evaluator whose key stands in the contract.
    """

    id: int | None = Field(default=None, primary_key=True)
    contract_id: str = Field(index=True)
    aggregate: str
    window: str
    value: int = Field(sa_column=Column(BigInteger, nullable=False))
    token: str
    token_sha256: str = Field(unique=True)
    at: datetime = instant()


class ReleaseRow(SQLModel, table=True):
    """Releases: an intent, then an issued attestation. Not trusted: what counts is signed and logged."""

    __table_args__ = (UniqueConstraint("contract_id", "window", "template", "recipient_role", "revision"),)
    id: str = Field(primary_key=True)
    contract_id: str = Field(index=True)
    contract_version: int
    window: str
    template: str
    recipient_role: str
    recipient_organisation: str
    revision: int
    supersedes: str  # id of the release that this one replaces, or empty
    state: str  # "intended" | "issued"
    seq: int
    jti: str
    status_index: int
    draft: bytes = blob()
    due: list[dict[str, Any]] = json_value()
    bundle: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    leaf_index: int | None = None
    decision_id: str
    known_at: datetime = instant()
    intended_at: datetime = instant()
    issued_at: datetime | None = optional_instant()


class ReleaseAsk(SQLModel, table=True):
    """What a recipient asked for from outside, once each; it waits until such an attestation is issued. Not trusted:
    whoever removes one makes a recipient ask again.
    """

    contract_id: str = Field(primary_key=True)
    window: str = Field(primary_key=True)
    template: str = Field(primary_key=True)
    recipient_role: str = Field(primary_key=True)
    asked_at: datetime = instant()


class SigningKeyRow(SQLModel, table=True):
    """Signing keys and their states. Trusted; an edit lets a wrong key sign, and the logged manifests then differ."""

    kid: str = Field(primary_key=True)
    uri: str
    alg: str
    jwk: dict[str, Any] = json_value()
    x5c: list[str] = json_value()
    state: str
    is_development: bool
    added_at: datetime = instant()
    valid_from: datetime | None = optional_instant()
    valid_to: datetime | None = optional_instant()
    compromised_since: datetime | None = optional_instant()


class KeyManifestRow(SQLModel, table=True):
    """Versions of the key manifest, each signed and logged. Not trusted: the manifest key's signature is."""

    version: int = Field(primary_key=True)
    text: str
    receipt: str
    leaf_index: int
    at: datetime = instant()


class StatusVersion(SQLModel, table=True):
    """Signed versions of the status list, for ever. Not trusted: each is signed, and its digest is logged."""

    list_id: int = Field(primary_key=True)
    issued_at: datetime = Field(sa_column=Column(Instant, primary_key=True))
    token: str
    kid: str
    bits_sha256: str
    leaf_index: int


class StatusList(SQLModel, table=True):
    """Status bits. Trusted; an edit revokes or restores an attestation; an old signed list token shows it."""

    list_id: int = Field(primary_key=True)
    bits: bytes = blob()
    updated_at: datetime = instant()


class StatusAllocation(SQLModel, table=True):
    """Indexes in use. May be rebuilt from the releases."""

    list_id: int = Field(primary_key=True)
    idx: int = Field(primary_key=True)


class ClientRow(SQLModel, table=True):
    """API clients and their public keys. Trusted; an edit lets somebody in, where the policy grants it."""

    client_id: str = Field(primary_key=True)
    organisation: str
    role: str
    jwk: dict[str, Any] = json_value()
    is_active: bool
    registered_at: datetime = instant()


class UsedAssertion(SQLModel, table=True):
    """Client assertions that were used, until they expire. May be lost only while no assertion is alive."""

    jti: str = Field(primary_key=True)
    client_id: str = Field(primary_key=True)
    expires_at: int = Field(sa_column=Column(BigInteger, nullable=False))  # Unix seconds, of a client's choosing
