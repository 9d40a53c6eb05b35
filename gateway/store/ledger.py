"""Append-only Merkle logs (RFC 6962) over the tables, with stored levels and C2SP checkpoints.

Level 0 holds leaf hashes; level n holds the hashes of complete subtrees of 2**n leaves. Appending writes the
subtrees that the new leaf completes; a proof reads one hash a level.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import reduce
from typing import TYPE_CHECKING

from sqlalchemy import Select, func, insert, literal, union_all
from sqlmodel import Session, col, select

from gateway.errors.oversight import LogCorrupt
from gateway.store.log_tables import CheckpointRow, LogEntry, LogNode
from outcome_verifier.tlog import EMPTY_ROOT, leaf_hash, node_hash

if TYPE_CHECKING:
    from keys.signer import LogKey

LOGS = ("attest", "payment", "access")


def _newest_of(log: str) -> Select[tuple[str, int, datetime]]:
    entries = select(LogEntry.log, LogEntry.idx, LogEntry.at).where(LogEntry.log == log)
    query = entries.order_by(col(LogEntry.idx).desc()).limit(1).subquery()
    return select(query.c.log, query.c.idx, query.c.at)


# one step into the index for each log
_LAST = union_all(*(select(literal(log), func.max(LogEntry.idx)).where(LogEntry.log == log) for log in LOGS))
_NEWEST = union_all(*map(_newest_of, LOGS))  # built once: every transaction begins with it


def access_leaf(nonce: bytes, event: bytes) -> bytes:
    """The data of an access log leaf: SHA-256(nonce || canonical event), which says nothing by itself."""
    return hashlib.sha256(nonce + event).digest()


def instant_text(at: datetime) -> str:
    """The text of an aware UTC instant as events carry it, to the microsecond."""
    return at.isoformat(timespec="microseconds")


def size(session: Session, log: str) -> int:
    """Number of leaves."""
    count = session.exec(select(func.max(LogEntry.idx)).where(LogEntry.log == log)).one()
    return 0 if count is None else int(count) + 1


def sizes(session: Session) -> dict[str, int]:
    """The number of leaves of every log."""
    return {log: 0 if last is None else int(last) + 1 for log, last in session.execute(_LAST)}


def newest_instant(session: Session, *, behind: Mapping[str, int]) -> datetime | None:
    """The instant of the newest entry of any log, but for the first so many of each; each log is in order of time."""
    newest = ((log, idx, at) for log, idx, at in session.execute(_NEWEST))
    return max((at for log, idx, at in newest if idx >= behind.get(log, 0)), default=None)


def append(session: Session, log: str, *, leaf_data: bytes, kind: str, body: str, nonce: bytes, at: datetime) -> int:
    """Append one leaf in the caller's transaction and return its index. Writes O(log n) nodes."""
    session.flush()
    index = size(session, log)
    # the complete subtrees to the left of the leaf that are as large as the one which it completes
    beside = [(level, (index >> level) - 1) for level in range(_trailing_ones(index))]
    stored = _nodes(session, log, beside)
    hashes = [leaf_hash(leaf_data)]
    for place in beside:
        hashes.append(node_hash(stored[place], hashes[-1]))
    entry = {"log": log, "idx": index, "leaf_data": leaf_data, "kind": kind, "body": body, "nonce": nonce, "at": at}
    session.execute(insert(LogEntry), entry)
    nodes = [{"log": log, "level": level, "idx": index >> level, "hash": node} for level, node in enumerate(hashes)]
    session.execute(insert(LogNode), nodes)
    return index


def root(session: Session, log: str, of_size: int) -> bytes:
    """The root of the first `of_size` leaves."""
    return EMPTY_ROOT if of_size == 0 else _hashes(session, log, [(0, of_size)])[0]


def inclusion_path(session: Session, log: str, index: int, of_size: int) -> list[bytes]:
    """Sibling hashes from the leaf at `index` up to the root of the first `of_size` leaves (RFC 6962 §2.1.1).

    Raises `ValueError` where the index lies outside.
    """
    if not 0 <= index < of_size:
        raise ValueError("the index lies outside the tree")
    siblings: list[tuple[int, int]] = []
    first, last = 0, of_size
    while last - first > 1:
        middle = first + _split(last - first)
        if index < middle:
            siblings.append((middle, last))
            last = middle
        else:
            siblings.append((first, middle))
            first = middle
    return _hashes(session, log, siblings[::-1])


def checkpoint(session: Session, log: str, key: LogKey, *, at: datetime) -> str:
    """The signed note over the present head; signed once a size."""
    from outcome_verifier.note import Checkpoint, sign_note  # reading and appending sign nothing

    session.flush()
    now_size = size(session, log)
    row = session.get(CheckpointRow, (log, now_size))
    if row is None:
        head = Checkpoint(origin=key.origin, size=now_size, root=root(session, log, now_size))
        row = CheckpointRow(log=log, size=now_size, note=sign_note(head.text(), key), at=at)
        session.add(row)
        session.flush()
    return row.note


def newest_checkpoint(session: Session, log: str) -> str | None:
    """The signed note of the largest size, if any was signed."""
    query = select(CheckpointRow.note).where(CheckpointRow.log == log)
    return session.exec(query.order_by(col(CheckpointRow.size).desc()).limit(1)).first()


def signed_sizes(session: Session, log: str, *, since: int = 0) -> list[int]:
    """The sizes above `since` of which a head was signed, in order."""
    query = select(CheckpointRow.size).where(CheckpointRow.log == log, CheckpointRow.size > since)
    return list(session.exec(query.order_by(col(CheckpointRow.size))))


def receipt(session: Session, log: str, index: int, key: LogKey, *, at: datetime) -> str:
    """A C2SP tlog-proof of the entry at `index` under the present head."""
    from outcome_verifier.proof import format_proof

    note = checkpoint(session, log, key, at=at)
    return format_proof(index, inclusion_path(session, log, index, size(session, log)), note)


def _trailing_ones(index: int) -> int:
    """How many ones the binary number ends in: so many subtrees does the leaf at this index complete."""
    return (~index & (index + 1)).bit_length() - 1


def _split(width: int) -> int:
    """The largest power of two smaller than `width`."""
    return 1 << ((width - 1).bit_length() - 1)


def _hashes(session: Session, log: str, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
    """The hash over each range of leaves `first`..`last - 1`, with one query for all of them."""
    subtrees = [_subtrees(first, last) for first, last in ranges]
    stored = _nodes(session, log, [place for places in subtrees for place in places])
    return [
        reduce(lambda right, left: node_hash(left, right), [stored[place] for place in reversed(places)])
        for places in subtrees
    ]


def _nodes(session: Session, log: str, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
    """The stored hashes at these (level, index) places, with one look-up each in the primary key.

    Plain SQL, since a proof is asked for at every hand-out: building the same query from objects takes ten times as
    long as answering it. The places are whole numbers of our own and the log is one of `LOGS`, so nothing is quoted.
    """
    if log not in LOGS:
        raise ValueError("no such log")
    if not places:
        return {}
    wanted = " UNION ALL ".join(f"SELECT {int(level)} AS level, {int(index)} AS idx" for level, index in places)
    query = (
        f"SELECT lognode.level, lognode.idx, lognode.hash FROM ({wanted}) AS wanted "  # noqa: S608 - see above
        f"JOIN lognode ON lognode.log = '{log}' AND lognode.level = wanted.level AND lognode.idx = wanted.idx"
    )
    found = session.connection().exec_driver_sql(query)
    stored = {(level, index): bytes(value) for level, index, value in found}
    for level, index in places:
        if (level, index) not in stored:
            raise missing_node(log, level, index)
    return stored


def _subtrees(first: int, last: int) -> list[tuple[int, int]]:
    """Level and index of the complete subtrees of a range that RFC 6962 splits off, left to right."""
    found: list[tuple[int, int]] = []
    while first < last:
        level = (last - first).bit_length() - 1
        found.append((level, first >> level))
        first += 1 << level
    return found


def missing_node(log: str, level: int, index: int) -> LogCorrupt:
    """The error for a stored node that is not there; `index` is its place on its level."""
    return LogCorrupt(log=log, index=index << level, what=f"the stored node of level {level} is missing")


def rows(session: Session, log: str, *, first: int = 0, count: int | None = None) -> Sequence[LogEntry]:
    """Entries from `first` on, in order."""
    query = select(LogEntry).where(LogEntry.log == log, LogEntry.idx >= first).order_by(col(LogEntry.idx))
    return session.exec(query if count is None else query.limit(count)).all()
