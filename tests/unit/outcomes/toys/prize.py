"""Kind `prize`: a toy. One amount, once a figure is reached."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from gateway.outcomes.agreed_numbers import AgreedNumber, numbers_of
from gateway.outcomes.bound import AmountBounds
from gateway.outcomes.contract import Contract, Tariff
from gateway.outcomes.figures import Figures, TriedFigures
from gateway.outcomes.known_terms import KnownTerms, TariffKind
from gateway.outcomes.phrases import Money, Phrase, Reached
from vocabulary.declaration import DeclarationTable


@dataclass(frozen=True, slots=True)
class PrizeTariff(Tariff):
    """An amount that is owed from a figure on."""

    of: str
    at_least: int
    amount_minor: int
    kind: ClassVar[str] = "prize"

    @property
    def main_figure(self) -> str:
        return self.of

    def own_figures(self) -> tuple[str, ...]:
        return (self.of,)

    def owes(self, contract: Contract, figures: Figures) -> int:
        return self.amount_minor if figures.quantities.get(self.of, 0) >= self.at_least else 0

    def bounds(self, contract: Contract, position: int) -> AmountBounds:
        return AmountBounds.between(0, self.amount_minor)

    def most_minor(self, contract: Contract) -> int | None:
        return self.amount_minor

    def phrases(self) -> tuple[Phrase, ...]:
        figure = Reached(self.of, self.at_least)
        return (Phrase("prize", {"amount": Money(self.amount_minor), "figure": figure}),)

    def cases(self, contract: Contract) -> Iterator[TriedFigures]:
        return (TriedFigures(Figures("", {self.of: at}, {}, 1)) for at in (self.at_least - 1, self.at_least))

    def numbers(self) -> Iterator[AgreedNumber[PrizeTariff]]:
        return numbers_of(self, "at_least", "amount_minor")


def _read(table: DeclarationTable, name: str, known: KnownTerms) -> PrizeTariff:
    of, least = known.figure(table, "of"), table.integer("at_least", least=1)
    return PrizeTariff(name, table.line, of, least, table.integer("amount_minor", least=1))


KIND = TariffKind(word=PrizeTariff.kind, manual="Money", phrases=frozenset({"prize"}), read=_read)
