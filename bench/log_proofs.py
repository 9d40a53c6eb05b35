"""Inclusion proofs from the stored levels of the log, against rebuilding the tree from its leaves.

Both read the same SQLite database, and every path is compared for equality before anything is timed.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, insert
from sqlmodel import Session, col, select

from gateway.store import ledger
from gateway.store.schema import migrate
from gateway.store.tables import LogEntry, LogNode
from gateway.store.unit_of_work import Store
from outcome_verifier.tlog import leaf_hash, node_hash

_SIZES = (10_000, 100_000)
_REPEATS = 5
_AT = datetime(2026, 3, 2, tzinfo=UTC)


def run() -> list[str]:
    """One line a size: median and range of both, and their ratio."""
    return [_measure(size) for size in _SIZES]


def _measure(size: int) -> str:
    with tempfile.TemporaryDirectory() as directory:
        store = Store(f"sqlite:///{Path(directory) / 'log.sqlite'}")
        migrate(store)
        with store.alone() as connection:
            _fill(connection, size)
        indexes = [(size * n) // (_REPEATS + 1) for n in range(1, _REPEATS + 1)]
        for index in indexes:
            with store.read() as session:
                if _stored(session, index=index, size=size) != _rebuilt(session, index=index):
                    raise ValueError(f"the paths of leaf {index} of {size} differ")
        fast: list[float] = []
        slow: list[float] = []
        for index in indexes:
            stored, rebuilt = partial(_stored, index=index, size=size), partial(_rebuilt, index=index)
            for times, work in ((fast, stored), (slow, rebuilt), (slow, rebuilt), (fast, stored)):
                times.append(_timed(store, work))  # ABBA: neither gains from running first
        store.dispose()
    ratio = statistics.median(slow) / statistics.median(fast)
    return f"log proof, {size:,} leaves: stored levels {_span(fast)}, rebuilt {_span(slow)}: {ratio:,.0f}×"


def _fill(connection: Connection, size: int) -> None:
    """The rows that `size` appends would leave, in bulk; the first proofs are compared before timing."""
    leaves = [f"leaf {n}".encode() for n in range(size)]
    entries = [
        {"log": "attest", "idx": n, "leaf_data": leaf, "kind": "", "body": "", "nonce": b"", "at": _AT}
        for n, leaf in enumerate(leaves)
    ]
    connection.execute(insert(LogEntry), entries)
    level, hashes = 0, [leaf_hash(leaf) for leaf in leaves]
    while hashes:
        rows = [{"log": "attest", "level": level, "idx": n, "hash": value} for n, value in enumerate(hashes)]
        connection.execute(insert(LogNode), rows)
        hashes = [node_hash(*hashes[n : n + 2]) for n in range(0, len(hashes) - 1, 2)]
        level += 1


def _stored(session: Session, *, index: int, size: int) -> list[bytes]:
    return ledger.inclusion_path(session, "attest", index, size)


def _rebuilt(session: Session, *, index: int) -> list[bytes]:
    """The inclusion path from the leaves alone."""
    query = select(LogEntry.leaf_data).where(LogEntry.log == "attest").order_by(col(LogEntry.idx))
    hashes = [leaf_hash(data) for data in session.exec(query)]
    path: list[bytes] = []
    while len(hashes) > 1:
        if index ^ 1 < len(hashes):
            path.append(hashes[index ^ 1])
        paired = [node_hash(hashes[n], hashes[n + 1]) for n in range(0, len(hashes) - 1, 2)]
        hashes, index = paired + hashes[len(hashes) & ~1 :], index >> 1
    return path


def _timed(store: Store, work: Callable[[Session], object]) -> float:
    with store.read() as session:
        started = time.perf_counter()
        work(session)
        return time.perf_counter() - started


def _span(seconds: list[float]) -> str:
    low, middle, high = (value * 1000 for value in (min(seconds), statistics.median(seconds), max(seconds)))
    return f"{middle:.2f} ms ({low:.2f}..{high:.2f})"
