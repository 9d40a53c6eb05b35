"""What each first day can change in each exact figure: the evaluator's possible lives, as spaces over the figures.

Days of one week that an outline of lives does not tell apart are alike. A space is whole when it is as large as the
windows allow, or when so many further lives, spread evenly over the weeks, add nothing to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from connectors.base import Progress, no_progress
from gateway.attestations.exact_figures import ExactFigure, FigurePart, Series, parts_of
from gateway.outcomes.contract import Contract
from gateway.outcomes.possible_courses import Course, FirstDay, PossibleLives, kinds_of_first_day
from policies.isolation import Row, Span

_IDLE = 48  # lives in a row that add nothing: sixteen weeks of three runs each


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
        kinds = dict.fromkeys(
            (part.of, part.tariff, part.price_minor) for figure in figures for part, _ in figure.parts
        )
        parts = [
            FigurePart(of, at, tariff, price) for of, tariff, price in kinds for at in range(len(contract.windows))
        ]
        self._place = {part: place for place, part in enumerate(parts)}
        self._series = list(dict.fromkeys(figure.series for figure in figures if figure.is_shown))
        self._lives = PossibleLives(contract)
        days = kinds_of_first_day(contract)
        self.days: list[DayOfMovers] = []
        for done, found in enumerate(self._of_days(days), start=1):
            self.days.append(found)
            progress(done, len(days))

    def row(self, figure: ExactFigure) -> Row:
        """A figure as the parts that it is made of."""
        found: dict[int, int] = {}
        for part, many in figure.parts:
            found[self._place[part]] = found.get(self._place[part], 0) + many
        return found

    def _of_days(self, days: Sequence[FirstDay]) -> Iterator[DayOfMovers]:
        before: tuple[DayOfMovers, tuple[Course, ...]] | None = None
        for day in days:
            outline = self._lives.outline(day) if len(day.also) == 1 else ()
            if before and outline and before[0].day.week == day.week and before[1] == outline:
                found = replace(before[0], day=day)
            else:
                found = self._of_day(day)
            yield found
            before = found, outline

    def _of_day(self, day: FirstDay) -> DayOfMovers:
        space, courses = Span(), {series: {(0,) * len(self.contract.windows)} for series in self._series}
        idle = 0
        most_rank = sum(self.contract.windows[part.position].to_week >= day.week for part in self._place)
        for course in self._lives.courses(day):
            row = self._row_of(course)
            for series, found in courses.items():
                found.add(self._course_of(series, row))
            idle = 0 if space.add(row) else idle + 1
            if space.rank == most_rank or (idle > _IDLE and space.rank):
                break
        shown = {one: frozenset(found) for one, found in courses.items()}
        return DayOfMovers(day, space, shown, tuple(self._given_back(day, space, most_rank)))

    def _given_back(self, day: FirstDay, space: Span, most_rank: int) -> Iterator[Row]:
        wider, idle = space.copy(), 0
        if wider.rank == most_rank:
            return
        for course in self._lives.courses_with_time_given_back(day):
            row = self._row_of(course)
            if wider.add(row):
                yield row
                idle = 0
            else:
                idle += 1
            if wider.rank == most_rank or idle > _IDLE:
                return

    def _row_of(self, course: Course) -> Row:
        parts = parts_of(self.contract, course)
        return {self._place[part]: value for part, value in parts.items() if value and part in self._place}

    def _course_of(self, series: Series, row: Row) -> tuple[int, ...]:
        """What a life adds to a series by the end of each window."""
        kinds = [(self._place[FigurePart(of, 0, tariff, price)], many) for of, tariff, price, many in series]
        return tuple(
            sum(row.get(place + at, 0) * many for place, many in kinds) for at in range(len(self.contract.windows))
        )
