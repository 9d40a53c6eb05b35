"""The tables of one installation. Each says whether it is trusted, whether it may be lost, and what somebody
who edits it gains.

Instants are whole microseconds since 1970 in UTC, the same on SQLite and PostgreSQL.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from gateway.store.columns import Instant, blob, instant, json_value, optional_instant


class Installation(SQLModel, table=True):
    """Whose gateway this is. Trusted; may not be lost; an edit renames the issuer, and no trust file has that name; an
    edit of the kind contradicts every key of the store, and nothing opens.
    """

    id: int = Field(default=1, primary_key=True)
    host_name: str
    municipality_code: str
    municipality_name: str
    kind: str  # `gateway.installation.settings.Kind`
    created_at: datetime = instant()

    @property
    def is_demo(self) -> bool:
        """Whether what is signed here proves nothing: every installation but a production one."""
        return self.kind != "production"


class ContractVersion(SQLModel, table=True):
    """Contract files in force. Checked by digest against every attestation; an edit changes the digest."""

    contract_id: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    effective_from: date
    sha256: str
    text: bytes = blob()
    file_name: str
    activated_at: datetime = instant()


class AcceptanceRow(SQLModel, table=True):
    """What parties signed about a contract version. Not trusted: the access log names every one by its digest, and each
    is read again whenever something rests on it. May not be lost: without them nothing more is released.
    """

    token_sha256: str = Field(primary_key=True)
    contract_id: str = Field(index=True)
    version: int
    rules_sha256: str
    role: str
    organisation: str
    kid: str
    token: str
    at: datetime = instant()


class ProgrammeRow(SQLModel, table=True):
    """Programme files, the newest in force and the earlier ones for replay. Trusted; an edit widens purposes or
    grants, and shows as another digest in every decision that follows.
    """

    contract_id: str = Field(primary_key=True)
    sha256: str = Field(primary_key=True)
    position: int  # 1 for the first that was in force, and so on; the highest is in force
    text: bytes = blob()
    file_name: str
    activated_at: datetime = instant()


class NoticeRow(SQLModel, table=True):
    """What people were told, by version and language. Checked by the digest that the programme names."""

    contract_id: str = Field(primary_key=True)
    notice_id: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    language: str = Field(primary_key=True)
    sha256: str
    text: bytes = blob()


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
    seal_sha256: str
    leaf_index: int


class Subject(SQLModel, table=True):
    """People in a contract by random id. Personal data; backed up; an edit breaks the batch's root."""

    subject_id: str = Field(primary_key=True)
    contract_id: str = Field(index=True)
    batch_id: str
    enrolled_on: date
    case_reference: str
    notice_id: str


class LinkageRow(SQLModel, table=True):
    """Blind index -> subject. Personal data; useless without the linkage secret; erased on request."""

    domain: str = Field(primary_key=True)
    key_version: int = Field(primary_key=True)
    blind_index: bytes = Field(sa_column=Column(LargeBinary(16), primary_key=True))
    subject_id: str = Field(primary_key=True, index=True)


class VaultRow(SQLModel, table=True):
    """Sealed CPR numbers (AES-256-GCM under the subject's key). An edit is noticed when it is opened."""

    subject_id: str = Field(primary_key=True)
    sealed_cpr: bytes = blob()


class SubjectKeyRow(SQLModel, table=True):
    """Subject keys, wrapped by the vault key. Backed up apart, for 30 days; deleting one erases a person."""

    subject_id: str = Field(primary_key=True)
    wrapped_key: bytes = blob()


class PullRow(SQLModel, table=True):
    """Files that were pulled: the cursor of each source. Trusted; an edit hides a gap in the data."""

    __table_args__ = (UniqueConstraint("contract_id", "source_id", "file_sha256", "asked_to_week"),)
    id: int | None = Field(default=None, primary_key=True)
    contract_id: str = Field(index=True)
    source_id: str
    file_name: str
    file_sha256: str
    from_week: int
    to_week: int
    edition: int
    asked_to_week: int
    counts: dict[str, Any] = json_value()
    decision_id: str
    known_at: datetime = instant()


class SpellRow(SQLModel, table=True):
    """Status spells, bitemporal: valid weeks × known from/to. Personal data; an edit falsifies an outcome
    and shows in the evaluation's input digest.
    """

    id: int | None = Field(default=None, primary_key=True)
    subject_id: str = Field(index=True)
    source_id: str
    status: str
    code: str
    from_week: int
    to_week: int
    edition: int
    known_from: datetime = instant()
    known_to: datetime | None = optional_instant()


class IncomeRow(SQLModel, table=True):
    """Income postings, bitemporal: a correction is another posting, a file that comes again closes those of the first.
    Personal data; as SpellRow.
    """

    id: int | None = Field(default=None, primary_key=True)
    subject_id: str = Field(index=True)
    source_id: str
    pull_id: int
    month: int
    income_type: str
    paid_hours_hundredths: int
    is_reversal: bool
    amount_minor: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    known_from: datetime = instant()
    known_to: datetime | None = optional_instant()


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


class DecisionRow(SQLModel, table=True):
    """Policy decisions with their facts. Not trusted: each decision's digest stands in its event."""

    id: str = Field(primary_key=True)
    at: datetime = instant()
    sha256: str
    action: str
    principal: str
    programme: str
    effect: str
    body: dict[str, Any] = json_value()


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


def _of_kinds(name: str, kinds: str) -> Index:
    """An index of the few entries of these kinds; a query finds it where it says the same of them in literals.

    With all three columns: SQLite would rather read the whole log by its primary key than an index of fewer.
    """
    return Index(name, "kind", "log", "idx", sqlite_where=text(kinds), postgresql_where=text(kinds))


_SETTLEMENTS = (
    "kind IN ('dispute_resolved', 'payment_registered', 'payment_requested', 'release_intended', "
    "'result_acknowledged', 'result_disputed')"
)


class LogEntry(SQLModel, table=True):
    """Leaves of the logs with what they commit to. Not trusted: the signed checkpoints are."""

    __table_args__ = (
        # every decision asks which policy set the log names last
        _of_kinds("ix_logentry_policy_sets", "kind = 'policy_set_approved'"),
        # every release asks which acceptances the log names
        _of_kinds("ix_logentry_acceptances", "kind = 'acceptance_recorded'"),
        # and which countersignatures
        _of_kinds("ix_logentry_countersignatures", "kind = 'countersignature_taken'"),
        # and whether a contract runs in shadow, or was adopted mid-way
        _of_kinds("ix_logentry_adoptions", "kind IN ('contract_adopted', 'contract_shadowed')"),
        # and every settlement, what was drafted, and what parties said, asked for and paid
        _of_kinds("ix_logentry_settlements", _SETTLEMENTS),
    )
    log: str = Field(primary_key=True)
    idx: int = Field(primary_key=True)
    leaf_data: bytes = blob()
    kind: str
    body: str  # canonical JSON; for the access log the event, for the others the leaf itself
    nonce: bytes = blob()  # 32 random bytes in the access log, empty in the others
    at: datetime = instant()


class LogNode(SQLModel, table=True):
    """Stored levels of the trees: hashes of complete subtrees. May be rebuilt from the leaves."""

    log: str = Field(primary_key=True)
    level: int = Field(primary_key=True)
    idx: int = Field(primary_key=True)
    hash: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))


class CheckpointRow(SQLModel, table=True):
    """Signed heads, one a size. Trusted as far as their signature; a copy kept outside is the real anchor."""

    log: str = Field(primary_key=True)
    size: int = Field(primary_key=True)
    note: str
    at: datetime = instant()


class PersonLineRow(SQLModel, table=True):
    """The parts of events that concern one subject; the event holds a root over their salted digests.
    Personal data; an edit breaks the event's root. Erasing a person empties subject, nonce and body and keeps
    the digest, which then says nothing, so that the lines of the others can still be checked.
    """

    log_idx: int = Field(primary_key=True)
    position: int = Field(primary_key=True)
    subject_id: str = Field(index=True)
    nonce: bytes = blob()
    body: str
    digest: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))


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
