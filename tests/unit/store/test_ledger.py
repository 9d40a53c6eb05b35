"""What a log says of its newest entry and head, and what is named where a stored node is missing: both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import Session, delete

from gateway.errors.oversight import LogCorrupt
from gateway.events.contracts import SourceDeclared
from gateway.store import ledger
from gateway.store.log_tables import LogNode
from gateway.store.unit_of_work import Store
from outcome_verifier.note import Checkpoint, open_note
from tests.support.acting import SOMEBODY
from tests.support.databases import NOW, a_log_key, verifier_key


def append(session: Session, log: str, *, minutes: int = 0) -> int:
    at = NOW + timedelta(minutes=minutes)
    return ledger.append(session, log, leaf_data=b"leaf", kind="k", body="b", nonce=b"n", at=at)


def finish(uow) -> None:
    """A write carries its event."""
    uow.record(SourceDeclared(source="dream", sha256="0" * 64))


@pytest.mark.parametrize("newest", ledger.LOGS)
def test_the_newest_instant_is_that_of_the_last_entry_of_any_log(store: Store, newest: str) -> None:
    """Asked log by log: the last entry of each, and of these the latest."""
    with store.read() as session:
        assert ledger.newest_instant(session, behind={}) is None
    with store.write(NOW + timedelta(minutes=9), by=SOMEBODY) as uow:
        append(uow.session, newest, minutes=1)
        append(uow.session, newest, minutes=5)
        for log in [*ledger.LOGS] * 4:  # the others are longer
            if log != newest:
                append(uow.session, log, minutes=2)
        uow.session.flush()
        assert ledger.newest_instant(uow.session, behind={}) == NOW + timedelta(minutes=5)
        finish(uow)


def test_the_last_entry_of_a_log_counts_and_not_a_later_time_before_it(store: Store) -> None:
    """Each log is in order of time; where it is not, that is for the verification of the log to say."""
    with store.write(NOW + timedelta(minutes=9), by=SOMEBODY) as uow:
        append(uow.session, "attest", minutes=5)
        append(uow.session, "attest", minutes=3)
        uow.session.flush()
        assert ledger.newest_instant(uow.session, behind={}) == NOW + timedelta(minutes=3)
        finish(uow)


def test_a_head_is_signed_once_a_size_and_the_newest_is_of_its_own_log(store: Store) -> None:
    key, other = a_log_key("gateway.test.example/attest"), a_log_key("gateway.test.example/payment")
    with store.write(NOW, by=SOMEBODY) as uow:
        assert ledger.newest_checkpoint(uow.session, "attest") is None
        notes = []
        for _ in range(11):  # a size of two digits is larger than one of one digit
            append(uow.session, "attest")
            notes.append(ledger.checkpoint(uow.session, "attest", key, at=NOW))
            assert ledger.checkpoint(uow.session, "attest", key, at=NOW) == notes[-1]
        for _ in range(12):
            append(uow.session, "payment")
        ledger.checkpoint(uow.session, "payment", other, at=NOW)
        newest = ledger.newest_checkpoint(uow.session, "attest")
        assert newest == notes[-1]
        assert Checkpoint.parse(open_note(newest or "", [verifier_key(key)])[0]).size == 11
        assert ledger.newest_checkpoint(uow.session, "access") is None
        finish(uow)


def test_a_missing_node_is_named_by_the_first_entry_below_it(store: Store) -> None:
    with store.write(NOW, by=SOMEBODY) as uow:
        for _ in range(6):
            append(uow.session, "attest")
        finish(uow)
        uow.session.flush()
        uow.session.exec(delete(LogNode).where(LogNode.log == "attest", LogNode.level == 1, LogNode.idx == 2))
        for asked in (lambda: ledger.root(uow.session, "attest", 6), lambda: append_twice(uow.session)):
            with pytest.raises(LogCorrupt) as caught:
                asked()
            assert (caught.value.log, caught.value.index) == ("attest", 4)
            assert caught.value.what == "the stored node of level 1 is missing"


def append_twice(session: Session) -> None:
    """The eighth leaf completes a subtree over the missing node."""
    append(session, "attest")
    append(session, "attest")


def test_no_log_but_the_three_is_asked_for_a_proof(store: Store) -> None:
    """Its name goes into plain SQL."""
    with store.read() as session, pytest.raises(ValueError, match=r"^no such log$"):
        ledger.root(session, "attest' OR '1'='1", 1)


def test_entries_are_read_in_order_from_where_one_asks(store: Store) -> None:
    with store.write(NOW, by=SOMEBODY) as uow:
        for _ in range(5):
            append(uow.session, "attest")
            append(uow.session, "payment")
        finish(uow)
        read = [(row.log, row.idx) for row in ledger.rows(uow.session, "attest", first=2, count=2)]
        assert read == [("attest", 2), ("attest", 3)]
        assert [row.idx for row in ledger.rows(uow.session, "attest")] == [0, 1, 2, 3, 4]
        assert [row.idx for row in ledger.rows(uow.session, "attest", first=4)] == [4]
