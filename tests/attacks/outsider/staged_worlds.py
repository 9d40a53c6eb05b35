"""A world written down as it is told: who begins when, and what each of them has reached by which window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeAlias

from tests.attacks.outsider.attacking import Entry, World, courses_of
from tests.attacks.outsider.courses import parts_of
from tests.attacks.outsider.documents import Terms

MONDAY = date(2019, 12, 30)
Units: TypeAlias = tuple[tuple[str, int, int], ...]
"""How many units of a measure by the end of a window, by its place."""


def week(number: int) -> date:
    """The Monday of the so manieth week of 2020."""
    return MONDAY + timedelta(days=7 * (number - 1))


def does(terms: Terms, entry: Entry, wanted: Mapping[tuple[str, int], int], state: str = "") -> int:
    """A course that has so many units of a measure by the end of a window, all in one state where it is named."""
    parts = parts_of(terms)
    for place, row in enumerate(courses_of(terms, entry)):
        sums: dict[tuple[str, int], int] = dict.fromkeys(wanted, 0)
        for part, units in zip(parts, row, strict=True):
            if (part.measure, part.at) in sums and state in ("", part.state):
                sums[part.measure, part.at] += int(units)
        if sums == wanted:
            return place
    raise AssertionError(f"nobody of {entry.day} can do {wanted}")


@dataclass(frozen=True)
class Doing:
    """So many people of a first day, and how many units of a measure each has by the end of each window named."""

    entry: Entry
    many: int
    units: Units
    state: str = ""


def world(terms: Terms, doing: Sequence[Doing]) -> World:
    people: dict[Entry, tuple[int, ...]] = {}
    for one in doing:
        wanted = {(measure, at): units for measure, at, units in one.units}
        people[one.entry] = (*people.get(one.entry, ()), *[does(terms, one.entry, wanted, one.state)] * one.many)
    return World(terms, people)
