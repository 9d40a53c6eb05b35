"""What kinds share that read a scale: points of a figure, each with the minor units that belong to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeVar

from gateway.outcomes.agreed_numbers import AgreedNumber, numbers_of
from gateway.outcomes.bound import AmountBounds
from gateway.outcomes.contract import Contract, Tariff
from gateway.outcomes.figures import Figures, TriedFigures
from gateway.outcomes.findings import LintFinding
from gateway.outcomes.phrases import Phrase, ScaleWords
from gateway.outcomes.tariffs.limits import gate_numbers
from gateway.outcomes.terms import ScalePoint
from vocabulary.declaration import DeclarationTable

SCALE = TypeVar("SCALE", bound="ScaleTariff")


@dataclass(frozen=True, slots=True)
class ScaleTariff(Tariff):
    """A tariff whose amount is read off the points of a scale of one figure; the points rise."""

    of: str
    points: tuple[ScalePoint, ...]

    @property
    def main_figure(self) -> str:
        return self.of

    @property
    def follows_from_quantity(self) -> bool:
        return True

    def own_figures(self) -> tuple[str, ...]:
        return (self.of,)

    def bounds(self, contract: Contract, position: int) -> AmountBounds:
        label = contract.windows[position].label
        amounts = [
            self.owes(contract, Figures(label, {self.of: figure}, {}, position + 1))
            for figure in self._extremes(contract, position)
        ]
        return AmountBounds.between(min(amounts, default=0), max(amounts, default=0))

    def _extremes(self, contract: Contract, position: int) -> list[int]:
        """The figures at which a scale can have its least and its most: its ends and its points."""
        measure = contract.measure(self.of)
        places = {point.at for point in self.points} | {point.at - 1 for point in self.points}
        if measure is None:
            return sorted(places) if contract.is_due(self.of, position) else []
        units = measure.best_of_person(contract, contract.windows[position], lambda _year: 1)
        most = contract.cohort.size * units
        return sorted({0, most} | {place for place in places if 0 < place < most})

    def most_minor(self, contract: Contract) -> int | None:
        return max(point.amount_minor for point in self.points)

    def turning_points(self) -> set[int]:
        return {point.at for point in self.points}

    def lint(self, contract: Contract) -> Iterator[LintFinding]:
        measure = contract.measure(self.of)
        most = None if measure is None else contract.cohort.size * measure.most_units(contract)
        if most is not None and not any(point.amount_minor for point in self.points if point.at <= most):
            yield LintFinding(
                "never-pays",
                self.line,
                f"{self.id!r} pays from a figure above {most}, which is the most that {self.of!r} can count",
                "lower the first point that pays",
                refuses=True,
            )

    def phrases(self) -> tuple[Phrase, ...]:
        return (Phrase(self.kind, {"of": self.of, "points": ScaleWords(self.of, self.points)}),)

    def cases(self, contract: Contract) -> Iterator[TriedFigures]:
        """Just below and at each point, and at one more place between two of them."""
        between = {self.between(low, high) for low, high in pairwise(self.points)}
        for figure in sorted(self.turning_points() | {self.points[0].at - 1} | between):
            yield TriedFigures(Figures("", {self.of: figure}, {}, 1))

    def between(self, low: ScalePoint, high: ScalePoint) -> int:
        """The figure between two points that shows most."""
        return high.at - 1

    def is_sound(self) -> bool:
        return all(after.at > before.at for before, after in pairwise(self.points))


def scale_numbers(tariff: SCALE) -> Iterator[AgreedNumber[SCALE]]:
    """The caps, each point's place and amount, and the gate."""
    yield from numbers_of(tariff, "cap_minor", "cap_window_minor")
    for place, point in enumerate(tariff.points):
        for number in numbers_of(point, "at", "amount_minor"):
            if number.value > 0:
                name = f"points.{place + 1}.{number.name}"
                yield AgreedNumber(name, number.value, _with_point(tariff, place, number.with_value))
    yield from gate_numbers(tariff)


def _with_point(tariff: SCALE, place: int, changed: Callable[[int], ScalePoint]) -> Callable[[int], SCALE]:
    before, after = tariff.points[:place], tariff.points[place + 1 :]
    return lambda value: replace(tariff, points=(*before, changed(value), *after))


def read_points(table: DeclarationTable, *, least: int) -> tuple[ScalePoint, ...]:
    """The rows under `points`, in rising order and at least so many."""

    def read(row: DeclarationTable) -> ScalePoint:
        point = ScalePoint(row.integer("at", least=-1_000_000), row.integer("amount_minor"))
        row.finish()
        return point

    points = table.rows("points", read, least=least)
    with table.check():
        for before, after in pairwise(points):
            if after.at <= before.at:
                raise table.refuse("points", f"overlap: {after.at} does not lie above {before.at}")
    return points
