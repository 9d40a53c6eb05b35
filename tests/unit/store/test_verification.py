"""A log that is recomputed from its rows, in memory: what is said of each edit, to the letter.

The edits are those of `tests.faults`, and more of them. Rows are read five at a time, so that a log of twelve entries is
read as a long one is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session, SQLModel, create_engine, select

from gateway.errors.oversight import CheckpointMismatch, LogCorrupt
from gateway.events.contracts import SourceDeclared
from gateway.events.event import PersonLine, lines_root
from gateway.events.rights import ErasureRepeated, PersonErased
from gateway.store import ledger, verification
from gateway.store.log_tables import CheckpointRow, LineDigests, LogEntry, LogNode, PersonLineRow
from gateway.store.unit_of_work import UnitOfWork
from gateway.store.verification import LogReport, verify_all
from outcome_verifier import canonical
from outcome_verifier.note import Checkpoint, sign_note
from outcome_verifier.tlog import EMPTY_ROOT, leaf_hash, merkle_root
from tests.faults.test_log_cells import OF_BOTH, OF_SQLITE, Cell
from tests.faults.test_log_tampering import TAMPERED, Tampered, a_person_line, entry, rebuild_with_change, reworded
from tests.support.acting import SOMEBODY
from tests.support.databases import NOW, a_log_key, verifier_key

SIZE = 12
KEY = a_log_key()
ATTEST = a_log_key("gateway.test.example/attest")
ACCESS_KEY = verifier_key(KEY)
FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
ERASED = ErasureRepeated(contract="c", subject_sha256="0" * 64)


@pytest.fixture(scope="module")
def engine() -> Engine:
    """Twelve entries in the access log, with lines about two people in the sixth, and heads after four and all; eleven
    in the log of attestations, with a head after each."""
    found = create_engine("sqlite://")
    SQLModel.metadata.create_all(found)
    with Session(found) as session:
        for number in range(SIZE):
            lines = [PersonLine(person * 32, "pull", "outcome_evaluation") for person in "ab"] if number == 5 else []
            record(session, SourceDeclared(source=f"source-{number}", sha256="0" * 64), lines, minutes=number)
            if number in (3, SIZE - 1):
                ledger.checkpoint(session, "access", KEY, at=NOW)
        for number in range(SIZE - 1):
            attest(session, {"type": "cohort_seal", "number": number})
            ledger.checkpoint(session, "attest", ATTEST, at=NOW)
        session.commit()
    return found


@pytest.fixture
def session(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """In a transaction of which nothing stays."""
    monkeypatch.setattr(verification, "_ROWS_AT_ONCE", 5)
    with Session(engine) as found:
        yield found


def record(session: Session, event: Any, lines: list[PersonLine] = [], *, minutes: int = 60) -> int:
    return UnitOfWork(session, NOW + timedelta(minutes=minutes), SOMEBODY).record(event, lines)


def attest(session: Session, body: Any, kind: str = "cohort_seal", *, at: datetime = NOW) -> None:
    leaf = canonical.dumps(body)
    ledger.append(session, "attest", leaf_data=leaf, kind=kind, body=leaf.decode(), nonce=b"", at=at)


def write(session: Session, body: bytes, *, kind: str = "other", at: datetime = NOW + timedelta(hours=1)) -> int:
    """Append an event to the access log that no unit of work would write."""
    nonce = bytes(32)
    leaf = ledger.access_leaf(nonce, body)
    return ledger.append(session, "access", leaf_data=leaf, kind=kind, body=body.decode(), nonce=nonce, at=at)


def event(at: datetime = NOW + timedelta(hours=1), **more: object) -> bytes:
    return canonical.dumps({"kind": "other", "at": ledger.instant_text(at), **more})


def verify(session: Session, **more: Any) -> LogReport:
    session.flush()
    session.expire_all()
    return verify_all(session, "access", key=ACCESS_KEY, **more)


def corruption(session: Session, log: str = "access") -> tuple[str, int, str]:
    """What is said of the log: which one, which entry and why."""
    session.flush()
    session.expire_all()
    with pytest.raises(LogCorrupt) as found:
        verify_all(session, log, key=ACCESS_KEY if log == "access" else verifier_key(ATTEST))
    return found.value.log, found.value.index, found.value.what


def root_of(session: Session, log: str, size: int) -> bytes:
    return merkle_root_of_leaves([one.leaf_data for one in ledger.rows(session, log, count=size)])


def merkle_root_of_leaves(leaves: list[bytes]) -> bytes:
    return merkle_root(leaves)


def test_an_untouched_log_is_told_with_its_head_and_what_it_was_held_against(session: Session):
    root = root_of(session, "access", SIZE)
    assert verify(session) == LogReport("access", SIZE, root, 2, 0, None)
    for size in (4, SIZE):
        note = session.get_one(CheckpointRow, ("access", size)).note
        assert verify(session, against=note) == LogReport("access", SIZE, root, 2, 0, size)
    assert verify_all(session, "attest", key=verifier_key(ATTEST)) == LogReport(
        "attest", 11, root_of(session, "attest", 11), 11, 0, None
    )
    assert verify_all(session, "payment", key=ACCESS_KEY) == LogReport("payment", 0, EMPTY_ROOT, 0, 0, None)


@pytest.mark.parametrize("case", TAMPERED, ids=lambda case: case.attack.__name__)
def test_each_edit_of_a_log_is_named(session: Session, case: Tampered):
    case.attack(session)
    log, index, what = corruption(session)
    assert (log, index) == ("access", case.index)
    assert what == case.says


@pytest.mark.parametrize("cell", [*OF_SQLITE, *OF_BOTH], ids=lambda cell: cell.sql)
def test_each_cell_of_another_kind_is_named(session: Session, cell: Cell):
    session.connection().execute(text(cell.sql))
    print(corruption(session))
