"""What may not stand side by side in one view: three rules over who can still change what, and over no value.

A view is what one recipient holds, tied ones together, or all of them. Who begins when is known when a batch is sealed;
at the contract each first day may be one person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from gateway.attestations.exact_figures import ExactFigure, FigureOfView, differences
from gateway.attestations.movers import DayOfMovers, Movers
from policies.isolation import (
    Isolated,
    MoverClass,
    Row,
    is_dominated,
    isolates,
    least_spread,
    smallest_isolated,
)
from vocabulary.releases import Recipient

SHARE = 10  # one person is at most so small a part of what is possible in a total


@dataclass(frozen=True, slots=True)
class MoverFinding:
    """Why figures may not be shown side by side: who isolates whom, by what, and the change that passes."""

    rule: str
    recipients: tuple[str, ...]
    windows: tuple[str, ...]
    figures: tuple[str, ...]
    reason: str
    suggestion: str = ""


@dataclass(frozen=True, slots=True)
class HeldView:
    """What one recipient, tied ones together, or all of them hold."""

    roles: tuple[str, ...]
    figures: tuple[FigureOfView, ...]

    @property
    def is_free(self) -> bool:
        """Whether it holds payment documents alone."""
        return all(one.is_free for one in self.figures)

    def without(self, windows: set[str]) -> HeldView:
        """What is left of it where no total of these windows is shown."""
        return HeldView(
            self.roles, tuple(one for one in self.figures if one.is_free or one.release.window not in windows)
        )


@dataclass(frozen=True)
class Starts:
    """Who begins when: so many people by first day, or None where each first day may be one person."""

    movers: Movers
    by_day: Mapping[date, int] | None

    @cached_property
    def groups(self) -> list[tuple[DayOfMovers, str, int | None]]:
        """The first days on which anybody begins, those of one space together: one of them, their name, and people."""
        found: dict[object, list[DayOfMovers]] = {}
        for one in self.movers.days:
            if self.by_day is None or self._people(one):
                found.setdefault(one.space.key, []).append(one)
        return [
            (
                some[0],
                some[0].day.name if len(some) == 1 else f"{some[0].day.name} to {some[-1].day.name}",
                None if self.by_day is None else sum(map(self._people, some)),
            )
            for some in found.values()
        ]

    @property
    def days(self) -> list[DayOfMovers]:
        return [one for one in self.movers.days if self.by_day is None or self._people(one)]

    def _people(self, one: DayOfMovers) -> int:
        return sum(self.by_day.get(day, 0) for day in one.day.also) if self.by_day is not None else 0

    def classes(self, rows: Sequence[Row]) -> list[MoverClass]:
        """People by what they can change of figures, each a row of parts."""
        return [
            MoverClass(name, people, tuple(_over(rows, row) for row in one.space.basis.values()))
            for one, name, people in self.groups
        ]

    def capacities(self, figure: ExactFigure) -> list[int]:
        """What each person can be of a figure; of unknown days so that one of them is as much of it as may be."""
        if self.by_day is not None:
            return [one.capacity(figure) for one in self.days for _ in range(self._people(one))]
        by_week: dict[int, list[int]] = {}
        for one in self.movers.days:
            by_week.setdefault(one.day.week.ordinal, []).append(one.capacity(figure))
        most = max(by_week, key=lambda week: max(by_week[week]))
        weeks = [max(found) if week == most else min(found) for week, found in by_week.items()]
        return least_spread(weeks, self.movers.contract.cohort.size)


def _over(figures: Sequence[Row], change: Row) -> dict[int, int]:
    """What a change of parts comes to in each figure."""
    values = {
        place: sum(change.get(part, 0) * many for part, many in figure.items()) for place, figure in enumerate(figures)
    }
    return {place: value for place, value in values.items() if value}


def judge(starts: Starts, view: HeldView) -> MoverFinding | None:
    """What is against a view: the first of the rules that it breaks."""
    return next((found for rule in (_parts, _given_back, _share) if (found := rule(starts, view)) is not None), None)


def _parts(starts: Starts, view: HeldView) -> MoverFinding | None:
    """Some combination of a view's figures can be moved by somebody and by fewer than k_cohort people."""
    contract = starts.movers.contract
    figures = list(dict.fromkeys(one.figure for one in view.figures))
    paid = {one.figure for one in view.figures if one.is_free}

    def smallest_of(some: Sequence[ExactFigure]) -> Isolated | None:
        return smallest_isolated(
            starts.classes([starts.movers.row(one) for one in some]),
            below=contract.k_cohort,
            unknown_people=contract.cohort.size,
            free={place for place, one in enumerate(some) if one in paid},
        )

    found = smallest_of(figures)
    if found is None:
        return None
    for figure in [one for one in reversed(figures) if one not in paid]:  # the fewest figures that still do it
        fewer = [one for one in figures if one != figure]
        if (again := smallest_of(fewer)) is not None:
            figures, found = fewer, again
    named = [one for one in view.figures if one.figure in figures and one.figure not in paid]
    who = "one person" if found.people == 1 else f"{found.people} people"
    return _finding(
        "calendar-part",
        view,
        named,
        f"who begins on {found.names[0]} can still change what is left when these figures are taken from each other,"
        f" and others cannot: it may be about {who}, and k_cohort is {contract.k_cohort}",
    )


def _given_back(starts: Starts, view: HeldView) -> MoverFinding | None:
    """Time that a neutral exit gives back may count in no figure that nobody else can move."""
    figures = list(dict.fromkeys(one.figure for one in view.figures))
    paid = {one.figure for one in view.figures if one.is_free}
    rows = [starts.movers.row(one) for one in figures]
    free = {place for place, one in enumerate(figures) if one in paid}
    for one in starts.days:
        own = [_over(rows, row) for row in one.space.basis.values()]
        for back in filter(None, (_over(rows, row) for row in one.given_back)):
            if not isolates(own, [back], free):
                continue
            moved = {figures[place] for place in back}
            return _finding(
                "calendar-given-back",
                view,
                [held for held in view.figures if not held.is_free and held.figure in moved],
                f"of those who begin on {one.day.name}, only who left for a time and got it back can change them",
            )
    return None


def _share(starts: Starts, view: HeldView) -> MoverFinding | None:
    """No person may be more than a tenth of what was possible, for somebody who knows k - 1 others."""
    if Recipient.OPERATOR in view.roles or not starts.movers.is_complete:
        return None  # the creditor knows each amount by its price
    k = starts.movers.contract.k
    for figure in [*(one.figure for one in view.figures if one.figure.is_shown), *differences(view.figures)]:
        capacities = starts.capacities(figure)
        if is_dominated(capacities, k=k, share=SHARE):
            return MoverFinding(
                "calendar-share",
                view.roles,
                tuple(figure.window.split(" to ")),
                (figure.name,),
                f"one person can be {max(capacities)} of {sum(capacities)} that {len(capacities)} people may reach"
                f" together: more than one part in {SHARE} of what is left without the {k - 1} largest others",
            )
    return None


def _finding(rule: str, view: HeldView, named: Sequence[FigureOfView], reason: str) -> MoverFinding:
    windows = tuple(dict.fromkeys(one.release.window for one in named))
    return MoverFinding(rule, view.roles, windows, tuple(dict.fromkeys(one.figure.name for one in named)), reason)
