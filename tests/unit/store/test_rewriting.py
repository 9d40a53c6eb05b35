"""Writing the database anew: what was deleted is in no file, or it is said that it may be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import text
from sqlmodel import SQLModel, col, delete, select

from gateway.errors.store import StoreBusy
from gateway.store import audit_tables, sealed
from gateway.store.order import is_of_people
from gateway.store.rewriting import write_anew
from gateway.store.schema import migrate
from gateway.store.tables import SourceRow
from gateway.store.unit_of_work import Store
from tests.support.acting import SOMEBODY
from tests.support.databases import NOW
from tests.support.disk import database_bytes
from tests.unit.store.test_unit_of_work import EVENT, a_source, log_size, sources

_NO_STATISTICS = """
    SELECT relname, count(*) FROM pg_class JOIN pg_attribute ON attrelid = oid
    WHERE relkind = 'r' AND attnum > 0 AND attstattarget = 0 GROUP BY relname
"""


def in_files(store: Store, wanted: bytes) -> bool:
    return wanted in database_bytes(store)


@contextmanager
def holding_a_snapshot(store: Store) -> Iterator[None]:
    """Somebody who has looked at something, or on PostgreSQL at nothing at all, and not ended."""
    with store.read() as session:
        session.exec(select(SourceRow)).all() if store.is_sqlite else session.connection().execute(text("SELECT 1"))
        yield


def test_rewriting_leaves_nothing_of_deleted_rows_and_all_of_the_others(store: Store) -> None:
    with store.write(NOW, by=SOMEBODY) as uow:
        uow.session.add_all(a_source(f"gone-{number}-{number * 7919:08x}") for number in range(400))
        uow.session.add_all(a_source(f"kept-{number}") for number in range(40))
        uow.record(EVENT)
    assert in_files(store, b"gone-399-")
    with store.write(NOW, by=SOMEBODY) as uow:
        uow.session.exec(delete(SourceRow).where(col(SourceRow.id).startswith("gone")))
        uow.record(EVENT)
    assert store.is_sqlite or in_files(store, b"gone-399-")  # PostgreSQL always keeps them so far, SQLite by chance
    write_anew(store)
    assert not in_files(store, b"gone-")
    assert in_files(store, b"kept-39")
    assert (len(sources(store)), log_size(store)) == (40, 2)


def test_rewriting_waits_for_nobody_for_ever(database_url: str) -> None:
    """Somebody who reads keeps what was deleted in sight: that is said, and not taken for done."""
    store = Store(database_url, busy_seconds=1)
    migrate(store)
    with store.read() as session:
        session.exec(select(SourceRow)).all()
        with store.write(NOW, by=SOMEBODY) as uow:
            uow.session.add(a_source("dream"))
            uow.record(EVENT)
        with pytest.raises(StoreBusy):
            write_anew(store)
    write_anew(store)
    store.dispose()


def test_a_snapshot_of_before_keeps_what_was_deleted_and_that_is_not_taken_for_done(database_url: str) -> None:
    """Positive control: while the snapshot is held the bytes do stand there; then they do not."""
    store = Store(database_url, busy_seconds=1)
    migrate(store)
    with store.write(NOW, by=SOMEBODY) as uow:
        uow.session.add_all([a_source("gone-and-forgotten"), a_source("kept")])
        uow.record(EVENT)
    with holding_a_snapshot(store):
        with store.write(NOW, by=SOMEBODY) as uow:
            uow.session.exec(delete(SourceRow).where(col(SourceRow.id) == "gone-and-forgotten"))
            uow.record(EVENT)
        for _ in range(2):
            with pytest.raises(StoreBusy):
                write_anew(store)
        assert in_files(store, b"gone-and-forgotten")
    write_anew(store)
    assert not in_files(store, b"gone-and-forgotten")
    store.dispose()


@pytest.mark.postgres
def test_postgresql_keeps_no_values_of_people_for_its_planner(empty_postgres_url: str) -> None:
    store = Store(empty_postgres_url)
    migrate(store)
    with store.write(NOW, by=SOMEBODY) as uow:
        uow.session.add_all(a_source(f"source-{number}") for number in range(40))
        uow.record(EVENT)
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
        asked = connection.execute(text(_NO_STATISTICS))
        silenced = {str(name): int(count) for name, count in asked}
        kept = set(connection.scalars(text("SELECT DISTINCT tablename FROM pg_stats WHERE schemaname = 'public'")))
    assert {audit_tables.AuditItem, sealed.SealedRow}  # so that their tables are known
    people = {name: len(table.columns) for name, table in SQLModel.metadata.tables.items() if is_of_people(table)}
    assert silenced == people
    assert kept.isdisjoint(people)
    assert "sourcerow" in kept  # positive control
    store.dispose()
