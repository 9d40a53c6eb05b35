"""Faults of a database, each told by its own cause: by SQLite's result code, or PostgreSQL's SQLSTATE (appendix A).

They are told where they are raised, for every statement and connection of an engine. What a use case handles by itself
is left to it: a lock that somebody else holds, and no room left.
"""

from __future__ import annotations

import sqlite3

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext

from gateway.errors.store import (
    StoreConnectionLost,
    StoreDamaged,
    StoreFull,
    StoreLogin,
    StoreMissing,
    StoreNotWritable,
    StoreTimeout,
    StoreUntrusted,
)
from gateway.errors.tree import Broken

_BY_RESULT: dict[int, type[Broken]] = {  # the primary result code: sqlite.org/rescode.html
    sqlite3.SQLITE_CORRUPT: StoreDamaged,
    sqlite3.SQLITE_NOTADB: StoreDamaged,
    sqlite3.SQLITE_READONLY: StoreNotWritable,
    sqlite3.SQLITE_PERM: StoreNotWritable,
    sqlite3.SQLITE_CANTOPEN: StoreMissing,
}
_BY_STATE: dict[str, type[Broken]] = {
    "28P01": StoreLogin,  # invalid_password
    "28000": StoreLogin,  # invalid_authorization_specification
    "3D000": StoreMissing,  # invalid_catalog_name
    "57014": StoreTimeout,  # query_canceled
    "42501": StoreNotWritable,  # insufficient_privilege
    "25006": StoreNotWritable,  # read_only_sql_transaction
    "53100": StoreFull,  # disk_full
    "XX001": StoreDamaged,  # data_corrupted
    "XX002": StoreDamaged,  # index_corrupted
}
_LOST = ("08", "57P")  # classes: connection exception, operator intervention
_PRIMARY = 0xFF  # an extended result code holds the primary one in its lowest byte


def tell_faults(engine: Engine) -> None:
    """From now on a fault that is known here is raised as itself, and not as whatever the driver says."""
    event.listen(engine, "handle_error", _raise_known)


def _raise_known(context: ExceptionContext) -> None:
    known = fault_of(context.original_exception, is_connected=context.connection is not None)
    if known is not None:
        raise known from None


def fault_of(error: BaseException, *, is_connected: bool) -> Broken | None:
    """The fault that a driver's error is, or None where a use case handles it, or nobody knows it."""
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)
        kind = None if code is None else _BY_RESULT.get(code & _PRIMARY)
        if kind is None and isinstance(error, sqlite3.DatabaseError) and "malformed" in str(error):
            kind = StoreDamaged
        return None if kind is None else kind()
    state = getattr(error, "sqlstate", None)
    if state is None:
        return _without_state(error, is_connected=is_connected)
    if state in _BY_STATE:
        return _BY_STATE[state]()
    return StoreConnectionLost() if state.startswith(_LOST) and is_connected else None


def _without_state(error: BaseException, *, is_connected: bool) -> Broken | None:
    """libpq says some things in words alone: what the server refused before anything was asked, and that it is gone."""
    if type(error).__module__.partition(".")[0] != "psycopg":
        return None
    said = str(error)
    if any(words in said for words in ("password authentication failed", "no password supplied")):
        return StoreLogin()
    if "role" in said and "does not exist" in said:
        return StoreLogin()
    if "database" in said and "does not exist" in said:
        return StoreMissing()
    if "certificate" in said or "SSL" in said:
        return StoreUntrusted()
    return StoreConnectionLost() if is_connected and _is_loss(said) else None


def _is_loss(said: str) -> bool:
    return any(words in said for words in ("connection", "server closed", "terminat"))
