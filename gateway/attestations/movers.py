"""What each first day can change in each exact figure: the evaluator's possible lives, as spaces over the figures.

What lives come to under one measure is known whole. Under all together they come to the sum of that at most, and lives
are asked until it is so much, or until all were: no run of lives that add nothing says that the next one would not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.base import Progress, no_progress
from gateway.attestations.exact_figures import (
    ExactFigure,
    FigurePart,
    Series,
    cell_name,
    is_reason,
    parts_earned,
    parts_of_measure,
)
from gateway.outcomes.asked_lives import Units
from gateway.outcomes.contract import Contract, Measure
from gateway.outcomes.possible_courses import Course, FirstDay, PossibleLives, kinds_of_first_day
from gateway.outcomes.terms import WeekState
from policies.isolation import Row, Span, span_of


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
        self._reasons = {place for part, place in self._place.items() if is_reason(part)}
        self._known_windows: dict[tuple[str, Hashable], frozenset[int]] = {}
        self._own_spaces: dict[tuple[str, Hashable], Span] = {}
        self._known_parts: dict[int, tuple[Units, Row]] = {}
        days = kinds_of_first_day(contract)
        self.days: list[DayOfMovers] = []
        for done, day in enumerate(days, start=1):
            if not self.days or self.days[-1].day.week != day.week:
                self._known_parts.clear()
            self.days.append(self._of_day(day))
            progress(done, len(days))

    def counted_from(self, place: int, one: DayOfMovers) -> DayOfMovers:
        """The same of somebody who is in no figure before a window, by its place, and then in all of them with all that
        was theirs until then."""
        if not place:
            return one
        counts = {at for part, at in self._place.items() if part.position >= place}

        def later(row: Row) -> Row:
            return {at: value for at, value in row.items() if at in counts}

        courses = {
            series: frozenset((0,) * place + course[place:] for course in found)
            for series, found in one.courses.items()
        }
        space = span_of(map(later, one.space.basis.values()))
        return DayOfMovers(one.day, space, courses, tuple(map(later, one.given_back)))

    def row(self, figure: ExactFigure) -> Row:
        """A figure as the parts that it is made of."""
        found: dict[int, int] = {}
        for part, many in figure.parts:
            found[self._place[part]] = found.get(self._place[part], 0) + many
        return found

    def _of_day(self, day: FirstDay) -> DayOfMovers:
        courses = {series: {(0,) * len(self.contract.windows)} for series in self._series}
        space, of_measures, most_rank = Span(), Span(), self._most_rank(day)
        idle: Row | None = None  # what who does nothing adds: a reason, where a table shows why people are not counted
        lives = self._lives
        for is_bound, some in (
            (False, lives.courses(day)),
            (True, lives.further_courses(day)),
            (False, lives.courses_of_reasons(day)),
        ):
            for course in some:
                if is_bound and of_measures.rank == most_rank:
                    break
                row = self.row_of_course(course)
                idle = row if idle is None else idle
                change = {place: row.get(place, 0) - idle.get(place, 0) for place in row.keys() | idle.keys()}
                space.add(change)
                of_measures.add({place: value for place, value in change.items() if place not in self._reasons})
                for series, found in courses.items():
                    found.add(self._course_of(series, row))
        shown = {one: frozenset(found) for one, found in courses.items()}
        return DayOfMovers(day, space, shown, tuple(self._given_back(day, space, idle or {})))

    def _most_rank(self, day: FirstDay) -> int:
        """How large the space of a first day is at most: measures that count nobody but who was in the same states in
        every week count the same people."""
        if self.contract.windows[-1].to_week < day.week:
            return 0  # whoever begins behind the last window changes nothing
        under_cap = len({kind for kind in self._kinds if kind[1] and not kind[2]}) * len(self.contract.windows)
        own = sum(self._own_space(day, measure).rank for measure in self.contract.measures)
        alike: Counter[tuple[tuple[WeekState, ...], int]] = Counter()
        for measure in self.contract.measures:
            alike.update((measure.states, place) for place in self._all_or_nothing(day, measure))
        place = next(place for place, window in enumerate(self.contract.windows) if day.week <= window.to_week)
        if self.contract.windows[place].to_week == day.week:  # one week says all by then: it has so many answers
            at_end = sum(self._rank_at(day, measure, place) for measure in self.contract.measures)
            own -= max(0, at_end - self._lives.answers_of_week)
            alike = Counter({key: many for key, many in alike.items() if key[1] != place})
        return under_cap + own - sum(many - 1 for many in alike.values())

    def _rank_at(self, day: FirstDay, measure: Measure, place: int) -> int:
        """How much of a measure's own space lies at the end of one window."""
        parts = {at for part, at in self._place.items() if part.position == place}
        rows = self._own_space(day, measure).basis.values()
        return span_of({at: value for at, value in row.items() if at in parts} for row in rows).rank

    def _all_or_nothing(self, day: FirstDay, measure: Measure) -> frozenset[int]:
        key = measure.id, measure.read_of_start(day.day)
        if key not in self._known_windows:
            self._known_windows[key] = self._lives.all_or_nothing(day, measure)
        return self._known_windows[key]

    def _own_space(self, day: FirstDay, measure: Measure) -> Span:
        """That of a measure by itself: all that its parts can be in the windows that the day reaches, or less."""
        key = measure.id, measure.read_of_start(day.day)
        if key not in self._own_spaces:
            reached = [window.to_week >= day.week for window in self.contract.windows]
            names = {cell_name(measure.id, state.id) for state in measure.states}
            own = names if names & {part.of for part in self._place} else {measure.id}  # all together are their sum
            priced = [part for part in self._place if part.of == measure.id and part.tariff]
            most = sum(reached[part.position] for part in self._place if part.of in own and not part.tariff)
            most += sum(reached[part.position] for part in priced if part.price_minor)
            space = Span()
            for units in self._lives.own_units(day, measure):
                if space.rank == most:
                    break
                space.add(self._parts_of(measure.id, units))
            self._own_spaces[key] = space
        return self._own_spaces[key]

    def _given_back(self, day: FirstDay, space: Span, idle: Row) -> Iterator[Row]:
        wider = space.copy()
        most_rank = sum(self.contract.windows[part.position].to_week >= day.week for part in self._place)
        for course in self._lives.courses_with_time_given_back(day):
            if wider.rank == most_rank:
                return
            row = self.row_of_course(course)
            change = {place: row.get(place, 0) - idle.get(place, 0) for place in row.keys() | idle.keys()}
            if wider.add(change):
                yield change

    def row_of_course(self, course: Course) -> Row:
        """What somebody adds to each part, by its place."""
        row: dict[int, int] = {}
        for name, units in course.items():
            if id(units) not in self._known_parts:  # kept beside them, so that the id stays theirs
                self._known_parts[id(units)] = units, self._parts_of(name, units)
            row |= self._known_parts[id(units)][1]
        return row | self._row_of_parts(parts_earned(self.contract, course))

    def _parts_of(self, name: str, units: Units) -> Row:
        return self._row_of_parts(parts_of_measure(self.contract, name, units))

    def _row_of_parts(self, parts: Mapping[FigurePart, int]) -> dict[int, int]:
        return {self._place[part]: value for part, value in parts.items() if part in self._place}

    def _course_of(self, series: Series, row: Row) -> tuple[int, ...]:
        """What a life adds to a series by the end of each window."""
        kinds = [(self._place[FigurePart(of, 0, tariff, price)], many) for of, tariff, price, many in series]
        return tuple(
            sum(row.get(place + at, 0) * many for place, many in kinds) for at in range(len(self.contract.windows))
        )
