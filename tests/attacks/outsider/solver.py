"""Whether only one thing can be true of a person: two worlds that look alike are exhibited, or an integer programme
proves that there are none. What is not decided in time counts as fixed.

People of one first day are alike to the reader, so a world is how many of each first day lead each course. Somebody is
*fixed* in a fact where every world that gives the same figures gives the fact the same value for everybody of the day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import highspy
import numpy as np

SECONDS = 10.0
MOST_LOOKS = 40_000


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


def attack(groups: Sequence[Group], facts: Sequence[int] | None = None, thresholds: Sequence[int] = ()) -> list[Fixed]:
    """Everybody of whom some fact that could be otherwise is fixed by the sums of the figures of all.

    Of a figure with a threshold only is told whether the sum is so much; `thresholds` are those of the last figures.
    """
    found = []
    seen = _seen(groups, thresholds)
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
                decided[key] = _is_otherwise(groups, seen, place, differs, thresholds)
            other, is_decided = decided[key]
            if not other:
                found.append(Fixed(group.name, group.people, fact, value, is_decided))
    return found


def _is_otherwise(
    groups: Sequence[Group], seen: Seen, place: int, differs: np.ndarray, thresholds: Sequence[int]
) -> tuple[bool, bool]:
    """Whether somebody of the group may lead one of the courses that differ; whether that is decided."""
    if seen.is_out_of_reach(groups, place, differs):
        return False, True
    if exchange(groups, seen.index, place, differs) is not None:
        return True, True
    return another_world(groups, place, differs, thresholds)


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


def _seen(groups: Sequence[Group], thresholds: Sequence[int]) -> Seen:
    ranges = np.array(told_ranges(groups, thresholds)).reshape(-1, 2)
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


def told_ranges(groups: Sequence[Group], thresholds: Sequence[int]) -> list[tuple[float, float]]:
    """What the sum of each figure may be to the reader: itself, or whatever gives the same answer."""
    totals = sum(group.figures[group.led].sum(axis=0) for group in groups)
    exact = len(totals) - len(thresholds)
    found = [(float(total), float(total)) for total in totals[:exact]]
    for total, at in zip(totals[exact:], thresholds, strict=True):
        found.append((float(at), highspy.kHighsInf) if total >= at else (-highspy.kHighsInf, float(at - 1)))
    return found


def another_world(
    groups: Sequence[Group], place: int, differs: np.ndarray, thresholds: Sequence[int] = ()
) -> tuple[bool, bool]:
    """Whether some world looks the same and somebody of the group leads a course that differs in it; whether that is
    decided."""
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("time_limit", SECONDS)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("random_seed", 1)
    peopled = [at for at, group in enumerate(groups) if group.people]
    for least, most in told_ranges(groups, thresholds):
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
            return True, True
        case highspy.HighsModelStatus.kInfeasible:
            return False, True
        case _:
            return False, False


def _distinct(rows: np.ndarray) -> np.ndarray:
    """Each row once."""
    return np.array(list({row.tobytes(): row for row in rows}.values()))


def bounds(groups: Sequence[Group], place: int, fact: int) -> tuple[int, int]:
    """The least and the most that the fact can be of somebody of a group, in any world with the same figures."""
    of = groups[place].facts[:, fact]
    possible = [int(one) for one in np.unique(of) if another_world(groups, place, of == one)[0]]
    return possible[0], possible[-1]
