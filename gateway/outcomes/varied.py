"""Each number of a contract on its own, a tenth lower and a tenth higher: which term moves what is owed, and how far.

Names are those of the contract file, with the id of the row: `tariffs.weeks_in_work.price_minor`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from gateway.outcomes.agreed_numbers import AgreedNumber, numbers_inside, numbers_of
from gateway.outcomes.contract import Contract, Measure, Tariff
from gateway.outcomes.tariffs.price import PriceTariff
from gateway.outcomes.terms import Caps, WeekState

PER_CENT = 10
_OF_CAPS = ("contract_minor", "person_minor", "capital_minor", "return_per_mille_a_year", "return_years")


@dataclass(frozen=True, slots=True)
class Term:
    """A number of the contract, and the contract with another number in its place."""

    name: str
    value: int
    with_value: Callable[[int], Contract]

    def lower(self) -> int | None:
        """A tenth less, and at least one less; None where nothing positive is left."""
        value = min(_share_of(self.value, -PER_CENT), self.value - 1)
        return value if value > 0 else None

    def higher(self) -> int:
        """A tenth more, and at least one more."""
        return max(_share_of(self.value, PER_CENT), self.value + 1)


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


def _share_of(value: int, per_cent: int) -> int:
    return (value * (100 + per_cent) * 2 + 100) // 200


def _of_state(contract: Contract, state: WeekState) -> Iterator[Term]:
    def with_value(hours: int) -> Contract:
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
        yield Term(f"states.{state.id}.hours_per_week_hundredths", state.hours_per_week_hundredths, with_value)


def _of_measure(contract: Contract, measure: Measure) -> Iterator[Term]:
    def whole(new: Measure) -> Contract:
        return replace(contract, measures=tuple(new if one.id == measure.id else one for one in contract.measures))

    return _terms_of(numbers_inside(f"measures.{measure.id}", measure.numbers(), whole))


def _of_tariff(contract: Contract, tariff: Tariff) -> Iterator[Term]:
    def whole(new: Tariff) -> Contract:
        return replace(contract, tariffs=tuple(new if one.id == tariff.id else one for one in contract.tariffs))

    return _terms_of(numbers_inside(f"tariffs.{tariff.id}", tariff.numbers(), whole))


def _of_caps(contract: Contract) -> Iterator[Term]:
    def whole(new: Caps) -> Contract:
        return replace(contract, caps=new)

    return _terms_of(numbers_inside("caps", numbers_of(contract.caps, *_OF_CAPS), whole))


def _terms_of(numbers: Iterator[AgreedNumber[Contract]]) -> Iterator[Term]:
    return (Term(number.name, number.value, number.with_value) for number in numbers)


def is_sound(contract: Contract) -> bool:
    """Whether a changed contract still says something: points of a scale rise, needs fit in their period, and the
    lowest price is that of the state that stands last."""
    prices = [tariff for tariff in contract.tariffs if isinstance(tariff, PriceTariff)]
    return (
        all(tariff.is_sound() for tariff in contract.tariffs)
        and all(measure.is_sound() for measure in contract.measures)
        and all(tariff.keeps_order(contract) for tariff in prices)
    )
