"""Every exact figure of a contract's releases, as what one person adds to it: what `claims` shows, read as sums.

An amount is a code: it is taken apart into its quantities by distinct price, by the end of its window and of the one
before it. A person's cap makes what somebody earned a figure of its own, and the cap of a window makes the quantity of
each earlier window one. Steps, lines, gates and the other caps are functions of these and add nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import assert_never

from gateway.attestations.reached import CLAIM_OF
from gateway.outcomes.contract import Contract, PersonalTariff, Tariff
from gateway.outcomes.evaluate import person_amounts
from gateway.outcomes.figures import Cell
from gateway.outcomes.possible_courses import Course
from gateway.outcomes.terms import FigureUnit, PlannedRelease
from vocabulary.releases import Template


@dataclass(frozen=True, slots=True)
class Part:
    """Units of a measure by the end of a window, from enrolment on: all of them, those at one price of a tariff
    (`price_minor`), or what the person earned under the tariff in minor units."""

    of: str  # a measure, or with `tariff` one of what it prices
    position: int  # of the window
    tariff: str = ""
    price_minor: int = 0  # 0 with a tariff: the amount that the person earned


@dataclass(frozen=True, slots=True)
class ExactFigure:
    """One exact figure of a window: a sum of parts, each so many times. Only what is `shown` by itself can be judged by
    how much of it one person may be; the others are what a reader can take an amount apart into."""

    name: str
    window: str
    parts: tuple[tuple[Part, int], ...]
    is_shown: bool = False


@dataclass(frozen=True, slots=True)
class FigureOfView:
    """A figure that a release shows somebody."""

    figure: ExactFigure
    release: PlannedRelease

    @property
    def is_free(self) -> bool:
        """Whether it stands in what is paid, which is exact whatever it tells (invariant 6)."""
        return self.release.template is Template.PAYMENT_DOCUMENT


def exact_figures(contract: Contract) -> tuple[FigureOfView, ...]:
    """Every exact figure of every planned release of totals and payments, in the order of the calendar; and what two
    windows of one recipient differ in, where both show it from enrolment on."""
    positions = {window.label: position for position, window in enumerate(contract.windows)}
    planned = sorted(contract.releases, key=lambda one: positions[one.window])
    return tuple(
        FigureOfView(figure, one) for one in planned for figure in _figures(contract, one, positions[one.window])
    )


def _figures(contract: Contract, planned: PlannedRelease, at: int) -> Iterator[ExactFigure]:
    match planned.template:
        case Template.CONTRACT_TOTAL:
            yield from _totals(contract, at)
            yield from _amounts(contract, at)
        case Template.PAYMENT_DOCUMENT:
            yield from _lines(contract, at)
            yield from _amounts(contract, at)
        case Template.PREDICATE:
            return
        case _:
            assert_never(planned.template)


def _totals(contract: Contract, at: int) -> Iterator[ExactFigure]:
    """What `claims` and `reached` show beside the amount."""
    label, goal = contract.windows[at].label, contract.people_measure
    if goal is not None:
        yield ExactFigure("outcomes_achieved", label, ((Part(goal.id, at), 1),), is_shown=True)
    paid = {name for tariff in contract.tariffs for name in tariff.own_figures()}
    for unit, claim in CLAIM_OF.items():
        parts = [
            Part(one.id, at) for one in contract.measures if one.id in paid and one is not goal and one.unit is unit
        ]
        if parts:
            yield ExactFigure(claim, label, tuple((part, 1) for part in parts), is_shown=True)
    weeks = [one.id for one in contract.measures if one.unit is FigureUnit.WEEK]
    if weeks:
        yield ExactFigure("qualifying_weeks", label, tuple(_in_window(Part(one, at) for one in weeks)), is_shown=True)


def _lines(contract: Contract, at: int) -> Iterator[ExactFigure]:
    """The quantities of the lines of a payment document."""
    for tariff in contract.tariffs:
        if contract.measure(tariff.main_figure) is not None:
            parts = tuple(_in_window([Part(tariff.main_figure, at)]))
            yield ExactFigure(f"quantity of {tariff.id}", contract.windows[at].label, parts)


def _amounts(contract: Contract, at: int) -> Iterator[ExactFigure]:
    """What the amount of a window can be taken apart into, and the amount itself."""
    label = contract.windows[at].label
    for tariff in contract.tariffs:
        since = 0 if tariff.cap_window_minor else max(0, at - 1)
        for position in range(since, at + 1):
            for part, name in _codes(contract, tariff, position):
                yield ExactFigure(f"payable: {name}", contract.windows[position].label, ((part, 1),))
    amount = [
        (part, many * sign)
        for tariff in contract.personal_tariffs
        for position, sign in ((at, 1), (at - 1, -1))[: 1 + bool(at)]
        for part, many in _earned(contract, tariff, position)
    ]
    if amount:
        yield ExactFigure("payable", label, tuple(amount), is_shown=True)


def _earned(contract: Contract, tariff: PersonalTariff, position: int) -> list[tuple[Part, int]]:
    """What a person earned under a tariff by the end of a window, in minor units."""
    if contract.caps.person_minor:
        return [(Part(tariff.of, position, tariff.id), 1)]
    return [(_priced(tariff, position, price), price) for price in _prices(contract, tariff)]


def _priced(tariff: PersonalTariff, position: int, price: int) -> Part:
    """The units at a price; where every unit has the same one, all of the measure's."""
    is_single = tariff.follows_from_quantity and price == tariff.single_price
    return Part(tariff.of, position) if is_single else Part(tariff.of, position, tariff.id, price)


def _codes(contract: Contract, tariff: Tariff, position: int) -> Iterator[tuple[Part, str]]:
    if isinstance(tariff, PersonalTariff):
        for price in _prices(contract, tariff):
            yield _priced(tariff, position, price), f"{tariff.id} at {price}"
        if contract.caps.person_minor:
            yield Part(tariff.of, position, tariff.id), f"{tariff.id} under the cap of a person"
    for name in tariff.figures():
        if contract.measure(name) is not None and not (isinstance(tariff, PersonalTariff) and name == tariff.of):
            yield Part(name, position), name


def _prices(contract: Contract, tariff: PersonalTariff) -> list[int]:
    """The distinct prices of a unit, above nought, in all years of the calendar."""
    measure = contract.measure(tariff.of)
    years = range(contract.cohort.enrolment_from.year, contract.windows[-1].to_week.sunday.year + 1)
    known = tariff.published_index.values if tariff.published_index else years
    states = [] if measure is None else [state.id for state in measure.states]
    return sorted(
        {tariff.price_of(one, year, contract.rounding) for one in states for year in years if year in known} - {0}
    )


def _in_window(parts: Iterator[Part] | list[Part]) -> Iterator[tuple[Part, int]]:
    """What was added in the part's window: by its end, less by the end of the one before."""
    for part in parts:
        yield part, 1
        if part.position:
            yield Part(part.of, part.position - 1, part.tariff, part.price_minor), -1


def differences(figures: tuple[FigureOfView, ...]) -> tuple[ExactFigure, ...]:
    """What two windows, one after the other in a view, differ in under one name."""
    shown: dict[str, list[ExactFigure]] = {}
    for one in figures:
        if one.figure.is_shown and one.figure not in shown.setdefault(one.figure.name, []):
            shown[one.figure.name].append(one.figure)
    return tuple(
        ExactFigure(
            name, f"{before.window} to {after.window}", (*after.parts, *((part, -many) for part, many in before.parts))
        )
        for name, found in shown.items()
        for before, after in pairwise(found)
        if name not in ("qualifying_weeks", "payable")  # shown window by window
    )


def parts_of(contract: Contract, course: Course) -> Mapping[Part, int]:
    """What a person of this course adds to each part; a part that is left out is nought."""
    found: dict[Part, int] = {}
    for name, by_window in course.items():
        for position, cells in enumerate(by_window):
            if quantity := sum(cells.values()):
                found[Part(name, position)] = quantity
    for position in range(len(contract.windows)):
        at_end = {name: by_window[position] for name, by_window in course.items()}
        if not any(at_end.values()):
            continue
        amounts = person_amounts(contract, at_end) if contract.caps.person_minor else {}
        for tariff in contract.personal_tariffs:
            if amounts.get(tariff.id):
                found[Part(tariff.of, position, tariff.id)] = amounts[tariff.id]
            for price, units in _by_price(contract, tariff, at_end[tariff.of]).items():
                found[Part(tariff.of, position, tariff.id, price)] = units
    return found


def _by_price(contract: Contract, tariff: PersonalTariff, cells: Mapping[Cell, int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for (state, year), units in cells.items():
        price = tariff.price_of(state, year, contract.rounding)
        if price:
            found[price] = found.get(price, 0) + units
    return found
