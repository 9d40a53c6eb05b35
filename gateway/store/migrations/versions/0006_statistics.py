"""PostgreSQL keeps values of columns for its planner, in a table that no deletion of ours reaches: none of people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

OF_PEOPLE = (
    "audititem",
    "basisrow",
    "linkagerow",
    "personlinerow",
    "rightsrequest",
    "sealedrow",
    "subject",
    "subjectkeyrow",
    "vaultrow",
)


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    for table in OF_PEOPLE:
        names = [column["name"] for column in sa.inspect(connection).get_columns(table)]
        op.execute(f"ALTER TABLE {table} {', '.join(f'ALTER {name} SET STATISTICS 0' for name in names)}")
