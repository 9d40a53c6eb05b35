"""Whether only one thing can be true of a person: two worlds that look alike are exhibited, or an integer programme
proves that there are none. What is not decided in time counts as fixed.

People of one first day are alike to the reader, so a world is how many of each first day lead each course. Somebody is
*fixed* in a fact where every world that gives the same figures gives the fact the same value for everybody of the day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
    index = [_index(group) for group in groups]
    for place, group in enumerate(groups):
        if not group.people:
            continue
        values = group.facts[group.led]
        for fact in range(group.facts.shape[1]) if facts is None else facts:
            is_open = len(np.unique(group.facts[:, fact])) > 1
            if not is_open or len(np.unique(values[:, fact])) > 1:
                continue  # it could be nothing else anyway; or two people may change places
            value = int(values[0, fact])
            if exchange(groups, index, place, fact, value) is not None:
                continue
            other, is_decided = another_world(groups, place, fact, value, thresholds)
            if not other:
                found.append(Fixed(group.name, group.people, fact, value, is_decided))
    return found


def _index(group: Group) -> dict[bytes, int]:
    found: dict[bytes, int] = {}
    for course, row in enumerate(group.figures):
        found.setdefault(row.tobytes(), course)
    return found


def exchange(
    groups: Sequence[Group], index: Sequence[dict[bytes, int]], place: int, fact: int, value: int
) -> tuple[int, int, int] | None:
    """A second world by one step: somebody of the group leads another course, and one other person makes up for it."""
    mine = groups[place]
    courses = np.nonzero(mine.facts[:, fact] != value)[0]
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
    groups: Sequence[Group], place: int, fact: int, value: int, thresholds: Sequence[int] = ()
) -> tuple[bool, bool]:
    """Whether some world looks the same and has another value of the fact in the group; whether that is decided."""
    ranges = told_ranges(groups, thresholds)
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("time_limit", SECONDS)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("random_seed", 1)
    rows = len(ranges)
    width = rows + len(groups) + 1
    for least, most in [*ranges, *((float(group.people), float(group.people)) for group in groups)]:
        solver.addRow(least, most, 0, np.array([], dtype=np.int32), np.array([]))
    solver.addRow(1.0, highspy.kHighsInf, 0, np.array([], dtype=np.int32), np.array([]))
    for at, group in enumerate(groups):
        if not group.people:
            continue
        differs = (group.facts[:, fact] != value) if at == place else np.zeros(len(group.figures), dtype=bool)
        looks = np.unique(np.column_stack([group.figures, differs]), axis=0)
        for look in looks:
            entries = np.zeros(width)
            entries[:rows] = look[:-1]
            entries[rows + at] = 1
            entries[-1] = look[-1]
            where = np.nonzero(entries)[0]
            solver.addCol(0.0, 0.0, float(group.people), len(where), where.astype(np.int32), entries[where])
    columns = solver.getNumCol()
    integral = np.array([highspy.HighsVarType.kInteger] * columns)
    solver.changeColsIntegrality(columns, np.arange(columns, dtype=np.int32), integral)
    solver.run()
    match solver.getModelStatus():
        case highspy.HighsModelStatus.kOptimal:
            return True, True
        case highspy.HighsModelStatus.kInfeasible:
            return False, True
        case _:
            return False, False


def bounds(groups: Sequence[Group], place: int, fact: int) -> tuple[int, int]:
    """The least and the most that the fact can be of somebody of a group, in any world with the same figures."""
    values = sorted(int(one) for one in np.unique(groups[place].facts[:, fact]))
    possible = [one for one in values if _can_be(groups, place, fact, one)]
    return possible[0], possible[-1]


def _can_be(groups: Sequence[Group], place: int, fact: int, value: int) -> bool:
    mine = groups[place]
    marked = Group(mine.name, mine.figures, (mine.facts[:, [fact]] != value).astype(np.int64), mine.led)
    return another_world([*groups[:place], marked, *groups[place + 1 :]], place, 0, 1)[0]
