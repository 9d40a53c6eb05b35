"""One attack from its beginning: a contract, people with their days, what they did; who is fixed, and by what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache

import numpy as np

from tests.attacks.outsider.courses import EARNED, family, parts_of
from tests.attacks.outsider.documents import Release, Terms
from tests.attacks.outsider.rank import Isolation, combination, isolated, span_of
from tests.attacks.outsider.solver import Fixed, Group, attack
from tests.attacks.outsider.views import Figure, Reading, figures_of, matrix


@dataclass(frozen=True, slots=True)
class Entry:
    """What the reader knows of a person beforehand: the first day, and, who knows it, the week in which somebody left."""

    day: date
    gone_from: int = 0
    back: int = 0


@dataclass(frozen=True)
class World:
    """A contract and its people: how many of each entry, and which course each leads (a row of its family)."""

    terms: Terms
    people: Mapping[Entry, tuple[int, ...]]
    known: Mapping[Entry, int] = field(default_factory=dict)  # how many of an entry the reader knows all about

    @property
    def size(self) -> int:
        return sum(map(len, self.people.values()))


@dataclass(frozen=True)
class Learned:
    """What a reader of these figures knows for certain that could have been otherwise."""

    by_structure: list[Fixed]
    by_none_or_all: list[Fixed]
    isolation: Isolation | None
    figures: list[str]
    totals: list[int]

    @property
    def undecided(self) -> int:
        return sum(not one.is_proved for one in (*self.by_structure, *self.by_none_or_all))


@lru_cache(maxsize=256)
def _facts(terms: Terms) -> np.ndarray:
    """Parts × facts: what a person added to each measure in each window."""
    parts, columns = parts_of(terms), []
    for measure in terms.measures:
        for at in range(len(terms.windows)):
            sign = {at: 1, at - 1: -1}
            columns.append([sign.get(part.at, 0) if part.measure == measure["id"] else 0 for part in parts])
    return np.array(columns, dtype=np.int64).T


def _courses(terms: Terms, entry: Entry) -> np.ndarray:
    return family(terms, entry.day, entry.gone_from, entry.back).rows


def isolation_of(
    terms: Terms, count: Mapping[Entry, int], figures: Sequence[Figure], below: int
) -> tuple[Isolation | None, list[Entry]]:
    entries = list(count)
    of = matrix(terms, list(figures))
    spans = [_span(terms, entry, of.tobytes(), of.shape) for entry in entries]
    return isolated([count[one] for one in entries], spans, below), entries


@lru_cache(maxsize=65536)
def _span(terms: Terms, entry: Entry, figures: bytes, shape: tuple[int, int]) -> np.ndarray:
    of = np.frombuffer(figures, dtype=np.int64).reshape(shape)
    return span_of(_courses(terms, entry) @ of)


def learn(world: World, released: list[Release], *, reading: Reading | None = None) -> Learned:
    """Everybody that a reader of these releases fixes who knows the contract, everybody's day and what `known` says.

    Apart stands what follows from none or all of k_cohort and more people having moved a figure.
    """
    terms = world.terms
    figures = figures_of(terms, released, reading or Reading())
    of, facts = matrix(terms, figures), _facts(terms)
    unknown = {entry: len(led) - world.known.get(entry, 0) for entry, led in world.people.items()}
    wide = figures_of(terms, released, replace(reading or Reading(), expands=True))
    margin = terms.k_cohort - sum(world.known.values())
    found, entries = isolation_of(terms, unknown, wide, max(margin, 1))
    groups = []
    for entry, led in world.people.items():
        rows = _courses(terms, entry)
        mine = np.array(led[: unknown[entry]], dtype=np.int64)
        groups.append(Group(_name(entry), rows @ of, rows @ facts, mine))
    fixed = attack(groups)
    few = {_name(entries[one]) for one in found.classes} if found else set()
    structure = [one for one in fixed if one.group in few]
    rest = [one for one in fixed if one.group not in few]
    totals = sum(group.figures[group.led].sum(axis=0) for group in groups)
    names = [f"{one.name} {terms.windows[one.at].label}" for one in figures]
    return Learned(structure, rest, found, names, [int(one) for one in np.atleast_1d(totals)])


def _name(entry: Entry) -> str:
    gone = f", gone from week {entry.gone_from}" if entry.gone_from else ""
    return f"{entry.day}{gone}{', time given back' if entry.back else ''}"


def movers(fixed: Sequence[Fixed]) -> dict[int, int]:
    """How many people each fact is fixed of."""
    found: Counter[int] = Counter()
    for one in fixed:
        found[one.fact] += one.people
    return dict(found)


def isolating_figures(world: World, released: list[Release]) -> tuple[list[str], list[int]] | None:
    """The combination itself, for people to read."""
    figures = figures_of(world.terms, released, Reading(expands=True))
    found, entries = isolation_of(
        world.terms, {entry: len(led) for entry, led in world.people.items()}, figures, world.terms.k_cohort
    )
    if found is None or not found.classes:
        return None
    of = matrix(world.terms, figures)
    moves = [(row - row[0])[1:] for row in (_courses(world.terms, entry) @ of for entry in entries)]
    rest = [rows for place, rows in enumerate(moves) if place not in found.classes]
    out = np.vstack([moves[place] for place in found.classes])
    weights = combination(np.vstack(rest) if rest else np.zeros((0, of.shape[1])), out)
    if weights is None:
        return None
    names = [
        f"{weight:+d} × {one.name} {world.terms.windows[one.at].label}"
        for weight, one in zip(weights, figures, strict=True)
        if weight
    ]
    return names, weights


__all__ = ["EARNED", "Entry", "Learned", "World", "isolating_figures", "isolation_of", "learn", "movers"]
