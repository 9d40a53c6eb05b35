"""A database as a thief of the disk reads it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from gateway.store.unit_of_work import Store


def database_bytes(store: Store) -> bytes:
    """All that stands in the files of the database: on SQLite with the write-ahead log and its index; on PostgreSQL
    every relation, the catalogues included, without the server's write-ahead log.
    """
    if store.is_sqlite:
        files = sorted(Path(store.engine.url.database or "").parent.glob("*.sqlite*"))
    else:
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("CHECKPOINT"))
            folder = Path(connection.execute(text("SHOW data_directory")).scalar_one())
            number = connection.execute(text("SELECT oid FROM pg_database WHERE datname = current_database()"))
            files = sorted((folder / "base" / str(number.scalar_one())).iterdir())
    return b"".join(file.read_bytes() for file in files if file.is_file())
