"""Every row of a database as lines of JSON, the same from SQLite and PostgreSQL, and back again into either.

The first line of a table says its name and what each column holds; then comes a line for each row, in the order of the
primary key, which tells nothing (`gateway.store.order`). Rows are read and written as they pass: however many there
are, some thousand stand in memory. The tables are those that the database has, so that an older schema is told too.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Connection,
    Date,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.types import TypeEngine

from connectors.base import Progress
from gateway.errors.recovery import BackupInvalid, BackupRefused
from gateway.store.schema import VERSIONS

SUBJECT_KEYS = "subjectkeyrow"  # backed up apart
_AT_ONCE = 1_000
_LINES_AT_ONCE = 500
_GZIP = 31  # zlib's window for the gzip format (RFC 1952)
_KINDS: tuple[tuple[type[TypeEngine[Any]], str, tuple[type, ...]], ...] = (
    (LargeBinary, "bytes", (bytes,)),
    (Date, "date", (date,)),
    (JSON, "json", (object,)),
    (Boolean, "boolean", (bool,)),
    (Integer, "integer", (int,)),
    (String, "text", (str,)),
)
_TYPES = {kind: types for _, kind, types in _KINDS}

Row = dict[str, Any]


def tables_of(connection: Connection) -> dict[str, Table]:
    """The tables that a database has, by name, but for the one that says its schema."""
    known = MetaData()
    known.reflect(bind=connection)
    return {table.name: table for table in known.sorted_tables if table.name != VERSIONS}


def count_rows(connection: Connection, names: list[str]) -> int:
    """How many rows these tables hold together."""
    tables = tables_of(connection)
    return sum(connection.execute(select(func.count()).select_from(tables[name])).scalar_one() for name in names)


@dataclass(slots=True)
class RowsHeard:
    """Tells a progress how many rows of so many went by, over several tables and files."""

    report: Progress
    total: int
    done: int = 0

    def __call__(self, rows: int) -> None:
        self.done += rows
        self.report(self.done, self.total)


def dump(connection: Connection, names: list[str], passed: Callable[[int], object]) -> Iterator[bytes]:
    """These tables as lines under gzip (RFC 1952); `passed` hears how many rows went by since it last did.

    Raises `BackupRefused` where a cell holds another kind of value than its column: `gateway log verify` names it.
    """
    squeeze = zlib.compressobj(wbits=_GZIP)
    tables = tables_of(connection)
    for name in names:
        table = tables[name]
        kinds = {column.name: _kind_of(column.type) for column in table.columns}
        yield squeeze.compress(_line({"table": name, "columns": kinds}).encode("ascii"))
        query = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=_AT_ONCE)
        try:
            for rows in connection.execute(query).partitions(_LINES_AT_ONCE):
                yield squeeze.compress("".join(_row_line(row, kinds.values()) for row in rows).encode("ascii"))
                passed(len(rows))
        except (ValueError, TypeError):  # what a column's type says of a value that it cannot read
            raise BackupRefused(reason=_why_damaged(name)) from None
    yield squeeze.flush()


def _row_line(row: Iterable[Any], kinds: Iterable[str]) -> str:
    return _line([_to_json(value, kind) for value, kind in zip(row, kinds, strict=True)])


def _line(value: object) -> str:
    return json.dumps(value, separators=(",", ":")) + "\n"


def _kind_of(column: TypeEngine[Any]) -> str:
    return next(kind for base, kind, _ in _KINDS if isinstance(column, base))


def _to_json(value: Any, kind: str) -> Any:
    """A value as its line says it. Raises `TypeError` where it is of another kind."""
    if value is None:
        return None
    is_kind = isinstance(value, _TYPES[kind]) and not (kind == "integer" and isinstance(value, bool))
    if not is_kind:
        raise TypeError(kind)
    match kind:
        case "bytes":
            return base64.b64encode(value).decode("ascii")
        case "date":
            return value.isoformat()
        case _:
            return value


def _from_json(value: Any, kind: str) -> object:
    """What `_to_json` was given. Raises `ValueError`, `TypeError`."""
    if value is None:
        return None
    match kind:
        case "bytes":
            return base64.b64decode(value, validate=True)
        case "date":
            return date.fromisoformat(value)
        case _:
            return value


def _why_damaged(table: str) -> str:
    return f"table {table} holds a value of another kind than its column; `gateway log verify` says whether a log does"


@dataclass(slots=True)
class Loading:
    """Lines that become rows, in a transaction of the caller's, as they arrive. `rows` are so many by now.

    Raises `BackupInvalid` where a line, a table or a column is not one of this schema.
    """

    connection: Connection
    file: str  # as errors name it
    passed: Callable[[int], object]
    names: list[str]  # the tables that may come
    rows: int = 0
    _tables: dict[str, Table] = field(default_factory=dict)
    _open: zlib._Decompress = field(default_factory=lambda: zlib.decompressobj(wbits=_GZIP))
    _rest: bytes = b""
    _table: Table | None = None
    _kinds: dict[str, str] = field(default_factory=dict)
    _waiting: list[Row] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._tables = tables_of(self.connection)

    def take(self, data: bytes) -> None:
        """The next piece of the file."""
        try:
            self._take_lines(self._open.decompress(data))
        except (ValueError, TypeError, KeyError, AttributeError, zlib.error):
            raise BackupInvalid(file=self.file, reason="holds a line that is no row of this schema") from None

    def finish(self) -> int:
        """Write what waits, and return how many rows there were. Raises `BackupInvalid` where the end is missing."""
        self._write()
        if self._rest or not self._open.eof:
            raise BackupInvalid(file=self.file, reason="ends before its end")
        return self.rows

    def _take_lines(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            value = json.loads(line)
            if isinstance(value, dict):
                self._begin(value["table"], value["columns"])
            else:
                kinds = self._kinds.items()
                self._waiting.append(
                    {name: _from_json(one, kind) for (name, kind), one in zip(kinds, value, strict=True)}
                )
                if len(self._waiting) == _AT_ONCE:
                    self._write()

    def _begin(self, name: str, kinds: dict[str, str]) -> None:
        self._write()
        if name not in self.names:
            raise KeyError(name)
        self._table = self._tables[name]
        self._kinds = kinds
        if kinds != {column.name: _kind_of(column.type) for column in self._table.columns}:
            raise ValueError(name)

    def _write(self) -> None:
        if self._waiting and self._table is not None:
            self.connection.execute(insert(self._table), self._waiting)
            self.rows += len(self._waiting)
            self.passed(len(self._waiting))
            self._waiting = []


def go_on_counting(connection: Connection) -> None:
    """Let PostgreSQL give the next row a number behind those that were written with theirs; SQLite does by itself."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables_of(connection).values():
        for column in table.primary_key.columns:
            if column.server_default is None:
                continue
            last = connection.execute(select(func.max(column))).scalar_one()
            if last is not None:
                said = {"table": table.name, "column": column.name, "last": last}
                connection.execute(text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)"), said)
