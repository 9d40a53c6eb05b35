"""Which schema a database is at, and how it gets to this version's: the same migrations on both databases."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from gateway.errors import NotInstalled, SchemaOutdated

CURRENT = "0001"  # the newest file in migrations/versions


def require_current(connection: Connection) -> None:
    """Return where the tables are this version's.

    Raises `NotInstalled` where there are none, `SchemaOutdated` where they are another version's.
    """
    found = MigrationContext.configure(connection).get_current_revision()
    if found is None:
        raise NotInstalled(where=connection.engine.url.render_as_string(hide_password=True))
    if found != CURRENT:
        raise SchemaOutdated(found=found, wanted=CURRENT)


def upgrade(connection: Connection) -> None:
    """Run the missing migrations in the caller's transaction; none where the schema is current."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, CURRENT)
