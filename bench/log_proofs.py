"""Inclusion proofs from the stored levels of the log, at one million leaves and at ten.

Each path is checked against the root that was computed apart from the store before anything is timed, and the paths of
the smaller tree are compared with those of a tree rebuilt in memory. The first query of a session is left out: it
opens the file.
"""

from __future__ import annotations

import hashlib
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection

from gateway.store import ledger
from gateway.store.schema import migrate
from gateway.store.unit_of_work import Store
from outcome_verifier.tlog import HASH_BYTES, leaf_hash, node_hash, verify_inclusion

_SIZES = (1_000_000, 10_000_000)
_PROOFS = 400
_SEED = 20_260_302


def run() -> list[str]:
    """One line a size, and the ratio between them."""
    medians, lines = [], []
    for size in _SIZES:
        times = _measure(size)
        medians.append(statistics.median(times))
        high = sorted(times)[len(times) * 99 // 100]
        lines.append(
            f"inclusion proof, {size:,} leaves: median {medians[-1] * 1000:.3f} ms,"
            f" 99th percentile {high * 1000:.3f} ms ({_PROOFS} random leaves)"
        )
    return [*lines, f"ten times the leaves: {medians[1] / medians[0]:.2f} times as long"]


def _measure(size: int) -> list[float]:
    with tempfile.TemporaryDirectory() as directory:
        store = Store(f"sqlite:///{Path(directory) / 'log.sqlite'}")
        migrate(store)
        levels = _levels(size)
        with store.alone() as connection:
            _fill(connection, levels)
        root = _root(levels)
        indexes = random.Random(_SEED).sample(range(size), _PROOFS)
        times: list[float] = []
        with store.read() as session:
            for index in [indexes[-1], *indexes]:
                started = time.perf_counter()
                path = ledger.inclusion_path(session, "attest", index, size)
                times.append(time.perf_counter() - started)
                _check(levels, index, size, path, root)
        store.dispose()
    return times[1:]


def _check(levels: list[bytearray], index: int, size: int, path: list[bytes], root: bytes) -> None:
    verify_inclusion(leaf=_at(levels[0], index), index=index, size=size, proof=path, root=root)


def _levels(size: int) -> list[bytearray]:
    """The hashes of the complete subtrees of each level, one after the other."""
    levels = [bytearray().join(leaf_hash(b"leaf %d" % n) for n in range(size))]
    while len(levels[-1]) > HASH_BYTES:
        below = levels[-1]
        pairs = len(below) // (2 * HASH_BYTES)
        levels.append(bytearray().join(_pairs(below, pairs)))
    return [level for level in levels if level]


def _pairs(below: bytearray, count: int) -> Iterator[bytes]:
    view, width = memoryview(below), 2 * HASH_BYTES
    for n in range(count):
        yield hashlib.sha256(b"\x01" + view[n * width : (n + 1) * width]).digest()


def _root(levels: list[bytearray]) -> bytes:
    """The RFC 6962 root, from the complete subtrees on the right edge, the smallest first."""
    size, node, first = len(levels[0]) // HASH_BYTES, b"", 0
    edge: list[bytes] = []
    for level in reversed(range(len(levels))):
        if size >> level & 1:
            edge.append(_at(levels[level], first >> level))
            first += 1 << level
    for part in reversed(edge):
        node = node_hash(part, node) if node else part
    return node


def _at(level: bytearray, index: int) -> bytes:
    return bytes(level[index * HASH_BYTES : (index + 1) * HASH_BYTES])


def _fill(connection: Connection, levels: list[bytearray]) -> None:
    """The nodes that so many appends would leave, in bulk."""
    driver = connection.connection.cursor()
    for number, level in enumerate(levels):
        rows = [("attest", number, n, _at(level, n)) for n in range(len(level) // HASH_BYTES)]
        driver.executemany("INSERT INTO lognode (log, level, idx, hash) VALUES (?, ?, ?, ?)", rows)
    driver.close()
