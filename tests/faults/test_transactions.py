"""Processes that write at the same time, or die while they write, leave a whole log: on both databases.

What one process sees of its own transactions stands in `tests/unit/store/test_unit_of_work.py`.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from gateway.events.contracts import SourceDeclared
from gateway.events.event import PersonLine
from gateway.store import ledger
from gateway.store.log_tables import LogEntry, PersonLineRow
from gateway.store.schema import check_schema, migrate
from gateway.store.tables import SourceRow
from gateway.store.unit_of_work import Store, UnitOfWork
from gateway.store.verification import verify_all
from tests.support.acting import SOMEBODY
from tests.support.databases import NOW, a_log_key, verifier_key

UNITS = 15
DIED = 77  # exit status of a process that dies in a unit
KEY = a_log_key()
SPAWN = multiprocessing.get_context("spawn")  # no connection is inherited, as between two real commands


def add(uow: UnitOfWork, name: str) -> None:
    """One row, one event and one person line."""
    uow.session.add(SourceRow(id=name, kind="dream", sha256="0" * 64, text=b"", file_name="f"))
    uow.record(SourceDeclared(source=name, sha256="0" * 64), [PersonLine("a" * 32, "pull", "evaluation")])


def write_units(url: str, worker: str) -> None:
    """Many short units, as one command after the other."""
    store = Store(url)
    for n in range(UNITS):
        with store.write(NOW + timedelta(seconds=n % 3), by=SOMEBODY) as uow:
            add(uow, f"{worker}-{n}")


def die_before_commit(url: str, worker: str) -> None:
    """Everything was sent to the database; then the process is gone, with no rollback of its own."""
    with Store(url).write(NOW, by=SOMEBODY) as uow:
        add(uow, worker)
        uow.session.flush()
        os._exit(DIED)


def install(url: str, _worker: str) -> None:
    """What `gateway init` does to the tables."""
    store = Store(url)
    migrate(store)
    check_schema(store)


def run(work: Callable[[str, str], None], url: str, workers: str) -> list[int | None]:
    """One process for each letter, all at once; returns their exit codes."""
    processes = [SPAWN.Process(target=work, args=(url, worker)) for worker in workers]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    return [process.exitcode for process in processes]


def shown_url(store: Store) -> str:
    return store.engine.url.render_as_string(hide_password=False)


def found(store: Store) -> tuple[int, list[str], int]:
    """Size of the access log, the rows, and the number of person lines; the log adds up."""
    with store.read() as session:
        report = verify_all(session, "access", key=verifier_key(KEY))
        return report.size, sorted(session.exec(select(SourceRow.id))), lines(session)


def lines(session: Session) -> int:
    return len(session.exec(select(PersonLineRow.log_idx)).all())


def test_two_processes_writing_at_once_are_both_right(store: Store) -> None:
    """No unit is lost, no index twice or left out, and the log is in one order of time."""
    assert run(write_units, shown_url(store), "xy") == [0, 0]
    names = sorted(f"{worker}-{n}" for worker in "xy" for n in range(UNITS))
    assert found(store) == (2 * UNITS, names, 2 * UNITS)
    with store.read() as session:
        entries = session.exec(select(LogEntry.idx, LogEntry.at).order_by(LogEntry.idx)).all()
    assert [index for index, _ in entries] == list(range(2 * UNITS))
    assert [at for _, at in entries] == sorted(at for _, at in entries)


def test_a_process_that_dies_in_a_unit_leaves_nothing_and_frees_the_lock(store: Store) -> None:
    """Neither row, event, line nor node; the next process writes at once (positive control)."""
    assert run(die_before_commit, shown_url(store), "d") == [DIED]
    assert found(store) == (0, [], 0)
    with store.read() as session:
        assert ledger.root(session, "access", 0).hex().startswith("e3b0c442")
    assert run(write_units, shown_url(store), "x") == [0]
    assert found(store)[0] == UNITS


@pytest.mark.parametrize("callers", ["x", pytest.param("xyz", marks=pytest.mark.long)], ids=["alone", "three at once"])
def test_installing_at_once_makes_one_schema(database_url: str, callers: str) -> None:
    """The second and third wait for the first, and find its tables current."""
    assert run(install, database_url, callers) == [0] * len(callers)
    store = Store(database_url)
    check_schema(store)
    store.dispose()
