"""Which few people some combination of exact figures is about: exact, modulo a large prime, without a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

PRIME = 2**31 - 1
MOST_NODES = 3000


def echelon(rows: np.ndarray) -> np.ndarray:
    """The reduced echelon form: the same for two lists of rows that span one space."""
    left = np.array(rows, dtype=np.int64) % PRIME
    place = 0
    for column in range(left.shape[1] if left.size else 0):
        hits = np.nonzero(left[place:, column])[0]
        if not len(hits):
            continue
        left[[place, place + hits[0]]] = left[[place + hits[0], place]]
        left[place] = left[place] * pow(int(left[place, column]), PRIME - 2, PRIME) % PRIME
        others = np.nonzero(left[:, column])[0]
        others = others[others != place]
        left[others] = (left[others] - left[others][:, [column]] * left[place]) % PRIME
        place += 1
        if place == len(left):
            break
    return left[:place]


def span_of(figures: np.ndarray) -> np.ndarray:
    """What one person can change: courses × figures -> a basis."""
    unique = np.unique(figures, axis=0)
    return echelon(unique[1:] - unique[0])


@dataclass(frozen=True)
class Movers:
    people: int
    basis: np.ndarray
    members: tuple[int, ...]  # the classes that are alike


@dataclass(frozen=True)
class Isolation:
    classes: tuple[int, ...]
    people: int
    is_proved: bool = True  # False: the search was cut short


def _excess(movers: Sequence[Movers], width: int, paid: Sequence[int]) -> int:
    """The rank of all figures that is not already that of the paid ones."""
    rows = [one.basis for one in movers if len(one.basis)]
    if not rows or not width:
        return 0
    all_rows = echelon(np.vstack(rows))
    return len(all_rows) - (len(echelon(all_rows[:, list(paid)])) if len(paid) else 0)


def fewest_alone(
    people: Sequence[int], spans: Sequence[np.ndarray], below: int, paid: Sequence[int] = ()
) -> Isolation | None:
    """The fewest people that can move something while nobody else can; None where there are always `below` or more.

    What the columns `paid` tell by themselves of such people is left out. Such a set takes something out of every
    basis of what those not yet taken out can move; so one basis is taken, and each of its givers is tried.
    """
    alike: dict[bytes, list[int]] = {}
    for place, span in enumerate(spans):
        if len(span) and people[place]:
            alike.setdefault(span.tobytes(), []).append(place)
    movers = [Movers(sum(people[one] for one in group), spans[group[0]], tuple(group)) for group in alike.values()]
    if not movers:
        return None
    movers.sort(key=lambda one: -one.people)
    width = movers[0].basis.shape[1]
    full, best, seen = _excess(movers, width, paid), None, set()
    if not full:
        return None
    stack: list[tuple[frozenset[int], int]] = [(frozenset(), 0)]
    while stack:
        out, weight = stack.pop(0)
        if out in seen or weight >= (best.people if best else below):
            continue
        seen.add(out)
        if len(seen) > MOST_NODES:
            return best or Isolation((), 0, is_proved=False)
        rest = [one for place, one in enumerate(movers) if place not in out]
        if _excess(rest, width, paid) < full:
            best = Isolation(tuple(sorted(one for place in out for one in movers[place].members)), weight)
            continue
        found = np.zeros((0, width), dtype=np.int64)
        for place, one in enumerate(movers):
            if place in out:
                continue
            more = echelon(np.vstack([found, one.basis]))
            if len(more) > len(found):
                found = more
                stack.append((out | {place}, weight + one.people))
    return best


def combination(rest: np.ndarray, isolated_rows: np.ndarray) -> list[int] | None:
    """Whole numbers, one a figure: a sum of figures that nobody of the rest moves, and that the isolated do."""
    width = isolated_rows.shape[1]
    left = [[Fraction(int(x)) for x in row] for row in np.unique(rest, axis=0)] if len(rest) else []
    pivots: list[int] = []
    place = 0
    for column in range(width):
        hit = next((one for one in range(place, len(left)) if left[one][column]), None)
        if hit is None:
            continue
        left[place], left[hit] = left[hit], left[place]
        left[place] = [x / left[place][column] for x in left[place]]
        for other in range(len(left)):
            if other != place and left[other][column]:
                factor = left[other][column]
                left[other] = [a - factor * b for a, b in zip(left[other], left[place], strict=True)]
        pivots.append(column)
        place += 1
    for free in (one for one in range(width) if one not in pivots):
        weights = [Fraction(0)] * width
        weights[free] = Fraction(1)
        for row, pivot in zip(left, pivots, strict=False):
            weights[pivot] = -row[free]
        common = np.lcm.reduce([one.denominator for one in weights])
        whole = [int(one * int(common)) for one in weights]
        if any(isolated_rows @ np.array(whole, dtype=np.int64)):
            return whole
    return None
