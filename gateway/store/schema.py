"""Which schema a database is at, and how it gets to this version's: the same migrations on both databases."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, String, column, inspect, select, table, update

from gateway.errors.installation import NotInstalled
from gateway.errors.recovery import RestoreUnfinished
from gateway.errors.store import SchemaOutdated
from gateway.store.unit_of_work import Store

CURRENT = "0007"  # the newest file in migrations/versions
VERSIONS = "alembic_version"
RESTORING = "restoring"  # in the place of a migration, while a restore fills the database
MIGRATIONS = Path(__file__).parent / "migrations"


def check_schema(store: Store) -> None:
    """Return where the tables are this version's.

    Raises `NotInstalled` where there are none, `SchemaOutdated` where they are another version's, `RestoreUnfinished`,
    and `StoreUnreachable` where the database does not answer.
    """
    found = newest_migration(store)
    if found is None:
        raise NotInstalled(where=store.engine.url.render_as_string(hide_password=True))
    if found != CURRENT:
        raise SchemaOutdated(found=found, wanted=CURRENT)


def newest_migration(store: Store) -> str | None:
    """The schema that a database is at; None where it has no tables of ours.

    Raises `RestoreUnfinished` where a restore that was killed left it, `StoreUnreachable`.
    """
    with store.read() as session:
        found = migration_of(session.connection())
    if found == RESTORING:
        raise RestoreUnfinished()
    return found


def migration_of(connection: Connection) -> str | None:
    """The same, and `RESTORING` while a restore fills it."""
    if not inspect(connection).has_table(VERSIONS):
        return None
    return connection.scalar(select(column("version_num", String)).select_from(table(VERSIONS)))


def migrate(store: Store, *, to: str = CURRENT) -> None:
    """Bring the tables to this version's schema, or an earlier one, in one transaction, which two callers cannot do at
    once.

    Changes nothing where they are current. For `gateway init` and `gateway upgrade`: no other command alters tables.
    """
    with store.alone() as connection:
        migrate_to(connection, to)


def migrate_to(connection: Connection, migration: str) -> None:
    """Bring the tables to the schema of a migration, in the caller's transaction. Raises `KeyError` for an unknown
    one."""
    from alembic import command  # a quarter of a second that no other command needs
    from alembic.config import Config

    if not any((MIGRATIONS / "versions").glob(f"{migration}_*.py")):
        raise KeyError(migration)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, migration)


def mark(connection: Connection, migration: str) -> None:
    """Say which schema the tables are at: `RESTORING` keeps every command out until the restore has ended."""
    versions = table(VERSIONS, column("version_num", String))
    connection.execute(update(versions).values(version_num=migration))
