"""What a person of the cohort could add to each measure: the evaluator itself, run on lives that nobody has led.

Nothing here knows what a kind of measure counts. A possible life shows a state in some weeks, and nothing that counts
in all others; the evaluator says what it amounts to by the end of each window.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations, pairwise, permutations
from typing import TypeAlias

from gateway.outcomes.asked_lives import REASONS, AskedLife, AskedLives, Units
from gateway.outcomes.calendar import first_days
from gateway.outcomes.contract import Contract, Measure
from gateway.outcomes.invented_lives import (
    NO_WEEKS,
    Doing,
    DoneWeeks,
    can_stand_still,
    doings_of,
    doings_told_apart,
)
from gateway.outcomes.measures.placed import PlacedMeasure
from vocabulary.weeks import Week

Course: TypeAlias = Mapping[str, Units]
"""What a life amounts to under every measure, by its id; and under `REASONS`, where a table shows those."""


@dataclass(frozen=True, slots=True)
class FirstDay:
    """A day that may be somebody's first one that counts, and the days for which everything is the same."""

    day: date
    also: tuple[date, ...]  # in their order, `day` among them

    @property
    def week(self) -> Week:
        return Week.of(self.day)

    @property
    def name(self) -> str:
        return name_of_days(self.also[0], self.also[-1])


def name_of_days(first: date, last: date) -> str:
    """A day, or the first and the last of several."""
    return first.isoformat() if first == last else f"{first.isoformat()} to {last.isoformat()}"


def kinds_of_first_day(contract: Contract) -> list[FirstDay]:
    """The first days that may differ, in their order: those of which every measure reads the same are one."""
    found: dict[tuple[Hashable, ...], list[date]] = {}
    for day in first_days(contract):
        found.setdefault((Week.of(day), *(one.read_of_start(day) for one in contract.measures)), []).append(day)
    return [FirstDay(also[0], tuple(also)) for also in found.values()]


def _adds_up(measure: Measure) -> bool:
    """Whether every week counts by itself."""
    return isinstance(measure, PlacedMeasure) and measure.weeks_add_up


_NEVER = DoneWeeks(0, 0)
_MOST_RUNS = 64  # weeks from which a second run is tried on


class PossibleLives:
    """Lives under one contract."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._end = contract.windows[-1].to_week.ordinal
        self._doings = doings_of(contract)
        self._asked = AskedLives(contract)
        self._known_spans: tuple[date | None, list[tuple[int, int]]] = None, []
        self._length_of = self._needed_lengths()
        self._lengths = sorted({*self._length_of.values()} - {1})
        self._in_vain = self._runs_in_vain()

    @property
    def answers_of_week(self) -> int:
        """In how many ways one week can differ from one in which nothing is done."""
        return len(self._doings)

    def own_units(self, first: FirstDay, measure: Measure) -> Iterator[Units]:
        """All that lives from a week on, with or without the first one, or until one, amount to under a measure: who is
        in a state longer never has less, so that what two of them agree in, all between them do. The first week may
        count in part, and add up with late ones to what no run comes to. Where every week counts by itself, what each
        window adds in each year: whatever a life comes to is a sum of that."""
        if not measure.is_result:
            return iter(())  # whatever anybody does, it is the same
        if not _adds_up(measure):
            return (units for _, units in self._turns(first, measure))
        whole = self._units_of(first, measure, DoneWeeks(first.week.ordinal, self._end + 1))
        return (one for units in whole for one in _parts_of_windows(units))

    def _turns(self, first: FirstDay, measure: Measure) -> Iterator[tuple[int, Units]]:
        """Weeks, and what lives from them on, or until before them, amount to: at knots, then on both sides of each
        change between two of them."""
        weeks, spans = self._knots(first, measure), self._spans_about_week(first)
        families = [self._family(first, measure, doing, span) for doing in self._doings for span in spans]
        yield from ((week, units(week)) for units in families for week in weeks)
        for units in families:
            for low, high in pairwise(weeks):
                yield from _changes(units, low, high)

    def _spans_about_week(self, first: FirstDay) -> tuple[Callable[[int], DoneWeeks], ...]:
        """From a week on, until before it, and from it on with the first week besides."""
        begin, end = first.week.ordinal, self._end + 1
        return (
            lambda week: DoneWeeks(week, end),
            lambda week: DoneWeeks(begin, week),
            lambda week: DoneWeeks(begin, end, range(begin + 1, week)),
        )

    def _family(
        self, first: FirstDay, measure: Measure, doing: Doing, span: Callable[[int], DoneWeeks]
    ) -> Callable[[int], Units]:
        """What lives amount to that do so in the span of a week, by the week."""
        return lambda week: self._asked.life(first.day, doing, span(week)).units(measure, first.day)

    def _units_of(self, first: FirstDay, measure: Measure, weeks: DoneWeeks) -> list[Units]:
        lives = (self._asked.life(first.day, doing, weeks) for doing in self._doings)
        return [life.units(measure, first.day) for life in lives]

    def all_or_nothing(self, first: FirstDay, measure: Measure) -> frozenset[int]:
        """The windows, by their places, by whose end a measure counts only who is in a state in every single week."""
        begin, found = first.week.ordinal, set[int]()
        for place, window in enumerate(self._contract.windows):
            weeks = range(begin, window.to_week.ordinal + 1)
            if not self._counts(first, measure, place, NO_WEEKS):
                continue
            ends_first = dict.fromkeys([*weeks[:1], *weeks[-1:], *weeks])
            if any(self._counts(first, measure, place, range(week, week + 1)) for week in ends_first):
                return frozenset(found)  # nor by any later one
            found.add(place)
        return frozenset(found)

    def _counts(self, first: FirstDay, measure: Measure, place: int, left_out: range) -> bool:
        """Whether somebody counts by the end of a window who is in a state in all weeks but those left out."""
        weeks = DoneWeeks(first.week.ordinal, self._end + 1, left_out)
        return any(units[place] for units in self._units_of(first, measure, weeks))

    def _knots(self, first: FirstDay, measure: Measure) -> list[int]:
        """Weeks between which little should change: whether it does is asked."""
        start, length = first.week.ordinal, self._length_of[measure.id]
        ends = [one.to_week.ordinal + 1 for one in self._contract.windows]
        near = {start, self._end + 1, *ends, *(end - length + one for end in ends for one in (0, 1))}
        return sorted(week for week in near if start <= week <= self._end + 1)

    def _spans(self, first: FirstDay) -> list[tuple[int, int]]:
        """The first and the last week of each window, up to the first window behind which no week changes anything."""
        if self._known_spans[0] != first.day:
            self._known_spans = first.day, self._spans_of(first)
        return self._known_spans[1]

    def _spans_of(self, first: FirstDay) -> list[tuple[int, int]]:
        begin, found = first.week.ordinal, list[tuple[int, int]]()
        whole, nothing = (list(self._in_every_way(first, weeks)) for weeks in (DoneWeeks(begin, self._end + 1), _NEVER))
        for window in self._contract.windows:
            if window.to_week < first.week:
                continue
            week = window.to_week.ordinal
            found.append((max(first.week, window.from_week).ordinal, week))
            since = list(self._in_every_way(first, DoneWeeks(week + 1, self._end + 1)))
            if since == nothing and list(self._in_every_way(first, DoneWeeks(begin, week + 1))) == whole:
                break
        return found

    def courses(self, first: FirstDay) -> Iterator[Course]:
        """What lives that begin on a day amount to which are in a state from a window on, until its end, or never.

        None holds an exit: who left is nobody's calendar. May raise `ContractNotEvaluable`, as those below.
        """
        yield self._course(first, self._doings[0], _NEVER)
        yield from self._in_every_way(first, DoneWeeks(first.week.ordinal, self._end + 1))
        for start, end in self._spans(first):
            yield from self._in_every_way(first, DoneWeeks(start, self._end + 1))
            yield from self._in_every_way(first, DoneWeeks(first.week.ordinal, end + 1))

    def further_courses(self, first: FirstDay) -> Iterator[Course]:
        """All other lives: of parts first, in which what whole ones reach under two measures at once is told apart by
        runs of as many weeks as a measure needs, and by runs with as little between them as a measure is never reached
        by; then about the weeks at which a measure by itself changes, which tell nearly all; then of every single week,
        in it alone, from it on and until it; from each edge of a window to each; those of two runs; and those that
        change their state."""
        edges = list(dict.fromkeys(edge for span in self._spans(first) for edge in span))
        for week in edges:
            for length in (1, *self._lengths):
                yield from self._in_every_way(first, DoneWeeks(week, min(week + length, self._end + 1)))
            for run, gap in self._in_vain:
                yield from self._in_every_way(first, self._with_gaps(week, self._end + 1, run, gap))
        # a measure of single weeks changes with each of them
        measures = [one for one in self._contract.measures if one.is_result and not _adds_up(one)]
        knots = {week for one in measures for week in self._knots(first, one)}
        turns = dict.fromkeys(week for one in measures for week, _ in self._turns(first, one) if week not in edges)
        changes = sorted(turns, key=knots.__contains__)  # knots behind all others
        fine = _coarse_to_fine(first.week.ordinal, max(edges, default=first.week.ordinal))
        rest = [week for week in (*edges, *fine) if week not in changes]
        for weeks in (changes, list(dict.fromkeys(rest))):
            for week in weeks:
                if week <= self._end:
                    yield from self._of_week(first, week)
            yield from self._of_two_runs(first, weeks[:_MOST_RUNS])
        for start, end in combinations(sorted(edges), 2):
            yield from self._in_every_way(first, DoneWeeks(start, end))
        yield from self._of_two_states(first)

    def courses_of_reasons(self, first: FirstDay) -> Iterator[Course]:
        """Lives by which a table shows another reason why somebody is in no outcome: about the last week of each of its
        windows, alone, as the end of a run that is just too short, and left out. None where there is no table."""
        goal, since = self._contract.people_measure, self._contract.reasons_window
        if goal is None or not since:
            return
        place = [window.label for window in self._contract.windows].index(since)
        for window in self._contract.windows[place:]:
            week = window.to_week.ordinal
            begin, short = first.week.ordinal, week + 2 - self._length_of[goal.id]
            for span in dict.fromkeys(((week, week + 1), (max(begin, short), week + 1), (begin, week))):
                if begin <= span[0] < span[1]:
                    yield from self._in_every_way(first, DoneWeeks(*span))

    def _of_two_runs(self, first: FirstDay, weeks: Sequence[int]) -> Iterator[Course]:
        """A run from the first week on, and one from each of these weeks on; runs in vain until each of them, and then
        every week."""
        start, lengths = first.week.ordinal, sorted({1, *self._lengths, *(length - 1 for length in self._lengths)})
        for week in weeks:
            for length in lengths:
                left_out = range(start + length, week)
                if not left_out:
                    continue
                for stop in dict.fromkeys((*(week + length for length in lengths), self._end + 1)):
                    yield from self._in_every_way(first, DoneWeeks(start, min(stop, self._end + 1), left_out))
            for run, gap in self._in_vain:
                yield from self._in_every_way(first, self._with_gaps(start, week, run, gap))

    def _with_gaps(self, start: int, until: int, run: int, gap: int) -> DoneWeeks:
        """Runs with gaps between them from a week until before another, and every week from then on."""
        return DoneWeeks(start, self._end + 1, range(start + run, until, run + gap), gap)

    def _of_two_states(self, first: FirstDay) -> Iterator[Course]:
        """Lives in one state for as many weeks as a measure needs, and then for as many, or for good, in another that
        other measures read."""
        for before, behind in permutations(doings_told_apart(self._contract, self._doings), 2):
            for start, _ in self._spans(first):
                for length in (1, *self._lengths):
                    turn = start + length
                    for stop in (min(turn + length, self._end + 1), self._end + 1):
                        yield self._course_of(
                            first, self._asked.turned_life(first.day, before, behind, (start, turn, stop))
                        )

    def courses_with_time_given_back(self, first: FirstDay) -> Iterator[Course]:
        """What lives amount to in which a register shows an exit for a while at which time stands still: from the first
        week on, at most until the last one, and up to the end of a window, where what was reached stays as it was; none
        where no such exit has that rule. May raise `ContractNotEvaluable`.
        """
        start = first.week.ordinal
        if not can_stand_still(self._contract):
            return
        for still in _coarse_to_fine(1, self._end + 1 - start):
            for begin in (start + still, self._end):
                for doing in self._doings:
                    away = range(start, start + still)
                    yield self._course(first, doing, DoneWeeks(begin, self._end + 1), away)
        for begin, end in self._spans(first):
            for still in dict.fromkeys((1, *self._lengths, *range(end + 1 - begin, 1, -1))):
                for doing in self._doings:
                    away = range(max(start, end + 1 - still), end + 1)
                    yield self._course(first, doing, DoneWeeks(start, self._end + 1), away)

    def _of_week(self, first: FirstDay, week: int) -> Iterator[Course]:
        """The week alone, from it on, and until it."""
        spans = ((week, week + 1), (week, self._end + 1), (first.week.ordinal, week + 1))
        return (course for span in spans for course in self._in_every_way(first, DoneWeeks(*span)))

    def _needed_lengths(self) -> dict[str, int]:
        """As many weeks on end as each measure needs for anything; 1 where nothing is enough."""
        first, found = kinds_of_first_day(self._contract)[0], dict[str, int]()
        start = first.week.ordinal
        for measure in self._contract.measures:
            for doing in self._doings:

                def counts(length: int, doing: Doing = doing, name: str = measure.id) -> bool:
                    return any(self._course(first, doing, DoneWeeks(start, start + length))[name])

                lengths = range(self._end - start + 2)
                if counts(lengths[-1]):
                    needed = bisect_left(lengths, 1, key=counts)
                    found[measure.id] = min(found.get(measure.id, needed), needed)
        return {measure.id: max(1, found.get(measure.id, 1)) for measure in self._contract.measures}

    def _runs_in_vain(self) -> list[tuple[int, int]]:
        """Of each measure that needs several weeks on end runs of one week fewer, with the least gap between them at
        which it is never reached."""
        first, found = kinds_of_first_day(self._contract)[0], dict[tuple[int, int], None]()
        gaps = range(1, self._end - first.week.ordinal + 2)
        for name, length in self._length_of.items():
            for doing in self._doings if length > 1 else ():

                def is_in_vain(gap: int, doing: Doing = doing, run: int = length - 1, name: str = name) -> bool:
                    weeks = self._with_gaps(first.week.ordinal, self._end + 1, run, gap)
                    return not any(self._course(first, doing, weeks)[name])

                found[length - 1, gaps[bisect_left(gaps[:-1], True, key=is_in_vain)]] = None
        return list(found)

    def _in_every_way(self, first: FirstDay, weeks: DoneWeeks) -> Iterator[Course]:
        return (self._course(first, doing, weeks) for doing in self._doings)

    def _course(self, first: FirstDay, doing: Doing, weeks: DoneWeeks, away: range = NO_WEEKS) -> Course:
        return self._course_of(first, self._asked.life(first.day, doing, weeks, away))

    def _course_of(self, first: FirstDay, life: AskedLife) -> Course:
        course = {one.id: life.units(one, first.day) for one in self._contract.measures}
        goal = self._contract.people_measure
        if goal is not None and self._contract.reasons_window:
            course[REASONS] = life.reasons(goal, first.day)
        return course


def _parts_of_windows(units: Units) -> Iterator[Units]:
    """What each window added, in each state and year, by the end of each window."""
    for place, (before, now) in enumerate(pairwise([{}, *units])):
        for cell in now:
            if now[cell] != before.get(cell, 0):
                yield [{cell: now[cell] - before.get(cell, 0)} if at >= place else {} for at in range(len(units))]


def _changes(units: Callable[[int], Units], low: int, high: int) -> Iterator[tuple[int, Units]]:
    """Both sides of each change between two weeks."""
    if (below := units(low)) == (above := units(high)):
        return
    if high - low == 1:
        yield from ((low, below), (high, above))
        return
    middle = (low + high) // 2
    yield from _changes(units, low, middle)
    yield from _changes(units, middle, high)


def _coarse_to_fine(start: int, last: int) -> list[int]:
    """Every week from the one to the other: each second one of those that are left stands behind the others."""
    weeks = list(range(start, last + 1))
    fine: list[int] = []
    while len(weeks) > 1:
        fine = weeks[1::2] + fine
        weeks = weeks[::2]
    return weeks + fine
