"""Rows that were removed are gone from the database file too, free pages and the space between cells included."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from sqlmodel import col, delete, select

from gateway.events.log import LogVerified
from gateway.store.log_tables import PersonLineRow
from gateway.store.rewriting import write_anew
from gateway.store.rights_tables import BasisRow
from gateway.store.sealed import SealedRow
from gateway.store.tables import LinkageRow, Subject, SubjectKeyRow, VaultRow
from tests.support.municipality import SimulatedMunicipality, ready

OF_PEOPLE = (VaultRow, SubjectKeyRow, LinkageRow, SealedRow, BasisRow, PersonLineRow, Subject)
SHARES = {"one": 1, "half": 15, "everybody": 30}


def on_disk(folder: Path) -> bytes:
    """The database as a thief of the disk reads it: the file, the write-ahead log and its index."""
    return b"".join(path.read_bytes() for path in sorted(folder.glob("gateway.sqlite*")))


def traces_of(town: SimulatedMunicipality, subjects: list[str]) -> dict[str, list[bytes]]:
    """What stands in the database of these people, by the column that it stands in."""
    found: dict[str, list[bytes]] = {"subject_id": [subject.encode() for subject in subjects]}
    with town.gateway.store.read() as session:
        for table, name in (
            (Subject, "case_reference"),
            (VaultRow, "sealed_cpr"),
            (SubjectKeyRow, "wrapped_key"),
            (LinkageRow, "blind_index"),
            (SealedRow, "sealed"),
            (PersonLineRow, "nonce"),
        ):
            values = session.exec(select(getattr(table, name)).where(col(table.subject_id).in_(subjects))).all()
            found[name] = [value if isinstance(value, bytes) else value.encode() for value in values]
    town.gateway.store.dispose()
    assert all(found.values())
    return found


def left(data: bytes, wanted: dict[str, list[bytes]]) -> dict[str, int]:
    """How many of the values still stand there, by column."""
    counts = {name: sum(value in data for value in values) for name, values in wanted.items()}
    return {name: count for name, count in counts.items() if count}


def free_pages(database: Path) -> int:
    with sqlite3.connect(database) as connection:
        (count,) = connection.execute("PRAGMA freelist_count").fetchone()
    connection.close()
    return int(count)


@pytest.mark.parametrize(
    "share", ["one", *(pytest.param(share, marks=pytest.mark.long) for share in ("half", "everybody"))]
)
def test_what_was_deleted_is_nowhere_in_the_file(tmp_path: Path, share: str):
    """Erased as the tables are made for it: rows deleted, all written anew; nothing is left."""
    town = ready(tmp_path)
    town.release("2018H2", "payment_document", "operator")
    with town.gateway.store.read() as session:
        subjects = sorted(row.subject_id for row in session.exec(select(Subject)))[: SHARES[share]]
    wanted = traces_of(town, subjects)
    assert left(on_disk(town.data_directory), wanted) == {name: len(values) for name, values in wanted.items()}
    with town.gateway.write() as uow:
        for table in OF_PEOPLE:
            uow.session.exec(delete(table).where(col(table.subject_id).in_(subjects)))
        uow.record(LogVerified(sizes={}, with_anchor=False))
    write_anew(town.gateway.store)
    town.gateway.store.dispose()
    assert left(on_disk(town.data_directory), wanted) == {}
    assert free_pages(town.data_directory / "gateway.sqlite") == 0
    assert not (town.data_directory / "gateway.sqlite-wal").exists()


def test_without_secure_delete_it_would_still_stand_there(tmp_path: Path):
    """Positive control: the same deletion over a connection with `secure_delete` off leaves the values behind."""
    town = ready(tmp_path)
    with town.gateway.store.read() as session:
        subjects = [row.subject_id for row in session.exec(select(Subject))]
    wanted = traces_of(town, subjects)
    careless = tmp_path / "careless"
    careless.mkdir()
    shutil.copy(town.data_directory / "gateway.sqlite", careless)
    with sqlite3.connect(careless / "gateway.sqlite") as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        for table in OF_PEOPLE:
            connection.execute(f"DELETE FROM {table.__tablename__}")
    connection.close()
    found = left(on_disk(careless), wanted)
    assert {"subject_id", "case_reference", "sealed_cpr", "wrapped_key", "blind_index"} <= found.keys()
    assert free_pages(careless / "gateway.sqlite") > 0


def test_every_connection_of_the_gateway_deletes_securely(tmp_path: Path):
    """The setting belongs to a connection and not to the file: each one has it, and keeps its journal in WAL."""
    town = ready(tmp_path)
    with town.gateway.write() as uow:
        assert uow.session.connection().exec_driver_sql("PRAGMA secure_delete").scalar() == 1
        assert uow.session.connection().exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    with town.gateway.store.read() as session:
        assert session.connection().exec_driver_sql("PRAGMA secure_delete").scalar() == 1
    with town.gateway.store.alone() as connection:
        assert connection.exec_driver_sql("PRAGMA secure_delete").scalar() == 1
