"""Whoever edits the database is found out, and the first entry that was touched is named.

Each row of `TAMPERED` is an attack on the access log of twelve entries; the untouched log verifies first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlmodel import Session, delete, select

from gateway.errors.oversight import CheckpointMismatch, LogCorrupt
from gateway.events.contracts import SourceDeclared
from gateway.events.event import PersonLine
from gateway.events.rights import ErasureRepeated
from gateway.store import ledger
from gateway.store.log_tables import CheckpointRow, LineDigests, LogEntry, LogNode, PersonLineRow
from gateway.store.unit_of_work import Store
from gateway.store.verification import verify_all
from keys.signer import LogKey
from outcome_verifier import canonical
from tests.support.acting import SOMEBODY
from tests.support.databases import NOW, a_log_key, verifier_key
from tests.support.examples import every_third

SIZE = 12
KEY = a_log_key()


@pytest.fixture
def filled(store: Store) -> Store:
    """Twelve events, a signed head after the fourth and the last; the sixth has two person lines."""
    for n in range(SIZE):
        with store.write(NOW + timedelta(minutes=n), by=SOMEBODY) as uow:
            lines = [PersonLine(person * 32, "pull", "outcome_evaluation") for person in "ab"]
            uow.record(SourceDeclared(source=f"source-{n}", sha256="0" * 64), lines if n == 5 else ())
            if n in (3, SIZE - 1):
                ledger.checkpoint(uow.session, "access", KEY, at=uow.now)
    return store


def entry(session: Session, index: int) -> LogEntry:
    return session.exec(select(LogEntry).where(LogEntry.log == "access", LogEntry.idx == index)).one()


def reworded(session: Session, index: int, *, with_leaf: bool = False) -> LogEntry:
    """The entry's event now names another source; optionally its leaf is made to fit."""
    found = entry(session, index)
    found.body = found.body.replace(f"source-{index}", "source-x")
    if with_leaf:
        found.leaf_data = ledger.access_leaf(found.nonce, found.body.encode())
    session.add(found)
    session.flush()
    return found


def rebuild(session: Session) -> None:
    """Append every entry anew, as an attacker would who knows this code; numbering and levels are whole."""
    entries = [row.model_dump() for row in ledger.rows(session, "access")]
    session.exec(delete(LogNode).where(LogNode.log == "access"))
    session.exec(delete(LogEntry).where(LogEntry.log == "access"))
    session.expire_all()
    for row in entries:
        kept = {name: row[name] for name in ("leaf_data", "kind", "body", "nonce", "at")}
        ledger.append(session, "access", **kept)


def change_body(session: Session) -> None:
    reworded(session, 7)


def change_body_and_leaf(session: Session) -> None:
    reworded(session, 7, with_leaf=True)


def change_nonce(session: Session) -> None:
    found = entry(session, 7)
    found.nonce = bytes(32)
    session.add(found)


def change_instant(session: Session) -> None:
    found = entry(session, 7)
    found.at += timedelta(seconds=1)
    session.add(found)


def change_kind(session: Session) -> None:
    found = entry(session, 7)
    found.kind = "pull_completed"
    session.add(found)


def drop_row(session: Session) -> None:
    session.delete(entry(session, 7))


def drop_and_renumber(session: Session) -> None:
    session.delete(entry(session, 7))
    session.flush()
    for index in range(8, SIZE):
        found = entry(session, index)
        found.idx = index - 1
        session.add(found)
        session.flush()


def swap_rows(session: Session) -> None:
    for index, other in ((7, 99), (8, 7), (99, 8)):
        found = entry(session, index)
        found.idx = other
        session.add(found)
        session.flush()


def swap_and_rebuild(session: Session) -> None:
    swap_rows(session)
    session.expire_all()
    rebuild(session)


def change_node(session: Session) -> None:
    node = session.get_one(LogNode, ("access", 1, 3))
    node.hash = bytes(32)
    session.add(node)


def drop_node(session: Session) -> None:
    session.delete(session.get_one(LogNode, ("access", 2, 1)))


def truncate_entries(session: Session) -> None:
    session.exec(delete(LogEntry).where(LogEntry.log == "access", LogEntry.idx >= 10))


def truncate_and_rebuild(session: Session) -> None:
    truncate_entries(session)
    rebuild(session)


def rebuild_with_change(session: Session) -> None:
    reworded(session, 7, with_leaf=True)
    rebuild(session)


def a_person_line(session: Session) -> PersonLineRow:
    return session.exec(select(PersonLineRow).where(PersonLineRow.subject_id == "b" * 32)).one()


def change_person_line(session: Session) -> None:
    row = a_person_line(session)
    row.body = row.body.replace("pull", "read")
    session.add(row)


def replace_person_line(session: Session) -> None:
    row, digests = a_person_line(session), session.get_one(LineDigests, 5)
    before = ledger.access_leaf(row.nonce, row.body.encode())
    row.body = row.body.replace("pull", "read")
    digests.digests = digests.digests.replace(before, ledger.access_leaf(row.nonce, row.body.encode()))
    session.add_all([row, digests])


def turn_person_lines(session: Session) -> None:
    row = session.get_one(LineDigests, 5)
    row.digests = row.digests[32:] + row.digests[:32]
    session.add(row)


def drop_digests(session: Session) -> None:
    session.delete(session.get_one(LineDigests, 5))


def add_digests(session: Session) -> None:
    session.add(LineDigests(log_idx=6, digests=bytes(32)))


def digests_of_no_event(session: Session) -> None:
    session.add(LineDigests(log_idx=SIZE, digests=bytes(32)))


def move_person_line(session: Session) -> None:
    row = a_person_line(session)
    row.subject_id = "c" * 32
    session.add(row)


def drop_person_line(session: Session) -> None:
    session.delete(a_person_line(session))


def add_person_line(session: Session) -> None:
    line = PersonLine("c" * 32, "pull", "outcome_evaluation")
    body = line.canonical().decode()
    session.add(PersonLineRow(log_idx=6, nonce=bytes(32), subject_id=line.subject, body=body))


def forge_checkpoint(session: Session) -> None:
    rebuild_with_change(session)
    resign(session, a_log_key())


@dataclass(frozen=True, slots=True)
class Tampered:
    attack: Callable[[Session], None]
    index: int
    says: str


TAMPERED = [
    Tampered(change_body, 7, "the entry does not say what its leaf commits to"),
    Tampered(change_body_and_leaf, 7, "the entry is another one than was appended"),
    Tampered(change_nonce, 7, "the entry does not say what its leaf commits to"),
    Tampered(change_instant, 7, "the entry's instant was changed"),
    Tampered(change_kind, 7, "the entry is filed under another kind"),
    Tampered(drop_row, 7, "the entry is missing"),
    Tampered(drop_and_renumber, 7, "the entry is another one than was appended"),
    Tampered(swap_rows, 7, "the entry is another one than was appended"),
    Tampered(change_node, 6, "the stored node of level 1 was changed"),
    Tampered(drop_node, 4, "a stored node is missing"),
    Tampered(truncate_entries, 10, "an entry was removed from here on"),
    Tampered(truncate_and_rebuild, 10, "entries up to 11 were signed and are missing"),
    Tampered(swap_and_rebuild, 8, "the entry is older than the one before it"),
    Tampered(rebuild_with_change, 4, "one of the entries 4 to 11 is another one than was signed"),
    Tampered(change_person_line, 5, "a person line was changed or added"),
    Tampered(replace_person_line, 5, "the digests of the person lines are not the event's"),
    Tampered(turn_person_lines, 5, "the digests of the person lines are not the event's"),
    Tampered(drop_digests, 5, "the digests of the person lines are not the event's"),
    Tampered(add_digests, 6, "the digests of the person lines are not the event's"),
    Tampered(digests_of_no_event, SIZE, "person lines without their event"),
    Tampered(move_person_line, 5, "a person line was moved to another person"),
    Tampered(drop_person_line, 5, "a person line is missing"),
    Tampered(add_person_line, 6, "a person line was changed or added"),
    Tampered(
        forge_checkpoint, 0, "the checkpoint of size 12 is not signed by this log's key (no signature by a known key)"
    ),
]


@pytest.mark.parametrize("case", every_third(TAMPERED), ids=lambda case: case.attack.__name__)
def test_an_edit_is_found_and_named(filled: Store, case: Tampered) -> None:
    verify(filled)
    tamper(filled, case.attack)
    with pytest.raises(LogCorrupt) as found:
        verify(filled)
    assert (found.value.log, found.value.index, found.value.what) == ("access", case.index, case.says)


def test_the_untouched_log_says_what_it_was_held_against(filled: Store) -> None:
    with filled.read() as session:
        kept = session.get_one(CheckpointRow, ("access", 4)).note
        free = verify_all(session, "access", key=verifier_key(KEY))
        held = verify_all(session, "access", key=verifier_key(KEY), against=kept)
        empty = verify_all(session, "payment", key=verifier_key(KEY))
    assert (free.size, free.checkpoints, free.anchor_size, free.erased_lines) == (SIZE, 2, None, 0)
    assert "no outside anchor" in free.anchor
    assert "size 4 that was kept outside" in held.anchor
    assert (empty.size, empty.checkpoints) == (0, 0)


@pytest.mark.parametrize("attack", [rebuild_with_change, truncate_and_rebuild])
def test_only_a_kept_checkpoint_tells_when_everything_was_signed_anew(
    filled: Store, attack: Callable[[Session], None]
) -> None:
    """The attacker holds the log key too: rows, levels and heads agree again."""
    with filled.read() as session:
        kept = session.get_one(CheckpointRow, ("access", SIZE)).note
    tamper(filled, attack)
    tamper(filled, lambda session: resign(session, KEY))
    with filled.read() as session:
        assert "no outside anchor" in verify_all(session, "access", key=verifier_key(KEY)).anchor
        with pytest.raises(CheckpointMismatch, match=r"another one now|entries are left"):
            verify_all(session, "access", key=verifier_key(KEY), against=kept)


def test_a_kept_checkpoint_of_another_log_or_key_is_refused(filled: Store) -> None:
    other = a_log_key("gateway.test.example/attest")
    with filled.write(NOW + timedelta(hours=1), by=SOMEBODY) as uow:
        foreign = ledger.checkpoint(uow.session, "attest", other, at=uow.now)
        uow.record(SourceDeclared(source="dream", sha256="0" * 64))
    for note in (foreign, "not a note", ""):
        with filled.read() as session, pytest.raises(CheckpointMismatch, match="cannot be read"):
            verify_all(session, "access", key=verifier_key(KEY), against=note)


def test_erased_person_lines_leave_the_log_whole_and_are_counted(filled: Store) -> None:
    """Erasure deletes a line: the digest that stays cannot be tested against a guess. A line that is missing from an
    event since the last erasure was not erased.
    """
    erased = ErasureRepeated(contract="impact60", subject_sha256="0" * 64)
    with filled.write(NOW + timedelta(hours=1), by=SOMEBODY) as uow:
        drop_person_line(uow.session)
        uow.record(erased)
        later = uow.record(
            SourceDeclared(source="dream", sha256="0" * 64), [PersonLine("d" * 32, "pull", "evaluation")]
        )
    with filled.read() as session:
        assert verify_all(session, "access", key=verifier_key(KEY)).erased_lines == 1
    tamper(filled, lambda session: session.exec(delete(PersonLineRow).where(PersonLineRow.log_idx == later)))
    with pytest.raises(LogCorrupt, match="a person line is missing") as found:
        verify(filled)
    assert found.value.index == later


def test_attest_log_bodies_are_checked_too(filled: Store) -> None:
    """In the public logs the leaf is the body itself."""
    leaf = canonical.dumps({"v": 1, "type": "cohort_seal", "sha256": "0" * 64})
    key = a_log_key("gateway.test.example/attest")
    with filled.write(NOW + timedelta(hours=1), by=SOMEBODY) as uow:
        ledger.append(
            uow.session,
            "attest",
            leaf_data=leaf,
            kind="cohort_seal",
            body=leaf.decode(),
            nonce=b"",
            at=uow.now,
        )
        uow.record(SourceDeclared(source="dream", sha256="0" * 64))
    with filled.read() as session:
        assert verify_all(session, "attest", key=verifier_key(key)).size == 1

    def edit(session: Session) -> None:
        row = session.get_one(LogEntry, ("attest", 0))
        row.body = row.body.replace("000", "111")
        session.add(row)

    tamper(filled, edit)
    with filled.read() as session, pytest.raises(LogCorrupt, match="does not say"):
        verify_all(session, "attest", key=verifier_key(key))


def verify(store: Store) -> None:
    with store.read() as session:
        assert verify_all(session, "access", key=verifier_key(KEY)).size == SIZE


def tamper(store: Store, attack: Callable[[Session], None]) -> None:
    """Edit the database as its administrator could: around the unit of work."""
    with Session(store.engine) as session:
        attack(session)
        session.commit()


def resign(session: Session, key: LogKey) -> None:
    """Sign the present head under this key, and drop every earlier one."""
    session.exec(delete(CheckpointRow).where(CheckpointRow.log == "access"))
    session.expire_all()
    ledger.checkpoint(session, "access", key, at=NOW)
