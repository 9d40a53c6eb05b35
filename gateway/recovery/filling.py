"""Rows of a backup become rows of an empty database, which no command opens until the restore has ended."""

from __future__ import annotations

from sqlalchemy import Connection, MetaData, inspect
from sqlmodel import Session

from connectors.base import Progress
from gateway.errors.recovery import BackupInvalid, RestoreRefused
from gateway.recovery.manifest import DATABASE, EVENT, FILES, MANIFEST, SUBJECT_KEYS
from gateway.recovery.opened_parts import OpenedBackup, event_of
from gateway.store import dump, ledger
from gateway.store.heads import heads_of
from gateway.store.schema import CURRENT, RESTORING, mark, migrate_to, migration_of
from gateway.store.unit_of_work import Store
from keys.age_files import open_sealed, read_sealed


def fill(backup: OpenedBackup, store: Store, vault_key: bytes, report: Progress) -> bool:
    """Write every row into the empty database, in one transaction; whether the event of the backup followed them."""
    parts = backup.manifest.parts
    hear = dump.RowsHeard(report, parts[DATABASE].rows + parts[SUBJECT_KEYS].rows)
    with store.alone() as connection:
        _clear(connection)
        try:
            migrate_to(connection, backup.manifest.schema)
        except KeyError:
            reason = f"is of schema {backup.manifest.schema}, which this version does not know; use a newer one"
            raise BackupInvalid(file=MANIFEST, reason=reason) from None
        _empty(connection)
        names = [name for name in dump.tables_of(connection) if name != dump.SUBJECT_KEYS]
        for part, tables in ((DATABASE, names), (SUBJECT_KEYS, [dump.SUBJECT_KEYS])):
            if part in backup.absent:
                continue
            loading = dump.Loading(connection, FILES[part], hear, tables)
            read_sealed(backup.folder / FILES[part], backup.identity, loading.take)
            if loading.finish() != parts[part].rows:
                raise BackupInvalid(file=FILES[part], reason="does not hold the rows that the manifest names")
        dump.go_on_counting(connection)
        migrate_to(connection, CURRENT)
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            if heads_of(session) != backup.manifest.heads:
                raise BackupInvalid(file=FILES[DATABASE], reason="holds logs with other heads than the manifest names")
            has_event = _append_event(backup, session, vault_key)
            session.commit()  # the savepoint
        mark(connection, RESTORING)
        return has_event


def _append_event(backup: OpenedBackup, session: Session, vault_key: bytes) -> bool:
    """The event of this backup, where nobody wrote between its snapshot and it."""
    file = backup.folder / EVENT
    if not file.exists():
        return False
    data = open_sealed(file, backup.identity)
    entry = event_of(data, manifest=backup.manifest_sha256, vault_key=vault_key)
    if entry.idx != backup.manifest.heads["access"].size:
        return False
    ledger.append(
        session,
        "access",
        leaf_data=entry.leaf_data,
        kind=entry.kind,
        body=entry.body,
        nonce=entry.nonce,
        at=entry.at,
    )
    return True


def let_commands_in(store: Store) -> None:
    """Let commands open the database, where a restore kept them out."""
    with store.alone() as connection:
        if migration_of(connection) == RESTORING:
            mark(connection, CURRENT)
    store.dispose()


def take_out(store: Store) -> None:
    """Leave nothing of a restore in a database; what is not of one stays."""
    with store.alone() as connection:
        if migration_of(connection) == RESTORING:
            _clear(connection)
    store.dispose()


def _clear(connection: Connection) -> None:
    """Take out of the database what a killed restore left. Raises `RestoreRefused` where it holds anything else."""
    if not inspect(connection).get_table_names():
        return
    if migration_of(connection) != RESTORING:
        raise RestoreRefused(reason="the database that GATEWAY_DATABASE_URL names holds something")
    there = MetaData()
    there.reflect(bind=connection)
    there.drop_all(connection)


def _empty(connection: Connection) -> None:
    """Take out the rows that migrations made: those of the backup are all there are."""
    for table in dump.tables_of(connection).values():
        connection.execute(table.delete())
