"""A log as static files: C2SP tlog-tiles (c2sp.org/tlog-tiles, tiles of 256 hashes).

Whoever holds a checkpoint of a size may ask for the partial tiles of just that size: so they are made for every size
that was ever signed, and stay. Full tiles never change, so only those since the last publication are made again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlmodel import Session, col, select

from gateway.store import ledger
from gateway.store.log_tables import LogEntry, LogNode

WIDTH = 256
_HEIGHT = 8  # levels of the tree in one tile
_MOST_ENTRY_BYTES = 0xFFFF


def tile_files(
    session: Session, log: str, *, signed: Sequence[int], since: int = 0, with_entries: bool = True
) -> Iterator[tuple[str, bytes]]:
    """Path below the log's prefix and content of every tile of the tree sizes that were `signed`, but for those that
    the size `since` had already; with entry bundles, or the hashes alone."""
    for first, widths in _tiles(signed, since):
        if with_entries:
            entries = _entries(session, log, first * WIDTH, max(widths))
            for width in widths:
                yield _path("entries", first, width), b"".join(entries[:width])
    level, newest = 0, max(signed, default=0)
    while newest >> (_HEIGHT * level):
        sizes = [size >> (_HEIGHT * level) for size in signed]
        for first, widths in _tiles(sizes, since >> (_HEIGHT * level)):
            hashes = _hashes(session, log, _HEIGHT * level, first * WIDTH, max(widths))
            for width in widths:
                yield _path(str(level), first, width), b"".join(hashes[:width])
        level += 1


def _tiles(sizes: Sequence[int], before: int) -> Iterator[tuple[int, list[int]]]:
    """Index and widths of the tiles of a level that had each of these sizes, from the one on that `before` did not
    fill."""
    newest = max(sizes, default=0)
    for first in range(before // WIDTH, (newest + WIDTH - 1) // WIDTH):
        start = first * WIDTH
        partial = {size - start for size in sizes if max(before, start) < size < start + WIDTH}
        if widths := sorted(partial | ({WIDTH} if newest >= start + WIDTH else set())):
            yield first, widths


def _path(level: str, index: int, width: int) -> str:
    """`tile/0/x001/234` for tile 1234 of level 0; a partial tile of 17 hashes ends in `.p/17`."""
    digits = f"{index:03d}"
    groups = [digits[max(0, end - 3) : end].zfill(3) for end in range(len(digits), 0, -3)][::-1]
    name = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    return f"tile/{level}/{name}" if width == WIDTH else f"tile/{level}/{name}.p/{width}"


def _hashes(session: Session, log: str, level: int, first: int, width: int) -> list[bytes]:
    query = select(LogNode.hash).where(
        LogNode.log == log, LogNode.level == level, LogNode.idx >= first, LogNode.idx < first + width
    )
    found = [bytes(value) for value in session.exec(query.order_by(col(LogNode.idx)))]
    if len(found) != width:
        raise ledger.missing_node(log, level, first + len(found))
    return found


def _entries(session: Session, log: str, first: int, width: int) -> list[bytes]:
    """Entries of a bundle, each behind its length."""
    query = select(LogEntry.leaf_data).where(LogEntry.log == log, LogEntry.idx >= first, LogEntry.idx < first + width)
    found = [bytes(value) for value in session.exec(query.order_by(col(LogEntry.idx)))]
    if any(len(value) > _MOST_ENTRY_BYTES for value in found):
        raise ValueError("a log entry is too long for a tile")
    if len(found) != width:
        raise ledger.missing_node(log, 0, first + len(found))
    return [len(value).to_bytes(2, "big") + value for value in found]
