"""What a table shows of its cells, and what a reader who knows the rule can still think of those it withholds.

By class (`outcomes_by_class`): small cells are withheld, and others with them where those could be reckoned from the
sum, which stands beside the table. By reason (`not_counted`): small cells are counted under another one, whose sum is
known as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

Cells = tuple[int, ...]
Seen = tuple[int | None, ...]
BY_CLASS, BY_REASON = "outcomes_by_class", "not_counted"
REASONS = ("not_long_enough", "on_benefit", "left", "other")  # those that a person of the attacker's models can have


def seen_by_class(cells: Cells, k: int) -> Seen:
    """Each cell, or None for withheld: in stages, until each of those withheld could be anything small."""
    if len(cells) == 1:
        return cells
    stage, total = k, sum(cells)
    while stage <= total + k:
        withheld = [value for value in cells if value < stage]
        room = (len(withheld) - 1) * (stage - 1)
        if not withheld or (len(withheld) > 1 and k <= sum(withheld) <= room):
            return tuple(None if value < stage else value for value in cells)
        stage += k
    return (None,) * len(cells)


def seen_without_complement(cells: Cells, k: int) -> Seen:
    """The rule switched off: small cells are withheld, whatever the sum tells of them."""
    return tuple(None if value < k else value for value in cells)


def seen_by_reason(cells: Cells, k: int) -> Seen:
    """The last cell takes in what is withheld, or all are withheld."""
    if sum(cells) < k:
        return (None,) * len(cells)
    stage = k
    while cells[-1] + sum(value for value in cells[:-1] if value < stage) < k:
        stage += k
    folded = cells[-1] + sum(value for value in cells[:-1] if value < stage)
    return (*(None if value < stage else value for value in cells[:-1]), folded)


Rule: TypeAlias = Callable[[Cells, int], Seen]
RULES: Mapping[str, Rule] = {BY_CLASS: seen_by_class, BY_REASON: seen_by_reason}


@lru_cache(maxsize=512)
def alike(rule: Rule, cells: Cells, k: int) -> frozenset[Cells]:
    """All that look like these cells to somebody who knows their sum and the rule."""
    seen = rule(cells, k)
    fixed = list(seen[:-1] if rule is seen_by_reason else seen)  # the last one holds those withheld
    fixed += [None] * (len(cells) - len(fixed))
    return frozenset(one for one in _with_sum(fixed, sum(cells)) if rule(one, k) == seen)


def _with_sum(fixed: Sequence[int | None], total: int) -> Iterator[Cells]:
    """All cells of a sum of which some are known."""
    left = total - sum(one for one in fixed if one is not None)
    unknown = [place for place, one in enumerate(fixed) if one is None]

    def fill(places: Sequence[int], rest: int) -> Iterator[dict[int, int]]:
        if not places:
            if not rest:
                yield {}
            return
        for value in [rest] if len(places) == 1 else range(rest + 1):
            yield from ({places[0]: value, **more} for more in fill(places[1:], rest - value))

    for found in fill(unknown, left):
        yield tuple(found.get(place, one or 0) for place, one in enumerate(fixed))
