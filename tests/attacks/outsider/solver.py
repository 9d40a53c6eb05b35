"""Whether only one thing can be true of a person: two worlds that look alike are exhibited, or an integer programme
proves that there are none. What is not decided in time counts as fixed.

People of one first day are alike to the reader, so a world is how many of each first day lead each course. Somebody is
*fixed* in a fact where every world that gives the same figures gives the fact the same value for everybody of the day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, product

import highspy
import numpy as np

SECONDS = 10.0
MOST_LOOKS = 40_000
MOST_TABLES = 200  # of what a table may be behind its marks


@dataclass(frozen=True)
class Group:
    """People who are alike to the reader: `figures` and `facts` of each course they may lead, and who leads which."""

    name: str
    figures: np.ndarray  # courses × figures
    facts: np.ndarray  # courses × facts
    led: np.ndarray  # a course for each person

    @property
    def people(self) -> int:
        return len(self.led)


@dataclass(frozen=True)
class Fixed:
    group: str
    people: int
    fact: int
    value: int
    is_proved: bool  # False: the solver ran out of time


@dataclass(frozen=True, slots=True)
class Told:
    """What a reader knows of the sum of each figure: the least and the most that it may be. Of some figures together,
    by their places, all that they may be: the cells of a table, some of which are withheld."""

    ranges: tuple[tuple[float, float], ...]
    together: tuple[tuple[tuple[int, ...], frozenset[tuple[int, ...]]], ...] = ()

    def looks_alike(self, sums: np.ndarray) -> bool:
        return all(tuple(int(sums[place]) for place in places) in possible for places, possible in self.together)

    def each(self) -> Iterator[Told]:
        """One for each of what figures may be together: then they are exact."""
        for chosen in product(*(sorted(possible) for _, possible in self.together)):
            ranges = list(self.ranges)
            for (places, _), values in zip(self.together, chosen, strict=True):
                for place, value in zip(places, values, strict=True):
                    ranges[place] = (value, value)
            yield Told(tuple(ranges))


def exact(groups: Sequence[Group]) -> Told:
    """Every sum as it is."""
    totals = sum(group.figures[group.led].sum(axis=0) for group in groups)
    return Told(tuple((float(total), float(total)) for total in np.atleast_1d(totals)))


def attack(groups: Sequence[Group], told: Told | None = None, facts: Sequence[int] | None = None) -> list[Fixed]:
    """Everybody of whom some fact that could be otherwise is fixed by what is told of the sums of the figures of all:
    the sums themselves, where nothing else is said."""
    found = []
    told = told or exact(groups)
    seen = _seen(groups, told)
    for place, group in enumerate(groups):
        if not group.people:
            continue
        values, decided = group.facts[group.led], dict[bytes, tuple[bool, bool]]()
        for fact in range(group.facts.shape[1]) if facts is None else facts:
            value = int(values[0, fact])
            differs = group.facts[:, fact] != value
            if not differs.any() or (values[:, fact] != value).any():
                continue  # it could be nothing else anyway; or two people may change places
            key = differs.tobytes()
            if key not in decided:
                decided[key] = _is_otherwise(groups, seen, place, differs, told)
            other, is_decided = decided[key]
            if not other:
                found.append(Fixed(group.name, group.people, fact, value, is_decided))
    return found


def _is_otherwise(
    groups: Sequence[Group], seen: Seen, place: int, differs: np.ndarray, told: Told
) -> tuple[bool, bool]:
    """Whether somebody of the group may lead one of the courses that differ; whether that is decided."""
    if seen.is_out_of_reach(groups, place, differs):
        return False, True
    if exchange(groups, seen.index, place, differs) is not None:
        return True, True
    return another_world(groups, place, differs, told)


@dataclass(frozen=True)
class Seen:
    """What is worked out once for all facts: a course for each row of figures, and how far sums of figures reach."""

    index: list[dict[bytes, int]]
    sums: list[np.ndarray]  # of each group, courses × (figures, and the sum and difference of each two)
    least: np.ndarray  # what is told of each of them
    most: np.ndarray

    def is_out_of_reach(self, groups: Sequence[Group], place: int, differs: np.ndarray) -> bool:
        """Whether a figure, or the sum or difference of two, rules out each of the courses that differ: with the least,
        or the most, that everybody else can add it is too much, or too little."""
        least = most = np.zeros(len(self.least))
        for at, group in enumerate(groups):
            if many := group.people - (at == place):
                least = least + many * self.sums[at].min(axis=0)
                most = most + many * self.sums[at].max(axis=0)
        own = self.sums[place][differs]
        return bool(((own + least > self.most) | (own + most < self.least)).any(axis=1).all())


def _seen(groups: Sequence[Group], told: Told) -> Seen:
    ranges = np.array(told.ranges).reshape(-1, 2)
    ones = np.eye(len(ranges))
    pairs = [
        ones[first] + sign * ones[second] for first, second in combinations(range(len(ones)), 2) for sign in (1, -1)
    ]
    weights = np.array([*ones, *pairs]).reshape(-1, len(ones)).T
    up, down = np.maximum(weights, 0), np.minimum(weights, 0)
    least = _weighted(ranges[:, 0], up) + _weighted(ranges[:, 1], down)
    most = _weighted(ranges[:, 1], up) + _weighted(ranges[:, 0], down)
    return Seen([_index(group) for group in groups], [group.figures @ weights for group in groups], least, most)


def _weighted(ends: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Sums of ends of ranges, which may be endless."""
    with np.errstate(invalid="ignore"):
        return np.where(weights != 0, weights * ends[:, None], 0.0).sum(axis=0)


def _index(group: Group) -> dict[bytes, int]:
    found: dict[bytes, int] = {}
    for course, row in enumerate(group.figures):
        found.setdefault(row.tobytes(), course)
    return found


def exchange(
    groups: Sequence[Group], index: Sequence[dict[bytes, int]], place: int, differs: np.ndarray
) -> tuple[int, int, int] | None:
    """A second world by one step: somebody of the group leads another course, and one other person makes up for it."""
    mine = groups[place]
    courses = np.nonzero(differs)[0]
    looks = 0
    for led in np.unique(mine.led):
        changes = mine.figures[courses] - mine.figures[led]
        if (still := np.nonzero(~changes.any(axis=1))[0]).size:
            return int(courses[still[0]]), -1, -1
        for other, group in enumerate(groups):
            for theirs in np.unique(group.led):
                if other == place and (group.people < 2 or (theirs == led and (group.led == led).sum() < 2)):
                    continue
                wanted = group.figures[theirs] - changes
                for row, course in zip(wanted, courses, strict=True):
                    looks += 1
                    if row.tobytes() in index[other]:
                        return int(course), other, index[other][row.tobytes()]
                    if looks > MOST_LOOKS:
                        return None
    return None


def another_world(
    groups: Sequence[Group], place: int, differs: np.ndarray, told: Told | None = None
) -> tuple[bool, bool]:
    """Whether some world looks the same and somebody of the group leads a course that differs in it; whether that is
    decided."""
    told = told or exact(groups)
    sums, is_decided = _solve(groups, place, differs, told)
    if sums is None or told.looks_alike(sums):
        return sums is not None, is_decided
    answers = [_solve(groups, place, differs, one) for one in islice(told.each(), MOST_TABLES)]
    is_found = any(sums is not None for sums, _ in answers)
    return is_found, is_found or (len(answers) < MOST_TABLES and all(is_decided for _, is_decided in answers))


def _solve(groups: Sequence[Group], place: int, differs: np.ndarray, told: Told) -> tuple[np.ndarray | None, bool]:
    """The sums of some world within the ranges, or None for none; whether that is decided."""
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("time_limit", SECONDS)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("random_seed", 1)
    peopled = [at for at, group in enumerate(groups) if group.people]
    for least, most in told.ranges:
        solver.addRow(least, most, 0, np.array([], dtype=np.int32), np.array([]))
    for many in (groups[at].people for at in peopled):
        solver.addRow(float(many), float(many), 0, np.array([], dtype=np.int32), np.array([]))
    solver.addRow(1.0, highspy.kHighsInf, 0, np.array([], dtype=np.int32), np.array([]))
    looks = []
    for row, at in enumerate(peopled):
        marks = np.zeros((len(groups[at].figures), len(peopled) + 1), dtype=np.int64)
        marks[:, row] = 1
        marks[:, -1] = differs if at == place else 0
        looks.append(_distinct(np.column_stack([groups[at].figures, marks])))
    columns = np.vstack(looks)
    most_of_each = np.repeat([float(groups[at].people) for at in peopled], [len(some) for some in looks])
    which, rows = np.nonzero(columns)
    starts = np.searchsorted(which, np.arange(len(columns))).astype(np.int32)
    nothing, values = np.zeros(len(columns)), columns[which, rows].astype(float)
    solver.addCols(len(columns), nothing, nothing, most_of_each, len(values), starts, rows.astype(np.int32), values)
    integral = np.array([highspy.HighsVarType.kInteger] * len(columns))
    solver.changeColsIntegrality(len(columns), np.arange(len(columns), dtype=np.int32), integral)
    solver.run()
    match solver.getModelStatus():
        case highspy.HighsModelStatus.kOptimal:
            led = np.rint(solver.getSolution().col_value).astype(np.int64)
            return led @ columns[:, : len(told.ranges)], True
        case highspy.HighsModelStatus.kInfeasible:
            return None, True
        case _:
            return None, False


def _distinct(rows: np.ndarray) -> np.ndarray:
    """Each row once."""
    return np.array(list({row.tobytes(): row for row in rows}.values()))


def bounds(groups: Sequence[Group], place: int, fact: int) -> tuple[int, int]:
    """The least and the most that the fact can be of somebody of a group, in any world with the same figures."""
    of = groups[place].facts[:, fact]
    possible = [int(one) for one in np.unique(of) if another_world(groups, place, of == one)[0]]
    return possible[0], possible[-1]
