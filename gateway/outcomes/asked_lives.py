"""Invented lives, asked of the evaluator: each week of a life is asked once, whenever the life began."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TypeAlias

from gateway.outcomes.calendar import first_days
from gateway.outcomes.contract import Contract, Measure
from gateway.outcomes.figures import Cell
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.invented_lives import (
    NO_WEEKS,
    Doing,
    DoneWeeks,
    can_count_by_version,
    enrolment_day,
    invented_life,
    joined_life,
    marks_of_doing,
)
from gateway.outcomes.judging import first_week, limit_weeks
from gateway.outcomes.not_counted import bucket_of
from gateway.outcomes.results import AskedWeeks, ask_measures, units_by_window
from vocabulary.weeks import Week

Units: TypeAlias = Sequence[Mapping[Cell, int]]
"""What a life amounts to under a measure by the end of each window of the contract: units by state and year."""
REASONS = "not_counted"
"""The name of what has one person by why it is in no outcome, beside the measures' ids."""

Marks: TypeAlias = Mapping[tuple[str, int], int]
"""What of instruments is reached: measure and follow-up month -> the week of the measurement."""
_AskedByMeasure: TypeAlias = Mapping[str, AskedWeeks]


class AskedLives:
    """Lives under one contract, kept for the days of one week; and their verdicts, kept for all.

    What is said of a week rests on what it shows and on the pay of its month and of the month before, never on when a
    life began: a life is asked from the first week in which anybody's may begin, and whoever begins later has what is
    said from then on. A week that repeats the one before it repeats nothing that counts: these lives do one thing.
    Where nobody can be in a state under some version its weeks may go on as those before: such lives are asked alone.
    """

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._earliest = min(first_days(contract))
        self._week = -1
        self._lives: dict[tuple[Doing, DoneWeeks, range], AskedLife] = {}
        self._asked: dict[tuple[Doing, DoneWeeks], _AskedByMeasure] = {}

    def life(self, first: date, doing: Doing, weeks: DoneWeeks, away: range = NO_WEEKS) -> AskedLife:
        """Somebody's life who begins on a day, does so in these weeks and is away in those."""
        if Week.of(first).ordinal != self._week:
            self._lives.clear()
            self._week = Week.of(first).ordinal
        key = doing, weeks, away
        if key not in self._lives:
            person = invented_life(self._contract, first, doing, weeks.weeks, away)
            is_alone = away or not all(can_count_by_version(self._contract, doing.state))
            asked = _ask(self._contract, person) if is_alone else self._asked_since(first, doing, weeks)

            def marks(day: date) -> Marks:
                return marks_of_doing(self._contract, day, doing, weeks.weeks)

            self._lives[key] = AskedLife(self._contract, person, asked, marks)
        return self._lives[key]

    def turned_life(self, first: date, before: Doing, behind: Doing, turns: tuple[int, int, int]) -> AskedLife:
        """That of somebody who does the one from the first of these weeks to the second, and then the other until the
        third."""
        start, turn, stop = turns
        weeks = DoneWeeks(turn, stop).weeks
        one = invented_life(self._contract, first, before, DoneWeeks(start, turn).weeks, NO_WEEKS)
        other = invented_life(self._contract, first, behind, weeks, NO_WEEKS)
        person = joined_life(one, other, weeks)
        return AskedLife(self._contract, person, _ask(self._contract, person), _no_marks)

    def _asked_since(self, first: date, doing: Doing, weeks: DoneWeeks) -> _AskedByMeasure:
        """The verdicts of a life from a day's week on. One that does so in its first week is asked as if from the
        earliest one on, so that all who end in the same week are one: what is paid before is no month of its own. One
        that leaves its first week out is not, for that week's month may have no other pay."""
        start, earliest = Week.of(first).ordinal, Week.of(self._earliest).ordinal
        is_from_start = weeks.start == start < weeks.stop and start not in weeks.left_out
        same = replace(weeks, start=earliest) if is_from_start else weeks
        key = doing, same
        if key not in self._asked:
            person = invented_life(self._contract, self._earliest, doing, same.weeks, NO_WEEKS)
            self._asked[key] = _ask(self._contract, person)
        return {
            name: replace(asked, verdicts=asked.verdicts[start - earliest :])
            for name, asked in self._asked[key].items()
        }


class AskedLife:
    """A life, its verdicts under the states of each measure, and what it was said to amount to."""

    def __init__(
        self, contract: Contract, person: PersonHistory, asked: _AskedByMeasure, marks: Callable[[date], Marks]
    ) -> None:
        self._contract, self._person, self._asked, self._marks = contract, person, asked, marks
        self._known: dict[tuple[str, Hashable], Units] = {}

    def units(self, measure: Measure, first: date) -> Units:
        """What it amounts to under a measure for somebody whose first day is this one of its week."""
        key = measure.id, measure.read_of_start(first)
        if key not in self._known:
            person = replace(self._person, enrolled_on=enrolment_day(self._contract, first), reached=self._marks(first))
            self._known[key] = units_by_window(self._contract, measure, person, self._asked[measure.id])
        return self._known[key]

    def reasons(self, measure: Measure, first: date) -> Units:
        """Why it is in no outcome of a measure, as one person of that reason."""
        key = REASONS, measure.read_of_start(first)
        if key not in self._known:
            person = replace(self._person, enrolled_on=enrolment_day(self._contract, first))
            self._known[key] = _reasons(self._contract, person, self._asked[measure.id], self.units(measure, first))
        return self._known[key]


def _no_marks(_: date) -> Marks:
    return {}


def _ask(contract: Contract, person: PersonHistory) -> _AskedByMeasure:
    return ask_measures(contract, person, contract.windows[-1].to_week)


def _reasons(
    contract: Contract, person: PersonHistory, asked: AskedWeeks, units: Sequence[Mapping[Cell, int]]
) -> list[Mapping[Cell, int]]:
    """By the end of each window from which on the table may be shown; `units` are those of the outcome."""
    measure, first = contract.people_measure, first_week(contract, person)
    if measure is None:
        return []
    verdicts = limit_weeks(contract, measure, person, asked.verdicts)
    since = next(at for at, window in enumerate(contract.windows) if window.label == contract.reasons_window)
    return [
        {} if at < since or any(found.values()) else {(bucket_of(verdicts[: max(0, end - first + 1)]), 0): 1}
        for at, (found, end) in enumerate(zip(units, (window.to_week for window in contract.windows), strict=True))
    ]
