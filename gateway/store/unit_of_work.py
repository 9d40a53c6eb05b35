"""One transaction per use case, with one instant and with its audit events.

`write` takes the database's only writer lock before it reads anything: `BEGIN IMMEDIATE` on SQLite, an
advisory lock on PostgreSQL. So the command line and the server may run at the same time, and the log has no
gaps.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Dialect, Engine, create_engine, event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool
from sqlmodel import Session

from gateway.errors.store import StoreBusy, StoreFull, StoreMissing, StoreUnreachable, UnauditedWrite
from gateway.events.actor import Actor
from gateway.events.event import Event, PersonLine, lines_root
from gateway.store import ledger, moves
from gateway.store.clock import ClockRule, instant_of, newest_instant
from gateway.store.faults import tell_faults
from gateway.store.heads import NO_HEADS, Heads, KeptHeads, heads_of
from gateway.store.log_tables import LineDigests, PersonLineRow
from gateway.store.order import insert_rows, shuffle_writes
from gateway.store.unlocked import unlock
from keys.errors import KeyUnknown
from outcome_verifier import canonical

_BUSY_SECONDS = 30
_WRITER_LOCK = 0x6F7574636F6D65  # "outcome": the advisory lock of the log head
_LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL, appendix A
_DISK_FULL = "53100"
_READS = ("SELECT", "PRAGMA", "SET LOCAL", "BEGIN")
NONCE_BYTES = 32


class UnitOfWork:
    """An open transaction. `now` is its one instant, aware UTC; `by` whoever acts in it, as each of its events says."""

    def __init__(self, session: Session, now: datetime, by: Actor) -> None:
        self.session = session
        self.now = now
        self.by = by
        self._recorded = self._recorded_moves = 0
        self._has_written = self._has_moved = False
        # every statement is seen here, so that neither bulk statements nor plain SQL can go around the log
        event.listen(session.connection(), "before_cursor_execute", self._note_writes)

    def record(self, what: Event, lines: Sequence[PersonLine] = ()) -> int:
        """Append the event to the access log in this transaction and return its index."""
        body = what.body(self.by, ledger.instant_text(self.now))
        salted = [(secrets.token_bytes(NONCE_BYTES), line) for line in lines]
        digests = sorted(line.digest(salt) for salt, line in salted)
        if lines:
            body["lines"] = {"count": len(lines), "root": lines_root(digests)}
        encoded = canonical.dumps(body)
        nonce = secrets.token_bytes(NONCE_BYTES)
        index = ledger.append(
            self.session,
            "access",
            leaf_data=ledger.access_leaf(nonce, encoded),
            kind=what.kind,
            body=encoded.decode("utf-8"),
            nonce=nonce,
            at=self.now,
        )
        if lines:
            self.session.add(LineDigests(log_idx=index, digests=b"".join(digests)))
        rows = [
            {"log_idx": index, "nonce": salt, "subject_id": line.subject, "body": line.canonical().decode("utf-8")}
            for salt, line in salted
        ]
        insert_rows(self.session, PersonLineRow, rows)
        self._recorded += 1
        self._recorded_moves += what.kind not in moves.LOOKS
        return index

    def close(self) -> None:
        """Refuse a commit that would write rows without an event, or other rows than its events say (invariant 4)."""
        self.session.flush()
        if (self._has_written and not self._recorded) or (self._has_moved and not self._recorded_moves):
            raise UnauditedWrite()

    def _note_writes(
        self,
        _connection: Connection,
        _cursor: object,
        statement: str,
        _parameters: object,
        _context: object,
        _many: bool,
    ) -> None:
        if not statement.lstrip().upper().startswith(_READS):
            self._has_written = True
            self._has_moved = self._has_moved or not moves.is_beside(statement)


class Store:
    """The database of one installation. Nothing is read before the first `write` or `read`."""

    def __init__(self, url: str, *, heads: KeptHeads | None = None, busy_seconds: int = _BUSY_SECONDS) -> None:
        self.busy_seconds = busy_seconds
        self.longest_pause: timedelta | None = None  # between two entries, until a person confirms the day; None: any
        self._heads = heads
        self._may_make_file = False
        self._load_vault_key: Callable[[], bytes] = _no_vault_key
        self.engine = _engine(url, busy_seconds)
        event.listen(self.engine, "do_connect", self._refuse_missing_file)
        self.is_sqlite = self.engine.dialect.name == "sqlite"

    def unlock(self, load_vault_key: Callable[[], bytes]) -> None:
        """From now on what is sealed can be opened. Until then whoever tries raises `KeyUnknown`."""
        self._load_vault_key = load_vault_key

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        """One transaction under the writer lock and outside the log, for a migration or a restore alone. Raises
        `StoreBusy`, `StoreFull`."""
        self._may_make_file = True
        try:
            with Session(self.engine) as session:
                self._lock(session)
                yield session.connection()
                session.commit()
        except OperationalError as error:
            if is_full(error):
                raise StoreFull() from None
            raise
        finally:
            self._may_make_file = False

    @contextmanager
    def write(
        self, now: datetime, *, by: Actor, keeps_heads_anew: bool = False, clock: ClockRule = ClockRule.CHECKED
    ) -> Iterator[UnitOfWork]:
        """The one writer, for whoever acts. Commits when the block ends, rolls back when it raises.

        `keeps_heads_anew` asks no kept head and replaces them, for two people who compared them elsewhere.

        The unit's instant is `now`, or the newest log entry's when another writer finished while this one
        waited for the lock; see `gateway.store.clock` for the rest.

        Raises `StoreBusy` when another writer holds the lock for too long, `ClockWentBack` when the newest
        log entry is later than such a wait explains, `ClockJumped` when it is older than `longest_pause`,
        `UnauditedWrite` when rows were written without an event, `StoreFull` when there is no room left,
        `ValueError` for a naive instant. Raises `CheckpointMismatch` where a log went back behind its kept head,
        `HeadsLost` where none is kept any more: before the block begins.
        """
        if now.utcoffset() is None:
            raise ValueError("an instant needs a time zone")
        with Session(self.engine, expire_on_commit=False) as session:
            self._lock(session)
            known = NO_HEADS if self._heads is None or keeps_heads_anew else self._heads.check(session)
            slack = timedelta(seconds=self.busy_seconds)
            instant = instant_of(newest_instant(session), now, clock, slack=slack, longest_pause=self.longest_pause)
            shuffle_writes(session)
            unlock(session, self._load_vault_key)
            unit = UnitOfWork(session, instant, by)
            try:
                yield unit
                unit.close()
                with self._keeping_heads(session, known, anew=keeps_heads_anew):
                    session.commit()
            except OperationalError as error:
                if is_full(error):
                    raise StoreFull() from None
                raise

    def try_writing(self) -> None:
        """Ask for the writer lock and the right to append, and write nothing. Raises what keeps from writing."""
        with Session(self.engine) as session:
            self._lock(session)
            session.execute(text("INSERT INTO logentry SELECT * FROM logentry WHERE idx < 0"))
            session.rollback()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one moment and cannot write, for what is not personal, or whose look is logged already.

        Raises `StoreUnreachable` where the database does not answer.
        """
        with Session(self.engine, expire_on_commit=False) as session:
            try:
                if self.is_sqlite:
                    connection = session.connection()
                    connection.exec_driver_sql("PRAGMA query_only = ON")  # ends with the connection: no pool
                    connection.exec_driver_sql("BEGIN")
                else:
                    session.connection(
                        execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
                    )
            except OperationalError:
                raise StoreUnreachable() from None
            unlock(session, self._load_vault_key)
            yield session  # closing, unlike a rollback, leaves readable what was read

    def check_heads(self, session: Session) -> None:
        """Raise what a `write` would raise now: `CheckpointMismatch`, or `HeadsLost`."""
        if self._heads is not None:
            self._heads.check(session)

    def dispose(self) -> None:
        self.engine.dispose()

    def _refuse_missing_file(self, dialect: Dialect, _record: object, args: Sequence[object], _named: object) -> None:
        """SQLite would make an empty file where there is none: under a running server too."""
        if dialect.name == "sqlite" and args and not self._may_make_file and not Path(str(args[0])).exists():
            raise StoreMissing()

    def _keeping_heads(self, session: Session, known: Heads, *, anew: bool) -> AbstractContextManager[None]:
        return nullcontext() if self._heads is None else self._heads.keeping(heads_of(session, known), anew=anew)

    def _lock(self, session: Session) -> None:
        try:
            if self.is_sqlite:
                session.connection().exec_driver_sql("BEGIN IMMEDIATE")
            else:
                session.execute(text(f"SET LOCAL lock_timeout = '{self.busy_seconds}s'"))
                session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITER_LOCK})
        except OperationalError as error:
            if is_full(error):
                raise StoreFull() from None
            raise (StoreBusy() if is_lock_timeout(error) else StoreUnreachable()) from None


def _no_vault_key() -> bytes:
    raise KeyUnknown(name="vault")


def is_lock_timeout(error: OperationalError) -> bool:
    """Whether somebody else held the database for too long."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code == sqlite3.SQLITE_BUSY or getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE


def is_full(error: OperationalError) -> bool:
    """Whether the database has no room left."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code == sqlite3.SQLITE_FULL or getattr(error.orig, "sqlstate", None) == _DISK_FULL


def _engine(url: str, busy_seconds: int) -> Engine:
    if not url.startswith("sqlite"):
        engine = create_engine(url, pool_pre_ping=True, hide_parameters=True)  # in errors and logs: they hold rows
        tell_faults(engine)
        return engine
    # no pool: a connection belongs to one use case and one thread, and closing it ends its locks
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args={"timeout": busy_seconds})
    tell_faults(engine)

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # BEGIN must be ours, see _lock
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "secure_delete = ON",
            "foreign_keys = ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    return engine
