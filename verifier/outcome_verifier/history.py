"""Whether two heads of a log are of one history (RFC 6962 §2.1), from whatever hashes of its tree are at hand.

A head is a size and a root. Receipts under it prove further hashes of its tree; where two heads say two things of the
same leaves, the log was forked. Tiles prove nothing by themselves: a consistency proof that is made of them does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum

from outcome_verifier.tlog import EMPTY_ROOT, node_hash, verify_consistency

Span = tuple[int, int]  # the leaves from the first number on, up to the second
Known = Mapping[Span, bytes]
Node = Callable[[int, int], bytes | None]  # of level and index of a full subtree


class Relation(Enum):
    """What two heads of one log are to each other."""

    ONE_HISTORY = "one history"
    FORKED = "forked"
    UNPROVED = "unproved"


def proved_hashes(*, leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> dict[Span, bytes]:
    """The hashes that an inclusion proof proves of its tree. The proof must have been verified."""
    found, node = {(index, index + 1): leaf}, leaf
    for (span, beside, is_left), sibling in zip(_steps(index, size), path, strict=True):
        found[beside] = sibling
        node = node_hash(sibling, node) if is_left else node_hash(node, sibling)
        found[span] = node
    return found


def relation(old: tuple[int, bytes], new: tuple[int, bytes], *, in_old: Known, in_new: Known, tiles: Node) -> Relation:
    """How the smaller head (size, root) stands to the larger one. `in_old` and `in_new` hold what receipts prove of
    either tree; `tiles` says what is claimed of the log, and need not be true.
    """
    (size1, root1), (size2, root2) = old, new
    known1 = {**in_old, (0, size1): root1}
    known2 = {**in_new, (0, size2): root2}
    if any(known1[span] != known2[span] for span in known1.keys() & known2.keys()):
        return Relation.FORKED
    if size1 == 0:  # the empty tree begins every other
        return Relation.ONE_HISTORY if root1 == EMPTY_ROOT else Relation.FORKED
    if size1 == size2:  # two roots of one size were found above
        return Relation.ONE_HISTORY
    if _holds(old, new, _Hashes((known2, known1), tiles)):
        return Relation.ONE_HISTORY
    said = _Hashes((in_new,), tiles)
    prefix = said.of(0, size1)
    if prefix is not None and prefix != root1 and _holds((size1, prefix), new, said):
        return Relation.FORKED  # the larger tree begins with other leaves than the smaller one holds
    return Relation.UNPROVED


class _Hashes:
    """Hashes of leaves, from the first table that has them, from tiles, or put together of their halves."""

    def __init__(self, tables: Sequence[Known], tiles: Node) -> None:
        self._tables = tables
        self._tiles = tiles

    def of(self, start: int, end: int) -> bytes | None:
        for table in self._tables:
            if (start, end) in table:
                return table[start, end]
        width = end - start
        if width & (width - 1) == 0 and start % width == 0:
            found = self._tiles(width.bit_length() - 1, start // width)
            if found is not None or width == 1:
                return found
        middle = start + _split(width)
        left = self.of(start, middle)
        right = None if left is None else self.of(middle, end)
        return None if left is None or right is None else node_hash(left, right)


def _holds(old: tuple[int, bytes], new: tuple[int, bytes], hashes: _Hashes) -> bool:
    proof = [hashes.of(*span) for span in _consistency(old[0], 0, new[0], is_whole=True)]
    whole = [value for value in proof if value is not None]
    if len(whole) != len(proof):
        return False
    try:
        verify_consistency(size1=old[0], root1=old[1], size2=new[0], root2=new[1], proof=whole)
    except ValueError:  # what the tiles say is of neither tree, or the roots are of two
        return False
    return True


def _consistency(size: int, start: int, end: int, *, is_whole: bool) -> Iterator[Span]:
    """The spans of PROOF(size, D[start:end]), in the proof's order (RFC 6962 §2.1.2)."""
    if start + size == end:
        if not is_whole:
            yield start, end
        return
    k = _split(end - start)
    if size <= k:
        yield from _consistency(size, start, start + k, is_whole=is_whole)
        yield start + k, end
    else:
        yield from _consistency(size - k, start + k, end, is_whole=False)
        yield start, start + k


def _steps(index: int, size: int) -> list[tuple[Span, Span, bool]]:
    """From the leaf up: the span of the parent, that of the sibling, and whether the sibling is the left one."""
    found, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            found.append(((start, end), (middle, end), False))
            end = middle
        else:
            found.append(((start, end), (start, middle), True))
            start = middle
    return found[::-1]


def _split(width: int) -> int:
    """The largest power of two below the width."""
    return 1 << ((width - 1).bit_length() - 1)
