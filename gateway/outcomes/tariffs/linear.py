"""Kind `linear`: straight lines between the points of a figure, and level outside of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from gateway.outcomes.agreed_numbers import AgreedNumber
from gateway.outcomes.contract import Contract
from gateway.outcomes.figures import Figures
from gateway.outcomes.known_terms import KnownTerms, TariffKind
from gateway.outcomes.tariffs.scale import ScaleTariff, read_points, scale_numbers
from gateway.outcomes.terms import Rounding, ScalePoint, divide
from vocabulary.declaration import DeclarationTable


@dataclass(frozen=True, slots=True)
class LinearTariff(ScaleTariff):
    """The amount on the line between the two points around the figure."""

    kind: ClassVar[str] = "linear"

    def owes(self, contract: Contract, figures: Figures) -> int:
        figure = figures.quantities.get(self.of)
        return 0 if figure is None else self._on_line(figure, contract.rounding)

    def _on_line(self, figure: int, rounding: Rounding) -> int:
        first, last = self.points[0], self.points[-1]
        if figure <= first.at:
            return first.amount_minor
        if figure >= last.at:
            return last.amount_minor
        low, high = next((a, b) for a, b in pairwise(self.points) if a.at <= figure < b.at)
        rise, run = high.amount_minor - low.amount_minor, high.at - low.at
        return divide(low.amount_minor * run + rise * (figure - low.at), run, rounding)

    def between(self, low: ScalePoint, high: ScalePoint) -> int:
        return (low.at + high.at) // 2

    def numbers(self) -> Iterator[AgreedNumber[LinearTariff]]:
        return scale_numbers(self)


def _read(table: DeclarationTable, name: str, known: KnownTerms) -> LinearTariff:
    of, points = known.figure(table, "of"), read_points(table, least=2)
    known.check_rounding(table, "points", "make parts of a minor unit between them")
    return LinearTariff(name, table.line, of, points)


KIND = TariffKind(
    word=LinearTariff.kind, manual="Steps, and straight lines between points", phrases=frozenset({"linear"}), read=_read
)
