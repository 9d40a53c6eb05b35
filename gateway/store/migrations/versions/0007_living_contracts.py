"""Trials of drafts, referrals by mistake, and clocks that were set back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

LOOK_UPS = (
    "kind IN ('enrolment_previewed', 'look_ups_stopped', 'person_looked_up', 'referral_list_refused',"
    " 'trial_list_refused')"
)
SET_BACKS = "kind = 'clock_set_back'"


def upgrade() -> None:
    op.create_table(
        "trialreportrow",
        sa.Column("contract_sha256", sa.String(), nullable=False),
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("files_sha256", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("contract_sha256"),
    )
    # of a row that was there nothing was said: the default is theirs, and no later row leaves it out
    op.add_column("basisrow", sa.Column("reason", sa.String(), nullable=False, server_default=""))
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE basisrow ALTER reason SET STATISTICS 0")
    op.drop_index("ix_logentry_look_ups", "logentry")
    for name, kinds in (("ix_logentry_look_ups", LOOK_UPS), ("ix_logentry_set_backs", SET_BACKS)):
        where = sa.text(kinds)
        op.create_index(
            name, "logentry", ["kind", "log", "idx"], unique=False, sqlite_where=where, postgresql_where=where
        )
