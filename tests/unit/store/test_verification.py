"""A log that is recomputed from its rows, in memory: what is said of each edit, to the letter.

The edits are those of `tests.faults`, and more of them. Rows are read five at a time, so that a log of twelve
entries is read as a long one is.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session, delete

from gateway.errors.oversight import CheckpointMismatch, LogCorrupt
from gateway.events.contracts import SourceDeclared
from gateway.events.event import Event, PersonLine
from gateway.events.rights import ErasureRepeated, PersonErased
from gateway.store import ledger, verification
from gateway.store.log_tables import CheckpointRow, LineDigests, LogEntry, LogNode, PersonLineRow
from gateway.store.unit_of_work import UnitOfWork
from gateway.store.verification import LogReport, verify_all
from outcome_verifier import canonical
from outcome_verifier.note import Checkpoint, sign_note
from outcome_verifier.tlog import EMPTY_ROOT, merkle_root
from tests.faults.test_log_cells import ENTRY, LINE, NODE, OF_BOTH, OF_SQLITE, Cell
from tests.faults.test_log_tampering import TAMPERED, Tampered
from tests.support.acting import SOMEBODY
from tests.support.databases import NOW, a_log_key, tables_in_memory, verifier_key

SIZE = 12
KEY = a_log_key()
ATTEST = a_log_key("gateway.test.example/attest")
FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
REPEATED = ErasureRepeated(contract="c", subject_sha256="0" * 64)
ERASED = PersonErased(contract="c", request="r", subject_sha256="0" * 64, certificate_sha256="0" * 64, decision="d")


@pytest.fixture(scope="module")
def twelve() -> Engine:
    """Twelve entries in the access log, with lines about two people in the sixth, and heads after four and all; eleven
    in the log of attestations, with a head after each."""
    engine = tables_in_memory()
    with Session(engine) as session:
        for number in range(SIZE):
            record(session, "ab" if number == 5 else "", number=number)
            if number in (3, SIZE - 1):
                ledger.checkpoint(session, "access", KEY, at=NOW)
        for number in range(SIZE - 1):
            attest(session, {"type": "cohort_seal", "number": number})
            ledger.checkpoint(session, "attest", ATTEST, at=NOW)
        session.commit()
    return engine


@pytest.fixture
def session(twelve: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """In a transaction of which nothing stays."""
    monkeypatch.setattr(verification, "_ROWS_AT_ONCE", 5)
    with Session(twelve) as found:
        yield found


@pytest.fixture(scope="module")
def blank() -> Engine:
    return tables_in_memory()


@pytest.fixture
def empty(blank: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """Logs in which nothing is yet, in a transaction of which nothing stays."""
    monkeypatch.setattr(verification, "_ROWS_AT_ONCE", 5)
    with Session(blank) as found:
        yield found


def record(session: Session, people: str = "", *, number: int = 60, event: Event | None = None) -> int:
    """So many minutes later something is recorded, with a line about each of these people."""
    lines = [PersonLine(person * 32, "pull", "outcome_evaluation") for person in people]
    said = event or SourceDeclared(source=f"source-{number}", sha256="0" * 64)
    return UnitOfWork(session, NOW + timedelta(minutes=number), SOMEBODY).record(said, lines)


def attest(session: Session, body: object, kind: str = "cohort_seal") -> None:
    leaf = canonical.dumps(body)
    ledger.append(session, "attest", leaf_data=leaf, kind=kind, body=leaf.decode(), nonce=b"", at=NOW)


def write(session: Session, body: bytes, *, at: datetime = NOW + timedelta(hours=1)) -> int:
    """Append an event to the access log that no unit of work would write."""
    nonce = bytes(32)
    leaf = ledger.access_leaf(nonce, body)
    return ledger.append(session, "access", leaf_data=leaf, kind="other", body=body.decode(), nonce=nonce, at=at)


def event_at(at: datetime = NOW + timedelta(hours=1), **more: object) -> bytes:
    return canonical.dumps({"kind": "other", "at": ledger.instant_text(at), **more})


def erase_line(session: Session, index: int, person: str) -> None:
    done = delete(PersonLineRow).where(PersonLineRow.log_idx == index, PersonLineRow.subject_id == person * 32)
    assert session.exec(done).rowcount == 1


def verify(session: Session, log: str = "access", against: str | None = None) -> LogReport:
    session.flush()
    session.expire_all()
    return verify_all(session, log, key=verifier_key(ATTEST if log == "attest" else KEY), against=against)


def corruption(session: Session, log: str = "access") -> tuple[int, str]:
    """Which entry of a log is named, and what is said of it."""
    with pytest.raises(LogCorrupt) as found:
        verify(session, log)
    assert found.value.log == log
    return found.value.index, found.value.what


def root_of(session: Session, log: str, size: int) -> bytes:
    return merkle_root([one.leaf_data for one in ledger.rows(session, log, count=size)])


def test_an_untouched_log_is_told_with_its_head_and_what_it_was_held_against(session: Session):
    root = root_of(session, "access", SIZE)
    assert verify(session) == LogReport("access", SIZE, root, 2, 0, None)
    for size in (4, SIZE):
        note = session.get_one(CheckpointRow, ("access", size)).note
        assert verify(session, against=note) == LogReport("access", SIZE, root, 2, 0, size)
    assert verify(session, "attest") == LogReport("attest", 11, root_of(session, "attest", 11), 11, 0, None)
    assert verify(session, "payment") == LogReport("payment", 0, EMPTY_ROOT, 0, 0, None)


@pytest.mark.parametrize("case", TAMPERED, ids=lambda case: case.attack.__name__)
def test_each_edit_of_a_log_is_named(session: Session, case: Tampered):
    case.attack(session)
    assert corruption(session) == (case.index, case.says)


# cells


OF_TWO = [
    Cell("UPDATE logentry SET body = x'00' WHERE idx IN (4, 3)", 3, ENTRY),
    Cell("UPDATE linedigests SET digests = 'abc' WHERE log_idx = 2", 2, LINE),
    Cell("UPDATE lognode SET level = 'one' WHERE level = 1 AND idx = 1", 0, NODE),
    Cell("UPDATE lognode SET hash = 'abc' WHERE (level = 0 AND idx = 4) OR (level = 1 AND idx = 0)", 4, NODE),
    Cell("UPDATE lognode SET hash = 'abc' WHERE level = 1 AND idx = 1", 2, NODE),
]


@pytest.mark.parametrize("cell", [*OF_SQLITE, *OF_BOTH, *OF_TWO], ids=lambda cell: cell.sql)
def test_each_cell_of_another_kind_is_named_in_its_own_log_alone(empty: Session, cell: Cell):
    for number in range(5):
        record(empty, "a" if number == 2 else "", number=number)
    ledger.checkpoint(empty, "access", KEY, at=NOW)
    attest(empty, {"type": "cohort_seal"})
    ledger.checkpoint(empty, "attest", ATTEST, at=NOW)
    assert verify(empty).size == 5
    in_access = (
        cell.sql if "personlinerow" in cell.sql or "linedigests" in cell.sql else f"{cell.sql} AND log = 'access'"
    )
    in_access = in_access if " WHERE " in in_access else in_access.replace(" AND ", " WHERE ")
    empty.connection().execute(text(in_access))
    assert corruption(empty) == (cell.index, cell.says)
    assert verify(empty, "attest").size == 1


def test_the_first_and_the_last_instant_of_the_calendar_are_instants(empty: Session):
    for at in (FIRST, LAST):
        write(empty, event_at(at), at=at)
    assert verify(empty).size == 2


# entries


@pytest.mark.parametrize(
    ("said", "what"),
    [(b'{"kind": "other"}', "the entry is not canonical JSON"), (b"[]", "the entry is not an object")],
)
def test_what_an_entry_says_is_one_canonical_object(empty: Session, said: bytes, what: str):
    write(empty, event_at())
    assert verify(empty).size == 1
    assert write(empty, said) == 1
    assert corruption(empty) == (1, what)


def test_an_entry_of_a_public_log_is_filed_under_its_own_type(session: Session):
    session.get_one(LogEntry, ("attest", 7)).kind = "contract"
    assert corruption(session, "attest") == (7, "the entry is filed under another kind")


def test_an_entry_of_a_public_log_says_what_its_leaf_is(session: Session):
    found = session.get_one(LogEntry, ("attest", 7))
    found.body = found.body.replace("7", "8")
    assert corruption(session, "attest") == (7, "the entry does not say what its leaf commits to")


def test_an_entry_may_be_as_old_as_the_one_before_it_and_no_older(empty: Session):
    for minutes in range(4):
        record(empty, number=minutes)
    record(empty, number=3)
    assert verify(empty).size == 5
    record(empty, number=2)
    record(empty, number=1)
    assert corruption(empty) == (5, "the entry is older than the one before it")


# lines about people


@pytest.mark.parametrize("erasure", [ERASED, REPEATED], ids=lambda one: one.kind)
def test_lines_that_are_gone_were_erased_where_an_erasure_follows(empty: Session, erasure: Event):
    for number, people in enumerate(["ab", "a", "abc", "", "a", ""]):
        record(empty, people, number=number)
    for index in (0, 1, 2):
        erase_line(empty, index, "a")
    assert corruption(empty) == (0, "a person line is missing")
    erasing = record(empty, "a", event=erasure)
    assert verify(empty).erased_lines == 3
    erase_line(empty, erasing, "a")
    assert verify(empty).erased_lines == 4, "the erasure's own line was about who is erased"
    later = [record(empty, "ab") for _ in range(2)]
    erase_line(empty, later[0], "b")
    erase_line(empty, later[1], "b")
    assert corruption(empty) == (later[0], "a person line is missing")


def lines_of(*bodies: bytes, count: int | None = None) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """An event with lines of these bodies, and each with its nonce."""
    salted = [(bytes([number]) * 32, body) for number, body in enumerate(bodies)]
    digests = [ledger.access_leaf(nonce, body) for nonce, body in salted]
    said = {"count": len(bodies) if count is None else count, "root": merkle_root(digests).hex()}
    return event_at(lines=said), salted


def with_lines(session: Session, *bodies: bytes, subject: str = "a" * 32, count: int | None = None) -> int:
    body, salted = lines_of(*bodies, count=count)
    index = write(session, body)
    digests = b"".join(ledger.access_leaf(nonce, said) for nonce, said in salted)
    session.add(LineDigests(log_idx=index, digests=digests))
    for nonce, said in salted:
        session.add(PersonLineRow(log_idx=index, nonce=nonce, subject_id=subject, body=said.decode()))
    return index


ABOUT_A = canonical.dumps({"subject": "a" * 32})


@pytest.mark.parametrize(
    ("said", "what"),
    [
        (b'{"subject": ""}', "the entry is not canonical JSON"),
        (b"[]", "the entry is not an object"),
        (b"{}", "a person line was moved to another person"),
    ],
)
def test_a_line_is_a_canonical_object_about_its_own_person(empty: Session, said: bytes, what: str):
    record(empty)
    assert with_lines(empty, ABOUT_A, ABOUT_A) == 1
    assert verify(empty).size == 2
    assert with_lines(empty, said) == 2
    assert corruption(empty) == (2, what)


def test_an_event_says_how_many_lines_it_has(empty: Session):
    with_lines(empty, ABOUT_A, count=2)
    assert corruption(empty) == (0, "the digests of the person lines are not the event's")


def test_an_event_without_lines_has_none(empty: Session):
    write(empty, event_at(lines={"count": 1}))
    assert verify(empty).size == 1
    empty.add(LineDigests(log_idx=0, digests=bytes(32)))
    assert corruption(empty) == (0, "the digests of the person lines are not the event's")


def test_lines_behind_the_last_event_belong_to_none_and_the_first_of_them_is_named(session: Session):
    for index in (SIZE + 3, SIZE + 1):
        line = PersonLineRow(log_idx=index, nonce=bytes(32), subject_id="a" * 32, body=ABOUT_A.decode())
        session.add(line)
    assert corruption(session) == (SIZE + 1, "person lines without their event")
    session.add(LineDigests(log_idx=SIZE, digests=bytes(32)))
    assert corruption(session) == (SIZE, "person lines without their event")
    assert verify(session, "attest").size == 11, "they are the access log's"


# stored nodes


def node(session: Session, level: int, index: int) -> LogNode:
    return session.get_one(LogNode, ("access", level, index))


REMOVED, MISSING = "an entry was removed from here on", "a stored node is missing"


@pytest.mark.parametrize(
    ("dropped", "added", "index", "what"),
    [
        ([(2, 2), (3, 0)], [], 8, MISSING),  # the last ones
        ([(1, 5), (2, 0), (2, 1), (2, 2), (3, 0)], [], 10, MISSING),
        ([(3, 0)], [], 0, MISSING),
        ([(2, 2)], [], 8, MISSING),  # one before others
        ([(1, 0)], [], 0, MISSING),
        ([(0, 11)], [], 11, MISSING),
        ([], [(4, 1)], 16, REMOVED),  # behind the last
        ([], [(1, 6)], 12, REMOVED),  # behind the last of its level
        ([], [(0, 12)], 12, REMOVED),
        ([(1, 5)], [(1, 6)], 10, MISSING),
    ],
)
def test_there_are_as_many_nodes_as_the_entries_have(
    session: Session, dropped: list[tuple[int, int]], added: list[tuple[int, int]], index: int, what: str
):
    for level, place in dropped:
        session.delete(node(session, level, place))
    session.add_all([LogNode(log="access", level=level, idx=place, hash=bytes(32)) for level, place in added])
    assert corruption(session) == (index, what)


@pytest.mark.parametrize(("level", "place"), [(0, 0), (0, 7), (1, 3), (2, 1), (3, 0)])
def test_a_node_that_was_changed_is_named_by_the_first_entry_below_it(session: Session, level: int, place: int):
    node(session, level, place).hash = bytes(32)
    of_node = f"the stored node of level {level} was changed"
    what = of_node if level else "the entry is another one than was appended"
    assert corruption(session) == (place << level, what)


# signed heads


def head(size: int, root: bytes, origin: str = KEY.origin) -> str:
    """A head that the log's own key has signed."""
    return sign_note(Checkpoint(origin, size, root).text(), KEY)


def put_head(session: Session, size: int, note: str) -> None:
    session.merge(CheckpointRow(log="access", size=size, note=note, at=NOW))


def test_each_head_is_of_its_own_log_and_size(session: Session):
    root = root_of(session, "access", 7)
    put_head(session, 7, head(7, root))
    assert verify(session).checkpoints == 3
    for note in (head(7, root, "gateway.test.example/attest"), head(8, root)):
        put_head(session, 7, note)
        assert corruption(session) == (4, "the checkpoint of size 7 is of another log or size")
    put_head(session, 7, "no note")
    index, what = corruption(session)
    assert index == 4
    assert what.startswith("the checkpoint of size 7 is not signed by this log's key (")
    assert not what.endswith("(None)")


def test_a_head_of_another_root_lies_behind_the_last_that_fits(session: Session):
    put_head(session, 7, head(7, bytes(32)))
    assert corruption(session) == (4, "one of the entries 4 to 6 is another one than was signed")
    put_head(session, 4, head(4, bytes(32)))
    assert corruption(session) == (0, "one of the entries 0 to 3 is another one than was signed")


def test_a_head_of_more_entries_than_there_are_names_the_first_that_is_gone(session: Session):
    put_head(session, SIZE + 2, head(SIZE + 2, bytes(32)))
    assert corruption(session) == (SIZE, "entries up to 13 were signed and are missing")


def mismatch(session: Session, note: str, log: str = "access") -> str:
    with pytest.raises(CheckpointMismatch) as found:
        verify(session, log, against=note)
    return str(found.value)


def test_a_head_that_was_kept_outside_is_the_present_log_s_own(session: Session):
    of = "log 'access' is not the one whose checkpoint of size {} was kept: {}"
    assert mismatch(session, "no note").startswith(of.format(0, "it cannot be read ("))
    assert not mismatch(session, "no note").endswith("(None)")
    root = root_of(session, "access", 7)
    assert verify(session, against=head(7, root)).anchor_size == 7
    other = head(7, root, "gateway.test.example/attest")
    assert mismatch(session, other) == of.format(7, "it is of gateway.test.example/attest")
    another = of.format(7, "one of its first 7 entries is another one now")
    assert mismatch(session, head(7, bytes(32))) == another
    assert mismatch(session, head(13, root)) == of.format(13, "only 12 entries are left")
    attested = verifier_key(ATTEST).name
    longer = sign_note(Checkpoint(attested, 12, root).text(), ATTEST)
    assert mismatch(session, longer, "attest").startswith("log 'attest' is not the one whose checkpoint of size 12")
