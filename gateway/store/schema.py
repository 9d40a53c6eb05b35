"""Which schema a database is at, and how it gets to this version's: the same migrations on both databases."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import String, column, inspect, select, table

from gateway.errors.installation import NotInstalled
from gateway.errors.store import SchemaOutdated
from gateway.store.unit_of_work import Store

CURRENT = "0007"  # the newest file in migrations/versions
_VERSIONS = "alembic_version"
MIGRATIONS = Path(__file__).parent / "migrations"


def check_schema(store: Store) -> None:
    """Return where the tables are this version's.

    Raises `NotInstalled` where there are none, `SchemaOutdated` where they are another version's,
    `StoreUnreachable` where the database does not answer.
    """
    found = newest_migration(store)
    if found is None:
        raise NotInstalled(where=store.engine.url.render_as_string(hide_password=True))
    if found != CURRENT:
        raise SchemaOutdated(found=found, wanted=CURRENT)


def newest_migration(store: Store) -> str | None:
    """The schema that a database is at; None where it has no tables of ours. Raises `StoreUnreachable`."""
    with store.read() as session:
        connection = session.connection()
        newest = select(column("version_num", String)).select_from(table(_VERSIONS))
        return connection.scalar(newest) if inspect(connection).has_table(_VERSIONS) else None


def migrate(store: Store, *, to: str = CURRENT) -> None:
    """Bring the tables to this version's schema, or an earlier one, in one transaction, which two callers cannot do at
    once.

    Changes nothing where they are current. For `gateway init` and `gateway upgrade`: no other command alters tables.
    """
    from alembic import command  # a quarter of a second that no other command needs
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with store.alone() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, to)
