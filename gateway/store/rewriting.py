"""Writing the whole database anew, so that nothing of deleted rows is left in its files; and proof that nothing is."""

from __future__ import annotations

import time
from collections.abc import Sequence

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import OperationalError

from gateway.errors.store import StoreBusy, StoreFull, StoreUnreachable
from gateway.store.unit_of_work import Store, is_full, is_lock_timeout

_SMALLEST = "alembic_version"  # one row
_WAIT_SECONDS = 0.2


def write_anew(store: Store) -> None:
    """Write every table anew. When this returns, nothing that was deleted before stands between the rows that stay.

    `secure_delete` zeroes what a deletion frees, but rows that move to another page to balance the tree leave
    copies behind; PostgreSQL keeps deleted rows until a vacuum, and copies them along for as long as anybody has a
    snapshot in which they are still there. The copy on the way is in memory (SQLite). PostgreSQL's write-ahead log is
    its own: what it still holds goes as it is recycled.

    Raises `StoreBusy` while somebody else reads or writes, or may still see what was deleted: then some of it may
    stand there, and this is to be called again. Raises `StoreFull`, `StoreUnreachable`.
    """
    try:
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if store.is_sqlite:
                _rewrite_sqlite(connection)
            else:
                _rewrite_postgresql(connection, store.busy_seconds)
    except OperationalError as error:
        if is_full(error):
            raise StoreFull() from None
        raise (StoreBusy() if is_lock_timeout(error) else StoreUnreachable()) from None


def _rewrite_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("PRAGMA temp_store = MEMORY")
    connection.exec_driver_sql("VACUUM")
    (is_busy, *_) = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
    if is_busy:
        raise StoreBusy()


def _rewrite_postgresql(connection: Connection, seconds: int) -> None:
    """The smallest table first: it tells whether anybody holds an old snapshot before the large ones are written."""
    until = time.monotonic() + seconds
    connection.exec_driver_sql(f"SET lock_timeout = '{seconds}s'")
    now = connection.exec_driver_sql("SELECT pg_current_xact_id()::xid::text").scalar_one()  # later than any deletion
    for tables in ([_SMALLEST], sorted(inspect(connection).get_table_names())):
        while True:
            connection.exec_driver_sql(f"VACUUM (FULL) {', '.join(map(_quote, tables))}")
            if not _has_older_rows(connection, tables, now):
                break
            if time.monotonic() > until:
                raise StoreBusy()
            time.sleep(_WAIT_SECONDS)


def _has_older_rows(connection: Connection, tables: Sequence[str], now: str) -> bool:
    """Whether the last vacuum may have kept rows that were deleted before the transaction `now`.

    It leaves in `relfrozenxid` the transaction before which it removed whatever was deleted (PostgreSQL 18, 24.1.5):
    with nobody else's snapshot in the way, that is one later than `now`.
    """
    query = "SELECT count(*) FROM pg_class WHERE oid = ANY(%s::regclass[]) AND age(relfrozenxid) > age(%s::xid)"
    return bool(connection.exec_driver_sql(query, (list(map(_quote, tables)), now)).scalar_one())


def _quote(table: str) -> str:
    return f'"{table}"'
