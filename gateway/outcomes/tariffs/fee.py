"""Kind `fee`: for delivering, in each window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from gateway.outcomes.agreed_numbers import AgreedNumber, numbers_of
from gateway.outcomes.bound import AmountBounds
from gateway.outcomes.contract import Contract, Tariff
from gateway.outcomes.figures import Figures, TriedFigures
from gateway.outcomes.known_terms import KnownTerms, TariffKind
from gateway.outcomes.phrases import Money, Phrase
from gateway.outcomes.tariffs.limits import gate_numbers
from gateway.outcomes.terms import FigureUnit
from vocabulary.declaration import DeclarationTable


@dataclass(frozen=True, slots=True)
class FeeTariff(Tariff):
    """One amount for each window that has ended."""

    price_minor: int
    kind: ClassVar[str] = "fee"

    @property
    def single_price(self) -> int:
        return self.price_minor

    @property
    def follows_from_quantity(self) -> bool:
        return True

    def own_figures(self) -> tuple[str, ...]:
        return ()

    def owes(self, contract: Contract, figures: Figures) -> int:
        return self.price_minor * figures.windows

    def quantity(self, figures: Figures) -> int:
        return figures.windows

    def unit(self, contract: Contract) -> FigureUnit:
        return FigureUnit.WINDOW

    def bounds(self, contract: Contract, position: int) -> AmountBounds:
        amount = self.price_minor * (position + 1)
        return AmountBounds.between(amount, amount)

    def most_minor(self, contract: Contract) -> int | None:
        return self.price_minor * len(contract.windows)

    def can_fall(self, contract: Contract) -> bool:
        return False

    def phrases(self) -> tuple[Phrase, ...]:
        return (Phrase("fee", {"price": Money(self.price_minor)}),)

    def cases(self, contract: Contract) -> Iterator[TriedFigures]:
        for windows in sorted({1, len(contract.windows)}):
            yield TriedFigures(Figures("", {}, {}, windows))

    def numbers(self) -> Iterator[AgreedNumber[FeeTariff]]:
        yield from numbers_of(self, "price_minor", "cap_minor", "cap_window_minor")
        yield from gate_numbers(self)


def _read(table: DeclarationTable, name: str, known: KnownTerms) -> FeeTariff:
    return FeeTariff(name, table.line, known.price(table))


KIND = TariffKind(word=FeeTariff.kind, manual="A fee for delivering", phrases=frozenset({"fee"}), read=_read)
