"""The attest log as static files: C2SP tlog-tiles (c2sp.org/tlog-tiles, tiles of 256 hashes).

Full tiles never change, so only those since the last publication are made again.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlmodel import Session, col, select

from gateway.store import ledger
from gateway.store.log_tables import LogEntry, LogNode

WIDTH = 256
_HEIGHT = 8  # levels of the tree in one tile
_MOST_ENTRY_BYTES = 0xFFFF


def tile_files(session: Session, log: str, *, size: int, since: int = 0) -> Iterator[tuple[str, bytes]]:
    """Path below the log's prefix and content of every tile that is new or wider for `size` than it was for `since`."""
    for first, width in _tiles(size, since):
        yield _path("entries", first, width), _entries(session, log, first * WIDTH, width)
    level = 0
    while size >> (_HEIGHT * level):
        there, before = size >> (_HEIGHT * level), since >> (_HEIGHT * level)
        for first, width in _tiles(there, before):
            yield _path(str(level), first, width), _hashes(session, log, _HEIGHT * level, first * WIDTH, width)
        level += 1


def _tiles(there: int, before: int) -> Iterator[tuple[int, int]]:
    """Index and width of the tiles of a level with `there` hashes, from the one on that `before` did not fill."""
    if there == before:
        return
    for first in range(before // WIDTH, (there + WIDTH - 1) // WIDTH):
        yield first, min(WIDTH, there - first * WIDTH)


def _path(level: str, index: int, width: int) -> str:
    """`tile/0/x001/234` for tile 1234 of level 0; a partial tile of 17 hashes ends in `.p/17`."""
    digits = f"{index:03d}"
    groups = [digits[max(0, end - 3) : end].zfill(3) for end in range(len(digits), 0, -3)][::-1]
    name = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    return f"tile/{level}/{name}" if width == WIDTH else f"tile/{level}/{name}.p/{width}"


def _hashes(session: Session, log: str, level: int, first: int, width: int) -> bytes:
    query = select(LogNode.hash).where(
        LogNode.log == log, LogNode.level == level, LogNode.idx >= first, LogNode.idx < first + width
    )
    found = [bytes(value) for value in session.exec(query.order_by(col(LogNode.idx)))]
    if len(found) != width:
        raise ledger.missing_node(log, level, first + len(found))
    return b"".join(found)


def _entries(session: Session, log: str, first: int, width: int) -> bytes:
    query = select(LogEntry.leaf_data).where(LogEntry.log == log, LogEntry.idx >= first, LogEntry.idx < first + width)
    found = [bytes(value) for value in session.exec(query.order_by(col(LogEntry.idx)))]
    if any(len(value) > _MOST_ENTRY_BYTES for value in found):
        raise ValueError("a log entry is too long for a tile")
    return b"".join(len(value).to_bytes(2, "big") + value for value in found)
