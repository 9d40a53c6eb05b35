"""What each first day can change in each exact figure: the evaluator's possible lives, as spaces over the figures.

What lives come to under one measure is known whole. Under all together they come to the sum of that at most, and lives
are asked until it is so much, or until all were: no run of lives that add nothing says that the next one would not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.base import Progress, no_progress
from gateway.attestations.exact_figures import ExactFigure, FigurePart, Series, parts_earned, parts_of_measure
from gateway.outcomes.contract import Contract, Measure
from gateway.outcomes.possible_courses import Course, FirstDay, PossibleLives, Units, kinds_of_first_day
from gateway.outcomes.terms import WeekState
from policies.isolation import Row, Span


@dataclass(frozen=True, slots=True)
class DayOfMovers:
    """What somebody who begins on a day can change: a space over the parts, and all courses of each shown series."""

    day: FirstDay
    space: Span
    courses: Mapping[Series, frozenset[tuple[int, ...]]]  # by the end of each window
    given_back: tuple[Row, ...]  # what only time that stood still brings: lives that span it beside the space

    def capacity(self, figure: ExactFigure) -> int:
        """The most of a figure less the least that one person can be."""
        since, at = figure.positions
        values = [course[at] - (course[since] if since >= 0 else 0) for course in self.courses[figure.series]]
        return max(values) - min(values)


class Movers:
    """The first days of a contract over the parts of these figures; asked of the evaluator once, whoever shows which
    of them at which window's end."""

    def __init__(self, contract: Contract, figures: Sequence[ExactFigure], progress: Progress = no_progress) -> None:
        self.contract = contract
        self._kinds = dict.fromkeys(
            (part.of, part.tariff, part.price_minor) for figure in figures for part, _ in figure.parts
        )
        parts = [
            FigurePart(of, at, tariff, price)
            for of, tariff, price in self._kinds
            for at in range(len(contract.windows))
        ]
        self._place = {part: place for place, part in enumerate(parts)}
        self._series = list(dict.fromkeys(figure.series for figure in figures if figure.is_shown))
        self._lives = PossibleLives(contract)
        self._known_windows: dict[tuple[str, Hashable], frozenset[int]] = {}
        self._own_ranks: dict[tuple[str, Hashable], int] = {}
        self._known_parts: dict[int, tuple[Units, Row]] = {}
        days = kinds_of_first_day(contract)
        self.days: list[DayOfMovers] = []
        for done, day in enumerate(days, start=1):
            if not self.days or self.days[-1].day.week != day.week:
                self._known_parts.clear()
            self.days.append(self._of_day(day))
            progress(done, len(days))

    def row(self, figure: ExactFigure) -> Row:
        """A figure as the parts that it is made of."""
        found: dict[int, int] = {}
        for part, many in figure.parts:
            found[self._place[part]] = found.get(self._place[part], 0) + many
        return found

    def _of_day(self, day: FirstDay) -> DayOfMovers:
        space, courses = Span(), {series: {(0,) * len(self.contract.windows)} for series in self._series}
        most_rank, lives = self._most_rank(day), self._lives
        for is_further, some in enumerate((lives.courses(day), lives.further_courses(day))):
            for course in some:
                if is_further and space.rank == most_rank:
                    break
                row = self.row_of_course(course)
                space.add(row)
                for series, found in courses.items():
                    found.add(self._course_of(series, row))
        shown = {one: frozenset(found) for one, found in courses.items()}
        return DayOfMovers(day, space, shown, tuple(self._given_back(day, space)))

    def _most_rank(self, day: FirstDay) -> int:
        """How large the space of a first day is at most: measures that count nobody but who was in the same states in
        every week count the same people."""
        under_cap = len({kind for kind in self._kinds if kind[1] and not kind[2]}) * len(self.contract.windows)
        own = sum(self._own_rank(day, measure) for measure in self.contract.measures)
        alike: Counter[tuple[tuple[WeekState, ...], int]] = Counter()
        for measure in self.contract.measures:
            alike.update((measure.states, place) for place in self._all_or_nothing(day, measure))
        return under_cap + own - sum(many - 1 for many in alike.values())

    def _all_or_nothing(self, day: FirstDay, measure: Measure) -> frozenset[int]:
        key = measure.id, measure.read_of_start(day.day)
        if key not in self._known_windows:
            self._known_windows[key] = self._lives.all_or_nothing(day, measure)
        return self._known_windows[key]

    def _own_rank(self, day: FirstDay, measure: Measure) -> int:
        """That of a measure by itself: all that its parts can be in the windows that the day reaches, or less."""
        key = measure.id, measure.read_of_start(day.day)
        if key not in self._own_ranks:
            kinds = [kind for kind in self._kinds if kind[0] == measure.id and (kind[2] or not kind[1])]
            most = len(kinds) * sum(window.to_week >= day.week for window in self.contract.windows)
            space = Span()
            for units in self._lives.own_units(day, measure):
                if space.rank == most:
                    break
                space.add(self._parts_of(measure.id, units))
            self._own_ranks[key] = space.rank
        return self._own_ranks[key]

    def _given_back(self, day: FirstDay, space: Span) -> Iterator[Row]:
        wider = space.copy()
        most_rank = sum(self.contract.windows[part.position].to_week >= day.week for part in self._place)
        for course in self._lives.courses_with_time_given_back(day):
            if wider.rank == most_rank:
                return
            row = self.row_of_course(course)
            if wider.add(row):
                yield row

    def row_of_course(self, course: Course) -> Row:
        """What somebody adds to each part, by its place."""
        row: dict[int, int] = {}
        for name, units in course.items():
            if id(units) not in self._known_parts:  # kept beside them, so that the id stays theirs
                self._known_parts[id(units)] = units, self._parts_of(name, units)
            row |= self._known_parts[id(units)][1]
        return row | self._placed(parts_earned(self.contract, course))

    def _parts_of(self, name: str, units: Units) -> Row:
        return self._placed(parts_of_measure(self.contract, name, units))

    def _placed(self, parts: Mapping[FigurePart, int]) -> dict[int, int]:
        return {self._place[part]: value for part, value in parts.items() if part in self._place}

    def _course_of(self, series: Series, row: Row) -> tuple[int, ...]:
        """What a life adds to a series by the end of each window."""
        kinds = [(self._place[FigurePart(of, 0, tariff, price)], many) for of, tariff, price, many in series]
        return tuple(
            sum(row.get(place + at, 0) * many for place, many in kinds) for at in range(len(self.contract.windows))
        )
