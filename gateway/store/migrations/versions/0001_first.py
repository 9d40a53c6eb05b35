"""Every table of the first version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

SETTLEMENTS = (
    "kind IN ('adjustment_signed', 'dispute_resolved', 'payment_registered', 'payment_requested', "
    "'release_intended', 'result_acknowledged', 'result_disputed')"
)
LOOK_UPS = "kind IN ('enrolment_previewed', 'look_ups_stopped', 'person_looked_up', 'referral_list_refused')"


def upgrade() -> None:
    op.create_table(
        "acceptancerow",
        sa.Column("token_sha256", sa.String(), nullable=False),
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("rules_sha256", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("kid", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token_sha256"),
    )
    op.create_index("ix_acceptancerow_contract_id", "acceptancerow", ["contract_id"], unique=False)
    op.create_table(
        "batch",
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("batch_id", sa.String(), nullable=False),
        sa.Column("file_sha256", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("root_hex", sa.String(), nullable=False),
        sa.Column("nonce_hex", sa.String(), nullable=False),
        sa.Column("sealed_on", sa.String(), nullable=False),
        sa.Column("seal_sha256", sa.String(), nullable=False),
        sa.Column("leaf_index", sa.Integer(), nullable=False),
        sa.Column("block_ends", sa.JSON(), nullable=False),
        sa.Column("plan_sha256", sa.String(), nullable=False),
        sa.Column("plan_salt_hex", sa.String(), nullable=False),
        sa.Column("counts_from", sa.String(), nullable=False),
        sa.Column("sealed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("contract_id", "batch_id"),
    )
    op.create_table(
        "checkpointrow",
        sa.Column("log", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("log", "size"),
    )
    op.create_table(
        "clientrow",
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("jwk", sa.JSON(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("client_id"),
    )
    op.create_table(
        "contractversion",
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("activated_at", sa.BigInteger(), nullable=False),
        sa.Column("batches", sa.Integer(), nullable=False),
        sa.Column("block_ends", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("contract_id", "version"),
    )
    op.create_table(
        "decisionrow",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("principal", sa.String(), nullable=False),
        sa.Column("programme", sa.String(), nullable=False),
        sa.Column("effect", sa.String(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "declaredrow",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("aggregate", sa.String(), nullable=False),
        sa.Column("window", sa.String(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("token_sha256", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_sha256"),
    )
    op.create_index("ix_declaredrow_contract_id", "declaredrow", ["contract_id"], unique=False)
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("host_name", sa.String(), nullable=False),
        sa.Column("municipality_code", sa.String(), nullable=False),
        sa.Column("municipality_name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "keymanifestrow",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("receipt", sa.String(), nullable=False),
        sa.Column("leaf_index", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("version"),
    )
    op.create_table(
        "linkagerow",
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("blind_index", sa.LargeBinary(length=16), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("domain", "key_version", "blind_index", "subject_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_linkagerow_subject_id", "linkagerow", ["subject_id"], unique=False)
    op.create_table(
        "linedigests",
        sa.Column("log_idx", sa.Integer(), nullable=False),
        sa.Column("digests", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("log_idx"),
    )
    op.create_table(
        "logentry",
        sa.Column("log", sa.String(), nullable=False),
        sa.Column("idx", sa.Integer(), nullable=False),
        sa.Column("leaf_data", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("log", "idx"),
    )
    op.create_index(
        "ix_logentry_acceptances",
        "logentry",
        ["kind", "log", "idx"],
        unique=False,
        sqlite_where=sa.text("kind = 'acceptance_recorded'"),
        postgresql_where=sa.text("kind = 'acceptance_recorded'"),
    )
    op.create_index(
        "ix_logentry_adoptions",
        "logentry",
        ["kind", "log", "idx"],
        unique=False,
        sqlite_where=sa.text("kind IN ('contract_adopted', 'contract_shadowed')"),
        postgresql_where=sa.text("kind IN ('contract_adopted', 'contract_shadowed')"),
    )
    op.create_index(
        "ix_logentry_look_ups",
        "logentry",
        ["kind", "log", "idx"],
        unique=False,
        sqlite_where=sa.text(LOOK_UPS),
        postgresql_where=sa.text(LOOK_UPS),
    )
    op.create_index(
        "ix_logentry_settlements",
        "logentry",
        ["kind", "log", "idx"],
        unique=False,
        sqlite_where=sa.text(SETTLEMENTS),
        postgresql_where=sa.text(SETTLEMENTS),
    )
    op.create_index(
        "ix_logentry_versions",
        "logentry",
        ["kind", "log", "idx"],
        unique=False,
        sqlite_where=sa.text("kind = 'contract_activated'"),
        postgresql_where=sa.text("kind = 'contract_activated'"),
    )
    op.create_table(
        "lognode",
        sa.Column("log", sa.String(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("idx", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("log", "level", "idx"),
    )
    op.create_table(
        "personlinerow",
        sa.Column("log_idx", sa.Integer(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(length=32), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("log_idx", "nonce"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_personlinerow_subject_id", "personlinerow", ["subject_id"], unique=False)
    op.create_table(
        "programmerow",
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("activated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("contract_id", "sha256"),
    )
    op.create_table(
        "pullrow",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("file_sha256", sa.String(), nullable=False),
        sa.Column("meaning_sha256", sa.String(), nullable=False),
        sa.Column("from_week", sa.Integer(), nullable=False),
        sa.Column("to_week", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("asked_to_week", sa.Integer(), nullable=False),
        sa.Column("batches", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("measures", sa.JSON(), nullable=False),
        sa.Column("decision_id", sa.String(), nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "contract_id", "source_id", "file_sha256", "meaning_sha256", "asked_to_week", "batches", name="pull_once"
        ),
    )
    op.create_index("ix_pullrow_contract_id", "pullrow", ["contract_id"], unique=False)
    op.create_table(
        "trieddraft",
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("contract_id", "sha256"),
    )
    op.create_table(
        "releaseask",
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("window", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("recipient_role", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("contract_id", "window", "template", "recipient_role"),
    )
    op.create_table(
        "releaserow",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("contract_version", sa.Integer(), nullable=False),
        sa.Column("window", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("recipient_role", sa.String(), nullable=False),
        sa.Column("recipient_organisation", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("supersedes", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("jti", sa.String(), nullable=False),
        sa.Column("status_index", sa.Integer(), nullable=False),
        sa.Column("draft", sa.LargeBinary(), nullable=False),
        sa.Column("due", sa.JSON(), nullable=False),
        sa.Column("bundle", sa.LargeBinary(), nullable=True),
        sa.Column("leaf_index", sa.Integer(), nullable=True),
        sa.Column("decision_id", sa.String(), nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.Column("intended_at", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("contract_id", "window", "template", "recipient_role", "revision"),
    )
    op.create_index("ix_releaserow_contract_id", "releaserow", ["contract_id"], unique=False)
    op.create_table(
        "sourcerow",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "signingkeyrow",
        sa.Column("kid", sa.String(), nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("alg", sa.String(), nullable=False),
        sa.Column("jwk", sa.JSON(), nullable=False),
        sa.Column("x5c", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("is_development", sa.Boolean(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=True),
        sa.Column("valid_to", sa.BigInteger(), nullable=True),
        sa.Column("compromised_since", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("kid"),
    )
    op.create_table(
        "sealedrow",
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("contract_id", "about", "source_id", "subject_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_sealedrow_subject_id", "sealedrow", ["subject_id"], unique=False)
    op.create_table(
        "statusallocation",
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("idx", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("list_id", "idx"),
    )
    op.create_table(
        "statuslist",
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("bits", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("list_id"),
    )
    op.create_table(
        "statusversion",
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("kid", sa.String(), nullable=False),
        sa.Column("bits_sha256", sa.String(), nullable=False),
        sa.Column("leaf_index", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("list_id", "issued_at"),
    )
    op.create_table(
        "subject",
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("batch_id", sa.String(), nullable=False),
        sa.Column("enrolled_on", sa.Date(), nullable=False),
        sa.Column("case_reference", sa.String(), nullable=False),
        sa.Column("notice_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("subject_id"),
        sa.UniqueConstraint("contract_id", "case_reference"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_subject_contract_id", "subject", ["contract_id"], unique=False)
    op.create_table(
        "subjectkeyrow",
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("subject_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "usedassertion",
        sa.Column("jti", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("jti", "client_id"),
    )
    op.create_table(
        "vaultrow",
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("sealed_cpr", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("subject_id"),
        sqlite_with_rowid=False,
    )
