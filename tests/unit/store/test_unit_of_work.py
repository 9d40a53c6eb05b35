"""A transaction is audited, whole, one at a time, and in order of time: on both databases."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, timedelta, timezone

import pytest
from sqlalchemy import text
from sqlmodel import Session, func, select, update

from gateway.errors.store import (
    ClockWentBack,
    StoreBusy,
    StoreMissing,
    StoreNotWritable,
    StoreUnreachable,
    UnauditedWrite,
)
from gateway.events.contracts import SourceDeclared
from gateway.events.decisions import NotDone
from gateway.events.event import PersonLine, lines_root
from gateway.store import ledger, moves
from gateway.store.log_tables import LineDigests, LogEntry, PersonLineRow
from gateway.store.tables import SourceRow
from gateway.store.unit_of_work import Store
from outcome_verifier import canonical
from tests.support.acting import SOMEBODY
from tests.support.databases import NOW, synced_sqlite

EVENT = SourceDeclared(source="dream", sha256="0" * 64)


def a_source(name: str) -> SourceRow:
    return SourceRow(id=name, kind="dream", sha256="0" * 64, text=b"", file_name="dream.toml")


def sources(store: Store) -> list[str]:
    with store.read() as session:
        return sorted(session.exec(select(SourceRow.id)))


def log_size(store: Store) -> int:
    with store.read() as session:
        return ledger.size(session, "access")


def test_rows_and_event_are_committed_together(store: Store) -> None:
    with store.write(NOW, by=SOMEBODY) as uow:
        uow.session.add(a_source("dream"))
        assert uow.record(EVENT) == 0
    assert (sources(store), log_size(store)) == (["dream"], 1)


def test_an_exception_leaves_neither_rows_nor_event(store: Store) -> None:
    def fail() -> None:
        with store.write(NOW, by=SOMEBODY) as uow:
            uow.session.add(a_source("dream"))
            uow.record(EVENT, [PersonLine("a" * 32, "pull", "outcome_evaluation")])
            uow.session.flush()
            raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        fail()
    assert (sources(store), log_size(store)) == ([], 0)


def add_object(session: Session) -> None:
    session.add(a_source("other"))


def update_in_bulk(session: Session) -> None:
    session.exec(update(SourceRow).values(kind="income"))


def plain_sql(session: Session) -> None:
    session.execute(text("  delete from sourcerow"))


def unrecorded_leaf(session: Session) -> None:
    ledger.append(session, "attest", leaf_data=b"{}", kind="", body="{}", nonce=b"", at=NOW)


@pytest.mark.parametrize("write", [add_object, update_in_bulk, plain_sql, unrecorded_leaf])
def test_a_write_without_event_is_rolled_back(store: Store, write: Callable[[Session], None]) -> None:
    """Objects, bulk statements, plain SQL and log leaves alike."""
    with store.write(NOW, by=SOMEBODY) as uow:
        uow.session.add(a_source("dream"))
        uow.record(EVENT)
    with pytest.raises(UnauditedWrite), store.write(NOW, by=SOMEBODY) as uow:
        write(uow.session)
    assert sources(store) == ["dream"]
    with store.read() as session:
        assert session.exec(select(SourceRow.kind)).one() == "dream"
        assert ledger.size(session, "attest") == 0
    with store.write(NOW, by=SOMEBODY) as uow:  # the same write with an event stands: the refusal was for want of one
        write(uow.session)
        uow.record(EVENT)


LOOK = NotDone(actions=["evaluate"], principals=["x"], programme="p", error="refused")


def plain_sql_of_another_form(session: Session) -> None:
    session.execute(text("WITH x AS (SELECT 1) DELETE FROM sourcerow"))


@pytest.mark.parametrize("write", [add_object, update_in_bulk, plain_sql, plain_sql_of_another_form])
def test_who_says_to_have_looked_alone_writes_nothing(store: Store, write: Callable[[Session], None]) -> None:
    """Else an evaluation would be written against rows that changed under it."""
    with store.write(NOW, by=SOMEBODY) as uow:
        uow.session.add(a_source("dream"))
        uow.record(EVENT)

    def write_under_a_look() -> None:
        with store.write(NOW, by=SOMEBODY) as uow:
            write(uow.session)
            uow.record(LOOK)

    with pytest.raises(UnauditedWrite):
        write_under_a_look()
    assert (sources(store), log_size(store)) == (["dream"], 1)
    with store.write(NOW, by=SOMEBODY) as uow:  # with an event that says so it stands
        write(uow.session)
        uow.record(LOOK)
        uow.record(EVENT)


def test_a_look_moves_nothing_and_whatever_else_is_recorded_does(store: Store) -> None:
    with store.write(NOW, by=SOMEBODY) as uow:
        uow.record(EVENT)
    since = log_size(store)
    with store.write(NOW, by=SOMEBODY) as uow:
        uow.record(LOOK, [PersonLine("a" * 32, "evaluate", "outcome_evaluation")])
    with store.read() as session:
        assert not moves.has_moved(session, since=since)
        assert moves.has_moved(session, since=since - 1)
    with store.write(NOW, by=SOMEBODY) as uow:
        uow.record(EVENT)
        uow.record(LOOK)
    with store.read() as session:
        assert moves.has_moved(session, since=since)
        assert not moves.has_moved(session, since=since + 2)


def test_reading_in_a_unit_needs_no_event(store: Store) -> None:
    with store.write(NOW, by=SOMEBODY) as uow:
        uow.session.exec(select(SourceRow)).all()
    assert log_size(store) == 0


def test_a_read_session_cannot_write(store: Store) -> None:
    with store.read() as session, pytest.raises(StoreNotWritable):
        session.execute(text("DELETE FROM sourcerow"))
    with store.write(NOW, by=SOMEBODY) as uow:  # and the next user of the connection can
        uow.session.add(a_source("dream"))
        uow.record(EVENT)
    assert sources(store) == ["dream"]


def test_a_read_session_sees_one_moment(store: Store) -> None:
    """What is committed meanwhile shows in the next session, not in this one."""
    with store.read() as session:
        assert ledger.size(session, "access") == 0
        with store.write(NOW, by=SOMEBODY) as uow:
            uow.record(EVENT)
        assert ledger.size(session, "access") == 0
    assert log_size(store) == 1


def test_instants_come_back_as_they_went_in(store: Store) -> None:
    """Aware, in UTC and to the microsecond, whatever zone they were given in."""
    copenhagen = NOW.astimezone(timezone(timedelta(hours=1)))
    with store.write(copenhagen, by=SOMEBODY) as uow:
        uow.record(EVENT)
    with store.read() as session:
        at = session.exec(select(LogEntry.at)).one()
    assert (at, at.tzinfo) == (NOW, UTC)


def test_naive_instants_are_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="time zone"), store.write(NOW.replace(tzinfo=None), by=SOMEBODY):
        pass


@pytest.mark.parametrize(
    ("behind", "is_refused"),
    [(timedelta(0), False), (timedelta(seconds=30), False), (timedelta(seconds=31), True)],
    ids=["same instant", "waited for the lock", "clock went back"],
)
def test_time_never_runs_back_in_the_log(store: Store, behind: timedelta, is_refused: bool) -> None:
    """An instant from before a wait for the lock moves up to the newest; anything earlier is refused."""
    with store.write(NOW, by=SOMEBODY) as uow:
        uow.record(EVENT)
    if is_refused:
        with pytest.raises(ClockWentBack), store.write(NOW - behind, by=SOMEBODY):
            pass
    else:
        with store.write(NOW - behind, by=SOMEBODY) as uow:
            assert uow.now == NOW


def test_person_lines_are_salted_and_their_root_is_in_the_event(store: Store) -> None:
    lines = [PersonLine(subject * 32, "pull", "outcome_evaluation") for subject in "aab"]
    with store.write(NOW, by=SOMEBODY) as uow:
        uow.record(EVENT, lines)
    with store.read() as session:
        body = canonical.loads(session.exec(select(LogEntry.body)).one().encode())
        rows = session.exec(select(PersonLineRow)).all()
        held = session.exec(select(LineDigests.digests)).one()
    digests = sorted(ledger.access_leaf(row.nonce, row.body.encode()) for row in rows)
    assert body["lines"] == {"count": 3, "root": lines_root(digests)}
    assert held == b"".join(digests)  # in an order of their own
    assert sorted(row.body.encode() for row in rows) == sorted(line.canonical() for line in lines)
    assert len(set(digests)) == 3  # two lines that say the same cannot be told to
    assert not any(line.subject in str(body) for line in lines)


def test_writers_take_turns_and_the_log_has_no_gap(store: Store) -> None:
    """Eight threads of five units each: forty entries, forty rows, one order of time."""

    def work(worker: int) -> None:
        for n in range(5):
            with store.write(NOW + timedelta(seconds=worker % 3), by=SOMEBODY) as uow:
                uow.session.add(a_source(f"{worker}-{n}"))
                uow.record(EVENT)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))  # raises what any of them raised
    assert len(sources(store)) == 40
    with store.read() as session:
        entries = ledger.rows(session, "access")
    assert [entry.idx for entry in entries] == list(range(40))
    assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)


def test_a_writer_that_waits_too_long_is_told_so(store: Store) -> None:
    impatient = Store(store.engine.url.render_as_string(hide_password=False), busy_seconds=1)
    with store.write(NOW, by=SOMEBODY), pytest.raises(StoreBusy), impatient.write(NOW, by=SOMEBODY):
        pass
    with impatient.write(NOW, by=SOMEBODY) as uow:  # positive control: free again
        uow.record(EVENT)
    impatient.dispose()


@pytest.mark.parametrize(
    ("url", "refusal"),
    [
        ("sqlite:////nowhere/at/all.sqlite", StoreMissing),
        ("postgresql+psycopg://u:canary@127.0.0.1:1/none", StoreUnreachable),
    ],
)
def test_a_database_that_does_not_answer_is_named_as_such(url: str, refusal: type[Exception]) -> None:
    """And the message holds no password."""
    unreachable = Store(url)
    with pytest.raises(refusal) as found, unreachable.read():
        pass
    assert "canary" not in str(found.value)
    with pytest.raises(refusal), unreachable.write(NOW, by=SOMEBODY):
        pass
    unreachable.dispose()


def test_sqlite_is_durable_and_wipes_what_it_deletes(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("durable") / "gateway.sqlite"
    file.touch()  # nobody but a migration makes it
    with synced_sqlite(), Store(f"sqlite:///{file}").read() as session:
        connection = session.connection()
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "secure_delete", "foreign_keys")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1}


def test_the_count_of_rows_is_what_was_written(store: Store) -> None:
    """The writes that the positive controls above rely on are visible to another connection."""
    with store.write(NOW, by=SOMEBODY) as uow:
        uow.session.add_all([a_source("a"), a_source("b")])
        uow.record(EVENT)
    with store.read() as session:
        assert session.exec(select(func.count()).select_from(SourceRow)).one() == 2
