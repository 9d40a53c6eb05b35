"""What each first day can change in each exact figure: the evaluator's possible lives, as spaces over the figures.

Days of one week that an outline of lives does not tell apart are alike. A space is whole when it is as large as the
figures allow, or when so many further lives, spread evenly over the weeks, add nothing to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from gateway.attestations.exact_figures import ExactFigure, Part, parts_of
from gateway.outcomes.contract import Contract
from gateway.outcomes.possible_courses import Course, FirstDay, PossibleLives, kinds_of_first_day
from policies.isolation import MoverClass, Row, Span

_IDLE = 48  # lives in a row that add nothing: sixteen weeks of three runs each


@dataclass(frozen=True, slots=True)
class DayOfMovers:
    """What somebody who begins on a day can change."""

    day: FirstDay
    space: Span
    capacities: tuple[int, ...]  # of each figure: the most less the least
    given_back: Row  # what only time that stood still brings; empty for nothing

    def over(self, columns: set[int], people: int | None = None) -> MoverClass:
        """So many people of this day, over some of the figures."""
        rows = ({place: value for place, value in row.items() if place in columns} for row in self.space.basis.values())
        return MoverClass(self.day.name, people, tuple(rows))


class Movers:
    """The first days of a contract over these figures; asked of the evaluator once, whoever shows which of them."""

    def __init__(self, contract: Contract, figures: Iterable[ExactFigure]) -> None:
        self.contract = contract
        self.figures = list(dict.fromkeys(figures))
        self.place = {figure: place for place, figure in enumerate(self.figures)}
        self.days: list[DayOfMovers] = []  # those that were run
        self.is_complete = False  # whether every first day was run
        self._lives = PossibleLives(contract)
        self._reads: dict[Part, list[tuple[int, int]]] = {}  # part -> the figures that it stands in, and how often
        for place, figure in enumerate(self.figures):
            for part, many in figure.parts:
                self._reads.setdefault(part, []).append((place, many))
        self._most_rank = _most_rank(self.figures)

    def run(self) -> Iterator[None]:
        """Ask the evaluator of the first and the last day, and then of all others: who differs by most is seen first,
        and whom two days isolate no third one hides."""
        days = kinds_of_first_day(self.contract)
        for some in ([days[0], *days[1:][-1:]], days[1:-1]):
            self.days.extend(self._of_days(some))
            self.is_complete = len(self.days) == len(days)
            yield

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
        space, least, most = Span(), [0] * len(self.figures), [0] * len(self.figures)
        idle = 0
        for course in self._lives.courses(day):
            row = self._row(course)
            for place, value in row.items():
                least[place], most[place] = min(least[place], value), max(most[place], value)
            idle = 0 if space.add(row) else idle + 1
            if space.rank == self._most_rank or (idle > _IDLE and space.rank):
                break
        back: Row = {}
        if space.rank < self._most_rank:
            rows = map(self._row, self._lives.courses_with_time_given_back(day))
            back = next((row for row in rows if space.rest(row)), {})
        return DayOfMovers(day, space, tuple(high - low for high, low in zip(most, least, strict=True)), back)

    def _row(self, course: Course) -> Row:
        row: dict[int, int] = {}
        for part, value in parts_of(self.contract, course).items():
            for place, many in self._reads.get(part, ()):
                row[place] = row.get(place, 0) + value * many
        return {place: value for place, value in row.items() if value}

    def capacities_by_week(self, figure: ExactFigure) -> list[int]:
        """The least that somebody can be of a figure, for each first week; and of the week of the largest the most."""
        place = self.place[figure]
        by_week: dict[int, list[int]] = {}
        for one in self.days:
            by_week.setdefault(one.day.week.ordinal, []).append(one.capacities[place])
        most = max(by_week, key=lambda week: max(by_week[week]))
        return [max(found) if week == most else min(found) for week, found in by_week.items()]

    def classes(self, columns: set[int]) -> list[MoverClass]:
        """The first days as classes of unknown size, over some of the figures."""
        return [one.over(columns) for one in self.days]


def _most_rank(figures: Sequence[ExactFigure]) -> int:
    """The rank of the figures as sums of parts: no person can move them in more ways."""
    parts = list(dict.fromkeys(part for figure in figures for part, _ in figure.parts))
    places = {part: place for place, part in enumerate(parts)}
    span = Span()
    for figure in figures:
        row: dict[int, int] = {}
        for part, many in figure.parts:
            row[places[part]] = row.get(places[part], 0) + many
        span.add(row)
    return span.rank
