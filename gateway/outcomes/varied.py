"""Each number of a contract on its own, a tenth lower and a tenth higher: which term moves what is owed, and how far.

Names are those of the contract file, with the id of the row: `tariffs.weeks_in_work.price_minor`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, TypeVar

from gateway.outcomes.contract import Contract, EarningsThreshold, Measure
from gateway.outcomes.terms import Caps, CohortThreshold, ScalePoint, Tariff, WeekState

T = TypeVar("T", Measure, Tariff, ScalePoint, EarningsThreshold, Caps)
PER_CENT = 10
_OF_TARIFF = ("price_minor", "cap_minor", "cap_window_minor", "share_per_mille")
_OF_CAPS = ("contract_minor", "person_minor", "capital_minor", "return_per_mille_a_year", "return_years")
_OF_MEASURE = ("weeks_from_enrolment", "sustained_weeks", "needed", "days_from_enrolment", "threshold_people")


@dataclass(frozen=True, slots=True)
class Term:
    """A number of the contract, and the contract with another number in its place."""

    name: str
    value: int
    changed: Callable[[int], Contract]

    def lower(self) -> int | None:
        """A tenth less, and at least one less; None where nothing positive is left."""
        value = min(_rounded(self.value, -PER_CENT), self.value - 1)
        return value if value > 0 else None

    def higher(self) -> int:
        """A tenth more, and at least one more."""
        return max(_rounded(self.value, PER_CENT), self.value + 1)


def terms(contract: Contract) -> list[Term]:
    """Every number that the parties agree on and that decides what is owed, in the order of the contract file.

    Published series are not among them, and neither is what is merely shown.
    """
    return [
        *(term for state in contract.states for term in _of_state(contract, state)),
        *(term for measure in contract.measures for term in _of_measure(contract, measure)),
        *(term for tariff in contract.tariffs for term in _of_tariff(contract, tariff)),
        *_of_caps(contract),
    ]


def _rounded(value: int, per_cent: int) -> int:
    return (value * (100 + per_cent) * 2 + 100) // 200


def _with(row: T, field: str, number: int) -> T:
    changes: dict[str, Any] = {field: number}
    return replace(row, **changes)


def _of_state(contract: Contract, state: WeekState) -> Iterator[Term]:
    def changed(hours: int) -> Contract:
        def with_hours(one: WeekState) -> WeekState:
            return replace(one, hours_per_week_hundredths=hours) if one.id == state.id else one

        return replace(
            contract,
            states=tuple(with_hours(one) for one in contract.states),
            measures=tuple(
                replace(measure, states=tuple(with_hours(one) for one in measure.states))
                for measure in contract.measures
            ),
        )

    if state.hours_per_week_hundredths:
        yield Term(f"states.{state.id}.hours_per_week_hundredths", state.hours_per_week_hundredths, changed)


def _of_measure(contract: Contract, measure: Measure) -> Iterator[Term]:
    def put(new: Measure) -> Contract:
        return replace(contract, measures=tuple(new if one.id == measure.id else one for one in contract.measures))

    def named(field: str) -> Callable[[int], Contract]:
        def changed(value: int) -> Contract:
            new = _with(measure, field, value)
            # a run of so many in a row stays one, and a longer demand still fits among its periods
            keeps_row = field == "needed" and (measure.needed == measure.within or new.needed > measure.within)
            return put(replace(new, within=value) if keeps_row and measure.within else new)

        return changed

    name = f"measures.{measure.id}"
    for field in _OF_MEASURE:
        if getattr(measure, field):
            yield Term(f"{name}.{field}", getattr(measure, field), named(field))
    if measure.within > measure.needed:
        yield Term(f"{name}.within", measure.within, lambda value: put(replace(measure, within=max(value, 1))))
    earnings = measure.earnings
    if earnings is not None:
        for field in ("amount_minor", "hours_hundredths"):
            if getattr(earnings, field):

                def changed(value: int, field: str = field) -> Contract:
                    return put(replace(measure, earnings=_with(earnings, field, value)))

                yield Term(f"{name}.earnings.{field}", getattr(earnings, field), changed)


def _of_tariff(contract: Contract, tariff: Tariff) -> Iterator[Term]:
    def put(new: Tariff) -> Contract:
        return replace(contract, tariffs=tuple(new if one.id == tariff.id else one for one in contract.tariffs))

    def named(field: str) -> Callable[[int], Contract]:
        return lambda value: put(_with(tariff, field, value))

    name = f"tariffs.{tariff.id}"
    for field in _OF_TARIFF:
        if getattr(tariff, field):
            yield Term(f"{name}.{field}", getattr(tariff, field), named(field))
    for state, price in (tariff.price_by_state or {}).items():
        if price:

            def priced(value: int, state: str = state) -> Contract:
                return put(replace(tariff, price_by_state={**(tariff.price_by_state or {}), state: value}))

            yield Term(f"{name}.price_by_state.{state}", price, priced)
    for number, point in enumerate(tariff.points):
        for field in ("at", "amount_minor"):
            value = getattr(point, field)
            if value > 0:

                def at_point(new: int, number: int = number, field: str = field) -> Contract:
                    points = list(tariff.points)
                    points[number] = _with(points[number], field, new)
                    return put(replace(tariff, points=tuple(points)))

                yield Term(f"{name}.points.{number + 1}.{field}", value, at_point)
    for cohort in tariff.cohorts:

        def reached(value: int, cohort: CohortThreshold = cohort) -> Contract:
            cohorts = tuple(replace(one, at_least=value) if one == cohort else one for one in tariff.cohorts)
            return put(replace(tariff, cohorts=cohorts))

        yield Term(f"{name}.cohorts.{cohort.of}.at_least", cohort.at_least, reached)
    gate = tariff.gate
    if gate is not None and gate.at_least > 0:
        yield Term(
            f"{name}.gate.at_least",
            gate.at_least,
            lambda value: put(replace(tariff, gate=replace(gate, at_least=value))),
        )
    pooled = tariff.pooled
    if pooled is not None:
        yield Term(
            f"{name}.pooled.at_least",
            pooled.at_least,
            lambda value: put(replace(tariff, pooled=replace(pooled, at_least=value))),
        )


def _of_caps(contract: Contract) -> Iterator[Term]:
    for field in _OF_CAPS:
        value = getattr(contract.caps, field)
        if value:

            def changed(new: int, field: str = field) -> Contract:
                return replace(contract, caps=_with(contract.caps, field, new))

            yield Term(f"caps.{field}", value, changed)


def is_sound(contract: Contract) -> bool:
    """Whether a changed contract still says something: points of a scale rise, and needs fit in their period."""
    rising = all(after.at > before.at for tariff in contract.tariffs for before, after in pairwise(tariff.points))
    fits = all(measure.within >= measure.needed for measure in contract.measures if measure.within)
    return rising and fits
