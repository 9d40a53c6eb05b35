"""A value of the wrong kind in a log's cell is named like any other edit, and never ends in a bare crash.

SQLite takes a text in an integer column and a number in a blob column; PostgreSQL does not, but both take an
instant that no calendar has. The untouched log verifies first.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.errors.oversight import LogCorrupt
from gateway.events.contracts import SourceDeclared
from gateway.events.event import PersonLine
from gateway.store import ledger
from gateway.store.schema import migrate
from gateway.store.unit_of_work import Store
from gateway.store.verification import verify_all
from tests.support.acting import SOMEBODY
from tests.support.databases import NOW, a_log_key, verifier_key

SIZE = 5
KEY = a_log_key()


@dataclass(frozen=True, slots=True)
class Cell:
    sql: str
    index: int
    says: str


ENTRY, LINE, NODE, HEAD = (
    f"{what} holds a value of another kind" for what in ("the entry", "a person line", "a stored node", "a checkpoint")
)
OF_SQLITE = [
    Cell("UPDATE logentry SET at = 'soon' WHERE idx = 3", 3, ENTRY),
    Cell("UPDATE logentry SET at = 1.5 WHERE idx = 3", 3, ENTRY),
    Cell("UPDATE logentry SET body = x'00ff' WHERE idx = 3", 3, ENTRY),
    Cell("UPDATE logentry SET kind = x'00ff' WHERE idx = 3", 3, ENTRY),
    Cell("UPDATE logentry SET nonce = 'abc' WHERE idx >= 3", 3, ENTRY),
    Cell("UPDATE logentry SET leaf_data = 'abc' WHERE idx = 0", 0, ENTRY),
    Cell("UPDATE personlinerow SET nonce = 'abc'", 2, LINE),
    Cell("UPDATE personlinerow SET body = x'00ff'", 2, LINE),
    Cell("UPDATE personlinerow SET subject_id = x'00ff'", 2, LINE),
    Cell("UPDATE linedigests SET digests = 'abc'", 2, LINE),
    Cell("UPDATE lognode SET hash = 'abc' WHERE level = 1 AND idx = 1", 2, NODE),
    Cell("UPDATE lognode SET idx = 'one' WHERE level = 1 AND idx = 1", 0, NODE),
    Cell("UPDATE checkpointrow SET note = x'00ff'", 0, HEAD),
    Cell("UPDATE checkpointrow SET size = 'five'", 0, HEAD),
]
OF_BOTH = [
    Cell("UPDATE logentry SET at = 9000000000000000000 WHERE idx = 3", 3, ENTRY),
    Cell("UPDATE logentry SET at = -1 WHERE idx = 3", 3, ENTRY),
]


def fill(store: Store) -> None:
    """Five events, the third with a person line, and a signed head."""
    with store.write(NOW, by=SOMEBODY) as uow:
        for n in range(SIZE):
            lines = [PersonLine("a" * 32, "pull", "outcome_evaluation")] if n == 2 else []
            uow.record(SourceDeclared(source=f"source-{n}", sha256="0" * 64), lines)
        ledger.checkpoint(uow.session, "access", KEY, at=uow.now)


def check(store: Store, cell: Cell) -> None:
    fill(store)
    with store.read() as session:
        assert verify_all(session, "access", key=verifier_key(KEY)).size == SIZE
    with store.alone() as connection:
        connection.execute(text(cell.sql))
    with store.read() as session, pytest.raises(LogCorrupt) as found:
        verify_all(session, "access", key=verifier_key(KEY))
    assert (found.value.log, found.value.index, found.value.what) == ("access", cell.index, cell.says)


@pytest.mark.parametrize("cell", OF_SQLITE, ids=lambda cell: cell.sql)
def test_a_cell_of_another_kind_is_named(tmp_path: Path, cell: Cell) -> None:
    store = Store(f"sqlite:///{tmp_path / 'gateway.sqlite'}")
    migrate(store)
    check(store, cell)
    store.dispose()


@pytest.mark.parametrize("cell", OF_BOTH, ids=lambda cell: cell.sql)
def test_an_instant_beyond_the_calendar_is_named(store: Store, cell: Cell) -> None:
    check(store, cell)
