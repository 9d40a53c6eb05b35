"""Rows of a table that are nobody's: empty, the header once more, and totals. Each only where it certainly is that.

A row that is left out here says nothing of anybody. Any other row is somebody's, also where nobody can tell whose.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from operator import eq

from connectors.cells import read_number, trim

_TOTAL = frozenset({"i alt", "ialt", "total", "sum", "subtotal", "hovedtotal", "grand total"})
_MANY = 5  # different rows: fewer may well be equal pairs
_SEVERAL = 2  # the sum of a single row is that row


def is_empty(row: Sequence[str]) -> bool:
    """Whether no cell says anything."""
    return not any(map(trim, row))


def is_header(row: Sequence[str], header: Sequence[str]) -> bool:
    """Whether this is the header again, as where files were put behind each other."""
    return len(row) == len(header) and all(map(eq, map(trim, row), map(trim, header)))


def is_total(row: Sequence[str]) -> bool:
    """Whether this is a row of sums that says so: one cell with a word for it, and numbers."""
    texts = [text for cell in row if (text := trim(cell))]
    others = [text for text in texts if text.rstrip(":").lower() not in _TOTAL]
    return len(others) == len(texts) - 1 and None not in map(read_number, others)


def is_sum(row: Sequence[str], above: Sequence[Sequence[str]]) -> bool:
    """Whether this row says nothing but the sums of its columns in the rows above, of which there are several."""
    sums = {place: read_number(cell) for place, cell in enumerate(row) if trim(cell)}
    if len(above) < _SEVERAL or None in sums.values() or not any(sums.values()):
        return False
    return all(sum(read_number(other[place]) or 0 for other in above) == total for place, total in sums.items())


def are_all_doubled(rows: Iterable[Hashable]) -> bool:
    """Whether every row stands at least twice, and they are many. Two equal postings may be two; where all of them are
    equal to another one, a file or a view holds itself twice, in whatever order.
    """
    counts = Counter(rows)
    return len(counts) >= _MANY and min(counts.values()) > 1
