"""Kind `price` of an aggregate: a price for each unit that an evaluator declares, without states and without years."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from gateway.outcomes.agreed_numbers import AgreedNumber, numbers_of
from gateway.outcomes.bound import AmountBounds
from gateway.outcomes.contract import Contract, Tariff
from gateway.outcomes.figures import Figures, TriedFigures
from gateway.outcomes.phrases import Money, Phrase
from gateway.outcomes.tariffs.limits import bounds_once_due, gate_numbers, least_phrase
from gateway.outcomes.terms import Aggregate, FigureUnit
from vocabulary.declaration import DeclarationTable

PHRASES = ("declared", "negative", "never_negative")
_COUNTED = (FigureUnit.PERSON, FigureUnit.DAY)  # what a price can be for


@dataclass(frozen=True, slots=True)
class DeclaredPriceTariff(Tariff):
    """A price for each unit of an aggregate."""

    of: str
    price_minor: int
    may_be_negative: bool = False
    kind: ClassVar[str] = "price"
    bears_person_excess: ClassVar[bool] = True

    @property
    def main_figure(self) -> str:
        return self.of

    @property
    def can_be_negative(self) -> bool:
        return self.may_be_negative

    @property
    def single_price(self) -> int:
        return self.price_minor

    @property
    def follows_from_quantity(self) -> bool:
        return True

    def own_figures(self) -> tuple[str, ...]:
        return (self.of,)

    def owes(self, contract: Contract, figures: Figures) -> int:
        amount = self.price_minor * figures.quantities.get(self.of, 0)
        return amount if self.may_be_negative else max(amount, 0)

    def bounds(self, contract: Contract, position: int) -> AmountBounds:
        return bounds_once_due(contract, self, position, may_be_negative=self.may_be_negative)

    def most_minor(self, contract: Contract) -> int | None:
        return None

    def first_paid(self) -> int:
        return 0 if self.may_be_negative else 1

    def least_unit_price(self) -> int | None:
        return self.price_minor

    def grows_with(self, aggregate: str) -> bool:
        return aggregate == self.of

    def phrases(self) -> tuple[Phrase, ...]:
        least = Phrase(least_phrase(may_be_negative=self.may_be_negative))
        return (Phrase("declared", {"of": self.of, "price": Money(self.price_minor), "least": least}),)

    def cases(self, contract: Contract) -> Iterator[TriedFigures]:
        for figure in (1, 10, 1000):
            yield TriedFigures(Figures("", {self.of: figure}, {}, 1))

    def numbers(self) -> Iterator[AgreedNumber[DeclaredPriceTariff]]:
        yield from numbers_of(self, "price_minor", "cap_minor", "cap_window_minor")
        yield from gate_numbers(self)


def read(table: DeclarationTable, name: str, aggregate: Aggregate, price: int) -> DeclaredPriceTariff:
    """The rest of a row whose `of` names this aggregate."""
    negative = table.flag("may_be_negative")
    if aggregate.unit not in _COUNTED:
        raise table.refuse("of", f"must be in {' or '.join(_COUNTED)}, and {aggregate.id!r} is in {aggregate.unit}")
    return DeclaredPriceTariff(name, table.line, aggregate.id, price, negative)
