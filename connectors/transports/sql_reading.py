"""Reading a database: a transaction that is read-only and short, streamed, with every value as exact text.

The number and the days are parameters, never text of the statement. Of the database's own errors only their class is
told: their messages repeat values.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, CursorResult, Engine, NullPool, QueuePool, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from connectors.errors import (
    Remedy,
    SchemaChanged,
    SecretMissing,
    SourceError,
    SourceMalformed,
    SourceRefused,
    SourceUnavailable,
)
from connectors.schema import Schema
from connectors.transport import Ask, Clock, Page, Record, Secrets
from connectors.transports.sql_settings import SqlSettings

_ROWS_A_PAGE = 1_000
_STEPS_BETWEEN_LOOKS = 10_000  # of SQLite's virtual machine
_DRIVERS = {"postgresql": "postgresql+psycopg", "sqlite": "sqlite", "mssql": "mssql+pyodbc"}
_READS = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_TRANSACTION})
_WRITES = "25006"
# SQLSTATE, its beginning -> what it means (PostgreSQL, appendix A)
_STATES: tuple[tuple[str, type[SourceError], str], ...] = (
    ("28", SourceRefused, "it does not accept the user or the password"),
    ("42501", SourceRefused, "this user may not read it"),
    (_WRITES, SourceRefused, "the statement would change something"),
    ("42P01", SchemaChanged, "a table of the statement is not there"),
    ("42703", SchemaChanged, "a column of the statement is not there"),
    ("42", SchemaChanged, "it does not understand the statement any more"),
    ("57014", SourceUnavailable, "the statement took longer than it may"),
    ("22", SourceMalformed, "a value is not of the type that the statement expects"),
)
# of PostgreSQL in English, and of SQLite; elsewhere the name is not told
_MISSING = re.compile(r'(?:column|relation|table):? "?(?:\w+\.)*(\w+)')
_WORD = re.compile(r"\w+")
# libpq says of a connection that was not made what happened, and no SQLSTATE
_NOT_LET_IN = ("authentication failed", "is not permitted to log in", "no password supplied")


class SqlReader:
    """What reading lists and asking about people have in common."""

    def __init__(self, settings: SqlSettings, schema: Schema, secrets: Secrets, clock: Clock) -> None:
        url = _url(settings, secrets)
        self._settings, self._schema = settings, schema
        self._source = url.host or Path(url.database or "").name or settings.dialect
        self._engine = _engine(settings, url, clock)
        self._statement = text(settings.statement)

    def close(self) -> None:
        self._engine.dispose()

    def _pages(self, ask: Ask, number: str) -> Iterator[Page]:
        failure: SourceError
        try:
            yield from self._read(ask, number)
            return
        except DBAPIError as error:
            failure = self._failure(error)
        except SQLAlchemyError:
            failure = SourceUnavailable(source=self._source, reason="no connection is free, or it gave no rows")
        raise failure  # outside the handler, so that the database's own error does not hang on it

    def _read(self, ask: Ask, number: str) -> Iterator[Page]:
        given = {"from_day": ask.from_day, "to_day": ask.to_day, "since": ask.since, "cpr": number}
        if self._settings.dialect == "sqlite":  # which has no days, only texts
            given |= {"from_day": ask.from_day.isoformat(), "to_day": ask.to_day.isoformat()}
        wanted = {name: given[name] for name in self._statement.compile().params}
        with self._engine.connect() as connection, connection.begin():
            _restrict(connection, self._settings)
            streamed = connection.execution_options(yield_per=_ROWS_A_PAGE)
            with streamed.execute(self._statement, wanted) as result:
                self._check_names(result)
                last = None
                for rows in result.partitions(_ROWS_A_PAGE):
                    records = [self._record(row) for row in rows]
                    last = self._in_order(rows, last)
                    yield Page(records, self._cursor(last) or ask.since)

    def _check_names(self, result: CursorResult[Any]) -> None:
        names = tuple(result.keys())
        if names != self._settings.names:
            self._schema.check(names, source=self._source)
            raise SchemaChanged(source=self._source, reason="gives other columns than its statement names")

    def _record(self, row: Sequence[Any]) -> Record:
        texts: dict[str, str] = {}
        for name, value in zip(self._settings.names, row, strict=True):
            if name not in self._schema.columns:
                continue
            leaf = self._settings.types.get(name, "text")
            if value is None and name in self._settings.optional:
                texts[name] = ""
                continue
            found = None if value is None else _TEXTS[leaf](value)
            if found is None:
                said = "NULL" if value is None else f"not of the type {leaf}"
                raise SchemaChanged(source=self._source, reason=f"{name!r} is {said}")
            texts[name] = found
        return tuple(texts[name] for name in self._schema.columns)

    def _in_order(self, rows: Sequence[Sequence[Any]], last: Any) -> Any:
        """The cursor of the last row; every row's is at least that of the row before."""
        if not self._settings.cursor:
            return None
        place = self._settings.names.index(self._settings.cursor)
        for row in rows:
            if row[place] is None or (last is not None and row[place] < last):
                raise SourceMalformed(source=self._source, reason="its rows are not in the order of the cursor")
            last = row[place]
        return last

    def _cursor(self, last: Any) -> str:
        leaf = self._settings.types.get(self._settings.cursor, "text")
        return "" if last is None else _TEXTS[leaf](last) or ""

    def _failure(self, error: DBAPIError) -> SourceError:
        state = getattr(error.orig, "sqlstate", None) or ""
        for beginning, kind, reason in _STATES:
            if state.startswith(beginning):
                if beginning == _WRITES:
                    return SourceRefused(source=self._source, reason=reason, remedy=Remedy.DECLARATION)
                return kind(
                    source=self._source, reason=f"{reason}{self._missing(error) if kind is SchemaChanged else ''}"
                )
        if not state and any(words in str(error.orig) for words in _NOT_LET_IN):
            return SourceRefused(source=self._source, reason="it does not accept the user or the password")
        said = str(error.orig) if isinstance(error.orig, sqlite3.Error) else ""
        if said in {"file is not a database", "database disk image is malformed"}:
            return SourceMalformed(source=self._source, reason="the file is no database, or cut off")
        if said.startswith(("no such table", "no such column")):
            reason = f"a table or column of the statement is not there{self._missing(error)}"
            return SchemaChanged(source=self._source, reason=reason)
        if said in {"not authorized", "attempt to write a readonly database"}:
            reason = "the statement does more than read"
            return SourceRefused(source=self._source, reason=reason, remedy=Remedy.DECLARATION)
        if said == "interrupted":
            return SourceUnavailable(source=self._source, reason="the statement took longer than it may")
        return SourceUnavailable(source=self._source, reason="the database cannot be reached, or ended the connection")

    def _missing(self, error: DBAPIError) -> str:
        """The name that the database misses, where it is a word of our own statement; of nothing else that it says."""
        found = _MISSING.search(str(error.orig))
        name = found[1] if found else ""
        return f": {name!r}" if name and name in _WORD.findall(self._settings.statement) else ""


class SqlLists(SqlReader):
    """`ListTransport` over a database."""

    def pages(self, ask: Ask) -> Iterator[Page]:
        return self._pages(ask, "")


class SqlPeople(SqlReader):
    """`PersonTransport` over a database."""

    @property
    def parallel(self) -> int:
        return self._settings.parallel

    def ask(self, cpr_digits: str, ask: Ask) -> Sequence[Record]:
        return [record for page in self._pages(ask, cpr_digits) for record in page.records]


def open_database(settings: SqlSettings, schema: Schema, secrets: Secrets, clock: Clock) -> SqlPeople | SqlLists:
    """The transport that asks in the way the settings say; `SecretMissing` where the URL is of another database."""
    return (SqlPeople if settings.asks == "person" else SqlLists)(settings, schema, secrets, clock)


def _url(settings: SqlSettings, secrets: Secrets) -> URL:
    try:
        url = make_url(secrets.text(settings.database))
    except ArgumentError:
        url = None
    if url is None or url.get_backend_name() != settings.dialect:
        raise SecretMissing(name=settings.database, reason=f"is no SQLAlchemy URL of {settings.dialect}")
    return url.set(drivername=_DRIVERS[settings.dialect])


def _engine(settings: SqlSettings, url: URL, clock: Clock) -> Engine:
    if settings.dialect == "sqlite":
        path = Path(url.database or "").resolve()
        return create_engine(
            "sqlite://",
            creator=lambda: _open_sqlite(path, settings, clock),
            poolclass=NullPool,
            hide_parameters=True,
        )
    limits = {"connect_timeout": 10} if settings.dialect == "postgresql" else {"timeout": settings.seconds}
    # a statement of PostgreSQL or SQLite sees one state; one of SQL Server would see rows move, and miss them
    still = {} if settings.dialect == "postgresql" else {"isolation_level": "SERIALIZABLE"}
    return create_engine(
        url,
        **still,
        poolclass=QueuePool,
        pool_size=settings.parallel,
        max_overflow=0,
        pool_timeout=settings.seconds,
        connect_args=limits,
        hide_parameters=True,
    )


def _restrict(connection: Connection, settings: SqlSettings) -> None:
    """Read only, and for so long: PostgreSQL says both of a transaction. SQL Server knows the time alone.

    An instant that the statement casts to a day becomes a Danish one, whatever the database's or the role's zone is.
    """
    if settings.dialect == "postgresql":
        milliseconds = settings.seconds * 1_000
        connection.execute(text("SET TRANSACTION READ ONLY"))
        connection.execute(text("SET LOCAL TIME ZONE 'Europe/Copenhagen'"))
        connection.execute(text(f"SET LOCAL statement_timeout = {milliseconds:d}"))
        connection.execute(text(f"SET LOCAL lock_timeout = {milliseconds:d}"))


def _open_sqlite(path: Path, settings: SqlSettings, clock: Clock) -> sqlite3.Connection:
    """A connection that cannot write: the file is opened so, and all but reading is refused statement by statement."""
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode=ro", uri=True, check_same_thread=False, timeout=settings.seconds
    )
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    ends = clock.monotonic() + settings.seconds

    def authorise_statement(action: int, name: str | None, value: str | None, *_: object) -> int:
        asks_isolation = action == sqlite3.SQLITE_PRAGMA and name == "read_uncommitted" and value is None
        return sqlite3.SQLITE_OK if action in _READS or asks_isolation else sqlite3.SQLITE_DENY

    connection.set_authorizer(authorise_statement)
    connection.set_progress_handler(lambda: clock.monotonic() >= ends, _STEPS_BETWEEN_LOOKS)
    return connection


def _as_written(value: datetime) -> str:
    """An instant in UTC, whatever zone the database shows it in; what a wall's clock showed (`timestamp`) as it is."""
    return (value if value.tzinfo is None else value.astimezone(UTC)).isoformat()


def _exact(value: Any) -> str | None:
    if isinstance(value, Decimal) and value.is_finite():
        return format(value, "f")
    return str(value) if _is_integer(value) else None


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_TEXTS: dict[str, Callable[[Any], str | None]] = {
    "text": lambda value: value if isinstance(value, str) else None,
    "integer": lambda value: str(value) if _is_integer(value) else None,
    "decimal": _exact,  # never a float, which may be another number than was written
    "date": lambda value: value.isoformat() if type(value) is date else None,
    "instant": lambda value: _as_written(value) if isinstance(value, datetime) else None,
    "boolean": lambda value: str(value).lower() if isinstance(value, bool) else None,
}
