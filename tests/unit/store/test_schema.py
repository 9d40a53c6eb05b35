"""The migrations make exactly the tables that the code uses, on both databases."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlmodel import SQLModel

import gateway.store
from gateway.errors.installation import NotInstalled
from gateway.errors.store import SchemaOutdated, StoreMissing
from gateway.store import schema
from gateway.store.schema import check_schema, migrate
from gateway.store.unit_of_work import Store


def test_migrated_tables_are_those_of_the_code(store: Store) -> None:
    for module in pkgutil.iter_modules(gateway.store.__path__):  # a table is known when its module was imported
        importlib.import_module(f"gateway.store.{module.name}")
    with store.read() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []
    check_schema(store)


def test_migrating_twice_changes_nothing(store: Store) -> None:
    migrate(store)
    check_schema(store)


def test_an_empty_database_is_not_installed(database_url: str) -> None:
    empty = Store(database_url)
    with pytest.raises(StoreMissing if empty.is_sqlite else NotInstalled):
        check_schema(empty)
    empty.dispose()


def test_another_schema_is_refused(store: Store) -> None:
    """An older or newer program never touches tables that it does not know."""
    with store.alone() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(SchemaOutdated, match="0000"):
        check_schema(store)


def test_the_current_schema_is_the_newest_migration() -> None:
    directory = ScriptDirectory(schema.MIGRATIONS)
    assert directory.get_current_head() == schema.CURRENT


def test_a_failed_migration_leaves_no_table(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables and version are one transaction, on SQLite as well."""
    database = Store(database_url)

    def fail(*_: object) -> None:
        raise RuntimeError("the power went")

    monkeypatch.setattr("alembic.runtime.migration.HeadMaintainer.update_to_step", fail)
    with pytest.raises(RuntimeError):
        migrate(database)
    monkeypatch.undo()
    with pytest.raises(NotInstalled):
        check_schema(database)
    migrate(database)
    check_schema(database)
    database.dispose()
