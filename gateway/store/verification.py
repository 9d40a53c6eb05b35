"""Recompute a whole log from its rows and name the first one that does not fit.

Four things are compared, each with the one before: what an entry says, its leaf, the stored levels, and the
signed checkpoints. Whoever can edit the database and holds the log key can make all four agree again; only a
checkpoint that was kept elsewhere then tells, so a report without one says `no outside anchor`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, SQLColumnExpression, func, or_, type_coerce
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from gateway.errors.oversight import CheckpointMismatch, LogCorrupt
from gateway.events.rights import ErasureRepeated, PersonErased
from gateway.store import ledger
from gateway.store.clock import first_out_of_order
from gateway.store.log_tables import CheckpointRow, LineDigests, LogEntry, LogNode, PersonLineRow
from outcome_verifier import canonical
from outcome_verifier.note import Checkpoint, VerifierKey, open_note
from outcome_verifier.tlog import EMPTY_ROOT, leaf_hash, merkle_root, node_hash

_ROWS_AT_ONCE = 1_000
_HASH_BYTES = 32
_ERASURES = (PersonErased.kind, ErasureRepeated.kind)
_LAST_MICROSECOND = 253_402_300_799_999_999  # the end of the year 9999: no later instant can be read


@dataclass(frozen=True, slots=True)
class LogReport:
    """A log that adds up: its head, and what it was compared with."""

    log: str
    size: int
    root: bytes
    checkpoints: int  # stored signed heads that fit
    erased_lines: int  # person lines that were erased and whose digests still fit
    anchor_size: int | None  # size of the outside checkpoint, None where none was given

    @property
    def anchor(self) -> str:
        """One sentence on what the log was held against from outside."""
        if self.anchor_size is None:
            return "no outside anchor: whoever holds the log key could have rebuilt everything"
        return f"agrees with the checkpoint of size {self.anchor_size} that was kept outside"


def verify_all(session: Session, log: str, *, key: VerifierKey, against: str | None = None) -> LogReport:
    """Recompute every entry and stored node, and compare every signed head; `against` is a kept checkpoint.

    Raises `LogCorrupt` that names the first entry which is changed, missing or out of place, and
    `CheckpointMismatch` where the log does not continue the kept checkpoint.
    """
    anchor = None if against is None else _open_anchor(log, against, key)
    _check_cells(session, log)
    leaves, erased = _leaves(session, log)
    levels = _levels(leaves)
    _compare_nodes(session, log, levels)
    _compare_instants(session, log)
    checkpoints = _compare_checkpoints(session, log, levels, key)
    if anchor is not None:
        _compare_anchor(log, levels, anchor)
    size = len(leaves)
    root = _root(levels, size)
    return LogReport(log, size, root, checkpoints, erased, None if anchor is None else anchor.size)


def _check_cells(session: Session, log: str) -> None:
    """Each cell must hold the kind of value that its column declares, before one of them is read.

    Whoever edits an SQLite file can put any value in any column (sqlite.org/datatype3.html, §3), and an instant
    beyond the calendar in either database; reading one would end in an error that names no entry.
    """
    at = type_coerce(col(LogEntry.at), BigInteger)
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    wrong: list[ColumnElement[bool]] = [at < 0, at > _LAST_MICROSECOND]
    if is_sqlite:
        wrong += _not("integer", at) + _not("blob", col(LogEntry.leaf_data), col(LogEntry.nonce))
        wrong += _not("text", col(LogEntry.body), col(LogEntry.kind))
    entries = select(LogEntry.idx).where(LogEntry.log == log, or_(*wrong)).order_by(col(LogEntry.idx))
    _refuse_first(session, log, entries, "the entry holds a value of another kind")
    if not is_sqlite:
        return
    if log == "access":
        wrong = _not("blob", col(PersonLineRow.nonce))
        wrong += _not("text", col(PersonLineRow.body), col(PersonLineRow.subject_id))
        lines = select(PersonLineRow.log_idx).where(or_(*wrong)).order_by(col(PersonLineRow.log_idx))
        held = select(LineDigests.log_idx).where(*_not("blob", col(LineDigests.digests)))
        for some in (lines, held.order_by(col(LineDigests.log_idx))):
            _refuse_first(session, log, some, "a person line holds a value of another kind")
    wrong = _not("blob", col(LogNode.hash)) + _not("integer", col(LogNode.level), col(LogNode.idx))
    nodes = select(LogNode.level, LogNode.idx).where(LogNode.log == log, or_(*wrong)).order_by(col(LogNode.level))
    node = session.exec(nodes).first()
    if node is not None:
        level, index = node
        first = index << level if isinstance(index, int) and isinstance(level, int) else 0
        raise LogCorrupt(log=log, index=first, what="a stored node holds a value of another kind")
    wrong = _not("text", col(CheckpointRow.note)) + _not("integer", col(CheckpointRow.size))
    heads = select(CheckpointRow.size).where(CheckpointRow.log == log, or_(*wrong))
    if session.exec(heads).first() is not None:
        raise LogCorrupt(log=log, index=0, what="a checkpoint holds a value of another kind")


def _refuse_first(session: Session, log: str, entries: SelectOfScalar[int], what: str) -> None:
    """Raise for the first of these entries, if there is one."""
    index = session.exec(entries).first()
    if index is not None:
        raise LogCorrupt(log=log, index=index, what=what)


def _not(kind: str, *columns: SQLColumnExpression[Any]) -> list[ColumnElement[bool]]:
    """For each column, that SQLite stores its value as another kind."""
    return [func.typeof(column) != kind for column in columns]


def _leaves(session: Session, log: str) -> tuple[list[bytes], int]:
    """Leaf hashes recomputed from what the entries say, and the number of erased person lines.

    What an erasure deleted is older than the erasure: a line that is missing from a later event, nobody erased.
    """
    leaves: list[bytes] = []
    erased = 0
    missing_from: int | None = None  # the first event since the last erasure that lacks a line
    while entries := ledger.rows(session, log, first=len(leaves), count=_ROWS_AT_ONCE):
        lines = _person_lines(session, len(leaves), entries[-1].idx) if log == "access" else {}
        digests = _line_digests(session, len(leaves), entries[-1].idx) if log == "access" else {}
        for entry in entries:
            index = len(leaves)
            if entry.idx != index:
                raise LogCorrupt(log=log, index=index, what="the entry is missing")
            said = entry.body.encode("utf-8")
            if entry.leaf_data != (ledger.access_leaf(entry.nonce, said) if log == "access" else said):
                raise LogCorrupt(log=log, index=index, what="the entry does not say what its leaf commits to")
            body = _body(log, index, said)
            if entry.kind != body.get("kind" if log == "access" else "type"):
                raise LogCorrupt(log=log, index=index, what="the entry is filed under another kind")
            if log == "access":
                gone = _check_access_entry(entry, body, digests.get(index, []), lines.get(index, []))
                if entry.kind in _ERASURES:
                    missing_from = None
                elif gone and missing_from is None:
                    missing_from = index
                erased += gone
            leaves.append(leaf_hash(entry.leaf_data))
    if missing_from is not None:
        raise LogCorrupt(log=log, index=missing_from, what="a person line is missing")
    if log == "access":
        beyond = {*_person_lines(session, len(leaves), None), *_line_digests(session, len(leaves), None)}
        for index in sorted(beyond)[:1]:
            raise LogCorrupt(log=log, index=index, what="person lines without their event")
    return leaves, erased


def _person_lines(session: Session, first: int, last: int | None) -> dict[int, list[PersonLineRow]]:
    """Person lines of the events `first`..`last` (None: to the end)."""
    query = select(PersonLineRow).where(PersonLineRow.log_idx >= first)
    if last is not None:
        query = query.where(PersonLineRow.log_idx <= last)
    found: dict[int, list[PersonLineRow]] = defaultdict(list)
    for row in session.exec(query):
        found[row.log_idx].append(row)
    return found


def _line_digests(session: Session, first: int, last: int | None) -> dict[int, list[bytes]]:
    """The digests of the person lines of the events `first`..`last` (None: to the end) in their order."""
    query = select(LineDigests).where(LineDigests.log_idx >= first)
    if last is not None:
        query = query.where(LineDigests.log_idx <= last)
    return {
        row.log_idx: [row.digests[start : start + _HASH_BYTES] for start in range(0, len(row.digests), _HASH_BYTES)]
        for row in session.exec(query)
    }


def _body(log: str, index: int, said: bytes) -> dict[str, object]:
    try:
        body = canonical.loads_canonical(said)
    except ValueError:
        raise LogCorrupt(log=log, index=index, what="the entry is not canonical JSON") from None
    if not isinstance(body, dict):
        raise LogCorrupt(log=log, index=index, what="the entry is not an object")
    return body


def _check_access_entry(
    entry: LogEntry, body: dict[str, object], digests: Sequence[bytes], rows: Sequence[PersonLineRow]
) -> int:
    """Compare an event's instant and person lines with its rows; returns how many lines were erased.

    A line that is gone was erased, where an erasure follows: see `_leaves`.
    """
    if body.get("at") != ledger.instant_text(entry.at):
        raise LogCorrupt(log=entry.log, index=entry.idx, what="the entry's instant was changed")
    match body.get("lines"):
        case {"count": int(count), "root": str(root)}:
            pass
        case _:
            count, root = 0, EMPTY_ROOT.hex()
    if len(digests) != count or merkle_root(digests).hex() != root:
        raise LogCorrupt(log=entry.log, index=entry.idx, what="the digests of the person lines are not the event's")
    left = Counter(digests)
    for row in rows:
        said = row.body.encode("utf-8")
        digest = ledger.access_leaf(row.nonce, said)
        left[digest] -= 1
        if left[digest] < 0:
            raise LogCorrupt(log=entry.log, index=entry.idx, what="a person line was changed or added")
        if _body(entry.log, entry.idx, said).get("subject") != row.subject_id:
            raise LogCorrupt(log=entry.log, index=entry.idx, what="a person line was moved to another person")
    return left.total()


def _levels(leaves: Sequence[bytes]) -> list[Sequence[bytes]]:
    """Hashes of complete subtrees: level n holds those of 2**n leaves."""
    levels: list[Sequence[bytes]] = [leaves]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([node_hash(below[n], below[n + 1]) for n in range(0, len(below) - 1, 2)])
    return levels


def _root(levels: Sequence[Sequence[bytes]], size: int) -> bytes:
    """The root over the first `size` leaves, from complete subtrees, right to left."""
    found: bytes | None = None
    for level in range(size.bit_length()):
        if size >> level & 1:
            node = levels[level][(size >> level) - 1]
            found = node if found is None else node_hash(node, found)
    return EMPTY_ROOT if found is None else found


def _compare_nodes(session: Session, log: str, levels: Sequence[Sequence[bytes]]) -> None:
    """Each stored node must be the one recomputed; the leaf level comes first, so that it names the entry."""
    query = select(LogNode.level, LogNode.idx, LogNode.hash).where(LogNode.log == log)
    query = query.order_by(col(LogNode.level), col(LogNode.idx))
    expected = ((level, index, value) for level, row in enumerate(levels) for index, value in enumerate(row))
    with session.exec(query.execution_options(yield_per=_ROWS_AT_ONCE)) as stored:  # closed where one is wrong
        for found in stored:
            wanted = next(expected, None)
            if wanted is None or (found[0], found[1]) > wanted[:2]:
                level, index = (found[0], found[1]) if wanted is None else wanted[:2]
                what = "an entry was removed from here on" if wanted is None else "a stored node is missing"
                raise LogCorrupt(log=log, index=index << level, what=what)
            if (found[0], found[1]) < wanted[:2]:
                raise LogCorrupt(log=log, index=found[1] << found[0], what="an entry was removed from here on")
            if bytes(found[2]) != wanted[2]:
                what = (
                    "the entry is another one than was appended"
                    if not found[0]
                    else f"the stored node of level {found[0]} was changed"
                )
                raise LogCorrupt(log=log, index=found[1] << found[0], what=what)
    left = next(expected, None)
    if left is not None:
        raise LogCorrupt(log=log, index=left[1] << left[0], what="a stored node is missing")


def _compare_instants(session: Session, log: str) -> None:
    """No entry may be older than the one before it, but where the clock was set back."""
    index = first_out_of_order(session, log, rows_at_once=_ROWS_AT_ONCE)
    if index is not None:
        raise LogCorrupt(log=log, index=index, what="the entry is older than the one before it")


def _compare_checkpoints(session: Session, log: str, levels: Sequence[Sequence[bytes]], key: VerifierKey) -> int:
    """Each stored head must be signed and fit; a wrong one lies behind the last that fits."""
    fits = 0
    query = select(CheckpointRow.size, CheckpointRow.note).where(CheckpointRow.log == log)
    rows = session.exec(query.order_by(col(CheckpointRow.size))).all()
    for size, note in rows:
        try:
            head = Checkpoint.parse(open_note(note, [key])[0])
        except ValueError as reason:
            what = f"the checkpoint of size {size} is not signed by this log's key ({reason})"
            raise LogCorrupt(log=log, index=fits, what=what) from None
        if (head.origin, head.size) != (key.name, size):
            what = f"the checkpoint of size {size} is of another log or size"
            raise LogCorrupt(log=log, index=fits, what=what)
        if head.size > len(levels[0]):
            what = f"entries up to {head.size - 1} were signed and are missing"
            raise LogCorrupt(log=log, index=len(levels[0]), what=what)
        if head.root != _root(levels, head.size):
            what = f"one of the entries {fits} to {head.size - 1} is another one than was signed"
            raise LogCorrupt(log=log, index=fits, what=what)
        fits = head.size
    return len(rows)


def _open_anchor(log: str, note: str, key: VerifierKey) -> Checkpoint:
    try:
        head = Checkpoint.parse(open_note(note, [key])[0])
    except ValueError as reason:
        raise CheckpointMismatch(log=log, size=0, reason=f"it cannot be read ({reason})") from None
    if head.origin != key.name:
        raise CheckpointMismatch(log=log, size=head.size, reason=f"it is of {head.origin}")
    return head


def _compare_anchor(log: str, levels: Sequence[Sequence[bytes]], anchor: Checkpoint) -> None:
    if anchor.size > len(levels[0]):
        reason = f"only {len(levels[0])} entries are left"
        raise CheckpointMismatch(log=log, size=anchor.size, reason=reason)
    if anchor.root != _root(levels, anchor.size):
        reason = f"one of its first {anchor.size} entries is another one now"
        raise CheckpointMismatch(log=log, size=anchor.size, reason=reason)
