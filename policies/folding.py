"""Which windows are shown with a later one: the plan of blocks that lets everybody wait least.

A block is a run of windows, and its figures are shown at its end. What is shown at fewer ends tells less, so that ends
which may not be shown side by side may not be so beside others either.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from heapq import heappop, heappush
from typing import TypeAlias

Ends: TypeAlias = tuple[int, ...]
"""The windows at whose end something is shown, counted from 0."""


def least_wait(planned: Sequence[int], passes: Callable[[Ends], bool], *, shown: Ends = ()) -> Ends | None:
    """The ends of the blocks with the least wait of all planned windows together; of equal ones those that end earlier.

    They begin with the ends at which something was `shown` already. The last planned window is an end, so that a tail
    which may not be shown by itself is joined backwards. None where not even one block of everything else passes.
    """
    if not planned:
        return ()
    passes = cache(passes)  # an ask judges a whole calendar
    last = planned[-1]
    refused: list[frozenset[int]] = []  # ends that may not be shown together, as few as they can be

    def may_be_shown(ends: Ends) -> bool:
        if any(some <= set(ends) for some in refused):
            return False
        if passes(ends):
            return True
        for end in ends[:-1]:
            fewer = tuple(one for one in ends if one != end)
            if not passes(fewer):
                ends = fewer
        refused.append(frozenset(ends))
        return False

    heap: list[tuple[int, Ends]] = [(0, shown)]
    while heap:
        wait, ends = heappop(heap)
        if not may_be_shown(ends if last in ends else (*ends, last)):
            continue
        if last in ends:
            return ends
        inner = [one for one in planned if not ends or one > ends[-1]]
        for place, end in enumerate(inner):
            heappush(heap, (wait + sum(place - one for one in range(place)), (*ends, end)))
    return None


def waits(planned: Sequence[int], ends: Ends) -> list[int]:
    """By how many planned windows each of them is shown later."""
    return [
        next(place for place, end in enumerate(planned) if end >= one and end in ends) - at
        for at, one in enumerate(planned)
    ]
