"""What may not stand in one view: four rules over who can still change what, and over no value.

A view is what one recipient holds, tied ones together, or all of them. Who begins when is known when a batch is sealed;
at the contract each first day may be one person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from gateway.attestations.exact_figures import ExactFigure, FigureOfView, differences
from gateway.attestations.movers import DayOfMovers, Movers
from gateway.outcomes.contract import Contract
from gateway.outcomes.in_window import threshold_at
from gateway.outcomes.possible_courses import name_of_days
from policies.calendar_rules import CalendarFinding
from policies.isolation import (
    Isolated,
    MoverClass,
    Others,
    Row,
    is_dominated,
    least_spread,
    smallest_isolated,
)
from vocabulary.releases import Recipient, Template

SHARE = 10  # one person is at most so small a part of what is possible in a total


@dataclass(frozen=True, slots=True)
class HeldView:
    """What one recipient, tied ones together, or all of them hold."""

    roles: tuple[str, ...]
    figures: tuple[FigureOfView, ...]
    answers: tuple[FigureOfView, ...] = ()  # met or not met, each of a count that is not shown

    @property
    def is_free(self) -> bool:
        """Whether it holds payment documents alone."""
        return not self.answers and not self.has_totals

    @property
    def has_totals(self) -> bool:
        """Whether it holds an exact figure beside payment documents."""
        return not all(one.is_free for one in self.figures)


@dataclass(frozen=True)
class Starts:
    """Who begins when: so many people by first day, or None where each first day may be one person.

    `late` has those who count from a later window on than the first, by its place; `erased` how many of those who count
    from a window on began on a day that nobody knows any more.
    """

    movers: Movers
    by_day: Mapping[date, int] | None
    late: Mapping[int, Mapping[date, int]] = field(default_factory=dict)
    erased: Mapping[int, int] = field(default_factory=dict)
    _known_capacities: dict[object, list[int]] = field(default_factory=dict)  # the same figure stands in many views

    @property
    def unknown_people(self) -> int:
        """Of how many nobody knows the day."""
        return self.movers.contract.cohort.denominator if self.by_day is None else sum(self.erased.values())

    @cached_property
    def entrants(self) -> list[tuple[DayOfMovers, int | None]]:
        """The first days on which somebody begins, with the people; None where they may be one of the unknown."""
        if self.by_day is None:
            return [(one, None) for one in self.movers.days]
        known = [
            (self.movers.counted_from(place, one), people)
            for place, by_day in {0: self.by_day, **self.late}.items()
            for one in self.movers.days
            if (people := sum(by_day.get(day, 0) for day in one.day.also))
        ]
        unknown = [
            (self.movers.counted_from(place, one), None)
            for place, people in self.erased.items()
            if people
            for one in self.movers.days
        ]
        return [*known, *unknown]

    @cached_property
    def groups(self) -> list[tuple[DayOfMovers, str, int | None]]:
        """The first days on which anybody begins, those of one space together: one of them, their name, and people."""
        found: dict[object, list[tuple[DayOfMovers, int | None]]] = {}
        for one, people in self.entrants:
            found.setdefault((one.space.key, people is None), []).append((one, people))
        return [
            (
                some[0][0],
                name_of_days(some[0][0].day.also[0], some[-1][0].day.also[-1]),
                None if some[0][1] is None else sum(people or 0 for _, people in some),
            )
            for some in found.values()
        ]

    @property
    def days(self) -> list[DayOfMovers]:
        return [one for one, _ in self.entrants]

    def classes(self, rows: Sequence[Row]) -> list[MoverClass]:
        """People by what they can change of figures, each a row of parts."""
        over = _Projection(rows)
        return [
            MoverClass(name, people, tuple(map(over.of, one.space.basis.values()))) for one, name, people in self.groups
        ]

    def capacities(self, figure: ExactFigure) -> list[int]:
        """What each person can be of a figure; of unknown days so that one of them is as much of it as may be."""
        if figure.parts not in self._known_capacities:
            self._known_capacities[figure.parts] = self._capacities(figure)
        return self._known_capacities[figure.parts]

    def _capacities(self, figure: ExactFigure) -> list[int]:
        by_day = ([one.capacity(figure)] * (people or 0) for one, people in self.entrants)
        known = [capacity for some in by_day for capacity in some]
        by_week: dict[int, list[int]] = {}
        for one, people in self.entrants:
            if people is None:
                by_week.setdefault(one.day.week.ordinal, []).append(one.capacity(figure))
        if not by_week:
            return known
        most = max(by_week, key=lambda week: max(by_week[week]))
        weeks = [max(found) if week == most else min(found) for week, found in by_week.items()]
        return known + least_spread(weeks, self.unknown_people)

    def able_people(self, figure: ExactFigure) -> int | None:
        """How many can be in a figure; None where some may begin too late for it, and nobody knows how many will."""
        known = sum(people for one, people in self.entrants if people and one.capacity(figure))
        able = [one.capacity(figure) > 0 for one, people in self.entrants if people is None]
        if not any(able):
            return known
        return known + self.unknown_people if all(able) else None


class _Projection:
    """Changes of parts, as what they come to in each of these figures."""

    def __init__(self, figures: Sequence[Row]) -> None:
        self._places: dict[int, list[tuple[int, int]]] = {}
        for place, figure in enumerate(figures):
            for part, many in figure.items():
                self._places.setdefault(part, []).append((place, many))

    def of(self, change: Row) -> dict[int, int]:
        found: dict[int, int] = {}
        for part, value in change.items():
            for place, many in self._places.get(part, ()):
                found[place] = found.get(place, 0) + value * many
        return {place: value for place, value in found.items() if value}


def judge(starts: Starts, view: HeldView) -> CalendarFinding | None:
    """What is against a view: the first of the rules that it breaks."""
    rules = (_parts, _given_back, _share, _answers)
    return next((found for rule in rules if (found := rule(starts, view)) is not None), None)


def _by_row(starts: Starts, view: HeldView) -> dict[frozenset[tuple[int, int]], list[FigureOfView]]:
    """The figures of a view by what they are made of: those of one row tell the same."""
    alike: dict[frozenset[tuple[int, int]], list[FigureOfView]] = {}
    for one in view.figures:
        alike.setdefault(frozenset(starts.movers.row(one.figure).items()), []).append(one)
    return alike


def _parts(starts: Starts, view: HeldView) -> CalendarFinding | None:
    """Some combination of a view's figures can be moved by somebody and by fewer than k_cohort people."""
    contract = starts.movers.contract
    alike = _by_row(starts, view)
    rows = [(dict(row), any(one.is_free for one in some)) for row, some in alike.items()]

    def smallest_of(some: Sequence[tuple[Row, bool]]) -> Isolated | None:
        return smallest_isolated(
            starts.classes([row for row, _ in some]),
            below=contract.k_cohort,
            unknown_people=starts.unknown_people,
            free={place for place, (_, is_paid) in enumerate(some) if is_paid},
        )

    found = smallest_of(rows)
    if found is None:
        return None
    for shown in [row for row in reversed(rows) if not row[1]]:  # the fewest figures that still do it
        fewer = [other for other in rows if other is not shown]
        if (again := smallest_of(fewer)) is not None:
            rows, found = fewer, again
    left = {frozenset(row.items()) for row, is_paid in rows if not is_paid}
    named = [some[0] for row, some in alike.items() if row in left]
    who = "one person" if found.people == 1 else f"{found.people} people"
    return _finding(
        "calendar-part",
        contract,
        view,
        named,
        found.people,
        f"who begins on {found.names[0]} can still change what is left when these figures are taken from each other,"
        f" and others cannot: it may be about {who}, and k_cohort is {contract.k_cohort}",
    )


def _given_back(starts: Starts, view: HeldView) -> CalendarFinding | None:
    """Time that a neutral exit gives back may count in no figure that nobody else can move. All who got some back are
    few: what they move together is asked, so that one payment does not stand for two things."""
    alike = _by_row(starts, view)
    over = _Projection([dict(row) for row in alike])
    free = {place for place, some in enumerate(alike.values()) if any(one.is_free for one in some)}
    for one in starts.days:
        if not one.given_back:
            continue
        others = Others([over.of(row) for row in one.space.basis.values()], free)
        back = list(filter(None, map(over.of, one.given_back)))
        if others.leave_alone(back):
            held = [*alike.values()]
            moved = {figure for row in back for place in others.outside(row) for figure in held[place]}
            return _finding(
                "calendar-given-back",
                starts.movers.contract,
                view,
                [one for one in view.figures if not one.is_free and one in moved],
                1,
                f"of those who begin on {one.day.name}, only who left for a time and got it back can change them",
            )
    return None


def _share(starts: Starts, view: HeldView) -> CalendarFinding | None:
    """No person may be more than a tenth of what was possible, for somebody who knows k - 1 others."""
    if Recipient.OPERATOR in view.roles:
        return None  # it knows each amount by its price
    k = starts.movers.contract.k
    for figure in [*(one.figure for one in view.figures if one.figure.is_shown), *differences(view.figures)]:
        capacities = starts.capacities(figure)
        if is_dominated(capacities, k=k, share=SHARE):
            return CalendarFinding(
                "calendar-share",
                Template.CONTRACT_TOTAL,
                "windows",
                view.roles,
                tuple(figure.window.split(" to ")),
                (figure.name,),
                1,
                f"one person can be {max(capacities)} of {sum(capacities)} that {len(capacities)} people may reach"
                f" together: more than one part in {SHARE} of what is left without the {k - 1} largest others",
            )
    return None


def _answers(starts: Starts, view: HeldView) -> CalendarFinding | None:
    """Met is about each of those who can be in the figure, where they are as many as the threshold. (A threshold of
    one, and of everybody, is refused by the text.)"""
    contract = starts.movers.contract
    goal = contract.people_measure
    if goal is None:
        return None
    for one in view.answers:
        able, asked = starts.able_people(one.figure), threshold_at(contract, goal, one.figure.positions[1])
        if able is not None and able != asked:
            continue
        if able is None:
            late = next(found.day.name for found in starts.days if not found.capacity(one.figure))
            who = f"who begins on {late} cannot be in it by then, and the others may be as many as the threshold"
        else:
            who = f"{able} people can be in it by then"
        return CalendarFinding(
            "calendar-threshold",
            Template.PREDICATE,
            "windows",
            view.roles,
            (one.release.window,),
            (goal.id,),
            asked,
            f"met, of threshold_people = {asked}, could be about each single person: {who}",
        )
    return None


def _finding(
    rule: str, contract: Contract, view: HeldView, named: Sequence[FigureOfView], people: int, reason: str
) -> CalendarFinding:
    labels = {label for one in named for label in (one.figure.window, one.release.window)}
    windows = tuple(window.label for window in contract.windows if window.label in labels)
    figures = tuple(dict.fromkeys(one.figure.name for one in named))
    return CalendarFinding(rule, Template.CONTRACT_TOTAL, "windows", view.roles, windows, figures, people, reason)
