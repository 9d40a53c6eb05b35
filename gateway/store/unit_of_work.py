"""One transaction per use case, with one instant and with its audit events.

`write` takes the database's only writer lock before it reads anything: `BEGIN IMMEDIATE` on SQLite, an advisory
lock on PostgreSQL. So the command line and the server may run at the same time, and the log has no gaps.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool
from sqlmodel import Session

from gateway.errors import ClockWentBack, StoreBusy, UnauditedWrite
from gateway.events import Event, PersonLine, lines_root
from gateway.store import ledger
from gateway.store.tables import PersonLineRow
from outcome_verifier import canonical

_BUSY_SECONDS = 30
_WRITER_LOCK = 0x6F7574636F6D65  # "outcome": the advisory lock of the log head
NONCE_BYTES = 32


class UnitOfWork:
    """An open transaction. `now` is its one instant, aware UTC."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session = session
        self.now = now
        self._recorded = 0

    def record(self, what: Event, lines: Sequence[PersonLine] = ()) -> int:
        """Append the event to the access log in this transaction and return its index."""
        body: dict[str, Any] = what.body()
        nonces = [secrets.token_bytes(NONCE_BYTES) for _ in lines]
        if lines:
            digests = [line.digest(nonce) for line, nonce in zip(lines, nonces, strict=True)]
            body["lines"] = {"count": len(lines), "root": lines_root(digests)}
        encoded = canonical.dumps(body)
        nonce = secrets.token_bytes(NONCE_BYTES)
        index = ledger.append(
            self.session,
            "access",
            leaf_data=ledger.access_leaf(nonce, encoded),
            kind=what.kind(),
            body=encoded.decode("utf-8"),
            nonce=nonce,
            at=self.now,
        )
        self.session.add_all(
            PersonLineRow(log_idx=index, subject_id=line.subject, nonce=salt, body=line.canonical().decode())
            for line, salt in zip(lines, nonces, strict=True)
        )
        self._recorded += 1
        return index

    def close(self) -> None:
        """Refuse a commit that would write rows without an event (invariant 4)."""
        self.session.flush()
        if self.session.info.get("rows_written") and not self._recorded:
            raise UnauditedWrite()


class Store:
    """The database of one installation."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"

    @contextmanager
    def write(self, now: datetime) -> Iterator[UnitOfWork]:
        """The one writer. Commits when the block ends, rolls back when it raises.

        Raises `StoreBusy` when another writer holds the lock for 30 seconds, `ClockWentBack` when the
        newest log entry is later than `now`, `UnauditedWrite` when rows were written without an event.
        """
        session = Session(self.engine, expire_on_commit=False)
        event.listen(session, "before_flush", _note_writes)
        try:
            self._lock(session)
            newest = ledger.newest_instant(session)
            if newest is not None and now < newest:
                raise ClockWentBack()
            unit = UnitOfWork(session, now)
            yield unit
            unit.close()
            session.commit()
        finally:
            session.close()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A read-only session, for what is not personal: contracts, keys of clients, logs' heads."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session
            session.rollback()

    def dispose(self) -> None:
        self.engine.dispose()

    def _lock(self, session: Session) -> None:
        try:
            if self.is_sqlite:
                session.connection().exec_driver_sql("BEGIN IMMEDIATE")
            else:
                session.execute(text(f"SET LOCAL lock_timeout = '{_BUSY_SECONDS}s'"))
                session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITER_LOCK})
        except OperationalError:
            raise StoreBusy() from None


def _note_writes(session: Session, _context: object, _instances: object) -> None:
    if session.new or session.dirty or session.deleted:
        session.info["rows_written"] = True


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    # no pool: a connection belongs to one use case and one thread, and closing it ends its locks
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": _BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # SQLAlchemy's BEGIN must be ours, see _lock
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "secure_delete = ON",
            "foreign_keys = ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    return engine
